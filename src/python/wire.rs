//! The far end of a connection: a session that speaks RESP, for everything in redis-py that holds a connection.
use std::collections::VecDeque;
use std::ffi::CStr;
use std::sync::Arc;

use burner_engine::resp::{Argv, Decoder, Encoder, Limits};
use burner_engine::{Outcome, Reply, SessionId, Sink};
use parking_lot::Mutex;
use pyo3::exceptions::PyConnectionError;
use pyo3::prelude::*;
use pyo3::pybacked::PyBackedBytes;
use pyo3::types::{PyByteArray, PyBytes};
use pyo3::{PyTraverseError, PyVisit};

use crate::mail::{Letter, Mailbox, Reader, Sleep, running_loop, wake_future};
use crate::slots::{self, Coroutine, Family, GilCell, Obj, Show, Step};
use crate::store::{Held, Shared, Store};

/// A wire's session and buffers.
pub(crate) struct End {
    shared: Arc<Shared>,
    session: SessionId,
    mailbox: Arc<Mailbox>,
    line: Mutex<Line>,
    /// Who sleeps until something can be read.
    readers: GilCell<Vec<Reader>>,
    callback: GilCell<Option<Py<PyAny>>>,
}

struct Line {
    incoming: Vec<u8>,
    decoder: Decoder,
    /// What the connection may send, as of its last command.
    limits: Limits,
    resp: u8,
    /// What was written and has yet to be moved to `out`.
    written: Vec<u8>,
    out: VecDeque<u8>,
    /// A command that found the store busy.
    put_off: Option<Vec<Vec<u8>>>,
    blocked: bool,
    closed: bool,
    /// Whether a pump is at work further up the stack.
    pumping: bool,
}

impl Line {
    /// The next command; its bytes are not the line's, which others use while it runs.
    fn next_command(&mut self) -> Result<Option<Vec<Vec<u8>>>, burner_engine::Error> {
        let argv = self.decoder.next_command(&mut self.incoming, &self.limits)?;
        Ok(argv.map(|argv| argv.iter().map(|word| word.to_vec()).collect()))
    }

    fn encoder(&mut self) -> Encoder<'_> {
        Encoder::new(self.resp, &mut self.written)
    }

    /// Moves what the encoder wrote to what can be read; whether that was anything.
    fn flush(&mut self) -> bool {
        let any = !self.written.is_empty();
        self.out.extend(self.written.drain(..));
        any
    }
}

/// Runs what came in and hands out what goes back, then tells who waits for that.
pub(crate) fn pump(py: Python<'_>, end: &Arc<End>) {
    if std::mem::replace(&mut end.line.lock().pumping, true) {
        return;
    }
    let mut news = false;
    loop {
        news |= end.take_mail();
        let next = {
            let mut line = end.line.lock();
            if line.blocked || line.closed {
                Ok(None)
            } else if let Some(argv) = line.put_off.take() {
                Ok(Some(argv))
            } else {
                line.next_command()
            }
        };
        match next {
            Ok(None) => break,
            Ok(Some(argv)) => match end.enter(py) {
                Ok(Some(core)) => end.run(py, core, &argv),
                Ok(None) => {
                    end.line.lock().put_off = Some(argv);
                    break;
                }
                Err(error) => {
                    error.write_unraisable(py, None);
                    end.close(py);
                }
            },
            Err(error) => {
                end.line.lock().encoder().error(&error);
                end.close(py);
            }
        }
        news |= end.line.lock().flush();
    }
    end.line.lock().pumping = false;
    if news || end.line.lock().closed {
        end.tell(py);
    }
}

