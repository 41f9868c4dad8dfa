//! Numbers as Lua and C write them.

use std::fmt::Write;

use mlua::Value;

/// The number that a value is.
pub(super) fn number_of(value: &Value) -> Option<f64> {
    match value {
        Value::Integer(number) => Some(*number as f64),
        Value::Number(number) => Some(*number),
        _ => None,
    }
}

/// Appends a number as C's `%.<precision>g` writes it.
pub(super) fn push_general(out: &mut Vec<u8>, number: f64, precision: usize) {
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

/// Reads a number as C's `strtod` does: the number and how many bytes it takes; `None` if there is none.
pub(super) fn read_number(text: &[u8]) -> Option<(f64, usize)> {
    let signed = usize::from(matches!(text.first(), Some(b'-' | b'+')));
    let negative = text.first() == Some(&b'-');
    let body = &text[signed..];
    let (magnitude, length) = read_special(body).or_else(|| read_hex(body)).or_else(|| read_decimal(body))?;
    Some((if negative { -magnitude } else { magnitude }, signed + length))
}

fn read_special(body: &[u8]) -> Option<(f64, usize)> {
    let is =
        |word: &str| body.get(..word.len()).is_some_and(|head| head.eq_ignore_ascii_case(word.as_bytes()));
    if is("infinity") {
        return Some((f64::INFINITY, 8));
    }
    if is("inf") {
        return Some((f64::INFINITY, 3));
    }
    is("nan").then(|| {
        // `nan(chars)` is one word too.
        let inner = body[3..]
            .iter()
            .skip(1)
            .take_while(|byte| byte.is_ascii_alphanumeric() || **byte == b'_')
            .count();
        let closed = body.get(3) == Some(&b'(') && body.get(4 + inner) == Some(&b')');
        (f64::NAN, if closed { 5 + inner } else { 3 })
    })
}

fn digits(text: &[u8], is_digit: fn(&u8) -> bool) -> usize {
    text.iter().take_while(|byte| is_digit(byte)).count()
}

/// The length of an exponent (`e+10`) at the beginning of `text`, 0 if it is none.
fn exponent(text: &[u8], letter: u8) -> usize {
    if text.first().map(u8::to_ascii_lowercase) != Some(letter) {
        return 0;
    }
    let sign = usize::from(matches!(text.get(1), Some(b'-' | b'+')));
    match digits(&text[1 + sign..], u8::is_ascii_digit) {
        0 => 0,
        count => 1 + sign + count,
    }
}

fn read_decimal(body: &[u8]) -> Option<(f64, usize)> {
    let whole = digits(body, u8::is_ascii_digit);
    let point = usize::from(body.get(whole) == Some(&b'.'));
    let part = if point == 1 { digits(&body[whole + 1..], u8::is_ascii_digit) } else { 0 };
    if whole + part == 0 {
        return None;
    }
    let length = whole + point + part;
    let length = length + exponent(&body[length..], b'e');
    let number = std::str::from_utf8(&body[..length]).ok()?.parse().ok()?;
    Some((number, length))
}

fn read_hex(body: &[u8]) -> Option<(f64, usize)> {
    if body.first() != Some(&b'0') || body.get(1).map(u8::to_ascii_lowercase) != Some(b'x') {
        return None;
    }
    let rest = &body[2..];
    let whole = digits(rest, u8::is_ascii_hexdigit);
    let point = usize::from(rest.get(whole) == Some(&b'.'));
    let part = if point == 1 { digits(&rest[whole + 1..], u8::is_ascii_hexdigit) } else { 0 };
    if whole + part == 0 {
        return None;
    }
    let value = |text: &[u8]| {
        text.iter().fold(0.0, |sum, byte| sum * 16.0 + f64::from(char::from(*byte).to_digit(16).unwrap_or(0)))
    };
    let mantissa = value(&rest[..whole]) + value(&rest[whole + point..][..part]) / 16f64.powi(part as i32);
    let length = whole + point + part;
    let power = exponent(&rest[length..], b'p');
    let scale: i32 =
        std::str::from_utf8(rest[length..][..power].get(1..).unwrap_or_default()).ok()?.parse().unwrap_or(0);
    Some((mantissa * 2f64.powi(scale), 2 + length + power))
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
    fn numbers_are_read_as_far_as_they_go() {
        for (given, expected) in [
            ("1.5x", Some((1.5, 3))),
            ("1e", Some((1.0, 1))),
            ("1.e3,", Some((1000.0, 4))),
            ("-0x10", Some((-16.0, 5))),
            ("0X1p4", Some((16.0, 5))),
            ("0x", Some((0.0, 1))),
            (".5", Some((0.5, 2))),
            ("-", None),
            ("-x", None),
            ("infinityx", Some((f64::INFINITY, 8))),
        ] {
            assert_eq!(read_number(given.as_bytes()), expected, "{given}");
        }
    }
}
