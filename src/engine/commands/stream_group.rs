//! Consumer groups of streams.

use crate::command::Command;

pub(crate) const COMMANDS: &[Command] = &[];
