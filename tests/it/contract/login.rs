//! 10 · `POST user/login/`

use std::time::Duration;

use ferrodesk::app::log_in;
use ferrodesk::app::manage::users;
use ferrodesk::domain::user::{Application, Email, Role};
use ferrodesk::domain::{AuthFailure, Clock as _, Error};
use ferrodesk::identity::token::REFRESH_LIFETIME;
use serde_json::{Value, json};

use crate::support::{Answer, Client, Encoding, PASSWORD, SignedIn, TestApp, TestWorkspace};

const PATH: &str = "/user/login/";
const ANN: &str = "ann@customer.example";

async fn sign_in(client: &Client, username: &str, password: &str) -> Answer {
    client.post_json(PATH, &json!({ "username": username, "password": password })).await
}

#[track_caller]
fn assert_refused(answer: &Answer) {
    let words = json!({ "detail": ["The supplied authentication credentials are invalid."] });
    answer.assert_failure(401, "Authentication Failed", &words);
    assert!(answer.header("www-authenticate").starts_with("Bearer "), "{answer:?}");
}

async fn deactivate(app: &TestApp, workspace: &TestWorkspace, user: &SignedIn) {
    let (id, at) = (workspace.id, app.clock.now());
    let email = Email::parse(&user.email).expect("an address");
    app.write(move |tx| users::set_active(tx, id, &email, false, at)).await;
}

#[tokio::test]
async fn the_right_password_is_answered_with_both_tokens_and_nothing_around_them() {
    let app = TestApp::new();
    let (acme, _) = app.acme().await;
    let client = app.application(&acme);
    for encoding in Encoding::ALL {
        let answer = client.post(PATH, encoding, &[("username", ANN), ("password", PASSWORD)]).await;
        let body = answer.json();
        let (refresh, access) = (body["refresh"].as_str().expect("text"), body["access"].as_str().expect("text"));
        assert_eq!(body, json!({ "refresh": refresh, "access": access }), "{encoding:?}");
        assert_eq!(answer.status, 200);
        assert_eq!(answer.header("content-type"), "application/json");
        assert!(!answer.header("x-request-id").is_empty());
        let user = client.clone().header("authorization", &format!("Bearer {access}"));
        assert_eq!(user.get("/support/get/ticket/history/").await.data(), json!({ "TicketList": [] }));
        let next =
            client.post(PATH.replace("login", "token/refresh").as_str(), encoding, &[("refresh", refresh)]).await;
        assert_eq!(next.status, 200, "{encoding:?}");
    }
}

#[tokio::test]
async fn the_address_may_be_capitalised_otherwise_and_surrounded_by_white_space() {
    let app = TestApp::new();
    let (acme, _) = app.acme().await;
    let client = app.application(&acme);
    for username in ["ANN@Customer.Example", " ann@customer.example\n"] {
        assert_eq!(sign_in(&client, username, PASSWORD).await.status, 200, "{username:?}");
    }
}

#[tokio::test]
async fn a_wrong_password_and_an_unknown_user_are_answered_alike() {
    let app = TestApp::new();
    let (acme, _) = app.acme().await;
    let globex = app.workspace("Globex").await;
    app.user(&globex, "gus@globex.example", Role::Customer).await;
    let client = app.application(&acme);
    let wrong = sign_in(&client, ANN, "wrong horse").await;
    assert_refused(&wrong);
    let others = [("nobody@customer.example", PASSWORD), ("gus@globex.example", PASSWORD), ("no address", PASSWORD)];
    for (username, password) in others {
        let mut answer = sign_in(&client, username, password).await;
        assert_refused(&answer);
        assert_eq!(answer.body, wrong.body);
        let mut expected = wrong.headers.clone();
        expected.remove("x-request-id");
        answer.headers.remove("x-request-id");
        assert_eq!(answer.headers, expected, "{username}");
    }
}

#[tokio::test]
async fn a_deactivated_account_is_told_so_only_to_who_knows_the_password() {
    let app = TestApp::new();
    let (acme, ann) = app.acme().await;
    deactivate(&app, &acme, &ann).await;
    let client = app.application(&acme);
    let words = json!({ "detail": ["No active account found with the given credentials"] });
    sign_in(&client, ANN, PASSWORD).await.assert_failure(401, "Inactive Account", &words);
    assert_refused(&sign_in(&client, ANN, "wrong horse").await);
}

