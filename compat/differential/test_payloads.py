"""Payloads cross between the servers: what one dumps, the other restores, and dumps as the same.

Values of every type and encoding are made on both sides by the same commands, some of them drawn
from a seed. Where an encoding has an order, both sides' payloads are the same to the byte; a
table's are compared by what they restore to.
"""

from __future__ import annotations

import random

import pytest

from . import payload, state
from .sides import Side
from .wire import Reply

pytestmark = pytest.mark.timeout(60, func_only=True)

_SEEDS = range(12)
_LATER = 5_000_000_000_000

Words = list[bytes]


def _words(*parts: object) -> Words:
    return [part if isinstance(part, bytes) else str(part).encode() for part in parts]


_FIXED: dict[str, list[Words]] = {
    "integers as strings": [
        _words("SET", f"k{n}", n) for n in (0, 127, -128, 128, 2**31, -(2**63))
    ],
    "texts": [
        _words("SET", f"k{n}", text)
        for n, text in enumerate(
            (b"", b"a" * 20, b"a" * 21, b"hello world " * 50, b"\0\xff", b"0" * 300)
        )
    ],
    "a small list": [_words("RPUSH", "k", "a", 1, -70000, 2**40, b"x" * 70, "")],
    "a big list": [_words("RPUSH", "k", *(f"element {n}" for n in range(3000)))],
    "a list with a large element": [_words("RPUSH", "k", "a", b"x" * 9000, "b", b"y" * 20000)],
    "integers of each width": [
        _words("SADD", "k16", 1, 2, -3),
        _words("SADD", "k32", 1, 70000),
        _words("SADD", "k64", 1, 2**40),
        _words("SADD", "was64", 1, 2**40),
        _words("SREM", "was64", 2**40),
        _words("SADD", "big", *range(600)),
    ],
    "sets": [_words("SADD", "k", "a", 1, "b"), _words("SADD", "l", *(f"m{n}" for n in range(300)))],
    "hashes": [
        _words("HSET", "k", "f", "v", "g", 1),
        _words("HSET", "l", *(part for n in range(600) for part in (f"f{n}", n))),
        _words("HSET", "m", "f", b"x" * 100),
    ],
    "hashes with deadlines": [
        _words("HSET", "k", "f", "v", "g", 1, "h", 2),
        _words("HPEXPIREAT", "k", _LATER, "FIELDS", 1, "g"),
        _words("HPEXPIREAT", "k", _LATER - 5000, "FIELDS", 1, "f"),
        _words("HSET", "l", *(part for n in range(600) for part in (f"f{n}", n))),
        _words("HPEXPIREAT", "l", _LATER, "FIELDS", 2, "f1", "f2"),
        _words("HPEXPIREAT", "l", _LATER - 70000, "FIELDS", 1, "f3"),
    ],
    "sorted sets": [
        _words(
            "ZADD",
            "k",
            1,
            "a",
            1.5,
            "b",
            "inf",
            "c",
            "-inf",
            "d",
            "-0",
            "e",
            1e17,
            "f",
            5e18,
            "g",
            1e300,
            "h",
        ),
        _words("ZADD", "l", 1, b"x" * 70, 2.5, "b", "-inf", "c", 0.1, "d", -0.0, "e"),
        _words("ZADD", "m", *(part for n in range(500) for part in (n % 7, f"m{n}"))),
    ],
    "streams": [
        *(_words("XADD", "k", f"{n}-1", "f", n, "g", "x" * (n % 9)) for n in range(1, 250)),
        _words("XADD", "l", "5-18446744073709551615", "f", "v", "f", "w"),
        _words("XADD", "l", "6-0", "other", "v"),
        _words("XADD", "l", "18446744073709551615-7", "f", -5, "f", "08"),
        _words("XGROUP", "CREATE", "m", "g", "$", "MKSTREAM"),
        _words("XGROUP", "CREATE", "m", "h", "0", "ENTRIESREAD", "5"),
    ],
    "groups": [
        *(_words("XADD", "k", f"{n}-1", "f", n) for n in range(1, 20)),
        _words("XGROUP", "CREATE", "k", "g", "0"),
        _words("XGROUP", "CREATE", "k", "idle", "5-1", "ENTRIESREAD", "4"),
        _words("XREADGROUP", "GROUP", "g", "one", "COUNT", "7", "STREAMS", "k", ">"),
        _words("XREADGROUP", "GROUP", "g", "two", "COUNT", "5", "STREAMS", "k", ">"),
        _words("XACK", "k", "g", "2-1", "9-1"),
        _words("XCLAIM", "k", "g", "two", "0", "1-1", "TIME", "1700000000000", "RETRYCOUNT", "9"),
        _words("XGROUP", "CREATECONSUMER", "k", "g", "three"),
    ],
    "a stream with deleted entries": [
        *(_words("XADD", "k", f"{n}-1", "f", n) for n in range(1, 20)),
        _words("XDEL", "k", "3-1", "19-1", "1-1"),
        _words("XADD", "l", "1-1", "f", "v"),
        _words("XDEL", "l", "1-1"),
    ],
}


