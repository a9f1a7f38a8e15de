//! The command line through the built binary, as scripts and operators use it.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tempfile::TempDir;

/// How long anything may take here before the test gives up on it.
const PATIENCE: Duration = Duration::from_secs(30);

/// How soon servers must know what was changed on the command line.
const WITHIN: Duration = Duration::from_secs(1);

/// A data folder, and commands on it.
struct Desk {
    folder: TempDir,
}

impl Desk {
    fn new() -> Self {
        Self { folder: tempfile::tempdir().expect("a temporary folder") }
    }

    /// A desk with the workspace Acme.
    fn with_acme() -> Self {
        let desk = Self::new();
        desk.json("workspace add Acme --json");
        desk
    }

    fn path(&self) -> &Path {
        self.folder.path()
    }

    fn command(&self, args: &[&str]) -> Command {
        let mut command = ferrodesk();
        command.args(args).env("FERRODESK_DATA", self.path());
        command
    }

    /// Runs a command line of words without spaces in them.
    fn run(&self, line: &str) -> Output {
        self.run_with(line, "")
    }

    /// Runs a command line, with `input` on its standard input.
    fn run_with(&self, line: &str, input: &str) -> Output {
        let words: Vec<_> = line.split_whitespace().collect();
        let mut command = self.command(&words);
        let mut child =
            command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("runs");
        // A command that refuses its arguments may be gone before it reads.
        let _ = child.stdin.take().expect("a pipe").write_all(input.as_bytes());
        ended(child)
    }

    /// Runs a command that succeeds, and gives the JSON that it prints.
    #[track_caller]
    fn json(&self, line: &str) -> Value {
        succeeded(&self.run(line))
    }

    /// Adds a user.
    #[track_caller]
    fn add_user(&self, email: &str, role: &str, password: &str) -> Value {
        let line = format!("user add --workspace Acme --email {email} --role {role} --password-stdin --json");
        succeeded(&self.run_with(&line, password))
    }

    /// Runs a command that fails, and gives its one line of complaint.
    #[track_caller]
    fn refusal(&self, line: &str) -> String {
        one_line_of_failure(&self.run(line))
    }

    fn serve(&self) -> Server {
        Server::start(self.command(&["serve", "--listen", "127.0.0.1:0"]))
    }

    fn demo(&self) -> Server {
        Server::start(self.command(&["demo", "--listen", "127.0.0.1:0"]))
    }
}

/// The program, without the settings of whoever runs the tests.
fn ferrodesk() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_ferrodesk"));
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("FERRODESK_") {
            command.env_remove(name);
        }
    }
    command
}

/// Waits for a command to end, for so long: one that should have refused might serve instead.
fn ended(mut child: Child) -> Output {
    let started = Instant::now();
    while child.try_wait().expect("a child").is_none() {
        if started.elapsed() > PATIENCE {
            let _ = child.kill();
        }
        std::thread::sleep(Duration::from_millis(5));
    }
    child.wait_with_output().expect("its output")
}

#[track_caller]
fn succeeded(output: &Output) -> Value {
    let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert_eq!(output.status.code(), Some(0), "{err}");
    assert_eq!(err, "");
    assert_eq!(out.lines().count(), 1, "JSON is one line: {out}");
    serde_json::from_str(&out).unwrap_or_else(|e| panic!("no JSON ({e}): {out}"))
}

#[track_caller]
fn one_line_of_failure(output: &Output) -> String {
    let err = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(1), "{err}");
    assert_eq!(String::from_utf8_lossy(&output.stdout), "");
    assert!(err.starts_with("ferrodesk: ") && err.ends_with('\n') && err.lines().count() == 1, "{err:?}");
    err
}

/// A server that runs until it is told to stop, or dropped.
struct Server {
    child: Child,
    /// What it printed before the first request.
    said: String,
    address: String,
    log: std::thread::JoinHandle<String>,
}

impl Server {
    fn start(mut command: Command) -> Self {
        let mut child = command
            .env("FERRODESK_LOG_FORMAT", "json")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("runs");
        let mut log = BufReader::new(child.stderr.take().expect("a pipe"));
        // The log's line, of JSON or for people, has the address in it; the test harness bounds the wait.
        let mut line = String::new();
        while !line.contains("listening") {
            line.clear();
            assert!(log.read_line(&mut line).expect("a log") > 0, "the server ended: {:?}", child.wait());
        }
        let address = line.split(['"', '=', ' ', '\n']).find(|word| word.starts_with("127.0.0.1:"));
        let address = address.unwrap_or_else(|| panic!("no address in {line}")).to_owned();
        let log = std::thread::spawn(move || {
            let mut rest = String::new();
            let _ = log.read_to_string(&mut rest);
            rest
        });
        Self { child, said: String::new(), address, log }
    }

