//! Attachments' bytes as operators deal with them: `check`, and S3 that is away or not for us.

use std::fs;
use std::path::PathBuf;
use std::time::{Duration, UNIX_EPOCH};

use bytes::Bytes;
use ferrodesk::blobs::{Blobs, StoredBlob};
use ferrodesk::identity::apikey::sha256;
use futures_util::TryStreamExt as _;
use serde_json::{Value, json};

use super::{Desk, ended, ferrodesk, one_line_of_failure};

/// What `check` prints, and whether all is well.
fn check(desk: &Desk, line: &str) -> (bool, Value) {
    let output = desk.run(line);
    let json = serde_json::from_slice(&output.stdout).unwrap_or_else(|e| panic!("no JSON ({e}): {output:?}"));
    (output.status.success(), json)
}

/// The files of the demo's attachments.
fn files(desk: &Desk) -> Vec<PathBuf> {
    let mut folders = vec![desk.path().join("blobs")];
    let mut files = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).expect("a folder") {
            let path = entry.expect("an entry").path();
            if path.is_dir() { folders.push(path) } else { files.push(path) }
        }
    }
    files.sort();
    files
}

/// A desk with the demo's tickets, and no server.
fn demonstrated(desk: Desk) -> Desk {
    desk.demo().welcome();
    desk
}

#[test]
fn check_finds_what_is_missing_short_or_damaged() {
    let desk = demonstrated(Desk::new());
    let files = files(&desk);
    assert!(files.len() >= 2, "the demo has attachments");
    let (_, well) = check(&desk, "check --contents --json");
    assert_eq!((&well["orphans"], &well["problems"]), (&json!(0), &json!([])));
    let whole = fs::read(&files[0]).expect("bytes");

    let mut damaged = whole.clone();
    damaged[0] ^= 1;
    fs::write(&files[0], &damaged).expect("written");
    assert!(check(&desk, "check --json").0, "by their length, they are whole");
    let (is_well, found) = check(&desk, "check --contents --json");
    assert!(!is_well && problem(&found).ends_with("are damaged"), "{found}");

    fs::write(&files[0], &whole[1..]).expect("written");
    let (is_well, found) = check(&desk, "check --json");
    assert!(!is_well && problem(&found).ends_with("have another length"), "{found}");

    fs::remove_file(&files[0]).expect("removed");
    let (is_well, found) = check(&desk, "check --json");
    assert!(!is_well && problem(&found).ends_with("are missing"), "{found}");
    let output = desk.run("check");
    assert_eq!(output.status.code(), Some(1));
    let err = String::from_utf8_lossy(&output.stderr);
    assert_eq!(err.lines().count(), 1, "no progress is drawn where nobody sees it: {err:?}");

    fs::write(&files[0], &whole).expect("written");
    assert!(check(&desk, "check --contents --json").0);
}

/// The first problem that was found.
fn problem(found: &Value) -> &str {
    found["problems"][0].as_str().unwrap_or_else(|| panic!("no problem in {found}"))
}

#[test]
fn check_counts_old_files_that_nobody_needs_and_takes_them_for_no_error() {
    let desk = demonstrated(Desk::new());
    let hash = hex::encode(sha256(b"orphan"));
    let folder = desk.path().join("blobs/1").join(&hash[..2]);
    fs::create_dir_all(&folder).expect("a folder");
    let orphan = folder.join(&hash);
    fs::write(&orphan, b"orphan").expect("written");
    assert_eq!(check(&desk, "check --json").1["orphans"], 0, "its request may be under way");
    let file = fs::File::options().write(true).open(&orphan).expect("the orphan");
    file.set_modified(UNIX_EPOCH + Duration::from_secs(1)).expect("an old file");
    let (is_well, found) = check(&desk, "check --contents --json");
    assert!(is_well, "{found}");
    assert_eq!((&found["orphans"], &found["problems"]), (&json!(1), &json!([])));
}

#[tokio::test]
async fn files_that_a_crash_left_half_written_are_swept() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let blobs = Blobs::local(folder.path()).expect("a folder of blobs");
    let hash = sha256(b"whole");
    blobs.put(ferrodesk::domain::WorkspaceId(1), &hash, Bytes::from_static(b"whole")).await.expect("stored");
    let name = hex::encode(hash);
    let whole = folder.path().join("1").join(&name[..2]).join(&name);
    let half = whole.with_file_name(format!("{name}#1"));
    let anothers = whole.with_file_name("notes#1");
    for file in [&half, &anothers] {
        fs::write(file, b"wh").expect("written");
    }
    let written = fs::metadata(&half).and_then(|meta| meta.modified()).expect("a time");
    let written = written.duration_since(UNIX_EPOCH).expect("after 1970").as_micros();
    let written = ferrodesk::domain::Timestamp(i64::try_from(written).expect("a moment of ours"));
    let before = written.minus(Duration::from_micros(1));
    assert_eq!(blobs.delete_half_written(before).await.expect("a sweep"), 0);
    assert_eq!(blobs.delete_half_written(written).await.expect("a sweep"), 1);
    assert!(whole.exists() && anothers.exists() && !half.exists());
}

