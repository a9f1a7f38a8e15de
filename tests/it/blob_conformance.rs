//! What every store of attachments' bytes must do, whatever it is made of: on files, in memory, and on S3.
//!
//! The tests on S3 are in the module `s3`: `cargo nextest run -E 'test(/::s3::/)'` selects them.

use std::collections::HashSet;
use std::ops::Range;

use bytes::Bytes;
use ferrodesk::blobs::{Blobs, StoredBlob};
use ferrodesk::domain::attachment::{ContentHash, FILE_MAX_BYTES};
use ferrodesk::domain::{Error, WorkspaceId};
use ferrodesk::identity::apikey::sha256;
use futures_util::TryStreamExt as _;

const ACME: WorkspaceId = WorkspaceId(1);
const GLOBEX: WorkspaceId = WorkspaceId(22);

/// Runs every behaviour on every kind of store.
macro_rules! conforms {
    ($($behaviour:ident),+ $(,)?) => {
        mod local {
            $(#[tokio::test] async fn $behaviour() {
                let folder = tempfile::tempdir().expect("a temporary folder");
                super::$behaviour(super::Blobs::local(folder.path()).expect("a folder of blobs")).await;
            })+
        }
        mod memory {
            $(#[tokio::test] async fn $behaviour() {
                super::$behaviour(super::Blobs::memory()).await;
            })+
        }
        mod s3 {
            $(#[tokio::test] async fn $behaviour() {
                super::$behaviour(crate::support::s3::open(crate::support::s3::options())).await;
            })+
        }
    };
}

conforms!(
    what_is_stored_is_there_whole_and_in_part,
    what_is_not_there_is_a_fault_before_the_first_byte,
    too_few_bytes_are_a_fault_before_the_first_byte,
    the_same_bytes_are_stored_once,
    many_may_store_the_same_at_once,
    what_is_left_of_bytes_is_written_over,
    workspaces_share_nothing,
    a_listing_shows_all_once,
    what_is_deleted_is_gone_and_may_come_back,
    damage_is_noticed,
    the_largest_file_fits,
    an_empty_store_is_reached,
);

fn bytes(text: &str) -> (ContentHash, Bytes) {
    (sha256(text.as_bytes()), Bytes::copy_from_slice(text.as_bytes()))
}

async fn put(blobs: &Blobs, workspace: WorkspaceId, text: &str) -> ContentHash {
    let (hash, bytes) = bytes(text);
    blobs.put(workspace, &hash, bytes).await.expect("stored");
    hash
}

async fn get(blobs: &Blobs, workspace: WorkspaceId, hash: &ContentHash, range: Range<u64>) -> Vec<u8> {
    let stream = blobs.get(workspace, hash, range).await.expect("it is there");
    stream.try_collect::<Vec<Bytes>>().await.expect("it comes").concat()
}

async fn list(blobs: &Blobs) -> Vec<StoredBlob> {
    blobs.list().try_collect().await.expect("a listing")
}

async fn what_is_stored_is_there_whole_and_in_part(blobs: Blobs) {
    let hash = put(&blobs, ACME, "0123456789").await;
    assert_eq!(get(&blobs, ACME, &hash, 0..10).await, b"0123456789");
    assert_eq!(get(&blobs, ACME, &hash, 3..5).await, b"34");
    assert_eq!(get(&blobs, ACME, &hash, 9..10).await, b"9");
    let found = blobs.find(ACME, &hash).await.expect("an answer").expect("it is there");
    assert_eq!((found.workspace, found.hash, found.size), (ACME, hash, 10));
}

async fn what_is_not_there_is_a_fault_before_the_first_byte(blobs: Blobs) {
    let (hash, _) = bytes("never stored");
    let refused = blobs.get(ACME, &hash, 0..3).await.map(|_| ());
    assert!(matches!(refused, Err(Error::Internal { .. })), "{refused:?}");
    assert_eq!(blobs.find(ACME, &hash).await.expect("an answer"), None);
}

async fn too_few_bytes_are_a_fault_before_the_first_byte(blobs: Blobs) {
    let hash = put(&blobs, ACME, "short").await;
    let refused = blobs.get(ACME, &hash, 0..100).await.map(|_| ());
    assert!(matches!(refused, Err(Error::Internal { .. })), "{refused:?}");
}

async fn the_same_bytes_are_stored_once(blobs: Blobs) {
    let hash = put(&blobs, ACME, "the same").await;
    put(&blobs, ACME, "the same").await;
    assert_eq!(list(&blobs).await.len(), 1);
    assert_eq!(get(&blobs, ACME, &hash, 0..8).await, b"the same");
}

async fn many_may_store_the_same_at_once(blobs: Blobs) {
    let (hash, content) = bytes(&"popular ".repeat(1000));
    let puts = (0..16).map(|_| blobs.put(ACME, &hash, content.clone()));
    for stored in futures_util::future::join_all(puts).await {
        stored.expect("stored");
    }
    assert_eq!(list(&blobs).await.len(), 1);
    assert!(blobs.is_intact(ACME, &hash).await.expect("an answer"));
}

