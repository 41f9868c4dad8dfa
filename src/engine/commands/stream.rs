//! Streams: adding, reading ranges, deleting, trimming.

use smallvec::SmallVec;

use crate::args::Args;
use crate::command::{Command, Flags, Group, KeySpec};
use crate::config::Limits;
use crate::dispatch::Ctx;
use crate::effects::Class;
use crate::error::{Error, Result};
use crate::sink::Sink;
use crate::types::Stream;
use crate::types::stream::{BlockLimits, Entry, Keep, StreamId, Trim};

/// What the rows of the stream groups have in common.
pub(super) const STREAM: Command = Command { group: Group::Stream, since: "5.0.0", ..Command::BASE };

pub(crate) const COMMANDS: &[Command] = &[
    Command {
        name: "xadd",
        syntax: "key@0 [NOMKSTREAM{6.2.0}] [trim(strategy<MAXLEN|MINID{6.2.0}> [operator<equal==|\
            approximately=~>] threshold [LIMIT/count:integer{6.2.0}])] id-selector<auto-id=*|id> \
            data(field value)...",
        arity: -5,
        flags: Flags::WRITE.and(Flags::DENYOOM).and(Flags::FAST),
        keys: &[KeySpec::one(1, &["RW", "update"])],
        summary: "Adds an entry at the end of a stream.",
        complexity: "O(1) when adding a new entry, O(N) when trimming where N being the number of entries \
                     evicted.",
        tips: &["nondeterministic_output"],
        run: xadd,
        ..STREAM
    },
    Command {
        name: "xlen",
        syntax: "key@0",
        arity: 2,
        flags: Flags::READONLY.and(Flags::FAST),
        keys: &[KeySpec::one(1, &["RO"])],
        summary: "Counts the entries of a stream.",
        run: xlen,
        ..STREAM
    },
    Command {
        name: "xrange",
        syntax: "key@0 start end [COUNT/count:integer]",
        arity: -4,
        flags: Flags::READONLY,
        keys: &[KeySpec::one(1, &["RO", "access"])],
        summary: "Returns the entries between two IDs.",
        complexity: "O(N) with N being the number of elements being returned.",
        run: |ctx, args, sink| xrange(ctx, args, sink, Order::Forward),
        ..STREAM
    },
    Command {
        name: "xrevrange",
        syntax: "key@0 end start [COUNT/count:integer]",
        arity: -4,
        flags: Flags::READONLY,
        keys: &[KeySpec::one(1, &["RO", "access"])],
        summary: "Returns the entries between two IDs, the last one first.",
        complexity: "O(N) with N being the number of elements returned.",
        run: |ctx, args, sink| xrange(ctx, args, sink, Order::Backward),
        ..STREAM
    },
    Command {
        name: "xdel",
        syntax: "key@0 id...",
        arity: -3,
        flags: Flags::WRITE.and(Flags::FAST),
        keys: &[KeySpec::one(1, &["RW", "delete"])],
        summary: "Deletes entries by their IDs.",
        complexity: "O(1) for each single item to delete in the stream, regardless of the stream size.",
        run: xdel,
        ..STREAM
    },
    Command {
        name: "xtrim",
        syntax: "key@0 trim(strategy<MAXLEN|MINID{6.2.0}> [operator<equal==|approximately=~>] threshold \
            [LIMIT/count:integer{6.2.0}])",
        arity: -4,
        flags: Flags::WRITE,
        keys: &[KeySpec::one(1, &["RW", "delete"])],
        summary: "Deletes the oldest entries of a stream.",
        complexity: "O(N), with N being the number of evicted entries.",
        tips: &["nondeterministic_output"],
        run: xtrim,
        ..STREAM
    },
    Command {
        name: "xsetid",
        syntax: "key@0 last-id [ENTRIESADDED/entries-added:integer{7.0.0}] \
            [MAXDELETEDID/max-deleted-id{7.0.0}]",
        arity: -3,
        flags: Flags::WRITE.and(Flags::DENYOOM).and(Flags::FAST),
        keys: &[KeySpec::one(1, &["RW", "update"])],
        summary: "Sets the last ID of a stream.",
        run: xsetid,
        ..STREAM
    },
];

const INVALID_ID: Error = Error::Fixed("ERR Invalid stream ID specified as stream command argument");

/// An ID without the short forms; `missing` is the sequence number of one that has none.
pub(super) fn exact_id(text: &[u8], missing: u64) -> Result<StreamId> {
    StreamId::parse(text, missing).ok_or(INVALID_ID)
}

