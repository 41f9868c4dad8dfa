//! Where a handler says its reply.
//!
//! A handler speaks the RESP3 vocabulary, once, front to back; a sink whose reader speaks RESP2 gives the
//! RESP2 form of each word. The downgrade is one place: the provided methods of [`Sink`].

use crate::error::Error;

/// The kinds of container whose length can be said afterwards.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    /// An ordered list.
    Array,
    /// Pairs of a key and a value; the length counts pairs.
    Map,
    /// Distinct elements in no order.
    Set,
    /// An out-of-band message.
    Push,
}

/// A place in a sink, to cut it back to or to say a length at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mark(pub usize);

/// Who reads a reply. The required methods are words of the wire; handlers use the rest too.
pub trait Sink {
    /// The RESP version of the reader: 2 or 3.
    fn resp(&self) -> u8;
    /// Changes the reader's RESP version from here on (HELLO, `redis.setresp`).
    fn set_resp(&mut self, resp: u8);
    /// Where the sink stands.
    fn mark(&self) -> Mark;
    /// Forgets all that was said since `mark`: half a reply never escapes.
    fn cut(&mut self, mark: Mark);

    /// No value: `$-1` in RESP2, `_` in RESP3.
    fn null(&mut self);
    /// No list: `*-1` in RESP2, `_` in RESP3.
    fn null_array(&mut self);
    /// A status such as `OK`.
    fn simple(&mut self, text: &str);
    /// An error as a value: within EXEC's array, or what a script's `pcall` gave.
    fn error(&mut self, error: &Error);
    /// A 64-bit integer.
    fn int(&mut self, number: i64);
    /// Binary-safe bytes.
    fn bulk(&mut self, bytes: &[u8]);
    /// The head of a container: its `len` elements (pairs, for a map) follow. Called with [`Shape::Array`]
    /// or, when [`Sink::resp`] is 3, any shape.
    fn head(&mut self, shape: Shape, len: usize);
    /// Leaves a place for a head whose length is not known yet.
    fn open(&mut self) -> Mark;
    /// Says the head left open at `mark`.
    fn close(&mut self, mark: Mark, shape: Shape, len: usize);
    /// RESP3's double.
    fn double3(&mut self, number: f64);
    /// RESP3's boolean.
    fn bool3(&mut self, value: bool);
    /// RESP3's big number, in decimal.
    fn big_number3(&mut self, digits: &[u8]);
    /// RESP3's verbatim string, with its three-letter format.
    fn verbatim3(&mut self, format: &str, text: &[u8]);

    /// Something about the reply that follows, one pair of a name and what `value` says. Only RESP3 on a
    /// wire has a place for it: every other reader is told nothing.
    fn attribute(&mut self, _name: &[u8], _value: &dyn Fn(&mut dyn Sink)) {}

    /// `OK`.
    fn ok(&mut self) {
        self.simple("OK");
    }

    /// `len` elements in order.
    fn array(&mut self, len: usize) {
        self.head(Shape::Array, len);
    }

    /// `len` pairs of a key and a value; flat in RESP2.
    fn map(&mut self, len: usize) {
        if self.resp() == 3 { self.head(Shape::Map, len) } else { self.array(len * 2) }
    }

    /// `len` distinct elements; an array in RESP2.
    fn set(&mut self, len: usize) {
        self.head(if self.resp() == 3 { Shape::Set } else { Shape::Array }, len);
    }

    /// An out-of-band message of `len` elements; an array in RESP2.
    fn push(&mut self, len: usize) {
        self.head(if self.resp() == 3 { Shape::Push } else { Shape::Array }, len);
    }

    /// `len` pairs, each begun by [`Sink::pair`]: nested in RESP3, flat in RESP2 (WITHSCORES, WITHVALUES).
    fn pairs(&mut self, len: usize) {
        self.array(if self.resp() == 3 { len } else { len * 2 });
    }

    /// Begins one pair of [`Sink::pairs`].
    fn pair(&mut self) {
        if self.resp() == 3 {
            self.array(2);
        }
    }

    /// `len` entries, each begun by [`Sink::entry`]: a map in RESP3, an array of pairs in RESP2 (XREAD).
    fn entries(&mut self, len: usize) {
        self.head(if self.resp() == 3 { Shape::Map } else { Shape::Array }, len);
    }

    /// Begins one entry of [`Sink::entries`].
    fn entry(&mut self) {
        if self.resp() == 2 {
            self.array(2);
        }
    }

    /// Closes what [`Sink::open`] left, in the reader's form of the shape; for a map `len` counts pairs.
    fn close_as(&mut self, mark: Mark, shape: Shape, len: usize) {
        match shape {
            _ if self.resp() == 3 => self.close(mark, shape, len),
            Shape::Map => self.close(mark, Shape::Array, len * 2),
            _ => self.close(mark, Shape::Array, len),
        }
    }

    /// A double; its text in RESP2.
    fn double(&mut self, number: f64) {
        if self.resp() == 3 {
            self.double3(number);
        } else {
            self.bulk(&crate::number::format_float(number));
        }
    }

    /// A boolean; 1 or 0 in RESP2.
    fn boolean(&mut self, value: bool) {
        if self.resp() == 3 { self.bool3(value) } else { self.int(i64::from(value)) }
    }

    /// A big number in decimal; its text in RESP2.
    fn big_number(&mut self, digits: &[u8]) {
        if self.resp() == 3 { self.big_number3(digits) } else { self.bulk(digits) }
    }

    /// Text with a format (`txt`, `mkd`); plain bytes in RESP2.
    fn verbatim(&mut self, format: &str, text: &[u8]) {
        if self.resp() == 3 { self.verbatim3(format, text) } else { self.bulk(text) }
    }

    /// The bytes, or no value.
    fn bulk_or_null(&mut self, bytes: Option<&[u8]>) {
        match bytes {
            Some(bytes) => self.bulk(bytes),
            None => self.null(),
        }
    }
}
