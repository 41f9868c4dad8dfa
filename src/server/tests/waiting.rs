//! Commands that wait, and what sessions get without asking.

mod common;

use std::net::Shutdown;

use common::{Site, connect_to, until};

fn until_blocked(site: &Site, count: u64) {
    until("so many wait", || site.info("blocked_clients") == count);
}

#[test]
fn who_waits_is_woken_by_another_connection() {
    let site = Site::new();
    let (mut waiting, mut other) = (site.connect(), site.connect_unix());
    waiting.send("BLPOP l 0\r\nPING\r\n");
    until_blocked(&site, 1);
    assert_eq!(other.ask("RPUSH l a"), ":1");
    assert_eq!(waiting.reply(), "*[l a]");
    assert_eq!(waiting.reply(), "+PONG");
}

#[test]
fn who_waits_goes_on_behind_all_that_its_waker_sent() {
    let site = Site::new();
    let (mut waiting, mut other) = (site.connect(), site.connect());
    waiting.send("BLPOP l 0\r\nGET k\r\n");
    until_blocked(&site, 1);
    other.send("RPUSH l a\r\nSET k 1\r\nSET k 2\r\n");
    assert_eq!((waiting.reply(), waiting.reply()), ("*[l a]".to_owned(), "2".to_owned()));
}

#[test]
fn who_waits_may_send_more_than_a_socket_holds() {
    let site = Site::new();
    let mut waiting = site.connect_unix();
    waiting.send("BLPOP l 0\r\n");
    until_blocked(&site, 1);
    // This would never be over, were it left unread: who sends here is the one who wakes.
    waiting.send(format!("ECHO {}\r\n", "x".repeat(1000)).repeat(5000));
    assert_eq!(site.connect().ask("RPUSH l a"), ":1");
    assert_eq!(waiting.reply(), "*[l a]");
    for _ in 0..5000 {
        assert_eq!(waiting.reply().len(), 1000);
    }
}

#[test]
fn those_who_wait_go_on_in_the_order_of_their_wake_ups() {
    let site = Site::new();
    let (mut first, mut second, mut other) = (site.connect(), site.connect(), site.connect());
    first.send("BLPOP a 0\r\nRPUSH order first\r\n");
    until_blocked(&site, 1);
    second.send("BLPOP b 0\r\nRPUSH order second\r\n");
    until_blocked(&site, 2);
    other.send("MULTI\r\nRPUSH b x\r\nRPUSH a x\r\nEXEC\r\n");
    until("both went on", || site.connect().ask("LLEN order") == ":2");
    assert_eq!(other.ask("PING"), "+OK");
    assert_eq!(site.connect().ask("LRANGE order 0 -1"), "*[second first]");
}

#[test]
fn what_is_sent_while_waiting_is_run_after_it() {
    let site = Site::new();
    let mut waiting = site.connect();
    waiting.send("BLPOP l 0\r\n");
    until_blocked(&site, 1);
    waiting.send("SET late 1\r\nGET late\r\n".repeat(1000));
    assert_eq!(site.connect().ask("GET late"), "$-1");
    assert_eq!(site.connect().ask("RPUSH l a"), ":1");
    assert_eq!(waiting.reply(), "*[l a]");
    for _ in 0..1000 {
        assert_eq!((waiting.reply(), waiting.reply()), ("+OK".to_owned(), "1".to_owned()));
    }
}

#[test]
fn waiting_ends_in_time() {
    let site = Site::new();
    let mut waiting = site.connect();
    assert_eq!(waiting.ask("BLPOP l 0.02"), "*[]");
    assert_eq!(waiting.ask("PING"), "+PONG");
}

#[test]
fn who_is_gone_takes_nothing() {
    let site = Site::new();
    let (mut gone, mut half) = (site.connect(), site.connect_unix());
    gone.send("BLPOP l 0\r\n");
    until_blocked(&site, 1);
    half.send("BLPOP l 0\r\nPING\r\n");
    until_blocked(&site, 2);
    drop(gone);
    half.stream.shutdown(Shutdown::Write).unwrap();
    assert_eq!(half.rest(), "");
    until_blocked(&site, 0);
    let mut other = site.connect();
    assert_eq!(other.ask("RPUSH l a"), ":1");
    assert_eq!(other.ask("LRANGE l 0 -1"), "*[a]");
}

#[test]
fn what_was_taken_for_who_never_heard_of_it_goes_back() {
    let site = Site::new();
    let (mut waiting, mut other) = (site.connect(), site.connect());
    let value = "x".repeat(20 << 20);
    assert_eq!(other.call(&["SET", "big", &value]), "+OK");
    // The answer stands behind more than the sockets' buffers hold, which nobody reads.
    waiting.send("GET big\r\nBLPOP l 0\r\n");
    until_blocked(&site, 1);
    assert_eq!(other.ask("RPUSH l a"), ":1");
    assert_eq!(other.ask("EXISTS l"), ":0");
    drop(waiting);
    until("it is back", || other.ask("LRANGE l 0 -1") == "*[a]");
}

