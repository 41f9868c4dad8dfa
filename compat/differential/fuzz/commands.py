"""Random command lines, out of the argument trees that a server's COMMAND DOCS tells."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import chain

from ..docs import Argument, Docs
from ..facts import COMMANDS
from .values import IDS, INDEXES, LEX_BOUNDS, SCORE_BOUNDS, Values

Words = tuple[bytes, ...]

_OPTION = 0.3
"""How often an option is given."""

_COUNTED = {"numkeys", "numfields"}
"""Arguments that say how many of the next there are."""


class Commands:
    """Draws command lines, in the frame of one sequence of commands."""

    def __init__(self, docs: Docs, values: Values) -> None:
        self._docs = docs
        self._values = values
        self._dice = values.dice

    def draw(self, name: str) -> Words:
        """A line that calls the command of this full name with arguments as it takes them."""
        group = COMMANDS[name]["group"]
        head = name.upper().split("|")
        special = _SPECIAL.get(name)
        rest = special(self, name) if special else self._sequence(name, group, self._docs[name])
        return (*(word.encode() for word in head), *rest)

    def key(self) -> bytes:
        """A key, of any type."""
        return self._values.any_key()

    def plain(self, name: str) -> Iterator[bytes]:
        """The arguments of this command, as its tree says."""
        return self._sequence(name, COMMANDS[name]["group"], self._docs[name])

    def _sequence(self, name: str, group: str, nodes: Sequence[Argument]) -> Iterator[bytes]:
        counted = False
        for node in nodes:
            if node.name in _COUNTED:
                counted = True
                continue
            if node.name == "id" and nodes[0].name == "key" and nodes[0].multiple:
                continue  # as many as the keys: drawn with them
            if node.optional and not counted and self._dice.random() >= _OPTION:
                continue
            if counted:
                times = self._times(node)
                yield self._count(times)
                yield from chain.from_iterable(self._one(name, group, node) for _ in range(times))
                counted = False
            else:
                yield from self._node(name, group, node, nodes)

    def _node(
        self, name: str, group: str, node: Argument, siblings: Sequence[Argument]
    ) -> Iterator[bytes]:
        times = self._times(node) if node.multiple else 1
        token = node.token.encode()
        for turn in range(times):
            if token and node.kind != "pure-token" and (turn == 0 or node.repeats_token):
                yield token
            yield from self._one(name, group, node)
        if node.kind == "key" and len(siblings) == 2 and siblings[1].name == "id" and node.multiple:
            for _ in range(times):
                yield self._values.draw(name, group, siblings[1])

    def _one(self, name: str, group: str, node: Argument) -> Iterable[bytes]:
        if node.kind == "pure-token":
            return node.token.encode().split()
        if node.kind == "oneof":
            return self._node(name, group, self._dice.choice(node.arguments), ())
        if node.kind == "block":
            return self._sequence(name, group, node.arguments)
        return (self._values.draw(name, group, node),)

    def _times(self, node: Argument) -> int:
        if node.optional and self._dice.random() < 0.1:
            return 0
        return self._dice.choice((1, 1, 2, 2, 3))

    def _count(self, times: int) -> bytes:
        """How many there are, or now and then a wrong number."""
        off = self._dice.choice((1, -1, -10)) if self._dice.random() < 0.03 else 0
        return b"%d" % (times + off)

    def zrange(self, name: str) -> Iterator[bytes]:
        """Bounds of the kind that the options ask for."""
        rest = list(self.plain(name))
        given = {word.upper() for word in rest}
        bounds = SCORE_BOUNDS if b"BYSCORE" in given else INDEXES
        if b"BYLEX" in given:
            bounds = LEX_BOUNDS
        at = 2 if name == "zrangestore" else 1
        rest[at : at + 2] = (self._values.one_of(bounds), self._values.one_of(bounds))
        return iter(rest)

    def trimmed(self, name: str) -> Iterator[bytes]:
        """A threshold of the kind that the strategy asks for."""
        rest = list(self.plain(name))
        for strategy, thresholds in ((b"MAXLEN", (b"0", b"1", b"3")), (b"MINID", (b"3-1", b"9"))):
            if strategy in rest:
                at = rest.index(strategy) + 1
                at += rest[at : at + 1] in ([b"="], [b"~"])
                rest[at] = self._values.one_of(thresholds)
                # How much an approximate trimming leaves is the server's own business.
                rest = [word for word in rest if word != b"~"]
                if b"LIMIT" in rest:
                    del rest[rest.index(b"LIMIT") :][:2]
        # An ID out of the clock is another one on each side.
        return (self._values.one_of(IDS) if word == b"*" else word for word in rest)

    def scanned(self, name: str) -> Iterator[bytes]:
        """The whole in one go: what a part of it holds is the server's own business."""
        rest = list(self.plain(name))
        if b"COUNT" in rest:
            at = rest.index(b"COUNT")
            del rest[at : at + 2]
        cursor = 0 if name == "scan" else 1
        if rest[cursor].strip(b" -").isdigit():
            rest[cursor] = b"0"
        return iter([*rest, b"COUNT", b"100000"])

    def counted_pick(self, name: str) -> Iterator[bytes]:
        """All of them: fewer are picked at random, which has no law but the kind."""
        rest = list(self.plain(name))
        if len(rest) < 2 or (rest[1].lstrip(b"-").isdigit() and rest[1] != b"0"):
            rest[1:2] = [b"1000"]
        return iter(rest)

    def timed(self, name: str) -> Iterator[bytes]:
        """A time from now without GT and LT: which of two is later, a millisecond may decide."""
        return (word for word in self.plain(name) if word not in (b"GT", b"LT"))

    def ranked(self, name: str) -> Iterator[bytes]:
        """By weights or as texts: what is the same then, and the members of a set, have no order."""
        rest = list(self.plain(name))
        if b"BY" in rest and (b"ALPHA" in rest or b"*" not in rest[rest.index(b"BY") + 1]):
            at = rest.index(b"BY")
            del rest[at : at + 2]
        return iter(rest)

    def weighed(self, name: str) -> Iterator[bytes]:
        """As many weights as keys, mostly."""
        rest = list(self.plain(name))
        if b"WEIGHTS" not in rest:
            return iter(rest)
        at = rest.index(b"WEIGHTS")
        keys = int(rest[1 if name.endswith("store") else 0])
        end = at + 1
        while end < len(rest) and rest[end] not in (b"AGGREGATE", b"WITHSCORES"):
            end += 1
        if 0 < keys < 9 and self._dice.random() < 0.95:
            rest[at + 1 : end] = [self._values.score() for _ in range(keys)]
        return iter(rest)


_SPECIAL = {
    "zrange": Commands.zrange,
    "zrangestore": Commands.zrange,
    **dict.fromkeys(("expire", "pexpire", "hexpire", "hpexpire"), Commands.timed),
    "sort": Commands.ranked,
    "sort_ro": Commands.ranked,
    "xadd": Commands.trimmed,
    "xtrim": Commands.trimmed,
    **dict.fromkeys(("scan", "hscan", "sscan", "zscan"), Commands.scanned),
    **dict.fromkeys(("spop", "srandmember", "hrandfield", "zrandmember"), Commands.counted_pick),
    **dict.fromkeys(("zunion", "zinter", "zunionstore", "zinterstore"), Commands.weighed),
}


def without_block(line: Words) -> Words:
    """The line of a command that may wait, as one that does not."""
    if b"BLOCK" not in line:
        return line
    at = line.index(b"BLOCK")
    return (*line[:at], *line[at + 2 :])
