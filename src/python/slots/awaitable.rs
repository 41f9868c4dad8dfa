//! The awaitable that every command method returns.
//!
//! PyO3 has no way to say `am_send`, the slot through which an `await` completes without raising
//! `StopIteration`, so the type is made here by hand with `PyType_FromSpec`. To Python its instances are
//! coroutines: they run at the `await`, once only, warn when forgotten, and pass for coroutines wherever
//! somebody asks (`inspect.iscoroutine`, asyncio, anyio). What one does is a [`Coroutine`], which is safe code.
//!
//! The list of spare instances relies on the GIL.
use std::cell::{Cell, UnsafeCell};
use std::ffi::{CStr, CString, c_int, c_void};
use std::mem::MaybeUninit;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::ptr;

use burner_engine::containment::panic_text;
use pyo3::exceptions::{PyRuntimeError, PyTypeError, PyValueError};
use pyo3::ffi;
use pyo3::prelude::*;

use super::objects::Obj;

/// The number of `Py_am_send` in CPython's `typeslots.h`; part of the stable ABI since 3.10.
const PY_AM_SEND: c_int = 81;
/// Spare instances kept for reuse, per type.
const SPARES: usize = 64;

/// What a coroutine did when it was resumed.
pub(crate) enum Step {
    /// It is over, with this result.
    Done(Obj),
    /// It goes on later; this goes to the event loop (`None`, or a future to wait for).
    Pause(Obj),
    /// It is over, with this exception.
    Failed(PyErr),
}

/// Shows the cycle collector the references of a body.
pub(crate) struct Show<'a>(&'a mut dyn FnMut(*mut ffi::PyObject));

impl Show<'_> {
    /// Shows one; each reference that is held, once.
    pub(crate) fn reference<T>(&mut self, held: &Obj<T>) {
        (self.0)(held.as_ptr());
    }
}

