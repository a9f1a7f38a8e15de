//! Texts that were not made findable when they were written are in the end.

use ferrodesk::domain::conversation::Visibility;
use ferrodesk::jobs::index_texts::index_texts;
use rstest::rstest;

use super::{Engine, Searching};

#[rstest]
#[tokio::test]
async fn texts_from_before_and_of_older_servers_become_findable(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let searching = Searching::on(engine).await;
    let store = searching.desk.app.state.store();
    let mut tickets = Vec::new();
    for number in 0..300 {
        tickets.push(searching.ticket("Old", &format!("number{number}")).await);
    }
    searching.say(tickets[7], Visibility::Internal, "remembered").await;
    searching.desk.app.database().run("DELETE FROM search_index");
    assert_eq!(searching.found("number7 ").await, []);
    let indexed = index_texts(store, &|_| {}).await.expect("a round");
    assert_eq!((indexed.looked_at, indexed.indexed), (301, 301));
    assert_eq!(searching.found("number7 ").await, [tickets[7]]);
    assert_eq!(searching.found("remembered").await, [tickets[7]]);
    // What a server of an older version has written since, and what one had not committed when the round came by.
    searching.desk.app.database().run(&format!("DELETE FROM search_index WHERE rowid = 2 * {}", tickets[290]));
    assert_eq!(searching.found("number290 ").await, []);
    let indexed = index_texts(store, &|_| {}).await.expect("a round");
    assert_eq!(indexed.indexed, 1);
    assert_eq!(searching.found("number290 ").await, [tickets[290]]);
    assert_eq!(searching.found("old").await.len(), 50);
}

#[rstest]
#[tokio::test]
async fn a_round_that_was_cut_off_goes_on_where_it_was(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let searching = Searching::on(engine).await;
    let store = searching.desk.app.state.store();
    for _ in 0..600 {
        searching.ticket("Old", "text").await;
    }
    searching.desk.app.database().run("DELETE FROM search_index");
    store.write(ferrodesk::app::index_texts::begin_round).await.expect("it begins");
    let first = store.write(ferrodesk::app::index_texts::index_some).await.expect("a step");
    assert!(first.indexed > 0 && first.indexed < 600);
    let rest = index_texts(store, &|_| {}).await.expect("the rest");
    assert_eq!(first.indexed + rest.indexed, 600);
}

#[rstest]
#[tokio::test]
async fn tickets_that_are_written_during_a_round_are_found_once(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let searching = Searching::on(engine).await;
    for _ in 0..10 {
        searching.ticket("Old", "text").await;
    }
    searching.desk.app.database().run("DELETE FROM search_index");
    let write = async {
        for number in 0..30 {
            let ticket = searching.ticket("New", &format!("during{number} ")).await;
            let change = ferrodesk::app::desk::change_ticket::TicketChange {
                subject: ferrodesk::domain::ticket::Subject::new(format!("renamed{number}")).ok(),
                ..Default::default()
            };
            searching.change(ticket, change).await;
        }
    };
    let round = async {
        for _ in 0..5 {
            index_texts(searching.desk.app.state.store(), &|_| {}).await.expect("a round");
        }
    };
    futures_util::join!(write, round);
    assert_eq!(searching.found("text").await.len(), 10);
    for number in 0..30 {
        assert_eq!(searching.found(&format!("renamed{number} during{number} ")).await.len(), 1);
    }
    assert_eq!(searching.found("new").await, []);
}
