//! Hot commands: rows of the engine's table that a native method binds once.
use std::sync::OnceLock;

use burner_engine::command::{self, Command};
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyDict, PyString, PyTuple};
use smallvec::SmallVec;

use crate::call::Call;
use crate::client::Client;
use crate::slots::{self, Obj};

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
pub(crate) static XACK: Hot = Hot::new("xack", "BurnerRedis.xack", "XACK");
pub(crate) static XDEL: Hot = Hot::new("xdel", "BurnerRedis.xdel", "XDEL");
pub(crate) static XLEN: Hot = Hot::new("xlen", "BurnerRedis.xlen", "XLEN");
pub(crate) static PUBLISH: Hot = Hot::new("publish", "BurnerRedis.publish", "PUBLISH");
pub(crate) static EVALSHA: Hot = Hot::new("evalsha", "BurnerRedis.evalsha", "EVALSHA");

/// The arguments of a hot command, gathered at the call.
pub(crate) type Gathered = SmallVec<[Obj; 3]>;

/// What a hot method returns: the short cut, or what redis-py's method of the name returns.
#[inline]
pub(crate) fn call<'py, const N: usize>(
    client: &Bound<'py, Client>,
    hot: &'static Hot,
    args: [Bound<'py, PyAny>; N],
) -> PyResult<Bound<'py, PyAny>> {
    if client.get().is_direct(client) {
        let gathered = args.into_iter().map(Obj::from).collect();
        return slots::new(client.py(), Call::hot(client.clone(), hot, gathered));
    }
    pass_on(client, hot, PyTuple::new(client.py(), args)?, None)
}

/// The same for a method that takes any number of scalars after `first`.
pub(crate) fn call_many<'py, const N: usize>(
    client: &Bound<'py, Client>,
    hot: &'static Hot,
    first: [Bound<'py, PyAny>; N],
    rest: &Bound<'py, PyTuple>,
) -> PyResult<Bound<'py, PyAny>> {
    if client.get().is_direct(client) {
        let gathered = first.into_iter().chain(rest.iter()).map(Obj::from).collect();
        return slots::new(client.py(), Call::hot(client.clone(), hot, gathered));
    }
    pass_on(
        client,
        hot,
        PyTuple::new(client.py(), first.into_iter().chain(rest.iter()).collect::<Vec<_>>())?,
        None,
    )
}

/// The short cut for arguments that are gathered already; the caller has asked [`Client::is_direct`].
pub(crate) fn call_gathered<'py>(
    client: &Bound<'py, Client>,
    hot: &'static Hot,
    gathered: Gathered,
) -> PyResult<Bound<'py, PyAny>> {
    slots::new(client.py(), Call::hot(client.clone(), hot, gathered))
}

/// Calls redis-py's method: the next one of this name in the class's order.
#[cold]
pub(crate) fn pass_on<'py>(
    client: &Bound<'py, Client>,
    hot: &'static Hot,
    args: Bound<'py, PyTuple>,
    kwargs: Option<&Bound<'py, PyDict>>,
) -> PyResult<Bound<'py, PyAny>> {
    crate::client::next_method(client, hot.method)?.call(args, kwargs)
}
