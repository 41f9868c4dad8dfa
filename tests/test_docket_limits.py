"""docket works around what the in-process stores it knows cannot do. None of it is a limit of ours."""

from __future__ import annotations

import pytest
from burner_redis import BurnerRedis
from redis.commands.core import AsyncScript
from redis.exceptions import NoScriptError


@pytest.mark.parametrize("options", [{}, {"transaction": True}, {"transaction": False}])
async def test_pipeline_takes_transaction_or_nothing(
    r: BurnerRedis, options: dict[str, bool]
) -> None:
    async with r.pipeline(**options) as pipe:
        assert await pipe.set("k", "v").get("k").execute() == [True, b"v"]


@pytest.mark.parametrize("script", ["return 'ü'", "return 'ü'".encode()])
async def test_script_load_takes_str_and_bytes(r: BurnerRedis, script: str | bytes) -> None:
    sha = await r.script_load(script)
    assert await r.evalsha(sha, 0) == "ü".encode()


async def test_a_script_made_without_a_client_loads_itself(r: BurnerRedis) -> None:
    script = AsyncScript(None, b"return redis.call('SET', KEYS[1], ARGV[1])")
    with pytest.raises(NoScriptError):
        await r.evalsha(script.sha, 1, "k", "v")
    assert await script(keys=["k"], args=[7], client=r) == b"OK"
    assert await r.get("k") == b"7"


async def test_scripts_have_cjson(r: BurnerRedis) -> None:
    script = """
        local task = cjson.decode(ARGV[1])
        task.attempt = task.attempt + 1
        return cjson.encode({task.name, task.attempt, task.tags[2]})
    """
    given = '{"name": "send", "attempt": 2, "tags": ["a", "b"]}'
    assert await r.eval(script, 0, given) == b'["send",3,"b"]'


async def test_keys_can_be_listed(r: BurnerRedis) -> None:
    names = {b"docket:%d" % i for i in range(500)}
    await r.mset(dict.fromkeys(names, 1))
    await r.set("other", 1)
    assert set(await r.keys("docket:*")) == names
    assert {key async for key in r.scan_iter(match="docket:*", count=7)} == names


async def test_times_to_live_can_be_asked_for(r: BurnerRedis) -> None:
    await r.set("k", "v", ex=100)
    await r.set("forever", "v")
    assert await r.ttl("k") == 100
    assert await r.ttl("forever") == -1
    assert await r.ttl("missing") == -2


async def test_numbers_can_be_arguments_of_scripts_and_of_their_calls(r: BurnerRedis) -> None:
    assert await r.eval("return redis.call('HSET', KEYS[1], 'n', 3)", 1, "h") == 1
    assert await r.eval("return ARGV[1] + ARGV[2]", 0, 1, 2.5) == 3
    assert await r.hget("h", "n") == b"3"


async def test_redis_pys_own_methods_can_be_replaced(
    r: BurnerRedis, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def fails(*args: object, **options: object) -> None:
        raise ConnectionError

    monkeypatch.setattr("redis.asyncio.Redis.xclaim", fails)
    with pytest.raises(ConnectionError):
        await r.xclaim("s", "g", "c", 0, ["1-1"])
