//! The packed blocks that a stream keeps its entries in.
//!
//! A block is one allocation of up to a hundred entries or so. It begins with the field names of its first
//! entry; an entry with the same names in the same order keeps only its values. IDs are kept as differences
//! from the block's first. All numbers are LEB128 varints:
//!
//! ```text
//! block   fields n, n × (length, name), entry …
//! entry   length of the rest, ms difference, zigzag of the seq difference, pairs n (0: the block's fields),
//!         n × (length, field, length, value)   or, for 0, values only
//! ```
//!
//! When a block is full is behaviour that shows: `~` trims whole blocks. The server measures a block by the
//! length of its listpack, deleted entries included, so each block counts what that length would be.

use super::stream::StreamId;

/// The bytes a listpack has beside its elements.
const LISTPACK_FRAME: usize = 7;
/// Below this capacity no memory is given back.
const WORTH_SHRINKING: usize = 256;

/// A run of entries in the order of their IDs.
#[derive(Clone, Debug)]
pub(super) struct Block {
    /// The ID of the first entry ever put in, which outlives it: all others are differences from it.
    pub(super) first: StreamId,
    /// The ID of the last entry ever put in, deleted or not.
    pub(super) last: StreamId,
    data: Vec<u8>,
    /// Where the field names end.
    fields_end: usize,
    /// Where the first live entry begins; what lies between is garbage.
    head: usize,
    live: u32,
    deleted: u32,
    /// The length of the server's listpack less its frame and its two counters.
    listpack: usize,
}

impl Block {
    /// A block that holds one entry.
    pub(super) fn new(id: StreamId, fields: &[&[u8]]) -> Self {
        let names = fields.iter().step_by(2).copied();
        let mut block = Self::with_names(id, names, fields.iter().map(|text| text.len() + 2).sum());
        block.push(id, fields);
        block
    }

    /// A block without entries, whose first ID and field names are these.
    pub(super) fn empty(first: StreamId, names: &[&[u8]]) -> Self {
        Self::with_names(first, names.iter().copied(), 0)
    }

