//! CLIENT PAUSE: commands that wait until everybody may go on.

use std::sync::Arc;

use crate::command::{Command, Flags};
use crate::dispatch::{Ctx, Origin};
use crate::effects::Effect;
use crate::gate::Gate;
use crate::reply::Reply;
use crate::session::SessionId;
use crate::store::{Outcome, State, Store};

/// Until when commands wait, and which.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Pause {
    /// In milliseconds since the Unix epoch.
    pub(crate) until_ms: i64,
    /// All of them; otherwise those that may write.
    pub(crate) all: bool,
}

/// A command that waits for the end of a pause.
#[derive(Debug)]
pub(crate) struct Postponed {
    session: SessionId,
    command: &'static Command,
    argv: Arc<[Box<[u8]>]>,
}

impl State {
    /// Pauses; a pause that is on becomes no shorter and no laxer.
    pub(crate) fn pause(&mut self, until_ms: i64, all: bool) {
        let before = self.pause.filter(|_| self.gate.has(Gate::PAUSED));
        let until_ms = before.map_or(until_ms, |before| before.until_ms.max(until_ms));
        let all = all || before.is_some_and(|before| before.all);
        self.pause = Some(Pause { until_ms, all });
        self.gate.set(Gate::PAUSED, true);
    }

    /// Ends the pause, if one is on: at the end of this unit those that waited go on.
    pub(crate) fn unpause(&mut self) {
        self.pause = None;
        self.gate.set(Gate::PAUSED, false);
        if !self.postponed.is_empty() {
            self.effects.push(Effect::Unpaused);
        }
    }

    /// Ends the pause if its time is over.
    pub(crate) fn unpause_in_time(&mut self, now_ms: i64) {
        if self.pause.is_some_and(|pause| pause.until_ms <= now_ms) {
            self.unpause();
        }
    }

    /// Forgets what a session has waiting for the end of the pause; whether there was anything.
    pub(crate) fn forget_postponed(&mut self, session: SessionId) -> bool {
        let before = self.postponed.len();
        self.postponed.retain(|postponed| postponed.session != session);
        self.postponed.len() < before
    }
}

impl Ctx<'_> {
    /// Puts the command down if it has to wait for the end of a pause; whether it has to.
    pub(crate) fn postpone(&mut self, command: &'static Command, argv: &[&[u8]]) -> bool {
        let Some(pause) = self.state.pause else { return false };
        if pause.until_ms <= self.now_ms() {
            self.state.unpause();
            // Not before those that came before.
            if self.state.postponed.is_empty() {
                return false;
            }
        } else if !pause.all && !self.may_write(command) {
            return false;
        }
        let argv = argv.iter().map(|arg| (*arg).into()).collect();
        let session = self.session;
        self.state.postponed.push_back(Postponed { session, command, argv });
        self.state.set_blocked(session, true);
        self.wait_outside();
        true
    }

    fn may_write(&mut self, command: &Command) -> bool {
        let may =
            |command: &Command| command.flags.has(Flags::WRITE) || command.flags.has(Flags::MAY_REPLICATE);
        let queue = &self.own().transaction.queue;
        may(command) || (command.name == "exec" && queue.iter().any(|queued| may(queued.command)))
    }
}

impl Store {
    /// Runs what waited for the end of a pause, in the order in which it came, until the next one.
    pub(crate) fn serve_postponed(&mut self) {
        while self.state.pause.is_none()
            && let Some(Postponed { session, command, argv }) = self.state.postponed.pop_front()
        {
            self.state.set_blocked(session, false);
            let Some(resp) = self.state.sessions.get(session).map(|session| session.resp) else { continue };
            let mut reply = Reply::new(resp);
            let Ok(mut ctx) = Ctx::new(&mut self.state, session, Origin::Client) else { continue };
            let argv: Vec<&[u8]> = argv.iter().map(|arg| &**arg).collect();
            let result = ctx.enter_gate(command, &argv, &mut reply);
            let outcome = ctx.outcome();
            match result {
                Ok(()) if outcome == Outcome::Blocked => {}
                result => self.state.wake(session, result.map(|()| reply), None),
            }
            self.state.drain();
            self.serve();
        }
    }
}
