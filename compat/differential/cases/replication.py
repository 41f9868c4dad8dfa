"""What a master without replicas answers about replication, and MODULE."""

from __future__ import annotations

from ..case import case, pause
from ..generate import integers, table, wrong_arity

CASES = [
    *wrong_arity(
        "WAIT", "WAIT 1", "WAIT 1 2 3", "WAITAOF", "WAITAOF 1 2", "REPLICAOF", "REPLICAOF NO", "REPLICAOF NO ONE x",
        "SLAVEOF", "PSYNC", "PSYNC x", "SYNC x", "MODULE", "MODULE LIST x", "MODULE LOAD", "MODULE UNLOAD",
        "MODULE LOADEX", "ROLE x",
    ),
    *integers("WAIT 0 {}"),
    *integers("WAITAOF 0 0 {}"),
    *table("""
        = nobody to wait for
        WAIT 0 0
        WAIT -1 0
        WAIT x 1
        WAIT 0 -1
        WAIT 0 x
        WAIT 9223372036854775808 0
        WAITAOF 0 0 0
        WAITAOF 1 0 0
        WAITAOF 1 1 0
        WAITAOF 2 0 0
        WAITAOF -1 0 0
        WAITAOF 0 -1 0
        WAITAOF 0 0 -1
        WAITAOF 1 0 -1
        WAITAOF x 0 0
        WAITAOF 0 x 0
        = where nobody waits
        MULTI
        WAIT 1 0
        WAITAOF 0 1 0
        WAITAOF 1 0 0
        EXEC
        EVAL "return redis.call('wait', 1, 0)" 0
        EVAL "return redis.call('waitaof', 0, 1, 0)" 0
        = until unblocked
        PING
        WAIT 1 0
        b> CLIENT UNBLOCK <id:a>
        WAIT 1 0
        b> CLIENT UNBLOCK <id:a> ERROR
        WAITAOF 0 1 0
        b> CLIENT UNBLOCK <id:a>
        = masters
        REPLICAOF NO ONE
        SLAVEOF no one
        REPLICAOF NO TWO
        REPLICAOF host x
        REPLICAOF host 65536
        REPLICAOF host -1
        MULTI
        REPLICAOF NO ONE
        SYNC
        EXEC
        = failovers
        FAILOVER
        FAILOVER ABORT
        FAILOVER x
        FAILOVER TO
        FAILOVER TO h
        FAILOVER TO h x
        FAILOVER TO h 1
        FAILOVER TO h 1 FORCE
        FAILOVER FORCE TO h 1
        FAILOVER FORCE FORCE
        FAILOVER TIMEOUT
        FAILOVER TIMEOUT x
        FAILOVER TIMEOUT 0
        FAILOVER TIMEOUT -1
        FAILOVER TIMEOUT 10 TIMEOUT 10
        FAILOVER TO h 1 TO h 1
        FAILOVER TO h 1 ABORT
        FAILOVER ABORT TIMEOUT 10
        FAILOVER TO h 1 FORCE TIMEOUT 10
        = a master's replica
        REPLICAOF 127.0.0.1 1
        REPLICAOF NO ONE
        SLAVEOF 127.0.0.1 1
        SLAVEOF NO ONE
        = what a replica sends
        b> REPLCONF
        c> REPLCONF x
        d> REPLCONF listening-port 1
        = modules
        MODULE LOAD x
        MODULE LOADEX x
        MODULE LOADEX x CONFIG a b
        MODULE LOADEX x CONFIG a b ARGS c
        MODULE LOADEX x ARGS c
        MODULE LOADEX x NOSUCH
        MODULE UNLOAD x
        MODULE NOSUCH
        MODULE HELP
    """),
    case("until the time is up", "WAIT 1 10", pause(15), "WAITAOF 0 1 10", pause(15), "PING"),
]
