//! 11 · `POST user/token/refresh/`

use std::time::Duration;

use ferrodesk::app::manage::users;
use ferrodesk::domain::Clock as _;
use ferrodesk::domain::user::Email;
use serde_json::json;

use crate::support::{Answer, Client, Encoding, PASSWORD, TestApp};

const PATH: &str = "/user/token/refresh/";
const ANN: &str = "ann@customer.example";
const DAY: Duration = Duration::from_hours(24);

#[derive(Clone, Debug)]
struct Tokens {
    refresh: String,
    access: String,
}

impl Tokens {
    #[track_caller]
    fn of(answer: &Answer) -> Self {
        assert_eq!(answer.status, 200, "{answer:?}");
        let body = answer.json();
        let [refresh, access] = ["refresh", "access"].map(|name| body[name].as_str().expect("text").to_owned());
        assert_eq!(body, json!({ "access": access, "refresh": refresh }));
        Self { refresh, access }
    }
}

async fn log_in(client: &Client) -> Tokens {
    Tokens::of(&client.post_json("/user/login/", &json!({ "username": ANN, "password": PASSWORD })).await)
}

async fn refresh(client: &Client, token: &str) -> Answer {
    client.post_json(PATH, &json!({ "refresh": token })).await
}

async fn passes(client: &Client, access: &str) -> bool {
    let user = client.clone().header("authorization", &format!("Bearer {access}"));
    user.get("/support/get/category-list/").await.status == 200
}

#[track_caller]
fn assert_refused(answer: &Answer) {
    let words = json!({ "detail": ["Given token not valid for any token type"] });
    answer.assert_failure(401, "Authentication Failed", &words);
    assert!(answer.header("www-authenticate").starts_with("Bearer "), "{answer:?}");
}

#[tokio::test]
async fn each_refresh_token_is_changed_for_new_tokens() {
    let app = TestApp::new();
    let (acme, _) = app.acme().await;
    let client = app.application(&acme);
    let first = log_in(&client).await;
    let mut now = first.clone();
    for encoding in Encoding::ALL {
        app.clock.advance(Duration::from_secs(1));
        let answer = client.post(PATH, encoding, &[("refresh", &now.refresh)]).await;
        assert_eq!(answer.header("content-type"), "application/json");
        let next = Tokens::of(&answer);
        assert_ne!(next.refresh, now.refresh);
        assert_ne!(next.access, now.access);
        assert!(passes(&client, &next.access).await, "{encoding:?}");
        now = next;
    }
    // Rotation leaves the access tokens that are out in peace.
    assert!(passes(&client, &first.access).await);
}

#[tokio::test]
async fn a_session_lasts_as_long_as_it_is_refreshed_within_a_fortnight() {
    let app = TestApp::new();
    let (acme, _) = app.acme().await;
    let client = app.application(&acme);
    let mut now = log_in(&client).await;
    for _ in 0..4 {
        app.clock.advance(DAY * 13);
        assert!(!passes(&client, &now.access).await, "access tokens are good for minutes");
        now = Tokens::of(&refresh(&client, &now.refresh).await);
        assert!(passes(&client, &now.access).await);
    }
    app.clock.advance(DAY * 14);
    assert_refused(&refresh(&client, &now.refresh).await);
}

#[tokio::test]
async fn a_token_that_comes_twice_revokes_the_whole_family() {
    let app = TestApp::new();
    let (acme, _) = app.acme().await;
    let client = app.application(&acme);
    let bystander = log_in(&client).await;
    let first = log_in(&client).await;
    let second = Tokens::of(&refresh(&client, &first.refresh).await);
    let third = Tokens::of(&refresh(&client, &second.refresh).await);
    assert_refused(&refresh(&client, &first.refresh).await);
    for tokens in [&first, &second, &third] {
        assert!(!passes(&client, &tokens.access).await);
        assert_refused(&refresh(&client, &tokens.refresh).await);
    }
    assert!(passes(&client, &bystander.access).await, "another sign-in is another family");
    Tokens::of(&refresh(&client, &bystander.refresh).await);
}

#[tokio::test]
async fn of_two_uses_at_once_one_is_granted_and_the_family_is_revoked() {
    let app = TestApp::new();
    let (acme, _) = app.acme().await;
    let client = app.application(&acme);
    let first = log_in(&client).await;
    let answers = futures_util::future::join_all((0..4).map(|_| refresh(&client, &first.refresh))).await;
    let (granted, refused): (Vec<_>, Vec<_>) = answers.iter().partition(|answer| answer.status == 200);
    assert_eq!((granted.len(), refused.len()), (1, 3));
    refused.into_iter().for_each(assert_refused);
    let granted = Tokens::of(granted[0]);
    assert!(!passes(&client, &granted.access).await);
    assert_refused(&refresh(&client, &granted.refresh).await);
}

