//! Which list of tickets an address asks for, and addresses that ask for another.

use crate::app::desk::built_in_views::BuiltInView;
use crate::domain::user::Requester;
use crate::domain::{CategoryId, TagId, TeamId, UserId};
use crate::http::extract::Form;
use crate::http::words::{PriorityWord, StatusWord};
use crate::storage::queries::desk_tickets::{DeskFilter, Sort, Whose};

/// The parameters of a list's address, in the order in which we write them.
const NAMES: [&str; 10] =
    ["view", "status", "priority", "category", "tag", "assignee", "team", "requester", "q", "sort"];

/// Where the page begins.
const AFTER: &str = "after";

/// What a list's address says. What it says that cannot be is taken for not said.
#[derive(Clone, Debug)]
pub struct ListQuery {
    pub view: BuiltInView,
    /// Names of ours, and what the address gives for them.
    given: Vec<(&'static str, String)>,
    pub after: Option<Vec<i64>>,
}

impl ListQuery {
    /// Reads the query of an address.
    pub fn parse(query: &str) -> Self {
        let form = Form::from_urlencoded(query.as_bytes());
        let given: Vec<_> = NAMES.into_iter().filter_map(|name| Some((name, form.text(name).ok()?))).collect();
        let view = form.parameter("view").and_then(|word| BuiltInView::from_word(&word)).unwrap_or(BuiltInView::Open);
        let after = form.parameter(AFTER).and_then(|key| key.split('.').map(|part| part.parse().ok()).collect());
        Self { view, given, after }
    }

    /// What is given for `name`; empty if nothing is.
    pub fn get(&self, name: &str) -> &str {
        self.given.iter().find(|(given, _)| *given == name).map_or("", |(_, value)| value)
    }

    fn number(&self, name: &str) -> Option<i64> {
        self.get(name).parse().ok()
    }

    /// The order of the list.
    pub fn sort(&self) -> Sort {
        sort(self.get("sort")).unwrap_or(match self.view {
            // What has waited longest wants an answer first.
            BuiltInView::Open | BuiltInView::Unassigned => Sort::Oldest,
            _ => Sort::Newest,
        })
    }

    /// What the list is narrowed down to: the view, and within it what else is given.
    pub fn filter(&self, staff: &Requester) -> DeskFilter {
        let mut filter = self.view.filter(staff);
        if let Some(StatusWord(status)) = StatusWord::parse(self.get("status")) {
            filter.statuses = vec![status];
        }
        filter.priorities = PriorityWord::parse(self.get("priority")).map(|word| word.0).into_iter().collect();
        filter.categories = self.number("category").map(CategoryId).into_iter().collect();
        filter.tags = self.number("tag").map(TagId).into_iter().collect();
        filter.requester = self.number("requester").map(UserId);
        filter.assignee = match self.get("assignee") {
            "me" => Some(Whose::Is(staff.user)),
            "none" => Some(Whose::Nobodys),
            _ => self.number("assignee").map(|id| Whose::Is(UserId(id))).or(filter.assignee),
        };
        filter.team = match self.get("team") {
            "none" => Some(Whose::Nobodys),
            _ => self.number("team").map(|id| Whose::Is(TeamId(id))),
        };
        filter.text = Some(self.get("q").to_owned()).filter(|text| !text.is_empty());
        filter
    }

    /// The names that narrow the view down further.
    pub fn narrowing(&self) -> impl Iterator<Item = (&'static str, &str)> {
        let of_the_list = |name: &str| name == "view" || name == "sort";
        self.given.iter().filter(move |(name, _)| !of_the_list(name)).map(|(name, value)| (*name, value.as_str()))
    }

    /// The query of this list from its beginning, without what is given for `dropped`.
    pub fn without(&self, dropped: &str) -> String {
        self.written(dropped, None)
    }

    /// The query of this page of the list.
    pub fn here(&self) -> String {
        self.written("", self.after.as_deref())
    }

    /// The query of the page after the ticket with this key.
    pub fn page_after(&self, key: &[i64]) -> String {
        self.written("", Some(key))
    }

    fn written(&self, dropped: &str, after: Option<&[i64]>) -> String {
        let mut query = form_urlencoded::Serializer::new(String::new());
        query.append_pair("view", self.view.word());
        for (name, value) in self.given.iter().filter(|(name, _)| *name != dropped && *name != "view") {
            query.append_pair(name, value);
        }
        if let Some(key) = after {
            let parts: Vec<String> = key.iter().map(i64::to_string).collect();
            query.append_pair(AFTER, &parts.join("."));
        }
        query.finish()
    }
}

/// The order with this word.
fn sort(word: &str) -> Option<Sort> {
    SORTS.into_iter().find(|(known, _)| *known == word).map(|(_, sort)| sort)
}

/// All orders, by the words for them in addresses.
pub const SORTS: [(&str, Sort); 5] = [
    ("newest", Sort::Newest),
    ("oldest", Sort::Oldest),
    ("last-opened", Sort::LastOpened),
    ("first-opened", Sort::FirstOpened),
    ("urgent", Sort::Urgent),
];
