//! A script that takes long: others are served from inside of it. What is answered, a real server answered.

mod common;

use std::io::{Read, Write};
use std::net::{Shutdown, TcpStream};

use burner_server::Host;
use common::{Client, Site, until};

const BUSY: &str = "-BUSY Redis is busy running a script. You can only call SCRIPT KILL or SHUTDOWN NOSAVE.";
const ABORTED: &str = "-EXECABORT Transaction discarded because of: BUSY Redis is busy running a script. You can \
                       only call SCRIPT KILL or SHUTDOWN NOSAVE.";
const UNKILLABLE: &str = "-UNKILLABLE Sorry the script already executed write commands against the dataset. You can \
                          either wait the script termination or kill the server in a hard way using the SHUTDOWN \
                          NOSAVE command.";
const KILLED: &str = "-ERR Script killed by user with SCRIPT KILL... script: ";

/// A script without end.
const ENDLESS: &str = "EVAL \"while true do end\" 0\r\n";
/// What takes a script a second or so.
const LONG: &str = "local i = 0 while i < 100000000 do i = i + 1 end return i";

/// A server whose scripts take long as soon as they take a millisecond.
fn impatient() -> Site {
    let site = Site::new();
    assert_eq!(site.connect().ask("CONFIG SET busy-reply-threshold 1"), "+OK");
    site
}

/// Waits until others are served from inside of a script.
fn until_busy<S: Read + Write>(client: &mut Client<S>) {
    until("a script takes long", || client.ask("GET k") == BUSY);
}

/// A client whose script runs without end.
fn run_endless(site: &Site) -> Client<TcpStream> {
    let mut client = site.connect();
    client.send(ENDLESS);
    until_busy(&mut site.connect());
    client
}

#[test]
fn who_was_there_before_can_end_a_script() {
    let site = impatient();
    let (mut old, mut unix) = (site.connect(), site.connect_unix());
    assert_eq!((old.ask("PING"), unix.ask("PING")), ("+PONG".to_owned(), "+PONG".to_owned()));
    let mut script = run_endless(&site);
    for command in
        ["PING", "SET k v", "INFO", "CLIENT KILL ID 1", "SUBSCRIBE c", "SCRIPT EXISTS a", "EVAL x 0"]
    {
        assert_eq!(old.ask(command), BUSY, "{command}");
    }
    assert_eq!(unix.ask("SCRIPT KILL"), "+OK");
    assert!(script.reply().starts_with(KILLED));
    assert_eq!(script.ask("GET k"), "$-1");
    assert_eq!(old.ask("SCRIPT KILL"), "-NOTBUSY No scripts in execution right now.");
    assert!(
        old.ask("INFO commandstats")
            .contains("cmdstat_subscribe:calls=0,usec=0,usec_per_call=0.00,rejected_calls=1")
    );
    assert!(old.ask("INFO errorstats").contains("errorstat_BUSY:"));
}

#[test]
fn who_comes_later_can_end_a_script() {
    let site = impatient();
    let mut script = run_endless(&site);
    let (mut new, mut unix) = (site.connect(), site.connect_unix());
    assert_eq!((new.ask("GET k"), unix.ask("GET k")), (BUSY.to_owned(), BUSY.to_owned()));
    let leaving = site.connect();
    drop(leaving);
    let mut leaving = site.connect();
    assert_eq!(leaving.ask("QUIT"), "+OK");
    assert_eq!(leaving.rest(), "");
    assert!(unix.ask("HELLO 3").starts_with("%["));
    assert_eq!(new.ask("SCRIPT KILL"), "+OK");
    assert!(script.reply().starts_with(KILLED));
    // They are sessions like any other from then on.
    assert_eq!(unix.ask("SUBSCRIBE c"), ">[subscribe c :1]");
    assert_eq!(new.ask("PUBLISH c m"), ":1");
    assert_eq!(unix.reply(), ">[message c m]");
    until("who left is gone", || site.sessions() == 3);
}

