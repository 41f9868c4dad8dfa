use crate::testing::Shell;

#[test]
fn set_options_are_checked_before_their_values() {
    let mut shell = Shell::new();
    for line in
        ["SET a 1 NX XX", "SET a 1 EX", "SET a 1 EX 1 PX 1", "SET a 1 EX 1 KEEPTTL", "SET a 1 EX x BAD"]
    {
        assert_eq!(shell.run(line), "-ERR syntax error", "{line}");
    }
    assert_eq!(shell.run("SET a 1 EX x"), "-ERR value is not an integer or out of range");
    for time in ["EX 0", "PX -1", "EX 9223372036854775807", "PX 9223372036854775807"] {
        let reply = shell.run(&format!("SET a 1 {time}"));
        assert_eq!(reply, "-ERR invalid expire time in 'set' command", "{time}");
    }
    assert_eq!(shell.run("EXISTS a"), ":0");
}

#[test]
fn set_keeps_replaces_or_removes_the_expiration() {
    let mut shell = Shell::new();
    shell.run("SET a 1 EX 100");
    shell.run("SET a 2 KEEPTTL");
    assert_eq!(shell.run("TTL a"), ":100");
    shell.run("SET a 3 PX 5000");
    assert_eq!(shell.run("TTL a"), ":5");
    shell.run("SET a 3");
    assert_eq!(shell.run("TTL a"), ":-1");
}

#[test]
fn set_get_answers_the_old_value_whether_it_sets_or_not() {
    let mut shell = Shell::new();
    assert_eq!(shell.run("SET a 1 NX GET"), "$-1");
    assert_eq!(shell.run("SET a 2 NX GET"), "$1 1");
    assert_eq!(shell.run("SET a 3 XX GET"), "$1 1");
    assert_eq!(shell.run("GET a"), "$1 3");
    assert_eq!(shell.run("SET b 3 XX"), "$-1");
}

#[test]
fn getex_looks_at_the_time_only_if_the_key_is_there() {
    let mut shell = Shell::new();
    assert_eq!(shell.run("GETEX a EX 0"), "$-1");
    shell.run("SET a 1");
    assert_eq!(shell.run("GETEX a EX 0"), "-ERR invalid expire time in 'getex' command");
    assert_eq!(shell.run("GETEX a EX 10"), "$1 1");
    assert_eq!(shell.run("TTL a"), ":10");
    assert_eq!(shell.run("GETEX a PERSIST"), "$1 1");
    assert_eq!(shell.run("TTL a"), ":-1");
    assert_eq!(shell.run("GETEX a PXAT 1"), "$1 1");
    assert_eq!(shell.run("EXISTS a"), ":0");
}

#[test]
fn ranges_are_clamped() {
    let mut shell = Shell::new();
    shell.run("SET a abcdef");
    for (range, found) in [
        ("0 -1", "$6 abcdef"),
        ("-3 -1", "$3 def"),
        ("0 -100", "$1 a"),
        ("-1 -100", "$0"),
        ("2 1", "$0"),
        ("9223372036854775807 9223372036854775807", "$0"),
        ("-9223372036854775808 -9223372036854775808", "$1 a"),
    ] {
        assert_eq!(shell.run(&format!("GETRANGE a {range}")), found, "{range}");
    }
    assert_eq!(shell.run("GETRANGE none 0 -1"), "$0");
}

#[test]
fn edits_grow_up_to_the_limit_and_no_further() {
    let mut shell = Shell::new();
    assert_eq!(shell.run("SETRANGE a 3 x"), ":4");
    assert_eq!(shell.run("GET a"), "$4 \0\0\0x");
    assert_eq!(shell.run("APPEND a yz"), ":6");
    assert_eq!(shell.run("OBJECT ENCODING a"), "$3 raw");
    assert_eq!(shell.run("SETRANGE b 536870912 \"\""), ":0");
    for line in ["SETRANGE a 536870912 x", "SETRANGE b 9223372036854775807 xx"] {
        let reply = shell.run(line);
        assert_eq!(reply, "-ERR string exceeds maximum allowed size (proto-max-bulk-len)", "{line}");
    }
    assert_eq!(shell.run("SETRANGE a -1 x"), "-ERR offset is out of range");
    assert_eq!(shell.run("APPEND n 12"), ":2");
    assert_eq!(shell.run("OBJECT ENCODING n"), "$3 int");
}

#[test]
fn several_keys_are_set_together() {
    let mut shell = Shell::new();
    assert_eq!(shell.run("MSET a 1 b 2"), "+OK");
    assert_eq!(shell.run("MSETNX b 3 c 3"), ":0");
    assert_eq!(shell.run("MGET a b c"), "*3 $1 1 $1 2 $-1");
    assert_eq!(shell.run("MSET a"), "-ERR wrong number of arguments for 'mset' command");
    assert_eq!(shell.run("MSETNX a 1 b"), "-ERR wrong number of arguments for 'msetnx' command");
}
