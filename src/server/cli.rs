//! The command line: a store of its own behind sockets, until the process is told to end.

mod directives;
mod log;
mod places;

use std::ffi::OsString;
use std::io::{self, Write};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use burner_engine::config::Parameter;
use burner_engine::{Reply, Store};
use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::iterator::{Handle, Signals};

use self::directives::{Asked, Directive, Refusal};
use self::log::{Level, Log};
use self::places::Places;
use crate::{Desk, Host, Server, Solo, SystemClock, descriptors, inspect_process};

/// It did what it was asked to.
const DONE: u8 = 0;
/// It could not start.
const FAILED: u8 = 1;
/// It was asked for something that makes no sense.
const MISUSED: u8 = 2;

/// How long the end waits for a command that does not end.
const PATIENCE: Duration = Duration::from_secs(5);

/// Settings that a server cannot do without what this one has not got, unless they have this value.
const ONLY: &[(&str, &str)] = &[
    ("aclfile", ""),
    ("cluster-enabled", "no"),
    ("daemonize", "no"),
    ("replicaof", "no one"),
    ("slaveof", "no one"),
    ("supervised", "no"),
    ("syslog-enabled", "no"),
];

/// Runs a server as its arguments say, which are redis-server's; what the process is to exit with.
///
/// `program` is what it was called by, and `args` follows that. It returns when the process was sent SIGTERM or
/// SIGINT, a client sent SHUTDOWN, or the server cannot start.
pub fn serve(program: &str, args: impl IntoIterator<Item = OsString>) -> u8 {
    match directives::read(args) {
        Ok(Asked::Help) => say(&include_str!("cli/help.txt").replace("{program}", program)),
        Ok(Asked::Version) => say(&format!(
            "burner-redis {}, as Redis {}\n",
            env!("CARGO_PKG_VERSION"),
            burner_engine::store::REDIS_VERSION
        )),
        Ok(Asked::Serve(directives)) => match Plan::of(&directives) {
            Ok(plan) => plan.carry_out(program),
            Err(reason) => misused(program, &reason),
        },
        Err(Refusal::Usage(reason)) => misused(program, &reason),
        Err(Refusal::Unreadable(reason)) => failed(program, &reason),
    }
}

fn say(text: &str) -> u8 {
    let mut out = io::stdout().lock();
    // Whoever reads it may have had enough.
    let _ = out.write_all(text.as_bytes()).and_then(|()| out.flush());
    DONE
}

fn misused(program: &str, reason: &str) -> u8 {
    eprintln!("{program}: {reason}\nTry '{program} --help'.");
    MISUSED
}

fn failed(program: &str, reason: &str) -> u8 {
    eprintln!("{program}: {reason}");
    FAILED
}

/// What a server's arguments come to.
struct Plan {
    store: Store,
    places: Places,
    logfile: String,
    loglevel: String,
}

impl Plan {
    fn of(directives: &[Directive]) -> Result<Self, String> {
        let clock = Box::new(SystemClock::new());
        let mut store = Store::new(clock, SystemClock::random_seed());
        store.draw_secrets_from(|bytes| getrandom::fill(bytes).is_ok());
        store.inspect_process_by(inspect_process);
        let mut places = Places::default();
        for directive in directives {
            let told = match directive.name.as_str() {
                "user" => set_user(&mut store, directive),
                _ => places.note(directive).and_then(|()| set(&mut store, directive)),
            };
            told.map_err(|reason| format!("{directive}: {reason}"))?;
        }
        // What CONFIG GET and INFO tell of it.
        for (name, value) in places.settings() {
            configure(&mut store, name, value.as_bytes())?;
        }
        let text = |name: &str| {
            directives
                .iter()
                .rfind(|directive| directive.name == name)
                .map(|directive| String::from_utf8_lossy(&directive.value()).into_owned())
                .unwrap_or_default()
        };
        Ok(Self { places, logfile: text("logfile"), loglevel: text("loglevel").to_lowercase(), store })
    }

