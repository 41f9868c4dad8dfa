//! DEBUG: what tests of clients and of the engine itself try out, and cannot otherwise.
//!
//! A form of DEBUG is a row of [`FORMS`]: DEBUG is no container of commands to COMMAND or ACL, and says of a
//! wrong number of arguments what it says of an unknown word.

use std::ops::RangeInclusive;
use std::sync::Arc;

use crate::args::Args;
use crate::blocking::{OnTimeout, Wait};
use crate::command::{Command, Flags, Group, Handler};
use crate::dispatch::{Ctx, Origin};
use crate::error::{Error, Result};
use crate::number::parse_float;
use crate::push::Push;
use crate::sink::Sink;
use crate::store::{Delivery, random_id};

mod digest;
mod glob;
mod populate;
mod value;

pub(crate) const COMMANDS: &[Command] = &[Command {
    name: "debug",
    system: true,
    arity: -2,
    flags: Flags::ADMIN.and(Flags::NOSCRIPT).and(Flags::LOADING).and(Flags::STALE),
    group: Group::Server,
    summary: "Tries out what cannot be tried otherwise.",
    complexity: "Depends on subcommand.",
    run: debug,
    ..Command::BASE
}];

/// A form of DEBUG.
struct Form {
    /// Its word, in upper case.
    word: &'static str,
    /// How many arguments follow the word.
    takes: RangeInclusive<usize>,
    /// What HELP says of it.
    help: &'static [&'static str],
    /// Its handler, which finds the word read.
    run: Handler,
}

/// The forms, in the order in which HELP tells them.
const FORMS: &[Form] = &[
    Form {
        word: "CHANGE-REPL-ID",
        takes: 0..=0,
        help: &["CHANGE-REPL-ID", "    Change the replication ID that INFO tells."],
        run: change_repl_id,
    },
    Form {
        word: "DIGEST",
        takes: 0..=0,
        help: &["DIGEST", "    Answer with a digest of all databases, the same for the same content."],
        run: digest::digest,
    },
    Form {
        word: "DIGEST-VALUE",
        takes: 0..=usize::MAX,
        help: &["DIGEST-VALUE <key> [<key> ...]", "    Answer with a digest of each key's value."],
        run: digest::digest_value,
    },
    Form {
        word: "ERROR",
        takes: 1..=1,
        help: &["ERROR <string>", "    Answer with this text as an error."],
        run: error,
    },
    Form {
        word: "LISTPACK",
        takes: 1..=1,
        help: &["LISTPACK <key>", "    Tell whether the value of <key> is kept as a listpack."],
        run: value::listpack,
    },
    Form {
        word: "OBJECT",
        takes: 1..=1,
        help: &["OBJECT <key>", "    Tell how the value of <key> is kept, and how it is used."],
        run: value::object,
    },
    Form {
        word: "PANIC",
        takes: 0..=0,
        help: &["PANIC", "    Panic, and answer with an error."],
        run: panic,
    },
    Form {
        word: "POPULATE",
        takes: 1..=3,
        help: &[
            "POPULATE <count> [<prefix>] [<size>]",
            "    Make so many strings, under the keys <prefix>:0 and so on; 'key' is the prefix if none is",
            "    given. Each is of <size> bytes, if that is given. Keys that are there stay as they are.",
        ],
        run: populate::populate,
    },
    Form {
        word: "PROTOCOL",
        takes: 1..=1,
        help: &[
            "PROTOCOL <type>",
            "    Answer with a value of this type: string, integer, double, bignum, null,",
            "    array, set, map, attrib, push, verbatim, true, false.",
        ],
        run: protocol,
    },
    Form {
        word: "QUICKLIST",
        takes: 1..=2,
        help: &["QUICKLIST <key> [<0|1>]", "    Tell whether the value of <key> is kept as a quicklist."],
        run: value::quicklist,
    },
    Form {
        word: "QUICKLIST-PACKED-THRESHOLD",
        takes: 1..=1,
        help: &[
            "QUICKLIST-PACKED-THRESHOLD <size>",
            "    Check the size, which changes nothing: there are no plain nodes.",
        ],
        run: value::packed_threshold,
    },
    Form {
        word: "RELOAD",
        takes: 0..=3,
        help: &["RELOAD [option ...]", "    Answer with an error: there is no file to reload."],
        run: reload,
    },
    Form {
        word: "SDSLEN",
        takes: 1..=1,
        help: &["SDSLEN <key>", "    Tell the lengths of <key> and of its string, and what they take."],
        run: value::sdslen,
    },
    Form {
        word: "SET-ACTIVE-EXPIRE",
        takes: 1..=1,
        help: &[
            "SET-ACTIVE-EXPIRE <0|1>",
            "    Have expired keys deleted that nobody looks at, or not. They are never seen.",
        ],
        run: set_active_expire,
    },
    Form {
        word: "SET-SKIP-CHECKSUM-VALIDATION",
        takes: 1..=1,
        help: &[
            "SET-SKIP-CHECKSUM-VALIDATION <0|1>",
            "    Have RESTORE believe payloads of any checksum, or not.",
        ],
        run: value::skip_checksums,
    },
    Form {
        word: "SLEEP",
        takes: 1..=1,
        help: &["SLEEP <seconds>", "    Answer after so many seconds. Decimals allowed."],
        run: sleep,
    },
    Form {
        word: "STRINGMATCH-TEST",
        takes: 0..=0,
        help: &["STRINGMATCH-TEST", "    Match texts by chance with patterns by chance."],
        run: glob::stringmatch_test,
    },
];

