//! A script that takes long: others are served from inside of it, as far as that can be.
//!
//! Every so many instructions the interpreter looks at how long its script has run (`lua/calls.rs`). From
//! `busy-reply-threshold` on it lends the state, which is the script's for that time, to those who serve
//! connections. What they run there comes in between two instructions of somebody's command: only rows with
//! `ALLOW_BUSY` pass the gate, and the ends of their units leave effects, waiters and expired keys to the end
//! of the script's.

use std::sync::Weak;

use crate::SessionId;
use crate::blocking::Undo;
use crate::effects::Effect;
use crate::error::Error;
use crate::gate::Gate;
use crate::store::{Delivery, State, Store};

/// What is said to those who cannot be served.
pub(crate) const BUSY: Error =
    Error::Fixed("BUSY Redis is busy running a script. You can only call SCRIPT KILL or SHUTDOWN NOSAVE.");

/// Somebody who can serve others while a script takes long, on the script's own thread.
pub trait Interlude: Send + Sync {
    /// Serves who wants to be served at this moment, without waiting for anything.
    ///
    /// It is called again and again until the script is over, which is not before it returns. Sessions can be
    /// opened and closed, but for that of the script, and may [`execute`](Store::execute) commands, most of
    /// which answer BUSY. [Ticks](Store::tick) are to wait for the script's end.
    fn serve(&self, store: &mut Store);
}

/// Who serves others while a script takes long, and what they leave to its end.
#[derive(Default)]
pub(crate) struct Interludes {
    servers: Vec<Weak<dyn Interlude>>,
    /// Whether a SHUTDOWN is to be obeyed.
    pub(crate) shutdown_due: bool,
    /// What is to go back.
    undos: Vec<Undo>,
}

impl Interludes {
    /// What was to go back is gone.
    pub(crate) fn forget_undos(&mut self) {
        self.undos.clear();
    }
}

impl State {
    /// Ends the script that runs, whatever it has done, and has a SHUTDOWN obeyed then.
    pub(crate) fn shut_down_soon(&mut self) {
        self.interludes.shutdown_due = true;
        self.script_killer.end_by_force();
        self.have_end_looked_at();
    }

    /// Has it go back when the script that runs is over.
    pub(crate) fn give_back_late(&mut self, undo: Undo) {
        self.interludes.undos.push(undo);
        self.have_end_looked_at();
    }

    /// Has the script's unit not end as if nothing had happened.
    fn have_end_looked_at(&mut self) {
        self.effects.push(Effect::Drained);
    }
}

impl Store {
    /// Has others served by this one while a script takes long, for as long as it exists.
    pub fn add_interlude(&mut self, interlude: Weak<dyn Interlude>) {
        let servers = &mut self.state.interludes.servers;
        servers.retain(|known| known.strong_count() > 0);
        servers.push(interlude);
    }

    /// Whether there is anybody to serve others.
    pub(crate) fn has_interludes(&self) -> bool {
        !self.state.interludes.servers.is_empty()
    }

    /// Whether a script runs at this moment, from inside of which others are served.
    pub fn is_busy(&self) -> bool {
        self.state.gate.has(Gate::BUSY)
    }

    /// Has others served from inside of a script.
    pub(crate) fn serve_others(&mut self) {
        // Whoever watches a key from now on has missed nothing by what was written to it.
        self.state.drain_early();
        let (actor, scripted) = (self.state.actor, self.state.scripted);
        self.state.gate.set(Gate::BUSY, true);
        for interlude in self.state.interludes.servers.clone().iter().filter_map(Weak::upgrade) {
            interlude.serve(self);
        }
        self.state.gate.set(Gate::BUSY, false);
        (self.state.actor, self.state.scripted) = (actor, scripted);
    }

    /// Does what was left to a script's end.
    pub(crate) fn catch_up(&mut self) {
        if std::mem::take(&mut self.state.interludes.shutdown_due) {
            self.state.shut_down(SessionId::NONE);
        }
        for undo in std::mem::take(&mut self.state.interludes.undos) {
            self.give_back(undo);
        }
    }

