//! The event loop: what one turn of it does.
//!
//! A turn reads from all connections that have something to say; runs their commands behind the store's
//! lock, in slices of bounded length, so that others get at the store in between; runs what connections had
//! sent behind a command that waited and was answered now, in the order of their wake-ups; and writes each
//! connection's output at once.

use std::collections::{HashMap, VecDeque};
use std::io::ErrorKind;
use std::sync::Arc;
use std::time::{Duration, Instant};

use burner_engine::resp::Encoder;
use burner_engine::{Delivery, Outcome, SessionId, Sink};
use mio::{Events, Poll, Registry, Token};
use parking_lot::Mutex;

use crate::connection::Connection;
use crate::host::{Desk, Host};
use crate::inbox::Inbox;
use crate::socket::{Listener, Stream, is_of_one};

/// Whose events are of the inbox.
pub(crate) const WAKER: Token = Token(usize::MAX);
/// The first listener's token; connections have those below the last's.
const LISTENERS: usize = usize::MAX / 2;
/// How many events one turn hears of at most.
const EVENTS: usize = 1024;
/// How much is read from one connection in a turn, in bytes.
const READ: usize = 64 * 1024;
/// How long the store's lock is held at a stretch, as far as that is up to a server.
const SLICE: Duration = Duration::from_micros(100);
/// How many commands run between two looks at the clock.
const LOOK_EVERY: u32 = 16;

/// The thread: turns until it is told to stop.
pub(crate) fn run(mut poll: Poll, event_loop: &Mutex<EventLoop>) {
    let mut events = Events::with_capacity(EVENTS);
    loop {
        let timeout = event_loop.lock().fall_asleep();
        let slept = poll.poll(&mut events, timeout);
        let mut event_loop = event_loop.lock();
        event_loop.inbox.get_up();
        let broken = slept.is_err_and(|error| error.kind() != ErrorKind::Interrupted);
        if broken || event_loop.inbox.is_stopped() {
            return event_loop.close();
        }
        event_loop.turn(&events);
    }
}

/// The present moment, for how long something takes.
#[allow(clippy::disallowed_methods, reason = "a server is bound to the time of its sockets")]
fn now() -> Instant {
    Instant::now()
}

/// Whether what should be a command's name begins a line of HTTP. A web page can have a browser send that to
/// any server, with commands in what it posts: as Redis does, such a connection is closed without a word.
fn is_http(name: &[u8]) -> bool {
    matches!(name.first(), Some(b'P' | b'p' | b'H' | b'h'))
        && (name.eq_ignore_ascii_case(b"post") || name.eq_ignore_ascii_case(b"host:"))
}

/// A server's connections, and what is to be done about them.
pub(crate) struct EventLoop {
    host: Arc<dyn Host>,
    registry: Registry,
    inbox: Arc<Inbox>,
    listeners: Vec<Listener>,
    /// By their tokens.
    connections: Vec<Option<Box<Connection>>>,
    /// Free places among them.
    free: Vec<usize>,
    by_session: HashMap<SessionId, usize, foldhash::fast::RandomState>,
    /// What is read, before it is a connection's.
    buffer: Box<[u8]>,
    /// Came in, and have no session yet.
    arrivals: Vec<Stream>,
    /// May have something to be read.
    ready: Vec<usize>,
    /// Have input that is to be run, the next one first.
    queue: VecDeque<usize>,
    /// Have been answered a command that waited, and may go on.
    woken: VecDeque<usize>,
    /// Have output that is to be sent.
    dirty: Vec<usize>,
    /// When the store wants to be told that time went by.
    alarm: Option<Instant>,
}

impl EventLoop {
    pub(crate) fn new(
        host: Arc<dyn Host>,
        registry: Registry,
        mut listeners: Vec<Listener>,
        inbox: Arc<Inbox>,
    ) -> std::io::Result<Self> {
        for (at, listener) in listeners.iter_mut().enumerate() {
            listener.register(&registry, Token(LISTENERS + at))?;
        }
        Ok(Self {
            host,
            registry,
            inbox,
            listeners,
            connections: Vec::new(),
            free: Vec::new(),
            by_session: HashMap::default(),
            buffer: vec![0; READ].into(),
            arrivals: Vec::new(),
            ready: Vec::new(),
            queue: VecDeque::new(),
            woken: VecDeque::new(),
            dirty: Vec::new(),
            alarm: None,
        })
    }

