"""INFO, CONFIG, TIME, DBSIZE and the flushes."""

from __future__ import annotations

from ..case import case, command
from ..compare import field_names, fields, near, same_type, top_type, unordered_pairs
from ..generate import table, wrong_arity

CASES = [
    *wrong_arity(
        "TIME x", "DBSIZE x", "CONFIG GET", "CONFIG SET", "CONFIG SET a", "CONFIG SET a b c",
        "CONFIG RESETSTAT x", "CONFIG REWRITE x", "LASTSAVE x",
    ),
    *table(r"""
        = config get
        CONFIG GET nosuch
        CONFIG GET maxmemory
        CONFIG GET MAXMEMORY
        CONFIG GET notify-keyspace-events
        CONFIG GET databases
        CONFIG GET appendonly
        CONFIG GET hash-max-listpack-entries
        CONFIG GET hash-max-ziplist-entries
        CONFIG GET hash-max-listpack-value
        CONFIG GET set-max-intset-entries
        CONFIG GET set-max-listpack-entries
        CONFIG GET set-max-listpack-value
        CONFIG GET zset-max-listpack-entries
        CONFIG GET zset-max-listpack-value
        CONFIG GET list-max-listpack-size
        CONFIG GET list-max-ziplist-size
        CONFIG GET stream-node-max-entries
        CONFIG GET stream-node-max-bytes
        CONFIG GET maxmemory-policy
        CONFIG GET lua-time-limit
        CONFIG GET busy-reply-threshold
        CONFIG GET proto-max-bulk-len
        CONFIG GET timeout
        CONFIG GET requirepass
        CONFIG GET list-compress-depth
        CONFIG GET enable-debug-command
        CONFIG SET enable-debug-command no
        = config set refuses
        CONFIG SET nosuch x
        CONFIG SET databases 4
        CONFIG SET notify-keyspace-events Q
        CONFIG SET hash-max-listpack-entries abc
        CONFIG SET hash-max-listpack-entries -1
        CONFIG SET timeout -1
        CONFIG SET timeout 1 timeout 2
        CONFIG SET timeout 1 nosuch x
        CONFIG GET timeout
        CONFIG SET TIMEOUT 100
        CONFIG GET timeout
        = debug
        DEBUG
        DEBUG nosuch
        DEBUG nosuch x
        DEBUG HELP x
        debug ""
        MULTI
        DEBUG nosuch
        EXEC
        EVAL "return redis.call('DEBUG', 'HELP')" 0
        = a memory limit
        CONFIG SET maxmemory abc
        CONFIG SET maxmemory -1
        CONFIG SET maxmemory-policy nosuch
        CONFIG SET maxmemory 100mb
        CONFIG GET maxmemory
        CONFIG SET maxmemory 1GB
        CONFIG GET maxmemory
        CONFIG SET maxmemory 1k
        CONFIG GET maxmemory
        CONFIG SET maxmemory 0
        = config set of thresholds
        CONFIG SET hash-max-listpack-entries 2
        HSET h a 1 b 2
        OBJECT ENCODING h
        HSET h c 3
        OBJECT ENCODING h
        CONFIG SET hash-max-listpack-value 3
        HSET i a 1234
        OBJECT ENCODING i
        CONFIG SET set-max-intset-entries 2 set-max-listpack-entries 2 set-max-listpack-value 3
        SADD s 1 2
        OBJECT ENCODING s
        SADD s 3
        OBJECT ENCODING s
        SADD t a b c
        OBJECT ENCODING t
        SADD u abcd
        OBJECT ENCODING u
        CONFIG SET list-max-listpack-size 2
        RPUSH l a b
        OBJECT ENCODING l
        RPUSH l c
        OBJECT ENCODING l
        CONFIG SET zset-max-listpack-entries 2
        ZADD z 1 a 2 b
        OBJECT ENCODING z
        ZADD z 3 c
        OBJECT ENCODING z
        CONFIG SET zset-max-listpack-value 3
        ZADD y 1 abcd
        OBJECT ENCODING y
        = config by the old names
        CONFIG SET hash-max-ziplist-entries 3
        CONFIG GET hash-max-listpack-entries
        CONFIG SET list-max-ziplist-size 4
        CONFIG GET list-max-listpack-size
        = resetstat
        CONFIG RESETSTAT
        CONFIG REWRITE
        = notification flags
        CONFIG SET notify-keyspace-events ""
        CONFIG GET notify-keyspace-events
        CONFIG SET notify-keyspace-events KEA
        CONFIG GET notify-keyspace-events
        CONFIG SET notify-keyspace-events AKE
        CONFIG GET notify-keyspace-events
        CONFIG SET notify-keyspace-events Kg$lshzxetdmn
        CONFIG GET notify-keyspace-events
        CONFIG SET notify-keyspace-events xE
        CONFIG GET notify-keyspace-events
        CONFIG SET notify-keyspace-events KA
        CONFIG GET notify-keyspace-events
        CONFIG SET notify-keyspace-events EEE
        CONFIG GET notify-keyspace-events
        CONFIG SET notify-keyspace-events $lshz
        CONFIG GET notify-keyspace-events
    """),
    case("time", command("TIME", near(1e6))),
    case("config get of several", command("CONFIG GET maxmemory timeout", unordered_pairs),
         command("CONFIG GET maxmemory*", top_type), command("CONFIG GET *", top_type),
         command("CONFIG GET hash-max-listpack-* timeout", unordered_pairs),
         command("CONFIG GET [a-", top_type)),
    case("info is text", command("INFO", top_type), command("INFO nosuch", top_type),
         command("INFO server", top_type), command("INFO server clients", top_type),
         command("INFO everything", top_type), command("INFO all", top_type),
         command("INFO default", top_type)),
    case("info of the keyspace", "SET a 1", "SET b 1 EX 100", "SELECT 1", "SET c 1",
         command("INFO keyspace", fields("db0:keys", "db1:keys"))),
    case("info of no keys", "INFO keyspace"),
    case("info of commands", command("INFO server", fields("redis_version", "redis_mode", "arch_bits"))),
    case("info of replication", command("INFO replication", fields("role", "connected_slaves"))),
    case("info of counts", "SET k v", "GET k", "GET none",
         command("INFO stats", fields("keyspace_hits", "keyspace_misses", "expired_keys", "evicted_keys"))),
    case("info of blocked clients", "b> BLPOP k 0", command("INFO clients", fields("blocked_clients"))),
    case("info of cluster", command("INFO cluster", fields("cluster_enabled"))),
    case("info of subscribers", "b> SUBSCRIBE a b", "b> PSUBSCRIBE p", command("INFO stats", fields("pubsub_channels"))),
    case("info of errors", "NOSUCH", "GET", command("INFO errorstats", fields("errorstat_ERR"))),
    case("lastsave", command("LASTSAVE", near(1e6)), "LASTSAVE x", "EVAL \"return type(redis.call('LASTSAVE'))\" 0",
         "MULTI", command("LASTSAVE"), command("EXEC", near(1e6))),
    case("nothing was saved since it began", "SET k v",
         ("EVAL", "local told = redis.call('INFO', 'persistence'):match('rdb_last_save_time:(%d+)') "
          "local saved, now = redis.call('LASTSAVE'), tonumber(redis.call('TIME')[1]) "
          "return {saved == tonumber(told), saved <= now}", "0")),
    case("names of a client's fields", command("CLIENT INFO", field_names)),
    case("role", command("ROLE", same_type)),
]
