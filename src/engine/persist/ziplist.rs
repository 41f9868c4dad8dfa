//! Ziplists and zipmaps, which servers before Redis 7.0 wrote.

use super::reader::{Corrupt, Reader, Result};
use crate::types::packed::{Encoded, Packed};

const END: u8 = 0xFF;

/// The elements of a ziplist: a head of 10 bytes, then for each element the length of the one before, its kind
/// with its length, and its bytes; then an end mark.
pub(super) fn read(bytes: &[u8]) -> Result<Packed> {
    let mut reader = Reader::new(bytes);
    let size = u32::from_le_bytes(reader.array()?);
    let _last = reader.take(4)?;
    let count = u16::from_le_bytes(reader.array()?);
    if size as usize != bytes.len() {
        return Err(Corrupt("a ziplist is of another size than it says"));
    }
    let mut packed = Packed::with_room(reader.left());
    loop {
        match reader.byte()? {
            END => break,
            0xFE => _ = reader.take(4)?,
            _ => {}
        }
        let kind = reader.byte()?;
        let number = match kind {
            0..0xC0 => {
                let low = u32::from(kind & 0x3F);
                let len = match kind >> 6 {
                    0 => low,
                    1 => low << 8 | u32::from(reader.byte()?),
                    _ => u32::from_be_bytes(reader.array()?),
                };
                packed.push(&Encoded::new(reader.take(len as usize)?));
                continue;
            }
            0xC0 => i64::from(i16::from_le_bytes(reader.array()?)),
            0xD0 => i64::from(i32::from_le_bytes(reader.array()?)),
            0xE0 => i64::from_le_bytes(reader.array()?),
            0xF0 => {
                let [low, middle, high] = reader.array()?;
                i64::from(i32::from_le_bytes([0, low, middle, high]) >> 8)
            }
            0xFE => i64::from(i8::from_le_bytes(reader.array()?)),
            0xF1..=0xFD => i64::from(kind) - 0xF1,
            _ => return Err(Corrupt("an element of a ziplist is of no known kind")),
        };
        packed.push(&Encoded::int(number));
    }
    if reader.left() > 0 || (count != u16::MAX && packed.len() != usize::from(count)) {
        return Err(Corrupt("a ziplist has another number of elements than it says"));
    }
    Ok(packed)
}

/// The fields and values in turns of a zipmap: a count, then for each pair a length, the field, a length, the
/// number of bytes left free after the value, and the value; then an end mark.
pub(super) fn read_map(bytes: &[u8]) -> Result<Packed> {
    let mut reader = Reader::new(bytes);
    reader.byte()?;
    let mut packed = Packed::with_room(bytes.len());
    while let Some(len) = map_length(&mut reader)? {
        packed.push(&Encoded::new(reader.take(len)?));
        let len = map_length(&mut reader)?.ok_or(Corrupt("a zipmap's field has no value"))?;
        let free = reader.byte()?;
        packed.push(&Encoded::new(reader.take(len)?));
        reader.take(usize::from(free))?;
    }
    if reader.left() > 0 {
        return Err(Corrupt("a zipmap ends early"));
    }
    Ok(packed)
}

/// A length within a zipmap; nothing at its end.
fn map_length(reader: &mut Reader<'_>) -> Result<Option<usize>> {
    Ok(match reader.byte()? {
        END => None,
        254 => Some(u32::from_le_bytes(reader.array()?) as usize),
        short => Some(usize::from(short)),
    })
}
