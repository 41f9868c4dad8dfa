//! Small hashes with fields that expire.

use crate::types::packed::{Element, Encoded, Packed};

/// Triples of field, value and deadline in one packed allocation: the earliest deadline first, those without
/// one (0) at the end.
#[derive(Clone, Debug)]
pub(super) struct Timed {
    triples: Packed,
    /// What [`super::Hash::note_deadline`] noted last.
    pub(super) noted: Option<i64>,
}

/// The elements of one field.
pub(super) const TRIPLE: usize = 3;

impl Timed {
    /// The fields and values in turns of a small hash, none of which expires yet.
    pub(super) fn new(pairs: &Packed) -> Self {
        let mut timed = Self { triples: Packed::with_room(pairs.end() + pairs.len()), noted: None };
        let (mut field_digits, mut value_digits) = (itoa::Buffer::new(), itoa::Buffer::new());
        for (field, value) in pairs.pairs() {
            let (field, value) = (field.text(&mut field_digits), value.text(&mut value_digits));
            timed.push(&Encoded::new(field), &Encoded::new(value));
        }
        timed
    }

    /// Fields, values and deadlines in turns, in their order.
    pub(super) fn from_triples(triples: Packed) -> Self {
        Self { triples, noted: None }
    }

    /// All elements, three a field.
    pub(super) fn packed(&self) -> &Packed {
        &self.triples
    }

    /// Appends a field that does not expire.
    fn push(&mut self, field: &Encoded<'_>, value: &Encoded<'_>) {
        for text in [field, value, &Encoded::int(0)] {
            self.triples.push(text);
        }
    }

    /// Sets a field; whether it was not there. Unless it stays `in_time` it no longer expires.
    pub(super) fn set(&mut self, field: &Encoded<'_>, value: &Encoded<'_>, in_time: bool) -> bool {
        let found = self.triples.find(field, TRIPLE);
        match found {
            Some(at) if in_time || self.deadline_at(at).is_none() => {
                self.triples.replace(self.triples.next(at), value);
            }
            Some(at) => {
                self.triples.remove(at, TRIPLE);
                self.push(field, value);
            }
            None => self.push(field, value),
        }
        found.is_none()
    }

    /// Takes a field out; whether it was there.
    pub(super) fn remove(&mut self, field: &Encoded<'_>) -> bool {
        let found = self.triples.find(field, TRIPLE);
        found.inspect(|at| self.triples.remove(*at, TRIPLE)).is_some()
    }

    /// When a field expires, if it is there.
    #[allow(clippy::option_option, reason = "no field and no deadline are two answers")]
    pub(super) fn deadline(&self, field: &Encoded<'_>) -> Option<Option<i64>> {
        self.triples.find(field, TRIPLE).map(|at| self.deadline_at(at))
    }

    /// The deadline of the triple at a place.
    fn deadline_at(&self, at: usize) -> Option<i64> {
        let triples = &self.triples;
        as_deadline(triples.get(triples.next(triples.next(at))))
    }

    /// When the fields expire, in their order.
    pub(super) fn deadlines(&self) -> impl Iterator<Item = Option<i64>> + '_ {
        self.triples.iter().skip(TRIPLE - 1).step_by(TRIPLE).map(as_deadline)
    }

    /// Changes when a field expires that is there, and puts it in its place: before those that expire then or
    /// later, or at the end if it does not expire.
    pub(super) fn set_deadline(&mut self, field: &Encoded<'_>, deadline: Option<i64>) {
        let Some(at) = self.triples.find(field, TRIPLE) else { return };
        if deadline.is_none() && self.deadline_at(at).is_none() {
            return;
        }
        let value = self.triples.get(self.triples.next(at)).to_vec();
        self.triples.remove(at, TRIPLE);
        let Some(deadline) = deadline else { return self.push(field, &Encoded::new(&value)) };
        let sooner = |present: &Option<i64>| present.is_some_and(|present| present < deadline);
        let before = self.deadlines().take_while(sooner).count();
        let mut at = self.triples.seek(before * TRIPLE);
        for text in [field, &Encoded::new(&value), &Encoded::int(deadline)] {
            self.triples.insert(at, text);
            at = self.triples.next(at);
        }
    }

    /// When the first field expires.
    pub(super) fn next_deadline(&self) -> Option<i64> {
        self.deadlines().next().flatten()
    }

    /// Takes out the fields whose deadlines lie before `now`.
    pub(super) fn remove_expired(&mut self, now: i64) {
        let expired = self.deadlines().take_while(|deadline| is_before(*deadline, now)).count();
        self.triples.remove(0, expired * TRIPLE);
    }

    /// Whether the deadlines of all fields lie before `now`.
    pub(super) fn all_expired(&self, now: i64) -> bool {
        self.deadlines().all(|deadline| is_before(deadline, now))
    }
}

fn is_before(deadline: Option<i64>, now: i64) -> bool {
    deadline.is_some_and(|deadline| deadline < now)
}

fn as_deadline(element: Element<'_>) -> Option<i64> {
    match element {
        Element::Int(deadline) if deadline != 0 => Some(deadline),
        _ => None,
    }
}
