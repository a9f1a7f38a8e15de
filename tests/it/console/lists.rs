//! The console's lists of tickets, over HTTP.

use ferrodesk::domain::user::Role;
use http::{Method, StatusCode};
use rstest::rstest;
use serde_json::{Value, json};

use super::{leads_to, page, post, signed_in, text};
use crate::support::{Client, Desk, SignedIn};

/// A desk with an agent, at the console and at the API.
struct Lists {
    desk: Desk,
    agent: SignedIn,
    console: Client,
    api: Client,
}

impl Lists {
    async fn new() -> Self {
        let desk = Desk::new().await;
        let agent = desk.app.user(&desk.acme, "hana@acme.example", Role::Agent).await;
        let console = signed_in(&desk, &agent).await;
        let api = desk.app.stranger().header("authorization", &format!("Bearer {}", agent.token));
        Self { desk, agent, console, api }
    }

    /// A ticket with this subject, changed so by the agent.
    async fn ticket(&self, subject: &str, change: Value) -> i64 {
        self.desk.app.clock.advance(std::time::Duration::from_mins(1));
        let fields = self.desk.ticket_fields().with("subject", subject);
        let ticket = self.desk.client.post_json(crate::support::CREATE, &fields.json()).await.ticket_id();
        let path = format!("/desk/tickets/{ticket}");
        let changed = self.api.send(Method::PATCH, &path, Some("application/json"), change.to_string()).await;
        assert!(changed.status.is_success(), "{}", changed.json());
        ticket
    }

    /// A view that `client` saves.
    async fn view(client: &Client, name: &str, query: &str) -> i64 {
        let saved = client.post_json("/desk/views", &json!({ "name": name, "query": query })).await.json();
        saved["id"].as_i64().expect("an id")
    }

    /// The page of a list.
    async fn shown(&self, query: &str) -> String {
        let answer = page(&self.console, &format!("/desk/tickets?{query}")).await;
        assert_eq!(answer.status.as_u16(), 200, "{query}");
        text(&answer)
    }
}

/// The tickets on a page, in order. What else is below their address (a new one) has no number.
fn ids(html: &str) -> Vec<i64> {
    let links = html.split("href=\"/desk/tickets/").skip(1);
    links.filter_map(|link| link.split_once(['?', '"'])?.0.parse().ok()).collect()
}

/// Where the link with this text leads.
fn link(html: &str, text: &str) -> String {
    let before = html.split_once(&format!(">{text}<")).unwrap_or_else(|| panic!("no {text} in {html}")).0;
    let href = before.rsplit_once("href=\"").expect("a link").1.split('"').next().expect("an address");
    href.replace("&#38;", "&")
}

/// Four tickets that differ.
async fn four(lists: &Lists) -> Vec<i64> {
    let me = lists.agent.requester.user;
    let tag = lists.desk.acme.tag;
    vec![
        lists.ticket("Größe & 100%", json!({ "assignee": me, "priority": "high" })).await,
        lists.ticket("Dark theme", json!({ "status": "closed", "priority": "low" })).await,
        lists.ticket("Printed labels", json!({ "tags": [tag] })).await,
        lists.ticket("Later", json!({ "snoozed_until": "2999-01-01T00:00:00Z" })).await,
    ]
}

#[rstest]
#[case::everything("")]
#[case::two_statuses("status=open,closed")]
#[case::two_priorities("priority=high,low")]
#[case::order("sort=-priority")]
#[case::oldest("sort=updated")]
#[case::mine("assignee=me")]
#[case::nobodys("assignee=none&team=none")]
#[case::text("text=GR%C3%96SSE")]
#[case::text_with_wildcards("text=100%25")]
#[case::tag("tag=1")]
#[case::snoozed("snoozed=only")]
#[case::times("created_from=2027-01-15T08:02:00Z&updated_before=2027-01-15T08:04:00Z")]
#[tokio::test]
async fn an_address_of_the_console_says_what_the_api_s_says(#[case] query: &str) {
    let lists = Lists::new().await;
    four(&lists).await;
    let of_api =
        lists.api.get(&format!("/desk/tickets?snoozed=included&{query}").replace("included&snoozed=", "")).await;
    let of_api = of_api.json()["tickets"].as_array().expect("a list").iter().map(|t| t["id"].as_i64()).collect();
    let html = lists.shown(&format!("view=all&{query}")).await;
    assert_eq!(Some(ids(&html)), of_api, "{html}");
    assert!(!ids(&html).is_empty() && !html.contains("list-problem"), "{html}");
}

