//! Who knocks: accepted, and let in or turned away.

use std::io::Write;
use std::time::{Duration, Instant};

use burner_engine::network::Network;
use mio::{Registry, Token};

use crate::host::Desk;
use crate::socket::{Arrival, Listener, is_of_one};

/// How many connections a turn accepts at a listener at most.
const AT_ONCE: usize = 1000;
/// For how long nobody is accepted when the process has no descriptor left for them.
const PAUSE: Duration = Duration::from_millis(100);

/// What Redis says to one too many.
const TOO_MANY: &[u8] = b"-ERR max number of clients reached\r\n";
/// What Redis says to who comes from afar in protected mode.
const PROTECTED: &[u8] = b"-DENIED Redis is running in protected mode because protected mode is enabled and no \
password is set for the default user. In this mode connections are only accepted from the loopback interface. If \
you want to connect from external computers to Redis you may adopt one of the following solutions: 1) Just disable \
protected mode sending the command 'CONFIG SET protected-mode no' from the loopback interface by connecting to \
Redis from the same host the server is running, however MAKE SURE Redis is not publicly accessible from internet if \
you do so. Use CONFIG REWRITE to make this change permanent. 2) Alternatively you can just disable the protected \
mode by editing the Redis configuration file, and setting the protected mode option to 'no', and then restarting \
the server. 3) If you started the server manually just for testing, restart it with the '--protected-mode no' \
option. 4) Set up an authentication password for the default user. NOTE: You only need to do one of the above \
things in order for the server to start accepting connections from the outside.\r\n";

/// The listeners, and who came in and has no session yet.
#[derive(Debug)]
pub(crate) struct Doors {
    listeners: Vec<Listener>,
    /// Those at which somebody may be knocking.
    knocked: Vec<usize>,
    /// When to try again, having had no descriptors.
    pub(crate) again: Option<Instant>,
    pub(crate) arrivals: Vec<Arrival>,
}

impl Doors {
    /// Listens from now on, with tokens from `first` on.
    pub(crate) fn open(listeners: Vec<Listener>, registry: &Registry, first: usize) -> std::io::Result<Self> {
        let mut doors = Self { listeners, knocked: Vec::new(), again: None, arrivals: Vec::new() };
        for (at, listener) in doors.listeners.iter_mut().enumerate() {
            listener.register(registry, Token(first + at))?;
        }
        Ok(doors)
    }

    pub(crate) fn listeners(&self) -> &[Listener] {
        &self.listeners
    }

    /// Notes that somebody knocks at a listener.
    pub(crate) fn knock(&mut self, listener: usize) {
        if !self.knocked.contains(&listener) {
            self.knocked.push(listener);
        }
    }

    /// Whether somebody may be knocking who could be let in now.
    pub(crate) fn is_knocked(&self) -> bool {
        self.again.is_none() && !self.knocked.is_empty()
    }

    /// Accepts who knocks.
    pub(crate) fn accept(&mut self, now: Instant) {
        if self.again.is_some_and(|again| again > now) {
            return;
        }
        self.again = None;
        for at in std::mem::take(&mut self.knocked) {
            let mut left = AT_ONCE;
            loop {
                match self.listeners[at].accept() {
                    Ok(arrival) => self.arrivals.push(arrival),
                    Err(error) if error.kind() == std::io::ErrorKind::WouldBlock => break,
                    Err(error) if is_of_one(&error) => {}
                    Err(_) => {
                        self.again = Some(now + PAUSE);
                        left = 1;
                    }
                }
                left -= 1;
                if left == 0 {
                    self.knock(at);
                    break;
                }
            }
        }
    }

    /// Stops listening; removes unix sockets' files.
    pub(crate) fn close(&mut self) {
        self.arrivals.clear();
        self.listeners.drain(..).for_each(Listener::close);
    }

    /// Closes the descriptors, and nothing else.
    pub(crate) fn abandon(&mut self) {
        self.arrivals.clear();
        self.listeners.clear();
    }
}

/// Whether somebody may come in; if not, they are told why.
pub(crate) fn is_welcome(arrival: &Arrival, network: &Network, desk: &Desk<'_>) -> bool {
    let refusal = if desk.engine.socket_session_count() >= network.max_clients {
        TOO_MANY
    } else if !desk.engine.welcomes_strangers() && !arrival.is_local {
        PROTECTED
    } else {
        return true;
    };
    // They may not be there any more.
    let _ = (&arrival.stream).write(refusal);
    false
}
