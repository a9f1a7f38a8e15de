//! One's own account.

use super::field::{Field, Values};
use super::sheet::Sheet;
use super::{Resource, Work};
use crate::app::desk::manage::own_account::{self, Account, AccountChange};
use crate::app::desk::manage::parts::Part;
use crate::domain::Error;
use crate::domain::user::Requester;
use crate::http::console::texts::text;
use crate::storage::Tx;

/// The resource.
pub struct Me;

fn values(account: &Account) -> Values {
    Values::default().text("name", &account.person.name).tick("shortcuts", account.person.shortcuts)
}

impl Resource for Me {
    fn part(&self) -> Part {
        Part::Me
    }

    fn is_single(&self) -> bool {
        true
    }

    fn sheet(&self, tx: &mut dyn Tx, staff: &Requester, _: Option<i64>) -> Result<Sheet, Error> {
        let fields = vec![
            Field::line("name").hint("hint-own-name"),
            Field::tick("shortcuts").hint("hint-shortcuts"),
            Field::current_password("current").hint("hint-current"),
            Field::new_password("new"),
        ];
        let account = own_account::read(tx, staff)?;
        let role = text(&format!("role-{}", account.person.role));
        let sheet = Sheet::of(&account.person.email, &values(&account), fields)?;
        let sheet = sheet.fact("email", account.person.email).fact("role", role);
        Ok(sheet.fact("workspace", account.workspace.name))
    }

    fn change(&self, tx: &mut dyn Tx, staff: &Requester, _: i64, work: &Work) -> Result<(), Error> {
        let change = AccountChange {
            name: Some(work.given.text("name").to_owned()),
            shortcuts: Some(work.given.tick("shortcuts")),
            password: work.password.clone(),
        };
        let unchanged = |now: &Account| work.seen.demand_of(&values(now));
        own_account::change(tx, staff, &change, &unchanged, work.at).map(drop)
    }
}
