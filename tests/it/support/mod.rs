//! A desk to test on: the real router on a real database in a folder of its own, with a clock that is set and
//! randomness that is seeded.

mod client;
pub mod database;
mod desk;
mod fields;
pub mod history;
mod identity_provider;
mod injected;
pub mod logs;
mod openings;
pub mod pages;
pub mod raw;
pub mod s3;

use std::path::Path;
use std::sync::Arc;

use ferrodesk::app::log_in;
use ferrodesk::app::manage::{apikeys, catalogue, users, workspaces};
use ferrodesk::blobs::Blobs;
use ferrodesk::config::{Config, Flags};
use ferrodesk::domain::user::{Application, Email, Requester, Role};
use ferrodesk::domain::{ApplicationId, CategoryId, Clock as _, Entropy, Error, TagId, Timestamp, WorkspaceId};
use ferrodesk::http::metrics::HttpMetrics;
use ferrodesk::http::{AppState, Parts, service};
use ferrodesk::identity::apikey::Apikey;
use ferrodesk::identity::password::Passwords;
use ferrodesk::identity::secret::Secret;
use ferrodesk::identity::token::{AccessTokens, REFRESH_LIFETIME, new_refresh_token};
use ferrodesk::storage::{StorageMetrics, Store, StoreOptions, Tx, queries};
use tempfile::TempDir;

pub use self::database::TestDatabase;
pub use client::{Answer, Client, Encoding, Part, multipart};
pub use desk::*;
pub use fields::{Fields, all_but_request_id, assert_refused, post_raw, reply_to};
pub use identity_provider::{IdentityProvider, KeyPair, Scheme};
pub use injected::{ManualClock, SeededEntropy};

/// What every path of the API begins with.
pub const BASE: &str = "/api/v1";

/// The password of every user.
pub const PASSWORD: &str = "correct horse battery staple";

/// A user of a workspace, signed in.
#[derive(Clone, Debug)]
pub struct SignedIn {
    pub email: String,
    pub requester: Requester,
    pub token: String,
}

/// A workspace with an apikey, a category and a tag.
#[derive(Clone, Debug)]
pub struct TestWorkspace {
    pub id: WorkspaceId,
    pub name: String,
    pub application: ApplicationId,
    pub apikey: String,
    pub category: CategoryId,
    pub tag: TagId,
}

/// A desk.
pub struct TestApp {
    pub state: AppState,
    pub clock: Arc<ManualClock>,
    pub entropy: Arc<SeededEntropy>,
    pub secret: Secret,
    folder: Arc<TempDir>,
    database: Arc<TestDatabase>,
}

impl TestApp {
    /// A desk with the default settings.
    pub fn new() -> Self {
        Self::with(|_| {})
    }

    /// A desk whose settings `adjust` has changed.
    pub fn with(adjust: impl FnOnce(&mut Config)) -> Self {
        let folder = Arc::new(tempfile::tempdir().expect("a temporary folder"));
        let database = Arc::new(TestDatabase::new(folder.path()));
        Self::on(folder, database, adjust)
    }

    /// A desk on a SQLite file, with attachments in files, whatever the environment chooses. All of it is in `folder`.
    pub fn in_files(folder: TempDir) -> Self {
        let database = Arc::new(TestDatabase::sqlite_in(folder.path()));
        Self::on(Arc::new(folder), database, |config| config.blobs = None)
    }

    fn on(folder: Arc<TempDir>, database: Arc<TestDatabase>, adjust: impl FnOnce(&mut Config)) -> Self {
        // Shown with a test that fails.
        let _ = tracing_subscriber::fmt().with_max_level(tracing::Level::DEBUG).with_test_writer().try_init();
        let flags = Flags { data: Some(folder.path().to_owned()), ..Flags::default() };
        let mut config = Config::defaults(&flags).expect("the default settings are right");
        if std::env::var("TEST_BLOBS").is_ok_and(|kind| kind == "s3") {
            s3::use_bucket(&mut config, &s3::prefix_of(folder.path()));
        }
        adjust(&mut config);
        let options =
            StoreOptions { queue: config.storage_queue, writers: config.storage_writers, ..StoreOptions::default() };
        let options = StoreOptions { replica: config.read_database().expect("an address"), ..options };
        let metrics = StorageMetrics::default();
        let store = database.open_counted(&options, metrics.clone());
        let clock = Arc::new(ManualClock::new(Timestamp::from_seconds(1_800_000_000)));
        let entropy = Arc::new(SeededEntropy::new(7));
        Self::assemble(folder, database, config, (store, metrics), clock, entropy)
    }

