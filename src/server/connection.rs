//! One connection: its socket, what it has sent, what it has yet to read.

use std::collections::VecDeque;
use std::io::{ErrorKind, Read, Write};
use std::time::Instant;

use burner_engine::blocking::Undo;
use burner_engine::network::Buffers;
use burner_engine::resp::{Decoder, Limits};
use burner_engine::{SessionId, Store};

use crate::socket::Stream;

/// How much of an output is sent, in bytes, before it is worth dropping from the buffer's front.
const DROPPED: usize = 64 * 1024;

/// One connection. While it is idle it has no buffers.
#[derive(Debug)]
pub(crate) struct Connection {
    pub(crate) stream: Stream,
    pub(crate) session: SessionId,
    /// What it has sent that is not done with.
    pub(crate) input: Option<Box<Input>>,
    /// Replies and pushes.
    pub(crate) output: Vec<u8>,
    /// How much of the output has been sent.
    sent: usize,
    /// How to put back what blocked commands took whose answers are in the output.
    pub(crate) undos: Vec<Undo>,
    /// When it last sent or was sent something.
    pub(crate) active: Instant,
    /// Since when it has had more output than it may have for long.
    pub(crate) lags_since: Option<Instant>,
    /// What the store was told of its buffers.
    pub(crate) told: Buffers,
    /// What it may send.
    pub(crate) limits: Limits,
    /// The RESP version that it reads.
    pub(crate) resp: u8,
    /// Whether its last command waits.
    pub(crate) blocked: bool,
    /// Whether a command of it runs from inside of which others are served.
    pub(crate) running: bool,
    /// Whether nothing more will be run: it is closed once its output is sent.
    pub(crate) closing: bool,
    /// Whether it will send no more.
    pub(crate) eof: bool,
    /// Whether the system has said that its peer will send no more; there may be something to read yet.
    pub(crate) hung_up: bool,
    /// Whether it has something to be read that is left there until it is woken, or its command is over.
    pub(crate) held: bool,
    /// Whether it is closed after one more try to send its output: another session said so.
    pub(crate) killed: bool,
    /// Whether it is closed at once: its peer is gone, or it exceeded a limit.
    pub(crate) dead: bool,
    /// Whether it is among those that lag.
    pub(crate) lagging: bool,
    /// Whether it is among those of whose buffers the store is to be told.
    pub(crate) untold: bool,
    /// Whether it is among those that may have something to be read.
    ready: bool,
    /// Whether it is among those whose input is to be run.
    pub(crate) queued: bool,
    /// Whether it is among those whose output is to be sent.
    dirty: bool,
}

impl Connection {
    pub(crate) fn new(stream: Stream, session: SessionId, now: Instant, limits: Limits) -> Self {
        Self {
            stream,
            session,
            input: None,
            output: Vec::new(),
            sent: 0,
            undos: Vec::new(),
            active: now,
            lags_since: None,
            told: Buffers::default(),
            limits,
            resp: 2,
            blocked: false,
            running: false,
            closing: false,
            eof: false,
            hung_up: false,
            held: false,
            killed: false,
            dead: false,
            lagging: false,
            untold: false,
            ready: false,
            queued: false,
            dirty: false,
        }
    }

    /// Reads what is there, as much as `buffer` holds: how many bytes that was, and whether there may be
    /// more.
    pub(crate) fn read(&mut self, buffer: &mut [u8]) -> (usize, bool) {
        loop {
            match (&self.stream).read(buffer) {
                Ok(0) => self.eof = true,
                // Readiness is told on an edge: what fell short of the buffer was all there is.
                Ok(count) => return (count, self.hung_up || count == buffer.len()),
                Err(error) if error.kind() == ErrorKind::Interrupted => continue,
                Err(error) if error.kind() == ErrorKind::WouldBlock => {}
                Err(_) => self.dead = true,
            }
            return (0, false);
        }
    }

