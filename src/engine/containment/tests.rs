use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use super::told;
use crate::blocking::Undo;
use crate::clock::{Clock, ManualClock};
use crate::resp::Encoder;
use crate::store::Store;
use crate::testing::Shell;

/// A clock that can be read so many times and then panics, until it is wound again.
#[derive(Clone, Debug)]
struct Spring(Arc<AtomicI64>);

impl Spring {
    const WOUND: i64 = i64::MAX;

    fn wind(&self, reads: i64) {
        self.0.store(reads, Ordering::Relaxed);
    }
}

impl Clock for Spring {
    fn now_us(&self) -> i64 {
        assert!(self.0.fetch_sub(1, Ordering::Relaxed) > 0, "the clock stopped");
        1_700_000_000_000_000
    }

    fn coarse_ms(&self) -> i64 {
        1_700_000_000_000
    }
}

/// A shell whose store goes by a clock that can stop.
fn on_spring() -> (Shell, Spring) {
    let spring = Spring(Arc::new(AtomicI64::new(Spring::WOUND)));
    let mut store = Store::new(Box::new(spring.clone()), 1);
    let session = store.open_session();
    (Shell { store, clock: ManualClock::new(0), session }, spring)
}

/// The fields of INFO that tell of panics.
fn info(shell: &mut Shell) -> String {
    let info = shell.run("INFO stats");
    let fields = info.split(' ').filter_map(|field| field.strip_prefix("burner_redis_"));
    fields.collect::<Vec<_>>().join(" ")
}

fn used_memory(shell: &mut Shell) -> String {
    let info = shell.run("INFO memory");
    info.split(' ').find(|field| field.starts_with("used_memory:")).expect("INFO tells it").to_owned()
}

