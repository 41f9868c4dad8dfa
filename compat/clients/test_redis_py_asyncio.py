"""redis-py's asyncio client over TCP and a unix socket: one job each of what programs use it for."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable

import pytest
import redis.asyncio

from .served import WAYS, Served, eventually


@pytest.fixture
async def client(server: Served, how: str, protocol: int) -> AsyncIterator[redis.asyncio.Redis]:
    url = server.address(how, protocol)
    async with redis.asyncio.Redis.from_url(url, decode_responses=True) as client:
        yield client


async def blocked(client: redis.asyncio.Redis) -> int:
    return (await client.info("clients"))["blocked_clients"]


async def equals(wanted: int, counted: Awaitable[int]) -> bool:
    return await counted == wanted


async def lag(client: redis.asyncio.Redis) -> int:
    return (await client.xinfo_groups("jobs"))[0]["lag"]


@WAYS
async def test_commands(client: redis.asyncio.Redis) -> None:
    assert await client.set("k", "v")
    assert await client.get("k") == "v"
    values = await asyncio.gather(*(client.incr("n") for _ in range(100)))
    assert sorted(values) == list(range(1, 101))
    async with client.pipeline() as pipe:
        await pipe.watch("n")
        assert await pipe.get("n") == "100"
        pipe.multi()
        pipe.incr("n")
        pipe.hset("h", "f", "v")
        assert await pipe.execute() == [101, 1]
    assert {key async for key in client.scan_iter()} == {"k", "n", "h"}
    async with client.lock("lock", timeout=30):
        assert await client.exists("lock")


@WAYS
async def test_waits(client: redis.asyncio.Redis) -> None:
    assert await client.blpop(["none"], timeout=0.05) is None
    waiting = [asyncio.create_task(client.blpop([f"q{i}"], timeout=30)) for i in range(20)]
    await eventually(lambda: equals(20, blocked(client)))
    for i in range(20):
        await client.rpush(f"q{i}", i)
    assert [int((await task)[1]) for task in waiting] == list(range(20))


@WAYS
async def test_gives_up_waiting(client: redis.asyncio.Redis) -> None:
    waiting = asyncio.create_task(client.blpop(["q"], timeout=30))
    await eventually(lambda: equals(1, blocked(client)))
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    await eventually(lambda: equals(0, blocked(client)))
    await client.rpush("q", "kept")
    assert await client.lrange("q", 0, -1) == ["kept"]


@WAYS
async def test_pubsub(client: redis.asyncio.Redis) -> None:
    async with client.pubsub(ignore_subscribe_messages=True) as pubsub:
        await pubsub.subscribe("news")
        await eventually(lambda: client.publish("news", "first"))
        async for message in pubsub.listen():
            assert message["data"] == "first"
            break


@WAYS
async def test_reads_a_stream_as_a_group(client: redis.asyncio.Redis) -> None:
    await client.xgroup_create("jobs", "workers", id="0", mkstream=True)

    async def work(name: str) -> int:
        seen = 0
        while True:
            read = await client.xreadgroup("workers", name, {"jobs": ">"}, count=10, block=30_000)
            entries = dict(read)["jobs"]
            entries = entries[0] if entries and isinstance(entries[0], list) else entries
            for id_, fields in entries:
                await client.xack("jobs", "workers", id_)
                if "end" in fields:
                    return seen
                seen += 1

    workers = [asyncio.create_task(work(f"w{i}")) for i in range(3)]
    for i in range(100):
        await client.xadd("jobs", {"i": i})
    await eventually(lambda: equals(0, lag(client)))
    for _ in workers:  # each ends by one entry of its own
        await client.xadd("jobs", {"end": 1})
        await eventually(lambda: equals(0, lag(client)))
    assert sum(await asyncio.gather(*workers)) == 100
    assert (await client.xpending("jobs", "workers"))["pending"] == 0
