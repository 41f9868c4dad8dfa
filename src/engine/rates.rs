//! How much goes on per second, as of the last moments.
//!
//! A store has no timer. Samples are taken as time is seen to go by, which every command sees: while nothing
//! happens there is nothing to be sampled.

use std::collections::VecDeque;

/// How far samples are apart at least, in milliseconds.
const APART_MS: i64 = 100;
/// Over how long a rate is taken, in milliseconds.
const WINDOW_MS: i64 = 16 * APART_MS;

/// What had gone on up to some moment.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Totals {
    pub(crate) commands: u64,
    pub(crate) input_bytes: u64,
    pub(crate) output_bytes: u64,
}

/// What goes on in a second.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct PerSecond {
    pub(crate) commands: f64,
    pub(crate) input_bytes: f64,
    pub(crate) output_bytes: f64,
}

/// The samples of the last moments, the oldest first: when each was taken, and what it saw.
#[derive(Debug, Default)]
pub(crate) struct Rates(VecDeque<(i64, Totals)>);

impl Rates {
    /// Whether it is time for a sample.
    #[inline]
    pub(crate) fn is_due(&self, now_ms: i64) -> bool {
        // A clock that was put back begins anew.
        self.0.back().is_none_or(|(at_ms, _)| !(0..APART_MS).contains(&now_ms.wrapping_sub(*at_ms)))
    }

    /// Takes a sample.
    #[cold]
    pub(crate) fn sample(&mut self, now_ms: i64, totals: Totals) {
        self.0.retain(|(at_ms, _)| is_recent(*at_ms, now_ms));
        self.0.push_back((now_ms, totals));
    }

    /// What goes on in a second, of a store that began at `since_ms`.
    pub(crate) fn per_second(&self, since_ms: i64, now_ms: i64, totals: Totals) -> PerSecond {
        let Some((_, before)) = self.0.iter().find(|(at_ms, _)| is_recent(*at_ms, now_ms)) else {
            return PerSecond::default();
        };
        let ms = now_ms.saturating_sub(since_ms).clamp(APART_MS, WINDOW_MS);
        let rate = |now: u64, before: u64| now.saturating_sub(before) as f64 * 1000.0 / ms as f64;
        PerSecond {
            commands: rate(totals.commands, before.commands),
            input_bytes: rate(totals.input_bytes, before.input_bytes),
            output_bytes: rate(totals.output_bytes, before.output_bytes),
        }
    }
}

fn is_recent(at_ms: i64, now_ms: i64) -> bool {
    (0..=WINDOW_MS).contains(&now_ms.wrapping_sub(at_ms))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A store's commands: so many every 10 ms, from one moment to another.
    fn run(rates: &mut Rates, total: &mut Totals, from_ms: i64, to_ms: i64, commands: u64) {
        for now_ms in (from_ms..to_ms).step_by(10) {
            if rates.is_due(now_ms) {
                rates.sample(now_ms, *total);
            }
            total.commands += commands;
        }
    }

    #[test]
    fn a_rate_is_of_the_last_moments() {
        let (mut rates, mut total) = (Rates::default(), Totals::default());
        run(&mut rates, &mut total, 0, 10_000, 5);
        let told = rates.per_second(0, 10_000, total).commands;
        assert!((450.0..=550.0).contains(&told), "{told}");
        assert!(rates.0.len() <= 17);
        assert_eq!(rates.per_second(0, 60_000, total), PerSecond::default());
        // A burst after a silence is no more than it is.
        run(&mut rates, &mut total, 60_000, 60_160, 10);
        assert_eq!(rates.per_second(0, 60_160, total).commands, 100.0);
    }

    #[test]
    fn a_store_that_just_began_is_measured_by_its_age() {
        let (mut rates, mut total) = (Rates::default(), Totals::default());
        run(&mut rates, &mut total, 1000, 1200, 10);
        assert_eq!(rates.per_second(1000, 1200, total).commands, 1000.0);
    }

    #[test]
    fn a_clock_that_was_put_back_does_not_stop_it() {
        let (mut rates, mut total) = (Rates::default(), Totals::default());
        run(&mut rates, &mut total, 1_000_000, 1_001_000, 10);
        run(&mut rates, &mut total, 500, 600, 10);
        assert_eq!(rates.per_second(0, 600, total).commands.round(), 167.0);
        assert!(rates.is_due(i64::MIN) && rates.is_due(i64::MAX));
    }
}
