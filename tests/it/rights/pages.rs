//! Every page, as the router has them, by everybody whom it is not for.

use ferrodesk::domain::user::Role;
use http::{Method, StatusCode};

use super::served;
use crate::support::pages::{FORM, post};
use crate::support::{Answer, Client, Desk, PASSWORD, SignedIn};

/// Pages that only some may see: the staff, or customers.
pub struct Section {
    /// What their paths begin with.
    pub path: &'static str,
    /// What is for everybody.
    open: &'static [&'static str],
}

pub const SECTIONS: [Section; 2] = [
    Section { path: "/desk", open: &["/desk/sign-in", "/desk/sign-out", "/desk/look"] },
    Section { path: "/help", open: &["/help/sign-in", "/help/sign-out", "/help/look"] },
];

impl Section {
    pub fn has(&self, path: &str) -> bool {
        path.strip_prefix(self.path).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    }
}

/// A client with the cookie of `user` of Acme, whose own pages send what it sends.
pub async fn at_the_console(desk: &Desk, user: &SignedIn) -> Client {
    signed_in("/desk", desk, user).await
}

/// The same at the pages below `home`.
async fn signed_in(home: &str, desk: &Desk, user: &SignedIn) -> Client {
    let stranger = desk.app.stranger().header("sec-fetch-site", "same-origin");
    let fields = [("workspace", "Acme"), ("email", &*user.email), ("password", PASSWORD)];
    let answer = post(&stranger, &format!("{home}/sign-in"), &fields).await;
    let cookie = answer.header("set-cookie").split(';').next().expect("a cookie").to_owned();
    stranger.header("cookie", &cookie)
}

/// Whether the answer only says where to sign in, or that it is not for the caller.
fn is_refused(section: &Section, method: &Method, answer: &Answer) -> bool {
    if *method == Method::GET {
        let sign_in = format!("{}/sign-in", section.path);
        return answer.status == StatusCode::SEE_OTHER && answer.header("location").starts_with(&sign_in)
            || answer.status == StatusCode::FORBIDDEN;
    }
    matches!(answer.status, StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN)
}

#[tokio::test]
async fn every_page_is_for_who_is_signed_in_alone() {
    let desk = Desk::new().await;
    let (ticket, file) = desk.file("a.txt", b"a").await;
    let ada = desk.app.user(&desk.acme, "ada@acme.example", Role::Admin).await;
    let eve = desk.app.user(&desk.acme, "eve@acme.example", Role::Admin).await;
    let eva = desk.app.user(&desk.acme, "eva@customer.example", Role::Customer).await;
    let (admin, ann) = (signed_in("/desk", &desk, &ada).await, signed_in("/help", &desk, &desk.ann).await);
    let (ended_admin, ended_customer) = (signed_in("/desk", &desk, &eve).await, signed_in("/help", &desk, &eva).await);
    desk.lock_out(&eve).await;
    desk.lock_out(&eva).await;
    let own = desk.app.stranger().header("sec-fetch-site", "same-origin");
    let bearer = |user: &SignedIn| own.clone().header("authorization", &format!("Bearer {}", user.token));
    let strangers = [
        ("a stranger", own.clone()),
        ("an admin whose session ended", ended_admin),
        ("a customer whose session ended", ended_customer),
        ("a cookie that is none", own.clone().header("cookie", "__Host-ferrodesk=x; __Host-ferrodesk-help=x")),
        // A page is for browsers: what counts is the cookie.
        ("a customer's token", bearer(&desk.ann)),
        ("an admin's token", bearer(&ada)),
        ("an apikey", own.clone().header("apikey", &desk.acme.apikey)),
    ];
    let mut pages = 0;
    for (method, path) in served(&desk.app) {
        let Some(section) = SECTIONS.iter().find(|section| section.has(&path)) else { continue };
        if section.open.contains(&&*path) {
            continue;
        }
        pages += 1;
        let id = if path.contains("attachments") { file } else { ticket };
        let address = path.replace("{id}", &id.to_string()).replace("{part}", "teams");
        let body = if method == Method::GET { "" } else { "status=closed&comment=C&name=N&shortcuts=false" };
        let send = async |client: &Client| client.send(method.clone(), &format!("/{address}"), Some(FORM), body).await;
        let before = desk.view(ticket).await;
        for (who, client) in &strangers {
            let answer = send(client).await;
            assert!(is_refused(section, &method, &answer), "{who}: {method} {path}: {answer:?}");
        }
        let (insider, other) = if section.path == "/help" { (&ann, &admin) } else { (&admin, &ann) };
        let answer = send(other).await;
        assert!(is_refused(section, &method, &answer), "through the other door: {method} {path}: {answer:?}");
        if method != Method::GET {
            let answer = send(&insider.clone().header("sec-fetch-site", "cross-site")).await;
            assert_eq!(answer.status, StatusCode::FORBIDDEN, "from another site: {method} {path}");
        }
        assert_eq!(desk.view(ticket).await, before, "{method} {path} changed the ticket");
        let answer = send(insider).await;
        assert!(!is_refused(section, &method, &answer), "whom it is for: {method} {path}: {answer:?}");
    }
    assert!(pages > 30, "{pages} pages");
}