/// The body of an awaitable.
///
/// While it runs its object is marked, so Python code that runs inside and comes back to the object is told
/// "coroutine already executing", and the cycle collector does not look inside.
pub(crate) trait Coroutine: Sized + 'static {
    /// The name that Python prints for the type of the instances.
    const TYPE_NAME: &'static CStr;

    /// The one [`Family`] of this body.
    fn family() -> &'static Family;
    /// What `__qualname__` and the warning say: `BurnerRedis.get`.
    fn name(&self) -> &'static str;
    /// Runs until it is over or has to wait.
    fn resume(&mut self, py: Python<'_>) -> Step;
    /// An exception came instead of the next `resume`: gives back what is held. The exception goes on by itself.
    fn interrupt(&mut self, py: Python<'_>);
    /// Shows each held reference to the cycle collector. Must not touch Python.
    fn visit(&self, show: &mut Show<'_>);
}

/// A type made of a [`Coroutine`]: the type object and the spare instances.
pub(crate) struct Family {
    class: Cell<*mut ffi::PyTypeObject>,
    coroutine_class: Cell<*mut ffi::PyObject>,
    spares: UnsafeCell<[*mut ffi::PyObject; SPARES]>,
    spare: Cell<usize>,
}

// SAFETY: every access is made by a function that holds a `Python` token or is called by the interpreter, and the
// module requires the GIL, so the accesses are ordered.
unsafe impl Sync for Family {}

impl Family {
    /// An empty family; [`prepare`] fills it when the module is imported.
    pub(crate) const fn new() -> Self {
        Family {
            class: Cell::new(ptr::null_mut()),
            coroutine_class: Cell::new(ptr::null_mut()),
            spares: UnsafeCell::new([ptr::null_mut(); SPARES]),
            spare: Cell::new(0),
        }
    }
}

/// How far an instance is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    /// Not begun; there is a body.
    Fresh,
    /// Begun, and waiting; there is a body.
    Paused,
    /// Running: the body belongs to whoever runs it.
    Running,
    /// Over; there is no body.
    Spent,
}

#[repr(C)]
struct Object<B> {
    head: ffi::PyObject,
    state: Cell<State>,
    body: UnsafeCell<MaybeUninit<B>>,
}

/// An instance as Rust sees it.
///
/// # Safety
/// `object` is a live instance of `B`'s type.
#[inline]
unsafe fn instance<'a, B: Coroutine>(object: *mut ffi::PyObject) -> &'a Object<B> {
    // SAFETY: the caller's promise; instances are laid out as `Object<B>`, whose fields are cells.
    unsafe { &*object.cast::<Object<B>>() }
}

impl<B> Object<B> {
    /// Drops the body.
    ///
    /// # Safety
    /// There is one, nobody has a reference to it, and the state says by now that there is none.
    unsafe fn drop_body(&self) {
        // SAFETY: the caller's promise.
        unsafe { (*self.body.get()).assume_init_drop() }
    }
}

/// A new awaitable with this body.
#[inline]
pub(crate) fn new<B: Coroutine>(py: Python<'_>, body: B) -> PyResult<Bound<'_, PyAny>> {
    let family = B::family();
    let class = family.class.get();
    assert!(!class.is_null(), "the module is imported before its methods are called");
    // SAFETY: attached (`py`). A spare is memory of exactly this type, alive to nobody, without a body; a fresh
    // instance has neither body nor state yet. Both get theirs written before the collector is told of them.
    unsafe {
        let object = if family.spare.get() > 0 {
            family.spare.set(family.spare.get() - 1);
            let object = (*family.spares.get())[family.spare.get()];
            ffi::PyObject_Init(object, class)
        } else {
            ffi::PyObject_GC_New::<ffi::PyObject>(class)
        };
        if object.is_null() {
            return Err(PyErr::fetch(py));
        }
        let place = object.cast::<Object<B>>();
        ptr::write(&raw mut (*place).body, UnsafeCell::new(MaybeUninit::new(body)));
        ptr::write(&raw mut (*place).state, Cell::new(State::Fresh));
        ffi::PyObject_GC_Track(object.cast());
        Ok(Bound::from_owned_ptr(py, object))
    }
}

/// Runs `work` at the edge to CPython: its error becomes the raised exception, its panic a `RuntimeError`.
fn at_edge<T>(py: Python<'_>, failed: T, work: impl FnOnce() -> PyResult<T>) -> T {
    match catch_unwind(AssertUnwindSafe(work)) {
        Ok(Ok(value)) => value,
        Ok(Err(error)) => {
            error.restore(py);
            failed
        }
        Err(panic) => {
            PyRuntimeError::new_err(format!("burner-redis panicked: {}", panic_text(&*panic))).restore(py);
            failed
        }
    }
}

#[inline]
fn step<B: Coroutine>(py: Python<'_>, object: *mut ffi::PyObject, value_is_none: bool) -> PyResult<Step> {
    // SAFETY: called from the slots, with a live instance.
    let this = unsafe { instance::<B>(object) };
    match this.state.get() {
        State::Fresh if !value_is_none => {
            return Err(PyTypeError::new_err("can't send non-None value to a just-started coroutine"));
        }
        State::Fresh | State::Paused => {}
        State::Running => return Err(PyValueError::new_err("coroutine already executing")),
        State::Spent => return Err(PyRuntimeError::new_err("cannot reuse already awaited coroutine")),
    }
    this.state.set(State::Running);
    let ended = Ended(this);
    // SAFETY: there was a body, and while the state says `Running` nobody else touches it.
    let step = unsafe { (*this.body.get()).assume_init_mut() }.resume(py);
    if let Step::Pause(_) = step {
        std::mem::forget(ended);
        this.state.set(State::Paused);
    }
    Ok(step)
}

/// Ends the instance when its run is over, a panic included.
struct Ended<'a, B: Coroutine>(&'a Object<B>);

impl<B: Coroutine> Drop for Ended<'_, B> {
    #[inline]
    fn drop(&mut self) {
        self.0.state.set(State::Spent);
        // SAFETY: the run is over and was the only one to refer to the body.
        unsafe { self.0.drop_body() }
    }
}

unsafe extern "C" fn am_send<B: Coroutine>(
    object: *mut ffi::PyObject,
    value: *mut ffi::PyObject,
    out: *mut *mut ffi::PyObject,
) -> ffi::PySendResult {
    // SAFETY: the interpreter calls slots attached, with a live instance and a place for the result.
    unsafe {
        let py = Python::assume_attached();
        let none = value == ffi::Py_None();
        let (result, object) = at_edge(py, (ffi::PySendResult::PYGEN_ERROR, ptr::null_mut()), || {
            Ok(match step::<B>(py, object, none)? {
                Step::Done(result) => (ffi::PySendResult::PYGEN_RETURN, result.into_bound(py).into_ptr()),
                Step::Pause(future) => (ffi::PySendResult::PYGEN_NEXT, future.into_bound(py).into_ptr()),
                Step::Failed(error) => return Err(error),
            })
        });
        *out = object;
        result
    }
}

