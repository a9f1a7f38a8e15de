//! Names and contents of files that somebody made to do harm: a name is a label and nothing else, and a file is downloaded,
//! never rendered.
//!
//! What exactly becomes of common names and which type the bytes have is in `contract/download.rs`; what pages show of a
//! hostile name, run in two browsers, is in `browser/hostile`.

use ferrodesk::domain::user::Role;
use http::Method;
use percent_encoding::{NON_ALPHANUMERIC, percent_decode_str, percent_encode};

use crate::rights::pages::at_the_console;
use crate::support::pages::post;
use crate::support::{Answer, Client, Desk, PASSWORD, TestApp};

const CREATE: &str = "/support/create/ticket/";

/// The pictures that pages may show.
const RASTER: [&str; 4] = ["image/png", "image/jpeg", "image/gif", "image/webp"];

/// What is in every hostile name, to be looked for on the disk.
const MARK: &str = "h0stile";

/// Names as they stand between the quotes of `filename="…"`.
fn names() -> Vec<Vec<u8>> {
    let mut names: Vec<Vec<u8>> = [
        "h0stile\0.txt",
        "\0",
        "h0stile.txt\0.exe",
        "../h0stile",
        "../../../../../../etc/h0stile",
        "..\\..\\h0stile.ini",
        "....//....//h0stile",
        "..%2f..%2fh0stile",
        "%2e%2e%2fh0stile",
        "..%c0%af..%c0%afh0stile",
        "..\u{2215}..\u{2215}h0stile",
        "/var/lib/h0stile",
        "C:\\h0stile",
        "\\\\server\\share\\h0stile",
        "file:///h0stile",
        "h0stile/",
        ".",
        "..",
        "...",
        "~",
        "~root/h0stile",
        "h0\u{200b}stile\u{feff}.txt",
        "\u{200b}\u{200d}\u{2060}",
        "\u{202e}gpj.h0stile.exe",
        "\u{2066}h0stile\u{2069}\u{202d}.txt",
        "h0stile\u{2028}next.txt",
        "CON",
        "con.h0stile.txt",
        "nul.txt",
        "COM1",
        "LPT9.h0stile",
        "AUX.",
        "h0stile.",
        "h0stile ",
        "h0stile.txt:stream",
        "h0stile::$DATA",
        "h0stile\\\"; filename=\\\"evil.html",
        "h0stile%22; filename=%22evil.html",
        "h0stile';alert(1)//",
        "h0stile%0d%0aX-Evil: 1",
        "h0stile\\r\\nX-Evil: 1",
        "h0stile`id`$(id)|id;id&id",
        "-rf h0stile",
        "<img src=x onerror=alert(1)>h0stile",
        "{{7*7}}${7*7}h0stile",
        "h0stile' OR '1'='1",
        "=cmd|' /C calc'!A0h0stile",
        "h0stile.svg",
        "h0stile.html",
        "h0stile.txt.lnk",
        ".htaccess",
        "web.config",
        "h0stile\t\u{7f}\u{1b}[31m",
        "A\u{30a}\u{301}\u{301}\u{301}h0stile",
        "\u{1f4a9}\u{e0041}h0stile",
    ]
    .iter()
    .map(|name| name.as_bytes().to_vec())
    .collect();
    names.extend([
        "h0stile".repeat(572)[..4_000].into(),
        format!("{}h0stile", "é".repeat(4_000)).into_bytes(),
        format!("{}h0stile", "../".repeat(1_300)).into_bytes(),
        b"h0stile\xff\xfe.txt".to_vec(),
        b"\xc3(h0stile".to_vec(),
        b"\xed\xa0\x80h0stile".to_vec(),
        b"h0stile\r\nX-Evil: 1".to_vec(),
        b"h0stile\nX-Evil: 1".to_vec(),
        b"h0stile\"; filename=\"evil.html".to_vec(),
        b"h0stile\"\r\n\r\n<script>alert(1)</script>".to_vec(),
    ]);
    names
}

