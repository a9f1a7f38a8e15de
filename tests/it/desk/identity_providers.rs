//! `/desk/identity-providers`

use serde_json::json;

use super::home::{assert_fields, assert_problem, ok};
use super::office::{Office, assert_gone, delete};
use crate::support::{IdentityProvider, KeyPair, Scheme};

const PATH: &str = "/desk/identity-providers";
const HISTORY: &str = "/support/get/ticket/history/";

#[tokio::test]
async fn tokens_count_by_what_the_admin_says_at_once() {
    let office = Office::new().await;
    let desk = &office.home.desk;
    let key = KeyPair::generate("k1", Scheme::Es256);
    let login = IdentityProvider::trusted_by(&desk.app, &desk.acme, &["ES256"], &[&key]).await;
    let token = key.sign(&login.claims(&desk.app, "user-7", "eve@customer.example"));
    let eve = desk.app.application(&desk.acme).header("authorization", &format!("Bearer {token}"));
    assert_eq!(eve.get(HISTORY).await.status, 200);
    let listed = office.read(PATH).await["identity_providers"][0].clone();
    let path = format!("{PATH}/{}", listed["id"]);
    ok(&office.change(&path, &json!({ "audience": "others" })).await);
    assert_eq!(eve.get(HISTORY).await.status, 401);
    ok(&office.change(&path, &json!({ "audience": "support", "algorithms": ["RS256"] })).await);
    assert_eq!(eve.get(HISTORY).await.status, 401);
    assert_eq!(ok(&office.change(&path, &json!({ "algorithms": ["ES256"] })).await), listed);
    assert_eq!(eve.get(HISTORY).await.status, 200);
    assert_gone(&delete(&office.admin, &path).await);
    assert_eq!(eve.get(HISTORY).await.status, 401);
    let entry = office.last_entry().await;
    assert_eq!((&entry["kind"], &entry["before"]["issuer"]), (&json!("identity_provider.removed"), &listed["issuer"]));
    let again = json!({
        "issuer": listed["issuer"], "audience": "support", "jwks_url": listed["jwks_url"], "algorithms": ["ES256"],
    });
    office.add(PATH, &again).await;
    assert_eq!(eve.get(HISTORY).await.status, 200);
    let detail = format!("There is a trusted identity provider {} already.", listed["issuer"]);
    assert_problem(&office.admin.post_json(PATH, &again).await, 409, "conflict", &detail);
}

#[tokio::test]
async fn what_cannot_be_trusted_is_named() {
    let office = Office::new().await;
    let right = json!({ "issuer": "https://id.example", "audience": "a", "jwks_url": "https://id.example/keys" });
    let provider = office.add(PATH, &right).await;
    assert_eq!(provider["algorithms"], json!(["RS256"]));
    let path = format!("{PATH}/{}", provider["id"]);
    let insecure = "The address of the keys, http://id.example/keys, must begin with https://, or be on this machine.";
    let algorithms = "The algorithms must be any of RS256, RS384, RS512, PS256, PS384, PS512, ES256, ES384, EdDSA.";
    for (field, value, words) in [
        ("jwks_url", json!("http://id.example/keys"), insecure),
        ("algorithms", json!(["HS256"]), algorithms),
        ("algorithms", json!([]), algorithms),
        ("audience", json!(""), "It may not be blank."),
    ] {
        let mut body = right.clone();
        body["issuer"] = json!("https://other.example");
        body[field] = value.clone();
        assert_fields(&office.admin.post_json(PATH, &body).await, &[(field, words)]);
        assert_fields(&office.change(&path, &json!({ field: value })).await, &[(field, words)]);
    }
    let mut ours = right.clone();
    ours["issuer"] = json!(ferrodesk::identity::token::ISSUER);
    let words = "The issuer must be a name other than ours.";
    assert_fields(&office.admin.post_json(PATH, &ours).await, &[("issuer", words)]);
    let answer = office.change(&path, &json!({ "issuer": "https://else.example" })).await;
    assert_eq!(answer.json()["errors"][0]["field"], "issuer", "users are known by it");
    assert_eq!(office.read(&path).await, provider);
}
