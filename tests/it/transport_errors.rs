//! Every way in which a request fails before, around or below its endpoint: one table, each row in the envelope.

use std::io::{ErrorKind, Read as _, Write as _};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use axum::body::Body;
use http::Method;
use serde_json::json;

use crate::support::{Answer, CREATE, Client, Encoding, Part, STATUS, TestApp};

/// A failure whose one message is under `detail`.
#[track_caller]
fn assert_detail(answer: &Answer, status: u16, error_type: &str, message: &str) {
    answer.assert_failure(status, error_type, &json!({ "detail": [message] }));
    assert!(!answer.header("x-request-id").is_empty());
}

/// A desk and a signed-in client.
async fn ready() -> (TestApp, Client) {
    let app = TestApp::new();
    let (acme, ann) = app.acme().await;
    let client = app.client(&acme, &ann);
    (app, client)
}

/// Method, path, content type and body of a request; status, error type and message of its answer.
type Row = (Method, &'static str, Option<&'static str>, Body, u16, &'static str, &'static str);

#[tokio::test]
async fn what_the_router_and_the_extractors_refuse() {
    let (app, client) = ready().await;
    let json_type = Some("application/json");
    let multipart = Some("multipart/form-data; boundary=x");
    let deep = format!("{}1{}", "[".repeat(100_000), "]".repeat(100_000));
    let too_long = "x".repeat(9 * 1024 * 1024);
    let many_parts = "--x\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n\r\n".repeat(1001) + "--x--\r\n";
    let long_header = format!("--x\r\nContent-Disposition: form-data; name=\"{}\"\r\n\r\n", "a".repeat(900_000));
    let too_large = "The request body is too large.";
    let rows: [Row; 14] = [
        (Method::GET, "/nowhere/", None, Body::empty(), 404, "Not Found", "Not found."),
        (Method::GET, "//nowhere", None, Body::empty(), 404, "Not Found", "Not found."),
        (Method::GET, "/support/ticket/download/x/", None, Body::empty(), 404, "Not Found", "Not found."),
        (Method::PUT, STATUS, None, Body::empty(), 405, "Method Not Allowed", "Method \"PUT\" not allowed."),
        (
            Method::POST,
            "/support/get/ticket/tags/",
            None,
            Body::empty(),
            405,
            "Method Not Allowed",
            "Method \"POST\" not allowed.",
        ),
        (
            Method::POST,
            STATUS,
            Some("text/plain"),
            "x".into(),
            415,
            "Unsupported Media Type",
            "Unsupported media type \"text/plain\" in request.",
        ),
        (
            Method::POST,
            STATUS,
            None,
            "x".into(),
            415,
            "Unsupported Media Type",
            "Unsupported media type \"\" in request.",
        ),
        (
            Method::POST,
            STATUS,
            json_type,
            "[]".into(),
            400,
            "Validation Error",
            "Invalid data. Expected a dictionary, but got list.",
        ),
        (
            Method::POST,
            STATUS,
            json_type,
            deep.into(),
            400,
            "Parse Error",
            "JSON parse error - nested more than 16 deep",
        ),
        (
            Method::POST,
            STATUS,
            Some("multipart/form-data"),
            "x".into(),
            400,
            "Parse Error",
            "Multipart form parse error - multipart boundary not found in Content-Type",
        ),
        (Method::POST, STATUS, json_type, too_long.clone().into(), 413, "Payload Too Large", too_large),
        (
            Method::POST,
            STATUS,
            Some("application/x-www-form-urlencoded"),
            too_long.into(),
            413,
            "Payload Too Large",
            too_large,
        ),
        (Method::POST, STATUS, multipart, many_parts.into(), 413, "Payload Too Large", too_large),
        (Method::POST, STATUS, multipart, in_chunks(&long_header), 413, "Payload Too Large", too_large),
    ];
    for (method, path, content_type, body, status, error_type, message) in rows {
        let answer = client.send(method.clone(), path, content_type, body).await;
        assert_detail(&answer, status, error_type, message);
        if status == 405 {
            assert!(!answer.header("allow").is_empty() && !answer.header("allow").contains(method.as_str()));
        }
    }
    drop(app);
}

