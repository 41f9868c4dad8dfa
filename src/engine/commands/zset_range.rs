//! Sorted sets: ranks, and ranges by rank, score or name.

use std::ops::Range;

use super::index_range;
use super::zset::{ZSET, say_members};
use super::zset_algebra::store_result;
use crate::args::Args;
use crate::command::{Command, Flags, KeySpec};
use crate::dispatch::Ctx;
use crate::effects::Class;
use crate::error::{Error, Result};
use crate::number::parse_bound;
use crate::sink::Sink;
use crate::types::ZSet;
use crate::types::zset::{LexBound, LexRange, ScoreBound, ScoreRange, passing};

const READ: Command = Command {
    flags: Flags::READONLY,
    keys: &[KeySpec::one(1, &["RO", "access"])],
    complexity: "O(log(N)+M) where N is the number of members and M that of those returned",
    ..ZSET
};

const REMOVE: Command = Command {
    arity: 4,
    flags: Flags::WRITE,
    keys: &[KeySpec::one(1, &["RW", "delete"])],
    complexity: "O(log(N)*M) where N is the number of members and M that of those removed",
    ..ZSET
};

const COUNT: Command = Command {
    flags: Flags::READONLY.and(Flags::FAST),
    complexity: "O(log(N)) where N is the number of members",
    ..READ
};

pub(crate) const COMMANDS: &[Command] = &[
    Command {
        name: "zrange",
        syntax: "key@0 start stop [sortby<BYSCORE|BYLEX>{6.2.0}] [REV{6.2.0}] [LIMIT/limit(offset:integer \
            count:integer){6.2.0}] [WITHSCORES]",
        arity: -4,
        since: "1.2.0",
        summary: "Returns the members within a range of ranks, scores or names.",
        run: zrange,
        ..READ
    },
    Command {
        name: "zrangestore",
        syntax: "dst@0 src@1 min max [sortby<BYSCORE|BYLEX>] [REV] [LIMIT/limit(offset:integer \
            count:integer)]",
        arity: -5,
        flags: Flags::WRITE.and(Flags::DENYOOM),
        keys: &[KeySpec::one(1, &["OW", "update"]), KeySpec::one(2, &["RO", "access"])],
        since: "6.2.0",
        summary: "Stores the members within a range of ranks, scores or names under another key.",
        run: zrangestore,
        ..READ
    },
    Command {
        name: "zrevrange",
        syntax: "key@0 start:integer stop:integer [WITHSCORES]",
        deprecated: "6.2.0",
        arity: -4,
        since: "1.2.0",
        summary: "Returns the members within a range of ranks, the highest score first.",
        run: zrevrange,
        ..READ
    },
    Command {
        name: "zrangebyscore",
        syntax: "key@0 min:double max:double [WITHSCORES{2.0.0}] [LIMIT/limit(offset:integer count:integer)]",
        deprecated: "6.2.0",
        arity: -4,
        since: "1.0.5",
        summary: "Returns the members within a range of scores.",
        run: zrangebyscore,
        ..READ
    },
    Command {
        name: "zrevrangebyscore",
        syntax: "key@0 max:double min:double [WITHSCORES] [LIMIT/limit(offset:integer count:integer)]",
        deprecated: "6.2.0",
        arity: -4,
        since: "2.2.0",
        summary: "Returns the members within a range of scores, the highest first.",
        run: zrevrangebyscore,
        ..READ
    },
    Command {
        name: "zrangebylex",
        syntax: "key@0 min max [LIMIT/limit(offset:integer count:integer)]",
        deprecated: "6.2.0",
        arity: -4,
        since: "2.8.9",
        summary: "Returns the members within a range of names.",
        run: zrangebylex,
        ..READ
    },
    Command {
        name: "zrevrangebylex",
        syntax: "key@0 max min [LIMIT/limit(offset:integer count:integer)]",
        deprecated: "6.2.0",
        arity: -4,
        since: "2.8.9",
        summary: "Returns the members within a range of names, the last first.",
        run: zrevrangebylex,
        ..READ
    },
    Command {
        name: "zremrangebyrank",
        syntax: "key@0 start:integer stop:integer",
        since: "2.0.0",
        summary: "Removes the members within a range of ranks.",
        run: zremrangebyrank,
        ..REMOVE
    },
    Command {
        name: "zremrangebyscore",
        syntax: "key@0 min:double max:double",
        since: "1.2.0",
        summary: "Removes the members within a range of scores.",
        run: zremrangebyscore,
        ..REMOVE
    },
    Command {
        name: "zremrangebylex",
        syntax: "key@0 min max",
        since: "2.8.9",
        summary: "Removes the members within a range of names.",
        run: zremrangebylex,
        ..REMOVE
    },
    Command {
        name: "zcount",
        syntax: "key@0 min:double max:double",
        arity: 4,
        since: "2.0.0",
        summary: "Counts the members within a range of scores.",
        run: zcount,
        ..COUNT
    },
    Command {
        name: "zlexcount",
        syntax: "key@0 min max",
        arity: 4,
        since: "2.8.9",
        summary: "Counts the members within a range of names.",
        run: zlexcount,
        ..COUNT
    },
    Command {
        name: "zrank",
        syntax: "key@0 member [WITHSCORE]",
        arity: -3,
        since: "2.0.0",
        summary: "Returns how many members have a lower score than one has.",
        run: zrank,
        ..COUNT
    },
    Command {
        name: "zrevrank",
        syntax: "key@0 member [WITHSCORE]",
        arity: -3,
        since: "2.0.0",
        summary: "Returns how many members have a higher score than one has.",
        run: zrevrank,
        ..COUNT
    },
];

