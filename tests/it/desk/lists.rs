//! `GET /desk/tickets`

use std::time::Duration;

use ferrodesk::domain::conversation::Visibility;
use ferrodesk::domain::user::Role;
use rstest::rstest;
use serde_json::{Value, json};

use super::home::{Home, TICKETS, assert_fields, ok};
use crate::support::{Client, open};

/// The ids on a page.
fn ids(page: &Value) -> Vec<i64> {
    page["tickets"].as_array().expect("a list").iter().map(|ticket| ticket["id"].as_i64().expect("an id")).collect()
}

/// All ids of a list, page by page.
async fn all(client: &Client, query: &str) -> Vec<i64> {
    let mut found = Vec::new();
    let mut path = format!("{TICKETS}?{query}");
    loop {
        let answer = client.get(&path).await;
        let page = ok(&answer);
        found.extend(ids(&page));
        let Some(next) = answer.header("link").strip_prefix("</api/v1").and_then(|link| link.split_once('>')) else {
            assert_eq!(page.get("next"), None);
            return found;
        };
        assert_eq!(next.1, "; rel=\"next\"");
        next.0.clone_into(&mut path);
    }
}

/// A desk with five tickets that differ.
async fn five() -> (Home, Vec<i64>) {
    let home = Home::new().await;
    let bob = home.desk.bob().await;
    let mut tickets = Vec::new();
    for number in 0..5 {
        home.desk.app.clock.advance(Duration::from_mins(1));
        tickets.push(if number == 3 { open(&bob, &home.desk.acme).await } else { home.desk.ticket().await });
    }
    let gus = home.gus.requester;
    home.desk.app.clock.advance(Duration::from_mins(1));
    ok(&home.change(tickets[0], &json!({ "assignee": gus.user, "priority": "high" })).await);
    home.desk.app.clock.advance(Duration::from_mins(1));
    ok(&home.change(tickets[1], &json!({ "status": "closed", "subject": "Größe & 100%" })).await);
    home.desk.answer(gus, tickets[2], Visibility::Internal, None).await;
    ok(&home.change(tickets[4], &json!({ "tags": [home.desk.acme.tag] })).await);
    (home, tickets)
}

#[rstest]
#[case::everything("", &[4, 2, 1, 0, 3])]
#[case::by_status("status=open,processing", &[4, 2, 0, 3])]
#[case::by_one_status("status=closed", &[1])]
#[case::by_priority("priority=high", &[0])]
#[case::by_tag("tag=TAG", &[4])]
#[case::by_assignee("assignee=me", &[0])]
#[case::by_assignees_id("assignee=GUS", &[0])]
#[case::unassigned("assignee=none", &[4, 2, 1, 3])]
#[case::by_requester("requester=ANN", &[4, 2, 1, 0])]
#[case::by_text("text=GRÖSSE", &[1])]
#[case::by_text_with_wildcards("text=100%25", &[1])]
#[case::by_nobodys_text("text=100_", &[])]
#[case::by_category("category=CATEGORY", &[4, 2, 1, 0, 3])]
#[case::by_no_category("category=999", &[])]
#[case::by_no_team("team=none", &[4, 2, 1, 0, 3])]
#[case::by_team("team=1", &[])]
#[case::oldest("sort=updated", &[3, 0, 1, 2, 4])]
#[case::last_opened("sort=-created", &[4, 3, 2, 1, 0])]
#[case::first_opened("sort=created", &[0, 1, 2, 3, 4])]
#[case::urgent("sort=-priority", &[0, 4, 2, 1, 3])]
#[tokio::test]
async fn a_list_is_narrowed_down_and_sorted_on_one_page_and_on_many(#[case] query: &str, #[case] expected: &[usize]) {
    let (home, tickets) = five().await;
    let names = [
        ("TAG", home.desk.acme.tag.0),
        ("GUS", home.gus.requester.user.0),
        ("ANN", home.desk.ann.requester.user.0),
        ("CATEGORY", home.desk.acme.category.0),
    ];
    let query = names.iter().fold(query.to_owned(), |query, (name, id)| query.replace(name, &id.to_string()));
    let expected: Vec<i64> = expected.iter().map(|number| tickets[*number]).collect();
    let page = ok(&home.agent.get(&format!("{TICKETS}?{query}&count=true")).await);
    assert_eq!(ids(&page), expected);
    assert_eq!(page["total"], expected.len());
    for limit in [1, 2] {
        assert_eq!(all(&home.agent, &format!("{query}&limit={limit}")).await, expected, "by {limit}");
    }
}

