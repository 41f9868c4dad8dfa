//! Writes the format's numbers and strings.

use super::lzf::Compressor;
use crate::number::parse_int;

/// The longest text that is looked at for a number.
const LONGEST_NUMBER: usize = 11;
/// The longest text that is not tried to be compressed.
const NEVER_COMPRESSED: usize = 20;

/// Writes into a vector.
#[derive(Debug, Default)]
pub struct Writer {
    bytes: Vec<u8>,
    compressor: Compressor,
}

impl Writer {
    /// What was written.
    pub fn into_bytes(self) -> Vec<u8> {
        self.bytes
    }

    /// Bytes as they are.
    pub fn put(&mut self, bytes: &[u8]) {
        self.bytes.extend_from_slice(bytes);
    }

    /// A byte.
    pub fn byte(&mut self, byte: u8) {
        self.bytes.push(byte);
    }

    /// A time in milliseconds since the Unix epoch, or -1.
    pub fn time(&mut self, time: i64) {
        self.put(&time.to_le_bytes());
    }

    /// A number, in as few bytes as it needs.
    pub fn length(&mut self, length: u64) {
        match length {
            0..0x40 => self.byte(length as u8),
            0x40..0x4000 => self.put(&[0x40 | (length >> 8) as u8, length as u8]),
            0x4000..0x1_0000_0000 => {
                self.byte(0x80);
                self.put(&(length as u32).to_be_bytes());
            }
            _ => {
                self.byte(0x81);
                self.put(&length.to_be_bytes());
            }
        }
    }

    /// A string: as a number of up to four bytes if it spells one, compressed if that saves something.
    pub fn string(&mut self, text: &[u8]) {
        if text.len() <= LONGEST_NUMBER
            && let Some(number) = parse_int(text)
            && let Ok(number) = i32::try_from(number)
        {
            let bytes = number.to_le_bytes();
            return if i8::try_from(number).is_ok() {
                self.put(&[0xC0, bytes[0]]);
            } else if i16::try_from(number).is_ok() {
                self.put(&[0xC1, bytes[0], bytes[1]]);
            } else {
                self.byte(0xC2);
                self.put(&bytes);
            };
        }
        if text.len() > NEVER_COMPRESSED
            && let Some(compressed) = self.compressor.compress(text)
        {
            self.byte(0xC3);
            self.length(compressed.len() as u64);
            self.length(text.len() as u64);
            return self.put(&compressed);
        }
        self.length(text.len() as u64);
        self.put(text);
    }
}
