//! Tags.

use super::field::{Field, Values};
use super::sheet::Sheet;
use super::table::{Row, Table};
use super::{Added, Resource, Work};
use crate::app::desk::manage::parts::Part;
use crate::app::desk::manage::tags::{self, TagChange};
use crate::domain::category::Tag;
use crate::domain::user::Requester;
use crate::domain::{Error, TagId};
use crate::http::extract::Form;
use crate::storage::Tx;

/// The resource.
pub struct Tags;

fn values(tag: &Tag) -> Values {
    Values::default().text("tag", &tag.tag).text("keyword", &tag.keyword).tick("active", tag.active)
}

impl Resource for Tags {
    fn part(&self) -> Part {
        Part::Tags
    }

    fn unique(&self) -> &'static str {
        "tag"
    }

    fn table(&self, tx: &mut dyn Tx, staff: &Requester, _: &Form) -> Result<Table, Error> {
        let rows = tags::list(tx, staff)?.into_iter().map(|tag| {
            let cells = vec![tag.tag.into(), tag.keyword.into()];
            Row::new(tag.id.0, cells).off_unless(tag.active, "off-unused")
        });
        Ok(Table::new(&["tag", "keyword"], rows))
    }

    fn sheet(&self, tx: &mut dyn Tx, staff: &Requester, id: Option<i64>) -> Result<Sheet, Error> {
        let mut fields = vec![Field::line("tag").required(), Field::line("keyword").required().hint("hint-keyword")];
        let Some(id) = id else { return Ok(Sheet::blank(fields)) };
        let tag = tags::read(tx, staff, TagId(id))?;
        fields.push(Field::tick("active").hint("hint-active-tag"));
        Sheet::of(&tag.tag, &values(&tag), fields)
    }

    fn add(&self, tx: &mut dyn Tx, staff: &Requester, work: &Work) -> Result<Added, Error> {
        Ok(Added::new(tags::add(tx, staff, work.given.text("tag"), work.given.text("keyword"), work.at)?.id.0))
    }

    fn change(&self, tx: &mut dyn Tx, staff: &Requester, id: i64, work: &Work) -> Result<(), Error> {
        let change = TagChange {
            tag: Some(work.given.text("tag").to_owned()),
            keyword: Some(work.given.text("keyword").to_owned()),
            active: Some(work.given.tick("active")),
        };
        let unchanged = |now: &Tag| work.seen.demand_of(&values(now));
        tags::change(tx, staff, TagId(id), &change, &unchanged, work.at).map(drop)
    }
}
