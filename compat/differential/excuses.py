"""How a known difference is written down, and how it excuses what a run finds."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase

from .payload import comparable
from .runner import Difference
from .wire import quote, words

Rewrite = Callable[[str], str]
"""Makes the answers of two servers the same where nothing but what is known differs."""


@dataclass(frozen=True, slots=True)
class Known:
    """A difference that is known, or a family of them.

    With ``through``, the answers must be the same once both, and all such entries that fit, went
    through it; without, what fits is excused whatever it says.
    """

    why: str
    cases: str = "*"
    """Which cases, as ``group/name`` with ``*`` and ``?``; all differences of theirs if nothing
    below says which."""
    step: str = ""
    """What is found in the step, or in the key told of afterwards."""
    theirs: str = ""
    """What is found in the server's answer; each of these is a regular expression."""
    ours: str = ""
    through: Rewrite | None = None
    by_chance: bool = False
    """Whether the server may answer the same by chance, so that the entry is of no use in a run."""

    def fits(self, case_id: str, difference: Difference) -> bool:
        """Whether it may be this difference."""
        return (
            (case_id == self.cases or fnmatchcase(case_id, self.cases))
            and bool(re.search(self.step, difference.where))
            and bool(re.search(self.theirs, difference.theirs))
            and bool(re.search(self.ours, difference.ours))
        )


class Excuses:
    """Tells known differences from a server from others, and which entries were of use."""

    def __init__(self, entries: Sequence[Known], common: Sequence[Known] = ()) -> None:
        """``common`` are entries that may be of no use, without a word."""
        self._entries = entries
        self._common = common
        self._used: set[Known] = set()

    def unknown(self, case_id: str, found: Iterable[Difference]) -> list[Difference]:
        """Those of the differences that no entry excuses."""
        return [difference for difference in found if not self._excused(case_id, difference)]

    def idle(self, case_ids: Sequence[str] | None = None) -> list[Known]:
        """The entries that excused nothing, of those that are about these cases alone, or of all."""
        unused = (entry for entry in self._entries if entry not in self._used)
        idle = [entry for entry in unused if not entry.by_chance]
        return idle if case_ids is None else [entry for entry in idle if entry.cases in case_ids]

    def _excused(self, case_id: str, difference: Difference) -> bool:
        every = (*self._entries, *self._common)
        fitting = [entry for entry in every if entry.fits(case_id, difference)]
        outright = {entry for entry in fitting if entry.through is None}
        excusing = outright or _rewriting(fitting, difference)
        self._used |= excusing
        return bool(excusing)


def _rewriting(entries: Sequence[Known], difference: Difference) -> set[Known]:
    """The entries that make the two answers the same between them; none if they do not."""
    theirs, ours = difference.theirs, difference.ours
    at_work: set[Known] = set()
    for entry in entries:
        if entry.through is None:
            continue
        told, said = entry.through(theirs), entry.through(ours)
        if (told, said) != (theirs, ours):
            at_work.add(entry)
        theirs, ours = told, said
    return at_work if theirs == ours else set()


def leaving_out(pattern: str) -> Rewrite:
    """Leaves out what ``pattern`` finds."""
    return replacing(pattern, "")


def replacing(pattern: str, by: str) -> Rewrite:
    """Puts one text in the place of others."""
    found = re.compile(pattern)
    return lambda text: found.sub(by, text)


def without_lines(pattern: str) -> Rewrite:
    """Leaves out the lines in which ``pattern`` is found."""
    found = re.compile(pattern + r"|^\(nothing\)$")
    return lambda text: "\n".join(line for line in text.split("\n") if not found.search(line))


def any_order(text: str) -> str:
    """The lines in one order, whichever they had."""
    return "\n".join(sorted(text.replace("=>", "\n").split("\n")))


_NUMBER = re.compile(r"(?<![\w.:-])-?\d[\d.]*(?:e[+-]?\d+)?(?![\w.-])")

_LONG = re.compile(r"[.e]|\d{16}")


def _numbers(text: str, told: Callable[[float], str]) -> str:
    """Numbers that are no small integers, told otherwise."""

    def tell(found: re.Match[str]) -> str:
        try:
            return told(float(found[0])) if _LONG.search(found[0]) else found[0]
        except ValueError:
            return found[0]

    return _NUMBER.sub(tell, text)


def doubles(text: str) -> str:
    """Numbers of many digits as the shortest text that reads back the same."""
    return _numbers(text, repr)


def places(text: str) -> str:
    """Numbers of many digits with 14 decimals, a nanometre on Earth."""
    return _numbers(text, "{:.14f}".format)


def payload_bodies(text: str) -> str:
    """A payload of DUMP's without its version and checksum, and without any order of its own."""
    if not text.startswith('$"'):
        return text
    return "$" + quote(comparable(words(text[1:])[0]))
