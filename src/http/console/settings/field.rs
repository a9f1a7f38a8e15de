//! Fields of the settings' forms and filters: what they are asked for, what they hold, and what is wrong with that.

use serde::Serialize;

use crate::app::desk::manage::{LONG_TEXT_MAX_CHARS, NAME_MAX_CHARS, URL_MAX_CHARS};
use crate::domain::Timestamp;
use crate::domain::text as characters;
use crate::http::console::texts::{counted, text, text_with};
use crate::http::console::tickets::Choice;
use crate::http::extract::Form;
use crate::identity::password;

/// What a field that is ticked sends.
const TICKED: &str = "yes";

/// How a field is filled in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A line of text; as browsers call its type.
    Line(&'static str),
    /// Many lines.
    Long,
    Number,
    /// A day, of which the time zone is UTC.
    Day,
    /// One of the choices.
    Select,
    /// Any of the choices.
    Several,
    /// Yes or no.
    Tick,
    /// A password to have from now on.
    NewPassword,
    /// The password that one has.
    CurrentPassword,
}

/// A field.
#[derive(Clone, Debug)]
pub struct Field {
    pub name: &'static str,
    pub kind: Kind,
    pub label: String,
    pub hint: Option<String>,
    pub required: bool,
    pub max_chars: usize,
    /// What it holds; of a field with choices, the chosen ones' values.
    pub values: Vec<String>,
    pub choices: Vec<Choice>,
    /// What is wrong with what it holds.
    pub problem: Option<String>,
    /// What it holds in the meantime, if that is something else.
    pub now: Option<String>,
}

impl Field {
    fn new(name: &'static str, kind: Kind, max_chars: usize) -> Self {
        let label = text(&format!("label-{name}"));
        Self {
            name,
            kind,
            label,
            hint: None,
            required: false,
            max_chars,
            values: Vec::new(),
            choices: Vec::new(),
            problem: None,
            now: None,
        }
    }

    /// A line of text.
    pub fn line(name: &'static str) -> Self {
        Self::new(name, Kind::Line("text"), NAME_MAX_CHARS)
    }

    /// An e-mail address.
    pub fn email(name: &'static str) -> Self {
        Self::new(name, Kind::Line("email"), NAME_MAX_CHARS)
    }

    /// What to look for in a list.
    pub fn search(name: &'static str) -> Self {
        Self::new(name, Kind::Line("search"), NAME_MAX_CHARS)
    }

    /// The address of something on the Web, or what may look like one.
    pub fn address(name: &'static str) -> Self {
        Self::new(name, Kind::Line("text"), URL_MAX_CHARS)
    }

    /// Text of many lines.
    pub fn long(name: &'static str) -> Self {
        Self::new(name, Kind::Long, LONG_TEXT_MAX_CHARS)
    }

    /// A whole number that is not negative.
    pub fn number(name: &'static str) -> Self {
        Self { required: true, ..Self::new(name, Kind::Number, 18) }
    }

    /// A day.
    pub fn day(name: &'static str) -> Self {
        Self::new(name, Kind::Day, 10)
    }

    /// One of `choices`: values and labels.
    pub fn select(name: &'static str, choices: impl IntoIterator<Item = (String, String)>) -> Self {
        Self { choices: offered(choices), ..Self::new(name, Kind::Select, usize::MAX) }
    }

    /// Any of `choices`: values and labels.
    pub fn several(name: &'static str, choices: impl IntoIterator<Item = (String, String)>) -> Self {
        Self { choices: offered(choices), ..Self::new(name, Kind::Several, usize::MAX) }
    }

    /// Yes or no.
    pub fn tick(name: &'static str) -> Self {
        Self::new(name, Kind::Tick, usize::MAX)
    }

    /// A password to have from now on.
    pub fn new_password(name: &'static str) -> Self {
        Self::new(name, Kind::NewPassword, password::MAX_BYTES)
    }

    /// The password that one has.
    pub fn current_password(name: &'static str) -> Self {
        Self::new(name, Kind::CurrentPassword, password::MAX_BYTES)
    }

    /// The same, which may not be left empty.
    pub fn required(self) -> Self {
        Self { required: true, ..self }
    }

    /// The same, no longer than this.
    pub fn up_to(self, max_chars: usize) -> Self {
        Self { max_chars, ..self }
    }

    /// The same with a sentence below it.
    pub fn hint(self, key: &str) -> Self {
        Self { hint: Some(text(key)), ..self }
    }

    /// The same, holding this.
    pub fn holding(mut self, value: impl Into<String>) -> Self {
        self.hold(vec![value.into()]);
        self
    }

    /// Puts `values` in.
    pub fn hold(&mut self, values: Vec<String>) {
        for choice in &mut self.choices {
            choice.chosen = values.contains(&choice.value);
        }
        self.values = values;
    }

    /// The one value, empty if there is none.
    pub fn value(&self) -> &str {
        self.values.first().map_or("", String::as_str)
    }

