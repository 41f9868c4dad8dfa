use std::collections::HashSet;

use crate::clock::Dice;
use crate::testing::Shell;

#[test]
fn an_iteration_gives_every_key_once() {
    let mut shell = Shell::new();
    for n in 0..2000 {
        shell.run(&format!("SET key:{n} {n}"));
    }
    let mut cursor = "0".to_owned();
    let mut seen = HashSet::new();
    loop {
        let reply = shell.run(&format!("SCAN {cursor} COUNT 100"));
        let words: Vec<&str> = reply.split(' ').collect();
        for key in words.iter().filter(|word| word.starts_with("key:")) {
            assert!(seen.insert((*key).to_owned()), "{key} came twice");
        }
        words[2].clone_into(&mut cursor);
        if cursor == "0" {
            break;
        }
    }
    assert_eq!(seen.len(), 2000);
}

#[test]
fn options_filter_and_are_checked() {
    let mut shell = Shell::new();
    shell.run("SET one 1");
    shell.run("SET two 2");
    assert_eq!(shell.run("SCAN 0 MATCH t*"), "*2 $1 0 *1 $3 two");
    assert_eq!(shell.run("SCAN 0 TYPE hash"), "*2 $1 0 *0");
    assert_eq!(shell.run("SCAN 0 COUNT 0"), "-ERR syntax error");
    assert_eq!(shell.run("SCAN 0 TYPE"), "-ERR syntax error");
    assert_eq!(shell.run("SCAN 0 NOVALUES"), "-ERR NOVALUES option can only be used in HSCAN");
    assert_eq!(shell.run("SCAN -1"), "-ERR invalid cursor");
    assert_eq!(shell.run("SCAN 18446744073709551616"), "-ERR invalid cursor");
    assert_eq!(shell.run("KEYS t?o"), "*1 $3 two");
}

#[test]
fn expired_keys_are_not_shown() {
    let mut shell = Shell::new();
    shell.run("SET gone 1 PX 5");
    shell.clock.advance(6000);
    assert_eq!(shell.run("KEYS *"), "*0");
    assert_eq!(shell.run("SCAN 0"), "*2 $1 0 *0");
}

/// A collection to iterate over, and how members go into it and out of it.
struct Collection {
    scan: &'static str,
    add: fn(&[String]) -> String,
    remove: &'static str,
    /// How many elements of a reply tell of one member.
    parts: usize,
}

const COLLECTIONS: [Collection; 4] = [
    Collection {
        scan: "SCAN",
        add: |names| format!("MSET {} v", names.join(" v ")),
        remove: "DEL",
        parts: 1,
    },
    Collection {
        scan: "HSCAN k",
        add: |names| format!("HSET k {} v", names.join(" v ")),
        remove: "HDEL k",
        parts: 2,
    },
    Collection {
        scan: "SSCAN k",
        add: |names| format!("SADD k {}", names.join(" ")),
        remove: "SREM k",
        parts: 1,
    },
    Collection {
        scan: "ZSCAN k",
        add: |names| format!("ZADD k 1 {}", names.join(" 1 ")),
        remove: "ZREM k",
        parts: 2,
    },
];

fn names(prefix: &str, range: std::ops::Range<usize>) -> Vec<String> {
    range.map(|n| format!("{prefix}{n}")).collect()
}

/// Iterates while others come and go between two calls; what was there all the time must be given.
fn iterate_in_a_crowd(of: &Collection, steady: usize, crowd: usize, seed: u64) {
    let mut shell = Shell::new();
    let mut dice = Dice::new(seed);
    let all = names("s", 0..steady);
    let change = |shell: &mut Shell, names: &[String], comes: bool| {
        if !names.is_empty() {
            let line = if comes { (of.add)(names) } else { format!("{} {}", of.remove, names.join(" ")) };
            let reply = shell.run(&line);
            assert!(!reply.starts_with('-'), "{reply}");
        }
    };
    change(&mut shell, &all, true);
    // The crowd is there in the beginning, or comes in the middle, or does both at random.
    let way = dice.below(3);
    if way == 0 {
        change(&mut shell, &names("c", 0..crowd), true);
    }
    let mut seen: HashSet<String> = HashSet::new();
    let mut cursor = "0".to_owned();
    for round in 0.. {
        let count = [1, 10, 100][dice.below(3)];
        let reply = shell.run(&format!("{} {cursor} COUNT {count}", of.scan));
        let words: Vec<&str> = reply.split(' ').collect();
        // *2 $1 cursor *n, then a length and a text for each element.
        words[2].clone_into(&mut cursor);
        seen.extend(words[4..].chunks(2 * of.parts).map(|member| member[1].to_owned()));
        if cursor == "0" {
            break;
        }
        let first = dice.below(crowd);
        let some = names("c", first..(first + crowd / 4 + 1).min(crowd));
        match (way, round % 4) {
            (0, _) => change(&mut shell, &some, false),
            (1, _) => change(&mut shell, &some, true),
            (_, 0 | 3) => change(&mut shell, &some, dice.below(2) == 0),
            _ => {}
        }
    }
    let missed: Vec<&String> = all.iter().filter(|name| !seen.contains(*name)).collect();
    assert!(missed.is_empty(), "{} of {steady} with {crowd}, seed {seed}: missed {missed:?}", of.scan);
}

#[test]
fn what_stays_is_given_while_others_come_and_go() {
    for of in &COLLECTIONS {
        for (steady, crowd) in [(1, 3000), (10, 50), (200, 1), (200, 2000), (1500, 5), (1500, 6000)] {
            for seed in 0..6 {
                iterate_in_a_crowd(of, steady, crowd, seed);
            }
        }
    }
}
