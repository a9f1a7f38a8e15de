//! S3 that is away, slow, strange or not for us: what the desk does then. No S3 server is needed for it.

use std::time::{Duration, Instant};

use bytes::Bytes;
use ferrodesk::blobs::Blobs;
use ferrodesk::config::{Addressing, BlobsAt, Config, Flags, S3Options};
use ferrodesk::domain::{Error, WorkspaceId};
use ferrodesk::identity::apikey::sha256;
use futures_util::{StreamExt as _, TryStreamExt as _};
use serde_json::json;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use wiremock::matchers::{header, header_exists, header_regex, method, path_regex};
use wiremock::{Mock, MockServer, ResponseTemplate};

use crate::support::{CONVERSATION, CREATE, Desk, Fields, download, s3};

/// How soon a request with a file must be answered while S3 is away.
const WITHIN: Duration = Duration::from_secs(3);

const ACME: WorkspaceId = WorkspaceId(1);
const SECRET: &str = "the-secret-key-of-a-test";

fn use_server(config: &mut Config, address: &str) {
    config.blobs = Some("s3://attachments/acme".to_owned());
    config.s3_endpoint = Some(address.to_owned());
    config.s3_access_key_id = Some("test".into());
    config.s3_secret_access_key = Some(SECRET.into());
    config.s3_timeout_seconds = 2;
}

fn options(address: &str) -> S3Options {
    let mut config = Config::defaults(&Flags::default()).expect("the default settings are right");
    use_server(&mut config, address);
    let BlobsAt::S3(options) = config.blobs_at().expect("settings that can be") else { panic!("a bucket") };
    *options
}

fn bucket_at(address: &str) -> Blobs {
    s3::open(options(address))
}

/// An address on which nobody listens.
async fn nobody() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    format!("http://{}", listener.local_addr().expect("an address"))
}

/// A server that accepts connections, and does `with_each` what it does.
async fn server<F: Future<Output = ()> + Send>(with_each: impl Fn(TcpStream) -> F + Send + 'static) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let address = format!("http://{}", listener.local_addr().expect("an address"));
    tokio::spawn(async move {
        while let Ok((connection, _)) = listener.accept().await {
            with_each(connection).await;
        }
    });
    address
}

/// A server that accepts connections and says nothing.
async fn silent() -> String {
    let kept = std::sync::Arc::new(std::sync::Mutex::new(Vec::new()));
    server(move |connection| {
        kept.lock().expect("no panic").push(connection);
        std::future::ready(())
    })
    .await
}

/// A request with a file is refused in time and leaves nothing; those without files go on.
async fn tickets_without_files_go_on(address: &str) {
    let desk = Desk::with(|config| use_server(config, address)).await;
    let ticket = desk.ticket().await;
    let reply = Fields::new(&[("ticket", &ticket.to_string()), ("comment", "See the file")]);
    let ten: Vec<(&str, &[u8])> = vec![("a.txt", b"bytes"); 10];
    for (path, fields) in [(CREATE, desk.ticket_fields()), (CONVERSATION, reply)] {
        let started = Instant::now();
        let answer = desk.client.post_parts(path, &fields.parts(&ten)).await;
        assert!(started.elapsed() < WITHIN, "{path} took {:?}", started.elapsed());
        answer.assert_failure(
            503,
            "Service Unavailable",
            &json!({ "detail": ["The server is busy. Try again in a moment."] }),
        );
        assert_eq!(answer.headers["retry-after"], "1");
    }
    assert_eq!(desk.tickets().await, 1);
    let view = desk.view(ticket).await;
    assert_eq!((&view["attachments"], &view["conversations"]), (&json!([]), &json!([])));
    assert_eq!(desk.events(ticket).await.len(), 1);
    desk.ticket().await;
}

#[tokio::test]
async fn with_nobody_there_tickets_without_files_go_on() {
    tickets_without_files_go_on(&nobody().await).await;
}

#[tokio::test]
async fn with_a_server_that_never_answers_tickets_without_files_go_on() {
    tickets_without_files_go_on(&silent().await).await;
}

#[tokio::test]
async fn a_download_while_s3_is_away_is_a_503_in_time() {
    let desk = Desk::new().await;
    let (_, file) = desk.file("a.txt", b"bytes").await;
    for address in [nobody().await, silent().await] {
        let client = desk.app.beside(|config| use_server(config, &address)).client(&desk.acme, &desk.ann);
        let started = Instant::now();
        let answer = download(&client, file).await;
        assert!(started.elapsed() < WITHIN, "{:?}", started.elapsed());
        assert_eq!(answer.status, 503);
        assert_eq!(answer.headers["retry-after"], "1");
    }
}

