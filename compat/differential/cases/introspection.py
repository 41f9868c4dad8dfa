"""COMMAND and its subcommands."""

from __future__ import annotations

from collections.abc import Sequence

from ..case import case, command
from ..compare import near, same_type, top_type, unordered_deep
from ..generate import table, wrong_arity
from ..wire import Reply

_NAMES = (
    "get", "set", "mset", "msetnx", "del", "unlink", "exists", "mget", "append", "incrbyfloat",
    "getex", "lcs", "rename", "copy", "move", "scan", "keys", "expire", "type", "lpush",
    "lrange", "lmove", "blmove", "blpop", "lmpop", "blmpop", "rpoplpush", "hset", "hgetall", "hscan",
    "hrandfield", "sadd", "smove", "spop", "sinter", "sinterstore", "sintercard", "sdiffstore",
    "zadd", "zrange", "zrangestore", "zpopmin", "bzpopmin", "zrangebyscore", "zincrby", "xadd",
    "xread", "xreadgroup", "xautoclaim", "xclaim", "xtrim", "eval", "evalsha",
    "eval_ro", "publish", "subscribe", "multi", "exec", "watch", "ping", "hello",
    "info", "flushall", "dbsize", "swapdb", "time", "select", "auth",
    "reset", "quit", "echo", "discard", "unwatch", "ssubscribe", "spublish", "psubscribe",
)



def _without_notes(reply: Reply) -> Reply:
    """A row without the remarks on its key specifications, which are prose."""
    parts = list(map(_without_notes, reply.parts))
    if parts and parts[0].text == b"notes":
        del parts[:2]
    return Reply(reply.kind, tuple(parts)) if isinstance(reply.value, tuple) else reply


def _row(theirs: Sequence[Reply], ours: Sequence[Reply]) -> bool:
    return unordered_deep([_without_notes(reply) for reply in theirs], list(ours))


CASES = [
    *wrong_arity(
        "COMMAND COUNT x", "COMMAND GETKEYS", "COMMAND GETKEYSANDFLAGS", "COMMAND LIST x",
        "COMMAND LIST FILTERBY", "COMMAND LIST FILTERBY MODULE", "COMMAND LIST FILTERBY MODULE a b",
    ),
    *[
        case(f"info of {name}", command(f"COMMAND INFO {name}", _row))
        for name in (*_NAMES, "client|id", "config|get", "xgroup|create", "GET", "nosuch", "get|x",
                     "client|nosuch", '""')
    ],
    case("info of several", command("COMMAND INFO get nosuch set", _row)),
    *[
        case(f"getkeys {line}", f"COMMAND GETKEYS {line}", f"COMMAND GETKEYSANDFLAGS {line}")
        for line in (
            "GET k", "SET k v", "SET k v GET", "MSET a 1 b 2 c 3", "MSETNX a 1 b 2", "DEL a b c", "PING", "nosuch",
            "GET", "GET a b", "MGET a b", "RENAME a b", "COPY a b", "EVAL s 2 a b c", "EVAL s 0",
            "EVAL s 0 a", "EVAL s 5 a", "EVAL s abc a", "EVAL s -1 a", "EVALSHA x 1 a b",
            "EVAL_RO s 1 a", "XREAD STREAMS a b 0 0", "XREAD COUNT 5 BLOCK 0 STREAMS a 0",
            "XREADGROUP GROUP g c STREAMS a >", "XREADGROUP GROUP g c NOACK STREAMS a b > >",
            "XREAD a b", "ZADD k 1 a", "ZRANGESTORE d s 0 -1", "ZINTERSTORE d 2 a b", "ZUNION 2 a b",
            "ZINTERCARD 2 a b LIMIT 1", "SINTERSTORE d a b", "SINTERCARD 2 a b", "LMPOP 2 a b LEFT",
            "BLMPOP 0 2 a b LEFT", "BLPOP a b 0", "BLMOVE a b LEFT LEFT 0", "LMOVE a b LEFT LEFT",
            "BZPOPMIN a b 0", "BZMPOP 0 1 a MIN", "ZMPOP 1 a MIN", "OBJECT ENCODING k", "XGROUP CREATE k g 0", "XINFO STREAM k",
            "SORT k BY w STORE d", "SORT k", "MIGRATE h 1 k 0 1", "MIGRATE h 1 '' 0 1 KEYS a b",
            "GEORADIUS k 1 1 1 m STORE d", "SMOVE a b m", "WATCH a b", "CLIENT ID", "SUBSCRIBE c",
            "PUBLISH c m", "SSUBSCRIBE c", "SPUBLISH c m", "PFCOUNT a b", "PFMERGE d a", "MEMORY USAGE k",
            "FLUSHALL", "BITOP AND d a b", "LCS a b", "GETEX k PERSIST", "SINTERCARD 0 a", "LMPOP 3 a LEFT",
        )
    ],
    *table(r"""
        = getkeys of a case-insensitive name
        COMMAND GETKEYS get k
        COMMAND getkeys client id
        COMMAND GETKEYS client nosuch
        = list filters
        COMMAND LIST FILTERBY NOSUCH x
        COMMAND LIST FILTERBY PATTERN nosuch*
        COMMAND LIST FILTERBY ACLCAT nosuch
        COMMAND LIST FILTERBY MODULE nosuch
        COMMAND LIST FILTERBY PATTERN get
        COMMAND LIST NOSUCH PATTERN get
        = docs of none
        COMMAND DOCS nosuch
        = help
        COMMAND HELP
    """),
    case("list by pattern", command("COMMAND LIST FILTERBY PATTERN h*vals", unordered_deep),
         command("COMMAND LIST FILTERBY PATTERN client|getn*", unordered_deep),
         command("COMMAND LIST FILTERBY PATTERN *pop", unordered_deep)),
    case("whole answers", command("COMMAND", top_type), command("COMMAND LIST", top_type),
         command("COMMAND DOCS", top_type), command("COMMAND COUNT", near(300)),
         command("COMMAND INFO", top_type)),
    case("docs of one", command("COMMAND DOCS get", top_type), command("COMMAND DOCS get nosuch set", top_type)),
    case("docs' group and since", command("COMMAND INFO get", same_type)),
]
