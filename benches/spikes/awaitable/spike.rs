//! The real awaitable (`src/python/slots`) over a stand-in table, to be timed beside `ready_awaitable.c`.
#[allow(dead_code, reason = "the spike uses a part of the module it measures")]
#[path = "../../../src/python/slots/mod.rs"]
mod slots;

use std::cell::RefCell;
use std::ffi::CStr;

use hashbrown::HashMap;
use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyString};
use smallvec::SmallVec;

use slots::{Coroutine, Family, Obj, Show, Step};

/// Commands between two trips through the event loop.
const YIELD_EVERY: u32 = 256;

type Table = HashMap<Box<[u8]>, Box<[u8]>, foldhash::fast::RandomState>;

#[pyclass(subclass, unsendable)]
struct Client {
    table: RefCell<Table>,
    since_yield: std::cell::Cell<u32>,
}

type Run = fn(&Client, Python<'_>, &[Obj]) -> PyResult<Obj>;

struct Call {
    client: Obj,
    run: Run,
    name: &'static str,
    args: SmallVec<[Obj; 3]>,
    started: bool,
}

static FAMILY: Family = Family::new();

impl Coroutine for Call {
    const TYPE_NAME: &'static CStr = c"ready_rust.Call";

    fn family() -> &'static Family {
        &FAMILY
    }

    fn name(&self) -> &'static str {
        self.name
    }

    fn resume(&mut self, py: Python<'_>) -> Step {
        // SAFETY: a spike's short way; only `Client`'s methods make a `Call`, each with a client.
        let client = unsafe { self.client.bind(py).cast_unchecked::<Client>() }.borrow();
        if !self.started {
            client.since_yield.set(client.since_yield.get() + 1);
            if client.since_yield.get() >= YIELD_EVERY {
                client.since_yield.set(0);
                drop(client);
                self.started = true;
                return Step::Pause(py.None().into_bound(py).into());
            }
        }
        match (self.run)(&client, py, &self.args) {
            Ok(reply) => Step::Done(reply),
            Err(error) => Step::Failed(error),
        }
    }

    fn interrupt(&mut self, _: Python<'_>) {}

    fn visit(&self, show: &mut Show<'_>) {
        show.reference(&self.client);
        self.args.iter().for_each(|arg| show.reference(arg));
    }
}

fn encoded<'a>(object: &'a Bound<'_, PyAny>) -> PyResult<&'a [u8]> {
    if let Ok(text) = object.cast_exact::<PyString>() {
        Ok(text.to_str()?.as_bytes())
    } else if let Ok(bytes) = object.cast_exact::<PyBytes>() {
        Ok(bytes.as_bytes())
    } else {
        Err(PyTypeError::new_err("str or bytes"))
    }
}

fn run_get(client: &Client, py: Python<'_>, args: &[Obj]) -> PyResult<Obj> {
    let key = encoded(args[0].bind(py))?;
    Ok(match client.table.borrow().get(key) {
        Some(value) => PyBytes::new(py, value).into_any().into(),
        None => py.None().into_bound(py).into(),
    })
}

fn run_set(client: &Client, py: Python<'_>, args: &[Obj]) -> PyResult<Obj> {
    let (key, value) = (encoded(args[0].bind(py))?, encoded(args[1].bind(py))?);
    let mut table = client.table.borrow_mut();
    if let Some(place) = table.get_mut(key) {
        *place = value.into();
    } else {
        table.insert(key.into(), value.into());
    }
    Ok(pyo3::types::PyBool::new(py, true).to_owned().into_any().into())
}

#[pymethods]
impl Client {
    #[new]
    fn new() -> Self {
        Client { table: RefCell::default(), since_yield: Default::default() }
    }

    fn get<'py>(slf: Bound<'py, Self>, key: Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
        call(slf, "Client.get", run_get, [key])
    }

    fn set<'py>(slf: Bound<'py, Self>, key: Bound<'py, PyAny>, value: Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
        call(slf, "Client.set", run_set, [key, value])
    }
}

#[inline]
fn call<'py, const N: usize>(
    client: Bound<'py, Client>,
    name: &'static str,
    run: Run,
    args: [Bound<'py, PyAny>; N],
) -> PyResult<Bound<'py, PyAny>> {
    let py = client.py();
    let args = args.into_iter().map(Obj::from).collect();
    slots::new(py, Call { client: client.into_any().into(), run, name, args, started: false })
}

#[pymodule(gil_used = true)]
fn ready_rust(module: &Bound<'_, PyModule>) -> PyResult<()> {
    slots::prepare::<Call>(module.py())?;
    module.add_class::<Client>()
}
