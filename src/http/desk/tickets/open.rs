//! A ticket that staff open on behalf of its requester.

use axum::extract::State;
use axum::response::Response;

use super::read::page;
use crate::app::desk::open_for_requester::{check, open_for_requester};
use crate::app::open_ticket::TicketFields;
use crate::domain::{Invalid, UserId};
use crate::http::AppState;
use crate::http::customer::uploads;
use crate::http::desk::caller::Staff;
use crate::http::desk::kept::{Repeat, answer_once};
use crate::http::desk::problem::DeskError;
use crate::http::extract::Form;
use crate::http::once::is_kept_or_checked;
use crate::http::words::PriorityWord;
use crate::storage::Tx;

/// Open a ticket on behalf of a requester
///
/// As JSON, or as `multipart/form-data` with files. The requester sees the ticket as their own, and it counts against
/// their limit of open tickets.
#[utoipa::path(post, path = "/desk/tickets", tag = "Desk: tickets",
    params(crate::http::desk::docs::WriteHeaders),
    request_body(content((crate::http::desk::docs::OpenForm = "application/json"),
        (crate::http::desk::docs::OpenForm = "multipart/form-data"))),
    responses((status = 201, description = "The ticket", body = super::read::PageBody)))]
pub async fn open(
    State(app): State<AppState>,
    staff: Staff,
    repeat: Repeat,
    form: Form,
) -> Result<Response, DeskError> {
    form.refuse_others(&["requester", "subject", "priority", "category", "comment", "attachment"])?;
    let mut invalid = Invalid::default();
    let requester = invalid.take("requester", form.id("requester"));
    let files = form.files("attachment");
    let fields = TicketFields {
        subject: form.subject("subject"),
        priority: form.choice("priority", |word| PriorityWord::parse(word).map(|word| word.0)),
        comment: form.text("comment"),
        category: form.id("category"),
        attachment: files.as_ref().map(|_| ()).map_err(Clone::clone),
    };
    let Some(requester) = requester.map(|id| UserId(id.number().unwrap_or(-1))) else {
        return Err(crate::domain::Error::Invalid(invalid).into());
    };
    let files = files.unwrap_or_default();
    let at = app.clock().now();
    let request = repeat.request(&staff, &app, &form.fingerprint(app.secret(), "desk"));
    if !files.is_empty() {
        // What will be refused is refused before its files are stored.
        let fields = fields.clone();
        let check = move |tx: &mut dyn Tx| check(tx, &staff.0, requester, &fields);
        is_kept_or_checked(&app, request.as_ref(), at, check).await?;
    }
    let stored = uploads::store(&app, staff.0.workspace, &files).await?;
    answer_once(&app, request, at, move |tx| {
        let ticket = open_for_requester(tx, &staff.0, requester, &fields, &stored, at)?;
        Ok(page(tx, &staff.0, ticket, None)?.at(format!("/desk/tickets/{ticket}")))
    })
    .await
}
