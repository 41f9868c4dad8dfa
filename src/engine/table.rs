//! The hash table under the keyspace and under big hashes, sets and sorted sets: extendible hashing.
//!
//! A directory, indexed by the top bits of an entry's hash, points at segments of at most
//! [`SEGMENT_MAX`] entries. A full segment splits in two, and two sparse siblings merge, so that
//!
//! - no insertion or removal ever rehashes more than one segment: there is no long pause, at any size;
//! - memory comes back as entries go;
//! - the hash space has an order that splits and merges do not disturb, which makes a position in it a
//!   cursor that stays good while the table changes: see [`Table::scan`];
//! - a segment keeps its entries densely in a vector, so that a random one costs O(1).
//!
//! Within a segment a small index finds an entry's place in the vector. The directory looks at a hash
//! from the top and the index from the bottom; they never share a bit.

use std::hash::{BuildHasher, Hasher};

use foldhash::quality::FixedState;

pub use raw::{Place, RawTable};

mod raw;
#[cfg(test)]
mod tests;

/// A segment holding this many entries splits before it takes another.
///
/// Chosen by measurement: see `benches/spikes/keyspace`. Seven eighths of a power of two fill the
/// segment's index to the brim.
pub const SEGMENT_MAX: usize = 448;

/// Two sibling segments that hold no more than this together become one: far enough from
/// [`SEGMENT_MAX`] that a table swinging around one size does not split and merge in turns.
const MERGE_MAX: usize = SEGMENT_MAX / 4;

/// Beyond this many top bits a segment grows instead of splitting. Unreachable by a table that fits a
/// machine's memory; a bound for the shifts.
const DEPTH_MAX: u32 = 32;

/// What a [`Table`] holds: anything that carries its own key.
///
/// The key must stay what it is for as long as the entry is in a table.
pub trait Entry {
    /// The bytes by which the entry is found.
    fn key(&self) -> &[u8];
}

impl Entry for Box<[u8]> {
    fn key(&self) -> &[u8] {
        self
    }
}

/// How a table hashes its keys. Functions with different seeds know nothing of each other.
#[derive(Clone, Debug)]
pub struct KeyHash(FixedState);

impl KeyHash {
    /// The hash function of this seed.
    pub const fn new(seed: u64) -> Self {
        Self(FixedState::with_seed(seed))
    }

    /// The hash of a key.
    pub fn hash(&self, key: &[u8]) -> u64 {
        let mut state = self.0.build_hasher();
        state.write(key);
        state.finish()
    }
}

/// A hash table of entries that carry their keys. See the [module](self) for what it promises.
#[derive(Clone, Debug)]
pub struct Table<E> {
    key_hash: KeyHash,
    raw: RawTable<E>,
}

impl<E: Entry> Table<E> {
    /// An empty table, which allocates nothing. Tables with different seeds hash differently.
    pub fn new(seed: u64) -> Self {
        Self { key_hash: KeyHash::new(seed), raw: RawTable::default() }
    }

    /// How many entries there are.
    pub fn len(&self) -> usize {
        self.raw.len()
    }

    /// Whether there is no entry.
    pub fn is_empty(&self) -> bool {
        self.raw.is_empty()
    }

    /// What the table has allocated for itself, in bytes; what entries own elsewhere is theirs to count.
    pub fn bytes(&self) -> usize {
        self.raw.bytes()
    }

    /// The hash of a key in this table, for the `_hashed` methods: computed once, used several times.
    pub fn hash(&self, key: &[u8]) -> u64 {
        self.key_hash.hash(key)
    }

    /// The entry with this key.
    pub fn get(&self, key: &[u8]) -> Option<&E> {
        self.find_hashed(self.hash(key), key)
    }

    /// The entry with this key, to be changed; not in its key.
    pub fn get_mut(&mut self, key: &[u8]) -> Option<&mut E> {
        self.find_hashed_mut(self.hash(key), key)
    }

    /// As [`get`](Self::get), given the key's hash.
    pub fn find_hashed(&self, hash: u64, key: &[u8]) -> Option<&E> {
        self.find_by_hash(hash, |entry| entry.key() == key)
    }

    /// As [`get_mut`](Self::get_mut), given the key's hash.
    pub fn find_hashed_mut(&mut self, hash: u64, key: &[u8]) -> Option<&mut E> {
        self.raw.find_mut(hash, |entry| entry.key() == key)
    }

    /// An entry with this hash that `wanted` accepts, for callers that keep hashes in place of keys.
    pub fn find_by_hash(&self, hash: u64, mut wanted: impl FnMut(&E) -> bool) -> Option<&E> {
        // The structure below tells hashes apart by a few of their bits, and leaves the rest to the caller.
        self.raw.find(hash, |entry| wanted(entry) && self.hash(entry.key()) == hash)
    }

    /// Puts an entry in, and hands back the one with the same key that it replaces.
    pub fn insert(&mut self, entry: E) -> Option<E> {
        self.insert_hashed(self.hash(entry.key()), entry)
    }

