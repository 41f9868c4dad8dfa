//! Sets: what several have in common, together, or one before the others.

use super::natural;
use super::set::{SET, say_all};
use crate::args::Args;
use crate::command::{Command, Flags, KeySpec};
use crate::config::Limits;
use crate::dispatch::Ctx;
use crate::effects::Class;
use crate::error::{Error, Result};
use crate::keyspace::Entry;
use crate::number::parse_int;
use crate::sink::{Shape, Sink};
use crate::types::packed::Element;
use crate::types::{Kind, Set};

pub(crate) const COMMANDS: &[Command] = &[
    Command {
        name: "sinter",
        syntax: "key@0...",
        arity: -2,
        flags: Flags::READONLY,
        keys: &[KeySpec::range(1, -1, 1, &["RO", "access"])],
        since: "1.0.0",
        summary: "Returns the members that several sets have in common.",
        complexity: "O(N*M) where N is the size of the smallest set and M the number of sets",
        tips: &["nondeterministic_output_order"],
        run: sinter,
        ..SET
    },
    Command {
        name: "sintercard",
        syntax: "numkeys:integer key@0... [LIMIT/limit:integer]",
        arity: -3,
        flags: Flags::READONLY.and(Flags::MOVABLEKEYS),
        keys: &[KeySpec::counted(1, &["RO", "access"])],
        since: "7.0.0",
        summary: "Returns how many members several sets have in common.",
        complexity: "O(N*M) where N is the size of the smallest set and M the number of sets",
        run: sintercard,
        ..SET
    },
    Command {
        name: "sinterstore",
        syntax: "destination@0 key@1...",
        arity: -3,
        flags: Flags::WRITE.and(Flags::DENYOOM),
        keys: &[KeySpec::one(1, &["OW", "update"]), KeySpec::range(2, -1, 1, &["RO", "access"])],
        since: "1.0.0",
        summary: "Stores the members that several sets have in common.",
        complexity: "O(N*M) where N is the size of the smallest set and M the number of sets",
        run: sinterstore,
        ..SET
    },
    Command {
        name: "sunion",
        syntax: "key@0...",
        arity: -2,
        flags: Flags::READONLY,
        keys: &[KeySpec::range(1, -1, 1, &["RO", "access"])],
        since: "1.0.0",
        summary: "Returns the members of several sets together.",
        complexity: "O(N) where N is the number of members of all sets",
        tips: &["nondeterministic_output_order"],
        run: sunion,
        ..SET
    },
    Command {
        name: "sunionstore",
        syntax: "destination@0 key@1...",
        arity: -3,
        flags: Flags::WRITE.and(Flags::DENYOOM),
        keys: &[KeySpec::one(1, &["OW", "update"]), KeySpec::range(2, -1, 1, &["RO", "access"])],
        since: "1.0.0",
        summary: "Stores the members of several sets together.",
        complexity: "O(N) where N is the number of members of all sets",
        run: sunionstore,
        ..SET
    },
    Command {
        name: "sdiff",
        syntax: "key@0...",
        arity: -2,
        flags: Flags::READONLY,
        keys: &[KeySpec::range(1, -1, 1, &["RO", "access"])],
        since: "1.0.0",
        summary: "Returns the members of the first set that no other set has.",
        complexity: "O(N) where N is the number of members of all sets",
        tips: &["nondeterministic_output_order"],
        run: sdiff,
        ..SET
    },
    Command {
        name: "sdiffstore",
        syntax: "destination@0 key@1...",
        arity: -3,
        flags: Flags::WRITE.and(Flags::DENYOOM),
        keys: &[KeySpec::one(1, &["OW", "update"]), KeySpec::range(2, -1, 1, &["RO", "access"])],
        since: "1.0.0",
        summary: "Stores the members of the first set that no other set has.",
        complexity: "O(N) where N is the number of members of all sets",
        run: sdiffstore,
        ..SET
    },
];

/// `SINTER key [key …]`
///
/// Another type among the keys is an error even where a missing key has settled the answer.
fn sinter(ctx: &mut Ctx<'_>, args: &mut Args<'_>, sink: &mut dyn Sink) -> Result {
    let sets = sets(ctx, args.take_rest())?;
    let head = sink.open();
    let mut said = 0;
    for member in intersection(&sets) {
        member.say(sink);
        said += 1;
    }
    sink.close_as(head, Shape::Set, said);
    Ok(())
}

/// `SINTERCARD numkeys key [key …] [LIMIT limit]`
///
/// Counts no further than the limit; 0 is none.
fn sintercard(ctx: &mut Ctx<'_>, args: &mut Args<'_>, sink: &mut dyn Sink) -> Result {
    let count = parse_int(args.next()?).and_then(|count| usize::try_from(count).ok());
    let count = count.filter(|count| *count > 0);
    let count = count.ok_or(Error::Fixed("ERR numkeys should be greater than 0"))?;
    if count > args.left() {
        return Err(Error::Fixed("ERR Number of keys can't be greater than number of args"));
    }
    let keys = args.take(count)?;
    let mut limit = 0;
    while !args.is_empty() {
        if !args.keyword("LIMIT") {
            return Err(Error::Syntax);
        }
        limit = natural(args, "ERR LIMIT can't be negative")?;
    }
    let limit = if limit == 0 { usize::MAX } else { limit };
    let found = intersection(&sets(ctx, keys)?).take(limit).count();
    sink.int(found as i64);
    Ok(())
}

