//! CLIENT LIST, INFO and KILL: sessions told of, chosen and closed.

use std::fmt::Write;

use crate::args::{Args, is_word};
use crate::dispatch::Ctx;
use crate::error::{Error, Result};
use crate::network::Buffers;
use crate::number;
use crate::session::{Session, SessionId, Sessions};
use crate::sink::Sink;
use crate::tracking::{Mode, Tracking};

use super::client_tracking::redirection;

/// `CLIENT INFO`
pub(super) fn info(ctx: &mut Ctx<'_>, _: &mut Args<'_>, sink: &mut dyn Sink) -> Result {
    let now_ms = ctx.now_ms();
    let mut text = Vec::new();
    describe(ctx.own(), now_ms, &mut text);
    sink.verbatim("txt", &text);
    Ok(())
}

/// `CLIENT LIST [TYPE NORMAL | MASTER | REPLICA | PUBSUB] [ID client-id [client-id …]]`
pub(super) fn list(ctx: &mut Ctx<'_>, args: &mut Args<'_>, sink: &mut dyn Sink) -> Result {
    let wanted = Wanted::read(args)?;
    let now_ms = ctx.now_ms();
    let mut text = Vec::new();
    for session in wanted.among(&ctx.state.sessions) {
        describe(session, now_ms, &mut text);
    }
    sink.verbatim("txt", &text);
    Ok(())
}

/// Which sessions CLIENT LIST tells of.
enum Wanted {
    All,
    Subscribed(bool),
    Ids(Vec<i64>),
    /// Masters and replicas: there are none.
    Nobody,
}

impl Wanted {
    fn read(args: &mut Args<'_>) -> Result<Self> {
        if args.is_empty() {
            return Ok(Self::All);
        }
        if args.left() == 2 && args.keyword("TYPE") {
            return Self::of_type(args.next()?);
        }
        if args.left() >= 2 && args.keyword("ID") {
            const INVALID: Error = Error::Fixed("ERR Invalid client ID");
            let ids: Option<Vec<i64>> = args.take_rest().iter().map(|id| number::parse_int(id)).collect();
            return ids.map(Self::Ids).ok_or(INVALID);
        }
        Err(Error::Syntax)
    }

    fn of_type(kind: &[u8]) -> Result<Self> {
        let is = |word: &str| is_word(kind, word);
        if is("normal") {
            Ok(Self::Subscribed(false))
        } else if is("pubsub") {
            Ok(Self::Subscribed(true))
        } else if is("master") || is("replica") || is("slave") {
            Ok(Self::Nobody)
        } else {
            Err(Error::quoting("ERR Unknown client type '", kind, "'"))
        }
    }

    fn takes(&self, session: &Session) -> bool {
        match self {
            Self::All => true,
            Self::Subscribed(wanted) => (session.subscriptions() > 0) == *wanted,
            Self::Ids(ids) => ids.contains(&(session.id.client as i64)),
            Self::Nobody => false,
        }
    }

    /// Them, in the order of the sessions; by ID in the order asked for, twice who was asked for twice.
    fn among<'a>(&self, sessions: &'a Sessions) -> Vec<&'a Session> {
        match self {
            Self::Ids(ids) => ids.iter().filter_map(|id| sessions.by_client(*id as u64)).collect(),
            _ => sessions.iter().filter(|session| self.takes(session)).collect(),
        }
    }
}

/// What a session takes by itself, in bytes; roughly.
const SESSION_BYTES: usize = size_of::<Session>() + 256;

/// One line of CLIENT LIST. Buffers are what a server last told of them; it keeps none for who is idle.
pub(crate) fn describe(session: &Session, now_ms: i64, text: &mut Vec<u8>) {
    let seconds_since = |ms: i64| (now_ms - ms).max(0) / 1000;
    let transaction = &session.transaction;
    let mut flags = String::new();
    let tracks = |is: fn(&Tracking) -> bool| session.tracking.as_deref().is_some_and(is);
    for (set, letter) in [
        (session.monitors, 'O'),
        (session.subscriptions() > 0, 'P'),
        (transaction.open, 'x'),
        (session.blocked, 'b'),
        (session.tracking.is_some(), 't'),
        (tracks(|tracking| tracking.is_broken), 'R'),
        (tracks(|tracking| tracking.mode == Mode::Broadcast), 'B'),
        (transaction.dirty, 'd'),
        (session.closing, 'c'),
        (session.is_unix(), 'U'),
        (session.no_evict, 'e'),
        (session.no_touch, 'T'),
    ] {
        if set {
            flags.push(letter);
        }
    }
    if flags.is_empty() {
        flags.push('N');
    }
    let id = session.id.client;
    let (address, local_address) = (session.address(), session.local_address());
    let fd = session.peer.as_ref().map_or(-1, |peer| peer.fd);
    let mut head = format!("id={id} addr={address} laddr={local_address} fd={fd} name=");
    let Buffers { query, output } = session.buffers;
    let (lists, events) = if output > 0 { (1, "rw") } else { (0, "r") };
    let memory = if session.peer.is_some() { SESSION_BYTES + query + output } else { 0 };
    let queued = if transaction.open { transaction.queue.len() as i64 } else { -1 };
    let (age, idle) = (seconds_since(session.created_ms), seconds_since(session.active_ms));
    let (db, resp) = (session.db, session.resp);
    let (sub, psub, ssub) = (session.channels.len(), session.patterns.len(), session.shard_channels.len());
    let watch = transaction.watched.len();
    text.extend_from_slice(head.as_bytes());
    text.extend_from_slice(&session.name);
    head.clear();
    // Writing to a string cannot fail.
    let _ = write!(
        head,
        " age={age} idle={idle} flags={flags} db={db} sub={sub} psub={psub} ssub={ssub} multi={queued} \
         watch={watch} qbuf={query} qbuf-free=0 argv-mem=0 multi-mem=0 rbs=0 rbp=0 obl=0 oll={lists} \
         omem={output} tot-mem={memory} events={events} cmd={} user=",
        if session.last_command.is_empty() { "NULL" } else { session.last_command },
    );
    text.extend_from_slice(head.as_bytes());
    text.extend_from_slice(&session.user);
    head.clear();
    let _ = write!(head, " redir={} resp={resp} lib-name=", redirection(session.tracking.as_deref()));
    text.extend_from_slice(head.as_bytes());
    text.extend_from_slice(&session.lib_name);
    text.extend_from_slice(b" lib-ver=");
    text.extend_from_slice(&session.lib_ver);
    text.extend_from_slice(b" io-thread=0\n");
}

