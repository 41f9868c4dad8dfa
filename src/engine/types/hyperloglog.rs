//! `HyperLogLogs`: estimates of how many different elements were seen, in strings of Redis' own form.
//!
//! A string is a header of 16 bytes (`HYLL`, the encoding, three unused bytes, the last estimate) and 16384
//! registers. Dense, they are 6 bits each, low bits first. Sparse, they are runs, an opcode each:
//! `00nnnnnn` is n+1 zeros, `01nnnnnn nnnnnnnn` the same with a longer n, `1vvvvvnn` n+1 registers of the
//! value v+1.

use std::fmt::Write;
use std::ops::Range;

mod estimate;
#[cfg(test)]
mod tests;

/// How many bits of a hash choose the register.
const INDEX_BITS: u32 = 14;
/// How many registers there are.
const REGISTERS: usize = 1 << INDEX_BITS;
/// Bytes of the header.
const HEADER: usize = 16;
const MAGIC: &[u8] = b"HYLL";
/// Where the header says the encoding.
const ENCODING: usize = 4;
const DENSE: u8 = 0;
const SPARSE: u8 = 1;
/// Where the header keeps the last estimate, lowest byte first.
const ESTIMATE: Range<usize> = 8..16;
/// Set in the last byte of the estimate: it is out of date.
const STALE: u8 = 0x80;
/// The length of a dense string.
const DENSE_LEN: usize = HEADER + REGISTERS / 8 * 6;

/// How many registers are packed and unpacked at once.
const BLOCK: usize = 32;
/// The bytes of so many registers.
const PACKED_BLOCK: usize = BLOCK / 8 * 6;

/// The most zeros in a short run.
const ZERO_MAX: usize = 64;
/// The most registers in a run of a value.
const VALUE_RUN_MAX: usize = 4;
/// The highest value in a run; higher ones make the string dense.
const VALUE_MAX: u8 = 32;

/// The registers of a string do not add up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Corrupted;

/// Whether a string looks like a `HyperLogLog`, its registers aside.
pub fn is_valid(bytes: &[u8]) -> bool {
    bytes.len() >= HEADER
        && bytes.starts_with(MAGIC)
        && match bytes[ENCODING] {
            DENSE => bytes.len() == DENSE_LEN,
            SPARSE => true,
            _ => false,
        }
}

/// One that has seen nothing.
pub fn empty() -> Vec<u8> {
    let mut bytes = vec![0; HEADER];
    bytes[..MAGIC.len()].copy_from_slice(MAGIC);
    bytes[ENCODING] = SPARSE;
    push_run(&mut bytes, Run { value: 0, len: REGISTERS });
    bytes
}

/// Whether a valid string is dense.
pub fn is_dense(bytes: &[u8]) -> bool {
    bytes[ENCODING] == DENSE
}

/// The last estimate, unless it is out of date.
pub fn cached(bytes: &[u8]) -> Option<u64> {
    let cached = &bytes[ESTIMATE];
    (cached[7] & STALE == 0)
        .then(|| cached.iter().rev().fold(0, |number, byte| number << 8 | u64::from(*byte)))
}

/// Notes the estimate of the registers as they are.
pub fn set_cached(bytes: &mut [u8], estimate: u64) {
    bytes[ESTIMATE].copy_from_slice(&estimate.to_le_bytes());
}

/// Notes that the last estimate is out of date.
pub fn invalidate(bytes: &mut [u8]) {
    bytes[ESTIMATE.end - 1] |= STALE;
}

/// Shows a string an element; whether that changed a register. A sparse string of more than `most` bytes
/// becomes dense.
pub fn add(bytes: &mut Vec<u8>, element: &[u8], most: usize) -> Result<bool, Corrupted> {
    const SEED: u64 = 0xadc8_3b19;
    let hash = murmur64(element, SEED);
    let index = (hash % REGISTERS as u64) as usize;
    // A bit above all that are left ends the run of zeros.
    let rest = hash >> INDEX_BITS | 1 << (64 - INDEX_BITS);
    raise(bytes, index, rest.trailing_zeros() as u8 + 1, most)
}

