//! Taking over what others have pending in a group.

use crate::args::Args;
use crate::command::{Command, Flags, KeySpec};
use crate::dispatch::Ctx;
use crate::effects::Class;
use crate::error::{Error, Result, until_nul};
use crate::number;
use crate::sink::{Shape, Sink};
use crate::types::Stream;
use crate::types::stream::{Entry, StreamId};
use crate::types::stream_group::{Group, Pending};

use super::stream::{STREAM, exact_id, interval_start, say_entry, say_id};
use super::stream_read::{consumer_of, no_group};

pub(crate) const COMMANDS: &[Command] = &[
    Command {
        name: "xclaim",
        syntax: "key@0 group consumer min-idle-time id... [IDLE/ms:integer] \
            [TIME/unix-time-milliseconds:unix-time] [RETRYCOUNT/count:integer] [FORCE] [JUSTID] \
            [LASTID/lastid]",
        arity: -6,
        flags: Flags::WRITE.and(Flags::FAST),
        keys: &[KeySpec::one(1, &["RW", "update"])],
        summary: "Gives pending entries, by their IDs, to a consumer of the group.",
        complexity: "O(log N) with N being the number of messages in the PEL of the consumer group.",
        tips: &["nondeterministic_output"],
        run: xclaim,
        ..STREAM
    },
    Command {
        name: "xautoclaim",
        syntax: "key@0 group consumer min-idle-time start [COUNT/count:integer] [JUSTID]",
        arity: -6,
        flags: Flags::WRITE.and(Flags::FAST),
        keys: &[KeySpec::one(1, &["RW", "delete"])],
        since: "6.2.0",
        summary: "Gives pending entries that have been idle for long to a consumer of the group.",
        complexity: "O(1) if COUNT is small.",
        tips: &["nondeterministic_output"],
        run: xautoclaim,
        ..STREAM
    },
];

/// XCLAIM's options.
struct ClaimArgs {
    /// What becomes the time of the last delivery, in milliseconds since the Unix epoch.
    delivered_ms: i64,
    /// What becomes the number of deliveries; one more than before, without.
    deliveries: Option<i64>,
    force: bool,
    just_id: bool,
    last_id: StreamId,
}

impl ClaimArgs {
    fn read(args: &mut Args<'_>, now_ms: i64) -> Result<Self> {
        let mut read = Self {
            delivered_ms: now_ms,
            deliveries: None,
            force: false,
            just_id: false,
            last_id: StreamId::MIN,
        };
        while let Some(word) = args.peek() {
            let more = args.left() > 1;
            if args.keyword("FORCE") {
                read.force = true;
            } else if args.keyword("JUSTID") {
                read.just_id = true;
            } else if more && args.keyword("IDLE") {
                let idle = option_int(args, "ERR Invalid IDLE option argument for XCLAIM")?;
                read.delivered_ms = now_ms.wrapping_sub(idle);
            } else if more && args.keyword("TIME") {
                read.delivered_ms = option_int(args, "ERR Invalid TIME option argument for XCLAIM")?;
            } else if more && args.keyword("RETRYCOUNT") {
                let count = option_int(args, "ERR Invalid RETRYCOUNT option argument for XCLAIM")?;
                read.deliveries = Some(count).filter(|count| *count >= 0);
            } else if more && args.keyword("LASTID") {
                read.last_id = exact_id(args.next()?, 0)?;
            } else {
                return Err(Error::text(
                    [b"ERR Unrecognized XCLAIM option '", until_nul(word), b"'"].concat(),
                ));
            }
        }
        // A time that is not over yet, or before all time, would break the order of idle times.
        if !(0..=now_ms).contains(&read.delivered_ms) {
            read.delivered_ms = now_ms;
        }
        Ok(read)
    }
}

fn option_int(args: &mut Args<'_>, refusal: &'static str) -> Result<i64> {
    number::parse_int(args.next()?).ok_or(Error::Fixed(refusal))
}

