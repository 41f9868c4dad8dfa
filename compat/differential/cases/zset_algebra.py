"""Unions, intersections and differences of sorted sets and of plain ones."""

from __future__ import annotations

from ..case import case
from ..generate import floats, integers, table, wrong_arity, wrong_type

_TWO = "ZADD a 1 a 2 b 3 c\n        ZADD b 10 b 20 c 30 d\n        SADD s a c x"

CASES = [
    *[
        case(f"products that are no numbers, {how}",
             "ZADD one -inf m", "ZADD two 0 m 1 n", "ZADD three inf m 1 n 2 o",
             *(f"{name} 3 one two three WEIGHTS {weights} {how} WITHSCORES"
               for name in ("ZUNION", "ZINTER")
               for weights in ("1 -inf 1", "0 inf 0", "1 1 0", "0 1 1", "-1 inf 0")))
        for how in ("", "AGGREGATE MIN", "AGGREGATE MAX")
    ],
    *wrong_arity(
        "ZUNION", "ZUNION 1", "ZINTER", "ZINTER 1", "ZDIFF", "ZDIFF 1", "ZINTERCARD", "ZINTERCARD 1",
        "ZUNIONSTORE", "ZUNIONSTORE d", "ZUNIONSTORE d 1", "ZINTERSTORE", "ZINTERSTORE d 1",
        "ZDIFFSTORE", "ZDIFFSTORE d 1",
    ),
    *wrong_type("zset,set", """
        ZUNION 1 {}
        ZUNION 2 none {}
        ZUNION 1 {} NOSUCH
        ZINTER 2 none {}
        ZINTER 2 {} none
        ZDIFF 2 none {}
        ZINTERCARD 1 {}
        ZINTERCARD 2 none {}
        ZUNIONSTORE d 1 {}
        ZUNIONSTORE {} 1 none
        ZINTERSTORE d 1 {}
        ZDIFFSTORE d 1 {}
    """),
    *integers("""
        ZUNION {} a b
        ZINTERSTORE d {} a b
        ZINTERCARD {} a b
        ZINTERCARD 2 a b LIMIT {}
    """, "ZADD a 1 a 2 b", "ZADD b 3 a 4 b"),
    *floats("ZUNION 2 a b WEIGHTS {} 1 WITHSCORES\nZINTERSTORE d 2 a b WEIGHTS 1 {}",
            "ZADD a 1 a 2 b", "ZADD b 3 a -4 b inf c"),
    *table(rf"""
        = combinations
        {_TWO}
        ZUNION 2 a b
        ZUNION 2 a b WITHSCORES
        ZUNION 2 b a AGGREGATE MIN WITHSCORES
        ZUNION 2 a b AGGREGATE max WITHSCORES
        ZUNION 3 a b s WITHSCORES
        ZUNION 1 s WITHSCORES
        ZUNION 2 a a WITHSCORES
        ZUNION 2 a b WEIGHTS 2 3 WITHSCORES
        ZUNION 2 a b WEIGHTS -0 -0 WITHSCORES
        ZINTER 2 a b WEIGHTS -0 -0 WITHSCORES
        ZUNION 2 a b WEIGHTS 1 -1 AGGREGATE MIN WITHSCORES
        ZUNION 2 none nosuch WITHSCORES
        ZINTER 2 a b
        ZINTER 2 a b WITHSCORES WEIGHTS 1 0
        ZINTER 3 a b s WITHSCORES AGGREGATE MAX
        ZINTER 2 a none WITHSCORES
        ZINTER 2 a a WITHSCORES
        ZDIFF 2 a b WITHSCORES
        ZDIFF 1 b
        ZDIFF 3 b a s WITHSCORES
        ZDIFF 2 a a
        ZDIFF 2 none a
        ZINTERCARD 2 a b
        ZINTERCARD 2 a s LIMIT 1
        ZINTERCARD 2 a none
        = options
        {_TWO}
        ZUNION 3 a b
        ZUNION 2 a b WEIGHTS
        ZUNION 2 a b WEIGHTS 2
        ZUNION 2 a b WEIGHTS x
        ZUNION 2 a b WEIGHTS 2 x
        ZUNION 2 a b AGGREGATE
        ZUNION 2 a b AGGREGATE NOSUCH
        ZUNION 2 a b NOSUCH
        ZUNION 2 a b WEIGHTS 1 1 WEIGHTS 2 2 WITHSCORES
        ZUNION 2 a b AGGREGATE MIN AGGREGATE MAX WITHSCORES WITHSCORES
        ZDIFF 2 a b WEIGHTS 1 2
        ZDIFF 2 a b AGGREGATE SUM
        ZDIFFSTORE d 2 a b WITHSCORES
        ZUNIONSTORE d 2 a b WITHSCORES
        ZINTERCARD 2 a b LIMIT
        ZINTERCARD 2 a b LIMIT 1 LIMIT 2
        ZINTERCARD 2 a b NOSUCH 1
        ZINTERCARD 2 a b WITHSCORES
        = infinities
        ZADD i inf x
        ZADD j -inf x
        ZUNION 2 i j WITHSCORES
        ZUNION 2 i j WEIGHTS 0 1 WITHSCORES
        ZINTER 2 i j WEIGHTS 0 0 WITHSCORES
        ZINTER 2 i j AGGREGATE MIN WITHSCORES
        = storing
        {_TWO}
        ZUNIONSTORE d 2 a b
        ZRANGE d 0 -1 WITHSCORES
        EXPIRE d 100
        ZINTERSTORE d 2 a b WEIGHTS 1 0
        TTL d
        ZDIFFSTORE d 2 a b
        ZRANGE d 0 -1 WITHSCORES
        ZDIFFSTORE d 2 a a
        EXISTS d
        ZUNIONSTORE d 1 none
        SET str v
        ZUNIONSTORE str 1 s
        TYPE str
        SET str v
        ZINTERSTORE str 1 none
        EXISTS str
        ZUNIONSTORE a 2 a b
        ZRANGE a 0 -1 WITHSCORES
        = the sign of a score of -0
        CONFIG SET zset-max-listpack-entries 2
        ZADD a 1 a 2 b 3 c
        ZUNIONSTORE d 1 a WEIGHTS -0
        ZINTERSTORE e 1 d WEIGHTS 3
        ZADD f 1 b
        ZDIFFSTORE g 2 d f
        ZDIFFSTORE h 1 d
        ZRANGE d 0 -1 WITHSCORES
        ZRANGE e 0 -1 WITHSCORES
        ZRANGE g 0 -1 WITHSCORES
        ZRANGE h 0 -1 WITHSCORES
        ZRANGESTORE i h 0 -1
        ZRANGESTORE j h 0 0 BYSCORE
        ZRANGESTORE k h 0 1
        """),
]
