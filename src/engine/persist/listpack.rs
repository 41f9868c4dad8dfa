//! Listpacks from anywhere.

use super::reader::{Corrupt, Reader, Result};
use crate::types::packed::{Element, Encoded, Packed};

/// The head of a listpack: its size, and the number of its elements if that fits 16 bits.
const HEAD: usize = 6;
const END: u8 = 0xFF;

/// A listpack of these elements.
pub(super) fn write(elements: &Packed) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(elements.size());
    bytes.extend_from_slice(&(elements.size() as u32).to_le_bytes());
    bytes.extend_from_slice(&u16::try_from(elements.len()).unwrap_or(u16::MAX).to_le_bytes());
    bytes.extend_from_slice(elements.as_bytes());
    bytes.push(END);
    bytes
}

/// The elements of a listpack.
pub(super) fn read(bytes: &[u8]) -> Result<Elements<'_>> {
    let mut reader = Reader::new(bytes);
    let size = u32::from_le_bytes(reader.array()?);
    let count = u16::from_le_bytes(reader.array()?);
    if size as usize != bytes.len() || bytes.len() <= HEAD || bytes.last() != Some(&END) {
        return Err(Corrupt("a listpack is of another size than it says"));
    }
    let body = reader.take(bytes.len() - HEAD - 1)?;
    let elements = Elements { reader: Reader::new(body) };
    let found = elements.clone().try_fold(0, |found: usize, element| element.map(|_| found + 1))?;
    if count != u16::MAX && found != usize::from(count) {
        return Err(Corrupt("a listpack has another number of elements than it says"));
    }
    Ok(elements)
}

/// The elements of a listpack, each held against the bytes that are there; those that [`read`] gives are
/// sound.
#[derive(Clone, Debug)]
pub(super) struct Elements<'a> {
    reader: Reader<'a>,
}

impl<'a> Elements<'a> {
    /// All of them, each in the encoding in which it is looked for: integers as such.
    pub(super) fn pack(self) -> Result<Packed> {
        let mut packed = Packed::with_room(self.reader.left());
        for element in self {
            packed.push(&Encoded::new(element?.text(&mut itoa::Buffer::new())));
        }
        Ok(packed)
    }

    /// The next one, which must be there and a number.
    pub(super) fn int(&mut self) -> Result<i64> {
        match self.next() {
            Some(Ok(Element::Int(number))) => Ok(number),
            Some(Err(corrupt)) => Err(corrupt),
            _ => Err(Corrupt("a number is missing in a listpack")),
        }
    }

    /// The next one, which must be there.
    pub(super) fn element(&mut self) -> Result<Element<'a>> {
        self.next().ok_or(Corrupt("an element is missing in a listpack"))?
    }

    fn read(&mut self) -> Result<Element<'a>> {
        let before = self.reader.left();
        let reader = &mut self.reader;
        let first = reader.byte()?;
        let element = match first {
            0..0x80 => Element::Int(i64::from(first)),
            0x80..0xC0 => Element::Bytes(reader.take(usize::from(first & 0x3F))?),
            0xC0..0xE0 => {
                let thirteen = i16::from(first & 0x1F) << 8 | i16::from(reader.byte()?);
                Element::Int(i64::from(thirteen << 3 >> 3))
            }
            0xE0..0xF0 => {
                let len = usize::from(first & 0x0F) << 8 | usize::from(reader.byte()?);
                Element::Bytes(reader.take(len)?)
            }
            0xF0 => {
                let len = u32::from_le_bytes(reader.array()?) as usize;
                Element::Bytes(reader.take(len)?)
            }
            0xF1..=0xF4 => {
                let width = [2, 3, 4, 8][usize::from(first - 0xF1)];
                let mut number = [0; 8];
                number[8 - width..].copy_from_slice(reader.take(width)?);
                Element::Int(i64::from_le_bytes(number) >> (8 * (8 - width)))
            }
            _ => return Err(Corrupt("an element of a listpack is of no known kind")),
        };
        let (back, width) = crate::types::packed::back_length(before - reader.left());
        if reader.take(width)? != &back[..width] {
            return Err(Corrupt("an element of a listpack is of another length than it says"));
        }
        Ok(element)
    }
}

impl<'a> Iterator for Elements<'a> {
    type Item = Result<Element<'a>>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.reader.left() == 0 {
            return None;
        }
        let element = self.read();
        if element.is_err() {
            self.reader = Reader::new(&[]);
        }
        Some(element)
    }
}
