//! People as pages show them.

use crate::app::browser_session::CookieHolder;
use crate::storage::queries::users::StaffMember;

/// What somebody is called, and the letters that stand for them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Person {
    pub name: String,
    pub email: String,
    pub initials: String,
}

impl Person {
    /// The person with this name, or if that is empty, with this address.
    pub fn new(name: &str, email: &str) -> Self {
        let shown = if name.is_empty() { email } else { name };
        Self { name: shown.to_owned(), email: email.to_owned(), initials: initials(shown) }
    }
}

impl From<&StaffMember> for Person {
    fn from(member: &StaffMember) -> Self {
        Self::new(&member.name, &member.email)
    }
}

impl From<&CookieHolder> for Person {
    fn from(holder: &CookieHolder) -> Self {
        Self::new(&holder.name, &holder.email)
    }
}

/// The first letters of the first and the last word; of an address, those before the `@`.
fn initials(shown: &str) -> String {
    let local = shown.split('@').next().unwrap_or(shown);
    let words: Vec<&str> = local.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).collect();
    let ends: &[&str] = match words[..] {
        [] => &["?"],
        [only] => &[only],
        [first, .., last] => &[first, last],
    };
    ends.iter().filter_map(|word| word.chars().next()).flat_map(char::to_uppercase).collect()
}

#[cfg(test)]
mod tests {
    use super::Person;

    #[test]
    fn initials_are_of_the_name_or_of_the_address() {
        let initials = |name: &str, email: &str| Person::new(name, email).initials;
        assert_eq!(initials("Hana M. Sato", "x@y"), "HS");
        assert_eq!(initials("", "gus@desk.example"), "G");
        assert_eq!(initials("", "gus.li@desk.example"), "GL");
        assert_eq!(initials("élan", "x@y"), "É");
        assert_eq!(initials("", "@"), "?");
    }
}
