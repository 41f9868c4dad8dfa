"""A small job with arq: enqueues functions, runs a worker on them, ends with 0 when all went well.

A program of its own, with arq's own redis-py: see arq.txt.
"""

from __future__ import annotations

import asyncio
import sys
from datetime import timedelta
from typing import Any

from arq import Retry, create_pool
from arq.connections import RedisSettings
from arq.jobs import Job, JobStatus
from arq.worker import Worker


async def add(context: dict[str, Any], x: int, y: int) -> int:
    return x + y


async def second_time_lucky(context: dict[str, Any]) -> int:
    """Fails once; says how often it was tried."""
    if context["job_try"] == 1:
        raise Retry(defer=timedelta(milliseconds=50))
    return context["job_try"]


async def fails(context: dict[str, Any]) -> None:
    raise ValueError("as it has to")


async def result(job: Job | None) -> object:
    assert job is not None
    return await job.result(timeout=30, poll_delay=0.02)


async def main(url: str) -> None:
    settings = RedisSettings.from_dsn(url)
    pool = await create_pool(settings)
    at_once = await pool.enqueue_job("add", 2, 3)
    named = await pool.enqueue_job("add", 4, 5, _job_id="mine")
    assert await pool.enqueue_job("add", 4, 5, _job_id="mine") is None  # it is there already
    deferred = await pool.enqueue_job("add", 20, 22, _defer_by=timedelta(milliseconds=200))
    far = await pool.enqueue_job("add", 1, 1, _defer_by=timedelta(hours=1))
    retried = await pool.enqueue_job("second_time_lucky")
    failing = await pool.enqueue_job("fails")
    assert deferred is not None and far is not None
    assert await far.status() == JobStatus.deferred
    assert len(await pool.queued_jobs()) == 6

    worker = Worker(
        functions=[add, second_time_lucky, fails],
        redis_settings=settings,
        poll_delay=0.02,
        handle_signals=False,
        allow_abort_jobs=True,
    )
    working = asyncio.create_task(worker.async_run())
    assert await result(at_once) == 5
    assert await result(named) == 9
    assert await result(deferred) == 42
    assert await result(retried) == 2
    [failure] = await asyncio.gather(result(failing), return_exceptions=True)
    assert isinstance(failure, ValueError)
    assert str(failure) == "as it has to"
    assert await deferred.status() == JobStatus.complete
    assert await far.abort(timeout=30, poll_delay=0.02)
    assert not await pool.queued_jobs()
    assert len(await pool.all_job_results()) == 6

    working.cancel()
    await asyncio.gather(working, return_exceptions=True)
    await worker.close()
    await pool.aclose()


asyncio.run(main(sys.argv[1]))
