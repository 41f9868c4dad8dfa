//! The payload of DUMP: a value, the version of its format in two bytes, and the checksum of both.

use super::crc64::crc64;
use super::reader::{Reader, Result};
use super::{VERSION, Writer, code, load, save};
use crate::config::Limits;
use crate::keyspace::Entry;
use crate::types::Value;

/// The bytes after the value.
const FOOTER: usize = 10;

/// The payload of what a key holds.
pub fn dump(entry: &Entry, limits: &Limits) -> Vec<u8> {
    let mut writer = Writer::default();
    match (entry.as_string(), entry.value()) {
        (Some(text), _) => save::save_string(&mut writer, text),
        (None, Some(value)) => save::save(&mut writer, value, limits.list_fill),
        (None, None) => {}
    }
    writer.put(&VERSION.to_le_bytes());
    let mut payload = writer.into_bytes();
    payload.extend_from_slice(&crc64(0, &payload).to_le_bytes());
    payload
}

/// How many bytes the value itself takes in a payload: without its type, and the first deadline that is said
/// with the type of a hash.
pub fn value_len(payload: &[u8]) -> usize {
    let head = match payload.first() {
        Some(&(code::HASH_TIMED | code::HASH_LISTPACK_EX)) => 1 + size_of::<i64>(),
        _ => 1,
    };
    payload.len().saturating_sub(head + FOOTER)
}

/// The value's part of a payload of a version that can be read, whose checksum is right if it is looked at.
pub fn verified(payload: &[u8], checks_sum: bool) -> Option<&[u8]> {
    let (value, footer) = payload.split_at_checked(payload.len().checked_sub(FOOTER)?)?;
    let (version, crc) = footer.split_first_chunk()?;
    let known = u16::from_le_bytes(*version) <= VERSION;
    let right = !checks_sum || crc64(0, &payload[..payload.len() - crc.len()]).to_le_bytes() == crc;
    (known && right).then_some(value)
}

/// The value in a payload's verified part; what may follow it there does not count, as in Redis.
pub fn restore(value: &[u8], limits: &Limits) -> Result<Value> {
    load::load(&mut Reader::new(value), limits)
}
