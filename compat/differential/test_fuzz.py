"""The fuzz finds what is planted, cuts it short, and finds nothing else in a short run."""

from __future__ import annotations

import shutil
import time
from collections.abc import Iterator

import pytest

from . import cases, docs
from .case import case
from .engine import OurSide, open_engine, open_installed
from .fuzz import frames, hostile, play
from .fuzz.guards import guarded
from .fuzz.hunt import Hunt
from .fuzz.laws import law
from .fuzz.machine import EXAMPLES, Arena, TimeIsUp, play_round
from .fuzz.payloads import Payloads
from .fuzz.play import Sequence
from .fuzz.repertoire import Repertoire
from .fuzz.sequence import Maker
from .sides import Side
from .wire import Reply, encode, words

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

    def catch_up(self) -> None:
        self._honest.catch_up()

    def close(self) -> None:
        self._honest.close()


@pytest.fixture
def pair() -> Iterator[tuple[OurSide, Lying]]:
    """Two sides that differ in what is planted; neither is a real server."""
    honest, lying = open_installed(by_hand=True), Lying(open_installed(by_hand=True))
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


class Watching(Hunt):
    """A hunt that plays nothing and keeps what it was given."""

    def __init__(self, theirs: Side, ours: Side) -> None:
        super().__init__(theirs, ours)
        self.played: list[list[str]] = []

    def differs(self, played: Sequence, *, attempts: int = 1) -> bool:
        self.played.append([step.shown for step in played.case.steps])
        return False


def _arena(hunt: Hunt, ours: OurSide, until: float = float("inf")) -> Arena:
    repertoire = Repertoire(docs.reference(), ours.commands())
    return Arena(hunt, repertoire, Payloads(ours), until, patience=5)


def test_the_machine_finds_what_is_planted_and_cuts_it_short(pair: tuple[OurSide, Lying]) -> None:
    honest, lying = pair
    hunt = Hunt(honest, lying)
    told = next(filter(None, (play_round(_arena(hunt, honest), f"planted/{n}") for n in range(9))))
    head, *shown = told.split("\n")
    assert head.startswith("=== planted/"), told
    assert hunt.found == 1
    steps = shown[: next(at for at, line in enumerate(shown) if line.startswith("  "))]
    assert 2 <= len(steps) <= 6, told
    assert ":3" in told and ":4" in told


def test_the_machine_draws_the_same_for_the_same_seed(ours: OurSide) -> None:
    def drawn(seed: str) -> list[list[str]]:
        hunt = Watching(ours, ours)
        play_round(_arena(hunt, ours), seed)
        return hunt.played

    first = drawn("7")
    assert first == drawn("7") != drawn("8")
    assert len(first) >= EXAMPLES // 2
    lines = {line for played in first for line in played}
    words = {line.split("> ")[-1].split(" ")[0] for line in lines}
    assert words >= {"MULTI", "EXEC", "WATCH", "EVAL", "PEXPIREAT", "PUBLISH", "SUBSCRIBE"}


def test_the_machine_stops_when_its_time_is_over(ours: OurSide) -> None:
    hunt = Watching(ours, ours)
    with pytest.raises(TimeIsUp):
        play_round(_arena(hunt, ours, until=0), "7")
    assert not hunt.played


def test_time_stands_still_until_it_is_moved(pair: tuple[OurSide, Lying]) -> None:
    honest, _ = pair
    honest.begin(2)
    honest.send("a", encode([b"SET", b"k", b"v", b"PX", b"1"]))
    honest.settle()
    time.sleep(0.005)
    assert honest.ask([[b"PTTL", b"k"]])[0].text == b"1"
    honest.catch_up()
    assert honest.ask([[b"PTTL", b"k"]])[0].text == b"-2"


