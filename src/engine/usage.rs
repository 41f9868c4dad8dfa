//! How recently, or under an LFU policy how often, a key was used: 24 bits in its entry.
//!
//! Without an LFU policy they are the second of the last use. With one, 16 bits are the minute in which the
//! counter was last looked at, and 8 bits a counter that grows with the logarithm of the uses and falls with
//! time. As in Redis, a change of the policy has them read the other way until they are written again.

use crate::clock::Dice;

/// What an entry knows of its use. See the [module](self).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Usage([u8; 3]);

/// The counter of a key that was never used: not so low that it is the next to go.
const NEW: u8 = 5;

/// After so many seconds a last use looks like one in the future, and begins anew.
const SECONDS: i64 = 1 << 24;
/// As [`SECONDS`], of minutes under an LFU policy.
const MINUTES: i64 = 1 << 16;

/// How a counter of uses grows and falls: `lfu-log-factor` and `lfu-decay-time`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Counting {
    /// How much slower it grows the higher it is.
    pub log_factor: i64,
    /// After how many minutes it falls by 1; never, if 0.
    pub decay_minutes: i64,
}

impl Default for Counting {
    fn default() -> Self {
        Self { log_factor: 10, decay_minutes: 1 }
    }
}

/// The seconds of this time, as far as a key remembers them.
fn clock_at(now_ms: i64) -> i64 {
    now_ms / 1000 % SECONDS
}

impl Usage {
    /// As an entry keeps it.
    #[inline]
    pub fn to_bytes(self) -> [u8; 3] {
        self.0
    }

    /// As an entry has kept it.
    #[inline]
    pub fn from_bytes(bytes: [u8; 3]) -> Self {
        Self(bytes)
    }

    /// Last used at this time.
    #[inline]
    pub fn used_at(ms: i64) -> Self {
        let [a, b, c, ..] = (ms / 1000).to_le_bytes();
        Self([a, b, c])
    }

    /// Last used so many seconds before this time. As in Redis, of which a key cannot tell more than the clock
    /// has seconds is told wrong: its clock goes round one second early.
    pub fn idle(seconds: i64, now_ms: i64) -> Self {
        let used = clock_at(now_ms) - seconds.wrapping_mul(1000) / 1000;
        Self::used_at((if used < 0 { used + SECONDS - 1 } else { used }).wrapping_mul(1000))
    }

    /// For how many seconds it has not been used.
    pub fn idle_seconds(self, now_ms: i64) -> i64 {
        let [a, b, c] = self.0;
        let used = i64::from(u32::from_le_bytes([a, b, c, 0]));
        let since = clock_at(now_ms) - used;
        if since < 0 { since + SECONDS - 1 } else { since }
    }

    /// With this counter of uses, looked at now.
    pub fn counted(counter: u8, now_ms: i64) -> Self {
        let [a, b, ..] = (now_ms / 60_000).to_le_bytes();
        Self([a, b, counter])
    }

    /// As a new key begins under an LFU policy.
    pub fn new_counter(now_ms: i64) -> Self {
        Self::counted(NEW, now_ms)
    }

    /// How often it is used: the counter, less what time took from it.
    pub fn frequency(self, counting: Counting, now_ms: i64) -> u8 {
        let [a, b, counter] = self.0;
        if counting.decay_minutes <= 0 {
            return counter;
        }
        let then = i64::from(u16::from_le_bytes([a, b]));
        let minutes = (now_ms / 60_000 - then).rem_euclid(MINUTES);
        counter.saturating_sub((minutes / counting.decay_minutes).min(255) as u8)
    }

    /// Once more used.
    #[must_use]
    pub fn used(self, counting: Counting, now_ms: i64, dice: &mut Dice) -> Self {
        let counter = self.frequency(counting, now_ms);
        let above = i64::from(counter.saturating_sub(NEW));
        let one_in = above.saturating_mul(counting.log_factor).saturating_add(1);
        let grows = counter < u8::MAX && dice.below(one_in as usize) == 0;
        Self::counted(counter + u8::from(grows), now_ms)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: i64 = 1_700_000_000_000;

    #[test]
    fn idle_time_is_counted_in_seconds() {
        let usage = Usage::used_at(NOW);
        for (later, idle) in [(0, 0), (999, 0), (1000, 1), (3_600_000, 3600), (SECONDS * 1000, 0)] {
            assert_eq!(usage.idle_seconds(NOW + later), idle, "{later}");
        }
        assert_eq!(Usage::idle(77, NOW).idle_seconds(NOW), 77);
        let most = SECONDS - 1;
        for (told, idle) in [(most - 1, most - 1), (most, 0), (SECONDS, 1), (i64::MAX, most - 1)] {
            assert_eq!(Usage::idle(told, NOW).idle_seconds(NOW), idle, "{told}");
        }
    }

    #[test]
    fn a_counter_falls_with_time_and_grows_ever_slower() {
        let counting = Counting::default();
        let new = Usage::new_counter(NOW);
        for (minutes, frequency) in [(0, 5), (1, 4), (4, 1), (5, 0), (1000, 0)] {
            assert_eq!(new.frequency(counting, NOW + minutes * 60_000), frequency, "{minutes}");
        }
        let slower = Counting { decay_minutes: 10, ..counting };
        assert_eq!(new.frequency(slower, NOW + 25 * 60_000), 3);
        let never = Counting { decay_minutes: 0, ..counting };
        assert_eq!(new.frequency(never, NOW + 1000 * 60_000), 5);

        let mut dice = Dice::new(3);
        let uses = |times: u32, counting, dice: &mut Dice| {
            (0..times).fold(new, |usage, _| usage.used(counting, NOW, dice)).frequency(counting, NOW)
        };
        let (few, many) = (uses(100, counting, &mut dice), uses(10_000, counting, &mut dice));
        assert!((7..20).contains(&few) && (30..80).contains(&many), "{few} {many}");
        let each = Counting { log_factor: 0, ..counting };
        assert_eq!(uses(3, each, &mut dice), 8);
        assert_eq!(uses(1000, each, &mut dice), 255);
    }
}
