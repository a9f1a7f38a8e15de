//! Finding texts by their words: what tickets were opened with, and what was said on them.
//!
//! A word is looked up as the *term* `<workspace>o<block>_<word>`, or with a `c` in the place of the `o` for what was said
//! later. A block is `BLOCK` tickets with neighbouring ids. So a workspace's words are apart from all others', and a look-up
//! goes through the blocks from the newest to the oldest until it has enough: a word that every text has, or the first two
//! letters of one, costs no more than a block or two. The engines know nothing of this; they look up terms.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use super::desk_tickets::{self, Reach};
use super::tickets::TicketKey;
use super::{Param, Row, StorageError, Tx, collect, first, statements};
use crate::domain::search::{SEARCHED_CHARS, Wanted, words};
use crate::domain::{ConversationId, TicketId, WorkspaceId};

// Not EXISTS: for that PostgreSQL would read the whole index at every step.
statements! {
    TICKETS_AFTER = "SELECT t.id, t.workspace_id, t.id, t.subject, SUBSTR(t.comment, 1, 20000),
              COALESCE((SELECT TRUE FROM search_index s WHERE s.rowid = 2 * t.id), FALSE)
              FROM ticket t WHERE t.id > $1 ORDER BY t.id LIMIT $2";
    CONVERSATIONS_AFTER = "SELECT c.id, c.workspace_id, c.ticket_id, '', SUBSTR(c.comment, 1, 20000),
              COALESCE((SELECT TRUE FROM search_index s WHERE s.rowid = 2 * c.id + 1), FALSE)
              FROM conversation c WHERE c.id > $1 ORDER BY c.id LIMIT $2";
    BEGIN_ROUND = "UPDATE search_round SET looked_to = CASE WHEN looked_to < again_from THEN looked_to ELSE again_from END,
              again_from = $1 WHERE name = $2";
    LOOKED_TO = "SELECT looked_to FROM search_round WHERE name = $1";
    ADVANCE = "UPDATE search_round SET looked_to = $1 WHERE name = $2";
}

/// Tickets of a block. Fewer make common words quicker, and rare ones slower.
const BLOCK: i64 = 1 << 15;

/// Texts that one statement reads.
const TEXTS_TOGETHER: usize = 250;

/// Ids behind the last one that may still come: those of transactions that are under way.
const IDS_UNDER_WAY: i64 = 10_000;

/// A text, by where it was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum TextId {
    /// The subject and what the requester wrote when they opened the ticket.
    Opening(TicketId),
    /// What was said later.
    Conversation(ConversationId),
}

impl TextId {
    fn number(self) -> i64 {
        match self {
            Self::Opening(ticket) => 2 * ticket.0,
            Self::Conversation(conversation) => 2 * conversation.0 + 1,
        }
    }

    fn of_number(number: i64) -> Self {
        let id = number.div_euclid(2);
        if number % 2 == 0 { Self::Opening(TicketId(id)) } else { Self::Conversation(ConversationId(id)) }
    }

    fn letter(self) -> char {
        match self {
            Self::Opening(_) => 'o',
            Self::Conversation(_) => 'c',
        }
    }
}

/// A text that was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FoundText {
    pub id: TextId,
    pub ticket: TicketId,
    pub is_note: bool,
    /// The ticket's subject; it is part of the text that the ticket was opened with, and of no other.
    pub subject: String,
    /// As far as it can be searched.
    pub comment: String,
}

/// Makes what a ticket was opened with findable, from the commit on.
pub fn add_opening(
    tx: &mut dyn Tx,
    workspace: WorkspaceId,
    ticket: TicketId,
    subject: &str,
    comment: &str,
) -> Result<(), StorageError> {
    let id = TextId::Opening(ticket);
    tx.index_text(id.number(), &terms(workspace, ticket, id, &[subject, comment]))
}

