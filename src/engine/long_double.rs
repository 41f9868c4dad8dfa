//! The 80-bit floating point numbers that INCRBYFLOAT and HINCRBYFLOAT count in.
//!
//! Their last bits show in the replies, so 64 bits of precision are part of the behaviour; Rust has no
//! such type.

use std::fmt;

use big::Big;

use crate::number;

mod big;

/// Bits of precision.
const PRECISION: u32 = 64;
/// The least power of two that a mantissa's lowest bit may stand for.
const EXPONENT_MIN: i32 = -16445;
/// The greatest power of two that a full mantissa's lowest bit may stand for.
const EXPONENT_MAX: i32 = 16320;
/// Texts of this length or more are not numbers.
const TEXT_MAX: usize = 5 * 1024;
/// Decimals in a text.
const DECIMALS: u32 = 17;

/// A number of 64 bits' precision, or infinity.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LongDouble {
    negative: bool,
    /// The number is this times two to the power of `exponent`; `None` is infinity.
    mantissa: Option<u64>,
    exponent: i32,
}

impl LongDouble {
    /// Zero.
    pub const ZERO: Self = Self { negative: false, mantissa: Some(0), exponent: 0 };

    /// Reads a number as the C library does: decimal or hexadecimal, or infinity. `None` for what is not
    /// one as a whole, for NaN and for what is beyond the range in either direction.
    pub fn parse(text: &[u8]) -> Option<Self> {
        if text.len() >= TEXT_MAX {
            return None;
        }
        let (negative, magnitude) = number::split_sign(text);
        if magnitude.eq_ignore_ascii_case(b"inf") || magnitude.eq_ignore_ascii_case(b"infinity") {
            return Some(Self { negative, mantissa: None, exponent: 0 });
        }
        let number = match magnitude {
            [b'0', b'x' | b'X', digits @ ..] => hexadecimal(digits)?,
            digits => decimal(digits)?,
        };
        Some(Self { negative, ..number })
    }

    /// The double next to it, infinite if it is too large for any.
    pub fn to_double(self) -> f64 {
        let magnitude = self.mantissa.map_or(f64::INFINITY, |mantissa| {
            // In two steps, because the power of two by itself may be out of a double's range.
            let half = self.exponent / 2;
            mantissa as f64 * 2f64.powi(half) * 2f64.powi(self.exponent - half)
        });
        if self.negative { -magnitude } else { magnitude }
    }

    /// Whether it is above zero, by however little.
    pub fn is_positive(self) -> bool {
        !self.negative && self.mantissa != Some(0)
    }

    /// Whether it is infinity.
    pub fn is_infinite(self) -> bool {
        self.mantissa.is_none()
    }

    /// The sum; `None` if it is infinite or no number.
    #[must_use]
    pub fn checked_add(self, other: Self) -> Option<Self> {
        let (a, b) = (self.mantissa?, other.mantissa?);
        if a == 0 || b == 0 {
            return Some(if a == 0 { other } else { self });
        }
        let (large, small) =
            if self.magnitude_order() >= other.magnitude_order() { (self, other) } else { (other, self) };
        // 63 bits below the larger number's mantissa hold what matters of the smaller's; a lost bit only
        // matters as one.
        let high = u128::from(large.mantissa?) << 63;
        let low = u128::from(small.mantissa?) << 63;
        let distance = (large.exponent - small.exponent) as u32;
        let shifted = low.checked_shr(distance).unwrap_or(0);
        let lost = shifted.checked_shl(distance).unwrap_or(0) != low;
        let bits =
            if large.negative == small.negative { high + shifted } else { high - shifted - u128::from(lost) };
        if bits == 0 && !lost {
            return Some(Self::ZERO);
        }
        let sum = round(bits, lost, large.exponent - 63)?;
        Some(Self { negative: large.negative, ..sum })
    }

    /// Orders magnitudes: mantissas are full, but for the smallest numbers, whose exponent is the least.
    fn magnitude_order(self) -> (i32, u64) {
        (self.exponent, self.mantissa.unwrap_or(u64::MAX))
    }
}

