//! "Who is calling": tokens of an identity provider that the workspace trusts (issuer + JWKS).

use std::time::Duration;

use ferrodesk::app::manage::{identity_providers, users};
use ferrodesk::domain::Clock as _;
use ferrodesk::domain::user::{Email, Role};
use ferrodesk::storage::queries::users::User;
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use rstest::rstest;
use serde_json::{Value, json};

use crate::support::{Answer, IdentityProvider, KeyPair, Scheme, TestApp, TestWorkspace};

const HISTORY: &str = "/support/get/ticket/history/";
const EVE: &str = "eve@customer.example";

async fn call(app: &TestApp, workspace: &TestWorkspace, token: &str) -> Answer {
    app.application(workspace).header("authorization", &format!("Bearer {token}")).get(HISTORY).await
}

#[track_caller]
fn assert_refused(answer: &Answer) {
    let words = json!({ "detail": ["Given token not valid for any token type"] });
    answer.assert_failure(401, "Authentication Failed", &words);
    assert!(answer.header("www-authenticate").starts_with("Bearer "), "{answer:?}");
}

async fn all_users(app: &TestApp, workspace: &TestWorkspace) -> Vec<User> {
    let id = workspace.id;
    app.read(move |tx| users::list(tx, id)).await
}

/// A desk, a workspace, and a provider that it trusts with one ES256 key.
async fn ready() -> (TestApp, TestWorkspace, IdentityProvider, KeyPair) {
    let app = TestApp::new();
    let acme = app.workspace("Acme").await;
    let key = KeyPair::generate("k1", Scheme::Es256);
    let provider = IdentityProvider::trusted_by(&app, &acme, &["ES256"], &[&key]).await;
    (app, acme, provider, key)
}

#[rstest]
#[case::elliptic(Scheme::Es256, "ES256")]
#[case::rsa(Scheme::Rs256, "RS256")]
#[tokio::test]
async fn a_good_token_lets_its_user_in_as_a_customer(#[case] scheme: Scheme, #[case] algorithm: &str) {
    let app = TestApp::new();
    let acme = app.workspace("Acme").await;
    let key = KeyPair::generate("k1", scheme);
    let provider = IdentityProvider::trusted_by(&app, &acme, &[algorithm], &[&key]).await;
    let token = key.sign(&provider.claims(&app, "user-7", EVE));
    for _ in 0..2 {
        assert_eq!(call(&app, &acme, &token).await.data(), json!({ "TicketList": [] }));
    }
    // A later token, under another address, is the same user's.
    let mut later = provider.claims(&app, "user-7", "eve@elsewhere.example");
    later["exp"] = json!(app.clock.now().seconds() + 900);
    assert_eq!(call(&app, &acme, &key.sign(&later)).await.status, 200);
    let users = all_users(&app, &acme).await;
    let [eve] = &users[..] else { panic!("one user, not {users:?}") };
    assert_eq!((eve.email.as_str(), eve.role, eve.password_hash.as_ref()), (EVE, Role::Customer, None));
    // They use the desk like anybody.
    let client = app.application(&acme).header("authorization", &format!("bearer {token}"));
    let id = client.open_called(acme.category, "From outside").await;
    let view = client.get(&format!("/support/ticket/detailed-view/?ticket_id={id}")).await.data();
    assert_eq!(view["author"], EVE);
}

#[tokio::test]
async fn issuer_audience_subject_and_time_are_checked() {
    let (app, acme, provider, key) = ready().await;
    let now = app.clock.now().seconds();
    let bad: [(&str, Value); 13] = [
        ("iss", json!("https://login.globex.example")),
        ("iss", json!("ferrodesk")),
        ("iss", Value::Null),
        ("aud", json!("billing")),
        ("aud", json!(["billing", "shop"])),
        ("aud", Value::Null),
        ("sub", json!("")),
        ("sub", Value::Null),
        ("exp", json!(now - 60)),
        ("exp", Value::Null),
        ("nbf", json!(now + 120)),
        ("email", Value::Null),
        ("email", json!("no address")),
    ];
    for (name, value) in bad {
        let mut claims = provider.claims(&app, "user-7", EVE);
        match value {
            Value::Null => drop(claims.as_object_mut().expect("an object").remove(name)),
            value => claims[name] = value,
        }
        let answer = call(&app, &acme, &key.sign(&claims)).await;
        assert_eq!(answer.status, 401, "{claims}");
        assert_refused(&answer);
    }
    assert!(all_users(&app, &acme).await.is_empty());
    let mut several = provider.claims(&app, "user-7", EVE);
    several["aud"] = json!(["billing", "support"]);
    assert_eq!(call(&app, &acme, &key.sign(&several)).await.status, 200);
}

