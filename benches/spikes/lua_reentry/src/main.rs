//! Measures `redis.call` coming back into an engine state while the script's caller is on the stack.

use std::collections::HashMap;
use std::hint::black_box;
use std::sync::Arc;
use std::time::Instant;

use mlua::{
    BString, Function, HookTriggers, Lua, LuaOptions, MultiValue, StdLib, Table, Value, Variadic, VmState,
};
use parking_lot::Mutex;

/// Stands for the engine's state: a keyspace and some 300 bytes of everything else.
struct State {
    keys: HashMap<Vec<u8>, Vec<u8>>,
    calls: u64,
    rest: [u64; 32],
}

impl Default for State {
    fn default() -> Self {
        Self { keys: HashMap::default(), calls: 0, rest: [0; 32] }
    }
}

enum Reply {
    Status,
    Bulk(Vec<u8>),
    Nil,
    Int(i64),
    Error(&'static str),
}

/// Where the state is while a script runs.
trait Slot: Send + Sync + 'static {
    fn empty() -> Self;
    fn lend(&self, state: &mut Box<State>);
    fn give_back(&self, state: &mut Box<State>);
    fn with<R>(&self, run: impl FnOnce(&mut State) -> R) -> R;
}

/// The box itself is moved: eight bytes.
struct Boxed(Mutex<Option<Box<State>>>);
impl Slot for Boxed {
    fn empty() -> Self {
        Self(Mutex::new(None))
    }
    fn lend(&self, state: &mut Box<State>) {
        // The caller holds an Option in truth; a swap with an empty one has the same cost.
        let mut slot = self.0.lock();
        *slot = Some(std::mem::take(state));
    }
    fn give_back(&self, state: &mut Box<State>) {
        if let Some(lent) = self.0.lock().take() {
            *state = lent;
        }
    }
    fn with<R>(&self, run: impl FnOnce(&mut State) -> R) -> R {
        run(self.0.lock().as_mut().expect("lent"))
    }
}

/// The struct is moved by `mem::take`: about 300 bytes, twice.
struct Moved(Mutex<State>);
impl Slot for Moved {
    fn empty() -> Self {
        Self(Mutex::new(State::default()))
    }
    fn lend(&self, state: &mut Box<State>) {
        *self.0.lock() = std::mem::take(&mut **state);
    }
    fn give_back(&self, state: &mut Box<State>) {
        **state = std::mem::take(&mut *self.0.lock());
    }
    fn with<R>(&self, run: impl FnOnce(&mut State) -> R) -> R {
        run(&mut self.0.lock())
    }
}

fn run_command(state: &mut State, args: &[&[u8]]) -> Reply {
    state.calls += 1;
    state.rest[3] ^= state.calls;
    match (args[0], args.len()) {
        (b"GET", 2) => state.keys.get(args[1]).map_or(Reply::Nil, |v| Reply::Bulk(v.clone())),
        (b"SET", 3) => {
            match state.keys.get_mut(args[1]) {
                Some(v) => args[2].clone_into(v),
                None => drop(state.keys.insert(args[1].to_vec(), args[2].to_vec())),
            }
            Reply::Status
        }
        (b"LEN", 1) => Reply::Int(state.keys.len() as i64),
        _ => Reply::Error("ERR unknown command"),
    }
}

#[derive(Clone, Copy, PartialEq)]
enum Read {
    Borrow,
    Copy,
}

