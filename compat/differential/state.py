"""What a side's keys hold, told by plain commands so that both sides can be asked alike."""

from __future__ import annotations

from dataclasses import dataclass

from . import payload
from .sides import Side
from .wire import Reply, quote

DATABASES = (0, 1, 2)
"""The databases that cases use."""

_TTL_TOLERANCE = 2000
"""How many milliseconds times to live may be apart."""

_READS = {
    b"string": [b"GET"],
    b"list": [b"LRANGE", b"0", b"-1"],
    b"hash": [b"HGETALL"],
    b"set": [b"SMEMBERS"],
    b"zset": [b"ZRANGE", b"0", b"-1", b"WITHSCORES"],
    b"stream": [b"XINFO", b"STREAM", b"FULL", b"COUNT", b"0"],
}

_TIMES = {b"seen-time", b"active-time", b"idle", b"inactive"}
_INTERNAL = {b"radix-tree-keys", b"radix-tree-nodes"}


@dataclass(frozen=True, slots=True)
class Held:
    """What a key holds: its type, encoding and whole value, and its milliseconds to live or -1.

    And its payload, as far as that has to be the same on both sides.
    """

    text: str
    ttl: int
    payload: bytes
    version: bytes = b""
    """The version of the payload's format; payloads of two versions are not compared."""

    def agrees(self, other: Held) -> bool:
        """Whether the other is the same, for about the same time."""
        both = (self.ttl < 0) == (other.ttl < 0)
        return (
            self.text == other.text
            and both
            and abs(self.ttl - other.ttl) <= _TTL_TOLERANCE
            and (self.payload == other.payload or self.version != other.version)
        )

    def __str__(self) -> str:
        lives = "" if self.ttl < 0 else f" (for {self.ttl} ms)"
        return f"{self.text}{lives} dumped as {quote(self.payload[:200])}"


def dump(side: Side) -> dict[str, Held]:
    """Each key, as ``database:key``, with what it holds."""
    sizes = side.ask([word for db in DATABASES for word in _size(db)])[1::2]
    out: dict[str, Held] = {}
    for db, size in zip(DATABASES, sizes, strict=True):
        if size.text != b"0":
            out.update(_database(side, db))
    return out


def _size(db: int) -> list[list[bytes]]:
    return [[b"SELECT", b"%d" % db], [b"DBSIZE"]]


def _database(side: Side, db: int) -> dict[str, Held]:
    keys = [key.text for key in side.ask([[b"SELECT", b"%d" % db], [b"KEYS", b"*"]])[1].parts]
    questions = [
        question
        for key in keys
        for question in (
            [b"TYPE", key],
            [b"OBJECT", b"ENCODING", key],
            [b"PTTL", key],
            [b"DUMP", key],
        )
    ]
    if not questions:
        return {}
    told = side.ask(questions)
    reads = [_read(kind.text, key) for key, kind in zip(keys, told[::4], strict=True)]
    values = side.ask(reads)
    return {
        f"{db}:{quote(key)}": _held(*told[4 * at : 4 * at + 4], values[at])
        for at, key in enumerate(keys)
    }


def _read(kind: bytes, key: bytes) -> list[bytes]:
    if kind not in _READS:
        return [b"TYPE", key]
    words = _READS[kind]
    return [*words[:2], key, *words[2:]] if kind == b"stream" else [words[0], key, *words[1:]]


def _held(kind: Reply, encoding: Reply, ttl: Reply, dumped: Reply, value: Reply) -> Held:
    name = kind.text.decode()
    text = f"{name} {encoding.text.decode()} {_value(name, value)}"
    told = payload.comparable(dumped.text, deadlines=False)
    return Held(text, int(ttl.text), told, payload.version(dumped.text))


def _value(kind: str, value: Reply) -> str:
    if kind == "hash":
        pairs = zip(value.parts[::2], value.parts[1::2], strict=True)
        return " ".join(sorted(f"{field.render()}={held.render()}" for field, held in pairs))
    if kind == "set":
        return " ".join(sorted(member.render() for member in value.parts))
    if kind == "stream":
        return without_times(value).render()
    return value.render()


def without_times(reply: Reply) -> Reply:
    """What XINFO says, but for the times at which things happened and the tree's own figures."""
    if not isinstance(reply.value, tuple):
        return reply
    parts = list(reply.value)
    for at, part in enumerate(parts):
        if part.text in _TIMES | _INTERNAL and at + 1 < len(parts):
            parts[at + 1] = Reply(":", b"?")
        elif _is_pending(parts, at):
            parts[at] = Reply(part.kind, tuple(map(_without_time, part.parts)))
        else:
            parts[at] = without_times(part)
    return Reply(reply.kind, tuple(parts))


def _is_pending(parts: list[Reply], at: int) -> bool:
    return at > 0 and parts[at - 1].text in (b"pel", b"pending") and bool(parts[at].parts)


def _without_time(entry: Reply) -> Reply:
    """A pending entry is ID, consumer (a group's list only), delivery time, delivery count."""
    *head, _, count = entry.parts
    return Reply(entry.kind, (*head, Reply(":", b"?"), count))
