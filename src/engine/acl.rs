//! Users: what each may run, with which keys and channels, and the rules that say so.
//!
//! A user has a root selector and any number of others; a command may run if one of them allows all of it.
//! The user `default` of a new store may do everything without a password, and costs nothing: only sessions of
//! restricted users, and those that have not said who they are, are looked at more closely (see
//! [`crate::gate`]).

mod check;
mod log;
mod selector;

use std::collections::BTreeMap;

use sha2::{Digest, Sha256};

pub(crate) use log::{Entry, Log};
pub(crate) use selector::{Selector, every_command};

/// Every session's user before it says otherwise.
pub(crate) const DEFAULT: &[u8] = b"default";

/// Why a rule of ACL SETUSER is none, in its words.
pub(crate) mod refused {
    pub(crate) const SYNTAX: &str = "Syntax error";
    pub(crate) const UNKNOWN: &str = "Unknown command or category name in ACL";
    pub(crate) const ALL_KEYS: &str = "Adding a pattern after the * pattern (or the 'allkeys' flag) is not valid and does \
                                  not have any effect. Try 'resetkeys' to start with an empty list of patterns";
    pub(crate) const ALL_CHANNELS: &str = "Adding a pattern after the * pattern (or the 'allchannels' flag) is not valid and \
                                      does not have any effect. Try 'resetchannels' to start with an empty list of \
                                      channels";
    pub(crate) const NO_PASSWORD: &str = "The password you are trying to remove from the user does not exist";
    pub(crate) const HASH: &str =
        "The password hash must be exactly 64 characters and contain only lowercase hexadecimal characters";
    pub(crate) const OF_SUBCOMMAND: &str = "Allowing first-arg of a subcommand is not supported";
}

/// A user.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct User {
    /// Whether it may log in.
    pub(crate) enabled: bool,
    /// Whether any password will do.
    pub(crate) no_password: bool,
    /// Whether what it sends to RESTORE is looked through; kept, as it always is here.
    pub(crate) sanitizes: bool,
    /// The SHA-256 of its passwords in hexadecimal digits.
    pub(crate) passwords: Vec<String>,
    /// The root selector.
    pub(crate) root: Selector,
    /// The other selectors.
    pub(crate) selectors: Vec<Selector>,
}

impl User {
    /// A user who may do nothing but, as a setting has it, publish and listen.
    pub(crate) fn new(all_channels: bool) -> Self {
        Self {
            enabled: false,
            no_password: false,
            sanitizes: true,
            passwords: Vec::new(),
            root: Selector::new(all_channels),
            selectors: Vec::new(),
        }
    }

    /// Who every session is at first.
    fn default_user() -> Self {
        let root = Selector::of_everything();
        Self { enabled: true, no_password: true, root, ..Self::new(true) }
    }

    /// Whether nothing is forbidden.
    pub(crate) fn is_unrestricted(&self) -> bool {
        self.root.is_unrestricted()
    }

    /// Whether nobody has to say that they are this one.
    pub(crate) fn needs_no_login(&self) -> bool {
        self.enabled && self.no_password
    }

    /// Whether this password lets somebody in.
    pub(crate) fn accepts(&self, password: &[u8]) -> bool {
        self.enabled && (self.no_password || self.passwords.contains(&hashed(password)))
    }

