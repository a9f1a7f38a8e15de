//! A form's fields, checked the way DRF's serializer fields check them (contract, "What DRF says of a bad value").

use super::form::{Form, Text, UploadedFile, Value};
use crate::domain::attachment::FILES_MAX;
use crate::domain::id::{GivenId, parse_plain};
use crate::domain::ticket::{SUBJECT_MAX_CHARS, Subject};
use crate::domain::{Checked, Problem, text};
use crate::http::ApiError;

impl Form {
    /// The field's value; of a repeated one the last.
    fn last(&self, name: &str) -> Option<&Value> {
        self.fields.iter().rev().find(|(field, _)| field == name).map(|(_, value)| value)
    }

    /// Goes on if there are no fields but these.
    ///
    /// # Errors
    /// A 400 that names the field.
    pub fn refuse_others(&self, known: &[&str]) -> Result<(), ApiError> {
        match self.fields.iter().find(|(name, _)| !known.contains(&name.as_str())) {
            Some((unknown, _)) => Err(ApiError::field(unknown.clone(), "There is no such field.")),
            None => Ok(()),
        }
    }

    /// Required text without surrounding white space.
    pub fn text(&self, name: &str) -> Checked<String> {
        self.text_up_to(name, usize::MAX)
    }

    /// A required subject.
    pub fn subject(&self, name: &str) -> Checked<Subject> {
        self.text_up_to(name, SUBJECT_MAX_CHARS).and_then(Subject::new)
    }

    fn text_up_to(&self, name: &str, max_chars: usize) -> Checked<String> {
        let Text { text: given, surrogate } = match self.last(name) {
            None => return Err(vec![Problem::Required]),
            Some(Value::Null) => return Err(vec![Problem::Null]),
            Some(Value::Text(text)) => text.clone(),
            Some(Value::Number(number)) => Text::from(number.clone()),
            Some(_) => return Err(vec![Problem::NotAString]),
        };
        if text::is_blank(&given) {
            return Err(vec![Problem::Blank]);
        }
        let trimmed = text::trim(&given);
        let mut problems = Vec::new();
        if trimmed.chars().count() > max_chars {
            problems.push(Problem::TooLong(max_chars));
        }
        if trimmed.contains('\0') {
            problems.push(Problem::NullCharacter);
        }
        problems.extend(surrogate.map(Problem::Surrogate));
        if problems.is_empty() { Ok(trimmed.to_owned()) } else { Err(problems) }
    }

    /// One of the choices that `choose` knows.
    pub fn choice<T>(&self, name: &str, choose: impl Fn(&str) -> Option<T>) -> Checked<T> {
        match self.last(name) {
            None => Err(vec![Problem::Required]),
            Some(value) => chosen(value, choose),
        }
    }

    /// One of the choices that `choose` knows, or nothing. In a form, which cannot leave a field out, an empty value is
    /// nothing too.
    pub fn optional_choice<T>(&self, name: &str, choose: impl Fn(&str) -> Option<T>) -> Checked<Option<T>> {
        match self.last(name) {
            None => Ok(None),
            Some(Value::Text(text)) if !self.is_json && text.text.is_empty() => Ok(None),
            Some(value) => chosen(value, choose).map(Some),
        }
    }

    /// The new status of endpoint 9, which that endpoint checks by hand.
    pub fn hand_checked_choice<T>(&self, name: &str, choose: impl Fn(&str) -> Option<T>) -> Checked<T> {
        match self.last(name) {
            None | Some(Value::Null) => Err(vec![Problem::IdRequired]),
            Some(Value::Text(text)) if text.text.is_empty() => Err(vec![Problem::IdRequired]),
            Some(value) => chosen(value, choose),
        }
    }

    /// A required id.
    pub fn id(&self, name: &str) -> Checked<GivenId> {
        match self.last(name) {
            None => Err(vec![Problem::Required]),
            Some(value) => id(value),
        }
    }

    /// A required list of ids, each checked on its own: a repeated field, `name[]`, `name[0]` and so on, or a JSON list.
    pub fn ids(&self, name: &str) -> Checked<Vec<Checked<GivenId>>> {
        let given: Vec<&Value> = if self.is_json {
            match self.last(name) {
                None => return Err(vec![Problem::Required]),
                Some(Value::Null) => return Err(vec![Problem::Null]),
                Some(Value::List(items)) => items.iter().collect(),
                Some(other) => return Err(vec![Problem::NotAList(other.python_type())]),
            }
        } else {
            self.fields.iter().filter(|(field, _)| names_item_of(field, name)).map(|(_, value)| value).collect()
        };
        if given.is_empty() {
            return Err(vec![Problem::EmptyList]);
        }
        Ok(given.into_iter().map(id).collect())
    }

