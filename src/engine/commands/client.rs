//! CLIENT: who is connected, and what they wait for.

use std::fmt::Write;

use crate::args::Args;
use crate::command::{Command, Flags, Group};
use crate::dispatch::Ctx;
use crate::error::{Error, Result};
use crate::number;
use crate::session::{Session, Sessions, is_plain_name};
use crate::sink::Sink;

use super::connection::checked_name;

/// What CLIENT's subcommands have in common.
const CLIENT: Command = Command {
    group: Group::Connection,
    flags: Flags::NOSCRIPT.and(Flags::LOADING).and(Flags::STALE),
    ..Command::BASE
};

pub(crate) const COMMANDS: &[Command] = &[Command {
    name: "client",
    arity: -2,
    flags: Flags::NONE,
    since: "2.4.0",
    summary: "Tells of sessions, and changes one's own.",
    complexity: "Depends on subcommand.",
    subcommands: SUBCOMMANDS,
    ..CLIENT
}];

const SUBCOMMANDS: &[Command] = &[
    Command {
        name: "getname",
        full_name: "client|getname",
        arity: 2,
        since: "2.6.9",
        summary: "Returns the session's name.",
        run: getname,
        ..CLIENT
    },
    Command {
        name: "help",
        full_name: "client|help",
        arity: 2,
        flags: Flags::LOADING.and(Flags::STALE),
        since: "5.0.0",
        summary: "Says what the subcommands do.",
        run: help,
        ..CLIENT
    },
    Command {
        name: "id",
        full_name: "client|id",
        arity: 2,
        since: "5.0.0",
        summary: "Returns the session's number.",
        run: id,
        ..CLIENT
    },
    Command {
        name: "info",
        full_name: "client|info",
        arity: 2,
        since: "6.2.0",
        summary: "Tells of the session itself.",
        tips: &["nondeterministic_output"],
        run: info,
        ..CLIENT
    },
    Command {
        name: "list",
        full_name: "client|list",
        syntax: "[TYPE/client-type<NORMAL|MASTER|REPLICA|PUBSUB>{5.0.0}] [ID/client-id:integer{6.2.0}...]",
        arity: -2,
        flags: CLIENT.flags.and(Flags::ADMIN),
        since: "2.4.0",
        summary: "Tells of all sessions.",
        complexity: "O(N) where N is the number of client connections",
        tips: &["nondeterministic_output"],
        run: list,
        ..CLIENT
    },
    Command {
        name: "no-evict",
        full_name: "client|no-evict",
        syntax: "enabled<ON|OFF>",
        arity: 3,
        flags: CLIENT.flags.and(Flags::ADMIN),
        since: "7.0.0",
        summary: "Exempts the session from being closed for the memory it takes.",
        run: |ctx, args, sink| switch(ctx, args, sink, |session| &mut session.no_evict),
        ..CLIENT
    },
    Command {
        name: "no-touch",
        full_name: "client|no-touch",
        syntax: "enabled<ON|OFF>",
        arity: 3,
        since: "7.2.0",
        summary: "Lets the session's commands not count as use of a key.",
        run: |ctx, args, sink| switch(ctx, args, sink, |session| &mut session.no_touch),
        ..CLIENT
    },
    Command {
        name: "setinfo",
        full_name: "client|setinfo",
        syntax: "attr<LIB-NAME/libname|LIB-VER/libver>",
        arity: 4,
        since: "7.2.0",
        summary: "Says which library the session belongs to.",
        tips: &["request_policy:all_nodes", "response_policy:all_succeeded"],
        run: setinfo,
        ..CLIENT
    },
    Command {
        name: "setname",
        full_name: "client|setname",
        syntax: "connection-name",
        arity: 3,
        since: "2.6.9",
        summary: "Gives the session a name.",
        tips: &["request_policy:all_nodes", "response_policy:all_succeeded"],
        run: setname,
        ..CLIENT
    },
    Command {
        name: "unblock",
        full_name: "client|unblock",
        syntax: "client-id:integer [unblock-type<TIMEOUT|ERROR>]",
        arity: -3,
        flags: CLIENT.flags.and(Flags::ADMIN),
        since: "5.0.0",
        summary: "Ends another session's wait.",
        complexity: "O(log N) where N is the number of client connections",
        run: unblock,
        ..CLIENT
    },
];

/// `CLIENT GETNAME`
fn getname(ctx: &mut Ctx<'_>, _: &mut Args<'_>, sink: &mut dyn Sink) -> Result {
    let name = &ctx.own().name;
    sink.bulk_or_null((!name.is_empty()).then_some(name));
    Ok(())
}

/// `CLIENT SETNAME connection-name`
///
/// An empty name takes the name away.
fn setname(ctx: &mut Ctx<'_>, args: &mut Args<'_>, sink: &mut dyn Sink) -> Result {
    ctx.own().name = checked_name(args.next()?)?.to_vec();
    sink.ok();
    Ok(())
}

