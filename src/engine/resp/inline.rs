//! Words of a line that a person types: what redis-cli reads, and the inline form of a command.

/// Where a word lies in the bytes that it was found in.
#[derive(Clone, Copy, Debug)]
pub(super) struct Span {
    pub(super) start: usize,
    pub(super) end: usize,
}

impl Span {
    pub(super) fn of(self, bytes: &[u8]) -> &[u8] {
        &bytes[self.start..self.end]
    }

    /// The same, when `by` bytes before it have gone.
    pub(super) fn moved(self, by: usize) -> Self {
        Self { start: self.start - by, end: self.end - by }
    }
}

/// Splits a line as redis-cli does: blanks between words, `"…"` with escapes, `'…'` with `\'`; `None`
/// when a quote is left open or a closing one is followed by more.
pub fn split_line(line: &[u8]) -> Option<Vec<Vec<u8>>> {
    let mut line = line.to_vec();
    let mut words = Vec::new();
    split_in_place(&mut line, |word| words.push(word))?;
    Some(words.into_iter().map(|word| word.of(&line).to_vec()).collect())
}

/// As [`split_line`], each word where it stands in the line: no word is longer than its quoted form.
pub(super) fn split_in_place(line: &mut [u8], mut found: impl FnMut(Span)) -> Option<()> {
    let mut at = 0;
    loop {
        while line.get(at).is_some_and(|byte| is_blank(*byte)) {
            at += 1;
        }
        if at >= line.len() {
            return Some(());
        }
        let mut word = Word { line, start: at, to: at, at };
        word.read()?;
        at = word.at;
        found(Span { start: word.start, end: word.to });
    }
}

/// A word while it is read: what it is goes to `start..to`, what is left of the line begins at `at`.
struct Word<'a> {
    line: &'a mut [u8],
    start: usize,
    to: usize,
    at: usize,
}

impl Word<'_> {
    fn read(&mut self) -> Option<()> {
        // Of the blanks, these two do not part words that are not in quotes.
        while let Some(byte) = self.take().filter(|byte| !is_blank(*byte) || matches!(byte, 0x0b | 0x0c)) {
            match byte {
                b'"' => self.double_quoted()?,
                b'\'' => self.single_quoted()?,
                _ => {
                    self.put(byte);
                    continue;
                }
            }
            return self.line.get(self.at).is_none_or(|next| is_blank(*next)).then_some(());
        }
        Some(())
    }

    fn double_quoted(&mut self) -> Option<()> {
        loop {
            let byte = match self.take()? {
                b'"' => return Some(()),
                b'\\' => self.escaped()?,
                byte => byte,
            };
            self.put(byte);
        }
    }

    fn escaped(&mut self) -> Option<u8> {
        let digit = |at: usize| self.line.get(at).and_then(|byte| char::from(*byte).to_digit(16));
        let hex = digit(self.at + 1).zip(digit(self.at + 2));
        Some(match (self.take()?, hex) {
            (b'x', Some((high, low))) => {
                self.at += 2;
                (high << 4 | low) as u8
            }
            (b'n', _) => b'\n',
            (b'r', _) => b'\r',
            (b't', _) => b'\t',
            (b'b', _) => 8,
            (b'a', _) => 7,
            (other, _) => other,
        })
    }

    fn single_quoted(&mut self) -> Option<()> {
        loop {
            let byte = match self.take()? {
                b'\'' => return Some(()),
                b'\\' if self.line.get(self.at) == Some(&b'\'') => self.take()?,
                byte => byte,
            };
            self.put(byte);
        }
    }

    fn take(&mut self) -> Option<u8> {
        let byte = self.line.get(self.at).copied();
        self.at += usize::from(byte.is_some());
        byte
    }

    fn put(&mut self, byte: u8) {
        self.line[self.to] = byte;
        self.to += 1;
    }
}

/// What C's `isspace` says.
fn is_blank(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t'..=b'\r')
}

#[cfg(test)]
mod tests {
    use super::split_line;

    #[test]
    fn words_are_those_of_a_real_server() {
        let cases: [(&[u8], &[&[u8]]); 9] = [
            (b"", &[]),
            (b" \t\x0b\x0c\r ", &[]),
            (b"a  b\tc\rd", &[b"a", b"b", b"c", b"d"]),
            (b"\x0ba\x0bb\x0c", &[b"a\x0bb\x0c"]),
            (b"a\"b c\" ''", &[b"ab c", b""]),
            (b"\"\\x41\\x4\\x+1\\xzz\\X41\"", &[b"Ax4x+1xzzX41"]),
            (b"\"\\a\\b\\t\\r\\n\\\"\\q\"", &[b"\x07\x08\t\r\n\"q"]),
            (b"'a\\'b\\n' \"c\"\x0b\"d\"", &[b"a'b\\n", b"c", b"d"]),
            (b"\x00\xff\x85", &[b"\x00\xff\x85"]),
        ];
        for (line, words) in cases {
            let split = split_line(line).expect("its quotes are balanced");
            assert_eq!(split, words, "{}", line.escape_ascii());
        }
    }

    #[test]
    fn quotes_are_closed_and_followed_by_a_blank() {
        for line in ["\"a", "\"a\\", "'a\\'", "\"a\"b", "'a''b'"] {
            assert_eq!(split_line(line.as_bytes()), None, "{line}");
        }
    }
}
