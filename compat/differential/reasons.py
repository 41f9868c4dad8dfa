"""Why something of Redis' is not here, or is here and touched by no case: each with its reason."""

from __future__ import annotations

from fnmatch import fnmatchcase

LEFT_OUT = {
    "fcall*": "libraries of functions are not here yet",
    "function*": "libraries of functions are not here yet",
    "save": "nothing is written to disk yet",
    "bgsave": "nothing is written to disk yet",
    "bgrewriteaof": "nothing is written to disk yet",
}
"""Why commands are left out, by patterns of their full names."""

_CUT = "comes when a socket has cut 64 KiB off a line without an end; resp/decode/tests.rs has it"

UNTOUCHED = {
    "ERR Protocol error: too big bulk count string": _CUT,
    "ERR Protocol error: too big inline request": _CUT,
    "ERR Protocol error: too big mbulk count string": _CUT,
    "ERR Elements are too large to be stored": "takes an entry of a gigabyte",
    "ERR burner-redis panicked: {said}; command '{command}'": (
        "would be a defect of the engine's; containment/tests.rs makes panics on purpose"
    ),
    "ERR reached lua stack limit": (
        "stands 8,000 levels deep in a reply; the tests of commands/scripting.rs read that far"
    ),
    "ERR redis.call can only be used by a script that runs": (
        "guards against a call from outside of scripts, for which they have no means"
    ),
    "ERR the connection is closed": "comes after the end of a connection, when nobody reads it",
    "ERR the system has nothing random to draw a password from": (
        "takes a host whose source of randomness fails, as in a test of commands/acl.rs"
    ),
    "BUSY Redis is busy running a script. You can only call SCRIPT KILL or SHUTDOWN NOSAVE.": (
        "is said from inside of a script to others: src/server/tests/busy.rs has it"
    ),
    "ERR unknown error": "answers error({}), which ends Redis 8.0.2 itself",
    "TESTFAILED Too big error": "would be a defect of PFCOUNT's, which PFSELFTEST looks for",
    "UNKILLABLE Sorry the script already executed write commands against the dataset. You can"
    " either wait the script termination or kill the server in a hard way using the SHUTDOWN"
    " NOSAVE command.": "is said from inside of a script to others, likewise",
}
"""Why error texts of the engine come up in no case."""


def left_out(name: str) -> str | None:
    """Why a command is left out, if a reason is listed."""
    return next((why for pattern, why in LEFT_OUT.items() if fnmatchcase(name, pattern)), None)