def _text(dice: random.Random) -> bytes:
    kind = dice.randrange(6)
    if kind == 0:
        return b"%d" % dice.choice(
            (0, 12, 127, 128, -1, 4095, -4097, 40000, 2**23, -(2**31), 2**40)
        )
    if kind == 1:
        return bytes(dice.randrange(256) for _ in range(dice.randrange(40)))
    if kind == 2:
        return b"%03d" % dice.randrange(100)
    words = [b"some", b"words", b" ", b"that come", b"again", b"\n", b"{", b"}"]
    return b"".join(dice.choice(words) for _ in range(dice.choice((1, 3, 10, 200))))


def _drawn(seed: int) -> list[Words]:
    """Commands that make a key of every type, of random size and content."""
    dice = random.Random(seed)

    def some(most: int = 200) -> range:
        return range(dice.choice((1, 3, 40, most)))

    made = [
        _words("SET", "string", _text(dice)),
        _words("RPUSH", "list", *(_text(dice) for _ in some(2000))),
        _words("SADD", "set", *(_text(dice) for _ in some())),
        _words(
            "SADD",
            "ints",
            *(dice.randrange(-(2 ** dice.choice((5, 15, 31, 60))), 2**20) for _ in some()),
        ),
        _words("HSET", "hash", *(_text(dice) for _ in some() for _ in "fv")),
        _words(
            "ZADD", "zset", *(part for _ in some() for part in (dice.uniform(-9, 9), _text(dice)))
        ),
    ]
    for _ in some(40):
        key = dice.choice(("list", "set", "ints", "hash", "zset"))
        field = _text(dice)
        made.append(
            {
                "list": _words(
                    dice.choice(("LPUSH", "RPUSH")), "list", *(_text(dice) for _ in some(30))
                ),
                "set": _words("SADD", "set", field),
                "ints": _words("SREM", "ints", dice.randrange(40)),
                "hash": _words("HSET", "hash", field, _text(dice)),
                "zset": _words("ZINCRBY", "zset", dice.randrange(-5, 5), field),
            }[key]
        )
        if key == "hash" and dice.randrange(3) == 0:
            made.append(
                _words("HPEXPIREAT", "hash", _LATER + dice.randrange(5), "FIELDS", 1, field)
            )
        if key == "list":
            made.append(_words("LREM", "list", dice.randrange(-2, 2), _text(dice)))
    for n in some(300):
        names = dice.choice((["f"], ["f", "g"], [_text(dice)]))
        fields = [part for name in names for part in (name, _text(dice))]
        made.append(_words("XADD", "stream", f"{n + 1}-{dice.randrange(5)}", *fields))
    made.append(_words("XTRIM", "stream", "MAXLEN", "=", dice.randrange(300)))
    return made


_CASES = [
    *(pytest.param(commands, id=name) for name, commands in _FIXED.items()),
    *(pytest.param(_drawn(seed), id=f"seed {seed}") for seed in _SEEDS),
]


@pytest.fixture
def both(theirs: Side, ours: Side) -> tuple[Side, Side]:
    """Both sides, as on a fresh server."""
    theirs.begin(2)
    ours.begin(2)
    return theirs, ours


def _dumps(side: Side, keys: list[bytes]) -> list[bytes]:
    return [reply.text for reply in side.ask([[b"DUMP", key] for key in keys])]


def _told(side: Side, keys: list[bytes]) -> list[tuple[Reply, ...]]:
    questions = [[b"TYPE"], [b"OBJECT", b"ENCODING"]]
    answers = [side.ask([[*words, key] for key in keys]) for words in questions]
    return list(zip(*answers, strict=True))


@pytest.mark.parametrize("commands", _CASES)
def test_payloads_cross(commands: list[Words], both: tuple[Side, Side]) -> None:
    theirs, ours = both
    assert [reply.kind for reply in theirs.ask(commands)] == [
        reply.kind for reply in ours.ask(commands)
    ]
    keys = sorted({command[2 if command[0] == b"XGROUP" else 1] for command in commands})
    keys = [
        key
        for key, there in zip(keys, ours.ask([[b"EXISTS", key] for key in keys]), strict=True)
        if there.text == b"1"
    ]
    assert _told(ours, keys) == _told(theirs, keys)
    payloads = [_dumps(side, keys) for side in both]
    for key, real, made in zip(keys, *payloads, strict=True):
        assert payload.comparable(made) == payload.comparable(real), key
    for source, target, sent in ((theirs, ours, payloads[0]), (ours, theirs, payloads[1])):
        before = state.dump(source)
        target.ask([[b"FLUSHALL"]])
        restores = [[b"RESTORE", key, b"0", sent[at]] for at, key in enumerate(keys)]
        assert [reply.text for reply in target.ask(restores)] == [b"OK"] * len(keys)
        assert state.dump(target) == before
        for key, was, again in zip(keys, sent, _dumps(target, keys), strict=True):
            assert payload.comparable(again) == payload.comparable(was), key
        target.ask([[b"FLUSHALL"], *commands])
