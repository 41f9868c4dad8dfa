"""celery: a worker of its own process, with the server as its broker and its result backend."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import celery
import pytest
import redis

from .celery_app import add, app, fails, third_time_lucky, total
from .served import DEADLINE, Served, until

_HERE = Path(__file__).parent


@pytest.fixture(scope="module")
def broker(command: list[str]) -> Iterator[Served]:
    """A server that is not emptied between the tests: it knows where the worker listens."""
    served = Served(command)
    yield served
    served.stop()


@pytest.fixture(scope="module")
def worker(broker: Served) -> Iterator[None]:
    """A process that runs the tasks."""
    app.conf.update(broker_url=broker.url, result_backend=broker.url)
    process = subprocess.Popen(
        [sys.executable, "-m", "celery", "-A", "celery_app", "worker", "--pool", "threads",
         "--concurrency", "4", "--loglevel", "WARNING", "--without-mingle"],
        cwd=_HERE, env=os.environ | {"BURNER_CLIENTS_URL": broker.url},
    )  # fmt: skip
    until(lambda: app.control.inspect(timeout=0.5).ping())
    yield
    process.terminate()
    assert process.wait(DEADLINE) == 0
    app.close()


@pytest.fixture
def r(broker: Served) -> Iterator[redis.Redis]:
    with redis.Redis(port=broker.port, decode_responses=True) as client:
        yield client


@pytest.mark.usefixtures("worker")
def test_runs_tasks(r: redis.Redis) -> None:
    retried = third_time_lucky.delay()
    failing = fails.delay()
    later = add.apply_async((20, 22), countdown=0.5)
    several = celery.group(add.s(i, i) for i in range(10))()
    chord = celery.chord(add.s(i, 1) for i in range(5))(total.s())
    chain = celery.chain(add.s(1, 2), add.s(3), add.s(4))()

    assert add.delay(2, 3).get(DEADLINE) == 5
    assert retried.get(DEADLINE) == 3
    with pytest.raises(ValueError, match="as it has to"):
        failing.get(DEADLINE)
    assert later.get(DEADLINE) == 42
    assert several.get(DEADLINE) == [2 * i for i in range(10)]
    assert chord.get(DEADLINE) == 15
    assert chain.get(DEADLINE) == 10

    kept = f"celery-task-meta-{later.id}"
    assert 0 < r.ttl(kept) <= 600
    later.forget()
    assert not r.exists(kept)


@pytest.mark.usefixtures("worker")
def test_asks_its_worker() -> None:
    inspected = app.control.inspect(timeout=DEADLINE, limit=1)
    [(name, tasks)] = inspected.registered().items()
    assert name.startswith("celery@")
    assert sorted(tasks) == ["add", "fails", "third_time_lucky", "total"]
    assert inspected.stats()[name]["total"]["add"] > 0


@pytest.mark.usefixtures("worker")
def test_revokes_and_purges(r: redis.Redis) -> None:
    far = add.apply_async((1, 1), countdown=1000)
    until(lambda: r.hlen("unacked") == 1)  # the worker holds it until it is due
    app.control.revoke(far.id)
    revoked = app.control.inspect(timeout=DEADLINE, limit=1).revoked
    until(lambda: far.id in next(iter(revoked().values())))
    for _ in range(2):
        add.apply_async((1, 1), queue="nobody's")
    assert r.llen("nobody's") == 2
    with app.connection_for_write() as connection:
        assert connection.default_channel.queue_purge("nobody's") == 2
