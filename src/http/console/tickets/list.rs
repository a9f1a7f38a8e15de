//! The list of tickets as a page shows it.

use askama::filters::Safe;

use super::query::{ListQuery, SORTS};
use crate::app::desk::directory::Directory;
use crate::app::desk::list_tickets::TicketList;
use crate::domain::{TicketId, Timestamp, UserId};
use crate::http::console::frame;
use crate::http::console::people::Person;
use crate::http::console::texts::{text, text_of, text_with};
use crate::http::console::times;
use crate::http::words::{PriorityWord, StatusWord};
use crate::storage::queries::desk_tickets::DeskTicket;

/// The list and what is around it.
pub struct ListPane {
    pub view: &'static str,
    pub title: String,
    pub total: String,
    pub rows: Vec<TicketRow>,
    pub next_page: Option<String>,
    /// The list from its beginning, if this is not it.
    pub first_page: Option<String>,
    pub chips: Vec<Chip>,
    pub search: String,
    pub selects: Vec<Select>,
    /// The parameters that the form of filters keeps.
    pub is_narrowed: bool,
    /// The list without all filters.
    pub unfiltered: String,
}

/// A ticket in the list.
pub struct TicketRow {
    pub id: TicketId,
    pub href: String,
    pub is_current: bool,
    /// Whether something happened to it that the reader has not seen.
    pub unread: bool,
    pub requester: Person,
    pub subject: String,
    pub preview: String,
    pub status: &'static str,
    pub priority: &'static str,
    pub tags: Vec<String>,
    pub assignee: Option<Person>,
    pub locked: bool,
    pub snoozed: bool,
    pub updated: Safe<String>,
}

/// A filter that is on, and the list without it.
pub struct Chip {
    pub name: String,
    pub href: String,
}

/// A field with choices.
#[derive(Clone, Debug)]
pub struct Select {
    pub name: &'static str,
    pub label: String,
    pub choices: Vec<Choice>,
}

impl Select {
    /// The key that leads to it on a ticket's page; empty if none does.
    pub fn key(&self) -> &'static str {
        match self.name {
            "assignee" => "a",
            "status" => "s",
            "priority" => "p",
            _ => "",
        }
    }
}

/// A choice of a field.
#[derive(Clone, Debug)]
pub struct Choice {
    pub value: String,
    pub label: String,
    pub chosen: bool,
}

impl Choice {
    /// A choice that is made if `chosen` is its value.
    pub fn new(value: &impl ToString, label: impl Into<String>, chosen: &str) -> Self {
        let value = value.to_string();
        Self { chosen: value == chosen, label: label.into(), value }
    }
}

impl ListPane {
    /// The pane for `list`, with `current` open beside it.
    pub fn new(
        query: &ListQuery,
        list: &TicketList,
        total: Option<i64>,
        directory: &Directory,
        current: Option<TicketId>,
        now: Timestamp,
    ) -> Self {
        let here = query.here();
        let row = |ticket: &DeskTicket| row(ticket, directory, current, &here, now);
        let chips: Vec<Chip> = query
            .narrowing()
            .map(|(name, value)| {
                let what = value_name(name, value, directory, list);
                let name_and_value = [("name", text(&format!("filter-{name}"))), ("what", what)];
                Chip { name: text_of("chip", &name_and_value), href: format!("/desk/tickets?{}", query.without(name)) }
            })
            .collect();
        Self {
            view: query.view.word(),
            title: text(&format!("view-{}", query.view.word())),
            total: frame::shown(total),
            rows: list.tickets.iter().map(row).collect(),
            next_page: list.next.as_deref().map(|key| format!("/desk/tickets?{}", query.page_after(key))),
            first_page: query.after.is_some().then(|| format!("/desk/tickets?{}", query.without(""))),
            is_narrowed: !chips.is_empty(),
            chips,
            search: query.get("q").to_owned(),
            selects: selects(query, directory),
            unfiltered: format!("/desk/tickets?view={}", query.view.word()),
        }
    }
}

impl ListPane {
    /// The page of the ticket below the one that is open; of the first, if that is not in the list.
    pub fn below_current(&self) -> Option<String> {
        let current = self.rows.iter().position(|row| row.is_current);
        let below = self.rows.get(current.map_or(0, |place| place + 1));
        below.map(|row| row.href.clone())
    }
}