/// Makes what was said on a ticket findable, from the commit on.
pub fn add_conversation(
    tx: &mut dyn Tx,
    workspace: WorkspaceId,
    ticket: TicketId,
    conversation: ConversationId,
    comment: &str,
) -> Result<(), StorageError> {
    let id = TextId::Conversation(conversation);
    tx.index_text(id.number(), &terms(workspace, ticket, id, &[comment]))
}

/// Makes a ticket findable by another subject, instead of the one that it had.
pub fn replace_subject(tx: &mut dyn Tx, key: TicketKey, subject: &str) -> Result<(), StorageError> {
    let comment = desk_tickets::comment(tx, key)?.unwrap_or_default();
    let id = TextId::Opening(key.id);
    tx.forget_text(id.number())?;
    tx.index_text(id.number(), &terms(key.workspace, key.id, id, &[subject, &comment]))
}

/// The terms of a text, each once and in the order of their bytes, with a space between them.
fn terms(workspace: WorkspaceId, ticket: TicketId, id: TextId, texts: &[&str]) -> String {
    let words: BTreeSet<String> = texts.iter().flat_map(|text| words(text)).map(|word| word.folded).collect();
    let before = prefix(workspace, ticket.0 / BLOCK, id.letter());
    let mut terms = String::with_capacity(words.iter().map(|word| before.len() + word.len() + 1).sum());
    for word in words {
        if !terms.is_empty() {
            terms.push(' ');
        }
        terms.push_str(&before);
        terms.push_str(&word);
    }
    terms
}

fn prefix(workspace: WorkspaceId, block: i64, letter: char) -> String {
    format!("{workspace}{letter}{block}_")
}

/// Texts that have all the words, those of the newest tickets first, `limit` at the most.
pub fn matching(
    tx: &mut dyn Tx,
    workspace: WorkspaceId,
    wanted: &[&Wanted],
    limit: usize,
) -> Result<Vec<TextId>, StorageError> {
    let Some(last) = tx.last_id("ticket")? else { return Ok(Vec::new()) };
    let blocks = (0..=last / BLOCK).rev();
    let places: Vec<String> =
        blocks.flat_map(|block| ['o', 'c'].map(|letter| prefix(workspace, block, letter))).collect();
    let numbers = tx.find_texts(&places, wanted, limit)?;
    Ok(numbers.into_iter().map(TextId::of_number).collect())
}

/// The columns that [`read`] reads.
const OPENINGS: &str = "SELECT t.id, FALSE, t.subject, SUBSTR(t.comment, 1, 20000), t.id FROM ticket t";
const CONVERSATIONS: &str = "SELECT t.id, c.internal, t.subject, SUBSTR(c.comment, 1, 20000), c.id FROM conversation c
     JOIN ticket t ON t.id = c.ticket_id AND t.workspace_id = c.workspace_id";

/// Texts with their words, in no order; without those that are out of reach or of another workspace.
pub fn texts(
    tx: &mut dyn Tx,
    workspace: WorkspaceId,
    reach: Reach,
    ids: &[TextId],
) -> Result<Vec<FoundText>, StorageError> {
    let mut openings = Vec::new();
    let mut conversations = Vec::new();
    for id in ids {
        match id {
            TextId::Opening(ticket) => openings.push(ticket.0),
            TextId::Conversation(conversation) => conversations.push(conversation.0),
        }
    }
    let mut found = Vec::with_capacity(ids.len());
    for (from, id, ids) in [(OPENINGS, "t.id", openings), (CONVERSATIONS, "c.id", conversations)] {
        for ids in ids.chunks(TEXTS_TOGETHER) {
            // Always as many, so that it is one statement; no row has the number 0.
            let ids = ids.iter().copied().chain(std::iter::repeat(0)).take(TEXTS_TOGETHER);
            let (sql, params) = desk_tickets::within_reach(from, &[], workspace, reach, id, ids);
            tx.query_composed(&sql, &params, &mut |row| {
                found.push(read(row, from == OPENINGS)?);
                Ok(())
            })?;
        }
    }
    Ok(found)
}

