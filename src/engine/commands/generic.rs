//! Keys of any type.

use crate::command::Command;

pub(crate) const COMMANDS: &[Command] = &[];
