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
use crate::storage::queries::desk_tickets::DeskFilter;

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
        Self { whose, word: view.id.to_string(), name: view.name, query: view.query, count: String::new() }
    }
}

/// All that `staff` can use, in the order in which they are shown; none is counted.
///
/// # Errors
/// [`Error::Forbidden`].
pub fn views(tx: &mut dyn Tx, staff: &Requester) -> Result<Vec<View>, Error> {
    let built_in = BUILT_IN.iter().map(|view| View {
        whose: Whose::BuiltIn,
        word: view.word.to_owned(),
        name: text(&format!("view-{}", view.word)),
        query: view.query.to_owned(),
        count: String::new(),
    });
    let saved = saved_views::list(tx, staff)?;
    Ok(built_in.chain(saved.into_iter().map(View::saved)).collect())
}

/// The same, counted.
///
/// # Errors
/// [`Error::Forbidden`].
pub fn counted_views(tx: &mut dyn Tx, staff: &Requester, now: Timestamp) -> Result<Vec<View>, Error> {
    let mut views = views(tx, staff)?;
    count(tx, staff, &mut views, &[], now)?;
    Ok(views)
}

/// Counts what the views show, and with them `lists`; gives how many tickets these have, as a reader is told.
///
/// # Errors
/// [`Error::Forbidden`].
pub fn count(
    tx: &mut dyn Tx,
    staff: &Requester,
    views: &mut [View],
    lists: &[&DeskFilter],
    now: Timestamp,
) -> Result<Vec<String>, Error> {
    let read = |view: &View| tickets_query::parse(&view.query, staff).ok();
    let counted = views.iter_mut().take(BUILT_IN.len() + COUNTED_MAX);
    let (views, queries): (Vec<_>, Vec<_>) = counted.filter_map(|view| read(view).map(|query| (view, query))).unzip();
    let all = queries.iter().map(|query| &query.filter).chain(lists.iter().copied());
    let all: Vec<_> = all.map(|filter| (filter, COUNTED_OF_VIEW_MAX)).collect();
    let mut counts: Vec<String> = count_tickets(tx, staff, &all, now)?.into_iter().map(shown).collect();
    let of_lists = counts.split_off(views.len());
    for (view, count) in views.into_iter().zip(counts) {
        view.count = count;
    }
    Ok(of_lists)
}

fn shown(count: Option<i64>) -> String {
    count.map_or_else(|| text("count-many"), |count| count.to_string())
}
