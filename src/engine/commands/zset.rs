//! Sorted sets: members and their scores.

use std::borrow::Cow;
use std::cmp::Ordering;
use std::collections::HashSet;

use smallvec::SmallVec;

use super::repeats;
use super::scan::{self, Beside};
use crate::args::Args;
use crate::clock::Dice;
use crate::command::{Command, Flags, Group, KeySpec};
use crate::config::Limits;
use crate::dispatch::Ctx;
use crate::effects::Class;
use crate::error::{Error, Result};
use crate::number;
use crate::sink::Sink;
use crate::types::{Kind, ZSet};

#[cfg(test)]
mod tests;

/// What the rows of this group have in common.
pub(super) const ZSET: Command = Command { group: Group::SortedSet, ..Command::BASE };

pub(crate) const COMMANDS: &[Command] = &[
    Command {
        name: "zadd",
        syntax: "key@0 [condition<NX|XX>{3.0.2}] [comparison<GT|LT>{6.2.0}] [change=CH{3.0.2}] \
            [increment=INCR{3.0.2}] data(score:double member)...",
        arity: -4,
        flags: Flags::WRITE.and(Flags::DENYOOM).and(Flags::FAST),
        keys: &[KeySpec::one(1, &["RW", "update"])],
        since: "1.2.0",
        summary: "Gives members scores, adding those that are not there, creating the sorted set if needed.",
        complexity: "O(log(N)) for each member, where N is the number of members",
        run: zadd,
        ..ZSET
    },
    Command {
        name: "zincrby",
        syntax: "key@0 increment:integer member",
        arity: 4,
        flags: Flags::WRITE.and(Flags::DENYOOM).and(Flags::FAST),
        keys: &[KeySpec::one(1, &["RW", "access", "update"])],
        since: "1.2.0",
        summary: "Adds to the score of a member, which is 0 if it is not there.",
        complexity: "O(log(N)) where N is the number of members",
        run: zincrby,
        ..ZSET
    },
    Command {
        name: "zrem",
        syntax: "key@0 member...",
        arity: -3,
        flags: Flags::WRITE.and(Flags::FAST),
        keys: &[KeySpec::one(1, &["RW", "delete"])],
        since: "1.2.0",
        summary: "Removes members.",
        complexity: "O(log(N)) for each member, where N is the number of members",
        run: zrem,
        ..ZSET
    },
    Command {
        name: "zcard",
        syntax: "key@0",
        arity: 2,
        flags: Flags::READONLY.and(Flags::FAST),
        keys: &[KeySpec::one(1, &["RO"])],
        since: "1.2.0",
        summary: "Returns the number of members.",
        run: zcard,
        ..ZSET
    },
    Command {
        name: "zscore",
        syntax: "key@0 member",
        arity: 3,
        flags: Flags::READONLY.and(Flags::FAST),
        keys: &[KeySpec::one(1, &["RO", "access"])],
        since: "1.2.0",
        summary: "Returns the score of a member.",
        run: zscore,
        ..ZSET
    },
    Command {
        name: "zmscore",
        syntax: "key@0 member...",
        arity: -3,
        flags: Flags::READONLY.and(Flags::FAST),
        keys: &[KeySpec::one(1, &["RO", "access"])],
        since: "6.2.0",
        summary: "Returns the scores of several members.",
        complexity: "O(N) where N is the number of members asked for",
        run: zmscore,
        ..ZSET
    },
    Command {
        name: "zrandmember",
        syntax: "key@0 [options(count:integer [WITHSCORES])]",
        arity: -2,
        flags: Flags::READONLY,
        keys: &[KeySpec::one(1, &["RO", "access"])],
        since: "6.2.0",
        summary: "Returns members chosen at random.",
        complexity: "O(N*log(M)) where N is the number of members returned and M that of all",
        tips: &["nondeterministic_output"],
        run: zrandmember,
        ..ZSET
    },
    Command {
        name: "zscan",
        syntax: "key@0 cursor:integer [MATCH/pattern:pattern] [COUNT/count:integer]",
        arity: -3,
        flags: Flags::READONLY,
        keys: &[KeySpec::one(1, &["RO", "access"])],
        since: "2.8.0",
        summary: "Iterates over members and scores, some at each call.",
        complexity: "O(1) for every call, O(N) for a complete iteration",
        tips: &["nondeterministic_output"],
        run: zscan,
        ..ZSET
    },
];

