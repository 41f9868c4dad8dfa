"""CLIENT PAUSE: what waits, what does not, and what happens to it meanwhile."""

from __future__ import annotations

from ..case import case, pause, raw
from ..generate import table

_LONG = [f"SET k{number} v" for number in range(130)]

CASES = [
    *table(r"""
        = pause refuses
        CLIENT PAUSE x
        CLIENT PAUSE -1
        CLIENT PAUSE 10 x
        CLIENT PAUSE 10 WRITE x
        CLIENT PAUSE 99999999999999999999
        CLIENT PAUSE 9223372036854775807
        CLIENT PAUSE 0
        CLIENT UNPAUSE
        CLIENT UNPAUSE
        SET k v
        = writers wait in a pause
        CLIENT PAUSE 100000 WRITE
        GET k
        b> SET k 1
        c> INCR k
        GET k
        d> INCR k
        CLIENT UNPAUSE
        GET k
        = what may write waits in a pause
        XADD s 1 a b
        XGROUP CREATE s g 0
        PING
        b> PING
        c> PING
        d> PING
        CLIENT PAUSE 100000 WRITE
        PING
        b> PUBLISH x y
        c> SPUBLISH x y
        d> EVAL "return 1" 0
        e> EVAL_RO "return 1" 0
        g> GETEX k
        h> XREADGROUP GROUP g c STREAMS s >
        i> FLUSHDB x
        j> SCRIPT LOAD "return 1"
        k> CONFIG SET maxmemory 0
        l> WATCH k
        m> BLPOP l 0
        n> EVALSHA e0e1f9fabfc9d4800c877a703b823ac0578ff8db 0
        o> SWAPDB 0 1
        p> GETDEL k
        q> COPY a b
        CLIENT UNPAUSE
        RPUSH l a
        = transactions in a pause
        b> MULTI
        b> SET k 1
        c> MULTI
        c> GET k
        CLIENT PAUSE 100000 WRITE
        b> EXEC
        c> EXEC
        d> MULTI
        d> GET k
        d> SET k 2
        d> EXEC
        CLIENT UNPAUSE
        GET k
        = a blocked one in a pause
        b> BLPOP l 0
        CLIENT PAUSE 100000 WRITE
        c> RPUSH l a b
        d> LPOP l
        CLIENT UNPAUSE
        = one that waits in a pause is killed
        b> PING
        CLIENT PAUSE 100000 WRITE
        b> SET k 1
        c> SET k 2
        CLIENT KILL ID <id:b>
        CLIENT UNPAUSE
        GET k
        = errors come after the pause
        CLIENT PAUSE 100000 WRITE
        b> SET k
        c> LPUSH k x
        d> INCR k
        CLIENT UNPAUSE
        = a pause in a pause
        CLIENT PAUSE 100000 WRITE
        CLIENT PAUSE 1 WRITE
        b> SET k 1
        CLIENT PAUSE 0 WRITE
        CLIENT UNPAUSE
        = nothing is evicted in a pause
        SET k v
        CLIENT PAUSE 100000 WRITE
        CONFIG SET maxmemory-policy allkeys-lru
        CONFIG SET maxmemory 1
        GET k
        b> SET other v
        CLIENT UNPAUSE
        GET k
        DBSIZE
        CONFIG SET maxmemory 0
        = a pause of all in a transaction
        MULTI
        CLIENT PAUSE 20 ALL
        SET k v
        GET k
        EXEC
        GET k
        = a pause of all is over
        CLIENT PAUSE 20 ALL
        SET k v
        b> CLIENT PAUSE 20
        b> GET k
    """),
    case("a pause of all after one of writers", "CLIENT PAUSE 30 WRITE", "b> SET k v", "CLIENT PAUSE 0 ALL",
         "GET k", timed=True),
    case("a pause ends by itself", "CLIENT PAUSE 30 WRITE", "b> SET k 1", "c> INCR k", "GET k",
         pause(40), "GET k"),
    case("nothing expires in a pause", "SET e v PX 20", "CLIENT PAUSE 100000 WRITE",
         pause(30), "GET e", "TTL e", "EXISTS e", "TYPE e", "OBJECT ENCODING e", "KEYS *",
         "CLIENT UNPAUSE", pause(5), "EXISTS e", "DBSIZE"),
    case("a long transaction in a pause", "b> MULTI", *(f"b> {line}" for line in _LONG),
         "CLIENT PAUSE 100000 WRITE", "b> EXEC", "c> GET k129", "d> SET k129 w", "CLIENT UNPAUSE",
         "c> GET k129"),
    case("a long transaction pauses", "MULTI", "CLIENT PAUSE 100000 WRITE", *_LONG, "EXEC",
         "b> SET k129 w", "GET k129", "CLIENT UNPAUSE", "GET k129"),
    case("a transaction of reads in a pause", "b> MULTI", *(f"b> GET k{number}" for number in range(130)),
         "CLIENT PAUSE 100000 WRITE", "b> EXEC", "CLIENT UNPAUSE"),
    # The second line of a burst comes when the pause is on, and a key's time is over after it.
    case("a command waits in a pause of all", "SET e v PX 15",
         raw(b"CLIENT PAUSE 40 ALL\r\nEXISTS e\r\nPING\r\nSET k v\r\n"), "GET k"),
    case("a blocked one in a pause of all", "b> BLPOP l 0.015",
         raw(b"CLIENT PAUSE 40 ALL\r\nRPUSH l a\r\n"), "LRANGE l 0 -1", timed=True),
    case("unpaused by what came before", raw(b"MULTI\r\nCLIENT PAUSE 60000 ALL\r\nCLIENT UNPAUSE\r\nEXEC\r\nPING\r\n")),
]
