//! A store behind standard input and output: any number of connections' RESP bytes over one pipe.
//!
//! For programs that drive the engine step by step and want no sockets in between, as the differential
//! runs do. Each request is a line, with bytes behind it where it says how many:
//!
//! | request | what it does |
//! | --- | --- |
//! | `fresh` | begins a new store on the system's clock |
//! | `fresh MICROSECONDS` | begins one on a clock that stands at this time since the Unix epoch |
//! | `clock MICROSECONDS` | puts the hands of that clock to another time |
//! | `send NAME LENGTH` | feeds that many bytes to the connection of that name, new or known |
//! | `settle` | lets due time have its way, then answers what each connection has received |
//!
//! The answer to `settle` is, for each connection that received something, a line `NAME LENGTH` with
//! its bytes, and an empty line in the end. A connection that the store has closed says so by a length
//! followed by ` closed`.
#![allow(clippy::disallowed_methods, reason = "whoever has a store reads the clock for it")]

use std::collections::{BTreeMap, VecDeque};
use std::io::{self, BufRead, Read, Write};
use std::time::{Instant, SystemTime, UNIX_EPOCH};

use burner_engine::clock::{Clock, ManualClock};
use burner_engine::resp::{Decoder, Encoder};
use burner_engine::{Delivery, Outcome, SessionId, Sink, Store};

struct SystemClock {
    started: Instant,
}

impl Clock for SystemClock {
    fn now_us(&self) -> i64 {
        SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_micros() as i64)
    }

    fn stopwatch_ns(&self) -> u64 {
        self.started.elapsed().as_nanos() as u64
    }
}

/// One connection: its session, what it has sent, what it has yet to read.
struct Connection {
    session: SessionId,
    sent: Vec<u8>,
    decoder: Decoder,
    received: Vec<u8>,
    closed: bool,
}

/// A store and its connections.
struct Host {
    store: Store,
    /// The store's clock, where it is one that is moved by hand.
    hands: Option<ManualClock>,
    connections: BTreeMap<String, Connection>,
    /// Connections that were blocked, in the order in which they were woken. They go on after all that the
    /// one that woke them has sent, as on a server, which reads on from its sockets one after the other.
    woken: VecDeque<String>,
}

impl Host {
    fn new(hands: Option<ManualClock>) -> Self {
        let clock: Box<dyn Clock> = match &hands {
            Some(clock) => Box::new(clock.clone()),
            None => Box::new(SystemClock { started: Instant::now() }),
        };
        Self { store: Store::new(clock, 1), hands, connections: BTreeMap::new(), woken: VecDeque::new() }
    }

    fn send(&mut self, name: &str, bytes: &[u8]) {
        let store = &mut self.store;
        let connection = self.connections.entry(name.to_owned()).or_insert_with(|| Connection {
            session: store.open_session(),
            sent: Vec::new(),
            decoder: Decoder::default(),
            received: Vec::new(),
            closed: false,
        });
        connection.sent.extend_from_slice(bytes);
        self.proceed(name);
        self.go_on();
    }

    /// Runs what connections have sent that were blocked and are no longer.
    fn go_on(&mut self) {
        while let Some(name) = self.woken.pop_front() {
            self.proceed(&name);
        }
    }

    /// Runs what a connection has sent, up to a command that blocks.
    fn proceed(&mut self, name: &str) {
        while let Some(connection) = self.connections.get_mut(name) {
            let Some(session) = self.store.session(connection.session) else { return };
            if session.blocked || connection.closed {
                return;
            }
            let limits = self.store.decode_limits(connection.session);
            let mut sink = Encoder::new(session.resp, &mut connection.received);
            match connection.decoder.next_command(&mut connection.sent, &limits) {
                Ok(None) => return,
                Ok(Some(argv)) => match self.store.execute(connection.session, &argv, &mut sink) {
                    Ok(Outcome::Done | Outcome::Blocked | Outcome::Silent) => {}
                    Err(error) => sink.error(&error),
                },
                Err(error) => {
                    sink.error(&error);
                    connection.closed = true;
                }
            }
            connection.closed |= self.store.session(connection.session).is_none_or(|session| session.closing);
            if connection.closed {
                self.store.close_session(connection.session);
            }
            self.deliver();
        }
    }

    /// Hands out what left the engine.
    fn deliver(&mut self) {
        for delivery in self.store.take_deliveries() {
            let session = delivery.session();
            let resp = self.store.session(session).map_or(2, |session| session.resp);
            let Some((name, connection)) =
                self.connections.iter_mut().find(|(_, connection)| connection.session == session)
            else {
                continue;
            };
            let mut sink = Encoder::new(resp, &mut connection.received);
            match delivery {
                Delivery::Woken { answer: Ok(reply), .. } => reply.replay(&mut sink),
                Delivery::Woken { answer: Err(error), .. } => sink.error(&error),
                Delivery::Push { push, .. } => push.say(&mut sink),
                Delivery::Closed { .. } => connection.closed = true,
            }
            self.woken.push_back(name.clone());
        }
    }

    fn settle(&mut self, out: &mut impl Write) -> io::Result<()> {
        self.store.tick();
        self.deliver();
        self.go_on();
        for (name, connection) in &mut self.connections {
            if !connection.received.is_empty() || connection.closed {
                let mark = if connection.closed { " closed" } else { "" };
                writeln!(out, "{name} {}{mark}", connection.received.len())?;
                out.write_all(&connection.received)?;
                connection.received.clear();
            }
        }
        self.connections.retain(|_, connection| !connection.closed);
        writeln!(out)?;
        out.flush()
    }
}

fn main() -> io::Result<()> {
    let mut input = io::stdin().lock();
    let mut output = io::BufWriter::new(io::stdout().lock());
    let mut host = Host::new(None);
    let mut line = String::new();
    while input.read_line(&mut line)? > 0 {
        let words: Vec<&str> = line.split_whitespace().collect();
        match words[..] {
            ["fresh"] => host = Host::new(None),
            ["fresh", us] => host = Host::new(Some(ManualClock::new(us.parse().map_err(io::Error::other)?))),
            ["clock", us] => {
                let hands =
                    host.hands.as_ref().ok_or_else(|| io::Error::other("the clock is the system's"))?;
                hands.set(us.parse().map_err(io::Error::other)?);
            }
            ["send", name, length] => {
                let length = length.parse().map_err(io::Error::other)?;
                let mut bytes = vec![0; length];
                input.read_exact(&mut bytes)?;
                host.send(name, &bytes);
            }
            ["settle"] => host.settle(&mut output)?,
            _ => return Err(io::Error::other(format!("no such request: {line}"))),
        }
        line.clear();
    }
    Ok(())
}
