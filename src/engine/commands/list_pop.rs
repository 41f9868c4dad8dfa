//! List commands that take elements off an end, and those that move one to another list.

use super::list::{LIST, push};
use super::{counted_keys, natural_count, pop_count};
use crate::args::Args;
use crate::blocking::Undo;
use crate::command::{Command, Flags, KeySpec};
use crate::dispatch::{Ctx, Origin};
use crate::effects::Class;
use crate::error::{Error, Result};
use crate::sink::Sink;
use crate::types::List;
use crate::types::list::End;
use crate::types::packed::Element;

pub(crate) const COMMANDS: &[Command] = &[
    Command {
        name: "lpop",
        syntax: "key@0 [count:integer{6.2.0}]",
        arity: -2,
        flags: Flags::WRITE.and(Flags::FAST),
        keys: &[KeySpec::one(1, &["RW", "access", "delete"])],
        since: "1.0.0",
        summary: "Takes elements off the head of a list.",
        complexity: "O(N) where N is the number of elements returned",
        run: lpop,
        ..LIST
    },
    Command {
        name: "rpop",
        syntax: "key@0 [count:integer{6.2.0}]",
        arity: -2,
        flags: Flags::WRITE.and(Flags::FAST),
        keys: &[KeySpec::one(1, &["RW", "access", "delete"])],
        since: "1.0.0",
        summary: "Takes elements off the tail of a list.",
        complexity: "O(N) where N is the number of elements returned",
        run: rpop,
        ..LIST
    },
    Command {
        name: "lmpop",
        syntax: "numkeys:integer key@0... where<LEFT|RIGHT> [COUNT/count:integer]",
        arity: -4,
        flags: Flags::WRITE.and(Flags::MOVABLEKEYS),
        keys: &[KeySpec::counted(1, &["RW", "access", "delete"])],
        since: "7.0.0",
        summary: "Takes elements off the first of several lists that has any.",
        complexity: "O(N+M) where N is the number of keys and M the number of elements returned",
        run: lmpop,
        ..LIST
    },
    Command {
        name: "lmove",
        syntax: "source@0 destination@1 wherefrom<LEFT|RIGHT> whereto<LEFT|RIGHT>",
        arity: 5,
        flags: Flags::WRITE.and(Flags::DENYOOM),
        keys: &[KeySpec::one(1, &["RW", "access", "delete"]), KeySpec::one(2, &["RW", "insert"])],
        since: "6.2.0",
        summary: "Moves an element from one end of a list to an end of another, or of itself.",
        run: lmove,
        ..LIST
    },
    Command {
        name: "rpoplpush",
        syntax: "source@0 destination@1",
        deprecated: "6.2.0",
        arity: 3,
        flags: Flags::WRITE.and(Flags::DENYOOM),
        keys: &[KeySpec::one(1, &["RW", "access", "delete"]), KeySpec::one(2, &["RW", "insert"])],
        since: "1.2.0",
        summary: "Moves the last element of a list to the head of another, or of itself.",
        run: rpoplpush,
        ..LIST
    },
];

/// `LPOP key [count]`
///
/// With a count the reply is an array, or a null array if there is no list; without, an element or null.
fn lpop(ctx: &mut Ctx<'_>, args: &mut Args<'_>, sink: &mut dyn Sink) -> Result {
    pop_command(ctx, args, End::Head, "lpop", sink)
}

/// `RPOP key [count]`
///
/// As LPOP, from the tail: the last element comes first.
fn rpop(ctx: &mut Ctx<'_>, args: &mut Args<'_>, sink: &mut dyn Sink) -> Result {
    pop_command(ctx, args, End::Tail, "rpop", sink)
}

fn pop_command(ctx: &mut Ctx<'_>, args: &mut Args<'_>, end: End, name: &str, sink: &mut dyn Sink) -> Result {
    let key = args.next()?;
    let count = match args.left() {
        0 => None,
        1 => Some(natural_count(args)?),
        _ => return Err(Error::arity(name)),
    };
    let present = ctx.write::<List>(key)?.is_some();
    match (present, count) {
        (false, None) => sink.null(),
        (false, Some(_)) => sink.null_array(),
        (true, Some(0)) => sink.array(0),
        (true, None) => pop(ctx, key, end, 1, Form::Single, sink)?,
        (true, Some(count)) => pop(ctx, key, end, count, Form::Array, sink)?,
    }
    Ok(())
}

/// How popped elements are said.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    /// The one element.
    Single,
    /// An array of them.
    Array,
}

/// Takes up to `count` elements off an end of a list that is there, says them and reports it.
pub(super) fn pop(
    ctx: &mut Ctx<'_>,
    key: &[u8],
    end: End,
    count: usize,
    form: Form,
    sink: &mut dyn Sink,
) -> Result {
    let fill = ctx.limits().list_fill;
    let undone = ctx.origin == Origin::Waiter;
    let Some(list) = ctx.write::<List>(key)? else { return Ok(()) };
    let count = count.min(list.len());
    if form == Form::Array {
        sink.array(count);
    }
    let mut taken = Vec::new();
    let mut each = |element: Element<'_>| {
        element.say(sink);
        if undone {
            taken.push(element.to_vec());
        }
    };
    match end {
        End::Head => list.iter().take(count).for_each(&mut each),
        End::Tail => list.iter_back().take(count).for_each(&mut each),
    }
    let start = if end == End::Head { 0 } else { list.len() - count };
    list.remove_range(start, count, fill);
    popped(ctx, key, end);
    let db = ctx.db;
    ctx.note_undo(|| Undo::List { key: (db, key.into()), head: end == End::Head, elements: taken });
    Ok(())
}

