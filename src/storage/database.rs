//! Which database.

use std::fmt;
use std::path::{Path, PathBuf};

use super::{PostgresUrl, StorageError, StorageMetrics, Store, StoreOptions, postgres, sqlite};

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

    /// The name that a SQLite file has while it is being restored.
    #[must_use]
    pub fn half_restored(path: &Path) -> PathBuf {
        let mut name = path.as_os_str().to_owned();
        name.push(".restoring");
        PathBuf::from(name)
    }

    /// Opens it, bringing its schema up to date first.
    ///
    /// # Errors
    /// As [`Store::open_sqlite`] and [`Store::open_postgres`].
    pub fn open(&self, options: &StoreOptions, metrics: StorageMetrics) -> Result<Store, StorageError> {
        match self {
            Self::Sqlite(path) if Self::half_restored(path).exists() => Err(StorageError::Schema(format!(
                "{} was begun to be restored and is not whole: run `ferrodesk restore` again",
                path.display()
            ))),
            Self::Sqlite(path) => Store::open_sqlite(path, options, metrics),
            Self::Postgres(url) => Store::open_postgres(url, options, metrics),
        }
    }

    /// Whether a server or a command works on it, as far as can be seen; to be asked before it is opened.
    ///
    /// # Errors
    /// When it cannot be looked at.
    pub fn is_in_use(&self) -> Result<bool, StorageError> {
        match self {
            Self::Sqlite(path) => sqlite::is_in_use(path),
            Self::Postgres(url) => postgres::is_in_use(url),
        }
    }

    /// Whether both are the same database, as far as their names tell.
    #[must_use]
    pub fn is_same_as(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Sqlite(one), Self::Sqlite(other)) => {
                std::fs::canonicalize(one).is_ok_and(|one| std::fs::canonicalize(other).is_ok_and(|other| one == other))
            }
            (Self::Postgres(one), Self::Postgres(other)) => one.to_string() == other.to_string(),
            _ => false,
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
