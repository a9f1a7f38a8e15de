//! `GET /desk/search`

use serde_json::{Value, json};

use super::home::{Home, assert_fields, created, ok};

async fn found(home: &Home, q: &str) -> Value {
    let q = form_urlencoded::Serializer::new(String::new()).append_pair("q", q).finish();
    ok(&home.agent.get(&format!("/desk/search?{q}")).await)["hits"].clone()
}

#[tokio::test]
async fn a_note_is_found_as_soon_as_it_is_written() {
    let home = Home::new().await;
    let ticket = home.desk.ticket().await;
    let path = format!("/desk/tickets/{ticket}/notes");
    let note = created(&home.agent.post_json(&path, &json!({ "comment": "Ask the crème brûlée department." })).await);
    let hits = found(&home, "BRULEE dep").await;
    assert_eq!(hits.as_array().expect("a list").len(), 1);
    assert_eq!(hits[0]["ticket"]["id"], ticket);
    assert_eq!((&hits[0]["matched"], &hits[0]["conversation"]), (&json!("note"), &note["id"]));
    let part = |text: &str, marked: bool| json!({ "text": text, "marked": marked });
    let parts = [
        part("Ask the crème ", false),
        part("brûlée", true),
        part(" ", false),
        part("department", true),
        part(".", false),
    ];
    assert_eq!(hits[0]["snippet"], json!({ "begins_later": false, "parts": parts, "goes_on": false }));
    assert_eq!(found(&home, "\"department brûlée\"").await, json!([]));
    assert_eq!(found(&home, "  !? ").await, json!([]));
}

#[tokio::test]
async fn a_search_is_for_at_most_two_hundred_characters() {
    let home = Home::new().await;
    let long = home.agent.get(&format!("/desk/search?q={}", "x".repeat(201))).await;
    assert_fields(&long, &[("q", "Ensure this field has no more than 200 characters.")]);
    assert_fields(&home.agent.get("/desk/search?query=x").await, &[("query", "There is no such parameter.")]);
}
