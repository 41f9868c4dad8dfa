//! Publish/subscribe, with the sharded forms.

use std::collections::BTreeSet;

use crate::args::Args;
use crate::command::{Command, Flags, Group, KeySpec};
use crate::dispatch::{Ctx, Origin};
use crate::effects::Effect;
use crate::error::{Error, Result};
use crate::pubsub::Topic;
use crate::session::Session;
use crate::sink::Sink;

/// What SUBSCRIBE and its kin have in common.
const PUBSUB: Command = Command {
    group: Group::Pubsub,
    flags: Flags::PUBSUB.and(Flags::NOSCRIPT).and(Flags::LOADING).and(Flags::STALE),
    since: "2.0.0",
    ..Command::BASE
};

/// What the forms that name shard channels have in common.
const SHARD_CHANNELS: &[KeySpec] = &[KeySpec::range(1, -1, 1, &["not_key"])];

pub(crate) const COMMANDS: &[Command] = &[
    Command {
        name: "subscribe",
        syntax: "channel...",
        arity: -2,
        summary: "Listens to channels.",
        complexity: "O(N) where N is the number of channels to subscribe to.",
        run: |ctx, args, sink| subscribe(ctx, args, sink, &CHANNEL),
        ..PUBSUB
    },
    Command {
        name: "psubscribe",
        syntax: "pattern:pattern...",
        arity: -2,
        summary: "Listens to channels that match patterns.",
        complexity: "O(N) where N is the number of patterns to subscribe to.",
        run: |ctx, args, sink| subscribe(ctx, args, sink, &PATTERN),
        ..PUBSUB
    },
    Command {
        name: "ssubscribe",
        syntax: "shardchannel...",
        arity: -2,
        keys: SHARD_CHANNELS,
        since: "7.0.0",
        summary: "Listens to shard channels.",
        complexity: "O(N) where N is the number of shard channels to subscribe to.",
        run: |ctx, args, sink| subscribe(ctx, args, sink, &SHARD),
        ..PUBSUB
    },
    Command {
        name: "unsubscribe",
        syntax: "[channel...]",
        arity: -1,
        summary: "Stops listening to channels, or to all.",
        complexity: "O(N) where N is the number of channels to unsubscribe.",
        run: |ctx, args, sink| unsubscribe(ctx, args, sink, &CHANNEL),
        ..PUBSUB
    },
    Command {
        name: "punsubscribe",
        syntax: "[pattern:pattern...]",
        arity: -1,
        summary: "Stops listening to patterns, or to all.",
        complexity: "O(N) where N is the number of patterns to unsubscribe.",
        run: |ctx, args, sink| unsubscribe(ctx, args, sink, &PATTERN),
        ..PUBSUB
    },
    Command {
        name: "sunsubscribe",
        syntax: "[shardchannel...]",
        arity: -1,
        keys: SHARD_CHANNELS,
        since: "7.0.0",
        summary: "Stops listening to shard channels, or to all.",
        complexity: "O(N) where N is the number of shard channels to unsubscribe.",
        run: |ctx, args, sink| unsubscribe(ctx, args, sink, &SHARD),
        ..PUBSUB
    },
    Command {
        name: "publish",
        syntax: "channel message",
        arity: 3,
        flags: PUBLISH,
        summary: "Sends a message to those who listen to a channel.",
        complexity: "O(N+M) where N is the number of clients subscribed to the receiving channel and M is the \
                     total number of subscribed patterns (by any client).",
        run: |ctx, args, sink| publish(ctx, args, sink, false),
        ..PUBSUB
    },
    Command {
        name: "spublish",
        syntax: "shardchannel message",
        arity: 3,
        flags: PUBLISH,
        keys: &[KeySpec::one(1, &["not_key"])],
        since: "7.0.0",
        summary: "Sends a message to those who listen to a shard channel.",
        complexity: "O(N) where N is the number of clients subscribed to the receiving shard channel.",
        run: |ctx, args, sink| publish(ctx, args, sink, true),
        ..PUBSUB
    },
    Command {
        name: "pubsub",
        arity: -2,
        flags: Flags::NONE,
        since: "2.8.0",
        summary: "Tells of subscriptions.",
        complexity: "Depends on subcommand.",
        subcommands: PUBSUB_SUBCOMMANDS,
        ..PUBSUB
    },
];

const PUBLISH: Flags =
    Flags::PUBSUB.and(Flags::LOADING).and(Flags::STALE).and(Flags::FAST).and(Flags::MAY_REPLICATE);

/// What PUBSUB's subcommands have in common.
const TELL: Command = Command {
    flags: Flags::PUBSUB.and(Flags::LOADING).and(Flags::STALE),
    since: "2.8.0",
    complexity: "O(N) for the N requested channels, or all active ones.",
    ..PUBSUB
};

