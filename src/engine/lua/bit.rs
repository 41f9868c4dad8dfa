//! The `bit` library: 32-bit operations on numbers.

use mlua::{Lua, MultiValue, Table, Value};

use super::memory::lifted;

/// An error text or nothing, then the result.
type Answer = (Option<String>, Value);

/// The arguments of one call.
struct Given<'a> {
    lua: &'a Lua,
    name: &'static str,
    values: MultiValue,
}

impl Given<'_> {
    /// The argument at `index` as 32 bits: rounded, then cut to its lowest bits.
    fn bits(&self, index: usize) -> Result<u32, String> {
        /// Added to a number, it leaves its lowest 32 bits at the end of the mantissa.
        const TO_MANTISSA: f64 = 6_755_399_441_055_744.0;
        let value = self.values.get(index).cloned();
        let got = value.as_ref().map_or("no value", Value::type_name);
        let number = value.and_then(|value| self.lua.coerce_number(value).ok().flatten());
        let number = number.ok_or_else(|| {
            format!("bad argument #{} to '{}' (number expected, got {got})", index + 1, self.name)
        })?;
        Ok((number + TO_MANTISSA).to_bits() as u32)
    }

    fn fold(&self, combine: fn(u32, u32) -> u32) -> Result<u32, String> {
        (1..self.values.len()).try_fold(self.bits(0)?, |bits, index| Ok(combine(bits, self.bits(index)?)))
    }

    /// A value and by how many bits to move it: the lowest five bits count.
    fn shift(&self, by: fn(u32, u32) -> u32) -> Result<u32, String> {
        Ok(by(self.bits(0)?, self.bits(1)? & 31))
    }
}

type Operation = fn(&Given<'_>) -> Result<u32, String>;

const OPERATIONS: [(&str, Operation); 11] = [
    ("tobit", |given| given.bits(0)),
    ("bnot", |given| given.bits(0).map(|bits| !bits)),
    ("band", |given| given.fold(|a, b| a & b)),
    ("bor", |given| given.fold(|a, b| a | b)),
    ("bxor", |given| given.fold(|a, b| a ^ b)),
    ("lshift", |given| given.shift(|bits, by| bits << by)),
    ("rshift", |given| given.shift(|bits, by| bits >> by)),
    ("arshift", |given| given.shift(|bits, by| (bits as i32 >> by) as u32)),
    ("rol", |given| given.shift(u32::rotate_left)),
    ("ror", |given| given.shift(u32::rotate_right)),
    ("bswap", |given| given.bits(0).map(u32::swap_bytes)),
];

/// `bit.tohex(x [, digits])`: upper case when `digits` is negative.
fn to_hex(given: &Given<'_>) -> Result<String, String> {
    let bits = given.bits(0)?;
    let digits = if given.values.len() > 1 { given.bits(1)? as i32 } else { 8 };
    let width = digits.unsigned_abs().min(8) as usize;
    let text = if digits < 0 { format!("{bits:08X}") } else { format!("{bits:08x}") };
    Ok(text[8 - width..].to_owned())
}

/// The library's functions, as sandbox.lua wraps them.
pub(super) fn create(lua: &Lua) -> mlua::Result<Table> {
    let library = lua.create_table()?;
    for (name, operate) in OPERATIONS {
        let run = lua.create_function(move |lua, values: MultiValue| -> mlua::Result<Answer> {
            Ok(match operate(&Given { lua, name, values }) {
                // Results are signed, whatever the operation.
                Ok(bits) => (None, Value::Number(f64::from(bits as i32))),
                Err(complaint) => (Some(complaint), Value::Nil),
            })
        })?;
        library.raw_set(name, run)?;
    }
    let run = lua.create_function(|lua, values: MultiValue| -> mlua::Result<Answer> {
        match to_hex(&Given { lua, name: "tohex", values }) {
            Ok(text) => lifted(lua, || lua.create_string(text)).map(|text| (None, Value::String(text))),
            Err(complaint) => Ok((Some(complaint), Value::Nil)),
        }
    })?;
    library.raw_set("tohex", run)?;
    Ok(library)
}
