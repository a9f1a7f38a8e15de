//! Signing in, and what ends it.

use std::time::Duration;

use ferrodesk::domain::user::Role;
use http::{HeaderMap, StatusCode, header};
use rstest::rstest;

use super::{COOKIE, ann, cookie, leads_to, page, post, text, with_cookie};
use crate::support::{Client, Desk, PASSWORD};

const SIGN_IN: &str = "/help/sign-in";

/// The value of a cookie that was set.
fn token(headers: &HeaderMap, name: &str) -> String {
    let set = headers.get_all(header::SET_COOKIE).iter().filter_map(|value| value.to_str().ok());
    let line = set.into_iter().find(|line| line.starts_with(&format!("{name}="))).expect("a cookie");
    line.split([';', '=']).nth(1).expect("a value").to_owned()
}

async fn is_in(client: &Client) -> bool {
    page(client, "/help").await.status == StatusCode::OK
}

#[tokio::test]
async fn a_customer_comes_in_to_their_own_workspace() {
    let desk = Desk::new().await;
    let stranger = desk.app.stranger();
    let asked = page(&stranger, "/help/tickets/7").await;
    assert_eq!(leads_to(&asked), "/help/sign-in?next=%2Fhelp%2Ftickets%2F7");
    let html = text(&page(&stranger, SIGN_IN).await);
    assert!(html.contains("<title>Sign in · Acme</title>") && html.contains("Sign in to your tickets"), "{html}");

    let fields = [("email", " ANN@customer.example "), ("password", PASSWORD), ("next", "/help/new")];
    let answer = post(&stranger, SIGN_IN, &fields).await;
    assert_eq!(leads_to(&answer), "/help/sign-in?signed-in=1&next=%2Fhelp%2Fnew");
    let set = cookie(&answer, COOKIE).expect("a cookie");
    for attribute in ["HttpOnly", "SameSite=Lax", "Secure", "Path=/", "Max-Age=1209600"] {
        assert!(set.split("; ").any(|given| given == attribute), "{set} has no {attribute}");
    }
    assert!(!set.contains("Domain"), "{set}");
    assert_eq!(cookie(&answer, "__Host-ferrodesk"), None, "the desk is another door");

    let client = with_cookie(&stranger, &answer);
    assert_eq!(leads_to(&page(&client, "/help/sign-in?signed-in=1&next=%2Fhelp%2Fnew").await), "/help/new");
    assert!(text(&page(&client, "/help").await).contains(&desk.ann.email));
    let html = text(&page(&stranger, "/help/sign-in?signed-in=1").await);
    assert!(html.contains("did not keep the sign-in"), "{html}");
}

#[tokio::test]
async fn each_is_told_where_their_own_door_is() {
    let desk = Desk::new().await;
    let hana = desk.app.user(&desk.acme, "hana@acme.example", Role::ReadOnly).await;
    let stranger = desk.app.stranger();
    let answer = post(&stranger, SIGN_IN, &[("email", &hana.email), ("password", PASSWORD)]).await;
    assert_eq!(answer.status, StatusCode::FORBIDDEN);
    assert_eq!(cookie(&answer, COOKIE), None);
    assert!(text(&answer).contains("You work at the desk. <a href=\"/desk\">Go to the desk</a>"), "{}", text(&answer));

    let answer = post(&stranger, "/desk/sign-in", &[("email", &desk.ann.email), ("password", PASSWORD)]).await;
    assert!(text(&answer).contains("<a href=\"/help\">Go to your tickets</a>"), "{}", text(&answer));

    // Who does not know the password learns nothing of that.
    let wrong = post(&stranger, SIGN_IN, &[("email", &hana.email), ("password", "wrong")]).await;
    let unknown = post(&stranger, SIGN_IN, &[("email", "hana@nowhere.exam"), ("password", "wrong")]).await;
    assert_eq!(wrong.status, StatusCode::FORBIDDEN);
    assert_eq!(text(&wrong).replace(&hana.email, ""), text(&unknown).replace("hana@nowhere.exam", ""));
    let nothing = post(&stranger, SIGN_IN, &[("email", ""), ("password", "")]).await;
    assert_eq!(nothing.status, StatusCode::UNPROCESSABLE_ENTITY);
}

