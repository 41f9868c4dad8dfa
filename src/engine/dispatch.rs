//! The way of a command: check, queue or run; and what a handler may touch.

mod keys;

use crate::args::Args;
use crate::blocking::{Undo, Wait, Waiter};
use crate::clock::Dice;
use crate::command::Command;
use crate::config::Limits;
use crate::containment::Lent;
use crate::effects::{Class, Effect};
use crate::error::{Error, Result};
use crate::gate::Gate;
use crate::keyspace::Db;
use crate::session::{Session, SessionId};
use crate::sink::Sink;
use crate::store::{Outcome, State};
use crate::table::Place;
use crate::types::Value;

/// On whose behalf a handler runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// A session's own command.
    Client,
    /// A command of EXEC's.
    Exec,
    /// A script's `redis.call`.
    Script,
    /// A waiter whose key became ready.
    Waiter,
}

/// What a handler may touch: keys, time and chance, its session, the log of effects.
pub struct Ctx<'a> {
    pub(crate) state: &'a mut Box<State>,
    /// Whose command runs.
    pub session: SessionId,
    /// The database it runs in.
    pub db: usize,
    /// On whose behalf.
    pub origin: Origin,
    /// The one instant this command, script or transaction sees, in microseconds; read by the first who needs it.
    now_us: Option<i64>,
    outcome: Outcome,
    undo: Option<Undo>,
    command: &'static Command,
    /// Whether it leaves no trace of its use on keys: CLIENT NO-TOUCH.
    no_touch: bool,
    /// The hash of the key whose use was counted last.
    counted: Option<u64>,
    /// Whether EXEC is to leave its commands for [`crate::Store::go_on_exec`].
    pub(crate) in_parts: bool,
}

impl<'a> Ctx<'a> {
    /// The context of one command of a session.
    pub(crate) fn new(state: &'a mut Box<State>, session: SessionId, origin: Origin) -> Result<Self> {
        let own = state.sessions.get(session).ok_or(Error::Closed)?;
        let (db, no_touch) = (own.db, own.no_touch);
        Ok(Self { no_touch, ..Self::at(state, session, db, origin) })
    }

    /// The context of what the engine does by itself.
    pub(crate) fn system(state: &'a mut Box<State>) -> Self {
        Self::at(state, SessionId::NONE, 0, Origin::Client)
    }

    fn at(state: &'a mut Box<State>, session: SessionId, db: usize, origin: Origin) -> Self {
        let command = &Command::BASE;
        Self {
            state,
            session,
            db,
            origin,
            now_us: None,
            outcome: Outcome::Done,
            undo: None,
            command,
            no_touch: false,
            counted: None,
            in_parts: false,
        }
    }

