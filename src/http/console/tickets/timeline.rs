//! A ticket's conversation with what happened in between, as a page shows it.

use askama::filters::Safe;
use serde_json::Value;

use crate::app::desk::directory::Directory;
use crate::app::desk::read_ticket::TicketPage;
use crate::domain::conversation::Visibility;
use crate::domain::{ConversationId, Priority, Status, TicketId, Timestamp, UserId};
use crate::http::console::files::FileLink;
use crate::http::console::people::Person;
use crate::http::console::texts::{text, text_of};
use crate::http::console::{markdown, times};
use crate::http::words::{PriorityWord, StatusWord};
use crate::storage::queries::attachments::DeskAttachment;
use crate::storage::queries::events::RecordedEvent;

/// Something in the conversation.
pub enum Entry {
    Message(Message),
    Event(EventLine),
}

/// Something that was said.
pub struct Message {
    /// What a link to it ends with.
    pub anchor: String,
    pub author: Person,
    pub by_staff: bool,
    pub internal: bool,
    pub at: Safe<String>,
    pub html: Safe<String>,
    pub files: Vec<FileLink>,
}

/// Something that happened.
pub struct EventLine {
    pub anchor: String,
    pub sentence: String,
    pub at: Safe<String>,
}

/// All of it, oldest first.
pub fn timeline(page: &TicketPage, directory: &Directory, now: Timestamp) -> Vec<Entry> {
    let requester = Person::new(&page.ticket.requester_name, &page.ticket.requester_email);
    let files = |ticket: TicketId, conversation: Option<ConversationId>| {
        let those = page.attachments.iter().filter(|file| file.ticket == ticket && file.conversation == conversation);
        those.map(file).collect()
    };
    let opening = |anchor: String, ticket: TicketId, at: Timestamp, comment: &str| {
        let message = Message {
            anchor,
            author: requester.clone(),
            by_staff: false,
            internal: false,
            at: times::ago(at, now),
            html: Safe(markdown::html(comment)),
            files: files(ticket, None),
        };
        (at, Entry::Message(message))
    };
    let mut entries = vec![opening("opening".to_owned(), page.ticket.id, page.ticket.created_at, &page.comment)];
    entries.extend(
        page.merged
            .iter()
            .map(|merged| opening(format!("opening-{}", merged.id), merged.id, merged.created_at, &merged.comment)),
    );
    entries.extend(page.conversations.iter().map(|said| {
        let message = Message {
            anchor: format!("c{}", said.id),
            author: Person::new(&said.author_name, &said.author_email),
            by_staff: said.author_is_staff,
            internal: said.visibility == Visibility::Internal,
            at: times::ago(said.created_at, now),
            html: Safe(markdown::html(&said.comment)),
            files: files(said.ticket, Some(said.id)),
        };
        (said.created_at, Entry::Message(message))
    }));
    let name_of = |user: UserId| {
        let said = page.conversations.iter().find(|said| said.author == user);
        directory
            .member(user)
            .map(|member| Person::from(member).name)
            .or_else(|| (user == page.ticket.requester).then(|| requester.name.clone()))
            .or_else(|| said.map(|said| Person::new(&said.author_name, &said.author_email).name))
            .unwrap_or_else(|| text("somebody"))
    };
    entries.extend(page.events.iter().filter_map(|event| {
        let sentence = sentence(event, &name_of, directory)?;
        Some((
            event.at,
            Entry::Event(EventLine { anchor: format!("e{}", event.id), sentence, at: times::ago(event.at, now) }),
        ))
    }));
    // What was said comes before what that changed.
    entries.sort_by_key(|(at, entry)| (*at, matches!(entry, Entry::Event(_))));
    entries.into_iter().map(|(_, entry)| entry).collect()
}

fn file(file: &DeskAttachment) -> FileLink {
    FileLink::new(file.id, &file.name, file.size, &file.content_type)
}

/// What happened, in a sentence; nothing for what the conversation itself shows.
fn sentence(event: &RecordedEvent, name_of: &dyn Fn(UserId) -> String, directory: &Directory) -> Option<String> {
    let after: Value = serde_json::from_str(&event.after).ok()?;
    let number = |field: &str| after[field].as_i64();
    let code = |field: &str| after[field].as_str().and_then(|code| code.parse().ok());
    let (key, what) = match event.kind.as_str() {
        "ticket.status_changed" => (
            "event-status",
            text(&format!("status-{}", StatusWord(code("status").and_then(Status::from_number)?).word())),
        ),
        "ticket.priority_changed" => {
            let priority = code("priority").and_then(Priority::from_number)?;
            ("event-priority", text(&format!("priority-{}", PriorityWord(priority).word())))
        }
        "ticket.assignee_changed" => match number("assignee").map(UserId) {
            None => ("event-unassigned", String::new()),
            Some(user) if user == event.actor => ("event-took", String::new()),
            Some(user) => ("event-assigned", name_of(user)),
        },
        "ticket.team_changed" => match number("team") {
            None => ("event-no-team", String::new()),
            Some(id) => ("event-team", directory.teams.iter().find(|team| team.id.0 == id)?.name.clone()),
        },
        "ticket.category_changed" => {
            let id = number("category")?;
            ("event-category", directory.categories.iter().find(|category| category.id.0 == id)?.name.clone())
        }
        "ticket.tags_changed" => {
            let ids: Vec<i64> = after["tags"].as_array()?.iter().filter_map(Value::as_i64).collect();
            let names = directory.tags.iter().filter(|tag| ids.contains(&tag.id.0)).map(|tag| tag.tag.clone());
            let names: Vec<String> = names.collect();
            if names.is_empty() { ("event-no-tags", String::new()) } else { ("event-tags", names.join(", ")) }
        }
        "ticket.lock_changed" if after["locked"] == true => ("event-locked", String::new()),
        "ticket.lock_changed" => ("event-unlocked", String::new()),
        "ticket.subject_changed" => ("event-subject", after["subject"].as_str()?.to_owned()),
        "ticket.snooze_changed" => match number("snoozed_until").map(Timestamp) {
            None => ("event-woken", String::new()),
            Some(until) => ("event-snoozed", times::shown(until)),
        },
        "ticket.merge_changed" => match number("merged_into").map(TicketId) {
            None => ("event-unmerged", String::new()),
            Some(into) => ("event-merged", into.to_string()),
        },
        "ticket.absorbed" => ("event-absorbed", number("ticket")?.to_string()),
        _ => return None,
    };
    Some(text_of(key, &[("actor", name_of(event.actor)), ("what", what)]))
}
