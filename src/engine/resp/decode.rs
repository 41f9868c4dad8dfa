//! Commands from bytes: multibulk, and the inline form that a person types.

use smallvec::SmallVec;

use super::inline::{Span, split_in_place};
use crate::error::{Error, Result};
use crate::number::parse_int;

/// How far from its beginning a line's end may be, in bytes: of an inline command, or of a line that says
/// how many arguments or bytes follow.
const MAX_LINE: usize = 64 * 1024;
/// The most arguments in one command.
const MAX_ARGS: i64 = i32::MAX as i64;
/// The most arguments in one command of a session that has yet to say who it is.
const MAX_STRANGER_ARGS: i64 = 10;
/// The longest argument of such a session, in bytes.
const MAX_STRANGER_BULK: usize = 16 * 1024;
/// Decoding pauses when commands with so many arguments wait to be taken: what it needs for itself does
/// not grow with what was received.
const AHEAD: usize = 512;
/// A command with more arguments than this leaves no memory behind.
const KEPT: usize = 2 * AHEAD;

/// What a connection may send.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// `proto-max-bulk-len`: the longest argument, in bytes.
    pub max_bulk: usize,
    /// Whether the session may run commands at all. Before that, arguments are few and short; and commands
    /// are decoded one by one, as any of them may be the AUTH after which more is allowed.
    pub authenticated: bool,
}

impl Default for Limits {
    fn default() -> Self {
        Self { max_bulk: 512 * 1024 * 1024, authenticated: true }
    }
}

/// A command's arguments, its name first, in the buffer that they were decoded from.
pub type Argv<'a> = SmallVec<[&'a [u8]; 8]>;

/// Finds commands in a connection's bytes, which stay in a buffer of the caller's.
///
/// The caller appends what it reads to the buffer, and takes commands out of it until there is none.
/// Decoding goes on where it stopped: nothing is looked at twice, however small the pieces.
///
/// ```
/// # use burner_engine::resp::{Decoder, Limits};
/// # fn main() -> Result<(), burner_engine::Error> {
/// let (mut buffer, mut decoder) = (Vec::new(), Decoder::default());
/// buffer.extend_from_slice(b"*2\r\n$3\r\nGET\r\n$1\r\nk\r\n*1\r\n$4\r\nPI");
/// while let Some(argv) = decoder.next_command(&mut buffer, &Limits::default())? {
///     assert_eq!(argv.as_slice(), [&b"GET"[..], b"k"]);
/// }
/// assert_eq!(buffer, b"*1\r\n$4\r\nPI");
/// # Ok(())
/// # }
/// ```
///
/// What is announced costs nothing until it comes: the decoder holds a few words for each argument that is
/// there.
#[derive(Debug, Default)]
pub struct Decoder {
    /// Where decoding goes on: at a line, or at an argument's bytes.
    at: usize,
    /// Before here the line that is being read does not end.
    searched: usize,
    /// How many arguments of the command in hand have yet to come.
    missing: usize,
    /// The length of the argument that `at` is at, once that is known.
    bulk: Option<usize>,
    /// The arguments of commands that wait to be taken, then those of the command in hand.
    words: Vec<Span>,
    /// For each whole command, how many words there are up to its end.
    whole: Vec<usize>,
    /// How many of these commands have been taken.
    taken: usize,
    /// Where the command in hand begins.
    begin: usize,
    /// Why there will be no further command.
    failed: Option<Error>,
}

/// A part of a frame, or nothing while bytes are missing.
type Step<T> = Result<Option<T>>;

