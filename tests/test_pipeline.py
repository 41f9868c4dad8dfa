"""Pipelines: stacking, transactions, WATCH, and how errors come out."""

from typing import Any

import pytest
from burner_redis import BurnerRedis
from redis.exceptions import RedisError, ResponseError, WatchError


@pytest.mark.parametrize("options", [{}, {"transaction": True}, {"transaction": False}])
async def test_commands_answer_in_order(r: BurnerRedis, options: dict[str, bool]) -> None:
    async with r.pipeline(**options) as pipe:
        pipe.set("k", "1").incr("k").get("k")
        pipe.hset("h", mapping={"a": 1}).hgetall("h")
        assert len(pipe) == 5
        assert await pipe.execute() == [True, 2, b"2", 1, {b"a": b"1"}]
        assert len(pipe) == 0
        assert await pipe.execute() == []


@pytest.mark.parametrize("transaction", [True, False])
async def test_an_error_is_raised_after_all_ran(r: BurnerRedis, transaction: bool) -> None:
    await r.set("s", "x")
    pipe = r.pipeline(transaction=transaction)
    pipe.set("a", 1).lpush("s", 1).set("b", 2)
    with pytest.raises(
        ResponseError, match=r"Command # 2 \(LPUSH s 1\) of pipeline caused error: .*WRONGTYPE"
    ):
        await pipe.execute()
    assert await r.mget("a", "b") == [b"1", b"2"]


@pytest.mark.parametrize("transaction", [True, False])
async def test_errors_are_elements_when_asked(r: BurnerRedis, transaction: bool) -> None:
    await r.set("s", "x")
    pipe = r.pipeline(transaction=transaction)
    pipe.set("a", 1).lpush("s", 1).get("a")
    first, error, last = await pipe.execute(raise_on_error=False)
    assert (first, last) == (True, b"1")
    assert isinstance(error, ResponseError) and "WRONGTYPE" in str(error)


async def test_a_refused_command_aborts_the_transaction(r: BurnerRedis) -> None:
    pipe = r.pipeline()
    pipe.set("a", 1)
    pipe.execute_command("NOSUCH")
    with pytest.raises(ResponseError, match=r"Command # 2 .*unknown command"):
        await pipe.execute()
    assert await r.exists("a") == 0


async def test_watch_multi_execute(r: BurnerRedis) -> None:
    await r.set("k", 1)
    async with r.pipeline() as pipe:
        await pipe.watch("k")
        value = int(await pipe.get("k"))
        pipe.multi()
        pipe.set("k", value + 1)
        assert await pipe.execute() == [True]
    assert await r.get("k") == b"2"


async def test_a_watched_key_that_changed_raises_watch_error(r: BurnerRedis) -> None:
    async with r.pipeline() as pipe:
        await pipe.watch("k")
        await r.set("k", "other")
        pipe.multi()
        pipe.set("k", "mine")
        with pytest.raises(WatchError):
            await pipe.execute()
    assert await r.get("k") == b"other"


async def test_unwatch_forgets(r: BurnerRedis) -> None:
    async with r.pipeline() as pipe:
        await pipe.watch("k")
        await r.set("k", "other")
        await pipe.unwatch()
        pipe.set("k", "mine")
        assert await pipe.execute() == [True]


async def test_multi_without_watch_and_nested_multi_are_refused(r: BurnerRedis) -> None:
    pipe = r.pipeline()
    pipe.multi()
    with pytest.raises(RedisError):
        pipe.multi()
    await pipe.reset()


async def test_scripts_are_loaded_for_a_pipeline(r: BurnerRedis) -> None:
    script = r.register_script("return ARGV[1]")
    pipe = r.pipeline()
    await script(args=["a"], client=pipe)
    pipe.set("k", 1)
    assert await pipe.execute() == [b"a", True]


async def test_a_long_batch_answers_every_command(r: BurnerRedis) -> None:
    pipe = r.pipeline(transaction=False)
    for i in range(50_000):
        pipe.set(f"k{i % 100}", i)
    answers = await pipe.execute()
    assert len(answers) == 50_000 and all(answers)


async def test_a_blocking_command_inside_a_batch_waits(r: BurnerRedis) -> None:
    import asyncio

    pipe = r.pipeline(transaction=False)
    pipe.set("before", 1).blpop(["l"], timeout=0).set("after", 1)
    running = asyncio.create_task(pipe.execute())
    for _ in range(5):
        await asyncio.sleep(0)
    assert await r.exists("before") == 1
    assert await r.exists("after") == 0
    await r.rpush("l", "x")
    assert await running == [True, (b"l", b"x"), True]


async def test_a_stack_that_somebody_touched_is_honoured(r: BurnerRedis) -> None:
    pipe = r.pipeline()
    pipe.set("a", 1).set("b", 2)
    del pipe.command_stack[0]
    assert await pipe.execute() == [True]
    assert await r.exists("a") == 0


async def test_data_errors_come_at_execute_and_change_nothing(r: BurnerRedis) -> None:
    from redis.exceptions import DataError

    bad: Any = object()
    pipe = r.pipeline()
    pipe.set("a", 1).set("b", bad)
    with pytest.raises(DataError):
        await pipe.execute()
    assert await r.exists("a") == 0
