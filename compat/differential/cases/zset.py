"""Sorted sets, all but the commands that wait for a member."""

from __future__ import annotations

from ..case import case, command
from ..compare import drawn_from, same_type, unordered, unordered_deep
from ..generate import (
    COUNTS,
    each,
    floats,
    integers,
    missing_and_expired,
    table,
    wrong_arity,
    wrong_type,
)

_MANY = " ".join(f"{n * 7 % 300} m{n}" for n in range(300))
"""Scores and members of a sorted set too big for a listpack."""

_SAME_SCORE = " ".join(f"0 m{n}" for n in range(300))

CASES = [
    *wrong_arity(
        "ZADD", "ZADD k", "ZADD k 1", "ZINCRBY", "ZINCRBY k", "ZINCRBY k 1", "ZINCRBY k 1 a b",
        "ZREM", "ZREM k", "ZCARD", "ZCARD k l", "ZSCORE", "ZSCORE k", "ZSCORE k a b", "ZMSCORE",
        "ZMSCORE k", "ZRANDMEMBER", "ZSCAN", "ZSCAN k", "ZPOPMIN", "ZPOPMIN k 1 2", "ZPOPMAX",
        "ZPOPMAX k 1 2", "ZMPOP", "ZMPOP 1", "ZMPOP 1 k", "ZRANGE", "ZRANGE k", "ZRANGE k 0",
        "ZREVRANGE", "ZREVRANGE k 0", "ZRANGEBYSCORE", "ZRANGEBYSCORE k 0", "ZREVRANGEBYSCORE",
        "ZREVRANGEBYSCORE k 0", "ZRANGEBYLEX", "ZRANGEBYLEX k -", "ZREVRANGEBYLEX",
        "ZREVRANGEBYLEX k +", "ZRANGESTORE", "ZRANGESTORE d k 0", "ZREMRANGEBYRANK",
        "ZREMRANGEBYRANK k 0", "ZREMRANGEBYRANK k 0 1 2", "ZREMRANGEBYSCORE",
        "ZREMRANGEBYSCORE k 0", "ZREMRANGEBYSCORE k 0 1 2", "ZREMRANGEBYLEX", "ZREMRANGEBYLEX k -",
        "ZREMRANGEBYLEX k - + x", "ZCOUNT", "ZCOUNT k 0", "ZCOUNT k 0 1 2", "ZLEXCOUNT",
        "ZLEXCOUNT k -", "ZLEXCOUNT k - + x", "ZRANK", "ZRANK k", "ZRANK k a WITHSCORE x",
        "ZREVRANK", "ZREVRANK k", "ZREVRANK k a WITHSCORE x",
    ),  # fmt: skip
    *wrong_type("zset", """
        ZADD {} 1 a
        ZADD {} x a
        ZADD {} XX 1 a
        ZADD {} INCR 1 a
        ZINCRBY {} 1 a
        ZINCRBY {} x a
        ZREM {} a
        ZCARD {}
        ZSCORE {} a
        ZMSCORE {} a b
        ZRANDMEMBER {}
        ZRANDMEMBER {} x
        ZRANDMEMBER {} 1 x
        ZSCAN {} 0
        ZSCAN {} x
        ZSCAN {} 0 x
        ZPOPMIN {}
        ZPOPMIN {} 0
        ZPOPMIN {} -1
        ZPOPMAX {} 2
        ZMPOP 1 {} MIN
        ZMPOP 2 none {} MAX
        ZMPOP 1 {} x
        ZRANGE {} 0 -1
        ZRANGE {} x 1
        ZRANGE {} 0 1 BYSCORE
        ZRANGE {} - + BYLEX
        ZREVRANGE {} 0 -1
        ZRANGEBYSCORE {} 0 1
        ZRANGEBYSCORE {} x 1
        ZREVRANGEBYSCORE {} 1 0
        ZRANGEBYLEX {} - +
        ZRANGEBYLEX {} x +
        ZREVRANGEBYLEX {} + -
        ZRANGESTORE d {} 0 -1
        ZRANGESTORE {} none 0 -1
        ZREMRANGEBYRANK {} 0 -1
        ZREMRANGEBYRANK {} x -1
        ZREMRANGEBYSCORE {} 0 1
        ZREMRANGEBYSCORE {} x 1
        ZREMRANGEBYLEX {} - +
        ZREMRANGEBYLEX {} x +
        ZCOUNT {} 0 1
        ZCOUNT {} x 1
        ZLEXCOUNT {} - +
        ZLEXCOUNT {} x +
        ZRANK {} a
        ZRANK {} a WITHSCORE
        ZRANK {} a x
        ZREVRANK {} a
    """),
    *missing_and_expired("ZADD k 1 a 2 b 3 c", """
        ZADD k 1 z
        ZADD k XX 1 a
        ZADD k XX INCR 1 a
        ZADD k NX 5 a
        ZINCRBY k 1 a
        ZREM k a
        ZCARD k
        ZSCORE k a
        ZMSCORE k a b
        ZSCAN k 0
        ZSCAN k x
        ZSCAN k 0 x
        ZRANDMEMBER k
        ZRANDMEMBER k 5
        ZRANDMEMBER k -5 WITHSCORES
        ZPOPMIN k
        ZPOPMIN k 2
        ZPOPMAX k
        ZMPOP 1 k MIN
        ZRANGE k 0 -1
        ZRANGE k 0 -1 WITHSCORES
        ZREVRANGEBYSCORE k + 0
        ZRANGEBYLEX k - +
        ZRANGESTORE d k 0 -1
        ZREMRANGEBYRANK k 0 -1
        ZCOUNT k -inf inf
        ZLEXCOUNT k - +
        ZRANK k a
        ZRANK k a WITHSCORE
        ZREVRANK k a
    """),
    *floats("ZADD k {} a\nZINCRBY k {} a\nZADD k INCR {} a", "ZADD k 1 a 2 b",
            after=["ZRANGE k 0 -1 WITHSCORES"]),
    *floats("""
        ZRANGEBYSCORE k {} +inf
        ZRANGEBYSCORE k ({} +inf
        ZREVRANGEBYSCORE k {} -inf WITHSCORES
        ZCOUNT k -inf ({}
        ZREMRANGEBYSCORE k {} 2
    """, "ZADD k -1 a 0 b 1 c 2.5 d 100 e inf f"),
    *integers("""
        ZRANGE k {} -1
        ZRANGE k 0 {}
        ZRANGE k {} -1 REV
        ZREVRANGE k 1 {} WITHSCORES
        ZREMRANGEBYRANK k {} 2
        ZREMRANGEBYRANK k 1 {}
        ZRANGE k -inf +inf BYSCORE LIMIT {} 2
        ZRANGE k -inf +inf BYSCORE LIMIT 1 {}
        ZRANGE k +inf -inf BYSCORE REV LIMIT {} 2
        ZRANGE k +inf -inf BYSCORE REV LIMIT 1 {}
        ZRANGE k - + BYLEX LIMIT {} {}
        ZRANGE k 0 -1 LIMIT 0 {}
        ZRANGE k 0 -1 LIMIT {} -1
        ZRANGESTORE d k {} 3
        ZPOPMIN k {}
        ZPOPMAX k {}
        ZMPOP {} k l MIN
        ZMPOP 1 k MAX COUNT {}
        ZSCAN k 0 COUNT {}
        ZSCAN k {}
    """, "ZADD k 0 a 0 b 1 c 2 d 3 e"),
    each("ZRANDMEMBER k {}", COUNTS, "ZADD k 0 a 0 b 1 c", what="count", compare=same_type),
    each("ZRANDMEMBER k {} WITHSCORES", COUNTS, "ZADD k 0 a 0 b 1 c", what="count with scores",
         compare=same_type),
    each("ZRANDMEMBER none {}", COUNTS, what="count of nothing"),
    each("ZRANDMEMBER none {} WITHSCORES", COUNTS, what="count of nothing with scores"),
    case("the sign of zero in a set that outgrows its pack",
         ("ZADD", "k", "-0", "a", "1", "b" * 65), "ZSCORE k a", "OBJECT ENCODING k",
         ("ZADD", "l", "1", "b" * 65, "-0", "a"), "ZSCORE l a", "OBJECT ENCODING l"),
    case("zrandmember", "ZADD k 1 a 2 b 3 c",
         command("ZRANDMEMBER k", drawn_from("a", "b", "c")),
         command("ZRANDMEMBER k 10", unordered), command("ZRANDMEMBER k 3 WITHSCORES", unordered),
         command("ZRANDMEMBER k 2 withscores", same_type),
         "ZRANDMEMBER k 1 NOSUCH", "ZRANDMEMBER k WITHSCORES", "ZRANDMEMBER k 1 WITHSCORES x"),
    case("zscan of many", "CONFIG SET zset-max-listpack-entries 3",
         "ZADD k 0.1 a 1e17 b 3 c 1e300 d -inf f 1e-7 j -9223372036854775808 m -0.0 n 123456789012 h",
         command("ZSCAN k 0 COUNT 1000", unordered_deep)),
    case("zscan", "ZADD k 1 a 2.5 b inf c 1e20 d", command("ZSCAN k 0", unordered),
         command("ZSCAN k 0 MATCH [ab] COUNT 1", unordered), "ZSCAN k 0 MATCH nosuch*",
         "ZSCAN k 0 NOSCORES", "ZSCAN k 0 NOVALUES", "ZSCAN k 0 TYPE string", "ZSCAN k 0 MATCH"),
    *table(r"""
        = zadd
        ZADD k 1 a
        ZADD k 1 a 2 b 2 b
        ZADD k 3 a
        ZADD k CH 4 a 2 b 5 c
        ZADD k CH 4 a
        ZADD k 0 "" 0 "\x00\xff" 0 "with space"
        ZRANGE k 0 -1 WITHSCORES
        ZADD k 1 x 2
        ZADD k 1 x foo y
        ZADD k foo NX x
        ZADD k NX
        ZADD k NX XX
        ZADD k NX XX 1
        ZADD k NX XX 1 x
        ZADD k NX GT 1 x
        ZADD k NX LT 1 x
        ZADD k GT LT 1 x
        ZADD k XX GT LT 1 x
        ZADD k NX GT XX LT foo x
        ZADD k INCR 1 x 2 y
        ZADD k INCR NX XX 1 x 2 y
        ZADD k INCR 1
        ZADD k nx ch incr 1 x
        ZADD k CH CH 1 x
        ZADD k 1 NX
        ZRANGE k 0 -1 WITHSCORES
        = zadd conditions
        ZADD k 5 a 5 b
        ZADD k NX 1 a 1 c
        ZADD k NX CH 1 a 1 c
        ZADD k XX 6 a 6 d
        ZADD k XX CH 7 a 6 d
        ZADD k GT CH 1 a 9 b
        ZADD k GT CH 7 a
        ZADD k GT 1 e
        ZADD k LT CH 100 a 1 b
        ZADD k LT 100 f
        ZADD k XX GT CH 100 a 100 g
        ZADD k XX LT CH 1 a 1 g
        ZADD k NX INCR 1 a
        ZADD k NX INCR 1 h
        ZADD k XX INCR 1 a
        ZADD k XX INCR 1 i
        ZADD k GT INCR -1 a
        ZADD k GT INCR 0 a
        ZADD k GT INCR 1 a
        ZADD k LT INCR 1 a
        ZADD k LT INCR -1 a
        ZADD k INCR 0 a
        ZADD k CH INCR 0 a
        ZRANGE k 0 -1 WITHSCORES
        ZADD none XX 1 a
        ZADD none XX INCR 1 a
        EXISTS none
        = infinite scores
        ZADD k inf a -inf b
        ZINCRBY k -inf a
        ZADD k INCR inf b
        ZADD k INCR inf a
        ZINCRBY k 1 b
        ZADD k 1e308 c
        ZINCRBY k 1e308 c
        ZRANGE k 0 -1 WITHSCORES
        = minus zero
        ZADD k -0 a
        ZSCORE k a
        ZADD k 0 a
        ZINCRBY k -0 a
        ZADD k CH 0 a
        = scores as they are written
        ZADD k 3.0 a 0.1 b 1e20 c 1e21 d 1e-7 e 1e17 f 123456789012345678 g 1e-5 h 0.00012 i
        ZADD k 1.7976931348623157e308 j 5e-324 k 3.141592653589793 l 99999999999999990 m
        ZADD k 4.6e18 n 4.7e18 o 1.5e-6 p 1.234e-4 q 0.0010001 r -174082.02837 s -5e18 t
        ZRANGE k 0 -1 WITHSCORES
        ZMSCORE k a b c d e f g h i j k l m n o p q r s t
        ZSCAN k 0
        ZINCRBY k 0.2 b
        = zincrby
        ZINCRBY k 2.5 a
        ZINCRBY k 2.5 a
        ZINCRBY k -10 a
        ZINCRBY k nan a
        ZINCRBY k "" a
        = zrem
        ZADD k 1 a 2 b 3 c
        ZREM k a a nosuch
        ZREM k nosuch
        ZREM k b c d
        EXISTS k
        = reading
        ZADD k 1 a 2.5 b
        ZCARD k
        ZSCORE k b
        ZSCORE k nosuch
        ZMSCORE k a nosuch b a
        ZRANK k b
        ZRANK k b WITHSCORE
        ZRANK k b withscore
        ZRANK k b WITHSCORES
        ZRANK k nosuch
        ZRANK k nosuch WITHSCORE
        ZREVRANK k b
        ZREVRANK k a WITHSCORE
        ZREVRANK k nosuch WITHSCORE
        = pops
        ZADD k 1 a 2 b 3 c 4 d 5 e 6 f
        ZPOPMIN k
        ZPOPMAX k
        ZPOPMIN k 1
        ZPOPMAX k 2
        ZPOPMIN k 0
        ZPOPMIN k 100
        EXISTS k
        = zmpop
        ZADD k 1 a 2 b 3 c 4 d 5 e 6 f
        ZMPOP 1 k MIN
        ZMPOP 2 none k MAX COUNT 2
        ZMPOP 1 k min count 1
        ZMPOP 2 k k MIN COUNT 100
        ZMPOP 1 k MIN
        = zmpop syntax
        ZADD k 1 a
        ZMPOP 2 k MIN
        ZMPOP 1 k FOO
        ZMPOP 1 k MIN COUNT
        ZMPOP 1 k MIN COUNT 0
        ZMPOP 1 k MIN COUNT 1 COUNT 1
        ZMPOP 1 k MIN MAX
        ZMPOP 0 k MIN
        ZMPOP 1 k MIN COUNT x
        = a score's zero is kept once the set is big
        CONFIG SET zset-max-listpack-entries 0
        ZADD k -0 a
        ZSCORE k a
        ZADD k 0 a
        ZSCORE k a
        = encodings
        ZADD k 1 a
        OBJECT ENCODING k
        ZADD k 1 aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa
        OBJECT ENCODING k
        ZADD k 1 aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa
        OBJECT ENCODING k
        ZREM k aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa
        OBJECT ENCODING k
        ZRANGESTORE d k 0 -1
        OBJECT ENCODING d
        """),
    case("encodings by count", ("ZADD", "k", *(f"{n}" for n in range(256))), "OBJECT ENCODING k",
         "ZADD k 500 one", "OBJECT ENCODING k", "ZPOPMIN k 100", "OBJECT ENCODING k",
         ("ZADD", "same", *(["1", "a"] * 129)), "OBJECT ENCODING same"),
    *table(rf"""
        = a big one
        ZADD k {_MANY}
        ZCARD k
        ZRANGE k 0 20
        ZRANGE k -20 -1 REV WITHSCORES
        ZRANGE k (100 (120 BYSCORE
        ZRANGE k 250 200 BYSCORE REV LIMIT 3 10
        ZCOUNT k 10 (200
        ZRANK k m150
        ZREVRANK k m299 WITHSCORE
        ZINCRBY k 1000 m0
        ZADD k GT CH 5 m10 9 m20 -3 m30
        ZREM k m1 m2 m3 nosuch
        ZPOPMIN k 5
        ZPOPMAX k 5
        ZREMRANGEBYRANK k 10 100
        ZREMRANGEBYSCORE k 200 (250
        ZRANGESTORE d k 0 149
        ZRANGE k 0 -1 WITHSCORES
        = as many members as ZADD names are expected
        CONFIG SET zset-max-listpack-entries 2
        ZADD k 1 a
        ZADD k NX 1 a 2 b
        OBJECT ENCODING k
        ZADD k 1 a 2 a 3 a
        OBJECT ENCODING k
        ZADD j 1 a
        ZADD j XX 1 x 1 y 1 z
        OBJECT ENCODING j
        ZADD i 1 a
        CONFIG SET zset-max-listpack-entries 0
        ZINCRBY i 1 a
        OBJECT ENCODING i
        = a big one of one score
        ZADD k {_SAME_SCORE}
        ZRANGE k [m10 (m2 BYLEX
        ZREVRANGEBYLEX k [m2 (m10 LIMIT 5 5
        ZLEXCOUNT k (m1 [m2
        ZREMRANGEBYLEX k [m1 (m3
        ZRANGE k 0 -1
        """),
]
