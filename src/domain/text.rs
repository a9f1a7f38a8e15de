//! White space, blankness and case, as the clients of the reference know them.

use std::borrow::Cow;

/// Whether Python's `str.strip` would take `c` away: Unicode's white space and the four information separators.
#[must_use]
pub fn is_space(c: char) -> bool {
    c.is_whitespace() || ('\u{1c}'..='\u{1f}').contains(&c)
}

/// `value` without surrounding white space.
#[must_use]
pub fn trim(value: &str) -> &str {
    value.trim_matches(is_space)
}

/// Whether nothing but white space is in `value`.
#[must_use]
pub fn is_blank(value: &str) -> bool {
    value.chars().all(is_space)
}

/// `value` under Unicode's full case folding, the form in which subjects and e-mail addresses are compared.
#[must_use]
pub fn fold(value: &str) -> Cow<'_, str> {
    if value.bytes().all(|b| b.is_ascii() && !b.is_ascii_uppercase()) {
        return Cow::Borrowed(value);
    }
    if value.is_ascii() {
        return Cow::Owned(value.to_ascii_lowercase());
    }
    Cow::Owned(caseless::default_case_fold_str(value))
}
