//! Lua values to JSON text.

use mlua::{Function, Lua, Table, Value};

use super::{Invalid, Settings};
use crate::number::push_general;

/// Up to this depth tables are gone through by recursion, which is quicker; each level of it is one of the
/// 200 calls that the interpreter lets C code nest.
const RECURSIVE: i64 = 32;
/// The largest index that an array can have.
const LONGEST: i64 = i32::MAX as i64;
/// How deep tables nest at most, whatever the setting: where Lua's own stack ends.
const DEEPEST: i64 = 2600;

/// The text of a value, or why it has none.
pub(super) fn encode(lua: &Lua, settings: &Settings, value: &Value) -> Result<Vec<u8>, String> {
    let next = lua.globals().get("next").map_err(|error| error.to_string())?;
    let mut encoder = Encoder { settings, next, out: Vec::with_capacity(128), depth: 0 };
    encoder.value(value)?;
    Ok(encoder.out)
}

struct Encoder<'a> {
    settings: &'a Settings,
    /// Lua's `next`.
    next: Function,
    out: Vec<u8>,
    depth: i64,
}

/// A table deeper than [`RECURSIVE`], being written.
enum Frame {
    Array { table: Table, index: i64, len: i64 },
    Object { table: Table, key: Value, begun: bool },
}

/// How a table is written.
enum Form {
    Array(i64),
    Object,
}