    /// How long the thread may sleep; as long as it likes, if not given.
    fn fall_asleep(&mut self) -> Option<Duration> {
        let idle = self.ready.is_empty() && self.inbox.fall_asleep();
        if !idle {
            return Some(Duration::ZERO);
        }
        // A timer that fires early would fire again at once.
        self.alarm.map(|alarm| alarm.saturating_duration_since(now()) + Duration::from_millis(1))
    }

    fn turn(&mut self, events: &Events) {
        for event in events {
            match event.token() {
                WAKER => {}
                Token(token) if token >= LISTENERS => self.accept(token - LISTENERS),
                Token(token) => {
                    let Some(connection) = self.connections.get_mut(token).and_then(Option::as_mut) else {
                        continue;
                    };
                    if event.is_writable() && connection.is_unsent() {
                        connection.mark_dirty(token, &mut self.dirty);
                    }
                    if event.is_read_closed() {
                        connection.hung_up = true;
                    }
                    if event.is_readable() || event.is_read_closed() {
                        connection.mark_ready(token, &mut self.ready);
                    }
                }
            }
        }
        self.read();
        self.run();
        self.write();
    }

    /// Accepts who knocks.
    fn accept(&mut self, listener: usize) {
        loop {
            match self.listeners[listener].accept() {
                Ok(stream) => self.arrivals.push(stream),
                Err(error) if is_of_one(&error) => {}
                // Nobody else, or no descriptor for them.
                Err(_) => return,
            }
        }
    }

    /// Reads from who has something to say.
    fn read(&mut self) {
        for token in std::mem::take(&mut self.ready) {
            let Some(connection) = &mut self.connections[token] else { continue };
            connection.ready = false;
            if connection.blocked && !connection.hung_up {
                // It is read on from once it is woken.
                connection.held = true;
                continue;
            }
            let count = connection.read(&mut self.buffer);
            if count > 0 {
                connection.input.extend_from_slice(&self.buffer[..count]);
                connection.decoder.decode(&mut connection.input, &connection.limits);
                connection.mark_queued(token, &mut self.queue);
            }
            if connection.readable {
                connection.mark_ready(token, &mut self.ready);
            }
            if connection.is_over() {
                connection.mark_dirty(token, &mut self.dirty);
            }
        }
    }

    /// Goes behind the lock for as long as there is something to do there.
    fn run(&mut self) {
        let host = Arc::clone(&self.host);
        let mut due = self.alarm.is_some_and(|alarm| alarm <= now());
        while due || !(self.arrivals.is_empty() && self.queue.is_empty() && self.inbox.is_empty()) {
            host.enter(&mut |desk| {
                if std::mem::take(&mut due) {
                    desk.engine.tick();
                }
                desk.post();
                self.take_mail(desk);
                self.admit(desk);
                self.slice(desk);
                self.set_alarm(desk);
            });
            self.go_on();
        }
    }

    /// Has those go on that were woken.
    fn go_on(&mut self) {
        if !self.queue.is_empty() {
            return;
        }
        while let Some(token) = self.woken.pop_front() {
            let Some(connection) = &mut self.connections[token] else { continue };
            if std::mem::take(&mut connection.held) {
                connection.mark_ready(token, &mut self.ready);
            }
            connection.mark_queued(token, &mut self.queue);
        }
    }

    /// Notes when the store wants to be told that time went by.
    fn set_alarm(&mut self, desk: &mut Desk<'_>) {
        self.alarm = None;
        if desk.engine.watches_time()
            && let Some(at_ms) = desk.engine.next_deadline()
        {
            let ms = at_ms.saturating_sub(desk.engine.now_ms()).max(0) as u64;
            self.alarm = now().checked_add(Duration::from_millis(ms));
        }
    }

    /// Opens the sessions of those who came in.
    fn admit(&mut self, desk: &mut Desk<'_>) {
        for mut stream in std::mem::take(&mut self.arrivals) {
            let token = self.free.pop().unwrap_or_else(|| {
                self.connections.push(None);
                self.connections.len() - 1
            });
            if stream.register(&self.registry, Token(token)).is_err() {
                self.free.push(token);
                continue;
            }
            let session = desk.engine.open_session();
            desk.routes.address(session, &self.inbox);
            self.by_session.insert(session, token);
            self.connections[token] =
                Some(Box::new(Connection::new(stream, session, desk.engine.decode_limits(session))));
        }
    }

    /// Runs what was sent, until the slice is over.
    fn slice(&mut self, desk: &mut Desk<'_>) {
        let end = now() + SLICE;
        let mut left = LOOK_EVERY;
        while let Some(&token) = self.queue.front() {
            while self.proceed(token, desk) {
                left -= 1;
                if left == 0 {
                    if now() >= end {
                        return;
                    }
                    left = LOOK_EVERY;
                }
            }
            self.queue.pop_front();
            if let Some(connection) = &mut self.connections[token] {
                connection.queued = false;
            }
        }
    }

