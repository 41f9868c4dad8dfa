//! The one error type; its bytes are what goes over the wire, without the leading `-`.

use std::fmt;

/// Why a command was refused. [`Error::wire`] is Redis' exact text, code word first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Error {
    /// The key holds another type.
    WrongType,
    /// The arguments do not form the command.
    Syntax,
    /// A number was expected that fits 64 bits.
    NotInteger,
    /// A floating point number was expected.
    NotFloat,
    /// The key has to exist.
    NoSuchKey,
    /// An index beyond the value.
    IndexOutOfRange,
    /// The session was closed: there is nobody to answer.
    Closed,
    /// Any other text that is the same each time.
    Fixed(&'static str),
    /// A text that quotes arguments, which may be any bytes.
    Text(Box<[u8]>),
}

impl Error {
    /// An error whose text is composed, its code word included.
    pub fn text(text: impl Into<Vec<u8>>) -> Self {
        Self::Text(text.into().into_boxed_slice())
    }

    /// An error that quotes an argument, which may be any bytes.
    pub fn quoting(before: &str, argument: &[u8], after: &str) -> Self {
        Self::text([before.as_bytes(), quoted(argument), after.as_bytes()].concat())
    }

    /// The text on the wire, without the leading `-` and the line end.
    pub fn wire(&self) -> &[u8] {
        match self {
            Self::WrongType => b"WRONGTYPE Operation against a key holding the wrong kind of value",
            Self::Syntax => b"ERR syntax error",
            Self::NotInteger => b"ERR value is not an integer or out of range",
            Self::NotFloat => b"ERR value is not a valid float",
            Self::NoSuchKey => b"ERR no such key",
            Self::IndexOutOfRange => b"ERR index out of range",
            Self::Closed => b"ERR the connection is closed",
            Self::Fixed(text) => text.as_bytes(),
            Self::Text(text) => text,
        }
    }

    /// `wrong number of arguments` for the command of this full name (`xinfo|stream`).
    pub fn arity(name: &str) -> Self {
        Self::text(format!("ERR wrong number of arguments for '{name}' command"))
    }
}

/// As much of an argument as an error quotes: a server's texts end at the first NUL and after 128 bytes.
pub(crate) fn quoted(argument: &[u8]) -> &[u8] {
    until_nul(&argument[..argument.len().min(128)])
}

/// An argument up to its first NUL: all that a server's texts quote of it where they set no length.
pub(crate) fn until_nul(argument: &[u8]) -> &[u8] {
    &argument[..memchr::memchr(0, argument).unwrap_or(argument.len())]
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&String::from_utf8_lossy(self.wire()))
    }
}

impl std::error::Error for Error {}

/// What a handler returns: its reply went into the sink.
pub type Result<T = ()> = std::result::Result<T, Error>;
