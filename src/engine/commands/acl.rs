//! ACL: users and their rights.

use std::collections::BTreeSet;

use crate::acl::{DEFAULT, Entry, Selector, User, every_command};
use crate::args::Args;
use crate::command::{self, CATEGORIES, Command, Flags, Group};
use crate::dispatch::Ctx;
use crate::error::{Error, Result};
use crate::number;
use crate::sink::Sink;

/// What ACL's subcommands have in common: most are for administrators.
const ACL: Command = Command {
    group: Group::Server,
    flags: Flags::ADMIN.and(Flags::NOSCRIPT).and(Flags::LOADING).and(Flags::STALE),
    since: "6.0.0",
    complexity: "O(N). Where N is the number of configured users.",
    ..Command::BASE
};

/// What those have in common that are for everybody.
const FOR_ALL: Command =
    Command { flags: Flags::NOSCRIPT.and(Flags::LOADING).and(Flags::STALE), complexity: "O(1)", ..ACL };

pub(crate) const COMMANDS: &[Command] = &[Command {
    name: "acl",
    arity: -2,
    flags: Flags::NONE,
    summary: "A container for commands on users and their rights.",
    complexity: "Depends on subcommand.",
    subcommands: SUBCOMMANDS,
    ..ACL
}];

const SUBCOMMANDS: &[Command] = &[
    Command {
        name: "cat",
        full_name: "acl|cat",
        arity: -2,
        summary: "Lists the categories, or the commands of one.",
        complexity: "O(1) since the categories and commands are a fixed set.",
        syntax: "[category]",
        run: cat,
        ..FOR_ALL
    },
    Command {
        name: "deluser",
        full_name: "acl|deluser",
        arity: -3,
        summary: "Deletes users and closes their sessions.",
        complexity: "O(1) amortized time considering the typical user.",
        tips: &["request_policy:all_nodes", "response_policy:all_succeeded"],
        syntax: "username...",
        run: deluser,
        ..ACL
    },
    Command {
        name: "dryrun",
        full_name: "acl|dryrun",
        arity: -4,
        since: "7.0.0",
        summary: "Says whether a user might run a command.",
        complexity: "O(1).",
        syntax: "username command [arg...]",
        run: dryrun,
        ..ACL
    },
    Command {
        name: "genpass",
        full_name: "acl|genpass",
        arity: -2,
        summary: "Throws dice for a password.",
        syntax: "[bits:integer]",
        run: genpass,
        ..FOR_ALL
    },
    Command {
        name: "getuser",
        full_name: "acl|getuser",
        arity: 3,
        summary: "Tells of a user's rights.",
        complexity: "O(N). Where N is the number of password, command and pattern rules that the user has.",
        syntax: "username",
        run: getuser,
        ..ACL
    },
    Command {
        name: "help",
        full_name: "acl|help",
        arity: 2,
        flags: Flags::LOADING.and(Flags::STALE),
        summary: "Says what the subcommands do.",
        run: help,
        ..FOR_ALL
    },
    Command {
        name: "list",
        full_name: "acl|list",
        arity: 2,
        summary: "Tells of all users by the rules that make them.",
        run: list,
        ..ACL
    },
    Command {
        name: "load",
        full_name: "acl|load",
        arity: 2,
        summary: "Reads the users from a file.",
        run: no_file,
        ..ACL
    },
    Command {
        name: "log",
        full_name: "acl|log",
        arity: -2,
        summary: "Lists what was refused lately.",
        complexity: "O(N) with N being the number of entries shown.",
        syntax: "[operation<count:integer|RESET>]",
        run: log,
        ..ACL
    },
    Command {
        name: "save",
        full_name: "acl|save",
        arity: 2,
        summary: "Writes the users to a file.",
        tips: &["request_policy:all_nodes", "response_policy:all_succeeded"],
        run: no_file,
        ..ACL
    },
    Command {
        name: "setuser",
        full_name: "acl|setuser",
        arity: -3,
        summary: "Makes or changes a user.",
        complexity: "O(N). Where N is the number of rules provided.",
        tips: &["request_policy:all_nodes", "response_policy:all_succeeded"],
        syntax: "username [rule...]",
        run: setuser,
        ..ACL
    },
    Command {
        name: "users",
        full_name: "acl|users",
        arity: 2,
        summary: "Lists the names of all users.",
        run: users,
        ..ACL
    },
    Command {
        name: "whoami",
        full_name: "acl|whoami",
        arity: 2,
        summary: "Returns the session's user.",
        run: whoami,
        ..FOR_ALL
    },
];

