//! SORT: lists, sets and sorted sets in order, by themselves or by what other keys hold.

use std::borrow::Cow;
use std::cmp::Ordering;
use std::ops::Range;

use crate::args::{Args, is_word};
use crate::command::{Begin, Command, Find, Flags, FoundKey, KeySpec};
use crate::dispatch::{Ctx, Origin};
use crate::effects::Class;
use crate::error::{Error, Result};
use crate::keyspace::Entry;
use crate::number::{parse_bound, parse_int};
use crate::partial_sort::partial_sort;
use crate::sink::Sink;
use crate::types::list::End;
use crate::types::packed::Element;
use crate::types::{Hash, Kind, List, Type, Value, ZSet};

/// What the two rows have in common.
const SORT: Command = Command {
    arity: -2,
    categories: &["dangerous", "list", "set", "sortedset"],
    complexity: "O(N+M*log(M)) where N is the number of elements and M that of those returned",
    ..Command::BASE
};

const READ: KeySpec = KeySpec::one(1, &["RO", "access"]);

/// Keys that stand where no rule says.
const fn somewhere(flags: &'static [&'static str]) -> KeySpec {
    KeySpec { begin: Begin::Unknown, find: Find::Unknown, flags }
}

pub(crate) const COMMANDS: &[Command] = &[
    Command {
        name: "sort",
        syntax: "key@0 [BY/by-pattern:pattern@1\"pattern\"] [LIMIT/limit(offset:integer count:integer)] \
            [GET/get-pattern:pattern@1\"pattern\"...!] [order<ASC|DESC>] [sorting=ALPHA] [STORE/destination@2]",
        flags: Flags::DENYOOM.and(Flags::MOVABLEKEYS).and(Flags::WRITE),
        keys: &[READ, somewhere(&["RO", "access"]), somewhere(&["OW", "update"])],
        find_keys: Some(sort_keys),
        summary: "Returns or stores the elements of a list, set or sorted set in order.",
        run: sort,
        ..SORT
    },
    Command {
        name: "sort_ro",
        syntax: "key@0 [BY/by-pattern:pattern@1\"pattern\"] [LIMIT/limit(offset:integer count:integer)] \
            [GET/get-pattern:pattern@1\"pattern\"...!] [order<ASC|DESC>] [sorting=ALPHA]",
        flags: Flags::MOVABLEKEYS.and(Flags::READONLY),
        keys: &[READ, somewhere(&["RO", "access"])],
        find_keys: Some(|_| vec![(1, READ.flags)]),
        since: "7.0.0",
        summary: "Returns the elements of a list, set or sorted set in order.",
        run: sort_ro,
        ..SORT
    },
];

/// The keys of a SORT that its arguments name; of several STOREs the last counts.
fn sort_keys(argv: &[&[u8]]) -> Vec<FoundKey> {
    let (mut at, mut destination) = (2, None);
    while at < argv.len() {
        let is = |word: &str| is_word(argv[at], word);
        if is("STORE") {
            destination = Some(at + 1).filter(|at| *at < argv.len()).or(destination);
        }
        at += if is("LIMIT") { 3 } else { 1 + usize::from(is("GET") || is("BY")) };
    }
    let mut found: Vec<FoundKey> = vec![(1, READ.flags)];
    found.extend(destination.map(|at| (at, &["OW", "update"][..])));
    found
}

/// `SORT key [BY pattern] [LIMIT offset count] [GET pattern [GET pattern …]] [ASC | DESC] [ALPHA]
/// [STORE destination]`
///
/// Without BY elements are their own weights. A BY without a `*` means no sorting: lists and sorted sets
/// keep their order or are reversed. Elements of the same weight are in the order of their bytes, but with
/// ALPHA. A weight that is missing is 0, or comes first.
fn sort(ctx: &mut Ctx<'_>, args: &mut Args<'_>, sink: &mut dyn Sink) -> Result {
    run(ctx, args, true, sink)
}

/// `SORT_RO key [BY pattern] [LIMIT offset count] [GET pattern [GET pattern …]] [ASC | DESC] [ALPHA]`
fn sort_ro(ctx: &mut Ctx<'_>, args: &mut Args<'_>, sink: &mut dyn Sink) -> Result {
    run(ctx, args, false, sink)
}

