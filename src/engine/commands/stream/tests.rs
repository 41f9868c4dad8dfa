use crate::testing::Shell;

#[test]
fn an_id_of_the_clocks_never_goes_back() {
    let mut shell = Shell::new();
    assert_eq!(shell.run("XADD s * f v"), "$15 1700000000000-0");
    assert_eq!(shell.run("XADD s * f v"), "$15 1700000000000-1");
    shell.clock.advance(-5_000_000);
    assert_eq!(shell.run("XADD s * f v"), "$15 1700000000000-2");
    assert_eq!(shell.run("XADD s 1-* f v").split(' ').next(), Some("-ERR"));
    assert_eq!(shell.run("XADD s 1700000000001-* f v"), "$15 1700000000001-0");
}

/// A refused XADD must not leave an empty stream behind.
#[test]
fn nothing_is_made_by_what_is_refused() {
    let mut shell = Shell::new();
    for line in [
        "XADD s 0-0 f v",
        "XADD s bad f v",
        "XADD s * f",
        "XADD s MAXLEN -1 * f v",
        "XADD s NOMKSTREAM * f v",
    ] {
        shell.run(line);
        assert_eq!(shell.run("TYPE s"), "+none", "{line}");
    }
}

#[test]
fn fields_keep_order_and_come_twice() {
    let mut shell = Shell::new();
    shell.run("XADD s 1-1 a 1 a 2 b ''");
    shell.run("XADD s 2-1 b 1");
    let both = "*2 *2 $3 1-1 *6 $1 a $1 1 $1 a $1 2 $1 b $0  *2 $3 2-1 *2 $1 b $1 1";
    assert_eq!(shell.run("XRANGE s - +"), both);
    assert_eq!(shell.run("XREVRANGE s (2-1 -"), "*1 *2 $3 1-1 *6 $1 a $1 1 $1 a $1 2 $1 b $0");
}

#[test]
fn an_emptied_stream_stays_and_remembers() {
    let mut shell = Shell::new();
    shell.run("XADD s 5-1 f v");
    assert_eq!(shell.run("XDEL s 5-1 5-1"), ":1");
    assert_eq!(shell.run("XLEN s"), ":0");
    assert_eq!(shell.run("TYPE s"), "+stream");
    assert_eq!(
        shell.run("XADD s 5-1 f v"),
        "-ERR The ID specified in XADD is equal or smaller than the target stream top item"
    );
}
