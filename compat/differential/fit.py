"""Fits cases to a server that does not know every word of the one that decides, or knows more."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, replace

from .case import Case, Command
from .docs import Docs, foreign_words
from .docs import read as read_docs
from .facts import full_name
from .sides import Side

_SETTINGS = {b"GET": 1, b"SET": 2}
"""How far apart the names of settings are in the subcommands of CONFIG."""


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """What a server has words for."""

    docs: Docs
    settings: frozenset[bytes]


def read(side: Side) -> Vocabulary:
    """The vocabulary of a server, as it tells it itself."""
    settings = side.ask([[b"CONFIG", b"GET", b"*"]])[0].parts[::2]
    return Vocabulary(read_docs(side), frozenset(name.text for name in settings))


class Fitting:
    """Leaves out the steps that only one of two servers has words for, and counts them."""

    def __init__(self, theirs: Vocabulary, reference: Vocabulary) -> None:
        self._theirs = theirs
        self._reference = reference
        self.left_out: Counter[str] = Counter()
        """How many steps were left out for each command, option or setting."""

    def __str__(self) -> str:
        told = ", ".join(f"{name} ({count})" for name, count in self.left_out.most_common())
        return f"steps left out that only one of the two knows: {told or 'none'}"

    def cases(self, made: Iterable[Case]) -> list[Case]:
        """The cases with the steps that both can be asked; without those that lose all."""
        fitted = (self._case(one) for one in made)
        return [one for one in fitted if one.steps]

    def _case(self, made: Case) -> Case:
        """What is left is still a fair comparison: both sides go without the same steps."""
        steps = tuple(
            step for step in made.steps if not isinstance(step, Command) or self._can_ask(step)
        )
        return made if len(steps) == len(made.steps) else replace(made, steps=steps)

    def _can_ask(self, step: Command) -> bool:
        if isinstance(step.sent, bytes):
            return True
        foreign = self._foreign(step.sent)
        self.left_out.update(foreign)
        return not foreign

    def _foreign(self, words: tuple[bytes, ...]) -> list[str]:
        docs, reference = self._theirs.docs, self._reference.docs
        if foreign := foreign_words(words, docs, reference):
            return foreign
        head = words[0].upper()
        if head == b"COMMAND" and len(words) > 2:
            # COMMAND INFO, DOCS and GETKEYS name other commands.
            asked = (full_name(words[2:]), *(full_name([word]) for word in words[2:]))
            return sorted({name for name in asked if name in reference} - set(docs))
        if head == b"CONFIG" and (apart := _SETTINGS.get(words[1].upper() if words[1:] else b"")):
            named = {word.lower() for word in words[2::apart]}
            only_one = self._reference.settings ^ self._theirs.settings
            return sorted(f"config {name.decode()}" for name in named & only_one)
        return []
