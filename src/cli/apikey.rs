//! `ferrodesk apikey`.

use clap::Subcommand;
use serde_json::json;

use super::{Desk, InWorkspace, OutputArgs, output};
use crate::app::manage::apikeys;
use crate::domain::ApplicationId;
use crate::identity::apikey::Apikey;

#[derive(Subcommand)]
pub enum ApikeyCommand {
    /// Make an apikey; it is shown once and never again
    #[command(after_help = "Example:\n  ferrodesk apikey add --workspace Acme --name web --json")]
    Add {
        #[command(flatten)]
        workspace: InWorkspace,
        /// What the application that calls with it is called
        #[arg(long)]
        name: String,
        #[command(flatten)]
        output: OutputArgs,
    },
    /// List the apikeys by their first characters
    #[command(after_help = "Example:\n  ferrodesk apikey list --workspace Acme")]
    List {
        #[command(flatten)]
        workspace: InWorkspace,
        #[command(flatten)]
        output: OutputArgs,
    },
    /// Revoke an apikey, for good; servers refuse it within a second
    #[command(after_help = "Example:\n  ferrodesk apikey revoke --workspace Acme 3")]
    Revoke {
        #[command(flatten)]
        workspace: InWorkspace,
        /// The apikey's id, as `list` shows it
        id: i64,
        #[command(flatten)]
        output: OutputArgs,
    },
}

pub async fn run(desk: &Desk, command: ApikeyCommand) -> anyhow::Result<()> {
    match command {
        ApikeyCommand::Add { workspace, name, output } => {
            let workspace = desk.workspace(&workspace).await?.id;
            let key = Apikey::generate(&*desk.entropy);
            let new = key.clone();
            let at = desk.clock.now();
            let id = desk.store.write(move |tx| apikeys::add(tx, workspace, &name, &new, at)).await?;
            let sentence = format!("Apikey {id}, shown this once:\n{}", key.reveal());
            output::added(output.json, &json!({ "id": id, "apikey": key.reveal() }), &sentence)?;
        }
        ApikeyCommand::List { workspace, output } => {
            let workspace = desk.workspace(&workspace).await?.id;
            let all = desk.store.read(move |tx| apikeys::list(tx, workspace)).await?;
            let rows: Vec<_> = all
                .into_iter()
                .map(|key| {
                    let revoked_at = key.revoked_at.map_or(serde_json::Value::Null, output::moment);
                    let prefix = format!("{}…", key.key_prefix);
                    vec![json!(key.id), json!(key.name), json!(prefix), output::moment(key.created_at), revoked_at]
                })
                .collect();
            output::list(output.json, &["Id", "Name", "Apikey", "Created at", "Revoked at"], &rows)?;
        }
        ApikeyCommand::Revoke { workspace, id, output } => {
            let workspace = desk.workspace(&workspace).await?.id;
            let at = desk.clock.now();
            desk.store.write(move |tx| apikeys::revoke(tx, workspace, ApplicationId(id), at)).await?;
            output::added(output.json, &json!({ "id": id }), &format!("Apikey {id} is revoked."))?;
        }
    }
    Ok(())
}