#[tokio::test]
async fn a_list_is_narrowed_down_by_time() {
    let (home, tickets) = five().await;
    let third = home.read(tickets[2]).await["created_at"].as_str().expect("a time").to_owned();
    let before = all(&home.agent, &format!("created_before={third}&sort=created")).await;
    let from = all(&home.agent, &format!("created_from={third}&sort=created")).await;
    assert_eq!((before, from), (tickets[..2].to_vec(), tickets[2..].to_vec()));
    for (query, expected) in [
        ("created_from=2027-01-15", &tickets[..]),
        ("created_from=2027-01-16", &[]),
        ("created_before=2027-01-15", &[]),
        ("created_before=2027-01-16", &tickets),
    ] {
        assert_eq!(all(&home.agent, &format!("{query}&sort=created")).await, expected, "{query}");
    }
    let changed = home.read(tickets[1]).await["updated_at"].as_str().expect("a time").to_owned();
    let before = all(&home.agent, &format!("updated_before={changed}&sort=created")).await;
    let from = all(&home.agent, &format!("updated_from={changed}&sort=created")).await;
    assert_eq!((before, from), (vec![tickets[0], tickets[3]], vec![tickets[1], tickets[2], tickets[4]]));
}

#[tokio::test]
async fn a_row_tells_what_a_list_shows() {
    let (home, tickets) = five().await;
    let page = ok(&home.agent.get(&format!("{TICKETS}?assignee=me")).await);
    let row = &page["tickets"][0];
    assert_eq!(row["id"], tickets[0]);
    assert_eq!(row["requester"]["email"], "ann@customer.example");
    assert_eq!((&row["status"], &row["priority"]), (&json!("processing"), &json!("high")));
    assert_eq!(row["assignee"], home.gus.requester.user.0);
    assert_eq!(row["version"], home.read(tickets[0]).await["version"]);
}

#[tokio::test]
async fn a_team_agent_sees_their_teams_tickets_and_their_own() {
    let (home, tickets) = five().await;
    let (tea, client) = home.hire("tea@acme.example", Role::TeamAgent).await;
    let team = home.team("Billing", &[tea.requester.user.0]).await;
    let others = home.team("Others", &[]).await;
    ok(&home.change(tickets[1], &json!({ "team": team })).await);
    ok(&home.change(tickets[2], &json!({ "team": others })).await);
    ok(&home.change(tickets[3], &json!({ "assignee": tea.requester.user })).await);
    assert_eq!(all(&client, "sort=created").await, [tickets[1], tickets[3]]);
    assert_eq!(ok(&client.get(&format!("{TICKETS}?count=true")).await)["total"], 2);
    assert_eq!(client.get(&format!("{TICKETS}/{}", tickets[2])).await.status.as_u16(), 404);
    assert_eq!(client.get(&format!("{TICKETS}/{}", tickets[1])).await.status.as_u16(), 200);
}

#[tokio::test]
async fn another_workspaces_tickets_are_in_no_list() {
    let home = Home::new().await;
    let (globex, gil) = home.desk.foreigner().await;
    open(&gil, &globex).await;
    assert_eq!(all(&home.agent, "").await, [0; 0]);
    let foreign = format!("requester={}&category={}", globex.id, globex.category);
    assert_eq!(all(&home.agent, &foreign).await, [0; 0]);
}

#[rstest]
#[case("colour=red", "colour", "There is no such parameter.")]
#[case("status=done", "status", "It must be any of open, processing, closed.")]
#[case("status=open&status=closed", "status", "It may be given only once; separate values by commas.")]
#[case("category=x", "category", "It must be an id, which is a number.")]
#[case("assignee=you", "assignee", "It must be a user's id, me, or none.")]
#[case(
    "created_from=today",
    "created_from",
    "It must be a time such as 2026-11-24T09:00:00Z (RFC 3339), or a day such as 2026-11-24 (UTC)."
)]
#[case("sort=colour", "sort", "It must be one of -updated, updated, -created, created, -priority.")]
#[case("limit=0", "limit", "It must be a number above 0.")]
#[case("cursor=!", "cursor", "This list gave no such cursor. Leave it out to begin again.")]
#[case("cursor=MQ", "cursor", "This list gave no such cursor. Leave it out to begin again.")]
#[case("snoozed=maybe", "snoozed", "It must be one of hidden, only, included.")]
#[case("text=%00", "text", "It must have at most 200 characters, and no NUL.")]
#[tokio::test]
async fn a_parameter_that_does_not_hold_what_it_must_is_named(
    #[case] query: &str,
    #[case] field: &str,
    #[case] sentence: &str,
) {
    let home = Home::new().await;
    assert_fields(&home.agent.get(&format!("{TICKETS}?{query}")).await, &[(field, sentence)]);
}
