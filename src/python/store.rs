//! The engine behind its lock, and what goes on around a command: entering, posting what left the engine, waking.
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU64, AtomicUsize, Ordering};

use burner_engine::clock::{self, Clock};
use burner_engine::lua::ScriptKiller;
use burner_engine::{SessionId, Store as Engine};
use burner_server::{Routes, Still, SystemClock, inspect_process};
use parking_lot::{Mutex, MutexGuard};
use pyo3::exceptions::PyRuntimeError;
use pyo3::prelude::*;
use pyo3::types::{PyTuple, PyWeakrefReference};

use crate::clock::ManualClock;
use crate::fork;
use crate::host::Lobby;
use crate::listener::{self, Listener};
use crate::mail::{Mailbox, Reader, Watcher, running_loop};
use crate::post::{Mail, Post};
use crate::slots::GilCell;

/// What the lock guards: the engine, and whose mail goes where.
pub(crate) struct Core {
    /// The engine.
    pub(crate) engine: Engine,
    pub(crate) post: Post,
}

/// A call or client that went without being able to close what it held: finalizers never lock.
struct Abandoned {
    session: SessionId,
    mailbox: Option<Arc<Mailbox>>,
}

/// A store, as its clients, calls and wires share it.
pub(crate) struct Shared {
    pub(crate) core: Arc<Mutex<Core>>,
    /// For SCRIPT KILL, which cannot wait for the lock that the script holds.
    pub(crate) script_killer: ScriptKiller,
    abandoned: Mutex<Vec<Abandoned>>,
    /// Whether whoever takes the lock has to look first: something was abandoned, or a transaction is half-way.
    attention: AtomicBool,
    /// The client ID of the session whose transaction is half-way; 0 for none.
    half_way: AtomicU64,
    /// The event loop that is to go on with it, by its address.
    half_way_loop: AtomicUsize,
    /// The earliest time for which every watcher has a timer, in milliseconds since the Unix epoch.
    alarm_ms: AtomicI64,
    watchers: GilCell<Vec<Py<PyWeakrefReference>>>,
    /// Who found the lock taken; the one who took it wakes them.
    waits_for_lock: Mutex<Vec<Reader>>,
    /// What is between the servers' threads, which are not attached to the interpreter, and those who are.
    pub(crate) lobby: Lobby,
    /// Whether time only moves when a test moves it.
    pub(crate) manual_time: bool,
}

/// No timer is needed.
pub(crate) const NEVER: i64 = i64::MAX;

/// The lock, held.
pub(crate) type Held<'a> = MutexGuard<'a, Core>;

/// What left the engine: whom to wake.
#[must_use]
pub(crate) struct News {
    pub(crate) mail: Mail,
    pub(crate) alarm: Option<i64>,
}

impl Core {
    /// Opens a session whose deliveries go to this mailbox.
    pub(crate) fn address(&mut self, session: SessionId, mailbox: &Arc<Mailbox>) {
        self.post.address_mailbox(session, mailbox);
    }

    /// Takes a session's mailbox away; what comes for it from now on is given back.
    pub(crate) fn forget(&mut self, session: SessionId) {
        self.post.forget(session);
    }

    /// A blocked call is over without having heard its answer: it waits no longer, and what was taken for it goes
    /// back.
    pub(crate) fn give_up(&mut self, session: SessionId, mailbox: &Mailbox) {
        self.forget(session);
        self.engine.cancel(session);
        for letter in mailbox.empty() {
            letter.give_back(&mut self.engine);
        }
    }

    /// Puts what left the engine where it belongs, in order, while the lock is still held.
    fn post(&mut self, shared: &Shared) -> Option<News> {
        self.post.post(&mut self.engine);
        let mail = std::mem::take(&mut self.post.mail);
        let mut alarm = None;
        if !shared.manual_time
            && let Some(next) = self.engine.next_deadline()
            && next < shared.alarm_ms.load(Ordering::Relaxed)
        {
            shared.alarm_ms.store(next, Ordering::Relaxed);
            alarm = Some(next);
        }
        (!mail.is_empty() || alarm.is_some()).then_some(News { mail, alarm })
    }

    /// Whether [`Core::post`] could have anything to do.
    #[inline]
    fn is_quiet(&self, shared: &Shared) -> bool {
        !self.engine.has_deliveries() && (shared.manual_time || !self.engine.watches_time())
    }
}

