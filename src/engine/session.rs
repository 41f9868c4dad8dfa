//! What a connection is to a server, and where a store keeps them.

use std::borrow::Cow;
use std::collections::BTreeSet;

use crate::answers::Answers;
use crate::gate::Gate;
use crate::network::{Buffers, Peer};
use crate::tracking::Tracking;
use crate::transaction::Transaction;

/// Names a session of a store; never given out twice.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SessionId {
    slot: u32,
    /// The client ID of CLIENT ID, counted from 1.
    pub client: u64,
}

impl SessionId {
    /// No session's name: for what the engine does by itself.
    pub(crate) const NONE: Self = Self { slot: u32::MAX, client: 0 };
}

/// One connection's state.
#[derive(Debug)]
pub struct Session {
    /// Its name in the store.
    pub id: SessionId,
    /// The selected database.
    pub db: usize,
    /// The RESP version it speaks.
    pub resp: u8,
    /// CLIENT SETNAME.
    pub name: Vec<u8>,
    /// CLIENT SETINFO LIB-NAME.
    pub lib_name: Vec<u8>,
    /// CLIENT SETINFO LIB-VER.
    pub lib_ver: Vec<u8>,
    /// When it was opened, in milliseconds since the Unix epoch.
    pub created_ms: i64,
    /// When it last sent a command, in milliseconds since the Unix epoch.
    pub active_ms: i64,
    /// The full name of the command it last sent.
    pub last_command: &'static str,
    /// How many commands it sent.
    pub commands: u64,
    /// MULTI's queue and WATCH's keys.
    pub transaction: Transaction,
    /// Subscribed channels.
    pub channels: BTreeSet<Box<[u8]>>,
    /// Subscribed patterns.
    pub patterns: BTreeSet<Box<[u8]>>,
    /// Subscribed shard channels.
    pub shard_channels: BTreeSet<Box<[u8]>>,
    /// CLIENT NO-EVICT.
    pub no_evict: bool,
    /// CLIENT NO-TOUCH.
    pub no_touch: bool,
    /// Whether it waits in a blocking command.
    pub blocked: bool,
    /// Whose it is (AUTH).
    pub user: Box<[u8]>,
    /// Whether it may run commands without saying who it is, or has said so.
    pub authenticated: bool,
    /// Whether its user may not do everything.
    pub restricted: bool,
    /// CLIENT REPLY.
    pub answers: Answers,
    /// CLIENT TRACKING, if it is on.
    pub tracking: Option<Box<Tracking>>,
    /// Whether it is shown every command (MONITOR).
    pub monitors: bool,
    /// Why its commands do not take the plain way.
    pub(crate) gate: Gate,
    /// Where its connection comes from, if it has one.
    pub peer: Option<Box<Peer>>,
    /// What that has in its buffers.
    pub buffers: Buffers,
    /// Whether it asked to be closed (QUIT): the host closes it once its reply is delivered.
    pub closing: bool,
}

impl Session {
    /// Where it comes from, as CLIENT LIST tells it: without a socket from this process, under its number.
    pub fn address(&self) -> Cow<'_, str> {
        match &self.peer {
            Some(peer) => Cow::Borrowed(&*peer.address),
            None => Cow::Owned(format!("memory:{}", self.id.client)),
        }
    }

    /// Where it is connected to.
    pub fn local_address(&self) -> &str {
        self.peer.as_ref().map_or("memory:0", |peer| &*peer.local_address)
    }

    /// Where it comes from, as MONITOR tells it.
    pub(crate) fn monitored_address(&self) -> Cow<'_, str> {
        match &self.peer {
            // The address has a port of 0, for want of any.
            Some(peer) if peer.is_unix => {
                Cow::Owned(format!("unix:{}", peer.address.strip_suffix(":0").unwrap_or(&peer.address)))
            }
            _ => self.address(),
        }
    }

    /// Whether it came in by a unix socket.
    pub fn is_unix(&self) -> bool {
        self.peer.as_ref().is_some_and(|peer| peer.is_unix)
    }

    /// Channels and patterns, as the confirmations count them.
    pub fn subscriptions(&self) -> usize {
        self.channels.len() + self.patterns.len() + self.shard_channels.len()
    }
}

/// Whether a name may be given to a session: no spaces, line ends or special characters, as far as a zero
/// byte, at which a server stops looking.
pub fn is_plain_name(name: &[u8]) -> bool {
    name.iter().take_while(|byte| **byte != 0).all(u8::is_ascii_graphic)
}

/// The sessions of a store, found by their slot.
#[derive(Debug, Default)]
pub struct Sessions {
    slots: Vec<Option<Box<Session>>>,
    free: Vec<u32>,
    opened: u64,
}

impl Sessions {
    /// Opens a session on database 0, speaking RESP2, which is nobody's yet.
    pub fn open(&mut self, now_ms: i64) -> SessionId {
        self.opened += 1;
        let slot = self.free.pop().unwrap_or_else(|| {
            self.slots.push(None);
            (self.slots.len() - 1) as u32
        });
        let id = SessionId { slot, client: self.opened };
        self.slots[slot as usize] = Some(Box::new(Session {
            id,
            db: 0,
            resp: 2,
            name: Vec::new(),
            lib_name: Vec::new(),
            lib_ver: Vec::new(),
            created_ms: now_ms,
            active_ms: now_ms,
            last_command: "",
            commands: 0,
            transaction: Transaction::default(),
            channels: BTreeSet::new(),
            patterns: BTreeSet::new(),
            shard_channels: BTreeSet::new(),
            no_evict: false,
            no_touch: false,
            blocked: false,
            user: Box::default(),
            authenticated: false,
            restricted: false,
            answers: Answers::On,
            tracking: None,
            monitors: false,
            gate: Gate::default(),
            peer: None,
            buffers: Buffers::default(),
            closing: false,
        }));
        id
    }

    /// Takes the session out, if it is still there.
    pub fn close(&mut self, id: SessionId) -> Option<Box<Session>> {
        self.get(id)?;
        self.free.push(id.slot);
        self.slots[id.slot as usize].take()
    }

    /// The session, if it is still there.
    #[inline]
    pub fn get(&self, id: SessionId) -> Option<&Session> {
        self.slots.get(id.slot as usize)?.as_deref().filter(|session| session.id == id)
    }

    /// The session, if it is still there.
    #[inline]
    pub fn get_mut(&mut self, id: SessionId) -> Option<&mut Session> {
        self.slots.get_mut(id.slot as usize)?.as_deref_mut().filter(|session| session.id == id)
    }

    /// The session of this CLIENT ID.
    pub fn by_client(&self, client: u64) -> Option<&Session> {
        self.iter().find(|session| session.id.client == client)
    }

    /// All, oldest slot first.
    pub fn iter(&self) -> impl Iterator<Item = &Session> {
        self.slots.iter().filter_map(Option::as_deref)
    }

    /// All, oldest slot first, to be changed.
    pub fn iter_mut(&mut self) -> impl Iterator<Item = &mut Session> {
        self.slots.iter_mut().filter_map(Option::as_deref_mut)
    }

    /// How many are open.
    pub fn len(&self) -> usize {
        self.slots.len() - self.free.len()
    }

    /// Whether none is open.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}
