//! What a server says of itself: one line for each thing that happened.

use std::fmt::{self, Display};
use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::path::Path;
use std::time::{SystemTime, UNIX_EPOCH};

/// How much something matters; `loglevel` says from where on it is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Level {
    Notice,
    Warning,
}

impl Level {
    fn name(self) -> &'static str {
        match self {
            Self::Notice => "notice",
            Self::Warning => "warning",
        }
    }
}

/// Where lines go: standard output, or the end of a file.
pub(super) struct Log {
    file: Option<File>,
    /// What is told, if anything is.
    from: Option<Level>,
}

impl Log {
    /// A log as the settings `logfile` and `loglevel` want it.
    pub(super) fn open(path: &str, level: &str) -> io::Result<Self> {
        let file = match path {
            "" => None,
            path => Some(OpenOptions::new().create(true).append(true).open(Path::new(path))?),
        };
        let from = match level {
            "nothing" => None,
            "warning" => Some(Level::Warning),
            _ => Some(Level::Notice),
        };
        Ok(Self { file, from })
    }

    /// Tells something.
    pub(super) fn tell(&self, level: Level, text: impl Display) {
        if self.from.is_none_or(|from| level < from) {
            return;
        }
        let line = format!("{} {} {text}\n", Moment::now(), level.name());
        // There is nobody to tell that nothing can be told.
        let _ = match &self.file {
            Some(file) => (&*file).write_all(line.as_bytes()),
            None => io::stdout().lock().write_all(line.as_bytes()).and_then(|()| io::stdout().flush()),
        };
    }
}

/// A time of day, in milliseconds since the Unix epoch; shown in UTC.
#[derive(Clone, Copy)]
struct Moment(u64);

impl Moment {
    #[allow(clippy::disallowed_methods, reason = "a log tells the time of day")]
    fn now() -> Self {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Self(since.as_millis() as u64)
    }
}

impl Display for Moment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (seconds, ms) = (self.0 / 1000, self.0 % 1000);
        let (days, second) = (seconds / 86_400, seconds % 86_400);
        // Years that begin with March have their leap day at the end, and 146,097 days make 400 of them. Day 0 is
        // the first of March of the year 0.
        let day = days + 719_468;
        let (era, day) = (day / 146_097, day % 146_097);
        let year = (day - day / 1_460 + day / 36_524 - day / 146_096) / 365;
        let day = day - (365 * year + year / 4 - year / 100);
        let month = (5 * day + 2) / 153;
        let day = day - (153 * month + 2) / 5 + 1;
        let (month, next) = if month < 10 { (month + 3, 0) } else { (month - 9, 1) };
        let (hour, minute, second) = (second / 3600, second / 60 % 60, second % 60);
        let year = era * 400 + year + next;
        write!(f, "{year}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{ms:03}Z")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_are_told_as_the_calendar_has_them() {
        for (seconds, text) in [
            (0, "1970-01-01T00:00:00.000Z"),
            (951_782_399, "2000-02-28T23:59:59.000Z"),
            (951_782_400, "2000-02-29T00:00:00.000Z"),
            (951_868_800, "2000-03-01T00:00:00.000Z"),
            (4_107_542_400, "2100-03-01T00:00:00.000Z"),
            (1_767_225_599, "2025-12-31T23:59:59.000Z"),
        ] {
            assert_eq!(Moment(seconds * 1000).to_string(), text);
        }
        assert_eq!(Moment(7).to_string(), "1970-01-01T00:00:00.007Z");
    }
}
