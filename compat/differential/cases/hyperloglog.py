"""HyperLogLogs: replies, and the strings that hold them, byte for byte."""

from __future__ import annotations

import random

from ..case import case
from ..generate import each, missing_and_expired, table, wrong_arity, wrong_type

_random = random.Random(8)

_EMPTY = r'SET s "HYLL\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x80{}"'

_RUNS = {
    "none": "",
    "all": r"\x7f\xff",
    "too few": r"\x7f\xfe",
    "too many": r"\x7f\xff\x00",
    "cut off": r"\x7f",
    "value first": r"\x80\x7f\xfe",
    "value last": r"\x7f\xfe\x80",
    "value past the end": r"\x7f\xff\x80",
    "highest value": r"\xff\x7f\xfb",
    "highest values": r"\xff\xff\x7f\xf7",
    "short zeros": r"\x3f\x7f\xbf",
    "single zeros": r"\x00\x00\x00\x7f\xfc",
    "values to join": r"\x80\x80\x80\x84\x84\x7f\xfa",
    "zeros that were not joined": r"\x01\x01\x40\x01\x7f\xf9",
    "a long form of a short run": r"\x40\x00\x7f\xfe",
}
"""Sparse registers as Redis would not leave them, some of which do not add up."""

_ON_STRINGS = (
    "PFCOUNT s", "PFCOUNT s s", "PFDEBUG ENCODING s", "PFDEBUG DECODE s", "PFADD s", "PFADD s a",
    "PFADD s b c d e f g h", "PFMERGE d s", "PFMERGE s", "GET d", "PFDEBUG TODENSE s",
    "PFDEBUG GETREG s",
)  # fmt: skip


def _adds(key: str, count: int, names: str) -> tuple[str, ...]:
    """One PFADD of so many elements of their own."""
    return ("PFADD", key, *(f"{names}{number}" for number in range(count)))


def _blob(length: int) -> bytes:
    return bytes(_random.randrange(256) for _ in range(length))


