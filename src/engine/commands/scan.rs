//! SCAN, KEYS and what they share with HSCAN, SSCAN and ZSCAN.

use crate::command::Command;

pub(crate) const COMMANDS: &[Command] = &[];
