"""RQ: a worker of its own process takes the jobs that are there, and ends."""

from __future__ import annotations

import datetime
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import redis
import rq
from rq.registry import FailedJobRegistry, FinishedJobRegistry, ScheduledJobRegistry

from .served import DEADLINE, Served

_HERE = Path(__file__).parent


@pytest.fixture
def connection(server: Served) -> redis.Redis:
    return redis.Redis(host=server.host, port=server.port)  # RQ wants bytes


@pytest.fixture
def run_worker(server: Served) -> Callable[..., None]:
    """Runs a worker until the queues are empty."""

    def run(*arguments: str) -> None:
        worker = [sys.executable, "-m", "rq.cli", "worker", "--url", server.url, "--burst"]
        done = subprocess.run(
            [*worker, *arguments, "urgent", "default"],
            cwd=_HERE,
            env=os.environ | {"PYTHONPATH": str(_HERE)},
            capture_output=True,
            text=True,
            timeout=DEADLINE,
            check=False,
        )
        assert done.returncode == 0, done.stderr

    return run


def test_runs_jobs(connection: redis.Redis, run_worker: Callable[..., None]) -> None:
    queue = rq.Queue(connection=connection)
    first = queue.enqueue("rq_jobs.add", 2, 3)
    after = queue.enqueue("rq_jobs.add", 4, 5, depends_on=first)
    failing = queue.enqueue("rq_jobs.fail")
    retried = queue.enqueue("rq_jobs.fail_once", retry=rq.Retry(max=2))
    urgent = rq.Queue("urgent", connection=connection).enqueue("rq_jobs.add", 1, 1, result_ttl=100)
    assert queue.count == 3
    assert after.is_deferred

    run_worker()

    assert first.return_value(refresh=True) == 5
    assert after.return_value(refresh=True) == 9
    assert urgent.return_value(refresh=True) == 2
    assert retried.return_value(refresh=True) == "done at try 2"
    assert failing.get_status() == rq.job.JobStatus.FAILED
    failure = failing.latest_result()
    assert failure is not None and "ValueError: as it has to" in str(failure.exc_string)
    assert FailedJobRegistry(queue=queue).get_job_ids() == [failing.id]
    assert set(FinishedJobRegistry(queue=queue).get_job_ids()) == {first.id, after.id, retried.id}
    assert 0 < connection.ttl(urgent.key) <= 100
    assert queue.is_empty()
    assert rq.Worker.all(connection=connection) == []


def test_schedules_a_job(connection: redis.Redis, run_worker: Callable[..., None]) -> None:
    queue = rq.Queue(connection=connection)
    past = datetime.datetime.now(datetime.timezone.utc) - datetime.timedelta(seconds=1)
    due = queue.enqueue_at(past, "rq_jobs.add", 1, 2)
    later = queue.enqueue_in(datetime.timedelta(hours=1), "rq_jobs.add", 3, 4)
    assert set(ScheduledJobRegistry(queue=queue).get_job_ids()) == {due.id, later.id}
    run_worker("--with-scheduler")
    assert due.return_value(refresh=True) == 3
    assert ScheduledJobRegistry(queue=queue).get_job_ids() == [later.id]
    later.cancel()
    later.delete()
    assert not connection.exists(later.key)
