//! SCAN and KEYS, and what HSCAN, SSCAN and ZSCAN share with SCAN.

use std::borrow::Cow;

use crate::args::Args;
use crate::command::{Command, Flags, Group};
use crate::dispatch::Ctx;
use crate::error::{Error, Result};
use crate::glob;
use crate::number;
use crate::sink::{Shape, Sink};
use crate::types::Kind;

/// What the rows of this group have in common.
const SCAN: Command = Command { group: Group::Generic, flags: Flags::READONLY, ..Command::BASE };

pub(crate) const COMMANDS: &[Command] = &[
    Command {
        name: "keys",
        syntax: "pattern:pattern",
        arity: 2,
        categories: &["dangerous"],
        summary: "Returns all keys that match a glob pattern.",
        complexity: "O(N) where N is the number of keys in the database.",
        tips: &["nondeterministic_output_order", "request_policy:all_shards"],
        run: keys,
        ..SCAN
    },
    Command {
        name: "scan",
        syntax: "cursor:integer [MATCH/pattern:pattern] [COUNT/count:integer] [TYPE/type{6.0.0}]",
        arity: -2,
        since: "2.8.0",
        summary: "Iterates over the keys of the database, some at each call.",
        complexity: "O(1) for every call, O(N) for a complete iteration.",
        tips: &["nondeterministic_output", "request_policy:special", "response_policy:special"],
        run: scan,
        ..SCAN
    },
];

/// What an iteration was asked for, in SCAN's words and in those of its kin.
#[derive(Debug)]
pub(super) struct Options<'a> {
    /// Where to go on.
    pub cursor: u64,
    /// `COUNT`: how many elements to look at, at least 1.
    pub count: usize,
    /// `MATCH`: which names to give.
    pattern: Option<&'a [u8]>,
    /// `TYPE`: which type of key to give.
    kind: Option<&'a [u8]>,
    /// `NOVALUES`: names alone.
    no_values: bool,
}

/// Which of the commands reads its options.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Of {
    Keys,
    Hash,
    Others,
}

impl<'a> Options<'a> {
    fn read(cursor: u64, args: &mut Args<'a>, of: Of) -> Result<Self> {
        let mut options = Self { cursor, count: 10, pattern: None, kind: None, no_values: false };
        while !args.is_empty() {
            // Each option but NOVALUES takes a value: without one it is no option at all.
            let valued = args.left() >= 2;
            if valued && args.keyword("COUNT") {
                let count = args.int()?;
                options.count =
                    usize::try_from(count).ok().filter(|count| *count > 0).ok_or(Error::Syntax)?;
            } else if valued && args.keyword("MATCH") {
                options.pattern = Some(args.next()?).filter(|pattern| *pattern != b"*");
            } else if valued && of == Of::Keys && args.keyword("TYPE") {
                options.kind = Some(args.next()?);
            } else if args.keyword("NOVALUES") {
                if of != Of::Hash {
                    return Err(Error::Fixed("ERR NOVALUES option can only be used in HSCAN"));
                }
                options.no_values = true;
            } else {
                return Err(Error::Syntax);
            }
        }
        Ok(options)
    }

    fn wants(&self, name: &[u8]) -> bool {
        self.pattern.is_none_or(|pattern| glob::matches(pattern, name))
    }
}

/// A cursor as the C library reads an unsigned number: blanks and a sign may lead.
fn cursor(args: &mut Args<'_>) -> Result<u64> {
    const INVALID: Error = Error::Fixed("ERR invalid cursor");
    let text = args.next()?;
    if let Some(number) = number::parse_int(text) {
        return u64::try_from(number).map_err(|_| INVALID);
    }
    // Like a C string, it ends at a NUL.
    let text = text.split(|&byte| byte == 0).next().unwrap_or_default();
    let blanks = text.iter().take_while(|byte| matches!(byte, b' ' | b'\t'..=b'\r')).count();
    let (negative, digits) = number::split_sign(&text[blanks..]);
    if digits.is_empty() {
        return Err(INVALID);
    }
    let magnitude = digits.iter().try_fold(0u64, |number, digit| {
        let digit = digit.is_ascii_digit().then(|| u64::from(digit - b'0'))?;
        number.checked_mul(10)?.checked_add(digit)
    });
    magnitude.map(|number| if negative { number.wrapping_neg() } else { number }).ok_or(INVALID)
}

