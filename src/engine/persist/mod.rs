//! Values as bytes: what DUMP gives and RESTORE takes, in the format of Redis' RDB files.
//!
//! [`Writer`] and [`Reader`] know the format's numbers and strings; [`save`] and [`load`] say and read one
//! value; [`dump`] puts a value into the frame of a payload, with a version and a checksum. Whatever is read
//! may come from anyone: every length is held against the bytes that are left before it is believed.

pub mod crc64;
pub mod dump;
mod listpack;
pub mod load;
mod lzf;
mod reader;
pub mod save;
mod writer;
mod ziplist;

#[cfg(test)]
mod tests;

pub use writer::Writer;

/// The version of the format that is written, and the latest that is read.
pub const VERSION: u16 = 12;

/// The byte before a value, which says its type and its encoding. Those that are written have their numbers
/// from Redis 8.0; the others come from older servers and are only read.
mod code {
    pub(super) const STRING: u8 = 0;
    pub(super) const LIST: u8 = 1;
    pub(super) const SET: u8 = 2;
    pub(super) const ZSET: u8 = 3;
    pub(super) const HASH: u8 = 4;
    pub(super) const ZSET_2: u8 = 5;
    pub(super) const HASH_ZIPMAP: u8 = 9;
    pub(super) const LIST_ZIPLIST: u8 = 10;
    pub(super) const SET_INTSET: u8 = 11;
    pub(super) const ZSET_ZIPLIST: u8 = 12;
    pub(super) const HASH_ZIPLIST: u8 = 13;
    pub(super) const LIST_QUICKLIST: u8 = 14;
    pub(super) const STREAM: u8 = 15;
    pub(super) const HASH_LISTPACK: u8 = 16;
    pub(super) const ZSET_LISTPACK: u8 = 17;
    pub(super) const LIST_QUICKLIST_2: u8 = 18;
    pub(super) const STREAM_2: u8 = 19;
    pub(super) const SET_LISTPACK: u8 = 20;
    pub(super) const STREAM_3: u8 = 21;
    pub(super) const HASH_TIMED: u8 = 24;
    pub(super) const HASH_LISTPACK_EX: u8 = 25;
}

/// The kinds of nodes of a list.
mod node {
    pub(super) const PLAIN: u64 = 1;
    pub(super) const PACKED: u64 = 2;
}

/// The flags of a stream's entry in its listpack.
mod entry_flag {
    pub(super) const DELETED: i64 = 1;
    pub(super) const SAME_FIELDS: i64 = 2;
}