/// `ACL CAT [category]`
fn cat(_: &mut Ctx<'_>, args: &mut Args<'_>, sink: &mut dyn Sink) -> Result {
    match args.take_rest() {
        [] => {
            sink.array(CATEGORIES.len());
            CATEGORIES.iter().for_each(|category| sink.bulk(category.as_bytes()));
        }
        [category] => {
            let known = CATEGORIES.iter().find(|known| category.eq_ignore_ascii_case(known.as_bytes()));
            let known = known.ok_or_else(|| Error::quoting("ERR Unknown category '", category, "'"))?;
            let is_in = |command: &&Command| command.acl_categories().any(|own| own == *known);
            let commands: Vec<_> = every_command().filter(is_in).collect();
            sink.array(commands.len());
            commands.iter().for_each(|command| sink.bulk(command.display_name().as_bytes()));
        }
        _ => return Err(super::unknown_form(args)),
    }
    Ok(())
}

/// `ACL DELUSER username [username …]`
///
/// Closes their sessions; its own once it has answered.
fn deluser(ctx: &mut Ctx<'_>, args: &mut Args<'_>, sink: &mut dyn Sink) -> Result {
    let names: BTreeSet<&[u8]> = args.take_rest().iter().copied().collect();
    if names.contains(DEFAULT) {
        return Err(Error::Fixed("ERR The 'default' user cannot be removed"));
    }
    let mut deleted = 0;
    for name in names {
        if let Some(sessions) = ctx.state.remove_user(name) {
            deleted += 1;
            sessions.into_iter().for_each(|id| super::client_list::close(ctx, id));
        }
    }
    sink.int(deleted);
    Ok(())
}

/// `ACL DRYRUN username command [arg …]`
///
/// What would be refused is told as a text, not as an error.
fn dryrun(ctx: &mut Ctx<'_>, args: &mut Args<'_>, sink: &mut dyn Sink) -> Result {
    let name = args.next()?;
    let argv = args.take_rest();
    let Some(user) = ctx.state.acl.user(name) else {
        return Err(Error::quoting("ERR User '", name, "' not found"));
    };
    let command =
        command::resolve(argv).map_err(|_| Error::quoting("ERR Command '", argv[0], "' not found"))?;
    if !command.accepts(argv.len()) || !command.subcommands.is_empty() {
        return Err(Error::arity(command.display_name()));
    }
    match user.check(command, argv) {
        Ok(()) => sink.ok(),
        Err(denied) => sink.bulk(&denied.told(name, command, argv)),
    }
    Ok(())
}

/// `ACL GENPASS [bits]`
///
/// So many bits, rounded up to whole hexadecimal digits; 256 without the number.
///
/// They come from the host, see [`Store::draw_secrets_from`](crate::store::Store::draw_secrets_from).
fn genpass(ctx: &mut Ctx<'_>, args: &mut Args<'_>, sink: &mut dyn Sink) -> Result {
    const RANGE: Error = Error::Fixed(
        "ERR ACL GENPASS argument must be the number of bits for the output password, a positive number up to 4096",
    );
    let bits = if args.is_empty() { 256 } else { args.int()? };
    if !args.is_empty() {
        return Err(super::unknown_form(args));
    }
    let bits = usize::try_from(bits).ok().filter(|bits| (1..=4096).contains(bits)).ok_or(RANGE)?;
    let digits = bits.div_ceil(4);
    let mut bytes = vec![0; digits.div_ceil(2)];
    match ctx.state.secrets {
        Some(draw) if draw(&mut bytes) => {}
        Some(_) => return Err(Error::Fixed("ERR the system has nothing random to draw a password from")),
        None => bytes.fill_with(|| ctx.dice().next_u64() as u8),
    }
    sink.bulk(&number::hex(&bytes).as_bytes()[..digits]);
    Ok(())
}

