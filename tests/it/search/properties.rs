//! Rules that hold for whatever is written and typed.

use ferrodesk::domain::TicketId;
use ferrodesk::domain::search::Query;
use proptest::prelude::*;

use super::{Engine, Searching};

proptest! {
    #![proptest_config(ProptestConfig { cases: 12, ..ProptestConfig::default() })]

    #[test]
    fn whatever_is_written_is_found_by_its_words_and_whatever_is_typed_is_no_error(
        texts in prop::collection::vec("[^\0]{0,60}", 1..6),
        typed in prop::collection::vec(prop_oneof!["\\PC{0,40}", "[ -~\0]{0,60}", "(\"|'|[*:&|!<>()~_-]| |AND|a){0,30}"], 10),
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        runtime.block_on(async {
            let both = [Searching::on(Engine::Sqlite).await, Searching::on(Engine::Postgres).await];
            let mut found: [Vec<Vec<TicketId>>; 2] = Default::default();
            for (searching, found) in both.iter().zip(&mut found) {
                for text in &texts {
                    let ticket = searching.ticket("", text).await;
                    let query = Query::parse(text).expect("a short query");
                    let ids = searching.found(text).await;
                    assert!(query.is_empty() || ids.contains(&ticket), "{text:?} is not found");
                    found.push(ids);
                }
                for typed in &typed {
                    found.push(searching.found(typed).await);
                }
            }
            assert_eq!(found[0], found[1]);
        });
    }
}
