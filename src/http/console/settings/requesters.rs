//! Requesters: the customers.

use super::field::{Field, Values};
use super::sheet::Sheet;
use super::table::{Cell, Row, Table};
use super::users::{email, name};
use super::{Added, Resource, Work};
use crate::app::desk::manage::parts::Part;
use crate::app::desk::manage::requesters::{self, DEFAULT_LIMIT, RequesterChange};
use crate::domain::user::{Person, Requester};
use crate::domain::{Error, UserId};
use crate::http::desk::cursor;
use crate::http::extract::Form;
use crate::storage::Tx;

/// The resource.
pub struct Requesters;

fn values(person: &Person) -> Values {
    Values::default().text("email", &person.email).text("name", &person.name).tick("active", person.active)
}

impl Resource for Requesters {
    fn part(&self) -> Part {
        Part::Requesters
    }

    fn unique(&self) -> &'static str {
        "email"
    }

    fn table(&self, tx: &mut dyn Tx, staff: &Requester, asked: &Form) -> Result<Table, Error> {
        let mut search = Field::search("q");
        search.take(asked);
        let beginning = Some(search.value()).filter(|_| search.problem.is_none()).unwrap_or_default().to_owned();
        // A cursor that no page gave is the beginning.
        let after = asked.parameter("after").and_then(|after| cursor::read(&after).ok()).unwrap_or_default();
        let page = requesters::list(tx, staff, &beginning, &after, DEFAULT_LIMIT)?;
        let rows = page.requesters.into_iter().map(|person| {
            let cells = vec![name(&person).into(), person.email.into(), Cell::time(person.created_at)];
            Row::new(person.id.0, cells).off_unless(person.active, "off-locked-out")
        });
        let table = Table::new(&["name", "email", "created"], rows);
        let next = page.next.map(|key| {
            let mut query = form_urlencoded::Serializer::new(String::new());
            query.append_pair("q", &beginning).append_pair("after", &cursor::write(&key)).finish()
        });
        let is_narrowed = !beginning.is_empty();
        Ok(Table { filters: vec![search], is_narrowed, next, goes_on: !after.is_empty(), ..table })
    }

    fn sheet(&self, tx: &mut dyn Tx, staff: &Requester, id: Option<i64>) -> Result<Sheet, Error> {
        let Some(id) = id else {
            let email = Field::email("email").required().hint("hint-email-requester");
            return Ok(Sheet::blank(vec![email, Field::line("name")]));
        };
        let person = requesters::read(tx, staff, UserId(id))?;
        let fields = vec![Field::line("name"), Field::tick("active").hint("hint-active-requester")];
        let sheet = Sheet::of(name(&person), &values(&person), fields)?;
        Ok(sheet.fact("email", person.email).fact("created", Cell::time(person.created_at)))
    }

    fn add(&self, tx: &mut dyn Tx, staff: &Requester, work: &Work) -> Result<Added, Error> {
        Ok(Added::new(requesters::add(tx, staff, &email(work)?, work.given.text("name"), work.at)?.id.0))
    }

    fn change(&self, tx: &mut dyn Tx, staff: &Requester, id: i64, work: &Work) -> Result<(), Error> {
        let (name, active) = (work.given.text("name").to_owned(), work.given.tick("active"));
        let change = RequesterChange { name: Some(name), active: Some(active) };
        let unchanged = |now: &Person| work.seen.demand_of(&values(now));
        requesters::change(tx, staff, UserId(id), &change, &unchanged, work.at).map(drop)
    }
}
