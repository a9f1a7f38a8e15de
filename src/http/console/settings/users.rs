//! Users: the staff.

use super::field::{Field, Values};
use super::sheet::Sheet;
use super::table::{Cell, Row, Table};
use super::{Added, Resource, Work};
use crate::app::desk::manage::parts::Part;
use crate::app::desk::manage::staff::{self, NewStaff, StaffChange};
use crate::app::desk::manage::teams;
use crate::domain::user::{Email, Person, Requester};
use crate::domain::{Error, Problem, TeamId, UserId};
use crate::http::console::people;
use crate::http::console::texts::text;
use crate::http::extract::Form;
use crate::http::words::RoleWord;
use crate::storage::Tx;

/// The resource.
pub struct Users;

fn values(person: &Person) -> Values {
    Values::default()
        .text("email", &person.email)
        .text("name", &person.name)
        .text("role", RoleWord(person.role).word())
        .tick("active", person.active)
}

/// The e-mail address that was typed.
pub fn email(work: &Work) -> Result<Email, Error> {
    Email::parse(work.given.text("email")).map_err(|problem| Error::invalid("email", Problem::Other(problem)))
}

/// What somebody is called.
pub fn name(person: &Person) -> String {
    people::Person::new(&person.name, &person.email).name
}

fn role(work: &Work) -> Result<RoleWord, Error> {
    let given = work.given.text("role");
    RoleWord::parse(given).ok_or_else(|| Error::invalid("role", Problem::NotAChoice(given.to_owned())))
}

impl Resource for Users {
    fn part(&self) -> Part {
        Part::Users
    }

    fn unique(&self) -> &'static str {
        "email"
    }

    fn table(&self, tx: &mut dyn Tx, staff: &Requester, _: &Form) -> Result<Table, Error> {
        let all = teams::list(tx, staff)?;
        let rows = staff::list(tx, staff)?.into_iter().map(|person| {
            let of_them = all.iter().filter(|team| team.members.contains(&person.id)).map(|team| team.name.clone());
            let role = text(&format!("role-{}", person.role));
            let cells = vec![name(&person).into(), person.email.into(), role.into(), Cell::names(of_them)];
            Row::new(person.id.0, cells).off_unless(person.active, "off-locked-out")
        });
        Ok(Table::new(&["name", "email", "role", "teams"], rows))
    }

    fn sheet(&self, tx: &mut dyn Tx, staff: &Requester, id: Option<i64>) -> Result<Sheet, Error> {
        let person = id.map(|id| staff::read(tx, staff, UserId(id))).transpose()?;
        let all = teams::list(tx, staff)?;
        let user = person.as_ref().map(|person| person.id);
        let is_in = |members: &[UserId]| user.is_some_and(|user| members.contains(&user));
        let offered = all.iter().filter(|team| team.active || is_in(&team.members));
        let mut of_user = Field::several("teams", offered.map(|team| (team.id.to_string(), team.name.clone())));
        of_user.hold(all.iter().filter(|team| is_in(&team.members)).map(|team| team.id.to_string()).collect());
        let roles = RoleWord::WORDS.iter().map(|word| ((*word).to_owned(), text(&format!("role-{word}"))));
        let role = Field::select("role", roles).hint("hint-role").holding("agent");
        let mut fields = vec![Field::line("name"), role];
        if !of_user.choices.is_empty() {
            fields.push(of_user);
        }
        let Some(person) = person else {
            fields.insert(0, Field::email("email").required());
            fields.push(Field::new_password("password").required().hint("hint-password-first"));
            return Ok(Sheet::blank(fields));
        };
        fields.push(Field::tick("active").hint("hint-active-user"));
        fields.push(Field::new_password("password").hint("hint-password-other"));
        let sheet = Sheet::of(name(&person), &values(&person), fields)?;
        Ok(sheet.fact("email", person.email).fact("created", Cell::time(person.created_at)))
    }

    fn add(&self, tx: &mut dyn Tx, staff: &Requester, work: &Work) -> Result<Added, Error> {
        let new = NewStaff {
            email: email(work)?,
            name: work.given.text("name").to_owned(),
            role: role(work)?.0,
            password_hash: work.password.clone().ok_or_else(|| Error::invalid("password", Problem::Required))?.hash,
            teams: work.given.ids("teams").map(TeamId).collect(),
        };
        Ok(Added::new(staff::add(tx, staff, &new, work.at)?.id.0))
    }

    fn change(&self, tx: &mut dyn Tx, staff: &Requester, id: i64, work: &Work) -> Result<(), Error> {
        let change = StaffChange {
            name: Some(work.given.text("name").to_owned()),
            role: Some(role(work)?.0),
            active: Some(work.given.tick("active")),
            password_hash: work.password.clone().map(|password| password.hash),
            // Only what was changed here, so that who came to another team meanwhile stays in it.
            teams: work.given.changed_ids("teams").map(|(id, is_member)| (TeamId(id), is_member)).collect(),
        };
        let unchanged = |now: &Person| work.seen.demand_of(&values(now));
        staff::change(tx, staff, UserId(id), &change, &unchanged, work.at).map(drop)
    }
}
