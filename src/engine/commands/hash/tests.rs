use crate::testing::Shell;

#[test]
fn fields_are_set_read_and_removed() {
    let mut shell = Shell::new();
    shell.check(&[
        ("HSET h a 1 b 2", ":2"),
        ("HSET h a 3 c 4", ":1"),
        ("HSET h a 1 b", "-ERR wrong number of arguments for 'hset' command"),
        ("HMSET h a", "-ERR wrong number of arguments for 'hmset' command"),
        ("HMSET h d 5", "+OK"),
        ("HGETALL h", "*8 $1 a $1 3 $1 b $1 2 $1 c $1 4 $1 d $1 5"),
        ("HKEYS h", "*4 $1 a $1 b $1 c $1 d"),
        ("HVALS h", "*4 $1 3 $1 2 $1 4 $1 5"),
        ("HMGET h a nof b", "*3 $1 3 $-1 $1 2"),
        ("HMGET nokey a b", "*2 $-1 $-1"),
        ("HGET h nof", "$-1"),
        ("HSETNX h a 9", ":0"),
        ("HSETNX h z 9", ":1"),
        ("HEXISTS h z", ":1"),
        ("HSTRLEN h a", ":1"),
        ("HSTRLEN h q", ":0"),
        ("HDEL h a q b a", ":2"),
        ("HLEN h", ":3"),
        ("HDEL h c d z", ":3"),
        ("HLEN h", ":0"),
    ]);
    shell.run("HELLO 3");
    shell.check(&[
        ("HSET h a 1", ":1"),
        ("HGETALL h", "%1 $1 a $1 1"),
        ("HGETALL nokey", "%0"),
        ("HGET nokey a", "_"),
    ]);
}

#[test]
fn values_are_counted_up_as_integers_and_as_fractions() {
    let mut shell = Shell::new();
    shell.check(&[
        ("HINCRBY h n 5", ":5"),
        ("HINCRBY h n x", "-ERR value is not an integer or out of range"),
        ("HINCRBY h n -9223372036854775808", ":-9223372036854775803"),
        ("HINCRBY h n -9223372036854775808", "-ERR increment or decrement would overflow"),
        ("HSET h t abc e '' f 1.5 i inf", ":4"),
        ("HINCRBY h t 1", "-ERR hash value is not an integer"),
        ("HINCRBY h e 1", "-ERR hash value is not an integer"),
        ("HINCRBY h f 1", "-ERR hash value is not an integer"),
        ("HINCRBYFLOAT h f 0.1", "$3 1.6"),
        ("HINCRBYFLOAT h f x", "-ERR value is not a valid float"),
        ("HINCRBYFLOAT h f inf", "-ERR value is NaN or Infinity"),
        ("HINCRBYFLOAT h i 1", "-ERR increment would produce NaN or Infinity"),
        ("HINCRBYFLOAT h t 1", "-ERR hash value is not a float"),
        ("HINCRBYFLOAT h g 1e17", "$18 100000000000000000"),
        ("HINCRBYFLOAT h g3 5.0e3", "$4 5000"),
        ("SET s v", "+OK"),
        ("HINCRBY s n x", "-ERR value is not an integer or out of range"),
        ("HINCRBY s n 1", "-WRONGTYPE Operation against a key holding the wrong kind of value"),
        ("HINCRBYFLOAT s n 1", "-WRONGTYPE Operation against a key holding the wrong kind of value"),
    ]);
}

#[test]
fn random_fields_and_iterations_take_their_options() {
    let mut shell = Shell::new();
    shell.check(&[
        ("HSET h a 1 b 2 c 3", ":3"),
        ("HRANDFIELD h 5", "*3 $1 a $1 b $1 c"),
        ("HRANDFIELD h 0", "*0"),
        ("HRANDFIELD h x", "-ERR value is not an integer or out of range"),
        ("HRANDFIELD nokey", "$-1"),
        ("HRANDFIELD nokey 2", "*0"),
        ("HRANDFIELD nokey 2 foo", "-ERR syntax error"),
        ("HRANDFIELD h 5 WITHVALUES", "*6 $1 a $1 1 $1 b $1 2 $1 c $1 3"),
        (
            "HRANDFIELD h -9223372036854775808",
            "-ERR value is out of range, value must between -9223372036854775807 and 9223372036854775807",
        ),
        ("HRANDFIELD h 9223372036854775807", "*3 $1 a $1 b $1 c"),
        ("HRANDFIELD h 9223372036854775807 WITHVALUES", "-ERR value is out of range"),
        ("HSCAN h 0", "*2 $1 0 *6 $1 a $1 1 $1 b $1 2 $1 c $1 3"),
        ("HSCAN h 0 MATCH b NOVALUES", "*2 $1 0 *1 $1 b"),
        ("HSCAN nokey 0", "*2 $1 0 *0"),
        ("HSET one f v", ":1"),
        ("HRANDFIELD one -3", "*3 $1 f $1 f $1 f"),
    ]);
    shell.run("HELLO 3");
    shell.check(&[
        ("HRANDFIELD h 5 WITHVALUES", "*3 *2 $1 a $1 1 *2 $1 b $1 2 *2 $1 c $1 3"),
        ("HRANDFIELD one -2 WITHVALUES", "*2 *2 $1 f $1 v *2 $1 f $1 v"),
    ]);
}

#[test]
fn events_come_in_the_order_of_a_real_server() {
    let mut shell = Shell::new();
    assert_eq!(shell.events("HSET h a 1 b 2"), ["new h", "hset h"]);
    assert_eq!(shell.events("HSETNX h a 1"), Vec::<String>::new());
    assert_eq!(shell.events("HINCRBY h n 1"), ["hincrby h"]);
    assert_eq!(shell.events("HINCRBYFLOAT h n 0.5"), ["hincrbyfloat h"]);
    assert_eq!(shell.events("HDEL h a b n"), ["hdel h", "del h"]);
    assert_eq!(shell.events("HINCRBY h n x"), Vec::<String>::new());
}

/// A reply that no memory could hold is refused before any of it is made.
#[test]
fn absurd_counts_are_errors() {
    let mut shell = Shell::new();
    shell.run("HSET h f v");
    let refused = "-ERR value is out of range";
    shell.check(&[
        ("HRANDFIELD h -9223372036854775807", refused),
        ("HRANDFIELD h -999999999 WITHVALUES", refused),
    ]);
}
