//! Strings.

use crate::args::{Args, is_word};
use crate::command::{Command, Flags, FoundKey, Group, KeySpec};
use crate::commands::expire::{self, MS, MS_FROM_NOW, SECONDS, SECONDS_FROM_NOW, Unit};
use crate::dispatch::Ctx;
use crate::effects::Class;
use crate::error::{Error, Result};
use crate::keyspace::Entry;
use crate::number;
use crate::sink::Sink;

#[cfg(test)]
mod tests;

/// What the rows of this group have in common.
const STRING: Command = Command { group: Group::String, ..Command::BASE };

pub(crate) const COMMANDS: &[Command] = &[
    Command {
        name: "append",
        syntax: "key@0 value",
        arity: 3,
        flags: Flags::DENYOOM.and(Flags::FAST).and(Flags::WRITE),
        keys: &[KeySpec::one(1, &["RW", "insert"])],
        since: "2.0.0",
        summary: "Appends to the string of a key, made empty if there is none.",
        complexity: "O(1) amortized.",
        run: append,
        ..STRING
    },
    Command {
        name: "get",
        syntax: "key@0",
        arity: 2,
        flags: Flags::FAST.and(Flags::READONLY),
        keys: &[KeySpec::one(1, &["RO", "access"])],
        summary: "Returns the string of a key.",
        run: get,
        ..STRING
    },
    Command {
        name: "getdel",
        syntax: "key@0",
        arity: 2,
        flags: Flags::FAST.and(Flags::WRITE),
        keys: &[KeySpec::one(1, &["RW", "access", "delete"])],
        since: "6.2.0",
        summary: "Returns the string of a key and deletes the key.",
        run: getdel,
        ..STRING
    },
    Command {
        name: "getex",
        syntax: "key@0 [expiration<EX/seconds:integer|PX/milliseconds:integer|\
            EXAT/unix-time-seconds:unix-time|PXAT/unix-time-milliseconds:unix-time|PERSIST>]",
        arity: -2,
        flags: Flags::FAST.and(Flags::WRITE),
        keys: &[KeySpec::one(1, &["RW", "access", "update"])],
        since: "6.2.0",
        summary: "Returns the string of a key and sets or removes its expiration.",
        run: getex,
        ..STRING
    },
    Command {
        name: "getrange",
        syntax: "key@0 start:integer end:integer",
        arity: 4,
        flags: Flags::READONLY,
        keys: &[KeySpec::one(1, &["RO", "access"])],
        since: "2.4.0",
        summary: "Returns a part of the string of a key.",
        complexity: "O(N) where N is the length of the returned string.",
        run: getrange,
        ..STRING
    },
    Command {
        name: "getset",
        syntax: "key@0 value",
        deprecated: "6.2.0",
        arity: 3,
        flags: Flags::DENYOOM.and(Flags::FAST).and(Flags::WRITE),
        keys: &[KeySpec::one(1, &["RW", "access", "update"])],
        summary: "Sets the string of a key and returns the old one.",
        run: getset,
        ..STRING
    },
    Command {
        name: "mget",
        syntax: "key@0...",
        arity: -2,
        flags: Flags::FAST.and(Flags::READONLY),
        keys: &[KeySpec::range(1, -1, 1, &["RO", "access"])],
        summary: "Returns the strings of several keys.",
        complexity: "O(N) where N is the number of keys.",
        tips: &["request_policy:multi_shard"],
        run: mget,
        ..STRING
    },
    Command {
        name: "mset",
        syntax: "data(key@0 value)...",
        arity: -3,
        flags: Flags::DENYOOM.and(Flags::WRITE),
        keys: &[KeySpec::range(1, -1, 2, &["OW", "update"])],
        since: "1.0.1",
        summary: "Sets several keys to strings.",
        complexity: "O(N) where N is the number of keys.",
        tips: &["request_policy:multi_shard", "response_policy:all_succeeded"],
        run: mset,
        ..STRING
    },
    Command {
        name: "msetnx",
        syntax: "data(key@0 value)...",
        arity: -3,
        flags: Flags::DENYOOM.and(Flags::WRITE),
        keys: &[KeySpec::range(1, -1, 2, &["OW", "insert"])],
        since: "1.0.1",
        summary: "Sets several keys to strings, unless one of them exists.",
        complexity: "O(N) where N is the number of keys.",
        run: msetnx,
        ..STRING
    },
    Command {
        name: "psetex",
        syntax: "key@0 milliseconds:integer value",
        deprecated: "2.6.12",
        arity: 4,
        flags: Flags::DENYOOM.and(Flags::WRITE),
        keys: &[KeySpec::one(1, &["OW", "update"])],
        since: "2.6.0",
        summary: "Sets a key to a string that expires, in milliseconds.",
        run: |ctx, args, sink| setex(ctx, args, sink, MS_FROM_NOW),
        ..STRING
    },
    Command {
        name: "set",
        syntax: "key@0 value [condition<NX|XX>{2.6.12}] [GET{6.2.0}] \
            [expiration<EX/seconds:integer{2.6.12}|PX/milliseconds:integer{2.6.12}|\
            EXAT/unix-time-seconds:unix-time{6.2.0}|PXAT/unix-time-milliseconds:unix-time{6.2.0}|\
            KEEPTTL{6.0.0}>]",
        arity: -3,
        flags: Flags::DENYOOM.and(Flags::WRITE),
        keys: &[KeySpec::one(1, &["RW", "access", "update", "variable_flags"])],
        find_keys: Some(set_keys),
        summary: "Sets a key to a string, whatever it held.",
        run: set,
        ..STRING
    },
    Command {
        name: "setex",
        syntax: "key@0 seconds:integer value",
        deprecated: "2.6.12",
        arity: 4,
        flags: Flags::DENYOOM.and(Flags::WRITE),
        keys: &[KeySpec::one(1, &["OW", "update"])],
        since: "2.0.0",
        summary: "Sets a key to a string that expires, in seconds.",
        run: |ctx, args, sink| setex(ctx, args, sink, SECONDS_FROM_NOW),
        ..STRING
    },
    Command {
        name: "setnx",
        syntax: "key@0 value",
        deprecated: "2.6.12",
        arity: 3,
        flags: Flags::DENYOOM.and(Flags::FAST).and(Flags::WRITE),
        keys: &[KeySpec::one(1, &["OW", "insert"])],
        summary: "Sets a key to a string, unless it exists.",
        run: setnx,
        ..STRING
    },
    Command {
        name: "setrange",
        syntax: "key@0 offset:integer value",
        arity: 4,
        flags: Flags::DENYOOM.and(Flags::WRITE),
        keys: &[KeySpec::one(1, &["RW", "update"])],
        since: "2.2.0",
        summary: "Overwrites a part of the string of a key.",
        complexity: "O(N) where N is the length of the value.",
        run: setrange,
        ..STRING
    },
    Command {
        name: "strlen",
        syntax: "key@0",
        arity: 2,
        flags: Flags::FAST.and(Flags::READONLY),
        keys: &[KeySpec::one(1, &["RO"])],
        since: "2.2.0",
        summary: "Returns the length of the string of a key.",
        run: strlen,
        ..STRING
    },
    Command {
        name: "substr",
        syntax: "key@0 start:integer end:integer",
        deprecated: "2.0.0",
        arity: 4,
        flags: Flags::READONLY,
        keys: &[KeySpec::one(1, &["RO", "access"])],
        summary: "Returns a part of the string of a key: GETRANGE's older name.",
        complexity: "O(N) where N is the length of the returned string.",
        run: getrange,
        ..STRING
    },
];

