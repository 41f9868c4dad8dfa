"""redis-py's PubSub over a store: every way to wait for a message, none dropped, in order."""

import asyncio
import contextlib
from typing import Any

import pytest
import redis.asyncio.client
from burner_redis import BurnerRedis


async def settle() -> None:
    """Lets every task that can run do so."""
    for _ in range(5):
        await asyncio.sleep(0)


async def test_subscribe_and_get_message(r: BurnerRedis) -> None:
    async with r.pubsub() as p:
        await p.subscribe("a")
        assert await p.get_message(timeout=1) == {
            "type": "subscribe",
            "pattern": None,
            "channel": b"a",
            "data": 1,
        }
        assert await r.publish("a", "x") == 1
        assert await p.get_message(timeout=1) == {
            "type": "message",
            "pattern": None,
            "channel": b"a",
            "data": b"x",
        }
        assert await p.get_message(timeout=0) is None
        assert await p.get_message() is None


async def test_patterns_and_ignored_confirmations(r: BurnerRedis) -> None:
    async with r.pubsub(ignore_subscribe_messages=True) as p:
        await p.psubscribe("a*")
        assert await p.get_message(timeout=1) is None
        await r.publish("abc", "x")
        message = await p.get_message(timeout=1)
        assert message == {"type": "pmessage", "pattern": b"a*", "channel": b"abc", "data": b"x"}


@pytest.mark.skipif(
    not hasattr(redis.asyncio.client.PubSub, "ssubscribe"),
    reason="this redis-py's asyncio PubSub does not know shard channels",
)
async def test_shard_channels(r: BurnerRedis) -> None:
    async with r.pubsub(ignore_subscribe_messages=True) as p:
        await p.ssubscribe("a")
        await p.get_message(timeout=1)
        assert await r.execute_command("SPUBLISH", "a", "x") == 1
        message = await p.get_message(timeout=1)
        assert message is not None and (message["type"], message["data"]) == ("smessage", b"x")


async def test_a_message_wakes_a_waiting_subscriber(r: BurnerRedis) -> None:
    async with r.pubsub(ignore_subscribe_messages=True) as p:
        await p.subscribe("a")
        await p.get_message(timeout=1)
        for timeout in (5, None):
            waiting = asyncio.create_task(p.get_message(timeout=timeout))
            await settle()
            assert not waiting.done()
            await r.publish("a", "x")
            message = await asyncio.wait_for(waiting, 5)
            assert message is not None and message["data"] == b"x"


async def test_a_wait_ends_with_its_timeout(r: BurnerRedis) -> None:
    async with r.pubsub(ignore_subscribe_messages=True) as p:
        await p.subscribe("a")
        await p.get_message(timeout=1)
        assert await p.get_message(timeout=0.01) is None


@pytest.mark.parametrize("decode", [True, False])
async def test_nothing_is_dropped_and_order_is_kept(decode: bool) -> None:
    r = BurnerRedis(decode_responses=decode)
    async with r.pubsub(ignore_subscribe_messages=True) as p:
        await p.subscribe("a")
        await p.get_message(timeout=1)

        async def publish() -> None:
            for i in range(20_000):
                await r.publish("a", i)

        publishing = asyncio.create_task(publish())
        heard: list[int] = []
        while len(heard) < 20_000:
            message = await p.get_message(timeout=5)
            assert message is not None, f"{len(heard)} came"
            heard.append(int(message["data"]))
        await publishing
        assert heard == list(range(20_000))


async def test_listen_and_handlers(r: BurnerRedis) -> None:
    handled: list[Any] = []
    async with r.pubsub() as p:
        await p.subscribe("plain", handled=handled.append)
        await r.publish("handled", "h")
        await r.publish("plain", "x")
        types: list[str] = []
        async for message in p.listen():
            types.append(message["type"])
            if message["type"] == "message":
                break
        assert types == ["subscribe", "subscribe", "message"]
        assert [m["data"] for m in handled] == [b"h"]


async def test_run_reports_a_handlers_exception_and_goes_on(r: BurnerRedis) -> None:
    errors: list[BaseException] = []
    good: list[Any] = []
    heard = asyncio.Event()

    def handler(message: Any) -> None:
        if message["data"] == b"bad":
            raise ValueError("bad")
        good.append(message["data"])
        heard.set()

    async with r.pubsub() as p:
        await p.subscribe(a=handler)
        task = asyncio.create_task(
            p.run(exception_handler=lambda e, pubsub: errors.append(e), poll_timeout=0.01)
        )
        await r.publish("a", "bad")
        await r.publish("a", "good")
        await asyncio.wait_for(heard.wait(), 5)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
    assert [str(e) for e in errors] == ["bad"] and good == [b"good"]


async def test_a_cancelled_wait_loses_nothing(r: BurnerRedis) -> None:
    async with r.pubsub(ignore_subscribe_messages=True) as p:
        await p.subscribe("a")
        await p.get_message(timeout=1)
        heard = 0
        for _ in range(500):
            waiting = asyncio.create_task(p.get_message(timeout=None))
            await settle()
            await r.publish("a", "x")
            waiting.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                heard += (await waiting) is not None
        while await p.get_message(timeout=0.01):
            heard += 1
        assert heard == 500


async def test_unsubscribing_and_closing_leave_no_subscriber(r: BurnerRedis) -> None:
    p = r.pubsub()
    await p.subscribe("a", "b")
    await p.unsubscribe("a")
    await settle()
    assert await r.pubsub_numsub("a", "b") == [(b"a", 0), (b"b", 1)]
    await p.aclose()
    assert await r.pubsub_numsub("a", "b") == [(b"a", 0), (b"b", 0)]


async def test_keyspace_events_come_as_messages(r: BurnerRedis) -> None:
    await r.config_set("notify-keyspace-events", "KEA")
    async with r.pubsub(ignore_subscribe_messages=True) as p:
        await p.psubscribe("__keyevent@0__:*")
        await p.get_message(timeout=1)
        await r.set("k", "v", px=20)
        names = []
        while "expired" not in names:
            message = await p.get_message(timeout=5)
            assert message is not None
            names.append(message["channel"].decode().rsplit(":", 1)[1])
        assert names == ["set", "expire", "expired"]
