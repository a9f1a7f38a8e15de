//! The command line: a file per command, each calling the same use cases as the API.

mod apikey;
mod backup;
mod catalogue;
mod check;
mod copy;
mod demo;
mod identity_provider;
mod output;
mod progress;
mod restore;
mod secret;
mod serve;
mod user;
mod workspace;

use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use clap::{Args, Parser, Subcommand};
use serde_json::json;

use crate::app::shared_secret::shared_secret;
use crate::blobs::Blobs;
use crate::config::{Config, Flags};
use crate::domain::workspace::Workspace;
use crate::domain::{Clock, Entropy, Error};
use crate::identity::secret::Secret;
use crate::identity::system::{SystemClock, SystemEntropy};
use crate::jobs::blob_owner;
use crate::private_folder;
use crate::storage::{StorageMetrics, Store, StoreOptions};

/// How long a command waits for a server that is writing.
const COMMAND_BUSY_TIMEOUT: Duration = Duration::from_secs(30);

#[derive(Parser)]
#[command(
    name = "ferrodesk",
    version,
    about = "A support desk that other products build on",
    after_help = "Try it:\n  ferrodesk demo\n\nRun it:\n  ferrodesk workspace add Acme\n  ferrodesk apikey add --workspace Acme --name web\n  ferrodesk serve"
)]
struct Cli {
    #[command(flatten)]
    settings: SettingsArgs,
    #[command(subcommand)]
    command: Command,
}

/// Settings that every command understands.
#[derive(Args)]
struct SettingsArgs {
    /// The folder of database, attachments and secrets [default: ./data] [env: FERRODESK_DATA]
    #[arg(long, global = true, value_name = "DIR")]
    data: Option<PathBuf>,
    /// The database, as sqlite:PATH or postgres://USER:PASSWORD@HOST/NAME [default: ferrodesk.db in the data folder] [env: FERRODESK_DATABASE]
    #[arg(long, global = true, value_name = "URL")]
    database: Option<String>,
    /// Where attachments are, as file:DIR or s3://BUCKET/PREFIX [default: blobs in the data folder] [env: FERRODESK_BLOBS]
    #[arg(long, global = true, value_name = "URL")]
    blobs: Option<String>,
    /// A file of settings in TOML
    #[arg(long, global = true, value_name = "FILE", env = "FERRODESK_CONFIG")]
    config: Option<PathBuf>,
}

#[derive(Subcommand)]
enum Command {
    /// Start a workspace with sample data, ready to call
    Demo(demo::DemoArgs),
    /// Start the server; SIGTERM drains and stops it
    Serve(serve::ServeArgs),
    /// Bring the database's schema up to date (serve does so by itself)
    #[command(after_help = "Example:\n  ferrodesk migrate --data /var/lib/ferrodesk")]
    Migrate {
        #[command(flatten)]
        output: OutputArgs,
    },
    /// Hold the database against itself and against the stored files
    Check(check::CheckArgs),
    /// Back up the whole installation into one file, while its servers go on
    Backup(backup::BackupArgs),
    /// Restore a backup into an empty data folder or database, of whatever engine
    Restore(restore::RestoreArgs),
    /// Say that the store of attachments is this installation's alone
    ///
    /// Only the installation that a store belongs to deletes what none of its tickets needs any more. Run this when the
    /// one that it belonged to is gone for good.
    #[command(after_help = "Example:\n  ferrodesk claim-blobs --blobs s3://attachments/acme")]
    ClaimBlobs {
        #[command(flatten)]
        output: OutputArgs,
    },
    /// Say that the store of attachments is not this database's: it is a copy of one that goes on
    ///
    /// Run this before serving what was restored by other means than `restore`. It deletes nothing from the store until
    /// `claim-blobs`.
    #[command(after_help = "Example:\n  ferrodesk disclaim-blobs --data /var/lib/ferrodesk-restored")]
    DisclaimBlobs {
        #[command(flatten)]
        output: OutputArgs,
    },
    /// Copy a whole installation to another database, of whatever engine, with its files
    Copy(copy::CopyArgs),
    /// Add, list and set workspaces
    #[command(subcommand, after_help = "Example:\n  ferrodesk workspace add Acme --open-ticket-limit 20")]
    Workspace(workspace::WorkspaceCommand),
    /// Add, list and revoke apikeys
    #[command(subcommand, after_help = "Example:\n  ferrodesk apikey add --workspace Acme --name web --json")]
    Apikey(apikey::ApikeyCommand),
    /// Add, list and deactivate users
    #[command(subcommand, after_help = "Example:\n  ferrodesk user list --workspace Acme")]
    User(user::UserCommand),
    /// Add, list, order and deactivate categories
    #[command(subcommand, after_help = "Example:\n  ferrodesk category add --workspace Acme --name Billing")]
    Category(catalogue::CategoryCommand),
    /// Add, list and deactivate tags
    #[command(subcommand, after_help = "Example:\n  ferrodesk tag add --workspace Acme --tag Refund --keyword refund")]
    Tag(catalogue::TagCommand),
    /// Trust identity providers, so that their users' tokens work here
    #[command(subcommand, after_help = "Example:\n  ferrodesk identity-provider list --workspace Acme")]
    IdentityProvider(identity_provider::IdentityProviderCommand),
}

/// Which workspace a command is about.
#[derive(Args)]
struct InWorkspace {
    /// The workspace's name
    #[arg(long, value_name = "NAME")]
    workspace: String,
}

/// How a command answers.
#[derive(Args)]
struct OutputArgs {
    /// Answer in JSON
    #[arg(long)]
    json: bool,
}

