//! A server as a process: what it reads, what it leaves behind, how it stops, what it notices.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::{Desk, ferrodesk};

/// How soon servers must know what was changed on the command line.
const WITHIN: Duration = Duration::from_secs(1);

/// Asks until the answer is `wanted`, and no longer than changes may take.
async fn becomes(wanted: u16, ask: impl AsyncFn() -> u16) {
    let started = Instant::now();
    loop {
        let status = ask().await;
        if status == wanted {
            return;
        }
        assert!(started.elapsed() < WITHIN, "still {status} after {:?}", started.elapsed());
        tokio::time::sleep(Duration::from_millis(25)).await;
    }
}

#[tokio::test]
async fn a_running_server_sees_what_is_changed_beside_it() {
    let desk = Desk::with_acme();
    desk.add_user("ann@example.com", "customer", "a long enough password");
    let server = desk.serve();
    // All that follows happens while the server runs.
    let new_key = desk.json("apikey add --workspace Acme --name web --json");
    let key = new_key["apikey"].as_str().expect("text");
    let http = reqwest::Client::new();
    let login = [("username", "ann@example.com"), ("password", "a long enough password")];
    let body = login.map(|(name, value)| format!("{name}={}", value.replace(' ', "+"))).join("&");
    let sign_in = async || {
        let request = http.post(server.url("user/login/")).header("apikey", key);
        let request = request.header("content-type", "application/x-www-form-urlencoded").body(body.clone());
        request.send().await.expect("an answer")
    };
    let answer = sign_in().await;
    assert_eq!(answer.status(), 200);
    let tokens: Value = answer.json().await.expect("JSON");
    let bearer = format!("Bearer {}", tokens["access"].as_str().expect("text"));
    let categories = async || {
        let request = http.get(server.url("support/get/category-list/"));
        request.header("apikey", key).header("authorization", &bearer).send().await.expect("an answer")
    };
    let names = async || {
        let list: Value = categories().await.json().await.expect("JSON");
        list["data"]["CategoryList"].as_array().map_or(0, Vec::len)
    };
    assert_eq!(names().await, 0);
    desk.json("category add --workspace Acme --name Billing --json");
    let started = Instant::now();
    while names().await == 0 {
        assert!(started.elapsed() < WITHIN, "a new category is not seen");
        tokio::time::sleep(Duration::from_millis(25)).await;
    }

    desk.json("user deactivate --workspace Acme --email ann@example.com --json");
    becomes(401, async || categories().await.status().as_u16()).await;
    assert_eq!(sign_in().await.status(), 401);
    desk.json("user activate --workspace Acme --email ann@example.com --json");
    becomes(200, async || sign_in().await.status().as_u16()).await;
    // Activated, but the session that was ended stays so.
    assert_eq!(categories().await.status(), 401);

    desk.json("apikey revoke --workspace Acme 1 --json");
    becomes(401, async || sign_in().await.status().as_u16()).await;
    let refused: Value = sign_in().await.json().await.expect("JSON");
    assert_eq!(refused["errors"]["detail"], json!(["Incorrect authentication credentials."]));
}

#[tokio::test]
async fn sigterm_drains_and_folds_the_log() {
    let desk = Desk::with_acme();
    let server = desk.serve();
    let health = reqwest::get(format!("http://{}/readyz", server.address)).await.expect("an answer");
    assert_eq!(health.status(), 200);
    desk.json("category add --workspace Acme --name Billing --json");
    let (status, log) = server.terminate();
    assert_eq!(status, Some(0), "{log}");
    assert!(log.contains("\"stopped\""), "{log}");
    let wal = std::fs::metadata(desk.path().join("ferrodesk.db-wal")).map_or(0, |metadata| metadata.len());
    assert_eq!(wal, 0, "the write-ahead log is folded in");
    assert_eq!(desk.json("category list --workspace Acme --json")[0]["name"], "Billing");
}

