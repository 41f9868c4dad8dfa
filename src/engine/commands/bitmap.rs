//! Strings as bitmaps and as arrays of integers.

use std::ops::RangeInclusive;

use smallvec::SmallVec;

use crate::args::{Args, is_word};
use crate::command::{Command, Flags, FoundKey, Group, KeySpec};
use crate::dispatch::Ctx;
use crate::effects::Class;
use crate::error::{Error, Result};
use crate::keyspace::Entry;
use crate::number::parse_int;
use crate::sink::Sink;
use crate::types::bitmap::{self, Field, Operation, Overflow};
use crate::types::{StringValue, Value};

/// What the rows of this group have in common.
const BITMAP: Command = Command { group: Group::Bitmap, ..Command::BASE };

pub(crate) const COMMANDS: &[Command] = &[
    Command {
        name: "bitcount",
        syntax: "key@0 [range(start:integer end:integer [unit<BYTE|BIT>{7.0.0}])]",
        arity: -2,
        flags: Flags::READONLY,
        keys: &[KeySpec::one(1, &["RO", "access"])],
        since: "2.6.0",
        summary: "Counts the set bits of a string.",
        complexity: "O(N) where N is the length of the range.",
        run: bitcount,
        ..BITMAP
    },
    Command {
        name: "bitfield",
        syntax: "key@0 [operation<GET/get-block(encoding offset:integer)|\
            write([OVERFLOW/overflow-block<WRAP|SAT|FAIL>] write-operation<SET/set-block(encoding \
            offset:integer value:integer)|INCRBY/incrby-block(encoding offset:integer \
            increment:integer)>)>...]",
        arity: -2,
        flags: Flags::DENYOOM.and(Flags::WRITE),
        keys: &[KeySpec::one(1, &["RW", "access", "update", "variable_flags"])],
        find_keys: Some(bitfield_keys),
        since: "3.2.0",
        summary: "Reads and writes integers of any width at any bits of a string.",
        complexity: "O(1) for each operation.",
        run: bitfield,
        ..BITMAP
    },
    Command {
        name: "bitfield_ro",
        syntax: "key@0 [GET/get-block(encoding offset:integer)...!]",
        arity: -2,
        flags: Flags::FAST.and(Flags::READONLY),
        keys: &[KeySpec::one(1, &["RO", "access"])],
        since: "6.0.0",
        summary: "Reads integers of any width at any bits of a string.",
        complexity: "O(1) for each operation.",
        run: bitfield_ro,
        ..BITMAP
    },
    Command {
        name: "bitop",
        syntax: "operation<AND|OR|XOR|NOT> destkey@0 key@1...",
        arity: -4,
        flags: Flags::DENYOOM.and(Flags::WRITE),
        keys: &[KeySpec::one(2, &["OW", "update"]), KeySpec::range(3, -1, 1, &["RO", "access"])],
        since: "2.6.0",
        summary: "Stores what a bitwise operation makes of several strings.",
        complexity: "O(N) where N is the length of the strings together.",
        run: bitop,
        ..BITMAP
    },
    Command {
        name: "bitpos",
        syntax: "key@0 bit:integer [range(start:integer [end-unit-block(end:integer [unit<BYTE|\
            BIT>{7.0.0}])])]",
        arity: -3,
        flags: Flags::READONLY,
        keys: &[KeySpec::one(1, &["RO", "access"])],
        since: "2.8.7",
        summary: "Finds the first bit of a string that is set, or that is not.",
        complexity: "O(N) where N is the length of the range.",
        run: bitpos,
        ..BITMAP
    },
    Command {
        name: "getbit",
        syntax: "key@0 offset:integer",
        arity: 3,
        flags: Flags::FAST.and(Flags::READONLY),
        keys: &[KeySpec::one(1, &["RO", "access"])],
        since: "2.2.0",
        summary: "Returns a bit of a string.",
        run: getbit,
        ..BITMAP
    },
    Command {
        name: "setbit",
        syntax: "key@0 offset:integer value:integer",
        arity: 4,
        flags: Flags::DENYOOM.and(Flags::WRITE),
        keys: &[KeySpec::one(1, &["RW", "access", "update"])],
        since: "2.2.0",
        summary: "Sets or clears a bit of a string.",
        run: setbit,
        ..BITMAP
    },
];

const BAD_OFFSET: Error = Error::Fixed("ERR bit offset is not an integer or out of range");

/// A single bit, as a field.
const BIT: Field = Field { signed: false, bits: 1 };

