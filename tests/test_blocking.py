"""Blocking commands: woken, timed out, cancelled, and nothing lost."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from burner_redis import BurnerRedis
from redis.exceptions import ResponseError

CANCELLATIONS = 2_000


async def settle() -> None:
    """Lets every task that can run do so."""
    for _ in range(3):
        await asyncio.sleep(0)


async def test_blpop_is_woken_by_a_push(r: BurnerRedis) -> None:
    waiting = asyncio.create_task(r.blpop(["a", "b"], timeout=0))
    await settle()
    await r.rpush("b", "x")
    assert await waiting == (b"b", b"x")


async def test_any_number_may_wait_and_the_oldest_is_served_first(r: BurnerRedis) -> None:
    tasks: list[asyncio.Task[Any]] = []
    for _ in range(1000):
        tasks.append(asyncio.create_task(r.blpop(["l"], timeout=0)))
        await settle()
    await r.rpush("l", *range(1000))
    answers = await asyncio.gather(*tasks)
    assert [int(value) for _, value in answers] == list(range(1000))


async def test_a_timeout_answers_none(r: BurnerRedis) -> None:
    assert await r.blpop(["l"], timeout=0.01) is None
    assert await r.bzpopmin("z", timeout=0.01) is None
    assert await r.xread({"x": "$"}, block=10) in ([], {})
    assert await r.blmove("a", "b", timeout=0.01) is None


async def test_xreadgroup_wakes_with_the_new_entry(r: BurnerRedis) -> None:
    await r.xgroup_create("x", "g", id="$", mkstream=True)
    waiting = asyncio.create_task(r.xreadgroup("g", "c", {"x": ">"}, block=0))
    await settle()
    await r.xadd("x", {"a": 1}, id="5-0")
    assert await waiting == [[b"x", [(b"5-0", {b"a": b"1"})]]]


@pytest.mark.parametrize("gone", ["delete", "rename", "destroy", "flush", "expire"])
async def test_xreadgroup_wakes_when_its_group_is_gone(r: BurnerRedis, gone: str) -> None:
    await r.xgroup_create("x", "g", id="$", mkstream=True)
    waiting = asyncio.create_task(r.xreadgroup("g", "c", {"x": ">"}, block=0))
    await settle()
    match gone:
        case "delete":
            await r.delete("x")
        case "rename":
            await r.rename("x", "y")
        case "destroy":
            await r.xgroup_destroy("x", "g")
        case "flush":
            await r.flushdb()
        case _:
            await r.pexpire("x", 10)
    with pytest.raises(ResponseError, match=r"NOGROUP|gone"):
        await asyncio.wait_for(waiting, 5)


async def test_client_unblock_ends_a_wait(r: BurnerRedis) -> None:
    waiting = asyncio.create_task(r.blpop(["l"], timeout=0))
    await settle()
    [blocked] = [c for c in await r.client_list() if "b" in c["flags"]]
    assert await r.client_unblock(int(blocked["id"]), error=True)
    with pytest.raises(ResponseError, match="UNBLOCKED"):
        await waiting


async def pop_list(r: BurnerRedis) -> Any:
    return await r.blpop(["q"], timeout=0)


async def pop_list_right(r: BurnerRedis) -> Any:
    return await r.brpop(["q"], timeout=0)


async def pop_list_many(r: BurnerRedis) -> Any:
    return await r.blmpop(0, 1, "q", direction="LEFT")


async def pop_zset(r: BurnerRedis) -> Any:
    return await r.bzpopmin("z", timeout=0)


async def push_list(r: BurnerRedis, i: int) -> Any:
    return await r.rpush("q", i)


async def push_zset(r: BurnerRedis, i: int) -> Any:
    return await r.zadd("z", {str(i): i})


@pytest.mark.parametrize(
    ("pop", "push", "left"),
    [
        (pop_list, push_list, lambda r: r.llen("q")),
        (pop_list_right, push_list, lambda r: r.llen("q")),
        (pop_list_many, push_list, lambda r: r.llen("q")),
        (pop_zset, push_zset, lambda r: r.zcard("z")),
    ],
)
async def test_a_cancelled_pop_loses_no_element(
    r: BurnerRedis,
    pop: Callable[[BurnerRedis], Awaitable[Any]],
    push: Callable[[BurnerRedis, int], Awaitable[Any]],
    left: Callable[[BurnerRedis], Awaitable[int]],
) -> None:
    """Each waiter is cancelled right after the push that served it: what it took is put back."""
    taken = 0
    for i in range(CANCELLATIONS):
        waiting = asyncio.ensure_future(pop(r))
        await asyncio.sleep(0)
        await push(r, i)
        waiting.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await waiting
            taken += 1
    assert taken + await left(r) == CANCELLATIONS


async def test_a_put_back_element_goes_to_the_next_waiter(r: BurnerRedis) -> None:
    first = asyncio.create_task(r.blpop(["q"], timeout=0))
    second = asyncio.create_task(r.blpop(["q"], timeout=0))
    await settle()
    await r.rpush("q", "x")
    first.cancel()
    assert await asyncio.wait_for(second, 5) == (b"q", b"x")


async def test_a_cancelled_xreadgroup_leaves_the_entry_pending(r: BurnerRedis) -> None:
    await r.xgroup_create("x", "g", id="$", mkstream=True)
    taken = 0
    for i in range(CANCELLATIONS):
        waiting = asyncio.create_task(r.xreadgroup("g", "c", {"x": ">"}, count=1, block=0))
        await asyncio.sleep(0)
        await r.xadd("x", {"i": i})
        waiting.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await waiting
            taken += 1
    pending = (await r.xpending("x", "g"))["pending"]
    assert pending >= taken
    # A call that was cancelled before it ran has read nothing; every other entry is pending.
    unread = await r.xreadgroup("g", "c", {"x": ">"})
    assert pending + sum(len(entries) for _, entries in unread) == CANCELLATIONS


async def test_a_cancelled_blmove_has_moved(r: BurnerRedis) -> None:
    for i in range(CANCELLATIONS):
        waiting = asyncio.create_task(r.blmove("a", "b", timeout=0))
        await asyncio.sleep(0)
        await r.rpush("a", i)
        waiting.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await waiting
    assert await r.llen("b") == CANCELLATIONS


async def test_a_cancelled_xread_takes_nothing(r: BurnerRedis) -> None:
    for i in range(CANCELLATIONS):
        waiting = asyncio.create_task(r.xread({"x": "$"}, block=0))
        await asyncio.sleep(0)
        await r.xadd("x", {"i": i})
        waiting.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await waiting
    assert await r.xlen("x") == CANCELLATIONS


async def test_cancellation_before_anything_came_leaves_no_waiter(r: BurnerRedis) -> None:
    tasks = [asyncio.create_task(r.blpop(["q"], timeout=0)) for _ in range(100)]
    await settle()
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    await r.rpush("q", "x")
    assert await r.llen("q") == 1
    assert not [c for c in await r.client_list() if "b" in c["flags"]]


async def test_a_timeout_too_small_for_a_double_is_not_for_ever(r: BurnerRedis) -> None:
    answer = r.execute_command("BLPOP", "k", "1e-400")
    assert await asyncio.wait_for(answer, 30) is None