/// The number nearest to `bits`, and a little more if `more`, times two to the power of `exponent`; to the
/// even one in the middle. `None` beyond the range.
fn round(bits: u128, more: bool, exponent: i32) -> Option<LongDouble> {
    let length = (u128::BITS - bits.leading_zeros()) as i32;
    let excess = (length - PRECISION as i32).max(EXPONENT_MIN - exponent);
    if excess <= 0 {
        // Fills the mantissa up, as far as the exponent allows.
        let shift = (-excess).min(exponent - EXPONENT_MIN).max(0);
        return checked((bits << shift) as u64, exponent - shift);
    }
    let kept = bits.checked_shr(excess as u32).unwrap_or(0);
    let rest = bits - kept.checked_shl(excess as u32).unwrap_or(0);
    let half = 1u128.checked_shl(excess as u32 - 1).unwrap_or(u128::MAX);
    let up = rest > half || (rest == half && (more || kept & 1 == 1));
    let rounded = kept + u128::from(up);
    if rounded >> PRECISION > 0 {
        return checked((rounded >> 1) as u64, exponent + excess + 1);
    }
    checked(rounded as u64, exponent + excess)
}

fn checked(mantissa: u64, exponent: i32) -> Option<LongDouble> {
    (mantissa > 0 && exponent <= EXPONENT_MAX).then_some(LongDouble {
        negative: false,
        mantissa: Some(mantissa),
        exponent,
    })
}

/// What stands before and after the point, and the exponent after one of `marks`; nothing else may.
fn parts<'a>(text: &'a [u8], marks: &[u8], is_digit: fn(&u8) -> bool) -> Option<(&'a [u8], &'a [u8], i64)> {
    let whole = text.iter().take_while(|byte| is_digit(byte)).count();
    let (whole, rest) = text.split_at(whole);
    let (fraction, rest) = match rest {
        [b'.', rest @ ..] => rest.split_at(rest.iter().take_while(|byte| is_digit(byte)).count()),
        rest => (&rest[..0], rest),
    };
    if whole.is_empty() && fraction.is_empty() {
        return None;
    }
    let exponent = match rest {
        [] => 0,
        [mark, rest @ ..] if marks.contains(mark) => {
            let (negative, digits) = number::split_sign(rest);
            if digits.is_empty() || !digits.iter().all(u8::is_ascii_digit) {
                return None;
            }
            // Far beyond any range, and far from overflow.
            let magnitude = digits
                .iter()
                .fold(0i64, |number, digit| (number * 10 + i64::from(digit - b'0')).min(1_000_000));
            if negative { -magnitude } else { magnitude }
        }
        _ => return None,
    };
    Some((whole, fraction, exponent))
}

fn hexadecimal(text: &[u8]) -> Option<LongDouble> {
    let (whole, fraction, exponent) = parts(text, b"pP", u8::is_ascii_hexdigit)?;
    let (mut bits, mut more, mut dropped) = (0u128, false, 0);
    for digit in whole.iter().chain(fraction) {
        let digit = (*digit as char).to_digit(16)?;
        if bits >> 120 == 0 {
            bits = bits << 4 | u128::from(digit);
        } else {
            more |= digit != 0;
            dropped += 1;
        }
    }
    if bits == 0 {
        return Some(LongDouble::ZERO);
    }
    let exponent = exponent + 4 * (dropped - fraction.len() as i64);
    round(bits, more, i32::try_from(exponent).ok()?)
}

fn decimal(text: &[u8]) -> Option<LongDouble> {
    let (whole, fraction, exponent) = parts(text, b"eE", u8::is_ascii_digit)?;
    let mut number = Big::default();
    for digit in whole.iter().chain(fraction) {
        number.mul_add(10, u32::from(digit - b'0'));
    }
    if number.is_zero() {
        return Some(LongDouble::ZERO);
    }
    let exponent = exponent - fraction.len() as i64;
    // Beyond this nothing is in range, whatever the digits; and the powers of ten stay small.
    if exponent.abs() > 2 * TEXT_MAX as i64 {
        return None;
    }
    let mut divisor = Big::from_u64(1);
    if exponent >= 0 {
        number.mul_pow10(exponent as usize);
    } else {
        divisor.mul_pow10(exponent.unsigned_abs() as usize);
    }
    quotient(number, divisor)
}

