"""MEMORY, whose figures are each server's own."""

from __future__ import annotations

from ..case import case, command
from ..compare import same_type, top_type
from ..generate import TYPES, table, wrong_arity

CASES = [
    *wrong_arity(
        "MEMORY", "MEMORY USAGE", "MEMORY STATS x", "MEMORY DOCTOR x", "MEMORY PURGE x",
        "MEMORY MALLOC-STATS x", "MEMORY HELP x", "MEMORY nosuch",
    ),
    *table(r"""
        = help
        MEMORY HELP
        = usage of nothing
        MEMORY USAGE none
        MEMORY USAGE none SAMPLES 5
        MEMORY USAGE none SAMPLES
        MEMORY USAGE none SAMPLES -1
        MEMORY USAGE none SAMPLES abc
        MEMORY USAGE none SAMPLES 0 x
        MEMORY USAGE none SAMPLES 0 SAMPLES 1
        MEMORY USAGE none SAMPLES 0 SAMPLES x
        MEMORY USAGE none FOO 1
        MEMORY USAGE none FOO
        MEMORY PURGE
    """),
    case("usage", *TYPES.values(), *(command(f"MEMORY USAGE {key}", same_type) for key in TYPES),
         command("MEMORY USAGE hash SAMPLES 0", same_type), command("memory usage hash samples 100", same_type)),
    case("reports", command("MEMORY STATS", top_type), command("MEMORY DOCTOR", top_type),
         command("MEMORY MALLOC-STATS", top_type)),
    case("in a script and a transaction", "SET k v", "MULTI", "MEMORY USAGE none", "EXEC",
         "EVAL \"return redis.call('MEMORY', 'USAGE', 'none')\" 0"),
]  # fmt: skip
