//! Sorted sets: members with scores, in the order of score, then of the members' bytes.
//!
//! Small ones are one packed allocation; big ones have an index by member beside an order by score.

mod packed;
mod range;
mod skiplist;
#[cfg(test)]
mod tests;

use std::cmp::Ordering;
use std::ops::Range;

pub use range::{LexBound, LexRange, ScoreBound, ScoreRange};

use super::order_tree::Numbers;
use crate::config::Limits;
use crate::table::KeyHash;
use packed::Packed;
use skiplist::Skiplist;

/// The value of a sorted set.
#[derive(Clone, Debug)]
pub struct ZSet(Repr);

#[derive(Clone, Debug)]
enum Repr {
    Packed(Packed),
    Skiplist(Box<Skiplist>),
}

impl Default for ZSet {
    fn default() -> Self {
        Self(Repr::Packed(Packed::default()))
    }
}

impl ZSet {
    /// An empty sorted set that expects so many members, the first of so many bytes.
    pub fn expecting(members: usize, first: usize, limits: &Limits) -> Self {
        if members > limits.zset_entries || first > limits.zset_value {
            return Self(Repr::Skiplist(Box::new(Skiplist::new(KeyHash::new(limits.seed)))));
        }
        Self::default()
    }

    /// A sorted set of these members, which are in order and each there once.
    pub fn from_sorted(members: &[(impl AsRef<[u8]>, f64)], limits: &Limits) -> Self {
        let longest = members.iter().map(|(member, _)| member.as_ref().len()).max().unwrap_or(0);
        let mut set = Self::expecting(members.len(), longest, limits);
        for (member, score) in members {
            match &mut set.0 {
                Repr::Packed(packed) => packed.push(member.as_ref(), *score),
                Repr::Skiplist(list) => list.push(member.as_ref(), *score),
            }
        }
        set
    }

    /// Puts members into the order of sorted sets.
    pub fn sort(members: &mut [(impl AsRef<[u8]>, f64)]) {
        members.sort_unstable_by(|(a, a_score), (b, b_score)| {
            order((*a_score, a.as_ref()), (*b_score, b.as_ref()))
        });
    }

    /// As [`ZSet::from_sorted`], of members that were packed before: only their number may end that.
    pub fn repacked(members: &[(impl AsRef<[u8]>, f64)], limits: &Limits) -> Self {
        let any_length = Limits { zset_value: usize::MAX, ..*limits };
        Self::from_sorted(members, &any_length)
    }

    /// Whether one member comes before another.
    pub fn in_order(before: (&[u8], f64), after: (&[u8], f64)) -> bool {
        order((before.1, before.0), (after.1, after.0)).is_lt()
    }

    /// How many members there are.
    pub fn len(&self) -> usize {
        match &self.0 {
            Repr::Packed(packed) => packed.len(),
            Repr::Skiplist(list) => list.len(),
        }
    }

    /// Whether it has no members.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Whether it is small enough to be one allocation.
    pub fn is_packed(&self) -> bool {
        matches!(self.0, Repr::Packed(_))
    }