    /// The same instant, session and database, for a command of a script or of EXEC.
    pub(crate) fn within<'b>(state: &'b mut Box<State>, outer: &Frame, origin: Origin) -> Ctx<'b> {
        let mut ctx = Ctx::at(state, outer.session, outer.db, origin);
        ctx.now_us = outer.now_us;
        ctx.no_touch = outer.no_touch;
        ctx
    }

    /// What the commands of a script or of EXEC inherit.
    pub(crate) fn frame(&self) -> Frame {
        Frame { session: self.session, db: self.db, now_us: self.now_us, no_touch: self.no_touch }
    }

    // ---- the way of a command ----

    /// Checks a session's command, then queues or runs it.
    #[inline]
    pub(crate) fn enter(&mut self, command: &'static Command, argv: &[&[u8]], sink: &mut dyn Sink) -> Result {
        self.state.stats.commands += 1;
        if !command.accepts(argv.len()) {
            return Err(self.refused(command, argv, Error::arity(command.display_name())));
        }
        let (seen_ms, attended) = (self.state.seen_ms, self.state.gate);
        let session = self.own();
        session.last_command = command.display_name();
        session.commands += 1;
        session.active_ms = session.active_ms.max(seen_ms);
        if session.is_gated(attended) {
            return self.enter_gate(command, argv, sink);
        }
        self.call(command, argv, sink)
    }

    /// Runs a command that passed its checks: the one way in for sessions, EXEC, scripts and waiters. If it
    /// errs or panics, the sink is cut back to where it stood.
    #[inline]
    pub(crate) fn call(&mut self, command: &'static Command, argv: &[&[u8]], sink: &mut dyn Sink) -> Result {
        self.command = command;
        let calls = self.state.stats.of(command).calls;
        if calls & u64::from(command.timing_mask) & self.state.timing_mask == 0 {
            return self.call_timed(command, argv, sink);
        }
        let result =
            self.contained(sink, |ctx, sink| (command.run)(ctx, &mut Args::new(argv, command.words()), sink));
        if self.outcome != Outcome::Blocked {
            let stats = self.state.stats.of(command);
            stats.calls += 1;
            stats.failed += u64::from(result.is_err());
        }
        result
    }

    /// As [`Ctx::call`], with a look at the stopwatch before and after.
    #[inline(never)]
    fn call_timed(&mut self, command: &'static Command, argv: &[&[u8]], sink: &mut dyn Sink) -> Result {
        let before = self.state.clock.stopwatch_ns();
        let result =
            self.contained(sink, |ctx, sink| (command.run)(ctx, &mut Args::new(argv, command.words()), sink));
        let slept_ns = std::mem::take(&mut self.state.slept_ns);
        if self.outcome == Outcome::Blocked && slept_ns == 0 {
            // Its time comes when somebody serves it.
            return result;
        }
        let state = &mut **self.state;
        let ns = state.clock.stopwatch_ns().saturating_sub(before) + slept_ns;
        let stats = state.stats.of(command);
        stats.calls += 1;
        stats.failed += u64::from(result.is_err());
        stats.timed += 1;
        stats.timed_ns = stats.timed_ns.saturating_add(ns);
        if state.config.latency_tracking {
            stats.histogram.get_or_insert_default().count(ns);
        }
        if ns >= state.slow_ns {
            self.note_slow(command, argv, ns);
        }
        result
    }

    /// Waits for keys, or says the timeout's reply where waiting is not possible (EXEC, a script).
    pub fn block(&mut self, argv: &[&[u8]], wait: &Wait<'_>, sink: &mut dyn Sink) {
        match self.origin {
            Origin::Exec | Origin::Script => wait.on_timeout.say(sink),
            Origin::Waiter => self.outcome = Outcome::Blocked,
            Origin::Client => {
                let argv = match &wait.resolved {
                    Some(resolved) => resolved.iter().map(|arg| arg.as_slice().into()).collect(),
                    None => argv.iter().map(|arg| (*arg).into()).collect(),
                };
                let waiter = Waiter {
                    command: self.command,
                    argv,
                    keys: wait.keys.iter().map(|key| (self.db, (*key).into())).collect(),
                    wants: wait.wants,
                    on_gone: wait.on_gone,
                    deadline: wait.deadline,
                    on_timeout: wait.on_timeout,
                };
                self.state.waiters.add(self.session, waiter);
                self.state.set_blocked(self.session, true);
                self.outcome = Outcome::Blocked;
            }
        }
    }

    /// Whether the command was put down (or, for a waiter, stays put down).
    pub(crate) fn is_blocked(&self) -> bool {
        self.outcome == Outcome::Blocked
    }

    /// Is answered later, for a reason of its own.
    pub(crate) fn wait_outside(&mut self) {
        self.outcome = Outcome::Blocked;
    }

    /// How the command ended, as far as it ended well.
    pub(crate) fn outcome(&self) -> Outcome {
        self.outcome
    }

    /// Answers nothing at all, as few commands ever do.
    pub fn stay_silent(&mut self) {
        self.outcome = Outcome::Silent;
    }

    /// Waits no longer, and has nothing to put back.
    pub(crate) fn forget_block(&mut self) {
        if std::mem::replace(&mut self.outcome, Outcome::Done) == Outcome::Blocked {
            self.state.waiters.remove(self.session);
            self.state.set_blocked(self.session, false);
        }
        self.undo = None;
    }

    /// Notes how to put back what this command takes, should it be answering a waiter that is gone.
    pub fn note_undo(&mut self, undo: impl FnOnce() -> Undo) {
        if self.origin == Origin::Waiter {
            self.undo = Some(undo());
        }
    }

    pub(crate) fn take_undo(&mut self) -> Option<Undo> {
        self.undo.take()
    }

    // ---- time, chance, settings, session ----

    /// The instant of this command, in microseconds since the Unix epoch.
    pub fn now_us(&mut self) -> i64 {
        if let Some(now_us) = self.now_us {
            return now_us;
        }
        let now_us = self.state.clock.now_us();
        self.state.see(now_us / 1000);
        *self.now_us.insert(now_us)
    }

    /// The instant of this command, in milliseconds since the Unix epoch.
    #[inline]
    pub fn now_ms(&mut self) -> i64 {
        self.now_us() / 1000
    }

    /// The store's dice.
    pub fn dice(&mut self) -> &mut Dice {
        &mut self.state.dice
    }

    /// The row of the command that runs.
    pub fn command(&self) -> &'static Command {
        self.command
    }

    /// From here on that of this one.
    pub(crate) fn set_command(&mut self, command: &'static Command) {
        self.command = command;
    }

    /// How collections are kept.
    pub fn limits(&self) -> Limits {
        self.state.config.limits
    }

    /// The session whose command this is.
    #[inline]
    pub fn own(&mut self) -> &mut Session {
        // A context is only made of an open session, and no handler closes one.
        self.state.sessions.get_mut(self.session).expect("the session of a running command is open")
    }

    /// The database the command runs in.
    pub fn database(&mut self) -> &mut Db {
        &mut self.state.dbs[self.db]
    }

    // ---- effects ----

    /// Reports a write, at the moment it happens: the key is modified and says `event`.
    #[inline]
    pub fn changed(&mut self, key: &[u8], class: Class, event: &'static str) {
        self.modified(key);
        self.event(key, class, event);
    }

    /// Reports a write that no event tells of.
    #[inline]
    pub fn modified(&mut self, key: &[u8]) {
        self.recount(key);
        self.state.modified(self.db, key);
    }

    /// Counts what a value takes anew if any was lent for writing. By itself for what changes nothing but how
    /// a value is kept.
    #[inline]
    pub fn recount(&mut self, key: &[u8]) {
        if let Some(Lent { place, .. }) = self.state.lent {
            self.state.dbs[self.db].recount(place, key);
        }
    }

    /// Counts a write that neither those who watch the key nor those who wait for it are to hear of, as
    /// those to the consumer groups of a stream.
    pub fn adjusted(&mut self, key: &[u8]) {
        self.recount(key);
        self.state.stats.dirty += 1;
    }

    /// Has those looked at who wait for the key. A key that comes into being does so by itself; it is for what
    /// else a stream's readers wait for.
    pub fn ready(&mut self, key: &[u8]) {
        if !self.state.waiters.is_empty() {
            self.state.effects.push(Effect::Ready((self.db, key.into())));
        }
    }

    /// Says a keyspace event, if anybody listens to its class.
    #[inline]
    pub fn event(&mut self, key: &[u8], class: Class, name: &'static str) {
        self.state.event(self.db, key, class, name);
    }
}

