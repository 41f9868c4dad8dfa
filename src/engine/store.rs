//! A whole server: databases, sessions, subscribers, waiters, settings.

mod drain;
mod endings;

use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use crate::acl::Acl;
use crate::blocking::{Undo, Waiter, Waiters};
use crate::clock::{Clock, Dice, ManualClock, Secrets};
use crate::command::{self, Command};
use crate::config::{Config, Parameter};
use crate::containment::Lent;
use crate::dispatch::{Ctx, Origin};
use crate::effects::{Class, Effect};
use crate::error::Result;
use crate::eviction::Pool;
use crate::gate::Gate;
use crate::interlude::Interludes;
use crate::keyspace::Db;
use crate::lua::{Interpreter, ScriptKiller};
use crate::network::Sockets;
use crate::pause::{Pause, Postponed};
use crate::pubsub::PubSub;
use crate::push::Push;
use crate::reply::Reply;
use crate::resp;
use crate::session::{Session, SessionId, Sessions};
use crate::sink::Sink;
use crate::slowlog::{Latencies, Slowlog};
use crate::stats::Stats;
use crate::table::Place;
use crate::tracking::Tracker;
use crate::transaction::{DbKey, HalfRun, Watchers};
use crate::usage::Usage;

/// The version of Redis whose behaviour this is, as HELLO and INFO say it.
pub const REDIS_VERSION: &str = "8.0.2";

/// How many databases a store has, unless it is told otherwise as it begins: SELECT's range.
const DATABASES: usize = 16;
/// How many it can be told to have.
const MOST_DATABASES: usize = 1 << 16;

/// How many commands run between two looks at the clock for keys that expired unseen.
const SWEEP_EVERY: u32 = 16;
/// Where less than this is slow, all commands are measured, and not only those that can be slow.
const ALWAYS_TIMED_NS: u64 = 1_000_000;
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

/// The engine's state, in one box that a script's interpreter can hold while it runs.
pub struct State {
    pub(crate) clock: Box<dyn Clock>,
    pub(crate) dice: Dice,
    /// Where passwords are drawn from; from the dice if from nowhere else.
    pub(crate) secrets: Option<Secrets>,
    pub(crate) dbs: Vec<Db>,
    pub(crate) sessions: Sessions,
    pub(crate) watchers: Watchers,
    pub(crate) waiters: Waiters,
    pub(crate) pubsub: PubSub,
    /// The sessions that are shown every command.
    pub(crate) monitors: Vec<SessionId>,
    pub(crate) acl: Acl,
    pub(crate) tracker: Tracker,
    /// Whose command the effects are of, as far as somebody tracks keys.
    pub(crate) actor: SessionId,
    /// Whether they may be a script's.
    pub(crate) scripted: bool,
    pub(crate) pause: Option<Pause>,
    /// What waits for the end of the pause, in the order in which it came.
    pub(crate) postponed: VecDeque<Postponed>,
    /// Why no command takes the plain way.
    pub(crate) gate: Gate,
    pub(crate) config: Config,
    pub(crate) stats: Stats,
    pub(crate) sockets: Sockets,
    pub(crate) effects: Vec<Effect>,
    /// An EXEC between two of its commands.
    pub(crate) half_run: Option<Box<HalfRun>>,
    /// The value that the running command was last lent for writing, if it was.
    pub(crate) lent: Option<Lent>,
    pub(crate) deliveries: Vec<Delivery>,
    /// Made by the first script; taken out while it runs one.
    pub(crate) interpreter: Option<Box<Interpreter>>,
    pub(crate) script_killer: ScriptKiller,
    pub(crate) interludes: Interludes,
    pub(crate) started_ms: i64,
    /// How often SHUTDOWN was obeyed.
    pub(crate) shutdowns: u64,
    /// Tells this store from any other, in 40 hexadecimal digits.
    pub(crate) run_id: String,
    /// Tells this history of writes from any other, in 40 hexadecimal digits.
    pub(crate) replication_id: String,
    /// The time as last read by anyone, or by the clock's coarse hand: good enough for how long a session or
    /// a key was idle.
    pub(crate) seen_ms: i64,
    /// What a key remembers that is used at that time.
    pub(crate) used_now: Usage,
    /// Whether expired keys are deleted that nobody looks at: DEBUG SET-ACTIVE-EXPIRE.
    pub(crate) sweeps: bool,
    /// Whether payloads have to have the right checksum: DEBUG SET-SKIP-CHECKSUM-VALIDATION.
    pub(crate) checks_sums: bool,
    /// The most memory that was seen to be used.
    pub(crate) peak_memory: usize,
    /// Candidates for eviction.
    pub(crate) pool: Pool,
    /// Commands that took long.
    pub(crate) slowlog: Slowlog,
    /// Events that took long.
    pub(crate) latencies: Latencies,
    /// What takes so long is worth a look, in nanoseconds.
    pub(crate) slow_ns: u64,
    /// Which calls of a command that is measured one time in so many are measured: those whose number has
    /// none of its bits and these; all, if 0.
    pub(crate) timing_mask: u64,
    /// What the running command pretended to have taken, in nanoseconds: DEBUG SLEEP.
    pub(crate) slept_ns: u64,
    /// The database that lost the last key chosen from any.
    pub(crate) turn: usize,
    /// Whether, when a session's last command began, more memory was used than allowed and no key could go.
    pub(crate) out_of_memory: bool,
    commands_to_sweep: u32,
}

/// 40 hexadecimal digits that nobody else has.
pub(crate) fn random_id(dice: &mut Dice) -> String {
    format!("{:016x}{:016x}{:08x}", dice.next_u64(), dice.next_u64(), dice.next_u64() as u32)
}

