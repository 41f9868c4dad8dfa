"""arq: its jobs are in arq_job.py, a program of its own with the redis-py that arq is for."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from .served import DEADLINE, Served


def test_runs_jobs(server: Served) -> None:
    done = subprocess.run(
        [sys.executable, str(Path(__file__).with_name("arq_job.py")), server.url],
        env=os.environ | {"PYTHONPATH": str(Path(sys.prefix) / "arq")},
        capture_output=True,
        text=True,
        timeout=DEADLINE,
        check=False,
    )
    assert done.returncode == 0, done.stderr
