//! Client-side caching: who read which keys, and whom to tell when they change.
//!
//! In the ordinary mode the table remembers a key for those who read it, and forgets it when they have been
//! told. In broadcasting mode a session names prefixes, and hears once a unit of all keys that changed under
//! each. Both follow the log of effects: no handler knows of them.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::command::{Command, Flags, Group};
use crate::dispatch::Ctx;
use crate::effects::Effect;
use crate::gate::Gate;
use crate::push::Push;
use crate::session::SessionId;
use crate::store::{Delivery, State};
use crate::table::{self, Table};

/// Which keys a session hears of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// Those it reads.
    All,
    /// Those it reads right after CLIENT CACHING YES.
    OptIn,
    /// Those it reads, but for right after CLIENT CACHING NO.
    OptOut,
    /// All under its prefixes.
    Broadcast,
}

/// What CLIENT TRACKING set.
#[derive(Clone, Debug)]
pub struct Tracking {
    /// Which keys it hears of.
    pub mode: Mode,
    /// Whether it does not hear of its own writes.
    pub no_loop: bool,
    /// Whether CLIENT CACHING was just called.
    pub caching: bool,
    /// The session that is told in its place.
    pub redirect: Option<SessionId>,
    /// Whether that one was found to be gone.
    pub is_broken: bool,
    /// What it hears of in broadcasting mode.
    pub prefixes: BTreeSet<Box<[u8]>>,
}

/// The sessions that hear of a prefix, and what there is to tell them.
#[derive(Debug, Default)]
struct Prefix {
    sessions: BTreeSet<SessionId>,
    /// Keys that changed in this unit, and who changed them last.
    changed: BTreeMap<Box<[u8]>, SessionId>,
}

/// The sessions that read a key.
#[derive(Debug)]
struct Readers {
    key: Box<[u8]>,
    sessions: BTreeSet<SessionId>,
}

impl table::Entry for Readers {
    fn key(&self) -> &[u8] {
        &self.key
    }
}

/// Who is to be told of which keys. Keys are known by their name alone, whatever the database.
#[derive(Debug)]
pub(crate) struct Tracker {
    readers: Table<Readers>,
    /// How many readers these keys have together.
    reader_count: usize,
    prefixes: BTreeMap<Box<[u8]>, Prefix>,
    sessions: BTreeSet<SessionId>,
}

impl Tracker {
    /// One that knows of nobody; its hashes follow from `seed`.
    pub(crate) fn new(seed: u64) -> Self {
        Self {
            readers: Table::new(seed),
            reader_count: 0,
            prefixes: BTreeMap::new(),
            sessions: BTreeSet::new(),
        }
    }

    /// How many keys it knows the readers of.
    pub(crate) fn key_count(&self) -> usize {
        self.readers.len()
    }

    /// How many readers these keys have together.
    pub(crate) fn reader_count(&self) -> usize {
        self.reader_count
    }

    /// How many prefixes somebody hears of.
    pub(crate) fn prefix_count(&self) -> usize {
        self.prefixes.len()
    }

    fn forget_readers(&mut self) {
        self.readers.clear();
        self.reader_count = 0;
    }

    /// How many sessions track.
    pub(crate) fn session_count(&self) -> usize {
        self.sessions.len()
    }

    fn leave_prefixes(&mut self, id: SessionId, prefixes: &BTreeSet<Box<[u8]>>) {
        for prefix in prefixes {
            if let Some(entry) = self.prefixes.get_mut(prefix) {
                entry.sessions.remove(&id);
                if entry.sessions.is_empty() {
                    self.prefixes.remove(prefix);
                }
            }
        }
    }
}

impl State {
    /// Sets how a session tracks.
    pub(crate) fn set_tracking(&mut self, id: SessionId, tracking: Tracking) {
        let Some(session) = self.sessions.get_mut(id) else { return };
        for prefix in &tracking.prefixes {
            self.tracker.prefixes.entry(prefix.clone()).or_default().sessions.insert(id);
        }
        session.tracking = Some(Box::new(tracking));
        session.regate();
        self.tracker.sessions.insert(id);
        self.gate.set(Gate::TRACKED, true);
    }

    /// Ends a session's tracking. What it read stays in the table until it is changed.
    pub(crate) fn stop_tracking(&mut self, id: SessionId) {
        let Some(session) = self.sessions.get_mut(id) else { return };
        let Some(tracking) = session.tracking.take() else { return };
        session.regate();
        self.tracker.leave_prefixes(id, &tracking.prefixes);
        self.tracker.sessions.remove(&id);
    }

    /// Looks whether anybody tracks still, once a session is gone.
    pub(crate) fn end_tracking(&mut self) {
        if self.tracker.sessions.is_empty() {
            self.tracker.forget_readers();
            self.gate.set(Gate::TRACKED, false);
        }
    }

    /// Remembers who read keys, and makes room if these were too many.
    pub(crate) fn remember_readers(&mut self, keys: Vec<Box<[u8]>>, by: SessionId) {
        for key in keys {
            let readers = &mut self.tracker.readers;
            let make = || Readers { key: key.clone(), sessions: BTreeSet::new() };
            let (entry, _) = readers.get_or_insert_with(readers.hash(&key), &key, make);
            self.tracker.reader_count += usize::from(entry.sessions.insert(by));
        }
    }

