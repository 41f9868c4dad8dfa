//! The databases: keys, their values and lifetimes.

use crate::clock::Dice;
use crate::deadlines::Deadlines;
use crate::table::{self, Place, Table};
use crate::types::{StringValue, Type, Value};
use crate::usage::Usage;

/// The longest key and value together that share one allocation, in bytes.
const PACKED: usize = 512;

/// One key of a database.
#[derive(Debug)]
pub enum Entry {
    /// A small string with its key in one allocation.
    Packed(Packed),
    /// Everything else.
    Object(Box<Object>),
}

/// A key whose value is an allocation of its own.
#[derive(Debug)]
pub struct Object {
    key: Box<[u8]>,
    /// When it expires, in milliseconds since the Unix epoch; not, unless `expires`.
    deadline: i64,
    expires: bool,
    usage: Usage,
    /// What the value was last counted with, in bytes.
    counted: usize,
    /// The value.
    pub value: Value,
}

impl Object {
    fn fields_expire(&self) -> Option<i64> {
        match &self.value {
            Value::Hash(hash) => hash.noted_deadline(),
            _ => None,
        }
    }

    fn expire(&self) -> Option<i64> {
        self.expires.then_some(self.deadline)
    }

    fn set_expire(&mut self, expire: Option<i64>) {
        self.expires = expire.is_some();
        self.deadline = expire.unwrap_or_default();
    }
}

/// A key and its string: `[flags][key length: 2][usage: 3][deadline: 8, if any][key][value]`.
#[derive(Debug)]
pub struct Packed(Box<[u8]>);

/// A deadline is there.
const EXPIRES: u8 = 1;
/// The value is text even if it looks like an integer, as OBJECT ENCODING tells it.
const TEXT: u8 = 2;
/// Bytes before the deadline.
const HEAD: usize = 6;
/// Where the usage stands.
const USAGE: usize = 3;
/// Bytes of the deadline.
const DEADLINE: usize = 8;

impl Packed {
    fn new(key: &[u8], value: &[u8], expire: Option<i64>, text: bool) -> Self {
        let head = HEAD + if expire.is_some() { DEADLINE } else { 0 };
        let mut bytes = Vec::with_capacity(head + key.len() + value.len());
        bytes.push(if expire.is_some() { EXPIRES } else { 0 } | if text { TEXT } else { 0 });
        bytes.extend_from_slice(&(key.len() as u16).to_le_bytes());
        bytes.extend_from_slice(&Usage::default().to_bytes());
        if let Some(deadline) = expire {
            bytes.extend_from_slice(&deadline.to_le_bytes());
        }
        bytes.extend_from_slice(key);
        bytes.extend_from_slice(value);
        Self(bytes.into_boxed_slice())
    }

    #[inline]
    fn expires(&self) -> bool {
        self.0[0] & EXPIRES != 0
    }

    fn is_text(&self) -> bool {
        self.0[0] & TEXT != 0
    }

    #[inline]
    fn key_at(&self) -> usize {
        if self.expires() { HEAD + DEADLINE } else { HEAD }
    }

    #[inline]
    fn value_at(&self) -> usize {
        self.key_at() + usize::from(u16::from_le_bytes([self.0[1], self.0[2]]))
    }

    #[inline]
    fn key(&self) -> &[u8] {
        &self.0[self.key_at()..self.value_at()]
    }

    /// The string.
    #[inline]
    pub fn value(&self) -> &[u8] {
        &self.0[self.value_at()..]
    }

    /// When it expires, in milliseconds since the Unix epoch.
    #[inline]
    pub fn expire(&self) -> Option<i64> {
        if !self.expires() {
            return None;
        }
        self.0[HEAD..HEAD + DEADLINE].try_into().ok().map(i64::from_le_bytes)
    }

    #[inline]
    fn usage(&self) -> Usage {
        Usage::from_bytes([self.0[USAGE], self.0[USAGE + 1], self.0[USAGE + 2]])
    }

    #[inline]
    fn set_usage(&mut self, usage: Usage) {
        self.0[USAGE..HEAD].copy_from_slice(&usage.to_bytes());
    }

    /// The same value under another key.
    fn under(&self, key: &[u8]) -> Entry {
        Entry::string_or_text(key, self.value(), self.expire(), self.is_text())
    }

    /// Takes another value and deadline, if they fit the allocation to the byte.
    #[inline]
    fn overwrite(&mut self, value: &[u8], expire: Option<i64>) -> bool {
        let value_at = self.value_at();
        if self.0.len() - value_at != value.len() || self.expires() != expire.is_some() {
            return false;
        }
        self.0[0] &= !TEXT;
        if let Some(deadline) = expire {
            self.0[HEAD..HEAD + DEADLINE].copy_from_slice(&deadline.to_le_bytes());
        }
        self.0[value_at..].copy_from_slice(value);
        true
    }
}

impl Entry {
    /// The smallest entry for a string: packed, unless it is long or was edited in place.
    pub fn string(key: &[u8], value: &[u8], expire: Option<i64>) -> Self {
        Self::string_or_text(key, value, expire, false)
    }

    /// As [`Entry::string`], for a value that is text even if it looks like an integer.
    pub fn text(key: &[u8], value: &[u8], expire: Option<i64>) -> Self {
        Self::string_or_text(key, value, expire, true)
    }