/// `SINTERSTORE destination key [key …]`
///
/// An empty result deletes the destination, which may hold any type.
fn sinterstore(ctx: &mut Ctx<'_>, args: &mut Args<'_>, sink: &mut dyn Sink) -> Result {
    store(ctx, args, "sinterstore", sink, |sets, limits| {
        // As in Redis the smallest set tells how the result begins.
        let smallest = sets.iter().copied().flatten().min_by_key(|set| set.len());
        let packed =
            smallest.is_some_and(|set| set.encoding() != "intset" && set.len() <= limits.set_entries);
        let mut result = if packed { Set::packed() } else { Set::default() };
        let mut digits = itoa::Buffer::new();
        intersection(sets).for_each(|member| {
            result.add(member.text(&mut digits), limits);
        });
        result.sort_ints(limits);
        result
    })
}

/// `SUNION key [key …]`
fn sunion(ctx: &mut Ctx<'_>, args: &mut Args<'_>, sink: &mut dyn Sink) -> Result {
    let limits = ctx.limits();
    say_all(&union(&sets(ctx, args.take_rest())?, &limits), sink);
    Ok(())
}

/// `SUNIONSTORE destination key [key …]`
fn sunionstore(ctx: &mut Ctx<'_>, args: &mut Args<'_>, sink: &mut dyn Sink) -> Result {
    store(ctx, args, "sunionstore", sink, union)
}

/// `SDIFF key [key …]`
fn sdiff(ctx: &mut Ctx<'_>, args: &mut Args<'_>, sink: &mut dyn Sink) -> Result {
    let limits = ctx.limits();
    say_all(&difference(&sets(ctx, args.take_rest())?, &limits), sink);
    Ok(())
}

/// `SDIFFSTORE destination key [key …]`
fn sdiffstore(ctx: &mut Ctx<'_>, args: &mut Args<'_>, sink: &mut dyn Sink) -> Result {
    store(ctx, args, "sdiffstore", sink, difference)
}

/// The sets of these keys, nothing for a missing one.
fn sets<'c>(ctx: &'c mut Ctx<'_>, keys: &[&[u8]]) -> Result<Vec<Option<&'c Set>>> {
    for key in keys {
        ctx.read::<Set>(key)?;
    }
    // None of them is expired after that.
    let db = &*ctx.database();
    let find = |key: &&[u8]| db.find(db.hash(key), key).and_then(Entry::value).and_then(Set::of);
    Ok(keys.iter().map(find).collect())
}

/// Stores a result at the first of the arguments, made of the sets at the others.
fn store(
    ctx: &mut Ctx<'_>,
    args: &mut Args<'_>,
    event: &'static str,
    sink: &mut dyn Sink,
    combine: impl FnOnce(&[Option<&Set>], &Limits) -> Set,
) -> Result {
    let destination = args.next()?;
    let limits = ctx.limits();
    let result = combine(&sets(ctx, args.take_rest())?, &limits);
    sink.int(result.len() as i64);
    if result.is_empty() {
        ctx.delete_for_no_result(destination);
    } else {
        ctx.insert(destination, result.wrap(), None);
        ctx.changed(destination, Class::SET, event);
    }
    Ok(())
}

/// What all sets have in common, in the order of the smallest.
fn intersection<'s>(sets: &[Option<&'s Set>]) -> impl Iterator<Item = Element<'s>> {
    let mut present: Vec<&Set> = sets.iter().copied().flatten().collect();
    present.sort_by_key(|set| set.len());
    let smallest = (present.len() == sets.len()).then(|| present.first().copied()).flatten();
    let mut digits = itoa::Buffer::new();
    smallest.into_iter().flat_map(Set::iter).filter(move |member| {
        let member = member.text(&mut digits);
        present[1..].iter().all(|set| set.contains(member))
    })
}

fn union(sets: &[Option<&Set>], limits: &Limits) -> Set {
    let mut result = Set::default();
    let mut digits = itoa::Buffer::new();
    for member in sets.iter().copied().flatten().flat_map(Set::iter) {
        result.add(member.text(&mut digits), limits);
    }
    result
}

/// What the first set has and no other, found in the way that has less to look at: the way decides the
/// encoding of the result.
fn difference(sets: &[Option<&Set>], limits: &Limits) -> Set {
    let mut result = Set::default();
    let Some((Some(first), others)) = sets.split_first() else { return result };
    let others: Vec<&Set> = others.iter().copied().flatten().collect();
    let looking_up = first.len() * (others.len() + 1) / 2;
    let walking = first.len() + others.iter().map(|set| set.len()).sum::<usize>();
    let mut digits = itoa::Buffer::new();
    if looking_up <= walking {
        for member in first.iter() {
            let member = member.text(&mut digits);
            if !others.iter().any(|set| set.contains(member)) {
                result.add(member, limits);
            }
        }
    } else {
        for member in first.iter() {
            result.add(member.text(&mut digits), limits);
        }
        for member in others.into_iter().flat_map(Set::iter) {
            result.remove(member.text(&mut digits));
        }
    }
    result
}
