//! A small sorted set in one allocation: for each member, in order, score, length and bytes.

use std::iter;
use std::ops::Range;

use smallvec::SmallVec;

use super::{LexRange, order};

/// The bytes of a score.
const SCORE: usize = size_of::<f64>();

/// Members in order, each as `[score: 8][length: 1 or 5][bytes]`.
#[derive(Clone, Debug, Default)]
pub(super) struct Packed {
    bytes: Vec<u8>,
    len: usize,
}

/// A member that was looked for.
pub(super) struct Found {
    pub(super) rank: usize,
    pub(super) score: f64,
    /// Its bytes, score and length included.
    place: Range<usize>,
}

impl Packed {
    pub(super) fn len(&self) -> usize {
        self.len
    }

    pub(super) fn bytes(&self) -> usize {
        self.bytes.capacity()
    }

    pub(super) fn find(&self, member: &[u8]) -> Option<Found> {
        let mut start = 0;
        for rank in 0..self.len {
            let (score, other, end) = self.read(start);
            if other == member {
                return Some(Found { rank, score, place: start..end });
            }
            start = end;
        }
        None
    }

    /// Puts in a member that is not there yet.
    pub(super) fn insert(&mut self, member: &[u8], score: f64) {
        let mut at = 0;
        while at < self.bytes.len() {
            let (other_score, other, end) = self.read(at);
            if order((score, member), (other_score, other)).is_lt() {
                break;
            }
            at = end;
        }
        self.insert_at(at, member, score);
    }

    /// Puts in a member that comes after all others.
    pub(super) fn push(&mut self, member: &[u8], score: f64) {
        self.insert_at(self.bytes.len(), member, score);
    }

    fn insert_at(&mut self, at: usize, member: &[u8], score: f64) {
        // As in a listpack, where 0 is an integer: it has no sign.
        let score = if score == 0.0 { 0.0 } else { score };
        let mut head: SmallVec<[u8; SCORE + 5]> = SmallVec::from_slice(&score.to_le_bytes());
        match u8::try_from(member.len()) {
            Ok(short) if short < u8::MAX => head.push(short),
            _ => {
                head.push(u8::MAX);
                head.extend_from_slice(&(member.len() as u32).to_le_bytes());
            }
        }
        let (len, width) = (self.bytes.len(), head.len() + member.len());
        self.bytes.reserve_exact(width);
        self.bytes.resize(len + width, 0);
        self.bytes.copy_within(at..len, at + width);
        self.bytes[at..at + head.len()].copy_from_slice(&head);
        self.bytes[at + head.len()..at + width].copy_from_slice(member);
        self.len += 1;
    }

    pub(super) fn remove(&mut self, member: &[u8]) -> Option<f64> {
        let found = self.find(member)?;
        self.cut(found.place, 1);
        Some(found.score)
    }

    pub(super) fn take(&mut self, rank: usize) -> Option<(Box<[u8]>, f64)> {
        let (member, score) = self.range(rank..rank.saturating_add(1)).next()?;
        let member = member.into();
        self.remove_range(rank..rank + 1);
        Some((member, score))
    }

    pub(super) fn remove_range(&mut self, ranks: Range<usize>) {
        let ranks = ranks.start.min(self.len)..ranks.end.min(self.len);
        let start = self.offset(0, ranks.start);
        let end = self.offset(start, ranks.len());
        self.cut(start..end, ranks.len());
    }

    fn cut(&mut self, place: Range<usize>, members: usize) {
        self.bytes.drain(place);
        self.len -= members;
        if self.bytes.capacity() > 2 * self.bytes.len() + 64 {
            self.bytes.shrink_to_fit();
        }
    }

