//! The event loop: what one turn of it does.
//!
//! A turn reads from all connections that have something to say; runs their commands behind the store's
//! lock, in slices of bounded length, so that others get at the store in between; runs what connections had
//! sent behind a command that waited and was answered now, in the order of their wake-ups; and writes each
//! connection's output at once.

mod interlude;
mod limits;

use std::collections::{HashMap, VecDeque};
use std::io::ErrorKind;
use std::sync::{Arc, Weak};
use std::time::{Duration, Instant};

use burner_engine::network::{Network, Traffic};
use burner_engine::resp::Encoder;
use burner_engine::{Delivery, Error, Interlude, Outcome, SessionId, Sink};
use mio::event::Event;
use mio::{Events, Registry, Token};
use parking_lot::MutexGuard;

use crate::admission::{self, Doors};
use crate::connection::{Connection, Spares};
use crate::host::{Desk, Host};
use crate::inbox::Inbox;
use crate::socket::Listener;
use interlude::Errands;
pub(crate) use interlude::Shared;

/// Whose events are of the inbox.
pub(crate) const WAKER: Token = Token(usize::MAX);
/// The first listener's token; connections have those below.
const LISTENERS: usize = usize::MAX / 2;
/// How much is read from one connection in a turn, in bytes.
const READ: usize = 64 * 1024;
/// How much one turn reads in all before it runs what it has, in bytes.
const READ_IN_ALL: usize = 4 << 20;
/// How long the store's lock is held at a stretch, as far as that is up to a server.
const SLICE: Duration = Duration::from_micros(100);
/// How many commands run between two looks at the clock at most.
const LOOK_EVERY: u32 = 16;
/// As long as so many took less than this, twice as many run before the next look.
const QUICK: Duration = Duration::from_micros(10);

