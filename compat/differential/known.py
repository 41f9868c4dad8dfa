"""The known differences from redis-server, each with its reason.

The key is a case's ``group/name``, with ``@2`` or ``@3`` behind it where only one RESP version
differs. A case that is listed here and agrees fails the run: strike it from the list.
"""

from __future__ import annotations

KNOWN: dict[str, str] = {
    "hyperloglog/pfdebug simd with neither on nor off": (
        "Redis 8.0.2 replies twice, with the error and then a status, and all later replies of the "
        "connection are one off; here there is the error alone"
    ),
    "list/each integer beyond 32 bits: LSET k {} x after RPUSH k a b c a b a": (
        "Redis cuts the index to 32 bits and writes to another element; here it is out of range"
    ),
    "server/a memory limit": "the memory is not limited yet: maxmemory cannot be set",
}


def reason(case_id: str, protocol: int) -> str | None:
    """Why this case may differ under this RESP version; None when it may not."""
    return KNOWN.get(f"{case_id}@{protocol}") or KNOWN.get(case_id)
