"""Runs inside a peer's environment: takes requests as lines of JSON, answers each with one.

`{"do": "call", "name": "get", "seconds": 0.1}` gives `{"value": 0.55}`; the other things to do are the
functions of `measures` and `docket_tasks`, with their arguments.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
import traceback
from contextlib import AsyncExitStack
from typing import Any

import docket_tasks
import measures
import workloads
from clients import Peer

_BATCH_SECONDS = 0.002
"""Short enough that other programs leave most batches alone."""
_LIMIT_SECONDS = 10
"""A workload that takes so much longer than it should hangs on this peer."""


async def call(peer: Peer, name: str, seconds: float) -> float:
    """Microseconds for one call of a workload: the lower quartile of so many seconds' batches."""
    return await asyncio.wait_for(_call(peer, workloads.ALL[name], seconds), _LIMIT_SECONDS)


async def _call(peer: Peer, workload: workloads.Workload, seconds: float) -> float:
    async with AsyncExitStack() as stack:
        repeat = await workload.ready(peer, stack)
        times, took = 1, await _timed(repeat, 1)
        while took < _BATCH_SECONDS:
            times *= 2
            took = await _timed(repeat, times)
        batches: list[float] = []
        end = time.perf_counter() + seconds
        while len(batches) < 4 or time.perf_counter() < end:
            batches.append(await _timed(repeat, times))
        lower_quartile = sorted(batches)[len(batches) // 4]
        return lower_quartile / times / workload.calls * 1e6


async def _timed(repeat: workloads.Repeat, times: int) -> float:
    start = time.perf_counter()
    await repeat(times)
    return time.perf_counter() - start


CAN_DO = {
    "call": call,
    "lateness": measures.lateness,
    "memory": measures.memory,
    "growth": measures.growth,
    "docket": docket_tasks.docket,
    "docket_profile": docket_tasks.docket_profile,
}


def main() -> None:
    """Serves requests until there are no more."""
    peer = Peer(sys.argv[1])
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    for line in sys.stdin:
        request: dict[str, Any] = json.loads(line)
        try:
            value = loop.run_until_complete(CAN_DO[request.pop("do")](peer, **request))
            answer = {"value": value}
        except Exception:
            answer = {"error": traceback.format_exc()}
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    main()
