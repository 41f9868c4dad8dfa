//! The sink whose reader is Python: a reply as redis-py's parser would have handed it over.
//!
//! Under the store's lock no Python code may run, so a handler's words are recorded flat: scalars as the objects
//! they become, everything else as it was said. [`PySink::build`] makes containers, exceptions and other codecs'
//! text of them once the lock is released.
use burner_engine::sink::{Mark, Shape};
use burner_engine::{Error, Reply, Sink, Token};
use pyo3::prelude::*;
use pyo3::types::{PyBool, PyBytes, PyDict, PyFloat, PyInt, PyList, PyString};
use smallvec::SmallVec;

use crate::encode::Codec;
use crate::errors;
use crate::slots::Obj;

/// One word of a reply.
enum Word {
    Value(Obj),
    Null,
    /// The status `OK`, which most of its readers only want to know of.
    Ok,
    Head(Shape, usize),
    /// Text that only the client's codec can read.
    Text(Vec<u8>),
    BigNumber(Vec<u8>),
    Error(Error),
}

/// What a client wants its text to be.
#[derive(Clone, Copy)]
pub(crate) enum Text<'a> {
    /// `bytes`.
    Bytes,
    /// `str` by this codec.
    Decoded(&'a Codec),
}

/// A sink that makes Python objects.
pub(crate) struct PySink<'py, 'a> {
    py: Python<'py>,
    resp: u8,
    text: Text<'a>,
    words: SmallVec<[Word; 2]>,
}

impl<'py, 'a> PySink<'py, 'a> {
    /// An empty sink for a reader of RESP version `resp`.
    #[inline]
    pub(crate) fn new(py: Python<'py>, resp: u8, text: Text<'a>) -> Self {
        PySink { py, resp, text, words: SmallVec::new() }
    }

    /// Takes over a reply that was made elsewhere.
    pub(crate) fn replay(&mut self, reply: Reply) {
        for token in reply.into_tokens() {
            self.say(&token);
        }
    }

    fn say(&mut self, token: &Token) {
        match token {
            Token::Null | Token::NullArray => self.words.push(Word::Null),
            Token::Simple(text) => self.simple(text),
            Token::Error(error) => self.words.push(Word::Error(error.clone())),
            Token::Int(number) => self.int(*number),
            Token::Bulk(bytes) | Token::Verbatim(_, bytes) => self.text(bytes),
            Token::Head(shape, len) => self.head(*shape, *len),
            Token::Double(number) => self.double3(*number),
            Token::Bool(value) => self.bool3(*value),
            Token::BigNumber(digits) => self.big_number3(digits),
        }
    }

    /// How many words were said: what the reply cost, roughly.
    pub(crate) fn len(&self) -> usize {
        self.words.len()
    }

    #[inline]
    fn value<T>(&mut self, value: Bound<'py, T>) {
        self.words.push(Word::Value(value.into_any().into()));
    }

    #[inline]
    fn text(&mut self, bytes: &[u8]) {
        match self.text {
            Text::Bytes => self.value(PyBytes::new(self.py, bytes)),
            Text::Decoded(codec) => match std::str::from_utf8(bytes) {
                Ok(text) if codec.is_utf8() => self.value(PyString::new(self.py, text)),
                _ => self.words.push(Word::Text(bytes.to_vec())),
            },
        }
    }

    /// Whether the reply is the status `OK`.
    #[inline]
    pub(crate) fn is_ok(&self) -> bool {
        matches!(self.words.as_slice(), [Word::Ok])
    }

    /// The error, should the reply be one.
    pub(crate) fn first_error(&self, py: Python<'_>) -> Option<PyErr> {
        match self.words.first() {
            Some(Word::Error(error)) => Some(errors::raised(py, error)),
            _ => None,
        }
    }

    /// The first reply; an error reply is an error.
    #[inline]
    pub(crate) fn build(&mut self) -> PyResult<Bound<'py, PyAny>> {
        let py = self.py;
        if self.words.len() == 1 {
            match self.words.pop() {
                Some(Word::Value(value)) => return Ok(value.into_bound(py)),
                Some(Word::Null) | None => return Ok(py.None().into_bound(py)),
                Some(word) => self.words.push(word),
            }
        }
        if let Some(Word::Error(error)) = self.words.first() {
            return Err(errors::raised(py, error));
        }
        Builder::new(py, self.text, std::mem::take(&mut self.words)).next()
    }

    /// All replies, error replies as exception objects: SUBSCRIBE answers once for each name.
    pub(crate) fn build_all(&mut self) -> PyResult<Vec<Bound<'py, PyAny>>> {
        let mut builder = Builder::new(self.py, self.text, std::mem::take(&mut self.words));
        let mut replies = Vec::new();
        while builder.has_more() {
            replies.push(builder.next()?);
        }
        Ok(replies)
    }
}

