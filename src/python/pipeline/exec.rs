//! EXEC of a pipeline: a short transaction in one go, a long one in slices.
//!
//! Between two slices the event loop has its turn, and the store is busy for everybody else: calls wait as they do while
//! a script runs on another thread. Who cannot wait runs the rest ([`Shared::enter_waiting`]), and so does a call from
//! another event loop, for this one may not have its next turn soon.
//!
//! [`Shared::enter_waiting`]: crate::store::Shared::enter_waiting
use burner_engine::Outcome;
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::PyList;

use super::{Awaited, Batch, Next, Stage};
use crate::errors;
use crate::link::{Link, Ran};
use crate::reply::PySink;
use crate::shapes::PLAIN;
use crate::slots::Obj;

/// A transaction of so many commands is run at once: hardly a pause would come before its end.
const WHOLE: usize = 128;
/// A long one makes objects of its replies after so many commands, which takes time too.
const REPLIES_AT_ONCE: usize = 512;

impl Batch {
    /// Runs the transaction that was queued.
    pub(super) fn exec(&mut self, py: Python<'_>, link: &Link) -> PyResult<Next> {
        if self.commands.len() > WHOLE {
            return self.begin_exec(py, link);
        }
        let mut sink = link.sink(py);
        match self.run_one(py, link, &[b"EXEC"], &mut sink) {
            Ok(Ran::Busy) => Self::wait_for_lock(py, link, Stage::Exec),
            Ok(Ran::Blocked(blocked)) => Ok(Next::Stage(Stage::Blocked(blocked, Awaited::Exec))),
            Ok(_) => self.exec_answered(py, Ok(sink)),
            Err(error) => Err(self.aborted(py, error)),
        }
    }

    /// Takes the whole reply of EXEC.
    pub(super) fn exec_answered(
        &mut self,
        py: Python<'_>,
        answer: PyResult<PySink<'_, '_>>,
    ) -> PyResult<Next> {
        let reply = match answer {
            Ok(mut sink) => sink.build()?,
            Err(error) => return Err(self.aborted(py, error)),
        };
        self.expect_replies(py, &reply)?;
        self.results = reply.cast::<PyList>()?.iter().map(Obj::from).collect();
        Ok(Next::Stage(Stage::Executed))
    }

    /// The error of an EXEC that was refused: that of the first command that was refused before it, if it is why.
    fn aborted(&self, py: Python<'_>, abort: PyErr) -> PyErr {
        match self.refused.first() {
            Some((_, refused)) if is_abort(&abort, py) => {
                let refused = PyErr::from_value(refused.bind(py).clone());
                refused.set_cause(py, Some(abort));
                refused
            }
            _ => abort,
        }
    }

    /// EXEC has answered: with replies, or with nothing because a watched key was changed.
    fn expect_replies(&self, py: Python<'_>, reply: &Bound<'_, PyAny>) -> PyResult<()> {
        self.pipeline.bind(py).setattr(intern!(py, "watching"), false)?;
        if reply.is_none() {
            return Err(errors::redis_error(py, "WatchError", "Watched variable changed."));
        }
        Ok(())
    }

    /// Begins the EXEC of a long transaction.
    fn begin_exec(&mut self, py: Python<'_>, link: &Link) -> PyResult<Next> {
        let session = self.session(py)?;
        let Some(mut core) = link.shared.enter() else {
            return Self::wait_for_lock(py, link, Stage::Exec);
        };
        let mut sink = link.sink(py);
        match core.engine.begin_exec(session, &mut sink) {
            // The head of the reply is all that was said: what follows are whole replies.
            Ok(_) if core.engine.half_run_exec() == Some(session) => drop(sink),
            Ok(Outcome::Blocked) => {
                let blocked = link.put_aside(&mut core, session);
                link.shared.leave(py, core);
                return Ok(Next::Stage(Stage::Blocked(Box::new(blocked), Awaited::Exec)));
            }
            Ok(_) => {
                link.shared.leave(py, core);
                self.expect_replies(py, &sink.build()?)?;
                return Ok(Next::Stage(Stage::Executed));
            }
            Err(error) => {
                link.shared.leave(py, core);
                return Err(self.aborted(py, errors::raised(py, &error)));
            }
        }
        link.shared.pause_exec(py, core);
        if let Some(lease) = &mut self.lease {
            lease.in_exec = true;
        }
        self.pipeline.bind(py).setattr(intern!(py, "watching"), false)?;
        Ok(Next::Stage(Stage::ExecOn))
    }

    /// Runs a transaction's commands until its time slice is over; the next slice follows after a trip through the
    /// event loop, and nobody does anything with the store meanwhile.
    pub(super) fn go_on_exec(&mut self, py: Python<'_>, link: &Link) -> PyResult<Next> {
        let session = self.session(py)?;
        let (mut is_over, mut pauses) = (true, false);
        let mut sink;
        if let Some(mut core) = link.shared.enter_exec(py, session) {
            // HELLO may change it on the way.
            let resp = core.engine.session(session).map_or(link.settings.resp, |session| session.resp);
            sink = PySink::new(py, resp, link.text(), &PLAIN);
            for _ in 0..REPLIES_AT_ONCE {
                let before = sink.len();
                is_over = core.engine.go_on_exec(&mut sink);
                link.pace.spent(py, sink.len() - before);
                pauses = !is_over && link.pace.is_over(py);
                if is_over || pauses {
                    break;
                }
            }
            if is_over {
                link.shared.end_exec(py, core);
            } else {
                link.shared.pause_exec(py, core);
            }
        } else {
            let Some(mut core) = link.shared.enter() else {
                return Self::wait_for_lock(py, link, Stage::ExecOn);
            };
            sink = link.sink(py);
            let rest = core.engine.take_exec_reply(session);
            link.shared.leave(py, core);
            rest.into_iter().for_each(|rest| sink.replay(rest));
        }
        self.results.extend(sink.build_all()?.into_iter().map(Obj::from));
        if pauses {
            return Ok(Next::Pause(py.None().into_bound(py).into(), Stage::ExecOn));
        }
        if !is_over {
            return Ok(Next::Stage(Stage::ExecOn));
        }
        if let Some(lease) = &mut self.lease {
            lease.in_exec = false;
        }
        Ok(Next::Stage(Stage::Executed))
    }

    /// Runs the rest of a transaction at once; nobody hears the replies.
    pub(super) fn finish_exec(&mut self, py: Python<'_>) {
        if let Some(lease) = &mut self.lease {
            lease.in_exec = false;
            let core = lease.shared.enter_waiting(py);
            lease.shared.leave(py, core);
        }
    }

    /// Puts what was never sent in its place among the replies.
    pub(super) fn executed(&mut self, py: Python<'_>) -> PyResult<Next> {
        for (at, refused) in std::mem::take(&mut self.refused) {
            self.results.insert(at.min(self.results.len()), refused);
        }
        if self.results.len() != self.commands.len() {
            let text = "Wrong number of response items from pipeline execution";
            return Err(errors::redis_error(py, "ResponseError", text));
        }
        Ok(Next::Stage(Stage::Check))
    }
}

fn is_abort(error: &PyErr, py: Python<'_>) -> bool {
    error.get_type(py).name().is_ok_and(|name| name == "ExecAbortError")
}
