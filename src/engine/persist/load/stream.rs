//! Bytes as streams.

use std::borrow::Cow;

use super::super::reader::{Corrupt, Reader, Result};
use super::super::{code, entry_flag, listpack};
use crate::types::Stream;
use crate::types::packed::Element;
use crate::types::stream::{BlockBuilder, Log, StreamId};
use crate::types::stream_group::{Group, Groups, Pending};

const UNORDERED: Corrupt = Corrupt("IDs are not in order");

/// Reads a stream, as the version of its encoding has it: the second brought what is remembered of deleted
/// entries and how many entries a group has read, the third when a consumer last got something.
pub(super) fn load(reader: &mut Reader<'_>, kind: u8) -> Result<Stream> {
    let mut blocks: Vec<BlockBuilder> = Vec::new();
    for _ in 0..reader.count()? {
        let first = reader.string()?;
        let first: [u8; 16] = first.as_ref().try_into().map_err(|_| Corrupt("a block has no ID"))?;
        let first = id_of(first);
        if blocks.last().is_some_and(|before| before.last_id() >= first) {
            return Err(UNORDERED);
        }
        blocks.push(load_block(first, &reader.string()?)?);
    }
    let mut log = Log::from_blocks(blocks);
    let len = reader.length()?;
    let last_id = load_id(reader)?;
    if len != log.len() || last_id < log.last_id() {
        return Err(Corrupt("a stream has other entries than it says"));
    }
    let (mut max_deleted_id, mut entries_added) = (StreamId::MIN, len);
    if kind != code::STREAM {
        let _first_id = load_id(reader)?;
        max_deleted_id = load_id(reader)?;
        entries_added = reader.length()?;
    }
    log.set_id(last_id, Some(entries_added), Some(max_deleted_id));
    let mut groups = Groups::default();
    for _ in 0..reader.count()? {
        let name = reader.string()?;
        let mut group = Group::default();
        group.last_id = load_id(reader)?;
        group.entries_read = if kind == code::STREAM {
            log.entries_up_to(group.last_id).map(|read| read as i64)
        } else {
            Some(reader.length()? as i64).filter(|read| *read != -1)
        };
        load_pending(reader, &mut group, kind)?;
        if !groups.insert(&name, group) {
            return Err(super::TWICE);
        }
    }
    Ok(Stream { log, groups })
}

fn id_of(bytes: [u8; 16]) -> StreamId {
    let number = u128::from_be_bytes(bytes);
    StreamId { ms: (number >> 64) as u64, seq: number as u64 }
}

fn load_id(reader: &mut Reader<'_>) -> Result<StreamId> {
    Ok(StreamId { ms: reader.length()?, seq: reader.length()? })
}

/// A block of entries, which its ID and the names of fields in its master entry stand before.
fn load_block(first: StreamId, bytes: &[u8]) -> Result<BlockBuilder> {
    const MISCOUNTED: Corrupt = Corrupt("a block has other entries than it says");
    let mut elements = listpack::read(bytes)?;
    let (live, deleted) = (elements.int()?, elements.int()?);
    let names = load_texts(&mut elements, 1)?;
    let names: Vec<&[u8]> = names.iter().map(AsRef::as_ref).collect();
    elements.int()?;
    let mut block = BlockBuilder::new(first, &names);
    let (mut found, mut found_deleted) = (0, 0);
    while let Some(flags) = elements.next() {
        let Element::Int(flags) = flags? else { return Err(Corrupt("an entry has no flags")) };
        let ms = first.ms.wrapping_add(elements.int()? as u64);
        let seq = first.seq.wrapping_add(elements.int()? as u64);
        let texts;
        let fields: Vec<&[u8]> = if flags & entry_flag::SAME_FIELDS == 0 {
            texts = load_texts(&mut elements, 2)?;
            texts.iter().map(AsRef::as_ref).collect()
        } else {
            texts = names.iter().map(|_| Ok(elements.element()?.into())).collect::<Result<_>>()?;
            names.iter().zip(&texts).flat_map(|(name, value)| [*name, value.as_ref()]).collect()
        };
        elements.int()?;
        let is_deleted = flags & entry_flag::DELETED != 0;
        if fields.is_empty() || !block.push(StreamId { ms, seq }, &fields, is_deleted) {
            return Err(UNORDERED);
        }
        found += 1;
        found_deleted += i64::from(is_deleted);
    }
    if found == 0 || (live, deleted) != (found - found_deleted, found_deleted) {
        return Err(MISCOUNTED);
    }
    Ok(block)
}

/// A number, and as many groups of `step` elements.
fn load_texts<'a>(elements: &mut listpack::Elements<'a>, step: usize) -> Result<Vec<Cow<'a, [u8]>>> {
    let count = usize::try_from(elements.int()?).map_err(|_| super::ODD)?;
    (0..count).flat_map(|_| 0..step).map(|_| elements.element().map(Into::into)).collect()
}

/// What a group's consumers have not acknowledged: all of it, then whose each is.
fn load_pending(reader: &mut Reader<'_>, group: &mut Group, kind: u8) -> Result<()> {
    const UNOWNED: Corrupt = Corrupt("a pending entry is not exactly one consumer's");
    let mut all = std::collections::BTreeMap::new();
    for _ in 0..reader.count()? {
        let (id, delivered_ms, deliveries) = (id_of(reader.array()?), reader.time()?, reader.length()?);
        if all.insert(id, (delivered_ms, deliveries as i64)).is_some() {
            return Err(super::TWICE);
        }
    }
    for _ in 0..reader.count()? {
        let name = reader.string()?;
        if group.find_consumer(&name).is_some() {
            return Err(super::TWICE);
        }
        let seen_ms = reader.time()?;
        let consumer = group.add_consumer(&name, seen_ms);
        let active_ms = if kind == code::STREAM_3 { reader.time()? } else { seen_ms };
        group.consumer_mut(consumer).active_ms = Some(active_ms).filter(|time| *time != -1);
        for _ in 0..reader.count()? {
            let id = id_of(reader.array()?);
            let (delivered_ms, deliveries) = all.remove(&id).ok_or(UNOWNED)?;
            group.deliver(id, Pending { consumer, delivered_ms, deliveries });
        }
    }
    if all.is_empty() { Ok(()) } else { Err(UNOWNED) }
}
