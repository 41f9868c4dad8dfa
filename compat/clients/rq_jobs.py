"""What RQ's worker runs in test_rq.py."""

from __future__ import annotations

from rq import get_current_job


def add(x: int, y: int) -> int:
    return x + y


def fail() -> None:
    raise ValueError("as it has to")


def fail_once() -> str:
    """Fails at its first try."""
    job = get_current_job()
    assert job is not None
    tries = job.meta.get("tries", 0) + 1
    job.meta["tries"] = tries
    job.save_meta()
    if tries == 1:
        raise ValueError("once")
    return f"done at try {tries}"