fn call<S: Slot>(
    lua: &Lua,
    slot: &S,
    ok: &Value,
    args: &[Value],
    read: Read,
    limit: usize,
) -> mlua::Result<(Value, bool)> {
    if limit != 0 {
        lua.set_memory_limit(0)?;
    }
    let reply = match read {
        Read::Borrow => {
            let mut held: [Option<mlua::string::BorrowedBytes>; 8] = Default::default();
            for (at, arg) in held.iter_mut().zip(args) {
                if let Value::String(s) = arg {
                    *at = Some(s.as_bytes());
                }
            }
            let mut slices: [&[u8]; 8] = [&[]; 8];
            for (slice, bytes) in slices.iter_mut().zip(&held) {
                if let Some(bytes) = bytes {
                    *slice = bytes;
                }
            }
            slot.with(|state| run_command(state, &slices[..args.len()]))
        }
        Read::Copy => {
            let mut buffer: Vec<u8> = Vec::with_capacity(128);
            let mut ends = [0; 8];
            for (end, arg) in ends.iter_mut().zip(args) {
                if let Value::String(s) = arg {
                    buffer.extend_from_slice(&s.as_bytes());
                }
                *end = buffer.len();
            }
            let mut slices: [&[u8]; 8] = [&[]; 8];
            let mut start = 0;
            for (slice, end) in slices.iter_mut().zip(&ends[..args.len()]) {
                *slice = &buffer[start..*end];
                start = *end;
            }
            slot.with(|state| run_command(state, &slices[..args.len()]))
        }
    };
    let out = match reply {
        Reply::Status => (ok.clone(), false),
        Reply::Bulk(v) => (Value::String(lua.create_string(&v)?), false),
        Reply::Nil => (Value::Boolean(false), false),
        Reply::Int(n) => (Value::Integer(n), false),
        Reply::Error(text) => {
            let t = lua.create_table()?;
            t.raw_set("err", text)?;
            (Value::Table(t), true)
        }
    };
    if limit != 0 {
        lua.set_memory_limit(limit)?;
    }
    Ok(out)
}

const SHIM: &str = "
local raw, error = ...
return function(...)
  local reply, failed = raw(...)
  if failed then error(reply, 0) end
  return reply
end";

#[derive(Clone, Copy)]
struct Choice {
    name: &'static str,
    read: Read,
    shim: bool,
    /// Arguments as a tuple of eight values instead of a `MultiValue`.
    tuple: bool,
    status_table_made_anew: bool,
    limit: usize,
    hook: bool,
    /// How KEYS and ARGV get into the interpreter.
    tables: Tables,
    proxy: bool,
}

#[derive(Clone, Copy, PartialEq)]
enum Tables {
    Rust,
    Lua,
    Capture,
}

type EightValues = (Option<Value>, Option<Value>, Option<Value>, Option<Value>, MultiValue);