/// A ticket's multipart body with a file whose header says `disposition` behind the field's name.
fn body(desk: &Desk, disposition: &[u8], bytes: &[u8]) -> Vec<u8> {
    let mut body = Vec::new();
    for (name, value) in desk.ticket_fields().pairs() {
        let part = format!("--x\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n");
        body.extend_from_slice(part.as_bytes());
    }
    body.extend_from_slice(b"--x\r\nContent-Disposition: form-data; name=\"attachment\"; ");
    body.extend_from_slice(disposition);
    body.extend_from_slice(b"\r\nContent-Type: text/html\r\n\r\n");
    body.extend_from_slice(bytes);
    body.extend_from_slice(b"\r\n--x--\r\n");
    body
}

async fn send(desk: &Desk, disposition: &[u8], bytes: &[u8]) -> Answer {
    let content_type = Some("multipart/form-data; boundary=x");
    desk.client.send(Method::POST, CREATE, content_type, body(desk, disposition, bytes)).await
}

/// The name that a download is to be saved as, read as RFC 6266 has it and no other way.
#[track_caller]
fn saved_as(answer: &Answer) -> String {
    let header = answer.headers["content-disposition"].to_str().expect("visible ASCII alone");
    let quoted = header.strip_prefix("attachment; filename=\"").unwrap_or_else(|| panic!("{header}"));
    let (plain, rest) = quoted.split_once('"').unwrap_or_else(|| panic!("{header}"));
    assert!(!plain.is_empty() && !plain.contains(['\\', '%', '/']), "{header}");
    if rest.is_empty() {
        return plain.to_owned();
    }
    let extended = rest.strip_prefix("; filename*=UTF-8''").unwrap_or_else(|| panic!("{header}"));
    let is_attr_char = |c: char| c.is_ascii_alphanumeric() || "!#$&+-.^_`|~%".contains(c);
    assert!(extended.chars().all(is_attr_char), "{header}");
    percent_decode_str(extended).decode_utf8().expect("UTF-8").into_owned()
}

#[track_caller]
fn assert_a_label(name: &str, given: &[u8]) {
    let given = String::from_utf8_lossy(given);
    let turns = |c: char| matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{200e}' | '\u{200f}');
    assert!(!name.trim().is_empty() && name != "." && name != "..", "{given:?} became {name:?}");
    assert!(!name.chars().any(|c| c.is_control() || turns(c) || "/\\".contains(c)), "{given:?} became {name:?}");
    assert!(name.chars().count() <= 255, "{given:?} became {} characters", name.chars().count());
}

/// What makes an answer one that no browser renders.
#[track_caller]
fn assert_never_rendered(answer: &Answer, told: &str) {
    assert_eq!(answer.status, 200, "{told}");
    assert!(answer.header("content-disposition").starts_with("attachment;"), "{told}");
    assert_eq!(answer.header("x-content-type-options"), "nosniff", "{told}");
    let policy = answer.header("content-security-policy");
    assert!(policy.contains("default-src 'none'") && policy.contains("sandbox"), "{told}: {policy}");
    let kind = answer.header("content-type");
    for active in ["html", "svg", "xml", "javascript"] {
        assert!(!kind.contains(active), "{told}: {kind}");
    }
}

/// Every path below a folder.
fn paths_below(folder: &std::path::Path) -> Vec<String> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).expect("a folder") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                folders.push(path.clone());
            }
            found.push(path.to_string_lossy().into_owned());
        }
    }
    found
}

