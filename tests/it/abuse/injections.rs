//! What is put into an address or a field is a value and never a part of a statement: hostile text in every parameter of every
//! list, in its cursor, and in ids. `script/injections` lets sqlmap do the same.

use ferrodesk::domain::user::Role;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestCaseError, TestRunner};

use crate::support::{Client, Desk};

/// Addresses with a hole, those of customers first.
const HOLES: [&str; 44] = [
    "/support/get/ticket/history/?subject=~",
    "/support/get/ticket/history/?category=~",
    "/support/get/ticket/history/?status=~",
    "/support/get/ticket/history/?limit=~",
    "/support/get/ticket/history/?offset=~",
    "/support/get/ticket/history/?cursor=~",
    "/support/ticket/detailed-view/?ticket_id=~",
    "/support/ticket/download/~/",
    "/desk/tickets?status=~",
    "/desk/tickets?priority=~",
    "/desk/tickets?category=~",
    "/desk/tickets?tag=~",
    "/desk/tickets?assignee=~",
    "/desk/tickets?team=~",
    "/desk/tickets?requester=~",
    "/desk/tickets?created_from=~",
    "/desk/tickets?created_before=~",
    "/desk/tickets?updated_from=~",
    "/desk/tickets?updated_before=~",
    "/desk/tickets?snoozed=~",
    "/desk/tickets?text=~",
    "/desk/tickets?text=~&sort=-updated&count=true",
    "/desk/tickets?sort=~",
    "/desk/tickets?limit=~",
    "/desk/tickets?cursor=~",
    "/desk/tickets?count=~",
    "/desk/tickets/~",
    "/desk/tickets/1?at=~",
    "/desk/search?q=~",
    "/desk/search?q=%22~%22",
    "/desk/events?after=~",
    "/desk/events?limit=~",
    "/desk/requesters?text=~",
    "/desk/requesters?cursor=~",
    "/desk/requesters?limit=~",
    "/desk/requesters/~",
    "/desk/audit?actor=~",
    "/desk/audit?kind=~",
    "/desk/audit?from=~",
    "/desk/audit?before=~",
    "/desk/audit?limit=~",
    "/desk/audit?cursor=~",
    "/desk/views?counts=~",
    "/desk/users/~",
];

/// Pieces of statements, of LIKE patterns, of the engines' search syntax, and of ids and cursors.
fn hostile() -> impl Strategy<Value = String> {
    let piece = proptest::sample::select(vec![
        "'",
        "\"",
        "`",
        ";",
        "--",
        "/*",
        "*/",
        "\\",
        "%",
        "_",
        "!",
        "(",
        ")",
        " OR ",
        " AND ",
        " UNION SELECT ",
        "1=1",
        "NULL",
        "$1",
        "?1",
        ":a",
        "@a",
        "'||'",
        "''",
        " ORDER BY 1",
        "; DROP TABLE ticket; --",
        "pg_sleep(9)",
        "randomblob(99)",
        "0",
        "1",
        "-1",
        "9223372036854775807",
        "9223372036854775808",
        "1e5",
        "0x1",
        "NEAR(",
        "*",
        "^",
        ":*",
        "&",
        "|",
        "<->",
        "a",
        "order",
        "-updated",
        "open",
        ",",
        "\u{0}",
        "\u{1}",
        "\u{feff}",
        "\u{202e}",
        "é",
        "MSwy",
        "YmVmb3JlOjE",
        "=",
        "\n",
        " ",
    ]);
    proptest::collection::vec(piece, 1..6).prop_map(|pieces| pieces.concat())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn hostile_text_in_any_parameter_is_a_value() {
    let desk = Desk::new().await;
    desk.ticket().await;
    let ada = desk.app.user(&desk.acme, "ada@example.com", Role::Admin).await;
    let admin = desk.app.client(&desk.acme, &ada);
    let before = desk.tickets().await;
    let runtime = tokio::runtime::Handle::current();
    let client = |path: &str| if path.starts_with("/desk/") { admin.clone() } else { desk.client.clone() };
    let tried = tokio::task::block_in_place(|| {
        let mut runner = TestRunner::new(Config { cases: 400, failure_persistence: None, ..Config::default() });
        runner.run(&(proptest::sample::select(&HOLES[..]), hostile()), |(hole, text)| {
            let path = hole.replace('~', &utf8_percent_encode(&text, NON_ALPHANUMERIC).to_string());
            runtime.block_on(is_a_value(&client(hole), &path, &text))
        })
    });
    if let Err(failure) = tried {
        panic!("{failure}");
    }
    assert_eq!(desk.tickets().await, before);
}

/// A refusal or a page; what is refused may name the text, and nothing of a database.
async fn is_a_value(client: &Client, path: &str, text: &str) -> Result<(), TestCaseError> {
    let answer = client.get(path).await;
    prop_assert!([200, 400, 404].contains(&answer.status.as_u16()), "{} to {path}, which is {text:?}", answer.status);
    let said = String::from_utf8_lossy(&answer.body).replace(text, "");
    for word in ["syntax error", "SQLITE", "sqlite", "fts5", "tsquery", "postgres", "SELECT"] {
        prop_assert!(!said.contains(word) || text.contains(word), "{path} says {said}");
    }
    Ok(())
}
