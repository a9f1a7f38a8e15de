//! The desk that is measured: what is known of it, and the copy that each round works on.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::Context as _;
use ferrodesk::app::log_in::start_session;
use ferrodesk::config::{Config, Flags};
use ferrodesk::domain::user::Application;
use ferrodesk::domain::{self, ApplicationId, Clock as _, SessionId, UserId, WorkspaceId};
use ferrodesk::identity::secret::{self, Secret};
use ferrodesk::identity::system::{SystemClock, SystemEntropy};
use ferrodesk::identity::token::{AccessTokens, REFRESH_LIFETIME, new_refresh_token};
use ferrodesk::storage::{Database, StorageMetrics, Store, StoreOptions, queries};
use serde::{Deserialize, Serialize};

use crate::process;

/// Raised when a desk seeded by an older bench would not do.
pub const FORMAT: u32 = 1;

/// Users with few tickets who open more.
const CREATORS: usize = 15_000;

/// What the seeding leaves beside the database.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Description {
    pub format: u32,
    pub tickets: u64,
    pub users: u64,
    pub database_bytes: u64,
    pub workspace: WorkspaceId,
    pub application: ApplicationId,
    pub apikey: String,
    pub categories: usize,
    /// Users with about 120 tickets, and a few of each one's tickets.
    pub readers: Vec<(UserId, Vec<i64>)>,
    /// The other users.
    pub others: Vec<UserId>,
}

/// A seeded desk, never changed once it is complete.
#[derive(Clone, Debug)]
pub struct Pristine {
    pub folder: PathBuf,
    pub description: Description,
}

/// Opens the database of a data folder.
pub fn open(folder: &Path) -> anyhow::Result<Store> {
    let config = Config::defaults(&Flags { data: Some(folder.to_owned()), ..Flags::default() })?;
    Ok(config.database()?.open(&patient(), StorageMetrics::default())?)
}

/// Signing thousands of users in is one transaction.
fn patient() -> StoreOptions {
    StoreOptions { patience: Duration::from_mins(10), ..StoreOptions::default() }
}

/// Whose requests a measurement sends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Callers {
    /// Each user with many tickets, once.
    Readers,
    /// A line for each of a few tickets of each of those users.
    ReadersTickets,
    /// Users with few tickets.
    Creators,
}

/// A copy of a seeded desk that a server may change, removed when this is dropped.
pub struct Copy {
    pub folder: PathBuf,
    /// Where the rows are, if not in the folder.
    pub database: Option<String>,
    pub description: Description,
    tokens: AccessTokens,
    readers: Vec<SessionId>,
    creators: Vec<(UserId, SessionId)>,
}

impl Copy {
    /// Copies the desk and signs its users in.
    pub fn of(pristine: &Pristine, folder: &Path) -> anyhow::Result<Self> {
        if folder.exists() {
            fs::remove_dir_all(folder)?;
        }
        process::output(Command::new("cp").args(["-r", "--reflink=auto"]).args([&*pristine.folder, folder]))?;
        // What is still on its way to the disk would slow the first commits.
        process::output(&mut Command::new("sync"))?;
        let store = open(folder)?;
        Self::signed_in(pristine, folder, None, &store)
    }

    /// The desk as it is in a PostgreSQL database, with its users signed in.
    pub fn in_postgres(pristine: &Pristine, folder: &Path, url: String) -> anyhow::Result<Self> {
        if folder.exists() {
            fs::remove_dir_all(folder)?;
        }
        fs::create_dir(folder)?;
        fs::copy(pristine.folder.join(secret::FILE_NAME), folder.join(secret::FILE_NAME))?;
        let database = Database::parse(&url).map_err(anyhow::Error::msg)?;
        let store = database.open(&patient(), StorageMetrics::default())?;
        Self::signed_in(pristine, folder, Some(url), &store)
    }

    fn signed_in(pristine: &Pristine, folder: &Path, url: Option<String>, store: &Store) -> anyhow::Result<Self> {
        let description = pristine.description.clone();
        let tokens = AccessTokens::new(&Secret::load_or_create(folder, &SystemEntropy)?);
        let users: Vec<UserId> = description.readers.iter().map(|(user, _)| *user).collect();
        let readers = sign_in(store, &description, users)?;
        let others: Vec<UserId> = description.others.iter().copied().take(CREATORS).collect();
        let sessions = sign_in(store, &description, others.clone())?;
        store.close();
        Ok(Self {
            folder: folder.to_owned(),
            database: url,
            description,
            tokens,
            readers,
            creators: others.into_iter().zip(sessions).collect(),
        })
    }

    /// Writes a file of callers for wrk, with fresh tokens: they are good for a quarter of an hour.
    pub fn callers(&self, which: Callers) -> anyhow::Result<PathBuf> {
        let now = SystemClock.now();
        let token = |user, session| self.tokens.issue(self.description.workspace, user, session, now);
        let mut text = String::new();
        let mut line = |token: &str, ticket: i64| text.push_str(&format!("{token} {ticket}\n"));
        if which == Callers::Creators {
            for (user, session) in &self.creators {
                line(&token(*user, *session), 0);
            }
        } else {
            let tickets = if which == Callers::Readers { 1 } else { usize::MAX };
            // Ticket by ticket, so that no user calls twice in a row.
            let most = self.description.readers.iter().map(|(_, own)| own.len()).max().unwrap_or(0).min(tickets);
            for number in 0..most {
                for ((user, own), session) in self.description.readers.iter().zip(&self.readers) {
                    if let Some(ticket) = own.get(number) {
                        line(&token(*user, *session), *ticket);
                    }
                }
            }
        }
        let file = self.folder.join("callers");
        fs::write(&file, text)?;
        Ok(file)
    }
}

impl Drop for Copy {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.folder);
    }
}

fn sign_in(store: &Store, description: &Description, users: Vec<UserId>) -> anyhow::Result<Vec<SessionId>> {
    let application = Application { id: description.application, workspace: description.workspace };
    let now = SystemClock.now();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let sessions = runtime.block_on(store.write(move |tx| {
        let start = |user: &UserId| {
            let (_, refresh) = new_refresh_token(&SystemEntropy);
            let user = queries::users::by_id(tx, application.workspace, *user)?.ok_or(domain::Error::NotFound)?;
            start_session(tx, application, &user, &refresh, now, now.plus(REFRESH_LIFETIME))
        };
        users.iter().map(start).collect()
    }));
    sessions.context("cannot sign the users in")
}
