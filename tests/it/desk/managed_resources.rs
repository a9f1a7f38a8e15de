//! What holds of everything that the staff manage.

use http::Method;
use serde_json::{Value, json};

use super::home::{assert_fields, assert_problem, ok};
use super::office::{Office, assert_gone, delete, patch};

#[tokio::test]
async fn a_change_is_made_only_to_what_its_maker_has_seen() {
    let office = Office::new().await;
    for thing in office.things().await {
        let path = &thing.path;
        let seen = office.admin.get(path).await;
        let first = seen.header("etag").to_owned();
        assert!(first.starts_with('"') && first.len() > 10, "{path}: {first}");
        let changed = patch(&office.admin.clone().header("if-match", &first), path, &thing.change).await;
        let second = changed.header("etag").to_owned();
        assert_eq!(ok(&changed), office.read(path).await);
        assert_ne!(first, second, "{path}");
        assert_eq!(office.admin.get(path).await.header("etag"), second, "{path}");
        for stale in [first.as_str(), "\"no version\"", "W/\"weak\""] {
            let answer = patch(&office.admin.clone().header("if-match", stale), path, &thing.other).await;
            assert_problem(&answer, 412, "precondition-failed", "This was changed since you read it.");
        }
        assert_eq!(office.admin.get(path).await.header("etag"), second, "{path}");
        ok(&patch(&office.admin.clone().header("if-match", "*"), path, &thing.other).await);
    }
}

#[tokio::test]
async fn a_repeat_with_the_same_key_changes_nothing_and_is_answered_alike() {
    let office = Office::new().await;
    for (number, thing) in office.things().await.into_iter().enumerate() {
        let client = office.admin.clone().header("idempotency-key", &format!("change-{number}"));
        let first = patch(&client, &thing.path, &thing.change).await;
        let count = office.entries().await;
        let again = patch(&client, &thing.path, &thing.change).await;
        assert_eq!((ok(&first), first.header("etag")), (ok(&again), again.header("etag")));
        assert_eq!(office.entries().await, count, "{}", thing.path);
        let reused = patch(&client, &thing.path, &thing.other).await;
        let detail = "This Idempotency-Key was used with another request. Use a new key for a new request.";
        assert_problem(&reused, 422, "conflict", detail);
    }
    let client = office.admin.clone().header("idempotency-key", "add-1");
    let body = json!({ "name": "Sales" });
    let (first, again) = (client.post_json("/desk/teams", &body).await, client.post_json("/desk/teams", &body).await);
    assert_eq!((first.status.as_u16(), &first.body), (201, &again.body));
    assert_eq!(first.header("location"), again.header("location"));
    assert_eq!(first.header("location"), format!("/api/v1/desk/teams/{}", first.json()["id"]));
}

#[tokio::test]
async fn what_is_unknown_is_refused_and_named() {
    let office = Office::new().await;
    for thing in office.things().await {
        let answer = patch(&office.admin, &thing.path, &json!({ "colour": "red" })).await;
        let problem = answer.json();
        assert_eq!(answer.status.as_u16(), 400, "{}", thing.path);
        assert_eq!(problem["errors"][0]["field"], "colour", "{problem}");
        let answer = patch(&office.admin, &thing.path, &json!([])).await;
        assert_eq!(answer.status.as_u16(), 400, "{}", thing.path);
    }
    for path in ["/desk/teams", "/desk/users", "/desk/requesters", "/desk/views", "/desk/audit", "/desk/apikeys"] {
        let answer = office.admin.get(&format!("{path}?colour=red")).await;
        assert_fields(&answer, &[("colour", "There is no such parameter.")]);
    }
}

