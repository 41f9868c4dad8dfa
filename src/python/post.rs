//! Whose deliveries go where: to a mailbox that Python code reads, or into the inbox of a server's thread.
use std::collections::HashMap;
use std::sync::Arc;

use burner_engine::{Delivery, SessionId, Store as Engine};
use burner_server::{Inbox, Routes};
use smallvec::SmallVec;

use crate::mail::{Letter, Mailbox};

/// Mailboxes whose readers are to be told that there is mail.
pub(crate) type Mail = SmallVec<[Arc<Mailbox>; 2]>;

/// Where a session's deliveries go.
enum Address {
    /// To Python code.
    Mailbox(Arc<Mailbox>),
    /// To a socket's connection.
    Inbox(Arc<Inbox>),
}

/// Whose deliveries go where.
#[derive(Default)]
pub(crate) struct Post {
    addresses: HashMap<SessionId, Address, foldhash::fast::RandomState>,
    /// What was put into mailboxes and nobody was told of yet.
    pub(crate) mail: Mail,
}

impl Post {
    /// Has a session's deliveries go into this mailbox.
    pub(crate) fn address_mailbox(&mut self, session: SessionId, mailbox: &Arc<Mailbox>) {
        self.addresses.insert(session, Address::Mailbox(Arc::clone(mailbox)));
    }

    /// All sessions with an address; they have none any more.
    pub(crate) fn drain(&mut self) -> Vec<SessionId> {
        self.mail.clear();
        self.addresses.drain().map(|(session, _)| session).collect()
    }

    fn deliver(&mut self, engine: &mut Engine, delivery: Delivery) {
        let session = delivery.session();
        let mailbox = match self.addresses.get(&session) {
            Some(Address::Inbox(inbox)) => {
                let is_last = matches!(delivery, Delivery::Closed { .. });
                inbox.put(delivery);
                if is_last {
                    self.addresses.remove(&session);
                }
                return;
            }
            Some(Address::Mailbox(mailbox)) => Some(Arc::clone(mailbox)),
            None => None,
        };
        let letter = Letter::from(delivery);
        let Some(mailbox) = mailbox else { return letter.give_back(engine) };
        if mailbox.ends_with(&letter) || matches!(letter, Letter::Closed) {
            self.addresses.remove(&session);
        }
        if mailbox.put(letter) {
            self.mail.push(mailbox);
        }
    }
}

impl Routes for Post {
    fn address(&mut self, session: SessionId, inbox: &Arc<Inbox>) {
        self.addresses.insert(session, Address::Inbox(Arc::clone(inbox)));
    }

    fn forget(&mut self, session: SessionId) {
        self.addresses.remove(&session);
    }

    fn post(&mut self, engine: &mut Engine) {
        while engine.has_deliveries() {
            for delivery in engine.take_deliveries() {
                self.deliver(engine, delivery);
            }
        }
    }
}