const PUBSUB_SUBCOMMANDS: &[Command] = &[
    Command {
        name: "channels",
        full_name: "pubsub|channels",
        syntax: "[pattern:pattern]",
        arity: -2,
        summary: "Lists the channels somebody listens to.",
        run: |ctx, args, sink| channels(ctx, args, sink, Topic::Channel),
        ..TELL
    },
    Command {
        name: "shardchannels",
        full_name: "pubsub|shardchannels",
        syntax: "[pattern:pattern]",
        arity: -2,
        since: "7.0.0",
        summary: "Lists the shard channels somebody listens to.",
        run: |ctx, args, sink| channels(ctx, args, sink, Topic::Shard),
        ..TELL
    },
    Command {
        name: "numsub",
        full_name: "pubsub|numsub",
        syntax: "[channel...]",
        arity: -2,
        summary: "Counts the subscribers of channels.",
        run: |ctx, args, sink| numsub(ctx, args, sink, Topic::Channel),
        ..TELL
    },
    Command {
        name: "shardnumsub",
        full_name: "pubsub|shardnumsub",
        syntax: "[shardchannel...]",
        arity: -2,
        since: "7.0.0",
        summary: "Counts the subscribers of shard channels.",
        run: |ctx, args, sink| numsub(ctx, args, sink, Topic::Shard),
        ..TELL
    },
    Command {
        name: "numpat",
        full_name: "pubsub|numpat",
        arity: 2,
        summary: "Counts the patterns somebody listens to.",
        complexity: "O(1)",
        run: numpat,
        ..TELL
    },
    Command {
        name: "help",
        full_name: "pubsub|help",
        arity: 2,
        flags: Flags::LOADING.and(Flags::STALE),
        since: "6.2.0",
        summary: "Says what the subcommands do.",
        complexity: "O(1)",
        run: help,
        ..TELL
    },
];

/// One namespace of subscriptions, as its commands and confirmations see it.
struct Kind {
    topic: Topic,
    subscribe: &'static str,
    unsubscribe: &'static str,
    names: fn(&mut Session) -> &mut BTreeSet<Box<[u8]>>,
}

const CHANNEL: Kind = Kind {
    topic: Topic::Channel,
    subscribe: "subscribe",
    unsubscribe: "unsubscribe",
    names: |session| &mut session.channels,
};
const PATTERN: Kind = Kind {
    topic: Topic::Pattern,
    subscribe: "psubscribe",
    unsubscribe: "punsubscribe",
    names: |session| &mut session.patterns,
};
const SHARD: Kind = Kind {
    topic: Topic::Shard,
    subscribe: "ssubscribe",
    unsubscribe: "sunsubscribe",
    names: |session| &mut session.shard_channels,
};

impl Kind {
    /// Subscriptions as this kind's confirmations count them: channels and patterns together, shard
    /// channels by themselves.
    fn count(&self, session: &Session) -> usize {
        match self.topic {
            Topic::Shard => session.shard_channels.len(),
            Topic::Channel | Topic::Pattern => session.channels.len() + session.patterns.len(),
        }
    }

    fn confirm(&self, ctx: &mut Ctx<'_>, sink: &mut dyn Sink, word: &str, name: Option<&[u8]>) {
        sink.push(3);
        sink.bulk(word.as_bytes());
        sink.bulk_or_null(name);
        sink.int(self.count(ctx.own()) as i64);
    }

    fn leave(&self, ctx: &mut Ctx<'_>, name: &[u8]) {
        let session = ctx.session;
        (self.names)(ctx.own()).remove(name);
        ctx.own().regate();
        ctx.state.pubsub.unsubscribe(self.topic, name, session);
    }
}

/// `SUBSCRIBE channel [channel …]`, and the forms for patterns and shard channels
///
/// Answers once for each name.
fn subscribe(ctx: &mut Ctx<'_>, args: &mut Args<'_>, sink: &mut dyn Sink, kind: &Kind) -> Result {
    if ctx.origin == Origin::Exec && kind.topic == Topic::Shard {
        return Err(Error::Fixed("ERR SSUBSCRIBE isn't allowed for a DENY BLOCKING client"));
    }
    for name in args.take_rest() {
        if (kind.names)(ctx.own()).insert((*name).into()) {
            let session = ctx.session;
            ctx.state.pubsub.subscribe(kind.topic, name, session);
            ctx.own().regate();
        }
        kind.confirm(ctx, sink, kind.subscribe, Some(name));
    }
    Ok(())
}

