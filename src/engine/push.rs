//! What a session gets without asking.

use crate::pubsub::Message;
use crate::sink::Sink;

/// One push, shared by all who get it in the same form.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Push {
    /// A published message.
    Message(Message),
    /// A command that a monitor is shown.
    Command(Box<str>),
}

impl Push {
    /// Says it as its session reads it.
    pub fn say(&self, sink: &mut dyn Sink) {
        match self {
            Self::Message(message) => message.say(sink),
            Self::Command(line) => sink.simple(line),
        }
    }
}
