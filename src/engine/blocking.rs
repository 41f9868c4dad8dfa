//! Waiters: what blocking commands left behind.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet, VecDeque};
use std::sync::Arc;

use crate::command::Command;
use crate::error::{Error, Result};
use crate::long_double::LongDouble;
use crate::number;
use crate::session::SessionId;
use crate::sink::Sink;
use crate::transaction::DbKey;
use crate::types::Type;

/// What a blocking command answers when its time is up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OnTimeout {
    /// No value.
    Null,
    /// No list.
    NullArray,
    /// None: as many replicas as there are.
    Zero,
    /// None here and none elsewhere.
    Zeros,
    /// OK: it only wanted the time to go by.
    Ok,
}

impl OnTimeout {
    /// Says it.
    pub fn say(self, sink: &mut dyn Sink) {
        match self {
            Self::Null => sink.null(),
            Self::NullArray => sink.null_array(),
            Self::Zero => sink.int(0),
            Self::Zeros => {
                sink.array(2);
                sink.int(0);
                sink.int(0);
            }
            Self::Ok => sink.ok(),
        }
    }
}

/// What a blocking command asks for when it finds nothing.
#[derive(Debug)]
pub struct Wait<'a> {
    /// The keys it waits for, in its own database.
    pub keys: &'a [&'a [u8]],
    /// The type that serves it.
    pub wants: Type,
    /// Whether it also wakes when a key is gone or of another type (XREADGROUP).
    pub on_gone: bool,
    /// When it gives up, in milliseconds since the Unix epoch; never, without.
    pub deadline: Option<i64>,
    /// What it answers then.
    pub on_timeout: OnTimeout,
    /// Its arguments with everything resolved that meant "at the time of the call" (`$`); as they are,
    /// without.
    pub resolved: Option<Vec<Vec<u8>>>,
}

impl<'a> Wait<'a> {
    /// For one of these keys to hold a value of this type, as long as there is time.
    pub fn for_keys(keys: &'a [&'a [u8]], wants: Type, deadline: Option<i64>) -> Self {
        Self { keys, wants, on_gone: false, deadline, on_timeout: OnTimeout::NullArray, resolved: None }
    }

    /// For nothing but the end of the time.
    pub fn in_vain(deadline: Option<i64>, on_timeout: OnTimeout) -> Self {
        Self { on_timeout, ..Self::for_keys(&[], Type::String, deadline) }
    }
}

/// A blocked command, put down.
#[derive(Debug)]
pub struct Waiter {
    /// Its row.
    pub command: &'static Command,
    /// Its arguments, resolved.
    pub argv: Arc<[Box<[u8]>]>,
    /// The keys it waits for.
    pub keys: Vec<DbKey>,
    /// The type that serves it.
    pub wants: Type,
    /// Whether it also wakes when a key is gone or of another type.
    pub on_gone: bool,
    /// When it gives up, in milliseconds since the Unix epoch.
    pub deadline: Option<i64>,
    /// What it answers then.
    pub on_timeout: OnTimeout,
}

/// How to put back what a served waiter took, when its caller was gone before it heard.
#[derive(Debug, PartialEq)]
pub enum Undo {
    /// Elements popped off a list, in the order of their popping.
    List {
        /// Where from.
        key: DbKey,
        /// Whether from the head.
        head: bool,
        /// What.
        elements: Vec<Vec<u8>>,
    },
    /// Members popped off a sorted set.
    ZSet {
        /// Where from.
        key: DbKey,
        /// What, with the scores.
        members: Vec<(Vec<u8>, f64)>,
    },
}

/// Where a waiter stands in the order of those who came.
pub type Arrival = u64;

/// All waiters of a store: at most one a session.
#[derive(Debug, Default)]
pub struct Waiters {
    by_session: HashMap<SessionId, (Arrival, Waiter)>,
    /// Oldest first.
    by_key: HashMap<DbKey, BTreeMap<Arrival, SessionId>>,
    arrivals: Arrival,
    /// Keys with waiters that wake when the key is gone, and how many.
    on_gone: HashMap<DbKey, usize>,
    deadlines: BTreeSet<(i64, SessionId)>,
    ready: VecDeque<DbKey>,
    ready_set: HashSet<DbKey>,
}

impl Waiters {
    /// How many wait.
    pub fn len(&self) -> usize {
        self.by_session.len()
    }

    /// Whether nobody waits.
    pub fn is_empty(&self) -> bool {
        self.by_session.is_empty()
    }

    /// The keys somebody waits for.
    pub fn keys(&self) -> impl Iterator<Item = &DbKey> {
        self.by_key.keys()
    }

