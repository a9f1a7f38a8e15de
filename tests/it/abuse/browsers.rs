//! What a browser lets the pages of other origins do, and that it keeps to TLS. What pages of ours may do is in
//! `console/safety.rs` and `help/safety.rs`.

use axum::body::Body;
use http::Method;
use rstest::rstest;

use crate::support::TestApp;

const NAMED: &str = "https://shop.example";
const OTHER: &str = "https://evil.example";

/// What a browser asks before it lets a page of `origin` send a request with `method` and `headers`.
async fn may(app: &TestApp, origin: &str, path: &str, method: &str, headers: &str) -> bool {
    let asking = app.stranger().header("origin", origin).header("access-control-request-method", method);
    let asking = asking.header("access-control-request-headers", headers);
    let answer = asking.send(Method::OPTIONS, path, None, Body::empty()).await;
    let lists = |name: &str, wanted: &str| answer.header(name).split(',').any(|listed| listed.trim() == wanted);
    answer.header("access-control-allow-origin") == origin
        && lists("access-control-allow-methods", method)
        && headers.split(',').all(|name| lists("access-control-allow-headers", name))
}

#[rstest]
#[case("/support/create/ticket/", "POST", "apikey,authorization,content-type,idempotency-key")]
#[case("/support/ticket/download/1/", "GET", "apikey,authorization,range,if-none-match")]
#[case("/desk/tickets/1", "PATCH", "apikey,authorization,content-type,if-match")]
#[case("/desk/views/1", "DELETE", "apikey,authorization,if-match")]
#[case("/desk/events", "GET", "apikey,authorization,last-event-id")]
#[tokio::test]
async fn pages_of_origins_that_are_named_may_call_and_no_others(
    #[case] path: &str,
    #[case] method: &str,
    #[case] headers: &str,
) {
    let app = TestApp::with(|config| NAMED.clone_into(&mut config.cors_origins));
    assert!(may(&app, NAMED, path, method, headers).await);
    assert!(!may(&app, OTHER, path, method, headers).await);
    let nobody = TestApp::new();
    assert!(!may(&nobody, NAMED, path, method, headers).await);
}

#[tokio::test]
async fn no_page_of_another_origin_calls_with_cookies() {
    let app = TestApp::with(|config| NAMED.clone_into(&mut config.cors_origins));
    let answer = app.stranger().header("origin", NAMED).get("//desk/sign-in").await;
    assert_eq!(answer.header("access-control-allow-credentials"), "");
}

#[rstest]
#[case(Some("https://support.example.com"), "max-age=31536000")]
#[case(Some("http://desk.internal"), "")]
#[case(None, "")]
#[tokio::test]
async fn who_came_by_tls_keeps_to_it(#[case] public_url: Option<&str>, #[case] told: &str) {
    let app = TestApp::with(|config| config.public_url = public_url.map(str::to_owned));
    for path in ["//desk/sign-in", "//healthz", "/user/login/", "//nowhere"] {
        assert_eq!(app.stranger().get(path).await.header("strict-transport-security"), told, "{path}");
    }
}
