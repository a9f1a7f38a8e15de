//! `POST /desk/tickets/{id}/answer`: a reply or an internal note, with files.

use axum::extract::{Path, State};
use axum::response::Response;
use http::{HeaderMap, StatusCode};

use super::query::ListQuery;
use super::{Composer, ticket_id, ticket_page};
use crate::app::desk::answer_ticket::{Answer, answer_ticket};
use crate::app::desk::reach;
use crate::app::desk::rights::Right;
use crate::domain::conversation::Visibility;
use crate::domain::{Problem, Status};
use crate::http::AppState;
use crate::http::console::error::PageError;
use crate::http::console::place::go_to;
use crate::http::console::said::Said;
use crate::http::console::session::Signed;
use crate::http::console::texts::{text, text_with};
use crate::http::customer::uploads;
use crate::http::extract::Form;

/// The handler.
pub async fn answer(
    State(app): State<AppState>,
    signed: Signed,
    Path(id): Path<String>,
    headers: HeaderMap,
    form: Form,
) -> Result<Response, PageError> {
    let ticket = ticket_id(&id)?;
    let internal = form.parameter("kind").is_some_and(|kind| kind == "note");
    let closes = form.parameter("then").is_some_and(|then| then == "close");
    let query = ListQuery::parse(&form.parameter("query").unwrap_or_default(), &signed.requester());
    let (comment, files) = (form.text("comment"), form.files("files"));
    let (comment, files) = match (comment, files) {
        (Ok(comment), Ok(files)) => (comment, files),
        (comment, files) => {
            let problems = comment.as_ref().err().into_iter().chain(files.as_ref().err()).flatten().map(words);
            let problems = problems.collect();
            let composer = Composer { comment: form.raw("comment").unwrap_or_default(), internal, problems };
            let status = StatusCode::UNPROCESSABLE_ENTITY;
            return ticket_page(&app, &signed, &headers, ticket, query, status, composer).await;
        }
    };
    let (staff, at) = (signed.requester(), app.clock().now());
    if !files.is_empty() {
        // What will be refused is refused before its files are stored.
        app.store().read(move |tx| reach::ticket(tx, &staff, ticket, Right::WorkTickets).map(|_| ())).await?;
    }
    let stored = uploads::store(&app, staff.workspace, &files).await?;
    let visibility = if internal { Visibility::Internal } else { Visibility::Public };
    let status = closes.then_some(Status::Closed);
    let (said, _) = app
        .store()
        .write(move |tx| {
            let answer = Answer { visibility, comment: &comment, files: &stored, status };
            answer_ticket(tx, &staff, ticket, answer, at)
        })
        .await?;
    let mut response = go_to(&format!("/desk/tickets/{ticket}?{}#c{said}", query.here()))?;
    let kind = if internal { "noted" } else { "replied" };
    response.headers_mut().extend([Said { kind, ticket: ticket.0, undo: Vec::new() }.keep()]);
    Ok(response)
}

/// What is wrong with the comment or a file, for people.
fn words(problem: &Problem) -> String {
    match problem {
        Problem::Required | Problem::Blank => text("answer-blank"),
        Problem::NullCharacter => text("answer-null-character"),
        Problem::FileTooBig => text("answer-file-too-big"),
        Problem::EmptyFile => text("answer-file-empty"),
        Problem::TooManyItems(most) => text_with("answer-too-many-files", "what", most),
        _ => text("answer-unreadable"),
    }
}
