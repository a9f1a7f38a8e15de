//! Signing in, and what ends it.

use std::time::Duration;

use ferrodesk::app::manage::users;
use ferrodesk::domain::Clock as _;
use ferrodesk::domain::user::{Email, Role};
use http::StatusCode;
use rstest::rstest;

use super::{agent, cookie, leads_to, page, post, signed_in, text, with_cookie};
use crate::support::{Desk, PASSWORD};

const SIGN_IN: &str = "/desk/sign-in";

#[tokio::test]
async fn the_cookie_is_bound_to_the_host_and_only_its_hash_is_kept() {
    let desk = Desk::new().await;
    let hana = desk.app.user(&desk.acme, "hana@acme.example", Role::Agent).await;
    let stranger = desk.app.stranger();
    let fields = [("email", " HANA@acme.example "), ("password", PASSWORD), ("next", "/desk/tickets?view=all")];
    let answer = post(&stranger, SIGN_IN, &fields).await;
    assert_eq!(leads_to(&answer), "/desk/sign-in?signed-in=1&next=%2Fdesk%2Ftickets%3Fview%3Dall");
    let set = cookie(&answer, "__Host-ferrodesk").expect("a cookie");
    for attribute in ["HttpOnly", "SameSite=Lax", "Secure", "Path=/", "Max-Age=1209600"] {
        assert!(set.split("; ").any(|given| given == attribute), "{set} has no {attribute}");
    }
    assert!(!set.contains("Domain"), "{set}");
    let token = set.split([';', '=']).nth(1).expect("a value");
    assert_eq!(token.len(), 43, "256 bits");
    let kept = desk.app.kept("SELECT token_hash FROM console_cookie").await;
    assert_eq!(kept, [ferrodesk::identity::apikey::sha256(token.as_bytes())]);

    let client = with_cookie(&stranger, &answer);
    let back = page(&client, "/desk/sign-in?signed-in=1&next=%2Fdesk%2Ftickets%3Fview%3Dall").await;
    assert_eq!(leads_to(&back), "/desk/tickets?view=all");
    assert!(text(&page(&client, "/desk/tickets").await).contains(&hana.email));
    // Without the cookie, the browser is to blame.
    let page = page(&stranger, "/desk/sign-in?signed-in=1").await;
    assert!(text(&page).contains("did not keep the sign-in"), "{}", text(&page));
}

#[tokio::test]
async fn every_sign_in_has_a_session_of_its_own_and_ends_the_one_before() {
    let desk = Desk::new().await;
    let hana = desk.app.user(&desk.acme, "hana@acme.example", Role::Agent).await;
    let first = signed_in(&desk, &hana).await;
    let elsewhere = signed_in(&desk, &hana).await;
    let answer = post(&first, SIGN_IN, &[("email", &hana.email), ("password", PASSWORD)]).await;
    let second = with_cookie(&first, &answer);
    assert_eq!(page(&second, "/desk/tickets").await.status, StatusCode::OK);
    assert_eq!(page(&elsewhere, "/desk/tickets").await.status, StatusCode::OK);
    assert_eq!(leads_to(&page(&first, "/desk/tickets").await), "/desk/sign-in?next=%2Fdesk%2Ftickets");
}

#[tokio::test]
async fn customers_are_told_that_the_desk_is_for_staff_and_strangers_nothing() {
    let desk = Desk::new().await;
    let stranger = desk.app.stranger();
    let answer = post(&stranger, SIGN_IN, &[("email", &desk.ann.email), ("password", PASSWORD)]).await;
    assert_eq!(answer.status, StatusCode::FORBIDDEN);
    assert!(text(&answer).contains("This desk is for staff."), "{}", text(&answer));
    assert_eq!(cookie(&answer, "__Host-ferrodesk"), None);
    let wrong = post(&stranger, SIGN_IN, &[("email", &desk.ann.email), ("password", "wrong")]).await;
    let unknown = post(&stranger, SIGN_IN, &[("email", "ann@nowhere.exa"), ("password", "wrong")]).await;
    assert_eq!(text(&wrong).replace(&desk.ann.email, ""), text(&unknown).replace("ann@nowhere.exa", ""));
    let nothing = post(&stranger, SIGN_IN, &[("email", ""), ("password", "")]).await;
    assert_eq!(nothing.status, StatusCode::UNPROCESSABLE_ENTITY);
}

