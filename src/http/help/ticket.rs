//! `/help/tickets/{id}`: what was said on a ticket, and what its requester can do with it.

use askama::Template;
use askama::filters::Safe;
use axum::extract::{Path, State};
use axum::response::Response;
use http::{HeaderMap, StatusCode};

use super::frame::{Frame, framed};
use super::session::Signed;
use crate::app::change_status::{self, StatusFields};
use crate::app::read_own_ticket::{OwnTicket, read_own_ticket};
use crate::app::reply::{self, ReplyFields};
use crate::domain::attachment::StoredFile;
use crate::domain::id::GivenId;
use crate::domain::ticket::StatusRequest;
use crate::domain::{Conflict, ConversationId, Error, Invalid, Problem, TicketId, Timestamp};
use crate::http::AppState;
use crate::http::extract::{Form, PageForm};
use crate::http::pages::error::PageError;
use crate::http::pages::files::FileLink;
use crate::http::pages::once::{key_again, new_key, once_with_files};
use crate::http::pages::people::Person;
use crate::http::pages::place::go_to;
use crate::http::pages::problems::sentence;
use crate::http::pages::said::Said;
use crate::http::pages::texts::{text, text_with};
use crate::http::pages::{filters, markdown, times};
use crate::http::words::{PriorityWord, StatusWord};
use crate::storage::Tx;
use crate::storage::queries::attachments::AttachmentOfTicket;

/// The page.
#[derive(Template)]
#[template(path = "help/ticket.html")]
struct TicketPage {
    frame: Frame,
    ticket: OwnTicket,
    status: &'static str,
    priority: &'static str,
    opened: Safe<String>,
    messages: Vec<Message>,
    composer: Composer,
    /// Why the status was not changed.
    problem: Option<String>,
}

impl TicketPage {
    fn may_close(&self) -> bool {
        self.ticket.may_ask == Some(StatusRequest::Close)
    }

    fn may_reopen(&self) -> bool {
        self.ticket.may_ask == Some(StatusRequest::Reopen)
    }
}

/// Something that was said.
struct Message {
    /// What a link to it ends with.
    anchor: String,
    author: Person,
    is_mine: bool,
    at: Safe<String>,
    html: Safe<String>,
    files: Vec<FileLink>,
}

/// What is being written.
struct Composer {
    key: String,
    comment: String,
    problems: Vec<String>,
}

/// The ticket that an address names.
fn ticket_id(given: &str) -> Result<TicketId, PageError> {
    let digits = given.bytes().all(|b| b.is_ascii_digit());
    given.parse().ok().filter(|_| digits).map(TicketId).ok_or_else(PageError::not_found)
}

/// All that was said, oldest first. Staff are who they want to be called, or else the workspace.
fn messages(ticket: &OwnTicket, signed: &Signed, now: Timestamp) -> Vec<Message> {
    let me = Person::from(&*signed.0);
    let files = |conversation: Option<ConversationId>| {
        let those = ticket.attachments.iter().filter(|file| file.conversation == conversation);
        those
            .map(|file: &AttachmentOfTicket| FileLink::new(file.id, &file.name, file.size, &file.content_type))
            .collect()
    };
    let message = |anchor, author, is_mine, at, comment: &str, files| Message {
        anchor,
        author,
        is_mine,
        at: times::ago(at, now),
        html: Safe(markdown::html(comment)),
        files,
    };
    let opening = message("opening".to_owned(), me.clone(), true, ticket.created_at, &ticket.comment, files(None));
    let replies = ticket.replies.iter().map(|said| {
        let is_mine = said.author == signed.requester().user;
        let author = if is_mine { me.clone() } else { Person::new(&said.author_name, &signed.0.workspace_name) };
        message(format!("c{}", said.id), author, is_mine, said.at, &said.comment, files(Some(said.id)))
    });
    std::iter::once(opening).chain(replies).collect()
}

/// How a ticket's page comes up.
struct Opened {
    status: StatusCode,
    composer: Composer,
    problem: Option<String>,
}

async fn page(
    app: &AppState,
    signed: &Signed,
    headers: &HeaderMap,
    id: TicketId,
    opened: Opened,
) -> Result<Response, PageError> {
    let requester = signed.requester();
    let ticket = app.store().read_anywhere(move |tx| read_own_ticket(tx, &requester, id)).await?;
    let now = app.clock().now();
    let page = TicketPage {
        frame: Frame::new(signed, headers, format!("/help/tickets/{id}")),
        status: StatusWord(ticket.status).word(),
        priority: PriorityWord(ticket.priority).word(),
        opened: times::full(ticket.created_at),
        messages: messages(&ticket, signed, now),
        composer: opened.composer,
        problem: opened.problem,
        ticket,
    };
    Ok(framed(opened.status, &page.frame, &page))
}