impl State {
    fn new(clock: Box<dyn Clock>, seed: u64) -> Self {
        let mut dice = Dice::new(seed);
        let mut config = Config::default();
        config.limits.seed = dice.next_u64();
        Self {
            started_ms: clock.now_us() / 1000,
            shutdowns: 0,
            run_id: random_id(&mut dice),
            replication_id: random_id(&mut dice),
            seen_ms: clock.now_us() / 1000,
            used_now: Usage::used_at(clock.now_us() / 1000),
            dbs: (0..DATABASES).map(|_| Db::new(dice.next_u64())).collect(),
            tracker: Tracker::new(dice.next_u64()),
            clock,
            dice,
            secrets: None,
            sessions: Sessions::default(),
            watchers: Watchers::default(),
            waiters: Waiters::default(),
            pubsub: PubSub::default(),
            monitors: Vec::new(),
            acl: Acl::default(),
            actor: SessionId::NONE,
            scripted: false,
            pause: None,
            postponed: VecDeque::new(),
            gate: Gate::default(),
            config,
            stats: Stats::default(),
            sockets: Sockets::default(),
            effects: Vec::new(),
            half_run: None,
            lent: None,
            deliveries: Vec::new(),
            interpreter: None,
            script_killer: ScriptKiller::default(),
            interludes: Interludes::default(),
            sweeps: true,
            checks_sums: true,
            peak_memory: 0,
            pool: Pool::default(),
            slowlog: Slowlog::default(),
            latencies: Latencies::default(),
            slow_ns: Config::SLOW_NS,
            timing_mask: u64::MAX,
            slept_ns: 0,
            turn: 0,
            out_of_memory: false,
            commands_to_sweep: SWEEP_EVERY,
        }
    }

    /// Takes note of the time.
    #[inline]
    pub(crate) fn see(&mut self, now_ms: i64) {
        if self.seen_ms != now_ms {
            self.seen_ms = now_ms;
            self.used_now = Usage::used_at(now_ms);
        }
    }

    /// Changes settings, all or none; the name of one that cannot be so, with the reason.
    pub(crate) fn configure(
        &mut self,
        chosen: &[(&Parameter, &[u8])],
        set: fn(&Parameter, &mut Config, &[u8]) -> std::result::Result<(), String>,
    ) -> std::result::Result<(), (&'static str, String)> {
        let mut config = self.config.clone();
        for (parameter, value) in chosen {
            set(parameter, &mut config, value).map_err(|reason| (parameter.name, reason))?;
        }
        let concerns_servers = self.config.network != config.network;
        self.config = config;
        self.reconfigure();
        if concerns_servers {
            self.sockets.ring();
        }
        for (_, password) in chosen.iter().filter(|(parameter, _)| parameter.name == "requirepass") {
            self.acl.set_default_password(password);
        }
        Ok(())
    }

    /// Makes as many databases as said, all empty.
    fn set_databases(&mut self, count: &[u8]) -> std::result::Result<(), String> {
        let count = std::str::from_utf8(count).ok().and_then(|count| count.parse().ok());
        match count.filter(|count| (1..=MOST_DATABASES).contains(count)) {
            Some(count) => {
                self.dbs = (0..count).map(|_| Db::new(self.dice.next_u64())).collect();
                Ok(())
            }
            None => Err(format!("argument must be between 1 and {MOST_DATABASES} inclusive")),
        }
    }

    /// Has the settings, which were changed, followed.
    fn reconfigure(&mut self) {
        self.gate.set(Gate::MEMORY, self.config.max_memory > 0);
        self.slow_ns = self.config.slow_ns();
        // Where so little is slow, no call may be missed.
        self.timing_mask = if self.slow_ns < ALWAYS_TIMED_NS { 0 } else { u64::MAX };
        self.make_room();
    }

    /// What a key that comes into being knows of its use.
    #[inline]
    pub(crate) fn new_usage(&self) -> Usage {
        if self.config.policy.is_lfu() { Usage::new_counter(self.seen_ms) } else { self.used_now }
    }

    /// Counts a use of the key at a place, under an LFU policy.
    #[cold]
    pub(crate) fn count_use(&mut self, db: usize, place: Place) {
        let (counting, now_ms, dice) = (self.config.counting, self.seen_ms, &mut self.dice);
        let entry = self.dbs[db].at_mut(place);
        entry.set_usage(entry.usage().used(counting, now_ms, dice));
    }

    /// When all that there was to save was saved, in seconds since the Unix epoch: as the store began.
    pub(crate) fn saved_s(&self) -> i64 {
        self.started_ms / 1000
    }

    /// Removes up to `most` keys whose time is over; whether any was.
    fn sweep(&mut self, now_ms: i64, most: usize) -> bool {
        if self.gate.has(Gate::PAUSED) || !self.sweeps {
            return false;
        }
        let mut removed = 0;
        for db in 0..self.dbs.len() {
            while removed < most {
                let Some(key) = self.dbs[db].next_expired(now_ms) else { break };
                self.expire_key(db, &key, now_ms);
                removed += 1;
            }
        }
        removed > 0
    }
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
    pub(crate) fn config_mut(&mut self) -> &mut Config {
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

impl State {
    /// Whether an event of an expiring key, or of a hash's field, would have a listener.
    fn hears_of_expiry(&self) -> bool {
        let hears_of_fields =
            || self.config.notify.has(Class::HASH) && self.dbs.iter().any(|db| db.subexpiring() > 0);
        !self.pubsub.is_empty() && (self.config.notify.has(Class::EXPIRED) || hears_of_fields())
    }

    fn peek_kind(&self, db: usize, key: &[u8]) -> Option<crate::types::Type> {
        let db = &self.dbs[db];
        db.find(db.hash(key), key).map(crate::keyspace::Entry::kind)
    }
}
