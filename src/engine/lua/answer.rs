//! What a script returned, said as a reply.

use mlua::{BString, Either, Function, LuaString, Table, Value};

use crate::error::{Error, Result};
use crate::sink::{Mark, Shape, Sink};

/// Where Lua's own stack ends for a C function that goes through tables: a level of an array takes one place
/// of it, a level of a map or set three.
const STACK: usize = 7996;

/// From how many elements on it pays to ask whether the first is a string.
const MANY: usize = 4;

const TOO_DEEP: Error = Error::Fixed("ERR reached lua stack limit");

/// What a script's return value becomes depends on more than the reader.
pub(super) struct Answer<'a> {
    /// Lua's `next`.
    pub(super) next: &'a Function,
    /// The RESP version that the script asked for with `redis.setresp`.
    pub(super) script_resp: u8,
}

/// A table being said.
enum Frame {
    /// Elements from 1 up to the first nil.
    Array { table: Table, index: usize, mark: Mark },
    /// Pairs; `value` waits for its key to be said.
    Map { table: Table, key: Value, value: Option<Value>, pairs: usize, mark: Mark },
    /// Keys.
    Set { table: Table, key: Value, members: usize, mark: Mark },
}

impl Frame {
    fn size(&self) -> usize {
        if matches!(self, Self::Array { .. }) { 1 } else { 3 }
    }

    fn close(self, sink: &mut dyn Sink) {
        match self {
            Self::Array { index, mark, .. } => sink.close_as(mark, Shape::Array, index - 1),
            Self::Map { pairs, mark, .. } => sink.close_as(mark, Shape::Map, pairs),
            Self::Set { members, mark, .. } => sink.close_as(mark, Shape::Set, members),
        }
    }
}

