"""Calls in this process go on while clients on sockets keep the store busy."""

import asyncio
import threading
import time
from typing import Any

import pytest
import redis
from burner_redis import BurnerRedis, Listener, Store

from ..helpers import PATIENCE
from .sockets import client_of, in_thread


async def test_the_loop_runs_on_beside_a_long_command(r: BurnerRedis, s: Any) -> None:
    await r.set("k", "v")
    endless = asyncio.ensure_future(asyncio.to_thread(until_killed, s))
    turns = 0
    killed = False
    calls: list[asyncio.Future[Any]] = []
    deadline = time.monotonic() + PATIENCE
    while not killed:
        assert time.monotonic() < deadline
        turns += 1
        await asyncio.sleep(0)
        calls.append(asyncio.ensure_future(r.get("k")))
        if turns < 100:
            continue
        try:
            killed = bool(await r.script_kill())
        except redis.ResponseError:  # it does not run yet
            turns = 0
    assert await asyncio.wait_for(asyncio.gather(*calls), PATIENCE) == [b"v"] * len(calls)
    assert "killed" in await asyncio.wait_for(endless, PATIENCE)


def until_killed(s: Any) -> str:
    with pytest.raises(redis.ResponseError) as caught:
        s.eval("while true do end", 0)
    return str(caught.value).lower()


async def test_a_transaction_in_parts_is_one_to_a_socket(r: BurnerRedis, s: Any) -> None:
    """A long one pauses for its loop: nobody may see what is between."""
    done = threading.Event()

    def look() -> int:
        looks = 0
        while not done.is_set():
            a, b = s.mget("a", "b")
            assert a == b
            looks += 1
        return looks

    looking = asyncio.ensure_future(in_thread(look))
    try:
        for n in range(5):
            async with r.pipeline(transaction=True) as pipe:
                pipe.set("a", n)
                for _ in range(20_000):
                    pipe.incr("n")
                pipe.set("b", n)
                await pipe.execute()
    finally:
        done.set()
    assert await looking > 0
    assert await r.get("n") == b"100000"


async def test_calls_and_connections_beside_a_busy_socket(
    store: Store, r: BurnerRedis, s: Any
) -> None:
    done = threading.Event()

    def load() -> None:
        while not done.is_set():
            with s.pipeline(transaction=False) as pipe:
                for n in range(200):
                    pipe.zadd("z", {f"member:{n}": n})
                pipe.execute()

    loading = asyncio.ensure_future(in_thread(load))
    try:
        async with BurnerRedis(store=store, single_connection_client=True) as wired:
            for n in range(300):
                assert await r.incr("n") == n + 1
                assert await wired.get("n") == b"%d" % (n + 1)
                async with r.pipeline() as pipe:
                    assert await pipe.get("n").get("n").execute() == [b"%d" % (n + 1)] * 2
                await asyncio.sleep(0)
    finally:
        done.set()
        await loading


def test_two_loops_and_two_sockets_share_a_store(store: Store, listener: Listener) -> None:
    each = 200
    failed: list[BaseException] = []

    async def pass_on(own: str, to: str) -> None:
        r = BurnerRedis(store=store)
        for _ in range(each):
            _, n = await asyncio.wait_for(r.blpop([own], timeout=0), PATIENCE)
            await r.rpush(to, int(n) + 1)
        await r.aclose()

    def loop(own: str, to: str) -> None:
        try:
            asyncio.run(pass_on(own, to))
        except BaseException as error:
            failed.append(error)
            raise

    def client(own: str, to: str) -> None:
        with client_of(listener) as s:
            for _ in range(each):
                _, n = s.blpop([own], 0)
                s.rpush(to, int(n) + 1)

    ring = [(loop, ("a", "b")), (client, ("b", "c")), (loop, ("c", "d")), (client, ("d", "a"))]
    threads = [threading.Thread(target=run, args=args, daemon=True) for run, args in ring]
    for thread in threads:
        thread.start()
    with client_of(listener) as s:
        s.rpush("a", 0)
        for thread in threads:
            thread.join(PATIENCE)
            assert not thread.is_alive()
        assert not failed
        assert s.lrange("a", 0, -1) == [b"%d" % (4 * each)]
