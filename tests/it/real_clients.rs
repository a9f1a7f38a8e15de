//! The journey of a customer with the clients of the reference's samples, over a real connection: Node's `request`
//! package, PHP's curl, and Python's standard library.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use ferrodesk::domain::attachment::FILE_MAX_BYTES;
use serde_json::{Value, json};
use tokio::process::Command;

use crate::support::TestApp;

/// What is attached to the ticket: every byte there is, up to the limit to the byte.
fn file() -> Vec<u8> {
    (0..FILE_MAX_BYTES).map(|n| u8::try_from((n * 31 + n / 256) % 256).expect("a remainder of 256")).collect()
}

const REPLY_FILE: &[u8] = b"line one\r\n\r\n--not-a-boundary\r\n\0 and a final newline\n";

#[tokio::test(flavor = "multi_thread")]
async fn node_request() {
    journey("node", "journey.js", &[("NODE_PATH", node_modules().as_os_str())]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn php_curl() {
    journey("php", "journey.php", &[]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn python_urllib() {
    journey("python3", "journey.py", &[]).await;
}

/// curl percent-encodes the mark, Node refuses it; but there are clients that send it as it is.
#[tokio::test]
async fn a_bare_mark_in_the_path_is_ignored_too() {
    let app = TestApp::new();
    let (acme, ann) = app.acme().await;
    let answer = app.client(&acme, &ann).get("/\u{200e}support/get/\u{200e}ticket/tags/\u{200e}").await;
    assert_eq!(answer.data()["TicketTagList"][0]["tag"], "Refund");
}

/// Where the `request` package is.
fn node_modules() -> PathBuf {
    let folder = std::env::var_os("TEST_NODE_MODULES")
        .map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("target/node_modules"), PathBuf::from);
    assert!(
        folder.join("request/package.json").is_file(),
        "there is no npm package `request` in {}: run script/test, which installs it, or name another folder in \
         TEST_NODE_MODULES",
        folder.display()
    );
    folder
}

async fn journey(program: &str, script: &str, more_env: &[(&str, &std::ffi::OsStr)]) {
    // The samples of the two lists send no token.
    let app = TestApp::with(|config| config.catalog_requires_token = false);
    let (acme, ann) = app.acme().await;
    let server = app.listen().await;
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = |name: &str| folder.path().join(name);
    std::fs::write(path("file.bin"), file()).expect("a file");
    std::fs::write(path("more.txt"), REPLY_FILE).expect("a file");
    std::fs::create_dir(path("downloads")).expect("a folder");
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/clients").join(script);
    let output = Command::new(program)
        .arg(script)
        .env("BASE", server.url())
        .env("APIKEY", &acme.apikey)
        .env("TOKEN", &ann.token)
        .env("CATEGORY", acme.category.to_string())
        .env("TAG", acme.tag.to_string())
        .env("FILE", path("file.bin"))
        .env("REPLY_FILE", path("more.txt"))
        .env("DOWNLOADS", path("downloads"))
        .envs(more_env.iter().copied())
        .kill_on_drop(true)
        .output()
        .await
        .unwrap_or_else(|e| panic!("cannot run {program} ({e}): script/test installs what is missing"));
    let (said, complained) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{program} failed: {complained}{said}");
    let answers: Vec<Value> = serde_json::from_str(&said).unwrap_or_else(|e| panic!("{e}: {said}{complained}"));
    let ticket = judge(&answers, acme.category.0, acme.tag.0, &ann.email);
    assert_eq!(std::fs::read(path("downloads").join(ticket.file.to_string())).expect("a download"), file());
    assert_eq!(std::fs::read(path("downloads").join(ticket.reply_file.to_string())).expect("a download"), REPLY_FILE);
    server.stop().await;
}

/// The ids of the ticket's attachments.
struct Attached {
    file: i64,
    reply_file: i64,
}

/// Holds every answer of the journey against the contract.
fn judge(answers: &[Value], category: i64, tag: i64, email: &str) -> Attached {
    let steps: Vec<_> = answers.iter().map(|answer| answer["step"].as_str().expect("a step")).collect();
    let all = [
        "categories",
        "create",
        "history",
        "tags",
        "update",
        "reply",
        "view",
        "download",
        "download",
        "status 3",
        "status 2",
        "view again",
    ];
    for answer in answers {
        assert_eq!(answer["status"], 200, "{answer:#}");
        if answer["step"] != "download" {
            assert_eq!(answer["type"], "application/json", "{answer:#}");
            assert_eq!((&answer["body"]["status_code"], &answer["body"]["errors"]), (&json!(200), &json!({})));
        }
    }
    assert_eq!(steps, all);
    let data: BTreeMap<_, _> =
        steps.iter().zip(answers).map(|(step, answer)| (*step, &answer["body"]["data"])).collect();
    for step in ["create", "update", "reply", "status 3", "status 2"] {
        assert_eq!(data[step], &json!({}), "{step}");
    }
    let billing = json!({ "id": category, "category": "Billing", "description": "Invoices and payments" });
    assert_eq!(data["categories"], &json!({ "CategoryList": [billing] }));
    assert_eq!(data["tags"], &json!({ "TicketTagList": [{ "id": tag, "tag": "Refund", "keyword": "refund" }] }));

    let id = data["history"]["TicketList"][0]["id"].as_i64().expect("a number");
    let listed = json!({
        "id": id,
        "subject": "Größe passt nicht",
        "priority": "2",
        "category": category,
        "category_title": "Billing",
        "comment": "Bitte um Umtausch",
        "status": "1",
    });
    assert_eq!(data["history"], &json!({ "TicketList": [listed] }));

    let view = data["view"];
    let (conversation, attachments) = (&view["conversations"][0]["id"], &view["attachments"]);
    let expected = |status: &str| {
        json!({
            "ticket": {
                "id": id,
                "subject": "Größe passt nicht",
                "priority": "3",
                "category": category,
                "comment": "Bitte um Umtausch",
                "status": status,
                "tags": [tag],
            },
            "author": email,
            "conversations": [{ "id": conversation, "ticket": id, "comment": "Here is more", "author": email }],
            "attachments": [
                { "id": attachments[0]["id"], "conversation_id": null },
                { "id": attachments[1]["id"], "conversation_id": conversation },
            ],
        })
    };
    assert_eq!(view, &expected("1"));
    // Closed and opened again, which is Processing.
    assert_eq!(data["view again"], &expected("2"));
    let number = |value: &Value| value.as_i64().expect("a number");
    Attached { file: number(&attachments[0]["id"]), reply_file: number(&attachments[1]["id"]) }
}
