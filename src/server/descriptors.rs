//! How many descriptors the process may have.

use rustix::process::{Resource, getrlimit, setrlimit};

/// Descriptors that are no connections': listeners, the event loop, files.
const OTHERS: u64 = 32;

/// Has the system allow the process as many descriptors as so many connections take, or as many as it will.
pub(crate) fn allow(connections: usize) {
    let mut limit = getrlimit(Resource::Nofile);
    let wanted = connections as u64 + OTHERS;
    if limit.current.is_some_and(|current| current < wanted) {
        limit.current = Some(limit.maximum.map_or(wanted, |maximum| wanted.min(maximum)));
        // Then there are as many as there were: who is one too many waits.
        let _ = setrlimit(Resource::Nofile, limit);
    }
}
