//! A running server: its thread, from the outside.

use std::io;
use std::sync::Arc;
use std::thread::{self, JoinHandle};

use mio::{Poll, Waker};
use parking_lot::Mutex;

use crate::address::Address;
use crate::event_loop::{self, EventLoop};
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

/// A running server: one thread with one event loop.
#[allow(missing_debug_implementations)] // a host has nothing to show
pub struct Server {
    addresses: Vec<Address>,
    inbox: Arc<Inbox>,
    event_loop: Arc<Mutex<EventLoop>>,
    thread: Option<JoinHandle<()>>,
}

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
        let event_loop = Arc::new(Mutex::new(event_loop));
        let shared = Arc::clone(&event_loop);
        let thread = thread::Builder::new()
            .name("burner-redis-server".to_owned())
            .spawn(move || event_loop::run(poll, &shared))?;
        Ok(Self { addresses: bound, inbox, event_loop, thread: Some(thread) })
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

    /// In a forked child, which has no such thread: closes the descriptors that it inherited, without touching
    /// what the parent shares. Unix sockets' files are the parent's.
    pub fn abandon_after_fork(&mut self) {
        // There is no thread in the child to join.
        std::mem::forget(self.thread.take());
        if let Some(mut event_loop) = self.event_loop.try_lock() {
            event_loop.abandon();
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.close();
    }
}
