//! `/openapi.json` and `/docs`.

use std::fs;
use std::path::Path;

use serde_json::{Value, json};

use crate::support::{Desk, TestApp, download};

/// The committed description is the one that the code gives. `UPDATE_OPENAPI=1 cargo nextest run openapi`
/// brings it up to date.
#[test]
fn the_committed_openapi_document_is_the_one_that_the_code_gives() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/openapi.json");
    let given = ferrodesk::http::openapi("/api/v1").to_pretty_json().expect("a document") + "\n";
    if std::env::var_os("UPDATE_OPENAPI").is_some() {
        fs::write(&path, &given).expect("docs/openapi.json is written");
    }
    let committed = fs::read_to_string(&path).expect("docs/openapi.json is there");
    assert!(committed == given, "docs/openapi.json is out of date: run UPDATE_OPENAPI=1 cargo nextest run openapi");
}

#[tokio::test]
async fn the_document_is_served_and_names_every_endpoint() {
    let app = TestApp::new();
    let answer = app.stranger().get("//openapi.json").await;
    assert_eq!(answer.status, 200);
    let document = answer.json();
    assert!(document["openapi"].as_str().is_some_and(|version| version.starts_with("3.1")));
    let paths: Vec<&String> = document["paths"].as_object().expect("paths").keys().collect();
    let of_customers = paths.iter().filter(|path| !path.starts_with("/desk/")).count();
    assert_eq!(of_customers, 11, "{paths:?}");
    for (path, item) in document["paths"].as_object().expect("paths") {
        let operation = item.as_object().and_then(|item| item.values().next()).expect("an operation");
        if path.starts_with("/desk/") {
            // Who may call them is what `desk/rights.rs` is about.
            for status in ["400", "401", "403", "404", "409", "412", "422", "429", "503"] {
                assert!(operation["responses"][status] != Value::Null, "{path} says nothing of {status}");
            }
            continue;
        }
        for status in ["200", "400", "401", "413", "429", "503"] {
            assert!(operation["responses"][status] != Value::Null, "{path} says nothing of {status}");
        }
    }
}

#[tokio::test]
async fn every_reference_in_the_document_leads_somewhere() {
    fn references<'a>(value: &'a Value, found: &mut Vec<&'a str>) {
        match value {
            Value::Object(members) => {
                for (name, member) in members {
                    match member.as_str() {
                        Some(reference) if name == "$ref" => found.push(reference),
                        _ => references(member, found),
                    }
                }
            }
            Value::Array(items) => items.iter().for_each(|item| references(item, found)),
            _ => {}
        }
    }
    let document = TestApp::new().stranger().get("//openapi.json").await.json();
    let mut found = Vec::new();
    references(&document, &mut found);
    assert!(!found.is_empty());
    for reference in found {
        let pointer = reference.strip_prefix('#').expect("a local reference");
        assert!(document.pointer(pointer).is_some(), "{reference} leads nowhere");
    }
}

#[tokio::test]
async fn a_file_comes_as_what_it_is_and_the_document_says_so() {
    let desk = Desk::new().await;
    let (_, id) = desk.file("a.png", b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR").await;
    assert_eq!(download(&desk.client, id).await.header("content-type"), "image/png");
    let document = serde_json::to_value(ferrodesk::http::openapi("/api/v1")).expect("a document");
    for path in ["/support/ticket/download/{attachment_id}/", "/desk/attachments/{attachment_id}"] {
        for status in ["200", "206"] {
            let content = &document["paths"][path]["get"]["responses"][status]["content"];
            let name = content["*/*"]["schema"]["$ref"].as_str().and_then(|name| name.rsplit('/').next());
            let schema = &document["components"]["schemas"][name.unwrap_or_default()];
            assert_eq!((&schema["type"], &schema["format"]), (&json!("string"), &json!("binary")), "{path}: {content}");
            assert_eq!(content.as_object().map(serde_json::Map::len), Some(1), "{path}: {content}");
        }
    }
}

#[test]
fn no_two_operations_have_one_id() {
    let document = serde_json::to_value(ferrodesk::http::openapi("/api/v1")).expect("a document");
    let items = document["paths"].as_object().expect("paths").values();
    let operations = items.flat_map(|item| item.as_object().expect("an item").values());
    let mut ids: Vec<&str> = operations.map(|operation| operation["operationId"].as_str().expect("an id")).collect();
    let all = ids.len();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), all, "{ids:?}");
}

#[tokio::test]
async fn the_page_loads_nothing_from_elsewhere() {
    let app = TestApp::new();
    assert_eq!(app.stranger().get("//").await.header("location"), "/docs/");
    let page = app.stranger().get("//docs/").await;
    assert_eq!(page.status, 200);
    let html = String::from_utf8(page.body).expect("text");
    assert!(html.contains("swagger-ui"), "{html}");
    assert!(!html.contains("http://") && !html.contains("https://"), "{html}");
    for file in ["swagger-ui.css", "swagger-ui-bundle.js", "swagger-initializer.js"] {
        assert_eq!(app.stranger().get(&format!("//docs/{file}")).await.status, 200, "{file}");
    }
}