/// `GET /help/tickets/{id}`.
pub async fn show(
    State(app): State<AppState>,
    signed: Signed,
    Path(id): Path<String>,
    headers: HeaderMap,
) -> Result<Response, PageError> {
    let composer = Composer { key: new_key(&app), comment: String::new(), problems: Vec::new() };
    let opened = Opened { status: StatusCode::OK, composer, problem: None };
    page(&app, &signed, &headers, ticket_id(&id)?, opened).await
}

/// `POST /help/tickets/{id}/reply`.
pub async fn reply(
    State(app): State<AppState>,
    signed: Signed,
    Path(id): Path<String>,
    headers: HeaderMap,
    PageForm(form): PageForm,
) -> Result<Response, PageError> {
    let ticket = ticket_id(&id)?;
    let (requester, at) = (signed.requester(), app.clock().now());
    let files = form.files("attachment");
    let fields = ReplyFields {
        ticket: GivenId::parse(&id).ok_or_else(|| vec![Problem::IdNotValid]),
        comment: form.text("comment"),
        attachment: files.as_ref().map(|_| ()).map_err(Clone::clone),
    };
    let asked = fields.clone();
    let check = move |tx: &mut dyn Tx| reply::check_with_room(tx, &requester, &asked);
    let effect = move |tx: &mut dyn Tx, files: &[StoredFile]| reply::reply(tx, &requester, &fields, files, at);
    let (route, files) = (format!("/help/tickets/{ticket}/reply"), files.unwrap_or_default());
    let said = once_with_files(&app, &requester, &route, &form, &files, at, check, effect).await;
    let (status, key, problems) = match said {
        Ok(said) => {
            let mut response = go_to(&format!("/help/tickets/{ticket}#c{said}"))?;
            response.headers_mut().extend([Said::of_ticket("help-replied", ticket).keep()]);
            return Ok(response);
        }
        Err(Error::Invalid(invalid)) => {
            (StatusCode::UNPROCESSABLE_ENTITY, key_again(&app, &form), all_problems(&invalid, &form))
        }
        Err(Error::Conflict(Conflict::KeyReused)) => {
            (StatusCode::CONFLICT, new_key(&app), vec![text("help-replied-before")])
        }
        Err(error) => return Err(error.into()),
    };
    let composer = Composer { key, comment: form.raw("comment").unwrap_or_default(), problems };
    page(&app, &signed, &headers, ticket, Opened { status, composer, problem: None }).await
}

/// What is wrong with a reply. Its files have to be chosen again.
fn all_problems(invalid: &Invalid, form: &Form) -> Vec<String> {
    let mut problems: Vec<String> = invalid.iter().flat_map(|(_, problems)| problems).map(sentence).collect();
    let chosen: Vec<&str> = form.file_names("attachment").collect();
    if !chosen.is_empty() {
        problems.push(text_with("help-files-chosen", "what", chosen.join(", ")));
    }
    problems
}

/// `POST /help/tickets/{id}/status`: closes the ticket, or opens it again.
pub async fn change_status(
    State(app): State<AppState>,
    signed: Signed,
    Path(id): Path<String>,
    headers: HeaderMap,
    form: Form,
) -> Result<Response, PageError> {
    let ticket = ticket_id(&id)?;
    let (requester, at) = (signed.requester(), app.clock().now());
    let status = form.hand_checked_choice("status", StatusRequest::from_code);
    let said = if status == Ok(StatusRequest::Reopen) { "help-reopened" } else { "help-closed" };
    let fields = StatusFields { ticket: Ok(Some(ticket.0)), status };
    let changed = app.store().write(move |tx| change_status::change_status(tx, &requester, &fields, at)).await;
    let invalid = match changed {
        Ok(()) => {
            let mut response = go_to(&format!("/help/tickets/{ticket}"))?;
            response.headers_mut().extend([Said::of_ticket(said, ticket).keep()]);
            return Ok(response);
        }
        Err(Error::Invalid(invalid)) => invalid,
        Err(error) => return Err(error.into()),
    };
    let has = |wanted: fn(&Problem) -> bool| invalid.iter().any(|(_, problems)| problems.iter().any(wanted));
    if has(|problem| matches!(problem, Problem::Already(_))) {
        // It is as it should be, as after a second click.
        return go_to(&format!("/help/tickets/{ticket}"));
    }
    let key = match invalid.iter().next() {
        _ if has(|problem| *problem == Problem::TicketFull) => "problem-ticket-full",
        Some(("ticket", _)) => "help-locked",
        _ => "problem-choice",
    };
    let composer = Composer { key: new_key(&app), comment: String::new(), problems: Vec::new() };
    let opened = Opened { status: StatusCode::UNPROCESSABLE_ENTITY, composer, problem: Some(text(key)) };
    page(&app, &signed, &headers, ticket, opened).await
}