fn measure<S: Slot>(choice: Choice, script: &str) -> mlua::Result<f64> {
    let lua = Lua::new_with(
        StdLib::TABLE | StdLib::STRING | StdLib::MATH | StdLib::OS,
        LuaOptions::new().catch_rust_panics(false),
    )?;
    if choice.hook {
        lua.set_global_hook(HookTriggers::new().every_nth_instruction(100_000), |_, _| {
            Ok(VmState::Continue)
        })?;
    }
    let slot = Arc::new(S::empty());
    let limit = choice.limit;
    let ok = lua.create_table()?;
    ok.raw_set("ok", "OK")?;
    let inner = Arc::clone(&slot);
    let read = choice.read;
    let anew = choice.status_table_made_anew;
    let ok = Value::Table(ok);
    let ok_word = lua.create_string("OK")?;
    let ok_key = lua.create_string("ok")?;
    let status = move |lua: &Lua| -> mlua::Result<Value> {
        if anew {
            let t = lua.create_table_with_capacity(0, 1)?;
            t.raw_set(&ok_key, &ok_word)?;
            Ok(Value::Table(t))
        } else {
            Ok(ok.clone())
        }
    };
    let raw = if choice.tuple {
        lua.create_function(move |lua, (a, b, c, d, rest): EightValues| {
            let mut args: [Value; 4] = [const { Value::Nil }; 4];
            let mut n = 0;
            for v in [a, b, c, d].into_iter().flatten() {
                args[n] = v;
                n += 1;
            }
            assert!(rest.is_empty());
            call(lua, &*inner, &status(lua)?, &args[..n], read, limit)
        })?
    } else {
        lua.create_function(move |lua, mut args: MultiValue| {
            call(lua, &*inner, &status(lua)?, args.make_contiguous(), read, limit)
        })?
    };
    let globals = lua.globals();
    let error: Value = globals.get("error")?;
    let entry: Value = if choice.shim { lua.load(SHIM).call((raw, error))? } else { Value::Function(raw) };
    let redis = lua.create_table()?;
    redis.set("call", entry)?;
    let real = if choice.proxy {
        let protect = |t: &Table| -> mlua::Result<Table> {
            let proxy = lua.create_table()?;
            let meta = lua.create_table()?;
            meta.set("__index", t)?;
            proxy.set_metatable(Some(meta))?;
            Ok(proxy)
        };
        globals.set("redis", protect(&redis)?)?;
        lua.set_globals(protect(&globals)?)?;
        globals
    } else {
        globals.set("redis", redis)?;
        globals
    };
    let handler = lua.create_function(|_, e: Value| Ok(e))?;
    let driver: Function = lua
        .load(
            "local xpcall, handler, g, select = ...
             return function(f, keys, argv) g.KEYS = keys g.ARGV = argv return xpcall(f, handler) end,
             function(f, nkeys, ...)
                local keys, argv = {}, {...}
                if nkeys == 1 then keys[1] = (...) argv = {select(2, ...)} end
                g.KEYS = keys g.ARGV = argv return xpcall(f, handler) end",
        )
        .call::<(Function, Function)>((
            real.get::<Function>("xpcall")?,
            handler,
            &real,
            real.get::<Value>("select")?,
        ))
        .map(|(a, b)| if choice.tables == Tables::Lua { b } else { a })?;
    let f = lua.load(script).set_name("@user_script").into_function()?;
    let mut cache: HashMap<[u8; 20], Function> = HashMap::new();
    cache.insert([7; 20], f);
    if limit != 0 {
        lua.set_memory_limit(limit)?;
    }

    let mut state = Box::new(State::default());
    let keys: [&[u8]; 1] = [b"user:1000"];
    let argv: [&[u8]; 2] = [b"a value of some", b"2"];
    let rounds = 200_000;
    let once = |state: &mut Box<State>| -> mlua::Result<Value> {
        let f = cache.get(black_box(&[7u8; 20])).expect("cached");
        slot.lend(state);
        if limit != 0 {
            lua.set_memory_limit(0)?;
        }
        let out = match choice.tables {
            Tables::Lua => {
                let mut args: Vec<Value> = Vec::with_capacity(keys.len() + argv.len());
                for a in keys.iter().chain(&argv) {
                    args.push(Value::String(lua.create_string(a)?));
                }
                if limit != 0 {
                    lua.set_memory_limit(limit)?;
                }
                driver.call::<(bool, Value)>((f, 1, Variadic::from(args)))
            }
            Tables::Rust | Tables::Capture => {
                let k = lua.create_table_with_capacity(keys.len(), 0)?;
                for (i, a) in keys.iter().enumerate() {
                    k.raw_set(i + 1, mlua::BString::from(*a))?;
                }
                let v = if choice.tables == Tables::Capture {
                    lua.create_sequence_from(argv.iter().map(|a| mlua::BString::from(*a)))?
                } else {
                    let v = lua.create_table_with_capacity(argv.len(), 0)?;
                    for (i, a) in argv.iter().enumerate() {
                        v.raw_set(i + 1, mlua::BString::from(*a))?;
                    }
                    v
                };
                if limit != 0 {
                    lua.set_memory_limit(limit)?;
                }
                driver.call::<(bool, Value)>((f, k, v))
            }
        };
        slot.give_back(state);
        let (fine, value) = out?;
        assert!(fine, "{value:?}");
        Ok(value)
    };
    for _ in 0..1000 {
        once(&mut state)?;
    }
    let mut best = f64::MAX;
    for _ in 0..3 {
        let start = Instant::now();
        for _ in 0..rounds / 3 {
            black_box(once(&mut state)?);
        }
        best = best.min(start.elapsed().as_secs_f64() / f64::from(rounds / 3) * 1e6);
    }
    Ok(best)
}

const DIRECT_SHIM: &str = "
local raw, error, select = ...
return function(...)
  local reply, kind = raw(select('#', ...), ...)
  if kind then
    if kind == 1 then return {ok = reply or 'OK'} end
    error({err = reply}, 0)
  end
  return reply
end";

