//! The scripts a store knows, by the SHA1 of their text.

use std::collections::HashMap;

use mlua::Function;
use sha1::{Digest, Sha1};

/// A script's name.
pub(crate) type Sha = [u8; 20];

/// How many scripts are kept that EVAL brought; the one not used for longest goes first. Those that SCRIPT
/// LOAD brought stay.
const EVALED: usize = 500;

/// A compiled script.
#[derive(Debug)]
pub(super) struct Script {
    pub(super) function: Function,
    pub(super) flags: ScriptFlags,
    /// When it was last used, if EVAL brought it: counted in uses of scripts.
    used: Option<u64>,
}

/// What a script's first line says of it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct ScriptFlags {
    /// Whether it has such a line: then it is held to it.
    pub(super) declared: bool,
    /// `no-writes`.
    pub(super) no_writes: bool,
    /// `allow-oom`.
    pub(super) allow_oom: bool,
}

/// The scripts of a store.
#[derive(Debug, Default)]
pub(super) struct Scripts {
    known: HashMap<Sha, Script, foldhash::fast::FixedState>,
    evaled: usize,
    uses: u64,
}

impl Scripts {
    /// The script of this name, which is being run.
    pub(super) fn use_script(&mut self, sha: &Sha) -> Option<&Script> {
        let script = self.known.get_mut(sha)?;
        if let Some(used) = &mut script.used {
            self.uses += 1;
            *used = self.uses;
        }
        Some(script)
    }

    /// How many scripts are known.
    pub(super) fn len(&self) -> usize {
        self.known.len()
    }

    /// Whether the script is known.
    pub(super) fn has(&self, sha: &Sha) -> bool {
        self.known.contains_key(sha)
    }

    /// Keeps a script; `loaded` by SCRIPT LOAD, and so until SCRIPT FLUSH.
    pub(super) fn add(&mut self, sha: Sha, function: Function, flags: ScriptFlags, loaded: bool) {
        if !loaded && self.evaled >= EVALED {
            self.evict();
        }
        self.uses += 1;
        let used = (!loaded).then_some(self.uses);
        self.evaled += usize::from(!loaded);
        self.known.insert(sha, Script { function, flags, used });
    }

    fn evict(&mut self) {
        let oldest = self.known.iter().filter_map(|(sha, script)| Some((script.used?, *sha))).min();
        if let Some((_, sha)) = oldest {
            self.known.remove(&sha);
            self.evaled -= 1;
        }
    }
}

/// The name of a script of this text.
pub(crate) fn sha_of(body: &[u8]) -> Sha {
    Sha1::digest(body).into()
}

/// A name as commands read it, in any case.
pub(crate) fn parse_hex(text: &[u8]) -> Option<Sha> {
    let digit = |byte: u8| match byte {
        b'0'..=b'9' => Some(byte - b'0'),
        b'a'..=b'f' => Some(byte - b'a' + 10),
        b'A'..=b'F' => Some(byte - b'A' + 10),
        _ => None,
    };
    let mut sha = Sha::default();
    if text.len() != 2 * sha.len() {
        return None;
    }
    for (byte, pair) in sha.iter_mut().zip(text.chunks_exact(2)) {
        *byte = digit(pair[0])? << 4 | digit(pair[1])?;
    }
    Some(sha)
}
