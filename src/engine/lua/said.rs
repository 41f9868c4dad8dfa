//! What a command said to a script: a reply kept as words and bytes, then made into Lua values.

use mlua::{BString, Either, Lua, Table, Value};

use crate::error::Error;
use crate::sink::{Mark, Shape, Sink};

/// Bytes within [`Said::bytes`].
#[derive(Clone, Copy, Debug)]
struct Span {
    start: usize,
    end: usize,
}

/// One word of a reply.
#[derive(Clone, Copy, Debug)]
enum Word {
    Null,
    Status(Span),
    Error(Span),
    Int(i64),
    Bulk(Span),
    Head(Shape, usize),
    Double(f64),
    Bool(bool),
    BigNumber(Span),
    /// The first three bytes are the format.
    Verbatim(Span),
}

/// A sink whose memory serves one call of a script after the other.
#[derive(Debug, Default)]
pub(super) struct Said {
    resp: u8,
    words: Vec<Word>,
    bytes: Vec<u8>,
}

/// What kind of value `redis.call` has to hand out; the numbers are known to sandbox.lua.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Plain,
    Status,
    Error,
}

/// Memory kept for the next call; a larger reply's is given back.
const KEPT_BYTES: usize = 64 * 1024;

impl Said {
    /// Makes ready for one command's reply to a script that speaks RESP version `resp`.
    pub(super) fn begin(&mut self, resp: u8) {
        self.resp = resp;
        self.words.clear();
        self.words.shrink_to(KEPT_BYTES / size_of::<Word>());
        self.bytes.clear();
        self.bytes.shrink_to(KEPT_BYTES);
    }

    fn keep(&mut self, bytes: &[u8]) -> Span {
        let start = self.bytes.len();
        self.bytes.extend_from_slice(bytes);
        Span { start, end: self.bytes.len() }
    }

    fn text(&self, span: Span) -> &[u8] {
        &self.bytes[span.start..span.end]
    }

    /// Whether making it into a value takes the interpreter's memory.
    pub(super) fn needs_memory(&self) -> bool {
        match self.words[..] {
            [Word::Null | Word::Int(_) | Word::Bool(_)] | [] => false,
            [Word::Status(span)] => self.text(span) != b"OK",
            _ => true,
        }
    }

    /// The reply as `redis.call` hands it out: a status and an error as their text, which sandbox.lua puts
    /// into a table. The status `OK` is nil, by far the most frequent.
    pub(super) fn value(&self, lua: &Lua) -> mlua::Result<(Value, Kind)> {
        match self.words[..] {
            [Word::Status(span)] if self.text(span) == b"OK" => Ok((Value::Nil, Kind::Status)),
            [Word::Status(span)] => Ok((self.string(lua, span)?, Kind::Status)),
            [Word::Error(span)] => Ok((self.string(lua, span)?, Kind::Error)),
            _ => Ok((self.build(lua)?, Kind::Plain)),
        }
    }

    fn string(&self, lua: &Lua, span: Span) -> mlua::Result<Value> {
        lua.create_string(self.text(span)).map(Value::String)
    }

    /// Builds the whole reply. Handlers nest a few levels at most.
    fn build(&self, lua: &Lua) -> mlua::Result<Value> {
        let mut words = self.words.iter();
        self.next_value(lua, &mut words)
    }

    fn next_value(&self, lua: &Lua, words: &mut std::slice::Iter<'_, Word>) -> mlua::Result<Value> {
        let Some(word) = words.next() else { return Ok(Value::Nil) };
        let tagged = |tag: &str, value: Value| -> mlua::Result<Value> {
            let table = lua.create_table()?;
            table.raw_set(tag, value)?;
            Ok(Value::Table(table))
        };
        Ok(match *word {
            Word::Null => self.nothing(),
            Word::Status(span) => tagged("ok", self.string(lua, span)?)?,
            Word::Error(span) => tagged("err", self.string(lua, span)?)?,
            Word::Int(number) => Value::Number(number as f64),
            Word::Bulk(span) => self.string(lua, span)?,
            Word::Double(number) => tagged("double", Value::Number(number))?,
            Word::Bool(value) => Value::Boolean(value),
            Word::BigNumber(span) => tagged("big_number", self.string(lua, span)?)?,
            Word::Verbatim(span) => {
                let format = Span { start: span.start, end: span.start + 3 };
                let text = Span { start: span.start + 3, end: span.end };
                let parts = lua.create_table()?;
                parts.raw_set("format", self.string(lua, format)?)?;
                parts.raw_set("string", self.string(lua, text)?)?;
                tagged("verbatim_string", Value::Table(parts))?
            }
            Word::Head(Shape::Array, len) if Self::is_flat(words, len) => {
                // One sequence at once: a handle for each element would cost more than the element.
                let elements = words.by_ref().take(len).map(|word| self.element(*word));
                Value::Table(lua.create_sequence_from(elements)?)
            }
            Word::Head(shape, len) => {
                let table = lua.create_table()?;
                self.fill(lua, words, &table, shape, len)?;
                match shape {
                    Shape::Array | Shape::Push => Value::Table(table),
                    Shape::Map => tagged("map", Value::Table(table))?,
                    Shape::Set => tagged("set", Value::Table(table))?,
                }
            }
        })
    }

