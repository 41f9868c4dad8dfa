//! When keys expire.

use crate::args::Args;
use crate::command::{Command, Flags, Group, KeySpec};
use crate::dispatch::Ctx;
use crate::effects::Class;
use crate::error::{Error, Result, until_nul};
use crate::keyspace::Entry;
use crate::sink::Sink;

/// What the rows of this group have in common.
const EXPIRE: Command = Command { group: Group::Generic, ..Command::BASE };

pub(crate) const COMMANDS: &[Command] = &[
    Command {
        name: "expire",
        syntax: "key@0 seconds:integer [condition<NX|XX|GT|LT>{7.0.0}]",
        arity: -3,
        flags: Flags::FAST.and(Flags::WRITE),
        keys: &[KeySpec::one(1, &["RW", "update"])],
        summary: "Sets when a key expires, in seconds from now.",
        run: |ctx, args, sink| expire(ctx, args, sink, SECONDS_FROM_NOW),
        ..EXPIRE
    },
    Command {
        name: "expireat",
        syntax: "key@0 unix-time-seconds:unix-time [condition<NX|XX|GT|LT>{7.0.0}]",
        arity: -3,
        flags: Flags::FAST.and(Flags::WRITE),
        keys: &[KeySpec::one(1, &["RW", "update"])],
        since: "1.2.0",
        summary: "Sets when a key expires, in seconds since the Unix epoch.",
        run: |ctx, args, sink| expire(ctx, args, sink, SECONDS),
        ..EXPIRE
    },
    Command {
        name: "expiretime",
        syntax: "key@0",
        arity: 2,
        flags: Flags::FAST.and(Flags::READONLY),
        keys: &[KeySpec::one(1, &["RO", "access"])],
        since: "7.0.0",
        summary: "Returns when a key expires, in seconds since the Unix epoch.",
        run: |ctx, args, sink| ttl(ctx, args, sink, SECONDS),
        ..EXPIRE
    },
    Command {
        name: "persist",
        syntax: "key@0",
        arity: 2,
        flags: Flags::FAST.and(Flags::WRITE),
        keys: &[KeySpec::one(1, &["RW", "update"])],
        since: "2.2.0",
        summary: "Removes the expiration of a key.",
        run: persist,
        ..EXPIRE
    },
    Command {
        name: "pexpire",
        syntax: "key@0 milliseconds:integer [condition<NX|XX|GT|LT>{7.0.0}]",
        arity: -3,
        flags: Flags::FAST.and(Flags::WRITE),
        keys: &[KeySpec::one(1, &["RW", "update"])],
        since: "2.6.0",
        summary: "Sets when a key expires, in milliseconds from now.",
        run: |ctx, args, sink| expire(ctx, args, sink, MS_FROM_NOW),
        ..EXPIRE
    },
    Command {
        name: "pexpireat",
        syntax: "key@0 unix-time-milliseconds:unix-time [condition<NX|XX|GT|LT>{7.0.0}]",
        arity: -3,
        flags: Flags::FAST.and(Flags::WRITE),
        keys: &[KeySpec::one(1, &["RW", "update"])],
        since: "2.6.0",
        summary: "Sets when a key expires, in milliseconds since the Unix epoch.",
        run: |ctx, args, sink| expire(ctx, args, sink, MS),
        ..EXPIRE
    },
    Command {
        name: "pexpiretime",
        syntax: "key@0",
        arity: 2,
        flags: Flags::FAST.and(Flags::READONLY),
        keys: &[KeySpec::one(1, &["RO", "access"])],
        since: "7.0.0",
        summary: "Returns when a key expires, in milliseconds since the Unix epoch.",
        run: |ctx, args, sink| ttl(ctx, args, sink, MS),
        ..EXPIRE
    },
    Command {
        name: "pttl",
        syntax: "key@0",
        arity: 2,
        flags: Flags::FAST.and(Flags::READONLY),
        keys: &[KeySpec::one(1, &["RO", "access"])],
        since: "2.6.0",
        summary: "Returns in how many milliseconds a key expires.",
        tips: &["nondeterministic_output"],
        run: |ctx, args, sink| ttl(ctx, args, sink, MS_FROM_NOW),
        ..EXPIRE
    },
    Command {
        name: "ttl",
        syntax: "key@0",
        arity: 2,
        flags: Flags::FAST.and(Flags::READONLY),
        keys: &[KeySpec::one(1, &["RO", "access"])],
        summary: "Returns in how many seconds a key expires.",
        tips: &["nondeterministic_output"],
        run: |ctx, args, sink| ttl(ctx, args, sink, SECONDS_FROM_NOW),
        ..EXPIRE
    },
];

