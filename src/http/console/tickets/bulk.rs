//! `POST /desk/tickets/bulk`: the same change to every ticket that was chosen in the list.

use axum::extract::State;
use axum::response::Response;

use super::list::{Choice, Select};
use crate::app::desk::bulk_change::{TICKETS_MAX, bulk_change};
use crate::app::desk::change_ticket::TicketChange;
use crate::app::desk::directory::Directory;
use crate::app::desk::rights::{Right, has};
use crate::domain::user::Requester;
use crate::domain::{CategoryId, TeamId, TicketId, UserId};
use crate::http::AppState;
use crate::http::console::error::PageError;
use crate::http::console::people::Person;
use crate::http::console::place::{Place, go_to};
use crate::http::console::said::Said;
use crate::http::console::session::Signed;
use crate::http::console::texts::text;
use crate::http::extract::Form;
use crate::http::words::{PriorityWord, StatusWord};

/// The value that stands for nobody and for no team; an empty one leaves things as they are.
const NONE: &str = "none";

/// What can be changed of many tickets at once.
pub struct Bulk {
    pub selects: Vec<Select>,
}

impl Bulk {
    /// What is offered to `staff`: nothing to who may only read.
    pub fn new(directory: &Directory, staff: &Requester) -> Option<Self> {
        if !has(staff.role, Right::WorkTickets) {
            return None;
        }
        let select = |name: &'static str, choices: Vec<(String, String)>| {
            let label = text(&format!("field-{name}"));
            let as_is = Choice::new(&"", text("bulk-as-is"), "");
            let choices = choices.into_iter().map(|(value, label)| Choice { value, label, chosen: false });
            Select { name, label, choices: std::iter::once(as_is).chain(choices).collect() }
        };
        let words = |kind: &str, words: &mut dyn Iterator<Item = &&'static str>| {
            words.map(|word| ((*word).to_owned(), text(&format!("{kind}-{word}")))).collect()
        };
        let assignees = directory.assignees().map(|member| (member.id.to_string(), Person::from(member).name));
        let assignees = std::iter::once((NONE.to_owned(), text("assignee-none"))).chain(assignees).collect();
        let teams = directory.teams.iter().filter(|team| team.active).map(|t| (t.id.to_string(), t.name.clone()));
        let teams: Vec<_> = std::iter::once((NONE.to_owned(), text("team-none"))).chain(teams).collect();
        let categories = directory.categories.iter().filter(|category| category.active);
        let mut selects = vec![
            select("status", words("status", &mut StatusWord::WORDS.iter())),
            select("priority", words("priority", &mut PriorityWord::WORDS.iter().rev())),
            select("assignee", assignees),
            select("category", categories.map(|c| (c.id.to_string(), c.name.clone())).collect()),
        ];
        if teams.len() > 1 {
            selects.insert(3, select("team", teams));
        }
        Some(Self { selects })
    }
}

/// The handler. What cannot be read is taken for not said; the use case refuses what is not there.
pub async fn change_all(State(app): State<AppState>, signed: Signed, form: Form) -> Result<Response, PageError> {
    let next = Place::or_home(form.parameter("next"));
    let tickets: Vec<TicketId> =
        form.all("ticket").filter_map(|id| id.parse().ok()).map(TicketId).take(TICKETS_MAX).collect();
    let change = read(&form);
    if tickets.is_empty() || change == TicketChange::default() {
        return go_to(next.as_str());
    }
    let (staff, at) = (signed.requester(), app.clock().now());
    let outcomes = app.store().write(move |tx| bulk_change(tx, &staff, &tickets, &change, at)).await?;
    let refused: Vec<i64> =
        outcomes.iter().filter(|(_, outcome)| outcome.is_err()).map(|(ticket, _)| ticket.0).collect();
    let changed = outcomes.len() - refused.len();
    let said = Said { count: i64::try_from(changed).unwrap_or(i64::MAX), refused, ..Said::that("bulk") };
    let mut response = go_to(next.as_str())?;
    response.headers_mut().extend([said.keep()]);
    Ok(response)
}

fn read(form: &Form) -> TicketChange {
    let number = |name: &str| form.parameter(name).and_then(|id| id.parse::<i64>().ok());
    let optional = |name: &str| match form.parameter(name)?.as_str() {
        NONE => Some(None),
        id => Some(Some(id.parse::<i64>().ok()?)),
    };
    TicketChange {
        status: form.parameter("status").and_then(|word| StatusWord::parse(&word)).map(|word| word.0),
        priority: form.parameter("priority").and_then(|word| PriorityWord::parse(&word)).map(|word| word.0),
        category: number("category").map(CategoryId),
        assignee: optional("assignee").map(|id| id.map(UserId)),
        team: optional("team").map(|id| id.map(TeamId)),
        ..TicketChange::default()
    }
}
