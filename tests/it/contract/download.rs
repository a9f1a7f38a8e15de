//! 7 · `GET support/ticket/download/{attachment_id}/`

use ferrodesk::domain::conversation::Visibility;
use ferrodesk::identity::apikey::sha256;
use http::Method;
use rstest::rstest;
use serde_json::json;

use crate::support::{Answer, CREATE, Client, Desk, all_but_request_id, attachment, download, fields_of, view};

pub const DIGITS: &[u8] = b"0123456789";

/// The file `id`, asked for with one more header.
pub async fn download_with(client: &Client, id: i64, header: (&str, &str)) -> Answer {
    download(&client.clone().header(header.0, header.1), id).await
}

async fn head(client: &Client, id: i64) -> Answer {
    client.send(Method::HEAD, &format!("/support/ticket/download/{id}/"), None, "").await
}

pub fn etag(bytes: &[u8]) -> String {
    format!("\"{}\"", hex::encode(sha256(bytes)))
}

#[track_caller]
fn assert_not_found(answer: &Answer) {
    answer.assert_failure(404, "Not Found", &json!({ "detail": ["Not found."] }));
}

#[tokio::test]
async fn a_file_comes_with_all_that_a_client_needs_and_nothing_that_a_browser_would_run() {
    let desk = Desk::new().await;
    let (_, id) = desk.file("notes.txt", b"Some text").await;
    let file = download(&desk.client, id).await;
    assert_eq!(file.status, 200);
    assert_eq!(file.body, b"Some text");
    for (name, value) in [
        ("content-type", "text/plain; charset=utf-8"),
        ("content-length", "9"),
        ("etag", &*etag(b"Some text")),
        ("accept-ranges", "bytes"),
        ("content-disposition", "attachment; filename=\"notes.txt\""),
        ("x-content-type-options", "nosniff"),
        ("content-security-policy", "default-src 'none'; frame-ancestors 'none'; sandbox"),
        ("cache-control", "private, no-cache"),
    ] {
        assert_eq!(file.header(name), value, "{name}");
    }
    assert!(!file.header("x-request-id").is_empty());
    assert_eq!(file.header("etag"), "\"4c2e9e6da31a64c70623619c449a040968cdbea85945bf384fa30ed2d5d24fa3\"");
}

#[tokio::test]
async fn files_come_back_byte_for_byte() {
    let desk = Desk::new().await;
    let every_byte: Vec<u8> = (0..=255).cycle().take(70_000).collect();
    let mut noise = vec![0; 2_097_152];
    ferrodesk::domain::Entropy::fill(&*desk.app.entropy, &mut noise);
    let like_a_boundary: &[u8] = b"\r\n------ferrodes\r\n--\r\n------ferrodesK--\r\n\r\n";
    for bytes in [&every_byte, &noise, like_a_boundary, b"\r\n", b"\n", b"\0"] {
        let (ticket, id) = desk.file("a.bin", bytes).await;
        let file = download(&desk.client, id).await;
        assert!(file.body == bytes, "{} bytes", bytes.len());
        assert_eq!(file.header("content-length"), bytes.len().to_string());
        assert_eq!(file.header("etag"), etag(bytes));
        desk.close(ticket).await;
    }
}

#[rstest]
#[case::png(b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", "image/png")]
#[case::jpeg(b"\xff\xd8\xff\xe0\0\x10JFIF", "image/jpeg")]
#[case::gif(b"GIF89a\x01\0\x01\0", "image/gif")]
#[case::pdf(b"%PDF-1.7\n", "application/pdf")]
#[case::zip(b"PK\x03\x04\x14\0\0\0", "application/zip")]
#[case::text("Grüße\n\tund 🦀\r\n".as_bytes(), "text/plain; charset=utf-8")]
#[case::html(b"<!DOCTYPE html><script>alert(1)</script>", "text/plain; charset=utf-8")]
#[case::html_without_doctype(b"<html><body onload=alert(1)>", "text/plain; charset=utf-8")]
#[case::svg(b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>", "text/plain; charset=utf-8")]
#[case::xml(b"<?xml version='1.0'?><a/>", "text/plain; charset=utf-8")]
#[case::script(b"#!/bin/sh\nrm -rf /\n", "text/plain; charset=utf-8")]
#[case::latin_1(b"Gr\xfc\xdfe", "application/octet-stream")]
#[case::control_characters(b"a\x01b", "application/octet-stream")]
#[tokio::test]
async fn the_content_type_is_what_the_bytes_say(#[case] bytes: &[u8], #[case] expected: &str) {
    let desk = Desk::new().await;
    // The sender says that it is a page of HTML, in name and in type.
    let fields = desk.ticket_fields();
    let mut body = crate::support::multipart(&[fields.parts(&[]), vec![attachment("page.html", bytes)]].concat());
    let (claimed, shown) = (b"application/octet-stream".as_slice(), b"text/html".as_slice());
    let at = body.windows(claimed.len()).position(|window| window == claimed).expect("a part's type");
    body.splice(at..at + claimed.len(), shown.iter().copied());
    let content_type = "multipart/form-data; boundary=----ferrodesk";
    let ticket = desk.client.send(Method::POST, CREATE, Some(content_type), body).await.ticket_id();
    let id = &desk.view(ticket).await["attachments"][0]["id"];
    let file = download(&desk.client, id).await;
    assert_eq!(file.header("content-type"), expected);
    assert_eq!(file.body, bytes);
}

