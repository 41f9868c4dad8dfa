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
use hashbrown::HashTable;

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

/// A hash table of entries that carry their keys. See the [module](self) for what it promises.
#[derive(Clone)]
pub struct Table<E> {
    hasher: FixedState,
    /// For each value of a hash's top `depth` bits, the number of the segment it lives in. Empty until
    /// the first entry comes.
    directory: Vec<u32>,
    depth: u32,
    segments: Vec<Segment<E>>,
    /// How many segments use all `depth` bits; when none does, the directory halves.
    deepest: usize,
    len: usize,
    /// What the segments' vectors and indexes have allocated, in bytes.
    segment_bytes: usize,
}

/// The entries whose hashes share their top `depth` bits with `start`.
#[derive(Clone)]
struct Segment<E> {
    start: u64,
    depth: u32,
    entries: Vec<E>,
    /// Places in `entries`, by hash.
    index: HashTable<u16>,
}

impl<E: Entry> Table<E> {
    /// An empty table, which allocates nothing. Tables with different seeds hash differently.
    pub fn new(seed: u64) -> Self {
        Self {
            hasher: FixedState::with_seed(seed),
            directory: Vec::new(),
            depth: 0,
            segments: Vec::new(),
            deepest: 0,
            len: 0,
            segment_bytes: 0,
        }
    }

    /// How many entries there are.
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether there is no entry.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// What the table has allocated for itself, in bytes; what entries own elsewhere is theirs to count.
    pub fn bytes(&self) -> usize {
        self.directory.capacity() * size_of::<u32>()
            + self.segments.capacity() * size_of::<Segment<E>>()
            + self.segment_bytes
    }

    /// The hash of a key in this table, for the `_hashed` methods: computed once, used several times.
    pub fn hash(&self, key: &[u8]) -> u64 {
        hash(&self.hasher, key)
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
        let (segment, place) = self.locate(hash, |entry| entry.key() == key)?;
        Some(&mut self.segments[segment].entries[place])
    }

    /// An entry with this hash that `wanted` accepts, for callers that keep hashes in place of keys.
    pub fn find_by_hash(&self, hash: u64, wanted: impl FnMut(&E) -> bool) -> Option<&E> {
        let (segment, place) = self.locate(hash, wanted)?;
        Some(&self.segments[segment].entries[place])
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
        self.push(hash, entry);
        None
    }

    /// The entry with this key, made and put in if there was none, and whether it was made.
    pub fn get_or_insert_with(&mut self, hash: u64, key: &[u8], make: impl FnOnce() -> E) -> (&mut E, bool) {
        let found = self.locate(hash, |entry| entry.key() == key);
        let (segment, place) = found.unwrap_or_else(|| self.push(hash, make()));
        (&mut self.segments[segment].entries[place], found.is_none())
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
        let at = self.segment_of(hash)?;
        let segment = &mut self.segments[at];
        let removed = segment.remove(&self.hasher, hash, wanted)?;
        self.len -= 1;
        if segment.is_roomy() {
            self.segment_bytes -= segment.bytes();
            segment.shrink(&self.hasher);
            self.segment_bytes += segment.bytes();
        }
        self.merge_around(at);
        Some(removed)
    }

    /// Forgets every entry and gives back all memory.
    pub fn clear(&mut self) {
        self.directory = Vec::new();
        self.segments = Vec::new();
        self.depth = 0;
        self.deepest = 0;
        self.len = 0;
        self.segment_bytes = 0;
    }

    /// Every entry, in no order that means anything.
    pub fn iter(&self) -> impl Iterator<Item = &E> {
        self.segments.iter().flat_map(|segment| &segment.entries)
    }

    /// Keeps only the entries that `keep` accepts.
    pub fn retain(&mut self, mut keep: impl FnMut(&E) -> bool) {
        for segment in &mut self.segments {
            let len = segment.entries.len();
            segment.entries.retain(&mut keep);
            if segment.entries.len() < len {
                self.len -= len - segment.entries.len();
                self.segment_bytes -= segment.bytes();
                segment.reindex(&self.hasher);
                self.segment_bytes += segment.bytes();
            }
        }
        // A merge moves the last segment into the gap, which may lie behind: hence again until all is still.
        let mut before = usize::MAX;
        while self.segments.len() < before {
            before = self.segments.len();
            let mut at = 0;
            while at < self.segments.len() {
                if !self.merge(at) {
                    at += 1;
                }
            }
        }
        self.halve_directory();
    }

