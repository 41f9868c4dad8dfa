//! List values.

use std::collections::VecDeque;

use super::packed::{Element, Encoded, Packed};

#[cfg(test)]
mod tests;

/// Elements of more bytes than this fill a chunk even where chunks are bounded by a count.
const SAFE_SIZE: usize = 8192;
/// What a chunk is thought to grow by beside the text of a new element.
const OVERHEAD: usize = 8;

/// One of a list's two ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// The left one, of index 0.
    Head,
    /// The right one, of index -1.
    Tail,
}

/// How big a chunk may be, as `list-max-listpack-size` says it: a count if positive, a size class if not.
#[derive(Clone, Copy, Debug)]
struct Fill {
    count: usize,
    size: usize,
}

impl Fill {
    fn of(setting: i64) -> Self {
        const CLASSES: [usize; 5] = [4096, 8192, 16384, 32768, 65536];
        match setting {
            0.. => Self { count: setting.clamp(1, 1 << 15) as usize, size: usize::MAX },
            _ => Self {
                count: usize::MAX,
                size: CLASSES[(setting.unsigned_abs() as usize).min(CLASSES.len()) - 1],
            },
        }
    }

    /// Whether a listpack of this size and count would still be one.
    fn holds(self, size: usize, count: usize) -> bool {
        if self.count == usize::MAX { size <= self.size } else { size <= SAFE_SIZE && count <= self.count }
    }

    /// Whether a text of this length is a chunk of its own.
    fn is_large(self, len: usize) -> bool {
        len > self.size.min(if self.count == usize::MAX { self.size } else { SAFE_SIZE })
    }

    /// Whether a quicklist's chunk takes one more text of this length.
    fn takes(self, chunk: &Packed, len: usize) -> bool {
        !self.is_large(len) && self.holds(chunk.size() + len + OVERHEAD, chunk.len() + 1)
    }

    /// Whether a quicklist of only this chunk becomes a listpack: at half the bound, not to swing around it.
    fn repacks(self, chunk: &Packed) -> bool {
        if self.count == usize::MAX {
            chunk.size() <= self.size / 2
        } else {
            chunk.size() <= SAFE_SIZE && chunk.len() <= self.count / 2
        }
    }
}

/// A list: one packed allocation while it is small (`listpack`), a deque of them when it is not
/// (`quicklist`). Operations that add or remove take the setting `list-max-listpack-size`.
#[derive(Clone, Debug, Default)]
pub struct List {
    /// The first chunk; a listpack has no other. No chunk is empty unless the list is.
    first: Packed,
    rest: VecDeque<Packed>,
    quicklist: bool,
    len: usize,
    /// The memory of all chunks.
    chunk_bytes: usize,
}

impl List {
    /// A list of these chunks, none of which is empty; a quicklist if it is to be one, or if there are several
    /// or the only one is too big for a listpack.
    pub fn from_chunks(chunks: Vec<Packed>, quicklist: bool, fill: i64) -> Self {
        let mut list = Self {
            len: chunks.iter().map(Packed::len).sum(),
            chunk_bytes: chunks.iter().map(Packed::bytes).sum(),
            rest: chunks.into(),
            ..Self::default()
        };
        list.first = list.rest.pop_front().unwrap_or_default();
        list.quicklist =
            quicklist || !list.rest.is_empty() || !Fill::of(fill).holds(list.first.size(), list.len);
        list
    }

    /// The chunks in order, each with whether its one element is too large to be packed.
    pub fn packed_chunks(&self, fill: i64) -> impl ExactSizeIterator<Item = (&Packed, bool)> {
        (0..self.chunks()).map(move |at| {
            let chunk = self.chunk(at);
            let alone = self.quicklist && chunk.len() == 1;
            (chunk, alone && Fill::of(fill).is_large(chunk.get(0).len()))
        })
    }

