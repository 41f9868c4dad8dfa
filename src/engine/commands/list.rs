//! Lists.

use super::{index_range, natural};
use crate::args::Args;
use crate::command::{Command, Flags, Group, KeySpec};
use crate::dispatch::Ctx;
use crate::effects::Class;
use crate::error::{Error, Result};
use crate::sink::Sink;
use crate::types::List;
use crate::types::list::End;
use crate::types::packed::Encoded;

#[cfg(test)]
mod tests;

/// What the rows of this group have in common.
pub(super) const LIST: Command = Command { group: Group::List, ..Command::BASE };

pub(crate) const COMMANDS: &[Command] = &[
    Command {
        name: "lpush",
        syntax: "key@0 element...",
        arity: -3,
        flags: Flags::WRITE.and(Flags::DENYOOM).and(Flags::FAST),
        keys: &[KeySpec::one(1, &["RW", "insert"])],
        since: "1.0.0",
        summary: "Adds elements at the head of a list, creating it if needed.",
        complexity: "O(1) for each element",
        run: lpush,
        ..LIST
    },
    Command {
        name: "rpush",
        syntax: "key@0 element...",
        arity: -3,
        flags: Flags::WRITE.and(Flags::DENYOOM).and(Flags::FAST),
        keys: &[KeySpec::one(1, &["RW", "insert"])],
        since: "1.0.0",
        summary: "Adds elements at the tail of a list, creating it if needed.",
        complexity: "O(1) for each element",
        run: rpush,
        ..LIST
    },
    Command {
        name: "lpushx",
        syntax: "key@0 element...",
        arity: -3,
        flags: Flags::WRITE.and(Flags::DENYOOM).and(Flags::FAST),
        keys: &[KeySpec::one(1, &["RW", "insert"])],
        since: "2.2.0",
        summary: "Adds elements at the head of a list that exists.",
        complexity: "O(1) for each element",
        run: lpushx,
        ..LIST
    },
    Command {
        name: "rpushx",
        syntax: "key@0 element...",
        arity: -3,
        flags: Flags::WRITE.and(Flags::DENYOOM).and(Flags::FAST),
        keys: &[KeySpec::one(1, &["RW", "insert"])],
        since: "2.2.0",
        summary: "Adds elements at the tail of a list that exists.",
        complexity: "O(1) for each element",
        run: rpushx,
        ..LIST
    },
    Command {
        name: "llen",
        syntax: "key@0",
        arity: 2,
        flags: Flags::READONLY.and(Flags::FAST),
        keys: &[KeySpec::one(1, &["RO"])],
        since: "1.0.0",
        summary: "Returns the length of a list.",
        run: llen,
        ..LIST
    },
    Command {
        name: "lindex",
        syntax: "key@0 index:integer",
        arity: 3,
        flags: Flags::READONLY,
        keys: &[KeySpec::one(1, &["RO", "access"])],
        since: "1.0.0",
        summary: "Returns the element of an index.",
        complexity: "O(N) where N is the distance to the nearer end",
        run: lindex,
        ..LIST
    },
    Command {
        name: "lrange",
        syntax: "key@0 start:integer stop:integer",
        arity: 4,
        flags: Flags::READONLY,
        keys: &[KeySpec::one(1, &["RO", "access"])],
        since: "1.0.0",
        summary: "Returns a range of a list's elements.",
        complexity: "O(S+N) where S is the distance to the nearer end and N the number of elements returned",
        run: lrange,
        ..LIST
    },
    Command {
        name: "lset",
        syntax: "key@0 index:integer element",
        arity: 4,
        flags: Flags::WRITE.and(Flags::DENYOOM),
        keys: &[KeySpec::one(1, &["RW", "update"])],
        since: "1.0.0",
        summary: "Replaces the element of an index.",
        complexity: "O(N) where N is the distance to the nearer end",
        run: lset,
        ..LIST
    },
    Command {
        name: "linsert",
        syntax: "key@0 where<BEFORE|AFTER> pivot element",
        arity: 5,
        flags: Flags::WRITE.and(Flags::DENYOOM),
        keys: &[KeySpec::one(1, &["RW", "insert"])],
        since: "2.2.0",
        summary: "Inserts an element before or after another.",
        complexity: "O(N) where N is the number of elements looked at",
        run: linsert,
        ..LIST
    },
    Command {
        name: "lrem",
        syntax: "key@0 count:integer element",
        arity: 4,
        flags: Flags::WRITE,
        keys: &[KeySpec::one(1, &["RW", "delete"])],
        since: "1.0.0",
        summary: "Removes elements that equal another.",
        complexity: "O(N) where N is the length of the list",
        run: lrem,
        ..LIST
    },
    Command {
        name: "ltrim",
        syntax: "key@0 start:integer stop:integer",
        arity: 4,
        flags: Flags::WRITE,
        keys: &[KeySpec::one(1, &["RW", "delete"])],
        since: "1.0.0",
        summary: "Keeps a range of a list's elements and removes the rest.",
        complexity: "O(N) where N is the number of elements removed",
        run: ltrim,
        ..LIST
    },
    Command {
        name: "lpos",
        syntax: "key@0 element [RANK/rank:integer] [COUNT/num-matches:integer] [MAXLEN/len:integer]",
        arity: -3,
        flags: Flags::READONLY,
        keys: &[KeySpec::one(1, &["RO", "access"])],
        since: "6.0.6",
        summary: "Returns the indexes of elements that equal another.",
        complexity: "O(N) where N is the length of the list",
        run: lpos,
        ..LIST
    },
];

