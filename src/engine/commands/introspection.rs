//! COMMAND: what the table says of itself.

use crate::args::{Args, is_word};
use crate::command::{self, Begin, CATEGORIES, Command, Find, Flags, FoundKey, Group, KeySpec};
use crate::dispatch::Ctx;
use crate::error::{Error, Result};
use crate::glob;
use crate::sink::Sink;

/// What COMMAND and its subcommands have in common.
const COMMAND: Command = Command {
    group: Group::Server,
    flags: Flags::LOADING.and(Flags::STALE),
    categories: &["connection"],
    since: "2.8.13",
    ..Command::BASE
};

pub(crate) const COMMANDS: &[Command] = &[Command {
    name: "command",
    arity: -1,
    summary: "Tells of all commands.",
    complexity: "O(N) where N is the total number of Redis commands",
    tips: &["nondeterministic_output_order"],
    run: |_, _, sink| {
        let all: Vec<_> = command::all().collect();
        sink.array(all.len());
        all.into_iter().for_each(|command| say_info(command, sink));
        Ok(())
    },
    subcommands: SUBCOMMANDS,
    ..COMMAND
}];

const SUBCOMMANDS: &[Command] = &[
    Command {
        name: "count",
        full_name: "command|count",
        arity: 2,
        summary: "Counts the commands.",
        run: count,
        ..COMMAND
    },
    Command {
        name: "docs",
        full_name: "command|docs",
        syntax: "[command-name...]",
        arity: -2,
        since: "7.0.0",
        summary: "Returns the documentation of commands.",
        complexity: "O(N) where N is the number of commands to look up",
        tips: &["nondeterministic_output_order"],
        run: super::docs::docs,
        ..COMMAND
    },
    Command {
        name: "getkeys",
        full_name: "command|getkeys",
        syntax: "command [arg...]",
        arity: -3,
        summary: "Finds the keys among a command's arguments.",
        complexity: "O(N) where N is the number of arguments to the command",
        run: getkeys,
        ..COMMAND
    },
    Command {
        name: "getkeysandflags",
        full_name: "command|getkeysandflags",
        syntax: "command [arg...]",
        arity: -3,
        since: "7.0.0",
        summary: "Finds the keys among a command's arguments, and what is done with them.",
        complexity: "O(N) where N is the number of arguments to the command",
        run: getkeysandflags,
        ..COMMAND
    },
    Command {
        name: "help",
        full_name: "command|help",
        arity: 2,
        since: "5.0.0",
        summary: "Says what the subcommands do.",
        run: help,
        ..COMMAND
    },
    Command {
        name: "info",
        full_name: "command|info",
        syntax: "[command-name...]",
        arity: -2,
        summary: "Tells of some commands, or of all.",
        complexity: "O(N) where N is the number of commands to look up",
        tips: &["nondeterministic_output_order"],
        run: info,
        ..COMMAND
    },
    Command {
        name: "list",
        full_name: "command|list",
        syntax: "[FILTERBY/filterby<MODULE/module-name|ACLCAT/category|PATTERN/pattern:pattern>]",
        arity: -2,
        since: "7.0.0",
        summary: "Lists the names of commands.",
        complexity: "O(N) where N is the total number of Redis commands",
        tips: &["nondeterministic_output_order"],
        run: list,
        ..COMMAND
    },
];

/// `COMMAND COUNT`
fn count(_: &mut Ctx<'_>, _: &mut Args<'_>, sink: &mut dyn Sink) -> Result {
    sink.int(command::all().count() as i64);
    Ok(())
}

/// `COMMAND INFO [command-name …]`
///
/// A subcommand is named `xinfo|stream`; null stands for what there is not.
fn info(_: &mut Ctx<'_>, args: &mut Args<'_>, sink: &mut dyn Sink) -> Result {
    let named = named_or_all(args);
    sink.array(named.len());
    for command in named {
        match command {
            Some(command) => say_info(command, sink),
            None => sink.null(),
        }
    }
    Ok(())
}