/// What the commands of a script or of EXEC inherit from it and from each other.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Frame {
    /// Whose they are.
    pub(crate) session: SessionId,
    /// The database; a script's SELECT changes it for its own calls.
    pub(crate) db: usize,
    now_us: Option<i64>,
    no_touch: bool,
}

impl State {
    pub(crate) fn modified(&mut self, db: usize, key: &[u8]) {
        self.stats.dirty += 1;
        if self.has_watchers() {
            self.effects.push(Effect::Modified((db, key.into())));
        }
    }

    /// As [`State::modified`], by the server itself.
    pub(crate) fn dropped(&mut self, db: usize, key: &[u8]) {
        self.stats.dirty += 1;
        if self.has_watchers() {
            self.effects.push(Effect::Dropped((db, key.into())));
        }
    }

    /// Whether anybody watches keys, waits for one, or hears when they change.
    fn has_watchers(&self) -> bool {
        !self.watchers.is_empty() || !self.waiters.is_empty() || self.gate.has(Gate::TRACKED)
    }

    pub(crate) fn event(&mut self, db: usize, key: &[u8], class: Class, name: &'static str) {
        if self.config.notify.has(class) && !self.pubsub.is_empty() {
            self.effects.push(Effect::Event { db, name, key: key.into() });
        }
    }

    /// Removes a key whose time is over, or the fields of a hash whose time is.
    pub(crate) fn expire_key(&mut self, db: usize, key: &[u8], now_ms: i64) {
        let keys = &mut self.dbs[db];
        let hash = keys.hash(key);
        let Some(place) = keys.locate(hash, key) else { return };
        let expired = keys.at(place).expire().is_some_and(|deadline| deadline < now_ms);
        if !expired {
            return self.expire_fields(db, hash, key, place, now_ms);
        }
        keys.remove(hash, key);
        self.stats.expired += 1;
        self.dropped(db, key);
        self.event(db, key, Class::EXPIRED, "expired");
    }

    /// As [`State::expire_key`], of a key that nobody looks at: what was over first goes first, so that the
    /// fields go of which that is so before their key.
    pub(crate) fn sweep_key(&mut self, db: usize, key: &[u8], now_ms: i64) {
        let keys = &self.dbs[db];
        let hash = keys.hash(key);
        if let Some(place) = keys.locate(hash, key)
            && let Some(deadline) = keys.at(place).expire().filter(|deadline| *deadline < now_ms)
            && keys.at(place).fields_expire().is_some_and(|fields| fields <= deadline)
        {
            self.expire_fields(db, hash, key, place, deadline + 1);
        }
        self.expire_key(db, key, now_ms);
    }

    /// Removes the fields of a hash whose time is over, and the hash if no others are left.
    fn expire_fields(&mut self, db: usize, hash: u64, key: &[u8], place: Place, now_ms: i64) {
        let keys = &mut self.dbs[db];
        let Some(Value::Hash(fields)) = keys.at_mut(place).value_mut() else { return };
        let removed = fields.remove_expired(now_ms);
        if removed == 0 {
            return;
        }
        let emptied = fields.is_empty();
        self.stats.expired_fields += removed as u64;
        let keys = &mut self.dbs[db];
        keys.recount(place, key);
        self.dropped(db, key);
        self.event(db, key, Class::HASH, "hexpired");
        if emptied {
            self.dbs[db].remove(hash, key);
            self.event(db, key, Class::GENERIC, "del");
        }
    }
}
