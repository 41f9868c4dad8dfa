//! What connections are allowed, as the settings say.

mod common;

use std::io::Write;
use std::net::{Ipv4Addr, SocketAddr, UdpSocket};
use std::sync::Arc;

use burner_engine::Reply;
use burner_server::{Address, Host, Options, Server};
use common::{Client, Site, connect, until};

#[test]
fn so_many_connections_and_no_more() {
    let site = Site::new();
    let (mut first, second) = (site.connect(), site.connect_unix());
    assert_eq!(first.ask("CONFIG SET maxclients 2"), "+OK");
    until("both are in", || site.sessions() == 2);
    assert_eq!(site.connect().rest(), "-ERR max number of clients reached\r\n");
    assert_eq!(site.connect_unix().rest(), "-ERR max number of clients reached\r\n");
    assert!(first.ask("INFO stats").contains("rejected_connections:2\r\n"));
    drop(second);
    until("there is room", || first.ask("INFO clients").contains("connected_clients:1\r\n"));
    assert_eq!(site.connect().ask("PING"), "+PONG");
}

#[test]
fn the_idle_are_sent_away_but_not_those_who_wait_or_listen() {
    let site = Site::new();
    let mut idle = site.connect();
    let (mut waiting, mut subscriber, mut monitor) = (site.connect(), site.connect(), site.connect());
    assert_eq!(idle.ask("PING"), "+PONG");
    waiting.send("BLPOP l 0\r\n");
    until("one waits", || site.info("blocked_clients") == 1);
    assert_eq!(subscriber.ask("SUBSCRIBE c"), "*[subscribe c :1]");
    assert_eq!(monitor.ask("MONITOR"), "+OK");
    assert_eq!(site.connect().ask("CONFIG SET timeout 1"), "+OK");
    assert_eq!(idle.rest(), "");
    let mut other = site.connect();
    assert_eq!(other.ask("RPUSH l a"), ":1");
    assert_eq!(waiting.reply(), "*[l a]");
    assert_eq!(other.ask("PUBLISH c m"), ":1");
    assert_eq!(subscriber.reply(), "*[message c m]");
    assert!(monitor.reply().ends_with(r#""RPUSH" "l" "a""#));
}

#[test]
fn a_server_that_sleeps_hears_of_a_setting_changed_from_within_the_process() {
    let site = Site::new();
    let mut idle = site.connect();
    assert_eq!(idle.ask("PING"), "+PONG");
    site.host.enter(&mut |desk| {
        let session = desk.engine.open_session();
        let set: [&[u8]; 4] = [b"CONFIG", b"SET", b"timeout", b"1"];
        assert!(desk.engine.execute(session, &set, &mut Reply::new(2)).is_ok());
        desk.engine.close_session(session);
    });
    // Nobody says anything to the server from here on.
    assert_eq!(idle.rest(), "");
}

#[test]
fn a_command_that_does_not_end_is_cut_off() {
    let site = Site::new();
    assert_eq!(site.connect().ask("CONFIG SET client-query-buffer-limit 1mb"), "+OK");
    let mut client = site.connect();
    client.send("*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$3000000\r\n");
    // The server may hang up in the middle of it.
    let _ = client.stream.write_all(&vec![b'x'; 2_999_999]);
    assert_eq!(client.rest(), "");
    assert_eq!(site.info("client_query_buffer_limit_disconnections"), 1);
    // A long pipeline of short commands is no such thing.
    let mut client = site.connect();
    client.send("CLIENT REPLY OFF\r\n");
    client.send("SET k v\r\n".repeat(200_000));
    client.send("CLIENT REPLY ON\r\n");
    assert_eq!(client.reply(), "+OK");
}

#[test]
fn a_subscriber_that_does_not_read_is_cut_off_and_the_others_are_not() {
    let site = Site::new();
    let (mut slow, mut quick, mut publisher) = (site.connect(), site.connect(), site.connect());
    assert_eq!(publisher.ask("CONFIG SET client-output-buffer-limit 'pubsub 3mb 0 0'"), "+OK");
    for client in [&mut slow, &mut quick] {
        assert_eq!(client.ask("SUBSCRIBE c"), "*[subscribe c :1]");
    }
    let message = "m".repeat(100_000);
    until("the slow one is cut off", || {
        let heard = publisher.call(&["PUBLISH", "c", &message]);
        assert_eq!(quick.reply().len(), message.len() + "*[message c ]".len());
        heard == ":1"
    });
    assert_eq!(site.info("client_output_buffer_limit_disconnections"), 1);
    assert_eq!(publisher.ask("PING"), "+PONG");
    slow.rest();
}

#[test]
fn a_subscriber_that_lags_for_too_long_is_cut_off() {
    let site = Site::new();
    let (mut slow, mut publisher) = (site.connect(), site.connect());
    assert_eq!(publisher.ask("CONFIG SET client-output-buffer-limit 'pubsub 0 1mb 1'"), "+OK");
    assert_eq!(slow.ask("SUBSCRIBE c"), "*[subscribe c :1]");
    let message = "m".repeat(1_000_000);
    until("the subscriber lags", || {
        assert_eq!(publisher.call(&["PUBLISH", "c", &message]), ":1");
        unsent(&mut publisher) > 1 << 20
    });
    // Nobody has to say anything for it to be noticed.
    until("the subscriber is cut off", || site.sessions() == 1);
    slow.rest();
}

/// How much output CLIENT LIST tells of, in all.
fn unsent(client: &mut Client<std::net::TcpStream>) -> usize {
    let list = client.ask("CLIENT LIST TYPE pubsub");
    let fields = list.split(' ').filter_map(|field| field.strip_prefix("omem="));
    fields.map(|bytes| bytes.parse::<usize>().unwrap()).sum()
}

#[test]
fn normal_connections_have_a_limit_of_their_own() {
    let site = Site::new();
    let mut client = site.connect();
    assert_eq!(client.ask(&format!("SET k {}", "x".repeat(40_000))), "+OK");
    client.send("GET k\r\n".repeat(300));
    for _ in 0..300 {
        assert_eq!(client.reply().len(), 40_000);
    }
    assert_eq!(site.connect().ask("CONFIG SET client-output-buffer-limit 'normal 1000000 0 0'"), "+OK");
    client.send("GET k\r\n".repeat(300));
    client.rest();
    assert_eq!(site.info("client_output_buffer_limit_disconnections"), 1);
}

#[test]
fn nobody_comes_from_afar_in_protected_mode() {
    let site = Site::new();
    // The address that this machine would have for others; it may have none.
    let probe = UdpSocket::bind("0.0.0.0:0").unwrap();
    let Ok(own) = probe.connect("192.0.2.1:9").and_then(|()| probe.local_addr()) else { return };
    let host: Arc<dyn Host> = Arc::clone(&site.host) as _;
    let server = Server::start(host, &["0.0.0.0:0".parse().unwrap()], &Options::default()).unwrap();
    let Address::Tcp(bound) = server.addresses()[0] else { unreachable!("it listens on TCP") };
    let connect = |ip| connect(SocketAddr::new(ip, bound.port()));
    assert!(connect(own.ip()).rest().starts_with("-DENIED Redis is running in protected mode because"));
    assert_eq!(connect(Ipv4Addr::LOCALHOST.into()).ask("CONFIG SET protected-mode no"), "+OK");
    assert_eq!(connect(own.ip()).ask("CONFIG SET protected-mode yes requirepass secret"), "+OK");
    assert_eq!(connect(own.ip()).ask("AUTH secret"), "+OK");
}

#[test]
fn a_stranger_may_send_little() {
    let site = Site::new();
    assert_eq!(site.connect().ask("CONFIG SET requirepass secret"), "+OK");
    let mut client = site.connect();
    assert_eq!(client.ask("GET k"), "-NOAUTH Authentication required.");
    client.send("*11\r\n");
    assert_eq!(client.rest(), "-ERR Protocol error: unauthenticated multibulk length\r\n");
    let mut client = site.connect();
    let long = "x".repeat(20_000);
    client.send(format!("AUTH secret\r\n*2\r\n$4\r\nECHO\r\n$20000\r\n{long}\r\n"));
    assert_eq!((client.reply(), client.reply()), ("+OK".to_owned(), long));
}