/// `XCLAIM key group consumer min-idle-time id [id …] [IDLE ms] [TIME unix-time-ms] [RETRYCOUNT count] [FORCE]
/// [JUSTID] [LASTID lastid]`
///
/// JUSTID does not count a delivery. An entry that is deleted leaves the pending entries list.
fn xclaim(ctx: &mut Ctx<'_>, args: &mut Args<'_>, sink: &mut dyn Sink) -> Result {
    let (key, name, consumer) = (args.next()?, args.next()?, args.next()?);
    let now_ms = ctx.now_ms();
    let stream = ctx.read_mut::<Stream>(key)?;
    let stream = stream.filter(|stream| stream.groups.get(name).is_some());
    let stream = stream.ok_or_else(|| no_group(key, name, ""))?;
    let min_idle = option_int(args, "ERR Invalid min-idle-time argument for XCLAIM")?;
    let mut ids = smallvec::SmallVec::<[StreamId; 8]>::new();
    while let Some(id) = args.peek().and_then(|text| StreamId::parse(text, 0)) {
        ids.push(id);
        args.next()?;
    }
    let asked = ClaimArgs::read(args, now_ms)?;

    let log = &stream.log;
    let (mut made, mut changed) = (false, false);
    stream.groups.update(name, |group| {
        changed = asked.last_id > group.last_id;
        group.last_id = group.last_id.max(asked.last_id);
        let consumer = consumer_of(group, consumer, now_ms, &mut made);
        let mark = sink.open();
        let mut claimed = 0;
        for id in ids {
            let before = group.pending_of(id).copied();
            let Some(entry) = log.get(id) else {
                changed |= group.acknowledge(id);
                continue;
            };
            let deliveries = match before {
                None if !asked.force => continue,
                // As if it had been delivered once, to nobody.
                None => 1,
                Some(before) if min_idle > 0 && idle(&before, now_ms) < min_idle => continue,
                Some(before) => before.deliveries,
            };
            let deliveries = asked.deliveries.unwrap_or(deliveries.wrapping_add(i64::from(!asked.just_id)));
            group.deliver(id, Pending { consumer, delivered_ms: asked.delivered_ms, deliveries });
            say_claimed(sink, &entry, asked.just_id);
            claimed += 1;
        }
        sink.close_as(mark, Shape::Array, claimed);
        if claimed > 0 {
            group.consumer_mut(consumer).active_ms = Some(now_ms);
        }
        changed |= claimed > 0;
    });
    report(ctx, key, made, changed);
    Ok(())
}

fn idle(pending: &Pending, now_ms: i64) -> i64 {
    now_ms.wrapping_sub(pending.delivered_ms)
}

fn say_claimed(sink: &mut dyn Sink, entry: &Entry<'_>, just_id: bool) {
    if just_id {
        say_id(sink, entry.id);
    } else {
        say_entry(sink, entry);
    }
}

fn report(ctx: &mut Ctx<'_>, key: &[u8], made: bool, changed: bool) {
    if made || changed {
        ctx.adjusted(key);
    }
    if made {
        ctx.event(key, Class::STREAM, "xgroup-createconsumer");
    }
}

/// `XAUTOCLAIM key group consumer min-idle-time start [COUNT count] [JUSTID]`
///
/// Answers where to go on (`0-0` at the end), what was claimed, and the IDs of deleted entries, which left
/// the pending entries list. Looks at ten times as many entries as it may claim.
fn xautoclaim(ctx: &mut Ctx<'_>, args: &mut Args<'_>, sink: &mut dyn Sink) -> Result {
    /// The server keeps the IDs it claims in one allocation, whose size has to be a positive number.
    const MOST: i64 = i64::MAX / 16;
    let (key, name, consumer) = (args.next()?, args.next()?, args.next()?);
    ctx.look(key);
    let min_idle = option_int(args, "ERR Invalid min-idle-time argument for XAUTOCLAIM")?;
    let start = interval_start(args.next()?)?;
    let (mut count, mut just_id) = (100, false);
    while !args.is_empty() {
        if args.left() >= 2 && args.keyword("COUNT") {
            let asked = number::parse_int(args.next()?).filter(|count| (1..=MOST).contains(count));
            count = asked.ok_or(Error::Fixed("ERR COUNT must be > 0"))?;
        } else if args.keyword("JUSTID") {
            just_id = true;
        } else {
            return Err(Error::Syntax);
        }
    }
    let now_ms = ctx.now_ms();
    let stream = ctx.write::<Stream>(key)?;
    let stream = stream.filter(|stream| stream.groups.get(name).is_some());
    let stream = stream.ok_or_else(|| no_group(key, name, ""))?;

    let log = &stream.log;
    let (mut made, mut changed) = (false, false);
    stream.groups.update(name, |group| {
        let consumer = consumer_of(group, consumer, now_ms, &mut made);
        let next = |group: &Group, from: Option<StreamId>| {
            from.and_then(|from| {
                group.pending(from, StreamId::MAX).next().map(|(id, pending)| (id, *pending))
            })
        };
        let (mut from, mut attempts) = (Some(start), count.saturating_mul(10));
        let (mut claimed, mut deleted) = (Vec::new(), Vec::new());
        while attempts > 0
            && count > 0
            && let Some((id, pending)) = next(group, from)
        {
            attempts -= 1;
            from = id.next();
            let Some(entry) = log.get(id) else {
                group.acknowledge(id);
                deleted.push(id);
                count -= 1;
                continue;
            };
            if min_idle > 0 && idle(&pending, now_ms) < min_idle {
                continue;
            }
            let deliveries = pending.deliveries.wrapping_add(i64::from(!just_id));
            group.deliver(id, Pending { consumer, delivered_ms: now_ms, deliveries });
            claimed.push(entry);
            count -= 1;
        }
        if !claimed.is_empty() {
            group.consumer_mut(consumer).active_ms = Some(now_ms);
        }
        changed = !(claimed.is_empty() && deleted.is_empty());
        sink.array(3);
        say_id(sink, next(group, from).map(|(id, _)| id).unwrap_or_default());
        sink.array(claimed.len());
        claimed.iter().for_each(|entry| say_claimed(sink, entry, just_id));
        sink.array(deleted.len());
        deleted.into_iter().for_each(|id| say_id(sink, id));
    });
    report(ctx, key, made, changed);
    Ok(())
}

#[cfg(test)]
mod tests;
