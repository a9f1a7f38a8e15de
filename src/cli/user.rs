//! `ferrodesk user`.

use std::io::Read as _;

use anyhow::Context as _;
use clap::{Args, Subcommand};
use serde_json::json;

use super::{Desk, InWorkspace, OutputArgs, output};
use crate::app::manage::users;
use crate::domain::user::{Email, Role};
use crate::identity::password::{MAX_BYTES, Passwords};

#[derive(Args)]
pub struct PasswordArgs {
    /// Read the password from standard input, so that it is in no history and no process list
    #[arg(long, required = true)]
    password_stdin: bool,
}

#[derive(Subcommand)]
pub enum UserCommand {
    /// Add a user who signs in with a password
    #[command(
        after_help = "Example:\n  ferrodesk user add --workspace Acme --email ann@example.com --role customer --password-stdin < password.txt"
    )]
    Add {
        #[command(flatten)]
        workspace: InWorkspace,
        /// The e-mail address, which is also the user name
        #[arg(long, value_parser = Email::parse)]
        email: Email,
        /// customer, read-only, team-agent, agent or admin
        #[arg(long)]
        role: Role,
        #[command(flatten)]
        password: PasswordArgs,
        #[command(flatten)]
        output: OutputArgs,
    },
    /// List the users
    #[command(after_help = "Example:\n  ferrodesk user list --workspace Acme")]
    List {
        #[command(flatten)]
        workspace: InWorkspace,
        #[command(flatten)]
        output: OutputArgs,
    },
    /// Lock a user out, and end all sessions
    #[command(after_help = "Example:\n  ferrodesk user deactivate --workspace Acme --email ann@example.com")]
    Deactivate {
        #[command(flatten)]
        workspace: InWorkspace,
        /// The e-mail address
        #[arg(long, value_parser = Email::parse)]
        email: Email,
        #[command(flatten)]
        output: OutputArgs,
    },
    /// Let a user in again
    #[command(after_help = "Example:\n  ferrodesk user activate --workspace Acme --email ann@example.com")]
    Activate {
        #[command(flatten)]
        workspace: InWorkspace,
        /// The e-mail address
        #[arg(long, value_parser = Email::parse)]
        email: Email,
        #[command(flatten)]
        output: OutputArgs,
    },
    /// Give a user another password, and end all sessions
    #[command(
        after_help = "Example:\n  ferrodesk user set-password --workspace Acme --email ann@example.com --password-stdin < password.txt"
    )]
    SetPassword {
        #[command(flatten)]
        workspace: InWorkspace,
        /// The e-mail address
        #[arg(long, value_parser = Email::parse)]
        email: Email,
        #[command(flatten)]
        password: PasswordArgs,
        #[command(flatten)]
        output: OutputArgs,
    },
}

pub async fn run(desk: &Desk, command: UserCommand) -> anyhow::Result<()> {
    let at = desk.clock.now();
    match command {
        UserCommand::Add { workspace, email, role, password: _, output } => {
            let workspace = desk.workspace(&workspace).await?.id;
            let hash = read_password(desk).await?;
            let sentence = format!("{role} {} is there.", email.as_str());
            let id = desk.store.write(move |tx| users::add(tx, workspace, &email, role, &hash, at)).await?;
            output::added(output.json, &json!({ "id": id }), &sentence)?;
        }
        UserCommand::List { workspace, output } => {
            let workspace = desk.workspace(&workspace).await?.id;
            let all = desk.store.read(move |tx| users::list(tx, workspace)).await?;
            let rows: Vec<_> = all
                .into_iter()
                .map(|user| vec![json!(user.id), json!(user.email), json!(user.role.as_str()), json!(user.active)])
                .collect();
            output::list(output.json, &["Id", "Email", "Role", "Active"], &rows)?;
        }
        UserCommand::Deactivate { workspace, email, output } => {
            set_active(desk, &workspace, email, false, &output).await?;
        }
        UserCommand::Activate { workspace, email, output } => {
            set_active(desk, &workspace, email, true, &output).await?;
        }
        UserCommand::SetPassword { workspace, email, password: _, output } => {
            let workspace = desk.workspace(&workspace).await?.id;
            let hash = read_password(desk).await?;
            let json = json!({ "email": email.as_str() });
            let sentence = format!("{} has a new password and no sessions.", email.as_str());
            desk.store.write(move |tx| users::set_password(tx, workspace, &email, &hash, at)).await?;
            output::added(output.json, &json, &sentence)?;
        }
    }
    Ok(())
}

async fn set_active(
    desk: &Desk,
    workspace: &InWorkspace,
    email: Email,
    active: bool,
    output: &OutputArgs,
) -> anyhow::Result<()> {
    let workspace = desk.workspace(workspace).await?.id;
    let at = desk.clock.now();
    let json = json!({ "email": email.as_str(), "active": active });
    let sentence = format!("{} is {}active.", email.as_str(), if active { "" } else { "in" });
    desk.store.write(move |tx| users::set_active(tx, workspace, &email, active, at)).await?;
    output::added(output.json, &json, &sentence)?;
    Ok(())
}

/// The hash of the password on standard input.
async fn read_password(desk: &Desk) -> anyhow::Result<String> {
    let mut password = String::new();
    // One byte more than is allowed shows that there is too much.
    std::io::stdin()
        .take(MAX_BYTES as u64 + 2)
        .read_to_string(&mut password)
        .context("cannot read the password from standard input")?;
    Ok(Passwords::default().hash(&password, &*desk.entropy).await?)
}
