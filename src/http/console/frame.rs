//! What is around the tickets on every page: views, who is signed in, what was done.

use http::HeaderMap;

use super::look::Look;
use super::people::Person;
use super::said::Said;
use super::session::Signed;
use super::texts::text;
use super::views::{View, Whose};

/// The frame of a page.
#[derive(Clone, Debug)]
pub struct Frame {
    pub look: Look,
    pub me: Person,
    pub role: String,
    /// Whether single keys do something.
    pub shortcuts: bool,
    /// The views, by whose they are.
    pub views: Vec<ViewGroup>,
    pub said: Option<Said>,
    /// The address of this page, to come back to.
    pub here: String,
}

/// Views of one kind.
#[derive(Clone, Debug)]
pub struct ViewGroup {
    /// What the kind is called; empty for the built-in ones.
    pub heading: String,
    pub links: Vec<ViewLink>,
}

/// A view and how many tickets it shows.
#[derive(Clone, Debug)]
pub struct ViewLink {
    pub word: String,
    pub icon: String,
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
const KEYS: [(&str, &str); 20] = [
    ("j", "key-next"),
    ("k", "key-previous"),
    ("o", "key-open"),
    ("x", "key-choose"),
    ("u", "key-back"),
    ("c", "key-new"),
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
    #[expect(clippy::unused_self, reason = "templates call it as a method")]
    pub fn keys(&self) -> impl Iterator<Item = (&'static str, String)> {
        KEYS.into_iter().map(|(key, does)| (key, text(does)))
    }

    /// The frame of the page at `here`, which shows the view with the word `current`.
    pub fn new(signed: &Signed, headers: &HeaderMap, views: &[View], current: Option<&str>, here: String) -> Self {
        let view = |view: &View| ViewLink {
            word: view.word.clone(),
            icon: view.icon().to_owned(),
            name: view.name.clone(),
            count: view.count.clone(),
            is_current: current == Some(&view.word),
        };
        Self {
            look: Look::of(headers),
            me: Person::from(&*signed.0),
            role: text(&format!("role-{}", signed.requester().role)),
            shortcuts: signed.0.shortcuts,
            views: [
                (Whose::BuiltIn, String::new()),
                (Whose::Everybodys, text("views-shared")),
                (Whose::Own, text("views-own")),
            ]
            .into_iter()
            .map(|(whose, heading)| {
                let links = views.iter().filter(|view| view.whose == whose).map(view).collect();
                ViewGroup { heading, links }
            })
            .filter(|group: &ViewGroup| !group.links.is_empty())
            .collect(),
            said: Said::of(headers),
            here,
        }
    }
}
