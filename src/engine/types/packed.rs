//! Elements in one allocation: what small lists, hashes, sets and sorted sets are made of, and the chunks of
//! big lists.
//!
//! The encoding is the listpack's, without its header and its end mark, so that sizes, and with them the
//! thresholds of OBJECT ENCODING, are those of a real server: each element is a head that says its kind and
//! length, its bytes, and its length once more, to be read backwards. An integer in its one canonical
//! spelling is kept as a number.

use std::borrow::Cow;

use crate::number;
use crate::sink::Sink;

#[cfg(test)]
mod tests;

/// What a listpack has beside its elements: the size, the count and the end mark.
const HEADER: usize = 7;

/// One element.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Element<'a> {
    /// Kept as a number; reads as its decimal text.
    Int(i64),
    /// Kept as it is.
    Bytes(&'a [u8]),
}

impl<'a> Element<'a> {
    /// The bytes; a number is written into `digits` first.
    pub fn text<'b>(self, digits: &'b mut itoa::Buffer) -> &'b [u8]
    where
        'a: 'b,
    {
        match self {
            Self::Int(number) => digits.format(number).as_bytes(),
            Self::Bytes(bytes) => bytes,
        }
    }

    /// The bytes, owned.
    pub fn to_vec(self) -> Vec<u8> {
        self.text(&mut itoa::Buffer::new()).to_vec()
    }

    /// How many bytes the text has.
    #[allow(clippy::len_without_is_empty, reason = "lengths are added up, and nobody asks whether one is 0")]
    pub fn len(self) -> usize {
        self.text(&mut itoa::Buffer::new()).len()
    }

    /// Says it as bytes.
    pub fn say(self, sink: &mut dyn Sink) {
        sink.bulk(self.text(&mut itoa::Buffer::new()));
    }
}

impl<'a> From<Element<'a>> for Cow<'a, [u8]> {
    fn from(element: Element<'a>) -> Self {
        match element {
            Element::Int(number) => Self::Owned(number::format_int(number)),
            Element::Bytes(bytes) => Self::Borrowed(bytes),
        }
    }
}

/// A text as it stands in a [`Packed`]: equal texts have equal encodings, so that to look for one is to
/// compare bytes.
#[derive(Clone, Copy, Debug)]
pub struct Encoded<'a> {
    head: [u8; 9],
    head_len: u8,
    tail: &'a [u8],
}

impl<'a> Encoded<'a> {
    /// Encodes a text.
    pub fn new(text: &'a [u8]) -> Self {
        match number::parse_int(text) {
            Some(number) => Self::int(number),
            None => Self::bytes(text),
        }
    }

    /// Encodes a number.
    pub fn int(number: i64) -> Self {
        let mut head = [0; 9];
        let data = number.to_le_bytes();
        let mut wide = |code: u8, width: usize| {
            head[0] = code;
            head[1..=width].copy_from_slice(&data[..width]);
            width + 1
        };
        let head_len = match number {
            0..=127 => wide(number as u8, 0),
            -4096..=4095 => {
                head[0] = 0xC0 | (number >> 8) as u8 & 0x1F;
                head[1] = number as u8;
                2
            }
            -0x8000..=0x7FFF => wide(0xF1, 2),
            -0x80_0000..=0x7F_FFFF => wide(0xF2, 3),
            -0x8000_0000..=0x7FFF_FFFF => wide(0xF3, 4),
            _ => wide(0xF4, 8),
        };
        Self { head, head_len: head_len as u8, tail: &[] }
    }

    fn bytes(tail: &'a [u8]) -> Self {
        let mut head = [0; 9];
        let len = tail.len();
        let head_len = match len {
            0..=63 => {
                head[0] = 0x80 | len as u8;
                1
            }
            64..=4095 => {
                head[0] = 0xE0 | (len >> 8) as u8;
                head[1] = len as u8;
                2
            }
            _ => {
                head[0] = 0xF0;
                // No argument is longer than 512 MiB.
                head[1..5].copy_from_slice(&(len as u32).to_le_bytes());
                5
            }
        };
        Self { head, head_len, tail }
    }

