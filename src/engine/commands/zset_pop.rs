//! Sorted sets: taking members off an end, and waiting for some.

use super::zset::{ZSET, say_members};
use super::{counted_keys, natural_count, pop_count};
use crate::args::Args;
use crate::blocking::{Undo, Wait, deadline_in_seconds};
use crate::command::{Command, Flags, KeySpec};
use crate::dispatch::Ctx;
use crate::effects::Class;
use crate::error::{Error, Result};
use crate::sink::Sink;
use crate::types::{Type, ZSet};

pub(crate) const COMMANDS: &[Command] = &[
    Command {
        name: "zpopmin",
        syntax: "key@0 [count:integer]",
        arity: -2,
        flags: Flags::WRITE.and(Flags::FAST),
        keys: &[KeySpec::one(1, &["RW", "access", "delete"])],
        since: "5.0.0",
        summary: "Takes the members with the lowest scores.",
        complexity: "O(log(N)*M) where N is the number of members and M the number of those taken",
        run: zpopmin,
        ..ZSET
    },
    Command {
        name: "zpopmax",
        syntax: "key@0 [count:integer]",
        arity: -2,
        flags: Flags::WRITE.and(Flags::FAST),
        keys: &[KeySpec::one(1, &["RW", "access", "delete"])],
        since: "5.0.0",
        summary: "Takes the members with the highest scores.",
        complexity: "O(log(N)*M) where N is the number of members and M the number of those taken",
        run: zpopmax,
        ..ZSET
    },
    Command {
        name: "zmpop",
        syntax: "numkeys:integer key@0... where<MIN|MAX> [COUNT/count:integer]",
        arity: -4,
        flags: Flags::WRITE.and(Flags::MOVABLEKEYS),
        keys: &[KeySpec::counted(1, &["RW", "access", "delete"])],
        since: "7.0.0",
        summary: "Takes members off an end of the first of several sorted sets that has any.",
        complexity: "O(K)+O(M*log(N)) where K is the number of keys, N that of members, M that of those taken",
        run: zmpop,
        ..ZSET
    },
    Command {
        name: "bzpopmin",
        syntax: "key@0... timeout:double",
        arity: -3,
        flags: Flags::WRITE.and(Flags::BLOCKING).and(Flags::FAST),
        keys: &[KeySpec::range(1, -2, 1, &["RW", "access", "delete"])],
        since: "5.0.0",
        summary: "Takes the member with the lowest score of the first of several sorted sets, or waits for one.",
        complexity: "O(log(N)) where N is the number of members",
        run: bzpopmin,
        ..ZSET
    },
    Command {
        name: "bzpopmax",
        syntax: "key@0... timeout:double",
        arity: -3,
        flags: Flags::WRITE.and(Flags::BLOCKING).and(Flags::FAST),
        keys: &[KeySpec::range(1, -2, 1, &["RW", "access", "delete"])],
        since: "5.0.0",
        summary: "Takes the member with the highest score of the first of several sorted sets, or waits for one.",
        complexity: "O(log(N)) where N is the number of members",
        run: bzpopmax,
        ..ZSET
    },
    Command {
        name: "bzmpop",
        syntax: "timeout:double numkeys:integer key@0... where<MIN|MAX> [COUNT/count:integer]",
        arity: -5,
        flags: Flags::WRITE.and(Flags::BLOCKING).and(Flags::MOVABLEKEYS),
        keys: &[KeySpec::counted(2, &["RW", "access", "delete"])],
        since: "7.0.0",
        summary: "Takes members off sorted sets as ZMPOP, or waits for some.",
        complexity: "O(K)+O(M*log(N)) where K is the number of keys, N that of members, M that of those taken",
        run: bzmpop,
        ..ZSET
    },
];

/// The end of a sorted set that members are taken off.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum End {
    Min,
    Max,
}

/// `ZPOPMIN key [count]`
///
/// Without a count the one member and its score come flat even in RESP3.
fn zpopmin(ctx: &mut Ctx<'_>, args: &mut Args<'_>, sink: &mut dyn Sink) -> Result {
    zpop(ctx, args, End::Min, sink)
}

/// `ZPOPMAX key [count]`
fn zpopmax(ctx: &mut Ctx<'_>, args: &mut Args<'_>, sink: &mut dyn Sink) -> Result {
    zpop(ctx, args, End::Max, sink)
}

fn zpop(ctx: &mut Ctx<'_>, args: &mut Args<'_>, end: End, sink: &mut dyn Sink) -> Result {
    let key = args.next()?;
    if args.left() > 1 {
        return Err(Error::Syntax);
    }
    let count = if args.is_empty() { None } else { Some(natural_count(args)?) };
    let taken = take(ctx, key, end, count.unwrap_or(1))?;
    match taken.as_slice() {
        [(member, score)] if count.is_none() => {
            sink.array(2);
            sink.bulk(member);
            sink.double(*score);
        }
        taken => say_members(taken.iter().map(|(member, score)| (&**member, *score)), true, sink),
    }
    Ok(())
}

