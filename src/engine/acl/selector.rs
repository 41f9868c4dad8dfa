//! A selector: commands, keys and channels that go together.

use std::collections::{BTreeMap, BTreeSet};

use super::refused;
use crate::command::{self, CATEGORIES, Command};
use crate::glob;

/// What is done with a key: read, written, or both.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Access {
    pub(crate) read: bool,
    pub(crate) write: bool,
}

impl Access {
    /// What a command does with a key, in its key specification's words.
    pub(crate) fn of(flags: &[&str]) -> Self {
        let has = |words: &[&str]| flags.iter().any(|flag| words.contains(flag));
        Self { read: has(&["access"]), write: has(&["insert", "delete", "update"]) }
    }
}

/// Keys under a pattern, and what may be done with them.
#[derive(Clone, Debug, PartialEq)]
struct KeyPattern {
    pattern: Box<[u8]>,
    access: Access,
}

/// Commands, keys and channels that go together.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Selector {
    /// All commands, those to come included.
    all_commands: bool,
    /// Commands by their full names, where not all are.
    commands: BTreeSet<&'static str>,
    /// Commands that may run with these first arguments only.
    first_args: BTreeMap<&'static str, Vec<Box<[u8]>>>,
    /// The rules that made it so, from `+@all` or `-@all` on.
    from_all: bool,
    rules: Vec<String>,
    all_keys: bool,
    keys: Vec<KeyPattern>,
    all_channels: bool,
    channels: Vec<Box<[u8]>>,
}

impl Selector {
    /// One that allows nothing, but for channels as a setting has it.
    pub(crate) fn new(all_channels: bool) -> Self {
        Self {
            all_commands: false,
            commands: BTreeSet::new(),
            first_args: BTreeMap::new(),
            from_all: false,
            rules: Vec::new(),
            all_keys: false,
            keys: Vec::new(),
            all_channels,
            channels: Vec::new(),
        }
    }

    /// One that allows everything.
    pub(crate) fn of_everything() -> Self {
        Self { all_commands: true, from_all: true, all_keys: true, ..Self::new(true) }
    }

    pub(crate) fn is_unrestricted(&self) -> bool {
        self.all_commands && self.all_keys && self.all_channels
    }

    pub(crate) fn has_all_channels(&self) -> bool {
        self.all_channels
    }

    // ---- what it allows ----

    /// Whether a command may run, whatever its keys.
    pub(crate) fn allows_command(&self, command: &Command, argv: &[&[u8]]) -> bool {
        let name = command.display_name();
        let with_first_arg = || {
            let first = argv.get(1);
            self.first_args.get(name).is_some_and(|allowed| {
                first.is_some_and(|first| allowed.iter().any(|arg| arg.eq_ignore_ascii_case(first)))
            })
        };
        self.all_commands || self.commands.contains(name) || with_first_arg()
    }

    /// Whether a key may be used so.
    pub(crate) fn allows_key(&self, key: &[u8], access: Access) -> bool {
        let covers = |given: Access| (given.read || !access.read) && (given.write || !access.write);
        self.all_keys || self.keys.iter().any(|own| covers(own.access) && glob::matches(&own.pattern, key))
    }

    /// Whether every key may be read, as what is found by patterns demands.
    pub(crate) fn reads_all_keys(&self) -> bool {
        self.all_keys || self.keys.iter().any(|own| own.access.read && &*own.pattern == b"*")
    }

    /// Whether a channel may be used; a pattern to listen to has to be one of its own, letter by letter.
    pub(crate) fn allows_channel(&self, channel: &[u8], is_pattern: bool) -> bool {
        let fits = |own: &[u8]| if is_pattern { own == channel } else { glob::matches(own, channel) };
        self.all_channels || self.channels.iter().any(|own| fits(own))
    }

    // ---- its rules ----

