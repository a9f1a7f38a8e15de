//! `ferrodesk check`.

mod logs;

use anyhow::bail;
use clap::Args;
use futures_util::stream::{self, StreamExt as _, TryStreamExt as _};
use indicatif::{ProgressBar, ProgressStyle};
use serde_json::json;

use self::logs::{Head, Logs};
use super::progress::Waiting;
use super::{Desk, OutputArgs, output, reach};
use crate::app::check::{Found, Inventory, attachments_after, count_attachments, miscounted_users};
use crate::domain::{AttachmentId, Error};
use crate::jobs::sweep::ORPHANS_KEPT_FOR;
use crate::storage::queries::attachments::AttachmentBytes;

/// Hold the database against itself, against its seals and against the stored files.
#[derive(Args)]
#[command(
    after_help = "Example:\n  ferrodesk check --contents --json\n\nThe logs of events and of what the staff changed are chains of hashes, whose ends --json prints as chain_heads. Who\nkeeps them elsewhere can later tell a log that was rewritten as a whole: --chain-head.\n\nExit status 1 when anything is missing or damaged."
)]
pub struct CheckArgs {
    /// Read every file and compare its hash, not only its size
    #[arg(long)]
    contents: bool,
    /// A head of a log that was kept elsewhere, which must still be there; may be given several times
    #[arg(long, value_name = "LOG:WORKSPACE:ENTRY:HASH")]
    chain_head: Vec<Head>,
    #[command(flatten)]
    output: OutputArgs,
}

/// Names that are looked up at once, or files that are read at once.
const AT_ONCE: usize = 16;

/// What one check found.
#[derive(Default)]
struct Findings {
    attachments: u64,
    problems: Vec<String>,
}

pub async fn run(desk: &Desk, args: CheckArgs) -> anyhow::Result<()> {
    let mut found = Findings::default();
    let waiting = Waiting::new("the database is held against itself", args.output.json);
    let miscounted = desk.store.read(miscounted_users).await?;
    found.problems.extend(miscounted.into_iter().map(|(workspace, user)| {
        format!("user {user} of workspace {workspace} is counted with a wrong number of open tickets")
    }));
    found.problems.extend(desk.store.integrity_problems().await?);
    waiting.finish();
    let mut logs = logs::verify(desk, &args.chain_head, args.output.json).await?;
    found.problems.append(&mut logs.problems);
    reach(&desk.blobs).await?;
    let bar = progress(args.output.json);
    let mut inventory = list(desk, &bar).await?;
    hold_against(desk, &args, &mut inventory, &mut found, &bar).await?;
    bar.finish_and_clear();
    report(&args, found, inventory.orphans(), &logs)
}

fn report(args: &CheckArgs, found: Findings, orphans: u64, logs: &Logs) -> anyhow::Result<()> {
    let Findings { attachments, problems } = found;
    let json = json!({
        "attachments": attachments, "orphans": orphans, "logs": logs.json(), "chain_heads": logs.heads(),
        "problems": problems,
    });
    let summary = format!(
        "{attachments} attachments checked, {orphans} stored files that no attachment needs (the sweeper deletes them), {} problems.",
        problems.len()
    );
    let sentence = [vec![format!("{}.\n{summary}", logs.sentence())], problems.clone()].concat().join("\n- ");
    output::added(args.output.json, &json, &sentence)?;
    if !problems.is_empty() {
        bail!("the check found {} problems", problems.len());
    }
    Ok(())
}

/// A bar on standard error, if that is a terminal and a person is to read the answer.
fn progress(as_json: bool) -> ProgressBar {
    if as_json { ProgressBar::hidden() } else { ProgressBar::no_length() }
}

/// Lists what is stored: one request for a thousand, where asking for each would be a thousand.
async fn list(desk: &Desk, bar: &ProgressBar) -> anyhow::Result<Inventory> {
    bar.set_style(ProgressStyle::with_template("{spinner} {human_pos} stored files listed")?);
    let young_after = desk.clock.now().minus(ORPHANS_KEPT_FOR);
    let mut inventory = Inventory::default();
    let mut listed = desk.blobs.list();
    while let Some(blob) = listed.try_next().await? {
        inventory.add((blob.workspace, blob.hash), blob.size, blob.stored_at, young_after);
        bar.inc(1);
    }
    Ok(inventory)
}

/// Goes through the attachments.
async fn hold_against(
    desk: &Desk,
    args: &CheckArgs,
    inventory: &mut Inventory,
    found: &mut Findings,
    bar: &ProgressBar,
) -> anyhow::Result<()> {
    bar.reset();
    bar.set_length(desk.store.read(count_attachments).await?);
    bar.set_style(ProgressStyle::with_template("{wide_bar} {human_pos} of {human_len} attachments, {eta} to go")?);
    let mut after = AttachmentId(0);
    loop {
        let page = desk.store.read(move |tx| attachments_after(tx, after)).await?;
        let Some(last) = page.last() else { return Ok(()) };
        after = last.id;
        let mut looking = Vec::new();
        for row in page {
            found.attachments += 1;
            match inventory.look_for(&row) {
                Found::Whole { seen_before: false } if args.contents => looking.push((row, true)),
                Found::Whole { .. } => bar.inc(1),
                // It may have been stored since the list was made.
                Found::Otherwise => looking.push((row, args.contents)),
            }
        }
        let looking = looking.into_iter().map(|(row, contents)| async move {
            let problem = problem_of(desk, &row, contents).await;
            bar.inc(1);
            problem
        });
        let mut problems = stream::iter(looking).buffered(AT_ONCE);
        while let Some(problem) = problems.try_next().await? {
            found.problems.extend(problem);
        }
    }
}

/// What is wrong with an attachment's bytes.
async fn problem_of(desk: &Desk, row: &AttachmentBytes, contents: bool) -> Result<Option<String>, Error> {
    let stored = desk.blobs.find(row.workspace, &row.hash).await?;
    let problem = match stored {
        None => "are missing",
        Some(stored) if i64::try_from(stored.size) != Ok(row.size) => "have another length",
        Some(_) if contents && !desk.blobs.is_intact(row.workspace, &row.hash).await? => "are damaged",
        Some(_) => return Ok(None),
    };
    Ok(Some(format!("the bytes of attachment {} {problem}", row.id)))
}
