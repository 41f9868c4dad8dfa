"""Every case on a real redis-server and on our engine, to the byte, under RESP2 and RESP3."""

from __future__ import annotations

import pytest

from . import cases, docs, known, runner, servers
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
    excuses = known.excuses(servers.REDIS_8.name)
    for protocol in made.protocols:
        try:
            found = runner.compare(made, protocol, theirs, ours)
        except Crashed as error:
            told.append(f"RESP{protocol}: {error}")
            continue
        unknown = excuses.unknown(made.id, found)
        told.extend(f"RESP{protocol}: {difference}" for difference in unknown)
    told.extend(
        f"nothing differs any more that known.py lists: {it}" for it in excuses.idle([made.id])
    )
    if told:
        pytest.fail("\n".join(told), pytrace=False)


def test_documents_commands_as_redis_does(theirs: Side, ours: OurSide) -> None:
    ours.begin(2)
    told, real = docs.plain(ours), docs.plain(theirs)
    wrong = {name: (said, real.get(name)) for name, said in told.items() if said != real.get(name)}
    assert not wrong
