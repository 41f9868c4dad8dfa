//! Sets.

use super::scan::{self, Beside};
use super::{natural_count, repeats};
use crate::args::Args;
use crate::clock::Dice;
use crate::command::{Command, Flags, Group, KeySpec};
use crate::dispatch::Ctx;
use crate::effects::Class;
use crate::error::{Error, Result};
use crate::sink::Sink;
use crate::types::Set;
use crate::types::packed::Element;

#[cfg(test)]
mod tests;

/// What the rows of this group have in common.
pub(super) const SET: Command = Command { group: Group::Set, ..Command::BASE };

pub(crate) const COMMANDS: &[Command] = &[
    Command {
        name: "sadd",
        syntax: "key@0 member...",
        arity: -3,
        flags: Flags::WRITE.and(Flags::DENYOOM).and(Flags::FAST),
        keys: &[KeySpec::one(1, &["RW", "insert"])],
        since: "1.0.0",
        summary: "Adds members to a set, creating it if needed.",
        complexity: "O(1) for each member",
        run: sadd,
        ..SET
    },
    Command {
        name: "srem",
        syntax: "key@0 member...",
        arity: -3,
        flags: Flags::WRITE.and(Flags::FAST),
        keys: &[KeySpec::one(1, &["RW", "delete"])],
        since: "1.0.0",
        summary: "Removes members from a set.",
        complexity: "O(1) for each member",
        run: srem,
        ..SET
    },
    Command {
        name: "sismember",
        syntax: "key@0 member",
        arity: 3,
        flags: Flags::READONLY.and(Flags::FAST),
        keys: &[KeySpec::one(1, &["RO"])],
        since: "1.0.0",
        summary: "Tells whether a set has a member.",
        run: sismember,
        ..SET
    },
    Command {
        name: "smismember",
        syntax: "key@0 member...",
        arity: -3,
        flags: Flags::READONLY.and(Flags::FAST),
        keys: &[KeySpec::one(1, &["RO", "access"])],
        since: "6.2.0",
        summary: "Tells of several members whether a set has them.",
        complexity: "O(1) for each member",
        run: smismember,
        ..SET
    },
    Command {
        name: "scard",
        syntax: "key@0",
        arity: 2,
        flags: Flags::READONLY.and(Flags::FAST),
        keys: &[KeySpec::one(1, &["RO"])],
        since: "1.0.0",
        summary: "Returns the number of members.",
        run: scard,
        ..SET
    },
    Command {
        name: "smembers",
        syntax: "key@0",
        arity: 2,
        flags: Flags::READONLY,
        keys: &[KeySpec::one(1, &["RO", "access"])],
        since: "1.0.0",
        summary: "Returns all members of a set.",
        complexity: "O(N) where N is the number of members",
        tips: &["nondeterministic_output_order"],
        run: smembers,
        ..SET
    },
    Command {
        name: "spop",
        syntax: "key@0 [count:integer{3.2.0}]",
        arity: -2,
        flags: Flags::WRITE.and(Flags::FAST),
        keys: &[KeySpec::one(1, &["RW", "access", "delete"])],
        since: "1.0.0",
        summary: "Takes random members out of a set.",
        complexity: "O(N) where N is the number of members returned",
        tips: &["nondeterministic_output"],
        run: spop,
        ..SET
    },
    Command {
        name: "srandmember",
        syntax: "key@0 [count:integer{2.6.0}]",
        arity: -2,
        flags: Flags::READONLY,
        keys: &[KeySpec::one(1, &["RO", "access"])],
        since: "1.0.0",
        summary: "Returns random members of a set.",
        complexity: "O(N) where N is the number of members returned",
        tips: &["nondeterministic_output"],
        run: srandmember,
        ..SET
    },
    Command {
        name: "smove",
        syntax: "source@0 destination@1 member",
        arity: 4,
        flags: Flags::WRITE.and(Flags::FAST),
        keys: &[KeySpec::one(1, &["RW", "access", "delete"]), KeySpec::one(2, &["RW", "insert"])],
        since: "1.0.0",
        summary: "Moves a member from one set to another.",
        run: smove,
        ..SET
    },
    Command {
        name: "sscan",
        syntax: "key@0 cursor:integer [MATCH/pattern:pattern] [COUNT/count:integer]",
        arity: -3,
        flags: Flags::READONLY,
        keys: &[KeySpec::one(1, &["RO", "access"])],
        since: "2.8.0",
        summary: "Iterates over the members of a set.",
        complexity: "O(1) for each call, O(N) for an iteration over N members",
        tips: &["nondeterministic_output"],
        run: sscan,
        ..SET
    },
];

/// `SADD key member [member …]`
fn sadd(ctx: &mut Ctx<'_>, args: &mut Args<'_>, sink: &mut dyn Sink) -> Result {
    let (key, members) = (args.next()?, args.take_rest());
    let limits = ctx.limits();
    let set = ctx.create::<Set>(key)?;
    set.expect(members, &limits);
    let added = members.iter().filter(|member| set.add(member, &limits)).count();
    if added > 0 {
        ctx.changed(key, Class::SET, "sadd");
    }
    sink.int(added as i64);
    Ok(())
}

/// `SREM key member [member …]`
fn srem(ctx: &mut Ctx<'_>, args: &mut Args<'_>, sink: &mut dyn Sink) -> Result {
    let (key, members) = (args.next()?, args.take_rest());
    let mut removed = 0;
    if let Some(set) = ctx.write::<Set>(key)? {
        removed = members.iter().filter(|member| set.remove(member)).count();
    }
    if removed > 0 {
        ctx.changed(key, Class::SET, "srem");
        ctx.remove_if_empty(key);
    }
    sink.int(removed as i64);
    Ok(())
}