    /// As [`Store::take_deliveries`], of some sessions alone.
    pub fn take_deliveries_of(&mut self, is_one: impl Fn(SessionId) -> bool) -> Vec<Delivery> {
        self.state.deliveries.extract_if(.., |delivery| is_one(delivery.session())).collect()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
    use std::sync::{Arc, Mutex};

    use super::*;
    use crate::clock::Clock;
    use crate::testing::Shell;
    use crate::{Outcome, Reply};

    /// A clock whose stopwatch goes on by a millisecond whenever it is looked at.
    #[derive(Default)]
    struct Impatient(AtomicU64);

    impl Clock for Impatient {
        fn now_us(&self) -> i64 {
            1_700_000_000_000_000
        }

        fn stopwatch_ns(&self) -> u64 {
            self.0.fetch_add(1_000_000, Ordering::Relaxed)
        }
    }

    /// A shell whose scripts take long as soon as they are looked at twice.
    fn impatient() -> Shell {
        let mut shell = Shell::new();
        shell.store = Store::new(Box::new(Impatient::default()), 1);
        shell.session = shell.store.open_session();
        shell.check(&[("CONFIG SET busy-reply-threshold 1", "+OK")]);
        shell
    }

    type Work = dyn FnMut(&mut Store) + Send;

    /// Does some work each time.
    struct Each(Mutex<Box<Work>>);

    impl Each {
        fn of(shell: &mut Shell, work: impl FnMut(&mut Store) + Send + 'static) -> Arc<Self> {
            let each = Arc::new(Self(Mutex::new(Box::new(work))));
            let weak: Weak<dyn Interlude> = Arc::<Self>::downgrade(&each);
            shell.store.add_interlude(weak);
            each
        }
    }

    impl Interlude for Each {
        fn serve(&self, store: &mut Store) {
            self.0.lock().unwrap()(store);
        }
    }

    /// What a session is answered.
    fn ask(store: &mut Store, session: SessionId, argv: &[&str]) -> String {
        let argv: Vec<&[u8]> = argv.iter().map(|arg| arg.as_bytes()).collect();
        match store.execute(session, &argv, &mut Reply::new(2)) {
            Ok(Outcome::Done) => "done".to_owned(),
            Ok(outcome) => format!("{outcome:?}"),
            Err(error) => error.to_string(),
        }
    }

    #[test]
    fn what_may_run_inside_of_a_script_can_end_it() {
        let mut shell = impatient();
        let other = shell.store.open_session();
        let asked = Arc::new(Mutex::new(Vec::new()));
        let answers = Arc::clone(&asked);
        let _each = Each::of(&mut shell, move |store| {
            let new = store.open_session();
            let mut answers = answers.lock().unwrap();
            answers.extend([
                ask(store, other, &["GET", "k"]),
                ask(store, new, &["EVAL", "return 1", "0"]),
                ask(store, new, &["SCRIPT", "KILL"]),
            ]);
            store.close_session(new);
        });
        let answer = shell.run("EVAL \"while true do end\" 0");
        assert!(answer.starts_with("-ERR Script killed by user with SCRIPT KILL..."), "{answer}");
        let busy = BUSY.to_string();
        assert_eq!(*asked.lock().unwrap(), [&busy, &busy, "done"]);
        assert_eq!(shell.store.session_count(), 2);
        assert_eq!(shell.run("GET k"), "$-1");
    }

    #[test]
    fn scripts_never_take_long_where_the_threshold_is_0_or_nobody_serves() {
        for serves in [true, false] {
            let mut shell = impatient();
            let count = Arc::new(AtomicUsize::new(0));
            let counted = Arc::clone(&count);
            let each = Each::of(&mut shell, move |_| _ = counted.fetch_add(1, Ordering::Relaxed));
            if serves {
                shell.check(&[("CONFIG SET busy-reply-threshold 0", "+OK")]);
            } else {
                drop(each);
            }
            shell.check(&[("EVAL \"for i = 1, 1000000 do end return 1\" 0", ":1")]);
            assert_eq!(count.load(Ordering::Relaxed), 0);
        }
    }

    #[test]
    fn what_the_script_did_is_seen_by_waiters_when_it_is_over() {
        let mut shell = impatient();
        let (waiter, watcher) = (shell.store.open_session(), shell.store.open_session());
        shell.run_as(waiter, "BLPOP l 0");
        let woken = Arc::new(AtomicUsize::new(0));
        let count = Arc::clone(&woken);
        let _each = Each::of(&mut shell, move |store| {
            // Longer than a sweep takes to be due.
            (0..100).for_each(|_| assert_eq!(ask(store, watcher, &["WATCH", "l"]), "done"));
            let is_woken = |delivery: &Delivery| matches!(delivery, Delivery::Woken { .. });
            count
                .fetch_add(store.take_deliveries().iter().filter(|d| is_woken(d)).count(), Ordering::Relaxed);
            let undo = Undo::List { key: (0, (*b"back").into()), head: true, elements: vec![b"e".to_vec()] };
            store.give_back(undo);
        });
        let script =
            "redis.call('RPUSH', 'l', 'a') for i = 1, 1000000 do end return redis.call('LLEN', 'back')";
        assert_eq!(shell.run(&format!("EVAL \"{script}\" 0")), ":0");
        assert_eq!(woken.load(Ordering::Relaxed), 0);
        assert_eq!(shell.heard(waiter), ["*2 $1 l $1 a"]);
        assert_ne!(shell.run("LLEN back"), ":0");
    }

    #[test]
    fn a_shutdown_ends_a_script_that_has_written() {
        let mut shell = impatient();
        let other = shell.store.open_session();
        let _each = Each::of(&mut shell, move |store| {
            assert_eq!(ask(store, other, &["SHUTDOWN"]), BUSY.to_string());
            assert!(ask(store, other, &["SCRIPT", "KILL"]).starts_with("UNKILLABLE"));
            assert_eq!(ask(store, other, &["SHUTDOWN", "NOSAVE"]), crate::Error::Closed.to_string());
        });
        let answer = shell.run("EVAL \"redis.call('SET', 'k', 'v') while true do end\" 0");
        assert_eq!(answer, "-ERR the connection is closed");
        assert_eq!((shell.store.shutdowns(), shell.store.session_count()), (1, 0));
        shell.session = shell.store.open_session();
        shell.check(&[("DBSIZE", ":0"), ("SET k v", "+OK"), ("EVAL \"return 1\" 0", ":1")]);
    }
}
