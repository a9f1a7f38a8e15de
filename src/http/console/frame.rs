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
    /// Whether single keys do something.
    pub shortcuts: bool,
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

impl ViewLink {
    /// The key that leads to it, after a `g`.
    pub fn key(&self) -> &str {
        self.word.get(..1).unwrap_or_default()
    }
}

/// The keys, and what the texts of what they do are called.
const KEYS: [(&str, &str); 19] = [
    ("j", "key-next"),
    ("k", "key-previous"),
    ("o", "key-open"),
    ("x", "key-choose"),
    ("u", "key-back"),
    ("r", "key-reply"),
    ("n", "key-note"),
    ("a", "key-assign"),
    ("s", "key-status"),
    ("p", "key-priority"),
    ("t", "key-tags"),
    ("/", "key-search"),
    ("g …", "key-view"),
    ("Ctrl ⏎", "key-send"),
    ("::", "key-canned"),
    ("@", "key-mention"),
    ("Ctrl K", "key-palette"),
    ("?", "key-keys"),
    ("Esc", "key-leave"),
];

impl Frame {
    /// Every key and what it does.
    pub fn keys(&self) -> impl Iterator<Item = (&'static str, String)> {
        KEYS.into_iter().map(|(key, does)| (key, text(does)))
    }

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
            shortcuts: signed.0.shortcuts,
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
