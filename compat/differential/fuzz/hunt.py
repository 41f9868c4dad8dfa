"""Plays sequences, and tells of each kind of difference once."""

from __future__ import annotations

from .. import runner
from ..case import Case
from ..docs import Docs
from ..sides import Crashed, Side
from . import play
from .sequence import Maker, Sequence

_SHOWN = 2
"""How many places of a difference are shown."""


class Hunt:
    """The sequences played so far, and what was found."""

    def __init__(self, theirs: Side, ours: Side, docs: Docs, known: set[str]) -> None:
        self._theirs = theirs
        self._ours = ours
        self._maker = Maker(docs, known)
        self._seen: set[str] = set()
        self.sequences = 0
        self.steps = 0
        self.found = 0

    def play(self, seed: str) -> str:
        """Plays the sequence of this seed; the report of a difference of a new kind, or nothing."""
        played = self._maker.draw(seed)
        self.sequences += 1
        self.steps += len(played.case.steps)
        found = self._differences(played)
        if not found or _kind(found) in self._seen:
            return ""

        def alike(made: Case) -> Sequence:
            return Sequence(made, played.protocol, bursts=False)

        self._seen.add(_kind(found))
        short = play.shortest(played.case, lambda made: bool(self._differences(alike(made))))
        shown = self._differences(alike(short))
        if not shown:
            return f"=== {seed}, RESP{played.protocol}: differs, but not each time\n{found[0]}"
        if _kind(shown) in self._seen - {_kind(found)}:
            return ""
        self._seen.add(_kind(shown))
        self.found += 1
        head = f"=== {seed}, RESP{played.protocol}"
        return "\n".join([head, *(step.shown for step in short.steps), *map(str, shown[:_SHOWN])])

    def summary(self, seconds: float) -> str:
        """What was played, in a line."""
        rate = self.steps / seconds
        return (
            f"{self.sequences} sequences, {self.steps} steps, {rate:.0f} a second, "
            f"{self.found} differences"
        )

    def _differences(self, played: Sequence) -> list[runner.Difference]:
        try:
            return play.differs(played, self._theirs, self._ours)
        except Crashed as error:
            return [runner.Difference(str(error), "", "")]


def _kind(found: list[runner.Difference]) -> str:
    """What makes a difference another one: its command, and how the answers begin."""
    first = found[0]
    name = first.where.split("> ")[-1].split(" ")[0]
    return f"{name} {first.theirs[:12]} {first.ours[:12]}"
