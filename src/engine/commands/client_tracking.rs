//! CLIENT TRACKING and its kin: who wants to hear which keys change.

use std::collections::BTreeSet;

use crate::SessionId;
use crate::args::{Args, is_word};
use crate::dispatch::Ctx;
use crate::error::{Error, Result, quoted};
use crate::sink::Sink;
use crate::tracking::{Mode, Tracking};

/// `CLIENT TRACKING ON | OFF [REDIRECT client-id] [PREFIX prefix [PREFIX prefix …]] [BCAST] [OPTIN] [OPTOUT]
/// [NOLOOP]`
///
/// Called again it sets all anew but for the prefixes, which add up, and the mode, which must stay.
pub(super) fn tracking(ctx: &mut Ctx<'_>, args: &mut Args<'_>, sink: &mut dyn Sink) -> Result {
    let switch = args.next()?;
    let options = Options::read(ctx, args)?;
    let session = ctx.session;
    if is_word(switch, "OFF") {
        ctx.state.stop_tracking(session);
    } else if is_word(switch, "ON") {
        let before = ctx.own().tracking.as_deref().cloned();
        let tracking = options.tracking(before)?;
        ctx.state.set_tracking(session, tracking);
    } else {
        return Err(Error::Syntax);
    }
    sink.ok();
    Ok(())
}

/// What follows ON or OFF.
#[derive(Default)]
struct Options<'a> {
    redirect: Option<SessionId>,
    prefixes: Vec<&'a [u8]>,
    broadcast: bool,
    opt_in: bool,
    opt_out: bool,
    no_loop: bool,
}

impl<'a> Options<'a> {
    fn read(ctx: &Ctx<'_>, args: &mut Args<'a>) -> Result<Self> {
        const TWICE: Error = Error::Fixed("ERR A client can only redirect to a single other client");
        const GONE: Error = Error::Fixed("ERR The client ID you want redirect to does not exist");
        let mut options = Self::default();
        while !args.is_empty() {
            let more = args.left() > 1;
            if more && args.keyword("REDIRECT") {
                if options.redirect.is_some() {
                    return Err(TWICE);
                }
                let client = args.int()?;
                options.redirect = Some(ctx.state.sessions.by_client(client as u64).ok_or(GONE)?.id);
            } else if more && args.keyword("PREFIX") {
                options.prefixes.push(args.next()?);
            } else if args.keyword("BCAST") {
                options.broadcast = true;
            } else if args.keyword("OPTIN") {
                options.opt_in = true;
            } else if args.keyword("OPTOUT") {
                options.opt_out = true;
            } else if args.keyword("NOLOOP") {
                options.no_loop = true;
            } else {
                return Err(Error::Syntax);
            }
        }
        Ok(options)
    }

    /// What the session tracks from now on.
    fn tracking(&self, before: Option<Tracking>) -> Result<Tracking> {
        const OTHER_MODE: Error = Error::Fixed(
            "ERR You can't switch BCAST mode on/off before disabling tracking for this client, and then \
             re-enabling it with a different mode.",
        );
        const OTHER_OPT: Error = Error::Fixed(
            "ERR You can't switch OPTIN/OPTOUT mode before disabling tracking for this client, and then \
             re-enabling it with a different mode.",
        );
        if !self.broadcast && !self.prefixes.is_empty() {
            return Err(Error::Fixed("ERR PREFIX option requires BCAST mode to be enabled"));
        }
        let mode = before.as_ref().map(|before| before.mode);
        if mode.is_some_and(|mode| (mode == Mode::Broadcast) != self.broadcast) {
            return Err(OTHER_MODE);
        }
        if self.broadcast && (self.opt_in || self.opt_out) {
            return Err(Error::Fixed("ERR OPTIN and OPTOUT are not compatible with BCAST"));
        }
        if self.opt_in && self.opt_out {
            return Err(Error::Fixed("ERR You can't specify both OPTIN mode and OPTOUT mode"));
        }
        if (self.opt_in && mode == Some(Mode::OptOut)) || (self.opt_out && mode == Some(Mode::OptIn)) {
            return Err(OTHER_OPT);
        }
        let mut prefixes = before.map(|before| before.prefixes).unwrap_or_default();
        if self.broadcast {
            self.add_prefixes(&mut prefixes)?;
        }
        let mode = match (self.broadcast, self.opt_in, self.opt_out) {
            (true, ..) => Mode::Broadcast,
            (_, true, _) => Mode::OptIn,
            (_, _, true) => Mode::OptOut,
            _ => Mode::All,
        };
        let (no_loop, redirect) = (self.no_loop, self.redirect);
        Ok(Tracking { mode, no_loop, caching: false, redirect, is_broken: false, prefixes })
    }

