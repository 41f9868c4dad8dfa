//! Arguments as bytes, exactly as redis-py's `Encoder` makes them; before the store's lock, for this can run
//! anybody's code.
use pyo3::exceptions::PyUnicodeEncodeError;
use pyo3::prelude::*;
use pyo3::types::{PyBool, PyByteArray, PyBytes, PyFloat, PyInt, PyMemoryView, PyString};
use smallvec::SmallVec;

use crate::errors;
use crate::slots::bytes_of;

/// One encoded argument.
pub(crate) enum Arg<'a> {
    /// The bytes of a `bytes` or of a `str` in UTF-8, where Python keeps them.
    Borrowed(&'a [u8]),
    /// An integer's digits.
    Digits([u8; 20], u8),
    /// Anything that had to be made.
    Owned(Vec<u8>),
}

impl Arg<'_> {
    /// The bytes.
    #[inline]
    pub(crate) fn as_bytes(&self) -> &[u8] {
        match self {
            Arg::Borrowed(bytes) => bytes,
            Arg::Digits(digits, len) => &digits[..usize::from(*len)],
            Arg::Owned(bytes) => bytes,
        }
    }
}

/// The encoded arguments of one command; most have few.
pub(crate) type Encoded<'a> = SmallVec<[Arg<'a>; 6]>;
/// The arguments as the engine takes them.
pub(crate) type Argv<'a> = SmallVec<[&'a [u8]; 10]>;

/// The number that a plain `int` is, if it has 64 bits.
#[inline]
pub(crate) fn whole_number(value: &Bound<'_, PyAny>) -> Option<i64> {
    value.cast_exact::<PyInt>().ok()?.extract().ok()
}

/// How a client turns `str` into bytes and back.
#[derive(Clone, Debug)]
pub(crate) struct Codec {
    encoding: String,
    errors: String,
    utf8: bool,
}

impl Codec {
    /// The codec of redis-py's `encoding` and `encoding_errors`.
    pub(crate) fn new(encoding: String, errors: String) -> Self {
        let utf8 = matches!(encoding.to_ascii_lowercase().replace('_', "-").as_str(), "utf-8" | "utf8");
        Codec { encoding, errors, utf8 }
    }

    /// Whether valid UTF-8 is what it reads and writes.
    pub(crate) fn is_utf8(&self) -> bool {
        self.utf8
    }

    /// The bytes of an argument that are there already: of a `bytes`, and of a `str` in UTF-8.
    #[inline]
    pub(crate) fn borrow<'a>(&self, value: &'a Bound<'_, PyAny>) -> Option<&'a [u8]> {
        if let Ok(text) = value.cast_exact::<PyString>() {
            return if self.utf8 { text.to_str().ok().map(str::as_bytes) } else { None };
        }
        value.cast_exact::<PyBytes>().ok().map(bytes_of)
    }

    /// Encodes one argument.
    #[inline]
    pub(crate) fn encode<'a>(&self, value: &'a Bound<'_, PyAny>) -> PyResult<Arg<'a>> {
        if let Some(bytes) = self.borrow(value) {
            return Ok(Arg::Borrowed(bytes));
        }
        if let Some(number) = whole_number(value) {
            let mut buffer = itoa::Buffer::new();
            let text = buffer.format(number).as_bytes();
            // Twenty bytes hold i64::MIN.
            let mut digits = [0; 20];
            digits[..text.len()].copy_from_slice(text);
            return Ok(Arg::Digits(digits, text.len() as u8));
        }
        self.encode_other(value)
    }

    /// What is left: subclasses, buffers, floats, big integers, other codecs, and what redis-py refuses.
    #[cold]
    fn encode_other<'a>(&self, value: &'a Bound<'_, PyAny>) -> PyResult<Arg<'a>> {
        let py = value.py();
        if let Ok(bytes) = value.cast::<PyBytes>() {
            return Ok(Arg::Borrowed(bytes.as_bytes()));
        }
        if let Ok(bytes) = value.cast::<PyByteArray>() {
            return Ok(Arg::Owned(bytes.to_vec()));
        }
        if value.is_instance_of::<PyMemoryView>() {
            let bytes = value.call_method0("tobytes")?;
            return Ok(Arg::Owned(bytes.cast::<PyBytes>()?.as_bytes().to_vec()));
        }
        if value.is_instance_of::<PyBool>() {
            return Err(errors::unencodable(py, "bool"));
        }
        if value.is_instance_of::<PyInt>() || value.is_instance_of::<PyFloat>() {
            return Ok(Arg::Owned(value.repr()?.to_str()?.as_bytes().to_vec()));
        }
        if !value.is_instance_of::<PyString>() {
            return Err(errors::unencodable(py, value.get_type().name()?.to_str()?));
        }
        let bytes = value.call_method1("encode", (&self.encoding, &self.errors))?;
        match bytes.cast::<PyBytes>() {
            Ok(bytes) => Ok(Arg::Owned(bytes.as_bytes().to_vec())),
            Err(_) => Err(PyUnicodeEncodeError::new_err("the codec did not make bytes")),
        }
    }

    /// Decodes bytes that are not plain UTF-8, or that another codec is to read.
    pub(crate) fn decode<'py>(&self, py: Python<'py>, bytes: &[u8]) -> PyResult<Bound<'py, PyAny>> {
        PyBytes::new(py, bytes).call_method1("decode", (&self.encoding, &self.errors))
    }

    /// Encodes a command as redis-py packs it: words within the name count as arguments of their own.
    pub(crate) fn encode_command<'a>(
        &self,
        args: impl Iterator<Item = &'a Bound<'a, PyAny>>,
        encoded: &mut Encoded<'a>,
    ) -> PyResult<()> {
        for (position, arg) in args.enumerate() {
            let arg = self.encode(arg)?;
            if position == 0 && arg.as_bytes().iter().any(u8::is_ascii_whitespace) {
                let words = arg.as_bytes().split(u8::is_ascii_whitespace).filter(|word| !word.is_empty());
                encoded.extend(words.map(|word| Arg::Owned(word.to_vec())));
            } else {
                encoded.push(arg);
            }
        }
        Ok(())
    }
}

/// The bytes that redis-py's `Encoder.encode` makes of an argument.
#[pyfunction]
#[pyo3(signature = (value, encoding = "utf-8", errors = "strict", /))]
pub(crate) fn encode<'py>(
    value: &Bound<'py, PyAny>,
    encoding: &str,
    errors: &str,
) -> PyResult<Bound<'py, PyBytes>> {
    let codec = Codec::new(encoding.to_owned(), errors.to_owned());
    Ok(PyBytes::new(value.py(), codec.encode(value)?.as_bytes()))
}
