//! `POST /desk/tickets/{id}/answer`: a reply or an internal note, with files.

use axum::extract::{Path, State};
use axum::response::Response;
use http::{HeaderMap, StatusCode};

use super::query::ListQuery;
use super::{Composer, Opened, ticket_id, ticket_page};
use crate::app::desk::answer_ticket::{self, Answer};
use crate::domain::attachment::StoredFile;
use crate::domain::conversation::Visibility;
use crate::domain::user::Requester;
use crate::domain::{Conflict, ConversationId, Error, Invalid, Status, TicketId};
use crate::http::AppState;
use crate::http::console::error::PageError;
use crate::http::console::place::{Place, go_to};
use crate::http::console::problems::sentence;
use crate::http::console::said::Said;
use crate::http::console::session::Signed;
use crate::http::console::texts::text;
use crate::http::extract::Form;
use crate::http::pages::once::{key_again, once_with_files};
use crate::storage::Tx;

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
    let visibility = if internal { Visibility::Internal } else { Visibility::Public };
    let then = form.parameter("then").unwrap_or_default();
    let status = (then == "close" || then == "next").then_some(Status::Closed);
    let query = ListQuery::parse(&form.parameter("query").unwrap_or_default(), &signed.requester());
    let said = say_once(&app, signed.requester(), ticket, visibility, status, &form).await;
    let (status, key, problems) = match said {
        Ok(said) => {
            let mut response = if then == "next" {
                go_to(Place::or_home(form.parameter("next-ticket")).as_str())?
            } else {
                go_to(&format!("/desk/tickets/{ticket}?{}#c{said}", query.here()))?
            };
            let kind = if internal { "noted" } else { "replied" };
            response.headers_mut().extend([Said::of_ticket(kind, ticket).keep()]);
            return Ok(response);
        }
        Err(Error::Invalid(invalid)) => {
            let problems = invalid.iter().flat_map(|(_, problems)| problems).map(sentence).collect();
            (StatusCode::UNPROCESSABLE_ENTITY, Some(key_again(&app, &form)), problems)
        }
        Err(Error::Conflict(Conflict::KeyReused)) => (StatusCode::CONFLICT, None, vec![text("problem-sent-before")]),
        Err(error) => return Err(error.into()),
    };
    let composer = Composer { comment: form.raw("comment").unwrap_or_default(), internal, problems };
    let opened = Opened { status: Some(status), composer: Some(composer), key, problems: Vec::new() };
    ticket_page(&app, &signed, &headers, ticket, query, opened).await
}

/// Says what is in the form, once for all times that it is sent.
async fn say_once(
    app: &AppState,
    staff: Requester,
    ticket: TicketId,
    visibility: Visibility,
    status: Option<Status>,
    form: &Form,
) -> Result<ConversationId, Error> {
    let mut invalid = Invalid::default();
    let comment = invalid.take("comment", form.text("comment"));
    let files = invalid.take("files", form.files("files"));
    let (Some(comment), Some(files)) = (comment, files) else { return Err(Error::Invalid(invalid)) };
    let at = app.clock().now();
    let asked = comment.clone();
    let check = move |tx: &mut dyn Tx| answer_ticket::check(tx, &staff, ticket, &asked);
    let effect = move |tx: &mut dyn Tx, files: &[StoredFile]| {
        let answer = Answer { visibility, comment: &comment, files, status };
        answer_ticket::answer_ticket(tx, &staff, ticket, answer, at).map(|(said, _)| said)
    };
    once_with_files(app, &staff, &format!("/desk/tickets/{ticket}/answer"), form, &files, at, check, effect).await
}
