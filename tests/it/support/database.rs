//! A database of a test's own: a SQLite file, or with `TEST_DATABASE=postgres` one on the server at `TEST_POSTGRES`.

use std::path::{Path, PathBuf};
use std::time::Duration;

use ferrodesk::identity::apikey::sha256;
use ferrodesk::storage::{Database, StorageMetrics, Store, StoreOptions};
use rusqlite::OpenFlags;
use tempfile::TempDir;
use tokio_postgres::NoTls;

/// A database that goes with this value.
pub struct TestDatabase {
    database: Database,
    /// What `FERRODESK_DATABASE` would have to be.
    url: String,
    /// To be dropped on the server.
    name: Option<String>,
    /// Where the file is.
    folder: Option<TempDir>,
}

/// Whether tests that do not choose an engine run on PostgreSQL.
pub fn is_postgres() -> bool {
    match std::env::var("TEST_DATABASE").as_deref() {
        Ok("postgres") => true,
        Ok("sqlite") | Err(_) => false,
        Ok(other) => panic!("TEST_DATABASE is {other}: it must be sqlite or postgres"),
    }
}

impl TestDatabase {
    /// An empty database on the engine that the environment chooses; if it is a file, then in `folder`.
    pub fn new(folder: &Path) -> Self {
        if is_postgres() { Self::postgres() } else { Self::sqlite_in(folder) }
    }

    /// A file in a folder of its own.
    pub fn sqlite() -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let mut database = Self::sqlite_in(folder.path());
        database.folder = Some(folder);
        database
    }

    /// A file in `folder`.
    pub fn sqlite_in(folder: &Path) -> Self {
        let path = folder.join("ferrodesk.db");
        let url = format!("sqlite:{}", path.display());
        Self { database: Database::Sqlite(path), url, name: None, folder: None }
    }

    /// A database made from a template that has the schema.
    pub fn postgres() -> Self {
        let template = template();
        // On a server that does not wait for its disk, this takes a third of what copying through the log does.
        Self::create(&format!("TEMPLATE {template} STRATEGY FILE_COPY"))
    }

    /// A database without a schema.
    pub fn empty_postgres() -> Self {
        Self::create("TEMPLATE template0 ENCODING 'UTF8'")
    }

    /// A database that `CREATE DATABASE` makes as `how` says.
    pub fn create(how: &str) -> Self {
        let name = format!("test_{}_{:016x}", std::process::id(), rand_number());
        administer(&format!("CREATE DATABASE {name} {how}"));
        let url = server(&name);
        let database = Database::parse(&url).expect("an address");
        Self { database, url, name: Some(name), folder: None }
    }

    /// Opens the database with few connections: a test has no more to do at once.
    pub fn open(&self) -> Store {
        self.open_with(&StoreOptions::default())
    }

    pub fn open_with(&self, options: &StoreOptions) -> Store {
        self.open_counted(options, StorageMetrics::default())
    }

    /// Opens the database with figures that somebody looks at.
    pub fn open_counted(&self, options: &StoreOptions, metrics: StorageMetrics) -> Store {
        let mut options = options.clone();
        if options.writers == 0 {
            (options.writers, options.readers) = (3, 2);
        }
        if options.patience == StoreOptions::default().patience {
            // Many tests at once make a slow machine.
            options.patience = Duration::from_secs(20);
        }
        self.database.open(&options, metrics).expect("the database opens")
    }

    /// Runs a statement on the database, past the store.
    pub fn run(&self, sql: &str) {
        match &self.database {
            Database::Sqlite(path) => {
                let connection = rusqlite::Connection::open(path).expect("the database");
                connection.execute_batch(sql).unwrap_or_else(|e| panic!("{sql}: {e}"));
            }
            Database::Postgres(_) => run_on(&self.url, sql),
        }
    }

    /// A number from the database, past the store, while somebody else may be writing. None if the table is not there yet.
    pub fn number(&self, sql: &str) -> Option<i64> {
        match &self.database {
            Database::Sqlite(path) => {
                let connection = rusqlite::Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_ONLY).ok()?;
                connection.query_row(sql, [], |row| row.get(0)).ok()
            }
            Database::Postgres(_) => {
                on_a_connection(&self.url, async |client| client.query_one(sql, &[]).await.ok().map(|row| row.get(0)))
            }
        }
    }

    /// Does something while nobody can read or write the table, and gives it back as soon as somebody waits.
    pub fn while_locked<T: Send>(&self, table: &str, work: impl FnOnce() -> T + Send) -> T {
        on_a_connection(&self.url, async |client| {
            let lock = format!("BEGIN; LOCK TABLE {table} IN ACCESS EXCLUSIVE MODE");
            client.batch_execute(&lock).await.expect("the lock");
            let begun = work();
            let waits = "SELECT 1 FROM pg_locks WHERE relation = $1::text::regclass AND NOT granted";
            while client.query(waits, &[&table]).await.expect("a look").is_empty() {}
            client.batch_execute("COMMIT").await.expect("the lock's end");
            begun
        })
    }

    pub fn database(&self) -> &Database {
        &self.database
    }

    pub fn url(&self) -> &str {
        &self.url
    }

    /// The database's name on its server.
    pub fn name(&self) -> &str {
        self.name.as_deref().expect("a database on a server")
    }

    /// The SQLite file.
    pub fn path(&self) -> PathBuf {
        match &self.database {
            Database::Sqlite(path) => path.clone(),
            Database::Postgres(_) => panic!("this database is no file"),
        }
    }
}

