//! Time and chance as parts: the engine reads neither by itself.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

/// Where a store reads the time. Read once a command, by the first who needs it.
pub trait Clock: Send {
    /// Microseconds since the Unix epoch.
    fn now_us(&self) -> i64;

    /// Milliseconds since the Unix epoch, up to a few of them late: read for every command, it must not
    /// cost what an exact reading does.
    fn coarse_ms(&self) -> i64 {
        self.now_us() / 1000
    }

    /// A stopwatch's reading, in nanoseconds since any moment. One that always reads the same measures
    /// nothing, which is what a test's does: that somebody moves the hands makes no command slow.
    fn stopwatch_ns(&self) -> u64 {
        0
    }

    /// Whether time goes by when nobody moves the hands.
    fn runs(&self) -> bool {
        true
    }
}

/// A clock that stands still until it is moved. Clones share the same hands.
#[derive(Clone, Debug)]
pub struct ManualClock(Arc<AtomicI64>);

impl ManualClock {
    /// A clock standing at `us` microseconds since the Unix epoch.
    pub fn new(us: i64) -> Self {
        Self(Arc::new(AtomicI64::new(us)))
    }

    /// Moves the hands by `us` microseconds; a negative number moves them back.
    pub fn advance(&self, us: i64) {
        self.0.fetch_add(us, Ordering::Relaxed);
    }

    /// Puts the hands to `us` microseconds since the Unix epoch.
    pub fn set(&self, us: i64) {
        self.0.store(us, Ordering::Relaxed);
    }
}

impl Clock for ManualClock {
    fn now_us(&self) -> i64 {
        self.0.load(Ordering::Relaxed)
    }

    fn runs(&self) -> bool {
        false
    }
}

/// A store's source of chance: xorshift64*, seeded, so that a fuzz case replays.
#[derive(Clone, Debug)]
pub struct Dice(u64);

impl Dice {
    /// Dice whose throws follow from `seed`.
    pub fn new(seed: u64) -> Self {
        // Zero is the one state that xorshift never leaves.
        Self(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1)
    }

    /// The next 64 bits.
    pub fn next_u64(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_F491_4F6C_DD1D)
    }

    /// A number in `0..n`; 0 for `n` of 0.
    pub fn below(&mut self, n: usize) -> usize {
        ((u128::from(self.next_u64()) * n as u128) >> 64) as usize
    }
}

/// Fills bytes with what nobody can foretell; whether it could.
pub type Secrets = fn(&mut [u8]) -> bool;

impl Default for Dice {
    fn default() -> Self {
        Self::new(0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dice_stay_below_and_repeat_from_their_seed() {
        let (mut a, mut b) = (Dice::new(7), Dice::new(7));
        for n in [1, 2, 6, 1000] {
            let throw = a.below(n);
            assert!(throw < n);
            assert_eq!(throw, b.below(n));
        }
        assert_eq!(a.below(0), 0);
    }
}
