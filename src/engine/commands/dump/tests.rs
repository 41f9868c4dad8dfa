use crate::error::Error;
use crate::resp::Encoder;
use crate::testing::Shell;

/// The payload of a key.
fn dump(shell: &mut Shell, key: &str) -> Vec<u8> {
    let mut reply = Vec::new();
    let mut sink = Encoder::new(2, &mut reply);
    let done = shell.store.execute(shell.session, &[b"DUMP", key.as_bytes()], &mut sink);
    assert!(done.is_ok());
    let begin = memchr::memchr(b'\n', &reply).expect("a payload has a length") + 1;
    reply[begin..reply.len() - 2].to_vec()
}

fn restore(shell: &mut Shell, key: &str, payload: &[u8], options: &[&str]) -> Result<(), Error> {
    let mut argv: Vec<&[u8]> = vec![b"RESTORE", key.as_bytes(), b"0", payload];
    argv.extend(options.iter().map(|option| option.as_bytes()));
    shell.store.execute(shell.session, &argv, &mut Encoder::new(2, &mut Vec::new())).map(drop)
}

/// Keys of every type and encoding.
const MAKE: [&str; 17] = [
    "SET k 12",
    "SET k -70000",
    "SET k 'some text'",
    "SET k aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
    "RPUSH k a 1 -70000 b",
    "SADD k 1 2 3",
    "SADD k 1 -70000 9000000000",
    "SADD k a 1",
    "SADD k aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa 1",
    "HSET k f v g 1",
    "HSET k f aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
    "HSETEX k PXAT 5000000000000 FIELDS 2 f v g 1",
    "HSETEX k PXAT 5000000000000 FIELDS 1 f aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
    "ZADD k 1 a 2.5 b inf c -inf d 100000000000000000 e",
    "ZADD k 1 aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa 2.5 b",
    "XADD k 1-1 f v g 1",
    "XGROUP CREATE k g $ MKSTREAM",
];

#[test]
fn what_was_dumped_is_what_is_restored() {
    for make in MAKE {
        let mut shell = Shell::new();
        shell.run(make);
        let payload = dump(&mut shell, "k");
        assert_eq!(restore(&mut shell, "l", &payload, &[]), Ok(()), "{make}");
        assert_eq!(dump(&mut shell, "l"), payload, "{make}");
        assert_eq!(shell.run("OBJECT ENCODING l"), shell.run("OBJECT ENCODING k"), "{make}");
    }
}

#[test]
fn groups_and_their_pending_entries_come_along() {
    let mut shell = Shell::new();
    for line in [
        "XADD k 1-1 f v",
        "XADD k 2-1 f w g x",
        "XADD k 2-2 f w",
        "XDEL k 2-2",
        "XGROUP CREATE k g 0",
        "XREADGROUP GROUP g c COUNT 1 STREAMS k >",
        "XGROUP CREATECONSUMER k g idle",
    ] {
        shell.run(line);
    }
    let payload = dump(&mut shell, "k");
    assert_eq!(restore(&mut shell, "l", &payload, &[]), Ok(()));
    assert_eq!(dump(&mut shell, "l"), payload);
    assert_eq!(shell.run("XINFO STREAM l FULL"), shell.run("XINFO STREAM k FULL"));
}

#[test]
fn a_payload_is_checked_before_anything_is_touched() {
    let mut shell = Shell::new();
    shell.run("SET k 12");
    let mut payload = dump(&mut shell, "k");
    assert_eq!(
        restore(&mut shell, "k", &payload, &[]).unwrap_err().wire(),
        b"BUSYKEY Target key name already exists."
    );
    payload[1] ^= 1;
    let wrong = "ERR DUMP payload version or checksum are wrong";
    for short in [&payload[..], &payload[..9], b""] {
        assert_eq!(restore(&mut shell, "k", short, &["REPLACE"]).unwrap_err().to_string(), wrong);
    }
    assert_eq!(shell.run("GET k"), "$2 12");
}

#[test]
fn a_time_that_is_over_leaves_no_key() {
    let mut shell = Shell::new();
    shell.run("SET k 12");
    let payload = dump(&mut shell, "k");
    let argv: [&[u8]; 6] = [b"RESTORE", b"k", b"1", &payload, b"ABSTTL", b"REPLACE"];
    assert!(shell.store.execute(shell.session, &argv, &mut Encoder::new(2, &mut Vec::new())).is_ok());
    assert_eq!(shell.run("EXISTS k"), ":0");
}
