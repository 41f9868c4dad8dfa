use super::*;
use crate::clock::Dice;

/// What a decoder makes of bytes that come in pieces: the commands, then the error.
#[derive(Debug, Default, PartialEq, Eq)]
struct Decoded {
    commands: Vec<Vec<Vec<u8>>>,
    error: Option<Error>,
}

/// Decodes pieces one after the other, as a server does, and checks that no more is held than what came.
fn decode<'a>(pieces: impl IntoIterator<Item = &'a [u8]>, limits: &Limits) -> Decoded {
    let (mut buffer, mut decoder, mut decoded) = (Vec::new(), Decoder::default(), Decoded::default());
    for piece in pieces {
        buffer.extend_from_slice(piece);
        loop {
            match decoder.next_command(&mut buffer, limits) {
                Ok(None) => break,
                Ok(Some(argv)) => {
                    decoded.commands.push(argv.iter().map(|word| word.to_vec()).collect());
                }
                Err(error) => {
                    decoded.error = Some(error);
                    return decoded;
                }
            }
            // An argument takes two bytes at least.
            assert!(decoder.words.len() <= AHEAD + buffer.len() / 2 + 1);
        }
        assert!(decoder.words.capacity() <= KEPT + buffer.len());
    }
    decoded
}

/// What all these bytes at once are decoded to: words with blanks between, commands and the error with a
/// bar between.
fn text(bytes: &[u8], limits: &Limits) -> String {
    let Decoded { commands, error } = decode([bytes], limits);
    let words = |argv: Vec<Vec<u8>>| argv.join(&b' ').escape_ascii().to_string();
    let error = error.map(|error| error.wire().escape_ascii().to_string());
    commands.into_iter().map(words).chain(error).collect::<Vec<_>>().join("|")
}

const INVALID_COUNT: &str = "ERR Protocol error: invalid multibulk length";
const INVALID_BULK: &str = "ERR Protocol error: invalid bulk length";

/// Bytes, and what a real server makes of them.
const CASES: [(&[u8], &str); 46] = [
    (b"*2\r\n$3\r\nGET\r\n$2\r\na\n\r\nPING\r\n", "GET a\\n|PING"),
    (b"\r\n\n \r\n*0\r\n*-1\r\n*-9223372036854775808\r\nPING\n", "PING"),
    (b"*1\r\n$0\r\n\r\nPING\r\n", "|PING"),
    // Line ends are passed over without a look.
    (b"*1\r\n$4\r\nPINGxx*1\r\n$4\r\nPING\r\n", "PING|PING"),
    (b"*1\rx$4\rxPING\r\n", "PING"),
    (b"*1\r\n$4\r\nPI\r\nPI\r\n", "PI\\r\\n"),
    (b"*1\r", ""),
    (b"*1\n$4\nPING\n", ""),
    (b"*1\n$4\r\nPING\r\n\r\n", INVALID_COUNT),
    (b"*1\r\n$4\nPING\r\n", INVALID_BULK),
    (b"*-9223372036854775809\r\nPING\r\n", INVALID_COUNT),
    (b"*9223372036854775808\r\n", INVALID_COUNT),
    (b"*2147483648\r\n", INVALID_COUNT),
    (b"*2147483647\r\n", ""),
    (b"*\r\nPING\r\n", INVALID_COUNT),
    (b"*abc\r\n", INVALID_COUNT),
    (b"* 1\r\n", INVALID_COUNT),
    (b"*+1\r\n", INVALID_COUNT),
    (b"*-0\r\n", INVALID_COUNT),
    (b"*00\r\n", INVALID_COUNT),
    (b"*01\r\n$4\r\nPING\r\n", INVALID_COUNT),
    (b"*1\r\n$-1\r\nPING\r\n", INVALID_BULK),
    (b"*1\r\n$04\r\nPING\r\n", INVALID_BULK),
    (b"*1\r\n$\r\n", INVALID_BULK),
    (b"*1\r\n$536870912\r\n", ""),
    (b"*1\r\n$536870913\r\n", INVALID_BULK),
    (b"*1\r\n$99999999999999999999\r\n", INVALID_BULK),
    (b"PING\r\n*1\r\n$x\r\nPING\r\n", "PING|ERR Protocol error: invalid bulk length"),
    (b"*1\r\n:4\r\nPING\r\n", "ERR Protocol error: expected \\'$\\', got \\':\\'"),
    (b"*2\r\n$4\r\nPING\r\n*1\r\n", "ERR Protocol error: expected \\'$\\', got \\'*\\'"),
    (b"*1\r\n\xff\r\n", "ERR Protocol error: expected \\'$\\', got \\'\\xff\\'"),
    // The encoder makes blanks of line ends.
    (b"*1\r\n\r\n", "ERR Protocol error: expected \\'$\\', got \\'\\r\\'"),
    (b"*1\r\nx", ""),
    (b"*1\r\nx\r", ""),
    (b"$4\r\nPING\r\n", "$4|PING"),
    (b"PI\rNG\r\n", "PI NG"),
    (b"PING a\"b c\" '' \"\\x41\"\r\n", "PING ab c  A"),
    (b"PING \"a\r\n", "ERR Protocol error: unbalanced quotes in request"),
    (b"PING 'a'b\r\nPING\r\n", "ERR Protocol error: unbalanced quotes in request"),
    (b"PING \"a\\", ""),
    // A line with a NUL has no end.
    (b"PING a\0b\r\nPING\r\n", ""),
    (b"\0PING\r\n", ""),
    (b"*\0\r\n", ""),
    (b"*1\r\n\0\r\n", ""),
    (b"*1\r\n\x001\r\n", ""),
    (b"PING\r\n\0", "PING"),
];

