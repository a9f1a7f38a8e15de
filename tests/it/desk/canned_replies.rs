//! `/desk/canned-replies`

use ferrodesk::domain::user::Role;
use serde_json::json;

use super::home::{assert_fields, assert_problem, created, ok};
use super::office::{Office, assert_gone, delete, each, patch};

const PATH: &str = "/desk/canned-replies";

#[tokio::test]
async fn everybody_has_what_is_shared_and_their_own() {
    let office = Office::new().await;
    let shared = office.add(PATH, &json!({ "shortcut": "refund", "body": "It is on its way.", "shared": true })).await;
    let expected = json!({
        "id": shared["id"], "shortcut": "refund", "body": "It is on its way.", "shared": true,
        "created_at": "2027-01-15T08:00:00Z",
    });
    assert_eq!(shared, expected);
    let agent = &office.home.agent;
    // A shortcut may be one's own and everybody's.
    let own = created(&agent.post_json(PATH, &json!({ "shortcut": "refund", "body": "Mine" })).await);
    created(&agent.post_json(PATH, &json!({ "shortcut": "hello", "body": "Hello" })).await);
    office.add(PATH, &json!({ "shortcut": "hello", "body": "Ada's" })).await;
    assert_eq!(each(&ok(&agent.get(PATH).await)["canned_replies"], "body"), ["Hello", "It is on its way.", "Mine"]);
    assert_eq!(each(&office.read(PATH).await["canned_replies"], "body"), ["Ada's", "It is on its way."]);
    let (_, reader) = office.home.hire("rea@acme.example", Role::ReadOnly).await;
    assert_eq!(each(&ok(&reader.get(PATH).await)["canned_replies"], "body"), ["It is on its way."]);
    let path = format!("{PATH}/{}", own["id"]);
    let changed = ok(&patch(agent, &path, &json!({ "shortcut": "Erstattung", "body": "Meins" })).await);
    assert_eq!((&changed["shortcut"], &changed["body"]), (&json!("Erstattung"), &json!("Meins")));
    assert_gone(&delete(agent, &path).await);
    assert_eq!(agent.get(&path).await.status, 404);
    assert_eq!(office.last_entry().await["kind"], "canned_reply.removed");
}

#[tokio::test]
async fn a_shortcut_is_given_once_by_each_and_once_for_everybody() {
    let office = Office::new().await;
    let agent = &office.home.agent;
    let own = |shortcut: &str| json!({ "shortcut": shortcut, "body": "B" });
    let shared = |shortcut: &str| json!({ "shortcut": shortcut, "body": "B", "shared": true });
    office.add(PATH, &shared("a")).await;
    let b = office.add(PATH, &shared("b")).await;
    created(&agent.post_json(PATH, &own("a")).await);
    let c = created(&agent.post_json(PATH, &own("c")).await);
    let detail = "There is a canned reply \"a\" already.";
    assert_problem(&office.admin.post_json(PATH, &shared("a")).await, 409, "conflict", detail);
    assert_problem(&agent.post_json(PATH, &own("a")).await, 409, "conflict", detail);
    let change = json!({ "shortcut": "a" });
    assert_problem(&office.change(&format!("{PATH}/{}", b["id"]), &change).await, 409, "conflict", detail);
    assert_problem(&patch(agent, &format!("{PATH}/{}", c["id"]), &change).await, 409, "conflict", detail);
    for wrong in ["two words", "tab\tbed"] {
        let words = "It must be one word of 50 characters at the most.";
        assert_fields(&agent.post_json(PATH, &own(wrong)).await, &[("shortcut", words)]);
    }
    let words = "It must have no more than 50 characters.";
    assert_fields(&agent.post_json(PATH, &own(&"x".repeat(51))).await, &[("shortcut", words)]);
}
