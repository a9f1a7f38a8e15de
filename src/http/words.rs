//! The words that the staff's API and console have for what the customer API has numbers for.

use std::borrow::Cow;

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use utoipa::ToSchema;

use crate::domain::user::Role;
use crate::domain::{Priority, Status};

/// Declares a type with a fixed set of words on the wire.
macro_rules! words {
    ($(#[$doc:meta])* $name:ident($of:ty) { $($word:literal = $value:expr),+ $(,)? }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub struct $name(pub $of);

        impl $name {
            /// All words there are.
            pub const WORDS: &[&str] = &[$($word),+];

            /// What the word stands for.
            pub fn parse(word: &str) -> Option<Self> {
                match word {
                    $($word => Some(Self($value)),)+
                    _ => None,
                }
            }

            /// The word.
            #[must_use]
            pub fn word(self) -> &'static str {
                [$(($value, $word)),+].into_iter().find(|(value, _)| *value == self.0).map_or("", |(_, word)| word)
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
                to.serialize_str(self.word())
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
                let word = Cow::<str>::deserialize(from)?;
                Self::parse(&word)
                    .ok_or_else(|| D::Error::custom(format!("it must be one of {}", Self::WORDS.join(", "))))
            }
        }

        impl utoipa::PartialSchema for $name {
            fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::schema::Schema> {
                utoipa::openapi::ObjectBuilder::new()
                    .schema_type(utoipa::openapi::schema::Type::String)
                    .enum_values(Some(Self::WORDS.iter().copied()))
                    .into()
            }
        }

        impl ToSchema for $name {}
    };
}

words! {
    /// Where a ticket stands.
    StatusWord(Status) { "open" = Status::Open, "processing" = Status::Processing, "closed" = Status::Closed }
}

words! {
    /// How soon a ticket wants an answer.
    PriorityWord(Priority) { "low" = Priority::Low, "medium" = Priority::Medium, "high" = Priority::High }
}

words! {
    /// What a member of staff may do.
    RoleWord(Role) {
        "read-only" = Role::ReadOnly,
        "team-agent" = Role::TeamAgent,
        "agent" = Role::Agent,
        "admin" = Role::Admin,
    }
}
