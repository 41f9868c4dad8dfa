//! Strings that are long or were edited in place; small ones live packed with their key.

use crate::number::parse_int;

/// The longest string that is kept in one allocation with its header, as OBJECT ENCODING tells it.
const EMBSTR: usize = 44;

/// A string value.
#[derive(Clone, Debug)]
pub struct StringValue {
    /// The bytes.
    pub bytes: Vec<u8>,
    /// Whether it was edited in place, which makes its encoding `raw` whatever it holds.
    pub edited: bool,
}

impl StringValue {
    /// A string as it was set.
    pub fn new(bytes: &[u8]) -> Self {
        Self { bytes: bytes.to_vec(), edited: false }
    }

    /// What OBJECT ENCODING says of it.
    pub fn encoding(&self) -> &'static str {
        if self.edited { "raw" } else { Self::encoding_of(&self.bytes, false) }
    }

    /// What OBJECT ENCODING says of a string of these bytes that was set as a whole; as `text` it is no
    /// integer whatever it looks like.
    pub fn encoding_of(bytes: &[u8], text: bool) -> &'static str {
        if !text && parse_int(bytes).is_some() {
            "int"
        } else if bytes.len() <= EMBSTR {
            "embstr"
        } else {
            "raw"
        }
    }
}
