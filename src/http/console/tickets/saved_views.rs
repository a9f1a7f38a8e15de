//! `POST /desk/views` and `POST /desk/views/{id}/delete`: a list gets a name, and loses it again.

use askama::Template;
use axum::extract::{Path, State};
use axum::response::Response;
use http::{HeaderMap, StatusCode};

use crate::app::desk::manage::saved_views;
use crate::app::desk::rights::{Right, has};
use crate::domain::{Error, SavedViewId};
use crate::http::AppState;
use crate::http::console::error::PageError;
use crate::http::console::look::Look;
use crate::http::console::place::{HOME, Place, go_to};
use crate::http::console::said::Said;
use crate::http::console::session::Signed;
use crate::http::console::{filters, page};
use crate::http::extract::Form;
use crate::http::tickets_query;

/// The form on a page of its own, where something is wrong with what was typed.
#[derive(Template)]
#[template(path = "console/save_view.html")]
struct SaveViewPage {
    look: Look,
    name: String,
    shared: bool,
    may_share: bool,
    query: String,
    next: Place,
    /// What is wrong, as its text is called.
    problem: &'static str,
}

/// Saves the list with the query of the form.
pub async fn save(
    State(app): State<AppState>,
    signed: Signed,
    headers: HeaderMap,
    form: Form,
) -> Result<Response, PageError> {
    let staff = signed.requester();
    let query = form.raw("query").unwrap_or_default();
    tickets_query::check_view(&query, &staff)?;
    let name = form.raw("name").unwrap_or_default();
    let shared = form.parameter("shared").is_some();
    let at = app.clock().now();
    let (given, of_list) = (name.clone(), query.clone());
    let saved = app.store().write(move |tx| saved_views::add(tx, &staff, shared, &given, &of_list, at)).await;
    let (status, problem) = match saved {
        Ok(view) => return said("view-saved", &format!("{HOME}/tickets?view={}", view.id)),
        Err(Error::Invalid(_)) => (StatusCode::UNPROCESSABLE_ENTITY, "save-view-name-refused"),
        Err(Error::Conflict(_)) => (StatusCode::CONFLICT, "save-view-full"),
        Err(error) => return Err(error.into()),
    };
    let may_share = has(staff.role, Right::ManageShared);
    let next = Place::or_home(form.parameter("next"));
    let page = SaveViewPage { look: Look::of(&headers), name, shared, may_share, query, next, problem };
    Ok(page::html(status, &page))
}

/// Deletes the view.
pub async fn delete(
    State(app): State<AppState>,
    signed: Signed,
    Path(id): Path<String>,
) -> Result<Response, PageError> {
    let id = id.parse().map(SavedViewId).map_err(|_| PageError::not_found())?;
    let (staff, at) = (signed.requester(), app.clock().now());
    app.store().write(move |tx| saved_views::remove(tx, &staff, id, &|_| Ok(()), at)).await?;
    said("view-deleted", HOME)
}

fn said(kind: &'static str, next: &str) -> Result<Response, PageError> {
    let mut response = go_to(next)?;
    response.headers_mut().extend([Said::that(kind).keep()]);
    Ok(response)
}