/// `CLIENT SETINFO LIB-NAME libname | LIB-VER libver`
fn setinfo(ctx: &mut Ctx<'_>, args: &mut Args<'_>, sink: &mut dyn Sink) -> Result {
    let (option, value) = (args.next()?, args.next()?);
    let (word, place): (_, fn(&mut Session) -> &mut Vec<u8>) = if option.eq_ignore_ascii_case(b"LIB-NAME") {
        ("LIB-NAME", |session| &mut session.lib_name)
    } else if option.eq_ignore_ascii_case(b"LIB-VER") {
        ("LIB-VER", |session| &mut session.lib_ver)
    } else {
        return Err(Error::quoting("ERR Unrecognized option '", option, "'"));
    };
    if !is_plain_name(value) {
        let text = format!("ERR {word} cannot contain spaces, newlines or special characters.");
        return Err(Error::text(text));
    }
    *place(ctx.own()) = value.to_vec();
    sink.ok();
    Ok(())
}

/// `CLIENT NO-EVICT ON | OFF`, `CLIENT NO-TOUCH ON | OFF`
///
/// No session is closed for its memory and no use of a key is counted, so that CLIENT LIST alone shows it.
fn switch(
    ctx: &mut Ctx<'_>,
    args: &mut Args<'_>,
    sink: &mut dyn Sink,
    place: fn(&mut Session) -> &mut bool,
) -> Result {
    let on = args.keyword("ON");
    if !on && !args.keyword("OFF") {
        return Err(Error::Syntax);
    }
    *place(ctx.own()) = on;
    sink.ok();
    Ok(())
}

/// `CLIENT ID`
fn id(ctx: &mut Ctx<'_>, _: &mut Args<'_>, sink: &mut dyn Sink) -> Result {
    sink.int(ctx.session.client as i64);
    Ok(())
}

/// `CLIENT INFO`
fn info(ctx: &mut Ctx<'_>, _: &mut Args<'_>, sink: &mut dyn Sink) -> Result {
    let now_ms = ctx.now_ms();
    let mut text = Vec::new();
    describe(ctx.own(), now_ms, &mut text);
    sink.verbatim("txt", &text);
    Ok(())
}

/// `CLIENT LIST [TYPE NORMAL | MASTER | REPLICA | PUBSUB] [ID client-id [client-id …]]`
fn list(ctx: &mut Ctx<'_>, args: &mut Args<'_>, sink: &mut dyn Sink) -> Result {
    let wanted = Wanted::read(args)?;
    let now_ms = ctx.now_ms();
    let mut text = Vec::new();
    for session in wanted.among(&ctx.state.sessions) {
        describe(session, now_ms, &mut text);
    }
    sink.verbatim("txt", &text);
    Ok(())
}

/// Which sessions CLIENT LIST tells of.
enum Wanted {
    All,
    Subscribed(bool),
    Ids(Vec<i64>),
    /// Masters and replicas: there are none.
    Nobody,
}

impl Wanted {
    fn read(args: &mut Args<'_>) -> Result<Self> {
        if args.is_empty() {
            return Ok(Self::All);
        }
        if args.left() == 2 && args.keyword("TYPE") {
            let kind = args.next()?;
            let is = |word: &str| kind.eq_ignore_ascii_case(word.as_bytes());
            return if is("normal") {
                Ok(Self::Subscribed(false))
            } else if is("pubsub") {
                Ok(Self::Subscribed(true))
            } else if is("master") || is("replica") || is("slave") {
                Ok(Self::Nobody)
            } else {
                Err(Error::quoting("ERR Unknown client type '", kind, "'"))
            };
        }
        if args.left() >= 2 && args.keyword("ID") {
            const INVALID: Error = Error::Fixed("ERR Invalid client ID");
            let ids: Option<Vec<i64>> = args.take_rest().iter().map(|id| number::parse_int(id)).collect();
            return ids.map(Self::Ids).ok_or(INVALID);
        }
        Err(Error::Syntax)
    }

    /// Them, in the order of the sessions; by ID in the order asked for, twice who was asked for twice.
    fn among<'a>(&self, sessions: &'a Sessions) -> Vec<&'a Session> {
        match self {
            Self::All => sessions.iter().collect(),
            Self::Subscribed(wanted) => {
                sessions.iter().filter(|session| (session.subscriptions() > 0) == *wanted).collect()
            }
            Self::Ids(ids) => ids.iter().filter_map(|id| sessions.by_client(*id as u64)).collect(),
            Self::Nobody => Vec::new(),
        }
    }
}

