use crate::error::Error;
use crate::resp::Encoder;
use crate::testing::{Shell, VALUES};

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

#[test]
fn what_was_dumped_is_what_is_restored() {
    for make in VALUES {
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
