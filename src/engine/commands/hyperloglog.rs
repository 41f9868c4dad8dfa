//! `HyperLogLogs`, which are strings.

use crate::args::Args;
use crate::command::{Command, Flags, Group, KeySpec};
use crate::dispatch::Ctx;
use crate::effects::Class;
use crate::error::{Error, Result};
use crate::sink::Sink;
use crate::types::hyperloglog::{self, Corrupted, Registers};
use crate::types::{StringValue, Value};

/// What the rows of this group have in common.
const HYPERLOGLOG: Command = Command { group: Group::Hyperloglog, since: "2.8.9", ..Command::BASE };

pub(crate) const COMMANDS: &[Command] = &[
    Command {
        name: "pfadd",
        syntax: "key@0 [element...]",
        arity: -2,
        flags: Flags::DENYOOM.and(Flags::FAST).and(Flags::WRITE),
        keys: &[KeySpec::one(1, &["RW", "insert"])],
        summary: "Shows elements to a HyperLogLog, made empty if there is none.",
        complexity: "O(1) for each element.",
        run: pfadd,
        ..HYPERLOGLOG
    },
    Command {
        name: "pfcount",
        syntax: "key@0...",
        arity: -2,
        flags: Flags::READONLY.and(Flags::MAY_REPLICATE),
        keys: &[KeySpec::range(1, -1, 1, &["RW", "access"])],
        summary: "Estimates how many different elements one or several HyperLogLogs saw.",
        complexity: "O(1) for one key; O(N) with large constant times for N keys.",
        run: pfcount,
        ..HYPERLOGLOG
    },
    Command {
        name: "pfdebug",
        syntax: "subcommand key@0",
        system: true,
        arity: 3,
        flags: Flags::ADMIN.and(Flags::DENYOOM).and(Flags::WRITE),
        keys: &[KeySpec::one(2, &["RW", "access"])],
        summary: "Looks into a HyperLogLog.",
        complexity: "O(1)",
        run: pfdebug,
        ..HYPERLOGLOG
    },
    Command {
        name: "pfmerge",
        syntax: "destkey@0 [sourcekey@1...]",
        arity: -2,
        flags: Flags::DENYOOM.and(Flags::WRITE),
        keys: &[KeySpec::one(1, &["RW", "access", "insert"]), KeySpec::range(2, -1, 1, &["RO", "access"])],
        summary: "Has a HyperLogLog see what others saw.",
        complexity: "O(N) for N keys, with large constant times.",
        run: pfmerge,
        ..HYPERLOGLOG
    },
    Command {
        name: "pfselftest",
        system: true,
        arity: 1,
        flags: Flags::ADMIN,
        summary: "Tests whether estimates are as good as they should be.",
        complexity: "O(1)",
        run: pfselftest,
        ..HYPERLOGLOG
    },
];

fn corrupted(_: Corrupted) -> Error {
    Error::Fixed("INVALIDOBJ Corrupted HLL object detected")
}

/// These bytes of a string, if it looks like a `HyperLogLog`.
fn checked(bytes: &[u8]) -> Result<&[u8]> {
    if hyperloglog::is_valid(bytes) {
        return Ok(bytes);
    }
    Err(Error::Fixed("WRONGTYPE Key is not a valid HyperLogLog string value."))
}

/// The bytes of a `HyperLogLog` to be changed in place, made empty if there is none; and whether it was.
fn edit<'c>(ctx: &'c mut Ctx<'_>, key: &[u8]) -> Result<(&'c mut Vec<u8>, bool)> {
    let missing = if let Some(bytes) = ctx.string_to_write(key)? {
        checked(bytes)?;
        false
    } else {
        let new = StringValue { bytes: hyperloglog::empty(), edited: true };
        ctx.insert(key, Value::String(new), None);
        true
    };
    Ok((&mut ctx.edit_string(key)?.bytes, missing))
}

/// `PFADD key [element …]`
///
/// Answers 1 if a register changed or the key is new. Elements before the one that finds the string to be
/// corrupted stay seen.
fn pfadd(ctx: &mut Ctx<'_>, args: &mut Args<'_>, sink: &mut dyn Sink) -> Result {
    let (key, elements) = (args.next()?, args.take_rest());
    let most = ctx.limits().hll_sparse;
    let (bytes, missing) = edit(ctx, key)?;
    let seen = elements
        .iter()
        .try_fold(missing, |changed, element| Ok(hyperloglog::add(bytes, element, most)? || changed));
    if seen == Ok(true) {
        hyperloglog::invalidate(bytes);
        ctx.changed(key, Class::STRING, "pfadd");
    } else {
        ctx.recount(key);
    }
    let changed = seen.map_err(corrupted)?;
    sink.int(i64::from(changed));
    Ok(())
}

