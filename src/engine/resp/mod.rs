//! RESP2 and RESP3 on the wire.

mod decode;
mod encode;
mod inline;

pub use decode::{Argv, Decoder, Limits};
pub use encode::Encoder;
pub use inline::split_line;