    fn with_names<'n>(first: StreamId, names: impl ExactSizeIterator<Item = &'n [u8]>, room: usize) -> Self {
        let mut data = Vec::with_capacity(16 + room);
        put_varint(&mut data, names.len() as u64);
        let mut listpack = listpack_int(names.len() as i64) + listpack_int(0);
        for name in names {
            put_text(&mut data, name);
            listpack += listpack_text(name);
        }
        let fields_end = data.len();
        Self { first, last: first, data, fields_end, head: fields_end, live: 0, deleted: 0, listpack }
    }

    /// Whether any entry was ever put in.
    pub(super) fn ever_held(&self) -> bool {
        self.live + self.deleted > 0
    }

    /// The names of fields that entries need not repeat.
    pub(super) fn field_names(&self) -> Vec<&[u8]> {
        let mut names = Reader { data: &self.data, at: 0 };
        (0..names.varint()).map(|_| names.text()).collect()
    }

    /// How many entries it holds.
    pub(super) fn len(&self) -> usize {
        self.live as usize
    }

    /// The memory it takes beside its own struct, in bytes.
    pub(super) fn bytes(&self) -> usize {
        self.data.capacity()
    }

    /// Whether a new entry of these bytes must begin a new block.
    pub(super) fn is_full(&self, added: usize, max_bytes: usize, max_entries: usize) -> bool {
        let counters = listpack_int(i64::from(self.live)) + listpack_int(i64::from(self.deleted));
        LISTPACK_FRAME + counters + self.listpack + added >= max_bytes
            || (max_entries > 0 && (self.live + self.deleted) as usize >= max_entries)
    }

    /// Puts an entry at the end; its ID is greater than all before.
    pub(super) fn push(&mut self, id: StreamId, fields: &[&[u8]]) {
        let pairs = fields.len() / 2;
        let same = self.has_fields(fields);
        let (ms, seq) = (id.ms - self.first.ms, id.seq.wrapping_sub(self.first.seq) as i64);
        let texts = |skip: usize| fields.iter().skip(skip).step_by(1 + skip);
        let listed = if same { 0 } else { pairs };
        let body = varint_len(ms)
            + varint_len(zigzag(seq))
            + varint_len(listed as u64)
            + texts(usize::from(same)).map(|text| varint_len(text.len() as u64) + text.len()).sum::<usize>();
        self.data.reserve(varint_len(body as u64) + body);
        put_varint(&mut self.data, body as u64);
        put_varint(&mut self.data, ms);
        put_varint(&mut self.data, zigzag(seq));
        put_varint(&mut self.data, listed as u64);
        self.listpack += listpack_int(0) + listpack_int(ms as i64) + listpack_int(seq);
        for text in texts(usize::from(same)) {
            put_text(&mut self.data, text);
            self.listpack += listpack_text(text);
        }
        // An entry of a listpack ends with the number of its elements.
        self.listpack += if same {
            listpack_int(pairs as i64 + 3)
        } else {
            listpack_int(pairs as i64) + listpack_int(pairs as i64 * 2 + 4)
        };
        self.last = id;
        self.live += 1;
    }

    fn has_fields(&self, fields: &[&[u8]]) -> bool {
        let mut names = Reader { data: &self.data, at: 0 };
        names.varint() as usize == fields.len() / 2
            && fields.iter().step_by(2).all(|field| names.text() == *field)
    }

    /// No entry will follow: gives back what was held for them.
    pub(super) fn close(&mut self) {
        self.data.shrink_to_fit();
    }

    /// The entries from the first on.
    pub(super) fn entries(&self) -> Entries<'_> {
        Entries { block: self, at: self.head }
    }

    /// The entries from the first one at or after `id` on.
    pub(super) fn entries_from(&self, id: StreamId) -> Entries<'_> {
        let mut entries = self.entries();
        while let Some((found, next)) = entries.peek_id()
            && found < id
        {
            entries.at = next;
        }
        entries
    }

    /// Where the entries begin, in order; each is what [`Block::entry_at`] takes.
    pub(super) fn places(&self) -> Vec<usize> {
        let mut entries = self.entries();
        let mut places = Vec::with_capacity(self.len());
        while let Some((_, next)) = entries.peek_id() {
            places.push(entries.at);
            entries.at = next;
        }
        places
    }

    /// The entry that begins at a place.
    pub(super) fn entry_at(&self, place: usize) -> Option<Entry<'_>> {
        Entries { block: self, at: place }.next()
    }

    /// Removes an entry; whether it was there.
    pub(super) fn remove(&mut self, id: StreamId) -> bool {
        let entries = self.entries_from(id);
        let begin = entries.at;
        match entries.peek_id() {
            Some((found, end)) if found == id => {
                if begin == self.head {
                    self.head = end;
                } else {
                    self.data.drain(begin..end);
                }
                self.count_removed(1);
                true
            }
            _ => false,
        }
    }

    /// Removes entries from the front while `more` says so, given an ID; how many.
    pub(super) fn remove_front(&mut self, mut more: impl FnMut(StreamId) -> bool) -> usize {
        let mut entries = self.entries();
        let mut removed = 0;
        while let Some((id, next)) = entries.peek_id()
            && more(id)
        {
            entries.at = next;
            removed += 1;
        }
        self.head = entries.at;
        self.count_removed(removed as u32);
        removed
    }

    fn count_removed(&mut self, removed: u32) {
        self.live -= removed;
        self.deleted += removed;
        let garbage = self.head - self.fields_end;
        if garbage > WORTH_SHRINKING && garbage > self.data.len() / 2 {
            self.data.drain(self.fields_end..self.head);
            self.head = self.fields_end;
        }
        if self.data.capacity() > WORTH_SHRINKING && self.data.capacity() / 4 > self.data.len() {
            self.data.shrink_to_fit();
        }
    }
}

/// One entry of a stream.
#[derive(Clone, Copy, Debug)]
pub struct Entry<'a> {
    /// Its ID.
    pub id: StreamId,
    pairs: usize,
    /// The names, when they are the block's.
    names: Option<Reader<'a>>,
    texts: Reader<'a>,
}

impl<'a> Entry<'a> {
    /// Whether its fields are its block's.
    pub fn has_block_fields(&self) -> bool {
        self.names.is_some()
    }

    /// How many fields it has; the same name may come twice.
    pub fn len(&self) -> usize {
        self.pairs
    }

    /// Whether it has no fields, which no entry is.
    pub fn is_empty(&self) -> bool {
        self.pairs == 0
    }

    /// Its fields with their values, in the order in which they were given.
    pub fn fields(&self) -> impl Iterator<Item = (&'a [u8], &'a [u8])> + use<'a> {
        let Self { mut names, mut texts, pairs, .. } = *self;
        (0..pairs).map(move |_| {
            let name = names.as_mut().unwrap_or(&mut texts).text();
            (name, texts.text())
        })
    }
}

/// The entries of a block from a place on.
#[derive(Clone, Debug)]
pub struct Entries<'a> {
    block: &'a Block,
    at: usize,
}

impl Entries<'_> {
    /// The ID of the next entry, and where the one after it begins.
    fn peek_id(&self) -> Option<(StreamId, usize)> {
        let block = self.block;
        if self.at >= block.data.len() {
            return None;
        }
        let mut reader = Reader { data: &block.data, at: self.at };
        let end = reader.varint() as usize + reader.at;
        Some((reader.id(block.first), end))
    }
}

impl<'a> Iterator for Entries<'a> {
    type Item = Entry<'a>;

