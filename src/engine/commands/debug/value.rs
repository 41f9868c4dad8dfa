//! How values are kept, as DEBUG tells it.

use std::fmt::Write;

use super::super::object::references;
use crate::args::Args;
use crate::config::parse_memory;
use crate::dispatch::Ctx;
use crate::error::{Error, Result};
use crate::persist::dump::{dump, value_len};
use crate::sink::Sink;
use crate::types::Value;

/// `DEBUG OBJECT key`
///
/// In the words of a real server, which programs take apart. The address is the entry's; the length is that
/// of the value in a payload.
pub(super) fn object(ctx: &mut Ctx<'_>, args: &mut Args<'_>, sink: &mut dyn Sink) -> Result {
    let (limits, now_ms) = (ctx.limits(), ctx.now_ms());
    let entry = ctx.inspect(args.next()?).ok_or(Error::NoSuchKey)?;
    let [low, middle, high] = entry.usage().to_bytes();
    let mut text = format!(
        "Value at:{entry:p} refcount:{} encoding:{} serializedlength:{} lru:{} lru_seconds_idle:{}",
        references(entry),
        entry.encoding(),
        value_len(&dump(entry, &limits)),
        u32::from_le_bytes([low, middle, high, 0]),
        entry.usage().idle_seconds(now_ms),
    );
    if let Some(Value::List(list)) = entry.value()
        && list.encoding() == "quicklist"
    {
        let chunks = list.packed_chunks(limits.list_fill);
        let nodes = chunks.len();
        let size: usize =
            chunks.map(|(chunk, large)| if large { chunk.get(0).len() } else { chunk.size() }).sum();
        let _ = write!(
            text,
            " ql_nodes:{nodes} ql_avg_node:{:.2} ql_listpack_max:{} ql_compressed:0 ql_uncompressed_size:{size}",
            list.len() as f64 / nodes as f64,
            limits.list_fill.size,
        );
    }
    sink.simple(&text);
    Ok(())
}

/// `DEBUG LISTPACK key`
///
/// A real server prints the listpack on its standard output. That is the program's here, and left alone.
pub(super) fn listpack(ctx: &mut Ctx<'_>, args: &mut Args<'_>, sink: &mut dyn Sink) -> Result {
    let entry = ctx.inspect(args.next()?).ok_or(Error::NoSuchKey)?;
    if !matches!(entry.encoding(), "listpack" | "listpackex") {
        return Err(Error::Fixed("ERR Not a listpack encoded object."));
    }
    sink.simple("Listpack structure printed on stdout");
    Ok(())
}

/// `DEBUG QUICKLIST key [0|1]`
///
/// Prints nothing either.
pub(super) fn quicklist(ctx: &mut Ctx<'_>, args: &mut Args<'_>, sink: &mut dyn Sink) -> Result {
    let entry = ctx.inspect(args.next()?).ok_or(Error::NoSuchKey)?;
    if entry.encoding() != "quicklist" {
        return Err(Error::Fixed("ERR Not a quicklist encoded object."));
    }
    sink.simple("Quicklist structure printed on stdout");
    Ok(())
}

/// `DEBUG SET-SKIP-CHECKSUM-VALIDATION 0|1`
///
/// For tests of damaged payloads: what is inside of them is checked all the same.
pub(super) fn skip_checksums(ctx: &mut Ctx<'_>, args: &mut Args<'_>, sink: &mut dyn Sink) -> Result {
    ctx.state.checks_sums = !super::is_on(args.next()?);
    sink.ok();
    Ok(())
}

/// `DEBUG SDSLEN key`
///
/// What a string and its key take is told of the allocations that hold them here: together in one for a small
/// string, so that neither has room to spare.
pub(super) fn sdslen(ctx: &mut Ctx<'_>, args: &mut Args<'_>, sink: &mut dyn Sink) -> Result {
    let entry = ctx.inspect(args.next()?).ok_or(Error::NoSuchKey)?;
    let text = entry.as_string().filter(|_| entry.encoding() != "int");
    let text = text.ok_or(Error::Fixed("ERR Not an sds encoded string."))?;
    let (key, len) = (entry.key().len(), text.len());
    let room = match entry.value() {
        Some(Value::String(string)) => string.bytes.capacity(),
        _ => len,
    };
    sink.simple(&format!(
        "key_sds_len:{key}, key_sds_avail:0, key_zmalloc: {key}, val_sds_len:{len}, val_sds_avail:{}, \
         val_zmalloc: {room}",
        room - len
    ));
    Ok(())
}

/// `DEBUG QUICKLIST-PACKED-THRESHOLD size`
///
/// From this size on an element of a list is a node of its own, which DUMP and DEBUG OBJECT show; 0 leaves it
/// to `list-max-listpack-size` again.
pub(super) fn packed_threshold(ctx: &mut Ctx<'_>, args: &mut Args<'_>, sink: &mut dyn Sink) -> Result {
    const MOST: u64 = (4 << 30) - (1 << 20);
    let size = parse_memory(args.next()?).filter(|size| *size <= MOST);
    ctx.state.config.limits.list_fill.plain_from = size
        .ok_or(Error::Fixed("ERR argument must be a memory value bigger than 1 and smaller than 4gb"))?
        as usize;
    sink.ok();
    Ok(())
}