    /// Forgets keys beyond `tracking-table-max-keys`, chosen by the dice, which those who read them take for
    /// changed.
    fn limit_tracking(&mut self) {
        let most = self.config.tracking_keys;
        while most > 0
            && self.tracker.readers.len() > most
            && let Some(readers) = self.tracker.readers.random(&mut |n| self.dice.below(n))
        {
            let key = readers.key.clone();
            self.tell_readers(&key, SessionId::NONE);
        }
    }

    /// Tells of a key that changed.
    pub(crate) fn invalidate(&mut self, key: &[u8]) {
        // Broadcasts take what a script writes for nobody's own, in spite of NOLOOP.
        let by = if self.scripted { SessionId::NONE } else { self.actor };
        self.tell_readers(key, self.actor);
        self.note_broadcast(key, by);
    }

    /// Tells of a key that the server dropped: to broadcasts nobody's doing, even where a command came upon it.
    pub(crate) fn invalidate_dropped(&mut self, key: &[u8]) {
        self.tell_readers(key, self.actor);
        self.note_broadcast(key, SessionId::NONE);
    }

    fn note_broadcast(&mut self, key: &[u8], by: SessionId) {
        for (prefix, entry) in &mut self.tracker.prefixes {
            if key.starts_with(prefix) {
                entry.changed.insert(key.into(), by);
            }
        }
    }

    fn tell_readers(&mut self, key: &[u8], by: SessionId) {
        let Some(readers) = self.tracker.readers.remove(key) else { return };
        self.tracker.reader_count -= readers.sessions.len();
        for id in readers.sessions {
            let listens = self.sessions.get(id).and_then(|session| session.tracking.as_deref());
            if listens
                .is_some_and(|tracking| tracking.mode != Mode::Broadcast && !(tracking.no_loop && id == by))
            {
                self.tell_tracker(id, Some(vec![key.into()]));
            }
        }
    }

    /// Tells every session that tracks to forget all it has.
    pub(crate) fn invalidate_all(&mut self) {
        self.tracker.forget_readers();
        for id in self.tracker.sessions.clone() {
            self.tell_tracker(id, None);
        }
    }

    /// Ends a unit: broadcasts what changed in it.
    pub(crate) fn broadcast_invalidations(&mut self) {
        self.limit_tracking();
        let mut told = Vec::new();
        for entry in self.tracker.prefixes.values_mut() {
            let changed = std::mem::take(&mut entry.changed);
            if !changed.is_empty() {
                told.extend(entry.sessions.iter().map(|id| (*id, changed.clone())));
            }
        }
        for (id, changed) in told {
            let tracking = self.sessions.get(id).and_then(|session| session.tracking.as_deref());
            let no_loop = tracking.is_some_and(|tracking| tracking.no_loop);
            let foreign = changed.into_iter().filter(|(_, by)| !no_loop || *by != id);
            let keys: Vec<_> = foreign.map(|(key, _)| key).collect();
            if !keys.is_empty() {
                self.tell_tracker(id, Some(keys));
            }
        }
    }

    /// Sends what a session is to forget (`None`: all) to it, or to where it redirects.
    fn tell_tracker(&mut self, id: SessionId, keys: Option<Vec<Box<[u8]>>>) {
        let Some(session) = self.sessions.get_mut(id) else { return };
        let own_resp = session.resp;
        let Some(tracking) = session.tracking.as_deref_mut() else { return };
        let told = tracking.redirect.unwrap_or(id);
        let redirects = tracking.redirect.is_some();
        let listener = self.sessions.get(told).filter(|listener| !listener.closing);
        let Some(listener) = listener else {
            return self.tell_broken(id, own_resp, told);
        };
        let push = if listener.resp == 3 {
            Push::Invalidate(keys)
        } else if redirects && listener.subscriptions() > 0 {
            Push::InvalidateMessage(keys)
        } else {
            return;
        };
        self.deliveries.push(Delivery::Push { session: told, push: Arc::new(push) });
    }

    fn tell_broken(&mut self, id: SessionId, resp: u8, gone: SessionId) {
        let session = self.sessions.get_mut(id);
        if let Some(tracking) = session.and_then(|session| session.tracking.as_deref_mut()) {
            tracking.is_broken = true;
        }
        if resp == 3 {
            let push = Arc::new(Push::BrokenRedirect(gone.client));
            self.deliveries.push(Delivery::Push { session: id, push });
        }
    }
}

impl Ctx<'_> {
    /// Notes which keys a command read, if its session tracks them.
    pub(crate) fn note_read_keys(&mut self, command: &'static Command, argv: &[&[u8]]) {
        if !command.flags.has(Flags::READONLY) || command.group == Group::Scripting {
            return;
        }
        let Some(tracking) = self.own().tracking.as_deref() else { return };
        let wanted = match tracking.mode {
            Mode::All => true,
            Mode::OptIn => tracking.caching,
            Mode::OptOut => !tracking.caching,
            Mode::Broadcast => false,
        };
        if !wanted {
            return;
        }
        let found = command.keys_of(argv).unwrap_or_default();
        let keys: Vec<Box<[u8]>> = found.iter().map(|(at, _)| argv[*at].into()).collect();
        if !keys.is_empty() {
            self.state.effects.push(Effect::Read { keys, by: self.session });
        }
    }

    /// CLIENT CACHING holds for one command, or for one transaction.
    pub(crate) fn end_caching(&mut self, command: &'static Command) {
        let session = self.own();
        if let Some(tracking) = session.tracking.as_deref_mut()
            && !session.transaction.open
            && !command.full_name.starts_with("client|")
        {
            tracking.caching = false;
        }
    }
}
