//! Hot commands: rows of the engine's table that a native method binds once.
use std::sync::OnceLock;

use burner_engine::command::{self, Command};
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyDict, PyInt, PyString, PySuper, PyTuple};
use pyo3::{PyClass, prelude::*};
use smallvec::SmallVec;

use crate::slots::Obj;

/// A hot command and the redis-py method that it shortens.
pub(crate) struct Hot {
    /// The method's name.
    pub(crate) method: &'static str,
    /// The name that a warning says.
    pub(crate) qualified_name: &'static str,
    /// The command's word on the wire.
    pub(crate) word: &'static [u8],
    callback: &'static str,
    row: OnceLock<Option<&'static Command>>,
    callback_name: PyOnceLock<Py<PyString>>,
}

impl Hot {
    const fn new(method: &'static str, qualified_name: &'static str, word: &'static str) -> Self {
        Hot {
            method,
            qualified_name,
            word: word.as_bytes(),
            callback: word,
            row: OnceLock::new(),
            callback_name: PyOnceLock::new(),
        }
    }

    /// The command's row.
    #[inline]
    pub(crate) fn row(&self) -> Option<&'static Command> {
        *self.row.get_or_init(|| command::find(self.word))
    }

    /// The name under which redis-py keeps the response callback.
    #[inline]
    pub(crate) fn callback_name<'py>(&self, py: Python<'py>) -> &Bound<'py, PyAny> {
        self.callback_name.get_or_init(py, || PyString::intern(py, self.callback).unbind()).bind(py).as_any()
    }
}

pub(crate) static GET: Hot = Hot::new("get", "BurnerRedis.get", "GET");
pub(crate) static SET: Hot = Hot::new("set", "BurnerRedis.set", "SET");
pub(crate) static DEL: Hot = Hot::new("delete", "BurnerRedis.delete", "DEL");
pub(crate) static EXISTS: Hot = Hot::new("exists", "BurnerRedis.exists", "EXISTS");
pub(crate) static INCRBY: Hot = Hot::new("incrby", "BurnerRedis.incrby", "INCRBY");
pub(crate) static INCR: Hot = Hot::new("incr", "BurnerRedis.incr", "INCRBY");
pub(crate) static DECR: Hot = Hot::new("decr", "BurnerRedis.decr", "DECRBY");
pub(crate) static DECRBY: Hot = Hot::new("decrby", "BurnerRedis.decrby", "DECRBY");
pub(crate) static TTL: Hot = Hot::new("ttl", "BurnerRedis.ttl", "TTL");
pub(crate) static PTTL: Hot = Hot::new("pttl", "BurnerRedis.pttl", "PTTL");
pub(crate) static HGET: Hot = Hot::new("hget", "BurnerRedis.hget", "HGET");
pub(crate) static HSET: Hot = Hot::new("hset", "BurnerRedis.hset", "HSET");
pub(crate) static HGETALL: Hot = Hot::new("hgetall", "BurnerRedis.hgetall", "HGETALL");
pub(crate) static HDEL: Hot = Hot::new("hdel", "BurnerRedis.hdel", "HDEL");
pub(crate) static HEXISTS: Hot = Hot::new("hexists", "BurnerRedis.hexists", "HEXISTS");
pub(crate) static HINCRBY: Hot = Hot::new("hincrby", "BurnerRedis.hincrby", "HINCRBY");
pub(crate) static LPUSH: Hot = Hot::new("lpush", "BurnerRedis.lpush", "LPUSH");
pub(crate) static RPUSH: Hot = Hot::new("rpush", "BurnerRedis.rpush", "RPUSH");
pub(crate) static LLEN: Hot = Hot::new("llen", "BurnerRedis.llen", "LLEN");
pub(crate) static LRANGE: Hot = Hot::new("lrange", "BurnerRedis.lrange", "LRANGE");
pub(crate) static SADD: Hot = Hot::new("sadd", "BurnerRedis.sadd", "SADD");
pub(crate) static SREM: Hot = Hot::new("srem", "BurnerRedis.srem", "SREM");
pub(crate) static SISMEMBER: Hot = Hot::new("sismember", "BurnerRedis.sismember", "SISMEMBER");
pub(crate) static ZADD: Hot = Hot::new("zadd", "BurnerRedis.zadd", "ZADD");
pub(crate) static ZREM: Hot = Hot::new("zrem", "BurnerRedis.zrem", "ZREM");
pub(crate) static ZSCORE: Hot = Hot::new("zscore", "BurnerRedis.zscore", "ZSCORE");
pub(crate) static XADD: Hot = Hot::new("xadd", "BurnerRedis.xadd", "XADD");
pub(crate) static XREADGROUP: Hot = Hot::new("xreadgroup", "BurnerRedis.xreadgroup", "XREADGROUP");
pub(crate) static XACK: Hot = Hot::new("xack", "BurnerRedis.xack", "XACK");
pub(crate) static XDEL: Hot = Hot::new("xdel", "BurnerRedis.xdel", "XDEL");
pub(crate) static XLEN: Hot = Hot::new("xlen", "BurnerRedis.xlen", "XLEN");
pub(crate) static PUBLISH: Hot = Hot::new("publish", "BurnerRedis.publish", "PUBLISH");
pub(crate) static EVALSHA: Hot = Hot::new("evalsha", "BurnerRedis.evalsha", "EVALSHA");

