//! Names that come again: the fields of hashes and of stream entries.
//!
//! The same few names are the keys of most replies that become a `dict`. Their objects are kept, so that they are
//! neither made nor hashed each time; a bounded number of short ones, the ones seen last.
use std::hash::{BuildHasher, Hasher};

use foldhash::fast::FixedState;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyString};

use crate::slots::{GilCell, bytes_of};

/// Longer names are made each time.
const LONGEST: usize = 64;
/// Each name can be in two places: what is kept of it does not depend on one other name alone.
const SETS: usize = 2048;

/// The names of one type, by a hash of their bytes.
struct Names<T>(Box<[[Option<Py<T>>; 2]]>);

impl<T> Default for Names<T> {
    fn default() -> Self {
        Names((0..SETS).map(|_| [None, None]).collect())
    }
}

impl<T> Names<T> {
    /// The object of this name, made by `make` if it is not among those kept.
    #[inline]
    fn find<'py>(
        &mut self,
        py: Python<'py>,
        name: &[u8],
        is: impl Fn(&Bound<'py, T>) -> bool,
        make: impl FnOnce() -> Bound<'py, T>,
    ) -> (Bound<'py, T>, Option<Py<T>>) {
        let mut hasher = FixedState::default().build_hasher();
        hasher.write(name);
        let set = &mut self.0[hasher.finish() as usize % SETS];
        for kept in set.iter().flatten() {
            if is(kept.bind(py)) {
                return (kept.bind(py).clone(), None);
            }
        }
        let made = make();
        set.swap(0, 1);
        (made.clone(), set[0].replace(made.unbind()))
    }
}

/// One process' names of one type, for whoever holds the GIL.
struct Kept<T>(GilCell<Option<Names<T>>>);

impl<T> Kept<T> {
    #[inline]
    fn find<'py>(
        &self,
        py: Python<'py>,
        name: &[u8],
        is: impl Fn(&Bound<'py, T>) -> bool,
        make: impl FnOnce() -> Bound<'py, T>,
    ) -> Bound<'py, T> {
        if name.len() > LONGEST {
            return make();
        }
        let mut names = self.0.take(py).unwrap_or_default();
        let (found, dropped) = names.find(py, name, is, make);
        self.0.set(py, Some(names));
        drop(dropped);
        found
    }
}

/// A name as `bytes`.
#[inline]
pub(crate) fn bytes<'py>(py: Python<'py>, name: &[u8]) -> Bound<'py, PyBytes> {
    static BYTES: Kept<PyBytes> = Kept(GilCell::new(None));
    BYTES.find(py, name, |kept| bytes_of(kept) == name, || PyBytes::new(py, name))
}

/// A name as `str`.
#[inline]
pub(crate) fn text<'py>(py: Python<'py>, name: &str) -> Bound<'py, PyString> {
    static TEXT: Kept<PyString> = Kept(GilCell::new(None));
    TEXT.find(
        py,
        name.as_bytes(),
        |kept| kept.to_str().is_ok_and(|kept| kept == name),
        || PyString::new(py, name),
    )
}
