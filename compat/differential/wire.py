"""RESP2 and RESP3 as they stand on the wire: a reader that keeps raw types.

redis-py turns replies into Python values and loses what is to be compared here: whether an
answer was a simple or a bulk string, which of the three nulls it was, a set or an array.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

SIMPLE = "+-:,#("
AGGREGATES = "*~>%|"


class Incomplete(Exception):
    """The bytes end in the middle of a reply."""


class Malformed(Exception):
    """The bytes are no RESP."""


@dataclass(frozen=True, slots=True)
class Reply:
    """One reply as a typed tree.

    ``kind`` is the RESP type byte. ``value`` is the text of a scalar, the parts of an aggregate
    (a map's keys and values alternate), or None for each of the nulls.
    """

    kind: str
    value: bytes | tuple[Reply, ...] | None

    @property
    def parts(self) -> tuple[Reply, ...]:
        """The parts of an aggregate; nothing for a scalar or a null."""
        return self.value if isinstance(self.value, tuple) else ()

    @property
    def text(self) -> bytes:
        """The text of a scalar; empty for an aggregate or a null."""
        return self.value if isinstance(self.value, bytes) else b""

    def render(self, indent: str = "") -> str:
        """The reply for a person: the type byte before each value, one part a line."""
        if self.value is None:
            return f"{self.kind}(nil)"
        if isinstance(self.value, bytes):
            plain = self.kind in SIMPLE and self.value.isascii() and self.value
            return self.kind + (self.value.decode() if plain else quote(self.value))
        if not self.value:
            return f"{self.kind}(empty)"
        inner = indent + "  "
        if self.kind == "%":
            pairs = zip(self.value[::2], self.value[1::2], strict=True)
            lines = [f"{key.render(inner)} => {value.render(inner)}" for key, value in pairs]
        else:
            lines = [part.render(inner) for part in self.value]
        return f"{self.kind}{len(lines)}" + "".join(f"\n{inner}{line}" for line in lines)


def quote(text: bytes) -> str:
    """Bytes as the double-quoted word that `words` reads back."""
    out = ['"']
    for byte in text:
        if byte in (0x22, 0x5C):
            out.append("\\" + chr(byte))
        elif byte == 0x0A:
            out.append("\\n")
        elif byte == 0x0D:
            out.append("\\r")
        elif 0x20 <= byte < 0x7F:
            out.append(chr(byte))
        else:
            out.append(f"\\x{byte:02x}")
    return "".join(out) + '"'


def encode(words: Iterable[bytes]) -> bytes:
    """A command as the array of bulk strings that a client sends."""
    parts = list(words)
    out = [b"*%d\r\n" % len(parts)]
    out.extend(b"$%d\r\n%b\r\n" % (len(part), part) for part in parts)
    return b"".join(out)


def parse(data: bytes, at: int = 0) -> tuple[Reply, int]:
    """The reply that begins at ``at``, and where it ends.

    Raises Incomplete when it goes on past the end, Malformed when it is no RESP.
    """
    end = data.find(b"\r\n", at)
    if end < 0:
        raise Incomplete
    kind = chr(data[at])
    head = data[at + 1 : end]
    after = end + 2
    if kind in SIMPLE:
        return Reply(kind, head), after
    if kind == "_":
        return Reply(kind, None), after
    if kind not in "$=!" + AGGREGATES:
        raise Malformed(f"type byte {kind!r} at {at} of {data[:200]!r}")
    size = int(head)
    if size < 0:
        return Reply(kind, None), after
    if kind in "$=!":
        if len(data) < after + size + 2:
            raise Incomplete
        return Reply(kind, data[after : after + size]), after + size + 2
    parts: list[Reply] = []
    for _ in range(size * 2 if kind in "%|" else size):
        part, after = parse(data, after)
        parts.append(part)
    if kind == "|":
        told, after = parse(data, after)
        parts.append(told)
    return Reply(kind, tuple(parts)), after


def replies(data: bytes) -> list[Reply]:
    """All the replies in ``data``; raises Incomplete when the last is cut short."""
    out: list[Reply] = []
    at = 0
    while at < len(data):
        reply, at = parse(data, at)
        out.append(reply)
    return out


def is_whole(data: bytes) -> bool:
    """Whether ``data`` ends where a reply ends."""
    try:
        replies(data)
    except Incomplete:
        return False
    return True


_ESCAPES = {"n": b"\n", "r": b"\r", "t": b"\t", "a": b"\a", "b": b"\b"}


def words(line: str) -> list[bytes]:
    r"""A command line's words, quoted as in redis-cli.

    Double quotes know ``\xHH``, ``\n``, ``\r``, ``\t``, ``\a``, ``\b``, ``\"`` and ``\\``; single
    quotes know ``\'`` alone. What is outside ASCII is sent as UTF-8.
    """
    out: list[bytes] = []
    at = 0
    while at < len(line):
        if line[at].isspace():
            at += 1
            continue
        word, at = _word(line, at)
        out.append(word)
    return out


def _word(line: str, at: int) -> tuple[bytes, int]:
    word = bytearray()
    while at < len(line) and not line[at].isspace():
        if line[at] == '"':
            at = _quoted(line, at + 1, word)
        elif line[at] == "'":
            at = _literal(line, at + 1, word)
        else:
            word += line[at].encode()
            at += 1
    return bytes(word), at


def _quoted(line: str, at: int, word: bytearray) -> int:
    while line[at] != '"':
        if line[at] != "\\":
            word += line[at].encode()
            at += 1
        elif line[at + 1] == "x":
            word.append(int(line[at + 2 : at + 4], 16))
            at += 4
        else:
            word += _ESCAPES.get(line[at + 1], line[at + 1].encode())
            at += 2
    return at + 1


def _literal(line: str, at: int, word: bytearray) -> int:
    while line[at] != "'":
        if line[at : at + 2] == "\\'":
            at += 1
        word += line[at].encode()
        at += 1
    return at + 1
