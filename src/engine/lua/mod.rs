//! Scripts: the interpreter, what scripts see, and how they come back into the engine.
//!
//! EVAL's handler finds the script's compiled function in [`scripts`], lends the engine's state to the
//! [`calls`] desk, and calls the function by way of sandbox.lua, which sets KEYS and ARGV and catches
//! errors. `redis.call` goes through sandbox.lua to [`host`] and on to the desk, where the command runs as
//! any other; what it said ([`said`]) becomes Lua values. What the script returns is said to the caller by
//! [`answer`].

mod answer;
mod bit;
mod calls;
mod cjson;
mod host;
mod kill;
mod memory;
mod said;
mod scripts;
mod tail_calls;
mod text;

use std::sync::Arc;

use mlua::{
    BString, Either, Function, HookTriggers, Lua, LuaOptions, StdLib, Table, Value, Variadic, VmState,
};

use crate::dispatch::Ctx;
use crate::error::{Error, Result};
use crate::eviction::OUT_OF_MEMORY;
use crate::number::{hex, push_general};
use crate::sink::Sink;

use answer::Answer;
use calls::Desk;
pub use kill::ScriptKiller;
use scripts::{ScriptFlags, Scripts};
pub(crate) use scripts::{Sha, parse_hex, sha_of};

/// The name of every script's chunk: what error positions begin with.
const CHUNK: &str = "@user_script";
/// How many instructions run between two looks at whether the script has run for long, and was killed.
const LOOK_EVERY: u32 = 100_000;
/// What is said of a script that was killed.
const KILLED: &str = "Script killed by user with SCRIPT KILL...";
/// How many keys and arguments are handed over on Lua's stack; more go in tables.
const ON_STACK: usize = 1000;

/// One store's interpreter and the scripts compiled in it.
#[derive(Debug)]
pub(crate) struct Interpreter {
    scripts: Scripts,
    run: Function,
    /// The same for so many keys as the place says.
    runners: Vec<Function>,
    run_on_tables: Function,
    next: Function,
    desk: Arc<Desk>,
    killer: ScriptKiller,
    lua: Lua,
}

/// What a script is run with.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Invocation<'a> {
    pub(crate) keys: &'a [&'a [u8]],
    pub(crate) arguments: &'a [&'a [u8]],
    /// Whether by `EVAL_RO` or `EVALSHA_RO`.
    pub(crate) read_only: bool,
}

impl Interpreter {
    /// An interpreter whose scripts `killer` can end.
    pub(crate) fn new(killer: ScriptKiller) -> Result<Self> {
        Self::create(killer).map_err(|error| Error::text(format!("ERR {error}")))
    }

    fn create(killer: ScriptKiller) -> mlua::Result<Self> {
        let libraries = StdLib::TABLE | StdLib::STRING | StdLib::MATH | StdLib::OS;
        // A panic in a function of ours goes through a script's pcall, out to where all panics are caught.
        let lua = Lua::new_with(libraries, LuaOptions::new().catch_rust_panics(false))?;
        let desk = Arc::new(Desk::new(killer.clone()));
        let globals = lua.globals();
        let next = globals.get("next")?;
        let host = host::create(&lua, &desk)?;
        let sandbox = lua.load(include_str!("sandbox.lua")).set_name(host::SANDBOX);
        let (scope, runners, run, run_on_tables): (Table, _, _, _) = sandbox.call((host, &globals))?;
        lua.set_globals(scope)?;
        let (looker, host) = (killer.clone(), Arc::clone(&desk));
        lua.set_global_hook(HookTriggers::new().every_nth_instruction(LOOK_EVERY), move |_, _| {
            host.look_around();
            if looker.is_killed() {
                return Err(mlua::Error::runtime(KILLED));
            }
            Ok(VmState::Continue)
        })?;
        Ok(Self { scripts: Scripts::default(), run, runners, run_on_tables, next, desk, killer, lua })
    }