#[tokio::test]
async fn a_session_of_one_door_is_none_at_the_other() {
    let desk = Desk::new().await;
    let hana = desk.app.user(&desk.acme, "hana@acme.example", Role::Admin).await;
    let stranger = desk.app.stranger();
    let ticket = desk.ticket().await;
    let at_desk = post(&stranger, "/desk/sign-in", &[("email", &hana.email), ("password", PASSWORD)]).await;
    let at_help = post(&stranger, SIGN_IN, &[("email", &desk.ann.email), ("password", PASSWORD)]).await;
    let (staff, customer) = (token(&at_desk.headers, "__Host-ferrodesk"), token(&at_help.headers, COOKIE));

    // Each cookie as the other's, and both as they are.
    let staff_at_help = stranger.clone().header("cookie", &format!("{COOKIE}={staff}"));
    let customer_at_desk = stranger.clone().header("cookie", &format!("__Host-ferrodesk={customer}"));
    for path in ["/help", "/help/new", &format!("/help/tickets/{ticket}")] {
        assert_eq!(page(&staff_at_help, path).await.status, StatusCode::FORBIDDEN, "{path}");
        let as_it_is = stranger.clone().header("cookie", &format!("__Host-ferrodesk={staff}"));
        assert!(leads_to(&page(&as_it_is, path).await).starts_with("/help/sign-in"), "{path}");
    }
    for path in ["/desk/tickets", &format!("/desk/tickets/{ticket}")] {
        assert_eq!(page(&customer_at_desk, path).await.status, StatusCode::FORBIDDEN, "{path}");
        let as_it_is = stranger.clone().header("cookie", &format!("{COOKIE}={customer}"));
        assert!(leads_to(&page(&as_it_is, path).await).starts_with("/desk/sign-in"), "{path}");
    }
    assert_eq!(customer_at_desk.get("/desk/tickets").await.status, StatusCode::FORBIDDEN, "the staff's API");

    // One browser may be signed in at both, and out at one.
    let both = stranger.clone().header("cookie", &format!("__Host-ferrodesk={staff}; {COOKIE}={customer}"));
    assert!(is_in(&both).await);
    assert_eq!(page(&both, "/desk/tickets").await.status, StatusCode::OK);
    post(&both, "/help/sign-out", &[]).await;
    assert!(!is_in(&both).await);
    assert_eq!(page(&both, "/desk/tickets").await.status, StatusCode::OK);
}

#[tokio::test]
async fn every_sign_in_has_a_session_of_its_own_and_ends_the_one_before() {
    let desk = Desk::new().await;
    let (first, elsewhere) = (ann(&desk).await, ann(&desk).await);
    let answer = post(&first, SIGN_IN, &[("email", &desk.ann.email), ("password", PASSWORD)]).await;
    let second = with_cookie(&first, &answer);
    assert!(is_in(&second).await && is_in(&elsewhere).await);
    assert_eq!(leads_to(&page(&first, "/help").await), "/help/sign-in?next=%2Fhelp");
}

