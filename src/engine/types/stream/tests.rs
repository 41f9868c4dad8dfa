use std::collections::BTreeMap;

use super::*;
use crate::clock::Dice;

type Fields = Vec<Vec<u8>>;

const LIMITS: BlockLimits = BlockLimits { bytes: 200, entries: 7 };

fn id(ms: u64, seq: u64) -> StreamId {
    StreamId { ms, seq }
}

fn owned(entry: &Entry<'_>) -> (StreamId, Fields) {
    (entry.id, entry.fields().flat_map(|(field, value)| [field.to_vec(), value.to_vec()]).collect())
}

/// The log against an ordered map, under every kind of change in any order.
#[test]
fn a_log_is_an_ordered_map_of_its_entries() {
    for seed in 0..20 {
        let mut dice = Dice::new(seed);
        let (mut log, mut model) = (Log::default(), BTreeMap::<StreamId, Fields>::new());
        let mut added = 0;
        for _ in 0..400 {
            match dice.below(8) {
                0..4 => {
                    let ms = log.last_id().ms + dice.below(3) as u64 * (1 << dice.below(40));
                    let Some(new) = log.auto_seq(ms) else { continue };
                    let name = [&b"f"[..], b"g", b""][dice.below(3)];
                    let value = vec![b'0' + dice.below(10) as u8; dice.below(90)];
                    let fields: Vec<&[u8]> = [name, &value, b"h", b"1"][..2 + 2 * dice.below(2)].to_vec();
                    log.append(new, &fields, LIMITS);
                    model.insert(new, fields.into_iter().map(<[u8]>::to_vec).collect());
                    added += 1;
                }
                4 | 5 => {
                    let nth = dice.below(model.len() + 1);
                    let gone = model.keys().nth(nth).copied().unwrap_or(id(9, 9));
                    assert_eq!(log.delete(gone), model.remove(&gone).is_some());
                }
                6 => {
                    let keep = dice.below(model.len() + 20) as u64;
                    let removed = log.trim(Trim { keep: Keep::Last(keep), whole_blocks: false, limit: 0 });
                    let excess = (model.len() as u64).saturating_sub(keep);
                    assert_eq!(removed, excess);
                    (0..excess).for_each(|_| drop(model.pop_first()));
                }
                _ => {
                    let nth = dice.below(model.len() / 4 + 1);
                    let from = model.keys().nth(nth).copied().unwrap_or_default();
                    log.trim(Trim { keep: Keep::From(from), whole_blocks: false, limit: 0 });
                    model = model.split_off(&from);
                }
            }
            check(&log, &model, &mut dice);
        }
        assert_eq!(log.entries_added(), added);
        let counted: usize = log.blocks.iter().map(Block::bytes).sum();
        assert_eq!(log.block_bytes, counted, "seed {seed}");
    }
}

fn check(log: &Log, model: &BTreeMap<StreamId, Fields>, dice: &mut Dice) {
    assert_eq!(log.len(), model.len() as u64);
    let mut pick = || model.keys().nth(dice.below(model.len() + 1)).copied().unwrap_or(StreamId::MAX);
    let (mut start, mut end) = (pick(), pick());
    if start > end {
        std::mem::swap(&mut start, &mut end);
    }
    let expected: Vec<_> = model.range(start..=end).map(|(id, fields)| (*id, fields.clone())).collect();
    let forward: Vec<_> = log.range(start, end).map(|entry| owned(&entry)).collect();
    let mut backward: Vec<_> = log.range_back(start, end).map(|entry| owned(&entry)).collect();
    backward.reverse();
    assert_eq!(forward, expected);
    assert_eq!(backward, expected);
    assert_eq!(log.first_id(), model.keys().next().copied().unwrap_or_default());
    assert_eq!(log.last().map(|entry| entry.id), model.keys().next_back().copied());
}

#[test]
fn approximate_trimming_takes_whole_blocks_up_to_its_limit() {
    let mut log = Log::default();
    let limits = BlockLimits { bytes: 4096, entries: 10 };
    (1..=35).for_each(|ms| log.append(id(ms, 0), &[b"f", b"v"], limits));
    let trim = |keep, limit| Trim { keep, whole_blocks: true, limit };
    assert_eq!(log.trim(trim(Keep::Last(26), 0)), 0);
    assert_eq!(log.trim(trim(Keep::Last(0), 15)), 10);
    assert_eq!(log.trim(trim(Keep::From(id(20, 0)), 0)), 0);
    assert_eq!(log.trim(trim(Keep::From(id(21, 0)), 0)), 10);
    assert_eq!(log.first_id(), id(21, 0));
}

#[test]
fn what_was_read_and_emptied_gives_its_memory_back() {
    let mut log = Log::default();
    for ms in 1..=10_000 {
        log.append(id(ms, 0), &[b"field", &[b'x'; 50]], BlockLimits { bytes: 4096, entries: 100 });
    }
    let full = log.bytes();
    // 50 bytes of value, and a few for the ID, the lengths and the block's share.
    assert!(full / 10_000 < 65, "{full} bytes");
    (1..=10_000).for_each(|ms| assert!(log.delete(id(ms, 0))));
    assert!(log.is_empty() && log.bytes() < full / 100, "{} of {full}", log.bytes());
    assert_eq!((log.last_id(), log.max_deleted_id()), (id(10_000, 0), id(10_000, 0)));
}

#[test]
fn ids_are_read_as_the_server_reads_them() {
    for (text, parsed) in [
        (&b"5"[..], Some(id(5, 9))),
        (b"5-1", Some(id(5, 1))),
        (b" +05-+1", Some(id(5, 1))),
        (b"9--01", Some(id(9, u64::MAX))),
        (b"5-1\0abc", Some(id(5, 1))),
        (b"18446744073709551615-18446744073709551615", Some(StreamId::MAX)),
    ] {
        assert_eq!(StreamId::parse(text, 9), parsed, "{text:?}");
    }
    for text in
        [&b""[..], b"-", b"+", b"-5", b"-1-1", b"5-", b"5--1", b"5 ", b"1-2-3", b"18446744073709551616"]
    {
        assert_eq!(StreamId::parse(text, 0), None, "{text:?}");
    }
    assert_eq!(&*StreamId::MAX.text(), b"18446744073709551615-18446744073709551615");
    assert_eq!(StreamId::parse_ms_of_auto_seq(b"16-*"), Some(16));
    assert_eq!(StreamId::parse_ms_of_auto_seq(b"16-**"), None);
}

#[test]
fn ids_may_start_anew_in_an_empty_stream() {
    let mut log = Log::default();
    (1..=3).for_each(|ms| log.append(id(ms, 1), &[b"f", b"v"], LIMITS));
    log.delete(id(3, 1));
    log.trim(Trim { keep: Keep::From(id(3, 0)), whole_blocks: false, limit: 0 });
    assert_eq!((log.len(), log.block_ids().len()), (0, 1));
    log.set_id(id(0, 5), None, Some(id(0, 1)));
    log.append(id(0, 6), &[b"f", b"v"], LIMITS);
    log.append(id(0, 7), &[b"f", b"v"], LIMITS);
    let ids: Vec<_> = log.range(StreamId::MIN, StreamId::MAX).map(|entry| entry.id.seq).collect();
    assert_eq!(ids, [6, 7]);
}
