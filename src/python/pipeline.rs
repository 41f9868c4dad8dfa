//! A pipeline's commands in one awaitable.
mod exec;

use std::ffi::CStr;
use std::sync::Arc;

use burner_engine::{Reply, SessionId};
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyList, PyTuple};
use smallvec::SmallVec;

use crate::call::{Driven, EMPTY_RESPONSE, Shaped, drive, shape_value, without_parse_options};
use crate::client::{Client, callback_in};
use crate::encode::{Argv, Encoded};
use crate::errors;
use crate::link::{Blocked, Link, Ran, sleep_for_lock};
use crate::mail::Sleep;
use crate::reply::PySink;
use crate::slots::{Coroutine, Family, Obj, Show, Step};
use crate::store::Shared;

/// A session that is out of its client's stack; closed if it is not given back.
struct Lease {
    shared: Arc<Shared>,
    session: Option<SessionId>,
    /// Whether its transaction is half-way.
    in_exec: bool,
}

impl Lease {
    fn end(mut self, py: Python<'_>, link: &Link) {
        if let Some(session) = self.session.take() {
            link.give_back(py, session);
        }
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        if let Some(session) = self.session.take() {
            self.shared.abandon(session, None);
        }
        if self.in_exec {
            // Whoever comes next runs the rest; without this nobody would who sleeps until then.
            Python::attach(|py| {
                let in_flight = PyErr::take(py);
                self.shared.wake_waiting(py);
                if let Some(error) = in_flight {
                    error.restore(py);
                }
            });
        }
    }
}

/// Commands encoded one after the other.
#[derive(Default)]
struct Packed {
    bytes: Vec<u8>,
    /// Where each argument ends.
    args: Vec<usize>,
    /// How many arguments there are up to the end of each command.
    commands: Vec<usize>,
}

impl Packed {
    fn push(&mut self, encoded: &Encoded<'_>) {
        for arg in encoded {
            self.bytes.extend_from_slice(arg.as_bytes());
            self.args.push(self.bytes.len());
        }
        self.commands.push(self.args.len());
    }

    fn argv(&self, command: usize) -> Argv<'_> {
        let end = |ends: &[usize], at: usize| if at == 0 { 0 } else { ends[at - 1] };
        (end(&self.commands, command)..self.commands[command])
            .map(|arg| &self.bytes[end(&self.args, arg)..self.args[arg]])
            .collect()
    }
}

/// What the next step is.
enum Stage {
    Encode,
    Lease,
    /// The store is busy; what is to be done when it is not.
    WaitsForLock(Sleep, Box<Stage>),
    Multi,
    Run,
    Blocked(Box<Blocked>, Awaited),
    Exec,
    /// EXEC of a long transaction, which is half-way.
    ExecOn,
    Executed,
    /// Looks for the error to raise.
    Check,
    Shape,
    Shaping(Obj),
    Dispose,
}

/// What a blocked pipeline waits for the answer of.
#[derive(Clone, Copy)]
enum Awaited {
    Multi,
    Command,
    Exec,
}

/// Commands that are given up at once; more would hold the event loop up.
const DISPOSED_AT_ONCE: usize = 1000;

/// A pipeline's commands, from the call to the list of their results.
pub(crate) struct Batch {
    client: Obj<Client>,
    pipeline: Obj,
    stack: Obj<PyList>,
    commands: Vec<(Obj<PyTuple>, Obj<PyDict>)>,
    callbacks: Option<Obj<PyDict>>,
    transaction: bool,
    raise_on_error: bool,
    packed: Packed,
    lease: Option<Lease>,
    stage: Stage,
    at: usize,
    /// The replies, errors as exception objects; in a transaction, only from EXEC on.
    results: Vec<Obj>,
    /// What was refused when it was queued.
    refused: Vec<(usize, Obj)>,
    /// Whether no pause is due, the event loop having had its turn just now.
    rested: bool,
}

static FAMILY: Family = Family::new();

/// What a stage came to.
enum Next {
    Stage(Stage),
    Pause(Obj, Stage),
    Done(Obj),
}

