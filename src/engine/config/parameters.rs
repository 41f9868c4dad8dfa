//! The settings by name.
//!
//! All of a real server's are there. What becomes of CONFIG SET goes by one rule. A setting that the engine
//! goes by is **applied**. One that only says how a server does work which this one has not got (disk,
//! replicas, cluster bus, threads) is **kept**: checked, told, and without effect, since nobody who is
//! connected to a standalone server would notice a difference either. The bounds of what a connection may
//! cost are for servers of sockets to go by; one without a socket is an object of its own process. One that
//! makes a server do what this one
//! does not (listen, write files, refuse writes for want of replicas) can **only** be set to what it is.

use super::form::{self, BYTES, Form, NATURAL, NATURAL_32, Value};
use super::{Config, Policy};
use crate::effects::Class;

/// A setting: its name, its values, and what becomes of a new one.
#[derive(Debug)]
pub struct Parameter {
    /// The name, in lower case.
    pub name: &'static str,
    /// What it is before anybody changes it, as CONFIG GET spells it.
    default: &'static str,
    form: Form,
    take: Take,
}

/// What becomes of a new value.
#[derive(Debug)]
enum Take {
    /// It is refused: a server reads this one as it starts.
    Immutable,
    /// It is refused: a server may be told to allow it, and this one is not.
    Protected,
    /// It is refused with this reason, unless it is what was there.
    Only(&'static str),
    /// The same; it is what whoever listens said as the store began.
    Place,
    /// It is remembered.
    Kept,
    /// The engine goes by it.
    Applied(fn(&mut Config, Value<'_>)),
    /// It is another setting's, of which this is an old name.
    Old(&'static str),
}

const fn row(name: &'static str, default: &'static str, form: Form, take: Take) -> Parameter {
    Parameter { name, default, form, take }
}

const fn applied(
    name: &'static str,
    default: &'static str,
    form: Form,
    apply: fn(&mut Config, Value<'_>),
) -> Parameter {
    row(name, default, form, Take::Applied(apply))
}

const fn kept(name: &'static str, default: &'static str, form: Form) -> Parameter {
    row(name, default, form, Take::Kept)
}

const fn flag(name: &'static str, default: &'static str) -> Parameter {
    kept(name, default, Form::Flag)
}

const fn text(name: &'static str) -> Parameter {
    kept(name, "", Form::Text)
}

const fn number(name: &'static str, default: &'static str) -> Parameter {
    kept(name, default, NATURAL_32)
}

const fn between(name: &'static str, default: &'static str, min: i64, max: i64) -> Parameter {
    kept(name, default, Form::Integer { min, max })
}

const fn only(name: &'static str, default: &'static str, form: Form, reason: &'static str) -> Parameter {
    row(name, default, form, Take::Only(reason))
}

const fn immutable(name: &'static str, default: &'static str) -> Parameter {
    row(name, default, Form::Text, Take::Immutable)
}

const fn protected(name: &'static str, default: &'static str) -> Parameter {
    row(name, default, Form::Text, Take::Protected)
}

const fn old(name: &'static str, of: &'static str) -> Parameter {
    row(name, "", Form::Text, Take::Old(of))
}

const NO_FILES: &str = "this server keeps nothing in files";
const NO_SOCKETS: &str = "this server listens where it was told to as it started, if anywhere";
const NO_REPLICAS: &str = "this server has no replicas to count";

const PORT: Form = Form::Integer { min: 0, max: 65_535 };
const POSITIVE_32: Form = Form::Integer { min: 1, max: i32::MAX as i64 };
const AT_LEAST_A_MEGABYTE: Form = Form::Memory { min: 1 << 20, max: i64::MAX as u64 };
const ANY_BYTES: Form = Form::Memory { min: 0, max: u64::MAX };

/// In the order of [`Policy::ALL`].
const POLICY: Form = Form::Word(&[
    "volatile-lru",
    "volatile-lfu",
    "volatile-random",
    "volatile-ttl",
    "allkeys-lru",
    "allkeys-lfu",
    "allkeys-random",
    "noeviction",
]);

/// The settings, by their names in order.
pub static PARAMETERS: &[Parameter] = &[
    applied(
        "acl-pubsub-default",
        "resetchannels",
        Form::Word(&["allchannels", "resetchannels"]),
        |config, value| {
            config.acl_all_channels = value.given.eq_ignore_ascii_case(b"allchannels");
        },
    ),
    immutable("aclfile", ""),
    applied("acllog-max-len", "128", NATURAL, |config, value| config.acl_log = value.size()),
    between("active-defrag-cycle-max", "25", 1, 99),
    between("active-defrag-cycle-min", "1", 1, 99),
    kept("active-defrag-ignore-bytes", "104857600", Form::Memory { min: 1, max: i64::MAX as u64 }),
    between("active-defrag-max-scan-fields", "1000", 1, i64::MAX),
    between("active-defrag-threshold-lower", "10", 0, 1000),
    between("active-defrag-threshold-upper", "100", 0, 1000),
    between("active-expire-effort", "1", 1, 10),
    kept("activedefrag", "no", Form::Own(form::defrag)),
    flag("activerehashing", "yes"),
    immutable("always-show-logo", "no"),
    flag("aof-load-truncated", "yes"),
    immutable("aof-rewrite-cpulist", ""),
    flag("aof-rewrite-incremental-fsync", "yes"),
    flag("aof-timestamp-enabled", "no"),
    flag("aof-use-rdb-preamble", "yes"),
    immutable("aof_rewrite_cpulist", ""),
    immutable("appenddirname", "appendonlydir"),
    immutable("appendfilename", "appendonly.aof"),
    kept("appendfsync", "everysec", Form::Word(&["everysec", "always", "no"])),
    only("appendonly", "no", Form::Flag, NO_FILES),
    kept("auto-aof-rewrite-min-size", "67108864", BYTES),
    number("auto-aof-rewrite-percentage", "100"),
    immutable("bgsave-cpulist", ""),
    immutable("bgsave_cpulist", ""),
    row("bind", "* -::*", Form::Text, Take::Place),
    text("bind-source-addr"),
    immutable("bio-cpulist", ""),
    immutable("bio_cpulist", ""),
    applied("busy-reply-threshold", "5000", NATURAL, |config, value| {
        config.busy_after_ms = value.size() as u64;
    }),
    applied(
        "client-output-buffer-limit",
        "normal 0 0 0 slave 268435456 67108864 60 pubsub 33554432 8388608 60",
        Form::Own(form::buffer_limits),
        |config, value| config.network.set_output_limits(value.text),
    ),
    applied("client-query-buffer-limit", "1073741824", AT_LEAST_A_MEGABYTE, |config, value| {
        config.network.query_limit = value.size();
    }),
    flag("cluster-allow-pubsubshard-when-down", "yes"),
    flag("cluster-allow-reads-when-down", "no"),
    flag("cluster-allow-replica-migration", "yes"),
    kept("cluster-announce-bus-port", "0", PORT),
    kept("cluster-announce-hostname", "", Form::Own(form::hostname)),
    kept("cluster-announce-human-nodename", "", Form::Own(form::nodename)),
    text("cluster-announce-ip"),
    kept("cluster-announce-port", "0", PORT),
    kept("cluster-announce-tls-port", "0", PORT),
    between("cluster-compatibility-sample-ratio", "0", 0, 100),
    immutable("cluster-config-file", "nodes.conf"),
    immutable("cluster-enabled", "no"),
    kept("cluster-link-sendbuf-limit", "0", ANY_BYTES),
    number("cluster-migration-barrier", "1"),
    kept("cluster-node-timeout", "15000", NATURAL),
    immutable("cluster-port", "0"),
    kept("cluster-preferred-endpoint-type", "ip", Form::Word(&["ip", "hostname", "unknown-endpoint"])),
    flag("cluster-replica-no-failover", "no"),
    number("cluster-replica-validity-factor", "10"),
    flag("cluster-require-full-coverage", "yes"),
    old("cluster-slave-no-failover", "cluster-replica-no-failover"),
    old("cluster-slave-validity-factor", "cluster-replica-validity-factor"),
    flag("crash-log-enabled", "yes"),
    flag("crash-memcheck-enabled", "yes"),
    immutable("daemonize", "no"),
    immutable("databases", "16"),
    protected("dbfilename", "dump.rdb"),
    protected("dir", ""),
    immutable("disable-thp", "yes"),
    flag("dynamic-hz", "yes"),
    immutable("enable-debug-command", "yes"),
    immutable("enable-module-command", "no"),
    immutable("enable-protected-configs", "no"),
    applied("hash-max-listpack-entries", "512", NATURAL, |config, value| {
        config.limits.hash_entries = value.size();
    }),
    applied("hash-max-listpack-value", "64", BYTES, |config, value| {
        config.limits.hash_value = value.size();
    }),
    old("hash-max-ziplist-entries", "hash-max-listpack-entries"),
    old("hash-max-ziplist-value", "hash-max-listpack-value"),
    flag("hide-user-data-from-log", "no"),
    applied("hll-sparse-max-bytes", "3000", BYTES, |config, value| {
        config.limits.hll_sparse = value.size();
    }),
    kept("hz", "10", Form::Own(form::hz)),
    text("ignore-warnings"),
    immutable("io-threads", "1"),
    flag("jemalloc-bg-thread", "yes"),
    applied("latency-monitor-threshold", "0", NATURAL, |config, value| {
        config.latency_threshold_ms = value.number as u64;
    }),
    applied("latency-tracking", "yes", Form::Flag, |config, value| {
        config.latency_tracking = value.number == 1;
    }),
    kept("latency-tracking-info-percentiles", "50 99 99.9", Form::Own(form::percentiles)),
    flag("lazyfree-lazy-eviction", "no"),
    flag("lazyfree-lazy-expire", "no"),
    flag("lazyfree-lazy-server-del", "no"),
    flag("lazyfree-lazy-user-del", "no"),
    flag("lazyfree-lazy-user-flush", "no"),
    applied("lfu-decay-time", "1", NATURAL_32, |config, value| config.counting.decay_minutes = value.number),
    applied("lfu-log-factor", "10", NATURAL_32, |config, value| config.counting.log_factor = value.number),
    number("list-compress-depth", "0"),
    applied(
        "list-max-listpack-size",
        "-2",
        Form::Integer { min: i32::MIN as i64, max: i32::MAX as i64 },
        |config, value| config.limits.list_fill.size = value.number,
    ),
    old("list-max-ziplist-size", "list-max-listpack-size"),
    kept("locale-collate", "", Form::Own(form::locale)),
    immutable("logfile", ""),
    kept("loglevel", "notice", Form::Word(&["debug", "verbose", "notice", "warning", "nothing"])),
    old("lua-time-limit", "busy-reply-threshold"),
    text("masterauth"),
    text("masteruser"),
    between("max-new-connections-per-cycle", "10", 1, 1000),
    between("max-new-tls-connections-per-cycle", "1", 1, 1000),
    applied("maxclients", "10000", Form::Integer { min: 1, max: u32::MAX as i64 }, |config, value| {
        config.network.max_clients = value.size();
    }),
    applied("maxmemory", "0", ANY_BYTES, |config, value| config.max_memory = value.size()),
    kept("maxmemory-clients", "0", Form::MemoryOrPercent),
    between("maxmemory-eviction-tenacity", "10", 0, 100),
    applied("maxmemory-policy", "noeviction", POLICY, |config, value| {
        config.policy = Policy::ALL[value.size()];
    }),
    applied("maxmemory-samples", "5", Form::Integer { min: 1, max: 64 }, |config, value| {
        config.samples = value.size();
    }),
    number("min-replicas-max-lag", "10"),
    only("min-replicas-to-write", "0", NATURAL_32, NO_REPLICAS),
    old("min-slaves-max-lag", "min-replicas-max-lag"),
    old("min-slaves-to-write", "min-replicas-to-write"),
    flag("no-appendfsync-on-rewrite", "no"),
    applied("notify-keyspace-events", "", Form::Own(form::events), |config, value| {
        config.notify = Class::from_letters(value.given).unwrap_or_default();
    }),
    kept("oom-score-adj", "no", Form::Word(&["no", "yes", "relative", "absolute"])),
    kept("oom-score-adj-values", "0 200 800", Form::Own(form::oom_scores)),
    immutable("pidfile", ""),
    row("port", "0", PORT, Take::Place),
    kept("proc-title-template", "{title} {listen-addr} {server-mode}", Form::Own(form::title)),
    kept("propagation-error-behavior", "ignore", Form::Word(&["ignore", "panic", "panic-on-replicas"])),
    applied("protected-mode", "yes", Form::Flag, |config, value| {
        config.network.is_protected = value.number == 1;
    }),
    applied("proto-max-bulk-len", "536870912", AT_LEAST_A_MEGABYTE, |config, value| {
        config.max_bulk = value.size();
    }),
    flag("rdb-del-sync-files", "no"),
    flag("rdb-save-incremental-fsync", "yes"),
    immutable("rdbchecksum", "yes"),
    flag("rdbcompression", "yes"),
    kept("repl-backlog-size", "1048576", Form::Own(form::backlog)),
    kept("repl-backlog-ttl", "3600", NATURAL),
    flag("repl-disable-tcp-nodelay", "no"),
    kept("repl-diskless-load", "disabled", Form::Word(&["disabled", "on-empty-db", "swapdb"])),
    flag("repl-diskless-sync", "yes"),
    number("repl-diskless-sync-delay", "5"),
    number("repl-diskless-sync-max-replicas", "0"),
    kept("repl-ping-replica-period", "10", POSITIVE_32),
    old("repl-ping-slave-period", "repl-ping-replica-period"),
    kept("repl-timeout", "60", POSITIVE_32),
    text("replica-announce-ip"),
    kept("replica-announce-port", "0", PORT),
    flag("replica-announced", "yes"),
    kept("replica-full-sync-buffer-limit", "0", BYTES),
    flag("replica-ignore-disk-write-errors", "no"),
    flag("replica-ignore-maxmemory", "yes"),
    flag("replica-lazy-flush", "no"),
    number("replica-priority", "100"),
    flag("replica-read-only", "yes"),
    flag("replica-serve-stale-data", "yes"),
    immutable("replicaof", ""),
    kept("requirepass", "", Form::Text),
    kept("sanitize-dump-payload", "no", Form::Word(&["no", "yes", "clients"])),
    only("save", "", Form::Own(form::save), NO_FILES),
    immutable("server-cpulist", ""),
    immutable("server_cpulist", ""),
    applied("set-max-intset-entries", "512", NATURAL, |config, value| {
        config.limits.set_intset = value.size();
    }),
    applied("set-max-listpack-entries", "128", NATURAL, |config, value| {
        config.limits.set_entries = value.size();
    }),
    applied("set-max-listpack-value", "64", NATURAL, |config, value| {
        config.limits.set_value = value.size();
    }),
    immutable("set-proc-title", "yes"),
    kept("shutdown-on-sigint", "default", Form::Own(form::shutdown)),
    kept("shutdown-on-sigterm", "default", Form::Own(form::shutdown)),
    number("shutdown-timeout", "10"),
    old("slave-announce-ip", "replica-announce-ip"),
    old("slave-announce-port", "replica-announce-port"),
    old("slave-ignore-maxmemory", "replica-ignore-maxmemory"),
    old("slave-lazy-flush", "replica-lazy-flush"),
    old("slave-priority", "replica-priority"),
    old("slave-read-only", "replica-read-only"),
    old("slave-serve-stale-data", "replica-serve-stale-data"),
    immutable("slaveof", ""),
    applied("slowlog-log-slower-than", "10000", Form::Integer { min: -1, max: i64::MAX }, |config, value| {
        config.slower_than_us = value.number;
    }),
    applied("slowlog-max-len", "128", NATURAL, |config, value| config.slowlog_length = value.size()),
    immutable("socket-mark-id", "0"),
    flag("stop-writes-on-bgsave-error", "yes"),
    applied("stream-node-max-bytes", "4096", BYTES, |config, value| {
        config.limits.stream_bytes = value.size();
    }),
    applied("stream-node-max-entries", "100", NATURAL, |config, value| {
        config.limits.stream_entries = value.size();
    }),
    immutable("supervised", "no"),
    immutable("syslog-enabled", "no"),
    immutable("syslog-facility", "local0"),
    immutable("syslog-ident", "redis"),
    immutable("tcp-backlog", "511"),
    applied("tcp-keepalive", "300", NATURAL_32, |config, value| {
        config.network.keepalive_seconds = value.number as u64;
    }),
    applied("timeout", "0", NATURAL_32, |config, value| config.network.timeout_seconds = value.number as u64),
    kept("tls-auth-clients", "yes", Form::Word(&["no", "yes", "optional"])),
    text("tls-ca-cert-dir"),
    text("tls-ca-cert-file"),
    text("tls-cert-file"),
    text("tls-ciphers"),
    text("tls-ciphersuites"),
    text("tls-client-cert-file"),
    text("tls-client-key-file"),
    text("tls-client-key-file-pass"),
    kept("tls-cluster", "no", Form::Own(form::tls)),
    text("tls-dh-params-file"),
    text("tls-key-file"),
    text("tls-key-file-pass"),
    only("tls-port", "0", PORT, NO_SOCKETS),
    flag("tls-prefer-server-ciphers", "no"),
    text("tls-protocols"),
    kept("tls-replication", "no", Form::Own(form::tls)),
    number("tls-session-cache-size", "20480"),
    number("tls-session-cache-timeout", "300"),
    flag("tls-session-caching", "yes"),
    applied("tracking-table-max-keys", "1000000", NATURAL, |config, value| {
        config.tracking_keys = value.size();
    }),
    immutable("unixsocket", ""),
    immutable("unixsocketperm", "0"),
    applied("zset-max-listpack-entries", "128", NATURAL, |config, value| {
        config.limits.zset_entries = value.size();
    }),
    applied("zset-max-listpack-value", "64", BYTES, |config, value| {
        config.limits.zset_value = value.size();
    }),
    old("zset-max-ziplist-entries", "zset-max-listpack-entries"),
    old("zset-max-ziplist-value", "zset-max-listpack-value"),
];

impl Parameter {
    /// The setting of this name, in any case.
    pub fn find(name: &[u8]) -> Option<&'static Self> {
        PARAMETERS.iter().find(|parameter| name.eq_ignore_ascii_case(parameter.name.as_bytes()))
    }

    /// The setting itself, where this is an old name of it.
    fn original(&self) -> &Self {
        match self.take {
            Take::Old(of) => Self::find(of.as_bytes()).unwrap_or(self),
            _ => self,
        }
    }

    /// Why CONFIG SET refuses it whatever the value, if it does.
    pub fn is_fixed(&self) -> Option<&'static str> {
        match self.take {
            Take::Immutable => Some("can't set immutable config"),
            Take::Protected => Some("can't set protected config"),
            _ => None,
        }
    }

    /// The value, as CONFIG GET spells it.
    pub fn get<'c>(&self, config: &'c Config) -> &'c str {
        let original = self.original();
        config.texts.get(original.name).map_or(original.default, |text| text)
    }

    /// Changes the value, or says in CONFIG SET's words why not.
    pub fn set(&self, config: &mut Config, value: &[u8]) -> Result<(), String> {
        let original = self.original();
        let present = original.get(config);
        let text = original.form.read(present, value)?;
        match original.take {
            Take::Only(reason) if text != present => return Err(reason.to_owned()),
            Take::Place if text != present => return Err(NO_SOCKETS.to_owned()),
            Take::Applied(apply) => {
                apply(config, Value { number: original.form.number(&text), text: &text, given: value });
            }
            _ => {}
        }
        original.keep(config, text);
        Ok(())
    }

    /// Gives a store that begins the value, which may be one that is fixed later, or says why not.
    pub(crate) fn begin(&self, config: &mut Config, value: &[u8]) -> Result<(), String> {
        let original = self.original();
        match original.take {
            Take::Place => {
                let text = original.form.read(original.get(config), value)?;
                original.keep(config, text);
                Ok(())
            }
            _ => original.set(config, value),
        }
    }

    fn keep(&self, config: &mut Config, text: String) {
        if text == self.default {
            config.texts.remove(self.name);
        } else {
            config.texts.insert(self.name, text.into());
        }
    }
}