    /// As [`insert`](Self::insert), given the hash of the entry's key.
    pub fn insert_hashed(&mut self, hash: u64, entry: E) -> Option<E> {
        if let Some(there) = self.find_hashed_mut(hash, entry.key()) {
            return Some(std::mem::replace(there, entry));
        }
        self.raw.insert_unique(hash, entry, hash_of(&self.key_hash));
        None
    }

    /// Where the entry with this key is.
    #[inline]
    pub fn locate(&self, hash: u64, key: &[u8]) -> Option<Place> {
        self.raw.locate(hash, |entry| entry.key() == key)
    }

    /// The entry at a place.
    #[inline]
    pub fn at(&self, place: Place) -> &E {
        self.raw.at(place)
    }

    /// The entry at a place, to be changed; not in its key.
    #[inline]
    pub fn at_mut(&mut self, place: Place) -> &mut E {
        self.raw.at_mut(place)
    }

    /// What is at a place that may be an old one: another entry by now, or none.
    pub fn get_at_mut(&mut self, place: Place) -> Option<&mut E> {
        self.raw.get_at_mut(place)
    }

    /// Puts in an entry whose key is not there, given the key's hash.
    pub fn insert_new(&mut self, hash: u64, entry: E) -> Place {
        self.raw.insert_unique(hash, entry, hash_of(&self.key_hash))
    }

    /// The entry with this key, made and put in if there was none, and whether it was made.
    pub fn get_or_insert_with(&mut self, hash: u64, key: &[u8], make: impl FnOnce() -> E) -> (&mut E, bool) {
        if let Some(found) = self.raw.locate(hash, |entry| entry.key() == key) {
            (self.raw.at_mut(found), false)
        } else {
            let made = self.raw.insert_unique(hash, make(), hash_of(&self.key_hash));
            (self.raw.at_mut(made), true)
        }
    }

    /// Takes the entry with this key out.
    pub fn remove(&mut self, key: &[u8]) -> Option<E> {
        self.remove_hashed(self.hash(key), key)
    }

    /// As [`remove`](Self::remove), given the key's hash.
    pub fn remove_hashed(&mut self, hash: u64, key: &[u8]) -> Option<E> {
        self.remove_by_hash(hash, |entry| entry.key() == key)
    }

    /// Takes out an entry with this hash that `wanted` accepts.
    pub fn remove_by_hash(&mut self, hash: u64, wanted: impl FnMut(&E) -> bool) -> Option<E> {
        self.raw.remove(hash, wanted, hash_of(&self.key_hash))
    }

    /// Forgets every entry and gives back all memory.
    pub fn clear(&mut self) {
        self.raw.clear();
    }

    /// Every entry, in no order that means anything.
    pub fn iter(&self) -> impl Iterator<Item = &E> {
        self.raw.iter()
    }

    /// Visits entries from a cursor on, and says where to go on; 0 both begins and ends.
    ///
    /// The cursor is a position in the space of hashes, and each call goes on from where the last one
    /// stopped: at least `count` entries further, unless the end comes first, and never between two
    /// that share a hash. So over
    /// a whole iteration an entry that is there throughout is visited exactly once, whatever is
    /// inserted, removed, split or merged meanwhile.
    pub fn scan<'t>(&'t self, cursor: u64, count: usize, visit: impl FnMut(&'t E)) -> u64 {
        self.raw.scan(cursor, count, hash_of(&self.key_hash), visit)
    }

    /// An entry chosen at random, each as likely as any other, in O(1).
    ///
    /// `dice(n)` gives a number from 0 to n - 1.
    pub fn random(&self, dice: &mut impl FnMut(usize) -> usize) -> Option<&E> {
        self.raw.random(dice)
    }

    /// As many different entries chosen at random; all, if there are no more.
    ///
    /// `dice(n)` gives a number from 0 to n - 1.
    pub fn sample(&self, count: usize, dice: &mut impl FnMut(usize) -> usize) -> Vec<&E> {
        if 3 * count.min(self.len()) < self.len() {
            // Few enough that hardly a throw hits what another has hit.
            let mut chosen = Vec::with_capacity(count);
            let mut seen = hashbrown::HashSet::with_capacity_and_hasher(count, self.key_hash.0.clone());
            while chosen.len() < count {
                let Some(entry) = self.random(dice) else { break };
                if seen.insert(entry.key()) {
                    chosen.push(entry);
                }
            }
            return chosen;
        }
        let mut all: Vec<&E> = self.iter().collect();
        let count = count.min(all.len());
        for at in 0..count {
            let other = at + dice(all.len() - at);
            all.swap(at, other);
        }
        all.truncate(count);
        all
    }
}

fn hash_of<E: Entry>(key_hash: &KeyHash) -> impl Fn(&E) -> u64 {
    |entry| key_hash.hash(entry.key())
}
