//! Hashes.

use super::repeats;
use super::scan::{self, Beside};
use crate::args::Args;
use crate::clock::Dice;
use crate::command::{Command, Flags, Group, KeySpec};
use crate::dispatch::Ctx;
use crate::effects::Class;
use crate::error::{Error, Result};
use crate::long_double::LongDouble;
use crate::number::parse_int;
use crate::sink::Sink;
use crate::types::Hash;
use crate::types::packed::Element;

#[cfg(test)]
mod tests;

/// What the rows of this group have in common.
const HASH: Command = Command { group: Group::Hash, ..Command::BASE };

pub(crate) const COMMANDS: &[Command] = &[
    Command {
        name: "hset",
        syntax: "key@0 data(field value)...",
        arity: -4,
        flags: Flags::WRITE.and(Flags::DENYOOM).and(Flags::FAST),
        keys: &[KeySpec::one(1, &["RW", "update"])],
        since: "2.0.0",
        summary: "Sets fields of a hash, creating it if needed.",
        complexity: "O(1) for each field",
        run: hset,
        ..HASH
    },
    Command {
        name: "hsetnx",
        syntax: "key@0 field value",
        arity: 4,
        flags: Flags::WRITE.and(Flags::DENYOOM).and(Flags::FAST),
        keys: &[KeySpec::one(1, &["RW", "insert"])],
        since: "2.0.0",
        summary: "Sets a field of a hash unless it exists.",
        run: hsetnx,
        ..HASH
    },
    Command {
        name: "hmset",
        syntax: "key@0 data(field value)...",
        deprecated: "4.0.0",
        arity: -4,
        flags: Flags::WRITE.and(Flags::DENYOOM).and(Flags::FAST),
        keys: &[KeySpec::one(1, &["RW", "update"])],
        since: "2.0.0",
        summary: "Sets fields of a hash, creating it if needed.",
        complexity: "O(1) for each field",
        run: hmset,
        ..HASH
    },
    Command {
        name: "hget",
        syntax: "key@0 field",
        arity: 3,
        flags: Flags::READONLY.and(Flags::FAST),
        keys: &[KeySpec::one(1, &["RO", "access"])],
        since: "2.0.0",
        summary: "Returns the value of a field.",
        run: hget,
        ..HASH
    },
    Command {
        name: "hmget",
        syntax: "key@0 field...",
        arity: -3,
        flags: Flags::READONLY.and(Flags::FAST),
        keys: &[KeySpec::one(1, &["RO", "access"])],
        since: "2.0.0",
        summary: "Returns the values of several fields.",
        complexity: "O(1) for each field",
        run: hmget,
        ..HASH
    },
    Command {
        name: "hgetall",
        syntax: "key@0",
        arity: 2,
        flags: Flags::READONLY,
        keys: &[KeySpec::one(1, &["RO", "access"])],
        since: "2.0.0",
        summary: "Returns all fields of a hash with their values.",
        complexity: "O(N) where N is the number of fields",
        tips: &["nondeterministic_output_order"],
        run: hgetall,
        ..HASH
    },
    Command {
        name: "hkeys",
        syntax: "key@0",
        arity: 2,
        flags: Flags::READONLY,
        keys: &[KeySpec::one(1, &["RO", "access"])],
        since: "2.0.0",
        summary: "Returns all fields of a hash.",
        complexity: "O(N) where N is the number of fields",
        tips: &["nondeterministic_output_order"],
        run: hkeys,
        ..HASH
    },
    Command {
        name: "hvals",
        syntax: "key@0",
        arity: 2,
        flags: Flags::READONLY,
        keys: &[KeySpec::one(1, &["RO", "access"])],
        since: "2.0.0",
        summary: "Returns all values of a hash.",
        complexity: "O(N) where N is the number of fields",
        tips: &["nondeterministic_output_order"],
        run: hvals,
        ..HASH
    },
    Command {
        name: "hlen",
        syntax: "key@0",
        arity: 2,
        flags: Flags::READONLY.and(Flags::FAST),
        keys: &[KeySpec::one(1, &["RO"])],
        since: "2.0.0",
        summary: "Returns the number of fields.",
        run: hlen,
        ..HASH
    },
    Command {
        name: "hexists",
        syntax: "key@0 field",
        arity: 3,
        flags: Flags::READONLY.and(Flags::FAST),
        keys: &[KeySpec::one(1, &["RO"])],
        since: "2.0.0",
        summary: "Tells whether a field exists.",
        run: hexists,
        ..HASH
    },
    Command {
        name: "hstrlen",
        syntax: "key@0 field",
        arity: 3,
        flags: Flags::READONLY.and(Flags::FAST),
        keys: &[KeySpec::one(1, &["RO"])],
        since: "3.2.0",
        summary: "Returns the length of a field's value.",
        run: hstrlen,
        ..HASH
    },
    Command {
        name: "hdel",
        syntax: "key@0 field...",
        arity: -3,
        flags: Flags::WRITE.and(Flags::FAST),
        keys: &[KeySpec::one(1, &["RW", "delete"])],
        since: "2.0.0",
        summary: "Removes fields from a hash.",
        complexity: "O(1) for each field",
        run: hdel,
        ..HASH
    },
    Command {
        name: "hgetdel",
        syntax: "key@0 FIELDS/fields(numfields:integer field...)",
        arity: -5,
        flags: Flags::WRITE.and(Flags::FAST),
        keys: &[KeySpec::one(1, &["RW", "access", "delete"])],
        since: "8.0.0",
        summary: "Returns fields of a hash and removes them.",
        complexity: "O(N) where N is the number of specified fields",
        run: hgetdel,
        ..HASH
    },
    Command {
        name: "hincrby",
        syntax: "key@0 field increment:integer",
        arity: 4,
        flags: Flags::WRITE.and(Flags::DENYOOM).and(Flags::FAST),
        keys: &[KeySpec::one(1, &["RW", "access", "update"])],
        since: "2.0.0",
        summary: "Adds an integer to a field's value, which starts from 0.",
        run: hincrby,
        ..HASH
    },
    Command {
        name: "hincrbyfloat",
        syntax: "key@0 field increment:double",
        arity: 4,
        flags: Flags::WRITE.and(Flags::DENYOOM).and(Flags::FAST),
        keys: &[KeySpec::one(1, &["RW", "access", "update"])],
        since: "2.6.0",
        summary: "Adds a floating point number to a field's value, which starts from 0.",
        run: hincrbyfloat,
        ..HASH
    },
    Command {
        name: "hrandfield",
        syntax: "key@0 [options(count:integer [WITHVALUES])]",
        arity: -2,
        flags: Flags::READONLY,
        keys: &[KeySpec::one(1, &["RO", "access"])],
        since: "6.2.0",
        summary: "Returns random fields of a hash.",
        complexity: "O(N) where N is the number of fields returned",
        tips: &["nondeterministic_output"],
        run: hrandfield,
        ..HASH
    },
    Command {
        name: "hscan",
        syntax: "key@0 cursor:integer [MATCH/pattern:pattern] [COUNT/count:integer] [NOVALUES]",
        arity: -3,
        flags: Flags::READONLY,
        keys: &[KeySpec::one(1, &["RO", "access"])],
        since: "2.8.0",
        summary: "Iterates over the fields of a hash.",
        complexity: "O(1) for each call, O(N) for an iteration over N fields",
        tips: &["nondeterministic_output"],
        run: hscan,
        ..HASH
    },
];

