"""What happens on a socket wakes who sleeps in this process, and the other way round."""

import asyncio
import os
from typing import Any

import pytest
from burner_redis import BurnerRedis, Listener, ManualClock, Store

from ..helpers import PATIENCE
from .sockets import blocked, client_of, in_thread, until


async def test_a_push_over_a_socket_wakes_a_blocked_call(r: BurnerRedis, s: Any) -> None:
    for n in range(20):
        waiting = asyncio.ensure_future(r.blpop(["l"], timeout=0))
        await asyncio.sleep(0)
        s.rpush("l", n)
        assert await asyncio.wait_for(waiting, PATIENCE) == (b"l", b"%d" % n)


async def test_a_push_here_wakes_who_is_blocked_over_a_socket(r: BurnerRedis, s: Any) -> None:
    waiting = asyncio.ensure_future(in_thread(s.blpop, ["l"], 0))
    await until(lambda: blocked(r, 1))
    await r.rpush("l", "x")
    assert await waiting == (b"l", b"x")


async def test_a_push_over_a_socket_wakes_a_blocked_connection(
    store: Store, r: BurnerRedis, s: Any
) -> None:
    """Over redis-py's own connection class, too."""
    async with BurnerRedis(store=store, single_connection_client=True) as wired:
        waiting = asyncio.ensure_future(wired.blpop(["l"], timeout=0))
        await until(lambda: blocked(r, 1))
        s.rpush("l", "x")
        assert await asyncio.wait_for(waiting, PATIENCE) == (b"l", b"x")


async def test_messages_cross_both_ways(r: BurnerRedis, s: Any) -> None:
    async with r.pubsub(ignore_subscribe_messages=True) as here:
        there = s.pubsub(ignore_subscribe_messages=True)
        await here.subscribe("news")
        await here.get_message(timeout=PATIENCE)
        there.subscribe("news")
        there.get_message(timeout=PATIENCE)
        assert await r.pubsub_numsub("news") == s.pubsub_numsub("news") == [(b"news", 2)]
        for n in range(20):
            waiting = asyncio.ensure_future(here.get_message(timeout=PATIENCE))
            await asyncio.sleep(0)
            assert s.publish("news", n) == 2
            message = await waiting
            assert message is not None
            assert message["data"] == b"%d" % n
            assert there.get_message(timeout=PATIENCE)["data"] == b"%d" % n
        assert await r.publish("news", "x") == 2
        assert there.get_message(timeout=PATIENCE)["data"] == b"x"
        there.close()


async def test_time_goes_by_on_both_sides(r: BurnerRedis, s: Any) -> None:
    """A deadline that one side set is heard of by the other, though neither calls."""
    await r.config_set("notify-keyspace-events", "Ex")
    async with r.pubsub(ignore_subscribe_messages=True) as here:
        await here.subscribe("__keyevent@0__:expired")
        await here.get_message(timeout=PATIENCE)
        there = s.pubsub(ignore_subscribe_messages=True)
        there.subscribe("__keyevent@0__:expired")
        there.get_message(timeout=PATIENCE)
        s.set("theirs", 1, px=5)
        message = await here.get_message(timeout=PATIENCE)
        assert message is not None
        assert message["data"] == b"theirs"
        assert there.get_message(timeout=PATIENCE)["data"] == b"theirs"
        await r.set("mine", 1, px=5)
        # The loop stands still here, so that the server's thread has to look at the time.
        assert there.get_message(timeout=PATIENCE)["data"] == b"mine"
        there.close()


async def test_a_blocked_call_times_out_while_nobody_calls(
    r: BurnerRedis, listener: Listener
) -> None:
    assert await asyncio.wait_for(r.blpop(["l"], timeout=0.01), PATIENCE) is None


async def test_a_moved_clock_is_everybodys() -> None:
    store = Store(clock=ManualClock(1_000))
    with store.listen("127.0.0.1:0") as listener:
        r = BurnerRedis(store=store)
        with client_of(listener) as s:
            waiting = asyncio.ensure_future(in_thread(s.blpop, ["l"], 5))
            await until(lambda: blocked(r, 1))
            store.advance(5.001)
            assert await waiting is None
        await r.aclose()


async def test_cancelled_calls_lose_nothing_that_a_socket_pushed(r: BurnerRedis, s: Any) -> None:
    total = 2_000
    pushing = asyncio.ensure_future(in_thread(push_all, s, total))
    got: list[bytes] = []
    rounds = 0
    while not pushing.done() or await r.exists("l"):
        call = asyncio.ensure_future(r.blpop(["l"], timeout=1))
        for _ in range(rounds % 4):
            await asyncio.sleep(0)
        rounds += 1
        call.cancel()
        try:
            if answer := await call:
                got.append(answer[1])
        except asyncio.CancelledError:
            if rounds % 8 == 0 and (element := await r.lpop("l")):  # or it would take long
                got.append(element)
    assert sorted(map(int, got)) == list(range(total))


def push_all(s: Any, count: int) -> None:
    for n in range(count):
        s.rpush("l", n)


async def test_the_loop_is_left_as_it_was(store: Store) -> None:
    """No descriptor stays behind, in the loop or in the process."""
    r = BurnerRedis(store=store)
    before = len(os.listdir("/dev/fd"))
    for _ in range(3):
        with store.listen("127.0.0.1:0") as listener:
            waiting = asyncio.ensure_future(r.blpop(["l"], timeout=0))
            await asyncio.sleep(0)
            with client_of(listener) as s:
                s.rpush("l", "x")
            assert await asyncio.wait_for(waiting, PATIENCE) == (b"l", b"x")
        del listener
    await until(lambda: descriptors_are(before))
    await r.aclose()


async def descriptors_are(count: int) -> bool:
    return len(os.listdir("/dev/fd")) <= count  # what earlier tests left may go meanwhile


async def test_a_call_that_sleeps_already_when_the_store_begins_to_listen(store: Store) -> None:
    r = BurnerRedis(store=store)
    waiting = asyncio.ensure_future(r.blpop(["l"], timeout=0))
    await asyncio.sleep(0)

    def push() -> None:
        with store.listen("127.0.0.1:0") as listener, client_of(listener) as s:
            s.rpush("l", "x")

    await in_thread(push)
    assert await asyncio.wait_for(waiting, PATIENCE) == (b"l", b"x")
    await r.aclose()


def test_a_loop_without_add_reader_is_told_so(store: Store) -> None:
    class Loop(asyncio.SelectorEventLoop):
        def add_reader(self, *_: Any) -> None:
            raise NotImplementedError

    async def main() -> None:
        r = BurnerRedis(store=store)
        early = asyncio.ensure_future(r.blpop(["l"], timeout=0))
        await asyncio.sleep(0)
        with store.listen("127.0.0.1:0"):
            assert await r.set("k", "v")
            for call in (r.blpop(["l"], timeout=0), early):
                with pytest.raises(RuntimeError, match="has no add_reader"):
                    await asyncio.wait_for(call, PATIENCE)
        await r.aclose()

    loop = Loop()
    try:
        loop.run_until_complete(main())
    finally:
        loop.close()
