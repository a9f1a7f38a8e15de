//! `ferrodesk identity-provider`.

use clap::Subcommand;
use serde_json::json;

use super::{Desk, InWorkspace, OutputArgs, output};
use crate::app::manage::identity_providers;
use crate::domain::workspace::IdentityProvider;
use crate::identity::jwks::ALGORITHMS;

#[derive(Subcommand)]
pub enum IdentityProviderCommand {
    /// Trust an identity provider: its users' tokens then work in this workspace
    #[command(
        after_help = "Example:\n  ferrodesk identity-provider add --workspace Acme --issuer https://id.acme.example --audience support \\\n    --jwks-url https://id.acme.example/.well-known/jwks.json --algorithm RS256"
    )]
    Add {
        #[command(flatten)]
        workspace: InWorkspace,
        /// The `iss` of its tokens, to the letter
        #[arg(long)]
        issuer: String,
        /// The `aud` that its tokens for this desk carry
        #[arg(long)]
        audience: String,
        /// Where its public keys are
        #[arg(long, value_name = "URL")]
        jwks_url: String,
        /// A signature algorithm that it uses; may be given several times
        #[arg(long = "algorithm", value_name = "ALG", default_value = "RS256", value_parser = clap::builder::PossibleValuesParser::new(ALGORITHMS))]
        algorithms: Vec<String>,
        #[command(flatten)]
        output: OutputArgs,
    },
    /// List the identity providers that a workspace trusts
    #[command(after_help = "Example:\n  ferrodesk identity-provider list --workspace Acme")]
    List {
        #[command(flatten)]
        workspace: InWorkspace,
        #[command(flatten)]
        output: OutputArgs,
    },
    /// No longer trust an identity provider
    #[command(
        after_help = "Example:\n  ferrodesk identity-provider remove --workspace Acme --issuer https://id.acme.example"
    )]
    Remove {
        #[command(flatten)]
        workspace: InWorkspace,
        /// The `iss` of its tokens
        #[arg(long)]
        issuer: String,
        #[command(flatten)]
        output: OutputArgs,
    },
}

pub async fn run(desk: &Desk, command: IdentityProviderCommand) -> anyhow::Result<()> {
    match command {
        IdentityProviderCommand::Add { workspace, issuer, audience, jwks_url, algorithms, output } => {
            let workspace = desk.workspace(&workspace).await?.id;
            let at = desk.clock.now();
            let sentence = format!("Tokens of {issuer} for {audience} are accepted.");
            let provider = IdentityProvider { workspace, issuer, audience, jwks_url, algorithms };
            let id = desk.store.write(move |tx| identity_providers::add(tx, &provider, at)).await?;
            output::added(output.json, &json!({ "id": id }), &sentence)?;
        }
        IdentityProviderCommand::List { workspace, output } => {
            let workspace = desk.workspace(&workspace).await?.id;
            let all = desk.store.read(move |tx| identity_providers::list(tx, workspace)).await?;
            let rows: Vec<_> = all
                .iter()
                .map(|p| vec![json!(p.issuer), json!(p.audience), json!(p.jwks_url), json!(p.algorithms.join(" "))])
                .collect();
            output::list(output.json, &["Issuer", "Audience", "Jwks url", "Algorithms"], &rows)?;
        }
        IdentityProviderCommand::Remove { workspace, issuer, output } => {
            let workspace = desk.workspace(&workspace).await?.id;
            let json = json!({ "issuer": issuer });
            let sentence = format!("Tokens of {issuer} are no longer accepted.");
            desk.store.write(move |tx| identity_providers::remove(tx, workspace, &issuer)).await?;
            output::added(output.json, &json, &sentence)?;
        }
    }
    Ok(())
}
