//! The audit log, with names in the place of ids.

use serde_json::Value;

use super::Resource;
use super::field::{Field, Given};
use super::table::{Cell, Change, Row, Table};
use super::users::name;
use crate::app::desk::directory::{Directory, directory};
use crate::app::desk::manage::audit_log::{self, DEFAULT_LIMIT, KINDS};
use crate::app::desk::manage::parts::Part;
use crate::app::desk::manage::{apikeys, canned_replies, identity_providers, requesters, saved_views};
use crate::domain::user::Requester;
use crate::domain::{AuditId, Error, UserId};
use crate::http::console::people::Person;
use crate::http::console::texts::{text, text_of};
use crate::http::console::tickets::filter_names::in_words;
use crate::http::extract::Form;
use crate::storage::Tx;
use crate::storage::queries::audit::{AuditFilter, RecordedEntry};

/// Characters of a value that are shown of it.
const SHOWN_CHARS: usize = 160;

/// What a day later begins.
const DAY: std::time::Duration = std::time::Duration::from_hours(24);

/// The resource.
pub struct Audit;

/// What can be done to anything.
fn doings() -> Vec<&'static str> {
    let mut doings: Vec<&'static str> = KINDS.iter().flat_map(|(_, doings)| doings.iter().copied()).collect();
    doings.sort_unstable();
    doings.dedup();
    doings
}

fn thing_in_words(thing: &str) -> String {
    text(&format!("audit-thing-{}", thing.replace('_', "-")))
}

fn doing_in_words(doing: &str) -> String {
    text(&format!("audit-doing-{}", doing.replace('_', "-")))
}

/// The fields that narrow the log down.
fn filters(directory: &Directory) -> Vec<Field> {
    let any = || (String::new(), text("any"));
    let actors = directory.staff.iter().map(|member| (member.id.to_string(), Person::from(member).name));
    let things = KINDS.iter().map(|(thing, _)| ((*thing).to_owned(), thing_in_words(thing)));
    let doings = doings().into_iter().map(|doing| (doing.to_owned(), doing_in_words(doing)));
    vec![
        Field::select("actor", std::iter::once(any()).chain(actors)),
        Field::select("thing", std::iter::once(any()).chain(things)),
        Field::select("doing", std::iter::once(any()).chain(doings)),
        Field::day("from"),
        Field::day("until"),
    ]
}

/// The entries that the filters ask for; a filter that cannot be read lets all through.
fn filter(fields: &mut [Field], asked: &Form) -> AuditFilter {
    let mut given = Given::take(fields, asked);
    for wrong in fields.iter().filter(|field| field.problem.is_some()) {
        given.forget(wrong.name);
    }
    let (thing, doing) = (given.chosen("thing"), given.chosen("doing"));
    let kinds = KINDS
        .iter()
        .filter(|(known, _)| thing.is_none_or(|thing| thing == *known))
        .flat_map(|(thing, doings)| doings.iter().map(move |doing| (thing, *doing)))
        .filter(|(_, known)| doing.is_none_or(|doing| doing == *known))
        .map(|(thing, doing)| format!("{thing}.{doing}"));
    AuditFilter {
        actor: given.number("actor").map(UserId),
        kinds: (thing.is_some() || doing.is_some()).then(|| kinds.collect()),
        subject: asked.parameter("subject").and_then(|id| id.parse().ok()),
        from: given.day("from"),
        // Until the end of the day.
        before: given.day("until").map(|day| day.plus(DAY)),
    }
}