/// Everybody who may fetch Ann's file `id`, and from where.
async fn doors(desk: &Desk, id: i64) -> Vec<(&'static str, Client, String)> {
    let gus = desk.app.user(&desk.acme, &format!("gus{id}@acme.example"), Role::Agent).await;
    let agent = desk.app.stranger().header("authorization", &format!("Bearer {}", gus.token));
    let stranger = desk.app.stranger();
    let fields = [("workspace", &*desk.acme.name), ("email", &*desk.ann.email), ("password", PASSWORD)];
    let signed_in = post(&stranger, "/help/sign-in", &fields).await;
    let cookie = signed_in.header("set-cookie").split(';').next().expect("a cookie").to_owned();
    vec![
        ("the API", desk.client.clone(), format!("/support/ticket/download/{id}/")),
        ("the staff's API", agent, format!("/desk/attachments/{id}")),
        ("the console", at_the_console(desk, &gus).await, format!("//desk/attachments/{id}")),
        ("the help pages", stranger.header("cookie", &cookie), format!("//help/attachments/{id}")),
    ]
}

async fn file_of(desk: &Desk, ticket: i64) -> Option<i64> {
    desk.view(ticket).await["attachments"][0]["id"].as_i64()
}

#[tokio::test]
async fn a_name_is_a_label_and_nothing_else() {
    let desk = Desk::at(TestApp::in_files(tempfile::tempdir().expect("a folder"))).await;
    desk.set(Some(0), None).await;
    let mut taken = 0;
    for given in names() {
        let told = String::from_utf8_lossy(&given).into_owned();
        let plain = [b"filename=\"", &given[..], b"\""].concat();
        let encoded: String = percent_encode(&given, NON_ALPHANUMERIC).to_string();
        let extended = format!("filename=\"a.txt\"; filename*=UTF-8''{encoded}").into_bytes();
        for disposition in [plain, extended] {
            let answer = send(&desk, &disposition, b"bytes").await;
            // What breaks a header is no body that could be read.
            if answer.status == 400 {
                assert!(answer.json()["errors"].is_object(), "{told}");
                continue;
            }
            let Some(id) = file_of(&desk, answer.ticket_id()).await else { continue };
            let answer = desk.client.get(&format!("/support/ticket/download/{id}/")).await;
            assert_never_rendered(&answer, &told);
            assert_eq!(answer.header("x-evil"), "", "{told}");
            assert_a_label(&saved_as(&answer), &given);
            taken += 1;
        }
    }
    assert!(taken > 100, "{taken} were taken");
    // All had the same bytes: there is one file, called by what they hash to.
    let stored = paths_below(&desk.app.folder().join("blobs"));
    let hash = hex::encode(ferrodesk::identity::apikey::sha256(b"bytes"));
    assert!(stored.iter().any(|path| path.ends_with(&hash)), "{stored:?}");
    for path in paths_below(desk.app.folder()) {
        let below = path.strip_prefix(&*desk.app.folder().to_string_lossy()).expect("below the folder");
        assert!(!below.to_lowercase().contains(MARK) && !below.contains(".."), "{path}");
        assert!(!["con", "nul", "evil"].iter().any(|name| below.to_lowercase().contains(name)), "{path}");
    }
}

