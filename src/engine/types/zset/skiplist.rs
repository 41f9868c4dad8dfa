//! A big sorted set: its members in slots, an index of slots by member, an order of slots by score.
//!
//! It carries the name that OBJECT ENCODING gives to big sorted sets; the order is a B+ tree.

use std::ops::Range;

use super::order;
use crate::table::{KeyHash, RawTable};
use crate::types::order_tree::{Numbers, OrderTree};

/// How many slots come and go together: no more than these are ever copied to make room.
const CHUNK: usize = 256;

/// So many vacant slots are never worth tidying up.
const SPARE: usize = 16;

/// Members, findable by name and by order.
#[derive(Clone, Debug)]
pub(super) struct Skiplist {
    key_hash: KeyHash,
    slots: Slots,
    /// Numbers of slots, by member.
    index: RawTable<u32>,
    /// Numbers of slots, by score and member.
    order: OrderTree,
    /// The bytes of all members.
    member_bytes: usize,
}

#[derive(Clone, Debug)]
struct Slot {
    score: f64,
    member: Box<[u8]>,
}

/// Slots in chunks. Those that were given up are taken again before new ones are made.
#[derive(Clone, Debug, Default)]
struct Slots {
    chunks: Vec<Vec<Slot>>,
    /// Numbers that were given up; those beyond the end are of slots that are there no more.
    free: Vec<u32>,
}

impl Slot {
    /// What stands where no member is: no score is NaN.
    fn vacant() -> Self {
        Self { score: f64::NAN, member: Box::default() }
    }

    fn is_vacant(&self) -> bool {
        self.score.is_nan()
    }
}

impl Slots {
    fn get(&self, number: u32) -> &Slot {
        &self.chunks[number as usize / CHUNK][number as usize % CHUNK]
    }

    fn get_mut(&mut self, number: u32) -> &mut Slot {
        &mut self.chunks[number as usize / CHUNK][number as usize % CHUNK]
    }

    /// How many slots there are, vacant ones included.
    fn len(&self) -> usize {
        self.chunks.last().map_or(0, |last| (self.chunks.len() - 1) * CHUNK + last.len())
    }

    /// The number of a vacant slot among those there are.
    fn pop_free(&mut self) -> Option<u32> {
        let len = self.len();
        while let Some(number) = self.free.pop() {
            if (number as usize) < len {
                return Some(number);
            }
        }
        self.free = Vec::new();
        None
    }

    /// Puts a slot in; its number.
    fn put(&mut self, slot: Slot) -> u32 {
        if let Some(number) = self.pop_free() {
            *self.get_mut(number) = slot;
            return number;
        }
        let number = self.len() as u32;
        match self.chunks.last_mut() {
            Some(chunk) if chunk.len() < CHUNK => chunk.push(slot),
            _ => self.chunks.push(vec![slot]),
        }
        number
    }

    /// Takes a slot out.
    fn take(&mut self, number: u32) -> Slot {
        let slot = std::mem::replace(self.get_mut(number), Slot::vacant());
        self.free.push(number);
        self.trim();
        let len = self.len();
        if self.free.len() > len + SPARE {
            self.free.retain(|&number| (number as usize) < len);
            self.free.shrink_to(2 * self.free.len());
        }
        slot
    }

    /// Gives back vacant slots at the end.
    fn trim(&mut self) {
        while let Some(chunk) = self.chunks.last_mut() {
            while chunk.last().is_some_and(Slot::is_vacant) {
                chunk.pop();
            }
            if !chunk.is_empty() {
                if chunk.capacity() > 4 * chunk.len() {
                    chunk.shrink_to(2 * chunk.len());
                }
                return;
            }
            self.chunks.pop();
            if self.chunks.capacity() > 4 * self.chunks.len() {
                self.chunks.shrink_to(2 * self.chunks.len());
            }
        }
    }

    fn bytes(&self) -> usize {
        let room = self.chunks.last().map_or(0, |last| (self.chunks.len() - 1) * CHUNK + last.capacity());
        room * size_of::<Slot>()
            + self.chunks.capacity() * size_of::<Vec<Slot>>()
            + self.free.capacity() * size_of::<u32>()
    }
}

impl Skiplist {
    /// Without members; they will be found by this hash function.
    pub(super) fn new(key_hash: KeyHash) -> Self {
        Self {
            key_hash,
            slots: Slots::default(),
            index: RawTable::default(),
            order: OrderTree::default(),
            member_bytes: 0,
        }
    }

    pub(super) fn len(&self) -> usize {
        self.index.len()
    }

    pub(super) fn bytes(&self) -> usize {
        size_of::<Self>() + self.slots.bytes() + self.index.bytes() + self.order.bytes() + self.member_bytes
    }

    pub(super) fn slot(&self, number: u32) -> (&[u8], f64) {
        let slot = self.slots.get(number);
        (&slot.member, slot.score)
    }

