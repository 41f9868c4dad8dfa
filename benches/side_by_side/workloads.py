"""The calls that are timed: each makes its client ready and gives back what to repeat."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from typing import Any

from clients import Peer

Repeat = Callable[[int], Awaitable[None]]
"""Does the timed thing so many times."""

VALUE = b"0123456789abcdef"
FOUR = {b"name": b"mule", b"state": b"running", b"worker": b"w-1", b"attempt": b"3"}
SCRIPT = """
redis.call('SET', KEYS[1], ARGV[1])
redis.call('HSET', KEYS[2], 'state', ARGV[1])
return redis.call('HGET', KEYS[2], 'state')
"""


@dataclass(frozen=True)
class Workload:
    """A row of the table: ``calls`` of one repetition are counted one by one."""

    title: str
    ready: Callable[[Peer, AsyncExitStack], Awaitable[Repeat]]
    calls: int = 1


async def get(peer: Peer, stack: AsyncExitStack) -> Repeat:
    r = await peer.fresh()
    await r.set("key", VALUE)

    async def repeat(times: int) -> None:
        for _ in range(times):
            await r.get("key")

    return repeat


async def set_(peer: Peer, stack: AsyncExitStack) -> Repeat:
    r = await peer.fresh()

    async def repeat(times: int) -> None:
        for _ in range(times):
            await r.set("key", VALUE)

    return repeat


async def hset(peer: Peer, stack: AsyncExitStack) -> Repeat:
    r = await peer.fresh()

    async def repeat(times: int) -> None:
        for _ in range(times):
            await r.hset("hash", mapping=FOUR)

    return repeat


def hgetall(fields: int) -> Callable[[Peer, AsyncExitStack], Awaitable[Repeat]]:
    """HGETALL of a hash of so many fields."""

    async def ready(peer: Peer, stack: AsyncExitStack) -> Repeat:
        r = await peer.fresh()
        await r.hset("hash", mapping={b"field:%d" % i: VALUE for i in range(fields)})

        async def repeat(times: int) -> None:
            for _ in range(times):
                await r.hgetall("hash")

        return repeat

    return ready


async def zadd(peer: Peer, stack: AsyncExitStack) -> Repeat:
    r = await peer.fresh()

    async def repeat(times: int) -> None:
        for score in range(times):
            await r.zadd("zset", {"member": score})

    return repeat


async def xadd(peer: Peer, stack: AsyncExitStack) -> Repeat:
    r = await peer.fresh()

    async def repeat(times: int) -> None:
        for _ in range(times):
            await r.xadd("stream", {"field": VALUE}, maxlen=1000)

    return repeat


async def stream_task(peer: Peer, stack: AsyncExitStack) -> Repeat:
    r = await peer.fresh()
    await r.xgroup_create("stream", "group", id="0", mkstream=True)

    async def repeat(times: int) -> None:
        for _ in range(times):
            await r.xadd("stream", {"field": VALUE})
            read = await r.xreadgroup("group", "consumer", {"stream": ">"}, count=1)
            entry = read[0][1][0][0]
            await r.xack("stream", "group", entry)
            await r.xdel("stream", entry)

    return repeat


async def evalsha(peer: Peer, stack: AsyncExitStack) -> Repeat:
    r = await peer.fresh()
    sha = await r.script_load(SCRIPT)

    async def repeat(times: int) -> None:
        for _ in range(times):
            await r.evalsha(sha, 2, "string", "hash", "running")

    return repeat


async def pipeline(peer: Peer, stack: AsyncExitStack) -> Repeat:
    r = await peer.fresh()

    async def repeat(times: int) -> None:
        for _ in range(times):
            pipe = peer.pipeline(r)
            for _ in range(100):
                pipe.set("key", VALUE)
            await pipe.execute()

    return repeat


async def publish_and_get(peer: Peer, stack: AsyncExitStack) -> Repeat:
    r = await peer.fresh()
    pubsub = r.pubsub()
    stack.push_async_callback(pubsub.aclose)
    await pubsub.subscribe("channel")
    await pubsub.get_message(timeout=1)

    async def repeat(times: int) -> None:
        for _ in range(times):
            await r.publish("channel", VALUE)
            while await pubsub.get_message(ignore_subscribe_messages=True, timeout=1) is None:
                pass

    return repeat


async def publish_wakes(peer: Peer, stack: AsyncExitStack) -> Repeat:
    r = await peer.fresh()
    pubsub = r.pubsub()
    stack.push_async_callback(pubsub.aclose)
    await pubsub.subscribe("channel")
    await pubsub.get_message(timeout=1)
    heard = asyncio.Event()

    async def listen() -> None:
        while True:
            if await pubsub.get_message(ignore_subscribe_messages=True, timeout=None):
                heard.set()

    await _beside(stack, listen())

    async def repeat(times: int) -> None:
        for _ in range(times):
            await r.publish("channel", VALUE)
            await heard.wait()
            heard.clear()

    return repeat


async def blpop_woken(peer: Peer, stack: AsyncExitStack) -> Repeat:
    r = await peer.fresh()
    popped = asyncio.Event()

    async def pop() -> None:
        while True:
            await r.blpop("list", 0)
            popped.set()

    await _beside(stack, pop())

    async def repeat(times: int) -> None:
        for _ in range(times):
            await r.rpush("list", VALUE)
            await popped.wait()
            popped.clear()

    return repeat


async def new_client(peer: Peer, stack: AsyncExitStack) -> Repeat:
    async def repeat(times: int) -> None:
        for _ in range(times):
            peer.client()

    return repeat


async def _beside(stack: AsyncExitStack, coroutine: Any) -> None:
    """Runs a coroutine beside the workload until that is over; it is waiting when this returns."""
    task = asyncio.ensure_future(coroutine)

    async def stop() -> None:
        while not task.done():  # redis-py forgets a cancellation that comes while it connects
            task.cancel()
            await asyncio.wait([task], timeout=0.1)

    stack.push_async_callback(stop)
    await asyncio.sleep(0.05)


ALL = {
    "get": Workload("GET 16 B", get),
    "set": Workload("SET 16 B", set_),
    "hset": Workload("HSET of 4", hset),
    "hgetall": Workload("HGETALL of 4", hgetall(4)),
    "zadd": Workload("ZADD", zadd),
    "xadd": Workload("XADD MAXLEN", xadd),
    "stream_task": Workload("XADD + XREADGROUP + XACK + XDEL", stream_task),
    "evalsha": Workload("EVALSHA of 3 calls", evalsha),
    "pipeline": Workload("pipeline of 100 SET, each", pipeline, calls=100),
    "publish_and_get": Workload("PUBLISH + get_message, message already there", publish_and_get),
    "publish_wakes": Workload("PUBLISH waking a waiting subscriber", publish_wakes),
    "blpop_woken": Workload("BLPOP woken by RPUSH in another task", blpop_woken),
    "hgetall_1000": Workload("HGETALL of 1000", hgetall(1000)),
    "new_client": Workload("a new client", new_client),
}
