"""OBJECT, and what counts as a use of a key."""

from __future__ import annotations

from ..case import Case, case, command, pause
from ..compare import near
from ..generate import TYPES, missing_and_expired, table, wrong_arity

_COUNTED = "CONFIG SET maxmemory-policy allkeys-lfu lfu-log-factor 0 lfu-decay-time 0"
"""Has OBJECT FREQ tell each use: 5 to begin with, and 1 more for every other."""

_KEYS = {
    "s": "SET k v", "e": "SET k v EX 100", "l": "RPUSH k a b c", "h": "HSET k f 1 g 2",
    "t": "SADD k a b", "z": "ZADD k 1 a 2 b", "x": "XADD k 1-1 f v",
}  # fmt: skip

_USES = """
s GET k
s SET k w
s SETEX k 10 v
s EXISTS k
s EXISTS k k
s TOUCH k
s TOUCH k k k
s TYPE k
s TTL k
s PTTL k
s EXPIRETIME k
s EXPIRE k 10
s PERSIST k
e PERSIST k
s OBJECT ENCODING k
s OBJECT FREQ k
s OBJECT REFCOUNT k
s STRLEN k
s APPEND k x
s SETRANGE k 0 x
s GETRANGE k 0 1
s GETEX k
s GETEX k EX 10
s SET k v XX
s SET k v NX
s SET k v KEEPTTL
s SETNX k v
s MGET k k
s MSET k v
s MSETNX a 1 k v
s SCAN 0
s KEYS *
s WATCH k
s SORT k BY nosort
s LPUSH k a
s EXPIREAT k 99999999999
s EXPIRE k 10 XX
s COPY k j
s GET none
s DEL none
s DBSIZE
s RANDOMKEY
l LPUSH k a
l LPUSHX k a
l LRANGE k 0 -1
l LLEN k
l LPOP k
l RPOP k
l LINDEX k 0
l LSET k 0 x
l LINSERT k BEFORE a x
l LREM k 0 a
l LTRIM k 0 1
l LPOS k a
l LMOVE k j LEFT RIGHT
l LMPOP 1 k LEFT
l BLPOP k 1
h HSET k a b
h HSETNX k a b
h HGET k f
h HMGET k f g
h HGETALL k
h HDEL k f
h HINCRBY k f 1
h HINCRBYFLOAT k f 1
h HLEN k
h HSTRLEN k f
h HEXISTS k f
h HKEYS k
h HVALS k
h HRANDFIELD k
h HSCAN k 0
t SADD k c
t SREM k a
t SISMEMBER k a
t SMISMEMBER k a
t SMEMBERS k
t SCARD k
t SRANDMEMBER k
t SMOVE k j a
t SUNION k
t SDIFF k
t SINTERSTORE j k
t SINTERCARD 1 k
t SSCAN k 0
z ZADD k 1 c
z ZINCRBY k 1 a
z ZREM k a
z ZRANGE k 0 -1
z ZSCORE k a
z ZMSCORE k a
z ZRANK k a
z ZCARD k
z ZCOUNT k 0 1
z ZPOPMIN k
z ZRANGESTORE j k 0 -1
z ZUNIONSTORE j 1 k
z ZRANDMEMBER k
z ZSCAN k 0
z ZREMRANGEBYRANK k 0 0
x XADD k * f v
x XLEN k
x XRANGE k - +
x XDEL k 1-1
x XTRIM k MAXLEN 5
x XINFO STREAM k
x XGROUP CREATE k g $
x XSETID k 5-5
"""


def _use(line: str) -> Case:
    key, use = line.split(" ", 1)
    return case(
        f"a use or none: {line}", _COUNTED, _KEYS[key], "OBJECT FREQ k",
        command(use, lambda *_: True), "OBJECT FREQ k", state=False,
    )  # fmt: skip


CASES = [
    *wrong_arity(
        "OBJECT", "OBJECT ENCODING", "OBJECT ENCODING a b", "OBJECT FREQ", "OBJECT FREQ a b",
        "OBJECT IDLETIME", "OBJECT IDLETIME a b", "OBJECT REFCOUNT", "OBJECT REFCOUNT a b",
        "OBJECT HELP x", "OBJECT nosuch", "OBJECT nosuch k",
    ),
    *missing_and_expired("SET k v", """
        OBJECT ENCODING k
        OBJECT IDLETIME k
        OBJECT REFCOUNT k
        OBJECT FREQ k
    """),
    *map(_use, _USES.strip().splitlines()),
    *table(r"""
        = help
        OBJECT HELP
        = the other policy's figure is not kept
        SET k v
        OBJECT FREQ k
        OBJECT IDLETIME k
        CONFIG SET maxmemory-policy allkeys-lfu
        OBJECT IDLETIME k
        OBJECT IDLETIME none
        OBJECT FREQ none
        SET j v
        OBJECT FREQ j
        CONFIG SET maxmemory-policy volatile-lfu
        OBJECT IDLETIME k
        SET i v
        OBJECT FREQ i
        CONFIG SET maxmemory-policy volatile-ttl
        OBJECT FREQ k
        CONFIG SET maxmemory-policy allkeys-random
        OBJECT FREQ k
        CONFIG SET maxmemory-policy allkeys-lru
        OBJECT FREQ k
        = uses under no-touch
        CONFIG SET maxmemory-policy allkeys-lfu lfu-log-factor 0 lfu-decay-time 0
        SET k v
        CLIENT NO-TOUCH on
        GET k
        OBJECT FREQ k
        EVAL "return redis.call('GET', KEYS[1])" 1 k
        OBJECT FREQ k
        APPEND k x
        OBJECT FREQ k
        MULTI
        GET k
        EXEC
        OBJECT FREQ k
        TOUCH k
        OBJECT FREQ k
        EVAL "return redis.call('TOUCH', KEYS[1])" 1 k
        OBJECT FREQ k
        CLIENT NO-TOUCH off
        GET k
        OBJECT FREQ k
        = a key under another name is new
        CONFIG SET maxmemory-policy allkeys-lfu lfu-log-factor 0 lfu-decay-time 0
        SET k v
        GET k
        GET k
        COPY k j
        OBJECT FREQ j
        RENAME k i
        OBJECT FREQ i
        = a counter ends at 255
        CONFIG SET maxmemory-policy allkeys-lfu lfu-log-factor 0 lfu-decay-time 0
        SET k v
        EVAL "for i = 1, 300 do redis.call('GET', KEYS[1]) end" 1 k
        OBJECT FREQ k
    """),
    case("idle time", "SET k v", pause(1100), "OBJECT IDLETIME k", "GET k", command("OBJECT IDLETIME k", near(1))),
    case("references", *TYPES.values(), *(f"OBJECT REFCOUNT {key}" for key in TYPES)),
]  # fmt: skip
