//! `redis.call`: how a script comes back into the engine while EVAL's handler is on the stack.
//!
//! The engine's state cannot be borrowed twice, so the handler swaps its box with a stand-in that waits
//! here, and swaps it back when the script has ended.

use std::sync::{Mutex, MutexGuard, PoisonError, TryLockError};

use mlua::{Lua, Value};

use super::kill::ScriptKiller;
use super::memory::lifted;
pub(super) use super::said::Kind as Called;
use super::said::Said;
use crate::command::{self, Command, Flags};
use crate::dispatch::{Ctx, Frame, Origin};
use crate::error::Error;
use crate::eviction::OUT_OF_MEMORY;
use crate::gate::Gate;
use crate::store::{State, Store};

/// What scripts are told when a call does not get as far as its command.
pub(super) mod refuse {
    pub(in crate::lua) const NOTHING: &str =
        "ERR Please specify at least one argument for this redis lib call";
    pub(in crate::lua) const ARGUMENT_TYPE: &str =
        "ERR Lua redis lib command arguments must be strings or integers";
    pub(super) const UNKNOWN: &str = "ERR Unknown Redis command called from script";
    pub(super) const ARITY: &str = "ERR Wrong number of args calling Redis command from script";
    pub(super) const NOT_FROM_SCRIPT: &str = "ERR This Redis command is not allowed from script";
    pub(super) const INVALID: &str = "ERR Invalid command passed to redis.acl_check_cmd()";
    pub(super) const READ_ONLY: &str = "ERR Write commands are not allowed from read-only scripts.";
}

/// Where script and engine meet: shared by the interpreter's functions and the handlers that run scripts.
pub(super) struct Desk {
    open: Mutex<Open>,
    killer: ScriptKiller,
}

#[derive(Default)]
struct Open {
    /// The engine's state while a script runs; what stands in for it before and after.
    store: Option<Store>,
    /// What the stopwatch read when the script was first looked at; nothing before.
    seen_ns: Option<u64>,
    frame: Option<Frame>,
    read_only: bool,
    /// Whether commands that may need memory are refused: until the first write, lest half be written.
    starved: bool,
    resp: u8,
    said: Said,
}

/// The state, lent to a script until this is dropped: at the script's end, or when something panicked.
pub(super) struct Lent<'a> {
    desk: &'a Desk,
    state: &'a mut Box<State>,
}

impl Drop for Lent<'_> {
    fn drop(&mut self) {
        self.desk.killer.end();
        let mut open = self.desk.open();
        open.frame = None;
        if let Some(Store { state }) = &mut open.store {
            state.gate.set(Gate::BUSY, false);
            std::mem::swap(state, self.state);
        }
    }
}

impl std::fmt::Debug for Desk {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Desk").finish_non_exhaustive()
    }
}

impl Desk {
    /// A desk that tells `killer` of writes.
    pub(super) fn new(killer: ScriptKiller) -> Self {
        Self { open: Mutex::default(), killer }
    }

    fn open(&self) -> MutexGuard<'_, Open> {
        // A panic is caught further out, and the state it leaves is as good as it gets.
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Lends the state of `ctx` to a script.
    pub(super) fn lend<'a>(&'a self, ctx: &'a mut Ctx<'_>, read_only: bool, allow_oom: bool) -> Lent<'a> {
        // Read here, so that all calls see the same instant.
        ctx.now_us();
        let frame = ctx.frame();
        let mut open = self.open();
        open.frame = Some(frame);
        open.read_only = read_only;
        open.starved = ctx.state.out_of_memory && !allow_oom;
        open.resp = 2;
        open.seen_ns = None;
        let stand_in = open.store.get_or_insert_with(Store::stand_in);
        std::mem::swap(&mut stand_in.state, ctx.state);
        self.killer.begin();
        Lent { desk: self, state: ctx.state }
    }

    /// The RESP version in which the script is answered from now on.
    pub(super) fn set_resp(&self, version: u8) {
        self.open().resp = version;
    }

    /// The RESP version in which the script is answered.
    pub(super) fn resp(&self) -> u8 {
        self.open().resp
    }

    /// Whether the user whose script this is may run a command.
    pub(super) fn may_call(&self, argv: &[&[u8]]) -> Result<bool, &'static str> {
        let command = command::resolve(argv).map_err(|_: Error| refuse::INVALID)?;
        let mut open = self.open();
        let Open { store: Some(store), frame: Some(frame), .. } = &mut *open else { return Ok(false) };
        Ok(Ctx::within(&mut store.state, frame, Origin::Script).denied(command, argv).is_none())
    }

    /// Has others served from inside of the script, if it has run for long.
    pub(super) fn look_around(&self) {
        let mut open = match self.open.try_lock() {
            Ok(open) => open,
            Err(TryLockError::Poisoned(open)) => open.into_inner(),
            // In the middle of a call of the script's.
            Err(TryLockError::WouldBlock) => return,
        };
        let Open { store: Some(store), seen_ns, .. } = &mut *open else { return };
        if store.has_interludes() {
            let now_ns = store.state.clock.stopwatch_ns();
            let ran_ns = now_ns.saturating_sub(*seen_ns.get_or_insert(now_ns));
            if ran_ns >= store.state.config.busy_after_ns() {
                store.serve_others();
            }
        }
    }

    /// Runs a command for the script.
    pub(super) fn call(&self, lua: &Lua, argv: &[&[u8]]) -> mlua::Result<(Value, Called)> {
        let mut open = self.open();
        let Open { store: Some(store), frame: Some(frame), read_only, starved, resp, said, .. } = &mut *open
        else {
            return error(lua, b"ERR redis.call can only be used by a script that runs");
        };
        let command = match permitted(argv, *read_only) {
            Ok(command) => command,
            Err(text) => return error(lua, text.as_bytes()),
        };
        if *starved && command.flags.has(Flags::DENYOOM) {
            return error(lua, OUT_OF_MEMORY.wire());
        }
        *starved &= !command.flags.has(Flags::WRITE);
        said.begin(*resp);
        store.state.stats.commands += 1;
        let mut ctx = Ctx::within(&mut store.state, frame, Origin::Script);
        let outcome = ctx.call_within(command, argv, said);
        frame.db = ctx.db;
        if command.flags.has(Flags::WRITE) {
            self.killer.wrote();
        }
        match outcome {
            Ok(()) if said.needs_memory() => lifted(lua, || said.value(lua)),
            Ok(()) => said.value(lua),
            Err(problem) => error(lua, problem.wire()),
        }
    }
}

/// The command, if a script may call it so.
fn permitted(argv: &[&[u8]], read_only: bool) -> Result<&'static Command, &'static str> {
    if argv.is_empty() {
        return Err(refuse::NOTHING);
    }
    let command = command::resolve(argv).map_err(|_: Error| refuse::UNKNOWN)?;
    if !command.accepts(argv.len()) {
        return Err(refuse::ARITY);
    }
    if command.flags.has(Flags::NOSCRIPT) {
        return Err(refuse::NOT_FROM_SCRIPT);
    }
    if read_only && (command.flags.has(Flags::WRITE) || command.flags.has(Flags::MAY_REPLICATE)) {
        return Err(refuse::READ_ONLY);
    }
    Ok(command)
}

fn error(lua: &Lua, text: &[u8]) -> mlua::Result<(Value, Called)> {
    lifted(lua, || lua.create_string(text)).map(|text| (Value::String(text), Called::Error))
}
