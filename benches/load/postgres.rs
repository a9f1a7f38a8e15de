//! The desk on a PostgreSQL server that `script/services` started, moved there by `ferrodesk copy`.

use std::path::Path;
use std::process::Command;

use tokio_postgres::NoTls;

use crate::desk::{Copy, Pristine};
use crate::process;

/// The database that rounds are copied from.
const SEEDED: &str = "seeded";

/// The database of a round.
const RUN: &str = "run";

/// A server, as its superuser's address of the database `postgres`.
pub struct Server(String);

impl Server {
    /// The server that the environment names, if it does.
    pub fn of_environment() -> Option<Self> {
        std::env::var("TEST_POSTGRES").ok().map(Self)
    }

    /// Moves the desk to the server.
    pub fn seed(&self, binary: &Path, pristine: &Pristine) -> anyhow::Result<()> {
        eprintln!("copying the desk to PostgreSQL");
        self.run("postgres", &[&format!("CREATE DATABASE {SEEDED}")])?;
        let from = format!("sqlite:{}", pristine.folder.join("ferrodesk.db").display());
        let mut copy = Command::new(binary);
        copy.args(["copy", "--json", "--from", &from, "--to", &self.url(SEEDED)]);
        // The desk has no files.
        std::fs::create_dir_all(pristine.folder.join("blobs"))?;
        let nowhere = format!("file:{}", pristine.folder.join("blobs").display());
        process::output(copy.args(["--blobs-from", &nowhere, "--blobs-to", &nowhere]))?;
        self.run(SEEDED, &["VACUUM ANALYZE"])
    }

    /// A fresh copy of the desk, ready to be served.
    pub fn round(&self, pristine: &Pristine, folder: &Path) -> anyhow::Result<Copy> {
        let drop = format!("DROP DATABASE IF EXISTS {RUN} WITH (FORCE)");
        self.run(
            "postgres",
            &[&drop, &format!("CREATE DATABASE {RUN} TEMPLATE {SEEDED} STRATEGY FILE_COPY"), "CHECKPOINT"],
        )?;
        Copy::in_postgres(pristine, folder, self.url(RUN))
    }

    fn url(&self, database: &str) -> String {
        let (address, query) = self.0.split_once('?').unwrap_or((&self.0, ""));
        let server = address.rsplit_once('/').map_or(address, |(server, _)| server);
        format!("{server}/{database}?{query}")
    }

    fn run(&self, database: &str, statements: &[&str]) -> anyhow::Result<()> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        runtime.block_on(async {
            let (client, connection) = tokio_postgres::connect(&self.url(database), NoTls).await?;
            tokio::spawn(connection);
            for statement in statements {
                client.batch_execute(statement).await?;
            }
            Ok(())
        })
    }
}