/// Contents that are more than one thing, or that browsers run.
fn contents() -> Vec<(&'static str, Vec<u8>)> {
    let script = b"<script>alert(document.domain)</script>";
    let svg = b"<svg xmlns=\"http://www.w3.org/2000/svg\" onload=\"alert(1)\"><script>alert(1)</script></svg>";
    let png = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x01\0\0\0\x01\x08\x06\0\0\0\x1f\x15\xc4\x89";
    vec![
        ("SVG", svg.to_vec()),
        ("SVG behind a mark of byte order", [b"\xef\xbb\xbf<?xml version=\"1.0\"?>\n", &svg[..]].concat()),
        ("SVG in UTF-16", svg.iter().flat_map(|byte| [*byte, 0]).collect()),
        ("SVG, compressed", [b"\x1f\x8b\x08\0\0\0\0\0", &svg[..]].concat()),
        ("HTML", [b"<!DOCTYPE html>", &script[..]].concat()),
        ("HTML behind white space", [&[b' '; 600][..], b"<html>", script].concat()),
        ("HTML in UTF-7", b"+ADw-script+AD4-alert(1)+ADw-/script+AD4-".to_vec()),
        (
            "XHTML",
            [b"<?xml version=\"1.0\"?><html xmlns=\"http://www.w3.org/1999/xhtml\">", &script[..], b"</html>"].concat(),
        ),
        ("XSLT", b"<?xml version=\"1.0\"?><?xml-stylesheet type=\"text/xsl\" href=\"#\"?><a/>".to_vec()),
        (
            "a page in one file",
            b"MIME-Version: 1.0\r\nContent-Type: multipart/related\r\n\r\n<script>alert(1)</script>".to_vec(),
        ),
        ("script", b"alert(document.domain)".to_vec()),
        ("GIF and script", b"GIF89a/*\x01\0\x01\0\0\0\0*/=1;alert(document.domain)//;".to_vec()),
        ("GIF and HTML", [b"GIF89a\x01\0\x01\0\0\0\0", &script[..]].concat()),
        ("PNG and HTML", [&png[..], script].concat()),
        (
            "JPEG and HTML",
            [b"\xff\xd8\xff\xe0\0\x10JFIF\0\x01\x01\0\0\x01\0\x01\0\0\xff\xfe\0\x40", &script[..]].concat(),
        ),
        ("WebP and HTML", [b"RIFF\x60\0\0\0WEBPVP8 ", &script[..]].concat()),
        ("BMP and script", b"BM/*\0\0\0\0*/=1;alert(1)".to_vec()),
        ("PDF with script", b"%PDF-1.7\n1 0 obj<</OpenAction<</S/JavaScript/JS(app.alert(1))>>>>endobj".to_vec()),
        ("PDF and HTML", [b"%PDF-1.7\n", &script[..]].concat()),
        ("ZIP and HTML", [b"PK\x03\x04\x14\0\0\0", &script[..]].concat()),
        ("Flash", b"CWS\x0e\0\0\0\0x\x9c".to_vec()),
        ("a program", b"MZ\x90\0\x03\0\0\0".to_vec()),
        ("an icon", [b"\0\0\x01\0\x01\0", &script[..]].concat()),
        ("AVIF and HTML", [b"\0\0\0\x1cftypavif\0\0\0\0", &script[..]].concat()),
        ("TIFF and HTML", [b"II*\0", &script[..]].concat()),
    ]
}

#[tokio::test]
async fn a_file_is_downloaded_and_never_rendered_but_for_pictures_on_pages() {
    let desk = Desk::new().await;
    desk.set(Some(0), None).await;
    let mut shown = Vec::new();
    for (what, bytes) in contents() {
        let ticket = send(&desk, b"filename=\"page.html\"", &bytes).await.ticket_id();
        let id = file_of(&desk, ticket).await.expect("a file");
        for (door, client, path) in doors(&desk, id).await {
            let told = format!("{what} through {door}");
            let answer = client.get(&path).await;
            assert_never_rendered(&answer, &told);
            assert_eq!(answer.body, bytes, "{told}");
            if !path.starts_with("//") {
                continue;
            }
            let picture = client.get(&format!("{path}/picture")).await;
            if picture.status == 404 {
                continue;
            }
            assert_eq!((picture.status.as_u16(), picture.header("content-disposition")), (200, "inline"), "{told}");
            assert!(RASTER.contains(&picture.header("content-type")), "{told}: {}", picture.header("content-type"));
            assert_eq!(picture.header("x-content-type-options"), "nosniff", "{told}");
            assert!(picture.header("content-security-policy").contains("sandbox"), "{told}");
            shown.push(what);
        }
    }
    // The means of this test are right: some are pictures.
    shown.dedup();
    assert!(shown.len() >= 3 && shown.iter().all(|what| !what.starts_with("SVG")), "{shown:?}");
}
