//! The secret that the servers of an installation share where no data folder could keep it for them.

use crate::domain::Error;
use crate::storage::Tx;
use crate::storage::queries::installation;

/// The installation's secret: `fresh`, if there was none.
///
/// # Errors
/// When the database fails.
pub fn shared_secret(tx: &mut dyn Tx, fresh: &[u8]) -> Result<Vec<u8>, Error> {
    Ok(installation::shared_secret(tx, fresh)?)
}
