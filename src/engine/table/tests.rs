use std::collections::{HashMap, HashSet};

use super::raw::Segment;
use super::*;
use crate::clock::Dice;

#[derive(Clone, Debug, PartialEq)]
struct Pair {
    key: Vec<u8>,
    value: u64,
}

impl Entry for Pair {
    fn key(&self) -> &[u8] {
        &self.key
    }
}

fn pair(number: usize, value: u64) -> Pair {
    Pair { key: format!("key:{number}").into_bytes(), value }
}

fn filled(count: usize) -> Table<Pair> {
    let mut table = Table::new(1);
    for number in 0..count {
        assert!(table.insert(pair(number, number as u64)).is_none());
    }
    table
}

/// Checks everything that must hold between the parts of a table.
fn check<E: Entry>(outer: &Table<E>) {
    let table = &outer.raw;
    assert_eq!(table.len, table.segments.iter().map(|s| s.entries.len()).sum::<usize>());
    assert_eq!(table.segment_bytes, table.segments.iter().map(Segment::bytes).sum::<usize>());
    assert_eq!(table.deepest, table.segments.iter().filter(|s| s.depth == table.depth).count());
    if table.segments.is_empty() {
        assert!(table.directory.is_empty());
        return;
    }
    assert!(table.depth == 0 || table.deepest > 0);
    assert_eq!(table.directory.len(), 1 << table.depth);
    for (slot, &at) in table.directory.iter().enumerate() {
        let segment = &table.segments[at as usize];
        let first = table.directory_slot(segment.start);
        assert!((first..first + (1 << (table.depth - segment.depth))).contains(&slot));
    }
    for segment in &table.segments {
        assert_eq!(segment.index.len(), segment.entries.len());
        assert!(segment.entries.len() <= SEGMENT_MAX);
        for (place, entry) in segment.entries.iter().enumerate() {
            let hash = outer.hash(entry.key());
            assert!(hash >= segment.start && (segment.end() == 0 || hash < segment.end()));
            assert_eq!(segment.find(hash, |other| other.key() == entry.key()), Some(place));
        }
    }
}

fn scan_all<E: Entry>(table: &Table<E>, count: usize) -> Vec<&[u8]> {
    let mut seen = Vec::new();
    let mut cursor = 0;
    loop {
        let before = seen.len();
        cursor = table.scan(cursor, count, |entry| seen.push(entry.key()));
        if cursor == 0 {
            return seen;
        }
        assert!(seen.len() - before >= count);
    }
}

#[test]
fn an_empty_table_answers_and_allocates_nothing() {
    let mut table: Table<Pair> = Table::new(0);
    assert_eq!(table.bytes(), 0);
    assert_eq!(table.len(), 0);
    assert!(table.is_empty());
    assert_eq!(table.get(b"x"), None);
    assert_eq!(table.remove(b"x"), None);
    assert_eq!(table.scan(0, 10, |_| panic!("nothing is there")), 0);
    assert_eq!(table.scan(u64::MAX, 10, |_| panic!("nothing is there")), 0);
    assert_eq!(table.random(&mut |_| panic!("nothing to choose from")), None);
    table.clear();
    check(&table);
}

#[test]
fn agrees_with_a_plain_map_through_growth_and_decline() {
    let mut dice = Dice::new(7);
    let mut table = Table::new(42);
    let mut model: HashMap<Vec<u8>, u64> = HashMap::new();
    // Growing, swinging and shrinking, by how many of ten operations insert.
    for (inserts, steps) in [(8, 30_000), (5, 20_000), (1, 60_000), (6, 10_000)] {
        for step in 0..steps {
            let new = pair(dice.below(20_000), dice.next_u64());
            match dice.below(10) {
                0..10 if dice.below(10) < inserts => {
                    let old = model.insert(new.key.clone(), new.value);
                    assert_eq!(table.insert(new).map(|pair| pair.value), old);
                }
                _ => {
                    let old = model.remove(&new.key);
                    assert_eq!(table.remove(&new.key).map(|pair| pair.value), old);
                }
            }
            let probe = pair(dice.below(20_000), 0).key;
            assert_eq!(table.get(&probe).map(|pair| &pair.value), model.get(&probe));
            assert_eq!(table.len(), model.len());
            if step % 5_000 == 0 {
                check(&table);
            }
        }
        check(&table);
        assert_eq!(table.iter().count(), model.len());
        assert!(table.iter().all(|pair| model.get(&pair.key) == Some(&pair.value)));
    }
}

