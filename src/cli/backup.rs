//! `ferrodesk backup`.

pub mod archive;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail, ensure};
use clap::Args;
use futures_util::stream::{self, StreamExt as _};
use serde_json::json;

use self::archive::{Complete, FORMAT, Manifest, Piece, TableSum, Writer, file_name, folder_of};
use super::copy::files::{AT_ONCE, read_whole};
use super::progress::Bar;
use super::{COMMAND_BUSY_TIMEOUT, Desk, OutputArgs, output, reach, secret};
use crate::config::Config;
use crate::storage::copy::{self, Content, State, TABLES, contents_after};
use crate::storage::{Database, StorageMetrics, Store, StoreOptions};

/// Reading a whole installation takes long, and nobody is made to wait by it.
pub const PATIENCE: Duration = Duration::from_hours(24);

/// The database's name in the folder that a backup is made in.
const SNAPSHOT: &str = "snapshot.db";

/// Back up the whole installation into one file, while its servers go on.
#[derive(Args)]
#[command(
    after_help = "Example:\n  ferrodesk backup /srv/backups/ferrodesk-monday.tar.zst\n\nThe file has everything in it: rows, attachments, and the secret that tokens are signed with unless that is a\nsetting. Whoever can read it can read all of that. While it is made, its folder needs room for the database once more."
)]
pub struct BackupArgs {
    /// The file to write; it must not be there yet
    file: PathBuf,
    /// Back up what is there, though some attachments' bytes are missing or damaged
    #[arg(long)]
    incomplete: bool,
    #[command(flatten)]
    output: OutputArgs,
}

/// How a whole installation is read or written.
pub fn options() -> StoreOptions {
    StoreOptions {
        readers: 1,
        writers: 1,
        busy_timeout: COMMAND_BUSY_TIMEOUT,
        patience: PATIENCE,
        ..StoreOptions::default()
    }
}

pub async fn run(config: Config, args: BackupArgs) -> anyhow::Result<()> {
    let started = Instant::now();
    if let Database::Sqlite(path) = config.database()? {
        ensure!(path.is_file(), "there is nothing to back up: there is no database {}", path.display());
    }
    let desk = Desk::open(config, &options(), StorageMetrics::default())?;
    desk.refuse_half_a_copy().await?;
    reach(&desk.blobs).await?;
    let mut archive = Writer::create(&args.file, desk.clock.now())?;
    // Beside the backup, where there must be room anyway, and gone with this command.
    let working = tempfile::Builder::new().prefix("ferrodesk-backup-").tempdir_in(folder_of(&args.file))?;
    let path = working.path().join(SNAPSHOT);
    // Rows first: their attachments' bytes are durable before they are, and stay as long as they do.
    let (state, contents) = snapshot(&desk, &path, args.output.json).await?;
    let manifest = manifest(&desk, &path, &state, &contents)?;
    archive.json(Piece::Manifest, &manifest)?;
    write_database(&mut archive, &path, args.output.json)?;
    if let Some(secret) = secret::to_back_up(&desk).await? {
        archive.bytes(Piece::Secret, secret.as_bytes())?;
    }
    let complete = write_files(&desk, &mut archive, contents, &args).await?;
    archive.json(Piece::Complete, &complete)?;
    let (bytes, sha256) = archive.finish()?;
    desk.store.close();
    let rows: u64 = manifest.tables.iter().map(|table| table.rows).sum();
    let (files, seconds) = (complete.files, started.elapsed().as_secs_f64());
    let json = json!({
        "file": args.file, "bytes": bytes, "sha256": sha256, "rows": rows, "files": files,
        "file_bytes": manifest.file_bytes, "missing": complete.missing, "seconds": seconds,
    });
    let sentence = format!(
        "{rows} rows and {files} files are in {}: {bytes} bytes, SHA-256 {sha256}, {seconds:.1} s.",
        args.file.display()
    );
    output::added(args.output.json, &json, &sentence)
}

/// Writes the rows as they are at one moment to `path`; gives what they come to, and which bytes their attachments need.
async fn snapshot(desk: &Desk, path: &Path, as_json: bool) -> anyhow::Result<(State, Vec<Content>)> {
    let bar = Bar::new("read", as_json);
    if desk.config.database()?.is_shared() {
        bar.expect(&desk.store).await?;
    }
    let watched = bar.clone();
    let moved = Arc::new(move |done, of| watched.has_moved_to(done, of));
    let (store, state) = copy::snapshot(&desk.store, path, &options(), moved).await.context("cannot read all rows")?;
    let contents = contents(&store).await?;
    // Folds the log into the file.
    store.close();
    bar.finish();
    Ok((state, contents))
}

async fn contents(store: &Store) -> anyhow::Result<Vec<Content>> {
    let mut all: Vec<Content> = Vec::new();
    loop {
        let after = all.last().copied();
        let page = store.read(move |tx| Ok(contents_after(tx, after.as_ref())?)).await?;
        if page.is_empty() {
            return Ok(all);
        }
        all.extend(page);
    }
}

fn manifest(desk: &Desk, path: &Path, state: &State, contents: &[Content]) -> anyhow::Result<Manifest> {
    Ok(Manifest {
        format: FORMAT,
        made_by: format!("ferrodesk {}", env!("CARGO_PKG_VERSION")),
        made_at: output::moment(desk.clock.now()).as_str().unwrap_or_default().to_owned(),
        database_bytes: std::fs::metadata(path)?.len(),
        database_sha256: archive::hash_of(path)?,
        layout: hex::encode(copy::layout()),
        tables: table_sums(state),
        files: contents.len() as u64,
        file_bytes: contents.iter().map(|content| content.size).sum(),
    })
}

/// What each table comes to, as a manifest has it.
pub fn table_sums(state: &State) -> Vec<TableSum> {
    let sum = |(table, sum): (&copy::Table, &copy::Checksum)| TableSum {
        table: table.name.to_owned(),
        rows: sum.rows,
        checksum: sum.to_string(),
    };
    TABLES.iter().zip(&state.checksums).map(sum).collect()
}

fn write_database(archive: &mut Writer, path: &Path, as_json: bool) -> anyhow::Result<()> {
    let bar = Bar::of_bytes("database", as_json, std::fs::metadata(path)?.len());
    archive.file(Piece::Database, path, &|bytes| bar.moved("", bytes, bytes))?;
    bar.finish();
    Ok(())
}

/// Writes the bytes of all attachments, each once.
async fn write_files(
    desk: &Desk,
    archive: &mut Writer,
    contents: Vec<Content>,
    args: &BackupArgs,
) -> anyhow::Result<Complete> {
    let bar = Bar::new("files", args.output.json);
    bar.expect_more(contents.len() as u64);
    let mut complete = Complete::default();
    let mut reading = stream::iter(contents)
        .map(async |content| (content, read_whole(&desk.blobs, &content).await))
        .buffered(AT_ONCE);
    while let Some((content, bytes)) = reading.next().await {
        match bytes? {
            Ok(bytes) => {
                archive.bytes(Piece::File(content.workspace, content.hash), &bytes)?;
                complete.files += 1;
            }
            Err(problem) if args.incomplete => {
                complete.missing.push(file_name(content.workspace, &content.hash));
                tracing::debug!(attachment = %content.attachment, problem, "left out");
            }
            Err(problem) => bail!(
                "the bytes of attachment {} {problem}: see `ferrodesk check`, or back up the rest with --incomplete",
                content.attachment
            ),
        }
        bar.moved("", 1, content.size);
    }
    bar.finish();
    Ok(complete)
}
