//! Categories and their order.

use super::field::{Field, Values};
use super::sheet::Sheet;
use super::table::{Row, Table};
use super::{Added, Resource, Work};
use crate::app::desk::manage::categories::{self, CategoryChange};
use crate::app::desk::manage::parts::Part;
use crate::domain::category::Category;
use crate::domain::user::Requester;
use crate::domain::{CategoryId, Error};
use crate::http::extract::Form;
use crate::storage::Tx;

/// The resource.
pub struct Categories;

fn values(category: &Category) -> Values {
    Values::default()
        .text("name", &category.name)
        .text("description", &category.description)
        .tick("active", category.active)
        .text("position", category.position.to_string())
}

impl Resource for Categories {
    fn part(&self) -> Part {
        Part::Categories
    }

    fn table(&self, tx: &mut dyn Tx, staff: &Requester, _: &Form) -> Result<Table, Error> {
        let rows = categories::list(tx, staff)?.into_iter().map(|category| {
            let cells = vec![category.name.into(), category.description.into()];
            Row::new(category.id.0, cells).off_unless(category.active, "off-unused")
        });
        Ok(Table::new(&["name", "description"], rows))
    }

    fn sheet(&self, tx: &mut dyn Tx, staff: &Requester, id: Option<i64>) -> Result<Sheet, Error> {
        let mut fields = vec![Field::line("name").required(), Field::long("description")];
        let Some(id) = id else { return Ok(Sheet::blank(fields)) };
        let all = categories::list(tx, staff)?;
        let (place, category) =
            (1..).zip(&all).find(|(_, category)| category.id == CategoryId(id)).ok_or(Error::NotFound)?;
        let places = (1..).zip(&all).map(|(place, now): (usize, _)| {
            let what = if now.id == category.id { place.to_string() } else { format!("{place} ({})", now.name) };
            (place.to_string(), what)
        });
        fields.push(Field::select("place", places).holding(place.to_string()).hint("hint-place"));
        fields.push(Field::tick("active").hint("hint-active-category"));
        Sheet::of(&category.name, &values(category), fields)
    }

    fn add(&self, tx: &mut dyn Tx, staff: &Requester, work: &Work) -> Result<Added, Error> {
        let (name, description) = (work.given.text("name"), work.given.text("description"));
        Ok(Added::new(categories::add(tx, staff, name, description, work.at)?.id.0))
    }

    fn change(&self, tx: &mut dyn Tx, staff: &Requester, id: i64, work: &Work) -> Result<(), Error> {
        let change = CategoryChange {
            name: Some(work.given.text("name").to_owned()),
            description: Some(work.given.text("description").to_owned()),
            active: Some(work.given.tick("active")),
            place: work.given.number("place").and_then(|place| usize::try_from(place).ok()),
        };
        let unchanged = |now: &Category| work.seen.demand_of(&values(now));
        categories::change(tx, staff, CategoryId(id), &change, &unchanged, work.at).map(drop)
    }
}
