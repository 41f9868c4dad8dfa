//! Consumer groups of a stream: what was delivered to whom and is not acknowledged.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Bound;
use std::sync::Arc;

use super::stream::{Log, StreamId};

/// About what a pending entry takes in both lists, in bytes.
const PENDING_BYTES: usize = 112;

/// The groups of a stream, in the order of their names.
#[derive(Clone, Debug, Default)]
pub struct Groups {
    by_name: BTreeMap<Box<[u8]>, Group>,
    bytes: usize,
}

impl Groups {
    /// How many there are.
    pub fn len(&self) -> usize {
        self.by_name.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.by_name.is_empty()
    }

    /// The memory they take, in bytes; in O(1).
    pub fn bytes(&self) -> usize {
        self.bytes
    }

    /// The group of this name.
    pub fn get(&self, name: &[u8]) -> Option<&Group> {
        self.by_name.get(name)
    }

    /// All with their names, in the order of these.
    pub fn iter(&self) -> impl Iterator<Item = (&[u8], &Group)> {
        self.by_name.iter().map(|(name, group)| (&**name, group))
    }

    /// Adds a group; whether the name was free.
    pub fn create(&mut self, name: &[u8], last_id: StreamId, entries_read: Option<i64>) -> bool {
        self.insert(name, Group { last_id, entries_read, ..Group::default() })
    }

    /// Puts in a group from elsewhere; whether the name was free.
    pub fn insert(&mut self, name: &[u8], group: Group) -> bool {
        let free = !self.by_name.contains_key(name);
        if free {
            self.bytes += name.len() + size_of::<Group>() + group.bytes();
            self.by_name.insert(name.into(), group);
        }
        free
    }

    /// Removes a group; whether it was there.
    pub fn destroy(&mut self, name: &[u8]) -> bool {
        let Some(group) = self.by_name.remove(name) else { return false };
        self.bytes -= name.len() + size_of::<Group>() + group.bytes();
        true
    }

    /// Changes a group, and counts its memory again; nothing if there is none of this name.
    pub fn update<R>(&mut self, name: &[u8], change: impl FnOnce(&mut Group) -> R) -> Option<R> {
        let group = self.by_name.get_mut(name)?;
        let before = group.bytes();
        let result = change(group);
        self.bytes = self.bytes + group.bytes() - before;
        Some(result)
    }
}

/// Names a consumer within its group.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ConsumerId(u32);

/// A consumer of a group.
#[derive(Clone, Debug)]
pub struct Consumer {
    /// Its name.
    pub name: Arc<[u8]>,
    /// When it last tried to read or claim, in milliseconds since the Unix epoch.
    pub seen_ms: i64,
    /// When it last got something, in milliseconds since the Unix epoch.
    pub active_ms: Option<i64>,
    pending: BTreeSet<StreamId>,
}

impl Consumer {
    /// The IDs of the entries it has not acknowledged, from `start` on.
    pub fn pending_from(&self, start: StreamId) -> impl Iterator<Item = StreamId> {
        self.pending.range(start..).copied()
    }

    /// How many entries it has not acknowledged.
    pub fn pending_len(&self) -> usize {
        self.pending.len()
    }
}

/// An entry delivered and not acknowledged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pending {
    /// To whom.
    pub consumer: ConsumerId,
    /// When last, in milliseconds since the Unix epoch.
    pub delivered_ms: i64,
    /// How often.
    pub deliveries: i64,
}

/// A consumer group.
#[derive(Clone, Debug, Default)]
pub struct Group {
    /// The last ID delivered.
    pub last_id: StreamId,
    /// How many entries it has read, as far as that is known.
    pub entries_read: Option<i64>,
    pending: BTreeMap<StreamId, Pending>,
    consumers: Vec<Option<Consumer>>,
    free: Vec<u32>,
    by_name: BTreeMap<Arc<[u8]>, u32>,
    consumer_bytes: usize,
}

impl Group {
    /// The memory it takes beside its own struct, in bytes; in O(1).
    pub fn bytes(&self) -> usize {
        self.pending.len() * PENDING_BYTES + self.consumer_bytes
    }

    /// How many entries are delivered and not acknowledged.
    pub fn pending_len(&self) -> usize {
        self.pending.len()
    }

    /// The entries delivered and not acknowledged, from `start` to `end`, both included.
    pub fn pending(
        &self,
        start: StreamId,
        end: StreamId,
    ) -> impl DoubleEndedIterator<Item = (StreamId, &Pending)> {
        // A map's own range panics when it ends before it starts.
        let end = if start > end { Bound::Excluded(start) } else { Bound::Included(end) };
        self.pending.range((Bound::Included(start), end)).map(|(id, pending)| (*id, pending))
    }

