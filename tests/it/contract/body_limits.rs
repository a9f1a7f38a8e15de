//! "Bodies": how much is too much, and that it is refused while it streams in.

use axum::body::Body;
use bytes::Bytes;
use http::Method;
use serde_json::json;

use crate::support::{Answer, Client, TestApp, TestWorkspace, raw};

const CREATE: &str = "/support/create/ticket/";
const JSON: &str = "application/json";
const URLENCODED: &str = "application/x-www-form-urlencoded";
const MULTIPART: &str = "multipart/form-data; boundary=b";
const MIB: usize = 1024 * 1024;

async fn ready(body_max_bytes: usize) -> (TestApp, TestWorkspace, Client) {
    let app = TestApp::with(|config| config.body_max_bytes = body_max_bytes);
    let (acme, ann) = app.acme().await;
    let client = app.client(&acme, &ann);
    (app, acme, client)
}

async fn post(client: &Client, content_type: &str, body: impl Into<Body>) -> Answer {
    client.send(Method::POST, CREATE, Some(content_type), body).await
}

#[track_caller]
fn assert_too_large(answer: &Answer) {
    answer.assert_failure(413, "Payload Too Large", &json!({ "detail": ["The request body is too large."] }));
}

/// A body that says nothing of its length and comes in pieces.
fn streamed(pieces: impl IntoIterator<Item = Bytes, IntoIter: Send + 'static>) -> Body {
    let pieces = pieces.into_iter().map(Ok::<_, std::convert::Infallible>);
    Body::from_stream(futures_util::stream::iter(pieces))
}

fn in_pieces(whole: &str) -> Body {
    let pieces: Vec<_> = whole.as_bytes().chunks(4096).map(Bytes::copy_from_slice).collect();
    streamed(pieces)
}

