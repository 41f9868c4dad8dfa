"""Fits cases to a server that does not know every command or option of the one that decides."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import replace

from .case import Case, Command
from .docs import Docs, unknown_words
from .facts import full_name


class Fitting:
    """Leaves out the steps that a server has no words for, and counts them."""

    def __init__(self, docs: Docs, reference: Docs) -> None:
        self._docs = docs
        self._reference = reference
        self.left_out: Counter[str] = Counter()
        """How many steps were left out for want of each command or option."""

    def cases(self, made: Iterable[Case]) -> list[Case]:
        """The cases with the steps that the server can be asked; without those that lose all."""
        fitted = (self.case(one) for one in made)
        return [one for one in fitted if one.steps]

    def case(self, made: Case) -> Case:
        """The case without the steps that are out of the server's reach.

        What is left is still a fair comparison: both sides go without the same steps.
        """
        steps = tuple(
            step for step in made.steps if not isinstance(step, Command) or self._can_ask(step)
        )
        return made if len(steps) == len(made.steps) else replace(made, steps=steps)

    def _can_ask(self, step: Command) -> bool:
        if isinstance(step.sent, bytes):
            return True
        unknown = self._unknown(step.sent)
        self.left_out.update(unknown)
        return not unknown

    def _unknown(self, words: tuple[bytes, ...]) -> list[str]:
        if unknown := unknown_words(words, self._docs, self._reference):
            return unknown
        if words[0].upper() == b"COMMAND" and len(words) > 2:
            # COMMAND INFO, DOCS and GETKEYS name other commands.
            names = filter(None, (full_name(words[2:]), *(full_name([word]) for word in words[2:])))
            return sorted({name for name in names if name in self._reference} - set(self._docs))
        return []
