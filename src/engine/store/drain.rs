//! What becomes of the log of effects.

use std::panic::{AssertUnwindSafe, catch_unwind};

use crate::effects::{Class, Effect};
use crate::store::{Delivery, State};
use crate::transaction::DbKey;
use crate::types::Type;

impl State {
    /// Turns the log of effects into watched keys, ready keys and messages.
    pub(crate) fn drain(&mut self) {
        // A drain makes no effects of its own: events and messages are not written about.
        let mut effects = std::mem::take(&mut self.effects);
        let mut rest = effects.drain(..);
        // What an effect comes to is not worth the others.
        while let Err(panic) = catch_unwind(AssertUnwindSafe(|| rest.by_ref().for_each(|e| self.apply(e)))) {
            self.panicked("drain", &*panic);
        }
        drop(rest);
        self.effects = effects;
    }

    /// Drains in the middle of a unit; its end has still to serve waiters and to broadcast what changed.
    pub(crate) fn drain_early(&mut self) {
        if !self.effects.is_empty() {
            self.drain();
            self.effects.push(Effect::Drained);
        }
    }

    fn apply(&mut self, effect: Effect) {
        match effect {
            Effect::Modified(key) => {
                self.watchers.modified(&key, &mut self.sessions);
                self.signal_end(&key);
                self.invalidate(&key.1);
            }
            Effect::Dropped(key) => {
                self.watchers.dropped(&key, &mut self.sessions);
                self.signal_end(&key);
                self.invalidate_dropped(&key.1);
            }
            Effect::Replaced(key) => {
                self.watchers.modified(&key, &mut self.sessions);
                self.waiters.signal(&key);
            }
            Effect::Read { keys, by } => self.remember_readers(keys, by),
            Effect::Command { line } => self.tell_monitors(line),
            Effect::Flushed => self.invalidate_all(),
            // The end of the unit sees to them.
            Effect::Unpaused | Effect::Drained => {}
            Effect::Ready(key) => self.waiters.signal(&key),
            Effect::Event { db, name, key } => self.notify(db, name, &key),
            Effect::Publish { channel, message, sharded } => self.publish(&channel, &message, sharded),
        }
    }

    /// Has those looked at who wait for the end of a stream, if that key holds none by now.
    fn signal_end(&mut self, key: &DbKey) {
        if self.waiters.waits_for_end_of(key) && self.peek_kind(key.0, &key.1) != Some(Type::Stream) {
            self.waiters.signal(key);
        }
    }

    fn notify(&mut self, db: usize, event: &str, key: &[u8]) {
        if self.config.notify.has(Class::KEYSPACE) {
            let mut channel = format!("__keyspace@{db}__:").into_bytes();
            channel.extend_from_slice(key);
            self.publish(&channel, event.as_bytes(), false);
        }
        if self.config.notify.has(Class::KEYEVENT) {
            self.publish(format!("__keyevent@{db}__:{event}").as_bytes(), key, false);
        }
    }

    fn publish(&mut self, channel: &[u8], payload: &[u8], sharded: bool) {
        let deliveries = &mut self.deliveries;
        self.pubsub.publish(channel, payload, sharded, |session, push| {
            deliveries.push(Delivery::Push { session, push });
        });
    }
}
