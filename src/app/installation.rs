//! What tells an installation from all others.

use crate::domain::Error;
use crate::storage::Tx;
use crate::storage::queries::installation;

/// What tells this installation from others. A database that was restored elsewhere by its server's own means, from a dump,
/// say, is another one.
///
/// # Errors
/// When the database fails.
pub fn identity(tx: &mut dyn Tx) -> Result<String, Error> {
    let engines = tx.database_identity()?;
    Ok(format!("{}{engines}", installation::identity(tx)?))
}

/// Makes what was restored here another installation than the one that it comes from.
///
/// # Errors
/// When the database fails.
pub fn renew_identity(tx: &mut dyn Tx, fresh: &str) -> Result<(), Error> {
    Ok(installation::renew_identity(tx, fresh)?)
}
