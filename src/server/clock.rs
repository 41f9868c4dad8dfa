//! The time of day, read for the engine.
#![allow(clippy::disallowed_methods, reason = "this is the clock that everything else reads")]

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use burner_engine::clock::Clock;

/// The system's clock, and a stopwatch.
#[derive(Clone, Copy, Debug)]
pub struct SystemClock {
    /// When the stopwatch was started.
    started: Instant,
}

impl SystemClock {
    /// A clock whose stopwatch starts now.
    pub fn new() -> Self {
        Self { started: Instant::now() }
    }

    /// A seed for a store's dice that nobody knows: the time, stirred by the hasher's own randomness.
    pub fn random_seed() -> u64 {
        use std::hash::{BuildHasher, RandomState};
        RandomState::new().hash_one(Self::new().now_us())
    }
}

impl Default for SystemClock {
    fn default() -> Self {
        Self::new()
    }
}

impl Clock for SystemClock {
    fn now_us(&self) -> i64 {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or(Duration::ZERO);
        since.as_micros() as i64
    }

    /// The time of the kernel's last tick, a few milliseconds ago at most: a sixth of an exact reading.
    #[cfg(target_os = "linux")]
    #[inline]
    fn coarse_ms(&self) -> i64 {
        let since = rustix::time::clock_gettime(rustix::time::ClockId::RealtimeCoarse);
        since.tv_sec * 1000 + since.tv_nsec / 1_000_000
    }

    #[inline]
    fn stopwatch_ns(&self) -> u64 {
        self.started.elapsed().as_nanos() as u64
    }
}
