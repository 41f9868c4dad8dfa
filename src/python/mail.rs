//! Waiting: mailboxes that the engine's deliveries go to, futures that readers sleep on, a watcher of time for each
//! event loop.
use std::collections::{HashMap, VecDeque};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Weak};

use burner_engine::blocking::Undo;
use burner_engine::push::Push;
use burner_engine::{Delivery, Reply, Result, SessionId, Store as Engine};
use parking_lot::Mutex;
use pyo3::exceptions::{PyAttributeError, PyNotImplementedError, PyRuntimeError};
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyWeakrefMethods, PyWeakrefReference};
use pyo3::{PyTraverseError, PyVisit, intern};

use crate::bell::Ear;
use crate::slots::{GilCell, Obj};
use crate::store::{NEVER, Shared};
use crate::wire;

/// What left the engine for a session.
pub(crate) enum Letter {
    /// A blocked command's answer.
    Answer {
        /// The answer.
        answer: Result<Reply>,
        /// How to put back what it took.
        undo: Option<Undo>,
    },
    /// What it gets without asking.
    Push(Arc<Push>),
    /// The session was closed by another.
    Closed,
}

impl Letter {
    /// Nobody is there to read it: what was taken for it goes back.
    pub(crate) fn give_back(self, engine: &mut Engine) {
        if let Letter::Answer { undo: Some(undo), .. } = self {
            engine.give_back(undo);
        }
    }
}

impl From<Delivery> for Letter {
    fn from(delivery: Delivery) -> Self {
        match delivery {
            Delivery::Woken { answer, undo, .. } => Letter::Answer { answer, undo },
            Delivery::Push { push, .. } => Letter::Push(push),
            Delivery::Closed { .. } => Letter::Closed,
        }
    }
}

/// Who is to be told that there is mail.
pub(crate) enum Reader {
    /// A future of some event loop; weakly, for whoever sleeps on it may be gone.
    Future(Py<PyWeakrefReference>),
    /// A wire.
    Wire(Weak<wire::End>),
    /// A watcher that found the lock taken.
    Watcher(Py<PyWeakrefReference>),
}

impl Reader {
    /// The reader behind a future.
    pub(crate) fn future(future: &Bound<'_, PyAny>) -> PyResult<Self> {
        Ok(Reader::Future(PyWeakrefReference::new(future)?.unbind()))
    }

    /// Tells it; false when nobody will ever hear, because the event loop was closed underneath.
    pub(crate) fn wake(self, py: Python<'_>) -> bool {
        match self {
            Reader::Future(weak) => {
                return weak.bind(py).upgrade().is_none_or(|future| wake_future(&future));
            }
            Reader::Wire(end) => {
                if let Some(end) = end.upgrade() {
                    wire::pump(py, &end);
                }
            }
            Reader::Watcher(weak) => {
                if let Ok(Some(watcher)) = weak.bind(py).upgrade_as::<Watcher>() {
                    Watcher::__call__(&watcher);
                }
            }
        }
        true
    }
}

/// The deliveries of one session, in order, until its reader comes.
#[derive(Default)]
pub(crate) struct Mailbox {
    /// The session of a blocked call, whose one answer is all that it is for.
    call: Option<SessionId>,
    letters: Mutex<VecDeque<Letter>>,
    /// Whether its reader is about to be told.
    told: AtomicBool,
    reader: GilCell<Option<Reader>>,
}

impl Mailbox {
    /// A mailbox for the one answer that a session's blocked call gets.
    pub(crate) fn of_call(session: SessionId) -> Self {
        Mailbox { call: Some(session), ..Mailbox::default() }
    }

    /// Whether this letter is the last that it is for.
    pub(crate) fn ends_with(&self, letter: &Letter) -> bool {
        self.call.is_some() && !matches!(letter, Letter::Push(_))
    }

