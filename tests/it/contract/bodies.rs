//! "Bodies": the three kinds on every POST endpoint, and what is no body of any of them.

use axum::body::Body;
use bytes::Bytes;
use http::Method;
use rstest::rstest;
use serde_json::{Value, json};

use crate::support::{Answer, Client, Encoding, Part, TestApp, TestWorkspace, multipart};

const CREATE: &str = "/support/create/ticket/";
const STATUS: &str = "/support/ticket/status/";
const JSON: &str = "application/json";
const MULTIPART: &str = "multipart/form-data; boundary=b";

/// Every POST endpoint, and what it says of a body without fields.
fn post_endpoints() -> [(&'static str, Value); 6] {
    let required = ["This field is required."];
    let ticket = ["Ticket id is required and this may not be blank."];
    [
        (CREATE, json!({ "subject": required, "priority": required, "comment": required, "category": required })),
        ("/support/update/ticket/", json!({ "ticket": ticket })),
        ("/support/ticket/conversation/", json!({ "ticket": required, "comment": required })),
        (STATUS, json!({ "ticket": ticket, "status": ["Status id is required and this may not be blank."] })),
        ("/user/login/", json!({ "username": required, "password": required })),
        ("/user/token/refresh/", json!({ "refresh": required })),
    ]
}

async fn ready() -> (TestApp, TestWorkspace, Client) {
    let app = TestApp::new();
    let (acme, ann) = app.acme().await;
    let client = app.client(&acme, &ann);
    (app, acme, client)
}

async fn post(client: &Client, path: &str, content_type: &str, body: impl Into<Body>) -> Answer {
    client.send(Method::POST, path, Some(content_type), body).await
}

/// The one message under `detail`.
#[track_caller]
fn detail(answer: &Answer) -> String {
    let body = answer.json();
    let [message] = &body["errors"]["detail"].as_array().expect("a list")[..] else { panic!("one message: {body}") };
    assert_eq!(body["errors"].as_object().expect("an object").len(), 1, "{body}");
    message.as_str().expect("text").to_owned()
}

#[track_caller]
fn assert_parse_error(answer: &Answer, start: &str) {
    let words = detail(answer);
    assert!(words.starts_with(start) && words.len() > start.len(), "{words}");
    answer.assert_failure(400, "Parse Error", &json!({ "detail": [words] }));
}

/// A body that says nothing of its length and comes in pieces.
fn streamed(pieces: impl IntoIterator<Item = Bytes, IntoIter: Send + 'static>) -> Body {
    let pieces = pieces.into_iter().map(Ok::<_, std::convert::Infallible>);
    Body::from_stream(futures_util::stream::iter(pieces))
}

#[tokio::test]
async fn a_body_without_fields_is_answered_by_its_endpoint_whatever_its_kind() {
    let (_, _, client) = ready().await;
    for (path, errors) in post_endpoints() {
        let nothing: [(Option<&str>, &str); 9] = [
            (None, ""),
            (Some(JSON), ""),
            (Some(JSON), "{}"),
            (Some("application/x-www-form-urlencoded"), ""),
            (Some(MULTIPART), ""),
            // As Node's `request` sends an empty `formData`.
            (Some(MULTIPART), "--b--"),
            (Some(MULTIPART), "--b--\r\n"),
            (Some(MULTIPART), "\r\n--b--\r\n"),
            (Some("text/plain"), ""),
        ];
        for (content_type, body) in nothing {
            let answer = client.send(Method::POST, path, content_type, body).await;
            assert_eq!(answer.status, 400, "{path} {content_type:?} {body:?}");
            assert_eq!(answer.json()["errors"], with_tags(&answer, &errors), "{path} {content_type:?} {body:?}");
        }
    }
}

/// Whether endpoint 5 looks at its tags while the ticket is missing is for its own page to say.
fn with_tags(answer: &Answer, errors: &Value) -> Value {
    let mut errors = errors.clone();
    if let Some(tags) = answer.json()["errors"].get("tags") {
        errors["tags"] = tags.clone();
    }
    errors
}

#[rstest]
#[case("text/plain")]
#[case("text/plain; charset=utf-8")]
#[case("application/xml")]
#[case("application/jsonp")]
#[case("multipart/mixed; boundary=b")]
#[case("json")]
#[tokio::test]
async fn any_other_type_is_415(#[case] content_type: &str) {
    let (_, _, client) = ready().await;
    let words = format!("Unsupported media type \"{content_type}\" in request.");
    for (path, _) in post_endpoints() {
        let answer = post(&client, path, content_type, "{}").await;
        answer.assert_failure(415, "Unsupported Media Type", &json!({ "detail": [words] }));
    }
}

#[tokio::test]
async fn a_body_without_a_type_is_415() {
    let (_, _, client) = ready().await;
    let answer = client.send(Method::POST, CREATE, None, "subject=a").await;
    let words = "Unsupported media type \"\" in request.";
    answer.assert_failure(415, "Unsupported Media Type", &json!({ "detail": [words] }));
}

#[tokio::test]
async fn broken_json_is_a_parse_error() {
    let (_, _, client) = ready().await;
    let broken: [&[u8]; 14] = [
        b"{",
        b"{\"subject\"",
        b"{\"subject\": }",
        b"{'subject': 1}",
        b"{\"subject\": 1,}",
        b"{} {}",
        b"subject=a",
        b" ",
        b"nul",
        b"{\"subject\": \"\n\"}",
        b"{\"subject\": \"\\x\"}",
        b"{\"subject\": 01}",
        b"{\"subject\": \"\xff\"}",
        b"\xef\xbb\xbf{}",
    ];
    for body in broken {
        assert_parse_error(&post(&client, CREATE, JSON, body).await, "JSON parse error - ");
    }
    for (path, _) in post_endpoints() {
        assert_parse_error(&post(&client, path, JSON, "{").await, "JSON parse error - ");
    }
}

#[tokio::test]
async fn broken_multipart_is_a_parse_error() {
    let (_, _, client) = ready().await;
    let head = "Content-Disposition: form-data; name=\"subject\"\r\n\r\n";
    for (content_type, body) in [
        ("multipart/form-data", "--b--".to_owned()),
        ("multipart/form-data; boundary=", "--b--".to_owned()),
        (MULTIPART, "subject=a".to_owned()),
        (MULTIPART, "--c--".to_owned()),
        (MULTIPART, "--b\r\n".to_owned()),
        (MULTIPART, format!("--b\r\n{head}no end")),
        (MULTIPART, format!("--b\r\n{head}no end\r\n--b\r\n")),
        (MULTIPART, format!("--b\r\nno colon\r\n{head}a\r\n--b--")),
    ] {
        let answer = post(&client, CREATE, content_type, body).await;
        assert_parse_error(&answer, "Multipart form parse error - ");
    }
}

#[rstest]
#[case("[]", "list")]
#[case("[{\"subject\": \"a\"}]", "list")]
#[case("\"a\"", "str")]
#[case("\"\"", "str")]
#[case("1", "int")]
#[case("-10", "int")]
#[case("1.5", "float")]
#[case("1e3", "float")]
#[case("true", "bool")]
#[case(" false ", "bool")]
#[tokio::test]
async fn json_that_is_no_object_is_named_as_python_does(#[case] body: &str, #[case] kind: &str) {
    let (_, _, client) = ready().await;
    for (path, _) in post_endpoints() {
        let words = format!("Invalid data. Expected a dictionary, but got {kind}.");
        post(&client, path, JSON, body.to_owned()).await.assert_invalid(&json!({ "detail": [words] }));
    }
}

#[tokio::test]
async fn null_is_no_data() {
    let (_, _, client) = ready().await;
    for (path, _) in post_endpoints() {
        post(&client, path, JSON, "null").await.assert_invalid(&json!({ "detail": ["No data provided"] }));
    }
}

#[rstest]
#[case("application/json; charset=utf-8")]
#[case("Application/JSON")]
#[case("application/json;charset=\"UTF-8\"; x=y")]
#[case("application/x-www-form-urlencoded; charset=UTF-8")]
#[case("APPLICATION/X-WWW-FORM-URLENCODED")]
#[case("multipart/form-data; charset=utf-8; boundary=b")]
#[case("Multipart/Form-Data; Boundary=\"b\"")]
#[case("multipart/form-data;boundary=b;charset=utf-8")]
#[tokio::test]
async fn the_types_name_is_case_insensitive_and_its_parameters_do_not_matter(#[case] content_type: &str) {
    let (_, _, client) = ready().await;
    let body = match content_type.to_lowercase() {
        kind if kind.contains("json") => "{\"status\": \"9\"}",
        kind if kind.contains("urlencoded") => "status=9",
        _ => "--b\r\nContent-Disposition: form-data; name=\"status\"\r\n\r\n9\r\n--b--\r\n",
    };
    let errors = post(&client, STATUS, content_type, body).await.json()["errors"].clone();
    assert_eq!(errors["status"], json!(["\"9\" is not a valid choice."]), "{errors}");
}

#[tokio::test]
async fn unknown_fields_are_ignored_and_of_a_repeated_one_the_last_wins() {
    let (_, acme, client) = ready().await;
    let category = acme.category.to_string();
    let fields = [
        ("subject", "first"),
        ("unknown", "x"),
        ("priority", "9"),
        ("comment", ""),
        ("category", "x"),
        ("category", &*category),
        ("id", "77"),
        ("status", "3"),
        ("comment", "last"),
        ("priority", "1"),
        ("subject", "last"),
        ("", ""),
    ];
    let members: Vec<_> = fields.iter().map(|(name, value)| format!("{}: {}", json!(name), json!(value))).collect();
    for encoding in Encoding::ALL {
        let created = match encoding {
            // A map would have lost the repetition.
            Encoding::Json => post(&client, CREATE, JSON, format!("{{{}}}", members.join(", "))).await,
            _ => client.post(CREATE, encoding, &fields).await,
        };
        let id = created.ticket_id();
        let view = client.get(&format!("/support/ticket/detailed-view/?ticket_id={id}")).await.data();
        let expected = json!({
            "id": id, "subject": "last", "priority": "1", "category": acme.category, "comment": "last", "status": "1",
            "tags": [],
        });
        assert_eq!(view["ticket"], expected, "{encoding:?}");
    }
}

#[tokio::test]
async fn json_nested_absurdly_is_refused_and_brackets_in_text_are_no_nesting() {
    let (_, _, client) = ready().await;
    for (open, close) in [("[", "]"), ("{\"a\":", "}")] {
        for depth in [1_000, 200_000] {
            let body = format!("{{\"a\": {}1{}}}", open.repeat(depth), close.repeat(depth));
            assert_parse_error(&post(&client, CREATE, JSON, body).await, "JSON parse error - ");
            let unfinished = (0..depth).map(|_| Bytes::from_static(b"["));
            assert_parse_error(&post(&client, CREATE, JSON, streamed(unfinished)).await, "JSON parse error - ");
        }
    }
    let text = json!({ "status": "[{\"\\".repeat(10_000), "more": [[[[[[[[{ "a": [] }]]]]]]]] });
    let answer = client.post_json(STATUS, &text).await;
    answer.assert_invalid(&json!({
        "ticket": ["Ticket id is required and this may not be blank."],
        "status": [format!("\"{}\" is not a valid choice.", "[{\"\\".repeat(10_000))],
    }));
}

#[tokio::test]
async fn how_a_body_is_cut_on_its_way_does_not_matter() {
    let (_, acme, client) = ready().await;
    let category = acme.category.to_string();
    let file = "--b \r\n\r\n--\r\n--".repeat(4_000);
    let fields =
        [("subject", "a\r\nb"), ("priority", "1"), ("comment", &*"--c".repeat(9_000)), ("category", &*category)];
    let mut parts: Vec<_> = fields.iter().map(|(name, value)| Part::Text(name, value)).collect();
    parts.push(Part::File { field: "attachment", name: "f.txt", bytes: file.as_bytes() });
    parts.push(Part::File { field: "attachment", name: "g.txt", bytes: b"\r" });
    let body = Bytes::from(multipart(&parts));
    for size in [1, 2, 3, 5, 7, 64, 1_000, 16_385, 65_536, body.len()] {
        let pieces: Vec<_> =
            (0..body.len()).step_by(size).map(|at| body.slice(at..body.len().min(at + size))).collect();
        let created = post(&client, CREATE, "multipart/form-data; boundary=----ferrodesk", streamed(pieces)).await;
        let id = created.ticket_id();
        let view = client.get(&format!("/support/ticket/detailed-view/?ticket_id={id}")).await.data();
        assert_eq!(view["ticket"]["comment"], "--c".repeat(9_000), "{size}");
        let ids: Vec<_> = view["attachments"].as_array().expect("a list").iter().map(|a| a["id"].clone()).collect();
        for (id, bytes) in ids.iter().zip([file.as_bytes(), b"\r"]) {
            assert!(client.get(&format!("/support/ticket/download/{id}/")).await.body == bytes, "{size}");
        }
        assert_eq!(ids.len(), 2);
    }
}

#[tokio::test]
async fn answers_are_json_whatever_the_client_accepts() {
    let (app, _, client) = ready().await;
    for accept in ["application/xml", "text/html", "image/*", "", "nonsense"] {
        let client = client.clone().header("accept", accept);
        let answer = client.get("/support/get/ticket/history/").await;
        assert_eq!(answer.data(), json!({ "TicketList": [] }), "{accept}");
        assert_eq!(answer.header("content-type"), "application/json");
        let stranger = app.stranger().header("accept", accept);
        assert_eq!(stranger.get("/nowhere").await.header("content-type"), "application/json");
    }
}
