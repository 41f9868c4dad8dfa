"""Writes ``docs/commands.md``: every command of Redis 8.0, and what of it is here.

python -m compat.differential.page
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby
from pathlib import Path

from .engine import open_engine
from .facts import COMMANDS, module_commands
from .reasons import left_out

PAGE = Path(__file__).resolve().parents[2] / "docs" / "commands.md"

_GROUPS = {
    "generic": "Keys",
    "string": "Strings",
    "bitmap": "Bitmaps",
    "hyperloglog": "HyperLogLog",
    "geo": "Places on Earth",
    "hash": "Hashes",
    "list": "Lists",
    "set": "Sets",
    "sorted-set": "Sorted sets",
    "stream": "Streams",
    "pubsub": "Publish and subscribe",
    "transactions": "Transactions",
    "scripting": "Scripts and functions",
    "connection": "Connections",
    "server": "Server",
    "cluster": "Cluster",
}
"""The titles of the groups, in the order of the page."""

_FIELDS = (
    "a field whose time is over goes when it is first looked for, with its event; in Redis, when"
    " the sweep comes by"
)
_NO_TIME = (
    "a time to live that ends beyond 2^63 ms is over at once; Redis adds it up to a time before"
    " 1970, and its sweep finds the key some time later"
)

_LEX = (
    "by name in a big sorted set (`skiplist`) of different scores, where what Redis finds depends on its"
    " dice, other members may be found"
)

REMARKS = {
    **dict.fromkeys(
        ("zrange", "zrangebylex", "zrangestore", "zrevrangebylex", "zlexcount", "zremrangebylex"),
        _LEX,
    ),
    "acl|genpass": "drawn from the system's source of randomness; in a store that was made with a seed,"
    " from its dice, which makes it no secret",
    "client|tracking": "with BCAST, the keys of one command or transaction make one message; Redis gathers"
    " those of a turn of its event loop",
    "config|set": "settings that would have a server listen, write files or count replicas keep"
    " their values; those that only say how it does such work are kept without effect; the limits of"
    " connections and their buffers hold for those over sockets",
    "debug": "SLEEP keeps its own session waiting and no other; LISTPACK and QUICKLIST print nothing;"
    " PANIC is survived; POPULATE refuses keys that would take more than 4 GiB, which Redis begins to make;"
    " STRINGMATCH-TEST takes milliseconds; RELOAD is refused, for nothing is on disk. Left out, and"
    " unknown:"
    " ASSERT, CRASH-AND-RECOVER, OOM, RESTART and SEGFAULT, for the process is not the store's to end;"
    " LEAK, MALLCTL and MALLCTL-STR, for neither is its memory;"
    " AOF-FLUSH-SLEEP, CONFIG-REWRITE-FORCE-ALL and LOADAOF, for want of files;"
    " LOG and SCRIPT, for want of a log;"
    " CLUSTERLINK, DROP-CLUSTER-PACKET-FILTER, INTERNAL_SECRET, MARK-INTERNAL-CLIENT, REPL-PAUSE and"
    " REPLICATE, for want of a cluster and of replicas;"
    " CLIENT-EVICTION, DICT-RESIZING, HTSTATS, HTSTATS-KEY, PAUSE-CRON, REPLYBUFFER and STRUCTSIZE,"
    " which are about parts that are built otherwise here;"
    " SET-DISABLE-DENY-SCRIPTS, for what no script may call is not made to be called by one",
    "info": "`used_memory` is that of keys and values; `used_memory_rss`, `mem_fragmentation_*` and"
    " `used_cpu_*` are the whole process's, `used_cpu_*_main_thread` those of the thread that answers,"
    " and told on Linux alone, as `total_system_memory` is; rates are of the last 1.6 s; sockets' buffers and"
    " bytes are as of the last turn of their server; times of fast commands and of SET are those of one"
    " call in 16; Keysizes when asked for by name. Left out: Threads; of Server what tells of the build"
    " and of system calls; of Memory `allocator_*` and `rss_overhead_*`, for the allocator is the"
    " process's; of Stats `eventloop_*`, `reply_buffer_*`, `evicted_scripts`, `expired_stale_perc` and"
    " `dump_payload_sanitizations`",
    "latency|doctor": "a report of its own",
    "latency|graph": "drawn otherwise",
    "latency|histogram": "times of fast commands and of SET are those of one call in 16",
    "lolwut": "one drawing, of its own",
    "hexpire": _FIELDS,
    "hexpireat": _FIELDS,
    "hpexpire": _FIELDS,
    "hpexpireat": _FIELDS,
    "restore": _NO_TIME,
    "restore-asking": _NO_TIME,
    "replconf": "refused: there is no replication",
    "replicaof": "only `NO ONE`: there is no replication",
    "slaveof": "only `NO ONE`: there is no replication",
    "psync": "refused: there is no replication",
    "sync": "refused: there is no replication",
    "memory|doctor": "a report of its own",
    "memory|malloc-stats": "the allocator is the process's",
    "memory|stats": "the store's own account, without the fields about an allocator",
    "memory|usage": "the store's own account",
    "migrate": "the arguments are checked; no connection is made",
    "shutdown": "closes all sessions and forgets keys and scripts; the process and the store go on",
    "lset": "an index beyond 32 bits is out of range; Redis cuts it to 32 bits",
    "pfdebug": "an error is one reply; Redis 8.0.2 sends two",
    "script|debug": "there is no debugger: only `NO` is taken",
}
"""What a command does otherwise than Redis, by its full name."""


_EVERYWHERE = (
    "A session hears what it causes itself after the reply that it is caused by; Redis tells"
    " FLUSHALL's invalidation before it.",
    "What a transaction did is told to others when all of it is done: who ends or changes its"
    " tracking in it is told by the new ways.",
    "A key's use counts once a command under an LFU policy; GETSET, SET with GET and INCR of Redis"
    " count it twice.",
)


def page(ours: set[str]) -> str:
    """The text of the page, given the full names of the commands that our engine has."""
    return "\n".join([*_head(ours), *_groups(ours), *_modules(), ""])


def _head(ours: set[str]) -> Iterator[str]:
    here = len(ours & COMMANDS.keys())
    yield "# Commands"
    yield ""
    yield (
        f"What is here of the {len(COMMANDS)} commands and subcommands that redis-server 8.0 has"
        f" without modules: {here}. The others answer `unknown command`, in Redis' words."
    )
    yield ""
    yield (
        "*Complete* says that the command takes what redis-server 8.0.2 takes, and that the"
        " differential cases (`compat/differential`), which try each of its options, find no"
        " difference to it, in a reply under either protocol, an error's text, what keys hold"
        " afterwards, or a keyspace event, but for those that are"
        " [listed with their reasons](../compat/differential/known.py). It says nothing of what no"
        " case tries. This page is made by `make docs`."
    )
    yield ""
    yield "What differs in all commands alike:"
    yield ""
    yield from (f"- {difference}" for difference in _EVERYWHERE)


def _groups(ours: set[str]) -> Iterator[str]:
    order = list(_GROUPS)
    names = sorted(COMMANDS, key=lambda name: (order.index(COMMANDS[name]["group"]), name))
    for group, members in groupby(names, key=lambda name: COMMANDS[name]["group"]):
        rows = [name for name in members if not _is_container(name)]
        yield ""
        yield f"## {_GROUPS[group]}"
        yield ""
        yield "| command | since | |"
        yield "| --- | --- | --- |"
        for name in rows:
            yield f"| `{_shown(name)}` | {COMMANDS[name]['since']} | {_state(name, ours)} |"


def _modules() -> Iterator[str]:
    named = ", ".join(f"`{name}`" for name in module_commands())
    yield ""
    yield "## Modules"
    yield ""
    yield f"Left out, as all modules are: the vector sets of Redis 8.0, {named}."


def _is_container(name: str) -> bool:
    return any(other.startswith(f"{name}|") for other in COMMANDS)


def _shown(name: str) -> str:
    return name.replace("|", " ").upper()


def _state(name: str, ours: set[str]) -> str:
    if name in ours:
        return REMARKS.get(name, "complete")
    return f"**left out**: {left_out(name) or 'not here yet'}"


def main() -> None:
    """Writes the page of the engine as it stands in the tree."""
    side = open_engine()
    try:
        PAGE.write_text(page(side.commands()))
    finally:
        side.close()


if __name__ == "__main__":
    main()
