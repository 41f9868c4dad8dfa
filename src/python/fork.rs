//! `os.fork`: every store's lock is taken before it, so that the child finds none half done.
use std::sync::{Arc, Weak};

use burner_server::Still;
use parking_lot::{ArcMutexGuard, Mutex, RawMutex};
use pyo3::prelude::*;

use crate::store::{Core, Shared};

/// All stores.
static STORES: Mutex<Vec<Weak<Shared>>> = Mutex::new(Vec::new());
/// A store with its servers kept still and its lock taken.
type Held = (Arc<Shared>, Vec<Still>, ArcMutexGuard<RawMutex, Core>);
/// The locks that are held across a fork.
static HELD: Mutex<Vec<Held>> = Mutex::new(Vec::new());

/// Keeps in mind a store that was made.
pub(crate) fn remember(shared: &Arc<Shared>) {
    let mut stores = STORES.lock();
    stores.retain(|store| store.strong_count() > 0);
    stores.push(Arc::downgrade(shared));
}

/// The stores that are in use.
pub(crate) fn stores() -> Vec<Arc<Shared>> {
    STORES.lock().iter().filter_map(Weak::upgrade).collect()
}

/// Has Python call what is below.
pub(crate) fn register(py: Python<'_>) -> PyResult<()> {
    let os = py.import("os")?;
    if !os.hasattr("register_at_fork")? {
        return Ok(());
    }
    let hooks = pyo3::types::PyDict::new(py);
    hooks.set_item("before", wrap_pyfunction!(_before_fork, py)?)?;
    hooks.set_item("after_in_parent", wrap_pyfunction!(_after_fork_in_parent, py)?)?;
    hooks.set_item("after_in_child", wrap_pyfunction!(_after_fork_in_child, py)?)?;
    os.call_method("register_at_fork", (), Some(&hooks))?;
    Ok(())
}

/// Before a fork: takes every store's lock, while no server's thread is half-way in anything.
#[pyfunction]
fn _before_fork(py: Python<'_>) {
    for shared in stores() {
        let still = py.detach(|| shared.lobby.still());
        let mut core = loop {
            if let Some(core) = shared.core.try_lock_arc() {
                break core;
            }
            py.detach(|| drop(shared.core.lock()));
        };
        // A transaction that is half-way is whole on both sides; no Python code runs until the fork is over.
        core.engine.finish_exec();
        shared.end_half_way();
        HELD.lock().push((shared, still, core));
    }
}

/// After a fork, in the parent: goes on.
#[pyfunction]
fn _after_fork_in_parent(py: Python<'_>) {
    let held = std::mem::take(&mut *HELD.lock());
    let stores: Vec<_> = held.into_iter().map(|(shared, ..)| shared).collect();
    for shared in stores {
        if let Some(core) = shared.enter() {
            shared.leave(py, core);
        }
        shared.wake_waiting(py);
    }
}

/// After a fork, in the child: the stores work, and nobody waits or listens.
#[pyfunction]
fn _after_fork_in_child(py: Python<'_>) {
    let held = std::mem::take(&mut *HELD.lock());
    for (shared, still, mut core) in held {
        shared.in_child(py, &mut core, still);
    }
}
