//! Turns at the database: who asks for much at once waits for it themselves, and everybody else is next.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, OnceLock, Weak};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::domain::UserId;

/// Closures of one user that are with an engine at once.
#[derive(Clone, Copy, Debug)]
pub struct Share {
    /// Closures that read.
    pub reads: usize,
    /// Closures that write.
    pub writes: usize,
}

impl Share {
    /// Half of `threads`, rounded up, so that somebody else finds the others idle. One thread is all there is to share.
    #[must_use]
    pub const fn half_of(threads: usize) -> usize {
        threads.div_ceil(2)
    }
}

/// What a turn is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Access {
    Read,
    Write,
}

/// Users, as readers and as writers, that are remembered before those who ask for nothing are forgotten.
const REMEMBERED: usize = 1024;

tokio::task_local! {
    /// Whose request is being answered, once that is known.
    static ASKER: OnceLock<UserId>;
}

/// Answers a request. What it asks of a store from [`ask_as`] on takes a turn of its user's.
pub async fn of_a_request<F: Future>(answer: F) -> F::Output {
    ASKER.scope(OnceLock::new(), answer).await
}

/// Says whose request is being answered.
pub fn ask_as(user: UserId) {
    // Outside of a request nobody takes turns.
    let _ = ASKER.try_with(|asker| asker.set(user));
}

/// The turns of all users.
pub(super) struct Turns {
    share: Share,
    users: Mutex<HashMap<(UserId, Access), Weak<Semaphore>>>,
}

impl Turns {
    pub fn new(share: Share) -> Self {
        Self { share, users: Mutex::default() }
    }

    /// Waits for a turn of the user whose request is being answered; there is none to wait for if that is nobody's.
    pub async fn take(&self, access: Access) -> Option<OwnedSemaphorePermit> {
        let user = ASKER.try_with(|asker| asker.get().copied()).ok().flatten()?;
        self.of(user, access).acquire_owned().await.ok()
    }

    fn of(&self, user: UserId, access: Access) -> Arc<Semaphore> {
        let mut users = self.users.lock().expect("no thread panics while it holds this");
        if let Some(turns) = users.get(&(user, access)).and_then(Weak::upgrade) {
            return turns;
        }
        if users.len() >= REMEMBERED {
            users.retain(|_, turns| turns.strong_count() > 0);
        }
        let at_once = match access {
            Access::Read => self.share.reads,
            Access::Write => self.share.writes,
        };
        let turns = Arc::new(Semaphore::new(at_once));
        users.insert((user, access), Arc::downgrade(&turns));
        turns
    }
}
