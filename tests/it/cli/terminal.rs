//! What long commands show on a terminal while they work, and show nobody else.

use std::process::{Command, Stdio};

use rstest::rstest;

use super::Desk;

/// Runs a command on a terminal, which `script` of util-linux makes, and gives all that was seen there.
fn seen(desk: &Desk, line: &str) -> String {
    let command = desk.command(&line.split_whitespace().collect::<Vec<_>>());
    let words = std::iter::once(command.get_program()).chain(command.get_args());
    let words: Vec<_> = words.map(|word| word.to_str().expect("text")).collect();
    let mut terminal = Command::new("script");
    terminal.args(["--quiet", "--return", "--command", &words.join(" "), "/dev/null"]).stdin(Stdio::null());
    for (name, value) in command.get_envs() {
        match value {
            Some(value) => terminal.env(name, value),
            None => terminal.env_remove(name),
        };
    }
    let output = terminal.output().expect("script runs");
    let seen = String::from_utf8(output.stdout).expect("text");
    assert!(output.status.success(), "{seen}");
    seen
}

#[rstest]
#[case::check("check", "held against itself")]
#[case::backup("backup FOLDER/a.tar.zst", "] 0 of ")]
#[case::copy("copy --from sqlite:HERE/ferrodesk.db --to sqlite:FOLDER/b/ferrodesk.db", " of ")]
fn who_waits_at_a_terminal_sees_how_far_it_is(#[case] line: &str, #[case] shown: &str) {
    let (desk, folder) = (Desk::with_acme(), tempfile::tempdir().expect("a temporary folder"));
    let line = line.replace("FOLDER", folder.path().to_str().expect("text"));
    let line = line.replace("HERE", desk.path().to_str().expect("text"));
    let on_terminal = seen(&desk, &line);
    assert!(on_terminal.contains(shown), "{on_terminal:?}");
}

#[test]
fn a_program_that_reads_what_is_printed_sees_no_bars() {
    let desk = Desk::with_acme();
    let read = seen(&desk, "check --json");
    serde_json::from_str::<serde_json::Value>(read.trim()).expect("JSON and nothing else");
}
