//! The databases as wholes, and the time.

use crate::args::Args;
use crate::command::{Command, Flags, Group};
use crate::dispatch::Ctx;
use crate::effects::Effect;
use crate::error::{Error, Result};
use crate::gate::Gate;
use crate::interlude::BUSY;
use crate::number;
use crate::sink::Sink;
use crate::transaction::DbKey;

/// What the rows of this group have in common.
const SERVER: Command = Command { group: Group::Server, ..Command::BASE };

pub(crate) const COMMANDS: &[Command] = &[
    Command {
        name: "dbsize",
        arity: 1,
        flags: Flags::FAST.and(Flags::READONLY),
        categories: &["keyspace"],
        summary: "Counts the keys of the database.",
        tips: &["request_policy:all_shards", "response_policy:agg_sum"],
        run: dbsize,
        ..SERVER
    },
    Command {
        name: "flushall",
        syntax: "[flush-type<ASYNC{4.0.0}|SYNC{6.2.0}>]",
        arity: -1,
        flags: Flags::WRITE,
        categories: &["dangerous", "keyspace"],
        summary: "Deletes the keys of all databases.",
        complexity: "O(N) where N is the total number of keys in all databases",
        tips: &["request_policy:all_shards", "response_policy:all_succeeded"],
        run: flushall,
        ..SERVER
    },
    Command {
        name: "flushdb",
        syntax: "[flush-type<ASYNC{4.0.0}|SYNC{6.2.0}>]",
        arity: -1,
        flags: Flags::WRITE,
        categories: &["dangerous", "keyspace"],
        summary: "Deletes the keys of the database.",
        complexity: "O(N) where N is the number of keys in the selected database",
        tips: &["request_policy:all_shards", "response_policy:all_succeeded"],
        run: flushdb,
        ..SERVER
    },
    Command {
        name: "lastsave",
        arity: 1,
        flags: Flags::FAST.and(Flags::LOADING).and(Flags::STALE),
        categories: &["admin", "dangerous"],
        summary: "Returns when the keys were last saved.",
        tips: &["nondeterministic_output"],
        run: lastsave,
        ..SERVER
    },
    Command {
        name: "role",
        arity: 1,
        flags: Flags::NOSCRIPT.and(Flags::LOADING).and(Flags::STALE).and(Flags::FAST),
        categories: &["admin", "dangerous"],
        since: "2.8.12",
        summary: "Returns the part that the server has in replication.",
        run: role,
        ..SERVER
    },
    Command {
        name: "shutdown",
        syntax: "[save-selector<NOSAVE|SAVE>] [NOW{7.0.0}] [FORCE{7.0.0}] [ABORT{7.0.0}]",
        arity: -1,
        flags: Flags::ADMIN
            .and(Flags::NOSCRIPT)
            .and(Flags::LOADING)
            .and(Flags::STALE)
            .and(Flags::NO_MULTI)
            .and(Flags::ALLOW_BUSY),
        summary: "Closes all sessions and forgets all keys.",
        complexity: "O(N) when saving, where N is the total number of keys in all databases when saving data, \
                     otherwise O(1)",
        run: shutdown,
        ..SERVER
    },
    Command {
        name: "swapdb",
        syntax: "index1:integer index2:integer",
        arity: 3,
        flags: Flags::FAST.and(Flags::WRITE),
        categories: &["dangerous", "keyspace"],
        since: "4.0.0",
        summary: "Exchanges two databases.",
        complexity: "O(N) where N is the count of clients watching or blocking on keys from both databases.",
        run: swapdb,
        ..SERVER
    },
    Command {
        name: "time",
        arity: 1,
        flags: Flags::FAST.and(Flags::LOADING).and(Flags::STALE),
        since: "2.6.0",
        summary: "Returns the time.",
        tips: &["nondeterministic_output"],
        run: time,
        ..SERVER
    },
];

/// `DBSIZE`
///
/// Counts expired keys that nobody has come across, too.
fn dbsize(ctx: &mut Ctx<'_>, _: &mut Args<'_>, sink: &mut dyn Sink) -> Result {
    sink.int(ctx.database().len() as i64);
    Ok(())
}

/// `FLUSHDB [ASYNC | SYNC]`
fn flushdb(ctx: &mut Ctx<'_>, args: &mut Args<'_>, sink: &mut dyn Sink) -> Result {
    check_flush_option(args)?;
    flush(ctx, ctx.db);
    flushed(ctx);
    sink.ok();
    Ok(())
}

