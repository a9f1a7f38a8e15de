//! The console over HTTP: what needs no browser to be seen.

mod compression;
mod lists;
mod new_ticket;
mod prefetch;
mod safety;
mod search;
mod settings;
mod sign_in;
mod texts;
mod tickets;

use ferrodesk::domain::user::Role;

use crate::support::pages::{FORM, cookie, leads_to, page, post, text};
use crate::support::{Answer, Client, Desk, PASSWORD, SignedIn};

/// A client that sends the session's cookie that `answer` set.
fn with_cookie(client: &Client, answer: &Answer) -> Client {
    let set = cookie(answer, "__Host-ferrodesk").expect("a cookie");
    client.clone().header("cookie", set.split(';').next().expect("a name and a value"))
}

/// Hana, an agent of Acme, at the console.
async fn agent(desk: &Desk) -> Client {
    let hana = desk.app.user(&desk.acme, "hana@acme.example", Role::Agent).await;
    signed_in(desk, &hana).await
}

/// Signs in, and gives a client that is signed in.
async fn signed_in(desk: &Desk, user: &SignedIn) -> Client {
    let stranger = desk.app.stranger();
    let answer = post(&stranger, "/desk/sign-in", &[("email", &user.email), ("password", PASSWORD)]).await;
    with_cookie(&stranger, &answer)
}
