"""LOLWUT, whose art is each server's own, and the forms of SHUTDOWN that shut nothing down."""

from __future__ import annotations

from ..case import case, command
from ..compare import normalised, top_type
from ..generate import table
from ..wire import Reply


def _last_line(reply: Reply) -> Reply:
    return Reply(reply.kind, reply.text.rstrip().split(b". ")[-1][-21:])


CASES = [
    *(
        case(f"the version after {line}", command(line, normalised(_last_line)))
        for line in ("LOLWUT", "LOLWUT VERSION 5", "LOLWUT VERSION 6 10 10", "LOLWUT version 5 1 1 1", "LOLWUT 5 x")
    ),
    case("a type", command("LOLWUT", top_type)),
    *table(r"""
        = no art
        LOLWUT VERSION 1
        LOLWUT VERSION 4 1 1
        LOLWUT VERSION abc
        LOLWUT VERSION ""
        LOLWUT VERSION 5 x
        = no shutdown
        SHUTDOWN ABORT
        SHUTDOWN FOO
        SHUTDOWN SAVE NOSAVE
        SHUTDOWN ABORT NOW
        SHUTDOWN ABORT ABORT
        SHUTDOWN SAVE ABORT
        SHUTDOWN NOW FORCE x
        MULTI
        SHUTDOWN ABORT
        EXEC
        EVAL "return redis.call('SHUTDOWN', 'ABORT')" 0
    """),
]  # fmt: skip
