//! A whole server: databases, sessions, subscribers, waiters, settings.

mod drain;
mod endings;
mod state;

pub use state::State;
pub(crate) use state::random_id;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use crate::blocking::{Undo, Waiter};
use crate::clock::{Clock, ManualClock, Secrets};
use crate::command::{self, Command};
use crate::config::Parameter;
use crate::dispatch::{Ctx, Origin};
use crate::error::Result;
use crate::gate::Gate;
use crate::keyspace::Db;
use crate::lua::ScriptKiller;
use crate::push::Push;
use crate::reply::Reply;
use crate::resp;
use crate::session::{Session, SessionId};
use crate::sink::Sink;
use crate::transaction::DbKey;

/// The version of Redis whose behaviour this is, as HELLO and INFO say it.
pub const REDIS_VERSION: &str = "8.0.2";

/// How many commands run between two looks at the clock for keys that expired unseen.
const SWEEP_EVERY: u32 = 16;
/// How many expired keys one look removes at most: well under a millisecond of work.
const SWEEP_KEYS: usize = 2000;

/// What left the engine for a session other than the one that is being answered.
#[derive(Debug)]
pub enum Delivery {
    /// A blocked command's answer.
    Woken {
        /// Whose.
        session: SessionId,
        /// The answer.
        answer: Result<Reply>,
        /// How to put back what it took, should nobody be there to hear it.
        undo: Option<Undo>,
    },
    /// A session was closed by another: its connection is to end.
    Closed {
        /// Which.
        session: SessionId,
    },
    /// What a session gets without asking.
    Push {
        /// Whose.
        session: SessionId,
        /// What.
        push: Arc<Push>,
    },
}

impl Delivery {
    /// Whose it is.
    pub fn session(&self) -> SessionId {
        let (Self::Woken { session, .. } | Self::Closed { session } | Self::Push { session, .. }) = self;
        *session
    }
}

/// How a command ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Its reply is in the sink.
    Done,
    /// Nothing was said: a [`Delivery::Woken`] of this session will answer it.
    Blocked,
    /// Nothing was said, and nothing will be.
    Silent,
}

/// A Redis server as a value.
pub struct Store {
    pub(crate) state: Box<State>,
}

impl Default for Store {
    /// A store whose clock stands still at the epoch.
    fn default() -> Self {
        Self::new(Box::new(ManualClock::new(0)), 0)
    }
}

impl Store {
    /// An empty store that reads `clock` and throws dice from `seed`.
    pub fn new(clock: Box<dyn Clock>, seed: u64) -> Self {
        Self { state: Box::new(State::new(clock, seed)) }
    }

    /// What sits in a handler's place while a script holds its state.
    pub(crate) fn stand_in() -> Self {
        Self::default()
    }

    /// Has passwords drawn from the host's source of randomness. Without one they are thrown with the
    /// store's dice, which whoever knows the seed can foretell.
    pub fn draw_secrets_from(&mut self, secrets: Secrets) {
        self.state.secrets = Some(secrets);
    }

    /// The settings, for tests of what follows from them.
    #[cfg(test)]
    pub(crate) fn config_mut(&mut self) -> &mut crate::config::Config {
        &mut self.state.config
    }

    /// Gives a store that begins a setting, be it one that CONFIG SET refuses; why that is no value for it.
    pub fn configure(&mut self, parameter: &Parameter, value: &[u8]) -> std::result::Result<(), String> {
        if parameter.name == "databases" {
            self.state.set_databases(value)?;
        }
        self.state.configure(&[(parameter, value)], Parameter::begin).map_err(|(_, reason)| reason)
    }

    /// How often SHUTDOWN was obeyed, for a host whose process ends with the server.
    pub fn shutdowns(&self) -> u64 {
        self.state.shutdowns
    }

    /// Opens a session: a new connection to this server.
    pub fn open_session(&mut self) -> SessionId {
        let now_ms = self.state.clock.now_us() / 1000;
        self.state.stats.connections += 1;
        let id = self.state.sessions.open(now_ms);
        self.state.log_out(id);
        id
    }

    /// Closes a session with all it held: subscriptions, watched keys, a waiter.
    pub fn close_session(&mut self, id: SessionId) {
        if self.half_run_exec() == Some(id) {
            self.finish_exec();
        }
        self.guarded("close", |store| _ = store.state.close_session(id));
    }

    /// The session, if it is open.
    pub fn session(&self, id: SessionId) -> Option<&Session> {
        self.state.sessions.get(id)
    }

    /// Whether a session can take commands: it is open, and did not ask to be closed.
    pub fn is_open(&self, id: SessionId) -> bool {
        self.state.sessions.get(id).is_some_and(|session| !session.closing)
    }