#[test]
fn who_waits_can_be_unblocked_and_killed() {
    let site = Site::new();
    let (mut waiting, mut other) = (site.connect(), site.connect());
    waiting.send("BLPOP l 0\r\nPING\r\n");
    until_blocked(&site, 1);
    assert_eq!(other.ask("CLIENT UNBLOCK 1 ERROR"), ":1");
    assert!(waiting.reply().starts_with("-UNBLOCKED"));
    assert_eq!(waiting.reply(), "+PONG");
    waiting.send("BLPOP l 0\r\nPING\r\n");
    until_blocked(&site, 1);
    assert_eq!(other.ask("CLIENT KILL ID 1"), ":1");
    assert_eq!(waiting.rest(), "");
}

#[test]
fn a_pause_puts_commands_off() {
    let site = Site::new();
    let (mut paused, mut other) = (site.connect(), site.connect());
    assert_eq!(other.ask("CLIENT PAUSE 100000 WRITE"), "+OK");
    paused.send("SET a 1\r\nGET a\r\n");
    assert_eq!(other.ask("GET a"), "$-1");
    assert_eq!(other.ask("CLIENT UNPAUSE"), "+OK");
    assert_eq!((paused.reply(), paused.reply()), ("+OK".to_owned(), "1".to_owned()));
    assert_eq!(other.ask("CLIENT PAUSE 30 ALL"), "+OK");
    paused.send("HELLO 3\r\nRESET\r\nHELLO 3\r\nSUBSCRIBE c\r\nPING\r\n");
    assert!(paused.reply().starts_with("%["));
    assert_eq!(paused.reply(), "+RESET");
    assert!(paused.reply().starts_with("%["));
    assert_eq!((paused.reply(), paused.reply()), (">[subscribe c :1]".to_owned(), "+PONG".to_owned()));
    assert_eq!(other.ask("PUBLISH c m"), ":1");
    assert_eq!(paused.reply(), ">[message c m]");
    assert_eq!(other.ask("CLIENT PAUSE 30 WRITE"), "+OK");
    assert_eq!(paused.ask("SET a 2"), "+OK");
}

#[test]
fn messages_reach_subscribers_of_either_protocol() {
    let site = Site::new();
    let (mut old, mut new, mut publisher) = (site.connect(), site.connect_unix(), site.connect());
    assert_eq!(old.ask("SUBSCRIBE c"), "*[subscribe c :1]");
    assert!(new.ask("HELLO 3").starts_with("%["));
    assert_eq!(new.ask("PSUBSCRIBE *"), ">[psubscribe * :1]");
    assert_eq!(publisher.ask("PUBLISH c hello"), ":2");
    assert_eq!(old.reply(), "*[message c hello]");
    assert_eq!(new.reply(), ">[pmessage * c hello]");
    // Its own message comes behind the reply that tells of it, and before the next one.
    new.send("PUBLISH c own\r\nPING\r\n");
    assert_eq!((new.reply(), new.reply()), (":2".to_owned(), ">[pmessage * c own]".to_owned()));
    assert_eq!(new.reply(), "+PONG");
}

#[test]
fn an_expiry_is_heard_of_though_nobody_does_anything() {
    let site = Site::new();
    let (mut subscriber, mut other) = (site.connect(), site.connect());
    assert_eq!(other.ask("CONFIG SET notify-keyspace-events Ex"), "+OK");
    assert_eq!(subscriber.ask("SUBSCRIBE __keyevent@0__:expired"), "*[subscribe __keyevent@0__:expired :1]");
    assert_eq!(other.ask("SET k v PX 20"), "+OK");
    assert_eq!(subscriber.reply(), "*[message __keyevent@0__:expired k]");
}

#[test]
fn two_servers_share_a_store() {
    use burner_server::{Address, Host, Options, Server};
    let site = Site::new();
    let path = site.path().with_extension("second");
    let host: std::sync::Arc<dyn Host> = std::sync::Arc::clone(&site.host) as _;
    let _second = Server::start(host, &[Address::Unix(path.clone())], &Options::default()).unwrap();
    let (mut waiting, mut subscriber, mut other) = (site.connect(), site.connect(), connect_to(&path));
    assert_eq!(subscriber.ask("SUBSCRIBE c"), "*[subscribe c :1]");
    waiting.send("BLPOP l 0\r\n");
    until_blocked(&site, 1);
    other.send("RPUSH l a\r\nPUBLISH c m\r\n");
    assert_eq!(waiting.reply(), "*[l a]");
    assert_eq!(subscriber.reply(), "*[message c m]");
    assert_eq!((other.reply(), other.reply()), (":1".to_owned(), ":1".to_owned()));
}
