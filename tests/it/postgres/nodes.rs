//! Several servers on one database, as if they were one.

use std::sync::Arc;

use ferrodesk::app::manage::{catalogue, users};
use ferrodesk::domain::user::{Email, Role};
use ferrodesk::domain::{Clock as _, Entropy as _, Error};
use ferrodesk::identity::password::Passwords;
use serde_json::{Value, json};
use tokio::task::JoinSet;

use crate::support::{Answer, CREATE, Client, Desk, PASSWORD, STATUS, TestApp};

const LOG_IN: &str = "/user/login/";
const REFRESH: &str = "/user/token/refresh/";

/// A desk with three servers, and Ann's client at each.
async fn three() -> (Desk, [TestApp; 2], [Client; 3]) {
    let home = Desk::at(TestApp::on_postgres()).await;
    let nodes = [home.app.node(), home.app.node()];
    let clients = [home.client.clone(), home.client_at(&nodes[0]), home.client_at(&nodes[1])];
    (home, nodes, clients)
}

/// Sends one request after another to one server after another, all at once.
async fn at_once(count: usize, clients: &[Client], path: &'static str, body: &Value) -> Vec<Answer> {
    let mut requests = JoinSet::new();
    for number in 0..count {
        let (client, body) = (clients[number % clients.len()].clone(), body.clone());
        requests.spawn(async move { client.post_json(path, &body).await });
    }
    requests.join_all().await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_200_creates_over_three_servers_as_many_succeed_as_the_limit_allows() {
    let (home, _nodes, clients) = three().await;
    let answers = at_once(200, &clients, CREATE, &home.ticket_fields().json()).await;
    let (created, refused): (Vec<_>, Vec<_>) = answers.iter().partition(|answer| answer.status == 200);
    assert_eq!(created.len(), 10);
    for answer in refused {
        let limit = json!({ "detail": ["Currenly Open Ticket Limit Exceed."] });
        answer.assert_failure(401, "Request Failed", &limit);
    }
    assert_eq!(home.tickets().await, 10);
    // Places come free one by one, whoever frees them.
    let ticket = created[0].ticket_id();
    let close = json!({ "ticket": ticket, "status": "3" });
    let closed = at_once(9, &clients, STATUS, &close).await;
    assert_eq!(closed.iter().filter(|answer| answer.status == 200).count(), 1, "closed once");
    let answers = at_once(30, &clients, CREATE, &home.ticket_fields().json()).await;
    assert_eq!(answers.iter().filter(|answer| answer.status == 200).count(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_one_server_wrote_the_others_read_at_once() {
    let (home, _nodes, clients) = three().await;
    let body = home.ticket_fields().json();
    for round in 0..30 {
        let (writer, reader) = (&clients[round % 3], &clients[(round + 1) % 3]);
        let ticket = writer.post_json(CREATE, &body).await.ticket_id();
        assert_eq!(crate::support::view(reader, ticket).await.data()["ticket"]["status"], "1");
        let close = json!({ "ticket": ticket, "status": "3" });
        assert_eq!(reader.post_json(STATUS, &close).await.status, 200);
        assert_eq!(crate::support::view(writer, ticket).await.data()["ticket"]["status"], "3");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_one_refresh_token_used_on_three_servers_at_once_one_use_is_granted_and_the_family_ends() {
    let (home, nodes, _) = three().await;
    let applications = [&home.app, &nodes[0], &nodes[1]].map(|node| node.application(&home.acme));
    let login = json!({ "username": home.ann.email, "password": PASSWORD });
    for _ in 0..10 {
        let tokens = applications[0].post_json(LOG_IN, &login).await.json();
        let refresh = json!({ "refresh": tokens["refresh"] });
        let answers = at_once(6, &applications, REFRESH, &refresh).await;
        let granted: Vec<_> = answers.iter().filter(|answer| answer.status == 200).collect();
        assert_eq!(granted.len(), 1);
        assert!(answers.iter().all(|answer| answer.status == 200 || answer.status == 401));
        let next = json!({ "refresh": granted[0].json()["refresh"] });
        for application in &applications {
            assert_eq!(application.post_json(REFRESH, &next).await.status, 401, "the family is revoked");
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_signs_in_while_the_password_is_changed_elsewhere_has_no_session_with_the_old_one() {
    // All of them are under way at once, which counts as failed until they end.
    let home = Desk::at(TestApp::on_postgres_with(|config| config.login_failures_per_account = 0)).await;
    let nodes = [home.app.node(), home.app.node()];
    let other = Passwords::default().hash("another good password", &*home.app.entropy).await.expect("a hash");
    let login = json!({ "username": home.ann.email, "password": PASSWORD });
    let clients = [&home.app, &nodes[0], &nodes[1]].map(|node| node.application(&home.acme));
    let client = &clients[1];
    let mut sign_ins = JoinSet::new();
    for number in 0..12 {
        let (client, login) = (clients[number % 3].clone(), login.clone());
        sign_ins.spawn(async move {
            tokio::time::sleep(std::time::Duration::from_millis(15 * number as u64)).await;
            client.post_json(LOG_IN, &login).await
        });
    }
    let early = sign_ins.join_next().await.expect("one").expect("no panic");
    assert_eq!(early.status, 200, "the password is still the old one");
    let (workspace, at) = (home.acme.id, home.app.clock.now());
    let email = Email::parse(&home.ann.email).expect("an address");
    home.app.write(move |tx| users::set_password(tx, workspace, &email, &other, at)).await;
    let after: Vec<_> = sign_ins.join_all().await;
    for answer in after.iter().chain([&early]).filter(|answer| answer.status == 200) {
        let refresh = json!({ "refresh": answer.json()["refresh"] });
        assert_eq!(client.post_json(REFRESH, &refresh).await.status, 401, "its session was ended");
    }
    assert_eq!(client.post_json(LOG_IN, &login).await.status, 401);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_equal_names_added_on_several_servers_at_once_one_is_taken() {
    let (home, nodes, _) = three().await;
    let stores = [&home.app, &nodes[0], &nodes[1]].map(|node| node.state.store().clone());
    let (workspace, at) = (home.acme.id, home.app.clock.now());
    for round in 0..30 {
        let mut additions = JoinSet::new();
        for number in 0..6 {
            let store = stores[number % 3].clone();
            let (name, email) = (format!("Category {round}"), format!("User{round}@Example.com"));
            additions.spawn(async move {
                let email = Email::parse(&email).expect("an address");
                let category = store.write(move |tx| catalogue::add_category(tx, workspace, &name, "", at)).await;
                let user = store.write(move |tx| users::add(tx, workspace, &email, Role::Agent, "hash", at)).await;
                for outcome in [category.as_ref().err(), user.as_ref().err()].into_iter().flatten() {
                    assert!(matches!(outcome, Error::Conflict(_)), "{outcome:?}");
                }
                (category.is_ok(), user.is_ok())
            });
        }
        let outcomes = additions.join_all().await;
        assert_eq!(outcomes.iter().filter(|(category, _)| *category).count(), 1, "round {round}");
        assert_eq!(outcomes.iter().filter(|(_, user)| *user).count(), 1, "round {round}");
    }
}

#[tokio::test]
async fn servers_that_ask_for_the_secret_at_once_get_the_same() {
    let (home, nodes, _) = three().await;
    let mut asked = JoinSet::new();
    for number in 0..12_u8 {
        let store = [&home.app, &nodes[0], &nodes[1]][usize::from(number) % 3].state.store().clone();
        let entropy = Arc::clone(&home.app.entropy);
        asked.spawn(async move {
            let mut fresh = [0; 32];
            entropy.fill(&mut fresh);
            store.write(move |tx| ferrodesk::app::shared_secret::shared_secret(tx, &fresh)).await.expect("a secret")
        });
    }
    let mut secrets = asked.join_all().await;
    secrets.dedup();
    assert_eq!(secrets.len(), 1);
}
