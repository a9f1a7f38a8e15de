//! Parameters on their way to the server.

use bytes::BytesMut;
use tokio_postgres::types::{IsNull, ToSql, Type, to_sql_checked};

use super::search;
use crate::storage::Param;
use crate::storage::value::Value;

type Encoded = Result<IsNull, Box<dyn std::error::Error + Sync + Send>>;

/// Which type a parameter has follows from the statement; what was given must be of that type.
impl ToSql for Param<'_> {
    fn to_sql(&self, expected: &Type, out: &mut BytesMut) -> Encoded {
        match (*self, expected) {
            (Param::Null, _) => Ok(IsNull::Yes),
            (Param::Int(number), &Type::INT8) => number.to_sql(expected, out),
            (Param::Int(number), &Type::INT4) => i32::try_from(number)?.to_sql(expected, out),
            (Param::Bool(truth), &Type::BOOL) => truth.to_sql(expected, out),
            (Param::Text(text), &(Type::TEXT | Type::VARCHAR)) => text.to_sql(expected, out),
            (Param::Text(terms), &Type::TS_VECTOR) => search::encode(terms, out),
            (Param::Bytes(bytes), &Type::BYTEA) => bytes.to_sql(expected, out),
            (_, expected) => Err(format!("the statement wants {expected} here").into()),
        }
    }

    fn accepts(_: &Type) -> bool {
        true
    }

    to_sql_checked!();
}

impl ToSql for Value {
    fn to_sql(&self, expected: &Type, out: &mut BytesMut) -> Encoded {
        self.as_param().to_sql(expected, out)
    }

    fn accepts(_: &Type) -> bool {
        true
    }

    to_sql_checked!();
}
