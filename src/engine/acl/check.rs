//! What a session's user may do, asked before a command runs.

use super::log::Entry;
use super::selector::{Access, Selector};
use super::{Acl, DEFAULT, User};
use crate::command::{Command, Flags};
use crate::dispatch::{Ctx, Origin};
use crate::error::{Error, Result};
use crate::session::{Session, SessionId};
use crate::store::State;

/// Why a user may not run a command: the lesser reasons first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Denied {
    /// Not the command at all.
    Command,
    /// Not with the key at this position.
    Key(usize),
    /// Not with the channel at this position.
    Channel(usize),
}

impl Denied {
    /// The word of ACL LOG.
    fn reason(self) -> &'static str {
        match self {
            Self::Command => "command",
            Self::Key(_) => "key",
            Self::Channel(_) => "channel",
        }
    }

    /// What was refused, as ACL LOG tells it.
    fn object(self, command: &Command, argv: &[&[u8]]) -> Box<[u8]> {
        match self {
            Self::Command => command.display_name().as_bytes().into(),
            Self::Key(at) | Self::Channel(at) => argv[at].into(),
        }
    }

    /// What the session is told.
    fn text(self, user: &[u8], command: &Command) -> Vec<u8> {
        match self {
            Self::Command => {
                let name = format!(" has no permissions to run the '{}' command", command.display_name());
                [b"User ", user, name.as_bytes()].concat()
            }
            Self::Key(_) => b"No permissions to access a key".to_vec(),
            Self::Channel(_) => b"No permissions to access a channel".to_vec(),
        }
    }

    /// What ACL DRYRUN tells.
    pub(crate) fn told(self, user: &[u8], command: &Command, argv: &[&[u8]]) -> Vec<u8> {
        let (at, kind) = match self {
            Self::Command => return self.text(user, command),
            Self::Key(at) => (at, "key"),
            Self::Channel(at) => (at, "channel"),
        };
        let kind = format!("' {kind}");
        [b"User ", user, b" has no permissions to access the '", argv[at], kind.as_bytes()].concat()
    }

    /// What is told in EXEC's reply, where the command was allowed when it was queued.
    fn in_exec(self) -> Error {
        let why = match self {
            Self::Command => "no permission to execute the command or subcommand",
            Self::Key(_) => "no permission to touch the specified keys",
            Self::Channel(_) => "no permission to access one of the channels used as arguments",
        };
        Error::text(format!(
            "NOPERM ACLs rules changed between the moment the transaction was accumulated and the EXEC call. This \
             command is no longer allowed for the following reason: {why}"
        ))
    }
}

impl User {
    /// Whether the user may run a command: one selector has to allow all of it.
    pub(crate) fn check(&self, command: &Command, argv: &[&[u8]]) -> std::result::Result<(), Denied> {
        let mut denied: Option<Denied> = None;
        for selector in std::iter::once(&self.root).chain(&self.selectors) {
            match selector.check(command, argv) {
                Ok(()) => return Ok(()),
                // What came furthest is told.
                Err(why) => denied = denied.max(Some(why)),
            }
        }
        denied.map_or(Ok(()), Err)
    }

    /// Whether the user may go on listening to all that a session listens to.
    fn may_listen(&self, session: &Session) -> bool {
        let selectors = || std::iter::once(&self.root).chain(&self.selectors);
        let allowed = |channel: &[u8], is_pattern| {
            selectors().any(|selector| selector.allows_channel(channel, is_pattern))
        };
        selectors().any(Selector::has_all_channels)
            || (session.channels.iter().chain(&session.shard_channels).all(|name| allowed(name, false))
                && session.patterns.iter().all(|name| allowed(name, true)))
    }
}

impl Selector {
    fn check(&self, command: &Command, argv: &[&[u8]]) -> std::result::Result<(), Denied> {
        if !command.flags.has(Flags::NO_AUTH) && !self.allows_command(command, argv) {
            return Err(Denied::Command);
        }
        for (at, flags) in command.keys_of(argv).unwrap_or_default() {
            if !self.allows_key(argv[at], Access::of(flags)) {
                return Err(Denied::Key(at));
            }
        }
        let (channels, is_pattern) = match command.name {
            "publish" | "spublish" => (1..2, false),
            "subscribe" | "ssubscribe" => (1..argv.len(), false),
            "psubscribe" => (1..argv.len(), true),
            _ => return Ok(()),
        };
        let refused = channels.into_iter().find(|at| !self.allows_channel(argv[*at], is_pattern));
        refused.map_or(Ok(()), |at| Err(Denied::Channel(at)))
    }
}

impl State {
    /// Whether a session has to say who it is before it can do anything else.
    pub(crate) fn needs_login(&self, id: SessionId) -> bool {
        self.sessions.get(id).is_none_or(|session| !session.authenticated) && !self.acl.is_open()
    }

