//! The contract's table "What DRF says of a bad value", for the pages to hold their fields against.

use serde_json::{Value, json};

use crate::support::{Client, Encoding, Fields, Part, assert_refused, post_raw};

const REQUIRED: &str = "This field is required.";
const NULL: &str = "This field may not be null.";
const BLANK: &str = "This field may not be blank.";
const NO_STRING: &str = "Not a valid string.";
const NUL: &str = "Null characters are not allowed.";

/// A form that is right, and where it goes.
pub struct Sent<'a> {
    pub client: &'a Client,
    pub path: &'a str,
    pub fields: Fields,
}

impl Sent<'_> {
    /// In every encoding, `field` holding `value` is refused with `message`.
    pub async fn refuses(&self, field: &'static str, value: &str, message: &str) {
        for encoding in Encoding::ALL {
            let fields = self.fields.clone().with(field, value);
            let answer = self.client.post(self.path, encoding, &fields.pairs()).await;
            assert_refused(&answer, "Validation Error", &json!({ field: [message] }), (encoding, value));
        }
    }

    /// `field` holding `raw`, which only JSON can say, is refused with `message`.
    pub async fn refuses_json(&self, field: &'static str, raw: &str, message: &str) {
        let answer = post_raw(self.client, self.path, self.fields.raw_json(field, raw)).await;
        assert_refused(&answer, "Validation Error", &json!({ field: [message] }), raw);
    }

    /// In every encoding, the form without `field` is refused with `message`.
    pub async fn requires(&self, field: &'static str, message: &str) {
        for encoding in Encoding::ALL {
            let fields = self.fields.clone().without(field);
            let answer = self.client.post(self.path, encoding, &fields.pairs()).await;
            assert_refused(&answer, "Validation Error", &json!({ field: [message] }), encoding);
        }
    }

    /// `field` is required text.
    pub async fn has_text(&self, field: &'static str) {
        self.requires(field, REQUIRED).await;
        let blank = ["", "   ", "\t\r\n", "\u{a0}\u{2003}\u{3000}\u{85}", "\u{1c}\u{1d}\u{1e}\u{1f}"];
        for given in blank {
            self.refuses(field, given, BLANK).await;
        }
        for given in ["a\0b", "\0"] {
            self.refuses(field, given, NUL).await;
        }
        let only_json = [
            ("null", NULL),
            ("true", NO_STRING),
            ("false", NO_STRING),
            ("[]", NO_STRING),
            (r#"["a"]"#, NO_STRING),
            ("{}", NO_STRING),
            (r#""\u0000""#, NUL),
            (r#""\ud800""#, "Surrogate characters are not allowed: U+D800."),
            (r#""a \udfff b""#, "Surrogate characters are not allowed: U+DFFF."),
            (r#""\udc00\ud800""#, "Surrogate characters are not allowed: U+DC00."),
        ];
        for (raw, message) in only_json {
            self.refuses_json(field, raw, message).await;
        }
        let rest = self.fields.clone().without(field);
        let mut parts = rest.parts(&[]);
        parts.push(Part::File { field, name: "a.txt", bytes: b"text" });
        let answer = self.client.post_parts(self.path, &parts).await;
        assert_refused(&answer, "Validation Error", &json!({ field: [NO_STRING] }), "a file");
    }

    /// `field` is a required choice of `codes`.
    pub async fn has_choice(&self, field: &'static str) {
        self.requires(field, REQUIRED).await;
        self.refuses(field, "", r#""" is not a valid choice."#).await;
        self.refuses_json(field, "null", NULL).await;
        self.has_choice_or_none(field).await;
    }

    /// `field`, where it is given, is one of the choices.
    pub async fn has_choice_or_none(&self, field: &'static str) {
        for given in ["0", "4", "9", " 1", "1 ", "01", "+1", "Low", "\u{661}"] {
            self.refuses(field, given, &format!("\"{given}\" is not a valid choice.")).await;
        }
        let only_json = [
            ("9", "9"),
            ("-1", "-1"),
            ("1.0", "1.0"),
            ("true", "True"),
            ("false", "False"),
            ("[]", "[]"),
            (r#"["1"]"#, "['1']"),
            ("{}", "{}"),
        ];
        for (raw, echo) in only_json {
            self.refuses_json(field, raw, &format!("\"{echo}\" is not a valid choice.")).await;
        }
    }

    /// `field` is a required id, and names none of `unknown`.
    pub async fn has_id(&self, field: &'static str, unknown: &[&str]) {
        self.requires(field, REQUIRED).await;
        for (given, message) in bad_ids(unknown) {
            self.refuses(field, &given, &message).await;
        }
        for (raw, message) in BAD_JSON_IDS {
            self.refuses_json(field, raw, message).await;
        }
    }
}

/// Texts that are no id, and what is said of them.
pub fn bad_ids(unknown: &[&str]) -> Vec<(String, String)> {
    let mut bad = vec![(String::new(), NULL.to_owned())];
    for given in [" ", "abc", "1.5", "1e3", "0x1", "+-1", "--1", "+", "- 1", "1 2"] {
        bad.push((given.to_owned(), "Incorrect type. Expected pk value, received str.".to_owned()));
    }
    let numbers =
        ["0", "99", " 99 ", "+99", "0099", "-1", "9223372036854775807", "9223372036854775808", &"9".repeat(60)];
    let negative = format!("-{}", "9".repeat(60));
    for given in numbers.into_iter().chain([negative.as_str()]).chain(unknown.iter().copied()) {
        bad.push((given.to_owned(), format!("Invalid pk \"{given}\" - object does not exist.")));
    }
    bad
}

/// What is no id and only JSON can say.
pub const BAD_JSON_IDS: [(&str, &str); 9] = [
    ("null", NULL),
    ("true", "Incorrect type. Expected pk value, received bool."),
    ("false", "Incorrect type. Expected pk value, received bool."),
    ("[1]", "Incorrect type. Expected pk value, received list."),
    (r#"{"id": 1}"#, "Incorrect type. Expected pk value, received dict."),
    (r#""\ud800""#, "Incorrect type. Expected pk value, received str."),
    ("99", "Invalid pk \"99\" - object does not exist."),
    ("-7", "Invalid pk \"-7\" - object does not exist."),
    ("99999999999999999999", "Invalid pk \"99999999999999999999\" - object does not exist."),
];

/// The envelope of a success without data.
pub fn done() -> Value {
    json!({ "status_code": 200, "errors": {}, "data": {} })
}
