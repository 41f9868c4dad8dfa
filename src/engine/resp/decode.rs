//! Commands from bytes: multibulk, and the inline form that a person types.

use crate::number::parse_int;

/// The longest inline command and the longest line of a multibulk's frame, in bytes.
const MAX_LINE: usize = 64 * 1024;
/// The longest argument, in bytes: `proto-max-bulk-len`'s default.
const MAX_BULK: i64 = 512 * 1024 * 1024;
/// The most arguments in one command.
const MAX_ARGS: i64 = i32::MAX as i64;

/// Bytes that are no command; the connection is closed after this error is sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProtocolError(pub String);

impl ProtocolError {
    fn new(text: &str) -> Self {
        Self(format!("Protocol error: {text}"))
    }
}

/// Collects bytes until they are whole commands.
#[derive(Debug, Default)]
pub struct Decoder {
    buffer: Vec<u8>,
    at: usize,
}

/// A part of a frame, or nothing while bytes are missing.
type Step<T> = Result<Option<T>, ProtocolError>;

impl Decoder {
    /// Adds bytes as they came.
    pub fn feed(&mut self, bytes: &[u8]) {
        if self.at > 0 {
            self.buffer.drain(..self.at);
            self.at = 0;
        }
        self.buffer.extend_from_slice(bytes);
    }

    /// The next whole command's arguments; `None` when bytes are missing. Empty lines are passed over.
    pub fn next_command(&mut self) -> Step<Vec<Vec<u8>>> {
        while let Some(&first) = self.buffer.get(self.at) {
            let mut at = self.at;
            let step = if first == b'*' { self.multibulk(&mut at)? } else { self.inline(&mut at)? };
            let Some(argv) = step else { return Ok(None) };
            self.at = at;
            if !argv.is_empty() {
                return Ok(Some(argv));
            }
        }
        Ok(None)
    }

    fn line(&self, at: &mut usize, too_long: &str) -> Step<&[u8]> {
        let rest = &self.buffer[*at..];
        match memchr::memchr(b'\n', rest) {
            Some(end) => {
                *at += end + 1;
                let line = &rest[..end];
                Ok(Some(line.strip_suffix(b"\r").unwrap_or(line)))
            }
            None if rest.len() > MAX_LINE => Err(ProtocolError::new(too_long)),
            None => Ok(None),
        }
    }

    fn multibulk(&self, at: &mut usize) -> Step<Vec<Vec<u8>>> {
        let Some(line) = self.line(at, "too big mbulk count string")? else { return Ok(None) };
        let count = parse_int(&line[1..])
            .filter(|count| *count <= MAX_ARGS)
            .ok_or_else(|| ProtocolError::new("invalid multibulk length"))?;
        let mut argv = Vec::with_capacity(count.clamp(0, 1024) as usize);
        for _ in 0..count {
            let Some(line) = self.line(at, "too big bulk count string")? else { return Ok(None) };
            let Some((b'$', digits)) = line.split_first() else {
                let got = line.first().map_or(' ', |byte| char::from(*byte));
                return Err(ProtocolError::new(&format!("expected '$', got '{got}'")));
            };
            let len = parse_int(digits)
                .filter(|len| (0..=MAX_BULK).contains(len))
                .ok_or_else(|| ProtocolError::new("invalid bulk length"))? as usize;
            let Some(bytes) = self.buffer.get(*at..*at + len + 2) else { return Ok(None) };
            argv.push(bytes[..len].to_vec());
            *at += len + 2;
        }
        Ok(Some(argv))
    }

    fn inline(&self, at: &mut usize) -> Step<Vec<Vec<u8>>> {
        let Some(line) = self.line(at, "too big inline request")? else { return Ok(None) };
        split_line(line).map(Some).ok_or_else(|| ProtocolError::new("unbalanced quotes in request"))
    }
}

/// Splits a line as redis-cli does: blanks between words, `"…"` with escapes, `'…'` with `\'`; `None`
/// when a quote is left open or a closing one is followed by more.
pub fn split_line(line: &[u8]) -> Option<Vec<Vec<u8>>> {
    let mut words = Vec::new();
    let mut at = 0;
    loop {
        while line.get(at).is_some_and(u8::is_ascii_whitespace) {
            at += 1;
        }
        if at >= line.len() {
            return Some(words);
        }
        let mut word = Vec::new();
        while let Some(&byte) = line.get(at).filter(|byte| !byte.is_ascii_whitespace()) {
            at += 1;
            match byte {
                b'"' => at = double_quoted(line, at, &mut word)?,
                b'\'' => at = single_quoted(line, at, &mut word)?,
                _ => {
                    word.push(byte);
                    continue;
                }
            }
            if line.get(at).is_some_and(|next| !next.is_ascii_whitespace()) {
                return None;
            }
        }
        words.push(word);
    }
}

fn double_quoted(line: &[u8], mut at: usize, word: &mut Vec<u8>) -> Option<usize> {
    loop {
        let byte = *line.get(at)?;
        at += 1;
        match byte {
            b'"' => return Some(at),
            b'\\' => {
                let escaped = *line.get(at)?;
                at += 1;
                let digits = line.get(at..at + 2).and_then(|digits| std::str::from_utf8(digits).ok());
                let hex = digits.and_then(|digits| u8::from_str_radix(digits, 16).ok());
                word.push(match (escaped, hex) {
                    (b'x', Some(value)) => {
                        at += 2;
                        value
                    }
                    (b'n', _) => b'\n',
                    (b'r', _) => b'\r',
                    (b't', _) => b'\t',
                    (b'b', _) => 8,
                    (b'a', _) => 7,
                    (other, _) => other,
                });
            }
            _ => word.push(byte),
        }
    }
}

fn single_quoted(line: &[u8], mut at: usize, word: &mut Vec<u8>) -> Option<usize> {
    loop {
        let byte = *line.get(at)?;
        at += 1;
        match byte {
            b'\'' => return Some(at),
            b'\\' if line.get(at) == Some(&b'\'') => {
                word.push(b'\'');
                at += 1;
            }
            _ => word.push(byte),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_may_come_byte_by_byte() {
        let mut decoder = Decoder::default();
        let bytes = b"*2\r\n$3\r\nGET\r\n$2\r\na\n\r\n";
        for byte in &bytes[..bytes.len() - 1] {
            decoder.feed(&[*byte]);
            assert_eq!(decoder.next_command(), Ok(None));
        }
        decoder.feed(b"\nPING \"a\\x41\" 'b c'\r\n");
        assert_eq!(decoder.next_command(), Ok(Some(vec![b"GET".to_vec(), b"a\n".to_vec()])));
        let inline = vec![b"PING".to_vec(), b"aA".to_vec(), b"b c".to_vec()];
        assert_eq!(decoder.next_command(), Ok(Some(inline)));
        assert_eq!(decoder.next_command(), Ok(None));
    }

    #[test]
    fn absurd_lengths_are_refused_before_anything_is_allocated() {
        for bytes in ["*9999999999\r\n", "*1\r\n$99999999999\r\n", "*1\r\n:1\r\n", "GET \"a\r\n"] {
            let mut decoder = Decoder::default();
            decoder.feed(bytes.as_bytes());
            assert!(decoder.next_command().is_err(), "{bytes:?}");
        }
    }

    #[test]
    fn a_line_that_never_ends_is_refused() {
        for bytes in [b"a".repeat(70_000), b"*".iter().chain(&b"1".repeat(70_000)).copied().collect()] {
            let mut decoder = Decoder::default();
            decoder.feed(&bytes);
            assert!(decoder.next_command().is_err());
        }
    }
}
