//! MEMORY: what keys and the store take.
//!
//! All figures are the store's own account of what it has allocated, as `maxmemory` goes by it; of the
//! process and its allocator it knows nothing, and tells nothing.

use std::fmt::Write;

use crate::args::Args;
use crate::command::{Command, Flags, Group, KeySpec};
use crate::dispatch::Ctx;
use crate::error::{Error, Result};
use crate::keyspace::Db;
use crate::sink::Sink;

/// What MEMORY's subcommands have in common.
const MEMORY: Command = Command {
    group: Group::Server,
    since: "4.0.0",
    tips: &["nondeterministic_output", "request_policy:all_shards", "response_policy:special"],
    ..Command::BASE
};

pub(crate) const COMMANDS: &[Command] = &[Command {
    name: "memory",
    arity: -2,
    summary: "A container of commands about memory.",
    complexity: "Depends on subcommand.",
    tips: &[],
    subcommands: SUBCOMMANDS,
    ..MEMORY
}];

const SUBCOMMANDS: &[Command] = &[
    Command {
        name: "doctor",
        full_name: "memory|doctor",
        arity: 2,
        summary: "Returns a report for people.",
        run: doctor,
        ..MEMORY
    },
    Command {
        name: "help",
        full_name: "memory|help",
        arity: 2,
        flags: Flags::LOADING.and(Flags::STALE),
        summary: "Says what the subcommands are.",
        tips: &[],
        run: help,
        ..MEMORY
    },
    Command {
        name: "malloc-stats",
        full_name: "memory|malloc-stats",
        arity: 2,
        summary: "Returns what the allocator says of itself.",
        complexity: "Depends on how much memory is allocated, could be slow",
        run: malloc_stats,
        ..MEMORY
    },
    Command {
        name: "purge",
        full_name: "memory|purge",
        arity: 2,
        summary: "Gives back memory that is not used.",
        complexity: "Depends on how much memory is allocated, could be slow",
        tips: &["request_policy:all_shards", "response_policy:all_succeeded"],
        run: purge,
        ..MEMORY
    },
    Command {
        name: "stats",
        full_name: "memory|stats",
        arity: 2,
        summary: "Returns what takes how much memory.",
        run: stats,
        ..MEMORY
    },
    Command {
        name: "usage",
        full_name: "memory|usage",
        arity: -3,
        flags: Flags::READONLY,
        keys: &[KeySpec::one(2, &["RO"])],
        summary: "Returns how much memory a key and its value take.",
        complexity: "O(N) where N is the number of samples.",
        syntax: "key@0 [SAMPLES/count:integer]",
        tips: &[],
        run: usage,
        ..MEMORY
    },
];

/// `MEMORY USAGE key [SAMPLES count]`
///
/// In bytes. Nothing is estimated from samples: values keep account of what they take.
fn usage(ctx: &mut Ctx<'_>, args: &mut Args<'_>, sink: &mut dyn Sink) -> Result {
    let key = args.next()?;
    while !args.is_empty() {
        if args.left() < 2 || !args.keyword("SAMPLES") {
            return Err(Error::Syntax);
        }
        if args.int()? < 0 {
            return Err(Error::Syntax);
        }
    }
    match ctx.inspect(key).map(Db::bytes_of) {
        Some(bytes) => sink.int(bytes as i64),
        None => sink.null(),
    }
    Ok(())
}

/// `MEMORY STATS`
fn stats(ctx: &mut Ctx<'_>, _: &mut Args<'_>, sink: &mut dyn Sink) -> Result {
    let state = &mut **ctx.state;
    let used = state.used_memory();
    state.peak_memory = state.peak_memory.max(used);
    let script_bytes = state.interpreter.as_ref().map_or(0, |interpreter| interpreter.used_memory());
    let keys: usize = state.dbs.iter().map(Db::len).sum();
    let overhead: usize = state.dbs.iter().map(|db| db.overhead().0 + db.overhead().1).sum();
    let dataset = used - overhead;
    let percent = |part: usize, of: usize| part as f64 * 100.0 / of.max(1) as f64;
    let in_use: Vec<(usize, &Db)> = state.dbs.iter().enumerate().filter(|(_, db)| !db.is_empty()).collect();

    let before: [(&str, usize); 10] = [
        ("peak.allocated", state.peak_memory),
        ("total.allocated", used),
        ("startup.allocated", 0),
        ("replication.backlog", 0),
        ("replica.fullsync.buffer", 0),
        ("clients.slaves", 0),
        ("cluster.links", 0),
        ("aof.buffer", 0),
        ("functions.caches", 0),
        ("script.VMs", script_bytes),
    ];
    let after: [(&str, usize); 6] = [
        ("overhead.db.hashtable.rehashing", 0),
        ("overhead.total", overhead),
        ("db.dict.rehashing.count", 0),
        ("keys.count", keys),
        ("keys.bytes-per-key", used / keys.max(1)),
        ("dataset.bytes", dataset),
    ];
    let shares = [
        ("dataset.percentage", percent(dataset, used)),
        ("peak.percentage", percent(used, state.peak_memory)),
    ];
    let say = |sink: &mut dyn Sink, (name, bytes): (&str, usize)| {
        sink.bulk(name.as_bytes());
        sink.int(bytes as i64);
    };
    sink.map(before.len() + in_use.len() + after.len() + shares.len());
    before.into_iter().for_each(|figure| say(sink, figure));
    for (number, db) in in_use {
        let (main, expires) = db.overhead();
        sink.bulk(format!("db.{number}").as_bytes());
        sink.map(2);
        say(sink, ("overhead.hashtable.main", main));
        say(sink, ("overhead.hashtable.expires", expires));
    }
    after.into_iter().for_each(|figure| say(sink, figure));
    for (name, share) in shares {
        sink.bulk(name.as_bytes());
        sink.double(share);
    }
    Ok(())
}

