//! The command table: one row a command, declared beside its handler.

use std::collections::HashMap;
use std::sync::LazyLock;

use crate::args::{Args, is_word};
use crate::commands;
use crate::dispatch::Ctx;
use crate::error::{Error, Result, quoted};
use crate::sink::Sink;

/// A key's position among the arguments, and what is done with it, in COMMAND INFO's words.
pub type FoundKey = (usize, &'static [&'static str]);

/// What finds a command's keys among its arguments, its name included.
pub type KeyFinder = fn(&[&[u8]]) -> Vec<FoundKey>;

/// What runs a command: arguments in, reply into the sink.
pub type Handler = fn(&mut Ctx<'_>, &mut Args<'_>, &mut dyn Sink) -> Result;

/// One command, or one subcommand of a container command.
#[derive(Clone, Debug)]
pub struct Command {
    /// Lower case; a subcommand's own word only.
    pub name: &'static str,
    /// The number of arguments with the name(s) counted; negative: at least so many.
    pub arity: i32,
    /// What the command is and may do.
    pub flags: Flags,
    /// ACL categories beside those that follow from the flags and the group. Naming one of a type of value,
    /// or the connection's, takes the group's own away: SORT is of lists, sets and sorted sets, not of keys.
    pub categories: &'static [&'static str],
    /// Where the keys stand.
    pub keys: &'static [KeySpec],
    /// What finds the keys where [`Command::keys`] cannot say it: they stand anywhere, or what is done with
    /// them depends on the other arguments.
    pub find_keys: Option<KeyFinder>,
    /// The group of the documentation.
    pub group: Group,
    /// The Redis version that brought it.
    pub since: &'static str,
    /// One sentence.
    pub summary: &'static str,
    /// The order of its running time.
    pub complexity: &'static str,
    /// Its arguments, in the notation of [`crate::syntax`].
    pub syntax: &'static str,
    /// The Redis version that deprecated it, or else empty.
    pub deprecated: &'static str,
    /// Whether it is for servers and those who look after them, not for applications.
    pub system: bool,
    /// Hints for clients and proxies.
    pub tips: &'static [&'static str],
    /// The handler; a container's answers what is said of the container without a subcommand.
    pub run: Handler,
    /// The subcommands of a container.
    pub subcommands: &'static [Command],
    /// The full name `xinfo|stream` of a subcommand; empty for a command of one word.
    pub full_name: &'static str,
    /// Its number in the table; rows have none.
    pub(crate) number: u16,
    /// Which of its calls are measured: those whose number has none of these bits. 0 for all, which rows
    /// leave to the table.
    pub(crate) timing_mask: u8,
}

impl Command {
    /// The row that others start from with `..Command::BASE`.
    pub const BASE: Self = Self {
        name: "",
        arity: 0,
        flags: Flags::NONE,
        categories: &[],
        keys: &[],
        find_keys: None,
        group: Group::Generic,
        since: "1.0.0",
        summary: "",
        complexity: "O(1)",
        syntax: "",
        deprecated: "",
        system: false,
        tips: &[],
        run: no_subcommand,
        subcommands: &[],
        full_name: "",
        number: 0,
        timing_mask: 0,
    };

    /// The name as errors and statistics say it: `get`, `xinfo|stream`.
    pub fn display_name(&self) -> &'static str {
        if self.full_name.is_empty() { self.name } else { self.full_name }
    }

    /// Itself and its subcommands.
    pub fn with_subcommands(&'static self) -> impl Iterator<Item = &'static Self> {
        std::iter::once(self).chain(self.subcommands)
    }

    /// How many words of a command's arguments are its name.
    pub fn words(&self) -> usize {
        if self.full_name.is_empty() { 1 } else { 2 }
    }

    /// The ACL categories, in the order in which a server lists them.
    pub fn acl_categories(&self) -> impl Iterator<Item = &'static str> + '_ {
        CATEGORIES.iter().copied().filter(|category| self.is_in(category))
    }

    fn is_in(&self, category: &str) -> bool {
        match category {
            "write" => self.flags.has(Flags::WRITE),
            "read" => self.flags.has(Flags::READONLY) && self.group != Group::Scripting,
            "admin" | "dangerous" if self.flags.has(Flags::ADMIN) => true,
            "pubsub" => self.flags.has(Flags::PUBSUB),
            "fast" => self.flags.has(Flags::FAST),
            "slow" => !self.flags.has(Flags::FAST),
            "blocking" => self.flags.has(Flags::BLOCKING),
            _ if self.categories.contains(&category) => true,
            // A container is only what its subcommands are.
            _ => {
                self.subcommands.is_empty() && self.group.category() == Some(category) && !self.names_types()
            }
        }
    }

    /// The keys among `argv`; `None` when the arguments do not hold together.
    pub fn keys_of(&self, argv: &[&[u8]]) -> Option<Vec<FoundKey>> {
        if let Some(find_keys) = self.find_keys {
            return Some(find_keys(argv));
        }
        let mut found = Vec::new();
        for spec in self.keys.iter().filter(|spec| spec.is_key()) {
            found.extend(spec.positions(argv)?.into_iter().map(|at| (at, spec.flags)));
        }
        Some(found)
    }

    fn names_types(&self) -> bool {
        self.categories.iter().any(|category| *category != "dangerous" && *category != "admin")
    }

    /// Whether `count` arguments, name(s) included, are as many as it takes.
    pub fn accepts(&self, count: usize) -> bool {
        let arity = self.arity.unsigned_abs() as usize;
        if self.arity < 0 { count >= arity } else { count == arity }
    }
}

