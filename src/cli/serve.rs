//! `ferrodesk serve`.

use std::io::{IsTerminal as _, Write as _};
use std::net::SocketAddr;
use std::time::Duration;

use anyhow::Context as _;
use clap::Args;
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};
use tracing_subscriber::EnvFilter;

use super::Desk;
use crate::config::{Config, LogFormat};
use crate::http::metrics::HttpMetrics;
use crate::http::{AppState, Parts, server};
use crate::identity::secret::Secret;
use crate::jobs::{self, blob_owner};
use crate::storage::{StorageMetrics, Store, StoreOptions};

/// How often the server asks whether the disk has failed it.
const LOOK_AT_DISK_EVERY: Duration = Duration::from_millis(100);

/// Turns of tasks after which a thread sees what connections have to say (tokio: 61), so that those who always have much to
/// read do not keep it from the others.
const EVENT_INTERVAL: u32 = 16;

/// Start the server.
#[derive(Args)]
#[command(after_help = "Example:\n  ferrodesk serve --data /var/lib/ferrodesk --listen 127.0.0.1:8080")]
pub struct ServeArgs {
    /// Where to listen [default: 127.0.0.1:8080] [env: FERRODESK_LISTEN]
    #[arg(long, value_name = "ADDR")]
    pub listen: Option<String>,
    /// A streaming replica to read from where that shows no less [default: none] [env: FERRODESK_READ_DATABASE]
    #[arg(long, value_name = "URL")]
    pub read_database: Option<String>,
}

pub fn run(config: Config) -> anyhow::Result<()> {
    start(config, async |_: &Desk, _: &Secret, _: SocketAddr| Ok(()))
}

/// Opens the installation, lets `prepare` do what it must before the first request, and serves until told to stop.
pub fn start(
    config: Config,
    prepare: impl AsyncFnOnce(&Desk, &Secret, SocketAddr) -> anyhow::Result<()>,
) -> anyhow::Result<()> {
    log_to_standard_error(&config)?;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().event_interval(EVENT_INTERVAL).build()?;
    runtime.block_on(async {
        let metrics = StorageMetrics::default();
        let options = StoreOptions {
            queue: config.storage_queue,
            readers: config.storage_readers,
            writers: config.storage_writers,
            replica: config.read_database()?,
            ..StoreOptions::default()
        };
        let desk = Desk::open(config, &options, metrics.clone())?;
        desk.refuse_half_a_copy().await?;
        let secret = desk.secret().await?;
        let wanted = desk.config.listen;
        let listener = TcpListener::bind(wanted)
            .await
            .with_context(|| format!("cannot listen on {wanted}: choose another address with --listen"))?;
        let address = listener.local_addr()?;
        prepare(&desk, &secret, address).await?;
        let store = desk.store.clone();
        let app = AppState::new(Parts {
            config: desk.config,
            store: desk.store,
            blobs: desk.blobs,
            clock: desk.clock,
            entropy: desk.entropy,
            secret,
            metrics: HttpMetrics::new(&metrics),
        });
        let told = stop_signal()?;
        let broken = store.clone();
        let stop = async move {
            tokio::select! {
                () = told => {}
                () = is_broken(&broken) => {}
            }
        };
        tracing::info!(%address, version = env!("CARGO_PKG_VERSION"), "listening");
        let jobs = tokio::spawn(jobs::run(app.clone()));
        tokio::spawn(look_at_blobs(app.clone()));
        server::serve(listener, app, stop).await;
        tracing::info!("stopping");
        jobs.abort();
        store.close();
        anyhow::ensure!(
            !store.is_broken(),
            "the disk refused to sync the database, so what is read may not be on it: start again"
        );
        tracing::info!("stopped");
        Ok(())
    })
}

/// Says what is wrong with the store of attachments, while requests come in.
async fn look_at_blobs(app: AppState) {
    if let Err(error) = app.blobs().reach().await {
        tracing::warn!(error, "the store of attachments cannot be reached: tickets without files go on");
        return;
    }
    match blob_owner::is_ours(app.store(), app.blobs()).await {
        Ok(true) => {}
        Ok(false) => tracing::warn!("{}", blob_owner::NOT_OURS),
        Err(error) => tracing::warn!(?error, "whose the store of attachments is cannot be told"),
    }
}

/// Resolves when the process must end because of its disk.
async fn is_broken(store: &Store) {
    while !store.is_broken() {
        tokio::time::sleep(LOOK_AT_DISK_EVERY).await;
    }
}

/// Resolves at SIGTERM or SIGINT.
fn stop_signal() -> std::io::Result<impl Future<Output = ()>> {
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    Ok(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
    })
}

fn log_to_standard_error(config: &Config) -> anyhow::Result<()> {
    // The migrations' library tells at length what it does not do, that of S3 what it tries again, and TLS's says itself
    // what we say of a certificate. Whoever names them in the setting still hears them.
    let directives = format!("refinery_core=warn,object_store=warn,rustls_platform_verifier=off,{}", config.log);
    let filter = EnvFilter::try_new(directives).with_context(|| format!("log: \"{}\" is no filter", config.log))?;
    let builder = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    match config.log_format {
        LogFormat::Json => builder.json().flatten_event(true).with_current_span(false).with_span_list(false).init(),
        LogFormat::Pretty => builder.with_ansi(std::io::stderr().is_terminal()).init(),
    }
    // A panic's message belongs in the log too.
    std::panic::set_hook(Box::new(|panic| {
        tracing::error!(panic = %panic, "panicked");
        let _ = std::io::stderr().flush();
    }));
    Ok(())
}
