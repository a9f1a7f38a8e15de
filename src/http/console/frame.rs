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

impl Frame {
    /// The frame of the page at `here`, which shows the view with the word `current`.
    pub fn new(signed: &Signed, headers: &HeaderMap, views: &[View], current: Option<&str>, here: String) -> Self {
        let view = |view: &View| ViewLink {
            word: view.word.clone(),
            icon: if view.whose == Whose::BuiltIn { view.word.clone() } else { "saved".to_owned() },
            name: view.name.clone(),
            count: view.count.clone(),
            is_current: current == Some(&view.word),
        };
        Self {
            look: Look::of(headers),
            me: Person::from(&*signed.0),
            role: text(&format!("role-{}", signed.requester().role)),
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