    /// Puts a letter in; whether the reader is still to be told.
    pub(crate) fn put(&self, letter: Letter) -> bool {
        self.letters.lock().push_back(letter);
        !self.told.swap(true, Ordering::Relaxed)
    }

    /// The next letter.
    pub(crate) fn take(&self) -> Option<Letter> {
        self.letters.lock().pop_front()
    }

    /// All letters.
    pub(crate) fn empty(&self) -> VecDeque<Letter> {
        std::mem::take(&mut *self.letters.lock())
    }

    /// How many letters wait.
    pub(crate) fn len(&self) -> usize {
        self.letters.lock().len()
    }

    /// Who is to be told of the next letter.
    pub(crate) fn set_reader(&self, py: Python<'_>, reader: Option<Reader>) {
        self.reader.set(py, reader);
    }

    /// Tells the reader. A wire's stays; a future is told once. The session of a call that cannot hear any more, for
    /// what it got to be given back.
    pub(crate) fn wake(&self, py: Python<'_>) -> Option<SessionId> {
        self.told.store(false, Ordering::Relaxed);
        let reader = self.reader.take(py)?;
        if let Reader::Wire(end) = &reader {
            self.reader.set(py, Some(Reader::Wire(Weak::clone(end))));
        }
        if reader.wake(py) { None } else { self.call }
    }
}

/// The event loop that runs in this thread; a `RuntimeError` without one.
pub(crate) fn running_loop(py: Python<'_>) -> PyResult<Bound<'_, PyAny>> {
    static GET: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
    let get = GET.get_or_try_init(py, || {
        py.import("asyncio.events")?.getattr("_get_running_loop").map(Bound::unbind)
    })?;
    get.bind(py).call0()
}

/// Sets a future's result, in its own loop's thread.
#[pyfunction]
pub(crate) fn settle(future: &Bound<'_, PyAny>) -> PyResult<()> {
    let py = future.py();
    if !future.call_method0(intern!(py, "done"))?.is_truthy()? {
        future.call_method1(intern!(py, "set_result"), (py.None(),))?;
    }
    Ok(())
}

/// Wakes whoever sleeps on a future, whichever loop it belongs to; false when that loop was closed.
pub(crate) fn wake_future(future: &Bound<'_, PyAny>) -> bool {
    static SETTLE: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
    let py = future.py();
    let attempt = || -> PyResult<()> {
        let event_loop = future.call_method0(intern!(py, "get_loop"))?;
        if running_loop(py)?.is(&event_loop) {
            return settle(future);
        }
        let of_loop = SETTLE.get_or_try_init(py, || {
            Ok::<_, PyErr>(pyo3::wrap_pyfunction!(settle, py)?.into_any().unbind())
        })?;
        event_loop.call_method1(intern!(py, "call_soon_threadsafe"), (of_loop.bind(py), future))?;
        Ok(())
    };
    match attempt() {
        Err(error) if error.is_instance_of::<PyRuntimeError>(py) => false,
        Err(error) => {
            error.write_unraisable(py, Some(future));
            true
        }
        Ok(()) => true,
    }
}

/// One event loop's eye on the time of one store, and while that listens its ear for what servers' threads did there.
///
/// It holds the futures that sleep there, and is itself held by its timer in the loop: so they live as long as the
/// loop does, as readers of a socket would, and go with it. While the store listens the loop holds it as the reader of
/// its wake descriptor.
#[pyclass(module = "burner_redis._native", frozen, weakref)]
pub(crate) struct Watcher {
    store: Weak<Shared>,
    state: Mutex<Watch>,
}

struct Watch {
    event_loop: Option<Py<PyAny>>,
    sleeping: HashMap<usize, Py<PyAny>>,
    timer: Option<Py<PyAny>>,
    timer_ms: i64,
    ear: Option<Ear>,
}

/// Has a loop call something in its own thread.
fn call_soon<'py>(event_loop: &Bound<'py, PyAny>, call: impl pyo3::call::PyCallArgs<'py>) -> PyResult<()> {
    event_loop.call_method1(intern!(event_loop.py(), "call_soon_threadsafe"), call).map(drop)
}

