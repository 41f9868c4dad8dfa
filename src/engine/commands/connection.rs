//! The connection itself: greeting, database, identity, goodbye.

use crate::acl::DEFAULT;
use crate::answers::Answers;
use crate::args::Args;
use crate::command::{Command, Flags, Group};
use crate::dispatch::{Ctx, Origin};
use crate::error::{Error, Result};
use crate::number;
use crate::session::is_plain_name;
use crate::sink::Sink;
use crate::store::REDIS_VERSION;

/// What the rows of this group have in common.
const CONNECTION: Command = Command {
    group: Group::Connection,
    flags: Flags::LOADING.and(Flags::STALE).and(Flags::FAST),
    ..Command::BASE
};

/// Flags of commands that a session may use before it has said who it is.
const GREETING: Flags = CONNECTION.flags.and(Flags::NOSCRIPT).and(Flags::NO_AUTH).and(Flags::ALLOW_BUSY);

pub(crate) const COMMANDS: &[Command] = &[
    Command {
        name: "auth",
        syntax: "[username{6.0.0}] password",
        arity: -2,
        flags: GREETING,
        summary: "Says who the session is.",
        complexity: "O(N) where N is the number of passwords defined for the user",
        run: auth,
        ..CONNECTION
    },
    Command {
        name: "echo",
        syntax: "message",
        arity: 2,
        summary: "Answers its argument.",
        run: echo,
        ..CONNECTION
    },
    Command {
        name: "hello",
        syntax: "[arguments(protover:integer [AUTH/auth(username password)] [SETNAME/clientname])]",
        arity: -1,
        flags: GREETING,
        since: "6.0.0",
        summary: "Chooses the protocol, and tells about the server.",
        run: hello,
        ..CONNECTION
    },
    Command {
        name: "ping",
        syntax: "[message]",
        arity: -1,
        flags: Flags::FAST,
        tips: &["request_policy:all_shards", "response_policy:all_succeeded"],
        summary: "Answers PONG, or its argument.",
        run: ping,
        ..CONNECTION
    },
    Command {
        name: "quit",
        deprecated: "7.2.0",
        arity: -1,
        flags: GREETING,
        summary: "Closes the session.",
        run: quit,
        ..CONNECTION
    },
    Command {
        name: "reset",
        arity: 1,
        flags: GREETING,
        since: "6.2.0",
        summary: "Makes the session as new.",
        run: reset,
        ..CONNECTION
    },
    Command {
        name: "select",
        syntax: "index:integer",
        arity: 2,
        summary: "Changes the database.",
        run: select,
        ..CONNECTION
    },
];

/// `AUTH [username] password`
///
/// A password alone is the default user's, and an error that says so where that one has none.
fn auth(ctx: &mut Ctx<'_>, args: &mut Args<'_>, sink: &mut dyn Sink) -> Result {
    match args.take_rest() {
        [_] if !ctx.state.acl.default_has_password() => {
            return Err(Error::Fixed(
                "ERR AUTH <password> called without any password configured for the default user. Are you sure \
                 your configuration is correct?",
            ));
        }
        [password] => ctx.authenticate(DEFAULT, password)?,
        [username, password] => ctx.authenticate(username, password)?,
        _ => return Err(Error::Syntax),
    }
    sink.ok();
    Ok(())
}

/// `ECHO message`
fn echo(_: &mut Ctx<'_>, args: &mut Args<'_>, sink: &mut dyn Sink) -> Result {
    sink.bulk(args.next()?);
    Ok(())
}

/// `HELLO [protover [AUTH username password] [SETNAME clientname]]`
fn hello(ctx: &mut Ctx<'_>, args: &mut Args<'_>, sink: &mut dyn Sink) -> Result {
    let mut resp = None;
    let (mut name, mut login) = (None, None);
    if let Some(version) = args.peek() {
        const NOT_A_NUMBER: Error = Error::Fixed("ERR Protocol version is not an integer or out of range");
        match number::parse_int(version).ok_or(NOT_A_NUMBER)? {
            2 => resp = Some(2),
            3 => resp = Some(3),
            _ => return Err(Error::Fixed("NOPROTO unsupported protocol version")),
        }
        args.next()?;
    }
    while let Some(option) = args.peek() {
        if args.left() >= 3 && args.keyword("AUTH") {
            login = Some((args.next()?, args.next()?));
        } else if args.left() >= 2 && args.keyword("SETNAME") {
            name = Some(checked_name(args.next()?)?);
        } else {
            return Err(Error::quoting("ERR Syntax error in HELLO option '", option, "'"));
        }
    }
    if let Some((username, password)) = login {
        ctx.authenticate(username, password)?;
    }
    if ctx.needs_login() {
        return Err(Error::Fixed(
            "NOAUTH HELLO must be called with the client already authenticated, otherwise the HELLO <proto> AUTH \
             <user> <pass> option can be used to authenticate the client and select the RESP protocol version at the \
             same time",
        ));
    }
    let session = ctx.own();
    if let Some(name) = name {
        session.name = name.to_vec();
    }
    if let Some(resp) = resp {
        session.resp = resp;
        session.regate();
        sink.set_resp(resp);
    }
    let (resp, id) = (session.resp, session.id.client);
    sink.map(7);
    for (field, value) in [("server", "redis"), ("version", REDIS_VERSION)] {
        sink.bulk(field.as_bytes());
        sink.bulk(value.as_bytes());
    }
    sink.bulk(b"proto");
    sink.int(i64::from(resp));
    sink.bulk(b"id");
    sink.int(id as i64);
    for (field, value) in [("mode", "standalone"), ("role", "master")] {
        sink.bulk(field.as_bytes());
        sink.bulk(value.as_bytes());
    }
    sink.bulk(b"modules");
    sink.array(0);
    Ok(())
}

