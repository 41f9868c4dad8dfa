"""What no case touches needs a reason, and a reason needs what no case touches."""

from __future__ import annotations

from .facts import COMMANDS
from .reach import Share, error_texts
from .reasons import LEFT_OUT, UNTOUCHED, left_out


def test_what_is_missed_needs_a_reason() -> None:
    touched, missed = frozenset({"get"}), frozenset({"save"})
    without = Share("commands", touched, missed)
    assert not without.whole
    assert "1 of 2 (50.0 %)" in str(without)
    excused = Share("commands", touched, missed, {"save": "nothing is written"})
    assert excused.whole
    assert "1 of 1 (100.0 %)" in str(excused)
    assert "save: nothing is written" in str(excused)


def test_a_reason_for_what_is_touched_or_gone_is_none() -> None:
    for name in ("get", "gone"):
        share = Share("commands", frozenset({"get"}), frozenset(), {name: "it cannot be"})
        assert not share.whole
        assert share.idle == {name}


def test_reasons_are_about_what_is_there() -> None:
    assert error_texts() >= UNTOUCHED.keys()
    assert {left_out(name) for name in COMMANDS} >= set(LEFT_OUT.values())
