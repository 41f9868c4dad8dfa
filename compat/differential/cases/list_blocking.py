"""Blocking list commands: who is served, with what, and when not."""

from __future__ import annotations

from ..case import case, pause
from ..generate import TYPES, floats, integers, table, wrong_arity, wrong_type

_TIMEOUTS = ("BLPOP k {}", "BRPOP k {}", "BLMOVE k l LEFT LEFT {}", "BRPOPLPUSH k l {}",
             "BLMPOP {} 1 k LEFT")

CASES = [
    *wrong_arity(
        "BLPOP", "BLPOP k", "BRPOP", "BRPOP k", "BLMOVE", "BLMOVE k l LEFT LEFT",
        "BLMOVE k l LEFT LEFT 0 x", "BRPOPLPUSH", "BRPOPLPUSH k l", "BRPOPLPUSH k l 0 x", "BLMPOP",
        "BLMPOP 0 1 k",
    ),
    *wrong_type("list", """
        BLPOP {} 0
        BLPOP none {} 0
        BRPOP {} 0
        BLMOVE {} d LEFT LEFT 0
        BRPOPLPUSH {} d 0
        BLMPOP 0 1 {} LEFT
        BLMPOP 0 2 none {} LEFT
    """),
    *[
        case(f"a blocking move to another type errs: {line}", "RPUSH l a b",
             *(step for name, made in TYPES.items() if name != "list"
               for step in (made, line.replace("{}", name))))
        for line in ("BLMOVE l {} LEFT RIGHT 0", "BRPOPLPUSH l {} 0")
    ],
    # Over a list that has elements a timeout is only checked, never waited for.
    *floats("\n".join(_TIMEOUTS), "RPUSH k a b"),
    *integers("BLMPOP 0 {} k l LEFT\nBLMPOP 0 1 k LEFT COUNT {}", "RPUSH k a b c"),
    *table(r"""
        = nothing to wait for
        RPUSH k a b c d e f g h
        BLPOP k 0
        BRPOP k 0
        BLPOP none k 0
        BLMOVE k j LEFT RIGHT 0
        BRPOPLPUSH k j 0
        BLMPOP 0 2 none k LEFT
        BLMPOP 0 1 k RIGHT COUNT 2
        BLMPOP 0 1 k left count 100
        EXISTS k
        = syntax
        BLMOVE k l NOSUCH LEFT 0
        BLMOVE k l LEFT NOSUCH 0
        BLMPOP 0 1 k NOSUCH
        BLMPOP 0 2 k LEFT
        BLMPOP 0 1 k LEFT COUNT
        BLMPOP 0 1 k LEFT COUNT 0
        BLMPOP 0 1 k LEFT NOSUCH 1
        BLMPOP 0 1 k LEFT COUNT 1 COUNT 1
        BLMPOP -1 1 k LEFT
        BLPOP k -1
        BLPOP k abc
        BLPOP k ""
        = the head for blpop
        BLPOP k 0
        b> RPUSH k a b c
        = the tail for brpop
        BRPOP k 0
        b> RPUSH k a b c
        = of several keys the one that came
        BLPOP j k l 0
        b> RPUSH l x
        b> RPUSH j y
        = of several keys the first named, when they come together
        BLPOP j k 0
        b> MULTI
        b> RPUSH k x
        b> RPUSH j y
        b> EXEC
        = the same key twice
        BLPOP k k 0
        b> RPUSH k a b
        = oldest first
        BLPOP k 0
        b> BLPOP k 0
        c> BLPOP k 0
        d> RPUSH k x y
        d> RPUSH k z
        = as many as there are
        BLPOP k 0
        b> BRPOP k 0
        c> RPUSH k w x y z
        = one who waits for two keys is served once
        BLPOP k j 0
        b> MULTI
        b> RPUSH k x
        b> RPUSH j y
        b> EXEC
        BLPOP k j 0
        = an element pushed and popped in one transaction wakes nobody
        BLPOP k 0
        b> MULTI
        b> RPUSH k x
        b> LPOP k
        b> EXEC
        b> RPUSH k y
        = a key deleted in the transaction wakes nobody
        BLPOP k 0
        b> MULTI
        b> RPUSH k x
        b> DEL k
        b> EXEC
        b> RPUSH k y
        = a transaction's later type wakes nobody
        BLPOP k 0
        b> MULTI
        b> RPUSH k x
        b> DEL k
        b> SET k v
        b> EXEC
        b> DEL k
        b> RPUSH k y
        = a sorted result in the place of another value wakes nobody, a new one does
        BLPOP k 0
        b> SADD numbers 2 1
        b> SADD k x
        b> SORT numbers STORE k
        b> RPUSH k y
        b> LMOVE numbers k LEFT LEFT
        b> DEL k
        b> SORT numbers STORE k
        = another type wakes nobody
        BLPOP k 0
        b> SET k v
        b> SADD k x
        b> DEL k
        b> SADD k x
        b> DEL k
        b> RPUSH k x
        = rename wakes
        BLPOP k 0
        b> RPUSH j x
        b> RENAME j k
        = renamenx wakes
        BLPOP k 0
        b> RPUSH j x
        b> RENAMENX j k
        = linsert and lset are no arrival
        BLPOP k 0
        b> LINSERT k BEFORE a b
        b> LPUSHX k a
        b> RPUSH k a
        = lmove wakes
        BLPOP k 0
        b> RPUSH j x
        b> LMOVE j k LEFT LEFT
        = rpoplpush wakes
        BLPOP k 0
        b> RPUSH j x
        b> RPOPLPUSH j k
        = blmove waits
        BLMOVE k j LEFT RIGHT 0
        b> RPUSH k a b
        = blmove in a ring
        BLMOVE k k LEFT RIGHT 0
        b> RPUSH k a b
        = a chain of moves
        BLMOVE k j LEFT LEFT 0
        b> BLMOVE j i LEFT LEFT 0
        c> BLPOP i 0
        d> RPUSH k x
        = a move to another type errs and leaves the element to the next
        SET j v
        BLMOVE k j LEFT LEFT 0
        b> BLPOP k 0
        c> RPUSH k x
        = brpoplpush waits
        BRPOPLPUSH k j 0
        b> RPUSH k a b
        = blmpop waits
        BLMPOP 0 2 j k LEFT COUNT 2
        b> RPUSH k a b c
        = blmpop takes the tail
        BLMPOP 0 1 k RIGHT COUNT 10
        b> RPUSH k a b c
        = in a transaction nobody waits
        MULTI
        BLPOP k 0
        BRPOP k 0
        BLMOVE k j LEFT LEFT 0
        BRPOPLPUSH k j 0
        BLMPOP 0 1 k LEFT
        EXEC
        = in a transaction elements are taken
        RPUSH k a b c d e f g
        MULTI
        BLPOP k 0
        BRPOP k 0
        BLMOVE k j LEFT LEFT 0
        BRPOPLPUSH k j 0
        BLMPOP 0 1 k LEFT
        EXEC
        = commands sent behind a blocked one wait
        BLPOP k 0
        SET x 1
        GET x
        b> EXISTS x
        b> RPUSH k v
        = one waits in each database
        SELECT 1
        BLPOP k 0
        b> RPUSH k x
        b> SELECT 1
        b> RPUSH k y
        = swapdb wakes
        BLPOP k 0
        b> SELECT 1
        b> RPUSH k x
        b> SWAPDB 0 1
        = move wakes
        BLPOP k 0
        b> SELECT 1
        b> RPUSH k x
        b> MOVE k 0
        = copy wakes
        BLPOP k 0
        b> RPUSH j x
        b> COPY j k
        = flushall lets wait
        BLPOP k 0
        b> FLUSHALL
        b> RPUSH k x
        = unblocked
        PING
        BLPOP k 0
        b> CLIENT UNBLOCK <id:a>
        b> CLIENT UNBLOCK <id:a>
        BLMOVE k j LEFT LEFT 0
        b> CLIENT UNBLOCK <id:a> TIMEOUT
        BLMPOP 0 1 k LEFT
        b> CLIENT UNBLOCK <id:a> ERROR
        b> CLIENT UNBLOCK <id:b>
        b> CLIENT UNBLOCK <id:a> NOSUCH
        b> RPUSH k x
        = a waiter within a push of two
        BLMOVE k j LEFT LEFT 0
        b> BLPOP j 0
        c> BLPOP k 0
        d> RPUSH k 1 2
        = a script's push serves after the script
        BLPOP k 0
        b> EVAL "redis.call('RPUSH', 'k', 'x'); return redis.call('LLEN', 'k')" 1 k
    """),
    *[
        case(f"time is up: {line}", line.replace("{}", "0.02"), pause(25), "b> RPUSH k x", "PING")
        for line in _TIMEOUTS
    ],
    case("time is up one after another", "BLPOP k 0.06", "b> BLPOP k 0.02", pause(25), pause(45),
         "c> RPUSH k x"),
    case("a connection that has gone is not served", "BLPOP k 0", "b> BLPOP k 0", "RESET",
         "c> RPUSH k x y"),
]
