//! What is to be known of a stream, its groups and their consumers.

use crate::args::Args;
use crate::command::{Command, Flags, KeySpec};
use crate::dispatch::Ctx;
use crate::error::{Error, Result};
use crate::sink::{Shape, Sink};
use crate::types::Stream;
use crate::types::stream::{Entry, Log, StreamId};
use crate::types::stream_group::{Consumer, Group};

use super::stream::{STREAM, say_entries, say_entry, say_id};
use super::stream_group::no_such_group;

pub(crate) const COMMANDS: &[Command] = &[Command {
    name: "xinfo",
    arity: -2,
    summary: "Tells of a stream, its groups and consumers.",
    complexity: "Depends on subcommand.",
    subcommands: SUBCOMMANDS,
    ..STREAM
}];

/// What XINFO's subcommands have in common.
const XINFO: Command =
    Command { flags: Flags::READONLY, keys: &[KeySpec::one(2, &["RO", "access"])], ..STREAM };

const SUBCOMMANDS: &[Command] = &[
    Command {
        name: "stream",
        full_name: "xinfo|stream",
        syntax: "key@0 [full-block(FULL [COUNT/count:integer])]",
        arity: -3,
        summary: "Tells of a stream.",
        run: stream,
        ..XINFO
    },
    Command {
        name: "groups",
        full_name: "xinfo|groups",
        syntax: "key@0",
        arity: 3,
        summary: "Tells of the groups of a stream.",
        run: groups,
        ..XINFO
    },
    Command {
        name: "consumers",
        full_name: "xinfo|consumers",
        syntax: "key@0 group",
        arity: 4,
        summary: "Tells of the consumers of a group.",
        tips: &["nondeterministic_output"],
        run: consumers,
        ..XINFO
    },
    Command {
        name: "help",
        full_name: "xinfo|help",
        arity: 2,
        flags: Flags::LOADING.and(Flags::STALE),
        keys: &[],
        summary: "Says what the subcommands do.",
        run: help,
        ..XINFO
    },
];

fn label(sink: &mut dyn Sink, name: &str) {
    sink.bulk(name.as_bytes());
}

fn say_int(sink: &mut dyn Sink, name: &str, number: i64) {
    label(sink, name);
    sink.int(number);
}

fn say_int_or_null(sink: &mut dyn Sink, name: &str, number: Option<i64>) {
    label(sink, name);
    match number {
        Some(number) => sink.int(number),
        None => sink.null(),
    }
}

/// `XINFO STREAM key [FULL [COUNT count]]`
///
/// FULL gives up to 10 entries of each list unless COUNT says otherwise; 0 for all.
fn stream(ctx: &mut Ctx<'_>, args: &mut Args<'_>, sink: &mut dyn Sink) -> Result {
    let stream = ctx.read::<Stream>(args.next()?)?.ok_or(Error::NoSuchKey)?;
    if args.is_empty() {
        say_stream(sink, stream);
        return Ok(());
    }
    if !args.keyword("FULL") {
        return Err(super::unknown_form(args));
    }
    let mut count = 10;
    if !args.is_empty() {
        if args.left() != 2 || !args.keyword("COUNT") {
            return Err(super::unknown_form(args));
        }
        count = args.int()?;
    }
    let count = match count {
        ..0 => 10,
        0 => usize::MAX,
        _ => count as usize,
    };
    say_full(sink, stream, count);
    Ok(())
}

/// What both forms of XINFO STREAM begin with: seven pairs.
fn say_log(sink: &mut dyn Sink, log: &Log) {
    say_int(sink, "length", log.len() as i64);
    let blocks: Vec<[u8; 16]> = log.block_ids().map(radix_key).collect();
    say_int(sink, "radix-tree-keys", blocks.len() as i64);
    say_int(sink, "radix-tree-nodes", radix_nodes(&blocks) as i64);
    for (name, id) in [("last-generated-id", log.last_id()), ("max-deleted-entry-id", log.max_deleted_id())] {
        label(sink, name);
        say_id(sink, id);
    }
    say_int(sink, "entries-added", log.entries_added() as i64);
    label(sink, "recorded-first-entry-id");
    say_id(sink, log.first_id());
}

fn say_stream(sink: &mut dyn Sink, stream: &Stream) {
    sink.map(10);
    say_log(sink, &stream.log);
    say_int(sink, "groups", stream.groups.len() as i64);
    let say_edge = |sink: &mut dyn Sink, name, entry: Option<Entry<'_>>| {
        label(sink, name);
        match entry {
            Some(entry) => say_entry(sink, &entry),
            None => sink.null(),
        }
    };
    say_edge(sink, "first-entry", stream.log.first());
    say_edge(sink, "last-entry", stream.log.last());
}

fn say_full(sink: &mut dyn Sink, stream: &Stream, count: usize) {
    sink.map(9);
    say_log(sink, &stream.log);
    label(sink, "entries");
    say_entries(sink, stream.log.range(StreamId::MIN, StreamId::MAX), count, |_| {});
    label(sink, "groups");
    sink.array(stream.groups.len());
    for (name, group) in stream.groups.iter() {
        sink.map(7);
        label(sink, "name");
        sink.bulk(name);
        say_group(sink, &stream.log, group);
        say_int(sink, "pel-count", group.pending_len() as i64);
        label(sink, "pending");
        say_limited(sink, group.pending(StreamId::MIN, StreamId::MAX), count, |sink, (id, pending)| {
            sink.array(4);
            say_id(sink, id);
            sink.bulk(&group.consumer(pending.consumer).name);
            sink.int(pending.delivered_ms);
            sink.int(pending.deliveries);
        });
        label(sink, "consumers");
        let consumers = group.consumers();
        sink.array(consumers.len());
        consumers.for_each(|consumer| say_consumer_full(sink, group, consumer, count));
    }
}

