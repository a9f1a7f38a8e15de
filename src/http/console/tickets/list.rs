//! The list of tickets as a page shows it.

use askama::filters::Safe;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

use super::filter_names::{chip, value_names};
use super::load::Loaded;
use crate::app::desk::directory::Directory;
use crate::app::desk::rights::{Right, has};
use crate::domain::{TicketId, Timestamp};
use crate::http::console::markdown::{self, Part};
use crate::http::console::people::Person;
use crate::http::console::texts::text;
use crate::http::console::times;
use crate::http::console::views::Whose;
use crate::http::tickets_query::{SNOOZED, SORTS};
use crate::http::words::{PriorityWord, StatusWord};
use crate::storage::queries::desk_tickets::DeskTicket;

/// Parameters that cannot be read and are named, at the most.
const UNREADABLE_MAX: usize = 5;

/// Characters of their names that are shown.
const NAME_MAX_CHARS: usize = 40;

/// The filters by time.
const TIMES: [&str; 4] = ["created_from", "created_before", "updated_from", "updated_before"];

/// Characters of a preview.
const PREVIEW_MAX_CHARS: usize = 160;

/// The list and what is around it.
pub struct ListPane {
    /// The word of the view.
    pub view: String,
    pub title: String,
    pub total: String,
    /// What there is to say of a view without tickets, as texts are called.
    pub empty: String,
    /// The names of what the address says that cannot be read.
    pub unreadable: Vec<String>,
    pub rows: Vec<TicketRow>,
    pub next_page: Option<String>,
    /// The list from its beginning, if this is not it.
    pub first_page: Option<String>,
    pub chips: Vec<Chip>,
    /// The query of the list.
    pub here: String,
    /// The search, which leads back here.
    pub search: String,
    /// The part of the subject that is looked for.
    pub text: String,
    pub selects: Vec<Select>,
    pub is_narrowed: bool,
    /// The list without all filters.
    pub unfiltered: String,
    pub times: Vec<TimeField>,
    /// The query by which a view would show this list.
    pub as_view: String,
    /// Whether who looks may save it for everybody.
    pub may_share: bool,
    /// The id of the view that is shown, if who looks may delete it.
    pub deletable: Option<String>,
    /// Whether the view is everybody's.
    pub is_shared: bool,
}

/// A ticket in the list.
#[expect(clippy::struct_excessive_bools, reason = "a template shows each on its own")]
pub struct TicketRow {
    pub id: TicketId,
    pub href: String,
    pub is_current: bool,
    /// Whether something happened to it that the reader has not seen.
    pub unread: bool,
    pub requester: Person,
    pub subject: Vec<Part>,
    /// What was said last, or what was looked for.
    pub preview: Vec<Part>,
    /// In which text something was found, as its text is called.
    pub matched: Option<&'static str>,
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

/// A field for a day, or for the moment that an address has.
pub struct TimeField {
    pub name: &'static str,
    pub value: String,
    pub is_day: bool,
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
    /// Whether any time is given.
    pub fn has_times(&self) -> bool {
        self.times.iter().any(|field| !field.value.is_empty())
    }

