//! Set values.

/// The value of a set.
#[derive(Clone, Debug, Default)]
pub struct Set {}

impl Set {
    /// Whether it has no elements.
    pub fn is_empty(&self) -> bool {
        true
    }

    /// What OBJECT ENCODING says of it.
    pub fn encoding(&self) -> &'static str {
        "listpack"
    }

    /// The memory it takes beside its own struct, in bytes; in O(1).
    pub fn bytes(&self) -> usize {
        0
    }
}
