//! Waiting: mailboxes that the engine's deliveries go to, futures that readers sleep on, a watcher of time for each
//! event loop.
use std::collections::{HashMap, VecDeque};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Weak};

use burner_engine::blocking::Undo;
use burner_engine::push::Push;
use burner_engine::{Reply, Result, SessionId};
use parking_lot::Mutex;
use pyo3::exceptions::PyRuntimeError;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyWeakrefMethods, PyWeakrefReference};
use pyo3::{PyTraverseError, PyVisit, intern};

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

/// One event loop's eye on the time of one store.
///
/// It holds the futures that sleep there, and is itself held by its timer in the loop: so they live as long as the
/// loop does, as readers of a socket would, and go with it.
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
}

/// How long a timer runs that only holds what sleeps, in seconds.
const HOLD_SECONDS: f64 = 60.0;

impl Watcher {
    pub(crate) fn new(store: Weak<Shared>, event_loop: &Bound<'_, PyAny>) -> Self {
        let event_loop = Some(event_loop.clone().unbind());
        let watch = Watch { event_loop, sleeping: HashMap::new(), timer: None, timer_ms: NEVER };
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
        let py = this.py();
        let attempt = || -> PyResult<()> {
            let Some(event_loop) = self.event_loop(py) else { return Ok(()) };
            if running_loop(py)?.is(&event_loop) {
                return self.arm(this, &event_loop, at_ms);
            }
            let arm = this.getattr(intern!(py, "_arm"))?;
            event_loop.call_method1(intern!(py, "call_soon_threadsafe"), (arm, at_ms))?;
            Ok(())
        };
        // A closed loop has no timers, and nobody left who would need one.
        if let Err(error) = attempt()
            && !error.is_instance_of::<PyRuntimeError>(py)
        {
            error.write_unraisable(py, Some(this));
        }
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

    #[allow(clippy::needless_pass_by_value, reason = "PyO3's signature")]
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