    pub(super) fn score(&self, member: &[u8]) -> Option<f64> {
        self.find(self.key_hash.hash(member), member).map(|number| self.slots.get(number).score)
    }

    pub(super) fn rank(&self, member: &[u8]) -> Option<(usize, f64)> {
        let score = self.score(member)?;
        Some((self.rank_of(score, member), score))
    }

    pub(super) fn insert(&mut self, member: &[u8], score: f64) -> Option<f64> {
        let hash = self.key_hash.hash(member);
        if let Some(number) = self.find(hash, member) {
            let before = self.slots.get(number).score;
            if before != score {
                self.order.remove(self.rank_of(before, member));
                self.slots.get_mut(number).score = score;
                self.order.insert(self.rank_of(score, member), number);
            }
            return Some(before);
        }
        self.add(hash, self.rank_of(score, member), member, score);
        None
    }

    /// Puts in a member that comes after all others.
    pub(super) fn push(&mut self, member: &[u8], score: f64) {
        self.add(self.key_hash.hash(member), self.len(), member, score);
    }

    /// Puts in a member that is not there, at its rank.
    fn add(&mut self, hash: u64, rank: usize, member: &[u8], score: f64) {
        let number = self.slots.put(Slot { score, member: member.into() });
        self.order.insert(rank, number);
        self.member_bytes += member.len();
        let (key_hash, slots) = (&self.key_hash, &self.slots);
        self.index.insert_unique(hash, number, |&number| hash_of(key_hash, slots, number));
    }

    pub(super) fn remove(&mut self, member: &[u8]) -> Option<f64> {
        let (rank, _) = self.rank(member)?;
        self.take(rank).map(|(_, score)| score)
    }

    pub(super) fn take(&mut self, rank: usize) -> Option<(Box<[u8]>, f64)> {
        let number = self.order.get(rank)?;
        self.order.remove(rank);
        let hash = |&number: &u32| hash_of(&self.key_hash, &self.slots, number);
        self.index.remove(hash(&number), |&other| other == number, hash);
        let slot = self.slots.take(number);
        self.member_bytes -= slot.member.len();
        // Half of them may be vacant; what would be more is filled from the end.
        if self.slots.len() > 2 * self.len() + SPARE {
            self.move_last();
        }
        Some((slot.member, slot.score))
    }

    /// Moves the member of the last slot to a vacant one, and tells those who know it by number.
    fn move_last(&mut self) {
        let last = self.slots.len() as u32 - 1;
        let Some(vacant) = self.slots.pop_free() else { return };
        let moving = self.slots.get(last);
        let rank = self.rank_of(moving.score, &moving.member);
        self.order.replace(rank, vacant);
        let hash = hash_of(&self.key_hash, &self.slots, last);
        if let Some(known) = self.index.find_mut(hash, |&number| number == last) {
            *known = vacant;
        }
        *self.slots.get_mut(vacant) = std::mem::replace(self.slots.get_mut(last), Slot::vacant());
        self.slots.trim();
    }

    /// Takes the members at these ranks out.
    pub(super) fn remove_range(&mut self, ranks: Range<usize>) {
        let ranks = ranks.start.min(self.len())..ranks.end.min(self.len());
        if 2 * ranks.len() < self.len() {
            ranks.rev().for_each(|rank| drop(self.take(rank)));
            return;
        }
        // Those that stay are the fewer: they move into a new one, which they fill in order.
        let mut kept = Self::new(self.key_hash.clone());
        for number in self.order.range(0..ranks.start).chain(self.order.range(ranks.end..self.len())) {
            let (member, score) = self.slot(number);
            kept.push(member, score);
        }
        *self = kept;
    }

    pub(super) fn numbers(&self, ranks: Range<usize>) -> Numbers<'_> {
        self.order.range(ranks)
    }

    pub(super) fn partition_point(&self, before: impl Fn(f64, &[u8]) -> bool) -> usize {
        self.order.partition_point(|number| {
            let slot = self.slots.get(number);
            before(slot.score, &slot.member)
        })
    }

    pub(super) fn scan<'z>(&'z self, cursor: u64, count: usize, mut visit: impl FnMut(&'z [u8], f64)) -> u64 {
        let hash_of = |&number: &u32| hash_of(&self.key_hash, &self.slots, number);
        self.index.scan(cursor, count, hash_of, |&number| {
            let (member, score) = self.slot(number);
            visit(member, score);
        })
    }

    fn find(&self, hash: u64, member: &[u8]) -> Option<u32> {
        self.index.find(hash, |&number| *self.slots.get(number).member == *member).copied()
    }

    /// How many members come before this score and member.
    fn rank_of(&self, score: f64, member: &[u8]) -> usize {
        self.partition_point(|other_score, other| order((other_score, other), (score, member)).is_lt())
    }
}

fn hash_of(key_hash: &KeyHash, slots: &Slots, number: u32) -> u64 {
    key_hash.hash(&slots.get(number).member)
}