    /// The memory of the interpreter with all that scripts left in it, in bytes.
    pub(crate) fn used_memory(&self) -> usize {
        self.lua.used_memory()
    }

    /// How many scripts are known.
    pub(crate) fn script_count(&self) -> usize {
        self.scripts.len()
    }

    /// Whether the script is known.
    pub(crate) fn has(&self, sha: &Sha) -> bool {
        self.scripts.has(sha)
    }

    /// Compiles a script, unless it is known already; `loaded` by SCRIPT LOAD it stays until SCRIPT FLUSH.
    pub(crate) fn add(&mut self, sha: Sha, body: &[u8], loaded: bool) -> Result {
        if self.scripts.has(&sha) {
            return Ok(());
        }
        let (code, flags) = shebang(body)?;
        let function = self.compile(code)?;
        self.scripts.add(sha, function, flags, loaded);
        Ok(())
    }

    fn compile(&self, code: &[u8]) -> Result<Function> {
        // As text, whatever it begins with: compiled code is not checked when it is loaded.
        let load = |code: &[u8]| {
            let code = if code.first() == Some(&27) { [b" ", code].concat() } else { code.to_vec() };
            self.lua.load(code).set_name(CHUNK).set_mode(mlua::chunk::ChunkMode::Text).into_function()
        };
        let function = load(code).map_err(|error| {
            let text = match &error {
                mlua::Error::SyntaxError { message, .. } => message.clone(),
                other => other.to_string(),
            };
            Error::text(format!("ERR Error compiling script (new function): {text}"))
        })?;
        Ok(tail_calls::keep_frames(code).and_then(|code| load(&code).ok()).unwrap_or(function))
    }

    /// Runs a known script; NOSCRIPT if it is not.
    pub(crate) fn run(
        &mut self,
        ctx: &mut Ctx<'_>,
        sha: &Sha,
        invocation: &Invocation<'_>,
        sink: &mut dyn Sink,
    ) -> Result {
        let Some(script) = self.scripts.use_script(sha) else {
            return Err(Error::Fixed("NOSCRIPT No matching script. Please use EVAL."));
        };
        let flags = script.flags;
        if ctx.state.interludes.shutdown_due {
            return Err(Error::Closed);
        }
        if ctx.state.out_of_memory && flags.declared && !flags.no_writes && !flags.allow_oom {
            return Err(OUT_OF_MEMORY);
        }
        if invocation.read_only && flags.declared && !flags.no_writes {
            return Err(Error::Fixed("ERR Can not execute a script with write flag using *_ro command."));
        }
        let function = script.function.clone();
        let selected = ctx.own().db;
        let lent = self.desk.lend(ctx, invocation.read_only || flags.no_writes, flags.allow_oom);
        let outcome = self.invoke(&function, invocation);
        let killed = self.killer.is_killed();
        drop(lent);
        ctx.own().db = selected;
        let lifted = self.lua.set_memory_limit(0);
        if ctx.state.interludes.shutdown_due {
            return Err(Error::Closed);
        }
        match lifted.and(outcome) {
            Ok((true, value, plain)) => {
                Answer { next: &self.next, script_resp: self.desk.resp() }.say(value, plain, sink)
            }
            Ok((false, problem, _)) if killed => {
                Err(placed(format!("ERR {KILLED}").into_bytes(), sha, position_of(&problem)))
            }
            Ok((false, problem, _)) => Err(self.failure(&problem, sha)),
            Err(error) => Err(Error::text(format!("ERR {error} script: {}", hex(sha)))),
        }
    }

    /// Calls a script's function: whether it ended well, its value or error, whether that is an array.
    fn invoke(
        &self,
        function: &Function,
        Invocation { keys, arguments, .. }: &Invocation<'_>,
    ) -> mlua::Result<(bool, Value, bool)> {
        if keys.len() + arguments.len() > ON_STACK {
            let table =
                |texts: &[&[u8]]| self.lua.create_sequence_from(texts.iter().map(|bytes| text(bytes)));
            return self.run_on_tables.call((function, table(keys)?, table(arguments)?));
        }
        let all: Variadic<_> = keys.iter().chain(*arguments).map(|bytes| text(bytes)).collect();
        match self.runners.get(keys.len()) {
            Some(run) => run.call((function, all)),
            None => self.run.call((function, keys.len(), all)),
        }
    }