#[tokio::test]
async fn a_token_that_was_good_is_refused_once_it_has_expired() {
    let (app, acme, provider, key) = ready().await;
    let token = key.sign(&provider.claims(&app, "user-7", EVE));
    assert_eq!(call(&app, &acme, &token).await.status, 200);
    // The clocks may differ by a minute.
    app.clock.advance(Duration::from_secs(600 + 59));
    assert_eq!(call(&app, &acme, &token).await.status, 200);
    app.clock.advance(Duration::from_secs(1));
    assert_refused(&call(&app, &acme, &token).await);
}

#[tokio::test]
async fn only_the_pinned_algorithms_count() {
    let app = TestApp::new();
    let acme = app.workspace("Acme").await;
    let (elliptic, rsa) = (KeyPair::generate("k1", Scheme::Es256), KeyPair::generate("k2", Scheme::Rs256));
    let provider = IdentityProvider::trusted_by(&app, &acme, &["RS256", "HS256", "none"], &[&elliptic, &rsa]).await;
    let claims = provider.claims(&app, "user-7", EVE);
    assert_refused(&call(&app, &acme, &elliptic.sign(&claims)).await);
    // What everybody may know is no secret to sign with.
    for secret in [&rsa.public[..], rsa.jwk["n"].as_str().expect("text").as_bytes(), b""] {
        let header = Header { kid: Some("k2".to_owned()), ..Header::new(Algorithm::HS256) };
        let forged = jsonwebtoken::encode(&header, &claims, &EncodingKey::from_secret(secret)).expect("a token");
        assert_refused(&call(&app, &acme, &forged).await);
    }
    assert_eq!(provider.fetches().await, 0, "such a token is not worth a fetch");
    assert_eq!(call(&app, &acme, &rsa.sign(&claims)).await.status, 200);
}

#[tokio::test]
async fn a_signature_of_another_key_is_refused() {
    let (app, acme, provider, key) = ready().await;
    let stranger = KeyPair::generate("k1", Scheme::Es256);
    let claims = provider.claims(&app, "user-7", EVE);
    assert_refused(&call(&app, &acme, &stranger.sign(&claims)).await);
    let good = key.sign(&claims);
    let (signed, signature) = good.rsplit_once('.').expect("a signature");
    let (head, _) = signed.split_once('.').expect("a header");
    let other = key.sign(&provider.claims(&app, "user-8", EVE));
    let other_body = other.split('.').nth(1).expect("claims");
    assert_refused(&call(&app, &acme, &format!("{head}.{other_body}.{signature}")).await);
    assert_eq!(call(&app, &acme, &good).await.status, 200);
}

#[tokio::test]
async fn keys_are_fetched_once_and_for_an_unknown_one_no_more_than_every_ten_seconds() {
    let (app, acme, provider, key) = ready().await;
    let unknown = KeyPair::generate("k2", Scheme::Es256);
    for subject in ["user-1", "user-2"] {
        let claims = provider.claims(&app, subject, &format!("{subject}@customer.example"));
        assert_eq!(call(&app, &acme, &key.sign(&claims)).await.status, 200);
    }
    assert_eq!(provider.fetches().await, 1);
    for fetches in 1..4 {
        for number in 0..5 {
            let claims = provider.claims(&app, &format!("user-{number}"), EVE);
            assert_refused(&call(&app, &acme, &unknown.sign(&claims)).await);
            assert_eq!(provider.fetches().await, fetches);
        }
        app.clock.advance(Duration::from_millis(9_999));
        assert_refused(&call(&app, &acme, &unknown.sign(&provider.claims(&app, "user-9", EVE))).await);
        assert_eq!(provider.fetches().await, fetches);
        app.clock.advance(Duration::from_millis(1));
    }
}

