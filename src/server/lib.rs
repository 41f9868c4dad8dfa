//! A Redis server's sockets: listeners on TCP and unix sockets over a store of burner-engine.
//!
//! A [`Server`] is one thread with one event loop. A turn of it reads from all connections that have
//! something to say, runs their commands behind the store's lock in slices of bounded length, and writes
//! each connection's replies at once after that. What it needs of whoever owns the store is a [`Host`]:
//! a way behind the lock, and somebody to hand on what left the engine for others. [`Solo`] is one for a
//! process in which only servers use the store.
#![forbid(unsafe_code)]

mod address;
mod admission;
mod cli;
mod clock;
mod connection;
mod descriptors;
mod event_loop;
mod host;
mod inbox;
mod process;
mod server;
mod socket;
mod solo;

pub use address::{Address, AddressError};
pub use cli::serve;
pub use clock::SystemClock;
pub use host::{Desk, Host, Routes};
pub use inbox::Inbox;
pub use process::inspect_process;
pub use server::{Options, Server, Still};
pub use solo::Solo;
