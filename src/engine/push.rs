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
    /// Keys that a session which tracks them is to forget; all it has, without.
    Invalidate(Option<Vec<Box<[u8]>>>),
    /// The same for a RESP2 session that another's invalidations are redirected to.
    InvalidateMessage(Option<Vec<Box<[u8]>>>),
    /// The session of this CLIENT ID, to which invalidations were redirected, is gone.
    BrokenRedirect(u64),
    /// What DEBUG PROTOCOL shows of pushes.
    Trial,
}

impl Push {
    /// Says it as its session reads it.
    pub fn say(&self, sink: &mut dyn Sink) {
        match self {
            Self::Message(message) => message.say(sink),
            Self::Command(line) => sink.simple(line),
            Self::Invalidate(keys) => {
                sink.push(2);
                sink.bulk(b"invalidate");
                say_keys(keys.as_deref(), sink);
            }
            Self::InvalidateMessage(keys) => {
                sink.push(3);
                sink.bulk(b"message");
                sink.bulk(b"__redis__:invalidate");
                say_keys(keys.as_deref(), sink);
            }
            Self::BrokenRedirect(client) => {
                sink.push(2);
                sink.bulk(b"tracking-redir-broken");
                sink.int(*client as i64);
            }
            Self::Trial => {
                sink.push(2);
                sink.bulk(b"server-cpu-usage");
                sink.int(42);
            }
        }
    }
}

fn say_keys(keys: Option<&[Box<[u8]>]>, sink: &mut dyn Sink) {
    let Some(keys) = keys else { return sink.null() };
    sink.array(keys.len());
    keys.iter().for_each(|key| sink.bulk(key));
}