/// The bit that an argument names, which lies within the longest string there may be. Behind a `#`, which
/// BITFIELD alone knows, fields of this width are counted.
fn bit_offset(ctx: &Ctx<'_>, text: &[u8], width: Option<u32>) -> Result<u64> {
    let (text, factor) = match (text, width) {
        ([b'#', text @ ..], Some(width)) => (text, i64::from(width)),
        _ => (text, 1),
    };
    // As in Redis, what is too large to multiply wraps around.
    let offset = parse_int(text).filter(|offset| *offset >= 0).map(|offset| offset.wrapping_mul(factor));
    let offset = offset.and_then(|offset| u64::try_from(offset).ok());
    offset.filter(|offset| offset / 8 < ctx.state.config.max_bulk as u64).ok_or(BAD_OFFSET)
}

/// The string of a key to be written to, made as long as this bit needs it to be; and whether it grew.
fn edit_up_to<'c>(ctx: &'c mut Ctx<'_>, key: &[u8], last: u64) -> Result<(&'c mut Vec<u8>, bool)> {
    let bytes = &mut ctx.edit_string(key)?.bytes;
    let length = (last / 8) as usize + 1;
    let grows = bytes.len() < length;
    if bytes.is_empty() {
        // Memory that comes zeroed is not touched before it is used.
        *bytes = vec![0; length];
    } else if grows {
        bytes.resize(length, 0);
    }
    Ok((bytes, grows))
}

/// `SETBIT key offset value`
///
/// Zeros fill the gap between the old end and the offset. A bit that is as it was is no change, but makes
/// the string longer.
fn setbit(ctx: &mut Ctx<'_>, args: &mut Args<'_>, sink: &mut dyn Sink) -> Result {
    let (key, offset, bit) = (args.next()?, args.next()?, args.next()?);
    let offset = bit_offset(ctx, offset, None)?;
    let bit = match bit {
        b"0" => 0,
        b"1" => 1,
        _ => return Err(Error::Fixed("ERR bit is not an integer or out of range")),
    };
    let (bytes, grown) = edit_up_to(ctx, key, offset)?;
    let before = BIT.get(bytes, offset);
    BIT.set(bytes, offset, bit);
    if grown || before != bit {
        ctx.changed(key, Class::STRING, "setbit");
    }
    sink.int(before);
    Ok(())
}

/// `GETBIT key offset`
///
/// Beyond the end of the string every bit is 0.
fn getbit(ctx: &mut Ctx<'_>, args: &mut Args<'_>, sink: &mut dyn Sink) -> Result {
    let (key, offset) = (args.next()?, args.next()?);
    let offset = bit_offset(ctx, offset, None)?;
    let bytes = ctx.string(key)?.unwrap_or_default();
    sink.int(BIT.get(bytes, offset));
    Ok(())
}

/// What BITCOUNT and BITPOS look at: `[start [end [BYTE | BIT]]]`.
#[derive(Clone, Copy, Debug)]
struct Section {
    start: i64,
    end: Option<i64>,
    in_bits: bool,
}

impl Section {
    fn parse(args: &mut Args<'_>, unit_first: bool) -> Result<Self> {
        if args.left() > 3 {
            return Err(Error::Syntax);
        }
        let mut section = Self { start: 0, end: None, in_bits: false };
        if args.is_empty() {
            return Ok(section);
        }
        section.start = args.int()?;
        if args.is_empty() {
            return Ok(section);
        }
        let end = args.next()?;
        let known_unit = args.is_empty() || args.keyword("BYTE") || {
            section.in_bits = args.keyword("BIT");
            section.in_bits
        };
        // BITPOS looks at the unit before the end, BITCOUNT after it.
        if !known_unit && unit_first {
            return Err(Error::Syntax);
        }
        section.end = Some(parse_int(end).ok_or(Error::NotInteger)?);
        if !known_unit {
            return Err(Error::Syntax);
        }
        Ok(section)
    }

    /// The bits it means of a string; `None` if that has none of them. Both ends count from the end of the
    /// string if they are negative, and from its start if they lie before that.
    fn bits(self, bytes: &[u8]) -> Option<RangeInclusive<u64>> {
        let (length, unit) = (bytes.len() as i64, if self.in_bits { 1 } else { 8 });
        let length = length * 8 / unit;
        let from_end = |index: i64| if index < 0 { (length + index).max(0) } else { index };
        let (first, last) = (from_end(self.start), from_end(self.end.unwrap_or(-1)).min(length - 1));
        (first <= last).then(|| (first * unit) as u64..=(last * unit + unit - 1) as u64)
    }
}

/// `BITCOUNT key [start end [BYTE | BIT]]`
fn bitcount(ctx: &mut Ctx<'_>, args: &mut Args<'_>, sink: &mut dyn Sink) -> Result {
    let key = args.next()?;
    if args.left() == 1 {
        return Err(Error::Syntax);
    }
    let section = Section::parse(args, false)?;
    let bytes = ctx.string(key)?.unwrap_or_default();
    let backwards = section.start < 0 && section.end.is_some_and(|end| end < 0 && section.start > end);
    let bits = section.bits(bytes).filter(|_| !backwards);
    sink.int(bits.map_or(0, |bits| bitmap::count_in(bytes, bits)) as i64);
    Ok(())
}