/// A container command called without one of its subcommands.
fn no_subcommand(_: &mut Ctx<'_>, args: &mut Args<'_>, _: &mut dyn Sink) -> Result {
    Err(Error::arity(&String::from_utf8_lossy(args.argv()[0]).to_ascii_lowercase()))
}

/// Every ACL category a command can be in.
pub const CATEGORIES: [&str; 21] = [
    "keyspace",
    "read",
    "write",
    "set",
    "sortedset",
    "list",
    "hash",
    "string",
    "bitmap",
    "hyperloglog",
    "geo",
    "stream",
    "pubsub",
    "admin",
    "fast",
    "slow",
    "blocking",
    "dangerous",
    "connection",
    "transaction",
    "scripting",
];

/// A set of command flags, named as COMMAND INFO names them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Flags(u32);

impl Flags {
    /// No flag.
    pub const NONE: Self = Self(0);

    /// Both sets.
    #[must_use]
    pub const fn and(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Those that are not in the other.
    #[must_use]
    pub const fn without(self, other: Self) -> Self {
        Self(self.0 & !other.0)
    }

    /// Whether all of `other` are set.
    pub const fn has(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }

    /// The names of the flags set, in COMMAND INFO's words, which has none for `MAY_REPLICATE`.
    pub fn names(self) -> impl Iterator<Item = &'static str> {
        let told = self.without(Self::MAY_REPLICATE);
        FLAG_NAMES.iter().filter(move |(flag, _)| told.has(*flag)).map(|(_, name)| *name)
    }
}

