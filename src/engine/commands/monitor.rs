//! MONITOR: listening to what others do.

use crate::args::Args;
use crate::command::{Command, Flags, Group};
use crate::dispatch::{Ctx, Origin};
use crate::error::{Error, Result};
use crate::sink::Sink;

pub(crate) const COMMANDS: &[Command] = &[Command {
    name: "monitor",
    arity: 1,
    flags: Flags::ADMIN.and(Flags::NOSCRIPT).and(Flags::LOADING).and(Flags::STALE),
    group: Group::Server,
    since: "1.0.0",
    summary: "Shows the session every command that the server runs.",
    run: monitor,
    ..Command::BASE
}];

/// `MONITOR`
///
/// A second one answers nothing at all.
fn monitor(ctx: &mut Ctx<'_>, _: &mut Args<'_>, sink: &mut dyn Sink) -> Result {
    if ctx.origin == Origin::Exec {
        return Err(Error::Fixed("ERR MONITOR isn't allowed for DENY BLOCKING client"));
    }
    if ctx.own().monitors {
        ctx.stay_silent();
        return Ok(());
    }
    let session = ctx.session;
    ctx.state.set_monitor(session, true);
    sink.ok();
    Ok(())
}