/// `ACL GETUSER username`
fn getuser(ctx: &mut Ctx<'_>, args: &mut Args<'_>, sink: &mut dyn Sink) -> Result {
    let Some(user) = ctx.state.acl.user(args.next()?) else {
        sink.null();
        return Ok(());
    };
    sink.map(6);
    sink.bulk(b"flags");
    let flags = user.flags();
    sink.set(flags.len());
    flags.iter().for_each(|flag| sink.bulk(flag.as_bytes()));
    sink.bulk(b"passwords");
    sink.array(user.passwords.len());
    user.passwords.iter().for_each(|hash| sink.bulk(hash.as_bytes()));
    say_selector(&user.root, sink);
    sink.bulk(b"selectors");
    sink.array(user.selectors.len());
    for selector in &user.selectors {
        sink.map(3);
        say_selector(selector, sink);
    }
    Ok(())
}

fn say_selector(selector: &Selector, sink: &mut dyn Sink) {
    sink.bulk(b"commands");
    sink.bulk(selector.describe_commands().as_bytes());
    sink.bulk(b"keys");
    sink.bulk(&selector.describe_keys());
    sink.bulk(b"channels");
    sink.bulk(&selector.describe_channels());
}

/// `ACL LIST`
fn list(ctx: &mut Ctx<'_>, _: &mut Args<'_>, sink: &mut dyn Sink) -> Result {
    let users = ctx.state.acl.users().map(|(name, user)| [b"user ", name, b" ", &user.describe()].concat());
    let users: Vec<Vec<u8>> = users.collect();
    sink.array(users.len());
    users.iter().for_each(|user| sink.bulk(user));
    Ok(())
}

/// `ACL LOAD`, `ACL SAVE`
fn no_file(_: &mut Ctx<'_>, _: &mut Args<'_>, _: &mut dyn Sink) -> Result {
    Err(Error::Fixed(
        "ERR This Redis instance is not configured to use an ACL file. You may want to specify users via the ACL \
         SETUSER command and then issue a CONFIG REWRITE (assuming you have a Redis configuration file set) in order \
         to store users in the Redis configuration.",
    ))
}

/// `ACL LOG [count | RESET]`
///
/// The latest first; ten of them without a count.
fn log(ctx: &mut Ctx<'_>, args: &mut Args<'_>, sink: &mut dyn Sink) -> Result {
    if args.left() == 1 && args.keyword("RESET") {
        ctx.state.acl.log.clear();
        sink.ok();
        return Ok(());
    }
    let count = if args.is_empty() { 10 } else { args.int()? };
    if !args.is_empty() {
        return Err(super::unknown_form(args));
    }
    let now_ms = ctx.now_ms();
    let entries: Vec<&Entry> = ctx.state.acl.log.entries().take(count.max(0) as usize).collect();
    sink.array(entries.len());
    entries.iter().for_each(|entry| say_entry(entry, now_ms, sink));
    Ok(())
}

fn say_entry(entry: &Entry, now_ms: i64, sink: &mut dyn Sink) {
    sink.map(10);
    sink.bulk(b"count");
    sink.int(entry.count as i64);
    let texts: [(&str, &[u8]); 4] = [
        ("reason", entry.reason.as_bytes()),
        ("context", entry.context.as_bytes()),
        ("object", &entry.object),
        ("username", &entry.user),
    ];
    for (name, text) in texts {
        sink.bulk(name.as_bytes());
        sink.bulk(text);
    }
    sink.bulk(b"age-seconds");
    sink.double((now_ms - entry.updated_ms) as f64 / 1000.0);
    sink.bulk(b"client-info");
    sink.bulk(&entry.client);
    let numbers = [
        ("entry-id", entry.id as i64),
        ("timestamp-created", entry.created_ms),
        ("timestamp-last-updated", entry.updated_ms),
    ];
    for (name, number) in numbers {
        sink.bulk(name.as_bytes());
        sink.int(number);
    }
}