/// `MEMORY DOCTOR`
fn doctor(ctx: &mut Ctx<'_>, _: &mut Args<'_>, sink: &mut dyn Sink) -> Result {
    let (used, limit) = (ctx.state.used_memory(), ctx.state.config.max_memory);
    let mut report = format!("Keys and values take {used} bytes.\n");
    if limit > 0 {
        let evicted = ctx.state.stats.evicted;
        let _ = writeln!(report, "maxmemory allows {limit}; {evicted} keys were evicted.");
    }
    sink.verbatim("txt", report.as_bytes());
    Ok(())
}

/// `MEMORY MALLOC-STATS`
fn malloc_stats(_: &mut Ctx<'_>, _: &mut Args<'_>, sink: &mut dyn Sink) -> Result {
    sink.verbatim("txt", b"The allocator is the process's, and says nothing of itself here.\n");
    Ok(())
}

/// `MEMORY PURGE`
///
/// There is nothing to do: what is freed is the allocator's at once.
fn purge(_: &mut Ctx<'_>, _: &mut Args<'_>, sink: &mut dyn Sink) -> Result {
    sink.ok();
    Ok(())
}

/// `MEMORY HELP`
fn help(_: &mut Ctx<'_>, _: &mut Args<'_>, sink: &mut dyn Sink) -> Result {
    super::say_help(
        sink,
        "MEMORY",
        &[
            "DOCTOR",
            "    Return memory problems reports.",
            "MALLOC-STATS",
            "    Return internal statistics report from the memory allocator.",
            "PURGE",
            "    Attempt to purge dirty pages for reclamation by the allocator.",
            "STATS",
            "    Return information about the memory usage of the server.",
            "USAGE <key> [SAMPLES <count>]",
            "    Return memory in bytes used by <key> and its value. Nested values are",
            "    sampled up to <count> times (default: 5, 0 means sample all).",
        ],
    );
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::testing::Shell;

    fn usage(shell: &mut Shell, key: &str) -> usize {
        shell.run(&format!("MEMORY USAGE {key}"))[1..].parse().expect("a number")
    }

    #[test]
    fn usage_grows_with_the_value() {
        let mut shell = Shell::new();
        shell.run("SET short x");
        shell.run(&format!("SET long {}", "x".repeat(10_000)));
        assert!((10..100).contains(&usage(&mut shell, "short")));
        assert!((10_000..11_000).contains(&usage(&mut shell, "long")));
        (0..2000).for_each(|number| _ = shell.run(&format!("SADD set member:{number}")));
        assert!(usage(&mut shell, "set") > 2000 * "member:1000".len());
        shell.check(&[
            ("MEMORY USAGE none", "$-1"),
            ("MEMORY USAGE short SAMPLES", "-ERR syntax error"),
            ("MEMORY USAGE short SAMPLES -1", "-ERR syntax error"),
            ("MEMORY USAGE short SAMPLES x", "-ERR value is not an integer or out of range"),
        ]);
    }

    #[test]
    fn the_parts_add_up() {
        let mut shell = Shell::new();
        (0..100).for_each(|number| _ = shell.run(&format!("SET {number} x EX 100")));
        let stats = shell.run("MEMORY STATS");
        let words: Vec<&str> = stats.split(' ').collect();
        let figure = |name: &str| {
            let at = words.iter().position(|word| *word == name).expect(name);
            words[at + 1][1..].parse::<usize>().expect(name)
        };
        assert_eq!(figure("total.allocated"), figure("overhead.total") + figure("dataset.bytes"));
        assert_eq!(figure("keys.count"), 100);
        assert_eq!(
            figure("overhead.total"),
            figure("overhead.hashtable.main") + figure("overhead.hashtable.expires")
        );
    }
}
