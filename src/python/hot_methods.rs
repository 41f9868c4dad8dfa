//! The hot methods: redis-py's names and signatures, straight to the engine or onto a pipeline's stack.
//!
//! A call that is not of the plain form is passed on to redis-py's own method, so whatever that accepts is accepted
//! here. The client and the pipeline have the same methods, and PyO3 makes methods of one class at a time: hence
//! the macro.
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::{PyBool, PyDict, PyTuple};

use crate::client::Client;
use crate::hot::{self, Gathered, Seat, is_count, is_filled_dict, length, one_or, pairs, word};
use crate::slots::Obj;
use crate::stack::Stack;

macro_rules! hot_methods {
    ($class:ty) => {
        #[pymethods]
        impl $class {
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
            hot::pass_on(slf, &hot::SET, [name, value].into_iter().chain(args.iter()), kwargs)
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
            hot::call(slf, &hot::INCR, [name, one_or(slf.py(), amount)])
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
            hot::call(slf, &hot::DECR, [name, one_or(slf.py(), amount)])
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
            let one = matches!((&key, &value, &mapping, &items), (Some(_), Some(_), None, None));
            let many = key.is_none() && value.is_none() && items.is_none() && mapping.as_ref().is_some_and(is_filled_dict);
            if (one || many) && Self::is_direct(slf) {
                let mut gathered = Gathered::with_capacity(if one { 3 } else { 1 + 2 * mapping.as_ref().map_or(0, length) });
                gathered.push(name.into());
                gathered.extend(key.into_iter().chain(value).map(Obj::from));
                mapping.iter().try_for_each(|mapping| pairs(&mut gathered, mapping))?;
                return Self::submit(slf, &hot::HSET, gathered);
            }
            let none = || slf.py().None().into_bound(slf.py());
            let rest = [key, value, mapping, items].map(|given| given.unwrap_or_else(none));
            hot::pass_on(slf, &hot::HSET, std::iter::once(name).chain(rest), None)
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
            if kwargs.is_none() && args.is_empty() && is_filled_dict(&mapping) && Self::is_direct(slf) {
                let mut gathered = Gathered::with_capacity(1 + 2 * length(&mapping));
                gathered.push(name.into());
                for (member, score) in mapping.cast::<PyDict>()? {
                    gathered.push(score.into());
                    gathered.push(member.into());
                }
                return Self::submit(slf, &hot::ZADD, gathered);
            }
            hot::pass_on(slf, &hot::ZADD, [name, mapping].into_iter().chain(args.iter()), kwargs)
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
        #[allow(clippy::too_many_arguments, reason = "whoever calls it may name each of the parameters that redis-py's method has")]
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
                && is_count(maxlen.as_ref(), 0)
                && approximate.as_ref().is_none_or(PyAnyMethods::is_exact_instance_of::<PyBool>);
            let approximate = approximate.unwrap_or_else(|| PyBool::new(py, true).to_owned().into_any());
            let id = id.unwrap_or_else(|| intern!(py, "*").clone().into_any());
            if plain && Self::is_direct(slf) {
                let mut gathered = Gathered::with_capacity(2 + 3 * usize::from(maxlen.is_some()) + 2 * length(&fields));
                gathered.push(name.into());
                if let Some(maxlen) = maxlen {
                    word(&mut gathered, intern!(py, "MAXLEN"));
                    if approximate.is_truthy()? {
                        word(&mut gathered, intern!(py, "~"));
                    }
                    gathered.push(maxlen.into());
                }
                gathered.push(id.into());
                pairs(&mut gathered, &fields)?;
                return Self::submit(slf, &hot::XADD, gathered);
            }
            let maxlen = maxlen.unwrap_or_else(|| py.None().into_bound(py));
            hot::pass_on(slf, &hot::XADD, [name, fields, id, maxlen, approximate].into_iter().chain(args.iter()), kwargs)
        }

        #[pyo3(signature = (groupname, consumername, streams, count = None, block = None, *args, **kwargs))]
        #[allow(clippy::too_many_arguments, reason = "whoever calls it may name each of the parameters that redis-py's method has")]
        fn xreadgroup<'py>(
            slf: &Bound<'py, Self>,
            groupname: Bound<'py, PyAny>,
            consumername: Bound<'py, PyAny>,
            streams: Bound<'py, PyAny>,
            count: Option<Bound<'py, PyAny>>,
            block: Option<Bound<'py, PyAny>>,
            args: &Bound<'py, PyTuple>,
            kwargs: Option<&Bound<'py, PyDict>>,
        ) -> PyResult<Bound<'py, PyAny>> {
            let py = slf.py();
            let plain = kwargs.is_none()
                && args.is_empty()
                && is_filled_dict(&streams)
                && is_count(count.as_ref(), 1)
                && is_count(block.as_ref(), 0);
            if plain && Self::is_direct(slf) {
                let mut gathered = Gathered::with_capacity(8 + 2 * length(&streams));
                word(&mut gathered, intern!(py, "GROUP"));
                gathered.push(groupname.into());
                gathered.push(consumername.into());
                for (name, number) in [(intern!(py, "COUNT"), count), (intern!(py, "BLOCK"), block)] {
                    if let Some(number) = number {
                        word(&mut gathered, name);
                        gathered.push(number.into());
                    }
                }
                word(&mut gathered, intern!(py, "STREAMS"));
                let streams = streams.cast::<PyDict>()?;
                gathered.extend(streams.iter().map(|(name, _)| Obj::from(name)));
                gathered.extend(streams.iter().map(|(_, id)| Obj::from(id)));
                return Self::submit(slf, &hot::XREADGROUP, gathered);
            }
            let [count, block] = [count, block].map(|given| given.unwrap_or_else(|| py.None().into_bound(py)));
            let all = [groupname, consumername, streams, count, block].into_iter().chain(args.iter());
            hot::pass_on(slf, &hot::XREADGROUP, all, kwargs)
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
            hot::pass_on(slf, &hot::PUBLISH, [channel, message], kwargs)
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
    };
}

hot_methods!(Client);
hot_methods!(Stack);
