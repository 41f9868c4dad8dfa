//! The sink whose reader is Python: a reply as redis-py's parser would have handed it over.
//!
//! Under the store's lock no Python code may run. Scalars become objects as they are said, and so do containers once
//! they are full of objects, with the cycle collector held off, which would run anybody's finalizers. Exceptions and
//! other codecs' text stay recorded as they were said, with the containers around them: [`PySink::build`] makes
//! those once the lock is released.
use burner_engine::sink::{Mark, Shape};
use burner_engine::{Error, Reply, Sink, Token};
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyBool, PyBytes, PyFloat, PyInt, PyString};
use smallvec::SmallVec;

use crate::builder::Builder;
use crate::encode::Codec;
use crate::errors;
use crate::names;
use crate::shapes::{Form, Made};
use crate::slots::{CollectorPause, Obj};

/// What is no object yet.
pub(crate) enum Other {
    /// No value.
    Null,
    /// The status `OK`, which most of its readers only want to know of.
    Ok,
    /// The head of a container with something in it that is no object yet.
    Head(Shape, usize),
    /// Text that only the client's codec can read.
    Text(Vec<u8>),
    /// The digits of a big number.
    BigNumber(Vec<u8>),
    /// An error.
    Error(Error),
}

/// A reply, in words: most are objects, and the others stand beside.
#[derive(Default)]
pub(crate) struct Words {
    /// Each word's object.
    pub(crate) objects: SmallVec<[Option<Obj>; 12]>,
    /// The places of the words without one, ascending, and what they are.
    pub(crate) others: SmallVec<[(usize, Other); 1]>,
}

impl Words {
    fn truncate(&mut self, len: usize) {
        self.objects.truncate(len);
        while self.others.last().is_some_and(|(at, _)| *at >= len) {
            self.others.pop();
        }
    }

    /// How many elements of a container the words from this place on are.
    fn elements_from(&self, start: usize) -> usize {
        let mut others = self.others.iter().skip_while(|(at, _)| *at < start).peekable();
        let (mut elements, mut inside) = (0, 0);
        for at in start..self.objects.len() {
            if inside == 0 {
                elements += 1;
            } else {
                inside -= 1;
            }
            if let Some((_, Other::Head(shape, len))) = others.next_if(|(other, _)| *other == at) {
                inside += words_in(*shape, *len);
            }
        }
        elements
    }
}

/// How many elements follow a head.
pub(crate) fn words_in(shape: Shape, len: usize) -> usize {
    if shape == Shape::Map { 2 * len } else { len }
}

/// What a client wants its text to be.
#[derive(Clone, Copy)]
pub(crate) enum Text<'a> {
    /// `bytes`.
    Bytes,
    /// `str` by this codec.
    Decoded(&'a Codec),
}

impl Text<'_> {
    /// The status `OK` as an object.
    pub(crate) fn ok(self, py: Python<'_>) -> Bound<'_, PyAny> {
        static OK: PyOnceLock<Py<PyBytes>> = PyOnceLock::new();
        match self {
            Text::Bytes => {
                OK.get_or_init(py, || PyBytes::new(py, b"OK").unbind()).bind(py).clone().into_any()
            }
            Text::Decoded(_) => PyString::intern(py, "OK").into_any(),
        }
    }
}

/// A container that is being said.
struct Frame {
    /// Where its place is among the words.
    head: usize,
    shape: Shape,
    /// What it becomes; not known before its length is.
    made: Made,
    /// Its length, if that is known yet.
    len: Option<usize>,
    /// How many of its elements are still to be said.
    left: usize,
    /// Whether something in it is no object, so that it stays as it was said.
    recorded: bool,
}

impl Frame {
    /// Whether the key of a `dict` comes next.
    #[inline]
    fn is_at_name(&self) -> bool {
        self.made == Made::Dict && self.left.is_multiple_of(2)
    }
}

/// A sink that makes Python objects.
pub(crate) struct PySink<'py, 'a> {
    py: Python<'py>,
    resp: u8,
    text: Text<'a>,
    form: &'static Form,
    words: Words,
    frames: SmallVec<[Frame; 4]>,
    pause: Option<CollectorPause>,
    /// How many elements its containers have.
    contained: usize,
}

