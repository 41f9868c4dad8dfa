"""Replies that become containers: what redis-py's parser and callbacks make of them, whichever way they come."""

import gc
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from burner_redis import BurnerRedis, Store

NESTED = "return {1, {2, {3, 'four', false, {}}, redis.error_reply('ERR inside')}, {}}"
DEEP = "local t = {} for _ = 1, 200 do t = {t, redis.status_reply('OK')} end return t"
BROKEN_DEEP = "local t = {redis.error_reply('ERR x')} for _ = 1, 200 do t = {1, t, 2} end return t"
MAPS = """redis.setresp(3)
return {map = {a = {map = {b = {1, 2}}}, c = {set = {d = true}}, e = {double = 1.5}}}"""
LIST_AS_KEY = "redis.setresp(3) local t = {map = {}} t.map[{1}] = 2 return t"
BIG_NUMBER = "redis.setresp(3) return {{big_number = '123456789012345678901234567890'}, 'x'}"

REPLIES: list[tuple[str, Callable[[BurnerRedis], Awaitable[Any]]]] = [
    ("a hash", lambda r: r.hgetall("hash")),
    ("a hash of many", lambda r: r.hgetall("many")),
    ("a hash that is missing", lambda r: r.hgetall("missing")),
    ("a hash of bytes that are no text", lambda r: r.hgetall("raw")),
    ("a long field", lambda r: r.hgetall("long")),
    ("hmget with a field that is missing", lambda r: r.hmget("hash", ["a", "nope"])),
    ("hrandfield with values", lambda r: r.hrandfield("one", 1, withvalues=True)),
    ("a list", lambda r: r.lrange("list", 0, -1)),
    ("a set", lambda r: r.smembers("set")),
    ("scores", lambda r: r.zrange("zset", 0, -1, withscores=True)),
    ("hscan", lambda r: r.hscan("hash")),
    ("entries", lambda r: r.xrange("stream")),
    ("entries backwards", lambda r: r.xrevrange("stream", count=1)),
    ("no entries", lambda r: r.xrange("missing")),
    ("streams", lambda r: r.xread({"stream": "0", "other": "0", "missing": "0"})),
    (
        "a stream said twice",
        lambda r: r.execute_command("XREAD", "STREAMS", "stream", "stream", "0", "2"),
    ),
    ("no streams", lambda r: r.xread({"missing": "0"})),
    ("new entries of a group", lambda r: r.xreadgroup("g", "new", {"stream": ">"})),
    ("entries once read", lambda r: r.xreadgroup("g", "c", {"stream": "0"})),
    ("nothing once read", lambda r: r.xreadgroup("g", "nobody", {"stream": "0"})),
    ("nothing in time", lambda r: r.xread({"missing": "0"}, block=1)),
    ("a field said twice", lambda r: r.xrange("twice")),
    ("entries whose names are no text", lambda r: r.xread({"raw stream": "0"})),
    ("pending", lambda r: r.xpending("stream", "g")),
    ("claimed", lambda r: r.xautoclaim("stream", "g", "d", 0)),
    ("about a stream", lambda r: r.xinfo_stream("twice", full=True)),
    ("nested, with an error inside", lambda r: r.eval(NESTED, 0)),
    ("nested deep", lambda r: r.eval(DEEP, 0)),
    ("nested deep around an error", lambda r: r.eval(BROKEN_DEEP, 0)),
    ("maps in maps", lambda r: r.eval(MAPS, 0)),
    ("a list as a key", lambda r: r.eval(LIST_AS_KEY, 0)),
    ("a big number", lambda r: r.eval(BIG_NUMBER, 0)),
    ("commands", lambda r: r.execute_command("COMMAND", "INFO", "GET", "nope")),
]


