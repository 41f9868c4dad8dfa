//! The base of the pipeline class: stacking commands natively.
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyList, PyTuple, PyType};

use crate::hot::{Gathered, Hot, Seat};
use crate::slots::{self, GilCell};

/// The base of burner-redis' `Pipeline`.
///
/// It watches the attributes by which redis-py decides whether a command is stacked or run at once.
#[pyclass(module = "burner_redis._native", subclass, frozen)]
pub(crate) struct Stack {
    /// Whether the class is one whose `execute_command` stacks.
    stacks: GilCell<bool>,
    watching: GilCell<bool>,
    explicit_transaction: GilCell<bool>,
    /// Whether the instance has an `execute_command` of its own.
    own_seam: GilCell<bool>,
    commands: GilCell<Option<Py<PyList>>>,
}

impl Seat for Stack {
    fn is_direct(this: &Bound<'_, Self>) -> bool {
        let (py, this) = (this.py(), this.get());
        this.stacks.get(py)
            && !this.own_seam.get(py)
            && (!this.watching.get(py) || this.explicit_transaction.get(py))
    }

    fn submit<'py>(
        this: &Bound<'py, Self>,
        hot: &'static Hot,
        gathered: Gathered,
    ) -> PyResult<Bound<'py, PyAny>> {
        let py = this.py();
        let name = hot.callback_name(py).clone();
        let args = std::iter::once(name).chain(gathered.into_iter().map(|arg| arg.into_bound(py)));
        let args = PyTuple::new(py, args.collect::<smallvec::SmallVec<[_; 4]>>())?;
        push(this, args, PyDict::new(py))?;
        Ok(this.clone().into_any())
    }
}

/// Appends a command to `command_stack`.
fn push<'py>(
    this: &Bound<'py, Stack>,
    args: Bound<'py, PyTuple>,
    options: Bound<'py, PyDict>,
) -> PyResult<()> {
    let py = this.py();
    if let Some(stack) = this.get().commands.object(py) {
        return stack.append((args, options));
    }
    let append = intern!(py, "append");
    this.getattr(intern!(py, "command_stack"))?.call_method1(append, ((args, options),)).map(drop)
}

#[pymethods]
impl Stack {
    #[new]
    #[pyo3(signature = (*_args, **_kwargs))]
    fn new(_args: &Bound<'_, PyTuple>, _kwargs: Option<&Bound<'_, PyDict>>) -> Self {
        Stack {
            stacks: GilCell::default(),
            watching: GilCell::default(),
            explicit_transaction: GilCell::default(),
            own_seam: GilCell::default(),
            commands: GilCell::default(),
        }
    }

    #[pyo3(signature = (*, seam))]
    fn _bind(slf: &Bound<'_, Self>, seam: &Bound<'_, PyType>) -> PyResult<()> {
        let class = slf.get_type();
        let mut same = true;
        for name in ["execute_command", "pipeline_execute_command", "immediate_execute_command"] {
            same &= class.getattr(name)?.is(&seam.getattr(name)?);
        }
        slf.get().stacks.set(slf.py(), same);
        Ok(())
    }

    #[pyo3(signature = (args, options, /))]
    fn _push<'py>(
        slf: Bound<'py, Self>,
        args: Bound<'py, PyTuple>,
        options: Bound<'py, PyDict>,
    ) -> PyResult<Bound<'py, Self>> {
        push(&slf, args, options)?;
        Ok(slf)
    }

    /// Watches the attributes that decide whether a command is stacked, and where.
    fn __setattr__(slf: &Bound<'_, Self>, name: &Bound<'_, PyAny>, value: &Bound<'_, PyAny>) -> PyResult<()> {
        let (py, this) = (slf.py(), slf.get());
        match name.extract::<&str>()? {
            "watching" => this.watching.set(py, value.is_truthy()?),
            "explicit_transaction" => this.explicit_transaction.set(py, value.is_truthy()?),
            "command_stack" => {
                this.commands.set(py, value.cast_exact::<PyList>().ok().map(|list| list.clone().unbind()));
            }
            "execute_command" | "pipeline_execute_command" => this.own_seam.set(py, true),
            _ => {}
        }
        slots::set_attribute(slf, name, Some(value))
    }

    #[allow(clippy::needless_pass_by_value, reason = "PyO3 gives `__traverse__` its visitor away")]
    fn __traverse__(&self, visit: pyo3::PyVisit<'_>) -> Result<(), pyo3::PyTraverseError> {
        self.commands.visit(&visit)
    }
}
