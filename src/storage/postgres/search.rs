//! Full-text search as PostgreSQL has it: each text is a `tsvector`, without positions, in a GIN index.

use bytes::{BufMut as _, BytesMut};
use tokio_postgres::types::IsNull;

use crate::domain::search::Wanted;

pub const INDEX: &str = "INSERT INTO search_index (rowid, words) VALUES ($1, $2)";

pub const FORGET: &str = "DELETE FROM search_index WHERE rowid = $1";

/// Ends with the place in which it has found enough. That the order is of an expression keeps the planner from going
/// through all texts by their numbers, which it takes for quick when it does not know how common a word is.
pub const FIND: &str = "WITH place AS MATERIALIZED (
         SELECT CAST(REPLACE($1, '~', p.prefix) AS tsquery) AS wanted FROM STRING_TO_TABLE($2, ' ') WITH ORDINALITY p (prefix, number)
         ORDER BY p.number)
     SELECT f.rowid FROM place CROSS JOIN LATERAL (
         SELECT i.rowid FROM search_index i WHERE i.words @@ place.wanted ORDER BY i.rowid + 0 DESC LIMIT $3) f LIMIT $3";

/// What [`FIND`] looks for; a `~` stands for the place.
pub fn query(wanted: &[&Wanted]) -> String {
    // Letters and digits need no escape between apostrophes.
    let term = |wanted: &&Wanted| format!("'~{}'{}", wanted.folded, if wanted.is_prefix { ":*" } else { "" });
    wanted.iter().map(term).collect::<Vec<_>>().join(" & ")
}

/// Terms as a `tsvector` in its binary form, which spares the server a parser: how many there are, and each with its
/// positions, which are none.
pub fn encode(terms: &str, out: &mut BytesMut) -> Result<IsNull, Box<dyn std::error::Error + Sync + Send>> {
    let terms = terms.split(' ').filter(|term| !term.is_empty());
    out.put_i32(i32::try_from(terms.clone().count())?);
    for term in terms {
        out.put_slice(term.as_bytes());
        out.put_slice(&[0, 0, 0]);
    }
    Ok(IsNull::No)
}