#[tokio::test]
async fn what_ends_the_session_ends_the_cookie_at_once() {
    let desk = Desk::new().await;
    let ticket = desk.ticket().await;
    let client = ann(&desk).await;
    assert!(is_in(&client).await);
    let out = post(&client, "/help/sign-out", &[]).await;
    assert_eq!(leads_to(&out), "/help/sign-in");
    assert!(cookie(&out, COOKIE).expect("a cookie").contains("Max-Age=0"));
    assert!(!is_in(&client).await, "signed out");

    let client = ann(&desk).await;
    desk.app.clock.advance(Duration::from_hours(14 * 24 - 1));
    assert!(is_in(&client).await, "within fourteen days");
    desk.app.clock.advance(Duration::from_hours(1));
    assert!(!is_in(&client).await, "after fourteen days");

    let client = ann(&desk).await;
    assert!(is_in(&client).await);
    desk.lock_out(&desk.ann).await;
    assert!(!is_in(&client).await, "locked out");
    let sent = post(&client, &format!("/help/tickets/{ticket}/reply"), &[("comment", "Hello?")]).await;
    assert_eq!(sent.status, StatusCode::UNAUTHORIZED);
    assert!(text(&sent).contains("You are signed out") && text(&sent).contains("/help/sign-in"), "{}", text(&sent));
    let again = post(&desk.app.stranger(), SIGN_IN, &[("email", &desk.ann.email), ("password", PASSWORD)]).await;
    assert!(text(&again).contains("Ask whoever gave it to you."), "{}", text(&again));
}

#[tokio::test]
async fn guesses_are_counted_together_with_those_at_the_api() {
    let desk = Desk::with(|config| config.login_failures_per_account = 3).await;
    let stranger = desk.app.stranger();
    let application = desk.app.application(&desk.acme);
    for _ in 0..2 {
        let answer = post(&stranger, SIGN_IN, &[("email", &desk.ann.email), ("password", "guess")]).await;
        assert_eq!(answer.status, StatusCode::FORBIDDEN);
    }
    let guess = serde_json::json!({ "username": desk.ann.email, "password": "guess" });
    assert_eq!(application.post_json("/user/login/", &guess).await.status, StatusCode::UNAUTHORIZED);
    let answer = post(&stranger, SIGN_IN, &[("email", &desk.ann.email), ("password", PASSWORD)]).await;
    assert_eq!(answer.status, StatusCode::TOO_MANY_REQUESTS);
    assert_eq!(answer.headers["retry-after"], "300");
    assert!(text(&answer).contains("Too many attempts"), "{}", text(&answer));
    desk.app.clock.advance(Duration::from_mins(5));
    leads_to(&post(&stranger, SIGN_IN, &[("email", &desk.ann.email), ("password", PASSWORD)]).await);
}

#[tokio::test]
async fn the_workspace_is_asked_for_only_if_there_are_several() {
    let desk = Desk::new().await;
    let stranger = desk.app.stranger();
    assert!(!text(&page(&stranger, SIGN_IN).await).contains("name=\"workspace\""));
    desk.app.workspace("Globex").await;
    let html = text(&page(&stranger, SIGN_IN).await);
    assert!(html.contains("name=\"workspace\"") && !html.contains("Acme") && !html.contains("Globex"), "{html}");
    leads_to(&post(&stranger, SIGN_IN, &fields("Acme", &desk.ann.email)).await);
    for elsewhere in ["Globex", "Nowhere", "", "Ac\0me"] {
        let answer = post(&stranger, SIGN_IN, &fields(elsewhere, &desk.ann.email)).await;
        assert_eq!(answer.status, StatusCode::FORBIDDEN, "{elsewhere:?}");
    }
}

fn fields<'a>(workspace: &'a str, email: &'a str) -> [(&'a str, &'a str); 3] {
    [("workspace", workspace), ("email", email), ("password", PASSWORD)]
}

#[rstest]
#[case("https://evil.example/help")]
#[case("//evil.example")]
#[case("/help/../desk")]
#[case("/desk/tickets")]
#[case("/helpful")]
#[case("javascript:alert(1)")]
#[tokio::test]
async fn nobody_is_sent_away_from_the_help_pages(#[case] next: &str) {
    let desk = Desk::new().await;
    let client = ann(&desk).await;
    let query = form_urlencoded::Serializer::new(String::new()).append_pair("next", next).finish();
    assert_eq!(leads_to(&page(&client, &format!("{SIGN_IN}?{query}")).await), "/help");
    assert_eq!(leads_to(&post(&client, "/help/look", &[("look", "dark"), ("next", next)]).await), "/help");
}