/// What follows the key.
#[derive(Debug)]
struct Options<'a> {
    by: Option<Pattern<'a>>,
    /// Whether a BY said not to sort.
    unsorted: bool,
    get: Vec<Pattern<'a>>,
    descending: bool,
    alpha: bool,
    offset: i64,
    /// All that there are, if negative.
    count: i64,
    destination: Option<&'a [u8]>,
}

impl<'a> Options<'a> {
    /// `reads_all`: whether the session's user may read the keys that patterns find.
    fn parse(args: &mut Args<'a>, stores: bool, reads_all: bool) -> Result<Self> {
        const BY_DENIED: Error =
            Error::Fixed("ERR BY option of SORT denied due to insufficient ACL permissions.");
        const GET_DENIED: Error =
            Error::Fixed("ERR GET option of SORT denied due to insufficient ACL permissions.");
        let mut options = Self {
            by: None,
            unsorted: false,
            get: Vec::new(),
            descending: false,
            alpha: false,
            offset: 0,
            count: -1,
            destination: None,
        };
        while !args.is_empty() {
            let after = args.left() - 1;
            match () {
                () if args.keyword("ASC") => options.descending = false,
                () if args.keyword("DESC") => options.descending = true,
                () if args.keyword("ALPHA") => options.alpha = true,
                () if after >= 2 && args.keyword("LIMIT") => {
                    (options.offset, options.count) = (args.int()?, args.int()?);
                }
                () if stores && after >= 1 && args.keyword("STORE") => {
                    options.destination = Some(args.next()?);
                }
                () if after >= 1 && args.keyword("BY") => {
                    let pattern = Pattern::parse(args.next()?);
                    if !reads_all && matches!(pattern, Pattern::Key { .. }) {
                        return Err(BY_DENIED);
                    }
                    options.unsorted |= !matches!(pattern, Pattern::Key { .. });
                    options.by = Some(pattern);
                }
                () if after >= 1 && args.keyword("GET") => {
                    if !reads_all {
                        return Err(GET_DENIED);
                    }
                    options.get.push(Pattern::parse(args.next()?));
                }
                () => return Err(Error::Syntax),
            }
        }
        Ok(options)
    }

    /// Which of so many elements LIMIT asks for.
    fn window(&self, len: usize) -> Range<usize> {
        let clamped = |number: i64| usize::try_from(number).unwrap_or(usize::MAX).min(len);
        let start = clamped(self.offset.max(0));
        start..clamped(self.count).min(len - start) + start
    }

    /// Whether a set is to be sorted though the options say not to: what its order is must not show in what
    /// is stored, or in what a script does.
    fn sorts_anyway(&self, value: &Value, origin: Origin) -> bool {
        matches!(value, Value::Set(_)) && (self.destination.is_some() || origin == Origin::Script)
    }
}

/// What BY and GET look at for an element.
#[derive(Clone, Copy, Debug)]
enum Pattern<'a> {
    /// `#`: the element.
    Element,
    /// The key that has the element in the place of the `*`; of a hash, the field behind `->`.
    Key { before: &'a [u8], after: &'a [u8], field: Option<&'a [u8]> },
    /// Without a `*`: nothing.
    Nothing,
}

impl<'a> Pattern<'a> {
    /// As in Redis, `#`, `*` and `->` count only before the first zero byte.
    fn parse(pattern: &'a [u8]) -> Self {
        let text = &pattern[..memchr::memchr(0, pattern).unwrap_or(pattern.len())];
        if text == b"#" {
            return Self::Element;
        }
        let Some(star) = memchr::memchr(b'*', text) else { return Self::Nothing };
        let arrow = memchr::memmem::find(&text[star + 1..], b"->").map(|at| star + 1 + at);
        let (end, field) = match arrow {
            Some(arrow) if arrow + 2 < text.len() => (arrow, Some(&pattern[arrow + 2..])),
            _ => (pattern.len(), None),
        };
        Self::Key { before: &pattern[..star], after: &pattern[star + 1..end], field }
    }

    /// What it finds for an element; `key` is room to put a key together in.
    fn find<'c>(self, ctx: &'c mut Ctx<'_>, element: &'c [u8], key: &mut Vec<u8>) -> Option<Cow<'c, [u8]>> {
        let (before, after, field) = match self {
            Self::Element => return Some(Cow::Borrowed(element)),
            Self::Nothing => return None,
            Self::Key { before, after, field } => (before, after, field),
        };
        key.clear();
        key.extend_from_slice(before);
        key.extend_from_slice(element);
        key.extend_from_slice(after);
        let entry = ctx.look(key)?;
        match field {
            None => entry.as_string().map(Cow::Borrowed),
            Some(field) => Hash::of(entry.value()?)?.get(field).map(Cow::from),
        }
    }
}

