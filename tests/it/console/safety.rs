//! What keeps other sites out, and what every page tells the browser.

use http::{Method, StatusCode, header};
use rstest::rstest;

use ferrodesk::domain::user::Role;

use super::{FORM, agent, page, post, signed_in, text};
use crate::support::Desk;

#[rstest]
#[case::another_site(&[("sec-fetch-site", "cross-site"), ("origin", "https://evil.example")])]
#[case::another_site_of_the_same_domain(&[("sec-fetch-site", "same-site"), ("origin", "https://other.acme.example")])]
#[case::an_old_browser(&[("origin", "https://evil.example"), ("host", "desk.acme.example")])]
#[case::a_sandboxed_page(&[("sec-fetch-site", "cross-site"), ("origin", "null")])]
#[tokio::test]
async fn what_another_sites_page_sends_is_refused(#[case] headers: &[(&str, &str)]) {
    let desk = Desk::new().await;
    let ticket = desk.ticket().await;
    let hana = desk.app.user(&desk.acme, "hana@acme.example", Role::Agent).await;
    let own = signed_in(&desk, &hana).await;
    let client = headers.iter().fold(own.clone(), |client, (name, value)| client.header(name, value));
    for path in [format!("//desk/tickets/{ticket}/change"), "//desk/sign-out".to_owned(), "//desk/sign-in".to_owned()] {
        let answer = client.send(Method::POST, &path, Some(FORM), "status=closed").await;
        assert_eq!(answer.status, StatusCode::FORBIDDEN, "{path}");
        assert!(text(&answer).contains("a page of another site"), "{}", text(&answer));
    }
    assert_eq!(desk.status(ticket).await, "1");
    let answer = post(&own, &format!("/desk/tickets/{ticket}/change"), &[("status", "closed")]).await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER);
    assert_eq!(desk.status(ticket).await, "3");
}

#[tokio::test]
async fn every_answer_is_strict() {
    let desk = Desk::new().await;
    let ticket = desk.ticket().await;
    let client = agent(&desk).await;
    let stranger = desk.app.stranger();
    let signed_out = ["/desk/sign-in", "/desk/tickets", "/desk/nothing", "/assets/0/desk.css", "/desk/sign-out"];
    let signed_in = ["/desk", "/desk/tickets", &format!("/desk/tickets/{ticket}"), "/desk/tickets/x", "/desk/nothing"];
    let all = signed_out.map(|path| (&stranger, path)).into_iter().chain(signed_in.map(|path| (&client, path)));
    for (client, path) in all {
        let answer = page(client, path).await;
        let header = |name: &str| answer.header(name);
        let policy = header("content-security-policy");
        for part in [
            "default-src 'none'",
            "script-src 'self'",
            "style-src 'self'",
            "form-action 'self'",
            "frame-ancestors 'none'",
            "base-uri 'none'",
        ] {
            assert!(policy.split("; ").any(|given| given == part), "{path}: {policy}");
        }
        assert!(!policy.contains("unsafe"), "{path}: {policy}");
        assert_eq!(header("x-content-type-options"), "nosniff", "{path}");
        assert_eq!(header("referrer-policy"), "same-origin", "{path}");
        assert_eq!(header("cross-origin-opener-policy"), "same-origin", "{path}");
        let is_asset = path.contains("/assets/");
        assert_eq!(header("cache-control"), if is_asset { "no-cache" } else { "no-store" }, "{path}");
        if !is_asset && answer.status != StatusCode::SEE_OTHER {
            assert_eq!(header("content-type"), "text/html; charset=utf-8", "{path}");
            let html = text(&answer);
            assert!(!html.contains("<style") && !html.contains(" style=") && !html.contains(" onclick="), "{path}");
            assert!(html.matches("<script").count() == 1 && html.contains("></script>"), "{path} has a script in it");
        }
    }
}

#[rstest]
#[case("/desk/nothing", Method::GET, 404, "Not found")]
#[case("/desk/tickets/999", Method::GET, 404, "Not found")]
#[case("/desk/tickets/-1", Method::GET, 404, "Not found")]
#[case("/desk/tickets/99999999999999999999", Method::GET, 404, "Not found")]
#[case("/desk/attachments/7", Method::GET, 404, "Not found")]
#[case("/desk/tickets", Method::DELETE, 405, "Not possible here")]
#[case("/desk/sign-out", Method::GET, 405, "Not possible here")]
#[tokio::test]
async fn what_goes_wrong_is_a_page_with_a_way_out(
    #[case] path: &str,
    #[case] method: Method,
    #[case] status: u16,
    #[case] title: &str,
) {
    let desk = Desk::new().await;
    let client = agent(&desk).await.header("sec-fetch-site", "same-origin");
    let answer = client.send(method, &format!("/{path}"), None, axum::body::Body::empty()).await;
    assert_eq!(answer.status.as_u16(), status, "{}", text(&answer));
    let html = text(&answer);
    assert!(html.contains(&format!("<h1>{title}</h1>")) && html.contains("href=\"/desk\""), "{html}");
}

#[tokio::test]
async fn assets_are_kept_for_ever_by_the_address_that_pages_have() {
    let desk = Desk::new().await;
    let stranger = desk.app.stranger();
    let html = text(&page(&stranger, "/desk/sign-in").await);
    let mut folder = String::new();
    for name in ["desk.css", "pages.js", "icon.svg"] {
        let end = html.find(&format!("/{name}\"")).expect("an address") + name.len() + 1;
        let start = html[..end].rfind('"').expect("its beginning") + 1;
        let answer = page(&stranger, &html[start..end]).await;
        assert_eq!(answer.status, StatusCode::OK);
        assert_eq!(answer.headers[header::CACHE_CONTROL], "public, max-age=31536000, immutable");
        html[start..end].trim_end_matches(name).clone_into(&mut folder);
    }
    let mut bytes_of_scripts = 0;
    for entry in std::fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/assets")).expect("the assets") {
        let file = entry.expect("an asset").path();
        if file.extension().is_some_and(|extension| extension == "js") {
            let name = file.file_name().and_then(|name| name.to_str()).expect("a name");
            let answer = page(&stranger, &format!("{folder}{name}")).await;
            assert_eq!(answer.status, StatusCode::OK, "{name}");
            bytes_of_scripts += answer.body.len();
        }
    }
    assert!((1..15 * 1024).contains(&bytes_of_scripts), "{bytes_of_scripts} bytes of scripts");
    assert_eq!(page(&stranger, "/assets/0/../Cargo.toml").await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn other_paths_still_answer_in_the_envelope() {
    let desk = Desk::new().await;
    let answer = page(&desk.app.stranger(), "/desktop").await;
    assert_eq!(answer.status, StatusCode::NOT_FOUND);
    assert_eq!(answer.headers[header::CONTENT_TYPE], "application/json");
}
