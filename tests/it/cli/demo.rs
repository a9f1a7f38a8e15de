//! `ferrodesk demo`.

use std::process::{Command, Stdio};

use serde_json::json;

use super::Desk;

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