/// `UNSUBSCRIBE [channel …]`, and the forms for patterns and shard channels
///
/// Answers once for each name; without names once for each subscription, or once with null if there is none.
fn unsubscribe(ctx: &mut Ctx<'_>, args: &mut Args<'_>, sink: &mut dyn Sink, kind: &Kind) -> Result {
    let named = args.take_rest();
    if !named.is_empty() {
        for name in named {
            kind.leave(ctx, name);
            kind.confirm(ctx, sink, kind.unsubscribe, Some(name));
        }
        return Ok(());
    }
    let all: Vec<Box<[u8]>> = (kind.names)(ctx.own()).iter().cloned().collect();
    for name in &all {
        kind.leave(ctx, name);
        kind.confirm(ctx, sink, kind.unsubscribe, Some(name));
    }
    if all.is_empty() {
        kind.confirm(ctx, sink, kind.unsubscribe, None);
    }
    Ok(())
}

/// Ends all subscriptions of the session, saying nothing.
pub(super) fn leave_all(ctx: &mut Ctx<'_>) {
    for kind in [CHANNEL, PATTERN, SHARD] {
        let names: Vec<Box<[u8]>> = (kind.names)(ctx.own()).iter().cloned().collect();
        names.iter().for_each(|name| kind.leave(ctx, name));
    }
}

/// `PUBLISH channel message`, `SPUBLISH shardchannel message`
fn publish(ctx: &mut Ctx<'_>, args: &mut Args<'_>, sink: &mut dyn Sink, sharded: bool) -> Result {
    let (channel, message) = (args.next()?, args.next()?);
    let receivers = ctx.state.pubsub.receivers(channel, sharded);
    if receivers > 0 {
        let (channel, message) = (channel.into(), message.into());
        ctx.state.effects.push(Effect::Publish { channel, message, sharded });
    }
    sink.int(receivers as i64);
    Ok(())
}

/// `PUBSUB CHANNELS [pattern]`, `PUBSUB SHARDCHANNELS [pattern]`
fn channels(ctx: &mut Ctx<'_>, args: &mut Args<'_>, sink: &mut dyn Sink, topic: Topic) -> Result {
    let pattern = args.take_rest();
    if pattern.len() > 1 {
        return Err(super::unknown_form(args));
    }
    let names = ctx.state.pubsub.names(topic, pattern.first().copied());
    sink.array(names.len());
    names.into_iter().for_each(|name| sink.bulk(name));
    Ok(())
}

/// `PUBSUB NUMSUB [channel …]`, `PUBSUB SHARDNUMSUB [shardchannel …]`
fn numsub(ctx: &mut Ctx<'_>, args: &mut Args<'_>, sink: &mut dyn Sink, topic: Topic) -> Result {
    let names = args.take_rest();
    sink.array(names.len() * 2);
    for name in names {
        sink.bulk(name);
        sink.int(ctx.state.pubsub.count(topic, name) as i64);
    }
    Ok(())
}

/// `PUBSUB NUMPAT`
fn numpat(ctx: &mut Ctx<'_>, _: &mut Args<'_>, sink: &mut dyn Sink) -> Result {
    sink.int(ctx.state.pubsub.len(Topic::Pattern) as i64);
    Ok(())
}

/// `PUBSUB HELP`
fn help(_: &mut Ctx<'_>, _: &mut Args<'_>, sink: &mut dyn Sink) -> Result {
    super::say_help(
        sink,
        "PUBSUB",
        &[
            "CHANNELS [<pattern>]",
            "    Return the currently active channels matching a <pattern> (default: '*').",
            "NUMPAT",
            "    Return number of subscriptions to patterns.",
            "NUMSUB [<channel> ...]",
            "    Return the number of subscribers for the specified channels, excluding",
            "    pattern subscriptions(default: no channels).",
            "SHARDCHANNELS [<pattern>]",
            "    Return the currently active shard level channels matching a <pattern> (default: '*').",
            "SHARDNUMSUB [<shardchannel> ...]",
            "    Return the number of subscribers for the specified shard level channel(s)",
        ],
    );
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::testing::Shell;

    #[test]
    fn a_message_reaches_channel_and_pattern_subscribers_in_order() {
        let mut shell = Shell::new();
        let listener = shell.store.open_session();
        assert_eq!(shell.run_as(listener, "SUBSCRIBE a"), "*3 $9 subscribe $1 a :1");
        assert_eq!(shell.run_as(listener, "PSUBSCRIBE *"), "*3 $10 psubscribe $1 * :2");
        assert_eq!(shell.run("PUBLISH a x"), ":2");
        assert_eq!(shell.heard(listener), ["*3 $7 message $1 a $1 x", "*4 $8 pmessage $1 * $1 a $1 x"]);
        assert!(shell.run_as(listener, "GET a").starts_with("-ERR Can't execute 'get'"));
        shell.store.close_session(listener);
        assert_eq!(shell.run("PUBLISH a x"), ":0");
    }
}