    /// Whether the next `len` words are elements that [`Said::element`] can give.
    fn is_flat(words: &std::slice::Iter<'_, Word>, len: usize) -> bool {
        let words = words.as_slice();
        let plain = |word: &Word| matches!(word, Word::Bulk(_) | Word::Int(_) | Word::Null);
        words.get(..len).is_some_and(|elements| elements.iter().all(plain))
    }

    fn element(&self, word: Word) -> Either<Either<&str, BString>, Value> {
        match word {
            Word::Bulk(span) => Either::Left(super::text(self.text(span))),
            Word::Int(number) => Either::Right(Value::Number(number as f64)),
            _ => Either::Right(self.nothing()),
        }
    }

    fn nothing(&self) -> Value {
        if self.resp == 3 { Value::Nil } else { Value::Boolean(false) }
    }

    fn fill(
        &self,
        lua: &Lua,
        words: &mut std::slice::Iter<'_, Word>,
        table: &Table,
        shape: Shape,
        len: usize,
    ) -> mlua::Result<()> {
        for index in 1..=len {
            let value = self.next_value(lua, words)?;
            match shape {
                Shape::Array | Shape::Push => table.raw_seti(index, value)?,
                Shape::Set => table.raw_set(value, true)?,
                Shape::Map => table.raw_set(value, self.next_value(lua, words)?)?,
            }
        }
        Ok(())
    }
}

impl Sink for Said {
    fn resp(&self) -> u8 {
        self.resp
    }
    fn set_resp(&mut self, resp: u8) {
        self.resp = resp;
    }
    fn mark(&self) -> Mark {
        Mark(self.words.len())
    }
    fn cut(&mut self, mark: Mark) {
        self.words.truncate(mark.0);
    }
    fn null(&mut self) {
        self.words.push(Word::Null);
    }
    fn null_array(&mut self) {
        self.words.push(Word::Null);
    }
    fn simple(&mut self, text: &str) {
        let span = self.keep(text.as_bytes());
        self.words.push(Word::Status(span));
    }
    fn error(&mut self, error: &Error) {
        let span = self.keep(error.wire());
        self.words.push(Word::Error(span));
    }
    fn int(&mut self, number: i64) {
        self.words.push(Word::Int(number));
    }
    fn bulk(&mut self, bytes: &[u8]) {
        let span = self.keep(bytes);
        self.words.push(Word::Bulk(span));
    }
    fn head(&mut self, shape: Shape, len: usize) {
        self.words.push(Word::Head(shape, len));
    }
    fn open(&mut self) -> Mark {
        let mark = self.mark();
        self.words.push(Word::Null);
        mark
    }
    fn close(&mut self, mark: Mark, shape: Shape, len: usize) {
        self.words[mark.0] = Word::Head(shape, len);
    }
    fn double3(&mut self, number: f64) {
        self.words.push(Word::Double(number));
    }
    fn bool3(&mut self, value: bool) {
        self.words.push(Word::Bool(value));
    }
    fn big_number3(&mut self, digits: &[u8]) {
        let span = self.keep(digits);
        self.words.push(Word::BigNumber(span));
    }
    fn verbatim3(&mut self, format: &str, text: &[u8]) {
        let start = self.keep(format.as_bytes()).start;
        let end = self.keep(text).end;
        self.words.push(Word::Verbatim(Span { start, end }));
    }
}
