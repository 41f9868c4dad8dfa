//! CONFIG: the settings.

use crate::args::Args;
use crate::command::{Command, Flags, Group};
use crate::config::{PARAMETERS, Parameter};
use crate::dispatch::Ctx;
use crate::error::{Error, Result};
use crate::glob;
use crate::network::Traffic;
use crate::rates::Rates;
use crate::sink::Sink;
use crate::stats::Stats;

/// What CONFIG's subcommands have in common.
const CONFIG: Command = Command {
    group: Group::Server,
    flags: Flags::ADMIN.and(Flags::NOSCRIPT).and(Flags::LOADING).and(Flags::STALE),
    since: "2.0.0",
    ..Command::BASE
};

pub(crate) const COMMANDS: &[Command] = &[Command {
    name: "config",
    arity: -2,
    summary: "A container of commands about the settings.",
    complexity: "Depends on subcommand.",
    subcommands: SUBCOMMANDS,
    flags: Flags::NONE,
    ..CONFIG
}];

const SUBCOMMANDS: &[Command] = &[
    Command {
        name: "get",
        full_name: "config|get",
        syntax: "parameter...",
        arity: -3,
        summary: "Returns the settings that match glob patterns.",
        complexity: "O(N) when N is the number of configuration parameters provided",
        run: get,
        ..CONFIG
    },
    Command {
        name: "help",
        full_name: "config|help",
        arity: 2,
        flags: Flags::LOADING.and(Flags::STALE),
        since: "5.0.0",
        summary: "Says what the subcommands are.",
        run: help,
        ..CONFIG
    },
    Command {
        name: "resetstat",
        full_name: "config|resetstat",
        arity: 2,
        summary: "Sets the counters of INFO to zero.",
        tips: &["request_policy:all_nodes", "response_policy:all_succeeded"],
        run: resetstat,
        ..CONFIG
    },
    Command {
        name: "rewrite",
        full_name: "config|rewrite",
        arity: 2,
        since: "2.8.0",
        summary: "Writes the settings back to the file they came from.",
        tips: &["request_policy:all_nodes", "response_policy:all_succeeded"],
        run: rewrite,
        ..CONFIG
    },
    Command {
        name: "set",
        full_name: "config|set",
        syntax: "data(parameter value)...",
        arity: -4,
        summary: "Changes settings, all or none.",
        complexity: "O(N) when N is the number of configuration parameters provided",
        tips: &["request_policy:all_nodes", "response_policy:all_succeeded"],
        run: set,
        ..CONFIG
    },
];

/// `CONFIG GET parameter [parameter …]`
///
/// The names may be glob patterns; each setting comes once. A plain name comes back as it was spelt.
fn get(ctx: &mut Ctx<'_>, args: &mut Args<'_>, sink: &mut dyn Sink) -> Result {
    let mut found: Vec<(&[u8], &Parameter)> = Vec::new();
    for name in args.take_rest() {
        let is_new = |parameter: &&Parameter| found.iter().all(|(_, other)| other.name != parameter.name);
        if name.iter().any(|byte| b"*?[".contains(byte)) {
            let pattern = name.to_ascii_lowercase();
            let wanted = |parameter: &&Parameter| glob::matches(&pattern, parameter.name.as_bytes());
            let new: Vec<_> = PARAMETERS.iter().filter(wanted).filter(is_new).collect();
            found.extend(new.into_iter().map(|parameter| (parameter.name.as_bytes(), parameter)));
        } else if let Some(parameter) = Parameter::find(name).filter(is_new) {
            found.push((name, parameter));
        }
    }
    sink.map(found.len());
    for (name, parameter) in found {
        sink.bulk(name);
        sink.bulk(parameter.get(&ctx.state.config).as_bytes());
    }
    Ok(())
}