impl Encoder<'_> {
    fn value(&mut self, value: &Value) -> Result<(), String> {
        match value {
            Value::Table(table) if self.depth < RECURSIVE => self.table(table),
            Value::Table(table) => self.deep(table),
            other => self.scalar(other),
        }
    }

    fn scalar(&mut self, value: &Value) -> Result<(), String> {
        match value {
            Value::Nil => self.out.extend_from_slice(b"null"),
            Value::LightUserData(pointer) if pointer.0.is_null() => self.out.extend_from_slice(b"null"),
            Value::Boolean(value) => self.out.extend_from_slice(if *value { b"true" } else { b"false" }),
            Value::Integer(number) => self.number(*number as f64)?,
            Value::Number(number) => self.number(*number)?,
            Value::String(text) => self.string(&text.as_bytes()),
            other => return Err(format!("Cannot serialise {}: type not supported", type_name(other))),
        }
        Ok(())
    }

    fn number(&mut self, number: f64) -> Result<(), String> {
        if !number.is_finite() {
            match self.settings.encode_invalid {
                Invalid::Refuse => return Err("Cannot serialise number: must not be NaN or Inf".to_owned()),
                Invalid::Null => {
                    self.out.extend_from_slice(b"null");
                    return Ok(());
                }
                Invalid::Write if number.is_nan() => {
                    self.out.extend_from_slice(b"nan");
                    return Ok(());
                }
                Invalid::Write => {}
            }
        }
        push_general(&mut self.out, number, self.settings.number_precision as usize);
        Ok(())
    }

    fn string(&mut self, text: &[u8]) {
        self.out.reserve(text.len() + 2);
        self.out.push(b'"');
        let mut plain = 0;
        for (at, byte) in text.iter().enumerate() {
            let escape: &[u8] = match byte {
                b'"' => b"\\\"",
                b'\\' => b"\\\\",
                b'/' => b"\\/",
                8 => b"\\b",
                b'\t' => b"\\t",
                b'\n' => b"\\n",
                12 => b"\\f",
                b'\r' => b"\\r",
                0..=31 | 127 => {
                    self.out.extend_from_slice(&text[plain..at]);
                    self.out.extend_from_slice(format!("\\u{byte:04x}").as_bytes());
                    plain = at + 1;
                    continue;
                }
                _ => continue,
            };
            self.out.extend_from_slice(&text[plain..at]);
            self.out.extend_from_slice(escape);
            plain = at + 1;
        }
        self.out.extend_from_slice(&text[plain..]);
        self.out.push(b'"');
    }

    fn enter(&mut self) -> Result<(), String> {
        self.depth += 1;
        if self.depth > self.settings.encode_max_depth.min(DEEPEST) {
            return Err(format!("Cannot serialise, excessive nesting ({})", self.depth));
        }
        Ok(())
    }

    fn table(&mut self, table: &Table) -> Result<(), String> {
        self.enter()?;
        if let Form::Array(len) = self.form(table)? {
            self.out.push(b'[');
            for index in 1..=len {
                self.comma(index > 1);
                let element: Value = table.raw_get(index).map_err(|error| error.to_string())?;
                self.value(&element)?;
            }
            self.out.push(b']');
        } else {
            self.out.push(b'{');
            let mut begun = false;
            let mut outcome = Ok(());
            let walked = table.for_each(|key: Value, value: Value| {
                self.comma(std::mem::replace(&mut begun, true));
                outcome = self.key(&key).and_then(|()| self.value(&value));
                if outcome.is_ok() { Ok(()) } else { Err(mlua::Error::StackError) }
            });
            outcome?;
            walked.map_err(|error| error.to_string())?;
            self.out.push(b'}');
        }
        self.depth -= 1;
        Ok(())
    }

    /// As [`Encoder::table`], without recursion.
    fn deep(&mut self, table: &Table) -> Result<(), String> {
        let mut stack = vec![self.open(table)?];
        while let Some(frame) = stack.last_mut() {
            match self.step(frame)? {
                Some(Value::Table(table)) => {
                    let frame = self.open(&table)?;
                    stack.push(frame);
                }
                Some(value) => self.scalar(&value)?,
                None => {
                    let array = matches!(stack.pop(), Some(Frame::Array { .. }));
                    self.out.push(if array { b']' } else { b'}' });
                    self.depth -= 1;
                }
            }
        }
        Ok(())
    }

    fn open(&mut self, table: &Table) -> Result<Frame, String> {
        self.enter()?;
        let table = table.clone();
        if let Form::Array(len) = self.form(&table)? {
            self.out.push(b'[');
            return Ok(Frame::Array { table, index: 0, len });
        }
        self.out.push(b'{');
        Ok(Frame::Object { table, key: Value::Nil, begun: false })
    }

    /// Writes what stands before the next value of a table, and gives the value.
    fn step(&mut self, frame: &mut Frame) -> Result<Option<Value>, String> {
        match frame {
            Frame::Array { index, len, .. } if index == len => Ok(None),
            Frame::Array { table, index, .. } => {
                self.comma(*index > 0);
                *index += 1;
                table.raw_get(*index).map(Some).map_err(|error| error.to_string())
            }
            Frame::Object { table, key, begun } => {
                let next: (Value, Value) =
                    self.next.call((&*table, &*key)).map_err(|error| error.to_string())?;
                if next.0.is_nil() {
                    return Ok(None);
                }
                self.comma(std::mem::replace(begun, true));
                self.key(&next.0)?;
                *key = next.0;
                Ok(Some(next.1))
            }
        }
    }

    fn comma(&mut self, begun: bool) {
        if begun {
            self.out.push(b',');
        }
    }

    fn key(&mut self, key: &Value) -> Result<(), String> {
        match key {
            Value::String(text) => self.string(&text.as_bytes()),
            Value::Integer(_) | Value::Number(_) => {
                self.out.push(b'"');
                self.scalar(key)?;
                self.out.push(b'"');
            }
            other => {
                return Err(format!(
                    "Cannot serialise {}: table key must be a number or string",
                    type_name(other)
                ));
            }
        }
        self.out.push(b':');
        Ok(())
    }

    /// An array is a table whose keys are all whole numbers from 1 on; an empty table is an object.
    fn form(&self, table: &Table) -> Result<Form, String> {
        let (mut largest, mut count) = (0, 0);
        let mut array = true;
        // Of the values nothing is asked, and a boolean is what costs least to ask for.
        let walked = table.for_each(|key: Value, _: bool| {
            let index = match key {
                Value::Integer(index) if (1..=LONGEST).contains(&index) => index,
                _ => {
                    array = false;
                    return Err(mlua::Error::StackError);
                }
            };
            largest = largest.max(index);
            count += 1;
            Ok(())
        });
        if !array || largest == 0 {
            return Ok(Form::Object);
        }
        walked.map_err(|error| error.to_string())?;
        let Settings { sparse_convert, sparse_ratio, sparse_safe, .. } = *self.settings;
        if sparse_ratio > 0 && largest > count * sparse_ratio && largest > sparse_safe {
            if sparse_convert {
                return Ok(Form::Object);
            }
            return Err("Cannot serialise table: excessively sparse array".to_owned());
        }
        Ok(Form::Array(largest))
    }
}

fn type_name(value: &Value) -> &'static str {
    match value {
        Value::LightUserData(_) => "userdata",
        other => other.type_name(),
    }
}