/// `BITPOS key bit [start [end [BYTE | BIT]]]`
///
/// A string without an end given goes on with zeros.
fn bitpos(ctx: &mut Ctx<'_>, args: &mut Args<'_>, sink: &mut dyn Sink) -> Result {
    let key = args.next()?;
    let bit = match args.int()? {
        0 => false,
        1 => true,
        _ => return Err(Error::Fixed("ERR The bit argument must be 1 or 0.")),
    };
    let section = Section::parse(args, true)?;
    let Some(bytes) = ctx.string(key)? else {
        sink.int(if bit { -1 } else { 0 });
        return Ok(());
    };
    let position = match section.bits(bytes) {
        None => None,
        Some(bits) => {
            let beyond = (!bit && section.end.is_none()).then(|| bits.end() + 1);
            bitmap::position_in(bytes, bit, bits).or(beyond)
        }
    };
    sink.int(position.map_or(-1, |position| position as i64));
    Ok(())
}

/// `BITOP <AND | OR | XOR | NOT> destkey key [key …]`
///
/// Missing keys are empty strings, shorter strings go on with zeros. An empty result deletes the
/// destination.
fn bitop(ctx: &mut Ctx<'_>, args: &mut Args<'_>, sink: &mut dyn Sink) -> Result {
    const OPERATIONS: [(&str, Operation); 4] =
        [("AND", Operation::And), ("OR", Operation::Or), ("XOR", Operation::Xor), ("NOT", Operation::Not)];
    let named = OPERATIONS.into_iter().find(|(name, _)| args.keyword(name));
    let (_, operation) = named.ok_or(Error::Syntax)?;
    let (destination, keys) = (args.next()?, args.take_rest());
    if operation == Operation::Not && keys.len() != 1 {
        return Err(Error::Fixed("ERR BITOP NOT must be called with a single source key."));
    }
    for key in keys {
        ctx.string(key)?;
    }
    let db = &*ctx.database();
    let string = |key: &&[u8]| db.find(db.hash(key), key).and_then(Entry::as_string).unwrap_or_default();
    let bytes = bitmap::combine(operation, &keys.iter().map(string).collect::<Vec<_>>());
    sink.int(bytes.len() as i64);
    if bytes.is_empty() {
        ctx.delete_for_no_result(destination);
    } else {
        ctx.insert(destination, Value::String(StringValue { bytes, edited: true }), None);
        ctx.changed(destination, Class::STRING, "set");
    }
    Ok(())
}

/// One operation of BITFIELD's.
#[derive(Clone, Copy, Debug)]
struct Step {
    field: Field,
    offset: u64,
    action: Action,
}

#[derive(Clone, Copy, Debug)]
enum Action {
    Get,
    Set(i64, Overflow),
    IncrBy(i64, Overflow),
}

impl Step {
    fn writes(&self) -> bool {
        !matches!(self.action, Action::Get)
    }

    /// The last bit of its field.
    fn last(&self) -> u64 {
        self.offset + u64::from(self.field.bits) - 1
    }

    /// What it finds and what it leaves; nothing if that does not fit and is not to be made to.
    fn outcome(&self, bytes: &[u8]) -> Option<(i64, i64)> {
        let before = self.field.get(bytes, self.offset);
        let after = match self.action {
            Action::Get => before,
            // Of a type without a sign, a negative number is a huge one.
            Action::Set(number, overflow) if !self.field.signed => {
                self.field.fit(i128::from(number as u64), overflow)?
            }
            Action::Set(number, overflow) => {
                // As in Redis, a number that is further below the greatest than 64 bits say is above it.
                let (_, max) = self.field.limits();
                let above = self.field.bits < 64 && max - i128::from(number) > i128::from(i64::MAX);
                let overflows = above && overflow == Overflow::Saturate;
                self.field.fit(if overflows { max } else { i128::from(number) }, overflow)?
            }
            Action::IncrBy(number, overflow) => {
                self.field.fit(i128::from(before) + i128::from(number), overflow)?
            }
        };
        Some((before, after))
    }

    /// Says what its reply is, given its outcome.
    fn say(&self, outcome: Option<(i64, i64)>, sink: &mut dyn Sink) {
        match (self.action, outcome) {
            (_, None) => sink.null(),
            (Action::IncrBy(..), Some((_, after))) => sink.int(after),
            (_, Some((before, _))) => sink.int(before),
        }
    }
}

