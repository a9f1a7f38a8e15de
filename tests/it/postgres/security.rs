//! TLS, and passwords that stay secret.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use ferrodesk::config::{Config, Flags};
use ferrodesk::storage::{Database, StorageMetrics, Store, StoreOptions};
use rstest::rstest;

use super::proxy::Proxy;
use crate::support::TestDatabase;
use crate::support::logs::Log;

fn ca() -> PathBuf {
    let path = std::env::var("TEST_POSTGRES_TLS_CA").expect(
        "TEST_POSTGRES_TLS_CA is not set: these tests need a server with TLS, which `script/services --postgres -- cargo nextest run` starts",
    );
    path.into()
}

/// The database's address with other options.
fn with_options(database: &TestDatabase, options: &str) -> String {
    format!("{}?{options}", database.url().split_once('?').expect("options").0)
}

fn open(url: &str) -> Result<Store, String> {
    let options = StoreOptions { writers: 1, readers: 1, ..StoreOptions::default() };
    Database::parse(url)?.open(&options, StorageMetrics::default()).map_err(|error| error.to_string())
}

fn refusal(url: &str) -> String {
    open(url).err().expect("a refusal")
}

/// Another authority's certificate.
fn stranger(folder: &Path) -> PathBuf {
    let (key, certificate) = (folder.join("key.pem"), folder.join("ca.pem"));
    let made = std::process::Command::new("openssl")
        .args(["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2"])
        .args(["-subj", "/CN=Stranger", "-keyout"])
        .arg(key)
        .arg("-out")
        .arg(&certificate)
        .output()
        .expect("openssl runs");
    assert!(made.status.success());
    certificate
}

#[rstest]
#[tokio::test]
async fn a_server_with_a_certificate_of_the_named_authority_is_connected_to_with_tls(
    #[values("verify-full", "require")] mode: &str,
    #[values("127.0.0.1", "localhost")] host: &str,
) {
    let database = TestDatabase::postgres();
    let url = with_options(&database, &format!("sslmode={mode}&sslrootcert={}", ca().display()));
    let store = open(&url.replace("127.0.0.1", host)).expect("it opens");
    let encrypted = super::connect(database.url()).await;
    let sql = "SELECT count(*) FROM pg_stat_activity a JOIN pg_stat_ssl s USING (pid)
         WHERE a.datname = current_database() AND a.application_name = 'ferrodesk' AND NOT s.ssl";
    assert_eq!(encrypted.query_one(sql, &[]).await.expect("a count").get::<_, i64>(0), 0);
    assert_eq!(super::sessions(&database, "application_name = 'ferrodesk'").await.min(1), 1);
    store.close();
}

#[tokio::test]
async fn a_certificate_of_another_authority_is_refused() {
    let database = TestDatabase::postgres();
    let folder = tempfile::tempdir().expect("a folder");
    for mode in ["verify-full", "require"] {
        let options = format!("sslmode={mode}&sslrootcert={}", stranger(folder.path()).display());
        let message = refusal(&with_options(&database, &options));
        assert!(message.contains("certificate"), "{message}");
    }
    // The system's authorities do not know it either.
    let message = refusal(&with_options(&database, "sslmode=verify-full"));
    assert!(message.contains("certificate"), "{message}");
}

#[tokio::test]
async fn a_certificate_for_another_host_is_refused() {
    let database = TestDatabase::postgres();
    let url = with_options(&database, &format!("sslmode=verify-full&sslrootcert={}", ca().display()));
    // This machine too, by a name that the certificate has not.
    let message = refusal(
        &url.replace("127.0.0.1", "127.0.0.2")
            .replace(&format!(":{}/", port(&url)), &format!(":{}/", Forwarded::new(&url).port)),
    );
    assert!(message.contains("certificate") && message.contains("127.0.0.2"), "{message}");
}

fn port(url: &str) -> u16 {
    let after = url.split_once('@').expect("a user").1;
    after.split([':', '/']).nth(1).expect("a port").parse().expect("a number")
}

/// The server on another of this machine's addresses.
struct Forwarded {
    port: u16,
}

impl Forwarded {
    fn new(url: &str) -> Self {
        let server = port(url);
        let listener = std::net::TcpListener::bind("127.0.0.2:0").expect("an address of this machine");
        let port = listener.local_addr().expect("an address").port();
        std::thread::spawn(move || {
            for client in listener.incoming() {
                let (Ok(mut client), Ok(mut server)) = (client, std::net::TcpStream::connect(("127.0.0.1", server)))
                else {
                    return;
                };
                let (mut answers, mut asker) =
                    (server.try_clone().expect("a copy"), client.try_clone().expect("a copy"));
                std::thread::spawn(move || std::io::copy(&mut answers, &mut asker));
                std::thread::spawn(move || std::io::copy(&mut client, &mut server));
            }
        });
        Self { port }
    }
}

