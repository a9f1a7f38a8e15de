//! A moment without readers, which the write-ahead log needs to start anew.

use std::sync::{Condvar, Mutex, MutexGuard};
use std::time::Duration;

/// Counts the readers at work, and keeps new ones waiting while it is closed.
#[derive(Default)]
pub struct ReadGate {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    reading: usize,
    closed: bool,
}

/// A reader at work, until it is dropped.
pub struct Reading<'g>(&'g ReadGate);

impl ReadGate {
    /// Goes in, once the gate is open.
    pub fn enter(&self) -> Reading<'_> {
        let mut state = self.lock();
        while state.closed {
            state = self.changed.wait(state).expect("no thread panics while it holds this");
        }
        state.reading += 1;
        Reading(self)
    }

    /// Does `work` while nobody reads. Gives `None`, the work not done, if readers are still at it after `patience`.
    pub fn without_readers<T>(&self, patience: Duration, work: impl FnOnce() -> T) -> Option<T> {
        let mut state = self.lock();
        state.closed = true;
        let waited = self.changed.wait_timeout_while(state, patience, |state| state.reading > 0);
        let (state, timeout) = waited.expect("no thread panics while it holds this");
        drop(state);
        let done = if timeout.timed_out() { None } else { Some(work()) };
        self.lock().closed = false;
        self.changed.notify_all();
        done
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().expect("no thread panics while it holds this")
    }
}

impl Drop for Reading<'_> {
    fn drop(&mut self) {
        let mut state = self.0.lock();
        state.reading -= 1;
        if state.closed && state.reading == 0 {
            self.0.changed.notify_all();
        }
    }
}
