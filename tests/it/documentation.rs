//! What the documents say holds: samples run, settings are all there, links lead somewhere.

use std::path::Path;
use std::process::Stdio;

use tokio::process::Command;

use crate::support::{PASSWORD, TestApp};

const README: &str = include_str!("../../README.md");

/// The first fenced block of a language.
#[track_caller]
fn block(language: &str) -> &'static str {
    let (_, rest) = README.split_once(&format!("\n```{language}\n")).expect("a block of the language");
    rest.split_once("\n```\n").expect("an end of the block").0
}

/// Runs a sample of the README as a reader would, and expects it to have opened a ticket.
async fn sample(language: &str, program: &str, args: &[&str]) {
    let app = TestApp::new();
    let (_, ann) = app.acme().await;
    let zenith = app.workspace("Zenith").await;
    let bob = app.user(&zenith, "bob@customer.example", ferrodesk::domain::user::Role::Customer).await;
    let server = app.listen().await;
    let folder = tempfile::tempdir().expect("a temporary folder");
    let file = folder.path().join("sample");
    std::fs::write(&file, block(language)).expect("a file");
    let output = Command::new(program)
        .args(args)
        .arg(&file)
        .current_dir(folder.path())
        .env("DESK", server.url())
        .env("APIKEY", &zenith.apikey)
        .env("LOGIN", &bob.email)
        .env("PASSWORD", PASSWORD)
        .stdin(Stdio::null())
        .kill_on_drop(true)
        .output()
        .await
        .unwrap_or_else(|e| panic!("cannot run {program} ({e}): script/test installs what is missing"));
    let (said, complained) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{said}{complained}");
    assert!(said.to_lowercase().contains("ticket") && said.trim().ends_with('1'), "{said}{complained}");
    let (ann, bob) = (app.client(&zenith, &ann), app.client(&zenith, &bob));
    let listed = bob.get("/support/get/ticket/history/").await.data();
    assert_eq!(listed["TicketList"][0]["subject"], "The export stops");
    assert_eq!(ann.get("/support/get/ticket/history/").await.status, 401);
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_curl_sample_runs() {
    sample("bash", "bash", &["-eu"]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_node_sample_runs() {
    sample("js", "node", &[]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_php_sample_runs() {
    sample("php", "php", &[]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_python_sample_runs() {
    sample("python", "python3", &[]).await;
}

#[test]
fn every_setting_is_in_the_readme() {
    let source = include_str!("../../src/config.rs");
    let (_, fields) = source.split_once("pub struct Config {").expect("the settings");
    let fields = fields.split_once("\n}").expect("their end").0;
    let defaults = source.split_once("const DEFAULTS: Defaults = Defaults {").expect("the defaults").1;
    let names: Vec<_> = fields.lines().filter_map(|line| line.trim().strip_prefix("pub ")?.split(':').next()).collect();
    assert!(names.len() > 20, "{names:?}");
    for name in &names {
        let start = format!("| `{name}` | `FERRODESK_{}` | ", name.to_uppercase());
        let row = README.lines().find_map(|line| line.strip_prefix(&start));
        let row = row.unwrap_or_else(|| panic!("README.md has no row that begins with {start}"));
        let default = defaults.lines().find_map(|line| line.trim().strip_prefix(&format!("{name}: ")));
        let default = default.map(|value| value.trim_end_matches(',').trim_matches('"'));
        let (shown, _) = row.split_once(" | ").expect("a default");
        match default {
            None => assert!(!shown.starts_with('`') || shown.contains(" in "), "{name} has no default: {shown}"),
            Some("") => assert_eq!(shown, "empty", "{name}"),
            Some("32 * 1024 * 1024") => assert_eq!(shown, "`33554432`", "{name}"),
            Some("LogFormat::Json") => assert_eq!(shown, "`json`", "{name}"),
            Some(default) => assert_eq!(shown, format!("`{default}`"), "{name}"),
        }
    }
    let rows = README.lines().filter(|line| line.contains("` | `FERRODESK_")).count();
    assert_eq!(rows, names.len(), "README.md describes a setting that there is not");
}

#[test]
fn links_lead_somewhere() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut folders = vec![root.to_owned(), root.join("docs")];
    let mut links = 0;
    while let Some(folder) = folders.pop() {
        let Ok(entries) = std::fs::read_dir(&folder) else { continue };
        for path in entries.map(|entry| entry.expect("an entry").path()) {
            if path.extension().is_none_or(|extension| extension != "md") {
                continue;
            }
            let text = std::fs::read_to_string(&path).expect("text");
            for target in text.split("](").skip(1).filter_map(|rest| rest.split(')').next()) {
                let file = target.split('#').next().unwrap_or_default();
                if file.is_empty() || file.contains("://") {
                    continue;
                }
                links += 1;
                assert!(folder.join(file).exists(), "{} links to {target}, which is not there", path.display());
            }
        }
    }
    assert!(links > 3, "only {links} links were found");
}
