//! Sorted sets: union, intersection and difference, of plain sets too.

use std::borrow::Cow;

use hashbrown::{HashTable, hash_table};
use smallvec::{SmallVec, smallvec};

use super::natural;
use super::zset::{ZSET, say_members};
use crate::args::Args;
use crate::command::{Command, Flags, KeySpec};
use crate::dispatch::Ctx;
use crate::effects::Class;
use crate::error::{Error, Result};
use crate::keyspace::Entry;
use crate::number;
use crate::sink::Sink;
use crate::table::KeyHash;
use crate::types::{Kind, Set, Type, Value, ZSet};

#[cfg(test)]
mod tests;

const READ: Command = Command {
    arity: -3,
    flags: Flags::READONLY.and(Flags::MOVABLEKEYS),
    keys: &[KeySpec::counted(1, &["RO", "access"])],
    since: "6.2.0",
    ..ZSET
};

const STORE: Command = Command {
    arity: -4,
    flags: Flags::WRITE.and(Flags::DENYOOM).and(Flags::MOVABLEKEYS),
    keys: &[KeySpec::one(1, &["OW", "update"]), KeySpec::counted(2, &["RO", "access"])],
    since: "2.0.0",
    ..ZSET
};

const UNION: &str = "O(N)+O(M*log(M)) where N is the number of members of all and M that of the result";
const INTERSECTION: &str =
    "O(N*K)+O(M*log(M)) where N is the size of the smallest of K and M that of the result";
const DIFFERENCE: &str = "O(N*K)+O(M*log(M)) where N is the size of the first of K and M that of the result";

pub(crate) const COMMANDS: &[Command] = &[
    Command {
        name: "zunion",
        syntax: "numkeys:integer key@0... [WEIGHTS/weight:integer...] [AGGREGATE/aggregate<SUM|MIN|MAX>] \
            [WITHSCORES]",
        summary: "Returns the members of several sorted sets together.",
        complexity: UNION,
        run: zunion,
        ..READ
    },
    Command {
        name: "zinter",
        syntax: "numkeys:integer key@0... [WEIGHTS/weight:integer...] [AGGREGATE/aggregate<SUM|MIN|MAX>] \
            [WITHSCORES]",
        summary: "Returns the members that several sorted sets have in common.",
        complexity: INTERSECTION,
        run: zinter,
        ..READ
    },
    Command {
        name: "zdiff",
        syntax: "numkeys:integer key@0... [WITHSCORES]",
        summary: "Returns the members of the first of several sorted sets that no other has.",
        complexity: DIFFERENCE,
        run: zdiff,
        ..READ
    },
    Command {
        name: "zintercard",
        syntax: "numkeys:integer key@0... [LIMIT/limit:integer]",
        since: "7.0.0",
        summary: "Returns how many members several sorted sets have in common.",
        complexity: INTERSECTION,
        run: zintercard,
        ..READ
    },
    Command {
        name: "zunionstore",
        syntax: "destination@0 numkeys:integer key@1... [WEIGHTS/weight:integer...] \
            [AGGREGATE/aggregate<SUM|MIN|MAX>]",
        summary: "Stores the members of several sorted sets together.",
        complexity: UNION,
        run: zunionstore,
        ..STORE
    },
    Command {
        name: "zinterstore",
        syntax: "destination@0 numkeys:integer key@1... [WEIGHTS/weight:integer...] \
            [AGGREGATE/aggregate<SUM|MIN|MAX>]",
        summary: "Stores the members that several sorted sets have in common.",
        complexity: INTERSECTION,
        run: zinterstore,
        ..STORE
    },
    Command {
        name: "zdiffstore",
        syntax: "destination@0 numkeys:integer key@1...",
        since: "6.2.0",
        summary: "Stores the members of the first of several sorted sets that no other has.",
        complexity: DIFFERENCE,
        run: zdiffstore,
        ..STORE
    },
];

/// What becomes of several sorted sets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Operation {
    Union,
    Intersection,
    Difference,
}