/// `HSET key field value [field value …]`
///
/// Answers how many of the fields were not there before. Those that were to expire no longer are.
fn hset(ctx: &mut Ctx<'_>, args: &mut Args<'_>, sink: &mut dyn Sink) -> Result {
    let created = set_pairs(ctx, args)?;
    sink.int(created as i64);
    Ok(())
}

/// `HMSET key field value [field value …]`
///
/// As HSET, answering OK.
fn hmset(ctx: &mut Ctx<'_>, args: &mut Args<'_>, sink: &mut dyn Sink) -> Result {
    set_pairs(ctx, args)?;
    sink.ok();
    Ok(())
}

fn set_pairs(ctx: &mut Ctx<'_>, args: &mut Args<'_>) -> Result<usize> {
    let (key, pairs) = (args.next()?, args.take_rest());
    if pairs.len() % 2 == 1 {
        return Err(Error::arity(ctx.command().name));
    }
    let limits = ctx.limits();
    let hash = ctx.create::<Hash>(key)?;
    hash.expect(pairs, &limits);
    let created = pairs.chunks_exact(2).filter(|pair| hash.set(pair[0], pair[1], &limits)).count();
    ctx.changed(key, Class::HASH, "hset");
    Ok(created)
}

/// `HSETNX key field value`
fn hsetnx(ctx: &mut Ctx<'_>, args: &mut Args<'_>, sink: &mut dyn Sink) -> Result {
    let (key, field, value) = (args.next()?, args.next()?, args.next()?);
    let limits = ctx.limits();
    let hash = ctx.create::<Hash>(key)?;
    let absent = hash.get(field).is_none();
    if absent {
        hash.set(field, value, &limits);
        ctx.changed(key, Class::HASH, "hset");
    }
    sink.int(i64::from(absent));
    Ok(())
}

