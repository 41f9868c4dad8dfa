//! One command as an awaitable.
use std::ffi::CStr;

use pyo3::exceptions::PyStopIteration;
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::{PyBool, PyBytes, PyDict, PyFloat, PyInt, PyList, PyString, PyTuple};
use smallvec::SmallVec;

use crate::client::Client;
use crate::encode::{Arg, Argv, Encoded, whole_number};
use crate::errors;
use crate::hot::{Gathered, Hot};
use crate::link::{Blocked, Link, Ran, argv_of, sleep_for_lock};
use crate::mail::Sleep;
use crate::reply::{PySink, Text};
use crate::shapes::{Form, PLAIN, form_of};
use crate::slots::{Coroutine, Family, Obj, Show, Step};

/// The options with which redis-py's methods talk to `parse_response`.
const NEVER_DECODE: &str = "NEVER_DECODE";
pub(crate) const EMPTY_RESPONSE: &str = "EMPTY_RESPONSE";

/// What is to be run.
enum What {
    /// A hot command with its arguments, after the name.
    Hot(&'static Hot, Gathered),
    /// Any command by its name, and redis-py's options.
    Named(Obj<PyTuple>, Option<Obj<PyDict>>),
}

/// How far it is.
enum Phase {
    Fresh,
    /// The loop had its turn.
    Yielded,
    /// The store's lock was taken.
    WaitsForLock(Sleep),
    /// The command waits in the engine.
    Blocked(Box<Blocked>),
    /// The response callback gave an awaitable.
    Shaping(Obj),
}

/// One command of a client, from the call to its reply.
pub(crate) struct Call {
    client: Obj<Client>,
    what: What,
    phase: Phase,
}

static FAMILY: Family = Family::new();

impl Call {
    /// The call of a hot command.
    #[inline]
    pub(crate) fn hot(client: Bound<'_, Client>, hot: &'static Hot, args: Gathered) -> Self {
        Call { client: client.into(), what: What::Hot(hot, args), phase: Phase::Fresh }
    }

    /// The call of any command, as `execute_command` gets it.
    pub(crate) fn named(
        client: Bound<'_, Client>,
        args: Bound<'_, PyTuple>,
        options: Option<Bound<'_, PyDict>>,
    ) -> Self {
        let options = options.filter(|options| !options.is_empty()).map(Obj::from);
        Call { client: client.into(), what: What::Named(args.into(), options), phase: Phase::Fresh }
    }

    /// Runs the command, the loop having had its turn.
    #[inline]
    fn run(&mut self, py: Python<'_>) -> Step {
        let link = match self.client.bind(py).get().link() {
            Ok(link) => link,
            Err(error) => return Step::Failed(error),
        };
        let callback = self.callback(py, link);
        loop {
            let mut sink = self.sink(py, link, &callback);
            let ran = match &self.what {
                What::Hot(hot, args) => run_hot(link, py, hot, args, &mut sink),
                What::Named(args, _) => run_named(link, py, args.bind(py), &mut sink),
            };
            match ran {
                Ok(Ok(Ran::Replied)) => {
                    link.pace.spent(py, sink.len());
                    let shaped = self.finish(py, callback, &mut sink);
                    return self.settle(py, shaped);
                }
                Ok(Ok(Ran::Blocked(blocked))) => return self.wait(py, blocked),
                Ok(Ok(Ran::Silent)) => return Step::Failed(errors::no_answer(py)),
                Ok(Ok(Ran::Busy)) => match sleep_for_lock(py, &link.shared) {
                    Err(error) => return Step::Failed(error),
                    Ok(None) => {}
                    Ok(Some(sleep)) => {
                        let future = sleep.future.share(py);
                        self.phase = Phase::WaitsForLock(sleep);
                        return Step::Pause(future);
                    }
                },
                Ok(Err(error)) => {
                    let shaped = self.fail(py, errors::raised(py, &error));
                    return self.settle(py, shaped);
                }
                Err(refused) => return Step::Failed(refused),
            }
        }
    }

