//! Pages that the browser fetches before anybody asks for them.

use ferrodesk::domain::user::Role;
use serde_json::{Value, json};

use super::{page, signed_in, text};
use crate::support::Desk;

#[tokio::test]
async fn pages_say_what_may_be_fetched_ahead_and_that_is_nothing_that_does_anything() {
    let desk = Desk::new().await;
    let agent = desk.app.user(&desk.acme, "hana@acme.example", Role::Agent).await;
    let console = signed_in(&desk, &agent).await;
    let address = page(&console, "/desk/tickets").await.header("speculation-rules").trim_matches('"').to_owned();
    let rules = page(&console, &address).await;
    assert_eq!(rules.header("content-type"), "application/speculationrules+json");
    let rules: Value = serde_json::from_str(&text(&rules)).expect("JSON");
    let [rule] = rules["prefetch"].as_array().expect("rules").as_slice() else { panic!("{rules}") };
    assert_eq!(rules.as_object().expect("an object").len(), 1, "pages are not rendered ahead, which would run scripts");
    // What is on these pages is read and never changed by asking for it.
    let paths = json!(["/desk/tickets?*", "/desk/tickets/*", "/desk/settings/*", "/help/*"]);
    assert_eq!(rule["where"]["and"][0]["href_matches"], paths);
}

#[tokio::test]
async fn a_ticket_that_was_only_fetched_ahead_is_still_unread() {
    let desk = Desk::new().await;
    let agent = desk.app.user(&desk.acme, "hana@acme.example", Role::Agent).await;
    let console = signed_in(&desk, &agent).await;
    let api = desk.app.stranger().header("authorization", &format!("Bearer {}", agent.token));
    let ticket = desk.ticket().await;
    let unread = async || api.get(&format!("/desk/tickets/{ticket}")).await.json()["unread"].clone();
    let path = format!("/desk/tickets/{ticket}?view=all");
    page(&console.clone().header("sec-purpose", "prefetch"), &path).await;
    page(&console.clone().header("sec-purpose", "prefetch;prerender"), &path).await;
    assert_eq!(unread().await, true);
    page(&console, &path).await;
    // The page does not wait for the mark.
    for _ in 0..200 {
        if unread().await == false {
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(25)).await;
    }
    panic!("it is never seen");
}
