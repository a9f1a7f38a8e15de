//! An id in an address.

use serde::{Deserialize, Deserializer};

/// The number that decimal digits say; what cannot be an id is one that names nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Id(pub i64);

impl<'de> Deserialize<'de> for Id {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let given = String::deserialize(from)?;
        let is_plain = given.bytes().all(|b| b.is_ascii_digit());
        Ok(Self(given.parse().ok().filter(|_| is_plain).unwrap_or(-1)))
    }
}
