"""Every case on a real redis-server and on our engine, to the byte, under RESP2 and RESP3."""

from __future__ import annotations

import pytest

from . import cases, known, runner
from .case import Case
from .engine import OurSide
from .sides import Crashed, Side

# The server may have to be fetched first, or the engine built.
pytestmark = pytest.mark.timeout(60, func_only=True)


@pytest.fixture(scope="session")
def commands(ours: OurSide) -> set[str]:
    """The commands that our engine has; test_command_table.py says which it must have."""
    return ours.commands()


@pytest.mark.parametrize("made", [pytest.param(made, id=made.id) for made in cases.load()])
def test_answers_as_redis_does(made: Case, theirs: Side, ours: Side, commands: set[str]) -> None:
    if missing := made.commands - commands:
        pytest.skip(f"not commands of ours yet: {', '.join(sorted(missing))}")
    told: list[str] = []
    for protocol in made.protocols:
        try:
            found = runner.compare(made, protocol, theirs, ours)
        except Crashed as error:
            told.append(f"RESP{protocol}: {error}")
            continue
        why = known.reason(made.id, protocol)
        if found and not why:
            told.extend(f"RESP{protocol}: {difference}" for difference in found)
        elif why and not found:
            told.append(f"RESP{protocol}: agrees, but known.py lists it: {why}")
    if told:
        pytest.fail("\n".join(told), pytrace=False)
