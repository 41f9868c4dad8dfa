//! RESP2 and RESP3 on the wire.

mod decode;
mod encode;

pub use decode::{Decoder, ProtocolError, split_line};
pub use encode::Encoder;
