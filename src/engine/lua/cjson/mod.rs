//! The `cjson` library: its settings, and what they mean to the encoder and the decoder beside it.

mod decode;
mod encode;

use std::sync::{Arc, Mutex, PoisonError};

use mlua::{Lua, MultiValue, Table, Value, Variadic};

use super::memory::lifted;

/// What a script may set, for all scripts after it too.
#[derive(Clone, Debug)]
struct Settings {
    /// Whether an array with too many holes becomes an object; else it is refused.
    sparse_convert: bool,
    /// How many times as long as its elements an array may be; 0 for no bound.
    sparse_ratio: i64,
    /// Up to which length holes are no matter.
    sparse_safe: i64,
    encode_max_depth: i64,
    decode_max_depth: i64,
    /// Significant digits.
    number_precision: i64,
    /// Without a meaning here; kept because scripts read it back.
    keep_buffer: bool,
    encode_invalid: Invalid,
    decode_invalid: bool,
}

/// What to do about NaN and infinity.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Invalid {
    Refuse,
    Write,
    Null,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            sparse_convert: false,
            sparse_ratio: 2,
            sparse_safe: 10,
            encode_max_depth: 1000,
            decode_max_depth: 1000,
            number_precision: 14,
            keep_buffer: true,
            encode_invalid: Invalid::Refuse,
            decode_invalid: true,
        }
    }
}

/// What a setting's function answers: an error text or nothing, then the values.
type Answer = (Option<String>, Variadic<Value>);

/// The values that a setting's function was called with.
struct Given<'a> {
    lua: &'a Lua,
    name: &'static str,
    values: MultiValue,
}

impl Given<'_> {
    fn at_most(&self, count: usize) -> Result<(), String> {
        if self.values.len() <= count {
            return Ok(());
        }
        Err(self.complaint(count + 1, "found too many arguments"))
    }

    fn complaint(&self, position: usize, what: &str) -> String {
        format!("bad argument #{position} to '{}' ({what})", self.name)
    }

    fn get(&self, index: usize) -> Option<&Value> {
        self.values.get(index).filter(|value| !value.is_nil())
    }

    /// Changes `setting` to the integer at `index`, if one is given.
    fn int(&self, index: usize, least: i64, most: i64, setting: &mut i64) -> Result<(), String> {
        let Some(value) = self.get(index) else { return Ok(()) };
        let number = self.lua.coerce_number(value.clone()).ok().flatten().ok_or_else(|| {
            self.complaint(index + 1, &format!("number expected, got {}", value.type_name()))
        })?;
        let number = number as i64;
        if !(least..=most).contains(&number) {
            // The first, whichever it was: so the library words it.
            return Err(self.complaint(1, &format!("expected integer between {least} and {most}")));
        }
        *setting = number;
        Ok(())
    }

    /// Which of `words` the value at `index` is; a boolean stands for the first two.
    fn choice(&self, index: usize, words: &[&str]) -> Result<Option<usize>, String> {
        let Some(value) = self.get(index) else { return Ok(None) };
        if let Value::Boolean(value) = value {
            return Ok(Some(usize::from(*value)));
        }
        let Some(text) = self.lua.coerce_string(value.clone()).ok().flatten() else {
            return Err(self.complaint(index + 1, &format!("string expected, got {}", value.type_name())));
        };
        let found = words.iter().position(|word| text == *word);
        found
            .map(Some)
            .ok_or_else(|| self.complaint(index + 1, &format!("invalid option '{}'", text.to_string_lossy())))
    }

    fn flag(&self, index: usize, setting: &mut bool) -> Result<(), String> {
        if let Some(choice) = self.choice(index, &["off", "on"])? {
            *setting = choice == 1;
        }
        Ok(())
    }
}

