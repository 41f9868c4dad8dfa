//! What left the engine for one server's sessions.

use std::sync::atomic::{AtomicBool, Ordering};

use burner_engine::Delivery;
use mio::Waker;
use parking_lot::Mutex;

/// What left the engine for one server's sessions, until its thread takes it.
#[derive(Debug)]
pub struct Inbox {
    deliveries: Mutex<Vec<Delivery>>,
    /// Whether the thread sleeps, or is about to: who changes that is to wake it.
    asleep: AtomicBool,
    /// Whether the thread is to look at the store again.
    again: AtomicBool,
    /// Whether the thread is to end.
    stopped: AtomicBool,
    waker: Waker,
}

impl Inbox {
    pub(crate) fn new(waker: Waker) -> Self {
        Self {
            deliveries: Mutex::default(),
            asleep: AtomicBool::new(false),
            again: AtomicBool::new(false),
            stopped: AtomicBool::new(false),
            waker,
        }
    }

    /// Puts a delivery in, under the store's lock, from any thread; wakes the server's thread if it sleeps.
    pub fn put(&self, delivery: Delivery) {
        self.deliveries.lock().push(delivery);
        self.wake();
    }

    /// Wakes the server's thread if it sleeps.
    pub(crate) fn wake(&self) {
        if self.asleep.swap(false, Ordering::SeqCst) {
            // A wake-up fails where the system has no room for it: then there is one under way.
            let _ = self.waker.wake();
        }
    }

    /// Has the thread look at the store again: its next deadline is another, or its settings are.
    pub(crate) fn look_again(&self) {
        self.again.store(true, Ordering::SeqCst);
        self.wake();
    }

    /// Says that the thread does.
    pub(crate) fn looks_again(&self) {
        self.again.store(false, Ordering::SeqCst);
    }

    /// Tells the thread to end.
    pub(crate) fn stop(&self) {
        self.stopped.store(true, Ordering::SeqCst);
        self.wake();
    }

    /// Whether the thread is to end.
    pub(crate) fn is_stopped(&self) -> bool {
        self.stopped.load(Ordering::SeqCst)
    }

    /// Says that the thread is going to sleep; false if there is something in here that it has to see to first.
    pub(crate) fn fall_asleep(&self) -> bool {
        self.asleep.store(true, Ordering::SeqCst);
        self.is_empty() && !self.is_stopped()
    }

    /// Whether nothing is in, and there is no reason to look at the store.
    pub(crate) fn is_empty(&self) -> bool {
        !self.again.load(Ordering::SeqCst) && self.deliveries.lock().is_empty()
    }

    /// Says that the thread no longer sleeps.
    pub(crate) fn get_up(&self) {
        self.asleep.store(false, Ordering::SeqCst);
    }

    /// Takes all that is in, in order.
    pub(crate) fn take(&self) -> Vec<Delivery> {
        std::mem::take(&mut *self.deliveries.lock())
    }
}
