//! What is not copied, and what is found out.

use std::path::PathBuf;

use rstest::rstest;
use serde_json::json;

use super::round_trip::filled;
use super::{Place, copied, copying, ferrodesk, output, refused, succeeded};

/// The one line of a copy that is refused.
#[track_caller]
fn complaint(from: &Place, to: &Place) -> String {
    refused(&mut copying(from, to, "")).1
}

fn first_blob(place: &Place) -> PathBuf {
    let mut path = place.path().join("blobs");
    while path.is_dir() {
        let mut entries: Vec<_> =
            std::fs::read_dir(&path).expect("a folder").map(|entry| entry.expect("an entry").path()).collect();
        entries.sort();
        path = entries.remove(0);
    }
    path
}

#[tokio::test]
async fn what_is_no_source_or_no_destination_is_said_in_a_line() {
    let filled = filled().await;
    let (from, to) = (&filled.place, Place::sqlite());
    assert!(complaint(from, from).contains("the same database"));
    let nowhere = Place::sqlite();
    assert!(complaint(&nowhere, &to).contains("there is no database"));
    assert!(!nowhere.path().join("ferrodesk.db").exists(), "a database was made");
    assert!(!to.path().join("ferrodesk.db").exists(), "a database was made");
    assert_eq!(output(&mut nowhere.command("migrate")).status.code(), Some(0));
    assert!(complaint(&nowhere, &to).contains("no workspaces"));

    let mut unsaid = ferrodesk();
    unsaid.args(["copy", "--from", from.url(), "--to", "postgres://somebody@127.0.0.1:1/nothing?sslmode=disable"]);
    assert!(refused(&mut unsaid).1.contains("--blobs-to"));

    let busy = Place::sqlite();
    assert_eq!(output(&mut busy.command("workspace add Busy")).status.code(), Some(0));
    assert!(complaint(from, &busy).contains("the destination is in use: it has workspaces"));

    let secret = from.path().join("secret.key");
    std::fs::rename(&secret, from.path().join("elsewhere")).expect("the secret is hidden");
    assert!(complaint(from, &to).contains("no secret"));
    std::fs::rename(from.path().join("elsewhere"), &secret).expect("the secret is back");
    copied(from, &to);
    assert!(complaint(from, &to).contains("the destination is in use"));
}

#[rstest]
#[tokio::test]
async fn a_side_on_which_a_server_works_is_not_touched(#[values(true, false)] to_postgres: bool) {
    let filled = filled().await;
    let from = &filled.place;
    let to = if to_postgres { Place::postgres() } else { Place::sqlite() };
    let server = from.serve();
    assert!(complaint(from, &to).contains("the source: something else works on"));
    assert_eq!(server.terminate().0, Some(0));
    let server = to.serve();
    assert!(complaint(from, &to).contains("the destination: something else works on"));
    assert_eq!(server.terminate().0, Some(0));
    if !to_postgres {
        // The server has made a secret of its own, which may be another installation's.
        assert!(complaint(from, &to).contains("it is another installation's"));
        std::fs::remove_file(to.path().join("secret.key")).expect("a secret");
    }
    copied(from, &to);
}

#[rstest]
#[tokio::test]
async fn damaged_bytes_are_named_and_can_be_mended(#[values(true, false)] to_postgres: bool) {
    let filled = filled().await;
    let from = &filled.place;
    let to = if to_postgres { Place::postgres() } else { Place::sqlite() };
    let blob = first_blob(from);
    let bytes = std::fs::read(&blob).expect("bytes");
    let mut flipped = bytes.clone();
    flipped[0] ^= 1;
    for (damage, word) in [(flipped, "damaged"), (bytes[1..].to_vec(), "another length")] {
        std::fs::write(&blob, damage).expect("a file");
        let (out, err) = refused(&mut copying(from, &to, ""));
        assert!(err.contains("the bytes of attachment") && err.contains(word), "{err}");
        assert!(out.contains(word) && !out.contains("equal;"), "{out}");
    }
    std::fs::remove_file(&blob).expect("a file");
    assert!(complaint(from, &to).contains("missing"));
    let (_, err) = refused(to.command("serve --listen 127.0.0.1:0").env("FERRODESK_LOG", "off"));
    assert!(err.contains("unfinished copy"), "{err}");
    assert!(complaint(&to, &Place::sqlite()).contains("unfinished copy"));

    std::fs::write(&blob, bytes).expect("a file");
    let report = copied(from, &to);
    assert_eq!((&report["resumed"], &report["files"]["copied"]), (&json!(true), &json!(1)));
    assert_eq!(to.check()["problems"], json!([]));
}

#[tokio::test]
async fn a_source_that_changed_meanwhile_or_is_another_is_not_mixed_in() {
    let filled = filled().await;
    let (from, to) = (&filled.place, Place::sqlite());
    let blob = first_blob(from);
    let bytes = std::fs::read(&blob).expect("bytes");
    std::fs::remove_file(&blob).expect("a file");
    complaint(from, &to);
    std::fs::write(&blob, bytes).expect("a file");

    let other = Place::sqlite();
    assert_eq!(output(&mut other.command("workspace add Other")).status.code(), Some(0));
    std::fs::create_dir_all(other.path().join("blobs")).expect("a folder");
    assert!(complaint(&other, &to).contains("unfinished copy of another installation"));
    // What tells nobody that it happened is found by comparing.
    from.database.run("UPDATE ticket SET comment = 'changed behind the back' WHERE id = 1");
    let (_, err) = refused(&mut copying(from, &to, ""));
    assert!(err.contains("the table ticket differs"), "{err}");
    assert_eq!(output(&mut from.command("workspace add Late")).status.code(), Some(0));
    assert!(complaint(from, &to).contains("or of this one as it was before it changed"));
}

#[tokio::test]
async fn comparing_finds_a_row_a_file_and_a_secret_that_differ() {
    let filled = filled().await;
    let (from, to) = (&filled.place, Place::sqlite());
    copied(from, &to);
    let compare = || {
        let mut command = ferrodesk();
        command
            .args(["copy", "--verify-only"])
            .env("FERRODESK_COPY_FROM", from.url())
            .env("FERRODESK_COPY_TO", to.url());
        command
    };
    assert_eq!(succeeded(&output(compare().arg("--json")))["equal"], true);
    to.database.run("UPDATE ticket SET comment = comment || ' ' WHERE id = 2");
    assert!(refused(&mut compare()).1.contains("the table ticket differs"));
    to.database.run("UPDATE ticket SET comment = substr(comment, 1, length(comment) - 1) WHERE id = 2");
    assert_eq!(succeeded(&output(compare().arg("--json")))["equal"], true);
    let blob = first_blob(&to);
    let bytes = std::fs::read(&blob).expect("bytes");
    std::fs::remove_file(&blob).expect("a file");
    assert!(refused(&mut compare()).1.contains("are not in the destination"));
    std::fs::write(&blob, bytes).expect("a file");
    std::fs::remove_file(to.path().join("secret.key")).expect("a secret");
    assert!(refused(&mut compare()).1.contains("the secrets differ"));
}
