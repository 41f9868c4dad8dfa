//! When a command takes more than the plain way, and what it has to pass then.
//!
//! Most commands come from a session that is in no special state, to a store where nobody looks on. One
//! test of two small sets tells: what the session is in, and what the store attends to. Both empty, the
//! command runs; anything in them, it goes the long way round, which is all in this file, in the order in
//! which a server makes its checks.

use crate::answers::Answers;
use crate::command::{Command, Flags};
use crate::dispatch::Ctx;
use crate::error::{Error, Result};
use crate::interlude::BUSY;
use crate::session::Session;
use crate::sink::Sink;
use crate::transaction::Queued;

/// Reasons why commands are looked at twice: some of a session's, some of the whole store's.
///
/// A session's are kept by [`Session::regate`], to be called by whoever changes what they follow from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Gate(u16);

impl Gate {
    // A session's.
    /// Commands are queued.
    pub const MULTI: Self = Self(1);
    /// Under RESP2, replies could be taken for messages.
    pub const SUBSCRIBED: Self = Self(1 << 1);
    /// It listens to others' commands, and may not touch keys.
    pub const MONITOR: Self = Self(1 << 2);
    /// It is not answered, or not to the end.
    pub const MUTE: Self = Self(1 << 3);
    /// It wants to hear when what it reads changes.
    pub const TRACKING: Self = Self(1 << 4);

    /// It has not said who it is.
    pub const UNKNOWN: Self = Self(1 << 5);
    /// Its user may not do everything.
    pub const RESTRICTED: Self = Self(1 << 6);

    // The store's.
    /// Somebody listens to all commands.
    pub const MONITORED: Self = Self(1 << 8);
    /// Somebody hears when keys change.
    pub const TRACKED: Self = Self(1 << 9);
    /// Commands wait.
    pub const PAUSED: Self = Self(1 << 10);
    /// Memory is limited.
    pub const MEMORY: Self = Self(1 << 11);
    /// A script runs, from inside of which others are served.
    pub const BUSY: Self = Self(1 << 12);

    /// Whether all of `other` are in.
    #[inline]
    pub const fn has(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }

    /// Whether this set or the other has anything in it.
    #[inline]
    pub const fn is_shut(self, other: Self) -> bool {
        self.0 | other.0 != 0
    }

    /// Puts these in or takes them out.
    pub fn set(&mut self, these: Self, on: bool) {
        self.0 = if on { self.0 | these.0 } else { self.0 & !these.0 };
    }
}

impl Session {
    /// What its gate follows from.
    fn gate_now(&self) -> Gate {
        let mut gate = Gate::default();
        gate.set(Gate::MULTI, self.transaction.open);
        gate.set(Gate::SUBSCRIBED, self.resp == 2 && self.subscriptions() > 0);
        gate.set(Gate::MONITOR, self.monitors);
        gate.set(Gate::MUTE, self.closing || self.answers != Answers::On);
        gate.set(Gate::TRACKING, self.tracking.is_some());
        gate.set(Gate::UNKNOWN, !self.authenticated);
        gate.set(Gate::RESTRICTED, self.restricted);
        gate
    }

    /// Keeps the gate true to what it follows from.
    pub fn regate(&mut self) {
        self.gate = self.gate_now();
    }

    /// Whether anything keeps its commands, or all commands of the store, from the plain way.
    #[inline]
    pub(crate) fn is_gated(&self, store: Gate) -> bool {
        debug_assert_eq!(self.gate, self.gate_now(), "somebody forgot to regate");
        self.gate.is_shut(store)
    }
}

