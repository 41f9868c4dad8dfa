//! Bytes that nobody should send: whoever does is refused or waited for, and everybody else is served.

mod common;

use std::io::Write;

use burner_engine::clock::Dice;
use common::{Site, until};

/// A command, and one that cannot be one, in both their forms.
const PIPELINE: &[u8] = b"*3\r\n$3\r\nSET\r\n$5\r\nquiet\r\n$1\r\nv\r\nECHO \"a b\" 'c'\r\n*1\r\n$-1\r\n";

/// How much memory the process has, in bytes.
#[cfg(target_os = "linux")]
fn memory() -> usize {
    let told = std::fs::read_to_string("/proc/self/statm").unwrap();
    told.split(' ').nth(1).unwrap().parse::<usize>().unwrap() * 4096
}

#[cfg(target_os = "linux")]
#[test]
fn what_is_only_announced_takes_no_memory() {
    let site = Site::new();
    assert_eq!(site.connect().ask("PING"), "+PONG");
    let before = memory();
    let mut waiting: Vec<_> = (0..100).map(|_| site.connect()).collect();
    for client in &mut waiting {
        client.send("*2147483647\r\n$536870912\r\nx");
    }
    until("all have come in", || site.sessions() >= 100);
    assert_eq!(site.connect_unix().ask("ECHO hello"), "hello");
    // What was announced is 50 GB, and what is allowed for here what the other tests may take.
    assert!(memory() < before + (1 << 30));
}

#[test]
fn who_goes_in_the_middle_of_a_message_leaves_nothing() {
    let site = Site::new();
    let whole = b"*3\r\n$3\r\nSET\r\n$5\r\nquiet\r\n$1\r\nv\r\n".len();
    for end in 0..whole {
        site.connect().send(&PIPELINE[..end]);
        site.connect_unix().send(&PIPELINE[..end]);
    }
    let mut client = site.connect();
    until("all are gone", || client.ask("CLIENT LIST").lines().filter(|line| !line.is_empty()).count() == 1);
    assert_eq!(client.ask("EXISTS quiet"), ":0");
}

#[test]
fn a_million_messages_that_say_nothing() {
    let site = Site::new();
    let (mut client, mut other) = (site.connect(), site.connect_unix());
    client.send("*0\r\n*-1\r\n\r\n".repeat(350_000));
    client.send("PING\r\n");
    assert_eq!(other.ask("ECHO hello"), "hello");
    assert_eq!(client.reply(), "+PONG");
}

#[test]
fn a_line_has_64_kilobytes() {
    let site = Site::new();
    let long = "x".repeat(65_530);
    assert_eq!(site.connect().ask(&format!("ECHO {long}")), long);
    let mut client = site.connect();
    let _ = write!(client.stream, "ECHO {long}x\r\nPING\r\n");
    assert_eq!(client.rest(), "-ERR Protocol error: too big inline request\r\n");
    for endless in ["*", "*1\r\n$"] {
        let mut client = site.connect();
        let _ = write!(client.stream, "{endless}{}", "1".repeat(65_536));
        assert!(client.rest().starts_with("-ERR Protocol error: too big "));
    }
}

#[test]
fn a_browser_is_sent_away_without_a_word() {
    let site = Site::new();
    let mut client = site.connect();
    client.send("POST / HTTP/1.1\r\nHost: example.org\r\n\r\nSET quiet v\r\n");
    assert_eq!(client.rest(), "");
    let mut client = site.connect();
    client.send("GET / HTTP/1.1\r\nHost: example.org\r\n\r\nSET quiet v\r\n");
    assert_eq!(client.rest(), "");
    assert_eq!(site.connect().ask("EXISTS quiet"), ":0");
}

#[test]
fn garbage_harms_nobody_else() {
    let site = Site::new();
    let mut other = site.connect();
    assert_eq!(other.ask("SET k v"), "+OK");
    let mut dice = Dice::new(1);
    for round in 0..300 {
        let mut bytes = PIPELINE.repeat(1 + dice.below(3));
        for _ in 0..dice.below(5) {
            let at = dice.below(bytes.len());
            bytes[at] = [b'*', b'$', b'-', b'9', b'\r', b'\n', b'"', 0, 0xff][dice.below(9)];
        }
        if round % 3 == 0 {
            bytes = (0..dice.below(5000)).map(|_| dice.below(256) as u8).collect();
        }
        // The server may hang up before it has all of it.
        let _ = site.connect().stream.write_all(&bytes);
        assert_eq!(other.ask("GET k"), "v");
    }
    until("all are gone", || site.sessions() == 1);
    assert_eq!(site.connect_unix().ask("PING"), "+PONG");
}
