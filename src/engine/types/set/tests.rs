use std::collections::BTreeSet;

use super::*;

fn text(dice: &mut Dice, words: bool) -> Vec<u8> {
    match dice.below(100) {
        0 if words => vec![b'x'; 100],
        1..50 if words => format!("m{}", dice.below(150)).into_bytes(),
        number => (number as i64 * 7_000_000_000 - 3).to_string().into_bytes(),
    }
}

#[test]
fn it_holds_what_an_ordered_set_holds() {
    for (seed, words, entries) in [(1, false, 512), (2, true, 1000), (3, true, 0), (4, true, 60)] {
        let mut dice = Dice::new(seed);
        let limits = Limits { set_entries: entries, set_intset: 80, set_value: 90, ..Limits::default() };
        let (mut set, mut model) = (Set::default(), BTreeSet::<Vec<u8>>::new());
        for round in 0..5000 {
            let member = text(&mut dice, words && round > 300);
            assert_eq!(set.contains(&member), model.contains(&member));
            match dice.below(10) {
                0..5 => assert_eq!(set.add(&member, &limits), model.insert(member)),
                5..9 => assert_eq!(set.remove(&member), model.remove(&member)),
                _ => {
                    let popped = set.pop(&mut dice);
                    assert!(popped.map_or(model.is_empty(), |member| model.remove(&member)));
                }
            }
            assert_eq!(set.len(), model.len());
            if round % 100 == 0 {
                assert_eq!(set.iter().map(Element::to_vec).collect::<BTreeSet<_>>(), model);
                for count in [0, 1, set.len() / 2, set.len() + 1] {
                    let sample: BTreeSet<_> =
                        set.sample(count, &mut dice).into_iter().map(Element::to_vec).collect();
                    assert_eq!(sample.len(), count.min(set.len()), "different members");
                    assert!(sample.is_subset(&model));
                }
            }
        }
    }
}

/// The encoding after each member of a sequence, where it changes.
fn changes(members: impl Iterator<Item = String>) -> Vec<(usize, &'static str)> {
    let mut set = Set::default();
    let mut seen = Vec::new();
    for member in members {
        set.add(member.as_bytes(), &Limits::default());
        if seen.last().is_none_or(|(_, encoding)| *encoding != set.encoding()) {
            seen.push((set.len(), set.encoding()));
        }
    }
    seen
}

/// The sizes are those that a real server gave.
#[test]
fn encodings_change_where_a_real_server_changes_them() {
    let word_at = |place: usize| move |n: usize| if n == place { "a".to_owned() } else { n.to_string() };
    assert_eq!(changes((0..700).map(|n| n.to_string())), [(1, "intset"), (513, "hashtable")]);
    assert_eq!(changes((0..700).map(|n| format!("x{n}"))), [(1, "listpack"), (129, "hashtable")]);
    assert_eq!(changes((0..200).map(word_at(127))), [(1, "intset"), (128, "listpack"), (129, "hashtable")]);
    assert_eq!(changes((0..200).map(word_at(128))), [(1, "intset"), (129, "hashtable")]);
    assert_eq!(changes((0..12).map(|n| "x".repeat(54 + n))), [(1, "listpack"), (12, "hashtable")]);

    let at_once = |count: usize, member: &[u8]| {
        let (mut set, limits) = (Set::default(), Limits::default());
        set.expect(&vec![member; count], &limits);
        set.add(member, &limits);
        set.encoding()
    };
    assert_eq!((at_once(512, b"1"), at_once(513, b"1")), ("intset", "hashtable"));
    assert_eq!((at_once(128, b"a"), at_once(129, b"a")), ("listpack", "hashtable"));
}

#[test]
fn memory_comes_back() {
    let mut set = Set::default();
    for number in 0..100_000 {
        set.add(format!("member:{number}").as_bytes(), &Limits::default());
    }
    (1..100_000).for_each(|number| assert!(set.remove(format!("member:{number}").as_bytes())));
    assert!(set.bytes() < 2000, "{}", set.bytes());
}
