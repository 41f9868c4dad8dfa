//! Reading streams from an ID on, by itself or as a consumer of a group; both may wait.

use std::iter::Peekable;

use crate::args::Args;
use crate::blocking::{self, Wait};
use crate::command::{Begin, Command, Find, Flags, KeySpec};
use crate::dispatch::Ctx;
use crate::effects::Class;
use crate::error::{Error, Result, until_nul};
use crate::sink::{Mark, Shape, Sink};
use crate::types::stream::{Log, Range, StreamId};
use crate::types::stream_group::{ConsumerId, Group, Pending};
use crate::types::{Stream, Type};

use super::stream::{STREAM, exact_id, say_entries, say_entry, say_id};

pub(crate) const COMMANDS: &[Command] = &[
    Command {
        name: "xread",
        syntax: "[COUNT/count:integer] [BLOCK/milliseconds:integer] STREAMS/streams(key@0... id...)",
        arity: -4,
        flags: Flags::READONLY.and(Flags::BLOCKING).and(Flags::MOVABLEKEYS),
        keys: &[KeySpec { begin: Begin::Keyword("STREAMS", 1), find: HALF, flags: &["RO", "access"] }],
        summary: "Returns the entries of streams after an ID each; waits for one if asked to.",
        run: xread,
        ..STREAM
    },
    Command {
        name: "xreadgroup",
        syntax: "GROUP/group-block(group consumer) [COUNT/count:integer] [BLOCK/milliseconds:integer] \
            [NOACK] STREAMS/streams(key@0... id...)",
        arity: -7,
        flags: Flags::WRITE.and(Flags::BLOCKING).and(Flags::MOVABLEKEYS),
        keys: &[KeySpec { begin: Begin::Keyword("STREAMS", 4), find: HALF, flags: &["RO", "access"] }],
        summary: "Returns new entries, or those still pending, to a consumer of a group; waits for one if \
                  asked to.",
        complexity: "For each stream mentioned: O(M) with M being the number of elements returned.",
        run: xreadgroup,
        ..STREAM
    },
];

/// Keys, then as many IDs.
const HALF: Find = Find::Range { last: -1, step: 1, limit: 2 };

/// What XREAD and XREADGROUP read alike.
#[derive(Default)]
struct ReadArgs<'a> {
    group: Option<(&'a [u8], &'a [u8])>,
    noack: bool,
    /// At most so many entries of each stream.
    count: Option<usize>,
    /// Whether to wait.
    block: bool,
    /// When to give up, in milliseconds since the Unix epoch.
    deadline: Option<i64>,
    keys: &'a [&'a [u8]],
    ids: &'a [&'a [u8]],
}

impl<'a> ReadArgs<'a> {
    fn read(ctx: &mut Ctx<'_>, args: &mut Args<'a>, group_allowed: bool) -> Result<Self> {
        let mut read = Self::default();
        while !args.is_empty() {
            // The last argument is none of the options, all of which are followed by something.
            let more = args.left() > 1;
            if more && args.keyword("BLOCK") {
                read.deadline = blocking::deadline_in_ms(args.next()?, ctx.now_ms())?;
                read.block = true;
            } else if more && args.keyword("COUNT") {
                read.count = Some(args.int()?).filter(|count| *count > 0).map(|count| count as usize);
            } else if more && args.keyword("STREAMS") {
                let streams = args.take_rest();
                if !streams.len().is_multiple_of(2) {
                    return Err(unbalanced(group_allowed));
                }
                (read.keys, read.ids) = streams.split_at(streams.len() / 2);
            } else if args.left() > 2 && args.keyword("GROUP") {
                if !group_allowed {
                    return Err(Error::Fixed(
                        "ERR The GROUP option is only supported by XREADGROUP. You called XREAD instead.",
                    ));
                }
                read.group = Some((args.next()?, args.next()?));
            } else if args.keyword("NOACK") {
                if !group_allowed {
                    return Err(Error::Fixed(
                        "ERR The NOACK option is only supported by XREADGROUP. You called XREAD instead.",
                    ));
                }
                read.noack = true;
            } else {
                return Err(Error::Syntax);
            }
        }
        if read.keys.is_empty() {
            return Err(Error::Syntax);
        }
        if group_allowed && read.group.is_none() {
            return Err(Error::Fixed("ERR Missing GROUP option for XREADGROUP"));
        }
        Ok(read)
    }