    /// Runs the next command of a connection; false if it has none that can be run.
    fn proceed(&mut self, token: usize, desk: &mut Desk<'_>) -> bool {
        let Some(connection) = &mut self.connections[token] else { return false };
        if connection.blocked || connection.closing || connection.dead {
            return false;
        }
        connection.limits = desk.engine.decode_limits(connection.session);
        let mut sink = Encoder::new(connection.resp, &mut connection.output);
        match connection.decoder.next_command(&mut connection.input, &connection.limits) {
            Ok(None) => return false,
            Ok(Some(argv)) if is_http(argv[0]) => {
                connection.output.clear();
                connection.dead = true;
            }
            Ok(Some(argv)) => {
                match desk.engine.execute(connection.session, &argv, &mut sink) {
                    Ok(Outcome::Done | Outcome::Silent) => {}
                    Ok(Outcome::Blocked) => connection.blocked = true,
                    Err(error) => sink.error(&error),
                }
                connection.resp = sink.resp();
                connection.closing = !desk.engine.is_open(connection.session);
            }
            Err(error) => {
                sink.error(&error);
                connection.closing = true;
            }
        }
        connection.mark_dirty(token, &mut self.dirty);
        if desk.engine.has_deliveries() {
            desk.post();
            self.take_mail(desk);
        }
        true
    }

    /// Takes what left the engine for this server's sessions.
    fn take_mail(&mut self, desk: &mut Desk<'_>) {
        for delivery in self.inbox.take() {
            let connection = self.by_session.get(&delivery.session());
            let connection = connection.and_then(|token| Some((*token, self.connections[*token].as_mut()?)));
            let Some((token, connection)) = connection else {
                if let Delivery::Woken { undo: Some(undo), .. } = delivery {
                    desk.engine.give_back(undo);
                }
                continue;
            };
            match delivery {
                Delivery::Woken { answer, undo, .. } => {
                    match answer {
                        Ok(reply) => reply.replay(&mut connection.encoder()),
                        Err(error) => connection.encoder().error(&error),
                    }
                    connection.undos.extend(undo);
                    connection.blocked = false;
                    connection.closing |= !desk.engine.is_open(connection.session);
                    self.woken.push_back(token);
                }
                Delivery::Push { push, .. } => push.say(&mut connection.encoder()),
                Delivery::Closed { .. } => connection.closing = true,
            }
            connection.mark_dirty(token, &mut self.dirty);
        }
    }

    /// Sends what is to be sent, and closes who is done.
    fn write(&mut self) {
        let mut over = Vec::new();
        for token in std::mem::take(&mut self.dirty) {
            let Some(connection) = &mut self.connections[token] else { continue };
            connection.dirty = false;
            connection.write();
            if connection.is_over() {
                over.push(token);
            }
        }
        self.dismiss(over);
    }

    /// Closes connections with their sessions.
    fn dismiss(&mut self, over: Vec<usize>) {
        if over.is_empty() {
            return;
        }
        let gone: Vec<Box<Connection>> =
            over.iter().filter_map(|token| self.connections[*token].take()).collect();
        self.free.extend(over);
        let host = Arc::clone(&self.host);
        host.enter(&mut |desk| {
            for connection in &gone {
                self.by_session.remove(&connection.session);
                desk.routes.forget(connection.session);
                if connection.blocked {
                    desk.engine.cancel(connection.session);
                }
                desk.engine.close_session(connection.session);
            }
            // What was taken for those whom it did not reach goes back.
            self.take_mail(desk);
        });
        let undos: Vec<_> = gone.into_iter().flat_map(|connection| connection.undos).collect();
        if !undos.is_empty() {
            let mut undos = undos.into_iter();
            host.enter(&mut |desk| undos.by_ref().for_each(|undo| desk.engine.give_back(undo)));
        }
    }

    /// Closes all connections with their sessions, and stops listening.
    pub(crate) fn close(&mut self) {
        let all = (0..self.connections.len()).filter(|token| self.connections[*token].is_some()).collect();
        self.dismiss(all);
        self.arrivals.clear();
        for listener in self.listeners.drain(..) {
            listener.close();
        }
    }

    /// Closes the descriptors, and nothing else.
    pub(crate) fn abandon(&mut self) {
        self.connections.clear();
        self.arrivals.clear();
        self.listeners.clear();
    }
}
