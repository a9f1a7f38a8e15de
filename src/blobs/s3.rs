//! A bucket of S3 as a store.

use std::sync::Arc;
use std::time::Duration;

use object_store::aws::{AmazonS3Builder, Checksum};
use object_store::path::Path as Key;
use object_store::prefix::PrefixStore;
use object_store::{BackoffConfig, ClientOptions, ObjectStore, RetryConfig};
use secrecy::ExposeSecret as _;

use crate::config::{Addressing, S3Options};

/// How long a connection may take to come about. A server that is there answers far sooner.
const CONNECT_WITHIN: Duration = Duration::from_secs(1);

/// How often a request is repeated that failed in passing.
const REPETITIONS: usize = 2;

/// The bucket that `options` describe. It is not asked for anything yet.
///
/// # Errors
/// When the options make no client.
pub fn bucket(options: &S3Options) -> object_store::Result<Arc<dyn ObjectStore>> {
    let is_plain = options.endpoint.as_ref().is_some_and(|url| url.scheme() == "http");
    // No limit to a whole request: a download may go on for as long as its reader reads.
    let client = ClientOptions::new()
        .with_allow_http(is_plain)
        .with_connect_timeout(CONNECT_WITHIN.min(options.timeout))
        .with_read_timeout(options.timeout)
        .with_timeout_disabled();
    let backoff =
        BackoffConfig { init_backoff: Duration::from_millis(50), max_backoff: Duration::from_millis(500), base: 2.0 };
    let retry = RetryConfig { backoff, max_retries: REPETITIONS, retry_timeout: options.timeout };
    let mut builder = AmazonS3Builder::new()
        .with_bucket_name(&options.bucket)
        .with_region(&options.region)
        .with_virtual_hosted_style_request(options.addressing == Addressing::VirtualHost)
        .with_access_key_id(options.credentials.access_key_id.expose_secret())
        .with_secret_access_key(options.credentials.secret_access_key.expose_secret())
        // The server compares what arrives with it, and refuses what does not match.
        .with_checksum_algorithm(Checksum::SHA256)
        // Many servers do not know how to delete several at once.
        .with_disable_bulk_delete(true)
        .with_client_options(client)
        .with_retry(retry);
    if let Some(token) = &options.credentials.session_token {
        builder = builder.with_token(token.expose_secret());
    }
    if let Some(address) = options.client_endpoint() {
        builder = builder.with_endpoint(address);
    }
    let bucket = builder.build()?;
    Ok(if options.prefix.is_empty() {
        Arc::new(bucket)
    } else {
        Arc::new(PrefixStore::new(bucket, Key::parse(&options.prefix)?))
    })
}