    /// Sleeps until the blocked command has its answer, or takes the answer.
    #[cold]
    fn wait(&mut self, py: Python<'_>, mut blocked: Box<Blocked>) -> Step {
        let link = match self.client.bind(py).get().link() {
            Ok(link) => link,
            Err(error) => return Step::Failed(error),
        };
        loop {
            if let Some(answer) = blocked.answer(py) {
                link.give_back(py, blocked.session);
                let shaped = match answer {
                    Err(error) => self.fail(py, errors::raised(py, &error)),
                    Ok(reply) => {
                        let callback = self.callback(py, link);
                        let mut sink = self.sink(py, link, &callback);
                        sink.replay(reply);
                        self.finish(py, callback, &mut sink)
                    }
                };
                return self.settle(py, shaped);
            }
            match blocked.sleep(py) {
                Err(error) => {
                    if blocked.give_up(py) {
                        link.give_back(py, blocked.session);
                    }
                    return Step::Failed(error);
                }
                Ok(Some(future)) => {
                    self.phase = Phase::Blocked(blocked);
                    return Step::Pause(future);
                }
                Ok(None) => {}
            }
        }
    }

    #[inline]
    fn text<'a>(&self, py: Python<'_>, link: &'a Link) -> Text<'a> {
        match &self.what {
            What::Named(_, Some(options)) if has(options.bind(py), NEVER_DECODE) => Text::Bytes,
            _ => link.text(),
        }
    }

    /// What redis-py calls with the reply.
    #[inline]
    fn callback<'py>(&self, py: Python<'py>, link: &Link) -> Callback<'py> {
        let client = self.client.bind(py).get();
        let (callback, plain) = match &self.what {
            What::Hot(hot, _) => (client.hot_callback(py, hot.callback_name(py)), true),
            What::Named(args, options) => {
                let name = args.bind(py).get_borrowed_item(0);
                (name.ok().and_then(|name| client.callback(py, &name)), options.is_none())
            }
        };
        Callback::of(link, callback, plain)
    }

    #[inline]
    fn sink<'py, 'a>(&self, py: Python<'py>, link: &'a Link, callback: &Callback<'py>) -> PySink<'py, 'a> {
        PySink::new(py, link.settings.resp, self.text(py, link), callback.form())
    }

    /// Makes of a reply what redis-py makes of it.
    #[inline]
    fn finish<'py>(
        &self,
        py: Python<'py>,
        callback: Callback<'py>,
        sink: &mut PySink<'py, '_>,
    ) -> PyResult<Shaped<'py>> {
        match &self.what {
            What::Named(_, Some(options)) => shape_with_options(py, callback, options.bind(py), sink),
            _ => callback.shape(None, sink),
        }
    }

    /// Ends with the result, or goes on with the awaitable that makes it.
    #[inline]
    fn settle(&mut self, py: Python<'_>, shaped: PyResult<Shaped<'_>>) -> Step {
        match shaped {
            Ok(Shaped::Value(value)) => Step::Done(value.into()),
            Ok(Shaped::Awaitable(iterator)) => self.go_on_shaping(py, iterator.into()),
            Err(error) => Step::Failed(error),
        }
    }

    /// Drives the awaitable that a response callback gave.
    #[cold]
    fn go_on_shaping(&mut self, py: Python<'_>, iterator: Obj) -> Step {
        match drive(py, iterator.bind(py)) {
            Ok(Driven::Done(value)) => Step::Done(value.into()),
            Ok(Driven::Waits(future)) => {
                self.phase = Phase::Shaping(iterator);
                Step::Pause(future.into())
            }
            Err(error) => Step::Failed(error),
        }
    }

    /// An error reply, which redis-py turns into a value for some commands.
    fn fail<'py>(&self, py: Python<'py>, error: PyErr) -> PyResult<Shaped<'py>> {
        match &self.what {
            What::Named(_, Some(options)) => instead_of_error(py, options.bind(py), error).map(Shaped::Value),
            _ => Err(error),
        }
    }
}

/// Drives the awaitable that a response callback gave; its result, or the future it waits for.
pub(crate) fn drive<'py>(py: Python<'py>, iterator: &Bound<'py, PyAny>) -> PyResult<Driven<'py>> {
    match iterator.call_method1(intern!(py, "send"), (py.None(),)) {
        Ok(future) => Ok(Driven::Waits(future)),
        Err(stop) if stop.is_instance_of::<PyStopIteration>(py) => {
            stop.value(py).getattr(intern!(py, "value")).map(Driven::Done)
        }
        Err(error) => Err(error),
    }
}

