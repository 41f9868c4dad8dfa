//! Lua scripts: EVAL and its kin, SCRIPT.

use crate::args::Args;
use crate::command::{Command, Flags, Group, KeySpec};
use crate::dispatch::Ctx;
use crate::error::{Error, Result};
use crate::lua::{self, Interpreter, Invocation, Sha};
use crate::sink::Sink;

/// What the rows that run scripts have in common.
const EVAL: Command = Command {
    arity: -3,
    flags: Flags::NOSCRIPT
        .and(Flags::STALE)
        .and(Flags::SKIP_MONITOR)
        .and(Flags::NO_MANDATORY_KEYS)
        .and(Flags::MOVABLEKEYS)
        .and(Flags::MAY_REPLICATE),
    keys: &[KeySpec::counted(2, &["RW", "access", "update"])],
    group: Group::Scripting,
    since: "2.6.0",
    complexity: "Depends on the script that is executed.",
    ..Command::BASE
};

/// What the rows that run scripts which do not write have in common.
const EVAL_RO: Command = Command {
    flags: EVAL.flags.without(Flags::MAY_REPLICATE).and(Flags::READONLY),
    keys: &[KeySpec::counted(2, &["RO", "access"])],
    since: "7.0.0",
    ..EVAL
};

pub(crate) const COMMANDS: &[Command] = &[
    Command {
        name: "eval",
        syntax: "script numkeys:integer [key@0...] [arg...]",
        summary: "Runs a Lua script.",
        run: |c, a, s| eval(c, a, s, false),
        ..EVAL
    },
    Command {
        name: "evalsha",
        syntax: "sha1 numkeys:integer [key@0...] [arg...]",
        summary: "Runs a known Lua script by the SHA1 of its text.",
        run: |c, a, s| evalsha(c, a, s, false),
        ..EVAL
    },
    Command {
        name: "eval_ro",
        syntax: "script numkeys:integer [key@0...] [arg...]",
        summary: "Runs a Lua script that does not write.",
        run: |c, a, s| eval(c, a, s, true),
        ..EVAL_RO
    },
    Command {
        name: "evalsha_ro",
        syntax: "sha1 numkeys:integer [key@0...] [arg...]",
        summary: "Runs a known Lua script that does not write by the SHA1 of its text.",
        run: |c, a, s| evalsha(c, a, s, true),
        ..EVAL_RO
    },
    Command {
        name: "script",
        arity: -2,
        group: Group::Scripting,
        since: "2.6.0",
        summary: "A container for commands on known scripts.",
        complexity: "Depends on subcommand.",
        subcommands: SCRIPT,
        ..Command::BASE
    },
];

/// What SCRIPT's subcommands have in common.
const SUBCOMMAND: Command =
    Command { flags: Flags::NOSCRIPT, group: Group::Scripting, since: "2.6.0", ..Command::BASE };

const SCRIPT: &[Command] = &[
    Command {
        name: "debug",
        full_name: "script|debug",
        syntax: "mode<YES|SYNC|NO>",
        arity: 3,
        since: "3.2.0",
        summary: "Turns the script debugger off; there is none to turn on.",
        run: debug,
        ..SUBCOMMAND
    },
    Command {
        name: "exists",
        full_name: "script|exists",
        syntax: "sha1...",
        arity: -3,
        summary: "Tells which scripts are known.",
        complexity: "O(N) with N being the number of scripts to check (so checking a single script is an O(1) operation).",
        tips: &["request_policy:all_shards", "response_policy:agg_logical_and"],
        run: exists,
        ..SUBCOMMAND
    },
    Command {
        name: "flush",
        full_name: "script|flush",
        syntax: "[flush-type<ASYNC|SYNC>{6.2.0}]",
        arity: -2,
        summary: "Forgets all scripts.",
        complexity: "O(N) with N being the number of scripts in cache",
        tips: &["request_policy:all_nodes", "response_policy:all_succeeded"],
        run: flush,
        ..SUBCOMMAND
    },
    Command {
        name: "help",
        full_name: "script|help",
        arity: 2,
        flags: Flags::LOADING.and(Flags::STALE),
        since: "5.0.0",
        summary: "Says what the subcommands do.",
        run: help,
        ..SUBCOMMAND
    },
    Command {
        name: "kill",
        full_name: "script|kill",
        arity: 2,
        flags: Flags::NOSCRIPT.and(Flags::ALLOW_BUSY),
        summary: "Ends the script that runs.",
        tips: &["request_policy:all_shards", "response_policy:one_succeeded"],
        run: kill,
        ..SUBCOMMAND
    },
    Command {
        name: "load",
        full_name: "script|load",
        syntax: "script",
        arity: 3,
        flags: Flags::NOSCRIPT.and(Flags::STALE),
        summary: "Makes a script known without running it.",
        complexity: "O(N) with N being the length in bytes of the script body.",
        tips: &["request_policy:all_nodes", "response_policy:all_succeeded"],
        run: load,
        ..SUBCOMMAND
    },
];