/// The commands of these names, or all.
pub(super) fn named_or_all(args: &mut Args<'_>) -> Vec<Option<&'static Command>> {
    match args.take_rest() {
        [] => command::all().map(Some).collect(),
        names => names.iter().map(|name| command::named(name)).collect(),
    }
}

fn say_info(command: &Command, sink: &mut dyn Sink) {
    let (first, last, step) = legacy_range(command.keys);
    sink.array(10);
    sink.bulk(command.display_name().as_bytes());
    sink.int(i64::from(command.arity));
    let flags: Vec<_> = command.flags.names().collect();
    sink.set(flags.len());
    flags.into_iter().for_each(|flag| sink.simple(flag));
    for number in [first, last, step] {
        sink.int(i64::from(number));
    }
    let categories: Vec<_> = command.acl_categories().collect();
    sink.set(categories.len());
    categories.into_iter().for_each(|category| sink.simple(&format!("@{category}")));
    sink.set(command.tips.len());
    command.tips.iter().for_each(|tip| sink.bulk(tip.as_bytes()));
    sink.set(command.keys.len());
    command.keys.iter().for_each(|spec| say_key_spec(spec, sink));
    sink.set(command.subcommands.len());
    command.subcommands.iter().for_each(|sub| say_info(sub, sink));
}

/// The one range of keys that COMMAND INFO told of before there were key specifications: that of the only
/// specification, or of several that follow on one another.
fn legacy_range(specs: &[KeySpec]) -> (i32, i32, i32) {
    let mut ranges = specs.iter().filter_map(KeySpec::plain_range);
    let Some((first, mut last, step)) = ranges.next() else { return (0, 0, 0) };
    if specs[0].plain_range().is_none() {
        return (0, 0, 0);
    }
    for (next, end, _) in ranges {
        if last >= 0 && next == last + step {
            last = end;
        }
    }
    (first, last, step)
}

fn say_key_spec(spec: &KeySpec, sink: &mut dyn Sink) {
    sink.map(3);
    sink.bulk(b"flags");
    sink.set(spec.flags.len());
    spec.flags.iter().for_each(|flag| sink.simple(flag));
    sink.bulk(b"begin_search");
    match spec.begin {
        Begin::Index(index) => say_search(sink, "index", &[("index", index)]),
        Begin::Keyword(word, from) => {
            sink.map(2);
            sink.bulk(b"type");
            sink.bulk(b"keyword");
            sink.bulk(b"spec");
            sink.map(2);
            sink.bulk(b"keyword");
            sink.bulk(word.as_bytes());
            sink.bulk(b"startfrom");
            sink.int(i64::from(from));
        }
        Begin::Unknown => say_search(sink, "unknown", &[]),
    }
    sink.bulk(b"find_keys");
    match spec.find {
        Find::Range { last, step, limit } => {
            say_search(sink, "range", &[("lastkey", last), ("keystep", step), ("limit", limit)]);
        }
        Find::Count { index, first, step } => {
            say_search(sink, "keynum", &[("keynumidx", index), ("firstkey", first), ("keystep", step)]);
        }
        Find::Unknown => say_search(sink, "unknown", &[]),
    }
}

fn say_search(sink: &mut dyn Sink, kind: &str, numbers: &[(&str, i32)]) {
    sink.map(2);
    sink.bulk(b"type");
    sink.bulk(kind.as_bytes());
    sink.bulk(b"spec");
    sink.map(numbers.len());
    for (name, number) in numbers {
        sink.bulk(name.as_bytes());
        sink.int(i64::from(*number));
    }
}

/// `COMMAND LIST [FILTERBY MODULE module-name | ACLCAT category | PATTERN pattern]`
fn list(_: &mut Ctx<'_>, args: &mut Args<'_>, sink: &mut dyn Sink) -> Result {
    let names = match args.take_rest() {
        [] => names_where(|_| true),
        [filterby, by, value] if is_word(filterby, "FILTERBY") => {
            if is_word(by, "MODULE") {
                // There are no modules.
                Vec::new()
            } else if is_word(by, "ACLCAT") {
                let wanted = |category: &&&str| category.as_bytes().eq_ignore_ascii_case(value);
                match CATEGORIES.iter().find(wanted) {
                    Some(wanted) => {
                        names_where(|command| command.acl_categories().any(|have| have == *wanted))
                    }
                    None => Vec::new(),
                }
            } else if is_word(by, "PATTERN") {
                let pattern = value.to_ascii_lowercase();
                names_where(|command| glob::matches(&pattern, command.display_name().as_bytes()))
            } else {
                return Err(Error::Syntax);
            }
        }
        _ => return Err(Error::Syntax),
    };
    sink.array(names.len());
    names.into_iter().for_each(|name| sink.bulk(name.as_bytes()));
    Ok(())
}

/// The names of commands and, when a filter is asked, of subcommands.
fn names_where(wanted: impl Fn(&Command) -> bool) -> Vec<&'static str> {
    let with_subcommands =
        command::all().flat_map(|command| std::iter::once(command).chain(command.subcommands));
    with_subcommands.filter(|command| wanted(command)).map(Command::display_name).collect()
}

