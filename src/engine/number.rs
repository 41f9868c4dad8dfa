//! Numbers as Redis reads and writes them.

use std::fmt::Write;

use smallvec::SmallVec;

mod grisu;

/// A signed 64-bit integer in its one canonical spelling: no sign but `-`, no leading zeros, no spaces.
pub fn parse_int(text: &[u8]) -> Option<i64> {
    let (negative, digits) = match text.split_first()? {
        (b'-', digits) => (true, digits),
        _ => (false, text),
    };
    match digits.first()? {
        b'0' if digits.len() == 1 && !negative => return Some(0),
        b'1'..=b'9' if digits.len() <= 19 => {}
        _ => return None,
    }
    let mut magnitude: u64 = 0;
    for digit in digits {
        if !digit.is_ascii_digit() {
            return None;
        }
        magnitude = magnitude * 10 + u64::from(digit - b'0');
    }
    if negative {
        (magnitude <= 1 << 63).then(|| (magnitude as i64).wrapping_neg())
    } else {
        i64::try_from(magnitude).ok()
    }
}

/// Whether a minus leads, and what comes after the sign, if there is one.
pub(crate) fn split_sign(text: &[u8]) -> (bool, &[u8]) {
    let negative = text.first() == Some(&b'-');
    (negative, text.strip_prefix(b"-").or(text.strip_prefix(b"+")).unwrap_or(text))
}

/// A floating point number as a score or an increment may be written, decimal or hexadecimal; `None` for
/// NaN, for any blank, and for what is too large or too small for a double.
pub fn parse_float(text: &[u8]) -> Option<f64> {
    let unsigned = text.strip_prefix(b"-").or_else(|| text.strip_prefix(b"+")).unwrap_or(text);
    if let [b'0', b'x' | b'X', digits @ ..] = unsigned {
        let magnitude = parse_hex_float(digits)?;
        return Some(if text[0] == b'-' { -magnitude } else { magnitude });
    }
    let number = parse_decimal(text)?;
    let mantissa = unsigned.split(|byte| matches!(byte, b'e' | b'E')).next().unwrap_or_default();
    let overflows = number.is_infinite() && mantissa.first().is_some_and(u8::is_ascii_digit);
    let underflows = number == 0.0 && mantissa.iter().any(|digit| (b'1'..=b'9').contains(digit));
    (!overflows && !underflows).then_some(number)
}

/// A floating point number as the end of a score range may be written: decimal, as far as its first NUL
/// byte, and nothing at all is 0. What is too large is infinite.
pub fn parse_bound(text: &[u8]) -> Option<f64> {
    let text = text.split(|&byte| byte == 0).next().unwrap_or_default();
    if text.is_empty() { Some(0.0) } else { parse_decimal(text) }
}

fn parse_decimal(text: &[u8]) -> Option<f64> {
    let number: f64 = std::str::from_utf8(text).ok()?.parse().ok()?;
    (!number.is_nan()).then_some(number)
}

/// What follows the `0x` of a hexadecimal floating point number.
fn parse_hex_float(text: &[u8]) -> Option<f64> {
    let exponent_at = text.iter().position(|byte| matches!(byte, b'p' | b'P'));
    let (digits, exponent) = match exponent_at {
        None => (text, 0),
        Some(at) => {
            let exponent = std::str::from_utf8(&text[at + 1..]).ok()?;
            (&text[..at], exponent.parse::<i32>().ok()?)
        }
    };
    let (mut mantissa, mut scale, mut seen, mut point) = (0u64, 0i32, false, false);
    for &byte in digits {
        if byte == b'.' && !point {
            point = true;
            continue;
        }
        let digit = u64::from(char::from(byte).to_digit(16)?);
        seen = true;
        if mantissa >> 60 == 0 {
            mantissa = mantissa << 4 | digit;
            scale -= if point { 4 } else { 0 };
        } else {
            // Beyond 64 bits a digit matters only by being there: it breaks a tie in rounding.
            mantissa |= u64::from(digit != 0);
            scale += if point { 0 } else { 4 };
        }
    }
    if !seen {
        return None;
    }
    // In two steps, because 2 to the power of either alone may be out of range.
    let exponent = exponent.saturating_add(scale);
    let number = mantissa as f64 * 2f64.powi(exponent / 2) * 2f64.powi(exponent - exponent / 2);
    (number.is_finite() && (number != 0.0 || mantissa == 0)).then_some(number)
}

