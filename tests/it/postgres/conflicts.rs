//! Transactions in each other's way.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use ferrodesk::app::manage::{users, workspaces};
use ferrodesk::domain::user::{Email, Role};
use ferrodesk::domain::{Error, WorkspaceId};
use ferrodesk::storage::{Param, Store, Tx, queries};
use tokio::sync::Semaphore;

use super::AT;
use crate::support::TestDatabase;

async fn two_workspaces(store: &Store) -> [WorkspaceId; 2] {
    let add = |tx: &mut dyn Tx| Ok([workspaces::add(tx, "A", 0, true, AT)?, workspaces::add(tx, "B", 0, true, AT)?]);
    store.write(add).await.expect("two workspaces")
}

/// Waits on a thread for what another does.
fn wait_for(gate: &Semaphore) {
    while gate.try_acquire().map(tokio::sync::SemaphorePermit::forget).is_err() {
        std::thread::sleep(std::time::Duration::from_millis(1));
    }
}

#[tokio::test]
async fn of_two_closures_that_wait_for_each_other_one_is_run_again_and_both_succeed() {
    let database = TestDatabase::postgres();
    // With the patience that servers have: the deadlock is found, broken and got over within it.
    let store = super::impatient(database.url());
    let [a, b] = two_workspaces(&store).await;
    let gates = Arc::new([Semaphore::new(0), Semaphore::new(0)]);
    let runs = Arc::new(AtomicUsize::new(0));
    let raise = |tx: &mut dyn Tx, id: WorkspaceId| -> Result<(), Error> {
        tx.execute(
            "UPDATE workspace SET open_ticket_limit = open_ticket_limit + 1 WHERE id = $1",
            &[Param::Int(id.0)],
        )?;
        Ok(())
    };
    let closure = |mine: usize, first: WorkspaceId, second: WorkspaceId| {
        let (gates, runs, was_run) = (Arc::clone(&gates), Arc::clone(&runs), AtomicUsize::new(0));
        store.write(move |tx| {
            runs.fetch_add(1, Ordering::SeqCst);
            raise(tx, first)?;
            if was_run.fetch_add(1, Ordering::SeqCst) == 0 {
                gates[1 - mine].add_permits(1);
                wait_for(&gates[mine]);
            }
            raise(tx, second)
        })
    };
    let (one, other) = tokio::join!(closure(0, a, b), closure(1, b, a));
    one.expect("the one succeeds");
    other.expect("the other succeeds");
    assert_eq!(runs.load(Ordering::SeqCst), 3, "one of them was run twice");
    let limits = store.read(workspaces::list).await.expect("a list").into_iter().map(|w| w.open_ticket_limit);
    assert_eq!(limits.collect::<Vec<_>>(), [2, 2], "each was done once");
}

#[tokio::test]
async fn a_closure_that_adds_what_another_has_just_added_is_run_again() {
    let database = TestDatabase::postgres();
    let store = database.open();
    let [workspace, _] = two_workspaces(&store).await;
    let gates = Arc::new([Semaphore::new(0), Semaphore::new(0)]);
    let visit = |mine: usize| {
        let (gates, was_run) = (Arc::clone(&gates), AtomicUsize::new(0));
        let insert =
            "INSERT INTO tag (workspace_id, tag, keyword, active, created_at) VALUES ($1, 'new', 'new', TRUE, 1)";
        store.write(move |tx| {
            let known = queries::catalogue::tags(tx, workspace)?;
            if was_run.fetch_add(1, Ordering::SeqCst) == 0 {
                gates[1 - mine].add_permits(1);
                wait_for(&gates[mine]);
            }
            if known.is_empty() {
                tx.execute_later(insert, &[Param::Int(workspace.0)])?;
                // What is remembered changes too, which is the last thing that a transaction does.
                tx.bump_revision()?;
            }
            Ok(known.len())
        })
    };
    let (one, other) = tokio::join!(visit(0), visit(1));
    let mut found = [one.expect("the one succeeds"), other.expect("the other succeeds")];
    found.sort_unstable();
    assert_eq!(found, [0, 1], "the slower one found what the faster had added");
}

