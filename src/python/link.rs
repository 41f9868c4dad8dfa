//! A client's tie to a store: its sessions, its codec, and how one of its commands is run.
use std::sync::Arc;

use burner_engine::command::{self, Command, Group};
use burner_engine::{Outcome, Reply, SessionId, Sink, Store as Engine};
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyDictMethods, PyString};

use crate::encode::{Argv, Codec, Encoded};
use crate::errors;
use crate::mail::{Letter, Mailbox, Reader, Sleep};
use crate::pace::Pace;
use crate::reply::{PySink, Text};
use crate::shapes::PLAIN;
use crate::slots::{GilCell, Show};
use crate::store::{Held, Shared};

/// What a client brought to [`Link::new`].
pub(crate) struct Settings {
    /// The commands said on each new session.
    pub(crate) handshake: Vec<Vec<Vec<u8>>>,
    /// The RESP version: 2 or 3.
    pub(crate) resp: u8,
    /// How text is encoded and decoded.
    pub(crate) codec: Codec,
    /// Whether replies are text.
    pub(crate) decode: bool,
    /// A trip through the event loop after so many commands; by time, without.
    pub(crate) yield_every: Option<u32>,
}

/// A client's tie to a store.
pub(crate) struct Link {
    pub(crate) shared: Arc<Shared>,
    pub(crate) settings: Settings,
    pub(crate) pace: Pace,
    /// The session used last, and those under it: a stack, as redis-py's pool is.
    top: GilCell<Option<SessionId>>,
    spare: GilCell<Vec<SessionId>>,
    /// The callback with which redis-py makes a truth of SET's `OK`, known at the beginning.
    ok_callback: Option<Py<PyAny>>,
}

/// How a command ended.
pub(crate) enum Ran {
    /// Its reply is in the sink.
    Replied,
    /// It waits; its session is its own now.
    Blocked(Box<Blocked>),
    /// Nothing was said and nothing will be; its session is gone.
    Silent,
    /// It did not begin: somebody else has the lock.
    Busy,
}