/// A body that arrives piece by piece and does not say how long it is.
fn in_chunks(text: &str) -> Body {
    let chunks: Vec<Result<Vec<u8>, std::io::Error>> =
        text.as_bytes().chunks(8 * 1024).map(|chunk| Ok(chunk.to_vec())).collect();
    Body::from_stream(futures_util::stream::iter(chunks))
}

#[tokio::test]
async fn no_answer_is_guessed_at_and_none_of_an_api_is_kept() {
    let (_app, client) = ready().await;
    for (path, cache) in [
        ("/support/get/category-list/", "no-store"),
        ("/support/get/ticket/history/", "no-store"),
        ("/user/login/", "no-store"),
        ("/support/ticket/download/1/", "no-store"),
        ("/desk/tickets", "no-store"),
        ("/nowhere", ""),
    ] {
        let answer = client.get(path).await;
        assert_eq!(answer.header("x-content-type-options"), "nosniff", "{path}");
        assert_eq!(answer.header("cache-control"), cache, "{path}");
    }
}

#[tokio::test]
async fn broken_json_says_so() {
    let (_app, client) = ready().await;
    for broken in ["{", "{\"ticket\": }", "nonsense", "{\"a\": 1} 2", "\u{feff}{}", "{\"a\": NaN}"] {
        let answer = client.send(Method::POST, STATUS, Some("application/json"), broken.to_owned()).await;
        let message = answer.json()["errors"]["detail"][0].as_str().expect("a message").to_owned();
        assert!(message.starts_with("JSON parse error - "), "{broken}: {message}");
        assert_detail(&answer, 400, "Parse Error", &message);
    }
}

#[tokio::test]
async fn a_body_that_breaks_off_is_malformed() {
    let (_app, client) = ready().await;
    let broken = "--x\r\nContent-Disposition: form-data; name=\"ticket\"\r\n\r\n1";
    let answer = client.send(Method::POST, STATUS, Some("multipart/form-data; boundary=x"), broken).await;
    let message = answer.json()["errors"]["detail"][0].as_str().expect("a message").to_owned();
    assert!(message.starts_with("Multipart form parse error - "), "{message}");
    let breaking = futures_util::stream::iter([Ok("{"), Err(std::io::Error::other("gone"))]);
    let answer = client.send(Method::POST, STATUS, Some("application/json"), Body::from_stream(breaking)).await;
    assert_detail(&answer, 400, "Parse Error", "The request body broke off.");
}

#[tokio::test]
async fn a_fault_of_ours_tells_nothing_of_the_inside() {
    let (app, client) = ready().await;
    app.write(|tx| Ok(tx.execute("ALTER TABLE ticket RENAME TO misplaced", &[])?)).await;
    let answer = client.header("x-request-id", "mine-1").get("/support/get/ticket/history/").await;
    assert_detail(&answer, 500, "Server Error", "A server error occurred.");
    assert_eq!(answer.header("x-request-id"), "mine-1");
}

#[tokio::test]
async fn a_closed_database_is_a_503_that_says_when_to_try_again() {
    let (app, client) = ready().await;
    // Remembered callers and lists still answer; whatever needs the database cannot.
    client.get("/support/get/ticket/tags/").await.data();
    let closing = app.state.store().clone();
    tokio::task::spawn_blocking(move || closing.close()).await.expect("it closes");
    let answer = client.post(STATUS, Encoding::Json, &[("ticket", "1"), ("status", "3")]).await;
    assert_detail(&answer, 503, "Service Unavailable", "The server is busy. Try again in a moment.");
    assert_eq!(answer.header("retry-after"), "1");
    assert_eq!(client.get("//readyz").await.status, 503);
    assert_eq!(client.get("//healthz").await.status, 200);
}

