"""Random values for the arguments of commands, chosen so that they collide and touch the edges."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from random import Random

from ..docs import Argument
from .payloads import Payloads

Value = Callable[["Values"], bytes]
"""Draws one value."""

KEYS = {
    "string": (b"s", b"t"),
    "bitmap": (b"s", b"t", b"bits"),
    "hyperloglog": (b"p", b"q"),
    "list": (b"l", b"m"),
    "hash": (b"h", b"i"),
    "set": (b"u", b"v"),
    "sorted-set": (b"z", b"y"),
    "geo": (b"geo", b"z"),
    "stream": (b"x", b"w"),
}
"""The keys that a group's commands mostly name."""

_ALL_KEYS = sorted({key for keys in KEYS.values() for key in keys})

_TEXTS = (
    b"", b"a", b"b", b"c", b"1", b"2", b"-5", b"10", b"3.5", b"abc", b"hello", b"\x00\xff", b"inf",
    b"9223372036854775807", b"-0", b"007", b"+1", b"1e3", b"x" * 44, b"x" * 45, b"y" * 64, b"y" * 65, b"z" * 300,
)  # fmt: skip
_MEMBERS = (
    *(b"a", b"b", b"c", b"d", b"1", b"2", b"3", b"", b"\xff", b"1.5", b"y" * 65),
    *(b"m%d" % n for n in range(6)),
)
INDEXES = (
    *(b"0", b"1", b"-1", b"2", b"-2", b"3", b"5", b"-3", b"100", b"-100"),
    *(b"9223372036854775807", b"-9223372036854775808"),
)
_SMALL = (b"0", b"1", b"2", b"3", b"10")
_COUNTS = (b"1", b"2", b"3", b"10", b"0", b"-1", b"9223372036854775807")
_INCREMENTS = (
    *(b"1", b"-1", b"2", b"10", b"-100", b"0", b"9223372036854775807", b"-9223372036854775808"),
    *(b"4611686018427387904",),
)
_FLOATS = (
    *(b"0", b"1", b"-1", b"2.5", b"3", b"0.1", b"-0", b"1e10", b"1e-5", b"17", b"123456789012"),
    *(b"inf", b"-inf", b"3.0e3", b"1e300", b"0.30000000000000004", b"-0.0", b"5e-324", b"-1e-5"),
    *(b"9007199254740993", b"-9223372036854775808", b"1e17", b"-1e300", b"99999999999999990"),
)
_FINITE = tuple(number for number in _FLOATS if b"inf" not in number)
SCORE_BOUNDS = (
    *(b"-inf", b"+inf", b"0", b"1", b"(1", b"(2.5", b"3", b"-1", b"(0", b"(-inf", b"(inf", b"17"),
    *(b"-0", b"(-0", b"5e-324", b"1e300"),
)
LEX_BOUNDS = (b"-", b"+", b"[a", b"(a", b"[c", b"(m3", b"[", b"[m", b"(", b"[\xff")
IDS = (
    *(b"1-1", b"2-1", b"3-1", b"4-1", b"5-1", b"5-2", b"7-3", b"10-1", b"5-*", b"6", b"0-1"),
    *(b"%d-%d" % (ms, seq) for ms in range(8, 40, 4) for seq in (0, 2)),
)
_RANGE_IDS = (b"-", b"+", b"1", b"3-1", b"(2-1", b"(5", b"10-2", b"0", b"20", b"7-3")
LATER = (b"100000", b"200000", b"90000000")
"""Times to live that are long over when nobody plays any more."""

SOON = b"15"
SOON_SECONDS = b"0.015"
"""A time that is over when a machine lets time go by, and hardly before."""

_UNTIL = (b"99999999999", b"88888888888", b"1")
_UNTIL_MS = (b"9999999999999", b"8888888888888", b"1")
_PATTERNS = (b"*", b"a*", b"?", b"[a-c]", b"m*", b"[^a]*", b"*1*", b"h", b"")
_CHANNELS = (b"ch", b"ch2", b"news", b"a")

_GARBAGE = (
    b"", b"abc", b"-1", b"nan", b"1.5", b"9223372036854775808", b"-9223372036854775809", b" 1",
    b"0x10", b"\x00", b"99999999999999999999", b"(", b"$", b">", b"*", b"1-", b"inf", b"+", b"-",
)  # fmt: skip
"""What goes in the place of a value now and then."""