const DIRECT_DRIVER: &str = "
local arm, xpcall, handler, g = ...
return function(f, k, ...)
  g.KEYS = {k} g.ARGV = {...}
  arm()
  return xpcall(f, handler)
end";

type Arg = Option<mlua::Either<BString, Value>>;
type Args = (usize, Arg, Arg, Arg, Arg, Arg, Arg, Arg, MultiValue);
type Out = (Option<mlua::Either<BString, Value>>, Option<u8>);

/// Arguments copied straight off the Lua stack, tables made by Lua code, strings pushed straight.
fn measure_direct<S: Slot>(limit: usize, proxy: bool, hook: bool, script: &str) -> mlua::Result<f64> {
    let lua = Lua::new_with(
        StdLib::TABLE | StdLib::STRING | StdLib::MATH | StdLib::OS,
        LuaOptions::new().catch_rust_panics(false),
    )?;
    if hook {
        lua.set_global_hook(HookTriggers::new().every_nth_instruction(100_000), |_, _| {
            Ok(VmState::Continue)
        })?;
    }
    let slot = Arc::new(S::empty());
    let inner = Arc::clone(&slot);
    let raw = lua.create_function(move |lua, (n, a, b, c, d, e, f, g, rest): Args| -> mlua::Result<Out> {
        let mut slices: [&[u8]; 8] = [&[]; 8];
        let held = [&a, &b, &c, &d, &e, &f, &g];
        assert!(rest.is_empty());
        for (slice, arg) in slices.iter_mut().zip(&held[..n]) {
            match arg {
                Some(mlua::Either::Left(bytes)) => *slice = bytes,
                _ => return Ok((None, Some(2))),
            }
        }
        Ok(match inner.with(|state| run_command(state, &slices[..n])) {
            Reply::Status => (None, Some(1)),
            Reply::Bulk(v) => {
                if limit == 0 {
                    (Some(mlua::Either::Left(v.into())), None)
                } else {
                    lua.set_memory_limit(0)?;
                    let v = lua.create_string(&v)?;
                    lua.set_memory_limit(limit)?;
                    (Some(mlua::Either::Right(Value::String(v))), None)
                }
            }
            Reply::Nil => (Some(mlua::Either::Right(Value::Boolean(false))), None),
            Reply::Int(n) => (Some(mlua::Either::Right(Value::Integer(n))), None),
            Reply::Error(text) => (Some(mlua::Either::Left(text.into())), Some(2)),
        })
    })?;
    let globals = lua.globals();
    let error: Value = globals.get("error")?;
    let select: Value = globals.get("select")?;
    let entry: Value = lua.load(DIRECT_SHIM).call((raw, error, &select))?;
    let redis = lua.create_table()?;
    redis.set("call", entry)?;
    if proxy {
        let protect = |t: &Table| -> mlua::Result<Table> {
            let proxy = lua.create_table()?;
            let meta = lua.create_table()?;
            meta.set("__index", t)?;
            proxy.set_metatable(Some(meta))?;
            Ok(proxy)
        };
        globals.set("redis", protect(&redis)?)?;
        lua.set_globals(protect(&globals)?)?;
    } else {
        globals.set("redis", redis)?;
    }
    let handler = lua.create_function(|_, e: Value| Ok(e))?;
    let arm = lua.create_function(move |lua, ()| {
        if limit != 0 {
            lua.set_memory_limit(limit)?;
        }
        Ok(())
    })?;
    let one: Function =
        lua.load(DIRECT_DRIVER).call((arm, globals.get::<Function>("xpcall")?, handler, &globals))?;
    let f = lua.load(script).set_name("@user_script").into_function()?;
    let mut cache: HashMap<[u8; 20], Function> = HashMap::new();
    cache.insert([7; 20], f);
    let mut state = Box::new(State::default());
    let keys: [&[u8]; 1] = [b"user:1000"];
    let argv: [&[u8]; 2] = [b"a value of some", b"2"];
    let rounds = 200_000;
    let once = |state: &mut Box<State>| -> mlua::Result<Value> {
        let f = cache.get(black_box(&[7u8; 20])).expect("cached");
        slot.lend(state);
        let args: Variadic<Text> = argv.iter().map(|a| text(a)).collect();
        let out = one.call::<(bool, Value)>((f, text(keys[0]), args));
        if limit != 0 {
            lua.set_memory_limit(0)?;
        }
        slot.give_back(state);
        let (fine, value) = out?;
        assert!(fine, "{value:?}");
        Ok(value)
    };
    let mut best = f64::MAX;
    for _ in 0..4 {
        let start = Instant::now();
        for _ in 0..rounds / 4 {
            black_box(once(&mut state)?);
        }
        best = best.min(start.elapsed().as_secs_f64() / f64::from(rounds / 4) * 1e6);
    }
    Ok(best)
}

