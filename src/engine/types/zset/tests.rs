use std::collections::{BTreeMap, HashMap};

use super::*;
use crate::clock::Dice;

fn limits() -> Limits {
    Limits::default()
}

fn filled(members: usize) -> ZSet {
    let mut zset = ZSet::default();
    for number in 0..members {
        assert_eq!(zset.insert(format!("member:{number}").as_bytes(), number as f64, &limits()), None);
    }
    zset
}

/// The order as the reader sees it.
fn listed(zset: &ZSet) -> Vec<(Vec<u8>, f64)> {
    zset.members().map(|(member, score)| (member.to_vec(), score)).collect()
}

fn model_listed(model: &HashMap<Vec<u8>, f64>) -> Vec<(Vec<u8>, f64)> {
    let mut all: Vec<_> = model.iter().map(|(member, &score)| (member.clone(), score)).collect();
    all.sort_by(|a, b| order((a.1, &a.0), (b.1, &b.0)));
    all
}

#[test]
fn both_forms_agree_with_a_sorted_map() {
    for (members, packed) in [(100, true), (3_000, false)] {
        let mut dice = Dice::new(members as u64);
        let (mut zset, mut model) = (ZSet::default(), HashMap::new());
        for step in 0..20_000 {
            let inserting = if step < 12_000 { 7 } else { 3 };
            let member = format!("m{}", dice.below(members)).into_bytes();
            if dice.below(10) < inserting {
                // Few different scores, so that the members' order counts too.
                let score = dice.below(50) as f64 - 25.0;
                assert_eq!(zset.insert(&member, score, &limits()), model.insert(member, score));
            } else if dice.below(2) == 0 || zset.is_empty() {
                assert_eq!(zset.remove(&member), model.remove(&member));
            } else {
                let (member, score) = zset.take(dice.below(zset.len())).unwrap();
                assert_eq!(model.remove(&*member), Some(score));
            }
            assert_eq!(zset.len(), model.len());
            if step % 500 == 0 {
                let expected = model_listed(&model);
                assert_eq!(listed(&zset), expected);
                for (rank, (member, score)) in expected.iter().enumerate() {
                    assert_eq!(zset.rank(member), Some((rank, *score)));
                    assert_eq!(zset.at(rank), Some((&**member, *score)));
                }
            }
        }
        assert_eq!(zset.encoding() == "listpack", packed);
    }
}

#[test]
fn ranges_by_score_agree_with_counting() {
    for members in [60, 2_000] {
        let zset = {
            let mut zset = ZSet::default();
            for number in 0..members {
                zset.insert(format!("{number}").as_bytes(), (number / 3) as f64, &limits());
            }
            zset
        };
        for (min, max) in
            [(0.0, 5.0), (-1.0, 1e9), (7.0, 7.0), (9.0, 3.0), (f64::NEG_INFINITY, f64::INFINITY)]
        {
            for (no_min, no_max) in [(false, false), (true, false), (false, true), (true, true)] {
                let range = ScoreRange {
                    min: ScoreBound { score: min, exclusive: no_min },
                    max: ScoreBound { score: max, exclusive: no_max },
                };
                let inside = |score: f64| {
                    (if no_min { score > min } else { score >= min })
                        && (if no_max { score < max } else { score <= max })
                };
                let expected: Vec<_> = zset.members().filter(|&(_, score)| inside(score)).collect();
                assert!(zset.range(zset.ranks_by_score(&range)).eq(expected));
            }
        }
    }
}

#[test]
fn ranges_by_lex_agree_with_counting() {
    use LexBound::{Excluding, Highest, Including, Lowest};
    for members in [60, 2_000] {
        let mut zset = ZSet::default();
        for number in 0..members {
            zset.insert(format!("{number}").as_bytes(), 0.0, &limits());
        }
        let bounds = [Lowest, Highest, Including(b"3"), Excluding(b"3"), Including(b""), Including(b"57")];
        for min in bounds {
            for max in bounds {
                let range = LexRange { min, max };
                let inside = |member: &[u8]| !min.is_above(member) && !max.is_below(member);
                let expected: Vec<_> = zset.members().filter(|(member, _)| inside(member)).collect();
                for passed in [0, 1, expected.len(), usize::MAX] {
                    let left = &expected[passed.min(expected.len())..];
                    let found = zset.range(zset.ranks_by_lex(&range, false, passed));
                    assert!(found.eq(left.iter().copied()), "{range:?} but for {passed}");
                    let left = &expected[..expected.len().saturating_sub(passed)];
                    let found = zset.range(zset.ranks_by_lex(&range, true, passed));
                    assert!(found.eq(left.iter().copied()), "{range:?} in reverse but for {passed}");
                }
            }
        }
    }
}

