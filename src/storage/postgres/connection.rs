//! A connection, and the thread's own runtime that drives it.
//!
//! The asynchronous driver is used here, not its blocking wrapper, because it can send several statements before it
//! waits: a transaction then costs fewer round trips.

use std::cell::RefCell;
use std::collections::HashMap;
use std::pin::pin;
use std::time::{Duration, Instant};

use futures_util::future::poll_fn;
use tokio::runtime::Runtime;
use tokio::sync::{Notify, mpsc};
use tokio_postgres::config::TargetSessionAttrs;
use tokio_postgres::{AsyncMessage, Client, NoTls, SimpleQueryMessage, Statement};

use super::failure::{Failure, Kind};
use super::url::PostgresUrl;

/// How long making a connection may take while requests wait for it.
const CONNECT_WITHIN: Duration = Duration::from_secs(1);

/// How long it may take while nobody waits but an operator.
const CONNECT_PATIENTLY_WITHIN: Duration = Duration::from_secs(10);

/// How long a statement waits for a row that another transaction holds. Longer than the second after which the server
/// looks for a deadlock (`deadlock_timeout`), which then is told as one, and short enough to run again afterwards.
const LOCK_WITHIN: Duration = Duration::from_millis(1200);

/// How long a transaction may do nothing before the server ends it: its process may have been stopped.
const IDLE_WITHIN: Duration = Duration::from_secs(10);

/// How often it is looked whether to go on waiting.
const LOOK_EVERY: Duration = Duration::from_millis(100);

/// Composed statements that a connection keeps prepared.
const COMPOSED_MAX: usize = 128;

/// A connection that one thread uses.
pub struct Connection {
    runtime: Runtime,
    pub client: Client,
    /// By where the text is: statements are constants.
    statements: RefCell<HashMap<(usize, usize), Statement>>,
    /// Those that were composed, by their text.
    composed: RefCell<HashMap<String, Statement>>,
    /// What other connections send to those who listen.
    pub notifications: mpsc::Receiver<()>,
    /// What the server calls the process behind this connection.
    pub backend: i32,
    /// Tells its server, and one start of it, from others.
    pub server: String,
}

/// What a connection is for.
#[derive(Clone, Copy, Debug)]
pub struct Use {
    /// Whether its server must take writes.
    pub writes: bool,
    /// How long one statement may take; `None` is as long as it wants.
    pub statement_within: Option<Duration>,
}

