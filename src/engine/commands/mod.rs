//! The commands, one file a group; each file ends the way to a command: its row, its handler, its tests.

mod acl;
mod bitmap;
mod client;
mod client_list;
mod client_tracking;
mod cluster;
mod config;
mod connection;
mod counter;
mod debug;
mod docs;
mod dump;
mod expire;
mod generic;
mod geo;
mod hash;
mod hash_ttl;
mod hyperloglog;
mod info;
mod introspection;
mod latency;
mod lcs;
mod list;
mod list_blocking;
mod list_pop;
mod lolwut;
mod memory;
mod monitor;
mod object;
mod pubsub;
mod replication;
mod scan;
mod scripting;
mod server;
mod set;
mod set_algebra;
mod slowlog;
mod sort;
mod stream;
mod stream_claim;
mod stream_group;
mod stream_info;
mod stream_read;
mod string;
pub(crate) mod transaction;
mod zset;
mod zset_algebra;
mod zset_pop;
mod zset_range;

use std::ops::Range;

use crate::args::Args;
use crate::blocking::Undo;
use crate::command::Command;
use crate::dispatch::Ctx;
use crate::error::{Error, Result};
use crate::number::parse_int;
use crate::sink::Sink;

/// The rows of every group.
pub(crate) const GROUPS: &[&[Command]] = &[
    bitmap::COMMANDS,
    acl::COMMANDS,
    client::COMMANDS,
    cluster::COMMANDS,
    config::COMMANDS,
    connection::COMMANDS,
    counter::COMMANDS,
    debug::COMMANDS,
    dump::COMMANDS,
    expire::COMMANDS,
    generic::COMMANDS,
    geo::COMMANDS,
    hash::COMMANDS,
    hash_ttl::COMMANDS,
    hyperloglog::COMMANDS,
    info::COMMANDS,
    introspection::COMMANDS,
    latency::COMMANDS,
    lcs::COMMANDS,
    list::COMMANDS,
    list_blocking::COMMANDS,
    list_pop::COMMANDS,
    lolwut::COMMANDS,
    memory::COMMANDS,
    object::COMMANDS,
    monitor::COMMANDS,
    pubsub::COMMANDS,
    replication::COMMANDS,
    scan::COMMANDS,
    scripting::COMMANDS,
    server::COMMANDS,
    set::COMMANDS,
    set_algebra::COMMANDS,
    slowlog::COMMANDS,
    sort::COMMANDS,
    stream::COMMANDS,
    stream_claim::COMMANDS,
    stream_group::COMMANDS,
    stream_info::COMMANDS,
    stream_read::COMMANDS,
    string::COMMANDS,
    transaction::COMMANDS,
    zset::COMMANDS,
    zset_algebra::COMMANDS,
    zset_pop::COMMANDS,
    zset_range::COMMANDS,
    #[cfg(test)]
    crate::testing::COMMANDS,
];

pub(crate) use client_list::describe as describe_session;

/// Puts back what a served waiter took whose caller was gone before it heard.
pub(crate) fn give_back(ctx: &mut Ctx<'_>, undo: Undo) {
    match undo {
        Undo::List { key: (db, key), head, elements } => {
            ctx.db = db;
            list_pop::give_back(ctx, &key, head, &elements);
        }
        Undo::ZSet { key: (db, key), members } => {
            ctx.db = db;
            zset_pop::give_back(ctx, &key, &members);
        }
    }
}

/// A number of keys and as many keys.
fn counted_keys<'a>(args: &mut Args<'a>) -> Result<&'a [&'a [u8]]> {
    let count = parse_int(args.next()?).and_then(|count| usize::try_from(count).ok());
    let count = count.filter(|count| *count > 0);
    args.take(count.ok_or(Error::Fixed("ERR numkeys should be greater than 0"))?)
}

/// `[COUNT count]`, of how many elements a command takes at most; 1 without it.
fn pop_count(args: &mut Args<'_>) -> Result<usize> {
    let mut count = None;
    while !args.is_empty() {
        if count.is_some() || !args.keyword("COUNT") {
            return Err(Error::Syntax);
        }
        let given = parse_int(args.next()?).filter(|count| *count > 0);
        count = Some(given.ok_or(Error::Fixed("ERR count should be greater than 0"))?);
    }
    Ok(count.unwrap_or(1) as usize)
}

/// The indexes from `start` to `stop`, both inclusive and counted from the end if negative, of a value of
/// this length.
fn index_range(start: i64, stop: i64, len: usize) -> Range<usize> {
    let len = len as i64;
    let from_head = |index: i64| if index < 0 { index.saturating_add(len) } else { index };
    let start = from_head(start).max(0);
    let stop = from_head(stop).min(len - 1);
    if start > stop { 0..0 } else { start as usize..stop as usize + 1 }
}

/// The next argument as a number that is not negative; anything else is this error.
fn natural(args: &mut Args<'_>, error: &'static str) -> Result<usize> {
    let number = parse_int(args.next()?).and_then(|number| usize::try_from(number).ok());
    number.ok_or(Error::Fixed(error))
}

/// How many elements to pop, 0 included.
fn natural_count(args: &mut Args<'_>) -> Result<usize> {
    natural(args, "ERR value is out of range, must be positive")
}

/// How often a negative count asks for a random element, which may come again.
///
/// A real server answers any count and ends for want of memory; here what no reply could hold is an error.
fn repeats(count: i64) -> Result<usize> {
    const MOST: u64 = 1 << 27;
    let times = count.unsigned_abs();
    if times > MOST { Err(Error::Fixed("ERR value is out of range")) } else { Ok(times as usize) }
}

/// A container's HELP: a head, the lines, and the two lines that all end with.
fn say_help(sink: &mut dyn Sink, container: &str, lines: &[&str]) {
    sink.array(lines.len() + 3);
    sink.simple(&format!("{container} <subcommand> [<arg> [value] [opt] ...]. Subcommands are:"));
    lines.iter().for_each(|line| sink.simple(line));
    sink.simple("HELP");
    sink.simple("    Print this help.");
}

/// A subcommand that exists, called in a form that does not.
fn unknown_form(args: &Args<'_>) -> Error {
    let argv = args.argv();
    let word = argv.get(1).copied().unwrap_or_default();
    let help = format!("'. Try {} HELP.", String::from_utf8_lossy(argv[0]).to_ascii_uppercase());
    Error::quoting("ERR unknown subcommand or wrong number of arguments for '", word, &help)
}