    /// The pane for what was loaded, with `current` open beside it.
    pub fn new(loaded: &Loaded, current: Option<TicketId>, now: Timestamp) -> Self {
        let Loaded { query, view, list, directory, .. } = loaded;
        let here = query.here();
        let row = |ticket: &DeskTicket| TicketRow::new(ticket, directory, current, &here, now);
        let chips: Vec<Chip> = query
            .narrowing()
            .map(|(name, value)| Chip {
                name: chip(name, value, directory, &list.tickets),
                href: format!("/desk/tickets?{}", query.without(name)),
            })
            .collect();
        let times: Vec<_> = TIMES.into_iter().map(|name| time_field(name, query.get(name))).collect();
        let may_share = has(loaded.staff.role, Right::ManageShared);
        Self {
            view: view.word.clone(),
            title: view.name.clone(),
            total: loaded.total.clone(),
            empty: view.empty().to_owned(),
            unreadable: query.unreadable.iter().take(UNREADABLE_MAX).map(|name| shortened(name)).collect(),
            rows: list.tickets.iter().map(row).collect(),
            next_page: list.next.as_deref().map(|key| format!("/desk/tickets?{}", query.page_after(key))),
            first_page: query.goes_on().then(|| format!("/desk/tickets?{}", query.without(""))),
            is_narrowed: !chips.is_empty(),
            chips,
            search: format!("/desk/search?list={}", utf8_percent_encode(&here, NON_ALPHANUMERIC)),
            here,
            text: query.get("text").to_owned(),
            selects: selects(loaded),
            unfiltered: format!("/desk/tickets?view={}", view.word),
            times,
            is_shared: view.whose == Whose::Everybodys,
            as_view: query.as_view(&view.query),
            may_share,
            deletable: (view.whose == Whose::Own || (view.whose == Whose::Everybodys && may_share))
                .then(|| view.word.clone()),
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

fn time_field(name: &'static str, value: &str) -> TimeField {
    // What is typed into a field for days is a day.
    let is_day = value.is_empty() || value.parse::<jiff::civil::Date>().is_ok();
    TimeField { name, value: value.to_owned(), is_day }
}

/// The name of a parameter, as far as it can be one.
fn shortened(name: &str) -> String {
    name.chars().take(NAME_MAX_CHARS).collect()
}

impl TicketRow {
    /// The row of `ticket`, which leads to it beside the list with the query `list`.
    pub fn new(
        ticket: &DeskTicket,
        directory: &Directory,
        current: Option<TicketId>,
        list: &str,
        now: Timestamp,
    ) -> Self {
        let tag = |id| directory.tags.iter().find(|tag| tag.id == id).map(|tag| tag.tag.clone());
        let plain = |text: String| vec![Part { text, marked: false }];
        Self {
            id: ticket.id,
            href: format!("/desk/tickets/{}?{list}", ticket.id),
            is_current: current == Some(ticket.id),
            unread: ticket.is_unread() && current != Some(ticket.id),
            requester: Person::new(&ticket.requester_name, &ticket.requester_email),
            subject: plain(ticket.subject.clone()),
            preview: plain(markdown::plain(&ticket.preview, PREVIEW_MAX_CHARS)),
            matched: None,
            status: StatusWord(ticket.status).word(),
            priority: PriorityWord(ticket.priority).word(),
            tags: ticket.tags.iter().copied().filter_map(tag).collect(),
            assignee: ticket.assignee.and_then(|id| directory.member(id)).map(Person::from),
            locked: ticket.locked,
            snoozed: ticket.snoozed_until.is_some_and(|until| until > now),
            updated: times::ago(ticket.updated_at, now),
        }
    }
}

fn selects(loaded: &Loaded) -> Vec<Select> {
    let Loaded { query, view, list, directory, .. } = loaded;
    let of_view: Vec<_> = form_urlencoded::parse(view.query.as_bytes()).map(|(name, _)| name).collect();
    let select = |name: &'static str, choices: Vec<(String, String)>| {
        let chosen = query.get(name);
        // Where nothing is chosen, the view decides, if there is anything to decide.
        let decides = matches!(name, "sort" | "snoozed") || of_view.iter().any(|said| said == name);
        let first = if decides { "as-view" } else { "any" };
        let mut all = vec![Choice::new(&"", text(first), chosen)];
        all.extend(choices.into_iter().map(|(value, label)| Choice::new(&value, label, chosen)));
        // An address may say what the field does not offer, such as two values.
        if !all.iter().any(|choice| choice.chosen) {
            all.push(Choice::new(&chosen, value_names(name, chosen, directory, &list.tickets), chosen));
        }
        Select { name, label: text(&format!("filter-{name}")), choices: all }
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
    let priorities: Vec<&str> = PriorityWord::WORDS.iter().rev().copied().collect();
    let mut selects = vec![
        select("sort", words("sort", &SORTS.map(|(word, _)| word))),
        select("status", words("status", StatusWord::WORDS)),
        select("priority", words("priority", &priorities)),
        select("assignee", assignees),
        select("category", categories),
        select("tag", tags),
        select("snoozed", words("snoozed", &SNOOZED.map(|(word, _)| word))),
    ];
    if !directory.teams.is_empty() {
        selects.insert(4, select("team", teams));
    }
    selects
}