    fn count(&self) -> usize {
        self.count.unwrap_or(usize::MAX)
    }
}

fn unbalanced(group: bool) -> Error {
    Error::Fixed(if group {
        "ERR Unbalanced 'xreadgroup' list of streams: for each stream key an ID or '>' must be specified."
    } else {
        "ERR Unbalanced 'xread' list of streams: for each stream key an ID, '+', or '$' must be specified."
    })
}

/// The reply: a map of the streams that have something, or no list.
struct Streams {
    mark: Mark,
    served: usize,
}

impl Streams {
    fn open(sink: &mut dyn Sink) -> Self {
        Self { mark: sink.open(), served: 0 }
    }

    fn begin(&mut self, sink: &mut dyn Sink, key: &[u8]) {
        self.served += 1;
        sink.entry();
        sink.bulk(key);
    }

    /// Ends the reply; whether it holds anything.
    fn close(self, sink: &mut dyn Sink) -> bool {
        if self.served == 0 {
            sink.cut(self.mark);
            return false;
        }
        let shape = if sink.resp() == 3 { Shape::Map } else { Shape::Array };
        sink.close(self.mark, shape, self.served);
        true
    }
}

/// `XREAD [COUNT count] [BLOCK milliseconds] STREAMS key [key …] id [id …]`
///
/// `$` stands for the last ID at the time of the call, `+` for the one before the last entry.
fn xread(ctx: &mut Ctx<'_>, args: &mut Args<'_>, sink: &mut dyn Sink) -> Result {
    let read = ReadArgs::read(ctx, args, false)?;
    let mut after = smallvec::SmallVec::<[StreamId; 4]>::new();
    for (key, id) in read.keys.iter().zip(read.ids) {
        let log = ctx.read::<Stream>(key)?.map(|stream| &stream.log);
        let last_id = log.map(Log::last_id).unwrap_or_default();
        after.push(match *id {
            b"$" => last_id,
            b"+" => log.and_then(Log::last).and_then(|entry| entry.id.prev()).unwrap_or(last_id),
            b">" => {
                return Err(Error::Fixed(
                    "ERR The > ID can be specified only when calling XREADGROUP using the GROUP <group> \
                     <consumer> option.",
                ));
            }
            id => exact_id(id, 0)?,
        });
    }
    let mut streams = Streams::open(sink);
    for (key, after) in read.keys.iter().zip(&after) {
        let log = ctx.read::<Stream>(key)?.map(|stream| &stream.log);
        let Some(entries) = log.and_then(|log| entries_after(log, *after)) else { continue };
        streams.begin(sink, key);
        say_entries(sink, entries, read.count(), |_| {});
    }
    if streams.close(sink) {
        return Ok(());
    }
    if !read.block {
        sink.null_array();
        return Ok(());
    }
    let mut resolved: Vec<Vec<u8>> = args.argv().iter().map(|arg| arg.to_vec()).collect();
    let first_id = resolved.len() - after.len();
    for (arg, id) in resolved[first_id..].iter_mut().zip(&after) {
        *arg = id.text().to_vec();
    }
    let wait = Wait::for_keys(read.keys, Type::Stream, read.deadline);
    ctx.block(args.argv(), &Wait { resolved: Some(resolved), ..wait }, sink);
    Ok(())
}

/// The entries after an ID; nothing if there are none.
fn entries_after(log: &Log, after: StreamId) -> Option<Peekable<Range<'_>>> {
    let start = after.next().filter(|start| *start <= log.last_id())?;
    let mut entries = log.range(start, StreamId::MAX).peekable();
    entries.peek().is_some().then_some(entries)
}

/// What a consumer asks of one stream.
#[derive(Clone, Copy)]
enum Ask {
    /// `>`: what was never delivered.
    New,
    /// An ID: what was delivered to it after this one and is still pending.
    History(StreamId),
}