impl Answer<'_> {
    /// Says a script's result. A table with an `err` field is an error; `plain` tells that it is an array
    /// and has none of the fields that would make it something else.
    pub(super) fn say(&self, value: Value, plain: bool, sink: &mut dyn Sink) -> Result {
        let mut stack = Vec::new();
        if plain && let Value::Table(table) = value {
            stack.push(self.array(table, sink));
        } else {
            if let Value::Table(table) = &value
                && let Some(text) = string_field(table, "err")
            {
                return Err(error_of(&text));
            }
            stack.extend(self.value(value, sink));
        }
        let mut used = 1 + stack.iter().map(Frame::size).sum::<usize>();
        while let Some(frame) = stack.last_mut() {
            let size = frame.size();
            match self.step(frame) {
                Ok(Some(_)) if used >= STACK => sink.error(&TOO_DEEP),
                Ok(Some(value)) => {
                    if let Some(frame) = self.value(value, sink) {
                        used += frame.size();
                        stack.push(frame);
                    }
                }
                Ok(None) => {
                    used -= size;
                    if let Some(frame) = stack.pop() {
                        frame.close(sink);
                    }
                }
                // The stack that holds what the engine holds of Lua has ended, a little earlier.
                Err(_) => {
                    if let Frame::Array { index, .. } = frame {
                        *index += 1;
                        sink.error(&TOO_DEEP);
                    } else if let Some(frame) = stack.pop() {
                        used -= size;
                        frame.close(sink);
                    }
                }
            }
        }
        Ok(())
    }

    /// The next value of a table to be said.
    fn step(&self, frame: &mut Frame) -> mlua::Result<Option<Value>> {
        match frame {
            Frame::Array { table, index, .. } => match table.raw_get(*index)? {
                Value::Nil => Ok(None),
                value => {
                    *index += 1;
                    Ok(Some(value))
                }
            },
            Frame::Map { table, key, value, pairs, .. } => {
                if let Some(value) = value.take() {
                    return Ok(Some(value));
                }
                let (next_key, next_value) = self.next.call::<(Value, Value)>((&*table, &*key))?;
                if next_key.is_nil() {
                    return Ok(None);
                }
                *key = next_key.clone();
                *value = Some(next_value);
                *pairs += 1;
                Ok(Some(next_key))
            }
            Frame::Set { table, key, members, .. } => {
                let next_key = self.next.call::<Value>((&*table, &*key))?;
                if next_key.is_nil() {
                    return Ok(None);
                }
                *key = next_key.clone();
                *members += 1;
                Ok(Some(next_key))
            }
        }
    }

    /// Says a value that holds no others, or gives back the table to be gone through.
    fn value(&self, value: Value, sink: &mut dyn Sink) -> Option<Frame> {
        if let Value::Table(table) = value {
            return self.table(table, sink);
        }
        self.scalar(&value, sink);
        None
    }

    /// An array of which what comes before the first table is said already.
    fn array(&self, table: Table, sink: &mut dyn Sink) -> Frame {
        let mark = sink.open();
        let index = self.leading(&table, sink);
        Frame::Array { table, index, mark }
    }

    /// Says an array's elements as far as no table is among them, and gives the index of the next. Strings are
    /// better copied off Lua's stack, for a handle to one costs three times as much; only, a number comes as
    /// its text so.
    fn leading(&self, table: &Table, sink: &mut dyn Sink) -> usize {
        let mut index = 1;
        if table.raw_len() >= MANY && matches!(table.raw_get(1), Ok(Value::String(_))) {
            for element in table.sequence_values::<Either<BString, Value>>() {
                match element {
                    Ok(Either::Left(text)) if !is_number_like(&text) => sink.bulk(&text),
                    _ => match table.raw_get(index) {
                        Ok(Value::Table(_)) | Err(_) => break,
                        Ok(value) => self.scalar(&value, sink),
                    },
                }
                index += 1;
            }
            return index;
        }
        for value in table.sequence_values() {
            match value {
                Ok(Value::Table(_)) | Err(_) => break,
                Ok(value) => self.scalar(&value, sink),
            }
            index += 1;
        }
        index
    }

    fn table(&self, table: Table, sink: &mut dyn Sink) -> Option<Frame> {
        if let Some(text) = string_field(&table, "err") {
            sink.error(&error_of(&text));
        } else if let Some(text) = string_field(&table, "ok") {
            sink.simple(&String::from_utf8_lossy(&on_one_line(&text)));
        } else if let Some(number) =
            table.raw_get("double").ok().and_then(|value| super::text::number_of(&value))
        {
            sink.double(number);
        } else if let Some(digits) = string_field(&table, "big_number") {
            sink.big_number(&on_one_line(&digits));
        } else if let Ok(Value::Table(verbatim)) = table.raw_get("verbatim_string")
            && let (Some(text), Some(format)) =
                (string_field(&verbatim, "string"), string_field(&verbatim, "format"))
        {
            let mut name = [b' '; 3];
            name.iter_mut().zip(format.as_bytes().iter()).for_each(|(to, from)| *to = *from);
            sink.verbatim(&String::from_utf8_lossy(&name), &text.as_bytes());
        } else if let Ok(Value::Table(map)) = table.raw_get("map") {
            return Some(Frame::Map {
                table: map,
                key: Value::Nil,
                value: None,
                pairs: 0,
                mark: sink.open(),
            });
        } else if let Ok(Value::Table(set)) = table.raw_get("set") {
            return Some(Frame::Set { table: set, key: Value::Nil, members: 0, mark: sink.open() });
        } else {
            return Some(self.array(table, sink));
        }
        None
    }

    fn scalar(&self, value: &Value, sink: &mut dyn Sink) {
        match value {
            Value::String(text) => sink.bulk(&text.as_bytes()),
            Value::Integer(number) => sink.int(*number),
            Value::Number(number) => sink.int(to_int(*number)),
            Value::Boolean(value) if self.script_resp == 3 => sink.boolean(*value),
            Value::Boolean(true) => sink.int(1),
            _ => sink.null(),
        }
    }
}

fn string_field(table: &Table, name: &str) -> Option<LuaString> {
    match table.raw_get(name) {
        Ok(Value::String(text)) => Some(text),
        _ => None,
    }
}

/// A status or an error ends at the first line end, so none may be in it.
fn on_one_line(text: &LuaString) -> Vec<u8> {
    text.as_bytes().iter().map(|byte| if matches!(byte, b'\r' | b'\n') { b' ' } else { *byte }).collect()
}

fn error_of(text: &LuaString) -> Error {
    Error::text(on_one_line(text))
}

/// Whether bytes may be Lua's text of a number, which has at most 24 of them.
fn is_number_like(text: &[u8]) -> bool {
    const LONGEST: usize = 24;
    match text.first() {
        Some(b'0'..=b'9' | b'-') => {
            text.len() <= LONGEST
                && text.iter().all(|byte| {
                    matches!(byte, b'0'..=b'9' | b'.' | b'e' | b'-' | b'+' | b'i' | b'n' | b'f' | b'a')
                })
        }
        _ => matches!(text, b"inf" | b"nan"),
    }
}

/// A Lua number as an integer reply: cut off, not rounded. What does not fit is the smallest integer, as
/// the processor's own conversion has it.
fn to_int(number: f64) -> i64 {
    if (-9_223_372_036_854_775_808.0..9_223_372_036_854_775_808.0).contains(&number) {
        number as i64
    } else {
        i64::MIN
    }
}
