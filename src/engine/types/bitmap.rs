//! Strings as arrays of bits, the highest bit of the first byte being bit 0; and as arrays of integers.

use std::ops::RangeInclusive;

/// Words that are counted side by side, so that they fill two vector registers of any processor.
type Lane = [u64; 4];

/// How many bits are set.
///
/// Eight lanes at a time go through a tree of adders that work on single bits, whose carries alone are
/// counted: twice as fast as counting each word where the processor has no instruction for it.
pub fn count(bytes: &[u8]) -> u64 {
    let (words, rest) = bytes.as_chunks::<8>();
    let (lanes, words) = words.as_chunks::<{ size_of::<Lane>() / 8 }>();
    let (blocks, lanes) = lanes.as_chunks::<8>();
    let (mut ones, mut twos, mut fours) = (Lane::default(), Lane::default(), Lane::default());
    let mut eights = 0;
    for block in blocks {
        let lanes = block.map(|lane| lane.map(u64::from_le_bytes));
        let (first, second) = (add(&mut ones, lanes[0], lanes[1]), add(&mut ones, lanes[2], lanes[3]));
        let low = add(&mut twos, first, second);
        let (first, second) = (add(&mut ones, lanes[4], lanes[5]), add(&mut ones, lanes[6], lanes[7]));
        let high = add(&mut twos, first, second);
        eights += set_bits(&add(&mut fours, low, high));
    }
    let in_blocks = 8 * eights + 4 * set_bits(&fours) + 2 * set_bits(&twos) + set_bits(&ones);
    let rest = lanes.as_flattened().as_flattened().iter().chain(words.as_flattened()).chain(rest);
    in_blocks + rest.map(|byte| u64::from(byte.count_ones())).sum::<u64>()
}

/// Adds two more bits to each bit of `sum`; the carries.
#[inline]
fn add(sum: &mut Lane, b: Lane, c: Lane) -> Lane {
    let mut carry = Lane::default();
    for i in 0..carry.len() {
        let half = sum[i] ^ b[i];
        carry[i] = sum[i] & b[i] | half & c[i];
        sum[i] = half ^ c[i];
    }
    carry
}

fn set_bits(lane: &Lane) -> u64 {
    lane.iter().map(|word| u64::from(word.count_ones())).sum()
}

/// How many bits are set among those of a range, which lies within the bytes.
pub fn count_in(bytes: &[u8], bits: RangeInclusive<u64>) -> u64 {
    let (first, last) = (*bits.start(), *bits.end());
    let (head, tail) = ((first / 8) as usize, (last / 8) as usize);
    let before = bytes[head] & !head_mask(first);
    let after = bytes[tail] & !tail_mask(last);
    count(&bytes[head..=tail]) - u64::from(before.count_ones()) - u64::from(after.count_ones())
}

/// Where the first bit of this value is in a range, which lies within the bytes.
pub fn position_in(bytes: &[u8], bit: bool, bits: RangeInclusive<u64>) -> Option<u64> {
    let (first, last) = (*bits.start(), *bits.end());
    let (head, tail) = ((first / 8) as usize, (last / 8) as usize);
    let flip = if bit { 0 } else { 0xff };
    // As if the bit looked for were 1, and all those outside of the range 0.
    let found = |at: usize, mask: u8| {
        let byte = (bytes[at] ^ flip) & mask;
        (byte != 0).then(|| at as u64 * 8 + u64::from(byte.leading_zeros()))
    };
    if head == tail {
        return found(head, head_mask(first) & tail_mask(last));
    }
    found(head, head_mask(first))
        .or_else(|| found(head + 1 + first_other_than(&bytes[head + 1..tail], flip)?, 0xff))
        .or_else(|| found(tail, tail_mask(last)))
}

/// The bits of its byte from this one on.
fn head_mask(first: u64) -> u8 {
    0xff >> (first % 8)
}

/// The bits of its byte up to this one.
fn tail_mask(last: u64) -> u8 {
    0xff << (7 - last % 8)
}

