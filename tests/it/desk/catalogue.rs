//! `/desk/categories` and `/desk/tags`

use serde_json::{Value, json};

use super::home::{assert_fields, assert_problem, created, ok};
use super::office::{Office, each};
use crate::support::CREATE;

const CATEGORIES: &str = "/desk/categories";
const TAGS: &str = "/desk/tags";

impl Office {
    /// The category list, as customers see it.
    async fn offered_categories(&self) -> Vec<Value> {
        let answer = self.home.desk.client.get("/support/get/category-list/").await;
        each(&answer.data()["CategoryList"], "category")
    }
}

#[tokio::test]
async fn customers_see_a_new_category_at_once_and_open_tickets_in_it() {
    let office = Office::new().await;
    assert_eq!(office.offered_categories().await, ["Billing"]);
    let answer = office.admin.post_json(CATEGORIES, &json!({ "name": " Shipping ", "description": "Parcels" })).await;
    let category = created(&answer);
    let expected =
        json!({ "id": category["id"], "name": "Shipping", "description": "Parcels", "position": 2, "active": true });
    assert_eq!(category, expected);
    assert_eq!(office.offered_categories().await, ["Billing", "Shipping"]);
    let path = format!("{CATEGORIES}/{}", category["id"]);
    ok(&office.change(&path, &json!({ "name": "Delivery" })).await);
    assert_eq!(office.offered_categories().await, ["Billing", "Delivery"]);
    let ticket = office.home.desk.ticket_fields().with("category", &category["id"].to_string()).json();
    office.home.desk.client.post_json(CREATE, &ticket).await.ticket_id();
    ok(&office.change(&path, &json!({ "active": false })).await);
    assert_eq!(office.offered_categories().await, ["Billing"]);
    assert_eq!(office.home.desk.client.post_json(CREATE, &ticket).await.status, 400);
    assert_eq!(each(&office.read(CATEGORIES).await["categories"], "active"), [true, false]);
}

#[tokio::test]
async fn a_category_moves_and_the_others_make_room() {
    let office = Office::new().await;
    for name in ["B", "C", "D"] {
        office.add(CATEGORIES, &json!({ "name": name })).await;
    }
    let all = office.read(CATEGORIES).await["categories"].clone();
    let path = |index: usize| format!("{CATEGORIES}/{}", all[index]["id"]);
    let moved = ok(&office.change(&path(3), &json!({ "position": 2 })).await);
    assert_eq!(moved["position"], 2);
    assert_eq!(office.offered_categories().await, ["Billing", "D", "B", "C"]);
    let entry = office.last_entry().await;
    assert_eq!((&entry["before"], &entry["after"]), (&json!({ "position": 4 }), &json!({ "position": 2 })));
    ok(&office.change(&path(0), &json!({ "position": 99, "name": "Last" })).await);
    assert_eq!(office.offered_categories().await, ["D", "B", "C", "Last"]);
    let answer = office.change(&path(0), &json!({ "position": 0 })).await;
    assert_fields(&answer, &[("position", "It must be 1 or more.")]);
}

#[tokio::test]
async fn customers_see_tags_at_once() {
    let office = Office::new().await;
    let desk = &office.home.desk;
    let offered = async || each(&desk.client.get("/support/get/ticket/tags/").await.data()["TicketTagList"], "tag");
    assert_eq!(offered().await, ["Refund"]);
    let tag = office.add(TAGS, &json!({ "tag": "Late", "keyword": "late" })).await;
    assert_eq!(tag, json!({ "id": tag["id"], "tag": "Late", "keyword": "late", "active": true }));
    assert_eq!(offered().await, ["Refund", "Late"]);
    let path = format!("{TAGS}/{}", tag["id"]);
    ok(&office.change(&path, &json!({ "tag": "Delayed" })).await);
    assert_eq!(offered().await, ["Refund", "Delayed"]);
    ok(&office.change(&path, &json!({ "active": false })).await);
    assert_eq!(offered().await, ["Refund"]);
    let ticket = desk.ticket().await;
    let refused = office.home.change(ticket, &json!({ "tags": [tag["id"]] })).await;
    assert_eq!(refused.json()["errors"][0]["field"], "tags");
}

#[tokio::test]
async fn names_are_unique_in_a_workspace_and_free_in_others() {
    let office = Office::new().await;
    let category = office.add(CATEGORIES, &json!({ "name": "Shipping" })).await;
    let tag = office.add(TAGS, &json!({ "tag": "Late", "keyword": "late" })).await;
    let cases = [
        (CATEGORIES, json!({ "name": "Billing" }), &category["id"], "There is a category \"Billing\" already."),
        (TAGS, json!({ "tag": "Refund", "keyword": "x" }), &tag["id"], "There is a tag \"Refund\" already."),
    ];
    for (path, body, id, detail) in cases {
        assert_problem(&office.admin.post_json(path, &body).await, 409, "conflict", detail);
        assert_problem(&office.change(&format!("{path}/{id}"), &body).await, 409, "conflict", detail);
    }
    let foreign = office.foreign_admin().await;
    created(&foreign.post_json(CATEGORIES, &json!({ "name": "Shipping" })).await);
    created(&foreign.post_json(TAGS, &json!({ "tag": "Late", "keyword": "late" })).await);
    assert_fields(
        &office.admin.post_json(TAGS, &json!({ "tag": " ", "keyword": "x" })).await,
        &[("tag", "It may not be blank.")],
    );
    let long = "x".repeat(201);
    let answer = office.admin.post_json(CATEGORIES, &json!({ "name": long })).await;
    assert_fields(&answer, &[("name", "It must have no more than 200 characters.")]);
}
