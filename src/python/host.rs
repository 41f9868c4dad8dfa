//! The store as a server's thread meets it, and how the two sides let each other live.
//!
//! A server's thread is never attached to the interpreter. It may wait for the store's lock, which Python code never
//! does; it has it for slices of commands of about a tenth of a millisecond. A Python call that finds the lock taken
//! tries again for a few microseconds and then sleeps on a future of its loop, as behind a script on another thread.
//! The server's thread then rings that loop's [`Bell`] when its slice is over, and lets it go first ([`Manners`]): it
//! does not take the lock again before the call had its turn, or a short while is over, for the loop may have other
//! things to do.
use std::sync::atomic::{AtomicUsize, Ordering, fence};
use std::sync::{Arc, Weak};
use std::time::{Duration, Instant};

use burner_server::{Desk, Host, Server, Still};
use parking_lot::{Condvar, Mutex};
use pyo3::prelude::*;
use smallvec::SmallVec;

use crate::bell::Bell;
use crate::post::Mail;
use crate::store::{Core, Held, News, Shared};

/// How long a call goes on trying to take the lock before it sleeps: what a sleep would cost.
const SPIN: Duration = Duration::from_micros(4);
/// How long a server's thread leaves the lock to a loop that it woke: what waking one takes.
const STAND_BACK: Duration = Duration::from_micros(100);
/// How long at most, where loops were too slow for that.
const LONGEST_STAND_BACK: Duration = Duration::from_millis(3);
/// For how many times as long it does not stand back after it did so in vain.
const WORK_AFTER: u32 = 4;
/// How long whoever ends a server waits for a command that does not end.
const PATIENCE: Duration = Duration::from_secs(2);

#[allow(clippy::disallowed_methods, reason = "manners are about real time, whatever the store's clock says")]
fn now() -> Instant {
    Instant::now()
}

/// What is between the servers' threads and those who are attached to the interpreter.
#[derive(Default)]
pub(crate) struct Lobby {
    /// How many servers listen, or are about to.
    listening: AtomicUsize,
    servers: Mutex<Vec<Arc<Mutex<Server>>>>,
    /// The bells of the loops that sleep at this store.
    bells: Mutex<Vec<Weak<Bell>>>,
    /// Mailboxes that servers' threads put something into.
    unheard: Mutex<Mail>,
    /// How many found the store busy and sleep.
    waiting: AtomicUsize,
    /// How many of them go before a server's thread takes the lock again.
    owed: AtomicUsize,
    /// The servers' threads' own.
    manners: Mutex<Manners>,
    turn_taken: Condvar,
}

/// How long a server's thread lets loops go first.
///
/// A loop that has other things to do costs it at most a fifth of its time. One that is slow to wake, because the
/// machine has more to do than it can, is given longer each time, so that it has its turn in the end.
struct Manners {
    /// Until when, if it is to.
    until: Option<Instant>,
    /// How long it stands back the next time.
    patience: Duration,
    /// When that is at the earliest.
    next: Option<Instant>,
}

impl Default for Manners {
    fn default() -> Self {
        Manners { until: None, patience: STAND_BACK, next: None }
    }
}

impl Manners {
    /// Somebody waits; whether it is to stand back for them.
    fn begin(&mut self) -> bool {
        let now = now();
        if self.next.is_some_and(|next| now < next) {
            return false;
        }
        self.until = Some(now + self.patience);
        true
    }

    /// They had their turn, or not in time.
    fn end(&mut self, had_turn: bool) {
        if had_turn {
            *self = Manners { patience: STAND_BACK.max(self.patience / 2), ..Manners::default() };
        } else {
            self.next = Some(now() + self.patience * WORK_AFTER);
            self.patience = LONGEST_STAND_BACK.min(self.patience * 2);
        }
    }
}

type Bells = SmallVec<[Arc<Bell>; 2]>;

