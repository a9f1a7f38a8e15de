//! Which installation this is, and making it another.

use crate::domain::Error;
use crate::domain::installation::Installation;
use crate::storage::Tx;
use crate::storage::queries::installation;

/// The installation that this is.
///
/// # Errors
/// When the database fails.
pub fn installation(tx: &mut dyn Tx) -> Result<Installation, Error> {
    let engines = tx.database_identity()?;
    let (identity, sweeps) = installation::identity(tx)?;
    Ok(Installation { identity: format!("{identity}{engines}"), sweeps })
}

/// Counts a sweep, before it begins; gives the installation from then on.
///
/// # Errors
/// When the database fails.
pub fn count_sweep(tx: &mut dyn Tx) -> Result<Installation, Error> {
    installation::count_sweep(tx)?;
    self::installation(tx)
}

/// Makes what was restored here another installation than the one that it comes from.
///
/// # Errors
/// When the database fails.
pub fn renew_identity(tx: &mut dyn Tx, fresh: &str) -> Result<(), Error> {
    Ok(installation::renew_identity(tx, fresh)?)
}