#[tokio::test]
async fn what_is_not_there_or_of_another_workspace_is_not_found() {
    let office = Office::new().await;
    let foreign = office.foreign_admin().await;
    let things = office.things().await;
    for thing in things.iter().filter(|thing| thing.path.ends_with(|c: char| c.is_ascii_digit())) {
        let (list, _) = thing.path.rsplit_once('/').expect("an id");
        let before = office.read(&thing.path).await;
        for path in [format!("{list}/999999"), format!("{list}/x"), format!("{list}/99999999999999999999")] {
            assert_problem(&office.admin.get(&path).await, 404, "not-found", "Not found.");
            assert_problem(&patch(&office.admin, &path, &thing.change).await, 404, "not-found", "Not found.");
        }
        assert_problem(&foreign.get(&thing.path).await, 404, "not-found", "Not found.");
        assert_problem(&patch(&foreign, &thing.path, &thing.change).await, 404, "not-found", "Not found.");
        let deleted = delete(&foreign, &thing.path).await.status.as_u16();
        assert!([404, 405].contains(&deleted), "{}: {deleted}", thing.path);
        assert_eq!(office.read(&thing.path).await, before);
        let listed = ok(&foreign.get(list).await);
        let theirs = listed.as_object().expect("a list").values().filter_map(Value::as_array);
        assert!(theirs.flatten().all(|item| item["id"] != before["id"]), "{listed}");
    }
    assert_eq!(ok(&foreign.get("/desk/audit").await)["entries"], json!([]));
}

#[tokio::test]
async fn what_others_refer_to_cannot_be_deleted() {
    let office = Office::new().await;
    for thing in office.things().await {
        let answer = delete(&office.admin, &thing.path).await;
        let may_go = ["canned-replies", "views", "identity-providers"].iter().any(|kind| thing.path.contains(kind));
        if may_go {
            assert_gone(&answer);
            assert_eq!(office.admin.get(&thing.path).await.status, 404, "{}", thing.path);
            assert_eq!(office.last_entry().await["after"], json!(null), "{}", thing.path);
        } else {
            assert_problem(&answer, 405, "method-not-allowed", "Method \"DELETE\" not allowed.");
            assert!(answer.header("allow").contains("PATCH"), "{answer:?}");
            office.read(&thing.path).await;
        }
    }
}

#[tokio::test]
async fn every_change_is_in_the_audit_log_and_what_changes_nothing_is_not() {
    let office = Office::new().await;
    for thing in office.things().await {
        let before = office.read(&thing.path).await;
        let count = office.entries().await;
        let after = ok(&office.change(&thing.path, &thing.change).await);
        let entry = office.last_entry().await;
        let (field, value) = thing.change.as_object().and_then(|change| change.iter().next()).expect("a field");
        assert_eq!(entry["before"], json!({ field: before[field] }), "{}", thing.path);
        assert_eq!(entry["after"], json!({ field: value }), "{}", thing.path);
        assert_eq!(entry["actor"], json!(office.ada.requester.user), "{}", thing.path);
        assert_eq!(entry["subject"], after["id"], "{}", thing.path);
        assert!(entry["kind"].as_str().is_some_and(|kind| kind.ends_with(".changed")), "{entry}");
        for nothing in [&thing.change, &json!({})] {
            assert_eq!(ok(&office.change(&thing.path, nothing).await), after);
        }
        let refused = office.change(&thing.path, &json!({ field: [] })).await;
        assert_eq!(refused.status.as_u16(), 400);
        assert_eq!(office.entries().await, count + 1, "{}", thing.path);
    }
}

#[tokio::test]
async fn a_body_must_be_json() {
    let office = Office::new().await;
    let answer = office.admin.send(Method::POST, "/desk/teams", Some("text/plain"), "name=Sales").await;
    assert_eq!(answer.status.as_u16(), 415);
    assert_eq!(answer.header("content-type"), "application/problem+json");
    let answer = office.admin.send(Method::POST, "/desk/teams", Some("application/json"), "{").await;
    assert_eq!(answer.json()["type"], "urn:ferrodesk:problem:parse-error");
    assert_fields(&office.admin.post_json("/desk/teams", &json!({})).await, &[("name", "Missing field `name`.")]);
}
