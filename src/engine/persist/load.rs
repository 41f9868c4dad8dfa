//! Bytes as values.

use std::borrow::Cow;
use std::collections::BTreeSet;

use super::reader::{Corrupt, Reader, Result};
use super::{code, listpack, node, ziplist};
use crate::config::Limits;
use crate::number::parse_float;
use crate::types::intset::IntSet;
use crate::types::list::End;
use crate::types::packed::{Element, Encoded, Packed};
use crate::types::{Hash, Kind, List, Set, StringValue, Value, ZSet};

mod stream;

const TWICE: Corrupt = Corrupt("an element that can be there once is there twice");
const ODD: Corrupt = Corrupt("elements that belong together are not all there");

/// Reads a value: its type and encoding, then itself. It is kept as `limits` say, whatever they were where it
/// comes from.
pub fn load(reader: &mut Reader<'_>, limits: &Limits) -> Result<Value> {
    let value = match reader.byte()? {
        code::STRING => return Ok(Value::String(StringValue::new(&reader.string()?))),
        code::LIST => load_list(reader, limits)?.wrap(),
        code::LIST_ZIPLIST => list_of(vec![ziplist::read(&reader.string()?)?], true, limits).wrap(),
        code::LIST_QUICKLIST => {
            let nodes = each(reader, |reader| ziplist::read(&reader.string()?))?;
            list_of(nodes, false, limits).wrap()
        }
        code::LIST_QUICKLIST_2 => load_quicklist(reader, limits)?.wrap(),
        code::SET => load_set(reader, limits)?.wrap(),
        code::SET_INTSET => load_ints(&reader.string()?, limits)?.wrap(),
        code::SET_LISTPACK => {
            let members = distinct(listpack::read(&reader.string()?)?.pack()?, 1)?;
            Set::from_packed(members, limits).wrap()
        }
        kind @ (code::ZSET | code::ZSET_2) => load_zset(reader, kind, limits)?.wrap(),
        code::ZSET_ZIPLIST => repack_zset(&ziplist::read(&reader.string()?)?, limits)?.wrap(),
        code::ZSET_LISTPACK => repack_zset(&listpack::read(&reader.string()?)?.pack()?, limits)?.wrap(),
        code::HASH => load_hash(reader, limits)?.wrap(),
        code::HASH_ZIPMAP => load_zipmap(&reader.string()?, limits)?.wrap(),
        code::HASH_ZIPLIST => hash_of(ziplist::read(&reader.string()?)?, limits)?.wrap(),
        code::HASH_LISTPACK => hash_of(listpack::read(&reader.string()?)?.pack()?, limits)?.wrap(),
        code::HASH_LISTPACK_EX => {
            reader.time()?;
            timed_hash_of(listpack::read(&reader.string()?)?.pack()?, limits)?.wrap()
        }
        code::HASH_TIMED => load_timed_hash(reader, limits)?.wrap(),
        kind @ (code::STREAM | code::STREAM_2 | code::STREAM_3) => stream::load(reader, kind)?.wrap(),
        _ => return Err(Corrupt("a value is of no known type")),
    };
    if value.is_empty() { Err(Corrupt("a collection has no elements")) } else { Ok(value) }
}

/// As many things as a count says that stands before them.
fn each<'a, T>(
    reader: &mut Reader<'a>,
    mut read: impl FnMut(&mut Reader<'a>) -> Result<T>,
) -> Result<Vec<T>> {
    let count = reader.count()?;
    (0..count).map(|_| read(reader)).collect()
}

/// Elements in groups of `step`, the first of each of which is there once.
fn distinct(packed: Packed, step: usize) -> Result<Packed> {
    if !packed.len().is_multiple_of(step) {
        return Err(ODD);
    }
    let mut seen = BTreeSet::new();
    let first = packed.iter().step_by(step);
    if first.map(Cow::<[u8]>::from).all(|element| seen.insert(element)) { Ok(packed) } else { Err(TWICE) }
}

fn load_list(reader: &mut Reader<'_>, limits: &Limits) -> Result<List> {
    let mut list = List::default();
    for _ in 0..reader.count()? {
        list.push(End::Tail, &[&reader.string()?], limits.list_fill);
    }
    Ok(list)
}

fn load_quicklist(reader: &mut Reader<'_>, limits: &Limits) -> Result<List> {
    let mut any_plain = false;
    let nodes = each(reader, |reader| match reader.length()? {
        node::PLAIN => {
            let mut packed = Packed::default();
            packed.push(&Encoded::new(&reader.string()?));
            any_plain = true;
            Ok(packed)
        }
        node::PACKED => listpack::read(&reader.string()?)?.pack(),
        _ => Err(Corrupt("a node of a list is of no known kind")),
    })?;
    Ok(list_of(nodes, any_plain, limits))
}

/// A list of nodes. What is a quicklist where it comes from stays one, or becomes a listpack if it can be one.
fn list_of(mut nodes: Vec<Packed>, stays: bool, limits: &Limits) -> List {
    nodes.retain(|node| !node.is_empty());
    List::from_chunks(nodes, stays, limits.list_fill)
}

fn load_set(reader: &mut Reader<'_>, limits: &Limits) -> Result<Set> {
    let count = reader.count()?;
    let mut set = Set::of_many(count, limits);
    for _ in 0..count {
        if !set.add(&reader.string()?, limits) {
            return Err(TWICE);
        }
    }
    Ok(set)
}

