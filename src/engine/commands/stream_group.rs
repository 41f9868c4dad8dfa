//! Consumer groups of streams: making and changing them, acknowledging, looking at what is pending.

use crate::args::Args;
use crate::command::{Command, Flags, KeySpec};
use crate::dispatch::Ctx;
use crate::effects::Class;
use crate::error::{Error, Result, until_nul};
use crate::sink::{Shape, Sink};
use crate::types::Stream;
use crate::types::stream::StreamId;
use crate::types::stream_group::{Group, Pending};

use super::stream::{STREAM, exact_id, exact_ids, interval_end, interval_start, say_id};
use super::stream_read::no_group;

pub(crate) const COMMANDS: &[Command] = &[
    Command {
        name: "xgroup",
        arity: -2,
        summary: "Makes, changes and removes consumer groups.",
        complexity: "Depends on subcommand.",
        subcommands: XGROUP_SUBCOMMANDS,
        ..STREAM
    },
    Command {
        name: "xack",
        syntax: "key@0 group id...",
        arity: -4,
        flags: Flags::WRITE.and(Flags::FAST),
        keys: &[KeySpec::one(1, &["RW", "update"])],
        summary: "Acknowledges entries: they are no longer pending.",
        complexity: "O(1) for each message ID processed.",
        run: xack,
        ..STREAM
    },
    Command {
        name: "xpending",
        syntax: "key@0 group [filters([IDLE/min-idle-time:integer{6.2.0}] start end count:integer \
            [consumer])]",
        arity: -3,
        flags: Flags::READONLY,
        keys: &[KeySpec::one(1, &["RO", "access"])],
        summary: "Returns what was delivered to a group and is not acknowledged.",
        complexity: "O(N) with N being the number of elements returned, so asking for a small fixed number of \
                     entries per call is O(1).",
        tips: &["nondeterministic_output"],
        run: xpending,
        ..STREAM
    },
];

/// What XGROUP's subcommands have in common.
const XGROUP: Command =
    Command { flags: Flags::WRITE, keys: &[KeySpec::one(2, &["RW", "update"])], ..STREAM };

const INSERT: &[KeySpec] = &[KeySpec::one(2, &["RW", "insert"])];
const DELETE: &[KeySpec] = &[KeySpec::one(2, &["RW", "delete"])];

const XGROUP_SUBCOMMANDS: &[Command] = &[
    Command {
        name: "create",
        full_name: "xgroup|create",
        syntax: "key@0 group id-selector<id|new-id=$> [MKSTREAM] \
            [ENTRIESREAD/entriesread:integer\"entries-read\"]",
        arity: -5,
        flags: Flags::WRITE.and(Flags::DENYOOM),
        keys: INSERT,
        summary: "Makes a consumer group.",
        run: create,
        ..XGROUP
    },
    Command {
        name: "setid",
        full_name: "xgroup|setid",
        syntax: "key@0 group id-selector<id|new-id=$> [ENTRIESREAD/entriesread:integer\"entries-read\"]",
        arity: -5,
        summary: "Sets the last delivered ID of a group.",
        run: setid,
        ..XGROUP
    },
    Command {
        name: "destroy",
        full_name: "xgroup|destroy",
        syntax: "key@0 group",
        arity: 4,
        keys: DELETE,
        summary: "Removes a consumer group.",
        complexity: "O(N) where N is the number of entries in the group's pending entries list (PEL).",
        run: destroy,
        ..XGROUP
    },
    Command {
        name: "createconsumer",
        full_name: "xgroup|createconsumer",
        syntax: "key@0 group consumer",
        arity: 5,
        flags: Flags::WRITE.and(Flags::DENYOOM),
        keys: INSERT,
        since: "6.2.0",
        summary: "Makes a consumer in a group.",
        run: createconsumer,
        ..XGROUP
    },
    Command {
        name: "delconsumer",
        full_name: "xgroup|delconsumer",
        syntax: "key@0 group consumer",
        arity: 5,
        keys: DELETE,
        summary: "Removes a consumer from a group, with all that it has pending.",
        run: delconsumer,
        ..XGROUP
    },
    Command {
        name: "help",
        full_name: "xgroup|help",
        arity: 2,
        flags: Flags::LOADING.and(Flags::STALE),
        keys: &[],
        summary: "Says what the subcommands do.",
        run: help,
        ..XGROUP
    },
];

