//! Decisions that rest on what was just looked at, raced over two servers: what a single writer used to hide.

use ferrodesk::app::desk::change_ticket::{TicketChange, change_ticket};
use ferrodesk::app::manage::{catalogue, users};
use ferrodesk::domain::user::Email;
use ferrodesk::domain::{Clock as _, TicketId};
use ferrodesk::storage::queries::tickets;
use serde_json::{Value, json};

use crate::support::{Answer, CONVERSATION, CREATE, Client, Desk, STATUS, TestApp, UPDATE};

/// Two servers, Ann's client at each, and no limit to her tickets.
async fn two() -> (Desk, TestApp, [Client; 2]) {
    let home = Desk::at(TestApp::on_postgres()).await;
    home.app.lift_open_ticket_limit(&home.acme).await;
    let node = home.app.node();
    let clients = [home.client.clone(), home.client_at(&node)];
    (home, node, clients)
}

async fn both(clients: &[Client; 2], one: (&str, &Value), other: (&str, &Value)) -> [Answer; 2] {
    let (one, other) = tokio::join!(clients[0].post_json(one.0, one.1), clients[1].post_json(other.0, other.1));
    [one, other]
}

/// What `ferrodesk check` asks.
async fn assert_counted_rightly(home: &Desk) {
    let miscounted = home.app.read(|tx| Ok(tickets::miscounted(tx)?)).await;
    assert!(miscounted.is_empty(), "{miscounted:?}");
}

/// What was recorded of a ticket's `kind`, where each change begins with what the one before ended with.
async fn assert_one_after_another(home: &Desk, ticket: i64, kind: &str, first: Value) -> Value {
    let mut now = first;
    for (recorded, _, before, after) in home.events(ticket).await {
        if recorded == kind {
            assert_eq!(before, now, "{kind}");
            assert_ne!(after, before, "{kind}");
            now = after;
        }
    }
    now
}