/// How long a timer runs that only holds what sleeps, in seconds.
const HOLD_SECONDS: f64 = 60.0;

impl Watcher {
    pub(crate) fn new(store: Weak<Shared>, event_loop: &Bound<'_, PyAny>) -> Self {
        let event_loop = Some(event_loop.clone().unbind());
        let watch = Watch { event_loop, sleeping: HashMap::new(), timer: None, timer_ms: NEVER, ear: None };
        Watcher { store, state: Mutex::new(watch) }
    }

    /// Whether it watches for this loop.
    pub(crate) fn is_of(&self, event_loop: &Bound<'_, PyAny>) -> bool {
        self.state.lock().event_loop.as_ref().is_some_and(|own| own.is(event_loop))
    }

    fn event_loop<'py>(&self, py: Python<'py>) -> Option<Bound<'py, PyAny>> {
        self.state.lock().event_loop.as_ref().map(|own| own.bind(py).clone())
    }

    /// Has a timer of its loop run out at this time or before; from any thread.
    pub(crate) fn set_alarm(&self, this: &Bound<'_, Self>, at_ms: i64) {
        let there = |event_loop: &Bound<'_, PyAny>| {
            let arm = this.getattr(intern!(this.py(), "_arm"))?;
            call_soon(event_loop, (arm, at_ms))
        };
        Self::in_its_thread(this, |event_loop| self.arm(this, event_loop, at_ms), there);
    }

    /// Has its loop wait for the bell, as [`Watcher::prick_up`]; from any thread.
    pub(crate) fn prick_up_soon(this: &Bound<'_, Self>) {
        let there = |event_loop: &Bound<'_, PyAny>| {
            let prick_up = this.getattr(intern!(this.py(), "_prick_up"))?;
            call_soon(event_loop, (prick_up,))
        };
        Self::in_its_thread(this, |_| Self::_prick_up(this), there);
    }

    /// Does something `here` if its loop runs in this thread, and has it done `there` otherwise.
    fn in_its_thread<'py>(
        this: &Bound<'py, Self>,
        here: impl FnOnce(&Bound<'py, PyAny>) -> PyResult<()>,
        there: impl FnOnce(&Bound<'py, PyAny>) -> PyResult<()>,
    ) {
        let py = this.py();
        let attempt = || -> PyResult<()> {
            let Some(event_loop) = this.get().event_loop(py) else { return Ok(()) };
            if running_loop(py)?.is(&event_loop) { here(&event_loop) } else { there(&event_loop) }
        };
        // A closed loop has no timers and no readers, and nobody left who would need one.
        if let Err(error) = attempt()
            && !error.is_instance_of::<PyRuntimeError>(py)
        {
            error.write_unraisable(py, Some(this));
        }
    }

    /// Has its loop wait for the bell that servers' threads ring, while the store listens; in the loop's own thread.
    /// A `RuntimeError` if the loop is of a kind that cannot.
    pub(crate) fn prick_up(
        &self,
        this: &Bound<'_, Self>,
        event_loop: &Bound<'_, PyAny>,
        store: &Shared,
    ) -> PyResult<()> {
        if !store.lobby.is_listening() || self.state.lock().ear.is_some() {
            return Ok(());
        }
        let py = this.py();
        let ear = Ear::new()?;
        let hear = this.getattr(intern!(py, "_hear"))?;
        event_loop.call_method1(intern!(py, "add_reader"), (ear.descriptor(), hear)).map_err(|error| {
            let cannot = error.is_instance_of::<PyNotImplementedError>(py)
                || error.is_instance_of::<PyAttributeError>(py);
            if !cannot {
                return error;
            }
            let told = PyRuntimeError::new_err(
                "the store listens, and this event loop has no add_reader() by which a socket's client could wake \
                 what waits in it: use asyncio's selector loop or uvloop",
            );
            told.set_cause(py, Some(error));
            told
        })?;
        store.lobby.add_bell(ear.bell());
        // There may be mail that nobody could hear of before.
        ear.bell().ring();
        self.state.lock().ear = Some(ear);
        Ok(())
    }

    /// The store does not listen any more: the loop waits for no bell.
    fn turn_deaf(&self, py: Python<'_>) -> PyResult<()> {
        let event_loop = self.event_loop(py);
        let ear = self.state.lock().ear.take();
        if let (Some(ear), Some(event_loop)) = (ear, event_loop) {
            event_loop.call_method1(intern!(py, "remove_reader"), (ear.descriptor(),))?;
        }
        Ok(())
    }

    /// Starts the timer, in the loop's own thread, unless one runs that is early enough.
    fn arm(&self, this: &Bound<'_, Self>, event_loop: &Bound<'_, PyAny>, at_ms: i64) -> PyResult<()> {
        let py = this.py();
        let before = {
            let mut state = self.state.lock();
            if state.sleeping.is_empty() || (state.timer.is_some() && state.timer_ms <= at_ms) {
                return Ok(());
            }
            state.timer_ms = at_ms;
            state.timer.take()
        };
        if let Some(before) = before {
            before.bind(py).call_method0(intern!(py, "cancel"))?;
        }
        let now_ms = Shared::now_ms();
        let seconds = if at_ms == NEVER {
            HOLD_SECONDS
        } else {
            (at_ms.saturating_sub(now_ms).max(0) as f64 / 1e3).min(HOLD_SECONDS)
        };
        let timer = event_loop.call_method1(intern!(py, "call_later"), (seconds, this))?;
        self.state.lock().timer = Some(timer.unbind());
        Ok(())
    }

    /// Lets a future sleep here.
    fn hold(
        this: &Bound<'_, Self>,
        event_loop: &Bound<'_, PyAny>,
        future: &Bound<'_, PyAny>,
    ) -> PyResult<()> {
        let watcher = this.get();
        watcher.state.lock().sleeping.insert(future.as_ptr() as usize, future.clone().unbind());
        let at_ms = watcher.store.upgrade().map_or(NEVER, |store| store.alarm_ms());
        watcher.arm(this, event_loop, at_ms)
    }

    /// The future's sleep is over. The timer stays for the next one: most come soon, and to make and cancel a timer for
    /// each takes a fifth of the time from one to the next.
    fn release(&self, future: &Bound<'_, PyAny>) {
        let gone = self.state.lock().sleeping.remove(&(future.as_ptr() as usize));
        drop(gone);
    }
}