/// The slow door, through which 3.12 and later, the pure-Python `Task` and `coro.send(None)` come.
unsafe extern "C" fn send<B: Coroutine>(
    object: *mut ffi::PyObject,
    value: *mut ffi::PyObject,
) -> *mut ffi::PyObject {
    // SAFETY: the interpreter calls methods attached, with a live instance.
    unsafe {
        let py = Python::assume_attached();
        let none = value == ffi::Py_None();
        at_edge(py, ptr::null_mut(), || match step::<B>(py, object, none)? {
            Step::Done(result) => {
                raise_stop(result.bind(py));
                Ok(ptr::null_mut())
            }
            Step::Pause(future) => Ok(future.into_bound(py).into_ptr()),
            Step::Failed(error) => Err(error),
        })
    }
}

/// Raises `StopIteration(value)`; a tuple or an exception as the value must not be taken for its arguments.
fn raise_stop(value: &Bound<'_, PyAny>) {
    // SAFETY: attached, as `value` proves; both arguments are live objects of which `PyErr_SetObject` takes references of its own.
    unsafe {
        let class = ffi::PyExc_StopIteration;
        if ffi::PyTuple_Check(value.as_ptr()) == 0 && ffi::PyExceptionInstance_Check(value.as_ptr()) == 0 {
            ffi::PyErr_SetObject(class, value.as_ptr());
        } else {
            let stop =
                ffi::PyObject_CallFunctionObjArgs(class, value.as_ptr(), ptr::null_mut::<ffi::PyObject>());
            if !stop.is_null() {
                ffi::PyErr_SetObject(class, stop);
                ffi::Py_DECREF(stop);
            }
        }
    }
}

unsafe extern "C" fn next<B: Coroutine>(object: *mut ffi::PyObject) -> *mut ffi::PyObject {
    // SAFETY: as for `send`.
    unsafe { send::<B>(object, ffi::Py_None()) }
}

/// Ends the coroutine: a started one is told, a fresh one is only dropped.
fn end<B: Coroutine>(py: Python<'_>, object: *mut ffi::PyObject) -> PyResult<()> {
    // SAFETY: called from the methods, with a live instance.
    let this = unsafe { instance::<B>(object) };
    match this.state.get() {
        State::Running => return Err(PyValueError::new_err("coroutine already executing")),
        State::Spent => {}
        before @ (State::Fresh | State::Paused) => {
            this.state.set(State::Running);
            let _ended = Ended(this);
            if before == State::Paused {
                // SAFETY: there was a body, and while the state says `Running` nobody else touches it.
                unsafe { (*this.body.get()).assume_init_mut() }.interrupt(py);
            }
        }
    }
    Ok(())
}

unsafe extern "C" fn close<B: Coroutine>(
    object: *mut ffi::PyObject,
    _: *mut ffi::PyObject,
) -> *mut ffi::PyObject {
    // SAFETY: as for `send`.
    unsafe {
        let py = Python::assume_attached();
        at_edge(py, ptr::null_mut(), || {
            end::<B>(py, object)?;
            Ok(py.None().into_ptr())
        })
    }
}

unsafe extern "C" fn throw<B: Coroutine>(
    object: *mut ffi::PyObject,
    args: *mut ffi::PyObject,
) -> *mut ffi::PyObject {
    // SAFETY: as for `send`; `args` is the tuple of arguments.
    unsafe {
        let py = Python::assume_attached();
        at_edge(py, ptr::null_mut(), || {
            let args = Bound::from_borrowed_ptr(py, args);
            let (class, value) = match args.len()? {
                1 => (args.get_item(0)?, None),
                2 | 3 => (args.get_item(0)?, Some(args.get_item(1)?).filter(|value| !value.is_none())),
                n => return Err(PyTypeError::new_err(format!("throw expected 1 to 3 arguments, got {n}"))),
            };
            let thrown = if class.is_instance_of::<pyo3::exceptions::PyBaseException>() {
                PyErr::from_value(class)
            } else if let Some(value) = value.as_ref()
                && value.is_instance_of::<pyo3::exceptions::PyBaseException>()
            {
                PyErr::from_value(value.clone())
            } else {
                // A class is called with the value, and what is neither class nor instance is a TypeError here.
                PyErr::from_value(match value {
                    Some(value) => class.call1((value,))?,
                    None => class.call0()?,
                })
            };
            if instance::<B>(object).state.get() == State::Spent {
                return Err(PyRuntimeError::new_err("cannot reuse already awaited coroutine"));
            }
            end::<B>(py, object)?;
            Err(thrown)
        })
    }
}

