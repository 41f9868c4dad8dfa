//! `maxmemory`: which keys go when there is no room, and who is refused when none may.
//!
//! Before a command runs, keys are evicted until no more is used than allowed. Which, the policy says: for
//! the longest idle, the least often used and the first to expire, dice choose a few keys of each database,
//! and the best of them and of earlier throws goes. Where none may go, commands that can need memory are
//! refused, and others run.

use crate::command::{Command, Flags};
use crate::config::Policy;
use crate::dispatch::Ctx;
use crate::effects::Class;
use crate::error::Error;
use crate::gate::Gate;
use crate::keyspace::{Db, Entry};
use crate::store::State;

/// What those hear who are refused.
pub(crate) const OUT_OF_MEMORY: Error =
    Error::Fixed("OOM command not allowed when used memory > 'maxmemory'.");

/// How many candidates are remembered from one eviction to the next.
const POOL: usize = 16;
/// How many keys one command evicts at most, lest it take long. What is still too much then is for the next
/// commands to evict, and refuses none.
const AT_ONCE: usize = 2000;

/// A key that might go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Candidate {
    /// How well it could be done without: seconds of idleness, how far its counter is from the highest, or
    /// how soon it expires.
    spare: i64,
    db: usize,
    hash: u64,
}

/// The candidates of the last throws, the one to keep longest first.
#[derive(Debug, Default)]
pub(crate) struct Pool(Vec<Candidate>);

impl Pool {
    fn offer(&mut self, candidate: Candidate) {
        if self.0.iter().any(|other| (other.db, other.hash) == (candidate.db, candidate.hash)) {
            return;
        }
        let at = self.0.partition_point(|other| other.spare < candidate.spare);
        self.0.insert(at, candidate);
        if self.0.len() > POOL {
            self.0.remove(0);
        }
    }
}

impl State {
    /// The memory of all keys and values, in bytes.
    #[inline]
    pub(crate) fn used_memory(&self) -> usize {
        self.dbs.iter().map(Db::bytes).sum()
    }

    /// Evicts keys until no more memory is used than allowed, and notes whether there was anything left to
    /// evict. In a pause nothing is evicted, and no command refused.
    pub(crate) fn make_room(&mut self) {
        let is_paused = self.pause.is_some_and(|pause| pause.until_ms > self.seen_ms);
        self.out_of_memory = !is_paused && !self.evict_excess();
        self.stats.note_excess(self.out_of_memory, self.seen_ms);
    }

    /// Evicts what is too much, or as much of it as one command may; whether it could.
    fn evict_excess(&mut self) -> bool {
        let limit = self.config.max_memory;
        let mut evicted = 0;
        while limit > 0 && self.used_memory() > limit && evicted < AT_ONCE {
            let Some((db, hash)) = self.next_to_go() else { return false };
            self.evict(db, hash);
            evicted += 1;
        }
        true
    }

    fn evict(&mut self, db: usize, hash: u64) {
        let Some(key) = self.dbs[db].find_hash(hash).map(|entry| Box::<[u8]>::from(entry.key())) else {
            return;
        };
        self.dbs[db].remove(hash, &key);
        self.stats.evicted += 1;
        self.dropped(db, &key);
        self.event(db, &key, Class::EVICTED, "evicted");
    }

    /// The database of the key that can best be done without, and its hash.
    fn next_to_go(&mut self) -> Option<(usize, u64)> {
        let volatile = match self.config.policy {
            Policy::NoEviction => return None,
            Policy::AllkeysRandom => return self.any_key(false),
            Policy::VolatileRandom => return self.any_key(true),
            Policy::AllkeysLru | Policy::AllkeysLfu => false,
            Policy::VolatileLru | Policy::VolatileLfu | Policy::VolatileTtl => true,
        };
        self.throw_for_pool(volatile);
        while let Some(Candidate { db, hash, .. }) = self.pool.0.pop() {
            let there = self.dbs[db].find_hash(hash);
            if there.is_some_and(|entry| !volatile || entry.expire().is_some()) {
                return Some((db, hash));
            }
        }
        // All that was known is gone, and only few keys are left for throws to hit.
        self.any_key(volatile)
    }

    /// Any key, of each database in turn.
    fn any_key(&mut self, volatile: bool) -> Option<(usize, u64)> {
        let turns = self.dbs.len();
        for _ in 0..turns {
            self.turn = (self.turn + 1) % turns;
            let db = &self.dbs[self.turn];
            let entry = if volatile { db.random_expiring(&mut self.dice) } else { db.random(&mut self.dice) };
            if let Some(entry) = entry {
                return Some((self.turn, db.hash(entry.key())));
            }
        }
        None
    }

    fn throw_for_pool(&mut self, volatile: bool) {
        let (now_ms, config) = (self.seen_ms, &self.config);
        let spare = |entry: &Entry| match config.policy {
            Policy::VolatileTtl => i64::MAX.saturating_sub(entry.expire().unwrap_or(i64::MAX)),
            policy if policy.is_lfu() => {
                i64::from(u8::MAX - entry.usage().frequency(config.counting, now_ms))
            }
            _ => entry.usage().idle_seconds(now_ms),
        };
        for (at, db) in self.dbs.iter().enumerate() {
            for _ in 0..config.samples {
                let entry =
                    if volatile { db.random_expiring(&mut self.dice) } else { db.random(&mut self.dice) };
                let Some(entry) = entry else { break };
                self.pool.offer(Candidate { spare: spare(entry), db: at, hash: db.hash(entry.key()) });
            }
        }
    }
}

impl Ctx<'_> {
    /// Makes room for a command, if memory is limited; the error, if there is none and the command may need
    /// some.
    pub(crate) fn check_memory(&mut self, command: &Command) -> Option<Error> {
        if self.state.gate.has(Gate::PAUSED) {
            self.now_us();
        }
        self.state.make_room();
        (self.state.out_of_memory && self.may_need_memory(command)).then_some(OUT_OF_MEMORY)
    }

    fn may_need_memory(&mut self, command: &Command) -> bool {
        if command.name == "exec" {
            let queue = &self.own().transaction.queue;
            return queue.iter().any(|queued| queued.command.flags.has(Flags::DENYOOM));
        }
        command.flags.has(Flags::DENYOOM)
    }
}

#[cfg(test)]
mod tests;
