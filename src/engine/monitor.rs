//! What monitors are shown: a line for each command that runs.

use std::fmt::Write;
use std::ops::Range;
use std::sync::Arc;

use crate::answers::Answers;
use crate::args::is_word;
use crate::command::{Command, Flags};
use crate::dispatch::{Ctx, Origin};
use crate::effects::Effect;
use crate::gate::Gate;
use crate::push::Push;
use crate::session::{Session, SessionId};
use crate::store::{Delivery, State};

impl State {
    /// Shows a session every command from now on, or no longer.
    pub(crate) fn set_monitor(&mut self, session: SessionId, on: bool) {
        if let Some(session) = self.sessions.get_mut(session) {
            session.monitors = on;
            session.regate();
        }
        self.monitors.retain(|monitor| *monitor != session);
        if on {
            self.monitors.push(session);
        }
        self.gate.set(Gate::MONITORED, !self.monitors.is_empty());
    }
}

impl State {
    /// Sends a line to the monitors.
    pub(crate) fn tell_monitors(&mut self, line: Box<str>) {
        let push = Arc::new(Push::Command(line));
        let hears = |session: &Session| !session.closing && session.answers == Answers::On;
        let stays = |id: &&SessionId| self.sessions.get(**id).is_some_and(hears);
        let deliver = |session: &SessionId| Delivery::Push { session: *session, push: Arc::clone(&push) };
        self.deliveries.extend(self.monitors.iter().filter(stays).map(deliver));
    }
}

impl Ctx<'_> {
    /// Tells the monitors of a command; not of those for administrators.
    pub(crate) fn show_to_monitors(&mut self, command: &Command, argv: &[&[u8]]) {
        if !self.state.gate.has(Gate::MONITORED) || command.flags.has(Flags::ADMIN) {
            return;
        }
        let line = self.monitor_line(command, argv);
        self.state.effects.push(Effect::Command { line: line.into_boxed_str() });
    }

    /// `1700000000.000000 [0 address] "SET" "key" "value"`
    fn monitor_line(&mut self, command: &Command, argv: &[&[u8]]) -> String {
        let now_us = self.now_us();
        let mut line = format!("{}.{:06} [{} ", now_us / 1_000_000, now_us % 1_000_000, self.db);
        if self.origin == Origin::Script {
            line.push_str("lua");
        } else {
            line.push_str(&self.own().monitored_address());
        }
        line.push(']');
        let secret = secrets(command, argv);
        for (at, arg) in argv.iter().enumerate() {
            line.push(' ');
            if secret.contains(&at) { line.push_str("\"(redacted)\"") } else { quote(arg, &mut line) }
        }
        line
    }
}

/// Which arguments hold a password, and are shown to nobody.
pub(crate) fn secrets(command: &Command, argv: &[&[u8]]) -> Range<usize> {
    match (command.name, argv) {
        ("auth", [_, _] | [_, _, _]) => 1..argv.len(),
        ("hello", [_, b"2" | b"3", options @ ..]) => {
            let after_name = |options: &[&[u8]]| match options {
                [word, _, ..] if is_word(word, "SETNAME") => 2,
                _ => 0,
            };
            let skipped = after_name(options);
            match &options[skipped..] {
                [word, _, _, ..] if is_word(word, "AUTH") => skipped + 3..skipped + 5,
                _ => 0..0,
            }
        }
        _ => 0..0,
    }
}

/// Writes an argument between double quotes, as redis-cli reads it back.
fn quote(arg: &[u8], line: &mut String) {
    line.push('"');
    for byte in arg {
        match byte {
            b'\\' | b'"' => line.extend(['\\', char::from(*byte)]),
            b'\n' => line.push_str("\\n"),
            b'\r' => line.push_str("\\r"),
            b'\t' => line.push_str("\\t"),
            0x07 => line.push_str("\\a"),
            0x08 => line.push_str("\\b"),
            b' '..=b'~' => line.push(char::from(*byte)),
            // Writing to a string cannot fail.
            _ => _ = write!(line, "\\x{byte:02x}"),
        }
    }
    line.push('"');
}