impl Drop for TestDatabase {
    fn drop(&mut self) {
        if let Some(name) = &self.name {
            administer(&format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)"));
        }
    }
}

/// The address of database `name` on the server of the tests.
pub fn server(name: &str) -> String {
    let url = std::env::var("TEST_POSTGRES").expect(
        "TEST_POSTGRES is not set: these tests need a PostgreSQL server, which `script/services --postgres -- cargo nextest run` starts",
    );
    on(&url, name)
}

/// The address of database `name` on the streaming replica of the tests' server.
pub fn replica(name: &str) -> String {
    let url = std::env::var("TEST_POSTGRES_REPLICA").expect(
        "TEST_POSTGRES_REPLICA is not set: these tests need a replica, which `script/services --postgres --replica -- cargo nextest run` starts",
    );
    on(&url, name)
}

fn on(url: &str, name: &str) -> String {
    let (address, query) = url.split_once('?').unwrap_or((url, ""));
    let (server, _) = address.rsplit_once('/').expect("an address ends in a database");
    format!("{server}/{name}?{query}")
}

/// Runs statements as the server's superuser, each for itself, on the database that is always there.
pub fn administer(sql: &str) {
    run_on(&server("postgres"), sql);
}

/// Runs statements on a database; no reply is looked at.
pub fn run_on(url: &str, sql: &str) {
    on_a_connection(url, async |client| client.batch_execute(sql).await.unwrap_or_else(|e| panic!("{sql}: {e:?}")));
}

/// On a thread of its own, because the caller may be inside a runtime.
fn on_a_connection<T: Send>(url: &str, work: impl AsyncFnOnce(&tokio_postgres::Client) -> T + Send) -> T {
    std::thread::scope(|scope| {
        let thread = scope.spawn(|| {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
            runtime.block_on(async {
                let (client, connection) = tokio_postgres::connect(url, NoTls).await.expect("the server answers");
                tokio::spawn(connection);
                work(&client).await
            })
        });
        thread.join().expect("the statements run")
    })
}

/// The name of a database that has the schema, made by the first test that asks.
fn template() -> String {
    let mut migrations: Vec<PathBuf> = std::fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/migrations/postgres"))
        .expect("the migrations")
        .map(|entry| entry.expect("a migration").path())
        .collect();
    migrations.sort();
    let text: Vec<u8> = migrations.iter().flat_map(|path| std::fs::read(path).expect("a migration")).collect();
    let name = format!("template_{}", &hex::encode(sha256(&text))[..16]);
    let making = name.clone();
    std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        runtime.block_on(async {
            let (client, connection) =
                tokio_postgres::connect(&server("postgres"), NoTls).await.expect("the server answers");
            tokio::spawn(connection);
            // Tests are processes: they take turns.
            client.batch_execute("SELECT pg_advisory_lock(1)").await.expect("a lock");
            let there = client.query("SELECT 1 FROM pg_database WHERE datname = $1", &[&making]).await.expect("a look");
            if there.is_empty() {
                let unfinished = format!("{making}_unfinished");
                let drop = format!("DROP DATABASE IF EXISTS {unfinished} WITH (FORCE)");
                client.batch_execute(&drop).await.expect("room");
                let create = format!("CREATE DATABASE {unfinished} TEMPLATE template0 ENCODING 'UTF8'");
                client.batch_execute(&create).await.expect("a database");
                let database = Database::parse(&server(&unfinished)).expect("an address");
                let options = StoreOptions { writers: 1, readers: 1, ..StoreOptions::default() };
                std::thread::spawn(move || {
                    database.open(&options, StorageMetrics::default()).expect("the schema is made").close();
                })
                .join()
                .expect("the schema is made");
                let rename = format!("ALTER DATABASE {unfinished} RENAME TO {making}");
                client.batch_execute(&rename).await.expect("a template");
            }
        });
    })
    .join()
    .expect("a template");
    name
}

fn rand_number() -> u64 {
    std::hash::BuildHasher::hash_one(&std::collections::hash_map::RandomState::new(), 0)
}
