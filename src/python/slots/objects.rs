//! References and cells for code that CPython calls by itself, and two things that PyO3 has no words for.
use std::cell::Cell;
use std::marker::PhantomData;
use std::mem::ManuallyDrop;
use std::ptr;

use pyo3::prelude::*;
use pyo3::types::PyBytes;
use pyo3::{PyTraverseError, PyVisit, ffi};

/// A reference that is given back at once when dropped.
///
/// [`Py`] asks a thread-local first whether this thread is attached, and inside a slot that CPython called by
/// itself the answer is "don't know": the reference would wait in a list for somebody's next call. `Obj` does not
/// leave its thread (`!Send`), and everything that holds one lives in a Python object or on the stack of a call.
pub(crate) struct Obj<T = PyAny>(ManuallyDrop<Py<T>>, PhantomData<*const ()>);

impl<T> Obj<T> {
    /// The object itself, for as long as the reference is held.
    #[inline]
    pub(crate) fn bind<'py>(&self, py: Python<'py>) -> &Bound<'py, T> {
        self.0.bind(py)
    }

    /// Hands the reference over to PyO3.
    #[inline]
    pub(crate) fn into_bound(self, py: Python<'_>) -> Bound<'_, T> {
        let mut this = ManuallyDrop::new(self);
        // SAFETY: `this` is never dropped, so the reference is taken out once.
        unsafe { ManuallyDrop::take(&mut this.0) }.into_bound(py)
    }

    /// The object's address, for whoever may not touch it.
    pub(super) fn as_ptr(&self) -> *mut ffi::PyObject {
        self.0.as_ptr()
    }

    /// One more reference to the same object.
    pub(crate) fn share(&self, py: Python<'_>) -> Self {
        Obj(ManuallyDrop::new(self.0.clone_ref(py)), PhantomData)
    }
}

impl<T> From<Bound<'_, T>> for Obj<T> {
    #[inline]
    fn from(object: Bound<'_, T>) -> Self {
        Obj(ManuallyDrop::new(object.unbind()), PhantomData)
    }
}

impl<T> Drop for Obj<T> {
    #[inline]
    fn drop(&mut self) {
        // SAFETY: `self` is being dropped, so the reference is taken out once; an `Obj` is made from a `Bound`,
        // stays on its thread, and dies in a call from Python or in the deallocator of a Python object: attached.
        unsafe { ManuallyDrop::take(&mut self.0).drop_ref(Python::assume_attached()) }
    }
}

/// A cell of an object that any thread may reach: whoever touches it shows that it holds the GIL.
///
/// It gives out values, never references, so nothing that runs in between can meet a borrow.
#[derive(Default)]
pub(crate) struct GilCell<T>(Cell<T>);

// SAFETY: every access takes a `Python` token, and the module requires the GIL, so accesses are ordered; the value
// may move to another thread with them, hence `Send`.
unsafe impl<T: Send> Sync for GilCell<T> {}

impl<T> GilCell<T> {
    /// A cell that holds `value`.
    pub(crate) const fn new(value: T) -> Self {
        GilCell(Cell::new(value))
    }

    /// Puts a value in and gives the one before back.
    pub(crate) fn replace(&self, _: Python<'_>, value: T) -> T {
        self.0.replace(value)
    }

    /// Puts a value in.
    #[inline]
    pub(crate) fn set(&self, py: Python<'_>, value: T) {
        // Dropping the value before may run anything: not before the new one is in.
        drop(self.replace(py, value));
    }
}

impl<T: Copy> GilCell<T> {
    /// The value.
    #[inline]
    pub(crate) fn get(&self, _: Python<'_>) -> T {
        self.0.get()
    }
}

impl<T: Default> GilCell<T> {
    /// Takes the value out, leaving the default.
    pub(crate) fn take(&self, py: Python<'_>) -> T {
        self.replace(py, T::default())
    }
}

impl<T> GilCell<Option<Py<T>>> {
    /// One more reference to the object in the cell.
    #[inline]
    pub(crate) fn object<'py>(&self, py: Python<'py>) -> Option<Bound<'py, T>> {
        // SAFETY: attached (`py`); counting a reference runs no code that could change the cell meanwhile.
        unsafe { (*self.0.as_ptr()).as_ref().map(|object| object.bind(py).clone()) }
    }

    /// Shows the object to the cycle collector.
    pub(crate) fn visit(&self, visit: &PyVisit<'_>) -> Result<(), PyTraverseError> {
        // SAFETY: the collector runs with the GIL held, and visiting runs no code that could change the cell.
        unsafe { visit.call(&*self.0.as_ptr()) }
    }
}

/// The version of an object's class: another one as soon as the class or one of its bases changed. 0 when CPython has
/// not given it one since.
#[inline]
pub(crate) fn class_version<T>(object: &Bound<'_, T>) -> u32 {
    // SAFETY: the class of a live object is alive, and the GIL, which `object` proves, guards its fields.
    unsafe { (*ffi::Py_TYPE(object.as_ptr())).tp_version_tag as u32 }
}

/// The contents of a `bytes`, where Python keeps them; PyO3 asks the interpreter for the place.
#[inline]
pub(crate) fn bytes_of<'a>(object: &'a Bound<'_, PyBytes>) -> &'a [u8] {
    let object = object.as_ptr().cast::<ffi::PyBytesObject>();
    // SAFETY: a `bytes`, or an instance of a subclass, which begins alike; it never changes, and lives as long as it is
    // borrowed here.
    unsafe {
        std::slice::from_raw_parts((&raw const (*object).ob_sval).cast(), (*object).ob_base.ob_size as usize)
    }
}

/// `object.__setattr__`, or `object.__delattr__` without a value: what a class does that watches its attributes.
pub(crate) fn set_attribute(
    object: &Bound<'_, PyAny>,
    name: &Bound<'_, PyAny>,
    value: Option<&Bound<'_, PyAny>>,
) -> PyResult<()> {
    // SAFETY: attached, as `object` proves; three live objects, or none for a deletion.
    let failed = unsafe {
        ffi::PyObject_GenericSetAttr(
            object.as_ptr(),
            name.as_ptr(),
            value.map_or(ptr::null_mut(), Bound::as_ptr),
        )
    };
    if failed == 0 { Ok(()) } else { Err(PyErr::fetch(object.py())) }
}

/// While it lives the cycle collector does not run: what allocates meanwhile runs nobody's finalizers.
///
/// Before 3.12 any allocation of a container may set the collector off; later ones only set it off between two
/// instructions of Python code.
pub(crate) struct CollectorPause {
    was_enabled: bool,
}

impl CollectorPause {
    /// Holds the collector off.
    #[inline]
    pub(crate) fn begin(_: Python<'_>) -> Self {
        // SAFETY: attached; it sets a flag of the interpreter's.
        CollectorPause { was_enabled: unsafe { ffi::PyGC_Disable() } != 0 }
    }
}

impl Drop for CollectorPause {
    #[inline]
    fn drop(&mut self) {
        if self.was_enabled {
            // SAFETY: made with the interpreter attached, by a sink, which does not outlive the call it is made in.
            unsafe { ffi::PyGC_Enable() };
        }
    }
}
