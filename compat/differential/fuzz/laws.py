"""How the reply of each command is compared where two servers may rightly say it otherwise."""

from __future__ import annotations

from collections.abc import Callable

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


_LAWS: dict[str, Comparer] = {
    **dict.fromkeys(_UNORDERED, unordered),
    **dict.fromkeys(_UNORDERED_DEEP, unordered_deep),
    **dict.fromkeys(_SECONDS, near(2)),
    **dict.fromkeys(_MILLISECONDS, near(2000)),
    **dict.fromkeys(("xinfo|stream", "xinfo|groups", "xinfo|consumers"), normalised(without_times)),
    "hgetall": unordered_pairs,
    "xpending": normalised(_pending),
    "memory|usage": same_type,
    "object|idletime": near(5),
}

law: Callable[[str], Comparer | None] = _LAWS.get
"""The law of a command, by its full name; None where the replies must be the same bytes."""
