//! Lists: commands that wait for an element.
//!
//! Each is its namesake without the `B` when there is something to take. Within MULTI and scripts it does
//! not wait but answers as if its time were up.

use super::list::LIST;
use super::list_pop::{Form, Move, MultiPop, parse_end, pop};
use crate::args::Args;
use crate::blocking::{Wait, deadline_in_seconds};
use crate::command::{Command, Flags, KeySpec};
use crate::dispatch::{Ctx, Origin};
use crate::error::{Error, Result};
use crate::sink::Sink;
use crate::types::list::End;
use crate::types::{List, Type};

pub(crate) const COMMANDS: &[Command] = &[
    Command {
        name: "blpop",
        syntax: "key@0... timeout:double",
        arity: -3,
        flags: Flags::WRITE.and(Flags::BLOCKING),
        keys: &[KeySpec::range(1, -2, 1, &["RW", "access", "delete"])],
        since: "2.0.0",
        summary: "Takes the first element of the first of several lists that has any, or waits for one.",
        complexity: "O(N) where N is the number of keys",
        run: blpop,
        ..LIST
    },
    Command {
        name: "brpop",
        syntax: "key@0... timeout:double",
        arity: -3,
        flags: Flags::WRITE.and(Flags::BLOCKING),
        keys: &[KeySpec::range(1, -2, 1, &["RW", "access", "delete"])],
        since: "2.0.0",
        summary: "Takes the last element of the first of several lists that has any, or waits for one.",
        complexity: "O(N) where N is the number of keys",
        run: brpop,
        ..LIST
    },
    Command {
        name: "blmpop",
        syntax: "timeout:double numkeys:integer key@0... where<LEFT|RIGHT> [COUNT/count:integer]",
        arity: -5,
        flags: Flags::WRITE.and(Flags::BLOCKING).and(Flags::MOVABLEKEYS),
        keys: &[KeySpec::counted(2, &["RW", "access", "delete"])],
        since: "7.0.0",
        summary: "Takes elements off lists as LMPOP, or waits for some.",
        complexity: "O(N+M) where N is the number of keys and M the number of elements returned",
        run: blmpop,
        ..LIST
    },
    Command {
        name: "blmove",
        syntax: "source@0 destination@1 wherefrom<LEFT|RIGHT> whereto<LEFT|RIGHT> timeout:double",
        arity: 6,
        flags: Flags::WRITE.and(Flags::DENYOOM).and(Flags::BLOCKING),
        keys: &[KeySpec::one(1, &["RW", "access", "delete"]), KeySpec::one(2, &["RW", "insert"])],
        since: "6.2.0",
        summary: "Moves an element between lists as LMOVE, or waits for one.",
        run: blmove,
        ..LIST
    },
    Command {
        name: "brpoplpush",
        syntax: "source@0 destination@1 timeout:double",
        deprecated: "6.2.0",
        arity: 4,
        flags: Flags::WRITE.and(Flags::DENYOOM).and(Flags::BLOCKING),
        keys: &[KeySpec::one(1, &["RW", "access", "delete"]), KeySpec::one(2, &["RW", "insert"])],
        since: "2.2.0",
        summary: "Moves an element between lists as RPOPLPUSH, or waits for one.",
        run: brpoplpush,
        ..LIST
    },
];

/// `BLPOP key [key …] timeout`
///
/// The timeout is in seconds, possibly fractional; 0 is none.
fn blpop(ctx: &mut Ctx<'_>, args: &mut Args<'_>, sink: &mut dyn Sink) -> Result {
    blocking_pop(ctx, args, End::Head, sink)
}

/// `BRPOP key [key …] timeout`
fn brpop(ctx: &mut Ctx<'_>, args: &mut Args<'_>, sink: &mut dyn Sink) -> Result {
    blocking_pop(ctx, args, End::Tail, sink)
}

fn blocking_pop(ctx: &mut Ctx<'_>, args: &mut Args<'_>, end: End, sink: &mut dyn Sink) -> Result {
    let Some((timeout, keys)) = args.take_rest().split_last() else { return Err(Error::Syntax) };
    let deadline = deadline_in_seconds(timeout, ctx.now_ms())?;
    if let Some(key) = ctx.first::<List>(keys)? {
        sink.array(2);
        sink.bulk(key);
        return pop(ctx, key, end, 1, Form::Single, sink);
    }
    wait(ctx, args, keys, deadline, sink);
    Ok(())
}