    /// Sends what is to be sent, as much as the socket takes; how many bytes that was.
    pub(crate) fn write(&mut self) -> usize {
        let unsent = &self.output[self.sent..];
        let count = loop {
            if unsent.is_empty() || self.dead {
                return 0;
            }
            match (&self.stream).write(unsent) {
                Ok(count) => break count,
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) if error.kind() == ErrorKind::WouldBlock => return 0,
                Err(_) => self.dead = true,
            }
        };
        self.sent += count;
        if self.sent == self.output.len() {
            self.sent = 0;
            self.output.clear();
            self.undos.clear();
            self.lags_since = None;
        } else if self.sent >= DROPPED && self.sent > self.output.len() / 2 {
            self.output.drain(..self.sent);
            self.sent = 0;
        }
        count
    }

    /// Goes by what a command made of its session.
    pub(crate) fn follow(&mut self, engine: &Store) {
        match engine.session(self.session) {
            Some(session) => {
                self.closing |= session.closing;
                self.resp = session.resp;
            }
            None => self.closing = true,
        }
        self.limits = engine.decode_limits(self.session);
    }

    /// How many bytes are to be sent.
    pub(crate) fn unsent(&self) -> usize {
        self.output.len() - self.sent
    }

    /// Whether commands may be run that it has sent.
    pub(crate) fn runs(&self) -> bool {
        self.takes_in() && !self.blocked
    }

    /// Whether what it sends is taken in: also from who waits, who may send behind that whatever he likes.
    pub(crate) fn takes_in(&self) -> bool {
        !(self.running || self.closing || self.killed || self.dead)
    }

    /// Whether it is over.
    pub(crate) fn is_over(&self) -> bool {
        if self.running {
            return false;
        }
        let flushed = self.unsent() == 0;
        self.dead || self.killed || (flushed && self.closing) || (self.eof && (flushed || self.blocked))
    }

    /// What is in its buffers.
    pub(crate) fn buffers(&self) -> Buffers {
        Buffers { query: self.input.as_ref().map_or(0, |input| input.bytes.len()), output: self.unsent() }
    }

    /// Puts it on the list of those that may have something to be read.
    pub(crate) fn mark_ready(&mut self, token: usize, ready: &mut VecDeque<usize>) {
        if !std::mem::replace(&mut self.ready, true) {
            ready.push_back(token);
        }
    }

    /// Notes that it is no longer on that list.
    pub(crate) fn unmark_ready(&mut self) {
        self.ready = false;
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

    /// Puts it on the list of those of whose buffers the store is to be told, if they are not as they were.
    pub(crate) fn mark_untold(&mut self, token: usize, untold: &mut Vec<usize>) {
        if self.buffers() != self.told && !std::mem::replace(&mut self.untold, true) {
            untold.push(token);
        }
    }

    /// Notes that it is no longer on that list.
    pub(crate) fn unmark_dirty(&mut self) {
        self.dirty = false;
    }
}

/// What a connection has sent, from when it is read until it is run.
#[derive(Debug, Default)]
pub(crate) struct Input {
    pub(crate) decoder: Decoder,
    pub(crate) bytes: Vec<u8>,
}

/// Buffers that nobody needs at the moment, for the next connection that does.
#[derive(Debug, Default)]
pub(crate) struct Spares {
    #[allow(
        clippy::vec_box,
        reason = "it is lent in its box: an idle connection has room for a pointer only"
    )]
    inputs: Vec<Box<Input>>,
    outputs: Vec<Vec<u8>>,
}

impl Spares {
    /// The most that are kept of each kind.
    const MOST: usize = 1024;
    /// The most of them that may be large.
    const LARGE: usize = 64;

    /// Gives the memory of an empty buffer back to the system, if it is more than one that is kept beside so
    /// many others may have.
    fn shrink(buffer: &mut Vec<u8>, kept: usize) {
        let most = if kept < Self::LARGE { 64 * 1024 } else { 4 * 1024 };
        if buffer.capacity() > most {
            *buffer = Vec::new();
        }
    }

    pub(crate) fn input(&mut self) -> Box<Input> {
        self.inputs.pop().unwrap_or_default()
    }

    /// Takes a connection's input if there is nothing left in it.
    pub(crate) fn take_input(&mut self, connection: &mut Connection) {
        let Some(mut input) = connection.input.take() else { return };
        let Input { decoder, bytes } = &mut *input;
        decoder.settle(bytes);
        if !bytes.is_empty() {
            connection.input = Some(input);
        } else if self.inputs.len() < Self::MOST {
            Self::shrink(bytes, self.inputs.len());
            self.inputs.push(input);
        }
    }

    /// Gives a connection a buffer for its output if it has none.
    pub(crate) fn lend_output(&mut self, connection: &mut Connection) {
        if connection.output.capacity() == 0
            && let Some(spare) = self.outputs.pop()
        {
            connection.output = spare;
        }
    }

    /// A buffer for what is put into an output later.
    pub(crate) fn output(&mut self) -> Vec<u8> {
        self.outputs.pop().unwrap_or_default()
    }

    /// Takes a buffer that is empty.
    pub(crate) fn take_empty(&mut self, mut output: Vec<u8>) {
        Self::shrink(&mut output, self.outputs.len());
        if output.capacity() > 0 && self.outputs.len() < Self::MOST {
            self.outputs.push(output);
        }
    }

    /// Takes the buffer of an output that was sent.
    pub(crate) fn take_output(&mut self, connection: &mut Connection) {
        if connection.output.is_empty() && connection.output.capacity() > 0 {
            self.take_empty(std::mem::take(&mut connection.output));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_idle_connection_is_small() {
        assert!(size_of::<Connection>() <= 200, "{}", size_of::<Connection>());
    }
}
