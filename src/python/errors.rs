//! The engine's errors as redis-py's exceptions: the one place that maps them.
use burner_engine::Error;
use pyo3::exceptions::PyException;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::PyString;

/// A class of `redis.exceptions`.
fn exception_class<'py>(py: Python<'py>, name: &str) -> PyResult<Bound<'py, PyAny>> {
    py.import("redis.exceptions")?.getattr(name)
}

/// An exception of `redis.exceptions` with this text.
pub(crate) fn redis_error(py: Python<'_>, class: &str, text: &str) -> PyErr {
    match exception_class(py, class).and_then(|class| class.call1((text,))) {
        Ok(exception) => PyErr::from_value(exception),
        Err(error) => error,
    }
}

/// What a client with a `socket_timeout` raises in the end when a command is not answered at all (`CLIENT REPLY OFF`).
/// Here nothing is to be gained by waiting for it.
pub(crate) fn no_answer(py: Python<'_>) -> PyErr {
    redis_error(py, "TimeoutError", "the store does not answer this command")
}

/// Whether a value is one of redis-py's `ResponseError`s, of which a pipeline makes list the errors.
pub(crate) fn is_response_error(value: &Bound<'_, PyAny>) -> PyResult<bool> {
    static CLASS: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
    if !value.is_instance_of::<PyException>() {
        return Ok(false);
    }
    let py = value.py();
    let class = CLASS.get_or_try_init(py, || exception_class(py, "ResponseError").map(Bound::unbind))?;
    value.is_instance(class.bind(py))
}

/// redis-py's refusal of an argument of this type.
pub(crate) fn unencodable(py: Python<'_>, type_name: &str) -> PyErr {
    let text =
        format!("Invalid input of type: '{type_name}'. Convert to a bytes, string, int or float first.");
    redis_error(py, "DataError", &text)
}

/// The exception object that redis-py's parser makes of an error reply.
pub(crate) fn exception<'py>(py: Python<'py>, error: &Error) -> PyResult<Bound<'py, PyAny>> {
    static PARSE: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
    if matches!(error, Error::Closed) {
        return exception_class(py, "ConnectionError")?.call1(("Connection closed by server.",));
    }
    // `parse_error` is a method of the parser in older versions and of its class in newer ones: an instance has both.
    let parse = PARSE.get_or_try_init(py, || {
        let parser = py.import("redis._parsers")?.getattr("_AsyncRESP2Parser")?.call1((1,))?;
        parser.getattr("parse_error").map(Bound::unbind)
    })?;
    parse.bind(py).call1((PyString::new(py, &String::from_utf8_lossy(error.wire())),))
}

/// The same, to be raised.
pub(crate) fn raised(py: Python<'_>, error: &Error) -> PyErr {
    exception(py, error).map_or_else(|failure| failure, PyErr::from_value)
}
