//! `ferrodesk check`.

use std::collections::HashSet;

use anyhow::bail;
use clap::Args;
use futures_util::TryStreamExt as _;
use serde_json::json;

use super::{Desk, OutputArgs, output};
use crate::app::check::{attachments_after, miscounted_users};
use crate::domain::AttachmentId;

/// Hold the database against itself and against the stored files.
#[derive(Args)]
#[command(
    after_help = "Example:\n  ferrodesk check --contents --json\n\nExit status 1 when anything is missing or damaged."
)]
pub struct CheckArgs {
    /// Read every file and compare its hash, not only its size
    #[arg(long)]
    contents: bool,
    #[command(flatten)]
    output: OutputArgs,
}

pub async fn run(desk: &Desk, args: CheckArgs) -> anyhow::Result<()> {
    let mut problems: Vec<String> = desk
        .store
        .read(miscounted_users)
        .await?
        .into_iter()
        .map(|(workspace, user)| {
            format!("user {user} of workspace {workspace} is counted with a wrong number of open tickets")
        })
        .collect();
    problems.extend(desk.store.integrity_problems().await?);
    let mut attachments = 0_u64;
    let mut needed = HashSet::new();
    let mut after = AttachmentId(0);
    loop {
        let page = desk.store.read(move |tx| attachments_after(tx, after)).await?;
        let Some(last) = page.last() else { break };
        after = last.id;
        for row in page {
            attachments += 1;
            let first_time = needed.insert((row.workspace, row.hash));
            let stored = desk.blobs.size(row.workspace, &row.hash).await?;
            if stored.is_none() {
                problems.push(format!("the bytes of attachment {} are missing", row.id));
            } else if stored != u64::try_from(row.size).ok() {
                problems.push(format!("the bytes of attachment {} have another length", row.id));
            } else if args.contents && first_time && !desk.blobs.is_intact(row.workspace, &row.hash).await? {
                problems.push(format!("the bytes of attachment {} are damaged", row.id));
            }
        }
    }
    let mut orphans = 0_u64;
    let mut listed = desk.blobs.list();
    while let Some(blob) = listed.try_next().await? {
        orphans += u64::from(!needed.contains(&(blob.workspace, blob.hash)));
    }
    let json = json!({ "attachments": attachments, "orphans": orphans, "problems": problems });
    let summary = format!(
        "{attachments} attachments checked, {orphans} stored files that no attachment needs (the sweeper deletes them), {} problems.",
        problems.len()
    );
    let sentence = [vec![summary], problems.clone()].concat().join("\n- ");
    output::added(args.output.json, &json, &sentence)?;
    if !problems.is_empty() {
        bail!("the check found {} problems", problems.len());
    }
    Ok(())
}
