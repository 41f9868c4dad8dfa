//! The Python module `burner_redis._native`: the store, and the objects through which redis-py's classes reach it.
//!
//! The way of a command: a method of [`client::Client`] gathers its arguments into a [`call::Call`], an awaitable of
//! [`slots`]; at the `await` they are encoded ([`encode`]), the command runs under the store's lock ([`link`],
//! [`store`]), its reply is recorded by [`reply`] and built after the release. A command that waits sleeps on a
//! future ([`mail`]). [`pipeline`] runs many; [`wire`] and [`subscriber`] are sessions that last.
#![deny(unsafe_code)]

use pyo3::prelude::*;

mod builder;
mod call;
mod client;
mod encode;
mod errors;
mod hot;
mod hot_methods;
mod link;
mod mail;
mod names;
mod pace;
mod pipeline;
mod reply;
mod shapes;
#[allow(unsafe_code, reason = "CPython's slots; each block says why it is sound")]
mod slots;
mod stack;
mod store;
mod subscriber;
mod wire;

#[pymodule(gil_used = true)]
fn _native(module: &Bound<'_, PyModule>) -> PyResult<()> {
    let py = module.py();
    client::prepare(py)?;
    slots::prepare::<pipeline::Batch>(py)?;
    wire::prepare(py)?;
    subscriber::prepare(py)?;
    module.add("__version__", env!("CARGO_PKG_VERSION"))?;
    module.add_class::<store::ManualClock>()?;
    module.add_class::<store::Store>()?;
    module.add_class::<client::Client>()?;
    module.add_class::<stack::Stack>()?;
    module.add_class::<wire::Wire>()?;
    module.add_class::<subscriber::Subscriber>()?;
    module.add_function(wrap_pyfunction!(encode::encode, module)?)?;
    register_fork_hooks(py)
}

/// Keeps the stores whole across `os.fork`.
fn register_fork_hooks(py: Python<'_>) -> PyResult<()> {
    let os = py.import("os")?;
    if !os.hasattr("register_at_fork")? {
        return Ok(());
    }
    let hooks = pyo3::types::PyDict::new(py);
    hooks.set_item("before", wrap_pyfunction!(store::_before_fork, py)?)?;
    hooks.set_item("after_in_parent", wrap_pyfunction!(store::_after_fork_in_parent, py)?)?;
    hooks.set_item("after_in_child", wrap_pyfunction!(store::_after_fork_in_child, py)?)?;
    os.call_method("register_at_fork", (), Some(&hooks))?;
    Ok(())
}
