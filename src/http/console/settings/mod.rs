//! The settings: what the staff manage of the workspace, and of their own account.
//!
//! Each part is a [`Resource`], which says what its list and its form hold and calls the use cases. How lists and forms
//! look, are read, checked, sent once and refused is the same for all, in `pages.rs` and two templates.

mod apikeys;
mod audit;
mod canned_replies;
mod categories;
mod field;
mod identity_providers;
mod me;
mod pages;
mod requesters;
mod sheet;
mod table;
mod tags;
mod teams;
mod users;
mod views;
mod workspace;

use axum::Router;
use axum::routing::{get, post};
use serde::{Deserialize, Serialize};

use self::field::Given;
use self::sheet::Sheet;
use self::table::Table;
use crate::app::desk::manage::own_account::NewPassword;
use crate::app::desk::manage::parts::Part;
use crate::domain::user::Requester;
use crate::domain::{Error, Timestamp};
use crate::http::AppState;
use crate::http::desk::version::IfMatch;
use crate::http::extract::Form;
use crate::identity::apikey::Apikey;
use crate::storage::Tx;

/// The pages.
pub fn routes() -> Router<AppState> {
    Router::new()
        .route("/settings", get(pages::index))
        .route("/settings/{part}", get(pages::show).post(pages::change_single))
        .route("/settings/{part}/new", get(pages::blank).post(pages::add))
        .route("/settings/{part}/{id}", get(pages::open).post(pages::change))
        .route("/settings/{part}/{id}/remove", post(pages::remove))
}

/// A part of the settings. Each of its functions calls a use case, which decides who may.
trait Resource: Sync {
    fn part(&self) -> Part;

    /// Whether there is one thing alone, so that its form stands in the place of a list.
    fn is_single(&self) -> bool {
        false
    }

    /// The field whose value no two things share.
    fn unique(&self) -> &'static str {
        "name"
    }

    /// The list that the query `asked` asks for.
    fn table(&self, _: &mut dyn Tx, _: &Requester, _asked: &Form) -> Result<Table, Error> {
        Err(Error::NotFound)
    }

    /// The form of the thing `id`; of one to be added, if that is `None`.
    fn sheet(&self, _: &mut dyn Tx, _: &Requester, _id: Option<i64>) -> Result<Sheet, Error> {
        Err(Error::NotFound)
    }

    /// Adds what was typed.
    fn add(&self, _: &mut dyn Tx, _: &Requester, _: &Work) -> Result<Added, Error> {
        Err(Error::NotFound)
    }

    /// Changes the thing `id` to what was typed.
    fn change(&self, _: &mut dyn Tx, _: &Requester, _id: i64, _: &Work) -> Result<(), Error> {
        Err(Error::NotFound)
    }

    /// Is rid of the thing `id`.
    fn remove(&self, _: &mut dyn Tx, _: &Requester, _id: i64, _seen: &IfMatch, _at: Timestamp) -> Result<(), Error> {
        Err(Error::NotFound)
    }
}

/// What there is to do, and when.
struct Work {
    given: Given,
    /// What the form showed.
    seen: IfMatch,
    /// The password that was typed, if one was, as it is stored.
    password: Option<NewPassword>,
    /// A key that nobody has yet, should one be needed.
    apikey: Apikey,
    at: Timestamp,
}

/// What was added.
#[derive(Serialize, Deserialize)]
struct Added {
    id: i64,
    /// What of it is shown this once.
    secret: Option<String>,
}

impl Added {
    fn new(id: i64) -> Self {
        Self { id, secret: None }
    }
}

/// The settings of `part`.
fn resource(part: Part) -> &'static dyn Resource {
    match part {
        Part::Me => &me::Me,
        Part::Requesters => &requesters::Requesters,
        Part::CannedReplies => &canned_replies::CannedReplies,
        Part::Views => &views::Views,
        Part::Users => &users::Users,
        Part::Teams => &teams::Teams,
        Part::Categories => &categories::Categories,
        Part::Tags => &tags::Tags,
        Part::Apikeys => &apikeys::Apikeys,
        Part::IdentityProviders => &identity_providers::IdentityProviders,
        Part::Workspace => &workspace::Settings,
        Part::Audit => &audit::Audit,
    }
}
