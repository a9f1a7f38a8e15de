//! What is around the tickets on every page: views, who is signed in, what was done.

use http::HeaderMap;

use super::look::Look;
use super::people::Person;
use super::said::Said;
use super::session::Signed;
use super::texts::text;
use crate::app::desk::built_in_views::BuiltInView;

/// The frame of a page.
#[derive(Clone, Debug)]
pub struct Frame {
    pub look: Look,
    pub me: Person,
    pub role: String,
    pub views: Vec<ViewLink>,
    pub said: Option<Said>,
    /// The address of this page, to come back to.
    pub here: String,
}

/// A view and how many tickets it shows.
#[derive(Clone, Debug)]
pub struct ViewLink {
    pub word: &'static str,
    pub name: String,
    pub count: String,
    pub is_current: bool,
}

impl Frame {
    /// The frame of the page at `here`, which shows `current`.
    pub fn new(
        signed: &Signed,
        headers: &HeaderMap,
        counts: &[(BuiltInView, Option<i64>)],
        current: Option<BuiltInView>,
        here: String,
    ) -> Self {
        let view = |(view, count): &(BuiltInView, Option<i64>)| ViewLink {
            word: view.word(),
            name: text(&format!("view-{}", view.word())),
            count: shown(*count),
            is_current: Some(*view) == current,
        };
        Self {
            look: Look::of(headers),
            me: Person::from(&*signed.0),
            role: text(&format!("role-{}", signed.requester().role)),
            views: counts.iter().map(view).collect(),
            said: Said::of(headers),
            here,
        }
    }
}

/// A number of tickets; `None` is more than are counted.
pub fn shown(count: Option<i64>) -> String {
    count.map_or_else(|| text("count-many"), |count| count.to_string())
}
