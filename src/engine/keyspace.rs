//! The databases: keys, their values and lifetimes.

mod entry;

pub use entry::{Entry, Object, Packed};

use crate::clock::Dice;
use crate::deadlines::Deadlines;
use crate::table::{Place, Table};
use crate::types::Value;

/// One database.
#[derive(Debug)]
pub struct Db {
    table: Table<Entry>,
    /// Keys that expire.
    expiring: usize,
    /// Hashes with fields that expire.
    subexpiring: usize,
    /// When keys expire, and the first fields of hashes.
    deadlines: Deadlines,
    bytes: usize,
}

impl Db {
    /// An empty database whose hashes follow from `seed`.
    pub fn new(seed: u64) -> Self {
        Self {
            table: Table::new(seed),
            expiring: 0,
            subexpiring: 0,
            deadlines: Deadlines::default(),
            bytes: 0,
        }
    }

    /// The hash under which a key is kept.
    #[inline]
    pub fn hash(&self, key: &[u8]) -> u64 {
        self.table.hash(key)
    }

    /// How many keys there are, expired ones that nobody looked at included.
    pub fn len(&self) -> usize {
        self.table.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.table.is_empty()
    }

    /// How many keys expire.
    #[inline]
    pub fn expiring(&self) -> usize {
        self.expiring
    }

    /// How many hashes have fields that expire.
    #[inline]
    pub fn subexpiring(&self) -> usize {
        self.subexpiring
    }

    /// Whether anything expires: keys, or fields of hashes.
    #[inline]
    pub fn knows_time(&self) -> bool {
        self.expiring | self.subexpiring != 0
    }

    /// The memory of one key and its value, in bytes, its share of the table included.
    pub fn bytes_of(entry: &Entry) -> usize {
        entry.bytes() + size_of::<Entry>() + size_of::<u16>()
    }

    /// The memory of the table itself, and that of the index of what expires, in bytes.
    pub fn overhead(&self) -> (usize, usize) {
        (self.table.bytes(), self.deadlines.bytes())
    }

    /// The memory of keys and values, in bytes.
    pub fn bytes(&self) -> usize {
        self.bytes + self.table.bytes() + self.deadlines.bytes()
    }

    /// The entry of a key.
    pub fn find(&self, hash: u64, key: &[u8]) -> Option<&Entry> {
        self.table.find_hashed(hash, key)
    }

    /// The entry whose key has this hash.
    pub(crate) fn find_hash(&self, hash: u64) -> Option<&Entry> {
        self.table.find_by_hash(hash, |_| true)
    }

    /// Where the entry of a key is, until the next insertion or removal.
    #[inline]
    pub fn locate(&self, hash: u64, key: &[u8]) -> Option<Place> {
        self.table.locate(hash, key)
    }

    /// The entry at a place.
    #[inline]
    pub fn at(&self, place: Place) -> &Entry {
        self.table.at(place)
    }

    /// The entry at a place, to be changed; neither in its key nor in its expiration.
    #[inline]
    pub fn at_mut(&mut self, place: Place) -> &mut Entry {
        self.table.at_mut(place)
    }

    /// Puts in an entry whose key is not there.
    pub fn insert_new(&mut self, hash: u64, mut entry: Entry) -> Place {
        self.remember(hash, &mut entry);
        self.table.insert_new(hash, entry)
    }

    /// Puts an entry in the place of another with the same key, used as that was.
    pub fn replace(&mut self, place: Place, hash: u64, mut entry: Entry) {
        self.remember(hash, &mut entry);
        entry.set_usage(self.table.at(place).usage());
        let old = std::mem::replace(self.table.at_mut(place), entry);
        self.forget(&old);
    }

    /// Makes the value at a place a string, whatever it was.
    #[inline]
    pub fn set_string_at(&mut self, place: Place, hash: u64, value: &[u8], expire: Option<i64>) {
        let entry = self.table.at_mut(place);
        if let Entry::Packed(packed) = entry {
            let before = packed.expire();
            if packed.overwrite(value, expire) {
                if before != expire {
                    self.note(hash, expire);
                    self.compact_deadlines();
                }
                return;
            }
        }
        let entry = Entry::string(entry.key(), value, expire);
        self.replace(place, hash, entry);
    }

    fn remember(&mut self, hash: u64, entry: &mut Entry) {
        let expire = entry.expire();
        self.expiring += usize::from(expire.is_some());
        self.note(hash, expire);
        if let Entry::Object(object) = entry {
            object.counted = object.value.bytes();
            if let Value::Hash(fields) = &mut object.value
                && let (_, Some(deadline)) = fields.note_deadline()
            {
                self.subexpiring += 1;
                self.note(hash, Some(deadline));
            }
        }
        self.bytes += entry.bytes();
    }

    /// Notes when something of an entry expires.
    fn note(&mut self, hash: u64, deadline: Option<i64>) {
        if let Some(deadline) = deadline {
            self.deadlines.push(deadline, hash);
        }
    }

    /// Takes an entry out.
    pub fn remove(&mut self, hash: u64, key: &[u8]) -> Option<Entry> {
        let entry = self.table.remove_hashed(hash, key)?;
        self.forget(&entry);
        Some(entry)
    }

    fn forget(&mut self, entry: &Entry) {
        self.bytes -= entry.bytes();
        self.expiring -= usize::from(entry.expire().is_some());
        self.subexpiring -= usize::from(entry.fields_expire().is_some());
        self.compact_deadlines();
    }

