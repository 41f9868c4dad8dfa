use super::crc64::crc64;
use super::dump::{dump, restore, verified};
use super::*;
use crate::clock::Dice;
use crate::config::Limits;
use crate::keyspace::Entry;
use crate::testing::{Shell, VALUES};
use crate::types::Value;

fn payload_of(shell: &mut Shell, key: &str) -> Vec<u8> {
    let mut ctx = crate::dispatch::Ctx::system(&mut shell.store.state);
    let limits = ctx.limits();
    dump(ctx.look(key.as_bytes()).expect("the key is there"), &limits)
}

fn payloads() -> Vec<Vec<u8>> {
    let mut shell = Shell::new();
    let mut payloads: Vec<Vec<u8>> = VALUES
        .iter()
        .map(|make| {
            shell.run("DEL k");
            shell.run(make);
            payload_of(&mut shell, "k")
        })
        .collect();
    for line in [
        "XADD s 1-1 f v",
        "XADD s 2-1 f w g x",
        "XADD s 2-2 f w",
        "XGROUP CREATE s g 0",
        "XREADGROUP GROUP g c COUNT 2 STREAMS s >",
        "XGROUP CREATECONSUMER s g idle",
    ] {
        shell.run(line);
    }
    payloads.push(payload_of(&mut shell, "s"));
    payloads
}

/// A payload of any body, with the right checksum.
fn sealed(body: &[u8]) -> Vec<u8> {
    let mut payload = [body, &VERSION.to_le_bytes()].concat();
    payload.extend_from_slice(&crc64(0, &payload).to_le_bytes());
    payload
}

fn mutated(body: &[u8], other: &[u8], dice: &mut Dice) -> Vec<u8> {
    const TELLING: [u8; 12] = [0, 1, 0x3F, 0x40, 0x7F, 0x80, 0x81, 0xC0, 0xC3, 0xF0, 0xFE, 0xFF];
    let mut body = body.to_vec();
    for _ in 0..=dice.below(3) {
        let at = dice.below(body.len());
        match dice.below(7) {
            0 => body[at] = dice.next_u64() as u8,
            1 => body[at] = TELLING[dice.below(TELLING.len())],
            2 => body[at] ^= 1 << dice.below(8),
            3 => body[at] = body[at].wrapping_add([1, 255][dice.below(2)]),
            4 => body.truncate(at.max(1)),
            5 => body.insert(at, TELLING[dice.below(TELLING.len())]),
            _ => {
                let from = dice.below(other.len());
                let len = dice.below(16).min(other.len() - from).min(body.len() - at);
                body[at..at + len].copy_from_slice(&other[from..from + len]);
            }
        }
    }
    body
}

/// Whatever stands in a payload whose checksum is right: it is refused, or is a value that can be dumped,
/// restored and dumped again to the same bytes.
#[test]
fn a_mutated_payload_is_refused_or_is_a_value() {
    const ROUNDS: usize = 20_000;
    let payloads = payloads();
    let limits = Limits::default();
    let mut dice = Dice::new(8);
    let mut accepted = 0;
    for round in 0..ROUNDS {
        let body = |payload: &[u8]| payload[..payload.len() - 10].to_vec();
        let (chosen, other) =
            (body(&payloads[round % payloads.len()]), body(&payloads[dice.below(payloads.len())]));
        let payload = sealed(&mutated(&chosen, &other, &mut dice));
        let Ok(value) = restore(verified(&payload, true).expect("it is sealed"), &limits) else { continue };
        accepted += 1;
        assert!(value.bytes() < 1 << 20, "a payload of {} bytes takes {}", payload.len(), value.bytes());
        let entry = entry_of(value);
        let again = dump(&entry, &limits);
        let back = restore(verified(&again, true).expect("it was dumped"), &limits)
            .expect("what was dumped is sound");
        let ordered = entry.encoding() != "hashtable";
        assert!(!ordered || dump(&entry_of(back), &limits) == again, "{payload:02x?}");
    }
    assert!(accepted > ROUNDS / 20, "{accepted} mutations were harmless");
}

fn entry_of(value: Value) -> Entry {
    match value {
        Value::String(string) => Entry::string(b"k", &string.bytes, None),
        value => Entry::object(b"k", value, None),
    }
}