unsafe extern "C" fn itself(object: *mut ffi::PyObject) -> *mut ffi::PyObject {
    // SAFETY: the interpreter calls slots attached, with a live instance.
    unsafe {
        ffi::Py_INCREF(object);
    }
    object
}

unsafe extern "C" fn traverse<B: Coroutine>(
    object: *mut ffi::PyObject,
    visit: ffi::visitproc,
    arg: *mut c_void,
) -> c_int {
    // SAFETY: the collector shows live instances, and no code that could change one runs meanwhile. A body that is
    // running is not looked at. A heap type is owned by its instances and shown by them.
    unsafe {
        let mut answer = visit(ffi::Py_TYPE(object).cast(), arg);
        let this = instance::<B>(object);
        if matches!(this.state.get(), State::Fresh | State::Paused) {
            (*this.body.get()).assume_init_ref().visit(&mut Show(&mut |held| {
                if answer == 0 {
                    answer = visit(held, arg);
                }
            }));
        }
        answer
    }
}

unsafe extern "C" fn clear<B: Coroutine>(object: *mut ffi::PyObject) -> c_int {
    // SAFETY: attached, with a live instance; a body that is there and not running is nobody else's.
    unsafe {
        let this = instance::<B>(object);
        let before = this.state.get();
        if matches!(before, State::Fresh | State::Paused) {
            this.state.set(State::Running);
            let ended = Ended(this);
            if before == State::Fresh {
                warn_forgotten((*this.body.get()).assume_init_ref());
            }
            drop(ended);
        }
    }
    0
}

unsafe extern "C" fn dealloc<B: Coroutine>(object: *mut ffi::PyObject) {
    // SAFETY: the last reference is gone. The memory goes to the spares without a body, or back to the allocator; an
    // instance of a heap type gives back its reference to the type.
    unsafe {
        ffi::PyObject_GC_UnTrack(object.cast());
        let class = ffi::Py_TYPE(object);
        if instance::<B>(object).state.get() != State::Spent {
            clear::<B>(object);
        }
        let family = B::family();
        let spare = family.spare.get();
        if spare < SPARES {
            (*family.spares.get())[spare] = object;
            family.spare.set(spare + 1);
        } else {
            ffi::PyObject_GC_Del(object.cast());
        }
        ffi::Py_DECREF(class.cast());
    }
}

/// Warns as the interpreter does for a coroutine that was dropped unawaited.
fn warn_forgotten<B: Coroutine>(body: &B) {
    let text = CString::new(format!("coroutine '{}' was never awaited", body.name())).unwrap_or_default();
    // SAFETY: called by the deallocator or the collector: attached. An exception in flight is kept aside.
    unsafe {
        let py = Python::assume_attached();
        let in_flight = PyErr::take(py);
        if ffi::PyErr_WarnEx(ffi::PyExc_RuntimeWarning, text.as_ptr(), 1) != 0 {
            ffi::PyErr_WriteUnraisable(ptr::null_mut());
        }
        if let Some(error) = in_flight {
            error.restore(py);
        }
    }
}

unsafe extern "C" fn get_class<B: Coroutine>(_: *mut ffi::PyObject, _: *mut c_void) -> *mut ffi::PyObject {
    let class = B::family().coroutine_class.get();
    // SAFETY: the interpreter calls getters attached; `prepare` stored a reference that is never given back.
    unsafe { itself(class) }
}

unsafe extern "C" fn get_name<B: Coroutine>(
    object: *mut ffi::PyObject,
    _: *mut c_void,
) -> *mut ffi::PyObject {
    // SAFETY: the interpreter calls getters attached, with a live instance; making a `str` runs no Python code.
    unsafe {
        let this = instance::<B>(object);
        let name = match this.state.get() {
            State::Fresh | State::Paused => (*this.body.get()).assume_init_ref().name(),
            State::Running | State::Spent => "command",
        };
        ffi::PyUnicode_FromStringAndSize(name.as_ptr().cast(), name.len().cast_signed())
    }
}

unsafe extern "C" fn get_none(_: *mut ffi::PyObject, _: *mut c_void) -> *mut ffi::PyObject {
    // SAFETY: the interpreter calls getters attached.
    unsafe { itself(ffi::Py_None()) }
}