#[tokio::test]
async fn a_built_in_view_is_a_query_that_the_rest_of_the_address_narrows_down() {
    let lists = Lists::new().await;
    let tickets = four(&lists).await;
    let built_in = lists.api.get("/desk/views").await.json()["views"].clone();
    for (view, word) in built_in.as_array().expect("views").iter().zip(["mine", "unassigned", "open"]) {
        let query = view["query"].as_str().expect("a query");
        let same = lists.shown(&format!("view=all&snoozed=hidden&{query}")).await;
        assert_eq!(ids(&lists.shown(&format!("view={word}")).await), ids(&same), "{word}");
    }
    assert_eq!(ids(&lists.shown("view=mine&text=dark").await), [0; 0]);
    assert_eq!(ids(&lists.shown("view=all&text=dark").await), [tickets[1]]);
    // Of what the view says itself, the address has the last word.
    let html = lists.shown("view=closed&status=closed,processing&priority=&sort=created").await;
    assert_eq!(ids(&html), [tickets[0], tickets[1]]);
    assert!(html.contains("Status: Closed, Processing") && html.contains("selected>Closed, Processing<"), "{html}");
    assert!(!html.contains("Priority: "), "what is empty is not given: {html}");
}

#[rstest]
#[case::no_such_parameter("colour=red", "“colour”")]
#[case::no_such_value("status=ajar", "“status”")]
#[case::twice("sort=created&sort=updated", "“sort”")]
#[case::no_such_page("cursor=MQ", "The page of this address is not one of this list.")]
#[case::no_such_view("view=ours", "The view of this address is not there, or not yours.")]
#[case::hostile("%22%3E%3Cscript%3E=1", "“&#34;&#62;&#60;script&#62;”")]
#[tokio::test]
async fn what_cannot_be_read_is_named_beside_the_rest_of_the_list(#[case] query: &str, #[case] named: &str) {
    let lists = Lists::new().await;
    let ticket = four(&lists).await[2];
    let html = lists.shown(&format!("{query}&text=labels")).await;
    assert!(html.contains(named), "{html}");
    assert_eq!(ids(&html), [ticket], "{html}");
    assert_eq!(html.matches("list-problem").count(), 1);
    // Nothing on the page leads back to it.
    assert!(!html.contains("?colour") && !html.contains("&#38;colour") && !html.contains("cursor="), "{html}");
}

#[tokio::test]
async fn a_saved_view_is_shown_by_its_id_to_who_may_use_it() {
    let lists = Lists::new().await;
    let tickets = four(&lists).await;
    let own = Lists::view(&lists.api, "Urgent <mine>", "assignee=me&priority=high,medium&sort=created").await;
    let html = lists.shown(&format!("view={own}")).await;
    assert_eq!(ids(&html), [tickets[0]]);
    assert!(html.contains("<h1 class=\"title\">Urgent &#60;mine&#62;</h1>") && !html.contains("<mine>"), "{html}");
    assert_eq!(ids(&lists.shown(&format!("view={own}&assignee=none")).await), [tickets[2]]);
    let empty = lists.shown(&format!("view={own}&text=zebra")).await;
    assert!(empty.contains("Nothing matches these filters") && empty.contains(&format!("?view={own}\"")), "{empty}");

    let ina = lists.desk.app.user(&lists.desk.acme, "ina@acme.example", Role::Admin).await;
    let others = Lists::view(
        &lists.desk.app.stranger().header("authorization", &format!("Bearer {}", ina.token)),
        "Ina's",
        "priority=low&snoozed=included",
    )
    .await;
    let html = lists.shown(&format!("view={others}")).await;
    assert!(html.contains("is not there, or not yours") && !html.contains("Ina&#39;s"), "{html}");
    assert_eq!(ids(&html), [tickets[2]], "the open tickets");
}

