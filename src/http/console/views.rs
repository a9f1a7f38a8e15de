//! The views beside the tickets: the built-in ones, those that all share, and one's own.

use super::texts::text;
use crate::app::desk::built_in_views::BUILT_IN;
use crate::app::desk::list_tickets::{COUNTED_OF_VIEW_MAX, count_tickets};
use crate::app::desk::manage::saved_views;
use crate::domain::shortcut::SavedView;
use crate::domain::user::Requester;
use crate::domain::{Error, Timestamp};
use crate::http::tickets_query;
use crate::storage::Tx;

/// Saved views that are counted at the most.
const COUNTED_MAX: usize = 20;

/// Whose a view is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Whose {
    BuiltIn,
    Everybodys,
    Own,
}

/// A view, and how many tickets it shows.
#[derive(Clone, Debug)]
pub struct View {
    pub whose: Whose,
    /// The word for it in addresses.
    pub word: String,
    pub name: String,
    /// The query of its list.
    pub query: String,
    /// As a reader is told; empty if it was not counted.
    pub count: String,
    /// None as well if there are too many to count.
    pub counted: Option<i64>,
}

impl View {
    /// The icon beside its name.
    pub fn icon(&self) -> &str {
        if self.whose == Whose::BuiltIn { &self.word } else { "saved" }
    }

    /// What there is to say when it shows nothing, as texts are called.
    pub fn empty(&self) -> &str {
        if self.whose == Whose::BuiltIn { &self.word } else { "saved" }
    }

    fn saved(view: SavedView) -> Self {
        let whose = if view.shared { Whose::Everybodys } else { Whose::Own };
        Self {
            whose,
            word: view.id.to_string(),
            name: view.name,
            query: view.query,
            count: String::new(),
            counted: None,
        }
    }

    fn counted(mut self, tx: &mut dyn Tx, staff: &Requester, now: Timestamp) -> Result<Self, Error> {
        if let Ok(query) = tickets_query::parse(&self.query, staff) {
            self.counted = count_tickets(tx, staff, &query.filter, COUNTED_OF_VIEW_MAX, now)?;
            self.count = shown(self.counted, "count-of-view-many");
        }
        Ok(self)
    }
}

/// All that `staff` can use, in the order in which they are shown.
///
/// # Errors
/// [`Error::Forbidden`].
pub fn views(tx: &mut dyn Tx, staff: &Requester, now: Timestamp) -> Result<Vec<View>, Error> {
    let built_in = BUILT_IN.iter().map(|view| View {
        whose: Whose::BuiltIn,
        word: view.word.to_owned(),
        name: text(&format!("view-{}", view.word)),
        query: view.query.to_owned(),
        count: String::new(),
        counted: None,
    });
    let saved = saved_views::list(tx, staff)?;
    let views = built_in.chain(saved.into_iter().map(View::saved)).enumerate();
    let counted_max = BUILT_IN.len() + COUNTED_MAX;
    views.map(|(place, view)| if place < counted_max { view.counted(tx, staff, now) } else { Ok(view) }).collect()
}

/// A number of tickets; the text called `many` for more than are counted.
pub fn shown(count: Option<i64>, many: &str) -> String {
    count.map_or_else(|| text(many), |count| count.to_string())
}
