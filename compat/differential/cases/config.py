"""CONFIG: every setting, what it is at first, what it may be set to and what it says to anything else."""

from __future__ import annotations

from ..case import Case, case, command
from ..compare import unordered_pairs
from ..generate import table, wrong_arity

_EDGES = (
    "''", "abc", "yes", "NO", "-1", "0", "1", "+1", "100", "1000", "65536", "2147483647", "2147483648",
    "9223372036854775807", "9223372036854775808", "-9223372036854775809", "18446744073709551615",
    "1.5", "10mb", "1KB", "3Gb", "7x", "' 1'", "'1 '",
)  # fmt: skip

_KEPT = """\
acl-pubsub-default acllog-max-len active-defrag-cycle-max active-defrag-cycle-min active-defrag-ignore-bytes
active-defrag-max-scan-fields active-defrag-threshold-lower active-defrag-threshold-upper
active-expire-effort activedefrag activerehashing aof-load-truncated aof-rewrite-incremental-fsync
aof-timestamp-enabled aof-use-rdb-preamble appendfsync auto-aof-rewrite-min-size
auto-aof-rewrite-percentage busy-reply-threshold client-query-buffer-limit
cluster-allow-pubsubshard-when-down cluster-allow-reads-when-down cluster-allow-replica-migration
cluster-announce-bus-port cluster-announce-port cluster-announce-tls-port
cluster-compatibility-sample-ratio cluster-link-sendbuf-limit cluster-migration-barrier
cluster-node-timeout cluster-preferred-endpoint-type cluster-replica-no-failover
cluster-replica-validity-factor cluster-require-full-coverage crash-log-enabled crash-memcheck-enabled
dynamic-hz hide-user-data-from-log jemalloc-bg-thread latency-monitor-threshold latency-tracking
lazyfree-lazy-eviction lazyfree-lazy-expire lazyfree-lazy-server-del lazyfree-lazy-user-del
lazyfree-lazy-user-flush lfu-decay-time lfu-log-factor list-compress-depth list-max-listpack-size
locale-collate loglevel max-new-connections-per-cycle max-new-tls-connections-per-cycle
maxmemory-eviction-tenacity maxmemory-policy maxmemory-samples min-replicas-max-lag
no-appendfsync-on-rewrite oom-score-adj oom-score-adj-values propagation-error-behavior
proto-max-bulk-len rdb-del-sync-files rdb-save-incremental-fsync rdbcompression repl-backlog-size
repl-backlog-ttl repl-disable-tcp-nodelay repl-diskless-load repl-diskless-sync
repl-diskless-sync-delay repl-diskless-sync-max-replicas repl-ping-replica-period repl-timeout
replica-announce-ip replica-announce-port replica-announced replica-full-sync-buffer-limit
replica-ignore-disk-write-errors replica-ignore-maxmemory replica-lazy-flush replica-priority
replica-read-only replica-serve-stale-data sanitize-dump-payload shutdown-on-sigint
shutdown-on-sigterm shutdown-timeout slowlog-log-slower-than slowlog-max-len
stop-writes-on-bgsave-error stream-node-max-bytes stream-node-max-entries tcp-keepalive
tls-auth-clients tls-cluster tls-prefer-server-ciphers tls-replication
tls-session-cache-size tls-session-cache-timeout tls-session-caching tracking-table-max-keys
hash-max-listpack-entries hash-max-listpack-value set-max-intset-entries set-max-listpack-entries
set-max-listpack-value zset-max-listpack-entries zset-max-listpack-value hll-sparse-max-bytes
"""
"""Settings that take any of the edges without harm to a server."""

_FIXED = """\
aclfile always-show-logo aof-rewrite-cpulist aof_rewrite_cpulist appenddirname appendfilename
bgsave-cpulist bgsave_cpulist bio-cpulist bio_cpulist cluster-config-file cluster-enabled cluster-port
daemonize databases disable-thp enable-debug-command enable-module-command enable-protected-configs
io-threads logfile rdbchecksum replicaof server-cpulist server_cpulist set-proc-title slaveof
socket-mark-id supervised syslog-enabled syslog-facility syslog-ident tcp-backlog unixsocketperm
dbfilename
"""


