//! `ferrodesk workspace`.

use clap::Subcommand;
use serde_json::json;

use super::{Desk, OutputArgs, output};
use crate::app::manage::workspaces;
use crate::domain::workspace::DEFAULT_OPEN_TICKET_LIMIT;

#[derive(Subcommand)]
pub enum WorkspaceCommand {
    /// Add a workspace
    #[command(after_help = "Example:\n  ferrodesk workspace add Acme --open-ticket-limit 20")]
    Add {
        /// What it is called
        name: String,
        /// How many tickets a user may have that are not closed; 0 is any number
        #[arg(long, value_name = "N", default_value_t = DEFAULT_OPEN_TICKET_LIMIT, allow_negative_numbers = true, value_parser = clap::value_parser!(i64).range(0..))]
        open_ticket_limit: i64,
        /// Whether a customer's reply to a closed ticket opens it again
        #[arg(long, value_name = "BOOL", default_value_t = true, action = clap::ArgAction::Set)]
        reopen_on_reply: bool,
        #[command(flatten)]
        output: OutputArgs,
    },
    /// List the workspaces
    #[command(after_help = "Example:\n  ferrodesk workspace list --json")]
    List {
        #[command(flatten)]
        output: OutputArgs,
    },
    /// Change a workspace's settings
    #[command(after_help = "Example:\n  ferrodesk workspace set Acme --open-ticket-limit 0")]
    Set {
        /// What it is called
        name: String,
        /// How many tickets a user may have that are not closed; 0 is any number
        #[arg(long, value_name = "N", allow_negative_numbers = true, value_parser = clap::value_parser!(i64).range(0..))]
        open_ticket_limit: Option<i64>,
        /// Whether a customer's reply to a closed ticket opens it again
        #[arg(long, value_name = "BOOL")]
        reopen_on_reply: Option<bool>,
        #[command(flatten)]
        output: OutputArgs,
    },
}

pub async fn run(desk: &Desk, command: WorkspaceCommand) -> anyhow::Result<()> {
    match command {
        WorkspaceCommand::Add { name, open_ticket_limit, reopen_on_reply, output } => {
            let at = desk.clock.now();
            let new = name.clone();
            let id =
                desk.store.write(move |tx| workspaces::add(tx, &new, open_ticket_limit, reopen_on_reply, at)).await?;
            let sentence = format!("Workspace {id} \"{name}\" is there.");
            output::added(output.json, &json!({ "id": id, "name": name.trim() }), &sentence)?;
        }
        WorkspaceCommand::List { output } => {
            let all = desk.store.read(workspaces::list).await?;
            let rows: Vec<_> = all
                .into_iter()
                .map(|w| vec![json!(w.id), json!(w.name), json!(w.open_ticket_limit), json!(w.reopen_on_reply)])
                .collect();
            output::list(output.json, &["Id", "Name", "Open ticket limit", "Reopen on reply"], &rows)?;
        }
        WorkspaceCommand::Set { name, open_ticket_limit, reopen_on_reply, output } => {
            let set =
                desk.store.write(move |tx| workspaces::set(tx, &name, open_ticket_limit, reopen_on_reply)).await?;
            let json = json!({
                "id": set.id,
                "name": set.name,
                "open_ticket_limit": set.open_ticket_limit,
                "reopen_on_reply": set.reopen_on_reply,
            });
            output::added(output.json, &json, &format!("Workspace {} \"{}\" is set.", set.id, set.name))?;
        }
    }
    Ok(())
}