/// A ticket in each kind of body, with so many bytes that mean nothing behind its fields.
fn padded(category: i64, padding: usize) -> [(&'static str, String); 3] {
    let pad = "p".repeat(padding);
    let fields = [("subject", "a"), ("priority", "1"), ("comment", "b"), ("category", &*category.to_string())];
    let part =
        |name: &str, value: &str| format!("--b\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n");
    let parts: String = fields.iter().map(|(name, value)| part(name, value)).collect();
    let pairs: Vec<_> = fields.iter().map(|(name, value)| format!("{name}={value}")).collect();
    let file = "--b\r\nContent-Disposition: form-data; name=\"unknown\"; filename=\"f\"\r\n\r\n";
    [
        (
            JSON,
            format!(
                "{}{}",
                " ".repeat(padding),
                json!({ "subject": "a", "priority": 1, "comment": "b", "category": category })
            ),
        ),
        (URLENCODED, format!("{}&unknown={pad}", pairs.join("&"))),
        (MULTIPART, format!("{parts}{file}{pad}\r\n--b--\r\n")),
    ]
}

#[tokio::test]
async fn a_body_over_the_cap_is_413_whether_it_says_so_or_not() {
    let (_, acme, client) = ready(64 * 1024).await;
    for (content_type, body) in padded(acme.category.0, 60 * 1024) {
        post(&client, content_type, body.clone()).await.ticket_id();
        post(&client, content_type, in_pieces(&body)).await.ticket_id();
    }
    for (content_type, body) in padded(acme.category.0, 64 * 1024) {
        assert_too_large(&post(&client, content_type, body.clone()).await);
        assert_too_large(&post(&client, content_type, in_pieces(&body)).await);
    }
}

#[tokio::test]
async fn the_cap_leaves_room_for_ten_files_of_2_mib() {
    let app = TestApp::new();
    let (acme, ann) = app.acme().await;
    let client = app.client(&acme, &ann);
    let [_, _, (_, form)] = padded(acme.category.0, 0);
    let form = form.strip_suffix("--b--\r\n").expect("the end of the body").to_owned();
    let file = "f".repeat(2 * MIB);
    let part = format!("--b\r\nContent-Disposition: form-data; name=\"attachment\"; filename=\"f\"\r\n\r\n{file}\r\n");
    let id = post(&client, MULTIPART, format!("{form}{}--b--\r\n", part.repeat(10))).await.ticket_id();
    let view = client.get(&format!("/support/ticket/detailed-view/?ticket_id={id}")).await.data();
    assert_eq!(view["attachments"].as_array().expect("a list").len(), 10);
    assert_too_large(&post(&client, MULTIPART, format!("{form}{}--b--\r\n", part.repeat(17))).await);
}

#[tokio::test]
async fn a_length_that_is_too_large_is_refused_before_anything_is_sent() {
    let app = TestApp::new();
    let (acme, ann) = app.acme().await;
    let server = app.listen().await;
    for (content_type, length) in [
        (MULTIPART, "9999999999"),
        (JSON, "99999999"),
        (URLENCODED, "99999999"),
        (JSON, "9999999\r\nExpect: 100-continue"),
    ] {
        let head = format!(
            "POST /api/v1{CREATE} HTTP/1.1\r\nHost: desk\r\nConnection: close\r\napikey: {}\r\n\
             Authorization: Bearer {}\r\nContent-Type: {content_type}\r\nContent-Length: {length}\r\n\r\n",
            acme.apikey, ann.token
        );
        let answer = raw::exchange(server.address, head).await;
        assert!(answer.starts_with("HTTP/1.1 413 "), "{length}: {answer}");
        assert!(answer.contains("\"error_type\":\"Payload Too Large\""), "{answer}");
    }
    server.stop().await;
}

#[tokio::test]
async fn a_body_in_chunks_over_the_cap_is_told_so() {
    let app = TestApp::with(|config| config.body_max_bytes = 64 * 1024);
    let (acme, ann) = app.acme().await;
    let server = app.listen().await;
    let chunk = format!("1000\r\n{}\r\n", " ".repeat(4096));
    let request = format!(
        "POST /api/v1{CREATE} HTTP/1.1\r\nHost: desk\r\nConnection: close\r\napikey: {}\r\nAuthorization: Bearer {}\r\n\
         Content-Type: {JSON}\r\nTransfer-Encoding: chunked\r\n\r\n{}0\r\n\r\n",
        acme.apikey,
        ann.token,
        chunk.repeat(200)
    );
    let answer = raw::exchange(server.address, request).await;
    assert!(answer.starts_with("HTTP/1.1 413 "), "{answer}");
    server.stop().await;
}

#[tokio::test]
async fn too_many_parts_or_fields_are_413() {
    let (_, acme, client) = ready(32 * MIB).await;
    let [_, (_, pairs), (_, form)] = padded(acme.category.0, 0);
    let form = form.strip_suffix("--b--\r\n").expect("the end of the body").to_owned();
    for part in [
        "--b\r\nContent-Disposition: form-data; name=\"x\"\r\n\r\n\r\n",
        "--b\r\nContent-Disposition: form-data; name=\"x\"; filename=\"\"\r\n\r\n\r\n",
        "--b\r\nX: y\r\n\r\n\r\n",
    ] {
        let with = |count| format!("{form}{}--b--\r\n", part.repeat(count));
        post(&client, MULTIPART, with(900)).await.ticket_id();
        assert_too_large(&post(&client, MULTIPART, with(2_000)).await);
        assert_too_large(&post(&client, MULTIPART, in_pieces(&with(2_000))).await);
    }
    post(&client, URLENCODED, format!("{pairs}{}", "&x=".repeat(900))).await.ticket_id();
    assert_too_large(&post(&client, URLENCODED, format!("{pairs}{}", "&x=".repeat(2_000))).await);
}

#[tokio::test]
async fn a_part_of_text_or_a_parts_headers_that_are_absurd_are_413() {
    let (_, _, client) = ready(32 * MIB).await;
    let text =
        format!("--b\r\nContent-Disposition: form-data; name=\"comment\"\r\n\r\n{}\r\n--b--", "t".repeat(2 * MIB));
    let name = format!("--b\r\nContent-Disposition: form-data; name=\"{}\"\r\n\r\n\r\n--b--", "n".repeat(MIB));
    let header = format!("--b\r\nX-Long: {}\r\n\r\n\r\n--b--", "h".repeat(MIB));
    let unfinished = format!("--b\r\n{}", "X-More: x\r\n".repeat(100_000));
    let preamble = format!("{}--b--", "never a boundary\r\n".repeat(100_000));
    for body in [text, name, header, unfinished, preamble] {
        assert_too_large(&post(&client, MULTIPART, in_pieces(&body)).await);
    }
}

#[tokio::test]
async fn texts_that_are_each_allowed_are_bounded_together() {
    let (_, _, client) = ready(32 * MIB).await;
    let part = |n| format!("--b\r\nContent-Disposition: form-data; name=\"x{n}\"\r\n\r\n{}\r\n", "t".repeat(MIB - 1));
    let parts: String = (0..10).map(part).collect();
    assert_too_large(&post(&client, MULTIPART, in_pieces(&format!("{parts}--b--"))).await);
}

#[tokio::test]
async fn json_of_absurdly_many_values_is_413() {
    let (_, acme, client) = ready(32 * MIB).await;
    let with = |more: &str| {
        let fields =
            json!({ "subject": "a", "priority": "1", "comment": "[,{,".repeat(20_000), "category": acme.category });
        format!("{}, \"more\": {more}}}", fields.to_string().strip_suffix('}').expect("an object"))
    };
    post(&client, JSON, with(&format!("[{}0]", "0,".repeat(900)))).await.ticket_id();
    for more in ["0,", "[],", "{},", "[[]],"] {
        let body = with(&format!("[{}0]", more.repeat(1_000_000)));
        assert_too_large(&post(&client, JSON, body.clone()).await);
        assert_too_large(&post(&client, JSON, in_pieces(&body)).await);
    }
    let members = "\"m\":0,".repeat(300_000);
    assert_too_large(&post(&client, JSON, with(&format!("{{{members}\"\":0}}"))).await);
}

#[tokio::test]
async fn who_sends_all_of_a_body_that_nobody_wants_still_gets_the_answer() {
    let app = TestApp::new();
    let (acme, ann) = app.acme().await;
    let server = app.listen().await;
    let user = format!("apikey: {}\r\nAuthorization: Bearer {}\r\n", acme.apikey, ann.token);
    let application = format!("apikey: {}\r\n", acme.apikey);
    for (method, credentials, content_type, mebibytes, status) in [
        ("POST", &user, JSON, 9, 413),
        ("POST", &user, URLENCODED, 20, 413),
        ("POST", &user, MULTIPART, 40, 413),
        ("POST", &user, "text/plain", 8, 415),
        ("POST", &application, MULTIPART, 20, 401),
        ("POST", &String::new(), MULTIPART, 20, 401),
        ("PUT", &user, MULTIPART, 20, 405),
    ] {
        let length = mebibytes * MIB;
        let head = format!(
            "{method} /api/v1{CREATE} HTTP/1.1\r\nHost: desk\r\nConnection: close\r\n{credentials}\
             Content-Type: {content_type}\r\nContent-Length: {length}\r\n\r\n"
        );
        let answer = raw::exchange(server.address, [head.as_bytes(), &vec![b' '; length]].concat()).await;
        assert!(answer.starts_with(&format!("HTTP/1.1 {status} ")), "{answer}");
    }
    server.stop().await;
}

#[tokio::test]
async fn a_connection_goes_on_behind_a_body_that_nobody_wanted() {
    let app = TestApp::new();
    let acme = app.workspace("Acme").await;
    let server = app.listen().await;
    let login = "{\"username\": \"\"}";
    let two = format!(
        "POST /api/v1{CREATE} HTTP/1.1\r\nHost: desk\r\napikey: {0}\r\nContent-Length: {1}\r\n\r\n{2}\
         POST /api/v1/user/login HTTP/1.1\r\nHost: desk\r\napikey: {0}\r\nConnection: close\r\n\
         Content-Type: {JSON}\r\nContent-Length: {3}\r\n\r\n{login}",
        acme.apikey,
        3 * MIB,
        " ".repeat(3 * MIB),
        login.len()
    );
    let answers = raw::exchange(server.address, two).await;
    assert!(answers.starts_with("HTTP/1.1 401 "), "{answers}");
    assert!(answers.contains("HTTP/1.1 400 "), "{answers}");
    assert!(answers.contains("\"username\":[\"This field may not be blank.\"]"), "{answers}");
    server.stop().await;
}
