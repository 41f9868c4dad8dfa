//! A store that only servers use.

use std::collections::HashMap;
use std::sync::Arc;

use burner_engine::clock::Clock;
use burner_engine::{Delivery, SessionId, Store};
use parking_lot::Mutex;

use crate::host::{Desk, Host, Routes};
use crate::inbox::Inbox;

/// A store that only servers use: what the binary runs on.
pub struct Solo {
    core: Mutex<Core>,
}

struct Core {
    engine: Store,
    inboxes: Inboxes,
}

/// The inbox of each session.
#[derive(Default)]
struct Inboxes(HashMap<SessionId, Arc<Inbox>, foldhash::fast::RandomState>);

impl Solo {
    /// An empty store that reads `clock` and throws dice from `seed`.
    pub fn new(clock: Box<dyn Clock>, seed: u64) -> Arc<Self> {
        Self::over(Store::new(clock, seed))
    }

    /// The same over a store that was made, and told its settings, before.
    pub fn over(engine: Store) -> Arc<Self> {
        Arc::new(Self { core: Mutex::new(Core { engine, inboxes: Inboxes::default() }) })
    }
}

impl Host for Solo {
    fn enter(&self, work: &mut dyn FnMut(&mut Desk<'_>)) {
        let Core { engine, inboxes } = &mut *self.core.lock();
        let mut desk = Desk { engine, routes: inboxes };
        work(&mut desk);
        desk.post();
    }
}

impl Routes for Inboxes {
    fn address(&mut self, session: SessionId, inbox: &Arc<Inbox>) {
        self.0.insert(session, Arc::clone(inbox));
    }

    fn forget(&mut self, session: SessionId) {
        self.0.remove(&session);
    }

    fn post(&mut self, engine: &mut Store) {
        while engine.has_deliveries() {
            for delivery in engine.take_deliveries() {
                if let Some(inbox) = self.0.get(&delivery.session()) {
                    inbox.put(delivery);
                } else if let Delivery::Woken { undo: Some(undo), .. } = delivery {
                    engine.give_back(undo);
                }
            }
        }
    }
}