macro_rules! flags {
    ($($(#[$doc:meta])* $konst:ident = $bit:expr, $name:expr;)*) => {
        impl Flags { $($(#[$doc])* pub const $konst: Self = Self(1 << $bit);)* }
        const FLAG_NAMES: &[(Flags, &str)] = &[$((Flags::$konst, $name)),*];
    };
}

flags! {
    /// Changes data.
    WRITE = 0, "write";
    /// Reads keys only.
    READONLY = 1, "readonly";
    /// Refused when memory is full.
    DENYOOM = 2, "denyoom";
    /// For administrators.
    ADMIN = 3, "admin";
    /// Of publish/subscribe.
    PUBSUB = 4, "pubsub";
    /// Not allowed in scripts.
    NOSCRIPT = 5, "noscript";
    /// May wait.
    BLOCKING = 6, "blocking";
    /// Allowed while data is loaded.
    LOADING = 7, "loading";
    /// Allowed on a stale replica.
    STALE = 8, "stale";
    /// Not shown to MONITOR.
    SKIP_MONITOR = 9, "skip_monitor";
    /// Not logged as slow.
    SKIP_SLOWLOG = 10, "skip_slowlog";
    /// Runs in constant or logarithmic time.
    FAST = 11, "fast";
    /// Allowed before authentication.
    NO_AUTH = 12, "no_auth";
    /// Its keys cannot be told from positions alone.
    MOVABLEKEYS = 13, "movablekeys";
    /// Not allowed within MULTI.
    NO_MULTI = 14, "no_multi";
    /// Allowed while a script runs too long.
    ALLOW_BUSY = 15, "allow_busy";
    /// Not allowed during asynchronous loading.
    NO_ASYNC_LOADING = 16, "no_async_loading";
    /// Takes keys, or none.
    NO_MANDATORY_KEYS = 17, "no_mandatory_keys";
    /// Accepted by a cluster's importing node.
    ASKING = 18, "asking";
    /// May publish or propagate beside its write.
    MAY_REPLICATE = 19, "may_replicate";
}

/// The documentation's command groups.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "their names are the documentation's, as `name` gives them")]
pub enum Group {
    Generic,
    String,
    Bitmap,
    Hyperloglog,
    Geo,
    Hash,
    List,
    Set,
    SortedSet,
    Stream,
    Pubsub,
    Transactions,
    Scripting,
    Server,
    Connection,
    Cluster,
}

impl Group {
    /// The group as COMMAND DOCS names it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Generic => "generic",
            Self::String => "string",
            Self::Bitmap => "bitmap",
            Self::Hyperloglog => "hyperloglog",
            Self::Geo => "geo",
            Self::Hash => "hash",
            Self::List => "list",
            Self::Set => "set",
            Self::SortedSet => "sorted-set",
            Self::Stream => "stream",
            Self::Pubsub => "pubsub",
            Self::Transactions => "transactions",
            Self::Scripting => "scripting",
            Self::Server => "server",
            Self::Connection => "connection",
            Self::Cluster => "cluster",
        }
    }

    /// The ACL category of the group's commands.
    pub fn category(self) -> Option<&'static str> {
        Some(match self {
            Self::Generic => "keyspace",
            Self::String => "string",
            Self::Bitmap => "bitmap",
            Self::Hyperloglog => "hyperloglog",
            Self::Geo => "geo",
            Self::Hash => "hash",
            Self::List => "list",
            Self::Set => "set",
            Self::SortedSet => "sortedset",
            Self::Stream => "stream",
            Self::Transactions => "transaction",
            Self::Scripting => "scripting",
            Self::Connection => "connection",
            // Those that publish and listen say so by their flag.
            Self::Pubsub | Self::Server | Self::Cluster => return None,
        })
    }
}

/// Where some of a command's keys stand, and what is done with them.
#[derive(Clone, Copy, Debug)]
pub struct KeySpec {
    /// Where the search begins.
    pub begin: Begin,
    /// How the keys are found from there.
    pub find: Find,
    /// What is done with them, in COMMAND INFO's words.
    pub flags: &'static [&'static str],
}

/// Where a key search begins.
#[derive(Clone, Copy, Debug)]
pub enum Begin {
    /// At this argument; the name is argument 0.
    Index(i32),
    /// After this word, looked for from this argument on; from the end if negative.
    Keyword(&'static str, i32),
    /// Nowhere that could be said.
    Unknown,
}

/// How keys follow from where their search begins.
#[derive(Clone, Copy, Debug)]
pub enum Find {
    /// Each `step`-th up to `last` after the first (negative: from the end); with a `limit` above 1, the
    /// first part in `limit` of what is left.
    Range {
        /// The last key, counted from the first; negative: from the end of the arguments.
        last: i32,
        /// From one key to the next.
        step: i32,
        /// The share of the rest that is keys: 2 for a half.
        limit: i32,
    },
    /// Their number stands at `index` after the beginning, they from `first` on.
    Count {
        /// Where the number stands, counted from the beginning.
        index: i32,
        /// Where the first key stands, counted from the beginning.
        first: i32,
        /// From one key to the next.
        step: i32,
    },
    /// Not to be said by rule.
    Unknown,
}

impl KeySpec {
    /// The single key at argument `index`.
    pub const fn one(index: i32, flags: &'static [&'static str]) -> Self {
        Self { begin: Begin::Index(index), find: Find::Range { last: 0, step: 1, limit: 0 }, flags }
    }

    /// Keys from argument `index` up to `last` (negative: from the end), each `step`-th.
    pub const fn range(index: i32, last: i32, step: i32, flags: &'static [&'static str]) -> Self {
        Self { begin: Begin::Index(index), find: Find::Range { last, step, limit: 0 }, flags }
    }

    /// As many keys as the argument at `index` says, right after it.
    pub const fn counted(index: i32, flags: &'static [&'static str]) -> Self {
        Self { begin: Begin::Index(index), find: Find::Count { index: 0, first: 1, step: 1 }, flags }
    }

    /// The first key, the last (negative: from the end) and the step between them, for a range that is said
    /// by its positions alone.
    pub fn plain_range(&self) -> Option<(i32, i32, i32)> {
        match (self.begin, self.find) {
            (Begin::Index(first), Find::Range { last, step, limit: 0 | 1 }) => {
                Some((first, if last < 0 { last } else { first + last }, step))
            }
            _ => None,
        }
    }

    /// Whether what is found is named like a key but is none (a shard channel).
    pub fn is_key(&self) -> bool {
        !self.flags.contains(&"not_key")
    }

    /// The positions of these keys among `argv`, none without the word that they follow; `None` when the
    /// arguments do not hold together.
    pub fn positions(&self, argv: &[&[u8]]) -> Option<Vec<usize>> {
        let count = argv.len() as i64;
        let begin = match self.begin {
            Begin::Unknown => return None,
            Begin::Index(index) => i64::from(index),
            Begin::Keyword(word, from) => match keyword_position(argv, word, from) {
                Some(begin) => begin,
                None => return Some(Vec::new()),
            },
        };
        if begin >= count {
            return None;
        }
        let (first, last, step) = match self.find {
            Find::Unknown => return None,
            Find::Range { last, step, limit } => {
                let last = match last {
                    0.. => begin + i64::from(last),
                    -1 if limit > 1 => begin + (count - begin) / i64::from(limit) - 1,
                    _ => count + i64::from(last),
                };
                (begin, last, step)
            }
            Find::Count { index, first, step } => {
                let stated = argv.get((begin + i64::from(index)) as usize)?;
                let keys = crate::number::parse_int(stated).filter(|keys| (1..=count).contains(keys))?;
                let first = begin + i64::from(first);
                (first, first + (keys - 1) * i64::from(step), step)
            }
        };
        (last < count).then(|| (first..=last).step_by(step.max(1) as usize).map(|at| at as usize).collect())
    }
}

