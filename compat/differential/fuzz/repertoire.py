"""What both machines of the fuzz draw their commands from, and what they leave out, with reasons."""

from __future__ import annotations

from collections.abc import Collection

from ..docs import Docs
from ..facts import COMMANDS

_LEFT_OUT = {
    "dump": "a table's payload has no order; DUMP of each key is part of the comparison in the end",
    "migrate": "the engine makes no connections",
    "object|refcount": "which integers are shared is the version's own",
    "pfdebug": "speaks of the implementation; the case tables have it",
    "pfselftest": "takes seconds",
    "randomkey": "picks at random",
    "restore-asking": "is RESTORE, for the servers of a cluster",
    "wait": "waits for replicas",
    "waitaof": "waits for replicas",
    **dict.fromkeys(
        ("object|help", "xinfo|help", "xgroup|help", "pubsub|help"), "the case tables have it"
    ),
}
"""The commands that are never drawn, and why."""

BLOCKING = ("blpop", "brpop", "blmove", "brpoplpush", "blmpop", "bzpopmin", "bzpopmax", "bzmpop")
WAITING = (*BLOCKING, "xread", "xreadgroup")
"""Commands that may wait, of which the first always do."""

LEX = {"zrangebylex", "zrevrangebylex", "zremrangebylex", "zlexcount"}
"""Commands whose answer is determined by the values where these are small or all scores the same."""

SUBSCRIBING = {
    *("subscribe", "psubscribe", "ssubscribe", "unsubscribe", "punsubscribe", "sunsubscribe"),
}

NOT_QUEUED = SUBSCRIBING | {
    *("spop", "srandmember", "hrandfield", "zrandmember", "watch", "xinfo|stream", "xpending"),
    *("xinfo|groups", "xinfo|consumers", "ttl", "pttl", "expiretime", "pexpiretime", "xclaim"),
    *("httl", "hpttl", "hexpiretime", "hpexpiretime", "object|freq", "object|idletime"),
}
"""What is compared by a law that the reply of EXEC or EVAL as a whole does not have."""

GROUPS = ("string", "list", "hash", "set", "sorted-set", "stream")
"""The groups of commands that have keys of a type of their own."""

OTHERS = ("bitmap", "hyperloglog", "geo")
"""The groups whose keys are strings and sorted sets."""

SOWN = {
    "string": ("set", "set", "append"),
    "list": ("rpush", "rpush", "lpush"),
    "hash": ("hset", "hset", "hincrby"),
    "set": ("sadd", "sadd", "sadd"),
    "sorted-set": ("zadd", "zadd", "zadd"),
    "stream": ("xadd", "xgroup|create", "xreadgroup", "xreadgroup"),
    "bitmap": ("setbit",),
    "hyperloglog": ("pfadd",),
    "geo": ("geoadd", "geoadd"),
}
"""What is called at the beginning, and now and then, so that most keys hold something."""

STREAMS = (
    *("XGROUP CREATE x g 0 MKSTREAM", "XADD x 1-1 a 1", "XADD x 2-1 a 2 b 3", "XADD x 3-1 a 1"),
    *("XGROUP CREATE w g $ MKSTREAM", "XGROUP CREATE x k 2-1", "XREADGROUP GROUP g c STREAMS x >"),
)
"""What streams begin with: most of their commands want a group."""

BIG = (
    "RPUSH l " + " ".join(f"e{n}" for n in range(300)),
    "SADD u " + " ".join(f"m{n}" for n in range(200)),
    "SADD v " + " ".join(str(n) for n in range(600)),
    "HSET h " + " ".join(f"m{n} {n}" for n in range(200)),
    "ZADD z " + " ".join(f"{n % 7} m{n}" for n in range(200)),
)
"""Values beyond all thresholds."""

LIST_THRESHOLDS = ("list-max-listpack-size 2", "list-max-listpack-size -1")
"""Settings that are made before there are lists: a quicklist keeps to what was set when it was made."""

THRESHOLDS = (
    *("hash-max-listpack-entries 2", "hash-max-listpack-value 3", "set-max-intset-entries 2"),
    *("set-max-listpack-entries 2", "set-max-listpack-value 3", "zset-max-listpack-entries 2"),
    *("zset-max-listpack-value 3", "stream-node-max-entries 2", "hash-max-listpack-entries 0"),
    *("zset-max-listpack-entries 0", "set-max-listpack-entries 0", "hll-sparse-max-bytes 20"),
)
"""Settings that may be made at any time."""

TRACKING = (
    *("", " NOLOOP", " OPTOUT", " OPTIN", " BCAST", " BCAST NOLOOP"),
    *(" BCAST PREFIX h PREFIX z", " BCAST PREFIX s NOLOOP"),
)
"""The modes of CLIENT TRACKING ON."""

LISTENER = "p"
"""The connection that subscribes: under RESP2 it can do little else."""

DATABASES = ("select", "swapdb", "move", "flushdb", "dbsize")


class Repertoire:
    """The commands that both sides have, as a server's COMMAND DOCS tells of them."""

    def __init__(self, docs: Docs, known: set[str]) -> None:
        self.docs = docs
        self._known = known

    def knows(self, name: str) -> bool:
        """Whether both sides have the command."""
        return name in self.docs and name in self._known

    def names(self, groups: Collection[str]) -> list[str]:
        """The commands of these groups that can be compared."""
        return [
            name
            for name in self.docs
            if self.knows(name)
            and COMMANDS[name]["group"] in groups
            and name not in _LEFT_OUT
            and self.docs[name]
        ]
