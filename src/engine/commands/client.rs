//! CLIENT: who is connected, and what they wait for.

use crate::answers::Answers;
use crate::args::{Args, is_word};
use crate::blocking::deadline_in_ms;
use crate::command::{Command, Flags, Group};
use crate::dispatch::Ctx;
use crate::error::{Error, Result};
use crate::number;
use crate::session::{Session, is_plain_name};
use crate::sink::Sink;

use super::connection::checked_name;
use super::{client_list, client_tracking};

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
        run: client_list::info,
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
        run: client_list::list,
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
    Command {
        name: "caching",
        full_name: "client|caching",
        arity: 3,
        since: "6.0.0",
        summary: "Says whether what the next command reads is tracked.",
        syntax: "mode<YES|NO>",
        run: client_tracking::caching,
        ..CLIENT
    },
    Command {
        name: "getredir",
        full_name: "client|getredir",
        arity: 2,
        since: "6.0.0",
        summary: "Returns the session that invalidations are redirected to.",
        run: client_tracking::getredir,
        ..CLIENT
    },
    Command {
        name: "kill",
        full_name: "client|kill",
        arity: -3,
        flags: CLIENT.flags.and(Flags::ADMIN),
        since: "2.4.0",
        summary: "Closes sessions.",
        complexity: "O(N) where N is the number of client connections",
        syntax: "filter<old-format\"ip:port\"{-2.8.12}|new-format<[ID/client-id:integer{2.8.12}]|[TYPE/client-type<NORMAL|MASTER{3.2.0}|SLAVE|REPLICA{5.0.0}|PUBSUB>{2.8.12}]|[USER/username]|[ADDR/addr\"ip:port\"]|[LADDR/laddr\"ip:port\"{6.2.0}]|[SKIPME/skipme<YES|NO>]|[MAXAGE/maxage:integer{7.4.0}]>...>",
        run: client_list::kill,
        ..CLIENT
    },
    Command {
        name: "pause",
        full_name: "client|pause",
        arity: -3,
        flags: CLIENT.flags.and(Flags::ADMIN),
        since: "3.0.0",
        summary: "Makes commands wait.",
        syntax: "timeout:integer [mode<WRITE|ALL>{6.2.0}]",
        run: pause,
        ..CLIENT
    },
    Command {
        name: "reply",
        full_name: "client|reply",
        arity: 3,
        since: "3.2.0",
        summary: "Says whether the session is answered.",
        syntax: "action<ON|OFF|SKIP>",
        run: reply,
        ..CLIENT
    },
    Command {
        name: "tracking",
        full_name: "client|tracking",
        arity: -3,
        since: "6.0.0",
        summary: "Says whether the session hears when keys change that it read.",
        complexity: "O(1). Some options may introduce additional complexity.",
        syntax: "status<ON|OFF> [REDIRECT/client-id:integer] [PREFIX/prefix...!] [BCAST] [OPTIN] [OPTOUT] [NOLOOP]",
        run: client_tracking::tracking,
        ..CLIENT
    },
    Command {
        name: "trackinginfo",
        full_name: "client|trackinginfo",
        arity: 2,
        since: "6.2.0",
        summary: "Tells how the session tracks keys.",
        run: client_tracking::trackinginfo,
        ..CLIENT
    },
    Command {
        name: "unpause",
        full_name: "client|unpause",
        arity: 2,
        flags: CLIENT.flags.and(Flags::ADMIN),
        since: "6.2.0",
        summary: "Ends a pause.",
        complexity: "O(N) where N is the number of paused clients",
        run: unpause,
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
    let (word, place): (_, fn(&mut Session) -> &mut Vec<u8>) = if is_word(option, "LIB-NAME") {
        ("LIB-NAME", |session| &mut session.lib_name)
    } else if is_word(option, "LIB-VER") {
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

/// `CLIENT REPLY ON | OFF | SKIP`
///
/// Only ON is answered itself.
fn reply(ctx: &mut Ctx<'_>, args: &mut Args<'_>, sink: &mut dyn Sink) -> Result {
    if args.keyword("ON") {
        ctx.own().answers = Answers::On;
        sink.ok();
    } else if args.keyword("OFF") {
        ctx.own().answers = Answers::Off;
        ctx.stay_silent();
    } else if args.keyword("SKIP") {
        let session = ctx.own();
        if session.answers != Answers::Off {
            session.answers = Answers::SkipNext;
        }
        ctx.stay_silent();
    } else {
        return Err(Error::Syntax);
    }
    ctx.own().regate();
    Ok(())
}

/// `CLIENT PAUSE timeout [WRITE | ALL]`, with the timeout in milliseconds
fn pause(ctx: &mut Ctx<'_>, args: &mut Args<'_>, sink: &mut dyn Sink) -> Result {
    let timeout = args.next()?;
    let all = match args.take_rest() {
        [] => true,
        [mode] if is_word(mode, "ALL") => true,
        [mode] if is_word(mode, "WRITE") => false,
        [_] => return Err(Error::Fixed("ERR CLIENT PAUSE mode must be WRITE or ALL")),
        _ => return Err(super::unknown_form(args)),
    };
    let now_ms = ctx.now_ms();
    let until_ms = deadline_in_ms(timeout, now_ms)?.unwrap_or(now_ms);
    ctx.state.pause(until_ms, all);
    sink.ok();
    Ok(())
}

/// `CLIENT UNPAUSE`
fn unpause(ctx: &mut Ctx<'_>, _: &mut Args<'_>, sink: &mut dyn Sink) -> Result {
    ctx.state.unpause();
    sink.ok();
    Ok(())
}

/// `CLIENT UNBLOCK client-id [TIMEOUT | ERROR]`
///
/// Its wait ends as if its time were up, or with an error.
fn unblock(ctx: &mut Ctx<'_>, args: &mut Args<'_>, sink: &mut dyn Sink) -> Result {
    let id = args.next()?;
    let error = match args.take_rest() {
        [] => None,
        [how] if is_word(how, "TIMEOUT") => None,
        [how] if is_word(how, "ERROR") => Some(Error::Fixed("UNBLOCKED client unblocked via CLIENT UNBLOCK")),
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
            "CACHING (YES|NO)",
            "    Enable/disable tracking of the keys for next command in OPTIN/OPTOUT modes.",
            "GETREDIR",
            "    Return the client ID we are redirecting to when tracking is enabled.",
            "GETNAME",
            "    Return the name of the current connection.",
            "ID",
            "    Return the ID of the current connection.",
            "INFO",
            "    Return information about the current client connection.",
            "KILL <ip:port>",
            "    Kill connection made from <ip:port>.",
            "KILL <option> <value> [<option> <value> [...]]",
            "    Kill connections. Options are:",
            "    * ADDR (<ip:port>|<unixsocket>:0)",
            "      Kill connections made from the specified address",
            "    * LADDR (<ip:port>|<unixsocket>:0)",
            "      Kill connections made to specified local address",
            "    * TYPE (NORMAL|MASTER|REPLICA|PUBSUB)",
            "      Kill connections by type.",
            "    * USER <username>",
            "      Kill connections authenticated by <username>.",
            "    * SKIPME (YES|NO)",
            "      Skip killing current connection (default: yes).",
            "    * ID <client-id>",
            "      Kill connections by client id.",
            "    * MAXAGE <maxage>",
            "      Kill connections older than the specified age.",
            "LIST [options ...]",
            "    Return information about client connections. Options:",
            "    * TYPE (NORMAL|MASTER|REPLICA|PUBSUB)",
            "      Return clients of specified type.",
            "UNPAUSE",
            "    Stop the current client pause, resuming traffic.",
            "PAUSE <timeout> [WRITE|ALL]",
            "    Suspend all, or just write, clients for <timeout> milliseconds.",
            "REPLY (ON|OFF|SKIP)",
            "    Control the replies sent to the current connection.",
            "SETNAME <name>",
            "    Assign the name <name> to the current connection.",
            "SETINFO <option> <value>",
            "    Set client meta attr. Options are:",
            "    * LIB-NAME: the client lib name.",
            "    * LIB-VER: the client lib version.",
            "UNBLOCK <clientid> [TIMEOUT|ERROR]",
            "    Unblock the specified blocked client.",
            "TRACKING (ON|OFF) [REDIRECT <id>] [BCAST] [PREFIX <prefix> [...]]",
            "         [OPTIN] [OPTOUT] [NOLOOP]",
            "    Control server assisted client side caching.",
            "TRACKINGINFO",
            "    Report tracking status for the current connection.",
            "NO-EVICT (ON|OFF)",
            "    Protect current client connection from eviction.",
            "NO-TOUCH (ON|OFF)",
            "    Will not touch LRU/LFU stats when this mode is on.",
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
    fn a_transaction_is_answered_as_far_as_its_session_is() {
        let mut shell = Shell::new();
        let mut exec = |queued: &[&str]| {
            shell.run("MULTI");
            queued.iter().for_each(|line| drop(shell.run(line)));
            shell.run("EXEC")
        };
        // As a real server: the head tells of replies that do not come.
        assert_eq!(exec(&["CLIENT REPLY OFF", "GET k", "CLIENT REPLY ON", "GET k"]), "*4 +OK $-1");
        assert_eq!(exec(&["GET k", "CLIENT REPLY SKIP", "GET k", "CLIENT REPLY ON"]), "*4 $-1 $-1 +OK");
        assert_eq!(exec(&["CLIENT KILL ID 1 SKIPME no", "SET k 1"]), "*2 :1");
    }

    #[test]
    fn all_wait_in_a_pause_and_go_on_in_order() {
        let mut shell = Shell::new();
        let others = [shell.store.open_session(), shell.store.open_session()];
        shell.run("SET k 1 PX 50");
        shell.run("CLIENT PAUSE 100");
        assert_eq!(shell.run_as(others[0], "PING"), "(blocked)");
        assert_eq!(shell.run_as(others[1], "APPEND k x"), "(blocked)");
        assert_eq!(shell.run("EXISTS k"), "(blocked)");
        shell.clock.advance(99_000);
        shell.store.tick();
        assert!(!shell.store.has_deliveries());
        assert_eq!(shell.store.next_deadline(), Some(shell.store.now_ms() + 1));
        shell.clock.advance(1_000);
        let other = shell.store.open_session();
        // Nobody overtakes those who came before.
        assert_eq!(shell.run_as(other, "STRLEN k"), "(blocked)");
        let heard: Vec<String> = shell.store.take_deliveries().iter().map(|d| format!("{d:?}")).collect();
        assert_eq!(heard.len(), 4);
        assert!(
            heard[0].contains("PONG") && heard[1].contains("Int(1)") && heard[3].contains("Int(1)"),
            "{heard:?}"
        );
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