    /// Applies a rule, or says why it is none.
    pub(crate) fn apply(&mut self, rule: &[u8]) -> Result<(), &'static str> {
        let is = |word: &str| rule.eq_ignore_ascii_case(word.as_bytes());
        let has_spaces = |text: &[u8]| text.iter().any(|byte| byte.is_ascii_whitespace() || *byte == 0);
        match rule {
            b"~*" => self.set_all_keys(true),
            b"&*" => self.set_all_channels(true),
            [b'~', pattern @ ..] if !has_spaces(pattern) => {
                self.add_keys(pattern, Access { read: true, write: true })?;
            }
            [b'%', rest @ ..] => {
                let (access, pattern) = key_permission(rest)?;
                if has_spaces(pattern) {
                    return Err(refused::SYNTAX);
                }
                self.add_keys(pattern, access)?;
            }
            [b'&', channel @ ..] if !has_spaces(channel) => {
                if self.all_channels {
                    return Err(refused::ALL_CHANNELS);
                }
                if !self.channels.iter().any(|own| **own == *channel) {
                    self.channels.push(channel.into());
                }
            }
            _ if is("allkeys") => self.set_all_keys(true),
            _ if is("resetkeys") => self.set_all_keys(false),
            _ if is("allchannels") => self.set_all_channels(true),
            _ if is("resetchannels") => self.set_all_channels(false),
            _ if is("allcommands") || is("+@all") => self.set_all_commands(true),
            _ if is("nocommands") || is("-@all") => self.set_all_commands(false),
            [b'+', b'@', category @ ..] => self.set_category(category, true)?,
            [b'-', b'@', category @ ..] => self.set_category(category, false)?,
            [b'+', name @ ..] => self.allow(name)?,
            [b'-', name @ ..] => {
                let command = find(name).ok_or(refused::UNKNOWN)?;
                self.set_command(command, false);
                self.note_rule(name, false);
            }
            _ => return Err(refused::SYNTAX),
        }
        Ok(())
    }

    fn set_all_keys(&mut self, all: bool) {
        self.all_keys = all;
        self.keys.clear();
    }

    fn set_all_channels(&mut self, all: bool) {
        self.all_channels = all;
        self.channels.clear();
    }

    fn set_all_commands(&mut self, all: bool) {
        self.all_commands = all;
        self.from_all = all;
        self.commands =
            if all { every_command().map(Command::display_name).collect() } else { BTreeSet::new() };
        self.first_args.clear();
        self.rules.clear();
    }

    fn add_keys(&mut self, pattern: &[u8], access: Access) -> Result<(), &'static str> {
        if self.all_keys {
            return Err(refused::ALL_KEYS);
        }
        match self.keys.iter_mut().find(|own| &*own.pattern == pattern) {
            Some(own) => {
                own.access.read |= access.read;
                own.access.write |= access.write;
            }
            None => self.keys.push(KeyPattern { pattern: pattern.into(), access }),
        }
        Ok(())
    }

    /// Where not all commands are allowed, each that is stands for itself.
    fn spell_out(&mut self) {
        if std::mem::take(&mut self.all_commands) {
            self.commands = every_command().map(Command::display_name).collect();
        }
    }

    fn set_category(&mut self, category: &[u8], on: bool) -> Result<(), &'static str> {
        let known = |known: &&&str| category.eq_ignore_ascii_case(known.as_bytes());
        let category = CATEGORIES.iter().find(known).ok_or(refused::UNKNOWN)?;
        for command in every_command().filter(|command| command.acl_categories().any(|own| own == *category))
        {
            self.set_one(command, on);
        }
        self.note_rule(format!("@{category}").as_bytes(), on);
        Ok(())
    }

    fn allow(&mut self, name: &[u8]) -> Result<(), &'static str> {
        if let Some(command) = find(name) {
            self.set_command(command, true);
            self.note_rule(name, true);
            return Ok(());
        }
        let at = memchr::memrchr(b'|', name).ok_or(refused::UNKNOWN)?;
        let (command, argument) = (&name[..at], &name[at + 1..]);
        let command = find(command).ok_or(refused::UNKNOWN)?;
        if command.words() > 1 {
            return Err(refused::OF_SUBCOMMAND);
        }
        if argument.is_empty() {
            return Err(refused::SYNTAX);
        }
        if !command.subcommands.is_empty() {
            return Err(refused::UNKNOWN);
        }
        let allowed = self.first_args.entry(command.display_name()).or_default();
        if !allowed.iter().any(|own| own.eq_ignore_ascii_case(argument)) {
            allowed.push(argument.into());
        }
        self.note_rule(name, true);
        Ok(())
    }

    /// A command with its subcommands.
    fn set_command(&mut self, command: &'static Command, on: bool) {
        self.set_one(command, on);
        command.subcommands.iter().for_each(|sub| self.set_one(sub, on));
    }

    fn set_one(&mut self, command: &'static Command, on: bool) {
        let name = command.display_name();
        self.first_args.remove(name);
        if on {
            self.commands.insert(name);
        } else {
            self.spell_out();
            self.commands.remove(name);
        }
    }

    /// Writes a rule down, and strikes those that it makes idle: of itself, and of its subcommands.
    fn note_rule(&mut self, name: &[u8], on: bool) {
        let name = String::from_utf8_lossy(name).to_ascii_lowercase();
        self.rules.retain(|rule| {
            let old = &rule[1..];
            old != name && !old.strip_prefix(&name).is_some_and(|rest| rest.starts_with('|'))
        });
        self.rules.push(format!("{}{name}", if on { '+' } else { '-' }));
    }

    // ---- as it is told ----

    /// The commands, as rules.
    pub(crate) fn describe_commands(&self) -> String {
        let first = if self.from_all { "+@all" } else { "-@all" };
        std::iter::once(first).chain(self.rules.iter().map(String::as_str)).collect::<Vec<_>>().join(" ")
    }

    /// The keys, as rules.
    pub(crate) fn describe_keys(&self) -> Vec<u8> {
        if self.all_keys {
            return b"~*".to_vec();
        }
        let rule = |own: &KeyPattern| {
            let prefix: &[u8] = match own.access {
                Access { read: true, write: true } => b"~",
                Access { read: true, .. } => b"%R~",
                Access { .. } => b"%W~",
            };
            [prefix, &own.pattern].concat()
        };
        self.keys.iter().map(rule).collect::<Vec<_>>().join(&b' ')
    }

    /// The channels, as rules.
    pub(crate) fn describe_channels(&self) -> Vec<u8> {
        if self.all_channels {
            return b"&*".to_vec();
        }
        self.channels.iter().map(|channel| [b"&", &**channel].concat()).collect::<Vec<_>>().join(&b' ')
    }

    /// All of it, as rules.
    pub(crate) fn describe(&self) -> Vec<u8> {
        let mut parts = Vec::new();
        parts.push(self.describe_keys());
        if !self.all_channels {
            parts.push(b"resetchannels".to_vec());
        }
        parts.push(self.describe_channels());
        parts.push(self.describe_commands().into_bytes());
        parts.retain(|part| !part.is_empty());
        parts.join(&b' ')
    }
}

