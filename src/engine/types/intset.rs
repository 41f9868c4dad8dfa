//! Sets of integers: sorted, in one allocation, each as wide as the widest needs.

/// A sorted array of distinct integers of 2, 4 or 8 bytes.
#[derive(Clone, Debug)]
pub struct IntSet {
    bytes: Vec<u8>,
    width: usize,
}

impl Default for IntSet {
    fn default() -> Self {
        Self { bytes: Vec::new(), width: 2 }
    }
}

impl IntSet {
    /// Integers of this many bytes each, lowest first in their order and in that of their bytes; nothing if
    /// they are not.
    pub fn from_bytes(width: usize, bytes: &[u8]) -> Option<Self> {
        if !matches!(width, 2 | 4 | 8) || !bytes.len().is_multiple_of(width) {
            return None;
        }
        let set = Self { bytes: bytes.to_vec(), width };
        let ascending = (1..set.len()).all(|index| set.get(index - 1) < set.get(index));
        ascending.then_some(set)
    }

    /// How many bytes each integer takes.
    pub fn width(&self) -> usize {
        self.width
    }

    /// The integers as [`IntSet::from_bytes`] takes them.
    pub fn as_bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// How many integers there are.
    pub fn len(&self) -> usize {
        self.bytes.len() / self.width
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.bytes.is_empty()
    }

    /// The memory it takes beside its own struct, in bytes.
    pub fn bytes(&self) -> usize {
        self.bytes.capacity()
    }

    /// The integer of an index, in ascending order.
    pub fn get(&self, index: usize) -> i64 {
        let at = &self.bytes[index * self.width..];
        match self.width {
            2 => i64::from(i16::from_le_bytes([at[0], at[1]])),
            4 => i64::from(i32::from_le_bytes([at[0], at[1], at[2], at[3]])),
            _ => i64::from_le_bytes([at[0], at[1], at[2], at[3], at[4], at[5], at[6], at[7]]),
        }
    }

    /// The integers in ascending order.
    pub fn iter(&self) -> impl Iterator<Item = i64> + '_ {
        (0..self.len()).map(|index| self.get(index))
    }

    /// Whether an integer is in.
    pub fn contains(&self, number: i64) -> bool {
        self.search(number).is_ok()
    }

    /// Puts an integer in; whether it was not there.
    pub fn insert(&mut self, number: i64) -> bool {
        let Err(index) = self.search(number) else { return false };
        self.widen(width_of(number));
        let at = index * self.width;
        if self.bytes.capacity() == self.bytes.len() {
            self.bytes.reserve_exact(self.width + self.bytes.len() / 8);
        }
        let end = self.bytes.len();
        self.bytes.resize(end + self.width, 0);
        self.bytes.copy_within(at..end, at + self.width);
        self.bytes[at..at + self.width].copy_from_slice(&number.to_le_bytes()[..self.width]);
        true
    }

    /// Takes an integer out; whether it was there.
    pub fn remove(&mut self, number: i64) -> bool {
        let Ok(index) = self.search(number) else { return false };
        self.bytes.drain(index * self.width..(index + 1) * self.width);
        if self.bytes.capacity() > 2 * self.bytes.len() + 64 {
            self.bytes.shrink_to(self.bytes.len() + self.bytes.len() / 8);
        }
        true
    }

    /// The index of an integer, or the one that it would have.
    fn search(&self, number: i64) -> Result<usize, usize> {
        let (mut low, mut high) = (0, self.len());
        while low < high {
            let middle = usize::midpoint(low, high);
            match self.get(middle).cmp(&number) {
                std::cmp::Ordering::Equal => return Ok(middle),
                std::cmp::Ordering::Less => low = middle + 1,
                std::cmp::Ordering::Greater => high = middle,
            }
        }
        Err(low)
    }

    fn widen(&mut self, width: usize) {
        if width > self.width {
            let mut wider = Vec::with_capacity((self.len() + 1) * width);
            self.iter().for_each(|number| wider.extend_from_slice(&number.to_le_bytes()[..width]));
            *self = Self { bytes: wider, width };
        }
    }
}

fn width_of(number: i64) -> usize {
    if i16::try_from(number).is_ok() {
        2
    } else if i32::try_from(number).is_ok() {
        4
    } else {
        8
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::clock::Dice;

    #[test]
    fn it_holds_what_an_ordered_set_holds() {
        let mut dice = Dice::new(5);
        let (mut set, mut model) = (IntSet::default(), BTreeSet::new());
        for round in 0..3000_u32 {
            let shift = [49, 33, 1][round as usize / 1000];
            let number = (dice.next_u64() as i64 >> shift) / 150 * 150;
            assert_eq!(set.contains(number), model.contains(&number));
            if dice.below(3) == 0 {
                assert_eq!(set.remove(number), model.remove(&number));
            } else {
                assert_eq!(set.insert(number), model.insert(number));
            }
            if let Some(first) = model.first().copied().filter(|_| dice.below(2) == 0) {
                assert_eq!((set.remove(first), model.remove(&first)), (true, true));
            }
            assert!(set.iter().eq(model.iter().copied()));
        }
    }
}
