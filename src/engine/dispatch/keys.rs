//! Keys as a handler sees them: the one lookup, and what follows from it.

use crate::command::Flags;
use crate::containment::Lent;
use crate::dispatch::Ctx;
use crate::effects::{Class, Effect};
use crate::error::{Error, Result};
use crate::gate::Gate;
use crate::keyspace::Entry;
use crate::table::Place;
use crate::types::{Kind, StringValue, Type, Value};

impl Ctx<'_> {
    /// Looks a key up, removing it if its time is over: its hash, and where it is if it is alive. This is
    /// no use of it.
    #[inline]
    fn locate(&mut self, key: &[u8]) -> (u64, Option<Place>) {
        let db = &self.state.dbs[self.db];
        let hash = db.hash(key);
        let place = db.locate(hash, key);
        if db.knows_time() {
            return (hash, place.and_then(|place| self.unless_due(hash, place, key)));
        }
        (hash, place)
    }

    /// Looks a key up for a command that uses it, removing it if its time is over: its hash, and where it
    /// is if it is alive.
    #[inline]
    fn settle(&mut self, key: &[u8]) -> (u64, Option<Place>) {
        let (hash, place) = self.locate(key);
        if let Some(place) = place
            && self.counted != Some(hash)
        {
            self.touch(hash, place);
        }
        (hash, place)
    }

    /// Notes that the key at a place is used.
    #[inline]
    fn touch(&mut self, hash: u64, place: Place) {
        if self.no_touch {
            return;
        }
        let state = &mut **self.state;
        if state.config.policy.is_lfu() {
            self.count_use(hash, place);
        } else {
            state.dbs[self.db].at_mut(place).set_usage(state.used_now);
        }
    }

    #[cold]
    fn count_use(&mut self, hash: u64, place: Place) {
        self.counted = Some(hash);
        self.state.count_use(self.db, place);
    }

    /// Has the command that runs count as a use of its keys whatever CLIENT NO-TOUCH says.
    pub fn touch_anyway(&mut self) {
        self.no_touch = false;
    }

    /// Removes what has expired of the key at a place; where it is, if anything is left.
    #[inline(never)]
    fn unless_due(&mut self, hash: u64, place: Place, key: &[u8]) -> Option<Place> {
        let entry = self.state.dbs[self.db].at(place);
        if entry.expire().is_none() && entry.fields_expire().is_none() {
            return Some(place);
        }
        let now_ms = self.now_ms();
        if !self.state.dbs[self.db].at(place).is_due(now_ms) {
            return Some(place);
        }
        if self.state.gate.has(Gate::PAUSED) && self.command.flags.has(Flags::READONLY) {
            // Nothing is written in a pause; a key is gone all the same.
            let is_alive = |deadline: i64| deadline >= now_ms;
            return self.state.dbs[self.db].at(place).expire().is_none_or(is_alive).then_some(place);
        }
        self.state.expire_key(self.db, key, now_ms);
        self.state.dbs[self.db].locate(hash, key)
    }

    /// The entry at a place, lent for writing: what it takes is counted anew when its key is reported.
    fn lend(&mut self, hash: u64, place: Place) -> &mut Entry {
        self.state.lent = Some(Lent { db: self.db, hash, place });
        self.state.dbs[self.db].at_mut(place)
    }

    /// The live entry of a key, for a command that writes: counts no hit and no miss.
    pub fn entry(&mut self, key: &[u8]) -> Option<&Entry> {
        let (_, place) = self.settle(key);
        place.map(|place| self.state.dbs[self.db].at(place))
    }

    /// The live entry of a key, for a command that looks at how it is kept: no hit, no miss, no use.
    pub fn inspect(&mut self, key: &[u8]) -> Option<&Entry> {
        let (_, place) = self.locate(key);
        place.map(|place| self.state.dbs[self.db].at(place))
    }

    /// The live entry of a key, for a command that reads of it but does not use it: a hit or a miss.
    pub fn peek(&mut self, key: &[u8]) -> Option<&Entry> {
        let (_, place) = self.locate(key);
        self.count_look(key, place);
        place.map(|place| self.state.dbs[self.db].at(place))
    }

    /// The live entry of a key, for a command that reads: a hit or a miss.
    #[inline]
    pub fn look(&mut self, key: &[u8]) -> Option<&Entry> {
        let (_, place) = self.look_for(key)?;
        Some(self.state.dbs[self.db].at(place))
    }

    /// The hash of a live key and where it is, for a command that reads: a hit or a miss.
    #[inline]
    fn look_for(&mut self, key: &[u8]) -> Option<(u64, Place)> {
        let (hash, place) = self.locate(key);
        self.count_look(key, place);
        let place = place?;
        self.touch(hash, place);
        Some((hash, place))
    }

    /// Counts a hit, or a miss, of which an event tells.
    #[inline]
    fn count_look(&mut self, key: &[u8], place: Option<Place>) {
        if place.is_some() {
            self.state.stats.hits += 1;
        } else {
            self.count_miss(key);
        }
    }

    #[inline(never)]
    fn count_miss(&mut self, key: &[u8]) {
        let state = &mut **self.state;
        state.stats.misses += 1;
        if state.config.notify.has(Class::KEYMISS) {
            state.effects.push(Effect::Event { db: self.db, name: "keymiss", key: key.into() });
        }
    }

    /// The value of a key for reading; nothing if there is none; WRONGTYPE if it is of another type.
    pub fn read<T: Kind>(&mut self, key: &[u8]) -> Result<Option<&T>> {
        let Some(entry) = self.look(key) else { return Ok(None) };
        entry.value().and_then(T::of).map(Some).ok_or(Error::WrongType)
    }

    /// As [`Ctx::read`], for a command that also writes to what it reads: a hit or a miss.
    pub fn read_mut<T: Kind>(&mut self, key: &[u8]) -> Result<Option<&mut T>> {
        let Some((hash, place)) = self.look_for(key) else { return Ok(None) };
        self.lend(hash, place).value_mut().and_then(T::of_mut).map(Some).ok_or(Error::WrongType)
    }

    /// The value of a key for writing; nothing if there is none; WRONGTYPE if it is of another type.
    pub fn write<T: Kind>(&mut self, key: &[u8]) -> Result<Option<&mut T>> {
        let (hash, Some(place)) = self.settle(key) else { return Ok(None) };
        self.lend(hash, place).value_mut().and_then(T::of_mut).map(Some).ok_or(Error::WrongType)
    }

    /// The first of these keys that holds a value of this type. Another type before it is an error.
    pub fn first<'k, T: Kind>(&mut self, keys: &[&'k [u8]]) -> Result<Option<&'k [u8]>> {
        for key in keys {
            if self.write::<T>(key)?.is_some() {
                return Ok(Some(key));
            }
        }
        Ok(None)
    }

    /// The value of a key for writing, made empty if there is none. An empty collection must not stay:
    /// end with [`Ctx::remove_if_empty`] or put something in.
    pub fn create<T: Kind + Default>(&mut self, key: &[u8]) -> Result<&mut T> {
        let (hash, place) = self.settle(key);
        let place = place.unwrap_or_else(|| self.insert(key, T::default().wrap(), None));
        self.lend(hash, place).value_mut().and_then(T::of_mut).ok_or(Error::WrongType)
    }

    /// The type of a live key; no hit, no miss and no use.
    pub fn kind(&mut self, key: &[u8]) -> Option<Type> {
        self.inspect(key).map(Entry::kind)
    }

    /// Whether a live key is there, for a command that writes: no hit and no miss.
    pub fn exists(&mut self, key: &[u8]) -> bool {
        self.entry(key).is_some()
    }

    /// The bytes of a string for reading.
    #[inline]
    pub fn string(&mut self, key: &[u8]) -> Result<Option<&[u8]>> {
        let Some(entry) = self.look(key) else { return Ok(None) };
        entry.as_string().map(Some).ok_or(Error::WrongType)
    }

    /// The bytes of a string for a command that writes: counts no hit and no miss.
    pub fn string_to_write(&mut self, key: &[u8]) -> Result<Option<&[u8]>> {
        let Some(entry) = self.entry(key) else { return Ok(None) };
        entry.as_string().map(Some).ok_or(Error::WrongType)
    }

    /// Sets a key to a string, whatever it held; `expire` in milliseconds since the Unix epoch.
    #[inline]
    pub fn set_string(&mut self, key: &[u8], value: &[u8], expire: Option<i64>) {
        let (hash, place) = self.settle(key);
        let db = &mut self.state.dbs[self.db];
        if let Some(place) = place {
            db.set_string_at(place, hash, value, expire);
        } else {
            let mut entry = Entry::string(key, value, expire);
            entry.set_usage(self.state.new_usage());
            self.state.dbs[self.db].insert_new(hash, entry);
            self.say_new(key);
        }
    }

    /// Sets a key to any value, whatever it held; `expire` in milliseconds since the Unix epoch.
    pub fn insert(&mut self, key: &[u8], value: Value, expire: Option<i64>) -> Place {
        self.put(key, Entry::object(key, value, expire))
    }

    /// Puts an entry under its key, whatever that held.
    pub fn put(&mut self, key: &[u8], mut entry: Entry) -> Place {
        let (hash, place) = self.settle(key);
        if let Some(place) = place {
            self.database().replace(place, hash, entry);
            return place;
        }
        entry.set_usage(self.state.new_usage());
        let place = self.database().insert_new(hash, entry);
        self.say_new(key);
        place
    }

    /// Says that there is a key that was not there. As in Redis, this is what wakes those who wait for it: a
    /// value in the place of another does not, nor does what is added to a list or a sorted set.
    fn say_new(&mut self, key: &[u8]) {
        self.ready(key);
        if self.state.config.notify.has(Class::NEW) {
            self.state.effects.push(Effect::Event { db: self.db, name: "new", key: key.into() });
        }
    }

    /// The string of a key to be edited in place, made empty if there is none (APPEND, SETRANGE).
    pub fn edit_string(&mut self, key: &[u8]) -> Result<&mut StringValue> {
        let (hash, place) = self.settle(key);
        let packed = match place.map(|place| self.state.dbs[self.db].at(place)) {
            Some(Entry::Packed(packed)) => Some((packed.value().to_vec(), packed.expire())),
            Some(Entry::Object(_)) => None,
            None => Some((Vec::new(), None)),
        };
        let unpacked = packed.map(|(bytes, expire)| {
            self.insert(key, Value::String(StringValue { bytes, edited: true }), expire)
        });
        let place = unpacked.or(place);
        match place.and_then(|place| self.lend(hash, place).value_mut()) {
            Some(Value::String(string)) => {
                string.edited = true;
                Ok(string)
            }
            _ => Err(Error::WrongType),
        }
    }

    /// Takes a live key out; the caller says what happened with [`Ctx::changed`].
    pub fn take(&mut self, key: &[u8]) -> Option<Entry> {
        let (hash, place) = self.settle(key);
        place?;
        self.state.dbs[self.db].remove(hash, key)
    }

    /// Deletes a key, saying `del`; whether it was there.
    pub fn delete(&mut self, key: &[u8]) -> bool {
        let found = self.take(key).is_some();
        if found {
            self.changed(key, Class::GENERIC, "del");
        }
        found
    }

    /// Deletes what is under the key of a result that is empty, saying `del`: as in Redis even if its time is
    /// over, for nobody looks.
    pub fn delete_for_no_result(&mut self, key: &[u8]) {
        let db = self.database();
        if db.remove(db.hash(key), key).is_some() {
            self.changed(key, Class::GENERIC, "del");
        }
    }

    /// Deletes a collection that has become empty, saying `del`. Call after [`Ctx::changed`].
    pub fn remove_if_empty(&mut self, key: &[u8]) {
        let emptied = self.inspect(key).and_then(Entry::value).is_some_and(Value::is_empty);
        if emptied {
            self.delete(key);
        }
    }

    /// Removes a key whose time is over, saying `expired`.
    pub fn expire(&mut self, key: &[u8]) {
        let now_ms = self.now_ms();
        self.state.expire_key(self.db, key, now_ms);
    }

    /// Does something in another database.
    pub fn within_db<T>(&mut self, db: usize, work: impl FnOnce(&mut Self) -> T) -> T {
        let own = std::mem::replace(&mut self.db, db);
        let done = work(self);
        self.db = own;
        done
    }

    /// When a live key expires, in milliseconds since the Unix epoch.
    pub fn expire_of(&mut self, key: &[u8]) -> Option<i64> {
        self.entry(key).and_then(Entry::expire)
    }

    /// Changes when a live key expires; whether it is there.
    pub fn set_expire(&mut self, key: &[u8], expire: Option<i64>) -> bool {
        let (hash, place) = self.settle(key);
        let Some(place) = place else { return false };
        self.state.dbs[self.db].set_expire(place, hash, expire);
        true
    }
}
