//! U+0000, which PostgreSQL has no place for in a text: wherever it is sent, both engines answer the same.

use http::Method;
use serde_json::{Value, json};

use crate::support::{
    Answer, CONVERSATION, CREATE, Client, Desk, Encoding, Fields, IdentityProvider, KeyPair, PASSWORD, Part, STATUS,
    Scheme, TestApp, UPDATE, multipart,
};

/// Ways to write it into a text that was `good`.
fn spoilt(good: &str) -> [String; 4] {
    ["\0".to_owned(), format!("{good}\0"), format!("\0{good}"), format!("{good}\0{good}")]
}

/// Two desks that have the same on them.
async fn desks() -> [Desk; 2] {
    let desks = [Desk::at(TestApp::on_sqlite()).await, Desk::at(TestApp::on_postgres()).await];
    for desk in &desks {
        desk.app.lift_open_ticket_limit(&desk.acme).await;
        desk.ticket().await;
    }
    desks
}

/// Sends the same to both, and asserts that both say the same, and nothing of an error inside.
async fn same(desks: &[Desk; 2], what: &str, ask: impl AsyncFn(&Desk) -> Answer) -> u16 {
    let [sqlite, postgres] = [ask(&desks[0]).await, ask(&desks[1]).await];
    let say = |answer: &Answer| {
        let body = String::from_utf8_lossy(&answer.body).into_owned();
        // Tokens are nobody else's.
        (answer.status.as_u16(), body.split("\"access\"").next().unwrap_or_default().to_owned())
    };
    assert_eq!(say(&postgres), say(&sqlite), "{what}");
    assert!(sqlite.status.as_u16() < 500, "{what}: {:?}", say(&sqlite));
    sqlite.status.as_u16()
}

/// The endpoints that take a form, each with one that is right.
fn forms() -> [(&'static str, Fields); 6] {
    [
        (CREATE, Fields::new(&[("subject", "Invoice"), ("priority", "2"), ("comment", "Wrong"), ("category", "1")])),
        (UPDATE, Fields::new(&[("ticket_id", "1"), ("priority", "1"), ("tags", "1")])),
        (CONVERSATION, Fields::new(&[("ticket", "1"), ("comment", "Still wrong")])),
        (STATUS, Fields::new(&[("ticket", "1"), ("status", "3")])),
        ("/user/login/", Fields::new(&[("username", "ann@customer.example"), ("password", PASSWORD)])),
        ("/user/token/refresh/", Fields::new(&[("refresh", "some token")])),
    ]
}

#[tokio::test]
async fn in_the_fields_of_every_form_of_every_kind() {
    let desks = desks().await;
    let mut sent = 0;
    for (path, fields) in forms() {
        for (name, good) in fields.pairs() {
            for bad in spoilt(good) {
                for encoding in Encoding::ALL {
                    let spoilt: Vec<_> =
                        fields.pairs().into_iter().map(|(n, v)| (n, if n == name { &*bad } else { v })).collect();
                    let what = format!("{path} {name} {bad:?} {encoding:?}");
                    let status =
                        same(&desks, &what, async |desk| desk.client.post(path, encoding, &spoilt).await).await;
                    assert_ne!(status, 200, "{what}");
                    sent += 1;
                }
            }
        }
        // In the name of a field that nobody reads, and in its value.
        for encoding in [Encoding::Urlencoded, Encoding::Json] {
            let more = [fields.pairs(), vec![("x\0y", "z\0")]].concat();
            same(&desks, &format!("{path} {encoding:?}"), async |desk| desk.client.post(path, encoding, &more).await)
                .await;
        }
    }
    assert!(sent > 100, "{sent}");
}

#[tokio::test]
async fn raw_in_json_and_in_lists_of_ids() {
    let desks = desks().await;
    for (path, fields) in forms() {
        for (name, _) in fields.pairs() {
            for raw in ["\"\0\"", "[\"1\\u0000\"]", "\"1\\u0000\"", "{\"\\u0000\": 1}", "\0"] {
                let body = fields.raw_json(name, raw);
                same(&desks, &format!("{path} {body:?}"), async |desk| {
                    desk.client.send(Method::POST, path, Some("application/json"), body.clone()).await
                })
                .await;
            }
        }
    }
}

#[tokio::test]
async fn in_addresses() {
    let desks = desks().await;
    for path in [
        "/support/ticket/detailed-view/?ticket_id=1%00",
        "/support/ticket/detailed-view/?ticket_id=%00",
        "/support/ticket/detailed-view/?ticket_id%00=1",
        "/support/ticket/download/1%00/",
        "/support/ticket/download/%00/",
        "/support/get/ticket/history/?subject=%00",
        "/support/get/ticket/history/?subject=Inv%00oice",
        "/support/get/ticket/history/?status=1%00",
        "/support/get/ticket/history/?category=%00",
        "/support/get/ticket/history/?ticket=%00&search=%00&ordering=%00&limit=%00&offset=1%00&before=%00",
        "/support/get/category-list/?x=%00",
        "/support/get/ticket/tags%00/",
        "/%00",
        "//%00",
    ] {
        same(&desks, path, async |desk| desk.client.get(path).await).await;
    }
}

#[tokio::test]
async fn in_the_names_and_types_of_files() {
    let desks = desks().await;
    for name in ["a\0.txt", "\0", "a.txt\0.png", "%00.txt", "a\u{1}b"] {
        for path in [CREATE, CONVERSATION] {
            let fields = forms().into_iter().find(|(known, _)| *known == path).expect("a form").1;
            let parts =
                [fields.parts(&[]), vec![Part::File { field: "attachment", name, bytes: b"\0\0bytes" }]].concat();
            same(&desks, &format!("{path} {name:?}"), async |desk| desk.client.post_parts(path, &parts).await).await;
            let body = multipart(&parts);
            let spoilt = String::from_utf8(body).expect("text").replace("application/octet-stream", "text/\0plain");
            same(&desks, &format!("{path} {name:?}, of a strange type"), async |desk| {
                let kind = Some("multipart/form-data; boundary=----ferrodesk");
                desk.client.send(Method::POST, path, kind, spoilt.clone()).await
            })
            .await;
        }
    }
    same(&desks, "all that came of it", async |desk| desk.client.get("/support/get/ticket/history/").await).await;
}

#[tokio::test]
async fn in_the_claims_of_external_tokens() {
    let desks = desks().await;
    let key = KeyPair::generate("one", Scheme::Es256);
    let mut providers = Vec::new();
    for desk in &desks {
        providers.push(IdentityProvider::trusted_by(&desk.app, &desk.acme, &["ES256"], &[&key]).await);
    }
    let claims = providers[0].claims(&desks[0].app, "subject", "new@customer.example");
    let mut cases = vec![];
    for (name, good) in
        [("sub", "subject"), ("email", "new@customer.example"), ("iss", &*providers[0].issuer), ("aud", "support")]
    {
        for bad in spoilt(good) {
            let mut claims = claims.clone();
            claims[name] = Value::String(bad);
            cases.push(claims);
        }
    }
    let mut both = claims.clone();
    (both["sub"], both["email"]) = (json!("\0"), json!("\0@customer.example"));
    cases.push(both);
    for claims in cases {
        let token = key.sign(&claims);
        let status = same(&desks, &claims.to_string(), async |desk| {
            let client: Client = desk.app.application(&desk.acme).header("authorization", &format!("Bearer {token}"));
            client.get("/support/get/ticket/history/").await
        })
        .await;
        assert_eq!(status, 401, "{claims}");
    }
}
