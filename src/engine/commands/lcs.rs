//! LCS.

use crate::args::Args;
use crate::command::{Command, Flags, Group, KeySpec};
use crate::dispatch::Ctx;
use crate::error::{Error, Result};
use crate::keyspace::Entry;
use crate::sink::{Shape, Sink};

/// What the rows of this group have in common.
const STRING: Command = Command { group: Group::String, ..Command::BASE };

pub(crate) const COMMANDS: &[Command] = &[Command {
    name: "lcs",
    syntax: "key1@0 key2@0 [LEN] [IDX] [MINMATCHLEN/min-match-len:integer] [WITHMATCHLEN]",
    arity: -3,
    flags: Flags::READONLY,
    keys: &[KeySpec::range(1, 1, 1, &["RO", "access"])],
    since: "7.0.0",
    summary: "Finds the longest common subsequence of two strings.",
    complexity: "O(N*M) where N and M are the lengths of the strings.",
    run: lcs,
    ..STRING
}];

/// The table of a longest common subsequence: at (i, j) the length of that of the first i bytes of one
/// string and the first j of the other.
struct Lengths {
    table: Vec<u32>,
    width: usize,
}

impl Lengths {
    fn of(a: &[u8], b: &[u8]) -> Self {
        let width = b.len() + 1;
        let mut table = vec![0; (a.len() + 1) * width];
        for (i, x) in a.iter().enumerate() {
            let (above, row) = table.split_at_mut((i + 1) * width);
            let above = &above[i * width..];
            for (j, y) in b.iter().enumerate() {
                row[j + 1] = if x == y { above[j] + 1 } else { above[j + 1].max(row[j]) };
            }
        }
        Self { table, width }
    }

    fn at(&self, i: usize, j: usize) -> u32 {
        self.table[i * self.width + j]
    }
}

/// A run of bytes that is the same at `a` in one string and at `b` in the other.
struct Match {
    a: usize,
    b: usize,
    length: usize,
}

/// The runs that make up the subsequence, last first.
fn matches(lengths: &Lengths, a: &[u8], b: &[u8]) -> Vec<Match> {
    let (mut i, mut j) = (a.len(), b.len());
    let mut found: Vec<Match> = Vec::new();
    let mut running = false;
    while i > 0 && j > 0 {
        if a[i - 1] == b[j - 1] {
            (i, j) = (i - 1, j - 1);
            match found.last_mut().filter(|_| running) {
                Some(last) => *last = Match { a: i, b: j, length: last.length + 1 },
                None => found.push(Match { a: i, b: j, length: 1 }),
            }
            running = true;
        } else {
            if lengths.at(i - 1, j) > lengths.at(i, j - 1) {
                i -= 1;
            } else {
                j -= 1;
            }
            running = false;
        }
    }
    found
}

/// `LCS key1 key2 [LEN] [IDX] [MINMATCHLEN length] [WITHMATCHLEN]`
///
/// Takes time and memory in proportion to the product of the lengths. The keys are looked at before the
/// options.
fn lcs(ctx: &mut Ctx<'_>, args: &mut Args<'_>, sink: &mut dyn Sink) -> Result {
    let (a, b) = (args.next()?, args.next()?);
    let (a, b) = (operand(ctx, a), operand(ctx, b));
    let (Some(a), Some(b)) = (a, b) else {
        return Err(Error::Fixed("ERR The specified keys must contain string values"));
    };
    let (mut want_length, mut want_indexes, mut with_length, mut shortest) = (false, false, false, 0);
    while !args.is_empty() {
        if args.keyword("IDX") {
            want_indexes = true;
        } else if args.keyword("LEN") {
            want_length = true;
        } else if args.keyword("WITHMATCHLEN") {
            with_length = true;
        } else if args.left() >= 2 && args.keyword("MINMATCHLEN") {
            shortest = usize::try_from(args.int()?).unwrap_or(0);
        } else {
            return Err(Error::Syntax);
        }
    }
    if want_length && want_indexes {
        return Err(Error::Fixed("ERR If you want both the length and indexes, please just use IDX."));
    }
    let bytes = (a.len() + 1).saturating_mul(b.len() + 1).saturating_mul(size_of::<u32>());
    if bytes > ctx.state.config.max_bulk {
        return Err(Error::Fixed(
            "ERR Insufficient memory, transient memory for LCS exceeds proto-max-bulk-len",
        ));
    }
    let lengths = Lengths::of(&a, &b);
    let length = i64::from(lengths.at(a.len(), b.len()));
    if want_length {
        sink.int(length);
        return Ok(());
    }
    let found = matches(&lengths, &a, &b);
    if !want_indexes {
        let common: Vec<u8> =
            found.iter().rev().flat_map(|run| &a[run.a..run.a + run.length]).copied().collect();
        sink.bulk(&common);
        return Ok(());
    }
    sink.map(2);
    sink.bulk(b"matches");
    let head = sink.open();
    let mut said = 0;
    for run in found.iter().filter(|run| run.length >= shortest) {
        sink.array(if with_length { 3 } else { 2 });
        for start in [run.a, run.b] {
            sink.array(2);
            sink.int(start as i64);
            sink.int((start + run.length - 1) as i64);
        }
        if with_length {
            sink.int(run.length as i64);
        }
        said += 1;
    }
    sink.close(head, Shape::Array, said);
    sink.bulk(b"len");
    sink.int(length);
    Ok(())
}

/// The string of a key, empty if there is none; nothing if it is no string.
fn operand(ctx: &mut Ctx<'_>, key: &[u8]) -> Option<Vec<u8>> {
    match ctx.look(key) {
        Some(entry) => Entry::as_string(entry).map(<[u8]>::to_vec),
        None => Some(Vec::new()),
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::Shell;

    #[test]
    fn the_subsequence_its_length_and_where_it_stands() {
        let mut shell = Shell::new();
        shell.run("MSET a ohmytext b mynewtext");
        assert_eq!(shell.run("LCS a b"), "$6 mytext");
        assert_eq!(shell.run("LCS a b LEN"), ":6");
        assert_eq!(
            shell.run("LCS a b IDX MINMATCHLEN 4 WITHMATCHLEN"),
            "*4 $7 matches *1 *3 *2 :4 :7 *2 :5 :8 :4 $3 len :6"
        );
        assert_eq!(shell.run("LCS a none IDX"), "*4 $7 matches *0 $3 len :0");
    }

    #[test]
    fn too_much_memory_is_refused() {
        let mut shell = Shell::new();
        shell.run("SETRANGE a 20000 x");
        shell.run("SETRANGE b 20000 x");
        assert_eq!(
            shell.run("LCS a b LEN"),
            "-ERR Insufficient memory, transient memory for LCS exceeds proto-max-bulk-len"
        );
    }
}