impl Shared {
    fn new(clock: Option<clock::ManualClock>, seed: Option<u64>) -> Arc<Self> {
        let manual_time = clock.is_some();
        let clock: Box<dyn Clock> = match clock {
            Some(clock) => Box::new(clock),
            None => Box::new(SystemClock::new()),
        };
        let mut engine = Engine::new(clock, seed.unwrap_or_else(SystemClock::random_seed));
        engine.inspect_process_by(inspect_process);
        if seed.is_none() {
            engine.draw_secrets_from(|bytes| getrandom::fill(bytes).is_ok());
        }
        let core = Core { engine, post: Post::default() };
        let shared = Arc::new(Shared {
            script_killer: core.engine.script_killer(),
            core: Arc::new(Mutex::new(core)),
            abandoned: Mutex::default(),
            attention: AtomicBool::new(false),
            half_way: AtomicU64::new(0),
            half_way_loop: AtomicUsize::new(0),
            alarm_ms: AtomicI64::new(NEVER),
            watchers: GilCell::default(),
            waits_for_lock: Mutex::default(),
            lobby: Lobby::default(),
            manual_time,
        });
        fork::remember(&shared);
        shared
    }

    /// Takes the lock if it is free: nobody waits for it while attached.
    #[inline]
    pub(crate) fn enter(&self) -> Option<Held<'_>> {
        let Some(core) = self.core.try_lock() else { return self.enter_soon() };
        if self.attention.load(Ordering::Relaxed) {
            return self.look_first(core);
        }
        Some(core)
    }

    /// The same where the lock was just taken. A server's thread often has it for less than it would cost to come
    /// back later.
    #[cold]
    fn enter_soon(&self) -> Option<Held<'_>> {
        let core = self.lobby.soon(|| self.core.try_lock())?;
        self.look_first(core)
    }

    /// Takes its turn, if a server lets others go first; nothing if a transaction is half-way, which nobody may come
    /// between.
    #[cold]
    fn look_first<'a>(&self, mut core: Held<'a>) -> Option<Held<'a>> {
        if self.is_half_way() {
            return None;
        }
        self.tidy(&mut core);
        if self.lobby.take_turn() {
            self.attention.store(true, Ordering::Relaxed);
        }
        Some(core)
    }

    /// Closes what was abandoned, and runs a transaction that is half-way to its end.
    pub(crate) fn tidy(&self, core: &mut Core) {
        if !self.attention.swap(false, Ordering::Relaxed) {
            return;
        }
        core.engine.finish_exec();
        self.half_way.store(0, Ordering::Relaxed);
        let abandoned = std::mem::take(&mut *self.abandoned.lock());
        for Abandoned { session, mailbox } in abandoned {
            if let Some(mailbox) = mailbox {
                core.give_up(session, &mailbox);
            }
            core.forget(session);
            core.engine.close_session(session);
        }
    }

    /// Has whoever takes the lock next look first.
    pub(crate) fn call_attention(&self) {
        self.attention.store(true, Ordering::Relaxed);
    }

    /// A transaction that was half-way is over, or not half-way: the caller has the lock.
    pub(crate) fn end_half_way(&self) {
        self.half_way.store(0, Ordering::Relaxed);
    }

    /// Whether somebody is going to go on with a transaction.
    fn is_half_way(&self) -> bool {
        let client = self.half_way.load(Ordering::Relaxed);
        client != 0 && self.abandoned.lock().iter().all(|gone| gone.session.client != client)
    }

    /// Takes the lock, detaching while somebody else has it: for callers that cannot be suspended. A transaction
    /// that is half-way is run to its end for them.
    pub(crate) fn enter_waiting(&self, py: Python<'_>) -> Held<'_> {
        loop {
            if let Some(core) = self.enter() {
                return core;
            }
            if !self.finish_exec(py) {
                py.detach(|| drop(self.core.lock()));
            }
        }
    }

    /// Runs a transaction that is half-way to its end, if the lock is free.
    pub(crate) fn finish_exec(&self, py: Python<'_>) -> bool {
        let Some(mut core) = self.core.try_lock() else { return false };
        core.engine.finish_exec();
        self.end_exec(py, core);
        true
    }

    /// Does so if it is another event loop than the running one that would go on with it: that one may be blocked for
    /// long, or not run any more. Whether it did.
    pub(crate) fn finish_exec_of_other_loop(&self, py: Python<'_>) -> PyResult<bool> {
        Ok(self.is_half_way()
            && running_loop(py)?.as_ptr() as usize != self.half_way_loop.load(Ordering::Relaxed)
            && self.finish_exec(py))
    }

    /// Takes the lock to go on with a session's EXEC; nothing if that is over, somebody else having finished it.
    pub(crate) fn enter_exec(&self, py: Python<'_>, session: SessionId) -> Option<Held<'_>> {
        while self.half_way.load(Ordering::Relaxed) == session.client {
            if let Some(core) = self.core.try_lock() {
                return (core.engine.half_run_exec() == Some(session)).then_some(core);
            }
            py.detach(|| drop(self.core.lock()));
        }
        None
    }

    /// Releases the lock between two commands of a transaction: everybody else finds the store busy.
    pub(crate) fn pause_exec(&self, py: Python<'_>, core: Held<'_>) {
        let event_loop = running_loop(py).map_or(0, |event_loop| event_loop.as_ptr() as usize);
        self.half_way_loop.store(event_loop, Ordering::Relaxed);
        let client = core.engine.half_run_exec().map_or(0, |session| session.client);
        self.half_way.store(client, Ordering::Relaxed);
        self.attention.store(true, Ordering::Relaxed);
        drop(core);
    }

    /// Releases the lock after the last command of a transaction that had paused, and wakes who waited for that.
    pub(crate) fn end_exec(&self, py: Python<'_>, core: Held<'_>) {
        self.half_way.store(0, Ordering::Relaxed);
        self.leave(py, core);
        // What was abandoned meanwhile could not be closed.
        if let Some(core) = self.enter() {
            self.leave(py, core);
        }
        self.wake_waiting(py);
    }

    /// Releases the lock, and tells those whom this unit concerns.
    #[inline]
    pub(crate) fn leave(&self, py: Python<'_>, mut core: Held<'_>) {
        if core.is_quiet(self) {
            return;
        }
        let news = core.post(self);
        drop(core);
        if let Some(news) = news {
            self.tell(py, news);
        }
    }

    #[cold]
    pub(crate) fn tell(&self, py: Python<'_>, news: News) {
        for mailbox in news.mail {
            if let Some(session) = mailbox.wake(py) {
                self.abandon(session, Some(mailbox));
            }
        }
        // What a call in a closed loop got goes back at once, for others may wait for it.
        if self.attention.load(Ordering::Relaxed)
            && let Some(core) = self.enter()
        {
            self.leave(py, core);
        }
        if let Some(at_ms) = news.alarm {
            for watcher in self.live_watchers(py) {
                watcher.get().set_alarm(&watcher, at_ms);
            }
            self.lobby.look_at_clock();
        }
    }

    /// Runs `work` under the lock with the interpreter free for other threads; `then` makes of its result what is
    /// handed on, attached again and before the lock is released.
    pub(crate) fn detached<T: Send, U>(
        &self,
        py: Python<'_>,
        mut core: Held<'_>,
        work: impl FnOnce(&mut Engine) -> T + Send,
        then: impl FnOnce(&mut Held<'_>, T) -> U,
    ) -> U {
        let engine = &mut core.engine;
        let result = py.detach(|| work(engine));
        let result = then(&mut core, result);
        self.leave(py, core);
        self.wake_waiting(py);
        result
    }

    /// Wakes who found the store busy.
    pub(crate) fn wake_waiting(&self, py: Python<'_>) {
        // Waking runs Python code, during which nobody may be kept from queueing.
        let waiting = std::mem::take(&mut *self.waits_for_lock.lock());
        self.lobby.set_waiting(0);
        for reader in waiting {
            reader.wake(py);
        }
    }

    /// Has `reader` woken when the store is no longer busy; false when it is not by now.
    pub(crate) fn queue_for_lock(&self, reader: Reader) -> bool {
        let count = {
            let mut waiting = self.waits_for_lock.lock();
            waiting.push(reader);
            waiting.len()
        };
        // Before the look at the lock: a server's thread looks in the other order.
        self.lobby.set_waiting(count);
        self.core.is_locked() || self.is_half_way()
    }

    /// Leaves a session to be closed by the next command, with what its mailbox holds given back.
    pub(crate) fn abandon(&self, session: SessionId, mailbox: Option<Arc<Mailbox>>) {
        self.abandoned.lock().push(Abandoned { session, mailbox });
        self.attention.store(true, Ordering::Relaxed);
    }

    /// Lets time have its way.
    pub(crate) fn tick(&self, py: Python<'_>, mut core: Held<'_>) {
        self.alarm_ms.store(NEVER, Ordering::Relaxed);
        core.engine.tick();
        self.leave(py, core);
    }

    /// The system's time, in milliseconds since the Unix epoch.
    pub(crate) fn now_ms() -> i64 {
        SystemClock::new().now_us() / 1000
    }

    /// When the next timer is due, in milliseconds since the Unix epoch.
    pub(crate) fn alarm_ms(&self) -> i64 {
        self.alarm_ms.load(Ordering::Relaxed)
    }

    pub(crate) fn live_watchers<'py>(&self, py: Python<'py>) -> Vec<Bound<'py, Watcher>> {
        let known = self.watchers.take(py);
        let alive = |weak: &Py<PyWeakrefReference>| -> Option<Bound<'py, Watcher>> {
            use pyo3::types::PyWeakrefMethods;
            weak.bind(py).upgrade_as::<Watcher>().ok().flatten()
        };
        let (mut kept, mut watchers) = (Vec::with_capacity(known.len()), Vec::with_capacity(known.len()));
        for weak in known {
            if let Some(watcher) = alive(&weak) {
                watchers.push(watcher);
                kept.push(weak);
            }
        }
        self.watchers.set(py, kept);
        watchers
    }

    /// The watcher of this loop, made if there is none.
    pub(crate) fn watcher<'py>(
        self: &Arc<Self>,
        event_loop: &Bound<'py, PyAny>,
    ) -> PyResult<Bound<'py, Watcher>> {
        let py = event_loop.py();
        if let Some(watcher) =
            self.live_watchers(py).into_iter().find(|watcher| watcher.get().is_of(event_loop))
        {
            watcher.get().prick_up(&watcher, event_loop, self)?;
            return Ok(watcher);
        }
        let watcher = Bound::new(py, Watcher::new(Arc::downgrade(self), event_loop))?;
        watcher.get().prick_up(&watcher, event_loop, self)?;
        let weak = PyWeakrefReference::new(watcher.as_any())?.unbind();
        let mut watchers = self.watchers.take(py);
        watchers.push(weak);
        self.watchers.set(py, watchers);
        Ok(watcher)
    }

    /// In a forked child: nobody is left who waits or listens.
    pub(crate) fn in_child(&self, py: Python<'_>, core: &mut Core, still: Vec<Still>) {
        self.lobby.in_child(still);
        for session in core.post.drain() {
            core.engine.cancel(session);
            core.engine.close_session(session);
        }
        core.engine.forget_listeners();
        self.watchers.take(py);
        self.alarm_ms.store(NEVER, Ordering::Relaxed);
        self.waits_for_lock.lock().clear();
    }
}