/// `EVAL script numkeys [key …] [arg …]`, `EVAL_RO …`
///
/// The script is known from then on, until 500 others that no SCRIPT LOAD named were used after it.
fn eval(ctx: &mut Ctx<'_>, args: &mut Args<'_>, sink: &mut dyn Sink, read_only: bool) -> Result {
    let body = args.next()?;
    let invocation = invocation(args, read_only)?;
    let sha = lua::sha_of(body);
    with_interpreter(ctx, |interpreter, ctx| {
        interpreter.add(sha, body, false)?;
        interpreter.run(ctx, &sha, &invocation, sink)
    })
}

/// `EVALSHA sha1 numkeys [key …] [arg …]`, `EVALSHA_RO …`
fn evalsha(ctx: &mut Ctx<'_>, args: &mut Args<'_>, sink: &mut dyn Sink, read_only: bool) -> Result {
    let name = args.next()?;
    let invocation = invocation(args, read_only)?;
    // What is no SHA1 names no script; nothing has that of all zeros either.
    let sha = lua::parse_hex(name).unwrap_or_default();
    with_interpreter(ctx, |interpreter, ctx| interpreter.run(ctx, &sha, &invocation, sink))
}

fn invocation<'a>(args: &mut Args<'a>, read_only: bool) -> Result<Invocation<'a>> {
    let keys = args.int()?;
    if keys > args.left() as i64 {
        return Err(Error::Fixed("ERR Number of keys can't be greater than number of args"));
    }
    let keys = usize::try_from(keys).map_err(|_| Error::Fixed("ERR Number of keys can't be negative"))?;
    Ok(Invocation { keys: args.take(keys)?, arguments: args.take_rest(), read_only })
}