    pub(super) fn range(&self, ranks: Range<usize>) -> Entries<'_> {
        let ranks = ranks.start.min(self.len)..ranks.end.min(self.len);
        let mut at = self.offset(0, ranks.start);
        let mut offsets = SmallVec::new();
        for _ in ranks {
            offsets.push(at as u32);
            at = self.read(at).2;
        }
        Entries { packed: self, offsets: offsets.into_iter() }
    }

    pub(super) fn entries(&self) -> Entries<'_> {
        self.range(0..self.len)
    }

    pub(super) fn partition_point(&self, before: impl Fn(f64, &[u8]) -> bool) -> usize {
        let mut at = 0;
        for rank in 0..self.len {
            let (score, member, end) = self.read(at);
            if !before(score, member) {
                return rank;
            }
            at = end;
        }
        self.len
    }

    /// The ranks of the members that a walk from either end finds within a range by name, but for the first
    /// `passed`.
    ///
    /// It is Redis' walk, step by step, for where scores differ each step is seen: nothing is found unless
    /// the first and the last member leave room for the range; what is passed over may lie outside of it.
    pub(super) fn ranks_by_lex(&self, range: &LexRange<'_>, reverse: bool, passed: usize) -> Range<usize> {
        let names: SmallVec<[&[u8]; 32]> = self.entries().map(|(member, _)| member).collect();
        let (Some(first), Some(last)) = (names.first(), names.last()) else { return 0..0 };
        if range.min.is_above(last) || range.max.is_below(first) {
            return 0..0;
        }
        let below = |name: &[u8]| range.min.is_above(name);
        let above = |name: &[u8]| range.max.is_below(name);
        if reverse {
            let steps = walk(names.iter().rev().copied(), above, below, passed);
            names.len() - steps.end..names.len() - steps.start
        } else {
            walk(names.iter().copied(), below, above, passed)
        }
    }

    /// Where the member stands that comes `ranks` after the one at an offset.
    fn offset(&self, from: usize, ranks: usize) -> usize {
        (0..ranks).fold(from, |at, _| self.read(at).2)
    }

    /// Score and bytes of the member at an offset, and the offset of the next.
    fn read(&self, at: usize) -> (f64, &[u8], usize) {
        let (score, rest) = self.bytes[at..].split_first_chunk::<SCORE>().expect("an entry begins here");
        let (len, start) = match rest[0] {
            u8::MAX => {
                let len = rest[1..].first_chunk().expect("a long length has four bytes");
                (u32::from_le_bytes(*len) as usize, at + SCORE + 5)
            }
            short => (usize::from(short), at + SCORE + 1),
        };
        (f64::from_le_bytes(*score), &self.bytes[start..start + len], start + len)
    }
}

/// The steps of a walk from the first member that is not `before` the range, and so many `passed` over, to
/// the next one that is `after` it.
fn walk<'z>(
    mut names: impl ExactSizeIterator<Item = &'z [u8]>,
    before: impl Fn(&[u8]) -> bool,
    after: impl Fn(&[u8]) -> bool,
    passed: usize,
) -> Range<usize> {
    let len = names.len();
    let Some(first) = names.find(|name| !before(name)).filter(|name| !after(name)) else { return 0..0 };
    let start = len - names.len() - 1;
    let found = iter::once(first).chain(names).skip(passed).take_while(|name| !after(name)).count();
    let start = start.saturating_add(passed).min(len);
    start..start + found
}

/// Some members of a packed sorted set, from either end.
#[derive(Clone, Debug)]
pub(super) struct Entries<'z> {
    packed: &'z Packed,
    offsets: smallvec::IntoIter<[u32; 32]>,
}

impl<'z> Entries<'z> {
    fn entry(&self, at: u32) -> (&'z [u8], f64) {
        let (score, member, _) = self.packed.read(at as usize);
        (member, score)
    }
}

impl<'z> Iterator for Entries<'z> {
    type Item = (&'z [u8], f64);

    fn next(&mut self) -> Option<Self::Item> {
        self.offsets.next().map(|at| self.entry(at))
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.offsets.size_hint()
    }
}

impl DoubleEndedIterator for Entries<'_> {
    fn next_back(&mut self) -> Option<Self::Item> {
        self.offsets.next_back().map(|at| self.entry(at))
    }
}