    fn assemble(
        folder: Arc<TempDir>,
        database: Arc<TestDatabase>,
        config: Config,
        (store, metrics): (Store, StorageMetrics),
        clock: Arc<ManualClock>,
        entropy: Arc<SeededEntropy>,
    ) -> Self {
        let blobs = Blobs::open(&config.blobs_at().expect("a place")).expect("a store of blobs");
        let secret = Secret::load_or_create(folder.path(), &*entropy).expect("a secret");
        let state = AppState::new(Parts {
            config,
            store,
            blobs,
            clock: clock.clone(),
            entropy: entropy.clone(),
            secret: secret.clone(),
            metrics: HttpMetrics::new(&metrics),
        });
        Self { state, clock, entropy, secret, folder, database }
    }

    /// A desk on PostgreSQL, whatever engine other tests run on.
    pub fn on_postgres() -> Self {
        Self::on_postgres_with(|_| {})
    }

    /// The same with other settings.
    pub fn on_postgres_with(change: impl FnOnce(&mut Config)) -> Self {
        let folder = Arc::new(tempfile::tempdir().expect("a temporary folder"));
        Self::on(folder, Arc::new(TestDatabase::postgres()), change)
    }

    /// A desk on SQLite, whatever engine other tests run on.
    pub fn on_sqlite() -> Self {
        let folder = Arc::new(tempfile::tempdir().expect("a temporary folder"));
        Self::on(folder, Arc::new(TestDatabase::sqlite()), |_| {})
    }

    /// Another server on the same data, as on another machine.
    pub fn node(&self) -> Self {
        self.node_with(self.database.open())
    }

    /// Another server on the same data, which it reaches through `store`.
    pub fn node_with(&self, store: Store) -> Self {
        let config = self.state.config().clone();
        let (folder, database) = (Arc::clone(&self.folder), Arc::clone(&self.database));
        let store = (store, StorageMetrics::default());
        Self::assemble(folder, database, config, store, Arc::clone(&self.clock), Arc::clone(&self.entropy))
    }

    /// A stranger at another server on the same data, which takes its randomness from `entropy`.
    pub fn stranger_where_chance_is(&self, entropy: Arc<dyn Entropy>) -> Client {
        let state = AppState::new(Parts {
            config: self.state.config().clone(),
            store: self.state.store().clone(),
            blobs: self.state.blobs().clone(),
            clock: self.clock.clone(),
            entropy,
            secret: self.secret.clone(),
            metrics: HttpMetrics::new(&StorageMetrics::default()),
        });
        Client::new(service(state), Arc::clone(&self.database))
    }

    /// The database under this desk.
    pub fn database(&self) -> &TestDatabase {
        &self.database
    }

    /// Stops this desk and opens another on the same data.
    pub fn restart(self) -> Self {
        let (folder, database) = (Arc::clone(&self.folder), Arc::clone(&self.database));
        self.state.store().close();
        Self::on(folder, database, |_| {})
    }

    /// Another desk on the same data, with other settings.
    pub fn beside(&self, adjust: impl FnOnce(&mut Config)) -> Self {
        Self::on(Arc::clone(&self.folder), Arc::clone(&self.database), adjust)
    }

    /// A desk on a database of the test's choice.
    pub fn on_database(database: TestDatabase, adjust: impl FnOnce(&mut Config)) -> Self {
        let folder = Arc::new(tempfile::tempdir().expect("a temporary folder"));
        Self::on(folder, Arc::new(database), adjust)
    }

