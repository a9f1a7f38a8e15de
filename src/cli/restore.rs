//! `ferrodesk restore`.

mod place;

use std::collections::HashSet;
use std::io::Read;
use std::path::PathBuf;
use std::time::Instant;

use anyhow::{Context as _, bail, ensure};
use clap::Args;
use futures_util::stream::{FuturesUnordered, StreamExt as _};
use serde_json::json;

use self::place::Place;
use super::backup::archive::{self, Complete, FORMAT, Manifest, Piece, file_name};
use super::backup::table_sums;
use super::copy::files::AT_ONCE;
use super::copy::make_findable;
use super::progress::Bar;
use super::{Desk, OutputArgs, output, reach, secret};
use crate::blobs::Blobs;
use crate::config::{BlobsAt, Config};
use crate::domain::attachment::ContentHash;
use crate::domain::{Error, WorkspaceId};
use crate::identity::apikey::sha256;
use crate::jobs::blob_owner;
use crate::storage::copy::{self, contents_after};

/// Restore a backup into an empty data folder or database, of whatever engine.
///
/// A restore that was cut off is begun anew when the same command is run again; until it is done, nothing serves what is
/// there.
#[derive(Args)]
#[command(
    after_help = "Example:\n  ferrodesk restore /srv/backups/ferrodesk-monday.tar.zst --data /var/lib/ferrodesk\n\nExit status 1 when the backup is damaged, or not all of it is known to be here."
)]
pub struct RestoreArgs {
    /// The file that `ferrodesk backup` wrote
    file: PathBuf,
    /// Put what is in the data folder aside, into a folder below it, instead of refusing
    #[arg(long)]
    replace: bool,
    /// Take the store of attachments over from the installation that it belongs to, which must be gone for good
    #[arg(long)]
    take_over_blobs: bool,
    #[command(flatten)]
    output: OutputArgs,
}

/// Bytes that the archive had.
type Names = HashSet<(WorkspaceId, ContentHash)>;

pub async fn run(config: Config, args: RestoreArgs) -> anyhow::Result<()> {
    let started = Instant::now();
    let mut archive = archive::open(&args.file)?;
    let mut entries = archive.entries().context(archive::CUT_OFF)?;
    let manifest = manifest(entries.next())?;
    refuse_anothers_blobs(&config, &args).await?;
    let mut place = Place::prepare(&config, args.replace).await?;
    let database = entries.next().context(archive::CUT_OFF)?.context(archive::CUT_OFF)?;
    extract_database(database, &manifest, &place, args.output.json)?;
    let desk = place.open(config, args.output.json).await?;
    let mut kept_secret = None;
    let (names, complete) = read_rest(&desk, entries, &manifest, &mut kept_secret, args.output.json).await?;
    let missing = hold_against(&desk, &names, &complete).await?;
    verify_rows(&desk, &manifest, args.output.json).await?;
    if let (Some(material), None) = (kept_secret, desk.config.secret()?) {
        secret::keep(&desk.store, desk.config.database()?.is_shared(), &desk.config.data, material).await?;
    }
    make_findable(&desk.store, &Bar::new("indexed", args.output.json)).await?;
    finish(&desk, place.last_ids()).await?;
    desk.store.close();
    let rows: u64 = manifest.tables.iter().map(|table| table.rows).sum();
    let (files, seconds) = (names.len(), started.elapsed().as_secs_f64());
    let json = json!({
        "rows": rows, "files": files, "file_bytes": manifest.file_bytes, "missing": complete.missing,
        "made_at": manifest.made_at, "made_by": manifest.made_by, "seconds": seconds,
    });
    let lost = if missing == 0 { String::new() } else { format!(" {missing} files were missing in the backup.") };
    let sentence =
        format!("{rows} rows and {files} files are here as they were at {}, {seconds:.1} s.{lost}", manifest.made_at);
    output::added(args.output.json, &json, &sentence)
}

/// What the archive says of itself, if this program can read it.
fn manifest<R: Read>(first: Option<std::io::Result<tar::Entry<'_, R>>>) -> anyhow::Result<Manifest> {
    let mut entry = first.context(archive::CUT_OFF)?.context("this is no backup of ferrodesk, or it is damaged")?;
    ensure!(archive::piece(&entry)? == Piece::Manifest, "this is no backup of ferrodesk");
    let size = entry.size();
    let manifest: Manifest = archive::json(&mut entry, size)?;
    ensure!(
        manifest.format <= FORMAT,
        "the backup was made by {}, which this ferrodesk is too old for: use the newer version",
        manifest.made_by
    );
    Ok(manifest)
}

/// Attachments that are another installation's may be those of the very one that is restored here, which goes on. Nothing
/// has been written yet.
async fn refuse_anothers_blobs(config: &Config, args: &RestoreArgs) -> anyhow::Result<()> {
    let blobs = Blobs::open(&config.blobs_at()?)?;
    reach(&blobs).await?;
    let owner = blobs.owner().await.context("whose the attachments are cannot be read")?;
    // A server that was started here before has only left its note.
    let is_owned = owner.is_some() && blobs.list().next().await.transpose()?.is_some();
    let is_put_aside =
        args.replace && matches!(config.blobs_at()?, BlobsAt::Folder(folder) if folder == config.data.join("blobs"));
    if is_owned && !args.take_over_blobs && !is_put_aside {
        bail!(
            "the store of attachments belongs to another installation: set `blobs` to an empty one, or say \
             --take-over-blobs if that installation is gone for good"
        );
    }
    Ok(())
}

