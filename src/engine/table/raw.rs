//! The table without its opinion of what a key is: every operation is told the hash.

use hashbrown::HashTable;

use super::{DEPTH_MAX, MERGE_MAX, SEGMENT_MAX};

/// The structure under [`Table`](super::Table), for entries that do not carry their keys, such as numbers
/// of slots elsewhere. Whoever owns it says what an entry's hash is, the same each time.
#[derive(Clone, Debug)]
pub struct RawTable<E> {
    /// For each value of a hash's top `depth` bits, the number of the segment it lives in. Empty until
    /// the first entry comes.
    pub(super) directory: Vec<u32>,
    pub(super) depth: u32,
    pub(super) segments: Vec<Segment<E>>,
    /// How many segments use all `depth` bits; when none does, the directory halves.
    pub(super) deepest: usize,
    pub(super) len: usize,
    /// What the segments' vectors and indexes have allocated, in bytes.
    pub(super) segment_bytes: usize,
}

/// Where an entry is, until the next insertion or removal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place(
    /// The segment's number above the place within it: in one word, because two halves that are written
    /// apart and read together cost more than the lookup.
    u64,
);

impl Place {
    #[inline]
    fn new(segment: usize, entry: usize) -> Self {
        Self((segment as u64) << 32 | entry as u64)
    }

    #[inline]
    fn segment(self) -> usize {
        (self.0 >> 32) as usize
    }

    #[inline]
    fn entry(self) -> usize {
        (self.0 & u64::from(u32::MAX)) as usize
    }
}

/// The entries whose hashes share their top `depth` bits with `start`.
#[derive(Clone, Debug)]
pub(super) struct Segment<E> {
    pub(super) start: u64,
    pub(super) depth: u32,
    pub(super) entries: Vec<E>,
    /// Places in `entries`, by hash.
    pub(super) index: HashTable<u16>,
}

impl<E> Default for RawTable<E> {
    fn default() -> Self {
        Self { directory: Vec::new(), depth: 0, segments: Vec::new(), deepest: 0, len: 0, segment_bytes: 0 }
    }
}

impl<E> RawTable<E> {
    /// How many entries there are.
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether there is no entry.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// What the table has allocated for itself, in bytes.
    pub fn bytes(&self) -> usize {
        self.directory.capacity() * size_of::<u32>()
            + self.segments.capacity() * size_of::<Segment<E>>()
            + self.segment_bytes
    }

    /// An entry with this hash that `wanted` accepts.
    #[inline]
    pub fn find(&self, hash: u64, wanted: impl FnMut(&E) -> bool) -> Option<&E> {
        Some(self.at(self.locate(hash, wanted)?))
    }

    /// An entry with this hash that `wanted` accepts, to be changed; not in its hash.
    pub fn find_mut(&mut self, hash: u64, wanted: impl FnMut(&E) -> bool) -> Option<&mut E> {
        let place = self.locate(hash, wanted)?;
        Some(self.at_mut(place))
    }

    /// Puts in an entry that is not there yet.
    pub fn insert_unique(&mut self, hash: u64, entry: E, hash_of: impl Fn(&E) -> u64) -> Place {
        let at = self.segment_with_room(hash, &hash_of);
        let segment = &mut self.segments[at];
        if segment.is_full() {
            self.segment_bytes -= segment.bytes();
            segment.grow(&hash_of);
            self.segment_bytes += segment.bytes();
        }
        self.len += 1;
        Place::new(at, segment.push(hash, entry, &hash_of))
    }

    /// Takes out an entry with this hash that `wanted` accepts.
    pub fn remove(
        &mut self,
        hash: u64,
        wanted: impl FnMut(&E) -> bool,
        hash_of: impl Fn(&E) -> u64,
    ) -> Option<E> {
        let at = self.segment_of(hash)?;
        let segment = &mut self.segments[at];
        let removed = segment.remove(hash, wanted, &hash_of)?;
        self.len -= 1;
        if segment.is_roomy() {
            self.segment_bytes -= segment.bytes();
            segment.shrink(&hash_of);
            self.segment_bytes += segment.bytes();
        }
        self.merge_around(at, &hash_of);
        Some(removed)
    }

    /// Forgets every entry and gives back all memory.
    pub fn clear(&mut self) {
        *self = Self::default();
    }

    /// Every entry, in no order that means anything.
    pub fn iter(&self) -> impl Iterator<Item = &E> {
        self.segments.iter().flat_map(|segment| &segment.entries)
    }

    /// As [`Table::scan`](super::Table::scan).
    pub fn scan<'t>(
        &'t self,
        cursor: u64,
        count: usize,
        hash_of: impl Fn(&E) -> u64,
        mut visit: impl FnMut(&'t E),
    ) -> u64 {
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
                    .map(|entry| (hash_of(entry), entry))
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

    /// As [`Table::random`](super::Table::random).
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

    /// Where an entry with this hash is that `wanted` accepts.
    #[inline]
    pub fn locate(&self, hash: u64, wanted: impl FnMut(&E) -> bool) -> Option<Place> {
        let at = self.segment_of(hash)?;
        let entry = self.segments[at].find(hash, wanted)?;
        Some(Place::new(at, entry))
    }

    /// The entry at a place.
    #[inline]
    pub fn at(&self, place: Place) -> &E {
        &self.segments[place.segment()].entries[place.entry()]
    }

    /// The entry at a place, to be changed; not in its hash.
    #[inline]
    pub fn at_mut(&mut self, place: Place) -> &mut E {
        &mut self.segments[place.segment()].entries[place.entry()]
    }

    /// What is at a place that may be an old one: another entry by now, or none.
    pub fn get_at_mut(&mut self, place: Place) -> Option<&mut E> {
        self.segments.get_mut(place.segment())?.entries.get_mut(place.entry())
    }

    /// The number of the segment where a hash lives.
    #[inline]
    fn segment_of(&self, hash: u64) -> Option<usize> {
        Some(*self.directory.get(self.directory_slot(hash))? as usize)
    }

    #[inline]
    pub(super) fn directory_slot(&self, hash: u64) -> usize {
        hash.checked_shr(u64::BITS - self.depth).unwrap_or(0) as usize
    }

    fn segment_with_room(&mut self, hash: u64, hash_of: &impl Fn(&E) -> u64) -> usize {
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
            self.split(at, hash_of);
        }
    }

