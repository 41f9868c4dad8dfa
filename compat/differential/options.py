"""Every option of a command, and every pair of its options, out of its argument tree."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from random import Random

from .case import Case, Step, case, command
from .compare import any_order, exact
from .docs import Argument, Docs
from .facts import COMMANDS
from .fuzz.commands import Commands
from .fuzz.laws import law
from .fuzz.values import Values

_FILLED = {
    "string": ("SET s hello", "SET t 10"),
    "bitmap": ("SET s foobar", "SET t abc", "SETBIT bits 9 1"),
    "hyperloglog": ("PFADD p a b c", "PFADD q b c d"),
    "list": ("RPUSH l a b c a 1", "RPUSH m c d 10"),
    "hash": ("HSET h a 1 b 2 c x", "HSET i a 5 m1 3"),
    "set": ("SADD u a b c 1 2", "SADD v b c d 2 3"),
    "sorted-set": ("ZADD z 1 a 2 b 3 c 2.5 m1", "ZADD y 1 b 5 c 7 d"),
    "geo": (
        "GEOADD geo 13.361389 38.115556 a 15.087269 37.502669 b 13.58 37.31 c",
        "ZADD z 3479099956230698 a 3479447370796909 b",
    ),
    "stream": (
        *("XADD x 1-1 a 1", "XADD x 2-1 b 2 c 3", "XADD x 5-1 a 1", "XADD w 1-1 a 1"),
        *("XGROUP CREATE x g 0", "XGROUP CREATE x k 2-1", "XGROUP CREATE w g 0"),
        "XREADGROUP GROUP g c COUNT 2 STREAMS x >",
    ),
}
"""What the keys of a group hold when a line meets them."""

_SAME_SCORE = ("ZADD z 0 a 0 b 0 c 0 m1", "ZADD y 0 b 0 c 0 d")
"""For ranges by name, which are made for members of one score."""


class _Usual(Values):
    """Values that mostly meet what the keys hold: each kind begins with those."""

    def one_of(self, values: Sequence[bytes]) -> bytes:
        return super().one_of(values[:4])


@dataclass(frozen=True, slots=True)
class _Choice:
    """One way to give an argument: where it stands, and its tree without alternatives."""

    at: int
    node: Argument


def cases(names: Sequence[str], docs: Docs) -> list[Case]:
    """Cases for each of the commands: its options one by one, then each with each other one."""
    return [made for name in names for made in _of(name, docs)]


def _of(name: str, docs: Docs) -> Iterator[Case]:
    tree = docs[name]
    # An argument that must be there is told in the first of its ways, if no other is asked for.
    base = [_Choice(at, _ways(node)[0]) for at, node in enumerate(tree) if not node.optional]
    ways = [_Choice(at, way) for at, node in enumerate(tree) for way in _ways(node)]
    optional = [way for way in ways if tree[way.at].optional]
    if not optional and len(ways) == len(base):
        return
    singles = [_with(base, way) for way in ways]
    yield _case(f"{name}: each option", name, [base, *singles])
    for number, first in enumerate(optional):
        pairs: list[list[_Choice]] = []
        for second in optional[number:]:
            pairs.append(_with(base, first, second))
            pairs.append(_with(base, second, first))
        yield _case(f"{name}: {_label(first.node)} with each option", name, pairs)


def _ways(node: Argument) -> list[Argument]:
    """The ways to give an argument, each without choices that are left."""
    given = replace(node, optional=False)
    if node.kind == "oneof":
        return [replace(given, arguments=(way,)) for part in node.arguments for way in _ways(part)]
    if node.kind != "block":
        return [given]
    must = [part for part in node.arguments if not part.optional]
    ways = [replace(given, arguments=tuple(must))] if must else []
    for part in node.arguments:
        if part.optional or part.kind == "oneof":
            for way in _ways(part):
                parts = (
                    way if other is part else other
                    for other in node.arguments
                    if other is part or not other.optional
                )
                ways.append(replace(given, arguments=tuple(parts)))
    return ways


def _with(base: Sequence[_Choice], *choices: _Choice) -> list[_Choice]:
    """The base with these in their places; two of them in the order in which they are named."""
    kept = [given for given in base if given.at not in {choice.at for choice in choices}]
    after = max(choice.at for choice in choices)
    head = [given for given in kept if given.at < after]
    return (
        [*head, *choices, *kept[len(head) :]]
        if len(choices) > 1
        else sorted([*kept, *choices], key=lambda choice: choice.at)
    )


def _case(title: str, name: str, lines: Sequence[Sequence[_Choice]]) -> Case:
    # In which order SORT looks up the keys of a set's members is the order of the server's table.
    events = any_order if name.startswith("sort") else exact
    steps = (step for line in lines for step in _steps(title, name, line))
    return case(title, *steps, events=events)


def _steps(title: str, name: str, line: Sequence[_Choice]) -> Iterator[Step]:
    group = COMMANDS[name]["group"]
    nodes = tuple(choice.node for choice in line)
    shape = " ".join(_label(node) for node in nodes)
    for one_score in (False, True) if group == "sorted-set" else (False,):
        dice = Random(f"{name} {shape} {one_score}")
        drawn = Commands({name: nodes}, _Usual(dice, one_score=one_score, garbage=0)).draw(name)
        yield command("FLUSHALL ASYNC")
        for setup in _SAME_SCORE if one_score else _filled(group):
            yield command(setup)
        # What may wait does so on a connection of its own, and holds up nobody.
        waits = "blocking" in COMMANDS[name]["flags"]
        own = f"w{dice.randrange(1 << 32)}" if waits else None
        yield command(drawn, law(name), on=own)


def _filled(group: str) -> Sequence[str]:
    if group in _FILLED:
        return _FILLED[group]
    # A geo key is a sorted set, a bitmap a string.
    return [line for name in _FILLED if name not in ("geo", "bitmap") for line in _FILLED[name]]


def _label(node: Argument) -> str:
    """A name for a way to give an argument: its words, or what it is called."""
    inner = " ".join(_label(part) for part in node.arguments)
    own = node.token or ("" if inner else node.name)
    return " ".join(filter(None, (own, inner)))