/// The type of a field: `u` or `i` and its width. As in Redis, it ends at a zero byte.
fn field(text: &[u8]) -> Result<Field> {
    let text = text.split(|byte| *byte == 0).next().unwrap_or_default();
    let parsed = text.split_first().and_then(|(kind, bits)| {
        let (signed, most) = match kind {
            b'i' => (true, 64),
            b'u' => (false, 63),
            _ => return None,
        };
        let bits = parse_int(bits).filter(|bits| (1..=most).contains(bits))? as u32;
        Some(Field { signed, bits })
    });
    parsed.ok_or(Error::Fixed(
        "ERR Invalid bitfield type. Use something like i16 u8. Note that u64 is not supported but i64 is.",
    ))
}

/// All operations of a BITFIELD.
fn steps(ctx: &Ctx<'_>, args: &mut Args<'_>) -> Result<SmallVec<[Step; 4]>> {
    let mut steps = SmallVec::new();
    let mut overflow = Overflow::Wrap;
    while !args.is_empty() {
        let left = args.left();
        if left >= 2 && args.keyword("OVERFLOW") {
            overflow = match () {
                () if args.keyword("WRAP") => Overflow::Wrap,
                () if args.keyword("SAT") => Overflow::Saturate,
                () if args.keyword("FAIL") => Overflow::Fail,
                () => return Err(Error::Fixed("ERR Invalid OVERFLOW type specified")),
            };
            continue;
        }
        let action: fn(i64, Overflow) -> Action = match () {
            () if left >= 3 && args.keyword("GET") => |_, _| Action::Get,
            () if left >= 4 && args.keyword("SET") => Action::Set,
            () if left >= 4 && args.keyword("INCRBY") => Action::IncrBy,
            () => return Err(Error::Syntax),
        };
        let field = field(args.next()?)?;
        let offset = bit_offset(ctx, args.next()?, Some(field.bits))?;
        let reads = matches!(action(0, overflow), Action::Get);
        let number = if reads { 0 } else { args.int()? };
        steps.push(Step { field, offset, action: action(number, overflow) });
    }
    Ok(steps)
}

/// A BITFIELD's key, which it only reads with nothing but GET and OVERFLOW.
fn bitfield_keys(argv: &[&[u8]]) -> Vec<FoundKey> {
    let mut rest = argv.get(2..).unwrap_or_default();
    while let [word, after @ ..] = rest {
        let words = match word {
            get if is_word(get, "GET") => 2,
            overflow if is_word(overflow, "OVERFLOW") => 1,
            _ => break,
        };
        let Some(after) = after.get(words..) else { break };
        rest = after;
    }
    vec![(1, if rest.is_empty() { &["RO", "access"] } else { &["RW", "access", "update"] })]
}

/// `BITFIELD key [GET type offset | [OVERFLOW <WRAP | SAT | FAIL>] <SET type offset value |
/// INCRBY type offset increment> …]`
///
/// With a single SET or INCRBY among them, the string is made as long as the last of them needs it, whether
/// they then fail or not; if all fail, no event tells of it.
fn bitfield(ctx: &mut Ctx<'_>, args: &mut Args<'_>, sink: &mut dyn Sink) -> Result {
    let key = args.next()?;
    let steps = steps(ctx, args)?;
    let Some(last) = steps.iter().filter(|step| step.writes()).map(Step::last).max() else {
        return say_fields(ctx, key, &steps, sink);
    };
    sink.array(steps.len());
    let (bytes, grown) = edit_up_to(ctx, key, last)?;
    let mut changed = false;
    for step in &steps {
        let outcome = step.outcome(bytes);
        if let Some((before, after)) = outcome.filter(|_| step.writes()) {
            step.field.set(bytes, step.offset, after);
            changed |= grown || before != after;
        }
        step.say(outcome, sink);
    }
    if changed {
        ctx.changed(key, Class::STRING, "setbit");
    } else if grown {
        ctx.adjusted(key);
    }
    Ok(())
}

/// `BITFIELD_RO key [GET type offset …]`
///
/// OVERFLOW is taken, too, and means nothing.
fn bitfield_ro(ctx: &mut Ctx<'_>, args: &mut Args<'_>, sink: &mut dyn Sink) -> Result {
    let key = args.next()?;
    let steps = steps(ctx, args)?;
    if steps.iter().any(Step::writes) {
        return Err(Error::Fixed("ERR BITFIELD_RO only supports the GET subcommand"));
    }
    say_fields(ctx, key, &steps, sink)
}

/// Says what these steps read, none of which writes.
fn say_fields(ctx: &mut Ctx<'_>, key: &[u8], steps: &[Step], sink: &mut dyn Sink) -> Result {
    let bytes = ctx.string(key)?.unwrap_or_default();
    sink.array(steps.len());
    steps.iter().for_each(|step| step.say(step.outcome(bytes), sink));
    Ok(())
}