/// `GET key`
fn get(ctx: &mut Ctx<'_>, args: &mut Args<'_>, sink: &mut dyn Sink) -> Result {
    let value = ctx.string(args.next()?)?;
    sink.bulk_or_null(value);
    Ok(())
}

/// What SET and GETEX do to the expiration.
#[derive(Clone, Copy, Debug, Default)]
enum Expiration<'a> {
    /// SET removes it, GETEX leaves it.
    #[default]
    Default,
    /// `KEEPTTL`
    Keep,
    /// `PERSIST`
    Remove,
    /// `EX`, `PX`, `EXAT`, `PXAT`, with the time as it was given.
    Set(&'static str, Unit, &'a [u8]),
}

impl<'a> Expiration<'a> {
    /// Takes one of `EX`, `PX`, `EXAT` and `PXAT` with its time, if it stands next; the same may come
    /// again, no two may come together.
    fn take(&mut self, args: &mut Args<'a>) -> Result<bool> {
        const UNITS: [(&str, Unit); 4] =
            [("EX", SECONDS_FROM_NOW), ("PX", MS_FROM_NOW), ("EXAT", SECONDS), ("PXAT", MS)];
        let Some((name, unit)) = UNITS.into_iter().find(|(name, _)| args.keyword(name)) else {
            return Ok(false);
        };
        match *self {
            Self::Set(other, ..) if other != name => return Err(Error::Syntax),
            Self::Keep | Self::Remove => return Err(Error::Syntax),
            Self::Default | Self::Set(..) => {}
        }
        *self = Self::Set(name, unit, args.next()?);
        Ok(true)
    }
}

