//! Stream values: a log of entries in the order of their IDs, and the groups that consume it.

use std::collections::VecDeque;
use std::ops::Deref;

use super::stream_block::Block;
use super::stream_group::Groups;

pub use super::stream_block::{Entries, Entry};

/// The ID of an entry: milliseconds since the Unix epoch, then a sequence number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct StreamId {
    /// The part before the dash.
    pub ms: u64,
    /// The part after it.
    pub seq: u64,
}

impl StreamId {
    /// `0-0`, which no entry has.
    pub const MIN: Self = Self { ms: 0, seq: 0 };
    /// The last ID possible.
    pub const MAX: Self = Self { ms: u64::MAX, seq: u64::MAX };

    /// The ID right after.
    pub fn next(self) -> Option<Self> {
        match self.seq.checked_add(1) {
            Some(seq) => Some(Self { seq, ..self }),
            None => self.ms.checked_add(1).map(|ms| Self { ms, seq: 0 }),
        }
    }

    /// The ID right before.
    pub fn prev(self) -> Option<Self> {
        match self.seq.checked_sub(1) {
            Some(seq) => Some(Self { seq, ..self }),
            None => self.ms.checked_sub(1).map(|ms| Self { ms, seq: u64::MAX }),
        }
    }

    /// Reads `ms-seq`, or `ms` alone with `missing` for the sequence number.
    pub fn parse(text: &[u8], missing: u64) -> Option<Self> {
        // Nearly all are spelled as the server spells them.
        if let Some((ms, rest)) = parse_digits(text) {
            match rest {
                [] => return Some(Self { ms, seq: missing }),
                [b'-', seq @ ..] => {
                    if let Some((seq, [])) = parse_digits(seq) {
                        return Some(Self { ms, seq });
                    }
                }
                _ => {}
            }
        }
        let (ms, seq) = split_id(text)?;
        let seq = match seq {
            Some(seq) => parse_part(seq)?,
            None => missing,
        };
        Some(Self { ms: parse_part(ms)?, seq })
    }

    /// Reads the `ms` of `ms-*`.
    pub fn parse_ms_of_auto_seq(text: &[u8]) -> Option<u64> {
        match split_id(text)? {
            (ms, Some(b"*")) => parse_part(ms),
            _ => None,
        }
    }

    /// The ID as `ms-seq`.
    pub fn text(self) -> IdText {
        let mut text = IdText { bytes: [0; 41], len: 0 };
        text.put(itoa::Buffer::new().format(self.ms).as_bytes());
        text.put(b"-");
        text.put(itoa::Buffer::new().format(self.seq).as_bytes());
        text
    }
}

/// The two parts of an ID around its first dash. As in the server, whose text ends at a zero byte, what
/// follows one does not count.
fn split_id(text: &[u8]) -> Option<(&[u8], Option<&[u8]>)> {
    const LONGEST: usize = 127;
    if text.len() > LONGEST {
        return None;
    }
    let text = &text[..memchr::memchr(0, text).unwrap_or(text.len())];
    Some(match memchr::memchr(b'-', text) {
        Some(dash) => (&text[..dash], Some(&text[dash + 1..])),
        None => (text, None),
    })
}

/// A number of up to 19 digits, and what follows it.
fn parse_digits(text: &[u8]) -> Option<(u64, &[u8])> {
    const SURELY_FIT: usize = 19;
    let (mut number, mut digits) = (0, 0);
    while let Some(digit @ b'0'..=b'9') = text.get(digits) {
        if digits == SURELY_FIT {
            return None;
        }
        number = number * 10 + u64::from(digit - b'0');
        digits += 1;
    }
    (digits > 0).then(|| (number, &text[digits..]))
}

/// One part of an ID. Beside its one canonical spelling a number may be written as C's `strtoull` takes it:
/// after spaces, with a sign, with leading zeros.
fn parse_part(text: &[u8]) -> Option<u64> {
    if let Some(number) = crate::number::parse_int(text) {
        return u64::try_from(number).ok();
    }
    let text = &text[text.iter().take_while(|byte| matches!(byte, b' ' | b'\t'..=b'\r')).count()..];
    let (negative, digits) = match text.split_first()? {
        (b'-', digits) => (true, digits),
        (b'+', digits) => (false, digits),
        _ => (false, text),
    };
    if digits.is_empty() {
        return None;
    }
    let magnitude = digits.iter().try_fold(0u64, |number, byte| match byte {
        b'0'..=b'9' => number.checked_mul(10)?.checked_add(u64::from(byte - b'0')),
        _ => None,
    })?;
    Some(if negative { magnitude.wrapping_neg() } else { magnitude })
}

