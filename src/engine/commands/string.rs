//! Strings.

use crate::args::Args;
use crate::command::{Command, Flags, Group, KeySpec};
use crate::dispatch::Ctx;
use crate::effects::Class;
use crate::error::Result;
use crate::sink::Sink;

/// What the rows of this group have in common.
const STRING: Command = Command { group: Group::String, ..Command::BASE };

pub(crate) const COMMANDS: &[Command] = &[
    Command {
        name: "get",
        arity: 2,
        flags: Flags::READONLY.and(Flags::FAST),
        keys: &[KeySpec::one(1, &["RO", "access"])],
        since: "1.0.0",
        summary: "Returns the string value of a key.",
        run: get,
        ..STRING
    },
    Command {
        name: "set",
        arity: -3,
        flags: Flags::WRITE.and(Flags::DENYOOM),
        keys: &[KeySpec::one(1, &["RW", "access", "update", "variable_flags"])],
        since: "1.0.0",
        summary: "Sets the string value of a key, whatever it held.",
        run: set,
        ..STRING
    },
];

/// `GET key`
fn get(ctx: &mut Ctx<'_>, args: &mut Args<'_>, sink: &mut dyn Sink) -> Result {
    let value = ctx.string(args.next()?)?;
    sink.bulk_or_null(value);
    Ok(())
}

/// `SET key value`
fn set(ctx: &mut Ctx<'_>, args: &mut Args<'_>, sink: &mut dyn Sink) -> Result {
    let (key, value) = (args.next()?, args.next()?);
    args.end()?;
    ctx.set_string(key, value, None);
    ctx.changed(key, Class::STRING, "set");
    sink.ok();
    Ok(())
}
