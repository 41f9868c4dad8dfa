//! The objects of a reply whose words could not all become objects at once.
use burner_engine::sink::Shape;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyInt};
use smallvec::SmallVec;

use crate::errors;
use crate::reply::{Other, Text, Words, words_in};
use crate::shapes::{Form, Made};
use crate::slots::Obj;

/// Makes objects of recorded words, without recursion: a script may nest as deep as it likes.
pub(crate) struct Builder<'py, 'a> {
    py: Python<'py>,
    text: Text<'a>,
    form: &'static Form,
    words: smallvec::IntoIter<[Option<Obj>; 12]>,
    others: smallvec::IntoIter<[(usize, Other); 1]>,
}

/// A container that still lacks elements.
struct Open<'py> {
    made: Made,
    elements: Vec<Bound<'py, PyAny>>,
    total: usize,
}

impl<'py, 'a> Builder<'py, 'a> {
    /// A builder of the replies that these words are.
    pub(crate) fn new(py: Python<'py>, text: Text<'a>, form: &'static Form, words: Words) -> Self {
        Builder { py, text, form, words: words.objects.into_iter(), others: words.others.into_iter() }
    }

    /// Whether there is another reply.
    pub(crate) fn has_more(&self) -> bool {
        self.words.len() > 0
    }

    /// The next reply; an error reply as an exception object.
    pub(crate) fn next(&mut self) -> PyResult<Bound<'py, PyAny>> {
        let mut open: SmallVec<[Open<'py>; 4]> = SmallVec::new();
        loop {
            let mut value = match self.words.next() {
                Some(Some(object)) => object.into_bound(self.py),
                Some(None) => match self.others.next() {
                    Some((_, Other::Head(shape, len))) => {
                        let made = self.form.at(open.len(), shape == Shape::Map);
                        let total = words_in(shape, len);
                        open.push(Open { made, elements: Vec::with_capacity(total), total });
                        continue;
                    }
                    Some((_, other)) => self.scalar(other, open.len())?,
                    None => self.py.None().into_bound(self.py),
                },
                None => self.py.None().into_bound(self.py),
            };
            // Whatever the value completes is the next value, for the container around it.
            loop {
                let Some(around) = open.last_mut() else { return Ok(value) };
                around.elements.push(value);
                if around.elements.len() < around.total {
                    break;
                }
                let Some(Open { made, elements, .. }) = open.pop() else { break };
                value = made.of(self.py, elements.iter())?;
            }
        }
    }

    fn scalar(&self, other: Other, depth: usize) -> PyResult<Bound<'py, PyAny>> {
        Ok(match other {
            Other::Null | Other::Head(..) => self.form.missing(self.py, depth)?,
            Other::Ok => self.text.ok(self.py),
            Other::Text(bytes) => match self.text {
                Text::Bytes => PyBytes::new(self.py, &bytes).into_any(),
                Text::Decoded(codec) => codec.decode(self.py, &bytes)?,
            },
            Other::BigNumber(digits) => {
                self.py.get_type::<PyInt>().call1((PyBytes::new(self.py, &digits),))?
            }
            Other::Error(error) => errors::exception(self.py, &error)?,
        })
    }
}
