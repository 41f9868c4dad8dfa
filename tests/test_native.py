"""The native module by itself: short cuts beside redis-py's own way, the encoder, wires."""

import asyncio
import gc
import inspect
import warnings
from collections.abc import Callable
from typing import Any

import pytest
from burner_redis import BurnerRedis, Store, _native
from redis._parsers.encoders import Encoder
from redis.exceptions import DataError

HOT: list[tuple[str, Callable[[Any], Any]]] = [
    ("get", lambda r: r.get("string")),
    ("get missing", lambda r: r.get("missing")),
    ("get of another type", lambda r: r.get("list")),
    ("set", lambda r: r.set("new", 1.5)),
    ("set with options", lambda r: r.set("string", "x", nx=True)),
    ("set and get", lambda r: r.set("string", "x", get=True)),
    ("delete", lambda r: r.delete("string", "list", "missing")),
    ("delete nothing", lambda r: r.delete()),
    ("exists", lambda r: r.exists("string", "string", "missing")),
    ("incr", lambda r: r.incr("number")),
    ("incr by keyword", lambda r: r.incr("number", amount=5)),
    ("incr of text", lambda r: r.incr("string")),
    ("decrby", lambda r: r.decrby("number", 2)),
    ("ttl", lambda r: r.ttl("string")),
    ("pttl", lambda r: r.pttl("missing")),
    ("hget", lambda r: r.hget("hash", "a")),
    ("hset of one", lambda r: r.hset("hash", "b", 2)),
    ("hset of a mapping", lambda r: r.hset("hash", mapping={"b": 2, "c": 3.5})),
    ("hset of all", lambda r: r.hset("hash", "b", 1, {"c": 2}, ["d", 3])),
    ("hset of nothing", lambda r: r.hset("hash")),
    ("hgetall", lambda r: r.hgetall("hash")),
    ("hgetall missing", lambda r: r.hgetall("missing")),
    ("hdel", lambda r: r.hdel("hash", "a", "z")),
    ("hexists", lambda r: r.hexists("hash", "a")),
    ("hincrby", lambda r: r.hincrby("hash", "n")),
    ("lpush", lambda r: r.lpush("list", "x", "y")),
    ("rpush nothing", lambda r: r.rpush("list")),
    ("llen", lambda r: r.llen("list")),
    ("lrange", lambda r: r.lrange("list", 0, -1)),
    ("sadd", lambda r: r.sadd("set", "a", "z")),
    ("srem", lambda r: r.srem("set", "a", "z")),
    ("sismember", lambda r: r.sismember("set", "a")),
    ("zadd", lambda r: r.zadd("zset", {"a": 3, "z": 1.5})),
    ("zadd with options", lambda r: r.zadd("zset", {"a": 3}, incr=True)),
    ("zadd of nothing", lambda r: r.zadd("zset", {})),
    ("zrem", lambda r: r.zrem("zset", "a")),
    ("zscore", lambda r: r.zscore("zset", "a")),
    ("xadd", lambda r: r.xadd("stream", {"a": 1}, "9-1")),
    ("xadd with a length", lambda r: r.xadd("stream", {"a": 1}, id="9-1", maxlen=1)),
    ("xadd with options", lambda r: r.xadd("stream", {"a": 1}, "9-1", minid="9", limit=3)),
    ("xadd of nothing", lambda r: r.xadd("stream", {})),
    ("xreadgroup", lambda r: r.xreadgroup("g", "c", {"stream": ">"}, count=10, block=1)),
    ("xreadgroup of nothing", lambda r: r.xreadgroup("g", "c", {}, count=0)),
    ("xack", lambda r: r.xack("stream", "g", "1-1")),
    ("xdel", lambda r: r.xdel("stream", "1-1", "7-7")),
    ("xlen", lambda r: r.xlen("stream")),
    ("publish", lambda r: r.publish("channel", "message")),
    ("evalsha", lambda r: r.evalsha("f" * 40, 0)),
]


async def outcome(run: Callable[[Any], Any], short_cuts: bool, **options: Any) -> Any:
    """What a call gives or raises on a store that is the same each time."""
    r = BurnerRedis(**options)
    r._short_cuts = short_cuts
    await r.mset({"string": "text", "number": 7})
    await r.hset("hash", mapping={"a": 1})
    await r.rpush("list", "a", "b")
    await r.sadd("set", "a")
    await r.zadd("zset", {"a": 1})
    await r.xadd("stream", {"a": 1}, "1-1")
    await r.xgroup_create("stream", "g", "0")
    try:
        answer = await run(r)
        return type(answer), answer
    except Exception as error:
        return type(error), str(error)
    finally:
        await r.aclose()