/// `LPUSH key element [element …]`
///
/// The elements are added one after the other: the last one becomes the first of the list.
fn lpush(ctx: &mut Ctx<'_>, args: &mut Args<'_>, sink: &mut dyn Sink) -> Result {
    let (key, elements) = (args.next()?, args.take_rest());
    sink.int(push(ctx, key, End::Head, elements)? as i64);
    Ok(())
}

/// `RPUSH key element [element …]`
fn rpush(ctx: &mut Ctx<'_>, args: &mut Args<'_>, sink: &mut dyn Sink) -> Result {
    let (key, elements) = (args.next()?, args.take_rest());
    sink.int(push(ctx, key, End::Tail, elements)? as i64);
    Ok(())
}

/// `LPUSHX key element [element …]`
fn lpushx(ctx: &mut Ctx<'_>, args: &mut Args<'_>, sink: &mut dyn Sink) -> Result {
    push_if_exists(ctx, args, End::Head, sink)
}

/// `RPUSHX key element [element …]`
fn rpushx(ctx: &mut Ctx<'_>, args: &mut Args<'_>, sink: &mut dyn Sink) -> Result {
    push_if_exists(ctx, args, End::Tail, sink)
}

fn push_if_exists(ctx: &mut Ctx<'_>, args: &mut Args<'_>, end: End, sink: &mut dyn Sink) -> Result {
    let (key, elements) = (args.next()?, args.take_rest());
    let len = if ctx.exists(key) { push(ctx, key, end, elements)? } else { 0 };
    sink.int(len as i64);
    Ok(())
}

/// Adds elements to a list, made if there is none, and reports it; how long it is then.
pub(super) fn push(ctx: &mut Ctx<'_>, key: &[u8], end: End, elements: &[&[u8]]) -> Result<usize> {
    let fill = ctx.limits().list_fill;
    let list = ctx.create::<List>(key)?;
    list.push(end, elements, fill);
    let len = list.len();
    ctx.changed(key, Class::LIST, if end == End::Head { "lpush" } else { "rpush" });
    Ok(len)
}

/// `LLEN key`
fn llen(ctx: &mut Ctx<'_>, args: &mut Args<'_>, sink: &mut dyn Sink) -> Result {
    let len = ctx.read::<List>(args.next()?)?.map_or(0, List::len);
    sink.int(len as i64);
    Ok(())
}

/// `LINDEX key index`
///
/// A negative index counts from the tail. The index is looked at only if there is a list.
fn lindex(ctx: &mut Ctx<'_>, args: &mut Args<'_>, sink: &mut dyn Sink) -> Result {
    let Some(list) = ctx.read::<List>(args.next()?)? else {
        sink.null();
        return Ok(());
    };
    match from_end(args.int()?, list.len()).and_then(|index| list.get(index)) {
        Some(element) => element.say(sink),
        None => sink.null(),
    }
    Ok(())
}

/// The index that a possibly negative one means in a list of this length; none if it lies before its head.
fn from_end(index: i64, len: usize) -> Option<usize> {
    let index = if index < 0 { index.saturating_add(len as i64) } else { index };
    usize::try_from(index).ok()
}

/// `LRANGE key start stop`
///
/// Both ends are inclusive, may be negative, and may lie outside of the list.
fn lrange(ctx: &mut Ctx<'_>, args: &mut Args<'_>, sink: &mut dyn Sink) -> Result {
    let (key, start, stop) = (args.next()?, args.int()?, args.int()?);
    let Some(list) = ctx.read::<List>(key)? else {
        sink.array(0);
        return Ok(());
    };
    let range = index_range(start, stop, list.len());
    sink.array(range.len());
    list.iter_from(range.start).take(range.len()).for_each(|element| element.say(sink));
    Ok(())
}

/// `LSET key index element`
///
/// As for LINSERT, room is made before it is known whether there is a place for the element.
fn lset(ctx: &mut Ctx<'_>, args: &mut Args<'_>, sink: &mut dyn Sink) -> Result {
    let key = args.next()?;
    let fill = ctx.limits().list_fill;
    let list = ctx.write::<List>(key)?.ok_or(Error::NoSuchKey)?;
    let (index, element) = (args.int()?, args.next()?);
    list.expect(&[element], fill);
    let index = from_end(index, list.len()).filter(|index| *index < list.len());
    list.set(index.ok_or(Error::IndexOutOfRange)?, element, fill);
    ctx.changed(key, Class::LIST, "lset");
    sink.ok();
    Ok(())
}