/// How a command counts time.
#[derive(Clone, Copy, Debug)]
pub(super) struct Unit {
    /// Milliseconds in one of it.
    pub(super) ms: i64,
    /// Whether from now on, not from the Unix epoch.
    pub(super) from_now: bool,
}

pub(super) const SECONDS: Unit = Unit { ms: 1000, from_now: false };
pub(super) const SECONDS_FROM_NOW: Unit = Unit { ms: 1000, from_now: true };
pub(super) const MS: Unit = Unit { ms: 1, from_now: false };
pub(super) const MS_FROM_NOW: Unit = Unit { ms: 1, from_now: true };

impl Unit {
    /// `time` as milliseconds since the Unix epoch, unless they do not fit 64 bits.
    pub(super) fn deadline(self, time: i64, ctx: &mut Ctx<'_>) -> Option<i64> {
        let ms = time.checked_mul(self.ms)?;
        if self.from_now { ms.checked_add(ctx.now_ms()) } else { Some(ms) }
    }
}

/// The error about a time that no key can expire at.
pub(super) fn invalid_time(command: &str) -> Error {
    Error::text(format!("ERR invalid expire time in '{command}' command"))
}

/// Which present expirations EXPIRE may replace.
#[derive(Clone, Copy, Debug, Default)]
struct Conditions {
    nx: bool,
    xx: bool,
    gt: bool,
    lt: bool,
}

impl Conditions {
    fn read(args: &mut Args<'_>) -> Result<Self> {
        let mut conditions = Self::default();
        let Self { nx, xx, gt, lt } = &mut conditions;
        while let Some(word) = args.peek() {
            let known = [("NX", &mut *nx), ("XX", &mut *xx), ("GT", &mut *gt), ("LT", &mut *lt)]
                .into_iter()
                .find(|(name, _)| args.keyword(name));
            let Some((_, set)) = known else {
                return Err(Error::text([b"ERR Unsupported option ", until_nul(word)].concat()));
            };
            *set = true;
        }
        if *nx && (*xx || *gt || *lt) {
            return Err(Error::Fixed("ERR NX and XX, GT or LT options at the same time are not compatible"));
        }
        if *gt && *lt {
            return Err(Error::Fixed("ERR GT and LT options at the same time are not compatible"));
        }
        Ok(conditions)
    }

    /// Whether a key that expires at `present` may come to expire at `deadline`; not to expire is later
    /// than any deadline.
    fn allow(self, present: Option<i64>, deadline: i64) -> bool {
        match present {
            None => !self.xx && !self.gt,
            Some(present) => !self.nx && (!self.gt || deadline > present) && (!self.lt || deadline < present),
        }
    }
}

/// `EXPIRE key seconds [NX | XX] [GT | LT]`, `PEXPIRE key milliseconds …`, `EXPIREAT key unix-seconds …`,
/// `PEXPIREAT key unix-milliseconds …`
///
/// A time that is over deletes the key at once, saying `del`, not `expired`.
fn expire(ctx: &mut Ctx<'_>, args: &mut Args<'_>, sink: &mut dyn Sink, unit: Unit) -> Result {
    let (key, time) = (args.next()?, args.next()?);
    let conditions = Conditions::read(args)?;
    let time = crate::number::parse_int(time).ok_or(Error::NotInteger)?;
    let Some(deadline) = unit.deadline(time, ctx) else {
        return Err(invalid_time(ctx.command().name));
    };
    let now_ms = ctx.now_ms();
    let set = ctx.entry(key).is_some_and(|entry| conditions.allow(entry.expire(), deadline));
    if set && deadline <= now_ms {
        ctx.delete(key);
    } else if set {
        ctx.set_expire(key, Some(deadline));
        ctx.changed(key, Class::GENERIC, "expire");
    }
    sink.int(i64::from(set));
    Ok(())
}

