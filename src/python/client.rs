//! The base of `BurnerRedis`: the seam, the hot methods, and when they stand aside.
use std::sync::OnceLock;

use pyo3::exceptions::{PyRuntimeError, PyValueError};
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyDict, PyList, PyTuple, PyType};
use pyo3::{PyTraverseError, PyVisit, intern};

use crate::call::Call;
use crate::encode::{Codec, encode};
use crate::hot::{self, Gathered, Hot, Seat};
use crate::link::{Link, Settings};
use crate::pipeline::Batch;
use crate::shapes;
use crate::slots::{self, GilCell};
use crate::store::Store;

/// Reasons why calls do not go straight to the engine, one bit each.
mod aside {
    /// `_bind` was not called.
    pub(super) const UNBOUND: u8 = 1;
    /// The instance has a seam of its own.
    pub(super) const INSTANCE: u8 = 4;
    /// The client holds a connection.
    pub(super) const CONNECTION: u8 = 8;
    /// Python code said so.
    pub(super) const ASKED: u8 = 16;
}

/// The base of `BurnerRedis`.
#[pyclass(module = "burner_redis._native", subclass, frozen)]
pub(crate) struct Client {
    link: OnceLock<Link>,
    store: OnceLock<Py<Store>>,
    aside: GilCell<u8>,
    /// The version of the instance's class when its seams were last looked at.
    class_version: GilCell<u32>,
    callbacks: GilCell<Option<Py<PyDict>>>,
}

impl Client {
    /// The tie to the store.
    #[inline]
    pub(crate) fn link(&self) -> PyResult<&Link> {
        self.link.get().ok_or_else(|| PyRuntimeError::new_err("this client was not bound to a store"))
    }

    /// Whether a call goes straight to the engine.
    #[inline]
    fn is_direct(&self, this: &Bound<'_, Self>) -> bool {
        let py = this.py();
        if self.aside.get(py) != 0 {
            return false;
        }
        let version = slots::class_version(this);
        (version != 0 && version == self.class_version.get(py)) || self.class_is_untouched(this)
    }

    /// Looks again whether the class, and redis-py's under it, have the methods that they had at the beginning: some
    /// class in between was changed.
    #[cold]
    fn class_is_untouched(&self, this: &Bound<'_, Self>) -> bool {
        let untouched = originals(this.py()).and_then(|originals| originals.are_those_of(&this.get_type()));
        let untouched = untouched.unwrap_or(false);
        if untouched {
            self.class_version.set(this.py(), slots::class_version(this));
        }
        untouched
    }

    fn set_aside(&self, py: Python<'_>, reason: u8, holds: bool) {
        let aside = self.aside.get(py);
        self.aside.set(py, if holds { aside | reason } else { aside & !reason });
    }

    /// The response callback of a command, if it has one.
    #[inline]
    pub(crate) fn callback<'py>(
        &self,
        py: Python<'py>,
        name: &Bound<'py, PyAny>,
    ) -> Option<Bound<'py, PyAny>> {
        callback_in(&self.callbacks.object(py)?, name)
    }

    /// The same for a name that is known to be in upper case.
    #[inline]
    pub(crate) fn hot_callback<'py>(
        &self,
        py: Python<'py>,
        name: &Bound<'py, PyAny>,
    ) -> Option<Bound<'py, PyAny>> {
        self.callbacks.object(py)?.get_item(name).ok()?
    }
}

/// The response callback of a command; redis-py's dictionary of them knows no case.
#[inline]
pub(crate) fn callback_in<'py>(
    callbacks: &Bound<'py, PyDict>,
    name: &Bound<'py, PyAny>,
) -> Option<Bound<'py, PyAny>> {
    if let Some(callback) = callbacks.get_item(name).ok()? {
        return Some(callback);
    }
    let has_lower = |name: &str| name.bytes().any(|byte| byte.is_ascii_lowercase());
    if !name.extract::<&str>().is_ok_and(has_lower) {
        return None;
    }
    let upper = name.call_method0(intern!(name.py(), "upper")).ok()?;
    callbacks.get_item(upper).ok()?
}

