"""SLOWLOG: what is logged, and how much of it."""

from __future__ import annotations

from ..case import case, command
from ..generate import table, wrong_arity
from ..wire import Reply

_SLEEPS = ("MULTI", "DEBUG SLEEP 0.03", "EXEC")
"""Takes long on both sides; here a session that is not in a transaction would be answered later."""

_LOGS_ALL = "CONFIG SET slowlog-log-slower-than 0"
_MANY = " ".join(map(str, range(40)))


_SETTLED = Reply("*", (Reply("$", b"PING"), Reply("$", b"settled")))
"""What is sent to find out whether a server has done with a step."""


def _logged(theirs: list[Reply], ours: list[Reply]) -> bool:
    """The same entries but for their numbers, times, durations and addresses, and for the harness's own."""

    def entries(replies: list[Reply]) -> list[tuple[object, ...]]:
        found = [entry.parts for reply in replies for entry in reply.parts]
        told = [(len(parts), parts[3], parts[5]) for parts in found]
        return [entry for entry in told if entry[1] != _SETTLED]

    return entries(list(theirs)) == entries(list(ours))


_GET = command("SLOWLOG GET -1", _logged)

CASES = [
    *wrong_arity(
        "SLOWLOG", "SLOWLOG LEN x", "SLOWLOG RESET x", "SLOWLOG HELP x", "SLOWLOG GET 1 2",
        "SLOWLOG nosuch", "SLOWLOG nosuch x",
    ),
    *table(r"""
        = help
        SLOWLOG HELP
        = counts
        SLOWLOG RESET
        SLOWLOG GET
        SLOWLOG GET 0
        SLOWLOG GET -1
        SLOWLOG GET -2
        SLOWLOG GET abc
        SLOWLOG GET ""
        SLOWLOG GET 1.5
        SLOWLOG GET 9223372036854775807
        SLOWLOG GET 9223372036854775808
        SLOWLOG LEN
    """),
    case("what is logged", _LOGS_ALL, "SLOWLOG RESET", "SET k v", "GET k", "GET none", "LPUSH k a", "GET",
         "NOSUCH", "CLIENT SETNAME me", "INCR n", "CONFIG GET timeout", _GET),
    case("arguments are cut", _LOGS_ALL, "SLOWLOG RESET", ("SET", "k", "x" * 128), ("SET", "k", "x" * 129),
         ("SET", "y" * 1000, "x" * 100_000), f"DEL {_MANY}", "DEL " + " ".join(_MANY.split()[:31]),
         "DEL " + " ".join(_MANY.split()[:32]), ("ECHO", b"\x00\xff\r\n"), _GET),
    case("transactions and scripts", _LOGS_ALL, "SLOWLOG RESET", "MULTI", "SET k v", "GET k", "EXEC",
         "EVAL \"redis.call('SET', 'k', 'w') return redis.call('GET', 'k')\" 0", "MULTI", "DISCARD", _GET),
    case("a waiter", _LOGS_ALL, "SLOWLOG RESET", "b> BLPOP l 0", "RPUSH l a", _GET),
    case("secrets", _LOGS_ALL, "SLOWLOG RESET", "AUTH secret", "AUTH user secret", "HELLO 2 AUTH user secret", _GET,
         protocols=(2,)),
    case("the number of entries", _LOGS_ALL, "CONFIG SET slowlog-max-len 3", "PING", "PING", "PING", "PING",
         "SLOWLOG LEN", "CONFIG SET slowlog-max-len 0", "PING", "SLOWLOG LEN",
         "CONFIG SET slowlog-max-len 1", "PING", "SLOWLOG LEN"),
    case("none", "SLOWLOG RESET", "CONFIG SET slowlog-log-slower-than -1", *_SLEEPS, "SLOWLOG GET"),
    case("a threshold", "SLOWLOG RESET", "CONFIG SET slowlog-log-slower-than 20000", *_SLEEPS,
         "MULTI", "DEBUG SLEEP 0.001", "EXEC", "PING", _GET, timed=True),
]  # fmt: skip