const KEY_REQUIRED: Error = Error::Fixed(
    "ERR The XGROUP subcommand requires the key to exist. Note that for CREATE you may want to use the \
     MKSTREAM option to create an empty stream automatically.",
);

/// The group of an XGROUP subcommand, changed; an error without the key or the group.
fn update_group<R>(
    ctx: &mut Ctx<'_>,
    key: &[u8],
    name: &[u8],
    change: impl FnOnce(&mut Group) -> R,
) -> Result<R> {
    let stream = ctx.write::<Stream>(key)?.ok_or(KEY_REQUIRED)?;
    stream.groups.update(name, change).ok_or_else(|| no_such_group(key, name))
}

/// `NOGROUP` for a command whose stream is there.
pub(super) fn no_such_group(key: &[u8], group: &[u8]) -> Error {
    let (group, key) = (until_nul(group), until_nul(key));
    Error::text([b"NOGROUP No such consumer group '", group, b"' for key name '", key, b"'"].concat())
}

/// `ENTRIESREAD entries-read`: -1 says that it is not known.
fn entries_read(args: &mut Args<'_>) -> Result<Option<i64>> {
    match args.int()? {
        read @ 0.. => Ok(Some(read)),
        -1 => Ok(None),
        _ => Err(Error::Fixed("ERR value for ENTRIESREAD must be positive or -1")),
    }
}

/// `XGROUP CREATE key group <id | $> [MKSTREAM] [ENTRIESREAD entries-read]`
fn create(ctx: &mut Ctx<'_>, args: &mut Args<'_>, sink: &mut dyn Sink) -> Result {
    let (key, name, id) = (args.next()?, args.next()?, args.next()?);
    let (mut make, mut read, options) = (false, None, args.left());
    while !args.is_empty() {
        if args.keyword("MKSTREAM") {
            make = true;
        } else if args.left() >= 2 && args.keyword("ENTRIESREAD") {
            read = entries_read(args)?;
        } else {
            return Err(super::unknown_form(args));
        }
    }
    if options > 3 {
        return Err(super::unknown_form(args));
    }
    let stream = ctx.write::<Stream>(key)?;
    if stream.is_none() && !make {
        return Err(KEY_REQUIRED);
    }
    let id = match id {
        b"$" => stream.map(|stream| stream.log.last_id()).unwrap_or_default(),
        id => exact_id(id, 0)?,
    };
    let new = !ctx.exists(key);
    if !ctx.create::<Stream>(key)?.groups.create(name, id, read) {
        return Err(Error::Fixed("BUSYGROUP Consumer Group name already exists"));
    }
    if new {
        ctx.modified(key);
    } else {
        ctx.adjusted(key);
    }
    ctx.event(key, Class::STREAM, "xgroup-create");
    sink.ok();
    Ok(())
}

/// `XGROUP SETID key group <id | $> [ENTRIESREAD entries-read]`
///
/// Those who wait hear of what is to be read again with the next entry only.
fn setid(ctx: &mut Ctx<'_>, args: &mut Args<'_>, sink: &mut dyn Sink) -> Result {
    let (key, name, id) = (args.next()?, args.next()?, args.next()?);
    let (mut read, options) = (None, args.left());
    while !args.is_empty() {
        if args.left() < 2 || !args.keyword("ENTRIESREAD") {
            return Err(super::unknown_form(args));
        }
        read = entries_read(args)?;
    }
    let stream = ctx.write::<Stream>(key)?.ok_or(KEY_REQUIRED)?;
    if stream.groups.get(name).is_none() {
        return Err(no_such_group(key, name));
    }
    if options > 2 {
        return Err(super::unknown_form(args));
    }
    let last_id = match id {
        b"$" => stream.log.last_id(),
        b"-" => StreamId::MIN,
        b"+" => StreamId::MAX,
        id => exact_id(id, 0)?,
    };
    stream.groups.update(name, |group| (group.last_id, group.entries_read) = (last_id, read));
    ctx.adjusted(key);
    ctx.event(key, Class::STREAM, "xgroup-setid");
    sink.ok();
    Ok(())
}

