"""What share of commands, of their options and of our error texts the cases touch."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from . import runner
from .case import Case, Command
from .docs import Docs, tokens
from .facts import COMMANDS, full_name
from .reasons import UNTOUCHED, left_out
from .sides import Crashed, Side
from .wire import Incomplete, Malformed, Reply, replies

_ENGINE = Path(__file__).resolve().parents[2] / "src" / "engine"
_LITERAL = re.compile(r'"((?:[^"\\]|\\.)*)"', re.DOTALL)
_TEXT = re.compile(
    r"(ERR|WRONG\w+|NO[A-Z]+|BUSY\w*|EXECABORT|UN[A-Z]+|OOM|INVALIDOBJ|DENIED|TESTFAILED) [^<\[{]"
)
_TESTS = re.compile(r"^#\[cfg\(test\)\]\n(pub\(crate\) )?mod \w+ \{.*", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True, slots=True)
class Share:
    """How much of something the cases touch."""

    what: str
    touched: frozenset[str]
    missed: frozenset[str]
    reasons: Mapping[str, str] = field(default_factory=dict[str, str])
    """Why some of what is missed cannot be touched."""

    @property
    def idle(self) -> set[str]:
        """What has a reason though it is touched, or is no more."""
        return set(self.reasons) - self.missed

    @property
    def whole(self) -> bool:
        """Whether all is touched, but for what has a reason."""
        return not self.idle and self.missed <= self.reasons.keys()

    def __str__(self) -> str:
        excused = self.missed & self.reasons.keys()
        reachable = len(self.touched) + len(self.missed - excused)
        percent = 100 * len(self.touched) / max(reachable, 1)
        lines = [f"{self.what}: {len(self.touched)} of {reachable} ({percent:.1f} %)"]
        if self.missed - excused:
            lines.append("  not touched:")
            lines.extend(f"    {missed}" for missed in sorted(self.missed - excused))
        if excused:
            lines.append(f"  {len(excused)} more are not, for a reason:")
            lines.extend(f"    {missed}: {self.reasons[missed]}" for missed in sorted(excused))
        lines.extend(f"  has a reason that is none any more: {idle}" for idle in sorted(self.idle))
        return "\n".join(lines)


def commands(cases: Iterable[Case], known: set[str]) -> Share:
    """The commands of the reference that cases call."""
    called = {name for made in cases for name in made.commands}
    all_of_them = frozenset(COMMANDS) & known
    return Share("commands that we have", all_of_them & called, all_of_them - called)


def missing(known: set[str]) -> Share:
    """The commands of the reference that we have."""
    here, gone = frozenset(COMMANDS) & known, frozenset(COMMANDS) - known
    reasons = {name: why for name in gone if (why := left_out(name))}
    return Share("commands of the reference", here, gone, reasons)


def options(cases: Iterable[Case], docs: Docs, known: set[str]) -> Share:
    """The words that the server's COMMAND DOCS has for our commands, and that cases give them."""
    given: dict[str, set[str]] = {}
    for words in _lines(cases):
        if name := full_name(words):
            given.setdefault(name, set()).update(word.decode("latin-1").upper() for word in words)
    touched, missed = set[str](), set[str]()
    for name in docs.keys() & known & COMMANDS.keys():
        for token in tokens(docs[name]):
            (touched if token in given.get(name, ()) else missed).add(f"{name} {token}")
    return Share("options", frozenset(touched), frozenset(missed))


def errors(cases: Sequence[Case], ours: Side) -> Share:
    """The error texts in our engine's source that come up when it is asked the cases."""
    patterns = {text: _pattern(text) for text in error_texts()}
    missed = set(patterns)
    for said in _errors_said(cases, ours):
        missed -= {text for text in missed if patterns[text].match(said)}
    touched = frozenset(patterns.keys() - missed)
    return Share("error texts", touched, frozenset(missed), UNTOUCHED)


def error_texts(root: Path = _ENGINE) -> set[str]:
    """The literals in the engine's source that begin as an error does, tests left out."""
    found: set[str] = set()
    for path in root.rglob("*.rs"):
        if path.name == "tests.rs" or {"tests", "examples"} & set(path.parts):
            continue
        source = _TESTS.sub("", path.read_text())
        found.update(
            text for text in map(_unescaped, _LITERAL.findall(source)) if _TEXT.match(text)
        )
    return found


def _unescaped(literal: str) -> str:
    joined = re.sub(r"\\\n\s*", "", literal)
    return joined.replace('\\"', '"').replace("\\\\", "\\")


def _pattern(text: str) -> re.Pattern[str]:
    """What a literal becomes when it is said: more may follow, and stand in the place of braces."""
    parts = re.split(r"\{[^{}]*\}", text.replace("{{", "{").replace("}}", "}"))
    return re.compile(".*".join(map(re.escape, parts)), re.DOTALL)


def _lines(cases: Iterable[Case]) -> Iterator[tuple[bytes, ...]]:
    for made in cases:
        for step in made.steps:
            if isinstance(step, Command) and isinstance(step.sent, tuple) and step.sent:
                yield step.sent


def _errors_said(cases: Sequence[Case], ours: Side) -> set[str]:
    said: set[str] = set()
    for made in cases:
        try:
            transcript = runner.run(made, 2, ours)
        except Crashed:
            continue
        for answer in transcript.answers:
            for data in answer.received.values():
                try:
                    said.update(text for reply in replies(data) for text in _errors_in(reply))
                except (Incomplete, Malformed):
                    continue
    return said


def _errors_in(reply: Reply) -> Iterator[str]:
    if reply.kind in "-!":
        yield reply.text.decode("latin-1")
    elif reply.kind in "$+" and _TEXT.match(reply.text.decode("latin-1")):
        # A script may hand an error on as a text.
        yield reply.text.decode("latin-1")
    for part in reply.parts:
        yield from _errors_in(part)
