//! Where a copy comes from, and where it goes.

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context as _, bail, ensure};
use secrecy::SecretString;

use super::super::{COMMAND_BUSY_TIMEOUT, secret};
use crate::blobs::Blobs;
use crate::config::{BlobsAt, Config};
use crate::private_folder;
use crate::storage::{Database, StorageMetrics, Store, StoreOptions, copy};

/// Reading a whole installation takes long, and nobody is made to wait by it.
const PATIENCE: Duration = Duration::from_hours(24);

/// A side as the command line gives it.
pub struct Given {
    role: &'static str,
    pub database: Database,
    /// The settings that a server on this side would have.
    config: Config,
}

impl Given {
    pub fn new(
        role: &'static str,
        config: &Config,
        database: &str,
        data: Option<PathBuf>,
        blobs: Option<String>,
    ) -> anyhow::Result<Self> {
        let url = SecretString::from(database);
        let database = Database::parse(database).map_err(|problem| anyhow::anyhow!("the {role}: {problem}"))?;
        let data = match (&database, data) {
            (_, Some(folder)) => folder,
            (Database::Sqlite(path), None) => match path.parent() {
                Some(folder) if !folder.as_os_str().is_empty() => folder.to_owned(),
                _ => PathBuf::from("."),
            },
            // Attachments beside a database on a server are where its settings say, which nobody can guess.
            (Database::Postgres(_), None) => {
                ensure!(blobs.is_some(), "the {role}: say where its attachments are with {}", option(role));
                config.data.clone()
            }
        };
        let mut config = config.clone();
        (config.database, config.data, config.blobs) = (Some(url), data, blobs);
        Ok(Self { role, database, config })
    }

    /// Refuses what would be made by being opened.
    pub fn must_be_there(&self) -> anyhow::Result<()> {
        if let Database::Sqlite(path) = &self.database {
            ensure!(path.is_file(), "the {}: there is no database {}", self.role, path.display());
        }
        if let BlobsAt::Folder(folder) = self.config.blobs_at()? {
            ensure!(
                folder.is_dir(),
                "the {}: there is no folder of attachments {}; say where they are with {}",
                self.role,
                folder.display(),
                option(self.role)
            );
        }
        Ok(())
    }

    /// Refuses a database that a server works on.
    pub fn must_be_idle(&self) -> anyhow::Result<()> {
        if self.database.is_in_use().with_context(|| format!("the {}", self.role))? {
            bail!("the {}: something else works on {}; stop its servers first", self.role, self.database);
        }
        Ok(())
    }

    pub fn open(self) -> anyhow::Result<Side> {
        let options = StoreOptions {
            readers: 1,
            writers: 1,
            busy_timeout: COMMAND_BUSY_TIMEOUT,
            patience: PATIENCE,
            ..StoreOptions::default()
        };
        if let Database::Sqlite(path) = &self.database {
            let folders = [path.parent().unwrap_or(Path::new("")), &self.config.data];
            for folder in folders.into_iter().filter(|folder| !folder.as_os_str().is_empty()) {
                private_folder::create(folder)
                    .with_context(|| format!("the {}: cannot use the folder {}", self.role, folder.display()))?;
            }
        }
        let store = self.database.open(&options, StorageMetrics::default());
        let store = store.with_context(|| format!("the {}: cannot open {}", self.role, self.database))?;
        let blobs = Blobs::open(&self.config.blobs_at()?).with_context(|| format!("the {}", self.role))?;
        Ok(Side { role: self.role, is_shared: self.database.is_shared(), data: self.config.data, store, blobs })
    }
}

fn option(role: &str) -> &'static str {
    if role == "source" { "--blobs-from" } else { "--blobs-to" }
}

/// A side, opened.
pub struct Side {
    pub role: &'static str,
    is_shared: bool,
    data: PathBuf,
    pub store: Store,
    pub blobs: Blobs,
}

impl Side {
    /// What the installation's secret is made of, if it keeps it with itself.
    pub async fn find_secret(&self) -> anyhow::Result<Option<String>> {
        secret::find(&self.store, self.is_shared, &self.data).await
    }

    /// Keeps the secret of the installation that is copied here.
    pub async fn keep_secret(&self, material: String) -> anyhow::Result<()> {
        secret::keep(&self.store, self.is_shared, &self.data, material).await
    }
}

/// The secret that the copy needs for tokens to go on working. There is none to copy where it is a setting.
pub async fn secret_to_copy(from: &Side, config: &Config) -> anyhow::Result<Option<String>> {
    if config.secret()?.is_some() {
        return Ok(None);
    }
    let found = from.find_secret().await?;
    if found.is_none() && from.store.read(|tx| Ok(copy::has_sessions(tx)?)).await? {
        bail!(
            "people have signed in, but there is no secret in {}: name the data folder with --data-from, or set \
             FERRODESK_SECRET if the servers have it as a setting",
            if from.is_shared { "the source".to_owned() } else { from.data.display().to_string() }
        );
    }
    Ok(found)
}