fn load_ints(bytes: &[u8], limits: &Limits) -> Result<Set> {
    const NO_SET: Corrupt = Corrupt("integers are no ordered set");
    let mut reader = Reader::new(bytes);
    let width = u32::from_le_bytes(reader.array()?) as usize;
    let count = u32::from_le_bytes(reader.array()?) as usize;
    let ints = IntSet::from_bytes(width, reader.take(reader.left())?);
    let ints = ints.filter(|ints| ints.len() == count).ok_or(NO_SET)?;
    Ok(Set::from_ints(ints, limits))
}

type Scored = (Vec<u8>, f64);

/// Members in order, each there once.
fn ordered(mut members: Vec<Scored>) -> Result<Vec<Scored>> {
    let is_before = |a: &Scored, b: &Scored| ZSet::in_order((&a.0, a.1), (&b.0, b.1));
    // Servers write them in this order or in its reverse.
    if !members.is_sorted_by(is_before) {
        members.reverse();
    }
    if !members.is_sorted_by(is_before) {
        members.sort_by(
            |a, b| if is_before(a, b) { std::cmp::Ordering::Less } else { std::cmp::Ordering::Greater },
        );
    }
    let mut seen = BTreeSet::new();
    if members.iter().all(|(member, _)| seen.insert(member)) { Ok(members) } else { Err(TWICE) }
}

fn load_zset(reader: &mut Reader<'_>, kind: u8, limits: &Limits) -> Result<ZSet> {
    let members = each(reader, |reader| {
        let member = reader.string()?.into_owned();
        let score =
            if kind == code::ZSET_2 { f64::from_le_bytes(reader.array()?) } else { load_score(reader)? };
        if score.is_nan() { Err(NO_SCORE) } else { Ok((member, score)) }
    })?;
    Ok(ZSet::from_sorted(&ordered(members)?, limits))
}

const NO_SCORE: Corrupt = Corrupt("a score is no number");

/// A score as text, after its length; 253 to 255 stand for what is no finite number.
fn load_score(reader: &mut Reader<'_>) -> Result<f64> {
    match reader.byte()? {
        253 => Err(NO_SCORE),
        254 => Ok(f64::INFINITY),
        255 => Ok(f64::NEG_INFINITY),
        len => parse_float(reader.take(usize::from(len))?).ok_or(NO_SCORE),
    }
}

/// A sorted set of members and scores in turns.
fn repack_zset(pairs: &Packed, limits: &Limits) -> Result<ZSet> {
    if !pairs.len().is_multiple_of(2) {
        return Err(ODD);
    }
    let members = pairs.pairs().map(|(member, score)| {
        let score = match score {
            Element::Int(number) => number as f64,
            Element::Bytes(text) => parse_float(text).ok_or(NO_SCORE)?,
        };
        Ok((member.to_vec(), score))
    });
    Ok(ZSet::repacked(&ordered(members.collect::<Result<_>>()?)?, limits))
}

fn hash_of(pairs: Packed, limits: &Limits) -> Result<Hash> {
    distinct(pairs, 2).map(|pairs| Hash::from_packed(pairs, limits))
}

fn load_hash(reader: &mut Reader<'_>, limits: &Limits) -> Result<Hash> {
    let mut hash = Hash::default();
    for _ in 0..reader.count()? {
        let (field, value) = (reader.string()?, reader.string()?);
        if !hash.set(&field, &value, limits) {
            return Err(TWICE);
        }
    }
    Ok(hash)
}

fn load_zipmap(bytes: &[u8], limits: &Limits) -> Result<Hash> {
    let pairs = ziplist::read_map(bytes)?;
    let longest = pairs.iter().map(Element::len).max().unwrap_or(0);
    // A map is packed anew, and so by both limits.
    let limits = &Limits {
        hash_entries: if longest > limits.hash_value { 0 } else { limits.hash_entries },
        ..*limits
    };
    hash_of(pairs, limits)
}

/// A hash of fields, values and deadlines in turns, the earliest deadline first and 0 for none at the end.
fn timed_hash_of(triples: Packed, limits: &Limits) -> Result<Hash> {
    let mut last = 1;
    for deadline in triples.iter().skip(2).step_by(3) {
        let Element::Int(deadline) = deadline else { return Err(Corrupt("a deadline is no number")) };
        let deadline = if deadline == 0 { i64::MAX } else { deadline };
        if deadline < last {
            return Err(Corrupt("deadlines are not in order"));
        }
        last = deadline;
    }
    distinct(triples, 3).map(|triples| Hash::from_timed(triples, limits))
}

/// A hash whose fields come each after the time from the first deadline to their own, and 1; 0 without one.
fn load_timed_hash(reader: &mut Reader<'_>, limits: &Limits) -> Result<Hash> {
    const NO_TIME: Corrupt = Corrupt("a deadline is out of range");
    let first = reader.time()?;
    let mut hash = Hash::default();
    for _ in 0..reader.count()? {
        let after = reader.length()?;
        let (field, value) = (reader.string()?, reader.string()?);
        if !hash.set(&field, &value, limits) {
            return Err(TWICE);
        }
        if after > 0 {
            let deadline = first.checked_add_unsigned(after - 1).filter(|deadline| *deadline > 0);
            hash.set_deadline(&field, Some(deadline.ok_or(NO_TIME)?));
        }
    }
    hash.expect_deadlines();
    Ok(hash)
}
