"""How answers are compared where a real server's own answer is not the same each time.

A comparer says whether our replies of one step stand for the server's. Byte equality is tried
first, so a comparer only ever sees replies that differ.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from .wire import Reply

Comparer = Callable[[Sequence[Reply], Sequence[Reply]], bool]
"""Called with the server's replies and ours."""

Normaliser = Callable[[Reply], Reply]


def exact(theirs: Sequence[Reply], ours: Sequence[Reply]) -> bool:
    """The same bytes."""
    return list(theirs) == list(ours)


def normalised(normalise: Normaliser) -> Comparer:
    """The same once each reply went through ``normalise``."""

    def compare(theirs: Sequence[Reply], ours: Sequence[Reply]) -> bool:
        return [normalise(reply) for reply in theirs] == [normalise(reply) for reply in ours]

    return compare


def _sorted(reply: Reply) -> Reply:
    if not isinstance(reply.value, tuple):
        return reply
    if reply.kind == "%":
        return Reply("%", _sorted_pairs(reply.value))
    return Reply(reply.kind, tuple(sorted(reply.value, key=repr)))


def _sorted_pairs(flat: tuple[Reply, ...]) -> tuple[Reply, ...]:
    pairs = sorted(zip(flat[::2], flat[1::2], strict=True), key=repr)
    return tuple(part for pair in pairs for part in pair)


def _sorted_flat_pairs(reply: Reply) -> Reply:
    if reply.kind == "*" and isinstance(reply.value, tuple):
        return Reply("*", _sorted_pairs(reply.value))
    return _sorted(reply)


def _sorted_deep(reply: Reply) -> Reply:
    if not isinstance(reply.value, tuple):
        return reply
    return _sorted(Reply(reply.kind, tuple(_sorted_deep(part) for part in reply.value)))


unordered = normalised(_sorted)
"""The same members in any order."""

unordered_pairs = normalised(_sorted_flat_pairs)
"""The same pairs in any order, in an array that alternates (RESP2) or a map (RESP3)."""

unordered_deep = normalised(_sorted_deep)
"""The same members in any order on each level."""


def any_order(theirs: Sequence[Reply], ours: Sequence[Reply]) -> bool:
    """The same replies or pushes in any order."""
    return sorted(theirs, key=repr) == sorted(ours, key=repr)


def near(tolerance: float, only: str = "") -> Comparer:
    """The same but for numbers, which may be ``tolerance`` apart: times and times to live.

    With ``only``, no numbers but those of replies of this kind.
    """

    def same(theirs: Reply, ours: Reply) -> bool:
        if theirs == ours or (only and theirs.kind != only):
            return theirs == ours
        try:
            left, right = float(theirs.text), float(ours.text)
        except ValueError:
            return False
        return left >= 0 and right >= 0 and abs(left - right) <= tolerance

    return _leaf_by_leaf(same)


def masked(pattern: str) -> Comparer:
    """The same once what ``pattern`` finds in texts is blotted out."""
    found = re.compile(pattern.encode())

    def blot(reply: Reply) -> Reply:
        if isinstance(reply.value, tuple):
            return Reply(reply.kind, tuple(blot(part) for part in reply.value))
        if isinstance(reply.value, bytes):
            return Reply(reply.kind, found.sub(b"?", reply.value))
        return reply

    return normalised(blot)


def without(*names: str) -> Comparer:
    """The same but for the values of these names, in a map or an array that alternates."""
    left_out = {name.encode() for name in names}

    def drop(reply: Reply) -> Reply:
        kept: list[Reply] = []
        for part in reply.parts:
            named = bool(kept) and kept[-1].kind in "$+" and kept[-1].text in left_out
            kept.append(Reply("$", b"?") if named else drop(part))
        return Reply(reply.kind, tuple(kept)) if isinstance(reply.value, tuple) else reply

    return normalised(drop)


def same_type(theirs: Sequence[Reply], ours: Sequence[Reply]) -> bool:
    """The same RESP types on each level and the same lengths of aggregates, whatever the values."""
    return _leaf_by_leaf(lambda left, right: type(left.value) is type(right.value))(theirs, ours)


def top_type(theirs: Sequence[Reply], ours: Sequence[Reply]) -> bool:
    """The same RESP type of each whole reply; the same text of an error."""

    def seen(reply: Reply) -> tuple[str, bytes]:
        return reply.kind, reply.text if reply.kind in "-!" else b""

    return [seen(reply) for reply in theirs] == [seen(reply) for reply in ours]


def fields(*names: str) -> Comparer:
    """The same values of these ``name=value`` or ``name:value`` fields in each text."""
    wanted = [
        re.compile(rb"(?:^|[\s,])" + re.escape(name.encode()) + rb"[=:]([^\s,]*)") for name in names
    ]

    def seen(reply: Reply) -> Reply:
        values = (Reply("$", b"|".join(field.findall(reply.text))) for field in wanted)
        return Reply(reply.kind, tuple(values))

    return normalised(seen)


def field_names(theirs: Sequence[Reply], ours: Sequence[Reply]) -> bool:
    """The same names of ``name=value`` fields in the same order, whatever the values."""

    def names(reply: Reply) -> list[bytes]:
        return re.findall(rb"(?:^|\s)([a-z_-]+)=", reply.text)

    return top_type(theirs, ours) and [names(r) for r in theirs] == [names(r) for r in ours]


def drawn_from(*members: str, distinct: bool = False) -> Comparer:
    """Random picks: both of the same shape, with members out of ``members`` alone."""
    allowed = {member.encode() for member in members}

    def leaves(reply: Reply) -> list[bytes]:
        if isinstance(reply.value, tuple):
            return [leaf for part in reply.value for leaf in leaves(part)]
        return [reply.text]

    def fits(reply: Reply) -> bool:
        picked = leaves(reply)
        return set(picked) <= allowed and not (distinct and len(set(picked)) < len(picked))

    def compare(theirs: Sequence[Reply], ours: Sequence[Reply]) -> bool:
        return same_type(theirs, ours) and all(map(fits, theirs)) and all(map(fits, ours))

    return compare


def _leaf_by_leaf(same: Callable[[Reply, Reply], bool]) -> Comparer:
    """As many replies, built alike of leaves that are the same."""

    def alike(theirs: Reply, ours: Reply) -> bool:
        if theirs.kind != ours.kind:
            return False
        if isinstance(theirs.value, tuple) and isinstance(ours.value, tuple):
            return are_alike(theirs.value, ours.value)
        return same(theirs, ours)

    def are_alike(theirs: Sequence[Reply], ours: Sequence[Reply]) -> bool:
        return len(theirs) == len(ours) and all(map(alike, theirs, ours))

    return are_alike
