//! 7 · `GET support/ticket/download/{attachment_id}/`, a part of a file (RFC 9110, 14)

use proptest::prelude::*;
use proptest::test_runner::TestRunner;
use rstest::rstest;
use serde_json::json;

use super::download::{DIGITS, download_with, etag};
use crate::support::{Desk, download};

#[rstest]
#[case("bytes=0-0", "bytes 0-0/10", "0")]
#[case("bytes=2-5", "bytes 2-5/10", "2345")]
#[case("bytes=9-9", "bytes 9-9/10", "9")]
#[case::to_the_end("bytes=7-", "bytes 7-9/10", "789")]
#[case::from_the_start("bytes=0-", "bytes 0-9/10", "0123456789")]
#[case::the_last("bytes=-3", "bytes 7-9/10", "789")]
#[case::more_than_there_are("bytes=-100", "bytes 0-9/10", "0123456789")]
#[case::beyond_the_end("bytes=5-999", "bytes 5-9/10", "56789")]
#[case::far_beyond_the_end("bytes=5-99999999999999999999999", "bytes 5-9/10", "56789")]
#[tokio::test]
async fn a_range_is_a_part_of_the_bytes(#[case] range: &str, #[case] content_range: &str, #[case] expected: &str) {
    let desk = Desk::new().await;
    let (_, id) = desk.file("a.txt", DIGITS).await;
    let answer = download_with(&desk.client, id, ("range", range)).await;
    assert_eq!((answer.status.as_u16(), answer.body.as_slice()), (206, expected.as_bytes()));
    assert_eq!(answer.header("content-range"), content_range);
    assert_eq!(answer.header("content-length"), expected.len().to_string());
    assert_eq!(answer.header("etag"), etag(DIGITS));
    assert_eq!(answer.header("content-type"), "text/plain; charset=utf-8");
    assert_eq!(answer.header("x-content-type-options"), "nosniff");
}

#[test]
fn any_bytes_come_back_whole_and_in_any_part() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let desk = runtime.block_on(Desk::new());
    runtime.block_on(desk.set(Some(0), None));
    let bytes = prop::collection::vec(any::<u8>(), 1..4000);
    let part = (any::<prop::sample::Index>(), any::<prop::sample::Index>());
    let config = ProptestConfig { cases: 32, failure_persistence: None, ..ProptestConfig::default() };
    TestRunner::new(config)
        .run(&(bytes, prop::collection::vec(part, 4)), |(bytes, parts)| {
            runtime.block_on(async {
                let (_, id) = desk.file("a.bin", &bytes).await;
                prop_assert_eq!(&download(&desk.client, id).await.body, &bytes);
                for (one, other) in parts {
                    let (one, other) = (one.index(bytes.len()), other.index(bytes.len()));
                    let (first, last) = (one.min(other), one.max(other));
                    let answer = download_with(&desk.client, id, ("range", &format!("bytes={first}-{last}"))).await;
                    prop_assert_eq!(answer.status.as_u16(), 206);
                    prop_assert_eq!(&answer.body, &bytes[first..=last]);
                }
                Ok(())
            })
        })
        .unwrap_or_else(|failure| panic!("{failure}"));
}

#[rstest]
#[case("bytes=10-")]
#[case("bytes=10-20")]
#[case("bytes=99999999999999999999999-")]
#[case("bytes=-0")]
#[tokio::test]
async fn a_range_that_begins_behind_the_end_is_a_416(#[case] range: &str) {
    let desk = Desk::new().await;
    let (_, id) = desk.file("a.txt", DIGITS).await;
    let answer = download_with(&desk.client, id, ("range", range)).await;
    assert_eq!(answer.status, 416);
    assert_eq!(answer.header("content-range"), "bytes */10");
    let body = answer.json();
    assert_eq!((&body["status_code"], &body["data"]), (&json!(416), &json!({})));
}

#[rstest]
#[case::several("bytes=0-1,3-4")]
#[case::backwards("bytes=5-2")]
#[case::another_unit("items=0-1")]
#[case("bytes=a-b")]
#[case("bytes=1-x")]
#[case("bytes=-")]
#[case("bytes=")]
#[case("bytes=+1-2")]
#[case("0-1")]
#[tokio::test]
async fn a_range_that_is_malformed_or_several_is_ignored(#[case] range: &str) {
    let desk = Desk::new().await;
    let (_, id) = desk.file("a.txt", DIGITS).await;
    let answer = download_with(&desk.client, id, ("range", range)).await;
    assert_eq!((answer.status.as_u16(), answer.body.as_slice()), (200, DIGITS));
    assert_eq!((answer.header("content-length"), answer.header("content-range")), ("10", ""));
}

#[tokio::test]
async fn a_range_counts_only_for_the_bytes_that_if_range_names() {
    let desk = Desk::new().await;
    let (_, id) = desk.file("a.txt", DIGITS).await;
    let client = desk.client.clone().header("range", "bytes=2-3");
    let same = download_with(&client, id, ("if-range", &etag(DIGITS))).await;
    assert_eq!((same.status.as_u16(), same.body.as_slice()), (206, b"23".as_slice()));
    let weak = format!("W/{}", etag(DIGITS));
    for other in ["\"other\"", &weak, "Wed, 21 Oct 2026 07:28:00 GMT"] {
        let whole = download_with(&client, id, ("if-range", other)).await;
        assert_eq!((whole.status.as_u16(), whole.body.as_slice()), (200, DIGITS), "{other}");
    }
}
