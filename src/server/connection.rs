//! One connection: its socket, what it has sent, what it has yet to read.

use std::collections::VecDeque;
use std::io::{ErrorKind, Read, Write};

use burner_engine::SessionId;
use burner_engine::blocking::Undo;
use burner_engine::resp::{Decoder, Encoder, Limits};

use crate::socket::Stream;

/// How much room an output keeps for the next one, in bytes.
const KEPT: usize = 16 * 1024;

/// One connection.
#[derive(Debug)]
#[allow(clippy::struct_excessive_bools)] // each is true or not of a connection, whatever the others are
pub(crate) struct Connection {
    pub(crate) stream: Stream,
    pub(crate) session: SessionId,
    /// What it has sent that was not run.
    pub(crate) input: Vec<u8>,
    pub(crate) decoder: Decoder,
    /// What it may send, as of the last time that it was behind the store's lock.
    pub(crate) limits: Limits,
    /// Replies and pushes.
    pub(crate) output: Vec<u8>,
    /// The RESP version that it reads.
    pub(crate) resp: u8,
    /// How much of the output has been sent.
    sent: usize,
    /// How to put back what a blocked command took whose answer is in the output.
    pub(crate) undos: Vec<Undo>,
    /// Whether the socket may have more to read than was read.
    pub(crate) readable: bool,
    /// Whether its last command waits.
    pub(crate) blocked: bool,
    /// Whether nothing more will be run: it is closed when its output is sent.
    pub(crate) closing: bool,
    /// Whether it will send no more.
    pub(crate) eof: bool,
    /// Whether the system has said that its peer will send no more; there may be something to read yet.
    pub(crate) hung_up: bool,
    /// Whether it has something to be read that is left there until it is woken.
    pub(crate) held: bool,
    /// Whether it is to be closed at once: its peer is gone, or was sent away.
    pub(crate) dead: bool,
    /// Whether it is among those that may have something to be read.
    pub(crate) ready: bool,
    /// Whether it is among those whose input is to be run.
    pub(crate) queued: bool,
    /// Whether it is among those whose output is to be sent.
    pub(crate) dirty: bool,
}

impl Connection {
    pub(crate) fn new(stream: Stream, session: SessionId, limits: Limits) -> Self {
        Self {
            stream,
            session,
            input: Vec::new(),
            decoder: Decoder::default(),
            limits,
            output: Vec::new(),
            resp: 2,
            sent: 0,
            undos: Vec::new(),
            readable: true,
            blocked: false,
            closing: false,
            eof: false,
            hung_up: false,
            held: false,
            dead: false,
            ready: false,
            queued: false,
            dirty: false,
        }
    }

    /// Where its replies and pushes are said.
    pub(crate) fn encoder(&mut self) -> Encoder<'_> {
        Encoder::new(self.resp, &mut self.output)
    }

    /// Reads what is there, as much as `buffer` holds; how many bytes that was.
    pub(crate) fn read(&mut self, buffer: &mut [u8]) -> usize {
        loop {
            match (&self.stream).read(buffer) {
                Ok(0) => self.eof = true,
                Ok(count) => {
                    // Readiness is told on an edge: what fell short of the buffer was all there is.
                    self.readable = self.hung_up || count == buffer.len();
                    return count;
                }
                Err(error) if error.kind() == ErrorKind::Interrupted => continue,
                Err(error) if error.kind() == ErrorKind::WouldBlock => {}
                Err(_) => self.dead = true,
            }
            self.readable = false;
            return 0;
        }
    }

    /// Sends what is to be sent, as much as the socket takes; whether that was all.
    pub(crate) fn write(&mut self) -> bool {
        while self.sent < self.output.len() {
            match (&self.stream).write(&self.output[self.sent..]) {
                Ok(count) => self.sent += count,
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) if error.kind() == ErrorKind::WouldBlock => return false,
                Err(_) => {
                    self.dead = true;
                    return false;
                }
            }
        }
        self.sent = 0;
        self.output.clear();
        self.output.shrink_to(KEPT);
        self.undos.clear();
        true
    }

    /// Whether it has output that the socket did not take.
    pub(crate) fn is_unsent(&self) -> bool {
        !self.output.is_empty()
    }

    /// Puts it on the list of those that may have something to be read.
    pub(crate) fn mark_ready(&mut self, token: usize, ready: &mut Vec<usize>) {
        if !std::mem::replace(&mut self.ready, true) {
            ready.push(token);
        }
    }

    /// Puts it on the list of those whose input is to be run.
    pub(crate) fn mark_queued(&mut self, token: usize, queue: &mut VecDeque<usize>) {
        if !std::mem::replace(&mut self.queued, true) {
            queue.push_back(token);
        }
    }

    /// Puts it on the list of those whose output is to be sent.
    pub(crate) fn mark_dirty(&mut self, token: usize, dirty: &mut Vec<usize>) {
        if !std::mem::replace(&mut self.dirty, true) {
            dirty.push(token);
        }
    }

    /// Whether it is over.
    pub(crate) fn is_over(&self) -> bool {
        let flushed = self.output.is_empty();
        self.dead || (flushed && self.closing) || (self.eof && (flushed || self.blocked))
    }
}
