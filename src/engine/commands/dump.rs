//! Values as payloads, out of a store and into one.

use crate::args::{Args, is_word};
use crate::command::{Begin, Command, Find, Flags, FoundKey, Group, KeySpec};
use crate::dispatch::Ctx;
use crate::effects::Class;
use crate::error::{Error, Result};
use crate::keyspace::Entry;
use crate::persist::dump::{dump as payload_of, restore as value_of, verified};
use crate::sink::Sink;
use crate::types::Value;
use crate::usage::Usage;

#[cfg(test)]
mod tests;

/// What the rows of this group have in common.
const DUMP: Command = Command { group: Group::Generic, since: "2.6.0", ..Command::BASE };

/// MIGRATE's one key, or its several.
const MOVED: &[KeySpec] = &[
    KeySpec::one(3, &["RW", "access", "delete"]),
    KeySpec {
        begin: Begin::Keyword("KEYS", -2),
        find: Find::Range { last: -1, step: 1, limit: 0 },
        flags: &["RW", "access", "delete", "incomplete"],
    },
];

/// What RESTORE and RESTORE-ASKING have in common.
const RESTORE: Command = Command {
    syntax: "key@0 ttl:integer serialized-value [REPLACE{3.0.0}] [ABSTTL{5.0.0}] \
             [IDLETIME/seconds:integer{5.0.0}] [FREQ/frequency:integer{5.0.0}]",
    arity: -4,
    flags: Flags::WRITE.and(Flags::DENYOOM),
    categories: &["keyspace", "dangerous"],
    keys: &[KeySpec::one(1, &["OW", "update"])],
    complexity: "O(1) to create the key, and O(N*M) to make its value of N elements of M bytes on average",
    run: restore,
    ..DUMP
};

pub(crate) const COMMANDS: &[Command] = &[
    Command {
        name: "dump",
        syntax: "key@0",
        arity: 2,
        flags: Flags::READONLY,
        keys: &[KeySpec::one(1, &["RO", "access"])],
        summary: "Returns the value of a key as a payload for RESTORE.",
        complexity: "O(1) to find the key, and O(N*M) to write N elements of M bytes on average",
        tips: &["nondeterministic_output"],
        run: dump,
        ..DUMP
    },
    Command {
        name: "migrate",
        syntax: "host port:integer key-selector<key@0|empty-string=> destination-db:integer timeout:integer \
                 [COPY{3.0.0}] [REPLACE{3.0.0}] \
                 [authentication<AUTH/auth\"password\"{4.0.7}|AUTH2/auth2(username password){6.0.0}>] \
                 [KEYS/keys@1\"key\"{3.0.6}...]",
        arity: -6,
        flags: Flags::WRITE.and(Flags::MOVABLEKEYS),
        categories: &["keyspace", "dangerous"],
        keys: MOVED,
        find_keys: Some(migrate_keys),
        summary: "Would move keys to another server; this one makes no connections.",
        tips: &["nondeterministic_output"],
        run: migrate,
        ..DUMP
    },
    Command { name: "restore", summary: "Makes a key of a payload of DUMP's.", ..RESTORE },
    Command {
        name: "restore-asking",
        system: true,
        flags: Flags::WRITE.and(Flags::DENYOOM).and(Flags::ASKING),
        group: Group::Server,
        since: "3.0.0",
        summary: "Makes a key of a payload of DUMP's; cluster nodes call it so.",
        ..RESTORE
    },
];

/// `DUMP key`
fn dump(ctx: &mut Ctx<'_>, args: &mut Args<'_>, sink: &mut dyn Sink) -> Result {
    let limits = ctx.limits();
    let payload = ctx.look(args.next()?).map(|entry| payload_of(entry, &limits));
    sink.bulk_or_null(payload.as_deref());
    Ok(())
}

/// What RESTORE is asked for beside the payload.
#[derive(Debug, Default)]
struct Options {
    replace: bool,
    absolute: bool,
    idle_seconds: Option<i64>,
    frequency: Option<u8>,
}

impl Options {
    fn read(args: &mut Args<'_>) -> Result<Self> {
        let mut options = Self::default();
        while !args.is_empty() {
            if args.keyword("REPLACE") {
                options.replace = true;
            } else if args.keyword("ABSTTL") {
                options.absolute = true;
            } else if options.frequency.is_none() && args.left() >= 2 && args.keyword("IDLETIME") {
                let seconds = Some(args.int()?).filter(|seconds| *seconds >= 0);
                let seconds = seconds.ok_or(Error::Fixed("ERR Invalid IDLETIME value, must be >= 0"))?;
                options.idle_seconds = Some(seconds);
            } else if options.idle_seconds.is_none() && args.left() >= 2 && args.keyword("FREQ") {
                let frequency = u8::try_from(args.int()?);
                let invalid = |_| Error::Fixed("ERR Invalid FREQ value, must be >= 0 and <= 255");
                options.frequency = Some(frequency.map_err(invalid)?);
            } else {
                return Err(Error::Syntax);
            }
        }
        Ok(options)
    }

