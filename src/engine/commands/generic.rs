//! Keys of any type.

use crate::args::Args;
use crate::command::{Command, Flags, Group, KeySpec};
use crate::dispatch::Ctx;
use crate::effects::Class;
use crate::error::{Error, Result};
use crate::keyspace::Entry;
use crate::number;
use crate::sink::Sink;
use crate::store::DATABASES;

/// What the rows of this group have in common.
const GENERIC: Command = Command { group: Group::Generic, ..Command::BASE };

/// What the subcommands of OBJECT have in common.
const OBJECT: Command = Command {
    flags: Flags::READONLY,
    keys: &[KeySpec::one(2, &["RO"])],
    since: "2.2.3",
    tips: &["nondeterministic_output"],
    ..GENERIC
};

pub(crate) const COMMANDS: &[Command] = &[
    Command {
        name: "copy",
        arity: -3,
        flags: Flags::DENYOOM.and(Flags::WRITE),
        keys: &[KeySpec::one(1, &["RO", "access"]), KeySpec::one(2, &["OW", "update"])],
        since: "6.2.0",
        summary: "Copies the value of a key to another key.",
        complexity: "O(N) worst case for collections, where N is the number of nested items. O(1) for string values.",
        run: copy,
        ..GENERIC
    },
    Command {
        name: "del",
        arity: -2,
        flags: Flags::WRITE,
        keys: &[KeySpec::range(1, -1, 1, &["RM", "delete"])],
        summary: "Deletes keys.",
        complexity: "O(N) where N is the number of keys.",
        tips: &["request_policy:multi_shard", "response_policy:agg_sum"],
        run: del,
        ..GENERIC
    },
    Command {
        name: "exists",
        arity: -2,
        flags: Flags::FAST.and(Flags::READONLY),
        keys: &[KeySpec::range(1, -1, 1, &["RO"])],
        summary: "Counts which of the keys exist.",
        complexity: "O(N) where N is the number of keys.",
        tips: &["request_policy:multi_shard", "response_policy:agg_sum"],
        run: exists,
        ..GENERIC
    },
    Command {
        name: "move",
        arity: 3,
        flags: Flags::FAST.and(Flags::WRITE),
        keys: &[KeySpec::one(1, &["RW", "access", "update"])],
        summary: "Moves a key to another database.",
        run: move_key,
        ..GENERIC
    },
    Command {
        name: "randomkey",
        arity: 1,
        flags: Flags::READONLY,
        summary: "Returns a key chosen at random.",
        tips: &["request_policy:all_shards", "response_policy:special", "nondeterministic_output"],
        run: randomkey,
        ..GENERIC
    },
    Command {
        name: "rename",
        arity: 3,
        flags: Flags::WRITE,
        keys: &[KeySpec::one(1, &["RW", "access", "delete"]), KeySpec::one(2, &["OW", "update"])],
        summary: "Renames a key, replacing what has the new name.",
        run: rename,
        ..GENERIC
    },
    Command {
        name: "renamenx",
        arity: 3,
        flags: Flags::FAST.and(Flags::WRITE),
        keys: &[KeySpec::one(1, &["RW", "access", "delete"]), KeySpec::one(2, &["OW", "insert"])],
        summary: "Renames a key, unless the new name is taken.",
        run: renamenx,
        ..GENERIC
    },
    Command {
        name: "touch",
        arity: -2,
        flags: Flags::FAST.and(Flags::READONLY),
        keys: &[KeySpec::range(1, -1, 1, &["RO"])],
        since: "3.2.1",
        summary: "Counts which of the keys exist, as if they had been used.",
        complexity: "O(N) where N is the number of keys.",
        tips: &["request_policy:multi_shard", "response_policy:agg_sum"],
        run: exists,
        ..GENERIC
    },
    Command {
        name: "type",
        arity: 2,
        flags: Flags::FAST.and(Flags::READONLY),
        keys: &[KeySpec::one(1, &["RO"])],
        summary: "Returns the type of the value of a key.",
        run: type_of,
        ..GENERIC
    },
    Command {
        name: "unlink",
        arity: -2,
        flags: Flags::FAST.and(Flags::WRITE),
        keys: &[KeySpec::range(1, -1, 1, &["RM", "delete"])],
        since: "4.0.0",
        summary: "Deletes keys; what they held may be given back later.",
        complexity: "O(1) for each key.",
        tips: &["request_policy:multi_shard", "response_policy:agg_sum"],
        run: del,
        ..GENERIC
    },
    Command {
        name: "object",
        arity: -2,
        since: "2.2.3",
        summary: "A container of commands about how values are kept.",
        complexity: "Depends on subcommand.",
        subcommands: OBJECTS,
        ..GENERIC
    },
];