/// How far a driven awaitable is.
pub(crate) enum Driven<'py> {
    /// It waits for this.
    Waits(Bound<'py, PyAny>),
    /// It is over, with this result.
    Done(Bound<'py, PyAny>),
}

impl Coroutine for Call {
    const TYPE_NAME: &'static CStr = c"burner_redis._native.Command";

    fn family() -> &'static Family {
        &FAMILY
    }

    fn name(&self) -> &'static str {
        match &self.what {
            What::Hot(hot, _) => hot.qualified_name,
            What::Named(..) => "BurnerRedis.execute_command",
        }
    }

    #[inline]
    fn resume(&mut self, py: Python<'_>) -> Step {
        match std::mem::replace(&mut self.phase, Phase::Yielded) {
            Phase::Fresh if self.client.bind(py).get().link().is_ok_and(|link| link.pace.is_over(py)) => {
                Step::Pause(py.None().into_bound(py).into())
            }
            Phase::Fresh | Phase::Yielded => self.run(py),
            Phase::WaitsForLock(sleep) => {
                sleep.end(py);
                self.run(py)
            }
            Phase::Blocked(blocked) => self.wait(py, blocked),
            Phase::Shaping(iterator) => self.go_on_shaping(py, iterator),
        }
    }

    fn interrupt(&mut self, py: Python<'_>) {
        match std::mem::replace(&mut self.phase, Phase::Yielded) {
            Phase::Fresh | Phase::Yielded => {}
            Phase::WaitsForLock(sleep) => sleep.end(py),
            Phase::Blocked(mut blocked) => {
                if blocked.give_up(py)
                    && let Ok(link) = self.client.bind(py).get().link()
                {
                    link.give_back(py, blocked.session);
                }
            }
            Phase::Shaping(iterator) => {
                if let Err(error) = iterator.bind(py).call_method0(intern!(py, "close")) {
                    error.write_unraisable(py, Some(iterator.bind(py)));
                }
            }
        }
    }

    fn visit(&self, show: &mut Show<'_>) {
        show.reference(&self.client);
        match &self.what {
            What::Hot(_, args) => args.iter().for_each(|arg| show.reference(arg)),
            What::Named(args, options) => {
                show.reference(args);
                options.iter().for_each(|options| show.reference(options));
            }
        }
        match &self.phase {
            Phase::Fresh | Phase::Yielded => {}
            Phase::WaitsForLock(sleep) => sleep.visit(show),
            Phase::Blocked(blocked) => blocked.visit(show),
            Phase::Shaping(iterator) => show.reference(iterator),
        }
    }
}

/// What came of a command: an outer error is a refused argument, an inner one the engine's.
type Outcome = PyResult<burner_engine::Result<Ran>>;

#[inline]
fn run_hot(
    link: &Link,
    py: Python<'_>,
    hot: &'static Hot,
    args: &[Obj],
    sink: &mut PySink<'_, '_>,
) -> Outcome {
    let codec = &link.settings.codec;
    let mut numbers: [itoa::Buffer; 4] = std::array::from_fn(|_| itoa::Buffer::new());
    let mut free = numbers.iter_mut();
    let mut argv = Argv::new();
    argv.push(hot.word);
    for arg in args {
        // Most arguments are bytes or text, which are where they are, and a few are numbers.
        let arg = arg.bind(py);
        if let Some(bytes) = codec.borrow(arg) {
            argv.push(bytes);
        } else if let Some(number) = whole_number(arg)
            && let Some(buffer) = free.next()
        {
            argv.push(buffer.format(number).as_bytes());
        } else {
            return run_hot_encoded(link, py, hot, args, sink);
        }
    }
    Ok(link.run(py, hot.row(), &argv, sink))
}

/// The same where some argument has to be made into bytes first.
fn run_hot_encoded(
    link: &Link,
    py: Python<'_>,
    hot: &'static Hot,
    args: &[Obj],
    sink: &mut PySink<'_, '_>,
) -> Outcome {
    let mut encoded = Encoded::new();
    encoded.push(Arg::Borrowed(hot.word));
    for arg in args {
        encoded.push(link.settings.codec.encode(arg.bind(py))?);
    }
    Ok(link.run(py, hot.row(), &argv_of(&encoded), sink))
}

fn run_named(link: &Link, py: Python<'_>, args: &Bound<'_, PyTuple>, sink: &mut PySink<'_, '_>) -> Outcome {
    let items: SmallVec<[Bound<'_, PyAny>; 8]> = args.iter().collect();
    let mut encoded = Encoded::new();
    link.settings.codec.encode_command(items.iter(), &mut encoded)?;
    Ok(link.run(py, None, &argv_of(&encoded), sink))
}

fn has(options: &Bound<'_, PyDict>, option: &str) -> bool {
    options.contains(option).unwrap_or(false)
}

/// The value that `EMPTY_RESPONSE` puts in an error's place.
fn instead_of_error<'py>(
    py: Python<'py>,
    options: &Bound<'py, PyDict>,
    error: PyErr,
) -> PyResult<Bound<'py, PyAny>> {
    match options.get_item(EMPTY_RESPONSE)? {
        Some(value) if errors::is_response_error(error.value(py))? => Ok(value),
        _ => Err(error),
    }
}