/// All of them.
pub(crate) static ALL: [&Hot; 33] = [
    &GET,
    &SET,
    &DEL,
    &EXISTS,
    &INCRBY,
    &INCR,
    &DECR,
    &DECRBY,
    &TTL,
    &PTTL,
    &HGET,
    &HSET,
    &HGETALL,
    &HDEL,
    &HEXISTS,
    &HINCRBY,
    &LPUSH,
    &RPUSH,
    &LLEN,
    &LRANGE,
    &SADD,
    &SREM,
    &SISMEMBER,
    &ZADD,
    &ZREM,
    &ZSCORE,
    &XADD,
    &XREADGROUP,
    &XACK,
    &XDEL,
    &XLEN,
    &PUBLISH,
    &EVALSHA,
];

/// The arguments of a hot command, gathered at the call.
pub(crate) type Gathered = SmallVec<[Obj; 4]>;

/// A class with hot methods: the client, which runs them, and the pipeline, which stacks them.
pub(crate) trait Seat: PyClass {
    /// Whether the short cut may be taken.
    fn is_direct(this: &Bound<'_, Self>) -> bool;
    /// Takes it.
    fn submit<'py>(
        this: &Bound<'py, Self>,
        hot: &'static Hot,
        gathered: Gathered,
    ) -> PyResult<Bound<'py, PyAny>>;
}

/// What a hot method returns: the short cut, or what redis-py's method of the name returns.
#[inline]
pub(crate) fn call<'py, S: Seat, const N: usize>(
    seat: &Bound<'py, S>,
    hot: &'static Hot,
    args: [Bound<'py, PyAny>; N],
) -> PyResult<Bound<'py, PyAny>> {
    if S::is_direct(seat) {
        let mut gathered = Gathered::new();
        for arg in args {
            gathered.push(arg.into());
        }
        return S::submit(seat, hot, gathered);
    }
    pass_on(seat, hot, args, None)
}

/// The same for a method that takes any number of scalars after `first`.
pub(crate) fn call_many<'py, S: Seat, const N: usize>(
    seat: &Bound<'py, S>,
    hot: &'static Hot,
    first: [Bound<'py, PyAny>; N],
    rest: &Bound<'py, PyTuple>,
) -> PyResult<Bound<'py, PyAny>> {
    let all = first.into_iter().chain(rest.iter());
    if S::is_direct(seat) {
        return S::submit(seat, hot, all.map(Obj::from).collect());
    }
    pass_on(seat, hot, all, None)
}

/// Calls redis-py's method: the next one of this name in the class's order.
#[cold]
pub(crate) fn pass_on<'py, S: Seat>(
    seat: &Bound<'py, S>,
    hot: &'static Hot,
    args: impl IntoIterator<Item = Bound<'py, PyAny>>,
    kwargs: Option<&Bound<'py, PyDict>>,
) -> PyResult<Bound<'py, PyAny>> {
    let args = PyTuple::new(seat.py(), args.into_iter().collect::<Vec<_>>())?;
    next_method(seat, hot.method)?.call(args, kwargs)
}

/// The method of this name that would be there without the native base.
pub(crate) fn next_method<'py, S: PyClass>(
    object: &Bound<'py, S>,
    name: &str,
) -> PyResult<Bound<'py, PyAny>> {
    PySuper::new(&object.py().get_type::<S>(), object.as_any())?.getattr(name)
}

/// Whether a value is a `dict` with something in it: what redis-py takes a mapping's pairs from.
pub(crate) fn is_filled_dict(value: &Bound<'_, PyAny>) -> bool {
    value.cast_exact::<PyDict>().is_ok_and(|dict| !dict.is_empty())
}

/// How many pairs a `dict` has.
pub(crate) fn length(mapping: &Bound<'_, PyAny>) -> usize {
    mapping.cast_exact::<PyDict>().map_or(0, PyDictMethods::len)
}

/// Whether a value is left out, or an integer of at least `least`.
pub(crate) fn is_count(value: Option<&Bound<'_, PyAny>>, least: i64) -> bool {
    value.is_none_or(|value| {
        value.is_exact_instance_of::<PyInt>() && value.extract::<i64>().is_ok_and(|value| value >= least)
    })
}

/// The amount of INCRBY and its kin: 1 when nothing was given.
pub(crate) fn one_or<'py>(py: Python<'py>, given: Option<Bound<'py, PyAny>>) -> Bound<'py, PyAny> {
    given.unwrap_or_else(|| PyInt::new(py, 1).into_any())
}

/// Gathers a word of the command's own.
pub(crate) fn word(gathered: &mut Gathered, word: &Bound<'_, PyString>) {
    gathered.push(word.clone().into_any().into());
}

/// Gathers a mapping's pairs, as they are when the method is called.
pub(crate) fn pairs(gathered: &mut Gathered, mapping: &Bound<'_, PyAny>) -> PyResult<()> {
    for (key, value) in mapping.cast::<PyDict>()? {
        gathered.push(key.into());
        gathered.push(value.into());
    }
    Ok(())
}