/// `PFCOUNT key [key …]`
///
/// The estimate of a single key is kept in its string: that is a change, of which no event tells.
fn pfcount(ctx: &mut Ctx<'_>, args: &mut Args<'_>, sink: &mut dyn Sink) -> Result {
    let keys = args.take_rest();
    let [key] = keys else {
        sink.int(merged(ctx, keys)?.0.estimate() as i64);
        return Ok(());
    };
    let Some(bytes) = ctx.string(key)? else {
        sink.int(0);
        return Ok(());
    };
    checked(bytes)?;
    let bytes = &mut ctx.edit_string(key)?.bytes;
    if let Some(estimate) = hyperloglog::cached(bytes) {
        sink.int(estimate as i64);
        return Ok(());
    }
    let estimate = hyperloglog::estimate(bytes).map_err(corrupted)?;
    hyperloglog::set_cached(bytes, estimate);
    ctx.modified(key);
    sink.int(estimate as i64);
    Ok(())
}

/// The highest registers of these keys; and whether any of them is dense.
fn merged(ctx: &mut Ctx<'_>, keys: &[&[u8]]) -> Result<(Registers, bool)> {
    let (mut registers, mut dense) = (Registers::default(), false);
    for key in keys {
        if let Some(bytes) = ctx.string(key)? {
            registers.merge(checked(bytes)?).map_err(corrupted)?;
            dense |= hyperloglog::is_dense(bytes);
        }
    }
    Ok((registers, dense))
}

/// `PFMERGE destkey [sourcekey …]`
///
/// The destination is a source, too, and becomes dense if any source is. Says `pfadd`.
fn pfmerge(ctx: &mut Ctx<'_>, args: &mut Args<'_>, sink: &mut dyn Sink) -> Result {
    let keys = args.take_rest();
    let most = ctx.limits().hll_sparse;
    let (registers, dense) = merged(ctx, keys)?;
    let (bytes, _) = edit(ctx, keys[0])?;
    registers.store(bytes, dense, most).map_err(corrupted)?;
    ctx.changed(keys[0], Class::STRING, "pfadd");
    sink.ok();
    Ok(())
}

/// `PFDEBUG <GETREG | DECODE | ENCODING | TODENSE> key`, `PFDEBUG SIMD <ON | OFF>`
///
/// GETREG makes the string dense, too. SIMD is answered and means nothing: vector instructions are used
/// wherever the processor has them.
fn pfdebug(ctx: &mut Ctx<'_>, args: &mut Args<'_>, sink: &mut dyn Sink) -> Result {
    if args.keyword("SIMD") {
        match () {
            () if args.keyword("ON") => sink.simple("enabled"),
            () if args.keyword("OFF") => sink.simple("disabled"),
            () => return Err(Error::Fixed("ERR Argument must be ON or OFF")),
        }
        return Ok(());
    }
    let (subcommand, key) = (args.next()?, args.next()?);
    if !ctx.exists(key) {
        return Err(Error::Fixed("ERR The specified key does not exist"));
    }
    let (bytes, _) = edit(ctx, key)?;
    let dense = hyperloglog::is_dense(bytes);
    let made_dense = match subcommand.to_ascii_lowercase().as_slice() {
        b"getreg" => {
            let made = hyperloglog::make_dense(bytes).map_err(corrupted)?;
            let mut registers = Registers::default();
            registers.merge(bytes).map_err(corrupted)?;
            sink.array(registers.values().len());
            registers.values().iter().for_each(|value| sink.int(i64::from(*value)));
            made
        }
        b"decode" if dense => return Err(Error::Fixed("ERR HLL encoding is not sparse")),
        b"decode" => {
            sink.bulk(hyperloglog::decode(bytes).as_bytes());
            false
        }
        b"encoding" => {
            sink.simple(if dense { "dense" } else { "sparse" });
            false
        }
        b"todense" => {
            let made = hyperloglog::make_dense(bytes).map_err(corrupted)?;
            sink.int(i64::from(made));
            made
        }
        _ => return Err(Error::quoting("ERR Unknown PFDEBUG subcommand '", subcommand, "'")),
    };
    if made_dense {
        ctx.adjusted(key);
    }
    Ok(())
}

/// `PFSELFTEST`
///
/// Shows new elements to a `HyperLogLog`, and looks at its estimates on the way.
fn pfselftest(ctx: &mut Ctx<'_>, _: &mut Args<'_>, sink: &mut dyn Sink) -> Result {
    const ELEMENTS: u64 = 100_000;
    const TOLERATED: f64 = 0.05;
    let (mut bytes, most) = (hyperloglog::empty(), ctx.limits().hll_sparse);
    let mut checkpoint = 1;
    for element in 1..=ELEMENTS {
        hyperloglog::add(&mut bytes, &element.to_le_bytes(), most).map_err(corrupted)?;
        if element == checkpoint {
            checkpoint *= 10;
            let error = hyperloglog::estimate(&bytes).map_err(corrupted)?.abs_diff(element) as f64;
            if error > (element as f64 * TOLERATED).ceil() {
                return Err(Error::Fixed("TESTFAILED Too big error"));
            }
        }
    }
    sink.ok();
    Ok(())
}