/// `XREADGROUP GROUP group consumer [COUNT count] [BLOCK milliseconds] [NOACK] STREAMS key [key …] id [id …]`
///
/// Makes the consumer if there is none of this name. Only `>` waits; a waiter is answered with an error when
/// its key or group is gone. What a cancelled caller had been given stays pending.
fn xreadgroup(ctx: &mut Ctx<'_>, args: &mut Args<'_>, sink: &mut dyn Sink) -> Result {
    let read = ReadArgs::read(ctx, args, true)?;
    let (group, consumer) = read.group.unwrap_or_default();
    let mut asks = smallvec::SmallVec::<[Ask; 4]>::new();
    for (key, id) in read.keys.iter().zip(read.ids) {
        if ctx.read::<Stream>(key)?.is_none_or(|stream| stream.groups.get(group).is_none()) {
            return Err(no_group(key, group, " in XREADGROUP with GROUP option"));
        }
        asks.push(match *id {
            b">" => Ask::New,
            b"$" => return Err(MEANINGLESS_DOLLAR),
            b"+" => return Err(MEANINGLESS_PLUS),
            id => match exact_id(id, 0)? {
                // The server's own way to spell `>`.
                StreamId::MAX => Ask::New,
                id => Ask::History(id),
            },
        });
    }
    let now_ms = ctx.now_ms();
    let mut streams = Streams::open(sink);
    for (key, ask) in read.keys.iter().zip(&asks) {
        let Some(stream) = ctx.read_mut::<Stream>(key)? else { continue };
        let (mut made, served) = (false, streams.served);
        let log = &stream.log;
        stream.groups.update(group, |group| {
            let consumer = consumer_of(group, consumer, now_ms, &mut made);
            match ask {
                Ask::History(after) => {
                    streams.begin(sink, key);
                    say_history(sink, log, group, consumer, *after, read.count(), now_ms);
                }
                Ask::New => {
                    let Some(entries) = entries_after(log, group.last_id) else { return };
                    streams.begin(sink, key);
                    say_entries(sink, entries, read.count(), |id| {
                        group.advance(id, log);
                        if !read.noack {
                            group.deliver(id, Pending { consumer, delivered_ms: now_ms, deliveries: 1 });
                        }
                    });
                    if !read.noack {
                        group.consumer_mut(consumer).active_ms = Some(now_ms);
                    }
                }
            }
        });
        if made || streams.served > served {
            ctx.adjusted(key);
        }
        if made {
            ctx.event(key, Class::STREAM, "xgroup-createconsumer");
        }
    }
    if streams.close(sink) {
        return Ok(());
    }
    if read.block {
        let wait = Wait::for_keys(read.keys, Type::Stream, read.deadline);
        ctx.block(args.argv(), &Wait { on_gone: true, ..wait }, sink);
    } else {
        sink.null_array();
    }
    Ok(())
}

const MEANINGLESS_DOLLAR: Error = Error::Fixed(
    "ERR The $ ID is meaningless in the context of XREADGROUP: you want to read the history of this consumer \
     by specifying a proper ID, or use the > ID to get new messages. The $ ID would just return an empty \
     result set.",
);
const MEANINGLESS_PLUS: Error = Error::Fixed(
    "ERR The + ID is meaningless in the context of XREADGROUP: you want to read the history of this consumer \
     by specifying a proper ID, or use the > ID to get new messages. The + ID would just return an empty \
     result set.",
);

/// The entries of a consumer's that are pending after an ID; one whose entry is gone has no fields.
fn say_history(
    sink: &mut dyn Sink,
    log: &Log,
    group: &mut Group,
    consumer: ConsumerId,
    after: StreamId,
    count: usize,
    now_ms: i64,
) {
    let ids: Vec<StreamId> = match after.next() {
        Some(start) => group.consumer(consumer).pending_from(start).take(count).collect(),
        None => Vec::new(),
    };
    sink.array(ids.len());
    for id in ids {
        if let Some(entry) = log.get(id) {
            say_entry(sink, &entry);
            group.deliver_again(id, now_ms);
        } else {
            sink.array(2);
            say_id(sink, id);
            sink.null_array();
        }
    }
}

/// The consumer of this name, seen now; made if there is none.
pub(super) fn consumer_of(group: &mut Group, name: &[u8], now_ms: i64, made: &mut bool) -> ConsumerId {
    if let Some(consumer) = group.find_consumer(name) {
        group.consumer_mut(consumer).seen_ms = now_ms;
        return consumer;
    }
    *made = true;
    group.add_consumer(name, now_ms)
}

/// `NOGROUP` for a command that needs both a stream and one of its groups.
pub(super) fn no_group(key: &[u8], group: &[u8], tail: &str) -> Error {
    let (key, group) = (until_nul(key), until_nul(group));
    let text = [b"NOGROUP No such key '", key, b"' or consumer group '", group, b"'", tail.as_bytes()];
    Error::text(text.concat())
}

#[cfg(test)]
mod tests;
