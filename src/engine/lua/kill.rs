//! SCRIPT KILL: ending a script that runs without end.

use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};

use crate::error::{Error, Result};

const IDLE: u8 = 0;
const RUNNING: u8 = 1;
/// It has written, so ending it half-way would leave half its writes.
const WROTE: u8 = 2;
const KILLED: u8 = 3;

/// Ends the script that a store runs. A command cannot: it would wait for the store like everybody else.
/// This is the handle of whoever holds no lock on the store; any thread may use it at any time.
#[derive(Clone, Debug, Default)]
pub struct ScriptKiller(Arc<AtomicU8>);

impl ScriptKiller {
    /// Ends the running script: it fails at its next look, within about a millisecond.
    ///
    /// NOTBUSY if none runs, UNKILLABLE if it has written.
    pub fn kill(&self) -> Result {
        match self.0.compare_exchange(RUNNING, KILLED, Ordering::Relaxed, Ordering::Relaxed) {
            Ok(_) | Err(KILLED) => Ok(()),
            Err(WROTE) => Err(Error::Fixed(
                "UNKILLABLE Sorry the script already executed write commands against the dataset. You can \
                 either wait the script termination or kill the server in a hard way using the SHUTDOWN \
                 NOSAVE command.",
            )),
            Err(_) => Err(Error::Fixed("NOTBUSY No scripts in execution right now.")),
        }
    }

    /// Ends the running script even if it has written, for what it wrote is to go as well.
    pub(crate) fn end_by_force(&self) {
        self.0.store(KILLED, Ordering::Relaxed);
    }

    pub(super) fn begin(&self) {
        self.0.store(RUNNING, Ordering::Relaxed);
    }

    pub(super) fn end(&self) {
        self.0.store(IDLE, Ordering::Relaxed);
    }

    pub(super) fn wrote(&self) {
        // Relaxed and not checked: a kill that comes in the same instant is as good as one that came later.
        let _ = self.0.compare_exchange(RUNNING, WROTE, Ordering::Relaxed, Ordering::Relaxed);
    }

    pub(super) fn is_killed(&self) -> bool {
        self.0.load(Ordering::Relaxed) == KILLED
    }
}
