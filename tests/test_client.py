"""The client is redis-py's: what its options mean, what its methods return and raise."""

import inspect
from typing import Any

import pytest
import redis
import redis.asyncio
from burner_redis import BurnerRedis
from burner_redis.asyncio import Redis
from redis.exceptions import DataError, ResponseError


def test_it_is_a_redis_client() -> None:
    assert Redis is BurnerRedis
    assert issubclass(BurnerRedis, redis.asyncio.Redis)


async def test_strings_hashes_lists_sets_and_sorted_sets_answer_in_redis_pys_shapes(
    r: BurnerRedis,
) -> None:
    assert await r.set("k", "v") is True
    assert await r.get("k") == b"v"
    assert await r.set("k", "w", nx=True) is None
    assert await r.set("k", "w", get=True) == b"v"
    assert await r.incr("n", 5) == 5
    assert await r.hset("h", mapping={"a": 1, "b": 2.5, "c": b"x", "d": "ü"}) == 4
    assert await r.hgetall("h") == {b"a": b"1", b"b": b"2.5", b"c": b"x", b"d": "ü".encode()}
    assert await r.rpush("l", "a", "b") == 2
    assert await r.lrange("l", 0, -1) == [b"a", b"b"]
    assert await r.sadd("s", "a", "b") == 2
    assert await r.smembers("s") == {b"a", b"b"}
    assert await r.zadd("z", {"a": 1, "b": 2.5}) == 2
    assert await r.zrange("z", 0, -1, withscores=True) == [(b"a", 1.0), (b"b", 2.5)]
    assert await r.zscore("z", "b") == 2.5
    assert await r.delete("k", "n", "missing") == 2
    assert await r.exists("h", "l") == 2
    assert await r.ttl("h") == -1
    assert await r.expire("h", 10) is True
    assert await r.type("h") == b"hash"


async def test_streams_keep_field_order(r: BurnerRedis) -> None:
    entry = await r.xadd("x", {"b": 1, "a": 2}, id="1-1")
    assert entry == b"1-1"
    assert await r.xrange("x") == [(b"1-1", {b"b": b"1", b"a": b"2"})]
    await r.xgroup_create("x", "g", id="0")
    assert await r.xreadgroup("g", "c", {"x": ">"}) == [
        [b"x", [(b"1-1", {b"b": b"1", b"a": b"2"})]]
    ]
    assert await r.xack("x", "g", "1-1") == 1
    assert (await r.xinfo_stream("x"))["length"] == 1


async def test_decode_responses_gives_text() -> None:
    r = BurnerRedis(decode_responses=True)
    await r.hset("h", mapping={"ä": "ö"})
    assert await r.hgetall("h") == {"ä": "ö"}
    assert await r.hget("h", "ä") == "ö"


async def test_another_encoding_is_used_both_ways() -> None:
    r = BurnerRedis(decode_responses=True, encoding="latin-1")
    await r.set("k", "é")
    assert await r.get("k") == "é"
    assert await BurnerRedis(store=r.store).get("k") == b"\xe9"


async def test_undecodable_bytes_raise_as_redis_pys_do() -> None:
    r = BurnerRedis(decode_responses=True)
    await r.set("k", b"\xff")
    with pytest.raises(UnicodeDecodeError):
        await r.get("k")
    replaced = BurnerRedis(store=r.store, decode_responses=True, encoding_errors="replace")
    assert await replaced.get("k") == "\ufffd"


@pytest.mark.parametrize("value", [None, True, [1], {"a": 1}, object()])
async def test_what_cannot_be_encoded_is_a_data_error(r: BurnerRedis, value: Any) -> None:
    with pytest.raises(DataError):
        await r.set("k", value)
    assert await r.exists("k") == 0


async def test_errors_are_redis_pys_classes(r: BurnerRedis) -> None:
    await r.rpush("l", "a")
    with pytest.raises(ResponseError, match=r"^WRONGTYPE "):
        await r.get("l")
    with pytest.raises(ResponseError, match=r"^value is not an integer or out of range"):
        await r.execute_command("INCRBY", "n", "x")
    with pytest.raises(ResponseError, match="unknown command"):
        await r.execute_command("NOSUCH")
    with pytest.raises(redis.exceptions.NoScriptError):
        await r.evalsha("0" * 40, 0)


async def test_an_expiry_beyond_64_bits_is_an_error(r: BurnerRedis) -> None:
    with pytest.raises(ResponseError):
        await r.set("k", "v", ex=2**63)
    with pytest.raises(ResponseError):
        await r.set("k", "v", ex=2**63 - 1)
    assert await r.get("k") is None


async def test_databases_are_apart() -> None:
    a = BurnerRedis(db=1)
    b = BurnerRedis(store=a.store, db=2)
    await a.set("k", "1")
    assert await b.get("k") is None
    assert await a.dbsize() == 1


@pytest.mark.parametrize("protocol", [2, 3, "3", None])
async def test_every_protocol_is_spoken(protocol: Any) -> None:
    r = BurnerRedis(protocol=protocol)
    await r.zadd("z", {"a": 1.5})
    assert await r.zscore("z", "a") == 1.5
    assert (await r.hgetall("missing")) == {}
    assert await r.ping() is True


async def test_a_single_connection_client_keeps_its_session() -> None:
    async with BurnerRedis(single_connection_client=True, client_name="one") as r:
        first = await r.client_id()
        assert await r.client_id() == first
        assert await r.client_getname() in ("one", b"one")


