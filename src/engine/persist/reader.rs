//! Reads the format's numbers and strings.

use std::borrow::Cow;

use super::lzf;
use crate::number::format_int;

/// Why bytes are no value: they are torn, or contradict themselves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Corrupt(pub &'static str);

/// What is read, or why not.
pub type Result<T> = std::result::Result<T, Corrupt>;

const TORN: Corrupt = Corrupt("the bytes end early");

/// A length, or how a string is written that is none.
enum Length {
    Plain(u64),
    Special(u8),
}

/// Reads front to back.
#[derive(Clone, Debug)]
pub struct Reader<'a> {
    bytes: &'a [u8],
}

impl<'a> Reader<'a> {
    /// Begins at the front of `bytes`.
    pub fn new(bytes: &'a [u8]) -> Self {
        Self { bytes }
    }

    /// How many bytes are left.
    pub fn left(&self) -> usize {
        self.bytes.len()
    }

    /// The next bytes.
    pub fn take(&mut self, count: usize) -> Result<&'a [u8]> {
        self.bytes.split_off(..count).ok_or(TORN)
    }

    /// The next bytes, so many as an array has.
    pub fn array<const N: usize>(&mut self) -> Result<[u8; N]> {
        let (array, rest) = self.bytes.split_first_chunk().ok_or(TORN)?;
        self.bytes = rest;
        Ok(*array)
    }

    /// The next byte.
    pub fn byte(&mut self) -> Result<u8> {
        self.array().map(|[byte]| byte)
    }

    /// A time in milliseconds since the Unix epoch, or -1.
    pub fn time(&mut self) -> Result<i64> {
        self.array().map(i64::from_le_bytes)
    }

    fn length_or_special(&mut self) -> Result<Length> {
        let first = self.byte()?;
        let low = first & 0x3F;
        Ok(Length::Plain(match first >> 6 {
            0 => u64::from(low),
            1 => u64::from(low) << 8 | u64::from(self.byte()?),
            2 if first == 0x80 => self.array().map(u32::from_be_bytes)?.into(),
            2 if first == 0x81 => self.array().map(u64::from_be_bytes)?,
            3 => return Ok(Length::Special(low)),
            _ => return Err(Corrupt("a length is written in no known way")),
        }))
    }

    /// A number.
    pub fn length(&mut self) -> Result<u64> {
        match self.length_or_special()? {
            Length::Plain(length) => Ok(length),
            Length::Special(_) => Err(Corrupt("a string stands in the place of a length")),
        }
    }

    /// How many things follow, each of at least one byte: no more than bytes are left.
    pub fn count(&mut self) -> Result<usize> {
        let count = self.length()?;
        usize::try_from(count).ok().filter(|count| *count <= self.left()).ok_or(TORN)
    }

    /// A string.
    pub fn string(&mut self) -> Result<Cow<'a, [u8]>> {
        let number = match self.length_or_special()? {
            Length::Plain(length) => {
                let length = usize::try_from(length).map_err(|_| TORN)?;
                return self.take(length).map(Cow::Borrowed);
            }
            Length::Special(0) => i64::from(self.array().map(i8::from_le_bytes)?),
            Length::Special(1) => i64::from(self.array().map(i16::from_le_bytes)?),
            Length::Special(2) => i64::from(self.array().map(i32::from_le_bytes)?),
            Length::Special(3) => {
                let (compressed, length) = (self.count()?, self.length()?);
                let length = usize::try_from(length).map_err(|_| TORN)?;
                return lzf::decompress(self.take(compressed)?, length).map(Cow::Owned);
            }
            Length::Special(_) => return Err(Corrupt("a string is written in no known way")),
        };
        Ok(Cow::Owned(format_int(number)))
    }
}
