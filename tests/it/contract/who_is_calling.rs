//! "Who is calling": apikeys, access tokens, and in which order a request is checked.

use std::time::Duration;

use axum::body::Body;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ferrodesk::app::manage::{apikeys, users};
use ferrodesk::domain::Clock as _;
use ferrodesk::domain::user::{Email, Role};
use ferrodesk::identity::token::ACCESS_LIFETIME;
use ferrodesk::storage::queries::sessions;
use http::Method;
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use rstest::rstest;
use serde_json::{Value, json};

use crate::support::{Answer, Client, PASSWORD, SignedIn, TestApp, TestWorkspace};

const CATEGORIES: &str = "/support/get/category-list/";
const MISSING: &str = "Authentication credentials were not provided.";
const WRONG_APIKEY: &str = "Incorrect authentication credentials.";
const TWO_WORDS: &str = "Authorization header must contain two space-delimited values";
const INVALID_TOKEN: &str = "Given token not valid for any token type";

/// Endpoints 1 to 9.
const OF_USERS: [(Method, &str); 9] = [
    (Method::GET, CATEGORIES),
    (Method::POST, "/support/create/ticket/"),
    (Method::GET, "/support/get/ticket/history/"),
    (Method::GET, "/support/get/ticket/tags/"),
    (Method::POST, "/support/update/ticket/"),
    (Method::GET, "/support/ticket/detailed-view/"),
    (Method::GET, "/support/ticket/download/1/"),
    (Method::POST, "/support/ticket/conversation/"),
    (Method::POST, "/support/ticket/status/"),
];

/// Endpoints 10 and 11.
const OF_APPLICATIONS: [(Method, &str); 2] = [(Method::POST, "/user/login/"), (Method::POST, "/user/token/refresh/")];

#[track_caller]
fn assert_refused(answer: &Answer, words: &str) {
    answer.assert_failure(401, "Authentication Failed", &json!({ "detail": [words] }));
    assert!(answer.header("www-authenticate").starts_with("Bearer "), "{answer:?}");
}

async fn passes(client: &Client) -> bool {
    client.get(CATEGORIES).await.status == 200
}

fn bearing(app: &TestApp, workspace: &TestWorkspace, token: &str) -> Client {
    app.application(workspace).header("authorization", &format!("Bearer {token}"))
}

#[tokio::test]
async fn every_endpoint_wants_an_apikey_that_is_right() {
    let app = TestApp::new();
    let (acme, ann) = app.acme().await;
    let user = app.stranger().header("authorization", &format!("Bearer {}", ann.token));
    let shorter = &acme.apikey[..acme.apikey.len() - 1];
    let longer = format!("{}x", acme.apikey);
    let huge = "k".repeat(4096);
    for (method, path) in OF_USERS.into_iter().chain(OF_APPLICATIONS) {
        let call = async |client: Client| client.send(method.clone(), path, None, Body::empty()).await;
        assert_refused(&call(user.clone()).await, MISSING);
        assert_refused(&call(user.clone().header("apikey", "")).await, MISSING);
        for wrong in ["x", shorter, &*longer, &*acme.apikey.to_uppercase(), &*huge, &*ann.token] {
            assert_refused(&call(user.clone().header("apikey", wrong)).await, WRONG_APIKEY);
        }
    }
}

#[tokio::test]
async fn endpoints_1_to_9_want_a_token_and_10_and_11_do_not() {
    let app = TestApp::new();
    let acme = app.workspace("Acme").await;
    let client = app.application(&acme);
    for (method, path) in OF_USERS {
        assert_refused(&client.send(method, path, None, Body::empty()).await, MISSING);
    }
    for (method, path) in OF_APPLICATIONS {
        assert_eq!(client.send(method, path, None, Body::empty()).await.status, 400, "{path}");
    }
}

#[rstest]
#[case("", MISSING)]
#[case("Basic dXNlcjpwYXNz", MISSING)]
#[case("Token abc", MISSING)]
#[case("Bearer", TWO_WORDS)]
#[case("Bearer a b", TWO_WORDS)]
#[case("abc", TWO_WORDS)]
#[case("Bearer garbage", INVALID_TOKEN)]
#[case("Bearer a.b.c", INVALID_TOKEN)]
#[case("Bearer ..", INVALID_TOKEN)]
#[tokio::test]
async fn each_bad_authorization_header_has_its_words(#[case] header: &str, #[case] words: &str) {
    let app = TestApp::new();
    let acme = app.workspace("Acme").await;
    let client = app.application(&acme).header("authorization", header);
    for (method, path) in OF_USERS {
        assert_refused(&client.send(method, path, None, Body::empty()).await, words);
    }
}