impl<'py, 'a> PySink<'py, 'a> {
    /// An empty sink for a reader of RESP version `resp`, whose containers become what the form says.
    #[inline]
    pub(crate) fn new(py: Python<'py>, resp: u8, text: Text<'a>, form: &'static Form) -> Self {
        PySink {
            py,
            resp,
            text,
            form,
            words: Words::default(),
            frames: SmallVec::new(),
            pause: None,
            contained: 0,
        }
    }

    /// Takes over a reply that was made elsewhere.
    pub(crate) fn replay(&mut self, reply: Reply) {
        for token in reply.into_tokens() {
            self.say(&token);
        }
    }

    fn say(&mut self, token: &Token) {
        match token {
            Token::Null | Token::NullArray => self.null(),
            Token::Simple(text) => self.simple(text),
            Token::Error(error) => self.error(error),
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
        self.contained + 1
    }

    #[inline]
    fn value<T>(&mut self, value: Bound<'py, T>) {
        self.words.objects.push(Some(value.into_any().into()));
        self.count();
    }

    #[inline]
    fn text(&mut self, bytes: &[u8]) {
        let is_name = self.frames.last().is_some_and(Frame::is_at_name);
        match self.text {
            Text::Bytes if is_name => self.value(names::bytes(self.py, bytes)),
            Text::Bytes => self.value(PyBytes::new(self.py, bytes)),
            Text::Decoded(codec) if !codec.is_utf8() => self.other(Other::Text(bytes.to_vec())),
            Text::Decoded(_) => match std::str::from_utf8(bytes) {
                Ok(text) if is_name => self.value(names::text(self.py, text)),
                Ok(text) => self.value(PyString::new(self.py, text)),
                Err(_) => self.other(Other::Text(bytes.to_vec())),
            },
        }
    }

    /// Says what is no object; the containers around it stay as they are said.
    fn other(&mut self, other: Other) {
        self.record();
        self.words.others.push((self.words.objects.len(), other));
        self.words.objects.push(None);
        self.count();
    }

    /// Counts what was just said as an element of the container around it, which this may complete.
    #[inline]
    fn count(&mut self) {
        if let Some(frame) = self.frames.last_mut() {
            frame.left -= 1;
            if frame.left == 0 {
                self.complete();
            }
        }
    }

    fn begin(&mut self, shape: Shape, len: Option<usize>) {
        if self.frames.is_empty() {
            self.pause = Some(CollectorPause::begin(self.py));
        }
        let head = self.words.objects.len();
        self.words.objects.push(None);
        let left = len.map_or(usize::MAX, |len| words_in(shape, len));
        let made = match len {
            Some(_) => self.form.at(self.frames.len(), shape == Shape::Map),
            None => Made::List,
        };
        self.frames.push(Frame { head, shape, made, len, left, recorded: false });
    }

    /// Ends the innermost container, and those around it that this completes. It becomes an object if all its
    /// elements are.
    fn complete(&mut self) {
        while let Some(frame) = self.frames.last() {
            if !frame.recorded {
                let py = self.py;
                // A container that is not recorded is full of objects.
                let elements = self.words.objects[frame.head + 1..].iter();
                let none = py.None().into_bound(py);
                let elements = elements.map(|object| object.as_ref().map_or(&none, |object| object.bind(py)));
                match frame.made.of(py, elements) {
                    Ok(made) => {
                        let head = frame.head;
                        self.words.objects.truncate(head + 1);
                        self.words.objects[head] = Some(made.into());
                    }
                    // A key that cannot be hashed: the error is raised when the reply is built.
                    Err(_) => self.record(),
                }
            }
            self.frames.pop();
            match self.frames.last_mut() {
                Some(around) => {
                    around.left -= 1;
                    if around.left > 0 {
                        return;
                    }
                }
                None => self.pause = None,
            }
        }
    }

    /// Has the open containers stay as they were said.
    fn record(&mut self) {
        for frame in self.frames.iter_mut().filter(|frame| !frame.recorded) {
            frame.recorded = true;
            self.words.others.push((frame.head, Other::Head(frame.shape, frame.len.unwrap_or(0))));
        }
    }

    /// Whether the reply is the status `OK`.
    #[inline]
    pub(crate) fn is_ok(&self) -> bool {
        matches!(self.words.others.as_slice(), [(0, Other::Ok)])
    }

    /// The error, should the reply be one.
    pub(crate) fn first_error(&self, py: Python<'_>) -> Option<PyErr> {
        match self.words.others.first() {
            Some((0, Other::Error(error))) => Some(errors::raised(py, error)),
            _ => None,
        }
    }

    /// The first reply; an error reply is an error.
    #[inline]
    pub(crate) fn build(&mut self) -> PyResult<Bound<'py, PyAny>> {
        let py = self.py;
        if let [Some(_)] = self.words.objects.as_slice()
            && let Some(Some(value)) = self.words.objects.pop()
        {
            return Ok(value.into_bound(py));
        }
        if let Some((0, Other::Error(error))) = self.words.others.first() {
            return Err(errors::raised(py, error));
        }
        Builder::new(py, self.text, self.form, std::mem::take(&mut self.words)).next()
    }