/// `XGROUP DESTROY key group`
fn destroy(ctx: &mut Ctx<'_>, args: &mut Args<'_>, sink: &mut dyn Sink) -> Result {
    let (key, name) = (args.next()?, args.next()?);
    let destroyed = ctx.write::<Stream>(key)?.ok_or(KEY_REQUIRED)?.groups.destroy(name);
    if destroyed {
        ctx.adjusted(key);
        ctx.event(key, Class::STREAM, "xgroup-destroy");
        ctx.ready(key);
    }
    sink.int(i64::from(destroyed));
    Ok(())
}

/// `XGROUP CREATECONSUMER key group consumer`
fn createconsumer(ctx: &mut Ctx<'_>, args: &mut Args<'_>, sink: &mut dyn Sink) -> Result {
    let (key, name, consumer) = (args.next()?, args.next()?, args.next()?);
    let now_ms = ctx.now_ms();
    let made = update_group(ctx, key, name, |group| {
        let made = group.find_consumer(consumer).is_none();
        if made {
            group.add_consumer(consumer, now_ms);
        }
        made
    })?;
    if made {
        ctx.adjusted(key);
        ctx.event(key, Class::STREAM, "xgroup-createconsumer");
    }
    sink.int(i64::from(made));
    Ok(())
}

/// `XGROUP DELCONSUMER key group consumer`
///
/// Answers how many entries it had pending, which are no longer.
fn delconsumer(ctx: &mut Ctx<'_>, args: &mut Args<'_>, sink: &mut dyn Sink) -> Result {
    let (key, name, consumer) = (args.next()?, args.next()?, args.next()?);
    let removed = update_group(ctx, key, name, |group| group.remove_consumer(consumer))?;
    if removed.is_some() {
        ctx.adjusted(key);
        ctx.event(key, Class::STREAM, "xgroup-delconsumer");
    }
    sink.int(removed.unwrap_or(0) as i64);
    Ok(())
}

/// `XGROUP HELP`
fn help(_: &mut Ctx<'_>, _: &mut Args<'_>, sink: &mut dyn Sink) -> Result {
    super::say_help(
        sink,
        "XGROUP",
        &[
            "CREATE <key> <groupname> <id|$> [option]",
            "    Create a new consumer group. Options are:",
            "    * MKSTREAM",
            "      Create the empty stream if it does not exist.",
            "    * ENTRIESREAD entries_read",
            "      Set the group's entries_read counter (internal use).",
            "CREATECONSUMER <key> <groupname> <consumer>",
            "    Create a new consumer in the specified group.",
            "DELCONSUMER <key> <groupname> <consumer>",
            "    Remove the specified consumer.",
            "DESTROY <key> <groupname>",
            "    Remove the specified group.",
            "SETID <key> <groupname> <id|$> [ENTRIESREAD entries_read]",
            "    Set the current group ID and entries_read counter.",
        ],
    );
    Ok(())
}

/// `XACK key group id [id …]`
fn xack(ctx: &mut Ctx<'_>, args: &mut Args<'_>, sink: &mut dyn Sink) -> Result {
    let (key, name) = (args.next()?, args.next()?);
    let mut acknowledged = 0;
    if let Some(stream) = ctx.read_mut::<Stream>(key)?
        && let Some(done) = stream.groups.update(name, |group| {
            let ids = exact_ids(args.take_rest())?;
            Ok(ids.into_iter().filter(|id| group.acknowledge(*id)).count())
        })
    {
        acknowledged = done?;
    }
    if acknowledged > 0 {
        ctx.adjusted(key);
    }
    sink.int(acknowledged as i64);
    Ok(())
}

