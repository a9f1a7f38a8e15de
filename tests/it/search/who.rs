//! Nobody finds what is not for them.

use ferrodesk::domain::conversation::Visibility;
use ferrodesk::domain::user::Role;
use ferrodesk::domain::{Clock as _, Error, TicketId};
use rstest::rstest;

use super::{Engine, Searching, find, open};

#[rstest]
#[tokio::test]
async fn another_workspaces_texts_are_never_found(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let searching = Searching::on(engine).await;
    let app = &searching.desk.app;
    let globex = app.workspace("Globex").await;
    let gil = app.user(&globex, "gil@globex.example", Role::Customer).await.requester;
    let (category, at) = (globex.category, app.clock.now());
    let theirs = app.write(move |tx| open(tx, &gil, category, "Secret merger", "secret", at)).await;
    let ours = searching.ticket("Our secret", "1o0_merger 2o0_merger").await;
    assert_eq!(searching.found("secret").await, [ours]);
    assert_eq!(searching.found("merger \"secret merger\"").await, []);
    let boss = app.user(&globex, "boss@globex.example", Role::Admin).await.requester;
    let hits = searching.hits_of(boss, "secret").await;
    assert_eq!(hits.iter().map(|hit| hit.ticket.id).collect::<Vec<_>>(), [theirs]);
}

#[rstest]
#[tokio::test]
async fn an_agent_of_teams_finds_what_the_teams_and_the_agent_have(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let searching = Searching::on(engine).await;
    let app = &searching.desk.app;
    let agent = app.user(&searching.desk.acme, "team@acme.example", Role::TeamAgent).await.requester;
    let customer = searching.desk.ann.requester;
    app.database().run(&format!(
        "INSERT INTO team (id, workspace_id, name, active, created_at) VALUES (1, {0}, 'A', TRUE, 1), (2, {0}, 'B', TRUE, 1);
         INSERT INTO team_member (workspace_id, team_id, user_id) VALUES ({0}, 1, {1})",
        agent.workspace, agent.user
    ));
    let mut tickets = Vec::new();
    for _ in 0..4 {
        let ticket = searching.ticket("Leak", "Water").await;
        searching.say(ticket, Visibility::Internal, "A leaky note").await;
        tickets.push(ticket);
    }
    app.database().run(&format!(
        "UPDATE ticket SET team_id = 1 WHERE id = {}; UPDATE ticket SET team_id = 2 WHERE id = {};
         UPDATE ticket SET assignee_id = {} WHERE id = {}",
        tickets[0], tickets[1], agent.user, tickets[2]
    ));
    for query in ["leak", "leaky note", "water"] {
        let mut found: Vec<TicketId> =
            searching.hits_of(agent, query).await.into_iter().map(|hit| hit.ticket.id).collect();
        found.sort_unstable();
        assert_eq!(found, [tickets[0], tickets[2]], "{query}");
        assert_eq!(searching.found(query).await, tickets, "{query}");
    }
    let refused = app.state.store().read(move |tx| find(tx, &customer, "leak")).await;
    assert!(matches!(refused, Err(Error::Forbidden)), "{refused:?}");
}
