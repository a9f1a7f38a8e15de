//! `POST /desk/tickets/{id}/answer`: a reply or an internal note, with files.

use axum::extract::{Path, State};
use axum::response::Response;
use http::HeaderMap;

use super::query::ListQuery;
use super::{Composer, Opened, ticket_id, ticket_page};
use crate::app::desk::answer_ticket::{Answer, answer_ticket};
use crate::app::desk::reach;
use crate::app::desk::rights::Right;
use crate::domain::Status;
use crate::domain::conversation::Visibility;
use crate::http::AppState;
use crate::http::console::error::PageError;
use crate::http::console::place::{Place, go_to};
use crate::http::console::problems::sentence;
use crate::http::console::said::Said;
use crate::http::console::session::Signed;
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
    let then = form.parameter("then").unwrap_or_default();
    let closes = then == "close" || then == "next";
    let query = ListQuery::parse(&form.parameter("query").unwrap_or_default(), &signed.requester());
    let (comment, files) = (form.text("comment"), form.files("files"));
    let (comment, files) = match (comment, files) {
        (Ok(comment), Ok(files)) => (comment, files),
        (comment, files) => {
            let problems = comment.as_ref().err().into_iter().chain(files.as_ref().err()).flatten().map(sentence);
            let problems = problems.collect();
            let composer = Composer { comment: form.raw("comment").unwrap_or_default(), internal, problems };
            let opened = Opened { composer: Some(composer), ..Opened::refused(Vec::new()) };
            return ticket_page(&app, &signed, &headers, ticket, query, opened).await;
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
    let mut response = if then == "next" {
        go_to(Place::or_home(form.parameter("next-ticket")).as_str())?
    } else {
        go_to(&format!("/desk/tickets/{ticket}?{}#c{said}", query.here()))?
    };
    let kind = if internal { "noted" } else { "replied" };
    response.headers_mut().extend([Said::of_ticket(kind, ticket).keep()]);
    Ok(response)
}
