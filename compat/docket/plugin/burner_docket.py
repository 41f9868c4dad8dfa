"""A pytest plugin that lets docket's suite ask of a `memory://` store all that it asks of a server.

docket skips tests, and leaves out its check for leaked keys, where an in-process store is known to
lack something. Here nothing is left out but the tests of the file that ``BURNER_DOCKET_EXCUSED``
names. The outcome of each test goes to the file that ``BURNER_DOCKET_OUTCOMES`` names, a JSON object
of node ids. docket's own code is not touched.
"""

from __future__ import annotations

import inspect
import json
import os
from collections.abc import Generator
from pathlib import Path
from typing import Any

import pytest

SKIPPED_FOR_MEMORY = (
    "requires real Redis (keys/scan_iter/ttl not available in memory backend)",
    "CLI commands require a persistent Redis backend",
    "Memory backend doesn't share state across processes",
)
"""Why docket skips tests on a `memory://` store."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Takes the skip marks from the tests that are not excused."""
    excused = _excused()
    for item in items:
        if item.nodeid in excused:
            item.add_marker(pytest.mark.skip(reason="excused"), append=False)
            continue
        for node in item.listchain():
            node.own_markers[:] = [mark for mark in node.own_markers if not _for_memory(mark)]


def _excused() -> set[str]:
    lines = Path(os.environ["BURNER_DOCKET_EXCUSED"]).read_text().splitlines()
    return {line for line in lines if "::" in line and not line.startswith("#")}


def _for_memory(mark: pytest.Mark) -> bool:
    return mark.name == "skipif" and mark.kwargs.get("reason") in SKIPPED_FOR_MEMORY


@pytest.hookimpl(wrapper=True)
def pytest_fixture_setup(
    fixturedef: pytest.FixtureDef[Any],
) -> Generator[None, object, object]:
    """Has docket's check for keys without a TTL run, which it leaves out on `memory://`."""
    if fixturedef.argname != "key_leak_checker":
        return (yield)
    names = inspect.unwrap(fixturedef.func).__globals__
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(names, "BASE_VERSION", "in-process")
        return (yield)


class Outcomes:
    """Collects what became of each test, and writes it down at the end."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._of: dict[str, str] = {}

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """A test has passed when its call passed and nothing failed before or after it."""
        before = self._of.get(report.nodeid)
        if report.failed:
            self._of[report.nodeid] = f"failed: {_last_line(report.longreprtext)}"
        elif report.skipped:
            self._of[report.nodeid] = "skipped"
        elif report.when == "call" and before is None:
            self._of[report.nodeid] = "passed"

    def pytest_sessionfinish(self) -> None:
        """Writes the outcomes."""
        self._path.write_text(json.dumps(self._of, indent=1, sort_keys=True))


def _last_line(text: str) -> str:
    lines = [line for line in text.splitlines() if line.startswith("E  ")] or text.splitlines()
    return lines[0].removeprefix("E").strip() if lines else ""


def pytest_configure(config: pytest.Config) -> None:
    """Only the controller of a run with several workers writes."""
    if not hasattr(config, "workerinput"):
        path = Path(os.environ["BURNER_DOCKET_OUTCOMES"])
        config.pluginmanager.register(Outcomes(path), "burner-docket-outcomes")
