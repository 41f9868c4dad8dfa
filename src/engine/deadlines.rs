//! What expires next, of a database's keys and of a big hash's fields.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

/// The deadlines of entries that are known by their hashes, the earliest first.
///
/// An entry that goes, or comes to expire at another time, leaves its old deadline behind: whoever reads the
/// index says which ones still hold, and [`Deadlines::compact`] bounds the rest.
#[derive(Clone, Debug, Default)]
pub struct Deadlines(BinaryHeap<Reverse<(i64, u64)>>);

impl Deadlines {
    /// Notes that the entry of this hash expires then.
    pub fn push(&mut self, deadline: i64, hash: u64) {
        self.0.push(Reverse((deadline, hash)));
    }

    /// The earliest deadline that still holds.
    pub fn next(&mut self, holds: impl Fn(i64, u64) -> bool) -> Option<i64> {
        while let Some(Reverse((deadline, hash))) = self.0.peek().copied() {
            if holds(deadline, hash) {
                return Some(deadline);
            }
            self.0.pop();
        }
        None
    }

    /// Takes out the earliest deadline that still holds, if it lies before `now`; each is given once.
    pub fn take_due(&mut self, now: i64, holds: impl Fn(i64, u64) -> bool) -> Option<(i64, u64)> {
        while let Some(Reverse((deadline, hash))) = self.0.peek().copied() {
            if deadline >= now {
                return None;
            }
            self.0.pop();
            if holds(deadline, hash) {
                return Some((deadline, hash));
            }
        }
        None
    }

    /// Drops what no longer holds, once it is the larger part beside `live` that do, and gives back room.
    pub fn compact(&mut self, live: usize, holds: impl Fn(i64, u64) -> bool) {
        if self.0.len() > 2 * live + 64 {
            self.0.retain(|Reverse((deadline, hash))| holds(*deadline, *hash));
        }
        if self.0.capacity() > 4 * live + 128 {
            self.0.shrink_to(2 * live + 64);
        }
    }

    /// How many deadlines there are, those that no longer hold included.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// One of them, in no order.
    pub fn nth(&self, at: usize) -> (i64, u64) {
        self.0.as_slice()[at].0
    }

    /// The deadlines and hashes, in no order, those that no longer hold included.
    pub fn iter(&self) -> impl Iterator<Item = (i64, u64)> + '_ {
        self.0.iter().map(|Reverse(pair)| *pair)
    }

    /// The memory it takes beside its own struct, in bytes.
    pub fn bytes(&self) -> usize {
        self.0.capacity() * size_of::<(i64, u64)>()
    }
}
