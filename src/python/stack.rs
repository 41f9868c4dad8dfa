//! The base of the pipeline class: stacking commands natively.
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyList, PyTuple};

/// The base of burner-redis' `Pipeline`.
#[pyclass(module = "burner_redis._native", subclass, frozen)]
pub(crate) struct Stack {}

#[pymethods]
impl Stack {
    #[new]
    #[pyo3(signature = (*_args, **_kwargs))]
    fn new(_args: &Bound<'_, PyTuple>, _kwargs: Option<&Bound<'_, PyDict>>) -> Self {
        Stack {}
    }

    #[pyo3(signature = (args, options, /))]
    fn _push<'py>(
        slf: Bound<'py, Self>,
        args: Bound<'py, PyTuple>,
        options: Bound<'py, PyDict>,
    ) -> PyResult<Bound<'py, Self>> {
        let py = slf.py();
        let stack = slf.getattr(intern!(py, "command_stack"))?;
        stack.cast::<PyList>()?.append((args, options))?;
        Ok(slf)
    }
}
