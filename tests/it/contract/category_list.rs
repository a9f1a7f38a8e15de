//! 1 · `GET support/get/category-list/`

use ferrodesk::app::manage::catalogue;
use ferrodesk::domain::{CategoryId, Clock as _};
use serde_json::json;

use crate::support::{TestApp, TestWorkspace};

const PATH: &str = "/support/get/category-list/";

async fn add(app: &TestApp, workspace: &TestWorkspace, name: &'static str, description: &'static str) -> CategoryId {
    let (id, at) = (workspace.id, app.clock.now());
    app.write(move |tx| catalogue::add_category(tx, id, name, description, at)).await
}

#[tokio::test]
async fn the_categories_come_in_the_envelope_as_the_reference_shows() {
    let app = TestApp::new();
    let (acme, ann) = app.acme().await;
    let technical = add(&app, &acme, "Technisches \"Büro\" <b>", "").await;
    let answer = app.client(&acme, &ann).get(PATH).await;
    let expected = json!({
        "status_code": 200,
        "errors": {},
        "data": {
            "CategoryList": [
                { "id": acme.category, "category": "Billing", "description": "Invoices and payments" },
                { "id": technical, "category": "Technisches \"Büro\" <b>", "description": "" },
            ]
        }
    });
    assert_eq!(answer.json(), expected);
    assert_eq!(answer.status, 200);
    assert_eq!(answer.header("content-type"), "application/json");
    assert!(!answer.header("x-request-id").is_empty());
}

#[tokio::test]
async fn only_active_categories_are_listed_and_every_change_shows_at_once() {
    let app = TestApp::new();
    let (acme, ann) = app.acme().await;
    let client = app.client(&acme, &ann);
    let billing = json!({ "id": acme.category, "category": "Billing", "description": "Invoices and payments" });
    assert_eq!(client.get(PATH).await.data(), json!({ "CategoryList": [billing] }));
    let (workspace, category) = (acme.id, acme.category);
    app.write(move |tx| catalogue::set_category_active(tx, workspace, category, false)).await;
    assert_eq!(client.get(PATH).await.data(), json!({ "CategoryList": [] }));
    let other = add(&app, &acme, "Other", "All else").await;
    let other = json!({ "id": other, "category": "Other", "description": "All else" });
    assert_eq!(client.get(PATH).await.data(), json!({ "CategoryList": [other] }));
    app.write(move |tx| catalogue::set_category_active(tx, workspace, category, true)).await;
    assert_eq!(client.get(PATH).await.data(), json!({ "CategoryList": [billing, other] }));
}

#[tokio::test]
async fn categories_come_in_their_set_order() {
    let app = TestApp::new();
    let (acme, ann) = app.acme().await;
    let client = app.client(&acme, &ann);
    let b = add(&app, &acme, "B", "").await;
    let c = add(&app, &acme, "C", "").await;
    let names = async || {
        let list = client.get(PATH).await.data()["CategoryList"].clone();
        list.as_array()
            .expect("a list")
            .iter()
            .map(|c| c["category"].as_str().expect("text").to_owned())
            .collect::<Vec<_>>()
    };
    assert_eq!(names().await, ["Billing", "B", "C"]);
    let workspace = acme.id;
    // Those that the order does not name follow as they were.
    app.write(move |tx| catalogue::reorder_categories(tx, workspace, &[c]).map(drop)).await;
    assert_eq!(names().await, ["C", "Billing", "B"]);
    let billing = acme.category;
    app.write(move |tx| catalogue::reorder_categories(tx, workspace, &[b, c, billing]).map(drop)).await;
    assert_eq!(names().await, ["B", "C", "Billing"]);
    add(&app, &acme, "D", "").await;
    assert_eq!(names().await, ["B", "C", "Billing", "D"]);
}

#[tokio::test]
async fn each_workspace_has_its_own_categories() {
    let app = TestApp::with(|config| config.catalog_requires_token = false);
    let (acme, ann) = app.acme().await;
    let globex = app.workspace("Globex").await;
    let secret = add(&app, &globex, "Reactors", "Not for Acme").await;
    let own = json!({ "id": acme.category, "category": "Billing", "description": "Invoices and payments" });
    assert_eq!(app.application(&acme).get(PATH).await.data(), json!({ "CategoryList": [own] }));
    assert_eq!(app.client(&acme, &ann).get(PATH).await.data(), json!({ "CategoryList": [own] }));
    let theirs = json!([
        { "id": globex.category, "category": "Billing", "description": "Invoices and payments" },
        { "id": secret, "category": "Reactors", "description": "Not for Acme" },
    ]);
    assert_eq!(app.application(&globex).get(PATH).await.data(), json!({ "CategoryList": theirs }));
}
