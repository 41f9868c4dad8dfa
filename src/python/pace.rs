//! When to let others run: commands that never suspend would starve the event loop.
use std::time::{Duration, Instant};

use pyo3::prelude::*;

use crate::slots::GilCell;

/// How long commands run before the loop gets a turn.
const SLICE: Duration = Duration::from_millis(1);
/// A look at the clock costs a good part of a small command, so it is taken after so much work.
const WORK_PER_LOOK: u32 = 16;
/// Words of a reply that count as one small command.
const WORDS_PER_WORK: usize = 8;

/// One client's account of the work done without a trip through the event loop.
pub(crate) struct Pace {
    yield_every: Option<u32>,
    work: GilCell<u32>,
    slice_began: GilCell<Option<Instant>>,
}

#[allow(clippy::disallowed_methods, reason = "fairness is about real time, whatever the store's clock says")]
fn now() -> Instant {
    Instant::now()
}

impl Pace {
    /// A trip after `yield_every` commands; by time, without.
    pub(crate) fn new(yield_every: Option<u32>) -> Self {
        Pace { yield_every, work: GilCell::default(), slice_began: GilCell::default() }
    }

    /// Counts a command that is about to run; whether the loop is to get a turn first.
    #[inline]
    pub(crate) fn is_over(&self, py: Python<'_>) -> bool {
        let work = self.work.get(py) + 1;
        if work < self.yield_every.unwrap_or(WORK_PER_LOOK) {
            self.work.set(py, work);
            return false;
        }
        self.work.set(py, 0);
        self.yield_every.is_some() || self.slice_is_over(py)
    }

    /// Counts what a reply cost.
    #[inline]
    pub(crate) fn spent(&self, py: Python<'_>, words: usize) {
        if words >= WORDS_PER_WORK && self.yield_every.is_none() {
            let work = self.work.get(py) as usize + words / WORDS_PER_WORK;
            self.work.set(py, work.min(WORK_PER_LOOK as usize) as u32);
        }
    }

    /// Whether the slice that began at the last trip has lasted long enough; begins the next one if so.
    #[cold]
    fn slice_is_over(&self, py: Python<'_>) -> bool {
        let now = now();
        match self.slice_began.get(py) {
            Some(began) if now.duration_since(began) < SLICE => false,
            began => {
                self.slice_began.set(py, Some(now));
                began.is_some()
            }
        }
    }
}
