//! What forms do with what is wrong, with what changed meanwhile, and with being sent twice.

use super::*;

#[rstest]
#[case("teams/new", &[("name", "  ")], 422, "name", "Fill this in.")]
#[case("teams/new", &[("name", "a\u{7}b")], 422, "name", "all of them visible")]
#[case("teams/new", &[("name", "First")], 409, "name", "taken already")]
#[case("teams/new", &[("name", "New"), ("members", "999")], 422, "members", "Choose one of those")]
#[case("users/new", &[("email", "ada"), ("password", "long enough")], 422, "email", "not an e-mail address")]
#[case("users/new", &[("email", "ADA@acme.example"), ("password", "long enough")], 409, "email", "taken already")]
#[case("users/new", &[("email", "new@acme.example"), ("password", "tiny-pw")], 422, "password", "8 characters or more")]
#[case("users/new", &[("email", "new@acme.example"), ("password", "")], 422, "password", "Fill this in.")]
#[case("users/new", &[("email", "n@a.example"), ("password", "long enough"), ("role", "customer")], 422, "role", "Choose")]
#[case("requesters/new", &[("email", "ann@customer.example")], 409, "email", "taken already")]
#[case("categories/new", &[("name", "Billing")], 409, "name", "taken already")]
#[case("tags/new", &[("tag", "Refund"), ("keyword", "x")], 409, "tag", "taken already")]
#[case("canned-replies/new", &[("shortcut", "two words"), ("body", "x")], 422, "shortcut", "one word of 50")]
#[case("canned-replies/new", &[("shortcut", "one"), ("body", "")], 422, "body", "Fill this in.")]
#[case("apikeys/new", &[("name", "")], 422, "name", "Fill this in.")]
#[case("identity-providers/new", &[("issuer", "a"), ("audience", "b"), ("jwks_url", "http://evil.example/")], 422, "jwks_url", "begins with https")]
#[case("identity-providers/new", &[("issuer", "a"), ("audience", "b"), ("jwks_url", "https://a.example/"), ("algorithms", "HS256")], 422, "algorithms", "Choose one of those")]
#[case("workspace", &[("open_ticket_limit", "-1")], 422, "open_ticket_limit", "0 or more")]
#[case("workspace", &[("name", "Globex")], 409, "name", "taken already")]
#[tokio::test]
async fn what_is_wrong_is_said_at_its_field_and_nothing_typed_is_lost(
    #[case] path: &str,
    #[case] fields: &[(&str, &str)],
    #[case] status: u16,
    #[case] field: &str,
    #[case] words: &str,
) {
    let office = Office::new().await;
    office.add("teams", &[("name", "First")]).await;
    office.desk.app.workspace("Globex").await;
    let answer = office.send(path, fields).await;
    let html = text(&answer);
    assert_eq!(answer.status.as_u16(), status, "{html}");
    let problem = html.split_once(&format!("id=\"{field}-problem\"")).map(|(_, rest)| rest).unwrap_or_default();
    let problem = problem.split("</p>").next().unwrap_or_default();
    assert!(problem.contains(words), "{field}: {problem}");
    let kept = untouched(&html);
    for (name, value) in fields.iter().filter(|(name, value)| *name != "password" && !value.trim().is_empty()) {
        let is_offered = *value != "999" && *value != "customer" && *value != "HS256";
        assert_eq!(kept.iter().any(|(n, v)| n == name && v == value), is_offered, "{name} in {kept:?}");
    }
    assert!(fields.iter().all(|(name, value)| *name != "password" || value.is_empty() || !html.contains(value)));
}

#[tokio::test]
async fn the_last_admin_cannot_lock_the_door_behind_them() {
    let office = Office::new().await;
    let path = format!("users/{}", office.ada.requester.user);
    for change in [[("role", "agent")], [("active", "")]] {
        let mut fields = untouched(&office.look(&path).await);
        fields.retain(|(name, _)| name != change[0].0);
        fields.extend(change.iter().filter(|(_, v)| !v.is_empty()).map(|(n, v)| ((*n).to_owned(), (*v).to_owned())));
        let answer = send_all(&office.admin, &path, &fields).await;
        assert_eq!(answer.status, StatusCode::CONFLICT);
        assert!(text(&answer).contains("This is the last active administrator."), "{}", text(&answer));
    }
}

#[tokio::test]
async fn what_changed_meanwhile_comes_back_with_what_was_typed_and_how_it_is_now() {
    let office = Office::new().await;
    for path in office.things().await {
        let part = path.split('/').next().expect("a part");
        let (field, one, other) = match part {
            "apikeys" => continue,
            "tags" => ("keyword", "first", "second"),
            "canned-replies" => ("body", "First text", "Second text"),
            "identity-providers" => ("audience", "first", "second"),
            _ => ("name", "First", "Second"),
        };
        let seen = untouched(&office.look(&path).await);
        leads_to(&office.send(&path, &[(field, one)]).await);
        let answer = send_all(&office.admin, &path, &touched(seen, &[(field, other)])).await;
        let html = text(&answer);
        assert_eq!(answer.status, StatusCode::PRECONDITION_FAILED, "{path}: {html}");
        assert!(html.contains("Somebody changed this while you had it open.") && html.contains(&format!("Now: {one}")));
        let again = untouched(&html);
        assert!(again.iter().any(|(name, value)| name == field && value == other), "{again:?}");
        // Now that it has been seen, it may be had.
        leads_to(&send_all(&office.admin, &path, &again).await);
        let now = untouched(&office.look(&path).await);
        assert!(now.iter().any(|(name, value)| name == field && value == other), "{path}: {now:?}");
        if !["canned-replies", "views", "identity-providers"].contains(&part) {
            continue;
        }
        let stale = [("version", "stale"), ("key", "another")];
        let answer = post(&office.admin, &format!("{SETTINGS}/{path}/remove"), &stale).await;
        assert_eq!(answer.status, StatusCode::PRECONDITION_FAILED, "{path}");
        office.look(&path).await;
    }
}

#[tokio::test]
async fn a_form_that_is_sent_twice_adds_one() {
    let office = Office::new().await;
    let once: [(&str, &[(&str, &str)]); 3] = [
        ("teams", &[("name", "Support")]),
        ("apikeys", &[("name", "Shop")]),
        ("requesters", &[("email", "rik@customer.example")]),
    ];
    for (part, fields) in once {
        let path = format!("{part}/new");
        let before = ids(&office.look(part).await, part).len();
        let fields = touched(untouched(&office.look(&path).await), fields);
        let (first, again) =
            tokio::join!(send_all(&office.admin, &path, &fields), send_all(&office.admin, &path, &fields));
        assert_eq!(first.status, again.status, "{part}: {} {}", text(&first), text(&again));
        assert_eq!(ids(&office.look(part).await, part).len(), before + 1, "{part}");
        // The same form with something else in it was not meant to be the same.
        let other = touched(fields, &[("name", "Other"), ("email", "other@customer.example")]);
        let answer = send_all(&office.admin, &path, &other).await;
        assert_eq!(answer.status, StatusCode::CONFLICT, "{part}");
        assert!(text(&answer).contains("sent before with something else"), "{}", text(&answer));
        let answer = send_all(&office.admin, &path, &untouched(&text(&answer))).await;
        assert!(answer.status.is_redirection() || answer.status.is_success(), "{part}: {}", text(&answer));
        assert_eq!(ids(&office.look(part).await, part).len(), before + 2, "{part}");
    }
}