    fn next(&mut self) -> Option<Entry<'a>> {
        let block = self.block;
        if self.at >= block.data.len() {
            return None;
        }
        let mut texts = Reader { data: &block.data, at: self.at };
        self.at = texts.varint() as usize + texts.at;
        let id = texts.id(block.first);
        let listed = texts.varint() as usize;
        if listed > 0 {
            return Some(Entry { id, pairs: listed, names: None, texts });
        }
        let mut names = Reader { data: &block.data, at: 0 };
        let pairs = names.varint() as usize;
        Some(Entry { id, pairs, names: Some(names), texts })
    }
}

/// Reads the words of a block.
#[derive(Clone, Copy, Debug)]
struct Reader<'a> {
    data: &'a [u8],
    at: usize,
}

impl<'a> Reader<'a> {
    fn varint(&mut self) -> u64 {
        let mut byte = self.data[self.at];
        self.at += 1;
        let mut number = u64::from(byte & 0x7f);
        let mut shift = 7;
        while byte & 0x80 != 0 {
            byte = self.data[self.at];
            self.at += 1;
            number |= u64::from(byte & 0x7f) << shift;
            shift += 7;
        }
        number
    }

    fn text(&mut self) -> &'a [u8] {
        let len = self.varint() as usize;
        let text = &self.data[self.at..self.at + len];
        self.at += len;
        text
    }

    fn id(&mut self, first: StreamId) -> StreamId {
        let ms = first.ms + self.varint();
        let seq = self.varint();
        StreamId { ms, seq: first.seq.wrapping_add((seq >> 1) ^ (seq & 1).wrapping_neg()) }
    }
}

fn zigzag(number: i64) -> u64 {
    ((number << 1) ^ (number >> 63)) as u64
}

fn varint_len(number: u64) -> usize {
    (64 - (number | 1).leading_zeros() as usize).div_ceil(7)
}

fn put_varint(data: &mut Vec<u8>, mut number: u64) {
    while number >= 0x80 {
        data.push(number as u8 | 0x80);
        number >>= 7;
    }
    data.push(number as u8);
}

fn put_text(data: &mut Vec<u8>, text: &[u8]) {
    put_varint(data, text.len() as u64);
    data.extend_from_slice(text);
}

/// The bytes an integer takes in a listpack, its back length included.
fn listpack_int(number: i64) -> usize {
    let magnitude = if number < 0 { !number } else { number };
    1 + match magnitude {
        0..=0x7f if number >= 0 => 1,
        0..=0xfff => 2,
        0x1000..=0x7fff => 3,
        0x8000..=0x7f_ffff => 4,
        0x80_0000..=0x7fff_ffff => 5,
        _ => 9,
    }
}

/// The bytes a text takes in a listpack, its back length included; one that spells an integer is kept as it.
fn listpack_text(text: &[u8]) -> usize {
    if let Some(b'-' | b'0'..=b'9') = text.first()
        && let Some(number) = crate::number::parse_int(text)
    {
        return listpack_int(number);
    }
    let encoded = text.len()
        + match text.len() {
            0..=0x3f => 1,
            0x40..=0xfff => 2,
            _ => 5,
        };
    let back = match encoded {
        0..=127 => 1,
        128..=16_383 => 2,
        16_384..=2_097_151 => 3,
        2_097_152..=268_435_455 => 4,
        _ => 5,
    };
    encoded + back
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entries_keep_field_order_duplicates_and_odd_ids() {
        let first = StreamId { ms: 5, seq: u64::MAX };
        let mut block = Block::new(first, &[b"a", b"1", b"a", b"2"]);
        block.push(StreamId { ms: 6, seq: 0 }, &[b"a", b"", b"a", b"x"]);
        block.push(StreamId { ms: u64::MAX, seq: 7 }, &[b"b", b"3"]);
        let seen: Vec<_> =
            block.entries().map(|entry| (entry.id, entry.fields().collect::<Vec<_>>())).collect();
        assert_eq!(seen[0], (first, vec![(&b"a"[..], &b"1"[..]), (b"a", b"2")]));
        assert_eq!(seen[1], (StreamId { ms: 6, seq: 0 }, vec![(&b"a"[..], &b""[..]), (b"a", b"x")]));
        assert_eq!(seen[2], (StreamId { ms: u64::MAX, seq: 7 }, vec![(&b"b"[..], &b"3"[..])]));
    }

    #[test]
    fn removing_gives_memory_back_and_leaves_the_rest() {
        let id = |seq| StreamId { ms: 1, seq };
        let value = [b'x'; 100];
        let mut block = Block::new(id(0), &[b"f", &value]);
        (1..100).for_each(|seq| block.push(id(seq), &[b"f", &value]));
        let full = block.bytes();
        for seq in (0..100).filter(|seq| seq % 50 != 49) {
            assert!(block.remove(id(seq)));
            assert!(!block.remove(id(seq)));
        }
        assert_eq!(block.entries().map(|entry| entry.id.seq).collect::<Vec<_>>(), [49, 99]);
        assert!(block.bytes() < full / 10, "{} of {full}", block.bytes());
        assert_eq!(block.remove_front(|id| id.seq < 60), 1);
        assert_eq!(block.places().len(), 1);
    }
}