/// What a range is a range of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum By {
    Rank,
    Score,
    Lex,
}

/// The ends of a range.
#[derive(Clone, Copy, Debug)]
enum Ends<'a> {
    Rank(i64, i64),
    Score(ScoreRange),
    Lex(LexRange<'a>),
}

impl<'a> Ends<'a> {
    /// Reads the ends as they stand; of a reversed range of scores or names the higher one stands first.
    fn parse(by: By, first: &'a [u8], second: &'a [u8], reverse: bool) -> Result<Self> {
        let (min, max) = if reverse && by != By::Rank { (second, first) } else { (first, second) };
        Ok(match by {
            By::Rank => {
                let parse = |text| crate::number::parse_int(text).ok_or(Error::NotInteger);
                Self::Rank(parse(min)?, parse(max)?)
            }
            By::Score => Self::Score(ScoreRange { min: score_bound(min)?, max: score_bound(max)? }),
            By::Lex => Self::Lex(LexRange { min: lex_bound(min)?, max: lex_bound(max)? }),
        })
    }

    /// The ranks between them, but for so many `passed` over at the end where the range begins. Ranks
    /// themselves are counted from that end.
    fn ranks(&self, zset: &ZSet, reverse: bool, passed: usize) -> Range<usize> {
        let ranks = match self {
            Self::Rank(start, stop) => {
                let (ranks, len) = (index_range(*start, *stop, zset.len()), zset.len());
                if reverse { len - ranks.end..len - ranks.start } else { ranks }
            }
            Self::Score(range) => zset.ranks_by_score(range),
            Self::Lex(range) => return zset.ranks_by_lex(range, reverse, passed),
        };
        passing(ranks, reverse, passed)
    }
}

fn score_bound(text: &[u8]) -> Result<ScoreBound> {
    let (exclusive, text) = match text {
        [b'(', rest @ ..] => (true, rest),
        _ => (false, text),
    };
    let score = parse_bound(text).ok_or(Error::Fixed("ERR min or max is not a float"))?;
    Ok(ScoreBound { score, exclusive })
}

fn lex_bound(text: &[u8]) -> Result<LexBound<'_>> {
    Ok(match text {
        b"-" => LexBound::Lowest,
        b"+" => LexBound::Highest,
        [b'[', member @ ..] => LexBound::Including(member),
        [b'(', member @ ..] => LexBound::Excluding(member),
        _ => return Err(Error::Fixed("ERR min or max not valid string range item")),
    })
}

/// A range with its options.
#[derive(Debug)]
struct Query<'a> {
    ends: Ends<'a>,
    reverse: bool,
    with_scores: bool,
    /// How many members to pass over. A negative number is how many to give from the end on, of a sorted
    /// set that is not packed and has as many in the range; otherwise it leaves nothing.
    offset: i64,
    /// How many members to give at most; all, if negative.
    limit: i64,
}

/// What a command leaves to its options.
#[derive(Clone, Copy, Debug)]
struct Open {
    /// What its range is of, if not for an option to say.
    by: Option<By>,
    /// Its direction, if not for an option to say.
    reverse: Option<bool>,
    /// Whether it gives members back.
    scores: bool,
}