/// The deadline that `time` means, which must lie after the epoch and fit 64 bits.
fn deadline(ctx: &mut Ctx<'_>, unit: Unit, time: &[u8]) -> Result<i64> {
    let time = number::parse_int(time).ok_or(Error::NotInteger)?;
    let deadline = if time > 0 { unit.deadline(time, ctx) } else { None };
    deadline.ok_or_else(|| expire::invalid_time(ctx.command().name))
}

/// What follows key and value in a SET.
#[derive(Debug, Default)]
struct SetOptions<'a> {
    nx: bool,
    xx: bool,
    get: bool,
    expiration: Expiration<'a>,
}

impl<'a> SetOptions<'a> {
    fn read(args: &mut Args<'a>) -> Result<Self> {
        let mut options = Self::default();
        while !args.is_empty() {
            if args.keyword("NX") {
                options.nx = true;
            } else if args.keyword("XX") {
                options.xx = true;
            } else if args.keyword("GET") {
                options.get = true;
            } else if args.keyword("KEEPTTL") {
                if matches!(options.expiration, Expiration::Set(..)) {
                    return Err(Error::Syntax);
                }
                options.expiration = Expiration::Keep;
            } else if !options.expiration.take(args)? {
                return Err(Error::Syntax);
            }
            if options.nx && options.xx {
                return Err(Error::Syntax);
            }
        }
        Ok(options)
    }
}

/// A SET's key, which it reads with GET only.
fn set_keys(argv: &[&[u8]]) -> Vec<FoundKey> {
    let reads = argv.iter().skip(3).any(|arg| is_word(arg, "GET"));
    vec![(1, if reads { &["RW", "access", "update"] } else { &["OW", "update"] })]
}

/// `SET key value [NX | XX] [GET] [EX seconds | PX milliseconds | EXAT unix-seconds |
/// PXAT unix-milliseconds | KEEPTTL]`
///
/// Replaces a value of any type; only with GET the old one must be a string. A time that is over is
/// taken, and the key expires at once.
fn set(ctx: &mut Ctx<'_>, args: &mut Args<'_>, sink: &mut dyn Sink) -> Result {
    let (key, value) = (args.next()?, args.next()?);
    if args.is_empty() {
        store(ctx, key, value, None);
        sink.ok();
        return Ok(());
    }
    let options = SetOptions::read(args)?;
    let expire = match options.expiration {
        Expiration::Set(_, unit, time) => Some(deadline(ctx, unit, time)?),
        _ => None,
    };
    if options.get {
        sink.bulk_or_null(ctx.string(key)?);
    }
    if (options.nx || options.xx) && ctx.exists(key) == options.nx {
        if !options.get {
            sink.null();
        }
        return Ok(());
    }
    let kept = matches!(options.expiration, Expiration::Keep).then(|| ctx.expire_of(key)).flatten();
    store(ctx, key, value, expire.or(kept));
    if expire.is_some() {
        ctx.event(key, Class::GENERIC, "expire");
    }
    if !options.get {
        sink.ok();
    }
    Ok(())
}

