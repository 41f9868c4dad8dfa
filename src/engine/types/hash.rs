//! Hash values.

use super::packed::{Element, Encoded, Packed};
use crate::clock::Dice;
use crate::config::Limits;

use fields::{Field, Fields};
use timed::{TRIPLE, Timed};

mod fields;
#[cfg(test)]
mod tests;
mod timed;

/// A hash: fields and values in turns in one packed allocation while it is small (`listpack`), a table of
/// them when it is not (`hashtable`), which it then stays.
///
/// Fields may expire. The first that does makes a small hash one of `listpackex`, which knows a deadline
/// beside each value and has them in the order of their deadlines; a table keeps a deadline with the field
/// and an index of them. Who lends a hash out sees to it that no expired field is in it:
/// [`Hash::next_deadline`], [`Hash::remove_expired`].
#[derive(Clone, Debug)]
pub struct Hash(Repr);

#[derive(Clone, Debug)]
enum Repr {
    Packed(Packed),
    Timed(Box<Timed>),
    Table(Box<Fields>),
}

/// The elements of one field in [`Repr::Packed`].
const PAIR: usize = 2;

impl Default for Hash {
    fn default() -> Self {
        Self(Repr::Packed(Packed::default()))
    }
}

/// How a hash is kept: what DUMP makes and RESTORE takes.
#[derive(Debug)]
pub enum Kept<'h> {
    /// A listpack of fields and values in turns.
    Packed(&'h Packed),
    /// A listpack of fields, values and deadlines in turns, 0 for none.
    Timed(&'h Packed),
    /// A table, to be walked by [`Hash::iter`].
    Table,
}

impl Hash {
    /// A hash of fields and values in turns, each field of which is there once; a table if they are too many.
    pub fn from_packed(pairs: Packed, limits: &Limits) -> Self {
        let mut hash = Self(Repr::Packed(pairs));
        if hash.len() > limits.hash_entries {
            hash.unpack(limits);
        }
        hash
    }

    /// A hash of fields, values and deadlines in turns, in the order in which a `listpackex` has them, each
    /// field of which is there once; a table if they are too many.
    pub fn from_timed(triples: Packed, limits: &Limits) -> Self {
        let mut hash = Self(Repr::Timed(Box::new(Timed::from_triples(triples))));
        if hash.len() > limits.hash_entries {
            hash.unpack(limits);
        }
        hash
    }

    /// How it is kept.
    pub fn kept(&self) -> Kept<'_> {
        match &self.0 {
            Repr::Packed(packed) => Kept::Packed(packed),
            Repr::Timed(timed) => Kept::Timed(timed.packed()),
            Repr::Table(_) => Kept::Table,
        }
    }

    /// The elements of a small hash, and how many of them make a field.
    fn packed(&self) -> Result<(&Packed, usize), &Fields> {
        match &self.0 {
            Repr::Packed(packed) => Ok((packed, PAIR)),
            Repr::Timed(timed) => Ok((timed.packed(), TRIPLE)),
            Repr::Table(fields) => Err(fields),
        }
    }

    /// How many fields there are.
    pub fn len(&self) -> usize {
        match &self.0 {
            Repr::Packed(packed) => packed.len() / PAIR,
            Repr::Timed(timed) => timed.packed().len() / TRIPLE,
            Repr::Table(fields) => fields.table.len(),
        }
    }

    /// Whether it has no fields.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// What OBJECT ENCODING says of it.
    pub fn encoding(&self) -> &'static str {
        match self.0 {
            Repr::Packed(_) => "listpack",
            Repr::Timed(_) => "listpackex",
            Repr::Table(_) => "hashtable",
        }
    }

    /// The memory it takes beside its own struct, in bytes; in O(1).
    pub fn bytes(&self) -> usize {
        match &self.0 {
            Repr::Packed(packed) => packed.bytes(),
            Repr::Timed(timed) => size_of::<Timed>() + timed.packed().bytes(),
            Repr::Table(fields) => fields.bytes(),
        }
    }

    /// The value of a field.
    pub fn get(&self, field: &[u8]) -> Option<Element<'_>> {
        match self.packed() {
            Ok((packed, step)) => {
                packed.find(&Encoded::new(field), step).map(|at| packed.get(packed.next(at)))
            }
            Err(fields) => fields.table.get(field).map(|field| field.elements().1),
        }
    }

    /// The fields and their values: while packed in the order of their coming, or of their deadlines if any
    /// field ever had one, else in no order.
    pub fn iter(&self) -> impl Iterator<Item = (Element<'_>, Element<'_>)> {
        let (packed, table) = match self.packed() {
            Ok((packed, step)) => (Some(packed.pairs_from(0, step)), None),
            Err(fields) => (None, Some(fields.table.iter().map(Field::elements))),
        };
        packed.into_iter().flatten().chain(table.into_iter().flatten())
    }

    /// Gets ready for these fields and values in turns: becomes a table at once if they are too many or
    /// too long.
    pub fn expect(&mut self, pairs: &[&[u8]], limits: &Limits) {
        if matches!(self.0, Repr::Table(_)) {
            return;
        }
        if pairs.len() / 2 > limits.hash_entries || pairs.iter().any(|text| text.len() > limits.hash_value) {
            self.unpack(limits);
        } else if let Repr::Packed(packed) = &mut self.0
            && packed.is_empty()
        {
            // A short text takes two bytes beside itself.
            packed.reserve(pairs.iter().map(|text| text.len() + 2).sum());
        }
    }

    /// Sets a field, which then does not expire; whether it was not there.
    pub fn set(&mut self, field: &[u8], value: &[u8], limits: &Limits) -> bool {
        self.set_value(field, value, false, limits)
    }

    /// Sets a field, which then expires if and when it did before; whether it was not there.
    pub fn set_in_time(&mut self, field: &[u8], value: &[u8], limits: &Limits) -> bool {
        self.set_value(field, value, true, limits)
    }

    fn set_value(&mut self, field: &[u8], value: &[u8], in_time: bool, limits: &Limits) -> bool {
        if field.len().max(value.len()) > limits.hash_value {
            self.unpack(limits);
        }
        let created = match &mut self.0 {
            Repr::Packed(packed) => {
                let (field, value) = (Encoded::new(field), Encoded::new(value));
                let found = packed.find(&field, PAIR);
                if let Some(at) = found {
                    packed.replace(packed.next(at), &value);
                } else {
                    packed.push(&field);
                    packed.push(&value);
                }
                found.is_none()
            }
            Repr::Timed(timed) => timed.set(&Encoded::new(field), &Encoded::new(value), in_time),
            Repr::Table(fields) => {
                let keeps = if in_time { fields.table.get(field).and_then(Field::deadline) } else { None };
                return fields.set(field, value, keeps);
            }
        };
        if self.len() > limits.hash_entries {
            self.unpack(limits);
        }
        created
    }

    /// Takes a field out; whether it was there.
    pub fn remove(&mut self, field: &[u8]) -> bool {
        match &mut self.0 {
            Repr::Packed(packed) => {
                let found = packed.find(&Encoded::new(field), PAIR);
                found.inspect(|at| packed.remove(*at, PAIR)).is_some()
            }
            Repr::Timed(timed) => timed.remove(&Encoded::new(field)),
            Repr::Table(fields) => fields.remove(field),
        }
    }

    /// A field chosen at random, and its value.
    pub fn random(&self, dice: &mut Dice) -> Option<(Element<'_>, Element<'_>)> {
        match self.packed() {
            Ok((packed, step)) => packed.pairs_from(packed.seek(step * dice.below(self.len())), step).next(),
            Err(fields) => fields.table.random(&mut |n| dice.below(n)).map(Field::elements),
        }
    }

    /// As many different fields chosen at random, with their values; all, if there are no more.
    pub fn sample(&self, count: usize, dice: &mut Dice) -> Vec<(Element<'_>, Element<'_>)> {
        match self.packed() {
            Ok((packed, step)) => {
                let mut left = self.len();
                let mut wanted = count.min(left);
                let chosen = packed.pairs_from(0, step).filter(|_| {
                    let takes = dice.below(left) < wanted;
                    left -= 1;
                    wanted -= usize::from(takes);
                    takes
                });
                chosen.collect()
            }
            Err(fields) => {
                fields.table.sample(count, &mut |n| dice.below(n)).into_iter().map(Field::elements).collect()
            }
        }
    }

    /// Shows fields and values from a cursor on, about `count`, and gives the next cursor; while packed
    /// all, and 0.
    pub fn scan<'t>(
        &'t self,
        cursor: u64,
        count: usize,
        mut visit: impl FnMut(Element<'t>, Element<'t>),
    ) -> u64 {
        match self.packed() {
            Ok((packed, step)) => {
                packed.pairs_from(0, step).for_each(|(field, value)| visit(field, value));
                0
            }
            Err(fields) => fields.table.scan(cursor, count, |entry| {
                let (field, value) = entry.elements();
                visit(field, value);
            }),
        }
    }

    // ---- fields that expire ----

    /// When a field expires, in milliseconds since the Unix epoch: nothing if it is not there, else maybe
    /// never.
    #[allow(clippy::option_option, reason = "no field and no deadline are two answers")]
    pub fn deadline(&self, field: &[u8]) -> Option<Option<i64>> {
        match &self.0 {
            Repr::Packed(packed) => packed.find(&Encoded::new(field), PAIR).map(|_| None),
            Repr::Timed(timed) => timed.deadline(&Encoded::new(field)),
            Repr::Table(fields) => fields.table.get(field).map(Field::deadline),
        }
    }

    /// Changes when a field expires that is there. It then comes before those that expire at the same time.
    pub fn set_deadline(&mut self, field: &[u8], deadline: Option<i64>) {
        if deadline.is_some() {
            self.expect_deadlines();
        }
        match &mut self.0 {
            Repr::Packed(_) => {}
            Repr::Timed(timed) => timed.set_deadline(&Encoded::new(field), deadline),
            Repr::Table(fields) => fields.set_deadline(field, deadline),
        }
    }

    /// When the first of the fields expires, in milliseconds since the Unix epoch, asked of every field.
    pub fn first_deadline(&self) -> Option<i64> {
        match &self.0 {
            Repr::Packed(_) => None,
            Repr::Timed(timed) => timed.next_deadline(),
            Repr::Table(fields) => fields.table.iter().filter_map(Field::deadline).min(),
        }
    }

    /// When the first of the fields expires, in milliseconds since the Unix epoch.
    fn next_deadline(&mut self) -> Option<i64> {
        match &mut self.0 {
            Repr::Packed(_) => None,
            Repr::Timed(timed) => timed.next_deadline(),
            Repr::Table(fields) => fields.next_deadline(),
        }
    }

    /// When the first of the fields expires, as it was when [`Hash::note_deadline`] was called last.
    #[inline]
    pub fn noted_deadline(&self) -> Option<i64> {
        match &self.0 {
            Repr::Packed(_) => None,
            Repr::Timed(timed) => timed.noted,
            Repr::Table(fields) => fields.noted_deadline(),
        }
    }

    /// Notes when the first of the fields expires, for whoever keeps an index of it; what was noted before,
    /// and now.
    pub fn note_deadline(&mut self) -> (Option<i64>, Option<i64>) {
        let (before, now) = (self.noted_deadline(), self.next_deadline());
        match &mut self.0 {
            Repr::Packed(_) => {}
            Repr::Timed(timed) => timed.noted = now,
            Repr::Table(fields) => fields.note_deadline(now),
        }
        (before, now)
    }

    /// Takes out the fields whose deadlines lie before `now`; how many.
    pub fn remove_expired(&mut self, now: i64) -> usize {
        let before = self.len();
        match &mut self.0 {
            Repr::Packed(_) => {}
            Repr::Timed(timed) => timed.remove_expired(now),
            Repr::Table(fields) => fields.remove_expired(now),
        }
        before - self.len()
    }

    /// Whether the deadlines of all fields lie before `now`, so that [`Hash::remove_expired`] would empty it.
    pub fn all_expired(&self, now: i64) -> bool {
        match &self.0 {
            Repr::Packed(_) => false,
            Repr::Timed(timed) => timed.all_expired(now),
            Repr::Table(fields) => fields.all_expired(now),
        }
    }

    /// Gets ready for deadlines: a small hash becomes a `listpackex`.
    pub fn expect_deadlines(&mut self) {
        if let Repr::Packed(packed) = &self.0 {
            self.0 = Repr::Timed(Box::new(Timed::new(packed)));
        }
    }

    fn unpack(&mut self, limits: &Limits) {
        let Ok((packed, step)) = self.packed() else { return };
        let mut fields = Box::new(Fields::new(limits.seed));
        let (mut field_digits, mut value_digits) = (itoa::Buffer::new(), itoa::Buffer::new());
        let mut deadlines = match &self.0 {
            Repr::Timed(timed) => Some(timed.deadlines()),
            _ => None,
        };
        for (field, value) in packed.pairs_from(0, step) {
            let deadline = deadlines.as_mut().and_then(|deadlines| deadlines.next().flatten());
            fields.set(field.text(&mut field_digits), value.text(&mut value_digits), deadline);
        }
        drop(deadlines);
        fields.note_deadline(self.noted_deadline());
        self.0 = Repr::Table(fields);
    }
}