/// Raises a register to a value, if it is lower; whether it was.
fn raise(bytes: &mut Vec<u8>, index: usize, value: u8, most: usize) -> Result<bool, Corrupted> {
    if !is_dense(bytes) {
        if value <= VALUE_MAX
            && let Some(raised) = raise_sparse(bytes, index, value, most)?
        {
            return Ok(raised);
        }
        make_dense(bytes)?;
    }
    Ok(raise_dense(&mut bytes[HEADER..], index, value))
}

fn raise_dense(registers: &mut [u8], index: usize, value: u8) -> bool {
    let (at, shift) = (index * 6 / 8, index * 6 % 8);
    // The last register ends with the last byte.
    let high = registers.get(at + 1).copied().unwrap_or(0);
    let pair = u16::from_le_bytes([registers[at], high]);
    if (pair >> shift & 0x3f) as u8 >= value {
        return false;
    }
    let [low, high] = (pair & !(0x3f << shift) | u16::from(value) << shift).to_le_bytes();
    registers[at] = low;
    if let Some(byte) = registers.get_mut(at + 1) {
        *byte = high;
    }
    true
}

/// Makes a valid string dense; whether it was not.
pub fn make_dense(bytes: &mut Vec<u8>) -> Result<bool, Corrupted> {
    if is_dense(bytes) {
        return Ok(false);
    }
    let mut registers = Registers::default();
    registers.merge(bytes)?;
    bytes.truncate(HEADER);
    bytes[ENCODING] = DENSE;
    registers.pack(bytes);
    Ok(true)
}

// ---- the sparse encoding ----

/// Registers next to each other that have the same value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Run {
    value: u8,
    len: usize,
}

/// The run whose opcode stands at `at`, and where the next one stands.
fn run_at(bytes: &[u8], at: usize) -> (Run, usize) {
    let opcode = bytes[at];
    let low = usize::from(opcode & 0x3f);
    match opcode >> 6 {
        0 => (Run { value: 0, len: low + 1 }, at + 1),
        1 => {
            let rest = bytes.get(at + 1).copied().unwrap_or(0);
            (Run { value: 0, len: (low << 8 | usize::from(rest)) + 1 }, at + 2)
        }
        _ => (Run { value: (opcode >> 2 & 0x1f) + 1, len: usize::from(opcode & 3) + 1 }, at + 1),
    }
}

/// All runs of a sparse string.
fn runs(bytes: &[u8]) -> impl Iterator<Item = Run> + '_ {
    let mut at = HEADER;
    std::iter::from_fn(move || {
        let (run, next) = (at < bytes.len()).then(|| run_at(bytes, at))?;
        at = next;
        Some(run)
    })
}

/// Appends the opcode of a run, in its shortest form; of an empty one nothing.
fn push_run(bytes: &mut impl Extend<u8>, run: Run) {
    let Some(rest) = run.len.checked_sub(1) else { return };
    if run.value > 0 {
        bytes.extend([0x80 | (run.value - 1) << 2 | rest as u8]);
    } else if run.len <= ZERO_MAX {
        bytes.extend([rest as u8]);
    } else {
        bytes.extend([0x40 | (rest >> 8) as u8, rest as u8]);
    }
}

/// Raises a register of a sparse string; whether it was lower, or nothing if the string would become longer
/// than `most`.
fn raise_sparse(
    bytes: &mut Vec<u8>,
    index: usize,
    value: u8,
    most: usize,
) -> Result<Option<bool>, Corrupted> {
    let (mut before, mut at, mut first) = (HEADER, HEADER, 0);
    let (run, next) = loop {
        if at >= bytes.len() {
            return Err(Corrupted);
        }
        let (run, next) = run_at(bytes, at);
        if index < first + run.len {
            break (run, next);
        }
        (before, at, first) = (at, next, first + run.len);
    };
    if run.value >= value {
        return Ok(Some(false));
    }
    let mut instead = smallvec::SmallVec::<[u8; 5]>::new();
    push_run(&mut instead, Run { value: run.value, len: index - first });
    push_run(&mut instead, Run { value, len: 1 });
    push_run(&mut instead, Run { value: run.value, len: first + run.len - 1 - index });
    let length = bytes.len() + instead.len() - (next - at);
    if length > bytes.len() && length > most {
        return Ok(None);
    }
    bytes.splice(at..next.min(bytes.len()), instead);
    // Of a last opcode that was cut off, as much is missing as before.
    bytes.truncate(length);
    join_values(bytes, before);
    invalidate(bytes);
    Ok(Some(true))
}

