use crate::testing::Shell;

/// The answers are those of a real server, whose small hashes keep fields in the order of their deadlines.
#[test]
fn fields_of_a_small_hash_stand_in_the_order_of_their_deadlines() {
    let mut shell = Shell::new();
    shell.run("HSET h a 1 b 2 c 3 d 4");
    shell.check(&[
        ("HPEXPIREAT h 5000000000000 FIELDS 1 b", "*1 :1"),
        ("HPEXPIREAT h 5000000000000 FIELDS 1 a", "*1 :1"),
        ("HKEYS h", "*4 $1 a $1 b $1 c $1 d"),
        ("HSET h a 5", ":0"),
        ("HPEXPIREAT h 4000000000000 FIELDS 2 d c", "*2 :1 :1"),
        ("HKEYS h", "*4 $1 c $1 d $1 b $1 a"),
        ("HINCRBY h d 5", ":9"),
        ("HPERSIST h FIELDS 2 c a", "*2 :1 :-1"),
        ("HKEYS h", "*4 $1 d $1 b $1 a $1 c"),
        ("OBJECT ENCODING h", "$10 listpackex"),
    ]);
}

/// A reader that does not look at deadlines would see fields whose time is over.
#[test]
fn no_command_sees_an_expired_field() {
    for fill in [
        "HSET h a 1 b 2 c 3",
        "HSET h a 1 b 2 c 3 long aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
    ] {
        let mut shell = Shell::new();
        for (command, reply) in [
            ("HGET h a", "$-1"),
            ("HMGET h a b", "*2 $-1 $1 2"),
            ("HDEL h a", ":0"),
            ("HEXISTS h a", ":0"),
            ("HSTRLEN h a", ":0"),
            ("HSETNX h a 7", ":1"),
            ("HINCRBY h a 7", ":7"),
            ("HTTL h FIELDS 1 a", "*1 :-2"),
            ("HPERSIST h FIELDS 1 a", "*1 :-2"),
            ("HEXPIRE h 5 FIELDS 1 a", "*1 :-2"),
            ("HGETDEL h FIELDS 1 a", "*1 $-1"),
            ("HGETEX h FIELDS 1 a", "*1 $-1"),
            ("HSETEX h FXX FIELDS 1 a 7", ":0"),
            ("HSETEX h FNX FIELDS 1 a 7", ":1"),
        ] {
            shell.run("DEL h");
            shell.run(fill);
            shell.run("HPEXPIRE h 5 FIELDS 1 a");
            shell.clock.advance(6_000);
            assert_eq!(shell.run(command), reply, "{command}");
        }
    }
}

#[test]
fn an_expired_field_is_told_of_before_what_found_it() {
    let mut shell = Shell::new();
    shell.run("HSET h a 1 b 2");
    shell.run("HPEXPIRE h 5 FIELDS 1 a");
    shell.clock.advance(6_000);
    assert_eq!(shell.events("HSET h c 3"), ["hexpired h", "hset h"]);
    shell.run("HPEXPIRE h 5 FIELDS 2 b c");
    shell.clock.advance(6_000);
    assert_eq!(shell.events("HLEN h"), ["hexpired h", "del h"]);
    assert_eq!(shell.run("EXISTS h"), ":0");
}

/// Nobody calls, and still a subscriber hears of it: the store's next deadline is the field's.
#[test]
fn fields_expire_when_nobody_looks() {
    let mut shell = Shell::new();
    let listener = shell.store.open_session();
    shell.run("CONFIG SET notify-keyspace-events Eh");
    shell.run_as(listener, "SUBSCRIBE __keyevent@0__:hexpired");
    shell.run("HSET h a 1 b 2 c 3");
    shell.run("HPEXPIRE h 5 FIELDS 1 b");
    shell.run("HPEXPIRE h 9 FIELDS 2 a c");
    let begin = shell.store.now_ms();
    assert!(shell.store.watches_time());
    for (at, left) in [(5, 2), (9, 0)] {
        assert_eq!(shell.store.next_deadline(), Some(begin + at + 1));
        shell.clock.set((begin + at + 1) * 1000);
        shell.store.tick();
        assert_eq!(shell.heard(listener).len(), 1);
        assert_eq!(shell.run("HLEN h"), format!(":{left}"));
    }
    assert_eq!(shell.run("DBSIZE"), ":0");
    assert_eq!(shell.store.next_deadline(), None);
}

#[test]
fn a_hash_that_goes_elsewhere_takes_its_deadlines_along() {
    let mut shell = Shell::new();
    shell.run("HSET h a 1 b 2");
    shell.run("HPEXPIRE h 5 FIELDS 1 a");
    shell.check(&[("COPY h copy", ":1"), ("RENAME h renamed", "+OK"), ("MOVE renamed 1", ":1")]);
    shell.clock.advance(6_000);
    shell.check(&[
        ("HKEYS copy", "*1 $1 b"),
        ("SELECT 1", "+OK"),
        ("HKEYS renamed", "*1 $1 b"),
        ("DEL renamed", ":1"),
        ("SELECT 0", "+OK"),
        ("DEL copy", ":1"),
    ]);
    assert!(shell.run("INFO keyspace").ends_with("# Keyspace"));
}

#[test]
fn a_hash_whose_fields_have_all_expired_is_not_listed() {
    let mut shell = Shell::new();
    for key in ["h", "i"] {
        shell.run(&format!("HSET {key} a 1 b 2"));
        shell.run(&format!("HPEXPIRE {key} 5 FIELDS 2 a b"));
    }
    shell.run("HSET i c 1");
    shell.clock.advance(6_000);
    shell.check(&[("KEYS *", "*1 $1 i"), ("RANDOMKEY", "$1 i"), ("SCAN 0 COUNT 100", "*2 $1 0 *1 $1 i")]);
}

/// The hash becomes a table by the very command that takes its last deadline away.
#[test]
fn a_hash_that_outgrows_its_deadlines_is_forgotten_by_the_sweep() {
    let mut shell = Shell::new();
    shell.run("HSET h a 1 b 2 c 3");
    shell.run("HEXPIRE h 100 FIELDS 1 a");
    shell.run("CONFIG SET hash-max-listpack-entries 2");
    shell.run("HSET h a 1");
    assert_eq!(shell.run("OBJECT ENCODING h"), "$9 hashtable");
    assert!(shell.run("INFO keyspace").ends_with("subexpiry=0"));
}