/// The text of an ID, without an allocation.
#[derive(Clone, Copy, Debug)]
pub struct IdText {
    bytes: [u8; 41],
    len: usize,
}

impl IdText {
    fn put(&mut self, part: &[u8]) {
        self.bytes[self.len..self.len + part.len()].copy_from_slice(part);
        self.len += part.len();
    }
}

impl Deref for IdText {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        &self.bytes[..self.len]
    }
}

/// What a stream is cut down to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Keep {
    /// So many of the last entries.
    Last(u64),
    /// Those from this ID on.
    From(StreamId),
}

/// How a stream is cut down.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Trim {
    /// What stays.
    pub keep: Keep,
    /// Whether only whole blocks go.
    pub whole_blocks: bool,
    /// At most so many entries go, whole blocks of them; 0: any number.
    pub limit: u64,
}

/// When a block of entries is full.
#[derive(Clone, Copy, Debug)]
pub struct BlockLimits {
    /// `stream-node-max-bytes`; 0: no limit of its own.
    pub bytes: usize,
    /// `stream-node-max-entries`; 0: no limit.
    pub entries: usize,
}

impl BlockLimits {
    /// The most bytes a block, and so an entry, may ever have.
    pub const MAX_BYTES: usize = 1 << 30;

    fn max_bytes(self) -> usize {
        if self.bytes == 0 { Self::MAX_BYTES } else { self.bytes.min(Self::MAX_BYTES) }
    }
}

/// The value of a stream.
#[derive(Clone, Debug, Default)]
pub struct Stream {
    /// The entries.
    pub log: Log,
    /// The consumer groups.
    pub groups: Groups,
}

impl Stream {
    /// What OBJECT ENCODING says of it.
    #[allow(clippy::unused_self, reason = "values of all types are asked for it, alike")]
    pub fn encoding(&self) -> &'static str {
        "stream"
    }

    /// The memory it takes beside its own struct, in bytes; in O(1).
    pub fn bytes(&self) -> usize {
        self.log.bytes() + self.groups.bytes()
    }
}

/// Builds a block of entries from elsewhere.
#[derive(Debug)]
pub struct BlockBuilder(Block);

impl BlockBuilder {
    /// A block whose entries count their IDs from `first` and need not repeat these names of fields.
    pub fn new(first: StreamId, names: &[&[u8]]) -> Self {
        Self(Block::empty(first, names))
    }

    /// Puts an entry at the end, as deleted if it is; whether it comes after all before.
    pub fn push(&mut self, id: StreamId, fields: &[&[u8]], deleted: bool) -> bool {
        let follows = id >= self.0.first && (!self.0.ever_held() || id > self.0.last);
        if follows {
            self.0.push(id, fields);
            if deleted {
                self.0.remove(id);
            }
        }
        follows
    }

    /// The last ID put in; `first` without one.
    pub fn last_id(&self) -> StreamId {
        self.0.last
    }

    /// How many entries it holds, without the deleted.
    pub fn live(&self) -> usize {
        self.0.len()
    }
}

/// The entries of a stream and what is remembered of those that are gone.
#[derive(Clone, Debug, Default)]
pub struct Log {
    /// In the order of their IDs. A block may be empty: XTRIM leaves one whose entries are older than its
    /// MINID when its last ID, deleted before, is not.
    blocks: VecDeque<Block>,
    len: u64,
    last_id: StreamId,
    max_deleted_id: StreamId,
    entries_added: u64,
    block_bytes: usize,
}

impl Log {
    /// A log of what [`BlockBuilder`]s built, in the order of their IDs.
    pub fn from_blocks(blocks: Vec<BlockBuilder>) -> Self {
        let blocks: VecDeque<Block> = blocks.into_iter().map(|builder| builder.0).collect();
        Self {
            len: blocks.iter().map(|block| block.len() as u64).sum(),
            last_id: blocks.back().map_or(StreamId::MIN, |block| block.last),
            block_bytes: blocks.iter().map(Block::bytes).sum(),
            blocks,
            ..Self::default()
        }
    }

    /// The blocks with any entries in them, each as the ID from which those of its entries are counted, the
    /// names of fields that entries need not repeat, and the entries.
    pub fn packed_blocks(&self) -> impl Iterator<Item = (StreamId, Vec<&[u8]>, Entries<'_>)> {
        let filled = self.blocks.iter().filter(|block| block.len() > 0);
        filled.map(|block| (block.first, block.field_names(), block.entries()))
    }

