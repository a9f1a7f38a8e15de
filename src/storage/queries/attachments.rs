//! Files on tickets; their bytes are elsewhere.

use super::{Param, Row, StorageError, Tx, collect, first, only, statements};
use crate::domain::attachment::{ContentHash, StoredFile};
use crate::domain::{AttachmentId, ConversationId, TicketId, Timestamp, UserId, WorkspaceId};

statements! {
    INSERT = "INSERT INTO attachment (workspace_id, ticket_id, conversation_id, content_hash, size, content_type, name, created_at)
              VALUES ($1, $2, $3, $4, $5, $6, $7, $8)";
    VISIBLE_OF_TICKET = "SELECT a.id, a.conversation_id, a.size, a.content_type, a.name FROM attachment a
              LEFT JOIN conversation c ON c.workspace_id = a.workspace_id AND c.ticket_id = a.ticket_id AND c.id = a.conversation_id
              WHERE a.workspace_id = $1 AND a.ticket_id = $2 AND (a.conversation_id IS NULL OR c.internal = FALSE) ORDER BY a.id";
    VISIBLE_TO_REQUESTER = "SELECT a.content_hash, a.size, a.content_type, a.name FROM attachment a
              JOIN ticket t ON t.workspace_id = a.workspace_id AND t.requester_id = $1 AND t.id = a.ticket_id
              LEFT JOIN conversation c ON c.workspace_id = a.workspace_id AND c.ticket_id = a.ticket_id AND c.id = a.conversation_id
              WHERE a.workspace_id = $2 AND a.id = $3 AND (a.conversation_id IS NULL OR c.internal = FALSE)";
    ALL_OF_TICKET = "SELECT id, ticket_id, conversation_id, size, content_type, name, created_at FROM attachment
              WHERE workspace_id = $1 AND ticket_id = $2 ORDER BY id";
    OF_WORKSPACE = "SELECT content_hash, size, content_type, name, ticket_id FROM attachment WHERE workspace_id = $1 AND id = $2";
    IS_REFERENCED = "SELECT 1 FROM attachment WHERE workspace_id = $1 AND content_hash = $2 LIMIT 1";
    PAGE = "SELECT id, workspace_id, content_hash, size FROM attachment WHERE id > $1 ORDER BY id LIMIT $2";
    COUNT = "SELECT COUNT(*) FROM attachment";
}

/// An attachment in a detailed view.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AttachmentOfTicket {
    pub id: AttachmentId,
    /// `None` for a file that came with the ticket itself.
    pub conversation: Option<ConversationId>,
    /// Bytes.
    pub size: i64,
    /// What its bytes say it is.
    pub content_type: String,
    pub name: String,
}

/// An attachment as the staff see it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeskAttachment {
    pub id: AttachmentId,
    pub ticket: TicketId,
    /// `None` for a file that came with the ticket itself.
    pub conversation: Option<ConversationId>,
    /// Bytes.
    pub size: i64,
    /// What its bytes say it is.
    pub content_type: String,
    pub name: String,
    pub created_at: Timestamp,
}

/// A row of the attachment table, to be held against the stored bytes.
#[derive(Clone, Copy, Debug)]
pub struct AttachmentBytes {
    pub id: AttachmentId,
    pub workspace: WorkspaceId,
    pub hash: ContentHash,
    pub size: i64,
}

/// Attaches a stored file to a ticket, or to one of its conversations.
pub fn insert(
    tx: &mut dyn Tx,
    workspace: WorkspaceId,
    ticket: TicketId,
    conversation: Option<ConversationId>,
    file: &StoredFile,
    at: Timestamp,
) -> Result<(), StorageError> {
    let params = [
        Param::Int(workspace.0),
        Param::Int(ticket.0),
        Param::opt_int(conversation.map(|c| c.0)),
        Param::Bytes(&file.hash),
        Param::Int(file.size),
        Param::Text(&file.content_type),
        Param::Text(&file.name),
        Param::Int(at.0),
    ];
    tx.execute_later(INSERT, &params)
}