/// A `&str` is pushed straight; other bytes go through a reference. Most of what scripts get is UTF-8.
type Text<'a> = mlua::Either<&'a str, BString>;

fn text(bytes: &[u8]) -> Text<'_> {
    std::str::from_utf8(bytes).map_or_else(|_| mlua::Either::Right(bytes.into()), mlua::Either::Left)
}

fn main() -> mlua::Result<()> {
    let three = "
        redis.call('SET', KEYS[1], ARGV[1])
        local v = redis.call('GET', KEYS[1])
        redis.call('SET', KEYS[1], ARGV[2])
        return v";
    let base = Choice {
        name: "base: MultiValue, borrowed, shim, status made anew, tables from Rust",
        read: Read::Borrow,
        shim: true,
        tuple: false,
        status_table_made_anew: true,
        limit: 0,
        hook: false,
        tables: Tables::Rust,
        proxy: false,
    };
    let choices = [
        base,
        Choice { name: "arguments copied into one buffer", read: Read::Copy, ..base },
        Choice { name: "no shim", shim: false, ..base },
        Choice { name: "arguments as a tuple", tuple: true, ..base },
        Choice { name: "status reply shared", status_table_made_anew: false, ..base },
        Choice { name: "tables made in Lua", tables: Tables::Lua, ..base },
        Choice { name: "tables as create_sequence_from", tables: Tables::Capture, ..base },
        Choice { name: "globals behind a proxy", proxy: true, ..base },
        Choice { name: "memory limit, lifted in Rust", limit: 1 << 30, ..base },
        Choice { name: "instruction hook", hook: true, ..base },
        Choice { name: "all of proxy, limit, hook", proxy: true, limit: 1 << 30, hook: true, ..base },
        Choice { name: "all, tuple", proxy: true, limit: 1 << 30, hook: true, tuple: true, ..base },
    ];
    println!("{:70} {:>8} {:>8}", "us a script", "boxed", "moved");
    for choice in choices {
        println!(
            "{:70} {:8.3} {:8.3}",
            choice.name,
            measure::<Boxed>(choice, three)?,
            measure::<Moved>(choice, three)?
        );
    }
    println!(
        "direct {:.3}, proxy {:.3}, hook {:.3}, limit {:.3}, all {:.3}",
        measure_direct::<Boxed>(0, false, false, three)?,
        measure_direct::<Boxed>(0, true, false, three)?,
        measure_direct::<Boxed>(0, false, true, three)?,
        measure_direct::<Boxed>(1 << 30, false, false, three)?,
        measure_direct::<Boxed>(1 << 30, true, true, three)?
    );
    println!("direct empty {:.3}", measure_direct::<Boxed>(0, false, false, "return 1")?);
    println!("direct one len {:.3}", measure_direct::<Boxed>(0, false, false, "return redis.call('LEN')")?);
    println!(
        "direct one get {:.3}",
        measure_direct::<Boxed>(0, false, false, "return redis.call('GET', 'a')")?
    );
    println!("an empty script {:.3}", measure::<Boxed>(base, "return 1").unwrap_or(f64::NAN));
    let spin = "local n = 0 for i = 1, 1000 do n = n + i % 7 end redis.call('LEN') return n";
    println!(
        "a loop of 1000: {:.3}, with the hook {:.3}",
        measure::<Boxed>(base, spin)?,
        measure::<Boxed>(Choice { hook: true, ..base }, spin)?
    );
    Ok(())
}
