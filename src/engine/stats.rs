//! What a store counts for INFO, of all commands and of each.
//!
//! Calls are always counted. How long they take is measured, of commands that cannot be slow, one time in
//! 16: reading the clock twice would cost them a good part of themselves. What is told of their time follows
//! from the runs that were measured.

use std::collections::BTreeMap;

use crate::command::{self, Command};
use crate::containment::Panics;
use crate::error::Error;
use crate::histogram::Histogram;

/// How many code words of errors are counted.
const ERROR_CODES: usize = 128;

/// Counters for INFO.
#[derive(Clone, Debug)]
pub struct Stats {
    /// Commands run.
    pub commands: u64,
    /// Lookups by reading commands that found the key.
    pub hits: u64,
    /// Lookups by reading commands that missed.
    pub misses: u64,
    /// Keys that expired.
    pub expired: u64,
    /// Fields of hashes that expired.
    pub expired_fields: u64,
    /// What sweeps took that removed something that had expired, in nanoseconds.
    pub sweeping_ns: u64,
    /// Sweeps that left the rest to the next.
    pub sweeps_cut_short: u64,
    /// Keys that had to go for want of memory.
    pub evicted: u64,
    /// Since when, in milliseconds since the Unix epoch, there is less memory than is used, and no key may go.
    pub exceeded_since_ms: Option<i64>,
    /// How long that was so before, in milliseconds.
    pub exceeded_ms: i64,
    /// Writes since the store began.
    pub dirty: u64,
    /// Sessions opened.
    pub connections: u64,
    /// Panics.
    pub panics: Panics,
    /// Error answers by their code word.
    errors: BTreeMap<Box<str>, u64>,
    /// Of each command, by its number.
    by_command: Box<[CommandStats]>,
}

/// What is counted of one command.
#[derive(Clone, Debug, Default)]
pub struct CommandStats {
    /// Runs, those included that ended in an error.
    pub calls: u64,
    /// Runs that ended in an error.
    pub failed: u64,
    /// How often it was refused before it ran.
    pub rejected: u64,
    /// How many runs were measured.
    pub timed: u64,
    /// What those took, in nanoseconds.
    pub timed_ns: u64,
    /// Their durations; while `latency-tracking` is on.
    pub histogram: Option<Histogram>,
}

impl CommandStats {
    /// Whether there is anything to tell.
    pub fn is_used(&self) -> bool {
        self.calls | self.rejected | self.failed != 0
    }

    /// What all runs took, in microseconds, as far as those measured tell.
    pub fn total_us(&self) -> u64 {
        (self.us_per_call() * self.calls as f64).round() as u64
    }

    /// What a run takes on average, in microseconds.
    pub fn us_per_call(&self) -> f64 {
        if self.timed == 0 { 0.0 } else { self.timed_ns as f64 / 1000.0 / self.timed as f64 }
    }
}

impl Default for Stats {
    fn default() -> Self {
        Self {
            commands: 0,
            hits: 0,
            misses: 0,
            expired: 0,
            expired_fields: 0,
            sweeping_ns: 0,
            sweeps_cut_short: 0,
            evicted: 0,
            exceeded_since_ms: None,
            exceeded_ms: 0,
            dirty: 0,
            connections: 0,
            panics: Panics::default(),
            errors: BTreeMap::new(),
            by_command: vec![CommandStats::default(); command::count()].into_boxed_slice(),
        }
    }
}

impl Stats {
    /// Counts an error answer.
    pub fn count_error(&mut self, error: &Error) {
        let code = error.wire().split(|byte| *byte == b' ').next().unwrap_or_default();
        let code = String::from_utf8_lossy(code);
        // A script makes up codes as it likes; so many and no more are told apart.
        let room = self.errors.len() < ERROR_CODES;
        if let Some(count) = self.errors.get_mut(&*code) {
            *count += 1;
        } else if room {
            self.errors.insert(code.into(), 1);
        }
    }

    /// Takes note whether more memory is used than allowed and nothing can be done about it.
    pub(crate) fn note_excess(&mut self, exceeds: bool, now_ms: i64) {
        if exceeds {
            self.exceeded_since_ms.get_or_insert(now_ms);
        } else if let Some(since_ms) = self.exceeded_since_ms.take() {
            self.exceeded_ms += (now_ms - since_ms).max(0);
        }
    }

    /// Error answers by their code word.
    pub fn errors(&self) -> impl Iterator<Item = (&str, u64)> {
        self.errors.iter().map(|(code, count)| (&**code, *count))
    }

    /// What is counted of a command.
    #[inline]
    pub fn of(&mut self, command: &Command) -> &mut CommandStats {
        &mut self.by_command[usize::from(command.number)]
    }

    /// What was counted of a command, if anything was.
    pub fn used(&self, command: &Command) -> Option<&CommandStats> {
        Some(&self.by_command[usize::from(command.number)]).filter(|stats| stats.is_used())
    }
}
