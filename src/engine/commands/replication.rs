//! Replication, as a master without replicas answers for it, and modules, of which there are none.

use crate::args::{Args, is_word};
use crate::blocking::{OnTimeout, Wait, deadline_in_ms};
use crate::command::{Command, Flags, Group};
use crate::dispatch::Ctx;
use crate::error::{Error, Result};
use crate::number;
use crate::sink::Sink;

/// What the commands have in common that only servers and administrators send.
const SERVER: Command = Command {
    group: Group::Server,
    flags: Flags::ADMIN.and(Flags::NOSCRIPT).and(Flags::STALE),
    since: "1.0.0",
    ..Command::BASE
};

/// What the commands have in common that wait for what was written to be safe.
const WAIT: Command = Command {
    group: Group::Generic,
    flags: Flags::BLOCKING,
    categories: &["connection"],
    tips: &["request_policy:all_shards", "response_policy:agg_min"],
    ..Command::BASE
};

pub(crate) const COMMANDS: &[Command] = &[
    Command {
        name: "failover",
        arity: -1,
        since: "6.2.0",
        summary: "Makes a replica the master.",
        syntax: "[TO/target(host port:integer [FORCE])] [ABORT] [TIMEOUT/milliseconds:integer]",
        run: failover,
        ..SERVER
    },
    Command {
        name: "module",
        arity: -2,
        flags: Flags::NONE,
        since: "4.0.0",
        summary: "A container for commands on modules.",
        complexity: "Depends on subcommand.",
        subcommands: MODULE,
        ..SERVER
    },
    Command {
        name: "psync",
        arity: -3,
        flags: Flags::ADMIN.and(Flags::NO_ASYNC_LOADING).and(Flags::NO_MULTI).and(Flags::NOSCRIPT),
        since: "2.8.0",
        summary: "Asks for what was written, as a replica does.",
        complexity: "",
        syntax: "replicationid offset:integer",
        run: no_replicas,
        ..SERVER
    },
    Command {
        name: "replconf",
        system: true,
        arity: -1,
        flags: Flags::ADMIN.and(Flags::ALLOW_BUSY).and(Flags::LOADING).and(Flags::NOSCRIPT).and(Flags::STALE),
        since: "3.0.0",
        summary: "Tells of a replica.",
        run: no_replicas,
        ..SERVER
    },
    Command {
        name: "replicaof",
        arity: 3,
        flags: Flags::ADMIN.and(Flags::NO_ASYNC_LOADING).and(Flags::NOSCRIPT).and(Flags::STALE),
        since: "5.0.0",
        summary: "Makes the server a replica, or a master.",
        syntax: "args<host-port(host port:integer)|no-one(NO ONE)>",
        run: replicaof,
        ..SERVER
    },
    Command {
        name: "slaveof",
        deprecated: "5.0.0",
        arity: 3,
        flags: Flags::ADMIN.and(Flags::NO_ASYNC_LOADING).and(Flags::NOSCRIPT).and(Flags::STALE),
        summary: "Makes the server a replica, or a master.",
        syntax: "args<host-port(host port:integer)|no-one(NO ONE)>",
        run: replicaof,
        ..SERVER
    },
    Command {
        name: "sync",
        arity: 1,
        flags: Flags::ADMIN.and(Flags::NO_ASYNC_LOADING).and(Flags::NO_MULTI).and(Flags::NOSCRIPT),
        summary: "Asks for all there is, as a replica does.",
        complexity: "",
        run: no_replicas,
        ..SERVER
    },
    Command {
        name: "wait",
        arity: 3,
        since: "3.0.0",
        summary: "Waits for replicas to have what was written.",
        syntax: "numreplicas:integer timeout:integer",
        run: wait,
        ..WAIT
    },
    Command {
        name: "waitaof",
        arity: 4,
        since: "7.2.0",
        summary: "Waits for what was written to be on disk.",
        syntax: "numlocal:integer numreplicas:integer timeout:integer",
        run: waitaof,
        ..WAIT
    },
];

const MODULE: &[Command] = &[
    Command {
        name: "help",
        full_name: "module|help",
        arity: 2,
        flags: Flags::LOADING.and(Flags::STALE),
        since: "5.0.0",
        summary: "Says what the subcommands do.",
        run: module_help,
        ..SERVER
    },
    Command {
        name: "list",
        full_name: "module|list",
        arity: 2,
        flags: Flags::ADMIN.and(Flags::NOSCRIPT),
        since: "4.0.0",
        summary: "Lists the modules.",
        complexity: "O(N) where N is the number of loaded modules.",
        tips: &["nondeterministic_output_order"],
        run: module_list,
        ..SERVER
    },
    Command {
        name: "load",
        full_name: "module|load",
        arity: -3,
        flags: Flags::ADMIN.and(Flags::NO_ASYNC_LOADING).and(Flags::NOSCRIPT),
        since: "4.0.0",
        summary: "Loads a module.",
        syntax: "path [arg...]",
        run: no_modules,
        ..SERVER
    },
    Command {
        name: "loadex",
        full_name: "module|loadex",
        arity: -3,
        flags: Flags::ADMIN.and(Flags::NO_ASYNC_LOADING).and(Flags::NOSCRIPT),
        since: "7.0.0",
        summary: "Loads a module with settings.",
        syntax: "path [CONFIG/configs(name value)...!] [ARGS/args...]",
        run: no_modules,
        ..SERVER
    },
    Command {
        name: "unload",
        full_name: "module|unload",
        arity: 3,
        flags: Flags::ADMIN.and(Flags::NO_ASYNC_LOADING).and(Flags::NOSCRIPT),
        since: "4.0.0",
        summary: "Unloads a module.",
        syntax: "name",
        run: no_modules,
        ..SERVER
    },
];