/// The first ID of an interval: `-`, `+`, an ID, or `(` and the ID before it.
pub(super) fn interval_start(text: &[u8]) -> Result<StreamId> {
    match text {
        b"-" => Ok(StreamId::MIN),
        b"+" => Ok(StreamId::MAX),
        [b'(', id @ ..] => {
            exact_id(id, 0)?.next().ok_or(Error::Fixed("ERR invalid start ID for the interval"))
        }
        _ => exact_id(text, 0),
    }
}

/// The last ID of an interval: `-`, `+`, an ID, or `(` and the ID after it.
pub(super) fn interval_end(text: &[u8]) -> Result<StreamId> {
    match text {
        b"-" => Ok(StreamId::MIN),
        b"+" => Ok(StreamId::MAX),
        [b'(', id @ ..] => {
            exact_id(id, u64::MAX)?.prev().ok_or(Error::Fixed("ERR invalid end ID for the interval"))
        }
        _ => exact_id(text, u64::MAX),
    }
}

pub(super) fn say_id(sink: &mut dyn Sink, id: StreamId) {
    sink.bulk(&id.text());
}

/// An entry: its ID, then its fields and values in turn.
pub(super) fn say_entry(sink: &mut dyn Sink, entry: &Entry<'_>) {
    sink.array(2);
    say_id(sink, entry.id);
    sink.array(entry.len() * 2);
    for (field, value) in entry.fields() {
        sink.bulk(field);
        sink.bulk(value);
    }
}

/// Up to `count` entries as an array; how many.
pub(super) fn say_entries<'a>(
    sink: &mut dyn Sink,
    entries: impl Iterator<Item = Entry<'a>>,
    count: usize,
    mut each: impl FnMut(StreamId),
) -> usize {
    let mark = sink.open();
    let mut said = 0;
    for entry in entries.take(count) {
        say_entry(sink, &entry);
        each(entry.id);
        said += 1;
    }
    sink.close_as(mark, crate::sink::Shape::Array, said);
    said
}

/// MAXLEN, MINID and LIMIT, as XADD and XTRIM read them.
#[derive(Default)]
struct TrimArgs {
    keep: Option<Keep>,
    whole_blocks: bool,
    limit: Option<u64>,
}

impl TrimArgs {
    /// Takes one of the options, if the next argument names one and another one follows it.
    fn read(&mut self, args: &mut Args<'_>) -> Result<bool> {
        if args.left() < 2 {
            return Ok(false);
        }
        if args.keyword("MAXLEN") {
            self.begin_strategy(args)?;
            let keep = args.int()?;
            let keep =
                u64::try_from(keep).map_err(|_| Error::Fixed("ERR The MAXLEN argument must be >= 0."))?;
            self.keep = Some(Keep::Last(keep));
        } else if args.keyword("MINID") {
            self.begin_strategy(args)?;
            self.keep = Some(Keep::From(exact_id(args.next()?, 0)?));
        } else if args.keyword("LIMIT") {
            let limit = args.int()?;
            let limit =
                u64::try_from(limit).map_err(|_| Error::Fixed("ERR The LIMIT argument must be >= 0."))?;
            self.limit = Some(limit);
        } else {
            return Ok(false);
        }
        Ok(true)
    }

    fn begin_strategy(&mut self, args: &mut Args<'_>) -> Result {
        if self.keep.is_some() {
            return Err(Error::Fixed(
                "ERR syntax error, MAXLEN and MINID options at the same time are not compatible",
            ));
        }
        if args.left() >= 2 {
            self.whole_blocks = args.keyword("~");
            if !self.whole_blocks {
                args.keyword("=");
            }
        }
        Ok(())
    }

    /// What is to be trimmed, once all options are read. `~` without LIMIT does a bounded amount of work.
    fn finish(self, required: bool, limits: Limits) -> Result<Option<Trim>> {
        if self.keep.is_none() && self.limit.is_some_and(|limit| limit > 0) {
            return Err(Error::Fixed(
                "ERR syntax error, LIMIT cannot be used without specifying a trimming strategy",
            ));
        }
        if self.keep.is_none() && required {
            return Err(Error::Fixed("ERR syntax error, XTRIM must be called with a trimming strategy"));
        }
        if self.limit.is_some() && !self.whole_blocks {
            return Err(Error::Fixed("ERR syntax error, LIMIT cannot be used without the special ~ option"));
        }
        let usual = match limits.stream_entries as u64 {
            0 => 10_000,
            entries => entries.saturating_mul(100).min(1_000_000),
        };
        let limit = self.limit.unwrap_or(if self.whole_blocks { usual } else { 0 });
        Ok(self.keep.map(|keep| Trim { keep, whole_blocks: self.whole_blocks, limit }))
    }
}