#[test]
fn a_walk_by_lex_meets_names_in_the_order_of_their_scores() {
    use LexBound::{Excluding, Highest, Including, Lowest};
    let mut zset = ZSet::default();
    for (score, member) in [b"b", b"d", b"a", b"e", b"c"].into_iter().enumerate() {
        zset.insert(member, score as f64, &limits());
    }
    let ranks = |min, max, reverse, passed| zset.ranks_by_lex(&LexRange { min, max }, reverse, passed);
    assert_eq!(ranks(Lowest, Highest, false, 0), 0..5);
    // The next beyond the range ends it, from either end.
    assert_eq!(ranks(Including(b"b"), Including(b"c"), false, 0), 0..1);
    assert_eq!(ranks(Including(b"b"), Including(b"c"), true, 0), 3..5);
    // What is passed over may be beyond it.
    assert_eq!(ranks(Including(b"b"), Including(b"c"), false, 2), 2..3);
    assert_eq!(ranks(Including(b"a"), Including(b"d"), true, 2), 0..3);
    assert_eq!(ranks(Lowest, Highest, true, 9), 0..0);
    // There is room for it beyond the last member or before the first: nothing is looked at.
    assert!(ranks(Including(b"d"), Highest, false, 0).is_empty());
    assert!(ranks(Lowest, Excluding(b"b"), true, 0).is_empty());
}

#[test]
fn a_range_is_removed() {
    for members in [100, 1_000] {
        for ranks in [10..20, 10..members - 10, 0..members - 1, 50..usize::MAX, 5..5, members..members + 5] {
            let mut zset = filled(members);
            let mut expected = listed(&zset);
            expected.drain(ranks.start..ranks.end.min(members));
            zset.remove_range(ranks);
            assert_eq!(listed(&zset), expected);
            let found = expected
                .iter()
                .enumerate()
                .all(|(rank, (member, score))| zset.rank(member) == Some((rank, *score)));
            assert!(found);
        }
        let mut zset = filled(members);
        zset.remove_range(0..members);
        assert!(zset.is_empty());
        assert_eq!(zset.members().next(), None);
        assert_eq!(zset.at(0), None);
        assert_eq!(zset.take(0), None);
    }
}

#[test]
fn the_encoding_follows_the_limits_and_never_goes_back() {
    let mut zset = filled(128);
    assert_eq!(zset.encoding(), "listpack");
    zset.insert(b"member:5", -1.0, &limits());
    assert_eq!(zset.encoding(), "listpack");
    zset.insert(b"one more", 0.0, &limits());
    assert_eq!(zset.encoding(), "skiplist");
    zset.remove(b"one more");
    assert_eq!(zset.encoding(), "skiplist");

    let mut zset = ZSet::default();
    zset.insert(&[b'x'; 64], 0.0, &limits());
    assert_eq!(zset.encoding(), "listpack");
    zset.insert(&[b'x'; 65], 0.0, &limits());
    assert_eq!(zset.encoding(), "skiplist");
    assert_eq!(ZSet::expecting(129, 1, &limits()).encoding(), "skiplist");
}

#[test]
fn members_of_any_bytes_and_length() {
    let limits = Limits { zset_value: 1 << 20, ..Limits::default() };
    let mut zset = ZSet::default();
    let members: Vec<Vec<u8>> = [0, 1, 254, 255, 256, 70_000].map(|len| vec![0xff; len]).into();
    for member in &members {
        zset.insert(member, 1.0, &limits);
    }
    assert_eq!(zset.encoding(), "listpack");
    assert!(zset.members().map(|(member, _)| member).eq(members.iter().map(Vec::as_slice)));
    assert!(members.iter().enumerate().all(|(rank, member)| zset.rank(member) == Some((rank, 1.0))));
}

#[test]
fn infinite_scores_have_their_ends_and_zeros_are_one() {
    for members in [10, 300] {
        let mut zset = filled(members);
        zset.insert(b"top", f64::INFINITY, &limits());
        zset.insert(b"bottom", f64::NEG_INFINITY, &limits());
        zset.insert(b"zero", -0.0, &limits());
        assert_eq!(zset.at(0), Some((&b"bottom"[..], f64::NEG_INFINITY)));
        assert_eq!(zset.at(members + 2), Some((&b"top"[..], f64::INFINITY)));
        assert_eq!(zset.rank(b"member:0").unwrap().0, 1);
        assert_eq!(zset.rank(b"zero").unwrap().0, 2);
    }
}

#[test]
fn scan_visits_each_member_once() {
    for members in [0, 100, 5_000] {
        let zset = filled(members);
        let (mut seen, mut cursor) = (BTreeMap::new(), 0);
        loop {
            cursor = zset.scan(cursor, 10, |member, score| assert!(seen.insert(member, score).is_none()));
            if cursor == 0 {
                break;
            }
        }
        assert_eq!(seen.len(), members);
    }
}

#[test]
fn memory_stays_low_and_comes_back() {
    let members = 100_000;
    let mut zset = ZSet::default();
    let mut dice = Dice::new(1);
    for number in 0..members {
        zset.insert(format!("{number:016}").as_bytes(), dice.below(1 << 40) as f64, &limits());
    }
    // The member's own sixteen bytes and what the order costs, without the allocator's share.
    assert!(zset.bytes() < 62 * members, "{}", zset.bytes() / members);
    for _ in 0..members - 10 {
        let rank = dice.below(zset.len());
        zset.take(rank);
    }
    assert_eq!(zset.len(), 10);
    assert!(zset.bytes() < 5_000, "{}", zset.bytes());
}
