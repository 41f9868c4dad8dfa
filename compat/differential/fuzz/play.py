"""Plays a sequence on both sides, and finds the shortest one that still differs."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from itertools import groupby

from .. import runner
from ..case import Case, Command, Pause, Step, command
from ..compare import exact
from ..sides import EVENTS, Side
from ..state import dump
from ..wire import Incomplete, Malformed, replies

_BURST = 24
"""How many commands are sent at most without waiting: a server reads 16 KB at a time."""


@dataclass(frozen=True, slots=True)
class Sequence:
    """A sequence and how it is to be played."""

    case: Case
    protocol: int
    bursts: bool = True
    """Whether the commands of a connection may be sent without waiting between them."""

    def step_by_step(self, made: Case) -> Sequence:
        """Another case, to be played without bursts."""
        return Sequence(made, self.protocol, bursts=False)


def differs(
    played: Sequence, theirs: Side, ours: Side, *, attempts: int = runner.ATTEMPTS
) -> list[runner.Difference]:
    """Where the two sides disagree about the sequence, a timed one each time of ``attempts``.

    Whole bursts are compared first, by their bytes; only what that cannot settle is played again
    step by step, which takes so long that less time to live is left.
    """
    if played.bursts:
        for _ in range(attempts if played.case.is_timed else 1):
            if _agree_in_bursts(played, theirs, ours):
                return []
    return runner.compare(played.case, played.protocol, theirs, ours, attempts=attempts)


def _agree_in_bursts(played: Sequence, theirs: Side, ours: Side) -> bool:
    for side in (theirs, ours):
        side.begin(played.protocol)
    told, said = b"", b""
    for burst in _bursts(played.case.steps):
        if isinstance(burst[0], Command):
            connection = burst[0].connection
            for side in (theirs, ours):
                sent = (step.data(side.ids) for step in burst if isinstance(step, Command))
                side.send(connection, b"".join(sent))
        else:
            runner.wait(burst[0], (theirs, ours))
        left, right = theirs.settle(), ours.settle()
        told += left.pop(EVENTS, b"")
        said += right.pop(EVENTS, b"")
        if left != right and not _same_by_law(burst, left, right):
            return False
    if played.case.events and not runner.agree(played.case.events, told, said):
        return False
    for side in (theirs, ours):
        side.catch_up()  # times to live are compared, too
    return runner.same_state(dump(theirs), dump(ours))


def _bursts(steps: tuple[Step, ...]) -> Iterator[list[Step]]:
    def sender(step: Step) -> tuple[str, bool]:
        if isinstance(step, Command):
            return step.connection, isinstance(step.sent, tuple) and step.sent[0] == b"FLUSHDB"
        return "", False

    for _, run in groupby(steps, sender):
        steps_of_run = list(run)
        for at in range(0, len(steps_of_run), _BURST):
            yield steps_of_run[at : at + _BURST]


def _same_by_law(burst: list[Step], left: dict[str, bytes], right: dict[str, bytes]) -> bool:
    """Whether each command's reply agrees with the other's by the command's own law."""
    if left.keys() != right.keys():
        return False
    if isinstance(burst[0], Pause):
        comparer = burst[0].compare or exact
        return all(runner.agree(comparer, left[name], right[name]) for name in left)
    connection = burst[0].connection
    if any(left[name] != right[name] for name in left if name != connection):
        return False
    try:
        told, said = replies(left[connection]), replies(right[connection])
    except (Incomplete, Malformed):
        return False
    if not len(told) == len(said) == len(burst):
        return False
    return all(
        their == our or (isinstance(step, Command) and (step.compare or exact)([their], [our]))
        for step, their, our in zip(burst, told, said, strict=True)
    )


Differs = Callable[[Case], bool]


def shortest(made: Case, still: Differs) -> Case:
    """The case without the steps, then the words, that the difference does not need."""
    still = _sensibly(still)
    steps = list(made.steps)
    size = max(len(steps) // 2, 1)
    while True:
        at = 0
        while at < len(steps):
            fewer = steps[:at] + steps[at + size :]
            if still(replace(made, steps=tuple(fewer))):
                steps = fewer
            else:
                at += size
        if size == 1:
            break
        size //= 2
    for at in range(len(steps)):
        _shorten_words(made, steps, at, still)
    return replace(made, steps=tuple(steps))


def _sensibly(still: Differs) -> Differs:
    """Tries no case in which a key has a millisecond to live and the pause after that is gone."""

    def sensible(made: Case) -> bool:
        dying = False
        for step in made.steps:
            if isinstance(step, Pause):
                dying = False
            elif step.sent[0] in (b"PEXPIRE", b"HPEXPIRE") and step.sent[2:3] == (b"1",):
                dying = True
            elif dying:
                return False
        return not dying

    return lambda made: sensible(made) and still(made)


def _shorten_words(made: Case, steps: list[Step], at: int, still: Differs) -> None:
    word = 1
    while True:
        step = steps[at]
        if not isinstance(step, Command) or isinstance(step.sent, bytes) or word >= len(step.sent):
            return
        if any(word.startswith(b"<id:") for word in step.sent):
            return  # it would stand elsewhere in the shorter line, in an error that cites it
        words = (*step.sent[:word], *step.sent[word + 1 :])
        shorter = command(words, step.compare, on=step.connection)
        if still(replace(made, steps=(*steps[:at], shorter, *steps[at + 1 :]))):
            steps[at] = shorter
        else:
            word += 1
