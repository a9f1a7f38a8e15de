//! What must come to pass a certain number of times does so exactly, however many try at once, round after round. Two
//! servers are raced where two may be: on PostgreSQL. `TEST_ROUNDS` says how many rounds; docs/reliability.md has figures.
//!
//! `contract/limits.rs` and `contract/idempotency.rs` have the first round of these in more detail, `postgres/nodes.rs` three
//! servers, and `postgres/races.rs` rules that are changed while they are applied. There is no second factor to be raced.

use ferrodesk::app::check::miscounted_users;
use ferrodesk::domain::user::Role;
use rstest::rstest;
use serde_json::{Value, json};
use tokio::task::JoinSet;

use crate::support::database::is_postgres;
use crate::support::{Answer, CONVERSATION, CREATE, Client, Desk, PASSWORD, TestApp, all_but_request_id};

const AT_ONCE: usize = 200;
const LOG_IN: &str = "/user/login/";
const REFRESH: &str = "/user/token/refresh/";

/// How many rounds there are: few in CI.
fn rounds() -> usize {
    std::env::var("TEST_ROUNDS").map_or(3, |rounds| rounds.parse().expect("TEST_ROUNDS is a number"))
}

/// A desk, and the servers on its data.
async fn ready(per_account: u32, per_address: u32) -> (Desk, Vec<TestApp>) {
    let desk = Desk::with(|config| {
        config.trust_forwarded_for = true;
        config.login_failures_per_account = per_account;
        config.login_failures_per_address = per_address;
        // The races are of limits other than these.
        config.requests_per_minute_per_apikey = 0;
        config.requests_per_minute_per_user = 0;
    })
    .await;
    let nodes = if is_postgres() { vec![desk.app.node()] } else { Vec::new() };
    (desk, nodes)
}

/// Sends each body at once, over all servers in turn; `client` makes a client of a server, for the request of a number.
async fn at_once(
    desk: &Desk,
    nodes: &[TestApp],
    path: &'static str,
    bodies: impl Iterator<Item = Value>,
    client: impl Fn(&TestApp, usize) -> Client,
) -> Vec<(Value, Answer)> {
    let servers: Vec<&TestApp> = std::iter::once(&desk.app).chain(nodes).collect();
    let mut requests = JoinSet::new();
    for (number, (server, body)) in servers.iter().cycle().zip(bodies).enumerate() {
        let client = client(server, number);
        requests.spawn(async move {
            let answer = client.post_json(path, &body).await;
            (body, answer)
        });
    }
    requests.join_all().await
}

fn count(answers: &[(Value, Answer)], status: u16) -> usize {
    answers.iter().filter(|(_, answer)| answer.status.as_u16() == status).count()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn as_many_tickets_are_opened_as_the_limit_allows() {
    let (desk, nodes) = ready(0, 0).await;
    for round in 0..rounds() {
        let user = desk.app.user(&desk.acme, &format!("user{round}@customer.example"), Role::Customer).await;
        let bodies = std::iter::repeat_n(desk.ticket_fields().json(), AT_ONCE);
        let answers = at_once(&desk, &nodes, CREATE, bodies, |app, _| app.client(&desk.acme, &user)).await;
        assert_eq!((count(&answers, 200), count(&answers, 401)), (10, AT_ONCE - 10), "round {round}");
        let created = i64::try_from(10 * (round + 1)).expect("few rounds");
        assert_eq!((desk.tickets().await, desk.app.read(miscounted_users).await), (created, Vec::new()));
    }
}

/// Where guesses come from, and what they are of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Guesser {
    /// One address, at one account.
    One,
    /// An address for each guess, at one account.
    Many,
    /// One address, at an account for each guess.
    Wanderer,
}

