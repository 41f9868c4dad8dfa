"""What a client leaves behind: nothing. Closed loops, collected clients, forks, and the interpreter's end."""

import asyncio
import gc
import os
import threading
import weakref
from typing import Any

import pytest
from burner_redis import BurnerRedis, ManualClock, Store

from .helpers import run_python


async def test_aclose_leaves_no_session_no_task_no_thread() -> None:
    store = Store()
    threads, tasks = threading.active_count(), len(asyncio.all_tasks())
    r = BurnerRedis(store=store)
    await r.set("k", "v")
    async with r.pubsub() as p:
        await p.subscribe("a")
    async with r.pipeline() as pipe:
        await pipe.watch("k")
    assert await r.blpop(["l"], timeout=0.001) is None
    await r.aclose()
    assert store.sessions() == 0
    assert threading.active_count() == threads
    assert len(asyncio.all_tasks()) == tasks


async def test_many_waits_leave_one_timer_in_the_loop() -> None:
    def timers() -> int:
        scheduled = asyncio.get_running_loop()._scheduled
        return sum("_native.Watcher" in repr(each) for each in scheduled)

    r = BurnerRedis()
    for n in range(200):
        waits = asyncio.ensure_future(r.blpop(["l"], timeout=50 + n % 7))
        await asyncio.sleep(0)
        await r.rpush("l", n)
        assert await waits == (b"l", str(n).encode())
    assert timers() == 1
    await r.aclose()


async def test_a_collected_client_leaves_no_session() -> None:
    store = Store()
    r = BurnerRedis(store=store)
    await r.set("k", "v")
    gone = weakref.ref(r)
    del r
    gc.collect()
    assert gone() is None
    other = BurnerRedis(store=store)
    await other.get("k")
    assert store.sessions() == 1
    await other.aclose()


async def test_a_forgotten_pubsub_stops_listening() -> None:
    r = BurnerRedis()
    p = r.pubsub()
    await p.subscribe("a")
    del p
    gc.collect()
    assert await r.publish("a", "x") == 0


async def test_a_store_goes_when_nobody_uses_it() -> None:
    store = Store()
    gone = weakref.ref(store)
    r = BurnerRedis(store=store)
    await r.set("k", "v")
    await r.aclose()
    del r, store
    gc.collect()
    assert gone() is None


def test_a_client_collected_while_it_blocks_loses_nothing() -> None:
    store = Store()
    tasks: list[asyncio.Future[Any]] = []

    async def block() -> None:
        r = BurnerRedis(store=store)
        tasks.append(asyncio.ensure_future(r.blpop(["l"], timeout=0)))
        await asyncio.sleep(0)
        await asyncio.sleep(0)

    asyncio.run(block())  # the loop cancels what still runs, and is closed
    tasks.clear()
    gc.collect()

    async def after() -> None:
        r = BurnerRedis(store=store)
        assert await r.rpush("l", "x") == 1
        assert await r.llen("l") == 1
        await r.aclose()

    asyncio.run(after())


def test_a_loop_closed_under_a_waiter_loses_nothing() -> None:
    store = Store()
    loop = asyncio.new_event_loop()
    r = BurnerRedis(store=store)
    task = loop.create_task(r.blpop(["l"], timeout=0))
    loop.run_until_complete(asyncio.sleep(0.001))
    loop.close()  # with the call still waiting

    async def after() -> None:
        other = BurnerRedis(store=store)
        await other.rpush("l", "x")
        assert await other.llen("l") == 1
        await other.aclose()

    asyncio.run(after())
    task._log_destroy_pending = False
    del task, r
    gc.collect()


async def test_the_clock_can_be_moved() -> None:
    store = Store(clock=ManualClock(1_000))
    r = BurnerRedis(store=store)
    await r.set("k", "v", px=100)
    store.advance(0.1)
    assert await r.get("k") == b"v"
    store.advance(0.001)
    assert await r.get("k") is None
    waiting = asyncio.create_task(r.blpop(["l"], timeout=5))
    await asyncio.sleep(0)
    store.advance(5.001)
    assert await waiting is None
    await r.aclose()


def test_the_interpreter_exits_with_calls_blocked() -> None:
    done = run_python(
        """
        import asyncio
        from burner_redis import BurnerRedis
        async def main():
            r = BurnerRedis()
            tasks = [asyncio.create_task(r.blpop(["l"], timeout=0)) for _ in range(10)]
            p = r.pubsub()
            await p.subscribe("a")
            tasks.append(asyncio.create_task(p.get_message(timeout=None)))
            await asyncio.sleep(0.01)
            print("leaving")
        asyncio.run(main())
        """,
        dev=True,
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "leaving\n", "")


def test_the_interpreter_exits_without_any_goodbye() -> None:
    done = run_python(
        """
        import asyncio, os, sys
        from burner_redis import BurnerRedis
        r = BurnerRedis()
        loop = asyncio.new_event_loop()
        loop.run_until_complete(r.set("k", "v"))
        print(loop.run_until_complete(r.get("k")))
        loop.close()
        """,
        dev=True,
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "b'v'\n", "")


@pytest.mark.skipif(not hasattr(os, "fork"), reason="the platform has no fork")
def test_a_forked_child_has_a_working_store_of_its_own() -> None:
    done = run_python(
        """
        import asyncio, os, warnings
        from burner_redis import BurnerRedis, Store
        warnings.simplefilter("ignore", DeprecationWarning)
        store = Store()
        async def parent():
            r = BurnerRedis(store=store)
            await r.set("k", "v")
            waiting = asyncio.create_task(r.blpop(["l"], timeout=0))
            await asyncio.sleep(0)
            pid = os.fork()
            if pid == 0:
                os._exit(child())
            assert os.waitpid(pid, 0)[1] == 0
            assert await r.exists("child") == 0
            await r.rpush("l", "x")
            assert await waiting == (b"l", b"x")
            await r.aclose()
            print("parent done")
        def child():
            asyncio.events._set_running_loop(None)
            async def main():
                r = BurnerRedis(store=store)
                assert await r.get("k") == b"v"
                await r.set("child", "1")
                await r.rpush("l", "y")
                assert await r.llen("l") == 1
                await r.aclose()
            try:
                asyncio.run(main())
                return 0
            except BaseException as error:
                import traceback; traceback.print_exc()
                return 1
        asyncio.run(parent())
        """,
        dev=True,
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "parent done\n", "")
