//! The forms of settings: what CONFIG SET takes for each, and how CONFIG GET spells it.

use crate::effects::Class;
use crate::number::{parse_float, parse_int};

/// What a setting's values look like.
#[derive(Debug)]
pub(super) enum Form {
    /// `yes` or `no`.
    Flag,
    /// A whole number.
    Integer { min: i64, max: i64 },
    /// Bytes, with a unit if need be.
    Memory { min: u64, max: u64 },
    /// Bytes, or a share of `maxmemory` in percent.
    MemoryOrPercent,
    /// One of some words.
    Word(&'static [&'static str]),
    /// Any text.
    Text,
    /// A text that a function of its own reads and spells.
    Own(fn(&str, &[u8]) -> Result<String, String>),
}

/// What a setting's value means.
#[derive(Clone, Copy, Debug)]
pub(super) struct Value<'a> {
    /// As a number: bytes, or 1 and 0 for `yes` and `no`.
    pub(super) number: i64,
    /// As CONFIG GET spells it.
    pub(super) text: &'a str,
    /// As it was given, which may say more than CONFIG GET tells.
    pub(super) given: &'a [u8],
}

impl Value<'_> {
    /// As a number that is not negative; what a form bounds from below at 0.
    pub(super) fn size(self) -> usize {
        self.number as usize
    }
}

/// A whole number from 0 on.
pub(super) const NATURAL: Form = Form::Integer { min: 0, max: i64::MAX };
/// A whole number from 0 on in 32 bits.
pub(super) const NATURAL_32: Form = Form::Integer { min: 0, max: i32::MAX as i64 };
/// Any number of bytes.
pub(super) const BYTES: Form = Form::Memory { min: 0, max: i64::MAX as u64 };

impl Form {
    /// Reads a value, whose setting now has the text `present`; how it is spelled, or in CONFIG SET's words
    /// why it is none.
    pub(super) fn read(&self, present: &str, value: &[u8]) -> Result<String, String> {
        match self {
            Self::Flag => match choose(value, &["yes", "no"]) {
                Some(word) => Ok(word.to_owned()),
                None => Err("argument must be 'yes' or 'no'".to_owned()),
            },
            Self::Integer { min, max } => {
                let number = parse_int(value).ok_or("argument couldn't be parsed into an integer")?;
                if number < *min || number > *max {
                    return Err(out_of_range(min, max));
                }
                Ok(number.to_string())
            }
            Self::Memory { min, max } => {
                let bytes = parse_memory(value).ok_or("argument must be a memory value")?;
                if bytes < *min || bytes > *max {
                    return Err(out_of_range(min, max));
                }
                Ok(bytes.to_string())
            }
            Self::MemoryOrPercent => memory_or_percent(value),
            Self::Word(words) => choose(value, words)
                .map(str::to_owned)
                .ok_or_else(|| format!("argument(s) must be one of the following: {}", words.join(", "))),
            // The texts of a server end at the first NUL.
            Self::Text => {
                let end = memchr::memchr(0, value).unwrap_or(value.len());
                Ok(String::from_utf8_lossy(&value[..end]).into_owned())
            }
            Self::Own(read) => read(present, value),
        }
    }

    /// What a text that [`Form::read`] spelled means as a number.
    pub(super) fn number(&self, text: &str) -> i64 {
        match self {
            Self::Flag => i64::from(text == "yes"),
            // More bytes than there are in an address space.
            Self::Memory { .. } => text.parse::<u64>().map_or(0, |bytes| bytes.min(i64::MAX as u64) as i64),
            Self::Integer { .. } => text.parse().unwrap_or(0),
            Self::Word(words) => words.iter().position(|word| *word == text).map_or(0, |at| at as i64),
            Self::MemoryOrPercent | Self::Text | Self::Own(_) => 0,
        }
    }
}

fn out_of_range(min: &impl ToString, max: &impl ToString) -> String {
    format!("argument must be between {} and {} inclusive", min.to_string(), max.to_string())
}

