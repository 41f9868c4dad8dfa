//! When fields of hashes expire.

use super::expire::{MS, MS_FROM_NOW, SECONDS, SECONDS_FROM_NOW, Unit, invalid_time};
use super::hash::{FIELDS_NOT_COUNTED, named_fields, say_or_null};
use crate::args::Args;
use crate::command::{Command, Flags, Group, KeySpec};
use crate::dispatch::Ctx;
use crate::effects::Class;
use crate::error::{Error, Result};
use crate::number::parse_int;
use crate::sink::Sink;
use crate::types::Hash;

#[cfg(test)]
mod tests;

/// What the rows of this group have in common.
const HASH: Command = Command {
    group: Group::Hash,
    since: "7.4.0",
    complexity: "O(N) where N is the number of specified fields",
    ..Command::BASE
};

/// What the commands have in common that set when fields expire.
const EXPIRE: Command = Command {
    arity: -6,
    flags: Flags::WRITE.and(Flags::FAST),
    keys: &[KeySpec::one(1, &["RW", "update"])],
    ..HASH
};

/// What the commands have in common that tell when fields expire.
const TELL: Command = Command {
    arity: -5,
    flags: Flags::READONLY.and(Flags::FAST),
    keys: &[KeySpec::one(1, &["RO", "access"])],
    ..HASH
};

pub(crate) const COMMANDS: &[Command] = &[
    Command {
        name: "hexpire",
        syntax: "key@0 seconds:integer [condition<NX|XX|GT|LT>] FIELDS/fields(numfields:integer field...)",
        summary: "Sets when fields of a hash expire, in seconds from now.",
        run: |ctx, args, sink| hexpire(ctx, args, sink, SECONDS_FROM_NOW),
        ..EXPIRE
    },
    Command {
        name: "hexpireat",
        syntax: "key@0 unix-time-seconds:unix-time [condition<NX|XX|GT|LT>] \
            FIELDS/fields(numfields:integer field...)",
        summary: "Sets when fields of a hash expire, in seconds since the Unix epoch.",
        run: |ctx, args, sink| hexpire(ctx, args, sink, SECONDS),
        ..EXPIRE
    },
    Command {
        name: "hpexpire",
        syntax: "key@0 milliseconds:integer [condition<NX|XX|GT|LT>] FIELDS/fields(numfields:integer \
            field...)",
        summary: "Sets when fields of a hash expire, in milliseconds from now.",
        run: |ctx, args, sink| hexpire(ctx, args, sink, MS_FROM_NOW),
        ..EXPIRE
    },
    Command {
        name: "hpexpireat",
        syntax: "key@0 unix-time-milliseconds:unix-time [condition<NX|XX|GT|LT>] \
            FIELDS/fields(numfields:integer field...)",
        summary: "Sets when fields of a hash expire, in milliseconds since the Unix epoch.",
        run: |ctx, args, sink| hexpire(ctx, args, sink, MS),
        ..EXPIRE
    },
    Command {
        name: "httl",
        syntax: "key@0 FIELDS/fields(numfields:integer field...)",
        summary: "Returns in how many seconds fields of a hash expire.",
        tips: &["nondeterministic_output"],
        run: |ctx, args, sink| httl(ctx, args, sink, SECONDS_FROM_NOW),
        ..TELL
    },
    Command {
        name: "hpttl",
        syntax: "key@0 FIELDS/fields(numfields:integer field...)",
        summary: "Returns in how many milliseconds fields of a hash expire.",
        tips: &["nondeterministic_output"],
        run: |ctx, args, sink| httl(ctx, args, sink, MS_FROM_NOW),
        ..TELL
    },
    Command {
        name: "hexpiretime",
        syntax: "key@0 FIELDS/fields(numfields:integer field...)",
        summary: "Returns when fields of a hash expire, in seconds since the Unix epoch.",
        run: |ctx, args, sink| httl(ctx, args, sink, SECONDS),
        ..TELL
    },
    Command {
        name: "hpexpiretime",
        syntax: "key@0 FIELDS/fields(numfields:integer field...)",
        summary: "Returns when fields of a hash expire, in milliseconds since the Unix epoch.",
        run: |ctx, args, sink| httl(ctx, args, sink, MS),
        ..TELL
    },
    Command {
        name: "hpersist",
        syntax: "key@0 FIELDS/fields(numfields:integer field...)",
        arity: -5,
        summary: "Has fields of a hash no longer expire.",
        run: hpersist,
        ..EXPIRE
    },
    Command {
        name: "hgetex",
        syntax: "key@0 [expiration<EX/seconds:integer|PX/milliseconds:integer|\
            EXAT/unix-time-seconds:unix-time|PXAT/unix-time-milliseconds:unix-time|PERSIST>] \
            FIELDS/fields(numfields:integer field...)",
        arity: -5,
        keys: &[KeySpec::one(1, &["RW", "access", "update"])],
        since: "8.0.0",
        summary: "Returns the values of fields of a hash, and sets when they expire.",
        run: hgetex,
        ..EXPIRE
    },
    Command {
        name: "hsetex",
        syntax: "key@0 [condition<FNX|FXX>] [expiration<EX/seconds:integer|PX/milliseconds:integer|\
            EXAT/unix-time-seconds:unix-time|PXAT/unix-time-milliseconds:unix-time|KEEPTTL>] \
            FIELDS/fields(numfields:integer data(field value)...)",
        flags: Flags::WRITE.and(Flags::DENYOOM).and(Flags::FAST),
        since: "8.0.0",
        summary: "Sets fields of a hash and when they expire.",
        run: hsetex,
        ..EXPIRE
    },
];