/// `WAIT numreplicas timeout`, with the timeout in milliseconds
///
/// There are no replicas: whoever waits for some waits for the timeout, or for ever without one.
fn wait(ctx: &mut Ctx<'_>, args: &mut Args<'_>, sink: &mut dyn Sink) -> Result {
    let replicas = args.int()?;
    let deadline = deadline_in_ms(args.next()?, ctx.now_ms())?;
    if replicas <= 0 {
        sink.int(0);
    } else {
        ctx.block(args.argv(), &Wait::in_vain(deadline, OnTimeout::Zero), sink);
    }
    Ok(())
}

/// `WAITAOF numlocal numreplicas timeout`, with the timeout in milliseconds
///
/// Nothing is written to disk, nor to replicas.
fn waitaof(ctx: &mut Ctx<'_>, args: &mut Args<'_>, sink: &mut dyn Sink) -> Result {
    const LOCAL: Error = Error::Fixed("ERR value is out of range, value must between 0 and 1");
    const NO_FILE: Error =
        Error::Fixed("ERR WAITAOF cannot be used when numlocal is set but appendonly is disabled.");
    let local = args.int()?;
    if !(0..=1).contains(&local) {
        return Err(LOCAL);
    }
    let replicas = super::natural(args, "ERR value is out of range, must be positive")?;
    let deadline = deadline_in_ms(args.next()?, ctx.now_ms())?;
    if local > 0 {
        return Err(NO_FILE);
    }
    if replicas == 0 {
        OnTimeout::Zeros.say(sink);
    } else {
        ctx.block(args.argv(), &Wait::in_vain(deadline, OnTimeout::Zeros), sink);
    }
    Ok(())
}

/// `REPLICAOF host port | NO ONE`, `SLAVEOF host port | NO ONE`
///
/// It is a master already, and stays one.
fn replicaof(_: &mut Ctx<'_>, args: &mut Args<'_>, sink: &mut dyn Sink) -> Result {
    let (host, port) = (args.next()?, args.next()?);
    if is_word(host, "NO") && is_word(port, "ONE") {
        sink.ok();
        return Ok(());
    }
    if number::parse_int(port).is_none_or(|port| !(0..=65535).contains(&port)) {
        return Err(Error::Fixed("ERR Invalid master port"));
    }
    Err(NO_REPLICATION)
}

const NO_REPLICATION: Error =
    Error::Fixed("ERR this server does not replicate, neither from others nor to them");

/// `PSYNC replicationid offset`, `SYNC`, `REPLCONF …`: what replicas send
fn no_replicas(_: &mut Ctx<'_>, _: &mut Args<'_>, _: &mut dyn Sink) -> Result {
    Err(NO_REPLICATION)
}

/// `FAILOVER [TO host port [FORCE]] [ABORT] [TIMEOUT milliseconds]`
fn failover(_: &mut Ctx<'_>, args: &mut Args<'_>, _: &mut dyn Sink) -> Result {
    if args.left() == 1 && args.keyword("ABORT") {
        return Err(Error::Fixed("ERR No failover in progress."));
    }
    let (mut target, mut timeout, mut force) = (false, false, false);
    while !args.is_empty() {
        if !timeout && args.left() >= 2 && args.keyword("TIMEOUT") {
            if args.int()? <= 0 {
                return Err(Error::Fixed("ERR FAILOVER timeout must be greater than 0"));
            }
            timeout = true;
        } else if !target && args.left() >= 3 && args.keyword("TO") {
            args.next()?;
            args.int()?;
            target = true;
        } else if !force && args.keyword("FORCE") {
            force = true;
        } else {
            return Err(Error::Syntax);
        }
    }
    Err(Error::Fixed("ERR FAILOVER requires connected replicas."))
}

/// `MODULE LIST`
fn module_list(_: &mut Ctx<'_>, _: &mut Args<'_>, sink: &mut dyn Sink) -> Result {
    sink.array(0);
    Ok(())
}

/// `MODULE LOAD path [arg …]`, `MODULE LOADEX path …`, `MODULE UNLOAD name`
fn no_modules(_: &mut Ctx<'_>, _: &mut Args<'_>, _: &mut dyn Sink) -> Result {
    Err(Error::Fixed(
        "ERR MODULE command not allowed. If the enable-module-command option is set to \"local\", you can run it \
         from a local connection, otherwise you need to set this option in the configuration file, and then restart \
         the server.",
    ))
}

/// `MODULE HELP`
fn module_help(_: &mut Ctx<'_>, _: &mut Args<'_>, sink: &mut dyn Sink) -> Result {
    super::say_help(
        sink,
        "MODULE",
        &[
            "LIST",
            "    Return a list of loaded modules.",
            "LOAD <path> [<arg> ...]",
            "    Load a module library from <path>, passing to it any optional arguments.",
            "LOADEX <path> [[CONFIG NAME VALUE] [CONFIG NAME VALUE]] [ARGS ...]",
            "    Load a module library from <path>, while passing it module configurations and optional arguments.",
            "UNLOAD <name>",
            "    Unload a module.",
        ],
    );
    Ok(())
}
