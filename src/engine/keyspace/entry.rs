//! One key with its value and its lifetime.

use crate::table;
use crate::types::{StringValue, Type, Value};
use crate::usage::Usage;

/// The longest key and value together that share one allocation, in bytes.
const PACKED: usize = 512;

/// One key of a database.
#[derive(Debug)]
pub enum Entry {
    /// A small string with its key in one allocation.
    Packed(Packed),
    /// Everything else.
    Object(Box<Object>),
}

/// A key whose value is an allocation of its own.
#[derive(Debug)]
pub struct Object {
    key: Box<[u8]>,
    /// When it expires, in milliseconds since the Unix epoch; not, unless `expires`.
    deadline: i64,
    expires: bool,
    usage: Usage,
    /// What the value was last counted with, in bytes.
    pub(super) counted: usize,
    /// The value.
    pub value: Value,
}

impl Object {
    fn fields_expire(&self) -> Option<i64> {
        match &self.value {
            Value::Hash(hash) => hash.noted_deadline(),
            _ => None,
        }
    }

    fn expire(&self) -> Option<i64> {
        self.expires.then_some(self.deadline)
    }

    fn set_expire(&mut self, expire: Option<i64>) {
        self.expires = expire.is_some();
        self.deadline = expire.unwrap_or_default();
    }
}

/// A key and its string: `[flags][key length: 2][usage: 3][deadline: 8, if any][key][value]`.
#[derive(Debug)]
pub struct Packed(Box<[u8]>);

/// A deadline is there.
const EXPIRES: u8 = 1;
/// The value is text even if it looks like an integer, as OBJECT ENCODING tells it.
const TEXT: u8 = 2;
/// Bytes before the deadline.
const HEAD: usize = 6;
/// Where the usage stands.
const USAGE: usize = 3;
/// Bytes of the deadline.
const DEADLINE: usize = 8;

impl Packed {
    fn new(key: &[u8], value: &[u8], expire: Option<i64>, text: bool) -> Self {
        let head = HEAD + if expire.is_some() { DEADLINE } else { 0 };
        let mut bytes = Vec::with_capacity(head + key.len() + value.len());
        bytes.push(if expire.is_some() { EXPIRES } else { 0 } | if text { TEXT } else { 0 });
        bytes.extend_from_slice(&(key.len() as u16).to_le_bytes());
        bytes.extend_from_slice(&Usage::default().to_bytes());
        if let Some(deadline) = expire {
            bytes.extend_from_slice(&deadline.to_le_bytes());
        }
        bytes.extend_from_slice(key);
        bytes.extend_from_slice(value);
        Self(bytes.into_boxed_slice())
    }

    #[inline]
    fn expires(&self) -> bool {
        self.0[0] & EXPIRES != 0
    }

    fn is_text(&self) -> bool {
        self.0[0] & TEXT != 0
    }

    #[inline]
    fn key_at(&self) -> usize {
        if self.expires() { HEAD + DEADLINE } else { HEAD }
    }

    #[inline]
    fn value_at(&self) -> usize {
        self.key_at() + usize::from(u16::from_le_bytes([self.0[1], self.0[2]]))
    }

    #[inline]
    fn key(&self) -> &[u8] {
        &self.0[self.key_at()..self.value_at()]
    }

    /// The string.
    #[inline]
    pub fn value(&self) -> &[u8] {
        &self.0[self.value_at()..]
    }

    /// When it expires, in milliseconds since the Unix epoch.
    #[inline]
    pub fn expire(&self) -> Option<i64> {
        if !self.expires() {
            return None;
        }
        self.0[HEAD..HEAD + DEADLINE].try_into().ok().map(i64::from_le_bytes)
    }

    #[inline]
    fn usage(&self) -> Usage {
        Usage::from_bytes([self.0[USAGE], self.0[USAGE + 1], self.0[USAGE + 2]])
    }

    #[inline]
    fn set_usage(&mut self, usage: Usage) {
        self.0[USAGE..HEAD].copy_from_slice(&usage.to_bytes());
    }

    /// The same value under another key.
    fn under(&self, key: &[u8]) -> Entry {
        Entry::string_or_text(key, self.value(), self.expire(), self.is_text())
    }

    /// Takes another value and deadline, if they fit the allocation to the byte.
    #[inline]
    pub(super) fn overwrite(&mut self, value: &[u8], expire: Option<i64>) -> bool {
        let value_at = self.value_at();
        if self.0.len() - value_at != value.len() || self.expires() != expire.is_some() {
            return false;
        }
        self.0[0] &= !TEXT;
        if let Some(deadline) = expire {
            self.0[HEAD..HEAD + DEADLINE].copy_from_slice(&deadline.to_le_bytes());
        }
        self.0[value_at..].copy_from_slice(value);
        true
    }
}

impl Entry {
    /// The smallest entry for a string: packed, unless it is long or was edited in place.
    pub fn string(key: &[u8], value: &[u8], expire: Option<i64>) -> Self {
        Self::string_or_text(key, value, expire, false)
    }

    /// As [`Entry::string`], for a value that is text even if it looks like an integer.
    pub fn text(key: &[u8], value: &[u8], expire: Option<i64>) -> Self {
        Self::string_or_text(key, value, expire, true)
    }