    /// An id in one of the hand-checked places; `Ok(None)` is a number that no row can have.
    pub fn plain_id(&self, name: &str) -> Checked<Option<i64>> {
        let given = match self.last(name) {
            None | Some(Value::Null) => return Err(vec![Problem::IdRequired]),
            Some(Value::Text(text)) => &text.text,
            Some(Value::Number(number)) => number,
            Some(_) => return Err(vec![Problem::IdNotValid]),
        };
        if text::is_blank(given) {
            return Err(vec![Problem::IdRequired]);
        }
        parse_plain(given).ok_or_else(|| vec![Problem::IdNotValid])
    }

    /// Text as it came, which may be empty; of a repeated field the last.
    pub fn raw(&self, name: &str) -> Option<String> {
        match self.last(name)? {
            Value::Text(text) => Some(text.text.clone()),
            _ => None,
        }
    }

    /// All texts of a repeated field.
    pub fn all<'f>(&'f self, name: &'f str) -> impl Iterator<Item = &'f str> {
        self.fields.iter().filter(move |(field, _)| field == name).filter_map(|(_, value)| match value {
            Value::Text(text) => Some(text.text.as_str()),
            _ => None,
        })
    }

    /// A parameter that is absent when it is blank, and is text otherwise.
    pub fn parameter(&self, name: &str) -> Option<String> {
        let given = match self.last(name)? {
            Value::Null => return None,
            value => value.python_str(),
        };
        if text::is_blank(&given) { None } else { Some(given) }
    }

    /// What the files of a field are called, those that are not taken included.
    pub fn file_names<'f>(&'f self, name: &'f str) -> impl Iterator<Item = &'f str> {
        self.fields.iter().filter(move |(field, _)| field == name).filter_map(|(_, value)| match value {
            Value::File(file) => Some(file.name.as_str()),
            _ => None,
        })
    }

    /// All files of a field that takes several, or what is wrong with any of them.
    pub fn files(&self, name: &str) -> Checked<Vec<&UploadedFile>> {
        let mut files = Vec::new();
        let mut problems = Vec::new();
        let mut note = |problem| {
            if !problems.contains(&problem) {
                problems.push(problem);
            }
        };
        for (_, value) in self.fields.iter().filter(|(field, _)| field == name) {
            match value {
                Value::File(file) if file.too_big => note(Problem::FileTooBig),
                Value::File(file) if file.bytes.is_empty() => note(Problem::EmptyFile),
                Value::File(file) => files.push(file),
                Value::Text(text) if !self.is_json && text.text.is_empty() => {}
                Value::Null => note(Problem::Null),
                _ => note(Problem::NotAFile),
            }
        }
        if files.len() > FILES_MAX {
            note(Problem::TooManyItems(FILES_MAX));
        }
        if problems.is_empty() { Ok(files) } else { Err(problems) }
    }
}

fn chosen<T>(value: &Value, choose: impl Fn(&str) -> Option<T>) -> Checked<T> {
    if matches!(value, Value::Null) {
        return Err(vec![Problem::Null]);
    }
    let given = value.python_str();
    choose(&given).ok_or_else(|| vec![Problem::NotAChoice(given)])
}

fn id(value: &Value) -> Checked<GivenId> {
    let given = match value {
        Value::Null => return Err(vec![Problem::Null]),
        Value::Text(text) if text.text.is_empty() => return Err(vec![Problem::Null]),
        Value::Text(text) => &text.text,
        // Python's int() cuts a float's fraction off; the whole of what was given is echoed.
        Value::Number(number) => {
            let whole = number.split('.').next().unwrap_or_default();
            return GivenId::parse(whole)
                .map(|id| id.given_as(number))
                .ok_or_else(|| vec![Problem::UnknownPk(number.clone())]);
        }
        other => return Err(vec![Problem::WrongPkType(other.python_type())]),
    };
    GivenId::parse(given).ok_or_else(|| vec![Problem::WrongPkType("str")])
}

/// Whether `field` is `name`, `name[]` or `name[3]`.
fn names_item_of(field: &str, name: &str) -> bool {
    match field.strip_prefix(name) {
        Some("" | "[]") => true,
        Some(rest) => rest
            .strip_prefix('[')
            .and_then(|rest| rest.strip_suffix(']'))
            .is_some_and(|index| index.bytes().all(|b| b.is_ascii_digit())),
        None => false,
    }
}
