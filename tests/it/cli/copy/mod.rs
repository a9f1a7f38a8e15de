//! `ferrodesk copy`: whole installations from one database to another.

mod cut_off;
mod refused;
pub mod round_trip;
mod tables;

use std::path::Path;
use std::process::{Command, Output, Stdio};

use serde_json::Value;
use tempfile::TempDir;

use super::{Server, ended, ferrodesk, succeeded};
use crate::support::TestDatabase;

/// A place for an installation: a database, and a folder beside it for attachments and secret.
pub struct Place {
    folder: TempDir,
    pub database: TestDatabase,
    /// Where attachments are, if not in the folder.
    bucket: Option<String>,
}

impl Place {
    /// Everything in one folder.
    pub fn sqlite() -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        Self { database: TestDatabase::sqlite_in(folder.path()), folder, bucket: None }
    }

    /// A database on a server, and a folder of attachments.
    pub fn postgres() -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        Self { database: TestDatabase::empty_postgres(), folder, bucket: None }
    }

    pub fn url(&self) -> &str {
        self.database.url()
    }

    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    fn blobs(&self) -> String {
        self.bucket.clone().unwrap_or_else(|| format!("file:{}", self.path().join("blobs").display()))
    }

    /// A command on the installation that is here.
    pub fn command(&self, line: &str) -> Command {
        let mut command = ferrodesk();
        command
            .args(line.split_whitespace())
            .env("FERRODESK_DATABASE", self.url())
            .env("FERRODESK_BLOBS", self.blobs());
        // Where the database is on a server, the data folder of a server of its own has nothing of the installation.
        let is_file = self.url().starts_with("sqlite:");
        let data = if is_file { self.path().to_owned() } else { self.path().join("empty") };
        command.env("FERRODESK_DATA", data);
        command
    }

    pub fn serve(&self) -> Server {
        Server::start(self.command("serve --listen 127.0.0.1:0"))
    }

    pub fn check(&self) -> Value {
        succeeded(&output(&mut self.command("check --contents --json")))
    }
}

/// The command that copies, with `more` arguments.
pub fn copying(from: &Place, to: &Place, more: &str) -> Command {
    let mut command = ferrodesk();
    command
        .args(["copy", "--from", from.url(), "--to", to.url()])
        .args(["--blobs-from", &from.blobs(), "--blobs-to", &to.blobs()])
        .args(more.split_whitespace());
    command
}

pub fn output(command: &mut Command) -> Output {
    ended(command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("runs"))
}

/// Copies, and gives what was compared.
#[track_caller]
fn copied(from: &Place, to: &Place) -> Value {
    let report = succeeded(&output(&mut copying(from, to, "--json")));
    assert_eq!(report["equal"], true, "{report}");
    report
}

/// The exit status 1, what was printed, and the one line of complaint.
#[track_caller]
pub fn refused(command: &mut Command) -> (String, String) {
    let output = output(command);
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).expect("UTF-8");
    let (out, err) = (text(&output.stdout), text(&output.stderr));
    assert_eq!(output.status.code(), Some(1), "{out}{err}");
    assert!(err.starts_with("ferrodesk: ") && err.lines().count() == 1, "{err:?}");
    (out, err)
}

/// Counts and checksums of one side of a report.
pub fn sums(report: &Value, side: &str) -> Vec<(Value, Value, Value)> {
    let tables = report["tables"].as_array().expect("tables");
    tables
        .iter()
        .map(|table| (table["table"].clone(), table[side]["rows"].clone(), table[side]["checksum"].clone()))
        .collect()
}
