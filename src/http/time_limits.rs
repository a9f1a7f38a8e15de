//! How long a client may take with each part of a request, and we with it: every such limit is said here. It is kept where
//! the bytes go by: heads by hyper, bodies by `extract::body`, answers by [`CatchingUp`](super::slow_reader::CatchingUp)
//! and the stream below it, what the database does by `storage`.

use std::time::Duration;

use crate::config::Config;

/// What the settings say of one connection.
#[derive(Clone, Copy, Debug)]
pub struct TimeLimits {
    /// To send a request's line and headers, or to stay idle between two requests.
    pub head: Duration,
    /// For a pause in a request's body, and for what is left of a refused one.
    pub body_pause: Duration,
    /// For a request's body as a whole.
    pub body: Duration,
    /// To read on while an answer is sent.
    pub pause_in_reading: Duration,
    /// To catch up with reading what was answered, however steadily it is read.
    pub behind_in_reading: Duration,
}

impl TimeLimits {
    /// Those of `config`.
    #[must_use]
    pub fn of(config: &Config) -> Self {
        Self {
            head: Duration::from_secs(config.header_timeout_seconds),
            body_pause: Duration::from_secs(config.body_idle_timeout_seconds),
            body: Duration::from_secs(config.body_timeout_seconds),
            pause_in_reading: Duration::from_secs(config.write_timeout_seconds),
            behind_in_reading: Duration::from_secs(config.answer_timeout_seconds),
        }
    }
}

/// How long a large request waits for its share of the memory.
pub const MEMORY_WITHIN: Duration = Duration::from_secs(5);

/// How long the database has to show that it is there, when a load balancer asks.
pub const READY_WITHIN: Duration = Duration::from_secs(2);

/// How long requests that were accepted may take to finish once the server is told to stop.
pub const DRAIN_WITHIN: Duration = Duration::from_secs(30);
