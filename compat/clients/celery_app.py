"""The tasks that a celery worker runs in test_celery.py; the server is in the environment."""

from __future__ import annotations

import os

from celery import Celery, Task

app = Celery("celery_app")
app.conf.update(
    broker_url=os.environ.get("BURNER_CLIENTS_URL"),
    result_backend=os.environ.get("BURNER_CLIENTS_URL"),
    broker_connection_retry_on_startup=True,
    result_expires=600,
    worker_prefetch_multiplier=1,
    task_track_started=True,
)


@app.task(name="add")
def add(x: int, y: int) -> int:
    return x + y


@app.task(name="total")
def total(numbers: list[int]) -> int:
    return sum(numbers)


@app.task(bind=True, max_retries=3, name="third_time_lucky")
def third_time_lucky(self: Task) -> int:
    """Fails twice; says how often it was tried."""
    if self.request.retries < 2:
        raise self.retry(countdown=0.1)
    return self.request.retries + 1


@app.task(name="fails")
def fails() -> None:
    raise ValueError("as it has to")
