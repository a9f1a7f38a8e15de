//! Attachments of 2 and 8 on their way in: what is taken, what is refused, and what is on the disk afterwards.

use std::time::Duration;

use ferrodesk::app::manage::catalogue;
use ferrodesk::jobs::sweep::sweep;
use serde_json::{Value, json};

use crate::support::{
    CONVERSATION, CREATE, Client, Desk, Encoding, Fields, Part, assert_refused, attachment, download, fields_of,
    post_raw, view,
};

const LARGEST: usize = 2_097_152;
const EMPTY: &str = "The submitted file is empty.";
const NO_FILE: &str = "The submitted data was not a file. Check the encoding type on the form.";
const TOO_BIG: &str = "File is too big. Max filesize: 2MiB.";
const TOO_MANY: &str = "Ensure this field has no more than 10 elements.";

/// The two endpoints that take attachments, with fields that are right.
async fn places(desk: &Desk) -> [(&'static str, Fields); 2] {
    let ticket = desk.ticket().await.to_string();
    [(CREATE, desk.ticket_fields()), (CONVERSATION, Fields::new(&[("ticket", &ticket), ("comment", "See file")]))]
}

async fn assert_attachment_refused(client: &Client, path: &str, parts: &[Part<'_>], messages: &Value) {
    let answer = client.post_parts(path, parts).await;
    assert_refused(&answer, "Validation Error", &json!({ "attachment": messages }), path);
}

#[tokio::test]
async fn a_file_may_have_2_mib_and_no_byte_more() {
    let desk = Desk::new().await;
    let bytes = vec![b'x'; LARGEST + 1];
    for (path, fields) in places(&desk).await {
        let answer = desk.client.post_parts(path, &fields.parts(&[("log.txt", &bytes[..LARGEST])])).await;
        assert_eq!(answer.data(), json!({}), "{path}");
        assert_attachment_refused(&desk.client, path, &fields.parts(&[("log.txt", &bytes)]), &json!([TOO_BIG])).await;
    }
}

#[tokio::test]
async fn a_file_of_no_bytes_is_refused() {
    let desk = Desk::new().await;
    for (path, fields) in places(&desk).await {
        assert_attachment_refused(&desk.client, path, &fields.parts(&[("a.txt", b"")]), &json!([EMPTY])).await;
    }
}

#[tokio::test]
async fn text_in_the_place_of_a_file_is_refused() {
    let desk = Desk::new().await;
    for (path, fields) in places(&desk).await {
        for encoding in Encoding::ALL {
            let answer = desk.client.post(path, encoding, &fields.clone().with("attachment", "text").pairs()).await;
            assert_refused(&answer, "Validation Error", &json!({ "attachment": [NO_FILE] }), (path, encoding));
        }
        for raw in ["1", "true", "[]", "{}", r#""""#] {
            let answer = post_raw(&desk.client, path, fields.raw_json("attachment", raw)).await;
            assert_refused(&answer, "Validation Error", &json!({ "attachment": [NO_FILE] }), (path, raw));
        }
        let answer = post_raw(&desk.client, path, fields.raw_json("attachment", "null")).await;
        assert_refused(&answer, "Validation Error", &json!({ "attachment": ["This field may not be null."] }), path);
    }
}

#[tokio::test]
async fn a_file_field_in_which_none_was_chosen_is_as_if_absent() {
    let desk = Desk::new().await;
    for (path, fields) in places(&desk).await {
        assert_eq!(desk.client.post_parts(path, &fields.parts(&[("", b"")])).await.data(), json!({}), "{path}");
        for encoding in [Encoding::Multipart, Encoding::Urlencoded] {
            let fields = fields.clone().with("attachment", "");
            assert_eq!(desk.client.post(path, encoding, &fields.pairs()).await.data(), json!({}), "{path}");
        }
    }
    assert!(desk.stored_blobs().await.is_empty());
}

#[tokio::test]
async fn ten_files_are_taken_and_eleven_refused() {
    let desk = Desk::new().await;
    let bytes: Vec<Vec<u8>> = (0..11).map(|n| format!("file {n}").into_bytes()).collect();
    let files: Vec<(&str, &[u8])> = bytes.iter().map(|bytes| ("a.txt", bytes.as_slice())).collect();
    for (path, fields) in places(&desk).await {
        assert_eq!(desk.client.post_parts(path, &fields.parts(&files[..10])).await.data(), json!({}), "{path}");
        assert_attachment_refused(&desk.client, path, &fields.parts(&files), &json!([TOO_MANY])).await;
    }
}

#[tokio::test]
async fn every_attachment_part_is_one_more_attachment_in_its_order() {
    let desk = Desk::new().await;
    let ticket = desk.ticket_with(&[("a.txt", b"first"), ("a.txt", b"second"), ("b.txt", b"first")]).await;
    let view = desk.view(ticket).await;
    let listed = view["attachments"].as_array().expect("a list");
    assert_eq!(listed.len(), 3);
    for (item, bytes) in listed.iter().zip([b"first".as_slice(), b"second", b"first"]) {
        assert_eq!(item, &json!({ "id": item["id"], "conversation_id": null }));
        assert_eq!(download(&desk.client, &item["id"]).await.body, bytes);
    }
}

#[tokio::test]
async fn ten_files_of_the_largest_size_fit_into_one_request() {
    let desk = Desk::new().await;
    let bytes: Vec<Vec<u8>> = (0..10).map(|n| vec![n; LARGEST]).collect();
    let files: Vec<(&str, &[u8])> = bytes.iter().map(|bytes| ("a.bin", bytes.as_slice())).collect();
    let ticket = desk.ticket_with(&files).await;
    assert_eq!(desk.view(ticket).await["attachments"].as_array().map(Vec::len), Some(10));
}

#[tokio::test]
async fn all_that_is_wrong_with_the_files_is_said_once() {
    let desk = Desk::new().await;
    let big = vec![0; LARGEST + 1];
    for (path, fields) in places(&desk).await {
        let mut parts = fields.parts(&[("a.txt", b""), ("b.txt", &big), ("c.txt", b""), ("d.txt", b"fine")]);
        parts.push(Part::Text("attachment", "text"));
        assert_attachment_refused(&desk.client, path, &parts, &json!([EMPTY, TOO_BIG, NO_FILE])).await;
    }
}

#[tokio::test]
async fn files_in_other_fields_are_ignored() {
    let desk = Desk::new().await;
    let fields = desk.ticket_fields();
    let mut parts = fields.parts(&[]);
    parts.push(Part::File { field: "picture", name: "a.png", bytes: b"bytes" });
    let ticket = desk.client.post_parts(CREATE, &parts).await.ticket_id();
    assert_eq!(desk.view(ticket).await["attachments"], json!([]));
    assert!(desk.stored_blobs().await.is_empty());
}

#[tokio::test]
async fn a_body_beyond_the_cap_is_a_413() {
    let desk = Desk::new().await;
    let body = vec![b'x'; desk.app.state.config().body_max_bytes + 1];
    for content_type in ["multipart/form-data; boundary=b", "application/json", "application/x-www-form-urlencoded"] {
        let answer = desk.client.send(http::Method::POST, CREATE, Some(content_type), body.clone()).await;
        let errors = json!({ "detail": ["The request body is too large."] });
        answer.assert_failure(413, "Payload Too Large", &errors);
    }
}

#[tokio::test]
async fn equal_files_share_their_bytes_within_a_workspace_and_not_across() {
    let desk = Desk::new().await;
    let (globex, gil) = desk.foreigner().await;
    let ticket = desk.ticket_with(&[("a.txt", b"the same"), ("b.txt", b"the same")]).await;
    assert_eq!(desk.stored_blobs().await.len(), 1);
    let bob = desk.bob().await;
    let fields = desk.ticket_fields();
    bob.post_parts(CREATE, &fields.parts(&[("c.txt", b"the same")])).await.ticket_id();
    assert_eq!(desk.stored_blobs().await.len(), 1);
    let fields = fields_of(&globex);
    let foreign = gil.post_parts(CREATE, &fields.parts(&[("a.txt", b"the same")])).await.ticket_id();
    let stored = desk.stored_blobs().await;
    assert_eq!(stored.iter().map(|blob| blob.workspace).collect::<Vec<_>>(), [desk.acme.id, globex.id]);
    assert_eq!(stored[0].hash, stored[1].hash);
    // Each workspace's copy is its own: without the other's, it is still there.
    desk.app.state.blobs().delete(globex.id, &stored[1].hash).await.expect("deleted");
    let ours = &desk.view(ticket).await["attachments"][0]["id"];
    assert_eq!(download(&desk.client, ours).await.body, b"the same");
    let theirs = &view(&gil, foreign).await.data()["attachments"][0]["id"];
    assert_eq!(download(&gil, theirs).await.status, 500);
}

#[tokio::test]
async fn a_refused_request_stores_no_bytes() {
    let desk = Desk::new().await;
    let anothers = desk.ticket().await.to_string();
    let bob = desk.bob().await;
    let file: &[(&str, &[u8])] = &[("a.txt", b"bytes")];
    let big = vec![0; LARGEST + 1];
    let fields = desk.ticket_fields();
    let refused = [
        bob.post_parts(CREATE, &fields.clone().with("subject", " ").parts(file)).await,
        bob.post_parts(CREATE, &fields.clone().with("category", "99").parts(file)).await,
        bob.post_parts(CREATE, &fields.parts(&[("a.txt", b"fine"), ("b.txt", &big)])).await,
        bob.post_parts(CONVERSATION, &Fields::new(&[("ticket", &anothers), ("comment", "Hi")]).parts(file)).await,
        bob.post_parts(CONVERSATION, &Fields::new(&[("ticket", "99"), ("comment", "Hi")]).parts(file)).await,
        bob.post_parts(CONVERSATION, &Fields::new(&[("ticket", &anothers)]).parts(file)).await,
    ];
    for answer in refused {
        assert_eq!(answer.status, 400);
        assert!(desk.stored_blobs().await.is_empty());
    }
    let stranger = desk.app.application(&desk.acme).post_parts(CREATE, &fields.parts(file)).await;
    assert_eq!(stranger.status, 401);
    assert!(desk.stored_blobs().await.is_empty());
}

#[tokio::test]
async fn a_request_over_the_open_ticket_limit_stores_no_bytes() {
    let desk = Desk::new().await;
    desk.set(Some(1), None).await;
    desk.ticket().await;
    let fields = desk.ticket_fields();
    let answer = desk.client.post_parts(CREATE, &fields.parts(&[("a.txt", b"bytes")])).await;
    answer.assert_failure(401, "Request Failed", &json!({ "detail": ["Currenly Open Ticket Limit Exceed."] }));
    assert!(desk.stored_blobs().await.is_empty());
}

#[tokio::test]
async fn a_key_that_was_used_with_another_body_stores_no_bytes() {
    let desk = Desk::new().await;
    let client = desk.client.clone().header("idempotency-key", "once");
    client.post_json(CREATE, &desk.ticket_fields().json()).await.ticket_id();
    let fields = desk.ticket_fields();
    let answer = client.post_parts(CREATE, &fields.parts(&[("a.txt", b"bytes")])).await;
    assert_eq!(answer.status, 422);
    assert!(desk.stored_blobs().await.is_empty());
}

#[tokio::test]
async fn bytes_are_swept_only_when_they_are_an_hour_old_and_nobody_needs_them() {
    let desk = Desk::new().await;
    let (_, needed) = desk.file("a.txt", b"needed").await;
    let needed_blob = desk.stored_blobs().await.remove(0);
    desk.stored("b.txt", b"orphan").await;
    let stored = desk.stored_blobs().await;
    let orphan = stored.iter().find(|blob| blob.hash != needed_blob.hash).expect("the orphan's bytes");
    let (store, blobs) = (desk.app.state.store(), desk.app.state.blobs());

    let early = orphan.stored_at.plus(Duration::from_secs(60 * 60 - 1));
    assert_eq!(sweep(store, blobs, early).await.expect("a sweep").blobs, 0);
    assert_eq!(desk.stored_blobs().await.len(), 2);

    let late = orphan.stored_at.plus(Duration::from_secs(60 * 60 + 1));
    assert_eq!(sweep(store, blobs, late).await.expect("a sweep").blobs, 1);
    assert_eq!(desk.stored_blobs().await, [needed_blob]);
    assert_eq!(download(&desk.client, needed).await.body, b"needed");
}

#[tokio::test]
async fn an_orphan_that_is_sent_again_is_needed_again() {
    let desk = Desk::new().await;
    desk.stored("a.txt", b"bytes").await;
    let late = desk.stored_blobs().await[0].stored_at.plus(Duration::from_hours(2));
    let (_, file) = desk.file("a.txt", b"bytes").await;
    let (store, blobs) = (desk.app.state.store(), desk.app.state.blobs());
    assert_eq!(sweep(store, blobs, late).await.expect("a sweep").blobs, 0);
    assert_eq!(download(&desk.client, file).await.body, b"bytes");
}

#[tokio::test]
async fn what_was_swept_can_be_sent_again() {
    let desk = Desk::new().await;
    desk.stored("a.txt", b"bytes").await;
    let late = desk.stored_blobs().await[0].stored_at.plus(Duration::from_hours(2));
    let (store, blobs) = (desk.app.state.store(), desk.app.state.blobs());
    assert_eq!(sweep(store, blobs, late).await.expect("a sweep").blobs, 1);
    let (_, file) = desk.file("a.txt", b"bytes").await;
    assert_eq!(sweep(store, blobs, late).await.expect("a sweep").blobs, 0);
    assert_eq!(download(&desk.client, file).await.body, b"bytes");
}

#[tokio::test]
async fn bytes_that_one_workspace_needs_are_swept_from_another_that_does_not() {
    let desk = Desk::new().await;
    desk.stored("a.txt", b"the same").await;
    let (globex, gil) = desk.foreigner().await;
    let fields = fields_of(&globex);
    gil.post_parts(CREATE, &fields.parts(&[("a.txt", b"the same")])).await.ticket_id();
    let late = desk.stored_blobs().await[1].stored_at.plus(Duration::from_hours(2));
    let swept = sweep(desk.app.state.store(), desk.app.state.blobs(), late).await.expect("a sweep");
    assert_eq!(swept.blobs, 1);
    let left = desk.stored_blobs().await;
    assert!(left.len() == 1 && left[0].workspace == globex.id, "{left:?}");
}

#[tokio::test]
async fn a_repeat_of_a_request_with_a_file_is_answered_even_if_its_category_is_gone() {
    let desk = Desk::new().await;
    let client = desk.client.clone().header("idempotency-key", "once");
    let fields = desk.ticket_fields();
    let parts = [fields.parts(&[]), vec![attachment("a.txt", b"bytes")]].concat();
    let first = client.post_parts(CREATE, &parts).await;
    let (workspace, category) = (desk.acme.id, desk.acme.category);
    desk.app.write(move |tx| catalogue::set_category_active(tx, workspace, category, false)).await;
    let again = client.post_parts(CREATE, &parts).await;
    assert_eq!(again.ticket_id(), first.ticket_id());
}

#[tokio::test]
async fn requests_with_files_wait_for_memory_without_starving_each_other() {
    // Room for the files of one request.
    let desk = Desk::with(|config| config.upload_memory_mib = 12).await;
    desk.set(Some(0), None).await;
    let bytes = vec![b'x'; LARGEST];
    let files: Vec<(&str, &[u8])> = vec![("log.txt", &bytes); 5];
    let fields = desk.ticket_fields();
    let parts = fields.parts(&files);
    let requests = (0..5).map(|_| desk.client.post_parts(CREATE, &parts));
    for answer in futures_util::future::join_all(requests).await {
        answer.ticket_id();
    }
}
