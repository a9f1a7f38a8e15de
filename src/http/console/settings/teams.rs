//! Teams and who is in them.

use super::field::{Field, Values};
use super::sheet::Sheet;
use super::table::{Cell, Row, Table};
use super::users::name;
use super::{Added, Resource, Work};
use crate::app::desk::manage::parts::Part;
use crate::app::desk::manage::staff;
use crate::app::desk::manage::teams::{self, TeamChange};
use crate::domain::team::Team;
use crate::domain::user::{Person, Requester};
use crate::domain::{Error, TeamId, UserId};
use crate::http::extract::Form;
use crate::storage::Tx;

/// The resource.
pub struct Teams;

fn values(team: &Team) -> Values {
    let members = team.members.iter().map(ToString::to_string);
    Values::default().text("name", &team.name).tick("active", team.active).several("members", members)
}

impl Resource for Teams {
    fn part(&self) -> Part {
        Part::Teams
    }

    fn table(&self, tx: &mut dyn Tx, staff: &Requester, _: &Form) -> Result<Table, Error> {
        let everybody = staff::list(tx, staff)?;
        let rows = teams::list(tx, staff)?.into_iter().map(|team| {
            let members = everybody.iter().filter(|person| team.members.contains(&person.id)).map(name);
            Row::new(team.id.0, vec![team.name.into(), Cell::names(members)]).off_unless(team.active, "off-unused")
        });
        Ok(Table::new(&["name", "members"], rows))
    }

    fn sheet(&self, tx: &mut dyn Tx, staff: &Requester, id: Option<i64>) -> Result<Sheet, Error> {
        let team = id.map(|id| teams::read(tx, staff, TeamId(id))).transpose()?;
        let is_in = |person: &Person| team.as_ref().is_some_and(|team| team.members.contains(&person.id));
        let everybody = staff::list(tx, staff)?.into_iter().filter(|person| person.active || is_in(person));
        let choices: Vec<_> = everybody.map(|person| (person.id.to_string(), name(&person))).collect();
        let mut fields = vec![Field::line("name").required(), Field::several("members", choices)];
        let Some(team) = team else { return Ok(Sheet::blank(fields)) };
        fields.push(Field::tick("active").hint("hint-active-team"));
        Sheet::of(&team.name, &values(&team), fields)
    }

    fn add(&self, tx: &mut dyn Tx, staff: &Requester, work: &Work) -> Result<Added, Error> {
        let members: Vec<UserId> = work.given.ids("members").map(UserId).collect();
        Ok(Added::new(teams::add(tx, staff, work.given.text("name"), &members, work.at)?.id.0))
    }

    fn change(&self, tx: &mut dyn Tx, staff: &Requester, id: i64, work: &Work) -> Result<(), Error> {
        let change = TeamChange {
            name: Some(work.given.text("name").to_owned()),
            active: Some(work.given.tick("active")),
            members: Some(work.given.ids("members").map(UserId).collect()),
        };
        let unchanged = |now: &Team| work.seen.demand_of(&values(now));
        teams::change(tx, staff, TeamId(id), &change, &unchanged, work.at).map(drop)
    }
}
