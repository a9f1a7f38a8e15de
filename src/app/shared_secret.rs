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

/// The installation's secret, if it is kept in the database.
///
/// # Errors
/// When the database fails.
pub fn find_secret(tx: &mut dyn Tx) -> Result<Option<Vec<u8>>, Error> {
    Ok(installation::find_secret(tx)?)
}

/// Keeps another installation's secret, whose users and tokens come here. Nobody may be signed in here yet.
///
/// # Errors
/// When the database fails.
pub fn take_over_secret(tx: &mut dyn Tx, secret: &[u8]) -> Result<(), Error> {
    Ok(installation::replace_secret(tx, secret)?)
}
