use crate::store::Store;
use crate::testing::Shell;

#[test]
fn members_are_added_looked_for_and_taken_out() {
    let mut shell = Shell::new();
    shell.check(&[
        ("SADD x a b c", ":3"),
        ("SADD x a d", ":1"),
        ("SREM x q", ":0"),
        ("SREM x a a", ":1"),
        ("SISMEMBER x a", ":0"),
        ("SMISMEMBER x b q", "*2 :1 :0"),
        ("SMISMEMBER nokey a b", "*2 :0 :0"),
        ("SCARD x", ":3"),
        ("SMEMBERS x", "*3 $1 b $1 c $1 d"),
        ("SMOVE x y b", ":1"),
        ("SMOVE x y q", ":0"),
        ("SMOVE x x c", ":1"),
        ("SMOVE x x q", ":0"),
        ("SET s v", "+OK"),
        ("SMOVE nokey s q", ":0"),
        ("SMOVE x s q", "-WRONGTYPE Operation against a key holding the wrong kind of value"),
        ("SMOVE s x c", "-WRONGTYPE Operation against a key holding the wrong kind of value"),
        ("SPOP nokey", "$-1"),
        ("SPOP nokey 1", "*0"),
        ("SPOP nokey -1", "-ERR value is out of range, must be positive"),
        ("SPOP y 0", "*0"),
        ("SPOP y 1 2", "-ERR syntax error"),
        ("SPOP x 9223372036854775807", "*2 $1 c $1 d"),
        ("SCARD x", ":0"),
        ("SADD o a", ":1"),
        ("SRANDMEMBER o", "$1 a"),
        ("SRANDMEMBER o 5", "*1 $1 a"),
        ("SRANDMEMBER o -3", "*3 $1 a $1 a $1 a"),
        ("SRANDMEMBER o 1 2", "-ERR syntax error"),
        (
            "SRANDMEMBER o -9223372036854775808",
            "-ERR value is out of range, value must between -9223372036854775807 and 9223372036854775807",
        ),
        ("SRANDMEMBER nokey", "$-1"),
        ("SRANDMEMBER nokey 3", "*0"),
        ("SPOP o", "$1 a"),
        ("SSCAN y 0", "*2 $1 0 *1 $1 b"),
        ("SSCAN y 0 NOVALUES", "-ERR NOVALUES option can only be used in HSCAN"),
        ("SADD s a", "-WRONGTYPE Operation against a key holding the wrong kind of value"),
    ]);
}

#[test]
fn sets_are_combined_and_the_result_stored() {
    let mut shell = Shell::new();
    shell.check(&[
        ("SADD i 3 1 2", ":3"),
        ("SADD j 2 3 4", ":3"),
        ("SADD k a 2", ":2"),
        ("SET s v", "+OK"),
        ("SINTER i j", "*2 $1 2 $1 3"),
        ("SINTER i nokey", "*0"),
        ("SINTER i nokey s", "-WRONGTYPE Operation against a key holding the wrong kind of value"),
        ("SUNION i j", "*4 $1 1 $1 2 $1 3 $1 4"),
        ("SUNION nokey", "*0"),
        ("SDIFF i j", "*1 $1 1"),
        ("SDIFF i i", "*0"),
        ("SDIFF nokey s", "-WRONGTYPE Operation against a key holding the wrong kind of value"),
        ("SINTERCARD 2 i j", ":2"),
        ("SINTERCARD 2 i j LIMIT 1", ":1"),
        ("SINTERCARD 2 i j LIMIT -1", "-ERR LIMIT can't be negative"),
        ("SINTERCARD 2 i j LIMIT", "-ERR syntax error"),
        ("SINTERCARD 0 i j", "-ERR numkeys should be greater than 0"),
        ("SINTERCARD 3 i j", "-ERR Number of keys can't be greater than number of args"),
        ("SINTERSTORE s i j", ":2"),
        ("SINTERSTORE s i nokey", ":0"),
        ("SINTERSTORE d nokey i", ":0"),
        ("SUNIONSTORE d i k", ":4"),
        ("SDIFFSTORE d i k", ":2"),
        ("SUNIONSTORE i i j", ":4"),
        ("SMEMBERS i", "*4 $1 1 $1 2 $1 3 $1 4"),
        ("SDIFFSTORE i i i", ":0"),
        ("SCARD i", ":0"),
    ]);
    shell.run("HELLO 3");
    shell.check(&[
        ("SUNION j", "~3 $1 2 $1 3 $1 4"),
        ("SINTER nokey", "~0"),
        ("SMEMBERS k", "~2 $1 a $1 2"),
        ("SPOP k 2", "~2 $1 a $1 2"),
        ("SRANDMEMBER j 5", "*3 $1 2 $1 3 $1 4"),
    ]);
}

#[test]
fn events_come_in_the_order_of_a_real_server() {
    let mut shell = Shell::new();
    assert_eq!(shell.events("SADD x a b"), ["new x", "sadd x"]);
    assert_eq!(shell.events("SADD x a"), Vec::<String>::new());
    assert_eq!(shell.events("SMOVE x y a"), ["srem x", "new y", "sadd y"]);
    assert_eq!(shell.events("SMOVE x y b"), ["srem x", "del x", "sadd y"]);
    assert_eq!(shell.events("SUNIONSTORE d y"), ["new d", "sunionstore d"]);
    assert_eq!(shell.events("SPOP y 2"), ["spop y", "del y"]);
    assert_eq!(shell.events("SINTERSTORE d x y"), ["del d"]);
}

#[test]
fn popping_most_members_makes_what_is_left_small_again() {
    let mut shell = Shell::new();
    let numbers: Vec<String> = (0..600).map(|number| number.to_string()).collect();
    shell.run(&format!("SADD s {}", numbers.join(" ")));
    shell.run("SPOP s 499");
    assert_eq!(shell.run("OBJECT ENCODING s"), "$9 hashtable");
    shell.run(&format!("SADD s {}", numbers.join(" ")));
    shell.run("SPOP s 500");
    assert_eq!(shell.run("OBJECT ENCODING s"), "$8 listpack");
    assert_eq!(shell.run("SCARD s"), ":100");
}

#[test]
fn the_order_of_a_big_set_follows_from_the_stores_seed() {
    let members_of = |seed| {
        let mut shell = Shell::new();
        shell.store = Store::new(Box::new(shell.clock.clone()), seed);
        shell.session = shell.store.open_session();
        (0..1000).for_each(|number| drop(shell.run(&format!("SADD s member:{number}"))));
        shell.run("SMEMBERS s")
    };
    assert_eq!(members_of(1), members_of(1));
    assert_ne!(members_of(1), members_of(2));
}