/// The ticket's files, oldest first, without those on internal notes.
pub fn visible_of_ticket(
    tx: &mut dyn Tx,
    workspace: WorkspaceId,
    ticket: TicketId,
) -> Result<Vec<AttachmentOfTicket>, StorageError> {
    collect(tx, VISIBLE_OF_TICKET, &[Param::Int(workspace.0), Param::Int(ticket.0)], |row| {
        Ok(AttachmentOfTicket {
            id: AttachmentId(row.int(0)?),
            conversation: row.opt_int(1)?.map(ConversationId),
            size: row.int(2)?,
            content_type: row.text(3)?.to_owned(),
            name: row.text(4)?.to_owned(),
        })
    })
}

/// The file `id`, if it is on a ticket of `requester` and not on an internal note.
pub fn visible_to_requester(
    tx: &mut dyn Tx,
    workspace: WorkspaceId,
    requester: UserId,
    id: AttachmentId,
) -> Result<Option<StoredFile>, StorageError> {
    let params = [Param::Int(requester.0), Param::Int(workspace.0), Param::Int(id.0)];
    first(tx, VISIBLE_TO_REQUESTER, &params, stored_file)
}

/// The file `id`, and the ticket that it is on.
pub fn of_workspace(
    tx: &mut dyn Tx,
    workspace: WorkspaceId,
    id: AttachmentId,
) -> Result<Option<(TicketId, StoredFile)>, StorageError> {
    first(tx, OF_WORKSPACE, &[Param::Int(workspace.0), Param::Int(id.0)], |row| {
        Ok((TicketId(row.int(4)?), stored_file(row)?))
    })
}

/// All files of a ticket, those on internal notes included, oldest first.
pub fn all_of_ticket(
    tx: &mut dyn Tx,
    workspace: WorkspaceId,
    ticket: TicketId,
) -> Result<Vec<DeskAttachment>, StorageError> {
    collect(tx, ALL_OF_TICKET, &[Param::Int(workspace.0), Param::Int(ticket.0)], |row| {
        Ok(DeskAttachment {
            id: AttachmentId(row.int(0)?),
            ticket: TicketId(row.int(1)?),
            conversation: row.opt_int(2)?.map(ConversationId),
            size: row.int(3)?,
            content_type: row.text(4)?.to_owned(),
            name: row.text(5)?.to_owned(),
            created_at: Timestamp(row.int(6)?),
        })
    })
}

fn stored_file(row: &dyn Row) -> Result<StoredFile, StorageError> {
    Ok(StoredFile {
        hash: content_hash(row.bytes(0)?)?,
        size: row.int(1)?,
        content_type: row.text(2)?.to_owned(),
        name: row.text(3)?.to_owned(),
    })
}

/// Whether any attachment of the workspace has these bytes.
pub fn is_referenced(tx: &mut dyn Tx, workspace: WorkspaceId, hash: &ContentHash) -> Result<bool, StorageError> {
    let found = first(tx, IS_REFERENCED, &[Param::Int(workspace.0), Param::Bytes(hash)], |_| Ok(()))?;
    Ok(found.is_some())
}

/// Up to `limit` attachments of all workspaces with ids above `after`.
pub fn page(tx: &mut dyn Tx, after: AttachmentId, limit: i64) -> Result<Vec<AttachmentBytes>, StorageError> {
    collect(tx, PAGE, &[Param::Int(after.0), Param::Int(limit)], |row| {
        Ok(AttachmentBytes {
            id: AttachmentId(row.int(0)?),
            workspace: WorkspaceId(row.int(1)?),
            hash: content_hash(row.bytes(2)?)?,
            size: row.int(3)?,
        })
    })
}

/// How many attachments all workspaces have.
pub fn count(tx: &mut dyn Tx) -> Result<i64, StorageError> {
    only(tx, COUNT, &[], |row| row.int(0))
}

pub(super) fn content_hash(bytes: &[u8]) -> Result<ContentHash, StorageError> {
    bytes.try_into().map_err(|_| super::unexpected(0, "a content hash has 32 bytes"))
}