impl Ctx<'_> {
    /// The long way of a session's command: past the gate, then run or queued.
    #[cold]
    pub(crate) fn enter_gate(
        &mut self,
        command: &'static Command,
        argv: &[&[u8]],
        sink: &mut dyn Sink,
    ) -> Result {
        self.set_command(command);
        self.state.actor = self.session;
        self.state.scripted = false;
        self.own().begin_answer();
        let result = self.unless_mute(command, sink, |ctx, sink| {
            match ctx.contained(sink, |ctx, sink| ctx.pass_gate(command, argv, sink)) {
                Ok(true) => ctx.call_attended(command, argv, sink),
                Ok(false) => Ok(()),
                Err(error) => Err(error),
            }
        });
        self.end_caching(command);
        // An error is answered further out.
        if result.is_ok() && !self.is_blocked() {
            self.own().end_answer();
        }
        result
    }

    /// Runs a command of EXEC's or of a script's: what it belongs to has passed the gate.
    #[inline]
    pub(crate) fn call_within(
        &mut self,
        command: &'static Command,
        argv: &[&[u8]],
        sink: &mut dyn Sink,
    ) -> Result {
        let store = self.state.gate;
        if self.own().is_gated(store) {
            self.check_user(command, argv)?;
            return self.unless_mute(command, sink, |ctx, sink| ctx.call_attended(command, argv, sink));
        }
        self.call(command, argv, sink)
    }

    /// Runs a command while somebody looks on, or its session is in a special state.
    #[cold]
    fn call_attended(&mut self, command: &'static Command, argv: &[&[u8]], sink: &mut dyn Sink) -> Result {
        // A script is shown before what it calls, anything else once it ran.
        let is_script = command.flags.has(Flags::SKIP_MONITOR);
        if is_script {
            self.show_to_monitors(command, argv);
            // In a transaction what came before is not the script's, nor is what comes after.
            self.state.drain_early();
            self.state.scripted = true;
        }
        let result = self.call(command, argv, sink);
        if is_script {
            self.state.drain_early();
            self.state.scripted = false;
        } else {
            self.show_to_monitors(command, argv);
        }
        self.note_read_keys(command, argv);
        result
    }

    /// The checks in a server's order; whether the command is to run now.
    fn pass_gate(&mut self, command: &'static Command, argv: &[&[u8]], sink: &mut dyn Sink) -> Result<bool> {
        const WHILE_SUBSCRIBED: [&str; 9] = [
            "subscribe",
            "ssubscribe",
            "psubscribe",
            "unsubscribe",
            "sunsubscribe",
            "punsubscribe",
            "ping",
            "quit",
            "reset",
        ];
        const NOT_QUEUED: [&str; 6] = ["exec", "discard", "multi", "watch", "quit", "reset"];
        let gate = self.own().gate;
        if gate.has(Gate::UNKNOWN) && !command.flags.has(Flags::NO_AUTH) && self.needs_login() {
            let error = Error::Fixed("NOAUTH Authentication required.");
            return Err(self.refused(command, argv, error));
        }
        if gate.has(Gate::MULTI) && command.flags.has(Flags::NO_MULTI) {
            let error = Error::Fixed("ERR Command not allowed inside a transaction");
            return Err(self.refused(command, argv, error));
        }
        if let Err(error) = self.check_user(command, argv) {
            return Err(self.refused(command, argv, error));
        }
        let is_busy = self.state.gate.has(Gate::BUSY);
        if self.state.gate.has(Gate::MEMORY)
            && !is_busy
            && let Some(error) = self.check_memory(command)
        {
            return Err(self.refused(command, argv, error));
        }
        if gate.has(Gate::SUBSCRIBED) && !WHILE_SUBSCRIBED.contains(&command.name) {
            let error = Error::text(format!(
                "ERR Can't execute '{}': only (P|S)SUBSCRIBE / (P|S)UNSUBSCRIBE / PING / QUIT / RESET are \
                 allowed in this context",
                command.display_name()
            ));
            return Err(self.refused(command, argv, error));
        }
        if gate.has(Gate::MONITOR) && touches_keys(command) {
            let error = Error::Fixed("ERR Replica can't interact with the keyspace");
            return Err(self.refused(command, argv, error));
        }
        if is_busy && !command.flags.has(Flags::ALLOW_BUSY) {
            return Err(self.refused(command, argv, BUSY));
        }
        if self.state.gate.has(Gate::PAUSED) && self.postpone(command, argv) {
            return Ok(false);
        }
        if !gate.has(Gate::MULTI) || NOT_QUEUED.contains(&command.name) {
            return Ok(true);
        }
        let argv = argv.iter().map(|arg| (*arg).into()).collect();
        self.own().transaction.queue.push(Queued { command, argv });
        sink.simple("QUEUED");
        Ok(false)
    }

    /// What is said of a command that did not pass its checks. A transaction that was being queued will not
    /// run, and an EXEC that was itself refused ends it.
    #[cold]
    pub(crate) fn refused(&mut self, command: &'static Command, argv: &[&[u8]], error: Error) -> Error {
        self.state.stats.of(command).rejected += 1;
        if command.name == "exec" {
            let error = crate::commands::transaction::aborted(self, &error);
            self.show_to_monitors(command, argv);
            return error;
        }
        self.state.refuse(self.session);
        self.end_caching(command);
        error
    }
}

/// Whether a command is one that replicas may not run by themselves.
fn touches_keys(command: &Command) -> bool {
    [Flags::WRITE, Flags::READONLY, Flags::MAY_REPLICATE].iter().any(|flag| command.flags.has(*flag))
}
