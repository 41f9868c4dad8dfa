//! CLIENT REPLY: sessions that are not answered.

use crate::command::{Command, Flags};
use crate::dispatch::{Ctx, Origin};
use crate::error::{Error, Result};
use crate::session::Session;
use crate::sink::Sink;

/// Whether a session is answered.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Answers {
    /// It is.
    #[default]
    On,
    /// It is not.
    Off,
    /// It is, but for its next command.
    SkipNext,
    /// Not to the command that runs.
    Skip,
}

impl Session {
    /// Whether what is said now is heard by nobody.
    pub(crate) fn is_mute(&self) -> bool {
        self.closing || matches!(self.answers, Answers::Off | Answers::Skip)
    }

    /// A command begins.
    pub(crate) fn begin_answer(&mut self) {
        if self.answers == Answers::SkipNext {
            self.answers = Answers::Skip;
        }
    }

    /// A command is over; whether its answer, an error or a waiter's, goes nowhere.
    pub(crate) fn end_answer(&mut self) -> bool {
        let mute = matches!(self.answers, Answers::Off | Answers::Skip);
        if self.answers == Answers::Skip {
            self.answers = Answers::On;
            self.regate();
        }
        mute
    }
}

impl Ctx<'_> {
    /// Runs something that answers, unless its session is not answered. Confirmations of subscriptions are
    /// pushes, which go out nevertheless; a script gets its own answers in any case.
    pub(crate) fn unless_mute(
        &mut self,
        command: &'static Command,
        sink: &mut dyn Sink,
        work: impl FnOnce(&mut Self, &mut dyn Sink) -> Result,
    ) -> Result {
        let confirms = command.flags.has(Flags::PUBSUB.and(Flags::NOSCRIPT));
        if self.origin == Origin::Script || confirms || !self.own().is_mute() {
            return work(self, sink);
        }
        let mark = sink.mark();
        let result = work(self, sink);
        if !self.own().is_mute() || self.is_blocked() {
            return result;
        }
        if let Err(error) = result {
            self.state.stats.count_error(&error);
        }
        sink.cut(mark);
        self.stay_silent();
        Ok(())
    }
}

impl crate::store::State {
    /// What becomes of an error answer: nothing where nobody is answered.
    #[cold]
    pub(crate) fn answer_error(&mut self, session: crate::SessionId, error: Error) -> Result {
        self.stats.count_error(&error);
        let mute = self.sessions.get_mut(session).is_some_and(|session| {
            session.begin_answer();
            session.end_answer()
        });
        if mute { Ok(()) } else { Err(error) }
    }
}