/// Sets a key to a string, saying `set`.
fn store(ctx: &mut Ctx<'_>, key: &[u8], value: &[u8], expire: Option<i64>) {
    ctx.set_string(key, value, expire);
    ctx.changed(key, Class::STRING, "set");
}

/// `SETNX key value`
fn setnx(ctx: &mut Ctx<'_>, args: &mut Args<'_>, sink: &mut dyn Sink) -> Result {
    let (key, value) = (args.next()?, args.next()?);
    let free = !ctx.exists(key);
    if free {
        store(ctx, key, value, None);
    }
    sink.int(i64::from(free));
    Ok(())
}

/// `SETEX key seconds value`, `PSETEX key milliseconds value`
fn setex(ctx: &mut Ctx<'_>, args: &mut Args<'_>, sink: &mut dyn Sink, unit: Unit) -> Result {
    let (key, time, value) = (args.next()?, args.next()?, args.next()?);
    let deadline = deadline(ctx, unit, time)?;
    store(ctx, key, value, Some(deadline));
    ctx.event(key, Class::GENERIC, "expire");
    sink.ok();
    Ok(())
}

/// `GETSET key value`
fn getset(ctx: &mut Ctx<'_>, args: &mut Args<'_>, sink: &mut dyn Sink) -> Result {
    let (key, value) = (args.next()?, args.next()?);
    sink.bulk_or_null(ctx.string(key)?);
    store(ctx, key, value, None);
    Ok(())
}

/// `GETDEL key`
fn getdel(ctx: &mut Ctx<'_>, args: &mut Args<'_>, sink: &mut dyn Sink) -> Result {
    let key = args.next()?;
    sink.bulk_or_null(ctx.string(key)?);
    ctx.delete(key);
    Ok(())
}

/// `GETEX key [EX seconds | PX milliseconds | EXAT unix-seconds | PXAT unix-milliseconds | PERSIST]`
///
/// Looks at the time only if the key is there; one that is over deletes it, saying `del`.
fn getex(ctx: &mut Ctx<'_>, args: &mut Args<'_>, sink: &mut dyn Sink) -> Result {
    let key = args.next()?;
    let mut expiration = Expiration::Default;
    while !args.is_empty() {
        if args.keyword("PERSIST") {
            if matches!(expiration, Expiration::Set(..)) {
                return Err(Error::Syntax);
            }
            expiration = Expiration::Remove;
        } else if !expiration.take(args)? {
            return Err(Error::Syntax);
        }
    }
    let value = ctx.string(key)?;
    sink.bulk_or_null(value);
    if value.is_none() {
        return Ok(());
    }
    match expiration {
        Expiration::Set(_, unit, time) => {
            let deadline = deadline(ctx, unit, time)?;
            if deadline <= ctx.now_ms() {
                ctx.delete(key);
            } else {
                ctx.set_expire(key, Some(deadline));
                ctx.changed(key, Class::GENERIC, "expire");
            }
        }
        Expiration::Remove if ctx.expire_of(key).is_some() => {
            ctx.set_expire(key, None);
            ctx.changed(key, Class::GENERIC, "persist");
        }
        _ => {}
    }
    Ok(())
}

/// `MGET key [key …]`
///
/// Null for what is not a string, whatever it is.
fn mget(ctx: &mut Ctx<'_>, args: &mut Args<'_>, sink: &mut dyn Sink) -> Result {
    let keys = args.take_rest();
    sink.array(keys.len());
    for key in keys {
        sink.bulk_or_null(ctx.look(key).and_then(Entry::as_string));
    }
    Ok(())
}

/// `MSET key value [key value …]`
fn mset(ctx: &mut Ctx<'_>, args: &mut Args<'_>, sink: &mut dyn Sink) -> Result {
    for [key, value] in pairs(ctx, args)? {
        store(ctx, key, value, None);
    }
    sink.ok();
    Ok(())
}

