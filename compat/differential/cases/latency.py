"""LATENCY: samples of events, and histograms of commands."""

from __future__ import annotations

from collections.abc import Sequence

from ..case import case, command
from ..compare import near, top_type
from ..generate import table, wrong_arity
from ..wire import Reply

_MONITORED = "CONFIG SET latency-monitor-threshold 10"


def _calls(theirs: Sequence[Reply], ours: Sequence[Reply]) -> bool:
    """The same commands with the same numbers of calls, whatever each took."""

    def told(replies: Sequence[Reply]) -> list[tuple[bytes, object, bytes]]:
        flat = [part for reply in replies for part in reply.parts]
        pairs = zip(flat[::2], flat[1::2], strict=True)
        return sorted((name.text, value.parts[1], value.parts[3].kind.encode()) for name, value in pairs)

    return top_type(theirs, ours) and told(theirs) == told(ours)


CASES = [
    *wrong_arity(
        "LATENCY", "LATENCY LATEST x", "LATENCY HISTORY", "LATENCY HISTORY a b", "LATENCY GRAPH",
        "LATENCY GRAPH a b", "LATENCY DOCTOR x", "LATENCY HELP x", "LATENCY nosuch",
    ),
    *table(r"""
        = help
        LATENCY HELP
        = nothing yet
        LATENCY RESET
        LATENCY LATEST
        LATENCY HISTORY nosuch
        LATENCY HISTORY command
        LATENCY GRAPH nosuch
        LATENCY GRAPH "no\x00such"
        LATENCY RESET a b
        LATENCY HISTOGRAM nosuch
        LATENCY HISTOGRAM nosuch config|nosuch x|y
        = commands that nobody asked about
        LATENCY RESET
        MULTI
        DEBUG SLEEP 0.02
        EXEC
        LATENCY LATEST
    """),
    case("a slow command", "LATENCY RESET", _MONITORED, "MULTI", "DEBUG SLEEP 0.02", "EXEC",
         command("LATENCY LATEST", near(100)), command("LATENCY HISTORY command", near(100)),
         command("LATENCY GRAPH command", top_type), command("LATENCY DOCTOR", top_type),
         "LATENCY RESET nosuch", "LATENCY RESET command command", "LATENCY LATEST", timed=True),
    case("a report of nothing", command("LATENCY DOCTOR", top_type), _MONITORED, command("LATENCY DOCTOR", top_type)),
    case("histograms", "SET k v", "GET k", "GET k", "GET none", "LPUSH k a", "GET", "OBJECT ENCODING k",
         command("LATENCY HISTOGRAM get set lpush nosuch", _calls),
         command("LATENCY HISTOGRAM object", _calls), command("LATENCY HISTOGRAM object|encoding GET", _calls),
         command("LATENCY HISTOGRAM del", _calls)),
    case("no histograms", "CONFIG SET latency-tracking no", "GET k", "GET k", command("LATENCY HISTOGRAM get", _calls)),
    case("all histograms", "PING", command("LATENCY HISTOGRAM", top_type)),
]  # fmt: skip