/// `LINSERT key <BEFORE | AFTER> pivot element`
///
/// Answers the new length; -1 if the pivot is not in the list, 0 if there is no list. Room is made before the
/// pivot is looked for: the encoding may change though nothing is inserted.
fn linsert(ctx: &mut Ctx<'_>, args: &mut Args<'_>, sink: &mut dyn Sink) -> Result {
    let key = args.next()?;
    let after = args.keyword("AFTER");
    if !after && !args.keyword("BEFORE") {
        return Err(Error::Syntax);
    }
    let (pivot, element) = (args.next()?, args.next()?);
    let fill = ctx.limits().list_fill;
    let Some(list) = ctx.write::<List>(key)? else {
        sink.int(0);
        return Ok(());
    };
    list.expect(&[element], fill);
    let Some(index) = list.positions(&Encoded::new(pivot), usize::MAX).next() else {
        sink.int(-1);
        return Ok(());
    };
    list.insert(index, after, element, fill);
    sink.int(list.len() as i64);
    ctx.changed(key, Class::LIST, "linsert");
    Ok(())
}

/// `LREM key count element`
///
/// Removes the first `count` that are equal, the last for a negative count, all for 0.
fn lrem(ctx: &mut Ctx<'_>, args: &mut Args<'_>, sink: &mut dyn Sink) -> Result {
    let (key, count, element) = (args.next()?, args.symmetric_int()?, args.next()?);
    let fill = ctx.limits().list_fill;
    let Some(list) = ctx.write::<List>(key)? else {
        sink.int(0);
        return Ok(());
    };
    let from = if count < 0 { End::Tail } else { End::Head };
    let most = if count == 0 { usize::MAX } else { count.unsigned_abs() as usize };
    let removed = list.remove_equal(element, from, most, fill);
    if removed > 0 {
        ctx.changed(key, Class::LIST, "lrem");
        ctx.remove_if_empty(key);
    }
    sink.int(removed as i64);
    Ok(())
}

/// `LTRIM key start stop`
///
/// Says `ltrim` even if nothing had to go.
fn ltrim(ctx: &mut Ctx<'_>, args: &mut Args<'_>, sink: &mut dyn Sink) -> Result {
    let (key, start, stop) = (args.next()?, args.int()?, args.int()?);
    let fill = ctx.limits().list_fill;
    if let Some(list) = ctx.write::<List>(key)? {
        let keep = index_range(start, stop, list.len());
        list.remove_range(keep.end, usize::MAX, fill);
        list.remove_range(0, keep.start, fill);
        ctx.changed(key, Class::LIST, "ltrim");
        ctx.remove_if_empty(key);
    }
    sink.ok();
    Ok(())
}

/// `LPOS key element [RANK rank] [COUNT num-matches] [MAXLEN len]`
///
/// A negative rank looks from the tail; the indexes count from the head all the same. With COUNT the reply
/// is an array, where 0 means all; without, the first index or null. MAXLEN bounds how many elements are
/// compared, 0 being no bound.
fn lpos(ctx: &mut Ctx<'_>, args: &mut Args<'_>, sink: &mut dyn Sink) -> Result {
    let (key, element) = (args.next()?, args.next()?);
    let (mut rank, mut count, mut most_compared) = (1, None, 0);
    while !args.is_empty() {
        if args.keyword("RANK") {
            rank = args.symmetric_int()?;
            if rank == 0 {
                return Err(Error::Fixed(
                    "ERR RANK can't be zero: use 1 to start from the first match, 2 from the second ... \
                     or use negative to start from the end of the list",
                ));
            }
        } else if args.keyword("COUNT") {
            count = Some(natural(args, "ERR COUNT can't be negative")?);
        } else if args.keyword("MAXLEN") {
            most_compared = natural(args, "ERR MAXLEN can't be negative")?;
        } else {
            return Err(Error::Syntax);
        }
    }
    let Some(list) = ctx.read::<List>(key)? else {
        if count.is_some() {
            sink.array(0);
        } else {
            sink.null();
        }
        return Ok(());
    };
    let element = Encoded::new(element);
    let compared = if most_compared == 0 { usize::MAX } else { most_compared };
    let skipped = rank.unsigned_abs() as usize - 1;
    let wanted = match count {
        None => 1,
        Some(0) => usize::MAX,
        Some(count) => count,
    };
    let found: Vec<usize> = if rank > 0 {
        list.positions(&element, compared).skip(skipped).take(wanted).collect()
    } else {
        list.positions_back(&element, compared).skip(skipped).take(wanted).collect()
    };
    if count.is_some() {
        sink.array(found.len());
        found.iter().for_each(|index| sink.int(*index as i64));
    } else if let Some(index) = found.first() {
        sink.int(*index as i64);
    } else {
        sink.null();
    }
    Ok(())
}