/// `ZMPOP numkeys key [key …] <MIN | MAX> [COUNT count]`
fn zmpop(ctx: &mut Ctx<'_>, args: &mut Args<'_>, sink: &mut dyn Sink) -> Result {
    let request = MultiPop::parse(args)?;
    if !request.pop(ctx, sink)? {
        sink.null_array();
    }
    Ok(())
}

/// `BZPOPMIN key [key …] timeout`
///
/// The timeout is in seconds, possibly fractional; 0 is none. Within MULTI and scripts it does not wait.
fn bzpopmin(ctx: &mut Ctx<'_>, args: &mut Args<'_>, sink: &mut dyn Sink) -> Result {
    blocking_pop(ctx, args, End::Min, sink)
}

/// `BZPOPMAX key [key …] timeout`
fn bzpopmax(ctx: &mut Ctx<'_>, args: &mut Args<'_>, sink: &mut dyn Sink) -> Result {
    blocking_pop(ctx, args, End::Max, sink)
}

fn blocking_pop(ctx: &mut Ctx<'_>, args: &mut Args<'_>, end: End, sink: &mut dyn Sink) -> Result {
    let Some((timeout, keys)) = args.take_rest().split_last() else { return Err(Error::Syntax) };
    let deadline = deadline_in_seconds(timeout, ctx.now_ms())?;
    let Some(key) = ctx.first::<ZSet>(keys)? else {
        wait(ctx, args, keys, deadline, sink);
        return Ok(());
    };
    for (member, score) in take(ctx, key, end, 1)? {
        sink.array(3);
        sink.bulk(key);
        sink.bulk(&member);
        sink.double(score);
    }
    Ok(())
}

/// `BZMPOP timeout numkeys key [key …] <MIN | MAX> [COUNT count]`
///
/// The timeout is looked at last.
fn bzmpop(ctx: &mut Ctx<'_>, args: &mut Args<'_>, sink: &mut dyn Sink) -> Result {
    let timeout = args.next()?;
    let request = MultiPop::parse(args)?;
    let deadline = deadline_in_seconds(timeout, ctx.now_ms())?;
    if !request.pop(ctx, sink)? {
        wait(ctx, args, request.keys, deadline, sink);
    }
    Ok(())
}

fn wait(ctx: &mut Ctx<'_>, args: &Args<'_>, keys: &[&[u8]], deadline: Option<i64>, sink: &mut dyn Sink) {
    ctx.block(args.argv(), &Wait::for_keys(keys, Type::ZSet, deadline), sink);
}

/// What ZMPOP and BZMPOP ask for.
struct MultiPop<'a> {
    keys: &'a [&'a [u8]],
    end: End,
    count: usize,
}

impl<'a> MultiPop<'a> {
    /// Reads `numkeys key [key …] <MIN | MAX> [COUNT count]`.
    fn parse(args: &mut Args<'a>) -> Result<Self> {
        let keys = counted_keys(args)?;
        let end = match () {
            () if args.keyword("MIN") => End::Min,
            () if args.keyword("MAX") => End::Max,
            () => return Err(Error::Syntax),
        };
        Ok(Self { keys, end, count: pop_count(args)? })
    }

    /// Takes members off the first sorted set that is there and says its key and them, in nested pairs
    /// even in RESP2; whether there was one.
    fn pop(&self, ctx: &mut Ctx<'_>, sink: &mut dyn Sink) -> Result<bool> {
        let Some(key) = ctx.first::<ZSet>(self.keys)? else { return Ok(false) };
        let taken = take(ctx, key, self.end, self.count)?;
        sink.array(2);
        sink.bulk(key);
        sink.array(taken.len());
        for (member, score) in taken {
            sink.array(2);
            sink.bulk(&member);
            sink.double(score);
        }
        Ok(true)
    }
}

/// Takes up to `count` members off an end, the outermost first.
fn take(ctx: &mut Ctx<'_>, key: &[u8], end: End, count: usize) -> Result<Vec<(Box<[u8]>, f64)>> {
    let mut taken = Vec::new();
    if let Some(zset) = ctx.write::<ZSet>(key)? {
        while taken.len() < count
            && let Some(outermost) = zset.take(if end == End::Min { 0 } else { zset.len().wrapping_sub(1) })
        {
            taken.push(outermost);
        }
    }
    if !taken.is_empty() {
        ctx.changed(key, Class::ZSET, if end == End::Min { "zpopmin" } else { "zpopmax" });
        ctx.remove_if_empty(key);
        let db = ctx.db;
        ctx.note_undo(|| {
            let members = taken.iter().map(|(member, score)| (member.to_vec(), *score)).collect();
            Undo::ZSet { key: (db, key.into()), members }
        });
    }
    Ok(taken)
}

/// Puts members back that a waiter took and nobody heard of, if the key is free or still a sorted set. One
/// that is there again keeps its new score.
pub(super) fn give_back(ctx: &mut Ctx<'_>, key: &[u8], members: &[(Vec<u8>, f64)]) {
    let limits = ctx.limits();
    let Ok(zset) = ctx.create::<ZSet>(key) else { return };
    for (member, score) in members {
        if zset.score(member).is_none() {
            zset.insert(member, *score, &limits);
        }
    }
    ctx.changed(key, Class::ZSET, "zadd");
}
