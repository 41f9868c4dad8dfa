//! The values. They know no keys, no time and no replies.

pub mod bitmap;
pub mod geohash;
pub mod hash;
pub mod hyperloglog;
pub mod intset;
pub mod list;
pub mod order_tree;
pub mod packed;
pub mod set;
pub mod stream;
mod stream_block;
pub mod stream_group;
mod string;
pub mod zset;

pub use hash::Hash;
pub use list::{Fill, List};
pub use set::Set;
pub use stream::Stream;
pub use string::StringValue;
pub use zset::ZSet;

/// The type of a key, as TYPE says it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "each is the variant of `Value` that has its name")]
pub enum Type {
    String,
    List,
    Set,
    ZSet,
    Hash,
    Stream,
}

impl Type {
    /// The name in TYPE's words.
    pub fn name(self) -> &'static str {
        match self {
            Self::String => "string",
            Self::List => "list",
            Self::Set => "set",
            Self::ZSet => "zset",
            Self::Hash => "hash",
            Self::Stream => "stream",
        }
    }
}

/// What a key holds.
#[derive(Clone, Debug)]
pub enum Value {
    /// Bytes, or an integer that reads as such.
    String(StringValue),
    /// Elements in their order.
    List(Box<List>),
    /// Members, each once.
    Set(Box<Set>),
    /// Members, each once, in the order of their scores.
    ZSet(Box<ZSet>),
    /// Fields and their values.
    Hash(Box<Hash>),
    /// Entries by their IDs, and the groups that read them.
    Stream(Box<Stream>),
}

impl Value {
    /// Its type.
    pub fn kind(&self) -> Type {
        match self {
            Self::String(_) => Type::String,
            Self::List(_) => Type::List,
            Self::Set(_) => Type::Set,
            Self::ZSet(_) => Type::ZSet,
            Self::Hash(_) => Type::Hash,
            Self::Stream(_) => Type::Stream,
        }
    }

    /// What OBJECT ENCODING says of it.
    pub fn encoding(&self) -> &'static str {
        match self {
            Self::String(value) => value.encoding(),
            Self::List(value) => value.encoding(),
            Self::Set(value) => value.encoding(),
            Self::ZSet(value) => value.encoding(),
            Self::Hash(value) => value.encoding(),
            Self::Stream(value) => value.encoding(),
        }
    }

    /// The bytes of a string, the elements of a collection; nothing of a stream, which has no end of either.
    pub fn len(&self) -> Option<usize> {
        match self {
            Self::String(value) => Some(value.bytes.len()),
            Self::List(value) => Some(value.len()),
            Self::Set(value) => Some(value.len()),
            Self::ZSet(value) => Some(value.len()),
            Self::Hash(value) => Some(value.len()),
            Self::Stream(_) => None,
        }
    }

    /// Whether it is a collection without elements, which no key may hold.
    pub fn is_empty(&self) -> bool {
        match self {
            Self::String(_) | Self::Stream(_) => false,
            Self::List(value) => value.is_empty(),
            Self::Set(value) => value.is_empty(),
            Self::ZSet(value) => value.is_empty(),
            Self::Hash(value) => value.is_empty(),
        }
    }

    /// The memory it takes beside its own struct, in bytes; in O(1).
    pub fn bytes(&self) -> usize {
        match self {
            Self::String(value) => value.bytes.capacity(),
            Self::List(value) => value.bytes(),
            Self::Set(value) => value.bytes(),
            Self::ZSet(value) => value.bytes(),
            Self::Hash(value) => value.bytes(),
            Self::Stream(value) => value.bytes(),
        }
    }
}

/// A value type that a [`Value`] can hold: how [`crate::dispatch::Ctx`] finds it behind a key.
pub trait Kind: Sized {
    /// Its type.
    const TYPE: Type;
    /// The value, if it is of this type.
    fn of(value: &Value) -> Option<&Self>;
    /// The value, if it is of this type.
    fn of_mut(value: &mut Value) -> Option<&mut Self>;
    /// Itself as a value.
    fn wrap(self) -> Value;
}

macro_rules! kinds {
    ($($name:ident),*) => {$(
        impl Kind for $name {
            const TYPE: Type = Type::$name;
            fn of(value: &Value) -> Option<&Self> {
                if let Value::$name(value) = value { Some(value) } else { None }
            }
            fn of_mut(value: &mut Value) -> Option<&mut Self> {
                if let Value::$name(value) = value { Some(value) } else { None }
            }
            fn wrap(self) -> Value {
                Value::$name(Box::new(self))
            }
        }
    )*};
}

kinds!(List, Set, ZSet, Hash, Stream);
