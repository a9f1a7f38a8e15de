//! What an operator does on the command line: the setting up. What the staff may do of it is in `desk/manage`, by the
//! same rules.

pub mod apikeys;
pub mod catalogue;
pub mod identity_providers;
pub mod users;
pub mod workspaces;

use crate::domain::{Conflict, Error, text};

/// Text that names a thing: trimmed, not blank, at most 200 code points, no control characters.
pub(super) fn named(what: &'static str, given: &str) -> Result<String, Error> {
    let name = text::trim(given);
    if name.is_empty() || name.chars().count() > 200 || name.chars().any(char::is_control) {
        let problem = format!("the {what} must have 1 to 200 characters and no control characters");
        return Err(Error::Misuse(problem));
    }
    Ok(name.to_owned())
}

/// The refusal of a name that is in use.
pub(super) fn taken(what: &str, name: &str) -> Error {
    Error::Conflict(Conflict::Taken(format!("there is a {what} \"{name}\" already")))
}