/// Many texts in one allocation.
#[derive(Debug, Default)]
struct Texts {
    bytes: Vec<u8>,
    /// Where each ends.
    ends: Vec<usize>,
}

impl Texts {
    /// The elements at these ranks of a list or a sorted set, or all of a set.
    fn of(value: &Value, ranks: Range<usize>) -> Self {
        let mut texts = Self::default();
        texts.ends.reserve(ranks.len());
        match value {
            Value::List(list) => {
                list.iter_from(ranks.start).take(ranks.len()).for_each(|element| texts.push_element(element));
            }
            Value::Set(set) => set.iter().for_each(|element| texts.push_element(element)),
            Value::ZSet(zset) => zset.range(ranks).for_each(|(member, _)| texts.push(member)),
            _ => {}
        }
        texts
    }

    fn push(&mut self, text: &[u8]) {
        self.bytes.extend_from_slice(text);
        self.ends.push(self.bytes.len());
    }

    fn push_element(&mut self, element: Element<'_>) {
        self.push(element.text(&mut itoa::Buffer::new()));
    }

    fn len(&self) -> usize {
        self.ends.len()
    }

    fn get(&self, index: u32) -> &[u8] {
        let index = index as usize;
        let start = index.checked_sub(1).map_or(0, |before| self.ends[before]);
        &self.bytes[start..self.ends[index]]
    }

    fn indexes(&self) -> Range<u32> {
        0..self.len() as u32
    }
}

/// Elements, and the indexes of those asked for in the order asked for.
#[derive(Debug, Default)]
struct Sorted {
    elements: Texts,
    order: Vec<u32>,
}

/// How many elements there are of a value that can be sorted.
fn count(value: &Value) -> Result<usize> {
    match value {
        Value::List(list) => Ok(list.len()),
        Value::Set(set) => Ok(set.len()),
        Value::ZSet(zset) => Ok(zset.len()),
        _ => Err(Error::WrongType),
    }
}

impl Sorted {
    fn new(ctx: &mut Ctx<'_>, key: &[u8], options: &Options<'_>) -> Result<Self> {
        let origin = ctx.origin;
        let Some(kind) = ctx.look(key).map(Entry::kind) else { return Ok(Self::default()) };
        if kind == Type::ZSet {
            // Redis takes a sorted set out of its pack for this, and shows it.
            let limits = ctx.limits();
            if let Some(zset) = ctx.write::<ZSet>(key)? {
                zset.expect(usize::MAX, &limits);
            }
            ctx.recount(key);
        }
        let value = ctx.entry(key).and_then(Entry::value).ok_or(Error::WrongType)?;
        let len = count(value)?;
        let window = options.window(len);
        if options.unsorted && !options.sorts_anyway(value, origin) {
            if matches!(value, Value::Set(_)) {
                let elements = Texts::of(value, 0..len);
                return Ok(Self { elements, order: (window.start as u32..window.end as u32).collect() });
            }
            let reversed = options.descending;
            let ranks = if reversed { len - window.end..len - window.start } else { window };
            let elements = Texts::of(value, ranks);
            let indexes = elements.indexes();
            let order = if reversed { indexes.rev().collect() } else { indexes.collect() };
            return Ok(Self { elements, order });
        }
        let elements = Texts::of(value, 0..len);
        let by = options.by.filter(|_| !options.unsorted);
        let mut order = if options.alpha || options.unsorted {
            alphabetic(ctx, &elements, by, &window, options)
        } else {
            numeric(ctx, &elements, by, options.descending)?
        };
        order.truncate(window.end);
        order.drain(..window.start);
        Ok(Self { elements, order })
    }
}