    /// Visits entries from a cursor on, and says where to go on; 0 both begins and ends.
    ///
    /// The cursor is a position in the space of hashes, and each call goes on from where the last one
    /// stopped: at least `count` entries further, unless the end comes first, and never between two
    /// that share a hash. So over
    /// a whole iteration an entry that is there throughout is visited exactly once, whatever is
    /// inserted, removed, split or merged meanwhile.
    pub fn scan<'t>(&'t self, cursor: u64, count: usize, mut visit: impl FnMut(&'t E)) -> u64 {
        let mut cursor = cursor;
        let mut wanted = count.max(1);
        while let Some(at) = self.segment_of(cursor) {
            let segment = &self.segments[at];
            if cursor == segment.start && segment.entries.len() <= wanted {
                segment.entries.iter().for_each(&mut visit);
                wanted -= segment.entries.len();
            } else {
                let mut ahead: Vec<(u64, &E)> = segment
                    .entries
                    .iter()
                    .map(|entry| (self.hash(entry.key()), entry))
                    .filter(|&(hash, _)| hash >= cursor)
                    .collect();
                if ahead.len() > wanted {
                    let (_, &mut (last, _), _) =
                        ahead.select_nth_unstable_by_key(wanted - 1, |&(hash, _)| hash);
                    ahead.iter().filter(|&&(hash, _)| hash <= last).for_each(|&(_, entry)| visit(entry));
                    return last.wrapping_add(1);
                }
                wanted -= ahead.len();
                for (_, entry) in ahead {
                    visit(entry);
                }
            }
            cursor = segment.end();
            if wanted == 0 || cursor == 0 {
                return cursor;
            }
        }
        0
    }

    /// An entry chosen at random, each as likely as any other, in O(1).
    ///
    /// `dice(n)` gives a number from 0 to n - 1.
    pub fn random(&self, dice: &mut impl FnMut(usize) -> usize) -> Option<&E> {
        if let [only] = self.segments.as_slice() {
            return if only.entries.is_empty() { None } else { only.entries.get(dice(only.entries.len())) };
        }
        if self.len == 0 {
            return None;
        }
        // Throw at a board of SEGMENT_MAX places a segment until a throw hits an entry. Merging keeps
        // the board well filled; the bound on throws is for dice that are stuck on one number.
        for _ in 0..1000 {
            let throw = dice(self.segments.len() * SEGMENT_MAX);
            let hit = self.segments.get(throw / SEGMENT_MAX).and_then(|s| s.entries.get(throw % SEGMENT_MAX));
            if hit.is_some() {
                return hit;
            }
        }
        self.iter().nth(dice(self.len))
    }

    fn locate(&self, hash: u64, wanted: impl FnMut(&E) -> bool) -> Option<(usize, usize)> {
        let at = self.segment_of(hash)?;
        Some((at, self.segments[at].find(hash, wanted)?))
    }

    /// The number of the segment where a hash lives.
    fn segment_of(&self, hash: u64) -> Option<usize> {
        Some(*self.directory.get(self.directory_slot(hash))? as usize)
    }

    fn directory_slot(&self, hash: u64) -> usize {
        hash.checked_shr(u64::BITS - self.depth).unwrap_or(0) as usize
    }

    /// Puts in an entry whose key is not there yet.
    fn push(&mut self, hash: u64, entry: E) -> (usize, usize) {
        let at = self.segment_with_room(hash);
        let segment = &mut self.segments[at];
        if segment.is_full() {
            self.segment_bytes -= segment.bytes();
            segment.grow(&self.hasher);
            self.segment_bytes += segment.bytes();
        }
        self.len += 1;
        (at, segment.push(&self.hasher, hash, entry))
    }