/// The names of what entries tell of by ids.
struct Names {
    directory: Directory,
    /// Kinds of things, ids and names of what is not in the directory.
    others: Vec<(&'static str, i64, String)>,
}

impl Names {
    fn read(tx: &mut dyn Tx, staff: &Requester, entries: &[RecordedEntry]) -> Result<Self, Error> {
        let mut others = Vec::new();
        let apikeys = apikeys::list(tx, staff)?.into_iter();
        others.extend(apikeys.map(|apikey| ("apikey", apikey.id.0, apikey.name)));
        let providers = identity_providers::list(tx, staff)?.into_iter();
        others.extend(providers.map(|(id, provider)| ("identity_provider", id.0, provider.issuer)));
        let replies = canned_replies::list(tx, staff)?.into_iter();
        others.extend(replies.map(|reply| ("canned_reply", reply.id.0, reply.shortcut)));
        let views = saved_views::list(tx, staff)?.into_iter();
        others.extend(views.map(|view| ("view", view.id.0, view.name)));
        let mut customers: Vec<i64> =
            entries.iter().filter(|e| e.kind.starts_with("requester.")).map(|e| e.subject).collect();
        customers.sort_unstable();
        customers.dedup();
        for id in customers {
            match requesters::read(tx, staff, UserId(id)) {
                Ok(person) => others.push(("requester", id, name(&person))),
                // Who has become staff since.
                Err(Error::NotFound) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(Self { directory: directory(tx, staff)?, others })
    }

    fn person(&self, id: i64) -> String {
        self.directory.member(UserId(id)).map_or_else(|| text("somebody"), |member| Person::from(member).name)
    }

    /// What the thing is called; if it is there no longer, what it was called in the entry itself.
    fn subject(&self, thing: &str, id: i64, told: &[&Value]) -> String {
        let directory = &self.directory;
        let known = match thing {
            "user" => Some(self.person(id)),
            "team" => directory.teams.iter().find(|team| team.id.0 == id).map(|team| team.name.clone()),
            "category" => directory.categories.iter().find(|found| found.id.0 == id).map(|found| found.name.clone()),
            "tag" => directory.tags.iter().find(|tag| tag.id.0 == id).map(|tag| tag.tag.clone()),
            _ => self.others.iter().find(|other| other.0 == thing && other.1 == id).map(|other| other.2.clone()),
        };
        let named =
            || told.iter().find_map(|told| ["name", "shortcut", "issuer"].iter().find_map(|k| told[k].as_str()));
        known.or_else(|| named().map(str::to_owned)).unwrap_or_default()
    }

    fn value(&self, member: &str, value: &Value) -> String {
        let shown = match (member, value) {
            ("role", Value::String(role)) => text(&format!("role-{role}")),
            ("query", Value::String(query)) => in_words(query, &self.directory),
            ("members", Value::Array(ids)) => {
                let names: Vec<String> = ids.iter().filter_map(Value::as_i64).map(|id| self.person(id)).collect();
                names.join(", ")
            }
            (_, Value::Array(items)) => items.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(", "),
            (_, Value::Bool(true)) => text("yes"),
            (_, Value::Bool(false)) => text("no"),
            (_, Value::String(text)) => text.clone(),
            (_, other) => other.to_string(),
        };
        match shown.char_indices().nth(SHOWN_CHARS) {
            _ if shown.is_empty() => text("nothing"),
            Some((end, _)) => format!("{}…", &shown[..end]),
            None => shown,
        }
    }

    fn row(&self, entry: &RecordedEntry) -> Result<Row, Error> {
        let read = |json: &Option<String>| json.as_deref().map_or(Ok(Value::Null), serde_json::from_str);
        let before = read(&entry.before).map_err(Error::internal)?;
        let after = read(&entry.after).map_err(Error::internal)?;
        let (thing, doing) = entry.kind.split_once('.').unwrap_or((&entry.kind, ""));
        let members = |value: &Value| value.as_object().into_iter().flatten().map(|(name, _)| name.clone()).collect();
        let mut names: Vec<String> = members(&before);
        let more: Vec<String> = members(&after);
        names.extend(more.into_iter().filter(|name| before.get(name).is_none()));
        let changes = names.into_iter().map(|member| Change {
            label: text(&format!("label-{member}")),
            before: before.get(&member).map(|value| self.value(&member, value)),
            after: after.get(&member).map(|value| self.value(&member, value)),
        });
        let what = text_of("audit-what", &[("thing", thing_in_words(thing)), ("doing", doing_in_words(doing))]);
        let subject = self.subject(thing, entry.subject, &[&after, &before]);
        let what = if subject.is_empty() { what } else { text_of("audit-which", &[("name", subject), ("what", what)]) };
        let cells = vec![
            Cell::time(entry.at),
            self.person(entry.actor.0).into(),
            what.into(),
            Cell::Changes(changes.collect()),
        ];
        Ok(Row { id: None, off: None, cells })
    }
}

impl Resource for Audit {
    fn part(&self) -> Part {
        Part::Audit
    }

    fn table(&self, tx: &mut dyn Tx, staff: &Requester, asked: &Form) -> Result<Table, Error> {
        let mut filters = filters(&directory(tx, staff)?);
        let filter = filter(&mut filters, asked);
        let after: Option<i64> = asked.parameter("after").and_then(|id| id.parse().ok());
        let page = audit_log::read(tx, staff, &filter, after.map(AuditId), DEFAULT_LIMIT)?;
        let names = Names::read(tx, staff, &page.entries)?;
        let rows: Vec<Row> = page.entries.iter().map(|entry| names.row(entry)).collect::<Result<_, _>>()?;
        let next = page.next.map(|id| {
            let mut query = form_urlencoded::Serializer::new(String::new());
            query.extend_pairs(filters.iter().map(|field| (field.name, field.value())));
            query.append_pair("after", &id.to_string()).finish()
        });
        let table = Table::new(&["at", "actor", "what", "changes"], rows);
        let is_narrowed = filter != AuditFilter::default();
        Ok(Table { filters, is_narrowed, may_add: false, next, goes_on: after.is_some(), ..table })
    }
}