type Setter = fn(&Given<'_>, &mut Settings) -> Result<Vec<Value>, String>;

const INT_MAX: i64 = i32::MAX as i64;

const SETTERS: [(&str, Setter); 7] = [
    ("encode_sparse_array", |given, settings| {
        given.at_most(3)?;
        given.flag(0, &mut settings.sparse_convert)?;
        given.int(1, 0, INT_MAX, &mut settings.sparse_ratio)?;
        given.int(2, 0, INT_MAX, &mut settings.sparse_safe)?;
        Ok(vec![
            Value::Boolean(settings.sparse_convert),
            Value::Integer(settings.sparse_ratio),
            Value::Integer(settings.sparse_safe),
        ])
    }),
    ("encode_max_depth", |given, settings| {
        given.at_most(1)?;
        given.int(0, 1, INT_MAX, &mut settings.encode_max_depth)?;
        Ok(vec![Value::Integer(settings.encode_max_depth)])
    }),
    ("decode_max_depth", |given, settings| {
        given.at_most(1)?;
        given.int(0, 1, INT_MAX, &mut settings.decode_max_depth)?;
        Ok(vec![Value::Integer(settings.decode_max_depth)])
    }),
    ("encode_number_precision", |given, settings| {
        given.at_most(1)?;
        given.int(0, 1, 14, &mut settings.number_precision)?;
        Ok(vec![Value::Integer(settings.number_precision)])
    }),
    ("encode_keep_buffer", |given, settings| {
        given.at_most(1)?;
        given.flag(0, &mut settings.keep_buffer)?;
        Ok(vec![Value::Boolean(settings.keep_buffer)])
    }),
    ("encode_invalid_numbers", |given, settings| {
        given.at_most(1)?;
        if let Some(choice) = given.choice(0, &["off", "on", "null"])? {
            settings.encode_invalid = [Invalid::Refuse, Invalid::Write, Invalid::Null][choice];
        }
        Ok(vec![match settings.encode_invalid {
            Invalid::Refuse => Value::Boolean(false),
            Invalid::Write => Value::Boolean(true),
            Invalid::Null => given.lua.create_string("null").map_or(Value::Nil, Value::String),
        }])
    }),
    ("decode_invalid_numbers", |given, settings| {
        given.at_most(1)?;
        given.flag(0, &mut settings.decode_invalid)?;
        Ok(vec![Value::Boolean(settings.decode_invalid)])
    }),
];

/// One `cjson` with settings of its own: `encode`, `decode` and `settings` as sandbox.lua wraps them.
pub(super) fn create(lua: &Lua) -> mlua::Result<Table> {
    let settings = Arc::new(Mutex::new(Settings::default()));
    let current = move |settings: &Mutex<Settings>| -> Settings {
        settings.lock().unwrap_or_else(PoisonError::into_inner).clone()
    };
    let raw = lua.create_table()?;
    raw.raw_set("null", Value::NULL)?;

    let shared = Arc::clone(&settings);
    raw.raw_set(
        "encode",
        lua.create_function(move |lua, value: Value| match encode::encode(lua, &current(&shared), &value) {
            Ok(text) => lifted(lua, || lua.create_string(&text)).map(|text| (None, Some(text))),
            Err(complaint) => Ok((Some(complaint), None)),
        })?,
    )?;
    let shared = Arc::clone(&settings);
    raw.raw_set(
        "decode",
        lua.create_function(move |lua, text: mlua::BString| {
            let settings = current(&shared);
            match lifted(lua, || Ok(decode::decode(lua, &settings, &text)))? {
                Ok(value) => Ok((None, value)),
                Err(complaint) => Ok((Some(complaint), Value::Nil)),
            }
        })?,
    )?;
    let setters = lua.create_table()?;
    for (name, set) in SETTERS {
        let shared = Arc::clone(&settings);
        let setter = lua.create_function(move |lua, values: MultiValue| -> mlua::Result<Answer> {
            let mut settings = shared.lock().unwrap_or_else(PoisonError::into_inner);
            let given = Given { lua, name, values };
            lifted(lua, || {
                Ok(match set(&given, &mut settings) {
                    Ok(values) => (None, Variadic::from(values)),
                    Err(complaint) => (Some(complaint), Variadic::new()),
                })
            })
        })?;
        setters.raw_set(name, setter)?;
    }
    raw.raw_set("settings", setters)?;
    Ok(raw)
}
