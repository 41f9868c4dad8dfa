//! What a session queued after MULTI, the keys it watches, and an EXEC that is run bit by bit.

use std::collections::HashMap;
use std::vec;

use crate::command::{self, Command};
use crate::commands::transaction::run_queued;
use crate::dispatch::{Ctx, Frame, Origin};
use crate::error::Result;
use crate::reply::Reply;
use crate::session::{SessionId, Sessions};
use crate::sink::Sink;
use crate::store::{Outcome, Store};

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
    /// What the last commands of an EXEC answered that somebody else had to finish.
    pub(crate) rest: Option<Reply>,
}

/// An EXEC between two of its commands.
#[derive(Debug)]
pub(crate) struct HalfRun {
    pub(crate) frame: Frame,
    pub(crate) queue: vec::IntoIter<Queued>,
}

/// EXEC bit by bit, for a caller that cannot give the time for all of it at once.
///
/// A transaction stays one unit: until it is over nobody may do anything with the store but go on with it.
/// Whoever cannot wait for that ends it with [`Store::finish_exec`].
impl Store {
    /// As [`Store::execute`] of `EXEC`, but with the head of the reply, which tells their number, it stops
    /// before the first command, if [`Store::half_run_exec`] says so: otherwise there is nothing to run, and the
    /// reply is whole.
    pub fn begin_exec(&mut self, id: SessionId, sink: &mut dyn Sink) -> Result<Outcome> {
        let exec: [&[u8]; 1] = [b"EXEC"];
        self.run(id, command::resolve(&exec)?, &exec, sink, true)
    }

    /// Whose EXEC is half-way.
    pub fn half_run_exec(&self) -> Option<SessionId> {
        self.state.half_run.as_ref().map(|half| half.frame.session)
    }

    /// Runs the next command of the EXEC that is half-way, whose reply goes into the sink; whether it was
    /// the last.
    pub fn go_on_exec(&mut self, sink: &mut dyn Sink) -> bool {
        let Some(mut half) = self.state.half_run.take() else { return true };
        if let Some(queued) = half.queue.next() {
            let mut ctx = Ctx::within(&mut self.state, &half.frame, Origin::Exec);
            run_queued(&mut ctx, &queued, sink);
            half.frame = ctx.frame();
        }
        if half.queue.len() == 0 {
            self.settle();
            return true;
        }
        self.state.half_run = Some(half);
        self.state.drain_early();
        false
    }

    /// Runs what is left of the EXEC that is half-way. [`Store::take_exec_reply`] has the replies.
    pub fn finish_exec(&mut self) {
        let Some(id) = self.half_run_exec() else { return };
        let mut reply = Reply::new(self.session(id).map_or(2, |session| session.resp));
        while !self.go_on_exec(&mut reply) {}
        if let Some(session) = self.state.sessions.get_mut(id) {
            session.transaction.rest = Some(reply);
        }
    }

    /// The replies of those commands of a session's EXEC that [`Store::finish_exec`] ran, one after the other.
    pub fn take_exec_reply(&mut self, id: SessionId) -> Option<Reply> {
        self.state.sessions.get_mut(id)?.transaction.rest.take()
    }
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

    /// The key was dropped, for its time was over or there was no room. Whoever watched it when its time was
    /// over already has missed nothing by that.
    pub fn dropped(&self, key: &DbKey, sessions: &mut Sessions) {
        for watcher in self.0.get(key).into_iter().flatten() {
            let Some(session) = sessions.get_mut(*watcher) else { continue };
            let watched = session.transaction.watched.iter_mut().find(|(watched, _)| watched == key);
            match watched {
                Some((_, expired)) if *expired => *expired = false,
                _ => session.transaction.dirty = true,
            }
        }
    }

    /// The watched keys of a database (`None`: of all).
    pub fn keys(&self, db: Option<usize>) -> impl Iterator<Item = &DbKey> {
        self.0.keys().filter(move |(at, _)| db.is_none_or(|db| *at == db))
    }
}
