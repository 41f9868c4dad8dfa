//! Pub/sub's short cut past the connection: a session whose messages are handed over as Python objects.
use std::collections::VecDeque;
use std::ffi::CStr;
use std::sync::Arc;

use burner_engine::SessionId;
use parking_lot::Mutex;
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::PyTuple;

use crate::client::Client;
use crate::encode::Encoded;
use crate::errors;
use crate::link::argv_of;
use crate::mail::{Letter, Mailbox, Sleep};
use crate::slots::{self, Coroutine, Family, Obj, Show, Step};
use burner_engine::Reply;

/// A session that listens.
#[pyclass(module = "burner_redis._native", frozen, weakref)]
pub(crate) struct Subscriber {
    client: Py<Client>,
    session: SessionId,
    mailbox: Arc<Mailbox>,
    closed: Mutex<bool>,
    /// What a letter held beyond what was asked for: SUBSCRIBE answers once for each name.
    ready: Mutex<VecDeque<Py<PyAny>>>,
}

#[pymethods]
impl Subscriber {
    #[new]
    fn new(py: Python<'_>, client: Bound<'_, Client>) -> PyResult<Self> {
        let mailbox = Arc::new(Mailbox::default());
        let session = {
            let link = client.get().link()?;
            let mut core = link.shared.enter_waiting(py);
            let session = link.open_session(&mut core);
            if let Ok(session) = session {
                core.address(session, &mailbox);
            }
            link.shared.leave(py, core);
            session.map_err(|error| errors::raised(py, &error))?
        };
        let client = client.unbind();
        Ok(Subscriber { client, session, mailbox, closed: Mutex::new(false), ready: Mutex::default() })
    }

    #[pyo3(signature = (*args))]
    fn execute(&self, py: Python<'_>, args: &Bound<'_, PyTuple>) -> PyResult<()> {
        let link = self.client.bind(py).get().link()?;
        if *self.closed.lock() {
            return Err(closed(py));
        }
        let items: Vec<Bound<'_, PyAny>> = args.iter().collect();
        let mut encoded = Encoded::new();
        link.settings.codec.encode_command(items.iter(), &mut encoded)?;
        let mut core = link.shared.enter_waiting(py);
        let mut reply = Reply::new(link.settings.resp);
        let outcome = core.engine.execute(self.session, &argv_of(&encoded), &mut reply);
        // The reply goes before the messages that the command causes: into the mailbox while the lock is held.
        let answer = outcome.map(|_| reply);
        if self.mailbox.put(Letter::Answer { answer, undo: None }) {
            link.shared.leave(py, core);
            self.mailbox.wake(py);
        } else {
            link.shared.leave(py, core);
        }
        Ok(())
    }

    #[pyo3(signature = (timeout = None, /))]
    fn next<'py>(slf: &Bound<'py, Self>, timeout: Option<f64>) -> PyResult<Bound<'py, PyAny>> {
        let wait = timeout
            .map_or(Wait::Forever, |seconds| if seconds > 0.0 { Wait::For(seconds) } else { Wait::No });
        slots::new(slf.py(), Listen { subscriber: slf.clone().into(), wait, sleep: None })
    }

    #[getter]
    fn waiting(&self) -> usize {
        self.mailbox.len() + self.ready.lock().len()
    }

    #[getter]
    fn closed(&self) -> bool {
        *self.closed.lock()
    }

    fn close(&self, py: Python<'_>) -> PyResult<()> {
        if std::mem::replace(&mut *self.closed.lock(), true) {
            return Ok(());
        }
        let link = self.client.bind(py).get().link()?;
        link.shared.abandon(self.session, None);
        if let Some(core) = link.shared.enter() {
            link.shared.leave(py, core);
        }
        self.mailbox.wake(py);
        Ok(())
    }
}

fn closed(py: Python<'_>) -> PyErr {
    errors::redis_error(py, "ConnectionError", "Connection closed by server.")
}

