"""CLUSTER and its kin, to a server that is no node of one."""

from __future__ import annotations

from ..case import case
from ..generate import table, wrong_arity

_SUBCOMMANDS = (
    "ADDSLOTS 1", "ADDSLOTSRANGE 1 2", "BUMPEPOCH", "COUNT-FAILURE-REPORTS x", "COUNTKEYSINSLOT 1", "DELSLOTS 1",
    "DELSLOTSRANGE 1 2", "FAILOVER", "FLUSHSLOTS", "FORGET x", "GETKEYSINSLOT 1 2", "HELP", "INFO", "KEYSLOT k",
    "LINKS", "MEET h 1", "MYID", "MYSHARDID", "NODES", "REPLICAS x", "REPLICATE x", "RESET", "SAVECONFIG",
    "SET-CONFIG-EPOCH 1", "SETSLOT 1 STABLE", "SETSLOT 1 IMPORTING x",
    "SETSLOT 1 MIGRATING x", "SETSLOT 1 NODE x", "RESET HARD", "RESET SOFT", "FAILOVER FORCE", "FAILOVER TAKEOVER",
    "SHARDS", "SLAVES x", "SLOTS",
)

CASES = [
    *wrong_arity(
        "CLUSTER", "CLUSTER INFO x", "CLUSTER KEYSLOT", "CLUSTER MYID x", "CLUSTER NODES x", "READONLY x", "READWRITE x",
        "ASKING x",
    ),
    case("every subcommand", *(f"CLUSTER {line}" for line in _SUBCOMMANDS)),
    *table("""
        = connections
        READONLY
        READWRITE
        ASKING
        = in other places
        CLUSTER NOSUCH
        MULTI
        CLUSTER INFO
        READONLY
        EXEC
        EVAL "return redis.call('cluster','info')" 0
        EVAL "return redis.call('cluster','reset')" 0
    """),
]