const NOT_A_NUMBER: Error = Error::Fixed("ERR resulting score is not a number (NaN)");

/// Which members ZADD touches, and how.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Update {
    /// `XX`: only such as are there; `NX`: only such as are not.
    pub(super) present: Option<bool>,
    /// `GT` and `LT`: of those that are there, only such as get a higher score, or a lower one.
    pub(super) toward: Option<Ordering>,
    /// `INCR`: the score is added to what the member has.
    pub(super) increment: bool,
}

/// What became of a member.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Updated {
    /// The options left it alone.
    Skipped,
    /// It has this score now, as before.
    Kept(f64),
    /// It has this score now.
    Changed(f64),
    /// It is new and has this score.
    Added(f64),
}

impl Update {
    fn apply(self, zset: &mut ZSet, member: &[u8], score: f64, limits: &Limits) -> Result<Updated> {
        if self.present.is_none() && self.toward.is_none() && !self.increment {
            return Ok(match zset.insert(member, score, limits) {
                None => Updated::Added(score),
                Some(before) if before == score => Updated::Kept(score),
                Some(_) => Updated::Changed(score),
            });
        }
        let Some(before) = zset.score(member) else {
            if self.present == Some(true) {
                return Ok(Updated::Skipped);
            }
            zset.insert(member, score, limits);
            return Ok(Updated::Added(score));
        };
        if self.present == Some(false) {
            return Ok(Updated::Skipped);
        }
        let score = if self.increment { before + score } else { score };
        if score.is_nan() {
            return Err(NOT_A_NUMBER);
        }
        if self.toward.is_some_and(|toward| score.partial_cmp(&before) != Some(toward)) {
            return Ok(Updated::Skipped);
        }
        if score == before {
            return Ok(Updated::Kept(score));
        }
        zset.insert(member, score, limits);
        Ok(Updated::Changed(score))
    }
}

/// `ZADD key [NX | XX] [GT | LT] [CH] [INCR] score member [score member …]`
///
/// Counts the members that are new; with CH those with a new score too. With INCR it is ZINCRBY, and
/// answers nothing if the options leave the member alone.
fn zadd(ctx: &mut Ctx<'_>, args: &mut Args<'_>, sink: &mut dyn Sink) -> Result {
    let key = args.next()?;
    let [mut absent, mut present, mut greater, mut less, mut changes, mut increment] = [false; 6];
    loop {
        let flag = match () {
            () if args.keyword("NX") => &mut absent,
            () if args.keyword("XX") => &mut present,
            () if args.keyword("GT") => &mut greater,
            () if args.keyword("LT") => &mut less,
            () if args.keyword("CH") => &mut changes,
            () if args.keyword("INCR") => &mut increment,
            () => break,
        };
        *flag = true;
    }
    if args.is_empty() || !args.left().is_multiple_of(2) {
        return Err(Error::Syntax);
    }
    if absent && present {
        return Err(Error::Fixed("ERR XX and NX options at the same time are not compatible"));
    }
    if (greater && less) || (absent && (greater || less)) {
        return Err(Error::Fixed("ERR GT, LT, and/or NX options at the same time are not compatible"));
    }
    if increment && args.left() > 2 {
        return Err(Error::Fixed("ERR INCR option supports a single increment-element pair"));
    }
    let update = Update {
        present: (absent || present).then_some(present),
        toward: (greater || less).then_some(if greater { Ordering::Greater } else { Ordering::Less }),
        increment,
    };
    let mut members: SmallVec<[(f64, &[u8]); 4]> = SmallVec::new();
    while !args.is_empty() {
        members.push((args.float()?, args.next()?));
    }
    add(ctx, key, &members, update, changes, sink)
}