#[rstest]
#[case::of_one_address_at_an_account(Guesser::One, (7, 0), 7)]
#[case::of_many_addresses_at_an_account(Guesser::Many, (1, 0), 10)]
#[case::of_one_address_at_many_accounts(Guesser::Wanderer, (0, 7), 7)]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn as_many_guesses_are_heard_as_the_limit_allows(
    #[case] guesser: Guesser,
    #[case] (per_account, per_address): (u32, u32),
    #[case] heard: usize,
) {
    let (desk, nodes) = ready(per_account, per_address).await;
    for round in 0..rounds() {
        // Of an account that there is, and of one that there is not.
        let user = format!("user{round}@customer.example");
        if round % 2 == 0 {
            desk.app.user(&desk.acme, &user, Role::Customer).await;
        }
        let guesses = (0..AT_ONCE).map(|guess| {
            let user = if guesser == Guesser::Wanderer { format!("{guess}.{user}") } else { user.clone() };
            json!({ "username": user, "password": format!("guess {guess}") })
        });
        let answers = at_once(&desk, &nodes, LOG_IN, guesses, |app, guess| {
            let host = if guesser == Guesser::Many { guess } else { 0 };
            app.application(&desk.acme).header("x-forwarded-for", &format!("192.0.{round}.{host}"))
        });
        let answers = answers.await;
        assert_eq!((count(&answers, 401), count(&answers, 429)), (heard, AT_ONCE - heard), "round {round}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_all_uses_of_a_refresh_token_one_is_granted_and_its_family_ends() {
    let (desk, nodes) = ready(0, 0).await;
    let application = |app: &TestApp, _| app.application(&desk.acme);
    let credentials = json!({ "username": desk.ann.email, "password": PASSWORD });
    for round in 0..rounds() {
        let tokens = application(&desk.app, 0).post_json(LOG_IN, &credentials).await.json();
        let bodies = std::iter::repeat_n(json!({ "refresh": tokens["refresh"] }), AT_ONCE);
        let answers = at_once(&desk, &nodes, REFRESH, bodies, application).await;
        assert_eq!((count(&answers, 200), count(&answers, 401)), (1, AT_ONCE - 1), "round {round}");
        let granted = answers.iter().find(|(_, answer)| answer.status == 200).expect("one").1.json();
        let next = application(&desk.app, 0).post_json(REFRESH, &json!({ "refresh": granted["refresh"] })).await;
        assert_eq!(next.status, 401, "the family is revoked");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_two_bodies_under_one_key_one_comes_to_pass_once() {
    let (desk, nodes) = ready(0, 0).await;
    desk.set(Some(0), None).await;
    let ticket = desk.ticket().await;
    for round in 0..rounds() {
        let keyed = |app: &TestApp, _| desk.client_at(app).header("idempotency-key", &format!("key {round}"));
        let (tickets, replies) =
            (desk.tickets().await, desk.view(ticket).await["conversations"].as_array().map(Vec::len));
        let (path, body) = match round % 2 {
            0 => (CREATE, desk.ticket_fields().json()),
            _ => (CONVERSATION, json!({ "ticket": ticket })),
        };
        let bodies = (0..AT_ONCE).map(|number| {
            let mut body = body.clone();
            body["comment"] = json!(format!("Comment {}", number % 4 / 2));
            body
        });
        let answers = at_once(&desk, &nodes, path, bodies, keyed).await;
        let (first_body, first) = answers.iter().find(|(_, answer)| answer.status == 200).expect("one came to pass");
        for (body, answer) in &answers {
            if body == first_body {
                assert_eq!(all_but_request_id(answer), all_but_request_id(first), "round {round}");
            } else {
                assert_eq!(answer.status, 422, "round {round}: {answer:?}");
            }
        }
        let now = (desk.tickets().await, desk.view(ticket).await["conversations"].as_array().map(Vec::len));
        let expected = if path == CREATE { (tickets + 1, replies) } else { (tickets, replies.map(|count| count + 1)) };
        assert_eq!(now, expected, "round {round}");
    }
}
