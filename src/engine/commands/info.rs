//! INFO: what the server knows of itself.

use std::fmt::Write;

use crate::args::Args;
use crate::command::{Command, Flags, Group};
use crate::config::Parameter;
use crate::dispatch::Ctx;
use crate::error::Result;
use crate::pubsub::Topic;
use crate::session::Session;
use crate::sink::Sink;
use crate::store::{REDIS_VERSION, State};

/// What the rows of this group have in common.
const SERVER: Command = Command { group: Group::Server, ..Command::BASE };

pub(crate) const COMMANDS: &[Command] = &[Command {
    name: "info",
    syntax: "[section...]",
    arity: -1,
    flags: Flags::LOADING.and(Flags::STALE),
    categories: &["dangerous"],
    summary: "Returns what the server knows of itself.",
    tips: &["nondeterministic_output", "request_policy:all_shards", "response_policy:special"],
    run: info,
    ..SERVER
}];

/// A part of INFO: its title and what it says. All of them are told by default.
type Section = (&'static str, fn(&State, i64, &mut String) -> std::fmt::Result);

const SECTIONS: [Section; 10] = [
    ("Server", server),
    ("Clients", clients),
    ("Memory", memory),
    ("Persistence", persistence),
    ("Stats", stats),
    ("Replication", replication),
    ("Modules", |_, _, _| Ok(())),
    ("Errorstats", errorstats),
    ("Cluster", |_, _, text| writeln!(text, "cluster_enabled:0")),
    ("Keyspace", keyspace),
];

/// `INFO [section [section …]]`
///
/// Tells what this engine knows; of a server's fields the ones about its process, its sockets and its
/// files are not there. A section that does not exist is nothing.
fn info(ctx: &mut Ctx<'_>, args: &mut Args<'_>, sink: &mut dyn Sink) -> Result {
    let asked = args.take_rest();
    let is_asked = |name: &str| asked.iter().any(|word| word.eq_ignore_ascii_case(name.as_bytes()));
    let all = asked.is_empty() || ["default", "all", "everything"].into_iter().any(is_asked);
    let now_us = ctx.now_us();
    let mut text = String::new();
    for (title, say) in SECTIONS {
        if !all && !is_asked(title) {
            continue;
        }
        if !text.is_empty() {
            text.push('\n');
        }
        // Writing to a string cannot fail.
        let _ = writeln!(text, "# {title}");
        let _ = say(ctx.state, now_us, &mut text);
    }
    sink.verbatim("txt", text.replace('\n', "\r\n").as_bytes());
    Ok(())
}

fn server(state: &State, now_us: i64, text: &mut String) -> std::fmt::Result {
    let uptime = (now_us / 1000 - state.started_ms).max(0) / 1000;
    writeln!(text, "redis_version:{REDIS_VERSION}")?;
    writeln!(text, "burner_redis_version:{}", env!("CARGO_PKG_VERSION"))?;
    writeln!(text, "redis_mode:standalone")?;
    writeln!(text, "os:{} {}", std::env::consts::OS, std::env::consts::ARCH)?;
    writeln!(text, "arch_bits:{}", usize::BITS)?;
    writeln!(text, "run_id:{}", state.run_id)?;
    writeln!(text, "tcp_port:0")?;
    writeln!(text, "server_time_usec:{now_us}")?;
    writeln!(text, "uptime_in_seconds:{uptime}")?;
    writeln!(text, "uptime_in_days:{}", uptime / 86_400)?;
    writeln!(text, "config_file:")
}

fn clients(state: &State, _: i64, text: &mut String) -> std::fmt::Result {
    let count =
        |wanted: fn(&Session) -> bool| state.sessions.iter().filter(|session| wanted(session)).count();
    writeln!(text, "connected_clients:{}", state.sessions.len())?;
    writeln!(text, "cluster_connections:0")?;
    writeln!(text, "maxclients:10000")?;
    writeln!(text, "blocked_clients:{}", state.waiters.len() + state.postponed.len())?;
    writeln!(text, "tracking_clients:{}", state.tracker.session_count())?;
    writeln!(text, "pubsub_clients:{}", count(|session| session.subscriptions() > 0))?;
    writeln!(text, "watching_clients:{}", count(|session| !session.transaction.watched.is_empty()))?;
    writeln!(text, "total_watched_keys:{}", state.watchers.keys(None).count())?;
    writeln!(text, "total_blocking_keys:{}", state.waiters.keys().count())?;
    writeln!(text, "total_blocking_keys_on_nokey:{}", state.waiters.keys_on_gone().count())
}

fn memory(state: &State, _: i64, text: &mut String) -> std::fmt::Result {
    let used = state.used_memory();
    writeln!(text, "used_memory:{used}")?;
    writeln!(text, "used_memory_human:{}", human(used))?;
    writeln!(text, "used_memory_dataset:{used}")?;
    let limit = state.config.max_memory;
    writeln!(text, "maxmemory:{limit}")?;
    writeln!(text, "maxmemory_human:{}", human(limit))?;
    writeln!(text, "maxmemory_policy:{}", setting(state, "maxmemory-policy"))
}

/// A setting as CONFIG GET spells it.
fn setting<'s>(state: &'s State, name: &str) -> &'s str {
    Parameter::find(name.as_bytes()).map_or("", |parameter| parameter.get(&state.config))
}

