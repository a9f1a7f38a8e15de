//! JSON bodies, read the way Python's parser and DRF's fields see them: numbers keep their text, and a lone surrogate
//! is a problem of its field, not of the whole body.

use std::fmt;

use serde::de::{self, Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;

use super::form::{Text, Value};
use crate::domain::Error;
use crate::http::ApiError;

/// How deep arrays and objects may be nested. Each level is read once more, so this bounds the work too.
const DEPTH_MAX: usize = 16;

/// Values that a body may hold at the most, however deep: each takes many times the memory of its text.
const VALUES_MAX: usize = 10_000;

/// Follows a JSON text as it streams in and refuses one that is nested absurdly or holds absurdly many values, before it
/// is all there.
#[derive(Default)]
pub struct Guard {
    depth: usize,
    /// Counted by what stands before them: a bracket or a comma.
    values: usize,
    in_string: bool,
    escaped: bool,
}

impl Guard {
    /// Looks at the next bytes.
    ///
    /// # Errors
    /// A parse error when the nesting is too deep; 413 when there are too many values.
    pub fn inspect(&mut self, bytes: &[u8]) -> Result<(), ApiError> {
        for &byte in bytes {
            match (self.in_string, byte) {
                (true, _) if self.escaped => self.escaped = false,
                (true, b'\\') => self.escaped = true,
                (_, b'"') => self.in_string = !self.in_string,
                (false, b'[' | b'{') => {
                    self.values += 1;
                    self.depth += 1;
                    if self.depth > DEPTH_MAX {
                        return Err(ApiError::parse(format!("JSON parse error - nested more than {DEPTH_MAX} deep")));
                    }
                }
                (false, b']' | b'}') => self.depth = self.depth.saturating_sub(1),
                (false, b',') => self.values += 1,
                _ => {}
            }
            if self.values > VALUES_MAX {
                return Err(Error::TooLarge.into());
            }
        }
        Ok(())
    }
}

/// Reads a body that must be an object.
///
/// # Errors
/// A parse error for what is no JSON, a validation error for what is no object.
pub fn parse(body: &[u8]) -> Result<Vec<(String, Value)>, ApiError> {
    let broken = |e: serde_json::Error| ApiError::parse(format!("JSON parse error - {e}"));
    let whole: &RawValue = serde_json::from_slice(body).map_err(broken)?;
    match value(whole).map_err(broken)? {
        Value::Object(fields) => Ok(fields),
        Value::Null => Err(ApiError::invalid_body("No data provided")),
        other => Err(ApiError::invalid_body(format!(
            "Invalid data. Expected a dictionary, but got {}.",
            other.python_type()
        ))),
    }
}

fn value(raw: &RawValue) -> Result<Value, serde_json::Error> {
    let text = raw.get();
    Ok(match text.as_bytes().first() {
        Some(b'n') => Value::Null,
        Some(b't') => Value::Bool(true),
        Some(b'f') => Value::Bool(false),
        Some(b'"') => Value::Text(serde_json::from_str::<JsonText>(text)?.0),
        Some(b'[') => {
            let items: Vec<&RawValue> = serde_json::from_str(text)?;
            Value::List(items.into_iter().map(value).collect::<Result<_, _>>()?)
        }
        Some(b'{') => {
            let Fields(fields) = serde_json::from_str(text)?;
            let read = |(name, raw): (JsonText, &RawValue)| Ok((name.0.text, value(raw)?));
            Value::Object(fields.into_iter().map(read).collect::<Result<_, serde_json::Error>>()?)
        }
        _ => Value::Number(text.to_owned()),
    })
}

/// An object's members in their order, repeated names included.
struct Fields<'a>(Vec<(JsonText, &'a RawValue)>);

impl<'de> Deserialize<'de> for Fields<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Members;
        impl<'de> Visitor<'de> for Members {
            type Value = Fields<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut fields = Vec::new();
                while let Some(member) = map.next_entry()? {
                    fields.push(member);
                }
                Ok(Fields(fields))
            }
        }
        deserializer.deserialize_map(Members)
    }
}

/// A string that may hold lone surrogates. Asked for bytes, `serde_json` gives them in WTF-8 instead of failing.
struct JsonText(Text);

impl<'de> Deserialize<'de> for JsonText {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Wtf8;
        impl Visitor<'_> for Wtf8 {
            type Value = JsonText;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a string")
            }

            fn visit_bytes<E: de::Error>(self, bytes: &[u8]) -> Result<JsonText, E> {
                Ok(JsonText(from_wtf8(bytes)))
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<JsonText, E> {
                Ok(JsonText(Text::from(text.to_owned())))
            }
        }
        deserializer.deserialize_bytes(Wtf8)
    }
}

/// Text from WTF-8: each lone surrogate becomes U+FFFD, and the first is remembered.
fn from_wtf8(bytes: &[u8]) -> Text {
    if let Ok(text) = std::str::from_utf8(bytes) {
        return Text::from(text.to_owned());
    }
    let mut text = String::with_capacity(bytes.len());
    let mut surrogate = None;
    let mut rest = bytes;
    while !rest.is_empty() {
        let valid = match std::str::from_utf8(rest) {
            Ok(valid) => valid,
            Err(error) => std::str::from_utf8(&rest[..error.valid_up_to()]).unwrap_or_default(),
        };
        text.push_str(valid);
        rest = &rest[valid.len()..];
        // In WTF-8 a surrogate is the three bytes ED A0..BF 80..BF.
        if let [0xED, second, third, after @ ..] = rest {
            let code = 0xD000 | (u16::from(*second & 0x3F) << 6) | u16::from(*third & 0x3F);
            surrogate.get_or_insert(code);
            text.push(char::REPLACEMENT_CHARACTER);
            rest = after;
        } else if !rest.is_empty() {
            text.push(char::REPLACEMENT_CHARACTER);
            rest = &rest[1..];
        }
    }
    Text { text, surrogate }
}
