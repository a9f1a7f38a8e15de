//! Parameters on their way to the server.

use bytes::BytesMut;
use tokio_postgres::types::{IsNull, ToSql, Type, to_sql_checked};

use crate::storage::Param;

type Encoded = Result<IsNull, Box<dyn std::error::Error + Sync + Send>>;

/// A parameter that outlives its caller.
#[derive(Debug)]
pub enum Value {
    Null,
    Int(i64),
    Bool(bool),
    Text(String),
    Bytes(Vec<u8>),
}

impl From<&Param<'_>> for Value {
    fn from(param: &Param<'_>) -> Self {
        match *param {
            Param::Null => Self::Null,
            Param::Int(number) => Self::Int(number),
            Param::Bool(truth) => Self::Bool(truth),
            Param::Text(text) => Self::Text(text.to_owned()),
            Param::Bytes(bytes) => Self::Bytes(bytes.to_owned()),
        }
    }
}

impl Value {
    fn as_param(&self) -> Param<'_> {
        match self {
            Self::Null => Param::Null,
            Self::Int(number) => Param::Int(*number),
            Self::Bool(truth) => Param::Bool(*truth),
            Self::Text(text) => Param::Text(text),
            Self::Bytes(bytes) => Param::Bytes(bytes),
        }
    }
}

/// Which type a parameter has follows from the statement; what was given must be of that type.
impl ToSql for Param<'_> {
    fn to_sql(&self, expected: &Type, out: &mut BytesMut) -> Encoded {
        match (*self, expected) {
            (Param::Null, _) => Ok(IsNull::Yes),
            (Param::Int(number), &Type::INT8) => number.to_sql(expected, out),
            (Param::Int(number), &Type::INT4) => i32::try_from(number)?.to_sql(expected, out),
            (Param::Bool(truth), &Type::BOOL) => truth.to_sql(expected, out),
            (Param::Text(text), &(Type::TEXT | Type::VARCHAR)) => text.to_sql(expected, out),
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