/// Three pairs.
fn say_group(sink: &mut dyn Sink, log: &Log, group: &Group) {
    label(sink, "last-delivered-id");
    say_id(sink, group.last_id);
    say_int_or_null(sink, "entries-read", group.entries_read);
    say_int_or_null(sink, "lag", group.lag(log));
}

fn say_consumer_full(sink: &mut dyn Sink, group: &Group, consumer: &Consumer, count: usize) {
    sink.map(5);
    label(sink, "name");
    sink.bulk(&consumer.name);
    say_int(sink, "seen-time", consumer.seen_ms);
    say_int(sink, "active-time", consumer.active_ms.unwrap_or(-1));
    say_int(sink, "pel-count", consumer.pending_len() as i64);
    label(sink, "pending");
    say_limited(sink, consumer.pending_from(StreamId::MIN), count, |sink, id| {
        let pending = group.pending_of(id);
        sink.array(3);
        say_id(sink, id);
        sink.int(pending.map_or(0, |pending| pending.delivered_ms));
        sink.int(pending.map_or(0, |pending| pending.deliveries));
    });
}

fn say_limited<T>(
    sink: &mut dyn Sink,
    items: impl Iterator<Item = T>,
    count: usize,
    mut say: impl FnMut(&mut dyn Sink, T),
) {
    let mark = sink.open();
    let mut said = 0;
    for item in items.take(count) {
        say(sink, item);
        said += 1;
    }
    sink.close_as(mark, Shape::Array, said);
}

/// `XINFO GROUPS key`
fn groups(ctx: &mut Ctx<'_>, args: &mut Args<'_>, sink: &mut dyn Sink) -> Result {
    let stream = ctx.read::<Stream>(args.next()?)?.ok_or(Error::NoSuchKey)?;
    sink.array(stream.groups.len());
    for (name, group) in stream.groups.iter() {
        sink.map(6);
        label(sink, "name");
        sink.bulk(name);
        say_int(sink, "consumers", group.consumers().len() as i64);
        say_int(sink, "pending", group.pending_len() as i64);
        say_group(sink, &stream.log, group);
    }
    Ok(())
}

/// `XINFO CONSUMERS key group`
fn consumers(ctx: &mut Ctx<'_>, args: &mut Args<'_>, sink: &mut dyn Sink) -> Result {
    let (key, name) = (args.next()?, args.next()?);
    let now_ms = ctx.now_ms();
    let stream = ctx.read::<Stream>(key)?.ok_or(Error::NoSuchKey)?;
    let group = stream.groups.get(name).ok_or_else(|| no_such_group(key, name))?;
    let consumers = group.consumers();
    sink.array(consumers.len());
    for consumer in consumers {
        sink.map(4);
        label(sink, "name");
        sink.bulk(&consumer.name);
        say_int(sink, "pending", consumer.pending_len() as i64);
        let since = |then: i64| now_ms.saturating_sub(then).max(0);
        say_int(sink, "idle", since(consumer.seen_ms));
        say_int(sink, "inactive", consumer.active_ms.map_or(-1, since));
    }
    Ok(())
}

/// `XINFO HELP`
fn help(_: &mut Ctx<'_>, _: &mut Args<'_>, sink: &mut dyn Sink) -> Result {
    super::say_help(
        sink,
        "XINFO",
        &[
            "CONSUMERS <key> <groupname>",
            "    Show consumers of <groupname>.",
            "GROUPS <key>",
            "    Show the stream consumer groups.",
            "STREAM <key> [FULL [COUNT <count>]",
            "    Show information about the stream.",
        ],
    );
    Ok(())
}

/// A block's first ID as the server's radix tree spells it.
fn radix_key(id: StreamId) -> [u8; 16] {
    (u128::from(id.ms) << 64 | u128::from(id.seq)).to_be_bytes()
}

/// How many nodes the server's radix tree has that holds these keys, which are in order and differ.
fn radix_nodes(keys: &[[u8; 16]]) -> usize {
    // An empty tree has its root.
    if keys.is_empty() { 1 } else { subtree_nodes(keys, 0) }
}

/// The nodes under a prefix of `depth` bytes that all keys share: one for the run of bytes they share beyond
/// it, if any, one where they part, and those below; a single key ends in a leaf.
fn subtree_nodes(keys: &[[u8; 16]], depth: usize) -> usize {
    let (first, last) = (&keys[0], &keys[keys.len() - 1]);
    let shared = first.iter().zip(last).skip(depth).take_while(|(a, b)| a == b).count();
    let below: usize = if keys.len() == 1 {
        0
    } else {
        let at = depth + shared;
        keys.chunk_by(|a, b| a[at] == b[at]).map(|part| subtree_nodes(part, at + 1)).sum()
    };
    usize::from(shared > 0) + 1 + below
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keys(ids: &[(u64, u64)]) -> Vec<[u8; 16]> {
        ids.iter().map(|(ms, seq)| radix_key(StreamId { ms: *ms, seq: *seq })).collect()
    }

    /// Counted by a real server's XINFO STREAM.
    #[test]
    fn a_radix_tree_has_as_many_nodes_as_the_servers() {
        assert_eq!(radix_nodes(&[]), 1);
        let ids = [(1, 1), (1, 2), (1, 256), (2, 0), (256, 0), (65536, 1)];
        for (count, nodes) in [(1, 2), (2, 4), (3, 7), (4, 11), (6, 17)] {
            assert_eq!(radix_nodes(&keys(&ids[..count])), nodes, "{count} blocks");
        }
    }
}