/// The ID that XADD asks for.
#[derive(Clone, Copy)]
enum NewId {
    /// `*`
    Auto,
    /// `ms-*`
    AutoSeq(u64),
    Exact(StreamId),
}

/// `XADD key [NOMKSTREAM] [<MAXLEN | MINID> [= | ~] threshold [LIMIT count]] <* | id> field value [field value …]`
///
/// An ID may leave its sequence number to the server: `ms-*`. With `~` whole blocks are trimmed only.
fn xadd(ctx: &mut Ctx<'_>, args: &mut Args<'_>, sink: &mut dyn Sink) -> Result {
    const TOO_SMALL: Error =
        Error::Fixed("ERR The ID specified in XADD is equal or smaller than the target stream top item");
    let key = args.next()?;
    let mut trim = TrimArgs::default();
    let mut make = true;
    let mut id = None;
    while let Some(arg) = args.peek() {
        if arg != b"*" {
            if trim.read(args)? {
                continue;
            }
            if args.keyword("NOMKSTREAM") {
                make = false;
                continue;
            }
        }
        id = Some(new_id(arg)?);
        args.next()?;
        break;
    }
    let limits = ctx.limits();
    let trim = trim.finish(false, limits)?;
    let fields = args.take_rest();
    let Some(id) = id.filter(|_| fields.len() >= 2 && fields.len().is_multiple_of(2)) else {
        return Err(Error::arity("xadd"));
    };
    if let NewId::Exact(StreamId::MIN) = id {
        return Err(Error::Fixed("ERR The ID specified in XADD must be greater than 0-0"));
    }
    if fields.iter().map(|text| text.len()).sum::<usize>() > BlockLimits::MAX_BYTES {
        return Err(Error::Fixed("ERR Elements are too large to be stored"));
    }
    let now_ms = if let NewId::Auto = id { ctx.now_ms().max(0) as u64 } else { 0 };
    let stream = match ctx.write::<Stream>(key)? {
        Some(stream) => stream,
        None if make => ctx.create::<Stream>(key)?,
        None => {
            sink.null();
            return Ok(());
        }
    };
    let log = &mut stream.log;
    // None of these can happen to a stream that was just made, so that no empty one stays behind.
    if log.last_id() == StreamId::MAX {
        return Err(Error::Fixed(
            "ERR The stream has exhausted the last possible ID, unable to add more items",
        ));
    }
    let id = match id {
        NewId::Auto => log.auto_id(now_ms),
        NewId::AutoSeq(ms) => log.auto_seq(ms),
        NewId::Exact(id) => (id > log.last_id()).then_some(id),
    };
    let id = id.ok_or(TOO_SMALL)?;
    log.append(id, fields, BlockLimits { bytes: limits.stream_bytes, entries: limits.stream_entries });
    let trimmed = trim.map_or(0, |trim| log.trim(trim));
    ctx.changed(key, Class::STREAM, "xadd");
    ctx.ready(key);
    if trimmed > 0 {
        ctx.event(key, Class::STREAM, "xtrim");
    }
    say_id(sink, id);
    Ok(())
}

fn new_id(text: &[u8]) -> Result<NewId> {
    if text == b"*" {
        return Ok(NewId::Auto);
    }
    match StreamId::parse_ms_of_auto_seq(text) {
        Some(ms) => Ok(NewId::AutoSeq(ms)),
        None => exact_id(text, 0).map(NewId::Exact),
    }
}

/// `XLEN key`
fn xlen(ctx: &mut Ctx<'_>, args: &mut Args<'_>, sink: &mut dyn Sink) -> Result {
    let stream = ctx.read::<Stream>(args.next()?)?;
    sink.int(stream.map_or(0, |stream| stream.log.len() as i64));
    Ok(())
}

#[derive(Clone, Copy, PartialEq)]
enum Order {
    Forward,
    Backward,
}

