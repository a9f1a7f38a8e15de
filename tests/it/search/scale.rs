//! What keeps a search quick: it looks at the newest tickets first, and stops when it has enough.

use ferrodesk::storage::queries::search::{TextId, matching};
use rstest::rstest;

use super::{Engine, Searching};

/// Ids of tickets that a block of the index has.
const BLOCK: i64 = 1 << 15;

#[rstest]
#[tokio::test]
async fn the_newest_tickets_are_found_first_whichever_block_they_are_in(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let searching = Searching::on(engine).await;
    let mut tickets = Vec::new();
    for block in [0, 1, 3] {
        let before = block * BLOCK;
        let last = searching.desk.app.write(move |tx| Ok(tx.raise_last_id("ticket", before)?));
        last.await;
        for _ in 0..3 {
            tickets.push(searching.ticket("Everywhere", "").await);
        }
    }
    assert!(tickets[8].0 > 3 * BLOCK);
    assert_eq!(searching.found("everywhere").await, tickets);
    tickets.reverse();
    let workspace = searching.agent.workspace;
    for limit in [1, 4, 9, 100] {
        let found = searching
            .desk
            .app
            .read(move |tx| {
                let query = ferrodesk::domain::search::Query::parse("everywh").expect("a query");
                Ok(matching(tx, workspace, &query.looked_up(), limit)?)
            })
            .await;
        let expected: Vec<TextId> = tickets.iter().take(limit).map(|ticket| TextId::Opening(*ticket)).collect();
        assert_eq!(found, expected, "{limit}");
    }
}
