//! What is done about a panic: it ends the command in which it happens, and no more.
//!
//! Panics are caught where a command is run ([`Ctx::call`]) and around the engine's own work
//! (`Store::guarded`). What a value looks like that was being changed nobody knows, so its key is deleted;
//! everything else stays as it is.

use std::any::Any;
use std::fmt::Write;
use std::panic::{AssertUnwindSafe, catch_unwind};

use crate::command::{Command, Flags};
use crate::dispatch::{Ctx, Origin};
use crate::effects::Class;
use crate::error::{Error, Result};
use crate::sink::Sink;
use crate::store::State;
use crate::table::Place;

/// How much of a panic's text and of a key's name is told, in bytes.
const TOLD: usize = 256;

/// A value that was lent for writing, and how its key is found again: places go stale, hashes do not.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Lent {
    pub(crate) db: usize,
    pub(crate) hash: u64,
    pub(crate) place: Place,
}

/// Counts panics for INFO, and remembers the last.
#[derive(Clone, Debug, Default)]
pub struct Panics {
    /// How many there were.
    pub count: u64,
    /// The command of the last one, or what the engine was doing by itself; empty before the first.
    pub command: &'static str,
    /// The key that the last one cost, if it cost one, [as it is told](told).
    pub key: Option<String>,
}

/// What a panic said.
pub fn panic_text(panic: &(dyn Any + Send)) -> &str {
    panic
        .downcast_ref::<String>()
        .map(String::as_str)
        .or_else(|| panic.downcast_ref::<&str>().copied())
        .unwrap_or("no message")
}

/// A key as errors and INFO tell it: between double quotes, with `\xHH` for every byte that would end a
/// line, a quotation or a field of INFO, or is not ASCII. Both C and Python read it as a literal.
fn told(key: &[u8]) -> String {
    let mut text = String::from("\"");
    for byte in &key[..key.len().min(TOLD)] {
        match byte {
            b' '..=b'~' if !b"\"\\,=".contains(byte) => text.push(char::from(*byte)),
            _ => _ = write!(text, "\\x{byte:02x}"),
        }
    }
    text.push_str(if key.len() > TOLD { "\"..." } else { "\"" });
    text
}

impl Ctx<'_> {
    /// Does a session's work that says something. If it errs or panics, the sink is cut back to where it
    /// stood; a panic becomes an error and costs the key that was being changed.
    #[allow(clippy::inline_always, reason = "as a call of its own it takes a tenth of a GET in the engine")]
    #[inline(always)]
    pub(crate) fn contained<T>(
        &mut self,
        sink: &mut dyn Sink,
        work: impl FnOnce(&mut Self, &mut dyn Sink) -> Result<T>,
    ) -> Result<T> {
        let (mark, command, db) = (sink.mark(), self.command(), self.db);
        let done = catch_unwind(AssertUnwindSafe(|| work(self, sink)));
        match done {
            Ok(Ok(done)) => {
                self.state.lent = None;
                Ok(done)
            }
            Ok(Err(error)) => {
                self.state.lent = None;
                sink.cut(mark);
                Err(error)
            }
            Err(panic) => {
                sink.cut(mark);
                Err(self.panicked(command, db, &*panic))
            }
        }
    }

    /// Puts right what a panic of this command left, which began in database `db`; what is said of it.
    #[cold]
    fn panicked(&mut self, command: &'static Command, db: usize, panic: &(dyn Any + Send)) -> Error {
        let error = self.state.panicked(command.display_name(), panic);
        self.db = db;
        self.forget_block();
        if matches!(self.origin, Origin::Client | Origin::Waiter)
            && let Some(session) = self.state.sessions.get_mut(self.session)
        {
            session.db = db;
        }
        if command.flags.has(Flags::WRITE) {
            // Its other keys may have changed unreported.
            self.state.sessions.iter_mut().for_each(|session| {
                session.transaction.dirty |= !session.transaction.watched.is_empty();
            });
        }
        if command.name == "exec" {
            self.state.forget_transaction(self.session);
        } else {
            // As any other refusal: what the client has sent on behind it must not run on its own.
            self.state.refuse(self.session);
        }
        error
    }
}

impl State {
    /// Counts a panic and deletes the key whose value was lent for writing; what is said of it.
    #[cold]
    pub(crate) fn panicked(&mut self, command: &'static str, panic: &(dyn Any + Send)) -> Error {
        // Should the value be too broken even to be dropped, its key stays rather than the process ends.
        let key = catch_unwind(AssertUnwindSafe(|| self.drop_lent())).unwrap_or_default();
        let key = key.map(|key| told(&key));
        let said = panic_text(panic);
        let said: String = said.chars().take(TOLD).map(|c| if c.is_control() { ' ' } else { c }).collect();
        let mut text = format!("ERR burner-redis panicked: {said}; command '{command}'");
        if let Some(key) = &key {
            let _ = write!(text, ", dropped key {key}");
        }
        self.stats.panics = Panics { count: self.stats.panics.count + 1, command, key };
        Error::text(text)
    }

    /// Deletes the key whose value was lent for writing, if it is still there.
    fn drop_lent(&mut self) -> Option<Box<[u8]>> {
        let Lent { db, hash, .. } = self.lent.take()?;
        let key: Box<[u8]> = self.dbs[db].find_hash(hash)?.key().into();
        self.dbs[db].remove(hash, &key);
        self.dropped(db, &key);
        self.event(db, &key, Class::GENERIC, "del");
        Some(key)
    }
}

#[cfg(test)]
mod tests;