/// Joins neighbouring runs of one value among the five from `at` on, as far as a run can be long.
fn join_values(bytes: &mut Vec<u8>, mut at: usize) {
    for _ in 0..5 {
        if at >= bytes.len() {
            return;
        }
        let (run, next) = run_at(bytes, at);
        if run.value > 0 && next < bytes.len() {
            let (other, end) = run_at(bytes, next);
            if other.value == run.value && run.len + other.len <= VALUE_RUN_MAX {
                let mut joined = smallvec::SmallVec::<[u8; 2]>::new();
                push_run(&mut joined, Run { value: run.value, len: run.len + other.len });
                bytes.splice(at..end, joined);
                // It may be joined with what follows, too.
                continue;
            }
        }
        at = next;
    }
}

/// The runs of a sparse string as text: `z:`, `Z:` and the length of zeros, short and long; `v:`, the value
/// and the length of others.
pub fn decode(bytes: &[u8]) -> String {
    let (mut text, mut at) = (String::new(), HEADER);
    while at < bytes.len() {
        let (run, next) = run_at(bytes, at);
        let space = if text.is_empty() { "" } else { " " };
        // Writing into a String cannot fail.
        let _ = match (run.value, next - at) {
            (0, 1) => write!(text, "{space}z:{}", run.len),
            (0, _) => write!(text, "{space}Z:{}", run.len),
            _ => write!(text, "{space}v:{},{}", run.value, run.len),
        };
        at = next;
    }
    text
}

// ---- all registers ----

/// How many different elements a valid string saw, about.
pub fn estimate(bytes: &[u8]) -> Result<u64, Corrupted> {
    if is_dense(bytes) {
        return Ok(estimate::of(&histogram(packed(bytes).iter().map(unpack))));
    }
    let mut histogram = [0; 64];
    let mut registers = 0;
    for run in runs(bytes) {
        histogram[usize::from(run.value)] += run.len as u32;
        registers += run.len;
    }
    if registers == REGISTERS { Ok(estimate::of(&histogram)) } else { Err(Corrupted) }
}

/// How many registers have each value.
fn histogram(registers: impl Iterator<Item = [u8; BLOCK]>) -> [u32; 64] {
    // Neighbours often have the same value; counting into one place, each would wait for the other.
    let mut histograms = [[0; 64]; 4];
    for registers in registers {
        for (register, value) in registers.into_iter().enumerate() {
            histograms[register % 4][usize::from(value % 64)] += 1;
        }
    }
    std::array::from_fn(|value| histograms.iter().map(|counts: &[u32; 64]| counts[value]).sum())
}

/// The registers of one `HyperLogLog`, or the highest of several, a byte each.
#[derive(Clone, Debug)]
pub struct Registers(Box<[u8; REGISTERS]>);

impl Default for Registers {
    fn default() -> Self {
        Self(Box::new([0; REGISTERS]))
    }
}

impl Registers {
    /// The values.
    pub fn values(&self) -> &[u8] {
        &*self.0
    }

    /// Raises these registers to those of a valid string.
    pub fn merge(&mut self, bytes: &[u8]) -> Result<(), Corrupted> {
        if is_dense(bytes) {
            for (registers, packed) in self.0.as_chunks_mut::<BLOCK>().0.iter_mut().zip(packed(bytes)) {
                for (register, value) in registers.iter_mut().zip(unpack(packed)) {
                    *register = (*register).max(value);
                }
            }
            return Ok(());
        }
        let mut first = 0;
        for run in runs(bytes) {
            let registers = self.0.get_mut(first..first + run.len).ok_or(Corrupted)?;
            if run.value > 0 {
                registers.iter_mut().for_each(|register| *register = (*register).max(run.value));
            }
            first += run.len;
        }
        if first == REGISTERS { Ok(()) } else { Err(Corrupted) }
    }

    /// How many different elements these registers saw, about.
    pub fn estimate(&self) -> u64 {
        estimate::of(&histogram(self.0.as_chunks::<BLOCK>().0.iter().copied()))
    }

