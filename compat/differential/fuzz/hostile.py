"""Broken argument vectors, out of the lines of the case tables, on our engine alone.

The engine contains a panic and counts it. Here each is a failure, and so is an end of the process,
an absurd allocation (the process has a limit) or an answer that takes too long.
"""

from __future__ import annotations

import resource
import threading
from collections.abc import Callable, Sequence
from random import Random

from ..case import Case, Command, case, command
from ..engine import Watched
from ..sides import Crashed, Side
from .payloads import broken
from .play import shortest

_MEMORY = 6 << 30
"""How much address space the engine may take: a script has 1 GiB, a string half of one."""

_SECONDS = 30.0
"""How long one case may take."""

BATCH = 25
"""How many cases meet the same store; between two stores the panics are counted."""

_GIANTS = (
    *(b"9223372036854775807", b"-9223372036854775808", b"9223372036854775808", b"4294967296"),
    *(b"18446744073709551615", b"-1", b"0", b"2147483648", b"-2147483649", b"1e308", b"1e-400"),
    *(b"nan", b"-nan", b"inf", b"-inf", b"-0", b"-0.0", b"0x7fffffffffffffff", b"1" * 400),
    *(b"18446744073709551615-18446744073709551615", b"9223372036854775807-1", b"0-0", b"-", b"+"),
)
_BYTES = (
    *(
        b"",
        b"\x00",
        b"\xff",
        b"\xff" * 20,
        b"\xc3\x28",
        b"\r\n",
        b" ",
        b"*",
        b"$",
        b">",
        b"(",
        b"[",
    ),
    *(
        b"[" * 50,
        b"\\",
        b"*" * 60,
        b"~",
        b"=",
        b"#",
        b"x" * 70_000,
        b"a\x00b",
        b"%n%s",
        b"\xf0\x9f",
    ),
)
_KEYS = (b"k", b"string", b"integer", b"list", b"hash", b"set", b"zset", b"stream")
_MANY = 10_000

# A real server too makes as many random picks as it is asked for, or sleeps or pauses as long.
_ENDLESS = (b"SRANDMEMBER", b"HRANDFIELD", b"ZRANDMEMBER", b"SPOP", b"DEBUG", b"SHUTDOWN")
_SETUP = (
    "SET string v", "SET integer 12", "RPUSH list a b c", "HSET hash f v g w", "SADD set a b c",
    "ZADD zset 1 a 2 b", "XADD stream 1-1 f v", "XGROUP CREATE stream g 0",
)  # fmt: skip

Words = list[bytes]


def _swap(dice: Random, words: Words) -> Words:
    left, right = dice.randrange(len(words)), dice.randrange(len(words))
    words[left], words[right] = words[right], words[left]
    return words


def _drop(dice: Random, words: Words) -> Words:
    del words[dice.randrange(len(words))]
    return words


def _double(dice: Random, words: Words) -> Words:
    at = dice.randrange(len(words))
    return [*words[:at], words[at], *words[at:]]


def _giant(dice: Random, words: Words) -> Words:
    words[dice.randrange(len(words))] = dice.choice(_GIANTS)
    return words


def _strange(dice: Random, words: Words) -> Words:
    words[dice.randrange(len(words))] = dice.choice(_BYTES)
    return words


def _key(dice: Random, words: Words) -> Words:
    words[dice.randrange(len(words))] = dice.choice(_KEYS)
    return words


def _flip(dice: Random, words: Words) -> Words:
    at = dice.randrange(len(words))
    if word := bytearray(words[at]):
        word[dice.randrange(len(word))] ^= 1 << dice.randrange(8)
        words[at] = bytes(word)
    return words


def _cut(dice: Random, words: Words) -> Words:
    return words[: dice.randrange(len(words) + 1)]


def _many(dice: Random, words: Words) -> Words:
    if dice.random() > 0.05:
        return _double(dice, words)
    at = dice.randrange(len(words))
    return [*words[:at], *[words[at]] * _MANY, *words[at:]]


