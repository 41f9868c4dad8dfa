//! Replies as bytes.

use crate::error::Error;
use crate::number::format_float;
use crate::sink::{Mark, Shape, Sink};

/// A sink that writes RESP into a buffer, behind what is there.
#[derive(Debug)]
pub struct Encoder<'a> {
    resp: u8,
    out: &'a mut Vec<u8>,
}

impl<'a> Encoder<'a> {
    /// A sink for a reader of RESP version `resp`.
    pub fn new(resp: u8, out: &'a mut Vec<u8>) -> Self {
        Self { resp, out }
    }

    fn line(&mut self, kind: u8, text: &[u8]) {
        self.out.reserve(text.len() + 3);
        self.out.push(kind);
        self.out.extend_from_slice(text);
        self.out.extend_from_slice(b"\r\n");
    }

    fn number(&mut self, kind: u8, number: i64) {
        self.line(kind, itoa::Buffer::new().format(number).as_bytes());
    }
}

fn kind(shape: Shape) -> u8 {
    match shape {
        Shape::Array => b'*',
        Shape::Map => b'%',
        Shape::Set => b'~',
        Shape::Push => b'>',
    }
}

impl Sink for Encoder<'_> {
    fn resp(&self) -> u8 {
        self.resp
    }
    fn set_resp(&mut self, resp: u8) {
        self.resp = resp;
    }
    fn mark(&self) -> Mark {
        Mark(self.out.len())
    }
    fn cut(&mut self, mark: Mark) {
        self.out.truncate(mark.0);
    }
    fn null(&mut self) {
        self.out.extend_from_slice(if self.resp == 3 { b"_\r\n" } else { b"$-1\r\n" });
    }
    fn null_array(&mut self) {
        self.out.extend_from_slice(if self.resp == 3 { b"_\r\n" } else { b"*-1\r\n" });
    }
    fn simple(&mut self, text: &str) {
        self.line(b'+', text.as_bytes());
    }
    fn error(&mut self, error: &Error) {
        let (begin, text) = (self.out.len(), error.wire());
        self.line(b'-', text);
        // A line end within the text would end the reply early.
        for byte in &mut self.out[begin..=begin + text.len()] {
            if matches!(byte, b'\r' | b'\n') {
                *byte = b' ';
            }
        }
    }
    fn int(&mut self, number: i64) {
        self.number(b':', number);
    }
    fn bulk(&mut self, bytes: &[u8]) {
        self.number(b'$', bytes.len() as i64);
        self.out.extend_from_slice(bytes);
        self.out.extend_from_slice(b"\r\n");
    }
    fn head(&mut self, shape: Shape, len: usize) {
        self.number(kind(shape), len as i64);
    }
    fn open(&mut self) -> Mark {
        self.mark()
    }
    fn close(&mut self, mark: Mark, shape: Shape, len: usize) {
        let end = self.out.len();
        self.head(shape, len);
        self.out[mark.0..].rotate_left(end - mark.0);
    }
    fn double3(&mut self, number: f64) {
        self.line(b',', &format_float(number));
    }
    fn bool3(&mut self, value: bool) {
        self.line(b'#', if value { b"t" } else { b"f" });
    }
    fn big_number3(&mut self, digits: &[u8]) {
        self.line(b'(', digits);
    }
    fn verbatim3(&mut self, format: &str, text: &[u8]) {
        self.number(b'=', (text.len() + 4) as i64);
        self.out.extend_from_slice(format.as_bytes());
        self.out.push(b':');
        self.out.extend_from_slice(text);
        self.out.extend_from_slice(b"\r\n");
    }
    fn attribute(&mut self, name: &[u8], value: &dyn Fn(&mut dyn Sink)) {
        if self.resp == 3 {
            self.number(b'|', 1);
            self.bulk(name);
            value(self);
        }
    }
}
