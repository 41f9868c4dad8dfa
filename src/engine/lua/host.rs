//! The functions that sandbox.lua builds the scripts' world from.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use mlua::string::BorrowedBytes;
use mlua::{BString, Lua, MultiValue, Table, Value};
use sha1::{Digest, Sha1};
use smallvec::SmallVec;

use super::calls::{Called, Desk, refuse};
use super::memory::{LIMIT, lifted};
use super::{bit, cjson};

/// The Redis version that scripts read: `REDIS_VERSION` and the same as a number, a byte for each part.
const VERSION: (&str, i64) = ("8.0.2", 0x0008_0002);

/// The chunk's name: what errors raised by its functions begin with.
pub(super) const SANDBOX: &str = "@sandbox";

/// A value and its kind; nil for a plain one.
type Reply = (Value, Option<u8>);

/// The kinds as sandbox.lua knows them.
const STATUS: u8 = 1;
const ERROR: u8 = 2;

/// The table of functions, and of what is no function, given to sandbox.lua.
pub(super) fn create(lua: &Lua, desk: &Arc<Desk>) -> mlua::Result<Table> {
    let host = lua.create_table()?;
    host.raw_set("null", Value::NULL)?;
    host.raw_set("version", VERSION.0)?;
    host.raw_set("version_number", VERSION.1)?;
    host.raw_set("arm", lua.create_function(|lua, ()| lua.set_memory_limit(LIMIT).map(drop))?)?;
    host.raw_set("where", lua.create_function(|lua, ()| Ok(position(lua)))?)?;
    host.raw_set(
        "sha1hex",
        lua.create_function(|lua, text: BString| {
            let digest: [u8; 20] = Sha1::digest(&text).into();
            lifted(lua, || lua.create_string(crate::number::hex(&digest)))
        })?,
    )?;
    host.raw_set("cjson", lua.create_function(|lua, ()| lifted(lua, || cjson::create(lua)))?)?;
    host.raw_set("bit", bit::create(lua)?)?;
    add_random(lua, &host)?;
    add_calls(lua, &host, desk)?;
    Ok(host)
}

/// Where the script itself is: the innermost function on the stack that is Lua's and not the sandbox's.
fn position(lua: &Lua) -> (String, usize) {
    // 0 is this function, 1 the handler that asks.
    for level in 2.. {
        let found = lua.inspect_stack(level, |function| {
            let source = function.source();
            let of_script = source.what != "C" && source.source.as_deref() != Some(SANDBOX);
            let line = function.current_line()?;
            of_script.then(|| (source.source.map(String::from).unwrap_or_default(), line))
        });
        match found {
            Some(Some(position)) => return position,
            Some(None) => {}
            None => break,
        }
    }
    // A function that left its frame to another by a tail call has no line any more.
    ("@user_script".to_owned(), 1)
}

/// `math.random`'s generator: the 48-bit linear congruence of `drand48`, so that a seed gives scripts the
/// numbers that it gives them everywhere.
fn add_random(lua: &Lua, host: &Table) -> mlua::Result<()> {
    const MULTIPLIER: u64 = 0x5_DEEC_E66D;
    const INCREMENT: u64 = 0xB;
    const MASK: u64 = (1 << 48) - 1;
    const FIRST: u64 = 0x1234_ABCD_330E;
    const SEED_LOW: u64 = 0x330E;
    const MOST: u64 = i32::MAX as u64;
    let state = Arc::new(AtomicU64::new(FIRST));
    let seeded = Arc::clone(&state);
    host.raw_set(
        "random",
        lua.create_function(move |_, ()| {
            let next = (state.load(Ordering::Relaxed).wrapping_mul(MULTIPLIER) + INCREMENT) & MASK;
            state.store(next, Ordering::Relaxed);
            Ok(((next >> 17) % MOST) as f64 / MOST as f64)
        })?,
    )?;
    host.raw_set(
        "randomseed",
        lua.create_function(move |_, seed: f64| {
            let seed = u64::from(seed as i64 as u32);
            seeded.store((seed << 16) | SEED_LOW, Ordering::Relaxed);
            Ok(())
        })?,
    )
}