CASES = [
    *wrong_arity(
        "PFADD", "PFCOUNT", "PFMERGE", "PFDEBUG", "PFDEBUG GETREG", "PFDEBUG GETREG k x",
        "PFSELFTEST x",
    ),
    *wrong_type("", """
        PFADD {}
        PFADD {} a
        PFCOUNT {}
        PFCOUNT none {}
        PFCOUNT {} none
        PFMERGE {}
        PFMERGE {} none
        PFMERGE d {}
        PFMERGE d none {}
        PFDEBUG GETREG {}
        PFDEBUG DECODE {}
        PFDEBUG ENCODING {}
        PFDEBUG TODENSE {}
        PFDEBUG NOSUCH {}
    """),
    *missing_and_expired("PFADD k a b", """
        PFADD k
        PFADD k a
        PFCOUNT k
        PFCOUNT k k
        PFMERGE k
        PFMERGE d k
        PFDEBUG GETREG k
        PFDEBUG ENCODING k
        PFDEBUG NOSUCH k
    """),
    each("CONFIG SET hll-sparse-max-bytes {}", ("0", "1", "-1", "3kb", "x", "''", "20000"),
         after=["CONFIG GET hll-sparse-max-bytes", "CONFIG SET hll-sparse-max-bytes 3000"]),
    *[
        case(f"sparse registers, {name}: {line}", _EMPTY.format(runs), line, "GET s")
        for name, runs in _RUNS.items()
        for line in _ON_STRINGS
    ],
    *table(r"""
        = pfadd and pfcount
        PFADD k
        GET k
        PFADD k
        PFCOUNT k
        GET k
        PFADD k a
        GET k
        PFCOUNT k
        GET k
        PFADD k a
        GET k
        PFADD k a b a c
        GET k
        PFADD k ""
        PFADD k "\x00\xff"
        PFCOUNT k
        GET k
        OBJECT ENCODING k
        = pfadd keeps the time to live
        PFADD k a
        EXPIRE k 100
        PFADD k b
        TTL k
        PFCOUNT k
        TTL k
        PFMERGE k
        TTL k
        = a string that was set
        PFADD k a b c
        EVAL "redis.call('SET','j',redis.call('GET','k'))" 0
        OBJECT ENCODING j
        PFCOUNT j
        OBJECT ENCODING j
        EVAL "redis.call('SET','j',redis.call('GET','k'))" 0
        PFADD j a
        OBJECT ENCODING j
        = pfcount of several
        PFADD a 1 2 3
        PFADD b 3 4 5
        PFCOUNT a b
        PFCOUNT a b none
        PFCOUNT none
        PFCOUNT none none
        PFCOUNT a a
        GET a
        EXISTS none
        = pfmerge
        PFADD a 1 2 3
        PFADD b 3 4 5
        PFMERGE d a b
        GET d
        PFCOUNT d
        PFMERGE d none
        GET d
        PFMERGE d
        GET d
        PFMERGE e
        GET e
        PFMERGE a b
        PFCOUNT a
        PFMERGE f none none
        GET f
        PFCOUNT f
        = pfmerge of a dense one
        PFADD a 1 2 3
        PFADD b 3 4 5
        PFDEBUG TODENSE b
        PFMERGE d a b
        PFDEBUG ENCODING d
        GET d
        PFCOUNT d
        PFMERGE a b
        PFDEBUG ENCODING a
        PFADD c 7
        PFMERGE b c
        PFCOUNT b
        = pfmerge drops nothing of the destination
        PFADD d 1 2 3
        PFADD a 4
        PFMERGE d a
        PFCOUNT d
        = pfdebug
        PFADD k a b c d e f g
        PFDEBUG DECODE k
        PFDEBUG decode k
        PFDEBUG ENCODING k
        PFDEBUG TODENSE k
        PFDEBUG TODENSE k
        PFDEBUG ENCODING k
        PFDEBUG DECODE k
        PFCOUNT k
        PFDEBUG GETREG k
        PFDEBUG NOSUCH k
        PFDEBUG "" k
        PFDEBUG NOSUCH none
        PFDEBUG SIMD off
        PFDEBUG SIMD ON
        PFSELFTEST
        = pfdebug simd with neither on nor off
        PFDEBUG SIMD k
        = pfdebug getreg makes it dense
        PFADD k a b c
        PFCOUNT k
        PFDEBUG GETREG k
        PFDEBUG ENCODING k
        GET k
        = what touches a watched key
        PFADD k a
        WATCH k
        PFCOUNT k
        MULTI
        PING
        EXEC
        WATCH k
        PFCOUNT k
        MULTI
        PING
        EXEC
        WATCH k
        PFADD k a
        MULTI
        PING
        EXEC
        WATCH k
        PFADD k b
        MULTI
        PING
        EXEC
        WATCH k
        PFMERGE k
        MULTI
        PING
        EXEC
        WATCH k
        PFDEBUG TODENSE k
        MULTI
        PING
        EXEC
        = in scripts and transactions
        EVAL "return redis.call('PFADD',KEYS[1],'a')" 1 k
        EVAL_RO "return redis.call('PFCOUNT',KEYS[1])" 1 k
        EVAL_RO "return redis.call('PFADD',KEYS[1],'b')" 1 k
        EVAL "return redis.pcall('PFCOUNT',KEYS[1]).err" 1 l
        MULTI
        PFADD k x y z
        PFMERGE d k
        PFCOUNT d k
        EXEC
        = a string that is none
        SET s ""
        PFCOUNT s
        SET s 1234567890123456
        PFCOUNT s
        SET s 12
        PFADD s a
        SET s HYLL
        PFADD s a
        SET s "HYLL\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00"
        PFCOUNT s
        SET s "HYLL\x02\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x7f\xff"
        PFCOUNT s
        SET s "HYLX\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x7f\xff"
        PFCOUNT s
        SET s "hyll\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x7f\xff"
        PFCOUNT s
        SET s "HYLL\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x7f\xff"
        PFCOUNT s
        PFADD s a
        PFMERGE s
        PFMERGE d s
        PFDEBUG ENCODING s
        PFCOUNT none s
        = a cached estimate is believed
        SET s "HYLL\x01abc\x01\x02\x03\x04\x05\x06\x07\x08\x7f\xff"
        PFCOUNT s
        PFADD s
        PFCOUNT s
        PFCOUNT s s
        PFADD s a
        GET s
        PFCOUNT s
        GET s
        PFDEBUG TODENSE s
        GET s
        SET s "HYLL\x01abc\xff\xff\xff\xff\xff\xff\xff\x7f\x7f\xff"
        PFCOUNT s
        SET s "HYLL\x01abc\xff\xff\xff\xff\xff\xff\xff\xff\x7f\xff"
        PFCOUNT s
        GET s
        = pfcount edits the string in place
        SET s "HYLL\x01\x00\x00\x00\x03\x00\x00\x00\x00\x00\x00\x00\x7f\xff"
        PFCOUNT s s
        OBJECT ENCODING s
        PFCOUNT s
        OBJECT ENCODING s
        = key positions
        COMMAND GETKEYS PFADD k a b
        COMMAND GETKEYS PFCOUNT a b c
        COMMAND GETKEYS PFMERGE d a b
        COMMAND GETKEYS PFMERGE d
        COMMAND GETKEYS PFDEBUG GETREG k
        COMMAND GETKEYSANDFLAGS PFMERGE d a b
        COMMAND GETKEYSANDFLAGS PFCOUNT a b
    """),
    case("up to a dense one", *(
        step
        for number in range(30)
        for step in (_adds("k", 60, f"{number}-"), "GET k", "PFCOUNT k", "PFDEBUG ENCODING k")
    )),
    case("element by element", *(
        step for number in range(300) for step in (("PFADD", "k", str(number)), "GET k")
    ), "PFDEBUG DECODE k", "PFCOUNT k"),
    case("elements of all lengths", *(
        step for length in range(80) for step in (("PFADD", "k", _blob(length)), "GET k")
    )),
    case("large ones", _adds("a", 20_000, "a"), "PFCOUNT a", _adds("b", 30_000, "b"), "PFCOUNT b",
         "PFCOUNT a b", "PFMERGE c a b", "PFCOUNT c", "GET c", _adds("c", 1000, "a"), "PFCOUNT c"),
    *[
        case(f"sparse up to {most} bytes", f"CONFIG SET hll-sparse-max-bytes {most}", *(
            step
            for number in range(12)
            for step in (("PFADD", "k", *(f"{number}-{i}" for i in range(20))), "GET k",
                         "PFDEBUG ENCODING k")
        ), "CONFIG SET hll-sparse-max-bytes 3000", "PFCOUNT k", "PFMERGE d k", "GET d")
        for most in (0, 18, 100, 300)
    ],
    case("a merge past the limit", _adds("a", 700, "a"), _adds("b", 700, "b"),
         "PFDEBUG ENCODING a", "PFDEBUG ENCODING b", "PFMERGE d a b", "PFDEBUG ENCODING d", "GET d",
         "PFCOUNT d"),
]  # fmt: skip