#[tokio::test]
async fn a_closure_that_refers_to_what_another_has_just_deleted_is_run_again() {
    let database = TestDatabase::postgres();
    let store = database.open();
    let [workspace, _] = two_workspaces(&store).await;
    let email = Email::parse("ann@customer.example").expect("an address");
    let user = store.write(move |tx| users::add(tx, workspace, &email, Role::Customer, "hash", AT)).await;
    let user = user.expect("a user");
    let session = store.write(move |tx| Ok(queries::sessions::insert(tx, workspace, user, AT, AT)?)).await;
    let session = session.expect("a session");
    let (was_run, url) = (AtomicUsize::new(0), database.url().to_owned());
    let outcome = store.write(move |tx| {
        if queries::users::of_session(tx, workspace, session, user)?.is_none() {
            return Err(Error::NotFound);
        }
        if was_run.fetch_add(1, Ordering::SeqCst) == 0 {
            crate::support::database::run_on(&url, "DELETE FROM session");
        }
        Ok(queries::sessions::add_token(tx, workspace, session, b"hash", AT)?)
    });
    assert!(matches!(outcome.await, Err(Error::NotFound)), "it found out that the session is gone");
}

#[tokio::test]
async fn what_a_transaction_that_failed_at_its_end_did_is_gone_and_the_next_on_its_connection_is_its_own() {
    let database = TestDatabase::postgres();
    let options = ferrodesk::storage::StoreOptions { writers: 1, readers: 1, ..Default::default() };
    let store = database.open_with(&options);
    let refused = store.write(|tx| {
        workspaces::add(tx, "Acme", 0, true, AT)?;
        tx.execute_later("INSERT INTO revision (id, value) VALUES (2, 1 / 0)", &[])?;
        // The first of these on its connection, so that it has to be prepared.
        tx.bump_revision()?;
        Ok(())
    });
    assert!(matches!(refused.await, Err(Error::Internal { .. })));
    let added = store.write(|tx| workspaces::add(tx, "Globex", 0, true, AT)).await;
    added.expect("the next write has nothing to do with it");
    let names: Vec<_> = store.read(workspaces::list).await.expect("a list").into_iter().map(|w| w.name).collect();
    assert_eq!(names, ["Globex"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn serialisation_failures_are_run_again() {
    let database = TestDatabase::postgres();
    let store = database.open();
    two_workspaces(&store).await;
    let mut writes = tokio::task::JoinSet::new();
    for _ in 0..30 {
        let store = store.clone();
        writes.spawn(async move {
            store
                .write(|tx| {
                    tx.execute("SET TRANSACTION ISOLATION LEVEL SERIALIZABLE", &[])?;
                    let limit = workspaces::find(tx, "A")?.open_ticket_limit;
                    std::thread::sleep(std::time::Duration::from_millis(1));
                    workspaces::set(tx, "A", Some(limit + 1), None)
                })
                .await
        });
    }
    let succeeded = writes.join_all().await.into_iter().flatten().count();
    let limit = store.read(|tx| workspaces::find(tx, "A")).await.expect("A").open_ticket_limit;
    assert_eq!(
        usize::try_from(limit).expect("small"),
        succeeded,
        "each success was done once, each failure not at all"
    );
    assert!(succeeded >= 3, "only {succeeded} of 30 succeeded");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn first_visits_of_one_external_user_make_one_user() {
    use ferrodesk::app::authenticate::{ExternalIdentity, admit_external_user};
    use ferrodesk::domain::ApplicationId;
    use ferrodesk::domain::user::Application;

    let database = TestDatabase::postgres();
    let stores = [database.open(), database.open()];
    let [workspace, _] = two_workspaces(&stores[0]).await;
    let application = Application { id: ApplicationId(1), workspace };
    for round in 0..20 {
        // Half of them have an account already, which is linked.
        let email = format!("user{round}@customer.example");
        if round % 2 == 0 {
            let address = Email::parse(&email).expect("an address");
            let add = move |tx: &mut dyn Tx| users::add(tx, workspace, &address, Role::Customer, "hash", AT);
            stores[0].write(add).await.expect("a user");
        }
        let mut visits = tokio::task::JoinSet::new();
        for number in 0..6 {
            let identity = ExternalIdentity {
                issuer: "https://login.example".to_owned(),
                subject: format!("subject {round}"),
                email: Some(email.clone()),
                email_verified: true,
                expires_at: AT,
            };
            let store = stores[number % 2].clone();
            visits
                .spawn(async move { store.write(move |tx| admit_external_user(tx, application, &identity, AT)).await });
        }
        let mut admitted: Vec<_> =
            visits.join_all().await.into_iter().map(|visit| visit.expect("every visit is let in").user).collect();
        admitted.dedup();
        assert_eq!(admitted.len(), 1, "round {round}");
    }
}