    fn head(&self) -> &[u8] {
        &self.head[..usize::from(self.head_len)]
    }

    fn len(&self) -> usize {
        self.head().len() + self.tail.len()
    }

    /// The bytes it takes in a [`Packed`].
    pub fn size(&self) -> usize {
        self.len() + back_width(self.len())
    }

    #[inline]
    fn stands_at(&self, bytes: &[u8]) -> bool {
        // The first byte tells most apart, and of short texts all but the bytes themselves.
        bytes.first() == Some(&self.head[0])
            && (self.head_len == 1 || bytes.starts_with(self.head()))
            && bytes[self.head().len()..].starts_with(self.tail)
    }

    fn append_to(&self, bytes: &mut Vec<u8>) {
        bytes.extend_from_slice(self.head());
        bytes.extend_from_slice(self.tail);
        let (back, width) = back_length(self.len());
        bytes.extend_from_slice(&back[..width]);
    }

    /// Writes it over as many bytes as it takes.
    fn write_to(&self, bytes: &mut [u8]) {
        let (head, tail) = (self.head().len(), self.len());
        if head == 1 && tail <= 127 {
            bytes[0] = self.head[0];
            bytes[1..tail].copy_from_slice(self.tail);
            bytes[tail] = tail as u8;
        } else {
            bytes[..head].copy_from_slice(self.head());
            bytes[head..tail].copy_from_slice(self.tail);
            let (back, width) = back_length(tail);
            bytes[tail..].copy_from_slice(&back[..width]);
        }
    }
}

/// How many bytes the length after an element takes.
fn back_width(len: usize) -> usize {
    match len {
        0..=127 => 1,
        128..16_383 => 2,
        16_383..2_097_151 => 3,
        2_097_151..268_435_455 => 4,
        _ => 5,
    }
}

/// The length after an element: seven bits a byte, the lowest last, all but the first with the top bit set.
pub(crate) fn back_length(len: usize) -> ([u8; 5], usize) {
    let width = back_width(len);
    let mut back = [0; 5];
    let mut rest = len;
    for (place, byte) in back[..width].iter_mut().enumerate().rev() {
        *byte = (rest & 127) as u8 | if place == 0 { 0 } else { 128 };
        rest >>= 7;
    }
    (back, width)
}

/// The sizes of an element's head and of the bytes after it.
fn measure(bytes: &[u8]) -> (usize, usize) {
    match bytes[0] {
        0..0x80 => (1, 0),
        code @ 0x80..0xC0 => (1, usize::from(code & 0x3F)),
        0xC0..0xE0 => (2, 0),
        code @ 0xE0..0xF0 => (2, usize::from(code & 0x0F) << 8 | usize::from(bytes[1])),
        0xF0 => (5, u32::from_le_bytes([bytes[1], bytes[2], bytes[3], bytes[4]]) as usize),
        0xF1 => (3, 0),
        0xF2 => (4, 0),
        0xF3 => (5, 0),
        _ => (9, 0),
    }
}

fn decode(bytes: &[u8]) -> Element<'_> {
    let (head, data) = measure(bytes);
    match (bytes[0], head) {
        (code @ 0..0x80, _) => Element::Int(i64::from(code)),
        (code @ 0xC0..0xE0, _) => {
            let thirteen = i16::from(code & 0x1F) << 8 | i16::from(bytes[1]);
            Element::Int(i64::from(thirteen << 3 >> 3))
        }
        (0xF1.., width) => {
            let mut number = [0; 8];
            number[9 - width..].copy_from_slice(&bytes[1..width]);
            // The bytes stand at the top, so that the shift down carries the sign.
            Element::Int(i64::from_le_bytes(number) >> (8 * (9 - width)))
        }
        _ => Element::Bytes(&bytes[head..head + data]),
    }
}

/// Elements one after the other in one allocation. A place is an offset: 0 is the first, [`Packed::end`] is
/// after the last.
#[derive(Clone, Debug, Default)]
pub struct Packed {
    bytes: Vec<u8>,
    len: u32,
}

impl Packed {
    /// Nothing yet, with room for `size` bytes of elements.
    pub fn with_room(size: usize) -> Self {
        Self { bytes: Vec::with_capacity(size), len: 0 }
    }