/// `TTL key`, `PTTL key`, `EXPIRETIME key`, `PEXPIRETIME key`
///
/// -1 for a key that does not expire, -2 for none. Seconds are rounded, not cut off.
fn ttl(ctx: &mut Ctx<'_>, args: &mut Args<'_>, sink: &mut dyn Sink, unit: Unit) -> Result {
    let found = ctx.peek(args.next()?).map(Entry::expire);
    sink.int(match found {
        None => -2,
        Some(None) => -1,
        Some(Some(deadline)) => {
            let ms = if unit.from_now { (deadline - ctx.now_ms()).max(0) } else { deadline };
            // In 128 bits, because the half that rounds may not fit 64.
            ((i128::from(ms) + i128::from(unit.ms / 2)) / i128::from(unit.ms)) as i64
        }
    });
    Ok(())
}

/// `PERSIST key`
fn persist(ctx: &mut Ctx<'_>, args: &mut Args<'_>, sink: &mut dyn Sink) -> Result {
    let key = args.next()?;
    let expires = ctx.expire_of(key).is_some();
    if expires {
        ctx.set_expire(key, None);
        ctx.changed(key, Class::GENERIC, "persist");
    }
    sink.int(i64::from(expires));
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::testing::Shell;

    #[test]
    fn a_key_is_there_to_the_end_of_its_last_millisecond() {
        let mut shell = Shell::new();
        shell.run("SET a 1");
        assert_eq!(shell.run("PEXPIRE a 5"), ":1");
        shell.clock.advance(5000);
        assert_eq!(shell.run("PTTL a"), ":0");
        shell.clock.advance(1000);
        assert_eq!(shell.run("PTTL a"), ":-2");
    }

    #[test]
    fn a_time_that_is_over_deletes() {
        let mut shell = Shell::new();
        shell.run("CONFIG SET notify-keyspace-events KEA");
        shell.run("SET a 1");
        assert_eq!(shell.run("EXPIRE a -1 GT"), ":0");
        assert_eq!(shell.run("EXPIRE a -1"), ":1");
        assert_eq!(shell.run("EXISTS a"), ":0");
    }

    #[test]
    fn conditions_compare_with_the_present_expiration() {
        let mut shell = Shell::new();
        shell.run("SET a 1 EX 100");
        assert_eq!(shell.run("EXPIRE a 50 GT"), ":0");
        assert_eq!(shell.run("EXPIRE a 150 GT"), ":1");
        assert_eq!(shell.run("EXPIRE a 100 LT"), ":1");
        assert_eq!(shell.run("EXPIRE a 100 NX"), ":0");
        shell.run("PERSIST a");
        assert_eq!(shell.run("EXPIRE a 100 GT"), ":0");
        assert_eq!(shell.run("EXPIRE a 100 LT"), ":1");
        assert_eq!(
            shell.run("EXPIRE a x NX GT"),
            "-ERR NX and XX, GT or LT options at the same time are not compatible"
        );
    }

    #[test]
    fn times_beyond_64_bits_are_refused() {
        let mut shell = Shell::new();
        shell.run("SET a 1");
        assert_eq!(shell.run("EXPIRE a 9223372036854775807"), "-ERR invalid expire time in 'expire' command");
        assert_eq!(
            shell.run("PEXPIRE a 9223372036854775807"),
            "-ERR invalid expire time in 'pexpire' command"
        );
        assert_eq!(shell.run("PEXPIREAT a 9223372036854775807"), ":1");
        assert_eq!(shell.run("EXPIRETIME a"), ":9223372036854776");
    }

    #[test]
    fn keys_that_expire_in_one_instant_all_go_unseen() {
        let mut shell = Shell::new();
        let keys: Vec<String> = (0..5000).map(|key| format!("k{key}")).collect();
        keys.iter().for_each(|key| _ = shell.run(&format!("SET {key} v PX 1000")));
        shell.clock.advance(2_000_000);
        shell.store.tick();
        assert_eq!(shell.run("DBSIZE"), ":0");
    }
}