    /// The data folder.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Runs `work` in a read-write transaction and gives what it gives.
    pub async fn write<T: Send + 'static>(&self, work: impl Fn(&mut dyn Tx) -> Result<T, Error> + Send + 'static) -> T {
        self.state.store().write(work).await.expect("the write succeeds")
    }

    /// Runs `work` in a read-only transaction and gives what it gives.
    pub async fn read<T: Send + 'static>(&self, work: impl Fn(&mut dyn Tx) -> Result<T, Error> + Send + 'static) -> T {
        self.state.store().read(work).await.expect("the read succeeds")
    }

    /// Opens ten tickets with a comment of a megabyte each, and gives the request whose answer has all of them, as bytes.
    pub async fn ask_for_ten_megabytes(&self, workspace: &TestWorkspace, user: &SignedIn) -> String {
        let client = self.client(workspace, user);
        let (comment, category) = ("x".repeat(1_000_000), workspace.category.to_string());
        for _ in 0..10 {
            let fields = [("subject", "Long"), ("priority", "1"), ("comment", &comment), ("category", &category)];
            client.post(CREATE, Encoding::Urlencoded, &fields).await.ticket_id();
        }
        format!(
            "GET /api/v1/support/get/ticket/history/ HTTP/1.1\r\nHost: desk\r\napikey: {}\r\nAuthorization: Bearer {}\r\n\r\n",
            workspace.apikey, user.token
        )
    }

    /// The answers that are kept for repeats, oldest first.
    pub async fn kept_answers(&self) -> Vec<Vec<u8>> {
        self.kept("SELECT answer FROM idempotency_key ORDER BY created_at, key").await
    }

    /// The only column, of bytes, of what a statement selects.
    pub async fn kept(&self, select: &'static str) -> Vec<Vec<u8>> {
        self.read(|tx| {
            let mut kept = Vec::new();
            tx.query(select, &[], &mut |row| {
                kept.push(row.bytes(0)?.to_vec());
                Ok(())
            })?;
            Ok(kept)
        })
        .await
    }

    /// Adds a workspace with an apikey, a category "Billing" and a tag "Refund".
    pub async fn workspace(&self, name: &str) -> TestWorkspace {
        let key = Apikey::generate(&*self.entropy);
        let apikey = key.reveal().to_owned();
        let at = self.clock.now();
        let name = name.to_owned();
        self.write(move |tx| {
            let id = workspaces::add(tx, &name, 10, true, at)?;
            Ok(TestWorkspace {
                id,
                application: apikeys::add(tx, id, "tests", &key, at)?,
                category: catalogue::add_category(tx, id, "Billing", "Invoices and payments", at)?,
                tag: catalogue::add_tag(tx, id, "Refund", "refund", at)?,
                apikey: apikey.clone(),
                name: name.clone(),
            })
        })
        .await
    }

    /// Adds a user who signs in with [`PASSWORD`], and signs them in.
    pub async fn user(&self, workspace: &TestWorkspace, email: &str, role: Role) -> SignedIn {
        // Hashed once in a process: it takes long on purpose.
        static HASH: tokio::sync::OnceCell<String> = tokio::sync::OnceCell::const_new();
        let entropy = Arc::clone(&self.entropy);
        let hash = HASH
            .get_or_init(async || Passwords::default().hash(PASSWORD, &*entropy).await.expect("a hash"))
            .await
            .clone();
        let address = Email::parse(email).expect("an e-mail address");
        let (id, at) = (workspace.id, self.clock.now());
        let user = self.write(move |tx| users::add(tx, id, &address, role, &hash, at)).await;
        let requester = Requester { workspace: workspace.id, user, role };
        SignedIn { email: email.to_owned(), requester, token: self.sign_in(workspace, requester).await }
    }

    /// A new access token of a new session.
    pub async fn sign_in(&self, workspace: &TestWorkspace, requester: Requester) -> String {
        let application = Application { id: workspace.application, workspace: workspace.id };
        let (_, refresh) = new_refresh_token(&*self.entropy);
        let at = self.clock.now();
        let expires_at = at.plus(REFRESH_LIFETIME);
        let session = self
            .write(move |tx| {
                let user = queries::users::by_id(tx, requester.workspace, requester.user)?.expect("the user");
                log_in::start_session(tx, application, &user, &refresh, at, expires_at)
            })
            .await;
        AccessTokens::new(&self.secret).issue(workspace.id, requester.user, session, at)
    }

    /// A workspace "Acme" and its customer Ann.
    pub async fn acme(&self) -> (TestWorkspace, SignedIn) {
        let acme = self.workspace("Acme").await;
        let ann = self.user(&acme, "ann@customer.example", Role::Customer).await;
        (acme, ann)
    }

    /// A client that sends no credentials.
    pub fn stranger(&self) -> Client {
        Client::new(service(self.state.clone()), Arc::clone(&self.database))
    }

    /// A client that sends a workspace's apikey.
    pub fn application(&self, workspace: &TestWorkspace) -> Client {
        self.stranger().header("apikey", &workspace.apikey)
    }

    /// A client that sends a workspace's apikey and a user's token.
    pub fn client(&self, workspace: &TestWorkspace, user: &SignedIn) -> Client {
        self.application(workspace).header("authorization", &format!("Bearer {}", user.token))
    }

    /// Serves this desk on a port of this machine until the returned guard is dropped.
    pub async fn listen(&self) -> Listening {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("an address");
        let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
        let app = self.state.clone();
        let server = tokio::spawn(async move {
            ferrodesk::http::server::serve(listener, app, async {
                let _ = stopped.await;
            })
            .await;
        });
        Listening { address, stop: Some(stop), server }
    }
}

/// A desk that answers on a port.
pub struct Listening {
    pub address: std::net::SocketAddr,
    stop: Option<tokio::sync::oneshot::Sender<()>>,
    server: tokio::task::JoinHandle<()>,
}

impl Listening {
    /// The address of the API.
    pub fn url(&self) -> String {
        format!("http://{}{BASE}", self.address)
    }

    /// Tells the server to stop and waits until it has.
    pub async fn stop(mut self) {
        drop(self.stop.take());
        self.server.await.expect("the server stops without a panic");
    }
}
