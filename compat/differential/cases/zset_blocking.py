"""Sorted sets: who waits for a member, and gets which."""

from __future__ import annotations

from ..case import case, pause
from ..generate import floats, integers, table, wrong_arity, wrong_type

CASES = [
    *(
        case(f"a result in the place of another value, then a member: {line}", "ZADD j 0 c",
             "b> BZPOPMIN k 0", "SET k v", line, "ZADD k 1 x")
        for line in ("ZUNIONSTORE k 1 j", "ZINTERSTORE k 1 j", "ZDIFFSTORE k 1 j", "RENAME j k",
                     "ZRANGESTORE k j 0 -1", "COPY j k REPLACE")
    ),
    *wrong_arity("BZPOPMIN", "BZPOPMIN k", "BZPOPMAX", "BZPOPMAX k", "BZMPOP", "BZMPOP 0 1 k"),
    *wrong_type("zset", """
        BZPOPMIN {} 0
        BZPOPMIN none {} 0
        BZPOPMAX {} 0
        BZPOPMIN {} x
        BZMPOP 0 1 {} MIN
        BZMPOP 0 2 none {} MIN
    """),
    # Over a sorted set that has members a timeout is only checked, never waited for.
    *floats("BZPOPMIN k {}\nBZPOPMAX k {}\nBZMPOP {} 1 k MIN", "ZADD k 1 a 2 b"),
    *integers("BZMPOP 0 {} k l MIN\nBZMPOP 0 1 k MIN COUNT {}", "ZADD k 1 a 2 b 3 c"),
    *table(r"""
        = nothing to wait for
        ZADD k 1 a 2 b 3 c 4 d 5 e
        BZPOPMIN k 0
        BZPOPMAX none k 0
        BZMPOP 0 2 none k MAX COUNT 2
        BZPOPMIN k 0
        EXISTS k
        = syntax
        BZMPOP x 1 k NOSUCH
        BZMPOP x 1 k MIN
        BZMPOP x 0 k MIN
        BZMPOP -1 1 k MIN
        BZMPOP -1 1 k MIN COUNT 0
        BZMPOP 0 2 k MIN
        BZMPOP 0 1 k MIN COUNT
        BZMPOP 0 1 k MIN COUNT 1 COUNT 1
        = waiting
        BZPOPMIN k 0
        b> ZADD k 2 b 1 a
        ZRANGE k 0 -1
        = waiting for the highest
        BZPOPMAX k 0
        b> ZADD k 2 b 1 a
        = waiting for several
        BZMPOP 0 2 k l MAX COUNT 2
        b> ZADD l 1 a 2 b 3 c
        ZRANGE l 0 -1
        = the oldest waiter first
        BZPOPMIN k 0
        b> BZPOPMAX k 0
        c> BZMPOP 0 1 k MIN
        d> ZADD k 1 a 2 b 3 c
        = another type wakes nobody
        BZPOPMIN k 0
        b> SET k v
        b> DEL k
        b> RPUSH k a
        b> DEL k
        b> ZADD k 1 a
        = a member gone within a transaction wakes nobody
        BZPOPMIN k 0
        b> MULTI
        b> ZADD k 1 a
        b> DEL k
        b> EXEC
        b> ZADD k 2 b
        = other commands that make one wake
        BZPOPMIN k 0
        b> ZADD j 1 a 2 b
        b> ZRANGESTORE k j 1 1
        BZPOPMIN k 0
        b> RENAME j k
        BZPOPMIN k 0
        b> ZINCRBY k 3 x
        = within a transaction
        MULTI
        BZPOPMIN k 0
        BZPOPMAX k 0
        BZMPOP 0 1 k MIN
        EXEC
        """),
    case("time ends a wait", "BZPOPMIN k 0.03", pause(60), "b> BZMPOP 0.03 1 k MIN", pause(60)),
]