/// `DEBUG form [argument …]`
///
/// A form that is not there, and one with too many or too few arguments, have the same error.
fn debug(ctx: &mut Ctx<'_>, args: &mut Args<'_>, sink: &mut dyn Sink) -> Result {
    if args.left() == 1 && args.keyword("HELP") {
        let lines: Vec<&str> = FORMS.iter().flat_map(|form| form.help).copied().collect();
        super::say_help(sink, "DEBUG", &lines);
        return Ok(());
    }
    let takes = args.left() - 1;
    match FORMS.iter().find(|form| form.takes.contains(&takes) && args.keyword(form.word)) {
        Some(form) => (form.run)(ctx, args, sink),
        None => Err(super::unknown_form(args)),
    }
}

/// `DEBUG CHANGE-REPL-ID`
fn change_repl_id(ctx: &mut Ctx<'_>, _: &mut Args<'_>, sink: &mut dyn Sink) -> Result {
    ctx.state.replication_id = random_id(ctx.dice());
    sink.ok();
    Ok(())
}

/// `DEBUG ERROR text`
fn error(_: &mut Ctx<'_>, args: &mut Args<'_>, _: &mut dyn Sink) -> Result {
    Err(Error::text(args.next()?))
}

/// `DEBUG PANIC`
///
/// Does what it says, so that one can see how a program bears it: a real server is gone then, this one
/// answers with an error and goes on.
fn panic(_: &mut Ctx<'_>, _: &mut Args<'_>, _: &mut dyn Sink) -> Result {
    panic!("DEBUG PANIC was called");
}

/// `DEBUG PROTOCOL type`
fn protocol(ctx: &mut Ctx<'_>, args: &mut Args<'_>, sink: &mut dyn Sink) -> Result {
    match args.next()?.to_ascii_lowercase().as_slice() {
        b"string" => sink.bulk(b"Hello World"),
        b"integer" => sink.int(12345),
        #[allow(clippy::approx_constant, reason = "a server says these digits, and no more of them")]
        b"double" => sink.double(3.141),
        b"bignum" => sink.big_number(b"1234567999999999999999999999999999999"),
        b"null" => sink.null(),
        b"array" => {
            sink.array(3);
            (0..3).for_each(|number| sink.int(number));
        }
        b"set" => {
            sink.set(3);
            (0..3).for_each(|number| sink.int(number));
        }
        b"map" => {
            sink.map(3);
            (0..3).for_each(|number| {
                sink.int(number);
                sink.boolean(number == 1);
            });
        }
        b"attrib" => {
            sink.attribute(b"key-popularity", &|sink| {
                sink.array(2);
                sink.bulk(b"key:123");
                sink.int(90);
            });
            sink.bulk(b"Some real reply following the attribute");
        }
        b"push" => {
            if sink.resp() < 3 {
                return Err(Error::Fixed("ERR RESP2 is not supported by this command"));
            }
            sink.bulk(b"Some real reply following the push reply");
            let (session, push) = (ctx.session, Arc::new(Push::Trial));
            ctx.state.deliveries.push(Delivery::Push { session, push });
        }
        b"verbatim" => sink.verbatim("txt", b"This is a verbatim\nstring"),
        b"true" => sink.boolean(true),
        b"false" => sink.boolean(false),
        _ => {
            return Err(Error::Fixed(
                "ERR Wrong protocol type name. Please use one of the following: string|integer|double|bignum|\
                 null|array|set|map|attrib|push|verbatim|true|false",
            ));
        }
    }
    Ok(())
}