impl Lobby {
    /// Whether a server listens.
    pub(crate) fn is_listening(&self) -> bool {
        self.listening.load(Ordering::SeqCst) > 0
    }

    /// A server is about to listen: who falls asleep from now on has a bell.
    pub(crate) fn open(&self) {
        self.listening.fetch_add(1, Ordering::SeqCst);
    }

    /// A server does not listen any more; the last one's end is told to the loops, that they need no bell.
    pub(crate) fn shut(&self) {
        if self.listening.fetch_sub(1, Ordering::SeqCst) == 1 {
            self.bells().iter().for_each(|bell| bell.ring());
        }
    }

    /// Keeps a server that listens.
    pub(crate) fn keep(&self, server: &Arc<Mutex<Server>>) {
        self.servers.lock().push(Arc::clone(server));
    }

    /// Closes a server that was kept, waiting until it is closed; whether somebody else had done so. Not while
    /// attached.
    pub(crate) fn close(&self, server: &Arc<Mutex<Server>>) -> bool {
        let known = {
            let mut servers = self.servers.lock();
            let before = servers.len();
            servers.retain(|kept| !Arc::ptr_eq(kept, server));
            servers.len() < before
        };
        server.lock().close();
        if known {
            self.shut();
        }
        known
    }

    /// Whether a server is kept that was not closed.
    pub(crate) fn keeps(&self, server: &Arc<Mutex<Server>>) -> bool {
        self.servers.lock().iter().any(|kept| Arc::ptr_eq(kept, server))
    }

    /// Before a fork, and before the store's lock is taken for that: no server's thread is half-way in anything.
    pub(crate) fn still(&self) -> Vec<Still> {
        let servers: Vec<_> = self.servers.lock().clone();
        servers.iter().map(|server| server.lock().still()).collect()
    }

    /// In a forked child: there is no server.
    pub(crate) fn in_child(&self, still: Vec<Still>) {
        for (server, still) in std::mem::take(&mut *self.servers.lock()).into_iter().zip(still) {
            server.lock().abandon_after_fork(still);
        }
        self.bells.lock().clear();
        self.unheard.lock().clear();
        self.listening.store(0, Ordering::SeqCst);
        self.owed.store(0, Ordering::SeqCst);
        self.set_waiting(0);
    }

    /// Has the servers' threads look at the time of the store's next deadline, which is another by now.
    pub(crate) fn look_at_clock(&self) {
        if self.is_listening() {
            let servers: Vec<_> = self.servers.lock().clone();
            servers.iter().filter_map(|server| server.try_lock()).for_each(|server| server.look_at_clock());
        }
    }

    /// Adds the bell of a loop.
    pub(crate) fn add_bell(&self, bell: &Arc<Bell>) {
        let mut bells = self.bells.lock();
        bells.retain(|bell| bell.strong_count() > 0);
        bells.push(Arc::downgrade(bell));
    }

    fn bells(&self) -> Bells {
        self.bells.lock().iter().filter_map(Weak::upgrade).collect()
    }

    /// Says how many wait for the lock. Whoever looks at the lock after this, and finds it taken, is woken.
    pub(crate) fn set_waiting(&self, count: usize) {
        self.waiting.store(count, Ordering::SeqCst);
        fence(Ordering::SeqCst);
    }

    /// Tries to do what fails while a server's thread has the lock, as long as that is cheaper than a sleep.
    pub(crate) fn soon<T>(&self, attempt: impl Fn() -> Option<T>) -> Option<T> {
        if !self.is_listening() {
            return None;
        }
        let began = now();
        while began.elapsed() < SPIN {
            (0..8).for_each(|_| std::hint::spin_loop());
            if let Some(done) = attempt() {
                return Some(done);
            }
        }
        None
    }

