//! The S3 server that tests run against, as `TEST_S3_…` say.

use std::path::Path;

use ferrodesk::blobs::Blobs;
use ferrodesk::config::{BlobsAt, Config, Flags, S3Options};

/// A setting of the server.
///
/// # Panics
/// When there is none: a test of S3 without S3 would show nothing.
fn given(name: &str) -> String {
    std::env::var(name).unwrap_or_else(|_| {
        panic!(
            "{name} is not set: this test needs an S3 server; start it with script/services --s3 -- cargo nextest run"
        )
    })
}

/// Makes a desk keep its attachments in the bucket, below `prefix`.
pub fn use_bucket(config: &mut Config, prefix: &str) {
    config.blobs = Some(format!("s3://{}/{prefix}", given("TEST_S3_BUCKET")));
    config.s3_endpoint = Some(given("TEST_S3_ENDPOINT"));
    config.s3_access_key_id = Some(given("TEST_S3_ACCESS_KEY_ID").into());
    config.s3_secret_access_key = Some(given("TEST_S3_SECRET_ACCESS_KEY").into());
    // The server shares this machine with all tests at once.
    config.s3_timeout_seconds = 20;
}

/// A prefix that no other desk has, and a desk that is started again has again.
pub fn prefix_of(folder: &Path) -> String {
    let name = folder.file_name().expect("a temporary folder").to_string_lossy();
    format!("{}/{}", std::process::id(), name.trim_start_matches('.'))
}

/// How the bucket is reached, with all below a prefix that nobody else has.
pub fn options() -> S3Options {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let mut config = Config::defaults(&Flags::default()).expect("the default settings are right");
    use_bucket(&mut config, &prefix_of(folder.path()));
    match config.blobs_at().expect("settings that can be") {
        BlobsAt::S3(options) => *options,
        BlobsAt::Folder(folder) => panic!("a bucket was asked for, not {}", folder.display()),
    }
}

/// The store that `options` describe.
pub fn open(options: S3Options) -> Blobs {
    Blobs::open(&BlobsAt::S3(Box::new(options))).expect("a client of S3")
}