    /// How many entries there are.
    pub fn len(&self) -> u64 {
        self.len
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// The memory it takes beside its own struct, in bytes; in O(1).
    pub fn bytes(&self) -> usize {
        self.block_bytes + self.blocks.capacity() * size_of::<Block>()
    }

    /// The greatest ID ever given out.
    pub fn last_id(&self) -> StreamId {
        self.last_id
    }

    /// The greatest ID of an entry deleted by name.
    pub fn max_deleted_id(&self) -> StreamId {
        self.max_deleted_id
    }

    /// How many entries there ever were.
    pub fn entries_added(&self) -> u64 {
        self.entries_added
    }

    /// The ID of the first entry; `0-0` without one.
    pub fn first_id(&self) -> StreamId {
        self.first().map_or(StreamId::MIN, |entry| entry.id)
    }

    /// The first entry.
    pub fn first(&self) -> Option<Entry<'_>> {
        self.blocks.iter().find_map(|block| block.entries().next())
    }

    /// The last entry.
    pub fn last(&self) -> Option<Entry<'_>> {
        self.range_back(StreamId::MIN, StreamId::MAX).next()
    }

    /// The entry of this ID.
    pub fn get(&self, id: StreamId) -> Option<Entry<'_>> {
        self.range(id, id).next()
    }

    /// The first IDs of the blocks, in order.
    pub fn block_ids(&self) -> impl ExactSizeIterator<Item = StreamId> {
        self.blocks.iter().map(|block| block.first)
    }

    /// The ID that `*` gives at this time, in milliseconds since the Unix epoch; none after the last.
    pub fn auto_id(&self, now_ms: u64) -> Option<StreamId> {
        if now_ms > self.last_id.ms { Some(StreamId { ms: now_ms, seq: 0 }) } else { self.last_id.next() }
    }

    /// The ID that `ms-*` gives; none if there is no greater one with this `ms`.
    pub fn auto_seq(&self, ms: u64) -> Option<StreamId> {
        match ms.cmp(&self.last_id.ms) {
            std::cmp::Ordering::Less => None,
            std::cmp::Ordering::Equal => self.last_id.seq.checked_add(1).map(|seq| StreamId { ms, seq }),
            std::cmp::Ordering::Greater => Some(StreamId { ms, seq: 0 }),
        }
    }

    /// Puts an entry at the end. `id` is greater than all before; `fields` are names and values in turn.
    pub fn append(&mut self, id: StreamId, fields: &[&[u8]], limits: BlockLimits) {
        debug_assert!(id > self.last_id);
        // An empty block may be of greater IDs, when XSETID took the last one back.
        if self.blocks.back().is_some_and(|block| block.first >= id) {
            self.drop_block(self.blocks.len() - 1);
        }
        let added: usize = fields.iter().map(|text| text.len()).sum();
        let room =
            self.blocks.back_mut().filter(|block| !block.is_full(added, limits.max_bytes(), limits.entries));
        if let Some(block) = room {
            let before = block.bytes();
            block.push(id, fields);
            self.block_bytes = self.block_bytes + block.bytes() - before;
        } else {
            if let Some(block) = self.blocks.back_mut() {
                let before = block.bytes();
                block.close();
                self.block_bytes = self.block_bytes + block.bytes() - before;
            }
            let block = Block::new(id, fields);
            self.block_bytes += block.bytes();
            self.blocks.push_back(block);
        }
        self.len += 1;
        self.entries_added += 1;
        self.last_id = id;
    }

    /// Deletes an entry by its ID; whether it was there.
    pub fn delete(&mut self, id: StreamId) -> bool {
        let Some(at) = self.block_of(id) else { return false };
        let block = &mut self.blocks[at];
        let before = block.bytes();
        if !block.remove(id) {
            return false;
        }
        self.block_bytes = self.block_bytes + block.bytes() - before;
        if block.len() == 0 {
            self.drop_block(at);
        }
        self.len -= 1;
        self.max_deleted_id = self.max_deleted_id.max(id);
        true
    }

    fn drop_block(&mut self, at: usize) {
        if let Some(block) = self.blocks.remove(at) {
            self.block_bytes -= block.bytes();
        }
        if self.blocks.capacity() > 16 && self.blocks.capacity() / 4 > self.blocks.len() {
            self.blocks.shrink_to(self.blocks.len() * 2);
        }
    }

    /// Cuts the stream down from its front; how many entries went.
    pub fn trim(&mut self, trim: Trim) -> u64 {
        let mut removed = 0;
        while let Some(block) = self.blocks.front_mut() {
            let entries = block.len() as u64;
            if trim.limit > 0 && removed + entries > trim.limit {
                break;
            }
            let whole = match trim.keep {
                Keep::Last(keep) => self.len > keep && self.len - entries >= keep,
                Keep::From(id) => block.last < id,
            };
            if whole {
                self.drop_block(0);
                self.len -= entries;
                removed += entries;
                continue;
            }
            if !trim.whole_blocks {
                let before = block.bytes();
                let excess = match trim.keep {
                    Keep::Last(keep) => self.len.saturating_sub(keep),
                    Keep::From(_) => u64::MAX,
                };
                let mut seen = 0;
                let cut = block.remove_front(|id| {
                    seen += 1;
                    seen <= excess && !matches!(trim.keep, Keep::From(from) if id >= from)
                }) as u64;
                self.block_bytes = self.block_bytes + block.bytes() - before;
                self.len -= cut;
                removed += cut;
            }
            break;
        }
        removed
    }

    /// Sets what XSETID sets: the last ID, and what is given of the rest.
    pub fn set_id(
        &mut self,
        last_id: StreamId,
        entries_added: Option<u64>,
        max_deleted_id: Option<StreamId>,
    ) {
        self.last_id = last_id;
        self.entries_added = entries_added.unwrap_or(self.entries_added);
        self.max_deleted_id = max_deleted_id.unwrap_or(self.max_deleted_id);
    }

    /// The last block that begins at or before `id`.
    fn block_of(&self, id: StreamId) -> Option<usize> {
        match self.blocks.back() {
            // Reads and deletions are mostly of the newest entries.
            Some(block) if block.first <= id => Some(self.blocks.len() - 1),
            _ => self.blocks.partition_point(|block| block.first <= id).checked_sub(1),
        }
    }

    /// The entries from `start` to `end`, both included.
    pub fn range(&self, start: StreamId, end: StreamId) -> Range<'_> {
        let at = self.block_of(start).unwrap_or(0);
        let entries = self.blocks.get(at).map(|block| block.entries_from(start));
        Range { log: self, next_block: at + 1, entries, end }
    }

    /// The entries from `end` back to `start`, both included.
    pub fn range_back(&self, start: StreamId, end: StreamId) -> RangeBack<'_> {
        RangeBack {
            log: self,
            next_block: self.block_of(end).map_or(0, |at| at + 1),
            block: None,
            start,
            end,
        }
    }

    // ---- what groups count with ----

    /// Whether an entry may have been deleted by name from `start` on.
    pub(super) fn has_holes_from(&self, start: StreamId) -> bool {
        self.len > 0 && self.max_deleted_id > StreamId::MIN && start <= self.max_deleted_id
    }

    /// How many entries there ever were up to `id`, when that can be told.
    pub(crate) fn entries_up_to(&self, id: StreamId) -> Option<u64> {
        if self.entries_added == 0 {
            return Some(0);
        }
        if self.len == 0 && id <= self.last_id {
            return Some(self.entries_added);
        }
        if id > StreamId::MIN && id < self.max_deleted_id {
            return None;
        }
        if id >= self.last_id {
            return (id == self.last_id).then_some(self.entries_added);
        }
        let first = self.first_id();
        if self.max_deleted_id == StreamId::MIN || self.max_deleted_id < first {
            if id < first {
                return Some(self.entries_added.wrapping_sub(self.len));
            }
            if id == first {
                return Some(self.entries_added.wrapping_sub(self.len).wrapping_add(1));
            }
        }
        None
    }
}