    /// One of those whom a server's thread lets go first has the lock; whether there are others.
    pub(crate) fn take_turn(&self) -> bool {
        let taken = self.owed.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |owed| owed.checked_sub(1));
        if taken == Ok(1) {
            self.turn_taken.notify_all();
        }
        taken.is_ok_and(|owed| owed > 1)
    }

    /// Lets those go first who wait for it.
    fn stand_back(&self) {
        if self.owed.load(Ordering::SeqCst) == 0 {
            return;
        }
        let mut manners = self.manners.lock();
        if let Some(deadline) = manners.until.take() {
            while self.owed.load(Ordering::SeqCst) > 0 {
                if self.turn_taken.wait_until(&mut manners, deadline).timed_out() {
                    break;
                }
            }
            manners.end(self.owed.load(Ordering::SeqCst) == 0);
        }
        self.owed.store(0, Ordering::SeqCst);
    }

    /// Puts down what loops are to hear of, behind the store's lock; the bells to ring after its release.
    fn put_down(&self, mail: Mail) -> Bells {
        let waiting = self.waiting.load(Ordering::SeqCst);
        if mail.is_empty() && waiting == 0 {
            return Bells::new();
        }
        self.unheard.lock().extend(mail);
        let bells = self.bells();
        if !bells.is_empty() && waiting > 0 && self.manners.lock().begin() {
            self.owed.store(waiting, Ordering::SeqCst);
        }
        bells
    }
}

impl Shared {
    /// Ends all servers, for whose sake nobody is there any more.
    pub(crate) fn end_servers(&self) {
        for server in std::mem::take(&mut *self.lobby.servers.lock()) {
            // If no script runs, or none that can be ended, nothing can be done about it.
            server.lock().close_within(PATIENCE, || _ = self.script_killer.kill());
            self.lobby.shut();
        }
    }

    /// In an event loop whose bell rang: tells those who sleep.
    pub(crate) fn hear(&self, py: Python<'_>) {
        let mail = std::mem::take(&mut *self.lobby.unheard.lock());
        self.tell(py, News { mail, alarm: None });
        // Whoever has the lock by now rings again, or wakes them himself.
        if !self.core.is_locked() {
            self.wake_waiting(py);
        }
    }

    /// Releases the lock in a thread that is not attached, and has the loops woken that this unit concerns.
    fn leave_detached(&self, core: Held<'_>) {
        let ring = |mut core: Held<'_>| {
            let bells = self.lobby.put_down(std::mem::take(&mut core.post.mail));
            if self.lobby.owed.load(Ordering::SeqCst) > 0 {
                self.call_attention();
            }
            drop(core);
            bells.iter().for_each(|bell| bell.ring());
            !bells.is_empty()
        };
        if !ring(core) {
            // Who began to wait after the look at it, and before the release, found the lock taken.
            fence(Ordering::SeqCst);
            if self.lobby.waiting.load(Ordering::SeqCst) > 0 {
                ring(self.core.lock());
            }
        }
    }
}

/// A store as its servers know it: it goes when nobody uses it but they.
pub(crate) struct Guest {
    core: Arc<Mutex<Core>>,
    shared: Weak<Shared>,
}

impl Guest {
    /// What a server of this store is given.
    pub(crate) fn of(shared: &Arc<Shared>) -> Arc<Self> {
        Arc::new(Guest { core: Arc::clone(&shared.core), shared: Arc::downgrade(shared) })
    }
}

impl Host for Guest {
    fn enter(&self, work: &mut dyn FnMut(&mut Desk<'_>)) {
        if let Some(shared) = self.shared.upgrade() {
            shared.lobby.stand_back();
        }
        let mut core = self.core.lock();
        if let Some(shared) = self.shared.upgrade() {
            shared.tidy(&mut core);
        }
        // Nothing keeps the store in use meanwhile: what runs may be a script without end, which ends with it.
        {
            let Core { engine, post } = &mut *core;
            let mut desk = Desk { engine, routes: post };
            work(&mut desk);
            desk.post();
        }
        if let Some(shared) = self.shared.upgrade() {
            shared.leave_detached(core);
        }
    }
}
