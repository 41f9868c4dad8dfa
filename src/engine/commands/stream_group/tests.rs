use crate::testing::Shell;

#[test]
fn a_consumer_takes_its_pending_entries_along() {
    let mut shell = Shell::new();
    shell.run("XGROUP CREATE s g $ MKSTREAM");
    shell.run("XADD s 1-1 f v");
    shell.run("XADD s 2-1 f v");
    shell.run("XREADGROUP GROUP g a COUNT 1 STREAMS s >");
    shell.run("XREADGROUP GROUP g b COUNT 1 STREAMS s >");
    assert_eq!(shell.run("XGROUP DELCONSUMER s g a"), ":1");
    assert_eq!(shell.run("XPENDING s g"), "*4 :1 $3 2-1 $3 2-1 *1 *2 $1 b $1 1");
    assert_eq!(shell.run("XGROUP CREATECONSUMER s g c"), ":1");
    assert_eq!(shell.run("XREADGROUP GROUP g c STREAMS s 0"), "*1 *2 $1 s *0");
}

#[test]
fn idle_times_are_of_the_last_delivery() {
    let mut shell = Shell::new();
    shell.run("XGROUP CREATE s g $ MKSTREAM");
    shell.run("XADD s 1-1 f v");
    shell.run("XREADGROUP GROUP g c STREAMS s >");
    shell.clock.advance(7_000);
    assert_eq!(shell.run("XPENDING s g - + 10"), "*1 *4 $3 1-1 $1 c :7 :1");
    assert_eq!(shell.run("XPENDING s g IDLE 8 - + 10"), "*0");
    shell.run("XREADGROUP GROUP g c STREAMS s 0");
    assert_eq!(shell.run("XPENDING s g - + 10 c"), "*1 *4 $3 1-1 $1 c :0 :2");
}

#[test]
fn one_bad_id_acknowledges_nothing() {
    let mut shell = Shell::new();
    shell.run("XGROUP CREATE s g $ MKSTREAM");
    shell.run("XADD s 1-1 f v");
    shell.run("XREADGROUP GROUP g c STREAMS s >");
    assert_eq!(shell.run("XACK s g 1-1 bad"), "-ERR Invalid stream ID specified as stream command argument");
    assert_eq!(shell.run("XACK s g 1-1 1-1"), ":1");
}