_MUTATIONS: tuple[Callable[[Random, Words], Words], ...] = (
    *(_swap, _drop, _double, _giant, _giant, _strange, _key, _flip, _cut, _many),
)


def mutated(dice: Random, words: Sequence[bytes]) -> tuple[bytes, ...]:
    """The words of a command with one to three things wrong; its name mostly as it was."""
    head, rest = list(words[:1]), list(words[1:])
    if head == [b"RESTORE"] and len(rest) > 2 and dice.random() < 0.7:
        # What is wrong with the body of a payload must get past its checksum.
        rest[2] = broken(dice, rest[2])
        return (*head, *rest)
    for _ in range(dice.choice((1, 1, 2, 3))):
        if rest:
            rest = dice.choice(_MUTATIONS)(dice, rest)
    if dice.random() < 0.02:
        head = _flip(dice, head)
    return (*head, *rest)


def drawn(seed: str, lines: Sequence[Case]) -> Case:
    """One of the cases with most of its lines broken, and a few lines of others."""
    dice = Random(seed)
    steps = [*map(command, _SETUP), *dice.choice(lines).steps]
    for _ in range(5):
        steps.append(dice.choice(dice.choice(lines).steps))
    out: list[Command] = []
    for step in steps[:60]:
        if not isinstance(step, Command) or isinstance(step.sent, bytes) or not _ends(step.sent):
            continue
        whole = len(out) < len(_SETUP) or dice.random() < 0.3
        words = step.sent if whole else mutated(dice, step.sent)
        if words:
            out.append(command(words))
    return case(seed, *out)


def _ends(words: Sequence[bytes]) -> bool:
    """Whether a line comes to its end on its own, whatever its numbers."""
    head, *rest = (word.upper() for word in words)
    return head not in _ENDLESS and b"PAUSE" not in rest and not any(b"WHILE" in w for w in rest)


class Hostile:
    """Our side in a process of its own that is watched."""

    def __init__(self, open_ours: Callable[[], Watched]) -> None:
        self._open_ours = open_ours
        self._side = self._open()

    def _open(self) -> Watched:
        side = self._open_ours()
        resource.prlimit(side.pid, resource.RLIMIT_AS, (_MEMORY, _MEMORY))
        side.begin(2)
        return side

    def fault(self, seed: str, number: int, lines: Sequence[Case]) -> tuple[Case, str] | None:
        """Plays the batch of this number; the first case that fails, cut short, and why."""
        batch = [drawn(f"{seed}/{number}/{at}", lines) for at in range(BATCH)]
        if not self._fault(batch):
            return None
        for made in batch:
            if self._fault([made]):
                short = shortest(made, lambda less: bool(self._fault([less])))
                return short, self._fault([short])
        whole = case(f"{seed}/{number}", *(step for made in batch for step in made.steps))
        return whole, "only together"

    def close(self) -> None:
        """Ends the process."""
        self._side.close()

    def _fault(self, batch: Sequence[Case]) -> str:
        """What went wrong while these were played on a new store; nothing if nothing did."""
        late = threading.Timer(_SECONDS * len(batch), self._side.kill)
        late.start()
        try:
            self._side.begin(2)
            for number, made in enumerate(batch):
                _send(self._side, f"c{number}", made)
            told = self._side.ask([[b"INFO", b"everything"]])[0].text
            panics = told.split(b"burner_redis_panics:")[1].split(b"\r\n")[0]
            fault = "" if panics == b"0" else f"{panics.decode()} panics"
        except (Crashed, OSError) as error:
            fault = f"{error!r}"
        finally:
            late.cancel()
        if fault:
            self._side.close()
            self._side = self._open()
        return fault


def _send(side: Side, connection: str, made: Case) -> None:
    for step in made.steps:
        if isinstance(step, Command):
            side.send(connection, step.data(side.ids))
    side.settle()


def lines_of(cases: Sequence[Case]) -> list[Case]:
    """The cases that have lines to break."""
    return [made for made in cases if any(_is_line(step) for step in made.steps)]


def _is_line(step: object) -> bool:
    return isinstance(step, Command) and isinstance(step.sent, tuple)