#[tokio::test]
async fn an_account_without_a_password_cannot_be_signed_in_to() {
    let app = TestApp::new();
    let (acme, _) = app.acme().await;
    let (id, at) = (acme.id, app.clock.now());
    app.write(move |tx| {
        let email = Email::parse("ext@customer.example").expect("an address");
        let identity = Some(("https://login.example", "7"));
        let new = ferrodesk::storage::queries::users::NewUser {
            workspace: id,
            email: &email,
            role: Role::Customer,
            password_hash: None,
            identity,
            at,
        };
        Ok(ferrodesk::storage::queries::users::insert(tx, new)?)
    })
    .await;
    for password in ["nobody's password", PASSWORD, "None"] {
        assert_refused(&sign_in(&app.application(&acme), "ext@customer.example", password).await);
    }
}

#[tokio::test]
async fn every_field_that_fails_is_named() {
    let app = TestApp::new();
    let acme = app.workspace("Acme").await;
    let client = app.application(&acme);
    let required = json!(["This field is required."]);
    for encoding in Encoding::ALL {
        let answer = client.post(PATH, encoding, &[("other", "x")]).await;
        answer.assert_invalid(&json!({ "username": required, "password": required }));
        let blank = json!(["This field may not be blank."]);
        let answer = client.post(PATH, encoding, &[("username", ""), ("password", " \u{a0}")]).await;
        answer.assert_invalid(&json!({ "username": blank, "password": blank }));
        client.post(PATH, encoding, &[("username", ANN)]).await.assert_invalid(&json!({ "password": required }));
    }
    let cases: [(Value, &str); 7] = [
        (json!(null), "This field may not be null."),
        (json!(true), "Not a valid string."),
        (json!([ANN]), "Not a valid string."),
        (json!({ "a": 1 }), "Not a valid string."),
        (json!("\u{1f}"), "This field may not be blank."),
        (json!("a\0b"), "Null characters are not allowed."),
        (json!(""), "This field may not be blank."),
    ];
    for (value, words) in cases {
        let answer = client.post_json(PATH, &json!({ "username": value, "password": value })).await;
        answer.assert_invalid(&json!({ "username": [words], "password": [words] }));
    }
    // A number is taken as its text.
    assert_refused(&client.post_json(PATH, &json!({ "username": 1, "password": 2.0 })).await);
    let body = r#"{"username": "\ud800", "password": "x"}"#;
    let answer = client.send(http::Method::POST, PATH, Some("application/json"), body).await;
    answer.assert_invalid(&json!({ "username": ["Surrogate characters are not allowed: U+D800."] }));
}

#[tokio::test]
async fn too_many_failures_of_an_account_make_it_wait() {
    let app = TestApp::with(|config| config.login_failures_per_account = 2);
    let (acme, _) = app.acme().await;
    app.user(&acme, "bob@customer.example", Role::Customer).await;
    let client = app.application(&acme);
    // A success is no failure.
    for _ in 0..3 {
        assert_eq!(sign_in(&client, ANN, PASSWORD).await.status, 200);
    }
    assert_refused(&sign_in(&client, ANN, "wrong horse").await);
    app.clock.advance(Duration::from_mins(1));
    assert_refused(&sign_in(&client, "ANN@customer.example ", "wrong horse").await);
    for password in [PASSWORD, "wrong horse"] {
        let answer = sign_in(&client, ANN, password).await;
        let words = json!({ "detail": ["Request was throttled. Expected available in 240 seconds."] });
        answer.assert_failure(429, "Too Many Requests", &words);
        assert_eq!(answer.header("retry-after"), "240");
        assert_eq!(answer.header("ratelimit-policy"), "\"login-account\";q=2;w=300");
        assert_eq!(answer.header("ratelimit"), "\"login-account\";r=0;t=240");
    }
    assert_eq!(sign_in(&client, "bob@customer.example", PASSWORD).await.status, 200);
    app.clock.advance(Duration::from_mins(4));
    assert_eq!(sign_in(&client, ANN, PASSWORD).await.status, 200);
}

#[tokio::test]
async fn unknown_accounts_wait_like_known_ones_and_workspaces_apart() {
    let app = TestApp::with(|config| config.login_failures_per_account = 1);
    let (acme, _) = app.acme().await;
    let globex = app.workspace("Globex").await;
    app.user(&globex, ANN, Role::Customer).await;
    for username in [ANN, "nobody@customer.example"] {
        assert_refused(&sign_in(&app.application(&acme), username, "wrong horse").await);
        assert_eq!(sign_in(&app.application(&acme), username, "wrong horse").await.status, 429, "{username}");
    }
    assert_eq!(sign_in(&app.application(&globex), ANN, PASSWORD).await.status, 200);
}

