//! S3 that is away, slow, strange or not for us: what the desk does then. No S3 server is needed for it.

use std::time::{Duration, Instant};

use bytes::Bytes;
use ferrodesk::blobs::Blobs;
use ferrodesk::domain::{Error, WorkspaceId};
use ferrodesk::identity::apikey::sha256;
use futures_util::{StreamExt as _, TryStreamExt as _};
use serde_json::json;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use wiremock::matchers::{header, header_exists, header_regex, method, path_regex};
use wiremock::{Mock, MockServer, ResponseTemplate};

use crate::s3_settings::{options, use_server};
use crate::support::{CONVERSATION, CREATE, Desk, Fields, download, s3};

/// How soon a request with a file must be answered while S3 is away.
const WITHIN: Duration = Duration::from_secs(3);

const ACME: WorkspaceId = WorkspaceId(1);

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

/// What S3 answers when it has stored something.
fn stored() -> ResponseTemplate {
    ResponseTemplate::new(200).insert_header("etag", "\"e\"")
}

/// Stores the five bytes that these tests are about.
async fn put_bytes(blobs: &Blobs) -> Result<(), Error> {
    blobs.put(ACME, &sha256(b"bytes"), Bytes::from_static(b"bytes")).await
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
        .respond_with(stored())
        .expect(1)
        .mount(&s3)
        .await;
    let blobs = bucket_at(&s3.uri());
    put_bytes(&blobs).await.expect("stored");
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
    Mock::given(method("PUT")).respond_with(stored()).expect(2).mount(&s3).await;
    let blobs = bucket_at(&s3.uri());
    for _ in 0..2 {
        put_bytes(&blobs).await.expect("stored");
    }
    let requests = s3.received_requests().await.expect("a record");
    let conditional: Vec<bool> = requests.iter().map(|r| r.headers.contains_key("if-none-match")).collect();
    // The library repeats what fails with a 5xx, and so the first time asks thrice.
    assert_eq!(conditional, [true, true, true, false, false]);
}

#[tokio::test]
async fn bytes_that_are_there_whole_are_not_stored_again() {
    let s3 = MockServer::start().await;
    Mock::given(method("PUT")).respond_with(ResponseTemplate::new(412)).expect(1).mount(&s3).await;
    let there = ResponseTemplate::new(200)
        .insert_header("content-length", "5")
        .insert_header("etag", "\"e\"")
        .insert_header("last-modified", "Mon, 23 Nov 2026 10:00:00 GMT");
    Mock::given(method("HEAD")).respond_with(there.set_body_string("bytes")).expect(1).mount(&s3).await;
    let blobs = bucket_at(&s3.uri());
    put_bytes(&blobs).await.expect("there already");
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
    Mock::given(method("PUT")).respond_with(stored()).expect(1).mount(&s3).await;
    let blobs = bucket_at(&s3.uri());
    put_bytes(&blobs).await.expect("stored");
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
