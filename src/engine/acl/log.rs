//! ACL LOG: what was refused lately.

use std::collections::{BTreeMap, VecDeque};

/// How far apart refusals may lie that count as one, in milliseconds.
const SAME_WITHIN_MS: i64 = 60_000;
/// How many entries are looked through for one that is the same.
const LOOKED_THROUGH: usize = 10;

/// One kind of refusal.
#[derive(Clone, Debug)]
pub(crate) struct Entry {
    pub(crate) count: u64,
    /// `command`, `key`, `channel` or `auth`.
    pub(crate) reason: &'static str,
    /// `toplevel`, `multi` or `lua`.
    pub(crate) context: &'static str,
    /// What was refused.
    pub(crate) object: Box<[u8]>,
    pub(crate) user: Box<[u8]>,
    /// The session, as CLIENT INFO tells of it.
    pub(crate) client: Vec<u8>,
    pub(crate) id: u64,
    /// In milliseconds since the Unix epoch.
    pub(crate) created_ms: i64,
    /// In milliseconds since the Unix epoch.
    pub(crate) updated_ms: i64,
}

/// What was refused lately, the latest first.
#[derive(Debug, Default)]
pub(crate) struct Log {
    entries: VecDeque<Entry>,
    counted: u64,
    /// How many refusals there were for each reason, forgotten ones among them.
    by_reason: BTreeMap<&'static str, u64>,
}

impl Log {
    /// Adds a refusal, to one of the same kind if there is one, and forgets those beyond `most`.
    pub(crate) fn add(&mut self, mut entry: Entry, most: usize) {
        entry.id = self.counted;
        self.counted += 1;
        *self.by_reason.entry(entry.reason).or_default() += 1;
        let is_same = |old: &Entry| {
            old.reason == entry.reason
                && old.context == entry.context
                && old.object == entry.object
                && old.user == entry.user
                && entry.updated_ms - old.updated_ms <= SAME_WITHIN_MS
        };
        let same = self.entries.iter().take(LOOKED_THROUGH).position(is_same);
        if let Some(mut old) = same.and_then(|at| self.entries.remove(at)) {
            old.count += 1;
            old.client = entry.client;
            old.updated_ms = entry.updated_ms;
            self.entries.push_front(old);
        } else {
            self.entries.push_front(entry);
            self.entries.truncate(most);
        }
    }

    pub(crate) fn entries(&self) -> impl ExactSizeIterator<Item = &Entry> {
        self.entries.iter()
    }

    /// How many refusals there were for this reason, those included that the log has forgotten.
    pub(crate) fn count(&self, reason: &str) -> u64 {
        self.by_reason.get(reason).copied().unwrap_or_default()
    }

    pub(crate) fn clear(&mut self) {
        self.entries.clear();
    }
}