    /// Whether it is a field that is ticked.
    pub fn is_ticked(&self) -> bool {
        self.value() == TICKED
    }

    /// What browsers call the type of its input.
    pub fn input_type(&self) -> &'static str {
        match self.kind {
            Kind::Line(kind) => kind,
            // A browser shows nothing of what is no number, or no day.
            Kind::Number if self.problem.is_none() => "number",
            Kind::Day if self.problem.is_none() => "date",
            Kind::NewPassword | Kind::CurrentPassword => "password",
            _ => "text",
        }
    }

    /// What a browser may fill in by itself.
    pub fn autocomplete(&self) -> &'static str {
        match self.kind {
            Kind::NewPassword => "new-password",
            Kind::CurrentPassword => "current-password",
            _ => "off",
        }
    }

    /// The values as one word, to be sent back as they were shown.
    pub fn joined(&self) -> String {
        self.values.join(",")
    }

    /// The ids of what describes it, for readers of screens.
    pub fn described_by(&self) -> String {
        let parts = [("hint", &self.hint), ("problem", &self.problem), ("now", &self.now)];
        let there: Vec<String> =
            parts.iter().filter(|(_, part)| part.is_some()).map(|(part, _)| format!("{}-{part}", self.name)).collect();
        there.join(" ")
    }

    /// What `values` say to a reader.
    pub fn in_words(&self, values: &[String]) -> String {
        match self.kind {
            Kind::Tick => text(if values.is_empty() { "no" } else { "yes" }),
            Kind::Select | Kind::Several => {
                let chosen = self.choices.iter().filter(|choice| values.contains(&choice.value));
                let labels: Vec<&str> = chosen.map(|choice| choice.label.as_str()).collect();
                if labels.is_empty() { text("nothing") } else { labels.join(", ") }
            }
            _ => values.first().filter(|value| !value.is_empty()).cloned().unwrap_or_else(|| text("nothing")),
        }
    }

    /// Takes what `form` holds for it. Gives what was typed; notes what is wrong with it. A password is not put in, so that
    /// it never comes back.
    pub fn take(&mut self, form: &Form) -> Vec<String> {
        let typed = match self.kind {
            Kind::Several => form.all(self.name).map(str::to_owned).collect(),
            Kind::Tick => form.raw(self.name).map(|_| TICKED.to_owned()).into_iter().collect(),
            // Browsers end lines as forms have it.
            _ => vec![characters::trim(&form.raw(self.name).unwrap_or_default()).replace("\r\n", "\n")],
        };
        self.problem = self.problem_of(&typed);
        if !matches!(self.kind, Kind::NewPassword | Kind::CurrentPassword) {
            self.hold(typed.clone());
        }
        typed
    }

    fn problem_of(&self, typed: &[String]) -> Option<String> {
        let unknown = || typed.iter().any(|value| self.choices.iter().all(|choice| choice.value != *value));
        let value = typed.first().map_or("", String::as_str);
        match self.kind {
            Kind::Several | Kind::Select if unknown() => Some(text("problem-choice")),
            Kind::Several if self.required && typed.is_empty() => Some(text("problem-none-chosen")),
            Kind::Tick | Kind::Several | Kind::Select => None,
            _ if value.is_empty() => self.required.then(|| text("problem-required")),
            _ if value.contains('\0') => Some(text("problem-null")),
            _ if value.chars().count() > self.max_chars => {
                Some(counted("problem-long", i64::try_from(self.max_chars).unwrap_or(i64::MAX)))
            }
            Kind::Number if number(value).is_none() => Some(text("problem-number")),
            Kind::Day if day(value).is_none() => Some(text("problem-day")),
            Kind::NewPassword if value.chars().count() < password::MIN_CHARS => {
                Some(text_with("problem-password", "what", password::MIN_CHARS))
            }
            _ => None,
        }
    }
}

fn offered(choices: impl IntoIterator<Item = (String, String)>) -> Vec<Choice> {
    choices.into_iter().map(|(value, label)| Choice { value, label, chosen: false }).collect()
}

/// The number that is written, if it is not negative.
fn number(written: &str) -> Option<i64> {
    written.parse().ok().filter(|number| *number >= 0)
}

/// Midnight at the beginning of the day that is written, in UTC.
fn day(written: &str) -> Option<Timestamp> {
    let day: jiff::civil::Date = written.parse().ok()?;
    let midnight = day.to_zoned(jiff::tz::TimeZone::UTC).ok()?;
    Some(Timestamp(midnight.timestamp().as_microsecond()))
}

/// What a thing holds, by the names of fields: what its form shows, and what its version is made of.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Values(Vec<(&'static str, Vec<String>)>);

impl Values {
    /// With a text.
    pub fn text(self, name: &'static str, value: impl Into<String>) -> Self {
        self.several(name, [value.into()])
    }