#[tokio::test]
async fn pages_follow_each_other_to_the_end() {
    let lists = Lists::new().await;
    let mut tickets = Vec::new();
    lists.desk.set(Some(100), None).await;
    for _ in 0..52 {
        tickets.push(lists.desk.ticket().await);
    }
    let first = lists.shown("view=all&sort=created&priority=").await;
    assert_eq!(ids(&first), tickets[..50]);
    let next = link(&first, "Next page");
    assert!(!next.contains("priority"), "{next}");
    let second = text(&page(&lists.console, &next).await);
    assert_eq!(ids(&second), tickets[50..]);
    let beginning = text(&page(&lists.console, &link(&second, "Back to the beginning")).await);
    assert_eq!(ids(&beginning), tickets[..50]);
    // A ticket that was opened from the second page leads back to it.
    let ticket = text(
        &page(&lists.console, &format!("/desk/tickets/{}?{}", tickets[50], next.split_once('?').expect("a query").1))
            .await,
    );
    assert_eq!(ids(&ticket)[..2], tickets[50..]);
}

/// What the field `name` of a form on the page holds.
fn held(html: &str, name: &str) -> String {
    let field =
        html.split_once(&format!("name=\"{name}\" value=\"")).unwrap_or_else(|| panic!("no {name} in {html}")).1;
    field.split('"').next().expect("a value").replace("&#38;", "&")
}

#[tokio::test]
async fn a_view_is_saved_from_the_list_that_it_then_shows() {
    let lists = Lists::new().await;
    let tickets = four(&lists).await;
    let list = lists.shown("view=unassigned&status=open,closed&text=e&created_from=2027-01-15&sort=-priority").await;
    assert_eq!(ids(&list), [tickets[2], tickets[1]]);
    let query = held(&list, "query");
    let fields = [("query", &*query), ("name", " Not <mine> "), ("next", "/desk/tickets?view=unassigned")];
    let saved = post(&lists.console, "/desk/views", &fields).await;
    let html = text(&page(&lists.console, leads_to(&saved)).await);
    assert_eq!(ids(&html), ids(&list));
    let (_, own) = html.split_once("My views</h2>").expect("a heading");
    assert!(own.contains(">Not &#60;mine&#62;</span><span class=\"count\">2<"), "{own}");
    assert!(!html.contains("Shared views"), "{html}");

    let views = lists.api.get("/desk/views").await.json();
    let view = views["views"].as_array().expect("a list").last().expect("a view").clone();
    let expected = "status=open%2Cclosed&assignee=none&text=e&created_from=2027-01-15&sort=-priority";
    assert_eq!(
        (&view["name"], &view["query"], &view["shared"]),
        (&json!("Not <mine>"), &json!(expected), &json!(false))
    );
    assert_eq!(query, expected);

    // Saved again from itself, it is the same.
    assert_eq!(held(&html, "query"), expected);
    let deleted = post(&lists.console, &format!("/desk/views/{}/delete", view["id"]), &[]).await;
    assert_eq!(leads_to(&deleted), "/desk");
    assert!(lists.shown(&format!("view={}", view["id"])).await.contains("is not there, or not yours"));
}

#[rstest]
#[case::blank(" ")]
#[case::long(&"x".repeat(201))]
#[case::two_lines("one\ntwo")]
#[tokio::test]
async fn a_view_with_no_fit_name_is_asked_for_again(#[case] name: &str) {
    let lists = Lists::new().await;
    let fields = [("query", "status=open"), ("name", name), ("next", "/desk/tickets?view=mine"), ("shared", "yes")];
    let ina = lists.desk.app.user(&lists.desk.acme, "ina@acme.example", Role::Admin).await;
    let answer = post(&signed_in(&lists.desk, &ina).await, "/desk/views", &fields).await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    let html = text(&answer);
    assert!(html.contains("1 to 200 characters") && html.contains("href=\"/desk/tickets?view=mine\""), "{html}");
    assert_eq!((held(&html, "query"), held(&html, "name")), ("status=open".to_owned(), name.to_owned()));
    assert!(html.contains("name=\"shared\" value=\"yes\" checked"), "{html}");
    assert_eq!(lists.api.get("/desk/views").await.json()["views"].as_array().map(Vec::len), Some(7));
}