#[tokio::test]
async fn a_new_key_is_found_and_one_that_is_gone_no_longer_counts() {
    let (app, acme, provider, old) = ready().await;
    let mut claims = provider.claims(&app, "user-7", EVE);
    claims["exp"] = json!(app.clock.now().seconds() + 86_400);
    let kept = old.sign(&claims);
    assert_eq!(call(&app, &acme, &kept).await.status, 200);
    let new = KeyPair::generate("k2", Scheme::Es256);
    provider.publish(&[&new]).await;
    app.clock.advance(Duration::from_secs(10));
    assert_eq!(call(&app, &acme, &new.sign(&claims)).await.status, 200);
    claims["nonce"] = json!(1);
    assert_refused(&call(&app, &acme, &old.sign(&claims)).await);
    // Nor does a token that was seen while its key was good outlive it for long.
    app.clock.advance(Duration::from_mins(10));
    assert_refused(&call(&app, &acme, &kept).await);
    assert_eq!(call(&app, &acme, &new.sign(&claims)).await.status, 200);
}

#[tokio::test]
async fn a_provider_that_is_away_is_a_503_at_first_and_no_trouble_later() {
    let (app, acme, provider, key) = ready().await;
    provider.fail().await;
    let token = |subject: &str| key.sign(&provider.claims(&app, subject, &format!("{subject}@customer.example")));
    let answer = call(&app, &acme, &token("user-1")).await;
    let words = json!({ "detail": ["The server is busy. Try again in a moment."] });
    answer.assert_failure(503, "Service Unavailable", &words);
    assert_eq!(answer.header("retry-after"), "10");
    provider.publish(&[&key]).await;
    app.clock.advance(Duration::from_secs(10));
    assert_eq!(call(&app, &acme, &token("user-1")).await.status, 200);
    provider.fail().await;
    app.clock.advance(Duration::from_hours(1));
    assert_eq!(call(&app, &acme, &token("user-2")).await.status, 200);
}

#[tokio::test]
async fn only_a_verified_address_leads_to_an_account_that_is_there_and_never_to_staff() {
    let (app, acme, provider, key) = ready().await;
    let eve = app.user(&acme, EVE, Role::Customer).await;
    app.client(&acme, &eve).open_called(acme.category, "Private").await;
    for (email, role) in [("agent@acme.example", Role::Agent), ("admin@acme.example", Role::Admin)] {
        app.user(&acme, email, role).await;
        assert_refused(&call(&app, &acme, &key.sign(&provider.claims(&app, email, email))).await);
    }
    for unverified in [json!(false), json!("false"), json!(null), json!(1), json!("yes")] {
        let mut claims = provider.claims(&app, "user-7", "EVE@customer.example");
        claims["email_verified"] = unverified;
        assert_refused(&call(&app, &acme, &key.sign(&claims)).await);
    }
    let mut unsaid = provider.claims(&app, "user-7", EVE);
    unsaid.as_object_mut().expect("an object").remove("email_verified");
    assert_refused(&call(&app, &acme, &key.sign(&unsaid)).await);
    let answer = call(&app, &acme, &key.sign(&provider.claims(&app, "user-7", EVE))).await;
    assert_eq!(answer.data()["TicketList"][0]["subject"], "Private");
    // Taken by one subject, the account is not another's.
    assert_refused(&call(&app, &acme, &key.sign(&provider.claims(&app, "user-8", EVE))).await);
    assert_eq!(all_users(&app, &acme).await.len(), 3);
}