    /// With a yes or a no.
    pub fn tick(self, name: &'static str, value: bool) -> Self {
        self.several(name, value.then(|| TICKED.to_owned()))
    }

    /// With several values.
    pub fn several(mut self, name: &'static str, values: impl IntoIterator<Item = String>) -> Self {
        self.0.push((name, values.into_iter().collect()));
        self
    }

    /// What is held under `name`.
    pub fn get(&self, name: &str) -> Option<&[String]> {
        self.0.iter().find(|(known, _)| *known == name).map(|(_, values)| values.as_slice())
    }
}

/// What was typed into a form, with nothing wrong in it so far.
#[derive(Clone, Debug, Default)]
pub struct Given {
    typed: Values,
    shown: Values,
}

impl Given {
    /// What `form` holds for `fields`, and what is wrong is noted there.
    pub fn take(fields: &mut [Field], form: &Form) -> Self {
        let mut given = Self::default();
        for field in fields {
            let shown = form.raw(&format!("was-{}", field.name)).unwrap_or_default();
            given.shown.0.push((field.name, shown.split_terminator(',').map(str::to_owned).collect()));
            given.typed.0.push((field.name, field.take(form)));
        }
        given
    }

    /// The text in `name`.
    pub fn text(&self, name: &str) -> &str {
        self.typed.get(name).and_then(|values| values.first()).map_or("", String::as_str)
    }

    /// The one choice in `name`, unless it is the empty one.
    pub fn chosen(&self, name: &str) -> Option<&str> {
        Some(self.text(name)).filter(|text| !text.is_empty())
    }

    /// Whether `name` is ticked.
    pub fn tick(&self, name: &str) -> bool {
        !self.text(name).is_empty()
    }

    /// The number in `name`.
    pub fn number(&self, name: &str) -> Option<i64> {
        number(self.text(name))
    }

    /// The beginning of the day in `name`.
    pub fn day(&self, name: &str) -> Option<Timestamp> {
        day(self.text(name))
    }

    /// What is chosen in `name`.
    pub fn several(&self, name: &str) -> &[String] {
        self.typed.get(name).unwrap_or_default()
    }

    /// The ids that are chosen in `name`.
    pub fn ids(&self, name: &str) -> impl Iterator<Item = i64> {
        self.several(name).iter().filter_map(|id| id.parse().ok())
    }

    /// The ids that were chosen (true) in `name`, and those that no longer are (false), compared with what was shown.
    pub fn changed_ids(&self, name: &str) -> impl Iterator<Item = (i64, bool)> {
        let (shown, typed) = (self.shown.get(name).unwrap_or_default(), self.several(name));
        let added = typed.iter().filter(|id| !shown.contains(id)).map(|id| (id, true));
        let dropped = shown.iter().filter(|id| !typed.contains(id)).map(|id| (id, false));
        added.chain(dropped).filter_map(|(id, is_chosen)| Some((id.parse().ok()?, is_chosen)))
    }

    /// Forgets what was typed into `name`.
    pub fn forget(&mut self, name: &str) {
        self.typed.0.retain(|(known, _)| *known != name);
    }
}

#[cfg(test)]
mod tests {
    use super::{Field, Given};
    use crate::http::extract::Form;

    #[test]
    fn what_is_wrong_is_noted_and_passwords_do_not_come_back() {
        let choice = || ("1".to_owned(), "One".to_owned());
        let mut fields = [
            Field::line("name").required(),
            Field::select("role", [choice()]),
            Field::number("place"),
            Field::day("from"),
            Field::new_password("password"),
            Field::long("body").up_to(3),
        ];
        let form = b"name=+%09&role=2&place=-1&from=2026-02-30&password=hunter2&body=four";
        Given::take(&mut fields, &Form::from_urlencoded(form));
        assert!(fields.iter().all(|field| field.problem.is_some()), "{fields:?}");
        assert!(!format!("{fields:?}").contains("hunter2"));

        let form = b"name=+Ada+&role=1&place=7&from=2026-02-28&password=hunter2hunter2&body=a%0D%0Ab";
        let given = Given::take(&mut fields, &Form::from_urlencoded(form));
        assert!(fields.iter().all(|field| field.problem.is_none()), "{fields:?}");
        assert!(!format!("{fields:?}").contains("hunter2"));
        assert_eq!((given.text("name"), given.text("body"), given.number("place")), ("Ada", "a\nb", Some(7)));
        assert_eq!(given.day("from").map(crate::domain::Timestamp::seconds), Some(1_772_236_800));
    }

    #[test]
    fn of_several_choices_what_changed_is_told() {
        let choices = ["1", "2", "3"].map(|id| (id.to_owned(), id.to_owned()));
        let mut fields = [Field::several("teams", choices)];
        let given = Given::take(&mut fields, &Form::from_urlencoded(b"was-teams=1,2&teams=2&teams=3"));
        assert_eq!(given.changed_ids("teams").collect::<Vec<_>>(), [(3, true), (1, false)]);
    }
}
