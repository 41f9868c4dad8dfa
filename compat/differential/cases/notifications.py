"""Keyspace notifications: which events are told under which flags, and in which form.

That each command tells its own events is part of every case of every group; here it is the flags.
"""

from __future__ import annotations

from ..case import case, pause
from ..compare import any_order

_LIFE = (
    "SET k v", "APPEND k w", "EXPIRE k 100", "PERSIST k", "RENAME k j", "DEL j", "RPUSH l a",
    "LPOP l", "SADD s a", "SPOP s", "HSET h f v", "HDEL h f", "ZADD z 1 a", "ZREM z a",
    "XADD x 1-1 f v", "XDEL x 1-1", "GET none", "SELECT 1", "SET k v", "FLUSHDB",
)
_FLAGS = (
    "", "KEA", "KA", "EA", "A", "K", "E", "Kg", "Eg", "K$", "E$", "El", "Es", "Eh", "Ez", "Ex",
    "Et", "Em", "En", "Ed", "KElg", "KEmn", "Kg$lshzxt", "KEAmn",
)

CASES = [
    *[
        case(f"flags {flags or 'none'}", f"CONFIG SET notify-keyspace-events '{flags}'",
             "CONFIG GET notify-keyspace-events", *_LIFE)
        for flags in _FLAGS
    ],
    *[
        case(f"expiry under flags {flags}", f"CONFIG SET notify-keyspace-events {flags}",
             "SET k v PX 15", pause(20), "GET k")
        for flags in ("Ex", "Kx", "KEA", "Eg", "Em")
    ],
    case("a subscriber to a channel of one key", "CONFIG SET notify-keyspace-events KEA",
         "b> SUBSCRIBE __keyspace@0__:k __keyevent@0__:set", "SET k v", "SET j v", "DEL k",
         "SELECT 1", "SET k v"),
    case("a subscriber to what expires", "CONFIG SET notify-keyspace-events Ex",
         "b> PSUBSCRIBE __keyevent@*__:expired", "SET k v PX 15", "SET j v PX 30", pause(40),
         "PING", compare=any_order),
    case("who makes the change hears of it", "SUBSCRIBE __keyspace@0__:k", "b> SET k v", protocols=(2, 3)),
    case("its own change, after the reply", "SUBSCRIBE __keyspace@0__:k", "SET k v", "DEL k", protocols=(3,)),
    case("a key of any bytes", ("SET", b"\x00\xff\r\n", "v"), "SET '' v"),
    case("within a transaction", "MULTI", "SET k v", "DEL k", "GET k", "EXEC"),
]
