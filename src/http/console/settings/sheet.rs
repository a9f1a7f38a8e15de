//! A form of the settings: a thing's fields, what else is known of it, and what may be done with it.

use http::StatusCode;

use super::field::{Field, Given, Values};
use super::table::Cell;
use crate::domain::{Conflict, Error, Invalid, Problem};
use crate::http::console::error::PageError;
use crate::http::console::texts::{counted, text, text_with};
use crate::http::desk::version;
use crate::http::extract::Form;

/// A form.
#[derive(Default)]
pub struct Sheet {
    /// What the thing is called; nothing if it is to be added.
    pub title: Option<String>,
    /// What is known of it and stays.
    pub facts: Vec<(String, Cell)>,
    pub fields: Vec<Field>,
    /// What tells the thing as it is shown from what it may have become.
    pub version: String,
    /// What it takes to be rid of it, as the texts for that are called.
    pub removal: Option<&'static str>,
    /// A secret that is shown this once.
    pub secret: Option<String>,
    /// What is wrong with the whole.
    pub problem: Option<String>,
}

impl Sheet {
    /// The form for something that is to be added.
    pub fn blank(fields: Vec<Field>) -> Self {
        Self { fields, ..Self::default() }
    }

    /// The form of the thing that is called `title` and holds `values`.
    ///
    /// # Errors
    /// When they cannot be written, which is our fault.
    pub fn of(title: impl Into<String>, values: &Values, mut fields: Vec<Field>) -> Result<Self, Error> {
        for field in &mut fields {
            if let Some(values) = values.get(field.name) {
                field.hold(values.to_vec());
            }
        }
        let version = version::of_bytes(&serde_json::to_vec(values).map_err(Error::internal)?);
        Ok(Self { title: Some(title.into()), fields, version, ..Self::default() })
    }

    /// With something that is known and stays.
    pub fn fact(mut self, name: &str, cell: impl Into<Cell>) -> Self {
        self.facts.push((text(&format!("label-{name}")), cell.into()));
        self
    }

    /// With a way to be rid of it.
    pub fn removal(self, removal: &'static str) -> Self {
        Self { removal: Some(removal), ..self }
    }

    /// What `form` holds; nothing if something is wrong with it, which is then noted.
    pub fn take(&mut self, form: &Form) -> Option<Given> {
        let given = Given::take(&mut self.fields, form);
        self.fields.iter().all(|field| field.problem.is_none()).then_some(given)
    }

    /// Notes what is wrong with the field `name`, or with the whole if there is none.
    pub fn note(&mut self, name: &str, problem: String) {
        match self.fields.iter_mut().find(|field| field.name == name) {
            Some(field) => field.problem = Some(problem),
            None => self.problem = Some(problem),
        }
    }

    /// Notes why a use case refused what was typed, `unique` being the field whose value nothing else may have. Gives the
    /// status of the page that says so.
    ///
    /// # Errors
    /// What is not about the form.
    pub fn refuse(&mut self, error: Error, unique: &str) -> Result<StatusCode, PageError> {
        match error {
            Error::Invalid(invalid) => {
                self.refuse_fields(&invalid);
                Ok(StatusCode::UNPROCESSABLE_ENTITY)
            }
            Error::Conflict(conflict) => {
                let (field, problem) = match conflict {
                    Conflict::Taken(_) => (unique, text("problem-taken")),
                    Conflict::LastAdmin => ("role", text("problem-last-admin")),
                    Conflict::Full(most) => ("", counted("problem-full", i64::try_from(most).unwrap_or(i64::MAX))),
                    Conflict::KeyReused => ("", text("problem-sent-before")),
                    other => return Err(Error::Conflict(other).into()),
                };
                self.note(field, problem);
                Ok(StatusCode::CONFLICT)
            }
            other => Err(other.into()),
        }
    }

    fn refuse_fields(&mut self, invalid: &Invalid) {
        for (name, problems) in invalid.iter() {
            let problem = match problems.first() {
                // Of each field there is one thing that only the use case can tell.
                Some(Problem::Other(_)) => text(&format!("wrong-{}", name.replace(['_', '.'], "-"))),
                Some(Problem::UnknownPk(_)) => text("problem-choice"),
                _ => text("problem-unreadable"),
            };
            // What a body nests, a form has side by side.
            self.note(name.rsplit('.').next().unwrap_or(name), problem);
        }
    }

    /// Makes this the form of what the thing has become, which `current` is the form of: it keeps what was typed, and says
    /// where that is otherwise now.
    pub fn follow(&mut self, current: Self) {
        for field in &mut self.fields {
            let now = current.fields.iter().find(|now| now.name == field.name && now.values != field.values);
            field.now = now.map(|now| text_with("now-is", "what", now.in_words(&now.values)));
        }
        let Self { title, facts, version, removal, .. } = current;
        (self.title, self.facts, self.version, self.removal) = (title, facts, version, removal);
        self.problem = Some(text("problem-changed"));
    }
}
