//! Replies as bytes.

use crate::error::Error;
use crate::number::format_float;
use crate::sink::{Mark, Shape, Sink};

/// A sink that writes RESP into a buffer.
#[derive(Debug)]
pub struct Encoder {
    resp: u8,
    out: Vec<u8>,
}

impl Encoder {
    /// An empty buffer for a reader of RESP version `resp`.
    pub fn new(resp: u8) -> Self {
        Self { resp, out: Vec::new() }
    }

    /// The bytes written so far.
    pub fn as_bytes(&self) -> &[u8] {
        &self.out
    }

    /// Takes the bytes written so far, leaving none.
    pub fn take(&mut self) -> Vec<u8> {
        std::mem::take(&mut self.out)
    }

    fn line(&mut self, kind: u8, text: &[u8]) {
        self.out.push(kind);
        self.out.extend_from_slice(text);
        self.out.extend_from_slice(b"\r\n");
    }

    fn number(&mut self, kind: u8, number: i64) {
        self.line(kind, itoa::Buffer::new().format(number).as_bytes());
    }
}

fn head_bytes(shape: Shape, len: usize) -> Vec<u8> {
    let kind = match shape {
        Shape::Array => '*',
        Shape::Map => '%',
        Shape::Set => '~',
        Shape::Push => '>',
    };
    format!("{kind}{len}\r\n").into_bytes()
}

impl Sink for Encoder {
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
        // A line end within the text would end the reply early.
        let blank = |byte: &u8| if matches!(byte, b'\r' | b'\n') { b' ' } else { *byte };
        let text: Vec<u8> = error.wire().iter().map(blank).collect();
        self.line(b'-', &text);
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
        self.out.extend_from_slice(&head_bytes(shape, len));
    }
    fn open(&mut self) -> Mark {
        self.mark()
    }
    fn close(&mut self, mark: Mark, shape: Shape, len: usize) {
        self.out.splice(mark.0..mark.0, head_bytes(shape, len));
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