/// A double's text: no longer than its room.
pub type FloatText = SmallVec<[u8; 32]>;

/// A double in a text that reads back as the same number, in the notation of RESP and scores:
/// whole numbers up to 2^62 in full, exponents where they are shorter.
pub fn format_float(number: f64) -> FloatText {
    /// The largest whole number written as an integer whatever its length.
    const WHOLE: f64 = (1u64 << 62) as f64;
    if number.abs() <= WHOLE && number == number.trunc() && number != 0.0 {
        return SmallVec::from_slice(itoa::Buffer::new().format(number as i64).as_bytes());
    }
    format_shortest(number)
}

/// As [`format_float`], but that whole numbers, too, have exponents where they are shorter.
pub fn format_shortest(number: f64) -> FloatText {
    if number.is_nan() {
        return SmallVec::from_slice(b"nan");
    }
    if number.is_infinite() {
        return SmallVec::from_slice(if number > 0.0 { b"inf" } else { b"-inf" });
    }
    if number == 0.0 {
        return SmallVec::from_slice(if number.is_sign_negative() { b"-0" } else { b"0" });
    }
    // The place that the last digit stands for, and that of the first.
    let (digits, shift) = grisu::digits(number.abs());
    let exponent = shift + digits.len() as i32 - 1;
    let mut text = FloatText::new();
    if number < 0.0 {
        text.push(b'-');
    }
    if shift >= 0 && exponent < digits.len() as i32 + 7 {
        text.extend_from_slice(&digits);
        text.resize(text.len() + shift as usize, b'0');
    } else if shift < 0 && (shift > -7 || exponent.abs() < 4) {
        if let Ok(whole) = usize::try_from(exponent) {
            text.extend_from_slice(&digits[..=whole]);
            text.push(b'.');
            text.extend_from_slice(&digits[whole + 1..]);
        } else {
            text.extend_from_slice(b"0.");
            text.resize(text.len() + (-exponent - 1) as usize, b'0');
            text.extend_from_slice(&digits);
        }
    } else {
        text.push(digits[0]);
        if digits.len() > 1 {
            text.push(b'.');
            text.extend_from_slice(&digits[1..]);
        }
        text.extend_from_slice(if exponent < 0 { b"e-" } else { b"e+" });
        text.extend_from_slice(itoa::Buffer::new().format(exponent.unsigned_abs()).as_bytes());
    }
    text
}

/// Appends a number as C's `%.<precision>g` writes it.
pub(crate) fn push_general(out: &mut Vec<u8>, number: f64, precision: usize) {
    if !number.is_finite() {
        let sign = if number.is_sign_negative() { "-" } else { "" };
        out.extend_from_slice(sign.as_bytes());
        out.extend_from_slice(if number.is_nan() { b"nan" } else { b"inf" });
        return;
    }
    let plain =
        number.trunc() == number && number.abs() < 1e15 && (number != 0.0 || number.is_sign_positive());
    if plain && number.abs() < 10f64.powi(precision as i32) {
        out.extend_from_slice(itoa::Buffer::new().format(number as i64).as_bytes());
        return;
    }
    let mut scientific = String::with_capacity(32);
    let decimals = precision.max(1) - 1;
    // Writing into a String cannot fail.
    let _ = write!(scientific, "{number:.decimals$e}");
    let (mantissa, exponent) = scientific.split_once('e').unwrap_or((&scientific, "0"));
    let exponent: i32 = exponent.parse().unwrap_or(0);
    if exponent < -4 || exponent >= precision as i32 {
        out.extend_from_slice(without_trailing_zeros(mantissa).as_bytes());
        out.extend_from_slice(
            format!("e{}{:02}", if exponent < 0 { '-' } else { '+' }, exponent.abs()).as_bytes(),
        );
    } else {
        let decimals = (decimals as i32 - exponent) as usize;
        out.extend_from_slice(without_trailing_zeros(&format!("{number:.decimals$}")).as_bytes());
    }
}

fn without_trailing_zeros(digits: &str) -> &str {
    if digits.contains('.') { digits.trim_end_matches('0').trim_end_matches('.') } else { digits }
}

/// Bytes in hexadecimal digits, lower case.
pub(crate) fn hex(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let digits = |byte: &u8| [byte >> 4, byte & 15].map(|digit| char::from(DIGITS[usize::from(digit)]));
    bytes.iter().flat_map(digits).collect()
}