/// `ZINCRBY key increment member`
fn zincrby(ctx: &mut Ctx<'_>, args: &mut Args<'_>, sink: &mut dyn Sink) -> Result {
    let key = args.next()?;
    let members = [(args.float()?, args.next()?)];
    add(ctx, key, &members, Update { increment: true, ..Update::default() }, false, sink)
}

/// Does what ZADD does with these scores and members; with `changes` it says how many changed, too.
pub(super) fn add(
    ctx: &mut Ctx<'_>,
    key: &[u8],
    members: &[(f64, &[u8])],
    update: Update,
    changes: bool,
    sink: &mut dyn Sink,
) -> Result {
    let limits = ctx.limits();
    let zset = if update.present == Some(true) {
        ctx.write::<ZSet>(key)?
    } else {
        // As in Redis the first member alone tells how long they are: a later one makes the set grow out of its pack,
        // in which -0 was 0.
        let first = members.first().map_or(0, |(_, member)| member.len());
        if (members.len() > limits.zset_entries || first > limits.zset_value) && !ctx.exists(key) {
            ctx.insert(key, ZSet::expecting(members.len(), first, &limits).wrap(), None);
        }
        Some(ctx.create::<ZSet>(key)?)
    };
    let (mut added, mut changed, mut last) = (0, 0, Updated::Skipped);
    if let Some(zset) = zset {
        zset.expect(members.len(), &limits);
        for &(score, member) in members {
            last = update.apply(zset, member, score, &limits)?;
            added += i64::from(matches!(last, Updated::Added(_)));
            changed += i64::from(matches!(last, Updated::Changed(_)));
        }
    }
    if added + changed > 0 {
        ctx.changed(key, Class::ZSET, if update.increment { "zincr" } else { "zadd" });
    }
    match last {
        Updated::Skipped if update.increment => sink.null(),
        Updated::Kept(score) | Updated::Changed(score) | Updated::Added(score) if update.increment => {
            sink.double(score);
        }
        _ => sink.int(if changes { added + changed } else { added }),
    }
    Ok(())
}

/// `ZREM key member [member …]`
fn zrem(ctx: &mut Ctx<'_>, args: &mut Args<'_>, sink: &mut dyn Sink) -> Result {
    let key = args.next()?;
    let mut removed = 0;
    if let Some(zset) = ctx.write::<ZSet>(key)? {
        for member in args.take_rest() {
            removed += i64::from(zset.remove(member).is_some());
        }
    }
    if removed > 0 {
        ctx.changed(key, Class::ZSET, "zrem");
        ctx.remove_if_empty(key);
    }
    sink.int(removed);
    Ok(())
}

/// `ZCARD key`
fn zcard(ctx: &mut Ctx<'_>, args: &mut Args<'_>, sink: &mut dyn Sink) -> Result {
    let len = ctx.read::<ZSet>(args.next()?)?.map_or(0, ZSet::len);
    sink.int(len as i64);
    Ok(())
}

/// `ZSCORE key member`
fn zscore(ctx: &mut Ctx<'_>, args: &mut Args<'_>, sink: &mut dyn Sink) -> Result {
    let (key, member) = (args.next()?, args.next()?);
    say_score(ctx.read::<ZSet>(key)?.and_then(|zset| zset.score(member)), sink);
    Ok(())
}

/// `ZMSCORE key member [member …]`
fn zmscore(ctx: &mut Ctx<'_>, args: &mut Args<'_>, sink: &mut dyn Sink) -> Result {
    let zset = ctx.read::<ZSet>(args.next()?)?;
    let members = args.take_rest();
    sink.array(members.len());
    for member in members {
        say_score(zset.and_then(|zset| zset.score(member)), sink);
    }
    Ok(())
}

fn say_score(score: Option<f64>, sink: &mut dyn Sink) {
    match score {
        Some(score) => sink.double(score),
        None => sink.null(),
    }
}

