//! `ferrodesk demo`.

mod crowd;
mod sample;

use std::net::SocketAddr;

use anyhow::Context as _;
use clap::Args;

use super::{Desk, output, serve};
use crate::app::list_catalogue::list_categories;
use crate::app::manage::{apikeys, workspaces};
use crate::config::{Config, LogFormat};
use crate::domain::{CategoryId, Error};
use crate::identity::apikey::Apikey;
use crate::identity::secret::Secret;

/// The workspace that the demo lives in.
const WORKSPACE: &str = "Demo";

/// Start a workspace with sample data, ready to call.
#[derive(Args)]
#[command(after_help = "Example:\n  ferrodesk demo --listen 127.0.0.1:8080 --data ./demo-data")]
pub struct DemoArgs {
    /// Where to listen [default: 127.0.0.1:8080] [env: FERRODESK_LISTEN]
    #[arg(long, value_name = "ADDR")]
    pub listen: Option<String>,
    /// Generated tickets beside the samples, when the demo is made
    #[arg(long, value_name = "N", default_value_t = 0)]
    tickets: u64,
}

pub fn run(mut config: Config, args: &DemoArgs) -> anyhow::Result<()> {
    let tickets = args.tickets;
    // Somebody looks at it: the keys and the curl lines should stay in sight.
    config.log_format = LogFormat::Pretty;
    if config.log == "info" {
        "info,ferrodesk::request=warn".clone_into(&mut config.log);
    }
    serve::start(config, async |desk, secret, address| {
        let key = Apikey::from_bits(&secret.derive("demo apikey")[..24]);
        let category = prepare(desk, secret, &key, tickets).await?;
        output::line(welcome(&desk.config, secret, &key, category, address))
    })
}

/// Makes the workspace at the first start, and sees to its apikey at every one. Key and passwords are derived from the
/// installation's secret: the same at every start, and known to nobody else. Gives a category to open tickets in.
async fn prepare(desk: &Desk, secret: &Secret, key: &Apikey, tickets: u64) -> anyhow::Result<CategoryId> {
    let is_there = desk.store.read(|tx| workspaces::find(tx, WORKSPACE)).await;
    let workspace = match is_there {
        Ok(workspace) => workspace.id,
        Err(Error::Misuse(_)) => {
            let workspace = sample::fill(desk, secret, WORKSPACE).await?;
            crowd::fill(desk, workspace, tickets).await?;
            workspace
        }
        Err(error) => return Err(error.into()),
    };
    let key = key.clone();
    let at = desk.clock.now();
    let categories = desk
        .store
        .write(move |tx| {
            apikeys::add(tx, workspace, "demo", &key, at)?;
            list_categories(tx, workspace)
        })
        .await?;
    let first = categories.first().context("the demo's categories are all inactive: activate one")?;
    Ok(first.id)
}

fn welcome(config: &Config, secret: &Secret, key: &Apikey, category: CategoryId, address: SocketAddr) -> String {
    let base = format!("http://{address}{}", config.base_path());
    let key = key.reveal();
    let logins = sample::PEOPLE
        .iter()
        .filter(|person| person.is_shown)
        .map(|person| {
            format!("  {:<8}  {:<24}  {}\n", person.role, person.email, sample::password(secret, person.email))
        })
        .collect::<Vec<_>>()
        .concat();
    let ann = sample::PEOPLE[0].email;
    let agent = sample::AGENT;
    let agent_password = sample::password(secret, agent);
    let password = sample::password(secret, ann);
    format!(
        r#"
Ferrodesk is ready at http://{address} (data in {data}).

  the desk        http://{address}/desk     sign in as {agent}
                  with the password {agent_password}
  customers' help http://{address}/help     sign in as {ann}
                  with the password {password}
  the API         http://{address}/docs

apikey
  {key}

logins
{logins}
Four lines to paste:

TOKEN=$(curl -s {base}/user/login/ -H 'apikey: {key}' -d username={ann} -d password={password} | sed 's/.*"access":"\([^"]*\)".*/\1/')
curl -s {base}/support/get/category-list/ -H 'apikey: {key}' -H "Authorization: Bearer $TOKEN"
curl -si {base}/support/create/ticket/ -H 'apikey: {key}' -H "Authorization: Bearer $TOKEN" -F subject='Hello from curl' -F priority=2 -F comment='My first ticket' -F category={category} -F attachment=@/etc/hostname
curl -s {base}/support/get/ticket/history/ -H 'apikey: {key}' -H "Authorization: Bearer $TOKEN"

Stop it with Ctrl-C; the same command starts it again with the same data.
"#,
        data = config.data.display(),
    )
}