/// What a length claims is not allocated before it is there.
#[test]
fn lengths_that_cannot_be_are_refused() {
    let limits = Limits::default();
    let huge = [0x81, 0x7F, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF];
    let all = [0x81, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF];
    for kind in 0..=255 {
        for length in [&huge[..], &all, &[0x80, 0xFF, 0xFF, 0xFF, 0xFF], &[0xC3, 0x01, 0x81], &[0x00], &[]] {
            let body = [&[kind], length].concat();
            let empty_text = kind == 0 && length == [0];
            assert_eq!(restore(&body, &limits).is_ok(), empty_text, "{body:02x?}");
        }
    }
}

#[test]
fn what_contradicts_itself_is_refused() {
    let limits = Limits::default();
    for (what, body) in [
        ("a member twice", &b"\x02\x02\x01a\x01a"[..]),
        ("a field twice", b"\x04\x02\x01a\x01x\x01a\x01y"),
        ("integers out of order", b"\x0b\x0c\x02\0\0\0\x02\0\0\0\x02\0\x01\0"),
        ("an integer twice", b"\x0b\x0c\x02\0\0\0\x02\0\0\0\x01\0\x01\0"),
        ("integers of three bytes", b"\x0b\x0b\x03\0\0\0\x01\0\0\0\x01\0\0"),
        ("a score that is no number", b"\x05\x01\x01a\0\0\0\0\0\0\xf8\x7f"),
        ("a field without a value", b"\x10\x0a\x0a\0\0\0\x01\0\x81a\x02\xff"),
        (
            "deadlines out of order",
            b"\x19\0\0\0\0\0\0\0\0\x16\x16\0\0\0\x06\0\x81a\x02\x01\x01\x02\x01\x81b\x02\x01\x01\x01\x01\xff",
        ),
    ] {
        assert!(restore(body, &limits).is_err(), "{what}");
    }
}

/// The encodings of servers before 7.0, which wrote ziplists and zipmaps.
#[test]
fn what_older_servers_wrote_is_read() {
    let ziplist = |count: u8, entries: &[u8]| {
        let size = entries.len() as u8 + 11;
        let mut bytes = vec![size, 0, 0, 0, 10, 0, 0, 0, count, 0];
        bytes.extend_from_slice(entries);
        bytes.push(0xFF);
        bytes
    };
    let two = ziplist(2, b"\0\x01a\x03\xf2");
    let numbers = ziplist(5, b"\0\xfe\x80\x03\xc0\0\x80\x04\xf0\0\0\x80\x05\xd0\0\0\0\x80\x06\x02bc");
    let mut shell = Shell::new();
    for (kind, body, line, reply) in [
        (10, two.clone(), "LRANGE k 0 -1", "*2 $1 a $1 1"),
        (10, numbers, "LRANGE k 0 -1", "*5 $4 -128 $6 -32768 $8 -8388608 $11 -2147483648 $2 bc"),
        (12, two.clone(), "ZRANGE k 0 -1 WITHSCORES", "*2 $1 a $1 1"),
        (13, two.clone(), "HGETALL k", "*2 $1 a $1 1"),
        (14, [&[1], &two[..]].concat(), "LRANGE k 0 -1", "*2 $1 a $1 1"),
        (9, b"\x01\x01a\x01\x00x\xff".to_vec(), "HGETALL k", "*2 $1 a $1 x"),
        (9, b"\x01\x01a\x01\x02x\0\0\xff".to_vec(), "HGETALL k", "*2 $1 a $1 x"),
        (1, b"\x02\x01a\xc0\x01".to_vec(), "LRANGE k 0 -1", "*2 $1 a $1 1"),
        (3, b"\x02\x01a\x031.5\x01b\xfe".to_vec(), "ZRANGE k 0 -1 WITHSCORES", "*4 $1 a $3 1.5 $1 b $3 inf"),
    ] {
        let mut body = body;
        if matches!(kind, 9 | 10 | 12 | 13) {
            body.insert(0, body.len() as u8);
        } else if kind == 14 {
            body.insert(1, two.len() as u8);
        }
        body.insert(0, kind);
        let value =
            restore(&body, &Limits::default()).unwrap_or_else(|corrupt| panic!("{kind}: {corrupt:?}"));
        let mut ctx = crate::dispatch::Ctx::system(&mut shell.store.state);
        ctx.take(b"k");
        ctx.insert(b"k", value, None);
        assert_eq!(shell.run(line), reply, "{kind}");
    }
}