const OBJECTS: &[Command] = &[
    Command {
        name: "encoding",
        full_name: "object|encoding",
        arity: 3,
        summary: "Returns how the value of a key is kept.",
        run: encoding,
        ..OBJECT
    },
    Command {
        name: "freq",
        full_name: "object|freq",
        arity: 3,
        since: "4.0.0",
        summary: "Returns how often a key is used, under an LFU policy.",
        run: freq,
        ..OBJECT
    },
    Command {
        name: "help",
        full_name: "object|help",
        keys: &[],
        tips: &[],
        arity: 2,
        flags: Flags::LOADING.and(Flags::STALE),
        since: "6.2.0",
        summary: "Says what the subcommands are.",
        run: help,
        ..OBJECT
    },
    Command {
        name: "idletime",
        full_name: "object|idletime",
        arity: 3,
        summary: "Returns for how many seconds a key has not been used.",
        run: idletime,
        ..OBJECT
    },
    Command {
        name: "refcount",
        full_name: "object|refcount",
        arity: 3,
        summary: "Returns how many references the value of a key has.",
        run: refcount,
        ..OBJECT
    },
];

/// `DEL key [key …]`, `UNLINK key [key …]`
fn del(ctx: &mut Ctx<'_>, args: &mut Args<'_>, sink: &mut dyn Sink) -> Result {
    let deleted = args.take_rest().iter().filter(|key| ctx.delete(key)).count();
    sink.int(deleted as i64);
    Ok(())
}

/// `EXISTS key [key …]`, `TOUCH key [key …]`
///
/// A key named twice counts twice.
fn exists(ctx: &mut Ctx<'_>, args: &mut Args<'_>, sink: &mut dyn Sink) -> Result {
    let found = args.take_rest().iter().filter(|key| ctx.look(key).is_some()).count();
    sink.int(found as i64);
    Ok(())
}

/// `TYPE key`
fn type_of(ctx: &mut Ctx<'_>, args: &mut Args<'_>, sink: &mut dyn Sink) -> Result {
    let kind = ctx.look(args.next()?).map(Entry::kind);
    sink.simple(kind.map_or("none", |kind| kind.name()));
    Ok(())
}

/// `RANDOMKEY`
fn randomkey(ctx: &mut Ctx<'_>, _: &mut Args<'_>, sink: &mut dyn Sink) -> Result {
    let now_ms = ctx.now_ms();
    loop {
        let state = &mut **ctx.state;
        match state.dbs[ctx.db].random(&mut state.dice) {
            None => sink.null(),
            Some(entry) if entry.is_expired(now_ms) => {
                let key = Box::<[u8]>::from(entry.key());
                ctx.expire(&key);
                continue;
            }
            Some(entry) => sink.bulk(entry.key()),
        }
        return Ok(());
    }
}

/// `RENAME key newkey`
///
/// What `newkey` held is gone without an event of its own; the expiration comes along.
fn rename(ctx: &mut Ctx<'_>, args: &mut Args<'_>, sink: &mut dyn Sink) -> Result {
    let (from, to) = (args.next()?, args.next()?);
    if !ctx.exists(from) {
        return Err(Error::NoSuchKey);
    }
    if from != to {
        ctx.take(to);
        move_entry(ctx, from, to);
    }
    sink.ok();
    Ok(())
}

/// `RENAMENX key newkey`
fn renamenx(ctx: &mut Ctx<'_>, args: &mut Args<'_>, sink: &mut dyn Sink) -> Result {
    let (from, to) = (args.next()?, args.next()?);
    if !ctx.exists(from) {
        return Err(Error::NoSuchKey);
    }
    let free = from != to && !ctx.exists(to);
    if free {
        move_entry(ctx, from, to);
    }
    sink.int(i64::from(free));
    Ok(())
}

