//! A Redis server as a library: it holds the data and knows what commands mean; it knows no sockets, no
//! threads, no Python, and reads neither the clock nor the dice by itself.
//!
//! Start at [`Store`]; [`dispatch`] walks through the way of a command, [`command`] is the table.
#![forbid(unsafe_code)]

mod acl;
pub mod answers;
pub mod args;
pub mod blocking;
pub mod clock;
pub mod command;
mod commands;
pub mod config;
pub mod containment;
mod deadlines;
pub mod dispatch;
pub mod effects;
pub mod error;
mod eviction;
pub mod gate;
mod glob;
mod histogram;
mod interlude;
pub mod keyspace;
mod long_double;
pub mod lua;
mod monitor;
pub mod network;
pub mod number;
mod partial_sort;
mod pause;
mod persist;
pub mod process;
pub mod pubsub;
pub mod push;
mod rates;
pub mod reply;
pub mod resp;
pub mod session;
pub mod sink;
mod slowlog;
mod stats;
pub mod store;
mod syntax;
pub mod table;
#[cfg(test)]
mod testing;
pub mod tracking;
pub mod transaction;
pub mod types;
mod usage;

pub use error::{Error, Result};
pub use interlude::Interlude;
pub use reply::{Reply, Token};
pub use session::SessionId;
pub use sink::Sink;
pub use store::{Delivery, Outcome, Store};