#[tokio::test]
async fn an_upload_is_signed_checked_and_conditional() {
    let s3 = MockServer::start().await;
    let checksum = base64::Engine::encode(&base64::engine::general_purpose::STANDARD, sha256(b"bytes"));
    Mock::given(method("PUT"))
        .and(path_regex("^/attachments/acme/1/[0-9a-f]{2}/[0-9a-f]{64}$"))
        .and(header("if-none-match", "*"))
        .and(header("x-amz-checksum-sha256", checksum.as_str()))
        .and(header("x-amz-content-sha256", hex::encode(sha256(b"bytes")).as_str()))
        .and(header_regex("authorization", "^AWS4-HMAC-SHA256 Credential=test/.*/us-east-1/s3/"))
        .respond_with(ResponseTemplate::new(200).insert_header("etag", "\"e\""))
        .expect(1)
        .mount(&s3)
        .await;
    let blobs = bucket_at(&s3.uri());
    blobs.put(ACME, &sha256(b"bytes"), Bytes::from_static(b"bytes")).await.expect("stored");
}

#[tokio::test]
async fn a_server_without_conditional_puts_is_asked_for_one_once() {
    let s3 = MockServer::start().await;
    let unknown = ResponseTemplate::new(501).set_body_string("<Error><Code>NotImplemented</Code></Error>");
    Mock::given(method("PUT"))
        .and(header_exists("if-none-match"))
        .respond_with(unknown)
        .with_priority(1)
        .mount(&s3)
        .await;
    Mock::given(method("PUT"))
        .respond_with(ResponseTemplate::new(200).insert_header("etag", "\"e\""))
        .expect(2)
        .mount(&s3)
        .await;
    let blobs = bucket_at(&s3.uri());
    for _ in 0..2 {
        blobs.put(ACME, &sha256(b"bytes"), Bytes::from_static(b"bytes")).await.expect("stored");
    }
    let requests = s3.received_requests().await.expect("a record");
    let conditional: Vec<bool> = requests.iter().map(|r| r.headers.contains_key("if-none-match")).collect();
    // The library repeats what fails with a 5xx, and so the first time asks thrice.
    assert_eq!(conditional, [true, true, true, false, false]);
}

#[tokio::test]
async fn a_conflict_is_not_taken_for_bytes_that_are_there() {
    let s3 = MockServer::start().await;
    let conflict = "<Error><Code>ConditionalRequestConflict</Code></Error>";
    Mock::given(method("PUT"))
        .and(header_exists("if-none-match"))
        .respond_with(ResponseTemplate::new(409).set_body_string(conflict))
        .with_priority(1)
        .mount(&s3)
        .await;
    Mock::given(method("HEAD")).respond_with(ResponseTemplate::new(404)).expect(1).mount(&s3).await;
    Mock::given(method("PUT"))
        .respond_with(ResponseTemplate::new(200).insert_header("etag", "\"e\""))
        .expect(1)
        .mount(&s3)
        .await;
    let blobs = bucket_at(&s3.uri());
    blobs.put(ACME, &sha256(b"bytes"), Bytes::from_static(b"bytes")).await.expect("stored");
}

/// Answers a GET with the head of ten bytes, and the first half of them.
async fn answer_half(connection: &mut TcpStream) {
    let mut request = [0; 4096];
    let _ = connection.read(&mut request).await;
    let head = "HTTP/1.1 206 Partial Content\r\nContent-Length: 10\r\nContent-Range: bytes 0-9/10\r\n\
                ETag: \"e\"\r\nLast-Modified: Mon, 23 Nov 2026 10:00:00 GMT\r\n\r\n01234";
    let _ = connection.write_all(head.as_bytes()).await;
}

#[tokio::test]
async fn bytes_are_passed_on_as_they_come() {
    let go_on = std::sync::Arc::new(tokio::sync::Notify::new());
    let may_go_on = std::sync::Arc::clone(&go_on);
    let address = server(move |mut connection| {
        let may_go_on = std::sync::Arc::clone(&may_go_on);
        async move {
            answer_half(&mut connection).await;
            may_go_on.notified().await;
            let _ = connection.write_all(b"56789").await;
        }
    })
    .await;
    let mut stream = bucket_at(&address).get(ACME, &sha256(b"x"), 0..10).await.expect("it is there");
    assert_eq!(stream.next().await.expect("a half").expect("it comes"), "01234");
    go_on.notify_one();
    assert_eq!(stream.next().await.expect("a half").expect("it comes"), "56789");
    assert!(stream.next().await.is_none());
}

#[tokio::test]
async fn a_download_that_breaks_off_is_an_error_and_not_a_short_file() {
    let address = server(|mut connection| async move { answer_half(&mut connection).await }).await;
    let stream = bucket_at(&address).get(ACME, &sha256(b"x"), 0..10).await.expect("it is there");
    let outcome = stream.try_collect::<Vec<Bytes>>().await;
    assert!(matches!(outcome, Err(Error::Busy { .. })), "{outcome:?}");
}

#[test]
fn a_bucket_is_addressed_as_the_settings_say() {
    let mut options = options("https://s3.example.com:9000");
    assert_eq!(options.client_endpoint().as_deref(), Some("https://s3.example.com:9000"));
    options.addressing = Addressing::VirtualHost;
    assert_eq!(options.client_endpoint().as_deref(), Some("https://attachments.s3.example.com:9000"));
    options.endpoint = None;
    assert_eq!(options.client_endpoint(), None);
}