    /// Reads what the demo prints, to its last line.
    fn welcome(&mut self) -> &str {
        let mut lines = BufReader::new(self.child.stdout.take().expect("a pipe"));
        while !self.said.contains("Stop it with") {
            assert!(lines.read_line(&mut self.said).expect("text") > 0, "the demo said only {}", self.said);
        }
        &self.said
    }

    fn url(&self, path: &str) -> String {
        format!("http://{}/api/v1/{path}", self.address)
    }

    /// Sends SIGTERM and gives the exit status and the log.
    fn terminate(mut self) -> (Option<i32>, String) {
        let sent = Command::new("kill").arg("-TERM").arg(self.child.id().to_string()).status().expect("kill runs");
        assert!(sent.success());
        let status = self.wait();
        (status, std::mem::replace(&mut self.log, std::thread::spawn(String::new)).join().expect("a log"))
    }

    fn wait(&mut self) -> Option<i32> {
        let started = Instant::now();
        while started.elapsed() < PATIENCE {
            if let Some(status) = self.child.try_wait().expect("a child") {
                return status.code();
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        panic!("the server does not stop");
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

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

#[test]
fn workspaces_are_added_listed_and_set() {
    let desk = Desk::new();
    assert_eq!(desk.json("workspace add Acme --json"), json!({ "id": 1, "name": "Acme" }));
    let zenith = desk.json("workspace add Zenith --open-ticket-limit 3 --reopen-on-reply false --json");
    assert_eq!(zenith, json!({ "id": 2, "name": "Zenith" }));
    assert_eq!(
        desk.json("workspace set Acme --open-ticket-limit 0 --json"),
        json!({ "id": 1, "name": "Acme", "open_ticket_limit": 0, "reopen_on_reply": true })
    );
    assert_eq!(
        desk.json("workspace list --json"),
        json!([
            { "id": 1, "name": "Acme", "open_ticket_limit": 0, "reopen_on_reply": true },
            { "id": 2, "name": "Zenith", "open_ticket_limit": 3, "reopen_on_reply": false },
        ])
    );
    assert!(desk.refusal("workspace add Acme").contains("there is a workspace \"Acme\" already"));
    assert!(desk.refusal("workspace set Nobody --open-ticket-limit 1").contains("`ferrodesk workspace list`"));
    let table = desk.run("workspace list");
    assert!(String::from_utf8_lossy(&table.stdout).contains("Zenith"));
}

#[test]
fn apikeys_are_shown_once_and_listed_by_prefix() {
    let desk = Desk::with_acme();
    let added = desk.json("apikey add --workspace Acme --name web --json");
    let key = added["apikey"].as_str().expect("text");
    assert_eq!(added, json!({ "id": 1, "apikey": key }));
    let listed = desk.json("apikey list --workspace Acme --json");
    assert_eq!(
        (&listed[0]["id"], &listed[0]["name"], &listed[0]["revoked_at"]),
        (&json!(1), &json!("web"), &Value::Null)
    );
    let prefix = listed[0]["apikey"].as_str().expect("text");
    let shown = prefix.strip_suffix('…').expect("a prefix ends in an ellipsis");
    assert!(key.starts_with(shown) && shown.len() * 2 < key.len(), "{prefix}");

    assert_eq!(desk.json("apikey revoke --workspace Acme 1 --json"), json!({ "id": 1 }));
    let listed = desk.json("apikey list --workspace Acme --json");
    assert!(listed[0]["revoked_at"].as_str().is_some_and(|at| at.starts_with("20")), "{listed}");
    desk.refusal("apikey revoke --workspace Acme 99");
    // The key is nowhere in the data folder; only its hash is.
    let database = std::fs::read(desk.path().join("ferrodesk.db")).expect("a database");
    assert!(!database.windows(key.len()).any(|window| window == key.as_bytes()));
}

#[test]
fn users_are_added_listed_locked_out_and_let_in() {
    let desk = Desk::with_acme();
    assert_eq!(desk.add_user("ann@example.com", "customer", "a long enough password\n"), json!({ "id": 1 }));
    assert_eq!(desk.add_user("gus@example.com", "agent", "another long password"), json!({ "id": 2 }));
    let deactivated = desk.json("user deactivate --workspace Acme --email ann@example.com --json");
    assert_eq!(deactivated, json!({ "email": "ann@example.com", "active": false }));
    let user = |id, email, role, active| json!({ "id": id, "email": email, "role": role, "active": active });
    assert_eq!(
        desk.json("user list --workspace Acme --json"),
        json!([user(1, "ann@example.com", "customer", false), user(2, "gus@example.com", "agent", true)])
    );
    let activated = desk.json("user activate --workspace Acme --email ANN@example.com --json");
    assert_eq!(activated["active"], true);

    let add = "user add --workspace Acme --email ann@example.com --role customer --password-stdin";
    let taken = one_line_of_failure(&desk.run_with(add, "a long enough password"));
    assert!(taken.contains("already"), "{taken}");
    let weak = "user add --workspace Acme --email new@example.com --role customer --password-stdin";
    one_line_of_failure(&desk.run_with(weak, ""));
    one_line_of_failure(&desk.run_with(weak, &"x".repeat(100_000)));
    desk.refusal("user deactivate --workspace Acme --email nobody@example.com");
    let set = "user set-password --workspace Acme --email ann@example.com --password-stdin --json";
    assert_eq!(succeeded(&desk.run_with(set, "yet another password")), json!({ "email": "ann@example.com" }));
}

#[test]
fn categories_are_added_ordered_and_closed() {
    let desk = Desk::with_acme();
    for (number, name) in ["Billing", "Technical", "Other"].iter().enumerate() {
        let added =
            desk.json(&format!("category add --workspace Acme --name {name} --description About:{name} --json"));
        assert_eq!(added, json!({ "id": number + 1 }));
    }
    let closed = desk.json("category deactivate --workspace Acme 2 --json");
    assert_eq!(closed, json!({ "id": 2, "active": false }));
    let category = |id, name: &str, active| json!({ "id": id, "name": name, "description": format!("About:{name}"), "active": active });
    let ordered = json!([category(3, "Other", true), category(1, "Billing", true), category(2, "Technical", false)]);
    assert_eq!(desk.json("category reorder --workspace Acme 3 1 --json"), ordered);
    assert_eq!(desk.json("category list --workspace Acme --json"), ordered);
    assert_eq!(desk.json("category activate --workspace Acme 2 --json"), json!({ "id": 2, "active": true }));
    desk.refusal("category add --workspace Acme --name Billing");
    desk.refusal("category reorder --workspace Acme 99");
    desk.refusal("category deactivate --workspace Acme 99");
    desk.refusal("category list --workspace Nobody");
}

#[test]
fn tags_are_added_and_withdrawn() {
    let desk = Desk::with_acme();
    assert_eq!(desk.json("tag add --workspace Acme --tag Refund --keyword refund --json"), json!({ "id": 1 }));
    assert_eq!(desk.json("tag deactivate --workspace Acme 1 --json"), json!({ "id": 1, "active": false }));
    let refund = json!({ "id": 1, "tag": "Refund", "keyword": "refund", "active": false });
    assert_eq!(desk.json("tag list --workspace Acme --json"), json!([refund]));
    assert_eq!(desk.json("tag activate --workspace Acme 1 --json"), json!({ "id": 1, "active": true }));
    desk.refusal("tag add --workspace Acme --tag Refund --keyword again");
    desk.refusal("tag deactivate --workspace Acme 99");
}

#[test]
fn identity_providers_are_trusted_and_no_longer() {
    let desk = Desk::with_acme();
    let add = "identity-provider add --workspace Acme --issuer https://id.example --audience support";
    let added = desk.json(&format!("{add} --jwks-url https://id.example/jwks.json --json"));
    assert_eq!(added, json!({ "id": 1 }));
    let provider = json!({
        "issuer": "https://id.example",
        "audience": "support",
        "jwks_url": "https://id.example/jwks.json",
        "algorithms": "RS256",
    });
    assert_eq!(desk.json("identity-provider list --workspace Acme --json"), json!([provider]));
    desk.refusal(&format!("{add} --jwks-url https://id.example/jwks.json"));
    assert!(desk.refusal(&format!("{add} --jwks-url http://id.example/jwks.json")).contains("https://"));
    let remove = "identity-provider remove --workspace Acme --issuer https://id.example --json";
    assert_eq!(desk.json(remove), json!({ "issuer": "https://id.example" }));
    desk.refusal(remove);
}

#[test]
fn migrate_and_check_find_nothing_wrong() {
    let desk = Desk::with_acme();
    assert_eq!(desk.run("migrate").status.code(), Some(0));
    let checked = desk.json("check --contents --json");
    assert_eq!(checked, json!({ "attachments": 0, "orphans": 0, "problems": [] }));
}

#[test]
fn misuse_is_status_2_and_names_the_way_out() {
    let desk = Desk::new();
    let misuses = [
        "",
        "nonsense",
        "workspace",
        "workspace add",
        "workspace add Acme --open-ticket-limit -1",
        "workspace add Acme --open-ticket-limit many",
        "apikey add --name web",
        "apikey revoke --workspace Acme first",
        "user add --workspace Acme --email ann@example.com --role customer",
        "user add --workspace Acme --email nonsense --role customer --password-stdin",
        "user add --workspace Acme --email ann@example.com --role king --password-stdin",
        "category reorder --workspace Acme",
        "serve --nonsense",
    ];
    for misuse in misuses {
        let output = desk.run(misuse);
        let err = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{misuse}: {err}");
        assert!(!err.is_empty() && output.stdout.is_empty(), "{misuse}");
    }
    let left: Vec<_> = std::fs::read_dir(desk.path()).expect("a folder").collect();
    assert!(left.is_empty(), "misuse leaves nothing behind: {left:?}");
}

#[test]
fn every_help_has_an_example() {
    let mut seen = 0;
    let mut open = vec![Vec::<String>::new()];
    while let Some(command) = open.pop() {
        let output = ferrodesk().args(&command).arg("--help").output().expect("runs");
        let help = String::from_utf8(output.stdout).expect("UTF-8");
        assert_eq!(output.status.code(), Some(0), "{command:?}");
        assert!(help.contains("Example") || command.is_empty(), "no example in the help of {command:?}:\n{help}");
        seen += 1;
        let commands = help.split_once("\nCommands:\n").map_or("", |(_, rest)| rest);
        let lines = commands.lines().take_while(|line| line.starts_with("  "));
        // Names begin at the third column; what is further in goes on with a description.
        let names = lines.filter(|line| !line.starts_with("   ")).filter_map(|line| line.split_whitespace().next());
        open.extend(names.filter(|name| *name != "help").map(|name| [&command[..], &[name.to_owned()]].concat()));
    }
    assert!(seen > 25, "only {seen} commands were found");
}

#[tokio::test]
async fn a_running_server_sees_what_is_changed_beside_it() {
    let desk = Desk::with_acme();
    desk.add_user("ann@example.com", "customer", "a long enough password");
    let server = desk.serve();
    // All that follows happens while the server runs.
    let added = desk.json("apikey add --workspace Acme --name web --json");
    let key = added["apikey"].as_str().expect("text");
    let http = reqwest::Client::new();
    let login = [("username", "ann@example.com"), ("password", "a long enough password")];
    let body = login.map(|(name, value)| format!("{name}={}", value.replace(' ', "+"))).join("&");
    let log_in = async || {
        let request = http.post(server.url("user/login/")).header("apikey", key);
        let request = request.header("content-type", "application/x-www-form-urlencoded").body(body.clone());
        request.send().await.expect("an answer")
    };
    let answer = log_in().await;
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
    assert_eq!(log_in().await.status(), 401);
    desk.json("user activate --workspace Acme --email ann@example.com --json");
    becomes(200, async || log_in().await.status().as_u16()).await;
    // Activated, but the session that was ended stays so.
    assert_eq!(categories().await.status(), 401);

    desk.json("apikey revoke --workspace Acme 1 --json");
    becomes(401, async || log_in().await.status().as_u16()).await;
    let refused: Value = log_in().await.json().await.expect("JSON");
    assert_eq!(refused["errors"]["detail"], json!(["Incorrect authentication credentials."]));
}

#[test]
fn the_demos_lines_work_when_pasted() {
    let desk = Desk::new();
    let mut demo = desk.demo();
    let welcome = demo.welcome();
    let (_, rest) = welcome.split_once("Four lines to paste:\n\n").expect("lines to paste");
    let lines = rest.split("\n\nStop it").next().expect("an end");
    assert_eq!(lines.lines().count(), 4, "{lines}");
    let pasted = Command::new("bash").arg("-euc").arg(lines).stdin(Stdio::null()).output().expect("bash runs");
    let said = String::from_utf8_lossy(&pasted.stdout);
    assert!(pasted.status.success(), "{said}{}", String::from_utf8_lossy(&pasted.stderr));
    assert!(said.contains(r#""category":"Billing""#), "{said}");
    assert!(said.contains("HTTP/1.1 200 OK"), "{said}");
    assert!(said.to_ascii_lowercase().contains("x-ticket-id: "), "{said}");
    assert!(said.contains(r#""subject":"Hello from curl""#), "{said}");
}

#[test]
fn the_demo_comes_back_as_it_was() {
    let desk = Desk::new();
    let facts = |welcome: &str| {
        // All but the addresses, whose port differs.
        let start = welcome.find("\napikey\n").expect("an apikey");
        let end = welcome.find("Four lines").expect("lines to paste");
        welcome[start..end].to_owned()
    };
    let mut demo = desk.demo();
    let first = facts(demo.welcome());
    assert_eq!(demo.terminate().0, Some(0));
    let mut demo = desk.demo();
    assert_eq!(facts(demo.welcome()), first);
    assert_eq!(demo.terminate().0, Some(0));
    let workspaces = desk.json("workspace list --json");
    assert_eq!(workspaces.as_array().map(Vec::len), Some(1), "{workspaces}");
    assert_eq!(desk.json("check --contents --json")["problems"], json!([]));
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
fn what_cannot_be_right_refuses_to_start() {
    let desk = Desk::new();
    let serve = |name: &str, value: &str| {
        let mut command = desk.command(&["serve", "--listen", "127.0.0.1:0"]);
        let command = command.env(name, value).stdout(Stdio::piped()).stderr(Stdio::piped());
        one_line_of_failure(&ended(command.spawn().expect("runs")))
    };
    for weak in ["short", "changeme-changeme-changeme-changeme-changeme", &"a".repeat(64)] {
        let refusal = serve("FERRODESK_SECRET", weak);
        assert!(
            refusal.contains("too weak") && refusal.contains("openssl rand") && !refusal.contains(weak),
            "{refusal}"
        );
    }
    for (name, value) in [
        ("FERRODESK_NONSENSE", "1"),
        ("FERRODESK_STORAGE_QUEUE", "0"),
        ("FERRODESK_API_PREFIX", "a/b"),
        ("FERRODESK_DATABASE", "postgres://localhost/desk"),
        ("FERRODESK_CONFIG", "/no/such/file.toml"),
        ("FERRODESK_LOG", "a=b=c"),
        ("FERRODESK_BLOBS", "/a/folder/without/its/kind"),
    ] {
        serve(name, value);
    }
    desk.refusal("serve --listen nowhere");
    let taken = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
    let refusal = desk.refusal(&format!("serve --listen {}", taken.local_addr().expect("an address")));
    assert!(refusal.contains("--listen"), "{refusal}");
}

#[test]
fn a_newer_schema_refuses_to_start() {
    let desk = Desk::with_acme();
    let database = rusqlite::Connection::open(desk.path().join("ferrodesk.db")).expect("a database");
    let newer = "INSERT INTO refinery_schema_history (version, name, applied_on, checksum)
         SELECT 999, 'from_the_future', applied_on, checksum FROM refinery_schema_history LIMIT 1";
    assert_eq!(database.execute(newer, []).expect("an insert"), 1);
    drop(database);
    for line in ["serve --listen 127.0.0.1:0", "workspace list"] {
        let refusal = desk.refusal(line);
        assert!(refusal.contains("schema 999"), "{refusal}");
    }
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

#[test]
fn a_reader_that_goes_away_is_no_failure_of_ours() {
    let desk = Desk::with_acme();
    for number in 0..3 {
        desk.json(&format!("tag add --workspace Acme --tag T{number} --keyword k --json"));
    }
    let mut child = desk
        .command(&["tag", "list", "--workspace", "Acme"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("runs");
    drop(child.stdout.take());
    let output = child.wait_with_output().expect("ends");
    assert!(!String::from_utf8_lossy(&output.stderr).contains("panicked"), "{output:?}");
}