#[tokio::test]
async fn admins_save_and_delete_views_for_everybody_and_others_use_them() {
    let lists = Lists::new().await;
    four(&lists).await;
    let fields = [("query", "priority=high"), ("name", "Urgent"), ("shared", "yes")];
    assert_eq!(post(&lists.console, "/desk/views", &fields).await.status, StatusCode::FORBIDDEN);
    assert!(!lists.shown("view=all").await.contains("For everybody"));

    let ina = lists.desk.app.user(&lists.desk.acme, "ina@acme.example", Role::Admin).await;
    let ina = signed_in(&lists.desk, &ina).await;
    let saved = post(&ina, "/desk/views", &fields).await;
    let address = leads_to(&saved);
    assert!(text(&page(&ina, address).await).contains("It goes for everybody."));
    let html = text(&page(&lists.console, address).await);
    let (_, shared) = html.split_once("Shared views</h2>").expect("a heading");
    assert!(shared.contains(">Urgent</span>") && !html.contains("Delete this view"), "{html}");

    let delete = format!("/desk/views/{}/delete", address.split_once("view=").expect("an id").1);
    assert_eq!(post(&lists.console, &delete, &[]).await.status, StatusCode::FORBIDDEN);
    let own = Lists::view(&lists.api, "Own", "priority=low").await;
    for nobodys in [format!("/desk/views/{own}/delete"), "/desk/views/x/delete".to_owned()] {
        assert_eq!(post(&ina, &nobodys, &[]).await.status, StatusCode::NOT_FOUND, "{nobodys}");
    }
    leads_to(&post(&ina, &delete, &[]).await);
    assert!(!lists.shown("view=all").await.contains("Urgent"));
}

#[tokio::test]
async fn no_view_is_saved_that_no_list_can_show() {
    let lists = Lists::new().await;
    for query in ["colour=red", "status=ajar", "limit=5", "cursor=MQ"] {
        let answer = post(&lists.console, "/desk/views", &[("query", query), ("name", "V")]).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{query}");
    }
}

#[tokio::test]
async fn many_views_are_all_listed_and_the_first_twenty_counted() {
    let lists = Lists::new().await;
    four(&lists).await;
    for number in 0..22 {
        Lists::view(&lists.api, &format!("V{number}"), "snoozed=included").await;
    }
    let html = lists.shown("view=all").await;
    assert_eq!(html.matches("</span><span class=\"count\">4</span></a>").count(), 1 + 20, "{html}");
    assert_eq!(html.matches("<span class=\"count\"></span></a>").count(), 2, "{html}");
    let last = html.rsplit_once("title=\"V21\"").expect("the last").0.rsplit_once("view=").expect("its id").1;
    let id: String = last.chars().take_while(char::is_ascii_digit).collect();
    assert!(lists.shown(&format!("view={id}")).await.contains("id=\"total\" data-part>4<"));
}

#[tokio::test]
async fn days_are_offered_for_what_is_a_day_and_a_moment_stays_one() {
    let lists = Lists::new().await;
    let tickets = four(&lists).await;
    let html = lists.shown("view=all&created_from=2027-01-15&updated_before=2027-01-15T08:02:30Z&sort=created").await;
    assert_eq!(ids(&html), tickets[..2]);
    assert!(html.contains("type=\"date\" name=\"created_from\" value=\"2027-01-15\""), "{html}");
    assert!(html.contains("type=\"text\" name=\"updated_before\" value=\"2027-01-15T08:02:30Z\""), "{html}");
    assert!(html.contains("Opened from: 2027-01-15") && html.contains("<details class=\"more\" open>"), "{html}");
    assert_eq!(ids(&lists.shown("view=all&created_before=2027-01-15").await), [0; 0]);
}

#[tokio::test]
async fn a_preview_is_plain_text() {
    let lists = Lists::new().await;
    let fields =
        lists.desk.ticket_fields().with("comment", "# Help\n\n**Since** [Monday](https://a.example):\n- `<b>`");
    lists.desk.client.post_json(crate::support::CREATE, &fields.json()).await.ticket_id();
    let html = lists.shown("view=all").await;
    assert!(html.contains("<span class=\"preview\">Help Since Monday: &#60;b&#62;</span>"), "{html}");
}
