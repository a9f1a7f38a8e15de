//! The command line through the built binary, as scripts and operators use it.

mod administration;
mod attachments;
mod backup;
mod copy;
mod demo;
mod misuse;
mod older_schemas;
mod on_postgres;
mod starting;
mod terminal;

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;
use tempfile::TempDir;

/// How long anything may take here before the test gives up on it.
const PATIENCE: Duration = Duration::from_secs(30);

/// A data folder, and commands on it.
pub struct Desk {
    folder: TempDir,
    settings: Vec<(&'static str, String)>,
}

impl Desk {
    pub fn new() -> Self {
        Self { folder: tempfile::tempdir().expect("a temporary folder"), settings: Vec::new() }
    }

    /// Puts a variable into the environment of all commands from now on.
    pub fn set(&mut self, name: &'static str, value: &str) {
        self.settings.push((name, value.to_owned()));
    }

    /// A desk with the workspace Acme.
    pub fn with_acme() -> Self {
        let desk = Self::new();
        desk.json("workspace add Acme --json");
        desk
    }

    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    fn command(&self, args: &[&str]) -> Command {
        let mut command = ferrodesk();
        command.args(args).env("FERRODESK_DATA", self.path());
        command.envs(self.settings.iter().map(|(name, value)| (name, value)));
        command
    }

    /// Runs a command line of words without spaces in them.
    pub fn run(&self, line: &str) -> Output {
        self.run_with(line, "")
    }

    /// Runs a command line, with `input` on its standard input.
    pub fn run_with(&self, line: &str, input: &str) -> Output {
        let words: Vec<_> = line.split_whitespace().collect();
        self.run_words(&words, input)
    }

    fn run_words(&self, words: &[&str], input: &str) -> Output {
        let mut command = self.command(words);
        let mut child =
            command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("runs");
        // A command that refuses its arguments may be gone before it reads.
        let _ = child.stdin.take().expect("a pipe").write_all(input.as_bytes());
        ended(child)
    }

    /// Runs a command that succeeds, and gives the JSON that it prints.
    #[track_caller]
    pub fn json(&self, line: &str) -> Value {
        succeeded(&self.run(line))
    }

    /// Adds a user.
    #[track_caller]
    pub fn add_user(&self, email: &str, role: &str, password: &str) -> Value {
        let line = format!("user add --workspace Acme --email {email} --role {role} --password-stdin --json");
        succeeded(&self.run_with(&line, password))
    }

    /// Runs a command that fails, and gives its one line of complaint.
    #[track_caller]
    pub fn refusal(&self, line: &str) -> String {
        one_line_of_failure(&self.run(line))
    }

    pub fn serve(&self) -> Server {
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
        let text = name.to_string_lossy();
        if text.starts_with("FERRODESK_") || text.starts_with("AWS_") {
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
pub struct Server {
    child: Child,
    /// What it printed before the first request.
    said: String,
    pub address: String,
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
        let (mut line, mut early) = (String::new(), String::new());
        while !line.contains("listening") {
            line.clear();
            assert!(log.read_line(&mut line).expect("a log") > 0, "the server ended: {:?}", child.wait());
            early.push_str(&line);
        }
        let address = line.split(['"', '=', ' ', '\n']).find(|word| word.starts_with("127.0.0.1:"));
        let address = address.unwrap_or_else(|| panic!("no address in {line}")).to_owned();
        let log = std::thread::spawn(move || {
            let mut all = early;
            let _ = log.read_to_string(&mut all);
            all
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

    pub fn url(&self, path: &str) -> String {
        format!("http://{}/api/v1/{path}", self.address)
    }

    /// Sends SIGTERM and gives the exit status and the log.
    pub fn terminate(mut self) -> (Option<i32>, String) {
        self.tell_to_stop();
        let status = self.wait();
        (status, std::mem::replace(&mut self.log, std::thread::spawn(String::new)).join().expect("a log"))
    }

    /// Sends SIGTERM.
    fn tell_to_stop(&self) {
        let sent = Command::new("kill").arg("-TERM").arg(self.child.id().to_string()).status().expect("kill runs");
        assert!(sent.success());
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