    /// Runs the server.
    fn carry_out(self, program: &str) -> u8 {
        let Self { store, places, logfile, loglevel } = self;
        let log = match Log::open(&logfile, &loglevel) {
            Ok(log) => log,
            Err(error) => return failed(program, &format!("{logfile}: {error}")),
        };
        let (addresses, missing) = match places.addresses() {
            Ok(addresses) => addresses,
            Err(reason) => return failed(program, &reason),
        };
        // Before anybody can connect, so that none is cut off by a signal that comes early.
        let mut signals = match Signals::new([SIGTERM, SIGINT]) {
            Ok(signals) => signals,
            Err(error) => return failed(program, &error.to_string()),
        };
        let script_killer = store.script_killer();
        descriptors::allow(store.network().max_clients);
        let host = Mortal::new(Solo::over(store), signals.handle());
        let mut server = match Server::start(host, &addresses, &places.options()) {
            Ok(server) => server,
            Err(error) => {
                let places: Vec<_> = addresses.iter().map(ToString::to_string).collect();
                let reason = format!("cannot listen on {}: {error}", places.join(", "));
                if !logfile.is_empty() {
                    log.tell(Level::Warning, &reason);
                }
                return failed(program, &reason);
            }
        };
        for address in missing {
            log.tell(Level::Warning, format_args!("this machine has no address {address}"));
        }
        let pid = std::process::id();
        let version = env!("CARGO_PKG_VERSION");
        log.tell(Level::Notice, format_args!("burner-redis {version} is process {pid}"));
        for address in server.addresses() {
            log.tell(Level::Notice, format_args!("listening on {}", address.url()));
        }
        log.tell(Level::Notice, "ready");
        let reason = match signals.forever().next() {
            Some(SIGTERM) => "SIGTERM",
            Some(_) => "SIGINT",
            None => "a client's SHUTDOWN",
        };
        log.tell(Level::Notice, format_args!("ending after {reason}"));
        if !server.close_within(PATIENCE, || _ = script_killer.kill()) {
            log.tell(Level::Warning, "a script that cannot be ended is left behind");
        }
        log.tell(Level::Notice, "bye");
        DONE
    }
}

/// Gives a store that begins a setting.
fn set(store: &mut Store, directive: &Directive) -> Result<(), String> {
    let value = directive.value();
    if let Some((_, only)) = ONLY.iter().find(|(name, _)| *name == directive.name) {
        return if value.eq_ignore_ascii_case(only.as_bytes()) {
            Ok(())
        } else {
            Err(format!("this server can only have it be \"{only}\""))
        };
    }
    configure(store, &directive.name, &value)
}

fn configure(store: &mut Store, name: &str, value: &[u8]) -> Result<(), String> {
    let parameter = Parameter::find(name.as_bytes()).ok_or("there is no such setting")?;
    store.configure(parameter, value)
}

/// Makes a user.
fn set_user(store: &mut Store, directive: &Directive) -> Result<(), String> {
    let session = store.open_session();
    let mut argv: Vec<&[u8]> = vec![b"ACL", b"SETUSER"];
    argv.extend(directive.values.iter().map(Vec::as_slice));
    let made = store.execute(session, &argv, &mut Reply::new(2));
    store.close_session(session);
    made.map(drop).map_err(|error| error.to_string())
}

/// A store that ends with its server: SHUTDOWN ends the process.
struct Mortal {
    solo: Arc<Solo>,
    over: AtomicBool,
    signals: Handle,
}

impl Mortal {
    fn new(solo: Arc<Solo>, signals: Handle) -> Arc<Self> {
        Arc::new(Self { solo, over: AtomicBool::new(false), signals })
    }
}

impl Host for Mortal {
    fn enter(&self, work: &mut dyn FnMut(&mut Desk<'_>)) {
        let mut ends = false;
        self.solo.enter(&mut |desk| {
            work(desk);
            ends = desk.engine.shutdowns() > 0;
        });
        if ends && !self.over.swap(true, Ordering::Relaxed) {
            self.signals.close();
        }
    }
}