impl Drop for Shared {
    fn drop(&mut self) {
        self.end_servers();
    }
}

/// A whole Redis server.
#[pyclass(module = "burner_redis", frozen, weakref)]
pub(crate) struct Store {
    /// What clients share of it.
    pub(crate) shared: Arc<Shared>,
    clock: Option<Py<ManualClock>>,
}

#[pymethods]
impl Store {
    #[new]
    #[pyo3(signature = (*, clock = None, seed = None))]
    fn new(py: Python<'_>, clock: Option<Py<ManualClock>>, seed: Option<u64>) -> Self {
        let hands = clock.as_ref().map(|clock| clock.bind(py).get().0.clone());
        Store { shared: Shared::new(hands, seed), clock }
    }

    #[getter]
    fn clock(&self, py: Python<'_>) -> Option<Py<ManualClock>> {
        self.clock.as_ref().map(|clock| clock.clone_ref(py))
    }

    fn advance(&self, py: Python<'_>, seconds: f64) -> PyResult<()> {
        let Some(clock) = &self.clock else {
            return Err(PyRuntimeError::new_err(
                "this store is on the system's clock; give it a ManualClock to move",
            ));
        };
        clock.bind(py).get().advance(seconds)?;
        self.tick(py);
        Ok(())
    }

    fn tick(&self, py: Python<'_>) {
        self.shared.tick(py, self.shared.enter_waiting(py));
    }

    fn sessions(&self, py: Python<'_>) -> usize {
        self.shared.enter_waiting(py).engine.session_count()
    }

    #[pyo3(signature = (*addresses, unix_permissions = None))]
    fn listen(
        slf: &Bound<'_, Self>,
        addresses: &Bound<'_, PyTuple>,
        unix_permissions: Option<u32>,
    ) -> PyResult<Listener> {
        listener::listen(slf, addresses, unix_permissions)
    }
}