    /// What the connection of a session may send at this moment.
    pub fn decode_limits(&self, id: SessionId) -> resp::Limits {
        resp::Limits { max_bulk: self.state.config.max_bulk, authenticated: !self.state.needs_login(id) }
    }

    /// How many sessions are open.
    pub fn session_count(&self) -> usize {
        self.state.sessions.len()
    }

    /// Runs one command: its arguments as bytes, the name first; its reply goes into the sink.
    ///
    /// An error means that nothing was said and, unless the command is one that had begun to write,
    /// nothing was changed.
    pub fn execute(&mut self, id: SessionId, argv: &[&[u8]], sink: &mut dyn Sink) -> Result<Outcome> {
        match command::resolve(argv) {
            Ok(command) => self.execute_command(id, command, argv, sink),
            Err(error) => {
                self.state.refuse(id);
                if let Some(tracking) = self.state.sessions.get_mut(id).and_then(|s| s.tracking.as_mut()) {
                    tracking.caching = false;
                }
                self.state.answer_error(id, error).map(|()| Outcome::Silent)
            }
        }
    }

    /// Runs one command whose row is known.
    pub fn execute_command(
        &mut self,
        id: SessionId,
        command: &'static Command,
        argv: &[&[u8]],
        sink: &mut dyn Sink,
    ) -> Result<Outcome> {
        self.run(id, command, argv, sink, false)
    }

    #[inline]
    pub(crate) fn run(
        &mut self,
        id: SessionId,
        command: &'static Command,
        argv: &[&[u8]],
        sink: &mut dyn Sink,
        in_parts: bool,
    ) -> Result<Outcome> {
        debug_assert!(self.state.half_run.is_none(), "a transaction is one unit");
        let coarse_ms = self.state.clock.coarse_ms();
        self.state.see(coarse_ms);
        let mut ctx = Ctx::new(&mut self.state, id, Origin::Client)?;
        ctx.in_parts = in_parts;
        // A match each, here and in `Ctx::call`: to hand the result on as a whole is to copy it from memory
        // that was just written in smaller pieces, and takes as long as the rest of the frame.
        match ctx.enter(command, argv, sink) {
            Ok(()) => {
                let outcome = ctx.outcome();
                self.settle();
                Ok(outcome)
            }
            Err(error) => {
                let answered = self.state.answer_error(id, error);
                self.settle();
                match answered {
                    Ok(()) => Ok(Outcome::Silent),
                    Err(error) => Err(error),
                }
            }
        }
    }

    /// Does the engine's own work; should it panic, the rest of it stays undone.
    fn guarded(&mut self, what: &'static str, work: impl FnOnce(&mut Self)) {
        match catch_unwind(AssertUnwindSafe(|| work(self))) {
            Ok(()) => self.state.lent = None,
            Err(panic) => _ = self.state.panicked(what, &*panic),
        }
    }

    /// Ends a unit: drains its effects, serves who can go on, looks for keys that expired unseen.
    #[inline]
    pub(crate) fn settle(&mut self) {
        self.state.commands_to_sweep -= 1;
        if self.state.commands_to_sweep == 0 || !self.state.effects.is_empty() {
            self.settle_more();
        }
    }

    #[cold]
    fn settle_more(&mut self) {
        if self.is_busy() {
            // The unit is the script's, which goes on.
            self.state.commands_to_sweep = SWEEP_EVERY;
            return;
        }
        self.catch_up();
        if self.state.commands_to_sweep == 0 {
            self.state.commands_to_sweep = SWEEP_EVERY;
            self.guarded("sweep", |store| {
                let state = &mut *store.state;
                state.peak_memory = state.peak_memory.max(state.used_memory());
                if state.dbs.iter().any(Db::knows_time) {
                    // What goes now is nobody's doing, unlike what the command did.
                    state.drain_early();
                    state.actor = SessionId::NONE;
                    let now_ms = state.clock.now_us() / 1000;
                    state.sweep(now_ms, SWEEP_KEYS);
                }
            });
        }
        if !self.state.effects.is_empty() {
            self.state.drain();
            self.guarded("serve", Self::serve);
            self.guarded("resume", Self::serve_postponed);
            self.state.broadcast_invalidations();
        }
    }

    /// Serves waiters of the keys that became ready, in the order of the keys and oldest first, each as a
    /// unit of its own, until none can go on.
    pub(crate) fn serve(&mut self) {
        while let Some(key) = self.state.waiters.next_ready() {
            let mut last = 0;
            while let Some((arrival, session)) = self.state.waiters.next_for(&key, last) {
                last = arrival;
                let kind = self.state.peek_kind(key.0, &key.1);
                if kind.is_none() && !self.state.waiters.waits_for_end_of(&key) {
                    break;
                }
                let wants = |waiter: &Waiter| waiter.on_gone || kind == Some(waiter.wants);
                if self.state.waiters.get(session).is_some_and(wants) {
                    self.resume(session);
                }
            }
        }
    }