    /// How many elements there are.
    pub fn len(&self) -> usize {
        self.len as usize
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// The size that a real server's listpack of these elements has, in bytes.
    pub fn size(&self) -> usize {
        self.bytes.len() + HEADER
    }

    /// The memory it takes beside its own struct, in bytes.
    pub fn bytes(&self) -> usize {
        self.bytes.capacity()
    }

    /// The elements as they stand in a listpack.
    pub fn as_bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// The place after the last element.
    pub fn end(&self) -> usize {
        self.bytes.len()
    }

    /// The place after the element at `at`.
    pub fn next(&self, at: usize) -> usize {
        let (head, data) = measure(&self.bytes[at..]);
        at + head + data + back_width(head + data)
    }

    /// The place of the element before `at`, which is not the first.
    pub fn prev(&self, at: usize) -> usize {
        let (mut len, mut width) = (0, 0);
        loop {
            let byte = self.bytes[at - 1 - width];
            len |= usize::from(byte & 127) << (7 * width);
            width += 1;
            if byte & 128 == 0 {
                return at - width - len;
            }
        }
    }

    /// The element at a place.
    pub fn get(&self, at: usize) -> Element<'_> {
        decode(&self.bytes[at..])
    }

    /// The place of the element of this index, from the nearer end; the end's, if there are no more.
    pub fn seek(&self, index: usize) -> usize {
        if index < self.len() / 2 {
            (0..index).fold(0, |at, _| self.next(at))
        } else {
            (index..self.len()).fold(self.end(), |at, _| self.prev(at))
        }
    }

