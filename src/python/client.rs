//! The base of `BurnerRedis`: the seam, the hot methods, and when they stand aside.
use std::sync::OnceLock;

use pyo3::exceptions::{PyRuntimeError, PyValueError};
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyBool, PyDict, PyInt, PySuper, PyTuple, PyType};
use pyo3::{PyTraverseError, PyVisit, intern};

use crate::call::Call;
use crate::encode::{Codec, encode};
use crate::hot::{self, Gathered};
use crate::link::{Link, Settings};
use crate::pipeline::Batch;
use crate::slots::{self, GilCell};
use crate::store::Store;

/// Reasons why calls do not go straight to the engine, one bit each.
mod aside {
    /// `_bind` was not called.
    pub(super) const UNBOUND: u8 = 1;
    /// The class has a seam of its own.
    pub(super) const CLASS: u8 = 2;
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
    pub(crate) fn is_direct(&self, this: &Bound<'_, Self>) -> bool {
        self.aside.get(this.py()) == 0 && base_is_untouched(this.py())
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

/// Whether `redis.asyncio.Redis.execute_command` is what it was when it was first asked for.
#[inline]
fn base_is_untouched(py: Python<'_>) -> bool {
    static BASE: PyOnceLock<(Py<PyAny>, Py<PyAny>)> = PyOnceLock::new();
    let untouched = || -> PyResult<bool> {
        let (class, saved) = BASE.get_or_try_init(py, || {
            let class = py.import("redis.asyncio")?.getattr("Redis")?;
            let saved = class.getattr("execute_command")?.unbind();
            Ok::<_, PyErr>((class.unbind(), saved))
        })?;
        Ok(class.bind(py).getattr(intern!(py, "execute_command"))?.is(saved))
    };
    untouched().unwrap_or(false)
}

/// The method of this name that would be there without [`Client`].
pub(crate) fn next_method<'py>(client: &Bound<'py, Client>, name: &str) -> PyResult<Bound<'py, PyAny>> {
    let class = client.py().get_type::<Client>();
    PySuper::new(&class, client.as_any())?.getattr(name)
}