/// `CLIENT KILL addr`, `CLIENT KILL <ID client-id | TYPE type | USER username | ADDR addr | LADDR addr |
/// SKIPME yes/no | MAXAGE seconds> …`
///
/// The first form answers OK and may close the session itself; the second counts, and spares it unless told
/// otherwise. A session that closes itself still gets the answer.
pub(super) fn kill(ctx: &mut Ctx<'_>, args: &mut Args<'_>, sink: &mut dyn Sink) -> Result {
    if args.left() == 1 {
        let address = args.next()?;
        let found = ctx.state.sessions.iter().find(|session| session.address().as_bytes() == address);
        let Some(id) = found.map(|session| session.id) else {
            return Err(Error::Fixed("ERR No such client"));
        };
        close(ctx, id);
        sink.ok();
        return Ok(());
    }
    let filter = Filter::read(ctx, args)?;
    let (own, now_ms) = (ctx.session, ctx.now_ms());
    let chosen = ctx.state.sessions.iter().filter(|session| filter.takes(session, own, now_ms));
    let chosen: Vec<SessionId> = chosen.map(|session| session.id).collect();
    sink.int(chosen.len() as i64);
    chosen.into_iter().for_each(|id| close(ctx, id));
    Ok(())
}

/// Closes a session, the command's own once it has answered.
pub(super) fn close(ctx: &mut Ctx<'_>, id: SessionId) {
    if id == ctx.session {
        let session = ctx.own();
        session.closing = true;
        session.regate();
    } else {
        ctx.state.kill(id);
    }
}

/// Which sessions CLIENT KILL closes: those that meet all of its conditions.
#[derive(Default)]
struct Filter<'a> {
    id: Option<u64>,
    kind: Option<Wanted>,
    address: Option<&'a [u8]>,
    local_address: Option<&'a [u8]>,
    user: Option<&'a [u8]>,
    max_age: Option<i64>,
    takes_own: bool,
}

impl<'a> Filter<'a> {
    fn read(ctx: &Ctx<'_>, args: &mut Args<'a>) -> Result<Self> {
        let mut filter = Self::default();
        while !args.is_empty() {
            if args.left() == 1 {
                return Err(Error::Syntax);
            }
            if args.keyword("ID") {
                const INVALID: Error = Error::Fixed("ERR client-id should be greater than 0");
                let id = number::parse_int(args.next()?).filter(|id| *id > 0);
                filter.id = Some(id.ok_or(INVALID)? as u64);
            } else if args.keyword("MAXAGE") {
                const NUMBER: Error = Error::Fixed("ERR maxage is not an integer or out of range");
                const POSITIVE: Error = Error::Fixed("ERR maxage should be greater than 0");
                let age = number::parse_int(args.next()?).ok_or(NUMBER)?;
                filter.max_age = Some(Some(age).filter(|age| *age > 0).ok_or(POSITIVE)?);
            } else if args.keyword("TYPE") {
                filter.kind = Some(Wanted::of_type(args.next()?)?);
            } else if args.keyword("ADDR") {
                filter.address = Some(args.next()?);
            } else if args.keyword("LADDR") {
                filter.local_address = Some(args.next()?);
            } else if args.keyword("USER") {
                let name = args.next()?;
                if ctx.state.acl.user(name).is_none() {
                    return Err(Error::quoting("ERR No such user '", name, "'"));
                }
                filter.user = Some(name);
            } else if args.keyword("SKIPME") {
                filter.takes_own = args.keyword("NO");
                if !filter.takes_own && !args.keyword("YES") {
                    return Err(Error::Syntax);
                }
            } else {
                return Err(Error::Syntax);
            }
        }
        Ok(filter)
    }

    fn takes(&self, session: &Session, own: SessionId, now_ms: i64) -> bool {
        let age = (now_ms - session.created_ms) / 1000;
        (session.id != own || self.takes_own)
            && self.id.is_none_or(|id| session.id.client == id)
            && self.kind.as_ref().is_none_or(|kind| kind.takes(session))
            && self.address.is_none_or(|address| session.address().as_bytes() == address)
            && self.local_address.is_none_or(|address| session.local_address().as_bytes() == address)
            && self.user.is_none_or(|user| *session.user == *user)
            && self.max_age.is_none_or(|max| age >= max)
    }
}