#[test]
fn a_server_starts_while_s3_is_away_and_says_so_once() {
    let mut desk = Desk::new();
    // Nobody listens on the port of a listener that is gone.
    let port = std::net::TcpListener::bind("127.0.0.1:0").and_then(|l| l.local_addr()).expect("a free port").port();
    desk.set("FERRODESK_BLOBS", "s3://attachments/acme");
    desk.set("FERRODESK_S3_ENDPOINT", &format!("http://127.0.0.1:{port}"));
    desk.set("AWS_ACCESS_KEY_ID", "test");
    desk.set("AWS_SECRET_ACCESS_KEY", "the-secret-of-the-environment");
    let server = desk.serve();
    std::thread::sleep(Duration::from_secs(2));
    let (status, log) = server.terminate();
    assert_eq!(status, Some(0), "{log}");
    let warnings: Vec<_> = log.lines().filter(|line| line.contains("\"WARN\"") || line.contains("\"ERROR\"")).collect();
    assert_eq!(warnings.len(), 1, "{log}");
    assert!(warnings[0].contains("the store of attachments cannot be reached"), "{log}");
    assert!(warnings[0].contains("Connection refused"), "{log}");
    assert!(!log.contains("the-secret-of-the-environment"), "{log}");
    let refusal = desk.refusal("check");
    assert!(refusal.contains("blobs and s3_") && refusal.contains("Connection refused"), "{refusal}");
}

#[test]
fn where_attachments_are_is_a_flag_too() {
    let desk = Desk::new();
    let elsewhere = desk.path().join("elsewhere");
    assert!(desk.run(&format!("migrate --blobs file:{}", elsewhere.display())).status.success());
    assert!(elsewhere.is_dir());
    let refusal = desk.refusal("migrate --blobs ftp://attachments");
    assert!(refusal.contains("blobs: must be file:DIR or s3://BUCKET/PREFIX"), "{refusal}");
    let refusal = desk.refusal("migrate --blobs s3://attachments");
    assert!(refusal.contains("S3 wants credentials"), "{refusal}");
    let mut command = ferrodesk();
    command.args(["migrate", "--blobs", "s3://attachments"]).env("FERRODESK_DATA", desk.path());
    command.env("FERRODESK_S3_ADDRESSING", "sideways").stdout(std::process::Stdio::piped());
    let refusal = one_line_of_failure(&ended(command.stderr(std::process::Stdio::piped()).spawn().expect("runs")));
    assert!(refusal.contains("`path` or `virtual-host`"), "{refusal}");
}

/// On the S3 server of the tests.
mod s3 {
    use secrecy::ExposeSecret as _;

    use super::*;
    use crate::support::s3;

    /// A desk whose attachments are in the bucket, and the bucket.
    fn in_bucket() -> (Desk, Blobs) {
        let mut desk = Desk::new();
        let options = s3::options();
        desk.set("FERRODESK_BLOBS", &format!("s3://{}/{}", options.bucket, options.prefix));
        desk.set("FERRODESK_S3_ENDPOINT", options.endpoint.as_ref().expect("an endpoint").as_str());
        let credentials = &options.credentials;
        desk.set("FERRODESK_S3_ACCESS_KEY_ID", credentials.access_key_id.expose_secret());
        desk.set("FERRODESK_S3_SECRET_ACCESS_KEY", credentials.secret_access_key.expose_secret());
        desk.set("FERRODESK_S3_TIMEOUT_SECONDS", "20");
        (desk, s3::open(options))
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn check_holds_the_bucket_against_the_attachments() {
        let (desk, blobs) = in_bucket();
        let desk = demonstrated(desk);
        let (is_well, found) = check(&desk, "check --contents --json");
        assert!(is_well && found["attachments"].as_u64().expect("a number") > 0, "{found}");
        let stored: Vec<StoredBlob> = blobs.list().try_collect().await.expect("a listing");
        let StoredBlob { workspace, hash, size, .. } = stored[0];
        blobs.delete(workspace, &hash).await.expect("deleted");
        let (is_well, found) = check(&desk, "check --json");
        assert!(!is_well && problem(&found).ends_with("are missing"), "{found}");
        let wrong = Bytes::from(vec![b'x'; usize::try_from(size).expect("a small file")]);
        blobs.put(workspace, &hash, wrong).await.expect("stored");
        assert!(check(&desk, "check --json").0);
        let (is_well, found) = check(&desk, "check --contents --json");
        assert!(!is_well && problem(&found).ends_with("are damaged"), "{found}");
    }

    #[test]
    fn a_wrong_secret_is_told_and_not_repeated() {
        let (mut desk, _) = in_bucket();
        desk.set("FERRODESK_S3_SECRET_ACCESS_KEY", "not-the-right-secret");
        let server = desk.serve();
        std::thread::sleep(Duration::from_secs(2));
        let log = server.terminate().1;
        let line = log.lines().find(|line| line.contains("cannot be reached")).unwrap_or_else(|| panic!("{log}"));
        assert!(line.contains("SignatureDoesNotMatch"), "{line}");
        assert!(!log.contains("not-the-right-secret"), "{log}");
    }

    #[tokio::test]
    async fn uploads_with_a_wrong_secret_or_bucket_are_refused_for_now() {
        let mut wrong_secret = s3::options();
        wrong_secret.credentials.secret_access_key = "not-the-right-secret".into();
        let mut no_bucket = s3::options();
        no_bucket.bucket = "nobody-made-this".to_owned();
        for (options, expected) in [(wrong_secret, "SignatureDoesNotMatch"), (no_bucket, "NoSuchBucket")] {
            let blobs = s3::open(options);
            let refused =
                blobs.put(ferrodesk::domain::WorkspaceId(1), &sha256(b"bytes"), Bytes::from_static(b"bytes")).await;
            assert!(matches!(refused, Err(ferrodesk::domain::Error::Busy { .. })), "{refused:?}");
            let problem = blobs.reach().await.expect_err("not for us");
            assert!(problem.contains(expected) && !problem.contains('\n'), "{problem}");
        }
    }
}
