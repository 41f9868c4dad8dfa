//! A pipeline's commands in one awaitable.
use std::ffi::CStr;
use std::sync::Arc;

use burner_engine::SessionId;
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
    WaitsForLock(Sleep),
    Multi,
    Run,
    Blocked(Box<Blocked>),
    Exec,
    Shape,
    Shaping(Obj),
    Dispose,
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
    begun: bool,
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
            begun: false,
        })
    }

    fn go_on(&mut self, py: Python<'_>, link: &Link, mut stage: Stage) -> PyResult<Next> {
        loop {
            let next = match stage {
                Stage::Encode => self.encode(py, link)?,
                Stage::Lease => self.lease(py, link)?,
                Stage::WaitsForLock(sleep) => {
                    sleep.end(py);
                    Next::Stage(Stage::Lease)
                }
                Stage::Multi => {
                    self.run_one(py, link, &[b"MULTI"], &mut link.sink(py))?;
                    Next::Stage(Stage::Run)
                }
                Stage::Run => self.run(py, link)?,
                Stage::Blocked(blocked) => self.wait(py, link, blocked)?,
                Stage::Exec => self.exec(py, link)?,
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
    fn turn(py: Python<'_>, link: &Link, stage: Stage) -> Result<(), Next> {
        if link.pace.is_over(py) { Err(Next::Pause(py.None().into_bound(py).into(), stage)) } else { Ok(()) }
    }

    /// Encodes all commands before any is run: a refused argument is found before the first write.
    fn encode(&mut self, py: Python<'_>, link: &Link) -> PyResult<Next> {
        let stack = self.stack.share(py);
        let stack = stack.bind(py);
        while self.at < stack.len() {
            if let Err(pause) = Self::turn(py, link, Stage::Encode) {
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
                self.lease = Some(Lease { shared: Arc::clone(&link.shared), session: Some(session) });
            }
            return Ok(Next::Stage(if self.transaction { Stage::Multi } else { Stage::Run }));
        }
        Self::wait_for_lock(py, link, Stage::Lease)
    }

    fn wait_for_lock(py: Python<'_>, link: &Link, then: Stage) -> PyResult<Next> {
        Ok(match sleep_for_lock(py, &link.shared)? {
            None => Next::Stage(then),
            Some(sleep) => Next::Pause(sleep.future.share(py), Stage::WaitsForLock(sleep)),
        })
    }

    /// Runs one command on the leased session; the lock is waited for with the interpreter free, which no loop
    /// notices: only a script on another thread can hold it, and only between two commands of this batch.
    fn run_one(
        &self,
        py: Python<'_>,
        link: &Link,
        argv: &[&[u8]],
        sink: &mut PySink<'_, '_>,
    ) -> PyResult<Ran> {
        let Some(session) = self.lease.as_ref().and_then(|lease| lease.session) else {
            return Err(errors::redis_error(py, "ConnectionError", "the pipeline has no session"));
        };
        let core = link.shared.enter_waiting(py);
        let ran =
            link.run_on(py, core, session, None, argv, sink).map_err(|error| errors::raised(py, &error));
        link.pace.spent(py, sink.len());
        ran
    }

    fn run(&mut self, py: Python<'_>, link: &Link) -> PyResult<Next> {
        while self.at < self.commands.len() {
            if self.begun
                && let Err(pause) = Self::turn(py, link, Stage::Run)
            {
                return Ok(pause);
            }
            self.begun = true;
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
                Ok(Ran::Blocked(blocked)) => return Ok(Next::Stage(Stage::Blocked(blocked))),
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

    fn wait(&mut self, py: Python<'_>, link: &Link, mut blocked: Box<Blocked>) -> PyResult<Next> {
        loop {
            if let Some(answer) = blocked.answer(py) {
                match answer {
                    Ok(reply) => {
                        let mut sink = link.sink(py);
                        sink.replay(reply);
                        self.keep(sink)?;
                    }
                    Err(error) => self.keep_error(py, errors::raised(py, &error))?,
                }
                self.at += 1;
                return Ok(Next::Stage(Stage::Run));
            }
            if let Some(future) = blocked.sleep(py)? {
                return Ok(Next::Pause(future, Stage::Blocked(blocked)));
            }
        }
    }

    fn exec(&mut self, py: Python<'_>, link: &Link) -> PyResult<Next> {
        let mut sink = link.sink(py);
        let reply = self.run_one(py, link, &[b"EXEC"], &mut sink).and_then(|_| sink.build());
        let reply = match (reply, self.refused.first()) {
            (Ok(reply), _) => reply,
            (Err(abort), Some((_, refused))) if is_abort(&abort, py) => {
                let refused = PyErr::from_value(refused.bind(py).clone());
                refused.set_cause(py, Some(abort));
                return Err(refused);
            }
            (Err(error), _) => return Err(error),
        };
        self.pipeline.bind(py).setattr(intern!(py, "watching"), false)?;
        if reply.is_none() {
            return Err(errors::redis_error(py, "WatchError", "Watched variable changed."));
        }
        let mut replies: Vec<Obj> = reply.cast::<PyList>()?.iter().map(Obj::from).collect();
        for (at, refused) in std::mem::take(&mut self.refused) {
            replies.insert(at.min(replies.len()), refused);
        }
        if replies.len() != self.commands.len() {
            let text = "Wrong number of response items from pipeline execution";
            return Err(errors::redis_error(py, "ResponseError", text));
        }
        self.results = replies;
        if self.raise_on_error {
            self.raise_first_error(py)?;
        }
        Ok(Next::Stage(Stage::Shape))
    }

    /// Lets the pipeline raise its first error, if there is one.
    fn raise_first_error(&self, py: Python<'_>) -> PyResult<()> {
        for result in &self.results {
            if errors::is_response_error(result.bind(py))? {
                let results = PyList::new(py, self.results.iter().map(|result| result.bind(py)))?;
                let raise = intern!(py, "raise_first_error");
                self.pipeline.bind(py).call_method1(raise, (self.stack.bind(py), results))?;
            }
        }
        Ok(())
    }

    /// Shapes the replies as redis-py's response callbacks do.
    fn shape(&mut self, py: Python<'_>, link: &Link) -> PyResult<Next> {
        if let Some(lease) = self.lease.take() {
            lease.end(py, link);
        }
        while self.at < self.results.len() {
            if let Err(pause) = Self::turn(py, link, Stage::Shape) {
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
        if self.raise_on_error && !self.transaction {
            self.raise_first_error(py)?;
        }
        Ok(Next::Stage(Stage::Dispose))
    }

    /// Empties the pipeline's stack, a long one bit by bit, and ends with the results.
    fn dispose(&mut self, py: Python<'_>, link: &Link) -> PyResult<Next> {
        let stack = self.stack.bind(py);
        while stack.len() > DISPOSED_AT_ONCE {
            link.pace.spent(py, DISPOSED_AT_ONCE);
            if let Err(pause) = Self::turn(py, link, Stage::Dispose) {
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

fn is_abort(error: &PyErr, py: Python<'_>) -> bool {
    error.get_type(py).name().is_ok_and(|name| name == "ExecAbortError")
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
            Stage::WaitsForLock(sleep) => sleep.end(py),
            Stage::Blocked(blocked) => {
                blocked.give_up(py);
            }
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
            Stage::WaitsForLock(sleep) => sleep.visit(show),
            Stage::Blocked(blocked) => blocked.visit(show),
            Stage::Shaping(iterator) => show.reference(iterator),
            _ => {}
        }
    }
}