async fn what_is_left_of_bytes_is_written_over(blobs: Blobs) {
    let (hash, content) = bytes("all of it");
    blobs.put(ACME, &hash, Bytes::from_static(b"all")).await.expect("stored");
    blobs.put(ACME, &hash, content.clone()).await.expect("stored");
    assert_eq!(get(&blobs, ACME, &hash, 0..9).await, content);
}

async fn workspaces_share_nothing(blobs: Blobs) {
    let hash = put(&blobs, ACME, "the same").await;
    assert_eq!(blobs.find(GLOBEX, &hash).await.expect("an answer"), None);
    put(&blobs, GLOBEX, "the same").await;
    blobs.delete(ACME, &hash).await.expect("deleted");
    assert_eq!(get(&blobs, GLOBEX, &hash, 0..8).await, b"the same");
}

async fn a_listing_shows_all_once(blobs: Blobs) {
    // Several of the pages that the test's S3 server lists by.
    let mut stored = HashSet::new();
    for number in 0..120 {
        let workspace = if number % 3 == 0 { GLOBEX } else { ACME };
        stored.insert((workspace, put(&blobs, workspace, &format!("file {number}")).await));
    }
    let listed = list(&blobs).await;
    assert_eq!(listed.len(), 120);
    assert_eq!(listed.iter().map(|blob| (blob.workspace, blob.hash)).collect::<HashSet<_>>(), stored);
    assert!(listed.iter().all(|blob| blob.size == 6 || blob.size == 7 || blob.size == 8));
}

async fn what_is_deleted_is_gone_and_may_come_back(blobs: Blobs) {
    let hash = put(&blobs, ACME, "here and gone").await;
    for _ in 0..2 {
        blobs.delete(ACME, &hash).await.expect("deleted, or gone already");
        assert_eq!(blobs.find(ACME, &hash).await.expect("an answer"), None);
        assert_eq!(list(&blobs).await, []);
    }
    put(&blobs, ACME, "here and gone").await;
    assert_eq!(get(&blobs, ACME, &hash, 0..4).await, b"here");
}

async fn damage_is_noticed(blobs: Blobs) {
    let hash = put(&blobs, ACME, "as it was").await;
    assert!(blobs.is_intact(ACME, &hash).await.expect("an answer"));
    let (other, _) = bytes("something else");
    blobs.put(ACME, &other, Bytes::from_static(b"not that")).await.expect("stored");
    assert!(!blobs.is_intact(ACME, &other).await.expect("an answer"));
}

async fn the_largest_file_fits(blobs: Blobs) {
    let content: Vec<u8> = (0..FILE_MAX_BYTES).map(|n| u8::try_from(n % 251).expect("a byte")).collect();
    let hash = sha256(&content);
    blobs.put(ACME, &hash, content.clone().into()).await.expect("stored");
    let whole = u64::try_from(FILE_MAX_BYTES).expect("two MiB");
    assert!(get(&blobs, ACME, &hash, 0..whole).await == content);
    assert!(get(&blobs, ACME, &hash, 1000..whole - 1).await == content[1000..FILE_MAX_BYTES - 1]);
}

async fn an_empty_store_is_reached(blobs: Blobs) {
    assert_eq!(blobs.reach().await, Ok(()));
}

/// Files that wait for those who asked for them are whole in memory only as long as they are few.
#[tokio::test]
async fn readers_who_do_not_read_hold_little() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let blobs = Blobs::local(folder.path()).expect("a folder of blobs");
    let bytes = bytes::Bytes::from(vec![7; 2 * 1024 * 1024]);
    let hash = sha256(&bytes);
    blobs.put(ACME, &hash, bytes.clone()).await.expect("it is stored");
    let size = bytes.len() as u64;
    let mut readers = Vec::new();
    for _ in 0..100 {
        let mut reader = blobs.get(ACME, &hash, 0..size).await.expect("it is there");
        let first = reader.try_next().await.expect("it can be read").expect("a piece");
        readers.push((reader, vec![first]));
    }
    let held: usize = readers.iter().flat_map(|(_, pieces)| pieces).map(bytes::Bytes::len).sum();
    assert!(held < 20 * 1024 * 1024, "{held} bytes are held");
    for (reader, mut pieces) in readers {
        pieces.extend(reader.try_collect::<Vec<_>>().await.expect("it can be read"));
        assert!(pieces.concat() == bytes, "not the bytes that were stored");
    }
    // Whoever comes when they are gone is given a file in one go again.
    let mut reader = blobs.get(ACME, &hash, 0..size).await.expect("it is there");
    assert_eq!(reader.try_next().await.expect("it can be read").expect("a piece").len(), bytes.len());
}