    /// The keys whose disappearance somebody waits for, expiry included.
    pub fn keys_on_gone(&self) -> impl Iterator<Item = &DbKey> {
        self.on_gone.keys()
    }

    /// Puts a waiter down.
    pub fn add(&mut self, session: SessionId, waiter: Waiter) {
        self.arrivals += 1;
        for key in &waiter.keys {
            // A key that is named twice is waited for once.
            let twice = self.by_key.entry(key.clone()).or_default().insert(self.arrivals, session).is_some();
            if waiter.on_gone && !twice {
                *self.on_gone.entry(key.clone()).or_default() += 1;
            }
        }
        if let Some(deadline) = waiter.deadline {
            self.deadlines.insert((deadline, session));
        }
        self.by_session.insert(session, (self.arrivals, waiter));
    }

    /// Takes a waiter up again.
    pub fn remove(&mut self, session: SessionId) -> Option<Waiter> {
        let (arrival, waiter) = self.by_session.remove(&session)?;
        for key in &waiter.keys {
            let Some(queue) = self.by_key.get_mut(key) else { continue };
            if queue.remove(&arrival).is_none() {
                continue;
            }
            if queue.is_empty() {
                self.by_key.remove(key);
            }
            if waiter.on_gone
                && let Some(count) = self.on_gone.get_mut(key)
            {
                *count -= 1;
                if *count == 0 {
                    self.on_gone.remove(key);
                }
            }
        }
        if let Some(deadline) = waiter.deadline {
            self.deadlines.remove(&(deadline, session));
        }
        Some(waiter)
    }

    /// The waiter of a session.
    pub fn get(&self, session: SessionId) -> Option<&Waiter> {
        self.by_session.get(&session).map(|(_, waiter)| waiter)
    }

    /// A key was modified: those who wait for it will be looked at.
    pub fn signal(&mut self, key: &DbKey) {
        if self.by_key.contains_key(key) && self.ready_set.insert(key.clone()) {
            self.ready.push_back(key.clone());
        }
    }

    /// The next key to look at.
    pub fn next_ready(&mut self) -> Option<DbKey> {
        let key = self.ready.pop_front()?;
        self.ready_set.remove(&key);
        Some(key)
    }

    /// Who waits for a key and came first after `last`.
    pub fn next_for(&self, key: &DbKey, last: Arrival) -> Option<(Arrival, SessionId)> {
        self.by_key.get(key)?.range(last + 1..).next().map(|(arrival, session)| (*arrival, *session))
    }

    /// Whether somebody waits for this key to be gone.
    pub fn waits_for_end_of(&self, key: &DbKey) -> bool {
        self.on_gone.contains_key(key)
    }

    /// How many have a deadline.
    pub fn deadline_count(&self) -> usize {
        self.deadlines.len()
    }

    /// The earliest deadline, in milliseconds since the Unix epoch.
    pub fn next_deadline(&self) -> Option<i64> {
        self.deadlines.first().map(|(deadline, _)| *deadline)
    }

    /// Somebody whose time is up.
    pub fn next_timed_out(&self, now_ms: i64) -> Option<SessionId> {
        self.deadlines.first().filter(|(deadline, _)| *deadline <= now_ms).map(|(_, session)| *session)
    }
}

/// A timeout in seconds, possibly fractional, as an absolute deadline in milliseconds; none for 0.
pub fn deadline_in_seconds(arg: &[u8], now_ms: i64) -> Result<Option<i64>> {
    const RANGE: Error = Error::Fixed("ERR timeout is not a float or out of range");
    let given = LongDouble::parse(arg).ok_or(RANGE)?;
    // What a double would round to 0, which waits for ever, is a millisecond at least.
    let seconds =
        if given.is_positive() { given.to_double().max(f64::MIN_POSITIVE) } else { given.to_double() };
    let ms = (seconds * 1000.0).ceil();
    if ms > i64::MAX as f64 {
        return Err(Error::Fixed("ERR timeout is out of range"));
    }
    deadline(ms as i64, now_ms)
}

/// A timeout in milliseconds as an absolute deadline; none for 0.
pub fn deadline_in_ms(arg: &[u8], now_ms: i64) -> Result<Option<i64>> {
    const RANGE: Error = Error::Fixed("ERR timeout is not an integer or out of range");
    deadline(number::parse_int(arg).ok_or(RANGE)?, now_ms)
}

fn deadline(ms: i64, now_ms: i64) -> Result<Option<i64>> {
    match ms {
        ..0 => Err(Error::Fixed("ERR timeout is negative")),
        0 => Ok(None),
        _ => now_ms.checked_add(ms).map(Some).ok_or(Error::Fixed("ERR timeout is out of range")),
    }
}
