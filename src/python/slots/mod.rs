//! Where the project is `unsafe`: the awaitable that CPython's slots need ([`awaitable`]), and references and cells
//! that know of the GIL ([`objects`]).
//!
//! The module requires the GIL (`gil_used = true`); the SAFETY comments rely on that.
mod awaitable;
mod objects;

pub(crate) use awaitable::{Coroutine, Family, Show, Step, new, prepare};
pub(crate) use objects::{CollectorPause, GilCell, Obj, bytes_of, class_version, set_attribute};