/// What stands beside a name in a collection.
#[derive(Clone, Debug)]
pub(super) enum Beside<'t> {
    /// Nothing: a set's member.
    Nothing,
    /// A hash field's value, a sorted set member's score.
    Value(Cow<'t, [u8]>),
}

/// Where a collection shows its elements to an iteration: a name and what stands beside it.
pub(super) type Visit<'v, 't> = &'v mut dyn FnMut(Cow<'t, [u8]>, Beside<'t>);

/// Runs HSCAN, SSCAN or ZSCAN: `key cursor [MATCH pattern] [COUNT count]`, for HSCAN `[NOVALUES]` too.
///
/// `visit` shows the elements from the cursor on, about as many as the count says, and gives the next
/// cursor, 0 at the end; a packed collection shows all and gives 0. As in Redis a missing key is empty
/// before any option is looked at.
pub(super) fn collection<T: Kind>(
    ctx: &mut Ctx<'_>,
    args: &mut Args<'_>,
    sink: &mut dyn Sink,
    visit: impl for<'t> FnOnce(&'t T, &Options<'_>, Visit<'_, 't>) -> u64,
) -> Result {
    let key = args.next()?;
    let cursor = cursor(args)?;
    let Some(collection) = ctx.read::<T>(key)? else {
        say_head(sink, 0);
        sink.array(0);
        return Ok(());
    };
    let of = if T::TYPE == crate::types::Type::Hash { Of::Hash } else { Of::Others };
    let options = Options::read(cursor, args, of)?;
    let mut found = Vec::new();
    let next = visit(collection, &options, &mut |name, beside| {
        if options.wants(&name) {
            found.push((name, beside));
        }
    });
    say_head(sink, next);
    let head = sink.open();
    let mut said = 0;
    for (name, beside) in &found {
        sink.bulk(name);
        said += 1;
        if options.no_values {
            continue;
        }
        match beside {
            Beside::Nothing => continue,
            Beside::Value(value) => sink.bulk(value),
        }
        said += 1;
    }
    sink.close(head, Shape::Array, said);
    Ok(())
}

fn say_head(sink: &mut dyn Sink, cursor: u64) {
    sink.array(2);
    sink.bulk(cursor.to_string().as_bytes());
}

/// `SCAN cursor [MATCH pattern] [COUNT count] [TYPE type]`
///
/// A key that is there from the first call to the last is given exactly once, whatever else comes and
/// goes. Expired keys that it comes across are deleted.
fn scan(ctx: &mut Ctx<'_>, args: &mut Args<'_>, sink: &mut dyn Sink) -> Result {
    let cursor = cursor(args)?;
    let options = Options::read(cursor, args, Of::Keys)?;
    let now_ms = ctx.now_ms();
    let (mut found, mut expired) = (Vec::new(), Vec::new());
    let next = ctx.database().scan(options.cursor, options.count, |entry| {
        if !options.wants(entry.key()) {
            return;
        }
        if entry.is_expired(now_ms) {
            expired.push(Box::<[u8]>::from(entry.key()));
        } else if options.kind.is_none_or(|kind| kind.eq_ignore_ascii_case(entry.kind().name().as_bytes())) {
            found.push(entry.key());
        }
    });
    say_head(sink, next);
    sink.array(found.len());
    found.iter().for_each(|key| sink.bulk(key));
    expired.iter().for_each(|key| ctx.expire(key));
    Ok(())
}

/// `KEYS pattern`
///
/// Leaves expired keys alone, which it does not show.
fn keys(ctx: &mut Ctx<'_>, args: &mut Args<'_>, sink: &mut dyn Sink) -> Result {
    let pattern = args.next()?;
    let now_ms = ctx.now_ms();
    let all = pattern == b"*";
    let head = sink.open();
    let mut said = 0;
    for entry in ctx.database().iter() {
        if (all || glob::matches(pattern, entry.key())) && !entry.is_expired(now_ms) {
            sink.bulk(entry.key());
            said += 1;
        }
    }
    sink.close(head, Shape::Array, said);
    Ok(())
}

#[cfg(test)]
mod tests;
