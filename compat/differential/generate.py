"""Makes the cases that every command needs alike: wrong arity, wrong type, edges of numbers."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from .case import Case, case, command, lines, pause

TYPES = {
    "string": "SET string v",
    "integer": "SET integer 12",
    "list": "RPUSH list a b c",
    "hash": "HSET hash f v g w",
    "set": "SADD set a b c",
    "zset": "ZADD zset 1 a 2 b",
    "stream": "XADD stream 1-1 f v",
}
"""A key of each type, named after it, and how it is made."""

INTEGERS = (
    "0", "1", "-1", "2", "-2", "100", "+1", "-0", "01", "' 1'", "'1 '", "1.0", "1e2", "0x10",
    "''", "abc", "nan", "inf", "2147483647", "2147483648", "-2147483648", "-2147483649",
    "4294967296", "9223372036854775807", "9223372036854775808", "-9223372036854775808",
    "-9223372036854775809", "18446744073709551615", "18446744073709551616",
    "99999999999999999999999999", '"1\\x00"', '"\\xff"',
)  # fmt: skip
"""Whole numbers at the edges, and texts that are none."""

COUNTS = [number for number in INTEGERS if number not in ("-2147483648", "-2147483649")]
"""The edges without those that ask for billions of random picks, which a server would make."""

FLOATS = (
    *INTEGERS, "0.1", "-0.1", ".5", "5.", "1e308", "1e309", "-1e309", "1e-400", "5e-324",
    "1.7976931348623157e308", "infinity", "-inf", "+inf", "INF", "-nan", "0x1p3", "1e", "1,5",
    "3.0e3", "0.30000000000000004", "1e17", "123456789012345678", "3.14159265358979323846",
)  # fmt: skip
"""Numbers at the edges of a double, and texts that are none."""


def wrong_arity(*commands: str) -> list[Case]:
    """One case a command: each of its lines has too few or too many words."""
    by_name: dict[str, list[str]] = {}
    for line in commands:
        by_name.setdefault(_name(line), []).append(line)
    return [case(f"{name} wrong arity", *found) for name, found in by_name.items()]


def wrong_type(but: str, text: str) -> list[Case]:
    """One case a line of ``text``: its ``{}`` is a key of each type except ``but``.

    ``but`` lists types by commas; ``string`` stands for both kinds of string.
    """
    spared = set(but.split(","))
    if "string" in spared:
        spared.add("integer")
    others = [name for name in TYPES if name not in spared]
    setup = [TYPES[name] for name in others]
    return [
        case(f"wrong type: {line}", *setup, *(line.replace("{}", name) for name in others))
        for line in lines(text)
    ]


def each(
    line: str,
    values: Iterable[str],
    *setup: str,
    after: Iterable[str] = (),
    what: str = "value",
    **how: Any,
) -> Case:
    """``line`` with each of the values for its ``{}``, each time over keys made afresh."""
    steps = [
        step
        for value in values
        for step in ("FLUSHALL ASYNC", *setup, line.replace("{}", value), *after)
    ]
    after_setup = f" after {'; '.join(setup)}" if setup else ""
    return case(f"each {what}: {line}{after_setup}", *steps, **how)


def integers(text: str, *setup: str, **how: Any) -> list[Case]:
    """One case a line of ``text``: its ``{}`` is each of the edges of whole numbers."""
    return [each(line, INTEGERS, *setup, what="integer", **how) for line in lines(text)]


def floats(text: str, *setup: str, **how: Any) -> list[Case]:
    """One case a line of ``text``: its ``{}`` is each of the edges of doubles."""
    return [each(line, FLOATS, *setup, what="double", **how) for line in lines(text)]


def missing_and_expired(setup: str, text: str) -> list[Case]:
    """One case a line: it meets a key ``k`` that never was, and one whose time is up.

    ``setup`` makes the key.
    """
    return [
        case(
            f"missing and expired: {line}",
            line,
            "FLUSHALL ASYNC",
            *lines(setup),
            command("PEXPIRE k 15"),
            pause(20),
            line,
        )
        for line in lines(text)
    ]


def table(text: str, prefix: str = "", **how: Any) -> list[Case]:
    """Cases out of a block of text: ``= name`` opens one, each line below it is a step."""
    out: list[Case] = []
    name = ""
    steps: list[str] = []

    def close() -> None:
        if steps:
            out.append(case(prefix + name, *steps, **how))

    for line in lines(text):
        if line.startswith("= "):
            close()
            name, steps = line[2:], []
        else:
            steps.append(line)
    close()
    return out


def _name(line: str) -> str:
    """The command's name, with its subcommand where the line has a container's."""
    head, *rest = line.split()
    containers = {"CONFIG", "CLIENT", "COMMAND", "OBJECT", "XGROUP", "XINFO", "SCRIPT", "PUBSUB"}
    return f"{head} {rest[0]}" if head in containers and rest else head