/// A number of bytes for a person.
fn human(bytes: usize) -> String {
    let mut size = bytes as f64;
    if size < 1024.0 {
        return format!("{bytes}B");
    }
    let mut unit = ' ';
    for next in "KMGT".chars() {
        if size < 1024.0 {
            break;
        }
        (size, unit) = (size / 1024.0, next);
    }
    format!("{size:.2}{unit}")
}

fn persistence(state: &State, _: i64, text: &mut String) -> std::fmt::Result {
    writeln!(text, "loading:0")?;
    writeln!(text, "async_loading:0")?;
    writeln!(text, "rdb_changes_since_last_save:{}", state.stats.dirty)?;
    writeln!(text, "rdb_bgsave_in_progress:0")?;
    writeln!(text, "rdb_last_save_time:{}", state.started_ms / 1000)?;
    writeln!(text, "rdb_last_bgsave_status:ok")?;
    writeln!(text, "rdb_saves:0")?;
    writeln!(text, "aof_enabled:0")?;
    writeln!(text, "aof_rewrite_in_progress:0")
}

fn stats(state: &State, _: i64, text: &mut String) -> std::fmt::Result {
    let stats = &state.stats;
    writeln!(text, "total_connections_received:{}", stats.connections)?;
    writeln!(text, "total_commands_processed:{}", stats.commands)?;
    writeln!(text, "rejected_connections:0")?;
    writeln!(text, "expired_subkeys:{}", stats.expired_fields)?;
    writeln!(text, "expired_keys:{}", stats.expired)?;
    writeln!(text, "evicted_keys:{}", stats.evicted)?;
    writeln!(text, "keyspace_hits:{}", stats.hits)?;
    writeln!(text, "keyspace_misses:{}", stats.misses)?;
    writeln!(text, "pubsub_channels:{}", state.pubsub.len(Topic::Channel))?;
    writeln!(text, "pubsub_patterns:{}", state.pubsub.len(Topic::Pattern))?;
    writeln!(text, "pubsubshard_channels:{}", state.pubsub.len(Topic::Shard))?;
    writeln!(text, "total_error_replies:{}", stats.errors().map(|(_, count)| count).sum::<u64>())?;
    let panics = &stats.panics;
    writeln!(text, "burner_redis_panics:{}", panics.count)?;
    writeln!(text, "burner_redis_last_panic_command:{}", panics.command)?;
    writeln!(text, "burner_redis_last_panic_key:{}", panics.key.as_deref().unwrap_or_default())
}

fn replication(state: &State, _: i64, text: &mut String) -> std::fmt::Result {
    writeln!(text, "role:master")?;
    writeln!(text, "connected_slaves:0")?;
    writeln!(text, "master_failover_state:no-failover")?;
    writeln!(text, "master_replid:{}", state.replication_id)?;
    writeln!(text, "master_repl_offset:0")?;
    writeln!(text, "second_repl_offset:-1")?;
    writeln!(text, "repl_backlog_active:0")
}

fn errorstats(state: &State, _: i64, text: &mut String) -> std::fmt::Result {
    state.stats.errors().try_for_each(|(code, count)| writeln!(text, "errorstat_{code}:count={count}"))
}

fn keyspace(state: &State, now_us: i64, text: &mut String) -> std::fmt::Result {
    for (number, db) in state.dbs.iter().enumerate().filter(|(_, db)| !db.is_empty()) {
        let (keys, expires, subexpiry) = (db.len(), db.expiring(), db.subexpiring());
        let ttl = db.average_ttl(now_us / 1000);
        writeln!(text, "db{number}:keys={keys},expires={expires},avg_ttl={ttl},subexpiry={subexpiry}")?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::testing::Shell;

    #[test]
    fn sections_come_as_asked_for() {
        let mut shell = Shell::new();
        shell.run("SET a 1");
        shell.run("SET b 1 PX 1000");
        shell.run("LPUSH a x");
        assert_eq!(
            shell.run("INFO Keyspace nosuch errorstats"),
            "$104 # Errorstats errorstat_WRONGTYPE:count=1  # Keyspace db0:keys=2,expires=1,avg_ttl=1000,subexpiry=0"
        );
        assert_eq!(shell.run("INFO nosuch"), "$0");
        let everything = shell.run("INFO");
        for field in ["redis_version:8", "redis_mode:standalone", "role:master", "used_memory:"] {
            assert!(everything.contains(field), "{field}");
        }
    }

    #[test]
    fn sizes_are_told_as_a_person_likes_them() {
        for (bytes, told) in [(0, "0B"), (1023, "1023B"), (861_200, "841.02K"), (2_640_264, "2.52M")] {
            assert_eq!(super::human(bytes), told);
        }
    }
}