    /// The places of the elements in order.
    pub fn places(&self) -> impl Iterator<Item = usize> + '_ {
        std::iter::successors(Some(0), |at| Some(self.next(*at))).take(self.len())
    }

    /// The places of the elements in reverse order.
    pub fn places_back(&self) -> impl Iterator<Item = usize> + '_ {
        let before = |at: &usize| (*at > 0).then(|| self.prev(*at));
        std::iter::successors(Some(self.end()), before).skip(1)
    }

    /// The elements in order, from a place on.
    pub fn iter_from(&self, at: usize) -> Iter<'_> {
        Iter { packed: self, front: at, back: self.end() }
    }

    /// The elements in order.
    pub fn iter(&self) -> Iter<'_> {
        self.iter_from(0)
    }

    /// The first two elements of each group of `step`, from a place on.
    pub fn pairs_from(&self, at: usize, step: usize) -> Pairs<'_> {
        Pairs { elements: self.iter_from(at), more: step - 2 }
    }

    /// Each two elements.
    pub fn pairs(&self) -> Pairs<'_> {
        self.pairs_from(0, 2)
    }

    /// The place of a text, among the first elements of groups of `step`.
    pub fn find(&self, text: &Encoded<'_>, step: usize) -> Option<usize> {
        let mut at = 0;
        while at < self.end() {
            if text.stands_at(&self.bytes[at..]) {
                return Some(at);
            }
            for _ in 0..step {
                at = self.next(at);
            }
        }
        None
    }

    /// Whether this text stands at a place.
    pub fn is_at(&self, at: usize, text: &Encoded<'_>) -> bool {
        text.stands_at(&self.bytes[at..])
    }

    /// Makes room for `more` bytes of elements, and some to spare if there is much already.
    pub fn reserve(&mut self, more: usize) {
        let len = self.bytes.len();
        if self.bytes.capacity() - len < more {
            self.bytes.reserve_exact(more + len / 8);
        }
    }

    /// Appends a text.
    pub fn push(&mut self, text: &Encoded<'_>) {
        self.reserve(text.size());
        text.append_to(&mut self.bytes);
        self.len += 1;
    }

    /// Appends all elements of another.
    pub fn append(&mut self, other: &Self) {
        self.reserve(other.bytes.len());
        self.bytes.extend_from_slice(&other.bytes);
        self.len += other.len;
    }

    /// Puts a text before the element at `at`.
    pub fn insert(&mut self, at: usize, text: &Encoded<'_>) {
        if at == self.end() {
            self.push(text);
        } else {
            self.put(at, at, text);
            self.len += 1;
        }
    }

    /// Puts a text in the place of the element at `at`.
    pub fn replace(&mut self, at: usize, text: &Encoded<'_>) {
        self.put(at, self.next(at), text);
    }

    /// Puts an encoded text in the place of the bytes `from..to`.
    fn put(&mut self, from: usize, to: usize, text: &Encoded<'_>) {
        let size = text.size();
        if size != to - from {
            let (old_end, new_end) = (self.end(), self.end() + size - (to - from));
            if new_end > old_end {
                self.reserve(new_end - old_end);
                self.bytes.resize(new_end, 0);
            }
            self.bytes.copy_within(to..old_end, from + size);
            self.bytes.truncate(new_end);
            self.give_back_room();
        }
        text.write_to(&mut self.bytes[from..from + size]);
    }

    /// Takes `count` elements out, from the one at `at` on; gives the bytes back that this leaves unused.
    pub fn remove(&mut self, at: usize, count: usize) {
        let to = (0..count).fold(at, |to, _| self.next(to));
        self.bytes.drain(at..to);
        self.len -= count as u32;
        self.give_back_room();
    }

    /// Takes the elements from the one at `at` on into a packed of their own.
    #[must_use]
    pub fn split_off(&mut self, at: usize) -> Self {
        let mut tail = Self { bytes: self.bytes.split_off(at), len: 0 };
        tail.len = tail.iter().count() as u32;
        self.len -= tail.len;
        self.give_back_room();
        tail
    }

    /// Takes out up to `left` elements that are this text, after sparing the first `spared` of them; counts
    /// both down.
    pub fn remove_equal(&mut self, text: &Encoded<'_>, spared: &mut usize, left: &mut usize) {
        // What stands between two of them moves down in one piece.
        let (mut at, mut kept_from, mut to) = (0, 0, 0);
        while *left > 0 && at < self.bytes.len() {
            let next = self.next(at);
            if self.is_at(at, text) {
                if *spared > 0 {
                    *spared -= 1;
                } else {
                    *left -= 1;
                    self.len -= 1;
                    self.bytes.copy_within(kept_from..at, to);
                    to += at - kept_from;
                    kept_from = next;
                }
            }
            at = next;
        }
        let kept = self.bytes.len() - kept_from;
        self.bytes.copy_within(kept_from.., to);
        self.bytes.truncate(to + kept);
        self.give_back_room();
    }

    fn give_back_room(&mut self) {
        let len = self.bytes.len();
        if self.bytes.capacity() > 2 * len + 64 {
            self.bytes.shrink_to(len + len / 8);
        }
    }
}

impl<'a> IntoIterator for &'a Packed {
    type Item = Element<'a>;
    type IntoIter = Iter<'a>;

    fn into_iter(self) -> Iter<'a> {
        self.iter()
    }
}

/// Elements in order, from either end.
#[derive(Clone, Debug)]
pub struct Iter<'a> {
    packed: &'a Packed,
    front: usize,
    back: usize,
}

impl<'a> Iterator for Iter<'a> {
    type Item = Element<'a>;

    fn next(&mut self) -> Option<Element<'a>> {
        if self.front >= self.back {
            return None;
        }
        let bytes = &self.packed.bytes[self.front..];
        self.front = self.packed.next(self.front);
        Some(decode(bytes))
    }
}

impl DoubleEndedIterator for Iter<'_> {
    fn next_back(&mut self) -> Option<Self::Item> {
        if self.front >= self.back {
            return None;
        }
        self.back = self.packed.prev(self.back);
        Some(self.packed.get(self.back))
    }
}

/// Elements two at a time, each two maybe followed by some that are passed over.
#[derive(Clone, Debug)]
pub struct Pairs<'a> {
    elements: Iter<'a>,
    more: usize,
}

impl<'a> Iterator for Pairs<'a> {
    type Item = (Element<'a>, Element<'a>);

    fn next(&mut self) -> Option<Self::Item> {
        let pair = (self.elements.next()?, self.elements.next()?);
        for _ in 0..self.more {
            self.elements.next();
        }
        Some(pair)
    }
}
