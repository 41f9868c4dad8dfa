//! What a server asks of whoever owns the store.

use std::sync::Arc;

use burner_engine::{SessionId, Store};

use crate::inbox::Inbox;

/// A store that servers share with whoever else uses it in this process.
pub trait Host: Send + Sync + 'static {
    /// Takes the store's lock, waiting for it; runs `work`; posts what left the engine to those it is for
    /// ([`Routes::post`]); releases the lock, and wakes whom it has to.
    ///
    /// `work` is called once.
    fn enter(&self, work: &mut dyn FnMut(&mut Desk<'_>));
}

/// What is behind the lock, as a server sees it.
pub struct Desk<'a> {
    /// The store.
    pub engine: &'a mut Store,
    /// Whose deliveries go where.
    pub routes: &'a mut dyn Routes,
}

impl Desk<'_> {
    /// Posts what has left the engine up to now.
    #[inline]
    pub fn post(&mut self) {
        if self.engine.has_deliveries() {
            self.routes.post(self.engine);
        }
    }
}

/// Whose deliveries go where.
pub trait Routes {
    /// Has what leaves the engine for this session go into this inbox.
    fn address(&mut self, session: SessionId, inbox: &Arc<Inbox>);

    /// Has what leaves the engine for this session from now on be given back: nobody is there to hear it.
    fn forget(&mut self, session: SessionId);

    /// Hands on what has left the engine, each to whom it is for, in order; what nobody is there for goes
    /// back ([`Store::give_back`]).
    ///
    /// A server calls it between two commands that it runs, as far as there is anything: a session's pushes
    /// come after the reply of the command that caused them, and before that of the next one.
    fn post(&mut self, engine: &mut Store);
}
