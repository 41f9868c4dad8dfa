use crate::network::Traffic;
use crate::process::{Process, ProcessorTime};
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
fn what_is_tracked_is_counted() {
    let mut shell = Shell::new();
    let others: Vec<_> = (0..3).map(|_| shell.store.open_session()).collect();
    for session in &others[..2] {
        shell.run_as(*session, "HELLO 3");
        shell.run_as(*session, "CLIENT TRACKING ON");
        shell.run_as(*session, "MGET a b");
        shell.run_as(*session, "GET a");
    }
    shell.run_as(others[2], "HELLO 3");
    shell.run_as(others[2], "CLIENT TRACKING ON BCAST PREFIX a PREFIX b");
    let counts = |shell: &mut Shell| {
        let told = shell.run("INFO stats");
        let fields = told.split_whitespace().filter_map(|field| field.strip_prefix("tracking_total_"));
        fields.map(str::to_owned).collect::<Vec<_>>()
    };
    assert_eq!(counts(&mut shell), ["keys:2", "items:4", "prefixes:2"]);
    shell.run("SET a 1");
    assert_eq!(counts(&mut shell), ["keys:1", "items:2", "prefixes:2"]);
    shell.run("FLUSHALL");
    assert_eq!(counts(&mut shell), ["keys:0", "items:0", "prefixes:2"]);
}

#[test]
fn the_process_is_as_the_host_tells_of_it() {
    let mut shell = Shell::new();
    let without = shell.run("INFO");
    assert!(without.contains("# CPU  "), "nobody tells");
    assert!(!without.contains("used_memory_rss") && !without.contains("mem_fragmentation_ratio"));
    shell.store.inspect_process_by(|| {
        Some(Process {
            system: "System 1 kind".to_owned(),
            executable: "/bin/program".to_owned(),
            resident: 2048,
            machine: 1 << 20,
            total: ProcessorTime { system_us: 5, user_us: 2_000_007 },
            ..Process::default()
        })
    });
    let told = shell.run("INFO");
    for field in [
        "os:System 1 kind",
        "executable:/bin/program",
        "used_memory_rss:2048",
        "used_memory_rss_human:2.00K",
        "total_system_memory_human:1.00M",
        "used_cpu_sys:0.000005",
        "used_cpu_user:2.000007",
        "used_cpu_user_main_thread:0.000000",
    ] {
        assert!(told.contains(&format!(" {field} ")), "{field}");
    }
}

/// A number that INFO tells.
fn told(shell: &mut Shell, field: &str) -> u64 {
    let told = shell.run("INFO");
    let value = told.split(' ').find_map(|line| line.strip_prefix(field)?.strip_prefix(':'));
    value.unwrap_or_else(|| panic!("INFO tells no {field}")).parse().unwrap()
}

#[test]
fn what_goes_on_in_a_second_is_of_the_last_moments() {
    let mut shell = Shell::new();
    for _ in 0..300 {
        shell.clock.advance(10_000);
        shell.run("PING");
    }
    let rate = told(&mut shell, "instantaneous_ops_per_sec");
    assert!((90..=110).contains(&rate), "{rate}");
    shell.run("CONFIG RESETSTAT");
    assert_eq!(told(&mut shell, "instantaneous_ops_per_sec"), 0);
    shell.clock.advance(60_000_000);
    assert_eq!(told(&mut shell, "instantaneous_ops_per_sec"), 0);
}

#[test]
fn time_beyond_the_memory_limit_is_counted() {
    let mut shell = Shell::new();
    shell.run("SET k v");
    shell.run("CONFIG SET maxmemory 1");
    assert!(shell.run("SET k w").starts_with("-OOM"));
    shell.clock.advance(3_000_000);
    assert_eq!(told(&mut shell, "current_eviction_exceeded_time"), 3000);
    shell.run("CONFIG SET maxmemory 0");
    shell.clock.advance(3_000_000);
    assert_eq!(told(&mut shell, "current_eviction_exceeded_time"), 0);
    assert_eq!(told(&mut shell, "total_eviction_exceeded_time"), 3000);
}

#[test]
fn what_went_through_sockets_is_counted_anew() {
    let mut shell = Shell::new();
    shell.store.count_traffic(&Traffic { input_bytes: 5, reads: 1, ..Traffic::default() });
    assert_eq!(told(&mut shell, "total_net_input_bytes"), 5);
    shell.run("CONFIG RESETSTAT");
    assert_eq!(told(&mut shell, "total_net_input_bytes"), 0);
}

#[test]
fn refusals_are_counted_beyond_their_log() {
    let mut shell = Shell::new();
    let other = shell.store.open_session();
    shell.run("ACL SETUSER ann on >p ~a +get +publish resetchannels");
    shell.run_as(other, "AUTH ann wrong");
    shell.run_as(other, "AUTH ann p");
    for refused in ["GET b", "GET b", "SET a 1", "PUBLISH c m"] {
        shell.run_as(other, refused);
    }
    shell.run("ACL LOG RESET");
    shell.run("CONFIG RESETSTAT");
    let told = shell.run("INFO stats");
    for field in ["auth:1", "cmd:1", "key:2", "channel:1"] {
        assert!(told.contains(&format!("acl_access_denied_{field}")), "{field}");
    }
}

#[test]
fn sizes_are_told_as_a_person_likes_them() {
    for (bytes, told) in [(0, "0B"), (1023, "1023B"), (861_200, "841.02K"), (2_640_264, "2.52M")] {
        assert_eq!(super::human(bytes), told);
    }
}