#[tokio::test]
async fn a_server_without_tls_is_not_spoken_to_in_plain_text() {
    // It says no to TLS, and notes whether anybody goes on without.
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
    let port = listener.local_addr().expect("an address").port();
    let heard = Arc::new(Mutex::new(Vec::new()));
    let ears = Arc::clone(&heard);
    std::thread::spawn(move || {
        use std::io::{Read as _, Write as _};
        for client in listener.incoming() {
            let Ok(mut client) = client else { return };
            let mut request = [0; 8];
            let _ = client.read_exact(&mut request);
            let _ = client.write_all(b"N");
            let mut more = Vec::new();
            let _ = client.read_to_end(&mut more);
            ears.lock().expect("no panic").push(more);
        }
    });
    for options in ["sslmode=verify-full", "sslmode=require"] {
        let message = refusal(&format!("postgres://ferrodesk:s3cret-word@127.0.0.1:{port}/desk?{options}"));
        assert!(message.contains("TLS"), "{message}");
    }
    super::soon(std::time::Duration::from_secs(10), "both came", async || heard.lock().expect("no panic").len() == 2)
        .await;
    assert!(heard.lock().expect("no panic").iter().all(Vec::is_empty), "{heard:?}");
}

#[rstest]
#[case::prefer("postgres://u:s3cret-word@db.example/desk?sslmode=prefer", "verify-full")]
#[case::allow("postgres://u:s3cret-word@db.example/desk?sslmode=allow", "verify-full")]
#[case::verify_ca("postgres://u:s3cret-word@db.example/desk?sslmode=verify-ca", "verify-full")]
#[case::empty("postgres://u:s3cret-word@db.example/desk?sslmode=", "verify-full")]
#[case::unknown_option("postgres://u:s3cret-word@db.example/desk?speed=high", "speed")]
#[case::no_host("postgres:///desk", "host")]
#[case::no_database("postgres://u:s3cret-word@db.example", "database")]
#[case::no_database_either("postgres://u:s3cret-word@db.example/", "database")]
#[case::port("postgres://u:s3cret-word@db.example:many/desk", "port")]
#[case::at("postgres://u:a@s3cret-word@db.example/desk", "%40")]
#[case::at_and_slash("postgres://u:x@y/s3cret-word@db.example/desk", "%40")]
#[case::question_mark("postgres://u:x?s3cret-word=1@db.example/desk", "%3F")]
#[case::question_mark_and_port("postgres://u:1?s3cret-word@db.example/desk", "%3F")]
#[case::slash("postgres://u:x/s3cret-word", "/name")]
#[case::no_root("postgres://u:s3cret-word@db.example/desk?sslrootcert=/nowhere.pem", "/nowhere.pem")]
#[case::no_scheme("u:s3cret-word@db.example/desk", "sqlite:PATH or postgres://")]
#[case::keywords("postgres:host=db.example password=s3cret-word", "postgres://")]
fn an_address_that_cannot_be_used_is_refused_without_repeating_its_password(#[case] url: &str, #[case] helps: &str) {
    let message = Database::parse(url).expect_err("a refusal");
    assert!(message.contains(helps), "{message}");
    assert!(!message.contains("s3cret"), "{message}");
    assert_eq!(message.lines().count(), 1);
}

#[test]
fn a_root_certificate_must_be_one() {
    let file = tempfile::NamedTempFile::new().expect("a file");
    for (text, problem) in
        [("", "no certificate"), ("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n", "")]
    {
        std::fs::write(file.path(), text).expect("a file");
        let url = format!("postgres://u:p@db.example/desk?sslrootcert={}", file.path().display());
        let message = Database::parse(&url).expect_err("a refusal");
        assert!(message.contains("cannot be used") && message.contains(problem), "{message}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_password_appears_in_no_message_and_no_log() {
    let log = Log::caught("trace");
    let database = TestDatabase::postgres();
    let after = database.url().split_once("://postgres:").expect("a password").1;
    let password = after.split_once('@').expect("a host").0.to_owned();
    let proxy = Proxy::to(database.url());
    let url = proxy.url(database.url());
    let parsed = Database::parse(&url).expect("an address");
    let mut said = vec![format!("{parsed} {parsed:?}")];
    let flags = Flags { database: Some(url.clone()), ..Flags::default() };
    let config = Config::defaults(&flags).expect("settings");
    said.push(format!("{config:?} {:?}", config.database()));
    let store = super::impatient(&url);
    store.read(ferrodesk::app::manage::workspaces::list).await.expect("a read");
    proxy.set(super::proxy::Mode::Refuse);
    proxy.cut();
    said.push(format!("{:?}", store.read(ferrodesk::app::manage::workspaces::list).await));
    let wrong = url.replace(&password, "s3cret-word");
    proxy.set(super::proxy::Mode::Forward);
    let other = url.replace(database.name(), "no_such_database");
    said.extend([refusal(&wrong), refusal(&other)]);
    store.close();
    said.push(log.text());
    let said = said.join("\n");
    assert!(said.contains("no_such_database"), "{said}");
    assert!(said.contains("the database does not answer"), "the log was captured");
    assert!(!said.contains(&password) && !said.contains("s3cret-word"), "{said}");
}