@pytest.mark.parametrize(
    "options", [{}, {"protocol": 2, "decode_responses": True}, {"protocol": 3}], ids=str
)
@pytest.mark.parametrize("run", [pytest.param(run, id=name) for name, run in HOT])
async def test_a_short_cut_gives_what_redis_pys_way_gives(
    run: Callable[[Any], Any], options: dict[str, Any]
) -> None:
    assert await outcome(run, True, **options) == await outcome(run, False, **options)


class Name(str):
    __slots__ = ()


@pytest.mark.parametrize(
    "value",
    [
        "é",
        "",
        b"\xff",
        bytearray(b"ab"),
        memoryview(b"abcd")[::2],
        0,
        -(2**63),
        2**80,
        1.0,
        1e100,
        float("inf"),
        Name("n"),
    ],
    ids=lambda value: "memoryview" if isinstance(value, memoryview) else repr(value),
)
def test_arguments_are_encoded_as_redis_py_encodes_them(value: Any) -> None:
    try:
        expected = bytes(Encoder("utf-8", "strict", False).encode(value))
    except DataError:
        assert isinstance(value, bytearray)  # the one type that redis-py came to take later
        expected = bytes(value)
    assert _native.encode(value) == expected


@pytest.mark.parametrize("value", [True, None, [], object(), 1j])
def test_what_redis_py_refuses_is_refused_in_its_words(value: Any) -> None:
    with pytest.raises(DataError) as theirs:
        Encoder("utf-8", "strict", False).encode(value)
    with pytest.raises(DataError) as ours:
        _native.encode(value)
    assert str(ours.value) == str(theirs.value)


async def test_a_call_in_a_cycle_is_collected_and_warns(r: BurnerRedis) -> None:
    class Key(str):
        call: Any

    key = Key("k")
    key.call = r.get(key)
    assert inspect.iscoroutine(key.call)
    with warnings.catch_warnings(record=True) as warned:
        warnings.simplefilter("always")
        del key
        gc.collect()
    assert [str(warning.message) for warning in warned] == [
        "coroutine 'BurnerRedis.get' was never awaited"
    ]


async def test_a_wire_answers_in_order_and_waits_behind_a_blocked_command() -> None:
    store = Store()
    wire = _native.Wire(store)
    wire.feed(b"PI")
    assert wire.waiting == 0
    wire.feed(b"NG\r\nBLPOP l 0\r\nECHO after\r\n")
    assert wire.read() == b"+PONG\r\n"
    reading = asyncio.create_task(wire.wait())
    await asyncio.sleep(0)
    r = BurnerRedis(store=store)
    await r.rpush("l", "x")
    await reading
    assert wire.readline() == b"*2\r\n"
    assert wire.readexactly(100) is None
    assert wire.read() == b"$1\r\nl\r\n$1\r\nx\r\n$5\r\nafter\r\n"
    await r.aclose()


async def test_a_wire_puts_a_reply_before_the_pushes_it_causes() -> None:
    wire = _native.Wire(Store())
    wire.feed(b"HELLO 3\r\n")
    wire.read()
    wire.feed(b"SUBSCRIBE c\r\nPUBLISH c m\r\n")
    confirmation = b">3\r\n$9\r\nsubscribe\r\n$1\r\nc\r\n:1\r\n"
    assert wire.read() == confirmation + b":1\r\n>3\r\n$7\r\nmessage\r\n$1\r\nc\r\n$1\r\nm\r\n"


async def test_bytes_that_are_no_command_close_a_wire_after_the_error() -> None:
    store = Store()
    wire = _native.Wire(store)
    waiting = asyncio.create_task(wire.wait())
    await asyncio.sleep(0)
    wire.feed(b"*1\r\n$9999999999999\r\n")
    await waiting
    assert wire.closed
    assert wire.read() == b"-ERR Protocol error: invalid bulk length\r\n"
    with pytest.raises(ConnectionError):
        wire.feed(b"PING\r\n")
    assert store.sessions() == 0