    fn segment_with_room(&mut self, hash: u64) -> usize {
        if self.segments.is_empty() {
            self.segments.push(Segment::new(0, 0, 0));
            self.directory = vec![0];
            self.deepest = 1;
        }
        loop {
            let at = self.directory[self.directory_slot(hash)] as usize;
            let segment = &self.segments[at];
            if segment.entries.len() < SEGMENT_MAX || segment.depth == DEPTH_MAX {
                return at;
            }
            self.split(at);
        }
    }

    /// Divides a segment by the next bit of its entries' hashes.
    fn split(&mut self, at: usize) {
        if self.segments[at].depth == self.depth {
            self.double_directory();
        }
        let (start, depth) = (self.segments[at].start, self.segments[at].depth + 1);
        let bit = 1 << (u64::BITS - depth);
        // Chance puts a little more than half in one of them.
        let room = SEGMENT_MAX / 2 + SEGMENT_MAX / 16;
        let mut low = Segment::new(start, depth, room);
        let mut high = Segment::new(start | bit, depth, room);
        self.segment_bytes -= self.segments[at].bytes();
        for entry in std::mem::take(&mut self.segments[at].entries) {
            let hash = hash(&self.hasher, entry.key());
            let half = if hash & bit == 0 { &mut low } else { &mut high };
            if half.is_full() {
                half.grow(&self.hasher);
            }
            half.push(&self.hasher, hash, entry);
        }
        self.segment_bytes += low.bytes() + high.bytes();
        self.deepest += if depth == self.depth { 2 } else { 0 };
        self.segments[at] = low;
        self.segments.push(high);
        self.point_at(self.segments.len() - 1);
    }

    fn double_directory(&mut self) {
        self.directory = self.directory.iter().flat_map(|&segment| [segment, segment]).collect();
        self.depth += 1;
        self.deepest = 0;
    }

    /// Makes the directory's slots for a segment's hashes point at it.
    fn point_at(&mut self, at: usize) {
        let segment = &self.segments[at];
        let first = self.directory_slot(segment.start);
        let slots = 1 << (self.depth - segment.depth);
        self.directory[first..first + slots].fill(at as u32);
    }

    /// Merges the segment with its sibling, and what comes of it with its own, for as long as they are
    /// sparse: in a chain, because an empty segment sees no more removals that would set it off.
    fn merge_around(&mut self, at: usize) {
        let start = self.segments[at].start;
        let mut merged = false;
        while self.segment_of(start).is_some_and(|at| self.merge(at)) {
            merged = true;
        }
        if merged {
            self.halve_directory();
        }
    }

    /// Merges a segment with its sibling, if both are sparse, into the place of the first; if that was
    /// the last place, into the sibling's.
    fn merge(&mut self, at: usize) -> bool {
        let Segment { start, depth, ref entries, .. } = self.segments[at];
        if depth == 0 || entries.len() > MERGE_MAX {
            return false;
        }
        let bit = 1 << (u64::BITS - depth);
        let sibling = self.directory[self.directory_slot(start ^ bit)] as usize;
        let other = &self.segments[sibling];
        if other.depth != depth || entries.len() + other.entries.len() > MERGE_MAX {
            return false;
        }
        let other = self.segments.swap_remove(sibling);
        let at = if at == self.segments.len() { sibling } else { at };
        let segment = &mut self.segments[at];
        self.segment_bytes -= segment.bytes() + other.bytes();
        segment.start = start & !bit;
        segment.depth = depth - 1;
        segment.entries.reserve_exact(other.entries.len());
        segment.entries.extend(other.entries);
        segment.reindex(&self.hasher);
        self.segment_bytes += segment.bytes();
        self.deepest -= if depth == self.depth { 2 } else { 0 };
        self.point_at(at);
        if sibling < self.segments.len() {
            self.point_at(sibling);
        }
        if self.segments.capacity() > 4 * self.segments.len() {
            self.segments.shrink_to(2 * self.segments.len());
        }
        true
    }

    /// Gives up bits of the directory that no segment uses.
    fn halve_directory(&mut self) {
        while self.depth > 0 && self.deepest == 0 {
            self.directory = self.directory.iter().copied().step_by(2).collect();
            self.depth -= 1;
            self.deepest = self.segments.iter().filter(|segment| segment.depth == self.depth).count();
        }
    }
}

