//! What is wrong with a connection, byte by byte: requests that two servers would read differently, and clients that read too
//! slowly. `script/hostile` does it a thousand times at once.

use std::io::{ErrorKind, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::time::{Duration, Instant};

use crate::support::{TestApp, raw};

/// A request that is to be in another's body, or behind it.
const SMUGGLED: &str = "GET /healthz HTTP/1.1\r\nHost: desk\r\n\r\n";

/// How many answers came, by their statuses.
fn statuses(answer: &str) -> Vec<&str> {
    let lines = answer.split("\r\n").filter_map(|line| line.strip_prefix("HTTP/1.1 "));
    lines.map(|rest| rest.split(' ').next().unwrap_or_default()).filter(|status| *status != "100").collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_request_that_two_servers_would_read_differently_is_the_last_of_its_connection() {
    let app = TestApp::new();
    let (acme, ann) = app.acme().await;
    let server = app.listen().await;
    let json = "Content-Type: application/json\r\n";
    let both = format!(
        "{json}Content-Length: {}\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n{SMUGGLED}",
        5 + SMUGGLED.len()
    );
    let both_turned = format!(
        "Transfer-Encoding: chunked\r\n{json}Content-Length: {}\r\n\r\n0\r\n\r\n{SMUGGLED}",
        5 + SMUGGLED.len()
    );
    // What comes after the head's first lines, and what must be answered.
    let rows = [
        (format!("{json}Content-Length: 2\r\nContent-Length: 60\r\n\r\n{{}}{SMUGGLED}"), "400"),
        (format!("{json}Content-Length: 2, 60\r\n\r\n{{}}{SMUGGLED}"), "400"),
        (format!("{json}Content-Length: +2\r\n\r\n{{}}{SMUGGLED}"), "400"),
        (both, "400"),
        (both_turned, "400"),
        (format!("Content-Length: 5\r\nTransfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n{SMUGGLED}"), "400"),
        (format!("Content-Length: 5\r\nTransfer-Encoding: xchunked\r\n\r\n0\r\n\r\n{SMUGGLED}"), "400"),
        (format!("Content-Length: 0\r\nTransfer-Encoding : chunked\r\n\r\n{SMUGGLED}"), "400"),
        (format!("{json}Transfer-Encoding:\u{b}chunked\r\n\r\n0\r\n\r\n{SMUGGLED}"), "400"),
        (format!("{json}Transfer-Encoding: chunked\r\n\r\n-1\r\n{{}}\r\n0\r\n\r\n{SMUGGLED}"), "400"),
        (format!("{json}Transfer-Encoding: chunked\r\n\r\n2\r\n{{}}xx0\r\n\r\n{SMUGGLED}"), "400"),
        (format!("{json}Transfer-Encoding: chunked\r\n\r\nffffffffffffffff1\r\n{{}}\r\n{SMUGGLED}"), "400"),
        (format!("X-Folded: a\r\n b\r\nContent-Length: 0\r\n\r\n{SMUGGLED}"), "400"),
        (format!("X-Null: a\0b\r\nContent-Length: 0\r\n\r\n{SMUGGLED}"), "400"),
    ];
    for (rest, status) in rows {
        let request = format!(
            "POST /api/v1/support/create/ticket/ HTTP/1.1\r\nHost: desk\r\napikey: {}\r\nAuthorization: Bearer {}\r\n{rest}",
            acme.apikey, ann.token
        );
        let answer = raw::exchange(server.address, request).await;
        assert_eq!(statuses(&answer), [status], "{rest:?} was answered {answer}");
    }
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_comes_behind_a_request_takes_nothing_from_its_answer() {
    let app = TestApp::new();
    let server = app.listen().await;
    // Old clients end a body with a line's end that is no part of it.
    let closing =
        "POST /api/v1/user/login/ HTTP/1.1\r\nHost: desk\r\nConnection: close\r\nContent-Length: 0\r\n\r\n\r\n";
    assert_eq!(statuses(&raw::exchange(server.address, closing).await), ["401"]);
    let huge = format!("GET /healthz HTTP/1.1\r\nHost: desk\r\nX-Huge: {}\r\n\r\n", "x".repeat(60_000));
    assert_eq!(statuses(&raw::exchange(server.address, huge).await), ["431"]);
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn http_2_is_not_spoken_and_nothing_is_upgraded_to_it() {
    let app = TestApp::new();
    let server = app.listen().await;
    let answer = raw::exchange(server.address, "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\u{4}\0\0\0\0\0").await;
    assert!(statuses(&answer).iter().all(|status| *status == "400"), "{answer}");
    let upgrade = "GET /healthz HTTP/1.1\r\nHost: desk\r\nConnection: Upgrade, HTTP2-Settings, close\r\nUpgrade: h2c\r\n\
        HTTP2-Settings: AAMAAABkAAQAAP__\r\n\r\n";
    let answer = raw::exchange(server.address, upgrade).await;
    assert_eq!(statuses(&answer), ["200"], "{answer}");
    server.stop().await;
}

/// Reads a few bytes at a time until the server ends the connection, and says how long that took.
fn read_slowly(address: SocketAddr, request: &str) -> (Duration, usize) {
    let mut connection = TcpStream::connect(address).expect("a connection");
    connection.write_all(request.as_bytes()).expect("the request is sent");
    let (began, mut read, mut some) = (Instant::now(), 0, [0; 4096]);
    loop {
        match connection.read(&mut some) {
            Ok(0) => break,
            Err(error) if error.kind() == ErrorKind::ConnectionReset => break,
            more => read += more.expect("bytes, or the end"),
        }
        assert!(began.elapsed() < Duration::from_secs(30), "still open after {read} bytes");
        std::thread::sleep(Duration::from_millis(2));
    }
    (began.elapsed(), read)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_client_that_reads_steadily_but_never_catches_up_is_given_up() {
    let app = TestApp::with(|config| config.answer_timeout_seconds = 2);
    let (acme, ann) = app.acme().await;
    let request = app.ask_for_ten_megabytes(&acme, &ann).await;
    let server = app.listen().await;
    // More than any system keeps for a reader: at two megabytes a second, it takes a minute.
    let request = request.repeat(12);
    let address = server.address;
    let (lasted, read) = tokio::task::spawn_blocking(move || read_slowly(address, &request)).await.expect("a thread");
    assert!(read < 12 * 10_000_000, "all of {read} bytes were sent in {lasted:?}");
    assert!(lasted > Duration::from_secs(2), "it was given up after {lasted:?}");
    server.stop().await;
}

/// Asks, and reads no more than how the answer begins. The rest waits for as long as the connection is kept.
fn ask(address: SocketAddr, request: &str) -> (TcpStream, String) {
    let mut connection = TcpStream::connect(address).expect("a connection");
    connection.write_all(request.as_bytes()).expect("the request is sent");
    let mut beginning = [0; 400];
    let length = connection.read(&mut beginning).expect("an answer begins");
    (connection, String::from_utf8_lossy(&beginning[..length]).into_owned())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn large_answers_that_nobody_reads_are_bounded_together() {
    // On a slow machine, the first would be given up before the last has asked.
    let app = TestApp::with(|config| config.write_timeout_seconds = 600);
    let (acme, ann) = app.acme().await;
    let request = app.ask_for_ten_megabytes(&acme, &ann).await;
    let server = app.listen().await;
    let address = server.address;
    let seen = tokio::task::spawn_blocking(move || {
        let ordinary = request.replace("history/ ", "history/?id=1&limit=1&subject=none ");
        // Thirteen of ten megabytes have room.
        let waiting: Vec<_> = (0..15).map(|_| ask(address, &request)).collect();
        for (place, (_, answer)) in waiting.iter().enumerate() {
            assert!(answer.starts_with(if place < 13 { "HTTP/1.1 200" } else { "HTTP/1.1 503" }), "{place}: {answer}");
        }
        let refused = waiting[14].1.to_ascii_lowercase();
        assert!(refused.contains("retry-after: 1"), "{refused}");
        assert!(ask(address, &ordinary).1.starts_with("HTTP/1.1 200"), "others are served");
        drop(waiting);
        // The server hears of it a moment later.
        (0..100).any(|_| {
            std::thread::sleep(Duration::from_millis(100));
            ask(address, &request).1.starts_with("HTTP/1.1 200")
        })
    });
    assert!(seen.await.expect("a thread"), "there is room again");
    server.stop().await;
}
