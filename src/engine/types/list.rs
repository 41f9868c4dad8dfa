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

/// How lists are cut into chunks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fill {
    /// `list-max-listpack-size`: a count if positive, a size class (-1: 4 KiB … -5: 64 KiB) if not.
    pub size: i64,
    /// `DEBUG QUICKLIST-PACKED-THRESHOLD`: texts of so many bytes are chunks of their own; if 0, those that
    /// the setting makes too large. What was put in before it is judged by it too, unlike in Redis.
    pub plain_from: usize,
}

/// What a [`Fill`] means for one chunk.
#[derive(Clone, Copy, Debug)]
struct Bounds {
    count: usize,
    size: usize,
    plain_from: usize,
}

impl Bounds {
    fn of(Fill { size, plain_from }: Fill) -> Self {
        const CLASSES: [usize; 5] = [4096, 8192, 16384, 32768, 65536];
        match size {
            0.. => Self { count: size.clamp(1, 1 << 15) as usize, size: usize::MAX, plain_from },
            _ => Self {
                count: usize::MAX,
                size: CLASSES[(size.unsigned_abs() as usize).min(CLASSES.len()) - 1],
                plain_from,
            },
        }
    }

    /// Whether a listpack of this size and count would still be one.
    fn holds(self, size: usize, count: usize) -> bool {
        if self.count == usize::MAX { size <= self.size } else { size <= SAFE_SIZE && count <= self.count }
    }

    /// Whether a text of this length is a chunk of its own.
    fn is_large(self, len: usize) -> bool {
        if self.plain_from > 0 {
            return len >= self.plain_from;
        }
        len > self.size.min(if self.count == usize::MAX { self.size } else { SAFE_SIZE })
    }

    /// Whether a quicklist's chunk is one element that is too large to be packed.
    fn is_plain(self, chunk: &Packed) -> bool {
        chunk.len() == 1 && self.is_large(chunk.get(0).len())
    }

