use crate::Delivery;
use crate::testing::Shell;

fn run_all(shell: &mut Shell, cases: &[(&str, &str)]) {
    for (line, reply) in cases {
        assert_eq!(shell.run(line), *reply, "{line}");
    }
}

#[test]
fn adding_follows_its_options() {
    let mut shell = Shell::new();
    run_all(
        &mut shell,
        &[
            ("ZADD z 1 a 2 b", ":2"),
            ("ZADD z NX 5 a 3 c", ":1"),
            ("ZADD z XX CH 5 a 9 nosuch", ":1"),
            ("ZADD z GT CH 1 a 7 b 1 new", ":2"),
            ("ZADD z LT CH 1 a 100 b", ":1"),
            ("ZADD z XX INCR 1 nosuch", "$-1"),
            ("ZADD z INCR 1.5 a", "$3 2.5"),
            ("ZADD z NX XX 1 a", "-ERR XX and NX options at the same time are not compatible"),
            ("ZADD z 1 a 2", "-ERR syntax error"),
            ("ZADD z 1 a x b", "-ERR value is not a valid float"),
            ("ZADD z inf i", ":1"),
            ("ZINCRBY z -inf i", "-ERR resulting score is not a number (NaN)"),
            ("ZRANGE z 0 -1 WITHSCORES", "*10 $3 new $1 1 $1 a $3 2.5 $1 c $1 3 $1 b $1 7 $1 i $3 inf"),
            ("ZADD nokey XX 1 a", ":0"),
            ("EXISTS nokey", ":0"),
        ],
    );
}

#[test]
fn ranges_of_every_kind() {
    let mut shell = Shell::new();
    shell.run("ZADD z 1 a 2 b 3 c 4 d");
    shell.run("ZADD l 0 a 0 b 0 c 0 d");
    run_all(
        &mut shell,
        &[
            ("ZRANGE z 1 -2", "*2 $1 b $1 c"),
            ("ZRANGE z 0 1 REV", "*2 $1 d $1 c"),
            ("ZRANGE z (1 +inf BYSCORE LIMIT 1 1", "*1 $1 c"),
            ("ZRANGE z +inf (1 BYSCORE REV LIMIT 1 -1", "*2 $1 c $1 b"),
            ("ZRANGE z 1 3 BYSCORE REV", "*0"),
            ("ZRANGE z 1 3 BYSCORE LIMIT -1 5", "*0"),
            ("ZRANGE l [b (d BYLEX", "*2 $1 b $1 c"),
            ("ZREVRANGEBYLEX l + (b LIMIT 0 1", "*1 $1 d"),
            ("ZRANGE z 9223372036854775807 -9223372036854775808", "*0"),
            ("ZRANGE z x 3 BYSCORE", "-ERR min or max is not a float"),
            ("ZRANGE l b + BYLEX", "-ERR min or max not valid string range item"),
            ("ZCOUNT z (1 3", ":2"),
            ("ZLEXCOUNT l - (c", ":2"),
            ("ZREVRANK z a WITHSCORE", "*2 :3 $1 1"),
            ("ZRANGESTORE d z 0 1 REV", ":2"),
            ("ZRANGE d 0 -1", "*2 $1 c $1 d"),
            ("ZREMRANGEBYSCORE z 2 3", ":2"),
            ("ZREMRANGEBYRANK z 0 -1", ":2"),
            ("EXISTS z", ":0"),
        ],
    );
}

#[test]
fn members_are_drawn_at_random() {
    let mut shell = Shell::new();
    for number in 0..300 {
        shell.run(&format!("ZADD z {number} m{number}"));
    }
    for count in [1, 50, 200, 299] {
        let reply = shell.run(&format!("ZRANDMEMBER z {count}"));
        let members: std::collections::HashSet<&str> =
            reply.split(' ').filter(|word| word.starts_with('m')).collect();
        assert_eq!(members.len(), count);
    }
    assert!(shell.run("ZRANDMEMBER z -1000").starts_with("*1000 "));
    run_all(
        &mut shell,
        &[
            ("ZRANDMEMBER nokey", "$-1"),
            ("ZRANDMEMBER nokey -5", "*0"),
            ("ZRANDMEMBER z 0", "*0"),
            (
                "ZRANDMEMBER z -9223372036854775808",
                "-ERR value is out of range, value must between -9223372036854775807 and 9223372036854775807",
            ),
            ("ZRANDMEMBER z 9223372036854775807 WITHSCORES", "-ERR value is out of range"),
        ],
    );
}

#[test]
fn an_iteration_gives_every_member_once() {
    let mut shell = Shell::new();
    for number in 0..1000 {
        shell.run(&format!("ZADD z {number} m{number}"));
    }
    let (mut cursor, mut seen) = ("0".to_owned(), std::collections::HashSet::new());
    loop {
        let reply = shell.run(&format!("ZSCAN z {cursor} COUNT 50"));
        let words: Vec<&str> = reply.split(' ').collect();
        for member in words.iter().filter(|word| word.starts_with('m')) {
            assert!(seen.insert((*member).to_owned()), "{member} came twice");
        }
        words[2].clone_into(&mut cursor);
        if cursor == "0" {
            break;
        }
    }
    assert_eq!(seen.len(), 1000);
}

#[test]
fn a_waiter_gets_what_comes_and_gives_it_back_if_nobody_hears() {
    let mut shell = Shell::new();
    let waiter = shell.store.open_session();
    assert_eq!(shell.run_as(waiter, "BZPOPMIN a z 0"), "(blocked)");
    shell.run("SET a x");
    shell.run("DEL a");
    shell.run("ZADD z 2 b 1 a");
    let woken = shell.store.take_deliveries().into_iter().find_map(|delivery| match delivery {
        Delivery::Woken { session, undo, .. } if session == waiter => undo,
        _ => None,
    });
    assert_eq!(shell.run("ZRANGE z 0 -1"), "*1 $1 b");
    shell.store.give_back(woken.expect("a pop can be undone"));
    assert_eq!(shell.run("ZRANGE z 0 -1 WITHSCORES"), "*4 $1 a $1 1 $1 b $1 2");
}

#[test]
fn nothing_waits_within_a_transaction() {
    let mut shell = Shell::new();
    shell.run("MULTI");
    for line in ["BZPOPMIN nokey 0", "BZMPOP 0 1 nokey MIN"] {
        assert_eq!(shell.run(line), "+QUEUED");
    }
    assert_eq!(shell.run("EXEC"), "*2 *-1 *-1");
}