/// Gives an entry another key, which no entry has.
fn move_entry(ctx: &mut Ctx<'_>, from: &[u8], to: &[u8]) {
    if let Some(entry) = ctx.take(from) {
        ctx.put(to, entry.renamed(to));
        ctx.changed(from, Class::GENERIC, "rename_from");
        ctx.changed(to, Class::GENERIC, "rename_to");
    }
}

/// The next argument as the number of a database.
fn database(args: &mut Args<'_>) -> Result<usize> {
    let number = args.int32()?;
    usize::try_from(number)
        .ok()
        .filter(|number| *number < DATABASES)
        .ok_or(Error::Fixed("ERR DB index is out of range"))
}

const SAME_OBJECT: Error = Error::Fixed("ERR source and destination objects are the same");

/// `COPY source destination [DB destination-db] [REPLACE]`
fn copy(ctx: &mut Ctx<'_>, args: &mut Args<'_>, sink: &mut dyn Sink) -> Result {
    let (from, to) = (args.next()?, args.next()?);
    let (mut db, mut replace) = (ctx.db, false);
    while !args.is_empty() {
        if args.keyword("REPLACE") {
            replace = true;
        } else if args.left() >= 2 && args.keyword("DB") {
            db = database(args)?;
        } else {
            return Err(Error::Syntax);
        }
    }
    if db == ctx.db && from == to {
        return Err(SAME_OBJECT);
    }
    let copied = ctx.look(from).map(|entry| entry.copied(to)).is_some_and(|entry| {
        ctx.within_db(db, |ctx| {
            if !replace && ctx.exists(to) {
                return false;
            }
            ctx.take(to);
            ctx.put(to, entry);
            ctx.changed(to, Class::GENERIC, "copy_to");
            true
        })
    });
    sink.int(i64::from(copied));
    Ok(())
}

/// `MOVE key db`
///
/// Does nothing if the key exists in the other database.
fn move_key(ctx: &mut Ctx<'_>, args: &mut Args<'_>, sink: &mut dyn Sink) -> Result {
    let key = args.next()?;
    let db = database(args)?;
    if db == ctx.db {
        return Err(SAME_OBJECT);
    }
    let free = ctx.exists(key) && !ctx.within_db(db, |ctx| ctx.exists(key));
    let entry = if free { ctx.take(key) } else { None };
    let moved = entry.is_some();
    if let Some(entry) = entry {
        ctx.within_db(db, |ctx| ctx.put(key, entry));
        ctx.changed(key, Class::GENERIC, "move_from");
        ctx.within_db(db, |ctx| ctx.changed(key, Class::GENERIC, "move_to"));
    }
    sink.int(i64::from(moved));
    Ok(())
}

/// `OBJECT ENCODING key`
fn encoding(ctx: &mut Ctx<'_>, args: &mut Args<'_>, sink: &mut dyn Sink) -> Result {
    let encoding = ctx.entry(args.next()?).map(super::super::keyspace::Entry::encoding);
    sink.bulk_or_null(encoding.map(str::as_bytes));
    Ok(())
}

/// `OBJECT REFCOUNT key`
///
/// 1, because no two keys share a value; but a small integer says what Redis says of those that it shares.
fn refcount(ctx: &mut Ctx<'_>, args: &mut Args<'_>, sink: &mut dyn Sink) -> Result {
    const SHARED: std::ops::Range<i64> = 0..10_000;
    match ctx.entry(args.next()?) {
        None => sink.null(),
        Some(entry) => {
            let integer = entry.as_string().filter(|_| entry.encoding() == "int").and_then(number::parse_int);
            let shared = integer.is_some_and(|integer| SHARED.contains(&integer));
            sink.int(if shared { i64::from(i32::MAX) } else { 1 });
        }
    }
    Ok(())
}

