//! Apikeys. A key is shown on the page that follows its making, and never again.

use super::field::{Field, Values};
use super::sheet::Sheet;
use super::table::{Cell, Row, Table};
use super::{Added, Resource, Work};
use crate::app::desk::manage::apikeys;
use crate::app::desk::manage::parts::Part;
use crate::domain::user::Requester;
use crate::domain::{ApplicationId, Error, Timestamp};
use crate::http::desk::version::IfMatch;
use crate::http::extract::Form;
use crate::storage::Tx;
use crate::storage::queries::applications::ListedApplication;

/// The resource.
pub struct Apikeys;

fn values(apikey: &ListedApplication) -> Values {
    Values::default().text("name", &apikey.name).tick("revoked", apikey.revoked_at.is_some())
}

/// As much of a key as is kept.
fn beginning(apikey: &ListedApplication) -> Cell {
    Cell::Code(format!("{}…", apikey.key_prefix))
}

impl Resource for Apikeys {
    fn part(&self) -> Part {
        Part::Apikeys
    }

    fn table(&self, tx: &mut dyn Tx, staff: &Requester, _: &Form) -> Result<Table, Error> {
        let rows = apikeys::list(tx, staff)?.into_iter().map(|apikey| {
            let (prefix, created) = (beginning(&apikey), Cell::time(apikey.created_at));
            let row = Row::new(apikey.id.0, vec![apikey.name.into(), prefix, created]);
            row.off_unless(apikey.revoked_at.is_none(), "off-revoked")
        });
        Ok(Table::new(&["name", "prefix", "created"], rows))
    }

    fn sheet(&self, tx: &mut dyn Tx, staff: &Requester, id: Option<i64>) -> Result<Sheet, Error> {
        let Some(id) = id else {
            return Ok(Sheet::blank(vec![Field::line("name").required().hint("hint-apikey")]));
        };
        let apikey = apikeys::read(tx, staff, ApplicationId(id))?;
        let (prefix, created) = (beginning(&apikey), Cell::time(apikey.created_at));
        let sheet = Sheet::of(&apikey.name, &values(&apikey), Vec::new())?;
        let sheet = sheet.fact("prefix", prefix).fact("created", created);
        Ok(match apikey.revoked_at {
            Some(at) => sheet.fact("revoked", Cell::time(at)),
            None => sheet.removal("revoke"),
        })
    }

    fn add(&self, tx: &mut dyn Tx, staff: &Requester, work: &Work) -> Result<Added, Error> {
        let added = apikeys::add(tx, staff, work.given.text("name"), &work.apikey, work.at)?;
        Ok(Added { id: added.id.0, secret: Some(work.apikey.reveal().to_owned()) })
    }

    fn remove(&self, tx: &mut dyn Tx, staff: &Requester, id: i64, seen: &IfMatch, at: Timestamp) -> Result<(), Error> {
        let unchanged = |now: &ListedApplication| seen.demand_of(&values(now));
        apikeys::revoke(tx, staff, ApplicationId(id), &unchanged, at)
    }
}
