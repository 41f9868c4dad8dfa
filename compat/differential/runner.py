"""Runs a case on one side or two and says where the answers differ."""

from __future__ import annotations

import difflib
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from .case import Case, Command, Pause, Step
from .compare import Comparer, exact
from .sides import EVENTS, Side
from .state import Held, dump
from .wire import Reply, quote, replies

ATTEMPTS = 5
"""How often a timed case may differ before it counts: two processes on a busy machine see different times."""

_SHOWN_WHOLE = 8
"""Answers of more lines than this are shown by where they differ."""

_GRACE_MILLISECONDS = 8
"""How much longer than a pause the real server is given to do what was due in it."""


@dataclass(slots=True)
class Answer:
    """What one side said in one step: for each connection the bytes that it received."""

    step: Step
    received: dict[str, bytes]


@dataclass(slots=True)
class Transcript:
    """What one side said in a case, and what its keys held afterwards."""

    answers: list[Answer] = field(default_factory=list[Answer])
    state: dict[str, Held] = field(default_factory=dict[str, Held])


@dataclass(frozen=True, slots=True)
class Difference:
    """A place where the two sides disagree."""

    where: str
    theirs: str
    ours: str

    def __str__(self) -> str:
        left, right = self.theirs.split("\n"), self.ours.split("\n")
        if min(len(left), len(right)) > _SHOWN_WHOLE:
            lines = difflib.unified_diff(left, right, "redis", "ours", n=2, lineterm="")
            return "\n  ".join([self.where, *lines])
        return f"{self.where}\n  redis: {_block(self.theirs)}\n  ours:  {_block(self.ours)}"


def run(case: Case, protocol: int, side: Side) -> Transcript:
    """What ``side`` says to the case."""
    return next(iter(_run(case, protocol, [side])))


def compare(
    case: Case, protocol: int, theirs: Side, ours: Side, *, attempts: int = ATTEMPTS
) -> list[Difference]:
    """Where ``ours`` differs from ``theirs`` in the case, a timed one each time of ``attempts``."""
    found: list[Difference] = []
    for _ in range(attempts if case.is_timed else 1):
        told, said = _run(case, protocol, [theirs, ours])
        found = list(_differences(case, told, said))
        if not found:
            break
    return found


def _run(case: Case, protocol: int, sides: Sequence[Side]) -> list[Transcript]:
    """The case on each side, in step with one another so that they share the time that passes."""
    transcripts = [Transcript() for _ in sides]
    for side in sides:
        side.begin(protocol)
    for step in case.steps:
        if isinstance(step, Pause):
            wait(step, sides)
        else:
            for side in sides:
                side.send(step.connection, step.data(side.ids))
        for side, transcript in zip(sides, transcripts, strict=True):
            transcript.answers.append(Answer(step, side.settle()))
    if case.state:
        for side, transcript in zip(sides, transcripts, strict=True):
            side.catch_up()  # times to live are compared, too
            transcript.state = dump(side)
    return transcripts


def wait(pause: Pause, sides: Sequence[Side]) -> None:
    """Lets the time of a pause go by."""
    time.sleep((pause.milliseconds + _GRACE_MILLISECONDS) / 1000)
    for side in sides:
        side.catch_up()


def same_state(theirs: dict[str, Held], ours: dict[str, Held]) -> bool:
    """Whether the keys hold the same on both sides."""
    return theirs.keys() == ours.keys() and all(
        held.agrees(ours[key]) for key, held in theirs.items()
    )


def _differences(case: Case, theirs: Transcript, ours: Transcript) -> Iterator[Difference]:
    events = None if _same_events(case, theirs, ours) else exact
    for told, said in zip(theirs.answers, ours.answers, strict=True):
        for name in dict.fromkeys([*told.received, *said.received]):
            comparer = events if name == EVENTS else _comparer(case, told.step)
            left, right = told.received.get(name, b""), said.received.get(name, b"")
            if comparer is None or agree(comparer, left, right):
                continue
            yield Difference(_where(told.step, name), _shown(name, left), _shown(name, right))
    for key in sorted({*theirs.state, *ours.state}):
        held, kept = theirs.state.get(key), ours.state.get(key)
        if held is None or kept is None or not held.agrees(kept):
            yield Difference(f"{key} afterwards", str(held), str(kept))


def _same_events(case: Case, theirs: Transcript, ours: Transcript) -> bool:
    """Whether both told the same events, be it in different steps.

    A key whose time is over says so when it is next looked at or when the server comes by.
    """
    if case.events is None:
        return True
    told, said = (
        b"".join(answer.received.get(EVENTS, b"") for answer in side.answers)
        for side in (theirs, ours)
    )
    return agree(case.events, told, said)


def _comparer(case: Case, step: Step) -> Comparer:
    return step.compare or case.compare


def agree(comparer: Comparer, theirs: bytes, ours: bytes) -> bool:
    """Whether what was received on one connection of each side is the same to the comparer."""
    if theirs == ours:
        return True
    return comparer is not exact and comparer(replies(theirs), replies(ours))


def _where(step: Step, connection: str) -> str:
    sender = step.connection if isinstance(step, Command) else connection
    heard = connection == EVENTS or connection != sender
    return f"{step.shown}, heard by {connection}" if heard else step.shown


def _shown(connection: str, data: bytes) -> str:
    if not data:
        return "(nothing)"
    if connection == EVENTS:
        # Each is pmessage, pattern, channel, message.
        return "\n".join(" ".join(quote(part.text) for part in r.parts[2:]) for r in replies(data))
    return "\n".join(map(Reply.render, replies(data)))


def _block(text: str) -> str:
    return text.replace("\n", "\n         ")


def show(transcript: Transcript) -> str:
    """A transcript for a person."""
    out: list[str] = []
    for answer in transcript.answers:
        sender = answer.step.connection if isinstance(answer.step, Command) else ""
        out.append(f"> {answer.step.shown}")
        for name, data in answer.received.items():
            mark = "" if name == sender else f"{name} "
            out.extend(f"  {mark}{line}" for line in _shown(name, data).split("\n"))
    out.extend(f"= {key}: {value}" for key, value in sorted(transcript.state.items()))
    return "\n".join(out)
