"""DEBUG's helpers: the ones that say something about protocols and values."""

from __future__ import annotations

from ..case import case
from ..generate import table, wrong_arity

_TYPES = [
    "string", "integer", "double", "bignum", "null", "array", "set", "map", "attrib", "verbatim",
    "true", "false", "STRING", "nosuch", "''",
]  # fmt: skip

CASES = [
    *wrong_arity("DEBUG"),
    case("each type of the protocol", *(f"DEBUG PROTOCOL {name}" for name in _TYPES)),
    case("types of the protocol in a transaction", "MULTI", "DEBUG PROTOCOL map", "EXEC"),
    case(
        "the replication id changes",
        "DEBUG CHANGE-REPL-ID",
        "DEBUG CHANGE-REPL-ID x",
        "debug change-repl-id",
    ),
    *table(r"""
        = an error of one's own
        DEBUG ERROR hello
        DEBUG ERROR "WRONGTYPE it is not"
        DEBUG ERROR
        DEBUG ERROR a b
        = forms that are not there
        DEBUG PROTOCOL
        DEBUG PROTOCOL string x
        DEBUG JMAP
        DEBUG nosuch
        DEBUG ''
        DEBUG STRINGMATCH-LEN 10 a*
    """),
]