/// The word that is meant, in any case.
fn choose(value: &[u8], words: &[&'static str]) -> Option<&'static str> {
    words.iter().copied().find(|word| value.eq_ignore_ascii_case(word.as_bytes()))
}

/// A number of bytes with an optional unit: `k` and `kb`, `m`, `g` in thousands and in powers of two. What
/// does not fit is the greatest that does.
pub(crate) fn parse_memory(text: &[u8]) -> Option<u64> {
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

fn memory_or_percent(value: &[u8]) -> Result<String, String> {
    if let Some(percent) = value.strip_suffix(b"%").and_then(parse_int).filter(|percent| *percent >= 0) {
        return match percent {
            0 => Ok("0".to_owned()),
            1..=100 => Ok(format!("{percent}%")),
            _ => Err("percentage argument must be less or equal to 100".to_owned()),
        };
    }
    match parse_memory(value) {
        Some(bytes) if i64::try_from(bytes).is_ok() => Ok(bytes.to_string()),
        Some(_) => Err("percentage argument must be less or equal to 100".to_owned()),
        None => Err("argument must be a memory or percent value".to_owned()),
    }
}

/// `notify-keyspace-events`: letters of classes.
pub(super) fn events(_: &str, value: &[u8]) -> Result<String, String> {
    let classes = Class::from_letters(value);
    Ok(classes.ok_or("Invalid event class character. Use 'Ag$lshzxeKEtmdn'.")?.letters())
}

/// `hz`: a number whose extremes are cut off.
pub(super) fn hz(present: &str, value: &[u8]) -> Result<String, String> {
    let hz = NATURAL_32.read(present, value)?;
    Ok(NATURAL_32.number(&hz).clamp(1, 500).to_string())
}

/// `repl-backlog-size`: at least 16 KiB, whatever was asked for.
pub(super) fn backlog(present: &str, value: &[u8]) -> Result<String, String> {
    let size = Form::Memory { min: 1, max: i64::MAX as u64 }.read(present, value)?;
    Ok(BYTES.number(&size).max(16 << 10).to_string())
}

/// `activedefrag`: needs an allocator of its own.
pub(super) fn defrag(present: &str, value: &[u8]) -> Result<String, String> {
    match Form::Flag.read(present, value)?.as_str() {
        "no" => Ok("no".to_owned()),
        _ => Err("Active defragmentation cannot be enabled: it requires a Redis server compiled with a \
                  modified Jemalloc like the one shipped by default with the Redis source distribution"
            .to_owned()),
    }
}

/// `tls-replication` and `tls-cluster`: there is no certificate to go by.
pub(super) fn tls(present: &str, value: &[u8]) -> Result<String, String> {
    match Form::Flag.read(present, value)?.as_str() {
        "no" => Ok("no".to_owned()),
        _ => Err("Unable to update TLS configuration. Check server logs.".to_owned()),
    }
}

/// `locale-collate`: the one that needs no data of an operating system.
pub(super) fn locale(_: &str, value: &[u8]) -> Result<String, String> {
    match value {
        b"" | b"C" | b"POSIX" => Ok(String::from_utf8_lossy(value).into_owned()),
        _ => Err("Invalid locale name".to_owned()),
    }
}

/// `cluster-announce-hostname`.
pub(super) fn hostname(_: &str, value: &[u8]) -> Result<String, String> {
    if value.len() >= 256 {
        return Err("Hostnames must be less than 256 characters".to_owned());
    }
    let fits = |byte: &u8| byte.is_ascii_alphanumeric() || b"-.".contains(byte);
    announced(value, fits, "Hostnames may only contain alphanumeric characters, hyphens or dots")
}

/// `cluster-announce-human-nodename`.
pub(super) fn nodename(_: &str, value: &[u8]) -> Result<String, String> {
    let fits = |byte: &u8| !b"!#$%&()*+:;<>?@[]^{|}~".contains(byte);
    announced(value, fits, "Announced human node name contained invalid character")
}

fn announced(value: &[u8], fits: fn(&u8) -> bool, otherwise: &str) -> Result<String, String> {
    if value.iter().all(fits) {
        Ok(String::from_utf8_lossy(value).into_owned())
    } else {
        Err(otherwise.to_owned())
    }
}

/// `proc-title-template`: text with placeholders.
pub(super) fn title(_: &str, value: &[u8]) -> Result<String, String> {
    const KNOWN: [&str; 7] =
        ["title", "listen-addr", "server-mode", "port", "tls-port", "unixsocket", "config-file"];
    let invalid = || "template format is invalid or contains unknown variables".to_owned();
    let text = std::str::from_utf8(value).map_err(|_| invalid())?;
    let known = |part: &str| part.split_once('}').is_some_and(|(name, _)| KNOWN.contains(&name));
    let fits = !text.trim().is_empty() && text.split('{').skip(1).all(known);
    if fits { Ok(text.to_owned()) } else { Err(invalid()) }
}

/// `oom-score-adj-values`: three numbers.
pub(super) fn oom_scores(_: &str, value: &[u8]) -> Result<String, String> {
    let words: Vec<&[u8]> = value.split(|byte| *byte == b' ').collect();
    if words.len() != 3 {
        return Err("wrong number of arguments".to_owned());
    }
    let scores = words.iter().map(|word| parse_int(word).filter(|score| (-2000..=2000).contains(score)));
    let scores: Option<Vec<String>> = scores.map(|score| Some(score?.to_string())).collect();
    let invalid = "Invalid oom-score-adj-values, elements must be between -2000 and 2000.";
    scores.map(|scores| scores.join(" ")).ok_or_else(|| invalid.to_owned())
}

/// `shutdown-on-sigint` and `shutdown-on-sigterm`: any of some words, but not two that contradict.
pub(super) fn shutdown(_: &str, value: &[u8]) -> Result<String, String> {
    const WORDS: [&str; 5] = ["default", "save", "nosave", "now", "force"];
    let mut chosen = [false; WORDS.len()];
    for word in value.split(|byte| *byte == b' ') {
        let at = WORDS.iter().position(|known| word.eq_ignore_ascii_case(known.as_bytes()));
        let at =
            at.ok_or_else(|| format!("argument(s) must be one of the following: {}", WORDS.join(", ")))?;
        chosen[at] = true;
    }
    if chosen[1] && chosen[2] {
        return Err("shutdown options SAVE and NOSAVE can't be used simultaneously".to_owned());
    }
    let told: Vec<&str> = (1..WORDS.len()).filter(|at| chosen[*at]).map(|at| WORDS[at]).collect();
    Ok(if told.is_empty() { WORDS[0].to_owned() } else { told.join(" ") })
}

/// `latency-tracking-info-percentiles`: numbers from 0 to 100.
pub(super) fn percentiles(_: &str, value: &[u8]) -> Result<String, String> {
    if value.is_empty() {
        return Ok(String::new());
    }
    let mut told: Vec<String> = Vec::new();
    for word in value.split(|byte| *byte == b' ') {
        let number = parse_float(word);
        let number = number.ok_or("Invalid latency-tracking-info-percentiles parameters")?;
        if !(0.0..=100.0).contains(&number) {
            let range = "latency-tracking-info-percentiles parameters should sit between [0.0,100.0]";
            return Err(range.to_owned());
        }
        let decimals = format!("{number:.6}");
        told.push(decimals.trim_end_matches('0').trim_end_matches('.').to_owned());
    }
    Ok(told.join(" "))
}

/// `client-output-buffer-limit`: for each class named, its hard limit, soft limit and seconds; the others
/// stay as they are.
pub(super) fn buffer_limits(present: &str, value: &[u8]) -> Result<String, String> {
    const CLASSES: [&str; 3] = ["normal", "slave", "pubsub"];
    let mut words: Vec<String> = present.split(' ').map(str::to_owned).collect();
    let given: Vec<&[u8]> =
        if value.is_empty() { Vec::new() } else { value.split(|byte| *byte == b' ').collect() };
    let (groups, []) = given.as_chunks() else {
        return Err("Wrong number of arguments in buffer limit configuration.".to_owned());
    };
    for [class, hard, soft, seconds] in groups {
        let class = if class.eq_ignore_ascii_case(b"replica") { b"slave" } else { *class };
        let class = CLASSES.iter().position(|name| class.eq_ignore_ascii_case(name.as_bytes()));
        let class = class.ok_or("Invalid client class specified in buffer limit configuration.")?;
        let seconds = parse_int(seconds).filter(|seconds| *seconds >= 0);
        let (Some(hard), Some(soft), Some(seconds)) = (parse_memory(hard), parse_memory(soft), seconds)
        else {
            return Err(
                "Error in hard, soft or soft_seconds setting in buffer limit configuration.".to_owned()
            );
        };
        for (at, number) in [hard, soft, seconds as u64].into_iter().enumerate() {
            words[class * 4 + 1 + at] = number.to_string();
        }
    }
    Ok(words.join(" "))
}

/// `save`: pairs of seconds and changes.
pub(super) fn save(_: &str, value: &[u8]) -> Result<String, String> {
    let invalid = || "Invalid save parameters".to_owned();
    let text = std::str::from_utf8(value).map_err(|_| invalid())?;
    let words: Vec<&str> = if text.is_empty() { Vec::new() } else { text.split(' ').collect() };
    let (pairs, []) = words.as_chunks() else { return Err(invalid()) };
    let at_least = |word: &str, min| parse_int(word.as_bytes()).is_some_and(|number| number >= min);
    let fits = pairs.iter().all(|[seconds, changes]| at_least(seconds, 1) && at_least(changes, 0));
    if fits { Ok(text.to_owned()) } else { Err(invalid()) }
}
