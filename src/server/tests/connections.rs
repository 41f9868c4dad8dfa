//! How connections speak, and how they end.
#![allow(clippy::disallowed_methods, reason = "clients that speak at the same time are threads")]

mod common;

use std::io::Write;
use std::net::Shutdown;
use std::thread;

use burner_server::{Address, Options, Server, Solo, SystemClock};
use common::{Site, until};

#[test]
fn tcp_and_unix_lead_to_the_same_store() {
    let site = Site::new();
    let (mut tcp, mut unix) = (site.connect(), site.connect_unix());
    assert_eq!(tcp.ask("SET k v"), "+OK");
    assert_eq!(unix.ask("GET k"), "v");
    assert_eq!(unix.ask("NOSUCH"), "-ERR unknown command 'NOSUCH', with args beginning with: ");
    assert_eq!(unix.ask("PING"), "+PONG");
}

#[test]
fn a_command_may_come_one_byte_at_a_time() {
    let site = Site::new();
    let mut client = site.connect();
    for byte in b"*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$4\r\na\r\nb\r\nGET k\r\n" {
        client.send([*byte]);
    }
    assert_eq!(client.reply(), "+OK");
    assert_eq!(client.reply(), "a\r\nb");
}

#[test]
fn a_long_pipeline_is_answered_in_order() {
    const COUNT: usize = 100_000;
    let site = Site::new();
    let mut client = site.connect();
    let mut writer = client.stream.try_clone().unwrap();
    let writing = thread::spawn(move || {
        let pipeline: String = (0..COUNT).map(|_| "INCR n\r\n").collect();
        writer.write_all(pipeline.as_bytes()).unwrap();
    });
    for number in 1..=COUNT {
        assert_eq!(client.reply(), format!(":{number}"));
    }
    writing.join().unwrap();
}

#[test]
fn who_sends_all_before_reading_anything_is_served() {
    let site = Site::new();
    let mut client = site.connect();
    let value = "x".repeat(10_000);
    assert_eq!(client.ask(&format!("SET k {value}")), "+OK");
    // More than the sockets' buffers hold in either direction.
    client.send("GET k\r\n".repeat(3000));
    for _ in 0..3000 {
        assert_eq!(client.reply(), value);
    }
}

#[test]
fn large_values_come_and_go() {
    let site = Site::new();
    let mut client = site.connect_unix();
    let value = vec![b'v'; 20 << 20];
    client.send(format!("*3\r\n$3\r\nSET\r\n$1\r\nk\r\n${}\r\n", value.len()));
    client.send(&value);
    client.send("\r\n");
    assert_eq!(client.reply(), "+OK");
    client.send("GET k\r\n");
    assert_eq!(client.bytes(11), b"$20971520\r\n");
    assert_eq!(client.bytes(value.len()), value);
}

#[test]
fn a_reader_that_is_slow_holds_nobody_up() {
    let site = Site::new();
    let (mut slow, mut other) = (site.connect(), site.connect());
    assert_eq!(other.ask(&format!("SET k {}", "x".repeat(60_000))), "+OK");
    slow.send("GET k\r\n".repeat(300));
    for _ in 0..100 {
        assert_eq!(other.ask("PING"), "+PONG");
    }
    for _ in 0..300 {
        assert_eq!(slow.reply().len(), 60_000);
    }
}

#[test]
fn bytes_that_are_no_command_end_the_connection_after_the_error() {
    let site = Site::new();
    let mut client = site.connect();
    client.send("PING\r\n*1\r\n:1\r\nPING\r\n");
    assert_eq!(client.rest(), "+PONG\r\n-ERR Protocol error: expected '$', got ':'\r\n");
    until("its session is closed", || site.sessions() == 0);
}

#[test]
fn quit_is_answered_and_nothing_behind_it() {
    let site = Site::new();
    let mut client = site.connect();
    client.send("SET a 1\r\nQUIT\r\nSET a 2\r\n");
    assert_eq!(client.rest(), "+OK\r\n+OK\r\n");
    assert_eq!(site.connect().ask("GET a"), "1");
}

#[test]
fn a_killed_connection_ends_and_a_suicide_is_answered() {
    let site = Site::new();
    let (mut killer, mut victim) = (site.connect(), site.connect());
    assert_eq!(victim.ask("CLIENT ID"), ":2");
    assert_eq!(killer.ask("CLIENT KILL ID 2"), ":1");
    assert_eq!(victim.rest(), "");
    killer.send("CLIENT KILL ID 1 SKIPME no\r\nPING\r\n");
    assert_eq!(killer.rest(), ":1\r\n");
    until("the sessions are closed", || site.sessions() == 0);
}

#[test]
fn who_says_no_more_still_hears() {
    let site = Site::new();
    let mut client = site.connect();
    client.send("PING\r\nECHO last\r\nGET unfini");
    client.stream.shutdown(Shutdown::Write).unwrap();
    assert_eq!(client.rest(), "+PONG\r\n$4\r\nlast\r\n");
    until("its session is closed", || site.sessions() == 0);
}

#[test]
fn who_is_gone_without_a_word_leaves_no_session() {
    let site = Site::new();
    let mut client = site.connect();
    assert_eq!(client.ask("SUBSCRIBE a"), "*[subscribe a :1]");
    let mut reset = site.connect();
    // Closing a socket with something unread in it resets the connection.
    reset.send("PING\r\n".repeat(1000));
    assert_eq!(reset.reply(), "+PONG");
    drop((client, reset));
    until("the sessions are closed", || site.sessions() == 0);
    assert_eq!(site.connect().ask("PUBLISH a b"), ":0");
}