impl Batch {
    pub(crate) fn new<'py>(
        client: Bound<'py, Client>,
        pipeline: Bound<'py, PyAny>,
        stack: Bound<'py, PyList>,
        transaction: bool,
        raise_on_error: bool,
    ) -> PyResult<Self> {
        let py = client.py();
        let callbacks = pipeline.getattr(intern!(py, "response_callbacks"))?;
        Ok(Batch {
            client: client.into(),
            callbacks: callbacks.cast_into::<PyDict>().ok().map(Obj::from),
            pipeline: pipeline.into(),
            results: Vec::with_capacity(stack.len()),
            stack: stack.into(),
            transaction,
            raise_on_error,
            packed: Packed::default(),
            lease: None,
            stage: Stage::Encode,
            at: 0,
            refused: Vec::new(),
            commands: Vec::new(),
            rested: false,
        })
    }

    fn go_on(&mut self, py: Python<'_>, link: &Link, mut stage: Stage) -> PyResult<Next> {
        loop {
            let next = match stage {
                Stage::Encode => self.encode(py, link)?,
                Stage::Lease => self.lease(py, link)?,
                Stage::WaitsForLock(sleep, then) => {
                    sleep.end(py);
                    Next::Stage(*then)
                }
                Stage::Multi => match self.run_one(py, link, &[b"MULTI"], &mut link.sink(py))? {
                    Ran::Busy => Self::wait_for_lock(py, link, Stage::Multi)?,
                    Ran::Blocked(blocked) => Next::Stage(Stage::Blocked(blocked, Awaited::Multi)),
                    _ => Next::Stage(Stage::Run),
                },
                Stage::Run => self.run(py, link)?,
                Stage::Blocked(blocked, awaited) => self.wait(py, link, blocked, awaited)?,
                Stage::Exec => self.exec(py, link)?,
                Stage::ExecOn => self.go_on_exec(py, link)?,
                Stage::Executed => self.executed(py)?,
                Stage::Check => self.check(py, link)?,
                Stage::Shape => self.shape(py, link)?,
                Stage::Shaping(iterator) => self.go_on_shaping(py, iterator)?,
                Stage::Dispose => self.dispose(py, link)?,
            };
            match next {
                Next::Stage(next) => stage = next,
                pause_or_done => return Ok(pause_or_done),
            }
        }
    }

    /// Counts a command; the pause that is due now, if one is.
    fn turn(&mut self, py: Python<'_>, link: &Link, stage: Stage) -> Result<(), Next> {
        // A pause comes before a command: after it the command's turn has come.
        self.rested = !self.rested && link.pace.is_over(py);
        if self.rested { Err(Next::Pause(py.None().into_bound(py).into(), stage)) } else { Ok(()) }
    }

    /// Encodes all commands before any is run: a refused argument is found before the first write.
    fn encode(&mut self, py: Python<'_>, link: &Link) -> PyResult<Next> {
        let stack = self.stack.share(py);
        let stack = stack.bind(py);
        while self.at < stack.len() {
            if let Err(pause) = self.turn(py, link, Stage::Encode) {
                return Ok(pause);
            }
            let command = stack.get_item(self.at)?;
            let (args, options) = command.extract::<(Bound<'_, PyTuple>, Bound<'_, PyDict>)>()?;
            let items: SmallVec<[Bound<'_, PyAny>; 8]> = args.iter().collect();
            self.commands.push((args.into(), options.into()));
            let mut encoded = Encoded::new();
            link.settings.codec.encode_command(items.iter(), &mut encoded)?;
            self.packed.push(&encoded);
            self.at += 1;
        }
        self.at = 0;
        Ok(Next::Stage(Stage::Lease))
    }

    fn lease(&mut self, py: Python<'_>, link: &Link) -> PyResult<Next> {
        if let Some(session) = link.take_session(py)? {
            if self.lease.is_none() {
                let shared = Arc::clone(&link.shared);
                self.lease = Some(Lease { shared, session: Some(session), in_exec: false });
            }
            // The first command follows at once.
            self.rested = true;
            return Ok(Next::Stage(if self.transaction { Stage::Multi } else { Stage::Run }));
        }
        Self::wait_for_lock(py, link, Stage::Lease)
    }

    fn wait_for_lock(py: Python<'_>, link: &Link, then: Stage) -> PyResult<Next> {
        Ok(match sleep_for_lock(py, &link.shared)? {
            None => Next::Stage(then),
            Some(sleep) => Next::Pause(sleep.future.share(py), Stage::WaitsForLock(sleep, Box::new(then))),
        })
    }

    /// The session that the batch runs on.
    fn session(&self, py: Python<'_>) -> PyResult<SessionId> {
        let session = self.lease.as_ref().and_then(|lease| lease.session);
        session.ok_or_else(|| errors::redis_error(py, "ConnectionError", "the pipeline has no session"))
    }

    /// Runs one command on the leased session, unless the store is busy: with a script on another thread, or with
    /// somebody else's transaction.
    fn run_one(
        &self,
        py: Python<'_>,
        link: &Link,
        argv: &[&[u8]],
        sink: &mut PySink<'_, '_>,
    ) -> PyResult<Ran> {
        let session = self.session(py)?;
        let Some(core) = link.shared.enter() else { return Ok(Ran::Busy) };
        let ran =
            link.run_on(py, core, session, None, argv, sink).map_err(|error| errors::raised(py, &error));
        link.pace.spent(py, sink.len());
        if matches!(ran, Ok(Ran::Silent)) {
            return Err(errors::no_answer(py));
        }
        ran
    }

    fn run(&mut self, py: Python<'_>, link: &Link) -> PyResult<Next> {
        while self.at < self.commands.len() {
            if let Err(pause) = self.turn(py, link, Stage::Run) {
                return Ok(pause);
            }
            if self.transaction
                && let Some(instead) = self.commands[self.at].1.bind(py).get_item(EMPTY_RESPONSE)?
            {
                self.refused.push((self.at, instead.into()));
                self.at += 1;
                continue;
            }
            let mut sink = link.sink(py);
            let ran = self.run_one(py, link, &self.packed.argv(self.at), &mut sink);
            match ran {
                Ok(Ran::Blocked(blocked)) => {
                    return Ok(Next::Stage(Stage::Blocked(blocked, Awaited::Command)));
                }
                Ok(Ran::Busy) => return Self::wait_for_lock(py, link, Stage::Run),
                Ok(_) if self.transaction => {}
                Ok(_) => self.keep(sink)?,
                Err(error) => self.keep_error(py, error)?,
            }
            self.at += 1;
        }
        self.at = 0;
        Ok(Next::Stage(if self.transaction { Stage::Exec } else { Stage::Shape }))
    }

    /// Keeps a reply.
    fn keep(&mut self, mut sink: PySink<'_, '_>) -> PyResult<()> {
        let replies = sink.build_all()?;
        self.results.extend(replies.into_iter().take(1).map(Obj::from));
        Ok(())
    }

    /// Keeps an error where a reply would have been. What is no answer of the server's ends the pipeline.
    fn keep_error(&mut self, py: Python<'_>, error: PyErr) -> PyResult<()> {
        let exception = error.value(py).clone().into_any();
        if !errors::is_response_error(&exception)? {
            return Err(error);
        }
        if self.transaction {
            let command = self.commands[self.at].0.bind(py);
            let annotate = intern!(py, "annotate_exception");
            self.pipeline.bind(py).call_method1(annotate, (&exception, self.at + 1, command))?;
            self.refused.push((self.at, exception.into()));
        } else {
            self.results.push(exception.into());
        }
        Ok(())
    }

    fn wait(
        &mut self,
        py: Python<'_>,
        link: &Link,
        mut blocked: Box<Blocked>,
        awaited: Awaited,
    ) -> PyResult<Next> {
        loop {
            if let Some(answer) = blocked.answer(py) {
                return self.answered(py, link, answer, awaited);
            }
            if let Some(future) = blocked.sleep(py)? {
                return Ok(Next::Pause(future, Stage::Blocked(blocked, awaited)));
            }
        }
    }

    /// Goes on with the answer that it was blocked for.
    fn answered(
        &mut self,
        py: Python<'_>,
        link: &Link,
        answer: burner_engine::Result<Reply>,
        awaited: Awaited,
    ) -> PyResult<Next> {
        let answer = answer.map_err(|error| errors::raised(py, &error)).map(|reply| {
            let mut sink = link.sink(py);
            sink.replay(reply);
            sink
        });
        match awaited {
            Awaited::Multi => drop(answer?),
            Awaited::Exec => return self.exec_answered(py, answer),
            Awaited::Command => {
                match answer {
                    Ok(_) if self.transaction => {}
                    Ok(sink) => self.keep(sink)?,
                    Err(error) => self.keep_error(py, error)?,
                }
                self.at += 1;
            }
        }
        Ok(Next::Stage(Stage::Run))
    }

    /// Lets the pipeline raise its first error, if there is one and it is asked to: a transaction before its replies
    /// are shaped.
    fn check(&mut self, py: Python<'_>, link: &Link) -> PyResult<Next> {
        while self.raise_on_error && self.at < self.results.len() {
            if let Err(pause) = self.turn(py, link, Stage::Check) {
                return Ok(pause);
            }
            if errors::is_response_error(self.results[self.at].bind(py))? {
                let results = PyList::new(py, self.results.iter().map(|result| result.bind(py)))?;
                let raise = intern!(py, "raise_first_error");
                self.pipeline.bind(py).call_method1(raise, (self.stack.bind(py), results))?;
            }
            self.at += 1;
        }
        self.at = 0;
        Ok(Next::Stage(if self.transaction { Stage::Shape } else { Stage::Dispose }))
    }

    /// Shapes the replies as redis-py's response callbacks do.
    fn shape(&mut self, py: Python<'_>, link: &Link) -> PyResult<Next> {
        if let Some(lease) = self.lease.take() {
            lease.end(py, link);
        }
        while self.at < self.results.len() {
            if let Err(pause) = self.turn(py, link, Stage::Shape) {
                return Ok(pause);
            }
            let result = self.results[self.at].bind(py).clone();
            match self.shape_one(py, link, result) {
                Ok(Shaped::Value(value)) => self.shaped(value.into()),
                Ok(Shaped::Awaitable(iterator)) => return Ok(Next::Stage(Stage::Shaping(iterator.into()))),
                Err(error) if !self.transaction && errors::is_response_error(error.value(py))? => {
                    self.shaped(error.into_value(py).into_bound(py).into_any().into());
                }
                Err(error) => return Err(error),
            }
        }
        self.at = 0;
        Ok(Next::Stage(if self.transaction { Stage::Dispose } else { Stage::Check }))
    }

    /// Empties the pipeline's stack, a long one bit by bit, and ends with the results.
    fn dispose(&mut self, py: Python<'_>, link: &Link) -> PyResult<Next> {
        let stack = self.stack.share(py);
        let stack = stack.bind(py);
        while stack.len() > DISPOSED_AT_ONCE {
            link.pace.spent(py, DISPOSED_AT_ONCE);
            if let Err(pause) = self.turn(py, link, Stage::Dispose) {
                return Ok(pause);
            }
            let left = stack.len() - DISPOSED_AT_ONCE;
            self.commands.truncate(left);
            stack.del_slice(left, stack.len())?;
        }
        let results = PyList::new(py, self.results.iter().map(|result| result.bind(py)))?;
        Ok(Next::Done(results.into_any().into()))
    }

    fn shape_one<'py>(
        &self,
        py: Python<'py>,
        link: &Link,
        result: Bound<'py, PyAny>,
    ) -> PyResult<Shaped<'py>> {
        let (args, options) = &self.commands[self.at];
        let options = options.bind(py);
        if errors::is_response_error(&result)? {
            let instead = if self.transaction { None } else { options.get_item(EMPTY_RESPONSE)? };
            return Ok(Shaped::Value(instead.unwrap_or(result)));
        }
        let name = args.bind(py).get_borrowed_item(0)?;
        let callbacks = self.callbacks.as_ref();
        let Some(callback) = callbacks.and_then(|callbacks| callback_in(callbacks.bind(py), &name)) else {
            return Ok(Shaped::Value(result));
        };
        if options.is_empty() {
            if link.is_ok_callback(&callback) && is_ok(&result) {
                return Ok(Shaped::Value(pyo3::types::PyBool::new(py, true).to_owned().into_any()));
            }
            return shape_value(&callback, None, result);
        }
        shape_value(&callback, without_parse_options(options)?.as_ref(), result)
    }

    fn shaped(&mut self, value: Obj) {
        self.results[self.at] = value;
        self.at += 1;
    }

    /// Drives the awaitable that a response callback gave.
    fn go_on_shaping(&mut self, py: Python<'_>, iterator: Obj) -> PyResult<Next> {
        match drive(py, iterator.bind(py))? {
            Driven::Waits(future) => Ok(Next::Pause(future.into(), Stage::Shaping(iterator))),
            Driven::Done(value) => {
                self.shaped(value.into());
                Ok(Next::Stage(Stage::Shape))
            }
        }
    }
}