/// `COMMAND GETKEYS command [arg …]`
fn getkeys(_: &mut Ctx<'_>, args: &mut Args<'_>, sink: &mut dyn Sink) -> Result {
    let argv = args.take_rest();
    let found = keys_of(argv)?;
    sink.array(found.len());
    found.iter().for_each(|(at, _)| sink.bulk(argv[*at]));
    Ok(())
}

/// `COMMAND GETKEYSANDFLAGS command [arg …]`
fn getkeysandflags(_: &mut Ctx<'_>, args: &mut Args<'_>, sink: &mut dyn Sink) -> Result {
    let argv = args.take_rest();
    let found = keys_of(argv)?;
    sink.array(found.len());
    for (at, flags) in found {
        sink.array(2);
        sink.bulk(argv[at]);
        sink.set(flags.len());
        flags.iter().for_each(|flag| sink.simple(flag));
    }
    Ok(())
}

fn keys_of(argv: &[&[u8]]) -> Result<Vec<FoundKey>> {
    let command = command::resolve(argv).map_err(|_| Error::Fixed("ERR Invalid command specified"))?;
    if !command.keys.iter().any(KeySpec::is_key) {
        return Err(Error::Fixed("ERR The command has no key arguments"));
    }
    if !command.accepts(argv.len()) {
        return Err(Error::Fixed("ERR Invalid number of arguments specified for command"));
    }
    let found = command.keys_of(argv).unwrap_or_default();
    if found.is_empty() && !command.flags.has(Flags::NO_MANDATORY_KEYS) {
        return Err(Error::Fixed("ERR Invalid arguments specified for command"));
    }
    Ok(found)
}

/// `COMMAND HELP`
fn help(_: &mut Ctx<'_>, _: &mut Args<'_>, sink: &mut dyn Sink) -> Result {
    super::say_help(
        sink,
        "COMMAND",
        &[
            "(no subcommand)",
            "    Return details about all Redis commands.",
            "COUNT",
            "    Return the total number of commands in this Redis server.",
            "LIST",
            "    Return a list of all commands in this Redis server.",
            "INFO [<command-name> ...]",
            "    Return details about multiple Redis commands.",
            "    If no command names are given, documentation details for all",
            "    commands are returned.",
            "DOCS [<command-name> ...]",
            "    Return documentation details about multiple Redis commands.",
            "    If no command names are given, documentation details for all",
            "    commands are returned.",
            "GETKEYS <full-command>",
            "    Return the keys from a full Redis command.",
            "GETKEYSANDFLAGS <full-command>",
            "    Return the keys and the access flags from a full Redis command.",
        ],
    );
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::testing::Shell;

    #[test]
    fn info_tells_what_the_row_says() {
        let mut shell = Shell::new();
        let info = shell.run("COMMAND INFO get nosuch pubsub|numsub");
        assert!(
            info.starts_with("*3 *10 $3 get :2 *2 +readonly +fast :1 :1 :1 *3 +@read +@string +@fast"),
            "{info}"
        );
        assert!(info.contains("$-1 *10 $13 pubsub|numsub :-2"), "{info}");
    }

    #[test]
    fn keys_are_found_by_the_rows_specification() {
        let mut shell = Shell::new();
        assert_eq!(shell.run("COMMAND GETKEYS WATCH a b"), "*2 $1 a $1 b");
        assert_eq!(shell.run("COMMAND GETKEYS PING"), "-ERR The command has no key arguments");
        assert_eq!(shell.run("COMMAND GETKEYS NOSUCH"), "-ERR Invalid command specified");
    }
}