/// `FLUSHALL [ASYNC | SYNC]`
fn flushall(ctx: &mut Ctx<'_>, args: &mut Args<'_>, sink: &mut dyn Sink) -> Result {
    check_flush_option(args)?;
    (0..ctx.state.dbs.len()).for_each(|db| flush(ctx, db));
    flushed(ctx);
    sink.ok();
    Ok(())
}

fn check_flush_option(args: &mut Args<'_>) -> Result {
    if !args.is_empty() && !args.keyword("SYNC") && !args.keyword("ASYNC") {
        return Err(Error::Syntax);
    }
    args.end()
}

/// Tells those who keep copies of keys that all are gone.
fn flushed(ctx: &mut Ctx<'_>) {
    if ctx.state.gate.has(Gate::TRACKED) {
        ctx.state.effects.push(Effect::Flushed);
    }
}

fn flush(ctx: &mut Ctx<'_>, db: usize) {
    signal(ctx, db, &[db]);
    ctx.state.stats.dirty += ctx.state.dbs[db].len() as u64;
    ctx.state.dbs[db].clear();
}

/// Tells those who watch or wait for keys of a database about the ones that are in any of `holders`.
fn signal(ctx: &mut Ctx<'_>, db: usize, holders: &[usize]) {
    let state = &mut **ctx.state;
    let heard = |key: &&DbKey| {
        let dbs = &state.dbs;
        key.0 == db
            && holders.iter().any(|holder| dbs[*holder].find(dbs[*holder].hash(&key.1), &key.1).is_some())
    };
    let keys: Vec<DbKey> =
        state.watchers.keys(Some(db)).chain(state.waiters.keys()).filter(heard).cloned().collect();
    state.effects.extend(keys.into_iter().map(Effect::Replaced));
}

/// `SWAPDB index1 index2`
///
/// Sessions stay with their number, so that all of them see the other's keys at once.
fn swapdb(ctx: &mut Ctx<'_>, args: &mut Args<'_>, sink: &mut dyn Sink) -> Result {
    const INVALID: [Error; 2] =
        [Error::Fixed("ERR invalid first DB index"), Error::Fixed("ERR invalid second DB index")];
    let mut chosen = [0; 2];
    for (at, invalid) in INVALID.into_iter().enumerate() {
        let number = number::parse_int(args.next()?);
        chosen[at] = number.filter(|number| i32::try_from(*number).is_ok()).ok_or(invalid)?;
    }
    let databases = ctx.state.dbs.len();
    let [a, b] = chosen.map(|number| usize::try_from(number).ok().filter(|db| *db < databases));
    let (Some(a), Some(b)) = (a, b) else {
        return Err(Error::Fixed("ERR DB index is out of range"));
    };
    if a != b {
        signal(ctx, a, &[a, b]);
        signal(ctx, b, &[a, b]);
        ctx.state.dbs.swap(a, b);
        ctx.state.stats.dirty += 1;
    }
    sink.ok();
    Ok(())
}

/// `LASTSAVE`
///
/// In seconds since the Unix epoch. A server that was started without a file has nothing to lose at that
/// moment, and so takes it for the last at which all was saved; nothing is saved here later.
fn lastsave(ctx: &mut Ctx<'_>, _: &mut Args<'_>, sink: &mut dyn Sink) -> Result {
    sink.int(ctx.state.saved_s());
    Ok(())
}

/// `ROLE`
///
/// Always a master without replicas.
fn role(_: &mut Ctx<'_>, _: &mut Args<'_>, sink: &mut dyn Sink) -> Result {
    sink.array(3);
    sink.bulk(b"master");
    sink.int(0);
    sink.array(0);
    Ok(())
}