/// `R~pattern`, `W~pattern`, `RW~pattern`: what may be done, and with which keys.
fn key_permission(rest: &[u8]) -> Result<(Access, &[u8]), &'static str> {
    let mut access = Access { read: false, write: false };
    let letters = rest.iter().take_while(|byte| **byte != b'~').count();
    for letter in &rest[..letters] {
        let place = match letter.to_ascii_uppercase() {
            b'R' => &mut access.read,
            b'W' => &mut access.write,
            _ => return Err(refused::SYNTAX),
        };
        if std::mem::replace(place, true) {
            return Err(refused::SYNTAX);
        }
    }
    if !access.read && !access.write {
        return Err(refused::SYNTAX);
    }
    Ok((access, rest.get(letters + 1..).unwrap_or_default()))
}

/// Every command, each before its subcommands.
pub(crate) fn every_command() -> impl Iterator<Item = &'static Command> {
    command::all().flat_map(|command| std::iter::once(command).chain(command.subcommands))
}

/// The command of this full name, in any case.
fn find(name: &[u8]) -> Option<&'static Command> {
    let Some(at) = memchr::memchr(b'|', name) else { return command::find(name) };
    let (container, sub) = (command::find(&name[..at])?, &name[at + 1..]);
    container.subcommands.iter().find(|own| own.name.as_bytes().eq_ignore_ascii_case(sub))
}
