//! Strings that are numbers.

use crate::args::Args;
use crate::command::{Command, Flags, Group, KeySpec};
use crate::dispatch::Ctx;
use crate::effects::Class;
use crate::error::{Error, Result};
use crate::keyspace::Entry;
use crate::long_double::LongDouble;
use crate::number;
use crate::sink::Sink;

/// What the rows of this group have in common.
const COUNTER: Command = Command {
    group: Group::String,
    flags: Flags::WRITE.and(Flags::DENYOOM).and(Flags::FAST),
    keys: &[KeySpec::one(1, &["RW", "access", "update"])],
    ..Command::BASE
};

pub(crate) const COMMANDS: &[Command] = &[
    Command {
        name: "decr",
        syntax: "key@0",
        arity: 2,
        summary: "Decrements the integer of a key by one.",
        run: |ctx, args, sink| add(ctx, args.next()?, -1, sink),
        ..COUNTER
    },
    Command {
        name: "decrby",
        syntax: "key@0 decrement:integer",
        arity: 3,
        summary: "Decrements the integer of a key.",
        run: decrby,
        ..COUNTER
    },
    Command {
        name: "incr",
        syntax: "key@0",
        arity: 2,
        summary: "Increments the integer of a key by one.",
        run: |ctx, args, sink| add(ctx, args.next()?, 1, sink),
        ..COUNTER
    },
    Command {
        name: "incrby",
        syntax: "key@0 increment:integer",
        arity: 3,
        summary: "Increments the integer of a key.",
        run: incrby,
        ..COUNTER
    },
    Command {
        name: "incrbyfloat",
        syntax: "key@0 increment:double",
        arity: 3,
        since: "2.6.0",
        summary: "Increments the floating point number of a key.",
        run: incrbyfloat,
        ..COUNTER
    },
];

/// `INCR key`, `DECR key`, and what is left of the others once their number is read.
fn add(ctx: &mut Ctx<'_>, key: &[u8], increment: i64, sink: &mut dyn Sink) -> Result {
    let (present, expire) = match ctx.entry(key) {
        Some(entry) => {
            let text = entry.as_string().ok_or(Error::WrongType)?;
            (number::parse_int(text).ok_or(Error::NotInteger)?, entry.expire())
        }
        None => (0, None),
    };
    let Some(sum) = present.checked_add(increment) else {
        return Err(Error::Fixed("ERR increment or decrement would overflow"));
    };
    ctx.set_string(key, itoa::Buffer::new().format(sum).as_bytes(), expire);
    ctx.changed(key, Class::STRING, "incrby");
    sink.int(sum);
    Ok(())
}

/// `INCRBY key increment`
fn incrby(ctx: &mut Ctx<'_>, args: &mut Args<'_>, sink: &mut dyn Sink) -> Result {
    let (key, increment) = (args.next()?, args.int()?);
    add(ctx, key, increment, sink)
}

/// `DECRBY key decrement`
fn decrby(ctx: &mut Ctx<'_>, args: &mut Args<'_>, sink: &mut dyn Sink) -> Result {
    let (key, decrement) = (args.next()?, args.int()?);
    let increment = decrement.checked_neg().ok_or(Error::Fixed("ERR decrement would overflow"))?;
    add(ctx, key, increment, sink)
}

/// `INCRBYFLOAT key increment`
///
/// Counts in 80 bits and answers with up to 17 decimals, without the zeros at the end.
fn incrbyfloat(ctx: &mut Ctx<'_>, args: &mut Args<'_>, sink: &mut dyn Sink) -> Result {
    let (key, increment) = (args.next()?, args.next()?);
    let present = match ctx.string_to_write(key)? {
        Some(text) => LongDouble::parse(text).ok_or(Error::NotFloat)?,
        None => LongDouble::ZERO,
    };
    let increment = LongDouble::parse(increment).ok_or(Error::NotFloat)?;
    let Some(sum) = present.checked_add(increment) else {
        return Err(Error::Fixed("ERR increment would produce NaN or Infinity"));
    };
    let (text, expire) = (sum.to_string(), ctx.expire_of(key));
    // Redis keeps the sum as text, even one without decimals.
    ctx.put(key, Entry::text(key, text.as_bytes(), expire));
    ctx.changed(key, Class::STRING, "incrbyfloat");
    sink.bulk(text.as_bytes());
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::testing::Shell;

    #[test]
    fn counting_stops_at_64_bits() {
        let mut shell = Shell::new();
        assert_eq!(shell.run("INCR n"), ":1");
        assert_eq!(shell.run("DECRBY n 9223372036854775807"), ":-9223372036854775806");
        assert_eq!(shell.run("INCRBY n -3"), "-ERR increment or decrement would overflow");
        assert_eq!(shell.run("DECRBY n -9223372036854775808"), "-ERR decrement would overflow");
        assert_eq!(shell.run("INCRBY n x"), "-ERR value is not an integer or out of range");
        assert_eq!(shell.run("GET n"), "$20 -9223372036854775806");
    }

    #[test]
    fn counting_keeps_the_expiration_and_makes_an_integer_again() {
        let mut shell = Shell::new();
        shell.run("SET n 1 EX 100");
        shell.run("APPEND n 2");
        assert_eq!(shell.run("INCR n"), ":13");
        assert_eq!(shell.run("TTL n"), ":100");
        assert_eq!(shell.run("OBJECT ENCODING n"), "$3 int");
    }

    #[test]
    fn fractions_are_counted_in_80_bits() {
        let mut shell = Shell::new();
        shell.run("SET f 0.1");
        assert_eq!(shell.run("INCRBYFLOAT f 0.2"), "$3 0.3");
        assert_eq!(shell.run("INCRBYFLOAT f 5e3"), "$22 5000.29999999999999982");
        assert_eq!(shell.run("INCRBYFLOAT f inf"), "-ERR increment would produce NaN or Infinity");
        assert_eq!(shell.run("INCRBYFLOAT f nan"), "-ERR value is not a valid float");
    }
}
