//! MULTI, EXEC, DISCARD, WATCH, UNWATCH.

use crate::args::Args;
use crate::command::{Command, Flags, Group, KeySpec};
use crate::dispatch::{Ctx, Origin};
use crate::error::{Error, Result};
use crate::keyspace::Entry;
use crate::sink::Sink;
use crate::transaction::{DbKey, HalfRun, Queued, Transaction};

/// What the rows of this group have in common.
const TRANSACTION: Command = Command {
    group: Group::Transactions,
    flags: Flags::NOSCRIPT.and(Flags::LOADING).and(Flags::STALE).and(Flags::FAST).and(Flags::ALLOW_BUSY),
    ..Command::BASE
};

pub(crate) const COMMANDS: &[Command] = &[
    Command {
        name: "multi",
        arity: 1,
        since: "1.2.0",
        summary: "Starts a transaction: what follows is queued until EXEC.",
        run: multi,
        ..TRANSACTION
    },
    Command {
        name: "exec",
        arity: 1,
        flags: Flags::NOSCRIPT.and(Flags::LOADING).and(Flags::STALE).and(Flags::SKIP_SLOWLOG),
        since: "1.2.0",
        summary: "Runs all commands queued since MULTI as one unit.",
        complexity: "Depends on commands in the transaction",
        run: exec,
        ..TRANSACTION
    },
    Command {
        name: "discard",
        arity: 1,
        since: "2.0.0",
        summary: "Forgets the commands queued since MULTI.",
        complexity: "O(N), when N is the number of queued commands",
        run: discard,
        ..TRANSACTION
    },
    Command {
        name: "watch",
        syntax: "key@0...",
        arity: -2,
        keys: &[KeySpec::range(1, -1, 1, &["RO"])],
        since: "2.2.0",
        summary: "Makes EXEC answer null if one of the keys is modified before it.",
        complexity: "O(1) for every key.",
        run: watch,
        ..TRANSACTION
    },
    Command {
        name: "unwatch",
        arity: 1,
        since: "2.2.0",
        summary: "Forgets the watched keys.",
        run: unwatch,
        ..TRANSACTION
    },
];

/// `MULTI`
fn multi(ctx: &mut Ctx<'_>, _: &mut Args<'_>, sink: &mut dyn Sink) -> Result {
    let transaction = &mut ctx.own().transaction;
    if transaction.open {
        return Err(Error::Fixed("ERR MULTI calls can not be nested"));
    }
    transaction.open = true;
    ctx.own().regate();
    sink.ok();
    Ok(())
}

/// `EXEC`
///
/// Aborts with EXECABORT if a command was refused while queueing; answers null, with nothing run, if a
/// watched key was modified or has expired since it was watched. The error of a command that runs is an
/// element of the reply, and those after it run all the same.
fn exec(ctx: &mut Ctx<'_>, _: &mut Args<'_>, sink: &mut dyn Sink) -> Result {
    if !ctx.own().transaction.open {
        return Err(Error::Fixed("ERR EXEC without MULTI"));
    }
    let expired = watched_key_expired(ctx);
    let transaction = reset(ctx);
    if transaction.refused {
        return Err(Error::Fixed("EXECABORT Transaction discarded because of previous errors."));
    }
    if transaction.dirty || expired {
        sink.null_array();
        return Ok(());
    }
    sink.array(transaction.queue.len());
    if ctx.in_parts {
        let queue = transaction.queue.into_iter();
        ctx.state.half_run = Some(Box::new(HalfRun { frame: ctx.frame(), queue }));
        return Ok(());
    }
    let origin = std::mem::replace(&mut ctx.origin, Origin::Exec);
    transaction.queue.iter().for_each(|queued| run_queued(ctx, queued, sink));
    ctx.origin = origin;
    Ok(())
}

/// Runs one of EXEC's commands, whose error is an element of the reply.
pub(crate) fn run_queued(ctx: &mut Ctx<'_>, queued: &Queued, sink: &mut dyn Sink) {
    let argv: Vec<&[u8]> = queued.argv.iter().map(|arg| &**arg).collect();
    if let Err(error) = ctx.call_within(queued.command, &argv, sink) {
        ctx.state.stats.count_error(&error);
        sink.error(&error);
    }
}

/// Ends the transaction of an EXEC that was refused; what to say of it.
pub(crate) fn aborted(ctx: &mut Ctx<'_>, why: &Error) -> Error {
    reset(ctx);
    let why = why.wire();
    let mut text = b"EXECABORT Transaction discarded because of: ".to_vec();
    text.extend_from_slice(why.strip_prefix(b"ERR ").unwrap_or(why));
    Error::text(text)
}

