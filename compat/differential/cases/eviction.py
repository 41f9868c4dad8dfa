"""A memory limit: what is evicted, and who is refused.

A limit of one byte is always exceeded, so that both servers evict whatever may go.
"""

from __future__ import annotations

from ..case import case, command
from ..compare import any_order, fields, masked
from ..generate import TYPES, table

_POLICIES = ("allkeys-lru", "allkeys-lfu", "allkeys-random", "volatile-lru", "volatile-lfu",
             "volatile-random", "volatile-ttl", "noeviction")  # fmt: skip

_NEEDS_MEMORY = r"""
    SET k w
    GET k
    SET k
    SETEX k 100 v
    SETRANGE k 0 x
    APPEND k x
    GETSET k x
    INCR n
    MSET a 1
    DEL none
    UNLINK none
    EXPIRE k 100
    PERSIST k
    GETDEL none
    RENAME k k2
    RENAME k2 k
    COPY k k2
    MOVE none 1
    RPUSH l b
    LPOP l
    LPUSHX none a
    LMOVE l m LEFT RIGHT
    LTRIM l 0 -1
    SADD s a
    SREM s a
    SMOVE s t a
    SINTERSTORE s t
    ZADD z 1 a
    ZREM z a
    ZUNIONSTORE z 1 y
    HSET h a b
    HDEL h a
    HINCRBY h a 1
    XADD x * a b
    XTRIM none MAXLEN 1
    XGROUP CREATE x g $ MKSTREAM
    PUBLISH a b
    PING
    NOSUCH
    SUBSCRIBE ch
    UNSUBSCRIBE ch
    WATCH k
    UNWATCH
    FLUSHDB
    SCRIPT LOAD "return 1"
    EVALSHA e0e1f9fabfc9d4800c877a703b823ac0578ff8db 0
"""

CASES = [
    *(
        case(
            f"evicting under {policy}", f"CONFIG SET maxmemory-policy {policy}", "SET lasting v",
            "SET passing v EX 1000", command("CONFIG SET maxmemory 1"), "SET new v EX 1000", "GET lasting",
            "GET passing", "DBSIZE", command("INFO stats", fields("evicted_keys")), "CONFIG SET maxmemory 0",
            "GET new", events=any_order, state=False,
        )
        for policy in _POLICIES
    ),
    *(
        case(f"evicting a {kind}", setup, "CONFIG SET maxmemory-policy allkeys-random",
             "CONFIG SET maxmemory 1", f"EXISTS {kind}")
        for kind, setup in TYPES.items()
    ),
    *table(f"""
        = commands that may need memory
        SET k v
        RPUSH l a
        CONFIG SET maxmemory 1
        {_NEEDS_MEMORY}
    """, compare=masked(r"\d+-\d+")),
    *table(r"""
        = transactions without memory
        SET k v
        CONFIG SET maxmemory 1
        MULTI
        GET k
        EXEC
        MULTI
        SET k w
        EXEC
        MULTI
        DISCARD
        MULTI
        WATCH k
        MULTI
        NOSUCH
        EXEC
        DISCARD
        MULTI
        CONFIG SET maxmemory 0
        SET k w
        GET k
        EXEC
        = memory runs out after the queueing
        SET k v
        MULTI
        SET k w
        GET k
        b> CONFIG SET maxmemory 1
        EXEC
        b> CONFIG SET maxmemory 0
        MULTI
        GET k
        DEL none
        b> CONFIG SET maxmemory 1
        EXEC
        GET k
        = memory runs out in a transaction
        MULTI
        CONFIG SET maxmemory 1
        SET k v
        EXEC
        SET k w
        = scripts without memory
        SET k v
        CONFIG SET maxmemory 1
        EVAL "return redis.call('GET', 'k')" 0
        EVAL_RO "return redis.call('GET', 'k')" 0
        EVAL "return redis.call('SET', 'k', '1')" 0
        EVAL_RO "return redis.call('SET', 'k', '1')" 0
        EVAL "return redis.pcall('SET', 'k', '1')" 0
        EVAL "return redis.pcall('SET', 'k')" 0
        EVAL "return redis.pcall('SUBSCRIBE', 'k')" 0
        EVAL "redis.call('DEL', 'none') return redis.call('SET', 'k', '1')" 0
        EVAL "redis.call('DEL', 'none') return redis.call('GET', 'k')" 0
        EVAL "redis.pcall('SET', 'k', '2') return redis.call('SET', 'k', '3')" 0
        EVAL "#!lua\nreturn 1" 0
        EVAL_RO "#!lua\nreturn 1" 0
        EVAL "#!lua flags=allow-oom\nreturn redis.call('SET', 'k', '4')" 0
        EVAL_RO "#!lua flags=allow-oom\nreturn 1" 0
        EVAL "#!lua flags=no-writes\nreturn redis.call('GET', 'k')" 0
        EVAL_RO "#!lua flags=no-writes\nreturn redis.call('GET', 'k')" 0
        EVAL "#!lua flags=no-writes,allow-oom\nreturn redis.call('SET', 'k', '5')" 0
        MULTI
        EVAL "return redis.call('SET', 'k', '6')" 0
        EVAL "return redis.call('GET', 'k')" 0
        EXEC
        CONFIG SET maxmemory 0
        EVAL "return redis.call('SET', 'k', '7')" 0
        = waiters without memory
        b> BLMOVE l m LEFT RIGHT 0
        c> BLPOP l 0
        RPUSH other a
        CONFIG SET maxmemory 1
        RENAME other l
        = subscribers without memory
        SET other v
        CONFIG SET maxmemory 1
        SUBSCRIBE ch
        SET k v
        GET k
        = a watched key is evicted
        SET k v
        WATCH k
        MULTI
        PING
        CONFIG SET maxmemory-policy allkeys-lru
        b> CONFIG SET maxmemory-policy allkeys-lru
        b> CONFIG SET maxmemory 1
        EXEC
    """),
]  # fmt: skip
