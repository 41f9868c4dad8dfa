//! Values as bytes.

use super::{Writer, code, entry_flag, listpack, node};
use crate::types::packed::{Encoded, Packed};
use crate::types::stream::{Entry, StreamId};
use crate::types::stream_group::{Consumer, Group};
use crate::types::{Fill, Hash, List, Set, Stream, Value, ZSet, hash, set};

/// Writes a string as a value: its type, then itself.
pub fn save_string(writer: &mut Writer, text: &[u8]) {
    writer.byte(code::STRING);
    writer.string(text);
}

/// Writes a value: its type and encoding, then itself. `list_fill` is how its lists are cut.
pub fn save(writer: &mut Writer, value: &Value, list_fill: Fill) {
    match value {
        Value::String(string) => save_string(writer, &string.bytes),
        Value::List(list) => save_list(writer, list, list_fill),
        Value::Set(set) => save_set(writer, set),
        Value::ZSet(zset) => save_zset(writer, zset),
        Value::Hash(hash) => save_hash(writer, hash),
        Value::Stream(stream) => save_stream(writer, stream),
    }
}

fn save_list(writer: &mut Writer, list: &List, fill: Fill) {
    writer.byte(code::LIST_QUICKLIST_2);
    let chunks = list.packed_chunks(fill);
    writer.length(chunks.len() as u64);
    for (chunk, large) in chunks {
        if large {
            writer.length(node::PLAIN);
            writer.string(chunk.get(0).text(&mut itoa::Buffer::new()));
        } else {
            writer.length(node::PACKED);
            writer.string(&listpack::write(chunk));
        }
    }
}

fn save_set(writer: &mut Writer, set: &Set) {
    match set.kept() {
        set::Kept::Ints(ints) => {
            let mut bytes = Vec::with_capacity(8 + ints.as_bytes().len());
            bytes.extend_from_slice(&(ints.width() as u32).to_le_bytes());
            bytes.extend_from_slice(&(ints.len() as u32).to_le_bytes());
            bytes.extend_from_slice(ints.as_bytes());
            writer.byte(code::SET_INTSET);
            writer.string(&bytes);
        }
        set::Kept::Packed(packed) => {
            writer.byte(code::SET_LISTPACK);
            writer.string(&listpack::write(packed));
        }
        set::Kept::Table => {
            writer.byte(code::SET);
            writer.length(set.len() as u64);
            set.iter().for_each(|member| writer.string(member.text(&mut itoa::Buffer::new())));
        }
    }
}

fn save_zset(writer: &mut Writer, zset: &ZSet) {
    if zset.is_packed() {
        let mut packed = Packed::default();
        for (member, score) in zset.members() {
            packed.push(&Encoded::new(member));
            push_score(&mut packed, score);
        }
        writer.byte(code::ZSET_LISTPACK);
        return writer.string(&listpack::write(&packed));
    }
    writer.byte(code::ZSET_2);
    writer.length(zset.len() as u64);
    // The last comes first: whoever reads them puts each before the others.
    for (member, score) in zset.members().rev() {
        writer.string(member);
        writer.put(&score.to_le_bytes());
    }
}

/// Appends a score as it stands in a listpack, where whole numbers are integers as far as they are exact.
fn push_score(packed: &mut Packed, score: f64) {
    const MOST: f64 = (i64::MAX / 2) as f64;
    if score.abs() <= MOST && score.trunc() == score {
        packed.push(&Encoded::int(score as i64));
    } else {
        packed.push(&Encoded::new(&crate::number::format_float(score)));
    }
}

fn save_hash(writer: &mut Writer, hash: &Hash) {
    let (mut field_digits, mut value_digits) = (itoa::Buffer::new(), itoa::Buffer::new());
    match hash.kept() {
        hash::Kept::Packed(packed) => {
            writer.byte(code::HASH_LISTPACK);
            return writer.string(&listpack::write(packed));
        }
        hash::Kept::Timed(packed) => {
            writer.byte(code::HASH_LISTPACK_EX);
            writer.time(hash.first_deadline().unwrap_or_default());
            return writer.string(&listpack::write(packed));
        }
        hash::Kept::Table => {}
    }
    let first = hash.first_deadline();
    if let Some(first) = first {
        writer.byte(code::HASH_TIMED);
        writer.time(first);
    } else {
        writer.byte(code::HASH);
    }
    writer.length(hash.len() as u64);
    for (field, value) in hash.iter() {
        let field = field.text(&mut field_digits);
        if let Some(first) = first {
            let deadline = hash.deadline(field).flatten();
            writer.length(deadline.map_or(0, |deadline| deadline.abs_diff(first) + 1));
        }
        writer.string(field);
        writer.string(value.text(&mut value_digits));
    }
}

