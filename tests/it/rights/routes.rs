//! No route is served that nobody thought about.

use http::{Method, StatusCode};

use super::{Route, described, served};
use crate::support::{BASE, TestApp};

/// Other paths of described endpoints, which the reference's clients use.
const ALIASES: [(&str, &str); 5] = [
    ("/get/support-ticket/catogory-list", "/support/get/category-list"),
    ("/creat/support/ticket", "/support/create/ticket"),
    ("/get/ticket/history", "/support/get/ticket/history"),
    ("/get/ticket/tags", "/support/get/ticket/tags"),
    ("/update/support/ticket", "/support/update/ticket"),
];

/// What anybody may ask for: how the server is, and what its API is like.
const OPEN: [&str; 9] = [
    "/",
    "/healthz",
    "/readyz",
    "/metrics",
    "/openapi.json",
    "/docs",
    "/docs/",
    "/docs/{*rest}",
    "/assets/{hash}/{name}",
];

/// A route that needs no rule of its own: described, or the other path of one that is.
fn is_described(method: &Method, path: &str, described: &[Route]) -> bool {
    let Some(below) = path.strip_prefix(BASE) else { return false };
    let canonical = ALIASES.iter().find(|(alias, _)| *alias == below).map_or(below, |(_, canonical)| *canonical);
    described.iter().any(|(known, path)| known == method && path.trim_end_matches('/') == canonical)
}

/// What is wrong with the routes `served`.
fn undeclared(served: &[Route], described: &[Route]) -> Vec<String> {
    let declared = |method: &Method, path: &str| {
        is_described(method, path, described)
            || (*method == Method::GET && OPEN.contains(&path))
            || super::pages::SECTIONS.iter().any(|section| section.has(path))
    };
    let wrong = served.iter().filter(|(method, path)| !declared(method, path));
    wrong.map(|(method, path)| format!("{method} {path}")).collect()
}

#[tokio::test]
async fn a_route_is_described_or_a_page_or_open_to_all() {
    let app = TestApp::new();
    let served = served(&app);
    assert_eq!(undeclared(&served, &described()), Vec::<String>::new(), "not in docs/openapi.json, nor a page");
    for (method, path) in described() {
        let path = format!("{BASE}{}", path.trim_end_matches('/'));
        assert!(served.contains(&(method.clone(), path.clone())), "{method} {path} is described and not served");
    }
    // It would be noticed.
    let one_more = [(Method::DELETE, format!("{BASE}/desk/tickets")), (Method::GET, "/admin".to_owned())];
    assert_eq!(undeclared(&one_more, &described()).len(), 2);
}

#[tokio::test]
async fn the_routes_that_are_found_are_those_that_answer() {
    let app = TestApp::new();
    let stranger = app.stranger();
    for (method, path) in served(&app).iter().filter(|(method, _)| *method == Method::GET) {
        let answer = stranger.send(method.clone(), &format!("/{path}"), None, "").await;
        assert_ne!(answer.status, StatusCode::METHOD_NOT_ALLOWED, "{method} {path}");
    }
}
