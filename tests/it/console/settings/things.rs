//! What is particular to one part of the settings.

use super::*;

#[tokio::test]
async fn an_apikey_is_shown_once_works_and_is_revoked() {
    let office = Office::new().await;
    let answer = office.send("apikeys/new", &[("name", "Shop")]).await;
    let html = text(&answer);
    assert_eq!(answer.headers["cache-control"], "no-store");
    let key = html.split_once("class=\"secret\">").and_then(|(_, rest)| rest.split_once('<')).expect("a key").0;
    assert!(key.starts_with("fdk_") && html.contains("Copy it now"), "{html}");
    let application = office.desk.client.clone().header("apikey", key);
    assert_eq!(application.get("/support/get/category-list/").await.status, StatusCode::OK);

    let list = office.look("apikeys").await;
    let id = ids(&list, "apikeys").into_iter().max().expect("an id");
    let path = format!("apikeys/{id}");
    let page = office.look(&path).await;
    for html in [&list, &page, &office.look("audit").await] {
        assert!(!html.contains(key) && !html.contains(&key[12..]), "{html}");
    }
    for kept in office.desk.app.kept_answers().await {
        assert!(!String::from_utf8_lossy(&kept).contains(key), "it is kept in the clear");
    }
    let version = page.split_once("name=\"version\" value=\"").and_then(|(_, rest)| rest.split_once('"'));
    let fields = [("version", version.expect("a version").0)];
    assert_eq!(
        leads_to(&post(&office.admin, &format!("{SETTINGS}/{path}/remove"), &fields).await),
        "/desk/settings/apikeys"
    );
    assert_eq!(application.get("/support/get/category-list/").await.status, StatusCode::UNAUTHORIZED);
    let page = office.look(&path).await;
    assert!(page.contains("Revoked") && !page.contains("Revoke this key"), "{page}");
}

#[tokio::test]
async fn ones_own_password_is_changed_by_who_knows_it_and_they_stay_signed_in() {
    let office = Office::new().await;
    let elsewhere = signed_in(&office.desk, &office.ada).await;
    let new = "another long password";
    let answer = office.send("me", &[("name", "Ada K."), ("current", "guess"), ("new", new)]).await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    let html = text(&answer);
    assert!(html.contains("That is not your current password.") && html.contains("Ada K."), "{html}");
    assert!(!html.contains("guess") && !html.contains(new), "{html}");

    let answer = office.send("me", &[("name", "Ada K."), ("current", PASSWORD), ("new", new)]).await;
    assert_eq!(leads_to(&answer), "/desk/settings/me");
    let here = super::super::with_cookie(&office.admin, &answer);
    assert!(text(&page(&here, "/desk/settings/me").await).contains("Ada K."));
    leads_to(&page(&elsewhere, "/desk/settings/me").await);
    let stranger = office.desk.app.stranger();
    let old = post(&stranger, "/desk/sign-in", &[("email", &office.ada.email), ("password", PASSWORD)]).await;
    assert_eq!(old.status, StatusCode::FORBIDDEN);
    leads_to(&post(&stranger, "/desk/sign-in", &[("email", &office.ada.email), ("password", new)]).await);
}

#[tokio::test]
async fn single_keys_are_turned_off_and_on() {
    let office = Office::new().await;
    let shown = untouched(&office.look("me").await);
    let ticked = |fields: &[(String, String)]| fields.iter().any(|(name, _)| name == "shortcuts");
    let mut other = shown.clone();
    other.retain(|(name, _)| name != "shortcuts");
    if !ticked(&shown) {
        other.push(("shortcuts".to_owned(), "yes".to_owned()));
    }
    leads_to(&send_all(&office.admin, "me", &other).await);
    assert_ne!(ticked(&untouched(&office.look("me").await)), ticked(&shown));
}

#[tokio::test]
async fn who_is_put_into_a_team_elsewhere_meanwhile_stays_in_it() {
    let office = Office::new().await;
    let (hana, _) = office.hire("hana@acme.example", Role::Agent).await;
    let user = hana.requester.user.to_string();
    let [first, second] =
        [office.add("teams", &[("name", "One")]).await, office.add("teams", &[("name", "Two")]).await];
    let path = format!("users/{user}");
    let seen = untouched(&office.look(&path).await);
    leads_to(&office.send(&format!("teams/{first}"), &[("members", &user)]).await);
    leads_to(&send_all(&office.admin, &path, &touched(seen, &[("teams", &second.to_string())])).await);
    for team in [first, second] {
        let members = untouched(&office.look(&format!("teams/{team}")).await);
        assert!(members.contains(&("members".to_owned(), user.clone())), "{team}: {members:?}");
    }
}