/// `HGET key field`
fn hget(ctx: &mut Ctx<'_>, args: &mut Args<'_>, sink: &mut dyn Sink) -> Result {
    let (key, field) = (args.next()?, args.next()?);
    say_or_null(ctx.read::<Hash>(key)?.and_then(|hash| hash.get(field)), sink);
    Ok(())
}

/// `HMGET key field [field …]`
fn hmget(ctx: &mut Ctx<'_>, args: &mut Args<'_>, sink: &mut dyn Sink) -> Result {
    let (key, fields) = (args.next()?, args.take_rest());
    let hash = ctx.read::<Hash>(key)?;
    sink.array(fields.len());
    for field in fields {
        say_or_null(hash.and_then(|hash| hash.get(field)), sink);
    }
    Ok(())
}

pub(super) fn say_or_null(value: Option<Element<'_>>, sink: &mut dyn Sink) {
    match value {
        Some(value) => value.say(sink),
        None => sink.null(),
    }
}

/// `HGETALL key`
fn hgetall(ctx: &mut Ctx<'_>, args: &mut Args<'_>, sink: &mut dyn Sink) -> Result {
    let Some(hash) = ctx.read::<Hash>(args.next()?)? else {
        sink.map(0);
        return Ok(());
    };
    sink.map(hash.len());
    hash.iter().for_each(|(field, value)| {
        field.say(sink);
        value.say(sink);
    });
    Ok(())
}

/// `HKEYS key`
fn hkeys(ctx: &mut Ctx<'_>, args: &mut Args<'_>, sink: &mut dyn Sink) -> Result {
    say_each(ctx, args, |(field, _)| field, sink)
}

/// `HVALS key`
fn hvals(ctx: &mut Ctx<'_>, args: &mut Args<'_>, sink: &mut dyn Sink) -> Result {
    say_each(ctx, args, |(_, value)| value, sink)
}

fn say_each(
    ctx: &mut Ctx<'_>,
    args: &mut Args<'_>,
    part: impl for<'e> Fn((Element<'e>, Element<'e>)) -> Element<'e>,
    sink: &mut dyn Sink,
) -> Result {
    let Some(hash) = ctx.read::<Hash>(args.next()?)? else {
        sink.array(0);
        return Ok(());
    };
    sink.array(hash.len());
    hash.iter().for_each(|pair| part(pair).say(sink));
    Ok(())
}

