//! `Store.listen`: servers on a store, from Python.
use std::ffi::OsString;
use std::io;
use std::sync::Arc;

use burner_server::{Address, Options, Server};
use parking_lot::Mutex;
use pyo3::exceptions::{PyOSError, PyTypeError, PyValueError};
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::PyTuple;

use crate::fork;
use crate::host::Guest;
use crate::mail::Watcher;
use crate::store::Store;

/// A server on a store, until it is closed or nobody uses the store any more.
#[pyclass(module = "burner_redis", frozen, weakref)]
pub(crate) struct Listener {
    /// It keeps the store alive.
    store: Py<Store>,
    server: Arc<Mutex<Server>>,
    urls: Vec<String>,
}

#[pymethods]
impl Listener {
    #[getter]
    fn url(&self) -> &str {
        &self.urls[0]
    }

    #[getter]
    fn urls(&self) -> Vec<String> {
        self.urls.clone()
    }

    #[getter]
    fn store(&self, py: Python<'_>) -> Py<Store> {
        self.store.clone_ref(py)
    }

    #[getter]
    fn closed(&self, py: Python<'_>) -> bool {
        !self.store.bind(py).get().shared.lobby.keeps(&self.server)
    }

    fn close(&self, py: Python<'_>) {
        let shared = &self.store.bind(py).get().shared;
        if py.detach(|| shared.lobby.close(&self.server)) {
            // Deadlines that its thread would have seen to are the loops' again.
            shared.leave(py, shared.enter_waiting(py));
        }
    }

    fn __enter__(slf: Bound<'_, Self>) -> Bound<'_, Self> {
        slf
    }

    #[pyo3(signature = (*_error))]
    fn __exit__(&self, py: Python<'_>, _error: &Bound<'_, PyTuple>) {
        self.close(py);
    }

    fn __repr__(&self, py: Python<'_>) -> String {
        format!("<Listener {}{}>", self.urls.join(" "), if self.closed(py) { " closed" } else { "" })
    }
}

/// Starts a server on a store.
pub(crate) fn listen(
    store: &Bound<'_, Store>,
    addresses: &Bound<'_, PyTuple>,
    unix_permissions: Option<u32>,
) -> PyResult<Listener> {
    let py = store.py();
    if addresses.is_empty() {
        return Err(PyTypeError::new_err("listen() needs an address, such as \"127.0.0.1:0\""));
    }
    let addresses = addresses.iter().map(|address| read_address(&address)).collect::<PyResult<Vec<_>>>()?;
    close_at_exit(py)?;
    let shared = &store.get().shared;
    shared.lobby.open();
    let start = || {
        let options = Options { unix_permissions };
        Server::start(Guest::of(shared), &addresses, &options)
    };
    let server = match py.detach(start) {
        Ok(server) => server,
        Err(error) => {
            shared.lobby.shut();
            return Err(refused(&error, &addresses));
        }
    };
    let urls = server.addresses().iter().map(Address::url).collect();
    let server = Arc::new(Mutex::new(server));
    shared.lobby.keep(&server);
    for watcher in shared.live_watchers(py) {
        Watcher::prick_up_soon(&watcher);
    }
    Ok(Listener { store: store.clone().unbind(), server, urls })
}

fn read_address(address: &Bound<'_, PyAny>) -> PyResult<Address> {
    address.extract::<&str>()?.parse::<Address>().map_err(|error| PyValueError::new_err(error.to_string()))
}

/// The error as the `OSError` that its number makes it; a place is named if there is only one it can be about.
fn refused(error: &io::Error, addresses: &[Address]) -> PyErr {
    let place = match addresses {
        [address] => Some(address.to_string()),
        _ => None,
    };
    match error.raw_os_error() {
        Some(number) => {
            let text = io::Error::from_raw_os_error(number).to_string();
            let text = text.split(" (os error").next().unwrap_or_default().to_owned();
            PyOSError::new_err((number, text, place))
        }
        None => PyOSError::new_err(error.to_string()),
    }
}

/// Runs a server of its own until it is told to end, detached.
#[pyfunction]
#[pyo3(signature = (program, args, /))]
pub(crate) fn serve(py: Python<'_>, program: &str, args: Vec<OsString>) -> u8 {
    py.detach(|| burner_server::serve(program, args))
}

/// Has listeners stop while the interpreter still lives.
fn close_at_exit(py: Python<'_>) -> PyResult<()> {
    static REGISTERED: PyOnceLock<()> = PyOnceLock::new();
    REGISTERED
        .get_or_try_init(py, || {
            let close = wrap_pyfunction!(_close_listeners, py)?;
            py.import("atexit")?.call_method1(intern!(py, "register"), (close,)).map(drop)
        })
        .copied()
}

/// At exit: no store listens any more.
#[pyfunction]
fn _close_listeners(py: Python<'_>) {
    for shared in fork::stores() {
        py.detach(|| shared.end_servers());
    }
}