/// Sends `text` on a connection of its own and gives all that comes back until the server closes it.
fn exchange(address: std::net::SocketAddr, text: &str) -> String {
    let mut connection = TcpStream::connect(address).expect("a connection");
    connection.set_read_timeout(Some(Duration::from_secs(20))).expect("a time-out");
    connection.write_all(text.as_bytes()).expect("the request is sent");
    let mut answer = String::new();
    connection.read_to_string(&mut answer).expect("the server closes the connection by itself");
    answer
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_body_that_never_comes_is_timed_out() {
    let app = TestApp::with(|config| config.body_idle_timeout_seconds = 1);
    let (acme, ann) = app.acme().await;
    let server = app.listen().await;
    let request = format!(
        "POST /api/v1{STATUS} HTTP/1.1\r\nHost: desk\r\napikey: {}\r\nAuthorization: Bearer {}\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{{",
        acme.apikey, ann.token
    );
    let address = server.address;
    let answer = tokio::task::spawn_blocking(move || exchange(address, &request)).await.expect("a thread");
    assert!(answer.starts_with("HTTP/1.1 408 "), "{answer}");
    let expected = json!({
        "status_code": 408,
        "error_type": "Parse Error",
        "errors": { "detail": ["The request body did not arrive in time."] },
        "data": {},
    });
    let body: serde_json::Value = serde_json::from_str(answer.split("\r\n\r\n").nth(1).expect("a body")).expect("JSON");
    assert_eq!(body, expected);
    server.stop().await;
}

/// Sends a body byte by byte until the server closes, and gives how long that was, and what was answered.
fn trickle(address: std::net::SocketAddr, head: &str) -> (Duration, String) {
    let mut connection = TcpStream::connect(address).expect("a connection");
    connection.set_read_timeout(Some(Duration::from_millis(100))).expect("a time-out");
    connection.write_all(head.as_bytes()).expect("the head is sent");
    let (began, mut answer) = (Instant::now(), Vec::new());
    let mut read = [0; 4096];
    while began.elapsed() < Duration::from_secs(20) && connection.write_all(b"x").is_ok() {
        match connection.read(&mut read) {
            Ok(0) => break,
            Ok(length) => answer.extend_from_slice(&read[..length]),
            Err(error) if error.kind() == ErrorKind::ConnectionReset => break,
            Err(_) => {}
        }
    }
    (began.elapsed(), String::from_utf8(answer).expect("text"))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_body_that_nobody_wants_is_cut_off_however_steadily_it_trickles() {
    let app = TestApp::with(|config| config.body_idle_timeout_seconds = 1);
    let server = app.listen().await;
    let address = server.address;
    let head = format!("POST /api/v1{STATUS} HTTP/1.1\r\nHost: desk\r\nContent-Length: 60000\r\n\r\n");
    let (lasted, answer) = tokio::task::spawn_blocking(move || trickle(address, &head)).await.expect("a thread");
    assert!(answer.starts_with("HTTP/1.1 401 "), "{answer}");
    assert!(lasted < Duration::from_secs(10), "it was open for {lasted:?}, and may pause for a second");
    server.stop().await;
}

/// Sends a refused body of `count` pieces with a pause before each, and another request behind it, on one connection; gives how
/// long that took, and what was answered.
async fn send_refused(
    address: std::net::SocketAddr,
    count: usize,
    piece: Vec<u8>,
    pause: Duration,
) -> (Duration, String) {
    let head =
        format!("POST /api/v1{STATUS} HTTP/1.1\r\nHost: desk\r\nContent-Length: {}\r\n\r\n", count * piece.len());
    let sent = tokio::task::spawn_blocking(move || {
        let mut connection = TcpStream::connect(address).expect("a connection");
        connection.set_read_timeout(Some(Duration::from_mins(1))).expect("a time-out");
        let began = Instant::now();
        connection.write_all(head.as_bytes()).expect("the head is sent");
        for _ in 0..count {
            std::thread::sleep(pause);
            connection.write_all(&piece).expect("somebody still reads");
        }
        let next = "GET /healthz HTTP/1.1\r\nHost: desk\r\nConnection: close\r\n\r\n";
        connection.write_all(next.as_bytes()).expect("the connection is still of use");
        let mut answers = String::new();
        connection.read_to_string(&mut answers).expect("the server closes the connection by itself");
        (began.elapsed(), answers)
    });
    let (lasted, answers) = sent.await.expect("a thread");
    assert!(answers.starts_with("HTTP/1.1 401 "), "{answers}");
    (lasted, answers)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_refused_body_that_comes_steadily_is_read_to_its_end_however_long_it_takes() {
    let app = TestApp::with(|config| config.body_idle_timeout_seconds = 1);
    let server = app.listen().await;
    let (_, answers) = send_refused(server.address, 10, vec![b'x'; 64 * 1024], Duration::from_millis(300)).await;
    assert!(answers.contains("HTTP/1.1 200 OK"), "{answers}");
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_refused_body_is_read_no_faster_than_it_may_cost() {
    let app = TestApp::new();
    let server = app.listen().await;
    let (lasted, _) = send_refused(server.address, 20, vec![b'x'; 1024 * 1024], Duration::ZERO).await;
    // A pause for each 64 KiB; what comes at once may be more.
    assert!(lasted > Duration::from_millis(300), "20 MiB were read within {lasted:?}");
    server.stop().await;
}

#[tokio::test]
async fn a_form_of_very_many_parts_waits_between_them() {
    let (_app, client) = ready().await;
    let parts = vec![Part::Text("comment", "x"); 992];
    let began = Instant::now();
    assert_eq!(client.post_parts(STATUS, &parts).await.status, 400);
    assert!(began.elapsed() > Duration::from_millis(100), "58 pauses took {:?}", began.elapsed());
}

#[tokio::test]
async fn of_a_file_that_is_too_big_the_rest_is_read_no_faster_than_it_may_cost() {
    let (_app, client) = ready().await;
    let file = vec![b'x'; 20 * 1024 * 1024];
    let parts = [Part::File { field: "attachment", name: "large.bin", bytes: &file }];
    let began = Instant::now();
    assert_eq!(client.post_parts(CREATE, &parts).await.status, 400);
    // A pause for each 64 KiB beyond the first 2 MiB.
    assert!(began.elapsed() > Duration::from_millis(500), "288 pauses took {:?}", began.elapsed());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn headers_that_never_end_are_timed_out() {
    let app = TestApp::with(|config| config.header_timeout_seconds = 1);
    let server = app.listen().await;
    let address = server.address;
    let request = "GET /healthz HTTP/1.1\r\nHost: desk\r\nX-Slow: ".to_owned();
    let answer = tokio::task::spawn_blocking(move || exchange(address, &request)).await.expect("a thread");
    assert!(!answer.contains("200 OK"), "{answer}");
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_is_told_to_stop_finishes_what_it_accepted() {
    let app = TestApp::new();
    let (acme, ann) = app.acme().await;
    let server = app.listen().await;
    let body = format!("subject=Late&priority=1&comment=But+there&category={}", acme.category);
    let head = format!(
        "POST /api/v1/support/create/ticket/ HTTP/1.1\r\nHost: desk\r\napikey: {}\r\nAuthorization: Bearer {}\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: {}\r\nExpect: 100-continue\r\n\r\n",
        acme.apikey,
        ann.token,
        body.len()
    );
    let mut connection = TcpStream::connect(server.address).expect("a connection");
    connection.write_all(head.as_bytes()).expect("the head is sent");
    // The server has begun with the request once it asks for the body.
    let mut asked = [0; 25];
    let (mut connection, asked) = tokio::task::spawn_blocking(move || {
        connection.read_exact(&mut asked).expect("the server asks for the body");
        (connection, asked)
    })
    .await
    .expect("a thread");
    assert!(asked.starts_with(b"HTTP/1.1 100 Continue"));
    let address = server.address;
    let stopping = tokio::spawn(server.stop());
    tokio::task::spawn_blocking(move || {
        // No longer accepting shows as a refused connection.
        while TcpStream::connect(address).is_ok() {
            std::thread::yield_now();
        }
        connection.write_all(body.as_bytes()).expect("the body is sent");
        let mut answer = String::new();
        connection.read_to_string(&mut answer).expect("the server closes the connection by itself");
        assert!(answer.starts_with("HTTP/1.1 200 OK"), "{answer}");
    })
    .await
    .expect("a thread");
    stopping.await.expect("it stops");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_client_that_reads_nothing_is_given_up() {
    let app = TestApp::with(|config| config.write_timeout_seconds = 1);
    let (acme, ann) = app.acme().await;
    let request = app.ask_for_ten_megabytes(&acme, &ann).await;
    let server = app.listen().await;
    let mut connection = TcpStream::connect(server.address).expect("a connection");
    connection.write_all(request.as_bytes()).expect("the request is sent");
    // Stopping waits for the answer to be sent, or given up.
    server.stop().await;
    let mut read = Vec::new();
    // A connection that was cut off may show as an error too.
    let _ = connection.read_to_end(&mut read);
    assert!(read.len() < 10_000_000, "all of {} bytes were sent", read.len());
}
