//! Which bytes the attachments of an installation are made of.

use crate::domain::attachment::ContentHash;
use crate::domain::{AttachmentId, WorkspaceId};
use crate::storage::{Param, StorageError, Tx};

/// Contents that are read at once.
const PAGE: i64 = 500;

const FIRST: &str = "SELECT workspace_id, content_hash, MIN(size), MIN(id) FROM attachment
     GROUP BY workspace_id, content_hash ORDER BY workspace_id, content_hash LIMIT $1";
const NEXT: &str = "SELECT workspace_id, content_hash, MIN(size), MIN(id) FROM attachment
     WHERE (workspace_id, content_hash) > ($1, $2)
     GROUP BY workspace_id, content_hash ORDER BY workspace_id, content_hash LIMIT $3";

/// The statements of this file, so that a test can prepare each on every engine.
pub const STATEMENTS: [&str; 2] = [FIRST, NEXT];

/// Bytes that one or more attachments of a workspace are made of.
#[derive(Clone, Copy, Debug)]
pub struct Content {
    pub workspace: WorkspaceId,
    pub hash: ContentHash,
    pub size: u64,
    /// The oldest attachment that has them.
    pub attachment: AttachmentId,
}

/// Some contents, each once, behind `after`; none at the end.
///
/// # Errors
/// When the database fails.
pub fn contents_after(tx: &mut dyn Tx, after: Option<&Content>) -> Result<Vec<Content>, StorageError> {
    let (sql, params) = match after {
        None => (FIRST, vec![Param::Int(PAGE)]),
        Some(last) => (NEXT, vec![Param::Int(last.workspace.0), Param::Bytes(&last.hash), Param::Int(PAGE)]),
    };
    let mut found = Vec::new();
    tx.query(sql, &params, &mut |row| {
        let unexpected = |problem: &str| StorageError::Unexpected { column: 1, problem: problem.to_owned() };
        found.push(Content {
            workspace: WorkspaceId(row.int(0)?),
            hash: row.bytes(1)?.try_into().map_err(|_| unexpected("a content hash has 32 bytes"))?,
            size: row.int(2)?.unsigned_abs(),
            attachment: AttachmentId(row.int(3)?),
        });
        Ok(())
    })?;
    Ok(found)
}
