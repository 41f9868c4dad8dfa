use crate::testing::Shell;

#[test]
fn sets_are_combined_with_weights_and_aggregates() {
    let mut shell = Shell::new();
    shell.run("ZADD a 1 a 2 b 3 c");
    shell.run("ZADD b 10 b 20 c 30 d");
    shell.run("SADD s a c x");
    for (line, reply) in [
        ("ZUNION 2 a b WITHSCORES", "*8 $1 a $1 1 $1 b $2 12 $1 c $2 23 $1 d $2 30"),
        (
            "ZUNION 2 a b WEIGHTS 2 3 AGGREGATE MAX WITHSCORES",
            "*8 $1 a $1 2 $1 b $2 30 $1 c $2 60 $1 d $2 90",
        ),
        ("ZUNION 2 a s WITHSCORES", "*8 $1 x $1 1 $1 a $1 2 $1 b $1 2 $1 c $1 4"),
        ("ZINTER 3 a b s WITHSCORES", "*2 $1 c $2 24"),
        ("ZDIFF 2 a b", "*1 $1 a"),
        ("ZINTERCARD 2 a b LIMIT 1", ":1"),
        ("ZINTER 2 a nokey", "*0"),
        ("ZUNIONSTORE a 2 a b AGGREGATE MIN", ":4"),
        ("ZRANGE a 0 -1 WITHSCORES", "*8 $1 a $1 1 $1 b $1 2 $1 c $1 3 $1 d $2 30"),
        ("ZDIFFSTORE a 2 a a", ":0"),
        ("EXISTS a", ":0"),
    ] {
        assert_eq!(shell.run(line), reply, "{line}");
    }
}

#[test]
fn opposite_infinities_are_zero() {
    let mut shell = Shell::new();
    shell.run("ZADD i inf x");
    shell.run("ZADD j -inf x");
    assert_eq!(shell.run("ZUNION 2 i j WITHSCORES"), "*2 $1 x $1 0");
    assert_eq!(shell.run("ZINTER 2 i j WEIGHTS 0 0 WITHSCORES"), "*2 $1 x $1 0");
}

#[test]
fn bad_requests_are_refused_in_the_servers_order() {
    let mut shell = Shell::new();
    shell.run("SET str v");
    shell.run("ZADD a 1 a");
    for (line, error) in [
        ("ZUNION 0 a", "ERR at least 1 input key is needed for 'zunion' command"),
        ("ZUNIONSTORE d 0 a", "ERR at least 1 input key is needed for 'zunionstore' command"),
        ("ZUNION 9223372036854775807 a", "ERR syntax error"),
        ("ZUNION 2 a str foo", "WRONGTYPE Operation against a key holding the wrong kind of value"),
        ("ZUNION 1 a WEIGHTS x", "ERR weight value is not a float"),
        ("ZUNION 2 a a WEIGHTS 1", "ERR syntax error"),
        ("ZDIFF 1 a AGGREGATE SUM", "ERR syntax error"),
        ("ZINTERSTORE d 1 a WITHSCORES", "ERR syntax error"),
        ("ZINTERCARD 1 a LIMIT -1", "ERR LIMIT can't be negative"),
    ] {
        assert_eq!(shell.run(line), format!("-{error}"), "{line}");
    }
}
