use crate::testing::Shell;

const LIMIT: usize = 200_000;

/// A store that is limited, under a policy.
fn limited(policy: &str) -> Shell {
    let mut shell = Shell::new();
    assert_eq!(shell.run(&format!("CONFIG SET maxmemory {LIMIT} maxmemory-policy {policy}")), "+OK");
    shell
}

/// Sets keys `name:from` up to `name:to`, with `how` behind; looks that the limit holds.
fn fill(shell: &mut Shell, name: &str, keys: std::ops::Range<u32>, how: &str) {
    for key in keys {
        shell.clock.advance(1_000_000);
        assert_eq!(shell.run(&format!("SET {name}:{key} {} {how}", "x".repeat(50))), "+OK");
        // What the last command took may be over it: room is made before a command.
        assert!(shell.store.state.used_memory() < LIMIT + 70_000, "{}", shell.store.state.used_memory());
    }
}

/// How many of the keys `name:from` up to `name:to` are there.
fn count(shell: &mut Shell, name: &str, keys: std::ops::Range<u32>) -> usize {
    keys.filter(|key| shell.run(&format!("EXISTS {name}:{key}")) == ":1").count()
}

#[test]
fn the_limit_holds_under_each_policy_and_keys_are_evicted() {
    for policy in ["allkeys-lru", "allkeys-lfu", "allkeys-random"] {
        let mut shell = limited(policy);
        fill(&mut shell, "k", 0..5000, "");
        assert!(shell.store.state.stats.evicted > 2000, "{policy}");
        assert!(shell.store.state.used_memory() < LIMIT + 1000, "{policy}");
    }
    for policy in ["volatile-lru", "volatile-lfu", "volatile-random", "volatile-ttl"] {
        let mut shell = limited(policy);
        fill(&mut shell, "kept", 0..300, "");
        fill(&mut shell, "k", 0..5000, "EX 1000000");
        assert!(shell.store.state.stats.evicted > 2000, "{policy}");
        assert_eq!(count(&mut shell, "kept", 0..300), 300, "{policy}");
    }
}

#[test]
fn lru_keeps_what_was_read_last() {
    let mut shell = limited("allkeys-lru");
    fill(&mut shell, "read", 0..200, "");
    fill(&mut shell, "unread", 0..200, "");
    for round in 0..5 {
        shell.clock.advance(100_000_000);
        (0..200).for_each(|key| _ = shell.run(&format!("GET read:{key}")));
        fill(&mut shell, "new", round * 900..(round + 1) * 900, "");
    }
    let (read, unread) = (count(&mut shell, "read", 0..200), count(&mut shell, "unread", 0..200));
    assert!(read >= 180 && unread < 20, "{read} {unread}");
}

#[test]
fn lfu_keeps_what_is_read_often() {
    let mut shell = limited("allkeys-lfu");
    shell.run("CONFIG SET lfu-decay-time 0");
    fill(&mut shell, "read", 0..100, "");
    for _ in 0..60 {
        (0..100).for_each(|key| _ = shell.run(&format!("GET read:{key}")));
    }
    fill(&mut shell, "new", 0..4000, "");
    let read = count(&mut shell, "read", 0..100);
    assert!(read >= 95, "{read}");
}

#[test]
fn volatile_ttl_keeps_the_long_lived() {
    let mut shell = limited("volatile-ttl");
    fill(&mut shell, "long", 0..300, "EX 100000000");
    fill(&mut shell, "short", 0..300, "EX 1000000");
    fill(&mut shell, "middle", 0..3000, "EX 10000000");
    let (long, short) = (count(&mut shell, "long", 0..300), count(&mut shell, "short", 0..300));
    assert!(long >= 295 && short <= 5, "{long} {short}");
}

#[test]
fn an_eviction_is_a_deletion_to_all_who_look() {
    let mut shell = limited("allkeys-random");
    let watcher = shell.store.open_session();
    shell.run("SET k v");
    shell.run_as(watcher, "WATCH k");
    assert_eq!(shell.events("CONFIG SET maxmemory 1"), ["evicted k"]);
    shell.run_as(watcher, "MULTI");
    shell.run_as(watcher, "PING");
    assert_eq!(shell.run_as(watcher, "EXEC"), "*-1");
    assert_eq!(shell.run("DBSIZE"), ":0");
}

#[test]
fn keys_of_all_databases_go() {
    let mut shell = limited("allkeys-lru");
    for db in [3, 7] {
        shell.run(&format!("SELECT {db}"));
        shell.run("SET k v");
    }
    assert_eq!(shell.run("CONFIG SET maxmemory 1"), "+OK");
    assert_eq!(shell.run("INFO keyspace"), "$12 # Keyspace");
    assert_eq!(shell.store.state.stats.evicted, 2);
}

#[test]
fn what_may_need_memory_is_refused_where_no_key_may_go() {
    const OOM: &str = "-OOM command not allowed when used memory > 'maxmemory'.";
    let mut shell = Shell::new();
    shell.run("SET k v");
    shell.run("MULTI");
    shell.run("SET k w");
    let other = shell.store.open_session();
    assert_eq!(shell.run_as(other, "CONFIG SET maxmemory 1"), "+OK");
    assert_eq!(shell.run("EXEC"), format!("-EXECABORT Transaction discarded because of: {}", &OOM[1..]));
    shell.check(&[
        ("SET k w", OOM),
        ("SET k", "-ERR wrong number of arguments for 'set' command"),
        ("GET k", "$1 v"),
        ("MULTI", "+OK"),
        ("SET k w", OOM),
        ("EXEC", "-EXECABORT Transaction discarded because of previous errors."),
        ("EVAL \"return redis.pcall('SET', 'k', 'w')\" 0", OOM),
        ("EVAL \"redis.call('DEL', 'none') return redis.call('SET', 'k', 'w')\" 0", "+OK"),
        ("EVAL \"#!lua\\nreturn 1\" 0", OOM),
        ("EVAL_RO \"#!lua\\nreturn 1\" 0", OOM),
        ("EVAL \"#!lua flags=no-writes\\nreturn 1\" 0", ":1"),
        ("EVAL \"#!lua flags=allow-oom\\nreturn redis.call('SET', 'k', 'w')\" 0", "+OK"),
        ("CONFIG SET maxmemory-policy volatile-lru", "+OK"),
        ("SET k w", OOM),
        ("CONFIG SET maxmemory 0", "+OK"),
        ("SET k w", "+OK"),
        ("EVAL \"return redis.call('SET', 'k', 'v')\" 0", "+OK"),
    ]);
}

#[test]
fn memory_comes_back() {
    let mut shell = limited("allkeys-lru");
    fill(&mut shell, "k", 0..2000, "");
    shell.run("HSET h f v");
    shell.run("FLUSHALL");
    assert_eq!(shell.store.state.used_memory(), 0);
    fill(&mut shell, "k", 0..2000, "EX 1000000");
    assert_eq!(shell.run("CONFIG SET maxmemory 1"), "+OK");
    assert!(shell.store.state.used_memory() < 20_000, "{}", shell.store.state.used_memory());
}