    /// Runs a waiter's command again.
    fn resume(&mut self, session: SessionId) {
        let Some(waiter) = self.state.waiters.get(session) else { return };
        let (command, argv) = (waiter.command, Arc::clone(&waiter.argv));
        let argv: Vec<&[u8]> = argv.iter().map(|arg| &**arg).collect();
        let Some(resp) = self.state.sessions.get(session).map(|session| session.resp) else { return };
        let mut reply = Reply::new(resp);
        self.state.actor = session;
        self.state.scripted = false;
        let Ok(mut ctx) = Ctx::new(&mut self.state, session, Origin::Waiter) else { return };
        // Its user's rights may have changed while it waited, and the room.
        let refused = match ctx.check_user(command, &argv) {
            Ok(()) if ctx.state.gate.has(Gate::MEMORY) => ctx.check_memory(command),
            checked => checked.err(),
        };
        let result = match refused {
            Some(error) => Err(error),
            None => ctx.call(command, &argv, &mut reply),
        };
        let (blocked, undo) = (ctx.is_blocked(), ctx.take_undo());
        if !blocked {
            self.wake(session, result.map(|()| reply), undo);
        }
        self.state.drain();
    }

    fn wake(&mut self, session: SessionId, answer: Result<Reply>, undo: Option<Undo>) {
        self.state.wake(session, answer, undo);
    }

    /// What has left the engine since the last call, in order.
    pub fn take_deliveries(&mut self) -> Vec<Delivery> {
        std::mem::take(&mut self.state.deliveries)
    }

    /// Whether anything waits to be delivered.
    pub fn has_deliveries(&self) -> bool {
        !self.state.deliveries.is_empty()
    }

    /// Whether there is anyone for whose sake [`Store::tick`] may have something to do.
    pub fn watches_time(&self) -> bool {
        !self.state.waiters.is_empty() || !self.state.postponed.is_empty() || self.state.hears_of_expiry()
    }

    /// When [`Store::tick`] has something to do next, in milliseconds since the Unix epoch: the earliest
    /// deadline of a waiter, or the expiry of a key that somebody would hear of.
    pub fn next_deadline(&mut self) -> Option<i64> {
        let state = &mut *self.state;
        let waiter = state.waiters.next_deadline();
        let expiry = if !state.sweeps {
            None
        } else if state.hears_of_expiry() {
            state.dbs.iter_mut().filter_map(Db::next_expiry).min()
        } else {
            let expire = |(db, key): &DbKey| state.dbs[*db].find(state.dbs[*db].hash(key), key)?.expire();
            state.waiters.keys_on_gone().filter_map(expire).min()
        };
        // A key is gone when its deadline lies in the past: one millisecond later.
        let pause = state.pause.filter(|_| !state.postponed.is_empty()).map(|pause| pause.until_ms);
        waiter.into_iter().chain(expiry.map(|at| at.saturating_add(1))).chain(pause).min()
    }

    /// Lets time have its way: expires keys, ends waiters whose time is up.
    pub fn tick(&mut self) {
        self.guarded("tick", |store| {
            store.state.actor = SessionId::NONE;
            let now_ms = store.state.clock.now_us() / 1000;
            store.state.sweep(now_ms, usize::MAX);
            store.state.drain();
            store.serve();
            // Before a pause ends: what waited for that end comes too late for them.
            while let Some(session) = store.state.waiters.next_timed_out(now_ms) {
                store.state.unblock(session, None);
            }
            store.state.unpause_in_time(now_ms);
            store.serve_postponed();
            store.state.broadcast_invalidations();
        });
    }

    /// The caller of a blocked command gave up; whether it was still waiting.
    pub fn cancel(&mut self, session: SessionId) -> bool {
        self.state.set_blocked(session, false);
        self.state.forget_postponed(session) || self.state.waiters.remove(session).is_some()
    }

    /// Puts back what a served waiter took whose caller was gone before it heard. What cannot go back,
    /// because the key has another type by now, is lost.
    pub fn give_back(&mut self, undo: Undo) {
        if self.is_busy() {
            self.state.give_back_late(undo);
            return;
        }
        self.guarded("give-back", |store| {
            crate::commands::give_back(&mut Ctx::system(&mut store.state), undo);
        });
        self.settle();
    }

    /// The way to end a script that runs without end, for whoever finds this store busy.
    pub fn script_killer(&self) -> ScriptKiller {
        self.state.script_killer.clone()
    }

    /// Whether time goes by when nobody moves its hands.
    pub fn time_runs(&self) -> bool {
        self.state.clock.runs()
    }

    /// The time, in milliseconds since the Unix epoch.
    pub fn now_ms(&self) -> i64 {
        self.state.clock.now_us() / 1000
    }
}