/// `DISCARD`
fn discard(ctx: &mut Ctx<'_>, _: &mut Args<'_>, sink: &mut dyn Sink) -> Result {
    if !ctx.own().transaction.open {
        return Err(Error::Fixed("ERR DISCARD without MULTI"));
    }
    reset(ctx);
    sink.ok();
    Ok(())
}

/// `WATCH key [key …]`
fn watch(ctx: &mut Ctx<'_>, args: &mut Args<'_>, sink: &mut dyn Sink) -> Result {
    if ctx.own().transaction.open {
        return Err(Error::Fixed("ERR WATCH inside MULTI is not allowed"));
    }
    for key in args.take_rest() {
        let at: DbKey = (ctx.db, (*key).into());
        if ctx.own().transaction.watched.iter().any(|(watched, _)| *watched == at) {
            continue;
        }
        let expired = is_expired(ctx, &at);
        ctx.state.watchers.add(at.clone(), ctx.session);
        ctx.own().transaction.watched.push((at, expired));
    }
    sink.ok();
    Ok(())
}

/// `UNWATCH`
fn unwatch(ctx: &mut Ctx<'_>, _: &mut Args<'_>, sink: &mut dyn Sink) -> Result {
    forget_watched(ctx);
    ctx.own().transaction.dirty = false;
    sink.ok();
    Ok(())
}

/// Ends the session's transaction, giving back what it was.
pub(super) fn reset(ctx: &mut Ctx<'_>) -> Transaction {
    forget_watched(ctx);
    let session = ctx.own();
    let transaction = std::mem::take(&mut session.transaction);
    session.regate();
    transaction
}

fn forget_watched(ctx: &mut Ctx<'_>) {
    let watched = std::mem::take(&mut ctx.own().transaction.watched);
    let session = ctx.session;
    ctx.state.forget_watches(&watched, session);
}

fn watched_key_expired(ctx: &mut Ctx<'_>) -> bool {
    let watched = std::mem::take(&mut ctx.own().transaction.watched);
    let expired = watched.iter().any(|(key, before)| !before && is_expired(ctx, key));
    ctx.own().transaction.watched = watched;
    expired
}

fn is_expired(ctx: &mut Ctx<'_>, (db, key): &DbKey) -> bool {
    let keys = &ctx.state.dbs[*db];
    let deadline = keys.find(keys.hash(key), key).and_then(Entry::expire);
    deadline.is_some_and(|deadline| deadline < ctx.now_ms())
}

#[cfg(test)]
mod tests {
    use crate::resp::Encoder;
    use crate::testing::Shell;
    use crate::{Delivery, Error, Outcome, Token};

    #[test]
    fn a_transaction_runs_as_one_and_errors_are_elements() {
        let mut shell = Shell::new();
        assert_eq!(shell.run("MULTI"), "+OK");
        assert_eq!(shell.run("SET k 1"), "+QUEUED");
        assert_eq!(shell.run("MULTI"), "-ERR MULTI calls can not be nested");
        assert_eq!(shell.run("GET k"), "+QUEUED");
        assert_eq!(shell.run("EXEC"), "*2 +OK $1 1");
        assert_eq!(shell.run("EXEC"), "-ERR EXEC without MULTI");
    }

    #[test]
    fn a_refused_command_aborts_it() {
        let mut shell = Shell::new();
        shell.run("MULTI");
        assert_eq!(shell.run("GET"), "-ERR wrong number of arguments for 'get' command");
        assert_eq!(shell.run("EXEC"), "-EXECABORT Transaction discarded because of previous errors.");
    }

    #[test]
    fn a_watched_key_that_another_session_writes_undoes_it() {
        let mut shell = Shell::new();
        let other = shell.store.open_session();
        shell.run("WATCH k");
        shell.run_as(other, "SET k 1");
        shell.run("MULTI");
        shell.run("SET k 2");
        assert_eq!(shell.run("EXEC"), "*-1");
        assert_eq!(shell.run("GET k"), "$1 1");
    }

