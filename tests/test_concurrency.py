"""Many threads, many event loops, other event loops, and who gets to run beside a busy client."""

import asyncio
import threading
from typing import Any

import anyio
import anyio.lowlevel
import pytest
import uvloop
from burner_redis import BurnerRedis, Store


def test_threads_with_loops_of_their_own_share_a_store() -> None:
    store = Store()
    errors: list[BaseException] = []

    async def work() -> None:
        r = BurnerRedis(store=store)
        for _ in range(2_000):
            await r.incr("n")
        pipe = r.pipeline()
        for _ in range(1_000):
            pipe.incr("n")
        await pipe.execute()
        await r.aclose()

    def run() -> None:
        try:
            asyncio.run(work())
        except BaseException as error:
            errors.append(error)

    threads = [threading.Thread(target=run) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not errors
    assert asyncio.run(BurnerRedis(store=store).get("n")) == b"12000"


def test_a_waiter_is_woken_from_another_threads_loop() -> None:
    store = Store()
    waiting = threading.Event()
    got: list[Any] = []

    async def wait() -> None:
        r = BurnerRedis(store=store)
        task = asyncio.create_task(r.blpop(["l"], timeout=10))
        await asyncio.sleep(0.01)
        waiting.set()
        got.append(await task)
        await r.aclose()

    thread = threading.Thread(target=lambda: asyncio.run(wait()))
    thread.start()
    waiting.wait(10)
    asyncio.run(BurnerRedis(store=store).rpush("l", "x"))
    thread.join(10)
    assert got == [(b"l", b"x")]


def test_one_client_serves_several_loops_one_after_another() -> None:
    r = BurnerRedis()
    asyncio.run(r.set("k", "v"))
    assert asyncio.run(r.get("k")) == b"v"

    async def block() -> Any:
        return await r.blpop(["l"], timeout=0.01)

    assert asyncio.run(block()) is None
    assert asyncio.run(block()) is None


@pytest.mark.parametrize("backend_options", [{"use_uvloop": False}, {"use_uvloop": True}])
def test_anyio_task_groups_on_both_loops(backend_options: dict[str, bool]) -> None:
    async def main() -> None:
        r = BurnerRedis()
        got: list[Any] = []

        async def wait() -> None:
            got.append(await r.blpop(["l"], timeout=5))

        async with anyio.create_task_group() as group:
            for _ in range(10):
                group.start_soon(wait)
            await anyio.lowlevel.checkpoint()
            await r.rpush("l", *range(10))
        assert sorted(int(value) for _, value in got) == list(range(10))
        with anyio.move_on_after(0.01) as scope:
            await r.blpop(["l"], timeout=0)
        assert scope.cancelled_caught
        await r.rpush("l", "kept")
        assert await r.lpop("l") == b"kept"
        await r.aclose()

    anyio.run(main, backend="asyncio", backend_options=backend_options)


def test_uvloop_runs_pubsub() -> None:
    async def main() -> None:
        r = BurnerRedis()
        async with r.pubsub(ignore_subscribe_messages=True) as p:
            await p.subscribe("a")
            await p.get_message(timeout=1)
            waiting = asyncio.create_task(p.get_message(timeout=5))
            await asyncio.sleep(0)
            await r.publish("a", "x")
            message = await waiting
            assert message is not None and message["data"] == b"x"
        await r.aclose()

    uvloop.run(main())


async def test_a_loop_that_only_calls_lets_others_run(r: BurnerRedis) -> None:
    """Code that never suspends would starve the event loop."""
    ran = asyncio.Event()
    asyncio.get_running_loop().call_soon(ran.set)
    calls = 0
    while not ran.is_set():
        await r.get("k")
        calls += 1
        assert calls < 1_000_000
    assert calls


async def test_yield_every_takes_a_trip_at_each_command() -> None:
    r = BurnerRedis(yield_every=1)
    turns = 0

    async def other() -> None:
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0)

    task = asyncio.create_task(other())
    for _ in range(50):
        await r.get("k")
    task.cancel()
    assert turns >= 49
    await r.aclose()


async def test_a_script_on_another_thread_does_not_stop_this_one() -> None:
    """Nobody waits for the store's lock while attached to the interpreter."""
    store = Store()
    script = "local x = 0 for i = 1, 3e7 do x = x + i end return 1"
    started, done = threading.Event(), threading.Event()

    async def run() -> None:
        client = BurnerRedis(store=store)
        started.set()
        await client.eval(script, 0)
        await client.aclose()

    def target() -> None:
        asyncio.run(run())
        done.set()

    thread = threading.Thread(target=target)
    thread.start()
    started.wait()
    turns = 0
    r = BurnerRedis(store=store)
    get = asyncio.create_task(r.get("k"))
    while not done.is_set():
        turns += 1
        await asyncio.sleep(0.001)
    assert await get is None
    thread.join()
    assert turns > 3
    await r.aclose()