/// `OBJECT IDLETIME key`
///
/// Always 0: no key is evicted for having been idle, so none keeps account of it.
fn idletime(ctx: &mut Ctx<'_>, args: &mut Args<'_>, sink: &mut dyn Sink) -> Result {
    if ctx.exists(args.next()?) {
        sink.int(0);
    } else {
        sink.null();
    }
    Ok(())
}

/// `OBJECT FREQ key`
fn freq(ctx: &mut Ctx<'_>, args: &mut Args<'_>, sink: &mut dyn Sink) -> Result {
    if ctx.exists(args.next()?) {
        return Err(Error::Fixed(
            "ERR An LFU maxmemory policy is not selected, access frequency not tracked. Please note that when \
             switching between policies at runtime LRU and LFU data will take some time to adjust.",
        ));
    }
    sink.null();
    Ok(())
}

/// `OBJECT HELP`
fn help(_: &mut Ctx<'_>, _: &mut Args<'_>, sink: &mut dyn Sink) -> Result {
    super::say_help(
        sink,
        "OBJECT",
        &[
            "ENCODING <key>",
            "    Return the kind of internal representation used in order to store the value",
            "    associated with a <key>.",
            "FREQ <key>",
            "    Return the access frequency index of the <key>. The returned integer is",
            "    proportional to the logarithm of the recent access frequency of the key.",
            "IDLETIME <key>",
            "    Return the idle time of the <key>, that is the approximated number of",
            "    seconds elapsed since the last access to the key.",
            "REFCOUNT <key>",
            "    Return the number of references of the value associated with the specified",
            "    <key>.",
        ],
    );
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::testing::Shell;

    #[test]
    fn a_rename_replaces_and_keeps_the_expiration() {
        let mut shell = Shell::new();
        shell.run("SET a 1 EX 10");
        shell.run("RPUSH b x");
        assert_eq!(shell.run("RENAME a b"), "+OK");
        assert_eq!(shell.run("GET b"), "$1 1");
        assert_eq!(shell.run("TTL b"), ":10");
        assert_eq!(shell.run("RENAME a b"), "-ERR no such key");
        assert_eq!(shell.run("RENAMENX b b"), ":0");
    }

    #[test]
    fn a_copy_lives_its_own_life() {
        let mut shell = Shell::new();
        shell.run("SET a 1");
        assert_eq!(shell.run("COPY a b"), ":1");
        shell.run("APPEND a 2");
        assert_eq!(shell.run("GET b"), "$1 1");
        assert_eq!(shell.run("COPY a b"), ":0");
        assert_eq!(shell.run("COPY a b REPLACE"), ":1");
        assert_eq!(shell.run("GET b"), "$2 12");
        assert_eq!(shell.run("COPY a a DB 0"), "-ERR source and destination objects are the same");
        assert_eq!(shell.run("COPY a b DB 16"), "-ERR DB index is out of range");
    }

    #[test]
    fn a_move_leaves_nothing_behind() {
        let mut shell = Shell::new();
        shell.run("SET a 1");
        assert_eq!(shell.run("MOVE a 1"), ":1");
        assert_eq!(shell.run("EXISTS a"), ":0");
        assert_eq!(shell.run("MOVE a 1"), ":0");
        assert_eq!(shell.run("MOVE a 0"), "-ERR source and destination objects are the same");
    }

    #[test]
    fn small_integers_say_that_they_are_shared() {
        let mut shell = Shell::new();
        for (value, count) in
            [("0", "2147483647"), ("9999", "2147483647"), ("10000", "1"), ("-1", "1"), ("x", "1")]
        {
            shell.run(&format!("SET a {value}"));
            assert_eq!(shell.run("OBJECT REFCOUNT a"), format!(":{count}"), "{value}");
        }
        shell.run("SET a 1");
        shell.run("APPEND a 2");
        assert_eq!(shell.run("OBJECT REFCOUNT a"), ":1");
    }

    #[test]
    fn a_random_key_is_never_an_expired_one() {
        let mut shell = Shell::new();
        shell.run("SET a 1 PX 5");
        shell.run("SET b 1");
        shell.clock.advance(10_000);
        assert_eq!(shell.run("RANDOMKEY"), "$1 b");
        shell.run("DEL b");
        assert_eq!(shell.run("RANDOMKEY"), "$-1");
    }
}