    fn string_or_text(key: &[u8], value: &[u8], expire: Option<i64>, text: bool) -> Self {
        if key.len() + value.len() <= PACKED {
            return Self::Packed(Packed::new(key, value, expire, text));
        }
        Self::object(key, Value::String(StringValue::new(value)), expire)
    }

    /// An entry for any value.
    pub fn object(key: &[u8], value: Value, expire: Option<i64>) -> Self {
        let (deadline, expires) = (expire.unwrap_or_default(), expire.is_some());
        let usage = Usage::default();
        Self::Object(Box::new(Object { key: key.into(), deadline, expires, usage, counted: 0, value }))
    }

    /// The key.
    pub fn key(&self) -> &[u8] {
        match self {
            Self::Packed(packed) => packed.key(),
            Self::Object(object) => &object.key,
        }
    }

    /// When the key expires, in milliseconds since the Unix epoch.
    pub fn expire(&self) -> Option<i64> {
        match self {
            Self::Packed(packed) => packed.expire(),
            Self::Object(object) => object.expire(),
        }
    }

    /// When the first field of a hash expires, in milliseconds since the Unix epoch.
    pub fn fields_expire(&self) -> Option<i64> {
        match self {
            Self::Packed(_) => None,
            Self::Object(object) => object.fields_expire(),
        }
    }

    /// Whether the key's time is over at `now_ms`, or that of any of its fields.
    #[inline]
    pub fn is_due(&self, now_ms: i64) -> bool {
        let over = |deadline: i64| deadline < now_ms;
        self.expire().is_some_and(over) || self.fields_expire().is_some_and(over)
    }

    /// Whether nothing is left at `now_ms`: the key's time is over, or that of all its fields.
    pub fn is_expired(&self, now_ms: i64) -> bool {
        self.is_due(now_ms)
            && (self.expire().is_some_and(|deadline| deadline < now_ms)
                || matches!(self.value(), Some(Value::Hash(hash)) if hash.all_expired(now_ms)))
    }

    /// The value's type.
    pub fn kind(&self) -> Type {
        match self {
            Self::Packed(_) => Type::String,
            Self::Object(object) => object.value.kind(),
        }
    }

    /// The bytes of a string.
    #[inline]
    pub fn as_string(&self) -> Option<&[u8]> {
        match self {
            Self::Packed(packed) => Some(packed.value()),
            Self::Object(object) => match &object.value {
                Value::String(string) => Some(&string.bytes),
                _ => None,
            },
        }
    }

    /// The value, unless it is a packed string.
    pub fn value(&self) -> Option<&Value> {
        match self {
            Self::Packed(_) => None,
            Self::Object(object) => Some(&object.value),
        }
    }

    /// The value, unless it is a packed string.
    pub fn value_mut(&mut self) -> Option<&mut Value> {
        match self {
            Self::Packed(_) => None,
            Self::Object(object) => Some(&mut object.value),
        }
    }

    /// The same value under another key.
    #[must_use]
    pub fn renamed(self, key: &[u8]) -> Self {
        match self {
            Self::Packed(packed) => packed.under(key),
            Self::Object(mut object) => {
                object.key = key.into();
                Self::Object(object)
            }
        }
    }

    /// A copy of the value under another key, expiring when this one does.
    #[must_use]
    pub fn copied(&self, key: &[u8]) -> Self {
        match self {
            Self::Packed(packed) => packed.under(key),
            Self::Object(object) => Self::object(key, object.value.clone(), object.expire()),
        }
    }

    pub(super) fn set_expire(&mut self, expire: Option<i64>) {
        match self {
            Self::Packed(packed) => {
                let usage = packed.usage();
                *packed = Packed::new(packed.key(), packed.value(), expire, packed.is_text());
                packed.set_usage(usage);
            }
            Self::Object(object) => object.set_expire(expire),
        }
    }

    /// What it knows of its use.
    #[inline]
    pub fn usage(&self) -> Usage {
        match self {
            Self::Packed(packed) => packed.usage(),
            Self::Object(object) => object.usage,
        }
    }

    /// Notes how it is used.
    #[inline]
    pub fn set_usage(&mut self, usage: Usage) {
        match self {
            Self::Packed(packed) => packed.set_usage(usage),
            Self::Object(object) => object.usage = usage,
        }
    }

    /// How large the value is: the bytes of a string, the elements of a collection; nothing of a stream.
    pub fn size(&self) -> Option<usize> {
        match self.value() {
            None => self.as_string().map(<[u8]>::len),
            Some(value) => value.len(),
        }
    }

    /// What OBJECT ENCODING says of the value.
    pub fn encoding(&self) -> &'static str {
        match self {
            Self::Packed(packed) => StringValue::encoding_of(packed.value(), packed.is_text()),
            Self::Object(object) => object.value.encoding(),
        }
    }

    pub(super) fn bytes(&self) -> usize {
        match self {
            Self::Packed(packed) => packed.0.len(),
            Self::Object(object) => size_of::<Object>() + object.key.len() + object.counted,
        }
    }
}

impl table::Entry for Entry {
    fn key(&self) -> &[u8] {
        self.key()
    }
}
