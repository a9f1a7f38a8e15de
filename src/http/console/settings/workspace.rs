//! The workspace's own settings.

use super::field::{Field, Values};
use super::sheet::Sheet;
use super::{Resource, Work};
use crate::app::desk::manage::parts::Part;
use crate::app::desk::manage::workspace::{self, WorkspaceChange};
use crate::domain::Error;
use crate::domain::user::Requester;
use crate::domain::workspace::Workspace;
use crate::storage::Tx;

/// The resource.
pub struct Settings;

fn values(workspace: &Workspace) -> Values {
    Values::default()
        .text("name", &workspace.name)
        .text("open_ticket_limit", workspace.open_ticket_limit.to_string())
        .tick("reopen_on_reply", workspace.reopen_on_reply)
}

impl Resource for Settings {
    fn part(&self) -> Part {
        Part::Workspace
    }

    fn is_single(&self) -> bool {
        true
    }

    fn sheet(&self, tx: &mut dyn Tx, staff: &Requester, _: Option<i64>) -> Result<Sheet, Error> {
        let fields = vec![
            Field::line("name").required().hint("hint-workspace"),
            Field::number("open_ticket_limit").hint("hint-open-ticket-limit"),
            Field::tick("reopen_on_reply").hint("hint-reopen-on-reply"),
        ];
        let workspace = workspace::read(tx, staff)?;
        Sheet::of(&workspace.name, &values(&workspace), fields)
    }

    fn change(&self, tx: &mut dyn Tx, staff: &Requester, _: i64, work: &Work) -> Result<(), Error> {
        let change = WorkspaceChange {
            name: Some(work.given.text("name").to_owned()),
            open_ticket_limit: work.given.number("open_ticket_limit"),
            reopen_on_reply: Some(work.given.tick("reopen_on_reply")),
        };
        let unchanged = |now: &Workspace| work.seen.demand_of(&values(now));
        workspace::change(tx, staff, &change, &unchanged, work.at).map(drop)
    }
}
