//! The console over HTTP: what needs no browser to be seen.

mod compression;
mod lists;
mod new_ticket;
mod safety;
mod search;
mod settings;
mod sign_in;
mod texts;
mod tickets;

use http::{Method, StatusCode, header};

use crate::support::{Answer, Client, Desk, PASSWORD, SignedIn};

/// A form as browsers send it.
const FORM: &str = "application/x-www-form-urlencoded";

/// Sends a form from one of our own pages.
async fn post(client: &Client, path: &str, fields: &[(&str, &str)]) -> Answer {
    let body = form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
    let client = client.clone().header("sec-fetch-site", "same-origin");
    client.send(Method::POST, &format!("/{path}"), Some(FORM), body).await
}

/// Looks at a page.
async fn page(client: &Client, path: &str) -> Answer {
    client.get(&format!("/{path}")).await
}

/// Where an answer leads.
fn leads_to(answer: &Answer) -> &str {
    assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", text(answer));
    answer.headers[header::LOCATION].to_str().expect("an address")
}

/// An answer's body.
fn text(answer: &Answer) -> String {
    String::from_utf8_lossy(&answer.body).into_owned()
}

/// The cookie `name` that an answer sets, with all that belongs to it.
fn cookie<'a>(answer: &'a Answer, name: &str) -> Option<&'a str> {
    let set = answer.headers.get_all(header::SET_COOKIE).iter().filter_map(|value| value.to_str().ok());
    set.into_iter().find(|line| line.starts_with(&format!("{name}=")))
}

/// A client that sends the session's cookie that `answer` set.
fn with_cookie(client: &Client, answer: &Answer) -> Client {
    let set = cookie(answer, "__Host-ferrodesk").expect("a cookie");
    client.clone().header("cookie", set.split(';').next().expect("a name and a value"))
}

/// Signs in, and gives a client that is signed in.
async fn signed_in(desk: &Desk, user: &SignedIn) -> Client {
    let stranger = desk.app.stranger();
    let answer = post(&stranger, "/desk/sign-in", &[("email", &user.email), ("password", PASSWORD)]).await;
    with_cookie(&stranger, &answer)
}
