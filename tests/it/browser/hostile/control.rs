//! The detector works: on pages that take no care, it sees what each payload does.

use super::detector::{Listener, Watched};
use super::payloads::{KINDS, Kind, all};
use crate::browser::driver::{Browser, WIDE};

/// Comrak, and nothing after it.
fn careless_markdown(text: &str) -> String {
    let mut options = comrak::Options::default();
    options.render.r#unsafe = true;
    options.extension.autolink = true;
    options.extension.table = true;
    comrak::markdown_to_html(text, &options)
}

/// A page with `text` in all the places that the console has for texts, without escaping it anywhere.
fn careless(text: &str) -> String {
    format!(
        "<!doctype html><meta charset=utf-8><div>{text}</div>\n<div class=text>{}</div>\n<input value=\"{text}\">\
         <input value='{text}'><input value={text}><p title=\"{text}\">p</p><textarea>{text}</textarea>\
         <title>{text}</title><form action=\"/desk/x\"><input type=hidden name=next value=\"{text}\"></form>",
        careless_markdown(text)
    )
}

fn page(html: &str, policy: &str) -> String {
    let length = html.len();
    format!(
        "HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-8\r\nContent-Length: {length}\r\n{policy}\
         Connection: close\r\n\r\n{html}"
    )
}

/// The canary, which answers with something that can be a script.
pub async fn canary() -> Listener {
    Listener::new(|_| page("window.__pwned=1", "Access-Control-Allow-Origin: *\r\n")).await
}

#[tokio::test(flavor = "multi_thread")]
async fn every_payload_is_seen_on_a_page_that_takes_no_care() {
    let canary = canary().await;
    let texts = all(&canary.address);
    assert!(texts.len() >= 100, "{}", texts.len());
    let kinds: Vec<&Kind> = KINDS.iter().flat_map(|kind| kind.texts.iter().map(move |_| kind)).collect();
    let pages: Vec<String> = texts.iter().map(|text| careless(text)).collect();
    let server = Listener::new(move |path| {
        let index = path.trim_start_matches('/').parse().ok();
        page(index.and_then(|index: usize| pages.get(index)).map_or("plain words", String::as_str), "")
    })
    .await;
    let browser = Browser::open(&format!("http://{}", server.address), WIDE).await;
    let watched = Watched::new(&browser, false).await;
    browser.go("/plain").await;
    assert_eq!(watched.findings(&["plain words".to_owned()]).await, Vec::<String>::new());
    assert_eq!(watched.findings(&["other words".to_owned()]).await, ["it does not show other words"]);
    let mut unseen = Vec::new();
    for (index, text) in texts.iter().enumerate().filter(|(index, _)| kinds[*index].runs_unguarded) {
        browser.go(&format!("/{index}")).await;
        if watched.findings(&[]).await.is_empty() && canary.asked().is_empty() {
            unseen.push(format!("{}: {text}", kinds[index].name));
        }
    }
    assert!(unseen.is_empty(), "these do nothing on any page: {unseen:#?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn every_effect_is_seen_and_the_policy_can_be_switched_off() {
    let canary = canary().await;
    let address = &canary.address;
    let effects = [
        ("<script>window.__pwned=1</script>".to_owned(), "it sets a variable"),
        ("<img src=x onerror=alert(1)>".to_owned(), "it calls alert"),
        ("<svg onload=confirm(1)>".to_owned(), "it calls confirm"),
        ("<script>prompt(1)</script>".to_owned(), "it calls prompt"),
        ("<script>document.title='pwned'</script>".to_owned(), "it changes the title"),
        ("<script>open('//x')</script>".to_owned(), "it calls open"),
        (format!("<img src=//{address}/load>"), "/load"),
        (format!("<script>fetch('//{address}/fetch')</script>"), "/fetch"),
        (format!("<script>location='//{address}/away'</script>"), "/away"),
        (format!("<meta http-equiv=refresh content='0;url=//{address}/refresh'>"), "/refresh"),
        (format!("<form id=f action=//{address}/form></form><script>f.submit()</script>"), "/form"),
        (format!("<style>@import '//{address}/import';</style>"), "/import"),
        (format!("<iframe src=//{address}/frame></iframe>"), "/frame"),
    ];
    let pages = effects.clone();
    let policy = "Content-Security-Policy: default-src 'none'; form-action 'none'; base-uri 'none'\r\n";
    let server = Listener::new(move |path| {
        let index: usize = path.trim_start_matches('/').parse().unwrap_or(usize::MAX);
        page(pages.get(index).map_or("", |(html, _)| html), policy)
    })
    .await;
    let browser = Browser::open(&format!("http://{}", server.address), WIDE).await;
    for has_policy in [true, false] {
        let watched = Watched::new(&browser, has_policy).await;
        for (index, (html, expected)) in effects.iter().enumerate() {
            canary.asked();
            browser.go(&format!("/{index}")).await;
            // What is loaded may come a moment after the page.
            let mut seen = watched.findings(&[]).await;
            for _ in 0..20 {
                seen.extend(canary.asked());
                if seen.iter().any(|what| what.starts_with(expected)) {
                    break;
                }
                tokio::time::sleep(std::time::Duration::from_millis(50)).await;
            }
            let is_seen = seen.iter().any(|what| what.starts_with(expected));
            // A policy does not keep a page from going elsewhere.
            let expected_seen = !has_policy || *expected == "/refresh";
            assert_eq!(is_seen, expected_seen, "with the policy: {has_policy}, {html}: {seen:?}");
            let is_refused = seen.iter().any(|what| what.starts_with("it breaks the policy"));
            assert_eq!(is_refused, !expected_seen, "with the policy: {has_policy}, {html}: {seen:?}");
        }
    }
}
