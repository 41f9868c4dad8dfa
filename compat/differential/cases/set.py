"""Sets."""

from __future__ import annotations

from ..case import case, command
from ..compare import drawn_from, top_type, unordered, unordered_deep
from ..generate import (
    COUNTS,
    TYPES,
    each,
    integers,
    missing_and_expired,
    table,
    wrong_arity,
    wrong_type,
)

_MANY = [f"m{n}" for n in range(200)]
_BIG = "SADD k " + " ".join(_MANY)
_NUMBERS = [str(n) for n in range(600)]

CASES = [
    *wrong_arity(
        "SADD", "SADD k", "SREM", "SREM k", "SMEMBERS", "SMEMBERS k l", "SISMEMBER", "SISMEMBER k",
        "SISMEMBER k a b", "SMISMEMBER", "SMISMEMBER k", "SCARD", "SCARD k l", "SPOP",
        "SPOP k 1 2", "SRANDMEMBER", "SRANDMEMBER k 1 2", "SMOVE", "SMOVE k l", "SMOVE k l m n",
        "SSCAN", "SSCAN k", "SINTER", "SUNION", "SDIFF", "SINTERSTORE", "SINTERSTORE k",
        "SUNIONSTORE", "SUNIONSTORE k", "SDIFFSTORE", "SDIFFSTORE k", "SINTERCARD", "SINTERCARD 1",
    ),
    *wrong_type("set", """
        SADD {} a
        SREM {} a
        SMEMBERS {}
        SISMEMBER {} a
        SMISMEMBER {} a b
        SCARD {}
        SPOP {}
        SPOP {} 2
        SPOP {} 0
        SPOP {} -1
        SPOP {} abc
        SRANDMEMBER {}
        SRANDMEMBER {} 2
        SRANDMEMBER {} 0
        SRANDMEMBER {} abc
        SMOVE {} other a
        SMOVE none {} a
        SMOVE {} {} a
        SSCAN {} 0
        SSCAN {} abc
        SINTER {} none
        SINTER none {}
        SUNION none {}
        SDIFF {} none
        SDIFF none {}
        SINTERSTORE d {} none
        SINTERSTORE d none {}
        SUNIONSTORE d none {}
        SDIFFSTORE d none {}
        SINTERCARD 2 {} none
        SINTERCARD 2 none {}
    """),
    case("wrong type among sets",
         "SADD s a b", "SADD t b c", "SET string v",
         "SINTER s string", "SINTER string s", "SINTER s none string", "SUNION s string",
         "SDIFF s string", "SDIFF string s", "SINTERSTORE d s string", "SUNIONSTORE d s string",
         "SDIFFSTORE d s string", "SINTERCARD 2 s string", "SMOVE s string a", "SMOVE s string none",
         "SMOVE none string a"),
    *[
        case(f"a stored result replaces any type: {line}", "SADD s a b", *(
            step for made in TYPES.values()
            for step in (made, f"{line}".replace("{}", made.split()[1]))
        ))
        for line in ("SINTERSTORE {} s", "SUNIONSTORE {} s", "SDIFFSTORE {} s none",
                     "SINTERSTORE {} s none", "SUNIONSTORE {} none", "SDIFFSTORE {} none s")
    ],
    *missing_and_expired("SADD k a b", """
        SADD k a
        SREM k a
        SMEMBERS k
        SISMEMBER k a
        SMISMEMBER k a b
        SCARD k
        SPOP k
        SPOP k 2
        SRANDMEMBER k
        SRANDMEMBER k 2
        SRANDMEMBER k -2
        SMOVE k j a
        SSCAN k 0
        SINTER k
        SUNION k
        SDIFF k
        SINTERSTORE d k
        SUNIONSTORE d k
        SDIFFSTORE d k
        SINTERCARD 1 k
    """),
    *integers("SPOP k {}", "SADD k a"),
    each("SRANDMEMBER k {}", COUNTS, "SADD k a"),
    *integers("SINTERCARD {} k l\nSINTERCARD 2 k l LIMIT {}", "SADD k a b", "SADD l a b"),
    *integers("SSCAN k {}\nSSCAN k 0 COUNT {}", "SADD k a"),
    *integers("SADD k {}", after=["OBJECT ENCODING k", "SADD k 5", "OBJECT ENCODING k",
                                       "SADD k x", "OBJECT ENCODING k"]),
    *table(r"""
        = add and remove
        SADD k a
        SADD k a
        SADD k a b c b
        SADD k "" "\x00\xff"
        SREM k a none a
        SREM k none
        SCARD k
        SMEMBERS k
        SREM k b c "" "\x00\xff"
        EXISTS k
        SREM k a
        = numbers
        SADD k 3 1 2
        SMEMBERS k
        SADD k 100000 -5
        SMEMBERS k
        SADD k 9223372036854775807 -9223372036854775808
        SMEMBERS k
        SISMEMBER k 3
        SISMEMBER k 03
        SISMEMBER k x
        SREM k 03
        SREM k 3
        SADD k x
        SMEMBERS k
        OBJECT ENCODING k
        SREM k x
        OBJECT ENCODING k
        = membership
        SADD k a b
        SISMEMBER k a
        SISMEMBER k none
        SMISMEMBER k a none b a
        SMISMEMBER none a b
        = smove
        SADD a x y
        SADD b z
        SMOVE a b x
        SMOVE a b none
        SMOVE a b y
        EXISTS a
        SMOVE b c z
        SMOVE b b x
        SMOVE b b none
        SMEMBERS b
        SADD a x
        SMOVE a b x
        = spop whole
        SADD k a
        SPOP k
        SPOP k
        EXISTS k
        SADD k a
        SPOP k 1
        SADD k a
        SPOP k 5
        SPOP k 5
        SADD k a
        SPOP k 0
        SPOP none 0
        SPOP none -1
        SPOP k -1
        SPOP k abc
        SPOP k ""
        = srandmember
        SADD k a
        SRANDMEMBER k
        SRANDMEMBER k 0
        SRANDMEMBER k 1
        SRANDMEMBER k 5
        SRANDMEMBER k -3
        SRANDMEMBER none 0
        SRANDMEMBER none -2
        SRANDMEMBER none abc
        SRANDMEMBER k abc
        SRANDMEMBER k -9223372036854775808
        = algebra of numbers
        SADD a 1 2 3 4
        SADD b 3 4 5
        SADD c 4
        SINTER a b
        SINTER a b c
        SINTER a a
        SINTER a none
        SINTER none a
        SDIFF a b
        SDIFF a b c
        SDIFF a a
        SDIFF a none
        SDIFF none a
        SUNION a b
        SUNION a a none
        SUNION none
        SINTER a
        SDIFF a
        SUNION a
        = algebra stored
        SADD a 1 2 3 4
        SADD b 3 4 5
        SINTERSTORE d a b
        SMEMBERS d
        SUNIONSTORE d a b
        SDIFFSTORE d a b
        SINTERSTORE d a none
        EXISTS d
        SINTERSTORE a a b
        SDIFFSTORE b b b
        EXISTS b
        SUNIONSTORE n none
        SUNIONSTORE d a
        EXPIRE d 100
        SUNIONSTORE d a
        TTL d
        OBJECT ENCODING d
        = sintercard
        SADD a 1 2 3 4
        SADD b 3 4 5
        SINTERCARD 2 a b
        SINTERCARD 2 a b LIMIT 1
        SINTERCARD 2 a b LIMIT 0
        SINTERCARD 2 a b LIMIT 10
        SINTERCARD 2 a b LIMIT -1
        SINTERCARD 2 a b LIMIT abc
        SINTERCARD 2 a b LIMIT
        SINTERCARD 2 a b NOSUCH 1
        SINTERCARD 2 a b limit 1 LIMIT 2
        SINTERCARD 3 a b
        SINTERCARD 1 a b
        SINTERCARD 0 a
        SINTERCARD -1 a
        SINTERCARD abc a
        SINTERCARD 2 a none
        SINTERCARD 1 a LIMIT 2
        = sscan
        SADD k 1 2 3
        SSCAN k 0
        SSCAN k 0 MATCH 1*
        SSCAN k 0 COUNT 1
        SSCAN k 0 COUNT 0
        SSCAN k 0 COUNT -1
        SSCAN k 0 COUNT abc
        SSCAN k 0 COUNT
        SSCAN k 0 NOSUCH
        SSCAN k 0 NOVALUES
        SSCAN k 0 TYPE set
        SSCAN k abc
        SSCAN k -1
        SSCAN none 0
        SSCAN none abc
        SADD s a b c
        SSCAN s 0
        SSCAN s 0 MATCH [ab] COUNT 5
        = time to live stays
        SADD k a b
        EXPIRE k 100
        SADD k c
        SREM k a
        TTL k
        = encodings
        SADD k 1
        SADD k a
        OBJECT ENCODING k
        SADD k 0123456789012345678901234567890123456789012345678901234567890123
        OBJECT ENCODING k
        SADD k 01234567890123456789012345678901234567890123456789012345678901234
        OBJECT ENCODING k
        SADD n 1 2 3
        SADD n 01234567890123456789012345678901234567890123456789012345678901234
        OBJECT ENCODING n
    """),
    case("encoding by number of members", "SADD k " + " ".join(_NUMBERS[:512]), "OBJECT ENCODING k",
         "SADD k 512", "OBJECT ENCODING k", "SADD l " + " ".join(_MANY[:128]), "OBJECT ENCODING l",
         "SADD l x", "OBJECT ENCODING l", "SREM l x m0", "OBJECT ENCODING l",
         "SADD n " + " ".join(_NUMBERS[:128]) + " x", "OBJECT ENCODING n",
         "SADD o " + " ".join(_NUMBERS[:127]), "SADD o x", "OBJECT ENCODING o",
         "SADD p " + " ".join(_NUMBERS[:128]), "SADD p x", "OBJECT ENCODING p",
         "SADD q " + " ".join(_NUMBERS), "OBJECT ENCODING q"),
    case("encodings of stored results", "SADD a " + " ".join(_NUMBERS), "SADD b 1 2 x",
         "SUNIONSTORE d a b", "OBJECT ENCODING d", "SINTERSTORE d a b", "OBJECT ENCODING d",
         "SDIFFSTORE d b a", "OBJECT ENCODING d", "SDIFFSTORE d a b", "OBJECT ENCODING d",
         "SUNIONSTORE d a", "OBJECT ENCODING d", "SUNIONSTORE d b", "OBJECT ENCODING d"),
    case("a big set", _BIG, command("SMEMBERS k", unordered), "SCARD k", "SISMEMBER k m5",
         "SREM k m5 m6", "SMISMEMBER k m5 m6 m7", "SADD j m1 m2 none",
         command("SINTER k j", unordered), command("SDIFF j k", unordered),
         command("SUNION j k", unordered), command("SDIFF k j", unordered)),
    case("small sets of words", "SADD a x y z", "SADD b y z w", command("SMEMBERS a", unordered),
         command("SINTER a b", unordered), command("SUNION a b", unordered),
         command("SDIFF a b", unordered), "SUNIONSTORE d a b", "SINTERSTORE d a b", "SDIFFSTORE d a b"),
    case("scanning a big set", _BIG, command("SSCAN k 0", top_type),
         command("SSCAN k 0 COUNT 100000", unordered_deep),
         command("SSCAN k 0 COUNT 100000 MATCH m1?", unordered_deep)),
    case("random members of several", "SADD k a b c",
         command("SRANDMEMBER k", drawn_from("a", "b", "c")),
         command("SRANDMEMBER k 2", drawn_from("a", "b", "c", distinct=True)),
         command("SRANDMEMBER k 3", unordered), command("SRANDMEMBER k 10", unordered),
         command("SRANDMEMBER k -10", drawn_from("a", "b", "c"))),
    case("random members of many", _BIG,
         command("SRANDMEMBER k 10", drawn_from(*_MANY, distinct=True)),
         command("SRANDMEMBER k 190", drawn_from(*_MANY, distinct=True)),
         command("SRANDMEMBER k 500", unordered), command("SRANDMEMBER k -300", drawn_from(*_MANY))),
    case("random numbers", "SADD k 1 2 3", command("SRANDMEMBER k 2", drawn_from("1", "2", "3")),
         command("SRANDMEMBER k -9", drawn_from("1", "2", "3"))),
    case("popping random members", "SADD k a b c d e f",
         command("SPOP k", drawn_from("a", "b", "c", "d", "e", "f")), "SCARD k",
         command("SPOP k 2", drawn_from("a", "b", "c", "d", "e", "f", distinct=True)), "SCARD k",
         command("SPOP k 10", drawn_from("a", "b", "c", "d", "e", "f", distinct=True)), "EXISTS k"),
    case("popping most of many", _BIG, command("SPOP k 190", drawn_from(*_MANY, distinct=True)),
         "SCARD k", "OBJECT ENCODING k", state=False),
    case("popping a few of many", _BIG, command("SPOP k 3", drawn_from(*_MANY, distinct=True)),
         "SCARD k", state=False),
]
