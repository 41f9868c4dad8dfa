"""The fuzz finds what is planted, cuts it short, and finds nothing else in a short run."""

from __future__ import annotations

import shutil
from collections.abc import Iterator

import pytest

from . import cases, docs
from .case import case
from .engine import OurSide, open_engine, open_installed
from .fuzz import frames, hostile, play
from .fuzz.hunt import Hunt
from .fuzz.sequence import Maker, Sequence
from .sides import Side
from .wire import Reply

pytestmark = pytest.mark.timeout(60, func_only=True)


class Lying(Side):
    """Ours, but that LLEN is one more where the list has more than two elements."""

    def __init__(self, honest: OurSide) -> None:
        self._honest = honest
        self.ids = honest.ids

    def begin(self, protocol: int) -> None:
        self._honest.begin(protocol)

    def send(self, connection: str, data: bytes) -> None:
        self._honest.send(connection, data)

    def settle(self) -> dict[str, bytes]:
        return {
            name: data.replace(b":3\r\n", b":4\r\n") for name, data in self._honest.settle().items()
        }

    def ask(self, commands: list[list[bytes]]) -> list[Reply]:
        return self._honest.ask(commands)

    def close(self) -> None:
        self._honest.close()


@pytest.fixture
def pair() -> Iterator[tuple[OurSide, Lying]]:
    """Two sides that differ in what is planted; neither is a real server."""
    honest, lying = open_installed(), Lying(open_installed())
    yield honest, lying
    honest.close()
    lying.close()


@pytest.mark.parametrize("bursts", [True, False])
def test_a_planted_difference_is_found_and_cut_short(
    pair: tuple[OurSide, Lying], bursts: bool
) -> None:
    honest, lying = pair
    noise = [f"SET k{n} v" for n in range(40)]
    made = case("planted", *noise, "RPUSH l a b", "RPUSH l c", "LLEN l", *noise)
    assert play.differs(Sequence(made, 2, bursts), honest, lying)
    short = play.shortest(
        made, lambda less: bool(play.differs(Sequence(less, 2, False), honest, lying))
    )
    assert [step.shown for step in short.steps] in (
        ["RPUSH l a b", "RPUSH l c"],
        ["RPUSH l a b c"],
    )


def test_a_sequence_is_the_same_for_the_same_seed(theirs: Side, ours: OurSide) -> None:
    maker = Maker(docs.read(theirs), ours.commands())
    assert maker.draw("7") == maker.draw("7") != maker.draw("8")


def test_a_short_run_finds_nothing(theirs: Side, ours: OurSide) -> None:
    hunt = Hunt(theirs, ours, docs.read(theirs), ours.commands())
    told = [hunt.play(f"test/{number}") for number in range(40)]
    assert not any(told), "\n".join(filter(None, told))


def test_broken_messages_are_what_a_real_server_takes_them_for(theirs: Side, ours: OurSide) -> None:
    told = [frames.difference(f"test/{number}", theirs, ours) for number in range(150)]
    assert not any(told), "\n".join(filter(None, told))


def test_no_panic_in_broken_lines() -> None:
    if not shutil.which("cargo"):
        pytest.skip("the engine is watched in a process of its own, which cargo builds")
    watched = hostile.Hostile(open_engine)
    try:
        tables = hostile.lines_of(cases.load())
        for number in range(4):
            assert watched.fault("test", number, tables) is None
    finally:
        watched.close()