    /// Divides a segment by the next bit of its entries' hashes.
    fn split(&mut self, at: usize, hash_of: &impl Fn(&E) -> u64) {
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
            let hash = hash_of(&entry);
            let half = if hash & bit == 0 { &mut low } else { &mut high };
            if half.is_full() {
                half.grow(hash_of);
            }
            half.push(hash, entry, hash_of);
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
    fn merge_around(&mut self, at: usize, hash_of: &impl Fn(&E) -> u64) {
        let start = self.segments[at].start;
        let mut merged = false;
        while self.segment_of(start).is_some_and(|at| self.merge(at, hash_of)) {
            merged = true;
        }
        if merged {
            self.halve_directory();
        }
    }

    /// Merges a segment with its sibling, if both are sparse, into the place of the first; if that was
    /// the last place, into the sibling's.
    fn merge(&mut self, at: usize, hash_of: &impl Fn(&E) -> u64) -> bool {
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
        segment.reindex(hash_of);
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

impl<E> Segment<E> {
    fn new(start: u64, depth: u32, capacity: usize) -> Self {
        Self {
            start,
            depth,
            entries: Vec::with_capacity(capacity),
            index: HashTable::with_capacity(capacity),
        }
    }

    /// The first hash after the segment's own; 0 if it is the last.
    pub(super) fn end(&self) -> u64 {
        1u64.checked_shl(u64::BITS - self.depth).map_or(0, |width| self.start.wrapping_add(width))
    }

    pub(super) fn bytes(&self) -> usize {
        self.entries.capacity() * size_of::<E>() + self.index.allocation_size()
    }

    pub(super) fn find(&self, hash: u64, mut wanted: impl FnMut(&E) -> bool) -> Option<usize> {
        let place = self.index.find(index_hash(hash), |&place| wanted(&self.entries[place as usize]))?;
        Some(*place as usize)
    }

    fn push(&mut self, hash: u64, entry: E, hash_of: &impl Fn(&E) -> u64) -> usize {
        let place = self.entries.len();
        self.entries.push(entry);
        let numbered = u16::try_from(place).expect("a segment splits long before");
        self.index.insert_unique(index_hash(hash), numbered, rehash(hash_of, &self.entries));
        place
    }

    fn remove(
        &mut self,
        hash: u64,
        mut wanted: impl FnMut(&E) -> bool,
        hash_of: &impl Fn(&E) -> u64,
    ) -> Option<E> {
        let indexed = |&place: &u16| wanted(&self.entries[place as usize]);
        let (place, _) = self.index.find_entry(index_hash(hash), indexed).ok()?.remove();
        let removed = self.entries.swap_remove(place as usize);
        if let Some(moved) = self.entries.get(place as usize) {
            let from = self.entries.len();
            let hash = index_hash(hash_of(moved));
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
    fn grow(&mut self, hash_of: &impl Fn(&E) -> u64) {
        let len = self.entries.len();
        let more = (len / 8).max(4);
        let more = if len < SEGMENT_MAX { more.min(SEGMENT_MAX - len) } else { more };
        self.entries.reserve_exact(more);
        self.index.reserve(more, rehash(hash_of, &self.entries));
    }

    /// Whether less than half of the room is in use, and giving it back is worth the while.
    fn is_roomy(&self) -> bool {
        self.entries.capacity() > 2 * self.entries.len() + 16
    }

    fn shrink(&mut self, hash_of: &impl Fn(&E) -> u64) {
        let keep = self.entries.len() + self.entries.len() / 8 + 4;
        self.entries.shrink_to(keep);
        self.index.shrink_to(keep, rehash(hash_of, &self.entries));
    }

    /// Makes the index anew, after the entries have changed their places.
    fn reindex(&mut self, hash_of: &impl Fn(&E) -> u64) {
        if self.is_roomy() {
            self.entries.shrink_to(self.entries.len() + self.entries.len() / 8 + 4);
        }
        self.index = HashTable::with_capacity(self.entries.capacity());
        for (place, entry) in self.entries.iter().enumerate() {
            let hash = index_hash(hash_of(entry));
            self.index.insert_unique(hash, place as u16, |_| unreachable!("there is room for all"));
        }
    }
}

/// The hash that a segment's index sees. It looks at the top seven bits and at the lowest few; the low
/// bits of the true hash come in both places, because the top ones are the same all over the segment.
fn index_hash(hash: u64) -> u64 {
    hash.rotate_right(16)
}

fn rehash<E>(hash_of: &impl Fn(&E) -> u64, entries: &[E]) -> impl Fn(&u16) -> u64 {
    |&place| index_hash(hash_of(&entries[place as usize]))
}