impl Connection {
    /// Connects, and sets up the session.
    pub fn open(url: &PostgresUrl, r#use: Use) -> Result<Self, Failure> {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .map_err(|error| Failure::ours(Kind::Busy, error.to_string()))?;
        let mut config = url.config.clone();
        let within = if r#use.statement_within.is_some() { CONNECT_WITHIN } else { CONNECT_PATIENTLY_WITHIN };
        config.connect_timeout(within);
        if r#use.writes {
            config.target_session_attrs(TargetSessionAttrs::ReadWrite);
        }
        let (notify, notifications) = mpsc::channel(1);
        let opened = runtime.block_on(async {
            tokio::time::timeout(within, async {
                let client = match &url.tls {
                    None => {
                        let (client, connection) = config.connect(NoTls).await?;
                        tokio::spawn(drive(connection, notify));
                        client
                    }
                    Some(tls) => {
                        let (client, connection) = config.connect(tls.clone()).await?;
                        tokio::spawn(drive(connection, notify));
                        client
                    }
                };
                client.batch_execute(&session(r#use)).await?;
                let (backend, server) = behind(&client).await?;
                Ok::<_, tokio_postgres::Error>((client, backend, server))
            })
            .await
            .map_err(|_| Failure::too_slow())?
            .map_err(Failure::from)
        });
        let (client, backend, server) = opened?;
        Ok(Self {
            runtime,
            client,
            statements: RefCell::default(),
            composed: RefCell::default(),
            notifications,
            backend,
            server,
        })
    }

    /// Lets `work` come to its end, but no later than `deadline`. After [`Kind::Lost`], the connection is of no more use;
    /// after [`Kind::Late`], not before [`Connection::hear_all`].
    pub fn wait<T>(&self, deadline: Instant, work: impl Future<Output = Result<T, Failure>>) -> Result<T, Failure> {
        self.runtime.block_on(async {
            tokio::time::timeout_at(deadline.into(), work).await.unwrap_or_else(|_| Err(Failure::too_slow()))
        })
    }

    /// Waits until all that was sent is answered, or `is_in_vain`. Gives whether it is answered: then nothing is left of
    /// what came before.
    pub fn hear_all(&self, is_in_vain: impl Fn() -> bool) -> bool {
        self.runtime.block_on(async {
            // The server answers in turn: this last.
            let mut answered = pin!(self.client.simple_query(""));
            loop {
                match tokio::time::timeout(LOOK_EVERY, &mut answered).await {
                    Ok(answer) => return answer.is_ok(),
                    Err(_) if is_in_vain() => return false,
                    Err(_) => {}
                }
            }
        })
    }

    /// Lets `work` come to its end, however long that takes.
    pub fn block_on<T>(&mut self, work: impl AsyncFnOnce(&mut Client) -> T) -> T {
        self.runtime.block_on(work(&mut self.client))
    }

    /// Waits for a notification, for `closed`, or for `pause` to pass.
    pub fn pause(&mut self, pause: Duration, closed: &Notify) {
        self.runtime.block_on(async {
            let pause = tokio::time::sleep(pause);
            tokio::select! {
                () = pause => {}
                () = closed.notified() => {}
                notified = self.notifications.recv() => {
                    if notified.is_none() {
                        // The connection is gone, which the next look finds out; until then there is nothing to hurry for.
                        tokio::task::yield_now().await;
                    }
                }
            }
        });
    }

    /// The prepared form of `sql`, if it has been prepared on this connection.
    pub fn prepared(&self, sql: &'static str) -> Option<Statement> {
        self.statements.borrow().get(&place(sql)).cloned()
    }

    /// Remembers the prepared form of `sql`.
    pub fn remember(&self, sql: &'static str, statement: &Statement) {
        self.statements.borrow_mut().insert(place(sql), statement.clone());
    }

    /// The prepared form of a text that was composed, if it is remembered.
    pub fn prepared_composed(&self, sql: &str) -> Option<Statement> {
        self.composed.borrow().get(sql).cloned()
    }

    /// Remembers the prepared form of a text that was composed; of many, only the newest.
    pub fn remember_composed(&self, sql: &str, statement: &Statement) {
        let mut composed = self.composed.borrow_mut();
        if composed.len() >= COMPOSED_MAX {
            composed.clear();
        }
        composed.insert(sql.to_owned(), statement.clone());
    }

    /// Whether the server has closed the connection, as far as is known.
    pub fn is_closed(&self) -> bool {
        self.client.is_closed()
    }
}

/// Where a text is, and how long.
fn place(sql: &'static str) -> (usize, usize) {
    (sql.as_ptr().addr(), sql.len())
}

/// What the server calls the process behind a connection, and what tells the server from others. Nothing is prepared for
/// it, so that a pooler that shares sessions answers too.
pub async fn behind(client: &Client) -> Result<(i32, String), tokio_postgres::Error> {
    let which = "SELECT pg_backend_pid(), pg_postmaster_start_time()::text || coalesce(inet_server_addr()::text, '')
         || coalesce(inet_server_port()::text, '')";
    let answer = client.simple_query(which).await?;
    let found = answer.iter().find_map(|message| match message {
        SimpleQueryMessage::Row(row) => Some((row.get(0)?.parse().ok()?, row.get(1)?.to_owned())),
        _ => None,
    });
    // A server that answers nothing is none that could be used; no process has this number.
    Ok(found.unwrap_or_default())
}

/// What every session begins with. Whatever the server's default, a commit waits for the disk. No statement here runs for
/// so long that it would be worth compiling, or sharing among processes, whatever the planner thinks of it; and where rows
/// are read is as quick as anywhere else, on disks of this century.
fn session(r#use: Use) -> String {
    let statement_within = r#use.statement_within.unwrap_or_default();
    format!(
        "SET jit = off; SET max_parallel_workers_per_gather = 0; SET random_page_cost = 1.1; SET statement_timeout = {}; SET lock_timeout = {}; SET idle_in_transaction_session_timeout = {}; \
         SELECT set_config('synchronous_commit', 'on', false) WHERE current_setting('synchronous_commit') = 'off'",
        statement_within.as_millis(),
        LOCK_WITHIN.as_millis(),
        IDLE_WITHIN.max(statement_within).as_millis(),
    )
}

/// Moves bytes between the client and the socket, and passes notifications on.
async fn drive<S, T>(mut connection: tokio_postgres::Connection<S, T>, notify: mpsc::Sender<()>)
where
    S: tokio::io::AsyncRead + tokio::io::AsyncWrite + Unpin,
    T: tokio::io::AsyncRead + tokio::io::AsyncWrite + Unpin,
{
    // An error ends the client's calls too, which is where it is told.
    while let Some(Ok(message)) = poll_fn(|context| connection.poll_message(context)).await {
        if matches!(message, AsyncMessage::Notification(_)) {
            // A full channel means that one is waiting already.
            let _ = notify.try_send(());
        }
    }
}
