"""docket's tasks on a peer: how many a second, how soon one starts, and where the time goes."""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import statistics
import sys
import tempfile
import time
from collections import Counter
from datetime import timedelta
from pathlib import Path

from clients import Peer
from docket import Docket, Worker

_INTERVAL = timedelta(milliseconds=5)
_SLOTS = 50


async def trivial() -> None:
    """A task that does nothing."""


async def docket(peer: Peer, tasks: int, starts: int) -> dict[str, float]:
    """Tasks a second with 50 slots, and the median of milliseconds from adding one to its start."""
    logging.getLogger("docket").setLevel(logging.CRITICAL)
    await peer.fresh()
    async with Docket(name="bench", url=peer.docket_url()) as bench:
        return {
            "per_second": await _tasks_a_second(bench, tasks),
            "start_ms": await _start(bench, starts) * 1e3,
        }


def _worker(bench: Docket) -> Worker:
    return Worker(
        bench,
        concurrency=_SLOTS,
        minimum_check_interval=_INTERVAL,
        scheduling_resolution=_INTERVAL,
    )


async def _tasks_a_second(bench: Docket, tasks: int) -> float:
    bench.register(trivial)
    for _ in range(tasks):
        await bench.add(trivial)()
    async with _worker(bench) as worker:
        start = time.perf_counter()
        await worker.run_until_finished()
        return tasks / (time.perf_counter() - start)


async def _start(bench: Docket, starts: int) -> float:
    started: asyncio.Queue[float] = asyncio.Queue()

    async def note() -> None:
        started.put_nowait(time.perf_counter())

    took: list[float] = []
    async with _worker(bench) as worker:
        running = asyncio.ensure_future(worker.run_forever())
        await asyncio.sleep(0.2)
        for _ in range(starts):
            added = time.perf_counter()
            await bench.add(note)()
            took.append(await started.get() - added)
            await asyncio.sleep(0.012)
        running.cancel()
        await asyncio.wait([running])
    return statistics.median(took)


async def docket_profile(peer: Peer, tasks: int) -> dict[str, float]:
    """The shares of a busy worker's time: in burner-redis, in redis-py, in docket and all else.

    py-spy stops the process for each sample, native frames included, so that shares hold and speed
    does not. A sample belongs to the store when any frame of its stack does. Waiting is left out.
    """
    logging.getLogger("docket").setLevel(logging.CRITICAL)
    await peer.fresh()
    async with Docket(name="bench", url=peer.docket_url()) as bench:
        bench.register(trivial)
        for _ in range(tasks):
            await bench.add(trivial)()
        with tempfile.TemporaryDirectory() as directory:
            stacks = Path(directory) / "stacks"
            spy = await _spy(stacks)
            async with _worker(bench) as worker:
                await worker.run_until_finished()
            spy.send_signal(signal.SIGINT)
            await spy.wait()
            return _shares(stacks.read_text())


async def _spy(stacks: Path) -> asyncio.subprocess.Process:
    py_spy = Path(sys.executable).with_name("py-spy")
    how = ["--native", "--rate", "100", "--format", "raw", "--output", str(stacks)]
    spy = await asyncio.create_subprocess_exec(
        py_spy, "record", *how, "--pid", str(os.getpid()), stdout=asyncio.subprocess.DEVNULL
    )
    await asyncio.sleep(2)  # it reads the symbols first
    return spy


def _shares(stacks: str) -> dict[str, float]:
    samples = Counter[str]()
    for line in stacks.splitlines():
        stack, count = line.rsplit(" ", 1)
        if "<module>" not in stack or "epoll_wait" in stack:
            continue
        if "(burner_redis/" in stack:
            samples["burner-redis"] += int(count)
        elif "(redis/" in stack:
            samples["redis-py"] += int(count)
        else:
            samples["docket and all else"] += int(count)
    return {what: count / samples.total() for what, count in samples.most_common()}