/// Takes the interpreter out of the state for as long as it is used: a script it runs holds the state. The
/// first use makes it.
fn with_interpreter(
    ctx: &mut Ctx<'_>,
    use_it: impl FnOnce(&mut Interpreter, &mut Ctx<'_>) -> Result,
) -> Result {
    let mut interpreter = match ctx.state.interpreter.take() {
        Some(interpreter) => interpreter,
        None => Box::new(Interpreter::new(ctx.state.script_killer.clone())?),
    };
    let result = use_it(&mut interpreter, ctx);
    ctx.state.interpreter = Some(interpreter);
    result
}

/// `SCRIPT DEBUG YES|SYNC|NO`
///
/// There is no debugger: YES and SYNC are refused rather than ignored.
fn debug(_: &mut Ctx<'_>, args: &mut Args<'_>, sink: &mut dyn Sink) -> Result {
    if args.keyword("NO") {
        sink.ok();
        return Ok(());
    }
    if args.keyword("YES") || args.keyword("SYNC") {
        return Err(Error::Fixed("ERR the Lua debugger is not supported"));
    }
    Err(Error::Fixed("ERR Use SCRIPT DEBUG YES/SYNC/NO"))
}

/// `SCRIPT EXISTS sha1 [sha1 …]`
fn exists(ctx: &mut Ctx<'_>, args: &mut Args<'_>, sink: &mut dyn Sink) -> Result {
    let names = args.take_rest();
    let interpreter = ctx.state.interpreter.as_deref();
    let known = |sha: Sha| interpreter.is_some_and(|interpreter| interpreter.has(&sha));
    sink.array(names.len());
    names.iter().for_each(|name| sink.int(i64::from(lua::parse_hex(name).is_some_and(known))));
    Ok(())
}

/// `SCRIPT FLUSH [ASYNC|SYNC]`
///
/// The interpreter goes with the scripts, and what they left in it: `math.random`'s state, cjson's settings.
fn flush(ctx: &mut Ctx<'_>, args: &mut Args<'_>, sink: &mut dyn Sink) -> Result {
    let known = args.is_empty() || args.keyword("SYNC") || args.keyword("ASYNC");
    if !known || !args.is_empty() {
        return Err(Error::Fixed("ERR SCRIPT FLUSH only support SYNC|ASYNC option"));
    }
    ctx.state.interpreter = None;
    sink.ok();
    Ok(())
}

/// `SCRIPT HELP`
fn help(_: &mut Ctx<'_>, _: &mut Args<'_>, sink: &mut dyn Sink) -> Result {
    super::say_help(
        sink,
        "SCRIPT",
        &[
            "DEBUG (YES|SYNC|NO)",
            "    Set the debug mode for subsequent scripts executed.",
            "EXISTS <sha1> [<sha1> ...]",
            "    Return information about the existence of the scripts in the script cache.",
            "FLUSH [ASYNC|SYNC]",
            "    Flush the Lua scripts cache. Very dangerous on replicas.",
            "    When called without the optional mode argument, the behavior is determined by the",
            "    lazyfree-lazy-user-flush configuration directive. Valid modes are:",
            "    * ASYNC: Asynchronously flush the scripts cache.",
            "    * SYNC: Synchronously flush the scripts cache.",
            "KILL",
            "    Kill the currently executing Lua script.",
            "LOAD <script>",
            "    Load a script into the scripts cache without executing it.",
        ],
    );
    Ok(())
}

/// `SCRIPT KILL`
///
/// There is a script to be ended when this runs from inside of it, for a server's connection
/// ([`crate::Interlude`]); [`lua::ScriptKiller`] is the way for a host that finds the store busy.
fn kill(ctx: &mut Ctx<'_>, _: &mut Args<'_>, sink: &mut dyn Sink) -> Result {
    ctx.state.script_killer.kill()?;
    sink.ok();
    Ok(())
}

/// `SCRIPT LOAD script`
fn load(ctx: &mut Ctx<'_>, args: &mut Args<'_>, sink: &mut dyn Sink) -> Result {
    let body = args.next()?;
    let sha = lua::sha_of(body);
    with_interpreter(ctx, |interpreter, _| interpreter.add(sha, body, true))?;
    sink.bulk(crate::number::hex(&sha).as_bytes());
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::testing::Shell;

    /// Runs a script without keys; quotes in it are single ones.
    fn eval(shell: &mut Shell, script: &str) -> String {
        shell.run(&format!("EVAL \"{script}\" 0"))
    }

    #[test]
    fn scripts_call_commands_and_answer() {
        let mut shell = Shell::new();
        assert_eq!(
            shell.run("EVAL \"redis.call('SET', KEYS[1], ARGV[1]) return redis.call('GET', KEYS[1])\" 1 k v"),
            "$1 v"
        );
        assert_eq!(
            shell.run("EVAL \"return {KEYS[2], ARGV[1], #KEYS, #ARGV}\" 2 a b c"),
            "*4 $1 b $1 c :2 :1"
        );
        assert_eq!(eval(&mut shell, "return redis.call('PING')"), "+PONG");
    }

    #[test]
    fn errors_name_the_script_and_the_line_even_of_a_tail_call() {
        let mut shell = Shell::new();
        assert_eq!(
            eval(&mut shell, "return redis.call('foo')"),
            "-ERR Unknown Redis command called from script script: \
             cc78c5a793d041f28ab0f6b117a82d1428ccfd13, on @user_script:1."
        );
        assert_eq!(eval(&mut shell, "return pcall(redis.call, 'foo')"), "$-1");
        assert_eq!(
            eval(&mut shell, "local _, text = pcall(redis.call, 'foo') return text"),
            "$44 ERR Unknown Redis command called from script"
        );
    }

    #[test]
    fn globals_can_be_neither_written_nor_missing() {
        let mut shell = Shell::new();
        for script in ["x = 1", "redis.call = 1", "_G.x = 1", "getmetatable('').__index = nil"] {
            let error = eval(&mut shell, script);
            assert!(
                error.starts_with("-ERR user_script:1: Attempt to modify a readonly table script: "),
                "{error}"
            );
        }
        for script in ["rawset(_G, 'x', 1)", "setmetatable(_G, {})", "table.insert(redis, 1)"] {
            let error = eval(&mut shell, script);
            assert!(error.starts_with("-ERR Attempt to modify a readonly table script: "), "{error}");
        }
        assert!(
            eval(&mut shell, "return x")
                .contains("Script attempted to access nonexistent global variable 'x'")
        );
    }

    #[test]
    fn what_would_take_the_process_down_is_an_error() {
        let mut shell = Shell::new();
        for (script, error) in [
            ("return string.rep(string.rep('x', 2^20), 2^11)", "not enough memory"),
            ("local s = 'x' while true do s = s .. s end", "not enough memory"),
            ("local function f() return 1 + f() end return f()", "stack overflow"),
            ("return string.find(string.rep('a', 100), string.rep('a?', 100000))", "pattern too complex"),
            ("local f = loadstring(string.dump(function() end)) return f()", "attempt to call"),
        ] {
            let answer = eval(&mut shell, script);
            assert!(answer.starts_with('-') && answer.contains(error), "{script}: {answer}");
        }
        assert_eq!(eval(&mut shell, "return 1"), ":1");
    }

    #[test]
    fn a_script_can_be_killed_from_outside_and_cannot_help_it() {
        let mut shell = Shell::new();
        assert_eq!(shell.run("SCRIPT KILL"), "-NOTBUSY No scripts in execution right now.");
        for script in [
            "while true do end",
            "while true do pcall(function() while true do end end) end",
            "while true do xpcall(function() while true do end end, function() end) end",
            "while true do coroutine.resume(coroutine.create(function() while true do end end)) end",
        ] {
            let killer = shell.store.script_killer();
            std::thread::scope(|scope| {
                scope.spawn(move || {
                    while killer.kill().is_err() {
                        std::thread::yield_now();
                    }
                });
                let answer = eval(&mut shell, script);
                let begin = "-ERR Script killed by user with SCRIPT KILL... script: ";
                assert!(answer.starts_with(begin) && answer.ends_with(", on @user_script:1."), "{answer}");
            });
        }
        assert_eq!(eval(&mut shell, "return 1"), ":1");
    }

    #[test]
    fn what_one_script_does_to_the_interpreter_does_not_stay() {
        let mut shell = Shell::new();
        for script in [
            "collectgarbage('stop')",
            "pcall(rawset, _G, 'x', 1)",
            "pcall(table.insert, redis, 1)",
            "redis.call('SELECT', '3') redis.setresp(3)",
            "getmetatable('').x = 1",
        ] {
            eval(&mut shell, script);
        }
        assert_eq!(
            eval(&mut shell, "return {rawget(_G, 'x') == nil, redis[1] == nil, redis.call('GET', 'k')}"),
            "*3 :1 :1 $-1"
        );
        shell.run("SET k v");
        assert_eq!(eval(&mut shell, "return redis.call('GET', 'k')"), "$1 v");
    }

    #[test]
    fn tables_without_end_are_answered_as_deep_as_the_stack_goes() {
        let mut shell = Shell::new();
        let answer = eval(&mut shell, "local t = {} t[1] = t return t");
        assert!((7900..=7995).contains(&answer.matches("*1").count()));
        assert!(answer.ends_with("*1 -ERR reached lua stack limit"));
        let answer = eval(&mut shell, "local t = {map = {}} t.map.a = t return t");
        assert!((1300..=2665).contains(&answer.matches("*2").count()));
    }

    #[test]
    fn many_keys_and_arguments_go_in() {
        let mut shell = Shell::new();
        let numbers: Vec<String> = (0..20_000).map(|number| number.to_string()).collect();
        let line =
            format!("EVAL \"return {{#KEYS, #ARGV, KEYS[10000], ARGV[10000]}}\" 10000 {}", numbers.join(" "));
        assert_eq!(shell.run(&line), "*4 :10000 :10000 $4 9999 $5 19999");
    }
}
