//! What is known of a ticket, as the pane beside its conversation shows it.

use askama::filters::Safe;

use super::list::{Choice, Select};
use crate::app::desk::directory::Directory;
use crate::app::desk::read_ticket::TicketPage;
use crate::app::desk::rights::{Right, has};
use crate::domain::user::Requester;
use crate::domain::{TicketId, Timestamp, UserId};
use crate::http::console::people::Person;
use crate::http::console::texts::text;
use crate::http::console::times;
use crate::http::words::{PriorityWord, StatusWord};

/// The pane.
pub struct Details {
    pub id: TicketId,
    pub subject: String,
    pub requester: Person,
    pub requester_id: UserId,
    pub status: &'static str,
    pub locked: bool,
    pub snoozed_until: Option<Safe<String>>,
    /// The value of the field `snoozed_until` as it is.
    pub snoozed: String,
    pub merged_into: Option<TicketId>,
    pub merged: Vec<TicketId>,
    pub opened: Safe<String>,
    pub updated: Safe<String>,
    /// Whether who looks may change it. What it shows is a hint: the use case decides.
    pub may_work: bool,
    pub is_mine: bool,
    pub me: UserId,
    /// The value of the field `assignee` as it is.
    pub assignee: String,
    pub selects: Vec<Select>,
    pub tags: Vec<Choice>,
    /// The ids of the tags that it has, separated by commas.
    pub tag_ids: String,
}

impl Details {
    /// What `staff` sees of the ticket of `page`.
    pub fn new(page: &TicketPage, directory: &Directory, staff: &Requester, now: Timestamp) -> Self {
        let ticket = &page.ticket;
        let id = |id: Option<i64>| id.map(|id| id.to_string()).unwrap_or_default();
        let assignee = id(ticket.assignee.map(|user| user.0));
        let has_tag = |tag| ticket.tags.contains(&tag);
        let tags = directory.tags.iter().filter(|tag| tag.active || has_tag(tag.id));
        let ids: Vec<String> = ticket.tags.iter().map(ToString::to_string).collect();
        Self {
            id: ticket.id,
            subject: ticket.subject.clone(),
            requester: Person::new(&ticket.requester_name, &ticket.requester_email),
            requester_id: ticket.requester,
            status: StatusWord(ticket.status).word(),
            locked: ticket.locked,
            snoozed_until: ticket.snoozed_until.filter(|until| *until > now).map(times::full),
            snoozed: ticket.snoozed_until.map(times::machine).unwrap_or_default(),
            merged_into: ticket.merged_into,
            merged: page.merged.iter().map(|merged| merged.id).collect(),
            opened: times::full(ticket.created_at),
            updated: times::full(ticket.updated_at),
            may_work: has(staff.role, Right::WorkTickets) && ticket.merged_into.is_none(),
            is_mine: ticket.assignee == Some(staff.user),
            me: staff.user,
            selects: selects(page, directory, &assignee),
            assignee,
            tags: tags
                .map(|tag| Choice { value: tag.id.to_string(), label: tag.tag.clone(), chosen: has_tag(tag.id) })
                .collect(),
            tag_ids: ids.join(","),
        }
    }
}

/// The fields of which one value is chosen.
fn selects(page: &TicketPage, directory: &Directory, assignee: &str) -> Vec<Select> {
    let ticket = &page.ticket;
    let select = |name: &'static str, choices| Select { name, label: text(&format!("field-{name}")), choices };
    let words = |kind: &str, words: Vec<&'static str>, chosen: &str| {
        words.into_iter().map(|word| Choice::new(&word, text(&format!("{kind}-{word}")), chosen)).collect()
    };
    let statuses = StatusWord::WORDS.to_vec();
    let priorities = PriorityWord::WORDS.iter().rev().copied().collect();
    let mut assignees = vec![Choice::new(&"", text("assignee-none"), assignee)];
    assignees.extend(directory.assignees().map(|member| Choice::new(&member.id, Person::from(member).name, assignee)));
    if let Some(gone) = ticket.assignee.and_then(|user| directory.member(user))
        && !assignees.iter().any(|choice| choice.chosen)
    {
        assignees.push(Choice::new(&gone.id, Person::from(gone).name, assignee));
    }
    let team = ticket.team.map(|team| team.to_string()).unwrap_or_default();
    let mut teams = vec![Choice::new(&"", text("team-none"), &team)];
    let offered = directory.teams.iter().filter(|offered| offered.active || Some(offered.id) == ticket.team);
    teams.extend(offered.map(|offered| Choice::new(&offered.id, offered.name.clone(), &team)));
    let category = ticket.category.to_string();
    let categories = directory.categories.iter().filter(|offered| offered.active || offered.id == ticket.category);
    let categories = categories.map(|offered| Choice::new(&offered.id, offered.name.clone(), &category)).collect();
    let mut selects = vec![
        select("status", words("status", statuses, StatusWord(ticket.status).word())),
        select("priority", words("priority", priorities, PriorityWord(ticket.priority).word())),
        select("assignee", assignees),
        select("category", categories),
    ];
    if teams.len() > 1 {
        selects.insert(3, select("team", teams));
    }
    selects
}