/// `XRANGE key start end [COUNT count]`, `XREVRANGE key end start [COUNT count]`
///
/// A count of 0 or less gives no list for a stream that is there, and an empty one for one that is not.
fn xrange(ctx: &mut Ctx<'_>, args: &mut Args<'_>, sink: &mut dyn Sink, order: Order) -> Result {
    let (key, first, second) = (args.next()?, args.next()?, args.next()?);
    let (start, end) = if order == Order::Forward { (first, second) } else { (second, first) };
    let (start, end) = (interval_start(start)?, interval_end(end)?);
    let mut count = i64::MAX;
    while !args.is_empty() {
        if args.left() < 2 || !args.keyword("COUNT") {
            return Err(Error::Syntax);
        }
        count = args.int()?;
    }
    match ctx.read::<Stream>(key)? {
        None => sink.array(0),
        Some(_) if count <= 0 => sink.null_array(),
        Some(stream) if order == Order::Forward => {
            say_entries(sink, stream.log.range(start, end), count as usize, |_| {});
        }
        Some(stream) => {
            say_entries(sink, stream.log.range_back(start, end), count as usize, |_| {});
        }
    }
    Ok(())
}

/// `XDEL key id [id …]`
fn xdel(ctx: &mut Ctx<'_>, args: &mut Args<'_>, sink: &mut dyn Sink) -> Result {
    let key = args.next()?;
    let mut deleted = 0;
    if let Some(stream) = ctx.write::<Stream>(key)? {
        let ids = exact_ids(args.take_rest())?;
        deleted = ids.into_iter().filter(|id| stream.log.delete(*id)).count();
    }
    if deleted > 0 {
        ctx.changed(key, Class::STREAM, "xdel");
    }
    sink.int(deleted as i64);
    Ok(())
}

/// IDs of entries, of which the first bad one refuses all.
pub(super) fn exact_ids(texts: &[&[u8]]) -> Result<SmallVec<[StreamId; 4]>> {
    let mut ids = SmallVec::with_capacity(texts.len());
    for text in texts {
        ids.push(exact_id(text, 0)?);
    }
    Ok(ids)
}

/// `XTRIM key <MAXLEN | MINID> [= | ~] threshold [LIMIT count]`
///
/// `~` trims whole blocks only, of at most 100 blocks' entries at once unless LIMIT says otherwise.
fn xtrim(ctx: &mut Ctx<'_>, args: &mut Args<'_>, sink: &mut dyn Sink) -> Result {
    let key = args.next()?;
    let mut trim = TrimArgs::default();
    while !args.is_empty() {
        if !trim.read(args)? {
            return Err(Error::Syntax);
        }
    }
    let trim = trim.finish(true, ctx.limits())?;
    let stream = ctx.write::<Stream>(key)?;
    let trimmed = stream.zip(trim).map_or(0, |(stream, trim)| stream.log.trim(trim));
    if trimmed > 0 {
        ctx.changed(key, Class::STREAM, "xtrim");
    }
    sink.int(trimmed as i64);
    Ok(())
}

/// `XSETID key last-id [ENTRIESADDED entries-added] [MAXDELETEDID max-deleted-id]`
fn xsetid(ctx: &mut Ctx<'_>, args: &mut Args<'_>, sink: &mut dyn Sink) -> Result {
    let (key, id) = (args.next()?, exact_id(args.next()?, 0)?);
    let (mut entries_added, mut max_deleted_id) = (None, None);
    while !args.is_empty() {
        if args.left() >= 2 && args.keyword("ENTRIESADDED") {
            let added = args.int()?;
            let added =
                u64::try_from(added).map_err(|_| Error::Fixed("ERR entries_added must be positive"))?;
            entries_added = Some(added);
        } else if args.left() >= 2 && args.keyword("MAXDELETEDID") {
            let max_deleted = exact_id(args.next()?, 0)?;
            if id < max_deleted {
                return Err(Error::Fixed(
                    "ERR The ID specified in XSETID is smaller than the provided max_deleted_entry_id",
                ));
            }
            max_deleted_id = Some(max_deleted);
        } else {
            return Err(Error::Syntax);
        }
    }
    let log = &mut ctx.write::<Stream>(key)?.ok_or(Error::NoSuchKey)?.log;
    if id < log.max_deleted_id() {
        return Err(Error::Fixed(
            "ERR The ID specified in XSETID is smaller than current max_deleted_entry_id",
        ));
    }
    if log.last().is_some_and(|last| id < last.id) {
        return Err(Error::Fixed(
            "ERR The ID specified in XSETID is smaller than the target stream top item",
        ));
    }
    if entries_added.is_some_and(|added| added < log.len()) {
        return Err(Error::Fixed(
            "ERR The entries_added specified in XSETID is smaller than the target stream length",
        ));
    }
    log.set_id(id, entries_added, max_deleted_id.filter(|id| *id > StreamId::MIN));
    ctx.adjusted(key);
    ctx.event(key, Class::STREAM, "xsetid");
    sink.ok();
    Ok(())
}

#[cfg(test)]
mod tests;