    /// Applies one rule of ACL SETUSER, or says why it is none.
    pub(crate) fn apply(&mut self, rule: &[u8], all_channels: bool) -> Result<(), &'static str> {
        let is = |word: &str| rule.eq_ignore_ascii_case(word.as_bytes());
        match rule {
            [] => {}
            [b'>', password @ ..] => self.add_password(hashed(password)),
            [b'#', hash @ ..] => self.add_password(checked_hash(hash)?),
            [b'<', password @ ..] => self.remove_password(&hashed(password))?,
            [b'!', hash @ ..] => self.remove_password(&checked_hash(hash)?)?,
            [b'(', .., b')'] => {
                let mut selector = Selector::new(all_channels);
                let words = rule[1..rule.len() - 1].split(|byte| *byte == b' ');
                words.filter(|word| !word.is_empty()).try_for_each(|word| selector.apply(word))?;
                self.selectors.push(selector);
            }
            _ if is("on") => self.enabled = true,
            _ if is("off") => self.enabled = false,
            _ if is("nopass") => {
                self.no_password = true;
                self.passwords.clear();
            }
            _ if is("resetpass") => {
                self.no_password = false;
                self.passwords.clear();
            }
            _ if is("sanitize-payload") => self.sanitizes = true,
            _ if is("skip-sanitize-payload") => self.sanitizes = false,
            _ if is("clearselectors") => self.selectors.clear(),
            _ if is("reset") => *self = Self::new(all_channels),
            _ => self.root.apply(rule)?,
        }
        Ok(())
    }

    fn add_password(&mut self, hash: String) {
        if !self.passwords.contains(&hash) {
            self.passwords.push(hash);
        }
        self.no_password = false;
    }

    fn remove_password(&mut self, hash: &str) -> Result<(), &'static str> {
        let at = self.passwords.iter().position(|own| own == hash).ok_or(refused::NO_PASSWORD)?;
        self.passwords.remove(at);
        Ok(())
    }

    /// The flags, as ACL GETUSER and LIST name them.
    pub(crate) fn flags(&self) -> Vec<&'static str> {
        let mut flags = vec![if self.enabled { "on" } else { "off" }];
        flags.extend(self.no_password.then_some("nopass"));
        flags.push(if self.sanitizes { "sanitize-payload" } else { "skip-sanitize-payload" });
        flags
    }

    /// The rules that make this user, after its name.
    pub(crate) fn describe(&self) -> Vec<u8> {
        let mut text = self.flags().join(" ").into_bytes();
        for hash in &self.passwords {
            text.extend_from_slice(b" #");
            text.extend_from_slice(hash.as_bytes());
        }
        text.push(b' ');
        text.extend_from_slice(&self.root.describe());
        for selector in &self.selectors {
            text.extend_from_slice(b" (");
            text.extend_from_slice(&selector.describe());
            text.push(b')');
        }
        text
    }
}

/// A password's SHA-256 in hexadecimal digits.
pub(crate) fn hashed(password: &[u8]) -> String {
    crate::number::hex(&Sha256::digest(password))
}

fn checked_hash(hash: &[u8]) -> Result<String, &'static str> {
    let is_digit = |byte: &u8| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
    let text =
        std::str::from_utf8(hash).ok().filter(|hash| hash.len() == 64 && hash.bytes().all(|b| is_digit(&b)));
    text.map(str::to_owned).ok_or(refused::HASH)
}

/// The users of a store, and what they were refused.
#[derive(Debug)]
pub(crate) struct Acl {
    users: BTreeMap<Box<[u8]>, User>,
    /// What was refused lately.
    pub(crate) log: Log,
}

impl Default for Acl {
    fn default() -> Self {
        Self { users: BTreeMap::from([(DEFAULT.into(), User::default_user())]), log: Log::default() }
    }
}

impl Acl {
    /// The user of this name.
    pub(crate) fn user(&self, name: &[u8]) -> Option<&User> {
        self.users.get(name)
    }

    /// All, by name.
    pub(crate) fn users(&self) -> impl Iterator<Item = (&[u8], &User)> {
        self.users.iter().map(|(name, user)| (&**name, user))
    }

    /// Puts a user in the place of any other of the name.
    pub(crate) fn set(&mut self, name: &[u8], user: User) {
        self.users.insert(name.into(), user);
    }

    /// Takes a user out; whether it was there.
    pub(crate) fn remove(&mut self, name: &[u8]) -> bool {
        self.users.remove(name).is_some()
    }

    /// Gives the default user this password and no other; none, and no need for one, if it is empty.
    pub(crate) fn set_default_password(&mut self, password: &[u8]) {
        if let Some(user) = self.users.get_mut(DEFAULT) {
            user.passwords = if password.is_empty() { Vec::new() } else { vec![hashed(password)] };
            user.no_password = password.is_empty();
        }
    }

    /// Whether a new session may run commands before it says who it is.
    pub(crate) fn is_open(&self) -> bool {
        self.user(DEFAULT).is_some_and(User::needs_no_login)
    }
}