/// All indexes in the order of their numbers, then of their elements' bytes.
fn numeric(
    ctx: &mut Ctx<'_>,
    elements: &Texts,
    by: Option<Pattern<'_>>,
    descending: bool,
) -> Result<Vec<u32>> {
    let (mut key, mut failed) = (Vec::new(), false);
    let mut weigh = |index| {
        let element = elements.get(index);
        let weight = match by {
            None => number(element),
            Some(pattern) => pattern.find(ctx, element, &mut key).map_or(Some(0.0), |text| number(&text)),
        };
        // Each key is looked up, whatever the ones before it hold.
        failed |= weight.is_none();
        (weight.unwrap_or(0.0), index)
    };
    let mut weights: Vec<(f64, u32)> = elements.indexes().map(&mut weigh).collect();
    if failed {
        return Err(Error::Fixed("ERR One or more scores can't be converted into double"));
    }
    let compare = |a: &(f64, u32), b: &(f64, u32)| {
        let by_weight = a.0.partial_cmp(&b.0).unwrap_or(Ordering::Equal);
        by_weight.then_with(|| elements.get(a.1).cmp(elements.get(b.1)))
    };
    // What this leaves open is the order of elements that are the same.
    if descending {
        weights.sort_unstable_by(|a, b| compare(b, a));
    } else {
        weights.sort_unstable_by(compare);
    }
    Ok(weights.into_iter().map(|(_, index)| index).collect())
}

/// A weight: a decimal number, never NaN.
fn number(text: &[u8]) -> Option<f64> {
    parse_int(text).map(|number| number as f64).or_else(|| parse_bound(text))
}

/// All indexes, those of the window in the order of their texts, missing ones first. If nothing is stored, a
/// text is compared as far as its first zero byte only, as C does.
fn alphabetic(
    ctx: &mut Ctx<'_>,
    elements: &Texts,
    by: Option<Pattern<'_>>,
    window: &Range<usize>,
    options: &Options<'_>,
) -> Vec<u32> {
    let (mut weights, mut weight_of) = (Texts::default(), Vec::new());
    if let Some(pattern) = by {
        let mut key = Vec::new();
        for index in elements.indexes() {
            let text = pattern.find(ctx, elements.get(index), &mut key);
            weight_of.push(text.is_some().then_some(weights.len() as u32));
            text.iter().for_each(|text| weights.push(text));
        }
    }
    let texts = if by.is_some() { &weights } else { elements };
    let whole = options.destination.is_some() || memchr::memchr(0, &texts.bytes).is_none();
    let text = |index: u32| {
        let text = match by {
            None => elements.get(index),
            Some(_) => weights.get(weight_of[index as usize]?),
        };
        Some(if whole { text } else { text.split(|byte| *byte == 0).next().unwrap_or_default() })
    };
    let compare = |a: &u32, b: &u32| {
        let order = text(*a).cmp(&text(*b));
        if options.descending { order.reverse() } else { order }
    };
    let mut order: Vec<u32> = elements.indexes().collect();
    let wanted = if by.is_some() { window.clone() } else { 0..order.len() };
    partial_sort(&mut order, wanted, compare);
    order
}

fn run(ctx: &mut Ctx<'_>, args: &mut Args<'_>, stores: bool, sink: &mut dyn Sink) -> Result {
    let key = args.next()?;
    let reads_all = ctx.may_read_all_keys(args.argv());
    let options = Options::parse(args, stores, reads_all)?;
    let Sorted { elements, order } = Sorted::new(ctx, key, &options)?;
    let itself = [Pattern::Element];
    let get = if options.get.is_empty() { &itself[..] } else { &options.get };
    let found = order.iter().flat_map(|index| get.iter().map(|pattern| (elements.get(*index), pattern)));
    let mut key = Vec::new();
    let Some(destination) = options.destination else {
        sink.array(order.len() * get.len());
        for (element, pattern) in found {
            sink.bulk_or_null(pattern.find(ctx, element, &mut key).as_deref());
        }
        return Ok(());
    };
    let mut texts = Texts::default();
    for (element, pattern) in found {
        texts.push(&pattern.find(ctx, element, &mut key).unwrap_or_default());
    }
    sink.int(texts.len() as i64);
    if texts.len() == 0 {
        ctx.delete_for_no_result(destination);
        return Ok(());
    }
    let texts: Vec<&[u8]> = texts.indexes().map(|index| texts.get(index)).collect();
    let (mut list, fill) = (List::default(), ctx.limits().list_fill);
    list.push(End::Tail, &texts, fill);
    ctx.insert(destination, list.wrap(), None);
    ctx.changed(destination, Class::LIST, "sortstore");
    Ok(())
}
