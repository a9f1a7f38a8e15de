//! A backup that is made while others write has all that its rows name.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use ferrodesk::identity::apikey::sha256;
use ferrodesk::jobs::seal::seal;
use ferrodesk::jobs::sweep::sweep;
use http::StatusCode;
use rstest::rstest;
use serde_json::json;

use super::*;
use crate::cli::ferrodesk;
use crate::support::{CREATE, Desk, TestApp};

/// Uploads files, some of which the sweeper deletes at the same time, until told to stop; gives how many were accepted.
async fn upload(desk: &Desk, stopped: &AtomicBool, who: usize) -> usize {
    let mut accepted = 0;
    for count in 0.. {
        if stopped.load(Ordering::Acquire) {
            break;
        }
        // Every third is the bytes of an orphan.
        let text = format!("{} {count}", if count % 3 == 0 { "orphan" } else { ["a", "b"][who] });
        let fields = desk.ticket_fields();
        let answer = desk.client.post_parts(CREATE, &fields.parts(&[("a.txt", text.as_bytes())])).await;
        accepted += usize::from(answer.status == StatusCode::OK);
        let orphan = format!("orphan {}", count + 3).into_bytes();
        // A sweeper for whom everything is old may take it for a leftover while it is written.
        let _ = desk.app.state.blobs().put(desk.acme.id, &sha256(&orphan), orphan.into()).await;
    }
    accepted
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn its_files_are_all_there(#[values(false, true)] on_postgres: bool) {
    let app = if on_postgres {
        TestApp::on_postgres()
    } else {
        TestApp::in_files(tempfile::tempdir().expect("a temporary folder"))
    };
    let desk = Desk::at(app).await;
    desk.set(Some(0), None).await;
    let (store, blobs) = (desk.app.state.store(), desk.app.state.blobs());
    let (folder, stopped) = (tempfile::tempdir().expect("a temporary folder"), AtomicBool::new(false));
    desk.stored("orphan.txt", b"orphan").await;
    // By this clock, all that is stored is old.
    let late = desk.stored_blobs().await[0].stored_at.plus(Duration::from_hours(3));
    let sweeps = async {
        while !stopped.load(Ordering::Acquire) {
            sweep(store, blobs, late).await.expect("a sweep");
            seal(store).await.expect("sealed");
        }
    };
    let backups = async {
        let mut files = Vec::new();
        for number in 0..3 {
            let file = folder.path().join(format!("{number}.tar.zst"));
            let mut command = ferrodesk();
            command.args(["backup", "--json", "--data"]).arg(desk.app.folder()).arg(&file);
            command.args(["--database", desk.app.database().url()]);
            let made = tokio::task::spawn_blocking(move || output(&mut command)).await.expect("a command");
            succeeded(&made);
            files.push(file);
            tokio::time::sleep(Duration::from_millis(300)).await;
        }
        stopped.store(true, Ordering::Release);
        files
    };
    let uploads = (upload(&desk, &stopped, 0), upload(&desk, &stopped, 1));
    let (files, one, other, ()) = tokio::join!(backups, uploads.0, uploads.1, sweeps);
    assert!(one + other > 20, "{} uploads", one + other);
    let mut counts = Vec::new();
    for file in files {
        let there = Place::sqlite();
        counts.push(restored(&there, &file)["files"].as_u64().expect("a number"));
        assert_eq!(there.check()["problems"], json!([]));
    }
    assert!(counts[0] < counts[2], "nothing was uploaded meanwhile: {counts:?}");
}