/// How the scores of one member in several sorted sets become one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Aggregate {
    Sum,
    Min,
    Max,
}

impl Aggregate {
    /// Opposite infinities sum up to 0.
    fn of(self, a: f64, b: f64) -> f64 {
        match self {
            Self::Sum => zero_if_nan(a + b),
            Self::Min => a.min(b),
            Self::Max => a.max(b),
        }
    }
}

fn zero_if_nan(score: f64) -> f64 {
    if score.is_nan() { 0.0 } else { score }
}

/// A sorted set to operate on, or a plain one, whose members all have the score 1.
#[derive(Clone, Copy)]
enum Members<'v> {
    None,
    Plain(&'v Set),
    Scored(&'v ZSet),
}

impl<'v> Members<'v> {
    fn of(value: &'v Value) -> Option<Self> {
        ZSet::of(value).map(Self::Scored).or_else(|| Set::of(value).map(Self::Plain))
    }

    fn len(self) -> usize {
        match self {
            Self::None => 0,
            Self::Plain(set) => set.len(),
            Self::Scored(zset) => zset.len(),
        }
    }

    fn score(self, member: &[u8]) -> Option<f64> {
        match self {
            Self::None => None,
            Self::Plain(set) => set.contains(member).then_some(1.0),
            Self::Scored(zset) => zset.score(member),
        }
    }

    fn iter(self) -> Box<dyn Iterator<Item = (Cow<'v, [u8]>, f64)> + 'v> {
        match self {
            Self::None => Box::new(std::iter::empty()),
            Self::Plain(set) => Box::new(set.iter().map(|member| (member.into(), 1.0))),
            Self::Scored(zset) => Box::new(zset.members().map(|(member, score)| (member.into(), score))),
        }
    }
}

/// The members of a result, each once.
type Scored<'v> = Vec<(Cow<'v, [u8]>, f64)>;

/// What a command was asked for.
struct Query<'a> {
    keys: &'a [&'a [u8]],
    weights: SmallVec<[f64; 4]>,
    aggregate: Aggregate,
    with_scores: bool,
}

/// `numkeys key [key …]`; that each key is there or not, and of a type to operate on.
///
/// The types of the keys are looked at before any option.
fn keys<'a>(ctx: &mut Ctx<'_>, args: &mut Args<'a>) -> Result<&'a [&'a [u8]]> {
    let name = args.argv()[0];
    let count = args.int()?;
    let Some(count) = usize::try_from(count).ok().filter(|count| *count > 0) else {
        let name = String::from_utf8_lossy(name).to_ascii_lowercase();
        return Err(Error::text(format!("ERR at least 1 input key is needed for '{name}' command")));
    };
    let keys = args.take(count)?;
    for key in keys {
        if ctx.look(key).is_some_and(|entry| !matches!(entry.kind(), Type::Set | Type::ZSet)) {
            return Err(Error::WrongType);
        }
    }
    Ok(keys)
}

impl<'a> Query<'a> {
    /// Reads `numkeys key [key …] [WEIGHTS weight [weight …]] [AGGREGATE <SUM | MIN | MAX>] [WITHSCORES]`,
    /// for a difference without weights and aggregate, for one that stores its result without scores.
    fn parse(ctx: &mut Ctx<'_>, args: &mut Args<'a>, operation: Operation, scores: bool) -> Result<Self> {
        let keys = keys(ctx, args)?;
        let (mut weights, mut aggregate) = (smallvec![1.0; keys.len()], Aggregate::Sum);
        let mut with_scores = false;
        let combines = operation != Operation::Difference;
        while !args.is_empty() {
            if combines && args.left() > keys.len() && args.keyword("WEIGHTS") {
                for weight in &mut weights {
                    let text = args.next()?;
                    *weight =
                        number::parse_float(text).ok_or(Error::Fixed("ERR weight value is not a float"))?;
                }
            } else if combines && args.left() > 1 && args.keyword("AGGREGATE") {
                aggregate = match () {
                    () if args.keyword("SUM") => Aggregate::Sum,
                    () if args.keyword("MIN") => Aggregate::Min,
                    () if args.keyword("MAX") => Aggregate::Max,
                    () => return Err(Error::Syntax),
                };
            } else if scores && args.keyword("WITHSCORES") {
                with_scores = true;
            } else {
                return Err(Error::Syntax);
            }
        }
        Ok(Self { keys, weights, aggregate, with_scores })
    }

