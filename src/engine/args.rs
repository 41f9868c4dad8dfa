//! The arguments of one command, read front to back.

use crate::error::{Error, Result};
use crate::number;

/// Whether an argument is this word, in any case. As in Redis, a NUL byte ends it.
#[inline]
pub fn is_word(arg: &[u8], word: &str) -> bool {
    let word = word.as_bytes();
    // Most options are told apart by their lengths and first letters.
    (arg.len() == word.len() || arg.get(word.len()) == Some(&0))
        && arg.first().map(u8::to_ascii_lowercase) == word.first().map(u8::to_ascii_lowercase)
        && arg[..word.len()].eq_ignore_ascii_case(word)
}

/// A cursor over a command's arguments. What it cannot give is an error in Redis' words, so that a
/// handler reads its arguments with `?` and the first error wins.
#[derive(Clone, Debug)]
pub struct Args<'a> {
    argv: &'a [&'a [u8]],
    at: usize,
}

impl<'a> Args<'a> {
    /// The arguments of `argv` after the command's name, which is `words` words long.
    #[inline]
    pub fn new(argv: &'a [&'a [u8]], words: usize) -> Self {
        Self { argv, at: words.min(argv.len()) }
    }

    /// The whole command, its name included.
    pub fn argv(&self) -> &'a [&'a [u8]] {
        self.argv
    }

    /// The position of the next argument within [`Args::argv`].
    pub fn position(&self) -> usize {
        self.at
    }

    /// How many arguments are left.
    #[inline]
    pub fn left(&self) -> usize {
        self.argv.len() - self.at
    }

    /// Whether none is left.
    #[inline]
    pub fn is_empty(&self) -> bool {
        self.left() == 0
    }

    /// All that is left, without moving the cursor.
    #[inline]
    pub fn rest(&self) -> &'a [&'a [u8]] {
        &self.argv[self.at..]
    }

    /// All that is left, leaving none.
    pub fn take_rest(&mut self) -> &'a [&'a [u8]] {
        let rest = self.rest();
        self.at = self.argv.len();
        rest
    }

    /// The next `n` arguments, or a syntax error when fewer are left.
    pub fn take(&mut self, n: usize) -> Result<&'a [&'a [u8]]> {
        let taken = self.rest().get(..n).ok_or(Error::Syntax)?;
        self.at += n;
        Ok(taken)
    }

    /// The next argument, or a syntax error.
    #[allow(clippy::should_implement_trait, reason = "an iterator's `next` has no error to give")]
    #[inline]
    pub fn next(&mut self) -> Result<&'a [u8]> {
        let arg = self.argv.get(self.at).ok_or(Error::Syntax)?;
        self.at += 1;
        Ok(arg)
    }

    /// The next argument without moving the cursor.
    #[inline]
    pub fn peek(&self) -> Option<&'a [u8]> {
        self.argv.get(self.at).copied()
    }

    /// Takes the next argument if it is this word, see [`is_word`].
    #[inline]
    pub fn keyword(&mut self, word: &str) -> bool {
        let found = self.peek().is_some_and(|arg| is_word(arg, word));
        self.at += usize::from(found);
        found
    }

    /// The next argument as a signed 64-bit integer in its one canonical spelling.
    pub fn int(&mut self) -> Result<i64> {
        number::parse_int(self.next()?).ok_or(Error::NotInteger)
    }

    /// The next argument as a signed 32-bit integer.
    pub fn int32(&mut self) -> Result<i32> {
        i32::try_from(self.int()?).map_err(|_| {
            Error::Fixed("ERR value is out of range, value must between -2147483648 and 2147483647")
        })
    }

    /// The next argument as a signed 64-bit integer whose negation is one too.
    pub fn symmetric_int(&mut self) -> Result<i64> {
        let number = self.int()?;
        if number == i64::MIN {
            return Err(Error::Fixed(
                "ERR value is out of range, value must between -9223372036854775807 and 9223372036854775807",
            ));
        }
        Ok(number)
    }

    /// The next argument as a floating point number; never NaN.
    pub fn float(&mut self) -> Result<f64> {
        number::parse_float(self.next()?).ok_or(Error::NotFloat)
    }

    /// A syntax error if anything is left.
    pub fn end(&self) -> Result {
        if self.is_empty() { Ok(()) } else { Err(Error::Syntax) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_error_wins_and_keywords_ignore_case() {
        let argv: [&[u8]; 4] = [b"set", b"nX", b"12", b"x"];
        let mut args = Args::new(&argv, 1);
        assert!(!args.keyword("XX"));
        assert!(args.keyword("NX"));
        assert_eq!(args.int(), Ok(12));
        assert_eq!(args.int(), Err(Error::NotInteger));
        assert_eq!(args.next(), Err(Error::Syntax));
    }
}
