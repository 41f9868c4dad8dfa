"""INFO's sections, and the counts of commands in them."""

from __future__ import annotations

import re
from collections.abc import Sequence

from ..case import case, command
from ..compare import fields, normalised
from ..generate import TYPES
from ..wire import Reply

_SECTIONS = ("", "default", "all", "everything", "server", "SERVER clients", "commandstats", "latencystats",
             "keyspace cluster errorstats", "nosuch", "default commandstats", "stats stats", "''")  # fmt: skip

_NO_HERE = {b"Threads", b"CPU", b"Keysizes"}
"""Sections about a process, and one that here is told by its name alone."""


def _titles(reply: Reply) -> Reply:
    titles = [title for title in re.findall(rb"# (\w+)", reply.text) if title not in _NO_HERE]
    return Reply(reply.kind, b" ".join(titles))


def _in_any_order(reply: Reply) -> Reply:
    lines = re.sub(rb"usec(_per_call)?=[\d.]+", b"usec=?", reply.text).split(b"\r\n")
    return Reply(reply.kind, b"\r\n".join(sorted(lines)))


def _commands(theirs: Sequence[Reply], ours: Sequence[Reply]) -> bool:
    """The same counts of the same commands; what tells of other commands than the case's is left out."""

    def told(reply: Reply) -> Reply:
        kept = [line for line in _in_any_order(reply).text.split(b"\r\n")
                if not re.match(rb"cmdstat_(client|hello|ping|config|script|function|flush|p?subscribe|info)", line)]
        return Reply(reply.kind, b"\r\n".join(kept))  # fmt: skip

    return [told(reply) for reply in theirs] == [told(reply) for reply in ours]


_LEFT_OUT = re.compile(
    rb"redis_build_id|monotonic_clock|multiplexing_api|atomicvar_api|gcc_version|listener\d|"
    rb"allocator_.*|rss_overhead_.*|eventloop_.*|instantaneous_eventloop_.*|reply_buffer_.*|"
    rb"expired_stale_perc|evicted_scripts|dump_payload_sanitizations|module|io_thread_\d"
)
"""What is not here, as the page of commands says, or not each time."""

_OF_PROCESS = re.compile(rb"used_cpu_.*|used_memory_rss.*|mem_fragmentation_.*|total_system_memory.*")
"""What an engine tells that has a host to ask."""


def _field_names(theirs: Sequence[Reply], ours: Sequence[Reply]) -> bool:
    """The same names of fields but for those that are left out and those of our own."""

    def names(reply: Reply) -> set[bytes]:
        every = set(re.findall(rb"(?m)^(\w+):", reply.text))
        return {name for name in every if not re.fullmatch(_LEFT_OUT, name)}

    def own(reply: Reply) -> set[bytes]:
        return {name for name in names(reply) if not name.startswith(b"burner_redis_")}

    def same(their: set[bytes], our: set[bytes]) -> bool:
        return our <= their and all(re.fullmatch(_OF_PROCESS, name) for name in their - our)

    return all(same(names(their), own(our)) for their, our in zip(theirs, ours, strict=True))


_STATS = command("INFO commandstats", _commands)

CASES = [
    *(case(f"sections of INFO {named}", command(f"INFO {named}", normalised(_titles))) for named in _SECTIONS),
    case("counts of calls", "SET k v", "GET k", "GET k", "GET", "LPUSH k a", "NOSUCH", "INCR k", _STATS),
    case("counts in a transaction", "MULTI", "SET k v", "GET k", "LPUSH k a", "GET", "EXEC", "MULTI", "SET k v",
         "LPUSH k a", "EXEC", "EXEC", _STATS),
    case("counts in a script", "EVAL \"redis.call('SET', 'k', 'v') redis.pcall('LPUSH', 'k', 'a') return 1\" 0",
         "EVAL \"return redis.call('LPUSH', 'k', 'a')\" 0", _STATS),
    case("counts of waiters", "b> BLPOP l 0", _STATS, "RPUSH l a", _STATS, "BLPOP none 0.01", _STATS),
    case("counts without memory", "SET k v", "CONFIG SET maxmemory 1", "SET k w", "GET k", _STATS),
    case("counts of subcommands", "OBJECT ENCODING k", "OBJECT nosuch", "OBJECT", "XGROUP CREATE k g $", _STATS),
    case("counts begin anew", "GET k", "CONFIG RESETSTAT", "INCR n", _STATS),
    case("percentiles", "CONFIG SET latency-tracking-info-percentiles '50 99.9 100'", "GET k",
         command("INFO latencystats", normalised(lambda reply: Reply(reply.kind, b"%d" % len(re.findall(
             rb"latency_percentiles_usec_get:p50=[\d.]+,p99\.9=[\d.]+,p100=[\d.]+\r\n", reply.text)))))),
    case("no percentiles", "CONFIG SET latency-tracking-info-percentiles ''", "GET k",
         command("INFO latencystats", fields("latency_percentiles_usec_get"))),
    case("sizes of keys", *TYPES.values(), "SET empty ''", ("SET", "long", "x" * 5000), "SELECT 3", "SET k v",
         "INFO keysizes"),
    case("no sizes of keys", "INFO keysizes"),
    *(case(f"names of fields, {section}", command(f"INFO {section}", _field_names))
      for section in ("server", "clients", "memory", "persistence", "stats", "replication", "cpu", "cluster")),
    case("fields", command("INFO memory", fields("maxmemory", "maxmemory_policy", "used_memory_startup:no")),
         command("INFO persistence", fields("loading", "aof_enabled", "rdb_bgsave_in_progress")),
         command("INFO clients", fields("connected_clients:no", "maxclients", "blocked_clients")),
         command("INFO replication", fields("role", "connected_slaves", "master_repl_offset"))),
    case("a memory limit", "CONFIG SET maxmemory 100mb maxmemory-policy allkeys-lru",
         command("INFO memory", fields("maxmemory", "maxmemory_human", "maxmemory_policy"))),
]  # fmt: skip