async def test_concurrent_calls_have_sessions_of_their_own(r: BurnerRedis) -> None:
    import asyncio

    waiting = asyncio.create_task(r.blpop(["l"], timeout=0))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    clients = await r.client_list()
    assert [c for c in clients if "b" in c["flags"]], clients
    await r.rpush("l", "x")
    assert await waiting == (b"l", b"x")


async def test_a_callback_of_ones_own_shapes_the_answer(r: BurnerRedis) -> None:
    await r.set("k", "v")
    r.set_response_callback("GET", lambda response, **_: ("mine", response))
    assert await r.get("k") == ("mine", b"v")


async def test_a_subclass_that_overrides_execute_command_sees_every_call() -> None:
    seen: list[Any] = []

    class Watching(BurnerRedis):
        async def execute_command(self, *args: Any, **options: Any) -> Any:
            seen.append(args[0])
            return await super().execute_command(*args, **options)

    r = Watching()
    await r.set("k", "v")
    assert await r.get("k") == b"v"
    assert await r.hset("h", "f", "v") == 1
    assert seen == ["SET", "GET", "HSET"]


async def test_a_patched_execute_command_is_called(
    r: BurnerRedis, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def fake(*args: Any, **options: Any) -> str:
        return f"fake {args[0]}"

    monkeypatch.setattr(r, "execute_command", fake)
    assert await r.get("k") == "fake GET"


async def test_what_a_method_returns_has_a_coroutines_manners(r: BurnerRedis) -> None:
    call = r.get("k")
    assert inspect.iscoroutine(call)
    assert await call is None
    with pytest.raises(RuntimeError, match="already awaited"):
        await call


async def test_a_forgotten_call_warns_and_does_nothing(r: BurnerRedis) -> None:
    with pytest.warns(RuntimeWarning, match="never awaited"):
        r.set("k", "v")
    assert await r.get("k") is None


async def test_containers_are_copied_at_the_call(r: BurnerRedis) -> None:
    mapping = {"a": "1"}
    call = r.hset("h", mapping=mapping)
    mapping["b"] = "2"
    assert await call == 1


async def test_lock_register_script_scan_iter_and_transaction(r: BurnerRedis) -> None:
    async with r.lock("lock", timeout=5) as lock:
        assert await lock.locked()
        assert await lock.extend(5)
    assert await r.exists("lock") == 0

    script = r.register_script("return redis.call('INCRBY', KEYS[1], ARGV[1])")
    assert await script(keys=["n"], args=[3]) == 3

    await r.mset({f"key:{i}": i for i in range(1000)})
    assert len({key async for key in r.scan_iter(match="key:*")}) == 1000

    async def double(pipe: Any) -> None:
        value = int(await pipe.get("n"))
        pipe.multi()
        pipe.set("n", value * 2)

    assert await r.transaction(double, "n") == [True]
    assert await r.get("n") == b"6"


async def test_info_and_config_answer(r: BurnerRedis) -> None:
    info = await r.info()
    assert info["redis_version"].startswith("8.")
    assert info["role"] == "master"
    await r.set("k", "v")
    assert (await r.info("keyspace"))["db0"]["keys"] == 1
    await r.config_set("notify-keyspace-events", "KEA")
    assert await r.config_get("notify-keyspace-events") == {"notify-keyspace-events": "AKE"}


async def test_every_command_method_of_redis_py_is_there_unchanged() -> None:
    """A short cut keeps the signature of the method it stands for."""
    for name, ours in inspect.getmembers(BurnerRedis):
        base = getattr(redis.asyncio.Redis, name, None)
        if name.startswith("_") or base is None or ours is base or not callable(base):
            continue
        assert callable(ours), name


async def test_a_method_put_in_the_place_of_redis_pys_is_called(
    r: BurnerRedis, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def get(self: Any, name: str) -> str:
        return f"not {name}"

    await r.set("k", "v")
    with monkeypatch.context() as patch:
        patch.setattr(redis.asyncio.Redis, "get", get)
        assert await r.get("k") == "not k"
    assert await r.get("k") == b"v"


async def test_each_name_of_a_method_is_seen_by_itself(
    r: BurnerRedis, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def mine(self: Any, name: str, amount: int = 1) -> str:
        return "mine"

    for name, other in (("incr", "incrby"), ("decrby", "decr")):
        with monkeypatch.context() as patch:
            patch.setattr(redis.asyncio.Redis, name, mine)
            assert await getattr(r, name)("n") == "mine"
            assert isinstance(await getattr(r, other)("n"), int)


@pytest.mark.parametrize("of", [redis.asyncio.Redis, BurnerRedis])
async def test_an_execute_command_put_in_place_sees_every_call(
    of: type, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[Any] = []
    plain = of.execute_command

    async def execute_command(self: Any, *args: Any, **options: Any) -> Any:
        seen.append(args[0])
        return await plain(self, *args, **options)

    with monkeypatch.context() as patch:
        patch.setattr(of, "execute_command", execute_command)
        r = BurnerRedis()
        await r.set("k", 1)
        await r.get("k")
        await r.xadd("x", {"a": 1})
        async with r.pipeline() as pipe:
            await pipe.watch("k")
            pipe.multi()
            await pipe.incr("k").execute()
        await r.aclose()
    assert seen == ["SET", "GET", "XADD"]
    seen.clear()
    r = BurnerRedis()
    assert await r.get("k") is None
    await r.aclose()
    assert seen == []