#[tokio::test]
async fn a_deactivated_user_and_a_provider_that_is_no_longer_trusted_are_out_at_once() {
    let (app, acme, provider, key) = ready().await;
    let (eve, dan) = ("eve", "dan");
    let token = |subject: &str| key.sign(&provider.claims(&app, subject, &format!("{subject}@customer.example")));
    for subject in [eve, dan] {
        assert_eq!(call(&app, &acme, &token(subject)).await.status, 200);
    }
    let (workspace, at, issuer) = (acme.id, app.clock.now(), provider.issuer.clone());
    let email = Email::parse(EVE).expect("an address");
    app.write(move |tx| users::set_active(tx, workspace, &email, false, at)).await;
    assert_refused(&call(&app, &acme, &token(eve)).await);
    assert_eq!(call(&app, &acme, &token(dan)).await.status, 200);
    app.write(move |tx| identity_providers::remove(tx, workspace, &issuer)).await;
    assert_refused(&call(&app, &acme, &token(dan)).await);
}

#[tokio::test]
async fn one_workspaces_provider_means_nothing_to_another() {
    let (app, acme, provider, key) = ready().await;
    let globex = app.workspace("Globex").await;
    let token = key.sign(&provider.claims(&app, "user-7", EVE));
    assert_eq!(call(&app, &acme, &token).await.status, 200);
    assert_refused(&call(&app, &globex, &token).await);
    let theirs =
        IdentityProvider::trusted_by(&app, &globex, &["ES256"], &[&KeyPair::generate("k1", Scheme::Es256)]).await;
    // Neither with its own issuer nor with that of the other.
    assert_refused(&call(&app, &globex, &key.sign(&theirs.claims(&app, "user-7", EVE))).await);
    assert_refused(&call(&app, &globex, &token).await);
    assert!(all_users(&app, &globex).await.is_empty());
}

#[tokio::test]
async fn first_visits_that_come_together_are_one_users() {
    let (app, acme, provider, key) = ready().await;
    let tokens = (0..5).map(|number| {
        let mut claims = provider.claims(&app, "user-7", EVE);
        claims["nonce"] = json!(number);
        key.sign(&claims)
    });
    let tokens: Vec<_> = tokens.collect();
    let answers = futures_util::future::join_all(tokens.iter().map(|token| call(&app, &acme, token))).await;
    assert!(answers.iter().all(|answer| answer.status == 200), "{answers:?}");
    assert_eq!(all_users(&app, &acme).await.len(), 1);
    assert_eq!(provider.fetches().await, 1);
}

#[tokio::test]
async fn times_may_have_fractions() {
    let (app, acme, provider, key) = ready().await;
    let now = f64::from(u32::try_from(app.clock.now().seconds()).expect("not so far off"));
    let mut claims = provider.claims(&app, "user-7", EVE);
    (claims["exp"], claims["nbf"], claims["iat"]) = (json!(now + 600.5), json!(now - 0.25), json!(now - 0.25));
    assert_eq!(call(&app, &acme, &key.sign(&claims)).await.status, 200);
    claims["exp"] = json!(now - 60.5);
    assert_refused(&call(&app, &acme, &key.sign(&claims)).await);
}

#[tokio::test]
async fn keys_are_taken_from_nowhere_but_the_address_that_was_named() {
    let (app, acme, provider, key) = ready().await;
    provider.redirect(&[&key]).await;
    let answer = call(&app, &acme, &key.sign(&provider.claims(&app, "user-7", EVE))).await;
    assert_eq!(answer.status, 503);
    assert_eq!(provider.fetches().await, 1);
}

#[tokio::test]
async fn a_token_that_names_no_key_is_taken_to_be_the_only_ones() {
    let (app, acme, provider, key) = ready().await;
    let token = key.sign_unnamed(&provider.claims(&app, "user-7", EVE));
    assert_eq!(call(&app, &acme, &token).await.status, 200);
    provider.publish(&[&key, &KeyPair::generate("k2", Scheme::Es256)]).await;
    app.clock.advance(Duration::from_mins(10));
    assert_refused(&call(&app, &acme, &key.sign_unnamed(&provider.claims(&app, "user-7", EVE))).await);
}