/// `BLMPOP timeout numkeys key [key …] <LEFT | RIGHT> [COUNT count]`
///
/// The timeout is looked at last.
fn blmpop(ctx: &mut Ctx<'_>, args: &mut Args<'_>, sink: &mut dyn Sink) -> Result {
    let timeout = args.next()?;
    let request = MultiPop::parse(args)?;
    let deadline = deadline_in_seconds(timeout, ctx.now_ms())?;
    if !request.pop(ctx, sink)? {
        wait(ctx, args, request.keys, deadline, sink);
    }
    Ok(())
}

/// `BLMOVE source destination <LEFT | RIGHT> <LEFT | RIGHT> timeout`
///
/// A destination of another type is an error once the source has an element, which then stays there for
/// the next who waits.
fn blmove(ctx: &mut Ctx<'_>, args: &mut Args<'_>, sink: &mut dyn Sink) -> Result {
    let request =
        Move { from: args.next()?, to: args.next()?, pop: parse_end(args)?, push: parse_end(args)? };
    move_or_wait(ctx, args, &request, sink)
}

/// `BRPOPLPUSH source destination timeout`
fn brpoplpush(ctx: &mut Ctx<'_>, args: &mut Args<'_>, sink: &mut dyn Sink) -> Result {
    let request = Move { from: args.next()?, to: args.next()?, pop: End::Tail, push: End::Head };
    move_or_wait(ctx, args, &request, sink)
}

fn move_or_wait(ctx: &mut Ctx<'_>, args: &mut Args<'_>, request: &Move<'_>, sink: &mut dyn Sink) -> Result {
    let deadline = deadline_in_seconds(args.next()?, ctx.now_ms())?;
    if request.run(ctx, sink)? {
        return Ok(());
    }
    if matches!(ctx.origin, Origin::Exec | Origin::Script) {
        // Not what it answers when its time is up, which is a null array.
        sink.null();
        return Ok(());
    }
    wait(ctx, args, &[request.from], deadline, sink);
    Ok(())
}

fn wait(ctx: &mut Ctx<'_>, args: &Args<'_>, keys: &[&[u8]], deadline: Option<i64>, sink: &mut dyn Sink) {
    ctx.block(args.argv(), &Wait::for_keys(keys, Type::List, deadline), sink);
}

#[cfg(test)]
mod tests {
    use crate::Delivery;
    use crate::testing::Shell;

    /// Sessions that wait, each with one command, in this order.
    fn waiting<const N: usize>(shell: &mut Shell, lines: [&str; N]) -> [crate::SessionId; N] {
        lines.map(|line| {
            let session = shell.store.open_session();
            assert_eq!(shell.run_as(session, line), "(blocked)", "{line}");
            session
        })
    }

    /// What each of the sessions was answered since the last call; nothing for one that still waits.
    fn answers<const N: usize>(shell: &mut Shell, sessions: [crate::SessionId; N]) -> [String; N] {
        let mut answers = sessions.map(|_| String::new());
        let resp = |shell: &mut Shell| shell.store.take_deliveries();
        for delivery in resp(shell) {
            let Delivery::Woken { session, answer, .. } = delivery else { continue };
            let mut reply = Vec::new();
            let mut sink = crate::resp::Encoder::new(2, &mut reply);
            match answer {
                Ok(answer) => answer.replay(&mut sink),
                Err(error) => crate::Sink::error(&mut sink, &error),
            }
            let text = String::from_utf8_lossy(&reply).replace("\r\n", " ").trim_end().to_owned();
            if let Some(at) = sessions.iter().position(|id| *id == session) {
                answers[at] = text;
            }
        }
        answers
    }

    #[test]
    fn the_oldest_waiter_is_served_first() {
        let mut shell = Shell::new();
        let waiters = waiting(&mut shell, ["BLPOP a a 0", "BRPOP b a 0", "BLPOP a 0"]);
        shell.run("RPUSH a 1 2");
        assert_eq!(answers(&mut shell, waiters), ["*2 $1 a $1 1", "*2 $1 a $1 2", ""]);
        shell.run("RPUSH a 3");
        assert_eq!(answers(&mut shell, waiters), ["", "", "*2 $1 a $1 3"]);
    }

    #[test]
    fn a_key_of_another_type_wakes_nobody() {
        let mut shell = Shell::new();
        let waiters = waiting(&mut shell, ["BLPOP a b 0"]);
        shell.run("SET a x");
        assert_eq!(answers(&mut shell, waiters), [""]);
        // Its other key wakes it, and it looks at all of them again.
        shell.run("RPUSH b 1");
        let wrong_type = "-WRONGTYPE Operation against a key holding the wrong kind of value";
        assert_eq!(answers(&mut shell, waiters), [wrong_type]);
        assert_eq!(shell.run("LRANGE b 0 -1"), "*1 $1 1");
    }