/// Reports that elements were taken off an end of a list.
fn popped(ctx: &mut Ctx<'_>, key: &[u8], end: End) {
    ctx.changed(key, Class::LIST, if end == End::Head { "lpop" } else { "rpop" });
    ctx.remove_if_empty(key);
}

/// Puts elements back that a waiter took and nobody heard of, if the key is free or still a list.
pub(super) fn give_back(ctx: &mut Ctx<'_>, key: &[u8], head: bool, elements: &[Vec<u8>]) {
    let end = if head { End::Head } else { End::Tail };
    let elements: Vec<&[u8]> = elements.iter().rev().map(Vec::as_slice).collect();
    // Another type there by now: what was taken is lost.
    let _ = push(ctx, key, end, &elements);
}

/// `LMPOP numkeys key [key …] <LEFT | RIGHT> [COUNT count]`
fn lmpop(ctx: &mut Ctx<'_>, args: &mut Args<'_>, sink: &mut dyn Sink) -> Result {
    let request = MultiPop::parse(args)?;
    if !request.pop(ctx, sink)? {
        sink.null_array();
    }
    Ok(())
}

/// What LMPOP and BLMPOP ask for.
pub(super) struct MultiPop<'a> {
    pub(super) keys: &'a [&'a [u8]],
    end: End,
    count: usize,
}

impl<'a> MultiPop<'a> {
    /// Reads `numkeys key [key …] <LEFT | RIGHT> [COUNT count]`.
    pub(super) fn parse(args: &mut Args<'a>) -> Result<Self> {
        let keys = counted_keys(args)?;
        let end = parse_end(args)?;
        Ok(Self { keys, end, count: pop_count(args)? })
    }

    /// Pops from the first list that is there and says its key and the elements; whether there was one.
    pub(super) fn pop(&self, ctx: &mut Ctx<'_>, sink: &mut dyn Sink) -> Result<bool> {
        let Some(key) = ctx.first::<List>(self.keys)? else { return Ok(false) };
        sink.array(2);
        sink.bulk(key);
        pop(ctx, key, self.end, self.count, Form::Array, sink)?;
        Ok(true)
    }
}

/// `LEFT` or `RIGHT`.
pub(super) fn parse_end(args: &mut Args<'_>) -> Result<End> {
    if args.keyword("LEFT") {
        Ok(End::Head)
    } else if args.keyword("RIGHT") {
        Ok(End::Tail)
    } else {
        Err(Error::Syntax)
    }
}

/// `LMOVE source destination <LEFT | RIGHT> <LEFT | RIGHT>`
///
/// The destination's type matters only if the source has an element. The push is heard before the pop.
fn lmove(ctx: &mut Ctx<'_>, args: &mut Args<'_>, sink: &mut dyn Sink) -> Result {
    let request =
        Move { from: args.next()?, to: args.next()?, pop: parse_end(args)?, push: parse_end(args)? };
    request.run_or_null(ctx, sink)
}

/// `RPOPLPUSH source destination`
///
/// As LMOVE source destination RIGHT LEFT.
fn rpoplpush(ctx: &mut Ctx<'_>, args: &mut Args<'_>, sink: &mut dyn Sink) -> Result {
    let request = Move { from: args.next()?, to: args.next()?, pop: End::Tail, push: End::Head };
    request.run_or_null(ctx, sink)
}

/// What LMOVE and its kin ask for.
pub(super) struct Move<'a> {
    pub(super) from: &'a [u8],
    pub(super) to: &'a [u8],
    pub(super) pop: End,
    pub(super) push: End,
}

impl Move<'_> {
    fn run_or_null(&self, ctx: &mut Ctx<'_>, sink: &mut dyn Sink) -> Result {
        if !self.run(ctx, sink)? {
            sink.null();
        }
        Ok(())
    }

    /// Moves an element and says it; whether there was one.
    pub(super) fn run(&self, ctx: &mut Ctx<'_>, sink: &mut dyn Sink) -> Result<bool> {
        let fill = ctx.limits().list_fill;
        if ctx.write::<List>(self.from)?.is_none() {
            return Ok(false);
        }
        ctx.write::<List>(self.to)?;
        let popped_off = ctx.write::<List>(self.from)?.and_then(|list| list.pop(self.pop));
        let Some(element) = popped_off else { return Ok(false) };
        push(ctx, self.to, self.push, &[&element])?;
        sink.bulk(&element);
        if let Some(list) = ctx.write::<List>(self.from)? {
            // After the push, which may have been to the same list.
            list.repack(fill);
        }
        popped(ctx, self.from, self.pop);
        Ok(true)
    }
}