def _edges(name: str) -> Case:
    steps = [f"CONFIG GET {name}"]
    for value in _EDGES:
        steps += [f"CONFIG SET {name} {value}", f"CONFIG GET {name}"]
    return case(f"edges of {name}", *steps, events=None)


def _fixed(name: str) -> Case:
    return case(
        f"fixed: {name}", f"CONFIG GET {name}", f"CONFIG SET {name} x", f"CONFIG SET {name} ''"
    )


CASES = [
    *wrong_arity(
        "CONFIG", "CONFIG GET", "CONFIG SET", "CONFIG SET a", "CONFIG SET a b c", "CONFIG RESETSTAT x",
        "CONFIG REWRITE x", "CONFIG HELP x", "CONFIG nosuch", "CONFIG nosuch a b",
    ),
    *map(_edges, _KEPT.split()),
    *map(_fixed, _FIXED.split()),
    *(
        case(f"get {pattern}", command(f"CONFIG GET {pattern}", unordered_pairs))
        for pattern in (
            "maxm*", "*slave*", "*replica*", "tls-*", "list-max-[lz]*", "*-max-*", "l?tency-*", "TIMEOUT",
            "MaxMemory", "Maxmemory-P*", "timeout timeout", "timeout TIMEOUT", "timeout time*", "'' nosuch",
            "a* b* c*", "slave-priority replica-priority", "nosuch*", "[", "lfu* lazy* slowlog*",
        )
    ),
    *table(r"""
        = help
        CONFIG HELP
        = all or none
        CONFIG SET tcp-keepalive 10 maxmemory-samples abc
        CONFIG GET tcp-keepalive
        CONFIG SET tcp-keepalive abc maxmemory-samples abc nosuch 1
        CONFIG SET tcp-keepalive 10 databases 3 nosuch 1
        CONFIG SET nosuch 1 tcp-keepalive 10 databases 3
        CONFIG SET tcp-keepalive 10 tcp-keepalive 11
        CONFIG SET tcp-keepalive 10 TCP-KEEPALIVE 11 nosuch 1
        CONFIG SET tcp-keepalive abc tcp-keepalive 11
        CONFIG SET hash-max-listpack-entries 3 hash-max-ziplist-entries 4
        CONFIG GET hash-max-listpack-entries
        CONFIG SET tcp-keepalive 10 TIMEOUT abc
        CONFIG SET TCP-keepalive 10 maxmemory-samples 6
        CONFIG GET tcp-keepalive
        CONFIG GET maxmemory-samples
        CONFIG SET "" 1
        CONFIG SET "no\x00such" 1
        CONFIG SET "\xff" 1
        CONFIG SET Databases 1
        CONFIG SET timeout ""
        CONFIG SET nosuch 1 timeout
        = limits of connections
        CONFIG SET client-output-buffer-limit "pubsub 32mb 8mb 60"
        CONFIG GET client-output-buffer-limit
        CONFIG SET client-output-buffer-limit "replica 256MB 64mb 60 pubsub 33554432 8388608 61"
        CONFIG GET client-output-buffer-limit
        CONFIG SET client-output-buffer-limit "NORMAL 0 0 0"
        CONFIG SET client-output-buffer-limit "foo 1mb 2kb 3"
        CONFIG SET client-output-buffer-limit "master 0 0 0"
        CONFIG SET client-output-buffer-limit "normal 100mb -2kb 3"
        CONFIG SET client-output-buffer-limit "normal 100mb 200mb x"
        CONFIG SET client-output-buffer-limit "normal 100mb 200mb -1"
        CONFIG SET client-output-buffer-limit "normal 100mb 200mb"
        CONFIG SET client-output-buffer-limit ""
        CONFIG SET client-output-buffer-limit x
        CONFIG GET client-output-buffer-limit
        CONFIG SET maxmemory-clients 50%
        CONFIG GET maxmemory-clients
        CONFIG SET maxmemory-clients 101%
        CONFIG SET maxmemory-clients 0%
        CONFIG GET maxmemory-clients
        CONFIG SET maxmemory-clients -1%
        CONFIG SET maxmemory-clients %
        CONFIG SET maxmemory-clients 1gb
        CONFIG GET maxmemory-clients
        CONFIG SET maxclients 0
        CONFIG SET maxclients -1
        CONFIG SET maxclients 4294967296
        CONFIG SET maxclients abc
        CONFIG SET maxclients 1000
        CONFIG GET maxclients
        CONFIG SET timeout -1
        CONFIG SET timeout 2147483648
        CONFIG SET timeout 1000
        CONFIG GET timeout
        = percentiles
        CONFIG GET latency-tracking-info-percentiles
        CONFIG SET latency-tracking-info-percentiles "50 99"
        CONFIG GET latency-tracking-info-percentiles
        CONFIG SET latency-tracking-info-percentiles ""
        CONFIG GET latency-tracking-info-percentiles
        CONFIG SET latency-tracking-info-percentiles -1
        CONFIG SET latency-tracking-info-percentiles 101
        CONFIG SET latency-tracking-info-percentiles a
        CONFIG SET latency-tracking-info-percentiles "50 a"
        CONFIG SET latency-tracking-info-percentiles nan
        CONFIG SET latency-tracking-info-percentiles "0.1234567891 1e1 100 33.333 0 0.00001 99.99999"
        CONFIG GET latency-tracking-info-percentiles
        = numbers of a list
        CONFIG SET oom-score-adj-values "0 200 800"
        CONFIG SET oom-score-adj-values "0 200 x"
        CONFIG SET oom-score-adj-values "0 200"
        CONFIG SET oom-score-adj-values "0 200 3000"
        CONFIG SET save ""
        CONFIG GET save
        CONFIG SET save "900 1 300"
        CONFIG SET save "900 x"
        CONFIG SET save "0 1"
        CONFIG SET save "1 -1"
        CONFIG SET save "900 1 "
        CONFIG SET save " "
        = hz
        CONFIG SET hz 100
        CONFIG GET hz
        CONFIG SET hz 1000
        CONFIG GET hz
        CONFIG SET hz 0
        CONFIG GET hz
        CONFIG SET hz -1
        CONFIG SET hz abc
        CONFIG SET hz 100
        = words
        CONFIG SET shutdown-on-sigint "nosave now"
        CONFIG GET shutdown-on-sigint
        CONFIG SET shutdown-on-sigint "now NOSAVE"
        CONFIG GET shutdown-on-sigint
        CONFIG SET shutdown-on-sigint "nosave save"
        CONFIG SET shutdown-on-sigint "default now"
        CONFIG GET shutdown-on-sigint
        CONFIG SET maxmemory-policy "allkeys-lru noeviction"
        CONFIG SET loglevel "debug notice"
        CONFIG SET proc-title-template "{bogus}"
        CONFIG SET proc-title-template ""
        CONFIG SET proc-title-template "{title} {listen-addr} {server-mode}"
        CONFIG SET locale-collate C
        CONFIG GET locale-collate
        CONFIG SET locale-collate POSIX
        CONFIG SET locale-collate xx_YY
        CONFIG SET locale-collate ""
        CONFIG SET cluster-announce-hostname "a b"
        CONFIG SET cluster-announce-hostname a.b-c1
        CONFIG GET cluster-announce-hostname
        CONFIG SET cluster-announce-human-nodename "a b"
        CONFIG SET cluster-announce-human-nodename a-b.c
        CONFIG SET ignore-warnings "a\x00b"
        CONFIG GET ignore-warnings
        CONFIG SET masteruser u masterauth p
        CONFIG GET masteruser
        CONFIG SET activedefrag yes
        CONFIG SET port 65536
        CONFIG SET port abc
        CONFIG SET min-replicas-to-write -1
        CONFIG SET min-slaves-to-write 0
        CONFIG SET appendonly abc
        CONFIG SET appendonly NO
        CONFIG SET maxmemory abc
        CONFIG SET maxmemory -1
        CONFIG SET maxmemory-policy nosuch
        = in a transaction and a script
        MULTI
        CONFIG SET tcp-keepalive 11
        CONFIG GET tcp-keepalive
        EXEC
        EVAL "return redis.call('CONFIG', 'GET', 'timeout')" 0
    """, events=None),
]  # fmt: skip