    #[test]
    fn a_move_that_cannot_be_leaves_the_element_to_the_next() {
        let mut shell = Shell::new();
        shell.run("SET d x");
        let waiters = waiting(&mut shell, ["BLMOVE a d LEFT RIGHT 0", "BLPOP a 0"]);
        shell.run("RPUSH a 1");
        let wrong_type = "-WRONGTYPE Operation against a key holding the wrong kind of value";
        assert_eq!(answers(&mut shell, waiters), [wrong_type, "*2 $1 a $1 1"]);
    }

    #[test]
    fn a_moved_element_wakes_who_waits_for_it() {
        let mut shell = Shell::new();
        let waiters = waiting(&mut shell, ["BLMOVE a b LEFT RIGHT 0", "BLPOP b 0", "BLMPOP 0 2 x a RIGHT"]);
        shell.run("RPUSH a 1 2");
        assert_eq!(answers(&mut shell, waiters), ["$1 1", "*2 $1 b $1 1", "*2 $1 a *1 $1 2"]);
        assert_eq!(shell.run("LLEN b"), ":0");
    }

    #[test]
    fn a_list_that_is_gone_at_the_end_of_a_transaction_wakes_nobody() {
        let mut shell = Shell::new();
        let waiters = waiting(&mut shell, ["BRPOPLPUSH a b 0"]);
        for line in ["MULTI", "RPUSH a 1", "LPOP a", "EXEC"] {
            shell.run(line);
        }
        assert_eq!(answers(&mut shell, waiters), [""]);
    }

    #[test]
    fn nothing_waits_within_a_transaction() {
        let mut shell = Shell::new();
        shell.run("MULTI");
        for line in ["BLPOP a 0", "BLMOVE a b LEFT RIGHT 0", "BLMPOP 0 1 a LEFT", "BLPOP a -1"] {
            assert_eq!(shell.run(line), "+QUEUED");
        }
        assert_eq!(shell.run("EXEC"), "*4 *-1 $-1 *-1 -ERR timeout is negative");
    }

    #[test]
    fn time_ends_a_wait() {
        let mut shell = Shell::new();
        let waiters = waiting(&mut shell, ["BLPOP a 0.5", "BLMOVE a b LEFT LEFT 1"]);
        shell.clock.advance(600_000);
        shell.store.tick();
        assert_eq!(answers(&mut shell, waiters), ["*-1", ""]);
        shell.clock.advance(500_000);
        shell.store.tick();
        assert_eq!(answers(&mut shell, waiters), ["", "*-1"]);
        assert_eq!(shell.run("RPUSH a 1"), ":1");
    }

    #[test]
    fn timeouts_are_refused_in_a_real_servers_words() {
        let mut shell = Shell::new();
        for (timeout, error) in [
            ("x", "-ERR timeout is not a float or out of range"),
            ("nan", "-ERR timeout is not a float or out of range"),
            ("''", "-ERR timeout is not a float or out of range"),
            ("-1", "-ERR timeout is negative"),
            ("-inf", "-ERR timeout is negative"),
            ("inf", "-ERR timeout is out of range"),
            ("9223372036854775", "-ERR timeout is out of range"),
        ] {
            assert_eq!(shell.run(&format!("BLPOP nokey {timeout}")), error, "{timeout}");
        }
        assert_eq!(shell.run("BLMPOP x 0 nokey LEFT"), "-ERR numkeys should be greater than 0");
        assert_eq!(shell.run("BLMPOP x 1 nokey foo"), "-ERR syntax error");
    }

    #[test]
    fn what_nobody_heard_of_goes_back_to_its_place() {
        let mut shell = Shell::new();
        let [session] = waiting(&mut shell, ["BLMPOP 0 1 a RIGHT COUNT 2"]);
        shell.run("RPUSH a 1 2 3");
        let undo = shell.store.take_deliveries().into_iter().find_map(|delivery| match delivery {
            Delivery::Woken { session: woken, undo, .. } if woken == session => undo,
            _ => None,
        });
        assert_eq!(shell.run("LRANGE a 0 -1"), "*1 $1 1");
        let next = waiting(&mut shell, ["BRPOP b 0", "BLPOP c 0"]);
        shell.store.give_back(undo.expect("a pop can be undone"));
        assert_eq!(shell.run("LRANGE a 0 -1"), "*3 $1 1 $1 2 $1 3");
        assert_eq!(answers(&mut shell, next), ["", ""]);
    }
}
