//! `/desk/apikeys`

use serde_json::{Value, json};

use super::home::{created, ok};
use super::office::{Office, assert_gone, delete, each};
use crate::support::PASSWORD;

const PATH: &str = "/desk/apikeys";

impl Office {
    /// The status of signing Ann in with an apikey.
    async fn sign_in_with(&self, apikey: &str) -> u16 {
        let desk = &self.home.desk;
        let login = json!({ "username": desk.ann.email, "password": PASSWORD });
        let client = desk.app.stranger().header("apikey", apikey);
        client.post_json("/user/login/", &login).await.status.as_u16()
    }
}

#[tokio::test]
async fn a_key_is_shown_once_works_and_stops_at_once_when_it_is_revoked() {
    let office = Office::new().await;
    let answer = office.admin.post_json(PATH, &json!({ "name": "Web" })).await;
    let added = created(&answer);
    let apikey = added["apikey"].as_str().expect("a key").to_owned();
    assert!(apikey.starts_with(added["prefix"].as_str().expect("a prefix")) && apikey.len() > 30, "{added}");
    assert_eq!(office.sign_in_with(&apikey).await, 200);
    let path = format!("{PATH}/{}", added["id"]);
    let read = office.admin.get(&path).await;
    let mut shown = added.clone();
    shown.as_object_mut().expect("an object").remove("apikey");
    assert_eq!(ok(&read), shown);
    for path in [path.as_str(), PATH, "/desk/audit"] {
        let text = office.read(path).await.to_string();
        assert!(!text.contains(&apikey) && !text.contains("hash"), "{text}");
    }
    let version = read.header("etag").to_owned();
    let stale = delete(&office.admin.clone().header("if-match", "\"stale\""), &path).await;
    assert_eq!(stale.status.as_u16(), 412);
    assert_gone(&delete(&office.admin.clone().header("if-match", &version), &path).await);
    assert_eq!(office.sign_in_with(&apikey).await, 401);
    assert_eq!(office.read(&path).await["revoked_at"], "2027-01-15T08:00:00Z");
    let count = office.entries().await;
    // Revoked is revoked.
    assert_gone(&delete(&office.admin, &path).await);
    assert_eq!(office.entries().await, count);
    let entry = office.last_entry().await;
    assert_eq!((&entry["kind"], &entry["before"]["name"]), (&json!("apikey.revoked"), &json!("Web")));
    let listed = office.read(PATH).await;
    assert_eq!(each(&listed["apikeys"], "name"), ["tests", "Web"]);
    assert_eq!(listed["apikeys"][0]["revoked_at"], Value::Null);
}

#[tokio::test]
async fn a_repeat_shows_the_same_key_which_is_not_stored_in_the_clear() {
    let office = Office::new().await;
    let client = office.admin.clone().header("idempotency-key", "key-1");
    let first = client.post_json(PATH, &json!({ "name": "Web" })).await;
    let again = client.post_json(PATH, &json!({ "name": "Web" })).await;
    assert_eq!((created(&first), first.header("location")), (created(&again), again.header("location")));
    let apikey = first.json()["apikey"].as_str().expect("a key").to_owned();
    let kept = office.home.desk.app.kept_answers().await;
    assert_eq!(kept.len(), 1);
    assert!(!String::from_utf8_lossy(&kept[0]).contains(&apikey));
    assert_eq!(each(&office.read(PATH).await["apikeys"], "name"), ["tests", "Web"]);
}