unsafe extern "C" fn get_running<B: Coroutine>(
    object: *mut ffi::PyObject,
    _: *mut c_void,
) -> *mut ffi::PyObject {
    // SAFETY: the interpreter calls getters attached, with a live instance.
    unsafe { ffi::PyBool_FromLong((instance::<B>(object).state.get() == State::Running).into()) }
}

unsafe extern "C" fn get_suspended<B: Coroutine>(
    object: *mut ffi::PyObject,
    _: *mut c_void,
) -> *mut ffi::PyObject {
    // SAFETY: the interpreter calls getters attached, with a live instance.
    unsafe { ffi::PyBool_FromLong((instance::<B>(object).state.get() == State::Paused).into()) }
}

/// Makes the type of `B`'s instances. To be called when the module is imported.
pub(crate) fn prepare<B: Coroutine>(py: Python<'_>) -> PyResult<()> {
    let family = B::family();
    if !family.class.get().is_null() {
        return Ok(());
    }
    let getter = |name: &'static CStr, get: ffi::getter| ffi::PyGetSetDef {
        name: name.as_ptr(),
        get: Some(get),
        set: None,
        doc: ptr::null(),
        closure: ptr::null_mut(),
    };
    // `__class__` is what `isinstance` falls back to; the rest is what asyncio and debuggers print.
    let getters = Box::leak(Box::new([
        getter(c"__class__", get_class::<B>),
        getter(c"__name__", get_name::<B>),
        getter(c"__qualname__", get_name::<B>),
        getter(c"cr_await", get_none),
        getter(c"cr_frame", get_none),
        getter(c"cr_code", get_none),
        getter(c"cr_origin", get_none),
        getter(c"cr_running", get_running::<B>),
        getter(c"cr_suspended", get_suspended::<B>),
        ffi::PyGetSetDef::default(),
    ]));
    let method = |name: &'static CStr, run: ffi::PyCFunction, flags: c_int| ffi::PyMethodDef {
        ml_name: name.as_ptr(),
        ml_meth: ffi::PyMethodDefPointer { PyCFunction: run },
        ml_flags: flags,
        ml_doc: ptr::null(),
    };
    let methods = Box::leak(Box::new([
        method(c"send", send::<B>, ffi::METH_O),
        method(c"throw", throw::<B>, ffi::METH_VARARGS),
        method(c"close", close::<B>, ffi::METH_NOARGS),
        ffi::PyMethodDef::zeroed(),
    ]));
    let slot = |slot: c_int, pfunc: *mut c_void| ffi::PyType_Slot { slot, pfunc };
    // `tp_iternext` without `tp_iter`: the `await` needs the first, and a forgotten `await` in a `for` loop must be
    // a TypeError.
    let mut slots = [
        slot(ffi::Py_tp_dealloc, dealloc::<B> as *mut c_void),
        slot(ffi::Py_tp_traverse, traverse::<B> as *mut c_void),
        slot(ffi::Py_tp_clear, clear::<B> as *mut c_void),
        slot(ffi::Py_am_await, itself as *mut c_void),
        slot(PY_AM_SEND, am_send::<B> as *mut c_void),
        slot(ffi::Py_tp_iternext, next::<B> as *mut c_void),
        slot(ffi::Py_tp_methods, methods.as_mut_ptr().cast()),
        slot(ffi::Py_tp_getset, getters.as_mut_ptr().cast()),
        slot(0, ptr::null_mut()),
    ];
    let mut spec = ffi::PyType_Spec {
        name: B::TYPE_NAME.as_ptr(),
        basicsize: size_of::<Object<B>>() as c_int,
        itemsize: 0,
        flags: (ffi::Py_TPFLAGS_DEFAULT | ffi::Py_TPFLAGS_HAVE_GC | ffi::Py_TPFLAGS_DISALLOW_INSTANTIATION)
            as u32,
        slots: slots.as_mut_ptr(),
    };
    let coroutine_class = py.import("types")?.getattr("CoroutineType")?;
    // SAFETY: attached (`py`). Each function has the signature of its slot, the tables of methods and getters are
    // leaked and thus outlive the type, the layout of an instance is `Object<B>`.
    let class = unsafe { Bound::from_owned_ptr_or_err(py, ffi::PyType_FromSpec(&raw mut spec))? };
    family.class.set(class.into_ptr().cast());
    family.coroutine_class.set(coroutine_class.into_ptr());
    Ok(())
}
