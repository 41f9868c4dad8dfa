//! How long a command took, run by run: a histogram of durations.

/// Each doubling of the duration is told apart in so many steps.
const STEPS: usize = 8;
/// Doublings, from 64 ns on: the last begins at 19 hours.
const DOUBLINGS: usize = 40;
/// Durations below this, in nanoseconds, are one.
const FIRST: u64 = 64;

/// Counts of durations, to an eighth of each.
#[derive(Clone, Debug)]
pub struct Histogram {
    counts: Box<[u32; STEPS * DOUBLINGS]>,
    total: u64,
}

impl Default for Histogram {
    fn default() -> Self {
        Self { counts: Box::new([0; STEPS * DOUBLINGS]), total: 0 }
    }
}

/// The step that a duration in nanoseconds falls into.
fn step_of(ns: u64) -> usize {
    let ns = ns.max(FIRST);
    let doubling = ns.ilog2();
    let within = (ns >> (doubling - STEPS.ilog2())) as usize - STEPS;
    let step = (doubling - FIRST.ilog2()) as usize * STEPS + within;
    step.min(STEPS * DOUBLINGS - 1)
}

/// The longest duration of a step, in nanoseconds.
fn end_of(step: usize) -> u64 {
    let (doubling, within) = (FIRST.ilog2() as usize + step / STEPS, (step % STEPS) as u64);
    ((STEPS as u64 + within + 1) << (doubling - STEPS.ilog2() as usize)) - 1
}

impl Histogram {
    /// Counts a duration, in nanoseconds.
    pub fn count(&mut self, ns: u64) {
        let count = &mut self.counts[step_of(ns)];
        *count = count.saturating_add(1);
        self.total += 1;
    }

    /// How many durations were counted.
    pub fn total(&self) -> u64 {
        self.total
    }

    /// The duration that this share of the durations, in percent, does not exceed, in nanoseconds.
    pub fn percentile(&self, percent: f64) -> u64 {
        let wanted = ((percent / 100.0 * self.total as f64).ceil() as u64).max(1);
        let mut counted = 0;
        for (step, count) in self.counts.iter().enumerate() {
            counted += u64::from(*count);
            if counted >= wanted {
                return end_of(step);
            }
        }
        0
    }

    /// How many durations do not exceed 1, 2, 4 … times 1024 ns: the power and the number, where it grows.
    pub fn by_doublings(&self) -> Vec<(u32, u64)> {
        const FROM: usize = 4; // 64 ns doubled so often is 1024 ns
        let mut found: Vec<(u32, u64)> = Vec::new();
        let mut counted = 0;
        for (doubling, counts) in self.counts.chunks(STEPS).enumerate() {
            let here: u64 = counts.iter().copied().map(u64::from).sum();
            if here == 0 {
                continue;
            }
            counted += here;
            // What lies in [512, 1024) ns is the first that does not exceed 1024 ns.
            let power = (doubling + 1).saturating_sub(FROM) as u32;
            match found.last_mut() {
                Some(last) if last.0 == power => last.1 = counted,
                _ => found.push((power, counted)),
            }
        }
        found
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_follow_on_one_another() {
        for step in 1..STEPS * DOUBLINGS - 1 {
            assert_eq!(step_of(end_of(step)), step);
            assert_eq!(step_of(end_of(step) + 1), step + 1);
        }
        assert_eq!((step_of(0), step_of(u64::MAX)), (0, STEPS * DOUBLINGS - 1));
    }

    #[test]
    fn percentiles_are_true_to_an_eighth() {
        let mut histogram = Histogram::default();
        (1..=1000).for_each(|us| histogram.count(us * 1000));
        for (percent, us) in [(50.0, 500), (99.0, 990), (100.0, 1000), (0.0, 1)] {
            let told = histogram.percentile(percent) / 1000;
            assert!((us..=us + us / 8 + 1).contains(&told), "{percent}: {told}");
        }
        assert_eq!(Histogram::default().percentile(50.0), 0);
    }

    #[test]
    fn doublings_are_cumulative() {
        let mut histogram = Histogram::default();
        [100, 900, 1500, 1500, 40_000].into_iter().for_each(|ns| histogram.count(ns));
        assert_eq!(histogram.by_doublings(), [(0, 2), (1, 4), (6, 5)]);
    }
}
