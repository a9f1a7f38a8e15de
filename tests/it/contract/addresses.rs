//! "Addresses": the paths of the eleven endpoints, with and without final slash, with stray marks, and what is none
//! of them.

use axum::body::Body;
use http::{Method, StatusCode};
use serde_json::json;

use crate::support::{Answer, Client, Part, TestApp, TestWorkspace, raw};

/// Endpoints 1 to 11 but 7, whose path holds an id: the method, and the paths without their final slashes.
const ENDPOINTS: [(&str, &[&str]); 10] = [
    ("GET", &["/support/get/category-list", "/get/support-ticket/catogory-list"]),
    ("POST", &["/support/create/ticket", "/creat/support/ticket"]),
    ("GET", &["/support/get/ticket/history", "/get/ticket/history"]),
    ("GET", &["/support/get/ticket/tags", "/get/ticket/tags"]),
    ("POST", &["/support/update/ticket", "/update/support/ticket"]),
    ("GET", &["/support/ticket/detailed-view"]),
    ("POST", &["/support/ticket/conversation"]),
    ("POST", &["/support/ticket/status"]),
    ("POST", &["/user/login"]),
    ("POST", &["/user/token/refresh"]),
];

/// U+200E as the reference's samples have it.
const MARK: &str = "%E2%80%8E";

/// Opens a ticket with a file and gives the paths to its detailed view and to its file.
async fn ticket_with_file(client: &Client, workspace: &TestWorkspace) -> (String, String) {
    let category = workspace.category.to_string();
    let fields = [("subject", "Scan"), ("priority", "1"), ("comment", "See file"), ("category", &*category)];
    let mut parts: Vec<_> = fields.iter().map(|(name, value)| Part::Text(name, value)).collect();
    parts.push(Part::File { field: "attachment", name: "scan.txt", bytes: b"a scan" });
    let ticket = client.post_parts("/support/create/ticket/", &parts).await.ticket_id();
    let view = format!("/support/ticket/detailed-view/?ticket_id={ticket}");
    let attachment = client.get(&view).await.data()["attachments"][0]["id"].clone();
    (view, format!("/support/ticket/download/{attachment}"))
}

async fn call(client: &Client, method: &str, path: &str) -> Answer {
    client.send(method.parse().expect("a method"), path, None, Body::empty()).await
}

/// Whether an endpoint answered, be it to say that fields are missing.
fn is_answered(answer: &Answer) -> bool {
    let is_redirect = answer.status.is_redirection() || answer.headers.contains_key("location");
    matches!(answer.status, StatusCode::OK | StatusCode::BAD_REQUEST) && !is_redirect
}

#[tokio::test]
async fn every_path_answers_in_place_with_and_without_its_final_slash() {
    let app = TestApp::new();
    let (acme, ann) = app.acme().await;
    let client = app.client(&acme, &ann);
    for (method, paths) in ENDPOINTS {
        let first = call(&client, method, paths[0]).await;
        assert!(is_answered(&first), "{method} {}: {first:?}", paths[0]);
        for path in paths.iter().flat_map(|path| [(*path).to_owned(), format!("{path}/")]) {
            let answer = call(&client, method, &path).await;
            assert_eq!((answer.status, answer.json()), (first.status, first.json()), "{method} {path}");
            assert!(is_answered(&answer), "{method} {path}: {answer:?}");
        }
    }
    let (_, file) = ticket_with_file(&client, &acme).await;
    for path in [file.clone(), format!("{file}/")] {
        assert_eq!(client.get(&path).await.body, b"a scan", "{path}");
    }
}

#[tokio::test]
async fn endpoints_answer_as_themselves_and_not_as_one_another() {
    let app = TestApp::new();
    let (acme, ann) = app.acme().await;
    let client = app.client(&acme, &ann);
    let keys = ["CategoryList", "TicketList", "TicketTagList"];
    for (key, endpoint) in keys.into_iter().zip([0, 2, 3]) {
        for path in ENDPOINTS[endpoint].1 {
            let data = client.get(path).await.data();
            assert!(data[key].is_array(), "{path}: {data}");
        }
    }
    let required = [(1, "subject"), (4, "ticket"), (6, "comment"), (7, "status"), (8, "username"), (9, "refresh")];
    for (endpoint, field) in required {
        for path in ENDPOINTS[endpoint].1 {
            let errors = call(&client, "POST", path).await.json()["errors"].clone();
            assert!(errors.get(field).is_some(), "{path}: {errors}");
        }
    }
}

#[tokio::test]
async fn a_left_to_right_mark_anywhere_in_a_path_is_ignored() {
    let app = TestApp::new();
    let (acme, ann) = app.acme().await;
    let client = app.client(&acme, &ann);
    let category = json!({ "CategoryList":
        [{ "id": acme.category, "category": "Billing", "description": "Invoices and payments" }] });
    let (lower, path) = (MARK.to_lowercase(), "//api/v1/support/get/category-list/");
    for mark in [MARK, &*lower, "%E2%80%8e", "%e2%80%8E"] {
        for at in 2..=path.len() {
            let marked = format!("{}{mark}{}", &path[..at], &path[at..]);
            assert_eq!(client.get(&marked).await.data(), category, "{marked}");
        }
    }
    let everywhere = format!("//{MARK}api{lower}/{MARK}{MARK}v1/support{MARK}/get/category-list{MARK}/{lower}");
    assert_eq!(client.get(&everywhere).await.data(), category);
    // Where the reference's samples have it.
    let status = client.post_json(&format!("/{MARK}support/ticket/status/"), &json!({})).await;
    assert!(status.json()["errors"].get("status").is_some(), "{status:?}");
    let (view, file) = ticket_with_file(&client, &acme).await;
    assert_eq!(client.get(&format!("{file}{MARK}/")).await.body, b"a scan");
    assert_eq!(
        client.get(&view.replace("ticket/", &format!("ticket{MARK}/"))).await.data()["ticket"]["subject"],
        "Scan"
    );
}

