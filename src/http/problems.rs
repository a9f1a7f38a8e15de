//! The exact words for what is wrong with a field: the reference's and Django REST Framework's.

use crate::domain::Problem;

/// Where a message is printed: the reference writes some with a full stop in one place and without in another, and
/// clients match on the place's spelling.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// Endpoint 6.
    DetailedView,
    /// Endpoint 8.
    Conversation,
    /// The staff's API.
    Desk,
    /// Everywhere else.
    Elsewhere,
}

/// The words for `problem` of `field` at `place`.
pub fn words(field: &str, problem: &Problem, place: Place) -> String {
    let fixed = match problem {
        Problem::Required => "This field is required.",
        Problem::Null => "This field may not be null.",
        Problem::Blank => "This field may not be blank.",
        Problem::NotAString => "Not a valid string.",
        Problem::NullCharacter => "Null characters are not allowed.",
        Problem::EmptyList => "This list may not be empty.",
        Problem::EmptyFile => "The submitted file is empty.",
        Problem::NotAFile => "The submitted data was not a file. Check the encoding type on the form.",
        Problem::FileTooBig => "File is too big. Max filesize: 2MiB.",
        Problem::NotAnInteger => "A valid integer is required.",
        Problem::UnknownPk(given) if place == Place::Desk => {
            return format!("There is none with the id {given}, or it is not in use any more.");
        }
        Problem::InvalidCursor if place == Place::Desk => "This list gave no such cursor. Leave it out to begin again.",
        Problem::InvalidCursor => "Invalid cursor",
        Problem::NotNumeric if field == "category" => "Catogory id is not valid numeric",
        Problem::NotNumeric => "Status id is not valid numeric",
        Problem::IdRequired if field == "status" => "Status id is required and this may not be blank.",
        Problem::IdRequired => "Ticket id is required and this may not be blank.",
        Problem::IdNotValid if place == Place::DetailedView => "Ticket id is not valid.",
        Problem::IdNotValid => "Ticket id is not valid",
        Problem::NotTheOwner if place == Place::Conversation => "You are not the owner of the requested ticket.",
        Problem::NotTheOwner => "You are not the owner of the requested ticket",
        Problem::CannotChangeStatus => "You Can't open or close this Ticket",
        Problem::Already(crate::domain::Status::Open) => "Ticket is already open",
        Problem::Already(crate::domain::Status::Processing) => "Ticket is already processing",
        Problem::Already(crate::domain::Status::Closed) => "Ticket is already closed",
        Problem::TicketFull => "The ticket is full. Please open another one.",
        Problem::NotPrintable => "Only printable ASCII characters are allowed.",
        Problem::Other(sentence) => return sentence.clone(),
        Problem::Surrogate(code) => return format!("Surrogate characters are not allowed: U+{code:X}."),
        Problem::TooLong(max) => return format!("Ensure this field has no more than {max} characters."),
        Problem::NotAChoice(given) => return format!("\"{given}\" is not a valid choice."),
        Problem::WrongPkType(kind) => return format!("Incorrect type. Expected pk value, received {kind}."),
        Problem::UnknownPk(given) => return format!("Invalid pk \"{given}\" - object does not exist."),
        Problem::NotAList(kind) => return format!("Expected a list of items but got type \"{kind}\"."),
        Problem::TooManyItems(max) => return format!("Ensure this field has no more than {max} elements."),
        Problem::TooSmall(least) => return format!("Ensure this value is greater than or equal to {least}."),
    };
    fixed.to_owned()
}