#[test]
fn secrets_are_not_printed() {
    let mut config = Config::defaults(&Flags::default()).expect("the default settings are right");
    use_server(&mut config, "http://127.0.0.1:1");
    let printed = format!("{config:?} {:#?} {:?}", config.blobs_at(), options("http://127.0.0.1:1"));
    assert!(printed.contains("REDACTED") && !printed.contains(SECRET), "{printed}");
}

/// What is made wrong with settings.
type Change<'a> = &'a dyn Fn(&mut Config);

#[test]
fn settings_that_cannot_be_name_the_way_out() {
    let mut right = Config::defaults(&Flags::default()).expect("the default settings are right");
    use_server(&mut right, "https://s3.example.com");
    let file = |text: &str| {
        let file = tempfile::NamedTempFile::new().expect("a file");
        std::fs::write(file.path(), text).expect("written");
        file
    };
    let half = file("[default]\naws_access_key_id = AKIA\n[other]\naws_secret_access_key = its secret\n");
    let broken = file("[default\nits secret\n");
    let cases: [(Change<'_>, &str); 13] = [
        (&|c| c.blobs = Some("gs://bucket".into()), "blobs: must be file:DIR or s3://BUCKET/PREFIX"),
        (&|c| c.blobs = Some("s3://".into()), "blobs: \"\" is no name of a bucket, as in s3://BUCKET/PREFIX"),
        (&|c| c.blobs = Some("s3://b/../c".into()), "blobs: the prefix \"../c\" must be letters"),
        (&|c| c.s3_endpoint = Some("127.0.0.1:9000".into()), "s3_endpoint: must be an address such as https://"),
        (&|c| c.s3_endpoint = Some("https://u:its%20secret@h".into()), "s3_endpoint: must be an address"),
        (&|c| c.s3_endpoint = Some("https://h/bucket".into()), "s3_endpoint: must be an address"),
        (&|c| c.s3_region = String::new(), "s3_region: must be a region"),
        (&|c| c.s3_timeout_seconds = 0, "s3_timeout_seconds: must be 1 or more"),
        (&|c| c.s3_access_key_id = None, "s3_access_key_id: must be set where s3_secret_access_key is"),
        (&|c| c.s3_secret_access_key = None, "s3_secret_access_key: must be set where s3_access_key_id is"),
        (
            &|c| use_file(c, std::path::Path::new("/not/there")),
            "s3_credentials_file: /not/there cannot be read: No such",
        ),
        (&|c| use_file(c, half.path()), "must have aws_access_key_id and aws_secret_access_key in [default]"),
        (&|c| use_file(c, broken.path()), "s3_credentials_file: "),
    ];
    for (change, expected) in cases {
        let mut config = right.clone();
        change(&mut config);
        let refusal = config.blobs_at().expect_err(expected).to_string();
        assert!(refusal.contains(expected), "{refusal}");
        assert!(
            !refusal.contains("secret\n") && !refusal.contains("its secret") && !refusal.contains('\n'),
            "{refusal}"
        );
    }
    let mut config = right.clone();
    config.s3_endpoint = Some("http://127.0.0.1:9000".into());
    config.s3_addressing = Some(Addressing::VirtualHost);
    let refusal = config.blobs_at().expect_err("no host name").to_string();
    assert!(refusal.starts_with("s3_addressing: virtual-host needs a name in s3_endpoint"), "{refusal}");
    config = right;
    (config.s3_access_key_id, config.s3_secret_access_key) = (None, None);
    let refusal = config.blobs_at().expect_err("no credentials").to_string();
    assert!(refusal.contains("s3_credentials_file, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY"), "{refusal}");
}

fn use_file(config: &mut Config, file: &std::path::Path) {
    (config.s3_access_key_id, config.s3_secret_access_key) = (None, None);
    config.s3_credentials_file = Some(file.to_owned());
}

#[test]
fn credentials_come_from_a_file_too() {
    use secrecy::ExposeSecret as _;
    let file = tempfile::NamedTempFile::new().expect("a file");
    let text = "# ours\n[other]\naws_access_key_id = no\naws_secret_access_key = no\n\n[default]\n\
                aws_access_key_id = AKIAEXAMPLE\naws_secret_access_key=a/b+c=;#d:e\naws_session_token = t\n";
    std::fs::write(file.path(), text).expect("written");
    let mut config = Config::defaults(&Flags::default()).expect("the default settings are right");
    use_server(&mut config, "https://s3.example.com");
    use_file(&mut config, file.path());
    let BlobsAt::S3(options) = config.blobs_at().expect("settings that can be") else { panic!("a bucket") };
    let credentials = options.credentials;
    assert_eq!(credentials.access_key_id.expose_secret(), "AKIAEXAMPLE");
    assert_eq!(credentials.secret_access_key.expose_secret(), "a/b+c=;#d:e");
    assert_eq!(credentials.session_token.expect("a token").expose_secret(), "t");
}