/// Where the first byte is that is not this one.
fn first_other_than(bytes: &[u8], byte: u8) -> Option<usize> {
    let all = [byte; 32];
    let (chunks, _) = bytes.as_chunks::<32>();
    let skipped = chunks.iter().take_while(|chunk| **chunk == all).count() * 32;
    bytes[skipped..].iter().position(|other| *other != byte).map(|at| skipped + at)
}

/// How BITOP makes one string of several.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operation {
    /// The bits that all of them have.
    And,
    /// The bits that any of them has.
    Or,
    /// The bits that an odd number of them has.
    Xor,
    /// The bits that the only one has not.
    Not,
}

/// The bits of several strings, put together one by one; shorter strings go on with zeros.
pub fn combine(operation: Operation, sources: &[&[u8]]) -> Vec<u8> {
    let Some((first, others)) = sources.split_first() else { return Vec::new() };
    if operation == Operation::Not {
        return first.iter().map(|byte| !byte).collect();
    }
    let longest = sources.iter().map(|source| source.len()).max().unwrap_or(0);
    let shortest = sources.iter().map(|source| source.len()).min().unwrap_or(0);
    let mut result = Vec::with_capacity(longest);
    result.extend_from_slice(first);
    result.resize(longest, 0);
    for other in others {
        let pairs = result.iter_mut().zip(*other);
        match operation {
            Operation::And => pairs.for_each(|(byte, other)| *byte &= other),
            Operation::Or => pairs.for_each(|(byte, other)| *byte |= other),
            Operation::Xor => pairs.for_each(|(byte, other)| *byte ^= other),
            Operation::Not => {}
        }
    }
    if operation == Operation::And {
        result[shortest..].fill(0);
    }
    result
}

/// The type of an integer of 1 to 64 bits, highest bit first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Field {
    /// Whether it is in two's complement.
    pub signed: bool,
    /// How many bits it has; up to 63 if it is not signed.
    pub bits: u32,
}

/// What becomes of a number that a [`Field`] cannot hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Overflow {
    /// Its low bits are kept.
    Wrap,
    /// The nearest number that fits is.
    Saturate,
    /// Nothing is written.
    Fail,
}

impl Field {
    /// The number at a bit of the string, which goes on with zeros.
    pub fn get(self, bytes: &[u8], offset: u64) -> i64 {
        let (window, _) = Self::window(bytes, offset);
        self.read((window >> self.shift(offset)) as u64)
    }

    /// Writes a number that it holds at a bit of the string, which is long enough.
    pub fn set(self, bytes: &mut [u8], offset: u64, number: i64) {
        let (window, at) = Self::window(bytes, offset);
        let shift = self.shift(offset);
        let mask = (u128::from(u64::MAX >> (64 - self.bits))) << shift;
        let window = window & !mask | u128::from(number as u64) << shift & mask;
        let rest = &mut bytes[at..];
        let touched = rest.len().min(size_of_val(&window));
        rest[..touched].copy_from_slice(&window.to_be_bytes()[..touched]);
    }

    /// What is written in the place of a number; nothing if it does not fit and is not made to.
    pub fn fit(self, number: i128, overflow: Overflow) -> Option<i64> {
        let (min, max) = self.limits();
        match overflow {
            _ if (min..=max).contains(&number) => Some(number as i64),
            Overflow::Wrap => Some(self.read(number as u64)),
            Overflow::Saturate => Some(number.clamp(min, max) as i64),
            Overflow::Fail => None,
        }
    }

    /// The least and the greatest number it holds.
    pub fn limits(self) -> (i128, i128) {
        let above = 1 << (self.bits - u32::from(self.signed));
        (if self.signed { -above } else { 0 }, above - 1)
    }

    /// The number of these low bits.
    fn read(self, bits: u64) -> i64 {
        let unused = 64 - self.bits;
        if self.signed { (bits << unused) as i64 >> unused } else { (bits << unused >> unused) as i64 }
    }

    /// The bytes from that of a bit on, and where they begin.
    fn window(bytes: &[u8], offset: u64) -> (u128, usize) {
        let at = (offset / 8) as usize;
        let mut window = [0; size_of::<u128>()];
        let rest = bytes.get(at..).unwrap_or_default();
        let present = rest.len().min(window.len());
        window[..present].copy_from_slice(&rest[..present]);
        (u128::from_be_bytes(window), at)
    }