/// Parses the command line and runs the command: exit status 0 done, 1 failed, 2 misuse.
#[must_use]
pub fn main() -> ExitCode {
    let cli = Cli::parse();
    match run(cli) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // One line, whatever the causes are made of.
            eprintln!("ferrodesk: {}", format!("{error:#}").replace('\n', " "));
            ExitCode::FAILURE
        }
    }
}

fn run(cli: Cli) -> anyhow::Result<()> {
    let SettingsArgs { data, database, blobs, config } = cli.settings;
    let flags = |listen, read_database| Flags { data, database, read_database, blobs, listen };
    let file = config.as_deref();
    match cli.command {
        Command::Serve(args) => serve::run(Config::load(file, &flags(args.listen, args.read_database))?),
        Command::Demo(args) => demo::run(Config::load(file, &flags(args.listen.clone(), None))?, &args),
        Command::Copy(args) => {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
            runtime.block_on(copy::run(&Config::load(file, &flags(None, None))?, args))
        }
        Command::Backup(args) => {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
            runtime.block_on(backup::run(Config::load(file, &flags(None, None))?, args))
        }
        Command::Restore(args) => {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
            runtime.block_on(restore::run(Config::load(file, &flags(None, None))?, args))
        }
        other => {
            let config = Config::load(file, &flags(None, None))?;
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
            runtime.block_on(administer(other, config))
        }
    }
}

/// Sees to it that a store of attachments answers, before anything is done that needs it.
async fn reach(blobs: &Blobs) -> anyhow::Result<()> {
    let reached = blobs.reach().await.map_err(anyhow::Error::msg);
    reached.context("the store of attachments cannot be reached; look at the settings blobs and s3_…")
}

async fn administer(command: Command, config: Config) -> anyhow::Result<()> {
    let options = StoreOptions {
        readers: 1,
        writers: 1,
        busy_timeout: COMMAND_BUSY_TIMEOUT,
        patience: COMMAND_BUSY_TIMEOUT,
        ..StoreOptions::default()
    };
    let desk = Desk::open(config, &options, StorageMetrics::default())?;
    desk.refuse_half_a_copy().await?;
    let outcome = match command {
        Command::Migrate { output } => {
            output::added(output.json, &json!({ "schema": "up to date" }), "The schema is up to date.")
        }
        Command::ClaimBlobs { output } => {
            reach(&desk.blobs).await?;
            blob_owner::claim(&desk.store, &desk.blobs).await?;
            let said = "The store of attachments is this installation's.";
            output::added(output.json, &json!({ "claimed": true }), said)
        }
        Command::DisclaimBlobs { output } => {
            blob_owner::disclaim(&desk.store, &*desk.entropy).await?;
            let said = "The store of attachments is another installation's; nothing is deleted from it.";
            output::added(output.json, &json!({ "claimed": false }), said)
        }
        Command::Check(args) => check::run(&desk, args).await,
        Command::Workspace(command) => workspace::run(&desk, command).await,
        Command::Apikey(command) => apikey::run(&desk, command).await,
        Command::User(command) => user::run(&desk, command).await,
        Command::Category(command) => catalogue::run_category(&desk, command).await,
        Command::Tag(command) => catalogue::run_tag(&desk, command).await,
        Command::IdentityProvider(command) => identity_provider::run(&desk, command).await,
        Command::Demo(_) | Command::Serve(_) | Command::Copy(_) | Command::Backup(_) | Command::Restore(_) => {
            unreachable!("these open what they need themselves")
        }
    };
    desk.store.close();
    outcome
}

/// An opened installation.
struct Desk {
    config: Config,
    store: Store,
    blobs: Blobs,
    clock: Arc<dyn Clock>,
    entropy: Arc<dyn Entropy>,
}

impl Desk {
    fn open(config: Config, options: &StoreOptions, metrics: StorageMetrics) -> anyhow::Result<Self> {
        private_folder::create(&config.data)
            .with_context(|| format!("cannot use the data folder {}", config.data.display()))?;
        let database = config.database()?;
        let store = database.open(options, metrics).with_context(|| format!("cannot open the database {database}"))?;
        let blobs = Blobs::open(&config.blobs_at()?)?;
        Ok(Self { config, store, blobs, clock: Arc::new(SystemClock), entropy: Arc::new(SystemEntropy) })
    }

    /// Nothing may be done to what `ferrodesk copy` has begun and not finished.
    async fn refuse_half_a_copy(&self) -> anyhow::Result<()> {
        if self.store.read(|tx| Ok(crate::storage::copy::is_unfinished(tx)?)).await? {
            anyhow::bail!(
                "the database is an unfinished copy of another: run `ferrodesk copy`, or `ferrodesk restore`, again to finish it"
            );
        }
        Ok(())
    }

    /// The installation's secret: from the settings, or from where the servers of the installation all find it.
    async fn secret(&self) -> anyhow::Result<Secret> {
        if let Some(given) = self.config.secret()? {
            return Ok(given);
        }
        if self.config.database()?.is_shared() {
            let fresh = Secret::material(&*self.entropy);
            let material = self.store.write(move |tx| shared_secret(tx, fresh.as_bytes())).await?;
            return Ok(Secret::new(&String::from_utf8_lossy(&material), "in the database")?);
        }
        Ok(Secret::load_or_create(&self.config.data, &*self.entropy)?)
    }

    async fn workspace(&self, selected: &InWorkspace) -> Result<Workspace, Error> {
        let name = selected.workspace.clone();
        self.store.read(move |tx| crate::app::manage::workspaces::find(tx, &name)).await
    }
}