/// The number nearest to a fraction.
fn quotient(mut number: Big, mut divisor: Big) -> Option<LongDouble> {
    const BITS: i32 = PRECISION as i32 + 2;
    // Brings the fraction to at least 1 and below 4, then takes it bit by bit.
    let shift = number.bits() as i32 - divisor.bits() as i32 - 1;
    if shift >= 0 {
        divisor.shl(shift as usize);
    } else {
        number.shl(shift.unsigned_abs() as usize);
    }
    let mut bits = 0u128;
    for _ in 0..=BITS {
        bits <<= 1;
        let mut twice = divisor.clone();
        twice.shl(1);
        if number >= twice {
            number.sub(&twice);
            bits += 1;
        }
        number.shl(1);
    }
    round(bits, !number.is_zero(), shift + 1 - BITS)
}

impl fmt::Display for LongDouble {
    /// At most 17 decimals, without the zeros at the end and without the sign of a zero.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.negative { "-" } else { "" };
        let Some(mantissa) = self.mantissa else { return write!(f, "{sign}inf") };
        if self.exponent >= 0 {
            let mut whole = Big::from_u64(mantissa);
            whole.shl(self.exponent as usize);
            let sign = if mantissa == 0 { "" } else { sign };
            return write!(f, "{sign}{}", whole.into_decimal());
        }
        let unit = 10u128.pow(DECIMALS);
        let scaled = rounded_shr(u128::from(mantissa) * unit, self.exponent.unsigned_abs());
        let (whole, fraction) = (scaled / unit, scaled % unit);
        if scaled == 0 {
            return write!(f, "0");
        }
        if fraction == 0 {
            return write!(f, "{sign}{whole}");
        }
        let fraction = format!("{fraction:0width$}", width = DECIMALS as usize);
        write!(f, "{sign}{whole}.{}", fraction.trim_end_matches('0'))
    }
}

/// Divides by a power of two, to the nearest, to the even one in the middle.
fn rounded_shr(number: u128, shift: u32) -> u128 {
    let kept = number.checked_shr(shift).unwrap_or(0);
    let Some(half) = 1u128.checked_shl(shift - 1) else { return 0 };
    let rest = number - kept.checked_shl(shift).unwrap_or(0);
    kept + u128::from(rest > half || (rest == half && kept & 1 == 1))
}

#[cfg(test)]
mod tests {
    use super::LongDouble;

    fn sum(a: &str, b: &str) -> String {
        let [a, b] = [a, b].map(|text| LongDouble::parse(text.as_bytes()).expect(text));
        a.checked_add(b).map_or_else(|| "out of range".to_owned(), |sum| sum.to_string())
    }

    #[test]
    fn sums_have_64_bits_of_precision() {
        for (a, b, expected) in [
            ("0.1", "0.2", "0.3"),
            ("3.0e3", "200", "3200"),
            ("1e20", "1", "100000000000000000000"),
            ("5.6", "5.0e3", "5005.60000000000000009"),
            ("5e-17", "0", "0.00000000000000005"),
            ("1.5e-17", "0", "0.00000000000000002"),
            ("5e-18", "0", "0"),
            ("9007199254740993", "1", "9007199254740994"),
            ("18446744073709551617", "1", "18446744073709551616"),
            ("36893488147419103233", "1", "36893488147419103232"),
            ("-0.0", "-0.0", "0"),
            ("1.23456789012345678901234567890", "0", "1.23456789012345679"),
            ("3.14159265358979323846264338327950288", "0", "3.14159265358979324"),
            ("123456789.123456789123456789", "0.000000001", "123456789.12345679011923494"),
            ("10.6", "-5", "5.6"),
            ("1e4932", "1e4932", "out of range"),
            ("1.5", "1e-4950", "1.5"),
            ("0x1p3", "1", "9"),
            ("0x1.8", "+.5", "2"),
            ("-1", "1.", "0"),
            ("inf", "1", "out of range"),
        ] {
            assert_eq!(sum(a, b), expected, "{a} + {b}");
        }
        assert_eq!(sum("1e30", "1"), "1000000000000000000024696061952");
    }

    #[test]
    fn what_is_not_a_number_as_a_whole_is_none() {
        for text in
            ["", " 1", "1 ", "abc", "nan", "-nan", "0x", "1e", "1_0", ".", "1e5000", "1e-5000", "--1", "0x1p"]
        {
            assert_eq!(LongDouble::parse(text.as_bytes()), None, "{text:?}");
        }
        assert_eq!(LongDouble::parse("1".repeat(5120).as_bytes()), None);
    }
}
