//! JSON text to Lua values.

use mlua::{Either, Lua, Table, Value};

use super::Settings;
use crate::lua::memory::LIMIT;
use crate::lua::text::read_number;

/// How often the interpreter's memory is looked at, in values: it grows faster than the text is long.
const LOOK_EVERY: u32 = 4096;

/// The value of a text, or why it has none.
pub(super) fn decode(lua: &Lua, settings: &Settings, text: &[u8]) -> Result<Value, String> {
    if text.len() >= 2 && (text[0] == 0 || text[1] == 0) {
        return Err("JSON parser does not support UTF-16 or UTF-32".to_owned());
    }
    Decoder { lua, settings, text, at: 0, scratch: Vec::new(), values: 0 }.run()
}

/// What the text goes on with.
enum Token {
    ObjectBegin,
    ObjectEnd,
    ArrayBegin,
    ArrayEnd,
    Colon,
    Comma,
    /// Its bytes are in [`Decoder::scratch`].
    String,
    Number(f64),
    Boolean(bool),
    Null,
    End,
    Error(&'static str),
}

impl Token {
    /// As error texts name it.
    fn name(&self) -> &'static str {
        match self {
            Self::ObjectBegin => "T_OBJ_BEGIN",
            Self::ObjectEnd => "T_OBJ_END",
            Self::ArrayBegin => "T_ARR_BEGIN",
            Self::ArrayEnd => "T_ARR_END",
            Self::Colon => "T_COLON",
            Self::Comma => "T_COMMA",
            Self::String => "T_STRING",
            Self::Number(_) => "T_NUMBER",
            Self::Boolean(_) => "T_BOOLEAN",
            Self::Null => "T_NULL",
            Self::End => "T_END",
            Self::Error(text) => text,
        }
    }
}

/// A table being filled.
enum Frame {
    Array { table: Table, len: usize },
    Object { table: Table, key: Vec<u8> },
}

struct Decoder<'a> {
    lua: &'a Lua,
    settings: &'a Settings,
    text: &'a [u8],
    at: usize,
    scratch: Vec<u8>,
    values: u32,
}

/// A token, and where it stands in the text.
type Found = (Token, usize);

/// A string that goes to Lua without a copy of its own when it is UTF-8.
fn lua_text(bytes: &[u8]) -> Either<&str, mlua::BString> {
    std::str::from_utf8(bytes).map_or_else(|_| Either::Right(bytes.into()), Either::Left)
}

