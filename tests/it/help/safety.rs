//! What keeps other sites out, and what every page tells the browser.

use http::{Method, StatusCode};
use rstest::rstest;

use super::{ann, page, post, text};
use crate::support::Desk;
use crate::support::pages::FORM;

#[rstest]
#[case::another_site(&[("sec-fetch-site", "cross-site"), ("origin", "https://evil.example")])]
#[case::another_site_of_the_same_domain(&[("sec-fetch-site", "same-site"), ("origin", "https://other.acme.example")])]
#[case::an_old_browser(&[("origin", "https://evil.example"), ("host", "desk.acme.example")])]
#[case::a_sandboxed_page(&[("sec-fetch-site", "cross-site"), ("origin", "null")])]
#[tokio::test]
async fn what_another_sites_page_sends_is_refused(#[case] headers: &[(&str, &str)]) {
    let desk = Desk::new().await;
    let ticket = desk.ticket().await;
    let own = ann(&desk).await;
    let client = headers.iter().fold(own.clone(), |client, (name, value)| client.header(name, value));
    let of_ticket = |what: &str| format!("//help/tickets/{ticket}/{what}");
    let all = ["new", "sign-out", "sign-in", "look"].map(|what| format!("//help/{what}"));
    for path in all.into_iter().chain([of_ticket("reply"), of_ticket("status")]) {
        let body = format!("subject=S&comment=C&priority=1&category={}&status=3", desk.acme.category);
        let answer = client.send(Method::POST, &path, Some(FORM), body).await;
        assert_eq!(answer.status, StatusCode::FORBIDDEN, "{path}");
        assert!(text(&answer).contains("a page of another site"), "{}", text(&answer));
    }
    let view = desk.view(ticket).await;
    assert_eq!((&view["ticket"]["status"], &view["conversations"]), (&"1".into(), &serde_json::json!([])));
    assert_eq!(desk.tickets().await, 1);
    let answer = post(&own, &format!("/help/tickets/{ticket}/status"), &[("status", "3")]).await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER);
    assert_eq!(desk.status(ticket).await, "3");
}

#[tokio::test]
async fn every_answer_is_strict() {
    let desk = Desk::new().await;
    let (ticket, file) = desk.file("a.txt", b"words").await;
    let client = ann(&desk).await;
    let stranger = desk.app.stranger();
    let of_ticket = format!("/help/tickets/{ticket}");
    let signed_in = ["/help", "/help?status=closed", "/help/new", &of_ticket, "/help/tickets/x", "/help/nothing"];
    let signed_out =
        ["/help", "/help/sign-in", "/help/new", "/help/nothing", "/help/attachments/1", "/assets/0/help.css"];
    let all = signed_out.map(|path| (&stranger, path)).into_iter().chain(signed_in.map(|path| (&client, path)));
    for (client, path) in all {
        let answer = page(client, path).await;
        let header = |name: &str| answer.header(name);
        let policy = header("content-security-policy");
        for part in [
            "default-src 'none'",
            "script-src 'self'",
            "form-action 'self'",
            "frame-ancestors 'none'",
            "base-uri 'none'",
        ] {
            assert!(policy.split("; ").any(|given| given == part), "{path}: {policy}");
        }
        assert_eq!(header("x-content-type-options"), "nosniff", "{path}");
        assert_eq!(header("referrer-policy"), "same-origin", "{path}");
        assert_eq!(header("cross-origin-opener-policy"), "same-origin", "{path}");
        let is_asset = path.starts_with("/assets/");
        assert_eq!(header("cache-control"), if is_asset { "no-cache" } else { "no-store" }, "{path}");
        if !is_asset && answer.status != StatusCode::SEE_OTHER {
            assert_eq!(header("content-type"), "text/html; charset=utf-8", "{path}");
            let html = text(&answer);
            assert!(!html.contains("<style") && !html.contains(" style=") && !html.contains(" onclick="), "{path}");
            assert!(html.matches("<script").count() == 1 && html.contains("/pages.js\"></script>"), "{path}");
            assert!(!html.contains("\"/desk"), "{path} leads customers to the desk: {html}");
        }
    }
    let answer = page(&client, &format!("/help/attachments/{file}")).await;
    assert!(answer.header("content-disposition").starts_with("attachment"), "{:?}", answer.headers);
    assert!(answer.header("content-security-policy").contains("sandbox"), "{:?}", answer.headers);
}

#[rstest]
#[case("/help/nothing", Method::GET, 404, "Not found")]
#[case("/help/tickets/999", Method::GET, 404, "Not found")]
#[case("/help/tickets/-1", Method::GET, 404, "Not found")]
#[case("/help/tickets/99999999999999999999", Method::GET, 404, "Not found")]
#[case("/help/tickets/1%00", Method::GET, 404, "Not found")]
#[case("/help/attachments/7", Method::GET, 404, "Not found")]
#[case("/help/attachments/x/picture", Method::GET, 404, "Not found")]
#[case("/help/new", Method::DELETE, 405, "Not possible here")]
#[case("/help/sign-out", Method::GET, 405, "Not possible here")]
#[tokio::test]
async fn what_goes_wrong_is_a_page_with_a_way_out(
    #[case] path: &str,
    #[case] method: Method,
    #[case] status: u16,
    #[case] title: &str,
) {
    let desk = Desk::new().await;
    let client = ann(&desk).await.header("sec-fetch-site", "same-origin");
    let answer = client.send(method, &format!("/{path}"), None, axum::body::Body::empty()).await;
    assert_eq!(answer.status.as_u16(), status, "{}", text(&answer));
    let html = text(&answer);
    assert!(html.contains(&format!("<h1>{title}</h1>")), "{html}");
    assert!(html.contains("href=\"/help\">Back to your tickets<"), "{html}");
}

#[rstest]
#[case::help("/help/new", "Back to your tickets")]
#[case::desk("/desk/views", "Back to the tickets")]
#[tokio::test]
async fn a_body_that_cannot_be_read_is_refused_by_a_page(#[case] path: &str, #[case] way_out: &str) {
    let desk = Desk::new().await;
    let hana = desk.app.user(&desk.acme, "hana@acme.example", ferrodesk::domain::user::Role::Agent).await;
    let fields = [("email", &*hana.email), ("password", crate::support::PASSWORD)];
    let at_desk = post(&desk.app.stranger(), "/desk/sign-in", &fields).await;
    let staff = super::cookie(&at_desk, "__Host-ferrodesk").expect("a cookie").split(';').next().expect("a value");
    let client = if path.starts_with("/help") { ann(&desk).await } else { desk.app.stranger().header("cookie", staff) };
    let client = client.header("sec-fetch-site", "same-origin");
    let too_large = vec![b'x'; 3 * 1024 * 1024];
    for (kind, body, status) in [
        ("text/plain", b"words".to_vec(), StatusCode::UNSUPPORTED_MEDIA_TYPE),
        ("multipart/form-data; boundary=x", b"--y".to_vec(), StatusCode::BAD_REQUEST),
        (FORM, too_large, StatusCode::PAYLOAD_TOO_LARGE),
    ] {
        let answer = client.send(Method::POST, &format!("/{path}"), Some(kind), body).await;
        assert_eq!(answer.status, status, "{kind}");
        assert_eq!(answer.header("content-type"), "text/html; charset=utf-8", "{kind}: {}", text(&answer));
        assert!(text(&answer).contains(way_out), "{}", text(&answer));
    }
}
