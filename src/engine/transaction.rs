//! What a session queued after MULTI, and the keys it watches.

use std::collections::HashMap;

use crate::command::Command;
use crate::session::{SessionId, Sessions};

/// A key in its database.
pub type DbKey = (usize, Box<[u8]>);

/// A command waiting for EXEC.
#[derive(Debug)]
pub struct Queued {
    /// Its row.
    pub command: &'static Command,
    /// Its arguments, name included.
    pub argv: Vec<Box<[u8]>>,
}

/// A session's transaction.
#[derive(Debug, Default)]
pub struct Transaction {
    /// Between MULTI and EXEC.
    pub open: bool,
    /// A command was refused while queueing: EXEC aborts.
    pub refused: bool,
    /// A watched key was modified: EXEC answers null.
    pub dirty: bool,
    /// The commands in order.
    pub queue: Vec<Queued>,
    /// Watched keys; a flag for those that were there but expired already when watched.
    pub watched: Vec<(DbKey, bool)>,
}

/// Which sessions watch which keys.
#[derive(Debug, Default)]
pub struct Watchers(HashMap<DbKey, Vec<SessionId>>);

impl Watchers {
    /// Whether nobody watches anything.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Adds a watcher of a key.
    pub fn add(&mut self, key: DbKey, session: SessionId) {
        self.0.entry(key).or_default().push(session);
    }

    /// Removes a watcher of a key.
    pub fn remove(&mut self, key: &DbKey, session: SessionId) {
        if let Some(watchers) = self.0.get_mut(key) {
            watchers.retain(|watcher| *watcher != session);
            if watchers.is_empty() {
                self.0.remove(key);
            }
        }
    }

    /// Removes a session from the watchers of every key.
    pub fn forget(&mut self, session: SessionId) {
        self.0.retain(|_, watchers| {
            watchers.retain(|watcher| *watcher != session);
            !watchers.is_empty()
        });
    }

    /// The key was modified: its watchers' EXEC will answer null.
    pub fn modified(&self, key: &DbKey, sessions: &mut Sessions) {
        for watcher in self.0.get(key).into_iter().flatten() {
            if let Some(session) = sessions.get_mut(*watcher) {
                session.transaction.dirty = true;
            }
        }
    }

    /// The watched keys of a database (`None`: of all).
    pub fn keys(&self, db: Option<usize>) -> impl Iterator<Item = &DbKey> {
        self.0.keys().filter(move |(at, _)| db.is_none_or(|db| *at == db))
    }
}