_SCORES = ("score", "increment", "weight")


class Values:
    """Draws values, in the frame of one sequence of commands."""

    def __init__(
        self,
        dice: Random,
        *,
        payloads: Payloads | None = None,
        one_score: bool = False,
        soon: bool = False,
        garbage: float = 0.02,
        pinned: bytes | None = None,
    ) -> None:
        self.dice = dice
        self.one_score = one_score
        """Whether all scores are the same, as ranges by name are made for."""
        self.soon = soon
        """Whether times to live may be so short that they are seen to end."""
        self.garbage = garbage
        """How often a value is one that its command has no use for."""
        self.pinned = pinned
        """The key that is mostly meant, if any."""
        self._payloads = payloads or Payloads()

    def one_of(self, values: Sequence[bytes]) -> bytes:
        """One of ``values``."""
        return self.dice.choice(values)

    def payload(self) -> bytes:
        """A payload for RESTORE."""
        return self._payloads.draw(self.dice)

    def milliseconds(self) -> bytes:
        """A time to live."""
        return SOON if self.soon and self.dice.random() < 0.2 else self.one_of(LATER)

    def draw(self, command: str, group: str, argument: Argument) -> bytes:
        """A value for this argument of this command."""
        if argument.kind == "key":
            return self._key(group)
        spared = command == "psubscribe" or (self.one_score and argument.name in _SCORES)
        if not spared and self.dice.random() < self.garbage:
            return self.one_of(_GARBAGE)
        name = argument.name
        value = _OF_COMMAND.get((command, name)) or _BY_NAME.get(name) or _BY_KIND[argument.kind]
        return value(self) if callable(value) else self.one_of(value)

    def wait(self) -> bytes:
        """How many milliseconds to wait at most: for ever, mostly."""
        return SOON if self.soon and self.dice.random() < 0.1 else b"0"

    def wait_seconds(self) -> bytes:
        """The same in seconds."""
        return b"0" if self.wait() == b"0" else SOON_SECONDS

    def restored_ttl(self) -> bytes:
        """What RESTORE is told of how long the key lives: mostly for ever."""
        return self.milliseconds() if self.dice.random() < 0.3 else b"0"

    def _key(self, group: str) -> bytes:
        roll = self.dice.random()
        if roll < 0.02:
            return b"none"
        if self.pinned is not None and roll > 0.3:
            return self.pinned
        return self.any_key() if roll < 0.12 or group not in KEYS else self.one_of(KEYS[group])

    def any_key(self) -> bytes:
        """A key, of any type."""
        return self.dice.choice(_ALL_KEYS)

    def score(self) -> bytes:
        """A score of a sorted set."""
        return b"0" if self.one_score else self.one_of(_FLOATS)


_BY_KIND: dict[str, Sequence[bytes] | Value] = {
    "integer": INDEXES,
    "double": _FLOATS,
    "string": _TEXTS,
    "pattern": _PATTERNS,
    "unix-time": _UNTIL,
}

