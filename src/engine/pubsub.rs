//! Who listens to what.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use crate::glob;
use crate::push::Push;
use crate::session::SessionId;
use crate::sink::Sink;

/// The three namespaces of a subscription.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Topic {
    /// SUBSCRIBE.
    Channel,
    /// PSUBSCRIBE.
    Pattern,
    /// SSUBSCRIBE.
    Shard,
}

/// One message on its way, shared by all who get it in the same form.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    /// Whether by SPUBLISH.
    pub sharded: bool,
    /// The pattern that matched, for a subscriber by pattern.
    pub pattern: Option<Arc<[u8]>>,
    /// The channel.
    pub channel: Arc<[u8]>,
    /// What was published.
    pub payload: Arc<[u8]>,
}

impl Message {
    /// Its kind in the push: `message`, `pmessage` or `smessage`.
    pub fn kind(&self) -> &'static str {
        match (self.sharded, &self.pattern) {
            (true, _) => "smessage",
            (false, Some(_)) => "pmessage",
            (false, None) => "message",
        }
    }

    /// Says it as the push that a subscriber reads.
    pub fn say(&self, sink: &mut dyn Sink) {
        sink.push(if self.pattern.is_some() { 4 } else { 3 });
        sink.bulk(self.kind().as_bytes());
        if let Some(pattern) = &self.pattern {
            sink.bulk(pattern);
        }
        sink.bulk(&self.channel);
        sink.bulk(&self.payload);
    }
}

type Subscribers = HashMap<Arc<[u8]>, BTreeSet<SessionId>>;

/// The subscriptions of a store.
#[derive(Debug, Default)]
pub struct PubSub {
    channels: Subscribers,
    patterns: Subscribers,
    shards: Subscribers,
}

impl PubSub {
    fn of(&self, topic: Topic) -> &Subscribers {
        match topic {
            Topic::Channel => &self.channels,
            Topic::Pattern => &self.patterns,
            Topic::Shard => &self.shards,
        }
    }

    fn of_mut(&mut self, topic: Topic) -> &mut Subscribers {
        match topic {
            Topic::Channel => &mut self.channels,
            Topic::Pattern => &mut self.patterns,
            Topic::Shard => &mut self.shards,
        }
    }

    /// Whether nobody listens to anything.
    pub fn is_empty(&self) -> bool {
        self.channels.is_empty() && self.patterns.is_empty() && self.shards.is_empty()
    }

    /// Adds a subscriber.
    pub fn subscribe(&mut self, topic: Topic, name: &[u8], session: SessionId) {
        match self.of_mut(topic).get_mut(name) {
            Some(sessions) => {
                sessions.insert(session);
            }
            None => {
                self.of_mut(topic).insert(name.into(), BTreeSet::from([session]));
            }
        }
    }

    /// Removes a subscriber.
    pub fn unsubscribe(&mut self, topic: Topic, name: &[u8], session: SessionId) {
        let subscribers = self.of_mut(topic);
        if let Some(sessions) = subscribers.get_mut(name) {
            sessions.remove(&session);
            if sessions.is_empty() {
                subscribers.remove(name);
            }
        }
    }

    /// The names with subscribers that match a glob pattern; all, without.
    pub fn names(&self, topic: Topic, pattern: Option<&[u8]>) -> Vec<&[u8]> {
        let wanted = |name: &&[u8]| pattern.is_none_or(|pattern| glob::matches(pattern, name));
        self.of(topic).keys().map(|name| &**name).filter(wanted).collect()
    }

    /// How many subscribe to this very name.
    pub fn count(&self, topic: Topic, name: &[u8]) -> usize {
        self.of(topic).get(name).map_or(0, BTreeSet::len)
    }

    /// How many names have subscribers.
    pub fn len(&self, topic: Topic) -> usize {
        self.of(topic).len()
    }

    /// How many would get a message on `channel` now: once a matching subscription, as PUBLISH counts.
    pub fn receivers(&self, channel: &[u8], sharded: bool) -> usize {
        if sharded {
            return self.count(Topic::Shard, channel);
        }
        let matching = self.patterns.iter().filter(|(pattern, _)| glob::matches(pattern, channel));
        self.count(Topic::Channel, channel) + matching.map(|(_, sessions)| sessions.len()).sum::<usize>()
    }

    /// Hands a message to all who get it: subscribers of the channel first, then those by pattern.
    pub fn publish(
        &self,
        channel: &[u8],
        payload: &[u8],
        sharded: bool,
        mut deliver: impl FnMut(SessionId, Arc<Push>),
    ) {
        let topic = if sharded { Topic::Shard } else { Topic::Channel };
        let direct = self.of(topic).get_key_value(channel);
        let matching = |pattern: &&Arc<[u8]>| !sharded && glob::matches(pattern, channel);
        if direct.is_none() && !self.patterns.keys().any(|pattern| matching(&pattern)) {
            return;
        }
        let payload: Arc<[u8]> = payload.into();
        let channel = direct.map_or_else(|| channel.into(), |(name, _)| Arc::clone(name));
        let message = |pattern: Option<Arc<[u8]>>| {
            let (channel, payload) = (Arc::clone(&channel), Arc::clone(&payload));
            Arc::new(Push::Message(Message { sharded, pattern, channel, payload }))
        };
        if let Some((_, sessions)) = direct {
            let message = message(None);
            sessions.iter().for_each(|session| deliver(*session, Arc::clone(&message)));
        }
        for (pattern, sessions) in self.patterns.iter().filter(|(pattern, _)| matching(pattern)) {
            let message = message(Some(Arc::clone(pattern)));
            sessions.iter().for_each(|session| deliver(*session, Arc::clone(&message)));
        }
    }
}
