//! What a store knows of the sockets that its sessions come in by: their addresses, their buffers, what went
//! through them, and what a server is to allow them. The sockets themselves are a server's.

use std::sync::Arc;

use crate::config::Config;
use crate::session::SessionId;
use crate::store::Store;

/// How many milliseconds the greatest buffers are remembered, at least.
const RECENT_MS: i64 = 4000;

/// Where a session's connection comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Peer {
    /// The far end, as CLIENT LIST's `addr` tells it.
    pub address: Box<str>,
    /// The near end, as CLIENT LIST's `laddr` tells it.
    pub local_address: Box<str>,
    /// The number of its file descriptor.
    pub fd: i32,
    /// Whether it is a unix socket.
    pub is_unix: bool,
}

/// What a connection's buffers hold, in bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Buffers {
    /// Was received, and is not run yet.
    pub query: usize,
    /// Was answered, and is not sent yet.
    pub output: usize,
}

/// Of how much output that a connection does not read a server cuts it off; any, where a limit is 0.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct OutputLimit {
    /// At once, in bytes.
    pub hard: usize,
    /// Once it has been so much for as long as [`OutputLimit::soft_seconds`], in bytes.
    pub soft: usize,
    /// How long, in seconds.
    pub soft_seconds: u64,
}

/// The settings that a server goes by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Network {
    /// `maxclients`.
    pub max_clients: usize,
    /// `timeout`, in seconds: how long a connection may be idle; for ever, if 0.
    pub timeout_seconds: u64,
    /// `tcp-keepalive`, in seconds: after how long a silent peer is asked whether it is there; never, if 0.
    pub keepalive_seconds: u64,
    /// `client-query-buffer-limit`, in bytes.
    pub query_limit: usize,
    /// `client-output-buffer-limit normal`.
    pub normal: OutputLimit,
    /// `client-output-buffer-limit pubsub`.
    pub pubsub: OutputLimit,
    /// `protected-mode`: whether nobody may come from afar while the default user needs no password.
    pub is_protected: bool,
}

impl Default for Network {
    fn default() -> Self {
        Self {
            max_clients: 10_000,
            timeout_seconds: 0,
            keepalive_seconds: 300,
            query_limit: 1 << 30,
            normal: OutputLimit::default(),
            pubsub: OutputLimit { hard: 32 << 20, soft: 8 << 20, soft_seconds: 60 },
            is_protected: true,
        }
    }
}

impl Network {
    /// Goes by a text of `client-output-buffer-limit`: a name and three numbers for each class.
    pub(crate) fn set_output_limits(&mut self, text: &str) {
        let words: Vec<&str> = text.split(' ').collect();
        for [class, numbers @ ..] in words.as_chunks::<4>().0 {
            let [hard, soft, seconds] = numbers.map(|number| number.parse().unwrap_or(u64::MAX));
            let limit = OutputLimit { hard: hard as usize, soft: soft as usize, soft_seconds: seconds };
            match *class {
                "normal" => self.normal = limit,
                "pubsub" => self.pubsub = limit,
                // There are no replicas.
                _ => {}
            }
        }
    }
}

/// What went through sockets since it was last told.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Traffic {
    /// Bytes received.
    pub input_bytes: u64,
    /// Bytes sent.
    pub output_bytes: u64,
    /// Calls that received something.
    pub reads: u64,
    /// Calls that sent something.
    pub writes: u64,
    /// Connections turned away.
    pub rejected: u64,
    /// Connections cut off at `client-query-buffer-limit`.
    pub over_query_limit: u64,
    /// Connections cut off at `client-output-buffer-limit`.
    pub over_output_limit: u64,
    /// The greatest that a connection's buffers were.
    pub greatest: Buffers,
}

impl Traffic {
    fn add(&mut self, more: &Self) {
        self.input_bytes += more.input_bytes;
        self.output_bytes += more.output_bytes;
        self.reads += more.reads;
        self.writes += more.writes;
        self.rejected += more.rejected;
        self.over_query_limit += more.over_query_limit;
        self.over_output_limit += more.over_output_limit;
    }
}

/// The greatest buffers of the last few seconds.
#[derive(Clone, Copy, Debug, Default)]
struct Greatest {
    /// When `now` was begun, in milliseconds since the Unix epoch.
    since_ms: i64,
    now: Buffers,
    before: Buffers,
}

impl Greatest {
    /// Forgets what is no longer recent.
    fn turn_over(&mut self, now_ms: i64) {
        if now_ms - self.since_ms >= RECENT_MS {
            let is_recent = now_ms - self.since_ms < 2 * RECENT_MS;
            self.before = if is_recent { self.now } else { Buffers::default() };
            self.now = Buffers::default();
            self.since_ms = now_ms;
        }
    }