/// `SHUTDOWN [NOSAVE|SAVE] [NOW] [FORCE] [ABORT]`
///
/// What becomes of a server's clients and of its memory, and not of the process that a store lives in: all
/// sessions are closed, this one unanswered, and keys and scripts are gone. The store is open for new
/// sessions, as a server is that was started again; its settings stay. Nothing is saved with SAVE either,
/// for there is nowhere to.
///
/// From inside of a script that takes long, only NOSAVE goes: it ends the script whatever that has done.
fn shutdown(ctx: &mut Ctx<'_>, args: &mut Args<'_>, _: &mut dyn Sink) -> Result {
    let (mut abort, mut save, mut nosave, mut other) = (false, false, false, false);
    while !args.is_empty() {
        if args.keyword("SAVE") {
            save = true;
        } else if args.keyword("NOSAVE") {
            nosave = true;
        } else if args.keyword("ABORT") {
            abort = true;
        } else if args.keyword("NOW") || args.keyword("FORCE") {
            other = true;
        } else {
            return Err(Error::Syntax);
        }
    }
    if (abort && (save || nosave || other)) || (save && nosave) {
        return Err(Error::Syntax);
    }
    if abort {
        return Err(Error::Fixed("ERR No shutdown in progress."));
    }
    if ctx.state.gate.has(Gate::BUSY) {
        if !nosave {
            return Err(BUSY);
        }
        ctx.state.shut_down_soon();
    } else {
        ctx.state.shut_down(ctx.session);
    }
    let session = ctx.own();
    session.closing = true;
    session.regate();
    Err(Error::Closed)
}

/// `TIME`
fn time(ctx: &mut Ctx<'_>, _: &mut Args<'_>, sink: &mut dyn Sink) -> Result {
    let now_us = ctx.now_us();
    sink.array(2);
    for part in [now_us.div_euclid(1_000_000), now_us.rem_euclid(1_000_000)] {
        sink.bulk(itoa::Buffer::new().format(part).as_bytes());
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::testing::Shell;

    #[test]
    fn a_flush_is_heard_by_those_who_watch_a_key_that_was_there() {
        let mut shell = Shell::new();
        let other = shell.store.open_session();
        shell.run("SET a 1");
        for (watched, reply) in [("a", "*-1"), ("b", "*1 +PONG")] {
            shell.run("SET a 1");
            shell.run_as(other, &format!("WATCH {watched}"));
            assert_eq!(shell.run("FLUSHDB"), "+OK");
            shell.run_as(other, "MULTI");
            shell.run_as(other, "PING");
            assert_eq!(shell.run_as(other, "EXEC"), reply, "{watched}");
        }
        assert_eq!(shell.run("FLUSHALL SYNC ASYNC"), "-ERR syntax error");
        assert_eq!(shell.run("DBSIZE"), ":0");
    }

    #[test]
    fn databases_change_places() {
        let mut shell = Shell::new();
        shell.run("SET a 1");
        assert_eq!(shell.run("SWAPDB 0 1"), "+OK");
        assert_eq!(shell.run("DBSIZE"), ":0");
        shell.run("SELECT 1");
        assert_eq!(shell.run("GET a"), "$1 1");
        assert_eq!(shell.run("SWAPDB 0 99"), "-ERR DB index is out of range");
        assert_eq!(shell.run("SWAPDB x 99"), "-ERR invalid first DB index");
        assert_eq!(shell.run("SWAPDB 0 x"), "-ERR invalid second DB index");
    }

    #[test]
    fn after_a_shutdown_the_store_is_as_one_that_was_started_again() {
        let mut shell = Shell::new();
        let waiter = shell.store.open_session();
        shell.run_as(waiter, "BLPOP l 0");
        shell.check(&[
            ("SET k v", "+OK"),
            ("SHUTDOWN ABORT", "-ERR No shutdown in progress."),
            ("SHUTDOWN ABORT NOW", "-ERR syntax error"),
            ("SHUTDOWN SAVE NOSAVE", "-ERR syntax error"),
            ("SHUTDOWN NOSUCH", "-ERR syntax error"),
            ("GET k", "$1 v"),
            ("SHUTDOWN NOSAVE NOW FORCE", "-ERR the connection is closed"),
        ]);
        assert!(!shell.store.is_open(shell.session) && !shell.store.is_open(waiter));
        shell.session = shell.store.open_session();
        assert_eq!(shell.run("DBSIZE"), ":0");
    }

    #[test]
    fn what_was_never_saved_was_saved_when_the_store_began() {
        let mut shell = Shell::new();
        let began = shell.run("LASTSAVE");
        shell.clock.advance(5_000_000);
        shell.run("SET k v");
        shell.check(&[("LASTSAVE", &began)]);
        let told = format!("rdb_last_save_time{began} ");
        assert!(shell.run("INFO persistence").contains(&told), "{told}");
    }

    #[test]
    fn the_time_is_the_clocks() {
        let mut shell = Shell::new();
        shell.clock.set(1_700_000_000_000_005);
        assert_eq!(shell.run("TIME"), "*2 $10 1700000000 $1 5");
    }
}