/// All texts of the tickets, `most` at the most, in no order; without those that are out of reach or of another workspace.
pub fn texts_of(
    tx: &mut dyn Tx,
    workspace: WorkspaceId,
    reach: Reach,
    tickets: &[TicketId],
    most: usize,
) -> Result<Vec<FoundText>, StorageError> {
    let mut found = Vec::new();
    for from in [OPENINGS, CONVERSATIONS] {
        for tickets in tickets.chunks(TEXTS_TOGETHER) {
            let ids = tickets.iter().map(|ticket| ticket.0).chain(std::iter::repeat(0)).take(TEXTS_TOGETHER);
            let (mut sql, mut params) = desk_tickets::within_reach(from, &[], workspace, reach, "t.id", ids);
            params.push(Param::Int(i64::try_from(most - found.len().min(most)).unwrap_or(i64::MAX)));
            let _ = write!(sql, " LIMIT ${}", params.len());
            tx.query_composed(&sql, &params, &mut |row| {
                found.push(read(row, from == OPENINGS)?);
                Ok(())
            })?;
        }
    }
    Ok(found)
}

fn read(row: &dyn Row, is_opening: bool) -> Result<FoundText, StorageError> {
    let id = row.int(4)?;
    Ok(FoundText {
        id: if is_opening { TextId::Opening(TicketId(id)) } else { TextId::Conversation(ConversationId(id)) },
        ticket: TicketId(row.int(0)?),
        is_note: row.bool(1)?,
        subject: row.text(2)?.to_owned(),
        comment: row.text(3)?.to_owned(),
    })
}

/// Begins another round of [`index_some`]: where the last one began, since when transactions may have ended that it did not
/// see; or where it was, if it did not come to its end.
pub fn begin_round(tx: &mut dyn Tx) -> Result<(), StorageError> {
    for name in ["ticket", "conversation"] {
        let again_from = tx.last_id(name)?.unwrap_or_default() - IDS_UNDER_WAY;
        tx.execute_later(BEGIN_ROUND, &[Param::Int(again_from.max(0)), Param::Text(name)])?;
    }
    Ok(())
}

/// Looks at up to `limit` texts that the round has not come to, and makes those findable that are not. Gives how many it has
/// looked at, and how many of them were not.
pub fn index_some(tx: &mut dyn Tx, limit: i64) -> Result<(u64, u64), StorageError> {
    let (mut looked_at, mut indexed) = (0, 0);
    for (name, sql) in [("ticket", TICKETS_AFTER), ("conversation", CONVERSATIONS_AFTER)] {
        let after = first(tx, LOOKED_TO, &[Param::Text(name)], |row| row.int(0))?.unwrap_or_default();
        let page = collect(tx, sql, &[Param::Int(after), Param::Int(limit)], |row| {
            let text =
                (!row.bool(5)?).then(|| Ok::<_, StorageError>((row.text(3)?.to_owned(), row.text(4)?.to_owned())));
            Ok((row.int(0)?, WorkspaceId(row.int(1)?), TicketId(row.int(2)?), text.transpose()?))
        })?;
        let Some((last, ..)) = page.last() else { continue };
        tx.execute_later(ADVANCE, &[Param::Int(*last), Param::Text(name)])?;
        looked_at += page.len() as u64;
        for (id, workspace, ticket, text) in page {
            let Some((subject, comment)) = text else { continue };
            indexed += 1;
            if name == "ticket" {
                add_opening(tx, workspace, ticket, &subject, &comment)?;
            } else {
                add_conversation(tx, workspace, ticket, ConversationId(id), &comment)?;
            }
        }
    }
    Ok((looked_at, indexed))
}

/// What the statements cut texts to.
const _: () = assert!(SEARCHED_CHARS == 20_000);
