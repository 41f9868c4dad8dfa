"""DUMP, RESTORE and MIGRATE.

That payloads of every value are the same on both sides is in ``test_payloads.py``; here are the
commands' arguments, and payloads that are broken.
"""

from __future__ import annotations

from ..case import Case, Step, case, command
from ..compare import near
from ..generate import INTEGERS, missing_and_expired, table, wrong_arity
from ..payload import sealed

_TWELVE = sealed(b"\x00\xc0\x0c")
_LIST = sealed(b"\x12\x01\x02\x0c\x0c\x00\x00\x00\x02\x00\x81a\x02\x01\x01\xff")
_STREAM = sealed(b"\x15\x00\x05\x06\x00\x00\x00\x00\x05\x06\x01\x00")

_MAX = b"\x81" + b"\xff" * 8
_HALF = b"\x81\x7f" + b"\xff" * 7

_BODIES = {
    "an empty body": b"",
    "only a type": b"\x00",
    "an unknown type": b"\x63\x01a",
    "a type of modules": b"\x06\x01\x01a\x01b",
    "a type of modules, second form": b"\x07\x01\x01a\x01b",
    "a length beyond the end": b"\x00\x80\x00\x01\x00\x00abc",
    "a length of 2^63 - 1": b"\x00" + _HALF + b"abc",
    "a length of 2^64 - 1": b"\x00" + _MAX + b"abc",
    "a set of 2^63 - 1": b"\x02" + _HALF + b"\x01a",
    "a hash of 2^64 - 1": b"\x04" + _MAX + b"\x01a\x01b",
    "a sorted set of 2^63 - 1": b"\x05" + _HALF + b"\x01a" + b"\0" * 8,
    "a list of 2^63 - 1 nodes": b"\x12" + _HALF + b"\x01\x01a",
    "an empty list": b"\x12\x00",
    "an empty set": b"\x02\x00",
    "an empty hash": b"\x04\x00",
    "an empty sorted set": b"\x05\x00",
    "a list with an empty node": b"\x12\x01\x02\x07\x07\x00\x00\x00\x00\x00\xff",
    "a node of no kind": b"\x12\x01\x03\x01a",
    "the same member twice": b"\x02\x02\x01a\x01a",
    "trailing bytes": b"\x00\x01abc",
    "a torn compressed string": b"\x00\xc3\x03\x15\x01aa",
    "a compressed string that reaches before its beginning": b"\x00\xc3\x02\x03\x20\x05",
    "a compressed string of another length": b"\x00\xc3\x06\x16\x01aa\xe0\x0a\x00",
    "a listpack that is cut": b"\x10\x09\x0f\x00\x00\x00\x04\x00\x81a\x02",
    "a listpack with a wrong size": b"\x10\x0d\x0f\x00\x00\x00\x02\x00\x81a\x02\x81b\x02\xff",
    "a listpack without its end": b"\x10\x0d\x0d\x00\x00\x00\x02\x00\x81a\x02\x81b\x02\x00",
    "a hash with a field alone": b"\x10\x0a\x0a\x00\x00\x00\x01\x00\x81a\x02\xff",
    "an intset of a width of 3": b"\x0b\x0b\x03\x00\x00\x00\x01\x00\x00\x00\x01\x00\x00",
    "an intset that is cut": b"\x0b\x0a\x02\x00\x00\x00\x02\x00\x00\x00\x01\x00",
    "an empty intset": b"\x0b\x08\x02\x00\x00\x00\x00\x00\x00\x00",
    "a score of nan": b"\x05\x01\x01a" + b"\x00\x00\x00\x00\x00\x00\xf8\x7f",
}

