//! SLOWLOG: the commands that took long.

use crate::args::Args;
use crate::command::{Command, Flags, Group};
use crate::dispatch::Ctx;
use crate::error::{Error, Result};
use crate::number::parse_int;
use crate::sink::Sink;

/// What SLOWLOG's subcommands have in common.
const SLOWLOG: Command = Command {
    group: Group::Server,
    flags: Flags::ADMIN.and(Flags::LOADING).and(Flags::STALE),
    since: "2.2.12",
    ..Command::BASE
};

pub(crate) const COMMANDS: &[Command] = &[Command {
    name: "slowlog",
    arity: -2,
    flags: Flags::NONE,
    summary: "A container of commands about commands that took long.",
    complexity: "Depends on subcommand.",
    subcommands: SUBCOMMANDS,
    ..SLOWLOG
}];

const SUBCOMMANDS: &[Command] = &[
    Command {
        name: "get",
        full_name: "slowlog|get",
        arity: -2,
        summary: "Returns the last commands that took long.",
        complexity: "O(N) where N is the number of entries returned",
        syntax: "[count:integer]",
        tips: &["request_policy:all_nodes", "nondeterministic_output"],
        run: get,
        ..SLOWLOG
    },
    Command {
        name: "help",
        full_name: "slowlog|help",
        arity: 2,
        flags: Flags::LOADING.and(Flags::STALE),
        since: "6.2.0",
        summary: "Says what the subcommands are.",
        run: help,
        ..SLOWLOG
    },
    Command {
        name: "len",
        full_name: "slowlog|len",
        arity: 2,
        summary: "Counts the commands that took long.",
        tips: &["request_policy:all_nodes", "response_policy:agg_sum", "nondeterministic_output"],
        run: len,
        ..SLOWLOG
    },
    Command {
        name: "reset",
        full_name: "slowlog|reset",
        arity: 2,
        summary: "Forgets the commands that took long.",
        complexity: "O(N) where N is the number of entries in the slowlog",
        tips: &["request_policy:all_nodes", "response_policy:all_succeeded"],
        run: reset,
        ..SLOWLOG
    },
];

/// `SLOWLOG GET [count]`
///
/// The last 10 without a count, all with -1.
fn get(ctx: &mut Ctx<'_>, args: &mut Args<'_>, sink: &mut dyn Sink) -> Result {
    const RANGE: Error = Error::Fixed("ERR count should be greater than or equal to -1");
    if args.left() > 1 {
        return Err(super::unknown_form(args));
    }
    let count = match args.rest().first() {
        Some(count) => parse_int(count).filter(|count| *count >= -1).ok_or(RANGE)?,
        None => 10,
    };
    let entries = &ctx.state.slowlog.entries;
    let shown = usize::try_from(count).map_or(entries.len(), |count| count.min(entries.len()));
    sink.array(shown);
    for entry in entries.iter().take(shown) {
        sink.array(6);
        sink.int(entry.id);
        sink.int(entry.at_seconds);
        sink.int(entry.us as i64);
        sink.array(entry.argv.len());
        entry.argv.iter().for_each(|arg| sink.bulk(arg));
        sink.bulk(entry.address.as_bytes());
        sink.bulk(&entry.name);
    }
    Ok(())
}

/// `SLOWLOG LEN`
fn len(ctx: &mut Ctx<'_>, _: &mut Args<'_>, sink: &mut dyn Sink) -> Result {
    sink.int(ctx.state.slowlog.entries.len() as i64);
    Ok(())
}

/// `SLOWLOG RESET`
fn reset(ctx: &mut Ctx<'_>, _: &mut Args<'_>, sink: &mut dyn Sink) -> Result {
    ctx.state.slowlog.entries.clear();
    sink.ok();
    Ok(())
}

/// `SLOWLOG HELP`
fn help(_: &mut Ctx<'_>, _: &mut Args<'_>, sink: &mut dyn Sink) -> Result {
    super::say_help(
        sink,
        "SLOWLOG",
        &[
            "GET [<count>]",
            "    Return top <count> entries from the slowlog (default: 10, -1 mean all).",
            "    Entries are made of:",
            "    id, timestamp, time in microseconds, arguments array, client IP and port,",
            "    client name",
            "LEN",
            "    Return the length of the slowlog.",
            "RESET",
            "    Reset the slowlog.",
        ],
    );
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::testing::Shell;

    #[test]
    fn what_takes_long_is_logged_with_its_arguments_cut() {
        let mut shell = Shell::new();
        shell.run("CLIENT SETNAME me");
        shell.clock.advance(60_000_000);
        shell.run("SET k v");
        assert_eq!(shell.run("SLOWLOG LEN"), ":0", "a clock that is moved makes no command slow");
        shell.run("DEBUG SLEEP 0.02");
        let logged = shell.run("SLOWLOG GET");
        assert!(logged.starts_with("*1 *6 :0 :1700000060 :20000 *3 $5 DEBUG $5 SLEEP $4 0.02 $"), "{logged}");
        assert!(logged.ends_with(" $2 me"), "{logged}");

        shell.run("CONFIG SET slowlog-log-slower-than 0");
        let long = "y".repeat(130);
        let many: Vec<String> = (0..40).map(|number| number.to_string()).collect();
        shell.run(&format!("ECHO {long}"));
        assert!(shell.run("SLOWLOG GET 1").contains(&format!("{}... (2 more bytes)", &long[..128])));
        shell.run(&format!("DEL {}", many.join(" ")));
        let logged = shell.run("SLOWLOG GET 1");
        assert!(logged.contains(" *32 $3 DEL ") && logged.contains("... (10 more arguments)"), "{logged}");
        shell.run("CONFIG SET slowlog-max-len 2");
        assert_eq!(shell.run("SLOWLOG LEN"), ":2");
        shell.run("CONFIG SET slowlog-log-slower-than -1");
        shell.run("SLOWLOG RESET");
        shell.run("DEBUG SLEEP 1");
        assert_eq!(shell.run("SLOWLOG GET"), "*0");
    }

    #[test]
    fn what_scripts_and_transactions_call_is_logged_and_exec_is_not() {
        let mut shell = Shell::new();
        shell.run("CONFIG SET slowlog-log-slower-than 0");
        shell.run("SLOWLOG RESET");
        shell.run("EVAL \"redis.call('SET', 'k', 'v') return redis.call('GET', 'k')\" 0");
        shell.run("MULTI");
        shell.run("GET k");
        shell.run("EXEC");
        shell.run("CONFIG SET slowlog-log-slower-than -1");
        let logged = shell.run("SLOWLOG GET -1");
        for (command, times) in [("$4 EVAL", 1), ("$3 SET $1 k", 1), ("$3 GET $1 k", 2), ("$4 EXEC", 0)] {
            assert_eq!(logged.matches(command).count(), times, "{command}: {logged}");
        }
    }
}
