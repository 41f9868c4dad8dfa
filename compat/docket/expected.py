"""What has to pass, what is excused, and how a run differs from that."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

HERE = Path(__file__).parent
EXCUSED = HERE / "excused.txt"
_MUST_PASS = HERE / "must_pass.txt"


def must_pass() -> set[str]:
    """The node ids of the tests that have to pass."""
    return _ids(_MUST_PASS)


def excused() -> set[str]:
    """The node ids of the tests that do not run; the file gives each group its reason."""
    return _ids(EXCUSED)


def write(outcomes: Mapping[str, str]) -> None:
    """Writes the tests that passed down as those that have to."""
    passed = sorted(test for test, outcome in outcomes.items() if outcome == "passed")
    _MUST_PASS.write_text("\n".join(passed) + "\n")


def problems(outcomes: Mapping[str, str], wanted: set[str]) -> list[str]:
    """One line for each test that has to pass and did not, and for each other that failed."""
    found = [
        f"{test}: {outcomes.get(test, 'did not run')}"
        for test in sorted(wanted)
        if outcomes.get(test) != "passed"
    ]
    found += [
        f"{test}: {outcome}, and is neither to pass nor excused"
        for test, outcome in sorted(outcomes.items())
        if outcome != "passed" and test not in wanted and test not in excused()
    ]
    return found


def _ids(path: Path) -> set[str]:
    lines = path.read_text().splitlines()
    return {line for line in lines if line and not line.startswith("#")}
