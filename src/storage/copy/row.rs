//! A row as bytes, the same from every engine: what checksums are made of, and what keys are noted as.

use super::Kind;
use crate::storage::value::Value;
use crate::storage::{Row, StorageError};

// The first byte of each value, so that no two rows have the same bytes.
const NULL: u8 = 0;
const INT: u8 = 1;
const BOOL: u8 = 2;
const TEXT: u8 = 3;
const BYTES: u8 = 4;

/// The value in a column.
pub fn value(row: &dyn Row, column: usize, kind: Kind) -> Result<Value, StorageError> {
    Ok(match kind {
        Kind::Int => Value::Int(row.int(column)?),
        Kind::OptInt => row.opt_int(column)?.map_or(Value::Null, Value::Int),
        Kind::Bool => Value::Bool(row.bool(column)?),
        Kind::Text => Value::Text(row.text(column)?.to_owned()),
        Kind::OptText => row.opt_text(column)?.map_or(Value::Null, |text| Value::Text(text.to_owned())),
        Kind::Bytes => Value::Bytes(row.bytes(column)?.to_owned()),
    })
}

/// Appends the value in a column to `to`.
pub fn encode_column(row: &dyn Row, column: usize, kind: Kind, to: &mut Vec<u8>) -> Result<(), StorageError> {
    match kind {
        Kind::Int => int(row.int(column)?, to),
        Kind::OptInt => match row.opt_int(column)? {
            None => to.push(NULL),
            Some(number) => int(number, to),
        },
        Kind::Bool => to.extend([BOOL, row.bool(column)?.into()]),
        Kind::Text => long(TEXT, row.text(column)?.as_bytes(), to),
        Kind::OptText => match row.opt_text(column)? {
            None => to.push(NULL),
            Some(text) => long(TEXT, text.as_bytes(), to),
        },
        Kind::Bytes => long(BYTES, row.bytes(column)?, to),
    }
    Ok(())
}

/// The same for values that have left their row.
pub fn encode(values: &[Value]) -> Vec<u8> {
    let mut to = Vec::new();
    for value in values {
        match value {
            Value::Null => to.push(NULL),
            Value::Int(number) => int(*number, &mut to),
            Value::Bool(truth) => to.extend([BOOL, (*truth).into()]),
            Value::Text(text) => long(TEXT, text.as_bytes(), &mut to),
            Value::Bytes(bytes) => long(BYTES, bytes, &mut to),
        }
    }
    to
}

fn int(number: i64, to: &mut Vec<u8>) {
    to.push(INT);
    to.extend(number.to_be_bytes());
}

fn long(tag: u8, bytes: &[u8], to: &mut Vec<u8>) {
    to.push(tag);
    to.extend((bytes.len() as u64).to_be_bytes());
    to.extend(bytes);
}

/// The values that [`encode`] made `bytes` of; `None` if it did not.
pub fn decode(mut bytes: &[u8]) -> Option<Vec<Value>> {
    let mut values = Vec::new();
    while let Some((tag, rest)) = bytes.split_first() {
        let value;
        (value, bytes) = match *tag {
            NULL => (Value::Null, rest),
            INT => {
                let (number, rest) = rest.split_first_chunk()?;
                (Value::Int(i64::from_be_bytes(*number)), rest)
            }
            BOOL => (Value::Bool(*rest.first()? != 0), &rest[1..]),
            TEXT | BYTES => {
                let (length, rest) = rest.split_first_chunk()?;
                let (long, rest) = rest.split_at_checked(usize::try_from(u64::from_be_bytes(*length)).ok()?)?;
                let is_text = *tag == TEXT;
                let value = if is_text {
                    Value::Text(str::from_utf8(long).ok()?.to_owned())
                } else {
                    Value::Bytes(long.to_owned())
                };
                (value, rest)
            }
            _ => return None,
        };
        values.push(value);
    }
    Some(values)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_encoded_is_decoded_to_the_same() {
        let values = vec![
            Value::Int(i64::MIN),
            Value::Null,
            Value::Bool(true),
            Value::Text("quo'te\n🦀".to_owned()),
            Value::Text(String::new()),
            Value::Bytes(vec![0, 255]),
        ];
        let bytes = encode(&values);
        assert_eq!(decode(&bytes), Some(values));
        assert_eq!(decode(&bytes[..bytes.len() - 1]), None);
        assert_eq!(decode(b""), Some(Vec::new()));
    }
}