impl Link {
    pub(crate) fn new(
        shared: Arc<Shared>,
        settings: Settings,
        callbacks: Option<&Bound<'_, PyDict>>,
    ) -> Self {
        let of_redis_py = |callback: &Bound<'_, PyAny>| {
            let module = callback.getattr("__module__").ok()?;
            module.cast::<PyString>().ok()?.to_str().ok()?.starts_with("redis.").then_some(())
        };
        let ok_callback = callbacks
            .and_then(|callbacks| callbacks.get_item("SET").ok().flatten())
            .filter(|callback| of_redis_py(callback).is_some())
            .map(Bound::unbind);
        let pace = Pace::new(settings.yield_every);
        Link { shared, settings, pace, top: GilCell::default(), spare: GilCell::default(), ok_callback }
    }

    /// How replies' text is to be made.
    #[inline]
    pub(crate) fn text(&self) -> Text<'_> {
        if self.settings.decode { Text::Decoded(&self.settings.codec) } else { Text::Bytes }
    }

    /// An empty sink for a reply to this client.
    #[inline]
    pub(crate) fn sink<'py>(&self, py: Python<'py>) -> PySink<'py, '_> {
        PySink::new(py, self.settings.resp, self.text(), &PLAIN)
    }

    /// Whether this is the callback that makes a truth of `OK` and of nothing else.
    pub(crate) fn is_ok_callback(&self, callback: &Bound<'_, PyAny>) -> bool {
        self.ok_callback.as_ref().is_some_and(|own| own.is(callback))
    }

    /// Opens a session and shakes hands.
    pub(crate) fn open_session(&self, core: &mut Held<'_>) -> burner_engine::Result<SessionId> {
        let session = core.engine.open_session();
        let mut greet = || {
            self.settings.handshake.iter().try_for_each(|command| {
                let argv: Vec<&[u8]> = command.iter().map(Vec::as_slice).collect();
                let said = core.engine.execute(session, &argv, &mut Reply::new(self.settings.resp));
                // As redis-py has it: who may not say what library they are goes on without.
                let is_vital = argv.get(1) != Some(&b"SETINFO".as_slice());
                if is_vital { said.map(drop) } else { Ok(()) }
            })
        };
        if let Err(error) = greet() {
            core.engine.close_session(session);
            return Err(error);
        }
        Ok(session)
    }

    /// The session that the next command uses, opened if there is none.
    #[inline]
    fn session(&self, py: Python<'_>, core: &mut Held<'_>) -> burner_engine::Result<SessionId> {
        match self.top.get(py) {
            Some(session) if core.engine.is_open(session) => Ok(session),
            old => {
                if let Some(closed) = old {
                    core.engine.close_session(closed);
                }
                self.top.set(py, None);
                let session = self.open_session(core)?;
                self.top.set(py, Some(session));
                Ok(session)
            }
        }
    }

    /// Takes the session that the next command would use, for a pipeline that keeps it while it is suspended.
    pub(crate) fn take_session(&self, py: Python<'_>) -> PyResult<Option<SessionId>> {
        let Some(mut core) = self.shared.enter() else { return Ok(None) };
        let session = self.session(py, &mut core);
        self.shared.leave(py, core);
        let session = session.map_err(|error| errors::raised(py, &error))?;
        self.put_down(py);
        Ok(Some(session))
    }

    /// The session on top is somebody's own from now on.
    fn put_down(&self, py: Python<'_>) {
        let mut spare = self.spare.take(py);
        self.top.set(py, spare.pop());
        self.spare.set(py, spare);
    }

    /// Puts a session back on top.
    pub(crate) fn give_back(&self, py: Python<'_>, session: SessionId) {
        if let Some(under) = self.top.replace(py, Some(session)) {
            let mut spare = self.spare.take(py);
            spare.push(under);
            self.spare.set(py, spare);
        }
    }

    /// How many sessions wait to be used.
    pub(crate) fn idle_sessions(&self, py: Python<'_>) -> usize {
        let spare = self.spare.take(py);
        let count = spare.len() + usize::from(self.top.get(py).is_some());
        self.spare.set(py, spare);
        count
    }

    /// Closes the sessions that nobody uses.
    pub(crate) fn release(&self, py: Python<'_>) {
        for session in self.top.take(py).into_iter().chain(self.spare.take(py)) {
            self.shared.abandon(session, None);
        }
        if let Some(core) = self.shared.enter() {
            self.shared.leave(py, core);
        }
    }

    /// Runs a command on the session on top.
    #[inline]
    pub(crate) fn run(
        &self,
        py: Python<'_>,
        row: Option<&'static Command>,
        argv: &[&[u8]],
        sink: &mut PySink<'_, '_>,
    ) -> burner_engine::Result<Ran> {
        let Some(mut core) = self.shared.enter() else { return self.while_busy(row, argv, sink) };
        let session = self.session(py, &mut core)?;
        // Each outcome by itself: to hand the result on as a whole is to copy it from memory just written.
        match self.run_on(py, core, session, row, argv, sink) {
            Ok(Ran::Replied) => Ok(Ran::Replied),
            Ok(Ran::Busy) => Ok(Ran::Busy),
            Ok(Ran::Silent) => {
                self.top.set(py, None);
                Ok(Ran::Silent)
            }
            Ok(blocked @ Ran::Blocked(_)) => {
                self.put_down(py);
                Ok(blocked)
            }
            Err(error) => Err(error),
        }
    }

    /// What needs no lock, while another thread has it: SCRIPT KILL, which would else wait for the script.
    #[cold]
    fn while_busy(
        &self,
        row: Option<&'static Command>,
        argv: &[&[u8]],
        sink: &mut PySink<'_, '_>,
    ) -> burner_engine::Result<Ran> {
        let row = row.or_else(|| command::resolve(argv).ok());
        if row.is_some_and(|row| row.full_name == "script|kill" && row.accepts(argv.len())) {
            self.shared.script_killer.kill()?;
            sink.ok();
            return Ok(Ran::Replied);
        }
        Ok(Ran::Busy)
    }

    /// Runs a command on this session, with the lock taken.
    #[inline]
    pub(crate) fn run_on(
        &self,
        py: Python<'_>,
        mut core: Held<'_>,
        session: SessionId,
        row: Option<&'static Command>,
        argv: &[&[u8]],
        sink: &mut PySink<'_, '_>,
    ) -> burner_engine::Result<Ran> {
        let row = row.or_else(|| command::resolve(argv).ok());
        let outcome = match row {
            Some(row) if takes_long(row) => {
                let mut reply = Reply::new(self.settings.resp);
                let run = |engine: &mut Engine| engine.execute_command(session, row, argv, &mut reply);
                let ran =
                    self.shared.detached(py, core, run, |core, outcome| self.ran(core, session, outcome))?;
                sink.replay(reply);
                return Ok(ran);
            }
            Some(row) => core.engine.execute_command(session, row, argv, sink),
            None => core.engine.execute(session, argv, sink),
        };
        // Each outcome by itself, as above; most commands are over and done with.
        match outcome {
            Ok(Outcome::Done) => {
                self.shared.leave(py, core);
                Ok(Ran::Replied)
            }
            outcome => {
                let ran = self.ran(&mut core, session, outcome);
                self.shared.leave(py, core);
                ran
            }
        }
    }

    /// What a command came to, while the lock is still held: what is delivered from then on has its place to go.
    #[cold]
    fn ran(
        &self,
        core: &mut Held<'_>,
        session: SessionId,
        outcome: burner_engine::Result<Outcome>,
    ) -> burner_engine::Result<Ran> {
        Ok(match outcome? {
            Outcome::Done => Ran::Replied,
            Outcome::Blocked => Ran::Blocked(Box::new(self.put_aside(core, session))),
            Outcome::Silent => {
                // Who waits for an answer over a connection closes it in the end, and begins another.
                core.engine.close_session(session);
                Ran::Silent
            }
        })
    }

    /// What is left of a command that waits.
    #[cold]
    pub(crate) fn put_aside(&self, core: &mut Held<'_>, session: SessionId) -> Blocked {
        let mailbox = Arc::new(Mailbox::of_call(session));
        core.address(session, &mailbox);
        Blocked { shared: Arc::clone(&self.shared), session, mailbox, sleep: None, over: false }
    }
}

