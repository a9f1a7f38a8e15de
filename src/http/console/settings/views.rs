//! Saved views: one's own, and those that all share. They are made where tickets are listed; here they get another name, or
//! go.

use super::canned_replies::whose;
use super::field::{Field, Values};
use super::sheet::Sheet;
use super::table::{Row, Table};
use super::{Resource, Work};
use crate::app::desk::directory::directory;
use crate::app::desk::manage::parts::Part;
use crate::app::desk::manage::saved_views::{self, ViewChange};
use crate::domain::shortcut::SavedView;
use crate::domain::user::Requester;
use crate::domain::{Error, SavedViewId, Timestamp};
use crate::http::console::tickets::filter_names::in_words;
use crate::http::desk::version::IfMatch;
use crate::http::extract::Form;
use crate::storage::Tx;

/// The resource.
pub struct Views;

fn values(view: &SavedView) -> Values {
    Values::default().text("name", &view.name).text("query", &view.query).tick("shared", view.shared)
}

impl Resource for Views {
    fn part(&self) -> Part {
        Part::Views
    }

    fn table(&self, tx: &mut dyn Tx, staff: &Requester, _: &Form) -> Result<Table, Error> {
        let directory = directory(tx, staff)?;
        let rows = saved_views::list(tx, staff)?.into_iter().map(|view| {
            let cells = vec![view.name.into(), in_words(&view.query, &directory).into(), whose(view.shared).into()];
            Row::new(view.id.0, cells).open_if(saved_views::check(staff, view.shared).is_ok())
        });
        Ok(Table { may_add: false, ..Table::new(&["name", "query", "whose"], rows) })
    }

    fn sheet(&self, tx: &mut dyn Tx, staff: &Requester, id: Option<i64>) -> Result<Sheet, Error> {
        let view = saved_views::read(tx, staff, SavedViewId(id.ok_or(Error::NotFound)?))?;
        saved_views::check(staff, view.shared)?;
        let query = in_words(&view.query, &directory(tx, staff)?);
        let sheet = Sheet::of(&view.name, &values(&view), vec![Field::line("name").required()])?;
        Ok(sheet.fact("query", query).fact("whose", whose(view.shared)).removal("remove-view"))
    }

    fn change(&self, tx: &mut dyn Tx, staff: &Requester, id: i64, work: &Work) -> Result<(), Error> {
        let change = ViewChange { name: Some(work.given.text("name").to_owned()), query: None };
        let unchanged = |now: &SavedView| work.seen.demand_of(&values(now));
        saved_views::change(tx, staff, SavedViewId(id), &change, &unchanged, work.at).map(drop)
    }

    fn remove(&self, tx: &mut dyn Tx, staff: &Requester, id: i64, seen: &IfMatch, at: Timestamp) -> Result<(), Error> {
        let unchanged = |now: &SavedView| seen.demand_of(&values(now));
        saved_views::remove(tx, staff, SavedViewId(id), &unchanged, at)
    }
}
