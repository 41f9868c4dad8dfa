//! INFO: what the server knows of itself.

use std::fmt::Write;

use crate::args::Args;
use crate::command::{self, Command, Flags, Group};
use crate::config::Parameter;
use crate::dispatch::Ctx;
use crate::error::Result;
use crate::lua::Interpreter;
use crate::network::Buffers;
use crate::process::Process;
use crate::pubsub::Topic;
use crate::session::Session;
use crate::sink::Sink;
use crate::store::{REDIS_VERSION, State};
use crate::types::Type;

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

/// A part of INFO.
struct Section {
    title: &'static str,
    /// When it is told.
    told: Told,
    say: fn(&State, i64, &mut String) -> std::fmt::Result,
}

/// When a section is told.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Told {
    /// Whenever nothing else is asked for.
    Always,
    /// When all are asked for.
    WithAll,
    /// When its name is asked for: it takes a look at every key.
    ByName,
}

const fn section(
    title: &'static str,
    told: Told,
    say: fn(&State, i64, &mut String) -> std::fmt::Result,
) -> Section {
    Section { title, told, say }
}

const SECTIONS: [Section; 14] = [
    section("Server", Told::Always, server),
    section("Clients", Told::Always, clients),
    section("Memory", Told::Always, memory),
    section("Persistence", Told::Always, persistence),
    section("Stats", Told::Always, stats),
    section("Replication", Told::Always, replication),
    section("CPU", Told::Always, processor),
    section("Modules", Told::Always, |_, _, _| Ok(())),
    section("Commandstats", Told::WithAll, commandstats),
    section("Errorstats", Told::Always, errorstats),
    section("Latencystats", Told::WithAll, latencystats),
    section("Cluster", Told::Always, |_, _, text| writeln!(text, "cluster_enabled:0")),
    section("Keyspace", Told::Always, keyspace),
    section("Keysizes", Told::ByName, keysizes),
];

