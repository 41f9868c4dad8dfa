//! Set values.

use super::intset::IntSet;
use super::packed::{Element, Encoded, Packed};
use crate::clock::Dice;
use crate::config::Limits;
use crate::number::parse_int;
use crate::table::Table;

#[cfg(test)]
mod tests;

/// A set: sorted integers as long as it has nothing else (`intset`), one packed allocation while it is
/// small (`listpack`), a table of members when it is not (`hashtable`).
#[derive(Clone, Debug)]
pub struct Set(Repr);

#[derive(Clone, Debug)]
enum Repr {
    Ints(IntSet),
    Packed(Packed),
    Table(Box<Members>),
}

/// The members of a big set.
#[derive(Clone, Debug)]
struct Members {
    table: Table<Box<[u8]>>,
    /// The memory of all members.
    bytes: usize,
}

impl Default for Set {
    fn default() -> Self {
        Self(Repr::Ints(IntSet::default()))
    }
}

/// How a set is kept: what DUMP makes and RESTORE takes.
#[derive(Debug)]
pub enum Kept<'s> {
    /// An intset.
    Ints(&'s IntSet),
    /// A listpack.
    Packed(&'s Packed),
    /// A table, to be walked by [`Set::iter`].
    Table,
}

impl Set {
    /// An empty set that is packed from the start, be its members integers.
    pub fn packed() -> Self {
        Self(Repr::Packed(Packed::default()))
    }

    /// An empty set to be read from a payload of so many members: a table from the start if these were too
    /// many for integers, whatever they are.
    pub fn of_many(count: usize, limits: &Limits) -> Self {
        let mut set = Self::default();
        if count > limits.set_intset {
            set.unpack(limits);
        }
        set
    }

    /// A set of integers; a table if they are too many.
    pub fn from_ints(ints: IntSet, limits: &Limits) -> Self {
        let mut set = Self(Repr::Ints(ints));
        if set.len() > limits.set_intset {
            set.unpack(limits);
        }
        set
    }

    /// A set of these members, each of which is there once; a table if they are too many.
    pub fn from_packed(members: Packed, limits: &Limits) -> Self {
        let mut set = Self(Repr::Packed(members));
        if set.len() > limits.set_entries {
            set.unpack(limits);
        }
        set
    }

    /// How it is kept.
    pub fn kept(&self) -> Kept<'_> {
        match &self.0 {
            Repr::Ints(ints) => Kept::Ints(ints),
            Repr::Packed(packed) => Kept::Packed(packed),
            Repr::Table(_) => Kept::Table,
        }
    }

    /// How many members there are.
    pub fn len(&self) -> usize {
        match &self.0 {
            Repr::Ints(ints) => ints.len(),
            Repr::Packed(packed) => packed.len(),
            Repr::Table(members) => members.table.len(),
        }
    }

    /// Whether it has no members.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// What OBJECT ENCODING says of it.
    pub fn encoding(&self) -> &'static str {
        match self.0 {
            Repr::Ints(_) => "intset",
            Repr::Packed(_) => "listpack",
            Repr::Table(_) => "hashtable",
        }
    }

    /// The memory it takes beside its own struct, in bytes; in O(1).
    pub fn bytes(&self) -> usize {
        match &self.0 {
            Repr::Ints(ints) => ints.bytes(),
            Repr::Packed(packed) => packed.bytes(),
            Repr::Table(members) => size_of::<Members>() + members.bytes + members.table.bytes(),
        }
    }

    /// Whether a member is in.
    pub fn contains(&self, member: &[u8]) -> bool {
        match &self.0 {
            Repr::Ints(ints) => parse_int(member).is_some_and(|number| ints.contains(number)),
            Repr::Packed(packed) => packed.find(&Encoded::new(member), 1).is_some(),
            Repr::Table(members) => members.table.get(member).is_some(),
        }
    }

    /// The members: integers ascending, packed ones in the order of their coming, else in no order.
    pub fn iter(&self) -> impl Iterator<Item = Element<'_>> {
        let (ints, packed, table) = match &self.0 {
            Repr::Ints(ints) => (Some(ints.iter()), None, None),
            Repr::Packed(packed) => (None, Some(packed.iter()), None),
            Repr::Table(members) => (None, None, Some(members.table.iter())),
        };
        let ints = ints.into_iter().flatten().map(Element::Int);
        let table = table.into_iter().flatten().map(|member| Element::Bytes(member));
        ints.chain(packed.into_iter().flatten()).chain(table)
    }

    /// Gets ready for these members, in the encoding that their number calls for.
    pub fn expect(&mut self, members: &[&[u8]], limits: &Limits) {
        let count = members.len();
        let too_many = match &self.0 {
            Repr::Table(_) => false,
            _ if self.is_empty() => {
                let ints = count <= limits.set_intset
                    && members.first().is_some_and(|member| parse_int(member).is_some());
                if !ints && count <= limits.set_entries {
                    // A short text takes two bytes beside itself.
                    let room = members.iter().map(|member| member.len().min(limits.set_value) + 2).sum();
                    self.0 = Repr::Packed(Packed::with_room(room));
                }
                !ints && count > limits.set_entries
            }
            Repr::Ints(_) => count > limits.set_intset,
            Repr::Packed(_) => count > limits.set_entries,
        };
        if too_many {
            self.unpack(limits);
        }
    }

    /// Puts a member in; whether it was not there.
    pub fn add(&mut self, member: &[u8], limits: &Limits) -> bool {
        match &mut self.0 {
            Repr::Ints(ints) => {
                if let Some(number) = parse_int(member) {
                    let added = ints.insert(number);
                    if ints.len() > limits.set_intset {
                        self.unpack(limits);
                    }
                    return added;
                }
                self.leave_ints(member, limits);
                self.add(member, limits)
            }
            Repr::Packed(packed) => {
                let text = Encoded::new(member);
                if packed.find(&text, 1).is_some() {
                    return false;
                }
                if packed.len() < limits.set_entries && member.len() <= limits.set_value {
                    packed.push(&text);
                    return true;
                }
                self.unpack(limits);
                self.add(member, limits)
            }
            Repr::Table(members) => members.add(member),
        }
    }

    /// Makes of integers what can hold this member too.
    fn leave_ints(&mut self, member: &[u8], limits: &Limits) {
        let Repr::Ints(ints) = &self.0 else { return };
        let longest = ints.iter().map(|number| Element::Int(number).len()).max().unwrap_or(0);
        if ints.len() < limits.set_entries && longest.max(member.len()) <= limits.set_value {
            let mut packed = Packed::default();
            let mut digits = itoa::Buffer::new();
            ints.iter().for_each(|number| packed.push(&Encoded::new(digits.format(number).as_bytes())));
            self.0 = Repr::Packed(packed);
        } else {
            self.unpack(limits);
        }
    }

    /// Takes a member out; whether it was there.
    pub fn remove(&mut self, member: &[u8]) -> bool {
        match &mut self.0 {
            Repr::Ints(ints) => parse_int(member).is_some_and(|number| ints.remove(number)),
            Repr::Packed(packed) => {
                packed.find(&Encoded::new(member), 1).inspect(|at| packed.remove(*at, 1)).is_some()
            }
            Repr::Table(members) => {
                let removed = members.table.remove(member);
                removed.inspect(|member| members.bytes -= member.len()).is_some()
            }
        }
    }

    /// A member chosen at random.
    pub fn random(&self, dice: &mut Dice) -> Option<Element<'_>> {
        match &self.0 {
            _ if self.is_empty() => None,
            Repr::Ints(ints) => Some(Element::Int(ints.get(dice.below(ints.len())))),
            Repr::Packed(packed) => Some(packed.get(packed.seek(dice.below(packed.len())))),
            Repr::Table(members) => {
                members.table.random(&mut |n| dice.below(n)).map(|member| Element::Bytes(member))
            }
        }
    }

    /// As many different members chosen at random; all, if there are no more.
    pub fn sample(&self, count: usize, dice: &mut Dice) -> Vec<Element<'_>> {
        if let Repr::Table(members) = &self.0 {
            let chosen = members.table.sample(count, &mut |n| dice.below(n));
            return chosen.into_iter().map(|member| Element::Bytes(member)).collect();
        }
        let mut left = self.len();
        let mut wanted = count.min(left);
        let chosen = self.iter().filter(|_| {
            let takes = dice.below(left) < wanted;
            left -= 1;
            wanted -= usize::from(takes);
            takes
        });
        chosen.collect()
    }

    /// Takes a member out that is chosen at random.
    pub fn pop(&mut self, dice: &mut Dice) -> Option<Vec<u8>> {
        let member = self.random(dice)?.to_vec();
        self.remove(&member);
        Some(member)
    }

    /// Makes a table as small as its members allow, but never one of integers, as SPOP does that leaves few.
    pub fn repack(&mut self, limits: &Limits) {
        if matches!(self.0, Repr::Table(_)) {
            let mut repacked = Self(Repr::Packed(Packed::default()));
            let mut digits = itoa::Buffer::new();
            for member in self.iter() {
                repacked.add(member.text(&mut digits), limits);
            }
            *self = repacked;
        }
    }

    /// Makes sorted integers of members that are nothing else, if they are few enough.
    pub fn sort_ints(&mut self, limits: &Limits) {
        if matches!(self.0, Repr::Ints(_)) || self.len() > limits.set_intset {
            return;
        }
        let mut ints = IntSet::default();
        let mut digits = itoa::Buffer::new();
        for member in self.iter() {
            let Some(number) = parse_int(member.text(&mut digits)) else { return };
            ints.insert(number);
        }
        self.0 = Repr::Ints(ints);
    }

    /// Shows members from a cursor on, about `count`, and gives the next cursor; unless it is a table all,
    /// and 0.
    pub fn scan<'t>(&'t self, cursor: u64, count: usize, mut visit: impl FnMut(Element<'t>)) -> u64 {
        if let Repr::Table(members) = &self.0 {
            return members.table.scan(cursor, count, |member| visit(Element::Bytes(member)));
        }
        self.iter().for_each(visit);
        0
    }

    fn unpack(&mut self, limits: &Limits) {
        if matches!(self.0, Repr::Table(_)) {
            return;
        }
        let mut members = Box::new(Members { table: Table::new(limits.seed), bytes: 0 });
        let mut digits = itoa::Buffer::new();
        for member in self.iter() {
            members.add(member.text(&mut digits));
        }
        self.0 = Repr::Table(members);
    }
}

impl Members {
    /// Puts a member in; whether it was not there.
    fn add(&mut self, member: &[u8]) -> bool {
        let hash = self.table.hash(member);
        let (_, added) = self.table.get_or_insert_with(hash, member, || member.into());
        self.bytes += if added { member.len() } else { 0 };
        added
    }
}