/// `SISMEMBER key member`
fn sismember(ctx: &mut Ctx<'_>, args: &mut Args<'_>, sink: &mut dyn Sink) -> Result {
    let (key, member) = (args.next()?, args.next()?);
    let found = ctx.read::<Set>(key)?.is_some_and(|set| set.contains(member));
    sink.int(i64::from(found));
    Ok(())
}

/// `SMISMEMBER key member [member …]`
fn smismember(ctx: &mut Ctx<'_>, args: &mut Args<'_>, sink: &mut dyn Sink) -> Result {
    let (key, members) = (args.next()?, args.take_rest());
    let set = ctx.read::<Set>(key)?;
    sink.array(members.len());
    for member in members {
        sink.int(i64::from(set.is_some_and(|set| set.contains(member))));
    }
    Ok(())
}

/// `SCARD key`
fn scard(ctx: &mut Ctx<'_>, args: &mut Args<'_>, sink: &mut dyn Sink) -> Result {
    let len = ctx.read::<Set>(args.next()?)?.map_or(0, Set::len);
    sink.int(len as i64);
    Ok(())
}

/// `SMEMBERS key`
fn smembers(ctx: &mut Ctx<'_>, args: &mut Args<'_>, sink: &mut dyn Sink) -> Result {
    match ctx.read::<Set>(args.next()?)? {
        Some(set) => say_all(set, sink),
        None => sink.set(0),
    }
    Ok(())
}

/// Says the members of a set.
pub(super) fn say_all(set: &Set, sink: &mut dyn Sink) {
    sink.set(set.len());
    set.iter().for_each(|member| member.say(sink));
}

/// `SPOP key [count]`
///
/// With a count the reply is a set, without it a member or null.
fn spop(ctx: &mut Ctx<'_>, args: &mut Args<'_>, sink: &mut dyn Sink) -> Result {
    let key = args.next()?;
    let mut dice = Dice::new(ctx.dice().next_u64());
    if args.is_empty() {
        let popped = ctx.write::<Set>(key)?.and_then(|set| set.pop(&mut dice));
        sink.bulk_or_null(popped.as_deref());
        if popped.is_some() {
            ctx.changed(key, Class::SET, "spop");
            ctx.remove_if_empty(key);
        }
        return Ok(());
    }
    if args.left() > 1 {
        return Err(Error::Syntax);
    }
    let count = natural_count(args)?;
    let limits = ctx.limits();
    let Some(set) = ctx.write::<Set>(key)?.filter(|_| count > 0) else {
        sink.set(0);
        return Ok(());
    };
    if count >= set.len() {
        say_all(set, sink);
        *set = Set::default();
    } else {
        sink.set(count);
        for member in (0..count).filter_map(|_| set.pop(&mut dice)) {
            sink.bulk(&member);
        }
        // A real server makes a new set of what is left where that is the lesser part.
        if set.len() * 5 <= count {
            set.repack(&limits);
        }
    }
    ctx.changed(key, Class::SET, "spop");
    ctx.remove_if_empty(key);
    Ok(())
}

/// `SRANDMEMBER key [count]`
///
/// A positive count gives different members, a negative one as many as asked for, some of them again.
fn srandmember(ctx: &mut Ctx<'_>, args: &mut Args<'_>, sink: &mut dyn Sink) -> Result {
    let key = args.next()?;
    let mut dice = Dice::new(ctx.dice().next_u64());
    if args.is_empty() {
        match ctx.read::<Set>(key)?.and_then(|set| set.random(&mut dice)) {
            Some(member) => member.say(sink),
            None => sink.null(),
        }
        return Ok(());
    }
    if args.left() > 1 {
        return Err(Error::Syntax);
    }
    let count = args.symmetric_int()?;
    let Some(set) = ctx.read::<Set>(key)? else {
        sink.array(0);
        return Ok(());
    };
    let say_from = |members: &mut dyn Iterator<Item = Element<'_>>, len: usize, sink: &mut dyn Sink| {
        sink.array(len);
        members.for_each(|member| member.say(sink));
    };
    if count < 0 {
        let times = repeats(count)?;
        say_from(&mut (0..times).filter_map(|_| set.random(&mut dice)), times, sink);
    } else if count as usize >= set.len() {
        say_from(&mut set.iter(), set.len(), sink);
    } else {
        say_from(&mut set.sample(count as usize, &mut dice).into_iter(), count as usize, sink);
    }
    Ok(())
}

/// `SMOVE source destination member`
///
/// The destination's type matters only if there is a source.
fn smove(ctx: &mut Ctx<'_>, args: &mut Args<'_>, sink: &mut dyn Sink) -> Result {
    let (from, to, member) = (args.next()?, args.next()?, args.next()?);
    let limits = ctx.limits();
    let Some(set) = ctx.write::<Set>(from)? else {
        sink.int(0);
        return Ok(());
    };
    let found = set.contains(member);
    ctx.write::<Set>(to)?;
    sink.int(i64::from(found));
    if !found || from == to {
        return Ok(());
    }
    if let Some(set) = ctx.write::<Set>(from)? {
        set.remove(member);
    }
    ctx.changed(from, Class::SET, "srem");
    ctx.remove_if_empty(from);
    if ctx.create::<Set>(to)?.add(member, &limits) {
        ctx.changed(to, Class::SET, "sadd");
    }
    Ok(())
}

/// `SSCAN key cursor [MATCH pattern] [COUNT count]`
fn sscan(ctx: &mut Ctx<'_>, args: &mut Args<'_>, sink: &mut dyn Sink) -> Result {
    scan::collection::<Set>(ctx, args, sink, |set, options, visit| {
        set.scan(options.cursor, options.count, |member| visit(member.into(), Beside::Nothing))
    })
}
