//! LZF, the compression of strings: runs of literal bytes and references to what came before.
//!
//! A control byte below 32 is followed by one literal more than it says. Any other holds the length of a
//! reference less 2 in its top three bits (7: a byte with what exceeds 7 follows) and the upper five bits of
//! its distance less 1, whose lower eight follow.

use super::reader::{Corrupt, Reader, Result};

/// The most literals in a run.
const LITERALS: usize = 32;
/// The longest reference, in bytes.
const REFERENCE: usize = 264;
/// The farthest reference, in bytes.
const DISTANCE: usize = 8192;
/// The bits of a table's index.
const BITS: u32 = 16;

/// A compressor, with the table that it finds references by: where three bytes like these were seen last.
///
/// It chooses what a real server's chooses, so that both make the same bytes of the same string: the table is
/// indexed by the same function, a reference is taken whenever there is one, and after a reference only its
/// last two positions are noted.
#[derive(Debug, Default)]
pub(super) struct Compressor {
    /// Positions above `base` are of the present string, those below of earlier ones.
    table: Vec<u32>,
    base: u32,
    next_base: u32,
}

impl Compressor {
    /// The text compressed, if that saves at least four bytes.
    pub(super) fn compress(&mut self, text: &[u8]) -> Option<Vec<u8>> {
        let room = text.len().checked_sub(4)?;
        self.begin(text.len())?;
        let mut out = Vec::with_capacity(text.len() / 2);
        let (mut at, mut literal) = (0, 0);
        while at + 2 < text.len() {
            let Some(from) = self.note(text, at) else {
                at += 1;
                continue;
            };
            let unused = usize::from((at - literal) % LITERALS == 0);
            if with_open_run(&out, at - literal) + 4 - unused >= room {
                return None;
            }
            let len = common(text, from, at);
            put_literals(&mut out, &text[literal..at]);
            put_reference(&mut out, len, at - from);
            at += len;
            literal = at;
            if at + 2 < text.len() {
                self.note(text, at - 2);
                self.note(text, at - 1);
            }
        }
        if with_open_run(&out, at - literal) + 3 > room {
            return None;
        }
        put_literals(&mut out, &text[literal..]);
        Some(out)
    }

    /// Forgets what was seen of other strings; nothing if positions in one of this length do not fit.
    fn begin(&mut self, len: usize) -> Option<()> {
        let len = u32::try_from(len).ok()?;
        self.base = match self.next_base.checked_add(len) {
            Some(next) if !self.table.is_empty() => std::mem::replace(&mut self.next_base, next),
            _ => {
                self.table = vec![0; 1 << BITS];
                self.next_base = len;
                0
            }
        };
        Some(())
    }

    /// Notes the three bytes at a position; where the same ones were noted last, if a reference reaches there.
    fn note(&mut self, text: &[u8], at: usize) -> Option<usize> {
        let three = u32::from_be_bytes([0, text[at], text[at + 1], text[at + 2]]);
        let index = (three >> (24 - BITS)).wrapping_sub(three.wrapping_mul(5)) & ((1 << BITS) - 1);
        let seen = std::mem::replace(&mut self.table[index as usize], self.base + at as u32);
        // The first position is never referred to, which is why 0 can stand for none.
        let from = seen.checked_sub(self.base).filter(|from| *from > 0)? as usize;
        (at - from <= DISTANCE && text[from..from + 3] == text[at..at + 3]).then_some(from)
    }
}

/// How many bytes from two positions on are the same, three of which are known to be; and as many as a real
/// server looks at, which leaves the last two bytes alone if there are few.
fn common(text: &[u8], from: usize, at: usize) -> usize {
    let most = (text.len() - at - 2).min(REFERENCE);
    let most = if most > 16 { most.max(19) } else { most.max(3) };
    3 + (3..most).take_while(|len| text[from + len] == text[at + len]).count()
}

/// The length of what is put out when so many literals are pending and the control byte of their last run, or
/// of the next one, is there too.
fn with_open_run(out: &[u8], literals: usize) -> usize {
    out.len() + literals / LITERALS * (LITERALS + 1) + 1 + literals % LITERALS
}

fn put_literals(out: &mut Vec<u8>, literals: &[u8]) {
    for run in literals.chunks(LITERALS) {
        out.push(run.len() as u8 - 1);
        out.extend_from_slice(run);
    }
}

fn put_reference(out: &mut Vec<u8>, len: usize, distance: usize) {
    let (len, distance) = (len - 2, distance - 1);
    let high = (distance >> 8) as u8;
    if len < 7 {
        out.push(high | (len as u8) << 5);
    } else {
        out.extend_from_slice(&[high | 7 << 5, (len - 7) as u8]);
    }
    out.push(distance as u8);
}

/// The text of `len` bytes that was compressed.
pub(super) fn decompress(bytes: &[u8], len: usize) -> Result<Vec<u8>> {
    const TORN: Corrupt = Corrupt("a compressed string is torn");
    // No reference is longer for its size than the longest.
    if len / REFERENCE > bytes.len() {
        return Err(TORN);
    }
    let mut reader = Reader::new(bytes);
    let mut out = Vec::with_capacity(len.min(16 * bytes.len()));
    while out.len() < len {
        let control = usize::from(reader.byte()?);
        if control < LITERALS {
            out.extend_from_slice(reader.take(control + 1)?);
            continue;
        }
        let mut count = (control >> 5) + 2;
        if count == 9 {
            count += usize::from(reader.byte()?);
        }
        let distance = (control & 31) << 8 | usize::from(reader.byte()?);
        let from = out.len().checked_sub(distance + 1).ok_or(TORN)?;
        // What is referred to may reach into what the reference itself makes.
        for at in from..from + count {
            out.push(out[at]);
        }
    }
    if out.len() == len && reader.left() == 0 { Ok(out) } else { Err(TORN) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::Dice;

    /// The bytes are those that a real server made.
    #[test]
    fn what_is_compressed_is_what_a_real_server_makes() {
        let cases: [(&[u8], &[u8]); 3] = [
            (&[b'a'; 21], b"\x01aa\xe0\n\x00"),
            (&b"hello world ".repeat(10), b"\x0chello world h\xe0`\x0b\x01d "),
            (b"0\x00abc\xff\x7f", b""),
        ];
        let mut compressor = Compressor::default();
        for (text, compressed) in cases {
            assert_eq!(compressor.compress(text).unwrap_or_default(), compressed);
        }
    }

    #[test]
    fn what_was_compressed_comes_back() {
        let mut dice = Dice::new(3);
        let mut compressor = Compressor::default();
        for round in 0..400 {
            let (len, letters) = (dice.below(4000), 1 + dice.below(1 + round));
            let text: Vec<u8> = (0..len).map(|_| dice.below(letters) as u8).collect();
            if let Some(compressed) = compressor.compress(&text) {
                assert!(compressed.len() + 4 <= text.len());
                assert_eq!(decompress(&compressed, len).as_deref(), Ok(&*text));
                assert!(decompress(&compressed, len + 1).is_err());
                assert!(decompress(&compressed[..compressed.len() - 1], len).is_err());
            }
        }
    }

    #[test]
    fn a_length_that_cannot_be_is_not_believed() {
        assert!(decompress(&[0xFF; 100], usize::MAX).is_err());
        assert!(decompress(&[0x20, 0], 3).is_err());
        assert!(decompress(&[], 0).is_ok_and(|text| text.is_empty()));
    }
}