#[tokio::test]
async fn too_many_failures_from_an_address_make_it_wait() {
    let app = TestApp::with(|config| {
        config.login_failures_per_address = 2;
        config.trust_forwarded_for = true;
    });
    let (acme, _) = app.acme().await;
    let from = |address| app.application(&acme).header("x-forwarded-for", address);
    for (address, username) in [("203.0.113.9, 192.0.2.1", "a@a.example"), ("192.0.2.1", "b@a.example")] {
        assert_refused(&sign_in(&from(address), username, "wrong horse").await);
    }
    let answer = sign_in(&from("198.51.100.7, 192.0.2.1"), ANN, PASSWORD).await;
    assert_eq!(answer.status, 429);
    assert_eq!(answer.header("retry-after"), "300");
    assert_eq!(answer.header("ratelimit-policy"), "\"login-address\";q=2;w=300");
    assert_eq!(answer.header("ratelimit"), "\"login-address\";r=0;t=300");
    assert_eq!(sign_in(&from("192.0.2.2"), ANN, PASSWORD).await.status, 200);
}

#[tokio::test]
async fn attempts_that_come_together_do_not_slip_past_the_limit() {
    let app = TestApp::with(|config| config.login_failures_per_account = 3);
    let (acme, _) = app.acme().await;
    let client = app.application(&acme);
    let attempts = (0..12).map(|n| {
        let client = client.clone();
        async move { sign_in(&client, ANN, &format!("guess {n}")).await.status.as_u16() }
    });
    let answers = futures_util::future::join_all(attempts).await;
    let count = |status| answers.iter().filter(|&&answer| answer == status).count();
    assert_eq!((count(401), count(429)), (3, 9), "{answers:?}");
}

#[tokio::test]
async fn an_attempt_that_the_server_was_too_busy_for_is_no_failure() {
    // More than are hashed and may wait; how many are refused as busy depends on the machine.
    let limit =
        80 + u32::try_from(std::thread::available_parallelism().map_or(2, std::num::NonZero::get)).expect("few cores");
    let app = TestApp::with(|config| config.login_failures_per_account = limit);
    let (acme, _) = app.acme().await;
    let client = app.application(&acme);
    let answers = futures_util::future::join_all((0..limit).map(|_| sign_in(&client, ANN, "wrong horse"))).await;
    let busy = answers.iter().filter(|answer| answer.status == 503).count();
    assert!(answers.iter().all(|answer| [401, 503].contains(&answer.status.as_u16())));
    let next = sign_in(&client, ANN, "wrong horse").await.status;
    assert_eq!(next.as_u16(), if busy > 0 { 401 } else { 429 });
}

#[tokio::test]
async fn a_repeat_with_the_same_key_gets_the_same_tokens_which_are_not_stored_in_the_clear() {
    let app = TestApp::new();
    let (acme, _) = app.acme().await;
    let client = app.application(&acme).header("idempotency-key", "sign-in-1");
    let first = sign_in(&client, ANN, PASSWORD).await;
    app.clock.advance(Duration::from_mins(1));
    let again = sign_in(&client, ANN, PASSWORD).await;
    assert_eq!((first.status.as_u16(), again.status.as_u16()), (200, 200));
    assert_eq!(first.body, again.body);
    assert_ne!(sign_in(&client.clone().header("idempotency-key", "sign-in-2"), ANN, PASSWORD).await.body, first.body);
    let other = sign_in(&client, ANN, "wrong horse").await;
    let words = "This Idempotency-Key was used with another request. Use a new key for a new request.";
    other.assert_failure(422, "Conflict", &json!({ "detail": [words] }));

    let kept = app.kept_answers().await.remove(0);
    assert!(!kept.is_empty());
    let tokens = first.json();
    for file in std::fs::read_dir(app.folder()).expect("the data folder").flatten().filter(|f| f.path().is_file()) {
        let bytes = std::fs::read(file.path()).expect("a file");
        for secret in [tokens["refresh"].as_str(), tokens["access"].as_str(), Some(PASSWORD)].into_iter().flatten() {
            let found = bytes.windows(secret.len()).any(|window| window == secret.as_bytes());
            assert!(!found, "{secret} stands in {:?}", file.path());
        }
    }
}

#[tokio::test]
async fn a_password_that_is_changed_while_it_is_checked_starts_no_session() {
    let app = TestApp::new();
    let (acme, ann) = app.acme().await;
    let application = Application { id: acme.application, workspace: acme.id };
    let email = ann.email.clone();
    // What signing in reads before it hashes, which takes a while.
    let account = app.read(move |tx| log_in::account(tx, application.workspace, &email)).await.expect("an account");
    let (address, at) = (Email::parse(&ann.email).expect("an address"), app.clock.now());
    app.write(move |tx| users::set_password(tx, acme.id, &address, "another hash", at)).await;
    let refused = app
        .state
        .store()
        .write(move |tx| log_in::start_session(tx, application, &account, &[1; 32], at, at.plus(REFRESH_LIFETIME)))
        .await;
    assert!(matches!(refused, Err(Error::Unauthenticated(AuthFailure::WrongCredentials))), "{refused:?}");
}
