"""How a case is written down.

    case("lpush keeps order", "RPUSH k a b c", "LRANGE k 0 -1")

A step is a command line quoted as in redis-cli, or a tuple of words where quoting would hurt. A
line that begins with ``NAME> `` goes over the connection of that name; the others go over the
connection ``a``. The words ``<id:a>`` to ``<id:d>`` become the client IDs of those connections. A
command that blocks simply has no reply in its step; the reply shows up in the
step during which it arrives, as pushes do. ``(20 ms go by)`` is a `pause`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from .compare import Comparer, exact
from .facts import full_name
from .wire import encode, quote, words

Words = tuple[bytes | str | float, ...]

DEFAULT_CONNECTION = "a"
_ID = re.compile(rb"<id:([a-z])>")
_MILLISECONDS = {b"PEXPIRE", b"HPEXPIRE", b"PSETEX", b"PX"}
_PAUSE = re.compile(r"\((\d+) ms go by\)")
_CONNECTION = re.compile(r"([a-z][a-z0-9]*)> ?(.*)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Command:
    """A step that sends a command, or bytes as they stand, over ``connection``."""

    connection: str
    sent: tuple[bytes, ...] | bytes
    shown: str
    compare: Comparer | None = None

    @property
    def sets_milliseconds(self) -> bool:
        """Whether it may set a time to live of a few milliseconds, which one side sees end before the other."""
        words = self.sent if isinstance(self.sent, tuple) else ()
        return any(word.upper() in _MILLISECONDS for word in words)

    def data(self, ids: Mapping[str, bytes]) -> bytes:
        """What goes over the wire, given the client IDs of the connections."""
        if isinstance(self.sent, bytes):
            return self.sent
        known = (_ID.fullmatch(word) for word in self.sent)
        return encode(
            ids.get(found[1].decode(), word) if found else word
            for word, found in zip(self.sent, known, strict=True)
        )


@dataclass(frozen=True, slots=True)
class Pause:
    """A step that lets ``milliseconds`` go by, and what was due in that time happen."""

    milliseconds: int
    compare: Comparer | None = None

    @property
    def shown(self) -> str:
        """The step for a person."""
        return f"({self.milliseconds} ms go by)"


Step = Command | Pause


@dataclass(frozen=True, slots=True)
class Case:
    """A sequence of steps for a fresh server, and how its answers are compared."""

    name: str
    steps: tuple[Step, ...]
    compare: Comparer = exact
    """For the replies of steps that name none of their own."""
    events: Comparer | None = exact
    """For the keyspace events of each step; None where they cannot be told."""
    state: bool = True
    """Whether what the keys hold in the end is compared."""
    protocols: tuple[int, ...] = (2, 3)
    timed: bool = False
    """Whether answers depend on how much time goes by though no pause is among the steps."""
    group: str = ""

    @property
    def commands(self) -> set[str]:
        """The full names of the commands that the case calls or asks about."""
        sent = [step.sent for step in self.steps if isinstance(step, Command)]
        lines = [list(words) for words in sent if isinstance(words, tuple)]
        asked = [line[2:] for line in lines if line[0] == b"COMMAND" and line[1:2] != [b"LIST"]]
        names = map(full_name, [*lines, *asked, *([name] for line in asked for name in line)])
        return {name for name in names if name}

    @property
    def is_timed(self) -> bool:
        """Whether the answers depend on how much time goes by."""
        return self.timed or any(
            isinstance(step, Pause) or step.sets_milliseconds for step in self.steps
        )

    @property
    def id(self) -> str:
        """The name by which a case is chosen and listed: ``group/name``."""
        return f"{self.group}/{self.name}"

    def in_group(self, group: str) -> Case:
        """This case as one of ``group``."""
        return replace(self, group=group)


def command(
    line: str | Words, compare: Comparer | None = None, *, on: str | None = None
) -> Command:
    """A step that sends one command, with its own way to compare the reply."""
    connection = on or DEFAULT_CONNECTION
    if isinstance(line, str):
        if on is None and (match := _CONNECTION.fullmatch(line)):
            connection, line = match[1], match[2]
        parts = words(line)
    else:
        parts = [_word(part) for part in line]
    shown = " ".join(_shown(part) for part in parts)
    if connection != DEFAULT_CONNECTION:
        shown = f"{connection}> {shown}"
    return Command(connection, tuple(parts), shown, compare)


def raw(data: bytes, *, on: str = DEFAULT_CONNECTION) -> Command:
    """A step that sends ``data`` as it stands: inline commands, broken frames."""
    return Command(on, data, f"(raw) {quote(data)}")


def pause(milliseconds: int, compare: Comparer | None = None) -> Pause:
    """A step that lets time go by: both sides keep the time of day.

    ``compare`` is for what comes due in it.
    """
    return Pause(milliseconds, compare)


def case(
    name: str,
    *steps: str | Words | Step,
    compare: Comparer = exact,
    events: Comparer | None = exact,
    state: bool = True,
    protocols: tuple[int, ...] = (2, 3),
    timed: bool = False,
) -> Case:
    """A case; see the module for how its steps are written."""
    return Case(name, tuple(map(_step, steps)), compare, events, state, protocols, timed)


def _step(step: str | Words | Step) -> Step:
    if isinstance(step, (Command, Pause)):
        return step
    if isinstance(step, str) and (match := _PAUSE.fullmatch(step)):
        return pause(int(match[1]))
    return command(step)


def lines(text: str) -> list[str]:
    """The command lines of a block of text, without blank ones and ``#`` remarks."""
    stripped = (line.strip() for line in text.splitlines())
    return [line for line in stripped if line and not line.startswith("#")]


def grouped(group: str, cases: Iterable[Case]) -> list[Case]:
    """The cases as those of ``group``; raises ValueError when two have the same name."""
    out: dict[str, Case] = {}
    for made in cases:
        if made.name in out:
            raise ValueError(f"two cases of {group} are named {made.name!r}")
        out[made.name] = made.in_group(group)
    return list(out.values())


def _word(part: bytes | str | float) -> bytes:
    return part if isinstance(part, bytes) else str(part).encode()


def _shown(part: bytes) -> str:
    text = quote(part)
    plain = text[1:-1]
    if len(part) > 200:
        return f"{quote(part[:60])}…({len(part)} bytes)"
    return plain if plain and re.fullmatch(r"[^\s\"'\\]+", plain) else text
