//! Keys of any type.

use crate::args::Args;
use crate::command::{Command, Flags, Group, KeySpec};
use crate::dispatch::Ctx;
use crate::effects::Class;
use crate::error::{Error, Result};
use crate::keyspace::Entry;
use crate::sink::Sink;

/// What the rows of this group have in common.
const GENERIC: Command = Command { group: Group::Generic, ..Command::BASE };

pub(crate) const COMMANDS: &[Command] = &[
    Command {
        name: "copy",
        syntax: "source@0 destination@1 [DB/destination-db:integer] [REPLACE]",
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
        syntax: "key@0...",
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
        syntax: "key@0...",
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
        syntax: "key@0 db:integer",
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
        syntax: "key@0 newkey@1",
        arity: 3,
        flags: Flags::WRITE,
        keys: &[KeySpec::one(1, &["RW", "access", "delete"]), KeySpec::one(2, &["OW", "update"])],
        summary: "Renames a key, replacing what has the new name.",
        run: rename,
        ..GENERIC
    },
    Command {
        name: "renamenx",
        syntax: "key@0 newkey@1",
        arity: 3,
        flags: Flags::FAST.and(Flags::WRITE),
        keys: &[KeySpec::one(1, &["RW", "access", "delete"]), KeySpec::one(2, &["OW", "insert"])],
        summary: "Renames a key, unless the new name is taken.",
        run: renamenx,
        ..GENERIC
    },
    Command {
        name: "touch",
        syntax: "key@0...",
        arity: -2,
        flags: Flags::FAST.and(Flags::READONLY),
        keys: &[KeySpec::range(1, -1, 1, &["RO"])],
        since: "3.2.1",
        summary: "Counts which of the keys exist, as if they had been used.",
        complexity: "O(N) where N is the number of keys.",
        tips: &["request_policy:multi_shard", "response_policy:agg_sum"],
        run: touch,
        ..GENERIC
    },
    Command {
        name: "type",
        syntax: "key@0",
        arity: 2,
        flags: Flags::FAST.and(Flags::READONLY),
        keys: &[KeySpec::one(1, &["RO"])],
        summary: "Returns the type of the value of a key.",
        run: type_of,
        ..GENERIC
    },
    Command {
        name: "unlink",
        syntax: "key@0...",
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
];

/// `DEL key [key …]`, `UNLINK key [key …]`
fn del(ctx: &mut Ctx<'_>, args: &mut Args<'_>, sink: &mut dyn Sink) -> Result {
    let deleted = args.take_rest().iter().filter(|key| ctx.delete(key)).count();
    sink.int(deleted as i64);
    Ok(())
}

/// `EXISTS key [key …]`
///
/// A key named twice counts twice.
fn exists(ctx: &mut Ctx<'_>, args: &mut Args<'_>, sink: &mut dyn Sink) -> Result {
    let found = args.take_rest().iter().filter(|key| ctx.peek(key).is_some()).count();
    sink.int(found as i64);
    Ok(())
}

/// `TOUCH key [key …]`
///
/// As EXISTS, and a use of the keys, even under CLIENT NO-TOUCH.
fn touch(ctx: &mut Ctx<'_>, args: &mut Args<'_>, sink: &mut dyn Sink) -> Result {
    ctx.touch_anyway();
    let found = args.take_rest().iter().filter(|key| ctx.look(key).is_some()).count();
    sink.int(found as i64);
    Ok(())
}

/// `TYPE key`
fn type_of(ctx: &mut Ctx<'_>, args: &mut Args<'_>, sink: &mut dyn Sink) -> Result {
    let kind = ctx.peek(args.next()?).map(Entry::kind);
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
fn database(ctx: &Ctx<'_>, args: &mut Args<'_>) -> Result<usize> {
    let number = args.int32()?;
    usize::try_from(number)
        .ok()
        .filter(|number| *number < ctx.state.dbs.len())
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
            db = database(ctx, args)?;
        } else {
            return Err(Error::Syntax);
        }
    }
    if db == ctx.db && from == to {
        return Err(SAME_OBJECT);
    }
    let there = ctx.look(from).is_some();
    let copies = there && (replace || !ctx.within_db(db, |ctx| ctx.exists(to)));
    let copy = if copies { ctx.inspect(from).map(|entry| entry.copied(to)) } else { None };
    let copied = copy.is_some();
    if let Some(copy) = copy {
        ctx.within_db(db, |ctx| {
            ctx.take(to);
            ctx.put(to, copy);
            ctx.changed(to, Class::GENERIC, "copy_to");
        });
    }
    sink.int(i64::from(copied));
    Ok(())
}

/// `MOVE key db`
///
/// Does nothing if the key exists in the other database.
fn move_key(ctx: &mut Ctx<'_>, args: &mut Args<'_>, sink: &mut dyn Sink) -> Result {
    let key = args.next()?;
    let db = database(ctx, args)?;
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
