//! `/desk/audit`

use std::time::Duration;

use serde_json::{Value, json};

use super::home::{assert_fields, ok};
use super::office::{Office, each, patch};

const PATH: &str = "/desk/audit";

#[tokio::test]
async fn it_tells_who_changed_what_and_when_the_newest_first() {
    let office = Office::new().await;
    let team = office.add("/desk/teams", &json!({ "name": "Billing" })).await;
    office.home.desk.app.clock.advance(Duration::from_secs(90));
    ok(&office.change(&format!("/desk/teams/{}", team["id"]), &json!({ "name": "Money", "active": false })).await);
    let page = office.read(PATH).await;
    let (newest, oldest) = (&page["entries"][0], &page["entries"][1]);
    assert!(newest["id"].as_i64() > oldest["id"].as_i64(), "{page}");
    let expected = json!({
        "id": newest["id"], "actor": office.ada.requester.user, "at": "2027-01-15T08:01:30Z", "kind": "team.changed",
        "subject": team["id"], "before": { "name": "Billing", "active": true },
        "after": { "name": "Money", "active": false },
    });
    assert_eq!(newest, &expected);
    assert_eq!((&oldest["kind"], &oldest["at"]), (&json!("team.added"), &json!("2027-01-15T08:00:00Z")));
    assert_eq!((&oldest["before"], &oldest["after"]["name"]), (&Value::Null, &json!("Billing")));
    assert_eq!(page["entries"].as_array().expect("entries").len(), 2);
}

#[tokio::test]
async fn filters_and_pages_go_together() {
    let office = Office::new().await;
    let clock = &office.home.desk.app.clock;
    for number in 0..5 {
        office.add("/desk/teams", &json!({ "name": number.to_string() })).await;
        ok(&patch(&office.home.agent, "/desk/me", &json!({ "name": number.to_string() })).await);
        clock.advance(Duration::from_mins(1));
    }
    let (ada, gus) = (office.ada.requester.user, office.home.gus.requester.user);
    let count = async |query: &str| office.read(&format!("{PATH}?{query}")).await["entries"].as_array().map(Vec::len);
    assert_eq!(count("").await, Some(10));
    assert_eq!(count(&format!("actor={ada}")).await, Some(5));
    assert_eq!(count(&format!("actor={gus}&kind=user.changed")).await, Some(5));
    assert_eq!(count(&format!("actor={gus}&kind=team.added")).await, Some(0));
    let between = "from=2027-01-15T08:01:00Z&before=2027-01-15T09:03:00%2B01:00";
    assert_eq!(count(between).await, Some(4));
    assert_eq!(count(&format!("{between}&kind=team.added")).await, Some(2));
    let (mut seen, mut path) = (Vec::new(), format!("{PATH}?kind=team.added&limit=2"));
    loop {
        let answer = office.admin.get(&path).await;
        seen.extend(each(&ok(&answer)["entries"], "after").iter().map(|after| after["name"].clone()));
        let link = answer.header("link").to_owned();
        let Some(next) = link.strip_prefix("</api/v1").and_then(|rest| rest.strip_suffix(">; rel=\"next\"")) else {
            break;
        };
        path = next.to_owned();
    }
    assert_eq!(seen, ["4", "3", "2", "1", "0"]);
    let wrong = "It must be a time such as 2026-11-24T09:00:00Z (RFC 3339).";
    assert_fields(&office.admin.get(&format!("{PATH}?from=yesterday")).await, &[("from", wrong)]);
    assert_fields(&office.admin.get(&format!("{PATH}?actor=ada")).await, &[("actor", "It must be a number.")]);
    assert_eq!(office.admin.get(&format!("{PATH}?cursor=eHg")).await.status.as_u16(), 400);
}

#[tokio::test]
async fn it_cannot_be_changed() {
    let office = Office::new().await;
    office.add("/desk/teams", &json!({ "name": "Billing" })).await;
    for sql in ["UPDATE audit SET actor_id = 0", "DELETE FROM audit"] {
        let tried = office.home.desk.app.state.store().write(move |tx| Ok(tx.execute(sql, &[])?)).await;
        assert!(tried.is_err(), "{sql}");
    }
    assert_eq!(office.entries().await, 1);
}
