//! The Python module `burner_redis._native`.
use pyo3::prelude::*;

#[pymodule]
mod _native {}
