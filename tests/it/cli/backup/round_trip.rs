//! What is restored is what was backed up, from and to whatever engine.

use std::os::unix::fs::PermissionsExt as _;

use ferrodesk::blobs::Blobs;
use rstest::rstest;
use serde_json::json;

use super::*;
use crate::cli::copy::sums;

#[rstest]
#[tokio::test]
async fn all_of_it_comes_back(#[values(false, true)] from_postgres: bool, #[values(false, true)] to_postgres: bool) {
    let filled = filled().await;
    let place = if from_postgres { Place::postgres() } else { Place::sqlite() };
    let there = if to_postgres { Place::postgres() } else { Place::sqlite() };
    succeeded(&output(&mut copying(&filled.place, &place, "--json")));
    // Its server goes on meanwhile.
    let server = place.serve();
    let folder = tempfile::tempdir().expect("a temporary folder");
    let file = folder.path().join("backup.tar.zst");
    let report = backed_up(&place, &file);
    assert_eq!(server.terminate().0, Some(0));
    let mode = fs::metadata(&file).expect("the backup").permissions().mode();
    assert_eq!(mode & 0o777, 0o600, "it has secrets in it");
    assert_eq!(names(folder.path()), std::slice::from_ref(&file), "nothing else is left");
    assert_eq!(report["missing"], json!([]));

    let back = restored(&there, &file);
    assert_eq!((&back["rows"], &back["files"]), (&report["rows"], &report["files"]));
    // The same rows, bytes and secret; and the same seals.
    let compared = succeeded(&output(&mut copying(&place, &there, "--verify-only --json")));
    assert_eq!(compared["equal"], true, "{compared}");
    let seals = sums(&compared, "destination").into_iter().find(|(table, ..)| table == "seal");
    assert!(seals.expect("a table").1.as_u64() > Some(0));
    let checked = there.check();
    assert_eq!(checked["problems"], json!([]));
    assert!(checked["logs"][0]["sealed"].as_i64() > Some(0), "{checked}");
    let head = checked["chain_heads"][0].as_str().expect("a head").to_owned();
    succeeded(&output(there.command("check --json --chain-head").arg(&head)));
    let other = if head.ends_with('0') { "1" } else { "0" };
    let forged = format!("{}{other}", &head[..head.len() - 1]);
    let (out, _) = refused(there.command("check --json --chain-head").arg(forged));
    assert!(out.contains("was rewritten"), "{out}");
    assert_eq!(there.serve().terminate().0, Some(0));
    let gives_ids_anew = there.database.open().read(|tx| Ok(tx.last_id("ticket")?)).await.expect("an id");
    let given = place.database.open().read(|tx| Ok(tx.last_id("ticket")?)).await.expect("an id");
    assert_eq!(gives_ids_anew, given, "no ticket's number is given twice");
}

/// A restored database with the live installation's bucket in its settings deletes nothing from it.
#[rstest]
#[tokio::test]
async fn what_was_restored_is_another_installation(#[values(false, true)] on_postgres: bool) {
    let filled = filled().await;
    let there = if on_postgres { Place::postgres() } else { Place::sqlite() };
    let file = filled.place.path().join("backup.tar.zst");
    let live = filled.place.serve();
    let blobs = Blobs::local(&filled.place.path().join("blobs")).expect("a folder");
    while blobs.owner().await.expect("a look").is_none() {
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    let owner = blobs.owner().await.expect("a look");
    backed_up(&filled.place, &file);
    let shared = format!("file:{}", filled.place.path().join("blobs").display());
    let (_, err) = refused(restoring(&there, &file).args(["--blobs", &shared]));
    assert!(err.contains("belongs to another installation"), "{err}");
    restored(&there, &file);
    // As if somebody had given it the other's settings afterwards.
    let mut served = there.command("serve --listen 127.0.0.1:0");
    served.env("FERRODESK_BLOBS", &shared);
    let server = crate::cli::Server::start(served);
    tokio::time::sleep(std::time::Duration::from_secs(1)).await;
    let (status, log) = server.terminate();
    assert!(status == Some(0) && log.contains("another installation's"), "{log}");
    assert_eq!(blobs.owner().await.expect("a look"), owner);
    drop(live);
    succeeded(&output(there.command("claim-blobs --json").env("FERRODESK_BLOBS", &shared)));
    assert_ne!(blobs.owner().await.expect("a look"), owner);
}