#[tokio::test]
async fn what_is_no_refresh_token_is_refused() {
    let app = TestApp::new();
    let (acme, ann) = app.acme().await;
    let client = app.application(&acme);
    for token in ["x", "fdr_", "fdr_AAAA", &ann.token, &acme.apikey] {
        assert_refused(&refresh(&client, token).await);
    }
}

#[tokio::test]
async fn another_workspace_can_neither_use_nor_spoil_a_refresh_token() {
    let app = TestApp::new();
    let (acme, _) = app.acme().await;
    let globex = app.workspace("Globex").await;
    let client = app.application(&acme);
    let tokens = log_in(&client).await;
    for _ in 0..2 {
        assert_refused(&refresh(&app.application(&globex), &tokens.refresh).await);
    }
    let next = Tokens::of(&refresh(&client, &tokens.refresh).await);
    // Nor does a used token that comes to the wrong place end the session.
    assert_refused(&refresh(&app.application(&globex), &tokens.refresh).await);
    assert!(passes(&client, &next.access).await);
}

#[tokio::test]
async fn a_deactivated_user_or_a_new_password_ends_the_session() {
    let app = TestApp::new();
    let (acme, _) = app.acme().await;
    let client = app.application(&acme);
    let tokens = log_in(&client).await;
    let (workspace, at) = (acme.id, app.clock.now());
    let email = || Email::parse(ANN).expect("an address");
    app.write(move |tx| users::set_active(tx, workspace, &email(), false, at)).await;
    assert_refused(&refresh(&client, &tokens.refresh).await);
    app.write(move |tx| users::set_active(tx, workspace, &email(), true, at)).await;
    assert_refused(&refresh(&client, &tokens.refresh).await);
    let tokens = log_in(&client).await;
    app.write(move |tx| users::set_password(tx, workspace, &email(), "no hash at all", at)).await;
    assert_refused(&refresh(&client, &tokens.refresh).await);
    assert!(!passes(&client, &tokens.access).await);
}

#[tokio::test]
async fn the_field_is_checked_like_any_text() {
    let app = TestApp::new();
    let acme = app.workspace("Acme").await;
    let client = app.application(&acme);
    for encoding in Encoding::ALL {
        let answer = client.post(PATH, encoding, &[("other", "x")]).await;
        answer.assert_invalid(&json!({ "refresh": ["This field is required."] }));
        let answer = client.post(PATH, encoding, &[("refresh", " ")]).await;
        answer.assert_invalid(&json!({ "refresh": ["This field may not be blank."] }));
    }
    for (value, words) in [
        (json!(null), "This field may not be null."),
        (json!(false), "Not a valid string."),
        (json!([]), "Not a valid string."),
        (json!({}), "Not a valid string."),
    ] {
        let answer = client.post_json(PATH, &json!({ "refresh": value })).await;
        answer.assert_invalid(&json!({ "refresh": [words] }));
    }
    assert_refused(&client.post_json(PATH, &json!({ "refresh": 1 })).await);
}

#[tokio::test]
async fn a_repeat_with_the_same_key_gets_the_same_tokens_and_revokes_nothing() {
    let app = TestApp::new();
    let (acme, _) = app.acme().await;
    let client = app.application(&acme);
    let tokens = log_in(&client).await;
    let keyed = client.clone().header("idempotency-key", "refresh-1");
    let first = refresh(&keyed, &tokens.refresh).await;
    app.clock.advance(Duration::from_mins(1));
    let again = refresh(&keyed, &tokens.refresh).await;
    let next = Tokens::of(&first);
    assert_eq!((again.status, &again.body), (first.status, &first.body));
    assert!(passes(&client, &next.access).await);
    let other = refresh(&keyed, &next.refresh).await;
    let words = "This Idempotency-Key was used with another request. Use a new key for a new request.";
    other.assert_failure(422, "Conflict", &json!({ "detail": [words] }));
    Tokens::of(&refresh(&client, &next.refresh).await);

    let kept = app.kept_answers().await.remove(0);
    for secret in [&next.refresh, &next.access] {
        assert!(!kept.windows(secret.len()).any(|window| window == secret.as_bytes()));
    }
    // Without the key, the same token is used twice.
    assert_refused(&refresh(&client, &tokens.refresh).await);
    assert!(!passes(&client, &next.access).await);
}

#[tokio::test]
async fn repeats_that_come_together_get_the_same_tokens() {
    let app = TestApp::new();
    let (acme, _) = app.acme().await;
    let client = app.application(&acme);
    let tokens = log_in(&client).await;
    let keyed = client.clone().header("idempotency-key", "refresh-1");
    let answers = futures_util::future::join_all((0..5).map(|_| refresh(&keyed, &tokens.refresh))).await;
    assert!(answers.iter().all(|answer| answer.body == answers[0].body), "{answers:?}");
    assert!(passes(&client, &Tokens::of(&answers[0]).access).await);
}