#[test]
fn entries_are_found_made_and_changed_by_hash() {
    let mut table = filled(2_000);
    let hash = table.hash(b"key:77");
    assert_eq!(table.find_by_hash(hash, |pair| pair.value == 77).unwrap().key, b"key:77");
    assert_eq!(table.find_by_hash(hash, |_| false), None);
    table.get_mut(b"key:77").unwrap().value = 1;
    assert_eq!(table.get_or_insert_with(hash, b"key:77", || unreachable!()).0.value, 1);
    assert_eq!(table.remove_by_hash(hash, |_| false), None);
    assert_eq!(table.remove_by_hash(hash, |pair| pair.value == 1).unwrap().key, b"key:77");
    let (made, new) = table.get_or_insert_with(hash, b"key:77", || pair(77, 2));
    assert!(new);
    made.value += 1;
    assert_eq!(table.get(b"key:77").unwrap().value, 3);
    check(&table);
}

#[test]
fn scan_visits_each_entry_once_whatever_the_count() {
    for size in [0, 1, 10, 447, 448, 449, 5_000] {
        let table = filled(size);
        for count in [1, 7, 100, 1_000, usize::MAX] {
            let seen = scan_all(&table, count);
            assert_eq!(seen.len(), size);
            assert_eq!(seen.iter().collect::<HashSet<_>>().len(), size);
        }
        assert_eq!(table.scan(0, 0, |_| ()) == 0, size <= 1);
    }
}

#[test]
fn scan_misses_nothing_and_repeats_nothing_while_the_table_changes() {
    for seed in 0..20 {
        let mut dice = Dice::new(seed);
        let mut table = filled(3_000);
        // The first thousand stay; the others go, and thousands come and go, between two calls.
        let mut seen: HashMap<Vec<u8>, usize> = HashMap::new();
        let mut cursor = 0;
        let mut calls = 0;
        loop {
            cursor = table.scan(cursor, 20, |pair| *seen.entry(pair.key.clone()).or_default() += 1);
            if cursor == 0 {
                break;
            }
            calls += 1;
            let growing = calls % 40 < 20;
            for _ in 0..300 {
                let number = 1_000 + dice.below(10_000);
                if growing {
                    table.insert(pair(number, 0));
                } else {
                    table.remove(&pair(number, 0).key);
                }
            }
        }
        check(&table);
        for number in 0..1_000 {
            assert_eq!(seen.get(&pair(number, 0).key), Some(&1), "entry {number}, seed {seed}");
        }
    }
}

#[test]
fn random_is_uniform() {
    for size in [2, 100, 1_000, 3_000] {
        let mut table = filled(8 * size);
        (0..8 * size).filter(|number| number % 8 > 0).for_each(|number| {
            table.remove(&pair(number, 0).key);
        });
        let mut dice = Dice::new(size as u64);
        let throws = 100 * size;
        let mut hits: HashMap<u64, f64> = HashMap::new();
        for _ in 0..throws {
            let chosen = table.random(&mut |bound| dice.below(bound)).unwrap().value;
            *hits.entry(chosen).or_default() += 1.0;
        }
        let expected = (throws / size) as f64;
        let chi_square: f64 = table
            .iter()
            .map(|pair| (hits.get(&pair.value).copied().unwrap_or_default() - expected).powi(2) / expected)
            .sum();
        // Its mean is the degrees of freedom, its deviation the root of twice that.
        let freedom = (size - 1) as f64;
        assert!((chi_square - freedom).abs() < 4.0 * (2.0 * freedom).sqrt(), "{chi_square} for {size}");
    }
}

#[test]
fn random_ends_with_dice_that_are_stuck() {
    let table = filled(1_000);
    assert!(table.random(&mut |_| 0).is_some());
    assert!(table.random(&mut |bound| bound - 1).is_some());
}

#[test]
fn memory_comes_back() {
    let mut table = filled(100_000);
    let full = table.bytes();
    assert!(full < 100_000 * (size_of::<Pair>() + 12), "{full}");
    for number in 0..99_990 {
        table.remove(&pair(number, 0).key);
    }
    check(&table);
    assert_eq!(table.raw.segments.len(), 1);
    assert!(table.bytes() < 2_000, "{}", table.bytes());

    // In the order of the hash space, which empties whole regions while others are full.
    let mut table = filled(100_000);
    while !table.is_empty() {
        let mut keys = Vec::new();
        table.scan(0, 1_000, |pair| keys.push(pair.key.clone()));
        for key in keys {
            table.remove(&key);
        }
        check(&table);
    }
    assert!(table.bytes() < 2_000, "{}", table.bytes());
    table.clear();
    assert_eq!(table.bytes(), 0);
    assert!(table.insert(pair(1, 1)).is_none());
    check(&table);
}

#[test]
fn churn_at_one_size_keeps_its_memory() {
    let mut table = filled(10_000);
    let before = table.bytes();
    for number in 10_000..300_000 {
        table.insert(pair(number, 0));
        table.remove(&pair(number - 10_000, 0).key);
    }
    check(&table);
    assert!(table.bytes() < before + before / 2, "{before} {}", table.bytes());
}
