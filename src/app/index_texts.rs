//! Making texts findable that were not when they were written.

use crate::domain::Error;
use crate::storage::Tx;
use crate::storage::queries::search;

/// Tickets, and conversations, that one transaction looks at.
const TEXTS_A_STEP: i64 = 250;

/// What a step, or more of them, came to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Indexed {
    pub looked_at: u64,
    /// Texts that nobody could have found.
    pub indexed: u64,
}

/// Begins a round over all texts that the rounds before have not seen.
///
/// # Errors
/// When the database fails.
pub fn begin_round(tx: &mut dyn Tx) -> Result<(), Error> {
    Ok(search::begin_round(tx)?)
}

/// Goes on with the round; it is over when this looks at nothing any more. Whoever cuts it off between two steps loses nothing.
///
/// # Errors
/// When the database fails.
pub fn index_some(tx: &mut dyn Tx) -> Result<Indexed, Error> {
    let (looked_at, indexed) = search::index_some(tx, TEXTS_A_STEP)?;
    Ok(Indexed { looked_at, indexed })
}
