//! Pages as browsers ask for them, and forms as browsers send them.

use http::{Method, StatusCode, header};

use super::{Answer, Client};

/// A form as browsers send it.
pub const FORM: &str = "application/x-www-form-urlencoded";

/// Sends a form from one of our own pages.
pub async fn post(client: &Client, path: &str, fields: &[(&str, &str)]) -> Answer {
    let body = form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
    let client = client.clone().header("sec-fetch-site", "same-origin");
    client.send(Method::POST, &format!("/{path}"), Some(FORM), body).await
}

/// Looks at a page.
pub async fn page(client: &Client, path: &str) -> Answer {
    client.get(&format!("/{path}")).await
}

/// Where an answer leads.
pub fn leads_to(answer: &Answer) -> &str {
    assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", text(answer));
    answer.headers[header::LOCATION].to_str().expect("an address")
}

/// An answer's body.
pub fn text(answer: &Answer) -> String {
    String::from_utf8_lossy(&answer.body).into_owned()
}

/// The cookie `name` that an answer sets, with all that belongs to it.
pub fn cookie<'a>(answer: &'a Answer, name: &str) -> Option<&'a str> {
    let set = answer.headers.get_all(header::SET_COOKIE).iter().filter_map(|value| value.to_str().ok());
    set.into_iter().find(|line| line.starts_with(&format!("{name}=")))
}