#[test]
fn what_the_script_s_client_sent_behind_it_is_run_after_it() {
    let site = impatient();
    let mut script = site.connect();
    script.send(format!("SET a 1\r\n{ENDLESS}GET a\r\nPING\r\n"));
    until_busy(&mut site.connect());
    assert_eq!(script.reply(), "+OK");
    script.send("SET a 2\r\n".repeat(10_000));
    let mut other = site.connect();
    assert_eq!(other.ask("GET a"), BUSY);
    assert_eq!(other.ask("SCRIPT KILL"), "+OK");
    assert!(script.reply().starts_with(KILLED));
    assert_eq!((script.reply(), script.reply()), ("1".to_owned(), "+PONG".to_owned()));
    (0..10_000).for_each(|_| assert_eq!(script.reply(), "+OK"));
    assert_eq!(other.ask("GET a"), "2");
}

#[test]
fn a_script_that_has_written_ends_by_itself() {
    let site = impatient();
    let (mut script, mut other) = (site.connect(), site.connect());
    script.send(format!("EVAL \"redis.call('SET', 'k', 'v') {LONG}\" 0\r\n"));
    until_busy(&mut other);
    assert_eq!(other.ask("SCRIPT KILL"), UNKILLABLE);
    assert_eq!(other.ask("SHUTDOWN"), BUSY);
    assert_eq!(other.ask("SHUTDOWN SAVE"), BUSY);
    assert_eq!(other.ask("SHUTDOWN ABORT"), "-ERR No shutdown in progress.");
    // What was written before is none of a later watcher's business.
    assert_eq!(other.ask("WATCH k"), "+OK");
    assert_eq!(script.reply(), ":100000000");
    assert_eq!((other.ask("MULTI"), other.ask("GET k")), ("+OK".to_owned(), "+QUEUED".to_owned()));
    assert_eq!(other.ask("EXEC"), "*[v]");
}

#[test]
fn transactions_that_meet_a_script_are_aborted() {
    let site = impatient();
    let (mut half, mut whole) = (site.connect(), site.connect());
    for client in [&mut half, &mut whole] {
        assert_eq!((client.ask("MULTI"), client.ask("SET k v")), ("+OK".to_owned(), "+QUEUED".to_owned()));
    }
    let mut script = run_endless(&site);
    assert_eq!((half.ask("GET k"), half.ask("EXEC")), (BUSY.to_owned(), ABORTED.to_owned()));
    assert_eq!((whole.ask("EXEC"), whole.ask("EXEC")), (ABORTED.to_owned(), ABORTED.to_owned()));
    assert_eq!((whole.ask("MULTI"), whole.ask("SCRIPT KILL")), ("+OK".to_owned(), "+QUEUED".to_owned()));
    assert_eq!(
        (whole.ask("DISCARD"), whole.ask("DISCARD")),
        ("+OK".to_owned(), "-ERR DISCARD without MULTI".to_owned())
    );
    assert_eq!(whole.ask("SCRIPT KILL"), "+OK");
    assert!(script.reply().starts_with(KILLED));
    assert_eq!(half.ask("GET k"), "$-1");
}

#[test]
fn a_script_in_a_transaction_can_be_ended_and_the_rest_runs() {
    let site = impatient();
    let (mut script, mut other) = (site.connect(), site.connect());
    assert_eq!(script.ask("MULTI"), "+OK");
    script.send(format!("{ENDLESS}SET k v\r\nEXEC\r\n"));
    until_busy(&mut other);
    assert_eq!(other.ask("SCRIPT KILL"), "+OK");
    assert_eq!((script.reply(), script.reply()), ("+QUEUED".to_owned(), "+QUEUED".to_owned()));
    let replies = script.reply();
    assert!(replies.starts_with(&format!("*[{KILLED}")) && replies.ends_with(" +OK]"), "{replies}");
}

#[test]
fn a_script_goes_on_without_its_client() {
    let site = impatient();
    let mut other = site.connect();
    drop(run_endless(&site));
    let half = run_half(&site, &mut other);
    assert_eq!(other.ask("SCRIPT KILL"), "+OK");
    assert!(half.rest().starts_with(KILLED));
    until("only one is left", || site.sessions() == 1);
    assert_eq!(other.ask("PING"), "+PONG");
}