impl Decoder {
    /// The next command; an error, which is Redis' own and whose connection is to be closed, after those that
    /// came before it.
    ///
    /// What earlier commands occupied at the front of the buffer is dropped. Otherwise `buffer` is that of the
    /// last time, with what came since.
    pub fn next_command<'a>(&mut self, buffer: &'a mut Vec<u8>, limits: &Limits) -> Step<Argv<'a>> {
        if self.taken == self.whole.len() {
            self.settle(buffer);
            self.decode(buffer, limits);
        }
        let Some(&end) = self.whole.get(self.taken) else {
            return self.failed.clone().map_or(Ok(None), Err);
        };
        let begin = self.taken.checked_sub(1).map_or(0, |before| self.whole[before]);
        self.taken += 1;
        Ok(Some(self.words[begin..end].iter().map(|word| word.of(buffer)).collect()))
    }

    /// The command that [`Decoder::next_command`] gave last, once more; nothing before the first.
    pub fn last_command<'a>(&self, buffer: &'a [u8]) -> Option<Argv<'a>> {
        let last = self.taken.checked_sub(1)?;
        let begin = last.checked_sub(1).map_or(0, |before| self.whole[before]);
        Some(self.words[begin..self.whole[last]].iter().map(|word| word.of(buffer)).collect())
    }

    /// Decodes ahead what the buffer holds, a few hundred arguments at most, so that
    /// [`Decoder::next_command`] has little to do. Quoted words of inline commands are unquoted where they
    /// stand.
    pub fn decode(&mut self, buffer: &mut [u8], limits: &Limits) {
        let most = if limits.authenticated { AHEAD } else { 1 };
        while self.failed.is_none() && (self.whole.is_empty() || self.words.len() < most) {
            match self.command(buffer, limits) {
                Ok(Some(())) => {
                    self.whole.push(self.words.len());
                    self.begin = self.at;
                }
                Ok(None) => return,
                Err(error) => self.failed = Some(error),
            }
        }
    }

    /// Drops what earlier commands occupied, unless another one waits to be taken.
    pub fn settle(&mut self, buffer: &mut Vec<u8>) {
        if self.taken == self.whole.len() {
            buffer.drain(..self.release());
        }
    }

    /// How many bytes are done with, which the buffer loses at its front: all up to the command in hand.
    fn release(&mut self) -> usize {
        let done = std::mem::take(&mut self.begin);
        if done > 0 {
            self.at -= done;
            self.searched = self.searched.saturating_sub(done);
            self.words.drain(..self.whole.last().copied().unwrap_or(0));
            self.words.iter_mut().for_each(|word| *word = word.moved(done));
            self.whole.clear();
            self.taken = 0;
            if self.words.is_empty() {
                self.words.shrink_to(KEPT);
            }
        }
        done
    }

    /// Reads on in the command in hand; whether it is whole. Empty ones are passed over.
    fn command(&mut self, bytes: &mut [u8], limits: &Limits) -> Step<()> {
        while self.missing == 0 {
            self.begin = self.at;
            match bytes.get(self.at) {
                None => return Ok(None),
                Some(b'*') => match self.count(bytes, limits)? {
                    None => return Ok(None),
                    Some(count) => self.missing = count,
                },
                Some(_) => match self.inline(bytes)? {
                    None => return Ok(None),
                    Some(0) => {}
                    Some(_) => return Ok(Some(())),
                },
            }
        }
        while self.missing > 0 {
            let Some(len) = self.bulk_len(bytes, limits)? else { return Ok(None) };
            // Nobody looks at the two bytes of the line end.
            if bytes.len() - self.at < len.saturating_add(2) {
                self.bulk = Some(len);
                return Ok(None);
            }
            self.words.push(Span { start: self.at, end: self.at + len });
            self.at += len + 2;
            self.missing -= 1;
        }
        Ok(Some(()))
    }

    /// Reads the line that says how many arguments follow; none, if that is not positive.
    fn count(&mut self, bytes: &[u8], limits: &Limits) -> Step<usize> {
        let too_long = Error::Fixed("ERR Protocol error: too big mbulk count string");
        let Some((_, count)) = self.number(bytes, too_long)? else { return Ok(None) };
        match count {
            Some(count) if count > MAX_ARGS => {}
            Some(count) if count > MAX_STRANGER_ARGS && !limits.authenticated => {
                return Err(Error::Fixed("ERR Protocol error: unauthenticated multibulk length"));
            }
            Some(count) => return Ok(Some(count.max(0) as usize)),
            None => {}
        }
        Err(Error::Fixed("ERR Protocol error: invalid multibulk length"))
    }

    /// The length of the argument whose bytes `at` is at, after the line that says so.
    fn bulk_len(&mut self, bytes: &[u8], limits: &Limits) -> Step<usize> {
        if let Some(len) = self.bulk.take() {
            return Ok(Some(len));
        }
        let too_long = Error::Fixed("ERR Protocol error: too big bulk count string");
        let Some((kind, len)) = self.number(bytes, too_long)? else { return Ok(None) };
        if kind != b'$' {
            let text = [b"ERR Protocol error: expected '$', got '", &[kind][..], b"'"];
            return Err(Error::text(text.concat()));
        }
        match len.map(usize::try_from) {
            Some(Ok(len)) if len > limits.max_bulk => {}
            Some(Ok(len)) if len > MAX_STRANGER_BULK && !limits.authenticated => {
                return Err(Error::Fixed("ERR Protocol error: unauthenticated bulk length"));
            }
            Some(Ok(len)) => return Ok(Some(len)),
            _ => {}
        }
        Err(Error::Fixed("ERR Protocol error: invalid bulk length"))
    }

    /// Reads a line of a multibulk's frame: its first byte, and the number after that if it is one. The line
    /// ends one byte after a carriage return, whatever byte that is.
    fn number(&mut self, bytes: &[u8], too_long: Error) -> Step<(u8, Option<i64>)> {
        let rest = &bytes[self.at..];
        if let Some((number, len)) = short_number(rest) {
            self.at += len;
            return Ok(Some((rest[0], Some(number))));
        }
        match self.line_end(b'\r', bytes, too_long)? {
            Some(end) if end + 1 < bytes.len() => {
                let line = &bytes[self.at..end];
                self.at = end + 2;
                let (kind, digits) = line.split_first().unwrap_or((&b'\r', b""));
                Ok(Some((*kind, parse_int(digits))))
            }
            _ => Ok(None),
        }
    }

    /// Reads an inline command; how many words it has.
    fn inline(&mut self, bytes: &mut [u8]) -> Step<usize> {
        let too_long = Error::Fixed("ERR Protocol error: too big inline request");
        let Some(end) = self.line_end(b'\n', bytes, too_long)? else { return Ok(None) };
        let (begin, before) = (self.at, self.words.len());
        split_in_place(&mut bytes[begin..end], |word| {
            self.words.push(Span { start: begin + word.start, end: begin + word.end });
        })
        .ok_or(Error::Fixed("ERR Protocol error: unbalanced quotes in request"))?;
        self.at = end + 1;
        Ok(Some(self.words.len() - before))
    }

    /// Where the line that `at` is at ends, if it does so in time. As in Redis, a line with a NUL byte has no
    /// end.
    fn line_end(&mut self, end: u8, bytes: &[u8], too_long: Error) -> Step<usize> {
        let last = bytes.len().min(self.at + MAX_LINE + 1);
        let from = self.searched.max(self.at);
        match memchr::memchr2(end, 0, &bytes[from..last]).map(|found| from + found) {
            Some(found) if bytes[found] == end => return Ok(Some(found)),
            found => self.searched = found.unwrap_or(last),
        }
        if last - self.at > MAX_LINE { Err(too_long) } else { Ok(None) }
    }
}

/// The number after a line's first byte, and the length of the line with its end, if the number is short and
/// spelled as it should be. Nothing, when the line needs a closer look.
fn short_number(line: &[u8]) -> Option<(i64, usize)> {
    let (b'*' | b'$', digits) = line.split_first()? else { return None };
    let mut number = 0;
    for (at, byte) in digits.iter().take(9).enumerate() {
        match byte {
            b'1'..=b'9' => number = number * 10 + i64::from(byte - b'0'),
            b'0' if number > 0 => number *= 10,
            b'0' if digits.get(1) == Some(&b'\r') => {}
            b'\r' if at > 0 && digits.len() > at + 1 => return Some((number, at + 3)),
            _ => return None,
        }
    }
    None
}

#[cfg(test)]
mod tests;
