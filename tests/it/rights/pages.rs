//! Every page of the console, as the router has them, by everybody whom it is not for.

use ferrodesk::domain::user::Role;
use http::{Method, StatusCode};

use super::served;
use crate::support::{Answer, Client, Desk, PASSWORD, SignedIn};

/// Pages that only some may see.
pub struct Section {
    /// What their paths begin with.
    pub path: &'static str,
    /// Where who is not signed in is sent.
    sign_in: &'static str,
    /// What is for everybody.
    open: &'static [&'static str],
}

pub const SECTIONS: [Section; 1] = [Section {
    path: "/desk",
    sign_in: "/desk/sign-in",
    open: &["/desk/sign-in", "/desk/sign-out", "/desk/look", "/desk/assets/{hash}/{name}"],
}];

impl Section {
    pub fn has(&self, path: &str) -> bool {
        path.strip_prefix(self.path).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    }
}

const FORM: &str = "application/x-www-form-urlencoded";

/// A client with the cookie of `user` of Acme, whose own pages send what it sends.
pub async fn at_the_console(desk: &Desk, user: &SignedIn) -> Client {
    let stranger = desk.app.stranger().header("sec-fetch-site", "same-origin");
    let fields = [("workspace", "Acme"), ("email", &*user.email), ("password", PASSWORD)];
    let body = form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
    let answer = stranger.send(Method::POST, "//desk/sign-in", Some(FORM), body).await;
    let cookie = answer.header("set-cookie").split(';').next().expect("a cookie").to_owned();
    stranger.header("cookie", &cookie)
}

/// Whether the answer only says where to sign in, or that it is not for the caller.
fn is_refused(section: &Section, method: &Method, answer: &Answer) -> bool {
    if *method == Method::GET {
        return answer.status == StatusCode::SEE_OTHER && answer.header("location").starts_with(section.sign_in);
    }
    matches!(answer.status, StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN)
}

#[tokio::test]
async fn every_page_is_for_who_is_signed_in_alone() {
    let desk = Desk::new().await;
    let (ticket, file) = desk.file("a.txt", b"a").await;
    let ada = desk.app.user(&desk.acme, "ada@acme.example", Role::Admin).await;
    let eve = desk.app.user(&desk.acme, "eve@acme.example", Role::Admin).await;
    let (admin, ended) = (at_the_console(&desk, &ada).await, at_the_console(&desk, &eve).await);
    desk.lock_out(&eve).await;
    let own = desk.app.stranger().header("sec-fetch-site", "same-origin");
    let bearer = |user: &SignedIn| own.clone().header("authorization", &format!("Bearer {}", user.token));
    let callers = [
        ("a stranger", own.clone()),
        ("whose session ended", ended),
        ("a cookie that is none", own.clone().header("cookie", "__Host-ferrodesk=x")),
        ("a customer's token", bearer(&desk.ann)),
        // A page is for browsers: what counts is the cookie.
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
        let body = if method == Method::GET { "" } else { "status=closed&comment=C&name=N&look=dark" };
        let before = desk.view(ticket).await;
        for (who, client) in &callers {
            let answer = client.send(method.clone(), &format!("/{address}"), Some(FORM), body).await;
            assert!(is_refused(section, &method, &answer), "{who}: {method} {path}: {answer:?}");
        }
        if method != Method::GET {
            let elsewhere = admin.clone().header("sec-fetch-site", "cross-site");
            let answer = elsewhere.send(method.clone(), &format!("/{address}"), Some(FORM), body).await;
            assert_eq!(answer.status, StatusCode::FORBIDDEN, "from another site: {method} {path}");
        }
        assert_eq!(desk.view(ticket).await, before, "{method} {path} changed the ticket");
        let answer = admin.send(method.clone(), &format!("/{address}"), Some(FORM), body).await;
        assert!(!is_refused(section, &method, &answer), "the admin: {method} {path}: {answer:?}");
    }
    assert!(pages > 20, "{pages} pages");
}
