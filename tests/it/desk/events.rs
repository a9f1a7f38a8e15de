//! `GET /desk/events`

use std::time::{Duration, Instant};

use ferrodesk::domain::user::Role;
use ferrodesk::domain::{Clock as _, TicketId};
use ferrodesk::storage::queries::events;
use serde_json::{Value, json};

use super::home::{Home, assert_fields, ok};
use crate::support::{Client, open};

/// The tickets and kinds of a page.
fn told(page: &Value) -> Vec<(i64, String)> {
    let told =
        |event: &Value| (event["ticket"].as_i64().expect("an id"), event["kind"].as_str().expect("text").to_owned());
    page["events"].as_array().expect("a list").iter().map(told).collect()
}

/// The feed once it holds so many events: PostgreSQL publishes one a moment after it is committed.
async fn feed(client: &Client, count: usize) -> Value {
    let begun = Instant::now();
    loop {
        let page = ok(&client.get("/desk/events").await);
        if told(&page).len() >= count || begun.elapsed() > Duration::from_secs(10) {
            return page;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test]
async fn who_goes_on_at_the_last_event_misses_none() {
    let home = Home::new().await;
    let ticket = home.desk.ticket().await;
    ok(&home.change(ticket, &json!({ "priority": "high", "locked": true })).await);
    let whole = feed(&home.agent, 3).await;
    let kinds = ["ticket.opened", "ticket.priority_changed", "ticket.lock_changed"];
    assert_eq!(told(&whole), kinds.map(|kind| (ticket, kind.to_owned())));
    assert_eq!(whole["more"], false);
    let mut after = 0;
    for expected in told(&whole) {
        let page = ok(&home.agent.get(&format!("/desk/events?after={after}&limit=1")).await);
        assert_eq!(told(&page), [expected]);
        after = page["last"].as_i64().expect("a number");
    }
    let rest = ok(&home.agent.get(&format!("/desk/events?after={after}")).await);
    assert_eq!((told(&rest).len(), &rest["last"]), (0, &json!(after)));
    assert_fields(&home.agent.get("/desk/events?after=x").await, &[("after", "It must be a number.")]);
    assert_fields(&home.agent.get("/desk/events?limit=0").await, &[("limit", "It is too small.")]);
}

#[tokio::test]
async fn a_team_agent_is_told_of_their_teams_tickets_alone() {
    let home = Home::new().await;
    let (tea, client) = home.hire("tea@acme.example", Role::TeamAgent).await;
    let team = home.team("Billing", &[tea.requester.user.0]).await;
    let (ours, theirs) = (home.desk.ticket().await, home.desk.ticket().await);
    ok(&home.change(ours, &json!({ "team": team })).await);
    let whole = feed(&home.agent, 3).await;
    let page = feed(&client, 2).await;
    assert!(told(&page).iter().all(|(ticket, _)| *ticket == ours), "{page}");
    assert_eq!(told(&page).len(), 2);
    assert_eq!(page["last"], whole["last"]);
    assert_ne!(ours, theirs);
}

#[tokio::test]
async fn who_goes_on_at_anothers_event_is_told_of_their_own_alone() {
    let home = Home::new().await;
    let (globex, gil) = home.desk.foreigner().await;
    home.desk.ticket().await;
    let theirs = TicketId(open(&gil, &globex).await);
    let ours = home.desk.ticket().await;
    feed(&home.agent, 2).await;
    let recorded = home.desk.app.read(move |tx| Ok(events::of_ticket(tx, globex.id, theirs)?)).await;
    let last = recorded.last().expect("an event").id.0.to_string();
    let page = ok(&home.agent.clone().header("last-event-id", &last).get("/desk/events").await);
    assert_eq!(told(&page), [(ours, "ticket.opened".to_owned())]);
}

#[tokio::test]
async fn a_stream_goes_on_after_the_last_event_and_brings_what_is_new() {
    let home = Home::new().await;
    let first = home.desk.ticket().await;
    let seen = feed(&home.agent, 1).await["last"].to_string();
    let listening = home.desk.app.listen().await;
    let client = reqwest::Client::new();
    let mut stream = client
        .get(format!("{}/desk/events", listening.url()))
        .bearer_auth(&home.gus.token)
        .header("accept", "text/event-stream")
        .header("last-event-id", &seen)
        .send()
        .await
        .expect("an answer");
    assert_eq!(stream.headers()["content-type"], "text/event-stream");
    let second = home.desk.ticket().await;
    let read = async {
        let mut text = String::new();
        while !text.contains("ticket.opened") {
            let chunk = stream.chunk().await.expect("a chunk").expect("the stream goes on");
            text.push_str(std::str::from_utf8(&chunk).expect("text"));
        }
        text
    };
    let text = tokio::time::timeout(Duration::from_secs(10), read).await.expect("the event arrives");
    let data = text.lines().find_map(|line| line.strip_prefix("data: ")).expect("an event");
    let event: Value = serde_json::from_str(data).expect("JSON");
    assert_eq!((&event["ticket"], &event["kind"]), (&json!(second), &json!("ticket.opened")));
    assert!(text.contains(&format!("id: {}\ndata: ", event["id"])), "{text}");
    assert_ne!(first, second);
    drop(stream);
    listening.stop().await;
}

#[tokio::test]
async fn a_stream_ends_with_its_session() {
    let home = Home::new().await;
    let client = home.agent.clone().header("accept", "text/event-stream");
    let (workspace, user, at) = (home.desk.acme.id, home.gus.requester.user, home.desk.app.clock.now());
    let ended = tokio::time::timeout(Duration::from_secs(20), async {
        // The test's client collects the whole body, which is there when the stream has ended.
        tokio::join!(client.get("/desk/events"), async {
            home.desk
                .app
                .write(move |tx| {
                    ferrodesk::storage::queries::sessions::revoke_of_user(tx, workspace, user, at)?;
                    Ok(tx.bump_revision()?)
                })
                .await;
        })
        .0
    });
    let answer = ended.await.expect("the stream ends");
    assert!(answer.status.as_u16() == 200 || answer.status.as_u16() == 401, "{answer:?}");
}