    fn string_or_text(key: &[u8], value: &[u8], expire: Option<i64>, text: bool) -> Self {
        if key.len() + value.len() <= PACKED {
            return Self::Packed(Packed::new(key, value, expire, text));
        }
        Self::object(key, Value::String(StringValue::new(value)), expire)
    }

    /// An entry for any value.
    pub fn object(key: &[u8], value: Value, expire: Option<i64>) -> Self {
        let (deadline, expires) = (expire.unwrap_or_default(), expire.is_some());
        let usage = Usage::default();
        Self::Object(Box::new(Object { key: key.into(), deadline, expires, usage, counted: 0, value }))
    }

    /// The key.
    pub fn key(&self) -> &[u8] {
        match self {
            Self::Packed(packed) => packed.key(),
            Self::Object(object) => &object.key,
        }
    }

    /// When the key expires, in milliseconds since the Unix epoch.
    pub fn expire(&self) -> Option<i64> {
        match self {
            Self::Packed(packed) => packed.expire(),
            Self::Object(object) => object.expire(),
        }
    }

    /// When the first field of a hash expires, in milliseconds since the Unix epoch.
    pub fn fields_expire(&self) -> Option<i64> {
        match self {
            Self::Packed(_) => None,
            Self::Object(object) => object.fields_expire(),
        }
    }

    /// Whether the key's time is over at `now_ms`, or that of any of its fields.
    #[inline]
    pub fn is_due(&self, now_ms: i64) -> bool {
        let over = |deadline: i64| deadline < now_ms;
        self.expire().is_some_and(over) || self.fields_expire().is_some_and(over)
    }

    /// Whether nothing is left at `now_ms`: the key's time is over, or that of all its fields.
    pub fn is_expired(&self, now_ms: i64) -> bool {
        self.is_due(now_ms)
            && (self.expire().is_some_and(|deadline| deadline < now_ms)
                || matches!(self.value(), Some(Value::Hash(hash)) if hash.all_expired(now_ms)))
    }

    /// The value's type.
    pub fn kind(&self) -> Type {
        match self {
            Self::Packed(_) => Type::String,
            Self::Object(object) => object.value.kind(),
        }
    }

    /// The bytes of a string.
    #[inline]
    pub fn as_string(&self) -> Option<&[u8]> {
        match self {
            Self::Packed(packed) => Some(packed.value()),
            Self::Object(object) => match &object.value {
                Value::String(string) => Some(&string.bytes),
                _ => None,
            },
        }
    }

    /// The value, unless it is a packed string.
    pub fn value(&self) -> Option<&Value> {
        match self {
            Self::Packed(_) => None,
            Self::Object(object) => Some(&object.value),
        }
    }

    /// The value, unless it is a packed string.
    pub fn value_mut(&mut self) -> Option<&mut Value> {
        match self {
            Self::Packed(_) => None,
            Self::Object(object) => Some(&mut object.value),
        }
    }

    /// The same value under another key.
    #[must_use]
    pub fn renamed(self, key: &[u8]) -> Self {
        match self {
            Self::Packed(packed) => packed.under(key),
            Self::Object(mut object) => {
                object.key = key.into();
                Self::Object(object)
            }
        }
    }

    /// A copy of the value under another key, expiring when this one does.
    #[must_use]
    pub fn copied(&self, key: &[u8]) -> Self {
        match self {
            Self::Packed(packed) => packed.under(key),
            Self::Object(object) => Self::object(key, object.value.clone(), object.expire()),
        }
    }

    fn set_expire(&mut self, expire: Option<i64>) {
        match self {
            Self::Packed(packed) => {
                let usage = packed.usage();
                *packed = Packed::new(packed.key(), packed.value(), expire, packed.is_text());
                packed.set_usage(usage);
            }
            Self::Object(object) => object.set_expire(expire),
        }
    }

    /// What it knows of its use.
    #[inline]
    pub fn usage(&self) -> Usage {
        match self {
            Self::Packed(packed) => packed.usage(),
            Self::Object(object) => object.usage,
        }
    }

    /// Notes how it is used.
    #[inline]
    pub fn set_usage(&mut self, usage: Usage) {
        match self {
            Self::Packed(packed) => packed.set_usage(usage),
            Self::Object(object) => object.usage = usage,
        }
    }

    /// How large the value is: the bytes of a string, the elements of a collection; nothing of a stream.
    pub fn size(&self) -> Option<usize> {
        match self.value() {
            None => self.as_string().map(<[u8]>::len),
            Some(value) => value.len(),
        }
    }

    /// What OBJECT ENCODING says of the value.
    pub fn encoding(&self) -> &'static str {
        match self {
            Self::Packed(packed) => StringValue::encoding_of(packed.value(), packed.is_text()),
            Self::Object(object) => object.value.encoding(),
        }
    }

    fn bytes(&self) -> usize {
        match self {
            Self::Packed(packed) => packed.0.len(),
            Self::Object(object) => size_of::<Object>() + object.key.len() + object.counted,
        }
    }
}

impl table::Entry for Entry {
    fn key(&self) -> &[u8] {
        self.key()
    }
}

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
