"""Hashes, all but the expiry of fields."""

from __future__ import annotations

from ..case import case, command
from ..compare import drawn_from, top_type, unordered, unordered_deep, unordered_pairs
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

_BIG = "HSET k " + " ".join(f"f{n} {n}" for n in range(200))
_FIELDS = [f"f{n}" for n in range(200)]
_NUMBERS = [str(n) for n in range(200)]

CASES = [
    *wrong_arity(
        "HSET", "HSET k", "HSET k f", "HSET k f v g", "HMSET", "HMSET k", "HMSET k f",
        "HMSET k f v g", "HSETNX", "HSETNX k f", "HSETNX k f v w", "HGET", "HGET k", "HGET k f g",
        "HMGET", "HMGET k", "HDEL", "HDEL k", "HGETDEL", "HGETDEL k FIELDS 1", "HLEN", "HLEN k f", "HSTRLEN", "HSTRLEN k",
        "HSTRLEN k f g", "HEXISTS", "HEXISTS k", "HEXISTS k f g", "HKEYS", "HKEYS k f", "HVALS",
        "HVALS k f", "HGETALL", "HGETALL k f", "HINCRBY", "HINCRBY k f", "HINCRBY k f 1 2",
        "HINCRBYFLOAT", "HINCRBYFLOAT k f", "HINCRBYFLOAT k f 1 2", "HRANDFIELD",
        "HRANDFIELD k 1 WITHVALUES x", "HSCAN", "HSCAN k",
    ),
    *wrong_type("hash", """
        HSET {} f v
        HMSET {} f v
        HSETNX {} f v
        HGET {} f
        HMGET {} f g
        HDEL {} f
        HGETDEL {} FIELDS 1 f
        HGETDEL {} FIELDS 2 f
        HGETDEL {} FOO 1 f
        HLEN {}
        HSTRLEN {} f
        HEXISTS {} f
        HKEYS {}
        HVALS {}
        HGETALL {}
        HINCRBY {} f 1
        HINCRBY {} f abc
        HINCRBYFLOAT {} f 1.5
        HINCRBYFLOAT {} f abc
        HRANDFIELD {}
        HRANDFIELD {} 2
        HRANDFIELD {} abc
        HRANDFIELD {} 2 WITHVALUES
        HRANDFIELD {} 2 NOSUCH
        HSCAN {} 0
        HSCAN {} abc
        HSCAN {} 0 NOSUCH
    """),
    *missing_and_expired("HSET k f 1 g 2", """
        HSET k f v
        HMSET k f v
        HSETNX k f v
        HGET k f
        HMGET k f g
        HDEL k f
        HLEN k
        HSTRLEN k f
        HEXISTS k f
        HKEYS k
        HVALS k
        HGETALL k
        HINCRBY k f 5
        HINCRBYFLOAT k f 1.5
        HRANDFIELD k
        HRANDFIELD k 2
        HRANDFIELD k -2
        HRANDFIELD k 2 WITHVALUES
        HSCAN k 0
        HSCAN k 5
    """),
    *integers("HINCRBY k f {}", "HSET k f 10"),
    *integers("HINCRBY k f {}"),
    *integers("HINCRBY k f {}", "HSET k f 9223372036854775806"),
    *integers("HSET k f {}", after=["HINCRBY k f 1", "HSTRLEN k f"]),
    *floats("HINCRBYFLOAT k f {}", "HSET k f 10.5", after=["HINCRBYFLOAT k f 0"]),
    *floats("HINCRBYFLOAT k f {}"),
    *floats("HSET k f {}", after=["HINCRBYFLOAT k f 1"]),
    each("HRANDFIELD k {}", COUNTS, "HSET k f f"),
    each("HRANDFIELD k {} WITHVALUES", COUNTS, "HSET k f f"),
    *integers("HSCAN k {}\nHSCAN k 0 COUNT {}", "HSET k f v"),
    *table(r"""
        = set and get
        HSET k f v
        HSET k f w
        HSET k f x g y
        HSET k f x f y
        HGET k f
        HGET k none
        HGETALL k
        HSET k "" empty "\x00\xff" "\r\n"
        HGET k ""
        HGET k "\x00\xff"
        HLEN k
        = hmset
        HMSET k f v g w
        HMSET k f v
        HGETALL k
        HMSET k f 1 f 2
        = hmget
        HSET k a 1 b 2
        HMGET k a none b a
        HMGET k a
        = hsetnx
        HSETNX k f v
        HSETNX k f w
        HGET k f
        = hdel
        HSET k a 1 b 2 c 3
        HDEL k a none a
        HDEL k none
        HDEL k b c
        EXISTS k
        HDEL k a
        = hgetdel
        HSET k a 1 b 2 c 3
        HGETDEL k FIELDS 2 a none
        HGETDEL k fields 2 b b
        HGETDEL k FIELDS 1 c
        HGETDEL k FIELDS 2 c c
        EXISTS k
        = hgetdel refuses
        HSET k a 1
        HGETDEL k FOO 1 a
        HGETDEL k FIELDS 0 a
        HGETDEL k FIELDS -1 a
        HGETDEL k FIELDS x a
        HGETDEL k FIELDS 9223372036854775807 a
        HGETDEL k FIELDS 9223372036854775808 a
        HGETDEL k FIELDS 2 a
        HGETDEL k FIELDS 1 a b
        HGETDEL none FIELDS 0 a
        = hkeys hvals hgetall
        HSET k a 1 b 2 c 1
        HKEYS k
        HVALS k
        HGETALL k
        = hexists hlen hstrlen
        HSET k a hello b "" c 12345 d -9223372036854775808
        HEXISTS k a
        HEXISTS k none
        HLEN k
        HSTRLEN k a
        HSTRLEN k b
        HSTRLEN k c
        HSTRLEN k d
        HSTRLEN k none
        = hincrby
        HINCRBY k f 5
        HINCRBY k f -7
        HINCRBY k g 0
        HSET k f abc
        HINCRBY k f 1
        HSET k f ""
        HINCRBY k f 1
        HSET k f " 1"
        HINCRBY k f 1
        HSET k f 1.5
        HINCRBY k f 1
        HSET k f 9223372036854775807
        HINCRBY k f 1
        HINCRBY k f -1
        HSET k f -9223372036854775808
        HINCRBY k f -1
        = hincrbyfloat
        HINCRBYFLOAT k f 0.1
        HINCRBYFLOAT k f 0.2
        HINCRBYFLOAT k f 3e3
        HINCRBYFLOAT k f -1e-10
        HINCRBYFLOAT k f 5
        HSET k f abc
        HINCRBYFLOAT k f 1
        HSET k f ""
        HINCRBYFLOAT k f 1
        HSET k f "1 "
        HINCRBYFLOAT k f 1
        HSET k f 1e308
        HINCRBYFLOAT k f 1e308
        HINCRBYFLOAT k f 1e4932
        HINCRBYFLOAT k f inf
        HINCRBYFLOAT k f nan
        HSET k f 12345678901234567890
        HINCRBYFLOAT k f 0.5
        = a write that fails makes no key
        HINCRBY k f abc
        HINCRBYFLOAT k f abc
        HSET k f
        HSETNX k f
        EXISTS k
        = time to live stays
        HSET k f 1
        EXPIRE k 100
        HSET k g 2
        HINCRBY k f 1
        HDEL k g
        TTL k
        = hrandfield
        HSET k f f
        HRANDFIELD k
        HRANDFIELD k 0
        HRANDFIELD k 0 WITHVALUES
        HRANDFIELD k 1
        HRANDFIELD k 5 WITHVALUES
        HRANDFIELD k -3
        HRANDFIELD k -3 WITHVALUES
        HRANDFIELD k 1 withvalues
        HRANDFIELD k 1 NOSUCH
        HRANDFIELD k 1 WITHVALUES NOSUCH
        HRANDFIELD k WITHVALUES
        HRANDFIELD none 0
        HRANDFIELD none 1 NOSUCH
        HRANDFIELD none abc
        HRANDFIELD k 4611686018427387904 WITHVALUES
        HRANDFIELD k -4611686018427387905 WITHVALUES
        HRANDFIELD k -9223372036854775808 WITHVALUES
        = hscan
        HSET k a 1 b 2 ab 3
        HSCAN k 0
        HSCAN k 0 MATCH a*
        HSCAN k 0 MATCH none
        HSCAN k 0 COUNT 1
        HSCAN k 0 COUNT 100 MATCH *b
        HSCAN k 0 NOVALUES
        HSCAN k 0 NOVALUES MATCH a*
        HSCAN k 0 MATCH a* COUNT 1 NOVALUES
        HSCAN k 0 COUNT
        HSCAN k 0 MATCH
        HSCAN k 0 COUNT 0
        HSCAN k 0 COUNT -1
        HSCAN k 0 COUNT abc
        HSCAN k 0 NOSUCH
        HSCAN k 0 TYPE hash
        HSCAN k 0 NOVALUES NOVALUES
        HSCAN k abc
        HSCAN k -1
        HSCAN k 18446744073709551615
        HSCAN k 18446744073709551616
        HSCAN none 0
        HSCAN none abc
        HSCAN none 0 NOSUCH
        = encodings
        HSET small f v
        OBJECT ENCODING small
        HSET k f 0123456789012345678901234567890123456789012345678901234567890123
        OBJECT ENCODING k
        HSET k f 01234567890123456789012345678901234567890123456789012345678901234
        OBJECT ENCODING k
        HDEL k f
        HSET j 01234567890123456789012345678901234567890123456789012345678901234 v
        OBJECT ENCODING j
        HSETNX l f 01234567890123456789012345678901234567890123456789012345678901234
        OBJECT ENCODING l
    """),
    case("encoding by number of fields",
         "HSET k " + " ".join(f"f{n} {n}" for n in range(127)), "OBJECT ENCODING k",
         "HSET k f127 x", "OBJECT ENCODING k", "HSET k f128 x", "OBJECT ENCODING k",
         "HDEL k f128 f127 f126", "OBJECT ENCODING k", compare=unordered),
    case("encoding when many fields come at once", _BIG, "OBJECT ENCODING k", "HLEN k"),
    case("a big hash", _BIG, command("HGETALL k", unordered_pairs), command("HKEYS k", unordered),
         command("HVALS k", unordered), "HMGET k f0 f199 f200", "HEXISTS k f100", "HDEL k f100",
         "HEXISTS k f100", "HINCRBY k f5 10", "HSTRLEN k f150", "HLEN k"),
    case("scanning a small hash whole", "HSET k a 1 b 2 c 3", command("HSCAN k 0 COUNT 1", unordered_deep)),
    case("scanning a big hash", _BIG, command("HSCAN k 0", top_type),
         command("HSCAN k 0 COUNT 100000", unordered_deep),
         command("HSCAN k 0 COUNT 100000 MATCH f1?", unordered_deep),
         command("HSCAN k 0 COUNT 100000 NOVALUES", unordered_deep)),
    case("random fields of several", "HSET k a x b y c z",
         command("HRANDFIELD k", drawn_from("a", "b", "c")),
         command("HRANDFIELD k 2", drawn_from("a", "b", "c", distinct=True)),
         command("HRANDFIELD k 3", unordered), command("HRANDFIELD k 10", unordered),
         command("HRANDFIELD k -10", drawn_from("a", "b", "c")),
         command("HRANDFIELD k 2 WITHVALUES", drawn_from("a", "b", "c", "x", "y", "z", distinct=True)),
         command("HRANDFIELD k -10 WITHVALUES", drawn_from("a", "b", "c", "x", "y", "z"))),
    case("random fields of many", _BIG,
         command("HRANDFIELD k", drawn_from(*_FIELDS)),
         command("HRANDFIELD k 10", drawn_from(*_FIELDS, distinct=True)),
         command("HRANDFIELD k 190", drawn_from(*_FIELDS, distinct=True)),
         command("HRANDFIELD k 500 WITHVALUES", drawn_from(*_FIELDS, *_NUMBERS)),
         command("HRANDFIELD k -300", drawn_from(*_FIELDS))),
]
