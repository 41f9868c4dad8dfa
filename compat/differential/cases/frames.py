"""Bytes as they stand: what a server takes for commands, and what it refuses.

Each is sent twice: on a connection that may do anything, and on one that has yet to say who it is. Another
connection is served all the while.
"""

from __future__ import annotations

from collections.abc import Iterator

from ..case import Case, case, raw
from ..wire import quote

_FRAMES = (
    *(b"\r\n", b"\n", b" \r\nPING\r\n", b"PING\n", b"*0\r\nPING\r\n", b"*-1\r\nPING\r\n"),
    *(b"*-9223372036854775808\r\nPING\r\n", b"*-9223372036854775809\r\nPING\r\n"),
    *(b"*2147483647\r\n", b"*2147483648\r\n", b"*9223372036854775808\r\n", b"*10\r\n", b"*11\r\n"),
    *(
        b"*\r\n",
        b"*abc\r\n",
        b"* 1\r\n",
        b"*+1\r\n",
        b"*-0\r\n",
        b"*00\r\n",
        b"*01\r\n",
        b"*1 \r\n",
    ),
    *(b"*1\r\n$-1\r\nPING\r\n", b"*1\r\n$-5\r\n", b"*1\r\n$0\r\n\r\nPING\r\n", b"*1\r\n$-0\r\n"),
    *(b"*1\r\n$04\r\nPING\r\n", b"*1\r\n$\r\n", b"*1\r\n$ 4\r\n", b"*1\r\n$abc\r\n"),
    *(b"*1\r\n$16384\r\n", b"*1\r\n$16385\r\n", b"*1\r\n$536870912\r\n", b"*1\r\n$536870913\r\n"),
    *(b"*1\r\n$9223372036854775808\r\n", b"*1\r\n$99999999999999999999\r\n"),
    *(b"*1\r\n:4\r\nPING\r\n", b"*1\r\n\r\n", b"*1\r\n\n\r\n", b"*1\r\n\xff\r\n", b"*1\r\n'\r\n"),
    *(b"*2\r\n$4\r\nPING\r\n*1\r\n", b"*1\r\nx", b"*1\r\nx\r", b"*1\r\nx\rz", b"*1\r"),
    *(b"*1\n$4\nPING\n", b"*1\n$4\r\nPING\r\n\r\n", b"*1\r\n$4\nPING\r\n", b"*1\rx$4\rxPING\r\n"),
    *(b"*1\r\n$4\r\nPINGxx*1\r\n$4\r\nPING\r\n", b"*1\r\n$4\r\nPI\r\nPI\r\n", b"$4\r\nPING\r\n"),
    *(b"PING\r\n*1\r\n$x\r\nPING\r\n", b"PI\rNG\r\n", b"PING a\rb\r\n", b"PING\r\r\n"),
    *(
        b"PING a\x00b\r\nPING\r\n",
        b"\x00PING\r\n",
        b"PING\r\n\x00",
        b"*\x00\r\n",
        b"*1\r\n\x001\r\n",
    ),
    *(b"PING \x0b\x0ca\r\n", b"PING a\x0bb\r\n", b'PING "a"\x0b\r\n', b'PING "a"\x0bb\r\n'),
    *(
        b"PING \x85\xa0\xff\r\n",
        b'"PING" a\r\n',
        b"PING ''\r\n",
        b"PING a''\r\n",
        b'PING a"b c"\r\n',
    ),
    *(
        b'PING "\\x41\\x4\\x+1\\xzz\\X41"\r\n',
        b'PING "\\a\\b\\t\\r\\n\\q"\r\n',
        b"PING 'a\\'b\\n'\r\n",
    ),
    *(
        b'PING "a\r\n',
        b"PING 'a\r\n",
        b'PING "a\\"\r\n',
        b'PING "a\\',
        b'PING "a"b\r\n',
        b"PING 'a''b'\r\n",
    ),
)


def _refused_or_not() -> Iterator[Case]:
    for frame in _FRAMES:
        yield case(f"bytes {quote(frame)}", raw(frame), "PING", "b> PING")
        yield case(
            f"a stranger's bytes {quote(frame)}",
            "b> CONFIG SET requirepass secret", raw(frame), "PING", "AUTH secret", "b> PING",
            "b> CONFIG SET requirepass ''",
        )  # fmt: skip


CASES = [
    case(
        "inline",
        raw(b"PING\r\n"),
        raw(b'ECHO "a b\\x41"\r\n'),
        raw(b"ECHO 'a\\'b'\n"),
        raw(b"\r\n"),
        raw(b"  SET   k    v  \r\nGET k\r\n"),
        "GET k",
    ),
    case(
        "frames in pieces",
        raw(b"*1\r\n$4\r"),
        raw(b"\nPI"),
        raw(b"NG\r\n*2\r\n$4\r\nECHO\r\n$1\r\na\r\n"),
    ),
    case(
        "more is allowed at once when it is said who it is",
        "b> CONFIG SET requirepass secret",
        raw(b"*2\r\n$4\r\nAUTH\r\n$6\r\nsecret\r\n*11\r\n$4\r\nMGET\r\n" + b"$1\r\nk\r\n" * 10),
        "PING",
    ),
    case(
        "arguments as long as is set",
        "CONFIG SET proto-max-bulk-len 1mb",
        raw(b"*1\r\n$1048577\r\n"),
        "b> PING",
        raw(b"*1\r\n$1048576\r\n", on="b"),
        "c> PING",
    ),
    case(
        "half a message, and another connection",
        raw(b"*2\r\n$4\r\nECHO\r\n$100\r\nhalf"),
        "b> PING",
    ),
    case(
        "thousands of empty and tiny messages",
        raw(b"*0\r\n\r\n*-1\r\n" * 3000),
        raw(b"*1\r\n$0\r\n\r\n" * 300),
        "PING",
    ),
    *_refused_or_not(),
]
# A line that never ends is refused as soon as 64 KiB of it have come. Which step hears of it depends on how
# a server's socket cuts the bytes, so the engine's own tests have that case.