async def fill(r: BurnerRedis) -> None:
    await r.hset("hash", mapping={"a": 1, "b": "ü", "": ""})
    await r.hset("one", "field", "value")
    await r.hset("many", mapping={f"field:{n}": n for n in range(3000)})
    await r.hset("raw", mapping={"good": "text", b"\xff": b"\xfe", "more": "text"})
    await r.hset("long", "x" * 100, "y")
    await r.rpush("list", "a", "b", "")
    await r.sadd("set", "a")
    await r.zadd("zset", {"a": 1.5, "b": 2})
    for n in (1, 2, 3):
        await r.xadd("stream", {"name": "n", "n": n}, f"{n}-1")
    await r.xadd("other", {"x": "y"}, "1-1")
    await r.execute_command("XADD", "twice", "1-1", "f", "1", "f", "2")
    await r.execute_command("XADD", "raw stream", "1-1", b"\xff", b"\xfe")
    await r.xgroup_create("stream", "g", "0")
    await r.xreadgroup("g", "c", {"stream": ">"}, count=2)
    await r.xdel("stream", "1-1")


def shape(answer: Any) -> Any:
    """The answer with the type of each part, made without recursion: some are nested deep."""
    out: list[Any] = []
    todo = [answer]
    while todo:
        part = todo.pop()
        out.append(type(part))
        if isinstance(part, dict):
            todo += [each for pair in part.items() for each in pair]
        elif isinstance(part, (list, tuple, set)):
            out.append(len(part))
            todo += part
        else:
            out.append(str(part) if isinstance(part, Exception) else part)
    return out


async def outcome(run: Callable[[BurnerRedis], Awaitable[Any]], short: bool, **options: Any) -> Any:
    """What a call gives or raises, on one of the two ways."""
    r = BurnerRedis(store=Store(seed=1), **options)  # big collections in the same order on both
    await fill(r)
    r._short_cuts = short
    try:
        return shape(await run(r))
    except Exception as error:
        return type(error), str(error)
    finally:
        await r.aclose()


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"decode_responses": True},
        {"protocol": 2},
        {"protocol": 2, "decode_responses": True},
        {"protocol": 3},
        {"protocol": 3, "decode_responses": True, "encoding_errors": "replace"},
        {"decode_responses": True, "encoding": "latin-1"},
    ],
    ids=str,
)
@pytest.mark.parametrize("run", [pytest.param(run, id=name) for name, run in REPLIES])
async def test_a_reply_is_what_redis_pys_way_makes_of_it(
    run: Callable[[BurnerRedis], Awaitable[Any]], options: dict[str, Any]
) -> None:
    assert await outcome(run, True, **options) == await outcome(run, False, **options)


@pytest.mark.parametrize("options", [{}, {"protocol": 2}, {"protocol": 3}], ids=str)
async def test_a_transaction_holds_replies_of_every_kind(options: dict[str, Any]) -> None:
    async def run(r: BurnerRedis) -> Any:
        async with r.pipeline() as pipe:
            pipe.hgetall("hash").lpush("hash", 1).xrange("stream").set("k", "v").get("missing")
            pipe.eval(NESTED, 0).incr("list").xread({"stream": "0"})
            return await pipe.execute(raise_on_error=False)

    assert await outcome(run, True, **options) == await outcome(run, False, **options)


async def test_a_callback_put_in_place_of_redis_pys_is_called(r: BurnerRedis) -> None:
    await fill(r)
    r.set_response_callback("XRANGE", lambda reply, **_: ("mine", len(reply)))
    assert await r.xrange("stream") == ("mine", 2)


async def test_the_collector_runs_nobodys_finalizer_in_the_middle_of_a_command(
    r: BurnerRedis,
) -> None:
    await fill(r)
    store, ran = r.store, [0]

    class Cycle:
        def __init__(self) -> None:
            self.itself = self

        def __del__(self) -> None:
            ran[0] += 1
            store.tick()  # takes the store's lock

    threshold = gc.get_threshold()
    gc.set_threshold(1)
    try:
        for _ in range(200):
            Cycle()
            assert len(await r.hgetall("many")) == 3000
            assert len(await r.xread({"stream": "0", "other": "0"})) == 2
    finally:
        gc.set_threshold(*threshold)
    gc.collect()
    assert ran[0] == 200
    assert gc.isenabled()


async def test_nesting_may_be_deeper_than_redis_pys_parser_can_go(r: BurnerRedis) -> None:
    for inside in ("1", "redis.error_reply('ERR x')"):
        answer = await r.eval(
            f"local t = {{{inside}}} for _ = 1, 5000 do t = {{t}} end return t", 0
        )
        depth = 0
        while isinstance(answer, list):
            answer, depth = answer[0], depth + 1
        assert depth == 5001