impl Drop for Link {
    fn drop(&mut self) {
        Python::attach(|py| {
            for session in self.top.take(py).into_iter().chain(self.spare.take(py)) {
                self.shared.abandon(session, None);
            }
        });
    }
}

/// Whether a command may run long enough that other threads should not be kept waiting for the interpreter.
fn takes_long(row: &Command) -> bool {
    row.group == Group::Scripting || matches!(row.name, "sort" | "sort_ro" | "keys" | "flushall" | "flushdb")
}

/// Encodes positional arguments after a command's name.
#[inline]
pub(crate) fn argv_of<'a>(encoded: &'a Encoded<'_>) -> Argv<'a> {
    encoded.iter().map(crate::encode::Arg::as_bytes).collect()
}

/// A blocked command: its session and mailbox, until the answer is heard or given up.
pub(crate) struct Blocked {
    shared: Arc<Shared>,
    /// The session that waits.
    pub(crate) session: SessionId,
    mailbox: Arc<Mailbox>,
    sleep: Option<Sleep>,
    over: bool,
}

impl Blocked {
    /// The answer, if it is there.
    pub(crate) fn answer(&mut self, py: Python<'_>) -> Option<burner_engine::Result<Reply>> {
        let answer = match self.mailbox.take()? {
            Letter::Answer { answer, .. } => answer,
            Letter::Closed => Err(burner_engine::Error::Closed),
            Letter::Push(_) => return None,
        };
        self.over = true;
        self.wake_up(py);
        Some(answer)
    }

    /// Sleeps until there is an answer; the future for the event loop, or nothing when the answer is there already.
    pub(crate) fn sleep(&mut self, py: Python<'_>) -> PyResult<Option<crate::slots::Obj>> {
        self.wake_up(py);
        let sleep = Sleep::new(py, &self.shared)?;
        self.mailbox.set_reader(py, Some(sleep.reader(py)?));
        if self.mailbox.len() > 0 {
            self.mailbox.set_reader(py, None);
            sleep.end(py);
            return Ok(None);
        }
        let future = sleep.future.share(py);
        self.sleep = Some(sleep);
        Ok(Some(future))
    }

    fn wake_up(&mut self, py: Python<'_>) {
        if let Some(sleep) = self.sleep.take() {
            sleep.end(py);
        }
    }

    /// The caller gave up: what was taken for it goes back. Whether its session can be used again.
    pub(crate) fn give_up(&mut self, py: Python<'_>) -> bool {
        self.wake_up(py);
        let Some(mut core) = self.shared.enter() else { return false };
        self.over = true;
        core.give_up(self.session, &self.mailbox);
        self.shared.leave(py, core);
        true
    }

    pub(crate) fn visit(&self, show: &mut Show<'_>) {
        if let Some(sleep) = &self.sleep {
            sleep.visit(show);
        }
    }
}

impl Drop for Blocked {
    fn drop(&mut self) {
        if !self.over {
            self.shared.abandon(self.session, Some(Arc::clone(&self.mailbox)));
        }
    }
}

/// A sleep until the store's lock is free; nothing when it is by now.
pub(crate) fn sleep_for_lock(py: Python<'_>, shared: &Arc<Shared>) -> PyResult<Option<Sleep>> {
    if shared.finish_exec_of_other_loop(py)? {
        return Ok(None);
    }
    let sleep = Sleep::new(py, shared)?;
    if shared.queue_for_lock(Reader::future(sleep.future.bind(py))?) {
        return Ok(Some(sleep));
    }
    sleep.end(py);
    Ok(None)
}