    fn see(&mut self, seen: Buffers) {
        self.now.query = self.now.query.max(seen.query);
        self.now.output = self.now.output.max(seen.output);
    }
}

/// What tells a server that the settings it goes by were changed: called behind the store's lock, it must neither
/// wait nor use the store.
pub type Bell = Arc<dyn Fn() + Send + Sync>;

/// Where a server listens, and how it is told.
struct Listener {
    place: Place,
    bell: Bell,
}

/// What a store remembers of sockets.
#[derive(Default)]
pub(crate) struct Sockets {
    /// What went through them, over all.
    pub(crate) traffic: Traffic,
    greatest: Greatest,
    /// How many sessions have one.
    pub(crate) sessions: usize,
    /// Where servers listen.
    listeners: Vec<Listener>,
}

impl Sockets {
    /// The greatest buffers of the last few seconds.
    pub(crate) fn greatest(&self, now_ms: i64) -> Buffers {
        let mut greatest = self.greatest;
        greatest.turn_over(now_ms);
        let Greatest { now, before, .. } = greatest;
        Buffers { query: now.query.max(before.query), output: now.output.max(before.output) }
    }

    /// The listeners as INFO tells of them, of which all addresses of one port are one.
    pub(crate) fn told(&self) -> Vec<String> {
        let mut told: Vec<(Option<u16>, String)> = Vec::new();
        for listener in &self.listeners {
            match &listener.place {
                Place::Tcp { host, port } => match told.iter_mut().find(|(known, _)| *known == Some(*port)) {
                    Some((_, line)) => {
                        line.push_str(",bind=");
                        line.push_str(host);
                    }
                    None => told.push((Some(*port), format!("name=tcp,bind={host}"))),
                },
                Place::Unix { path } => told.push((None, format!("name=unix,bind={path}"))),
            }
        }
        let whole = |(port, line): (Option<u16>, String)| match port {
            Some(port) => format!("{line},port={port}"),
            None => line,
        };
        told.into_iter().map(whole).collect()
    }

    /// The port that they listen at; 0, if at none.
    pub(crate) fn port(&self) -> u16 {
        let ports = self.listeners.iter().filter_map(|listener| match &listener.place {
            Place::Tcp { port, .. } => Some(*port),
            Place::Unix { .. } => None,
        });
        ports.min().unwrap_or(0)
    }

    /// Tells the servers that the settings they go by were changed.
    pub(crate) fn ring(&self) {
        self.listeners.iter().for_each(|listener| (listener.bell)());
    }
}

/// Where a server listens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    /// On a TCP socket.
    Tcp {
        /// The IP address.
        host: Box<str>,
        /// The port.
        port: u16,
    },
    /// On a unix socket.
    Unix {
        /// Its path.
        path: Box<str>,
    },
}

impl Store {
    /// Opens a session for a connection of a socket.
    pub fn open_session_from(&mut self, peer: Peer) -> SessionId {
        let id = self.open_session();
        self.state.sockets.sessions += 1;
        if let Some(session) = self.state.sessions.get_mut(id) {
            session.peer = Some(Box::new(peer));
        }
        id
    }

    /// How many sessions are open that came in by a socket.
    pub fn socket_session_count(&self) -> usize {
        self.state.sockets.sessions
    }

    /// The settings that a server goes by, as they are now.
    #[inline]
    pub fn network(&self) -> Network {
        self.state.config.network
    }

    /// Whether anybody may come from anywhere: not, in protected mode, while the default user needs no password.
    pub fn welcomes_strangers(&self) -> bool {
        !self.state.config.network.is_protected || self.state.acl.default_has_password()
    }

    /// Takes note of what went through sockets.
    pub fn count_traffic(&mut self, traffic: &Traffic) {
        let now_ms = self.now_ms();
        let sockets = &mut self.state.sockets;
        sockets.traffic.add(traffic);
        sockets.greatest.turn_over(now_ms);
        sockets.greatest.see(traffic.greatest);
    }

    /// Takes note of what a session's connection has in its buffers.
    pub fn note_buffers(&mut self, id: SessionId, buffers: Buffers) {
        if let Some(session) = self.state.sessions.get_mut(id) {
            session.buffers = buffers;
        }
    }

    /// Takes note that a server begins to listen, which hears of changed settings by the bell.
    pub fn add_listener(&mut self, place: Place, bell: Bell) {
        self.state.sockets.listeners.push(Listener { place, bell });
        self.tell_listeners();
    }

    /// Takes note that a server listens there no longer.
    pub fn remove_listener(&mut self, place: &Place) {
        let listeners = &mut self.state.sockets.listeners;
        if let Some(at) = listeners.iter().position(|listener| listener.place == *place) {
            listeners.remove(at);
        }
        self.tell_listeners();
    }

