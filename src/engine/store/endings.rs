//! How sessions, their waits and their transactions end.

use crate::blocking::{Undo, Waiter};
use crate::error::{Error, Result};
use crate::keyspace::Db;
use crate::pubsub::Topic;
use crate::reply::Reply;
use crate::session::{Session, SessionId};
use crate::store::{Delivery, State};
use crate::transaction::{DbKey, Transaction};

impl State {
    /// Closes a session with all it held; whether it was open.
    pub(crate) fn close_session(&mut self, id: SessionId) -> bool {
        self.set_monitor(id, false);
        self.stop_tracking(id);
        self.end_tracking();
        let Some(session) = self.sessions.close(id) else { return false };
        self.sockets.sessions -= usize::from(session.peer.is_some());
        self.waiters.remove(id);
        self.forget_postponed(id);
        self.forget_watches(&session.transaction.watched, id);
        for (topic, names) in [
            (Topic::Channel, &session.channels),
            (Topic::Pattern, &session.patterns),
            (Topic::Shard, &session.shard_channels),
        ] {
            names.iter().for_each(|name| self.pubsub.unsubscribe(topic, name, id));
        }
        true
    }

    /// Closes another session than the one whose command runs, and has its host told.
    pub(crate) fn kill(&mut self, id: SessionId) {
        if self.close_session(id) {
            self.deliveries.push(Delivery::Closed { session: id });
        }
    }

    /// Ends as a server does: every session but one is closed, and keys and scripts are gone.
    pub(crate) fn shut_down(&mut self, except: SessionId) {
        let others: Vec<_> =
            self.sessions.iter().map(|session| session.id).filter(|id| *id != except).collect();
        others.into_iter().for_each(|id| self.kill(id));
        self.dbs.iter_mut().for_each(Db::clear);
        self.interpreter = None;
        self.interludes.forget_undos();
        self.shutdowns += 1;
    }

    /// Gives a blocked command its answer.
    pub(crate) fn wake(&mut self, session: SessionId, answer: Result<Reply>, undo: Option<Undo>) {
        self.waiters.remove(session);
        self.set_blocked(session, false);
        let mute = self.sessions.get_mut(session).is_some_and(Session::end_answer);
        let answer = if mute { Ok(Reply::new(2)) } else { answer };
        self.deliveries.push(Delivery::Woken { session, answer, undo });
    }

    /// Ends a waiter with an error, or as if its time were up; whether the session was waiting.
    pub(crate) fn unblock(&mut self, session: SessionId, error: Option<Error>) -> bool {
        let Some(Waiter { on_timeout, .. }) = self.waiters.remove(session) else { return false };
        let resp = self.sessions.get(session).map_or(2, |session| session.resp);
        let mut reply = Reply::new(resp);
        on_timeout.say(&mut reply);
        self.wake(session, error.map_or(Ok(reply), Err), None);
        true
    }

    pub(crate) fn set_blocked(&mut self, session: SessionId, blocked: bool) {
        if let Some(session) = self.sessions.get_mut(session) {
            session.blocked = blocked;
        }
    }

    /// A command was refused before it ran: a transaction that was queueing it will not run.
    pub(crate) fn refuse(&mut self, session: SessionId) {
        if let Some(session) = self.sessions.get_mut(session) {
            session.transaction.refused |= session.transaction.open;
        }
    }

    /// Ends a session's transaction whatever state it is in.
    pub(crate) fn forget_transaction(&mut self, session: SessionId) {
        self.watchers.forget(session);
        if let Some(session) = self.sessions.get_mut(session) {
            session.transaction = Transaction::default();
            session.regate();
        }
    }

    pub(crate) fn forget_watches(&mut self, watched: &[(DbKey, bool)], session: SessionId) {
        watched.iter().for_each(|(key, _)| self.watchers.remove(key, session));
    }
}
