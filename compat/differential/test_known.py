"""The list of known differences excuses what it says, and an entry that agrees is told."""

from __future__ import annotations

import pytest

from . import known, servers
from .case import case
from .docs import Argument, foreign_words
from .excuses import Excuses, Known, any_order, doubles, leaving_out
from .fit import Fitting, Vocabulary
from .runner import Difference


@pytest.fixture
def excuses() -> Excuses:
    """Those of a server with two known differences."""
    return Excuses(
        (
            Known("texts differ", "list/*", theirs="old text", ours="new text"),
            Known("never seen", "list/agrees"),
        )
    )


def test_only_what_is_known_is_excused(excuses: Excuses) -> None:
    listed = Difference("LPUSH k v", "-ERR old text", "-ERR new text")
    other = Difference("LPUSH k v", "-ERR old text", ":1")
    assert excuses.unknown("list/pushes", [listed, other]) == [other]
    assert excuses.unknown("set/adds", [listed]) == [listed]


def test_an_entry_that_agrees_is_told(excuses: Excuses) -> None:
    excuses.unknown("list/pushes", [Difference("LPUSH k v", "-ERR old text", "-ERR new text")])
    assert [entry.why for entry in excuses.idle()] == ["never seen"]
    assert [entry.why for entry in excuses.idle(["list/agrees"])] == ["never seen"]
    assert not excuses.idle(["list/pushes"])


def test_what_a_known_difference_leaves_must_be_the_same() -> None:
    excuses = Excuses(
        (
            Known("doubles have more digits", through=doubles),
            Known("members have another order", "set/*", through=any_order),
            Known("sizes are others", through=leaving_out(r"size \d+")),
        )
    )
    digits = Difference("ZSCORE k a", '$"0.10000000000000001"', '$"0.1"')
    another = Difference("ZSCORE k a", '$"0.10000000000000003"', '$"0.1"')
    assert excuses.unknown("zset/scores", [digits, another]) == [another]
    assert len(excuses.idle()) == 2
    both = Difference("SMEMBERS k", "a\n0.10000000000000001", "0.1\na")
    assert excuses.unknown("set/members", [both]) == []
    assert excuses.unknown("zset/members", [both]) == [both]
    assert [entry.why for entry in excuses.idle()] == ["sizes are others"]


def test_every_server_has_a_list() -> None:
    assert set(known.DIFFERENCES) == set(servers.KINDS)


_KEY = Argument("key", "key")
_COUNT = Argument("count", "integer", token="COUNT", optional=True)


def test_what_only_one_server_knows_is_left_out() -> None:
    here = {"get": (_KEY,), "scan": (_KEY, _COUNT), "hgetdel": (_KEY,)}
    there = {"get": (_KEY,), "scan": (_KEY,)}
    assert foreign_words([b"HGETDEL", b"k"], there, here) == ["hgetdel"]
    assert foreign_words([b"scan", b"0", b"count", b"1"], there, here) == ["scan COUNT"]
    assert foreign_words([b"scan", b"0", b"count", b"1"], here, there) == ["scan COUNT"]
    assert foreign_words([b"GET", b"count"], there, here) == []

    fitting = Fitting(
        Vocabulary(there, frozenset({b"maxmemory"})),
        Vocabulary(here, frozenset({b"maxmemory", b"new-setting"})),
    )
    made = [
        case("mixed", "GET k", "HGETDEL k", "CONFIG SET maxmemory 1 new-setting 2"),
        case("out of reach", "HGETDEL k"),
    ]
    assert [step.shown for one in fitting.cases(made) for step in one.steps] == ["GET k"]
    assert fitting.left_out == {"hgetdel": 2, "config new-setting": 1}
