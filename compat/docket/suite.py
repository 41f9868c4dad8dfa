"""docket's source, an environment to run its suite in, and one run of it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tarfile
import tempfile
from dataclasses import dataclass
from pathlib import Path

from ..environments import environment, pip
from .expected import EXCUSED, HERE

# It reads conformance/cron-expressions.json, which docket's sdist does not hold: see excused.txt.
_LACKS_ITS_DATA = "tests/fundamentals/test_cron.py"
_TEST_SECONDS = 30  # docket's own limit


def _cache() -> Path:
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base) / "burner-redis" / "docket"


@dataclass(frozen=True)
class Environment:
    """A Python that has the wheel, and docket's source."""

    python: Path
    source: Path

    @classmethod
    def prepared(cls, wheel: Path, python: Path) -> Environment:
        """Makes `.venv-docket` and the unpacked source, or brings them up to date."""
        inside = environment(HERE.parents[1] / ".venv-docket", python)
        archive = _fetched(inside)
        pip(inside, "install", "--requirement", HERE / "requirements.txt")
        pip(inside, "install", "--force-reinstall", "--no-deps", wheel)
        pip(inside, "install", "--no-deps", archive)
        pip(inside, "check")  # docket's own requirement of burner-redis is met by the wheel
        return cls(inside, _unpacked(archive))

    def run(self, workers: str, *, random_order: bool) -> dict[str, str]:
        """Runs the suite once; the outcome of each test by its node id."""
        with tempfile.TemporaryDirectory() as directory:
            outcomes = Path(directory) / "outcomes.json"
            command: list[str | Path] = [self.python, "-m", "pytest", "-q", "--no-header"]
            command += ["-o", "addopts=", "--import-mode=importlib", "--tb=short"]
            command += ["-p", "no:cacheprovider", "-p", "burner_docket", "--numprocesses", workers]
            command += [f"--timeout={_TEST_SECONDS}", f"--ignore={_LACKS_ITS_DATA}"]
            if not random_order:
                command += ["-p", "no:randomly"]
            environment = os.environ | {
                "REDIS_VERSION": "memory",
                # As under pytest-cov: else each `docket` that a test starts measures its coverage.
                "COV_CORE_SOURCE": "",
                "PYTHONPATH": str(HERE / "plugin"),
                "PYTHONDONTWRITEBYTECODE": "1",
                "BURNER_DOCKET_EXCUSED": str(EXCUSED),
                "BURNER_DOCKET_OUTCOMES": str(outcomes),
            }
            done = subprocess.run(command, cwd=self.source, env=environment, check=False)
            if not outcomes.exists():
                sys.exit(f"docket's suite did not run to its end: pytest gave {done.returncode}")
            return json.loads(outcomes.read_text())


def _fetched(python: Path) -> Path:
    """The sdist, out of the cache or fetched by hash."""
    cache = _cache()
    cache.mkdir(parents=True, exist_ok=True)
    wanted = ["--no-deps", "--no-binary=:all:", "--require-hashes", "--dest", cache]
    if not list(cache.glob("pydocket-*.tar.gz")):
        pip(python, "download", *wanted, "--requirement", HERE / "sdist.txt")
    return next(cache.glob("pydocket-*.tar.gz"))


def _unpacked(archive: Path) -> Path:
    name = archive.name.removesuffix(".tar.gz")
    target = archive.parent / name
    if not target.exists():
        # In a directory of its own first, so that an interrupted run leaves no half of it.
        with tempfile.TemporaryDirectory(dir=archive.parent) as directory:
            with tarfile.open(archive) as tar:
                tar.extractall(directory, filter="data")
            (Path(directory) / name).rename(target)
    return target