_BY_NAME: dict[str, Sequence[bytes] | Value] = {
    "field": _MEMBERS,
    "member": _MEMBERS,
    "member1": _MEMBERS,
    "member2": _MEMBERS,
    "value": _TEXTS,
    "element": _TEXTS,
    "pivot": _TEXTS,
    "count": _COUNTS,
    "num-matches": _SMALL,
    "len": _SMALL,
    "rank": (b"1", b"-1", b"2", b"-2", b"3", b"0"),
    "limit": _COUNTS,
    "min-match-len": _SMALL,
    "score": Values.score,
    "increment": _INCREMENTS,
    "decrement": _INCREMENTS,
    "weight": _FLOATS,
    "seconds": LATER,
    "milliseconds": Values.milliseconds,
    "unix-time-milliseconds": _UNTIL_MS,
    "cursor": (b"0",),
    "destination-db": (b"0", b"1"),
    "db": (b"1", b"1", b"0"),
    "index1": (b"0", b"1"),
    "index2": (b"0", b"1"),
    "timeout": Values.wait_seconds,
    "group": (b"g", b"g", b"k"),
    "consumer": (b"c", b"d"),
    "id": IDS,
    "lastid": IDS,
    "last-id": IDS,
    "max-deleted-id": IDS,
    "min-idle-time": (b"0", b"0", b"99999999"),
    "entries-added": _SMALL,
    "entriesread": (*_SMALL, b"-1"),
    "ms": Values.wait,
    "channel": _CHANNELS,
    "shardchannel": _CHANNELS,
    "message": _TEXTS,
    "longitude": (
        b"0",
        b"13.361389",
        b"15.087269",
        b"-179.9",
        b"179.9",
        b"181",
        b"-0",
        b"1e-9",
        b"180",
    ),
    "latitude": (b"0", b"38.115556", b"37.502669", b"-85", b"85", b"86", b"-0", b"-1e-9", b"85.05"),
    "radius": (b"0", b"1", b"100", b"200000", b"20000000"),
    "width": (b"0", b"1", b"400", b"400000"),
    "height": (b"0", b"1", b"400", b"400000"),
    "encoding": (b"u8", b"i16", b"u63", b"i64", b"u1", b"i5"),
    "bit": (b"0", b"1"),
    "type": (b"string", b"hash", b"list", b"set", b"zset", b"stream", b"nosuch"),
    "by-pattern": (b"w_*", b"nosort", b"h->*", b"*", b"i->*", b"w_*->a", b"s*"),
    "get-pattern": (b"#", b"w_*", b"h->*", b"*", b"i->*", b"w_*->a"),
    "offset": (b"0", b"1", b"2", b"-1", b"100"),
    "serialized-value": Values.payload,
    "ttl": Values.restored_ttl,
    "frequency": (b"1", b"0", b"255", b"256"),
}

_OFFSETS = (b"0", b"1", b"7", b"8", b"100", b"31", b"-1", b"#1", b"#3")

_OF_COMMAND: dict[tuple[str, str], Sequence[bytes] | Value] = {
    # What is over as it is set goes when it is next looked at, or when the server comes by.
    ("set", "unix-time-seconds"): _UNTIL[:-1],
    ("set", "unix-time-milliseconds"): _UNTIL_MS[:-1],
    # A message is sent for each pattern in the order of the server's own table.
    ("psubscribe", "pattern"): (b"c*", b"ne?s", b"__keyspace@0__:s", b"__keyevent@0__:zadd"),
    ("select", "index"): (b"0", b"1"),
    ("setrange", "offset"): (b"0", b"1", b"5", b"20", b"-1"),
    ("setbit", "offset"): _OFFSETS,
    ("setbit", "value"): (b"0", b"1"),
    ("getbit", "offset"): _OFFSETS,
    ("bitfield", "offset"): _OFFSETS,
    ("bitfield", "value"): _INCREMENTS,
    ("bitfield_ro", "offset"): _OFFSETS,
    ("hincrbyfloat", "increment"): _FLOATS,
    ("incrbyfloat", "increment"): _FLOATS,
    ("zincrby", "increment"): Values.score,
    # Redis cuts this one index to 32 bits.
    ("lset", "index"): INDEXES[:-2],
    ("zcount", "min"): SCORE_BOUNDS,
    ("zcount", "max"): SCORE_BOUNDS,
    ("xgroup|create", "id"): (b"0", b"2-1", b"5-1", b"0-1"),
    ("xgroup|setid", "id"): (b"0", b"2-1", b"5-1", b"0-1"),
    ("xread", "id"): (*IDS, b"0", b"0", b"$", b"+"),
    ("xreadgroup", "id"): (b">", b">", b">", b"0", b"3-1"),
    ("xautoclaim", "start"): (b"0-0", b"3-1", b"(2-1"),
    # A random pick of all is one in any order.
    ("srandmember", "count"): (b"1000", b"0", b"1000"),
    ("hrandfield", "count"): (b"1000", b"0", b"1000"),
    ("zrandmember", "count"): (b"1000", b"0", b"1000"),
    ("spop", "count"): (b"1000", b"0", b"-1"),
    **{(name, "count"): (b"100000",) for name in ("scan", "hscan", "sscan", "zscan")},
    **{
        (name, end): _RANGE_IDS
        for name in ("xrange", "xrevrange", "xpending")
        for end in ("start", "end")
    },
    **{
        (name, end): bounds
        for kind, bounds in (("score", SCORE_BOUNDS), ("lex", LEX_BOUNDS))
        for name in (f"zrangeby{kind}", f"zrevrangeby{kind}", f"zremrangeby{kind}")
        for end in ("min", "max")
    },
    **{("zlexcount", end): LEX_BOUNDS for end in ("min", "max")},
}
