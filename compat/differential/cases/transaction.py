"""MULTI, EXEC, DISCARD, WATCH and UNWATCH."""

from __future__ import annotations

from ..case import case, pause
from ..generate import TYPES, table, wrong_arity

CASES = [
    *wrong_arity("MULTI a", "EXEC a", "DISCARD a", "WATCH", "UNWATCH a"),
    *table(r"""
        = queue and exec
        MULTI
        SET k v
        GET k
        INCR n
        EXEC
        GET k
        = an empty transaction
        MULTI
        EXEC
        = out of place
        EXEC
        DISCARD
        UNWATCH
        MULTI
        MULTI
        WATCH k
        SET k v
        EXEC
        = discard
        MULTI
        SET k v
        DISCARD
        GET k
        DISCARD
        = discard forgets the watch
        WATCH k
        MULTI
        DISCARD
        b> SET k v
        MULTI
        PING
        EXEC
        = a command that is refused aborts
        MULTI
        SET k v
        NOSUCH
        SET k w
        EXEC
        GET k
        = a wrong arity aborts
        MULTI
        SET k
        EXEC
        MULTI
        SET k v
        EXEC
        = an unknown subcommand aborts
        MULTI
        CLIENT NOSUCH
        EXEC
        = a command that errs does not abort
        MULTI
        SET k v
        LPUSH k x
        INCR k
        SET j w
        EXEC
        GET j
        = refused and discarded
        MULTI
        NOSUCH
        DISCARD
        MULTI
        PING
        EXEC
        = what may not be queued
        MULTI
        WATCH k
        MULTI
        SUBSCRIBE c
        EXEC
        = unwatch within
        WATCH k
        b> SET k v
        MULTI
        UNWATCH
        EXEC
        = all kinds of replies
        MULTI
        GET none
        LPOP none 2
        HGETALL none
        SMEMBERS none
        SET k v
        INCR k
        LRANGE none 0 -1
        ECHO "\x00\xff"
        PING
        EXEC
        = a watched key is written by another
        SET k v
        WATCH k
        b> SET k w
        MULTI
        SET k x
        EXEC
        GET k
        MULTI
        SET k y
        EXEC
        = a watched key is written by oneself
        WATCH k
        SET k v
        MULTI
        PING
        EXEC
        = a watched key is left alone
        SET k v
        WATCH k j
        b> GET k
        b> SET other w
        MULTI
        PING
        EXEC
        = one of several
        WATCH a b c
        b> SET c v
        MULTI
        PING
        EXEC
        = watched twice
        WATCH a
        WATCH a b
        b> SET b v
        MULTI
        PING
        EXEC
        = unwatched
        WATCH k
        b> SET k v
        UNWATCH
        MULTI
        PING
        EXEC
        = a watch ends with exec
        WATCH k
        MULTI
        EXEC
        b> SET k v
        MULTI
        PING
        EXEC
        = written and written back
        SET k v
        WATCH k
        b> SET k w
        b> SET k v
        MULTI
        PING
        EXEC
        = made and deleted
        WATCH k
        b> SET k v
        b> DEL k
        MULTI
        PING
        EXEC
        = a write without effect
        SADD k a
        WATCH k none
        b> SADD k a
        b> SREM k none
        b> DEL none
        b> SETNX k v
        MULTI
        PING
        EXEC
        = a time to live is a change
        SET k v
        WATCH k
        b> EXPIRE k 100
        MULTI
        PING
        EXEC
        = a persist is a change
        SET k v EX 100
        WATCH k
        b> PERSIST k
        MULTI
        PING
        EXEC
        = renamed away
        SET k v
        WATCH k
        b> RENAME k j
        MULTI
        PING
        EXEC
        = renamed over
        SET j v
        WATCH k
        b> RENAME j k
        MULTI
        PING
        EXEC
        = flushed while it exists
        SET k v
        WATCH k
        b> FLUSHALL
        MULTI
        PING
        EXEC
        = flushed while it does not exist
        WATCH k
        b> FLUSHALL
        MULTI
        PING
        EXEC
        = flushdb of another database
        SET k v
        WATCH k
        b> SELECT 1
        b> FLUSHDB
        MULTI
        PING
        EXEC
        = the same name in another database
        WATCH k
        b> SELECT 1
        b> SET k v
        MULTI
        PING
        EXEC
        = watched in two databases
        WATCH k
        SELECT 1
        WATCH k
        SELECT 0
        b> SELECT 1
        b> SET k v
        MULTI
        PING
        EXEC
        = swapdb with the key in one
        SET k v
        WATCH k
        b> SWAPDB 0 1
        MULTI
        PING
        EXEC
        = swapdb with the key in neither
        WATCH k
        b> SWAPDB 0 1
        MULTI
        PING
        EXEC
        = swapdb brings the key
        b> SELECT 1
        b> SET k v
        WATCH k
        b> SWAPDB 0 1
        MULTI
        PING
        EXEC
        = moved away
        SET k v
        WATCH k
        b> MOVE k 1
        MULTI
        PING
        EXEC
        = copied over
        SET j v
        WATCH k
        b> COPY j k
        MULTI
        PING
        EXEC
        = popped by a waiter
        WATCH k
        b> BLPOP k 0
        c> RPUSH k x
        MULTI
        PING
        EXEC
        = select within
        MULTI
        SELECT 1
        SET k v
        EXEC
        GET k
        SELECT 0
        GET k
        = two transactions at once
        MULTI
        SET k a
        b> MULTI
        b> SET k b
        EXEC
        b> EXEC
        GET k
        = events of a transaction come in the order of its calls
        MULTI
        SET a 1
        RPUSH l x
        DEL a
        EXEC
        = publish in a transaction
        b> SUBSCRIBE c
        MULTI
        PUBLISH c one
        SET k v
        PUBLISH c two
        EXEC
        = a transaction aborted by a watch and refused as well
        WATCH k
        b> SET k v
        MULTI
        NOSUCH
        EXEC
    """),
    *[
        case(f"a change of a {name} is seen by who watches", made, f"WATCH {name}", f"b> {change}",
             "MULTI", "PING", "EXEC")
        for (name, made), change in zip(
            TYPES.items(),
            ("APPEND string x", "INCR integer", "RPUSH list x", "HDEL hash f", "SREM set a",
             "ZINCRBY zset 1 a", "XADD stream 9-9 f v"), strict=True)
    ],
    case("watched when its time was up already", "SET k v PX 15", pause(20), "WATCH k", "MULTI",
         "PING", "EXEC"),
    case("watched when its time was up already, and looked at", "DEBUG SET-ACTIVE-EXPIRE 0",
         "SET k v PX 15", pause(20), "WATCH k", "b> GET k", "MULTI", "EXEC",
         "WATCH k", "b> SET k w", "MULTI", "EXEC"),
    case("expires while it is watched", "SET k v PX 15", "WATCH k", pause(20), "MULTI", "PING", "EXEC"),
    case("expires while it is watched, and is looked at", "SET k v PX 15", "WATCH k", pause(20),
         "b> GET k", "MULTI", "PING", "EXEC"),
    case("expired and made anew", "SET k v PX 15", "WATCH k", pause(20), "b> SET k w", "MULTI",
         "PING", "EXEC"),
]
