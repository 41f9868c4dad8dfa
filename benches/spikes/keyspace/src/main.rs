//! Ten million keys `key:0000000000` with values of 16 bytes, in the engine's table and, beside it, in
//! hashbrown's map and in a B-tree. One structure a process, so that each starts from clean memory:
//!
//! `keyspace-spike table|hashbrown|btree [KEYS]` prints one row of the README's table.

use std::collections::BTreeMap;
use std::hint::black_box;
use std::time::Instant;

use burner_engine::table::{Entry, Table};
use foldhash::quality::FixedState;
use hashbrown::HashMap;

/// What the keyspace holds: key and small value in one allocation, or key and pointer to more.
enum Slot {
    /// The key's length in one byte, the key, the value.
    Packed(Box<[u8]>),
    #[expect(dead_code, reason = "it is here for its size")]
    Object(Box<(Box<[u8]>, Vec<u8>)>),
}

impl Entry for Slot {
    fn key(&self) -> &[u8] {
        match self {
            Slot::Packed(bytes) => &bytes[1..1 + bytes[0] as usize],
            Slot::Object(object) => &object.0,
        }
    }
}

/// The same two operations on each structure.
trait Map {
    fn put(&mut self, key: &[u8], value: &[u8; 16]);
    fn has(&self, key: &[u8]) -> bool;
}

struct Ours(Table<Slot>);

impl Map for Ours {
    fn put(&mut self, key: &[u8], value: &[u8; 16]) {
        let mut packed = Vec::with_capacity(1 + key.len() + value.len());
        packed.push(key.len() as u8);
        packed.extend_from_slice(key);
        packed.extend_from_slice(value);
        self.0.insert(Slot::Packed(packed.into_boxed_slice()));
    }

    fn has(&self, key: &[u8]) -> bool {
        self.0.get(key).is_some()
    }
}

impl Map for HashMap<Box<[u8]>, Box<[u8]>, FixedState> {
    fn put(&mut self, key: &[u8], value: &[u8; 16]) {
        self.insert(key.into(), value.as_slice().into());
    }

    fn has(&self, key: &[u8]) -> bool {
        self.contains_key(key)
    }
}

impl Map for BTreeMap<Box<[u8]>, Box<[u8]>> {
    fn put(&mut self, key: &[u8], value: &[u8; 16]) {
        self.insert(key.into(), value.as_slice().into());
    }

    fn has(&self, key: &[u8]) -> bool {
        self.contains_key(key)
    }
}

fn resident() -> usize {
    let status = std::fs::read_to_string("/proc/self/status").expect("this measurement runs on Linux");
    let line = status.lines().find(|line| line.starts_with("VmRSS:")).expect("the kernel says VmRSS");
    line.split_whitespace().nth(1).and_then(|kib| kib.parse::<usize>().ok()).expect("a number of KiB") * 1024
}

/// A number below `bound` that looks unrelated to the last one.
fn scramble(state: &mut u64, bound: usize) -> usize {
    *state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
    ((*state >> 32) as usize * bound) >> 32
}

fn key(number: usize, into: &mut [u8; 14]) {
    into.copy_from_slice(b"key:0000000000");
    let mut digits = itoa::Buffer::new();
    let digits = digits.format(number).as_bytes();
    into[14 - digits.len()..].copy_from_slice(digits);
}

fn median(mut times: Vec<u32>) -> u32 {
    let middle = times.len() / 2;
    *times.select_nth_unstable(middle).1
}

/// Grows a map three times over. What an insert took is the least of the three: the machine's own pauses
/// strike different inserts each time, the structure's the same ones.
fn measure<M: Map>(name: &str, make: impl Fn() -> M, keys: usize) -> M {
    let mut buffer = [0; 14];
    let mut least = vec![u32::MAX; keys];
    let mut grown = None;
    let mut bytes = 0.0;
    for run in 0..3 {
        drop(grown.take());
        let empty = resident();
        let mut map = make();
        for (number, least) in least.iter_mut().enumerate() {
            key(number, &mut buffer);
            let before = Instant::now();
            map.put(&buffer, b"sixteen bytes, 1");
            *least = (*least).min(before.elapsed().as_nanos() as u32);
        }
        if run == 0 {
            bytes = (resident() - empty) as f64 / keys as f64;
        }
        grown = Some(map);
    }
    let map = grown.expect("three maps were grown");
    let longest = *least.iter().max().expect("some keys were inserted");
    let mean = least.iter().map(|&time| f64::from(time)).sum::<f64>() / keys as f64;
    let insert = median(least.split_off(keys - 1_000_000.min(keys)));
    let mut times = Vec::with_capacity(1_000_000);
    let mut state = 1;
    for _ in 0..1_000_000 {
        key(scramble(&mut state, keys), &mut buffer);
        let before = Instant::now();
        black_box(map.has(black_box(&buffer)));
        times.push(before.elapsed().as_nanos() as u32);
    }
    let get = median(times);
    let longest = f64::from(longest) / 1e3;
    println!("{name}: {bytes:.1} bytes a key; longest insert {longest:.0} µs, mean {mean:.0} ns");
    println!("  medians at the full size: insert {insert} ns, get {get} ns");
    map
}

fn measure_scan(table: &Table<Slot>) {
    for count in [10, 100, 1_000] {
        let mut cursor = 0;
        let mut seen = 0;
        let mut calls = 0;
        let started = Instant::now();
        loop {
            cursor = table.scan(cursor, count, |slot| {
                black_box(slot.key());
                seen += 1;
            });
            calls += 1;
            if cursor == 0 || calls == 20_000 {
                break;
            }
        }
        let took = started.elapsed();
        println!(
            "  SCAN COUNT {count}: {:.1} µs a call, {:.1} M keys a second",
            took.as_secs_f64() * 1e6 / calls as f64,
            seen as f64 / took.as_secs_f64() / 1e6
        );
    }
}

fn main() {
    let mut arguments = std::env::args().skip(1);
    let which = arguments.next().unwrap_or_default();
    let keys = arguments.next().map_or(10_000_000, |keys| keys.parse().expect("a number of keys"));
    // The clock's own cost, to be taken off the medians.
    let clock = median((0..100_000).map(|_| Instant::now().elapsed().as_nanos() as u32).collect());
    println!("reading the clock: {clock} ns");
    match which.as_str() {
        "table" => {
            let mut ours = measure("table", || Ours(Table::new(1)), keys);
            println!("  the table's own part: {:.1} bytes a key", ours.0.bytes() as f64 / keys as f64);
            measure_scan(&ours.0);
            let mut state = 2;
            let started = Instant::now();
            for _ in 0..1_000_000 {
                black_box(ours.0.random(&mut |bound| scramble(&mut state, bound)));
            }
            println!("  random entry: {} ns", started.elapsed().as_nanos() / 1_000_000);
            let started = Instant::now();
            let mut buffer = [0; 14];
            for number in 0..keys {
                key(number, &mut buffer);
                ours.0.remove(&buffer);
            }
            let each = started.elapsed().as_nanos() / keys as u128;
            println!("  removing all: {each} ns each; {} bytes left", ours.0.bytes());
        }
        "hashbrown" => drop(measure("hashbrown", || HashMap::with_hasher(FixedState::with_seed(1)), keys)),
        "btree" => drop(measure("btree", BTreeMap::new, keys)),
        _ => eprintln!("usage: keyspace-spike table|hashbrown|btree [KEYS]"),
    }
}
