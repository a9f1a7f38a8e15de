//! Which list of tickets an address of the console asks for, and addresses that ask for another.

use crate::domain::user::Requester;
use crate::http::tickets_query::{self, FILTERS, SORT};
use crate::storage::queries::desk_tickets::{DeskFilter, Sort};

/// The view that is shown if none is named.
pub const HOME_VIEW: &str = "open";

/// What names the view.
const VIEW: &str = "view";

/// Where the page begins.
const CURSOR: &str = "cursor";

/// What a list's address says: a view by its word, and over the view's query what else is given, by the names of the API.
#[derive(Clone, Debug)]
pub struct ListQuery {
    /// The word of a built-in view, or the id of a saved one.
    pub view: String,
    /// What can be read, by our names, in our order.
    given: Vec<(&'static str, String)>,
    cursor: Option<String>,
    /// The names of what cannot be read, and is left out.
    pub unreadable: Vec<String>,
}

/// The list that is asked for, in the storage's words.
pub struct Asked {
    pub filter: DeskFilter,
    pub sort: Sort,
    pub after: Option<Vec<i64>>,
}

impl ListQuery {
    /// Reads the query of an address; `me` is `staff`. What is empty is not given: forms send all their fields.
    pub fn parse(query: &str, staff: &Requester) -> Self {
        let mut read = Self { view: HOME_VIEW.to_owned(), given: Vec::new(), cursor: None, unreadable: Vec::new() };
        let mut single = tickets_query::ListQuery::default();
        for (name, value) in form_urlencoded::parse(query.as_bytes()) {
            let value = value.trim();
            let known = FILTERS.into_iter().find(|known| *known == name).or((name == SORT).then_some(SORT));
            match known {
                _ if value.is_empty() => {}
                None if name == VIEW => value.clone_into(&mut read.view),
                None if name == CURSOR => read.cursor = Some(value.to_owned()),
                Some(known) if read.get(known).is_empty() && single.take(known, value, staff).is_ok() => {
                    read.given.push((known, value.to_owned()));
                }
                _ => read.unreadable.push(name.into_owned()),
            }
        }
        let place = |name| FILTERS.into_iter().position(|known| known == name).unwrap_or(FILTERS.len());
        read.given.sort_by_key(|(name, _)| place(*name));
        read
    }

    /// What is given for `name`; empty if nothing is.
    pub fn get(&self, name: &str) -> &str {
        self.given.iter().find(|(given, _)| *given == name).map_or("", |(_, value)| value)
    }

    /// The list: the view's, and in place of what its query says of a parameter, what is given for that.
    pub fn asked(&mut self, view: &str, staff: &Requester) -> Asked {
        let mut asked = tickets_query::ListQuery::default();
        let given = self.given.iter().map(|(name, value)| ((*name).into(), value.as_str().into()));
        let pairs: Vec<_> = form_urlencoded::parse(view.as_bytes()).chain(given).collect();
        for (name, value) in pairs {
            // A view may be of a version that knew another parameter.
            if asked.take(&name, value.trim(), staff).is_err() {
                self.unreadable.push(name.into_owned());
            }
        }
        asked.cursor = self.cursor.take();
        let after = match asked.after() {
            // A key of another order is from an address that somebody put together.
            Ok(after) if after.as_ref().is_none_or(|after| asked.sort.accepts(after)) => after,
            _ => {
                self.unreadable.push(CURSOR.to_owned());
                None
            }
        };
        self.cursor = after.is_some().then_some(asked.cursor).flatten();
        Asked { filter: asked.filter, sort: asked.sort, after }
    }

    /// The query of a view that shows this list: that of its view, and in place of what that says, what is given.
    pub fn as_view(&self, view: &str) -> String {
        let of_view: Vec<_> = form_urlencoded::parse(view.as_bytes()).collect();
        let value_of = |name: &'static str| {
            let given = Some(self.get(name)).filter(|given| !given.is_empty());
            given.or_else(|| Some(&*of_view.iter().find(|(said, _)| said == name)?.1))
        };
        let all = FILTERS.into_iter().chain([SORT]).filter_map(|name| Some((name, value_of(name)?)));
        form_urlencoded::Serializer::new(String::new()).extend_pairs(all).finish()
    }

    /// Whether this is not the list's beginning.
    pub fn goes_on(&self) -> bool {
        self.cursor.is_some()
    }

    /// What narrows the view down.
    pub fn narrowing(&self) -> impl Iterator<Item = (&'static str, &str)> {
        self.given.iter().filter(|(name, _)| *name != SORT).map(|(name, value)| (*name, value.as_str()))
    }

    /// The query of this list from its beginning, without what is given for `dropped`.
    pub fn without(&self, dropped: &str) -> String {
        self.written(dropped, None)
    }

    /// The query of this list from its beginning, with `text` for the part of the subject.
    pub fn with_text(&self, text: &str) -> String {
        form_urlencoded::Serializer::new(self.without("text")).append_pair("text", text).finish()
    }

    /// The query of this page of the list.
    pub fn here(&self) -> String {
        self.written("", self.cursor.as_deref())
    }

    /// The query of the page after the ticket with this key.
    pub fn page_after(&self, key: &[i64]) -> String {
        self.written("", Some(&tickets_query::cursor_after(key)))
    }

    fn written(&self, dropped: &str, cursor: Option<&str>) -> String {
        let mut query = form_urlencoded::Serializer::new(String::new());
        query.append_pair(VIEW, &self.view);
        query.extend_pairs(self.given.iter().filter(|(name, _)| *name != dropped));
        if let Some(cursor) = cursor {
            query.append_pair(CURSOR, cursor);
        }
        query.finish()
    }
}
