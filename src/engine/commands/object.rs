//! OBJECT: how values are kept and used.

use crate::args::Args;
use crate::command::{Command, Flags, Group, KeySpec};
use crate::dispatch::Ctx;
use crate::error::{Error, Result};
use crate::keyspace::Entry;
use crate::number;
use crate::sink::Sink;

/// What the subcommands of OBJECT have in common.
const OBJECT: Command = Command {
    flags: Flags::READONLY,
    keys: &[KeySpec::one(2, &["RO"])],
    since: "2.2.3",
    tips: &["nondeterministic_output"],
    group: Group::Generic,
    ..Command::BASE
};

pub(crate) const COMMANDS: &[Command] = &[Command {
    name: "object",
    arity: -2,
    since: "2.2.3",
    summary: "A container of commands about how values are kept.",
    complexity: "Depends on subcommand.",
    subcommands: OBJECTS,
    group: Group::Generic,
    ..Command::BASE
}];

const OBJECTS: &[Command] = &[
    Command {
        name: "encoding",
        full_name: "object|encoding",
        syntax: "key@0",
        arity: 3,
        summary: "Returns how the value of a key is kept.",
        run: encoding,
        ..OBJECT
    },
    Command {
        name: "freq",
        full_name: "object|freq",
        syntax: "key@0",
        arity: 3,
        since: "4.0.0",
        summary: "Returns how often a key is used, under an LFU policy.",
        run: freq,
        ..OBJECT
    },
    Command {
        name: "help",
        full_name: "object|help",
        keys: &[],
        tips: &[],
        arity: 2,
        flags: Flags::LOADING.and(Flags::STALE),
        since: "6.2.0",
        summary: "Says what the subcommands are.",
        run: help,
        ..OBJECT
    },
    Command {
        name: "idletime",
        full_name: "object|idletime",
        syntax: "key@0",
        arity: 3,
        summary: "Returns for how many seconds a key has not been used.",
        run: idletime,
        ..OBJECT
    },
    Command {
        name: "refcount",
        full_name: "object|refcount",
        syntax: "key@0",
        arity: 3,
        summary: "Returns how many references the value of a key has.",
        run: refcount,
        ..OBJECT
    },
];

/// `OBJECT ENCODING key`
fn encoding(ctx: &mut Ctx<'_>, args: &mut Args<'_>, sink: &mut dyn Sink) -> Result {
    let encoding = ctx.inspect(args.next()?).map(Entry::encoding);
    sink.bulk_or_null(encoding.map(str::as_bytes));
    Ok(())
}

/// `OBJECT REFCOUNT key`
///
/// 1, because no two keys share a value; but a small integer says what Redis says of those that it shares.
fn refcount(ctx: &mut Ctx<'_>, args: &mut Args<'_>, sink: &mut dyn Sink) -> Result {
    match ctx.inspect(args.next()?).map(references) {
        None => sink.null(),
        Some(count) => sink.int(count),
    }
    Ok(())
}

/// How many references a value has, in OBJECT REFCOUNT's words.
pub(super) fn references(entry: &Entry) -> i64 {
    const SHARED: std::ops::Range<i64> = 0..10_000;
    let integer = entry.as_string().filter(|_| entry.encoding() == "int").and_then(number::parse_int);
    if integer.is_some_and(|integer| SHARED.contains(&integer)) { i64::from(i32::MAX) } else { 1 }
}

/// `OBJECT IDLETIME key`
///
/// In seconds; of 194 days and more, what goes beyond a multiple of them.
fn idletime(ctx: &mut Ctx<'_>, args: &mut Args<'_>, sink: &mut dyn Sink) -> Result {
    let Some(usage) = ctx.inspect(args.next()?).map(Entry::usage) else {
        sink.null();
        return Ok(());
    };
    if ctx.state.config.policy.is_lfu() {
        return Err(Error::Fixed(
            "ERR An LFU maxmemory policy is selected, idle time not tracked. Please note that when switching \
             between policies at runtime LRU and LFU data will take some time to adjust.",
        ));
    }
    sink.int(usage.idle_seconds(ctx.now_ms()));
    Ok(())
}

