//! 2 · `POST support/create/ticket/`

use serde_json::json;

use crate::support::{Encoding, TestApp};

#[tokio::test]
async fn a_ticket_is_created_in_each_of_the_three_kinds_of_body() {
    let app = TestApp::new();
    let (acme, ann) = app.acme().await;
    let client = app.client(&acme, &ann);
    let category = acme.category.to_string();
    for encoding in Encoding::ALL {
        let fields = [("subject", "Invoice"), ("priority", "2"), ("comment", "Wrong"), ("category", &*category)];
        let created = client.post("/support/create/ticket/", encoding, &fields).await;
        let id = created.ticket_id();
        assert_eq!(created.header("location"), format!("/api/v1/support/ticket/detailed-view/?ticket_id={id}"));
        let view = client.get(&format!("/support/ticket/detailed-view/?ticket_id={id}")).await.data();
        assert_eq!(view["ticket"]["subject"], json!("Invoice"), "{encoding:?}");
    }
}
