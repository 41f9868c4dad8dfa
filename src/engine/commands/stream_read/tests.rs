use crate::testing::Shell;

#[test]
fn the_end_is_told_at_the_time_of_the_call() {
    let mut shell = Shell::new();
    let reader = shell.store.open_session();
    shell.run("XADD s 1-1 f v");
    assert_eq!(shell.run_as(reader, "XREAD BLOCK 0 STREAMS s $"), "(blocked)");
    shell.run("XADD s 2-1 f v");
    assert_eq!(shell.heard(reader), ["*1 *2 $1 s *1 *2 $3 2-1 *2 $1 f $1 v"]);
}

#[test]
fn a_reader_sleeps_on_while_its_key_is_something_else() {
    let mut shell = Shell::new();
    let reader = shell.store.open_session();
    assert_eq!(shell.run_as(reader, "XREAD BLOCK 50 STREAMS s 0"), "(blocked)");
    shell.run("SET s x");
    assert!(shell.heard(reader).is_empty());
    shell.clock.advance(50_000);
    shell.store.tick();
    assert_eq!(shell.heard(reader), ["*-1"]);
}

#[test]
fn readers_of_a_group_share_in_the_order_of_their_coming() {
    let mut shell = Shell::new();
    let (first, second) = (shell.store.open_session(), shell.store.open_session());
    shell.run("XGROUP CREATE s g $ MKSTREAM");
    assert_eq!(shell.run_as(first, "XREADGROUP GROUP g c1 BLOCK 0 STREAMS s >"), "(blocked)");
    assert_eq!(shell.run_as(second, "XREADGROUP GROUP g c2 BLOCK 0 STREAMS s >"), "(blocked)");
    shell.run("XADD s 1-1 f v");
    assert!(shell.heard(first)[0].contains("1-1"));
    shell.run("XADD s 2-1 f v");
    assert!(shell.heard(second)[0].contains("2-1"));
    assert_eq!(shell.run("XPENDING s g"), "*4 :2 $3 1-1 $3 2-1 *2 *2 $2 c1 $1 1 *2 $2 c2 $1 1");
}

#[test]
fn a_reader_of_a_group_hears_that_it_is_gone() {
    for (line, heard) in [
        ("DEL s", "-NOGROUP No such key 's' or consumer group 'g' in XREADGROUP with GROUP option"),
        (
            "XGROUP DESTROY s g",
            "-NOGROUP No such key 's' or consumer group 'g' in XREADGROUP with GROUP option",
        ),
        ("SET s x", "-WRONGTYPE Operation against a key holding the wrong kind of value"),
    ] {
        let mut shell = Shell::new();
        let reader = shell.store.open_session();
        shell.run("XGROUP CREATE s g $ MKSTREAM");
        shell.run_as(reader, "XREADGROUP GROUP g c BLOCK 0 STREAMS s >");
        shell.run(line);
        assert_eq!(shell.heard(reader), [heard], "{line}");
    }
}

/// What the group itself does wakes nobody: only an entry does.
#[test]
fn moving_a_group_back_serves_with_the_next_entry() {
    let mut shell = Shell::new();
    let reader = shell.store.open_session();
    shell.run("XADD s 1-1 f v");
    shell.run("XGROUP CREATE s g $");
    shell.run_as(reader, "XREADGROUP GROUP g c BLOCK 0 STREAMS s >");
    shell.run("XGROUP SETID s g 0");
    assert!(shell.heard(reader).is_empty());
    shell.run("XADD s 2-1 f v");
    assert!(shell.heard(reader)[0].starts_with("*1 *2 $1 s *2 *2 $3 1-1"));
}

#[test]
fn history_is_what_is_pending_and_never_waits() {
    let mut shell = Shell::new();
    shell.run("XGROUP CREATE s g $ MKSTREAM");
    shell.run("XADD s 1-1 f v");
    shell.run("XADD s 2-1 f v");
    shell.run("XREADGROUP GROUP g c STREAMS s >");
    shell.run("XDEL s 1-1");
    let read = "XREADGROUP GROUP g c BLOCK 0 STREAMS s 0";
    assert_eq!(shell.run(read), "*1 *2 $1 s *2 *2 $3 1-1 *-1 *2 $3 2-1 *2 $1 f $1 v");
    shell.run("XACK s g 1-1 2-1");
    assert_eq!(shell.run(read), "*1 *2 $1 s *0");
}
