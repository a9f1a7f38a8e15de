//! A member of staff looks for tickets by words in their subjects, comments, replies and notes.

use std::cmp::Reverse;
use std::collections::HashMap;

use super::reach;
use super::rights::{Right, demand};
use crate::domain::search::{Occurrences, Query, Snippet};
use crate::domain::user::Requester;
use crate::domain::{ConversationId, Error, TicketId};
use crate::storage::Tx;
use crate::storage::queries::desk_tickets::{self, DeskTicket, Reach};
use crate::storage::queries::search::{self, FoundText, TextId};

/// Tickets that a search gives at the most.
pub const HITS_MAX: usize = 50;

/// Texts that are compared to find the best, at the most.
const COMPARED_MAX: usize = 1000;

/// Bytes of such texts, but for the last of them.
const COMPARED_BYTES: usize = 2 << 20;

/// Texts that are looked through for those within reach, at the most.
const LOOKED_THROUGH_MAX: usize = 10_000;

/// Texts that are read at once.
const READ_TOGETHER: usize = 500;

/// How much more a word counts in the subject.
const SUBJECT_WEIGHT: u32 = 3;

/// A ticket that was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hit {
    pub ticket: DeskTicket,
    /// Which of its texts answers the query best.
    pub matched: Matched,
    /// The part of that text that shows it.
    pub snippet: Snippet,
}

/// A text of a ticket.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Matched {
    Subject,
    /// What the requester wrote when they opened the ticket.
    Comment,
    Reply(ConversationId),
    /// An internal note.
    Note(ConversationId),
}

/// The tickets within reach that have a text with all that is looked for, the best first, [`HITS_MAX`] at the most. Subject
/// and first comment count as one text; every reply and every note is one of its own.
///
/// What is written is found from its commit on, by all servers, and in its own transaction. Of many texts that have the words,
/// only those of the newest tickets are compared: a thousand of them, or 2 MiB, out of ten thousand at the most that are
/// looked through for those within reach, or for words in a row. Of more, the older ones are not found, unless there is one
/// more word to tell them by.
///
/// # Errors
/// [`Error::Forbidden`].
pub fn search(tx: &mut dyn Tx, staff: &Requester, query: &Query) -> Result<Vec<Hit>, Error> {
    demand(staff, Right::ReadTickets)?;
    if query.is_empty() {
        return Ok(Vec::new());
    }
    let reach = reach::of(staff);
    let ids = search::matching(tx, staff.workspace, &query.looked_up(), LOOKED_THROUGH_MAX)?;
    let mut best: HashMap<TicketId, Found> = HashMap::new();
    let (mut compared, mut bytes) = (0, 0);
    for ids in ids.chunks(READ_TOGETHER) {
        for text in search::texts(tx, staff.workspace, reach, ids)? {
            bytes += text.subject.len() + text.comment.len();
            let Some(found) = Found::in_text(query, text) else { continue };
            compared += 1;
            let place = best.entry(found.text.ticket);
            let kept = place.or_insert_with(|| found.clone());
            if found.order() > kept.order() {
                *kept = found;
            }
        }
        if compared >= COMPARED_MAX || bytes > COMPARED_BYTES {
            break;
        }
    }
    let mut found: Vec<Found> = best.into_values().collect();
    found.sort_unstable_by_key(|found| Reverse((found.score, found.text.ticket)));
    found.truncate(HITS_MAX);
    hits(tx, staff, reach, found)
}

/// A text that answers the query.
#[derive(Clone, Debug)]
struct Found {
    score: u32,
    text: FoundText,
    in_subject: Occurrences,
    in_comment: Occurrences,
}

impl Found {
    fn in_text(query: &Query, text: FoundText) -> Option<Self> {
        let in_comment = query.find(&text.comment);
        let (in_subject, score) = match text.id {
            TextId::Opening(_) => {
                let in_subject = query.find(&text.subject);
                let score = query.score(&[(&in_subject, SUBJECT_WEIGHT), (&in_comment, 1)])?;
                (in_subject, score)
            }
            TextId::Conversation(_) => (Occurrences::default(), query.score(&[(&in_comment, 1)])?),
        };
        Some(Self { score, text, in_subject, in_comment })
    }

    /// Of two texts of one ticket that are as good, the earlier one is shown.
    fn order(&self) -> (u32, Reverse<i64>) {
        let number = match self.text.id {
            TextId::Opening(_) => 0,
            TextId::Conversation(id) => id.0,
        };
        (self.score, Reverse(number))
    }

    fn matched(&self) -> Matched {
        match self.text.id {
            TextId::Opening(_) if self.in_subject.count() >= self.in_comment.count() => Matched::Subject,
            TextId::Opening(_) => Matched::Comment,
            TextId::Conversation(id) if self.text.is_note => Matched::Note(id),
            TextId::Conversation(id) => Matched::Reply(id),
        }
    }

    fn snippet(&self) -> Snippet {
        match self.matched() {
            Matched::Subject => Snippet::around(&self.text.subject, &self.in_subject.places()),
            _ => Snippet::around(&self.text.comment, &self.in_comment.places()),
        }
    }
}

fn hits(tx: &mut dyn Tx, staff: &Requester, reach: Reach, found: Vec<Found>) -> Result<Vec<Hit>, Error> {
    let ids = found.iter().map(|found| found.text.ticket);
    let tickets = desk_tickets::by_ids(tx, staff.workspace, reach, ids)?;
    let mut tickets: HashMap<TicketId, DeskTicket> = tickets.into_iter().map(|ticket| (ticket.id, ticket)).collect();
    let hit = |found: Found| {
        let ticket = tickets.remove(&found.text.ticket)?;
        Some(Hit { ticket, matched: found.matched(), snippet: found.snippet() })
    };
    Ok(found.into_iter().filter_map(hit).collect())
}
