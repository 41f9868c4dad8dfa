//! While a script takes long: its thread serves the connections of all the store's servers.
//!
//! A script's thread has the store's lock until the script is over, and lends the store every now and then
//! to each server ([`Interlude`]), whose own thread runs the script itself, waits for the store, or sleeps.
//! Locks are taken in this order: a server's turn, the store, its event loop. So a server's thread releases
//! its event loop before it waits for the store, and while it runs a script. Inside of a script all but the
//! store's are only tried: what cannot be done now can be done the next time.

use std::collections::HashMap;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use burner_engine::resp::Encoder;
use burner_engine::{Interlude, SessionId, Store};
use mio::{Events, Poll};
use parking_lot::{Mutex, MutexGuard};

use super::{EventLoop, Held};
use crate::host::{Desk, Routes};
use crate::inbox::Inbox;

/// How many events one turn hears of at most.
const EVENTS: usize = 1024;

/// A server's event loop, for its thread and for those of scripts.
pub(crate) struct Shared {
    /// Its thread's for each turn: before a fork it is taken, so that nothing is half done.
    pub(crate) turn: Arc<Mutex<()>>,
    /// Its thread's while it sleeps.
    pub(crate) ear: Mutex<Ear>,
    pub(crate) event_loop: Mutex<EventLoop>,
}

impl Shared {
    pub(crate) fn new(poll: Poll, event_loop: EventLoop) -> Self {
        let ear = Ear { poll, events: Events::with_capacity(EVENTS) };
        Self { turn: Arc::default(), ear: Mutex::new(ear), event_loop: Mutex::new(event_loop) }
    }
}

/// Where the system tells of connections.
pub(crate) struct Ear {
    poll: Poll,
    events: Events,
}

impl Ear {
    /// Waits until there is something to be told, no longer than so.
    pub(super) fn listen(&mut self, timeout: Option<Duration>) -> io::Result<()> {
        self.poll.poll(&mut self.events, timeout)
    }

    /// What was told.
    pub(super) fn events(&self) -> &Events {
        &self.events
    }
}

impl Interlude for Shared {
    fn serve(&self, store: &mut Store) {
        let Some(mut event_loop) = self.event_loop.try_lock() else { return };
        if event_loop.closed || event_loop.inbox.is_stopped() {
            return;
        }
        // While its thread sleeps, that hears by itself, and reads, and waits for the store then.
        if let Some(mut ear) = self.ear.try_lock()
            && ear.listen(Some(Duration::ZERO)).is_ok()
        {
            event_loop.hear(ear.events());
        }
        EventLoop::turn_aside(&mut event_loop, store);
        if !event_loop.is_idle() || event_loop.doors.again.is_some() {
            event_loop.inbox.wake();
        }
    }
}

impl EventLoop {
    /// A turn inside of a script, which has the store.
    fn turn_aside(this: &mut Held<'_>, store: &mut Store) {
        this.listen();
        let mine = store.take_deliveries_of(|session| this.by_session.contains_key(&session));
        mine.into_iter().for_each(|delivery| this.inbox.put(delivery));
        let mut errands = std::mem::take(&mut this.errands);
        let desk = &mut Desk { engine: store, routes: &mut errands };
        this.take_mail(desk);
        this.resume_woken();
        this.admit(desk);
        Self::slice(this, desk);
        let mut gone = this.write();
        this.bury(&mut gone, desk);
        this.errands = errands;
    }

    /// Runs a command that may be a script, from inside of which others are served if it takes long. What was
    /// said before it is sent meanwhile.
    pub(super) fn run_aside(this: &mut Held<'_>, token: usize, desk: &mut Desk<'_>) {
        let event_loop = &mut **this;
        let Some(connection) = &mut event_loop.connections[token] else { return };
        let Some(input) = connection.input.take() else { return };
        let Some(argv) = input.decoder.last_command(&input.bytes) else { return };
        connection.running = true;
        let (session, resp) = (connection.session, connection.resp);
        let mut said = event_loop.spares.output();
        let mut sink = Encoder::new(resp, &mut said);
        let ran = MutexGuard::unlocked(this, || desk.engine.execute(session, &argv, &mut sink));
        drop(argv);
        let event_loop = &mut **this;
        event_loop.errands.run(desk);
        let Some(connection) = &mut event_loop.connections[token] else { return };
        connection.input = Some(input);
        connection.running = false;
        if std::mem::take(&mut connection.held) {
            connection.mark_ready(token, &mut event_loop.ready);
        }
        connection.blocked = super::answer(ran, &mut sink);
        if connection.output.is_empty() {
            std::mem::swap(&mut connection.output, &mut said);
        } else {
            connection.output.append(&mut said);
        }
        event_loop.spares.take_empty(said);
    }
}

/// What the store's owner is to be told of sessions that came and went inside of a script.
#[derive(Default)]
pub(super) struct Errands(HashMap<SessionId, Option<Arc<Inbox>>, foldhash::fast::RandomState>);

impl Errands {
    /// Whether there is nothing to tell.
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Tells.
    pub(super) fn run(&mut self, desk: &mut Desk<'_>) {
        for (session, inbox) in self.0.drain() {
            match inbox {
                Some(inbox) => desk.routes.address(session, &inbox),
                None => desk.routes.forget(session),
            }
        }
    }
}

impl Routes for Errands {
    fn address(&mut self, session: SessionId, inbox: &Arc<Inbox>) {
        self.0.insert(session, Some(Arc::clone(inbox)));
    }

    fn forget(&mut self, session: SessionId) {
        // Nobody need hear of who came and went.
        if self.0.remove(&session).is_none() {
            self.0.insert(session, None);
        }
    }

    /// What is for others than this server's connections is left for the script's end.
    fn post(&mut self, _: &mut Store) {}
}
