"""How the reply of each command is compared where two servers may rightly say it otherwise."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from itertools import groupby

from ..compare import (
    Comparer,
    near,
    normalised,
    same_type,
    unordered,
    unordered_deep,
    unordered_pairs,
)
from ..state import without_times
from ..wire import Reply

_UNORDERED = (
    *("keys", "smembers", "hkeys", "hvals", "sinter", "sunion", "sdiff", "pubsub|channels"),
    *("spop", "pubsub|shardchannels"),
)
_UNORDERED_DEEP = (
    *("scan", "sscan", "hscan", "zscan", "exec", "eval"),
    *("srandmember", "hrandfield", "zrandmember"),
)
_SECONDS = ("ttl", "expiretime", "httl", "hexpiretime")
_MILLISECONDS = ("pttl", "pexpiretime", "hpttl", "hpexpiretime")


def _pending(reply: Reply) -> Reply:
    """XPENDING's list without the milliseconds since each delivery."""
    if not all(len(entry.parts) == 4 for entry in reply.parts) or not reply.parts:
        return reply
    parts = (Reply("*", (*entry.parts[:2], entry.parts[3])) for entry in reply.parts)
    return Reply(reply.kind, tuple(parts))


def _as_c_texts(reply: Reply) -> Reply:
    """A reply whose texts end where C takes them to end."""
    parts = reply.parts or (reply,)
    return Reply("*", tuple(Reply(part.kind, part.text.partition(b"\0")[0]) for part in parts))


def _sorted_as_in_c(theirs: Sequence[Reply], ours: Sequence[Reply]) -> bool:
    """The same texts, in one order as far as C tells them apart.

    SORT compares texts so, and those of one weight come in the order of a server's table.
    """
    return unordered_deep(theirs, ours) and normalised(_as_c_texts)(theirs, ours)


_OF_TABLES = {b"expired", b"hexpired", b"del", b"keymiss"}


def _sorted_by_table(told: Sequence[Reply]) -> list[Reply]:
    """Keyspace events, sorted where neighbours are the keys of a table, gone through in its order."""
    out: list[Reply] = []
    for gone, run in groupby(told, lambda event: not _OF_TABLES.isdisjoint(_words(event))):
        events = list(run)
        out.extend(sorted(events, key=repr) if gone else events)
    return out


def _words(event: Reply) -> list[bytes]:
    """The end of the channel's name, and the message."""
    return [event.parts[2].text.partition(b"__:")[2], event.parts[3].text]


def events_of_tables(theirs: Sequence[Reply], ours: Sequence[Reply]) -> bool:
    """The same keyspace events, though a server goes through its tables in an order of its own.

    So goes what is over, and so are the weights looked up by which a set is sorted.
    """
    return _sorted_by_table(theirs) == _sorted_by_table(ours)


def _from_all(theirs: Sequence[Reply], ours: Sequence[Reply]) -> bool:
    """The same channels left, and as many others after each.

    Who leaves all at once leaves them in the order of a server's table.
    """

    def names(told: Sequence[Reply]) -> list[str]:
        return sorted(repr(reply.parts[1:2]) for reply in told)

    def counts(told: Sequence[Reply]) -> list[Reply]:
        return [Reply(reply.kind, (*reply.parts[:1], *reply.parts[2:])) for reply in told]

    return names(theirs) == names(ours) and counts(theirs) == counts(ours)


_LAWS: dict[str, Comparer] = {
    **dict.fromkeys(_UNORDERED, unordered),
    **dict.fromkeys(_UNORDERED_DEEP, unordered_deep),
    **dict.fromkeys(_SECONDS, near(2)),
    **dict.fromkeys(_MILLISECONDS, near(2000)),
    **dict.fromkeys(("xinfo|stream", "xinfo|groups", "xinfo|consumers"), normalised(without_times)),
    **dict.fromkeys(("sort", "sort_ro"), _sorted_as_in_c),
    **dict.fromkeys(("unsubscribe", "punsubscribe", "sunsubscribe"), _from_all),
    "hgetall": unordered_pairs,
    "xpending": normalised(_pending),
    "memory|usage": same_type,
    # Small numbers are shared by keys there, and the time of their last use with them.
    "object|idletime": same_type,
    "object|freq": near(5),
}


@cache
def of_turns(others: Comparer) -> Comparer:
    """A comparer of all but invalidations, which must be of the same keys.

    How they are put together and what they come between is up to the turns of a server's event
    loop: it tells once a turn what was broadcast.
    """

    def compare(theirs: Sequence[Reply], ours: Sequence[Reply]) -> bool:
        told, keys = _apart(theirs)
        said, names = _apart(ours)
        return keys == names and others(told, said)

    return compare


def _apart(told: Sequence[Reply]) -> tuple[list[Reply], set[Reply]]:
    """What is no invalidation, and the keys of those that are."""
    rest: list[Reply] = []
    keys: set[Reply] = set()
    for reply in told:
        if _is_invalidation(reply):
            keys.update(reply.parts[-1].parts or reply.parts[-1:])
        else:
            rest.append(reply)
    return rest, keys


def _is_invalidation(reply: Reply) -> bool:
    head = [part.text for part in reply.parts[:2]]
    if head == [b"message", b"__redis__:invalidate"]:
        return True
    return reply.kind == ">" and head[:1] == [b"invalidate"]


def law(name: str) -> Comparer | None:
    """The law of a command, by its full name; None where the replies must be the same bytes."""
    found = _LAWS.get(name)
    return of_turns(found) if found else None