    /// What the policy in force keeps of what was told of a key's use.
    fn usage(&self, ctx: &mut Ctx<'_>) -> Option<Usage> {
        let now_ms = ctx.now_ms();
        if ctx.state.config.policy.is_lfu() {
            self.frequency.map(|counter| Usage::counted(counter, now_ms))
        } else {
            self.idle_seconds.map(|seconds| Usage::idle(seconds, now_ms))
        }
    }
}

/// `RESTORE key ttl payload [REPLACE] [ABSTTL] [IDLETIME seconds] [FREQ frequency]`, `RESTORE-ASKING …`
///
/// A ttl of 0 is none; others are milliseconds from now, or with ABSTTL since the Unix epoch. One that is over
/// leaves no key, and takes away the one that was to be replaced.
fn restore(ctx: &mut Ctx<'_>, args: &mut Args<'_>, sink: &mut dyn Sink) -> Result {
    let (key, ttl, payload) = (args.next()?, args.next()?, args.next()?);
    let options = Options::read(args)?;
    if !options.replace && ctx.exists(key) {
        return Err(Error::Fixed("BUSYKEY Target key name already exists."));
    }
    let ttl = crate::number::parse_int(ttl).ok_or(Error::NotInteger)?;
    if ttl < 0 {
        return Err(Error::Fixed("ERR Invalid TTL value, must be >= 0"));
    }
    let wrong = Error::Fixed("ERR DUMP payload version or checksum are wrong");
    let value = verified(payload, ctx.state.checks_sums).ok_or(wrong)?;
    let limits = ctx.limits();
    let value = value_of(value, &limits).map_err(|_| Error::Fixed("ERR Bad data format"))?;
    let since = if options.absolute { 0 } else { ctx.now_ms() };
    // As in Redis: beyond 64 bits lies the past.
    let expire = (ttl > 0).then(|| ttl.wrapping_add(since));
    let replaced = ctx.take(key).is_some();
    if expire.is_some_and(|deadline| deadline <= ctx.now_ms()) {
        if replaced {
            ctx.changed(key, Class::GENERIC, "del");
        }
        sink.ok();
        return Ok(());
    }
    let usage = options.usage(ctx);
    let entry = match value {
        Value::String(string) => Entry::string(key, &string.bytes, expire),
        value => Entry::object(key, value, expire),
    };
    let place = ctx.put(key, entry);
    if let Some(usage) = usage {
        ctx.database().at_mut(place).set_usage(usage);
    }
    ctx.changed(key, Class::GENERIC, "restore");
    sink.ok();
    Ok(())
}

/// The keys after KEYS, where the argument of a key is empty; else that one.
fn migrate_keys(argv: &[&[u8]]) -> Vec<FoundKey> {
    let mut at = 6;
    while argv.get(3).is_some_and(|key| key.is_empty()) && at < argv.len() {
        let is = |word: &str| is_word(argv[at], word);
        if is("KEYS") {
            return (at + 1..argv.len()).map(|at| (at, MOVED[0].flags)).collect();
        }
        at += if is("AUTH2") { 3 } else { 1 + usize::from(is("AUTH")) };
    }
    vec![(3, MOVED[0].flags)]
}

/// `MIGRATE host port key destination-db timeout [COPY] [REPLACE] [AUTH password | AUTH2 username password]
/// [KEYS key [key …]]`
///
/// The engine makes no connections: where there is a key to move, this is an error.
fn migrate(ctx: &mut Ctx<'_>, args: &mut Args<'_>, sink: &mut dyn Sink) -> Result {
    let (_host, _port, key, db, timeout) =
        (args.next()?, args.next()?, args.next()?, args.next()?, args.next()?);
    let mut keys: &[&[u8]] = &[key];
    while !args.is_empty() {
        if args.keyword("KEYS") {
            if !key.is_empty() {
                return Err(Error::Fixed(
                    "ERR When using MIGRATE KEYS option, the key argument must be set to the empty string",
                ));
            }
            keys = args.take_rest();
        } else if args.keyword("AUTH") {
            args.next()?;
        } else if args.keyword("AUTH2") {
            args.take(2)?;
        } else if !args.keyword("COPY") && !args.keyword("REPLACE") {
            return Err(Error::Syntax);
        }
    }
    for number in [timeout, db] {
        crate::number::parse_int(number).ok_or(Error::NotInteger)?;
    }
    if keys.iter().filter(|key| ctx.look(key).is_some()).count() > 0 {
        return Err(Error::Fixed("IOERR this server is part of a program and makes no connections"));
    }
    sink.simple("NOKEY");
    Ok(())
}
