//! The fields of a form that is right, to be changed in one place and sent in any encoding.

use http::Method;
use serde_json::{Value, json};

use super::desk::attachment;
use super::{Answer, Client, Part};

/// Fields and their texts.
#[derive(Clone, Debug)]
pub struct Fields(Vec<(&'static str, String)>);

/// What a customer says on a ticket.
pub fn reply_to(ticket: i64) -> Fields {
    Fields::new(&[("ticket", &ticket.to_string()), ("comment", "Any news?")])
}

impl Fields {
    pub fn new(fields: &[(&'static str, &str)]) -> Self {
        Self(fields.iter().map(|(name, value)| (*name, (*value).to_owned())).collect())
    }

    /// The same fields, `name` holding `value` alone.
    pub fn with(self, name: &'static str, value: &str) -> Self {
        self.without(name).and(name, value)
    }

    /// The same fields, and `name` once more.
    pub fn and(mut self, name: &'static str, value: &str) -> Self {
        self.0.push((name, value.to_owned()));
        self
    }

    /// The same fields but for `name`.
    pub fn without(mut self, name: &str) -> Self {
        self.0.retain(|(known, _)| *known != name);
        self
    }

    /// What `Client::post` takes.
    pub fn pairs(&self) -> Vec<(&str, &str)> {
        self.0.iter().map(|(name, value)| (*name, value.as_str())).collect()
    }

    /// The fields as texts of a JSON object; a repeated one is a list.
    pub fn json(&self) -> Value {
        let mut object = serde_json::Map::new();
        for (name, _) in &self.0 {
            let mut values: Vec<_> = self.0.iter().filter(|(other, _)| other == name).map(|(_, v)| json!(v)).collect();
            let value = if values.len() == 1 { values.remove(0) } else { Value::Array(values) };
            object.insert((*name).to_owned(), value);
        }
        object.into()
    }

    /// The text of a JSON object whose member `name` is `raw`, which only JSON can say.
    pub fn raw_json(&self, name: &str, raw: &str) -> String {
        let rest = self.clone().without(name).json();
        let mut members: Vec<String> =
            rest.as_object().into_iter().flatten().map(|(name, value)| format!("{}:{value}", json!(name))).collect();
        members.push(format!("{}:{raw}", json!(name)));
        format!("{{{}}}", members.join(","))
    }

    /// The parts of a multipart body, with files behind them.
    pub fn parts<'a>(&'a self, files: &[(&'a str, &'a [u8])]) -> Vec<Part<'a>> {
        let texts = self.0.iter().map(|(name, value)| Part::Text(name, value));
        texts.chain(files.iter().map(|(name, bytes)| attachment(name, bytes))).collect()
    }
}

/// `POST path` with a JSON body, as it is written.
pub async fn post_raw(client: &Client, path: &str, json: String) -> Answer {
    client.send(Method::POST, path, Some("application/json"), json).await
}

/// Asserts a 400 with these errors and no others; `given` says which of a table's rows it was.
#[track_caller]
pub fn assert_refused(answer: &Answer, error_type: &str, errors: &Value, given: impl std::fmt::Debug) {
    let expected = json!({ "status_code": 400, "error_type": error_type, "errors": errors, "data": {} });
    assert_eq!(answer.json(), expected, "{given:?}");
    assert_eq!(answer.status.as_u16(), 400, "{given:?}");
}

/// An answer but for the id that every request has of its own.
#[derive(Debug, PartialEq, Eq)]
pub struct Comparable {
    pub status: u16,
    /// Sorted.
    pub headers: Vec<(String, String)>,
    pub body: String,
}

/// What two answers to the same have in common.
pub fn all_but_request_id(answer: &Answer) -> Comparable {
    let headers = answer.headers.iter().filter(|(name, _)| *name != "x-request-id");
    let mut headers: Vec<_> =
        headers.map(|(name, value)| (name.to_string(), value.as_bytes().escape_ascii().to_string())).collect();
    headers.sort();
    Comparable { status: answer.status.as_u16(), headers, body: answer.body.escape_ascii().to_string() }
}