fn extract_database<R: Read>(
    mut entry: tar::Entry<'_, R>,
    manifest: &Manifest,
    place: &Place,
    as_json: bool,
) -> anyhow::Result<()> {
    ensure!(archive::piece(&entry)? == Piece::Database, "this is no backup of ferrodesk: it has no database");
    let bar = Bar::of_bytes("database", as_json, manifest.database_bytes);
    let sum = archive::extract(&mut entry, place.extracted(), &|bytes| bar.moved("", bytes, bytes))?;
    ensure!(sum == manifest.database_sha256, "the backup is damaged: its database is not what was written");
    bar.finish();
    Ok(())
}

/// Stores the attachments' bytes; gives which there were, and what the archive says at its end.
async fn read_rest<R: Read>(
    desk: &Desk,
    entries: tar::Entries<'_, R>,
    manifest: &Manifest,
    kept_secret: &mut Option<String>,
    as_json: bool,
) -> anyhow::Result<(Names, Complete)> {
    let bar = Bar::new("files", as_json);
    bar.expect_more(manifest.files);
    let (mut names, mut complete, mut storing) = (Names::new(), None, FuturesUnordered::new());
    for entry in entries {
        let mut entry = entry.context(archive::CUT_OFF)?;
        let size = entry.size();
        match archive::piece(&entry)? {
            Piece::File(workspace, hash) => {
                let bytes = archive::bytes(&mut entry, size)?;
                let name = file_name(workspace, &hash);
                ensure!(sha256(&bytes) == hash, "the backup is damaged: its file {name} is not what was written");
                names.insert((workspace, hash));
                storing.push(async move { desk.blobs.put(workspace, &hash, bytes.into()).await });
                if storing.len() == AT_ONCE {
                    storing.next().await.transpose().context("cannot store an attachment")?;
                }
                bar.moved("", 1, size);
            }
            Piece::Secret => *kept_secret = Some(String::from_utf8(archive::bytes(&mut entry, size)?)?),
            Piece::Complete => complete = Some(archive::json(&mut entry, size)?),
            Piece::Manifest | Piece::Database => bail!("this is no backup of ferrodesk: it has two databases"),
        }
    }
    while let Some(stored) = storing.next().await {
        stored.context("cannot store an attachment")?;
    }
    bar.finish();
    let complete: Complete = complete.context(archive::CUT_OFF)?;
    ensure!(complete.files == names.len() as u64, "the backup is damaged: files are missing that it says it has");
    Ok((names, complete))
}

/// Sees that the bytes of all attachments were in the archive, but for those that it says it lacks; gives how many those are.
async fn hold_against(desk: &Desk, names: &Names, complete: &Complete) -> anyhow::Result<usize> {
    let missing: HashSet<&str> = complete.missing.iter().map(String::as_str).collect();
    let (mut after, mut known) = (None, 0);
    loop {
        let page = desk.store.read(move |tx| Ok(contents_after(tx, after.as_ref())?)).await?;
        let Some(last) = page.last() else { return Ok(known) };
        after = Some(*last);
        for content in page {
            if names.contains(&(content.workspace, content.hash)) {
                continue;
            }
            let is_known = missing.contains(&*file_name(content.workspace, &content.hash));
            ensure!(is_known, "the backup is damaged: it lacks the bytes of attachment {}", content.attachment);
            known += 1;
        }
    }
}

/// Sees that the rows here are those that were backed up.
async fn verify_rows(desk: &Desk, manifest: &Manifest, as_json: bool) -> anyhow::Result<()> {
    let bar = Bar::new("compared", as_json);
    bar.expect(&desk.store).await?;
    let watched = bar.clone();
    let state = desk.store.read(move |tx| Ok(copy::look(tx, &|bytes| watched.moved("", 1, bytes))?)).await?;
    bar.finish();
    // Where tables have got new columns since, the numbers of rows are what can be compared.
    let is_comparable = manifest.layout == hex::encode(copy::layout());
    let here = table_sums(&state);
    for there in &manifest.tables {
        let same = here
            .iter()
            .find(|sum| sum.table == there.table)
            .is_some_and(|sum| sum.rows == there.rows && (!is_comparable || sum.checksum == there.checksum));
        ensure!(same, "the table {} is not what was backed up", there.table);
    }
    Ok(())
}

/// Makes what is here an installation, and another one than that which it comes from.
async fn finish(desk: &Desk, last_ids: Vec<(&'static str, i64)>) -> anyhow::Result<()> {
    blob_owner::disclaim(&desk.store, &*desk.entropy).await?;
    blob_owner::claim(&desk.store, &desk.blobs).await.context("cannot note whose the attachments are")?;
    let finished = desk.store.write(move |tx| Ok::<_, Error>(copy::finish(tx, &last_ids)?)).await;
    finished.context("cannot finish the restore")?;
    Ok(())
}