/// Entries in order, from [`Log::range`].
#[derive(Clone, Debug)]
pub struct Range<'a> {
    log: &'a Log,
    next_block: usize,
    entries: Option<Entries<'a>>,
    end: StreamId,
}

impl<'a> Iterator for Range<'a> {
    type Item = Entry<'a>;

    fn next(&mut self) -> Option<Entry<'a>> {
        loop {
            if let Some(entry) = self.entries.as_mut()?.next() {
                return (entry.id <= self.end).then_some(entry);
            }
            self.entries = self.log.blocks.get(self.next_block).map(Block::entries);
            self.next_block += 1;
        }
    }
}

/// Entries in reverse order, from [`Log::range_back`].
#[derive(Clone, Debug)]
pub struct RangeBack<'a> {
    log: &'a Log,
    /// One past the block to go to next.
    next_block: usize,
    /// The block being walked, and where its entries that are left begin.
    block: Option<(&'a Block, Vec<usize>)>,
    start: StreamId,
    end: StreamId,
}

impl<'a> Iterator for RangeBack<'a> {
    type Item = Entry<'a>;

    fn next(&mut self) -> Option<Entry<'a>> {
        loop {
            if let Some((block, places)) = &mut self.block {
                let block: &'a Block = block;
                while let Some(entry) = places.pop().and_then(|place| block.entry_at(place)) {
                    if entry.id <= self.end {
                        return (entry.id >= self.start).then_some(entry);
                    }
                }
            }
            self.next_block = self.next_block.checked_sub(1)?;
            let block = self.log.blocks.get(self.next_block)?;
            self.block = Some((block, block.places()));
        }
    }
}

#[cfg(test)]
mod tests;
