//! A big sorted set: its members in slots, an index of slots by member, an order of slots by score.
//!
//! It carries the name that OBJECT ENCODING gives to big sorted sets; the order is a B+ tree.

use std::ops::Range;

use super::order;
use crate::table::{KeyHash, RawTable};
use crate::types::order_tree::{Numbers, OrderTree};

/// How many slots come and go together: no more than these are ever copied to make room.
const CHUNK: usize = 256;

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

/// Slots without gaps, in chunks.
#[derive(Clone, Debug, Default)]
struct Slots(Vec<Vec<Slot>>);

impl Slots {
    fn get(&self, number: u32) -> &Slot {
        &self.0[number as usize / CHUNK][number as usize % CHUNK]
    }

    fn get_mut(&mut self, number: u32) -> &mut Slot {
        &mut self.0[number as usize / CHUNK][number as usize % CHUNK]
    }

    fn push(&mut self, slot: Slot) {
        match self.0.last_mut() {
            Some(chunk) if chunk.len() < CHUNK => chunk.push(slot),
            _ => self.0.push(vec![slot]),
        }
    }

    /// Takes a slot out and puts the last one in its place.
    fn swap_remove(&mut self, number: u32) -> Option<Slot> {
        let chunk = self.0.last_mut()?;
        let last = chunk.pop()?;
        if chunk.is_empty() {
            self.0.pop();
            if self.0.capacity() > 4 * self.0.len() {
                self.0.shrink_to(2 * self.0.len());
            }
        } else if chunk.capacity() > 4 * chunk.len() {
            chunk.shrink_to(2 * chunk.len());
        }
        let chunk = self.0.get_mut(number as usize / CHUNK);
        Some(match chunk.and_then(|chunk| chunk.get_mut(number as usize % CHUNK)) {
            Some(slot) => std::mem::replace(slot, last),
            None => last,
        })
    }

    fn bytes(&self) -> usize {
        let room = self.0.last().map_or(0, |last| (self.0.len() - 1) * CHUNK + last.capacity());
        room * size_of::<Slot>() + self.0.capacity() * size_of::<Vec<Slot>>()
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
        let number = self.len() as u32;
        self.order.insert(self.rank_of(score, member), number);
        self.slots.push(Slot { score, member: member.into() });
        self.member_bytes += member.len();
        let (key_hash, slots) = (&self.key_hash, &self.slots);
        self.index.insert_unique(hash, number, |&number| hash_of(key_hash, slots, number));
        None
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
        // The last slot will move into the gap; those who know it by number hear of it first.
        let last = self.len() as u32;
        if number != last {
            let moving = self.slots.get(last);
            let rank = self.rank_of(moving.score, &moving.member);
            self.order.replace(rank, number);
            let hash = hash_of(&self.key_hash, &self.slots, last);
            if let Some(known) = self.index.find_mut(hash, |&other| other == last) {
                *known = number;
            }
        }
        let slot = self.slots.swap_remove(number)?;
        self.member_bytes -= slot.member.len();
        Some((slot.member, slot.score))
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
            kept.insert(member, score);
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
