//! Saved views: one's own, and those that all share. They are made where tickets are listed; here they get another name, or
//! go.

use super::canned_replies::whose;
use super::field::{Field, Values};
use super::sheet::Sheet;
use super::table::{Row, Table};
use super::{Resource, Work};
use crate::app::desk::directory::{Directory, directory};
use crate::app::desk::manage::parts::Part;
use crate::app::desk::manage::saved_views::{self, ViewChange};
use crate::domain::shortcut::SavedView;
use crate::domain::user::Requester;
use crate::domain::{Error, SavedViewId, Timestamp, UserId};
use crate::http::console::people::Person;
use crate::http::console::texts::{text, text_of, text_with};
use crate::http::desk::version::IfMatch;
use crate::http::extract::Form;
use crate::http::words::{PriorityWord, StatusWord};
use crate::storage::Tx;

/// The resource.
pub struct Views;

fn values(view: &SavedView) -> Values {
    Values::default().text("name", &view.name).text("query", &view.query).tick("shared", view.shared)
}

/// What a view's query asks for, in words.
pub fn in_words(query: &str, directory: &Directory) -> String {
    let parts: Vec<String> = form_urlencoded::parse(query.as_bytes())
        .map(|(name, value)| {
            let what: Vec<String> =
                value.split(',').map(|value| value_in_words(&name, value.trim(), directory)).collect();
            let name = text(&format!("filter-{}", name.replace('_', "-")));
            text_of("chip", &[("name", name), ("what", what.join(", "))])
        })
        .collect();
    if parts.is_empty() { text("view-all") } else { parts.join(" · ") }
}

fn value_in_words(name: &str, value: &str, directory: &Directory) -> String {
    let id = value.parse::<i64>().ok();
    let known = match (name, value) {
        ("status", word) => StatusWord::parse(word).map(|known| text(&format!("status-{}", known.word()))),
        ("priority", word) => PriorityWord::parse(word).map(|known| text(&format!("priority-{}", known.word()))),
        ("assignee", "me") => Some(text("assignee-me")),
        ("assignee", "none") => Some(text("assignee-none")),
        ("assignee", _) => id.and_then(|id| directory.member(UserId(id))).map(|member| Person::from(member).name),
        ("team", "none") => Some(text("team-none")),
        ("team", _) => directory.teams.iter().find(|team| Some(team.id.0) == id).map(|team| team.name.clone()),
        ("category", _) => directory.categories.iter().find(|found| Some(found.id.0) == id).map(|c| c.name.clone()),
        ("tag", _) => directory.tags.iter().find(|tag| Some(tag.id.0) == id).map(|tag| tag.tag.clone()),
        ("snoozed", word @ ("only" | "included" | "hidden")) => Some(text(&format!("snoozed-{word}"))),
        ("sort", word) => SORTS.iter().find(|(known, _)| *known == word).map(|(_, key)| text(key)),
        _ => None,
    };
    known.unwrap_or_else(|| text_with("quoted", "what", value))
}

/// The words for orders in a view's query, and what they are called.
const SORTS: [(&str, &str); 5] = [
    ("-updated", "sort-newest"),
    ("updated", "sort-oldest"),
    ("-created", "sort-last-opened"),
    ("created", "sort-first-opened"),
    ("-priority", "sort-urgent"),
];

impl Resource for Views {
    fn part(&self) -> Part {
        Part::Views
    }

    fn table(&self, tx: &mut dyn Tx, staff: &Requester, _: &Form) -> Result<Table, Error> {
        let directory = directory(tx, staff)?;
        let rows = saved_views::list(tx, staff)?.into_iter().map(|view| {
            let cells = vec![view.name.into(), in_words(&view.query, &directory).into(), whose(view.shared).into()];
            Row::new(view.id.0, cells).open_if(saved_views::check(staff, view.shared).is_ok())
        });
        Ok(Table { may_add: false, ..Table::new(&["name", "query", "whose"], rows) })
    }

    fn sheet(&self, tx: &mut dyn Tx, staff: &Requester, id: Option<i64>) -> Result<Sheet, Error> {
        let view = saved_views::read(tx, staff, SavedViewId(id.ok_or(Error::NotFound)?))?;
        saved_views::check(staff, view.shared)?;
        let query = in_words(&view.query, &directory(tx, staff)?);
        let sheet = Sheet::of(&view.name, &values(&view), vec![Field::line("name").required()])?;
        Ok(sheet.fact("query", query).fact("whose", whose(view.shared)).removal("remove-view"))
    }

    fn change(&self, tx: &mut dyn Tx, staff: &Requester, id: i64, work: &Work) -> Result<(), Error> {
        let change = ViewChange { name: Some(work.given.text("name").to_owned()), query: None };
        let unchanged = |now: &SavedView| work.seen.demand_of(&values(now));
        saved_views::change(tx, staff, SavedViewId(id), &change, &unchanged, work.at).map(drop)
    }

    fn remove(&self, tx: &mut dyn Tx, staff: &Requester, id: i64, seen: &IfMatch, at: Timestamp) -> Result<(), Error> {
        let unchanged = |now: &SavedView| seen.demand_of(&values(now));
        saved_views::remove(tx, staff, SavedViewId(id), &unchanged, at)
    }
}
