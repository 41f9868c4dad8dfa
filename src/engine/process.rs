//! The process that a store lives in, as its host knows it: the engine asks no operating system by itself.

use crate::store::{State, Store};

/// What a host tells of the process that a store lives in, and of its machine.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Process {
    /// The name of the operating system, its release and the kind of machine.
    pub system: String,
    /// The path of the program that runs; empty if nobody knows.
    pub executable: String,
    /// What the whole process takes of the machine's memory, in bytes.
    pub resident: usize,
    /// The machine's memory, in bytes.
    pub machine: usize,
    /// What the process has used of the processor.
    pub total: ProcessorTime,
    /// What those of its children have that are over.
    pub children: ProcessorTime,
    /// What the thread that asks has.
    pub thread: ProcessorTime,
}

/// Time of a processor, in microseconds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ProcessorTime {
    /// In the system's own work.
    pub system_us: u64,
    /// In the program's.
    pub user_us: u64,
}

/// Looks at the process; nothing, where the system does not tell.
pub type Inspection = fn() -> Option<Process>;

impl Store {
    /// Has INFO tell of the process what the host knows of it. Without, those fields are not there.
    pub fn inspect_process_by(&mut self, inspection: Inspection) {
        self.state.inspection = Some(inspection);
    }
}

impl State {
    /// What there is to tell of the process.
    pub(crate) fn process(&self) -> Option<Process> {
        self.inspection?()
    }
}