/// The kind and first value of what is recorded of a change.
async fn kind_of_last(home: &Desk, ticket: i64) -> (String, Value) {
    let (kind, _, before, _) = home.events(ticket).await.pop().expect("an event");
    (kind, before)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn closing_reopening_and_replying_at_once_keep_count_of_the_open_tickets() {
    let (home, _node, clients) = two().await;
    let ticket = home.ticket().await;
    let change = |status: &str| json!({ "ticket": ticket, "status": status });
    let (close, open) = (change("3"), change("2"));
    let reply = json!({ "ticket": ticket, "comment": "Still wrong" });
    clients[0].post_json(STATUS, &close).await.data();
    let (kind, first) = kind_of_last(&home, ticket).await;
    for round in 0..60 {
        let answers = match round % 4 {
            0 => both(&clients, (STATUS, &close), (STATUS, &close)).await,
            1 => both(&clients, (STATUS, &open), (STATUS, &open)).await,
            2 => both(&clients, (STATUS, &close), (CONVERSATION, &reply)).await,
            _ => both(&clients, (STATUS, &open), (CONVERSATION, &reply)).await,
        };
        for answer in &answers {
            assert!(answer.status == 200 || answer.status == 400, "{}", answer.json());
        }
        if round % 4 < 2 {
            assert!(answers.iter().filter(|answer| answer.status == 200).count() <= 1, "it happened once at most");
        }
        assert_counted_rightly(&home).await;
    }
    let last = assert_one_after_another(&home, ticket, &kind, first).await;
    assert!(last.to_string().contains(&home.status(ticket).await), "{last}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn tags_and_priorities_that_are_set_at_once_are_those_of_one_request() {
    let (home, _node, clients) = two().await;
    let (workspace, at) = (home.acme.id, home.app.clock.now());
    let mut tags = vec![home.acme.tag.0];
    for name in ["b", "c", "d"] {
        tags.push(home.app.write(move |tx| catalogue::add_tag(tx, workspace, name, name, at)).await.0);
    }
    let ticket = home.ticket().await;
    let set = |priority: &str, tags: &[i64]| json!({ "ticket_id": ticket, "priority": priority, "tags": tags });
    let (one, other) = (set("1", &tags[..2]), set("3", &tags[1..]));
    clients[0].post_json(UPDATE, &set("2", &[tags[0]])).await.data();
    for _ in 0..60 {
        for answer in both(&clients, (UPDATE, &one), (UPDATE, &other)).await {
            answer.data();
        }
        let view = home.view(ticket).await;
        let found = (view["ticket"]["priority"].clone(), view["ticket"]["tags"].clone());
        let is = |body: &Value| {
            found.0 == body["priority"] && {
                let mut ids: Vec<i64> = found.1.as_array().expect("tags").iter().filter_map(Value::as_i64).collect();
                ids.sort_unstable();
                json!(ids) == body["tags"]
            }
        };
        assert!(is(&one) || is(&other), "{found:?}");
    }
    let events = home.events(ticket).await;
    let kinds: std::collections::BTreeSet<_> = events.iter().map(|(kind, ..)| kind.clone()).collect();
    for kind in kinds {
        let changes: Vec<_> = events.iter().filter(|(known, ..)| *known == kind).collect();
        for pair in changes.windows(2) {
            assert_eq!(pair[1].2, pair[0].3, "{kind}: one after another");
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn once_a_category_is_closed_no_ticket_is_opened_in_it() {
    let (home, node, clients) = two().await;
    let (workspace, category) = (home.acme.id, home.acme.category);
    let body = home.ticket_fields().json();
    for _ in 0..60 {
        let closing = node.write(move |tx| catalogue::set_category_active(tx, workspace, category, false));
        let (early, ()) = tokio::join!(clients[0].post_json(CREATE, &body), closing);
        assert!(early.status == 200 || early.status == 400, "{}", early.json());
        // Whoever asks now comes after the closing.
        let before = home.tickets().await;
        for answer in both(&clients, (CREATE, &body), (CREATE, &body)).await {
            assert_eq!(answer.status, 400, "{}", answer.json());
        }
        assert_eq!(home.tickets().await, before);
        node.write(move |tx| catalogue::set_category_active(tx, workspace, category, true)).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn once_a_user_is_deactivated_no_ticket_of_theirs_is_opened() {
    let (home, node, clients) = two().await;
    let workspace = home.acme.id;
    let body = home.ticket_fields().json();
    let email = Email::parse(&home.ann.email).expect("an address");
    for _ in 0..60 {
        let at = home.app.clock.now();
        let (leaver, returner) = (email.clone(), email.clone());
        let deactivating = node.write(move |tx| users::set_active(tx, workspace, &leaver, false, at));
        let (early, ()) = tokio::join!(clients[0].post_json(CREATE, &body), deactivating);
        assert!(early.status == 200 || early.status == 401, "{}", early.json());
        let before = home.tickets().await;
        // The first server may not know yet; what it writes is held against the database.
        for answer in both(&clients, (CREATE, &body), (CREATE, &body)).await {
            assert_eq!(answer.status, 401, "{}", answer.json());
        }
        assert_eq!(home.tickets().await, before);
        assert_counted_rightly(&home).await;
        node.write(move |tx| {
            users::set_active(tx, workspace, &returner, true, at)?;
            // The same token, so that nothing has to be signed in anew.
            tx.execute("UPDATE session SET revoked_at = NULL", &[])?;
            Ok(())
        })
        .await;
        super::soon(std::time::Duration::from_secs(5), "let in again", async || {
            clients[0].get("/support/get/category-list/").await.status == 200
                && clients[1].get("/support/get/category-list/").await.status == 200
        })
        .await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn once_the_limit_is_lowered_nobody_opens_a_ticket_above_it() {
    let (home, _node, clients) = two().await;
    let body = home.ticket_fields().json();
    for round in 0..40 {
        let open = home.tickets().await;
        home.set(Some(0), None).await;
        let (_, ()) = tokio::join!(both(&clients, (CREATE, &body), (CREATE, &body)), home.set(Some(open.max(1)), None));
        let now = home.tickets().await;
        // Whoever asks now comes after the lowering.
        let later = both(&clients, (CREATE, &body), (CREATE, &body)).await;
        let created = i64::try_from(later.iter().filter(|answer| answer.status == 200).count()).expect("two at most");
        assert_eq!(created, (open.max(1) - now).clamp(0, 2), "round {round}");
        assert_counted_rightly(&home).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn once_staff_lock_a_ticket_its_status_stays() {
    let (home, node, clients) = two().await;
    let agent = home.agent().await;
    let ticket = home.ticket().await;
    for round in 0..60 {
        let (from, to) = if home.status(ticket).await == "3" { ("3", "2") } else { ("2", "3") };
        let change = json!({ "ticket": ticket, "status": to });
        let at = home.app.clock.now();
        let lock = TicketChange { locked: Some(true), ..TicketChange::default() };
        let locking = node.write(move |tx| change_ticket(tx, &agent, TicketId(ticket), &lock, None, at).map(drop));
        let (early, ()) = tokio::join!(clients[0].post_json(STATUS, &change), locking);
        assert!(early.status == 200 || early.status == 400, "{}", early.json());
        let locked = home.status(ticket).await;
        assert_eq!(locked == to, early.status == 200, "round {round}: from {from}");
        let reply = json!({ "ticket": ticket, "comment": "Please" });
        let [refused, replied] = both(&clients, (STATUS, &change), (CONVERSATION, &reply)).await;
        assert_eq!((refused.status.as_u16(), replied.status.as_u16()), (400, 200));
        assert_eq!(home.status(ticket).await, locked, "neither changes it");
        home.lock(agent, ticket, false).await;
        assert_counted_rightly(&home).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn orders_of_categories_that_are_set_at_once_are_that_of_one_request() {
    let (home, node, _) = two().await;
    let (workspace, at) = (home.acme.id, home.app.clock.now());
    let mut ids = vec![home.acme.category];
    for name in ["B", "C", "D"] {
        ids.push(home.app.write(move |tx| catalogue::add_category(tx, workspace, name, "", at)).await);
    }
    let reversed: Vec<_> = ids.iter().rev().copied().collect();
    for _ in 0..40 {
        let (one, other) = (ids.clone(), reversed.clone());
        tokio::join!(
            home.app.write(move |tx| catalogue::reorder_categories(tx, workspace, &one)),
            node.write(move |tx| catalogue::reorder_categories(tx, workspace, &other))
        );
        let now = home.app.read(move |tx| catalogue::categories(tx, workspace)).await;
        let now: Vec<_> = now.into_iter().map(|category| category.id).collect();
        assert!(now == ids || now == reversed, "{now:?}");
    }
}