impl<'a> Query<'a> {
    /// Reads `start stop [BYSCORE | BYLEX] [REV] [LIMIT offset count] [WITHSCORES]`.
    fn parse(args: &mut Args<'a>, open: Open) -> Result<Self> {
        let (first, second) = (args.next()?, args.next()?);
        let Open { mut by, mut reverse, scores } = open;
        let (mut with_scores, mut offset, mut limit) = (false, 0, -1);
        while !args.is_empty() {
            if scores && args.keyword("WITHSCORES") {
                with_scores = true;
            } else if args.left() > 2 && args.keyword("LIMIT") {
                (offset, limit) = (args.int()?, args.int()?);
            } else if reverse.is_none() && args.keyword("REV") {
                reverse = Some(true);
            } else if by.is_none() && args.keyword("BYLEX") {
                by = Some(By::Lex);
            } else if by.is_none() && args.keyword("BYSCORE") {
                by = Some(By::Score);
            } else {
                return Err(Error::Syntax);
            }
        }
        let (by, reverse) = (by.unwrap_or(By::Rank), reverse.unwrap_or(false));
        if limit != -1 && by == By::Rank {
            return Err(Error::Fixed(
                "ERR syntax error, LIMIT is only supported in combination with either BYSCORE or BYLEX",
            ));
        }
        if with_scores && by == By::Lex {
            return Err(Error::Fixed("ERR syntax error, WITHSCORES not supported in combination with BYLEX"));
        }
        let ends = Ends::parse(by, first, second, reverse)?;
        if by == By::Rank {
            offset = 0;
        }
        Ok(Self { ends, reverse, with_scores, offset, limit })
    }

    fn ranks(&self, zset: &ZSet) -> Range<usize> {
        let Some(passed) = self.passed(zset) else { return 0..0 };
        let ranks = self.ends.ranks(zset, self.reverse, passed);
        let given = usize::try_from(self.limit).unwrap_or(usize::MAX).min(ranks.len());
        if self.reverse { ranks.end - given..ranks.end } else { ranks.start..ranks.start + given }
    }

    /// How many members to pass over; none if that leaves nothing.
    fn passed(&self, zset: &ZSet) -> Option<usize> {
        if let Ok(passed) = usize::try_from(self.offset) {
            return Some(passed);
        }
        let from_end = usize::try_from(self.offset.unsigned_abs()).ok()?;
        if zset.is_packed() {
            return None;
        }
        self.ends.ranks(zset, self.reverse, 0).len().checked_sub(from_end)
    }

    fn say(&self, zset: Option<&ZSet>, sink: &mut dyn Sink) {
        match zset.map(|zset| zset.range(self.ranks(zset))) {
            None => sink.array(0),
            Some(members) if self.reverse => say_members(members.rev(), self.with_scores, sink),
            Some(members) => say_members(members, self.with_scores, sink),
        }
    }
}

fn range(ctx: &mut Ctx<'_>, args: &mut Args<'_>, open: Open, sink: &mut dyn Sink) -> Result {
    let key = args.next()?;
    let query = Query::parse(args, open)?;
    query.say(ctx.read::<ZSet>(key)?, sink);
    Ok(())
}

/// `ZRANGE key start stop [BYSCORE | BYLEX] [REV] [LIMIT offset count] [WITHSCORES]`
///
/// With REV a range of ranks is counted from the highest score, and a range of scores or names is written
/// with its higher end first. Options are read before the ends, whatever stands where.
fn zrange(ctx: &mut Ctx<'_>, args: &mut Args<'_>, sink: &mut dyn Sink) -> Result {
    range(ctx, args, Open { by: None, reverse: None, scores: true }, sink)
}

/// `ZREVRANGE key start stop [WITHSCORES]`
fn zrevrange(ctx: &mut Ctx<'_>, args: &mut Args<'_>, sink: &mut dyn Sink) -> Result {
    range(ctx, args, Open { by: Some(By::Rank), reverse: Some(true), scores: true }, sink)
}

/// `ZRANGEBYSCORE key min max [WITHSCORES] [LIMIT offset count]`
fn zrangebyscore(ctx: &mut Ctx<'_>, args: &mut Args<'_>, sink: &mut dyn Sink) -> Result {
    range(ctx, args, Open { by: Some(By::Score), reverse: Some(false), scores: true }, sink)
}

/// `ZREVRANGEBYSCORE key max min [WITHSCORES] [LIMIT offset count]`
fn zrevrangebyscore(ctx: &mut Ctx<'_>, args: &mut Args<'_>, sink: &mut dyn Sink) -> Result {
    range(ctx, args, Open { by: Some(By::Score), reverse: Some(true), scores: true }, sink)
}

/// `ZRANGEBYLEX key min max [LIMIT offset count]`
fn zrangebylex(ctx: &mut Ctx<'_>, args: &mut Args<'_>, sink: &mut dyn Sink) -> Result {
    range(ctx, args, Open { by: Some(By::Lex), reverse: Some(false), scores: true }, sink)
}

/// `ZREVRANGEBYLEX key max min [LIMIT offset count]`
fn zrevrangebylex(ctx: &mut Ctx<'_>, args: &mut Args<'_>, sink: &mut dyn Sink) -> Result {
    range(ctx, args, Open { by: Some(By::Lex), reverse: Some(true), scores: true }, sink)
}

