//! Canned replies: one's own, and those that all share.

use super::field::{Field, Values};
use super::sheet::Sheet;
use super::table::{Row, Table};
use super::{Added, Resource, Work};
use crate::app::desk::manage::canned_replies::{self, CannedReplyChange, SHORTCUT_MAX_CHARS};
use crate::app::desk::manage::parts::Part;
use crate::domain::shortcut::CannedReply;
use crate::domain::user::Requester;
use crate::domain::{CannedReplyId, Error, Timestamp};
use crate::http::console::texts::text;
use crate::http::desk::version::IfMatch;
use crate::http::extract::Form;
use crate::storage::Tx;

/// The resource.
pub struct CannedReplies;

fn values(reply: &CannedReply) -> Values {
    let shared = reply.owner.is_none();
    Values::default().text("shortcut", &reply.shortcut).text("body", &reply.body).tick("shared", shared)
}

/// Whose something is, in a word.
pub fn whose(shared: bool) -> String {
    text(if shared { "everybodys" } else { "ones-own" })
}

impl Resource for CannedReplies {
    fn part(&self) -> Part {
        Part::CannedReplies
    }

    fn unique(&self) -> &'static str {
        "shortcut"
    }

    fn table(&self, tx: &mut dyn Tx, staff: &Requester, _: &Form) -> Result<Table, Error> {
        let rows = canned_replies::list(tx, staff)?.into_iter().map(|reply| {
            let shared = reply.owner.is_none();
            let cells = vec![reply.shortcut.into(), reply.body.into(), whose(shared).into()];
            Row::new(reply.id.0, cells).open_if(canned_replies::check(staff, shared).is_ok())
        });
        Ok(Table::new(&["shortcut", "body", "whose"], rows))
    }

    fn sheet(&self, tx: &mut dyn Tx, staff: &Requester, id: Option<i64>) -> Result<Sheet, Error> {
        let shortcut = Field::line("shortcut").required().up_to(SHORTCUT_MAX_CHARS).hint("hint-shortcut");
        let mut fields = vec![shortcut, Field::long("body").required().hint("hint-body")];
        let Some(id) = id else {
            if canned_replies::check(staff, true).is_ok() {
                fields.push(Field::tick("shared").hint("hint-shared"));
            }
            return Ok(Sheet::blank(fields));
        };
        let reply = canned_replies::read(tx, staff, CannedReplyId(id))?;
        let shared = reply.owner.is_none();
        canned_replies::check(staff, shared)?;
        let sheet = Sheet::of(&reply.shortcut, &values(&reply), fields)?;
        Ok(sheet.fact("whose", whose(shared)).removal("remove-reply"))
    }

    fn add(&self, tx: &mut dyn Tx, staff: &Requester, work: &Work) -> Result<Added, Error> {
        let given = &work.given;
        let (shortcut, body) = (given.text("shortcut"), given.text("body"));
        Ok(Added::new(canned_replies::add(tx, staff, given.tick("shared"), shortcut, body, work.at)?.id.0))
    }

    fn change(&self, tx: &mut dyn Tx, staff: &Requester, id: i64, work: &Work) -> Result<(), Error> {
        let (shortcut, body) = (work.given.text("shortcut").to_owned(), work.given.text("body").to_owned());
        let change = CannedReplyChange { shortcut: Some(shortcut), body: Some(body) };
        let unchanged = |now: &CannedReply| work.seen.demand_of(&values(now));
        canned_replies::change(tx, staff, CannedReplyId(id), &change, &unchanged, work.at).map(drop)
    }

    fn remove(&self, tx: &mut dyn Tx, staff: &Requester, id: i64, seen: &IfMatch, at: Timestamp) -> Result<(), Error> {
        let unchanged = |now: &CannedReply| seen.demand_of(&values(now));
        canned_replies::remove(tx, staff, CannedReplyId(id), &unchanged, at)
    }
}