/// The latest deadline a field can have: the last millisecond told in 46 bits.
const LAST: i64 = (1 << 46) - 1;

/// What is answered of a field that is not there.
const NO_FIELD: i64 = -2;
/// What is answered of a field that does not expire.
const NO_DEADLINE: i64 = -1;

/// A time of this unit as a deadline of fields.
fn deadline(ctx: &mut Ctx<'_>, time: &[u8], unit: Unit) -> Result<i64> {
    let time = parse_int(time).ok_or(Error::NotInteger)?;
    if time < 0 {
        return Err(Error::Fixed("ERR invalid expire time, must be >= 0"));
    }
    let deadline = unit.deadline(time, ctx).filter(|deadline| *deadline <= LAST);
    deadline.ok_or_else(|| invalid_time(ctx.command().name))
}

/// Sets when a field expires that is there; one whose time is over is taken out at once. Whether it was.
fn set_deadline(hash: &mut Hash, field: &[u8], deadline: i64, now_ms: i64) -> bool {
    let over = deadline <= now_ms;
    if over {
        hash.remove(field);
    } else {
        hash.set_deadline(field, Some(deadline));
    }
    over
}

/// Reports that deadlines of fields were set, or that the fields were taken out because they lie in the past.
fn report(ctx: &mut Ctx<'_>, key: &[u8], over: bool) {
    ctx.changed(key, Class::HASH, if over { "hdel" } else { "hexpire" });
    ctx.remove_if_empty(key);
}

/// Which present deadlines HEXPIRE may replace.
#[derive(Clone, Copy, Debug)]
enum Condition {
    Any,
    Nx,
    Xx,
    Gt,
    Lt,
}

impl Condition {
    fn read(args: &mut Args<'_>) -> Self {
        [("NX", Self::Nx), ("XX", Self::Xx), ("GT", Self::Gt), ("LT", Self::Lt)]
            .into_iter()
            .find(|(word, _)| args.keyword(word))
            .map_or(Self::Any, |(_, condition)| condition)
    }

    /// Whether a field that expires at `present` may come to expire at `deadline`; not to expire is later
    /// than any deadline.
    fn allows(self, present: Option<i64>, deadline: i64) -> bool {
        match self {
            Self::Any => true,
            Self::Nx => present.is_none(),
            Self::Xx => present.is_some(),
            Self::Gt => present.is_some_and(|present| deadline > present),
            Self::Lt => present.is_none_or(|present| deadline < present),
        }
    }
}