#[tokio::test]
async fn the_schemes_name_is_case_insensitive() {
    let app = TestApp::new();
    let (acme, ann) = app.acme().await;
    for scheme in ["Bearer", "bearer", "BEARER", "bEaReR"] {
        let client = app.application(&acme).header("authorization", &format!("{scheme} {}", ann.token));
        assert!(passes(&client).await, "{scheme}");
    }
}

#[tokio::test]
async fn a_token_of_another_workspace_than_the_apikeys_is_refused() {
    let app = TestApp::new();
    let (acme, ann) = app.acme().await;
    let globex = app.workspace("Globex").await;
    let gus = app.user(&globex, "gus@globex.example", Role::Admin).await;
    // Once before each is known, and once after.
    for _ in 0..2 {
        assert_refused(&app.client(&globex, &ann).get(CATEGORIES).await, INVALID_TOKEN);
        assert_refused(&app.client(&acme, &gus).get(CATEGORIES).await, INVALID_TOKEN);
        assert!(passes(&app.client(&acme, &ann)).await);
        assert!(passes(&app.client(&globex, &gus)).await);
    }
}

#[tokio::test]
async fn a_token_is_refused_from_the_moment_it_expires() {
    let app = TestApp::new();
    let (acme, ann) = app.acme().await;
    let client = app.client(&acme, &ann);
    app.clock.advance(ACCESS_LIFETIME.saturating_sub(Duration::from_micros(1)));
    assert!(passes(&client).await);
    app.clock.advance(Duration::from_micros(1));
    assert_refused(&client.get(CATEGORIES).await, INVALID_TOKEN);
}

#[tokio::test]
async fn revoking_an_apikey_takes_effect_at_once() {
    let app = TestApp::new();
    let (acme, ann) = app.acme().await;
    let client = app.client(&acme, &ann);
    assert!(passes(&client).await);
    let (workspace, application, at) = (acme.id, acme.application, app.clock.now());
    app.write(move |tx| apikeys::revoke(tx, workspace, application, at)).await;
    assert_refused(&client.get(CATEGORIES).await, WRONG_APIKEY);
    assert_refused(&client.post_json("/user/login/", &json!({})).await, WRONG_APIKEY);
}

#[tokio::test]
async fn a_deactivated_user_is_out_at_once_and_a_revoked_session_stays_so() {
    let app = TestApp::new();
    let (acme, ann) = app.acme().await;
    let client = app.client(&acme, &ann);
    assert!(passes(&client).await);
    let (workspace, at) = (acme.id, app.clock.now());
    let email = || Email::parse("ann@customer.example").expect("an address");
    app.write(move |tx| users::set_active(tx, workspace, &email(), false, at)).await;
    assert_refused(&client.get(CATEGORIES).await, INVALID_TOKEN);
    app.write(move |tx| users::set_active(tx, workspace, &email(), true, at)).await;
    assert_refused(&client.get(CATEGORIES).await, INVALID_TOKEN);
    // One who comes back signs in again; and one whose sessions are revoked is out without being deactivated.
    let again = SignedIn { token: app.sign_in(&acme, ann.requester).await, ..ann.clone() };
    assert!(passes(&app.client(&acme, &again)).await);
    app.write(move |tx| {
        sessions::revoke_of_user(tx, workspace, ann.requester.user, at)?;
        Ok(tx.bump_revision()?)
    })
    .await;
    assert_refused(&app.client(&acme, &again).get(CATEGORIES).await, INVALID_TOKEN);
}

/// A token's claims.
fn claims(token: &str) -> Value {
    let payload = token.split('.').nth(1).expect("three parts");
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(payload).expect("base64")).expect("JSON")
}

fn encoded(value: &Value) -> String {
    URL_SAFE_NO_PAD.encode(value.to_string())
}