/// `CONFIG SET parameter value [parameter value …]`
///
/// Changes all or none: names are checked before any value.
fn set(ctx: &mut Ctx<'_>, args: &mut Args<'_>, sink: &mut dyn Sink) -> Result {
    let (pairs, []) = args.take_rest().as_chunks() else { return Err(Error::Syntax) };
    let mut chosen: Vec<(&Parameter, &[u8])> = Vec::with_capacity(pairs.len());
    for [name, value] in pairs {
        let Some(parameter) = Parameter::find(name) else {
            return Err(Error::quoting(
                "ERR Unknown option or number of arguments for CONFIG SET - '",
                name,
                "'",
            ));
        };
        if let Some(reason) = parameter.is_fixed() {
            return Err(refused(name, reason));
        }
        if chosen.iter().any(|(other, _)| other.name == parameter.name) {
            return Err(refused(name, "duplicate parameter"));
        }
        chosen.push((parameter, value));
    }
    ctx.state
        .configure(&chosen, Parameter::set)
        .map_err(|(name, reason)| refused(name.as_bytes(), &reason))?;
    sink.ok();
    Ok(())
}

fn refused(name: &[u8], reason: &str) -> Error {
    Error::quoting("ERR CONFIG SET failed (possibly related to argument '", name, &format!("') - {reason}"))
}

/// `CONFIG RESETSTAT`
fn resetstat(ctx: &mut Ctx<'_>, _: &mut Args<'_>, sink: &mut dyn Sink) -> Result {
    let now_ms = ctx.now_ms();
    let Stats { dirty, exceeded_since_ms, .. } = std::mem::take(&mut ctx.state.stats);
    ctx.state.stats.dirty = dirty;
    ctx.state.stats.note_excess(exceeded_since_ms.is_some(), now_ms);
    ctx.state.sockets.traffic = Traffic::default();
    ctx.state.rates = Rates::default();
    sink.ok();
    Ok(())
}

/// `CONFIG REWRITE`
fn rewrite(_: &mut Ctx<'_>, _: &mut Args<'_>, _: &mut dyn Sink) -> Result {
    Err(Error::Fixed("ERR The server is running without a config file"))
}

/// `CONFIG HELP`
fn help(_: &mut Ctx<'_>, _: &mut Args<'_>, sink: &mut dyn Sink) -> Result {
    super::say_help(
        sink,
        "CONFIG",
        &[
            "GET <pattern>",
            "    Return parameters matching the glob-like <pattern> and their values.",
            "SET <directive> <value>",
            "    Set the configuration <directive> to <value>.",
            "RESETSTAT",
            "    Reset statistics reported by the INFO command.",
            "REWRITE",
            "    Rewrite the configuration file.",
        ],
    );
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::testing::Shell;

    #[test]
    fn settings_change_together_or_not_at_all() {
        let mut shell = Shell::new();
        assert_eq!(shell.run("CONFIG SET hash-max-listpack-entries 7 hash-max-listpack-value 1kb"), "+OK");
        assert_eq!(
            shell.run("CONFIG SET hash-max-listpack-entries 8 hash-max-listpack-value x"),
            "-ERR CONFIG SET failed (possibly related to argument 'hash-max-listpack-value') - argument must be \
             a memory value"
        );
        assert_eq!(
            shell.run("CONFIG GET hash-max-listpack-entries"),
            "*2 $25 hash-max-listpack-entries $1 7"
        );
        assert_eq!(shell.run("CONFIG GET HASH-max-ziplist-v*"), "*2 $22 hash-max-ziplist-value $4 1024");
    }

    #[test]
    fn names_are_checked_first() {
        let mut shell = Shell::new();
        assert_eq!(
            shell.run("CONFIG SET timeout x databases 4"),
            "-ERR CONFIG SET failed (possibly related to argument 'databases') - can't set immutable config"
        );
        assert_eq!(
            shell.run("CONFIG SET timeout 5 timeout 6 nosuch 3"),
            "-ERR CONFIG SET failed (possibly related to argument 'timeout') - duplicate parameter"
        );
        assert_eq!(
            shell.run("CONFIG SET nosuch 1"),
            "-ERR Unknown option or number of arguments for CONFIG SET - 'nosuch'"
        );
        assert_eq!(shell.run("CONFIG SET timeout 5 timeout"), "-ERR syntax error");
    }

    #[test]
    fn a_lowered_limit_holds_for_strings() {
        let mut shell = Shell::new();
        shell.run("CONFIG SET proto-max-bulk-len 1mb");
        assert_eq!(
            shell.run("SETRANGE k 1048576 x"),
            "-ERR string exceeds maximum allowed size (proto-max-bulk-len)"
        );
    }
}