#[rstest]
#[case::plain("invoice.txt", r#"attachment; filename="invoice.txt""#)]
#[case::spaces("my file (1).txt", r#"attachment; filename="my file (1).txt""#)]
#[case::semicolon("a;b=c.txt", r#"attachment; filename="a;b=c.txt""#)]
#[case::apostrophe("it's.txt", r#"attachment; filename="it's.txt""#)]
#[case::quote(r#"a\"b.txt"#, r#"attachment; filename="a_b.txt"; filename*=UTF-8''a%22b.txt"#)]
#[case::percent("100%.txt", r#"attachment; filename="100_.txt"; filename*=UTF-8''100%25.txt"#)]
#[case::latin("naïve €.txt", r#"attachment; filename="na_ve _.txt"; filename*=UTF-8''na%C3%AFve%20%E2%82%AC.txt"#)]
#[case::crab("it's 🦀.txt", r#"attachment; filename="it's _.txt"; filename*=UTF-8''it%27s%20%F0%9F%A6%80.txt"#)]
#[case::path("../../etc/passwd", r#"attachment; filename="passwd""#)]
#[case::absolute("/etc/passwd", r#"attachment; filename="passwd""#)]
#[case::windows(r"C:\Users\ann\cv.pdf", r#"attachment; filename="cv.pdf""#)]
#[case::parent("..", r#"attachment; filename="attachment""#)]
#[case::here("a/.", r#"attachment; filename="attachment""#)]
#[case::folder("a/b/", r#"attachment; filename="attachment""#)]
#[case::blank("  ", r#"attachment; filename="attachment""#)]
#[case::hidden(".htaccess", r#"attachment; filename=".htaccess""#)]
#[case::tab("a\tb.txt", r#"attachment; filename="ab.txt""#)]
#[case::next_line("a\u{85}\u{9f}b.txt", r#"attachment; filename="ab.txt""#)]
#[tokio::test]
async fn the_name_is_a_harmless_label(#[case] given: &str, #[case] expected: &str) {
    let desk = Desk::new().await;
    let (_, id) = desk.file(given, b"bytes").await;
    assert_eq!(download(&desk.client, id).await.header("content-disposition"), expected);
}

#[tokio::test]
async fn a_name_is_cut_to_255_characters() {
    let desk = Desk::new().await;
    let (_, id) = desk.file(&"é".repeat(300), b"bytes").await;
    let (plain, exact) = ("_".repeat(255), "%C3%A9".repeat(255));
    let expected = format!("attachment; filename=\"{plain}\"; filename*=UTF-8''{exact}");
    assert_eq!(download(&desk.client, id).await.header("content-disposition"), expected);
}

#[tokio::test]
async fn who_has_the_bytes_already_is_told_so() {
    let desk = Desk::new().await;
    let (_, id) = desk.file("a.txt", DIGITS).await;
    let etag = etag(DIGITS);
    for known in [etag.clone(), format!("W/{etag}"), format!("\"other\", {etag}"), "*".to_owned()] {
        let answer = download_with(&desk.client, id, ("if-none-match", &known)).await;
        assert_eq!((answer.status.as_u16(), answer.body.len()), (304, 0), "{known}");
        assert_eq!(answer.header("etag"), etag);
        // RFC 9110, 8.6: absent, or what a 200 would have said.
        assert!(matches!(answer.header("content-length"), "" | "10"), "{}", answer.header("content-length"));
    }
    for other in ["\"other\"", "W/\"other\"", "\"\"", "10"] {
        let answer = download_with(&desk.client, id, ("if-none-match", other)).await;
        assert_eq!((answer.status.as_u16(), answer.body.as_slice()), (200, DIGITS), "{other}");
    }
    let client = desk.client.clone().header("if-none-match", &etag).header("range", "bytes=0-1");
    assert_eq!(download(&client, id).await.status, 304, "a precondition comes before a range");
}

