//! The server: INFO, FLUSHALL, TIME and the like.

use crate::command::Command;

pub(crate) const COMMANDS: &[Command] = &[];
