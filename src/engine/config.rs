//! The settings of a store.

use crate::effects::Class;
use crate::number::parse_int;

/// How collections are kept: up to which sizes as one packed allocation, and how they are hashed beyond.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// `hash-max-listpack-entries`.
    pub hash_entries: usize,
    /// `hash-max-listpack-value`, in bytes.
    pub hash_value: usize,
    /// `set-max-intset-entries`.
    pub set_intset: usize,
    /// `set-max-listpack-entries`.
    pub set_entries: usize,
    /// `set-max-listpack-value`, in bytes.
    pub set_value: usize,
    /// `zset-max-listpack-entries`.
    pub zset_entries: usize,
    /// `zset-max-listpack-value`, in bytes.
    pub zset_value: usize,
    /// `list-max-listpack-size`: entries if positive, a size class (-1: 4 KiB … -5: 64 KiB) if negative.
    pub list_size: i64,
    /// `stream-node-max-bytes`.
    pub stream_bytes: usize,
    /// `stream-node-max-entries`.
    pub stream_entries: usize,
    /// What the hash functions of big hashes, sets and sorted sets follow from: the store's own.
    pub seed: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            hash_entries: 512,
            hash_value: 64,
            set_intset: 512,
            set_entries: 128,
            set_value: 64,
            zset_entries: 128,
            zset_value: 64,
            list_size: -2,
            stream_bytes: 4096,
            stream_entries: 100,
            seed: 0,
        }
    }
}

/// What CONFIG GET and SET speak of, as far as it may change.
#[derive(Clone, Debug)]
pub struct Config {
    /// `notify-keyspace-events`.
    pub notify: Class,
    /// How collections are kept.
    pub limits: Limits,
    /// `proto-max-bulk-len`: how long a string may grow, in bytes.
    pub max_bulk: usize,
    /// `timeout`, in seconds: kept, but an idle session costs nothing and is left alone.
    pub timeout: i64,
}

impl Default for Config {
    fn default() -> Self {
        Self { notify: Class::default(), limits: Limits::default(), max_bulk: 512 << 20, timeout: 0 }
    }
}

/// A setting: its name and how it is read and written.
#[derive(Debug)]
pub struct Parameter {
    /// The name, in lower case.
    pub name: &'static str,
    kind: Kind,
}

