//! The requesters' pages over HTTP: what needs no browser to be seen.

mod list;
mod new_ticket;
mod safety;
mod sign_in;
mod ticket;

use crate::support::pages::{cookie, leads_to, page, post, text};
use crate::support::{Answer, Client, Desk, PASSWORD, Part, SignedIn};

/// The cookie of the help pages.
const COOKIE: &str = "__Host-ferrodesk-help";

/// A client that sends the session's cookie that `answer` set.
fn with_cookie(client: &Client, answer: &Answer) -> Client {
    let set = cookie(answer, COOKIE).unwrap_or_else(|| panic!("no cookie: {}", text(answer)));
    client.clone().header("cookie", set.split(';').next().expect("a name and a value"))
}

/// Signs in, and gives a client that is signed in.
async fn signed_in(desk: &Desk, user: &SignedIn) -> Client {
    let stranger = desk.app.stranger();
    let fields = [("workspace", &*desk.acme.name), ("email", &*user.email), ("password", PASSWORD)];
    with_cookie(&stranger, &post(&stranger, "/help/sign-in", &fields).await)
}

/// Ann at this desk.
async fn ann(desk: &Desk) -> Client {
    signed_in(desk, &desk.ann).await
}

/// Sends a form with files from one of our own pages.
async fn post_parts(client: &Client, path: &str, parts: &[Part<'_>]) -> Answer {
    let client = client.clone().header("sec-fetch-site", "same-origin");
    client.post_parts(&format!("/{path}"), parts).await
}

/// The key that a page's form carries.
fn key(html: &str) -> String {
    let (_, rest) = html.split_once("name=\"key\" value=\"").expect("a key");
    rest.split('"').next().expect("its end").to_owned()
}

/// What a reader reads of a page's `<main>`, without the marks of HTML and without what is around it.
fn read(html: &str) -> String {
    let (_, main) = html.split_once("<main").expect("a main part");
    let (main, _) = main.split_once("</main>").expect("its end");
    let mut read = String::new();
    for piece in main.split('<').skip(1) {
        let (tag, words) = piece.split_once('>').expect("the end of a tag");
        let is_inline = ["span", "/span", "strong", "/strong", "time", "/time", "a ", "/a"];
        if !is_inline.iter().any(|inline| tag.starts_with(inline)) {
            read.push('\n');
        }
        read.push_str(words);
    }
    read.lines().map(str::trim).filter(|line| !line.is_empty()).collect::<Vec<_>>().join("\n")
}
