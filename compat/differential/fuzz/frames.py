"""Bytes that are nearly messages: pipelines with a few bytes changed and cut into pieces, to both sides."""

from __future__ import annotations

from collections.abc import Iterator
from random import Random

from .. import runner
from ..case import Case, case, raw
from ..sides import Crashed, Side
from ..wire import encode
from .play import shortest

_LINES = (
    *(
        b"PING",
        b"GET k",
        b"ECHO \"a\\x00\\\"b\" 'c\\'d'",
        b'SET k "v w"',
        b"INCR n",
        b"HSET h f v",
        b"",
    ),
    *(b"SET k", b"nonsense 'a b'", b"MULTI", b"EXEC", b"LPUSH l a b c", b"HGETALL h", b"LPOP l"),
)
_MEANING = (
    *(
        b"\r\n",
        b"\n",
        b"\r",
        b"*",
        b"$",
        b"+",
        b":",
        b"-",
        b"0",
        b"1",
        b"3",
        b"9",
        b"\x00",
        b"\xff",
        b"'",
    ),
    *(
        b'"',
        b"\\",
        b"\\x",
        b" ",
        b"*0\r\n",
        b"*-1\r\n",
        b"$-1\r\n",
        b"$0\r\n",
        b"4294967296",
        b"2147483648",
    ),
    *(b"9223372036854775807", b"-9223372036854775808", b"99999999999999999999", b"536870913"),
)
_SECRET = "secret"


def drawn(seed: str) -> Case:
    """The case of this seed; another connection is served after all of its bytes."""
    dice = Random(seed)
    data = bytearray(b"".join(_messages(dice)))
    for _ in range(dice.choice((0, 1, 1, 2, 3))):
        at = dice.randrange(len(data) + 1)
        data[at : at + dice.choice((0, 1, 1, 2))] = dice.choice(_MEANING)
    cuts = sorted(dice.randrange(len(data) + 1) for _ in range(dice.choice((0, 0, 1, 2, 5))))
    pieces = [bytes(data[at:end]) for at, end in zip([0, *cuts], [*cuts, len(data)], strict=True)]
    steps = [*(raw(piece) for piece in pieces if piece), "PING", "b> PING"]
    if dice.random() < 0.2:
        steps = [
            f"b> CONFIG SET requirepass {_SECRET}",
            *steps,
            f"AUTH {_SECRET}",
            "b> CONFIG SET requirepass ''",
        ]
    return case(seed, *steps)


def _messages(dice: Random) -> Iterator[bytes]:
    # No AUTH: Redis gives no answer to one that fails while another answer is yet to be sent.
    for _ in range(dice.randrange(1, 7)):
        if dice.random() < 0.3:
            yield dice.choice(_LINES) + dice.choice((b"\r\n", b"\n"))
        else:
            words = dice.choice(_LINES).split()
            yield encode(
                [*words, *[dice.randbytes(dice.choice((0, 1, 20, 200)))][: dice.randrange(2)]]
            )


def difference(seed: str, theirs: Side, ours: Side) -> str:
    """How the two sides differ about the case of this seed, cut short; nothing if they agree."""

    def found(made: Case) -> list[str]:
        try:
            return list(map(str, runner.compare(made, 2, theirs, ours)))
        except Crashed as error:
            return [str(error)]

    made = drawn(seed)
    if not found(made):
        return ""
    short = shortest(made, lambda less: bool(found(less)))
    return "\n".join([*(step.shown for step in short.steps), *found(short)[:2]])