    /// What OBJECT ENCODING says of it.
    pub fn encoding(&self) -> &'static str {
        match self.0 {
            Repr::Packed(_) => "listpack",
            Repr::Skiplist(_) => "skiplist",
        }
    }

    /// The memory it takes beside its own struct, in bytes; in O(1).
    pub fn bytes(&self) -> usize {
        match &self.0 {
            Repr::Packed(packed) => packed.bytes(),
            Repr::Skiplist(list) => list.bytes(),
        }
    }

    /// The score of a member.
    pub fn score(&self, member: &[u8]) -> Option<f64> {
        match &self.0 {
            Repr::Packed(packed) => packed.find(member).map(|found| found.score),
            Repr::Skiplist(list) => list.score(member),
        }
    }

    /// The rank of a member, the lowest score being 0, and its score.
    pub fn rank(&self, member: &[u8]) -> Option<(usize, f64)> {
        match &self.0 {
            Repr::Packed(packed) => packed.find(member).map(|found| (found.rank, found.score)),
            Repr::Skiplist(list) => list.rank(member),
        }
    }

    /// The member at a rank, and its score.
    pub fn at(&self, rank: usize) -> Option<(&[u8], f64)> {
        self.range(rank..rank.saturating_add(1)).next()
    }

    /// Gives a member a score, which is never NaN; the score it had before.
    pub fn insert(&mut self, member: &[u8], score: f64, limits: &Limits) -> Option<f64> {
        let packed = match &mut self.0 {
            Repr::Skiplist(list) => return list.insert(member, score),
            Repr::Packed(packed) => packed,
        };
        let before = packed.remove(member);
        if before.is_none() && (packed.len() >= limits.zset_entries || member.len() > limits.zset_value) {
            let mut list = unpacked(packed, limits);
            list.insert(member, score);
            self.0 = Repr::Skiplist(Box::new(list));
        } else {
            packed.insert(member, score);
        }
        before
    }

    /// Makes ready for so many members at once, be they new or not: too many for a pack end it.
    pub fn expect(&mut self, members: usize, limits: &Limits) {
        if let Repr::Packed(packed) = &self.0
            && members > limits.zset_entries
        {
            self.0 = Repr::Skiplist(Box::new(unpacked(packed, limits)));
        }
    }

    /// Takes a member out; its score.
    pub fn remove(&mut self, member: &[u8]) -> Option<f64> {
        match &mut self.0 {
            Repr::Packed(packed) => packed.remove(member),
            Repr::Skiplist(list) => list.remove(member),
        }
    }

    /// Takes the member at a rank out.
    pub fn take(&mut self, rank: usize) -> Option<(Box<[u8]>, f64)> {
        match &mut self.0 {
            Repr::Packed(packed) => packed.take(rank),
            Repr::Skiplist(list) => list.take(rank),
        }
    }

    /// Takes the members at these ranks out.
    pub fn remove_range(&mut self, ranks: Range<usize>) {
        match &mut self.0 {
            Repr::Packed(packed) => packed.remove_range(ranks),
            Repr::Skiplist(list) => list.remove_range(ranks),
        }
    }

    /// The members at these ranks with their scores, from either end.
    pub fn range(&self, ranks: Range<usize>) -> Members<'_> {
        Members(match &self.0 {
            Repr::Packed(packed) => Source::Packed(packed.range(ranks)),
            Repr::Skiplist(list) => Source::Skiplist(list, list.numbers(ranks)),
        })
    }

    /// All members with their scores, lowest first.
    pub fn members(&self) -> Members<'_> {
        self.range(0..self.len())
    }

    /// The ranks of the scores within a range.
    pub fn ranks_by_score(&self, range: &ScoreRange) -> Range<usize> {
        let start = self.partition_point(|score, _| range.min.is_above(score));
        let end = self.partition_point(|score, _| !range.max.is_below(score));
        start..end.max(start)
    }

    /// The ranks of the members within a range by name, but for so many `passed` over at the end where a
    /// walk begins: the lower one, or in `reverse` the higher.
    ///
    /// Where scores differ, names have no order and Redis says nothing of what is found. Of a packed set it
    /// is what a walk through the members finds, as there; of a big one, where Redis' answer depends on its
    /// dice, whatever a search comes upon.
    pub fn ranks_by_lex(&self, range: &LexRange<'_>, reverse: bool, passed: usize) -> Range<usize> {
        match &self.0 {
            Repr::Packed(packed) => packed.ranks_by_lex(range, reverse, passed),
            Repr::Skiplist(list) => {
                let start = list.partition_point(|_, member| range.min.is_above(member));
                let end = list.partition_point(|_, member| !range.max.is_below(member));
                passing(start..end.max(start), reverse, passed)
            }
        }
    }

    /// Visits members from a cursor on, as [`Table::scan`](crate::table::Table::scan) does.
    pub fn scan<'z>(&'z self, cursor: u64, count: usize, mut visit: impl FnMut(&'z [u8], f64)) -> u64 {
        match &self.0 {
            Repr::Packed(packed) => {
                packed.entries().for_each(|(member, score)| visit(member, score));
                0
            }
            Repr::Skiplist(list) => list.scan(cursor, count, visit),
        }
    }

    /// The first rank that is not `before`, where the members are sorted by it.
    fn partition_point(&self, before: impl Fn(f64, &[u8]) -> bool) -> usize {
        match &self.0 {
            Repr::Packed(packed) => packed.partition_point(before),
            Repr::Skiplist(list) => list.partition_point(before),
        }
    }
}

/// The members of a packed sorted set with an index.
fn unpacked(packed: &Packed, limits: &Limits) -> Skiplist {
    let mut list = Skiplist::new(KeyHash::new(limits.seed));
    packed.entries().for_each(|(member, score)| list.push(member, score));
    list
}

/// Members with their scores: see [`ZSet::range`].
#[derive(Clone, Debug)]
pub struct Members<'z>(Source<'z>);

#[derive(Clone, Debug)]
enum Source<'z> {
    Packed(packed::Entries<'z>),
    Skiplist(&'z Skiplist, Numbers<'z>),
}

impl<'z> Iterator for Members<'z> {
    type Item = (&'z [u8], f64);

    fn next(&mut self) -> Option<Self::Item> {
        match &mut self.0 {
            Source::Packed(entries) => entries.next(),
            Source::Skiplist(list, numbers) => numbers.next().map(|number| list.slot(number)),
        }
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        match &self.0 {
            Source::Packed(entries) => entries.size_hint(),
            Source::Skiplist(_, numbers) => numbers.size_hint(),
        }
    }
}

impl DoubleEndedIterator for Members<'_> {
    fn next_back(&mut self) -> Option<Self::Item> {
        match &mut self.0 {
            Source::Packed(entries) => entries.next_back(),
            Source::Skiplist(list, numbers) => numbers.next_back().map(|number| list.slot(number)),
        }
    }
}

impl ExactSizeIterator for Members<'_> {}

/// Ranks without so many of the first; of the last, in `reverse`.
pub fn passing(ranks: Range<usize>, reverse: bool, passed: usize) -> Range<usize> {
    let passed = passed.min(ranks.len());
    if reverse { ranks.start..ranks.end - passed } else { ranks.start + passed..ranks.end }
}

/// The order of sorted sets. Scores are never NaN, and -0 is 0.
pub fn order(a: (f64, &[u8]), b: (f64, &[u8])) -> Ordering {
    a.0.partial_cmp(&b.0).unwrap_or(Ordering::Equal).then_with(|| a.1.cmp(b.1))
}