#[tokio::test]
async fn a_left_to_right_mark_that_is_not_percent_encoded_is_ignored_too() {
    let app = TestApp::new();
    let acme = app.workspace("Acme").await;
    let server = app.listen().await;
    // What PHP's curl sends of an address copied from the reference.
    let head = format!("apikey: {}\r\nHost: desk\r\nConnection: close\r\n\r\n", acme.apikey);
    let request = format!("GET /api/v1/\u{200e}support/ticket/detailed-view\u{200e}/ HTTP/1.1\r\n{head}");
    let answer = raw::exchange(server.address, request).await;
    assert!(answer.starts_with("HTTP/1.1 401 "), "{answer}");
    assert!(answer.contains("Authentication credentials were not provided."), "{answer}");
    server.stop().await;
}

#[tokio::test]
async fn an_unknown_path_is_404_whoever_asks() {
    let app = TestApp::new();
    let (acme, ann) = app.acme().await;
    let nothing = json!({ "detail": ["Not found."] });
    for client in [app.stranger(), app.application(&acme), app.client(&acme, &ann)] {
        for path in [
            "/support/nowhere/",
            "/support/get/category-list/more/",
            "/support/get/category-list//",
            "//support/get/category-list/",
            "/SUPPORT/get/category-list/",
            "/support/ticket/download/",
            "/",
            "//nowhere",
            "//api/v2/support/get/category-list/",
        ] {
            for method in ["GET", "POST", "DELETE"] {
                let answer = call(&client, method, path).await;
                answer.assert_failure(404, "Not Found", &nothing);
                assert!(!answer.header("x-request-id").is_empty());
            }
        }
    }
}

#[tokio::test]
async fn head_answers_wherever_get_does() {
    let app = TestApp::new();
    let (acme, ann) = app.acme().await;
    let client = app.client(&acme, &ann);
    let (view, file) = ticket_with_file(&client, &acme).await;
    let gets = ENDPOINTS.iter().filter(|(method, _)| *method == "GET").flat_map(|(_, paths)| *paths);
    for path in gets.copied().chain([&*view, &*file, "/support/ticket/download/999", "/nowhere"]) {
        let get = client.get(path).await;
        let head = call(&client, "HEAD", path).await;
        assert_eq!(head.status, get.status, "{path}");
        assert!(head.body.is_empty(), "{path}");
        for name in ["content-type", "content-length", "etag", "content-disposition", "link"] {
            assert_eq!(head.header(name), get.header(name), "{name} of {path}");
        }
        assert_eq!(head.header("content-length"), get.body.len().to_string(), "{path}");
    }
}

#[tokio::test]
async fn a_wrong_method_is_405_and_says_which_are_right() {
    let app = TestApp::new();
    let (acme, ann) = app.acme().await;
    let client = app.client(&acme, &ann);
    let file: &[&str] = &["/support/ticket/download/1"];
    for (right, path) in
        ENDPOINTS.into_iter().chain([("GET", file)]).flat_map(|(method, paths)| paths.iter().map(move |p| (method, *p)))
    {
        let wrong: &[Method] = match right {
            "GET" => &[Method::POST, Method::PUT, Method::PATCH, Method::DELETE],
            _ => &[Method::GET, Method::PUT, Method::PATCH, Method::DELETE],
        };
        for method in wrong {
            let answer = call(&client, method.as_str(), &format!("{path}/")).await;
            let words = format!("Method \"{method}\" not allowed.");
            answer.assert_failure(405, "Method Not Allowed", &json!({ "detail": [words] }));
            let allow: Vec<_> = answer.header("allow").split(',').map(str::trim).collect();
            assert!(allow.contains(&right), "{method} {path}: {allow:?}");
            assert!(!allow.contains(&method.as_str()), "{method} {path}: {allow:?}");
        }
    }
}

#[tokio::test]
async fn prefix_and_version_are_settings() {
    let app = TestApp::with(|config| {
        config.api_prefix = "help.desk".to_owned();
        config.api_version = "2026-01".to_owned();
    });
    let (acme, ann) = app.acme().await;
    let client = app.client(&acme, &ann);
    for (method, paths) in ENDPOINTS {
        for path in paths {
            let answer = call(&client, method, &format!("//help.desk/2026-01{path}/")).await;
            assert!(is_answered(&answer), "{path}: {answer:?}");
            assert_eq!(call(&client, method, path).await.status, StatusCode::NOT_FOUND, "{path}");
        }
    }
    let fields = json!({ "subject": "a", "priority": "1", "comment": "b", "category": acme.category });
    let created = client.post_json("//help.desk/2026-01/support/create/ticket", &fields).await;
    let view = format!("/help.desk/2026-01/support/ticket/detailed-view/?ticket_id={}", created.ticket_id());
    assert_eq!(created.header("location"), view);
    assert_eq!(client.get(&format!("/{view}")).await.data()["ticket"]["subject"], "a");
}
