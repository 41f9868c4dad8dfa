use crate::testing::Shell;

fn three_pending() -> Shell {
    let mut shell = Shell::new();
    shell.run("XGROUP CREATE s g $ MKSTREAM");
    (1..=3).for_each(|ms| drop(shell.run(&format!("XADD s {ms}-1 f v"))));
    shell.run("XREADGROUP GROUP g a STREAMS s >");
    shell.clock.advance(100_000);
    shell
}

#[test]
fn only_what_was_idle_long_enough_is_claimed() {
    let mut shell = three_pending();
    assert_eq!(shell.run("XCLAIM s g b 101 1-1 2-1 JUSTID"), "*0");
    assert_eq!(shell.run("XCLAIM s g b 100 1-1 2-1 JUSTID"), "*2 $3 1-1 $3 2-1");
    assert_eq!(shell.run("XPENDING s g"), "*4 :3 $3 1-1 $3 3-1 *2 *2 $1 a $1 1 *2 $1 b $1 2");
    assert_eq!(shell.run("XPENDING s g - + 1"), "*1 *4 $3 1-1 $1 b :0 :1");
}

#[test]
fn claiming_goes_on_where_it_stopped_and_drops_what_is_deleted() {
    let mut shell = three_pending();
    shell.run("XDEL s 1-1");
    assert_eq!(shell.run("XAUTOCLAIM s g b 0 0 COUNT 1 JUSTID"), "*3 $3 2-1 *0 *1 $3 1-1");
    assert_eq!(shell.run("XAUTOCLAIM s g b 0 2-1 COUNT 1 JUSTID"), "*3 $3 3-1 *1 $3 2-1 *0");
    assert_eq!(shell.run("XAUTOCLAIM s g b 0 3-1"), "*3 $3 0-0 *1 *2 $3 3-1 *2 $1 f $1 v *0");
}

#[test]
fn force_makes_pending_what_never_was() {
    let mut shell = three_pending();
    shell.run("XACK s g 1-1");
    assert_eq!(shell.run("XCLAIM s g b 0 1-1 JUSTID"), "*0");
    assert_eq!(shell.run("XCLAIM s g b 0 1-1 FORCE RETRYCOUNT 5 JUSTID"), "*1 $3 1-1");
    assert_eq!(shell.run("XPENDING s g - + 1"), "*1 *4 $3 1-1 $1 b :0 :5");
}