fn add_calls(lua: &Lua, host: &Table, desk: &Arc<Desk>) -> mlua::Result<()> {
    host.raw_set("callers", callers(lua, desk)?)?;
    let caller = Arc::clone(desk);
    host.raw_set(
        "call_with_values",
        lua.create_function(move |lua, values: MultiValue| match Bytes::of_all(values) {
            Some(argv) => called(lua, &caller, &argv),
            None => refused(lua, refuse::ARGUMENT_TYPE),
        })?,
    )?;
    host.raw_set("argument_type", refuse::ARGUMENT_TYPE)?;
    host.raw_set(
        "number_text",
        lua.create_function(|lua, number: f64| lifted(lua, || lua.create_string(number_text(number))))?,
    )?;
    let session = Arc::clone(desk);
    host.raw_set(
        "setresp",
        lua.create_function(move |_, version: u8| {
            session.set_resp(version);
            Ok(())
        })?,
    )?;
    let asked = Arc::clone(desk);
    host.raw_set(
        "acl_check_cmd",
        lua.create_function(move |_, values: MultiValue| {
            let answer = match Bytes::of_all(values) {
                None => Err(refuse::ARGUMENT_TYPE),
                Some(argv) if argv.is_empty() => Err(refuse::NOTHING),
                Some(argv) => {
                    let argv: Vec<&[u8]> = argv.iter().map(AsRef::as_ref).collect();
                    asked.may_call(&argv)
                }
            };
            Ok((answer.err(), answer.unwrap_or_default()))
        })?,
    )
}

/// What runs a command of one argument, of two, and so on, all of them strings: copied off the stack one by
/// one they take a third of the time of any number of any values.
fn callers(lua: &Lua, desk: &Arc<Desk>) -> mlua::Result<Table> {
    let callers = lua.create_table()?;
    // A tuple of mlua's has 16 places at most, of which the last may be another tuple.
    macro_rules! add {
        ($($text:ident)+ $(, $($more:ident)+)?) => {{
            let desk = Arc::clone(desk);
            callers.raw_push(lua.create_function(move |lua, ($($text,)+ $(($($more,)+),)?)| {
                let argv: &[BString] = &[$($text,)+ $($($more,)+)?];
                called(lua, &desk, argv)
            })?)?;
        }};
    }
    add!(a);
    add!(a b);
    add!(a b c);
    add!(a b c d);
    add!(a b c d e);
    add!(a b c d e f);
    add!(a b c d e f g);
    add!(a b c d e f g h);
    add!(a b c d e f g h i);
    add!(a b c d e f g h i j);
    add!(a b c d e f g h i j k);
    add!(a b c d e f g h i j k l);
    add!(a b c d e f g h i j k l, m);
    add!(a b c d e f g h i j k l, m n);
    add!(a b c d e f g h i j k l, m n o);
    add!(a b c d e f g h i j k l, m n o p);
    add!(a b c d e f g h i j k l, m n o p q);
    add!(a b c d e f g h i j k l, m n o p q r);
    add!(a b c d e f g h i j k l, m n o p q r s);
    add!(a b c d e f g h i j k l, m n o p q r s t);
    Ok(callers)
}

fn called(lua: &Lua, desk: &Desk, argv: &[impl AsRef<[u8]>]) -> mlua::Result<Reply> {
    let argv: SmallVec<[&[u8]; 8]> = argv.iter().map(AsRef::as_ref).collect();
    let (value, kind) = desk.call(lua, &argv)?;
    Ok((
        value,
        match kind {
            Called::Plain => None,
            Called::Status => Some(STATUS),
            Called::Error => Some(ERROR),
        },
    ))
}

fn refused(lua: &Lua, text: &str) -> mlua::Result<Reply> {
    Ok((lifted(lua, || lua.create_string(text).map(Value::String))?, Some(ERROR)))
}

/// A number as commands are given it.
fn number_text(number: f64) -> Vec<u8> {
    if number == 0.0 {
        b"0".to_vec() // without the sign that a double's zero may have
    } else if number.is_nan() && number.is_sign_negative() {
        b"-nan".to_vec()
    } else {
        crate::number::format_float(number).to_vec()
    }
}

/// The bytes of one argument.
enum Bytes {
    /// In Lua's memory, which is held fast.
    Held(BorrowedBytes),
    Made(Vec<u8>),
}

impl Bytes {
    /// The bytes of a string or a number; nothing of anything else.
    fn of(value: Value) -> Option<Self> {
        if let Value::String(text) = value {
            return Some(Self::Held(text.as_bytes()));
        }
        super::text::number_of(&value).map(|number| Self::Made(number_text(number)))
    }

    fn of_all(values: MultiValue) -> Option<Vec<Self>> {
        values.into_iter().map(Self::of).collect()
    }
}

impl AsRef<[u8]> for Bytes {
    fn as_ref(&self) -> &[u8] {
        match self {
            Self::Held(bytes) => bytes,
            Self::Made(bytes) => bytes,
        }
    }
}