impl Sink for PySink<'_, '_> {
    fn resp(&self) -> u8 {
        self.resp
    }
    fn set_resp(&mut self, resp: u8) {
        self.resp = resp;
    }
    fn mark(&self) -> Mark {
        Mark(self.words.len())
    }
    fn cut(&mut self, mark: Mark) {
        self.words.truncate(mark.0);
    }
    fn null(&mut self) {
        self.words.push(Word::Null);
    }
    fn null_array(&mut self) {
        self.words.push(Word::Null);
    }
    fn simple(&mut self, text: &str) {
        if text == "OK" {
            self.words.push(Word::Ok);
        } else {
            self.text(text.as_bytes());
        }
    }
    fn error(&mut self, error: &Error) {
        self.words.push(Word::Error(error.clone()));
    }
    fn int(&mut self, number: i64) {
        self.value(PyInt::new(self.py, number));
    }
    fn bulk(&mut self, bytes: &[u8]) {
        self.text(bytes);
    }
    fn head(&mut self, shape: Shape, len: usize) {
        self.words.reserve(if shape == Shape::Map { 2 * len + 1 } else { len + 1 });
        self.words.push(Word::Head(shape, len));
    }
    fn open(&mut self) -> Mark {
        let mark = self.mark();
        self.words.push(Word::Null);
        mark
    }
    fn close(&mut self, mark: Mark, shape: Shape, len: usize) {
        self.words[mark.0] = Word::Head(shape, len);
    }
    fn double3(&mut self, number: f64) {
        self.value(PyFloat::new(self.py, number));
    }
    fn bool3(&mut self, value: bool) {
        self.value(PyBool::new(self.py, value).to_owned());
    }
    fn big_number3(&mut self, digits: &[u8]) {
        self.words.push(Word::BigNumber(digits.to_vec()));
    }
    fn verbatim3(&mut self, _: &str, text: &[u8]) {
        self.text(text);
    }
}

/// Makes objects of recorded words, without recursion: a script may nest as deep as it likes.
struct Builder<'py, 'a> {
    py: Python<'py>,
    text: Text<'a>,
    words: std::iter::Peekable<smallvec::IntoIter<[Word; 2]>>,
}

/// A container that still lacks elements.
enum Open<'py> {
    List(Vec<Bound<'py, PyAny>>, usize),
    Dict(Bound<'py, PyDict>, Option<Bound<'py, PyAny>>, usize),
}

impl<'py, 'a> Builder<'py, 'a> {
    fn new(py: Python<'py>, text: Text<'a>, words: SmallVec<[Word; 2]>) -> Self {
        Builder { py, text, words: words.into_iter().peekable() }
    }

    /// The next word if it is an object already: most are.
    fn next_value(&mut self) -> Option<Bound<'py, PyAny>> {
        match self.words.next_if(|word| matches!(word, Word::Value(_))) {
            Some(Word::Value(value)) => Some(value.into_bound(self.py)),
            _ => None,
        }
    }

    /// Takes a map's plain pairs; the key whose value is not plain, and how many pairs are left.
    fn fill_dict(
        &mut self,
        dict: &Bound<'py, PyDict>,
        pairs: usize,
    ) -> PyResult<(Option<Bound<'py, PyAny>>, usize)> {
        for left in (1..=pairs).rev() {
            let Some(key) = self.next_value() else { return Ok((None, left)) };
            let Some(value) = self.next_value() else { return Ok((Some(key), left)) };
            dict.set_item(key, value)?;
        }
        Ok((None, 0))
    }

    /// Takes a list's plain elements, up to the first that is not.
    fn fill_list(&mut self, elements: &mut Vec<Bound<'py, PyAny>>, len: usize) {
        while elements.len() < len
            && let Some(element) = self.next_value()
        {
            elements.push(element);
        }
    }

    fn has_more(&mut self) -> bool {
        self.words.peek().is_some()
    }

    fn next(&mut self) -> PyResult<Bound<'py, PyAny>> {
        let mut open: SmallVec<[Open<'py>; 4]> = SmallVec::new();
        loop {
            let mut value = match self.words.next() {
                Some(Word::Value(value)) => value.into_bound(self.py),
                Some(Word::Null) | None => self.py.None().into_bound(self.py),
                Some(Word::Ok) => match self.text {
                    Text::Bytes => PyBytes::new(self.py, b"OK").into_any(),
                    Text::Decoded(_) => PyString::intern(self.py, "OK").into_any(),
                },
                Some(Word::Text(bytes)) => match self.text {
                    Text::Bytes => PyBytes::new(self.py, &bytes).into_any(),
                    Text::Decoded(codec) => codec.decode(self.py, &bytes)?,
                },
                Some(Word::BigNumber(digits)) => {
                    self.py.get_type::<PyInt>().call1((PyBytes::new(self.py, &digits),))?
                }
                Some(Word::Error(error)) => errors::exception(self.py, &error)?,
                Some(Word::Head(Shape::Map, 0)) => PyDict::new(self.py).into_any(),
                Some(Word::Head(_, 0)) => PyList::empty(self.py).into_any(),
                Some(Word::Head(Shape::Map, len)) => {
                    let dict = PyDict::new(self.py);
                    let (key, left) = self.fill_dict(&dict, len)?;
                    if left == 0 {
                        dict.into_any()
                    } else {
                        open.push(Open::Dict(dict, key, left));
                        continue;
                    }
                }
                // redis-py gives sets as lists too, for their elements may not be hashable.
                Some(Word::Head(_, len)) => {
                    let mut elements = Vec::with_capacity(len);
                    self.fill_list(&mut elements, len);
                    if elements.len() == len {
                        PyList::new(self.py, elements)?.into_any()
                    } else {
                        open.push(Open::List(elements, len));
                        continue;
                    }
                }
            };
            // Whatever the value completes is the next value, for the container around it.
            loop {
                match open.last_mut() {
                    None => return Ok(value),
                    Some(Open::List(elements, len)) => {
                        elements.push(value);
                        if elements.len() < *len {
                            break;
                        }
                    }
                    Some(Open::Dict(dict, key, left)) => match key.take() {
                        None => {
                            *key = Some(value);
                            break;
                        }
                        Some(key) => {
                            dict.set_item(key, value)?;
                            *left -= 1;
                            if *left > 0 {
                                break;
                            }
                        }
                    },
                }
                value = match open.pop() {
                    Some(Open::List(elements, _)) => PyList::new(self.py, elements)?.into_any(),
                    Some(Open::Dict(dict, ..)) => dict.into_any(),
                    None => self.py.None().into_bound(self.py),
                };
            }
        }
    }
}