    /// The error reply of a script that failed.
    fn failure(&self, problem: &Value, sha: &Sha) -> Error {
        let mut text = Vec::new();
        match problem {
            Value::Table(table) => match table.raw_get("err") {
                Ok(Value::String(err)) => text.extend_from_slice(&err.as_bytes()),
                Ok(err) => match text::number_of(&err) {
                    Some(number) => push_general(&mut text, number, 14),
                    None => text.extend_from_slice(b"ERR unknown error"),
                },
                Err(_) => text.extend_from_slice(b"ERR unknown error"),
            },
            Value::String(problem) => {
                text.extend_from_slice(b"ERR ");
                text.extend_from_slice(&problem.as_bytes());
                // Out of memory, most likely: what the script held is garbage now.
                drop(self.lua.gc_collect());
            }
            _ => text.extend_from_slice(b"ERR unknown error"),
        }
        placed(text, sha, position_of(problem))
    }
}

/// Where the error was raised that sandbox.lua caught: the chunk and the line.
fn position_of(problem: &Value) -> Option<(String, i64)> {
    let table = problem.as_table()?;
    let source: Option<String> = table.raw_get("source").ok();
    source.zip(table.raw_get("line").ok())
}

/// What is said of a script that failed, with its name and where it was.
fn placed(mut text: Vec<u8>, sha: &Sha, position: Option<(String, i64)>) -> Error {
    text.extend_from_slice(format!(" script: {}", hex(sha)).as_bytes());
    if let Some((source, line)) = position {
        text.extend_from_slice(format!(", on {source}:{line}.").as_bytes());
    }
    text.iter_mut().filter(|byte| matches!(byte, b'\r' | b'\n')).for_each(|byte| *byte = b' ');
    Error::text(text)
}

/// Bytes on their way into Lua: UTF-8 goes there without a copy of its own.
fn text(bytes: &[u8]) -> Either<&str, BString> {
    std::str::from_utf8(bytes).map_or_else(|_| Either::Right(bytes.into()), Either::Left)
}

/// Splits `#!lua flags=…` off a script. The line end stays, so that lines keep their numbers.
fn shebang(body: &[u8]) -> Result<(&[u8], ScriptFlags)> {
    const KNOWN: [&[u8]; 5] =
        [b"no-writes", b"allow-oom", b"allow-stale", b"no-cluster", b"allow-cross-slot-keys"];
    let mut flags = ScriptFlags::default();
    if !body.starts_with(b"#!") {
        return Ok((body, flags));
    }
    flags.declared = true;
    let quoting = |prefix: &str, word: &[u8]| Error::text([prefix.as_bytes(), word].concat());
    let end =
        body.iter().position(|byte| *byte == b'\n').ok_or(Error::Fixed("ERR Invalid script shebang"))?;
    let words =
        crate::resp::split_line(&body[..end]).ok_or(Error::Fixed("ERR Invalid engine in script shebang"))?;
    let (engine, options) =
        words.split_first().ok_or(Error::Fixed("ERR Invalid engine in script shebang"))?;
    if engine != b"#!lua" {
        return Err(quoting("ERR Unexpected engine in script shebang: ", engine));
    }
    for option in options {
        let Some(named) = option.strip_prefix(b"flags=") else {
            return Err(quoting("ERR Unknown lua shebang option: ", option));
        };
        for flag in named.split(|byte| *byte == b',').filter(|_| !named.is_empty()) {
            if !KNOWN.contains(&flag) {
                return Err(quoting("ERR Unexpected flag in script shebang: ", flag));
            }
            flags.no_writes |= flag == KNOWN[0];
            flags.allow_oom |= flag == KNOWN[1];
        }
    }
    Ok((&body[end..], flags))
}
