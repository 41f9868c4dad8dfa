//! Lists, waiting: BLPOP and the like.

use crate::command::Command;

pub(crate) const COMMANDS: &[Command] = &[];