/// `HEXPIRE key seconds [NX | XX | GT | LT] FIELDS numfields field [field …]`, `HPEXPIRE key milliseconds …`,
/// `HEXPIREAT key unix-seconds …`, `HPEXPIREAT key unix-milliseconds …`
///
/// Answers for each field: 1 set, 0 not allowed by the condition, 2 removed because the time is over, -2 not
/// there.
fn hexpire(ctx: &mut Ctx<'_>, args: &mut Args<'_>, sink: &mut dyn Sink, unit: Unit) -> Result {
    const COUNT: Error = Error::Fixed("ERR Parameter `numFields` should be greater than 0");
    let key = args.next()?;
    ctx.write::<Hash>(key)?;
    let deadline = deadline(ctx, args.next()?, unit)?;
    let condition = Condition::read(args);
    let fields = named_fields(args, COUNT)?;
    let now_ms = ctx.now_ms();
    sink.array(fields.len());
    let Some(hash) = ctx.write::<Hash>(key)? else {
        fields.iter().for_each(|_| sink.int(NO_FIELD));
        return Ok(());
    };
    hash.expect_deadlines();
    let mut any = false;
    for field in fields {
        sink.int(match hash.deadline(field) {
            None => NO_FIELD,
            Some(present) if !condition.allows(present, deadline) => 0,
            Some(_) => {
                any = true;
                1 + i64::from(set_deadline(hash, field, deadline, now_ms))
            }
        });
    }
    if any {
        report(ctx, key, deadline <= now_ms);
    }
    Ok(())
}

/// `HTTL key FIELDS numfields field [field …]`, `HPTTL …`, `HEXPIRETIME …`, `HPEXPIRETIME …`
///
/// Part of a second counts as a whole one.
fn httl(ctx: &mut Ctx<'_>, args: &mut Args<'_>, sink: &mut dyn Sink, unit: Unit) -> Result {
    let key = args.next()?;
    let since = if unit.from_now { ctx.now_ms() } else { 0 };
    let hash = ctx.read::<Hash>(key)?;
    let fields = named_fields(args, FIELDS_NOT_COUNTED)?;
    sink.array(fields.len());
    for field in fields {
        sink.int(match hash.and_then(|hash| hash.deadline(field)) {
            None => NO_FIELD,
            Some(None) => NO_DEADLINE,
            Some(Some(deadline)) => (deadline - since + unit.ms - 1) / unit.ms,
        });
    }
    Ok(())
}

/// `HPERSIST key FIELDS numfields field [field …]`
///
/// Answers for each field: 1 done, -1 it does not expire, -2 not there.
fn hpersist(ctx: &mut Ctx<'_>, args: &mut Args<'_>, sink: &mut dyn Sink) -> Result {
    let key = args.next()?;
    ctx.write::<Hash>(key)?;
    let fields = named_fields(args, FIELDS_NOT_COUNTED)?;
    sink.array(fields.len());
    let Some(hash) = ctx.write::<Hash>(key)? else {
        fields.iter().for_each(|_| sink.int(NO_FIELD));
        return Ok(());
    };
    let mut any = false;
    for field in fields {
        sink.int(match hash.deadline(field) {
            None => NO_FIELD,
            Some(None) => NO_DEADLINE,
            Some(Some(_)) => {
                hash.set_deadline(field, None);
                any = true;
                1
            }
        });
    }
    if any {
        ctx.changed(key, Class::HASH, "hpersist");
    }
    Ok(())
}

/// The options by which HGETEX and HSETEX tell a deadline.
const TIMES: [(&str, Unit); 4] =
    [("EX", SECONDS_FROM_NOW), ("PX", MS_FROM_NOW), ("EXAT", SECONDS), ("PXAT", MS)];

/// Takes the option by which the next argument tells a deadline, if it is one.
fn time_option(args: &mut Args<'_>) -> Option<Unit> {
    TIMES.into_iter().find(|(word, _)| args.keyword(word)).map(|(_, unit)| unit)
}

/// `HGETEX key [EX seconds | PX milliseconds | EXAT unix-seconds | PXAT unix-milliseconds | PERSIST]
/// FIELDS numfields field [field …]`
fn hgetex(ctx: &mut Ctx<'_>, args: &mut Args<'_>, sink: &mut dyn Sink) -> Result {
    let key = args.next()?;
    ctx.write::<Hash>(key)?;
    let persist = args.keyword("PERSIST");
    let unit = if persist { None } else { time_option(args) };
    let deadline = unit.map(|unit| deadline(ctx, args.next()?, unit)).transpose()?;
    let fields = named_fields(args, FIELDS_NOT_COUNTED)?;
    let now_ms = ctx.now_ms();
    sink.array(fields.len());
    let Some(hash) = ctx.write::<Hash>(key)? else {
        fields.iter().for_each(|_| sink.null());
        return Ok(());
    };
    if persist || deadline.is_some() {
        hash.expect_deadlines();
    }
    let mut any = false;
    for field in fields {
        let value = hash.get(field);
        say_or_null(value, sink);
        if value.is_none() {
            continue;
        }
        if let Some(deadline) = deadline {
            set_deadline(hash, field, deadline, now_ms);
            any = true;
        } else if persist && hash.deadline(field).flatten().is_some() {
            hash.set_deadline(field, None);
            any = true;
        }
    }
    match deadline {
        _ if !any => {}
        Some(deadline) => report(ctx, key, deadline <= now_ms),
        None => ctx.changed(key, Class::HASH, "hpersist"),
    }
    Ok(())
}