/// A session's name, if it is one: no spaces, line ends or special characters.
pub(super) fn checked_name(name: &[u8]) -> Result<&[u8]> {
    const SPECIAL: Error =
        Error::Fixed("ERR Client names cannot contain spaces, newlines or special characters.");
    if is_plain_name(name) { Ok(name) } else { Err(SPECIAL) }
}

/// `PING [message]`
///
/// A RESP2 session that is subscribed gets an array, to tell it from messages.
fn ping(ctx: &mut Ctx<'_>, args: &mut Args<'_>, sink: &mut dyn Sink) -> Result {
    let message = args.take_rest();
    if message.len() > 1 {
        return Err(Error::arity("ping"));
    }
    let message = message.first().copied();
    let session = ctx.own();
    if session.resp == 2 && session.subscriptions() > 0 {
        sink.array(2);
        sink.bulk(b"pong");
        sink.bulk(message.unwrap_or_default());
    } else {
        match message {
            Some(message) => sink.bulk(message),
            None => sink.simple("PONG"),
        }
    }
    Ok(())
}

/// `QUIT`
///
/// The host closes the session once this reply is delivered.
fn quit(ctx: &mut Ctx<'_>, _: &mut Args<'_>, sink: &mut dyn Sink) -> Result {
    let session = ctx.own();
    session.closing = true;
    session.regate();
    sink.ok();
    Ok(())
}

/// `RESET`
///
/// Ends the transaction and all subscriptions, and goes back to RESP2, database 0 and no name.
fn reset(ctx: &mut Ctx<'_>, _: &mut Args<'_>, sink: &mut dyn Sink) -> Result {
    super::transaction::reset(ctx);
    super::pubsub::leave_all(ctx);
    let session = ctx.session;
    ctx.state.set_monitor(session, false);
    ctx.state.stop_tracking(session);
    ctx.state.log_out(session);
    let session = ctx.own();
    session.db = 0;
    session.resp = 2;
    session.name.clear();
    session.no_evict = false;
    session.no_touch = false;
    if session.answers == Answers::Off {
        session.answers = Answers::On;
    }
    session.regate();
    ctx.db = 0;
    sink.set_resp(2);
    sink.simple("RESET");
    Ok(())
}

/// `SELECT index`
///
/// In a script it holds for the script's own calls.
fn select(ctx: &mut Ctx<'_>, args: &mut Args<'_>, sink: &mut dyn Sink) -> Result {
    let index = args.int32()?;
    let Some(db) = usize::try_from(index).ok().filter(|db| *db < ctx.state.dbs.len()) else {
        return Err(Error::Fixed("ERR DB index is out of range"));
    };
    ctx.db = db;
    if ctx.origin != Origin::Script {
        ctx.own().db = db;
    }
    sink.ok();
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::testing::Shell;

    #[test]
    fn hello_changes_the_protocol_of_its_own_reply() {
        let mut shell = Shell::new();
        assert!(shell.run("HELLO 3").starts_with("%7 $6 server $5 redis"));
        assert_eq!(shell.run("GET k"), "_");
        assert!(shell.run("HELLO 2 SETNAME me").starts_with("*14"));
        assert_eq!(shell.run("CLIENT GETNAME"), "$2 me");
        assert_eq!(shell.run("HELLO 4"), "-NOPROTO unsupported protocol version");
    }

    #[test]
    fn reset_forgets_all_that_the_session_was() {
        let mut shell = Shell::new();
        for line in ["HELLO 3", "SELECT 3", "SUBSCRIBE a", "MULTI"] {
            shell.run(line);
        }
        assert_eq!(shell.run("RESET"), "+RESET");
        assert_eq!(shell.run("EXEC"), "-ERR EXEC without MULTI");
        assert_eq!(shell.run("GET k"), "$-1");
        assert_eq!(shell.run("PUBLISH a x"), ":0");
    }
}
