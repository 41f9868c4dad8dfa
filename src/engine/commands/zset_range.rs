//! Ranges of sorted sets.

use crate::command::Command;

pub(crate) const COMMANDS: &[Command] = &[];