/// `HLEN key`
fn hlen(ctx: &mut Ctx<'_>, args: &mut Args<'_>, sink: &mut dyn Sink) -> Result {
    let len = ctx.read::<Hash>(args.next()?)?.map_or(0, Hash::len);
    sink.int(len as i64);
    Ok(())
}

/// `HEXISTS key field`
fn hexists(ctx: &mut Ctx<'_>, args: &mut Args<'_>, sink: &mut dyn Sink) -> Result {
    let (key, field) = (args.next()?, args.next()?);
    let exists = ctx.read::<Hash>(key)?.is_some_and(|hash| hash.get(field).is_some());
    sink.int(i64::from(exists));
    Ok(())
}

/// `HSTRLEN key field`
fn hstrlen(ctx: &mut Ctx<'_>, args: &mut Args<'_>, sink: &mut dyn Sink) -> Result {
    let (key, field) = (args.next()?, args.next()?);
    let len = ctx.read::<Hash>(key)?.and_then(|hash| hash.get(field)).map_or(0, Element::len);
    sink.int(len as i64);
    Ok(())
}

/// `HDEL key field [field …]`
fn hdel(ctx: &mut Ctx<'_>, args: &mut Args<'_>, sink: &mut dyn Sink) -> Result {
    let (key, fields) = (args.next()?, args.take_rest());
    let mut removed = 0;
    if let Some(hash) = ctx.write::<Hash>(key)? {
        removed = fields.iter().filter(|field| hash.remove(field)).count();
    }
    if removed > 0 {
        ctx.changed(key, Class::HASH, "hdel");
        ctx.remove_if_empty(key);
    }
    sink.int(removed as i64);
    Ok(())
}

/// The usual error about a number of fields that is none.
pub(super) const FIELDS_NOT_COUNTED: Error = Error::Fixed("ERR Number of fields must be a positive integer");

/// `FIELDS numfields field [field …]`, to the end of the arguments; `not_counted` if the number is none.
pub(super) fn named_fields<'a>(args: &mut Args<'a>, not_counted: Error) -> Result<&'a [&'a [u8]]> {
    if !args.keyword("FIELDS") {
        return Err(Error::Fixed("ERR Mandatory argument FIELDS is missing or not at the right position"));
    }
    let count = args.int().ok().filter(|count| *count > 0).ok_or(not_counted)?;
    let fields = args.take_rest();
    if fields.len() as i64 != count {
        return Err(Error::Fixed("ERR The `numfields` parameter must match the number of arguments"));
    }
    Ok(fields)
}

/// `HGETDEL key FIELDS numfields field [field …]`
///
/// A key of another type is told of before the arguments are looked at. A field that is named twice has a
/// value once.
fn hgetdel(ctx: &mut Ctx<'_>, args: &mut Args<'_>, sink: &mut dyn Sink) -> Result {
    let key = args.next()?;
    ctx.write::<Hash>(key)?;
    let fields = named_fields(args, FIELDS_NOT_COUNTED)?;
    sink.array(fields.len());
    let Some(hash) = ctx.write::<Hash>(key)? else {
        fields.iter().for_each(|_| sink.null());
        return Ok(());
    };
    let mut removed = false;
    for field in fields {
        say_or_null(hash.get(field), sink);
        removed |= hash.remove(field);
    }
    if removed {
        ctx.changed(key, Class::HASH, "hdel");
        ctx.remove_if_empty(key);
    }
    Ok(())
}

/// `HINCRBY key field increment`
///
/// The field expires when it did before.
fn hincrby(ctx: &mut Ctx<'_>, args: &mut Args<'_>, sink: &mut dyn Sink) -> Result {
    let (key, field, increment) = (args.next()?, args.next()?, args.int()?);
    let present = match ctx.write::<Hash>(key)?.and_then(|hash| hash.get(field)) {
        None => Some(0),
        Some(Element::Int(number)) => Some(number),
        Some(Element::Bytes(text)) => parse_int(text),
    };
    let present = present.ok_or(Error::Fixed("ERR hash value is not an integer"))?;
    let sum = present.checked_add(increment);
    let sum = sum.ok_or(Error::Fixed("ERR increment or decrement would overflow"))?;
    let limits = ctx.limits();
    ctx.create::<Hash>(key)?.set_in_time(field, itoa::Buffer::new().format(sum).as_bytes(), &limits);
    ctx.changed(key, Class::HASH, "hincrby");
    sink.int(sum);
    Ok(())
}