#[test]
fn a_request_under_way_is_answered_before_the_server_stops() {
    let desk = Desk::with_acme();
    desk.add_user("ann@example.com", "customer", "a long enough password");
    let added = desk.json("apikey add --workspace Acme --name web --json");
    let server = desk.serve();
    let body = "username=ann@example.com&password=a+long+enough+password";
    let mut connection = TcpStream::connect(&server.address).expect("a connection");
    let head = format!(
        "POST /api/v1/user/login/ HTTP/1.1\r\nHost: desk\r\napikey: {}\r\nContent-Length: {}\r\n\
         Content-Type: application/x-www-form-urlencoded\r\n\r\n",
        added["apikey"].as_str().expect("text"),
        body.len()
    );
    let (first_half, rest) = body.split_at(20);
    connection.write_all(format!("{head}{first_half}").as_bytes()).expect("sent");
    // By the time that another connection is answered, the server has this one.
    let mut other = TcpStream::connect(&server.address).expect("a connection");
    other.write_all(b"GET /healthz HTTP/1.1\r\nHost: desk\r\nConnection: close\r\n\r\n").expect("sent");
    assert!(read_all(&mut other).contains("ok"));

    server.tell_to_stop();
    let started = Instant::now();
    while TcpStream::connect(&server.address).is_ok() {
        assert!(started.elapsed() < WITHIN, "new connections are still accepted");
        std::thread::sleep(Duration::from_millis(10));
    }
    connection.write_all(rest.as_bytes()).expect("sent");
    let answer = read_all(&mut connection);
    assert!(answer.starts_with("HTTP/1.1 200 OK") && answer.contains("\"access\""), "{answer}");
    let mut server = server;
    assert_eq!(server.wait(), Some(0));
}

fn read_all(connection: &mut TcpStream) -> String {
    let mut text = String::new();
    connection.read_to_string(&mut text).expect("an answer");
    text
}

#[test]
fn the_secret_is_the_owners_alone() {
    let desk = Desk::new();
    assert_eq!(desk.serve().terminate().0, Some(0));
    let path = desk.path().join("secret.key");
    let secret = std::fs::read(&path).expect("a secret");
    let mode = |path: &Path| std::fs::metadata(path).expect("a file").permissions().mode() & 0o777;
    assert_eq!(mode(&path), 0o600);
    assert_eq!(desk.serve().terminate().0, Some(0));
    assert_eq!(std::fs::read(&path).expect("a secret"), secret, "the secret is made once");

    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o644)).expect("our own file");
    let refusal = desk.refusal("serve --listen 127.0.0.1:0");
    assert!(refusal.contains("chmod 600"), "{refusal}");
}

#[test]
fn data_are_private() {
    let desk = Desk::new();
    let data = desk.path().join("made/here");
    let output = ferrodesk().arg("migrate").arg("--data").arg(&data).output().expect("runs");
    assert_eq!(output.status.code(), Some(0));
    let mode = |path: &Path| std::fs::metadata(path).expect("it is there").permissions().mode() & 0o777;
    assert_eq!(mode(&data), 0o700);
    // In a folder that somebody else made open to all, what is sensitive is private all the same.
    let desk = Desk::new();
    std::fs::set_permissions(desk.path(), std::fs::Permissions::from_mode(0o755)).expect("our own folder");
    let server = desk.serve();
    for (name, wanted) in
        [("ferrodesk.db", 0o600), ("ferrodesk.db-wal", 0o600), ("blobs", 0o700), ("secret.key", 0o600)]
    {
        assert_eq!(mode(&desk.path().join(name)), wanted, "{name}");
    }
    drop(server);
}

#[test]
fn settings_come_from_file_environment_and_flags_in_turn() {
    let desk = Desk::new();
    let file = desk.path().join("settings.toml");
    let in_file = desk.path().join("in-file");
    std::fs::write(&file, format!("data = \"{}\"\n", in_file.display())).expect("a file");
    let run = |in_environment: Option<&Path>, flag: Option<&Path>| {
        let mut command = ferrodesk();
        command.arg("migrate").arg("--config").arg(&file);
        command.envs(in_environment.map(|path| ("FERRODESK_DATA", path)));
        command.args(flag.map(|path| format!("--data={}", path.display())));
        assert!(command.status().expect("runs").success());
    };
    let has_database = |folder: &Path| folder.join("ferrodesk.db").is_file();
    let (environment, flag) = (desk.path().join("environment"), desk.path().join("flag"));
    run(None, None);
    assert!(has_database(&in_file));
    run(Some(&environment), None);
    assert!(has_database(&environment));
    run(Some(&desk.path().join("unused")), Some(&flag));
    assert!(has_database(&flag) && !has_database(&desk.path().join("unused")));
}