#[tokio::test]
async fn what_ends_the_session_ends_the_cookie_at_once() {
    let desk = Desk::new().await;
    let hana = desk.app.user(&desk.acme, "hana@acme.example", Role::Agent).await;
    let is_in = async |client| page(&client, "/desk/tickets").await.status == StatusCode::OK;

    let client = signed_in(&desk, &hana).await;
    assert!(is_in(client.clone()).await);
    let out = post(&client, "/desk/sign-out", &[]).await;
    assert!(cookie(&out, "__Host-ferrodesk").expect("a cookie").contains("Max-Age=0"));
    assert!(!is_in(client).await, "signed out");

    let client = signed_in(&desk, &hana).await;
    assert!(is_in(client.clone()).await);
    let (workspace, at) = (desk.acme.id, desk.app.clock.now());
    let email = Email::parse(&hana.email).expect("an e-mail address");
    let hash = desk.app.read(move |tx| {
        Ok(users::find(tx, workspace, &Email::parse("hana@acme.example").expect("one"))?.password_hash)
    });
    let hash = hash.await.expect("a hash");
    desk.app.write(move |tx| users::set_password(tx, workspace, &email, &hash, at)).await;
    assert!(!is_in(client).await, "another password");

    let client = signed_in(&desk, &hana).await;
    desk.app.clock.advance(Duration::from_hours(14 * 24 - 1));
    assert!(is_in(client.clone()).await, "within fourteen days");
    desk.app.clock.advance(Duration::from_hours(1));
    assert!(!is_in(client).await, "after fourteen days");

    let client = signed_in(&desk, &hana).await;
    assert!(is_in(client.clone()).await);
    desk.lock_out(&hana).await;
    assert!(!is_in(client.clone()).await, "locked out");
    let sent = post(&client, "/desk/tickets/1/change", &[("status", "closed")]).await;
    assert_eq!(sent.status, StatusCode::UNAUTHORIZED);
    assert!(text(&sent).contains("You are signed out"), "{}", text(&sent));
}

#[tokio::test]
async fn guesses_are_counted_together_with_those_at_the_api() {
    let desk = Desk::with(|config| config.login_failures_per_account = 3).await;
    let hana = desk.app.user(&desk.acme, "hana@acme.example", Role::Agent).await;
    let stranger = desk.app.stranger();
    let application = desk.app.application(&desk.acme);
    for _ in 0..2 {
        let answer = post(&stranger, SIGN_IN, &[("email", &hana.email), ("password", "guess")]).await;
        assert_eq!(answer.status, StatusCode::FORBIDDEN);
    }
    let guess = serde_json::json!({ "username": hana.email, "password": "guess" });
    assert_eq!(application.post_json("/user/login/", &guess).await.status, StatusCode::UNAUTHORIZED);
    let answer = post(&stranger, SIGN_IN, &[("email", &hana.email), ("password", PASSWORD)]).await;
    assert_eq!(answer.status, StatusCode::TOO_MANY_REQUESTS);
    assert_eq!(answer.headers["retry-after"], "300");
    assert!(text(&answer).contains("Too many attempts"), "{}", text(&answer));
    desk.app.clock.advance(Duration::from_mins(5));
    leads_to(&post(&stranger, SIGN_IN, &[("email", &hana.email), ("password", PASSWORD)]).await);
}

#[tokio::test]
async fn the_workspace_is_asked_for_only_if_there_are_several() {
    let desk = Desk::new().await;
    let hana = desk.app.user(&desk.acme, "hana@acme.example", Role::Agent).await;
    let stranger = desk.app.stranger();
    assert!(!text(&page(&stranger, SIGN_IN).await).contains("name=\"workspace\""));
    desk.app.workspace("Globex").await;
    assert!(text(&page(&stranger, SIGN_IN).await).contains("name=\"workspace\""));
    let of = |workspace: &'static str| {
        let fields =
            [("workspace", workspace), ("email", &*hana.email), ("password", PASSWORD)].map(|(n, v)| (n, v.to_owned()));
        let stranger = stranger.clone();
        async move {
            let fields: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
            post(&stranger, SIGN_IN, &fields).await
        }
    };
    leads_to(&of("Acme").await);
    for elsewhere in ["Globex", "Nowhere", "", "Ac\0me"] {
        assert_eq!(of(elsewhere).await.status, StatusCode::FORBIDDEN, "{elsewhere:?}");
    }
}

#[rstest]
#[case("https://evil.example/desk")]
#[case("//evil.example")]
#[case("/\\evil.example")]
#[case("/desk/../docs")]
#[case("javascript:alert(1)")]
#[tokio::test]
async fn nobody_is_sent_away_from_the_console(#[case] next: &str) {
    let desk = Desk::new().await;
    let client = agent(&desk).await;
    let query = form_urlencoded::Serializer::new(String::new()).append_pair("next", next).finish();
    assert_eq!(leads_to(&page(&client, &format!("/desk/sign-in?{query}")).await), "/desk");
    assert_eq!(leads_to(&post(&client, "/desk/look", &[("look", "dark"), ("next", next)]).await), "/desk");
}
