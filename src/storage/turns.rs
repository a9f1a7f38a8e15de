//! Turns at the database: who asks for much at once waits for it themselves, and everybody else is next.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, OnceLock, Weak};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::domain::UserId;

/// Closures of one user that are with the engine at once: as many as a commit is shared by, and done in milliseconds.
pub const AT_ONCE: usize = 16;

/// Users that are remembered before those who ask for nothing are forgotten.
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
#[derive(Default)]
pub(super) struct Turns(Mutex<HashMap<UserId, Weak<Semaphore>>>);

impl Turns {
    /// Waits for a turn of the user whose request is being answered; there is none to wait for if that is nobody's.
    pub async fn take(&self) -> Option<OwnedSemaphorePermit> {
        let user = ASKER.try_with(|asker| asker.get().copied()).ok().flatten()?;
        self.of(user).acquire_owned().await.ok()
    }

    fn of(&self, user: UserId) -> Arc<Semaphore> {
        let mut users = self.0.lock().expect("no thread panics while it holds this");
        if let Some(turns) = users.get(&user).and_then(Weak::upgrade) {
            return turns;
        }
        if users.len() >= REMEMBERED {
            users.retain(|_, turns| turns.strong_count() > 0);
        }
        let turns = Arc::new(Semaphore::new(AT_ONCE));
        users.insert(user, Arc::downgrade(&turns));
        turns
    }
}