    /// Raises the registers of a valid string to these, and has it dense if these came from one that was.
    pub fn store(&self, bytes: &mut Vec<u8>, dense: bool, most: usize) -> Result<(), Corrupted> {
        if dense {
            make_dense(bytes)?;
        }
        if is_dense(bytes) {
            // These are the highest of all, those of the string included.
            bytes.truncate(HEADER);
            self.pack(bytes);
        } else {
            for (index, value) in self.0.iter().enumerate().filter(|(_, value)| **value > 0) {
                raise(bytes, index, *value, most)?;
            }
        }
        invalidate(bytes);
        Ok(())
    }

    fn pack(&self, bytes: &mut Vec<u8>) {
        bytes.reserve_exact(DENSE_LEN - HEADER);
        self.0.as_chunks::<BLOCK>().0.iter().for_each(|registers| bytes.extend_from_slice(&pack(registers)));
    }
}

/// The registers of a dense string.
fn packed(bytes: &[u8]) -> &[[u8; PACKED_BLOCK]] {
    bytes[HEADER..].as_chunks().0
}

/// So many registers of 6 bits, a byte each.
#[inline]
fn unpack(packed: &[u8; PACKED_BLOCK]) -> [u8; BLOCK] {
    let mut words = [0; PACKED_BLOCK / 8];
    for (word, bytes) in words.iter_mut().zip(packed.as_chunks().0) {
        *word = u64::from_le_bytes(*bytes);
    }
    let [a, b, c] = words;
    let mut registers = [0; BLOCK];
    let eights = [a, a >> 48 | b << 16, b >> 32 | c << 32, c >> 16];
    for (registers, bits) in registers.as_chunks_mut().0.iter_mut().zip(eights) {
        let bits = bits & 0x0000_0000_00ff_ffff | (bits & 0x0000_ffff_ff00_0000) << 8;
        let bits = bits & 0x0000_0fff_0000_0fff | (bits & 0x00ff_f000_00ff_f000) << 4;
        let bits = bits & 0x003f_003f_003f_003f | (bits & 0x0fc0_0fc0_0fc0_0fc0) << 2;
        *registers = bits.to_le_bytes();
    }
    registers
}

/// The inverse of [`unpack`].
#[inline]
fn pack(registers: &[u8; BLOCK]) -> [u8; PACKED_BLOCK] {
    let mut eights = [0; BLOCK / 8];
    for (eight, registers) in eights.iter_mut().zip(registers.as_chunks().0) {
        let bits = u64::from_le_bytes(*registers);
        let bits = bits & 0x003f_003f_003f_003f | (bits & 0x3f00_3f00_3f00_3f00) >> 2;
        let bits = bits & 0x0000_0fff_0000_0fff | (bits & 0x0fff_0000_0fff_0000) >> 4;
        *eight = bits & 0x0000_0000_00ff_ffff | (bits & 0x00ff_ffff_0000_0000) >> 8;
    }
    let [a, b, c, d] = eights;
    let mut packed = [0; PACKED_BLOCK];
    let words = [a | b << 48, b >> 16 | c << 32, c >> 32 | d << 16];
    for (bytes, word) in packed.as_chunks_mut().0.iter_mut().zip(words) {
        *bytes = u64::to_le_bytes(word);
    }
    packed
}

/// Austin Appleby's `MurmurHash64A`.
fn murmur64(bytes: &[u8], seed: u64) -> u64 {
    const FACTOR: u64 = 0xc6a4_a793_5bd1_e995;
    const SHIFT: u32 = 47;
    let (words, rest) = bytes.as_chunks::<8>();
    let mut hash = seed ^ (bytes.len() as u64).wrapping_mul(FACTOR);
    for word in words {
        let word = u64::from_le_bytes(*word).wrapping_mul(FACTOR);
        hash = (hash ^ (word ^ word >> SHIFT).wrapping_mul(FACTOR)).wrapping_mul(FACTOR);
    }
    if !rest.is_empty() {
        let rest = rest.iter().rev().fold(0, |word, byte| word << 8 | u64::from(*byte));
        hash = (hash ^ rest).wrapping_mul(FACTOR);
    }
    hash = (hash ^ hash >> SHIFT).wrapping_mul(FACTOR);
    hash ^ hash >> SHIFT
}