impl<E: Entry> Segment<E> {
    fn new(start: u64, depth: u32, capacity: usize) -> Self {
        Self {
            start,
            depth,
            entries: Vec::with_capacity(capacity),
            index: HashTable::with_capacity(capacity),
        }
    }

    /// The first hash after the segment's own; 0 if it is the last.
    fn end(&self) -> u64 {
        1u64.checked_shl(u64::BITS - self.depth).map_or(0, |width| self.start.wrapping_add(width))
    }

    fn bytes(&self) -> usize {
        self.entries.capacity() * size_of::<E>() + self.index.allocation_size()
    }

    fn find(&self, hash: u64, mut wanted: impl FnMut(&E) -> bool) -> Option<usize> {
        let place = self.index.find(index_hash(hash), |&place| wanted(&self.entries[place as usize]))?;
        Some(*place as usize)
    }

    fn push(&mut self, hasher: &FixedState, hash: u64, entry: E) -> usize {
        let place = self.entries.len();
        self.entries.push(entry);
        let numbered = u16::try_from(place).expect("a segment splits long before");
        self.index.insert_unique(index_hash(hash), numbered, rehash(hasher, &self.entries));
        place
    }

    fn remove(&mut self, hasher: &FixedState, hash: u64, mut wanted: impl FnMut(&E) -> bool) -> Option<E> {
        let indexed = |&place: &u16| wanted(&self.entries[place as usize]);
        let (place, _) = self.index.find_entry(index_hash(hash), indexed).ok()?.remove();
        let removed = self.entries.swap_remove(place as usize);
        if let Some(moved) = self.entries.get(place as usize) {
            let from = self.entries.len();
            let hash = index_hash(self::hash(hasher, moved.key()));
            let indexed = self.index.find_mut(hash, |&place| place as usize == from);
            *indexed.expect("every entry is in the index") = place;
        }
        Some(removed)
    }

    /// Whether the next push would have to allocate. The index may fill up first: places of removed
    /// entries are not always reusable.
    fn is_full(&self) -> bool {
        self.entries.len() == self.entries.capacity() || self.index.len() == self.index.capacity()
    }

    /// Makes room by an eighth: the slack of doubling would be a fifth of the whole table.
    fn grow(&mut self, hasher: &FixedState) {
        let len = self.entries.len();
        let more = (len / 8).max(4);
        let more = if len < SEGMENT_MAX { more.min(SEGMENT_MAX - len) } else { more };
        self.entries.reserve_exact(more);
        self.index.reserve(more, rehash(hasher, &self.entries));
    }

    /// Whether less than half of the room is in use, and giving it back is worth the while.
    fn is_roomy(&self) -> bool {
        self.entries.capacity() > 2 * self.entries.len() + 16
    }

    fn shrink(&mut self, hasher: &FixedState) {
        let keep = self.entries.len() + self.entries.len() / 8 + 4;
        self.entries.shrink_to(keep);
        self.index.shrink_to(keep, rehash(hasher, &self.entries));
    }

    /// Makes the index anew, after the entries have changed their places.
    fn reindex(&mut self, hasher: &FixedState) {
        if self.is_roomy() {
            self.entries.shrink_to(self.entries.len() + self.entries.len() / 8 + 4);
        }
        self.index = HashTable::with_capacity(self.entries.capacity());
        for (place, entry) in self.entries.iter().enumerate() {
            let hash = index_hash(hash(hasher, entry.key()));
            self.index.insert_unique(hash, place as u16, |_| unreachable!("there is room for all"));
        }
    }
}

fn hash(hasher: &FixedState, key: &[u8]) -> u64 {
    let mut state = hasher.build_hasher();
    state.write(key);
    state.finish()
}

/// The hash that a segment's index sees. It looks at the top seven bits and at the lowest few; the low
/// bits of the true hash come in both places, because the top ones are the same all over the segment.
fn index_hash(hash: u64) -> u64 {
    hash.rotate_right(16)
}

fn rehash<E: Entry>(hasher: &FixedState, entries: &[E]) -> impl Fn(&u16) -> u64 {
    |&place| index_hash(hash(hasher, entries[place as usize].key()))
}
