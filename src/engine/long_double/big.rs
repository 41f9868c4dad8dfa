//! As much of big natural numbers as decimal conversion needs.

use std::cmp::Ordering;

/// A natural number of any size: 32-bit digits, the lowest first, none of them a leading zero.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Big(Vec<u32>);

impl Big {
    pub(super) fn from_u64(number: u64) -> Self {
        let mut big = Self(vec![number as u32, (number >> 32) as u32]);
        big.trim();
        big
    }

    fn trim(&mut self) {
        while self.0.last() == Some(&0) {
            self.0.pop();
        }
    }

    /// The length in binary.
    pub(super) fn bits(&self) -> usize {
        self.0.last().map_or(0, |top| self.0.len() * 32 - top.leading_zeros() as usize)
    }

    pub(super) fn is_zero(&self) -> bool {
        self.0.is_empty()
    }

    pub(super) fn mul_add(&mut self, factor: u32, addend: u32) {
        let mut carry = u64::from(addend);
        for digit in &mut self.0 {
            let product = u64::from(*digit) * u64::from(factor) + carry;
            *digit = product as u32;
            carry = product >> 32;
        }
        if carry > 0 {
            self.0.push(carry as u32);
        }
    }

    pub(super) fn mul_pow10(&mut self, mut exponent: usize) {
        while exponent > 0 {
            let step = exponent.min(9);
            self.mul_add(10u32.pow(step as u32), 0);
            exponent -= step;
        }
    }

    pub(super) fn shl(&mut self, bits: usize) {
        if self.is_zero() {
            return;
        }
        if !bits.is_multiple_of(32) {
            self.mul_add(1 << (bits % 32), 0);
        }
        self.0.splice(0..0, std::iter::repeat_n(0, bits / 32));
    }

    /// Subtracts a number that is not larger.
    pub(super) fn sub(&mut self, other: &Self) {
        let mut borrow = 0;
        for (at, digit) in self.0.iter_mut().enumerate() {
            let subtrahend = u64::from(other.0.get(at).copied().unwrap_or(0)) + borrow;
            borrow = u64::from(u64::from(*digit) < subtrahend);
            *digit = (u64::from(*digit) + (borrow << 32) - subtrahend) as u32;
        }
        self.trim();
    }

    /// Divides by a small number, giving the remainder.
    pub(super) fn div_small(&mut self, divisor: u32) -> u32 {
        let mut remainder = 0u64;
        for digit in self.0.iter_mut().rev() {
            let dividend = remainder << 32 | u64::from(*digit);
            *digit = (dividend / u64::from(divisor)) as u32;
            remainder = dividend % u64::from(divisor);
        }
        self.trim();
        remainder as u32
    }

    /// In decimal.
    pub(super) fn into_decimal(mut self) -> String {
        let mut groups = Vec::new();
        while !self.is_zero() {
            groups.push(self.div_small(1_000_000_000));
        }
        let Some(first) = groups.pop() else { return "0".to_owned() };
        groups.iter().rev().fold(first.to_string(), |text, group| text + &format!("{group:09}"))
    }
}

impl PartialOrd for Big {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Big {
    fn cmp(&self, other: &Self) -> Ordering {
        self.0.len().cmp(&other.0.len()).then_with(|| self.0.iter().rev().cmp(other.0.iter().rev()))
    }
}