#[pymethods]
impl Watcher {
    /// The timer ran out.
    fn __call__(slf: &Bound<'_, Self>) {
        let (py, this) = (slf.py(), slf.get());
        {
            let mut state = this.state.lock();
            state.timer = None;
            state.timer_ms = NEVER;
        }
        let Some(store) = this.store.upgrade() else { return };
        if this.state.lock().sleeping.is_empty() {
            return;
        }
        if let Err(error) = store.finish_exec_of_other_loop(py) {
            error.write_unraisable(py, Some(slf));
        }
        match store.enter() {
            Some(core) => store.tick(py, core),
            None => {
                if let Ok(weak) = PyWeakrefReference::new(slf.as_any())
                    && !store.queue_for_lock(Reader::Watcher(weak.unbind()))
                {
                    store.tick(py, store.enter_waiting(py));
                }
            }
        }
        this.set_alarm(slf, store.alarm_ms());
    }

    /// Starts the timer; called in the loop's thread.
    fn _arm(slf: &Bound<'_, Self>, at_ms: i64) -> PyResult<()> {
        match slf.get().event_loop(slf.py()) {
            Some(event_loop) => slf.get().arm(slf, &event_loop, at_ms),
            None => Ok(()),
        }
    }

    /// Has the loop wait for its bell; called in the loop's thread.
    fn _prick_up(slf: &Bound<'_, Self>) -> PyResult<()> {
        let (py, this) = (slf.py(), slf.get());
        let (Some(store), Some(event_loop)) = (this.store.upgrade(), this.event_loop(py)) else {
            return Ok(());
        };
        if this.prick_up(slf, &event_loop, &store).is_err() {
            // Who sleeps would never be woken: each tries to sleep again, and fails with what is the matter.
            let sleeping: Vec<_> =
                this.state.lock().sleeping.values().map(|future| future.clone_ref(py)).collect();
            return sleeping.iter().try_for_each(|future| settle(future.bind(py)));
        }
        Ok(())
    }