    /// What is known of a delivered entry.
    pub fn pending_of(&self, id: StreamId) -> Option<&Pending> {
        self.pending.get(&id)
    }

    // ---- consumers ----

    /// The consumer of this name.
    pub fn find_consumer(&self, name: &[u8]) -> Option<ConsumerId> {
        self.by_name.get(name).copied().map(ConsumerId)
    }

    /// Adds a consumer, whose name is free.
    pub fn add_consumer(&mut self, name: &[u8], now_ms: i64) -> ConsumerId {
        let name: Arc<[u8]> = name.into();
        self.consumer_bytes += consumer_bytes(&name);
        let slot = self.free.pop().unwrap_or_else(|| {
            self.consumers.push(None);
            (self.consumers.len() - 1) as u32
        });
        self.consumers[slot as usize] = Some(Consumer {
            name: Arc::clone(&name),
            seen_ms: now_ms,
            active_ms: None,
            pending: BTreeSet::new(),
        });
        self.by_name.insert(name, slot);
        ConsumerId(slot)
    }

    /// Removes a consumer with all that it has not acknowledged; how much that was.
    pub fn remove_consumer(&mut self, name: &[u8]) -> Option<usize> {
        let slot = self.by_name.remove(name)?;
        let consumer = self.consumers[slot as usize].take()?;
        self.free.push(slot);
        self.consumer_bytes -= consumer_bytes(name);
        for id in &consumer.pending {
            self.pending.remove(id);
        }
        Some(consumer.pending.len())
    }

    /// The consumer; only IDs of this group's present consumers go round.
    pub fn consumer(&self, id: ConsumerId) -> &Consumer {
        self.consumers[id.0 as usize].as_ref().expect("a removed consumer leaves nothing pending")
    }

    /// As [`Group::consumer`], to change it.
    pub fn consumer_mut(&mut self, id: ConsumerId) -> &mut Consumer {
        self.consumers[id.0 as usize].as_mut().expect("a removed consumer leaves nothing pending")
    }

    /// The consumers in the order of their names.
    pub fn consumers(&self) -> impl ExactSizeIterator<Item = &Consumer> {
        self.by_name.values().map(|slot| self.consumer(ConsumerId(*slot)))
    }

    // ---- the pending entries list ----

    /// Notes a delivery, whoever held the entry before.
    pub fn deliver(&mut self, id: StreamId, pending: Pending) {
        let before = self.pending.insert(id, pending);
        if let Some(before) = before
            && before.consumer != pending.consumer
        {
            self.consumer_mut(before.consumer).pending.remove(&id);
        }
        if before.is_none_or(|before| before.consumer != pending.consumer) {
            self.consumer_mut(pending.consumer).pending.insert(id);
        }
    }

    /// Delivers an entry once more to the one who holds it (a read of its history).
    pub fn deliver_again(&mut self, id: StreamId, now_ms: i64) {
        if let Some(pending) = self.pending.get_mut(&id) {
            pending.delivered_ms = now_ms;
            pending.deliveries = pending.deliveries.wrapping_add(1);
        }
    }

    /// Takes an entry off the list; whether it was on it.
    pub fn acknowledge(&mut self, id: StreamId) -> bool {
        let Some(pending) = self.pending.remove(&id) else { return false };
        self.consumer_mut(pending.consumer).pending.remove(&id)
    }

    // ---- counters ----

    /// Moves on to an entry that is delivered for the first time.
    pub fn advance(&mut self, id: StreamId, log: &Log) {
        if id <= self.last_id {
            return;
        }
        self.entries_read = match self.entries_read {
            Some(read) if self.last_id >= log.first_id() && !log.has_holes_from(self.last_id) => {
                Some(read.wrapping_add(1))
            }
            _ if log.entries_added() > 0 => log.entries_up_to(id).map(|read| read as i64),
            unknown => unknown,
        };
        self.last_id = id;
    }

    /// How many entries of the stream the group has still to read, when that can be told.
    pub fn lag(&self, log: &Log) -> Option<i64> {
        if log.is_empty() {
            return Some(0);
        }
        let first = log.first_id();
        if self.last_id < first && log.max_deleted_id() < first {
            return Some(log.len() as i64);
        }
        let added = log.entries_added() as i64;
        match self.entries_read {
            Some(read) if !log.has_holes_from(self.last_id) => Some(added.wrapping_sub(read)),
            _ => log.entries_up_to(self.last_id).map(|read| added.wrapping_sub(read as i64)),
        }
    }
}

fn consumer_bytes(name: &[u8]) -> usize {
    size_of::<Consumer>() + size_of::<(Arc<[u8]>, u32)>() + 16 + name.len()
}
