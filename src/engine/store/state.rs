//! The engine's state: all that a store has, and what it can be told to be.

use std::collections::VecDeque;

use crate::acl::Acl;
use crate::blocking::Waiters;
use crate::clock::{Clock, Dice, Secrets};
use crate::config::{Config, Parameter};
use crate::containment::Lent;
use crate::effects::{Class, Effect};
use crate::eviction::Pool;
use crate::gate::Gate;
use crate::interlude::Interludes;
use crate::keyspace::{Db, Entry};
use crate::lua::{Interpreter, ScriptKiller};
use crate::network::Sockets;
use crate::pause::{Pause, Postponed};
use crate::process::Inspection;
use crate::pubsub::PubSub;
use crate::rates::{Rates, Totals};
use crate::session::{SessionId, Sessions};
use crate::slowlog::{Latencies, Slowlog};
use crate::stats::Stats;
use crate::store::{Delivery, SWEEP_EVERY};
use crate::table::Place;
use crate::tracking::Tracker;
use crate::transaction::{HalfRun, Watchers};
use crate::types::Type;
use crate::usage::Usage;

/// How many databases a store has, unless it is told otherwise as it begins: SELECT's range.
const DATABASES: usize = 16;
/// How many it can be told to have.
const MOST_DATABASES: usize = 1 << 16;
/// Where less than this is slow, all commands are measured, and not only those that can be slow.
const ALWAYS_TIMED_NS: u64 = 1_000_000;

/// The engine's state, in one box that a script's interpreter can hold while it runs.
pub struct State {
    pub(crate) clock: Box<dyn Clock>,
    pub(crate) dice: Dice,
    /// Where passwords are drawn from; from the dice if from nowhere else.
    pub(crate) secrets: Option<Secrets>,
    /// How the host looks at the process, if it does.
    pub(crate) inspection: Option<Inspection>,
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
    /// What went on in the last moments.
    pub(crate) rates: Rates,
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
    /// In how many commands somebody looks for keys that expired unseen.
    pub(super) commands_to_sweep: u32,
}

/// 40 hexadecimal digits that nobody else has.
pub(crate) fn random_id(dice: &mut Dice) -> String {
    format!("{:016x}{:016x}{:08x}", dice.next_u64(), dice.next_u64(), dice.next_u64() as u32)
}

impl State {
    pub(super) fn new(clock: Box<dyn Clock>, seed: u64) -> Self {
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
            inspection: None,
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
            rates: Rates::default(),
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
            if self.rates.is_due(now_ms) {
                self.rates.sample(now_ms, self.totals());
            }
        }
    }

    /// What has gone on up to now.
    pub(crate) fn totals(&self) -> Totals {
        let traffic = &self.sockets.traffic;
        Totals {
            commands: self.stats.commands,
            input_bytes: traffic.input_bytes,
            output_bytes: traffic.output_bytes,
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
    pub(super) fn set_databases(&mut self, count: &[u8]) -> std::result::Result<(), String> {
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
    pub(super) fn reconfigure(&mut self) {
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
    pub(super) fn sweep(&mut self, now_ms: i64, most: usize) -> bool {
        if self.gate.has(Gate::PAUSED) || !self.sweeps {
            return false;
        }
        let (mut removed, mut began_ns) = (0, None);
        for db in 0..self.dbs.len() {
            while removed < most {
                let Some(key) = self.dbs[db].next_expired(now_ms) else { break };
                began_ns.get_or_insert_with(|| self.clock.stopwatch_ns());
                self.sweep_key(db, &key, now_ms);
                removed += 1;
            }
        }
        if let Some(began_ns) = began_ns {
            self.stats.sweeping_ns += self.clock.stopwatch_ns().saturating_sub(began_ns);
            self.stats.sweeps_cut_short += u64::from(removed == most);
        }
        removed > 0
    }

    /// Whether an event of an expiring key, or of a hash's field, would have a listener.
    pub(super) fn hears_of_expiry(&self) -> bool {
        let hears_of_fields =
            || self.config.notify.has(Class::HASH) && self.dbs.iter().any(|db| db.subexpiring() > 0);
        !self.pubsub.is_empty() && (self.config.notify.has(Class::EXPIRED) || hears_of_fields())
    }

    pub(super) fn peek_kind(&self, db: usize, key: &[u8]) -> Option<Type> {
        let db = &self.dbs[db];
        db.find(db.hash(key), key).map(Entry::kind)
    }
}
