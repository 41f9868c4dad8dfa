//! A running server: its thread, from the outside.

use std::io;
use std::sync::Arc;
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use mio::{Poll, Waker};
use parking_lot::{ArcMutexGuard, RawMutex};

use crate::address::Address;
use crate::event_loop::{self, EventLoop, Shared};
use crate::host::Host;
use crate::inbox::Inbox;
use crate::socket::Listener;

/// What a server may be told beside its addresses. All that a client can ask for or change is a setting of
/// the store instead.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// The permissions of unix sockets' files, such as `0o700`; what the process' umask leaves, if not given.
    pub unix_permissions: Option<u32>,
}

/// How often somebody is urged who is in the way of a server's end.
const URGE_EVERY: Duration = Duration::from_millis(10);

/// A running server: one thread with one event loop.
pub struct Server {
    addresses: Vec<Address>,
    inbox: Arc<Inbox>,
    shared: Arc<Shared>,
    thread: Option<JoinHandle<()>>,
    /// Is hung up when the thread ends.
    ended: Receiver<()>,
}

/// A server between two turns of its event loop, which begins no other as long as this lives.
pub struct Still(#[allow(dead_code, reason = "it is there to be dropped")] ArcMutexGuard<RawMutex, ()>);

impl Server {
    /// Listens at all addresses, or at none if one is not to be had.
    #[allow(clippy::disallowed_methods, reason = "a server is a thread")]
    pub fn start(host: Arc<dyn Host>, addresses: &[Address], options: &Options) -> io::Result<Self> {
        let poll = Poll::new()?;
        let inbox = Arc::new(Inbox::new(Waker::new(poll.registry(), event_loop::WAKER)?));
        let (mut listeners, mut bound) = (Vec::new(), Vec::new());
        for address in addresses {
            match Listener::bind(address, options.unix_permissions) {
                Ok((listener, address)) => {
                    listeners.push(listener);
                    bound.push(address);
                }
                Err(error) => {
                    listeners.into_iter().for_each(Listener::close);
                    return Err(error);
                }
            }
        }
        let registry = poll.registry().try_clone()?;
        let event_loop = EventLoop::new(host, registry, listeners, Arc::clone(&inbox))?;
        let shared = Arc::new(Shared::new(poll, event_loop));
        let own = Arc::clone(&shared);
        let (end, ended) = mpsc::channel();
        let thread = thread::Builder::new().name("burner-redis-server".to_owned()).spawn(move || {
            let _end = end;
            event_loop::run(&own);
        })?;
        Ok(Self { addresses: bound, inbox, shared, thread: Some(thread), ended })
    }

    /// Where it listens: ports as bound.
    pub fn addresses(&self) -> &[Address] {
        &self.addresses
    }

    /// Stops the thread; closes connections, sessions and listeners; removes unix sockets' files. Waits for
    /// that, unless called on that thread. Does nothing the second time.
    pub fn close(&mut self) {
        let Some(thread) = self.thread.take() else { return };
        self.inbox.stop();
        if thread.thread().id() != thread::current().id() {
            // A panic of it was told by the panic hook.
            let _ = thread.join();
        }
    }

    /// The same, but waits no longer than so: a script may run without end. `urge` is called again and again
    /// meanwhile. Whether it is closed; if not, it will be as soon as the command that runs is over.
    pub fn close_within(&mut self, patience: Duration, urge: impl Fn()) -> bool {
        self.inbox.stop();
        let is_own = |thread: &JoinHandle<()>| thread.thread().id() == thread::current().id();
        if self.thread.as_ref().is_some_and(|thread| !is_own(thread)) {
            let mut left = patience;
            while self.ended.recv_timeout(URGE_EVERY) == Err(RecvTimeoutError::Timeout) {
                left = left.saturating_sub(URGE_EVERY);
                if left.is_zero() {
                    drop(self.thread.take());
                    return false;
                }
                urge();
            }
        }
        self.close();
        true
    }

    /// Has the thread look at the store's next deadline, which somebody else moved.
    pub fn look_at_clock(&self) {
        self.inbox.look_again();
    }

    /// Waits for the end of the turn that its event loop may be in, and keeps it from the next: before a fork, and
    /// before the store's lock is taken for that.
    pub fn still(&self) -> Still {
        Still(self.shared.turn.lock_arc())
    }

    /// In a forked child, which has no such thread: closes the descriptors that it inherited, without touching
    /// what the parent shares. Unix sockets' files are the parent's.
    pub fn abandon_after_fork(&mut self, _between_turns: Still) {
        // There is no thread in the child to join.
        std::mem::forget(self.thread.take());
        self.shared.event_loop.lock().abandon();
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.close();
    }
}