@pytest.mark.parametrize(
    ("setup", "line", "left_out"),
    [
        ("ZADD k 0 b 1 a", "ZRANGEBYLEX k - +", False),
        (f"ZADD k 0 b 0 {'y' * 65}", "ZLEXCOUNT k - +", False),
        (f"ZADD k 0 b 1 {'y' * 65}", "ZLEXCOUNT k - +", True),
        (f"ZADD k 0 b 1 {'y' * 65}", "ZRANGESTORE d k - + BYLEX", True),
        (f"ZADD k 0 b 1 {'y' * 65}", "ZRANGESTORE d k 0 -1", False),
        ("SADD k 1 2 3", "SUNIONSTORE d k u", False),
        ("SADD k 1 2 a", "SUNIONSTORE d k u", False),
        ("SADD k 1 2 3 a", "SUNIONSTORE d u k", True),
        ("SADD k 1 2 3 a", "SDIFFSTORE d k u", True),
        ("SADD k 1 2 3 a", "SDIFFSTORE d u k", False),
        ("SET k 1", "SUNIONSTORE d k", False),
        (r'ZADD k 0 "" 0 "\x00"', "SORT k ALPHA", True),
        (r'SADD k a "a\x00b"', "SORT k LIMIT 0 1 ALPHA", True),
        (r'RPUSH k "a\x00" "a\x00"', "SORT k ALPHA", False),
        (r'ZADD k 0 "" 0 "\x00"', "SORT k GET # BY nosort", False),
        ("SET k 1", "SORT k ALPHA", False),
    ],
)
def test_what_is_up_to_chance_is_left_out_and_nothing_else(
    ours: OurSide, setup: str, line: str, left_out: bool
) -> None:
    name = line.split(" ")[0].lower()
    sent = guarded(name, tuple(words(line)), one_score=False, few_ints=True)
    ours.begin(2)
    told = ours.ask([words(setup), list(sent)])[-1]
    assert (told.text == b"by chance") == left_out
    ours.begin(2)
    plain = ours.ask([words(setup), words(line)])[-1]
    assert left_out or told == plain or told.kind == plain.kind == "-"


def test_all_channels_are_left_in_any_order_but_counted_down() -> None:
    def left(*told: tuple[str, int]) -> list[Reply]:
        return [
            Reply(
                "*",
                (Reply("$", b"unsubscribe"), Reply("$", name.encode()), Reply(":", b"%d" % count)),
            )
            for name, count in told
        ]

    same = law("unsubscribe")
    assert same is not None
    assert same(left(("a", 1), ("b", 0)), left(("b", 1), ("a", 0)))
    assert not same(left(("a", 1), ("b", 0)), left(("b", 0), ("a", 1)))
    assert not same(left(("a", 1), ("b", 0)), left(("a", 1), ("c", 0)))
    assert not same(left(("a", 1)), left(("a", 1), ("b", 0)))


def test_a_sequence_is_the_same_for_the_same_seed(ours: OurSide) -> None:
    maker = Maker(Repertoire(docs.reference(), ours.commands()), Payloads(ours))
    assert maker.draw("7") == maker.draw("7") != maker.draw("8")


def test_a_short_run_finds_nothing(theirs: Side) -> None:
    ours = open_installed(by_hand=True)
    repertoire, payloads = Repertoire(docs.read(theirs), ours.commands()), Payloads(theirs, ours)
    maker = Maker(repertoire, payloads)
    hunt = Hunt(theirs, ours)
    told = [hunt.play(f"test/{number}", maker.draw(f"test/{number}")) for number in range(40)]
    told.append(play_round(Arena(hunt, repertoire, payloads), "test"))
    ours.close()
    assert not hunt.found, "\n".join(filter(None, told))


def test_broken_messages_are_what_a_real_server_takes_them_for(theirs: Side, ours: OurSide) -> None:
    told = [frames.difference(f"test/{number}", theirs, ours) for number in range(150)]
    assert not any(told), "\n".join(filter(None, told))


@pytest.fixture
def watched() -> Iterator[hostile.Hostile]:
    """The engine in a process of its own. It is built here, for that may take longer than a test."""
    if not shutil.which("cargo"):
        pytest.skip("the engine is watched in a process of its own, which cargo builds")
    watched = hostile.Hostile(open_engine)
    yield watched
    watched.close()


def test_no_panic_in_broken_lines(watched: hostile.Hostile) -> None:
    tables = hostile.lines_of(cases.load())
    for number in range(4):
        assert watched.fault("test", number, tables) is None
