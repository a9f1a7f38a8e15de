//! What refers to nothing is prevented or found, whether the schema declares the reference or not.

use super::{connect, patient};
use crate::support::TestDatabase;

#[tokio::test]
async fn what_others_refer_to_is_never_deleted() {
    let database = TestDatabase::postgres();
    let client = connect(database.url()).await;
    let rows = "INSERT INTO workspace (id, name, open_ticket_limit, reopen_on_reply, created_at) VALUES (1, 'w', 0, TRUE, 0);
         INSERT INTO app_user (id, workspace_id, email, email_folded, role, active, created_at) VALUES (1, 1, 'e', 'e', 'customer', TRUE, 0);
         INSERT INTO category (id, workspace_id, name, description, position, active, created_at) VALUES (1, 1, 'c', '', 1, TRUE, 0)";
    client.batch_execute(rows).await.expect("rows");
    for table in ["category", "app_user", "workspace"] {
        let refused = client.batch_execute(&format!("DELETE FROM {table}")).await.expect_err(table);
        let expected = format!("rows of {table} are never deleted: others refer to them");
        assert_eq!(refused.as_db_error().expect("an answer").message(), expected);
    }
}

#[tokio::test]
async fn a_check_finds_every_row_that_refers_to_nothing() {
    let database = TestDatabase::postgres();
    let client = connect(database.url()).await;
    // Whoever can do this can also turn triggers and foreign keys off.
    let rows = "SET session_replication_role = replica;
         INSERT INTO ticket VALUES (71, 72, 73, 's', 's', 1, 74, 1, FALSE, 0, 0, 'c');
         INSERT INTO conversation VALUES (71, 75, 76, 72, FALSE, 0, 'c');
         INSERT INTO event (workspace_id, ticket_id, actor_id, at, kind, after) VALUES (71, 73, 72, 0, 'opened', '{}');
         INSERT INTO attachment (workspace_id, ticket_id, conversation_id, content_hash, size, content_type, name, created_at)
             VALUES (71, 75, 77, '', 0, 't', 'n', 0)";
    client.batch_execute(rows).await.expect("rows");
    let store = patient(database.url());
    let found = store.integrity_problems().await.expect("an answer");
    let columns = [
        "attachment.conversation_id",
        "attachment.ticket_id",
        "attachment.workspace_id",
        "conversation.author_id",
        "conversation.ticket_id",
        "conversation.workspace_id",
        "event.workspace_id",
        "ticket.category_id",
        "ticket.requester_id",
        "ticket.workspace_id",
    ];
    assert_eq!(found, columns.map(|column| format!("1 rows of {column} refer to nothing")));
}
