//! How a thread that is not attached to the interpreter wakes an event loop: it writes to that loop's wake descriptor.
use std::io::{self, Read, Write};
use std::os::fd::{AsRawFd, RawFd};
use std::os::unix::net::UnixStream;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// What any thread rings.
pub(crate) struct Bell {
    /// Whether it rang and was not heard yet: then it need not ring again.
    rung: AtomicBool,
    wire: UnixStream,
}

impl Bell {
    /// Has the ear's event loop come by; never waits.
    pub(crate) fn ring(&self) {
        if !self.rung.swap(true, Ordering::SeqCst) {
            // It fails when there is no room, which means that more than enough is to be read, or when nobody is
            // there to read.
            let _ = (&self.wire).write(&[1]);
        }
    }
}

/// What an event loop waits for to become readable.
pub(crate) struct Ear {
    bell: Arc<Bell>,
    wire: UnixStream,
}

impl Ear {
    /// An ear with its bell.
    pub(crate) fn new() -> io::Result<Self> {
        let (ours, theirs) = UnixStream::pair()?;
        ours.set_nonblocking(true)?;
        theirs.set_nonblocking(true)?;
        let bell = Bell { rung: AtomicBool::new(false), wire: theirs };
        Ok(Ear { bell: Arc::new(bell), wire: ours })
    }

    /// What rings for it.
    pub(crate) fn bell(&self) -> &Arc<Bell> {
        &self.bell
    }

    /// The descriptor that becomes readable.
    pub(crate) fn descriptor(&self) -> RawFd {
        self.wire.as_raw_fd()
    }

    /// Hears the bell; what was put down before it rang is to be looked at after this, for it may ring anew at once.
    pub(crate) fn hear(&self) {
        let mut bytes = [0; 64];
        while (&self.wire).read(&mut bytes).is_ok_and(|count| count == bytes.len()) {}
        self.bell.rung.store(false, Ordering::SeqCst);
    }
}