/// What a response callback made.
pub(crate) enum Shaped<'py> {
    /// The result.
    Value(Bound<'py, PyAny>),
    /// An iterator to be driven for the result.
    Awaitable(Bound<'py, PyAny>),
}

/// What redis-py calls with a reply.
pub(crate) enum Callback<'py> {
    /// Nothing.
    None,
    /// What makes a truth of `OK` and of nothing else.
    Ok(Bound<'py, PyAny>),
    /// A function of its own, in whose stead the sink gives the reply this form.
    Form(&'static Form),
    /// Any other function.
    Function(Bound<'py, PyAny>),
}

impl<'py> Callback<'py> {
    /// `plain`: it is called with the reply and nothing else.
    #[inline]
    fn of(link: &Link, callback: Option<Bound<'py, PyAny>>, plain: bool) -> Self {
        match callback {
            None => Callback::None,
            Some(callback) if plain => {
                if link.is_ok_callback(&callback) {
                    return Callback::Ok(callback);
                }
                match form_of(&callback, link.settings.resp) {
                    Some(form) => Callback::Form(form),
                    None => Callback::Function(callback),
                }
            }
            Some(callback) => Callback::Function(callback),
        }
    }

    /// What the containers of a reply become.
    #[inline]
    fn form(&self) -> &'static Form {
        if let Callback::Form(form) = self { form } else { &PLAIN }
    }

    /// The reply as it shapes it.
    #[inline]
    fn shape(
        self,
        options: Option<&Bound<'py, PyDict>>,
        sink: &mut PySink<'py, '_>,
    ) -> PyResult<Shaped<'py>> {
        match self {
            Callback::Ok(callback) if sink.is_ok() => {
                Ok(Shaped::Value(PyBool::new(callback.py(), true).to_owned().into_any()))
            }
            Callback::None | Callback::Form(_) => sink.build().map(Shaped::Value),
            Callback::Ok(callback) | Callback::Function(callback) => {
                shape_value(&callback, options, sink.build()?)
            }
        }
    }
}

/// A value as a response callback shapes it.
pub(crate) fn shape_value<'py>(
    callback: &Bound<'py, PyAny>,
    options: Option<&Bound<'py, PyDict>>,
    value: Bound<'py, PyAny>,
) -> PyResult<Shaped<'py>> {
    let value = match options {
        None => callback.call1((value,))?,
        Some(options) => callback.call((value,), Some(options))?,
    };
    let plain = value.is_none()
        || value.is_exact_instance_of::<PyBool>()
        || value.is_exact_instance_of::<PyInt>()
        || value.is_exact_instance_of::<PyList>()
        || value.is_exact_instance_of::<PyDict>()
        || value.is_exact_instance_of::<PyTuple>()
        || value.is_exact_instance_of::<PyBytes>()
        || value.is_exact_instance_of::<PyString>()
        || value.is_exact_instance_of::<PyFloat>();
    if plain {
        return Ok(Shaped::Value(value));
    }
    let py = value.py();
    if !py.import(intern!(py, "inspect"))?.call_method1(intern!(py, "isawaitable"), (&value,))?.is_truthy()? {
        return Ok(Shaped::Value(value));
    }
    let iterator = value.call_method0(intern!(py, "__await__"))?;
    Ok(Shaped::Awaitable(iterator))
}

/// The same with the options that redis-py's method gave: some are for `parse_response`, the rest for the callback.
fn shape_with_options<'py>(
    py: Python<'py>,
    callback: Callback<'py>,
    options: &Bound<'py, PyDict>,
    sink: &mut PySink<'py, '_>,
) -> PyResult<Shaped<'py>> {
    let rest = without_parse_options(options)?;
    match sink.first_error(py) {
        Some(error) => instead_of_error(py, options, error).map(Shaped::Value),
        None => callback.shape(rest.as_ref(), sink),
    }
}

/// The options that are for the response callback; nothing if there are none.
pub(crate) fn without_parse_options<'py>(
    options: &Bound<'py, PyDict>,
) -> PyResult<Option<Bound<'py, PyDict>>> {
    let rest = options.copy()?;
    for option in [NEVER_DECODE, EMPTY_RESPONSE, "keys"] {
        if rest.contains(option)? {
            rest.del_item(option)?;
        }
    }
    Ok((!rest.is_empty()).then_some(rest))
}