/// `ZRANGESTORE dst src min max [BYSCORE | BYLEX] [REV] [LIMIT offset count]`
///
/// Replaces whatever `dst` held; an empty range deletes it.
fn zrangestore(ctx: &mut Ctx<'_>, args: &mut Args<'_>, sink: &mut dyn Sink) -> Result {
    let (to, from) = (args.next()?, args.next()?);
    let query = Query::parse(args, Open { by: None, reverse: None, scores: false })?;
    let limits = ctx.limits();
    let mut stored = ZSet::default();
    if let Some(zset) = ctx.read::<ZSet>(from)? {
        let ranks = query.ranks(zset);
        if matches!(query.ends, Ends::Rank(..)) {
            // Redis too knows beforehand how many these are, and packs none of too many: -0 keeps its sign.
            stored.expect(ranks.len(), &limits);
        }
        // In the order of the range, because -0 keeps its sign from the first long member on.
        let mut store = |(member, score): (&[u8], f64)| _ = stored.insert(member, score, &limits);
        if query.reverse {
            zset.range(ranks).rev().for_each(&mut store);
        } else {
            zset.range(ranks).for_each(&mut store);
        }
    }
    store_result(ctx, to, stored, "zrangestore", sink);
    Ok(())
}

fn remove(
    ctx: &mut Ctx<'_>,
    args: &mut Args<'_>,
    by: By,
    event: &'static str,
    sink: &mut dyn Sink,
) -> Result {
    let key = args.next()?;
    let ends = Ends::parse(by, args.next()?, args.next()?, false)?;
    let mut removed = 0;
    if let Some(zset) = ctx.write::<ZSet>(key)? {
        let ranks = ends.ranks(zset, false, 0);
        removed = ranks.len();
        zset.remove_range(ranks);
    }
    if removed > 0 {
        ctx.changed(key, Class::ZSET, event);
        ctx.remove_if_empty(key);
    }
    sink.int(removed as i64);
    Ok(())
}

/// `ZREMRANGEBYRANK key start stop`
fn zremrangebyrank(ctx: &mut Ctx<'_>, args: &mut Args<'_>, sink: &mut dyn Sink) -> Result {
    remove(ctx, args, By::Rank, "zremrangebyrank", sink)
}

/// `ZREMRANGEBYSCORE key min max`
fn zremrangebyscore(ctx: &mut Ctx<'_>, args: &mut Args<'_>, sink: &mut dyn Sink) -> Result {
    remove(ctx, args, By::Score, "zremrangebyscore", sink)
}

/// `ZREMRANGEBYLEX key min max`
fn zremrangebylex(ctx: &mut Ctx<'_>, args: &mut Args<'_>, sink: &mut dyn Sink) -> Result {
    remove(ctx, args, By::Lex, "zremrangebylex", sink)
}

fn count(ctx: &mut Ctx<'_>, args: &mut Args<'_>, by: By, sink: &mut dyn Sink) -> Result {
    let key = args.next()?;
    let ends = Ends::parse(by, args.next()?, args.next()?, false)?;
    let within = ctx.read::<ZSet>(key)?.map_or(0, |zset| ends.ranks(zset, false, 0).len());
    sink.int(within as i64);
    Ok(())
}

/// `ZCOUNT key min max`
fn zcount(ctx: &mut Ctx<'_>, args: &mut Args<'_>, sink: &mut dyn Sink) -> Result {
    count(ctx, args, By::Score, sink)
}

/// `ZLEXCOUNT key min max`
fn zlexcount(ctx: &mut Ctx<'_>, args: &mut Args<'_>, sink: &mut dyn Sink) -> Result {
    count(ctx, args, By::Lex, sink)
}

/// `ZRANK key member [WITHSCORE]`
fn zrank(ctx: &mut Ctx<'_>, args: &mut Args<'_>, sink: &mut dyn Sink) -> Result {
    rank(ctx, args, false, sink)
}

/// `ZREVRANK key member [WITHSCORE]`
fn zrevrank(ctx: &mut Ctx<'_>, args: &mut Args<'_>, sink: &mut dyn Sink) -> Result {
    rank(ctx, args, true, sink)
}

fn rank(ctx: &mut Ctx<'_>, args: &mut Args<'_>, reverse: bool, sink: &mut dyn Sink) -> Result {
    if args.left() > 3 {
        return Err(Error::arity(if reverse { "zrevrank" } else { "zrank" }));
    }
    let (key, member) = (args.next()?, args.next()?);
    let with_score = args.keyword("WITHSCORE");
    args.end()?;
    let zset = ctx.read::<ZSet>(key)?;
    let Some((rank, score, len)) = zset.and_then(|zset| {
        let (rank, score) = zset.rank(member)?;
        Some((rank, score, zset.len()))
    }) else {
        if with_score {
            sink.null_array();
        } else {
            sink.null();
        }
        return Ok(());
    };
    let rank = if reverse { len - 1 - rank } else { rank };
    if with_score {
        sink.array(2);
    }
    sink.int(rank as i64);
    if with_score {
        sink.double(score);
    }
    Ok(())
}