/// How a setting's value is kept and spelled.
#[derive(Debug)]
enum Kind {
    /// Never changes.
    Immutable(&'static str),
    /// Could change in a server; here only to what it is.
    Constant(&'static str),
    /// A whole number.
    Integer { place: fn(&mut Config) -> Number<'_>, min: i64, max: i64 },
    /// Bytes, with a unit if need be.
    Memory { place: fn(&mut Config) -> &mut usize, min: i64 },
    /// Classes of keyspace events.
    Events,
}

/// Where a whole number is kept.
#[derive(Debug)]
enum Number<'c> {
    Size(&'c mut usize),
    Signed(&'c mut i64),
}

const fn entries(name: &'static str, place: fn(&mut Config) -> Number<'_>) -> Parameter {
    Parameter { name, kind: Kind::Integer { place, min: 0, max: i64::MAX } }
}

const fn memory(name: &'static str, place: fn(&mut Config) -> &mut usize) -> Parameter {
    Parameter { name, kind: Kind::Memory { place, min: 0 } }
}

const fn constant(name: &'static str, value: &'static str) -> Parameter {
    Parameter { name, kind: Kind::Constant(value) }
}

const fn immutable(name: &'static str, value: &'static str) -> Parameter {
    Parameter { name, kind: Kind::Immutable(value) }
}

const fn list_size(name: &'static str) -> Parameter {
    let kind = Kind::Integer {
        place: |config| Number::Signed(&mut config.limits.list_size),
        min: i32::MIN as i64,
        max: i32::MAX as i64,
    };
    Parameter { name, kind }
}

/// The settings. Constants say what is true of this engine in the words of a server that could be told
/// otherwise, because clients look at them.
pub static PARAMETERS: &[Parameter] = &[
    constant("appendfsync", "everysec"),
    constant("appendonly", "no"),
    constant("busy-reply-threshold", "5000"),
    immutable("cluster-enabled", "no"),
    immutable("databases", "16"),
    immutable("enable-debug-command", "yes"),
    entries("hash-max-listpack-entries", |config| Number::Size(&mut config.limits.hash_entries)),
    memory("hash-max-listpack-value", |config| &mut config.limits.hash_value),
    entries("hash-max-ziplist-entries", |config| Number::Size(&mut config.limits.hash_entries)),
    memory("hash-max-ziplist-value", |config| &mut config.limits.hash_value),
    constant("list-compress-depth", "0"),
    list_size("list-max-listpack-size"),
    list_size("list-max-ziplist-size"),
    constant("lua-time-limit", "5000"),
    constant("maxclients", "10000"),
    constant("maxmemory", "0"),
    constant("maxmemory-policy", "noeviction"),
    Parameter { name: "notify-keyspace-events", kind: Kind::Events },
    constant("port", "0"),
    Parameter {
        name: "proto-max-bulk-len",
        kind: Kind::Memory { place: |config| &mut config.max_bulk, min: 1 << 20 },
    },
    constant("requirepass", ""),
    constant("save", ""),
    entries("set-max-intset-entries", |config| Number::Size(&mut config.limits.set_intset)),
    entries("set-max-listpack-entries", |config| Number::Size(&mut config.limits.set_entries)),
    memory("set-max-listpack-value", |config| &mut config.limits.set_value),
    memory("stream-node-max-bytes", |config| &mut config.limits.stream_bytes),
    entries("stream-node-max-entries", |config| Number::Size(&mut config.limits.stream_entries)),
    Parameter {
        name: "timeout",
        kind: Kind::Integer {
            place: |config| Number::Signed(&mut config.timeout),
            min: 0,
            max: i32::MAX as i64,
        },
    },
    entries("zset-max-listpack-entries", |config| Number::Size(&mut config.limits.zset_entries)),
    memory("zset-max-listpack-value", |config| &mut config.limits.zset_value),
    entries("zset-max-ziplist-entries", |config| Number::Size(&mut config.limits.zset_entries)),
    memory("zset-max-ziplist-value", |config| &mut config.limits.zset_value),
];

impl Parameter {
    /// The setting of this name, in any case.
    pub fn find(name: &[u8]) -> Option<&'static Self> {
        PARAMETERS.iter().find(|parameter| name.eq_ignore_ascii_case(parameter.name.as_bytes()))
    }

    /// Whether CONFIG SET refuses it whatever the value.
    pub fn is_immutable(&self) -> bool {
        matches!(self.kind, Kind::Immutable(_))
    }

    /// The value, as CONFIG GET spells it.
    pub fn get(&self, config: &Config) -> String {
        // The places are given for writing; a copy is small.
        let mut config = config.clone();
        match &self.kind {
            Kind::Immutable(value) | Kind::Constant(value) => (*value).to_owned(),
            Kind::Integer { place, .. } => match place(&mut config) {
                Number::Size(size) => size.to_string(),
                Number::Signed(number) => number.to_string(),
            },
            Kind::Memory { place, .. } => place(&mut config).to_string(),
            Kind::Events => config.notify.letters(),
        }
    }

    /// Changes the value, or says in CONFIG SET's words why not.
    pub fn set(&self, config: &mut Config, value: &[u8]) -> Result<(), String> {
        let out_of_range = |min, max| format!("argument must be between {min} and {max} inclusive");
        match &self.kind {
            Kind::Immutable(present) | Kind::Constant(present) => {
                if value != present.as_bytes() {
                    return Err("can't set immutable config".to_owned());
                }
            }
            Kind::Integer { place, min, max } => {
                let number = parse_int(value).ok_or("argument couldn't be parsed into an integer")?;
                if number < *min || number > *max {
                    return Err(out_of_range(min, max));
                }
                match place(config) {
                    Number::Size(size) => *size = number as usize,
                    Number::Signed(signed) => *signed = number,
                }
            }
            Kind::Memory { place, min } => {
                let bytes = parse_memory(value).ok_or("argument must be a memory value")?;
                if bytes < *min as u64 || i64::try_from(bytes).is_err() {
                    return Err(out_of_range(min, &i64::MAX));
                }
                *place(config) = bytes as usize;
            }
            Kind::Events => {
                config.notify = Class::from_letters(value)
                    .ok_or("Invalid event class character. Use 'Ag$lshzxeKEtmdn'.")?;
            }
        }
        Ok(())
    }
}

/// A number of bytes with an optional unit: `k` and `kb`, `m`, `g` in thousands and in powers of two. What
/// does not fit is the greatest that does.
fn parse_memory(text: &[u8]) -> Option<u64> {
    let digits = text.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let (digits, unit) = text.split_at(digits);
    let unit: u64 = match unit.to_ascii_lowercase().as_slice() {
        b"" | b"b" => 1,
        b"k" => 1000,
        b"kb" => 1 << 10,
        b"m" => 1_000_000,
        b"mb" => 1 << 20,
        b"g" => 1_000_000_000,
        b"gb" => 1 << 30,
        _ => return None,
    };
    let number = digits
        .iter()
        .fold(0u64, |number, digit| number.saturating_mul(10).saturating_add(u64::from(digit - b'0')));
    Some(number.saturating_mul(unit))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_sorted_and_values_read_back() {
        assert!(PARAMETERS.is_sorted_by_key(|parameter| parameter.name));
        for parameter in PARAMETERS.iter().filter(|parameter| !parameter.is_immutable()) {
            let mut config = Config::default();
            let value = parameter.get(&config);
            assert_eq!(parameter.set(&mut config, value.as_bytes()), Ok(()), "{}", parameter.name);
        }
    }

    #[test]
    fn memory_has_units() {
        for (text, bytes) in [
            ("0", Some(0)),
            ("4k", Some(4000)),
            ("4KB", Some(4096)),
            ("1gb", Some(1 << 30)),
            ("-1", None),
            ("1.5k", None),
            ("1tb", None),
            ("99999999999999999999", Some(u64::MAX)),
        ] {
            assert_eq!(parse_memory(text.as_bytes()), bytes, "{text}");
        }
    }
}