#[test]
fn replies_may_be_turned_off() {
    let site = Site::new();
    let mut client = site.connect();
    client.send(
        "CLIENT REPLY OFF\r\nSET a 1\r\nNOSUCH\r\nCLIENT REPLY ON\r\nCLIENT REPLY SKIP\r\nGET a\r\nPING\r\n",
    );
    assert_eq!(client.reply(), "+OK");
    assert_eq!(client.reply(), "+PONG");
}

#[test]
fn the_protocol_changes_within_a_pipeline() {
    let site = Site::new();
    let mut client = site.connect();
    client.send("HGETALL h\r\nHELLO 3\r\nHGETALL h\r\nHELLO 2\r\nHGETALL h\r\n");
    assert_eq!(client.reply(), "*[]");
    assert!(client.reply().starts_with("%["));
    assert_eq!(client.reply(), "%[]");
    assert!(client.reply().starts_with("*["));
    assert_eq!(client.reply(), "*[]");
}

#[test]
fn many_connections_are_served() {
    const COUNT: usize = 500;
    let site = Site::new();
    let mut clients: Vec<_> = (0..COUNT).map(|_| site.connect_unix()).collect();
    for client in &mut clients {
        client.send("INCR n\r\n");
    }
    let mut numbers: Vec<u64> =
        clients.iter_mut().map(|client| client.reply()[1..].parse().unwrap()).collect();
    numbers.sort_unstable();
    assert_eq!(numbers, (1..=COUNT as u64).collect::<Vec<_>>());
    drop(clients);
    until("the sessions are closed", || site.sessions() == 0);
}

#[test]
fn addresses_and_traffic_are_told() {
    let site = Site::new();
    let (mut tcp, mut unix) = (site.connect(), site.connect_unix());
    let own = tcp.ask("CLIENT INFO");
    let (near, far) = (tcp.stream.local_addr().unwrap(), tcp.stream.peer_addr().unwrap());
    assert!(own.contains(&format!(" addr={near} laddr={far} fd=")), "{own}");
    let path = site.path().display().to_string();
    let own = unix.ask("CLIENT INFO");
    assert!(
        own.contains(&format!(" addr={path}:0 laddr={path}:0 fd=")) && own.contains(" flags=U "),
        "{own}"
    );
    assert_eq!(tcp.ask("CONFIG GET port"), format!("*[port {}]", site.address().port()));
    assert_eq!(tcp.ask("CONFIG GET unixsocket"), format!("*[unixsocket {path}]"));
    assert_eq!(site.info("tcp_port"), u64::from(site.address().port()));
    assert!(site.info("total_net_input_bytes") > 20);
    assert!(site.info("total_net_output_bytes") > 500);
    assert_eq!(tcp.ask(&format!("CLIENT KILL LADDR {path}:0")), ":1");
    assert_eq!(unix.rest(), "");
    let mut monitor = site.connect();
    assert_eq!(monitor.ask("MONITOR"), "+OK");
    assert_eq!(site.connect_unix().ask("GET k"), "$-1");
    assert!(monitor.reply().ends_with(&format!(" [0 unix:{path}] \"GET\" \"k\"")));
    assert_eq!(tcp.ask("GET k"), "$-1");
    assert!(monitor.reply().ends_with(&format!(" [0 {near}] \"GET\" \"k\"")));
}

#[test]
fn a_server_that_closes_takes_all_with_it() {
    let mut site = Site::new();
    let (mut idle, mut blocked) = (site.connect(), site.connect_unix());
    assert_eq!(idle.ask("PING"), "+PONG");
    blocked.send("BLPOP l 0\r\n");
    until("one waits", || site.info("blocked_clients") == 1);
    let path = site.path();
    assert!(path.exists());
    site.server.close();
    site.server.close();
    assert_eq!((idle.rest(), blocked.rest()), (String::new(), String::new()));
    assert_eq!(site.sessions(), 0);
    assert!(!path.exists());
    assert!(std::net::TcpStream::connect(site.address()).is_err());
}

#[test]
fn a_server_listens_at_all_addresses_or_at_none() {
    let site = Site::new();
    let host = Solo::new(Box::new(SystemClock::new()), 1);
    let path = site.path().with_extension("other");
    let addresses = [Address::Unix(path.clone()), Address::Tcp(site.address())];
    assert!(Server::start(host, &addresses, &Options::default()).is_err());
    assert!(!path.exists());
}

#[test]
fn a_socket_that_a_dead_server_left_is_taken_over_and_a_live_one_is_not() {
    let site = Site::new();
    let host = Solo::new(Box::new(SystemClock::new()), 1);
    let start = |path| Server::start(host.clone(), &[Address::Unix(path)], &Options::default());
    assert!(start(site.path()).is_err());
    let stale = site.path().with_extension("stale");
    drop(std::os::unix::net::UnixListener::bind(&stale).unwrap());
    assert!(start(stale.clone()).is_ok());
    std::fs::write(&stale, "not a socket").unwrap();
    assert!(start(stale.clone()).is_err());
    assert_eq!(std::fs::read_to_string(&stale).unwrap(), "not a socket");
}

#[test]
fn unix_sockets_have_the_permissions_asked_for() {
    use std::os::unix::fs::PermissionsExt;
    let site = Site::new();
    let path = site.path().with_extension("private");
    let host = Solo::new(Box::new(SystemClock::new()), 1);
    let options = Options { unix_permissions: Some(0o700) };
    let _server = Server::start(host, &[Address::Unix(path.clone())], &options).unwrap();
    assert_eq!(std::fs::metadata(path).unwrap().permissions().mode() & 0o777, 0o700);
}