/// `MSETNX key value [key value …]`
///
/// Sets all or none.
fn msetnx(ctx: &mut Ctx<'_>, args: &mut Args<'_>, sink: &mut dyn Sink) -> Result {
    let pairs = pairs(ctx, args)?;
    let free = !pairs.iter().any(|[key, _]| ctx.exists(key));
    if free {
        for [key, value] in pairs {
            store(ctx, key, value, None);
        }
    }
    sink.int(i64::from(free));
    Ok(())
}

/// All that is left, as pairs of a key and a value.
fn pairs<'a>(ctx: &Ctx<'_>, args: &mut Args<'a>) -> Result<&'a [[&'a [u8]; 2]]> {
    match args.take_rest().as_chunks() {
        (pairs, []) => Ok(pairs),
        _ => Err(Error::arity(ctx.command().name)),
    }
}

/// `STRLEN key`
fn strlen(ctx: &mut Ctx<'_>, args: &mut Args<'_>, sink: &mut dyn Sink) -> Result {
    let length = ctx.string(args.next()?)?.map_or(0, <[u8]>::len);
    sink.int(length as i64);
    Ok(())
}

/// `GETRANGE key start end`, `SUBSTR key start end`
///
/// Both ends are part of it; negative ones count from the end of the string.
fn getrange(ctx: &mut Ctx<'_>, args: &mut Args<'_>, sink: &mut dyn Sink) -> Result {
    let (key, start, end) = (args.next()?, args.int()?, args.int()?);
    let value = ctx.string(key)?.unwrap_or_default();
    let length = value.len() as i64;
    let from_end = |index: i64| if index < 0 { (length + index).max(0) } else { index };
    let backwards = start < 0 && end < 0 && start > end;
    let (first, last) = (from_end(start), from_end(end).min(length - 1));
    sink.bulk(if backwards || first > last { b"" } else { &value[first as usize..=last as usize] });
    Ok(())
}

/// Refuses a string that would be longer than any may be.
pub(super) fn check_length(ctx: &Ctx<'_>, length: usize) -> Result {
    if length > ctx.state.config.max_bulk {
        return Err(Error::Fixed("ERR string exceeds maximum allowed size (proto-max-bulk-len)"));
    }
    Ok(())
}

/// `SETRANGE key offset value`
///
/// Zero bytes fill the gap between the old end and the offset. An empty value does nothing, wherever.
fn setrange(ctx: &mut Ctx<'_>, args: &mut Args<'_>, sink: &mut dyn Sink) -> Result {
    let (key, offset, value) = (args.next()?, args.int()?, args.next()?);
    let Ok(offset) = usize::try_from(offset) else {
        return Err(Error::Fixed("ERR offset is out of range"));
    };
    let length = ctx.string_to_write(key)?.map_or(0, <[u8]>::len);
    if value.is_empty() {
        sink.int(length as i64);
        return Ok(());
    }
    let end = offset.saturating_add(value.len());
    check_length(ctx, end)?;
    let bytes = &mut ctx.edit_string(key)?.bytes;
    if bytes.len() < end {
        bytes.resize(end, 0);
    }
    bytes[offset..end].copy_from_slice(value);
    sink.int(bytes.len() as i64);
    ctx.changed(key, Class::STRING, "setrange");
    Ok(())
}

/// `APPEND key value`
///
/// An empty value makes the key, too.
fn append(ctx: &mut Ctx<'_>, args: &mut Args<'_>, sink: &mut dyn Sink) -> Result {
    let (key, value) = (args.next()?, args.next()?);
    let length = if let Some(present) = ctx.string_to_write(key)?.map(<[u8]>::len) {
        check_length(ctx, present + value.len())?;
        let bytes = &mut ctx.edit_string(key)?.bytes;
        bytes.extend_from_slice(value);
        bytes.len()
    } else {
        ctx.set_string(key, value, None);
        value.len()
    };
    ctx.changed(key, Class::STRING, "append");
    sink.int(length as i64);
    Ok(())
}
