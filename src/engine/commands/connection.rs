//! The connection itself: PING, SELECT and the like.

use crate::args::Args;
use crate::command::{Command, Flags, Group};
use crate::dispatch::Ctx;
use crate::error::{Error, Result};
use crate::sink::Sink;

/// What the rows of this group have in common.
const CONNECTION: Command = Command { group: Group::Connection, ..Command::BASE };

pub(crate) const COMMANDS: &[Command] = &[Command {
    name: "ping",
    arity: -1,
    flags: Flags::FAST,
    since: "1.0.0",
    summary: "Answers PONG, or its argument.",
    run: ping,
    ..CONNECTION
}];

/// `PING [message]`
///
/// A RESP2 session that is subscribed gets an array, to tell it from messages.
fn ping(ctx: &mut Ctx<'_>, args: &mut Args<'_>, sink: &mut dyn Sink) -> Result {
    let message = args.take_rest();
    if message.len() > 1 {
        return Err(Error::arity("ping"));
    }
    let message = message.first().copied();
    let session = ctx.own();
    if session.resp == 2 && session.subscriptions() > 0 {
        sink.array(2);
        sink.bulk(b"pong");
        sink.bulk(message.unwrap_or_default());
    } else {
        match message {
            Some(message) => sink.bulk(message),
            None => sink.simple("PONG"),
        }
    }
    Ok(())
}
