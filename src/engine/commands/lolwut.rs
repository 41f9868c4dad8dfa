//! LOLWUT: art, and the version.

use std::fmt::Write;

use crate::args::Args;
use crate::command::{Command, Flags, Group};
use crate::dispatch::Ctx;
use crate::error::Result;
use crate::sink::Sink;
use crate::store::REDIS_VERSION;

pub(crate) const COMMANDS: &[Command] = &[Command {
    name: "lolwut",
    arity: -1,
    flags: Flags::FAST.and(Flags::READONLY),
    group: Group::Server,
    since: "5.0.0",
    summary: "Draws something, and tells the version.",
    syntax: "[VERSION/version:integer]",
    run: lolwut,
    ..Command::BASE
}];

/// The width of a drawing, in cells.
const WIDTH: usize = 64;
/// The height of a drawing, in lines.
const HEIGHT: usize = 24;

/// `LOLWUT [VERSION version [argument …]]`
///
/// The same drawing for all versions from 5 on, which in Redis draw each its own; none for those before.
fn lolwut(ctx: &mut Ctx<'_>, args: &mut Args<'_>, sink: &mut dyn Sink) -> Result {
    let mut version = i64::MAX;
    if args.left() >= 2 && args.keyword("VERSION") {
        version = args.int()?;
        while !args.is_empty() {
            args.int()?;
        }
    }
    let mut text = String::new();
    if version >= 5 {
        draw(ctx, &mut text);
    }
    let _ = writeln!(text, "Redis ver. {REDIS_VERSION}");
    sink.verbatim("txt", text.as_bytes());
    Ok(())
}

/// Wolfram's rule 30 on a ring, from a line that the dice throw.
fn draw(ctx: &mut Ctx<'_>, text: &mut String) {
    const RULE: u8 = 30;
    let mut cells = ctx.dice().next_u64();
    for _ in 0..HEIGHT {
        text.extend((0..WIDTH).map(|at| if cells >> at & 1 == 1 { '█' } else { ' ' }));
        text.push('\n');
        let (left, right) = (cells.rotate_left(1), cells.rotate_right(1));
        cells = (0..WIDTH).fold(0, |next, at| {
            let bit = |line: u64| (line >> at & 1) as u8;
            let pattern = bit(left) << 2 | bit(cells) << 1 | bit(right);
            next | u64::from(RULE >> pattern & 1) << at
        });
    }
    text.push_str("\nRule 30: each cell follows from the three above it. ");
}

#[cfg(test)]
mod tests {
    use crate::testing::Shell;

    #[test]
    fn the_last_line_tells_the_version() {
        let mut shell = Shell::new();
        let drawing = shell.run("LOLWUT");
        assert!(drawing.contains('█') && drawing.ends_with("Redis ver. 8.0.2"), "{drawing}");
        assert_ne!(shell.run("LOLWUT VERSION 6 1 1"), drawing);
        assert_eq!(shell.run("LOLWUT VERSION 1"), "$17 Redis ver. 8.0.2");
        assert_eq!(shell.run("LOLWUT VERSION x"), "-ERR value is not an integer or out of range");
    }
}
