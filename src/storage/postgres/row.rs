//! Rows on their way back.

use tokio_postgres::types::{FromSql, Type};

use crate::storage::{Row, StorageError};

pub struct PgRow<'r>(pub &'r tokio_postgres::Row);

impl PgRow<'_> {
    fn value<'r, T: FromSql<'r>>(&'r self, column: usize) -> Result<T, StorageError> {
        self.0.try_get(column).map_err(|error| {
            let problem = std::error::Error::source(&error).map_or_else(|| error.to_string(), ToString::to_string);
            StorageError::Unexpected { column, problem }
        })
    }
}

/// A whole number of any width: `SELECT 1` has four bytes, columns have eight.
struct Int(i64);

impl FromSql<'_> for Int {
    fn from_sql(r#type: &Type, raw: &[u8]) -> Result<Self, Box<dyn std::error::Error + Sync + Send>> {
        Ok(Self(if *r#type == Type::INT4 { i32::from_sql(r#type, raw)?.into() } else { i64::from_sql(r#type, raw)? }))
    }

    fn accepts(r#type: &Type) -> bool {
        matches!(*r#type, Type::INT4 | Type::INT8)
    }
}

impl Row for PgRow<'_> {
    fn int(&self, column: usize) -> Result<i64, StorageError> {
        self.value::<Int>(column).map(|number| number.0)
    }

    fn opt_int(&self, column: usize) -> Result<Option<i64>, StorageError> {
        Ok(self.value::<Option<Int>>(column)?.map(|number| number.0))
    }

    fn bool(&self, column: usize) -> Result<bool, StorageError> {
        self.value(column)
    }

    fn text(&self, column: usize) -> Result<&str, StorageError> {
        self.value(column)
    }

    fn opt_text(&self, column: usize) -> Result<Option<&str>, StorageError> {
        self.value(column)
    }

    fn bytes(&self, column: usize) -> Result<&[u8], StorageError> {
        self.value(column)
    }
}