fn is_plain_int(value: &Bound<'_, PyAny>) -> bool {
    value.is_exact_instance_of::<PyInt>()
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
            callbacks: GilCell::default(),
        }
    }

    #[pyo3(signature = (store, *, seam, handshake = Vec::new(), protocol = 2, encoding = "utf-8",
                        encoding_errors = "strict", decode_responses = false, yield_every = None))]
    #[allow(clippy::too_many_arguments, reason = "they are a client's settings, each by its name")]
    fn _bind(
        slf: &Bound<'_, Self>,
        store: Bound<'_, Store>,
        seam: &Bound<'_, PyType>,
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
        let mut own_seam = false;
        for name in ["execute_command", "parse_response"] {
            own_seam |= !slf.get_type().getattr(name)?.is(&seam.getattr(name)?);
        }
        this.set_aside(py, aside::CLASS, own_seam);
        this.set_aside(py, aside::UNBOUND, false);
        base_is_untouched(py);
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

    #[allow(clippy::needless_pass_by_value, reason = "PyO3's signature")]
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
        next_method(slf, "execute_command")?.call(args, options.as_ref())
    }

    fn _execute_pipeline<'py>(
        slf: &Bound<'py, Self>,
        pipeline: Bound<'py, PyAny>,
        commands: &Bound<'py, PyAny>,
        transaction: bool,
        raise_on_error: bool,
    ) -> PyResult<Bound<'py, PyAny>> {
        let batch = Batch::new(slf.clone(), pipeline, commands, transaction, raise_on_error)?;
        slots::new(slf.py(), batch)
    }

    // ---- hot commands: redis-py's names and signatures ----

    fn get<'py>(slf: &Bound<'py, Self>, name: Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
        hot::call(slf, &hot::GET, [name])
    }

    #[pyo3(signature = (name, value, *args, **kwargs))]
    fn set<'py>(
        slf: &Bound<'py, Self>,
        name: Bound<'py, PyAny>,
        value: Bound<'py, PyAny>,
        args: &Bound<'py, PyTuple>,
        kwargs: Option<&Bound<'py, PyDict>>,
    ) -> PyResult<Bound<'py, PyAny>> {
        if kwargs.is_none() && args.is_empty() {
            return hot::call(slf, &hot::SET, [name, value]);
        }
        let all: Vec<_> = [name, value].into_iter().chain(args.iter()).collect();
        hot::pass_on(slf, &hot::SET, PyTuple::new(slf.py(), all)?, kwargs)
    }

    #[pyo3(signature = (*names))]
    fn delete<'py>(slf: &Bound<'py, Self>, names: &Bound<'py, PyTuple>) -> PyResult<Bound<'py, PyAny>> {
        hot::call_many(slf, &hot::DEL, [], names)
    }

    #[pyo3(signature = (*names))]
    fn exists<'py>(slf: &Bound<'py, Self>, names: &Bound<'py, PyTuple>) -> PyResult<Bound<'py, PyAny>> {
        hot::call_many(slf, &hot::EXISTS, [], names)
    }

    #[pyo3(signature = (name, amount = None))]
    fn incrby<'py>(
        slf: &Bound<'py, Self>,
        name: Bound<'py, PyAny>,
        amount: Option<Bound<'py, PyAny>>,
    ) -> PyResult<Bound<'py, PyAny>> {
        hot::call(slf, &hot::INCRBY, [name, one_or(slf.py(), amount)])
    }

    #[pyo3(signature = (name, amount = None))]
    fn incr<'py>(
        slf: &Bound<'py, Self>,
        name: Bound<'py, PyAny>,
        amount: Option<Bound<'py, PyAny>>,
    ) -> PyResult<Bound<'py, PyAny>> {
        hot::call(slf, &hot::INCRBY, [name, one_or(slf.py(), amount)])
    }

    #[pyo3(signature = (name, amount = None))]
    fn decrby<'py>(
        slf: &Bound<'py, Self>,
        name: Bound<'py, PyAny>,
        amount: Option<Bound<'py, PyAny>>,
    ) -> PyResult<Bound<'py, PyAny>> {
        hot::call(slf, &hot::DECRBY, [name, one_or(slf.py(), amount)])
    }

    #[pyo3(signature = (name, amount = None))]
    fn decr<'py>(
        slf: &Bound<'py, Self>,
        name: Bound<'py, PyAny>,
        amount: Option<Bound<'py, PyAny>>,
    ) -> PyResult<Bound<'py, PyAny>> {
        hot::call(slf, &hot::DECRBY, [name, one_or(slf.py(), amount)])
    }

    fn ttl<'py>(slf: &Bound<'py, Self>, name: Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
        hot::call(slf, &hot::TTL, [name])
    }

    fn pttl<'py>(slf: &Bound<'py, Self>, name: Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
        hot::call(slf, &hot::PTTL, [name])
    }

    fn hget<'py>(
        slf: &Bound<'py, Self>,
        name: Bound<'py, PyAny>,
        key: Bound<'py, PyAny>,
    ) -> PyResult<Bound<'py, PyAny>> {
        hot::call(slf, &hot::HGET, [name, key])
    }

    fn hgetall<'py>(slf: &Bound<'py, Self>, name: Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
        hot::call(slf, &hot::HGETALL, [name])
    }

    #[pyo3(signature = (name, key = None, value = None, mapping = None, items = None))]
    fn hset<'py>(
        slf: &Bound<'py, Self>,
        name: Bound<'py, PyAny>,
        key: Option<Bound<'py, PyAny>>,
        value: Option<Bound<'py, PyAny>>,
        mapping: Option<Bound<'py, PyAny>>,
        items: Option<Bound<'py, PyAny>>,
    ) -> PyResult<Bound<'py, PyAny>> {
        match (&key, &value, &mapping, &items) {
            (Some(_), Some(_), None, None) => {
                let [Some(key), Some(value)] = [key, value] else { unreachable!("both were there") };
                hot::call(slf, &hot::HSET, [name, key, value])
            }
            (None, None, Some(fields), None) if slf.get().is_direct(slf) && is_filled_dict(fields) => {
                let mut gathered: Gathered = Gathered::new();
                gathered.push(name.into());
                for (field, value) in fields.cast::<PyDict>()? {
                    gathered.push(field.into());
                    gathered.push(value.into());
                }
                hot::call_gathered(slf, &hot::HSET, gathered)
            }
            _ => {
                let args = (name, key, value, mapping, items).into_pyobject(slf.py())?;
                hot::pass_on(slf, &hot::HSET, args, None)
            }
        }
    }

    #[pyo3(signature = (name, *keys))]
    fn hdel<'py>(
        slf: &Bound<'py, Self>,
        name: Bound<'py, PyAny>,
        keys: &Bound<'py, PyTuple>,
    ) -> PyResult<Bound<'py, PyAny>> {
        hot::call_many(slf, &hot::HDEL, [name], keys)
    }

    fn hexists<'py>(
        slf: &Bound<'py, Self>,
        name: Bound<'py, PyAny>,
        key: Bound<'py, PyAny>,
    ) -> PyResult<Bound<'py, PyAny>> {
        hot::call(slf, &hot::HEXISTS, [name, key])
    }

    #[pyo3(signature = (name, key, amount = None))]
    fn hincrby<'py>(
        slf: &Bound<'py, Self>,
        name: Bound<'py, PyAny>,
        key: Bound<'py, PyAny>,
        amount: Option<Bound<'py, PyAny>>,
    ) -> PyResult<Bound<'py, PyAny>> {
        hot::call(slf, &hot::HINCRBY, [name, key, one_or(slf.py(), amount)])
    }

    #[pyo3(signature = (name, *values))]
    fn lpush<'py>(
        slf: &Bound<'py, Self>,
        name: Bound<'py, PyAny>,
        values: &Bound<'py, PyTuple>,
    ) -> PyResult<Bound<'py, PyAny>> {
        hot::call_many(slf, &hot::LPUSH, [name], values)
    }

    #[pyo3(signature = (name, *values))]
    fn rpush<'py>(
        slf: &Bound<'py, Self>,
        name: Bound<'py, PyAny>,
        values: &Bound<'py, PyTuple>,
    ) -> PyResult<Bound<'py, PyAny>> {
        hot::call_many(slf, &hot::RPUSH, [name], values)
    }

    fn llen<'py>(slf: &Bound<'py, Self>, name: Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
        hot::call(slf, &hot::LLEN, [name])
    }

    fn lrange<'py>(
        slf: &Bound<'py, Self>,
        name: Bound<'py, PyAny>,
        start: Bound<'py, PyAny>,
        end: Bound<'py, PyAny>,
    ) -> PyResult<Bound<'py, PyAny>> {
        hot::call(slf, &hot::LRANGE, [name, start, end])
    }

    #[pyo3(signature = (name, *values))]
    fn sadd<'py>(
        slf: &Bound<'py, Self>,
        name: Bound<'py, PyAny>,
        values: &Bound<'py, PyTuple>,
    ) -> PyResult<Bound<'py, PyAny>> {
        hot::call_many(slf, &hot::SADD, [name], values)
    }

    #[pyo3(signature = (name, *values))]
    fn srem<'py>(
        slf: &Bound<'py, Self>,
        name: Bound<'py, PyAny>,
        values: &Bound<'py, PyTuple>,
    ) -> PyResult<Bound<'py, PyAny>> {
        hot::call_many(slf, &hot::SREM, [name], values)
    }

    fn sismember<'py>(
        slf: &Bound<'py, Self>,
        name: Bound<'py, PyAny>,
        value: Bound<'py, PyAny>,
    ) -> PyResult<Bound<'py, PyAny>> {
        hot::call(slf, &hot::SISMEMBER, [name, value])
    }

    #[pyo3(signature = (name, mapping, *args, **kwargs))]
    fn zadd<'py>(
        slf: &Bound<'py, Self>,
        name: Bound<'py, PyAny>,
        mapping: Bound<'py, PyAny>,
        args: &Bound<'py, PyTuple>,
        kwargs: Option<&Bound<'py, PyDict>>,
    ) -> PyResult<Bound<'py, PyAny>> {
        if kwargs.is_none() && args.is_empty() && slf.get().is_direct(slf) && is_filled_dict(&mapping) {
            let mut gathered: Gathered = Gathered::new();
            gathered.push(name.into());
            for (member, score) in mapping.cast::<PyDict>()? {
                gathered.push(score.into());
                gathered.push(member.into());
            }
            return hot::call_gathered(slf, &hot::ZADD, gathered);
        }
        let all: Vec<_> = [name, mapping].into_iter().chain(args.iter()).collect();
        hot::pass_on(slf, &hot::ZADD, PyTuple::new(slf.py(), all)?, kwargs)
    }

    #[pyo3(signature = (name, *values))]
    fn zrem<'py>(
        slf: &Bound<'py, Self>,
        name: Bound<'py, PyAny>,
        values: &Bound<'py, PyTuple>,
    ) -> PyResult<Bound<'py, PyAny>> {
        hot::call_many(slf, &hot::ZREM, [name], values)
    }

    fn zscore<'py>(
        slf: &Bound<'py, Self>,
        name: Bound<'py, PyAny>,
        value: Bound<'py, PyAny>,
    ) -> PyResult<Bound<'py, PyAny>> {
        hot::call(slf, &hot::ZSCORE, [name, value])
    }

    #[pyo3(signature = (name, fields, id = None, maxlen = None, approximate = None, *args, **kwargs))]
    #[allow(clippy::too_many_arguments, reason = "redis-py's signature")]
    fn xadd<'py>(
        slf: &Bound<'py, Self>,
        name: Bound<'py, PyAny>,
        fields: Bound<'py, PyAny>,
        id: Option<Bound<'py, PyAny>>,
        maxlen: Option<Bound<'py, PyAny>>,
        approximate: Option<Bound<'py, PyAny>>,
        args: &Bound<'py, PyTuple>,
        kwargs: Option<&Bound<'py, PyDict>>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let py = slf.py();
        let plain = kwargs.is_none()
            && args.is_empty()
            && is_filled_dict(&fields)
            && maxlen.as_ref().is_none_or(|maxlen| is_plain_int(maxlen) && maxlen.ge(0).unwrap_or(false))
            && approximate.as_ref().is_none_or(PyAnyMethods::is_exact_instance_of::<PyBool>);
        if plain && slf.get().is_direct(slf) {
            let mut gathered: Gathered = Gathered::new();
            gathered.push(name.into());
            if let Some(maxlen) = maxlen {
                gathered.push(intern!(py, "MAXLEN").clone().into_any().into());
                if approximate.is_none_or(|approximate| approximate.is_truthy().unwrap_or(true)) {
                    gathered.push(intern!(py, "~").clone().into_any().into());
                }
                gathered.push(maxlen.into());
            }
            gathered.push(id.unwrap_or_else(|| intern!(py, "*").clone().into_any()).into());
            for (field, value) in fields.cast::<PyDict>()? {
                gathered.push(field.into());
                gathered.push(value.into());
            }
            return hot::call_gathered(slf, &hot::XADD, gathered);
        }
        // Redis-py's own defaults, where nothing was given.
        let id = id.unwrap_or_else(|| intern!(py, "*").clone().into_any());
        let approximate = approximate.unwrap_or_else(|| PyBool::new(py, true).to_owned().into_any());
        let maxlen = maxlen.unwrap_or_else(|| py.None().into_bound(py));
        let all: Vec<_> = [name, fields, id, maxlen, approximate].into_iter().chain(args.iter()).collect();
        hot::pass_on(slf, &hot::XADD, PyTuple::new(py, all)?, kwargs)
    }

    #[pyo3(signature = (name, groupname, *ids))]
    fn xack<'py>(
        slf: &Bound<'py, Self>,
        name: Bound<'py, PyAny>,
        groupname: Bound<'py, PyAny>,
        ids: &Bound<'py, PyTuple>,
    ) -> PyResult<Bound<'py, PyAny>> {
        hot::call_many(slf, &hot::XACK, [name, groupname], ids)
    }

    #[pyo3(signature = (name, *ids))]
    fn xdel<'py>(
        slf: &Bound<'py, Self>,
        name: Bound<'py, PyAny>,
        ids: &Bound<'py, PyTuple>,
    ) -> PyResult<Bound<'py, PyAny>> {
        hot::call_many(slf, &hot::XDEL, [name], ids)
    }

    fn xlen<'py>(slf: &Bound<'py, Self>, name: Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
        hot::call(slf, &hot::XLEN, [name])
    }

    #[pyo3(signature = (channel, message, **kwargs))]
    fn publish<'py>(
        slf: &Bound<'py, Self>,
        channel: Bound<'py, PyAny>,
        message: Bound<'py, PyAny>,
        kwargs: Option<&Bound<'py, PyDict>>,
    ) -> PyResult<Bound<'py, PyAny>> {
        if kwargs.is_none() {
            return hot::call(slf, &hot::PUBLISH, [channel, message]);
        }
        hot::pass_on(slf, &hot::PUBLISH, PyTuple::new(slf.py(), [channel, message])?, kwargs)
    }

    #[pyo3(signature = (sha, numkeys, *keys_and_args))]
    fn evalsha<'py>(
        slf: &Bound<'py, Self>,
        sha: Bound<'py, PyAny>,
        numkeys: Bound<'py, PyAny>,
        keys_and_args: &Bound<'py, PyTuple>,
    ) -> PyResult<Bound<'py, PyAny>> {
        hot::call_many(slf, &hot::EVALSHA, [sha, numkeys], keys_and_args)
    }
}

fn is_filled_dict(value: &Bound<'_, PyAny>) -> bool {
    value.cast_exact::<PyDict>().is_ok_and(|dict| !dict.is_empty())
}

/// The amount of INCRBY and its kin: 1 when nothing was given.
fn one_or<'py>(py: Python<'py>, given: Option<Bound<'py, PyAny>>) -> Bound<'py, PyAny> {
    given.unwrap_or_else(|| PyInt::new(py, 1).into_any())
}
