//! What is damaged, half done or in the way is refused, and nothing is lost by it.

use serde_json::json;

use super::*;
use crate::cli::Server;

/// An installation, and a backup of it.
async fn backup() -> (Place, PathBuf) {
    let place = filled().await.place;
    let file = place.path().join("backup.tar.zst");
    backed_up(&place, &file);
    (place, file)
}

/// The line with which the place refuses to be served; on PostgreSQL, the log is before it.
fn refusal_to_serve(place: &Place) -> String {
    let output = output(&mut place.command("serve --listen 127.0.0.1:0"));
    let err = String::from_utf8(output.stderr).expect("UTF-8");
    assert_eq!(output.status.code(), Some(1), "{err}");
    err.lines().last().expect("a line").to_owned()
}

/// An archive that a restore fails on, how it complains, and how a server does then.
fn assert_refused(place: &Place, file: &Path, complaint: &str, server: &str) {
    let (_, err) = refused(&mut restoring(place, file));
    assert!(err.contains(complaint), "{err}");
    let err = refusal_to_serve(place);
    assert!(err.contains(server) && err.contains("`ferrodesk restore`"), "{err}");
}

#[tokio::test]
async fn damaged_archives_and_folders_that_are_half_restored() {
    let (_source, file) = backup().await;
    let whole = entries(&file);
    let bad = file.with_file_name("bad.tar.zst");
    let there = Place::sqlite();
    let half = "unfinished copy";
    let is_file = |entry: &Entry| entry.0.starts_with("blobs/");
    assert!(whole.iter().filter(|entry| is_file(entry)).count() >= 3);

    // Killed while the database is written, or of a file that is cut off there.
    let bytes = fs::read(&file).expect("the backup");
    fs::write(&bad, &bytes[..bytes.len() / 2]).expect("written");
    assert_refused(&there, &bad, "damaged or cut off", "begun to be restored");

    let mut damaged = whole.clone();
    let database = damaged.iter_mut().find(|entry| entry.0 == "ferrodesk.db").expect("a database");
    let middle = database.1.len() / 2;
    database.1[middle] ^= 1;
    write(&bad, &damaged);
    assert_refused(&there, &bad, "its database is not what was written", "begun to be restored");

    let mut damaged = whole.clone();
    damaged.iter_mut().find(|entry| is_file(entry)).expect("a file").1[0] ^= 1;
    write(&bad, &damaged);
    assert_refused(&there, &bad, "is not what was written", half);

    let dropped = whole.iter().position(is_file).expect("a file");
    let mut damaged = whole.clone();
    damaged.remove(dropped);
    write(&bad, &damaged);
    assert_refused(&there, &bad, "files are missing that it says it has", half);

    let mut complete: Value = serde_json::from_slice(&damaged.last().expect("an end").1).expect("JSON");
    complete["files"] = json!(complete["files"].as_u64().expect("a number") - 1);
    damaged.last_mut().expect("an end").1 = complete.to_string().into_bytes();
    write(&bad, &damaged);
    assert_refused(&there, &bad, "it lacks the bytes of attachment", half);

    damaged.pop();
    write(&bad, &damaged);
    assert_refused(&there, &bad, "damaged or cut off", half);

    let mut newer = whole.clone();
    newer[0].1 =
        String::from_utf8(newer[0].1.clone()).expect("text").replace("\"format\": 1", "\"format\": 2").into_bytes();
    write(&bad, &newer);
    assert_refused(&there, &bad, "too old for", half);

    fs::write(&bad, "not a backup").expect("written");
    assert_refused(&there, &bad, "no backup of ferrodesk", half);

    // The whole one is restored over what the others left.
    restored(&there, &file);
    assert_eq!(there.check()["problems"], json!([]));
}

#[tokio::test]
async fn what_is_there_is_not_overwritten() {
    let (source, file) = backup().await;
    let (_, err) = refused(&mut backing_up(&source, &file));
    assert!(err.contains("exists already"), "{err}");
    let server = source.serve();
    let (_, err) = refused(&mut restoring(&source, &file));
    assert!(err.contains("stop its servers") || err.contains("another installation"), "{err}");
    server.terminate();
    let (_, err) = refused(restoring(&source, &file).arg("--take-over-blobs"));
    assert!(err.contains("has workspaces"), "{err}");
    source.database.run("UPDATE ticket SET subject = 'of later' WHERE id = 1");
    succeeded(&output(restoring(&source, &file).arg("--replace")));
    assert_eq!(source.check()["problems"], json!([]));
    let aside = names(source.path()).into_iter().find(|path| path.to_string_lossy().contains("before-restore-"));
    let aside = aside.expect("what was there");
    assert!(aside.join("ferrodesk.db").exists() && aside.join("secret.key").exists() && aside.join("blobs").is_dir());

    let there = Place::postgres();
    succeeded(&output(&mut copying(&source, &there, "--json")));
    let (_, err) = refused(restoring(&there, &file).arg("--take-over-blobs"));
    assert!(err.contains("has workspaces"), "{err}");
}

/// On PostgreSQL, the rows that are there already are gone on after.
#[tokio::test]
async fn half_a_restore_into_postgresql_is_finished_by_the_next() {
    let (_source, file) = backup().await;
    let whole = entries(&file);
    let bad = file.with_file_name("bad.tar.zst");
    write(&bad, &whole[..whole.len() - 1]);
    let there = Place::postgres();
    assert_refused(&there, &bad, "damaged or cut off", "unfinished copy");
    restored(&there, &file);
    assert_eq!(there.check()["problems"], json!([]));
}

#[tokio::test]
async fn bytes_that_are_missing_are_left_out_only_when_told() {
    let (source, file) = backup().await;
    let other = file.with_file_name("other.tar.zst");
    let blob = entries(&file).into_iter().find(|entry| entry.0.starts_with("blobs/")).expect("a file").0;
    let (workspace, hash) = blob["blobs/".len()..].split_once('/').expect("a name");
    fs::remove_file(source.path().join("blobs").join(workspace).join(&hash[..2]).join(hash)).expect("removed");
    let (_, err) = refused(&mut backing_up(&source, &other));
    assert!(err.contains("are missing") && err.contains("--incomplete"), "{err}");
    assert!(!other.exists(), "half a backup has no name");
    let report = succeeded(&output(backing_up(&source, &other).arg("--incomplete")));
    assert_eq!(report["missing"], json!([format!("{workspace}/{hash}")]));
    let there = Place::sqlite();
    assert_eq!(restored(&there, &other)["missing"], report["missing"]);
    let server: Server = there.serve();
    assert_eq!(server.terminate().0, Some(0));
}
