//! A connection that broke before its commit was answered. Its server may be at it still, and go on waiting for its standby
//! without us: whose network breaks again and again meanwhile, and who each time commits anew, would fill the server with
//! processes that wait.

use std::time::{Duration, Instant};

use tokio_postgres::SimpleQueryMessage;

use super::connection::Connection;
use super::failure::Failure;

/// How long a look may take.
const LOOK_WITHIN: Duration = Duration::from_secs(1);

/// Which process of which server it was.
pub struct LeftBehind {
    backend: i32,
    server: String,
}

impl LeftBehind {
    pub fn of(connection: &Connection) -> Self {
        Self { backend: connection.backend, server: connection.server.clone() }
    }

    /// Whether the server is at it still, as a new connection sees it. A process whose client has gone is at work for as
    /// long as what it was told before takes. Another server, or another start of it, has nothing of it.
    pub fn is_at_work(&self, connection: &Connection) -> Result<bool, Failure> {
        if self.server != connection.server {
            return Ok(false);
        }
        let look = format!(
            "SELECT 1 FROM pg_stat_activity WHERE pid = {} AND state = 'active' AND backend_type = 'client backend'",
            self.backend
        );
        connection.wait(Instant::now() + LOOK_WITHIN, async {
            let answer = connection.client.simple_query(&look).await?;
            Ok(answer.iter().any(|message| matches!(message, SimpleQueryMessage::Row(_))))
        })
    }
}