#[tokio::test]
async fn categories_are_put_in_order() {
    let office = Office::new().await;
    let last = office.add("categories", &[("name", "Returns")]).await;
    leads_to(&office.send(&format!("categories/{last}"), &[("place", "1")]).await);
    let html = office.look("categories").await;
    assert!(html.find(">Returns<") < html.find(">Billing<"), "{html}");
}

#[tokio::test]
async fn requesters_are_found_and_come_in_pages() {
    let office = Office::new().await;
    let staff = office.desk.app.stranger().header("authorization", &format!("Bearer {}", office.ada.token));
    for number in 0..55 {
        let body = json!({ "email": format!("c{number:02}@customer.example"), "name": format!("Name {number}") });
        assert_eq!(staff.post_json("/desk/requesters", &body).await.status, StatusCode::CREATED);
    }
    let first = office.look("requesters?q=C").await;
    assert_eq!(ids(&first, "requesters").len(), 50);
    let next = first.split_once("rel=\"next\" href=\"").and_then(|(_, rest)| rest.split_once('"')).expect("a link").0;
    let next = next.replace("&#38;", "&");
    let second = text(&page(&office.admin, &next).await);
    assert_eq!(ids(&second, "requesters").len(), 5, "{second}");
    assert!(second.contains("c54@customer.example") && !second.contains("rel=\"next\""));
    let found = office.look("requesters?q=Name+54").await;
    assert_eq!(ids(&found, "requesters").len(), 1, "{found}");
}

#[tokio::test]
async fn the_audit_log_tells_names_and_is_narrowed_down() {
    let office = Office::new().await;
    let (hana, _) = office.hire("hana@acme.example", Role::Agent).await;
    office.desk.name(hana.requester, "Hana Sato").await;
    let team = office.add("teams", &[("name", "Support")]).await;
    office.desk.app.clock.advance(std::time::Duration::from_hours(48));
    let fields = [("name", "Helpers"), ("members", &*hana.requester.user.to_string())];
    leads_to(&office.send(&format!("teams/{team}"), &fields).await);
    office.add("tags", &[("tag", "Urgent"), ("keyword", "urgent")]).await;
    let rows = |html: &str| html.matches("<th scope=\"row\">").count();
    let all = office.look("audit").await;
    assert_eq!(rows(&all), 3, "{all}");
    assert!(all.find("Tag added: Urgent") < all.find("Team changed: Helpers"), "the newest first");
    for words in ["Ada Lovelace", "<del>Support</del>", "<ins>Helpers</ins>", "<ins>Hana Sato</ins>", "Members"] {
        assert!(all.contains(words), "no {words} in {all}");
    }
    let ada = office.ada.requester.user;
    for (query, expected) in [
        (format!("actor={ada}"), 3),
        (format!("actor={}", hana.requester.user), 0),
        ("thing=team".to_owned(), 2),
        ("doing=added".to_owned(), 2),
        ("thing=team&doing=changed".to_owned(), 1),
        ("thing=workspace&doing=added".to_owned(), 0),
        (format!("thing=team&subject={team}"), 2),
        ("until=2027-01-15".to_owned(), 1),
        ("from=2027-01-16".to_owned(), 2),
        ("from=nonsense&thing=nothing".to_owned(), 3),
    ] {
        let html = office.look(&format!("audit?{query}")).await;
        assert_eq!(rows(&html), expected, "{query}: {html}");
    }
}

#[tokio::test]
async fn what_one_owns_is_nobody_elses_business() {
    let office = Office::new().await;
    let (_, hana) = office.hire("hana@acme.example", Role::Agent).await;
    let own = fill(&hana, "canned-replies/new", &[("shortcut", "hers"), ("body", "Hers alone")]).await;
    leads_to(&own);
    let html = text(&page(&hana, &format!("{SETTINGS}/canned-replies")).await);
    let id = ids(&html, "canned-replies")[0];
    assert!(!text(&page(&hana, &format!("{SETTINGS}/canned-replies/new")).await).contains("name=\"shared\""));
    assert!(!office.look("canned-replies").await.contains("hers"));
    let path = format!("{SETTINGS}/canned-replies/{id}");
    assert_eq!(page(&office.admin, &path).await.status, StatusCode::NOT_FOUND);
    assert_eq!(post(&office.admin, &format!("{path}/remove"), &[]).await.status, StatusCode::NOT_FOUND);
    let shared = fill(&hana, "canned-replies/new", &[("shortcut", "ours"), ("body", "x"), ("shared", "yes")]).await;
    let html = text(&page(&hana, &format!("{SETTINGS}/canned-replies")).await);
    assert!(shared.status == StatusCode::FORBIDDEN || html.contains("Yours"), "{html}");
    assert!(!office.look("canned-replies").await.contains("ours<"), "an agent's reply is everybody's");
}