impl Subscriber {
    /// The next reply or message, if one is there.
    fn take<'py>(&self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyAny>>> {
        loop {
            if let Some(value) = self.ready.lock().pop_front() {
                return Ok(Some(value.into_bound(py)));
            }
            let Some(letter) = self.mailbox.take() else { return Ok(None) };
            let link = self.client.bind(py).get().link()?;
            let mut sink = link.sink(py);
            match letter {
                Letter::Closed => {
                    *self.closed.lock() = true;
                    return Err(closed(py));
                }
                Letter::Push(push) => {
                    push.say(&mut sink);
                    return sink.build().map(Some);
                }
                Letter::Answer { answer: Err(error), .. } => return Err(errors::raised(py, &error)),
                Letter::Answer { answer: Ok(reply), .. } => {
                    sink.replay(reply);
                    let replies = sink.build_all()?;
                    self.ready.lock().extend(replies.into_iter().map(Bound::unbind));
                }
            }
        }
    }
}

impl Drop for Subscriber {
    fn drop(&mut self) {
        if !*self.closed.get_mut() {
            Python::attach(|py| {
                if let Ok(link) = self.client.bind(py).get().link() {
                    link.shared.abandon(self.session, None);
                }
            });
        }
    }
}

/// How long to wait for a message.
#[derive(Clone, Copy)]
enum Wait {
    No,
    For(f64),
    Forever,
}

/// Waits for a subscriber's next message.
struct Listen {
    subscriber: Obj<Subscriber>,
    wait: Wait,
    sleep: Option<(Sleep, Option<Obj>)>,
}

static FAMILY: Family = Family::new();

/// Makes the type of what [`Subscriber::next`] returns.
pub(crate) fn prepare(py: Python<'_>) -> PyResult<()> {
    slots::prepare::<Listen>(py)
}

impl Listen {
    fn wake_up(&mut self, py: Python<'_>) {
        if let Some((sleep, timer)) = self.sleep.take() {
            sleep.end(py);
            if let Some(timer) = timer
                && let Err(error) = timer.bind(py).call_method0(intern!(py, "cancel"))
            {
                error.write_unraisable(py, None);
            }
        }
    }

    fn fall_asleep(&mut self, py: Python<'_>, subscriber: &Subscriber) -> PyResult<Obj> {
        let link = subscriber.client.bind(py).get().link()?;
        let sleep = Sleep::new(py, &link.shared)?;
        let timer = match self.wait {
            Wait::For(seconds) => Some(sleep.time_out(py, seconds)?),
            Wait::No | Wait::Forever => None,
        };
        // Once woken, it does not wait again.
        self.wait = if timer.is_some() { Wait::No } else { self.wait };
        subscriber.mailbox.set_reader(py, Some(sleep.reader(py)?));
        if subscriber.mailbox.len() > 0 {
            subscriber.mailbox.wake(py);
        }
        let future = sleep.future.share(py);
        self.sleep = Some((sleep, timer));
        Ok(future)
    }
}

impl Coroutine for Listen {
    const TYPE_NAME: &'static CStr = c"burner_redis._native.Listen";

    fn family() -> &'static Family {
        &FAMILY
    }

    fn name(&self) -> &'static str {
        "Subscriber.next"
    }

    fn resume(&mut self, py: Python<'_>) -> Step {
        self.wake_up(py);
        let subscriber = self.subscriber.share(py);
        let subscriber = subscriber.bind(py).get();
        match subscriber.take(py) {
            Ok(Some(message)) => Step::Done(message.into()),
            Err(error) => Step::Failed(error),
            Ok(None) if subscriber.closed() => Step::Failed(closed(py)),
            Ok(None) if matches!(self.wait, Wait::No) => Step::Done(py.None().into_bound(py).into()),
            Ok(None) => match self.fall_asleep(py, subscriber) {
                Ok(future) => Step::Pause(future),
                Err(error) => Step::Failed(error),
            },
        }
    }

    fn interrupt(&mut self, py: Python<'_>) {
        self.wake_up(py);
    }

    fn visit(&self, show: &mut Show<'_>) {
        show.reference(&self.subscriber);
        if let Some((sleep, timer)) = &self.sleep {
            sleep.visit(show);
            timer.iter().for_each(|timer| show.reference(timer));
        }
    }
}
