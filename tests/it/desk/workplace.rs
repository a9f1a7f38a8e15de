//! `PUT /desk/tickets/{id}/seen`, `…/draft`, `…/presence`

use std::time::Duration;

use ferrodesk::domain::user::Role;
use http::Method;
use serde_json::{Value, json};

use super::home::{Home, TICKETS, ok};
use crate::support::{Answer, Client};

async fn put(client: &Client, path: &str, body: &Value) -> Answer {
    client.send(Method::PUT, path, Some("application/json"), body.to_string()).await
}

#[tokio::test]
async fn a_ticket_is_unread_until_it_is_seen_and_after_somebody_else_changed_it() {
    let home = Home::new().await;
    let ticket = home.desk.ticket().await;
    let (_, other) = home.hire("hana@acme.example", Role::Agent).await;
    let unread = async |client: &Client| ok(&client.get(TICKETS).await)["tickets"][0]["unread"].clone();
    assert_eq!(unread(&home.agent).await, true);
    let version = home.read(ticket).await["version"].clone();
    ok(&put(&home.agent, &format!("{TICKETS}/{ticket}/seen"), &json!({ "version": version })).await);
    assert_eq!((unread(&home.agent).await, unread(&other).await), (json!(false), json!(true)));
    // One's own doing is no news.
    ok(&home.change(ticket, &json!({ "priority": "high" })).await);
    assert_eq!(unread(&home.agent).await, false);
    ok(&super::home::change_by(&other, ticket, &json!({ "priority": "low" })).await);
    assert_eq!((unread(&home.agent).await, unread(&other).await), (json!(true), json!(false)));
    // What was seen before is less than what is seen now.
    let version = home.read(ticket).await["version"].clone();
    for version in [version, json!(1)] {
        ok(&put(&home.agent, &format!("{TICKETS}/{ticket}/seen"), &json!({ "version": version })).await);
    }
    assert_eq!(unread(&home.agent).await, false);
}

#[tokio::test]
async fn a_draft_is_kept_for_its_author_alone() {
    let home = Home::new().await;
    let ticket = home.desk.ticket().await;
    let (_, other) = home.hire("hana@acme.example", Role::Agent).await;
    let path = format!("{TICKETS}/{ticket}/draft");
    let none = json!({ "internal": false, "comment": "", "updated_at": null });
    assert_eq!(ok(&home.agent.get(&path).await), none);
    let kept = ok(&put(&home.agent, &path, &json!({ "internal": true, "comment": "I think" })).await);
    assert_eq!((&kept["internal"], &kept["comment"]), (&json!(true), &json!("I think")));
    assert_eq!(ok(&home.agent.get(&path).await), kept);
    assert_eq!(ok(&other.get(&path).await), none);
    ok(&put(&home.agent, &path, &json!({ "comment": "  " })).await);
    assert_eq!(ok(&home.agent.get(&path).await), none);
}

#[tokio::test]
async fn staff_see_who_else_is_on_a_ticket() {
    let home = Home::new().await;
    let ticket = home.desk.ticket().await;
    let (hana, other) = home.hire("hana@acme.example", Role::Agent).await;
    let path = format!("{TICKETS}/{ticket}/presence");
    let here = json!({ "present": true, "writing": true });
    assert_eq!(ok(&put(&other, &path, &here).await)["others"], json!([]));
    let seen = ok(&put(&home.agent, &path, &json!({ "present": true })).await);
    let expected = json!({ "id": hana.requester.user, "email": "hana@acme.example", "name": "", "writing": true });
    assert_eq!(seen["others"], json!([expected]));
    ok(&put(&other, &path, &json!({ "present": false })).await);
    assert_eq!(ok(&put(&home.agent, &path, &json!({ "present": true })).await)["others"], json!([]));
    // Who says nothing for half a minute is gone.
    ok(&put(&other, &path, &here).await);
    home.desk.app.clock.advance(Duration::from_secs(30));
    assert_eq!(ok(&put(&home.agent, &path, &json!({ "present": true })).await)["others"], json!([]));
}