fn save_stream(writer: &mut Writer, stream: &Stream) {
    let log = &stream.log;
    writer.byte(code::STREAM_3);
    let blocks: Vec<_> = log.packed_blocks().collect();
    writer.length(blocks.len() as u64);
    for (first, names, entries) in blocks {
        writer.string(&id_bytes(first));
        writer.string(&listpack::write(&pack_block(first, &names, entries)));
    }
    writer.length(log.len());
    for id in [log.last_id(), log.first_id(), log.max_deleted_id()] {
        save_id(writer, id);
    }
    writer.length(log.entries_added());
    writer.length(stream.groups.len() as u64);
    for (name, group) in stream.groups.iter() {
        writer.string(name);
        save_group(writer, group);
    }
}

fn save_id(writer: &mut Writer, id: StreamId) {
    writer.length(id.ms);
    writer.length(id.seq);
}

/// An ID as a key that sorts as the ID does.
fn id_bytes(id: StreamId) -> [u8; 16] {
    let mut bytes = [0; 16];
    bytes[..8].copy_from_slice(&id.ms.to_be_bytes());
    bytes[8..].copy_from_slice(&id.seq.to_be_bytes());
    bytes
}

/// A block's master entry (how many entries there are, how many are marked as deleted, the names of fields, 0),
/// then the entries: flags, differences of the ID, fields unless they are the master's, values, and how many
/// elements that were.
fn pack_block<'e>(
    first: StreamId,
    names: &[&[u8]],
    entries: impl Iterator<Item = Entry<'e>> + Clone,
) -> Packed {
    let mut packed = Packed::default();
    let int = |packed: &mut Packed, number: i64| packed.push(&Encoded::int(number));
    int(&mut packed, entries.clone().count() as i64);
    int(&mut packed, 0);
    int(&mut packed, names.len() as i64);
    names.iter().for_each(|name| packed.push(&Encoded::new(name)));
    int(&mut packed, 0);
    for entry in entries {
        let same = entry.has_block_fields();
        let before = packed.len();
        int(&mut packed, if same { entry_flag::SAME_FIELDS } else { 0 });
        int(&mut packed, entry.id.ms.wrapping_sub(first.ms) as i64);
        int(&mut packed, entry.id.seq.wrapping_sub(first.seq) as i64);
        if !same {
            int(&mut packed, entry.len() as i64);
        }
        for (field, value) in entry.fields() {
            if !same {
                packed.push(&Encoded::new(field));
            }
            packed.push(&Encoded::new(value));
        }
        let elements = packed.len() - before;
        int(&mut packed, elements as i64);
    }
    packed
}

fn save_group(writer: &mut Writer, group: &Group) {
    save_id(writer, group.last_id);
    // As in two's complement: -1 for a number that is not known.
    writer.length(group.entries_read.unwrap_or(-1) as u64);
    writer.length(group.pending_len() as u64);
    for (id, pending) in group.pending(StreamId::MIN, StreamId::MAX) {
        writer.put(&id_bytes(id));
        writer.time(pending.delivered_ms);
        writer.length(pending.deliveries as u64);
    }
    let consumers = group.consumers();
    writer.length(consumers.len() as u64);
    consumers.for_each(|consumer| save_consumer(writer, consumer));
}

fn save_consumer(writer: &mut Writer, consumer: &Consumer) {
    writer.string(&consumer.name);
    writer.time(consumer.seen_ms);
    writer.time(consumer.active_ms.unwrap_or(-1));
    writer.length(consumer.pending_len() as u64);
    consumer.pending_from(StreamId::MIN).for_each(|id| writer.put(&id_bytes(id)));
}