/// Says members in pairs with their scores, or alone.
pub(super) fn say_members<'z>(
    members: impl ExactSizeIterator<Item = (&'z [u8], f64)>,
    with_scores: bool,
    sink: &mut dyn Sink,
) {
    if with_scores {
        sink.pairs(members.len());
    } else {
        sink.array(members.len());
    }
    for (member, score) in members {
        if with_scores {
            sink.pair();
        }
        sink.bulk(member);
        if with_scores {
            sink.double(score);
        }
    }
}

/// `ZRANDMEMBER key [count [WITHSCORES]]`
///
/// With a count so many different members, or all; with a negative one exactly so many, which may repeat.
fn zrandmember(ctx: &mut Ctx<'_>, args: &mut Args<'_>, sink: &mut dyn Sink) -> Result {
    /// Beyond it the length of a reply could not be said.
    const MOST: i64 = i64::MAX / 2;
    let key = args.next()?;
    if args.is_empty() {
        let mut dice = ctx.dice().clone();
        let member = ctx.read::<ZSet>(key)?.and_then(|zset| zset.at(dice.below(zset.len())));
        sink.bulk_or_null(member.map(|(member, _)| member));
        *ctx.dice() = dice;
        return Ok(());
    }
    let count = args.symmetric_int()?;
    let with_scores = args.keyword("WITHSCORES");
    args.end()?;
    if with_scores && !(-MOST..=MOST).contains(&count) {
        return Err(Error::Fixed("ERR value is out of range"));
    }
    let mut dice = ctx.dice().clone();
    let Some(zset) = ctx.read::<ZSet>(key)? else {
        sink.array(0);
        return Ok(());
    };
    let len = zset.len();
    let at = |rank: usize| zset.at(rank).expect("a rank below the length has a member");
    match usize::try_from(count) {
        Ok(count) if count >= len => say_members(zset.members(), with_scores, sink),
        Ok(count) => {
            let ranks = different_ranks(count, len, &mut dice);
            say_members(ranks.into_iter().map(at), with_scores, sink);
        }
        Err(_) => {
            say_members(Repeat { left: repeats(count)?, next: || at(dice.below(len)) }, with_scores, sink);
        }
    }
    *ctx.dice() = dice;
    Ok(())
}

/// So many different numbers below `len`, which is more than so many, in random order.
fn different_ranks(count: usize, len: usize, dice: &mut Dice) -> Vec<usize> {
    if count < len / 3 {
        let mut seen = HashSet::with_capacity(count);
        let throws = std::iter::repeat_with(|| dice.below(len));
        return throws.filter(|&rank| seen.insert(rank)).take(count).collect();
    }
    let mut ranks: Vec<usize> = (0..len).collect();
    for at in 0..count {
        ranks.swap(at, at + dice.below(len - at));
    }
    ranks.truncate(count);
    ranks
}

/// Calls `next` so many times.
struct Repeat<F> {
    left: usize,
    next: F,
}

impl<T, F: FnMut() -> T> Iterator for Repeat<F> {
    type Item = T;

    fn next(&mut self) -> Option<T> {
        self.left = self.left.checked_sub(1)?;
        Some((self.next)())
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        (self.left, Some(self.left))
    }
}

impl<T, F: FnMut() -> T> ExactSizeIterator for Repeat<F> {}

/// `ZSCAN key cursor [MATCH pattern] [COUNT count]`
///
/// A big set's scores come with 17 digits, not with as few as will do.
fn zscan(ctx: &mut Ctx<'_>, args: &mut Args<'_>, sink: &mut dyn Sink) -> Result {
    scan::collection::<ZSet>(ctx, args, sink, |zset, options, visit| {
        let is_big = zset.encoding() == "skiplist";
        zset.scan(options.cursor, options.count, |member, score| {
            let mut text = Vec::new();
            if is_big {
                number::push_general(&mut text, score, 17);
            } else {
                text.extend_from_slice(&number::format_float(score));
            }
            visit(Cow::Borrowed(member), Beside::Value(Cow::Owned(text)));
        })
    })
}