    /// How many elements there are.
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether it has no elements.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// What OBJECT ENCODING says of it.
    pub fn encoding(&self) -> &'static str {
        if self.quicklist { "quicklist" } else { "listpack" }
    }

    /// The memory it takes beside its own struct, in bytes; in O(1).
    pub fn bytes(&self) -> usize {
        self.chunk_bytes + self.rest.capacity() * size_of::<Packed>()
    }

    /// The element of an index.
    pub fn get(&self, index: usize) -> Option<Element<'_>> {
        let (chunk, within) = self.locate(index)?;
        let chunk = self.chunk(chunk);
        Some(chunk.get(chunk.seek(within)))
    }

    /// The elements from an index on.
    pub fn iter_from(&self, index: usize) -> impl Iterator<Item = Element<'_>> {
        let found = self.locate(index);
        let head = found.map(|(chunk, within)| {
            let chunk = self.chunk(chunk);
            chunk.iter_from(chunk.seek(within))
        });
        let after = found.map_or(self.chunks(), |(chunk, _)| chunk + 1);
        head.into_iter().flatten().chain((after..self.chunks()).flat_map(|chunk| self.chunk(chunk).iter()))
    }

    /// The elements in order.
    pub fn iter(&self) -> impl Iterator<Item = Element<'_>> {
        self.iter_from(0)
    }

    /// The elements in reverse order.
    pub fn iter_back(&self) -> impl Iterator<Item = Element<'_>> {
        (0..self.chunks()).rev().flat_map(|chunk| self.chunk(chunk).iter().rev())
    }

    /// The indexes of elements that are this text, among the first `compared` elements.
    pub fn positions<'a>(
        &'a self,
        text: &'a Encoded<'a>,
        compared: usize,
    ) -> impl Iterator<Item = usize> + 'a {
        let places = (0..self.chunks()).flat_map(move |chunk| {
            let chunk = self.chunk(chunk);
            chunk.places().map(move |at| chunk.is_at(at, text))
        });
        (0..self.len).zip(places).take(compared).filter(|(_, equal)| *equal).map(|(index, _)| index)
    }

    /// The indexes of elements that are this text, among the last `compared` elements; last first.
    pub fn positions_back<'a>(
        &'a self,
        text: &'a Encoded<'a>,
        compared: usize,
    ) -> impl Iterator<Item = usize> + 'a {
        let places = (0..self.chunks()).rev().flat_map(move |chunk| {
            let chunk = self.chunk(chunk);
            chunk.places_back().map(move |at| chunk.is_at(at, text))
        });
        (0..self.len).rev().zip(places).take(compared).filter(|(_, equal)| *equal).map(|(index, _)| index)
    }

    /// Gets ready for these texts: becomes a quicklist if they are too much for a listpack.
    pub fn expect(&mut self, texts: &[&[u8]], fill: i64) {
        if !self.quicklist {
            let size = self.first.size() + texts.iter().map(|text| text.len()).sum::<usize>();
            self.quicklist = !Fill::of(fill).holds(size, self.len + texts.len());
        }
    }

    /// Adds texts at an end, one after the other.
    pub fn push(&mut self, end: End, texts: &[&[u8]], fill: i64) {
        self.expect(texts, fill);
        for text in texts {
            self.push_one(end, text, fill);
        }
    }

    fn push_one(&mut self, end: End, text: &[u8], fill: i64) {
        let at = match end {
            End::Head => 0,
            End::Tail => self.chunks() - 1,
        };
        let encoded = Encoded::new(text);
        if self.takes(at, text, fill) {
            self.edit(at, |chunk| match end {
                End::Head => chunk.insert(0, &encoded),
                End::Tail => chunk.push(&encoded),
            });
        } else {
            let mut chunk = Packed::default();
            chunk.push(&encoded);
            self.insert_chunk(if end == End::Head { 0 } else { at + 1 }, chunk);
        }
        self.len += 1;
    }

    /// Takes an element off an end; [`List::repack`] is left to the caller.
    pub fn pop(&mut self, end: End) -> Option<Vec<u8>> {
        let index = match end {
            End::Head => 0,
            End::Tail => self.len.checked_sub(1)?,
        };
        let text = self.get(index)?.to_vec();
        let (chunk, within) = self.locate(index)?;
        self.remove_from_chunk(chunk, within, 1);
        Some(text)
    }

    /// Puts a text in the place of the element of an index, which is there.
    pub fn set(&mut self, index: usize, text: &[u8], fill: i64) {
        self.expect(&[text], fill);
        let Some((at, within)) = self.locate(index) else { return };
        let encoded = Encoded::new(text);
        let (chunk, limit) = (self.chunk(at), Fill::of(fill));
        let fits = !limit.is_large(text.len()) && limit.holds(chunk.size() + text.len() + OVERHEAD, 0);
        if !self.quicklist || fits || chunk.len() == 1 {
            self.edit(at, |chunk| chunk.replace(chunk.seek(within), &encoded));
        } else {
            self.edit(at, |chunk| chunk.remove(chunk.seek(within), 1));
            self.len -= 1;
            self.insert_at(at, within, text, fill);
        }
        self.repack(fill);
    }

    /// Puts a text before the element of an index, which is there.
    pub fn insert(&mut self, index: usize, text: &[u8], fill: i64) {
        self.expect(&[text], fill);
        if let Some((at, within)) = self.locate(index) {
            self.insert_at(at, within, text, fill);
        } else {
            self.push_one(End::Tail, text, fill);
        }
    }

    /// Puts a text before the element of an index within a chunk, which may be the chunk's end.
    fn insert_at(&mut self, at: usize, within: usize, text: &[u8], fill: i64) {
        let encoded = Encoded::new(text);
        self.len += 1;
        if self.takes(at, text, fill) {
            self.edit(at, |chunk| chunk.insert(chunk.seek(within), &encoded));
        } else if within == 0 && at > 0 && self.takes(at - 1, text, fill) {
            self.edit(at - 1, |chunk| chunk.push(&encoded));
        } else {
            let mut tail = Packed::default();
            self.edit(at, |chunk| tail = chunk.split_off(chunk.seek(within)));
            if !tail.is_empty() {
                self.insert_chunk(at + 1, tail);
            }
            if self.takes(at, text, fill) {
                self.edit(at, |chunk| chunk.push(&encoded));
            } else {
                let mut alone = Packed::default();
                alone.push(&encoded);
                self.insert_chunk(at + 1, alone);
            }
            if self.chunk(at).is_empty() {
                self.remove_chunk(at);
            }
            self.merge_around(at, fill);
        }
    }

    /// Makes one of neighbours that fit into one, after a chunk was split.
    fn merge_around(&mut self, at: usize, fill: i64) {
        for (left, right) in [(at + 2, at + 3), (at + 1, at + 2), (at, at + 1), (at.wrapping_sub(1), at)] {
            if right < self.chunks() && left < right {
                let (size, count) = [left, right].iter().fold((0, 0), |(size, count), part| {
                    (size + self.chunk(*part).size(), count + self.chunk(*part).len())
                });
                if Fill::of(fill).holds(size, count) {
                    let mut tail = Packed::default();
                    self.edit(right, |chunk| tail = std::mem::take(chunk));
                    self.remove_chunk(right);
                    self.edit(left, |chunk| chunk.append(&tail));
                }
            }
        }
    }

    /// Takes out `count` elements from an index on, or as many as there are.
    pub fn remove_range(&mut self, start: usize, count: usize, fill: i64) {
        let mut left = count.min(self.len.saturating_sub(start));
        let Some((mut at, mut within)) = self.locate(start) else { return };
        while left > 0 {
            let removed = left.min(self.chunk(at).len() - within);
            self.remove_from_chunk(at, within, removed);
            left -= removed;
            // An emptied chunk went, so that the next one stands in its place.
            at += usize::from(within > 0);
            within = 0;
        }
        self.repack(fill);
    }

    fn remove_from_chunk(&mut self, at: usize, within: usize, count: usize) {
        self.len -= count;
        if count == self.chunk(at).len() {
            self.remove_chunk(at);
        } else {
            self.edit(at, |chunk| chunk.remove(chunk.seek(within), count));
        }
    }

    /// Takes out elements that are this text: the first `most`, or the last; how many it were.
    pub fn remove_equal(&mut self, text: &[u8], from: End, most: usize, fill: i64) -> usize {
        let encoded = Encoded::new(text);
        let mut spared = match from {
            End::Head => 0,
            End::Tail => self.positions(&encoded, self.len).count().saturating_sub(most),
        };
        let mut left = most;
        let mut at = 0;
        while left > 0 && at < self.chunks() {
            let before = self.chunk(at).len();
            self.edit(at, |chunk| chunk.remove_equal(&encoded, &mut spared, &mut left));
            self.len -= before - self.chunk(at).len();
            if self.chunk(at).is_empty() && self.chunks() > 1 {
                self.remove_chunk(at);
            } else {
                at += 1;
            }
        }
        if left < most {
            self.repack(fill);
        }
        most - left
    }

    /// Makes a listpack of it again once it has become small.
    pub fn repack(&mut self, fill: i64) {
        if self.quicklist && self.rest.is_empty() && Fill::of(fill).repacks(&self.first) {
            self.quicklist = false;
            self.rest = VecDeque::new();
        }
    }

    fn takes(&self, at: usize, text: &[u8], fill: i64) -> bool {
        let chunk = self.chunk(at);
        !self.quicklist || chunk.is_empty() || Fill::of(fill).takes(chunk, text.len())
    }

    fn chunks(&self) -> usize {
        1 + self.rest.len()
    }

    fn chunk(&self, at: usize) -> &Packed {
        if at == 0 { &self.first } else { &self.rest[at - 1] }
    }

    /// The chunk of an index, and the index within it; looked for from the nearer end.
    fn locate(&self, index: usize) -> Option<(usize, usize)> {
        if index >= self.len {
            return None;
        }
        if index < self.len / 2 {
            let mut before = 0;
            (0..self.chunks()).find_map(|at| {
                let len = self.chunk(at).len();
                before += len;
                (index < before).then(|| (at, index + len - before))
            })
        } else {
            let mut start = self.len;
            (0..self.chunks()).rev().find_map(|at| {
                start -= self.chunk(at).len();
                (index >= start).then(|| (at, index - start))
            })
        }
    }

    /// Changes a chunk, keeping count of its memory.
    fn edit(&mut self, at: usize, change: impl FnOnce(&mut Packed)) {
        let chunk = if at == 0 { &mut self.first } else { &mut self.rest[at - 1] };
        self.chunk_bytes -= chunk.bytes();
        change(chunk);
        self.chunk_bytes += chunk.bytes();
    }

    fn insert_chunk(&mut self, at: usize, chunk: Packed) {
        self.chunk_bytes += chunk.bytes();
        if at == 0 {
            self.rest.push_front(std::mem::replace(&mut self.first, chunk));
        } else {
            self.rest.insert(at - 1, chunk);
        }
    }

    fn remove_chunk(&mut self, at: usize) {
        let removed = match at {
            0 => std::mem::replace(&mut self.first, self.rest.pop_front().unwrap_or_default()),
            _ => self.rest.remove(at - 1).unwrap_or_default(),
        };
        self.chunk_bytes -= removed.bytes();
        if self.rest.capacity() > 4 * self.rest.len() + 16 {
            self.rest.shrink_to(2 * self.rest.len());
        }
    }
}