fn row(ticket: &DeskTicket, directory: &Directory, current: Option<TicketId>, here: &str, now: Timestamp) -> TicketRow {
    let tag = |id| directory.tags.iter().find(|tag| tag.id == id).map(|tag| tag.tag.clone());
    TicketRow {
        id: ticket.id,
        href: format!("/desk/tickets/{}?{here}", ticket.id),
        is_current: current == Some(ticket.id),
        unread: ticket.is_unread() && current != Some(ticket.id),
        requester: Person::new(&ticket.requester_name, &ticket.requester_email),
        subject: ticket.subject.clone(),
        preview: ticket.preview.split_whitespace().collect::<Vec<_>>().join(" "),
        status: StatusWord(ticket.status).word(),
        priority: PriorityWord(ticket.priority).word(),
        tags: ticket.tags.iter().copied().filter_map(tag).collect(),
        assignee: ticket.assignee.and_then(|id| directory.member(id)).map(Person::from),
        locked: ticket.locked,
        snoozed: ticket.snoozed_until.is_some_and(|until| until > now),
        updated: times::ago(ticket.updated_at, now),
    }
}

/// What the value of a filter is called.
fn value_name(name: &str, value: &str, directory: &Directory, list: &TicketList) -> String {
    let id = value.parse::<i64>().ok();
    let known = match (name, value) {
        ("status", word) => StatusWord::parse(word).map(|known| text(&format!("status-{}", known.word()))),
        ("priority", word) => PriorityWord::parse(word).map(|known| text(&format!("priority-{}", known.word()))),
        ("assignee", "me") => Some(text("assignee-me")),
        ("assignee", "none") => Some(text("assignee-none")),
        ("assignee", _) => id.and_then(|id| directory.member(UserId(id))).map(|member| Person::from(member).name),
        ("team", "none") => Some(text("team-none")),
        ("team", _) => directory.teams.iter().find(|team| Some(team.id.0) == id).map(|team| team.name.clone()),
        ("category", _) => {
            directory.categories.iter().find(|category| Some(category.id.0) == id).map(|found| found.name.clone())
        }
        ("tag", _) => directory.tags.iter().find(|tag| Some(tag.id.0) == id).map(|tag| tag.tag.clone()),
        ("requester", _) => {
            let of_them = list.tickets.iter().find(|ticket| Some(ticket.requester.0) == id);
            of_them.map(|ticket| Person::new(&ticket.requester_name, &ticket.requester_email).name)
        }
        _ => Some(text_with("quoted", "what", value)),
    };
    known.unwrap_or_else(|| text("filter-unknown"))
}

fn selects(query: &ListQuery, directory: &Directory) -> Vec<Select> {
    let select = |name: &'static str, first: &str, choices: Vec<(String, String)>| {
        let chosen = query.get(name);
        let any = Choice::new(&"", text(first), chosen);
        let rest = choices.into_iter().map(|(value, label)| Choice::new(&value, label, chosen));
        Select { name, label: text(&format!("filter-{name}")), choices: std::iter::once(any).chain(rest).collect() }
    };
    let words = |kind: &str, words: &[&str]| -> Vec<(String, String)> {
        words.iter().map(|word| ((*word).to_owned(), text(&format!("{kind}-{word}")))).collect()
    };
    let special = |value: &str, key: &str| (value.to_owned(), text(key));
    let mut assignees = vec![special("me", "assignee-me"), special("none", "assignee-none")];
    assignees.extend(directory.assignees().map(|member| (member.id.to_string(), Person::from(member).name)));
    let mut teams = vec![special("none", "team-none")];
    teams.extend(directory.teams.iter().filter(|team| team.active).map(|t| (t.id.to_string(), t.name.clone())));
    let categories = directory.categories.iter().map(|c| (c.id.to_string(), c.name.clone())).collect();
    let tags = directory.tags.iter().map(|tag| (tag.id.to_string(), tag.tag.clone())).collect();
    let sorts: Vec<&str> = SORTS.iter().map(|(word, _)| *word).collect();
    let statuses: Vec<&str> = StatusWord::WORDS.to_vec();
    let priorities: Vec<&str> = PriorityWord::WORDS.iter().rev().copied().collect();
    let mut selects = vec![
        select("sort", "sort-of-view", words("sort", &sorts)),
        select("status", "any", words("status", &statuses)),
        select("priority", "any", words("priority", &priorities)),
        select("assignee", "any", assignees),
        select("category", "any", categories),
        select("tag", "any", tags),
    ];
    if !directory.teams.is_empty() {
        selects.insert(4, select("team", "any", teams));
    }
    selects
}
