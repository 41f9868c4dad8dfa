"""Keeps a store busy without end and watches resident memory: `python benches/soak.py --seconds 60`.

A docket worker completes tasks; beside it run scripts (the same one by EVALSHA, a new one by EVAL
each time), messages to subscribers that come and go, keys that expire, blocking calls that are
cancelled, and clients that are made and dropped. After the warm-up, memory has to stay flat: it fails
when memory has grown by more than MARGIN by the end.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import itertools
import logging
import os
import statistics
import sys
import time
from collections.abc import Awaitable, Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

from burner_redis import BurnerRedis
from docket import Docket, Worker

MARGIN = 4 * 2**20
"""Bytes. Python's own heap wavers by less; what leaks at all leaks more in a minute of this."""

_WARM_UP = 0.4
_SAMPLES_COMPARED = 4
_PAUSE = 0.01
_TTL_MILLISECONDS = 500

Once = Callable[[int], Awaitable[object]]


async def task(payload: str) -> str:
    """What the worker does."""
    return payload


def activities(r: Any, docket: Docket) -> dict[str, Once]:
    """What goes on beside each other: each is called with 0, 1, 2, … after short pauses."""
    results: asyncio.Queue[Any] = asyncio.Queue()
    sha = ""

    async def tasks(i: int) -> None:
        results.put_nowait(await docket.add(task)(f"payload {i}"))
        if results.qsize() > 10:
            execution = results.get_nowait()
            assert await execution.get_result(timeout=timedelta(seconds=30))

    async def same_script(i: int) -> None:
        nonlocal sha
        sha = sha or await r.script_load("return {redis.call('INCR', KEYS[1]), ARGV[1]}")
        for _ in range(20):
            await r.evalsha(sha, 1, "counter", i)

    async def new_script(i: int) -> None:
        assert await r.eval(f"local t = {{}} t[{i}] = '{i}' return t[{i}]", 0)

    async def messages(i: int) -> None:
        pubsub = r.pubsub()
        await pubsub.subscribe("channel")
        await pubsub.psubscribe("chan*")
        for n in range(10):
            await r.publish("channel", f"{i} {n}")
        heard = 0
        while heard < 20:
            heard += await pubsub.get_message(ignore_subscribe_messages=True, timeout=5) is not None
        await pubsub.aclose()

    async def expiring_keys(i: int) -> None:
        pipe = r.pipeline()
        for n in range(20):
            pipe.set(f"expiring:{i}:{n}", b"x" * 64, px=_TTL_MILLISECONDS)
            pipe.hset(f"expiring-hash:{i}:{n}", mapping={"a": i, "b": n})
            pipe.pexpire(f"expiring-hash:{i}:{n}", _TTL_MILLISECONDS)
        await pipe.execute()

    async def cancelled(i: int) -> None:
        waiting = asyncio.ensure_future(r.blpop([f"never:{i}", "never"], 0))
        await asyncio.sleep(0)
        waiting.cancel()
        await asyncio.wait([waiting])  # which, awaited itself, could not be told from our own end

    async def clients(i: int) -> None:
        client = BurnerRedis()
        await client.set("key", i)
        await client.aclose()

    return {
        "docket tasks": tasks,
        "EVALSHA": same_script,
        "EVAL of new scripts": new_script,
        "pub/sub": messages,
        "expiring keys": expiring_keys,
        "cancelled BLPOP": cancelled,
        "new clients": clients,
    }


async def soak(seconds: float, every: float) -> bool:
    """Runs everything for so long; whether memory stayed flat."""
    r = BurnerRedis()
    done: dict[str, int] = {}
    # What docket keeps of its tasks is to be steady soon, and still there when a busy machine gets round to reading it.
    ttl = timedelta(seconds=10)
    async with Docket(name="soak", url="memory://soak", execution_ttl=ttl) as docket:
        docket.register(task)
        async with Worker(docket, minimum_check_interval=timedelta(milliseconds=5)) as worker:
            running = [asyncio.ensure_future(worker.run_forever())]
            for what, once in activities(r, docket).items():
                running.append(asyncio.ensure_future(_repeat(what, once, done)))
            samples = await _watch(seconds, every, running, done)
            for each in running:
                each.cancel()
            await asyncio.gather(*running, return_exceptions=True)
    await r.aclose()
    return _flat(samples)


async def _repeat(what: str, once: Once, done: dict[str, int]) -> None:
    for i in itertools.count():
        await once(i)
        done[what] = i + 1
        await asyncio.sleep(_PAUSE)


async def _watch(
    seconds: float, every: float, running: list[asyncio.Future[None]], done: dict[str, int]
) -> list[int]:
    samples: list[int] = []
    start = time.monotonic()
    while (at := time.monotonic() - start) < seconds:
        await asyncio.sleep(every)
        for ended in (each for each in running if each.done()):
            ended.result()
            raise RuntimeError("something that should have gone on for ever ended")
        samples.append(_resident())
        counts = ", ".join(f"{count:,} {what}" for what, count in done.items())
        print(f"{at + every:6.0f} s  {samples[-1] / 2**20:8.2f} MiB  {counts}", flush=True)
    return samples


def _flat(samples: list[int]) -> bool:
    warm = samples[int(len(samples) * _WARM_UP) :]
    compared = min(_SAMPLES_COMPARED, max(1, len(warm) // 2))
    grown = statistics.median(warm[-compared:]) - statistics.median(warm[:compared])
    verdict = "flat" if grown <= MARGIN else "GROWING"
    print(
        f"memory is {verdict}: {grown / 2**20:+.2f} MiB after the warm-up, "
        f"of which {MARGIN / 2**20:.0f} MiB are allowed"
    )
    return grown <= MARGIN


def _resident() -> int:
    gc.collect()
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def main() -> int:
    """Does what the command line says; 0 when memory stayed flat."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=float("inf"), help="for ever without")
    parser.add_argument("--every", type=float, default=3.0, help="seconds between two looks")
    options = parser.parse_args()
    if not Path("/proc/self/statm").exists():
        print(
            "The soak reads /proc/self/statm for its memory, which is not there: run it on Linux."
        )
        return 1
    logging.getLogger("docket").setLevel(logging.CRITICAL)
    return 0 if asyncio.run(soak(options.seconds, options.every)) else 1


if __name__ == "__main__":
    sys.exit(main())
