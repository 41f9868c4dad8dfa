//! The fields of a big hash.

use crate::deadlines::Deadlines;
use crate::table::{Entry, Table};
use crate::types::packed::Element;

/// A field, its value and maybe its deadline in one allocation: `[length of the field][field][value]`, the
/// length in one byte, or in four after a byte of 255; with a deadline `[254][length: 4][deadline: 8]` comes
/// before the field.
#[derive(Clone, Debug)]
pub(super) struct Field(Box<[u8]>);

/// Before a length of four bytes.
const LONG: u8 = 255;
/// Before a length of four bytes and a deadline.
const TIMED: u8 = 254;

impl Field {
    fn new(field: &[u8], value: &[u8], deadline: Option<i64>) -> Self {
        let mut bytes = Vec::with_capacity(13 + field.len() + value.len());
        if let Some(deadline) = deadline {
            bytes.push(TIMED);
            bytes.extend_from_slice(&(field.len() as u32).to_le_bytes());
            bytes.extend_from_slice(&deadline.to_le_bytes());
        } else if field.len() < usize::from(TIMED) {
            bytes.push(field.len() as u8);
        } else {
            bytes.push(LONG);
            bytes.extend_from_slice(&(field.len() as u32).to_le_bytes());
        }
        bytes.extend_from_slice(field);
        bytes.extend_from_slice(value);
        Self(bytes.into_boxed_slice())
    }

    fn parts(&self) -> (&[u8], &[u8]) {
        match self.0[0] {
            code @ (TIMED | LONG) => {
                let len = u32::from_le_bytes([self.0[1], self.0[2], self.0[3], self.0[4]]);
                self.0[if code == TIMED { 13 } else { 5 }..].split_at(len as usize)
            }
            len => self.0[1..].split_at(usize::from(len)),
        }
    }

    /// When it expires, in milliseconds since the Unix epoch.
    pub(super) fn deadline(&self) -> Option<i64> {
        if self.0[0] != TIMED {
            return None;
        }
        self.0[5..13].try_into().ok().map(i64::from_le_bytes)
    }

    pub(super) fn elements(&self) -> (Element<'_>, Element<'_>) {
        let (field, value) = self.parts();
        (Element::Bytes(field), Element::Bytes(value))
    }
}

impl Entry for Field {
    fn key(&self) -> &[u8] {
        self.parts().0
    }
}

/// The fields of a big hash.
#[derive(Clone, Debug)]
pub(super) struct Fields {
    pub(super) table: Table<Field>,
    /// The memory of all fields and values.
    bytes: usize,
    /// Made for the first field that expires.
    timetable: Option<Box<Timetable>>,
}

/// Which fields expire, and when.
#[derive(Clone, Debug, Default)]
struct Timetable {
    deadlines: Deadlines,
    /// How many fields expire.
    len: usize,
    /// What [`super::Hash::note_deadline`] noted last.
    noted: Option<i64>,
}

impl Fields {
    pub(super) fn new(seed: u64) -> Self {
        Self { table: Table::new(seed), bytes: 0, timetable: None }
    }

    /// The memory it takes with its own struct, in bytes.
    pub(super) fn bytes(&self) -> usize {
        let timetable = self.timetable.as_ref();
        let timetable = timetable.map_or(0, |timetable| size_of::<Timetable>() + timetable.deadlines.bytes());
        size_of::<Self>() + self.bytes + self.table.bytes() + timetable
    }

    /// Sets a field, to expire then or not to expire; whether it was not there.
    pub(super) fn set(&mut self, field: &[u8], value: &[u8], deadline: Option<i64>) -> bool {
        let entry = Field::new(field, value, deadline);
        self.bytes += entry.0.len();
        let replaced = self.table.insert(entry);
        self.bytes -= replaced.as_ref().map_or(0, |field| field.0.len());
        let before = replaced.as_ref().and_then(Field::deadline);
        if before != deadline {
            self.reschedule(field, before, deadline);
        }
        replaced.is_none()
    }

    /// Changes when a field expires that is there.
    pub(super) fn set_deadline(&mut self, field: &[u8], deadline: Option<i64>) {
        if let Some(entry) = self.table.get(field)
            && entry.deadline() != deadline
        {
            let value = entry.parts().1.to_vec();
            self.set(field, &value, deadline);
        }
    }

    /// Takes a field out; whether it was there.
    pub(super) fn remove(&mut self, field: &[u8]) -> bool {
        let Some(removed) = self.table.remove(field) else { return false };
        self.bytes -= removed.0.len();
        if let Some(deadline) = removed.deadline() {
            self.reschedule(field, Some(deadline), None);
        }
        true
    }

    #[cold]
    fn reschedule(&mut self, field: &[u8], before: Option<i64>, deadline: Option<i64>) {
        let Self { table, timetable, .. } = self;
        let timetable = timetable.get_or_insert_default();
        timetable.len = timetable.len + usize::from(deadline.is_some()) - usize::from(before.is_some());
        if let Some(deadline) = deadline {
            timetable.deadlines.push(deadline, table.hash(field));
        }
        timetable.deadlines.compact(timetable.len, |deadline, hash| expires(table, deadline, hash));
    }

    /// When the first field expires.
    pub(super) fn next_deadline(&mut self) -> Option<i64> {
        let Self { table, timetable, .. } = self;
        timetable.as_mut()?.deadlines.next(|deadline, hash| expires(table, deadline, hash))
    }

    /// What [`super::Hash::note_deadline`] noted last.
    #[inline]
    pub(super) fn noted_deadline(&self) -> Option<i64> {
        self.timetable.as_ref()?.noted
    }

    /// Notes when the first field expires.
    pub(super) fn note_deadline(&mut self, deadline: Option<i64>) {
        if deadline.is_some() || self.timetable.is_some() {
            self.timetable.get_or_insert_default().noted = deadline;
        }
    }

    /// Takes out the fields whose deadlines lie before `now`.
    pub(super) fn remove_expired(&mut self, now: i64) {
        let Self { table, timetable: Some(timetable), bytes } = self else { return };
        let due = |table: &Table<Field>, timetable: &mut Timetable| {
            timetable.deadlines.take_due(now, |deadline, hash| expires(table, deadline, hash))
        };
        while let Some((deadline, hash)) = due(table, timetable) {
            if let Some(field) = table.remove_by_hash(hash, |field| field.deadline() == Some(deadline)) {
                *bytes -= field.0.len();
                timetable.len -= 1;
            }
        }
        timetable.deadlines.compact(timetable.len, |deadline, hash| expires(table, deadline, hash));
    }

    /// Whether the deadlines of all fields lie before `now`.
    pub(super) fn all_expired(&self, now: i64) -> bool {
        let timed = self.timetable.as_ref().map_or(0, |timetable| timetable.len);
        timed == self.table.len()
            && self.table.iter().all(|field| field.deadline().is_some_and(|deadline| deadline < now))
    }
}

/// Whether a field of this hash expires then.
fn expires(table: &Table<Field>, deadline: i64, hash: u64) -> bool {
    table.find_by_hash(hash, |field| field.deadline() == Some(deadline)).is_some()
}
