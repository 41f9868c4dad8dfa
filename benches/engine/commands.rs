//! What the engine alone takes for a command: `cargo bench --manifest-path benches/engine/Cargo.toml`.
//!
//! A command comes with its row, as the Python methods bind it, and its arguments as bytes; the reply goes
//! into a buffer that is used again.

use std::hint::black_box;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use burner_engine::clock::Clock;
use burner_engine::command::{self, Command};
use burner_engine::error::Error;
use burner_engine::resp::{Decoder, Encoder, Limits};
use burner_engine::sink::{Mark, Shape, Sink};
use burner_engine::{SessionId, Store};
use criterion::{Criterion, criterion_group, criterion_main};

/// Enough keys that the table has many segments, few enough to stay in the cache.
const KEYS: usize = 10_000;

struct SystemClock;

impl Clock for SystemClock {
    fn now_us(&self) -> i64 {
        SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_micros() as i64)
    }
}

/// A sink that keeps bytes and lengths, as one that builds Python objects would look at them.
#[derive(Default)]
struct Scratch {
    bytes: Vec<u8>,
}

impl Sink for Scratch {
    fn resp(&self) -> u8 {
        3
    }
    fn set_resp(&mut self, _: u8) {}
    fn mark(&self) -> Mark {
        Mark(self.bytes.len())
    }
    fn cut(&mut self, mark: Mark) {
        self.bytes.truncate(mark.0);
    }
    fn null(&mut self) {
        self.bytes.push(b'_');
    }
    fn null_array(&mut self) {
        self.null();
    }
    fn simple(&mut self, text: &str) {
        self.bytes.extend_from_slice(text.as_bytes());
    }
    fn error(&mut self, error: &Error) {
        self.bytes.extend_from_slice(error.wire());
    }
    fn int(&mut self, number: i64) {
        self.bytes.extend_from_slice(&number.to_le_bytes());
    }
    fn bulk(&mut self, bytes: &[u8]) {
        self.bytes.extend_from_slice(bytes);
    }
    fn head(&mut self, _: Shape, len: usize) {
        self.int(len as i64);
    }
    fn open(&mut self) -> Mark {
        self.mark()
    }
    fn close(&mut self, _: Mark, _: Shape, len: usize) {
        self.int(len as i64);
    }
    fn double3(&mut self, number: f64) {
        self.bytes.extend_from_slice(&number.to_le_bytes());
    }
    fn bool3(&mut self, value: bool) {
        self.bytes.push(u8::from(value));
    }
    fn big_number3(&mut self, digits: &[u8]) {
        self.bulk(digits);
    }
    fn verbatim3(&mut self, _: &str, text: &[u8]) {
        self.bulk(text);
    }
}

struct Bench {
    store: Store,
    session: SessionId,
    sink: Scratch,
    keys: Vec<Vec<u8>>,
    next: usize,
}

impl Bench {
    /// A store with [`KEYS`] keys of 16 bytes that hold `value`.
    fn new(value: &'static [u8]) -> Self {
        let mut store = Store::new(Box::new(SystemClock), 1);
        let session = store.open_session();
        let keys = (0..KEYS).map(|n| format!("key:{n:012}").into_bytes()).collect();
        let mut bench = Self { store, session, sink: Scratch::default(), keys, next: 0 };
        let set = row("set");
        for _ in 0..KEYS {
            bench.run(set, |key| [b"SET", key, value]);
        }
        bench
    }

    /// Runs a command on the next key.
    fn run<const N: usize>(
        &mut self,
        command: &'static Command,
        arguments: impl for<'a> FnOnce(&'a [u8]) -> [&'a [u8]; N],
    ) {
        self.sink.bytes.clear();
        self.next = (self.next + 7919) % KEYS;
        let argv = arguments(&self.keys[self.next]);
        let done = self.store.execute_command(self.session, command, &argv, &mut self.sink);
        assert!(black_box(done).is_ok());
    }
}

fn row(name: &str) -> &'static Command {
    command::find(name.as_bytes()).expect("the command exists")
}

fn commands(criterion: &mut Criterion) {
    const VALUE: &[u8] = b"0123456789abcdef";
    let mut strings = Bench::new(VALUE);
    let (get, set, incr) = (row("get"), row("set"), row("incr"));
    criterion.bench_function("PING", |b| {
        let ping = row("ping");
        b.iter(|| strings.run(ping, |_| [b"PING"]));
    });
    criterion.bench_function("GET 16 B", |b| b.iter(|| strings.run(get, |key| [b"GET", key])));
    criterion.bench_function("GET of no key", |b| b.iter(|| strings.run(get, |_| [b"GET", b"nothing"])));
    criterion.bench_function("SET 16 B over 16 B", |b| {
        b.iter(|| strings.run(set, |key| [b"SET", key, VALUE]));
    });
    criterion.bench_function("SET 16 B over others", |b| {
        let mut turn = false;
        b.iter(|| {
            turn = !turn;
            let value = if turn { VALUE } else { &VALUE[..11] };
            strings.run(set, |key| [b"SET", key, value]);
        });
    });
    criterion.bench_function("SET 16 B EX", |b| {
        b.iter(|| strings.run(set, |key| [b"SET", key, VALUE, b"EX", b"100"]));
    });
    criterion.bench_function("GET 16 B, keys that expire", |b| {
        b.iter(|| strings.run(get, |key| [b"GET", key]));
    });
    let mut numbers = Bench::new(b"1000000");
    criterion.bench_function("INCR", |b| b.iter(|| numbers.run(incr, |key| [b"INCR", key])));
}

/// A command from bytes, out of a pipeline as one read gives it, and a reply into bytes.
fn wire(criterion: &mut Criterion) {
    const COMMANDS: usize = 64;
    let pipeline = b"*3\r\n$3\r\nSET\r\n$8\r\nkey:0001\r\n$16\r\n0123456789abcdef\r\n".repeat(COMMANDS);
    let (mut decoder, mut buffer, limits) = (Decoder::default(), Vec::new(), Limits::default());
    criterion.bench_function("decode 64 SETs", |b| {
        b.iter(|| {
            buffer.extend_from_slice(&pipeline);
            let mut count = 0;
            while let Ok(Some(argv)) = decoder.next_command(&mut buffer, &limits) {
                count += black_box(argv).len();
            }
            assert_eq!(count, 3 * COMMANDS);
        });
    });
    let mut out = Vec::new();
    criterion.bench_function("encode 64 bulk strings", |b| {
        b.iter(|| {
            out.clear();
            let mut sink = Encoder::new(2, &mut out);
            (0..COMMANDS).for_each(|_| sink.bulk(black_box(b"0123456789abcdef")));
        });
    });
}

criterion_group! {
    name = benches;
    config = Criterion::default()
        .warm_up_time(Duration::from_millis(300))
        .measurement_time(Duration::from_millis(700))
        .without_plots();
    targets = commands, wire
}
criterion_main!(benches);