/// `OBJECT FREQ key`
///
/// A counter that grows with the logarithm of the uses, and falls with time.
fn freq(ctx: &mut Ctx<'_>, args: &mut Args<'_>, sink: &mut dyn Sink) -> Result {
    let Some(usage) = ctx.inspect(args.next()?).map(Entry::usage) else {
        sink.null();
        return Ok(());
    };
    if !ctx.state.config.policy.is_lfu() {
        return Err(Error::Fixed(
            "ERR An LFU maxmemory policy is not selected, access frequency not tracked. Please note that when \
             switching between policies at runtime LRU and LFU data will take some time to adjust.",
        ));
    }
    let counting = ctx.state.config.counting;
    sink.int(i64::from(usage.frequency(counting, ctx.now_ms())));
    Ok(())
}

/// `OBJECT HELP`
fn help(_: &mut Ctx<'_>, _: &mut Args<'_>, sink: &mut dyn Sink) -> Result {
    super::say_help(
        sink,
        "OBJECT",
        &[
            "ENCODING <key>",
            "    Return the kind of internal representation used in order to store the value",
            "    associated with a <key>.",
            "FREQ <key>",
            "    Return the access frequency index of the <key>. The returned integer is",
            "    proportional to the logarithm of the recent access frequency of the key.",
            "IDLETIME <key>",
            "    Return the idle time of the <key>, that is the approximated number of",
            "    seconds elapsed since the last access to the key.",
            "REFCOUNT <key>",
            "    Return the number of references of the value associated with the specified",
            "    <key>.",
        ],
    );
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::testing::Shell;

    #[test]
    fn small_integers_say_that_they_are_shared() {
        let mut shell = Shell::new();
        for (value, count) in
            [("0", "2147483647"), ("9999", "2147483647"), ("10000", "1"), ("-1", "1"), ("x", "1")]
        {
            shell.run(&format!("SET a {value}"));
            assert_eq!(shell.run("OBJECT REFCOUNT a"), format!(":{count}"), "{value}");
        }
        shell.run("SET a 1");
        shell.run("APPEND a 2");
        assert_eq!(shell.run("OBJECT REFCOUNT a"), ":1");
    }

    #[test]
    fn idle_time_is_true_to_the_second_however_quiet_the_store_was() {
        let mut shell = Shell::new();
        shell.run("SET a 1");
        shell.clock.advance(3_600_000_000);
        assert_eq!(shell.run("OBJECT IDLETIME a"), ":3600");
        for not_a_use in ["TTL a", "EXISTS a", "TYPE a", "OBJECT ENCODING a", "WATCH a", "SCAN 0"] {
            shell.run(not_a_use);
            assert_eq!(shell.run("OBJECT IDLETIME a"), ":3600", "{not_a_use}");
        }
        for a_use in ["GET a", "STRLEN a", "SET a 2", "APPEND a 1", "TOUCH a", "EXPIRE a 100000"] {
            shell.clock.advance(7_000_000);
            shell.run(a_use);
            shell.clock.advance(3_000_000);
            assert_eq!(shell.run("OBJECT IDLETIME a"), ":3", "{a_use}");
        }
    }

    #[test]
    fn a_session_can_leave_no_trace_of_its_uses() {
        let mut shell = Shell::new();
        shell.run("SET a 1");
        shell.run("CLIENT NO-TOUCH on");
        shell.clock.advance(10_000_000);
        for not_a_use in ["GET a", "EVAL \"return redis.call('GET', 'a')\" 0"] {
            shell.run(not_a_use);
            assert_eq!(shell.run("OBJECT IDLETIME a"), ":10", "{not_a_use}");
        }
        shell.run("TOUCH a");
        assert_eq!(shell.run("OBJECT IDLETIME a"), ":0");
    }

    #[test]
    fn uses_are_counted_under_an_lfu_policy() {
        let mut shell = Shell::new();
        shell.run("CONFIG SET maxmemory-policy allkeys-lfu lfu-log-factor 0 lfu-decay-time 1");
        shell.run("SET a x");
        assert_eq!(shell.run("OBJECT FREQ a"), ":5");
        for (line, frequency) in [
            ("GET a", 6),
            ("APPEND a y", 7),
            ("TOUCH a a", 9),
            ("TTL a", 9),
            ("SET a z", 10),
            ("MGET a a", 12),
        ] {
            shell.run(line);
            assert_eq!(shell.run("OBJECT FREQ a"), format!(":{frequency}"), "{line}");
        }
        shell.clock.advance(4 * 60_000_000);
        assert_eq!(shell.run("OBJECT FREQ a"), ":8");
        shell.run("RENAME a b");
        assert_eq!(shell.run("OBJECT FREQ b"), ":5");
    }
}
