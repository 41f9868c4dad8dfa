//! SLOWLOG's entries, and the samples of LATENCY: what took longer than somebody wants to hear of.

use std::collections::{BTreeMap, VecDeque};

use crate::command::{Command, Flags};
use crate::dispatch::Ctx;
use crate::monitor::secrets;

/// How many arguments an entry keeps; the last of them tells how many more there were.
const ARGUMENTS: usize = 32;
/// How much of an argument an entry keeps, in bytes.
const ARGUMENT: usize = 128;
/// How many samples of an event are kept: one for each second that had any.
const SAMPLES: usize = 160;

/// A command that took long.
#[derive(Clone, Debug)]
pub(crate) struct Entry {
    pub(crate) id: i64,
    /// When it ended, in seconds since the Unix epoch.
    pub(crate) at_seconds: i64,
    /// How long it took, in microseconds.
    pub(crate) us: u64,
    pub(crate) argv: Vec<Vec<u8>>,
    /// Whose it was: address and name.
    pub(crate) address: String,
    pub(crate) name: Vec<u8>,
}

/// The commands that took longest to be worth a look, the last one first.
#[derive(Clone, Debug, Default)]
pub(crate) struct Slowlog {
    pub(crate) entries: VecDeque<Entry>,
    next_id: i64,
}

impl Slowlog {
    /// Keeps an entry, and so many with it at most; where that is none, the others stay.
    fn push(&mut self, mut entry: Entry, most: usize) {
        if most == 0 {
            return;
        }
        entry.id = self.next_id;
        self.next_id += 1;
        self.entries.push_front(entry);
        self.entries.truncate(most);
    }
}

/// How long an event of one kind took, second by second.
#[derive(Clone, Debug, Default)]
pub(crate) struct Series {
    /// Seconds since the Unix epoch, and the longest event of that second in milliseconds; oldest first.
    pub(crate) samples: VecDeque<(i64, u64)>,
    /// The longest ever, in milliseconds.
    pub(crate) longest_ms: u64,
}

impl Series {
    fn add(&mut self, at_seconds: i64, ms: u64) {
        self.longest_ms = self.longest_ms.max(ms);
        match self.samples.back_mut() {
            Some((second, longest)) if *second == at_seconds => *longest = (*longest).max(ms),
            _ => self.samples.push_back((at_seconds, ms)),
        }
        if self.samples.len() > SAMPLES {
            self.samples.pop_front();
        }
    }
}

/// The samples of LATENCY, by the event's name.
pub(crate) type Latencies = BTreeMap<&'static str, Series>;

impl Ctx<'_> {
    /// Notes a command that took this long, as far as SLOWLOG and LATENCY want to know of it: of a script and
    /// of what it calls as well.
    #[cold]
    pub(crate) fn note_slow(&mut self, command: &'static Command, argv: &[&[u8]], ns: u64) {
        let at_seconds = self.state.clock.now_us() / 1_000_000;
        let config = &self.state.config;
        let (limit, threshold_ms, most) =
            (config.slower_than_us, config.latency_threshold_ms, config.slowlog_length);
        let (us, ms) = (ns / 1000, ns / 1_000_000);
        let logged = u64::try_from(limit).is_ok_and(|limit| us >= limit);
        if logged && !command.flags.has(Flags::SKIP_SLOWLOG) {
            let own = self.own();
            let (address, name) = (own.address().into_owned(), own.name.clone());
            let argv = kept(command, argv);
            self.state.slowlog.push(Entry { id: 0, at_seconds, us, argv, address, name }, most);
        }
        if threshold_ms > 0 && ms >= threshold_ms {
            let event = if command.flags.has(Flags::FAST) { "fast-command" } else { "command" };
            self.state.latencies.entry(event).or_default().add(at_seconds, ms);
        }
    }
}

/// As much of the arguments as an entry keeps, without secrets.
fn kept(command: &Command, argv: &[&[u8]]) -> Vec<Vec<u8>> {
    let secret = secrets(command, argv);
    let shown = if argv.len() > ARGUMENTS { ARGUMENTS - 1 } else { argv.len() };
    let mut kept: Vec<Vec<u8>> = argv[..shown]
        .iter()
        .enumerate()
        .map(|(at, arg)| {
            if secret.contains(&at) {
                b"(redacted)".to_vec()
            } else if arg.len() > ARGUMENT {
                let more = format!("... ({} more bytes)", arg.len() - ARGUMENT);
                [&arg[..ARGUMENT], more.as_bytes()].concat()
            } else {
                arg.to_vec()
            }
        })
        .collect();
    if shown < argv.len() {
        kept.push(format!("... ({} more arguments)", argv.len() - shown).into_bytes());
    }
    kept
}