    /// Adds the prefixes, none of which may begin another; without any, all keys are meant.
    fn add_prefixes(&self, prefixes: &mut BTreeSet<Box<[u8]>>) -> Result {
        let overlap = |a: &[u8], b: &[u8]| a.starts_with(b) || b.starts_with(a);
        let refuse = |new: &[u8], whose: &str, old: &[u8]| {
            let text: [&[u8]; 7] = [
                b"ERR Prefix '",
                quoted(new),
                b"' overlaps with ",
                whose.as_bytes(),
                b" prefix '",
                quoted(old),
                b"'. Prefixes for a single client must not overlap.",
            ];
            Err(Error::text(text.concat()))
        };
        for (at, new) in self.prefixes.iter().enumerate() {
            if let Some(old) = prefixes.iter().find(|old| overlap(new, old)) {
                return refuse(new, "an existing", old);
            }
            if let Some(other) = self.prefixes[at + 1..].iter().find(|other| overlap(new, other)) {
                return refuse(new, "another provided", other);
            }
        }
        prefixes.extend(self.prefixes.iter().map(|prefix| (*prefix).into()));
        if self.prefixes.is_empty() {
            prefixes.insert(Box::default());
        }
        Ok(())
    }
}

/// `CLIENT CACHING YES | NO`
///
/// For the next command, or the next transaction.
pub(super) fn caching(ctx: &mut Ctx<'_>, args: &mut Args<'_>, sink: &mut dyn Sink) -> Result {
    const NO_TRACKING: Error = Error::Fixed(
        "ERR CLIENT CACHING can be called only when the client is in tracking mode with OPTIN or OPTOUT mode enabled",
    );
    const NOT_OPTIN: Error =
        Error::Fixed("ERR CLIENT CACHING YES is only valid when tracking is enabled in OPTIN mode.");
    const NOT_OPTOUT: Error =
        Error::Fixed("ERR CLIENT CACHING NO is only valid when tracking is enabled in OPTOUT mode.");
    let tracking = ctx.own().tracking.as_deref_mut().ok_or(NO_TRACKING)?;
    let (mode, refusal) = if args.keyword("YES") {
        (Mode::OptIn, NOT_OPTIN)
    } else if args.keyword("NO") {
        (Mode::OptOut, NOT_OPTOUT)
    } else {
        return Err(Error::Syntax);
    };
    if tracking.mode != mode {
        return Err(refusal);
    }
    tracking.caching = true;
    sink.ok();
    Ok(())
}

/// `CLIENT GETREDIR`
///
/// 0 without a redirection, -1 without tracking.
pub(super) fn getredir(ctx: &mut Ctx<'_>, _: &mut Args<'_>, sink: &mut dyn Sink) -> Result {
    sink.int(redirection(ctx.own().tracking.as_deref()));
    Ok(())
}

/// The number of the session that invalidations go to: 0 for its own, -1 for none.
pub(super) fn redirection(tracking: Option<&Tracking>) -> i64 {
    tracking.map_or(-1, |tracking| tracking.redirect.map_or(0, |to| to.client as i64))
}

/// `CLIENT TRACKINGINFO`
pub(super) fn trackinginfo(ctx: &mut Ctx<'_>, _: &mut Args<'_>, sink: &mut dyn Sink) -> Result {
    let tracking = ctx.own().tracking.as_deref();
    let flags = tracking.map_or_else(|| vec!["off"], flags);
    sink.map(3);
    sink.bulk(b"flags");
    sink.set(flags.len());
    flags.iter().for_each(|flag| sink.bulk(flag.as_bytes()));
    sink.bulk(b"redirect");
    sink.int(redirection(tracking));
    sink.bulk(b"prefixes");
    let prefixes = tracking.map(|tracking| &tracking.prefixes);
    sink.array(prefixes.map_or(0, BTreeSet::len));
    prefixes.into_iter().flatten().for_each(|prefix| sink.bulk(prefix));
    Ok(())
}

fn flags(tracking: &Tracking) -> Vec<&'static str> {
    let flags = [
        (true, "on"),
        (tracking.mode == Mode::Broadcast, "bcast"),
        (tracking.mode == Mode::OptIn, "optin"),
        (tracking.mode == Mode::OptIn && tracking.caching, "caching-yes"),
        (tracking.mode == Mode::OptOut, "optout"),
        (tracking.mode == Mode::OptOut && tracking.caching, "caching-no"),
        (tracking.no_loop, "noloop"),
        (tracking.is_broken, "broken_redirect"),
    ];
    flags.iter().filter(|(set, _)| *set).map(|(_, flag)| *flag).collect()
}