fn keyword_position(argv: &[&[u8]], word: &str, from: i32) -> Option<i64> {
    let matches = |at: &usize| is_word(argv[*at], word);
    let start = from.unsigned_abs() as usize;
    let found = if from >= 0 {
        (start..argv.len().saturating_sub(1)).find(matches)
    } else {
        (1..(argv.len() + 1).saturating_sub(start)).rev().find(matches)
    };
    found.map(|at| at as i64 + 1)
}

/// The rows, numbered.
struct Table {
    rows: &'static [Command],
    by_name: HashMap<&'static str, &'static Command, foldhash::fast::FixedState>,
    count: u16,
}

static TABLE: LazyLock<Table> = LazyLock::new(|| {
    let mut count = 0;
    let rows = numbered(commands::GROUPS.iter().copied().flatten(), &mut count);
    Table { rows, by_name: rows.iter().map(|command| (command.name, command)).collect(), count }
});

/// Rows that can be numbered only once all groups are together, kept for good.
fn numbered<'r>(rows: impl Iterator<Item = &'r Command>, count: &mut u16) -> &'static [Command] {
    let mut number = |row: &Command| {
        let number = *count;
        *count += 1;
        let subcommands = numbered(row.subcommands.iter(), count);
        Command { number, timing_mask: timing_mask(row), subcommands, ..row.clone() }
    };
    Vec::leak(rows.map(&mut number).collect())
}

/// Of commands that cannot be slow one call in 16 is measured; SET, whose time is that of its copying, goes
/// with them.
fn timing_mask(row: &Command) -> u8 {
    if row.flags.has(Flags::FAST) || row.name == "set" { 15 } else { 0 }
}

/// Every command of one word, in the order of their groups.
pub fn all() -> impl Iterator<Item = &'static Command> {
    TABLE.rows.iter()
}

/// How many commands there are, subcommands included.
pub fn count() -> usize {
    usize::from(TABLE.count)
}

/// The command of this one-word name, in any case.
pub fn find(name: &[u8]) -> Option<&'static Command> {
    let mut lower = [0; 32];
    let lower = lower.get_mut(..name.len())?;
    lower.copy_from_slice(name);
    lower.make_ascii_lowercase();
    TABLE.by_name.get(std::str::from_utf8(lower).ok()?).copied()
}

/// The command or subcommand that is named `get` or `xinfo|stream`, in any case.
pub fn named(name: &[u8]) -> Option<&'static Command> {
    match name.iter().position(|byte| *byte == b'|') {
        None => find(name),
        Some(bar) => {
            let word = &name[bar + 1..];
            let subcommands = find(&name[..bar])?.subcommands;
            subcommands.iter().find(|sub| sub.name.as_bytes().eq_ignore_ascii_case(word))
        }
    }
}

/// The command or subcommand that `argv` calls.
pub fn resolve(argv: &[&[u8]]) -> Result<&'static Command> {
    let Some(command) = argv.first().and_then(|name| find(name)) else { return Err(unknown_command(argv)) };
    if command.subcommands.is_empty() || argv.len() < 2 {
        return Ok(command);
    }
    let word = argv[1];
    command.subcommands.iter().find(|sub| word.eq_ignore_ascii_case(sub.name.as_bytes())).ok_or_else(|| {
        let help = format!("'. Try {} HELP.", command.name.to_ascii_uppercase());
        Error::quoting("ERR unknown subcommand '", word, &help)
    })
}

fn unknown_command(argv: &[&[u8]]) -> Error {
    const SHOWN: usize = 128;
    let mut text = b"ERR unknown command '".to_vec();
    text.extend_from_slice(quoted(argv.first().copied().unwrap_or_default()));
    text.extend_from_slice(b"', with args beginning with: ");
    let begin = text.len();
    for arg in argv.iter().skip(1) {
        let Some(room) = SHOWN.checked_sub(text.len() - begin).filter(|room| *room > 0) else { break };
        text.push(b'\'');
        text.extend_from_slice(quoted(&arg[..arg.len().min(room)]));
        text.extend_from_slice(b"' ");
    }
    Error::text(text)
}
