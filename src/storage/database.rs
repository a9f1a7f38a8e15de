//! Which database.

use std::fmt;
use std::path::PathBuf;

use super::{PostgresUrl, StorageError, StorageMetrics, Store, StoreOptions};

/// Which database, as the setting `database` names it.
#[derive(Clone, Debug)]
pub enum Database {
    Sqlite(PathBuf),
    Postgres(Box<PostgresUrl>),
}

impl Database {
    /// Reads `sqlite:PATH` or `postgres://…`.
    ///
    /// # Errors
    /// What is wrong with it, in a sentence that does not repeat a password.
    pub fn parse(url: &str) -> Result<Self, String> {
        match url.split_once(':') {
            Some(("sqlite", path)) if !path.is_empty() => Ok(Self::Sqlite(PathBuf::from(path))),
            Some(("postgres" | "postgresql", rest)) if rest.starts_with("//") => {
                Ok(Self::Postgres(Box::new(PostgresUrl::parse(url)?)))
            }
            _ => Err("it must be sqlite:PATH or postgres://user:password@host:5432/name".to_owned()),
        }
    }

    /// Opens it, bringing its schema up to date first.
    ///
    /// # Errors
    /// As [`Store::open_sqlite`] and [`Store::open_postgres`].
    pub fn open(&self, options: &StoreOptions, metrics: StorageMetrics) -> Result<Store, StorageError> {
        match self {
            Self::Sqlite(path) => Store::open_sqlite(path, options, metrics),
            Self::Postgres(url) => Store::open_postgres(url, options, metrics),
        }
    }

    /// Whether servers on different machines may work on it.
    #[must_use]
    pub fn is_shared(&self) -> bool {
        matches!(self, Self::Postgres(_))
    }
}

/// Without user and password.
impl fmt::Display for Database {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Sqlite(path) => path.display().fmt(f),
            Self::Postgres(url) => url.fmt(f),
        }
    }
}
