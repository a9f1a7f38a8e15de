//! A closure on its way to a transaction, and its answer on the way back.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Instant;

use tokio::sync::oneshot;

use super::{StorageError, Tx};
use crate::domain::Error;

/// A unit of work as an engine sees it.
pub trait Job: Send {
    /// Whether somebody still waits for the answer.
    fn is_wanted(&self) -> bool;
    /// Until when it must have come to pass; later, its caller is told that it did not. `None` is whenever it does.
    fn deadline(&self) -> Option<Instant>;
    /// Runs the closure on `tx` and keeps its outcome. Gives whether its changes are to be kept.
    fn run(&mut self, tx: &mut dyn Tx) -> bool;
    /// Answers with the kept outcome, or with `failure` if its transaction did not come to pass.
    fn answer(self: Box<Self>, failure: Option<StorageError>);
}

struct Work<T, F> {
    closure: F,
    deadline: Option<Instant>,
    outcome: Option<Result<T, Error>>,
    reply: oneshot::Sender<Result<T, Error>>,
}

/// Packs `work`, which must come to pass by `deadline`, for an engine; the future resolves to its answer.
pub fn job<T, F>(deadline: Option<Instant>, work: F) -> (Box<dyn Job>, impl Future<Output = Result<T, Error>>)
where
    T: Send + 'static,
    F: Fn(&mut dyn Tx) -> Result<T, Error> + Send + 'static,
{
    let (reply, receiver) = oneshot::channel();
    let job = Box::new(Work { closure: work, deadline, outcome: None, reply });
    // A dropped sender means that the engine closed before it came to this job.
    let answer = async { receiver.await.unwrap_or_else(|_| Err(StorageError::Busy.into())) };
    (job, answer)
}

impl<T, F> Job for Work<T, F>
where
    T: Send + 'static,
    F: Fn(&mut dyn Tx) -> Result<T, Error> + Send + 'static,
{
    fn is_wanted(&self) -> bool {
        !self.reply.is_closed()
    }

    fn deadline(&self) -> Option<Instant> {
        self.deadline
    }

    fn run(&mut self, tx: &mut dyn Tx) -> bool {
        let outcome = catch_unwind(AssertUnwindSafe(|| (self.closure)(tx)))
            .unwrap_or_else(|_| Err(Error::internal("a use case panicked; the log has its message")));
        let keep = outcome.is_ok();
        self.outcome = Some(outcome);
        keep
    }

    fn answer(self: Box<Self>, failure: Option<StorageError>) {
        let outcome = match (failure, self.outcome) {
            // An error of the closure's own may rest on what another of the same batch did, which is gone too.
            (Some(failure), _) => Err(failure.into()),
            (None, Some(outcome)) => outcome,
            (None, None) => Err(StorageError::Busy.into()),
        };
        // Nobody may be waiting any more, which is theirs to decide.
        let _ = self.reply.send(outcome);
    }
}
