//! The clock that tests move, as Python sees it.
use burner_engine::clock::{self, Clock};
use burner_server::SystemClock;
use pyo3::exceptions::{PyOverflowError, PyValueError};
use pyo3::prelude::*;

/// Seconds as Python says them, in whole microseconds.
fn microseconds(seconds: f64) -> PyResult<i64> {
    let us = (seconds * 1e6).round();
    if us.is_nan() {
        return Err(PyValueError::new_err("seconds must be a number"));
    }
    if us.abs() >= i64::MAX as f64 / 2.0 {
        return Err(PyOverflowError::new_err("so many seconds do not fit"));
    }
    Ok(us as i64)
}

/// A clock that stands still until it is moved, for tests.
#[pyclass(module = "burner_redis", frozen)]
pub(crate) struct ManualClock(pub(crate) clock::ManualClock);

#[pymethods]
impl ManualClock {
    #[new]
    #[pyo3(signature = (seconds = None))]
    fn new(seconds: Option<f64>) -> PyResult<Self> {
        let us = seconds.map_or_else(|| Ok(SystemClock::new().now_us()), microseconds)?;
        Ok(ManualClock(clock::ManualClock::new(us)))
    }

    pub(crate) fn advance(&self, seconds: f64) -> PyResult<()> {
        self.0.advance(microseconds(seconds)?);
        Ok(())
    }

    fn time(&self) -> f64 {
        self.0.now_us() as f64 / 1e6
    }
}
