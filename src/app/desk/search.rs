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

/// Bytes of texts that are enough.
const COMPARED_BYTES: usize = 2 << 20;

/// Texts that are looked through for those within reach and with the words in a row, at the most. Reading one takes some
/// 25 µs, where they are many.
const LOOKED_THROUGH_MAX: usize = 1_500;

/// So few tickets within reach are read themselves, whatever all others say.
const FEW_WITHIN_REACH: usize = 300;

/// Tickets whose texts are read at once.
const TICKETS_TOGETHER: usize = 50;

/// Texts that are read at once.
const READ_TOGETHER: usize = 250;

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

/// What a search found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Results {
    /// The best first, [`HITS_MAX`] at the most.
    pub hits: Vec<Hit>,
    /// Whether there are older texts with the words that were not looked at.
    pub is_partial: bool,
}

/// The tickets within reach that have a text with all that is looked for. Subject and first comment count as one text; every
/// reply and every note is one of its own.
///
/// What is written is found from its commit on, by all servers, and in its own transaction. Of many texts that have the words,
/// only those of the newest tickets are compared: a thousand. If these come to less than [`HITS_MAX`] hits, because others are
/// out of reach or have the words, but not in a row, half as many more are looked through; 2 MiB of text are enough in any
/// case. Older ones are then not found, unless one more word tells them from the others, and the results say so. Who reaches
/// few tickets finds all that is in them.
///
/// # Errors
/// [`Error::Forbidden`].
pub fn search(tx: &mut dyn Tx, staff: &Requester, query: &Query) -> Result<Results, Error> {
    demand(staff, Right::ReadTickets)?;
    if query.is_empty() {
        return Ok(Results::default());
    }
    let reach = reach::of(staff);
    let mut best = Best::default();
    let is_partial = match desk_tickets::few_within_reach(tx, staff.workspace, reach, FEW_WITHIN_REACH)? {
        Some(tickets) => best.read(tx, staff, reach, query, tickets)?,
        None => best.look_up(tx, staff, reach, query)?,
    };
    let mut found: Vec<Found> = best.texts.into_values().collect();
    found.sort_unstable_by_key(|found| Reverse((found.score, found.text.ticket)));
    found.truncate(HITS_MAX);
    Ok(Results { hits: hits(tx, staff, reach, found)?, is_partial })
}

/// The best text of each ticket so far.
#[derive(Default)]
struct Best {
    texts: HashMap<TicketId, Found>,
    /// That were compared.
    bytes: usize,
}

impl Best {
    /// Goes through the texts that have the words, the newest first, until there are enough. Gives whether there are others.
    fn look_up(&mut self, tx: &mut dyn Tx, staff: &Requester, reach: Reach, query: &Query) -> Result<bool, Error> {
        let words = query.looked_up();
        let mut looked_through = 0;
        // Most often the newest are enough.
        for limit in [COMPARED_MAX, LOOKED_THROUGH_MAX] {
            // One more tells whether there are more.
            let mut ids = search::matching(tx, staff.workspace, &words, limit + 1)?;
            let are_more = ids.len() > limit;
            ids.truncate(limit);
            for ids in ids.get(looked_through..).unwrap_or_default().chunks(READ_TOGETHER) {
                if self.bytes > COMPARED_BYTES {
                    return Ok(true);
                }
                for text in search::texts(tx, staff.workspace, reach, ids)? {
                    self.compare(query, text);
                }
            }
            looked_through = ids.len();
            if !are_more || self.texts.len() >= HITS_MAX {
                return Ok(are_more);
            }
        }
        Ok(true)
    }

    /// Goes through the texts of the tickets, the newest first, until there are enough. Gives whether there are others.
    fn read(
        &mut self,
        tx: &mut dyn Tx,
        staff: &Requester,
        reach: Reach,
        query: &Query,
        mut tickets: Vec<TicketId>,
    ) -> Result<bool, Error> {
        tickets.sort_unstable_by_key(|ticket| Reverse(*ticket));
        let mut looked_through = 0;
        for tickets in tickets.chunks(TICKETS_TOGETHER) {
            if looked_through > LOOKED_THROUGH_MAX || self.bytes > COMPARED_BYTES {
                return Ok(true);
            }
            let left = LOOKED_THROUGH_MAX + 1 - looked_through;
            let texts = search::texts_of(tx, staff.workspace, reach, tickets, left)?;
            looked_through += texts.len();
            for text in texts {
                self.compare(query, text);
            }
        }
        Ok(looked_through > LOOKED_THROUGH_MAX)
    }

    fn compare(&mut self, query: &Query, text: FoundText) {
        self.bytes += text.subject.len() + text.comment.len();
        let Some(found) = Found::in_text(query, text) else { return };
        let better_than = |kept: &Found| found.order() > kept.order();
        if self.texts.get(&found.text.ticket).is_none_or(better_than) {
            self.texts.insert(found.text.ticket, found);
        }
    }
}

/// A text that answers the query.
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
    let tickets = desk_tickets::by_ids(tx, (staff.workspace, staff.user), reach, ids)?;
    let mut tickets: HashMap<TicketId, DeskTicket> = tickets.into_iter().map(|ticket| (ticket.id, ticket)).collect();
    let hit = |found: Found| {
        let ticket = tickets.remove(&found.text.ticket)?;
        Some(Hit { ticket, matched: found.matched(), snippet: found.snippet() })
    };
    Ok(found.into_iter().filter_map(hit).collect())
}