/// `ACL SETUSER username [rule [rule …]]`
///
/// All rules or none. Sessions of the user are held to them at once.
fn setuser(ctx: &mut Ctx<'_>, args: &mut Args<'_>, sink: &mut dyn Sink) -> Result {
    let name = args.next()?;
    if name.iter().any(|byte| byte.is_ascii_whitespace() || *byte == 0) {
        return Err(Error::Fixed("ERR Usernames can't contain spaces or null characters"));
    }
    let rules = whole_rules(args.take_rest())?;
    let all_channels = ctx.state.config.acl_all_channels;
    let mut user = ctx.state.acl.user(name).cloned().unwrap_or_else(|| User::new(all_channels));
    for rule in &rules {
        user.apply(rule, all_channels).map_err(|why| {
            Error::quoting("ERR Error in ACL SETUSER modifier '", rule, &format!("': {why}"))
        })?;
    }
    ctx.state.acl.set(name, user);
    let closed = ctx.state.user_changed(name);
    closed.into_iter().for_each(|id| super::client_list::close(ctx, id));
    sink.ok();
    Ok(())
}

/// The rules with each selector as one, which may come as several arguments.
fn whole_rules(args: &[&[u8]]) -> Result<Vec<Vec<u8>>> {
    let mut rules: Vec<Vec<u8>> = Vec::new();
    let mut open: Option<(&[u8], Vec<u8>)> = None;
    for arg in args {
        let (first, rule) = match open.take() {
            Some((first, mut rule)) => {
                rule.push(b' ');
                rule.extend_from_slice(arg);
                (first, rule)
            }
            None => (*arg, arg.to_vec()),
        };
        if rule.first() == Some(&b'(') && rule.last() != Some(&b')') {
            open = Some((first, rule));
        } else {
            rules.push(rule);
        }
    }
    match open {
        Some((first, _)) => {
            Err(Error::quoting("ERR Unmatched parenthesis in acl selector starting at '", first, "'."))
        }
        None => Ok(rules),
    }
}

/// `ACL USERS`
fn users(ctx: &mut Ctx<'_>, _: &mut Args<'_>, sink: &mut dyn Sink) -> Result {
    let names: Vec<&[u8]> = ctx.state.acl.users().map(|(name, _)| name).collect();
    sink.array(names.len());
    names.iter().for_each(|name| sink.bulk(name));
    Ok(())
}

/// `ACL WHOAMI`
fn whoami(ctx: &mut Ctx<'_>, _: &mut Args<'_>, sink: &mut dyn Sink) -> Result {
    sink.bulk(&ctx.own().user);
    Ok(())
}

/// `ACL HELP`
fn help(_: &mut Ctx<'_>, _: &mut Args<'_>, sink: &mut dyn Sink) -> Result {
    super::say_help(
        sink,
        "ACL",
        &[
            "CAT [<category>]",
            "    List all commands that belong to <category>, or all command categories",
            "    when no category is specified.",
            "DELUSER <username> [<username> ...]",
            "    Delete a list of users.",
            "DRYRUN <username> <command> [<arg> ...]",
            "    Returns whether the user can execute the given command without executing the command.",
            "GETUSER <username>",
            "    Get the user's details.",
            "GENPASS [<bits>]",
            "    Generate a secure 256-bit user password. The optional `bits` argument can",
            "    be used to specify a different size.",
            "LIST",
            "    Show users details in config file format.",
            "LOAD",
            "    Reload users from the ACL file.",
            "LOG [<count> | RESET]",
            "    Show the ACL log entries.",
            "SAVE",
            "    Save the current config to the ACL file.",
            "SETUSER <username> <attribute> [<attribute> ...]",
            "    Create or modify a user with the specified attributes.",
            "USERS",
            "    List all the registered usernames.",
            "WHOAMI",
            "    Return the current connection username.",
        ],
    );
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::testing::Shell;

    #[test]
    fn passwords_come_from_the_host_or_follow_from_the_seed() {
        assert_eq!(Shell::new().run("ACL GENPASS"), Shell::new().run("ACL GENPASS"));
        let mut shell = Shell::new();
        shell.store.draw_secrets_from(|bytes| {
            bytes.fill(0xab);
            true
        });
        assert_eq!(shell.run("ACL GENPASS 12"), "$3 aba");
        shell.store.draw_secrets_from(|_| false);
        assert!(shell.run("ACL GENPASS").starts_with("-ERR the system has nothing random"));
    }
}