#[test]
fn bytes_are_what_a_real_server_takes_them_for() {
    for (bytes, commands) in CASES {
        assert_eq!(text(bytes, &Limits::default()), commands, "{}", bytes.escape_ascii());
    }
}

#[test]
fn who_has_yet_to_say_who_it_is_may_send_little() {
    let stranger = Limits { authenticated: false, ..Limits::default() };
    let cases = [
        ("*10\r\n$16384\r\n", ""),
        ("*11\r\n", "ERR Protocol error: unauthenticated multibulk length"),
        ("*2147483648\r\n", INVALID_COUNT),
        ("*1\r\n$16385\r\n", "ERR Protocol error: unauthenticated bulk length"),
        ("*1\r\n$536870913\r\n", INVALID_BULK),
        ("PING 1 2 3 4 5 6 7 8 9 10 11\r\n", "PING 1 2 3 4 5 6 7 8 9 10 11"),
    ];
    for (bytes, commands) in cases {
        assert_eq!(text(bytes.as_bytes(), &stranger), commands, "{bytes:?}");
    }
}

#[test]
fn who_has_just_said_who_it_is_may_send_more() {
    let mut buffer = b"*2\r\n$4\r\nAUTH\r\n$2\r\npw\r\n*11\r\n".to_vec();
    let (mut decoder, stranger) = (Decoder::default(), Limits { authenticated: false, ..Limits::default() });
    assert!(matches!(decoder.next_command(&mut buffer, &stranger), Ok(Some(_))));
    assert_eq!(decoder.next_command(&mut buffer, &Limits::default()), Ok(None));
}

#[test]
fn an_argument_is_as_long_as_the_setting_allows() {
    let limits = Limits { max_bulk: 3, ..Limits::default() };
    assert_eq!(text(b"*1\r\n$3\r\nGET\r\n*1\r\n$4\r\n", &limits), format!("GET|{INVALID_BULK}"));
    let limits = Limits { max_bulk: usize::MAX, ..Limits::default() };
    assert_eq!(text(b"*1\r\n$9223372036854775807\r\nGET", &limits), "");
}

#[test]
fn a_line_ends_in_time_or_is_refused() {
    let digits = |before: &str, count: usize| [before.as_bytes(), &b"1".repeat(count)].concat();
    let cases = [
        ("*", 65535, INVALID_COUNT, "ERR Protocol error: too big mbulk count string"),
        ("*1\r\n$", 65535, INVALID_BULK, "ERR Protocol error: too big bulk count string"),
    ];
    for (before, most, complaint, too_long) in cases {
        let mut line = digits(before, most);
        assert_eq!(text(&line, &Limits::default()), "");
        line.extend_from_slice(b"\r\n");
        assert_eq!(text(&line, &Limits::default()), complaint);
        assert_eq!(text(&digits(before, most + 1), &Limits::default()), too_long);
    }
    let too_long = "ERR Protocol error: too big inline request";
    let word = digits("", 65536);
    assert_eq!(text(&word, &Limits::default()), "");
    assert_eq!(text(&[&word[..], b"\n"].concat(), &Limits::default()).len(), 65536);
    // Whether a line is refused does not hang on how much of it comes at once.
    assert_eq!(text(&[&word[..], b"1\n"].concat(), &Limits::default()), too_long);
    assert_eq!(text(&[&b"\0\n"[..], &word].concat(), &Limits::default()), too_long);
}