    /// Makes a session a user's, who has said the password.
    pub(crate) fn log_in(&mut self, id: SessionId, name: &[u8]) {
        let restricted = self.acl.user(name).is_none_or(|user| !user.is_unrestricted());
        if let Some(session) = self.sessions.get_mut(id) {
            session.user = name.into();
            session.authenticated = true;
            session.restricted = restricted;
            session.regate();
        }
    }

    /// Makes a session who it is when it is opened.
    pub(crate) fn log_out(&mut self, id: SessionId) {
        let open = self.acl.is_open();
        self.log_in(id, DEFAULT);
        if let Some(session) = self.sessions.get_mut(id) {
            session.authenticated = open;
            session.regate();
        }
    }

    /// Holds the sessions of a user to rules that changed; those that listen to what they may not are to be closed.
    pub(crate) fn user_changed(&mut self, name: &[u8]) -> Vec<SessionId> {
        let Some(user) = self.acl.user(name) else { return Vec::new() };
        let mut closed = Vec::new();
        for session in self.sessions.iter_mut().filter(|session| *session.user == *name) {
            session.restricted = !user.is_unrestricted();
            session.regate();
            if !user.may_listen(session) {
                closed.push(session.id);
            }
        }
        closed
    }

    /// Removes a user, if there is one; its sessions, which are to be closed.
    pub(crate) fn remove_user(&mut self, name: &[u8]) -> Option<Vec<SessionId>> {
        if !self.acl.remove(name) {
            return None;
        }
        let theirs = self.sessions.iter().filter(|session| *session.user == *name);
        let theirs: Vec<SessionId> = theirs.map(|session| session.id).collect();
        theirs.iter().for_each(|id| self.log_out(*id));
        Some(theirs)
    }
}

impl Ctx<'_> {
    /// Logs a session in; whether name and password fit.
    pub(crate) fn authenticate(&mut self, name: &[u8], password: &[u8]) -> Result {
        const WRONG: Error = Error::Fixed("WRONGPASS invalid username-password pair or user is disabled.");
        let accepted = self.state.acl.user(name).is_some_and(|user| user.accepts(password));
        if !accepted {
            let object = self.command().name.to_ascii_uppercase().into_bytes().into();
            self.log_refusal("auth", object, name);
            return Err(WRONG);
        }
        let session = self.session;
        self.state.log_in(session, name);
        Ok(())
    }

    /// Whether the session has to say who it is first.
    pub(crate) fn needs_login(&self) -> bool {
        self.state.needs_login(self.session)
    }

    /// Why the session's user may not run a command, if that is so.
    pub(crate) fn denied(&mut self, command: &Command, argv: &[&[u8]]) -> Option<Denied> {
        let session = self.state.sessions.get(self.session).filter(|session| session.restricted)?;
        self.state.acl.user(&session.user)?.check(command, argv).err()
    }

    /// Whether the session's user may run a command; what it is told if not.
    pub(crate) fn check_user(&mut self, command: &'static Command, argv: &[&[u8]]) -> Result {
        let Some(denied) = self.denied(command, argv) else { return Ok(()) };
        let name = self.own().user.clone();
        self.log_refusal(denied.reason(), denied.object(command, argv), &name);
        Err(match self.origin {
            Origin::Exec => denied.in_exec(),
            Origin::Script => {
                Error::text([b"ERR ACL failure in script: ", &*denied.text(&name, command)].concat())
            }
            Origin::Client | Origin::Waiter => {
                Error::text([b"NOPERM ", &*denied.text(&name, command)].concat())
            }
        })
    }

    /// Whether the session's user may read all keys by this command, as what patterns find demands.
    pub(crate) fn may_read_all_keys(&mut self, argv: &[&[u8]]) -> bool {
        let command = self.command();
        let session = self.state.sessions.get(self.session).filter(|session| session.restricted);
        session.and_then(|session| self.state.acl.user(&session.user)).is_none_or(|user| {
            let mut selectors = std::iter::once(&user.root).chain(&user.selectors);
            selectors.any(|selector| selector.reads_all_keys() && selector.check(command, argv).is_ok())
        })
    }

    fn log_refusal(&mut self, reason: &'static str, object: Box<[u8]>, user: &[u8]) {
        let now_ms = self.now_ms();
        let queues = self.own().transaction.open;
        let context = match self.origin {
            Origin::Script => "lua",
            Origin::Exec => "multi",
            Origin::Client if queues => "multi",
            Origin::Client | Origin::Waiter => "toplevel",
        };
        let mut client = Vec::new();
        crate::commands::describe_session(self.own(), now_ms, &mut client);
        // It is told without the end of its line.
        client.pop();
        let most = self.state.config.acl_log;
        let entry = Entry {
            count: 1,
            reason,
            context,
            object,
            user: user.into(),
            client,
            id: 0,
            created_ms: now_ms,
            updated_ms: now_ms,
        };
        self.state.acl.log.add(entry, most);
    }
}

impl Acl {
    /// Whether somebody who said no name may log in by a password alone.
    pub(crate) fn default_has_password(&self) -> bool {
        self.user(DEFAULT).is_some_and(|user| !user.no_password)
    }
}
