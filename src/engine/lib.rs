//! The engine.
#![forbid(unsafe_code)]

pub mod table;
