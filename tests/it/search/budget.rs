//! Of very many texts with the words, only the newest are looked at; that is said, and who reaches few tickets finds all.

use ferrodesk::app::desk::search::{Results, search};
use ferrodesk::domain::search::Query;
use ferrodesk::domain::user::{Requester, Role};
use ferrodesk::domain::{Clock as _, TicketId};
use rstest::rstest;

use super::{Engine, Searching, open};

/// More texts than are looked through.
const MANY: usize = 1_600;

async fn results(searching: &Searching, staff: Requester, query: &'static str) -> (Vec<TicketId>, bool) {
    let query = Query::parse(query).expect("a short query");
    let Results { hits, is_partial } = searching.desk.app.read(move |tx| search(tx, &staff, &query)).await;
    (hits.into_iter().map(|hit| hit.ticket.id).collect(), is_partial)
}

#[rstest]
#[tokio::test]
async fn what_is_not_looked_at_is_said(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let searching = Searching::on(engine).await;
    let app = &searching.desk.app;
    let (customer, category, at) = (searching.desk.ann.requester, searching.desk.acme.category, app.clock.now());
    let old = searching.ticket("Dark theme please", "The very first").await;
    for _ in 0..4 {
        let open_some = move |tx: &mut dyn ferrodesk::storage::Tx| {
            (0..MANY / 4).try_for_each(|_| open(tx, &customer, category, "Theme", "It is dark", at).map(drop))
        };
        app.write(open_some).await;
    }
    let new = searching.ticket("A dark theme", "").await;
    let agent = searching.agent;
    assert_eq!(results(&searching, agent, "\"dark theme\"").await, (vec![new], true));
    assert_eq!(results(&searching, agent, "\"dark theme\" first").await, (vec![old], false));
    assert_eq!(results(&searching, agent, "\"theme dark\"").await, (vec![], true));
    assert_eq!(results(&searching, agent, "nowhere").await, (vec![], false));
    let (found, is_partial) = results(&searching, agent, "dark").await;
    assert!(found.len() == ferrodesk::app::desk::search::HITS_MAX && is_partial);

    // Nothing in reach, and then the oldest ticket alone.
    let tea = app.user(&searching.desk.acme, "tea@acme.example", Role::TeamAgent).await.requester;
    assert_eq!(results(&searching, tea, "dark").await, (vec![], false));
    app.database().run(&format!("UPDATE ticket SET assignee_id = {} WHERE id = {old}", tea.user));
    assert_eq!(results(&searching, tea, "dark").await, (vec![old], false));
    assert_eq!(results(&searching, tea, "\"theme dark\"").await, (vec![], false));
    // When all of them are, they are no longer read one by one.
    app.database().run(&format!("UPDATE ticket SET assignee_id = {}", tea.user));
    assert_eq!(results(&searching, tea, "\"dark theme\"").await, (vec![new], true));
}
