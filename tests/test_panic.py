"""A panic in the engine: an error for whoever caused it, and nothing for anybody else."""

import asyncio
from typing import Any

import pytest
import redis
from burner_redis import BurnerRedis, Store

PANICKED = "burner-redis panicked: DEBUG PANIC was called; command 'debug'"


async def test_it_is_an_error_of_the_command_and_info_tells_of_it(r: BurnerRedis) -> None:
    await r.set("k", "v")
    before: dict[str, Any] = await r.info("stats")
    assert (before["burner_redis_panics"], before["burner_redis_last_panic_command"]) == (0, "")
    for count in (1, 2):
        with pytest.raises(redis.ResponseError) as raised:
            await r.execute_command("DEBUG", "PANIC")
        assert str(raised.value) == PANICKED
        after: dict[str, Any] = await r.info("stats")
        assert after["burner_redis_panics"] == count
    assert (after["burner_redis_last_panic_command"], after["burner_redis_last_panic_key"]) == (
        "debug",
        "",
    )
    assert await r.get("k") == b"v"
    assert (await r.config_get("enable-debug-command"))["enable-debug-command"] == "yes"


async def test_other_clients_blocked_calls_and_scripts_go_on() -> None:
    store = Store()
    r, other = BurnerRedis(store=store), BurnerRedis(store=store)
    script = r.register_script("return redis.call('INCR', KEYS[1])")
    assert await script(keys=["n"]) == 1
    blocked = asyncio.create_task(other.blpop(["l"], timeout=0))
    async with other.pubsub() as pubsub:
        await pubsub.subscribe("news")
        await asyncio.sleep(0)
        with pytest.raises(redis.ResponseError, match="panicked"):
            await r.execute_command("DEBUG", "PANIC")
        assert await script(keys=["n"]) == 2
        assert await r.evalsha(script.sha, 1, "n") == 3
        assert await r.rpush("l", "x") == 1
        assert await blocked == (b"l", b"x")
        await r.publish("news", "still here")
        said = [await pubsub.get_message(timeout=1) for _ in range(2)]
        assert [message["data"] for message in said if message] == [1, b"still here"]
    await r.aclose()
    await other.aclose()


@pytest.mark.parametrize("transaction", [True, False])
async def test_in_a_pipeline_it_is_one_result(r: BurnerRedis, transaction: bool) -> None:
    pipe = r.pipeline(transaction=transaction)
    pipe.set("a", "1").execute_command("DEBUG", "PANIC")
    pipe.set("b", "2")
    first, error, last = await pipe.execute(raise_on_error=False)
    assert (first, last) == (True, True)
    assert isinstance(error, redis.ResponseError) and "panicked" in str(error)
    assert await r.mget("a", "b") == [b"1", b"2"]


async def test_over_a_connection_it_is_an_error_too(r: BurnerRedis) -> None:
    async with r.client() as single:
        with pytest.raises(redis.ResponseError, match="panicked"):
            await single.execute_command("DEBUG", "PANIC")
        assert await single.ping()