/// Ends the script that runs; then a client runs another that will send nothing more.
fn run_half(site: &Site, other: &mut Client<TcpStream>) -> Client<TcpStream> {
    assert_eq!(other.ask("GET k"), BUSY);
    assert_eq!(other.ask("SCRIPT KILL"), "+OK");
    until("it is over", || other.ask("GET k") == "$-1");
    let mut half = site.connect();
    half.send(ENDLESS);
    half.stream.shutdown(Shutdown::Write).unwrap();
    until_busy(other);
    half
}

#[test]
fn subscribers_hear_what_a_script_published_before_it_ends() {
    let site = impatient();
    let (mut subscriber, mut monitor) = (site.connect(), site.connect());
    assert_eq!(subscriber.ask("SUBSCRIBE c"), "*[subscribe c :1]");
    assert_eq!(monitor.ask("MONITOR"), "+OK");
    let (mut script, mut other) = (site.connect(), site.connect());
    script.send("EVAL \"redis.call('PUBLISH', 'c', 'm') while true do end\" 0\r\n");
    assert_eq!(subscriber.reply(), "*[message c m]");
    assert!(monitor.reply().contains("\"EVAL\""));
    assert!(monitor.reply().contains("\"PUBLISH\" \"c\" \"m\""));
    assert_eq!(subscriber.ask("PING"), BUSY);
    assert!(subscriber.ask("GET k").starts_with("-ERR Can't execute 'get': only (P|S)SUBSCRIBE"));
    assert_eq!((other.ask("GET k"), other.ask("UNWATCH")), (BUSY.to_owned(), "+OK".to_owned()));
    assert!(monitor.reply().ends_with("\"UNWATCH\""));
    assert_eq!(other.ask("SCRIPT KILL"), "+OK");
    assert!(script.reply().starts_with(KILLED));
    assert_eq!(other.ask("PUBLISH c n"), ":1");
    assert_eq!(subscriber.reply(), "*[message c n]");
}

#[test]
fn who_has_no_right_hears_of_that_first() {
    let site = impatient();
    let (mut limited, mut admin) = (site.connect(), site.connect());
    assert_eq!(admin.ask("ACL SETUSER u on nopass ~* +get"), "+OK");
    assert_eq!(limited.ask("AUTH u x"), "+OK");
    assert_eq!(admin.ask("CONFIG SET requirepass pw"), "+OK");
    admin.send(ENDLESS);
    until_busy(&mut limited);
    assert_eq!(limited.ask("SET k v"), "-NOPERM User u has no permissions to run the 'set' command");
    assert_eq!(
        limited.ask("SCRIPT KILL"),
        "-NOPERM User u has no permissions to run the 'script|kill' command"
    );
    let mut new = site.connect();
    assert_eq!(new.ask("GET k"), "-NOAUTH Authentication required.");
    assert_eq!(new.ask("SCRIPT KILL"), "-NOAUTH Authentication required.");
    assert_eq!((new.ask("AUTH pw"), new.ask("GET k")), ("+OK".to_owned(), BUSY.to_owned()));
    assert_eq!(new.ask("AUTH x"), "-WRONGPASS invalid username-password pair or user is disabled.");
    assert_eq!(new.ask("SCRIPT KILL"), "+OK");
    assert!(admin.reply().starts_with(KILLED));
}

#[test]
fn who_waits_is_served_when_the_script_is_over() {
    let site = impatient();
    let (mut waiting, mut gone) = (site.connect(), site.connect());
    waiting.send("BLPOP l 0\r\nPING\r\n");
    gone.send("BLPOP l 0\r\n");
    until("both wait", || site.info("blocked_clients") == 2);
    let (mut script, mut other) = (site.connect(), site.connect());
    script.send(format!("EVAL \"redis.call('RPUSH', 'l', 'a') {LONG}\" 0\r\n"));
    until_busy(&mut other);
    drop(gone);
    assert_eq!(script.reply(), ":100000000");
    assert_eq!((waiting.reply(), waiting.reply()), ("*[l a]".to_owned(), "+PONG".to_owned()));
    until("who left is gone", || site.info("blocked_clients") == 0);
}