/// `HINCRBYFLOAT key field increment`
///
/// Counts as INCRBYFLOAT does; an infinite increment has an error of its own.
fn hincrbyfloat(ctx: &mut Ctx<'_>, args: &mut Args<'_>, sink: &mut dyn Sink) -> Result {
    let (key, field) = (args.next()?, args.next()?);
    let increment = LongDouble::parse(args.next()?).ok_or(Error::NotFloat)?;
    if increment.is_infinite() {
        return Err(Error::Fixed("ERR value is NaN or Infinity"));
    }
    let present = match ctx.write::<Hash>(key)?.and_then(|hash| hash.get(field)) {
        None => Some(LongDouble::ZERO),
        Some(value) => LongDouble::parse(value.text(&mut itoa::Buffer::new())),
    };
    let present = present.ok_or(Error::Fixed("ERR hash value is not a float"))?;
    let sum = present.checked_add(increment);
    let sum = sum.ok_or(Error::Fixed("ERR increment would produce NaN or Infinity"))?.to_string();
    let limits = ctx.limits();
    ctx.create::<Hash>(key)?.set_in_time(field, sum.as_bytes(), &limits);
    ctx.changed(key, Class::HASH, "hincrbyfloat");
    sink.bulk(sum.as_bytes());
    Ok(())
}

/// `HRANDFIELD key [count [WITHVALUES]]`
///
/// A positive count gives different fields, a negative one as many as asked for, some of them again.
fn hrandfield(ctx: &mut Ctx<'_>, args: &mut Args<'_>, sink: &mut dyn Sink) -> Result {
    let key = args.next()?;
    let mut dice = Dice::new(ctx.dice().next_u64());
    if args.is_empty() {
        say_or_null(ctx.read::<Hash>(key)?.and_then(|hash| hash.random(&mut dice)).map(|pair| pair.0), sink);
        return Ok(());
    }
    let count = args.symmetric_int()?;
    let with_values = args.keyword("WITHVALUES");
    args.end()?;
    if with_values && count.unsigned_abs() > i64::MAX as u64 / 2 {
        return Err(Error::Fixed("ERR value is out of range"));
    }
    let Some(hash) = ctx.read::<Hash>(key)? else {
        sink.array(0);
        return Ok(());
    };
    let say = |(field, value): (Element<'_>, Element<'_>), sink: &mut dyn Sink| {
        if with_values {
            sink.pair();
            field.say(sink);
            value.say(sink);
        } else {
            field.say(sink);
        }
    };
    let head = |len: usize, sink: &mut dyn Sink| if with_values { sink.pairs(len) } else { sink.array(len) };
    if count < 0 {
        let times = repeats(count)?;
        head(times, sink);
        (0..times).filter_map(|_| hash.random(&mut dice)).for_each(|pair| say(pair, sink));
    } else if count as usize >= hash.len() {
        head(hash.len(), sink);
        hash.iter().for_each(|pair| say(pair, sink));
    } else {
        let chosen = hash.sample(count as usize, &mut dice);
        head(chosen.len(), sink);
        chosen.into_iter().for_each(|pair| say(pair, sink));
    }
    Ok(())
}

/// `HSCAN key cursor [MATCH pattern] [COUNT count] [NOVALUES]`
fn hscan(ctx: &mut Ctx<'_>, args: &mut Args<'_>, sink: &mut dyn Sink) -> Result {
    scan::collection::<Hash>(ctx, args, sink, |hash, options, visit| {
        hash.scan(options.cursor, options.count, |field, value| {
            visit(field.into(), Beside::Value(value.into()));
        })
    })
}