    /// All replies, error replies as exception objects: SUBSCRIBE answers once for each name.
    pub(crate) fn build_all(&mut self) -> PyResult<Vec<Bound<'py, PyAny>>> {
        let mut builder = Builder::new(self.py, self.text, self.form, std::mem::take(&mut self.words));
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
        Mark(self.words.objects.len())
    }
    fn cut(&mut self, mark: Mark) {
        self.frames.retain(|frame| frame.head < mark.0);
        self.words.truncate(mark.0);
        match self.frames.last_mut() {
            Some(Frame { head, shape, len: Some(len), left, .. }) => {
                *left = words_in(*shape, *len) - self.words.elements_from(*head + 1);
            }
            Some(_) => {}
            None => self.pause = None,
        }
    }
    fn null(&mut self) {
        if !self.frames.is_empty()
            && let Ok(missing) = self.form.missing(self.py, self.frames.len())
        {
            self.value(missing);
        } else {
            self.other(Other::Null);
        }
    }
    fn null_array(&mut self) {
        self.null();
    }
    fn simple(&mut self, text: &str) {
        if text != "OK" {
            self.text(text.as_bytes());
        } else if self.frames.is_empty() {
            self.other(Other::Ok);
        } else {
            self.value(self.text.ok(self.py));
        }
    }
    fn error(&mut self, error: &Error) {
        self.other(Other::Error(error.clone()));
    }
    fn int(&mut self, number: i64) {
        self.value(PyInt::new(self.py, number));
    }
    fn bulk(&mut self, bytes: &[u8]) {
        self.text(bytes);
    }
    fn head(&mut self, shape: Shape, len: usize) {
        self.contained += len;
        self.words.objects.reserve(words_in(shape, len) + 1);
        self.begin(shape, Some(len));
        if len == 0 {
            self.complete();
        }
    }
    fn open(&mut self) -> Mark {
        let mark = self.mark();
        self.begin(Shape::Array, None);
        mark
    }
    fn close(&mut self, mark: Mark, shape: Shape, len: usize) {
        self.contained += len;
        let depth = self.frames.len() - 1;
        if let Some(frame) = self.frames.last_mut() {
            frame.made = self.form.at(depth, shape == Shape::Map);
            (frame.shape, frame.len) = (shape, Some(len));
            if frame.recorded
                && let Ok(at) = self.words.others.binary_search_by_key(&mark.0, |(at, _)| *at)
            {
                self.words.others[at].1 = Other::Head(shape, len);
            }
        }
        self.complete();
    }
    fn double3(&mut self, number: f64) {
        self.value(PyFloat::new(self.py, number));
    }
    fn bool3(&mut self, value: bool) {
        self.value(PyBool::new(self.py, value).to_owned());
    }
    fn big_number3(&mut self, digits: &[u8]) {
        self.other(Other::BigNumber(digits.to_vec()));
    }
    fn verbatim3(&mut self, _: &str, text: &[u8]) {
        self.text(text);
    }
}
