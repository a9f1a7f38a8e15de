//! What is wrong with something that was sent, for people.

use super::texts::{text, text_of, text_with};
use crate::domain::{Invalid, Problem};

/// A sentence about what is wrong.
pub fn sentence(problem: &Problem) -> String {
    match problem {
        Problem::Required | Problem::Blank | Problem::IdRequired | Problem::EmptyList => text("problem-blank"),
        Problem::NullCharacter => text("problem-null-character"),
        Problem::TooLong(most) => text_with("problem-too-long", "what", most),
        Problem::FileTooBig => text("problem-file-too-big"),
        Problem::EmptyFile => text("problem-file-empty"),
        Problem::TooManyItems(most) => text_with("problem-too-many-files", "what", most),
        Problem::UnknownPk(given) => text_with("problem-unknown", "what", given),
        Problem::TicketFull => text("problem-ticket-full"),
        Problem::Other(sentence) => sentence.clone(),
        _ => text("problem-unreadable"),
    }
}

/// A sentence for each field that failed, with what pages call it.
pub fn sentences(invalid: &Invalid) -> Vec<String> {
    let of_field = |(field, problems): (&str, &[Problem])| {
        let why: Vec<String> = problems.iter().map(sentence).collect();
        text_of("problem-of", &[("name", text(&format!("field-{field}"))), ("what", why.join(" "))])
    };
    invalid.iter().map(of_field).collect()
}