#[test]
fn the_key_that_was_being_changed_is_dropped_and_named() {
    let mut shell = Shell::new();
    shell.run("SET other 1");
    let before = used_memory(&mut shell);
    assert_eq!(info(&mut shell), "panics:0 last_panic_command: last_panic_key:");
    for line in ["HSET k f v", "DEL nokey"] {
        shell.run(line);
        assert_eq!(
            shell.run("TESTPANIC k"),
            r#"-ERR burner-redis panicked: half  done; command 'testpanic', dropped key "k""#
        );
        assert_eq!(shell.run("EXISTS k"), ":0");
    }
    assert_eq!(info(&mut shell), r#"panics:2 last_panic_command:testpanic last_panic_key:"k""#);
    shell.check(&[("GET other", "$1 1"), ("HSET k f v", ":1"), ("DEL k", ":1")]);
    assert_eq!(used_memory(&mut shell), before);
}

#[test]
fn half_a_reply_does_not_escape() {
    let mut shell = Shell::new();
    let mut reply = Vec::new();
    let result = shell.store.execute(shell.session, &[b"TESTPANIC", b"k"], &mut Encoder::new(2, &mut reply));
    assert!(result.is_err() && reply.is_empty());
}

#[test]
fn a_panic_without_a_key_costs_none() {
    let mut shell = Shell::new();
    shell.run("HSET k f v");
    assert_eq!(
        shell.run("DEBUG PANIC"),
        "-ERR burner-redis panicked: DEBUG PANIC was called; command 'debug'"
    );
    assert_eq!(info(&mut shell), "panics:1 last_panic_command:debug last_panic_key:");
    assert_eq!(shell.run("HLEN k"), ":1");
}

#[test]
fn a_key_is_told_in_one_piece() {
    assert_eq!(told(b"user:1"), "\"user:1\"");
    assert_eq!(told(b"a\r\n\"\\=,\xff\0 z"), r#""a\x0d\x0a\x22\x5c\x3d\x2c\xff\x00 z""#);
    assert_eq!(told(&[b'k'; 1000]).len(), 256 + 2 + 3);
}

#[test]
fn transactions_that_watch_hear_of_it() {
    let mut shell = Shell::new();
    let other = shell.store.open_session();
    // What else the command may have changed nobody reported.
    for watched in ["k", "another"] {
        shell.run_as(other, &format!("WATCH {watched}"));
        shell.run("TESTPANIC k");
        shell.run_as(other, "MULTI");
        shell.run_as(other, "PING");
        assert_eq!(shell.run_as(other, "EXEC"), "*-1", "{watched}");
    }
}

#[test]
fn what_had_happened_is_heard_of_and_the_deletion_too() {
    let mut shell = Shell::new();
    assert_eq!(shell.events("TESTPANIC k"), ["new k", "hset k", "del k"]);
}

#[test]
fn a_waiter_for_the_dropped_key_is_served() {
    let mut shell = Shell::new();
    let waiter = shell.store.open_session();
    shell.run("XGROUP CREATE s g $ MKSTREAM");
    shell.run_as(waiter, "XREADGROUP GROUP g c BLOCK 0 STREAMS s >");
    shell.run("TESTPANIC s");
    let heard = shell.heard(waiter);
    assert!(heard[0].starts_with("-NOGROUP") || heard[0].starts_with("-UNBLOCKED"), "{heard:?}");
}

#[test]
fn a_command_of_a_transaction_fails_alone() {
    let mut shell = Shell::new();
    for line in ["WATCH w", "MULTI", "SET a 1", "TESTPANIC k", "SET b 1"] {
        shell.run(line);
    }
    assert_eq!(
        shell.run("EXEC"),
        r#"*3 +OK -ERR burner-redis panicked: half  done; command 'testpanic', dropped key "k" +OK"#
    );
    shell.check(&[("EXEC", "-ERR EXEC without MULTI"), ("EXISTS a b k", ":2")]);
}

#[test]
fn an_exec_that_panics_itself_leaves_no_transaction() {
    let (mut shell, spring) = on_spring();
    for line in ["SET w 1 PX 1000", "WATCH w", "MULTI", "SET a 1"] {
        shell.run(line);
    }
    // Looking for watched keys that expired reads the time.
    spring.wind(0);
    assert_eq!(shell.run("EXEC"), "-ERR burner-redis panicked: the clock stopped; command 'exec'");
    spring.wind(Spring::WOUND);
    shell.check(&[("EXEC", "-ERR EXEC without MULTI"), ("EXISTS a", ":0"), ("SET a 1", "+OK")]);
    let info = shell.run("INFO clients");
    assert!(info.contains("total_watched_keys:0"), "{info}");
}

#[test]
fn a_waiter_gets_the_panic_of_its_own_command() {
    let (mut shell, spring) = on_spring();
    let waiter = shell.store.open_session();
    shell.run_as(waiter, "BLPOP l 0");
    for line in ["MULTI", "RPUSH l x", "PEXPIRE l 1000"] {
        shell.run(line);
    }
    // The transaction reads the time once; the waiter, for the key's sake, after it.
    spring.wind(1);
    assert_eq!(shell.run("EXEC"), "*2 :1 :1");
    spring.wind(Spring::WOUND);
    assert_eq!(shell.heard(waiter), ["-ERR burner-redis panicked: the clock stopped; command 'blpop'"]);
    shell.check(&[("LLEN l", ":1"), ("RPUSH l y", ":2")]);
    assert_eq!(shell.run_as(waiter, "LPOP l"), "$1 x");
}

#[test]
fn a_command_that_panics_waits_for_nothing() {
    let (mut shell, spring) = on_spring();
    spring.wind(0);
    assert!(shell.run("BLPOP l 1").starts_with("-ERR burner-redis panicked"));
    spring.wind(Spring::WOUND);
    assert_eq!(shell.run("RPUSH l x"), ":1");
    assert!(!shell.store.has_deliveries());
    assert_eq!(shell.run("LLEN l"), ":1");
}

#[test]
fn time_that_panics_is_tried_again() {
    let (mut shell, spring) = on_spring();
    shell.run("BLPOP l 0.001");
    spring.wind(0);
    shell.store.tick();
    spring.wind(Spring::WOUND);
    assert_eq!(info(&mut shell), "panics:1 last_panic_command:tick last_panic_key:");
    shell.store.tick();
    assert_eq!(shell.run("SET a 1"), "+OK");
}

#[test]
fn a_look_for_expired_keys_that_panics_costs_no_reply() {
    let (mut shell, spring) = on_spring();
    shell.run("SET passing 1 EX 1000");
    spring.wind(0);
    for number in 0..100 {
        assert_eq!(shell.run(&format!("SADD s {number}")), ":1");
    }
    spring.wind(Spring::WOUND);
    assert!(info(&mut shell).contains("last_panic_command:sweep"));
    assert_eq!(shell.run("SCARD s"), ":100");
}

#[test]
fn giving_back_may_panic() {
    let (mut shell, spring) = on_spring();
    shell.run("RPUSH l y");
    shell.run("PEXPIRE l 1000");
    let undo = || Undo::List { key: (0, (*b"l").into()), head: true, elements: vec![b"x".to_vec()] };
    spring.wind(0);
    shell.store.give_back(undo());
    spring.wind(Spring::WOUND);
    assert!(info(&mut shell).contains("last_panic_command:give-back"));
    shell.store.give_back(undo());
    assert_eq!(shell.run("LRANGE l 0 -1"), "*2 $1 x $1 y");
}

#[test]
fn a_panic_in_a_scripts_call_is_an_error_of_the_call() {
    let mut shell = Shell::new();
    let sha = shell.run("SCRIPT LOAD 'return 7'");
    let sha = sha.rsplit(' ').next().expect("there is a last word").to_owned();
    let said = shell.run("EVAL \"redis.call('testpanic', KEYS[1]) return 1\" 1 k");
    let expected = r#"-ERR burner-redis panicked: half  done; command 'testpanic', dropped key "k" script: "#;
    assert!(said.starts_with(expected), "{said}");
    assert_eq!(
        shell.run("EVAL \"redis.pcall('testpanic', KEYS[1]) return redis.call('exists', KEYS[1])\" 1 k"),
        ":0"
    );
    assert_eq!(shell.run(&format!("EVALSHA {sha} 0")), ":7");
    assert_eq!(shell.store.script_killer().kill(), Err(NOT_BUSY));
}

const NOT_BUSY: crate::Error = crate::Error::Fixed("NOTBUSY No scripts in execution right now.");

#[test]
fn an_interpreter_through_which_a_panic_went_is_thrown_away() {
    let (mut shell, spring) = on_spring();
    let sha = shell.run("SCRIPT LOAD 'return 7'");
    let sha = sha.rsplit(' ').next().expect("there is a last word").to_owned();
    shell.run("SELECT 3");
    shell.run("SET k here");
    spring.wind(0);
    let said = shell.run(&format!("EVALSHA {sha} 0"));
    assert_eq!(said, "-ERR burner-redis panicked: the clock stopped; command 'evalsha'");
    spring.wind(Spring::WOUND);
    assert_eq!(shell.run(&format!("EVALSHA {sha} 0")), "-NOSCRIPT No matching script. Please use EVAL.");
    shell.check(&[("EVAL 'return 8' 0", ":8"), ("GET k", "$4 here")]);
    assert_eq!(shell.store.script_killer().kill(), Err(NOT_BUSY));
}