    /// Counts the value's memory anew after it was changed in place; `place` is where the key was then.
    pub fn recount(&mut self, place: Place, key: &[u8]) {
        let entry = match self.table.get_at_mut(place) {
            Some(entry) if entry.key() == key => Some(entry),
            _ => self.table.get_mut(key),
        };
        if let Some(Entry::Object(object)) = entry {
            let now = object.value.bytes();
            self.bytes = self.bytes + now - object.counted;
            object.counted = now;
            if let Value::Hash(hash) = &mut object.value {
                let (before, deadline) = hash.note_deadline();
                if before != deadline {
                    self.reschedule(key, before, deadline);
                }
            }
        }
    }

    /// The first field of a hash expires at another time than before.
    #[cold]
    fn reschedule(&mut self, key: &[u8], before: Option<i64>, deadline: Option<i64>) {
        self.subexpiring = self.subexpiring + usize::from(deadline.is_some()) - usize::from(before.is_some());
        self.note(self.hash(key), deadline);
        self.compact_deadlines();
    }

    /// Changes when the key at a place expires.
    pub fn set_expire(&mut self, place: Place, hash: u64, expire: Option<i64>) {
        let entry = self.table.at_mut(place);
        let (before, bytes) = (entry.expire(), entry.bytes());
        if before != expire {
            entry.set_expire(expire);
            self.bytes = self.bytes + entry.bytes() - bytes;
            self.expiring = self.expiring + usize::from(expire.is_some()) - usize::from(before.is_some());
            self.note(hash, expire);
            self.compact_deadlines();
        }
    }

    /// Drops the deadlines that no longer hold, once they are the larger part.
    fn compact_deadlines(&mut self) {
        let table = &self.table;
        self.deadlines.compact(self.expiring + self.subexpiring, |deadline, hash| {
            find_deadline(table, hash, deadline).is_some()
        });
    }

    /// The earliest deadline of a key or of a hash's field, in milliseconds since the Unix epoch.
    pub fn next_expiry(&mut self) -> Option<i64> {
        let table = &self.table;
        self.deadlines.next(|deadline, hash| find_deadline(table, hash, deadline).is_some())
    }

    /// In how many milliseconds keys expire on average: an estimate from some of them.
    pub fn average_ttl(&self, now_ms: i64) -> i64 {
        const SAMPLE: usize = 1000;
        let live = |(deadline, hash): &(i64, u64)| {
            self.table.find_by_hash(*hash, |entry| entry.expire() == Some(*deadline)).is_some()
        };
        let sample = self.deadlines.iter().filter(live).take(SAMPLE);
        let (count, sum) = sample.fold((0, 0i128), |(count, sum), (deadline, _)| {
            (count + 1, sum + i128::from(deadline.saturating_sub(now_ms).max(0)))
        });
        if count == 0 { 0 } else { (sum / count) as i64 }
    }

    /// The key that expired first, or whose field did, if any has at `now_ms`; each is given once, so that
    /// one that cannot be removed does not come again and again.
    pub fn next_expired(&mut self, now_ms: i64) -> Option<Box<[u8]>> {
        let table = &self.table;
        let holds = |deadline, hash| find_deadline(table, hash, deadline).is_some();
        let (deadline, hash) = self.deadlines.take_due(now_ms, holds)?;
        find_deadline(table, hash, deadline).map(|entry| entry.key().into())
    }

    /// Empties the database.
    pub fn clear(&mut self) {
        self.table.clear();
        self.expiring = 0;
        self.subexpiring = 0;
        self.deadlines = Deadlines::default();
        self.bytes = 0;
    }

    /// All entries, in no order.
    pub fn iter(&self) -> impl Iterator<Item = &Entry> {
        self.table.iter()
    }

    /// Shows at least `count` entries from a cursor on; the next cursor, 0 at the end. See [`Table::scan`].
    pub fn scan<'t>(&'t self, cursor: u64, count: usize, visit: impl FnMut(&'t Entry)) -> u64 {
        self.table.scan(cursor, count, visit)
    }

    /// An entry that expires, chosen at random, whether or not its time is over.
    ///
    /// Hardly ever more than a few throws, for most of the index is about keys that do expire; where it is
    /// not, the first that does after a random place.
    pub fn random_expiring(&self, dice: &mut Dice) -> Option<&Entry> {
        const THROWS: usize = 16;
        let known = self.deadlines.len();
        let expiring = |at: usize| {
            let (deadline, hash) = self.deadlines.nth(at % known);
            find_deadline(&self.table, hash, deadline).filter(|entry| entry.expire().is_some())
        };
        if self.expiring == 0 || known == 0 {
            return None;
        }
        (0..THROWS).find_map(|_| expiring(dice.below(known))).or_else(|| {
            let from = dice.below(known);
            (from..from + known).find_map(expiring)
        })
    }

    /// An entry chosen at random, expired or not.
    pub fn random(&self, dice: &mut Dice) -> Option<&Entry> {
        self.table.random(&mut |n| dice.below(n))
    }
}

/// The entry of this hash that expires then, or whose first field does.
fn find_deadline(table: &Table<Entry>, hash: u64, deadline: i64) -> Option<&Entry> {
    table.find_by_hash(hash, |entry| {
        entry.expire() == Some(deadline) || entry.fields_expire() == Some(deadline)
    })
}
