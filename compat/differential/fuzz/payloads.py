"""Payloads for RESTORE: what DUMP of either side made."""

from __future__ import annotations

from random import Random

from .. import payload
from ..case import lines
from ..sides import Side
from ..wire import encode, words

_MAKERS = lines(r"""
    SET k ""
    SET k 12
    SET k -70000
    SET k "some text, some text, some text, some text"
    RPUSH k a 1 "" -70000 xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx
    RPUSH k a b c d e f g
    SADD k 1 2 -3
    SADD k 1 70000 5000000000
    SADD k a 1 ""
    SADD k a b c d e f g
    HSET k a 1 b "" "" 2
    HSET k a 1 b 2 c 3 d 4 m1 m2
    HSETEX k PXAT 5000000000000 FIELDS 2 a 1 b 2
    ZADD k 1 a 1.5 b -0 c inf d -inf e 1e17 ""
    ZADD k 1 a 2 b 3 c 4 d 5 e
    PFADD k a b c
    SETBIT k 100 1
    GEOADD k 13.361389 38.115556 a 15.087269 37.502669 b
    XADD k 1-1 a 1
    XADD k 5-2 a 1 b 2
    XGROUP CREATE k g 0 MKSTREAM
""")

_SMALLER = [
    "hash-max-listpack-entries",
    "set-max-listpack-entries",
    "set-max-intset-entries",
    "zset-max-listpack-entries",
    "list-max-listpack-size",
]
"""Settings under which the longer ones of these values have their other encoding."""


class Payloads:
    """The payloads that a fuzz begins with."""

    def __init__(self, *sides: Side) -> None:
        self._all = [made for side in sides for made in _made(side)]

    def draw(self, dice: Random) -> bytes:
        """One of them."""
        return dice.choice(self._all)


def _made(side: Side) -> list[bytes]:
    side.begin(2)
    out: list[bytes] = []
    for limit in (b"128", b"4"):
        for name in _SMALLER:  # sent, not asked: a side takes back what connections set
            side.send("a", encode([b"CONFIG", b"SET", name.encode(), limit]))
            side.settle()
        for line in _MAKERS:
            out.append(side.ask([[b"DEL", b"k"], words(line), [b"DUMP", b"k"]])[-1].text)
    side.begin(2)
    return [made for made in out if made]


def broken(dice: Random, whole: bytes) -> bytes:
    """A payload with something wrong, as its checksum does not tell."""
    body = bytearray(payload.body(whole))
    if not body:
        return whole
    at = dice.randrange(len(body))
    if dice.random() < 0.8:
        body[at] = (body[at] + dice.choice((1, 2, 128, 255))) % 256
    else:
        del body[at]
    return payload.sealed(bytes(body))
