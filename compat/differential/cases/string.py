"""Strings."""

from __future__ import annotations

from ..case import case, command, pause
from ..compare import any_order, near
from ..generate import (
                INTEGERS,
                each,
                floats,
                integers,
                missing_and_expired,
                table,
                wrong_arity,
                wrong_type,
)

_LIVES = [number for number in INTEGERS if number not in ("1", "2")]
"""Numbers for times to live: none that is over before the next step."""

_SET_OPTIONS = ("NX", "XX", "GET", "KEEPTTL", "EX 100", "PX 100000", "EXAT 4102444800",
                "PXAT 4102444800000")
_GETEX_OPTIONS = ("EX 100", "PX 100000", "EXAT 4102444800", "PXAT 4102444800000", "PERSIST")

CASES = [
    case("lcs of too much", "SETRANGE a 20000 x", "SETRANGE b 20000 y", "LCS a b", "LCS a b LEN",
         "LCS a b IDX", state=False),
    *wrong_arity(
        "GET", "GET a b", "SET", "SET k", "MGET", "MSET", "MSET a", "MSET a 1 b", "MSETNX",
        "MSETNX a", "MSETNX a 1 b", "INCR", "INCR a b", "DECR", "DECR a b", "INCRBY", "INCRBY a",
        "INCRBY a 1 2", "DECRBY", "DECRBY a", "DECRBY a 1 2", "INCRBYFLOAT", "INCRBYFLOAT a",
        "INCRBYFLOAT a 1 2", "APPEND", "APPEND a", "APPEND a b c", "STRLEN", "STRLEN a b",
        "GETRANGE", "GETRANGE k 1", "GETRANGE k 1 2 3", "SUBSTR", "SUBSTR k 1", "SUBSTR k 1 2 3",
        "SETRANGE", "SETRANGE k 1", "SETRANGE k 1 v w", "GETEX", "GETDEL", "GETDEL a b", "GETSET",
        "GETSET a", "GETSET a b c", "SETNX", "SETNX a", "SETNX a b c", "SETEX", "SETEX a 1",
        "SETEX a 1 b c", "PSETEX", "PSETEX a 1", "PSETEX a 1 b c", "LCS", "LCS a",
    ),
    *wrong_type("string", """
        GET {}
        SET {} v GET
        MGET {} integer
        INCR {}
        DECR {}
        INCRBY {} 5
        INCRBY {} abc
        DECRBY {} 5
        INCRBYFLOAT {} 1.5
        INCRBYFLOAT {} abc
        APPEND {} x
        STRLEN {}
        GETRANGE {} 0 -1
        GETRANGE {} a b
        SETRANGE {} 0 x
        SETRANGE {} 1 ""
        SETRANGE {} -1 x
        SETRANGE {} 536870912 x
        GETEX {}
        GETEX {} EX 10
        GETEX {} EX 0
        GETDEL {}
        GETSET {} v
        SETNX {} v
        MSETNX {} v other w
    """),
    *[
        case(f"writes over any type: {line}", *(
            step
            for name, made in {
                "list": "RPUSH k a", "hash": "HSET k f v", "set": "SADD k a",
                "zset": "ZADD k 1 a", "stream": "XADD k 1-1 f v",
            }.items()
            for step in ("FLUSHALL ASYNC", f"{made}", "PEXPIRE k 100000", line)
        ))
        for line in ("SET k v", "SET k v KEEPTTL", "SET k v EX 100", "SETEX k 100 v",
                     "PSETEX k 100000 v", "MSET k v j w")
    ],
    *integers("INCRBY k {}", "SET k 10"),
    *integers("DECRBY k {}", "SET k 10"),
    *integers("INCRBY k {}", "SET k 9223372036854775806"),
    *integers("DECRBY k {}", "SET k -9223372036854775807"),
    *[
        each(line, _LIVES, "SET k v", after=["PTTL k"], compare=near(2000), state=False)
        for line in ("SETEX k {} v", "PSETEX k {} v", "SET k v EX {}", "SET k v PX {}",
                     "SET k v EXAT {}", "SET k v PXAT {}", "GETEX k EX {}", "GETEX k PX {}",
                     "GETEX k EXAT {}", "GETEX k PXAT {}")
    ],
    *integers("GETRANGE k {} -1\nGETRANGE k 0 {}\nGETRANGE k {} 3\nGETRANGE k -3 {}\nSUBSTR k {} 2",
              "SET k hello"),
    *integers("GETRANGE k {} 2", "SET k 12345"),
    *integers("SETRANGE k {} x", "SET k hello", state=False, after=["STRLEN k"]),
    *integers("SETRANGE k {} ''", state=False, after=["EXISTS k"]),
    *integers("LCS a b MINMATCHLEN {} IDX", "MSET a ohmytext b mynewtext"),
    *floats("INCRBYFLOAT k {}", "SET k 10.5", after=["INCRBYFLOAT k 0"]),
    *floats("INCRBYFLOAT k {}", after=["INCRBYFLOAT k 1"]),
    *floats("SET k {}", after=["INCRBYFLOAT k 1"], state=False),
    *integers("SET k {}", after=["INCR k", "DECRBY k 3", "OBJECT ENCODING k", "APPEND k 0"]),
    *missing_and_expired("SET k 12", """
        GET k
        SET k v
        SET k v XX
        SET k v NX
        SET k v GET
        SET k v NX GET
        SET k v XX GET
        SET k v KEEPTTL
        MGET k j k
        INCR k
        DECR k
        INCRBY k 5
        DECRBY k 5
        INCRBYFLOAT k 1.5
        APPEND k x
        APPEND k ""
        STRLEN k
        GETRANGE k 0 -1
        SETRANGE k 3 x
        SETRANGE k 0 ""
        GETEX k
        GETEX k PERSIST
        GETEX k EX 100
        GETDEL k
        GETSET k v
        SETNX k v
        MSETNX k v j w
        MSET k v
        LCS k j
    """),
    *table(r"""
        = get and set
        SET k v
        GET k
        SET k ""
        GET k
        SET "" empty
        GET ""
        SET "\x00\xff\r\n" "\x00\xff\r\n"
        GET "\x00\xff\r\n"
        = encodings of set
        SET a 12
        SET b 9223372036854775807
        SET c 9223372036854775808
        SET d -0
        SET e 007
        SET f 12345678901234567890123456789012345678901234
        SET g 123456789012345678901234567890123456789012345
        SET h 1.5
        SET i " 1"
        SET j -9223372036854775808
        = encodings after a change
        SET a 12
        APPEND a 3
        SET b 12
        SETRANGE b 0 5
        SET c abc
        INCR d
        INCRBYFLOAT e 3
        INCRBYFLOAT e 0.5
        APPEND f 12
        APPEND g 12
        APPEND g 34
        GETSET h 15
        SETEX i 100 15
        MSET j 15
        SETNX l 15
        = set option conflicts
        SET k v NX XX
        SET k v XX NX
        SET k v EX 10 PX 10
        SET k v EX 10 EX 10
        SET k v KEEPTTL EX 10
        SET k v EX 10 KEEPTTL
        SET k v PXAT 10 KEEPTTL
        SET k v NX NX
        SET k v XX XX
        SET k v GET GET
        SET k v KEEPTTL KEEPTTL
        SET k v EX
        SET k v PX
        SET k v EXAT
        SET k v PXAT
        SET k v EX NX
        SET k v NOSUCH
        SET k v ""
        SET k v PERSIST
        SET k v IFEQ v
        SET k v nx
        SET k v xx get
        SET k w eX 100
        = set nx
        SET k v NX
        SET k w NX
        GET k
        SET k x NX GET
        SET j y NX GET
        SET k z NX EX 100
        = set xx
        SET k v XX
        SET k w XX GET
        SET k v
        SET k w XX
        SET k x XX GET
        SET k y XX EX 100
        SET k z XX KEEPTTL
        = set keeps or drops the time to live
        SET k v EX 100
        TTL k
        SET k w KEEPTTL
        TTL k
        SET k x
        TTL k
        SET k x KEEPTTL
        SET k y EX 100 GET
        SET k z KEEPTTL GET
        TTL k
        SET k z NX KEEPTTL
        SET k z NX EX 200
        TTL k
        = setnx
        SETNX k v
        SETNX k w
        GET k
        = setnx leaves a time to live
        SET k v EX 100
        SETNX k w
        TTL k
        = getset
        GETSET k v
        GETSET k w
        GET k
        SET k v EX 100
        GETSET k w
        TTL k
        = getdel
        SET k v
        GETDEL k
        GETDEL k
        = getex
        SET k v
        GETEX k
        TTL k
        GETEX k EX 100
        TTL k
        GETEX k
        TTL k
        GETEX k PERSIST
        TTL k
        GETEX k PERSIST
        GETEX k EXAT 1
        EXISTS k
        SET k v
        GETEX k PXAT 1
        EXISTS k
        = getex option conflicts
        SET k v
        GETEX k EX
        GETEX k EX 10 PX 10
        GETEX k EX 10 PERSIST
        GETEX k PERSIST EX 10
        GETEX k PERSIST PERSIST
        GETEX k NX
        GETEX k KEEPTTL
        GETEX k GET
        GETEX k nosuch
        GETEX k ""
        GETEX none NOSUCH
        GETEX none EX abc
        = mget and mset
        MSET a 1 b 2 c 3
        MGET a b c none a
        MSET a 1 a 2
        GET a
        MGET none
        MSET a x
        = msetnx
        MSETNX a 1 b 2
        MSETNX b 3 c 4
        MGET a b c
        MSETNX d 1 d 2
        GET d
        = mset drops times to live
        SET a v EX 100
        MSET a w b x
        TTL a
        = incr and decr
        INCR k
        INCR k
        DECR k
        DECR j
        INCRBY k 10
        DECRBY k 20
        DECRBY i 5
        SET k abc
        INCR k
        DECR k
        INCRBY k 1
        DECRBY k 1
        SET k ""
        INCR k
        SET k "12 "
        INCR k
        SET k " 12"
        INCR k
        SET k 1.0
        INCR k
        SET k +1
        INCR k
        SET k 01
        INCR k
        SET k "1\x00"
        INCR k
        = incr overflows
        SET k 9223372036854775807
        INCR k
        INCRBY k 1
        DECR k
        SET k -9223372036854775808
        DECR k
        DECRBY k 1
        INCRBY k -1
        SET k -1
        INCRBY k -9223372036854775808
        DECRBY k -9223372036854775808
        SET k 5
        DECRBY k -9223372036854775807
        DECRBY k 9223372036854775807
        = incr keeps the time to live
        SET k 1 EX 100
        INCR k
        TTL k
        INCRBYFLOAT k 1.5
        TTL k
        APPEND k 5
        TTL k
        SETRANGE k 0 7
        TTL k
        = incrbyfloat
        INCRBYFLOAT k 0.1
        INCRBYFLOAT k 0.2
        INCRBYFLOAT k -0.3
        SET k 3.0e3
        INCRBYFLOAT k 200
        SET k 5.0e3
        INCRBYFLOAT k 1e-10
        SET k 10.50
        INCRBYFLOAT k 0.1
        INCRBYFLOAT k -5
        SET k 3
        INCRBYFLOAT k 1.1
        SET k 1e308
        INCRBYFLOAT k 1e308
        INCRBYFLOAT k 1e308
        SET k 1e4000
        INCRBYFLOAT k 1
        SET k 1e4932
        INCRBYFLOAT k 1e4932
        SET k 12345678901234567890
        INCRBYFLOAT k 0.5
        SET k 0
        INCRBYFLOAT k 1e-20
        INCRBYFLOAT k 100000000000000000000
        SET k -0.0
        INCRBYFLOAT k 0
        INCRBYFLOAT k -0.0
        SET k " 1"
        INCRBYFLOAT k 1
        SET k "1 "
        INCRBYFLOAT k 1
        SET k 0x10
        INCRBYFLOAT k 1
        SET k ""
        INCRBYFLOAT k 1
        SET k nan
        INCRBYFLOAT k 1
        SET k inf
        INCRBYFLOAT k 1
        = append
        APPEND k a
        APPEND k bc
        APPEND k ""
        GET k
        APPEND j ""
        EXISTS j
        APPEND k "\x00\xff"
        STRLEN k
        = strlen
        SET k hello
        STRLEN k
        SET k 12345
        STRLEN k
        SET k ""
        STRLEN k
        = getrange
        SET k "This is a string"
        GETRANGE k 0 3
        GETRANGE k -3 -1
        GETRANGE k 0 -1
        GETRANGE k 10 100
        GETRANGE k 5 3
        GETRANGE k -1 -3
        GETRANGE k -100 2
        GETRANGE k 100 200
        GETRANGE none 0 -1
        SET e ""
        GETRANGE e 0 -1
        = setrange
        SET k "Hello World"
        SETRANGE k 6 Redis
        GET k
        SETRANGE k 20 x
        GET k
        SETRANGE k 0 ""
        SETRANGE none 0 ""
        EXISTS none
        SETRANGE new 3 abc
        GET new
        SETRANGE n 0 a
        OBJECT ENCODING n
        SETRANGE k 536870912 ""
        SETRANGE none 536870912 ""
        SETRANGE none 9223372036854775807 x
        SETRANGE k abc ""
        = lcs
        MSET a ohmytext b mynewtext
        LCS a b
        LCS a b LEN
        LCS a b IDX
        LCS a b IDX MINMATCHLEN 4
        LCS a b IDX WITHMATCHLEN
        LCS a b IDX MINMATCHLEN 4 WITHMATCHLEN
        LCS a b LEN IDX
        LCS a b MINMATCHLEN 4
        LCS a b MINMATCHLEN
        LCS a b NOSUCH
        LCS none a
        LCS none a IDX
        LCS none other LEN
        LPUSH l x
        LCS a l
        LCS l a
        LCS a a IDX WITHMATCHLEN
    """),
    *[
        case(f"set {first} {second}", f"SET k v {first} {second}", "TTL k", "SET k w", f"SET k v {first} {second}", "TTL k")
        for first in _SET_OPTIONS
        for second in _SET_OPTIONS
    ],
    *[
        case(f"getex {first} {second}", "SET k v", f"GETEX k {first} {second}", "TTL k")
        for first in _GETEX_OPTIONS
        for second in _GETEX_OPTIONS
    ],
    *[
        case(f"time to live of {line}", "SET k v", line, command("PTTL k", near(100)))
        for line in ("SET k v EX 100", "SET k v PX 12345", "SETEX k 100 v", "PSETEX k 12345 v",
                     "GETEX k EX 100", "GETEX k PX 12345")
    ],
    *[
        case(f"expiry moment of {line}", "SET k v", line, "PEXPIRETIME k", "EXPIRETIME k")
        for line in ("SET k v EXAT 4102444800", "SET k v PXAT 4102444800123",
                     "GETEX k EXAT 4102444800", "GETEX k PXAT 4102444800123",
                     "SET k v PXAT 4102444800500", "SET k v PXAT 4102444800499")
    ],
    *[
        case(f"time is up after {line}", "SET k v", line, "GET k", pause(25), "GET k", "EXISTS k")
        for line in ("SET k v PX 20", "PSETEX k 20 v", "GETEX k PX 20")
    ],
    case("set into the past deletes", "SET k v", "SET k w EXAT 1", "EXISTS k", "SET k v PXAT 1",
         "SET k v", "SET k w PXAT 1000 GET", "SET j w PXAT 1000 NX", "SET j w EXAT 1 XX", "SET j w",
         "SET j w EXAT 1 XX", pause(5), events=any_order),
    case("encoding of a number counted to a whole one", "SET k 1.5", "INCRBYFLOAT k 0.5",
         "OBJECT ENCODING k"),
    case("long values", ("SET", "k", b"x" * 100_000), ("APPEND", "k", b"y" * 100_000),
         "GETRANGE k 99999 100000", "STRLEN k", "SETRANGE k 200000 z", "OBJECT ENCODING k"),
    case("values by length and encoding", *(
        step for size in (43, 44, 45, 46) for step in (("SET", f"k{size}", b"x" * size), f"OBJECT ENCODING k{size}")
    )),
]
