//! What filters of lists are called, and what their values are.

use crate::app::desk::directory::Directory;
use crate::domain::UserId;
use crate::http::console::people::Person;
use crate::http::console::texts::{text, text_of, text_with};
use crate::http::tickets_query::SORTS;
use crate::http::words::{PriorityWord, StatusWord};
use crate::storage::queries::desk_tickets::DeskTicket;

/// A filter in words.
pub fn chip(name: &str, value: &str, directory: &Directory, tickets: &[DeskTicket]) -> String {
    let what = value_names(name, value, directory, tickets);
    text_of("chip", &[("name", text(&format!("filter-{name}"))), ("what", what)])
}

/// A list's query in words.
pub fn in_words(query: &str, directory: &Directory) -> String {
    let chips: Vec<String> =
        form_urlencoded::parse(query.as_bytes()).map(|(name, value)| chip(&name, &value, directory, &[])).collect();
    if chips.is_empty() { text("view-all") } else { chips.join(" · ") }
}

/// What the values of a filter are called. Requesters are known by their `tickets` alone.
pub fn value_names(name: &str, value: &str, directory: &Directory, tickets: &[DeskTicket]) -> String {
    match name {
        "text" => text_with("quoted", "what", value),
        _ => value
            .split(',')
            .map(|value| value_name(name, value.trim(), directory, tickets))
            .collect::<Vec<_>>()
            .join(", "),
    }
}

fn value_name(name: &str, value: &str, directory: &Directory, tickets: &[DeskTicket]) -> String {
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
            let of_them = tickets.iter().find(|ticket| Some(ticket.requester.0) == id);
            of_them.map(|ticket| Person::new(&ticket.requester_name, &ticket.requester_email).name)
        }
        ("snoozed", word @ ("only" | "included" | "hidden")) => Some(text(&format!("snoozed-{word}"))),
        ("sort", word) => {
            SORTS.iter().find(|(known, _)| *known == word).map(|(known, _)| text(&format!("sort-{known}")))
        }
        _ => Some(value.to_owned()),
    };
    known.unwrap_or_else(|| text("filter-unknown"))
}