/// What XPENDING asks for beside the summary.
struct PendingArgs<'a> {
    min_idle: i64,
    start: StreamId,
    end: StreamId,
    count: usize,
    consumer: Option<&'a [u8]>,
}

impl<'a> PendingArgs<'a> {
    /// Reads them, or nothing for the summary. What follows the consumer is ignored, as the server does.
    fn read(args: &mut Args<'a>) -> Result<Option<Self>> {
        if args.is_empty() {
            return Ok(None);
        }
        if args.left() < 3 || args.left() > 6 {
            return Err(Error::Syntax);
        }
        let mut min_idle = 0;
        if args.keyword("IDLE") {
            min_idle = args.int()?;
            if args.left() < 3 {
                return Err(Error::Syntax);
            }
        }
        let (start, end) = (args.next()?, args.next()?);
        let count = args.int()?.max(0) as usize;
        let (start, end) = (interval_start(start)?, interval_end(end)?);
        Ok(Some(Self { min_idle, start, end, count, consumer: args.take_rest().first().copied() }))
    }
}

/// `XPENDING key group [[IDLE min-idle-time] start end count [consumer]]`
fn xpending(ctx: &mut Ctx<'_>, args: &mut Args<'_>, sink: &mut dyn Sink) -> Result {
    let (key, name) = (args.next()?, args.next()?);
    let asked = PendingArgs::read(args)?;
    let now_ms = ctx.now_ms();
    let group = ctx.read::<Stream>(key)?.and_then(|stream| stream.groups.get(name));
    let group = group.ok_or_else(|| no_group(key, name, ""))?;
    match asked {
        Some(asked) => say_pending(sink, group, &asked, now_ms),
        None => say_summary(sink, group),
    }
    Ok(())
}

/// How many are pending, their first and last ID, and how many each consumer has.
fn say_summary(sink: &mut dyn Sink, group: &Group) {
    let mut pending = group.pending(StreamId::MIN, StreamId::MAX).map(|(id, _)| id);
    let first = pending.next();
    let last = pending.next_back().or(first);
    sink.array(4);
    sink.int(group.pending_len() as i64);
    let (Some(first), Some(last)) = (first, last) else {
        sink.null();
        sink.null();
        sink.null_array();
        return;
    };
    say_id(sink, first);
    say_id(sink, last);
    let busy = || group.consumers().filter(|consumer| consumer.pending_len() > 0);
    sink.array(busy().count());
    for consumer in busy() {
        sink.array(2);
        sink.bulk(&consumer.name);
        sink.bulk(consumer.pending_len().to_string().as_bytes());
    }
}

fn say_pending(sink: &mut dyn Sink, group: &Group, asked: &PendingArgs<'_>, now_ms: i64) {
    let idle = |pending: &Pending| now_ms.saturating_sub(pending.delivered_ms).max(0);
    let found: Box<dyn Iterator<Item = (StreamId, &Pending)>> = match asked.consumer {
        None => Box::new(group.pending(asked.start, asked.end)),
        Some(name) => Box::new(group.find_consumer(name).into_iter().flat_map(|consumer| {
            let ids = group.consumer(consumer).pending_from(asked.start);
            ids.take_while(|id| *id <= asked.end).filter_map(|id| Some((id, group.pending_of(id)?)))
        })),
    };
    let found = found.filter(|(_, pending)| idle(pending) >= asked.min_idle).take(asked.count);
    let mark = sink.open();
    let mut said = 0;
    for (id, pending) in found {
        sink.array(4);
        say_id(sink, id);
        sink.bulk(&group.consumer(pending.consumer).name);
        sink.int(idle(pending));
        sink.int(pending.deliveries);
        said += 1;
    }
    sink.close_as(mark, Shape::Array, said);
}

#[cfg(test)]
mod tests;