/// A few commands as a client sends them, and some that it should not.
fn pipeline(dice: &mut Dice) -> Vec<u8> {
    let mut bytes = Vec::new();
    for _ in 0..dice.below(6) {
        match dice.below(4) {
            0 => bytes.extend_from_slice(CASES[dice.below(CASES.len())].0),
            1 => bytes.extend_from_slice(b"SET k \"a b\\x00\" 'c'\r\n"),
            _ => {
                let words = dice.below(4);
                bytes.extend(format!("*{words}\r\n").bytes());
                for _ in 0..words {
                    let len = [0, 1, 3, 15, 120][dice.below(5)];
                    bytes.extend(format!("${len}\r\n").bytes());
                    bytes.extend((0..len).map(|_| dice.below(256) as u8));
                    bytes.extend_from_slice(b"\r\n");
                }
            }
        }
    }
    bytes
}

/// Changes a few bytes for others that mean something, or puts such in, or takes some out.
fn mutate(dice: &mut Dice, bytes: &mut Vec<u8>) {
    const MEANING: [&[u8]; 12] = [
        b"\r\n",
        b"\n",
        b"\r",
        b"*",
        b"$",
        b"-",
        b"0",
        b"9",
        b"\"",
        b"\0",
        b"4294967296",
        b"9223372036854775807",
    ];
    for _ in 0..dice.below(4) {
        let at = dice.below(bytes.len() + 1);
        let end = (at + dice.below(3)).min(bytes.len());
        bytes.splice(at..end, MEANING[dice.below(MEANING.len())].iter().copied());
    }
}

#[test]
fn it_is_the_same_however_the_bytes_are_split() {
    let mut dice = Dice::new(1);
    for round in 0..3000 {
        let mut bytes = pipeline(&mut dice);
        if round % 2 == 0 {
            mutate(&mut dice, &mut bytes);
        }
        let limits = Limits { max_bulk: [100, 1 << 20][dice.below(2)], authenticated: dice.below(4) > 0 };
        let whole = decode([&bytes[..]], &limits);
        let shown = || bytes.escape_ascii().to_string();
        assert_eq!(decode(bytes.chunks(1), &limits), whole, "byte by byte: {}", shown());
        for _ in 0..8 {
            let (first, second) = bytes.split_at(dice.below(bytes.len() + 1));
            let size = 1 + dice.below(40);
            let pieces = first.chunks(size).chain([second]);
            assert_eq!(decode(pieces, &limits), whole, "at {}, by {size}: {}", first.len(), shown());
        }
    }
}

#[test]
fn garbage_is_refused_or_waited_for() {
    let mut dice = Dice::new(2);
    for _ in 0..2000 {
        let mut bytes: Vec<u8> = (0..dice.below(200)).map(|_| dice.below(256) as u8).collect();
        mutate(&mut dice, &mut bytes);
        let whole = decode([&bytes[..]], &Limits::default());
        assert_eq!(decode(bytes.chunks(1), &Limits::default()), whole, "{}", bytes.escape_ascii());
    }
}

#[test]
fn nothing_is_looked_at_twice() {
    const COUNT: usize = 1_000_000;
    const LENGTH: usize = 64 << 20;
    // Each of these would take hours if it were.
    let mut many = format!("*{COUNT}\r\n").into_bytes();
    many.extend(b"$1\r\nx\r\n".repeat(COUNT));
    let decoded = decode(many.chunks(1), &Limits::default());
    assert_eq!(decoded.commands.len(), 1);
    assert_eq!(decoded.commands[0].len(), COUNT);

    let mut long = format!("*1\r\n${LENGTH}\r\n").into_bytes();
    long.resize(long.len() + LENGTH + 2, b'\n');
    assert_eq!(decode(long.chunks(1 << 10), &Limits::default()).commands[0][0].len(), LENGTH);
}

#[test]
fn empty_commands_take_no_memory() {
    let (mut buffer, mut decoder) = (b"*0\r\n\r\n*-1\r\n".repeat(1000), Decoder::default());
    for _ in 0..2 {
        assert_eq!(decoder.next_command(&mut buffer, &Limits::default()), Ok(None));
    }
    assert_eq!(buffer, b"");
}

#[test]
fn what_is_decoded_ahead_is_taken_in_its_turn() {
    let (mut buffer, mut decoder) = (b"A 1\r\nB 2\r\nC".to_vec(), Decoder::default());
    let limits = Limits::default();
    for name in [b"A", b"B", b"C"] {
        decoder.decode(&mut buffer, &limits);
        assert!(matches!(decoder.next_command(&mut buffer, &limits), Ok(Some(argv)) if argv[0] == name));
        if name == b"A" {
            buffer.extend_from_slice(b"\r\n");
        }
    }
    assert_eq!(decoder.next_command(&mut buffer, &limits), Ok(None));
    assert_eq!(buffer, b"");
}