impl End {
    /// Takes the lock for a command; nothing if somebody else has it: then the pump is called again. Without an event
    /// loop that could do so it waits, detached.
    fn enter(self: &Arc<Self>, py: Python<'_>) -> PyResult<Option<Held<'_>>> {
        loop {
            if let Some(core) = self.shared.enter() {
                return Ok(Some(core));
            }
            let event_loop = running_loop(py)?;
            if event_loop.is_none() {
                return Ok(Some(self.shared.enter_waiting(py)));
            }
            // A transaction that is half-way is run to its end for a connection.
            if self.shared.finish_exec(py) {
                continue;
            }
            // Its bell is what the server's thread rings.
            self.shared.watcher(&event_loop)?;
            if self.shared.queue_for_lock(Reader::Wire(Arc::downgrade(self))) {
                return Ok(None);
            }
        }
    }

    /// Runs one command; its reply goes before the pushes that it causes.
    fn run(&self, py: Python<'_>, mut core: Held<'_>, argv: &[Vec<u8>]) {
        let argv: Argv<'_> = argv.iter().map(Vec::as_slice).collect();
        let outcome = {
            let mut line = self.line.lock();
            let mut encoder = line.encoder();
            let outcome = core.engine.execute(self.session, &argv, &mut encoder);
            if let Err(error) = &outcome {
                encoder.error(error);
            }
            line.resp = encoder.resp();
            line.blocked |= matches!(outcome, Ok(Outcome::Blocked));
            line.limits = core.engine.decode_limits(self.session);
            outcome
        };
        let closing = outcome.is_ok() && !core.engine.is_open(self.session);
        self.shared.leave(py, core);
        if closing {
            self.line.lock().flush();
            self.close(py);
        }
    }

    /// Writes down what the engine delivered; whether that was anything.
    fn take_mail(&self) -> bool {
        let mut any = false;
        while let Some(letter) = self.mailbox.take() {
            let mut line = self.line.lock();
            match letter {
                Letter::Push(push) => push.say(&mut line.encoder()),
                Letter::Closed => line.closed = true,
                Letter::Answer { answer, .. } => {
                    line.blocked = false;
                    match answer {
                        Ok(reply) => Reply::replay(&reply, &mut line.encoder()),
                        Err(error) => line.encoder().error(&error),
                    }
                }
            }
            any |= line.flush();
        }
        any
    }

    /// Wakes who sleeps, and calls who wants to be called.
    fn tell(&self, py: Python<'_>) {
        for reader in self.readers.take(py) {
            reader.wake(py);
        }
        if let Some(callback) = self.callback.object(py)
            && let Err(error) = callback.call0()
        {
            error.write_unraisable(py, Some(&callback));
        }
    }

    /// Closes the session: at once if the lock is free, by the next command otherwise.
    fn close(&self, py: Python<'_>) {
        if std::mem::replace(&mut self.line.lock().closed, true) {
            return;
        }
        self.shared.abandon(self.session, Some(Arc::clone(&self.mailbox)));
        if let Some(core) = self.shared.enter() {
            self.shared.leave(py, core);
        }
    }
}

impl Drop for End {
    fn drop(&mut self) {
        if !self.line.get_mut().closed {
            self.shared.abandon(self.session, Some(Arc::clone(&self.mailbox)));
        }
    }
}

/// The far end of a connection.
#[pyclass(module = "burner_redis._native", frozen, weakref)]
pub(crate) struct Wire {
    end: Arc<End>,
}

#[pymethods]
impl Wire {
    #[new]
    fn new(py: Python<'_>, store: &Bound<'_, Store>) -> Self {
        let shared = Arc::clone(&store.get().shared);
        let mailbox = Arc::new(Mailbox::default());
        let (session, limits) = {
            let mut core = shared.enter_waiting(py);
            let session = core.engine.open_session();
            core.address(session, &mailbox);
            (session, core.engine.decode_limits(session))
        };
        let line = Line {
            incoming: Vec::new(),
            decoder: Decoder::default(),
            limits,
            resp: 2,
            written: Vec::new(),
            out: VecDeque::new(),
            put_off: None,
            blocked: false,
            closed: false,
            pumping: false,
        };
        let end = Arc::new(End {
            shared,
            session,
            mailbox,
            line: Mutex::new(line),
            readers: GilCell::default(),
            callback: GilCell::default(),
        });
        end.mailbox.set_reader(py, Some(Reader::Wire(Arc::downgrade(&end))));
        Wire { end }
    }

    fn feed(&self, data: &Bound<'_, PyAny>) -> PyResult<()> {
        {
            let mut line = self.end.line.lock();
            if line.closed {
                return Err(PyConnectionError::new_err("the connection is closed"));
            }
            if let Ok(bytes) = data.cast::<PyBytes>() {
                line.incoming.extend_from_slice(bytes.as_bytes());
            } else if let Ok(bytes) = data.cast::<PyByteArray>() {
                line.incoming.extend_from_slice(&bytes.to_vec());
            } else {
                drop(line);
                let bytes: PyBackedBytes = data.call_method0("tobytes")?.extract()?;
                self.end.line.lock().incoming.extend_from_slice(&bytes);
            }
        }
        pump(data.py(), &self.end);
        Ok(())
    }