/// `DEBUG RELOAD [option …]`
///
/// A reload without a file would lose what it is to bring back, so it is refused.
fn reload(_: &mut Ctx<'_>, _: &mut Args<'_>, _: &mut dyn Sink) -> Result {
    Err(Error::Fixed("ERR this server keeps no file, from which it could be reloaded"))
}

/// `DEBUG SET-ACTIVE-EXPIRE 0|1`
fn set_active_expire(ctx: &mut Ctx<'_>, args: &mut Args<'_>, sink: &mut dyn Sink) -> Result {
    ctx.state.sweeps = is_on(args.next()?);
    sink.ok();
    Ok(())
}

/// A switch, as C reads a number: whatever is none is off.
fn is_on(text: &[u8]) -> bool {
    leading_number(text) as i64 != 0
}

/// `DEBUG SLEEP seconds`
///
/// The session waits as one whose command blocks, and no other does: a store that slept would keep its whole
/// process waiting. By a clock that a test moves the answer comes at once. Either way SLOWLOG and LATENCY hear
/// of a command that took so long.
fn sleep(ctx: &mut Ctx<'_>, args: &mut Args<'_>, sink: &mut dyn Sink) -> Result {
    let us = (leading_number(args.next()?) * 1e6).clamp(0.0, i64::MAX as f64 / 2e3) as u64;
    ctx.state.slept_ns = us * 1000;
    if us > 0 && ctx.origin == Origin::Client && ctx.state.clock.runs() {
        let deadline = Some((ctx.now_us() + us as i64 + 999) / 1000);
        ctx.block(args.argv(), &Wait::in_vain(deadline, OnTimeout::Ok), sink);
    } else {
        sink.ok();
    }
    Ok(())
}

/// As much of a text as is a number, as C reads it; 0 if that is nothing.
fn leading_number(text: &[u8]) -> f64 {
    (1..=text.len()).rev().find_map(|end| parse_float(&text[..end])).filter(|n| n.is_finite()).unwrap_or(0.0)
}

#[cfg(test)]
mod tests {
    use crate::testing::Shell;

    #[test]
    fn a_form_is_known_by_its_word_and_its_arguments() {
        let mut shell = Shell::new();
        let unknown = "-ERR unknown subcommand or wrong number of arguments for";
        shell.check(&[
            ("DEBUG CHANGE-REPL-ID", "+OK"),
            ("DEBUG CHANGE-REPL-ID x", &format!("{unknown} 'CHANGE-REPL-ID'. Try DEBUG HELP.")),
            ("DEBUG protocol", &format!("{unknown} 'protocol'. Try DEBUG HELP.")),
            ("DEBUG nosuch", &format!("{unknown} 'nosuch'. Try DEBUG HELP.")),
            ("DEBUG ERROR 'X y'", "-X y"),
            ("DEBUG STRINGMATCH-TEST", "+Apparently Redis did not crash: test passed"),
        ]);
    }

    #[test]
    fn an_attribute_is_for_resp3() {
        let mut shell = Shell::new();
        shell.check(&[("DEBUG PROTOCOL attrib", "$39 Some real reply following the attribute")]);
        shell.run("HELLO 3");
        shell.check(&[(
            "DEBUG PROTOCOL attrib",
            "|1 $14 key-popularity *2 $7 key:123 :90 $39 Some real reply following the attribute",
        )]);
    }

    #[test]
    fn without_active_expiry_keys_stay_that_nobody_looks_at_and_are_never_seen() {
        let mut shell = Shell::new();
        shell.run("DEBUG SET-ACTIVE-EXPIRE 0");
        shell.run("SET k v PX 5");
        shell.clock.advance(1_000_000);
        shell.store.tick();
        assert_eq!(shell.store.next_deadline(), None);
        shell.check(&[("DBSIZE", ":1"), ("GET k", "$-1"), ("DBSIZE", ":0"), ("SET k v PX 5", "+OK")]);
        shell.run("DEBUG SET-ACTIVE-EXPIRE 1");
        shell.clock.advance(1_000_000);
        shell.store.tick();
        assert_eq!(shell.run("DBSIZE"), ":0");
    }

    #[test]
    fn a_sleep_takes_no_time_of_a_tests_clock() {
        let mut shell = Shell::new();
        for seconds in ["0.5", "abc", "-1", "1e300", "1e300", "inf", "nan", "1e300"] {
            assert_eq!(shell.run(&format!("DEBUG SLEEP {seconds}")), "+OK", "{seconds}");
        }
        assert!(shell.run("INFO commandstats").contains("cmdstat_debug:calls=8,"));
    }
}