/// redis-py's client class.
fn redis_class(py: Python<'_>) -> PyResult<&Bound<'_, PyAny>> {
    static CLASS: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
    let class = || py.import("redis.asyncio")?.getattr("Redis").map(Bound::unbind);
    Ok(CLASS.get_or_try_init(py, class)?.bind(py))
}

/// The methods that a short cut goes past, as they were when the module was imported: whoever puts others in their
/// place, as instrumentation and tests do, is to see every call.
struct Originals {
    /// The ways of every command: its name, and what a client's class has under it.
    seams: [(&'static str, Py<PyAny>); 2],
    /// redis-py's own: those two, and the methods that the hot ones shorten.
    of_redis_py: Vec<(&'static str, Py<PyAny>)>,
}

impl Originals {
    fn find(py: Python<'_>) -> PyResult<Self> {
        let (native, base) = (py.get_type::<Client>(), redis_class(py)?);
        let of_base = |name| Ok::<_, PyErr>((name, base.getattr(name)?.unbind()));
        let (execute, parse) = ("execute_command", "parse_response");
        let hot = hot::ALL.iter().map(|hot| hot.method);
        Ok(Originals {
            seams: [(execute, native.getattr(execute)?.unbind()), of_base(parse)?],
            of_redis_py: [execute, parse].into_iter().chain(hot).map(of_base).collect::<PyResult<_>>()?,
        })
    }

    /// Whether a class of clients, and redis-py's own, still have them.
    fn are_those_of(&self, class: &Bound<'_, PyType>) -> PyResult<bool> {
        let base = redis_class(class.py())?;
        let has = |class: &Bound<'_, PyAny>, methods: &[(&str, Py<PyAny>)]| -> PyResult<bool> {
            for (name, original) in methods {
                if !class.getattr(*name)?.is(original) {
                    return Ok(false);
                }
            }
            Ok(true)
        };
        Ok(has(class, &self.seams)? && has(base, &self.of_redis_py)?)
    }
}

fn originals(py: Python<'_>) -> PyResult<&Originals> {
    static ORIGINALS: PyOnceLock<Originals> = PyOnceLock::new();
    ORIGINALS.get_or_try_init(py, || Originals::find(py))
}

/// Remembers redis-py's methods and callbacks. To be called when the module is imported.
pub(crate) fn prepare(py: Python<'_>) -> PyResult<()> {
    slots::prepare::<Call>(py)?;
    shapes::prepare(py);
    originals(py).map(drop)
}

impl Seat for Client {
    #[inline]
    fn is_direct(this: &Bound<'_, Self>) -> bool {
        this.get().is_direct(this)
    }

    #[inline]
    fn submit<'py>(
        this: &Bound<'py, Self>,
        hot: &'static Hot,
        gathered: Gathered,
    ) -> PyResult<Bound<'py, PyAny>> {
        slots::new(this.py(), Call::hot(this.clone(), hot, gathered))
    }
}

#[pymethods]
impl Client {
    #[new]
    #[pyo3(signature = (*_args, **_kwargs))]
    fn new(_args: &Bound<'_, PyTuple>, _kwargs: Option<&Bound<'_, PyDict>>) -> Self {
        Client {
            link: OnceLock::new(),
            store: OnceLock::new(),
            aside: GilCell::new(aside::UNBOUND),
            class_version: GilCell::default(),
            callbacks: GilCell::default(),
        }
    }

    #[pyo3(signature = (store, *, handshake = Vec::new(), protocol = 2, encoding = "utf-8",
                        encoding_errors = "strict", decode_responses = false, yield_every = None))]
    #[allow(clippy::too_many_arguments, reason = "a client's settings, each given by its name")]
    fn _bind(
        slf: &Bound<'_, Self>,
        store: Bound<'_, Store>,
        handshake: Vec<Vec<Bound<'_, PyAny>>>,
        protocol: u8,
        encoding: &str,
        encoding_errors: &str,
        decode_responses: bool,
        yield_every: Option<u32>,
    ) -> PyResult<()> {
        let (py, this) = (slf.py(), slf.get());
        if !matches!(protocol, 2 | 3) {
            return Err(PyValueError::new_err("protocol must be 2 or 3"));
        }
        let said = |command: Vec<Bound<'_, PyAny>>| -> PyResult<Vec<Vec<u8>>> {
            command
                .iter()
                .map(|word| Ok(encode(word, encoding, encoding_errors)?.as_bytes().to_vec()))
                .collect()
        };
        let settings = Settings {
            handshake: handshake.into_iter().map(said).collect::<PyResult<_>>()?,
            resp: protocol,
            codec: Codec::new(encoding.to_owned(), encoding_errors.to_owned()),
            decode: decode_responses,
            yield_every: yield_every.filter(|every| *every > 0),
        };
        let link = Link::new(store.get().shared.clone(), settings, this.callbacks.object(py).as_ref());
        if this.link.set(link).is_err() || this.store.set(store.unbind()).is_err() {
            return Err(PyRuntimeError::new_err("this client is bound to a store already"));
        }
        this.set_aside(py, aside::UNBOUND, false);
        Ok(())
    }

    #[getter]
    fn _store(&self, py: Python<'_>) -> Option<Py<Store>> {
        self.store.get().map(|store| store.clone_ref(py))
    }

    #[getter]
    fn _short_cuts(&self, py: Python<'_>) -> bool {
        self.aside.get(py) & aside::ASKED == 0
    }

    #[getter]
    fn _direct(slf: &Bound<'_, Self>) -> bool {
        slf.get().is_direct(slf)
    }

    fn _release(&self, py: Python<'_>) {
        if let Some(link) = self.link.get() {
            link.release(py);
        }
    }

    fn _sessions(&self, py: Python<'_>) -> usize {
        self.link.get().map_or(0, |link| link.idle_sessions(py))
    }

    /// Watches the attributes that decide whether short cuts may be taken.
    fn __setattr__(slf: &Bound<'_, Self>, name: &Bound<'_, PyAny>, value: &Bound<'_, PyAny>) -> PyResult<()> {
        let (py, this) = (slf.py(), slf.get());
        match name.extract::<&str>()? {
            "_short_cuts" => {
                this.set_aside(py, aside::ASKED, !value.is_truthy()?);
                return Ok(());
            }
            "execute_command" | "parse_response" => this.set_aside(py, aside::INSTANCE, true),
            "connection" => this.set_aside(py, aside::CONNECTION, !value.is_none()),
            "response_callbacks" => {
                this.callbacks.set(py, value.cast::<PyDict>().ok().map(|dict| dict.clone().unbind()));
            }
            _ => {}
        }
        slots::set_attribute(slf, name, Some(value))
    }

    fn __delattr__(slf: &Bound<'_, Self>, name: &Bound<'_, PyAny>) -> PyResult<()> {
        slots::set_attribute(slf, name, None)?;
        if matches!(name.extract::<&str>()?, "execute_command" | "parse_response") {
            let own = slf.getattr(intern!(slf.py(), "__dict__"))?;
            let left = own.contains("execute_command")? || own.contains("parse_response")?;
            slf.get().set_aside(slf.py(), aside::INSTANCE, left);
        }
        Ok(())
    }

    #[allow(clippy::needless_pass_by_value, reason = "PyO3 gives `__traverse__` its visitor away")]
    fn __traverse__(&self, visit: PyVisit<'_>) -> Result<(), PyTraverseError> {
        self.callbacks.visit(&visit)?;
        self.store.get().map_or(Ok(()), |store| visit.call(store))
    }

    #[pyo3(signature = (args, options = None, /))]
    fn _execute<'py>(
        slf: &Bound<'py, Self>,
        args: Bound<'py, PyTuple>,
        options: Option<Bound<'py, PyDict>>,
    ) -> PyResult<Bound<'py, PyAny>> {
        slots::new(slf.py(), Call::named(slf.clone(), args, options))
    }

    #[pyo3(signature = (*args, **options))]
    fn execute_command<'py>(
        slf: &Bound<'py, Self>,
        args: Bound<'py, PyTuple>,
        options: Option<Bound<'py, PyDict>>,
    ) -> PyResult<Bound<'py, PyAny>> {
        if slf.get().is_direct(slf) {
            return Self::_execute(slf, args, options);
        }
        hot::next_method(slf, "execute_command")?.call(args, options.as_ref())
    }

    fn _execute_pipeline<'py>(
        slf: &Bound<'py, Self>,
        pipeline: Bound<'py, PyAny>,
        commands: Bound<'py, PyList>,
        transaction: bool,
        raise_on_error: bool,
    ) -> PyResult<Bound<'py, PyAny>> {
        let batch = Batch::new(slf.clone(), pipeline, commands, transaction, raise_on_error)?;
        slots::new(slf.py(), batch)
    }
}
