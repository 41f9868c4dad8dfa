"""Ranges of sorted sets: ZRANGE in every form, and what counts, stores and removes by range."""

from __future__ import annotations

from ..generate import each, table

_SCORES = "ZADD k 1 a 2 b 3 c 4 d 5 e"
_NAMES = "ZADD k 0 a 0 b 0 bb 0 c 0 d"
_SCATTERED = "ZADD k 0 b 1 d 2 a 3 e 4 bb 5 c"

_SCORE_BOUNDS = (
    "-inf", "+inf", "inf", "(-inf", "(inf", "infinity", "3", "(3", "3.0", "2.5", "(2.5", "((3",
    "[3", "", "(", "x", "3x", "nan", "(nan", "' 3'", "'3 '", "0x3", "1e0", "1e400", "-1e400",
    '"3\\x00x"', "-", "+",
)  # fmt: skip
_LEX_BOUNDS = (
    "-", "+", "[b", "(b", "[bb", "[", "(", "b", "''", "--", "+x", "-x", "[zzz", "(zzz", "((b",
    '"[\\xff"', '"[b\\x00"', "3",
)  # fmt: skip

CASES = [
    *[
        each(line, _SCORE_BOUNDS, _SCORES, what="bound")
        for line in (
            "ZRANGE k {} 4 BYSCORE", "ZRANGE k 2 {} BYSCORE", "ZRANGE k {} 2 BYSCORE REV",
            "ZRANGEBYSCORE k {} (5 WITHSCORES", "ZREVRANGEBYSCORE k 5 {}", "ZCOUNT k {} 4",
            "ZCOUNT k 2 {}", "ZREMRANGEBYSCORE k {} 4", "ZRANGESTORE d k {} 4 BYSCORE",
        )
    ],
    # Where scores differ, a small set's answer is that of a walk through it.
    *[
        each(line, _LEX_BOUNDS, keys, what="bound")
        for keys in (_NAMES, _SCATTERED)
        for line in (
            "ZRANGE k {} [c BYLEX", "ZRANGE k (a {} BYLEX", "ZRANGE k {} - BYLEX REV",
            "ZRANGEBYLEX k {} +", "ZREVRANGEBYLEX k + {}", "ZLEXCOUNT k {} [c", "ZLEXCOUNT k - {}",
            "ZREMRANGEBYLEX k {} [c", "ZRANGESTORE d k {} + BYLEX",
        )
    ],
    *table(rf"""
        = zrange by rank
        {_SCORES}
        ZRANGE k 0 -1
        ZRANGE k 1 2 WITHSCORES
        ZRANGE k -2 -1
        ZRANGE k -100 100
        ZRANGE k 3 1
        ZRANGE k 5 10
        ZRANGE k 0 0 REV
        ZRANGE k -2 -1 REV WITHSCORES
        ZRANGE k -100 100 rev
        ZREVRANGE k 0 1
        ZREVRANGE k 0 -1 WITHSCORES
        ZREVRANGE k 2 100
        = zrange options
        {_SCORES}
        ZRANGE k 0 1 foo
        ZRANGE k 0 1 REV REV
        ZRANGE k 0 1 WITHSCORES WITHSCORES
        ZRANGE k 0 1 BYSCORE BYSCORE
        ZRANGE k 0 1 BYSCORE BYLEX
        ZRANGE k 0 1 BYLEX BYSCORE
        ZRANGE k 0 1 LIMIT
        ZRANGE k 0 1 LIMIT 0
        ZRANGE k 0 1 LIMIT 0 1
        ZRANGE k 0 1 LIMIT 2 -1
        ZRANGE k 0 1 LIMIT 0 -2
        ZRANGE k 0 1 LIMIT x 1
        ZRANGE k x y BYSCORE LIMIT 0 z
        ZRANGE k x y BYSCORE LIMIT 0 1
        ZRANGE k x y NOSUCH
        ZRANGE k - + BYLEX WITHSCORES
        ZRANGE k x y BYLEX WITHSCORES
        ZRANGE k 1 5 LIMIT 1 2 BYSCORE REV
        ZRANGE k 5 1 LIMIT 1 2 LIMIT 0 1 BYSCORE REV WITHSCORES
        ZRANGE k 1 5 byscore limit 1 2 withscores
        ZREVRANGE k 0 1 REV
        ZREVRANGE k 0 1 BYSCORE
        ZREVRANGE k 0 1 LIMIT 0 1
        ZRANGEBYSCORE k 1 3 REV
        ZRANGEBYSCORE k 1 3 BYSCORE
        ZRANGEBYSCORE k 1 3 LIMIT 0
        ZRANGEBYSCORE k 1 3 LIMIT 0 1 WITHSCORES
        ZRANGEBYSCORE k x 3 LIMIT a b
        ZREVRANGEBYSCORE k 3 1 WITHSCORES LIMIT 1 1
        ZREVRANGEBYSCORE k 1 3
        ZRANGEBYLEX k - + WITHSCORES
        ZRANGEBYLEX k - + LIMIT 1 2
        ZRANGEBYLEX k x + LIMIT a b
        ZREVRANGEBYLEX k + - WITHSCORES
        ZREVRANGEBYLEX k + - LIMIT 1 2
        = limits
        {_SCORES}
        ZRANGE k (1 +inf BYSCORE LIMIT 1 2
        ZRANGE k (1 +inf BYSCORE LIMIT -1 2
        ZRANGE k (1 +inf BYSCORE LIMIT 1 -2
        ZRANGE k (1 +inf BYSCORE LIMIT 10 2
        ZRANGE k (1 +inf BYSCORE LIMIT 0 0
        ZRANGE k +inf (1 BYSCORE REV LIMIT 1 2
        ZRANGE k +inf (1 BYSCORE REV LIMIT -1 2
        ZRANGE k +inf (1 BYSCORE REV LIMIT 3 2
        ZRANGE k 3 1 BYSCORE
        ZRANGE k (3 (3 BYSCORE
        = names with their order in bytes
        ZADD k 0 "" 0 a 0 A 0 "\x00" 0 "\xff" 0 aa 0 "a\x00"
        ZRANGE k - + BYLEX
        ZRANGE k [ [a BYLEX
        ZRANGE k ( (a BYLEX
        ZRANGE k [a "(a\x00" BYLEX
        ZRANGE k "[\x80" + BYLEX
        ZREVRANGEBYLEX k + -
        = the sign of a zero that is stored before or after a long name
        ZADD k inf m 1 {"y" * 65} -0 c
        ZRANGESTORE d k 0 100 REV
        ZRANGE d 0 -1 WITHSCORES
        ZRANGESTORE d k 0 100
        ZRANGE d 0 -1 WITHSCORES
        ZRANGESTORE d k +inf -inf BYSCORE REV
        ZRANGE d 0 -1 WITHSCORES
        = zrangestore
        {_SCORES}
        ZRANGESTORE d k 0 1
        ZRANGE d 0 -1 WITHSCORES
        ZRANGESTORE d k 0 1 WITHSCORES
        ZRANGESTORE d k 0 1 NOSUCH
        ZRANGESTORE d k 1 3 BYSCORE LIMIT 1 1
        ZRANGE d 0 -1 WITHSCORES
        ZRANGESTORE d k 5 1 BYSCORE REV LIMIT 1 2
        ZRANGE d 0 -1
        EXPIRE d 100
        ZRANGESTORE d k 0 1 REV
        TTL d
        ZRANGESTORE d k 10 20
        EXISTS d
        ZRANGESTORE d k 10 20
        SET s v
        ZRANGESTORE s k 0 0
        SET s v
        ZRANGESTORE s k 10 20
        EXISTS s
        ZRANGESTORE k k 1 2
        ZRANGE k 0 -1
        ZRANGESTORE k none 0 -1
        EXISTS k
        = removing by range
        {_SCORES}
        ZREMRANGEBYRANK k 0 0
        ZREMRANGEBYRANK k -1 -1
        ZREMRANGEBYRANK k 10 20
        ZREMRANGEBYRANK k 2 1
        ZREMRANGEBYSCORE k 2 (4
        ZREMRANGEBYSCORE k 2 (4
        ZREMRANGEBYSCORE k -inf +inf
        EXISTS k
        {_NAMES}
        ZREMRANGEBYLEX k [b (c
        ZREMRANGEBYLEX k - +
        EXISTS k
        """),
    *(
        each(f"{line} LIMIT {{}}", ("0 -1", "0 1", "1 -1", "1 1", "2 2", "3 -1", "5 1", "6 1", "-1 2"),
             _SCATTERED, what="limit")
        for line in (
            "ZRANGE k [b [c BYLEX", "ZRANGE k [d [b BYLEX REV", "ZRANGEBYLEX k - [d",
            "ZREVRANGEBYLEX k (e (a", "ZRANGESTORE d k [b [bb BYLEX", "ZRANGESTORE d k [d [b BYLEX REV",
        )
    ),
    # From the end on where a sorted set is not packed, nothing where it is.
    *(
        each(f"{line} LIMIT {{}} {count}", ("-1", "-2", "-3", "-4", "-9223372036854775808"),
             f"CONFIG SET zset-max-listpack-entries {packed}", keys, what=f"{size} limit")
        for packed, size in ((0, "unpacked"), (128, "packed"))
        for keys, lines in (
            ("ZADD k 1 a 2 b 3 c 4 d 5 e",
             ("ZRANGEBYSCORE k 2 4", "ZREVRANGEBYSCORE k (5 2", "ZRANGE k 2 4 BYSCORE")),
            ("ZADD k 0 a 0 b 0 c 0 d 0 e",
             ("ZRANGEBYLEX k [b [d", "ZREVRANGEBYLEX k (e (a", "ZRANGESTORE d k [b [d BYLEX")),
        )
        for line in lines
        for count in (10, 1, -1, 0)
    ),
]
