"""Plays sequences on both sides, and tells of each kind of difference once."""

from __future__ import annotations

from .. import runner
from ..sides import Crashed, Side
from . import play
from .play import Sequence

_SHOWN = 2
"""How many places of a difference are shown."""


class Hunt:
    """What was played so far on two sides, and what was found."""

    def __init__(self, theirs: Side, ours: Side) -> None:
        self._theirs = theirs
        self._ours = ours
        self._seen: set[str] = set()
        self.sequences = 0
        self.steps = 0
        self.found = 0
        self._first: runner.Difference | None = None
        self.latest: Sequence | None = None
        """The sequence that `differs` has last found to differ."""

    def play(self, seed: str, played: Sequence) -> str:
        """Plays a sequence; the report of a difference of a new kind, or nothing."""
        return self.report(seed, played) if self.differs(played) else ""

    def differs(self, played: Sequence, *, attempts: int = runner.ATTEMPTS) -> bool:
        """Plays a sequence; whether there is a difference of a new kind."""
        self.sequences += 1
        self.steps += len(played.case.steps)
        found = self._differences(played, attempts)
        if not found or _kind(found) in self._seen:
            return False
        self.latest = played
        self._first = found[0]
        return True

    def report(self, seed: str, played: Sequence) -> str:
        """What is to be told of a sequence that differed: the shortest one like it.

        One that agrees when it is played again does not count: two processes on a busy machine see
        different times.
        """
        found = self._differences(played)
        if not found:
            return _unsteady(seed, played, self._first)
        kind = _kind(found)
        self._seen.add(kind)
        short = play.shortest(
            played.case, lambda made: bool(self._differences(played.step_by_step(made)))
        )
        shown = self._differences(played.step_by_step(short))
        if not shown:
            return _unsteady(seed, played, found[0])
        if _kind(shown) in self._seen - {kind}:
            return ""
        self._seen.add(_kind(shown))
        self.found += 1
        head = f"=== {seed}, RESP{played.protocol}"
        return "\n".join([head, *(step.shown for step in short.steps), *map(str, shown[:_SHOWN])])

    def summary(self, seconds: float) -> str:
        """What was played, in a line."""
        rate = self.steps / max(seconds, 1e-3)
        return (
            f"{self.sequences} sequences, {self.steps} steps, {rate:.0f} a second, "
            f"{self.found} differences"
        )

    def _differences(
        self, played: Sequence, attempts: int = runner.ATTEMPTS
    ) -> list[runner.Difference]:
        try:
            return play.differs(played, self._theirs, self._ours, attempts=attempts)
        except Crashed as error:
            return [runner.Difference(str(error), "", "")]


def _unsteady(seed: str, played: Sequence, found: runner.Difference | None) -> str:
    return f"=== {seed}, RESP{played.protocol}: differs, but not each time\n{found}"


def _kind(found: list[runner.Difference]) -> str:
    """What makes a difference another one: its command, and how the answers begin."""
    first = found[0]
    name = first.where.split("> ")[-1].split(" ")[0]
    return f"{name} {first.theirs[:12]} {first.ours[:12]}"