/// The thread: turns until it is told to stop.
pub(crate) fn run(shared: &Arc<Shared>) {
    let mut turn = shared.turn.lock();
    let mut event_loop = shared.event_loop.lock();
    EventLoop::begin(&mut event_loop, shared);
    loop {
        let timeout = event_loop.fall_asleep();
        let (slept, ear) = MutexGuard::unlocked(&mut event_loop, || {
            MutexGuard::unlocked(&mut turn, || {
                let mut ear = shared.ear.lock();
                (ear.listen(timeout), ear)
            })
        });
        event_loop.inbox.get_up();
        let broken = slept.is_err_and(|error| error.kind() != ErrorKind::Interrupted);
        if broken || event_loop.inbox.is_stopped() {
            return EventLoop::close(&mut event_loop);
        }
        event_loop.hear(ear.events());
        drop(ear);
        EventLoop::turn(&mut event_loop);
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

/// Whether what should be a command's name is that of one that can run scripts.
fn may_run_scripts(name: &[u8]) -> bool {
    const NAMES: [&[u8]; 5] = [b"exec", b"eval", b"evalsha", b"eval_ro", b"evalsha_ro"];
    matches!(name.first(), Some(b'E' | b'e')) && NAMES.iter().any(|one| name.eq_ignore_ascii_case(one))
}

/// Says what a command came to if that is not said yet; whether its connection waits for it.
#[inline]
fn answer(ran: burner_engine::Result<Outcome>, sink: &mut Encoder<'_>) -> bool {
    match ran {
        // Nobody is answered whose connection ends.
        Ok(Outcome::Done | Outcome::Silent) | Err(Error::Closed) => false,
        Ok(Outcome::Blocked) => true,
        Err(error) => {
            sink.error(&error);
            false
        }
    }
}

/// A server's event loop, with its lock taken.
type Held<'a> = MutexGuard<'a, EventLoop>;

/// A server's connections, and what is to be done about them.
pub(crate) struct EventLoop {
    host: Arc<dyn Host>,
    registry: Registry,
    inbox: Arc<Inbox>,
    doors: Doors,
    /// By their tokens.
    connections: Vec<Option<Box<Connection>>>,
    /// Free places among them.
    free: Vec<usize>,
    by_session: HashMap<SessionId, usize, foldhash::fast::RandomState>,
    /// What is read, before it is a connection's.
    buffer: Box<[u8]>,
    spares: Spares,
    /// May have something to be read.
    ready: VecDeque<usize>,
    /// Have input that is to be run, the next one first.
    queue: VecDeque<usize>,
    /// Have been answered a command that waited, and may go on.
    woken: VecDeque<usize>,
    /// Have output that is to be sent.
    dirty: Vec<usize>,
    /// Have buffers that the store is to be told of.
    untold: Vec<usize>,
    /// Have more output than they may have for long.
    lagging: Vec<usize>,
    /// The settings, as of the last time behind the lock.
    network: Network,
    /// A connection with more output than this is to be looked at, in bytes.
    much_output: usize,
    /// What went through the sockets since the store was told.
    traffic: Traffic,
    /// When this turn began.
    now: Instant,
    /// When the store wants to be told that time went by.
    alarm: Option<Instant>,
    /// When to look for connections that have been idle or lagging for too long.
    patrol: Option<Instant>,
    /// What the store's owner is to be told.
    errands: Errands,
    /// Whether it was closed.
    closed: bool,
}

impl EventLoop {
    pub(crate) fn new(
        host: Arc<dyn Host>,
        registry: Registry,
        listeners: Vec<Listener>,
        inbox: Arc<Inbox>,
    ) -> std::io::Result<Self> {
        Ok(Self {
            host,
            inbox,
            doors: Doors::open(listeners, &registry, LISTENERS)?,
            registry,
            connections: Vec::new(),
            free: Vec::new(),
            by_session: HashMap::default(),
            buffer: vec![0; READ].into(),
            spares: Spares::default(),
            ready: VecDeque::new(),
            queue: VecDeque::new(),
            woken: VecDeque::new(),
            dirty: Vec::new(),
            untold: Vec::new(),
            lagging: Vec::new(),
            network: Network::default(),
            much_output: usize::MAX,
            traffic: Traffic::default(),
            now: now(),
            alarm: None,
            patrol: None,
            errands: Errands::default(),
            closed: false,
        })
    }

    /// Goes behind the store's lock. That may have to be waited for, and who has it may serve this one's
    /// connections meanwhile: this one's own is released until then.
    fn enter(this: &mut Held<'_>, work: &mut dyn FnMut(&mut Held<'_>, &mut Desk<'_>)) {
        let (host, event_loop) = (Arc::clone(&this.host), MutexGuard::mutex(this));
        MutexGuard::unlocked(this, || {
            host.enter(&mut |desk| {
                let mut this = event_loop.lock();
                this.errands.run(desk);
                work(&mut this, desk);
            });
        });
    }

    /// Tells the store where this listens, and who serves its connections.
    fn begin(this: &mut Held<'_>, shared: &Arc<Shared>) {
        let interlude: Weak<dyn Interlude> = Arc::<Shared>::downgrade(shared);
        Self::enter(this, &mut |this, desk| {
            for listener in this.doors.listeners() {
                let inbox = Arc::clone(&this.inbox);
                desk.engine.add_listener(listener.place(), Arc::new(move || inbox.look_again()));
            }
            desk.engine.add_interlude(Weak::clone(&interlude));
            this.obey(desk);
        });
    }

    /// Whether there is nothing to do before something happens.
    fn is_idle(&self) -> bool {
        self.ready.is_empty()
            && self.woken.is_empty()
            && self.dirty.is_empty()
            && self.queue.is_empty()
            && self.doors.arrivals.is_empty()
            && !self.doors.is_knocked()
            && self.errands.is_empty()
    }

    /// Whether there is something to do behind the store's lock.
    fn has_work(&self) -> bool {
        !(self.queue.is_empty()
            && self.doors.arrivals.is_empty()
            && self.errands.is_empty()
            && self.inbox.is_empty())
    }

    /// How long the thread may sleep; as long as it likes, if not given.
    fn fall_asleep(&mut self) -> Option<Duration> {
        if !(self.is_idle() && self.inbox.fall_asleep()) {
            return Some(Duration::ZERO);
        }
        let next = [self.alarm, self.patrol, self.doors.again].into_iter().flatten().min()?;
        // A timer that fires early would fire again at once.
        Some(next.saturating_duration_since(now()) + Duration::from_millis(1))
    }

    fn turn(this: &mut Held<'_>) {
        this.listen();
        Self::run(this);
        let over = this.write();
        Self::dismiss(this, over);
    }

    /// Accepts who knocks, and reads what was sent.
    fn listen(&mut self) {
        self.now = now();
        self.doors.accept(self.now);
        self.read();
    }

    /// Takes note of what the system says.
    fn hear(&mut self, events: &Events) {
        for event in events {
            match event.token() {
                WAKER => {}
                Token(token) if token >= LISTENERS => self.doors.knock(token - LISTENERS),
                Token(token) => self.hear_of(token, event),
            }
        }
    }

    /// Takes note of what the system says of a connection.
    fn hear_of(&mut self, token: usize, event: &Event) {
        let Some(connection) = self.connections.get_mut(token).and_then(Option::as_mut) else { return };
        if event.is_writable() && connection.unsent() > 0 {
            connection.mark_dirty(token, &mut self.dirty);
        }
        connection.hung_up |= event.is_read_closed() || event.is_error();
        if event.is_readable() || connection.hung_up {
            connection.mark_ready(token, &mut self.ready);
        }
    }

    /// Reads from who has something to say, each once.
    fn read(&mut self) {
        let mut left = READ_IN_ALL;
        for _ in 0..self.ready.len() {
            let Some(token) = self.ready.pop_front() else { return };
            let Some(connection) = &mut self.connections[token] else { continue };
            connection.unmark_ready();
            let is_full = connection.buffers().query > self.network.query_limit;
            if connection.running || (connection.blocked && (connection.hung_up || is_full)) {
                // It is read on from once it is woken, unless nobody is left to be woken, or its command is
                // over.
                connection.eof |= connection.hung_up && connection.blocked;
                connection.held = true;
                if connection.eof {
                    connection.mark_dirty(token, &mut self.dirty);
                }
                continue;
            }
            let (count, more) = connection.read(&mut self.buffer);
            if more {
                connection.mark_ready(token, &mut self.ready);
            }
            if connection.is_over() {
                connection.mark_dirty(token, &mut self.dirty);
            }
            if count == 0 || !connection.takes_in() {
                continue;
            }
            connection.active = self.now;
            self.traffic.reads += 1;
            self.traffic.input_bytes += count as u64;
            let input = connection.input.get_or_insert_with(|| self.spares.input());
            input.bytes.extend_from_slice(&self.buffer[..count]);
            input.decoder.decode(&mut input.bytes, &connection.limits);
            if connection.runs() {
                connection.mark_queued(token, &mut self.queue);
            } else {
                connection.mark_untold(token, &mut self.untold);
            }
            left = left.saturating_sub(count);
            if left == 0 {
                return;
            }
        }
    }

    /// Goes behind the lock for as long as there is something to do there.
    fn run(this: &mut Held<'_>) {
        let mut due = this.alarm.is_some_and(|alarm| alarm <= this.now);
        let mut patrols = this.patrol.is_some_and(|patrol| patrol <= this.now);
        this.go_on();
        while due || patrols || this.has_work() {
            Self::enter(this, &mut |this, desk| {
                this.inbox.looks_again();
                this.obey(desk);
                this.report(desk);
                if std::mem::take(&mut due) {
                    desk.engine.tick();
                }
                if std::mem::take(&mut patrols) {
                    this.patrol(desk);
                }
                desk.post();
                this.take_mail(desk);
                this.admit(desk);
                Self::slice(this, desk);
                this.obey(desk);
                this.set_alarm(desk);
            });
            this.go_on();
        }
    }

    /// Tells the store what went through the sockets, and what is in buffers.
    fn report(&mut self, desk: &mut Desk<'_>) {
        if self.traffic != Traffic::default() {
            desk.engine.count_traffic(&std::mem::take(&mut self.traffic));
        }
        for token in self.untold.drain(..) {
            if let Some(connection) = &mut self.connections[token] {
                connection.untold = false;
                connection.told = connection.buffers();
                desk.engine.note_buffers(connection.session, connection.told);
            }
        }
    }

    /// Has those go on that were woken, after all that the one who woke them has sent.
    fn go_on(&mut self) {
        if self.queue.is_empty() {
            self.resume_woken();
        }
    }

    /// Has all go on that were woken.
    fn resume_woken(&mut self) {
        while let Some(token) = self.woken.pop_front() {
            let Some(connection) = &mut self.connections[token] else { continue };
            if std::mem::take(&mut connection.held) {
                connection.mark_ready(token, &mut self.ready);
            }
            if connection.input.is_some() {
                connection.mark_queued(token, &mut self.queue);
            }
        }
    }

    /// Notes when the store wants to be told that time went by.
    fn set_alarm(&mut self, desk: &mut Desk<'_>) {
        self.alarm = None;
        if desk.engine.time_runs()
            && desk.engine.watches_time()
            && let Some(at_ms) = desk.engine.next_deadline()
        {
            let ms = at_ms.saturating_sub(desk.engine.now_ms()).max(0) as u64;
            self.alarm = self.now.checked_add(Duration::from_millis(ms));
        }
    }

    /// Opens the sessions of those who came in, if they may.
    fn admit(&mut self, desk: &mut Desk<'_>) {
        for mut arrival in std::mem::take(&mut self.doors.arrivals) {
            if !admission::is_welcome(&arrival, &self.network, desk) {
                self.traffic.rejected += 1;
                continue;
            }
            let token = self.free.pop().unwrap_or_else(|| {
                self.connections.push(None);
                self.connections.len() - 1
            });
            let stream = &mut arrival.stream;
            let registered = stream
                .keep_alive(self.network.keepalive_seconds)
                .and_then(|()| stream.register(&self.registry, Token(token)));
            if registered.is_err() {
                self.free.push(token);
                continue;
            }
            let session = desk.engine.open_session_from(arrival.peer);
            desk.routes.address(session, &self.inbox);
            self.by_session.insert(session, token);
            let limits = desk.engine.decode_limits(session);
            let mut connection = Box::new(Connection::new(arrival.stream, session, self.now, limits));
            // What it sent at once was there before anybody listened for it.
            connection.mark_ready(token, &mut self.ready);
            self.connections[token] = Some(connection);
        }
    }

    /// Runs what was sent, until the slice is over.
    fn slice(this: &mut Held<'_>, desk: &mut Desk<'_>) {
        let mut looked = now();
        let end = looked + SLICE;
        let (mut step, mut left) = (1, 1);
        while let Some(token) = this.queue.pop_front() {
            while Self::proceed(this, token, desk) {
                left -= 1;
                if left == 0 {
                    let now = now();
                    if now >= end {
                        this.queue.push_front(token);
                        return;
                    }
                    let was_quick = now.saturating_duration_since(looked) < QUICK;
                    step = if was_quick { LOOK_EVERY.min(step * 2) } else { 1 };
                    (looked, left) = (now, step);
                }
            }
            this.settle(token);
        }
    }

    /// Runs the next command of a connection; false if it has none that can be run.
    fn proceed(this: &mut Held<'_>, token: usize, desk: &mut Desk<'_>) -> bool {
        let event_loop = &mut **this;
        let Some(connection) = &mut event_loop.connections[token] else { return false };
        if !connection.runs() {
            return false;
        }
        if connection.output.capacity() == 0 {
            event_loop.spares.lend_output(connection);
        }
        let Some(input) = &mut connection.input else { return false };
        let mut sink = Encoder::new(connection.resp, &mut connection.output);
        let mut is_script = false;
        match input.decoder.next_command(&mut input.bytes, &connection.limits) {
            Ok(None) => return false,
            Ok(Some(argv)) if is_http(argv[0]) => connection.dead = true,
            Ok(Some(argv)) if may_run_scripts(argv[0]) && !desk.engine.is_busy() => is_script = true,
            Ok(Some(argv)) => {
                let ran = desk.engine.execute(connection.session, &argv, &mut sink);
                connection.blocked = answer(ran, &mut sink);
            }
            Err(error) => {
                sink.error(&error);
                connection.closing = true;
            }
        }
        if is_script {
            Self::run_aside(this, token, desk);
        }
        let event_loop = &mut **this;
        let Some(connection) = &mut event_loop.connections[token] else { return false };
        connection.follow(desk.engine);
        connection.mark_dirty(token, &mut event_loop.dirty);
        if connection.unsent() > event_loop.much_output {
            event_loop.check_output(token, desk);
        }
        if desk.engine.has_deliveries() {
            desk.post();
            event_loop.take_mail(desk);
        }
        true
    }

    /// Looks at what a connection has left when all is run that can be.
    fn settle(&mut self, token: usize) {
        let Some(connection) = &mut self.connections[token] else { return };
        connection.queued = false;
        self.spares.take_input(connection);
        let query = connection.buffers().query;
        self.traffic.greatest.query = self.traffic.greatest.query.max(query);
        if query > self.network.query_limit && !connection.blocked {
            self.traffic.over_query_limit += 1;
            connection.dead = true;
            connection.mark_dirty(token, &mut self.dirty);
        }
        connection.mark_untold(token, &mut self.untold);
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
            if connection.output.capacity() == 0 {
                self.spares.lend_output(connection);
            }
            let mut sink = Encoder::new(connection.resp, &mut connection.output);
            match delivery {
                Delivery::Woken { answer, undo, .. } => {
                    match answer {
                        Ok(reply) => reply.replay(&mut sink),
                        Err(Error::Closed) => {}
                        Err(error) => sink.error(&error),
                    }
                    connection.undos.extend(undo);
                    connection.blocked = false;
                    connection.follow(desk.engine);
                    self.woken.push_back(token);
                }
                Delivery::Push { push, .. } => push.say(&mut sink),
                Delivery::Closed { .. } => connection.killed = true,
            }
            connection.mark_dirty(token, &mut self.dirty);
            if connection.unsent() > self.much_output {
                self.check_output(token, desk);
            }
        }
    }

    /// Sends what is to be sent; takes out who is done.
    fn write(&mut self) -> Vec<Connection> {
        let mut over = Vec::new();
        for token in self.dirty.drain(..) {
            let Some(connection) = &mut self.connections[token] else { continue };
            connection.unmark_dirty();
            let greatest = &mut self.traffic.greatest.output;
            *greatest = connection.unsent().max(*greatest);
            let count = connection.write();
            if count > 0 {
                connection.active = self.now;
                self.traffic.writes += 1;
                self.traffic.output_bytes += count as u64;
            }
            self.spares.take_output(connection);
            connection.mark_untold(token, &mut self.untold);
            if connection.is_over() {
                over.push(token);
            }
        }
        self.take_out(over)
    }

    /// Takes connections out of their places.
    fn take_out(&mut self, tokens: impl IntoIterator<Item = usize>) -> Vec<Connection> {
        let mut taken = Vec::new();
        for token in tokens {
            let Some(connection) = self.connections[token].take() else { continue };
            self.by_session.remove(&connection.session);
            self.free.push(token);
            taken.push(*connection);
        }
        taken
    }

    /// Closes connections that were taken out, with their sessions.
    fn dismiss(this: &mut Held<'_>, mut gone: Vec<Connection>) {
        if !gone.is_empty() {
            Self::enter(this, &mut |this, desk| this.bury(&mut gone, desk));
        }
    }

    /// Closes the sessions of connections that are gone.
    fn bury(&mut self, gone: &mut [Connection], desk: &mut Desk<'_>) {
        for connection in gone {
            desk.routes.forget(connection.session);
            desk.engine.cancel(connection.session);
            desk.engine.close_session(connection.session);
            // What was taken for it and did not reach it goes back.
            connection.undos.drain(..).for_each(|undo| desk.engine.give_back(undo));
        }
        desk.post();
        self.take_mail(desk);
    }

    /// Closes all connections with their sessions, and stops listening.
    fn close(this: &mut Held<'_>) {
        this.closed = true;
        let all = 0..this.connections.len();
        let gone = this.take_out(all);
        Self::dismiss(this, gone);
        Self::enter(this, &mut |this, desk| {
            let places = this.doors.listeners().iter().map(Listener::place);
            places.for_each(|place| desk.engine.remove_listener(&place));
        });
        this.doors.close();
    }

    /// Closes the descriptors, and nothing else.
    pub(crate) fn abandon(&mut self) {
        self.closed = true;
        self.connections.clear();
        self.doors.abandon();
    }
}
