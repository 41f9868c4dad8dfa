//! What a command did that others must hear of, in the order in which it happened.

use crate::session::SessionId;
use crate::transaction::DbKey;

/// The classes of keyspace events, as `notify-keyspace-events` letters them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct Class(pub u16);

impl Class {
    /// `K`: publish to `__keyspace@<db>__:<key>`.
    pub const KEYSPACE: Self = Self(1);
    /// `E`: publish to `__keyevent@<db>__:<event>`.
    pub const KEYEVENT: Self = Self(1 << 1);
    /// `g`: commands of no type.
    pub const GENERIC: Self = Self(1 << 2);
    /// `$`: strings.
    pub const STRING: Self = Self(1 << 3);
    /// `l`: lists.
    pub const LIST: Self = Self(1 << 4);
    /// `s`: sets.
    pub const SET: Self = Self(1 << 5);
    /// `h`: hashes.
    pub const HASH: Self = Self(1 << 6);
    /// `z`: sorted sets.
    pub const ZSET: Self = Self(1 << 7);
    /// `x`: keys expired.
    pub const EXPIRED: Self = Self(1 << 8);
    /// `e`: keys evicted.
    pub const EVICTED: Self = Self(1 << 9);
    /// `t`: streams.
    pub const STREAM: Self = Self(1 << 10);
    /// `m`: a key was looked for and missed; not part of `A`.
    pub const KEYMISS: Self = Self(1 << 11);
    /// `d`: module types.
    pub const MODULE: Self = Self(1 << 12);
    /// `n`: a key was created; not part of `A`.
    pub const NEW: Self = Self(1 << 13);
    /// `A`: all that are not left out of it.
    pub const ALL: Self = Self(0b1_0111_1111_1100);

    /// The letters of the single classes that `A` stands for or leaves out, in the order in which they are
    /// told.
    const LETTERS: [(u8, Self); 12] = [
        (b'g', Self::GENERIC),
        (b'$', Self::STRING),
        (b'l', Self::LIST),
        (b's', Self::SET),
        (b'h', Self::HASH),
        (b'z', Self::ZSET),
        (b'x', Self::EXPIRED),
        (b'e', Self::EVICTED),
        (b't', Self::STREAM),
        (b'd', Self::MODULE),
        (b'n', Self::NEW),
        (b'm', Self::KEYMISS),
    ];

    /// The classes of these letters; `None` if one of them has none.
    pub fn from_letters(letters: &[u8]) -> Option<Self> {
        letters.iter().try_fold(Self::default(), |classes, letter| {
            let class = match letter {
                b'A' => Self::ALL,
                b'K' => Self::KEYSPACE,
                b'E' => Self::KEYEVENT,
                _ => Self::LETTERS.iter().find(|(known, _)| known == letter)?.1,
            };
            Some(classes.and(class))
        })
    }

    /// The letters of the classes. As in Redis, `A` hides `n`.
    pub fn letters(self) -> String {
        let all = self.has(Self::ALL);
        let mut letters = if all { "A" } else { "" }.to_owned();
        let singles =
            Self::LETTERS.iter().filter(|(letter, class)| !all && *letter != b'm' && self.has(*class));
        letters.extend(singles.map(|(letter, _)| *letter as char));
        let rest = [('K', Self::KEYSPACE), ('E', Self::KEYEVENT), ('m', Self::KEYMISS)];
        letters.extend(rest.iter().filter(|(_, class)| self.has(*class)).map(|(letter, _)| letter));
        letters
    }

    /// Whether all of `other` are in.
    pub const fn has(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }

    /// Both.
    #[must_use]
    pub const fn and(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }
}

/// One thing that happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Effect {
    /// A key's value or lifetime changed.
    Modified(DbKey),
    /// As [`Effect::Modified`], by the server itself: time was over, or room was needed.
    Dropped(DbKey),
    /// Those who wait for a key are to be looked at: it came into being, or a stream has more to read.
    Ready(DbKey),
    /// A keyspace event that somebody may listen to.
    Event {
        /// The key's database.
        db: usize,
        /// The event's name.
        name: &'static str,
        /// The key.
        key: Box<[u8]>,
    },
    /// A key holds something else because its whole database does: those who watch it or wait for it hear.
    Replaced(DbKey),
    /// Keys were read by a session that wants to hear when they change.
    Read {
        /// The keys.
        keys: Vec<Box<[u8]>>,
        /// Who read them.
        by: SessionId,
    },
    /// A command ran that monitors are shown.
    Command {
        /// The line that tells of it.
        line: Box<str>,
    },
    /// A whole database was emptied.
    Flushed,
    /// A pause is over: those who waited for that go on.
    Unpaused,
    /// Effects of this unit were drained before it ended.
    Drained,
    /// A published message.
    Publish {
        /// Where to.
        channel: Box<[u8]>,
        /// What.
        message: Box<[u8]>,
        /// Whether by SPUBLISH.
        sharded: bool,
    },
}

#[cfg(test)]
mod tests {
    use super::Class;

    #[test]
    fn classes_are_told_in_one_order() {
        for (given, told) in
            [("KEAmn", "AKEm"), ("gK", "gK"), ("Kg$lshzxetdmn", "AKm"), ("ne$glK", "g$lenK"), ("", "")]
        {
            let classes = Class::from_letters(given.as_bytes());
            assert_eq!(classes.map(Class::letters).as_deref(), Some(told));
        }
        assert_eq!(Class::from_letters(b"xyz"), None);
    }
}
