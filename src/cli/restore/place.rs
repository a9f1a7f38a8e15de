//! Where a backup is restored to.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail, ensure};
use tempfile::TempDir;

use super::super::Desk;
use super::super::backup::archive::folder_of;
use super::super::backup::options;
use super::super::progress::Bar;
use crate::config::Config;
use crate::domain::Error;
use crate::identity::secret;
use crate::private_folder;
use crate::storage::copy::{self, TABLES};
use crate::storage::{Database, StorageMetrics, Store};

const IN_USE: &str = "something else works on it; stop its servers first";

/// A database that is empty, or has what an earlier restore left.
pub struct Place {
    database: Database,
    /// Where the database of the archive is put first.
    extracted: PathBuf,
    /// The folder that this is in, if nothing of it is to stay.
    working: Option<TempDir>,
    last_ids: Vec<(&'static str, i64)>,
}

impl Place {
    /// Refuses what is in use, and what has something in it that a restore would destroy.
    pub async fn prepare(config: &Config, replace: bool) -> anyhow::Result<Self> {
        private_folder::create(&config.data)?;
        let database = config.database()?;
        if database.is_in_use()? {
            bail!("{database}: {IN_USE}");
        }
        let mut place = Self { extracted: PathBuf::new(), working: None, last_ids: Vec::new(), database };
        match &place.database {
            Database::Sqlite(path) => {
                if replace {
                    set_aside(config, path)?;
                }
                private_folder::create(folder_of(path))?;
                place.extracted = Database::half_restored(path);
                // What is beside a half-restored file was looked at when that was begun.
                if path.exists() && !place.extracted.exists() {
                    must_be_vacant(&place.database).await?;
                }
            }
            Database::Postgres(_) => {
                ensure!(
                    !replace,
                    "--replace is for SQLite: on PostgreSQL, make an empty database and restore into that"
                );
                must_be_vacant(&place.database).await?;
                let working = tempfile::Builder::new().prefix("ferrodesk-restore-").tempdir_in(&config.data)?;
                place.extracted = working.path().join("snapshot.db");
                place.working = Some(working);
            }
        }
        Ok(place)
    }

    /// Where to put the database of the archive.
    pub fn extracted(&self) -> &Path {
        &self.extracted
    }

    /// The last id of each table that the installation had given, as far as the database does not know it.
    pub fn last_ids(&mut self) -> Vec<(&'static str, i64)> {
        std::mem::take(&mut self.last_ids)
    }

    /// Makes the rows of the extracted database those of this place, which stays an unfinished copy, and opens it.
    pub async fn open(&mut self, config: Config, as_json: bool) -> anyhow::Result<Desk> {
        if let Database::Sqlite(path) = &self.database {
            for ending in ["-wal", "-shm", ""] {
                remove(&with_ending(path, ending))?;
            }
            fs::rename(&self.extracted, path)?;
            fs::File::open(folder_of(path))?.sync_all()?;
            return Desk::open(config, &options(), StorageMetrics::default());
        }
        let desk = Desk::open(config, &options(), StorageMetrics::default())?;
        let from = Store::open_sqlite(&self.extracted, &options(), StorageMetrics::default())?;
        from.write(|tx| Ok(copy::unmark(tx)?)).await?;
        let mark = from.read(copy::source).await?;
        desk.store.write(move |tx| copy::begin(tx, &mark)).await?;
        let rows = Bar::new("rows", as_json);
        rows.expect(&from).await?;
        for table in TABLES.iter() {
            let moved = |count, bytes| rows.moved(table.name, count, bytes);
            let transferred = copy::transfer(&from, &desk.store, table, &moved).await;
            transferred.with_context(|| format!("cannot restore the table {}", table.name))?;
        }
        rows.finish();
        self.last_ids = from.read(|tx| Ok(copy::last_ids(tx)?)).await?;
        from.close();
        self.working = None;
        Ok(desk)
    }
}

/// Refuses a database that has workspaces, unless they are what an earlier restore left.
async fn must_be_vacant(database: &Database) -> anyhow::Result<()> {
    let store =
        database.open(&options(), StorageMetrics::default()).with_context(|| format!("cannot open {database}"))?;
    let is_vacant =
        store.read(|tx| Ok::<_, Error>(copy::is_unfinished(tx)? || copy::count(tx, &TABLES[0])? == 0)).await;
    store.close();
    ensure!(
        is_vacant?,
        "{database} has workspaces: restore into an empty one{}",
        match database {
            Database::Sqlite(_) => ", or put what is there aside with --replace",
            Database::Postgres(_) => "",
        }
    );
    Ok(())
}

/// Moves an installation's database, secret and attachments into a folder beside them.
fn set_aside(config: &Config, database: &Path) -> anyhow::Result<()> {
    let folder = tempfile::Builder::new().prefix("before-restore-").rand_bytes(8).tempdir_in(&config.data)?.keep();
    let endings = ["", "-wal", "-shm"].map(|ending| with_ending(database, ending));
    let beside = [config.data.join(secret::FILE_NAME), config.data.join("blobs")];
    for path in endings.iter().chain(&beside).filter(|path| path.exists()) {
        let name = path.file_name().context("a file has a name")?;
        fs::rename(path, folder.join(name)).with_context(|| format!("cannot put {} aside", path.display()))?;
    }
    Ok(())
}

fn with_ending(path: &Path, ending: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(ending);
    PathBuf::from(name)
}

fn remove(path: &Path) -> anyhow::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(error.into()),
        _ => Ok(()),
    }
}
