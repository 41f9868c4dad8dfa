//! Keys by the thousand, for tests that need many and do not care which.

use super::super::natural_count;
use super::super::string::check_length;
use crate::args::Args;
use crate::dispatch::Ctx;
use crate::error::{Error, Result};
use crate::sink::Sink;

/// What the keys of one call may come to, in bytes: a test's hostile count is not to take the memory of the
/// process, nor the store for minutes.
const MOST_BYTES: usize = 4 << 30;
/// What a key takes at least beside what it was asked to hold, in bytes.
const LEAST: usize = 64;
/// After how many keys those who hear of them are told: the log of effects is not to grow with the count.
const DRAIN_EVERY: usize = 1024;

/// `DEBUG POPULATE count [prefix] [size]`
///
/// Makes the keys `prefix:0`, `prefix:1` … with the strings `value:0`, `value:1` …, cut or filled up with NULs to
/// `size`; the prefix is `key` where none is given. Keys that are there stay as they are. No event tells of it,
/// and it does not count as a change to be saved.
///
/// A real server ends for want of memory where too much is asked for; here that is an error.
pub(super) fn populate(ctx: &mut Ctx<'_>, args: &mut Args<'_>, sink: &mut dyn Sink) -> Result {
    let count = natural_count(args)?;
    let prefix = if args.is_empty() { b"key" } else { args.next()? };
    let size = if args.is_empty() { 0 } else { natural_count(args)? };
    check_length(ctx, size)?;
    let each = LEAST + prefix.len() + size;
    if count.checked_mul(each).is_none_or(|bytes| bytes > MOST_BYTES) {
        return Err(Error::Fixed("ERR value is out of range"));
    }
    let dirty = ctx.state.stats.dirty;
    let mut digits = itoa::Buffer::new();
    for number in 0..count {
        let number = digits.format(number).as_bytes();
        let key = [prefix, b":", number].concat();
        if ctx.exists(&key) {
            continue;
        }
        let mut value = [b"value:", number].concat();
        if size > 0 {
            value.resize(size, 0);
        }
        ctx.set_string(&key, &value, None);
        ctx.modified(&key);
        if ctx.state.effects.len() >= DRAIN_EVERY {
            ctx.state.drain_early();
        }
    }
    ctx.state.stats.dirty = dirty;
    sink.ok();
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::testing::Shell;

    #[test]
    fn keys_that_are_there_stay_and_sizes_are_kept_to() {
        let mut shell = Shell::new();
        shell.check(&[
            ("SADD key:1 a", ":1"),
            ("DEBUG POPULATE 3", "+OK"),
            ("MGET key:0 key:2", "*2 $7 value:0 $7 value:2"),
            ("TYPE key:1", "+set"),
            ("DEBUG POPULATE 2 p 3", "+OK"),
            ("DEBUG POPULATE 1 q 9", "+OK"),
            ("MGET p:1 q:0", "*2 $3 val $9 value:0\0\0"),
            ("DBSIZE", ":6"),
        ]);
        assert!(shell.run("INFO persistence").contains("rdb_changes_since_last_save:1 "));
    }

    #[test]
    fn who_watches_hears_of_each_key() {
        let mut shell = Shell::new();
        let other = shell.store.open_session();
        shell.run_as(other, "WATCH key:4000");
        shell.run("DEBUG POPULATE 5000");
        shell.run_as(other, "MULTI");
        assert_eq!(shell.run_as(other, "EXEC"), "*-1");
    }

    #[test]
    fn what_no_memory_holds_is_refused() {
        let mut shell = Shell::new();
        let positive = "-ERR value is out of range, must be positive";
        shell.check(&[
            ("DEBUG POPULATE -1", positive),
            ("DEBUG POPULATE 9223372036854775808", positive),
            ("DEBUG POPULATE 1 k -9223372036854775808", positive),
            ("DEBUG POPULATE 1000000000000", "-ERR value is out of range"),
            ("DEBUG POPULATE 9223372036854775807", "-ERR value is out of range"),
            ("DEBUG POPULATE 100 k 100000000", "-ERR value is out of range"),
            (
                "DEBUG POPULATE 1 k 9223372036854775807",
                "-ERR string exceeds maximum allowed size (proto-max-bulk-len)",
            ),
            ("DBSIZE", ":0"),
        ]);
    }
}