_OLD = {
    "a list of strings": b"\x01\x03\x01a\xc0\x01\x01b",
    "a list in a ziplist": b"\x0a\x10\x10\0\0\0\x0d\0\0\0\x02\0\0\x01a\x03\xf2\xff",
    "a list of ziplists": b"\x0e\x02" + b"\x10\x10\0\0\0\x0d\0\0\0\x02\0\0\x01a\x03\xf2\xff" * 2,
    "a hash in a ziplist": b"\x0d\x10\x10\0\0\0\x0d\0\0\0\x02\0\0\x01a\x03\xf2\xff",
    "a sorted set in a ziplist": b"\x0c\x10\x10\0\0\0\x0d\0\0\0\x02\0\0\x01a\x03\xf2\xff",
    "a hash in a zipmap": b"\x09\x0a\x01\x01a\x01\x02xyz\xff"[:2] + b"\x01\x01a\x01\x02x\0\0\xff",
    "a sorted set with scores as text": b"\x03\x04\x01a\x031.5\x01b\xfe\x01c\xff\x01d\x012",
    "a sorted set with a score of nan as text": b"\x03\x01\x01a\xfd",
    "a small set as a table": b"\x02\x02\x01a\xc0\x01",
    "a set of integers as a table": b"\x02\x02\xc0\x02\xc0\x01",
    "a small hash as a table": b"\x04\x02\x01a\xc0\x01\x01b\xc0\x02",
    "a small sorted set as a table": b"\x05\x02\x01b" + b"\0" * 6 + b"\0\x40" + b"\x01a" + b"\0" * 6 + b"\xf0\x3f",
    "a small hash with deadlines as a table": b"\x18\x00\x50\x39\x27\x8c\x04\0\0\x02\x00\x01a\xc0\x01\x01\x01b\xc0\x02",
    "numbers of all widths in a listpack": b"\x12\x01\x02\x40\x21\x21\0\0\0\x06\0\x7f\x01\xc0\x80\x02\xf1\0\x10\x03\xf2\0\0\x80\x04\xf3\0\0\0\x80\x05\xf4\0\0\0\0\0\0\0\x80\x09\xff",
    "a stream of the first version": b"\x0f\x01\x10\0\0\0\0\0\0\0\x05\0\0\0\0\0\0\0\x06\x1d\x1d\0\0\0\x0a\0\x01\x01\0\x01\x01\x01\x81a\x02\0\x01\x02\x01\0\x01\0\x01\x81b\x02\x04\x01\xff\x01\x05\x06\x01\x01g\x05\x06\x00\x00",
    "a stream of the second version": b"\x13\x00\x00\x05\x06\x00\x00\x00\x00\x05\x01\x01g\x05\x06\x05\x00\x00",
}  # fmt: skip


def _restore(payload: bytes, *options: str, key: str = "k", ttl: str = "0") -> Step:
    words = [b"RESTORE", key.encode(), ttl.encode(), payload, *(word.encode() for word in options)]
    return command(tuple(words))


def _broken(name: str, body: bytes) -> Case:
    return case(name, _restore(sealed(body)), "EXISTS k")


