//! The sweeper beside requests.

use std::time::Duration;

use bytes::Bytes;
use ferrodesk::domain::WorkspaceId;
use ferrodesk::identity::apikey::sha256;
use ferrodesk::jobs::sweep::sweep;

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
