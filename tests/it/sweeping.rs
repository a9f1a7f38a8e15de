//! The sweeper beside requests.

use std::time::Duration;

use bytes::Bytes;
use ferrodesk::domain::WorkspaceId;
use ferrodesk::identity::apikey::sha256;
use ferrodesk::identity::system::SystemEntropy;
use ferrodesk::jobs::blob_owner;
use ferrodesk::jobs::sweep::{Swept, sweep};
use ferrodesk::storage::Store;

use crate::support::{CREATE, Desk, Part, download};

#[tokio::test(flavor = "multi_thread")]
async fn real_uploads_and_real_sweeps_at_once_lose_nothing() {
    let desk = Desk::new().await;
    desk.set(Some(0), None).await;
    let (store, blobs) = (desk.app.state.store(), desk.app.state.blobs());
    for round in 0..20 {
        let text = format!("round {round}");
        desk.stored("orphan.txt", text.clone().leak().as_bytes()).await;
        // By its clock, all that is stored is old.
        let late = desk.stored_blobs().await[0].stored_at.plus(Duration::from_hours(3));
        let fields = desk.ticket_fields();
        let parts = fields.parts(&[("a.txt", text.as_bytes())]);
        let uploads = futures_util::future::join_all((0..3).map(|_| until_accepted(&desk, &parts)));
        let sweeps = futures_util::future::join_all((0..2).map(|_| sweep(store, blobs, late)));
        let (tickets, sweeps) = tokio::join!(uploads, sweeps);
        assert!(sweeps.iter().all(Result::is_ok), "{sweeps:?}");
        for ticket in tickets {
            let view = desk.view(ticket).await;
            assert_eq!(download(&desk.client, &view["attachments"][0]["id"]).await.body, text.as_bytes());
        }
    }
}

/// Opens a ticket as clients do: a 503 is tried again.
async fn until_accepted(desk: &Desk, parts: &[Part<'_>]) -> i64 {
    for _ in 0..200 {
        let answer = desk.client.post_parts(CREATE, parts).await;
        if answer.status != 503 {
            return answer.ticket_id();
        }
        assert_eq!(answer.headers["retry-after"], "1");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("turned away again and again");
}

/// Stores bytes that no ticket names, and sweeps when they are old; gives what was swept.
async fn sweep_an_orphan(desk: &Desk, store: &Store) -> Swept {
    let blobs = desk.app.state.blobs();
    desk.stored("orphan.txt", b"orphan").await;
    let late = desk.stored_blobs().await[0].stored_at.plus(Duration::from_hours(3));
    sweep(store, blobs, late).await.expect("a sweep")
}

#[tokio::test]
async fn bytes_that_are_another_installations_are_let_be_until_they_are_claimed() {
    let (desk, other) = (Desk::new().await, Desk::new().await);
    let (ours, theirs) = (desk.app.state.store(), other.app.state.store());
    assert_eq!(sweep_an_orphan(&desk, ours).await.blobs, 1, "nobody's bytes are whoever's sweeps first");
    let swept = sweep_an_orphan(&desk, theirs).await;
    assert!(swept.blobs == 0 && swept.blobs_are_not_ours, "{swept:?}");
    blob_owner::claim(theirs, desk.app.state.blobs()).await.expect("claimed");
    assert_eq!(sweep_an_orphan(&desk, theirs).await.blobs, 1);
    assert!(sweep_an_orphan(&desk, ours).await.blobs_are_not_ours);
}

/// A snapshot of a machine, a base backup: the identity is the same, but the rows of tickets since are not there.
#[tokio::test]
async fn a_database_that_was_put_back_to_an_earlier_moment_deletes_nothing() {
    let desk = Desk::new().await;
    let store = desk.app.state.store();
    assert_eq!(sweep_an_orphan(&desk, store).await.blobs, 1);
    let put_back = "UPDATE installation SET sweeps = sweeps - 1 WHERE id = 1";
    desk.app.write(move |tx| Ok(tx.execute(put_back, &[])?)).await;
    let swept = sweep_an_orphan(&desk, store).await;
    assert!(swept.blobs == 0 && swept.blobs_are_not_ours, "{swept:?}");
    blob_owner::claim(store, desk.app.state.blobs()).await.expect("claimed");
    assert_eq!(sweep_an_orphan(&desk, store).await.blobs, 1);
}

/// A copy that something else than `restore` has made, beside the database that goes on.
#[tokio::test]
async fn a_copy_that_disclaims_the_bytes_deletes_nothing() {
    let desk = Desk::new().await;
    let store = desk.app.state.store();
    assert_eq!(sweep_an_orphan(&desk, store).await.blobs, 1);
    blob_owner::disclaim(store, &SystemEntropy).await.expect("disclaimed");
    let swept = sweep_an_orphan(&desk, store).await;
    assert!(swept.blobs == 0 && swept.blobs_are_not_ours, "{swept:?}");
}

#[tokio::test]
async fn bytes_of_a_workspace_that_is_not_there_are_let_be() {
    let desk = Desk::new().await;
    let blobs = desk.app.state.blobs();
    let bytes = Bytes::from_static(b"of another installation");
    let hash = sha256(&bytes);
    blobs.put(WorkspaceId(99), &hash, bytes).await.expect("stored");
    let late = desk.stored_blobs().await[0].stored_at.plus(Duration::from_hours(3));
    assert_eq!(sweep(desk.app.state.store(), blobs, late).await.expect("a sweep").blobs, 0);
    assert_eq!(desk.stored_blobs().await.len(), 1);
}