    /// The members of the result, in order.
    fn run<'c>(&self, ctx: &'c mut Ctx<'_>, operation: Operation) -> Scored<'c> {
        let hash = KeyHash::new(ctx.limits().seed);
        let mut sets: Vec<(Members<'_>, f64)> =
            members(ctx, self.keys).into_iter().zip(self.weights.iter().copied()).collect();
        if operation != Operation::Difference {
            sets.sort_by_key(|(set, _)| set.len());
        }
        let mut result = match operation {
            Operation::Union => self.union(&sets, &hash),
            Operation::Intersection => self.intersection(&sets),
            Operation::Difference => difference(&sets),
        };
        ZSet::sort(&mut result);
        result
    }

    fn union<'c>(&self, sets: &[(Members<'c>, f64)], hash: &KeyHash) -> Scored<'c> {
        let mut result: Scored<'c> = Vec::new();
        let mut places: HashTable<u32> = HashTable::new();
        for (set, weight) in sets {
            for (member, score) in set.iter() {
                let score = zero_if_nan(score * weight);
                let same = |at: &u32| result[*at as usize].0 == member;
                let hash_of = |at: &u32| hash.hash(&result[*at as usize].0);
                match places.entry(hash.hash(&member), same, hash_of) {
                    hash_table::Entry::Occupied(found) => {
                        let before = &mut result[*found.get() as usize].1;
                        *before = self.aggregate.of(*before, score);
                    }
                    hash_table::Entry::Vacant(place) => {
                        place.insert(result.len() as u32);
                        result.push((member, score));
                    }
                }
            }
        }
        result
    }

    fn intersection<'c>(&self, sets: &[(Members<'c>, f64)]) -> Scored<'c> {
        let Some(((smallest, weight), others)) = sets.split_first() else { return Vec::new() };
        let common = smallest.iter().filter_map(|(member, score)| {
            let mut score = zero_if_nan(score * weight);
            for (other, weight) in others {
                // Only of the smallest set is a score that is no number 0.
                score = self.aggregate.of(score, other.score(&member)? * weight);
            }
            Some((member, score))
        });
        common.collect()
    }
}

fn difference<'c>(sets: &[(Members<'c>, f64)]) -> Scored<'c> {
    let Some(((first, _), others)) = sets.split_first() else { return Vec::new() };
    let is_elsewhere = |member: &[u8]| others.iter().any(|(other, _)| other.score(member).is_some());
    first.iter().filter(|(member, _)| !is_elsewhere(member)).collect()
}

/// The members behind these keys, which [`keys`] has looked at, so that none of them is expired.
fn members<'c>(ctx: &'c mut Ctx<'_>, keys: &[&[u8]]) -> Vec<Members<'c>> {
    let db = &*ctx.database();
    let find = |key: &&[u8]| db.find(db.hash(key), key).and_then(Entry::value).and_then(Members::of);
    keys.iter().map(|key| find(key).unwrap_or(Members::None)).collect()
}

/// `ZUNION numkeys key [key …] [WEIGHTS weight [weight …]] [AGGREGATE <SUM | MIN | MAX>] [WITHSCORES]`
///
/// The members of a plain set count with a score of 1.
fn zunion(ctx: &mut Ctx<'_>, args: &mut Args<'_>, sink: &mut dyn Sink) -> Result {
    say(ctx, args, Operation::Union, sink)
}

