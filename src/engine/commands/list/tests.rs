use crate::testing::Shell;

#[test]
fn elements_are_pushed_and_popped_at_both_ends() {
    Shell::new().check(&[
        ("RPUSH l a b c", ":3"),
        ("LPUSH l x y", ":5"),
        ("LRANGE l 0 -1", "*5 $1 y $1 x $1 a $1 b $1 c"),
        ("LPUSHX nokey x", ":0"),
        ("RPUSHX l z", ":6"),
        ("LPOP l", "$1 y"),
        ("RPOP l", "$1 z"),
        ("LPOP l 0", "*0"),
        ("LPOP l 2", "*2 $1 x $1 a"),
        ("LPOP nokey", "$-1"),
        ("LPOP nokey 2", "*-1"),
        ("LPOP nokey -1", "-ERR value is out of range, must be positive"),
        ("LPOP l 1 2", "-ERR wrong number of arguments for 'lpop' command"),
        ("RPOP l 10", "*2 $1 c $1 b"),
        ("LLEN l", ":0"),
        ("LPUSH s x", ":1"),
    ]);
}

#[test]
fn elements_are_reached_and_changed_by_index_and_by_value() {
    Shell::new().check(&[
        ("RPUSH l a b c d", ":4"),
        ("LINDEX l -1", "$1 d"),
        ("LINDEX l -9223372036854775808", "$-1"),
        ("LINDEX nokey x", "$-1"),
        ("LINDEX l x", "-ERR value is not an integer or out of range"),
        ("LSET nokey x v", "-ERR no such key"),
        ("LSET l 4 v", "-ERR index out of range"),
        ("LSET l -4 A", "+OK"),
        ("LINSERT l BEFORE A 0", ":5"),
        ("LINSERT l AFTER d e", ":6"),
        ("LINSERT l AFTER zz e", ":-1"),
        ("LINSERT nokey AFTER zz e", ":0"),
        ("LINSERT l zz A e", "-ERR syntax error"),
        ("LRANGE l -100 100", "*6 $1 0 $1 A $1 b $1 c $1 d $1 e"),
        ("LRANGE l 3 1", "*0"),
        ("LTRIM l 1 -2", "+OK"),
        ("LRANGE l 0 -1", "*4 $1 A $1 b $1 c $1 d"),
        ("LREM l 0 b", ":1"),
        (
            "LREM l -9223372036854775808 x",
            "-ERR value is out of range, value must between -9223372036854775807 and 9223372036854775807",
        ),
        ("LTRIM l 5 9", "+OK"),
        ("LLEN l", ":0"),
    ]);
}

#[test]
fn positions_are_found_from_either_end() {
    Shell::new().check(&[
        ("RPUSH l a b c 1 2 3 c c", ":8"),
        ("LPOS l c", ":2"),
        ("LPOS l zz", "$-1"),
        ("LPOS nokey c COUNT 0", "*0"),
        ("LPOS l c RANK 2", ":6"),
        ("LPOS l c RANK -1", ":7"),
        ("LPOS l c COUNT 2", "*2 :2 :6"),
        ("LPOS l c RANK -2 COUNT 0", "*2 :6 :2"),
        ("LPOS l c MAXLEN 2", "$-1"),
        ("LPOS l c MAXLEN 3 COUNT 0", "*1 :2"),
        ("LPOS l c RANK -1 MAXLEN 2 COUNT 0", "*2 :7 :6"),
        ("LPOS l c RANK 9223372036854775807 COUNT 9223372036854775807", "*0"),
        (
            "LPOS l c RANK 0",
            "-ERR RANK can't be zero: use 1 to start from the first match, 2 from the second ... or use negative to start from the end of the list",
        ),
        (
            "LPOS l c RANK -9223372036854775808",
            "-ERR value is out of range, value must between -9223372036854775807 and 9223372036854775807",
        ),
        ("LPOS l c COUNT -1", "-ERR COUNT can't be negative"),
        ("LPOS l c MAXLEN x", "-ERR MAXLEN can't be negative"),
        ("LPOS l c RANK", "-ERR syntax error"),
        ("LPOS l c foo 1", "-ERR syntax error"),
    ]);
}

#[test]
fn elements_move_between_lists_and_lists_are_popped_in_turn() {
    Shell::new().check(&[
        ("RPUSH l a b c", ":3"),
        ("SET s v", "+OK"),
        ("LMOVE l m LEFT RIGHT", "$1 a"),
        ("LMOVE l l LEFT RIGHT", "$1 b"),
        ("LMOVE nokey s LEFT LEFT", "$-1"),
        ("LMOVE l s LEFT LEFT", "-WRONGTYPE Operation against a key holding the wrong kind of value"),
        ("LMOVE s l LEFT LEFT", "-WRONGTYPE Operation against a key holding the wrong kind of value"),
        ("LMOVE l m LEFT foo", "-ERR syntax error"),
        ("RPOPLPUSH m m", "$1 a"),
        ("RPOPLPUSH m q", "$1 a"),
        ("LLEN m", ":0"),
        ("LRANGE l 0 -1", "*2 $1 c $1 b"),
        ("LMPOP 0 l LEFT", "-ERR numkeys should be greater than 0"),
        ("LMPOP x l LEFT", "-ERR numkeys should be greater than 0"),
        ("LMPOP 2 l LEFT", "-ERR syntax error"),
        ("LMPOP 9223372036854775807 l LEFT", "-ERR syntax error"),
        ("LMPOP 2 nokey l LEFT COUNT 0", "-ERR count should be greater than 0"),
        ("LMPOP 2 nokey l LEFT COUNT 1 COUNT 1", "-ERR syntax error"),
        ("LMPOP 2 nokey l RIGHT COUNT 10", "*2 $1 l *2 $1 b $1 c"),
        ("LMPOP 1 nokey LEFT", "*-1"),
        ("LMPOP 2 s q LEFT", "-WRONGTYPE Operation against a key holding the wrong kind of value"),
    ]);
}

#[test]
fn events_come_in_the_order_of_a_real_server() {
    let mut shell = Shell::new();
    assert_eq!(shell.events("RPUSH l a b c"), ["new l", "rpush l"]);
    assert_eq!(shell.events("LMOVE l m LEFT LEFT"), ["new m", "lpush m", "lpop l"]);
    assert_eq!(shell.events("LMOVE m l LEFT RIGHT"), ["rpush l", "lpop m", "del m"]);
    assert_eq!(shell.events("LTRIM l 0 -1"), ["ltrim l"]);
    assert_eq!(shell.events("LREM l 0 zz"), Vec::<String>::new());
    assert_eq!(shell.events("LMPOP 1 l RIGHT COUNT 9"), ["rpop l", "del l"]);
}
