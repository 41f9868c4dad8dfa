use std::collections::BTreeMap;

use super::*;

fn limits(entries: usize) -> Limits {
    Limits { hash_entries: entries, hash_value: 20, ..Limits::default() }
}

fn text(dice: &mut Dice) -> Vec<u8> {
    match dice.below(200) {
        0 => vec![b'x'; 300],
        1..60 => (dice.below(400) as i64 - 200).to_string().into_bytes(),
        number => format!("f{number}").into_bytes(),
    }
}

#[test]
fn it_holds_what_a_map_holds() {
    for (seed, entries) in [(1, 0), (2, 512), (3, 100)] {
        let (mut dice, limits) = (Dice::new(seed), limits(entries));
        let (mut hash, mut model) = (Hash::default(), BTreeMap::<Vec<u8>, Vec<u8>>::new());
        for round in 0..5000 {
            let (field, value) = (text(&mut dice), text(&mut dice));
            assert_eq!(hash.get(&field).map(Element::to_vec), model.get(&field).cloned());
            if dice.below(5) < 2 + round / 2000 {
                assert_eq!(hash.remove(&field), model.remove(&field).is_some());
            } else {
                let created = hash.set(&field, &value, &limits);
                assert_eq!(created, model.insert(field, value).is_none());
            }
            assert_eq!(hash.len(), model.len());
            if round % 100 == 0 {
                let all: BTreeMap<_, _> = hash.iter().map(|(f, v)| (f.to_vec(), v.to_vec())).collect();
                assert_eq!(all, model);
                check_chance(&hash, &mut dice);
            }
        }
    }
}

fn check_chance(hash: &Hash, dice: &mut Dice) {
    let chosen = hash.random(dice).map(|(field, _)| field.to_vec());
    assert!(chosen.map_or(hash.is_empty(), |field| hash.get(&field).is_some()));
    for count in [0, 1, hash.len() / 2, hash.len(), hash.len() + 5] {
        let mut sample: Vec<_> = hash.sample(count, dice).into_iter().map(|(f, _)| f.to_vec()).collect();
        sample.sort();
        sample.dedup();
        assert_eq!(sample.len(), count.min(hash.len()), "different fields, as many as asked for");
    }
}

/// The sizes are those that a real server gave.
#[test]
fn encodings_change_where_a_real_server_changes_them() {
    let limits = Limits::default();
    let pair = |number: usize| format!("f{number}").into_bytes();
    let mut hash = Hash::default();
    (0..512).for_each(|number| assert!(hash.set(&pair(number), b"v", &limits)));
    assert_eq!(hash.encoding(), "listpack");
    hash.set(b"one more", b"v", &limits);
    assert_eq!(hash.encoding(), "hashtable");
    (0..512).for_each(|number| assert!(hash.remove(&pair(number))));
    assert_eq!((hash.encoding(), hash.len()), ("hashtable", 1));

    for (field, value, encoding) in [(1, 64, "listpack"), (1, 65, "hashtable"), (65, 1, "hashtable")] {
        let mut hash = Hash::default();
        hash.set(&vec![b'f'; field], &vec![b'v'; value], &limits);
        assert_eq!(hash.encoding(), encoding);
    }
    // As many pairs as would be too many, the same field in all of them.
    let mut hash = Hash::default();
    hash.expect(&vec![&b"f"[..]; 2 * 513], &limits);
    assert_eq!(hash.encoding(), "hashtable");
}

#[test]
fn memory_is_little_and_comes_back() {
    let mut hash = Hash::default();
    let limits = Limits::default();
    for number in 0..100 {
        hash.set(format!("field:{number}").as_bytes(), format!("value:{number}").as_bytes(), &limits);
    }
    assert!(hash.bytes() < 100 * 34, "{}", hash.bytes());
    for number in 0..100_000 {
        hash.set(format!("field:{number}").as_bytes(), b"value", &limits);
    }
    (1..100_000).for_each(|number| assert!(hash.remove(format!("field:{number}").as_bytes())));
    assert!(hash.bytes() < 2000, "{}", hash.bytes());
}

/// Fields, their values and deadlines against a plain map, while time goes on.
#[test]
fn fields_expire_as_a_map_says() {
    type Model = BTreeMap<Vec<u8>, (Vec<u8>, Option<i64>)>;
    for (seed, entries) in [(1, 0), (2, 512), (3, 60)] {
        let (mut dice, limits) = (Dice::new(seed), limits(entries));
        let (mut hash, mut model) = (Hash::default(), Model::new());
        for now in 1..4000 {
            let (field, value) = (text(&mut dice), text(&mut dice));
            match dice.below(5) {
                0 => {
                    let deadline = Some(now + dice.below(500) as i64).filter(|_| dice.below(4) > 0);
                    hash.set_deadline(&field, deadline);
                    if let Some(there) = model.get_mut(&field) {
                        there.1 = deadline;
                    }
                }
                1 => {
                    hash.set_in_time(&field, &value, &limits);
                    model.entry(field).or_default().0 = value;
                }
                2 => assert_eq!(hash.remove(&field), model.remove(&field).is_some()),
                _ => {
                    hash.set(&field, &value, &limits);
                    model.insert(field, (value, None));
                }
            }
            let over = |deadline: Option<i64>| deadline.is_some_and(|deadline| deadline < now);
            let before = model.len();
            let all_expired = model.values().all(|(_, deadline)| over(*deadline));
            assert!(model.is_empty() || hash.all_expired(now) == all_expired);
            model.retain(|_, (_, deadline)| !over(*deadline));
            assert_eq!(hash.remove_expired(now), before - model.len());
            assert_eq!(hash.next_deadline(), model.values().filter_map(|(_, deadline)| *deadline).min());
            if now % 100 == 0 {
                let all: Model = hash
                    .iter()
                    .map(|(field, value)| {
                        let field = field.to_vec();
                        let deadline = hash.deadline(&field).flatten();
                        (field, (value.to_vec(), deadline))
                    })
                    .collect();
                assert_eq!(all, model);
            }
        }
    }
}

/// What deadlines cost is counted, and given back when the fields are gone.
#[test]
fn the_memory_of_deadlines_comes_back() {
    let limits = Limits::default();
    let field = |number: i64| format!("f{number}").into_bytes();
    let mut hash = Hash::default();
    (0..5000).for_each(|number| assert!(hash.set(&field(number), b"v", &limits)));
    let before = hash.bytes();
    (0..5000).for_each(|number| hash.set_deadline(&field(number), Some(1 + number)));
    assert!(hash.bytes() > before + 5000 * 24);
    assert_eq!(hash.remove_expired(4500), 4499);
    assert!(hash.bytes() < before / 2, "{} of {before}", hash.bytes());
}
