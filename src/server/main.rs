//! `burner-redis-server`: a store of its own behind sockets.
#![forbid(unsafe_code)]

use std::process::ExitCode;

fn main() -> ExitCode {
    ExitCode::from(burner_server::serve("burner-redis-server", std::env::args_os().skip(1)))
}