fn is_ok(value: &Bound<'_, PyAny>) -> bool {
    value.extract::<&[u8]>().is_ok_and(|bytes| bytes == b"OK")
        || value.extract::<&str>().is_ok_and(|text| text == "OK")
}

impl Coroutine for Batch {
    const TYPE_NAME: &'static CStr = c"burner_redis._native.Batch";

    fn family() -> &'static Family {
        &FAMILY
    }

    fn name(&self) -> &'static str {
        "Pipeline.execute"
    }

    fn resume(&mut self, py: Python<'_>) -> Step {
        let client = self.client.share(py);
        let link = match client.bind(py).get().link() {
            Ok(link) => link,
            Err(error) => return Step::Failed(error),
        };
        let stage = std::mem::replace(&mut self.stage, Stage::Encode);
        match self.go_on(py, link, stage) {
            Ok(Next::Done(results)) => Step::Done(results),
            Ok(Next::Pause(future, stage)) => {
                self.stage = stage;
                Step::Pause(future)
            }
            Ok(Next::Stage(_)) => {
                Step::Failed(errors::redis_error(py, "ConnectionError", "the pipeline stopped"))
            }
            Err(error) => {
                // A session between MULTI and EXEC is of no use to anybody; any other goes back.
                if !self.transaction
                    && let Some(lease) = self.lease.take()
                {
                    lease.end(py, link);
                }
                Step::Failed(error)
            }
        }
    }

    fn interrupt(&mut self, py: Python<'_>) {
        match &mut self.stage {
            Stage::WaitsForLock(sleep, _) => sleep.end(py),
            Stage::Blocked(blocked, _) => {
                blocked.give_up(py);
            }
            // EXEC was sent: to a server too the rest of the transaction would be run.
            Stage::ExecOn => self.finish_exec(py),
            // The lease's session is closed, as redis-py disconnects.
            _ => {}
        }
    }

    fn visit(&self, show: &mut Show<'_>) {
        show.reference(&self.client);
        show.reference(&self.pipeline);
        show.reference(&self.stack);
        self.callbacks.iter().for_each(|callbacks| show.reference(callbacks));
        for (args, options) in &self.commands {
            show.reference(args);
            show.reference(options);
        }
        self.results.iter().for_each(|result| show.reference(result));
        self.refused.iter().for_each(|(_, error)| show.reference(error));
        match &self.stage {
            Stage::WaitsForLock(sleep, _) => sleep.visit(show),
            Stage::Blocked(blocked, _) => blocked.visit(show),
            Stage::Shaping(iterator) => show.reference(iterator),
            _ => {}
        }
    }
}
