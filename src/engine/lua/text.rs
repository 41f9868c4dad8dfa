//! Numbers as Lua and C write them.

use mlua::Value;

/// The number that a value is.
pub(super) fn number_of(value: &Value) -> Option<f64> {
    match value {
        Value::Integer(number) => Some(*number as f64),
        Value::Number(number) => Some(*number),
        _ => None,
    }
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