    /// How far from the end of the window that begins with its byte the field at this bit ends.
    fn shift(self, offset: u64) -> u32 {
        u128::BITS - (offset % 8) as u32 - self.bits
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::Dice;

    /// Bytes without a pattern.
    fn noise(len: usize) -> Vec<u8> {
        let mut dice = Dice::new(1);
        (0..len).map(|_| dice.below(256) as u8).collect()
    }

    fn bit(bytes: &[u8], at: u64) -> bool {
        bytes[(at / 8) as usize] & (0x80 >> (at % 8)) != 0
    }

    #[test]
    fn counts_agree_with_counting_one_by_one() {
        let bytes = noise(1000);
        for len in (0..40).chain([255, 256, 257, 511, 512, 513, 1000]) {
            let expected: u32 = bytes[..len].iter().map(|byte| byte.count_ones()).sum();
            assert_eq!(count(&bytes[..len]), u64::from(expected), "{len}");
        }
        for (first, last) in [(0, 0), (7, 7), (1, 6), (3, 9), (8, 15), (13, 4321), (0, 7999)] {
            let expected = (first..=last).filter(|at| bit(&bytes, *at)).count() as u64;
            assert_eq!(count_in(&bytes, first..=last), expected, "{first} to {last}");
        }
    }

    #[test]
    fn positions_are_found_wherever_the_only_bit_is() {
        for wanted in [false, true] {
            let mut bytes = vec![if wanted { 0 } else { 0xff }; 100];
            assert_eq!(position_in(&bytes, wanted, 0..=799), None);
            for at in 0..800u64 {
                bytes[at as usize / 8] ^= 0x80 >> (at % 8);
                for (first, last) in
                    [(0, 799), (at, at), (at.saturating_sub(1), at), (at, 799), (at.min(3), at)]
                {
                    assert_eq!(position_in(&bytes, wanted, first..=last), Some(at));
                }
                if at > 0 {
                    assert_eq!(position_in(&bytes, wanted, 0..=at - 1), None);
                }
                bytes[at as usize / 8] ^= 0x80 >> (at % 8);
            }
        }
    }

    #[test]
    fn fields_are_read_as_they_were_written_and_touch_nothing_else() {
        for bits in 1..=64 {
            for offset in 0..17 {
                let before = noise(12);
                let mut bytes = before.clone();
                let field = Field { signed: true, bits };
                for number in [i64::MIN, -2, -1, 0, 1, i64::MAX, 0x0123_4567_89ab_cdef] {
                    let fitting = field.fit(number.into(), Overflow::Wrap).unwrap();
                    field.set(&mut bytes, offset, fitting);
                    assert_eq!(field.get(&bytes, offset), fitting);
                    let within = offset..offset + u64::from(bits);
                    for at in (0..96).filter(|at| !within.contains(at)) {
                        assert_eq!(bit(&bytes, at), bit(&before, at));
                    }
                }
            }
        }
        let byte = Field { signed: false, bits: 8 };
        assert_eq!(byte.get(&[0xff], 4), 0xf0);
        assert_eq!(byte.get(&[0xff], 1 << 40), 0);
    }

    #[test]
    fn what_does_not_fit_wraps_saturates_or_fails() {
        let (signed, unsigned) = (Field { signed: true, bits: 8 }, Field { signed: false, bits: 8 });
        for (field, number, wrapped, saturated) in [
            (signed, 128, -128, 127),
            (signed, -129, 127, -128),
            (unsigned, 256, 0, 255),
            (unsigned, -1, 255, 0),
        ] {
            assert_eq!(field.fit(number, Overflow::Wrap), Some(wrapped));
            assert_eq!(field.fit(number, Overflow::Saturate), Some(saturated));
            assert_eq!(field.fit(number, Overflow::Fail), None);
        }
        let widest = Field { signed: true, bits: 64 };
        assert_eq!(widest.fit(i128::from(i64::MAX) + 1, Overflow::Wrap), Some(i64::MIN));
        assert_eq!(widest.fit(i128::from(i64::MAX) + 1, Overflow::Saturate), Some(i64::MAX));
    }
}
