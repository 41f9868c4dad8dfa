//! Glob patterns tried out.

use std::hint::black_box;

use crate::args::Args;
use crate::clock::Dice;
use crate::dispatch::Ctx;
use crate::error::Result;
use crate::glob;
use crate::sink::Sink;

/// How many patterns are tried, some milliseconds' worth.
const ROUNDS: usize = 20_000;
/// The longest pattern and the longest text, in bytes.
const LONGEST: usize = 32;
/// What patterns are thrown of: much that means something there.
const ALPHABET: &[u8] = b"**??[[]]^^--\\\\abcABC\0\x80\xff";

/// `DEBUG STRINGMATCH-TEST`
///
/// Matches texts thrown by the store's dice with patterns that are: a pattern without an end of its class, a
/// backslash at the end, must neither be read beyond nor take for ever. Whoever is answered has seen it.
pub(super) fn stringmatch_test(ctx: &mut Ctx<'_>, _: &mut Args<'_>, sink: &mut dyn Sink) -> Result {
    for _ in 0..ROUNDS {
        let (pattern, text) = (thrown(ctx.dice()), thrown(ctx.dice()));
        // Or it would be seen that nobody asks for the answer.
        black_box(glob::matches(&pattern, &text));
    }
    sink.simple("Apparently Redis did not crash: test passed");
    Ok(())
}

fn thrown(dice: &mut Dice) -> Vec<u8> {
    let length = dice.below(LONGEST + 1);
    (0..length).map(|_| ALPHABET[dice.below(ALPHABET.len())]).collect()
}
