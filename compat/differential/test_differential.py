"""Every case on a real redis-server and on our engine, to the byte, under RESP2 and RESP3."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from . import cases, known, runner, servers
from .case import Case
from .engine import OurSide, open_installed
from .sides import Crashed, ServerSide, Side

# The server may have to be fetched first, or the engine built.
pytestmark = pytest.mark.timeout(60, func_only=True)


@pytest.fixture(scope="session")
def theirs() -> Iterator[Side]:
    """The server that decides; a run of CI cannot do without it, a user's can."""
    try:
        side = ServerSide(servers.Server())
    except servers.NoServer as error:
        if os.environ.get("CI"):
            pytest.fail(str(error))
        pytest.skip(str(error))
    yield side
    side.close()


@pytest.fixture(scope="session")
def ours() -> Iterator[OurSide]:
    """Our engine."""
    side = open_installed()
    yield side
    side.close()


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