    #[pyo3(signature = (limit = -1, /))]
    fn read<'py>(&self, py: Python<'py>, limit: isize) -> Bound<'py, PyBytes> {
        self.take(py, usize::try_from(limit).unwrap_or(usize::MAX))
    }

    fn readline<'py>(&self, py: Python<'py>) -> Bound<'py, PyBytes> {
        let end = self.end.line.lock().out.iter().position(|byte| *byte == b'\n');
        self.take(py, end.map_or(0, |end| end + 1))
    }

    #[pyo3(signature = (count, /))]
    fn readexactly<'py>(&self, py: Python<'py>, count: usize) -> Option<Bound<'py, PyBytes>> {
        (self.waiting() >= count).then(|| self.take(py, count))
    }

    #[getter]
    fn waiting(&self) -> usize {
        self.end.line.lock().out.len()
    }

    fn wait<'py>(slf: &Bound<'py, Self>) -> PyResult<Bound<'py, PyAny>> {
        slots::new(slf.py(), Readable { wire: slf.clone().into(), sleep: None })
    }

    #[pyo3(signature = (callback, /))]
    fn on_readable(&self, py: Python<'_>, callback: Option<Py<PyAny>>) {
        self.end.callback.set(py, callback);
    }

    #[getter]
    fn closed(&self) -> bool {
        self.end.line.lock().closed
    }

    fn close(&self, py: Python<'_>) {
        self.end.close(py);
        self.end.tell(py);
    }

    #[allow(clippy::needless_pass_by_value, reason = "PyO3 gives `__traverse__` its visitor away")]
    fn __traverse__(&self, visit: PyVisit<'_>) -> Result<(), PyTraverseError> {
        self.end.callback.visit(&visit)
    }
}

impl Wire {
    fn take<'py>(&self, py: Python<'py>, most: usize) -> Bound<'py, PyBytes> {
        let bytes: Vec<u8> = {
            let mut line = self.end.line.lock();
            let count = most.min(line.out.len());
            line.out.drain(..count).collect()
        };
        PyBytes::new(py, &bytes)
    }
}

/// Waits until a wire can be read.
struct Readable {
    wire: Obj<Wire>,
    sleep: Option<Sleep>,
}

static FAMILY: Family = Family::new();

/// Makes the type of what [`Wire::wait`] returns.
pub(crate) fn prepare(py: Python<'_>) -> PyResult<()> {
    slots::prepare::<Readable>(py)
}

impl Coroutine for Readable {
    const TYPE_NAME: &'static CStr = c"burner_redis._native.Readable";

    fn family() -> &'static Family {
        &FAMILY
    }

    fn name(&self) -> &'static str {
        "Wire.wait"
    }

    fn resume(&mut self, py: Python<'_>) -> Step {
        if let Some(sleep) = self.sleep.take() {
            sleep.end(py);
        }
        let end = Arc::clone(&self.wire.bind(py).get().end);
        let (waiting, closed) = {
            let line = end.line.lock();
            (line.out.len(), line.closed)
        };
        if waiting > 0 || closed {
            return Step::Done(py.None().into_bound(py).into());
        }
        let sleep = || {
            let sleep = Sleep::new(py, &end.shared)?;
            let mut readers = end.readers.take(py);
            readers.push(sleep.reader(py)?);
            end.readers.set(py, readers);
            // What came while the future was made is not to be slept over.
            if !end.line.lock().out.is_empty() {
                wake_future(sleep.future.bind(py));
            }
            Ok(sleep)
        };
        match sleep() {
            Ok(sleep) => {
                let future = sleep.future.share(py);
                self.sleep = Some(sleep);
                Step::Pause(future)
            }
            Err(error) => Step::Failed(error),
        }
    }

    fn interrupt(&mut self, py: Python<'_>) {
        if let Some(sleep) = self.sleep.take() {
            sleep.end(py);
        }
    }

    fn visit(&self, show: &mut Show<'_>) {
        show.reference(&self.wire);
        if let Some(sleep) = &self.sleep {
            sleep.visit(show);
        }
    }
}
