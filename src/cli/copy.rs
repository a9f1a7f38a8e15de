//! `ferrodesk copy`.

pub mod files;
mod report;
mod side;

use std::path::PathBuf;
use std::time::Instant;

use anyhow::{Context as _, bail, ensure};
use clap::Args;
use futures_util::future::try_join;

use self::files::Stored;
use self::report::Report;
use self::side::{Given, Side};
use super::progress::Bar;
use super::{OutputArgs, reach};
use crate::config::Config;
use crate::domain::Error;
use crate::jobs::blob_owner;
use crate::jobs::index_texts::index_texts;
use crate::storage::Store;
use crate::storage::copy::{self, Begun, State, TABLES};

/// Copy a whole installation to another database, of whatever engine, with its files.
///
/// Stop the servers first. Ids, passwords, apikeys and sign-ins stay what they are. A copy that was cut off goes on where
/// it was when the same command is run again. In the end both sides are read and compared.
#[derive(Args)]
#[command(
    after_help = "Example:\n  ferrodesk copy --from sqlite:/var/lib/ferrodesk/ferrodesk.db \\\n    --to postgres://ferrodesk:password@db.example.com/ferrodesk --blobs-to file:/srv/attachments\n\nExit status 1 when the copy is not known to be equal to its source."
)]
pub struct CopyArgs {
    /// The database to copy, as sqlite:PATH or postgres://…
    #[arg(long, value_name = "URL", env = "FERRODESK_COPY_FROM", hide_env_values = true)]
    from: String,
    /// The database to copy to; it must have no workspaces yet
    #[arg(long, value_name = "URL", env = "FERRODESK_COPY_TO", hide_env_values = true)]
    to: String,
    /// Where the source's attachments are [default: blobs in its data folder]
    #[arg(long, value_name = "URL")]
    blobs_from: Option<String>,
    /// Where the attachments are to be [default: blobs in the destination's data folder]
    #[arg(long, value_name = "URL")]
    blobs_to: Option<String>,
    /// The source's data folder, if it is SQLite [default: the folder of the database]
    #[arg(long, value_name = "DIR")]
    data_from: Option<PathBuf>,
    /// The destination's data folder, if it is SQLite [default: the folder of the database]
    #[arg(long, value_name = "DIR")]
    data_to: Option<PathBuf>,
    /// Copy nothing, and compare what is there
    #[arg(long)]
    verify_only: bool,
    #[command(flatten)]
    output: OutputArgs,
}

pub async fn run(config: &Config, args: CopyArgs) -> anyhow::Result<()> {
    let started = Instant::now();
    let from = Given::new("source", config, &args.from, args.data_from, args.blobs_from)?;
    let to = Given::new("destination", config, &args.to, args.data_to, args.blobs_to)?;
    from.must_be_there()?;
    ensure!(!from.database.is_same_as(&to.database), "source and destination are the same database");
    if args.verify_only {
        to.must_be_there()?;
    } else {
        from.must_be_idle()?;
        to.must_be_idle()?;
    }
    let (from, to) = (from.open()?, to.open()?);
    for (side, blobs) in [("source", &from.blobs), ("destination", &to.blobs)] {
        reach(blobs).await.with_context(|| format!("the {side}"))?;
    }
    let bar = |what| Bar::new(what, args.output.json);
    let mut report = Report::default();
    let mark = if args.verify_only {
        if to.store.read(|tx| Ok(copy::is_unfinished(tx)?)).await? {
            report.problems.push("the destination is an unfinished copy".to_owned());
        }
        None
    } else {
        Some(transfer(&from, &to, config, &bar, &mut report).await?)
    };
    verify(&from, &to, config, &bar, &mut report).await?;
    if let (Some(mark), Some(source)) = (mark, &report.source) {
        if source.mark != mark {
            report.problems.push("the source was changed meanwhile: stop its servers, and copy anew".to_owned());
        }
        if report.is_equal() {
            make_findable(&to.store, &bar("indexed")).await?;
            let ids = from.store.read(|tx| Ok(copy::last_ids(tx)?)).await?;
            // What was moved sweeps from now on, and where it was moved from does not, should both have the same bucket.
            blob_owner::claim(&to.store, &to.blobs).await.context("cannot note whose the attachments are")?;
            to.store.write(move |tx| Ok(copy::finish(tx, &ids)?)).await.context("cannot finish the copy")?;
        }
    }
    from.store.close();
    to.store.close();
    report.seconds = started.elapsed().as_secs_f64();
    report.print(args.output.json)?;
    if !report.is_equal() {
        bail!("the destination is not known to be equal to the source: {}", report.first_problem());
    }
    Ok(())
}

/// Copies what is not there yet. Gives what tells the source from others, and from itself after a change.
async fn transfer(
    from: &Side,
    to: &Side,
    config: &Config,
    bar: &impl Fn(&'static str) -> Bar,
    report: &mut Report,
) -> anyhow::Result<[u8; 32]> {
    let mark = from.store.read(copy::source).await?;
    let secret = side::secret_to_copy(from, config).await?;
    let begun = to.store.write(move |tx| copy::begin(tx, &mark)).await?;
    report.resumed = begun == Begun::Again;
    if let Some(secret) = secret {
        to.keep_secret(secret).await?;
    }
    let rows = bar("rows");
    rows.expect(&from.store).await?;
    for table in TABLES.iter() {
        let moved = |count, bytes| rows.moved(table.name, count, bytes);
        let transferred = copy::transfer(&from.store, &to.store, table, &moved).await;
        transferred.with_context(|| format!("cannot copy the table {}", table.name))?;
    }
    rows.finish();
    let files = bar("files");
    report.copied = files::copy(from, to, &files, &mut report.problems).await?;
    files.finish();
    Ok(mark)
}

/// The index of words is not copied but made anew, before the copy counts as finished, so that a copy that is cut off here
/// goes on as well.
pub async fn make_findable(to: &Store, bar: &Bar) -> anyhow::Result<()> {
    bar.expect_texts(to).await?;
    index_texts(to, &|count| bar.moved("", count, 0)).await.context("cannot make all texts findable")?;
    bar.finish();
    Ok(())
}

/// Reads both sides and compares them.
async fn verify(
    from: &Side,
    to: &Side,
    config: &Config,
    bar: &impl Fn(&'static str) -> Bar,
    report: &mut Report,
) -> anyhow::Result<()> {
    let rows = bar("compared");
    rows.expect(&from.store).await?;
    let (source, destination) = try_join(look(from, &rows), look(to, &Bar::hidden())).await?;
    rows.finish();
    (report.source, report.destination) = (Some(source), Some(destination));
    let secrets = try_join(from.find_secret(), to.find_secret()).await?;
    if config.secret()?.is_none() && secrets.0 != secrets.1 {
        report.problems.push("the secrets differ".to_owned());
    }
    report.secret = match (config.secret()?, secrets.0) {
        (Some(_), _) => "in the settings",
        (None, Some(_)) => "kept with the installation",
        (None, None) => "not made yet",
    };
    let stored: (Stored, Stored) = try_join(files::stored(from), files::stored(to)).await?;
    for side in [&stored.0, &stored.1] {
        report.problems.extend(side.problems.iter().cloned());
    }
    report.files = stored;
    Ok(())
}

/// What the rows of a side come to, at one moment.
async fn look(side: &Side, bar: &Bar) -> Result<State, Error> {
    let bar = bar.clone();
    side.store.read(move |tx| Ok(copy::look(tx, &|bytes| bar.moved("", 1, bytes))?)).await
}