impl Decoder<'_> {
    fn run(mut self) -> Result<Value, String> {
        let mut stack: Vec<Frame> = Vec::new();
        let mut found = self.token();
        loop {
            let mut done = match found.0 {
                Token::ObjectBegin => {
                    self.descend(stack.len() + 1)?;
                    let table = self.lua.create_table().map_err(|error| error.to_string())?;
                    let first = self.token();
                    if matches!(first.0, Token::ObjectEnd) {
                        Value::Table(table)
                    } else {
                        let key = self.key(&first)?;
                        stack.push(Frame::Object { table, key });
                        found = self.token();
                        continue;
                    }
                }
                Token::ArrayBegin => {
                    self.descend(stack.len() + 1)?;
                    let table = self.lua.create_table().map_err(|error| error.to_string())?;
                    let first = self.token();
                    if matches!(first.0, Token::ArrayEnd) {
                        Value::Table(table)
                    } else {
                        stack.push(Frame::Array { table, len: 0 });
                        found = first;
                        continue;
                    }
                }
                Token::String => match stack.last_mut() {
                    // Straight into its table: a handle of its own would cost more than the string.
                    Some(frame) => {
                        frame.put(lua_text(&self.scratch))?;
                        self.count()?;
                        let Some(table) = self.after(&mut stack)? else {
                            found = self.token();
                            continue;
                        };
                        table
                    }
                    None => Value::String(
                        self.lua.create_string(&self.scratch).map_err(|error| error.to_string())?,
                    ),
                },
                Token::Number(number) => Value::Number(number),
                Token::Boolean(value) => Value::Boolean(value),
                Token::Null => Value::NULL,
                _ => return Err(complaint("value", &found)),
            };
            // A value ends the containers that it is the last of.
            loop {
                let Some(frame) = stack.last_mut() else {
                    let end = self.token();
                    return if matches!(end.0, Token::End) {
                        Ok(done)
                    } else {
                        Err(complaint("the end", &end))
                    };
                };
                frame.put(done)?;
                self.count()?;
                match self.after(&mut stack)? {
                    Some(table) => done = table,
                    None => break,
                }
            }
            found = self.token();
        }
    }

    /// Reads what follows a value within its container; the container itself when that was its end.
    fn after(&mut self, stack: &mut Vec<Frame>) -> Result<Option<Value>, String> {
        let separator = self.token();
        match (stack.last_mut(), &separator.0) {
            (Some(Frame::Array { .. }), Token::Comma) => Ok(None),
            (Some(Frame::Object { .. }), Token::Comma) => {
                let first = self.token();
                let next = self.key(&first)?;
                if let Some(Frame::Object { key, .. }) = stack.last_mut() {
                    *key = next;
                }
                Ok(None)
            }
            (Some(Frame::Array { .. }), Token::ArrayEnd) | (Some(Frame::Object { .. }), Token::ObjectEnd) => {
                Ok(stack.pop().map(|frame| match frame {
                    Frame::Array { table, .. } | Frame::Object { table, .. } => Value::Table(table),
                }))
            }
            (Some(Frame::Object { .. }), _) => Err(complaint("comma or object end", &separator)),
            _ => Err(complaint("comma or array end", &separator)),
        }
    }

    /// A member's name, and the colon after it.
    fn key(&mut self, found: &Found) -> Result<Vec<u8>, String> {
        if !matches!(found.0, Token::String) {
            return Err(complaint("object key string", found));
        }
        let key = self.scratch.clone();
        let colon = self.token();
        if matches!(colon.0, Token::Colon) { Ok(key) } else { Err(complaint("colon", &colon)) }
    }

    fn descend(&self, depth: usize) -> Result<(), String> {
        if depth as i64 <= self.settings.decode_max_depth {
            return Ok(());
        }
        Err(format!("Found too many nested data structures ({depth}) at character {}", self.at))
    }

    fn count(&mut self) -> Result<(), String> {
        self.values += 1;
        if self.values.is_multiple_of(LOOK_EVERY) && self.lua.used_memory() > LIMIT {
            return Err("not enough memory".to_owned());
        }
        Ok(())
    }

    fn token(&mut self) -> Found {
        while matches!(self.text.get(self.at), Some(b' ' | b'\t' | b'\n' | b'\r')) {
            self.at += 1;
        }
        let start = self.at;
        let Some(&byte) = self.text.get(start) else { return (Token::End, start) };
        let single = match byte {
            b'{' => Token::ObjectBegin,
            b'}' => Token::ObjectEnd,
            b'[' => Token::ArrayBegin,
            b']' => Token::ArrayEnd,
            b':' => Token::Colon,
            b',' => Token::Comma,
            0 => return (Token::End, start),
            b'"' => return self.string(),
            b'-' | b'0'..=b'9' => return self.number(),
            _ => return self.word(),
        };
        self.at += 1;
        (single, start)
    }

    fn number(&mut self) -> Found {
        let start = self.at;
        if !self.settings.decode_invalid && self.is_invalid_number() {
            return (Token::Error("invalid number"), start);
        }
        match read_number(&self.text[start..]) {
            Some((number, length)) => {
                self.at += length;
                (Token::Number(number), start)
            }
            None => (Token::Error("invalid number"), start),
        }
    }

    fn word(&mut self) -> Found {
        let start = self.at;
        for (word, token) in
            [("true", Token::Boolean(true)), ("false", Token::Boolean(false)), ("null", Token::Null)]
        {
            if self.text[start..].starts_with(word.as_bytes()) {
                self.at += word.len();
                return (token, start);
            }
        }
        let may_be_number = matches!(self.text[start], b'+' | b'i' | b'I' | b'n' | b'N');
        if may_be_number && self.settings.decode_invalid && self.is_invalid_number() {
            return self.number();
        }
        (Token::Error("invalid token"), start)
    }

    /// Whether this is a number that JSON does not have: hexadecimal, NaN, infinity, a leading zero or plus.
    fn is_invalid_number(&self) -> bool {
        let text = &self.text[self.at..];
        if text.first() == Some(&b'+') {
            return true;
        }
        let text = text.strip_prefix(b"-").unwrap_or(text);
        let begins = |word: &[u8]| text.get(..3).is_some_and(|head| head.eq_ignore_ascii_case(word));
        match text.first() {
            Some(b'0') => matches!(text.get(1), Some(b'x' | b'X' | b'0'..=b'9')),
            _ => begins(b"inf") || begins(b"nan"),
        }
    }

    fn string(&mut self) -> Found {
        let start = self.at;
        self.at += 1;
        self.scratch.clear();
        loop {
            let rest = &self.text[self.at..];
            let plain = rest.iter().position(|byte| matches!(byte, b'"' | b'\\' | 0)).unwrap_or(rest.len());
            self.scratch.extend_from_slice(&rest[..plain]);
            self.at += plain;
            match rest.get(plain) {
                Some(b'"') => {
                    self.at += 1;
                    return (Token::String, start);
                }
                Some(b'\\') => {
                    if let Err(problem) = self.escape() {
                        return (Token::Error(problem), self.at);
                    }
                }
                _ => return (Token::Error("unexpected end of string"), self.at),
            }
        }
    }

    fn escape(&mut self) -> Result<(), &'static str> {
        let byte = match self.text.get(self.at + 1) {
            Some(b'u') => return self.unicode().ok_or("invalid unicode escape code"),
            Some(b'b') => 8,
            Some(b'f') => 12,
            Some(b'n') => b'\n',
            Some(b'r') => b'\r',
            Some(b't') => b'\t',
            Some(b'"') => b'"',
            Some(b'\\') => b'\\',
            Some(b'/') => b'/',
            _ => return Err("invalid escape code"),
        };
        self.scratch.push(byte);
        self.at += 2;
        Ok(())
    }

    /// `\uXXXX`, or two of them that form a surrogate pair.
    fn unicode(&mut self) -> Option<()> {
        let unit = |at: usize| -> Option<u32> {
            let digits = self.text.get(at..at + 6)?.strip_prefix(b"\\u")?;
            digits.iter().try_fold(0, |sum, digit| Some(sum << 4 | char::from(*digit).to_digit(16)?))
        };
        let first = unit(self.at)?;
        let (code, length) = if (0xD800..0xDC00).contains(&first) {
            let second = unit(self.at + 6).filter(|second| (0xDC00..0xE000).contains(second))?;
            (0x10000 + ((first & 0x3FF) << 10) + (second & 0x3FF), 12)
        } else {
            (first, 6)
        };
        let letter = char::from_u32(code)?;
        self.scratch.extend_from_slice(letter.encode_utf8(&mut [0; 4]).as_bytes());
        self.at += length;
        Some(())
    }
}

impl Frame {
    fn put(&mut self, value: impl mlua::IntoLua) -> Result<(), String> {
        match self {
            Self::Array { table, len } => {
                *len += 1;
                table.raw_seti(*len, value)
            }
            Self::Object { table, key } => table.raw_set(lua_text(key), value),
        }
        .map_err(|error| error.to_string())
    }
}

fn complaint(expected: &str, (token, at): &Found) -> String {
    format!("Expected {expected} but found {} at character {}", token.name(), at + 1)
}