CASES = [
    *wrong_arity(
        "DUMP",
        "DUMP k x",
        "RESTORE",
        "RESTORE k",
        "RESTORE k 0",
        "RESTORE-ASKING k 0",
        "MIGRATE",
        "MIGRATE h 1 k 0",
    ),
    *missing_and_expired("HSET k f 1", "DUMP k"),
    *(_broken(name, body) for name, body in _BODIES.items()),
    *(
        case(name, _restore(sealed(body)), "TYPE k", "OBJECT ENCODING k", "DUMP k")
        for name, body in _OLD.items()
    ),
    case(
        "a node of a list that holds one element as it is",
        _restore(sealed(b"\x12\x01\x01\x01a")),
        "OBJECT ENCODING k",
        "LRANGE k 0 -1",
        state=False,
    ),
    *(
        case(f"a payload of version {version}", _restore(sealed(b"\x00\x01a", version)), "GET k")
        for version in (0, 1, 6, 11, 12, 13, 65535)
    ),
    *(
        case(
            f"a table of three with room for {room} integers",
            f"CONFIG SET set-max-intset-entries {room}",
            _restore(sealed(b"\x02\x03\x01a\xc0\x01\xc0\x02")),
            "OBJECT ENCODING k",
            _restore(sealed(b"\x02\x03\xc0\x03\xc0\x01\xc0\x02"), key="ints"),
            "OBJECT ENCODING ints",
        )
        for room in (0, 2, 3)
    ),
    case(
        "a wrong checksum",
        _restore(_TWELVE[:-1] + b"x"),
        _restore(_TWELVE[:-8] + b"\0" * 8),
        _restore(b""),
        _restore(b"0123456789"),
        _restore(_TWELVE[:5]),
    ),
    case(
        "keys that are there",
        "SET k v",
        _restore(_TWELVE),
        _restore(b"garbage"),
        _restore(b"garbage", ttl="-1"),
        _restore(b"garbage", "NOSUCH", ttl="-1"),
        _restore(b"garbage", "REPLACE"),
        _restore(_TWELVE, "REPLACE"),
        "GET k",
        _restore(_LIST, "REPLACE"),
        "LRANGE k 0 -1",
        _restore(_STREAM, "replace"),
        "XINFO STREAM k",
    ),
    case(
        "each ttl",
        *(
            step
            for ttl in INTEGERS
            if ttl != "9223372036854775807"
            for step in (
                "FLUSHALL ASYNC",
                _restore(_TWELVE, ttl=ttl.strip("'").replace('"', "")),
                "EXISTS k",
            )
        ),
        events=None,
        state=False,
        timed=True,
    ),
    case(
        "times to live",
        _restore(_TWELVE, ttl="100000"),
        _restore(_TWELVE, "ABSTTL", "REPLACE", ttl="5000000000000"),
        "PEXPIRETIME k",
        _restore(_TWELVE, "ABSTTL", ttl="1"),
        _restore(_TWELVE, "ABSTTL", "REPLACE", ttl="1"),
        "EXISTS k",
        _restore(_TWELVE, "ABSTTL", ttl="1"),
        _restore(_TWELVE, "ABSTTL", ttl="0"),
        "TTL k",
        _restore(_TWELVE, "REPLACE"),
        "TTL k",
    ),
    *(
        case(
            f"not used for {seconds} seconds",
            _restore(_LIST, "IDLETIME", str(seconds)),
            command("OBJECT IDLETIME k", near(1)),
        )
        for seconds in (200_000, 2**24 - 2, 2**24 - 1, 2**24, 90_000_000, 2**63 - 1)
    ),
    case(
        "how it was used",
        _restore(_LIST, "IDLETIME", "1000"),
        command("OBJECT IDLETIME k"),
        _restore(_LIST, "REPLACE"),
        command("OBJECT IDLETIME k"),
        *(
            _restore(_LIST, "REPLACE", *options.split())
            for options in (
                "IDLETIME",
                "IDLETIME -1",
                "IDLETIME x",
                "FREQ",
                "FREQ -1",
                "FREQ 256",
                "FREQ x",
                "FREQ 255",
                "IDLETIME 1 FREQ 1",
                "FREQ 1 IDLETIME 1",
                "IDLETIME 1 IDLETIME 2",
                "FREQ 1 FREQ 1",
                "REPLACE ABSTTL ABSTTL",
                "NOSUCH",
                "IDLETIME -1 NOSUCH",
                "IDLETIME 1 NOSUCH",
            )
        ),
        timed=True,
    ),
    case(
        "how often it was used",
        "CONFIG SET maxmemory-policy allkeys-lfu",
        _restore(_LIST, "FREQ", "100"),
        "OBJECT FREQ k",
        _restore(_LIST, "REPLACE"),
        "OBJECT FREQ k",
        _restore(_LIST, "REPLACE", "IDLETIME", "1000"),
        "OBJECT FREQ k",
    ),
    case(
        "in a transaction, and as a cluster does it",
        "MULTI",
        _restore(_LIST),
        "DUMP k",
        "EXEC",
        command((b"RESTORE-ASKING", b"l", b"0", _LIST)),
        command((b"RESTORE-ASKING", b"l", b"0", _LIST)),
        command((b"RESTORE-ASKING", b"l", b"0", _LIST, b"REPLACE")),
        *(
            command((b"RESTORE-ASKING", b"l", ttl, _LIST, b"REPLACE", *words))
            for ttl, words in (
                (b"5000000000000", (b"ABSTTL",)),
                (b"0", (b"IDLETIME", b"10")),
                (b"0", (b"FREQ", b"10")),
                (b"1", (b"ABSTTL", b"IDLETIME", b"10", b"FREQ", b"10")),
            )
        ),
        "PEXPIRETIME l",
    ),
    # Redis adds what cannot be added, and its sweep may or may not have come by.
    case(
        "a time to live beyond all time",
        *(
            _restore(_TWELVE, "REPLACE", ttl=ttl)
            for ttl in ("9223372036854775807", "9223372036854775000", "9223370300000000000")
        ),
        events=None,
        state=False,
    ),
    case(
        "the last moment of all time",
        _restore(_TWELVE, "ABSTTL", ttl="9223372036854775807"),
        "PEXPIRETIME k",
        _restore(_LIST, "REPLACE", ttl="9223370000000000000"),
        "LRANGE k 0 -1",
        timed=True,
    ),
    *table(r"""
        = migrate
        SET a 1
        MIGRATE h 1 k 0 1
        MIGRATE h 1 k 0 1 FOO
        MIGRATE 127.0.0.1 1 k 0 1 COPY REPLACE
        MIGRATE 127.0.0.1 1 a 0 1 KEYS a
        MIGRATE 127.0.0.1 1 "" 0 1 KEYS nosuch
        MIGRATE 127.0.0.1 1 "" 0 1
        MIGRATE 127.0.0.1 1 a x 1
        MIGRATE 127.0.0.1 1 a 1 x
        MIGRATE 127.0.0.1 1 a 0 1 AUTH
        MIGRATE 127.0.0.1 1 a 0 1 AUTH2 a
        MIGRATE 127.0.0.1 1 a 0 1 AUTH x FOO
        MIGRATE 127.0.0.1 1 nosuch x 1
        MIGRATE 127.0.0.1 1 nosuch -1 -1
        MIGRATE 127.0.0.1 1 "" 0 1 KEYS
        MIGRATE 127.0.0.1 1 a 0 1 REPLACE KEYS
        migrate h 1 k 0 1 copy auth x
        = migrate of a key that is there
        SET a 1
        MIGRATE 127.0.0.1 1 a 0 1
        MIGRATE 127.0.0.1 1 "" 0 1 KEYS nosuch a
    """),
]