#[tokio::test]
async fn a_forged_token_is_refused() {
    let app = TestApp::new();
    let (acme, ann) = app.acme().await;
    let bob = app.user(&acme, "bob@customer.example", Role::Admin).await;
    let [head, body, signature] = ann.token.split('.').collect::<Vec<_>>()[..] else { panic!("three parts") };
    let claims = claims(&ann.token);
    let key = app.secret.derive("access token");
    let sign = |algorithm, claims: &Value, key: &[u8]| {
        jsonwebtoken::encode(&Header::new(algorithm), claims, &EncodingKey::from_secret(key)).expect("a token")
    };
    // The means of this test are right: what it signs with the right key passes.
    assert!(passes(&bearing(&app, &acme, &sign(Algorithm::HS256, &claims, &key))).await);
    let changed = |name: &str, value: Value| {
        let mut claims = claims.clone();
        claims[name] = value;
        claims
    };
    let someone_else = encoded(&changed("sub", json!(bob.requester.user.to_string())));
    let flipped = if signature.starts_with('A') { "B" } else { "A" };
    let mut forged = vec![
        format!("{head}.{someone_else}.{signature}"),
        format!("{head}.{body}.{flipped}{}", &signature[1..]),
        format!("{head}.{body}."),
        format!("{head}.{body}"),
        format!("{}.{body}.", encoded(&json!({ "alg": "none", "typ": "JWT" }))),
        format!("{}.{body}.{signature}", encoded(&json!({ "alg": "none", "typ": "JWT" }))),
        format!("{}.{body}.", encoded(&json!({ "alg": "None" }))),
        format!("{}.{body}.{signature}", encoded(&json!({ "alg": "RS256", "typ": "JWT" }))),
        sign(Algorithm::HS256, &claims, b"another key, but one as long as the right one"),
        sign(Algorithm::HS256, &claims, b""),
        sign(Algorithm::HS512, &claims, &key),
    ];
    // Even what the right key signed must be meant for this.
    for (name, value) in [
        ("iss", json!("someone")),
        ("aud", json!("something")),
        ("token_type", json!("refresh")),
        ("sub", json!(bob.requester.user.to_string())),
        ("sub", json!("x")),
        ("sid", json!(999)),
        ("ws", json!(999)),
        ("exp", json!(app.clock.now().seconds())),
        ("exp", Value::Null),
    ] {
        forged.push(sign(Algorithm::HS256, &changed(name, value), &key));
    }
    for token in forged {
        assert_refused(&bearing(&app, &acme, &token).get(CATEGORIES).await, INVALID_TOKEN);
    }
}

#[tokio::test]
async fn a_refresh_token_is_no_access_token() {
    let app = TestApp::new();
    let (acme, ann) = app.acme().await;
    let credentials = json!({ "username": ann.email, "password": PASSWORD });
    let tokens = app.application(&acme).post_json("/user/login/", &credentials).await.json();
    assert!(passes(&bearing(&app, &acme, tokens["access"].as_str().expect("text"))).await);
    let refresh = tokens["refresh"].as_str().expect("text");
    assert_refused(&bearing(&app, &acme, refresh).get(CATEGORIES).await, INVALID_TOKEN);
    // Nor is an apikey.
    assert_refused(&bearing(&app, &acme, &acme.apikey).get(CATEGORIES).await, INVALID_TOKEN);
}

#[tokio::test]
async fn the_catalogue_is_open_to_applications_if_the_settings_say_so() {
    let app = TestApp::with(|config| config.catalog_requires_token = false);
    let acme = app.workspace("Acme").await;
    let client = app.application(&acme);
    for (number, (method, path)) in (1..).zip(OF_USERS) {
        let open = number == 1 || number == 4;
        let answer = client.send(method, path, None, Body::empty()).await;
        if open {
            assert_eq!(answer.status, 200, "{path}");
        } else {
            assert_refused(&answer, MISSING);
        }
        if open {
            assert_refused(&app.stranger().get(path).await, MISSING);
            assert_refused(&app.stranger().header("apikey", "x").get(path).await, WRONG_APIKEY);
            let answer = client.send(Method::POST, path, None, Body::empty()).await;
            assert_eq!(answer.status, 405);
        }
    }
}

#[tokio::test]
async fn caller_comes_before_method_and_method_before_body() {
    let app = TestApp::new();
    let (acme, ann) = app.acme().await;
    let broken = async |client: &Client, method: &Method, path: &str| {
        client.send(method.clone(), path, Some("application/json"), "{\"broken").await
    };
    let user = app.client(&acme, &ann);
    for (method, path) in OF_USERS.into_iter().chain(OF_APPLICATIONS) {
        let wants_token = !path.starts_with("/user/");
        for method in [&method, &Method::PUT] {
            assert_refused(&broken(&app.stranger(), method, path).await, MISSING);
            assert_refused(&broken(&user.clone().header("apikey", "x"), method, path).await, WRONG_APIKEY);
            if wants_token {
                assert_refused(&broken(&app.application(&acme), method, path).await, MISSING);
            }
        }
        let answer = broken(&user, &Method::PUT, path).await;
        answer.assert_failure(405, "Method Not Allowed", &json!({ "detail": ["Method \"PUT\" not allowed."] }));
        if method == Method::POST {
            let answer = broken(&user, &method, path).await;
            assert_eq!((answer.status.as_u16(), &answer.json()["error_type"]), (400, &json!("Parse Error")), "{path}");
        }
    }
    // The apikey is looked at before the token.
    let neither = app.stranger().header("apikey", "x").header("authorization", "Bearer x");
    assert_refused(&neither.get(CATEGORIES).await, WRONG_APIKEY);
}