#[test]
fn only_so_many_come_in() {
    let site = impatient();
    let mut other = site.connect();
    assert_eq!(other.ask("CONFIG SET maxclients 2"), "+OK");
    let mut script = site.connect();
    script.send(ENDLESS);
    until_busy(&mut other);
    assert_eq!(site.connect().rest(), "-ERR max number of clients reached\r\n");
    assert_eq!(other.ask("SCRIPT KILL"), "+OK");
    assert!(script.reply().starts_with(KILLED));
}

#[test]
fn every_server_of_a_store_serves() {
    use burner_server::{Address, Options, Server};
    let site = impatient();
    let path = site.path().with_extension("second");
    let host: std::sync::Arc<dyn Host> = std::sync::Arc::clone(&site.host) as _;
    let _second = Server::start(host, &[Address::Unix(path.clone())], &Options::default()).unwrap();
    let mut old = common::connect_to(&path);
    assert_eq!(old.ask("PING"), "+PONG");
    for _ in 0..2 {
        let mut script = site.connect();
        script.send(ENDLESS);
        until_busy(&mut old);
        let mut new = common::connect_to(&path);
        assert_eq!(new.ask("GET k"), BUSY);
        assert_eq!(new.ask("SCRIPT KILL"), "+OK");
        assert!(script.reply().starts_with(KILLED));
        assert_eq!((new.ask("PING"), old.ask("PING")), ("+PONG".to_owned(), "+PONG".to_owned()));
    }
}

#[test]
fn a_host_s_own_script_lets_its_servers_serve() {
    let site = impatient();
    let host = std::sync::Arc::clone(&site.host);
    let mut old = site.connect();
    assert_eq!(old.ask("PING"), "+PONG");
    let answer = std::thread::scope(|scope| {
        let script = scope.spawn(move || {
            let mut answer = Ok(burner_engine::Outcome::Done);
            host.enter(&mut |desk| {
                let session = desk.engine.open_session();
                let argv: [&[u8]; 3] = [b"EVAL", b"while true do end", b"0"];
                answer = desk.engine.execute(session, &argv, &mut burner_engine::Reply::new(2));
                desk.engine.close_session(session);
            });
            answer
        });
        until_busy(&mut old);
        assert_eq!(site.connect().ask("SCRIPT KILL"), "+OK");
        script.join().unwrap()
    });
    assert!(answer.unwrap_err().to_string().starts_with(&KILLED[1..]));
    assert_eq!(old.ask("PING"), "+PONG");
}

#[test]
fn shutdown_ends_a_script_though_it_has_written() {
    let site = impatient();
    let (mut script, mut idle, mut other) = (site.connect(), site.connect(), site.connect());
    assert_eq!(idle.ask("SET k v"), "+OK");
    script.send("EVAL \"redis.call('SET', 'w', 'v') while true do pcall(redis.call, 'SET', 'w', 'v') end\" 0\r\nPING\r\n");
    until_busy(&mut other);
    assert_eq!(other.ask("SCRIPT KILL"), UNKILLABLE);
    other.send("SHUTDOWN NOSAVE\r\n");
    assert_eq!((other.rest(), script.rest(), idle.rest()), (String::new(), String::new(), String::new()));
    let mut shutdowns = 0;
    site.host.enter(&mut |desk| shutdowns = desk.engine.shutdowns());
    assert_eq!(shutdowns, 1);
    assert_eq!(site.connect().ask("DBSIZE"), ":0");
}

#[test]
fn a_server_can_be_closed_while_a_script_takes_long() {
    let mut site = impatient();
    let killer = {
        let mut killer = None;
        site.host.enter(&mut |desk| killer = Some(desk.engine.script_killer()));
        killer.unwrap()
    };
    let script = run_endless(&site);
    assert!(site.server.close_within(common::PATIENCE, || _ = killer.kill()));
    drop(script);
}