    /// Takes note that no server listens, as in a forked process.
    pub fn forget_listeners(&mut self) {
        self.state.sockets.listeners.clear();
        self.tell_listeners();
    }

    /// Has CONFIG GET tell of the listeners.
    fn tell_listeners(&mut self) {
        let (mut hosts, mut paths) = (Vec::new(), Vec::new());
        for listener in &self.state.sockets.listeners {
            match &listener.place {
                Place::Tcp { host, .. } => hosts.push(&**host),
                Place::Unix { path } => paths.push(&**path),
            }
        }
        let port = self.state.sockets.port().to_string();
        let config: &mut Config = &mut self.state.config;
        config.tell("port", &port);
        config.tell("bind", &hosts.join(" "));
        config.tell("unixsocket", &paths.join(" "));
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;
    use crate::testing::Shell;

    #[test]
    fn servers_go_by_the_settings_as_they_change() {
        let mut shell = Shell::new();
        assert_eq!(shell.store.network(), Network::default());
        shell.run("CONFIG SET maxclients 7 timeout 3 tcp-keepalive 0 protected-mode no");
        shell.run("CONFIG SET client-output-buffer-limit 'pubsub 4mb 2mb 5' client-query-buffer-limit 2mb");
        let network = shell.store.network();
        assert_eq!((network.max_clients, network.timeout_seconds, network.keepalive_seconds), (7, 3, 0));
        assert_eq!(network.pubsub, OutputLimit { hard: 4 << 20, soft: 2 << 20, soft_seconds: 5 });
        assert_eq!((network.normal, network.query_limit), (OutputLimit::default(), 2 << 20));
        assert!(shell.store.welcomes_strangers());
    }

    #[test]
    fn strangers_are_welcome_where_there_is_a_password() {
        let mut shell = Shell::new();
        assert!(!shell.store.welcomes_strangers());
        shell.run("CONFIG SET requirepass secret");
        assert!(shell.store.welcomes_strangers());
    }

    #[test]
    fn great_buffers_are_forgotten_after_some_seconds() {
        let mut sockets = Sockets::default();
        sockets.greatest.turn_over(10_000);
        sockets.greatest.see(Buffers { query: 5, output: 7 });
        assert_eq!(sockets.greatest(10_000 + RECENT_MS), Buffers { query: 5, output: 7 });
        assert_eq!(sockets.greatest(10_000 + 2 * RECENT_MS), Buffers::default());
    }

    #[test]
    fn where_servers_listen_is_told() {
        let mut shell = Shell::new();
        let silent: Bell = Arc::new(|| ());
        let tcp = Place::Tcp { host: "127.0.0.1".into(), port: 7 };
        shell.store.add_listener(tcp.clone(), Arc::clone(&silent));
        shell.store.add_listener(Place::Unix { path: "/s".into() }, Arc::clone(&silent));
        let other = Place::Tcp { host: "::1".into(), port: 7 };
        shell.store.add_listener(other.clone(), silent);
        assert_eq!(shell.run("CONFIG GET port"), "*2 $4 port $1 7");
        assert_eq!(shell.run("CONFIG GET bind"), "*2 $4 bind $13 127.0.0.1 ::1");
        assert_eq!(shell.run("CONFIG GET unixsocket"), "*2 $10 unixsocket $2 /s");
        let told = "listener0:name=tcp,bind=127.0.0.1,bind=::1,port=7 listener1:name=unix,bind=/s";
        assert!(shell.run("INFO server").contains(told));
        shell.store.remove_listener(&tcp);
        shell.store.remove_listener(&other);
        assert_eq!(shell.run("CONFIG GET port"), "*2 $4 port $1 0");
        shell.store.forget_listeners();
        assert_eq!(shell.run("CONFIG GET unixsocket"), "*2 $10 unixsocket $0");
    }

    #[test]
    fn servers_are_told_of_settings_that_are_theirs() {
        let mut shell = Shell::new();
        let heard = Arc::new(AtomicUsize::new(0));
        let counter = Arc::clone(&heard);
        let bell = move || _ = counter.fetch_add(1, Ordering::Relaxed);
        shell.store.add_listener(Place::Unix { path: "/s".into() }, Arc::new(bell));
        for (setting, count) in [("timeout 0", 0), ("maxmemory 5", 0), ("timeout 3", 1), ("maxclients 9", 2)]
        {
            assert_eq!(shell.run(&format!("CONFIG SET {setting}")), "+OK");
            assert_eq!(heard.load(Ordering::Relaxed), count, "{setting}");
        }
    }
}
