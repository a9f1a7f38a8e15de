//! Which programs may work on which schema.

use refinery::{Migration, Runner};

use super::StorageError;

/// What a database says of its schema.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct State {
    /// The number of the newest migration that was applied; 0 is none.
    pub applied: i64,
    /// The number of the newest migration that a program must know to work here.
    pub oldest_program: i64,
}

impl State {
    /// Whether a program that knows migrations up to `known` finds all of them. A newer schema is fine as long as it only
    /// adds: nodes of the version before go on, and start again, while a newer version is rolled out.
    ///
    /// # Errors
    /// When something was taken away that the program needs.
    pub fn is_enough(self, known: i64) -> Result<bool, StorageError> {
        if self.oldest_program > known {
            return Err(StorageError::Schema(format!(
                "the database has schema {}, which this ferrodesk is too old for (it knows up to {known}, and {} is needed): \
                 start the newer version, or restore a backup from before the upgrade",
                self.applied, self.oldest_program
            )));
        }
        Ok(self.applied >= known)
    }
}

/// The number of the newest migration that `runner` has.
pub fn newest(runner: &Runner) -> i64 {
    runner.get_migrations().iter().map(Migration::version).max().unwrap_or(0).into()
}