/// An integer in decimal.
pub fn format_int(number: i64) -> Vec<u8> {
    itoa::Buffer::new().format(number).as_bytes().to_vec()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn general_format_is_that_of_c() {
        let text = |number, precision| {
            let mut out = Vec::new();
            push_general(&mut out, number, precision);
            String::from_utf8(out).unwrap()
        };
        for (number, expected) in [
            (0.1, "0.1"),
            (1.0 / 3.0, "0.33333333333333"),
            (1e14, "1e+14"),
            (99_999_999_999_999.0, "99999999999999"),
            (-0.0, "-0"),
            (1e100, "1e+100"),
            (123_456_789_012_345_678.0, "1.2345678901235e+17"),
            (0.000_01, "1e-05"),
            (0.000_123, "0.000123"),
            (-1.5, "-1.5"),
            (f64::INFINITY, "inf"),
        ] {
            assert_eq!(text(number, 14), expected);
        }
        assert_eq!(text(123.0, 2), "1.2e+02");
        assert_eq!(text(9.99, 1), "1e+01");
    }

    #[test]
    fn integers_have_one_spelling() {
        for (text, number) in
            [("0", 0), ("-1", -1), ("9223372036854775807", i64::MAX), ("-9223372036854775808", i64::MIN)]
        {
            assert_eq!(parse_int(text.as_bytes()), Some(number));
        }
        for text in [
            "",
            "-",
            "-0",
            "+1",
            "01",
            " 1",
            "1 ",
            "1.0",
            "9223372036854775808",
            "-9223372036854775809",
            "1e3",
        ] {
            assert_eq!(parse_int(text.as_bytes()), None, "{text:?}");
        }
    }

    #[test]
    fn floats_are_written_as_the_server_writes_them() {
        for (number, text) in [
            (3.0, "3"),
            (-0.0, "-0"),
            (0.1, "0.1"),
            (-174_082.028_37, "-1.7408202837000001e+5"),
            (0.309_028_788_115_906_2, "0.30902878811590617"),
            (1_700_096_967.947_384, "1.7000969679473841e+9"),
            (1e17, "100000000000000000"),
            (4.6e18, "4600000000000000000"),
            (4.7e18, "4.7e+18"),
            (1.234_567e20, "1.234567e+20"),
            (-5e18, "-5e+18"),
            (1e-5, "0.00001"),
            (1e-6, "0.000001"),
            (1e-7, "1e-7"),
            (1.5e-6, "1.5e-6"),
            (1.5e-4, "0.00015"),
            (1.234e-4, "1.234e-4"),
            (1.000_1e-3, "0.0010001"),
            (f64::MAX, "1.7976931348623157e+308"),
            (5e-324, "5e-324"),
            (f64::NEG_INFINITY, "-inf"),
        ] {
            assert_eq!(String::from_utf8_lossy(&format_float(number)), text);
        }
    }

    #[test]
    fn floats_are_read_as_the_server_reads_them() {
        for (text, number) in [
            ("3.0", 3.0),
            (".5", 0.5),
            ("1.e2", 100.0),
            ("+Inf", f64::INFINITY),
            ("-infinity", f64::NEG_INFINITY),
            ("00012", 12.0),
            ("0x10", 16.0),
            ("-0X1P-2", -0.25),
            ("0x.8", 0.5),
            ("0x1.fffffffffffffffffff", 2.0),
            ("1e-310", 1e-310),
            ("0e99999999999", 0.0),
        ] {
            assert_eq!(parse_float(text.as_bytes()), Some(number), "{text:?}");
        }
        for text in [
            "",
            ".",
            "-",
            "nan",
            " 1",
            "1 ",
            "1e",
            ".e2",
            "1_0",
            "0x",
            "0xg",
            "0x1.8p",
            "infin",
            "1e400",
            "-1e400",
            "1e-400",
            "0x1p5000",
            "0x1p-5000",
        ] {
            assert_eq!(parse_float(text.as_bytes()), None, "{text:?}");
        }
        for (text, number) in [("", 0.0), ("1e400", f64::INFINITY), ("1\0x", 1.0), ("+1.5", 1.5)] {
            assert_eq!(parse_bound(text.as_bytes()), Some(number), "{text:?}");
        }
        for text in ["0x1", "nan", " 1", "-", "++1"] {
            assert_eq!(parse_bound(text.as_bytes()), None, "{text:?}");
        }
    }
}
