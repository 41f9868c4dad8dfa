//! A reply that owns itself: what a waiter got, what a push says, what a detached command answered.

use crate::error::Error;
use crate::sink::{Mark, Shape, Sink};

/// One word of a reply, heads before their elements.
#[derive(Clone, Debug, PartialEq)]
pub enum Token {
    /// No value.
    Null,
    /// No list; the same as [`Token::Null`] in RESP3.
    NullArray,
    /// A status.
    Simple(Box<str>),
    /// An error.
    Error(Error),
    /// An integer.
    Int(i64),
    /// Bytes.
    Bulk(Box<[u8]>),
    /// A container's head.
    Head(Shape, usize),
    /// A double.
    Double(f64),
    /// A boolean.
    Bool(bool),
    /// A big number in decimal.
    BigNumber(Box<[u8]>),
    /// Text and its format.
    Verbatim(Box<str>, Box<[u8]>),
}

/// A reply as the list of its words, already in the form for a reader of one RESP version.
#[derive(Clone, Debug, PartialEq)]
pub struct Reply {
    resp: u8,
    tokens: Vec<Token>,
}

impl Reply {
    /// An empty reply for a reader of RESP version `resp`.
    pub fn new(resp: u8) -> Self {
        Self { resp, tokens: Vec::new() }
    }

    /// The words, heads before their elements.
    pub fn tokens(&self) -> &[Token] {
        &self.tokens
    }

    /// The words, owned.
    pub fn into_tokens(self) -> Vec<Token> {
        self.tokens
    }

    /// Whether nothing was said.
    pub fn is_empty(&self) -> bool {
        self.tokens.is_empty()
    }

    /// Says the reply again, word for word.
    pub fn replay(&self, sink: &mut dyn Sink) {
        for token in &self.tokens {
            match token {
                Token::Null => sink.null(),
                Token::NullArray => sink.null_array(),
                Token::Simple(text) => sink.simple(text),
                Token::Error(error) => sink.error(error),
                Token::Int(number) => sink.int(*number),
                Token::Bulk(bytes) => sink.bulk(bytes),
                Token::Head(shape, len) => sink.head(*shape, *len),
                Token::Double(number) => sink.double3(*number),
                Token::Bool(value) => sink.bool3(*value),
                Token::BigNumber(digits) => sink.big_number3(digits),
                Token::Verbatim(format, text) => sink.verbatim3(format, text),
            }
        }
    }
}

impl Sink for Reply {
    fn resp(&self) -> u8 {
        self.resp
    }
    fn set_resp(&mut self, resp: u8) {
        self.resp = resp;
    }
    fn mark(&self) -> Mark {
        Mark(self.tokens.len())
    }
    fn cut(&mut self, mark: Mark) {
        self.tokens.truncate(mark.0);
    }
    fn null(&mut self) {
        self.tokens.push(Token::Null);
    }
    fn null_array(&mut self) {
        self.tokens.push(Token::NullArray);
    }
    fn simple(&mut self, text: &str) {
        self.tokens.push(Token::Simple(text.into()));
    }
    fn error(&mut self, error: &Error) {
        self.tokens.push(Token::Error(error.clone()));
    }
    fn int(&mut self, number: i64) {
        self.tokens.push(Token::Int(number));
    }
    fn bulk(&mut self, bytes: &[u8]) {
        self.tokens.push(Token::Bulk(bytes.into()));
    }
    fn head(&mut self, shape: Shape, len: usize) {
        self.tokens.push(Token::Head(shape, len));
    }
    fn open(&mut self) -> Mark {
        let mark = self.mark();
        self.tokens.push(Token::Null);
        mark
    }
    fn close(&mut self, mark: Mark, shape: Shape, len: usize) {
        self.tokens[mark.0] = Token::Head(shape, len);
    }
    fn double3(&mut self, number: f64) {
        self.tokens.push(Token::Double(number));
    }
    fn bool3(&mut self, value: bool) {
        self.tokens.push(Token::Bool(value));
    }
    fn big_number3(&mut self, digits: &[u8]) {
        self.tokens.push(Token::BigNumber(digits.into()));
    }
    fn verbatim3(&mut self, format: &str, text: &[u8]) {
        self.tokens.push(Token::Verbatim(format.into(), text.into()));
    }
}