    /// Whether a quicklist's chunk takes one more text of this length.
    fn takes(self, chunk: &Packed, len: usize) -> bool {
        // A plain chunk is full of itself, unless the threshold was lowered.
        if self.is_large(len) || (self.plain_from > 0 && self.is_plain(chunk)) {
            return false;
        }
        self.holds(chunk.size() + len + OVERHEAD, chunk.len() + 1)
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
/// (`quicklist`). Operations that add or remove are told how it is cut.
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
    pub fn from_chunks(chunks: Vec<Packed>, quicklist: bool, fill: Fill) -> Self {
        let mut list = Self {
            len: chunks.iter().map(Packed::len).sum(),
            chunk_bytes: chunks.iter().map(Packed::bytes).sum(),
            rest: chunks.into(),
            ..Self::default()
        };
        list.first = list.rest.pop_front().unwrap_or_default();
        list.quicklist =
            quicklist || !list.rest.is_empty() || !Bounds::of(fill).holds(list.first.size(), list.len);
        list
    }

    /// The chunks in order, each with whether its one element is too large to be packed.
    pub fn packed_chunks(&self, fill: Fill) -> impl ExactSizeIterator<Item = (&Packed, bool)> {
        (0..self.chunks()).map(move |at| (self.chunk(at), self.quicklist && self.is_plain(at, fill)))
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
    pub fn expect(&mut self, texts: &[&[u8]], fill: Fill) {
        if !self.quicklist {
            let size = self.first.size() + texts.iter().map(|text| text.len()).sum::<usize>();
            self.quicklist = !Bounds::of(fill).holds(size, self.len + texts.len());
        }
    }

    /// Adds texts at an end, one after the other.
    pub fn push(&mut self, end: End, texts: &[&[u8]], fill: Fill) {
        self.expect(texts, fill);
        for text in texts {
            self.push_one(end, text, fill);
        }
    }

    fn push_one(&mut self, end: End, text: &[u8], fill: Fill) {
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
            self.insert_alone(if end == End::Head { 0 } else { at + 1 }, &encoded);
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
    ///
    /// A chunk may grow beyond its bound by this; only an element too large to be packed goes into one of its
    /// own, and out of it.
    pub fn set(&mut self, index: usize, text: &[u8], fill: Fill) {
        self.expect(&[text], fill);
        let Some((at, within)) = self.locate(index) else { return };
        let large = Bounds::of(fill).is_large(text.len());
        let encoded = Encoded::new(text);
        if self.quicklist && self.is_plain(at, fill) && !large {
            self.insert(index, true, text, fill);
            self.len -= 1;
            self.remove_chunk(at);
        } else if !self.quicklist || !large || self.chunk(at).len() == 1 {
            self.edit(at, |chunk| chunk.replace(chunk.seek(within), &encoded));
        } else {
            self.split(at, within + 1);
            self.insert_alone(at + 1, &encoded);
            if within == 0 {
                self.remove_chunk(at);
            } else {
                self.edit(at, |chunk| chunk.remove(chunk.seek(within), 1));
                self.merge_around(at + 1, fill);
            }
        }
        self.repack(fill);
    }

    /// Whether a quicklist's chunk is one element that is too large to be packed.
    fn is_plain(&self, at: usize, fill: Fill) -> bool {
        Bounds::of(fill).is_plain(self.chunk(at))
    }

    /// Puts a text before the element of an index, which is there, or after it.
    pub fn insert(&mut self, index: usize, after: bool, text: &[u8], fill: Fill) {
        self.expect(&[text], fill);
        let Some((at, within)) = self.locate(index) else { return };
        let encoded = Encoded::new(text);
        let place = within + usize::from(after);
        self.len += 1;
        if self.takes(at, text, fill) {
            return self.edit(at, |chunk| chunk.insert(chunk.seek(place), &encoded));
        }
        if place == 0 || place == self.chunk(at).len() {
            let next = if after { at + 1 } else { at.wrapping_sub(1) };
            if next < self.chunks() && self.takes(next, text, fill) {
                self.edit(next, |chunk| if after { chunk.insert(0, &encoded) } else { chunk.push(&encoded) });
            } else {
                self.insert_alone(at + usize::from(after), &encoded);
            }
            return;
        }
        self.split(at, place);
        if Bounds::of(fill).is_large(text.len()) {
            self.insert_alone(at + 1, &encoded);
        } else if after {
            self.edit(at + 1, |chunk| chunk.insert(0, &encoded));
            self.merge_around(at, fill);
        } else {
            self.edit(at, |chunk| chunk.push(&encoded));
            self.merge_around(at + 1, fill);
        }
    }

    /// Makes a chunk of its own of a text.
    fn insert_alone(&mut self, at: usize, text: &Encoded<'_>) {
        let mut alone = Packed::default();
        alone.push(text);
        self.insert_chunk(at, alone);
    }

    /// Makes two chunks of one, if elements are on both sides.
    fn split(&mut self, at: usize, within: usize) {
        let mut tail = Packed::default();
        self.edit(at, |chunk| tail = chunk.split_off(chunk.seek(within)));
        if !tail.is_empty() {
            self.insert_chunk(at + 1, tail);
        }
    }

    /// Makes one of neighbours that fit into one, around the chunk at which one was split: those to its left,
    /// those to its right, then it with each.
    fn merge_around(&mut self, mut at: usize, fill: Fill) {
        at -= usize::from(at > 1 && self.merge_with_next(at - 2, fill));
        self.merge_with_next(at + 1, fill);
        at -= usize::from(at > 0 && self.merge_with_next(at - 1, fill));
        self.merge_with_next(at, fill);
    }

    fn merge_with_next(&mut self, left: usize, fill: Fill) -> bool {
        let right = left + 1;
        if right >= self.chunks() {
            return false;
        }
        let (one, other) = (self.chunk(left), self.chunk(right));
        // One header is enough for both.
        let size = one.size() + other.size() - Packed::default().size();
        let bounds = Bounds::of(fill);
        let plain = bounds.plain_from > 0 && (bounds.is_plain(one) || bounds.is_plain(other));
        let fits = !plain && bounds.holds(size, one.len() + other.len());
        if fits {
            let mut tail = Packed::default();
            self.edit(right, |chunk| tail = std::mem::take(chunk));
            self.remove_chunk(right);
            self.edit(left, |chunk| chunk.append(&tail));
        }
        fits
    }

    /// Takes out `count` elements from an index on, or as many as there are.
    pub fn remove_range(&mut self, start: usize, count: usize, fill: Fill) {
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
    pub fn remove_equal(&mut self, text: &[u8], from: End, most: usize, fill: Fill) -> usize {
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
    pub fn repack(&mut self, fill: Fill) {
        if self.quicklist && self.rest.is_empty() && Bounds::of(fill).repacks(&self.first) {
            self.quicklist = false;
            self.rest = VecDeque::new();
        }
    }

    fn takes(&self, at: usize, text: &[u8], fill: Fill) -> bool {
        let chunk = self.chunk(at);
        !self.quicklist || chunk.is_empty() || Bounds::of(fill).takes(chunk, text.len())
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