/// One line of CLIENT LIST. What tells of sockets and their buffers is 0: there are none.
fn describe(session: &Session, now_ms: i64, text: &mut Vec<u8>) {
    let seconds_since = |ms: i64| (now_ms - ms).max(0) / 1000;
    let transaction = &session.transaction;
    let mut flags = String::new();
    for (set, letter) in [
        (session.monitors, 'O'),
        (session.blocked, 'b'),
        (session.subscriptions() > 0, 'P'),
        (transaction.open, 'x'),
        (transaction.dirty, 'd'),
        (session.no_evict, 'e'),
        (session.no_touch, 'T'),
    ] {
        if set {
            flags.push(letter);
        }
    }
    if flags.is_empty() {
        flags.push('N');
    }
    let id = session.id.client;
    let mut head = format!("id={id} addr={} laddr=memory:0 fd=-1 name=", session.address());
    let queued = if transaction.open { transaction.queue.len() as i64 } else { -1 };
    let (age, idle) = (seconds_since(session.created_ms), seconds_since(session.active_ms));
    let (db, resp) = (session.db, session.resp);
    let (sub, psub, ssub) = (session.channels.len(), session.patterns.len(), session.shard_channels.len());
    let watch = transaction.watched.len();
    text.extend_from_slice(head.as_bytes());
    text.extend_from_slice(&session.name);
    head.clear();
    // Writing to a string cannot fail.
    let _ = write!(
        head,
        " age={age} idle={idle} flags={flags} db={db} sub={sub} psub={psub} ssub={ssub} multi={queued} \
         watch={watch} qbuf=0 qbuf-free=0 argv-mem=0 multi-mem=0 rbs=0 rbp=0 obl=0 oll=0 omem=0 tot-mem=0 \
         events=r cmd={} user=default redir=-1 resp={resp} lib-name=",
        if session.last_command.is_empty() { "NULL" } else { session.last_command },
    );
    text.extend_from_slice(head.as_bytes());
    text.extend_from_slice(&session.lib_name);
    text.extend_from_slice(b" lib-ver=");
    text.extend_from_slice(&session.lib_ver);
    text.extend_from_slice(b" io-thread=0\n");
}

/// `CLIENT UNBLOCK client-id [TIMEOUT | ERROR]`
///
/// Its wait ends as if its time were up, or with an error.
fn unblock(ctx: &mut Ctx<'_>, args: &mut Args<'_>, sink: &mut dyn Sink) -> Result {
    let id = args.next()?;
    let error = match args.take_rest() {
        [] => None,
        [how] if how.eq_ignore_ascii_case(b"TIMEOUT") => None,
        [how] if how.eq_ignore_ascii_case(b"ERROR") => {
            Some(Error::Fixed("UNBLOCKED client unblocked via CLIENT UNBLOCK"))
        }
        [_] => return Err(Error::Fixed("ERR CLIENT UNBLOCK reason should be TIMEOUT or ERROR")),
        _ => return Err(super::unknown_form(args)),
    };
    let id = number::parse_int(id).ok_or(Error::NotInteger)?;
    let session = ctx.state.sessions.by_client(id as u64).map(|session| session.id);
    let unblocked = session.is_some_and(|session| ctx.state.unblock(session, error));
    sink.int(i64::from(unblocked));
    Ok(())
}

/// `CLIENT HELP`
fn help(_: &mut Ctx<'_>, _: &mut Args<'_>, sink: &mut dyn Sink) -> Result {
    super::say_help(
        sink,
        "CLIENT",
        &[
            "GETNAME",
            "    Return the name of the current connection.",
            "ID",
            "    Return the ID of the current connection.",
            "INFO",
            "    Return information about the current client connection.",
            "LIST [options ...]",
            "    Return information about client connections. Options:",
            "    * TYPE (NORMAL|MASTER|REPLICA|PUBSUB)",
            "      Return clients of specified type.",
            "NO-EVICT (ON|OFF)",
            "    Protect current client connection from eviction.",
            "NO-TOUCH (ON|OFF)",
            "    Will not touch LRU/LFU stats when this mode is on.",
            "SETNAME <name>",
            "    Assign the name <name> to the current connection.",
            "SETINFO <option> <value>",
            "    Set client meta attr. Options are:",
            "    * LIB-NAME: the client lib name.",
            "    * LIB-VER: the client lib version.",
            "UNBLOCK <clientid> [TIMEOUT|ERROR]",
            "    Unblock the specified blocked client.",
        ],
    );
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::testing::Shell;

    #[test]
    fn a_list_tells_of_every_session_and_filters() {
        let mut shell = Shell::new();
        let other = shell.store.open_session();
        shell.run_as(other, "SUBSCRIBE a");
        shell.run("CLIENT SETNAME me");
        let all = shell.run("CLIENT LIST");
        assert!(all.contains("id=1 ") && all.contains("id=2 ") && all.contains("name=me "), "{all}");
        let listening = shell.run("CLIENT LIST TYPE pubsub");
        assert!(listening.contains("id=2 ") && !listening.contains("id=1 "), "{listening}");
        assert!(listening.contains("flags=P ") && listening.contains("cmd=subscribe "), "{listening}");
        assert_eq!(shell.run("CLIENT LIST ID 7"), "$0");
    }

    #[test]
    fn what_is_switched_on_shows_until_reset() {
        let mut shell = Shell::new();
        shell.run("CLIENT NO-EVICT on");
        shell.run("CLIENT NO-TOUCH ON");
        assert!(shell.run("CLIENT INFO").contains(" flags=eT "));
        assert_eq!(shell.run("CLIENT NO-EVICT maybe"), "-ERR syntax error");
        shell.run("RESET");
        assert!(shell.run("CLIENT INFO").contains(" flags=N "));
    }
}
