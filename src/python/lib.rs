//! The Python module `burner_redis._native`: the store, and the objects through which redis-py's classes reach it.
//!
//! The way of a command: a method of [`client::Client`] gathers its arguments into a [`call::Call`], an awaitable of
//! [`slots`]; at the `await` they are encoded ([`encode`]), the command runs under the store's lock ([`link`],
//! [`store`]), its reply is recorded by [`reply`] and built after the release. A command that waits sleeps on a
//! future ([`mail`]). [`pipeline`] runs many; [`wire`] and [`subscriber`] are sessions that last. While a store listens
//! ([`listener`]), a server's thread shares it ([`host`]), and wakes event loops by a [`bell`].
#![deny(unsafe_code)]

use pyo3::prelude::*;

mod bell;
mod builder;
mod call;
mod client;
mod clock;
mod encode;
mod errors;
mod fork;
mod host;
mod hot;
mod hot_methods;
mod link;
mod listener;
mod mail;
mod names;
mod pace;
mod pipeline;
mod post;
mod reply;
mod shapes;
#[allow(unsafe_code, reason = "CPython's slots take pointers; each block says why it is sound")]
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
    module.add_class::<clock::ManualClock>()?;
    module.add_class::<store::Store>()?;
    module.add_class::<listener::Listener>()?;
    module.add_class::<client::Client>()?;
    module.add_class::<stack::Stack>()?;
    module.add_class::<wire::Wire>()?;
    module.add_class::<subscriber::Subscriber>()?;
    module.add_function(wrap_pyfunction!(encode::encode, module)?)?;
    module.add_function(wrap_pyfunction!(listener::serve, module)?)?;
    fork::register(py)
}
