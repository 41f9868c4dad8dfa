//! The settings of a store.

mod form;
mod parameters;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use crate::effects::Class;
use crate::network::Network;
use crate::types::Fill;
use crate::usage::Counting;

pub(crate) use form::parse_memory;
pub use parameters::{PARAMETERS, Parameter};

/// How collections are kept: up to which sizes as one packed allocation, and how they are hashed beyond.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// `hash-max-listpack-entries`.
    pub hash_entries: usize,
    /// `hash-max-listpack-value`, in bytes.
    pub hash_value: usize,
    /// `set-max-intset-entries`.
    pub set_intset: usize,
    /// `set-max-listpack-entries`.
    pub set_entries: usize,
    /// `set-max-listpack-value`, in bytes.
    pub set_value: usize,
    /// `zset-max-listpack-entries`.
    pub zset_entries: usize,
    /// `zset-max-listpack-value`, in bytes.
    pub zset_value: usize,
    /// `hll-sparse-max-bytes`: how long a sparse `HyperLogLog` may be.
    pub hll_sparse: usize,
    /// `list-max-listpack-size`, and what DEBUG makes of it.
    pub list_fill: Fill,
    /// `stream-node-max-bytes`.
    pub stream_bytes: usize,
    /// `stream-node-max-entries`.
    pub stream_entries: usize,
    /// What the hash functions of big hashes, sets and sorted sets follow from: the store's own.
    pub seed: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            hash_entries: 512,
            hash_value: 64,
            set_intset: 512,
            set_entries: 128,
            set_value: 64,
            zset_entries: 128,
            zset_value: 64,
            hll_sparse: 3000,
            list_fill: Fill { size: -2, plain_from: 0 },
            stream_bytes: 4096,
            stream_entries: 100,
            seed: 0,
        }
    }
}

/// `maxmemory-policy`: which keys go when there is no room.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Policy {
    /// Of those that expire, the one that was not used for longest.
    VolatileLru,
    /// Of those that expire, the one that is used least often.
    VolatileLfu,
    /// Any of those that expire.
    VolatileRandom,
    /// The one that expires first.
    VolatileTtl,
    /// The one that was not used for longest.
    AllkeysLru,
    /// The one that is used least often.
    AllkeysLfu,
    /// Any.
    AllkeysRandom,
    /// None: what would need room is refused.
    #[default]
    NoEviction,
}

impl Policy {
    /// All, in the order of their names in `parameters`.
    pub(crate) const ALL: [Self; 8] = [
        Self::VolatileLru,
        Self::VolatileLfu,
        Self::VolatileRandom,
        Self::VolatileTtl,
        Self::AllkeysLru,
        Self::AllkeysLfu,
        Self::AllkeysRandom,
        Self::NoEviction,
    ];

    /// Whether keys remember how often they are used, in the place of when last.
    #[inline]
    pub fn is_lfu(self) -> bool {
        matches!(self, Self::VolatileLfu | Self::AllkeysLfu)
    }
}

/// What CONFIG GET and SET speak of.
///
/// The fields are what the engine goes by, each the meaning of a setting's text; CONFIG SET alone changes
/// them, both at once.
#[derive(Clone, Debug, PartialEq)]
pub struct Config {
    /// `notify-keyspace-events`.
    pub notify: Class,
    /// How collections are kept.
    pub limits: Limits,
    /// `proto-max-bulk-len`: how long a string may grow, in bytes.
    pub max_bulk: usize,
    /// `maxmemory`: how much memory keys and values may take, in bytes; any, if 0.
    pub max_memory: usize,
    /// `maxmemory-policy`: which keys go when there is no room.
    pub policy: Policy,
    /// `maxmemory-samples`: of how many keys of each database one goes.
    pub samples: usize,
    /// `lfu-log-factor` and `lfu-decay-time`.
    pub counting: Counting,
    /// `tracking-table-max-keys`: how many keys are remembered that sessions read; any number if 0.
    pub tracking_keys: usize,
    /// `slowlog-log-slower-than`, in microseconds: commands that take so long are logged; none, if negative.
    pub slower_than_us: i64,
    /// `slowlog-max-len`: how many of them are kept.
    pub slowlog_length: usize,
    /// `latency-monitor-threshold`, in milliseconds: events that take so long are kept; none, if 0.
    pub latency_threshold_ms: u64,
    /// `latency-tracking`: whether the durations of each command are counted.
    pub latency_tracking: bool,
    /// `acl-pubsub-default`: whether new users may use all channels.
    pub acl_all_channels: bool,
    /// `acllog-max-len`: how many refusals are remembered.
    pub acl_log: usize,
    /// `busy-reply-threshold`, in milliseconds: others are served from inside of a script that has run for so
    /// long; of none, if 0.
    pub busy_after_ms: u64,
    /// What a server of sockets goes by.
    pub network: Network,
    /// The texts of the settings that are no longer at their defaults, by their names.
    texts: BTreeMap<&'static str, Box<str>>,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            notify: Class::default(),
            limits: Limits::default(),
            max_bulk: 512 << 20,
            max_memory: 0,
            policy: Policy::default(),
            samples: 5,
            counting: Counting::default(),
            slower_than_us: 10_000,
            slowlog_length: 128,
            latency_threshold_ms: 0,
            latency_tracking: true,
            tracking_keys: 1_000_000,
            acl_all_channels: false,
            acl_log: 128,
            busy_after_ms: 5000,
            network: Network::default(),
            texts: BTreeMap::new(),
        }
    }
}

impl Config {
    /// What [`Config::slow_ns`] is by default.
    pub(crate) const SLOW_NS: u64 = 10_000_000;

    /// Has CONFIG GET say this of a setting; what it is by default, if that is nothing.
    pub(crate) fn tell(&mut self, name: &'static str, text: &str) {
        if text.is_empty() {
            self.texts.remove(name);
        } else {
            self.texts.insert(name, text.into());
        }
    }

    /// How long a script may run before others are served from inside of it, in nanoseconds.
    pub(crate) fn busy_after_ns(&self) -> u64 {
        if self.busy_after_ms == 0 { u64::MAX } else { self.busy_after_ms.saturating_mul(1_000_000) }
    }

    /// How long a command has to take to be worth a look, in nanoseconds.
    pub(crate) fn slow_ns(&self) -> u64 {
        let logged = u64::try_from(self.slower_than_us).ok().map(|us| us.saturating_mul(1000));
        let sampled =
            (self.latency_threshold_ms > 0).then(|| self.latency_threshold_ms.saturating_mul(1_000_000));
        logged.into_iter().chain(sampled).min().unwrap_or(u64::MAX)
    }
}