/// `INFO [section [section …]]`
///
/// Tells what this engine knows, and its host of the process ([`crate::process`]); of a server's fields the
/// ones about its allocator, its event loop and its build are not there. A section that does not exist is
/// nothing; `default`, `all` and `everything` are several.
fn info(ctx: &mut Ctx<'_>, args: &mut Args<'_>, sink: &mut dyn Sink) -> Result {
    let asked = args.take_rest();
    let is_asked = |name: &str| asked.iter().any(|word| word.eq_ignore_ascii_case(name.as_bytes()));
    let all = is_asked("all") || is_asked("everything");
    let default = asked.is_empty() || all || is_asked("default");
    let now_us = ctx.now_us();
    ctx.state.peak_memory = ctx.state.peak_memory.max(ctx.state.used_memory());
    let mut text = String::new();
    for Section { title, told, say } in &SECTIONS {
        let with_others = match told {
            Told::Always => default,
            Told::WithAll => all,
            Told::ByName => false,
        };
        if !with_others && !is_asked(title) {
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
    writeln!(text, "redis_git_sha1:00000000")?;
    writeln!(text, "redis_git_dirty:0")?;
    writeln!(text, "burner_redis_version:{}", env!("CARGO_PKG_VERSION"))?;
    writeln!(text, "redis_mode:standalone")?;
    let process = state.process().unwrap_or_else(|| Process {
        system: format!("{} {}", std::env::consts::OS, std::env::consts::ARCH),
        ..Process::default()
    });
    writeln!(text, "os:{}", process.system)?;
    writeln!(text, "arch_bits:{}", usize::BITS)?;
    writeln!(text, "process_id:{}", std::process::id())?;
    writeln!(text, "process_supervised:no")?;
    writeln!(text, "run_id:{}", state.run_id)?;
    writeln!(text, "tcp_port:{}", state.sockets.port())?;
    writeln!(text, "server_time_usec:{now_us}")?;
    writeln!(text, "uptime_in_seconds:{uptime}")?;
    writeln!(text, "uptime_in_days:{}", uptime / 86_400)?;
    writeln!(text, "hz:{}", setting(state, "hz"))?;
    writeln!(text, "configured_hz:{}", setting(state, "hz"))?;
    writeln!(text, "lru_clock:{}", (now_us / 1_000_000).rem_euclid(1 << 24))?;
    writeln!(text, "executable:{}", process.executable)?;
    writeln!(text, "config_file:")?;
    writeln!(text, "io_threads_active:0")?;
    let listeners = state.sockets.told();
    listeners.iter().enumerate().try_for_each(|(at, line)| writeln!(text, "listener{at}:{line}"))
}

fn clients(state: &State, now_us: i64, text: &mut String) -> std::fmt::Result {
    let count =
        |wanted: fn(&Session) -> bool| state.sessions.iter().filter(|session| wanted(session)).count();
    writeln!(text, "connected_clients:{}", state.sessions.len())?;
    writeln!(text, "cluster_connections:0")?;
    writeln!(text, "maxclients:{}", setting(state, "maxclients"))?;
    let Buffers { query, output } = state.sockets.greatest(now_us / 1000);
    writeln!(text, "client_recent_max_input_buffer:{query}")?;
    writeln!(text, "client_recent_max_output_buffer:{output}")?;
    writeln!(text, "blocked_clients:{}", state.waiters.len() + state.postponed.len())?;
    writeln!(text, "tracking_clients:{}", state.tracker.session_count())?;
    writeln!(text, "pubsub_clients:{}", count(|session| session.subscriptions() > 0))?;
    writeln!(text, "watching_clients:{}", count(|session| !session.transaction.watched.is_empty()))?;
    writeln!(text, "clients_in_timeout_table:{}", state.waiters.deadline_count())?;
    writeln!(text, "total_watched_keys:{}", state.watchers.keys(None).count())?;
    writeln!(text, "total_blocking_keys:{}", state.waiters.keys().count())?;
    writeln!(text, "total_blocking_keys_on_nokey:{}", state.waiters.keys_on_gone().count())
}

fn memory(state: &State, _: i64, text: &mut String) -> std::fmt::Result {
    let (used, peak, limit) = (state.used_memory(), state.peak_memory, state.config.max_memory);
    let overhead: usize = state.dbs.iter().map(|db| db.overhead().0 + db.overhead().1).sum();
    let interpreter = state.interpreter.as_deref();
    let script_bytes = interpreter.map_or(0, Interpreter::used_memory);
    let percent = |part: usize, of: usize| part as f64 * 100.0 / of.max(1) as f64;
    writeln!(text, "used_memory:{used}")?;
    writeln!(text, "used_memory_human:{}", human(used))?;
    let process = state.process();
    if let Some(Process { resident, .. }) = process {
        writeln!(text, "used_memory_rss:{resident}")?;
        writeln!(text, "used_memory_rss_human:{}", human(resident))?;
    }
    writeln!(text, "used_memory_peak:{peak}")?;
    writeln!(text, "used_memory_peak_human:{}", human(peak))?;
    writeln!(text, "used_memory_peak_perc:{:.2}%", percent(used, peak))?;
    writeln!(text, "used_memory_overhead:{overhead}")?;
    writeln!(text, "used_memory_startup:0")?;
    writeln!(text, "used_memory_dataset:{}", used - overhead)?;
    writeln!(text, "used_memory_dataset_perc:{:.2}%", percent(used - overhead, used))?;
    if let Some(Process { machine, .. }) = process {
        writeln!(text, "total_system_memory:{machine}")?;
        writeln!(text, "total_system_memory_human:{}", human(machine))?;
    }
    writeln!(text, "used_memory_lua:{script_bytes}")?;
    writeln!(text, "used_memory_vm_eval:{script_bytes}")?;
    writeln!(text, "used_memory_lua_human:{}", human(script_bytes))?;
    writeln!(text, "used_memory_scripts_eval:0")?;
    writeln!(text, "number_of_cached_scripts:{}", interpreter.map_or(0, Interpreter::script_count))?;
    writeln!(text, "number_of_functions:0")?;
    writeln!(text, "number_of_libraries:0")?;
    writeln!(text, "used_memory_vm_functions:0")?;
    writeln!(text, "used_memory_vm_total:{script_bytes}")?;
    writeln!(text, "used_memory_vm_total_human:{}", human(script_bytes))?;
    writeln!(text, "used_memory_functions:0")?;
    writeln!(text, "used_memory_scripts:0")?;
    writeln!(text, "used_memory_scripts_human:0B")?;
    writeln!(text, "maxmemory:{limit}")?;
    writeln!(text, "maxmemory_human:{}", human(limit))?;
    writeln!(text, "maxmemory_policy:{}", setting(state, "maxmemory-policy"))?;
    if let Some(Process { resident, .. }) = process {
        let ratio = if used == 0 { 0.0 } else { resident as f64 / used as f64 };
        writeln!(text, "mem_fragmentation_ratio:{ratio:.2}")?;
        writeln!(text, "mem_fragmentation_bytes:{}", resident as i64 - used as i64)?;
    }
    writeln!(text, "mem_not_counted_for_evict:0")?;
    writeln!(text, "mem_replication_backlog:0")?;
    writeln!(text, "mem_total_replication_buffers:0")?;
    writeln!(text, "mem_replica_full_sync_buffer:0")?;
    writeln!(text, "mem_clients_slaves:0")?;
    let buffers = state.sessions.iter().map(|session| session.buffers.query + session.buffers.output);
    writeln!(text, "mem_clients_normal:{}", buffers.sum::<usize>())?;
    writeln!(text, "mem_cluster_links:0")?;
    writeln!(text, "mem_aof_buffer:0")?;
    writeln!(text, "mem_allocator:libc")?;
    writeln!(text, "mem_overhead_db_hashtable_rehashing:0")?;
    writeln!(text, "active_defrag_running:0")?;
    writeln!(text, "lazyfree_pending_objects:0")?;
    writeln!(text, "lazyfreed_objects:0")
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

/// What a server says that has written no snapshot and no log, and was started from none.
const NEVER_SAVED: &str = "\
current_cow_peak:0
current_cow_size:0
current_cow_size_age:0
current_fork_perc:0.00
current_save_keys_processed:0
current_save_keys_total:0
rdb_last_bgsave_time_sec:-1
rdb_current_bgsave_time_sec:-1
rdb_saves:0
rdb_last_cow_size:0
rdb_last_load_keys_expired:0
rdb_last_load_keys_loaded:0
aof_enabled:0
aof_rewrite_in_progress:0
aof_rewrite_scheduled:0
aof_last_rewrite_time_sec:-1
aof_current_rewrite_time_sec:-1
aof_last_bgrewrite_status:ok
aof_rewrites:0
aof_rewrites_consecutive_failures:0
aof_last_write_status:ok
aof_last_cow_size:0
module_fork_in_progress:0
module_fork_last_cow_size:0
";

/// What a server says that has no replicas, forks for nothing, and leaves its memory where it lies.
const NEVER_DONE: &str = "\
total_net_repl_input_bytes:0
total_net_repl_output_bytes:0
instantaneous_input_repl_kbps:0.00
instantaneous_output_repl_kbps:0.00
sync_full:0
sync_partial_ok:0
sync_partial_err:0
latest_fork_usec:0
total_forks:0
migrate_cached_sockets:0
slave_expires_tracked_keys:0
active_defrag_hits:0
active_defrag_misses:0
active_defrag_key_hits:0
active_defrag_key_misses:0
total_active_defrag_time:0
current_active_defrag_time:0
unexpected_error_replies:0
io_threaded_reads_processed:0
io_threaded_writes_processed:0
";

fn persistence(state: &State, _: i64, text: &mut String) -> std::fmt::Result {
    writeln!(text, "loading:0")?;
    writeln!(text, "async_loading:0")?;
    writeln!(text, "rdb_changes_since_last_save:{}", state.stats.dirty)?;
    writeln!(text, "rdb_bgsave_in_progress:0")?;
    writeln!(text, "rdb_last_save_time:{}", state.saved_s())?;
    writeln!(text, "rdb_last_bgsave_status:ok")?;
    text.write_str(NEVER_SAVED)
}

fn stats(state: &State, now_us: i64, text: &mut String) -> std::fmt::Result {
    let (stats, now_ms) = (&state.stats, now_us / 1000);
    let rates = state.rates.per_second(state.started_ms, now_ms, state.totals());
    writeln!(text, "total_connections_received:{}", stats.connections)?;
    writeln!(text, "total_commands_processed:{}", stats.commands)?;
    writeln!(text, "instantaneous_ops_per_sec:{}", rates.commands as u64)?;
    let traffic = &state.sockets.traffic;
    writeln!(text, "total_net_input_bytes:{}", traffic.input_bytes)?;
    writeln!(text, "total_net_output_bytes:{}", traffic.output_bytes)?;
    writeln!(text, "instantaneous_input_kbps:{:.2}", rates.input_bytes / 1024.0)?;
    writeln!(text, "instantaneous_output_kbps:{:.2}", rates.output_bytes / 1024.0)?;
    writeln!(text, "rejected_connections:{}", traffic.rejected)?;
    writeln!(text, "expired_subkeys:{}", stats.expired_fields)?;
    writeln!(text, "expired_keys:{}", stats.expired)?;
    writeln!(text, "expired_time_cap_reached_count:{}", stats.sweeps_cut_short)?;
    writeln!(text, "expire_cycle_cpu_milliseconds:{}", stats.sweeping_ns / 1_000_000)?;
    writeln!(text, "evicted_keys:{}", stats.evicted)?;
    writeln!(text, "evicted_clients:0")?;
    let exceeded_ms = stats.exceeded_since_ms.map_or(0, |since_ms| (now_ms - since_ms).max(0));
    writeln!(text, "total_eviction_exceeded_time:{}", stats.exceeded_ms + exceeded_ms)?;
    writeln!(text, "current_eviction_exceeded_time:{exceeded_ms}")?;
    writeln!(text, "keyspace_hits:{}", stats.hits)?;
    writeln!(text, "keyspace_misses:{}", stats.misses)?;
    writeln!(text, "pubsub_channels:{}", state.pubsub.len(Topic::Channel))?;
    writeln!(text, "pubsub_patterns:{}", state.pubsub.len(Topic::Pattern))?;
    writeln!(text, "pubsubshard_channels:{}", state.pubsub.len(Topic::Shard))?;
    writeln!(text, "total_error_replies:{}", stats.errors().map(|(_, count)| count).sum::<u64>())?;
    writeln!(text, "total_reads_processed:{}", traffic.reads)?;
    writeln!(text, "total_writes_processed:{}", traffic.writes)?;
    writeln!(text, "client_query_buffer_limit_disconnections:{}", traffic.over_query_limit)?;
    writeln!(text, "client_output_buffer_limit_disconnections:{}", traffic.over_output_limit)?;
    text.write_str(NEVER_DONE)?;
    writeln!(text, "tracking_total_keys:{}", state.tracker.key_count())?;
    writeln!(text, "tracking_total_items:{}", state.tracker.reader_count())?;
    writeln!(text, "tracking_total_prefixes:{}", state.tracker.prefix_count())?;
    for (field, reason) in [("auth", "auth"), ("cmd", "command"), ("key", "key"), ("channel", "channel")] {
        writeln!(text, "acl_access_denied_{field}:{}", state.acl.log.count(reason))?;
    }
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
    writeln!(text, "master_replid2:{:040}", 0)?;
    writeln!(text, "master_repl_offset:0")?;
    writeln!(text, "second_repl_offset:-1")?;
    writeln!(text, "repl_backlog_active:0")?;
    writeln!(text, "repl_backlog_size:{}", setting(state, "repl-backlog-size"))?;
    writeln!(text, "repl_backlog_first_byte_offset:0")?;
    writeln!(text, "repl_backlog_histlen:0")
}

/// Of the whole process, and of the thread that answers: a server's, or the one that called.
fn processor(state: &State, _: i64, text: &mut String) -> std::fmt::Result {
    let Some(process) = state.process() else { return Ok(()) };
    for (times, whose) in
        [(process.total, ""), (process.children, "_children"), (process.thread, "_main_thread")]
    {
        for (us, what) in [(times.system_us, "sys"), (times.user_us, "user")] {
            writeln!(text, "used_cpu_{what}{whose}:{}.{:06}", us / 1_000_000, us % 1_000_000)?;
        }
    }
    Ok(())
}

/// What is told of every command that was called or refused.
fn commandstats(state: &State, _: i64, text: &mut String) -> std::fmt::Result {
    for command in command::all().flat_map(Command::with_subcommands) {
        let Some(stats) = state.stats.used(command) else { continue };
        writeln!(
            text,
            "cmdstat_{}:calls={},usec={},usec_per_call={:.2},rejected_calls={},failed_calls={}",
            command.display_name(),
            stats.calls,
            stats.total_us(),
            stats.us_per_call(),
            stats.rejected,
            stats.failed
        )?;
    }
    Ok(())
}

/// The percentiles that `latency-tracking-info-percentiles` names, of every command that was measured.
fn latencystats(state: &State, _: i64, text: &mut String) -> std::fmt::Result {
    let percentiles = setting(state, "latency-tracking-info-percentiles");
    for command in command::all().flat_map(Command::with_subcommands) {
        let histogram = state.stats.used(command).and_then(|stats| stats.histogram.as_ref());
        let Some(histogram) = histogram else { continue };
        write!(text, "latency_percentiles_usec_{}", command.display_name())?;
        for (at, percentile) in percentiles.split_whitespace().enumerate() {
            let ns = histogram.percentile(percentile.parse().unwrap_or_default());
            let before = if at == 0 { ':' } else { ',' };
            write!(text, "{before}p{percentile}={:.3}", ns as f64 / 1000.0)?;
        }
        writeln!(text)?;
    }
    Ok(())
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

/// How many values of each type are how large, by doublings: bytes of strings, elements of the others.
fn keysizes(state: &State, _: i64, text: &mut String) -> std::fmt::Result {
    const KINDS: [(Type, &str); 5] = [
        (Type::String, "strings_sizes"),
        (Type::List, "lists_items"),
        (Type::Set, "sets_items"),
        (Type::ZSet, "zsets_items"),
        (Type::Hash, "hashes_items"),
    ];
    for (number, db) in state.dbs.iter().enumerate() {
        let mut counts = [[0_u64; 65]; KINDS.len()];
        for entry in db.iter() {
            let kind = KINDS.iter().position(|(kind, _)| *kind == entry.kind());
            if let (Some(kind), Some(size)) = (kind, entry.size()) {
                counts[kind][size.checked_ilog2().map_or(0, |log| log as usize + 1)] += 1;
            }
        }
        for ((_, name), counts) in KINDS.iter().zip(counts) {
            let doublings = counts.iter().enumerate().filter(|(_, count)| **count > 0);
            let told: Vec<String> =
                doublings.map(|(at, count)| format!("{}={count}", doubling(at))).collect();
            if !told.is_empty() {
                writeln!(text, "db{number}_distrib_{name}:{}", told.join(","))?;
            }
        }
    }
    Ok(())
}

/// The least size of a doubling: 0, 1, 2, 4 … up to 512, then 1K and so on.
fn doubling(at: usize) -> String {
    let Some(log) = at.checked_sub(1) else { return "0".to_owned() };
    let unit = ["", "K", "M", "G", "T", "P", "E"][log / 10];
    format!("{}{unit}", 1_u64 << (log % 10))
}

#[cfg(test)]
mod tests;
