"""node-redis: a client of another language, whose small job is in job.js."""

from __future__ import annotations

import subprocess
from pathlib import Path

from . import tools
from .served import DEADLINE, Served


def test_does_a_job_in_javascript(server: Served) -> None:
    job = Path(__file__).with_name("job.js")
    for url in (f"{server.url}/2", f"redis://default:any@{server.host}:{server.port}/3"):
        done = subprocess.run(
            [*tools.node(), str(job), url],
            capture_output=True,
            text=True,
            timeout=DEADLINE,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        assert not done.stderr
