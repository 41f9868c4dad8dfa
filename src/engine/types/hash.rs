//! Hash values.

use super::packed::{Element, Encoded, Packed};
use crate::clock::Dice;
use crate::config::Limits;
use crate::table::{Entry, Table};

#[cfg(test)]
mod tests;

/// A hash: fields and values in turns in one packed allocation while it is small (`listpack`), a table of
/// them when it is not (`hashtable`), which it then stays.
#[derive(Clone, Debug)]
pub struct Hash(Repr);

#[derive(Clone, Debug)]
enum Repr {
    Packed(Packed),
    Table(Box<Fields>),
}

/// The fields of a big hash.
#[derive(Clone, Debug)]
struct Fields {
    table: Table<Field>,
    /// The memory of all fields and values.
    bytes: usize,
}

/// A field and its value in one allocation: `[length of the field][field][value]`, the length in one byte,
/// or in four after a byte of 255.
#[derive(Clone, Debug)]
struct Field(Box<[u8]>);

impl Field {
    fn new(field: &[u8], value: &[u8]) -> Self {
        let mut bytes = Vec::with_capacity(field.len() + value.len() + if field.len() < 255 { 1 } else { 5 });
        if field.len() < 255 {
            bytes.push(field.len() as u8);
        } else {
            bytes.push(255);
            bytes.extend_from_slice(&(field.len() as u32).to_le_bytes());
        }
        bytes.extend_from_slice(field);
        bytes.extend_from_slice(value);
        Self(bytes.into_boxed_slice())
    }

    fn parts(&self) -> (&[u8], &[u8]) {
        match self.0[0] {
            255 => {
                let len = u32::from_le_bytes([self.0[1], self.0[2], self.0[3], self.0[4]]);
                self.0[5..].split_at(len as usize)
            }
            len => self.0[1..].split_at(usize::from(len)),
        }
    }

    fn elements(&self) -> (Element<'_>, Element<'_>) {
        let (field, value) = self.parts();
        (Element::Bytes(field), Element::Bytes(value))
    }
}

impl Entry for Field {
    fn key(&self) -> &[u8] {
        self.parts().0
    }
}

impl Default for Hash {
    fn default() -> Self {
        Self(Repr::Packed(Packed::default()))
    }
}

impl Hash {
    /// How many fields there are.
    pub fn len(&self) -> usize {
        match &self.0 {
            Repr::Packed(packed) => packed.len() / 2,
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
            Repr::Table(_) => "hashtable",
        }
    }

    /// The memory it takes beside its own struct, in bytes; in O(1).
    pub fn bytes(&self) -> usize {
        match &self.0 {
            Repr::Packed(packed) => packed.bytes(),
            Repr::Table(fields) => size_of::<Fields>() + fields.bytes + fields.table.bytes(),
        }
    }

    /// The value of a field.
    pub fn get(&self, field: &[u8]) -> Option<Element<'_>> {
        match &self.0 {
            Repr::Packed(packed) => {
                packed.find(&Encoded::new(field), 2).map(|at| packed.get(packed.next(at)))
            }
            Repr::Table(fields) => fields.table.get(field).map(|field| field.elements().1),
        }
    }

    /// The fields and their values: while packed in the order of their coming, else in no order.
    pub fn iter(&self) -> impl Iterator<Item = (Element<'_>, Element<'_>)> {
        let (packed, table) = match &self.0 {
            Repr::Packed(packed) => (Some(packed.pairs()), None),
            Repr::Table(fields) => (None, Some(fields.table.iter().map(Field::elements))),
        };
        packed.into_iter().flatten().chain(table.into_iter().flatten())
    }

    /// Gets ready for these fields and values in turns: becomes a table at once if they are too many or
    /// too long.
    pub fn expect(&mut self, pairs: &[&[u8]], limits: &Limits) {
        let Repr::Packed(packed) = &mut self.0 else { return };
        if pairs.len() / 2 > limits.hash_entries || pairs.iter().any(|text| text.len() > limits.hash_value) {
            self.unpack(limits);
        } else if packed.is_empty() {
            // A short text takes two bytes beside itself.
            packed.reserve(pairs.iter().map(|text| text.len() + 2).sum());
        }
    }

    /// Sets a field; whether it was not there.
    pub fn set(&mut self, field: &[u8], value: &[u8], limits: &Limits) -> bool {
        if field.len().max(value.len()) > limits.hash_value {
            self.unpack(limits);
        }
        match &mut self.0 {
            Repr::Packed(packed) => {
                let (name, value) = (Encoded::new(field), Encoded::new(value));
                if let Some(at) = packed.find(&name, 2) {
                    packed.replace(packed.next(at), &value);
                    return false;
                }
                packed.push(&name);
                packed.push(&value);
                if packed.len() / 2 > limits.hash_entries {
                    self.unpack(limits);
                }
                true
            }
            Repr::Table(fields) => fields.set(field, value),
        }
    }

    /// Takes a field out; whether it was there.
    pub fn remove(&mut self, field: &[u8]) -> bool {
        match &mut self.0 {
            Repr::Packed(packed) => {
                let found = packed.find(&Encoded::new(field), 2);
                found.inspect(|at| packed.remove(*at, 2)).is_some()
            }
            Repr::Table(fields) => {
                let removed = fields.table.remove(field);
                removed.inspect(|field| fields.bytes -= field.0.len()).is_some()
            }
        }
    }

    /// A field chosen at random, and its value.
    pub fn random(&self, dice: &mut Dice) -> Option<(Element<'_>, Element<'_>)> {
        match &self.0 {
            Repr::Packed(packed) => packed.pairs_from(packed.seek(2 * dice.below(self.len()))).next(),
            Repr::Table(fields) => fields.table.random(&mut |n| dice.below(n)).map(Field::elements),
        }
    }

    /// As many different fields chosen at random, with their values; all, if there are no more.
    pub fn sample(&self, count: usize, dice: &mut Dice) -> Vec<(Element<'_>, Element<'_>)> {
        match &self.0 {
            Repr::Packed(packed) => {
                let mut left = self.len();
                let mut wanted = count.min(left);
                let chosen = packed.pairs().filter(|_| {
                    let takes = dice.below(left) < wanted;
                    left -= 1;
                    wanted -= usize::from(takes);
                    takes
                });
                chosen.collect()
            }
            Repr::Table(fields) => {
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
        match &self.0 {
            Repr::Packed(packed) => {
                packed.pairs().for_each(|(field, value)| visit(field, value));
                0
            }
            Repr::Table(fields) => fields.table.scan(cursor, count, |entry| {
                let (field, value) = entry.elements();
                visit(field, value);
            }),
        }
    }

    fn unpack(&mut self, limits: &Limits) {
        let Repr::Packed(packed) = &self.0 else { return };
        let mut fields = Box::new(Fields { table: Table::new(limits.seed), bytes: 0 });
        let (mut field_digits, mut value_digits) = (itoa::Buffer::new(), itoa::Buffer::new());
        for (field, value) in packed.pairs() {
            fields.set(field.text(&mut field_digits), value.text(&mut value_digits));
        }
        self.0 = Repr::Table(fields);
    }
}

impl Fields {
    /// Sets a field; whether it was not there.
    fn set(&mut self, field: &[u8], value: &[u8]) -> bool {
        let entry = Field::new(field, value);
        self.bytes += entry.0.len();
        let replaced = self.table.insert(entry);
        self.bytes -= replaced.as_ref().map_or(0, |field| field.0.len());
        replaced.is_none()
    }
}
