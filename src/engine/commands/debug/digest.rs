//! Digests of values: the same for the same content, however it is kept and in whatever order.
//!
//! What has an order is mixed into a digest one after the other; what has none is added by exclusive or, so
//! that any order gives the same. The digests are a real server's, and so can be compared with its own.

use sha1::{Digest as _, Sha1};

use crate::args::Args;
use crate::dispatch::Ctx;
use crate::error::Result;
use crate::keyspace::Entry;
use crate::number::format_shortest;
use crate::sink::Sink;
use crate::types::stream::StreamId;
use crate::types::{Type, Value};

/// A digest that grows.
#[derive(Clone, Copy, Default)]
struct Digest([u8; 20]);

impl Digest {
    /// Adds something in no order.
    fn add(&mut self, bytes: &[u8]) {
        for (byte, added) in self.0.iter_mut().zip(Sha1::digest(bytes)) {
            *byte ^= added;
        }
    }

    /// Adds what comes next.
    fn mix(&mut self, bytes: &[u8]) {
        self.add(bytes);
        self.0 = Sha1::digest(self.0).into();
    }

    /// The digest of a pair, to be added to another.
    fn of_pair(first: &[u8], second: &[u8]) -> Self {
        let mut digest = Self::default();
        digest.mix(first);
        digest.mix(second);
        digest
    }

    fn say(self, sink: &mut dyn Sink) {
        sink.simple(&crate::number::hex(&self.0));
    }
}

/// `DEBUG DIGEST`
pub(super) fn digest(ctx: &mut Ctx<'_>, _: &mut Args<'_>, sink: &mut dyn Sink) -> Result {
    let now_ms = ctx.now_ms();
    let mut all = Digest::default();
    for (number, db) in ctx.state.dbs.iter().enumerate() {
        let mut live = db.iter().filter(|entry| !entry.is_expired(now_ms)).peekable();
        if live.peek().is_some() {
            all.mix(&(number as u32).to_be_bytes());
        }
        for entry in live {
            let mut digest = Digest::default();
            digest.mix(entry.key());
            mix_value(&mut digest, entry);
            all.add(&digest.0);
        }
    }
    all.say(sink);
    Ok(())
}

/// `DEBUG DIGEST-VALUE key [key …]`
///
/// Zeros stand for a key that is not there.
pub(super) fn digest_value(ctx: &mut Ctx<'_>, args: &mut Args<'_>, sink: &mut dyn Sink) -> Result {
    let keys = args.take_rest();
    sink.array(keys.len());
    for key in keys {
        let mut digest = Digest::default();
        if let Some(entry) = ctx.inspect(key) {
            mix_value(&mut digest, entry);
        }
        digest.say(sink);
    }
    Ok(())
}

/// The number of a type, as digests know it.
fn number_of(kind: Type) -> u32 {
    match kind {
        Type::String => 0,
        Type::List => 1,
        Type::Set => 2,
        Type::ZSet => 3,
        Type::Hash => 4,
        Type::Stream => 6,
    }
}

fn mix_value(digest: &mut Digest, entry: &Entry) {
    digest.mix(&number_of(entry.kind()).to_be_bytes());
    if let Some(text) = entry.as_string() {
        digest.mix(text);
    }
    let (mut digits, mut more_digits) = (itoa::Buffer::new(), itoa::Buffer::new());
    match entry.value() {
        None | Some(Value::String(_)) => {}
        Some(Value::List(list)) => list.iter().for_each(|element| digest.mix(element.text(&mut digits))),
        Some(Value::Set(set)) => set.iter().for_each(|member| digest.add(member.text(&mut digits))),
        Some(Value::ZSet(zset)) => {
            for (member, score) in zset.members() {
                digest.add(&Digest::of_pair(member, &format_shortest(score)).0);
            }
        }
        Some(Value::Hash(hash)) => {
            for (field, value) in hash.iter() {
                let field = field.text(&mut digits);
                let mut pair = Digest::of_pair(field, value.text(&mut more_digits));
                if hash.deadline(field).flatten().is_some() {
                    pair.add(b"!!hexpire!!");
                }
                digest.add(&pair.0);
            }
        }
        Some(Value::Stream(stream)) => {
            for entry in stream.log.range(StreamId::MIN, StreamId::MAX) {
                digest.mix(format!("{}.{}", entry.id.ms, entry.id.seq).as_bytes());
                for (field, value) in entry.fields() {
                    digest.mix(field);
                    digest.mix(value);
                }
            }
        }
    }
    if entry.expire().is_some() {
        digest.add(b"!!expire!!");
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::Shell;

    /// The digests are those that a real server gave.
    #[test]
    fn digests_are_a_real_servers() {
        let mut shell = Shell::new();
        shell.check(&[
            ("DEBUG DIGEST", "+0000000000000000000000000000000000000000"),
            ("DEBUG DIGEST-VALUE", "*0"),
            ("SET a 1", "+OK"),
            ("RPUSH l a b", ":2"),
            ("SADD s a b 1", ":3"),
            ("HSET h a 1 b 2", ":2"),
            (
                "DEBUG DIGEST-VALUE a l s h none",
                "*5 +b4fc66738120fba0b5aa500ab5c2bf89cea1c5da +62f55a532623cf6c3d81081db480b6fd8461eb3f \
                 +e8f32bbb1ad9bf537c8867de4f19fec9e001296d +6c8f22b3bf510fdcfd6122dd0f908a80e88243bf \
                 +0000000000000000000000000000000000000000",
            ),
            ("EXPIRE a 100", ":1"),
            ("HEXPIRE h 100 FIELDS 1 a", "*1 :1"),
            ("ZADD z 1 a 1.5 b inf c 0.1 d", ":4"),
            ("XADD x 1-1 a b", "$3 1-1"),
            ("XADD x 2-5 a b c d", "$3 2-5"),
            (
                "DEBUG DIGEST-VALUE a h z x",
                "*4 +5279988c5d1911f474bcbbf2f0a87012d40f8459 +c07db73128914a41e685572f9d83e5ec946f598d \
                 +1f5e4e852ad68ab1c25ccfd84f43236eb40e7da6 +a659081bb4b9680e4e8e2a32c2ac680e359eb8ae",
            ),
            ("FLUSHALL", "+OK"),
            ("SET a 1", "+OK"),
            ("SELECT 3", "+OK"),
            ("SET b 2", "+OK"),
            ("DEBUG DIGEST", "+244c6ef19d30f02e83ae3141db419d893794ff5b"),
        ]);
    }
}