    /// Queues these commands, runs EXEC bit by bit, and gives its whole reply.
    fn exec_in_parts(shell: &mut Shell, queued: &[&str], between: impl Fn(&mut Shell)) -> String {
        shell.run("MULTI");
        queued.iter().for_each(|line| drop(shell.run(line)));
        let mut reply = Vec::new();
        let mut sink = Encoder::new(2, &mut reply);
        shell.store.begin_exec(shell.session, &mut sink).expect("the transaction is sound");
        if shell.store.half_run_exec() == Some(shell.session) {
            while !shell.store.go_on_exec(&mut sink) {
                between(shell);
            }
        }
        assert_eq!(shell.store.half_run_exec(), None);
        String::from_utf8_lossy(&reply).replace("\r\n", " ").trim_end().to_owned()
    }

    const QUEUED: [&str; 9] = [
        "TIME",
        "SET a 1",
        "INCR a",
        "LPUSH a x",
        "SELECT 1",
        "SET b 1 PX 5",
        "BLPOP l 0",
        "TESTPANIC k",
        "TIME",
    ];

    #[test]
    fn bit_by_bit_it_is_the_same() {
        let (mut whole, mut parts) = (Shell::new(), Shell::new());
        whole.run("MULTI");
        QUEUED.iter().for_each(|line| drop(whole.run(line)));
        let clock = parts.clock.clone();
        // All its commands see the same instant.
        assert_eq!(exec_in_parts(&mut parts, &QUEUED, |_| clock.advance(1_000_000)), whole.run("EXEC"));
        clock.advance(-8_000_000);
        for line in ["GET b", "PTTL b", "EXISTS k", "SELECT 0", "GET a", "EXEC", "INFO errorstats"] {
            assert_eq!(parts.run(line), whole.run(line), "{line}");
        }
    }

    #[test]
    fn bit_by_bit_nobody_is_served_before_the_end() {
        let mut shell = Shell::new();
        let waiter = shell.store.open_session();
        shell.run_as(waiter, "BLPOP l 0");
        exec_in_parts(&mut shell, &["RPUSH l x", "LPOP l", "RPUSH l y", "PING"], |shell| {
            assert!(!shell.store.has_deliveries());
        });
        assert_eq!(shell.heard(waiter), ["*2 $1 l $1 y"]);
    }

    #[test]
    fn what_a_script_left_is_seen_to_where_its_session_tracks() {
        let mut shell = Shell::new();
        let waiter = shell.store.open_session();
        shell.run("HELLO 3");
        shell.run("CLIENT TRACKING ON BCAST NOLOOP");
        shell.run_as(waiter, "BLPOP l 0");
        assert_eq!(shell.run("EVAL \"return redis.call('rpush', 'l', 'x')\" 0"), ":1");
        let deliveries = shell.store.take_deliveries();
        assert_eq!(deliveries.iter().map(Delivery::session).collect::<Vec<_>>(), [waiter, shell.session]);
    }

    #[test]
    fn bit_by_bit_it_may_have_nothing_to_run() {
        let mut shell = Shell::new();
        let other = shell.store.open_session();
        assert_eq!(exec_in_parts(&mut shell, &[], |_| {}), "*0");
        shell.run("WATCH k");
        shell.run_as(other, "SET k 1");
        assert_eq!(exec_in_parts(&mut shell, &["SET k 2"], |_| {}), "*-1");
        let without_multi = shell.store.begin_exec(shell.session, &mut Encoder::new(2, &mut Vec::new()));
        assert_eq!(without_multi, Err(Error::Fixed("ERR EXEC without MULTI")));
    }

    #[test]
    fn what_is_left_is_run_by_whoever_needs_the_store() {
        let mut shell = Shell::new();
        let other = shell.store.open_session();
        for session in [shell.session, other] {
            shell.run_as(session, "MULTI");
            ["INCR n", "INCR n", "INCR n"].iter().for_each(|line| drop(shell.run_as(session, line)));
        }
        let mut reply = Vec::new();
        let mut sink = Encoder::new(2, &mut reply);
        assert_eq!(shell.store.begin_exec(shell.session, &mut sink), Ok(Outcome::Done));
        assert!(!shell.store.go_on_exec(&mut sink));
        shell.store.finish_exec();
        let rest = shell.store.take_exec_reply(shell.session).expect("two commands were left");
        assert_eq!(rest.tokens(), [Token::Int(2), Token::Int(3)]);
        assert_eq!(shell.store.take_exec_reply(shell.session), None);
        // A session that is closed has its transaction run all the same.
        assert_eq!(shell.store.begin_exec(other, &mut sink), Ok(Outcome::Done));
        shell.store.close_session(other);
        assert_eq!(shell.run("GET n"), "$1 6");
    }
}
