//! The Python module `burner_redis._native`.
use pyo3::prelude::*;

#[allow(dead_code, reason = "the commands that return it come with the engine")]
mod slots;

#[pymodule(gil_used = true)]
mod _native {}