    /// The bell rang.
    fn _hear(slf: &Bound<'_, Self>) -> PyResult<()> {
        let (py, this) = (slf.py(), slf.get());
        if let Some(ear) = &this.state.lock().ear {
            ear.hear();
        }
        let store = this.store.upgrade();
        if let Some(store) = &store {
            store.hear(py);
        }
        if store.is_some_and(|store| store.lobby.is_listening()) { Ok(()) } else { this.turn_deaf(py) }
    }

    #[allow(clippy::needless_pass_by_value, reason = "PyO3 gives `__traverse__` its visitor away")]
    fn __traverse__(&self, visit: PyVisit<'_>) -> std::result::Result<(), PyTraverseError> {
        // Whoever holds the lock runs no Python meanwhile, so the collector never finds it taken in earnest.
        if let Some(state) = self.state.try_lock() {
            visit.call(&state.event_loop)?;
            visit.call(&state.timer)?;
            state.sleeping.values().try_for_each(|future| visit.call(future))?;
        }
        Ok(())
    }

    fn __clear__(&self) {
        let (event_loop, timer, sleeping) = {
            let mut state = self.state.lock();
            (state.event_loop.take(), state.timer.take(), std::mem::take(&mut state.sleeping))
        };
        drop((event_loop, timer, sleeping));
    }
}

/// A coroutine's sleep on a future of its loop.
pub(crate) struct Sleep {
    /// What goes to the event loop.
    pub(crate) future: Obj,
    watcher: Obj<Watcher>,
}

impl Sleep {
    /// Makes the future to sleep on, in the loop that runs in this thread.
    pub(crate) fn new(py: Python<'_>, store: &Arc<Shared>) -> PyResult<Self> {
        let event_loop = running_loop(py)?;
        if event_loop.is_none() {
            return Err(PyRuntimeError::new_err("no running event loop"));
        }
        let future = event_loop.call_method0(intern!(py, "create_future"))?;
        // As `Future.__await__` says to the task that it is to be waited for.
        future.setattr(intern!(py, "_asyncio_future_blocking"), true)?;
        let watcher = store.watcher(&event_loop)?;
        Watcher::hold(&watcher, &event_loop, &future)?;
        Ok(Sleep { future: future.into(), watcher: watcher.into() })
    }

    /// Whom to tell.
    pub(crate) fn reader(&self, py: Python<'_>) -> PyResult<Reader> {
        Reader::future(self.future.bind(py))
    }

    /// The sleep is over, one way or another.
    pub(crate) fn end(&self, py: Python<'_>) {
        self.watcher.bind(py).get().release(self.future.bind(py));
    }

    /// Wakes the sleeper after so many seconds; the timer's handle.
    pub(crate) fn time_out(&self, py: Python<'_>, seconds: f64) -> PyResult<Obj> {
        let future = self.future.bind(py);
        let event_loop = future.call_method0(intern!(py, "get_loop"))?;
        let settle = pyo3::wrap_pyfunction!(settle, py)?;
        Ok(event_loop.call_method1(intern!(py, "call_later"), (seconds, settle, future))?.into())
    }

    /// Shows the collector what it holds.
    pub(crate) fn visit(&self, show: &mut crate::slots::Show<'_>) {
        show.reference(&self.future);
        show.reference(&self.watcher);
    }
}
