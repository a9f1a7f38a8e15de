//! `POST /desk/shortcuts`: whether single keys do something.

use axum::extract::State;
use axum::response::Response;

use super::error::PageError;
use super::place::{Place, go_to};
use super::session::Signed;
use crate::app::desk::manage::own_account::{AccountChange, change};
use crate::http::AppState;
use crate::http::extract::Form;

/// The handler.
pub async fn choose(State(app): State<AppState>, signed: Signed, form: Form) -> Result<Response, PageError> {
    let shortcuts = form.parameter("shortcuts").and_then(|on| on.parse().ok());
    let wanted = AccountChange { shortcuts, ..AccountChange::default() };
    let (staff, at) = (signed.requester(), app.clock().now());
    app.store().write(move |tx| change(tx, &staff, &wanted, &|_| Ok(()), at)).await?;
    go_to(Place::or_home(form.parameter("next")).as_str())
}
