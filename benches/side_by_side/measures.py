"""What is not the time of one call: fairness to other tasks, memory, the worst call of many."""

from __future__ import annotations

import asyncio
import gc
import os
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from clients import Peer
from workloads import VALUE

_TICK = 0.001
_BATCH = 1000


async def lateness(peer: Peer, beside: str, seconds: float, size: int) -> float:
    """How many milliseconds a 1 ms timer is late at worst beside `get`, `hgetall`, `pipeline` or `transaction`.

    ``size`` is the number of the hash's fields or of the pipeline's commands.
    """
    r = await peer.fresh()
    load: Callable[[], Awaitable[Any]]
    if beside in ("pipeline", "transaction"):
        pipe = peer.pipeline(r) if beside == "pipeline" else peer.transaction(r)
        for _ in range(size):
            pipe.set("key", VALUE)
        load, seconds = pipe.execute, 0
    elif beside == "hgetall":
        await r.hset("hash", mapping={b"field:%d" % i: VALUE for i in range(size)})

        def load() -> Awaitable[Any]:
            return r.hgetall("hash")
    else:
        await r.set("key", VALUE)

        def load() -> Awaitable[Any]:
            return r.get("key")

    worst = 0.0

    async def tick() -> None:
        nonlocal worst
        while True:
            start = time.perf_counter()
            try:
                await asyncio.sleep(_TICK)
            finally:
                worst = max(worst, time.perf_counter() - start - _TICK)

    gc.collect()
    timer = asyncio.ensure_future(tick())
    await asyncio.sleep(_TICK / 2)
    end = time.perf_counter() + seconds
    await load()
    while time.perf_counter() < end:
        await load()
    timer.cancel()
    await asyncio.wait([timer])
    return worst * 1e3


async def memory(peer: Peer, kind: str, count: int) -> float:
    """Bytes for one small string key, hash field, sorted-set member or stream entry of so many."""
    r = await peer.fresh()
    add = _ADD[kind]
    await _filled(peer, r, add, 0, min(count, _BATCH))
    before = await _used(peer, r)
    await _filled(peer, r, add, _BATCH, count)
    return (await _used(peer, r) - before) / max(1, count - _BATCH)


async def _filled(
    peer: Peer, r: Any, add: Callable[[Any, int], object], first: int, last: int
) -> None:
    for start in range(first, last, _BATCH):
        pipe = peer.pipeline(r)
        for i in range(start, min(last, start + _BATCH)):
            add(pipe, i)
        await pipe.execute()


_ADD: dict[str, Callable[[Any, int], object]] = {
    "string key": lambda pipe, i: pipe.set(b"key:%d" % i, VALUE),
    # Hashes of a hundred fields, which is a small one.
    "hash field": lambda pipe, i: pipe.hset(b"hash:%d" % (i // 100), b"field:%d" % i, VALUE),
    "sorted-set member": lambda pipe, i: pipe.zadd("zset", {b"member:%d" % i: i}),
    "stream entry": lambda pipe, i: pipe.xadd("stream", {b"field": VALUE}),
}


async def _used(peer: Peer, r: Any) -> int:
    """The server's own count, or the resident memory of this process."""
    if not peer.in_process:
        return int((await r.info("memory"))["used_memory"])
    return _resident()


def _resident() -> int:
    gc.collect()
    pages = Path("/proc/self/statm").read_text().split()[1]
    return int(pages) * os.sysconf("SC_PAGE_SIZE")


async def growth(peer: Peer, keys: int, limit: float) -> dict[str, float]:
    """The longest single SET, in milliseconds, while an empty store grows to so many keys.

    It ends with as many as there are after ``limit`` seconds.
    """
    r = await peer.fresh()
    worst = grown = 0
    gc.collect()
    gc.disable()
    try:
        end = time.perf_counter() + limit
        while grown < keys and time.perf_counter() < end:
            for i in range(grown, grown + _BATCH):
                key = b"key:%d" % i
                before = time.thread_time_ns()  # of this thread alone: not what others take from it
                await r.set(key, VALUE)
                worst = max(worst, time.thread_time_ns() - before)
            grown += _BATCH
    finally:
        gc.enable()
    return {"worst_ms": worst / 1e6, "keys": grown}