/// What HSETEX is asked for beside the values.
#[derive(Debug, Default)]
struct Setting {
    /// FNX or FXX: whether all fields must be there, or none.
    present: Option<bool>,
    /// KEEPTTL.
    keeps_deadlines: bool,
    deadline: Option<i64>,
}

impl Setting {
    /// Reads the options before FIELDS, and the word itself.
    fn read(ctx: &mut Ctx<'_>, args: &mut Args<'_>) -> Result<Self> {
        let mut setting = Self::default();
        while !args.keyword("FIELDS") {
            let word = args.peek().unwrap_or_default();
            let present = [("FNX", false), ("FXX", true)].into_iter().find(|(word, _)| args.keyword(word));
            if let Some((_, present)) = present {
                if setting.present.replace(present).is_some() {
                    return Err(Error::Fixed("ERR Only one of FXX or FNX arguments can be specified"));
                }
                continue;
            }
            let keeps_deadlines = args.keyword("KEEPTTL");
            let unit = if keeps_deadlines { None } else { time_option(args) };
            if !keeps_deadlines && unit.is_none() {
                return Err(Error::quoting("ERR unknown argument: ", word, ""));
            }
            if setting.keeps_deadlines || setting.deadline.is_some() {
                return Err(Error::Fixed(
                    "ERR Only one of EX, PX, EXAT, PXAT or KEEPTTL arguments can be specified",
                ));
            }
            setting.keeps_deadlines = keeps_deadlines;
            setting.deadline = unit.map(|unit| deadline(ctx, args.next()?, unit)).transpose()?;
        }
        Ok(setting)
    }

    /// Whether the fields of these pairs are there, or not there, as asked for.
    fn allows(&self, hash: Option<&Hash>, pairs: &[&[u8]]) -> bool {
        let mut fields = pairs.iter().step_by(2);
        let is_there = |field: &&[u8]| hash.is_some_and(|hash| hash.get(field).is_some());
        self.present.is_none_or(|present| fields.all(|field| is_there(field) == present))
    }
}

/// `HSETEX key [FNX | FXX] [EX seconds | PX milliseconds | EXAT unix-seconds | PXAT unix-milliseconds | KEEPTTL]
/// FIELDS numfields field value [field value …]`
///
/// Answers 1, or 0 if FNX or FXX forbids any of the fields: then none is set. Without an option of time the
/// fields do not expire. With a time that is over they are set and removed again.
fn hsetex(ctx: &mut Ctx<'_>, args: &mut Args<'_>, sink: &mut dyn Sink) -> Result {
    let key = args.next()?;
    let setting = Setting::read(ctx, args)?;
    let arity = || Error::arity("hsetex");
    if args.left() < 3 {
        return Err(arity());
    }
    let count =
        parse_int(args.next()?).and_then(|count| i32::try_from(count).ok()).filter(|count| *count > 0);
    let count = count.ok_or(Error::Fixed("ERR invalid number of fields"))?;
    let pairs = args.take_rest();
    if pairs.len() as i64 != 2 * i64::from(count) {
        return Err(arity());
    }
    let hash = ctx.write::<Hash>(key)?;
    if !setting.allows(hash.as_deref(), pairs) {
        sink.int(0);
        return Ok(());
    }
    let (limits, now_ms) = (ctx.limits(), ctx.now_ms());
    let hash = ctx.create::<Hash>(key)?;
    hash.expect(pairs, &limits);
    if setting.deadline.is_some() {
        hash.expect_deadlines();
    }
    for pair in pairs.chunks_exact(2) {
        if setting.keeps_deadlines {
            hash.set_in_time(pair[0], pair[1], &limits);
        } else {
            hash.set(pair[0], pair[1], &limits);
        }
        // One field after the other, so that those whose time is over never make the hash a big one.
        if let Some(deadline) = setting.deadline {
            set_deadline(hash, pair[0], deadline, now_ms);
        }
    }
    ctx.changed(key, Class::HASH, "hset");
    if let Some(deadline) = setting.deadline {
        report(ctx, key, deadline <= now_ms);
    }
    sink.int(1);
    Ok(())
}