/// `ZINTER numkeys key [key …] [WEIGHTS weight [weight …]] [AGGREGATE <SUM | MIN | MAX>] [WITHSCORES]`
fn zinter(ctx: &mut Ctx<'_>, args: &mut Args<'_>, sink: &mut dyn Sink) -> Result {
    say(ctx, args, Operation::Intersection, sink)
}

/// `ZDIFF numkeys key [key …] [WITHSCORES]`
fn zdiff(ctx: &mut Ctx<'_>, args: &mut Args<'_>, sink: &mut dyn Sink) -> Result {
    say(ctx, args, Operation::Difference, sink)
}

fn say(ctx: &mut Ctx<'_>, args: &mut Args<'_>, operation: Operation, sink: &mut dyn Sink) -> Result {
    let query = Query::parse(ctx, args, operation, true)?;
    let result = query.run(ctx, operation);
    say_members(result.iter().map(|(member, score)| (&**member, *score)), query.with_scores, sink);
    Ok(())
}

/// `ZUNIONSTORE destination numkeys key [key …] [WEIGHTS weight [weight …]] [AGGREGATE <SUM | MIN | MAX>]`
///
/// Replaces whatever the destination held; an empty result deletes it.
fn zunionstore(ctx: &mut Ctx<'_>, args: &mut Args<'_>, sink: &mut dyn Sink) -> Result {
    store(ctx, args, Operation::Union, sink)
}

/// `ZINTERSTORE destination numkeys key [key …] [WEIGHTS weight [weight …]] [AGGREGATE <SUM | MIN | MAX>]`
fn zinterstore(ctx: &mut Ctx<'_>, args: &mut Args<'_>, sink: &mut dyn Sink) -> Result {
    store(ctx, args, Operation::Intersection, sink)
}

/// `ZDIFFSTORE destination numkeys key [key …]`
fn zdiffstore(ctx: &mut Ctx<'_>, args: &mut Args<'_>, sink: &mut dyn Sink) -> Result {
    store(ctx, args, Operation::Difference, sink)
}

fn store(ctx: &mut Ctx<'_>, args: &mut Args<'_>, operation: Operation, sink: &mut dyn Sink) -> Result {
    let destination = args.next()?;
    let query = Query::parse(ctx, args, operation, false)?;
    let limits = ctx.limits();
    let result = ZSet::from_sorted(&query.run(ctx, operation), &limits);
    let event = match operation {
        Operation::Union => "zunionstore",
        Operation::Intersection => "zinterstore",
        Operation::Difference => "zdiffstore",
    };
    store_result(ctx, destination, result, event, sink);
    Ok(())
}

/// Puts a result under its key, or deletes the key for want of one, and says how many members it has.
pub(super) fn store_result(
    ctx: &mut Ctx<'_>,
    key: &[u8],
    result: ZSet,
    event: &'static str,
    sink: &mut dyn Sink,
) {
    sink.int(result.len() as i64);
    if result.is_empty() {
        ctx.delete_for_no_result(key);
    } else {
        ctx.insert(key, result.wrap(), None);
        ctx.changed(key, Class::ZSET, event);
    }
}

/// `ZINTERCARD numkeys key [key …] [LIMIT limit]`
///
/// Counts no further than the limit; 0 is none.
fn zintercard(ctx: &mut Ctx<'_>, args: &mut Args<'_>, sink: &mut dyn Sink) -> Result {
    let keys = keys(ctx, args)?;
    let mut limit = 0;
    while !args.is_empty() {
        if args.left() < 2 || !args.keyword("LIMIT") {
            return Err(Error::Syntax);
        }
        limit = natural(args, "ERR LIMIT can't be negative")?;
    }
    let limit = if limit == 0 { usize::MAX } else { limit };
    let mut sets = members(ctx, keys);
    sets.sort_by_key(|set| set.len());
    let Some((smallest, others)) = sets.split_first() else { return Ok(()) };
    let common = smallest.iter().filter(|(member, _)| others.iter().all(|set| set.score(member).is_some()));
    sink.int(common.take(limit).count() as i64);
    Ok(())
}