#[tokio::test]
async fn a_connection_goes_on_after_a_304() {
    let desk = Desk::new().await;
    let (_, id) = desk.file("a.txt", DIGITS).await;
    let server = desk.app.listen().await;
    let url = format!("{}/support/ticket/download/{id}/", server.url());
    let connection = reqwest::Client::builder().no_proxy().build().expect("a client");
    for (known, status, bytes) in [("*", 304, b"".as_slice()), ("\"other\"", 200, DIGITS), ("*", 304, b"")] {
        let request = connection.get(&url).header("apikey", &desk.acme.apikey).bearer_auth(&desk.ann.token);
        let answer = request.header("if-none-match", known).send().await.expect("an answer");
        assert_eq!(answer.status(), status);
        assert!(!(status == 304 && answer.headers().contains_key("content-length")));
        assert_eq!(answer.bytes().await.expect("a whole body"), bytes);
    }
    drop(connection);
    server.stop().await;
}

#[tokio::test]
async fn head_gives_the_same_headers_without_the_bytes() {
    let desk = Desk::new().await;
    let (_, id) = desk.file("a.txt", DIGITS).await;
    let get = all_but_request_id(&download(&desk.client, id).await);
    let head_only = head(&desk.client, id).await;
    assert!(head_only.body.is_empty());
    assert_eq!(all_but_request_id(&head_only).headers, get.headers);
    assert_eq!(head_only.status, 200);
    let ranged = head(&desk.client.clone().header("range", "bytes=2-3"), id).await;
    assert_eq!((ranged.status.as_u16(), ranged.header("content-length")), (200, "10"), "only GET knows ranges");
    let known = head(&desk.client.clone().header("if-none-match", &etag(DIGITS)), id).await;
    assert_eq!(known.status, 304);
    let unknown = head(&desk.client, 99).await;
    assert_eq!((unknown.status.as_u16(), unknown.body.len()), (404, 0));
}

#[tokio::test]
async fn unknown_anothers_and_internal_are_one_and_the_same_404() {
    let desk = Desk::new().await;
    let agent = desk.agent().await;
    let (ticket, mine) = desk.file("a.txt", b"mine").await;
    let file = desk.stored("secret.txt", b"internal").await;
    desk.answer(agent, ticket, Visibility::Internal, Some(file)).await;
    // Ids are handed out in order.
    let internal = mine + 1;
    let (globex, gil) = desk.foreigner().await;
    let fields = fields_of(&globex);
    let foreign_ticket = gil.post_parts(CREATE, &fields.parts(&[("a.txt", b"theirs")])).await.ticket_id();
    let foreign = view(&gil, foreign_ticket).await.data()["attachments"][0]["id"].as_i64().expect("an id");
    assert_eq!(foreign, internal + 1, "the note has a file in between");

    let unknown = download(&desk.client, 99).await;
    assert_not_found(&unknown);
    let bob = desk.bob().await;
    let huge = "9".repeat(60);
    let same = [
        download(&bob, mine).await,
        download(&desk.client, internal).await,
        download(&bob, internal).await,
        download(&desk.client, foreign).await,
        download(&gil, mine).await,
        download(&gil, internal).await,
        download(&desk.client, 0).await,
        download(&desk.client, -1).await,
        download(&desk.client, "abc").await,
        download(&desk.client, "1.0").await,
        download(&desk.client, "%20").await,
        download(&desk.client, format!("+{mine}")).await,
        download(&desk.client, format!("%20{mine}")).await,
        download(&desk.client, "%FF").await,
        download(&desk.client, huge).await,
    ];
    for (number, answer) in same.iter().enumerate() {
        assert_eq!(all_but_request_id(answer), all_but_request_id(&unknown), "the answer of index {number}");
    }
    for condition in [("range", "bytes=0-1"), ("range", "bytes=99-"), ("if-none-match", "*")] {
        let answer = download_with(&desk.client, internal, condition).await;
        assert_eq!(all_but_request_id(&answer), all_but_request_id(&unknown), "{condition:?}");
    }
    assert_eq!(download(&desk.client, mine).await.body, b"mine");
}
