//! A store to type commands into, for the tests beside the handlers.

use crate::args::Args;
use crate::clock::ManualClock;
use crate::command::{Command, Flags};
use crate::dispatch::Ctx;
use crate::effects::Class;
use crate::resp::{Encoder, split_line};
use crate::sink::Sink;
use crate::store::{Delivery, Outcome, Store};
use crate::types::hash::Hash;
use crate::types::stream::Stream;
use crate::{Reply, Result, SessionId};

/// A command that no server has.
pub(crate) const COMMANDS: &[Command] =
    &[Command { name: "testpanic", arity: 2, flags: Flags::WRITE, run: testpanic, ..Command::BASE }];

/// `TESTPANIC key`
///
/// Panics with half its reply said, in the middle of a change to whatever collection the key holds; a hash
/// if it holds nothing.
fn testpanic(ctx: &mut Ctx<'_>, args: &mut Args<'_>, sink: &mut dyn Sink) -> Result {
    let key = args.next()?;
    sink.array(2);
    sink.ok();
    if ctx.write::<Stream>(key).is_err() || !ctx.exists(key) {
        let limits = ctx.limits();
        ctx.create::<Hash>(key)?.set(b"f", b"v", &limits);
        ctx.changed(key, Class::HASH, "hset");
    }
    panic!("half\r\ndone");
}

/// How a key `k` is made of each type, in each encoding, with numbers of each width.
pub(crate) const VALUES: [&str; 20] = [
    "SET k 12",
    "SET k 1234567",
    "SET k -70000",
    "SET k 'some text'",
    "SET k aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
    "RPUSH k a 1 -70000 b",
    "RPUSH k 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1",
    "SADD k 1 2 3",
    "SADD k 1 2 70000",
    "SADD k 1 -70000 9000000000",
    "SADD k a 1",
    "SADD k aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa 1",
    "HSET k f v g 1",
    "HSET k f aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
    "HSETEX k PXAT 5000000000000 FIELDS 2 f v g 1",
    "HSETEX k PXAT 5000000000000 FIELDS 1 f aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
    "ZADD k 1 a 2.5 b inf c -inf d 100000000000000000 e",
    "ZADD k 1 aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa 2.5 b",
    "XADD k 1-1 f v g 1",
    "XGROUP CREATE k g $ MKSTREAM",
];

/// A store with a clock to move and a session to type into.
pub(crate) struct Shell {
    pub(crate) store: Store,
    pub(crate) clock: ManualClock,
    pub(crate) session: SessionId,
}

impl Shell {
    pub(crate) fn new() -> Self {
        let clock = ManualClock::new(1_700_000_000_000_000);
        let mut store = Store::new(Box::new(clock.clone()), 1);
        let session = store.open_session();
        Self { store, clock, session }
    }

    /// Runs a line as redis-cli splits it; its RESP with line ends as spaces.
    pub(crate) fn run(&mut self, line: &str) -> String {
        self.run_as(self.session, line)
    }

    /// As [`Shell::run`], in another session.
    pub(crate) fn run_as(&mut self, session: SessionId, line: &str) -> String {
        let argv = split_line(line.as_bytes()).expect("quotes are balanced");
        let argv: Vec<&[u8]> = argv.iter().map(Vec::as_slice).collect();
        let resp = self.store.session(session).map_or(2, |session| session.resp);
        let mut reply = Vec::new();
        let mut sink = Encoder::new(resp, &mut reply);
        match self.store.execute(session, &argv, &mut sink) {
            Ok(Outcome::Done | Outcome::Silent) => {}
            Ok(Outcome::Blocked) => return "(blocked)".to_owned(),
            Err(error) => sink.error(&error),
        }
        flat(&reply)
    }

    /// Types lines, which answer as a real server answered.
    pub(crate) fn check(&mut self, lines: &[(&str, &str)]) {
        for (line, reply) in lines {
            assert_eq!(self.run(line), *reply, "{line}");
        }
    }

    /// Runs a line; the keyspace events that it makes, each as its name and the key.
    pub(crate) fn events(&mut self, line: &str) -> Vec<String> {
        const CHANNEL: &str = "__keyevent@0__:";
        let listener = self.store.open_session();
        self.run_as(listener, &format!("PSUBSCRIBE {CHANNEL}*"));
        self.store.config_mut().notify = Class::KEYEVENT.and(Class::ALL).and(Class::NEW);
        self.run(line);
        self.store.config_mut().notify = Class::default();
        let heard = self.heard(listener);
        self.store.close_session(listener);
        let events = heard.iter().filter_map(|message| {
            let (_, event) = message.rsplit_once(CHANNEL)?;
            let (name, key) = event.split_once(" $")?;
            Some(format!("{name} {}", key.split_once(' ')?.1))
        });
        events.collect()
    }

    /// What has left the engine for a session since the last call, as RESP with line ends as spaces.
    pub(crate) fn heard(&mut self, by: SessionId) -> Vec<String> {
        let heard = self.store.take_deliveries().into_iter().filter_map(|delivery| {
            let mut message = Vec::new();
            let mut sink = Encoder::new(2, &mut message);
            match delivery {
                Delivery::Woken { session, answer, .. } if session == by => match answer {
                    Ok(reply) => Reply::replay(&reply, &mut sink),
                    Err(error) => sink.error(&error),
                },
                Delivery::Push { session, push } if session == by => push.say(&mut sink),
                _ => return None,
            }
            Some(flat(&message))
        });
        heard.collect()
    }
}

fn flat(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).replace("\r\n", " ").trim_end().to_owned()
}
