//! How much memory scripts may take.

use mlua::Lua;

/// The interpreter's memory at most, in bytes: room for two of the largest strings that Redis takes.
pub(super) const LIMIT: usize = 1 << 30;

/// Runs `make` without the limit. While that is in force mlua makes each value in a protected call, which
/// costs as much again; the engine knows how large the values are that it makes itself.
pub(super) fn lifted<T>(lua: &Lua, make: impl FnOnce() -> mlua::Result<T>) -> mlua::Result<T> {
    lua.set_memory_limit(0)?;
    let made = make();
    lua.set_memory_limit(LIMIT)?;
    made
}
